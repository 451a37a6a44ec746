"""Percent agreement: the share of units on which two annotators gave the same label."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.measures._chance import unit_terms
from agreement.measures._weights import Weights, weights
from agreement.scores import LabelSums, Measure, Parts, Reason, Scores, UnitSums, scored
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def _terms(both: Floats, reference: Floats, other: Floats) -> Floats:
    """Return the matches of each label."""
    del reference, other
    return both[..., None]


def _finish(sums: Floats, n: Floats) -> Parts:
    """Return matches over units."""
    return sums[..., 0] / n, None, None


def _finish_pooled(sums: Floats) -> Parts:
    """Return the mean agreement of the units with two or more labels."""
    return sums[..., 2] / sums[..., 0], None, None


def _unanimous_terms(counts: Floats) -> Floats:
    """Return whether each unit has two or more labels, and whether these are all one: (U, K) → (U, 2)."""
    r = counts.sum(axis=1)
    two = r >= 2
    return np.column_stack([two, two & (counts.max(axis=1, initial=0.0) == r)]).astype(np.float64)


def _finish_unanimous(sums: Floats) -> Parts:
    """Return the units with one label over those with two or more labels."""
    return sums[..., 1] / sums[..., 0], None, None


SUMS = LabelSums(_terms, _finish, Reason.NO_SHARED_ITEMS)
POOLED = UnitSums(unit_terms(), _finish_pooled, Reason.NO_SHARED_ITEMS)


def percent_agreement(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return the share of units on the diagonal of contingency tables (…, K, K).

    A_o = sum_j n_jj / n; 0 to 1, 1 is full agreement. Undefined without shared units. For all annotators together
    (``MEASURE.pooled``) it is the mean over units with r >= 2 labels of sum_j n_j (n_j - 1) / (r (r - 1))
    (Fleiss 1971, pp. 378-382, eq. 2). With one label per unit it equals accuracy and micro F1.

    Examples
    --------
    >>> import numpy as np
    >>> float(percent_agreement(np.array([[20, 5], [10, 15]])).value)
    0.7
    """
    return SUMS.score(counts)


UNANIMOUS = UnitSums(_unanimous_terms, _finish_unanimous, Reason.NO_SHARED_ITEMS)


def unanimous(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return the share of units on which all annotators agree, from item x label counts (U, K).

    Of the units with two labels or more, those whose labels are all equal; 0 to 1. It falls with every annotator more,
    also at equal skill: compare it only between projects with as many labels per item. Of two annotators it is percent
    agreement. Undefined if no unit has two labels. It is what ``agree`` of the R package irr returns.

    Examples
    --------
    >>> import numpy as np
    >>> float(unanimous(np.array([[3, 0], [2, 1], [0, 2], [1, 0]])).value.round(6))  # two of the three with two labels
    0.666667
    """
    return UNANIMOUS.score(counts)


def weighted_agreement(counts: NDArray[np.int64] | Floats, weight: Floats) -> Scores:
    """Return the observed agreement of tables (…, K, K) with agreement weights (K, K): sum w_ij p_ij.

    Examples
    --------
    >>> import numpy as np
    >>> float(weighted_agreement(np.array([[20, 5], [10, 15]]), np.array([[1, 0.5], [0.5, 1]])).value)
    0.85
    """
    n = counts.sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (counts * weight).sum(axis=(-2, -1)) / n
    return scored(value, n, [(n == 0, Reason.NO_SHARED_ITEMS)])


def _without(kind: Weights, full: Floats) -> Floats:
    """Return weighted agreement of tables (S, K, K) without one unit of each cell, (S, K, K)."""
    weight = weights(kind, full.shape[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        agreed = np.einsum("sij,ij->s", full, weight)[:, None, None] - weight
        return np.asarray(agreed / (full.sum(axis=(-2, -1))[:, None, None] - 1))


def _by_rank(kind: Weights, counts: NDArray[np.int64] | Floats) -> Scores:
    """Return weighted agreement with weights by rank."""
    return weighted_agreement(counts, weights(kind, counts.shape[-1]))


KINDS: tuple[Weights, ...] = ("linear", "quadratic")

MEASURE = (
    Measure(
        *called("percent_agreement"),
        takes="contingency",
        compute=percent_agreement,
        range=(0.0, 1.0),
        symmetric=True,
        citation="Fleiss 1971, Psychological Bulletin 76(5), pp. 378-382",
        interval="wilson",
        sums=SUMS,
        pooled=POOLED,
    ),
    Measure(
        *called("accuracy"),
        takes="contingency",
        compute=percent_agreement,
        range=(0.0, 1.0),
        symmetric=True,
        citation="Sokolova & Lapalme 2009, Information Processing & Management 45(4), pp. 427-437",
        interval="wilson",
        sums=SUMS,
    ),
    Measure(
        *called("f1_micro"),
        takes="contingency",
        compute=percent_agreement,
        range=(0.0, 1.0),
        symmetric=True,
        citation="Sokolova & Lapalme 2009, Information Processing & Management 45(4), pp. 427-437",
        interval="wilson",
        sums=SUMS,
        pooled=POOLED,
    ),
    Measure(
        *called("percent_agreement_unanimous"),
        takes="item_counts",
        compute=unanimous,
        range=(0.0, 1.0),
        symmetric=True,
        citation="Gamer, Lemon & Singh 2019, irr: Various Coefficients of Interrater Reliability and Agreement, agree",
        pooled=UNANIMOUS,
    ),
    *(
        Measure(
            *called(f"percent_agreement.{kind}"),
            takes="contingency",
            compute=partial(_by_rank, kind),
            range=(0.0, 1.0),
            symmetric=True,
            needs_order=True,
            citation="Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed., ch. 3",
            pooled=UnitSums(unit_terms(partial(weights, kind)), _finish_pooled, Reason.NO_SHARED_ITEMS),
            without=partial(_without, kind),
        )
        for kind in KINDS
    ),
)
