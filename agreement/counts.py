"""Counts: immutable and additive, stacked over pairs; everything after them reads nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agreement.units import Units

Ints = NDArray[np.int64]
CHUNK = 1 << 22  # cells of the largest temporary array, so that thousands of pairs run in constant memory


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

    A pair is compared on the units that both labelled; a pair without any has a table of zeros.
    """
    k = len(units.labels)
    if pairs is None:
        pairs = all_pairs(len(units.annotators))
    by_annotator = codes_by_annotator(units)
    weight = None if (units.weight == 1).all() else units.weight.astype(np.float64)
    counts = np.empty((len(pairs), k, k), dtype=np.int64)
    for chunk in chunks(len(pairs), max(units.n_units, k * k)):
        counts[chunk] = _tables(by_annotator, pairs[chunk], k, weight)
    return Contingency(units.labels, units.annotators, pairs, counts)


def chunks(length: int, cells: int) -> Iterator[slice]:
    """Yield slices over *length* rows of *cells* cells each, so that a slice holds at most about ``CHUNK`` cells."""
    step = max(1, CHUNK // max(cells, 1))
    for start in range(0, length, step):
        yield slice(start, min(start + step, length))


def codes_by_annotator(units: Units) -> Ints:
    """Return (A, U) label codes, one row per annotator; a missing label is code K."""
    codes = np.full((len(units.annotators), units.n_units), len(units.labels), dtype=np.int64)
    codes[units.annotator, units.unit] = units.label
    return codes


def joint_codes(by_annotator: Ints, pairs: Ints, k: int) -> Ints:
    """Return (P, U) the cell of a (K + 1) x (K + 1) table that each unit falls in, missing being one more label."""
    joint = by_annotator[pairs[:, 0]] * (k + 1)
    joint += by_annotator[pairs[:, 1]]
    return joint


def _tables(by_annotator: Ints, pairs: Ints, k: int, weight: NDArray[np.float64] | None) -> Ints:
    """Return (P, K, K): one count of joint codes, missing being one more label that is cut off."""
    wide = k + 1
    joint = joint_codes(by_annotator, pairs, k)
    joint += np.arange(len(pairs), dtype=np.int64)[:, None] * (wide * wide)
    weights = None if weight is None else np.broadcast_to(weight, joint.shape).ravel()
    cells = np.bincount(joint.ravel(), weights, minlength=len(pairs) * wide * wide)
    tables: Ints = cells.reshape(len(pairs), wide, wide)[:, :k, :k].astype(np.int64)
    return tables


def margins(units: Units, pairs: Ints | None = None) -> Margins:
    """Return the margins of *pairs* (P, 2), by default of every pair, without counting the tables.

    Kappa and F1 need no more. With many pairs, labels are counted as products of 0/1 matrices, annotators by units, one
    for each label; with few, from the tables after all.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> found = margins(units_from_matrix([["a", "b"], ["a", "a"], ["b", None]]))
    >>> found.both.tolist(), found.reference.tolist(), found.other.tolist()
    ([[1, 0]], [[2, 0]], [[1, 1]])
    """
    a, k = len(units.annotators), len(units.labels)
    if pairs is None:
        pairs = all_pairs(a)
    if len(pairs) <= a * k:
        return contingency(units, pairs).margins()
    shape = (k, a, a)
    both, given = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    complete = len(units.unit) == a * units.n_units
    for part in chunks(units.n_units, a * 4):
        codes, weight = _codes_of(units, part), units.weight[part].astype(np.float32)
        weighted = None if (weight == 1).all() else weight
        labelled = (codes < k).astype(np.float32)
        for label in range(k):
            one = (codes == label).astype(np.float32)
            left = one if weighted is None else one * weighted
            both[label] += np.rint(left @ one.T).astype(np.int64)
            given[label] += (
                np.rint(left.sum(axis=1, dtype=np.float64)).astype(np.int64)[:, None]
                if complete
                else np.rint(left @ labelled.T).astype(np.int64)
            )
    reference, other = pairs.T
    return Margins(both[:, reference, other].T, given[:, reference, other].T, given[:, other, reference].T)


def _codes_of(units: Units, part: slice) -> NDArray[np.int32]:
    """Return (A, U) label codes of a slice of units; a missing label is code K."""
    first, last = np.searchsorted(units.unit, [part.start, part.stop])
    codes = np.full((len(units.annotators), part.stop - part.start), len(units.labels), dtype=np.int32)
    codes[units.annotator[first:last], units.unit[first:last] - part.start] = units.label[first:last]
    return codes
