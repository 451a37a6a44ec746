"""Crowds: thousands of annotators of whom few share an item; only pairs that meet exist, and never as one big table."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import couples_in_runs
from agreement.counts import Contingency, Ints, chunks, codes_by_annotator, few_meetings, seldom_meet, shared_rows
from agreement.units import CACHED, Units

Floats = NDArray[np.float64]
FEW_LABELS = 16  # of every unit, up to which the couples of labels are taken column by column
MOST_DENSE_PAIRS = 500_000  # pairs up to which it does not matter whether they meet
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
    packed
        (R,) unit and cell, ``reference * K + other``, in the lowest bits of one number; see :meth:`behind`.
    """

    units: Units
    pairs: Ints
    starts: Ints
    packed: Ints

    def behind(self, rows: Ints | slice) -> tuple[Ints, Ints]:
        """Return unit and cell of the *rows*."""
        unit_bits, cell_bits = _widths(self.units)
        unit = self.packed[rows]
        cell = unit & ((1 << cell_bits) - 1)
        unit = unit >> cell_bits
        unit &= (1 << unit_bits) - 1
        return unit, cell

    @property
    def n(self) -> Ints:
        """(P,) units that each pair shares."""
        rows = np.diff(self.starts)
        if (self.units.weight == 1).all():
            return rows
        pair = np.repeat(np.arange(len(self.pairs)), rows)
        unit, _ = self.behind(slice(None))
        return np.bincount(pair, self.units.weight[unit], minlength=len(self.pairs)).astype(np.int64)

    def blocks(self, keep: NDArray[np.bool_] | None = None) -> Iterator[Block]:
        """Yield the pairs that *keep* (P,) holds for, by default all, as many at a time as stay in the cache."""
        k = len(self.units.labels)
        kept = np.arange(len(self.pairs)) if keep is None else np.flatnonzero(keep)
        rows_of_pair = len(self.packed) // max(len(self.pairs), 1)
        alike = bool((self.units.weight == 1).all())
        for chunk in chunks(len(kept), max(k * k, rows_of_pair), CACHED):
            some = kept[chunk]
            lengths = self.starts[some + 1] - self.starts[some]
            pair = np.repeat(np.arange(len(some)), lengths)
            unit, cell = self.behind(self._rows(some, lengths))
            weight = None if alike else self.units.weight[unit].astype(np.float64)
            counts = np.bincount(pair * (k * k) + cell, weight, minlength=len(some) * k * k)
            yield Block(self.pairs[some], counts.astype(np.int64, copy=False).reshape(-1, k, k), pair, unit, cell)

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
    """Return True if a matrix of annotators by units would be too big, or most of very many pairs never meet."""
    a = len(units.annotators)
    pairs = a * (a - 1) // 2
    return units.n_units * a > MOST_CODES or (pairs > MOST_DENSE_PAIRS and few_meetings(units, pairs))


def shared_units(units: Units) -> Shared:
    """Return every unit of every pair: rows sorted by unit, each shifted against itself until no unit is left.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> found = shared_units(units_from_matrix([["a", "b", None], ["a", "a", "b"]]))
    >>> found.pairs.tolist(), found.n.tolist()
    ([[0, 1], [0, 2], [1, 2]], [2, 1, 1])
    >>> [part.tolist() for part in found.behind(slice(None))]
    [[0, 1, 1, 1], [1, 0, 1, 1]]
    """
    a, k = len(units.annotators), len(units.labels)
    unit_bits, cell_bits = _widths(units)
    if (a * a).bit_length() + unit_bits + cell_bits <= 63:
        return _with_pairs(units, _packed(units), unit_bits + cell_bits)
    earlier, later = couples_in_runs(units.unit)
    order = np.argsort(units.annotator[earlier] * a + units.annotator[later], kind="stable")
    earlier, later = earlier[order], later[order]
    key = units.annotator[earlier] * a + units.annotator[later]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    packed = units.unit[earlier] << cell_bits
    packed += units.label[earlier] * k + units.label[later]
    pairs = np.stack(np.divmod(key[first], a), axis=1)
    return Shared(units, pairs, np.append(first, len(key)), packed)


def _widths(units: Units) -> tuple[int, int]:
    """Return how many bits hold a unit, and a cell of a table."""
    unit_bits, cell_bits = (max(size - 1, 0).bit_length() for size in (units.n_units, len(units.labels) ** 2))
    return unit_bits, cell_bits


def _packed(units: Units) -> Ints:
    """Return (R,) pair, unit and cell of every meeting in one number each, sorted.

    Sorting such numbers is far faster than finding an order and following it. Such a number is the sum of one that the
    first of the two labels brings and one that the second does.
    """
    a, k = len(units.annotators), len(units.labels)
    unit_bits, cell_bits = _widths(units)
    size = np.bincount(units.unit, minlength=units.n_units)
    packed = np.empty(int((size * (size - 1) // 2).sum()), dtype=np.int64)
    filled = 0
    for stretch, some in units.stretches():
        unit, label = units.unit[stretch], units.label[stretch]
        second = units.annotator[stretch] << (unit_bits + cell_bits)
        first = second * a
        first += unit << cell_bits
        first += label * k
        second += label
        for key in _sums_in_runs(first, second, size[some]):
            packed[filled : filled + len(key)] = key
            filled += len(key)
    packed.sort()
    return packed


def _sums_in_runs(first: Ints, second: Ints, size: Ints) -> Iterator[Ints]:
    """Yield the sums of *first* (N,) of a row and *second* (N,) of each later row of its run; runs are *size* long."""
    length = int(size.max(initial=0))
    if length <= FEW_LABELS and size.min(initial=length) == length:
        first, second = first.reshape(-1, length), second.reshape(-1, length)
        for column in range(length - 1):
            yield (first[:, column, None] + second[:, column + 1 :]).ravel()
        return
    left = np.repeat(size, size)  # rows from here to the end of the run
    left -= np.arange(len(left)) - np.repeat(np.cumsum(size) - size, size)
    row = np.flatnonzero(left > 1)
    for step in range(1, length):
        yield first[row] + second[row + step]
        row = row[left[row] > step + 1]


def _with_pairs(units: Units, packed: Ints, bits: int) -> Shared:
    """Return what :func:`_packed` made, with the pairs, which stand above the lowest *bits*."""
    firsts, before = [], -1
    for start in range(0, len(packed), CACHED):
        key = packed[start : start + CACHED] >> bits
        firsts.append(start + np.flatnonzero(np.diff(key, prepend=before)))
        before = int(key[-1])
    first = np.concatenate([np.zeros(0, np.int64), *firsts])
    pairs = np.stack(np.divmod(packed[first] >> bits, len(units.annotators)), axis=1)
    return Shared(units, pairs, np.append(first, len(packed)), packed)


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
