"""How often colleagues leave the label that most people give an item, by that label: no model of slips is needed."""

from dataclasses import dataclass

import numpy as np

from agreement.diagnosis.contrasts import Estimate, Sums, benign_spread, difference, sums_by
from agreement.diagnosis.evidence import Bools, Evidence, Floats, Ints

FEW = 10
BENIGN, BENIGN_OF_USUAL = 0.02, 0.20  # how unequally often labels are left without a cause


@dataclass(frozen=True, slots=True)
class Leaving:
    """Units with three labels or more of which one is the most frequent, by that label.

    Letters: K labels.

    Parameters
    ----------
    sums
        (K,) sums of the chance that a colleague of somebody with the label gave another one.
    mean
        (K, K) mean shares of the other labels on the units of a label.
    n
        (K,) units.
    """

    sums: Sums
    mean: Floats
    n: Ints

    def against(self, label: int, others: Ints) -> Estimate:
        """Return how much more often *label* is left than the labels *others*, and than the median one of them.

        A majority is seldom left, and labels that are rare beside it are all left often, since slips put its items
        under them: they are compared with each other.
        """
        outside = Sums(*(part[others] for part in self.sums.parts())).sum(0).mean()
        inside = Sums(*(part[[label]] for part in self.sums.parts())).sum(0).mean()
        off = difference(inside, outside)
        each = self.sums.mean().value[others[self.n[others] >= FEW]]
        if len(each):
            value = np.minimum(off.value, inside.value - np.median(each))
            off = Estimate(value, off.se, off.df, off.n)
        return off

    def p_against(self, label: int, others: Ints) -> float:
        """Return the p value of "*label* is left as often as the *others* are", which are never left equally often."""
        each = self.sums.mean()
        seen = others[self.n[others] >= FEW]
        usual = float(np.median(each.value[seen])) if len(seen) else 0.0
        spread = benign_spread(each.at(seen), max(BENIGN, BENIGN_OF_USUAL * usual))
        return float(self.against(label, others).p_among(spread))

    def partners(self, label: int, others: Ints) -> list[tuple[int, float]]:
        """Return where *label* is left for, with shares of what goes beyond the labels *others*, largest first."""
        beyond = []
        for partner in range(len(self.n)):
            reference = others[others != partner]
            if partner == label or not self.n[reference].sum():
                continue
            usual = float(self.mean[reference, partner] @ self.n[reference]) / float(self.n[reference].sum())
            beyond.append((partner, max(float(self.mean[label, partner]) - usual, 0.0)))
        total = sum(value for _, value in beyond)
        if total <= 0:
            return []
        return sorted(((code, value / total) for code, value in beyond), key=lambda entry: (-entry[1], entry[0]))


def leaving(evidence: Evidence) -> Leaving | None:
    """Return how often each label is left on the units where it is the most frequent; None if that is not to be had.

    Examples
    --------
    >>> from agreement.diagnosis.evidence import from_units
    >>> from agreement.units import units_from_matrix
    >>> found = leaving(from_units(units_from_matrix([["x", "x", "y"], ["x", "x", "x"], ["y", "y", "y"]])))
    >>> found.sums.mean().value  # x: (1/2 + 0) / 2; y: 0
    array([0.25, 0.  ])
    """
    return evidence.once("leaving", lambda: _leaving(evidence))


def _leaving(evidence: Evidence) -> Leaving | None:
    """Return what :func:`leaving` does."""
    k = len(evidence.labels)
    if evidence.label is None:
        return None
    unit, label, count = evidence.label_counts()
    size = evidence.size
    starts = np.flatnonzero(np.diff(unit, prepend=-1))
    most = np.zeros(len(size))
    most[unit[starts]] = np.maximum.reduceat(count, starts) if len(starts) else 0
    first = count == most[unit]
    clear = (size >= 3) & (np.bincount(unit[first], minlength=len(size)) == 1) & (k >= 2)
    top = np.full(len(size), -1)
    top[unit[first]] = label[first]
    top[~clear] = -1
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.where(clear, (size - most) / (size - 1), np.nan)
    n = evidence.count(top[clear], clear, k)
    use = clear[unit]
    cell = top[unit[use]] * k + label[use]
    mean = evidence.tally(cell, unit[use], count[use] / size[unit[use]], k * k).reshape(k, k)
    return Leaving(sums_by(top, k, evidence.cluster, left, evidence.times), mean / np.maximum(n, 1)[:, None], n)


def deviations(counts: Floats, own: Ints, other: Ints) -> tuple[Bools, Bools, Ints]:
    """Return (U,) where *own* is against the plurality of all but the two, where *other* is with it, the plurality."""
    against, plurality = np.zeros(len(own), bool), np.zeros(len(own), np.int64)
    rows = np.flatnonzero((own >= 0) & (other >= 0))
    mine, theirs = own[rows], other[rows]
    rest, each = counts[rows], np.arange(len(rows))
    rest[each, mine] -= 1
    rest[each, theirs] -= 1
    plurality[rows] = rest.argmax(axis=1)
    top = rest[each, plurality[rows]]
    rest[each, plurality[rows]] = -1
    against[rows] = (top > 0) & (rest.max(axis=1) < top) & (plurality[rows] != mine)
    return against, against & (own == other), plurality
