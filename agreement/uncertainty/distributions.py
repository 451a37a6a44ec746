"""Quantiles and tails of the few distributions in use, from ``scipy.special``: ``scipy.stats`` takes half a second."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, betainc, ndtri, stdtr, stdtrit

Floats = NDArray[np.float64]


def normal_quantile(p: float) -> float:
    """Return the quantile of the standard normal distribution.

    Examples
    --------
    >>> round(normal_quantile(0.975), 4)
    1.96
    """
    return float(ndtri(p))


def t_quantile(p: float, freedom: ArrayLike) -> Floats:
    """Return the quantile of Student's t for any shape of degrees of *freedom*.

    Examples
    --------
    >>> round(float(t_quantile(0.975, 9)), 4)
    2.2622
    """
    return np.asarray(stdtrit(freedom, p), dtype=np.float64)


def t_tail(value: ArrayLike, freedom: ArrayLike) -> Floats:
    """Return the probability that Student's t exceeds *value*.

    Examples
    --------
    >>> round(float(t_tail(2.2622, 9)), 4)
    0.025
    """
    return np.asarray(stdtr(freedom, -np.asarray(value, dtype=np.float64)), dtype=np.float64)


def sign_test(hits: int, n: int) -> float:
    """Return the exact two-sided p value of *hits* of *n* where either side has a chance of one half.

    Examples
    --------
    >>> sign_test(0, 5)  # 2 / 2^5
    0.0625
    """
    return min(1.0, 2 * float(bdtr(min(hits, n - hits), n, 0.5)))


def binomial_at_least(hits: ArrayLike, n: ArrayLike, rate: ArrayLike) -> Floats:
    """Return the probability of *hits* or more of *n*, each with the chance *rate*; any shape.

    Examples
    --------
    >>> float(binomial_at_least(2, 2, 0.5)), float(binomial_at_least(0, 2, 0.5))
    (0.25, 1.0)
    """
    k, size = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    tail = betainc(np.clip(k, 1, np.maximum(size, 1)), np.maximum(size - k + 1, 1), rate)
    return np.where(k <= 0, 1.0, np.where(k > size, 0.0, tail))


def binomial_at_most(hits: ArrayLike, n: ArrayLike, rate: ArrayLike) -> Floats:
    """Return the probability of *hits* or fewer of *n*, each with the chance *rate*; any shape.

    Examples
    --------
    >>> float(binomial_at_most(0, 2, 0.5)), float(binomial_at_most(2, 2, 0.5))
    (0.25, 1.0)
    """
    misses = np.asarray(n, dtype=np.float64) - np.asarray(hits, dtype=np.float64)
    return binomial_at_least(misses, n, 1 - np.asarray(rate, dtype=np.float64))


def fdr(p: Floats) -> Floats:
    """Return Benjamini and Hochberg's adjusted p values of *p* (any shape), one family.

    Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57: 289-300.

    Examples
    --------
    >>> import numpy as np
    >>> fdr(np.array([0.01, 0.04, 0.03]))  # .01 * 3 / 1, .04 * 3 / 3, min(.03 * 3 / 2, .04)
    array([0.03, 0.04, 0.04])
    """
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415 - 0.4 s, for those who test

    if not p.size:
        return p
    return np.asarray(multipletests(p.ravel(), method="fdr_bh")[1], dtype=np.float64).reshape(p.shape)
