"""Sets of labels: F1, Jaccard and MASI of two sets, means over items; two empty sets agree."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from agreement.measures.krippendorff_alpha import krippendorff_alpha
from agreement.scores import Measure, Scores, scored
from agreement.wording.definitions import called

Bools = NDArray[np.bool_]


def set_f1(first: Bools, second: Bools) -> Scores:
    """Return 2 |A and B| / (|A| + |B|) of sets (…, M); 1 for two empty sets.

    Examples
    --------
    >>> float(set_f1(np.array([True, True, False]), np.array([False, True, False])).value.round(4))
    0.6667
    """
    shared, total = (first & second).sum(axis=-1), first.sum(axis=-1) + second.sum(axis=-1)
    return _scored(np.where(total > 0, 2 * shared / np.maximum(total, 1), 1.0))


def set_recall(first: Bools, second: Bools) -> Scores:
    """Return |A and B| / |A| of sets (…, M), A the reference's; 1 for two empty sets, 0 if only A is empty."""
    shared, size = (first & second).sum(axis=-1), first.sum(axis=-1)
    return _scored(np.where(size > 0, shared / np.maximum(size, 1), ~second.any(axis=-1)))


def set_precision(first: Bools, second: Bools) -> Scores:
    """Return |A and B| / |B| of sets (…, M), A the reference's; 1 for two empty sets, 0 if only B is empty."""
    return set_recall(second, first)


def set_jaccard(first: Bools, second: Bools) -> Scores:
    """Return |A and B| / |A or B| of sets (…, M); 1 for two empty sets (Jaccard 1912, pp. 37-50).

    Examples
    --------
    >>> float(set_jaccard(np.array([True, True, False]), np.array([False, True, False])).value)
    0.5
    """
    shared, either = (first & second).sum(axis=-1), (first | second).sum(axis=-1)
    return _scored(np.where(either > 0, shared / np.maximum(either, 1), 1.0))


def jaccard_distance(first: Bools, second: Bools) -> Scores:
    """Return 1 - |A and B| / |A or B| of sets (…, M); 0 for two empty sets."""
    return _scored(1 - set_jaccard(first, second).value)


def masi_distance(first: Bools, second: Bools) -> Scores:
    """Return 1 - J·M of sets (…, M): J of :func:`set_jaccard`, M = 1, 2/3, 1/3, 0 (Passonneau 2006).

    M is 1 for equal sets, 2/3 if one holds the other, 1/3 if they only overlap, 0 if they are disjoint.

    Examples
    --------
    >>> float(masi_distance(np.array([True, False]), np.array([True, True])).value.round(4))  # 1 - 1/2 · 2/3
    0.6667
    """
    shared, either = (first & second).sum(axis=-1), (first | second).sum(axis=-1)
    subset = shared == np.minimum(first.sum(axis=-1), second.sum(axis=-1))
    kind = np.where(shared == either, 1.0, np.where(subset, 2 / 3, 1 / 3))
    return _scored(1 - kind * set_jaccard(first, second).value)


def _scored(value: NDArray[np.float64]) -> Scores:
    return scored(value, np.ones(np.shape(value), dtype=np.int64), [])


def _measure(name: str, compute: Callable[..., Scores], citation: str, *, symmetric: bool = True) -> Measure:
    return Measure(*called(name), "values", compute, (0.0, 1.0), symmetric, citation)


GODBOLE = "Godbole & Sarawagi 2004, PAKDD, pp. 22-30"
PASSONNEAU = "Passonneau 2006, LREC"

MEASURE = (
    _measure("f1_samples", set_f1, GODBOLE),
    _measure("precision_samples", set_precision, GODBOLE, symmetric=False),
    _measure("recall_samples", set_recall, GODBOLE, symmetric=False),
    _measure("jaccard_samples", set_jaccard, GODBOLE),
    _measure("jaccard_distance", jaccard_distance, "Jaccard 1912, New Phytologist 11(2), pp. 37-50"),
    _measure("masi_distance", masi_distance, PASSONNEAU),
    Measure(
        *called("krippendorff_alpha.nominal_sets"),
        takes="item_counts",
        compute=krippendorff_alpha,
        range=(-1.0, 1.0),
        symmetric=True,
        citation="Krippendorff 2004, Content Analysis, 2nd ed., ch. 11",
    ),
)
