"""What ``detect`` says, and the configuration it writes."""

from pathlib import Path

import pandas as pd
import pytest

from agreement.annotations import Annotations
from agreement.detect import describe, likely_order, suggested_config
from agreement.errors import InputError
from agreement.loaders import load, load_frame
from agreement.loaders._suspects import alias_suspects
from agreement.records import content_hash
from agreement.settings import Settings

MESSY = {
    "Indication_treatment": 50, "Indication_treatment ": 3, "indicaion_treatment": 1, "Contraindication\n\n": 2,
    "Contraindication": 40, "Indication: Treatment": 2, "?": 3, "i dont know": 2, "other": 9,
}  # fmt: skip


def frame(labels: dict[str, list[str]]) -> pd.DataFrame:
    rows = [(f"t{at}", who, label) for who, mine in labels.items() for at, label in enumerate(mine)]
    return pd.DataFrame(rows, columns=["item", "annotator", "label"])


def test_spellings_of_one_label_are_suspected() -> None:
    found = {one.spelling: (one.meant, one.reason) for one in alias_suspects("label", MESSY)}
    assert found == {
        "Contraindication\n\n": ("Contraindication", "blanks"),
        "Indication: Treatment": ("Indication_treatment", "case, blanks, punctuation"),
        "Indication_treatment ": ("Indication_treatment", "blanks"),
        "indicaion_treatment": ("Indication_treatment", "near spelling"),
    }


@pytest.mark.parametrize(
    "labels",
    [{"grade 1": 90, "grade 2": 3}, {"cat": 90, "bat": 2}, {"moral": 90, "amoral": 2}, {"Refund": 50, "Return": 2}],
)
def test_different_labels_are_not_suspected(labels: dict[str, int]) -> None:
    assert alias_suspects("label", labels) == []


def test_suspects_are_reported_and_never_merged() -> None:
    labels = [label for label, times in MESSY.items() for _ in range(times)]
    found = load_frame(frame({"Ana": labels, "Ben": labels}))
    assert set(found.layers["label"].labels) == set(MESSY)
    assert len(found.reading.aliases) == 4
    assert found.reading.missing_suspects == {"?": 6, "i dont know": 4}
    text = describe(found)
    assert "label 'indicaion_treatment' (2) looks like 'Indication_treatment' (100): near spelling" in text
    assert "label '?' (6) looks like no answer" in text


def test_aliases_asked_for_are_merged_and_no_longer_suspected() -> None:
    settings = Settings.from_mapping({"labels": {"aliases": {"complaint ": "Complaint"}}, "missing": {"values": ["?"]}})
    found = load_frame(frame({"Ana": ["Complaint", "complaint ", "?"], "Ben": ["Complaint", "x", "x"]}), settings)
    assert found.layers["label"].labels == ("Complaint", "x")
    assert found.reading.aliases == []
    assert found.reading.missing_suspects == {}


def test_description_names_what_was_found() -> None:
    found = load_frame(frame({"Ana": ["1", "2", "3", ""], "Ben": ["1", "3", "2", "2"], "gold": ["1", "1", "1", "1"]}))
    assert describe(found).splitlines() == [
        "Format      DataFrame, long (a row per annotation)",
        "Files       DataFrame",
        'Annotator   found in column "annotator"',
        'Columns     item: column "item"',
        '            annotator: column "annotator"',
        '            label: column "label"',
        "Rows        12 read, 11 used",
        "            set aside: 1 blank cell",
        "Items       4",
        "Annotators  2 annotators: Ana, Ben",
        "            1 gold (not compared): gold",
        "Overlap     Ana and Ben: 3 shared items",
        "Layer       label, category, 3 labels (as found)",
        "            2 (3), 1 (2), 3 (2)",
        "            these look ordered; if they are, pass --order '1,2,3'",
    ]


def test_many_pairs_are_summed_up() -> None:
    found = load_frame(frame({f"w{at}": ["x", "y"] for at in range(9)}))
    assert "36 pairs share 2 to 2 items (median 2); no" not in describe(found)
    assert "36 pairs share 2 to 2 items (median 2); 0 pairs share none, 36 fewer than 30." in describe(found)


def test_control_characters_do_not_reach_the_terminal() -> None:
    text = describe(load_frame(frame({"Ana\x1b[31m": ["x\x07", "y"], "Ben": ["x", "y"]})))
    assert "\x1b" not in text
    assert "\x07" not in text


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (["Medium", "high", "LOW"], ("LOW", "Medium", "high")),
        (["10", "9", "8"], ("8", "9", "10")),
        (["a", "b", "c"], None),
        (["very_negative", "neutral", "positive"], ("very_negative", "neutral", "positive")),
    ],
)
def test_orders_that_labels_suggest(labels: list[str], order: tuple[str, ...] | None) -> None:
    assert likely_order(labels) == order


TABLES = {
    "long.csv": "id,who,rater,answer\n1,x,Ana,yes\n1,x,Ben,no\n2,x,Ana,no\n2,y,Ben,no\n",
    "wide.csv": 'my "id",Ana,Ben,gold\nt1,yes,no,yes\nt2,no,no,no\nt3,yes,yes,yes\n',
    "bare.csv": "t1,yes,no\nt2,no,no\nt3,yes,yes\nt4,no,yes\n",
    "turned.csv": "annotator,t1,t2,t3\nAna,1,2,3\nBen,1,3,3\n",
    "layers.csv": "id,ana_topic,ana_tone,ben_topic,ben_tone\n1,x,p,x,q\n2,y,q,x,q\n3,x,q,y,p\n4,y,p,y,p\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_the_written_configuration_reads_the_same(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(TABLES[name], encoding="utf-8")
    found = load(path)
    config = tmp_path / "agreement.toml"
    config.write_text(suggested_config(found, Settings()), encoding="utf-8")
    again: Annotations = load(path, Settings.from_file(config))
    assert content_hash(again) == content_hash(found)
    assert dict(again.annotators["kind"]) == dict(found.annotators["kind"])


def test_a_frame_of_any_shape_and_type() -> None:
    wide = pd.DataFrame({"item": range(6), "Ana": [1.0, 2, None, 2, 1, 1], "Ben": pd.Categorical([1, 2, 2, 2, 1, 2])})
    found = load_frame(wide)
    assert found.compared == ("Ana", "Ben")
    assert found.layers["label"].labels == ("1", "2")
    assert found.reading.set_aside == {"blank cell": 1}
    assert load_frame(wide.set_index("item")).compared == ("Ana", "Ben")


def test_one_slip_of_the_pen_is_suspected_in_a_small_table_too():
    # 'Complant' once beside 'Complaint' four times; two classes used three times each are no slip of each other
    found = {suspect.spelling for suspect in alias_suspects("label", {"Complaint": 4, "Complant": 1})}
    assert found == {"Complant"}
    assert alias_suspects("label", {"Complaint": 4, "Compliant": 3}) == []


def test_detect_names_what_may_be_gold():
    """Marks of a platform are no annotator: without this line nobody would learn of them."""
    frame = pd.DataFrame({"item": ["1", "1", "2", "2"], "annotator": ["Ana", "gold"] * 2, "label": list("xyxx")})
    annotations = load_frame(frame)
    annotations.reading.gold_candidates = ["gold", "ground_truth"]
    lines = describe(annotations).splitlines()
    assert [line for line in lines if "looks like gold" in line] == [
        "Suspected   'ground_truth' looks like gold; it counts as gold only if --gold names it"
    ]


def test_names_in_the_settings_that_nobody_has_are_said(tmp_path):
    """A slip in the name of a model would compare it with the people."""
    source = tmp_path / "labels.csv"
    source.write_text("item,annotator,label\n1,ana,x\n1,ben,y\n2,ana,x\n2,ben,x\n", encoding="utf-8")
    assert load(source, model=["bot"], ignore=["cem"]).reading.warnings[:2] == [
        "[annotators] model names 'bot': there is no such annotator, so it changes nothing.",
        "[annotators] ignore names 'cem': there is no such annotator, so it changes nothing.",
    ]
    assert load(source, model=["ana"], ignore=["ben"]).reading.warnings == []


def test_another_column_is_not_taken_for_the_gold_that_was_named(tmp_path):
    source = tmp_path / "labels.csv"
    source.write_text("item,ana,ben,gold\n1,x,y,x\n2,x,x,x\n", encoding="utf-8")
    assert load(source).of_kind("gold") == load(source, gold="gold").of_kind("gold") == ("gold",)
    with pytest.raises(InputError, match="no column, annotator, sheet or file 'truth'"):
        load(source, gold="truth")


@pytest.mark.parametrize("tags", [["NN", "ART", "VVFIN", "VAFIN", "$,", "$."], ["NN", "PRP", "PRP$", ".", ",", "``"]])
def test_tags_of_punctuation_are_tags(tags):
    times = dict(zip(tags, (60, 50, 40, 2, 8, 8), strict=True))
    cells = [tag for tag, often in times.items() for _ in range(often)]
    rows = [(f"w{at}", who, tag) for at, tag in enumerate([*cells, "?", "?"]) for who in ("Ana", "Ben")]
    reading = load_frame(pd.DataFrame(rows, columns=["item", "annotator", "label"])).reading
    assert reading.missing_suspects == {"?": 4}
    assert reading.aliases == []


def test_punctuation_among_classes_looks_like_no_answer():
    rows = [(f"w{at}", who, label) for at, label in enumerate(["spam", "ham", ".", "--"] * 4) for who in ("Ana", "Ben")]
    reading = load_frame(pd.DataFrame(rows, columns=["item", "annotator", "label"])).reading
    assert reading.missing_suspects == {"--": 8, ".": 8}
