"""Fleiss' kappa: agreement of any number of annotators beyond what the common label shares give by chance."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.measures._chance import unit_sums
from agreement.measures._weights import Weights, weights
from agreement.scores import Measure, Scores
from agreement.wording.definitions import called

Floats = NDArray[np.float64]
KINDS: tuple[Weights, ...] = ("linear", "quadratic")


def chance(shares: Floats, weight: Floats | None = None) -> Floats:
    """Return A_e = sum_jk w_jk pi_j pi_k of the mean label shares (…, K)."""
    other = shares if weight is None else shares @ weight
    return np.asarray((shares * other).sum(axis=-1))


POOLED = unit_sums(chance)


def fleiss_kappa(counts: NDArray[np.int64] | Floats, weight: NDArray[np.int64] | None = None) -> Scores:
    """Return Fleiss' kappa of item x label counts (U, K); *weight* (U,) says how many units each row stands for.

    kappa = (A_o - A_e) / (1 - A_e); A_o is the mean over units with r >= 2 labels of
    sum_j n_j (n_j - 1) / (r (r - 1)), A_e = sum_j pi_j² with pi_j the mean of n_j / r over all labelled units (Fleiss
    1971, pp. 378-382; unequal r after Gwet 2014). 1 is full agreement, 0 what the label shares give by chance, the
    minimum -1. Undefined if no unit has two labels, and when only one label occurs. For one label against the rest,
    pass its two columns.

    Examples
    --------
    >>> import numpy as np
    >>> scores = fleiss_kappa(np.array([[2, 0], [1, 1], [0, 2]]))  # A_o = 2/3, A_e = 1/2
    >>> round(float(scores.value), 6)
    0.333333
    """
    return POOLED.score(counts, weight)


def _chance_by_rank(kind: Weights, shares: Floats) -> Floats:
    """Return A_e with weights by rank."""
    return chance(shares, weights(kind, shares.shape[-1]))


WEIGHTED = {kind: unit_sums(partial(_chance_by_rank, kind), partial(weights, kind)) for kind in KINDS}

MEASURE = (
    Measure(
        *called("fleiss_kappa"),
        takes="item_counts",
        compute=fleiss_kappa,
        range=(-1.0, 1.0),
        symmetric=True,
        citation="Fleiss 1971, Psychological Bulletin 76(5), pp. 378-382",
        pooled=POOLED,
    ),
    *(
        Measure(
            *called(f"fleiss_kappa.{kind}"),
            takes="item_counts",
            compute=WEIGHTED[kind].score,
            range=(-1.0, 1.0),
            symmetric=True,
            needs_order=True,
            citation="Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed., ch. 3",
            pooled=WEIGHTED[kind],
        )
        for kind in KINDS
    ),
)
