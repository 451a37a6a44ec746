"""Times: how many equal units are meant where they are listed once, as an engine counts them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import ranks_in_runs
from agreement.units import Units

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Times:
    """How many equal units are meant where they are listed once.

    Equal are units of the same labels by the same annotators, section and round; of one document, or of documents (or
    items that are independent) that are equal throughout.

    Parameters
    ----------
    within
        (U,) how many equal units of its cluster a unit stands for.
    alike
        (U,) how many equal clusters the cluster of a unit stands for.
    half
        (U,) which half of the clusters the unit is in, 0 or 1.
    """

    within: Ints
    alike: Ints
    half: Ints

    @property
    def each(self) -> Ints:
        """(U,) how many units a unit stands for."""
        return self.within * self.alike

    def of_clusters(self, cluster: Ints) -> Ints:
        """Return (G,) how many equal clusters each *cluster* (U,) of the units stands for."""
        alike = np.zeros(int(cluster.max(initial=-1)) + 1, np.int64)
        alike[cluster] = self.alike
        return alike

    def at(self, unit: Ints | Bools | slice) -> "Times":
        """Return the entries of *unit*."""
        return Times(self.within[unit], self.alike[unit], self.half[unit])


def times_of(units: Units, *, documents: bool) -> Times | None:
    """Return how many equal units each of *units* stands for; None where all stand for themselves.

    Those of one document are that many in it, if *documents* count; all others are equal items, which are independent.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from agreement.units import units_from_matrix
    >>> units = replace(units_from_matrix([["x", "y"], ["x", "x"]]), weight=np.array([3, 1]))
    >>> times_of(units, documents=False).each
    array([3, 1])
    """
    if (units.weight == 1).all():
        return None
    one, in_document = np.ones(len(units.weight), np.int64), (units.cluster >= 0) & documents
    half = np.zeros(len(one), np.int64) if units.half is None else units.half
    return Times(np.where(in_document, units.weight, one), np.where(in_document, one, units.weight), half)


def alternating(section: Ints, cluster: Ints) -> Ints:
    """Return (U,) 0 for the first, third … cluster of a section and 1 for the others; it is where it first occurs.

    Examples
    --------
    >>> alternating(np.array([0, 1, 0, 1]), np.array([0, 1, 2, 3]))
    array([0, 0, 1, 1])
    """
    home = np.full(int(cluster.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(home, cluster, section)
    order = np.argsort(home, kind="stable")
    half = np.empty(len(home), np.int64)
    half[order] = ranks_in_runs(home[order]) % 2
    return half[cluster]
