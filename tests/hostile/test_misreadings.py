"""Tables that invite a wrong reading: each is read rightly, or refused with both readings and the deciding option."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from agreement._times import instants
from agreement.annotations import Annotations
from agreement.errors import InputError
from agreement.loaders import load
from agreement.settings import Settings

PEOPLE = ("Ana", "Ben", "Cem")
TRUTH = {
    (f"t{item}", who): random.Random(f"{item}{who}").choice(["Complaint", "Question", "Praise"])
    for item in range(40)
    for who in PEOPLE
}


def read(tmp_path: Path, text: str, name: str = "labels.csv", **options: dict[str, object]) -> Annotations:
    """Return what the loader makes of *text*."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return load(path, Settings.from_mapping(options))


def refusal(tmp_path: Path, text: str, **options: dict[str, object]) -> str:
    """Return what the loader says against *text*."""
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, **options)
    return str(caught.value)


def lines(header: str, *rows: tuple[object, ...]) -> str:
    """Return a CSV file."""
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)])


def cells(found: Annotations) -> dict[tuple[str, str], str]:
    """Return item and annotator to label."""
    return {(row.item, row.annotator): row.label for row in found.table.itertuples()}


@pytest.mark.parametrize(
    "header",
    ["Dokument-ID,Bearbeiter,Kategorie", "tweet_id,crowd_worker,stance", "Ticket,Agent,Intent", "url,person,choice",
     "image,student,diagnosis", "comment_id,moderator,toxicity", "Text-Nr,Kodierer,Etikett"],
)  # fmt: skip
def test_annotators_are_found_by_content_when_their_column_has_another_name(tmp_path: Path, header: str) -> None:
    found = read(tmp_path, lines(header, *((item, who, label) for (item, who), label in TRUTH.items())))
    assert cells(found) == TRUTH


def test_ticked_labels_may_be_called_like_columns(tmp_path: Path) -> None:
    names = ("Complaint", "Question", "Praise")
    rows = [(item, who, *(int(label == name) for name in names)) for (item, who), label in TRUTH.items()]
    assert cells(read(tmp_path, lines("item,annotator,Complaint,Question,Praise", *rows))) == TRUTH


def test_items_that_are_numbers_may_head_columns(tmp_path: Path) -> None:
    rows = [(who, *(1 + (item * step) % 5 for item in range(1, 31))) for step, who in enumerate(PEOPLE, 1)]
    found = read(tmp_path, lines("worker," + ",".join(map(str, range(1, 31))), *rows))
    assert (len(found.items), found.compared) == (30, PEOPLE)


def test_columns_of_a_data_frame_written_as_json(tmp_path: Path) -> None:
    columns = {
        "item": {str(at): item for at, (item, _) in enumerate(TRUTH)},
        "annotator": {str(at): who for at, (_, who) in enumerate(TRUTH)},
        "label": {str(at): label for at, label in enumerate(TRUTH.values())},
    }
    assert cells(read(tmp_path, json.dumps(columns), "labels.json")) == TRUTH


def test_cells_that_list_labels_are_sets_and_commas_inside_labels_are_not(tmp_path: Path) -> None:
    rows = [(item, who, ("a;b", "a", "b;c", "c")[item % 4]) for item in range(20) for who in PEOPLE]
    found = read(tmp_path, lines("item,annotator,label", *rows))
    assert (found.layers["label"].kind, found.layers["label"].labels) == ("labels", ("a", "b", "c"))
    assert any("are read as sets of labels" in warning for warning in found.reading.warnings)
    rows = [(item, who, ('"Yes, fully"', '"Yes, partly"', "No")[item % 3]) for item in range(20) for who in PEOPLE]
    assert read(tmp_path, lines("item,annotator,label", *rows)).layers["label"].kind == "category"


def test_gold_of_a_layer_of_sets_is_a_set(tmp_path: Path) -> None:
    records = [
        {"item": item, "annotator": who, "label": ["a", "b"][: item % 3], "gold": ["a", "b"]}
        for item in range(9)
        for who in PEOPLE
    ]
    found = read(tmp_path, json.dumps(records), "labels.json")
    assert set(found.table["label"]) == {"a", "b"}


def test_counts_of_votes_are_no_annotators(tmp_path: Path) -> None:
    rows = [(item, 5, item % 6, 5 - item % 6, item % 2) for item in range(30)]
    assert "count how many annotators" in refusal(tmp_path, lines("id,count,hate,offensive,class", *rows))


def test_a_decision_beside_annotators_is_asked_about(tmp_path: Path) -> None:
    rows = [(item, *("xyz"[(item * step) % 3] for step in (1, 2, 1))) for item in range(30)]
    said = refusal(tmp_path, lines("id,Ana,Ben,resolved", *rows))
    assert "--annotators Ana,Ben,resolved or --annotators Ana,Ben, or name the true labels with --gold" in said


def test_confidence_beside_each_annotator_is_a_note(tmp_path: Path) -> None:
    rows = [(item, "xyz"[item % 3], item % 5, "xyz"[item % 2], item % 4) for item in range(30)]
    assert read(tmp_path, lines("id,Ana,Ana_confidence,Ben,Ben_confidence", *rows)).compared == ("Ana", "Ben")


def test_text_or_measurements_are_no_labels(tmp_path: Path) -> None:
    rows = [(item, who, f"{item}.{len(who)}{who}") for item in range(40) for who in PEOPLE]
    assert "different labels in 120 answers" in refusal(tmp_path, lines("item,annotator,label", *rows))
    kept = read(tmp_path, lines("item,annotator,label", *rows), layers={"label": {"kind": "category"}})
    assert len(kept.table) == 120


def test_as_many_annotators_as_rows(tmp_path: Path) -> None:
    rows = [(item % 50, f"r{item}", "xy"[item % 2]) for item in range(200)]
    assert "as many annotators as rows" in refusal(tmp_path, lines("item,annotator,label", *rows))


@pytest.mark.parametrize("text", ["a,b\n", "item,annotator,label\n", "id,Ana,Ben\n"])
def test_a_header_alone_has_no_rows(tmp_path: Path, text: str) -> None:
    assert "has a header but no rows" in refusal(tmp_path, text)


def test_train_and_test_are_no_annotators(tmp_path: Path) -> None:
    for name in ("train", "test"):
        (tmp_path / f"{name}.csv").write_text(
            lines("id,label", *((f"{name}{row}", "xy"[row % 2]) for row in range(20)))
        )
    with pytest.raises(InputError, match="called like the parts of one data set"):
        load(tmp_path)


def test_days_and_months_are_not_guessed(tmp_path: Path) -> None:
    later = "item,annotator,label,time\n1,Ana,x,{}\n1,Ana,y,{}\n1,Ben,x,{}\n2,Ana,x,{}\n2,Ben,x,{}\n"
    german = later.format("02.01.2024", "01.02.2024", *["01.01.2024"] * 3)
    assert cells(read(tmp_path, german, reading={"duplicates": "latest"}))["1", "Ana"] == "y"
    unclear = later.format("2/1/2024", "1/2/2024", *["1/1/2024"] * 3)
    assert "3/4/2024 may be March or April" in refusal(tmp_path, unclear, reading={"duplicates": "latest"})
    assert instants(["13/1/2024", "1/2/2024"]).argsort().tolist() == [0, 1]
    assert instants(["10:30 02.01.2024", "10:30 01.02.2024"]).argsort().tolist() == [0, 1]


def test_times_of_any_century_pass_in_order() -> None:
    assert instants(["9999-12-31 23:59", "2024-01-01", "0001-01-01"]).argsort().tolist() == [2, 1, 0]


@pytest.mark.parametrize("time", ["now", "today", "12:30", "00:00:01 +0100", "5 pm", "1e999"])
def test_a_time_without_a_date_is_not_taken_for_one_of_today(time: str) -> None:
    assert np.isnan(instants([time])).all()


def test_gold_that_is_nowhere_is_said(tmp_path: Path) -> None:
    text = lines("item,annotator,label", *((item, who, label) for (item, who), label in TRUTH.items()))
    assert "--gold: there is no column" in refusal(tmp_path, text, columns={"gold": "expert"})


@pytest.mark.parametrize(("one", "other"), [("7", "7.0"), ("007", "7"), ("T7", "t7"), ("Caf\u00e9", "Cafe\u0301")])
def test_items_spelt_in_two_ways_are_said(tmp_path: Path, one: str, other: str) -> None:
    rows = [("a", "Ana", "x"), ("a", "Ben", "x"), ("b", "Ana", "y"), (one, "Ana", "x"), (other, "Ben", "y")]
    found = read(tmp_path, lines("item,annotator,label", *rows))
    assert any(warning.startswith("1 items are spelt in two ways") for warning in found.reading.warnings)
    rows[-1] = (other, "Ana", "y")
    found = read(tmp_path, lines("item,annotator,label", *rows))
    assert not any("spelt in two ways" in warning for warning in found.reading.warnings)


def test_a_number_beside_a_separator_of_records_is_a_number(tmp_path: Path) -> None:
    # "\x1c" counts as white space for patterns and for str.strip, not for int
    path = tmp_path / "bare.csv"
    path.write_bytes(b"t1,wes#no\n\x1c2,no,,no,\xb9yes\n")
    assert load(path, Settings()).reading.rows_read == 2


def test_a_column_called_by_a_number_of_thousands_of_digits_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, lines("id,Ana,Ben", (1, "a", "b"), (2, "b", "b")), columns={"item": "9" * 5000})
    assert "999" in said
