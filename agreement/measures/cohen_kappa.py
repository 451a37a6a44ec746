"""Cohen's kappa: agreement of two annotators beyond what their own label shares would give by chance."""

import numpy as np
from numpy.typing import NDArray

from agreement.scores import Measure, Reason, Scores, scored


def cohen_kappa(counts: NDArray[np.int64] | NDArray[np.float64]) -> Scores:
    """Return Cohen's kappa of contingency tables (…, K, K), rows the reference, columns the other.

    kappa = (A_o - A_e) / (1 - A_e), with A_o the share on the diagonal and A_e = sum of p1_j p2_j over the labels j
    (Cohen 1960, p. 40). 1 is full agreement, 0 what the two label shares give by chance, the minimum -1. Undefined
    without shared units, and when both use one and the same label only (A_e = 1).

    Examples
    --------
    >>> import numpy as np
    >>> scores = cohen_kappa(np.array([[20, 5], [10, 15]]))
    >>> float(scores.observed), float(scores.expected), round(float(scores.value), 12)
    (0.7, 0.5, 0.4)
    """
    n = counts.sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.trace(counts, axis1=-2, axis2=-1) / n
        expected = (counts.sum(axis=-1) * counts.sum(axis=-2)).sum(axis=-1) / n.astype(np.float64) ** 2
        value = (observed - expected) / (1 - expected)
    one_label = np.max(counts.sum(axis=-1) + counts.sum(axis=-2), axis=-1) == 2 * n
    return scored(
        value,
        n,
        [(n == 0, Reason.NO_SHARED_ITEMS), (one_label, Reason.ONE_LABEL)],
        observed=observed,
        expected=expected,
    )


MEASURE = Measure(
    name="cohen_kappa",
    title="Cohen's κ",
    summary="How far two annotators agree beyond what their own label shares would give by chance.",
    takes="contingency",
    compute=cohen_kappa,
    range=(-1.0, 1.0),
    symmetric=True,
    citation="Cohen 1960, Educational and Psychological Measurement 20(1), p. 40",
)
