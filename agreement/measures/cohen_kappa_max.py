"""The largest kappa that the two annotators' label shares allow."""

import numpy as np
from numpy.typing import NDArray

from agreement.measures._chance import corrected
from agreement.scores import LabelSums, Measure, Parts, Scores
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def _terms(both: Floats, reference: Floats, other: Floats) -> Floats:
    """Return the most matches that the totals allow, and products of the totals."""
    del both
    return np.stack([np.minimum(reference, other), reference * other], axis=-1)


def _finish(sums: Floats, n: Floats) -> Parts:
    """Return the largest kappa with its A_o and A_e."""
    return corrected(sums[..., 0] / n, sums[..., 1] / n**2)


SUMS = LabelSums(_terms, _finish)


def cohen_kappa_max(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return the largest kappa possible for the margins of contingency tables (…, K, K).

    Cohen's kappa with sum_j min(p1_j, p2_j) as observed agreement (Cohen 1960, pp. 37-46). 1 when both use the labels
    equally often. Undefined as kappa is.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(cohen_kappa_max(np.array([[20, 5], [10, 15]])).value), 12)  # (.9 - .5) / .5
    0.8
    """
    return SUMS.score(counts)


MEASURE = Measure(
    *called("cohen_kappa_max"),
    takes="contingency",
    compute=cohen_kappa_max,
    range=(-1.0, 1.0),
    symmetric=True,
    citation="Cohen 1960, Educational and Psychological Measurement 20(1), pp. 37-46",
    interval="none",
    sums=SUMS,
)
