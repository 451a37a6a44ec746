"""Page, JSON and CSV of a table in an engine say what they say of the same labels in memory."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from agreement import Settings, audit
from agreement.loaders import load_frame
from agreement.report._build import build
from agreement.report._frames import frames
from agreement.warehouse import audit_warehouse, crowd_units, distinct

pytest.importorskip("ibis")
pytest.importorskip("duckdb")

pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
]

# where it came from, of what was read and what of it is listed
OF_THE_INPUT = {
    "reading", "settings", "source", "report_id", "origin", "to_list", "cards", "source_sha256", "items", "profiles",
    "signature", "funnel",
}  # fmt: skip
LISTED = 80


def project(items=900, annotators=5, each=4, labels=5, seed=1):
    """Return labels of people of whom one slips, in sections of which one is unclear, with two labels mixed up."""
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(items), each)
    who = np.argsort(rng.random((items, annotators)), axis=1)[:, :each].ravel()
    truth = rng.integers(labels, size=items)[item]
    slips = rng.random(len(item)) > np.where(who == 1, 0.6, np.where(item // 7 % 4 == 2, 0.7, 0.93))
    given = np.where(slips, rng.integers(labels, size=len(item)), truth)
    given = np.where((given == 1) & (rng.random(len(item)) < 0.3), 0, given)
    return pd.DataFrame({
        "item": [f"i{code:05d}" for code in item], "annotator": [f"a{code}" for code in who],
        "label": [f"l{code}" for code in given], "section": [f"s{code // 7 % 4}" for code in item],
    })  # fmt: skip


def in_documents(frame):
    """Return *frame* with two thirds of the items in one of many documents."""
    number = frame["item"].str[1:].astype(int)
    return frame.assign(document=("d" + (number % 41).astype(str)).where(number % 3 > 0, ""))


def again(frame):
    """Return *frame* in three rounds, a third of the items of the first in the second too."""
    number = frame["item"].str[1:].astype(int)
    third = number.max() // 3
    frame = frame.assign(round="r" + (1 + number // (third + 1)).astype(str))
    twice = frame.loc[(number < third) & (number % 3 == 0)].assign(round="r2")
    flipped = np.random.default_rng(6).random(len(twice)) < 0.1
    return pd.concat([frame, twice.assign(label=twice["label"].mask(flipped, "l2"))], ignore_index=True)


def two_labels():
    """Return two labels of two people, some items of one person only."""
    frame = project(labels=2, annotators=2, each=2, seed=4)
    return frame.drop(frame.index[:60:3])


def in_sets():
    """Return sets of up to three labels, some of them empty."""
    frame = project(seed=5)
    rng = np.random.default_rng(9)
    lists = [[name] if rng.random() < 0.9 else [] for name in frame["label"]]
    lists = [sorted({*mine, "l0"}) if rng.random() < 0.2 else mine for mine in lists]
    return frame.assign(label=pd.Series(lists, frame.index, dtype=object))


def crowd(items=2400, labels=6):
    """Return labels of 320 people of whom eight are careless and one is off in a section."""
    frame = project(items=items, annotators=320, labels=labels, seed=7)
    rng = np.random.default_rng(8)
    who = frame["annotator"].where(frame["item"].str[1:].astype(int) % 9 > 0, "a0")
    who = who.where(~frame.assign(annotator=who).duplicated(["item", "annotator"]), frame["annotator"])
    frame = frame.assign(annotator=who).drop_duplicates(["item", "annotator"])
    careless = frame["annotator"].isin([f"a{code}" for code in range(2, 10)]) & (rng.random(len(frame)) < 0.6)
    off = frame["annotator"].eq("a0") & frame["section"].eq("s0") & (rng.random(len(frame)) < 0.9)
    other = "l" + pd.Series(rng.integers(labels, size=len(frame)), frame.index).astype(str)
    return frame.assign(label=frame["label"].mask(careless | off, other))


def getting_worse():
    """Return labels of a crowd in six rounds, in which one person gets worse and one gets better."""
    frame = crowd(items=3000)
    part = frame["item"].str[1:].astype(int) // 500
    rng = np.random.default_rng(11)
    who = frame["annotator"].mask((rng.random(len(frame)) < 0.07) & ~frame["annotator"].eq("a0"), "a300")
    who = who.mask((rng.random(len(frame)) < 0.07) & ~who.eq("a0"), "a301")
    frame = frame.assign(annotator=who.where(~frame.assign(annotator=who).duplicated(["item", "annotator"]), "a302"))
    frame = frame.assign(round="r" + part.astype(str)).drop_duplicates(["item", "annotator"])
    worse = frame["annotator"].eq("a300") & (rng.random(len(frame)) < part.loc[frame.index] / 7)
    better = frame["annotator"].eq("a301") & (rng.random(len(frame)) < (5 - part.loc[frame.index]) / 7)
    return frame.assign(label=frame["label"].mask(worse | better, "l2"))


ORDER = {"layers": {"label": {"kind": "ordinal", "labels": ["l0", "l1", "l2", "l3", "l4"]}}}
LIMIT = {"gate": {"sections": {"s1": 0.6}}}
PROJECTS = {
    "sections": (project, LIMIT),
    "documents": (lambda: in_documents(project(seed=2)), {}),
    "rounds": (lambda: again(project(seed=3)), {}),
    "two labels": (two_labels, {}),
    "an order": (project, ORDER),
    "sets": (in_sets, {}),
}
CROWDS = {
    "a crowd with documents": (lambda: in_documents(crowd()), LIMIT),
    "a crowd in rounds": (lambda: again(crowd()), {}),
    "a crowd in which people change": (getting_worse, {}),
    "a crowd with two labels": (lambda: crowd(labels=2), {}),
}
# thousands of items are equal, or one is labelled alike in two rounds: which of them flags show is a matter of taste
OFTEN_ALIKE = ("a crowd with two labels", "a crowd in rounds")


@pytest.fixture(scope="module", params=[*PROJECTS, *CROWDS], ids=str)
def both(request, tmp_path_factory):
    """The audit of a table, of which only some items are listed, and that of the same labels in memory."""
    made, chosen = (PROJECTS | CROWDS)[request.param]
    frame = made()
    path = tmp_path_factory.mktemp("table") / "labels.parquet"
    frame.to_parquet(path)
    columns = {name: name for name in ("section", "document", "round") if name in frame}
    settings = Settings.from_mapping({"columns": columns, **chosen})
    with pytest.MonkeyPatch.context() as patch:
        for module in (distinct, crowd_units):
            patch.setattr(module, "MOST_NAMED", LISTED)
        patch.setattr(distinct, "MOST_DISPUTED", 10)
        patch.setattr(crowd_units, "FIRST", 10)
        if request.param in CROWDS:  # too many patterns, and in memory too many pairs for a table of each
            patch.setattr("agreement.warehouse.audit.MOST_PATTERNS", 100)
            patch.setattr("agreement.warehouse.audit.MOST_LABELS", 0)
            patch.setattr("agreement.crowds.MOST_CODES", 0)
        found, expected = audit_warehouse(str(path), settings=settings), audit(load_frame(frame, settings), settings)
    assert bool(found.comparisons[0].details.get("anonymous")) == (request.param in CROWDS)
    if request.param in OFTEN_ALIKE:
        found, expected = (without_examples(part) for part in (found, expected))
    return found, expected


def without_examples(audited):
    """Return the audit with no examples of flags."""
    flags = tuple(replace(flag, examples=()) for flag in audited.diagnosis.flags)
    return replace(audited, diagnosis=replace(audited.diagnosis, flags=flags))


def test_every_figure_of_the_page_is_that_of_memory(both, differences):
    one, other = (build(part, 0) for part in both)
    assert differences(one, other, OF_THE_INPUT) == []


def test_every_figure_of_json_and_csv_is_that_of_memory(both, differences):
    one, other = (part.to_dict() for part in both)
    assert differences(one, other, OF_THE_INPUT) == []
    one, other = (frames(part) for part in both)
    for name in one.keys() - {"disputes", "reading"}:
        rows = [part[name].astype(object).where(part[name].notna(), None).to_dict("records") for part in (one, other)]
        assert differences(*rows, {"evidence"}) == []


def test_the_page_shows_the_items_that_it_shows_in_memory(both):
    found, expected = (build(part, 40).cards for part in both)
    pairs, wanted = ({pair for card in part for pair in card.pairs} for part in (found, expected))
    assert pairs == wanted
    assert len({card.item for card in found} & {card.item for card in expected}) >= 30
    known = {(card.item, card.round): card for card in build(both[1], 10_000).cards}
    assert all(card.versions == known[card.item, card.round].versions for card in found)


def test_the_disputes_listed_are_those_of_memory_and_the_rest_are_counted(both):
    found, expected = both
    one, other = ({(row["item"], row["round"]): row for row in part.to_dict()["items"]} for part in both)
    assert LISTED <= len(one) < len(other)
    for key, row in one.items():
        assert row["labels"] == other[key]["labels"]
    left_out = found.to_dict()["reading"]["left_out"]["label"]
    assert left_out[f"disputes beyond the {len(one)} that are listed (items)"] == len(other) - len(one)
    assert found.annotations.totals.items == len(expected.annotations.items)
