import io
import zipfile

import pytest

from agreement.errors import InputError


def example(number, label, text="Acme opened in Oslo", **more):
    return {"id": number, "text": text, "label": label, "Comments": [], **more}


def test_a_file_is_a_member_and_a_trailing_run_of_empty_examples_is_not_done(read, lines, spans, statuses):
    ana = [example(1, [[0, 4, "ORG"]]), example(2, []), example(3, [[15, 19, "LOC"]]), example(4, []), example(5, [])]
    ben = [example(1, [[0, 5, "ORG"]]), example(2, []), example(3, []), example(4, []), example(5, [[0, 4, "ORG"]])]
    found = read({"ana.jsonl": lines(ana), "ben.jsonl": lines(ben)})
    assert spans(found)[0] == ("1", "ana", "ORG", 0, 4)
    assert statuses(found) == {
        ("1", "ana"): "done", ("2", "ana"): "empty", ("3", "ana"): "done",
        ("1", "ben"): "done", ("2", "ben"): "empty", ("3", "ben"): "empty", ("4", "ben"): "empty", ("5", "ben"): "done",
    }  # fmt: skip
    assert found.reading.set_aside == {"doccano: nothing marked from here to the end of the file, so not done": 2}
    assert found.reading.repairs == {"span trimmed of blanks at its edges": 1}


def test_old_keys_and_metadata(read, lines, spans):
    old = [{"id": 52, "data": "Acme in Oslo", "label": [[0, 4, "W1"]], "source": "x"}]
    found = read({"ana.jsonl": lines(old), "ben.jsonl": lines(old)})
    assert spans(found) == [("52", "ana", "W1", 0, 4), ("52", "ben", "W1", 0, 4)]
    assert found.items.loc["52", "source"] == "x"


def test_entities_and_relations(read, lines, spans):
    new = [{
        "id": 8, "text": "Acme in Oslo", "Comments": [], "relations": [{"id": 1, "from_id": 1, "to_id": 2}],
        "entities": [{"id": 1, "label": "ORG", "start_offset": 0, "end_offset": 4}],
    }]  # fmt: skip
    found = read({"ana.jsonl": lines(new), "ben.jsonl": lines(new)})
    assert spans(found)[0] == ("8", "ana", "ORG", 0, 4)
    assert "relations not audited: 2." in found.reading.warnings


def test_classes_are_one_or_several_per_text(read, lines, labels):
    single = read({"ana.jsonl": lines([example(1, ["spam"])]), "ben.jsonl": lines([example(1, ["ham"])])})
    assert single.layers["label"].kind == "category"
    assert labels(single) == {("1", "ana"): ["spam"], ("1", "ben"): ["ham"]}
    several = read({"ana.jsonl": lines([example(1, ["a", "b"])]), "ben.jsonl": lines([example(1, ["b"])])})
    assert several.layers["label"].kind == "labels"


def test_csv_joins_classes_by_a_number_sign(read, labels):
    rows = "id,data,label,Comments\n1,some text,a#b,\n2,more text,b,\n"
    found = read({"ana.csv": rows, "ben.csv": rows})
    assert labels(found)["1", "ana"] == ["a", "b"]


def test_a_zip_of_members(read, lines, spans):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("ana.jsonl", lines([example(1, [[0, 4, "ORG"]])]))
        archive.writestr("ben.jsonl", lines([example(1, [[0, 4, "ORG"]])]))
        archive.writestr("__MACOSX/._ana.jsonl", b"\x00\x05")
    assert len(spans(read({"export.zip": buffer.getvalue()}))) == 2


@pytest.mark.parametrize("outside", ["../evil.jsonl", "/etc/evil.jsonl", "..\\evil.jsonl"])
def test_a_zip_with_a_path_outside_is_refused(read, lines, outside):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(outside, lines([example(1, [[0, 4, "ORG"]])]))
    with pytest.raises(InputError, match="a path outside the archive"):
        read({"export.zip": buffer.getvalue()})


def test_a_zip_bomb_is_refused_before_it_is_read(read):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ana.jsonl", b" " * 300_000_000)
    with pytest.raises(InputError, match="Unpack it and name the folder"):
        read({"export.zip": buffer.getvalue()})


def test_the_shared_file_is_refused_with_what_to_export_instead(read, lines):
    with pytest.raises(InputError, match=r"all\.jsonl: holds the labels that all members share.*is off"):
        read({"all.jsonl": lines([example(1, [[0, 4, "ORG"]])])})


def test_one_member_loads(read, lines):
    assert read({"admin.jsonl": lines([example(1, [[0, 4, "ORG"]])])}).compared == ("admin",)


def test_one_project_per_member_is_matched_by_text(read, lines, spans):
    ana = [example(1, [[0, 4, "ORG"]]), example(2, [[0, 4, "LOC"]], "Oslo is far")]
    ben = [example(2, [[0, 4, "ORG"]]), example(1, [[0, 4, "LOC"]], "Oslo is far")]
    found = read({"ana/admin.jsonl": lines(ana), "ben/admin.jsonl": lines(ben)})
    assert {(item, label) for item, _, label, _, _ in spans(found)} == {("1", "ORG"), ("2", "LOC")}
    assert found.compared == ("ana", "ben")
    assert "ids differ between the members\u2019 files: examples were matched by their text." in found.reading.warnings


def test_a_project_per_member_numbers_the_same_texts_differently(read, lines, spans):
    texts = ["Acme opened in Oslo", "Bob met Eve"]
    ana = [example(at, [[0, 3, "X"]], text) for at, text in enumerate(texts)]
    ben = [example(at + 100, [[0, 4, "X"]], text) for at, text in enumerate(texts)]
    found = read({"ana/admin.jsonl": lines(ana), "ben/admin.jsonl": lines(ben)})
    assert [(item, who) for item, who, *_ in spans(found)] == [("0", "ana"), ("0", "ben"), ("1", "ana"), ("1", "ben")]
    assert "ids differ between the members\u2019 files: examples were matched by their text." in found.reading.warnings


def test_intents_and_entities_as_lists(read, lines, spans, labels):
    def record(intent, entities):
        return {"id": 1, "text": "Acme opened in Oslo", "cats": [intent], "entities": entities}

    found = read({
        "ana.jsonl": lines([record("greet", [[0, 4, "ORG"]])]), "ben.jsonl": lines([record("bye", [[15, 19, "LOC"]])])
    })  # fmt: skip
    assert spans(found) == [("1", "ana", "ORG", 0, 4), ("1", "ben", "LOC", 15, 19)]
    assert labels(found) == {("1", "ana"): ["greet"], ("1", "ben"): ["bye"]}


FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467 Acme in Oslo"


@pytest.mark.parametrize(("start", "unit"), [(2, "graphemes"), (6, "code points")])
def test_the_unit_that_cuts_fewer_words_is_taken_and_said(read, lines, spans, start, unit):
    marked = example(1, [[start, start + 4, "ORG"]], FAMILY)
    found = read({"ana.jsonl": lines([marked]), "ben.jsonl": lines([marked])})
    assert [span[3:] for span in spans(found)] == [(6, 10)] * 2
    other = "code points" if unit == "graphemes" else "graphemes"
    assert found.reading.warnings == [
        f"offsets were read as {unit}, not {other}, which the export does not say: "
        + ("so the spans cut fewer words." if unit == "graphemes" else "the other way they cut no fewer words.")
    ]


def test_who_marked_nothing_at_all_is_named_and_empties_can_be_read_as_answers(read, lines, statuses):
    files = {"ana.jsonl": lines([example(1, [[0, 4, "X"]]), example(2, [])]), "ben.jsonl": lines([example(1, [])])}
    found = read(files)
    assert "ben marked nothing in 1 examples: read as not begun." in found.reading.warnings
    assert statuses(found) == {("1", "ana"): "done"}
    seen = statuses(read(files, reading={"unmarked": "empty"}))
    assert seen == {("1", "ana"): "done", ("2", "ana"): "empty", ("1", "ben"): "empty"}


@pytest.mark.parametrize(
    "first", ["__label__spam Buy cheap pills\n", "nothing marked here\n__label__spam Buy, cheap\n"]
)
def test_fasttext_is_refused_with_what_to_export_instead(read, first):
    with pytest.raises(InputError, match=r"ana\.txt: is a fastText export.*no ids.*\n?.*Export the project as JSONL"):
        read({"ana.txt": first + "__label__ham __label__late See you\n", "ben.txt": first})


def test_very_old_records_hold_everybody(read, lines):
    """Before members had files of their own, each record held the annotations of all, by the number of the user."""
    old = [
        {
            "id": 1,
            "text": "Buy cheap pills",
            "annotations": [{"label": 1, "user": 4}, {"label": 2, "user": 9}],
            "meta": {},
        },
        {"id": 2, "text": "See you", "annotations": [{"label": 2, "user": 4}, {"label": 2, "user": 9}], "meta": {}},
    ]
    found = read({"export.jsonl": lines(old)})
    assert found.table.loc[found.table["item"].eq("1"), ["annotator", "label"]].astype(str).to_numpy().tolist() == [
        ["4", "1"], ["9", "2"]
    ]  # fmt: skip
    assert found.reading.annotator_from == 'column "user"'


def test_spans_of_very_old_records(read, lines, spans):
    old = [{
        "id": 1, "text": "Acme in Oslo", "meta": {}, "annotation_approver": None,
        "annotations": [
            {"label": 1, "start_offset": 0, "end_offset": 4, "user": 4},
            {"label": 2, "start_offset": 8, "end_offset": 12, "user": 9},
        ],
    }]  # fmt: skip
    assert spans(read({"export.jsonl": lines(old)})) == [("1", "4", "1", 0, 4), ("1", "9", "2", 8, 12)]
