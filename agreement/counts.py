"""Counts: immutable and additive, stacked over pairs; everything after them reads nothing else."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agreement.units import Units

Ints = NDArray[np.int64]


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


def collapse(counts: Ints) -> Ints:
    """Return (…, K, 2, 2) from (…, K, K): each label against the rest, the label first."""
    both = np.diagonal(counts, axis1=-2, axis2=-1)
    reference, other = counts.sum(axis=-1), counts.sum(axis=-2)
    total = counts.sum(axis=(-2, -1))[..., None]
    return np.stack(
        [np.stack([both, reference - both], -1), np.stack([other - both, total - reference - other + both], -1)], -2
    )


def contingency(units: Units, pairs: Ints | None = None) -> Contingency:
    """Return the tables of *pairs* (P, 2), by default of every pair with reference code < other code.

    A pair is compared on the units that both labelled; a pair without any has a table of zeros.
    """
    k, a = len(units.labels), len(units.annotators)
    if pairs is None:
        pairs = np.stack(np.triu_indices(a, 1), axis=1).astype(np.int64)
    codes = units.matrix()
    weights = None if (units.weight == 1).all() else units.weight
    counts = np.zeros((len(pairs), k, k), dtype=np.int64)
    for number, (reference, other) in enumerate(pairs):
        both = (codes[:, reference] >= 0) & (codes[:, other] >= 0)
        joint = codes[both, reference] * k + codes[both, other]
        cells = np.bincount(joint, None if weights is None else weights[both], minlength=k * k)
        counts[number] = cells.reshape(k, k)
    return Contingency(units.labels, units.annotators, pairs, counts)
