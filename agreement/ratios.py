"""Ratios of sums over documents (F1, precision, recall, shares) with intervals, all pairs and labels at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIN_CLUSTERS = 10
"""Documents from which they, and no longer the single spans, are what an interval takes as independent."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """Sums by group, their ratio and its interval.

    Letters: G groups (pairs, or one for pooled values), … any further axes (labels).

    Parameters
    ----------
    numerator, denominator
        (G, …) sums.
    value, low, high, se
        (G, …) the ratio, its interval and standard error; NaN where the denominator is 0.
    clusters
        (G, …) documents that have something to say; 0 where single units were taken as independent.
    """

    numerator: Floats
    denominator: Floats
    value: Floats
    low: Floats
    high: Floats
    se: Floats
    clusters: Ints


def ratios(
    numerator: Floats,
    denominator: Floats,
    group: Ints,
    cluster: Ints,
    groups: int,
    confidence: float,
    *,
    is_f1: bool,
) -> Ratio:
    """Return the ratios of sums of (M, …) rows by *group* (M,), with intervals from the jackknife over *cluster* (M,).

    The ratio is smoothed by one pseudo-document that agrees by half (numerator 1, denominator 2); one document after
    the other, and the pseudo-document too, is left out; the interval is made on the logit scale with t and clusters -
    1 degrees of freedom, centred at the smoothed ratio, and extended to the ratio itself. If everything agrees, the
    upper limit is 1 and the lower one that of Clopper and Pearson for no disagreement among the units; the mirror of
    it if nothing does. With fewer than ten documents, Wilson's interval of the single units takes its place; for F1 on
    tp / (tp + fp + fn), mapped by 2p / (1 + p).

    Examples
    --------
    >>> rows = np.array([3.0, 1.0]), np.array([4.0, 2.0])
    >>> found = ratios(*rows, np.zeros(2, int), np.arange(2), 1, 0.95, is_f1=False)
    >>> found.value.round(3).tolist(), found.low.round(3).tolist(), found.high.round(3).tolist()
    ([0.667], [0.3], [0.903])
    """
    numerator, denominator, group = _by_cluster(numerator, denominator, group, cluster)
    top, bottom = _sums(numerator, group, groups), _sums(denominator, group, groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = top / bottom
    active = denominator > 0
    clusters = _sums(active.astype(np.float64), group, groups)
    smoothed = (top + 1) / (bottom + 2)
    left_out = (top[group] + 1 - numerator) / (bottom[group] + 2 - denominator)
    shift = np.where(active, left_out - smoothed[group], 0.0)
    pseudo = np.where(bottom > 0, value - smoothed, 0.0)
    total, squares = _sums(shift, group, groups) + pseudo, _sums(shift**2, group, groups) + pseudo**2
    se = np.sqrt(np.maximum(clusters / (clusters + 1) * (squares - total**2 / (clusters + 1)), 0))
    t = stdtrit(np.maximum(clusters - 1, 1), (1 + confidence) / 2)
    logit = np.log(smoothed / (1 - smoothed))
    width = t * se / (smoothed * (1 - smoothed))
    low, high = 1 / (1 + np.exp(width - logit)), 1 / (1 + np.exp(-width - logit))
    few = clusters < MIN_CLUSTERS
    units = bottom - top / 2 if is_f1 else bottom
    wilson_low, wilson_high = wilson(top / 2 if is_f1 else top, units, confidence)
    if is_f1:
        wilson_low, wilson_high = _f1_of(wilson_low), _f1_of(wilson_high)
    low, high = np.where(few, wilson_low, low), np.where(few, wilson_high, high)
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = ((1 - confidence) / 2) ** (1 / (bottom / 2 if is_f1 else bottom))
        mapped_limit = _f1_of(limit) if is_f1 else limit
        none = 1 - ((1 - confidence) / 2) ** (1 / units)
        mapped_none = _f1_of(none) if is_f1 else none
    low = np.where(value == 1, mapped_limit, np.where(value == 0, 0, np.minimum(low, value)))
    high = np.where(value == 1, 1, np.where(value == 0, mapped_none, np.maximum(high, value)))
    undefined = bottom == 0
    low, high = np.where(undefined, np.nan, low), np.where(undefined, np.nan, high)
    se = np.where(undefined | few, np.nan, se)
    return Ratio(top, bottom, value, low, high, se, np.where(few, 0, clusters).astype(np.int64))


def wilson(hits: Floats, n: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return Wilson's interval (1927) of the share *hits* of *n*; NaN where n is 0.

    Examples
    --------
    >>> low, high = wilson(np.array([8.0]), np.array([10.0]), 0.95)
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.4902], [0.9433])
    """
    z = ndtri((1 + confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hits / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return centre - half, centre + half


def _f1_of(share: Floats) -> Floats:
    """Return F1 = 2p / (1 + p) for p = tp / (tp + fp + fn)."""
    f1: Floats = 2 * share / (1 + share)
    return f1


def _sums(rows: Floats, group: Ints, groups: int) -> Floats:
    """Return (G, …) the sums of *rows* (M, …) by sorted *group*."""
    total = np.zeros((groups, *rows.shape[1:]))
    if len(rows):
        begins = np.flatnonzero(np.diff(group, prepend=-1))
        total[group[begins]] = np.add.reduceat(rows, begins, axis=0)
    return total


def _by_cluster(numerator: Floats, denominator: Floats, group: Ints, cluster: Ints) -> tuple[Floats, Floats, Ints]:
    """Return the rows summed by group and cluster, sorted by group, and the groups of the sums."""
    width = int(cluster.max(initial=0)) + 1
    keys, place = np.unique(group * width + cluster, return_inverse=True)
    if len(keys) == len(group) and (np.diff(group) >= 0).all():
        return numerator, denominator, group
    order = np.argsort(place, kind="stable")
    sums = [_sums(rows[order], place[order], len(keys)) for rows in (numerator, denominator)]
    return sums[0], sums[1], keys // width
