"""Positive and negative specific agreement: F1 of a label and of its complement."""

import numpy as np
from numpy.typing import NDArray

from agreement.measures.f1 import cells, f1, share
from agreement.scores import Measure, Reason, Scores
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def negative_specific_agreement(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return the F1 of the complement of tables [[tp, fn], [fp, tn]] (…, 2, 2): 2 tn / (2 tn + fp + fn).

    0 to 1 (Cicchetti & Feinstein 1990). Undefined where both gave the label to every unit. The positive one,
    2 tp / (2 tp + fp + fn), is F1.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(negative_specific_agreement(np.array([[20, 5], [10, 15]])).value), 6)  # 30 / 45
    0.666667
    """
    _, fn, fp, tn = cells(counts)
    return share(counts, 2 * tn, 2 * tn + fp + fn, Reason.ONE_LABEL)


CICCHETTI = "Cicchetti & Feinstein 1990, Journal of Clinical Epidemiology 43(6), pp. 551-558"

MEASURE = (
    Measure(
        *called("positive_specific_agreement"),
        takes="contingency",
        compute=f1,
        range=(0.0, 1.0),
        symmetric=True,
        citation=CICCHETTI,
        interval="wilson_f1",
        binary=True,
    ),
    Measure(
        *called("negative_specific_agreement"),
        takes="contingency",
        compute=negative_specific_agreement,
        range=(0.0, 1.0),
        symmetric=True,
        citation=CICCHETTI,
        interval="wilson_f1",
        binary=True,
    ),
)
