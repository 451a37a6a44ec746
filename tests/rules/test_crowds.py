"""Crowds: the careless are found all at once, and judged from their own items as from all."""

import numpy as np
import pandas as pd
import pytest

from agreement.annotations import rows_holding
from agreement.diagnosis.evidence import from_units
from agreement.diagnosis.people import around
from agreement.pipeline import audit
from agreement.rules._standing import crowded, outliers, own_in_crowd, standing, standing_in_crowd, steepness
from agreement.rules.annotator import RULE
from agreement.units import Units

ANNOTATORS, ITEMS, PER_ITEM, LABELS, CARELESS = 400, 6_000, 5, 4, 12


@pytest.fixture(scope="module")
def crowd() -> Units:
    """400 annotators, the first 12 of whom guess half of their labels."""
    chance = np.random.default_rng(1)
    item = np.repeat(np.arange(ITEMS), PER_ITEM)
    who = np.array([np.sort(chance.choice(ANNOTATORS, PER_ITEM, replace=False)) for _ in range(ITEMS)]).ravel()
    wrong = chance.random(len(item)) < np.where(who < CARELESS, 0.5, 0.08)
    label = np.where(wrong, chance.integers(0, LABELS, len(item)), chance.integers(0, LABELS, ITEMS)[item])
    none = np.full(ITEMS, -1, np.int64)
    return Units(
        "label", "item", tuple("abcd"), tuple(f"w{a:03d}" for a in range(ANNOTATORS)), item, who, label,
        np.ones(ITEMS, np.int64), np.arange(ITEMS), none, none, none,
        items=tuple(f"i{i:05d}" for i in range(ITEMS)),
    )  # fmt: skip


def test_all_careless_people_of_a_crowd_are_found_and_nobody_else(crowd):
    evidence = from_units(crowd)
    assert crowded(evidence)
    found = outliers(evidence, RULE.defaults)
    assert sorted(code for code, _, verdict in found if verdict == "confirmed") == list(range(CARELESS))


def test_one_of_a_crowd_stands_as_in_the_whole_evidence(crowd):
    evidence = from_units(crowd)
    off = np.arange(CARELESS)
    rest = evidence.without(np.isin(evidence.annotator, off))
    usual = standing(rest)
    for code in (0, 7):
        others = off[off != code]
        whole = standing(evidence.without(np.isin(evidence.annotator, others)))
        near = around(evidence, [code], off, own_in_crowd(usual))(code)
        mine = standing_in_crowd(near, code, usual, steepness(rest))
        # the annotator's own figures are the same numbers; what they are held against is that of the others
        assert mine.raw.value[code] == pytest.approx(whole.raw.value[code], rel=1e-12)
        assert mine.raw.se[code] == pytest.approx(whole.raw.se[code], rel=1e-12)
        assert mine.excess.value[code] == pytest.approx(whole.excess.value[code], abs=0.01)


def test_flags_of_a_crowd_count_the_disputes_that_go_with_the_annotator(crowd):
    frame = pd.DataFrame(
        {
            "item": np.array(crowd.items)[crowd.unit],
            "annotator": np.array(crowd.annotators)[crowd.annotator],
            "label": np.array(crowd.labels)[crowd.label],
        }
    )
    flags = {flag.subject.annotator: flag for flag in audit(frame).diagnosis.flags if flag.rule == "annotator"}
    assert sorted(flags) == [f"w{a:03d}" for a in range(CARELESS)]
    mine = set(frame.loc[frame["annotator"].eq("w000"), "item"])
    near = frame.loc[frame["item"].isin(mine)]
    labels = near.groupby("item")["label"].agg(set)
    others = [f"w{a:03d}" for a in range(1, CARELESS)]
    labels = near.loc[~near["annotator"].isin(others)].groupby("item")["label"].agg(set)
    left = near.loc[~near["annotator"].isin(["w000", *others])].groupby("item")["label"].agg(set)
    assert flags["w000"].disputes == sum(len(labels[item]) > 1 and len(left.get(item, ())) < 2 for item in mine)
    assert all(example.item in mine for example in flags["w000"].examples)


@pytest.mark.parametrize("names", [["a", "b", "c"], ["c", "a", "b"]])  # sorted, and as no file makes them
def test_rows_are_found_by_value_whatever_the_order_of_the_categories(names):
    column = pd.Series(pd.Categorical(["b", "c", None, "a", "b"], categories=names))
    assert rows_holding(column, ["b"]).tolist() == [0, 4]
    assert rows_holding(column, ["a", "nobody"]).tolist() == [3]
    assert rows_holding(column, []).tolist() == []
