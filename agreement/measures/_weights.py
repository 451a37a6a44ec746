"""Agreement weights by rank of the declared category: 1 for the same label, less the further apart."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Weights = Literal["linear", "quadratic"]


def weights(kind: Weights, k: int) -> Floats:
    """Return (K, K) weights of Cohen 1968: linear 1 - |i-j|/(K-1), quadratic 1 - (i-j)²/(K-1)².

    Examples
    --------
    >>> weights("linear", 3)
    array([[1. , 0.5, 0. ],
           [0.5, 1. , 0.5],
           [0. , 0.5, 1. ]])
    """
    rank = np.arange(k, dtype=np.float64)
    apart = np.abs(rank[:, None] - rank) / max(k - 1, 1)
    return 1 - (apart if kind == "linear" else apart**2)
