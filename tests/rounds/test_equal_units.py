"""Rounds of units that are listed once, with how many equal ones there are, are the rounds of all units."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import Settings, audit
from agreement.diagnosis.diagnosing import diagnose
from agreement.errors import InputError
from agreement.loaders import load_frame
from agreement.rounds.comparing import compare_rounds, rounds_within
from agreement.rounds.snapshots import of_units
from agreement.rounds.trends import trends
from agreement.rounds.values import agreement_value, alpha_value
from agreement.totals import totals_of


def rows_of(*, rounds=3, items=160, labels=3, people=4, documents=0, seed=1, alone=5):
    """Return labels of items of which some are in one round, some in all, and in which a section gets worse.

    Every item has one of the *documents* but for each of number *alone*.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(rounds):
        item = np.flatnonzero(rng.random(items) < (1.0 if number else 0.8))
        for who in range(people):
            mine = item[rng.random(len(item)) < 0.93]
            slips = rng.random(len(mine)) < 0.1 + 0.25 * number * (mine % 2 == 0)
            code = np.where(slips, rng.integers(labels, size=len(mine)), mine // 2 % labels)
            rows.append(pd.DataFrame({
                "item": [f"i{one:04d}" for one in mine], "annotator": f"a{who}", "round": f"r{number}",
                "label": [f"l{one}" for one in code], "section": [f"s{one % 2}" for one in mine],
                "document": [f"d{one % documents}" if documents and one % alone else "" for one in mine],
            }))  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def project(*, kind="category", seed=1, labels=3, **shape):
    """Return the annotations of a project, and its settings."""
    frame, rng = rows_of(seed=seed, labels=labels, **shape), np.random.default_rng(seed)
    if kind == "labels":
        more = rng.random(len(frame)) < 0.3
        frame["label"] = [[one, "more"] if also else [one] for one, also in zip(frame["label"], more, strict=True)]
    asked = {"kind": kind}
    if kind == "ordinal":
        asked["order"] = tuple(f"l{code}" for code in range(labels))
    found = Settings.from_mapping({"layers": {"label": asked}})
    return load_frame(frame, found), found


def listed_once(units, *, by_document):
    """Return *units* with equal items, those of equal labels in every round, listed once."""
    of_item = {}
    for unit, who, label in zip(units.unit.tolist(), units.annotator.tolist(), units.label.tolist(), strict=True):
        entry = (int(units.round[unit]), who, label)
        of_item.setdefault(int(units.item[unit]), []).append(entry)
    about = {
        int(item): (int(section), int(cluster) if by_document else -1)
        for item, section, cluster in zip(units.item, units.section, units.cluster, strict=True)
    }
    groups = {}
    for item, pattern in sorted(of_item.items()):
        groups.setdefault((tuple(sorted(pattern)), about[item]), []).append(item)
    unit, annotator, label, weight, names, section, cluster, of_round = [], [], [], [], [], [], [], []
    for (pattern, (place, document)), items in groups.items():
        for number in sorted({entry[0] for entry in pattern}):
            mine = [entry for entry in pattern if entry[0] == number]
            unit += [len(weight)] * len(mine)
            annotator += [entry[1] for entry in mine]
            label += [entry[2] for entry in mine]
            weight.append(len(items))
            names.append(items[0])
            section.append(place)
            cluster.append(document)
            of_round.append(number)
    columns = [np.array(one, np.int64) for one in (unit, annotator, label, weight, names, cluster, section, of_round)]
    return replace(units, **dict(zip(
        ("unit", "annotator", "label", "weight", "item", "cluster", "section", "round"), columns, strict=True,
    )))  # fmt: skip


def told(values):
    """Return dictionaries with their numbers to nine digits, and all else as it is."""
    if isinstance(values, dict):
        return {name: told(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return type(values)(told(value) for value in values)
    return pytest.approx(values, rel=1e-9, abs=1e-12) if isinstance(values, float) else values


def rounds_of(annotations, settings_, comparison):
    """Return everything that is told about rounds."""
    return {
        "changes": [one.to_dict() for one in rounds_within(annotations, settings_, comparisons=(comparison,))],
        "trends": [one.to_dict() for one in trends(annotations, settings_, (comparison,))],
    }


def assert_same(annotations, settings_, *, by_document):
    """Compare what is told about rounds of all units, of those listed once, and of the annotations themselves."""
    comparison = audit(annotations, settings_).comparisons[0]
    few = listed_once(comparison.units, by_document=by_document)
    assert few.weight.max() > 1
    every = rounds_of(annotations, settings_, comparison)
    assert len(every["changes"]) >= 1
    assert rounds_of(annotations, settings_, replace(comparison, units=few)) == told(every)
    assert [one.to_dict() for one in rounds_within(annotations, settings_)] == told(every["changes"])


@pytest.mark.parametrize("kind", ["category", "ordinal", "labels"])
@pytest.mark.parametrize("documents", [0, 3, 14])
def test_rounds_of_units_listed_once_are_those_of_all(kind, documents):
    annotations, settings_ = project(kind=kind, documents=documents, items=400, rounds=4 if kind == "category" else 2)
    assert_same(annotations, settings_, by_document=documents >= 10)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0, 12]), st.integers(2, 3), st.integers(2, 4))
def test_of_any_project(seed, documents, labels, people):
    annotations, settings_ = project(rounds=2, items=150, labels=labels, people=people, documents=documents, seed=seed)
    assert_same(annotations, settings_, by_document=documents >= 10)


@pytest.mark.parametrize("documents", [0, 14])
def test_the_rule_finds_the_same(documents):
    annotations, settings_ = project(documents=documents, items=300)
    made = audit(annotations, settings_)
    few = listed_once(made.comparisons[0].units, by_document=documents >= 10)
    found = diagnose(annotations, [replace(made.comparisons[0], units=few)], settings_)
    flags = [
        [
            (flag.subject.section, flag.verdict, flag.n, *map(told, (flag.effect, flag.low, flag.high, flag.q)))
            for flag in one.flags
            if flag.rule == "round_change"
        ]
        for one in (made.diagnosis, found)
    ]
    assert flags[0]
    assert flags[1] == flags[0]


def as_of_a_table(whole, *, by_document):
    """Return the audit with equal items listed once, as that of a table in an engine has them."""
    few = listed_once(whole.comparisons[0].units, by_document=by_document)
    annotations = replace(whole.annotations, totals=totals_of(whole.annotations))
    return replace(whole, annotations=annotations, comparisons=(replace(whole.comparisons[0], units=few),))


def one_round(documents, number, seed=1):
    """Return the audit of one of two rounds of a project, in which other people labelled in part."""
    frame = rows_of(documents=documents, rounds=2, items=400, seed=seed, alone=10_000)
    frame = frame.loc[frame["document"].ne("")]
    frame = frame.loc[frame["round"].eq(f"r{number}") & frame["annotator"].ne(f"a{number}")]
    return audit(load_frame(frame.drop(columns="round")))


def without_pairing(changes):
    """Return what two JSON files tell, but for which items are in both."""
    left_out = ("pairing", "n_both", "notes")
    whole = [{name: value for name, value in one.items() if name not in left_out} for one in changes]
    for one in whole:
        for family in ("overall", "by_label", "by_section", "by_pair"):
            one[family] = [{name: part[name] for name in part if name != "n_both"} for part in one[family]]
    return whole


def test_json_of_equal_items_compares_like_that_of_all_where_documents_are_matched():
    wholes = [one_round(14, number) for number in (0, 1)]
    expected = [one.to_dict() for one in compare_rounds(*(one.to_dict() for one in wholes))]
    few = [as_of_a_table(one, by_document=True).to_dict() for one in wholes]
    json_ = json.loads(json.dumps(few, default=list))
    found = [one.to_dict() for one in compare_rounds(*json_, names=("a.json", "a.json"))]
    assert found[0]["n_both"] == 0
    assert "can\u2019t be matched" in found[0]["notes"][-1]
    assert found[0]["annotators_used"] == ["a2", "a3"]
    names = {"before": "before", "after": "after"}
    assert without_pairing([{**one, **names} for one in found]) == told(without_pairing(expected))


def test_json_of_a_crowd_compares_all_but_kappas():
    wholes = [one_round(14, number) for number in (0, 1)]
    made = []
    for one in wholes:
        comparison = replace(one.comparisons[0], details={**one.comparisons[0].details, "anonymous": True})
        made.append(json.loads(json.dumps(replace(one, comparisons=(comparison,)).to_dict(), default=list)))
        assert "annotator" not in made[-1]["profiles"][0]
    (found,) = compare_rounds(*made, Settings(measures={"min_pair_items": 1}))
    assert [change.measure for change in found.overall] == [
        "krippendorff_alpha.nominal", "percent_agreement", "percent_agreement.standardised", "f1_macro",
    ]  # fmt: skip
    assert "Kappas are left out" in found.notes[-1]
    for change, before in zip(found.overall, (alpha_value, agreement_value), strict=False):
        taken = of_units(wholes[0].comparisons[0].units, "category", 1)
        assert change.before == pytest.approx(before(taken).value)


@pytest.mark.parametrize("weight", [[0], [1, 1], ["x"]])
def test_weights_that_count_nothing_are_refused(weight):
    document = one_round(14, 0).to_dict()
    (profile,) = json.loads(json.dumps(document["profiles"], default=list))
    profile["weight"] = (weight * len(profile["items"]))[: max(len(profile["items"]), 2)]
    if len(weight) == 2:
        profile["weight"].append(1)
    with pytest.raises(InputError, match="profiles can't be read"):
        compare_rounds({"profiles": [profile]}, {"profiles": [profile]})
