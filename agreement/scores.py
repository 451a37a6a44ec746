"""Scores: values with n and interval, or the reason why there is no value; and Measure, their definition."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from agreement.wording import reasons as words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Reason(StrEnum):
    """Why a score has no value."""

    DEFINED = ""
    NO_SHARED_ITEMS = words.NO_SHARED_ITEMS
    ONE_LABEL = words.ONE_LABEL
    LABEL_UNUSED = words.LABEL_UNUSED
    REFERENCE_UNUSED = words.REFERENCE_UNUSED
    OTHER_UNUSED = words.OTHER_UNUSED
    NEEDS_ORDER = words.NEEDS_ORDER
    NEEDS_TWO_LABELS = words.NEEDS_TWO_LABELS
    NEEDS_TWO_ANNOTATORS = words.NEEDS_TWO_ANNOTATORS
    TOO_FEW_ITEMS = words.TOO_FEW_ITEMS
    NO_SPANS = words.NO_SPANS
    REFERENCE_EMPTY = words.REFERENCE_EMPTY
    OTHER_EMPTY = words.OTHER_EMPTY
    NO_EQUAL_BOUNDARY = words.NO_EQUAL_BOUNDARY
    NO_EQUAL_LABEL = words.NO_EQUAL_LABEL
    NO_TEXT = words.NO_TEXT
    NO_VARIATION = words.NO_VARIATION
    NO_DISPUTE = words.NO_DISPUTE
    BOTH_EMPTY = words.BOTH_EMPTY
    CONDITIONS_NOT_MET = words.CONDITIONS_NOT_MET


@dataclass(frozen=True, slots=True)
class Scores:
    """Values of one measure for a stack of counts: in every cell a value or a reason, never both.

    Parameters
    ----------
    value
        (…) the scores; NaN stands for "see the reason" and never leaves this class unnoticed.
    reason
        (…) :class:`Reason` as objects; ``Reason.DEFINED`` where there is a value.
    n
        (…) units compared.
    observed, expected
        (…) observed and expected agreement where the measure has them.
    low, high, se, n_informative, clusters
        (…) interval, standard error, units outside the largest diagonal cell, clusters; filled in by
        :mod:`agreement.intervals`.
    """

    value: Floats
    reason: NDArray[np.object_]
    n: Ints
    observed: Floats | None = None
    expected: Floats | None = None
    low: Floats | None = None
    high: Floats | None = None
    se: Floats | None = None
    n_informative: Ints | None = None
    clusters: Ints | Floats | None = None

    def __post_init__(self) -> None:
        """Refuse a cell that has both a value and a reason, or neither."""
        if not np.array_equal(np.isnan(self.value), self.reason != Reason.DEFINED):
            raise ValueError("every score needs a value or a reason, and never both")


def scored(
    value: Floats, n: Ints, reasons: list[tuple[NDArray[np.bool_], Reason]], **more: Floats | Ints | None
) -> Scores:
    """Return Scores in which the first of *reasons* whose mask holds takes the place of the value.

    Examples
    --------
    >>> import numpy as np
    >>> scores = scored(np.array([0.5, np.nan]), np.array([4, 0]), [(np.array([False, True]), Reason.NO_SHARED_ITEMS)])
    >>> scores.reason.tolist()
    [<Reason.DEFINED: ''>, <Reason.NO_SHARED_ITEMS: 'no items in common'>]
    """
    value = np.asarray(value, dtype=np.float64).copy()
    reason = np.empty(value.shape, dtype=object)
    reason.fill(Reason.DEFINED)
    for mask, why in reversed(reasons):
        reason[np.broadcast_to(mask, value.shape)] = why
    value[reason != Reason.DEFINED] = np.nan
    fields: dict[str, Any] = more
    return Scores(value, reason, np.broadcast_to(n, value.shape).astype(np.int64), **fields)


Parts = tuple[Floats, Floats | None, Floats | None]
"""Value, observed and expected agreement; the value is NaN where it is undefined."""


@dataclass(frozen=True, slots=True)
class LabelSums:
    """A measure of a pair as a function of sums over labels.

    Taking one unit out of cell (i, j) changes the terms of labels i and j only, so a jackknife over all K·K cells
    costs K·K, not K·K·K·K.

    Letters: K labels, M terms.

    Parameters
    ----------
    terms
        (both, reference, other), each (…, K) → (…, K, M): units both gave the label, and each of the two gave it.
    finish
        (sums (…, M), n (…)) → value, observed, expected; NaN where undefined.
    undefined
        The reason where there are shared units and yet no value.
    """

    terms: Callable[[Floats, Floats, Floats], Floats]
    finish: Callable[[Floats, Floats], Parts]
    undefined: Reason = Reason.ONE_LABEL

    def parts(self, both: Floats, reference: Floats, other: Floats) -> Parts:
        """Return value, observed and expected agreement from margins (…, K)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.finish(self.terms(both, reference, other).sum(axis=-2), reference.sum(axis=-1))

    def score(self, counts: NDArray[Any]) -> Scores:
        """Return the scores of contingency tables (…, K, K)."""
        return self.score_margins(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1), counts.sum(axis=-2))

    def score_margins(self, both: NDArray[Any], reference: NDArray[Any], other: NDArray[Any]) -> Scores:
        """Return the scores of margins (…, K)."""
        value, observed, expected = self.parts(
            both.astype(np.float64), reference.astype(np.float64), other.astype(np.float64)
        )
        n = reference.sum(axis=-1)
        return scored(
            value,
            n,
            [(n == 0, Reason.NO_SHARED_ITEMS), (~np.isfinite(value), self.undefined)],
            observed=observed,
            expected=expected,
        )


@dataclass(frozen=True, slots=True)
class UnitSums:
    """A measure of all annotators together as a function of sums over units.

    Letters: U units, K labels, M terms.

    Parameters
    ----------
    terms
        Item x label counts (U, K) → (U, M).
    finish
        Sums (…, M) → value, observed, expected; NaN where undefined.
    undefined
        The reason where there are units with two labels and yet no value.
    total
        Counts (U, K) and how often each (U,) → summed terms (M,), where terms of each unit would be too many.
    without
        With it: sums (M,), the counts (U, K) to take out, how often each (U,), and in which group each goes (U,) →
        values without each group (G,).
    """

    terms: Callable[[Floats], Floats]
    finish: Callable[[Floats], Parts]
    undefined: Reason = Reason.ONE_LABEL
    total: Callable[[Floats, Floats], Floats] | None = None
    without: Callable[[Floats, Floats, Floats, NDArray[np.int64]], Floats] | None = None

    def score(self, counts: NDArray[Any], weight: NDArray[Any] | None = None, terms: Floats | None = None) -> Scores:
        """Return the score of item x label counts (U, K), unit u standing for ``weight[u]`` units.

        *terms* are the terms of *counts* if they are known.
        """
        times = np.ones(len(counts)) if weight is None else weight.astype(np.float64)
        if self.total is not None:
            sums = self.total(counts.astype(np.float64), times)
        else:
            sums = times @ (self.terms(counts.astype(np.float64)) if terms is None else terms)
        with np.errstate(divide="ignore", invalid="ignore"):
            value, observed, expected = self.finish(sums)
        n = np.int64(round(float(times[counts.sum(axis=1) >= 2].sum())))
        return scored(
            np.asarray(value),
            np.asarray(n),
            [(np.asarray(n == 0), Reason.NO_SHARED_ITEMS), (~np.isfinite(np.asarray(value)), self.undefined)],
            observed=observed,
            expected=expected,
        )


Takes = Literal["contingency", "item_counts", "profiles", "matches", "values"]
IntervalMethod = Literal["jackknife", "wilson", "wilson_f1", "none"]


@dataclass(frozen=True, slots=True)
class Measure:
    """The definition of a measure, printed next to its values.

    Parameters
    ----------
    name
        Its id in JSON, the id of the published oracles: ``cohen_kappa``, ``gwet_ac2.linear``.
    title, summary
        What a page calls it, and one plain sentence that says what it means.
    takes
        The counts it reads: ``contingency`` (…, K, K), ``item_counts`` (U, K), ``profiles``, ``matches``, ``values``.
    compute
        A pure function of a stack of counts, vectorised over leading axes: (…, K, K) → Scores of shape (…).
    range
        Smallest and largest value.
    symmetric
        True if swapping reference and other leaves the value.
    needs_order
        True if it is refused without a declared order of the labels.
    citation
        Author, year, page.
    interval
        How its interval is made (decisions: jackknife of the kappa family, Wilson for shares, Wilson mapped for F1).
    binary
        True if it is computed per label, on the table collapsed to label against rest.
    sums
        The measure of a pair as a function of sums over labels, for measures that are one: intervals for next to
        nothing.
    pooled
        The same measure for all annotators together, as a function of sums over units.
    without
        Of tables (S, K, K) the values without one unit of each cell (S, K, K), for measures that have a formula for
        them; not finite where there is no value.
    """

    name: str
    title: str
    summary: str
    takes: Takes
    compute: Callable[..., Scores] = field(repr=False)
    range: tuple[float, float]
    symmetric: bool
    citation: str
    needs_order: bool = False
    interval: IntervalMethod = "jackknife"
    binary: bool = False
    sums: LabelSums | None = field(default=None, repr=False)
    pooled: UnitSums | None = field(default=None, repr=False)
    without: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = field(default=None, repr=False)
