"""Gwet's AC1 and AC2: chance as the agreement of annotators who guess on the units that are hard."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.measures._chance import corrected, unit_sums, weighted, weighted_without
from agreement.measures._weights import Weights, weights
from agreement.scores import LabelSums, Measure, Parts, Scores
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def chance(shares: Floats, weight: Floats | None = None) -> Floats:
    """Return A_e of Gwet from the mean label shares (…, K): T_w / (K (K - 1)) sum_j pi_j (1 - pi_j).

    T_w is the sum of all weights, K for AC1. NaN for a set of one label.
    """
    k = shares.shape[-1]
    scale = (k if weight is None else weight.sum()) / (k * (k - 1)) if k > 1 else np.nan
    return np.asarray(scale * (shares * (1 - shares)).sum(axis=-1))


def _terms(both: Floats, reference: Floats, other: Floats) -> Floats:
    """Return matches, squares of the summed totals, and one for each label of the set."""
    return np.stack([both, (reference + other) ** 2, np.ones_like(both)], axis=-1)


def _finish(sums: Floats, n: Floats) -> Parts:
    """Return AC1 with A_o and A_e = (1 - sum_j pi_j²) / (K - 1)."""
    return corrected(sums[..., 0] / n, (1 - sums[..., 1] / (4 * n**2)) / (sums[..., 2] - 1))


SUMS = LabelSums(_terms, _finish)


def gwet_ac1(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return Gwet's AC1 of contingency tables (…, K, K).

    AC1 = (A_o - A_e) / (1 - A_e) with A_e = sum_j pi_j (1 - pi_j) / (K - 1), pi_j the mean share of label j
    (Gwet 2008, pp. 29-48). 1 is full agreement, 0 what chance gives, the minimum -1. Undefined without shared units and
    when the set has one label only; defined when one of several labels is used.

    Examples
    --------
    >>> import numpy as np
    >>> scores = gwet_ac1(np.array([[20, 5], [10, 15]]))  # A_e = 2 * .55 * .45
    >>> round(float(scores.expected), 12), round(float(scores.value), 6)
    (0.495, 0.405941)
    """
    return SUMS.score(counts)


def gwet_ac2(counts: NDArray[np.int64] | Floats, weight: Floats) -> Scores:
    """Return Gwet's AC2, AC1 with agreement weights (K, K), of contingency tables (…, K, K) (Gwet 2014, ch. 3).

    Examples
    --------
    >>> import numpy as np
    >>> table = np.array([[20, 5], [10, 15]])
    >>> round(float(gwet_ac2(table, np.eye(2)).value), 6)
    0.405941
    """
    return weighted(counts, weight, lambda reference, other: chance((reference + other) / 2, weight))


def ac2_without(full: Floats, weight: Floats) -> Floats:
    """Return AC2 of tables (S, K, K) without one unit of each cell, (S, K, K).

    Without a unit of cell (i, j) half a unit less is label i, and half a unit less label j.

    Examples
    --------
    >>> import numpy as np
    >>> table = np.array([[1.0, 1.0], [1.0, 1.0]])
    >>> float(ac2_without(table[None], np.eye(2))[0, 0, 1].round(6))  # [[1, 0], [1, 1]]: (2/3 - 1/2) / (1/2)
    0.333333
    """
    k = full.shape[-1]

    def apart(distance: Floats, reference: Floats, other: Floats, n: Floats) -> Floats:
        del distance
        given = (reference + other) / 2
        squares = (given**2).sum(axis=-1)[:, None, None] - given[:, :, None] - given[:, None, :]
        scale = weight.sum() / (k * (k - 1)) if k > 1 else np.nan
        return np.asarray(1 - scale * (1 - (squares + 0.5 + np.eye(k) / 2) / n**2))

    return weighted_without(full, weight, apart)


def _without_by_rank(kind: Weights, full: Floats) -> Floats:
    """Return :func:`ac2_without` with weights by rank."""
    return ac2_without(full, weights(kind, full.shape[-1]))


def _by_rank(kind: Weights, counts: NDArray[np.int64] | Floats) -> Scores:
    """Return AC2 with weights by rank."""
    return gwet_ac2(counts, weights(kind, counts.shape[-1]))


def _chance_by_rank(kind: Weights, shares: Floats) -> Floats:
    """Return A_e of AC2 with weights by rank."""
    return chance(shares, weights(kind, shares.shape[-1]))


KINDS: tuple[Weights, ...] = ("linear", "quadratic")

MEASURE = (
    Measure(
        *called("gwet_ac1"),
        takes="contingency",
        compute=gwet_ac1,
        range=(-1.0, 1.0),
        symmetric=True,
        citation="Gwet 2008, British Journal of Mathematical and Statistical Psychology 61(1), pp. 29-48",
        sums=SUMS,
        pooled=unit_sums(chance),
    ),
    *(
        Measure(
            *called(f"gwet_ac2.{kind}"),
            takes="contingency",
            compute=partial(_by_rank, kind),
            range=(-1.0, 1.0),
            symmetric=True,
            needs_order=True,
            citation="Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed., ch. 3",
            pooled=unit_sums(partial(_chance_by_rank, kind), partial(weights, kind)),
            without=partial(_without_by_rank, kind),
        )
        for kind in KINDS
    ),
)
