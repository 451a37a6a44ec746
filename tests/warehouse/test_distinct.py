"""Scores, flags and account from distinct patterns with how many items show each are those of all items."""

import numpy as np
import pandas as pd
import pytest

from agreement import Settings, audit
from agreement.loaders import load_frame
from agreement.warehouse import audit_warehouse, distinct

pytest.importorskip("ibis")
pytest.importorskip("duckdb")

# pyarrow asks pandas, and Ibis asks DuckDB, for what their newest versions no longer want to be asked for
pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
]


def project(items=3000, annotators=5, each=4, labels=3, seed=1):
    """Return labels of people of whom one slips, in sections of which one is read in two ways."""
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(items), each)
    who = np.argsort(rng.random((items, annotators)), axis=1)[:, :each].ravel()
    truth = rng.integers(labels, size=items)[item]
    slips = rng.random(len(item)) > np.where(who == 1, 0.6, 0.93)
    given = np.where(slips, rng.integers(labels, size=len(item)), truth)
    other = (item // 7 % 4 == 2) & (who >= 3) & (rng.random(len(item)) < 0.6)
    given = np.where(other, (given + 1) % labels, given)
    return pd.DataFrame({
        "item": [f"i{code:05d}" for code in item], "annotator": [f"a{code}" for code in who],
        "label": [f"l{code}" for code in given], "section": [f"s{code // 7 % 4}" for code in item],
    })  # fmt: skip


def numbered(frame):
    """Return the number of each row's item."""
    return frame["item"].str[1:].astype(int)


def camps():
    """Return labels of six people of whom three read one label as another, everywhere."""
    frame = project(annotators=6, each=6, seed=2).drop(columns="section")
    other = frame["annotator"].isin(["a0", "a2", "a4"]) & (numbered(frame) % 5 == 0)
    return frame.assign(label=frame["label"].mask(other, "l0"))


def with_documents():
    """Return labels with a document for two thirds of the items."""
    frame = project()
    number = numbered(frame)
    return frame.assign(document=("d" + (number % 97 % 41).astype(str)).where(number % 3 > 0, ""))


def in_rounds():
    """Return labels in six rounds, in which one person gets worse."""
    frame = project(items=3000, seed=3)
    part = numbered(frame) // 500
    worse = (frame["annotator"] == "a3") & (np.random.default_rng(5).random(len(frame)) < part / 8)
    return frame.assign(round="r" + part.astype(str), label=frame["label"].mask(worse, "l1"))


def in_rounds_again():
    """Return labels with every third item in a second round too, by other people in part, and few documents."""
    frame = project(seed=4)
    number = numbered(frame)
    second = frame.loc[number % 3 == 0].assign(round="r2")
    flipped = np.random.default_rng(6).random(len(second)) < 0.05
    second = second.assign(label=second["label"].mask(flipped, "l2"))
    return pd.concat([frame.assign(round="r1"), second], ignore_index=True).assign(
        document=lambda rows: rows["section"]
    )


@pytest.mark.parametrize(
    ("made", "rules"),
    [
        (project, {"annotator", "section"}), (camps, {"camps"}), (with_documents, {"annotator", "section"}),
        (in_rounds, {"drift"}), (in_rounds_again, {"annotator", "section"}),
        (lambda: project(labels=2, annotators=2, each=2), {"prevalence", "thin"}),
    ],
    ids=["sections", "camps", "documents", "rounds", "items in two rounds", "two people"],
)  # fmt: skip
def test_flags_scores_and_account_are_those_in_memory(tmp_path, monkeypatch, flags, made, rules):
    frame = made()
    frame.to_parquet(tmp_path / "labels.parquet")
    settings = Settings.from_mapping(
        {"columns": {name: name for name in ("section", "document", "round") if name in frame}}
    )
    expected = audit(load_frame(frame, settings), settings)
    monkeypatch.setattr(distinct, "MOST_NAMED", 400)
    found = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings)
    one, other = (flags(part) for part in (found, expected))
    assert rules <= {flag[0] for flag in other}
    assert one == other
    shares = [[row["share"] for row in part.diagnosis.budget] for part in (found, expected)]
    assert shares[0] == pytest.approx(shares[1])
    for flag in found.diagnosis.flags:
        assert all(example.labels for example in flag.examples)
        assert len({example.item for example in flag.examples}) == len(flag.examples)
    key = ["measure", "params", "label", "reference", "other"]
    one, other = (part.scores_table().set_index(key).sort_index() for part in (found, expected))
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)
    assert_same_account(found.annotations.reading, expected.annotations.reading)


def assert_same_account(one, other):
    """Compare what two readings counted and suspected."""
    for name in ("rows_read", "rows_used", "set_aside", "repairs", "warnings", "aliases", "missing_suspects"):
        assert getattr(one, name) == getattr(other, name), name


@pytest.mark.parametrize("change", ["names", "settings", "sections"])
def test_the_account_is_that_of_all_rows(tmp_path, monkeypatch, change):
    monkeypatch.setattr(distinct, "MOST_NAMED", 20)
    frame, chosen = project(items=2500), {}
    if change == "names":  # of labels, items and annotators
        odd = frame.index[frame["label"] == "l1"][::50]
        frame.loc[odd, "label"] = "L1"
        frame.loc[frame.index[3::400], "label"] = "n/a"
        for item, other in (("i00100", "I00100"), ("i00200", "i00200\u00a0".strip() + "\uff11")):
            mine = frame.index[frame["item"] == item]
            frame.loc[mine[2:], "item"] = other
        frame["annotator"] = frame["annotator"].replace("a2", "gpt-4")
    elif change == "settings":
        frame.loc[frame.index[::300], "label"] = "?"
        chosen = {
            "missing": {"values": ["?"]}, "annotators": {"ignore": ["a3", "nobody"]},
            "labels": {"aliases": {"l2": "l1", "x": "y"}},
        }  # fmt: skip
        frame = pd.concat([frame, frame.iloc[40:47]])
        frame.loc[frame.index[frame["annotator"] == "a3"][:9], "label"] = "only theirs"
    else:
        frame["section"] = "s" + frame["item"].str[1:5]
        monkeypatch.setattr("agreement.records.MOST_SECTIONS", 200)
        monkeypatch.setattr("agreement.warehouse.engine.MOST_SECTIONS", 200)
    frame.to_parquet(tmp_path / "labels.parquet")
    settings = Settings.from_mapping({"columns": {"section": "section"}, **chosen})
    found, expected = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings), load_frame(frame, settings)
    assert found.annotations.totals is not None
    assert_same_account(found.annotations.reading, expected.reading)
    assert found.annotations.layers == expected.layers
    assert found.annotations.compared == expected.compared
    told = found.annotations.reading
    assert {"names": told.aliases and told.missing_suspects and len(told.warnings) == 2, "sections": told.warnings,
            "settings": len(told.set_aside) == 3 and len(told.warnings) == 2}[change]  # fmt: skip
