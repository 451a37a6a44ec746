"""From hits and totals by meeting to score rows: each pair in both directions, by label, and pooled."""

import numpy as np
from numpy.typing import NDArray

from agreement.comparison._rows import ScoreRows, of_ratio
from agreement.counts import Ints, Margins
from agreement.intervals import Clustered, pair_scores, smoothed, transformed
from agreement.meetings import Meetings
from agreement.ratios import MIN_CLUSTERS, mean_f1, ratios
from agreement.scores import Measure, Reason, Scores, scored

Floats = NDArray[np.float64]


class Judge:
    """Turns counts by meeting (M,) or (M, K) into score rows.

    Symmetric measures give one row per pair and one pooled row (no annotators); precision and recall one row per pair
    and direction.

    Parameters
    ----------
    rows
        Where the rows go.
    met
        The meetings that the counts belong to.
    labels
        (K,) names.
    confidence
        Level of the intervals.
    """

    def __init__(self, rows: ScoreRows, met: Meetings, labels: tuple[str, ...], confidence: float) -> None:
        self._rows = rows
        self._met = met
        self._labels = labels
        self._confidence = confidence
        self._cluster = met.cluster[met.document]
        self._apart = met.shared == 0

    def f1(
        self, name: str, level: str, hits: Floats, both: Floats, reference: Floats, other: Floats, params: str = ""
    ) -> None:
        """Add F1, precision and recall from hits and the totals of the two; *name* holds ``f1``.

        *both* counts as one what the two have in common, so that n is what either marked.
        """
        neither, no_reference, no_other = (
            (Reason.LABEL_UNUSED, Reason.REFERENCE_UNUSED, Reason.OTHER_UNUSED)
            if hits.ndim > 1
            else (Reason.NO_SPANS, Reason.REFERENCE_EMPTY, Reason.OTHER_EMPTY)
        )
        precision, recall = name.replace("f1", "precision", 1), name.replace("f1", "recall", 1)
        sums = (2 * hits, reference + other, reference + other - both)
        self._ratio(name, level, sums, neither, params, is_f1=True)
        for swapped in (False, True):
            mine, theirs = (other, reference) if swapped else (reference, other)
            self._ratio(precision, level, (hits, theirs, theirs), no_other, params, swapped=swapped)
            self._ratio(recall, level, (hits, mine, mine), no_reference, params, swapped=swapped)

    def share(
        self,
        name: str,
        level: str,
        hits: Floats,
        total: Floats,
        empty: Reason = Reason.CONDITIONS_NOT_MET,
        *,
        f1: bool = False,
    ) -> None:
        """Add the share of *hits* in *total*; with *f1* both count every common unit twice."""
        compared = total - hits / 2 if f1 else total
        self._ratio(name, level, (hits, total, compared), empty, is_f1=f1)

    def macro_f1(self, name: str, level: str, hits: Floats, reference: Floats, other: Floats) -> None:
        """Add the mean F1 of the labels that occur on either side, from (M, K) hits and totals."""
        for pooled in (False, True):
            group, groups, apart = self._groups(pooled=pooled)
            found = mean_f1(hits, reference + other, group, self._cluster, groups, self._confidence)
            n = np.bincount(group, (reference + other - hits).sum(axis=1), minlength=groups)
            scores = of_ratio(found, n, Reason.NO_SPANS, [(apart, Reason.NO_SHARED_ITEMS)])
            self._rows.add(name, level, scores, pooled=pooled)

    def kappa(self, name: str, level: str, measure: Measure, tables: Ints, margins: Margins) -> None:
        """Add a *measure* of tables (P, K, K), and its mean over pairs weighted by their units as ``name_mean``.

        The jackknife takes out documents, whose part of the tables is in the *margins* by meeting (M, K).
        """
        met = self._met
        width = int(self._cluster.max(initial=0)) + 1
        keys, place = np.unique(met.pair * width + self._cluster, return_inverse=True)
        parts = [_summed(part, place, len(keys)) for part in (margins.both, margins.reference, margins.other)]
        kept = parts[1].sum(axis=1) > 0
        clusters = np.bincount(keys[kept] // width, minlength=len(met.pairs))
        clustered = Clustered(keys[kept] // width, Margins(*(part[kept] for part in parts)))
        many = clusters >= MIN_CLUSTERS
        by_document = pair_scores(measure, tables, self._confidence, clustered, clusters)
        by_unit = pair_scores(measure, tables, self._confidence)
        for rows, scores in ((many, by_document), (~many, by_unit)):
            self._rows.add(name, level, scores, keep=rows)
        mean = mean_of_pairs(measure, tables, clustered, keys[kept] % width, self._confidence)
        stem, _, variant = name.partition(".")
        self._rows.add(f"{stem}_mean.{variant}" if variant else f"{stem}_mean", level, mean, pooled=True)

    def without_text(self, *names: str) -> None:
        """Add a row per pair that says why there is no token level."""
        pairs = len(self._met.pairs)
        for name in names:
            scores = scored(
                np.full(pairs, np.nan), np.zeros(pairs, np.int64), [(np.ones(pairs, dtype=bool), Reason.NO_TEXT)]
            )
            self._rows.add(name, "token", scores)

    def _groups(self, *, pooled: bool) -> tuple[Ints, int, NDArray[np.bool_]]:
        """Return the group of each meeting, how many there are, and which have no meeting."""
        if pooled:
            return np.zeros_like(self._met.pair), 1, np.array([not len(self._met.pair)])
        return self._met.pair, len(self._met.pairs), self._apart

    def _ratio(
        self,
        name: str,
        level: str,
        sums: tuple[Floats, Floats, Floats],
        empty: Reason,
        params: str = "",
        *,
        is_f1: bool = False,
        swapped: bool | None = None,
    ) -> None:
        """Add numerator / denominator by pair and, where it has no direction, pooled; the third of *sums* makes n."""
        numerator, denominator, compared = sums
        by_label = numerator.ndim > 1
        for pooled in (False, True) if swapped is None else (False,):
            group, groups, apart = self._groups(pooled=pooled)
            found = ratios(numerator, denominator, group, self._cluster, groups, self._confidence, is_f1=is_f1)
            n = np.round(_summed(compared, group, groups)).astype(np.int64)
            none = apart[:, None] if by_label else apart
            scores = of_ratio(found, n, empty, [(none, Reason.NO_SHARED_ITEMS)])
            keep = np.broadcast_to(~none, found.value.shape) if by_label else None
            labels = self._labels if by_label else None
            self._rows.add(
                name, level, scores, params=params, labels=labels, swapped=bool(swapped), pooled=pooled, keep=keep
            )


def mean_of_pairs(measure: Measure, tables: Ints, parts: Clustered, cluster: Ints, confidence: float) -> Scores:
    """Return (1,) the mean over pairs of a *measure* of sums over labels, each pair weighted by its units.

    *parts* are what each pair's document, named by *cluster* (C,), adds to the *tables* (P, K, K). Each document in
    turn is left out of all pairs at once; with fewer than ten documents there is a value and no interval.
    """
    scores = measure.compute(tables)
    weight = np.where(scores.reason == Reason.DEFINED, scores.n, 0).astype(np.float64)
    n = np.array([scores.n.sum()])
    if measure.sums is None or not weight.any():
        reason = Reason.ONE_LABEL if n[0] else Reason.NO_SHARED_ITEMS
        return scored(np.array([np.nan]), n, [(np.array([True]), reason)])
    value = np.array([(weight * np.nan_to_num(scores.value)).sum() / weight.sum()])
    full, _ = smoothed(tables)
    whole = np.diagonal(full, axis1=-2, axis2=-1), full.sum(axis=-1), full.sum(axis=-2)
    centre = measure.sums.parts(*whole)[0]
    left_out = (parts.margins.both, parts.margins.reference, parts.margins.other)
    without = measure.sums.parts(*(total[parts.table] - part for total, part in zip(whole, left_out, strict=True)))[0]
    documents, place = np.unique(cluster, return_inverse=True)
    shift = np.bincount(place, np.nan_to_num(weight[parts.table] * (without - centre[parts.table])))
    middle = np.array([(weight * np.nan_to_num(centre)).sum() / weight.sum()])
    m = len(documents) + 1
    variance = (m - 1) / m * ((shift / weight.sum()) ** 2).sum() + (value - middle) ** 2
    low, high = transformed(value, middle, np.sqrt(variance), np.array([m - 2]), measure.range, confidence)
    if len(documents) < MIN_CLUSTERS:
        return scored(value, n, [])
    return scored(value, n, [], low=low, high=high, se=np.sqrt(variance), clusters=np.array([len(documents)]))


def _summed(rows: NDArray[np.number], group: Ints, groups: int) -> NDArray[np.number]:
    """Return (G, …) the sums of *rows* (M, …) by *group* in any order."""
    total = np.zeros((groups, *rows.shape[1:]), dtype=rows.dtype)
    np.add.at(total, group, rows)
    return total
