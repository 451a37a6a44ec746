"""Numbers: how far apart, on average and at the edges, and how much of the spread is between the items."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from agreement.annotations import Annotations
from agreement.comparison._judge import Judge
from agreement.comparison._result import Comparison
from agreement.measures.icc import icc_agreement, icc_consistency, icc_terms
from agreement.measures.krippendorff_alpha import interval_finish, interval_terms
from agreement.meetings import Meetings, meetings
from agreement.scores import Parts, Reason, Scores, scored
from agreement.settings import Settings
from agreement.uncertainty.pooling import Jackknife, by_group, documents, jackknifed
from agreement.units import Units, item_units

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Finish = Callable[[Floats], Floats]
Coefficient = Callable[[Floats], Parts]


def compare_numbers(annotations: Annotations, layer: str, settings: Settings) -> Comparison:
    """Return the comparison of one *layer* of numbers; there is no kappa, as numbers are not categories."""
    original = item_units(annotations, layer)
    units, scale = _near_one(original)
    met = meetings(annotations, layer)
    confidence = settings.measures.confidence
    judge = Judge(layer, met, (), settings.measures)
    cluster = documents(units)
    shared = Shared(units, met, cluster, confidence)
    for name, finish in _DIFFERENCES.items():
        for sign in (1.0, -1.0) if name in _DIRECTED else (1.0,):
            judge.by_pair(name, "item", _times(shared.differences(finish, sign), scale), swapped=sign < 0)
    judge.pooled("mean_absolute_difference", "item", _times(shared.mean_absolute(), scale))
    for name, coefficient in _COEFFICIENTS.items():
        judge.by_pair(name, "item", shared.coefficients(name, coefficient))
        judge.pooled(name, "item", _pooled(name, coefficient, units, cluster, confidence))
    return Comparison(annotations.layers[layer], judge.frame(), original)


def _near_one(units: Units) -> tuple[Units, int]:
    """Return the units with their numbers over a power of two, the largest just below 1, and that power.

    Nothing is rounded, and squares neither overflow nor vanish.
    """
    if units.values is None or not units.values.size:
        return units, 0
    scale = int(np.frexp(np.abs(units.values).max())[1])
    return replace(units, values=np.ldexp(units.values, -scale)), scale


def _times(scores: Scores, scale: int) -> Scores:
    """Return scores in the unit of the numbers times two to the power *scale*."""
    fields: dict[str, Any] = {
        name: None if (part := getattr(scores, name)) is None else np.ldexp(part, scale)
        for name in ("value", "low", "high", "se")
    }
    return replace(scores, **fields)


class Shared:
    """The numbers that the two annotators of each pair gave to the items they share."""

    def __init__(self, units: Units, met: Meetings, cluster: Ints | None, confidence: float) -> None:
        values = np.zeros(0) if units.values is None else units.values
        answers = values[units.label]
        self._values = np.column_stack([answers[met.reference], answers[met.other]])
        self._begins = np.searchsorted(met.pair, np.arange(len(met.pairs) + 1))
        self._cluster = None if cluster is None else cluster[met.document]
        self._own = met.item[met.document]
        self._confidence = confidence

    def differences(self, finish: Finish, sign: float) -> Scores:
        """Return a statistic of the differences other - reference, in the unit of the numbers, with its interval."""
        parts = [
            _in_units(finish, _difference_terms(sign * (rows[:, 1] - rows[:, 0])), cluster, self._confidence)
            for rows, cluster in self._pairs()
        ]
        return _stacked(parts)

    def mean_absolute(self) -> Scores:
        """Return the mean absolute difference of all pairs together; the pairs of one item go together."""
        terms = _difference_terms(self._values[:, 1] - self._values[:, 0])
        return _in_units(_mean_absolute, terms, self._own if self._cluster is None else self._cluster, self._confidence)

    def coefficients(self, name: str, finish: Coefficient) -> Scores:
        """Return a coefficient of each pair with its interval."""
        return _stacked(
            [_coefficient(name, finish, rows, cluster, self._confidence) for rows, cluster in self._pairs()]
        )

    def _pairs(self) -> list[tuple[Floats, Ints | None]]:
        """Return numbers (n, 2) and clusters (n,) of every pair."""
        bounds = zip(self._begins[:-1], self._begins[1:], strict=True)
        return [
            (self._values[first:last], None if self._cluster is None else self._cluster[first:last])
            for first, last in bounds
        ]


def _difference_terms(difference: Floats) -> Floats:
    """Return the terms (n, 4) of statistics of differences: 1, d, d², |d|."""
    return np.column_stack([np.ones(len(difference)), difference, difference**2, np.abs(difference)])


def _mean(sums: Floats) -> Floats:
    return sums[..., 1] / sums[..., 0]


def _mean_absolute(sums: Floats) -> Floats:
    return sums[..., 3] / sums[..., 0]


def _limit(sums: Floats, side: float) -> Floats:
    """Return mean ± 1.96 standard deviations of the differences (Bland & Altman 1986, pp. 307-310)."""
    n = sums[..., 0]
    variance = (sums[..., 2] - sums[..., 1] ** 2 / n) / (n - 1)
    limit: Floats = sums[..., 1] / n + side * float(ndtri(0.975)) * np.sqrt(np.maximum(variance, 0))
    return np.where(n > 1, limit, np.nan)


_DIFFERENCES: dict[str, Finish] = {
    "mean_absolute_difference": _mean_absolute,
    "mean_difference": _mean,
    "limits_of_agreement.lower": lambda sums: _limit(sums, -1.0),
    "limits_of_agreement.upper": lambda sums: _limit(sums, 1.0),
}
_DIRECTED = ("mean_difference", "limits_of_agreement.lower", "limits_of_agreement.upper")
_COEFFICIENTS: dict[str, Coefficient] = {
    "icc.2_1": icc_agreement,
    "icc.3_1": icc_consistency,
    "krippendorff_alpha.interval": interval_finish,
}


def _in_units(finish: Finish, terms: Floats, cluster: Ints | None, confidence: float) -> Scores:
    """Return () a statistic of summed *terms* with value ± t SE, the jackknife taking out items, or documents."""
    n = np.asarray(len(terms))
    if not len(terms):
        return scored(np.asarray(np.nan), n, [(np.asarray(n == 0), Reason.NO_SHARED_ITEMS)])
    removed = terms if cluster is None else by_group(cluster, terms)
    total, m = terms.sum(axis=0), len(removed)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.asarray(finish(total))
        moved = finish(total - removed) - value
    scores = scored(value, n, [(np.asarray(~np.isfinite(value)), Reason.TOO_FEW_ITEMS)])
    if m < 2 or not np.isfinite(moved).all():
        return scores
    se = np.asarray(np.sqrt((m - 1) / m * ((moved - moved.mean()) ** 2).sum()))
    half = stdtrit(m - 1, 0.5 + confidence / 2) * se
    clusters = None if cluster is None else np.asarray(m)
    low = np.maximum(value - half, 0.0) if finish is _mean_absolute else value - half
    return replace(scores, se=se, low=low, high=value + half, clusters=clusters)


def _coefficient(name: str, finish: Coefficient, rows: Floats, cluster: Ints | None, confidence: float) -> Scores:
    """Return () a coefficient of numbers (n, k), every row complete."""
    n, k = rows.shape
    if name.startswith("icc"):
        terms = icc_terms(rows)
    else:
        _, terms = interval_terms(np.repeat(np.arange(n), k), rows.ravel(), n)
    design = Jackknife(np.ones(n, dtype=np.int64), cluster, np.ones(n, dtype=bool), (-1.0, 1.0), confidence)
    return _judged(finish, terms, design)


def _pooled(name: str, finish: Coefficient, units: Units, cluster: Ints | None, confidence: float) -> Scores:
    """Return () a coefficient of all annotators: alpha of all items, ICC of those that all annotators answered."""
    values = np.zeros(0) if units.values is None else units.values
    if name.startswith("icc"):
        complete = np.bincount(units.unit, minlength=units.n_units) == len(units.annotators)
        rows = values[units.label[complete[units.unit]]].reshape(-1, len(units.annotators))
        return _coefficient(name, finish, rows, None if cluster is None else cluster[complete], confidence)
    _, terms = interval_terms(units.unit, values[units.label], units.n_units)
    compared = np.bincount(units.unit, minlength=units.n_units) > 1
    design = Jackknife(np.ones(units.n_units, dtype=np.int64), cluster, compared, (-1.0, 1.0), confidence)
    return _judged(finish, terms, design)


def _judged(finish: Coefficient, terms: Floats, design: Jackknife) -> Scores:
    """Return the coefficient of summed *terms* with its interval, or why there is none."""
    n = int(design.compared.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        value = finish(terms.sum(axis=0))[0]
    value = np.asarray(value)
    why = [(np.asarray(n == 0), Reason.NO_SHARED_ITEMS), (np.asarray(~np.isfinite(value)), Reason.NO_VARIATION)]
    scores = scored(value, np.asarray(n), why)
    return jackknifed(scores, finish, terms, design, disagreeing=0 if value == 1 else None)


def _stacked(parts: list[Scores]) -> Scores:
    """Return scores () of several pairs as one (P,)."""

    def stack(name: str) -> Floats:
        found = [getattr(part, name) for part in parts]
        return np.array([np.nan if value is None else value for value in found], dtype=np.float64)

    return Scores(
        stack("value"), np.array([part.reason[()] for part in parts], dtype=object),
        np.array([part.n for part in parts], dtype=np.int64).ravel(),
        low=stack("low"), high=stack("high"), se=stack("se"), clusters=stack("clusters"),
    )  # fmt: skip
