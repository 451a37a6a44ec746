"""Conger's kappa: chance from every annotator's own label shares, averaged over pairs of annotators."""

import numpy as np
from numpy.typing import NDArray

from agreement.measures._chance import corrected
from agreement.scores import Measure, Parts, Reason, Scores, scored
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def expected_agreement(totals: Floats, weight: Floats | None = None) -> Floats:
    """Return A_e from labels given (…, A, K): mean over annotator pairs of sum_jk w_jk p_aj p_bk.

    Annotators without labels do not count; NaN with fewer than two.
    """
    given = totals.sum(axis=-1, keepdims=True)
    active = given[..., 0] > 0
    shares = np.where(given > 0, totals / np.where(given > 0, given, 1), 0.0)
    number = active.sum(axis=-1)
    summed = shares.sum(axis=-2)
    if weight is None:
        across = (summed**2).sum(axis=-1) - (shares**2).sum(axis=(-2, -1))
    else:
        across = (summed * (summed @ weight)).sum(axis=-1) - (shares * (shares @ weight)).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(across / (number * (number - 1)))


def finish(observed: Floats, totals: Floats, weight: Floats | None = None) -> Parts:
    """Return kappa with A_o and A_e."""
    return corrected(observed, expected_agreement(totals, weight))


def conger_kappa(codes: NDArray[np.int64], k: int, weight: Floats | None = None) -> Scores:
    """Return Conger's kappa of reliability data (U, A), label codes below *k*, -1 for missing; *weight* (K, K).

    kappa = (A_o - A_e) / (1 - A_e), A_o as in Fleiss' kappa, A_e the mean over annotator pairs of sum_j p_aj p_bj,
    p_aj the share of label j among the labels of annotator a (Conger 1980; Hubert 1977; the "exact" Fleiss of
    other software). With two annotators and nothing missing it is Cohen's kappa. 1 is full agreement, 0 chance.
    Undefined if no unit has two labels and when only one label occurs.

    Examples
    --------
    >>> import numpy as np
    >>> scores = conger_kappa(np.array([[0, 0], [0, 1], [1, 1]]), 2)  # A_o = 2/3, A_e = (2·1 + 1·2) / 9
    >>> round(float(scores.value), 6)
    0.4
    """
    unit, annotator = np.nonzero(codes >= 0)
    label = codes[unit, annotator]
    counts = np.bincount(unit * k + label, minlength=len(codes) * k).reshape(len(codes), k)
    totals = np.bincount(annotator * k + label, minlength=codes.shape[1] * k).reshape(codes.shape[1], k)
    r = counts.sum(axis=1)
    two = r >= 2
    similar = counts if weight is None else counts @ weight
    agreement = ((counts * similar).sum(axis=1) - r)[two] / (r * (r - 1))[two]
    n = np.asarray(two.sum())
    observed = np.asarray(agreement.mean() if len(agreement) else np.nan)
    value, _, expected = finish(observed, totals.astype(np.float64), weight)
    return scored(
        value,
        n,
        [(n == 0, Reason.NO_SHARED_ITEMS), (~np.isfinite(value), Reason.ONE_LABEL)],
        observed=observed,
        expected=expected,
    )


MEASURE = Measure(
    *called("conger_kappa"),
    takes="profiles",
    compute=conger_kappa,
    range=(-1.0, 1.0),
    symmetric=True,
    citation="Conger 1980, Psychological Bulletin 88(2), pp. 322-328",
)
