"""What the chance-corrected coefficients share: (observed - expected) / (1 - expected), and its parts from counts."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from agreement.scores import Parts, Reason, Scores, UnitSums, scored

Floats = NDArray[np.float64]
Expected = Callable[[Floats, Floats], Floats]
Apart = Callable[[Floats, Floats, Floats, Floats], Floats]


def corrected(observed: Floats, expected: Floats) -> Parts:
    """Return (A_o - A_e) / (1 - A_e) with its parts; NaN where A_e is 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (observed - expected) / (1 - expected)
    return np.where(expected == 1, np.nan, value), observed, expected


def weighted(counts: NDArray[np.int64] | Floats, weight: Floats, expected: Expected) -> Scores:
    """Return the weighted coefficient of tables (…, K, K).

    *expected* takes the label shares of both annotators (…, K) and returns A_e (…).
    """
    n = counts.sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        total = n.astype(np.float64)
        observed = (counts * weight).sum(axis=(-2, -1)) / total
        shares = counts.sum(axis=-1) / total[..., None], counts.sum(axis=-2) / total[..., None]
        value, _, chance = corrected(observed, expected(*shares))
    return scored(
        value,
        n,
        [(n == 0, Reason.NO_SHARED_ITEMS), (~np.isfinite(value), Reason.ONE_LABEL)],
        observed=observed,
        expected=chance,
    )


def weighted_without(full: Floats, weight: Floats, apart: Apart) -> Floats:
    """Return what :func:`weighted` finds in tables (S, K, K) without one unit of each cell, (S, K, K).

    It is 1 - D_o / D_e, in disagreements rather than agreements: where hardly any is expected, no digits are lost.
    *apart* takes the disagreement weights (K, K), the totals of both annotators (S, K), and the units (S, 1, 1) without
    the one, and returns D_e (S, K, K). One table for each cell would be K² times as much to sum.
    """
    n = full.sum(axis=(-2, -1))[:, None, None] - 1
    distance = 1 - weight
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = (np.einsum("sij,ij->s", full, distance)[:, None, None] - distance) / n
        expected = apart(distance, full.sum(axis=-1), full.sum(axis=-2), n)
        return np.asarray(np.where(expected == 0, np.nan, 1 - observed / expected))


def unit_terms(weight: Callable[[int], Floats] | None = None) -> Callable[[Floats], Floats]:
    """Return the terms of a unit for the coefficients after Fleiss and Gwet: (U, K) → (U, 3 + K).

    The columns: whether it has two or more labels, whether it has any, its observed agreement
    sum_kl w_kl n_k (n_l - [k = l]) / (r (r - 1)), and its label shares n_k / r.
    """

    def terms(counts: Floats) -> Floats:
        r = counts.sum(axis=1)
        similar = counts if weight is None else counts @ weight(counts.shape[1])
        pairs = np.maximum(r * (r - 1), 1)
        agreement = np.where(r >= 2, ((counts * similar).sum(axis=1) - r) / pairs, 0.0)
        return np.column_stack([r >= 2, r >= 1, agreement, counts / np.maximum(r, 1)[:, None]])

    return terms


def unit_sums(expected: Callable[[Floats], Floats], weight: Callable[[int], Floats] | None = None) -> UnitSums:
    """Return the coefficient of all annotators whose A_e is *expected* of the mean label shares (…, K)."""

    def finish(sums: Floats) -> Parts:
        with np.errstate(divide="ignore", invalid="ignore"):
            return corrected(sums[..., 2] / sums[..., 0], expected(sums[..., 3:] / sums[..., 1:2]))

    return UnitSums(unit_terms(weight), finish)
