"""Jaccard index of one label: items both gave it, over items either gave it."""

import numpy as np
from numpy.typing import NDArray

from agreement.measures.f1 import cells, share
from agreement.scores import Measure, Reason, Scores
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def jaccard_index(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return tp / (tp + fp + fn) of tables label against rest (…, 2, 2) (Jaccard 1912, pp. 37-50).

    0 to 1; F1 = 2 J / (1 + J). Undefined where neither used the label.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(jaccard_index(np.array([[20, 5], [10, 15]])).value), 6)  # 20 / 35
    0.571429
    """
    tp, fn, fp, _ = cells(counts)
    return share(counts, tp, tp + fp + fn, Reason.LABEL_UNUSED)


MEASURE = Measure(
    *called("jaccard"),
    takes="contingency",
    compute=jaccard_index,
    range=(0.0, 1.0),
    symmetric=True,
    citation="Jaccard 1912, New Phytologist 11(2), pp. 37-50",
    interval="wilson",
    binary=True,
)
