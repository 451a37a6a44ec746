"""The units of a crowd in an engine: how many items show which labels, and sums by annotator for the page."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.counts import Ints
from agreement.diagnosis.case import evidence_of
from agreement.peers import Peers, peers_of_sums
from agreement.settings import LayerKind
from agreement.totals import Totals
from agreement.uncertainty.pooling import Patterns, patterns_of
from agreement.units import Units
from agreement.warehouse.crowd_items import OWN, Items
from agreement.warehouse.discussed import first_places
from agreement.warehouse.engine import LAYER, Prepared, spread_out
from agreement.warehouse.traffic import known

if TYPE_CHECKING:
    import ibis.expr.types as ir

Floats = NDArray[np.float64]
MOST_NAMED = 2_000  # items that are known by name because a meeting would discuss them first
MOST_DISPUTED = 2_000  # items that the rules know by name because their labels differ most
FIRST = 100  # of these that are listed too
MORE_LABELS = 1e-6  # of two items disputed alike, the one with more labels comes first
NAMES = ["item", "round", "section", "document"]


def label_counts(items: Items) -> Ints:
    """Return (X, K) how often each of the X mixes has each label."""
    sizes = [len(labels) for labels in items.mixes.labels]
    counts = np.zeros((len(sizes), items.labels), np.int64)
    np.add.at(counts, (np.repeat(np.arange(len(sizes)), sizes), np.concatenate([_NONE, *items.mixes.labels])), 1)
    return counts


_NONE = np.zeros(0, np.int64)


def shown_mixes(items: Items) -> pd.DataFrame:
    """Return how many items ``n`` show which ``mix`` in which ``round``, by what is ``taken`` out together; sorted.

    With them goes the first ``item`` of them by name.
    """
    by = [*(["round"] if len(items.rounds) > 1 else []), "mix", *(["taken"] if items.documents else [])]
    rows = items.traffic.fetch(items.table.group_by(*by).agg(n=items.table.count(), item=items.table.item.min()))
    rows = rows.assign(**{name: "" for name in ("round", "taken") if name not in rows})
    return rows.sort_values(["mix", "round", "taken"], ignore_index=True)


def patterns_of_mixes(items: Items, rows: pd.DataFrame) -> Patterns:
    """Return the item x label counts of *rows* of :func:`shown_mixes`."""
    counts = label_counts(items)[rows["mix"].to_numpy(dtype=np.int64)]
    cluster = None if not items.documents else pd.factorize(rows["taken"], sort=True)[0].astype(np.int64)
    return patterns_of(counts, rows["n"].to_numpy(dtype=np.int64), cluster)


def given_by(items: Items) -> Floats:
    """Return (A, K) how often each annotator gave each label."""
    every = items.given()
    rows = items.traffic.fetch(every.group_by("code").agg(n=every.count()))
    code, times = (rows[name].to_numpy(dtype=np.int64) for name in ("code", "n"))
    cells = np.bincount(code, times, minlength=items.annotators * items.labels)
    return cells.reshape(items.annotators, items.labels).astype(np.float64)


def units_of_mixes(found: Prepared, items: Items, rows: pd.DataFrame, named: pd.DataFrame | None = None) -> Units:
    """Return *rows* of :func:`shown_mixes` as units that stand for many, of whoever's labels.

    The *named* items, rows of :func:`items_named`, are units of their own; of all others the names are not known.
    """
    mixes, sections = items.mixes, items.sections
    if named is None:
        named = pd.DataFrame({name: [] for name in (*NAMES, "mix", "taken")}).assign(pattern=[])
    by = ["mix", "round", "taken"]
    taken = named.groupby(by).size() if len(named) else pd.Series([], dtype=np.int64)
    left = rows["n"].to_numpy(dtype=np.int64)
    if len(named):
        left = left - taken.reindex(pd.MultiIndex.from_frame(rows[by])).fillna(0).to_numpy(dtype=np.int64)
    rest = rows.loc[left > 0]
    codes = [np.array(pattern, dtype=np.int64) for pattern in named["pattern"]]
    mix = np.concatenate([named["mix"].to_numpy(np.int64), rest["mix"].to_numpy(np.int64)])
    sizes = np.array([len(mixes.labels[number]) for number in mix.tolist()], dtype=np.int64)
    unit = np.repeat(np.arange(len(mix)), sizes)
    of_rest = [mixes.labels[number] for number in mix[len(named) :].tolist()]
    label = np.concatenate([_NONE, *(code % items.labels for code in codes), *of_rest])
    nobody = np.arange(len(unit)) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # tells a unit's labels apart
    who = np.concatenate([_NONE, *(code // items.labels for code in codes)])
    place = np.array([mixes.place[number] for number in mix.tolist()], dtype=np.int64)
    round_ = np.concatenate([named["round"].to_numpy(object), rest["round"].to_numpy(object)])
    document = np.concatenate([named["taken"].to_numpy(object), rest["taken"].to_numpy(object)])
    names = tuple(sorted({str(name) for name in named["item"]}))
    code_of = {name: code for code, name in enumerate(names)}
    own = np.array([code_of[name] for name in named["item"].astype(str)], dtype=np.int64)
    weight = np.concatenate([np.ones(len(named), np.int64), left[left > 0]])
    cluster, clusters = _coded(["" if str(name).startswith(OWN) else str(name) for name in document])
    rounds = () if items.rounds == ("",) else items.rounds
    return Units(
        LAYER, "item", found.labels, found.annotators, unit, np.concatenate([who, nobody[len(who) :]]), label, weight,
        np.concatenate([own, np.full(len(rest), -1)]), cluster, np.where(place == len(sections), -1, place),
        np.array([rounds.index(str(name)) for name in round_], dtype=np.int64) if rounds else np.full(len(mix), -1),
        names, clusters, sections, rounds,
    )  # fmt: skip


def _coded(names: list[str]) -> tuple[Ints, tuple[str, ...]]:
    """Return the codes of *names*, -1 for a blank, and the sorted names."""
    every = tuple(sorted({name for name in names if name}))
    code = {name: number for number, name in enumerate(every)}
    return np.array([code.get(name, -1) for name in names], dtype=np.int64), every


def most_disputed(found: Prepared, items: Items, rows: pd.DataFrame, kind: LayerKind) -> pd.DataFrame:
    """Return cluster, mix and ``item`` of the items whose labels differ most, ties by name."""
    every = units_of_mixes(found, items, rows)
    size = np.bincount(every.unit, minlength=every.n_units)
    score = np.nan_to_num(evidence_of(every, kind).disagreement) + MORE_LABELS * size
    mixes = rows.assign(score=score).groupby("mix", as_index=False).agg(score=("score", "max"), n=("n", "sum"))
    mixes = mixes.sort_values(["score", "mix"], ascending=[False, True], kind="stable")
    enough = mixes["n"].cumsum().shift(fill_value=0) < MOST_DISPUTED
    wanted = mixes.loc[mixes["score"].ge(mixes.loc[enough, "score"].min()), ["mix", "score"]]
    return items.named(wanted, MOST_DISPUTED)


def first_shown(found: Prepared, items: Items, rows: pd.DataFrame, kind: LayerKind) -> set[str]:
    """Return the items in dispute that a meeting would discuss first, by *rows* of :func:`shown_mixes`."""
    every = units_of_mixes(found, items, rows)
    wanted = first_places(rows, every, np.arange(len(rows)), kind, MOST_NAMED).drop_duplicates("mix")
    return items.first(wanted[["mix", "group", "places"]]) if len(wanted) else set()


def items_named(found: Prepared, items: Items, names: Iterable[str]) -> pd.DataFrame:
    """Return all rounds of the items *names*: what is known of them, their ``mix``, and their ``pattern``, by name."""
    mine = found.shown.filter(found.shown.item.isin(sorted(set(names))))
    rows = items.traffic.fetch(mine.select(*NAMES, "pattern"), patterns=True)
    about = items.traffic.fetch(_of(items.table, rows["item"].astype(str)).select("item", "round", "mix", "taken"))
    together = rows.merge(about, on=["item", "round"])
    return together.sort_values(["item", "round"], ignore_index=True)


def _of(table: "ir.Table", names: Iterable[str]) -> "ir.Table":
    """Return the rows of the items *names*."""
    return table.filter(table.item.isin(sorted(set(names))))


def codes_of(named: pd.DataFrame) -> tuple[Ints, Ints]:
    """Return row and code of every label of the *named* items."""
    return spread_out(named["pattern"])


def totals_of_crowd(found: Prepared, items: Items, given: Floats, every: Patterns) -> Totals:
    """Return how much there is in all."""
    traffic, single = items.traffic, len(items.rounds) == 1
    on = (every.weight @ (every.counts > 0)).astype(np.int64)
    number = int(every.weight.sum())
    if not single:
        table = items.table
        number = int(traffic.fetch(table.aggregate(n=table.item.nunique()))["n"].iloc[0])
        labels = items.given("item").select("item", "what").distinct()
        rows = traffic.fetch(labels.group_by("what").agg(n=labels.count()))
        on = np.bincount(rows["what"].to_numpy(np.int64), rows["n"].to_numpy(np.int64), items.labels).astype(np.int64)
    times = given.sum(axis=0).astype(np.int64)
    answered = given.sum(axis=1).astype(np.int64)
    return Totals(
        number, int(times.sum()), {name: int(n) for name, n in zip(found.annotators, answered, strict=True) if n},
        {LAYER: {name: (int(n), int(m)) for name, n, m in zip(found.labels, times, on, strict=True) if n}},
    )  # fmt: skip


def peers_in(items: Items, confidence: float) -> Peers:
    """Return everybody's mean agreement with the others; see :func:`~agreement.peers.peers`."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    counts = label_counts(items)
    mix, label = np.nonzero(counts * (counts.sum(axis=1, keepdims=True) >= 2))
    share = (counts[mix, label] - 1) / (counts.sum(axis=1)[mix] - 1)
    ours = ibis.memtable(pd.DataFrame({"key": mix * items.labels + label, "share": share}))
    given = items.given("mix")
    keyed = given.mutate(key=given.mix * items.labels + given.what)
    known(keyed, ours)
    joined = keyed.join(ours, "key")
    rows = items.traffic.fetch(
        joined.group_by("who").agg(n=joined.count(), y=joined.share.sum(), yy=(joined.share * joined.share).sum())
    )
    sums = np.zeros((3, items.annotators))
    sums[:, rows["who"].to_numpy(np.int64)] = rows[["n", "y", "yy"]].to_numpy(np.float64).T
    return peers_of_sums(sums[0], sums[1], sums[2], confidence)


def leans_in(items: Items) -> tuple[Ints, Ints]:
    """Return (A,) how often each annotator gave the second of two labels to items in dispute, and either label."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    disputed = np.flatnonzero((label_counts(items) > 0).sum(axis=1) >= 2)
    ours = ibis.memtable(pd.DataFrame({"mix": disputed}))
    known(items.table, ours)
    given = replace(items, table=items.table.semi_join(ours, "mix")).given()
    rows = items.traffic.fetch(given.group_by("code").agg(n=given.count()))
    code, n = (rows[name].to_numpy(dtype=np.int64) for name in ("code", "n"))
    cells = np.bincount(code, n, minlength=items.annotators * 2).astype(np.int64).reshape(-1, 2)
    return cells[:, 1], cells.sum(axis=1)
