"""Differences of two annotators' numbers: their mean, their mean size, and the limits of agreement."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from agreement.scores import Measure, Reason, Scores, scored
from agreement.wording.definitions import called

Floats = NDArray[np.float64]
NORMAL = float(ndtri(0.975))  # 1.96, as in the limits of each pair in a table of scores


def mean_difference(reference: Floats, other: Floats, confidence: float = 0.95) -> Scores:
    """Return the mean of other - reference over units both answered (U,), with its t interval; the bias of the pair.

    Undefined without shared units; the interval needs two.

    Examples
    --------
    >>> import numpy as np
    >>> float(mean_difference(np.array([1.0, 2.0]), np.array([2.0, 4.0])).value)
    1.5
    """
    return _mean(other - reference, confidence)


def mean_absolute_difference(reference: Floats, other: Floats, confidence: float = 0.95) -> Scores:
    """Return the mean of |other - reference| over units both answered (U,), with its t interval, cut at 0.

    Examples
    --------
    >>> import numpy as np
    >>> float(mean_absolute_difference(np.array([1.0, 4.0]), np.array([2.0, 2.0])).value)
    1.5
    """
    return _mean(np.abs(other - reference), confidence, least=0.0)


def limits_of_agreement(reference: Floats, other: Floats, confidence: float = 0.95) -> Scores:
    """Return the limits of agreement (2,): the mean of other - reference ± 1.96 of its standard deviations.

    About 95 % of the differences lie between them (Bland & Altman 1986). Each limit has the interval of Bland &
    Altman 1999, with variance s² (1/n + 1.96² / (2 (n - 1))). Undefined with fewer than two shared units.

    Examples
    --------
    >>> import numpy as np
    >>> limits = limits_of_agreement(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0]))  # 0 ± 1.96
    >>> limits.value.round(2).tolist()
    [-1.96, 1.96]
    """
    difference = other - reference
    n = len(difference)
    none, few = np.full(2, n == 0), np.full(2, n < 2)
    mean, spread = (difference.mean(), difference.std(ddof=1)) if n >= 2 else (np.nan, np.nan)
    se = spread * np.sqrt(1 / max(n, 1) + NORMAL**2 / (2 * max(n - 1, 1)))
    half = float(stdtrit(max(n - 1, 1), 0.5 + confidence / 2)) * se
    limits = mean + np.array([-NORMAL, NORMAL]) * spread
    return scored(
        limits, np.full(2, n), [(none, Reason.NO_SHARED_ITEMS), (few, Reason.TOO_FEW_ITEMS)],
        low=limits - half, high=limits + half, se=np.full(2, se),
    )  # fmt: skip


def _mean(difference: Floats, confidence: float, least: float = -np.inf) -> Scores:
    """Return the mean of the differences with its t interval, cut at *least*."""
    n = len(difference)
    value = difference.mean() if n else np.nan
    se = difference.std(ddof=1) / np.sqrt(n) if n >= 2 else np.nan
    half = float(stdtrit(max(n - 1, 1), 0.5 + confidence / 2)) * se
    return scored(
        np.asarray(value), np.asarray(n), [(np.asarray(n == 0), Reason.NO_SHARED_ITEMS)],
        low=np.asarray(np.maximum(value - half, least)), high=np.asarray(value + half), se=np.asarray(se),
    )  # fmt: skip


BLAND = "Bland & Altman 1986, Lancet 327(8476), pp. 307-310"

MEASURE = (
    Measure(
        *called("mean_difference"),
        takes="values",
        compute=mean_difference,
        range=(-np.inf, np.inf),
        symmetric=False,
        citation=BLAND,
        interval="none",
    ),
    Measure(
        *called("mean_absolute_difference"),
        takes="values",
        compute=mean_absolute_difference,
        range=(0.0, np.inf),
        symmetric=True,
        citation="Willmott & Matsuura 2005, Climate Research 30(1), pp. 79-82",
        interval="none",
    ),
    Measure(
        *called("limits_of_agreement"),
        takes="values",
        compute=limits_of_agreement,
        range=(-np.inf, np.inf),
        symmetric=False,
        citation=BLAND,
        interval="none",
    ),
)
