"""Span F1, precision and recall under named matching policies, from one alignment of two annotators' spans."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.scores import Measure, Reason, Scores, scored
from agreement.wording.definitions import MATCHES, called

Floats = NDArray[np.float64]
Counts = NDArray[np.int64] | Floats


def span_f1(counts: Counts) -> Scores:
    """Return F1 of counts (…, 3): credit, spans of the reference, spans of the other.

    2 credit / (reference + other), 0 to 1, the same whoever is the reference; n is what either marked. With a credit of
    1/2 for partial overlap it is the partial score of SemEval-2013 task 9.1. Undefined where neither marked anything.
    Spans have no true negatives, so this is also what kappa tends to (Hripcsak & Rothschild 2005, pp. 296-298).

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
JACCARD = "Jaccard 1912, New Phytologist 11(2), pp. 37-50"
HEADS: tuple[tuple[str, Callable[[Counts], Scores]], ...] = (
    ("f1", span_f1),
    ("precision", partial(span_share, of=2)),
    ("recall", partial(span_share, of=1)),
)

MEASURE = (
    *(
        Measure(
            *called(f"span_{head}.{policy}"),
            takes="matches",
            compute=compute,
            range=(0.0, 1.0),
            symmetric=head == "f1",
            citation=JACCARD if policy == "iou" else SEMEVAL,
        )
        for head, compute in HEADS
        for policy in MATCHES
    ),
    Measure(
        *called("span_f1_macro.strict"),
        takes="matches",
        compute=span_f1,
        range=(0.0, 1.0),
        symmetric=True,
        citation=SEMEVAL,
    ),
    *(
        Measure(
            *called(f"span_label_{kind}"),
            takes="matches",
            compute=compute,
            range=(0.0, 1.0),
            symmetric=kind == "f1",
            citation="Hripcsak & Rothschild 2005, JAMIA 12(3), pp. 296-298",
        )
        for kind, compute in HEADS
    ),
    Measure(
        *called("span_label_given_boundary"),
        takes="matches",
        compute=partial(span_share, of=1),
        range=(0.0, 1.0),
        symmetric=True,
        citation=SEMEVAL,
    ),
    Measure(
        *called("span_boundary_given_label"),
        takes="matches",
        compute=partial(span_share, of=1),
        range=(0.0, 1.0),
        symmetric=True,
        citation=SEMEVAL,
    ),
)
