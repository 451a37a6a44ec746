"""Matthews correlation: how far the labels of two annotators go together, for any number of labels."""

import numpy as np
from numpy.typing import NDArray

from agreement.scores import LabelSums, Measure, Parts, Scores
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def _terms(both: Floats, reference: Floats, other: Floats) -> Floats:
    """Return matches, products and squares of the totals."""
    return np.stack([both, reference * other, reference**2, other**2], axis=-1)


def _finish(sums: Floats, n: Floats) -> Parts:
    """Return the correlation; NaN where one of the two used one label only."""
    spread = (n**2 - sums[..., 2]) * (n**2 - sums[..., 3])
    root = np.sqrt(np.where(spread > 0, spread, np.nan))
    return (sums[..., 0] * n - sums[..., 1]) / root, None, None


SUMS = LabelSums(_terms, _finish)


def matthews_correlation(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return the Matthews correlation of contingency tables (…, K, K), R_K of Gorodkin 2004.

    (n sum_j n_jj - sum_j r_j c_j) / sqrt((n² - sum r_j²)(n² - sum c_j²)), r and c the totals of the two. 1 is full
    agreement, 0 none beyond chance, the minimum between -1 and 0. Undefined without shared units, and when either of
    the two used one label only.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(matthews_correlation(np.array([[20, 5], [10, 15]])).value), 6)  # 250 / sqrt(25·25·30·20)
    0.408248
    """
    return SUMS.score(counts)


MEASURE = Measure(
    *called("matthews_correlation"),
    takes="contingency",
    compute=matthews_correlation,
    range=(-1.0, 1.0),
    symmetric=True,
    citation="Matthews 1975, Biochimica et Biophysica Acta 405(2), pp. 442-451; Gorodkin 2004",
    sums=SUMS,
)
