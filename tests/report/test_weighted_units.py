"""Units that stand for several items give every figure of page, JSON and CSV that the items themselves give."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from agreement import Settings, audit
from agreement.checks.release import release_checks
from agreement.disputes import discussion_order, places
from agreement.loaders import load_frame
from agreement.peers import peers
from agreement.records import content_hash
from agreement.report._build import build
from agreement.report._frames import frames
from agreement.report._queue import disputed
from agreement.report.page import render_page
from agreement.report.workbook import write_workbook
from agreement.totals import totals_of
from agreement.units import Units


def project(items=400, annotators=4, each=3, labels=3, seed=1):
    """Return labels of people of whom one slips, in sections and documents."""
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(items), each)
    who = np.argsort(rng.random((items, annotators)), axis=1)[:, :each].ravel()
    truth = rng.integers(labels, size=items)[item]
    slips = rng.random(len(item)) > np.where(who == 1, 0.6, 0.9)
    given = np.where(slips, rng.integers(labels, size=len(item)), truth)
    return pd.DataFrame({
        "item": [f"i{code:05d}" for code in item], "annotator": [f"a{code}" for code in who],
        "label": [f"l{code}" for code in given], "section": [f"s{code // 7 % 3}" for code in item],
    })  # fmt: skip


def mostly_one():
    """Return two labels of which nine in ten are one, some items with one label only."""
    frame = project(labels=2, seed=2)
    frame["label"] = frame["label"].mask(np.random.default_rng(3).random(len(frame)) < 0.85, "l0")
    return frame.drop(frame.index[:40:3])


def in_rounds():
    """Return labels in two rounds, a third of the items in both."""
    frame = project(seed=4)
    again = frame.loc[frame["item"].str[1:].astype(int) % 3 == 0].assign(round="r2")
    flipped = np.random.default_rng(6).random(len(again)) < 0.2
    return pd.concat([frame.assign(round="r1"), again.assign(label=again["label"].mask(flipped, "l2"))])


def with_documents():
    """Return labels of items in a few documents."""
    frame = project(seed=5)
    return frame.assign(document="d" + (frame["item"].str[1:].astype(int) % 12).astype(str))


def in_sets():
    """Return sets of labels, a list each, some of them empty."""
    frame = project(items=300, labels=4, seed=7)
    more = np.random.default_rng(9).random(len(frame)) < 0.3
    simple = [[name] if name != "l3" else [] for name in frame["label"]]
    lists = [sorted({*mine, "l0"}) if also else mine for mine, also in zip(simple, more.tolist(), strict=True)]
    return frame.assign(label=pd.Series(lists, frame.index, dtype=object))


def collapsed(units, apart):
    """Return *units* with equal items as one, named by the first; the items of *apart* stay units of their own."""
    rows = pd.DataFrame({"unit": units.unit, "annotator": units.annotator, "label": units.label})
    answers = rows.groupby("unit")[["annotator", "label"]].apply(lambda part: tuple(map(tuple, part.to_numpy())))
    each = pd.DataFrame({
        "item": units.item, "round": units.round, "about": list(zip(answers, units.round, strict=True)),
        "section": units.section, "cluster": units.cluster,
    })  # fmt: skip
    by_item = each.groupby("item").agg(
        about=("about", tuple), section=("section", "first"), cluster=("cluster", "first")
    )
    alone = pd.Series(
        np.where([units.items[code] in apart for code in by_item.index], by_item.index, -1), by_item.index
    )
    by_item = by_item.assign(alone=alone, item=by_item.index)
    stands = by_item.groupby(["about", "section", "cluster", "alone"], sort=False)["item"].agg(["min", "size"])
    times = pd.Series(stands["size"].to_numpy(), index=stands["min"].to_numpy())
    kept = units.where(np.isin(units.item, times.index))
    return replace(kept, weight=times.reindex(kept.item).to_numpy())


def of_listed(whole, listed):
    """Return the audit with units that stand for several items, and with the labels of the *listed* items only."""
    every = whole.annotations
    totals = totals_of(every)
    parts = {}
    for name in ("table", "assignments"):
        frame = getattr(every, name)
        frame = frame.loc[frame["item"].isin(listed)]
        parts[name] = frame.assign(**{key: frame[key].cat.remove_unused_categories() for key in ("item", "round")})
    reading = replace(every.reading, source_sha256=content_hash(every))
    annotations = replace(
        every, **parts, items=every.items.loc[every.items.index.isin(listed)], totals=totals, reading=reading
    )
    comparisons = tuple(replace(one, units=collapsed(one.units, set(listed))) for one in whole.comparisons)
    assert all(
        one.units.n_units < other.units.n_units for one, other in zip(comparisons, whole.comparisons, strict=True)
    )
    return replace(whole, annotations=annotations, comparisons=comparisons)


PROJECTS = {
    "sections": (project, {}),
    "two labels, mostly one": (mostly_one, {}),
    "rounds": (in_rounds, {}),
    "documents": (with_documents, {}),
    "an order": (lambda: project(labels=5, seed=8), {"kind": "ordinal", "labels": ["l0", "l1", "l2", "l3", "l4"]}),
    "sets": (in_sets, {"kind": "labels"}),
}


@pytest.fixture(scope="module", params=PROJECTS, ids=str)
def whole(request):
    """The audit of all items."""
    made, layer = PROJECTS[request.param]
    frame = made()
    columns = {name: name for name in ("section", "document", "round") if name in frame}
    settings = Settings.from_mapping({"columns": columns, "layers": {"label": layer} if layer else {}})
    return audit(load_frame(frame, settings), settings)


def listed_of(whole, part=1.0):
    """Return the names of the disputed items, or of the first *part* of them."""
    names = sorted({row["item"] for row in whole.to_dict()["items"]})
    return names[: round(len(names) * part)]


def test_every_figure_of_the_page_is_that_of_all_items(whole, differences):
    few = of_listed(whole, listed_of(whole))
    assert differences(build(few, 0), build(whole, 0), {"reading", "settings"}) == []


def test_the_same_items_are_discussed_in_the_same_order(whole):
    few = of_listed(whole, listed_of(whole))
    for most in (30, 10_000):
        assert build(few, most).cards == build(whole, most).cards
    assert few.to_dict()["items"] == whole.to_dict()["items"]


def test_json_and_csv_hold_the_figures_of_all_items(whole):
    few = of_listed(whole, listed_of(whole))
    one, other = few.to_dict(), whole.to_dict()
    assert one["reading"].pop("left_out") == {
        "label": {
            **other["reading"].pop("left_out").get("label", {}),
            "names of items in the profiles (items; equal ones are there once, with how many)": len(
                whole.annotations.items
            ),
        }
    }
    for name in one.keys() - {"profiles"}:
        assert one[name] == other[name], name
    assert all(sum(profile["weight"]) == len(other["items"]) for profile, other in zip(
        one["profiles"], whole.to_dict()["profiles"], strict=True
    ))  # fmt: skip
    tables, expected = frames(few), frames(whole)
    for name in tables.keys() - {"reading"}:
        pd.testing.assert_frame_equal(tables[name], expected[name])


def test_where_disputes_are_left_out_every_output_says_how_many_there_are(whole, tmp_path, differences):
    listed = listed_of(whole, 0.25)
    few, total = of_listed(whole, listed), len(whole.to_dict()["items"])
    model, expected = build(few, 20), build(whole, 20)
    shown = len(few.to_dict()["items"])
    assert (model.disputes, model.to_discuss, model.to_list) == (expected.disputes, total, shown)
    assert differences(model.layers, expected.layers) == []
    said = f"disputes beyond the {shown} that are listed (items)"
    assert few.to_dict()["reading"]["left_out"]["label"][said] == total - shown
    reading = frames(few)["reading"]
    assert reading.loc[reading["which"].eq(f"label: {said}"), "count"].tolist() == [total - shown]
    page = render_page(few)
    told = re.search(r"(\d+)\sitems are in dispute\. The .* in this file; (\d+) of all are in the CSV", page)
    assert told.groups() == (str(total), str(shown))
    summary = pd.read_excel(write_workbook(few, tmp_path / "a.xlsx"), sheet_name="Summary", engine="openpyxl")
    assert f"{said}: {total - shown}" in summary["value"].tolist()


def test_every_dispute_there_is_is_counted_once(whole):
    few = of_listed(whole, listed_of(whole, 0.5))
    one, other = (disputed(part.annotations, part.comparisons[0]) for part in (few, whole))
    assert (one.total, one.units, one.to_discuss) == (other.total, other.units, other.to_discuss)
    at_hand = np.isin(np.array(other.items, dtype=object), few.annotations.items.index)
    assert one.to_list == int((at_hand & other.is_disputed).sum()) < other.to_list == other.total


def test_what_everybody_agrees_with_can_come_from_elsewhere(differences):
    whole = audit(load_frame(mostly_one()))
    units = whole.comparisons[0].units
    few = of_listed(whole, listed_of(whole))
    hits = np.array([3, 1, 4, 1])
    told = {**few.comparisons[0].details, "peers": peers(units), "leans": (hits, hits + 5)}
    anonymous = replace(few.comparisons[0].units, annotator=np.zeros(len(few.comparisons[0].units.annotator), np.int64))
    few = replace(few, comparisons=(replace(few.comparisons[0], units=anonymous, details=told),))
    rows, expected = (build(part, 0).layers[0].people for part in (few, whole))
    assert differences(rows, expected, {"leans"}) == []
    assert {row.name: (row.leans.hits, row.leans.n) for row in rows} == {
        name: (hit, hit + 5) for name, hit in zip(units.annotators, hits.tolist(), strict=True)
    }


def test_a_unit_that_names_no_item_is_counted_and_not_listed():
    whole = audit(load_frame(project(items=60)))
    few = of_listed(whole, listed_of(whole))
    units: Units = few.comparisons[0].units
    nameless = np.isin(np.array(units.items, dtype=object)[units.item], few.annotations.items.index)
    units = replace(units, item=np.where(nameless, units.item, -1))
    few = replace(few, comparisons=(replace(few.comparisons[0], units=units),))
    assert few.to_dict()["items"] == whole.to_dict()["items"]
    assert build(few, 500).layers[0].n_units == build(whole, 500).layers[0].n_units


def test_the_agreement_of_a_section_is_that_of_all_its_items(differences):
    gate = {"sections": {"s1": 0.8, "Second": 0.7}}
    settings = Settings.from_mapping({"gate": gate, "columns": {"section": "section"}})
    whole = audit(load_frame(project(), settings), settings)
    few = of_listed(whole, listed_of(whole, 0.25))
    one, other = (
        list(release_checks(part.comparisons, part.diagnosis, settings, part.annotations)) for part in (few, whole)
    )
    assert differences(one, other) == []
    assert {check.subject for check in other if check.name == "sections" and check.value is not None} == {"s1"}


@pytest.mark.parametrize("seed", range(8))
def test_groups_of_items_get_as_many_places_as_their_items_would(seed):
    rng = np.random.default_rng(seed)
    size, importance = rng.integers(1, 40, 12), rng.integers(2, 4, 12)
    mine = np.unique(np.column_stack([rng.integers(12, size=20), rng.integers(4, size=20)]), axis=0)
    group, cause = mine.T
    taken = places((group, cause), importance, size, 60)
    unit_of = np.repeat(np.arange(12), size)
    first = np.cumsum(size) - size
    times = size[group]
    unit = np.repeat(first[group], times) + np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    no = np.zeros(len(unit_of), dtype=bool)
    order = discussion_order(importance[unit_of], (unit, np.repeat(cause, times)), no, no, 60)
    assert taken.tolist() == np.bincount(unit_of[order], minlength=12).tolist()
    assert taken.sum() == min(60, size[np.unique(group)].sum())
