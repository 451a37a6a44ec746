"""Spans: exact, overlapping, of the same type, by token and by character, every pair in both directions."""

import numpy as np
from numpy.typing import NDArray

from agreement.annotations import Annotations
from agreement.comparison._result import Comparison
from agreement.comparison._rows import ScoreRows, of_ratio
from agreement.matching import POLICIES, Matches, align, iou_at_least
from agreement.meetings import Meetings
from agreement.ratios import ratios
from agreement.scores import Reason
from agreement.settings import Settings
from agreement.spans import document_spans

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def compare_spans(annotations: Annotations, layer: str, settings: Settings) -> Comparison:
    """Return the comparison of one spans *layer*."""
    spans = document_spans(annotations, layer)
    matches = align(spans)
    rows = ScoreRows(layer, spans.meetings.annotators, spans.meetings.pairs)
    judge = Judge(rows, spans.meetings, spans.labels, settings.measures.confidence)
    _span_level(judge, matches, settings)
    return Comparison(annotations.layers[layer], rows.frame())


class Judge:
    """Turns hits and totals by meeting into score rows: F1 once per pair, precision and recall in both directions."""

    def __init__(self, rows: ScoreRows, met: Meetings, labels: tuple[str, ...], confidence: float) -> None:
        self.rows = rows
        self.met = met
        self.labels = labels
        self.confidence = confidence
        self.cluster = met.cluster[met.document]
        self.apart = met.shared == 0

    def f1(
        self, name: str, level: str, hits: Floats, both: Floats, reference: Floats, other: Floats, params: str = ""
    ) -> None:
        """Add F1, precision and recall from (M,) or (M, K) hits and totals of the two; *name* holds an ``f1``.

        *both* counts as one what the two have in common, so that n is what either marked.
        """
        by_label = hits.ndim > 1
        neither, no_reference, no_other = (
            (Reason.LABEL_UNUSED, Reason.REFERENCE_UNUSED, Reason.OTHER_UNUSED)
            if by_label
            else (Reason.NO_SPANS, Reason.REFERENCE_EMPTY, Reason.OTHER_EMPTY)
        )
        precision, recall = name.replace("f1", "precision", 1), name.replace("f1", "recall", 1)
        self._ratio(name, level, 2 * hits, reference + other, reference + other - both, neither, params)
        for swapped in (False, True):
            mine, theirs = (other, reference) if swapped else (reference, other)
            self._ratio(precision, level, hits, theirs, theirs, no_other, params, swapped=swapped)
            self._ratio(recall, level, hits, mine, mine, no_reference, params, swapped=swapped)

    def share(self, name: str, level: str, hits: Floats, total: Floats) -> None:
        """Add the share of *hits* in *total*, (M,) or (M, K) each."""
        self._ratio(name, level, hits, total, total, Reason.CONDITIONS_NOT_MET)

    def _ratio(
        self,
        name: str,
        level: str,
        numerator: Floats,
        denominator: Floats,
        compared: Floats,
        empty: Reason,
        params: str = "",
        *,
        swapped: bool | None = None,
    ) -> None:
        """Add numerator / denominator by pair and, where it has no direction, pooled; *compared* sums to n."""
        by_label = numerator.ndim > 1
        labels = self.labels if by_label else None
        for pooled in (False, True) if swapped is None else (False,):
            group = np.zeros_like(self.met.pair) if pooled else self.met.pair
            groups = 1 if pooled else len(self.met.pairs)
            found = ratios(numerator, denominator, group, self.cluster, groups, self.confidence, is_f1=swapped is None)
            apart = np.array([not len(group)]) if pooled else self.apart
            apart = apart[:, None] if by_label else apart
            n = np.zeros_like(found.value)
            np.add.at(n, group, compared)
            scores = of_ratio(found, np.round(n).astype(np.int64), empty, [(apart, Reason.NO_SHARED_ITEMS)])
            keep = np.broadcast_to(~apart, found.value.shape) if by_label else None
            self.rows.add(
                name, level, scores, params=params, labels=labels, swapped=bool(swapped), pooled=pooled, keep=keep
            )


def _span_level(judge: Judge, matches: Matches, settings: Settings) -> None:
    """Add the scores of every matching policy, overall and by label."""
    least = settings.measures.iou
    policies = {name: policy(matches) for name, (policy, _) in POLICIES.items()} | {"iou": iou_at_least(matches, least)}
    reference, other = matches.reference.astype(np.float64), matches.other.astype(np.float64)
    for name, credit in policies.items():
        params = f"iou={least:g}" if name == "iou" else ""
        both = (credit > 0).astype(np.float64)
        for count, mine, theirs in (
            (matches.hits, reference.sum(1), other.sum(1)),
            (matches.hits_by_label, reference, other),
        ):
            judge.f1(f"span_f1.{name}", "span", count(credit), count(both), mine, theirs, params)
