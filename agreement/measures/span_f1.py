"""Span F1, precision and recall under named matching policies, from one alignment of two annotators' spans."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.scores import Measure, Reason, Scores, scored

Floats = NDArray[np.float64]
Counts = NDArray[np.int64] | Floats


def span_f1(counts: Counts) -> Scores:
    """Return F1 of counts (…, 3): credit, spans of the reference, spans of the other.

    2 credit / (reference + other), 0 to 1, the same whoever is the reference; n is what either marked. With a credit of
    1/2 for partial overlap it is the partial score of SemEval-2013 task 9.1. Undefined where neither marked anything.
    Spans have no true negatives, so this is also what kappa tends to (Hripcsak & Rothschild 2005, p. 297).

    Examples
    --------
    >>> float(span_f1(np.array([2, 4, 4])).value)
    0.5
    """
    credit, reference, other = (counts[..., at].astype(np.float64) for at in range(3))
    total = reference + other
    with np.errstate(divide="ignore", invalid="ignore"):
        return scored(2 * credit / total, np.ceil(total - credit).astype(np.int64), [(total == 0, Reason.NO_SPANS)])


def span_share(counts: Counts, of: int) -> Scores:
    """Return credit over the spans of the other (*of* = 2, precision) or of the reference (*of* = 1, recall).

    Examples
    --------
    >>> float(span_share(np.array([2, 4, 5]), of=2).value)  # 2 of the other's 5 spans
    0.4
    """
    empty = Reason.OTHER_EMPTY if of == 2 else Reason.REFERENCE_EMPTY
    whole = counts[..., of].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return scored(counts[..., 0] / whole, whole.astype(np.int64), [(whole == 0, empty)])


SEMEVAL = "Segura-Bedmar, Martínez & Herrero-Zazo 2013, SemEval-2013 task 9, section 9.1"
POLICIES = {
    "strict": ("exact span", "same start, end and label: the exact span F1", SEMEVAL),
    "exact": ("boundary only", "same start and end, whatever the label", SEMEVAL),
    "partial": ("partial", "same start and end count 1, any overlap ½, whatever the label", SEMEVAL),
    "type": ("same label, any overlap", "any overlap with the same label", SEMEVAL),
    "overlap": ("any overlap", "any overlap, whatever the label", SEMEVAL),
    "iou": (
        "overlap over union",
        "the same label, and shared characters at least the given part of those that either marked",
        "Jaccard 1912, New Phytologist 11(2), p. 39",
    ),
}
HEADS = (
    ("span_f1", "F1", "Of the spans that either marked, how far both did", span_f1, True),
    (
        "span_precision",
        "precision",
        "Share of the other's spans that the reference shares",
        partial(span_share, of=2),
        False,
    ),
    ("span_recall", "recall", "Share of the reference's spans that the other finds", partial(span_share, of=1), False),
)

MEASURE = (
    *(
        Measure(
            name=f"{head}.{policy}",
            title=f"Span {title}, {short}",
            summary=f"{summary}; a match is {rule}. By label: between spans of that label.",
            takes="matches",
            compute=compute,
            range=(0.0, 1.0),
            symmetric=symmetric,
            citation=citation,
        )
        for head, title, summary, compute, symmetric in HEADS
        for policy, (short, rule, citation) in POLICIES.items()
    ),
    Measure(
        name="span_f1_macro.strict",
        title="Macro span F1, exact span",
        summary="The mean of the exact span F1 of the labels that either annotator used.",
        takes="matches",
        compute=span_f1,
        range=(0.0, 1.0),
        symmetric=True,
        citation=SEMEVAL,
    ),
    *(
        Measure(
            name=f"span_label_{kind}",
            title=f"Span labels, {title}",
            summary="How far two annotators used the same labels in a document, as often, wherever the spans are.",
            takes="matches",
            compute=compute,
            range=(0.0, 1.0),
            symmetric=kind == "f1",
            citation="Hripcsak & Rothschild 2005, JAMIA 12(3), p. 297",
        )
        for kind, title, compute in (
            ("f1", "F1", span_f1),
            ("precision", "precision", partial(span_share, of=2)),
            ("recall", "recall", partial(span_share, of=1)),
        )
    ),
    Measure(
        name="span_label_given_boundary",
        title="Label, given the boundary",
        summary="Of the spans with equal start and end, the share with an equal label; by label, their F1.",
        takes="matches",
        compute=partial(span_share, of=1),
        range=(0.0, 1.0),
        symmetric=True,
        citation=SEMEVAL,
    ),
    Measure(
        name="span_boundary_given_label",
        title="Boundary, given the label",
        summary="Of the spans that overlap with an equal label, the share with equal start and end.",
        takes="matches",
        compute=partial(span_share, of=1),
        range=(0.0, 1.0),
        symmetric=True,
        citation=SEMEVAL,
    ),
)
