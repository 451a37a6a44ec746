"""Equal items that are listed once, with how many they are, give the flags of all items."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from agreement.annotations import Layer, Reading
from agreement.comparison import Comparison
from agreement.diagnosis.diagnosing import diagnose
from agreement.diagnosis.evidence import MIN_DOCUMENTS, from_units, independent
from agreement.diagnosis.merging import beyond_chance, kappa_without, merge_table
from agreement.diagnosis.times import alternating
from agreement.records import Records, assemble
from agreement.settings import Settings
from agreement.units import item_units

FIELDS = (
    "verdict", "nature", "camps", "direction", "effect", "low", "high", "n", "q", "disputes", "share_of_disputes",
    "share_of_disagreement", "message",
)  # fmt: skip


def listed_once(units):
    """Return the units with equal ones of a document, and equal items, listed once."""
    cluster = independent(units.item, units.cluster, len(units.clusters))
    half = alternating(units.section, cluster)
    starts = np.searchsorted(units.unit, np.arange(units.n_units + 1))
    given = [
        tuple(zip(units.annotator[rows].tolist(), units.label[rows].tolist(), strict=True))
        for rows in (slice(*pair) for pair in pairwise(starts.tolist()))
    ]
    documents = units.cluster if len(units.clusters) >= MIN_DOCUMENTS else np.full(units.n_units, -1)
    together = {}  # units of a document each by itself, those of an item in several rounds together
    for unit in range(units.n_units):
        key = ("unit", unit) if documents[unit] >= 0 else ("item", units.item[unit])
        together.setdefault(key, []).append(unit)
    alike = {}
    for mine in together.values():
        about = [(units.section[u], units.round[u], given[u]) for u in mine]
        alike.setdefault((documents[mine[0]], half[mine[0]], *sorted(about)), []).append(mine)
    chosen = [(unit, len(group)) for group in alike.values() for unit in group[0]]
    first, weight = (np.array(column) for column in zip(*chosen, strict=True))
    sizes = np.diff(starts)[first]
    rows = np.concatenate([np.arange(starts[unit], starts[unit + 1]) for unit in first])
    return replace(
        units, unit=np.repeat(np.arange(len(first)), sizes), annotator=units.annotator[rows], label=units.label[rows],
        weight=weight, item=units.item[first], cluster=units.cluster[first], section=units.section[first],
        round=units.round[first], half=half[first],
    )  # fmt: skip


def assert_same_flags(annotations, *, fewer=0.99):
    """Compare the flags of all items with those of items listed once, and return them."""
    layer, every = annotations.layers["label"], item_units(annotations, "label")
    once = listed_once(every)
    assert len(once.weight) < fewer * len(every.weight)
    expected, found = (
        diagnose(annotations, [Comparison(layer, pd.DataFrame(), units)], Settings()) for units in (every, once)
    )
    # which items are named as disputed is asked of the engine, not of the patterns
    one, other = ([flag for flag in part.flags if flag.rule != "item"] for part in (found, expected))
    assert [(flag.rule, flag.subject) for flag in one] == [(flag.rule, flag.subject) for flag in other]
    for mine, theirs in zip(one, other, strict=True):
        for name in FIELDS:
            value = getattr(theirs, name)
            same = pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value
            assert getattr(mine, name) == same, (mine.rule, name)
        numbers = {key: value for key, value in theirs.evidence.items() if isinstance(value, float)}
        assert {key: mine.evidence[key] for key in numbers} == pytest.approx(numbers, rel=1e-9, abs=1e-12)
    assert [row["share"] for row in found.budget] == pytest.approx([row["share"] for row in expected.budget])
    return {flag.rule for flag in expected.flags}


def again(rows):
    """Return the rows with every third item in a second round too, every sixth in a third."""
    number = rows["item"].cat.codes.astype(int)
    parts = [
        rows.assign(round="r1"),
        rows[number % 3 == 0].assign(round="r2"),
        rows[number % 6 == 0].assign(round="r3"),
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    ("seed", "design", "sizes", "rounds"),
    [
        (0, "free", (4, 2000, 3), False), (1, "free", (3, 1000, 4), True), (23, "free", (4, 2000, 3), True),
        (5, "two", (2, 1000, 4), False), (3, "rotating", (5, 1000, 3), False), (8, "rotating", (5, 1000, 2), True),
        (2, "confounded", (6, 1000, 3), False), (33, "confounded", (6, 1500, 3), True),
    ],
)  # fmt: skip
def test_projects_of_every_design(projects, seed, design, sizes, rounds):
    project = projects.project(seed, design, **dict(zip("ank", sizes, strict=True)))
    rows = project.rows.drop(columns="time")
    assert_same_flags(replace(project, rows=again(rows) if rounds else rows).annotations())


@pytest.mark.parametrize(("kind", "seeds"), [("copy", range(3)), ("camps", range(3)), ("drift", (1, 2, 4))])
def test_causes_between_people_and_over_time(projects, kind, seeds):
    found = set()
    for seed in seeds:
        project = projects.two_reader_project(seed, kind)
        rows = project.rows.drop(columns="time")
        if kind == "drift":
            last = (
                project.rows.assign(time=project.rows["time"].astype(int)).groupby("item", observed=True)["time"].max()
            )
            part = (last.rank() * 6 // (len(last) + 1)).astype(int).astype(str)
            rows = rows.assign(round=[f"r{part[item]}" for item in rows["item"]])
        found |= assert_same_flags(replace(project, rows=rows).annotations(), fewer=1.01)
    assert kind in found


def random_labels(items, people, each, k, accuracy, seed, off=()):
    """Return random labels as rows, those of the people *off* right in two of five."""
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(items), each)
    who = np.argsort(rng.random((items, people)), axis=1)[:, :each].ravel()
    right = rng.random(len(item)) < np.where(np.isin(who, off), 0.4, accuracy)
    label = np.where(right, rng.integers(k, size=items)[item], rng.integers(k, size=len(item)))
    return pd.DataFrame({
        "item": [f"i{code:05d}" for code in item], "annotator": [f"a{code:03d}" for code in who],
        "label": [f"l{code}" for code in label],
    })  # fmt: skip


def annotations(rows, kind="category", labels=()):
    """Return rows as annotations, with three sections."""
    names = sorted(set(rows["item"]))
    about = pd.DataFrame({"section": [f"s{code % 3}" for code in range(len(names))], "cluster": ""},
                         index=pd.Index(names, name="item"))  # fmt: skip
    reading = Reading()
    reading.rows_read = len(rows)
    layer = Layer("label", kind, labels, declared=bool(labels))
    return assemble(Records(rows, reading, items=about, layers={"label": layer}), Settings())


def test_ordered_labels():
    rows = random_labels(1500, 4, 3, 4, 0.8, 8, off=(1,))
    assert "annotator" in assert_same_flags(annotations(rows, "ordinal", ("l0", "l1", "l2", "l3")))


def test_items_of_two_labels_that_split_evenly():
    rows = random_labels(1000, 7, 7, 2, 0.9, 7)
    hard = rows["item"] < "i00150"
    rows.loc[hard, "label"] = [f"l{code % 2}" for code in range(int(hard.sum()))]
    assert {"prevalence", "label_pair"} <= assert_same_flags(annotations(rows))


def test_a_crowd_that_is_seen_one_by_one():
    rows = random_labels(9000, 301, 3, 2, 0.9, 5, off=(3, 50))
    few = rows["item"] >= "i07000"
    rows.loc[few, "annotator"] = [f"a{code % 3:03d}" for code in range(int(few.sum()))]
    assert "annotator" in assert_same_flags(annotations(rows))


@pytest.mark.parametrize("seed", range(3))
def test_what_merging_changes_is_the_jackknife_over_items_one_by_one(seed):
    """Each item is left out by itself: from its part of the sums, and here by the definition."""
    every = item_units(annotations(random_labels(60, 3, 3, 3, 0.7, seed)), "label")
    names = ("kappa", "alpha", "f1_macro")

    def scores(units):
        table = merge_table(from_units(units), 0, 1, 0.95)
        return np.array([[table[name][when] for when in ("before", "after", "change")] for name in names])

    left_out = np.array([scores(every.where(np.arange(60) != unit)) for unit in range(60)])
    se = np.sqrt(59 / 60 * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    once = listed_once(every)
    assert once.weight.max() > 1
    table = merge_table(from_units(once), 0, 1, 0.95)
    wide = 2.0009953780882688  # t of 59 degrees of freedom
    for row, name in enumerate(names):
        assert table[name]["change"] - table[name]["low"] == pytest.approx(wide * se[row, 2], rel=1e-9)
        assert table[name]["before"] - table[name]["before_low"] == pytest.approx(wide * se[row, 0], rel=1e-9)
        assert table[name]["after"] - table[name]["after_low"] == pytest.approx(wide * se[row, 1], rel=1e-9)


def test_what_merging_changes_is_the_same_of_items_listed_once():
    every = item_units(annotations(random_labels(5500, 3, 3, 4, 0.8, 1)), "label")
    one, other = (from_units(units) for units in (every, listed_once(every)))
    for name in ("kappa", "alpha", "f1_macro"):
        expected, found = merge_table(one, 0, 1, 0.95)[name], merge_table(other, 0, 1, 0.95)[name]
        assert found.pop("undefined") == expected.pop("undefined") == ""
        assert found == pytest.approx(expected, rel=1e-9)
    assert kappa_without(other, 0) == pytest.approx(kappa_without(one, 0), rel=1e-9)


def test_no_room_beyond_chance_but_rounding_is_no_value():
    found = beyond_chance(np.array([0.5, 0.75, 1.0, 0.9]), np.array([0.0, 0.5, 1.0, 1 - 1e-15]))
    assert found.tolist()[:2] == [0.5, 0.5]
    assert np.isnan(found[2:]).all()
