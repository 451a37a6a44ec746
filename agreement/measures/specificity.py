"""Specificity of one label: recall of everything else."""

import numpy as np
from numpy.typing import NDArray

from agreement.measures.f1 import cells, share
from agreement.scores import Measure, Reason, Scores
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def specificity(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return tn / (tn + fp) of tables label against rest (…, 2, 2): recall of "not this label".

    0 to 1 (Yerushalmy 1947). Undefined where the reference gave the label to every unit.

    Examples
    --------
    >>> import numpy as np
    >>> float(specificity(np.array([[20, 5], [10, 15]])).value)  # 15 / 25
    0.6
    """
    _, _, fp, tn = cells(counts)
    return share(counts, tn, tn + fp, Reason.ONE_LABEL)


MEASURE = Measure(
    *called("specificity"),
    takes="contingency",
    compute=specificity,
    range=(0.0, 1.0),
    symmetric=False,
    citation="Yerushalmy 1947, Public Health Reports 62(40), pp. 1432-1449",
    interval="wilson",
    binary=True,
)
