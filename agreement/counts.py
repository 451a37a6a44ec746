"""Counts: immutable and additive, stacked over pairs; everything after them reads nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import couples_in_runs
from agreement.units import Units

Ints = NDArray[np.int64]
CHUNK = 1 << 22  # cells of the largest temporary array, so that thousands of pairs run in constant memory
CACHED = 1 << 16  # cells of a temporary array that stays in the processor's cache while pairs are counted
FEW_MEETINGS = 8  # a pair sharing a unit costs about as much, row by row, as this many units looked at for all pairs
MOST_BIT_LABELS = 64  # labels up to which a set of bits for each is quicker than a count of codes


@dataclass(frozen=True, slots=True)
class Contingency:
    """Contingency tables of annotator pairs: rows the reference, columns the other.

    Letters: P pairs, K labels, A annotators.

    Parameters
    ----------
    labels, annotators
        (K,) and (A,) names.
    pairs
        (P, 2) annotator codes, reference and other.
    counts
        (P, K, K) units that the reference called row and the other called column.

    Examples
    --------
    >>> import numpy as np
    >>> table = Contingency(("a", "b"), ("x", "y"), np.array([[0, 1]]), np.array([[[2, 1], [0, 3]]]))
    >>> table.n
    array([6])
    >>> table.transpose().counts[0]
    array([[2, 0],
           [1, 3]])
    >>> table.collapse()[0, 1]  # pair 0, label b against the rest
    array([[3, 0],
           [1, 2]])
    """

    labels: tuple[str, ...]
    annotators: tuple[str, ...]
    pairs: Ints
    counts: Ints = field(repr=False)

    @property
    def n(self) -> Ints:
        """(P,) units that both annotators of a pair labelled."""
        total: Ints = self.counts.sum(axis=(-2, -1))
        return total

    def __add__(self, other: "Contingency") -> "Contingency":
        """Return the counts of both; labels, annotators and pairs must be the same."""
        if (self.labels, self.annotators) != (other.labels, other.annotators) or not np.array_equal(
            self.pairs, other.pairs
        ):
            raise ValueError("only counts of the same labels, annotators and pairs can be added")
        return Contingency(self.labels, self.annotators, self.pairs, self.counts + other.counts)

    def transpose(self) -> "Contingency":
        """Return the tables with the other annotator as the reference."""
        return Contingency(self.labels, self.annotators, self.pairs[:, ::-1], self.counts.swapaxes(-1, -2))

    def collapse(self) -> Ints:
        """Return (P, K, 2, 2): each label against the rest, the label first: [[tp, fn], [fp, tn]]."""
        return collapse(self.counts)

    def pool(self) -> Ints:
        """Return (K, K), the sum over pairs; for specific agreement only, never for Cohen's kappa."""
        summed: Ints = self.counts.sum(axis=0)
        return summed

    def margins(self) -> "Margins":
        """Return what F1 and kappa need of the tables: matches per label, and both annotators' totals."""
        return Margins(np.diagonal(self.counts, axis1=-2, axis2=-1), self.counts.sum(axis=-1), self.counts.sum(axis=-2))


@dataclass(frozen=True, slots=True)
class Margins:
    """Of each label: units both gave it, and each of the two gave it, among the units both labelled.

    All unweighted measures of a pair are functions of these, for a K-th of the memory of the tables.

    Parameters
    ----------
    both, reference, other
        (…, K) counts.
    """

    both: Ints
    reference: Ints
    other: Ints

    @property
    def n(self) -> Ints:
        """(…) units that both annotators of a pair labelled."""
        total: Ints = self.reference.sum(axis=-1)
        return total

    def collapse(self) -> Ints:
        """Return (…, K, 2, 2): each label against the rest, the label first: [[tp, fn], [fp, tn]]."""
        n = self.reference.sum(axis=-1)[..., None]
        missed, added = self.reference - self.both, self.other - self.both
        return np.stack([np.stack([self.both, missed], -1), np.stack([added, n - self.both - missed - added], -1)], -2)


def collapse(counts: Ints) -> Ints:
    """Return (…, K, 2, 2) from (…, K, K): each label against the rest, the label first."""
    return Margins(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1), counts.sum(axis=-2)).collapse()


def all_pairs(annotators: int) -> Ints:
    """Return (P, 2), every pair of annotator codes with reference code < other code."""
    return np.stack(np.triu_indices(annotators, 1), axis=1).astype(np.int64)


def contingency(units: Units, pairs: Ints | None = None) -> Contingency:
    """Return the tables of *pairs* (P, 2), by default of every pair with reference code < other code.

    A pair is compared on the units that both labelled; a pair without any has a table of zeros. Where annotators share
    few of their units only those are looked at, else all units of every pair.
    """
    k = len(units.labels)
    pairs = all_pairs(len(units.annotators)) if pairs is None else pairs
    counts = np.empty((len(pairs), k, k), dtype=np.int64)
    for chunk, tables in _tables(units, pairs):
        counts[chunk] = tables
    return Contingency(units.labels, units.annotators, pairs, counts)


def _tables(units: Units, pairs: Ints) -> Iterator[tuple[slice, Ints]]:
    """Yield the tables (p, K, K) of some of the *pairs* at a time."""
    k = len(units.labels)
    weight = None if (units.weight == 1).all() else units.weight.astype(np.float64)
    if seldom_meet(units, pairs):
        met = shared_rows(units, pairs)
        starts = np.searchsorted(met.pair, np.arange(len(pairs) + 1))
        for chunk in chunks(len(pairs), k * k):
            rows = slice(starts[chunk.start], starts[chunk.stop])
            cell = ((met.pair[rows] - chunk.start) * k + met.first[rows]) * k + met.second[rows]
            weights = None if weight is None else weight[met.unit[rows]]
            size = (chunk.stop - chunk.start) * k * k
            yield chunk, np.bincount(cell, weights, minlength=size).astype(np.int64).reshape(-1, k, k)
        return
    codes, wide = codes_by_annotator(units), k + 1
    for chunk in chunks(len(pairs), max(units.n_units, wide * wide), CACHED):
        reference, other = pairs[chunk].T
        joint = codes[reference] * wide
        joint += codes[other]
        joint += np.arange(len(joint))[:, None] * (wide * wide)
        weights = None if weight is None else np.broadcast_to(weight, joint.shape).ravel()
        cells = np.bincount(joint.ravel(), weights, minlength=len(joint) * wide * wide)
        yield chunk, cells.reshape(-1, wide, wide)[:, :k, :k].astype(np.int64)


def chunks(length: int, cells: int, most: int = CHUNK) -> Iterator[slice]:
    """Yield slices over *length* rows of *cells* cells each, so that a slice holds at most about *most* cells."""
    step = max(1, most // max(cells, 1))
    for start in range(0, length, step):
        yield slice(start, min(start + step, length))


def codes_by_annotator(units: Units, dtype: type[np.integer] = np.int64) -> NDArray[Any]:
    """Return (A, U) label codes, one row per annotator; a missing label is code K."""
    a, u = len(units.annotators), units.n_units
    if len(units.label) == a * u:  # nothing is missing, and rows are sorted by unit, then annotator
        return np.ascontiguousarray(units.label.astype(dtype).reshape(u, a).T)
    codes = np.full((a, u), len(units.labels), dtype=dtype)
    codes[units.annotator, units.unit] = units.label
    return codes


@dataclass(frozen=True, slots=True)
class SharedRows:
    """The units that annotators share, a row for each pair and unit, sorted by pair.

    Parameters
    ----------
    pair, unit, first, second
        (R,) index of the pair, unit, and the labels of its reference and other.
    """

    pair: Ints
    unit: Ints
    first: Ints
    second: Ints


def seldom_meet(units: Units, pairs: Ints) -> bool:
    """Return True if looking at the shared units one by one is less than looking at all units of all *pairs*."""
    key = pairs[:, 0] * len(units.annotators) + pairs[:, 1]
    in_order = bool((pairs[:, 0] < pairs[:, 1]).all() and (np.diff(key) > 0).all())
    return in_order and few_meetings(units, len(pairs))


def few_meetings(units: Units, pairs: int) -> bool:
    """Return True if all couples of labels of one unit are far fewer than this many *pairs* times units."""
    size = np.bincount(units.unit, minlength=units.n_units)
    return int((size * (size - 1) // 2).sum()) * FEW_MEETINGS < pairs * units.n_units


def pairs_that_meet(units: Units) -> tuple[Ints, Ints]:
    """Return the pairs (Q, 2) that share a unit, in order, and (Q,) how many they share: never tables of all pairs.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> [part.tolist() for part in pairs_that_meet(units_from_matrix([["a", "b", None], ["a", "a", "b"]]))]
    [[[0, 1], [0, 2], [1, 2]], [2, 1, 1]]
    """
    a = len(units.annotators)
    if (units.weight == 1).all() and few_meetings(units, a * (a - 1) // 2):
        earlier, later = couples_in_runs(units.unit)
        key, n = np.unique(units.annotator[earlier] * a + units.annotator[later], return_counts=True)
        return np.stack(np.divmod(key, a), axis=1), n.astype(np.int64)
    pairs, n = all_pairs(a), margins(units).n
    return pairs[n > 0], n[n > 0]


def shared_rows(units: Units, pairs: Ints) -> SharedRows:
    """Return the units that *pairs* share; pairs are in order, reference before other."""
    a = len(units.annotators)
    earlier, later = couples_in_runs(units.unit)
    wanted = pairs[:, 0] * a + pairs[:, 1]
    key = units.annotator[earlier] * a + units.annotator[later]
    pair = np.searchsorted(wanted, key)
    found = pair < len(wanted)
    found[found] = wanted[pair[found]] == key[found]
    order = np.flatnonzero(found)
    order = order[np.argsort(pair[order], kind="stable")]
    earlier, later = earlier[order], later[order]
    return SharedRows(pair[order], units.unit[earlier], units.label[earlier], units.label[later])


def margins(units: Units, pairs: Ints | None = None) -> Margins:
    """Return the margins of *pairs* (P, 2), by default of every pair, without counting the tables.

    Kappa and F1 need no more. Who gave a label is a set of bits, 64 units to a word, so that the units on which two
    annotators gave it are the bits that two sets have in common. With many labels, with weights, and where annotators
    share few of their units, the margins are summed from tables, some pairs at a time.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> found = margins(units_from_matrix([["a", "b"], ["a", "a"], ["b", None]]))
    >>> found.both.tolist(), found.reference.tolist(), found.other.tolist()
    ([[1, 0]], [[2, 0]], [[1, 1]])
    """
    k = len(units.labels)
    pairs = all_pairs(len(units.annotators)) if pairs is None else pairs
    found = Margins(*np.zeros((3, len(pairs), k), dtype=np.int64))
    if k > MOST_BIT_LABELS or (units.weight != 1).any() or seldom_meet(units, pairs):
        for chunk, tables in _tables(units, pairs):
            found.both[chunk] = np.diagonal(tables, axis1=-2, axis2=-1)
            found.reference[chunk], found.other[chunk] = tables.sum(axis=-1), tables.sum(axis=-2)
        return found
    codes = codes_by_annotator(units, np.uint8)
    labelled = None if len(units.label) == codes.size else _bits(codes < k)
    for label in range(k):
        gave = _bits(codes == label)
        each = np.bitwise_count(gave).sum(axis=-1, dtype=np.int64)
        for chunk in chunks(len(pairs), 2 * gave.shape[1], CACHED):
            reference, other = pairs[chunk].T
            mine, theirs = gave[reference], gave[other]
            found.both[chunk, label] = _common(mine, theirs)
            if labelled is None:
                found.reference[chunk, label], found.other[chunk, label] = each[reference], each[other]
            else:
                found.reference[chunk, label] = _common(mine, labelled[other])
                found.other[chunk, label] = _common(theirs, labelled[reference])
    return found


def _bits(marks: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return the *marks* (A, U) as bits, 64 to a word, the last word filled up with zeros."""
    packed = np.packbits(marks, axis=1)
    whole = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), dtype=np.uint8)
    whole[:, : packed.shape[1]] = packed
    return whole.view(np.uint64)


def _common(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> Ints:
    """Return (P,) how many bits the sets of two annotators have in common."""
    shared: Ints = np.bitwise_count(one & other).sum(axis=-1, dtype=np.int64)
    return shared
