"""PABAK: kappa adjusted for prevalence and bias, for two labels."""

import numpy as np
from numpy.typing import NDArray

from agreement.measures.brennan_prediger import SUMS
from agreement.scores import Measure, Reason, Scores, scored
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def pabak(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return 2 A_o - 1 of contingency tables (…, 2, 2) (Byrt, Bishop & Carlin 1993, pp. 423-429).

    1 is full agreement, 0 agreement on half of the units, -1 none. Undefined without shared units, and for label sets
    of another size than two, where Brennan-Prediger is its extension.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(pabak(np.array([[20, 5], [10, 15]])).value), 12)
    0.4
    """
    if counts.shape[-1] != 2:
        n = counts.sum(axis=(-2, -1))
        return scored(np.full(n.shape, np.nan), n, [(np.ones(n.shape, dtype=bool), Reason.NEEDS_TWO_LABELS)])
    return SUMS.score(counts)


MEASURE = Measure(
    *called("pabak"),
    takes="contingency",
    compute=pabak,
    range=(-1.0, 1.0),
    symmetric=True,
    citation="Byrt, Bishop & Carlin 1993, Journal of Clinical Epidemiology 46(5), pp. 423-429",
    sums=SUMS,
)
