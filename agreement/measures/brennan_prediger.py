"""Brennan-Prediger, Bennett's S, Randolph's kappa: chance is one in K, however often the labels are used."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.measures._chance import corrected, unit_sums, weighted, weighted_without
from agreement.measures._weights import Weights, weights
from agreement.scores import LabelSums, Measure, Parts, Scores
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def _terms(both: Floats, reference: Floats, other: Floats) -> Floats:
    """Return matches, and one for each label of the set."""
    del reference, other
    return np.stack([both, np.ones_like(both)], axis=-1)


def _finish(sums: Floats, n: Floats) -> Parts:
    """Return S with A_o and A_e = 1 / K."""
    return corrected(sums[..., 0] / n, 1 / sums[..., 1])


def _one_in_k(shares: Floats) -> Floats:
    """Return 1 / K, shaped like the leading axes of label shares (…, K)."""
    return np.full(shares.shape[:-1], 1 / max(shares.shape[-1], 1))  # no label at all: undefined


SUMS = LabelSums(_terms, _finish)
POOLED = unit_sums(_one_in_k)


def brennan_prediger(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return the Brennan-Prediger coefficient of contingency tables (…, K, K).

    (A_o - 1/K) / (1 - 1/K), K the number of labels of the set, used or not (Brennan & Prediger 1981). The same
    number as S (Bennett, Alpert & Goldstein 1954) and as free-marginal kappa (Randolph 2005). 1 is full
    agreement, 0 what guessing among K labels gives, the minimum -1/(K-1). Undefined without shared units and when the
    set has one label only.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(brennan_prediger(np.array([[20, 5], [10, 15]])).value), 12)  # (.7 - .5) / .5
    0.4
    """
    return SUMS.score(counts)


def weighted_brennan_prediger(counts: NDArray[np.int64] | Floats, weight: Floats) -> Scores:
    """Return Brennan-Prediger with agreement weights (K, K) of tables (…, K, K): A_e = sum w_ij / K².

    Examples
    --------
    >>> import numpy as np
    >>> round(float(weighted_brennan_prediger(np.array([[20, 5], [10, 15]]), np.eye(2)).value), 12)
    0.4
    """
    return weighted(counts, weight, lambda reference, _: weighted_chance(reference, weight))


def weighted_chance(shares: Floats, weight: Floats) -> Floats:
    """Return sum w_ij / K², shaped like the leading axes of label shares (…, K)."""
    return np.full(shares.shape[:-1], weight.mean())


def _without(kind: Weights, full: Floats) -> Floats:
    """Return the coefficient of tables (S, K, K) without one unit of each cell, (S, K, K): D_e is as it was."""
    return weighted_without(full, weights(kind, full.shape[-1]), lambda distance, *_: distance.mean())


def _by_rank(kind: Weights, counts: NDArray[np.int64] | Floats) -> Scores:
    """Return the coefficient with weights by rank."""
    return weighted_brennan_prediger(counts, weights(kind, counts.shape[-1]))


def _chance_by_rank(kind: Weights, shares: Floats) -> Floats:
    """Return A_e with weights by rank."""
    return weighted_chance(shares, weights(kind, shares.shape[-1]))


KINDS: tuple[Weights, ...] = ("linear", "quadratic")

PLAIN = tuple(
    Measure(
        *called(name),
        takes="contingency",
        compute=brennan_prediger,
        range=(-1.0, 1.0),
        symmetric=True,
        citation=citation,
        sums=SUMS,
        pooled=POOLED if name != "bennett_s" else None,
    )
    for name, citation in (
        (
            "brennan_prediger",
            "Brennan & Prediger 1981, Educational and Psychological Measurement 41(3), pp. 687-699",
        ),
        ("bennett_s", "Bennett, Alpert & Goldstein 1954, Public Opinion Quarterly 18(3), pp. 303-308"),
        ("randolph_kappa", "Randolph 2005, Joensuu Learning and Instruction Symposium"),
    )
)

MEASURE = (
    *PLAIN,
    *(
        Measure(
            *called(f"brennan_prediger.{kind}"),
            takes="contingency",
            compute=partial(_by_rank, kind),
            range=(-1.0, 1.0),
            symmetric=True,
            needs_order=True,
            citation="Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed., ch. 3",
            pooled=unit_sums(partial(_chance_by_rank, kind), partial(weights, kind)),
            without=partial(_without, kind),
        )
        for kind in KINDS
    ),
)
