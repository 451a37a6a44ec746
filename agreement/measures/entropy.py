"""Entropy of the labels of one unit: how spread out they are."""

import numpy as np
from numpy.typing import NDArray

from agreement.scores import Measure, Reason, Scores, scored
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def entropy(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return the entropy in bits of the labels of each unit, item x label counts (…, K) → (…).

    -sum_j p_j log2 p_j with p_j = n_j / r (Shannon 1948, section 6). 0 when all labels are equal; at most log2 of the
    smaller of K and r, when they are all different. Undefined for a unit with fewer than two labels: one label can't
    disagree.

    Examples
    --------
    >>> import numpy as np
    >>> [round(float(bits), 4) for bits in entropy(np.array([[2, 2], [4, 0], [3, 1]])).value]
    [1.0, 0.0, 0.8113]
    """
    r = counts.sum(axis=-1)
    share = counts / np.maximum(r, 1)[..., None]
    value = np.abs((share * np.log2(np.where(share > 0, share, 1))).sum(axis=-1))
    return scored(value, r, [(r == 0, Reason.NO_SHARED_ITEMS), (r < 2, Reason.NEEDS_TWO_ANNOTATORS)])


MEASURE = Measure(
    *called("entropy"),
    takes="item_counts",
    compute=entropy,
    range=(0.0, np.inf),
    symmetric=True,
    citation="Shannon 1948, Bell System Technical Journal 27(3), section 6",
    interval="none",
)
