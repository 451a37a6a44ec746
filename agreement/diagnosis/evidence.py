"""Evidence: who disagreed with whom on which unit, in the one form that every rule of the diagnosis reads.

Every contrast of the diagnosis is linear in the distance between two labels of one unit. So per label its summed
distance to the unit's other labels is enough, whatever the layer: nominal and ordered labels give it from counts,
without listing pairs; spans, answers and label sets bring their pairs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import CACHED, distinct_entries, equal_entries, unit_blocks
from agreement.diagnosis.times import Times, alternating, times_of
from agreement.uncertainty.pooling import Shown, cells_of, label_cells, shown
from agreement.units import Units

if TYPE_CHECKING:
    from agreement.diagnosis.people import People

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Values = NDArray[np.float64 | np.int64 | np.bool_]

T = TypeVar("T")
EVERY = slice(None)
_NONE = np.zeros(0, np.int64)
MIN_DOCUMENTS = 20
DENSE = 20_000_000  # cells up to which counting in a full table is faster than sorting


class AnonymousError(Exception):
    """The labels of particular people were asked of an evidence that only sums know."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Distances of pairs of labels: rows *a* and *b* (P,) of the evidence lie *distance* (P,) apart."""

    a: Ints
    b: Ints
    distance: Floats


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules read about one layer.

    Letters: N labels given, U units, A annotators, S sections, K labels.

    Parameters
    ----------
    annotators, sections, labels
        Names; *labels* is empty where labels are not categories.
    unit, annotator
        (N,) codes.
    label
        (N,) codes, None where labels are not categories.
    section, cluster
        (U,) codes: section -1 for none; cluster = what is independent: the document if there are enough, else the item.
    kept
        (N,) False for labels that an earlier verdict explains and that no longer count.
    weights
        (K, K) distances of labels, None when they are nominal (0 or 1) or come as *pairs*.
    pairs
        Distances by pair, None where labels are categories.
    expected
        Mean distance of labels of different units: the disagreement to expect by chance.
    times
        How many equal units each one stands for; None where each is listed.
    people
        What knows who gave which label, where *annotator* is -1 because an engine has counted; None if that is listed.
    """

    annotators: tuple[str, ...]
    sections: tuple[str, ...]
    labels: tuple[str, ...]
    unit: Ints
    annotator: Ints
    label: Ints | None
    section: Ints
    cluster: Ints
    kept: Bools
    weights: Floats | None = None
    pairs: Pairs | None = None
    expected: float = 1.0
    times: Times | None = None
    people: "People | None" = field(default=None, repr=False, compare=False)
    size: Ints = field(init=False)
    known: dict[str, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Fill in: ``size`` (U,) labels that count."""
        unit = self.unit if self.kept.all() else self.unit[self.kept]
        object.__setattr__(self, "size", np.bincount(unit, minlength=len(self.section)).astype(np.int64, copy=False))

    def once(self, name: str, made: Callable[[], T]) -> T:
        """Return what *made* gives, made once: many rules ask for the same."""
        if name not in self.known:
            self.known[name] = made()
        found: T = self.known[name]
        return found

    @property
    def total(self) -> Floats:
        """(N,) each kept label's summed distance to the other kept labels of its unit; 0 for the rest."""
        return self.once("total", self._totals)

    @property
    def disagreement(self) -> Floats:
        """(U,) mean distance of two labels; NaN where fewer than two count."""
        return self.once("disagreement", self._disagreement)

    def _disagreement(self) -> Floats:
        """Return (U,) what ``disagreement`` is."""
        found = self._patterns
        if found is not None:
            r = found.counts.sum(axis=1)
            return _mean_distance((found.counts * (r[:, None] - found.counts)).sum(axis=1), r)[found.number]
        return _mean_distance(np.bincount(self.unit, self.total, minlength=len(self.section)), self.size)

    def _totals(self) -> Floats:
        """Return (N,) what ``total`` is."""
        n_units, total = len(self.section), np.zeros(len(self.unit))
        if self.pairs is not None:
            both = self.kept[self.pairs.a] & self.kept[self.pairs.b]
            for side in (self.pairs.a, self.pairs.b):
                total += np.bincount(side[both], self.pairs.distance[both], minlength=len(total))
            return total
        k = len(self.labels)
        if self.weights is not None:
            unit, label = self.unit[self.kept], self._codes()[self.kept]
            counts = np.bincount(unit * k + label, minlength=n_units * k).reshape(n_units, k)
            total[self.kept] = (counts @ self.weights)[unit, label]
            return total
        found = self._patterns
        if found is not None:
            r = found.counts.sum(axis=1)
            return found.of_labels(self.unit, self._codes(), (r[:, None] - found.counts).astype(np.float64))
        for rows, _, key in self._blocks():
            total[rows] = self.size[self.unit[rows]] - equal_entries(key)
        return total

    @property
    def _patterns(self) -> Shown | None:
        """Label counts that units show, where all labels count and are equal or not; None if not known."""
        return self.known.get("patterns")

    def _blocks(self) -> Iterator[tuple[slice | Ints, int, Ints]]:
        """Yield for some units at a time the rows that count, the first unit, and their (unit - first) * K + label.

        The table of a few units by labels is small enough to be counted in quickly.
        """
        k, n_units, codes = max(len(self.labels), 1), len(self.section), self._codes()
        rows = None if self.kept.all() else np.flatnonzero(self.kept)
        unit = self.unit if rows is None else self.unit[rows]
        if not (unit[1:] >= unit[:-1]).all():
            order = np.argsort(unit, kind="stable")
            rows, unit = order if rows is None else rows[order], unit[order]
        for some, first in unit_blocks(unit, n_units, k):
            mine = some if rows is None else rows[some]
            yield mine, first, (self.unit[mine] - first) * k + codes[mine]

    def _codes(self) -> Ints:
        """Return the label codes of a layer whose labels are categories."""
        if self.label is None:
            raise ValueError("this layer has no label codes")
        return self.label

    @property
    def compared(self) -> Bools:
        """(U,) units with at least two labels that count."""
        return self.size >= 2

    @property
    def mean(self) -> float:
        """D, the mean disagreement over units; 0 when nothing is compared."""
        return self.once("mean", lambda: self.mean_of(self.compared) if self.compared.any() else 0.0)

    def mean_of(self, units: Bools) -> float:
        """Return the mean disagreement of the *units* (U,) marked, which are all compared."""
        if self.times is None:
            return float(self.disagreement[units].mean())
        return float(np.average(self.disagreement[units], weights=self.times.each[units]))

    @property
    def half(self) -> Ints:
        """(U,) in which half of the clusters a unit is: every other one of its section, 0 or 1."""
        return self.once(
            "half", lambda: alternating(self.section, self.cluster) if self.times is None else self.times.half
        )

    def number(self, units: Bools) -> int:
        """Return how many units those marked (U,) are."""
        return int(np.count_nonzero(units) if self.times is None else self.times.each[units].sum())

    def times_at(self, unit: Ints | Bools | slice) -> Times | None:
        """Return how often the entries of *unit* count; None if each counts once."""
        return None if self.times is None else self.times.at(unit)

    def count(self, index: Ints, unit: Ints | Bools | slice, minlength: int = 0) -> Ints:
        """Return how often each *index* occurs, each entry as many times as its *unit* does."""
        if self.times is None:
            return np.bincount(index, minlength=minlength)
        return np.bincount(index, self.times.each[unit], minlength=minlength).astype(np.int64)

    def tally(self, index: Ints, unit: Ints | Bools | slice, value: Values, minlength: int = 0) -> Floats:
        """Return the sums of *value* by *index*, each entry as many times as its *unit* occurs."""
        return tally(index, self.repeated(value, unit), minlength)

    def repeated(self, value: Values, unit: Ints | Bools | slice = EVERY) -> Values:
        """Return each *value* times how often its *unit* occurs; of all units by default."""
        return value if self.times is None else np.asarray(value * self.times.each[unit])

    @property
    def kappa(self) -> float:
        """Agreement beyond chance over all units, in 0 to 1."""
        return float(np.clip(1 - self.mean / self.expected, 0, 1)) if self.expected > 0 else 1.0

    @property
    def present(self) -> Ints:
        """Annotators with at least one label that counts."""
        return self.once("present", self._present)

    def _present(self) -> Ints:
        """Return what ``present`` is."""
        if self.people is not None:
            return self.people.present
        who = self.annotator if self.kept.all() else self.annotator[self.kept]
        return np.flatnonzero(np.bincount(who, minlength=1))

    def without(self, rows: Bools) -> "Evidence":
        """Return the evidence with the labels *rows* (N,) no longer counted."""
        return replace(self, kept=self.kept & ~rows) if rows.any() else self

    def around(self, annotator: int) -> "Evidence":
        """Return the evidence of the units that one annotator labelled, renumbered; of labels that are categories."""
        mine = np.zeros(len(self.section), bool)
        mine[self.unit[self.annotator == annotator]] = True
        rows = np.flatnonzero(mine[self.unit])
        return replace(
            self, unit=(np.cumsum(mine) - 1)[self.unit[rows]], annotator=self.annotator[rows],
            label=self._codes()[rows], section=self.section[mine], cluster=self.cluster[mine], kept=self.kept[rows],
            times=self.times_at(mine),
        )  # fmt: skip

    def without_units(self, units: Bools) -> "Evidence":
        """Return the evidence without the *units* (U,) marked."""
        return self.without(units[self.unit])

    def merged(self, pairs: list[tuple[int, int]]) -> "Evidence":
        """Return the evidence in which each of the label *pairs* counts as one label; nominal layers only."""
        if not pairs:
            return self
        code = np.arange(len(self.labels))
        for a, b in pairs:
            code[code == code[b]] = code[a]
        merged, found = replace(self, label=code[self._codes()]), self._patterns
        if found is not None:
            counts = np.zeros_like(found.counts)
            for old, new in enumerate(code.tolist()):
                counts[:, new] += found.counts[:, old]
            merged.known["patterns"] = replace(found, counts=counts)
        return merged

    def split(self, side: Floats) -> "Evidence":
        """Return the evidence in which annotators of different *side* (A,), +1 or -1, are not compared."""
        units = len(self.section)
        unit = self.unit + units * (side[self.annotator] < 0)
        both = np.tile(np.arange(units), 2)
        return replace(
            self, unit=unit, section=self.section[both], cluster=self.cluster[both], times=self.times_at(both)
        )

    def contrast(self) -> Floats:
        """Return (N,) w: how much more a label disagrees with the others than the others among themselves.

        Section, class and difficulty of the item cancel, as both terms are on the same item; times (r - 1) / r, so
        that it is the annotator's distance from the mean of all r. NaN where fewer than three labels are left.

        Examples
        --------
        >>> import numpy as np
        >>> from agreement.units import units_from_matrix
        >>> evidence = from_units(units_from_matrix([["x", "y", "y"], ["x", "x", None]]))
        >>> evidence.contrast().round(2)  # (1 - 0) * 2/3; (1/2 - 1) * 2/3, twice; two labels give none
        array([ 0.67, -0.33, -0.33,   nan,   nan])
        """
        shown = self._patterns
        if shown is not None:
            r = shown.counts.sum(axis=1)
            total = r[:, None] - shown.counts
            usual = _mean_distance((shown.counts * total).sum(axis=1), r)
            values = _against_others(total, r[:, None].astype(np.float64), usual[:, None])
            return shown.of_labels(self.unit, self._codes(), values)
        found = np.empty(len(self.unit))
        for start in range(0, len(found), CACHED):
            rows = slice(start, start + CACHED)
            unit = self.unit[rows]
            w = _against_others(self.total[rows], self.size[unit].astype(np.float64), self.disagreement[unit])
            found[rows] = np.where(self.kept[rows], w, np.nan)
        return found

    def label_counts(self) -> tuple[Ints, Ints, Floats]:
        """Return unit, label and count of every label that a unit with two or more labels was given, sorted."""
        return self.once("label_counts", self._count_labels)

    def _count_labels(self) -> tuple[Ints, Ints, Floats]:
        """Return what ``label_counts`` does."""
        found = self._patterns
        if found is not None:
            return self._counts_of_patterns(found)
        k, compared = max(len(self.labels), 1), self.compared
        units, labels, counts = [_NONE], [_NONE], [_NONE]
        for _, first, key in self._blocks():
            cell, count = distinct_entries(key)
            unit = first + cell // k
            use = compared[unit]
            units.append(unit[use])
            labels.append((cell % k)[use])
            counts.append(count[use])
        return np.concatenate(units), np.concatenate(labels), np.concatenate(counts).astype(np.float64)

    def _counts_of_patterns(self, found: Shown) -> tuple[Ints, Ints, Floats]:
        """Return the label counts of units whose patterns are known."""
        cells = self.known.get("cells")
        unit, label, count = cells_of(found) if cells is None else cells
        two = self.compared
        if not two.all():
            use = two[unit]
            unit, label, count = unit[use], label[use], count[use]
        return unit, label, count.astype(np.float64)


def _mean_distance(summed: NDArray[np.float64 | np.int64], r: Ints) -> Floats:
    """Return the mean distance of two of *r* labels from the *summed* distances of each to the others."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(r >= 2, summed / (r * (r - 1.0)), np.nan)


def _against_others(total: NDArray[np.float64 | np.int64], r: Floats, disagreement: Floats) -> Floats:
    """Return the contrast of a label with the distance *total* to the other labels of a unit with *r* labels."""
    pairs = r * (r - 1) / 2 * disagreement
    with np.errstate(invalid="ignore", divide="ignore"):
        w = (total / (r - 1) - (pairs - total) / ((r - 1) * (r - 2) / 2)) * (r - 1) / r
    return np.where(r >= 3, w, np.nan)


def tally(index: Ints, value: Values, minlength: int) -> Floats:
    """Return the sums of *value* by *index*, as numbers with a point."""
    return np.bincount(index, value, minlength=minlength).astype(np.float64)


def from_units(units: Units, weights: Floats | None = None) -> Evidence:
    """Return the evidence of item-level *units*; *weights* (K, K) are distances, 0 or 1 by default.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> evidence = from_units(units_from_matrix([["x", "y", "y"], ["x", "x", None]]))
    >>> evidence.disagreement.round(2)
    array([0.67, 0.  ])
    """
    times = times_of(units, documents=len(units.clusters) >= MIN_DOCUMENTS)
    given = None if times is None else times.each[units.unit]
    n_labels = len(units.label) if given is None else int(given.sum())
    share = np.bincount(units.label, given, minlength=len(units.labels)) / max(n_labels, 1)
    expected = 1 - float(share @ share) if weights is None else float(share @ weights @ share)
    evidence = Evidence(
        units.annotators, units.sections, units.labels, units.unit, units.annotator, units.label,
        units.section, independent(units.item, units.cluster, len(units.clusters)), np.ones(len(units.unit), bool),
        weights, None, expected, times,
    )  # fmt: skip
    found = shown(units) if weights is None and len(units.unit) else None
    if found is not None and found.counts.size <= len(units.unit):  # else rows are fewer than cells of patterns
        evidence.known["patterns"], evidence.known["cells"] = found, label_cells(units)
    return evidence


def from_pairs(
    annotators: tuple[str, ...], sections: tuple[str, ...], section: Ints, cluster: Ints, unit: Ints, a: Ints, b: Ints,
    distance: Floats,
) -> Evidence:  # fmt: skip
    """Return the evidence of a layer that brings the *distance* (P,) of annotators *a* and *b* on each *unit*.

    *section* and *cluster* are (U,) codes. Labels of different units are taken to have nothing in common.
    """
    n_annotators = max(len(annotators), 1)
    key, inverse = np.unique(np.concatenate([unit * n_annotators + a, unit * n_annotators + b]), return_inverse=True)
    rows = inverse.reshape(2, -1)
    return Evidence(
        annotators, sections, (), key // n_annotators, key % n_annotators, None, section, cluster,
        np.ones(len(key), bool), None, Pairs(rows[0], rows[1], distance),
    )  # fmt: skip


def independent(item: Ints, cluster: Ints, documents: int) -> Ints:
    """Return (U,) codes of what is independent: documents if there are at least 20 of them, else items.

    Examples
    --------
    >>> import numpy as np
    >>> independent(np.array([0, 1, 1]), np.array([0, 0, 0]), documents=1)
    array([0, 1, 1])
    """
    code = item if documents < MIN_DOCUMENTS else np.where(cluster < 0, documents + item, cluster)
    if len(code) and code[0] == 0 and (code[1:] == code[:-1] + 1).all():
        return code.astype(np.int64, copy=False)
    return np.unique(code, return_inverse=True)[1].astype(np.int64)
