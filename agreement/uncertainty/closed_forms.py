"""Intervals in closed form: shares after Wilson, F1 from them, and the exact binomial limit."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

Floats = NDArray[np.float64]


def wilson(successes: NDArray[np.number], n: NDArray[np.number], confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the Wilson interval of shares, any shape; NaN where n is 0 (Wilson 1927, pp. 209-212).

    Examples
    --------
    >>> import numpy as np
    >>> low, high = wilson(np.array([9]), np.array([10]))
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.5958, 0.9821)
    """
    z = float(ndtri(0.5 + confidence / 2))
    size = np.where(n > 0, n, np.nan).astype(np.float64)
    share = np.clip(successes / size, 0, 1)
    centre = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(share * (1 - share) / size + (z / (2 * size)) ** 2)
    return np.where(share == 0, 0.0, np.maximum(centre - half, 0.0)) + 0 * size, np.where(
        share == 1, 1.0, np.minimum(centre + half, 1.0)
    ) + 0 * size


def wilson_f1(tp: NDArray[np.number], either: NDArray[np.number], confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the interval of F1 from the Wilson interval of p = tp / (tp + fp + fn), mapped by 2p / (1 + p).

    Examples
    --------
    >>> import numpy as np
    >>> low, high = wilson_f1(np.array([20]), np.array([35]))
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.5801, 0.8373)
    """
    low, high = wilson(tp, either, confidence)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def clopper_pearson_high(successes: NDArray[np.number], n: NDArray[np.number], confidence: float = 0.95) -> Floats:
    """Return the upper limit of the exact binomial interval (Clopper & Pearson 1934, pp. 404-413).

    Examples
    --------
    >>> import numpy as np
    >>> round(float(clopper_pearson_high(np.array(0), np.array(10))), 4)  # 1 - .025^(1/10)
    0.3085
    """
    rest = np.maximum(n - successes, 1e-9)
    return np.asarray(np.where(successes >= n, 1.0, betaincinv(successes + 1.0, rest, 0.5 + confidence / 2)))
