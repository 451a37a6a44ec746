"""Ratios of sums over documents (F1, precision, recall, shares) with intervals, all pairs and labels at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement.intervals import clopper_pearson_high, transformed, wilson, wilson_f1

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
        (G, …) documents that have something to say; NaN where single units were taken as independent.
    """

    numerator: Floats
    denominator: Floats
    value: Floats
    low: Floats
    high: Floats
    se: Floats
    clusters: Floats


def ratios(  # noqa: PLR0913 - what is compared, what is independent, and how the interval is made
    numerator: Floats,
    denominator: Floats,
    group: Ints,
    cluster: Ints,
    groups: int,
    confidence: float,
    *,
    is_f1: bool,
    by_unit: bool = False,
    times: Ints | None = None,
) -> Ratio:
    """Return the ratios of sums of (M, …) rows by *group* (M,), with intervals from the jackknife over *cluster* (M,).

    The ratio is smoothed by one pseudo-document that agrees by half (numerator 1, denominator 2); one document after
    the other, and the pseudo-document too, is left out. The interval is Wilson's on the effective size that this
    standard error stands for, with t and clusters - 1 degrees of freedom, extended to the ratio itself
    (:func:`agreement.intervals.transformed`). If everything agrees, the upper limit is 1 and the lower one that of
    Clopper and Pearson for no disagreement among the units; with a single disagreement their limit for one is a
    ceiling, so that a disagreement more never raises the limit; the mirror if nothing agrees. With fewer than ten
    documents, and always with *by_unit*, Wilson's interval of the single units takes its place; for F1 on
    tp / (tp + fp + fn), mapped by 2p / (1 + p). *times* (M,) says how many equal documents that of a row stands for.

    Examples
    --------
    >>> rows = np.array([3.0, 1.0]), np.array([4.0, 2.0])
    >>> found = ratios(*rows, np.zeros(2, int), np.arange(2), 1, 0.95, is_f1=False)
    >>> found.value.round(3).tolist(), found.low.round(3).tolist(), found.high.round(3).tolist()
    ([0.667], [0.3], [0.903])
    """
    (numerator, denominator), group, times = _by_cluster((numerator, denominator), group, cluster, times)

    def summed(rows: Floats) -> Floats:
        return group_sums(_as_often(rows, times), group, groups)

    top, bottom = summed(numerator), summed(denominator)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = top / bottom
    active = denominator > 0
    clusters = summed(active.astype(np.float64))
    smoothed = (top + 1) / (bottom + 2)
    # in this order, so that nothing of the pseudo-document is lost beside characters by the quadrillion
    left_out = (top[group] - numerator + 1) / (bottom[group] - denominator + 2)
    shift = np.where(active, left_out - smoothed[group], 0.0)
    pseudo = np.where(bottom > 0, value - smoothed, 0.0)
    total, squares = summed(shift) + pseudo, summed(shift**2) + pseudo**2
    se = np.sqrt(np.maximum(clusters / (clusters + 1) * (squares - total**2 / (clusters + 1)), 0))
    low, high = transformed(value, smoothed, se, clusters - 1, (0.0, 1.0), confidence)
    few = (clusters < MIN_CLUSTERS) | by_unit
    units = bottom - top / 2 if is_f1 else bottom
    closed = wilson_f1(top / 2, units, confidence) if is_f1 else wilson(top, units, confidence)
    low, high = np.where(few, closed[0], low), np.where(few, closed[1], high)
    edge = (bottom > 0) & ((bottom - top <= 1) | (top == 0))
    low[edge], high[edge] = _at_the_edge(top[edge], bottom[edge], low[edge], high[edge], confidence, is_f1=is_f1)
    undefined = bottom == 0
    return Ratio(
        top, bottom, value, np.where(undefined, np.nan, low), np.where(undefined, np.nan, high),
        np.where(undefined | few, np.nan, se), np.where(few, np.nan, clusters),
    )  # fmt: skip


def _at_the_edge(
    top: Floats, bottom: Floats, low: Floats, high: Floats, confidence: float, *, is_f1: bool
) -> tuple[Floats, Floats]:
    """Return exact limits (E,) of ratios without a hit, or with one miss at most: a jackknife has no spread there."""
    units = bottom - top / 2 if is_f1 else bottom
    missed = np.ceil(bottom - top)
    least = 1 - clopper_pearson_high(np.minimum(missed, 1), units, confidence)
    most = clopper_pearson_high(np.zeros_like(units), units, confidence)
    if is_f1:
        least, most = 2 * least / (1 + least), 2 * most / (1 + most)
    low = np.where(missed == 0, least, np.where(missed == 1, np.minimum(low, least), low))
    high = np.where(missed == 0, 1.0, high)
    return np.where(top == 0, 0.0, low), np.where(top == 0, most, high)


def label_means(
    numerator: Floats,
    denominator: Floats,
    weight: Floats,
    group: Ints,
    cluster: Ints,
    groups: int,
    confidence: float,
    times: Ints | None = None,
) -> Ratio:
    """Return the mean over labels of numerator / denominator from (M, K) rows, a label without denominator counting 0.

    The labels are weighted by the sums of *weight*; those without any are left out. The jackknife is that of
    :func:`ratios`, with half a pseudo-document's agreement in every label; it needs two documents.
    """
    parts, rows, times = _by_cluster((numerator, denominator, weight), group, cluster, times)

    def added(values: Floats) -> Floats:
        return group_sums(_as_often(values, times), rows, groups)

    top, bottom, share = map(added, parts)

    def mean(above: Floats, below: Floats, by: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.where(below > 0, above / np.where(below > 0, below, 1), 0.0)
            weighted: Floats = (by * values).sum(axis=1) / by.sum(axis=1)
        return weighted

    value, smoothed = mean(top, bottom, share), mean(top + 1, bottom + 2, share)
    without = (top[rows] + 1 - parts[0], bottom[rows] + 2 - parts[1], np.maximum(share[rows] - parts[2], 0))
    active = parts[1].sum(axis=1) > 0
    clusters = added(active.astype(np.float64))
    shift = np.where(active, mean(*without) - smoothed[rows], 0.0)
    shift = np.where(np.isfinite(shift), shift, 0.0)
    pseudo = np.where(share.sum(axis=1) > 0, value - smoothed, 0.0)
    summed, squares = added(shift) + pseudo, added(shift**2) + pseudo**2
    se = np.sqrt(np.maximum(clusters / (clusters + 1) * (squares - summed**2 / (clusters + 1)), 0))
    low, high = transformed(value, smoothed, se, clusters - 1, (0.0, 1.0), confidence)
    none = clopper_pearson_high(np.zeros(groups), bottom.sum(axis=1) / 2, confidence)
    low, high = np.where(value == 1, 1 - none, low), np.where(value == 1, 1.0, high)
    few = (clusters < 2) | ~np.isfinite(value)
    total = share.sum(axis=1)
    return Ratio(
        np.nan_to_num(value) * total, total, value, np.where(few, np.nan, low), np.where(few, np.nan, high),
        np.where(few, np.nan, se), np.where(few, np.nan, clusters),
    )  # fmt: skip


def group_sums(rows: NDArray[np.number], group: Ints, groups: int) -> Floats:
    """Return (G, …) the sums of *rows* (M, …) by sorted *group*."""
    total = np.zeros((groups, *rows.shape[1:]))
    if len(rows):
        begins = np.flatnonzero(np.diff(group, prepend=-1))
        total[group[begins]] = np.add.reduceat(rows, begins, axis=0)
    return total


def _as_often(rows: Floats, times: Ints | None) -> Floats:
    """Return each of the *rows* (M, …) *times* (M,) itself."""
    return rows if times is None else rows * times.reshape(-1, *(1,) * (rows.ndim - 1))


def _by_cluster(
    parts: Sequence[Floats], group: Ints, cluster: Ints, times: Ints | None
) -> tuple[Sequence[Floats], Ints, Ints | None]:
    """Return the rows of *parts* summed by group and cluster, sorted by group, and the groups and times of the sums."""
    width = int(cluster.max(initial=0)) + 1
    keys, place = np.unique(group * width + cluster, return_inverse=True)
    if len(keys) == len(group) and (np.diff(group) >= 0).all():
        return parts, group, times
    order = np.argsort(place, kind="stable")
    sums = [group_sums(rows[order], place[order], len(keys)) for rows in parts]
    if times is not None:
        of_key = np.empty(len(keys), np.int64)
        of_key[place] = times
        times = of_key
    return sums, keys // width, times
