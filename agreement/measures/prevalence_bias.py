"""Prevalence and bias index: why kappa can be low where people agree."""

import numpy as np
from numpy.typing import NDArray

from agreement.scores import Measure, Reason, Scores, scored
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def prevalence_index(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return (a - d) / n of tables [[a, b], [c, d]] (…, 2, 2) (Byrt, Bishop & Carlin 1993, pp. 423-429).

    Near 1 both mostly use the first label, near -1 the second; kappa is low at either end. Undefined without shared
    units and for other than two labels.

    Examples
    --------
    >>> import numpy as np
    >>> float(prevalence_index(np.array([[20, 5], [10, 15]])).value)
    0.1
    """
    return _index(counts, (0, 0), (1, 1))


def bias_index(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return (b - c) / n of tables [[a, b], [c, d]] (…, 2, 2) (Byrt, Bishop & Carlin 1993, pp. 423-429).

    Above 0 the reference uses the first label more often than the other, below 0 less; the sign turns with the roles.

    Examples
    --------
    >>> import numpy as np
    >>> float(bias_index(np.array([[20, 5], [10, 15]])).value)
    -0.1
    """
    return _index(counts, (0, 1), (1, 0))


def _index(counts: NDArray[np.int64] | Floats, plus: tuple[int, int], minus: tuple[int, int]) -> Scores:
    """Return the difference of two cells over n."""
    n = counts.sum(axis=(-2, -1))
    if counts.shape[-1] != 2:
        return scored(np.full(n.shape, np.nan), n, [(np.ones(n.shape, dtype=bool), Reason.NEEDS_TWO_LABELS)])
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (counts[..., plus[0], plus[1]] - counts[..., minus[0], minus[1]]) / n
    return scored(value, n, [(n == 0, Reason.NO_SHARED_ITEMS)])


MEASURE = (
    Measure(
        *called("prevalence_index"),
        takes="contingency",
        compute=prevalence_index,
        range=(-1.0, 1.0),
        symmetric=True,
        citation="Byrt, Bishop & Carlin 1993, Journal of Clinical Epidemiology 46(5), pp. 423-429",
        interval="none",
        binary=True,
    ),
    Measure(
        *called("bias_index"),
        takes="contingency",
        compute=bias_index,
        range=(-1.0, 1.0),
        symmetric=False,
        citation="Byrt, Bishop & Carlin 1993, Journal of Clinical Epidemiology 46(5), pp. 423-429",
        interval="none",
        binary=True,
    ),
)
