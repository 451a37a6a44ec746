"""Trends: values round by round, and from four rounds on the word for their course."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy.special import chdtrc

from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.rounds.snapshots import Snapshot, with_labels
from agreement.rounds.split import by_round
from agreement.rounds.values import (
    Value,
    agreement_value,
    alpha_value,
    kappa_value,
    mixed_value,
    own_interval,
    standard_error,
)  # fmt: skip
from agreement.settings import Settings
from agreement.uncertainty.distributions import normal_quantile
from agreement.uncertainty.influence import Floats
from agreement.wording import measures as titles
from agreement.wording import rounds as words

Course = Literal["improving", "flat", "falling", "unstable", ""]
MIN_ROUNDS = 4
MIN_UNITS = 20
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One value of one round; None where it is undefined."""

    round: str
    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure over all rounds.

    Parameters
    ----------
    layer, measure, title, section
        What is followed; the whole layer when *section* is None.
    points
        One per round, in order.
    course
        ``improving``, ``flat``, ``falling`` or ``unstable``; empty with fewer than four rounds that have a value.
    slope, slope_low, slope_high
        Change a round by the weighted line, with its interval; None without a course.
    meaning
        What the course usually means.
    """

    layer: str
    measure: str
    title: str
    section: str | None
    points: tuple[TrendPoint, ...]
    course: Course
    slope: float | None
    slope_low: float | None
    slope_high: float | None
    meaning: str

    def to_dict(self) -> dict[str, Any]:
        """Return the trend as JSON-able values."""
        return {**asdict(self), "points": [asdict(point) for point in self.points]}


def trends(
    annotations: Annotations, settings: Settings | None = None, comparisons: Sequence[Comparison] = ()
) -> tuple[Trend, ...]:
    """Return every layer's course over its rounds, overall and by section; empty with one round.

    *comparisons* of the annotations hold units that need not be made anew, as in :func:`rounds_within`.
    """
    settings = settings or Settings()
    known = {comparison.layer.name: comparison for comparison in comparisons}
    found: list[Trend] = []
    for layer in sorted(annotations.layers):
        rounds = by_round(annotations, layer, settings.measures.min_pair_items, known.get(layer))
        if rounds:
            found += _of_layer(_one_label_set(rounds), settings.measures.confidence)
    return tuple(found)


def course_of(values: Floats, errors: Floats) -> tuple[Course, float, float]:
    """Return the course of *values* (R,) with standard *errors* (R,), its slope a round, and the slope's error.

    A weighted line through the values; ``unstable`` if they scatter about it more than their errors explain
    (chi-square, p < .05) and at least one step goes clearly against the one before; else by the sign of the slope if
    it is clear of 0.

    Examples
    --------
    >>> error = np.full(6, 0.02)
    >>> course_of(np.array([0.60, 0.64, 0.66, 0.71, 0.74, 0.77]), error)[0]
    'improving'
    >>> course_of(np.array([0.70, 0.71, 0.69, 0.70, 0.71, 0.70]), error)[0]
    'flat'
    >>> course_of(np.array([0.60, 0.75, 0.58, 0.76, 0.61, 0.74]), error)[0]
    'unstable'
    """
    weight = 1 / errors**2
    place = np.arange(len(values)) - float(np.average(np.arange(len(values)), weights=weight))
    slope = float((weight * place * values).sum() / (weight * place**2).sum())
    error = float(1 / np.sqrt((weight * place**2).sum()))
    residual = values - np.average(values, weights=weight) - slope * place
    scatter = float(chdtrc(len(values) - 2, float((weight * residual**2).sum())))
    steps = np.diff(values) / np.sqrt(errors[1:] ** 2 + errors[:-1] ** 2)
    clear = steps[np.abs(steps) > normal_quantile(1 - LEVEL / 2)]
    reversed_ = bool((np.sign(clear[1:]) != np.sign(clear[:-1])).any())
    if scatter < LEVEL and reversed_:
        return "unstable", slope, error
    if abs(slope) / error > normal_quantile(1 - LEVEL / 2):
        return "improving" if slope > 0 else "falling", slope, error
    return "flat", slope, error


def _one_label_set(rounds: list[Snapshot]) -> list[Snapshot]:
    """Return the rounds with one label set."""
    names = tuple(dict.fromkeys(label for taken in rounds for label in taken.labels))
    return [with_labels(taken, names) for taken in rounds]


def _of_layer(rounds: list[Snapshot], confidence: float) -> Iterable[Trend]:
    """Yield the trends of one layer."""
    kind, with_pairs = rounds[0].kind, all(taken.has_pairs for taken in rounds)
    if kind == "category" and with_pairs:
        yield _trend(rounds, "kappa_mean", titles.COHEN, kappa_value, confidence)
    if kind == "ordinal" and with_pairs:
        yield _trend(rounds, "kappa_mean.quadratic", titles.WEIGHTED, kappa_value, confidence)
    if kind in ("category", "ordinal", "number"):
        metric = {"category": "nominal", "ordinal": "ordinal", "number": "interval"}[kind]
        yield _trend(rounds, f"krippendorff_alpha.{metric}", titles.ALPHA, alpha_value, confidence)
    if kind == "number":
        return
    units = np.array([taken.count(taken.possible > 0) for taken in rounds])
    in_all = (units >= MIN_UNITS).all(axis=0)
    if in_all.any():
        title = words.macro_f1(int(in_all.sum()), int(units.any(axis=0).sum()))
        yield _trend(rounds, "f1_macro", title, mixed_value(in_all / in_all.sum()), confidence)
    name = "span_f1.strict" if kind == "spans" else "percent_agreement"
    for section in sorted(set.intersection(*(set(taken.sections) for taken in rounds))):
        inside = [taken.inside(section) for taken in rounds]
        if min(taken.size for taken in inside) >= MIN_UNITS:
            yield _trend(inside, name, "Agreement", agreement_value, confidence, section)


def _trend(
    rounds: list[Snapshot], measure: str, title: str, of: Value, confidence: float, section: str | None = None
) -> Trend:
    """Return one measure over the *rounds*."""
    points, centres, errors = [], [], []
    for taken in rounds:
        found = of(taken)
        if found.value is None or found.n < 2:
            points.append(TrendPoint(taken.name, None, None, None, found.n))
            continue
        low, high = own_interval(taken, found, confidence)
        points.append(TrendPoint(taken.name, found.value, low, high, found.n))
        centres.append(found.centre)
        errors.append(max(standard_error(taken, found), 1e-9))
    blank = Trend(rounds[0].layer, measure, title, section, tuple(points), "", None, None, None, words.COURSES[""])
    if len(centres) < MIN_ROUNDS:
        return blank
    course, slope, error = course_of(np.array(centres), np.array(errors))
    half = normal_quantile((1 + confidence) / 2) * error
    return replace(
        blank,
        course=course,
        slope=slope,
        slope_low=slope - half,
        slope_high=slope + half,
        meaning=words.COURSES[course],
    )
