"""F1, precision, recall and Fbeta of one label: one annotator in turn the reference."""

import numpy as np
from numpy.typing import NDArray

from agreement.scores import Measure, Reason, Scores, scored
from agreement.wording.definitions import called

Floats = NDArray[np.float64]
Counts = NDArray[np.int64] | Floats


def cells(counts: Counts) -> tuple[Floats, Floats, Floats, Floats]:
    """Return tp, fn, fp, tn of tables [[tp, fn], [fp, tn]] (…, 2, 2), rows the reference."""
    exact = counts.astype(np.float64)
    return exact[..., 0, 0], exact[..., 0, 1], exact[..., 1, 0], exact[..., 1, 1]


def share(counts: Counts, part: Floats, whole: Floats, unused: Reason) -> Scores:
    """Return part / whole; *unused* is the reason where the whole is nothing."""
    n = counts.sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(whole == 0, np.nan, part / whole)
    return scored(value, n, [(n == 0, Reason.NO_SHARED_ITEMS), (whole == 0, unused)])


def f1(counts: Counts) -> Scores:
    """Return F1 of tables label against rest (…, 2, 2): 2 tp / (2 tp + fp + fn).

    The harmonic mean of precision and recall, 0 to 1; the same whoever is the reference, and the same as the positive
    specific agreement (Hripcsak & Rothschild 2005). It looks at this label only. Undefined where neither used
    the label.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(f1(np.array([[20, 5], [10, 15]])).value), 6)  # 40 / 55
    0.727273
    """
    return fbeta(counts, 1.0)


def fbeta(counts: Counts, beta: float) -> Scores:
    """Return Fbeta of tables (…, 2, 2): (1 + b²) tp / ((1 + b²) tp + b² fn + fp), recall counting b times as much.

    (van Rijsbergen 1979, ch. 7.) Undefined where neither used the label.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(fbeta(np.array([[20, 5], [10, 15]]), 2.0).value), 6)  # 100 / 130
    0.769231
    """
    tp, fn, fp, _ = cells(counts)
    square = beta**2
    return share(counts, (1 + square) * tp, (1 + square) * tp + square * fn + fp, Reason.LABEL_UNUSED)


def precision(counts: Counts) -> Scores:
    """Return precision of tables (…, 2, 2): tp / (tp + fp), the share of the other's uses the reference shares.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(precision(np.array([[20, 5], [10, 15]])).value), 6)  # 20 / 30
    0.666667
    """
    tp, _, fp, _ = cells(counts)
    return share(counts, tp, tp + fp, Reason.OTHER_UNUSED)


def recall(counts: Counts) -> Scores:
    """Return recall of tables (…, 2, 2): tp / (tp + fn), the share of the reference's uses that the other finds.

    Examples
    --------
    >>> import numpy as np
    >>> float(recall(np.array([[20, 5], [10, 15]])).value)  # 20 / 25
    0.8
    """
    tp, fn, _, _ = cells(counts)
    return share(counts, tp, tp + fn, Reason.REFERENCE_UNUSED)


HRIPCSAK = "Hripcsak & Rothschild 2005, Journal of the American Medical Informatics Association 12(3), pp. 296-298"
RIJSBERGEN = "van Rijsbergen 1979, Information Retrieval, 2nd ed., ch. 7"

MEASURE = (
    Measure(
        *called("f1"),
        takes="contingency",
        compute=f1,
        range=(0.0, 1.0),
        symmetric=True,
        citation=HRIPCSAK,
        interval="wilson_f1",
        binary=True,
    ),
    Measure(
        *called("precision"),
        takes="contingency",
        compute=precision,
        range=(0.0, 1.0),
        symmetric=False,
        citation=RIJSBERGEN,
        interval="wilson",
        binary=True,
    ),
    Measure(
        *called("recall"),
        takes="contingency",
        compute=recall,
        range=(0.0, 1.0),
        symmetric=False,
        citation=RIJSBERGEN,
        interval="wilson",
        binary=True,
    ),
    Measure(
        *called("fbeta"),
        takes="contingency",
        compute=fbeta,
        range=(0.0, 1.0),
        symmetric=False,
        citation=RIJSBERGEN,
        binary=True,
    ),
)
