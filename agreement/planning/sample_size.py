"""Sample sizes: how many items show a kappa, an F1 or a change of a given size.

The variance of kappa is the non-null one of Fleiss, Cohen & Everitt (1969, Psychological Bulletin 72(5), pp. 323-327).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from agreement.uncertainty.distributions import normal_quantile

Floats = NDArray[np.float64]


def kappa_variance(table: Floats) -> float:
    """Return n times the variance of kappa for the joint shares *table* (K, K), which sum to 1.

    Examples
    --------
    >>> round(kappa_variance(np.array([[0.45, 0.05], [0.05, 0.45]])), 4)  # po (1 - po) / (1 - pe)^2 = .09 / .25
    0.36
    """
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    observed, expected = float(np.trace(table)), float(rows @ columns)
    weights = (columns[:, None] + rows[None, :]) * (1 - observed)
    on = (1 - expected) - np.diag(weights)
    off = (table * weights**2).sum() - (np.diag(table) * np.diag(weights) ** 2).sum()
    total = np.diag(table) @ on**2 + off - (observed * expected - 2 * expected + observed) ** 2
    return float(total / (1 - expected) ** 4)


def items_to_test_kappa(
    rates: tuple[float, float], kappa: float, null: float, power: float = 0.8, alpha: float = 0.05, sides: int = 1
) -> int:
    """Return the items that tell *kappa* from *null* for two annotators and two labels (Cantor 1996, pp. 150-153).

    Parameters
    ----------
    rates
        Share of the first label by each annotator.
    kappa, null
        The kappa expected, and the one to tell it from.
    power, alpha, sides
        Of the test.

    Examples
    --------
    >>> items_to_test_kappa((0.5, 0.5), 0.7, 0.85)
    96
    """
    roots = [float(np.sqrt(kappa_variance(two_by_two(rates, value)))) for value in (null, kappa)]
    return _tested(roots[0], roots[1], kappa - null, power, alpha, sides)


def two_by_two(rates: tuple[float, float], kappa: float) -> Floats:
    """Return the joint shares (2, 2) of two annotators with these *rates* of the first label and this *kappa*.

    Raises
    ------
    ValueError
        If no table has these margins and this kappa.
    """
    first, second = rates
    expected = first * second + (1 - first) * (1 - second)
    observed = kappa * (1 - expected) + expected
    both = (first + second - (1 - observed)) / 2
    table = np.array([[both, first - both], [second - both, 1 - first - second + both]])
    if table.min() < -1e-12:
        raise ValueError(f"no table has margins {rates} and kappa {kappa}")
    return np.asarray(np.maximum(table, 0.0))


def items_to_test_kappa_at_margins(
    margins: Sequence[float], kappa: float, null: float, power: float = 0.8, alpha: float = 0.05, sides: int = 1
) -> int:
    """Return the items that tell *kappa* from *null* when both annotators use labels in shares *margins* (K,).

    The shares leave the table open; the largest variance among the tables that fit is used (Flack, Afifi, Lachenbruch &
    Schouten 1988, Psychometrika 53(3), pp. 321-325).

    Examples
    --------
    >>> [items_to_test_kappa_at_margins((0.2, 0.25, 0.55), 0.6, 0.4, power) for power in (0.8, 0.9)]
    [101, 136]
    """
    roots = [float(np.sqrt(largest_variance(np.array(margins), value))) for value in (null, kappa)]
    return _tested(roots[0], roots[1], kappa - null, power, alpha, sides)


def largest_variance(margins: Floats, kappa: float) -> float:
    """Return n times the largest variance of kappa over all tables with both *margins* (K,) and this *kappa*.

    Given margins and kappa the variance is linear in the cells, so the largest is a linear programme.

    Raises
    ------
    ValueError
        If no table has these margins and this kappa.
    """
    k = len(margins)
    expected = float(margins @ margins)
    observed = kappa * (1 - expected) + expected
    weight = ((margins[:, None] + margins[None, :]) * (1 - observed)) ** 2
    np.fill_diagonal(weight, ((1 - expected) - 2 * margins * (1 - observed)) ** 2)
    sums = np.zeros((2 * k + 1, k * k))
    for place in range(k):
        sums[place, place * k : (place + 1) * k] = 1
        sums[k + place, place::k] = 1
    sums[2 * k, :: k + 1] = 1
    found = linprog(-weight.ravel(), A_eq=sums, b_eq=np.concatenate([margins, margins, [observed]]))
    if found.status != 0:
        raise ValueError(f"no table has margins {margins.tolist()} and kappa {kappa}")
    return float((-found.fun - (observed * expected - 2 * expected + observed) ** 2) / (1 - expected) ** 4)


def _tested(null_root: float, root: float, difference: float, power: float, alpha: float, sides: int) -> int:
    """Return the items at which a test of the *difference* has the *power*."""
    level, strength = normal_quantile(1 - alpha / sides), normal_quantile(power)
    return int(np.ceil(((level * null_root + strength * root) / difference) ** 2))


def planned_table(prevalence: Sequence[float], slip: float) -> Floats:
    """Return the joint shares (K, K) of two annotators who each miss the true label with chance *slip*, evenly.

    Examples
    --------
    >>> planned_table([0.5, 0.5], 0.1).round(2)
    array([[0.41, 0.09],
           [0.09, 0.41]])
    """
    shares = np.array(prevalence, dtype=np.float64)
    k = len(shares)
    given = np.full((k, k), slip / max(k - 1, 1))
    np.fill_diagonal(given, 1 - slip)
    return np.asarray(np.einsum("t,ti,tj->ij", shares / shares.sum(), given, given))


def items_for_kappa(table: Floats, half_width: float, confidence: float = 0.95) -> int:
    """Return the items at which kappa's interval is no wider than +- *half_width*, for joint shares *table* (K, K).

    Examples
    --------
    >>> items_for_kappa(planned_table([0.2] * 5, 0.03), 0.10), items_for_kappa(planned_table([0.5, 0.5], 0.03), 0.10)
    (34, 85)
    """
    z = normal_quantile((1 + confidence) / 2)
    return int(np.ceil(kappa_variance(table / table.sum()) * (z / half_width) ** 2))


def items_for_f1(share: float, prevalence: float, half_width: float, confidence: float = 0.95) -> int:
    """Return the items at which F1's interval is no wider than +- *half_width*.

    Parameters
    ----------
    share
        p = tp / (tp + fp + fn); F1 is 2p / (1 + p).
    prevalence
        Share of items that either annotator gives the label.
    half_width, confidence
        Of the interval.

    Examples
    --------
    >>> items_for_f1(0.8, 0.25, 0.10)  # 4 / 1.8^4 * .16 * (1.96 / .10)^2 / .25
    94
    """
    z = normal_quantile((1 + confidence) / 2)
    variance = 4 / (1 + share) ** 4 * share * (1 - share)
    return int(np.ceil(variance * (z / half_width) ** 2 / prevalence))


def items_to_see_change(error: float, n: int, difference: float, power: float = 0.8, confidence: float = 0.95) -> int:
    """Return the items a round at which a *difference* between two unpaired rounds shows with this *power*.

    *error* is the standard error that a value has with *n* items like those of the rounds.

    Examples
    --------
    >>> items_to_see_change(0.02, 400, 0.10)  # 2 * (1.96 + .84)^2 * 400 * .02^2 / .10^2
    252
    """
    z = normal_quantile((1 + confidence) / 2) + normal_quantile(power)
    return int(np.ceil(2 * n * (error * z / difference) ** 2))
