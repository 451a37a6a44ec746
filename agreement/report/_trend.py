"""What the page says about rounds: the last step in a sentence, values by round, and every clear change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agreement.flags import Flag
from agreement.report._context import items_link
from agreement.report.model import Link
from agreement.rounds.changes import Change
from agreement.rounds.comparing import LayerChange
from agreement.rounds.trends import Trend, trends
from agreement.wording import Figure, shortened
from agreement.wording import rounds as words
from agreement.wording.measures import HEADLINES

if TYPE_CHECKING:
    from agreement.pipeline import Audit

MOST_SERIES = 3
MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One value before and after."""

    about: str
    link: Link | None
    measure: str
    before: Figure
    after: Figure
    difference: Figure
    word: str
    clear: bool


@dataclass(frozen=True, slots=True)
class StepView:
    """What changed from one round to the next."""

    before: str
    after: str
    basis: str
    notes: tuple[str, ...]
    rows: tuple[ChangeRow, ...]
    rows_left: int


@dataclass(frozen=True, slots=True)
class TrendView:
    """Everything the page says about the rounds of one layer.

    Parameters
    ----------
    layer, kind
        Which layer.
    answer
        The last step in a sentence.
    rounds
        Names of the rounds, in order.
    series
        Up to three measures: title and a figure per round.
    limits
        Lowest and highest value of the chart.
    courses
        Title and what its course means, where there are four rounds.
    steps
        The steps, the last one first.
    flags
        Findings of ``round_change``.
    """

    name: str
    kind: str
    answer: str
    rounds: tuple[str, ...]
    series: tuple[tuple[str, tuple[Figure, ...]], ...]
    limits: tuple[float, float]
    courses: tuple[tuple[str, str, str], ...]
    steps: tuple[StepView, ...]
    flags: tuple[Flag, ...]


def trend_views(audit: "Audit", changes: Sequence[LayerChange]) -> tuple[TrendView, ...]:
    """Return a view for each layer that has at least two rounds, from its *changes*."""
    courses = trends(audit.annotations, audit.settings, audit.comparisons) if changes else ()
    views = []
    for layer in dict.fromkeys(change.layer for change in changes):
        steps = [change for change in changes if change.layer == layer]
        mine = [course for course in courses if course.layer == layer]
        flags = [f for f in audit.diagnosis.flags if f.rule == "round_change" and f.subject.layer == layer]
        views.append(_view(audit, steps, mine, tuple(flags)))
    return tuple(views)


def _view(audit: "Audit", steps: list[LayerChange], courses: list[Trend], flags: tuple[Flag, ...]) -> TrendView:
    """Return the view of one layer."""
    confidence = audit.settings.measures.confidence
    drawn = [course for course in courses if course.section is None and _defined(course)][:MOST_SERIES]
    series = tuple(
        (
            _measure(course),
            tuple(
                Figure(p.value, p.low, p.high, p.n, reason=words.NOT_MEASURED, confidence=confidence)
                for p in course.points
            ),
        )
        for course in drawn
    )
    lows = [figure.low for _, figures in series for figure in figures if figure.low is not None]
    highs = [figure.high for _, figures in series for figure in figures if figure.high is not None]
    limits = (max(min(lows, default=0.0) - 0.03, -1.0), min(max(highs, default=1.0) + 0.03, 1.0))
    names = tuple(p.round for p in courses[0].points) if courses else ()
    return TrendView(
        steps[-1].layer, steps[-1].kind, _answer(audit, steps[-1]), names, series, limits,
        tuple((_title(audit, course), course.course, course.meaning) for course in courses if course.course),
        tuple(_step(audit, step) for step in reversed(steps)), flags,
    )  # fmt: skip


def _measure(value: Change | Trend) -> str:
    """Return what a value is called on this page."""
    return HEADLINES[value.measure][0] if value.measure in HEADLINES else value.title


def _defined(course: Trend) -> bool:
    """Return True if at least two rounds have a value."""
    return sum(point.value is not None for point in course.points) >= 2


def _title(audit: "Audit", course: Trend) -> str:
    """Return what a course is about."""
    if course.section is None:
        return _measure(course)
    return f"{_measure(course)} in section {audit.annotations.guidelines.name(course.section)}"


def _answer(audit: "Audit", step: LayerChange) -> str:
    """Return what the last step did, in one or two sentences with numbers."""
    headline = next((change for change in step.overall if change.difference is not None), None)
    if headline is None:
        return words.not_comparable(step.before, step.after)
    sentence = words.last_step(step.before, step.after, step.word, _measure(headline), _words(headline))
    sections = [
        change
        for change in step.by_section
        if change.word in ("better", "worse") and change.measure.endswith("standardised")
    ]
    if sections:
        top = max(sections, key=lambda change: abs(change.difference or 0.0))
        where = audit.annotations.guidelines.name(top.section or "")
        sentence += " " + words.section_became(where, top.word, _words(top))
    return sentence


def _words(change: Change) -> str:
    """Return before, after and the difference with interval and n."""
    difference = Figure(change.difference or 0.0, change.low or 0.0, change.high or 0.0, confidence=change.confidence)
    n = change.n_before, change.n_after
    return words.change_in_words(change.before or 0.0, change.after or 0.0, difference, n)


def _step(audit: "Audit", step: LayerChange) -> StepView:
    """Return one step: the overall changes, then those of sections, classes and pairs that are clear."""
    families = (*step.by_section, *step.by_label, *step.by_pair)
    clear = [change for change in families if change.word in ("better", "worse")]
    rows = [_row(audit, step.layer, change) for change in (*step.overall, *clear)]
    tested = sum(change.p is not None for change in families)
    basis = words.basis((step.n_before, step.n_after, step.n_both), step.pairing, len(clear), tested)
    return StepView(step.before, step.after, basis, step.notes, tuple(rows[:MOST_ROWS]), max(len(rows) - MOST_ROWS, 0))


def _row(audit: "Audit", layer: str, change: Change) -> ChangeRow:
    """Return one change as a row, with a link to its items where it is about some of them."""
    about = change.label or " vs. ".join(change.labels) or words.EVERYTHING
    if change.section:
        about = f"§ {audit.annotations.guidelines.name(change.section)}"
    before, after = (
        Figure(value, interval and interval[0], interval and interval[1], n, reason=words.NOT_MEASURED)
        for value, interval, n in (
            (change.before, change.before_interval, change.n_before),
            (change.after, change.after_interval, change.n_after),
        )
    )
    reason = change.undefined or words.NOT_MEASURED
    word = words.WORDS.get(change.word, words.NO_CHANGE)
    shown = shortened(audit.annotations.layers[layer].labels)
    filters = {"section": change.section or "", "label": shown.get(change.label or "", "")}
    filters["pair"] = "~".join(shown[label] for label in sorted(change.labels))
    link = items_link(layer if len(audit.comparisons) > 1 else "", **filters) if any(filters.values()) else None
    return ChangeRow(
        about, link, _measure(change),
        before, after,
        Figure(
            change.difference, change.low, change.high, change.n_before + change.n_after, reason=reason,
            confidence=change.confidence,
        ),
        word if change.difference is not None else words.NOTHING, change.word in ("better", "worse"),
    )  # fmt: skip
