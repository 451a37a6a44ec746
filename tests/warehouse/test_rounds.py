"""The rounds of a table in an engine are those in memory, with or without knowing who gave which label."""

from dataclasses import fields, replace

import ibis
import numpy as np
import pandas as pd
import pytest

from agreement import Settings, audit
from agreement.loaders import load_frame
from agreement.rounds.comparing import rounds_within
from agreement.rounds.snapshots import snapshot
from agreement.rounds.trends import trends
from agreement.rounds.values import agreement_value, own_interval
from agreement.warehouse import rounds
from agreement.warehouse.asked import Asked, prepared
from agreement.warehouse.crowd_items import TooManyError
from agreement.warehouse.traffic import Traffic

pytest.importorskip("duckdb")

# pyarrow asks pandas, and Ibis asks DuckDB, for what their newest versions no longer want to be asked for
pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
]


def project(*, people=12, each=4, items=500, labels=4, documents=0, names=("r1", "r2", "r3"), seed=1):
    """Return labels of a few out of many people, items in several rounds in part, and a section that gets worse."""
    rng = np.random.default_rng(seed)
    parts = []
    for number, name in enumerate(names):
        item = np.repeat(np.flatnonzero(rng.random(items) < 0.6 + 0.2 * (number == 1)), each)
        who = np.argsort(rng.random((len(item) // each, people)), axis=1)[:, :each].ravel()
        slips = rng.random(len(item)) < 0.15 + 0.3 * number * (item % 3 == 0)
        code = np.where(slips, rng.integers(labels, size=len(item)), item // 3 % labels)
        parts.append(pd.DataFrame({
            "item": [f"i{one:04d}" for one in item], "annotator": [f"a{one:02d}" for one in who], "round": name,
            "label": [f"l{one}" for one in code], "section": [f"s{one % 3}" for one in item],
            "document": [f"d{one % documents}" if documents and one % 5 else "" for one in item],
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def settings_of(kind="category", least=30):
    return Settings.from_mapping({
        "columns": {"section": "section", "document": "document", "round": "round"},
        "layers": {"label": {"kind": kind}}, "measures": {"min_pair_items": least},
    })  # fmt: skip


def in_engine(frame, settings):
    """Return the labels of a frame as the engine has them."""
    rest = [None] * (len(fields(Asked)) - 5)
    asked = Asked(ibis.memtable(frame), {}, settings, "table", "duckdb", *rest)
    return prepared(asked, Traffic())[0]


def told(values):
    """Return dictionaries with their numbers to nine digits, and all else as it is."""
    if isinstance(values, dict):
        return {name: told(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return type(values)(told(value) for value in values)
    return pytest.approx(values, rel=1e-9, abs=1e-12) if isinstance(values, float) else values


def rounds_told(whole, comparison):
    """Return what is told of rounds: in brief, as the rule asks, at length, and over all of them."""
    annotations, settings = whole.annotations, whole.settings
    return {
        "brief": [one.to_dict() for one in rounds_within(annotations, settings, brief=True, comparisons=(comparison,))],
        "changes": [one.to_dict() for one in rounds_within(annotations, settings, comparisons=(comparison,))],
        "trends": [one.to_dict() for one in trends(annotations, settings, (comparison,))],
    }


def without_kappas(told_of):
    """Return what is told of rounds but for kappas, and for what is adjusted for the number of these."""
    for change in [*told_of["brief"], *told_of["changes"]]:
        change.pop("notes")
        change.pop("word")
        for family in ("overall", "by_section", "by_label", "by_pair"):
            change[family] = [one for one in change[family] if not one["measure"].startswith("kappa")]
    adjusted = ("q", "word", "low", "high", "confidence")
    for one in [one for change in told_of["changes"] for one in (*change["by_section"], *change["by_label"])]:
        for name in adjusted:
            one.pop(name)
    told_of["trends"] = [one for one in told_of["trends"] if not one["measure"].startswith("kappa")]
    return told_of


@pytest.mark.parametrize(
    ("shape", "settings"),
    [
        ({}, settings_of()),
        ({"least": "none"}, settings_of(least=10_000)),
        ({"documents": 14, "seed": 2}, settings_of(least=34)),
        ({"documents": 4, "seed": 3}, settings_of(least=1)),
        ({"labels": 5, "seed": 4}, settings_of("ordinal", least=32)),
        ({"names": ("", "r1", "r2"), "seed": 5}, settings_of(least=32)),
    ],
    ids=["some pairs", "no pair", "documents", "few documents", "ordinal", "a blank round"],
)
def test_rounds_of_a_crowd_are_those_in_memory(shape, settings, monkeypatch):
    monkeypatch.setattr(rounds, "SLICE_COUPLES", 2_000)
    frame = project(**{name: value for name, value in shape.items() if name != "least"})
    whole = audit(load_frame(frame, settings), settings)
    found = rounds.rounds_of(in_engine(frame, settings), settings)
    crowd = replace(whole.comparisons[0], units=None, details={"rounds": found})
    one, other = (without_kappas(rounds_told(whole, part)) for part in (crowd, whole.comparisons[0]))
    assert len(other["changes"]) == len(found) - 1 > 0
    assert one == told(other)


def test_all_rounds_of_a_crowd_are_one_snapshot(monkeypatch):
    monkeypatch.setattr(rounds, "SLICE_COUPLES", 2_000)
    for least in (1, 100, 10_000):
        settings, frame = settings_of(least=least), project(documents=14, seed=6)
        found = rounds.all_rounds_of(in_engine(frame, settings), settings)
        expected = snapshot(load_frame(frame, settings), "label", least)
        assert found.times.max() > 1
        for section in expected.sections:
            inside = [taken.inside(section) for taken in (found, expected)]
            one, other = (
                (value.value, value.n, *own_interval(taken, value, 0.95))
                for taken, value in ((taken, agreement_value(taken)) for taken in inside)
            )
            assert one == pytest.approx(other, rel=1e-9)


def test_one_round_is_nothing_to_compare():
    settings = settings_of()
    assert rounds.rounds_of(in_engine(project(names=("", "r1")), settings), settings) == ()


def test_more_mixes_than_can_come_back_are_not_told(monkeypatch):
    monkeypatch.setattr(rounds, "MOST_ROWS", 100)
    settings = settings_of()
    with pytest.raises(TooManyError):
        rounds.rounds_of(in_engine(project(), settings), settings)
