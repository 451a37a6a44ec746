"""Kappas of the rounds of a crowd: who gave which label stays in the engine, which adds up what each item changes.

The cells of the tables of pairs come back, some pairs at a time; what leaving out an item changes in a cell is worked
out here and added up there, by item, and squared and summed by what is independent. So the kappas of all labels, of
each label and of each section have the intervals that they have in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.counts import Ints
from agreement.rounds.snapshots import Kappa, distances_of
from agreement.rounds.values import NOTHING
from agreement.settings import LayerKind
from agreement.uncertainty.influence import PairKappas, Sums, pair_kappas
from agreement.warehouse.crowd_items import Items
from agreement.warehouse.pairs import couples
from agreement.warehouse.traffic import known

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.expr.types.relations import CachedTable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
AT_ONCE = 50_000_000  # numbers that the engine is told at a time, of cells of pairs
OF_SECTIONS = 1  # which kappa is that of sections; the first is that of all labels, the others are those of one label


@dataclass(slots=True)
class Totals:
    """What the kappas of a round add up to, by kappa and section.

    Letters: M kappas, S sections.

    Parameters
    ----------
    n, centre, value
        (M, S + 1) items shared by pairs, and the sums of their kappas, with and without the pseudo-unit, times these.
    """

    n: Floats
    centre: Floats
    value: Floats

    def add(self, which: int, found: PairKappas, place: Ints | int = 0) -> None:
        """Add the kappas of some pairs, of the section that *place* (P,) says."""
        n = np.where(found.defined, found.n, 0.0)
        for total, values in ((self.n, n), (self.centre, n * found.centre), (self.value, n * found.value)):
            np.add.at(total[which], np.broadcast_to(place, n.shape), values)


@dataclass(slots=True)
class RoundKappas:
    """The kappas of one round, and by item what leaving it out changes.

    Parameters
    ----------
    totals
        What they add up to.
    items
        In the engine: ``item``, ``taken``, ``place``, and by kappa ``d0`` … and whether it rests on the item, ``u0`` ….
    """

    totals: Totals
    items: "CachedTable"


def kappas_of(
    items: Items, names: tuple[str, ...], labels: tuple[str, ...], kind: LayerKind, enough: "list[ir.Table | None]"
) -> list[dict[tuple[str, str], Kappa]]:
    """Return by round the kappas of all labels, of each label and each section, by section and label, or blanks.

    *enough* holds, by round, the pairs that share enough items; None where all count.
    """
    found: list[dict[tuple[str, str], Kappa]] = []
    before: RoundKappas | None = None
    for name, pairs in zip(names, enough, strict=True):
        now = _round(items, name, kind, pairs)
        found.append({} if now is None else _told(items, labels, before, now))
        if before is not None:
            before.items.release()
        before = now
    if before is not None:
        before.items.release()
    return found


def _round(items: Items, name: str, kind: LayerKind, enough: "ir.Table | None") -> RoundKappas | None:
    """Return the kappas of the round *name*; None if no item in it has two labels that count."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    of_round = replace(items, table=items.table.filter(items.table["round"] == name), rounds=(name,))
    k = items.labels
    shape = (2 + k, items.places)
    totals = Totals(np.zeros(shape), np.zeros(shape), np.zeros(shape))
    parts = []
    for start, stop in _ranges(of_round, AT_ONCE // (4 + 2 * k)):
        coupled = couples(of_round, start, stop, "item", "taken", "place")
        coupled = coupled.mutate(key=coupled.key.cast("int64"))
        if enough is not None:
            named = coupled.mutate(pair=((coupled.key - coupled.key % (k * k)) / (k * k)).cast("int64"))
            coupled = named.semi_join(enough, "pair").drop("pair")
        cells = items.traffic.fetch(coupled.group_by("key", "place").agg(n=coupled.count()))
        if not len(cells):  # none of these people is in a pair that counts
            continue
        ours = ibis.memtable(_changes(cells, items, kind, totals))
        known(coupled, ours)
        parts.append(_by_item(coupled.join(ours, ["key", "place"]), 2 + k).cache())
    if not parts:
        return None
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    made = _without(_by_item(every, 2 + k), totals).cache()
    for part in parts:
        part.release()
    return RoundKappas(totals, made)


def _ranges(items: Items, most: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of first annotators whose couples of labels are *most*, or those of one annotator."""
    a, k = items.annotators, items.labels
    both = couples(items, 0, a)
    width = a * k * k
    named = both.select(first=((both.key - both.key % width) / width).cast("int64"))
    rows = items.traffic.fetch(named.group_by("first").agg(n=named.count())).sort_values("first")
    first, n = (rows[name].to_numpy(dtype=np.int64) for name in ("first", "n"))
    edges = first[np.diff((np.cumsum(n) - n) // most, prepend=-1) > 0].tolist()
    yield from zip(edges, [*edges[1:], a][: len(edges)], strict=True)


def _changes(cells: pd.DataFrame, items: Items, kind: LayerKind, totals: Totals) -> pd.DataFrame:
    """Return by ``key`` and ``place`` what an item changes, ``c0`` …, and whether its pair has a kappa, ``p0`` …."""
    k = items.labels
    cells = cells.sort_values(["key", "place"])  # what is looked up by pair is then near
    key, place = (cells[name].to_numpy(dtype=np.int64) for name in ("key", "place"))
    size = cells["n"].to_numpy(dtype=np.float64)
    pair_key, cell = np.divmod(key, k * k)
    first, second = np.divmod(cell, k)
    pair = np.unique(pair_key, return_inverse=True)[1]
    parted, in_section = np.unique(pair * items.places + place, return_inverse=True)
    distances, two = distances_of(k, kind), 1 - np.eye(2)
    found: dict[str, NDArray[Any]] = {"key": key, "place": place}

    def add(which: int, kappas: PairKappas, of: Ints, rows: Bools | slice, where: Ints | int = 0) -> None:
        totals.add(which, kappas, where)
        found[f"c{which}"], found[f"p{which}"] = np.zeros(len(key)), np.zeros(len(key))
        found[f"c{which}"][rows], found[f"p{which}"][rows] = kappas.change, kappas.defined[of]

    every = slice(None)
    add(0, pair_kappas(pair, first, second, size, int(pair[-1]) + 1, distances), pair, every)
    kappas = pair_kappas(in_section, first, second, size, len(parted), distances)
    add(OF_SECTIONS, kappas, in_section, every, parted % items.places)
    for label in range(k):
        one, other = first != label, second != label
        using = np.zeros(int(pair[-1]) + 1, dtype=np.bool_)
        using[pair[~(one & other)]] = True  # no other pair has a kappa of the label
        rows = using[pair]
        mine = (np.cumsum(using) - 1)[pair[rows]]
        labels = one[rows].astype(np.int64), other[rows].astype(np.int64)
        add(2 + label, pair_kappas(mine, *labels, size[rows], int(using.sum()), two), mine, rows)
    return pd.DataFrame(found)


def _by_item(rows: "ir.Table", kappas: int) -> "ir.Table":
    """Return the sums of the columns of *rows* by item."""
    names = [f"{letter}{number}" for number in range(kappas) for letter in "cp"]
    return rows.group_by("item", "taken", "place").agg(**{name: rows[name].sum() for name in names})


def _without(rows: "ir.Table", totals: Totals) -> "ir.Table":
    """Return by item by how much each kappa falls without it, ``d0`` …, and whether it rests on the item, ``u0`` …."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    n, centre = totals.n.copy(), totals.centre / np.where(totals.n > 0, totals.n, 1.0)
    of_section = pd.DataFrame({
        "place": np.arange(n.shape[1]), "n": n[OF_SECTIONS], "centre": centre[OF_SECTIONS],
    })  # fmt: skip
    ours = ibis.memtable(of_section)
    known(rows, ours)
    rows = rows.join(ours, "place")
    columns = {}
    for which in range(len(n)):
        total, mean = (rows.n, rows.centre) if which == OF_SECTIONS else (float(n[which, 0]), float(centre[which, 0]))
        pairs = rows[f"p{which}"]
        left = total - pairs
        falls = -(rows[f"c{which}"] + mean * pairs) / ibis.ifelse(left > 0, left, 1.0)
        columns[f"d{which}"] = ibis.ifelse((pairs > 0) & (left > 0), falls, 0.0)
        columns[f"u{which}"] = (pairs > 0).cast("int64")
    return rows.select("item", "taken", "place", **columns)


def _told(
    items: Items, labels: tuple[str, ...], before: RoundKappas | None, now: RoundKappas
) -> dict[tuple[str, str], Kappa]:
    """Return the kappas of a round with their sums of squares, and of products with those of the round *before*."""
    numbers = range(2 + items.labels)
    table = now.items
    n = _by_place(items, table, {f"u{which}": table[f"u{which}"].sum() for which in numbers})
    by = [_sums(items, now, before, "item")]
    by.append(_sums(items, now, before, "taken") if items.documents else by[0])
    found = {}
    for which, place, name in _measures(items, labels):
        total = float(now.totals.n[which, place])
        if total <= 0:
            continue
        squares = [Sums(*(float(part[which, place]) for part in sums)) for sums in by]
        found[name] = Kappa(
            float(now.totals.value[which, place]) / total, float(now.totals.centre[which, place]) / total,
            int(n[f"u{which}"][place] if which == OF_SECTIONS else n[f"u{which}"].sum()), squares[0], squares[1],
        )  # fmt: skip
    return found


def _measures(items: Items, labels: tuple[str, ...]) -> Iterator[tuple[int, int, tuple[str, str]]]:
    """Yield the number of each kappa, its place, and its section and label."""
    yield 0, 0, ("", "")
    for place, section in enumerate(items.sections):
        yield OF_SECTIONS, place, (section, "")
    for number, label in enumerate(labels):
        yield 2 + number, 0, ("", label)


def _by_place(items: Items, table: "ir.Table", asked: "dict[str, ir.Value]") -> dict[str, Floats]:
    """Return (S + 1,) what is *asked* of a table by section."""
    rows = items.traffic.fetch(table.group_by("place").agg(**asked))
    found = {name: np.zeros(items.places) for name in asked}
    for name, values in found.items():
        values[rows["place"].to_numpy(dtype=np.int64)] = rows[name].to_numpy(dtype=np.float64)
    return found


def _sums(items: Items, now: RoundKappas, before: RoundKappas | None, group: str) -> tuple[Floats, Floats, Floats]:
    """Return (M, S + 1) sums of squares by *group*, groups that move, and sums of products with the round *before*."""
    numbers = range(2 + items.labels)
    shape = (len(numbers), items.places)
    found = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for which in ([OF_SECTIONS], [one for one in numbers if one != OF_SECTIONS]):
        by = [group, "place"] if which == [OF_SECTIONS] else [group]
        moved = _grouped(now.items, by, which)
        asked = {f"q{one}": (moved[f"d{one}"] * moved[f"d{one}"]).sum() for one in which}
        asked |= {f"w{one}": (moved[f"d{one}"].abs() > NOTHING).sum() for one in which}
        _fill(items, moved, asked, (("q", found[0]), ("w", found[1])), which)
        if before is not None:
            earlier = _grouped(before.items, by, which).rename({f"e{one}": f"d{one}" for one in which})
            both = moved.join(earlier, by)
            products = {f"x{one}": (both[f"d{one}"] * both[f"e{one}"]).sum() for one in which}
            _fill(items, both, products, (("x", found[2]),), which)
    return found


def _grouped(table: "ir.Table", by: list[str], which: list[int]) -> "ir.Table":
    """Return the sums of the changes of some kappas by group."""
    return table.group_by(*by).agg(**{f"d{one}": table[f"d{one}"].sum() for one in which})


def _fill(
    items: Items, table: "ir.Table", asked: "dict[str, ir.Value]", into: tuple[tuple[str, Floats], ...],
    which: list[int],
) -> None:  # fmt: skip
    """Put what is *asked* of a table into arrays (M, S + 1), of sections each by its own."""
    if which == [OF_SECTIONS]:
        rows = _by_place(items, table, asked)
        for letter, array in into:
            array[OF_SECTIONS] = rows[f"{letter}{OF_SECTIONS}"]
        return
    found = items.traffic.fetch(table.aggregate(**asked)).fillna(0.0)
    for letter, array in into:
        for one in which:
            array[one, 0] = float(found[f"{letter}{one}"].iloc[0])
