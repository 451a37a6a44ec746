"""Intraclass correlations of numbers: ICC(2,1) absolute agreement, ICC(3,1) consistency."""

from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agreement.scores import Measure, Parts, Reason, Scores, scored

Floats = NDArray[np.float64]
Form = Literal["agreement", "consistency"]


def icc(values: Floats, form: Form = "agreement") -> Scores:
    """Return an intraclass correlation of numbers (U, A), one row per unit that all A annotators answered.

    With the mean squares of a two-way analysis of variance between units (BMS), between annotators (JMS) and the rest
    (EMS): ICC(2,1) = (BMS - EMS) / (BMS + (A-1) EMS + A (JMS - EMS) / U) counts every difference; ICC(3,1) =
    (BMS - EMS) / (BMS + (A-1) EMS) forgives an annotator who is always higher (Shrout & Fleiss 1979, p. 423). 1 is full
    agreement, 0 none, the minimum -1/(A-1). Undefined with fewer than two units or annotators, and when all numbers are
    equal.

    Examples
    --------
    >>> import numpy as np
    >>> shifted = np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]])  # BMS 2, EMS 0, JMS 1.5
    >>> round(float(icc(shifted).value), 6), float(icc(shifted, "consistency").value)
    (0.666667, 1.0)
    """
    units, annotators = values.shape
    n = np.asarray(units)
    centred = values - (values.mean() if values.size else 0.0)
    value = icc_finish(form, annotators, icc_terms(centred).sum(axis=0))[0] if units >= 2 <= annotators else np.nan
    return scored(
        np.asarray(value),
        n,
        [
            (np.asarray(annotators < 2), Reason.NEEDS_TWO_ANNOTATORS),
            (np.asarray(units == 0), Reason.NO_SHARED_ITEMS),
            (np.asarray(units < 2), Reason.TOO_FEW_ITEMS),
            (np.asarray(~np.isfinite(value)), Reason.NO_VARIATION),
        ],
    )


def icc_terms(values: Floats) -> Floats:
    """Return the additive terms (U, 3 + A) of complete rows (U, A): 1, squared row sum, sum of squares, the numbers."""
    total = values.sum(axis=1)
    return np.column_stack([np.ones(len(values)), total**2, (values**2).sum(axis=1), values])


def icc_finish(form: Form, annotators: int, sums: Floats) -> Parts:
    """Return the correlation from summed terms (…, 3 + A)."""
    n, rows, squares, columns = sums[..., 0], sums[..., 1], sums[..., 2], sums[..., 3:]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = columns.sum(axis=-1) ** 2 / (n * annotators)
        between = rows / annotators - mean
        judges = (columns**2).sum(axis=-1) / n - mean
        rest = squares - mean - between - judges
        bms = between / (n - 1)
        jms = judges / (annotators - 1)
        ems = rest / ((n - 1) * (annotators - 1))
        offset = annotators * (jms - ems) / n if form == "agreement" else 0.0
        below = bms + (annotators - 1) * ems + offset
        value = np.where(squares - mean > 1e-12 * np.abs(squares), (bms - ems) / below, np.nan)
    return np.asarray(value), None, None


def _measure(name: str, title: str, summary: str, form: Form) -> Measure:
    """Return the measure of one form."""
    return Measure(
        name=name,
        title=title,
        summary=summary,
        takes="values",
        compute=partial(icc, form=form),
        range=(-1.0, 1.0),
        symmetric=True,
        citation="Shrout & Fleiss 1979, Psychological Bulletin 86(2), p. 423",
    )


MEASURE = (
    _measure(
        "icc.agreement",
        "ICC(2,1)",
        "The share of the spread of the numbers that comes from the items; every difference counts.",
        "agreement",
    ),
    _measure(
        "icc.consistency",
        "ICC(3,1)",
        "The same, forgiving an annotator who is always higher or lower by one amount.",
        "consistency",
    ),
)
