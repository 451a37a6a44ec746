import io

import openpyxl
import pytest

from agreement.errors import InputError
from agreement.loaders._base import sources
from agreement.loaders.span_table import LOADER

ROWS = "doc,annotator,start,end,label\nd1,ana,0,4,ORG\nd1,ben,15,19,LOC\nd2,ana,,,\nd2,ben,0,4,ORG\n"
ITEMS = "id,text\nd1,Acme opened in Oslo\nd2,Acme\n"


def test_a_row_is_a_span_and_a_blank_row_is_seen_and_empty(read, spans, statuses):
    found = read({"spans.csv": ROWS, "items.csv": ITEMS})
    assert spans(found) == [("d1", "ana", "ORG", 0, 4), ("d1", "ben", "LOC", 15, 19), ("d2", "ben", "ORG", 0, 4)]
    assert statuses(found)["d2", "ana"] == "empty"
    assert found.items["text"].tolist() == ["Acme opened in Oslo", "Acme"]


def test_without_texts_it_is_said_that_nothing_was_checked(read):
    found = read({"spans.csv": ROWS})
    assert "3 spans have no text: their offsets were neither checked nor trimmed." in found.reading.warnings


def test_no_row_is_not_assigned_unless_declared_empty(read, statuses):
    rows = "doc,annotator,start,end,label\nd1,ana,0,4,ORG\nd1,ben,0,4,ORG\nd2,ana,0,4,ORG\n"
    cautious, declared = read({"a.csv": rows}), read({"a.csv": rows}, reading={"unmarked": "empty"})
    assert ("d2", "ben") not in statuses(cautious)
    assert any(note.startswith("1 times an annotator has no row") for note in cautious.reading.warnings)
    assert statuses(declared)["d2", "ben"] == "empty"


def test_a_column_of_covered_text_is_no_text_of_the_item(read, spans):
    rows = (
        "doc,annotator,start,end,label,text\n"
        "d1,ana,2,6,ORG,Acme\nd1,ana,10,14,LOC,Oslo\nd1,ben,2,6,ORG,Acme\n"
    )  # fmt: skip
    found = read({"spans.csv": rows, "items.csv": "id,text\nd1,😀 Acme in Oslo\n"})
    assert found.items.loc["d1", "text"] == "😀 Acme in Oslo"
    assert spans(found)[0] == ("d1", "ana", "LOC", 10, 14)
    assert not found.reading.repairs


def test_a_column_with_the_text_of_the_item(read):
    rows = "doc,annotator,start,end,label,text\nd1,ana,0,4,ORG,Acme in Oslo\nd1,ben,8,12,LOC,Acme in Oslo\n"
    assert read({"spans.csv": rows}).items.loc["d1", "text"] == "Acme in Oslo"


def test_without_an_annotator_the_file_is_the_annotator(read):
    rows = "doc;start;end;label\nd1;0;4;ORG\n"
    found = read({"ana.csv": rows, "ben.csv": rows})
    assert found.compared == ("ana", "ben")
    assert found.reading.annotator_from == "file name"


def test_several_layers_and_rounds(read):
    rows = "item,annotator,layer,round,start,end,label\n1,ana,names,r1,0,4,ORG\n1,ana,events,r2,0,4,SALE\n"
    found = read({"a.csv": rows + rows.replace("ana", "ben").split("\n", 1)[1]})
    assert set(found.layers) == {"names", "events"}
    assert set(found.table["round"]) == {"r1", "r2"}


def test_broken_rows_are_named(read):
    with pytest.raises(InputError) as raised:
        read({"a.csv": "doc,annotator,start,end,label\nd1,ana,x,4,ORG\nd1,ben,0,4,ORG\nd1,ben,9,4,ORG\n"})
    assert [problem.where for problem in raised.value.problems] == [
        "a.csv!2, item d1",
        "a.csv!4, item d1",
    ]


def test_from_and_to_may_be_columns_of_a_table_without_spans(tmp_path):
    path = tmp_path / "mails.csv"
    path.write_text("id,annotator,from,to,label\n1,ana,Bob,Eve,spam\n1,ben,Bob,Eve,ham\n")
    assert LOADER.accepts(sources(path)) == []


def workbook(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


TEXTS = [("item", "text"), ("d1", "Acme opened in Oslo")]


def test_a_sheet_per_annotator_and_a_sheet_of_texts(read, spans):
    head = ("item", "start", "end", "label")
    book = workbook(
        ana=[head, ("d1", 0, 4, "ORG"), ("d1", 14, 19, "LOC")], ben=[head, ("d1", 0, 4, "ORG")], texts=TEXTS,
        notes=[("who", "what"), ("me", "hello")],
    )  # fmt: skip
    found = read({"a.xlsx": book})
    assert spans(found) == [("d1", "ana", "LOC", 15, 19), ("d1", "ana", "ORG", 0, 4), ("d1", "ben", "ORG", 0, 4)]
    assert found.reading.annotator_from == "sheet name"
    assert found.items.loc["d1", "text"] == "Acme opened in Oslo"
    assert found.reading.warnings == ["a.xlsx[notes] was not read: it holds neither spans nor texts of items."]


def test_a_sheet_of_spans_after_a_sheet_of_texts(read, spans):
    rows = [("item", "annotator", "start", "end", "label"), ("d1", "ana", 0, 4, "ORG"), ("d1", "ben", 0, 4, "ORG")]
    found = read({"a.xlsx": workbook(texts=TEXTS, spans=rows)})
    assert spans(found) == [("d1", "ana", "ORG", 0, 4), ("d1", "ben", "ORG", 0, 4)]
    only = read({"b.xlsx": workbook(one=rows, two=[*rows, ("d1", "ana", 15, 19, "LOC")])}, columns={"sheets": ["one"]})
    assert len(spans(only)) == 2


def test_an_unknown_item_is_named_with_its_row_and_the_rest_is_read(read, spans):
    rows = "item,annotator,start,end,label\nd1,ana,0,4,ORG\nd1,ben,0,4,ORG\nd9,ben,0,2,X\n"
    found = read({"spans.csv": rows, "texts.csv": "item,text\nd1,Acme opened in Oslo\n"})
    assert len(spans(found)) == 3
    assert any(
        note.startswith("1 spans have no text, first item d9 (export/spans.csv!4)") for note in found.reading.warnings
    )


def test_fragments_are_pieces_of_one_span(read):
    rows = "item,annotator,start,end,label,fragments\nd1,ana,0,20,X,0-4;10-20\nd1,ben,0,20,X,\n"
    assert read({"a.csv": rows}).table["fragments"].tolist() == ["0-4;10-20", ""]


def test_section_and_document_are_of_the_item_and_contradictions_are_said(read):
    rows = "item,annotator,start,end,label,section,document\nd1,ana,0,4,X,2.1,a\nd1,ben,0,4,X,2.1,a\nd2,ana,0,4,X,,b\n"
    found = read({"a.csv": rows + "d2,ben,0,4,X,2.2,b\n"})
    assert found.items[["section", "cluster"]].to_numpy().tolist() == [["2.1", "a"], ["2.2", "b"]]
    assert found.reading.columns["section"] == "section"
    found = read({"a.csv": rows + "d1,ben,6,9,X,3,a\n"})
    assert found.items.loc["d1", "section"] == "2.1"
    assert "1 item has more than one section: d1. The first one read counts." in found.reading.warnings


def test_section_of_a_sheet_of_texts(read):
    rows = "item,annotator,start,end,label\nd1,ana,0,4,ORG\nd1,ben,0,4,ORG\n"
    found = read({"spans.csv": rows, "texts.csv": "item,text,guideline\nd1,Acme opened in Oslo,2.1\n"})
    assert found.items.loc["d1", "section"] == "2.1"
