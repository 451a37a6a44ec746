"""Intraclass correlations of numbers: the share of the spread that lies between the items."""

import numpy as np
from numpy.typing import NDArray

from agreement.scores import Measure, Parts, Reason, Scores, scored
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def icc_terms(rows: Floats) -> Floats:
    """Return the additive terms (U, 3 + k) of the analysis of variance of numbers (U, k), one row per item."""
    centred = rows - (rows.mean() if rows.size else 0.0)
    ones = np.ones(len(rows))
    return np.column_stack([ones, centred.sum(axis=1) ** 2, (centred**2).sum(axis=1), centred])


def _mean_squares(sums: Floats) -> tuple[Floats, Floats, Floats, Floats, int]:
    """Return n and the mean squares of items, annotators and the rest, and k."""
    n, rows, squares, columns = sums[..., 0], sums[..., 1], sums[..., 2], sums[..., 3:]
    k = columns.shape[-1]
    correction = columns.sum(axis=-1) ** 2 / (n * k)
    between_items = rows / k - correction
    between_annotators = (columns**2).sum(axis=-1) / n - correction
    # Rounding may leave a trace where there is no spread at all.
    rest = np.maximum(squares - correction - between_items - between_annotators, 0)
    rest = np.where(rest < 1e-12 * np.maximum(squares, 1e-300), 0.0, rest)
    return n, between_items / (n - 1), between_annotators / (k - 1), rest / ((n - 1) * (k - 1)), k


def icc_agreement(sums: Floats) -> Parts:
    """Return ICC(2,1) from summed terms: annotators are a sample, and their levels count."""
    n, items, annotators, rest, k = _mean_squares(sums)
    return _defined(items - rest, items + (k - 1) * rest + k * (annotators - rest) / n), None, None


def icc_consistency(sums: Floats) -> Parts:
    """Return ICC(3,1) from summed terms: annotators are these, and their levels do not count."""
    _, items, _, rest, k = _mean_squares(sums)
    return _defined(items - rest, items + (k - 1) * rest), None, None


def _defined(part: Floats, whole: Floats) -> Floats:
    return np.where(np.abs(whole) > 0, part / whole, np.nan)


def icc(rows: Floats, *, agreement: bool = True) -> Scores:
    """Return ICC(2,1), or ICC(3,1) if not *agreement*, of numbers (U, k): items by annotators, complete.

    ICC(2,1) = (MS_items - MS_rest) / (MS_items + (k - 1) MS_rest + k (MS_annotators - MS_rest) / n), and ICC(3,1)
    without the last term (Shrout & Fleiss 1979, pp. 420-428). 1 is full agreement; below 0 items differ less than
    annotators do on one. Undefined with fewer than two items, and where all numbers are equal.

    Examples
    --------
    Six items, four annotators (Shrout & Fleiss 1979, pp. 420-428):

    >>> rows = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> round(float(icc(rows).value), 2), round(float(icc(rows, agreement=False).value), 2)
    (0.29, 0.71)
    """
    finish = icc_agreement if agreement else icc_consistency
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.asarray(finish(icc_terms(np.asarray(rows, dtype=np.float64)).sum(axis=0))[0])
    n = np.asarray(len(rows))
    return scored(value, n, [(np.asarray(n == 0), Reason.NO_SHARED_ITEMS), (~np.isfinite(value), Reason.NO_VARIATION)])


MEASURE = (
    Measure(
        *called("icc.2_1"),
        takes="values",
        compute=icc,
        range=(-1.0, 1.0),
        symmetric=True,
        citation="Shrout & Fleiss 1979, Psychological Bulletin 86(2), pp. 420-428",
    ),
    Measure(
        *called("icc.3_1"),
        takes="values",
        compute=lambda rows: icc(rows, agreement=False),
        range=(-1.0, 1.0),
        symmetric=True,
        citation="Shrout & Fleiss 1979, Psychological Bulletin 86(2), pp. 420-428",
    ),
)
