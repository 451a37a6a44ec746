"""The pair tables of a crowd: cells that the engine counted, kept on disk and read back some pairs at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.counted import ByDocument
from agreement.counts import Contingency, Ints, chunks
from agreement.crowds import Block
from agreement.warehouse.crowd_items import Items
from agreement.warehouse.engine import Prepared, spread_out
from agreement.warehouse.traffic import known

if TYPE_CHECKING:
    import ibis.expr.types as ir

INT32 = 2**31
CELL = 2**32  # more than any cell of a table holds
MOST_CELLS = 5_000_000  # cells of pairs by document that come back
SLICE_COUPLES = 25_000_000  # couples of labels counted at a time, so that the engine's memory need not hold all


@dataclass(frozen=True, slots=True)
class PairCells:
    """The non-empty cells of the tables of all pairs with enough shared items.

    Letters: P pairs that share any item, S slices of consecutive pairs.

    Parameters
    ----------
    labels, annotators
        Names.
    pairs, sizes, agreed
        (P, 2) annotator codes, sorted; (P,) the items each pair shares, and those on which it agrees.
    counted
        (P,) True for pairs whose cells came back: those with enough shared items.
    files, bounds
        Where the cells of each slice are, and (S + 1,) the first pair of each.
    items
        The items in the engine.
    """

    labels: tuple[str, ...]
    annotators: tuple[str, ...]
    pairs: Ints
    sizes: Ints
    agreed: Ints
    counted: NDArray[np.bool_]
    files: tuple[Path, ...]
    bounds: Ints
    items: Items

    @property
    def n(self) -> Ints:
        """(P,) units that each pair shares."""
        return self.sizes

    def blocks(self, keep: NDArray[np.bool_] | None = None) -> Iterator[Block]:
        """Yield the tables of the pairs that *keep* (P,) holds for; their rows are in the engine."""
        k = len(self.labels)
        kept = self.counted if keep is None else keep
        if (kept & ~self.counted).any():
            raise ValueError("the engine was not asked for the cells of these pairs")
        none = np.zeros(0, np.int64)
        for number, file in enumerate(self.files):
            pair, cell, times = np.load(file)
            some = np.flatnonzero(kept[self.bounds[number] : self.bounds[number + 1]]) + self.bounds[number]
            for chunk in chunks(len(some), 2 * k * k):
                mine = some[chunk]
                first, last = np.searchsorted(pair, [mine[0], mine[-1] + 1])
                place = np.full(mine[-1] + 1 - mine[0], -1, dtype=np.int64)
                place[mine - mine[0]] = np.arange(len(mine))
                at = place[pair[first:last] - mine[0]]
                use = at >= 0
                counts = np.zeros((len(mine), k * k), dtype=np.int64)
                counts[at[use], cell[first:last][use]] = times[first:last][use]
                yield Block(self.pairs[mine], counts.reshape(-1, k, k), none, none, none)

    def by_document(self, keep: NDArray[np.bool_]) -> ByDocument | None:
        """Return who met whom in which document, for the pairs that *keep* (P,) holds for; None if that is too much."""
        if not keep.any():
            return ByDocument(np.zeros(0, np.int64), np.zeros(0, np.int64), partial(self.blocks, keep))
        a, k, traffic = len(self.annotators), len(self.labels), self.items.traffic
        mine = self.pairs[keep]
        both = couples(self.items, int(mine[0, 0]), int(mine[-1, 0]) + 1, "taken")
        wanted = _of_pairs(both, mine @ np.array([a, 1]), k)
        cells = wanted.group_by("key", "taken").agg(n=wanted.count())
        rows = traffic.fetch(cells.limit(MOST_CELLS + 1))
        if len(rows) > MOST_CELLS:
            return None
        pair, cell = np.divmod(rows["key"].to_numpy(dtype=np.int64), k * k)
        order = np.argsort(pair, kind="stable")
        document = pd.factorize(rows["taken"], sort=True)[0].astype(np.int64)[order]
        place = np.searchsorted(mine @ np.array([a, 1]), pair[order])
        return ByDocument(
            rows["n"].to_numpy(dtype=np.int64)[order], document, partial(self._with_rows, keep, place, cell[order])
        )

    def _with_rows(self, keep: NDArray[np.bool_], place: Ints, cell: Ints) -> Iterator[Block]:
        """Yield the tables of the pairs that *keep* holds for with rows, which are of the pair *place* and a *cell*."""
        before = 0
        for block in self.blocks(keep):
            start, stop = np.searchsorted(place, [before, before + len(block.pairs)])
            yield replace(block, pair=place[start:stop] - before, unit=np.arange(start, stop), cell=cell[start:stop])
            before += len(block.pairs)

    def tables(self, keep: NDArray[np.bool_]) -> Contingency:
        """Return the tables of the pairs that *keep* (P,) holds for."""
        k = len(self.labels)
        counts = [block.counts for block in self.blocks(keep)]
        stacked = np.concatenate(counts) if counts else np.zeros((0, k, k), np.int64)
        return Contingency(self.labels, self.annotators, self.pairs[keep], stacked)


def pair_cells(found: Prepared, items: Items, least: int, folder: Path) -> PairCells:
    """Return the cells of every pair that shares at least *least* items, counted by the engine.

    The engine writes down every couple of labels of one item once, as one number for pair and cell. Then it counts how
    many couples each pair has, and the tables of those that share enough, some first annotators at a time, so that
    no step needs all groups in memory. A table comes back as one row, the list of its cells that are not empty.
    """
    a, k = len(found.annotators), len(found.labels)
    coupled = couples(items, 0, a).select("key").cache()
    equal = (coupled.key % (k * k)) % (k + 1) == 0  # the diagonal cells of a table
    per_pair = coupled.select(pair=_quotient(coupled.key, k * k), equal=equal.cast("int64"))
    totals = found.traffic.fetch(per_pair.group_by("pair").agg(n=per_pair.count(), agreed=per_pair.equal.sum()))
    order = np.argsort(totals["pair"].to_numpy())
    key, sizes, agreed = (totals[name].to_numpy(dtype=np.int64)[order] for name in ("pair", "n", "agreed"))
    pairs = np.stack(np.divmod(key, a), axis=1)
    counted = sizes >= least
    wanted = coupled if counted.all() else _of_pairs(coupled, key[counted], k)
    bounds: list[int] = [0]
    files: list[Path] = []
    for start, stop in _ranges(pairs[:, 0], np.where(counted, sizes, 0), a):
        mine = wanted.filter((wanted.key >= start * a * k * k) & (wanted.key < stop * a * k * k))
        files.append(folder / f"cells-{len(files)}.npy")
        _keep(files[-1], found.traffic.fetch(_tables(mine, k), patterns=True), key)
        bounds.append(int(np.searchsorted(pairs[:, 0], stop)))
    coupled.release()
    starts = np.array(bounds)
    return PairCells(found.labels, found.annotators, pairs, sizes, agreed, counted, tuple(files), starts, items)


def couples(items: Items, start: int, stop: int, *about: str) -> "ir.Table":
    """Return every two labels of one item as ``key``, (first annotator, second annotator, cell) in one number.

    The first annotator is one from *start* to before *stop*; *about* are columns of the items that stay.
    """
    a, k = items.annotators, items.labels
    left = items.table.filter(items.table.pattern.length() >= 2)
    first = left.pattern
    if start > 0 or stop < a:
        first = first.filter(lambda code: (code >= start * k) & (code < stop * k))
    left = left.select(*about, "pattern", x=first.unnest())
    both = left.select(*about, "x", y=left.pattern.unnest())
    both = both.filter(both.y > both.x)
    one, other = _quotient(both.x, k), _quotient(both.y, k)
    key = (one * a + other) * (k * k) + (both.x - one * k) * k + (both.y - other * k)
    return both.select(*about, key=key.cast("int32" if (a * k) ** 2 < INT32 else "int64"))


def _of_pairs(coupled: "ir.Table", pairs: Ints, k: int) -> "ir.Table":
    """Return the couples of *pairs* only."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    wanted = ibis.memtable(pd.DataFrame({"pair": pairs}))
    named = coupled.mutate(pair=_quotient(coupled.key, k * k))
    known(coupled, wanted)
    return named.semi_join(wanted, "pair").drop("pair")


def _tables(coupled: "ir.Table", k: int) -> "ir.Table":
    """Return a row per pair with its non-empty ``cells``, each as one number, ``cell * CELL + times``."""
    cells = coupled.group_by("key").agg(n=coupled.count())
    packed = (cells.key % (k * k)).cast("int64") * CELL + cells.n
    named = cells.select(pair=_quotient(cells.key, k * k), packed=packed)
    return named.group_by("pair").agg(cells=named.packed.collect())


def _keep(file: Path, tables: pd.DataFrame, key: Ints) -> None:
    """Write the cells of *tables*, sorted by pair, to a *file*: number of the pair, cell and times."""
    tables = tables.sort_values("pair")
    row, packed = spread_out(tables["cells"])
    which = np.searchsorted(key, tables["pair"].to_numpy(dtype=np.int64))
    np.save(file, np.stack([part.astype(np.int32) for part in (which[row], *np.divmod(packed, CELL))]))


def _quotient(code: "ir.IntegerValue", k: int) -> "ir.IntegerValue":
    """Return the annotator of a *code*."""
    return ((code - code % k) / k).cast("int64")


def _ranges(first: Ints, sizes: Ints, annotators: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of first annotators whose couples are few enough to be counted at a time."""
    per_annotator = np.bincount(first, sizes, minlength=annotators)
    group = np.floor_divide(np.cumsum(per_annotator) - per_annotator, SLICE_COUPLES).astype(np.int64)
    edges = np.flatnonzero(np.diff(group, prepend=-1))
    yield from zip(edges.tolist(), [*edges[1:].tolist(), annotators], strict=True)
