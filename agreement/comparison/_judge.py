"""From hits and totals by meeting to score rows: each pair in both directions, by label, and pooled."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.comparison._columns import Rows
from agreement.counts import Ints, Margins
from agreement.intervals import Clustered, pair_scores, smoothed, transformed
from agreement.meetings import Meetings
from agreement.scores import Measure, Reason, Scores, scored
from agreement.settings import Measures
from agreement.uncertainty.ratios import MIN_CLUSTERS, Ratio, group_sums, label_means, ratios
from agreement.wording import comparison as said

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
ALL_LABEL_ROWS = 20_000  # pairs x labels up to which every pair has its rows by label
Sums = tuple[Floats, Floats, Floats]
"""Numerator, denominator and units compared, (M,) or (M, K) each."""


class Judge:
    """Turns counts by meeting (M,) or (M, K) into score rows.

    Symmetric measures give one row per pair and one pooled row (no annotators); precision and recall one row per pair
    and direction.

    Parameters
    ----------
    layer
        Its name.
    met
        The meetings that the counts belong to.
    labels
        (K,) names.
    measures
        Level of the intervals, and shared items from which a pair has rows by label where all pairs would have too
        many.
    items_are_units
        True if an item is one decision per label, so that the F1 of a label has an interval in closed form.
    """

    def __init__(
        self,
        layer: str,
        met: Meetings,
        labels: tuple[str, ...],
        measures: Measures,
        *,
        items_are_units: bool = False,
    ) -> None:
        self._layer = layer
        self._rows: dict[str, Rows] = {}
        self._met = met
        self._labels = np.array(labels, dtype=object)
        self._confidence = measures.confidence
        self._items_are_units = items_are_units
        self._cluster = met.cluster[met.document]
        self._within, self._alike = (None if part is None else part[met.document] for part in (met.within, met.alike))
        self._apart = met.shared == 0
        few = met.shared < measures.min_pair_items
        crowded = int((~self._apart).sum()) * len(labels) > ALL_LABEL_ROWS
        self._labelled = ~self._apart & ~(few & crowded)
        self.left_out = {}
        if crowded:
            what = said.rows_by_label(measures.min_pair_items)
            self.left_out = {what: int((few & ~self._apart).sum())}
        self._names = np.array([*met.annotators, None], dtype=object)

    def frame(self) -> pd.DataFrame:
        """Return all rows with ``SCORE_COLUMNS``."""
        return pd.concat([rows.frame() for rows in self._rows.values()], ignore_index=True)

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
        self.share(
            name, level, (2 * hits, reference + other, reference + other - both), neither, params=params, f1=True
        )
        precision, recall = name.replace("f1", "precision", 1), name.replace("f1", "recall", 1)
        self.directed(precision, level, ((hits, other, other), (hits, reference, reference)), no_other, params)
        self.directed(recall, level, ((hits, reference, reference), (hits, other, other)), no_reference, params)

    def share(
        self,
        name: str,
        level: str,
        sums: Sums,
        empty: Reason = Reason.CONDITIONS_NOT_MET,
        *,
        params: str = "",
        f1: bool = False,
    ) -> None:
        """Add the ratio of *sums* by pair and pooled; with *f1* it counts every common unit twice."""
        for pooled in (False, True):
            self._add(name, level, self._ratio(sums, empty, pooled=pooled, f1=f1), pooled=pooled, params=params)

    def directed(self, name: str, level: str, both_ways: tuple[Sums, Sums], empty: Reason, params: str = "") -> None:
        """Add the ratios of sums seen from the reference and, second, with the other annotator as the reference."""
        for swapped, sums in enumerate(both_ways):
            self._add(name, level, self._ratio(sums, empty), swapped=bool(swapped), params=params)

    def macro_f1(self, name: str, level: str, hits: Floats, reference: Floats, other: Floats) -> None:
        """Add the mean F1 of the labels that occur on either side, from (M, K) hits and totals."""
        either = reference + other
        for pooled in (False, True):
            group, groups, apart = self._groups(pooled=pooled)
            used = group_sums(either, group, groups)[group] > 0
            scores = self._mean((2 * hits, either, used / 1.0), either - hits, group, groups, apart)
            self._add(name, level, scores, pooled=pooled)

    def directed_means(self, level: str, hits: Floats, reference: Floats, other: Floats) -> None:
        """Add macro precision and recall, and means weighted by the reference's uses of each label, both ways."""
        group, groups, apart = self._groups(pooled=False)
        used = (group_sums(reference + other, group, groups)[group] > 0) / 1.0
        for swapped, (mine, theirs) in enumerate(((reference, other), (other, reference))):
            for name, sums in (
                ("precision_macro", (hits, theirs, used)),
                ("recall_macro", (hits, mine, used)),
                ("f1_weighted", (2 * hits, mine + theirs, mine)),
                ("precision_weighted", (hits, theirs, mine)),
                ("recall_weighted", (hits, mine, mine)),
            ):
                scores = self._mean(sums, mine + theirs - hits, group, groups, apart)
                self._add(name, level, scores, swapped=bool(swapped))

    def _mean(self, sums: Sums, compared: Floats, group: Ints, groups: int, apart: Bools) -> Scores:
        """Return the mean over labels of numerator / denominator, weighted by the third of *sums*."""
        above, below, by = map(self._counted, sums)
        found = label_means(above, below, by, group, self._cluster, groups, self._confidence, self._alike)
        n = np.bincount(group, self._counted(compared, every=True).sum(axis=1), minlength=groups)
        return of_ratio(found, n, [(apart, Reason.NO_SHARED_ITEMS)], Reason.NO_SPANS)

    def kappa(
        self, name: str, level: str, measure: Measure, tables: Ints, margins: Margins, label: str | None = None
    ) -> None:
        """Add a *measure* of tables (P, K, K), and its mean over pairs, weighted by units, as ``kappa_mean``.

        The jackknife takes out documents, whose part of the tables is in the *margins* by meeting (M, K).
        """
        met = self._met
        width = int(self._cluster.max(initial=0)) + 1
        keys, place = np.unique(met.pair * width + self._cluster, return_inverse=True)
        order = np.argsort(place, kind="stable")
        parts = [
            group_sums(self._counted(part)[order], place[order], len(keys)).astype(np.int64)
            for part in (margins.both, margins.reference, margins.other)
        ]
        kept = parts[1].sum(axis=1) > 0
        times = None
        if self._alike is not None:
            times = np.empty(len(keys), np.int64)
            times[place] = self._alike
            times = times[kept]
        clusters = np.bincount(keys[kept] // width, times, minlength=len(met.pairs)).astype(np.int64)
        clustered = Clustered(keys[kept] // width, Margins(*(part[kept] for part in parts)), times=times)
        many = clusters >= MIN_CLUSTERS
        by_document = pair_scores(measure, tables, self._confidence, clustered, clusters)
        by_unit = pair_scores(measure, tables, self._confidence)
        self._add(name, level, _either(many, by_document, by_unit), label=label)
        mean = mean_of_pairs(measure, tables, clustered, keys[kept] % width, self._confidence)
        self._add(name.replace("cohen_kappa", "kappa_mean"), level, mean, pooled=True, label=label)

    def of_annotators(self, name: str, level: str, sums: Sums, annotator: Ints, cluster: Ints, empty: Reason) -> None:
        """Add the ratio of *sums* (R,) of each *annotator* (R,), who stands as the other of a row without reference."""
        groups = len(self._met.annotators)
        order = np.argsort(annotator, kind="stable")
        ordered = [part[order] for part in sums]
        found = ratios(ordered[0], ordered[1], annotator[order], cluster[order], groups, self._confidence, is_f1=False)
        n = np.bincount(annotator, sums[2], minlength=groups)
        scores = of_ratio(found, n, [], empty)
        self._rows_of(level).add(name, scores, other=self._names[:-1])

    def without_text(self, *names: str) -> None:
        """Add a row per pair that says why there is no token level."""
        pairs = len(self._met.pairs)
        for name in names:
            nothing = np.full(pairs, np.nan), np.zeros(pairs, np.int64)
            self._add(name, "token", scored(*nothing, [(np.ones(pairs, dtype=bool), Reason.NO_TEXT)]))

    def pooled(self, name: str, level: str, scores: Scores, params: str = "") -> None:
        """Add the *scores* of all annotators together."""
        self._rows_of(level).add(name, scores, params=params)

    def by_pair(self, name: str, level: str, scores: Scores, *, swapped: bool = False) -> None:
        """Add the *scores* (P,) of the pairs."""
        self._add(name, level, scores, swapped=swapped)

    def _ratio(self, sums: Sums, empty: Reason, *, pooled: bool = False, f1: bool = False) -> Scores:
        """Return the ratio of each pair, or of all; by label only of the pairs that have rows by label."""
        group, groups, apart = self._groups(pooled=pooled)
        numerator, denominator = map(self._counted, sums[:2])
        compared = self._counted(sums[2], every=True)
        cluster, alike = self._cluster, self._alike
        by_label = numerator.ndim > 1
        if by_label and not pooled:
            rows = self._labelled[group]
            numerator, denominator, compared = numerator[rows], denominator[rows], compared[rows]
            group, cluster = (np.cumsum(self._labelled) - 1)[group[rows]], cluster[rows]
            alike = None if alike is None else alike[rows]
            groups = int(self._labelled.sum())
            apart = np.zeros(groups, dtype=bool)
        found = ratios(
            numerator, denominator, group, cluster, groups, self._confidence,
            is_f1=f1, by_unit=by_label and self._items_are_units, times=alike,
        )  # fmt: skip
        n = np.round(group_sums(compared, group, groups))
        none = apart[:, None] if by_label else apart
        return of_ratio(found, n, [(none, Reason.NO_SHARED_ITEMS)], empty)

    def _counted(self, part: NDArray[np.number], *, every: bool = False) -> Floats:
        """Return the counts (M, …) of all equal documents of a cluster, and of all equal clusters if *every*."""
        if self._within is None or self._alike is None:
            return part.astype(np.float64, copy=False)
        times = self._within * self._alike if every else self._within
        return np.asarray(part * times.reshape(-1, *(1,) * (part.ndim - 1)), dtype=np.float64)

    def _groups(self, *, pooled: bool) -> tuple[Ints, int, Bools]:
        """Return the group of each meeting, how many there are, and which have no meeting."""
        if pooled:
            return np.zeros_like(self._met.pair), 1, np.array([not len(self._met.pair)])
        return self._met.pair, len(self._met.pairs), self._apart

    def _add(
        self,
        name: str,
        level: str,
        scores: Scores,
        *,
        swapped: bool = False,
        pooled: bool = False,
        params: str = "",
        label: str | None = None,
    ) -> None:
        """Add scores (P,), or (L, K) of the L pairs that have rows by label; (1,) or (1, K) if *pooled*."""
        pairs = np.full((1, 2), -1) if pooled else self._met.pairs[:, ::-1] if swapped else self._met.pairs
        labels = None if label is None else np.full(len(pairs), label, dtype=object)
        if scores.value.ndim > 1:
            if not pooled:
                pairs = pairs[self._labelled]
            labels = np.tile(self._labels, len(pairs))
            pairs = np.repeat(pairs, len(self._labels), axis=0)
        self._rows_of(level).add(
            name,
            scores,
            label=labels,
            reference=self._names[pairs[:, 0]],
            other=self._names[pairs[:, 1]],
            params=params,
        )

    def _rows_of(self, level: str) -> Rows:
        return self._rows.setdefault(level, Rows(self._layer, level))


def of_ratio(ratio: Ratio, n: NDArray[np.number], reasons: list[tuple[Bools, Reason]], empty: Reason) -> Scores:
    """Return a ratio as Scores: undefined by the first of *reasons* that holds, else by *empty* if it is 0 / 0."""
    scores = scored(ratio.value, np.round(n).astype(np.int64), [*reasons, (ratio.denominator == 0, empty)])
    kept = scores.reason == Reason.DEFINED
    low, high, se = (np.where(kept, part, np.nan) for part in (ratio.low, ratio.high, ratio.se))
    return replace(scores, low=low, high=high, se=se, clusters=ratio.clusters)


def mean_of_pairs(measure: Measure, tables: Ints, parts: Clustered, cluster: Ints, confidence: float) -> Scores:
    """Return (1,) the mean over pairs of a *measure* of sums over labels, each pair weighted by its units.

    *parts* are what each pair's document, named by *cluster* (C,), adds to the *tables* (P, K, K). Each document in
    turn is left out of all pairs at once; with a single document there is a value and no interval.
    """
    scores = measure.compute(tables)
    weight = np.where(scores.reason == Reason.DEFINED, scores.n, 0).astype(np.float64)
    n = np.array([scores.n.sum()])
    if measure.sums is None or not weight.any():
        reason = Reason.ONE_LABEL if n[0] else Reason.NO_SHARED_ITEMS
        return scored(np.array([np.nan]), n, [(np.array([True]), reason)])
    n = np.array([scores.n[weight > 0].sum()])  # a pair without a kappa is no part of the mean
    value = np.array([(weight * np.nan_to_num(scores.value)).sum() / weight.sum()])
    full, _ = smoothed(tables)
    whole = np.diagonal(full, axis1=-2, axis2=-1), full.sum(axis=-1), full.sum(axis=-2)
    centre = measure.sums.parts(*whole)[0]
    left_out = (parts.margins.both, parts.margins.reference, parts.margins.other)
    without = measure.sums.parts(*(total[parts.table] - part for total, part in zip(whole, left_out, strict=True)))[0]
    change = weight[parts.table] * (without - centre[parts.table])
    held = weight[parts.table] > 0
    documents, first, place = np.unique(cluster[held], return_index=True, return_inverse=True)
    times = np.ones(len(documents)) if parts.times is None else parts.times[held][first]
    shift = np.bincount(place, np.nan_to_num(change[held]))
    middle = np.array([(weight * np.nan_to_num(centre)).sum() / weight.sum()])
    m = int(times.sum()) + 1
    se = np.sqrt((m - 1) / m * ((times * (shift / weight.sum()) ** 2).sum() + (value - middle) ** 2))
    low, high = transformed(value, middle, se, np.array([m - 2]), measure.range, confidence)
    if m < 3:
        return scored(value, n, [])
    return scored(value, n, [], low=low, high=high, se=se, clusters=np.array([m - 1]))


def _either(first: Bools, yes: Scores, no: Scores) -> Scores:
    """Return the scores (P,) of *yes* where *first* holds, of *no* elsewhere."""
    chosen: dict[str, Any] = {
        name: np.where(first, getattr(yes, name), getattr(no, name)) for name in ("low", "high", "se")
    }
    if yes.clusters is not None:
        chosen["clusters"] = np.where(first, yes.clusters, np.nan)
    return replace(yes, **chosen)
