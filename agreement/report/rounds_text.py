"""Changes between rounds as text for a terminal."""

from collections.abc import Iterator, Mapping, Sequence

from agreement.report.terminal import shown
from agreement.rounds.changes import Change
from agreement.rounds.comparing import LayerChange
from agreement.rounds.trends import Trend
from agreement.wording import Figure, decimal
from agreement.wording import rounds as words
from agreement.wording.outputs import and_more

MOST = 8


def changes_text(
    changes: Sequence[LayerChange], trends: Sequence[Trend] = (), sections: Mapping[str, str] | None = None
) -> str:
    """Return the changes as text, and the courses of trends that have one; *sections* gives their titles by id."""
    named = dict(sections or {})
    if not changes:
        return words.NOTHING_COMPARED
    parts = ["\n".join(_lines(change, named)) for change in changes]
    courses = [trend for trend in trends if trend.course]
    if courses:
        parts.append("\n".join(_course(trend, named) for trend in courses))
    return "\n\n".join(parts)


def _lines(between_rounds: LayerChange, sections: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of one layer."""
    both = between_rounds
    yield words.line_of_layer(shown(both.layer), shown(both.before), shown(both.after), both.word)
    yield words.line_of_basis((both.n_before, both.n_after, both.n_both), both.pairing, both.clusters or 0)
    yield from (words.line_of_note(shown(note)) for note in both.notes)
    yield from (f"  {_change(change, sections)}" for change in both.overall)
    for title, family in (
        (words.SECTIONS, both.by_section),
        (words.CLASSES, both.by_label),
        (words.PAIRS, both.by_pair),
    ):
        clear = [change for change in family if change.word in ("better", "worse")]
        tested = sum(change.p is not None for change in family)
        if tested:
            yield words.line_of_family(title, len(clear), tested)
        yield from (f"    {_change(change, sections)}" for change in clear[:MOST])
        if len(clear) > MOST:
            yield f"    {and_more(len(clear) - MOST)}"


def _change(change: Change, sections: Mapping[str, str]) -> str:
    """Return one change: what, before and after, difference with interval and n, word."""
    about = change.label or " / ".join(change.labels)
    if change.section:
        about = sections.get(change.section, change.section)
    name = f"{change.title} {shown(about)}".strip()
    if change.before is None or change.after is None or change.difference is None:
        return f"{name}: {change.undefined}"
    difference = Figure(change.difference, change.low, change.high, confidence=change.confidence)
    n = change.n_before, change.n_after
    return f"{name}: {words.line_of_change((change.before, change.after), difference, n, change.word)}"


def _course(trend: Trend, sections: Mapping[str, str]) -> str:
    """Return the course of one trend."""
    where = f", section {shown(sections.get(trend.section, trend.section))}" if trend.section else ""
    values = ", ".join("none" if point.value is None else decimal(point.value) for point in trend.points)
    return f"{trend.title}{where}: {trend.course} ({values}). {trend.meaning}"
