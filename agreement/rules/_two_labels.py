"""Layers with two labels: there is no pair to find, so what else can be said about how the two are told apart."""

from dataclasses import dataclass

import numpy as np
from scipy.special import comb

from agreement.diagnosis.contrasts import Estimate
from agreement.diagnosis.evidence import Bools, Evidence, Floats, Ints, tally
from agreement.diagnosis.people import sums_by_annotator
from agreement.uncertainty.distributions import binomial_at_least, fdr

ROUNDS = 300
NEARLY_EVEN = 0.30  # of the labels, and two of them at least, are on the smaller side
MOST_LABELS = 60  # an item; the chances of a split are worked out up to so many


@dataclass(frozen=True, slots=True)
class Splits:
    """Items whose labels split nearly evenly: how many, how many slips explain, of how many, p, and (U,) which."""

    hits: int
    expected: float
    n: int
    p: float
    units: Bools


def nearly_even_splits(evidence: Evidence) -> Splits | None:
    """Return the items that split nearly evenly against what slips make of it; None without enough labels an item.

    Slips: every item is of one label, and each person errs on it independently, at a rate per label (a mixture of two
    binomials, fitted by EM to the items with three labels or more). Items of three labels can't split nearly evenly and
    only help to fit the rates; with four or more an excess shows.

    Examples
    --------
    >>> from agreement.diagnosis.evidence import from_units
    >>> from agreement.units import units_from_matrix
    >>> rows = [list("aaaa")] * 40 + [list("bbbb")] * 40 + [list("aabb")] * 20
    >>> found = nearly_even_splits(from_units(units_from_matrix(rows)))
    >>> found.hits, round(found.expected), found.n  # b, or one in six errs on a
    (20, 7, 100)
    """
    unit, label, count = evidence.label_counts()
    size = evidence.size
    given = tally(unit, np.where(label == 0, count, 0.0), len(size)).astype(np.int64)
    use = (size >= 3) & (size <= MOST_LABELS)
    if not (size[use] >= 4).any():
        return None
    cells, place = np.unique(np.column_stack([size[use], given[use]]), axis=0, return_inverse=True)
    times = evidence.count(place.ravel(), use)
    r, s = cells[:, 0], cells[:, 1]
    share, rates = _fitted(r, s, times.astype(np.float64))
    expected = 0.0
    for labels in np.unique(r[r >= 4]):
        every = np.arange(labels + 1)
        chance = _binomial(np.full(labels + 1, labels), every, rates) @ np.array([share, 1 - share])
        expected += float(chance[_even(np.full(labels + 1, labels), every)].sum()) * float(times[r == labels].sum())
    split = use & _even(size, given)
    hits, n = evidence.number(split), evidence.number(use & (size >= 4))
    return Splits(hits, expected, n, float(binomial_at_least(hits, n, min(expected / n, 1.0))), split)


def _even(r: Ints, s: Ints) -> Bools:
    """Return whether *s* of *r* labels are nearly half of them."""
    smaller = np.minimum(s, r - s)
    return np.asarray((smaller >= 2) & (smaller >= NEARLY_EVEN * r))


def _binomial(r: Ints, s: Ints, rates: Floats) -> Floats:
    """Return (C, 2) the chance of *s* of *r* labels at each of the two *rates*."""
    return np.asarray(
        comb(r, s)[:, None] * rates[None, :] ** s[:, None] * (1 - rates[None, :]) ** (r - s)[:, None], dtype=np.float64
    )


def _fitted(r: Ints, s: Ints, times: Floats) -> tuple[float, Floats]:
    """Return the share of the first of two kinds of items, and both kinds' rates of the first label, by EM."""
    share, rates = 0.5, np.array([0.9, 0.1])
    for _ in range(ROUNDS):
        joint = _binomial(r, s, rates) * np.array([share, 1 - share])
        mine = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300) * times[:, None]
        labels = (mine * r[:, None]).sum(axis=0)
        rates = np.clip((mine * s[:, None]).sum(axis=0) / np.maximum(labels, 1e-12), 1e-6, 1 - 1e-6)
        share = float(mine[:, 0].sum() / times.sum())
    return share, rates


def leanings(evidence: Evidence, alpha: float) -> tuple[Estimate, Ints]:
    """Return (A,) how much more often than colleagues on the same items each gives the second label, and who does so.

    Who leans for sure, at *alpha* after Benjamini-Hochberg, strongest first.
    """
    label = np.zeros(0, np.int64) if evidence.label is None else evidence.label
    n_units = len(evidence.section)
    use = evidence.kept & evidence.compared[evidence.unit]
    second = (label == 1).astype(np.float64)
    given, hits = np.bincount(evidence.unit[use], minlength=n_units), tally(evidence.unit[use], second[use], n_units)
    lean = np.full(len(label), np.nan)
    unit = evidence.unit[use]
    lean[use] = second[use] - (hits[unit] - second[use]) / (given[unit] - 1)
    mean = sums_by_annotator(evidence, lean).mean()
    present = evidence.present
    size = Estimate(np.abs(mean.value), mean.se, mean.df, mean.n)
    sure = fdr(np.minimum(2 * size.p_above()[present], 1.0)) < alpha
    chosen = present[sure]
    return mean, chosen[np.argsort(-np.abs(mean.value[chosen]), kind="stable")]
