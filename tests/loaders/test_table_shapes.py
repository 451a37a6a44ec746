"""Every shape of table that people keep labels in, and the refusals where two readings are possible."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from agreement.annotations import Annotations
from agreement.errors import InputError
from agreement.loaders import load, load_frame
from agreement.settings import Settings

Read = Callable[..., Annotations]
CYCLE = ("pos", "neg", "neu", "neg", "pos", "pos", "neu")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_load(text: str, name: str = "labels.csv", **options: dict[str, object]) -> Annotations:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return load(path, Settings.from_mapping(options))

    return write_and_load


def labels(found: Annotations) -> dict[tuple[str, str, str], str]:
    table = found.table
    return {
        (i, a, y): v for i, a, y, v in zip(*(table[c] for c in ("item", "annotator", "layer", "label")), strict=True)
    }


def refusal(read: Read, text: str, name: str = "labels.csv", **options: dict[str, object]) -> str:
    with pytest.raises(InputError) as caught:
        read(text, name, **options)
    return str(caught.value)


def lines(header: str, rows: list[list[str]]) -> str:
    return "\n".join([header, *(",".join(row) for row in rows)] if header else [",".join(row) for row in rows])


def label(row: int, column: int = 0) -> str:
    """A label that varies with row and column without randomness."""
    return CYCLE[(row * 3 + column * 2 + row // 4) % len(CYCLE)]


def test_camel_case_and_foreign_words_for_the_columns(read: Read) -> None:
    found = read(
        "Doc ID,Text,Coder,Category,Submitted At,Batch\nd1,Hello,ana,x,2024-05-01,b1\nd1,Hello,ben,y,2024-05-02,b1\n"
    )
    assert found.reading.columns == {
        "item": 'column "Doc ID"',
        "annotator": 'column "Coder"',
        "label": 'column "Category"',
        "round": 'column "Batch"',
        "time": 'column "Submitted At"',
        "text": 'column "Text"',
    }
    assert list(found.assignments["time"]) == ["2024-05-01", "2024-05-02"]
    assert set(found.assignments["round"]) == {"b1"}
    assert found.items.loc["d1", "text"] == "Hello"


def test_texts_that_look_missing_or_numeric_survive(read: Read) -> None:
    values = ["NA", "None", "null", "nan", "007", "1.0", "1", " padded ", "TRUE"]
    text = "item,annotator,label\n" + "".join(f"i{n},{who},{v}\n" for n, v in enumerate(values) for who in ("a", "b"))
    found = read(text)
    assert [labels(found)[f"i{n}", "a", "label"] for n in range(len(values))] == values


def test_blank_cells_are_counted_not_guessed(read: Read) -> None:
    found = read("id,Ana,Ben\n1,x,\n2, ,y\n3,y,y\n4,x,x\n")
    assert found.reading.set_aside == {"blank cell": 2}
    assert (found.reading.rows_read, found.reading.rows_used) == (8, 6)


def test_rows_without_item_or_annotator_are_set_aside_under_their_reason(read: Read) -> None:
    found = read("item,annotator,label\n1,a,x\n1,b,x\n,a,x\n2,,y\n2,a,y\n2,b,y\n")
    assert found.reading.set_aside == {"no item named in the row": 1, "no annotator named in the row": 1}
    assert found.reading.rows_used == 4


def test_headerless_long_finds_the_annotator_by_what_recurs(read: Read) -> None:
    rows = [[f"w{w}", f"http://{i}.example", label(i, w)] for i in range(30) for w in range(4)]
    found = read(lines("", rows), "labels.txt")
    assert found.reading.columns == {"item": "column B", "annotator": "column A", "label": "column C"}
    assert len(found.items) == 30
    assert len(found.compared) == 4


def test_headerless_long_with_two_readings_asks(read: Read) -> None:
    text = lines("", [[f"p{i}", f"q{j}", label(i, j)] for i in range(6) for j in range(7)])
    message = refusal(read, text)
    assert "--item 2 --annotator 1" in message
    assert "--item 1 --annotator 2" in message
    decided = read(text, columns={"item": ["2"], "annotator": "1"})
    assert len(decided.items) == 7
    assert len(decided.compared) == 6


def test_wide_without_header_or_ids_names_items_by_row(read: Read) -> None:
    found = read(lines("", [[label(row, column) for column in range(4)] for row in range(20)]))
    assert list(found.compared) == ["annotator 1", "annotator 2", "annotator 3", "annotator 4"]
    assert "row 1" in found.items.index
    assert found.origin(0).startswith("labels.csv!")


def test_wide_without_header_keeps_numbers_that_count_rows_as_items(read: Read) -> None:
    rows = [[str(row), *(str(1 + (row * 7 + column * 3) % 5) for column in range(3))] for row in range(1, 31)]
    found = read(lines("", rows))
    assert len(found.compared) == 3
    assert set(found.layers["label"].labels) == {"1", "2", "3", "4", "5"}


def test_sparse_wide_columns_are_annotators(read: Read) -> None:
    rows = [[label(row, column) if (row + column) % 9 == 0 else "" for column in range(40)] for row in range(60)]
    found = read(lines("", rows))
    assert len(found.compared) == 40
    assert found.reading.rows_read == 2400


@pytest.mark.parametrize(
    ("header", "people"),
    [
        ("item_id,worker_0,worker_1", ("worker_0", "worker_1")),
        ("TextID,Expert 1,Expert 2", ("Expert 1", "Expert 2")),
        ("id,label_ana,label_ben", ("ana", "ben")),
        ("id,qwen_choice,gemma_choice", ("gemma", "qwen")),
        ("nr,A1,A2", ("A1", "A2")),
        (",MK,JT", ("JT", "MK")),
    ],
)
def test_names_of_wide_columns(read: Read, header: str, people: tuple[str, str]) -> None:
    found = read(lines(header, [[f"t{row}", label(row), label(row, 1)] for row in range(20)]))
    assert found.compared == people


def test_gold_and_metadata_columns_are_no_annotators(read: Read) -> None:
    rows = [[f"t{row}", "en" if row % 2 else "de", label(row), label(row, 1), label(row)] for row in range(20)]
    found = read(lines("ID,language,Ana,Ben,Gold Label", rows))
    assert found.compared == ("Ana", "Ben")
    assert found.of_kind("gold") == ("gold",)
    assert found.reading.gold_candidates == ["gold"]
    assert found.items.loc["t1", "language"] == "en"


def test_numbers_about_items_do_not_join_the_ratings(read: Read) -> None:
    rows = [[f"t{row}", str(row % 25), str(1 + row % 5), str(1 + (row * 3) % 5)] for row in range(100)]
    assert read(lines("id,length,Ana,Ben", rows)).compared == ("Ana", "Ben")


def test_wide_layers_by_the_parts_of_the_names(read: Read) -> None:
    rows = [[f"t{row}", "xy"[row % 2], label(row), "xy"[row % 3 // 2], label(row, 1)] for row in range(20)]
    found = read(lines("id,ana_topic,ana_tone,ben_topic,ben_tone", rows))
    assert found.compared == ("ana", "ben")
    assert set(found.layers) == {"topic", "tone"}


def test_parts_that_may_both_be_annotators_are_asked_about(read: Read) -> None:
    rows = [[f"t{row}", *(str(1 + (row * 3 + column) % 5) for column in range(4))] for row in range(20)]
    text = lines("id,ana_clear,ana_polite,ben_clear,ben_polite", rows)
    message = refusal(read, text)
    assert "--annotators ana,ben or --annotators clear,polite" in message
    decided = read(text, columns={"annotators": ["ana", "ben"]})
    assert decided.compared == ("ana", "ben")
    assert set(decided.layers) == {"clear", "polite"}


def test_yes_no_questions_are_not_taken_for_annotators(read: Read) -> None:
    text = lines("id,is_spam,is_abuse", [[f"t{row}", str(row % 2), str(row // 2 % 2)] for row in range(20)])
    message = refusal(read, text)
    assert "--annotators is_spam,is_abuse" in message
    assert "questions that one annotator answered" in message
    assert read(text, columns={"annotators": ["is_spam", "is_abuse"]}).compared == ("is_abuse", "is_spam")


def test_several_label_columns_are_layers(read: Read) -> None:
    rows = [[f"t{row}", who, "xy"[row % 2], label(row)] for row in range(20) for who in ("ana", "ben")]
    found = read(lines("item,annotator,topic,tone", rows))
    assert set(found.layers) == {"topic", "tone"}
    assert found.reading.rows_read == 80


def test_a_layer_column(read: Read) -> None:
    rows = [
        [f"t{row}", who, what, label(row)] for row in range(9) for who in ("ana", "ben") for what in ("tone", "wit")
    ]
    assert set(read(lines("item_id,annotator,question,answer", rows)).layers) == {"tone", "wit"}


def test_numbers_that_start_again_in_each_document_are_joined_with_it(read: Read) -> None:
    rows = [[f"d{doc}", str(row), label(row), label(row, doc)] for doc in range(4) for row in range(10)]
    found = read(lines("doc_id,sentence_id,ana,ben", rows))
    assert len(found.items) == 40
    assert found.items.loc["d0 / 3", "cluster"] == "d0"


def test_annotators_as_rows(read: Read) -> None:
    found = read("annotator,t1,t2,t3,t4\nAna,x,y,x,x\nBen,x,x,,y\n")
    assert labels(found)["t4", "Ben", "label"] == "y"
    assert found.reading.set_aside == {"blank cell": 1}
    assert found.reading.layout.startswith("transposed")


def test_annotators_as_rows_without_a_word_for_it_ask(read: Read) -> None:
    text = ",q,r,s,t\nAna,x,y,x,x\nBen,x,x,x,y\n"
    assert "--layout transposed or --layout wide" in refusal(read, text)
    assert read(text, columns={"layout": "transposed"}).compared == ("Ana", "Ben")


def test_one_hot_columns_of_a_row_per_annotation(read: Read) -> None:
    rows = [
        [f"t{row}", who, *(str(int((row + k) % 3 == place)) for place in range(3))]
        for row in range(12)
        for k, who in enumerate(("ana", "ben"))
    ]
    found = read(lines("id,annotator,ham,spam,eggs", rows))
    assert found.layers["label"].labels == ("eggs", "ham", "spam")
    assert labels(found)["t1", "ana", "label"] == "spam"


def test_ticks_that_are_no_choice_of_one_ask(read: Read) -> None:
    rows = [[f"t{row}", who, str(row % 2), str(row // 2 % 2)] for row in range(12) for who in ("ana", "ben")]
    text = lines("id,annotator,spam,abuse", rows)
    assert "--layout one-hot, or with --layout long --label 'spam' --label 'abuse'" in refusal(read, text)
    several = read(text, columns={"layout": "one-hot"})
    assert several.layers["label"].kind == "labels"
    assert several.assignments["status"].value_counts().to_dict() == {"done": 18, "empty": 6}
    questions = read(text, columns={"layout": "long", "label": ["spam", "abuse"]})
    assert set(questions.layers) == {"spam", "abuse"}


def test_one_hot_columns_of_every_annotator(read: Read) -> None:
    header = "id," + ",".join(f"{who}_{what}" for who in ("ana", "ben") for what in ("ham", "spam"))
    rows = [[f"t{r}", str(r % 2), str(1 - r % 2), str(r // 2 % 2), str(1 - r // 2 % 2)] for r in range(12)]
    found = read(lines(header, rows))
    assert found.compared == ("ana", "ben")
    assert labels(found)["t1", "ana", "label"] == "ham"


def test_comma_strings_joined_by_their_order(read: Read) -> None:
    records = {
        str(n): {"text": "hi", "annotators": "Ann1,Ann2,Ann3", "annotations": "0,1,0", "lang": "en"} for n in range(9)
    }
    found = read(json.dumps(records), "train.json")
    assert labels(found)["4", "Ann2", "label"] == "1"
    assert found.reading.layout.startswith("lists")


def test_lists_without_annotators_are_refused(read: Read) -> None:
    text = lines("id,labels", [[f"t{row}", '"0,1,1"'] for row in range(9)])
    assert "without saying who gave them" in refusal(read, text)


def test_sets_of_labels_in_json(read: Read) -> None:
    records = [
        {"id": "a", "annotator": "ana", "labels": ["x", "y"]},
        {"id": "a", "annotator": "ben", "labels": []},
        {"id": "b", "annotator": "ana", "labels": ["x"]},
        {"id": "b", "annotator": "ben", "labels": ["y"]},
    ]
    found = read("\n".join(map(json.dumps, records)), "labels.jsonl")
    assert found.layers["label"].kind == "labels"
    assert found.assignments["status"].tolist() == ["done", "empty", "done", "done"]
    assert len(found.table) == 4


ANA = {"t1": "x", "t2": "x", "t3": "y", "t4": "y"}
BEN = {"t1": "y", "t2": "x", "t4": "y"}
BOTH = {"ana": ANA, "ben": BEN}
BY_ITEM = {item: {who: mine[item] for who, mine in BOTH.items() if item in mine} for item in ANA}
ROWS = [[item, who, mine[item]] for who, mine in BOTH.items() for item in mine]


@pytest.mark.parametrize(
    "value",
    [
        BY_ITEM,
        [{"id": item, "labels": answers} for item, answers in BY_ITEM.items()],
        {who: [{"id": item, "label": label} for item, label in mine.items()] for who, mine in BOTH.items()},
        {"version": 2, "data": [["item", "annotator", "label"], *ROWS]},
    ],
    ids=["nested map", "map in records", "list per annotator", "rows in a wrapper"],
)
def test_json_shapes(read: Read, value: object) -> None:
    expected = {(item, who): label for item, who, label in ROWS}
    found = labels(read(json.dumps(value), "labels.json"))
    assert {(item, who): label for (item, who, _), label in found.items()} == expected


def test_a_nested_map_that_reads_both_ways_asks(read: Read) -> None:
    text = json.dumps({a: dict.fromkeys("uvw", "x") for a in "abc"})
    assert "--layout nested (items outside) or --layout transposed" in refusal(read, text, "n.json")
    assert read(text, "n.json", columns={"layout": "transposed"}).compared == ("a", "b", "c")


def test_json_numbers_lose_the_point_that_a_float_column_gave_them(read: Read) -> None:
    found = read('[{"id":1,"annotator":"a","label":1.0},{"id":1,"annotator":"b","label":"1.0"}]', "n.json")
    assert labels(found) == {("1", "a", "label"): "1", ("1", "b", "label"): "1.0"}


def test_free_text_is_not_taken_for_labels(read: Read) -> None:
    rows = [
        [f"t{row}", who, f"this is remark {row} that {who} wrote down"] for row in range(12) for who in ("ana", "ben")
    ]
    text = lines("id,annotator,label", rows)
    assert "looks like text, not like labels" in refusal(read, text)
    assert read(text, layers={"label": {"kind": "answer"}}).layers["label"].kind == "answer"


def test_models_are_told_from_people(read: Read) -> None:
    rows = [[f"t{row}", model, label(row)] for row in range(9) for model in ("gpt-4", "llama")]
    found = read(lines("prompt_id,model,answer", rows))
    assert found.of_kind("model") == ("gpt-4", "llama")


def test_email_addresses_are_shortened(read: Read) -> None:
    rows = [[f"t{row}", who, label(row)] for row in range(4) for who in ("ana@x.example", "ben@x.example")]
    found = read(lines("id,email,label", rows))
    assert found.compared == ("ana", "ben")


def test_notes_above_the_header_are_left_out_and_named(read: Read) -> None:
    found = read("Export of the labelling tool\n\nid,Ana,Ben\n1,x,y\n2,y,y\n3,x,x\n")
    assert found.origin(0) == "labels.csv!4"
    assert found.reading.warnings == ["labels.csv: the table starts in row 3; what stands above was not read."]


def test_latin_1_is_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes("id,Ana,Bén\n1,für,für\n2,no,für\n3,no,no\n".encode("latin-1"))
    found = load(path)
    assert found.compared == ("Ana", "Bén")
    assert "Latin-1" in found.reading.warnings[0]


def test_repeats_are_refused_with_their_rows_and_resolved_on_request(read: Read) -> None:
    text = "id,annotator,label\n1,a,x\n1,b,x\n1,a,y\n2,a,x\n2,b,x\n2,a,x\n"
    message = refusal(read, text)
    assert "labels.csv!2, labels.csv!4" in message
    assert "a labelled item 1 2 times and differently: x / y" in message
    found = read(text, reading={"duplicates": "first"})
    assert labels(found)["1", "a", "label"] == "x"
    assert len(found.repeats) == 4


def test_unknown_columns_in_options_are_named_with_the_nearest(read: Read) -> None:
    text = "id,annotator,label,remark\n1,a,x,-\n1,b,x,-\n"
    message = refusal(read, text, columns={"label": ["lable"], "annotator": "coder"})
    assert "--label: there is no column 'lable'. Did you mean 'label'?" in message
    assert "--annotator: there is no column 'coder'. There are: 'id', 'annotator', 'label', 'remark'." in message


def test_files_of_several_annotators_and_their_gold(tmp_path: Path) -> None:
    for name in ("annotations_ana", "annotations_ben", "gold"):
        rows = [[f"t{row}", label(row, len(name))] for row in range(9)]
        (tmp_path / f"{name}.csv").write_text(lines("item,label", rows), encoding="utf-8")
    (tmp_path / "README.md").write_text("# About", encoding="utf-8")
    found = load(tmp_path)
    assert found.compared == ("ana", "ben")
    assert found.of_kind("gold") == ("gold",)
    assert found.reading.annotator_from == "file names"
    assert any("README.md was not read" in warning for warning in found.reading.warnings)


def test_files_that_repeat_items_and_labels_are_rounds_or_layers(tmp_path: Path) -> None:
    for name in ("may", "june"):
        rows = [[f"t{row}", label(row, len(name)), label(row)] for row in range(9)]
        (tmp_path / f"{name}.csv").write_text(lines("item,Ana,Ben", rows), encoding="utf-8")
    with pytest.raises(InputError, match="--round file or --layer file"):
        load(tmp_path)
    rounds = load(tmp_path, Settings.from_mapping({"columns": {"round": "file"}}))
    assert set(rounds.assignments["round"]) == {"june", "may"}


def test_files_with_other_items_are_batches(tmp_path: Path) -> None:
    for batch in (0, 1):
        rows = [[f"t{batch}-{row}", label(row), label(row, 1)] for row in range(9)]
        (tmp_path / f"batch{batch}.csv").write_text(lines("item,Ana,Ben", rows), encoding="utf-8")
    found = load(tmp_path)
    assert len(found.items) == 18
    assert found.compared == ("Ana", "Ben")


def test_tables_of_different_layouts_are_not_mixed(tmp_path: Path) -> None:
    people = ("Ana", "Ben")
    rows = [[f"t{row}", label(row), label(row, 1)] for row in range(9)]
    (tmp_path / "wide.csv").write_text(lines("item,Ana,Ben", rows), encoding="utf-8")
    again = [[row[0], who, row[at]] for row in rows for at, who in enumerate(people, 1)]
    (tmp_path / "long.csv").write_text(lines("item,annotator,label", again), encoding="utf-8")
    with pytest.raises(InputError, match="one may repeat the other"):
        load(tmp_path)


@pytest.mark.parametrize(("column", "kept"), [("section", "section"), ("document", "cluster"), ("text", "text")])
def test_an_item_that_rows_put_in_two_places_is_told(column, kept):
    rows = [(f"i{item}", who, "xy"[item % 2], f"{column} {item % 3}") for item in range(20) for who in ("Ana", "Ben")]
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label", column])
    frame.loc[[1, 5], column] = "elsewhere"
    frame.loc[7, column] = ""  # a blank cell says nothing
    frame.loc[9, column] += " "  # blanks at its end are no other value
    found = load_frame(frame)
    assert found.reading.warnings == [f"2 items have more than one {column}: i0, i2. The first one read counts."]
    assert found.items.loc[["i0", "i2", "i3"], kept].tolist() == [f"{column} 0", f"{column} 2", f"{column} 0"]


def test_texts_of_two_files_that_differ_are_told(tmp_path):
    for who, text in (("Ana", "Bonn "), ("Ben", "Bonn"), ("Cleo", "Berlin")):
        (tmp_path / f"{who}.csv").write_text(f"item,text,label\ni1,{text},x\ni2,Rome,y\n")
    found = load(tmp_path)
    assert "1 item has more than one text: i1. The first one read counts." in found.reading.warnings
    assert found.items["text"].tolist() == ["Bonn ", "Rome"]
