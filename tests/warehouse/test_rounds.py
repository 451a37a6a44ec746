"""The rounds of a table in an engine are those in memory, with or without knowing who gave which label."""

import json
from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest

from agreement import Settings, audit
from agreement.loaders import load_frame
from agreement.report.tables import write_json
from agreement.rounds.comparing import compare_rounds, rounds_within
from agreement.rounds.snapshots import snapshot
from agreement.rounds.trends import trends
from agreement.rounds.values import agreement_value, own_interval
from agreement.warehouse import audit_warehouse, crowd_items, distinct, round_kappas, rounds
from agreement.warehouse.asked import Asked, prepared
from agreement.warehouse.crowd_items import TooManyError, items_of
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
    """Return the labels of a frame as the engine has them, and its items as those of a crowd."""
    found = prepared(Asked(ibis.memtable(frame), {}, settings, "table", "duckdb", None), Traffic())[0]
    return found, items_of(found)


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


@pytest.mark.parametrize(
    ("shape", "settings"),
    [
        ({}, settings_of(least=14)),
        ({"least": "none"}, settings_of(least=10_000)),
        ({"documents": 14, "seed": 2}, settings_of(least=16)),
        ({"documents": 4, "seed": 3}, settings_of(least=1)),
        ({"labels": 5, "seed": 4}, settings_of("ordinal", least=15)),
        ({"names": ("", "r1", "r2"), "seed": 5}, settings_of(least=15)),
    ],
    ids=["some pairs", "no pair", "documents", "few documents", "ordinal", "a blank round"],
)
def test_rounds_of_a_crowd_are_those_in_memory(shape, settings, monkeypatch):
    monkeypatch.setattr(rounds, "SLICE_COUPLES", 800)
    monkeypatch.setattr(round_kappas, "AT_ONCE", 6_000)
    frame = project(items=240, **{name: value for name, value in shape.items() if name != "least"})
    whole = audit(load_frame(frame, settings), settings)
    found = rounds.rounds_of(*in_engine(frame, settings), settings)
    crowd = replace(whole.comparisons[0], units=None, details={"rounds": found})
    one, other = (rounds_told(whole, part) for part in (crowd, whole.comparisons[0]))
    assert len(other["changes"]) == len(found) - 1 > 0
    assert one == told(other)


def test_rounds_without_pairs_or_with_one_label_are_those_in_memory():
    frame, settings = project(people=6, each=2, items=90, names=("r1", "r2", "r3", "r4"), seed=7), settings_of()
    alone = frame.loc[frame["round"].eq("r2")].drop_duplicates("item")
    frame = pd.concat([frame.loc[frame["round"].ne("r2")], alone])
    frame = frame.loc[frame["round"].ne("r3") | frame["label"].eq("l0")]
    whole = audit(load_frame(frame, settings), settings)
    found = rounds.rounds_of(*in_engine(frame, settings), settings)
    crowd = replace(whole.comparisons[0], units=None, details={"rounds": found})
    assert [one.kappas == {} for one in found] == [False, True, True, False]
    assert rounds_told(whole, crowd) == told(rounds_told(whole, whole.comparisons[0]))


def test_all_rounds_of_a_crowd_are_one_snapshot(monkeypatch):
    monkeypatch.setattr(rounds, "SLICE_COUPLES", 2_000)
    for least in (1, 60):
        settings, frame = settings_of(least=least), project(labels=2, documents=12, seed=6)
        found = rounds.all_rounds_of(*in_engine(frame, settings), settings)
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
    assert rounds.rounds_of(*in_engine(project(names=("", "r1")), settings), settings) == ()


def test_items_too_many_to_be_matched_are_compared_as_if_they_were_different(monkeypatch):
    settings, frame = settings_of(least=32), project(labels=2, items=900, seed=9)
    found, items = in_engine(frame, settings)
    numbers = pd.Categorical(frame["round"]).codes
    apart = frame.assign(item=frame["item"] + "-" + numbers.astype(str))
    whole = audit(load_frame(apart, settings), settings)
    matched = rounds.rounds_of(found, items, settings)
    monkeypatch.setattr(rounds, "MOST_ROWS", max(len(set(one.item)) for one in matched) + 1)
    made = rounds.rounds_of(found, items, settings)
    assert found.reading.warnings[-1].startswith("Items are too many to be matched from round to round")
    assert [one.size for one in made] == [one.size for one in matched]
    crowd = replace(whole.comparisons[0], units=None, details={"rounds": made})
    (one, *_), (other, *_) = (
        rounds_within(whole.annotations, settings, comparisons=(part,)) for part in (crowd, whole.comparisons[0])
    )
    assert (one.n_both, one.pairing) == (other.n_both, other.pairing) == (0, "unpaired")
    assert "can\u2019t be matched" in one.notes[-1]
    assert [change.to_dict() for change in one.by_pair] == told([change.to_dict() for change in other.by_pair])


def test_more_mixes_than_can_come_back_are_not_told(monkeypatch):
    monkeypatch.setattr(rounds, "MOST_ROWS", 100)
    settings = settings_of()
    ready, items = in_engine(project(), settings)
    with pytest.raises(TooManyError):
        rounds.rounds_of(ready, items, settings)
    gated = settings.model_copy(update={"gate": settings.gate.model_copy(update={"sections": {"s0": 0.5}})})
    details = rounds.round_details(ready, items, gated)
    assert details["rounds"] == ()
    assert details["snapshot"].n_units == 0
    assert [line.split(":")[0] for line in ready.reading.warnings] == [
        "Rounds are not compared", "Limits of sections are not checked",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ({"people": 3, "each": 3, "labels": 3}, "category"),
        ({"people": 3, "each": 3, "labels": 3, "items": 900, "documents": 12, "seed": 2}, "category"),
        ({"people": 3, "each": 3, "items": 900, "names": ("a 2", "a 10", "a 1", "a 3"), "seed": 3}, "ordinal"),
        ({"people": 3, "each": 3, "labels": 2, "items": 900, "seed": 4}, "labels"),
    ],
    ids=["category", "documents", "four rounds", "sets"],
)
def test_what_is_said_of_rounds_is_that_in_memory(tmp_path, monkeypatch, shape, kind):
    monkeypatch.setattr(distinct, "MOST_NAMED", 60)
    frame, settings = project(**shape), settings_of(kind)
    if kind == "labels":
        more = np.random.default_rng(1).random(len(frame)) < 0.3
        frame["label"] = [[one, "more"] if also else [one] for one, also in zip(frame["label"], more, strict=True)]
    frame.to_parquet(tmp_path / "labels.parquet")
    found = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings)
    expected = audit(load_frame(frame, settings), settings)
    assert found.comparisons[0].units.weight.max() > 1
    assert len(found.annotations.items) < len(expected.annotations.items)
    one, other = (rounds_told(part, part.comparisons[0]) for part in (found, expected))
    assert len(other["changes"]) == len(set(frame["round"])) - 1
    assert one == told(other)
    flags = [
        [
            (flag.subject.section, flag.verdict, flag.n, *map(told, (flag.effect, flag.low, flag.high, flag.q)))
            for flag in part.diagnosis.flags
            if flag.rule == "round_change"
        ]
        for part in (found, expected)
    ]
    assert flags[0] == flags[1]
    assert flags[0]


def test_json_of_two_tables_can_be_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(distinct, "MOST_NAMED", 60)
    frame = project(people=3, each=3, labels=3, items=900, documents=14, seed=2)
    frame = frame.loc[frame["document"].ne("")]
    settings, found, expected = settings_of(), [], []
    for name in ("r1", "r3"):
        mine = frame.loc[frame["round"].eq(name)].drop(columns="round")
        mine.to_parquet(tmp_path / f"{name}.parquet")
        made = audit_warehouse(str(tmp_path / f"{name}.parquet"))
        (tmp_path / name).mkdir()
        path = tmp_path / name / "audit.json"
        write_json(made, path)
        found.append(json.loads(path.read_text()))
        expected.append(audit(load_frame(mine)).to_dict())
    (one,), (other,) = compare_rounds(*found, settings), compare_rounds(*expected, settings)
    assert (one.n_both, one.pairing, one.clusters) == (0, "unpaired", 14)
    assert any("can\u2019t be matched" in note for note in one.notes)
    for family in ("overall", "by_label", "by_section", "by_pair"):  # documents are matched, and with them their items
        changes = [[{**change.to_dict(), "n_both": 0} for change in getattr(part, family)] for part in (one, other)]
        assert changes[0] == told(changes[1])


def test_a_crowd_in_rounds_is_told_as_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("agreement.warehouse.audit.MOST_PATTERNS", 100)
    monkeypatch.setattr("agreement.warehouse.audit.MOST_LABELS", 0)
    plain = settings_of(least=1)
    settings = plain.model_copy(update={"gate": plain.gate.model_copy(update={"sections": {"s0": 0.5}})})
    frame = project(people=40, each=4, items=300, documents=14, names=("r1", "r2"), seed=3)
    frame.to_parquet(tmp_path / "labels.parquet")
    found = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings)
    expected = audit(load_frame(frame, settings), settings)
    assert found.comparisons[0].details["anonymous"]
    one, other = (rounds_told(part, part.comparisons[0]) for part in (found, expected))
    assert one == told(other)
    flags = [
        [
            (flag.message, flag.verdict, *[(shown.item, shown.labels) for shown in flag.examples])
            for flag in part.diagnosis.flags
            if flag.rule == "round_change"
        ]
        for part in (found, expected)
    ]
    assert flags[0] == flags[1]
    assert len(flags[0][0]) == 5
    shown = [
        {(flag.rule, str(flag.subject), one.item, tuple(one.labels.items())) for flag in part.diagnosis.flags
         for one in flag.examples if flag.rule != "round_change"}
        for part in (found, expected)
    ]  # fmt: skip
    assert shown[0] == shown[1]
    assert all(len(labels) == 4 for *_, labels in shown[0])
    gates = [[check for check in part.checks if check.name == "sections"] for part in (found, expected)]
    assert gates[0] == [replace(check, **{name: told(getattr(check, name)) for name in ("value", "low", "high")})
                        for check in gates[1]]  # fmt: skip
    assert gates[0]


def test_items_without_a_document_stay_alone_where_documents_are_put_into_groups(monkeypatch):
    monkeypatch.setattr(crowd_items, "MOST_DOCUMENTS", 20)
    monkeypatch.setattr(crowd_items, "GROUPS", (10**9,))  # so many that no two documents fall into one
    settings, frame = settings_of(), project(items=220, documents=60, seed=8)
    found, items = in_engine(frame, settings)
    assert (items.documents, found.documents) == (10**9, 48)
    whole = audit(load_frame(frame, settings), settings)
    crowd = replace(whole.comparisons[0], units=None, details={"rounds": rounds.rounds_of(found, items, settings)})
    assert rounds_told(whole, crowd) == told(rounds_told(whole, whole.comparisons[0]))
