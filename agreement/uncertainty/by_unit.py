"""Units one by one: what each adds up to over its pairs and annotators, and what leaving it out does to a kappa.

Two sides do that: :class:`Listed` from the labels themselves, and an engine that holds them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from agreement.counts import Ints
from agreement.crowds import Block, DenseBlock
from agreement.intervals import moved
from agreement.uncertainty.pooling import Patterns, informative, informative_units, patterns, shown
from agreement.units import Units

Floats = NDArray[np.float64]
ROUNDING = 1e-12  # what sums of shares may miss 1 by; a single other label among billions is more
BOTH = 2.0**32  # holds two whole numbers in one: pairs, and times this those that disagree


@dataclass(frozen=True, slots=True)
class MeanWithout:
    """What a unit does to a mean over pairs: ``(centre + change) / remaining - centre / total``.

    Parameters
    ----------
    change, pairs
        Columns that were added up: by how much the sum of the pairs changes without the unit; and how many pairs with a
        kappa share it, and times ``BOTH`` in how many of them it is a disagreement, None if all pairs have a kappa.
    centre, total
        The sum of the pairs and their weight.
    weighted
        Whether each pair that shares the unit weighs one less without it.
    """

    change: int
    pairs: int | None
    centre: float
    total: float
    weighted: bool


@dataclass(frozen=True, slots=True)
class CongerWithout:
    """What a unit does to Conger's kappa: the units compared, observed agreement and kappa, with the pseudo-unit."""

    n: int
    observed: float
    centre: float


@dataclass(frozen=True, slots=True)
class Met:
    """On which units the pairs of a mean meet.

    Parameters
    ----------
    units, disagreeing, informative
        How many units, those on which some disagree, and those outside the largest group of unanimous ones.
    documents
        In how many documents these lie; None if units count as independent.
    """

    units: int
    disagreeing: int
    informative: int
    documents: int | None = None


class ByUnit(Protocol):
    """What adds up by unit, and sums the squares of what leaving out each unit, or document, changes."""

    @property
    def patterns(self) -> Patterns:
        """The item x label counts of all units."""

    @property
    def given(self) -> Floats:
        """(A, K) how often each annotator gave each label."""

    def add(self, block: Block | DenseBlock, changes: Sequence[Floats], pairs: Sequence[Floats]) -> None:
        """Add to each unit, over the pairs that share it, the values (P, K, K) of its cell: *changes*, then *pairs*."""

    def means(self, asked: Sequence[MeanWithout]) -> tuple[list[float], dict[int | None, Met]]:
        """Return the sum of squares of each mean, and by column of pairs on which units these meet."""

    def conger(self, asked: CongerWithout) -> float:
        """Return the sum of squares for Conger's kappa."""


def met_of_all(found: Patterns) -> Met:
    """Return on which units any two annotators meet."""
    r = found.counts.sum(axis=1)
    two = r >= 2
    n, differ = (int(found.weight[rows].sum()) for rows in (two, two & (found.counts.max(axis=1, initial=0) < r)))
    documents = None if found.cluster is None else len(np.unique(found.cluster[two]))
    return Met(n, differ, informative(found), documents)


def agreement_of(counts: Ints) -> tuple[NDArray[np.bool_], Floats]:
    """Return which units have two labels, and (U,) the share of their pairs of labels that agree, else 0.

    Examples
    --------
    >>> [part.tolist() for part in agreement_of(np.array([[2, 1], [1, 0]]))]
    [[True, False], [0.3333333333333333, 0.0]]
    """
    given = counts.astype(np.float64)
    r = given.sum(axis=1)
    two = r >= 2
    return two, np.where(two, (np.einsum("uk,uk->u", given, given) - r) / np.maximum(r * (r - 1), 1), 0.0)


@dataclass(frozen=True, slots=True)
class Chance:
    """Conger's chance agreement, and what it loses with the labels of a unit.

    Each annotator of the unit loses one label. Letters: A annotators, K labels.

    Parameters
    ----------
    shares
        (A, K) how the labels of each annotator are shared out.
    scale
        (A,) what one label less does to the shares: one over the labels left; 0 where none is.
    summed, squares
        (K,) sums of the shares, and the sum of their squares.
    own
        (A, K) what the sum of squares gains without one such label.
    number
        Annotators with a label.
    """

    shares: Floats
    scale: Floats
    summed: Floats
    squares: float
    own: Floats
    number: int


def chance_of(given: Floats) -> Chance:
    """Return the chance of annotators who were *given* (A, K) labels."""
    labels = given.sum(axis=1)
    active = labels > 0
    shares = given / np.where(active, labels, 1)[:, None]
    square = (shares**2).sum(axis=1)[:, None]
    less = labels - 1
    scale = np.where(less > 0, 1 / np.maximum(less, 1), 0.0)
    own = 2 * (square - shares) * scale[:, None]
    own += (square - 2 * shares + 1) * scale[:, None] ** 2
    return Chance(shares, scale, shares.sum(axis=0), float(square.sum()), own, int(active.sum()))


def listed(units: Units, cluster: Ints | None = None) -> "Listed":
    """Return the *units*, at hand, of documents *cluster* (U,)."""
    return Listed(units, cluster, patterns(units, cluster))


@dataclass(slots=True)
class Listed:
    """The units at hand, each standing for ``weight`` units of the data.

    Parameters
    ----------
    units
        The units.
    cluster
        (U,) their documents; None if units count as independent.
    patterns
        Their item x label counts.
    columns
        (U,) what was added up.
    """

    units: Units
    cluster: Ints | None
    patterns: Patterns
    columns: list[Floats] = field(default_factory=list)

    @property
    def given(self) -> Floats:
        """(A, K) how often each annotator gave each label."""
        return self.units.once("given", self._given)

    def _given(self) -> Floats:
        """Return what ``given`` is."""
        units = self.units
        a, k = len(units.annotators), len(units.labels)
        weight = None if (units.weight == 1).all() else units.weight.astype(np.float64)
        total = np.zeros(a * k)
        for rows, _ in units.stretches():
            cell = units.annotator[rows] * k + units.label[rows]
            total += np.bincount(cell, None if weight is None else weight[units.unit[rows]], minlength=len(total))
        return total.reshape(a, k)

    def add(self, block: Block | DenseBlock, changes: Sequence[Floats], pairs: Sequence[Floats]) -> None:
        """Add to each unit what its cells are worth."""
        columns = [*changes, *pairs]
        if not self.columns:
            self.columns.extend(np.zeros(self.units.n_units) for _ in columns)
        block.add_per_unit(columns, self.columns)

    def means(self, asked: Sequence[MeanWithout]) -> tuple[list[float], dict[int | None, Met]]:
        """Return the sum of squares of each mean, and by column of pairs on which units these meet."""
        r = np.bincount(self.units.unit, minlength=self.units.n_units)
        pairs: dict[int | None, Floats] = {None: (r * (r - 1) // 2).astype(np.float64)}
        met: dict[int | None, Met] = {}
        columns = self.columns or [np.zeros(self.units.n_units)] * (1 + max(one.pairs or one.change for one in asked))
        for column in sorted({one.pairs for one in asked if one.pairs is not None}):
            differing = np.floor(columns[column] / BOTH)
            pairs[column] = columns[column] - differing * BOTH
            met[column] = self._met(pairs[column] > 0, differing > 0)
        return [self._squares(self._change(one, columns[one.change], pairs[one.pairs])) for one in asked], met

    def _change(self, asked: MeanWithout, change: Floats, pairs: Floats) -> Floats:
        """Return (U,) what leaving out each unit changes."""
        if not asked.total:
            return np.zeros_like(change)
        remaining = asked.total - pairs if asked.weighted else np.full(len(change), asked.total)
        without = (asked.centre + change) / np.where(remaining > 0, remaining, 1)
        return np.where(remaining > 0, without - asked.centre / asked.total, 0.0)

    def _met(self, compared: NDArray[np.bool_], differing: NDArray[np.bool_]) -> Met:
        """Return on which units pairs meet that are *compared* (U,), and on which they are *differing* (U,)."""
        weight = self.units.weight
        n, outside = int(weight[compared].sum()), informative_units(self.units, compared)
        documents = None if self.cluster is None else len(np.unique(self.cluster[compared]))
        return Met(n, int(weight[compared & differing].sum()), outside, documents)

    def _squares(self, change: Floats) -> float:
        """Return the sum of squares of *change* (U,), summed inside documents."""
        weight = self.units.weight.astype(np.float64)
        if self.cluster is None:
            return float(weight @ change**2)
        return float((np.bincount(self.cluster, weight * change) ** 2).sum())

    def conger(self, asked: CongerWithout) -> float:
        """Return the sum of squares for Conger's kappa."""
        two, agreement = self._agreement()
        chance = self._chance_without(chance_of(self.given))
        observed = np.where(two, ((asked.n + 1) * asked.observed - agreement) / asked.n, asked.observed)
        with np.errstate(divide="ignore", invalid="ignore"):
            beyond = np.where(1 - chance > ROUNDING, 1 - chance, 0.0)  # one label remains: there is no value
            change = moved((observed - chance) / beyond, np.asarray(asked.centre), (-1.0, 1.0))
        return self._squares(change)

    def _agreement(self) -> tuple[NDArray[np.bool_], Floats]:
        """Return (U,) what :func:`agreement_of` gives for the units."""
        units = self.units
        found = shown(units)
        if found is not None:
            two, agreement = agreement_of(found.counts)
            return two[found.number], agreement[found.number]
        two, agreement = np.zeros(units.n_units, dtype=np.bool_), np.zeros(units.n_units)
        for part, counts in units.item_counts_in_parts():
            two[part], agreement[part] = agreement_of(counts)
        return two, agreement

    def _chance_without(self, known: Chance) -> Floats:
        """Return (U,) the expected agreement without each unit."""
        units, scale = self.units, known.scale
        chance = np.empty(units.n_units)
        k = known.shares.shape[1]
        for rows, part in units.stretches(max(k // 4, 1)):
            unit, annotator, label = units.unit[rows] - part.start, units.annotator[rows], units.label[rows]
            size = part.stop - part.start
            within = known.squares + np.bincount(unit, known.own[annotator, label], minlength=size)
            starts = np.searchsorted(unit, np.arange(size + 1))
            lost = csr_array((scale[annotator], annotator, starts), shape=(size, len(scale))) @ known.shares
            lost -= np.bincount(unit * k + label, scale[annotator], minlength=size * k).reshape(size, k)
            lost += known.summed
            chance[part] = np.einsum("uk,uk->u", lost, lost) - within
        return chance / (known.number * (known.number - 1))
