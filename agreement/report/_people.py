"""The people of one layer: agreement with the others, the funnel, and what the diagnosis sees about each."""

from typing import TYPE_CHECKING

import numpy as np

from agreement.peers import Peers, peers
from agreement.report.model import Funnel, PersonRow
from agreement.wording import Figure, count, decimal, optional

if TYPE_CHECKING:
    from agreement.report._layer import Context

FUNNEL_MIN_ITEMS = 50
FUNNEL_MIN_ANNOTATORS = 3
LIMIT_POINTS = 48


def with_others(context: "Context") -> tuple[Peers | None, Figure | None]:
    """Return everybody's mean agreement with the others, and the mean over all; None without single labels."""
    units = context.comparison.units
    if units is None or context.kind not in ("category", "ordinal"):
        return None, None
    found = peers(units, context.audit.settings.measures.confidence)
    return found, Figure(found.mean, n=int(found.n.sum()), unit="label")


def people(context: "Context") -> tuple[PersonRow, ...]:
    """Return the annotators: those the diagnosis names first, the rest by name and never by rank."""
    annotations, units = context.audit.annotations, context.comparison.units
    found, _ = with_others(context)
    confidence = context.audit.settings.measures.confidence
    place = {name: number for number, name in enumerate(units.annotators)} if units is not None else {}
    rows = []
    for name in annotations.compared:
        mine = tuple(
            flag
            for flag in context.flags
            if flag.verdict in ("confirmed", "suspected")
            and (flag.subject.annotator == name or name in flag.subject.annotators)
        )
        at = place.get(name)
        if found is None or at is None or found.n[at] == 0:
            figure = Figure(None, reason="no items in common" if found is not None else "see the pairs below")
        else:
            value, low, high = (optional(part[at]) for part in (found.value, found.low, found.high))
            figure = Figure(value, low, high, int(found.n[at]), confidence=confidence)
        outside = False
        if found is not None and figure.value is not None and figure.n >= FUNNEL_MIN_ITEMS:
            lower, upper = found.limits(np.array([float(figure.n)]))
            outside = not lower[0] <= figure.value <= upper[0]
        kind, group = (str(annotations.annotators.loc[name, column]) for column in ("kind", "group"))
        rows.append(
            PersonRow(
                context.slugs("annotator", name), name, kind, group, figure, None, outside,
                figure.n >= context.audit.settings.measures.min_pair_items, context.link(annotator=name), mine,
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (not row.flags, row.flags[0].verdict if row.flags else "", row.name)))


def funnel(context: "Context", rows: tuple[PersonRow, ...]) -> Funnel | None:
    """Return the points and limits of the funnel plot in percent positions; None for fewer than three annotators."""
    found, _ = with_others(context)
    shown = [row for row in rows if row.figure.value is not None]
    if found is None or len(shown) < FUNNEL_MIN_ANNOTATORS:
        return None
    widest = max(row.figure.n for row in shown)
    step = _step(widest)
    right = step * (int(widest * 1.05) // step + 1)
    lowest = min(min(row.figure.value or 0 for row in shown), found.mean)
    bottom = max(0.0, (int(lowest * 10) - 1) / 10)
    at = np.linspace(max(right / 30, 4), right, LIMIT_POINTS)
    lower, upper = found.limits(at)

    def x(n: float) -> float:
        return round(float(100 * n / right), 2)

    def y(value: float) -> float:
        return round(float(100 * (1 - value) / (1 - bottom)), 2)

    ticks = [number / 10 for number in range(round(bottom * 10), 11) if bottom > 0.4 or number % 2 == 0]
    return Funnel(
        tuple((x(row.figure.n), y(row.figure.value or 0), row) for row in shown),
        tuple((x(n), y(v)) for n, v in zip(at, lower, strict=True) if v >= bottom),
        tuple((x(n), y(v)) for n, v in zip(at, upper, strict=True)),
        y(found.mean),
        decimal(found.mean),
        tuple((x(n), count(n)) for n in range(0, right + 1, step)),
        tuple((y(tick), f"{tick:.1f}") for tick in ticks),
    )


def _step(largest: int) -> int:
    """Return a round step that cuts 0 to *largest* into two to five parts."""
    for size in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000):
        if largest <= 5 * size:
            return size
    return 10 ** len(str(largest // 5))
