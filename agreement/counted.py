"""Counted: what the comparison of items reads, whoever counted; the one place where counts come from.

Two sides make it: :func:`in_memory` from the labels themselves, and :mod:`agreement.warehouse` from sums that an engine
returns. Nothing that reads it knows which of the two it was.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agreement.counts import Contingency, Ints
from agreement.crowds import Block, DenseBlock, crowded, shared_units
from agreement.uncertainty.by_unit import ByUnit, Listed
from agreement.uncertainty.pooling import Patterns, documents, patterns
from agreement.units import Units

Floats = NDArray[np.float64]


class SharedPairs(Protocol):
    """The pairs of a crowd that share any unit; their tables never exist all at once."""

    @property
    def pairs(self) -> Ints:
        """(P, 2) codes of two annotators."""

    @property
    def n(self) -> Ints:
        """(P,) units that each pair shares."""

    def blocks(self, keep: NDArray[np.bool_] | None = None) -> Iterator[Block]:
        """Yield the tables of the pairs that *keep* (P,) holds for, with the rows behind them, some pairs at a time."""

    def tables(self, keep: NDArray[np.bool_]) -> Contingency:
        """Return the tables of the pairs that *keep* (P,) holds for."""


@dataclass(frozen=True, slots=True)
class ByDocument:
    """What some pairs share in each document.

    Parameters
    ----------
    weight, cluster
        (U,) how many units of the data each stands for, and their documents.
    blocks
        Yields the tables of the pairs with the units behind them.
    """

    weight: Ints
    cluster: Ints
    blocks: Callable[[], Iterator[Block | DenseBlock]]


@dataclass(frozen=True, slots=True)
class Counted:
    """What the comparison of items reads.

    Parameters
    ----------
    units
        The units, each standing for ``weight`` units of the data; of a crowd in an engine without who gave which label.
    cluster
        (U,) their documents; None if units count as independent.
    patterns
        The item x label counts of all units of the data.
    shared
        Of a crowd, all pairs that share a unit; else None, and the pairs are counted from *units*.
    engine
        What adds up by unit where *units* don't say who gave which label.
    by_document
        There, what the pairs marked (P,) share in each document; None if that is too much.
    """

    units: Units
    cluster: Ints | None
    patterns: Patterns
    shared: SharedPairs | None = None
    engine: Callable[[], ByUnit] | None = None
    by_document: Callable[[NDArray[np.bool_]], ByDocument | None] | None = None

    @property
    def anonymous(self) -> bool:
        """Whether *units* don't say who gave which label."""
        return self.engine is not None

    def by_unit(self) -> ByUnit:
        """Return what adds up by unit, with nothing added yet."""
        return Listed(self.units, self.cluster, self.patterns) if self.engine is None else self.engine()

    @property
    def documents(self) -> int | None:
        """How many documents the intervals rest on; None if units count as independent."""
        return None if self.patterns.cluster is None else len(np.unique(self.patterns.cluster))


def in_memory(units: Units) -> Counted:
    """Return what is counted from the *units* themselves.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> in_memory(units_from_matrix([["a", "b"], ["b", "a"], ["a", "a"]])).patterns.weight.tolist()
    [2, 1]
    """
    cluster = documents(units)
    return Counted(units, cluster, patterns(units, cluster), shared_units(units) if crowded(units) else None)
