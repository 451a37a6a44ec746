"""Means of the kappas of all pairs: weighted by shared items (the headline), and unweighted after Light."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.measures.cohen_kappa import MEASURE as KAPPAS
from agreement.scores import Measure, Reason, Scores, scored
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


KAPPA = {measure.name: measure for measure in KAPPAS}


def kappa_mean(counts: NDArray[np.int64] | Floats, measure: str = "cohen_kappa") -> Scores:
    """Return the mean of the Cohen's kappas of tables (P, K, K), each weighted by its units.

    sum_p n_p kappa_p / sum_p n_p over the pairs whose kappa is defined. Range as Cohen's kappa. Undefined if no pair
    has one. The tables are never summed first: that would depend on how each pair is oriented.

    Examples
    --------
    >>> import numpy as np
    >>> pairs = np.array([[[20, 5], [10, 15]], [[50, 0], [0, 50]]])  # kappa .4 on 50 units, 1 on 100
    >>> round(float(kappa_mean(pairs).value), 6)
    0.8
    """
    return _mean(KAPPA[measure].compute(counts), weighted=True)


def light_kappa(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return Light's kappa of tables (P, K, K): the plain mean of the Cohen's kappas (Light 1971).

    Examples
    --------
    >>> import numpy as np
    >>> pairs = np.array([[[20, 5], [10, 15]], [[50, 0], [0, 50]]])
    >>> round(float(light_kappa(pairs).value), 6)
    0.7
    """
    return _mean(KAPPA["cohen_kappa"].compute(counts), weighted=False)


def _mean(pairs: Scores, *, weighted: bool) -> Scores:
    """Return the mean over the pairs that have a kappa, with the means of their A_o and A_e."""
    defined = pairs.reason == Reason.DEFINED
    weight = np.where(defined, pairs.n if weighted else 1, 0).astype(np.float64)
    total = weight.sum()
    parts = [
        np.asarray((weight * np.nan_to_num(part)).sum() / total if total else np.nan)
        for part in (pairs.value, pairs.observed, pairs.expected)
        if part is not None
    ]
    n = np.asarray(pairs.n[defined].sum() if total else pairs.n.sum())
    reason = Reason.ONE_LABEL if n else Reason.NO_SHARED_ITEMS
    return scored(parts[0], n, [(np.asarray(total == 0), reason)], observed=parts[1], expected=parts[2])


MEASURE = (
    Measure(
        *called("kappa_mean"),
        takes="contingency",
        compute=kappa_mean,
        range=(-1.0, 1.0),
        symmetric=True,
        citation="Davies & Fleiss 1982, Biometrics 38(4), pp. 1047-1051, for the idea of averaging over pairs",
    ),
    *(
        Measure(
            *called(f"kappa_mean.{kind}"),
            takes="contingency",
            compute=partial(kappa_mean, measure=f"cohen_kappa.{kind}"),
            range=(-1.0, 1.0),
            symmetric=True,
            needs_order=True,
            citation="Cohen 1968, Psychological Bulletin 70(4), pp. 213-220, averaged over pairs",
        )
        for kind in ("linear", "quadratic")
    ),
    Measure(
        *called("light_kappa"),
        takes="contingency",
        compute=light_kappa,
        range=(-1.0, 1.0),
        symmetric=True,
        citation="Light 1971, Psychological Bulletin 76(5), pp. 365-377",
    ),
)
