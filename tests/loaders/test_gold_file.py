"""Gold in a file of its own becomes one gold annotator, never compared, whatever format the labels have."""

import pytest

import agreement
from agreement import InputError, Settings

LABELS = "item,annotator,label\n1,ana,x\n1,ben,y\n2,ana,x\n2,ben,x\n"


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(LABELS, encoding="utf-8")
    return path


def load(labels, gold):
    path = labels.parent / "truth.csv"
    path.write_text(gold, encoding="utf-8")
    return agreement.load([labels], Settings.from_mapping({"columns": {"gold": str(path)}}))


def test_the_file_is_one_gold_annotator(labels):
    annotations = load(labels, "item,label\n1,y\n2,x\n")
    assert annotations.of_kind("gold") == ("gold",)
    assert annotations.compared == ("ana", "ben")
    assert annotations.table.loc[annotations.table["annotator"].eq("gold"), "label"].tolist() == ["y", "x"]


def test_its_rows_are_counted_and_its_file_is_named(labels):
    reading = load(labels, "item,label\n1,y\n2,\n").reading
    assert reading.rows_read == reading.rows_used + sum(reading.set_aside.values()) == 6
    assert reading.files == ["labels.csv", "truth.csv"]


def test_several_annotators_are_no_gold(labels):
    with pytest.raises(InputError, match="2 annotators"):
        load(labels, "item,annotator,label\n1,cem,y\n1,dan,x\n")
