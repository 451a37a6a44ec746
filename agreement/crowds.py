"""Crowds: thousands of annotators of whom few share an item; only pairs that meet exist, and never as one big table."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import couples_in_runs
from agreement.counts import Contingency, Ints, chunks, codes_by_annotator, seldom_meet, shared_rows
from agreement.units import CACHED, Units

Floats = NDArray[np.float64]
MOST_CODES = 50_000_000  # annotators x units up to which they are one matrix of codes


@dataclass(frozen=True, slots=True)
class Block:
    """Tables of some pairs, with the rows behind them.

    Letters: P pairs, K labels, R rows, one per unit that both annotators of a pair labelled.

    Parameters
    ----------
    pairs
        (P, 2) annotator codes.
    counts
        (P, K, K) their tables.
    pair, unit, cell
        (R,) index into *pairs*, unit, and cell of the table, ``reference * K + other``.
    """

    pairs: Ints
    counts: Ints
    pair: Ints
    unit: Ints
    cell: Ints

    def add_per_unit(self, values: list[Floats], totals: list[Floats]) -> None:
        """Add to each total (U,), over the pairs that share a unit, the value (P, K, K) of its cell."""
        k = self.counts.shape[-1]
        for start in range(0, len(self.unit), CACHED):
            rows = slice(start, start + CACHED)
            place = self.pair[rows] * (k * k)
            place += self.cell[rows]
            for one, total in zip(values, totals, strict=True):
                np.add.at(total, self.unit[rows], one.ravel()[place])


@dataclass(frozen=True, slots=True)
class DenseBlock:
    """Tables of some pairs, with the matrix of codes behind them: nothing is written down per pair and unit.

    Parameters
    ----------
    pairs, counts
        As in :class:`Block`.
    codes
        (A, U) label codes; a missing label is code K.
    """

    pairs: Ints
    counts: Ints
    codes: Ints = field(repr=False)

    def add_per_unit(self, values: list[Floats], totals: list[Floats]) -> None:
        """Add to each total (U,), over the pairs that share a unit, the value (P, K, K) of its cell."""
        wide = self.counts.shape[-1] + 1
        padded = [np.pad(one, ((0, 0), (0, 1), (0, 1))).ravel() for one in values]
        for chunk in chunks(len(self.pairs), 64 * self.codes.shape[1]):  # few enough to stay in the processor's cache
            reference, other = self.pairs[chunk].T
            cell = self.codes[reference] * wide
            cell += self.codes[other]
            cell += np.arange(chunk.start, chunk.stop)[:, None] * (wide * wide)
            for one, total in zip(padded, totals, strict=True):
                np.add(total, one[cell].sum(axis=0), out=total)

    def rows(self) -> Block:
        """Return the same with a row per pair and unit."""
        k = self.counts.shape[-1]
        reference, other = self.codes[self.pairs[:, 0]], self.codes[self.pairs[:, 1]]
        pair, unit = np.nonzero((reference < k) & (other < k))
        return Block(self.pairs, self.counts, pair, unit, reference[pair, unit] * k + other[pair, unit])


@dataclass(frozen=True, slots=True)
class Shared:
    """Every unit of every pair that shares any, sorted by pair.

    Parameters
    ----------
    units
        Where they come from.
    pairs
        (P, 2) annotator codes of the pairs that share a unit, reference < other.
    starts
        (P + 1,) where the rows of each pair begin.
    unit, cell
        (R,) unit, and ``reference * K + other``.
    """

    units: Units
    pairs: Ints
    starts: Ints
    unit: NDArray[np.int32]
    cell: NDArray[np.int32]

    @property
    def n(self) -> Ints:
        """(P,) units that each pair shares."""
        rows = np.diff(self.starts)
        if (self.units.weight == 1).all():
            return rows
        pair = np.repeat(np.arange(len(self.pairs)), rows)
        return np.bincount(pair, self.units.weight[self.unit], minlength=len(self.pairs)).astype(np.int64)

    def blocks(self, keep: NDArray[np.bool_] | None = None) -> Iterator[Block]:
        """Yield the pairs that *keep* (P,) holds for, by default all, as many at a time as stay in the cache."""
        k = len(self.units.labels)
        kept = np.arange(len(self.pairs)) if keep is None else np.flatnonzero(keep)
        rows_of_pair = len(self.unit) // max(len(self.pairs), 1)
        alike = bool((self.units.weight == 1).all())
        for chunk in chunks(len(kept), max(k * k, rows_of_pair), CACHED):
            some = kept[chunk]
            lengths = self.starts[some + 1] - self.starts[some]
            pair = np.repeat(np.arange(len(some)), lengths)
            rows = self._rows(some, lengths)
            unit, cell = self.unit[rows], self.cell[rows].astype(np.int64)
            weight = None if alike else self.units.weight[unit].astype(np.float64)
            counts = np.bincount(pair * (k * k) + cell, weight, minlength=len(some) * k * k)
            yield Block(self.pairs[some], counts.astype(np.int64).reshape(-1, k, k), pair, unit.astype(np.int64), cell)

    def _rows(self, some: Ints, lengths: Ints) -> Ints | slice:
        """Return the rows of the pairs *some*, ascending; neighbours lie side by side and need no numbers."""
        if len(some) and some[-1] - some[0] == len(some) - 1:
            return slice(int(self.starts[some[0]]), int(self.starts[some[-1] + 1]))
        first = np.repeat(self.starts[some] - (np.cumsum(lengths) - lengths), lengths)
        rows: Ints = first + np.arange(len(first))
        return rows

    def tables(self, keep: NDArray[np.bool_]) -> Contingency:
        """Return the tables of the pairs that *keep* (P,) holds for."""
        k = len(self.units.labels)
        counts = [block.counts for block in self.blocks(keep)]
        stacked = np.concatenate(counts) if counts else np.zeros((0, k, k), np.int64)
        return Contingency(self.units.labels, self.units.annotators, self.pairs[keep], stacked)


def crowded(units: Units) -> bool:
    """Return True if a matrix of annotators by units would be too big."""
    return units.n_units * len(units.annotators) > MOST_CODES


def shared_units(units: Units) -> Shared:
    """Return every unit of every pair: rows sorted by unit, each shifted against itself until no unit is left.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> found = shared_units(units_from_matrix([["a", "b", None], ["a", "a", "b"]]))
    >>> found.pairs.tolist(), found.n.tolist(), found.cell.tolist()
    ([[0, 1], [0, 2], [1, 2]], [2, 1, 1], [1, 0, 1, 1])
    """
    a, k = len(units.annotators), len(units.labels)
    widths = tuple(max(size - 1, 0).bit_length() for size in (units.n_units, k * k))
    if (a * a).bit_length() + sum(widths) <= 63:
        return _unpacked(units, _packed(units, *widths), *widths)
    earlier, later = couples_in_runs(units.unit)
    order = np.argsort(units.annotator[earlier] * a + units.annotator[later], kind="stable")
    earlier, later = earlier[order], later[order]
    key = units.annotator[earlier] * a + units.annotator[later]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    cell = (units.label[earlier] * k + units.label[later]).astype(np.int32)
    pairs = np.stack(np.divmod(key[first], a), axis=1)
    return Shared(units, pairs, np.append(first, len(key)), units.unit[earlier].astype(np.int32), cell)


def _packed(units: Units, unit_bits: int, cell_bits: int) -> Ints:
    """Return (R,) pair, unit and cell of every meeting in one number each, sorted.

    Sorting such numbers is far faster than finding an order and following it.
    """
    a, k = len(units.annotators), len(units.labels)
    size = np.bincount(units.unit, minlength=units.n_units)
    packed = np.empty(int((size * (size - 1) // 2).sum()), dtype=np.int64)
    filled = 0
    for stretch, _ in units.stretches():
        unit, annotator, label = (part[stretch] for part in (units.unit, units.annotator, units.label))
        step, rows = 1, np.arange(len(unit))
        while len(rows):
            rows = rows[: np.searchsorted(rows, len(unit) - step)]
            rows = rows[unit[rows] == unit[rows + step]]
            other = rows + step
            key = annotator[rows] * a
            key += annotator[other]
            key <<= unit_bits
            key |= unit[rows]
            cell = label[rows] * k
            cell += label[other]
            key <<= cell_bits
            key |= cell
            packed[filled : filled + len(key)] = key
            filled += len(key)
            step += 1
    packed.sort()
    return packed


def _unpacked(units: Units, packed: Ints, unit_bits: int, cell_bits: int) -> Shared:
    """Return what :func:`_packed` made."""
    a = len(units.annotators)
    unit, cell = np.empty(len(packed), np.int32), np.empty(len(packed), np.int32)
    firsts, before = [], -1
    for start in range(0, len(packed), CACHED):
        part = packed[start : start + CACHED]
        cell[start : start + CACHED] = part & ((1 << cell_bits) - 1)
        unit[start : start + CACHED] = (part >> cell_bits) & ((1 << unit_bits) - 1)
        key = part >> (unit_bits + cell_bits)
        firsts.append(start + np.flatnonzero(np.diff(key, prepend=before)))
        before = int(key[-1])
    first = np.concatenate([np.zeros(0, np.int64), *firsts])
    pairs = np.stack(np.divmod(packed[first] >> (unit_bits + cell_bits), a), axis=1)
    return Shared(units, pairs, np.append(first, len(packed)), unit, cell)


def dense_blocks(units: Units, tables: Contingency) -> Iterator[Block | DenseBlock]:
    """Yield the *tables* in blocks, with what is behind them: the shared units if they are few, else all codes."""
    k = len(units.labels)
    if seldom_meet(units, tables.pairs):
        met = shared_rows(units, tables.pairs)
        starts = np.searchsorted(met.pair, np.arange(len(tables.pairs) + 1))
        for chunk in chunks(len(tables.pairs), k**3):
            rows = slice(starts[chunk.start], starts[chunk.stop])
            cell = met.first[rows] * k + met.second[rows]
            yield Block(tables.pairs[chunk], tables.counts[chunk], met.pair[rows] - chunk.start, met.unit[rows], cell)
        return
    codes = codes_by_annotator(units)
    for chunk in chunks(len(tables.pairs), max(units.n_units, k**3)):
        yield DenseBlock(tables.pairs[chunk], tables.counts[chunk], codes)
