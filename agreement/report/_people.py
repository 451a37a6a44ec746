"""The people of one layer: agreement with the others, the funnel, and what the diagnosis sees about each."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from agreement.distances import pair_distances
from agreement.peers import Peers, peers, peers_of_pairs
from agreement.report.model import Funnel, PersonRow
from agreement.wording import Figure, count, decimal, optional

if TYPE_CHECKING:
    from agreement.report._layer import Context

FUNNEL_MIN_ITEMS = 50
FUNNEL_MIN_ANNOTATORS = 3
LIMIT_POINTS = 48


def with_others(context: "Context") -> Peers | None:
    """Return everybody's mean agreement with the others: labels that are equal, or how close answers and spans are."""
    annotations, units = context.audit.annotations, context.comparison.units
    confidence = context.audit.settings.measures.confidence
    if units is not None and context.kind in ("category", "ordinal"):
        return peers(units, confidence)
    spans = context.comparison.details.get("spans")
    if spans is None:
        apart = pair_distances(annotations, context.name, context.audit.settings)
        place = np.array([annotations.compared.index(name) for name in apart.annotators], dtype=np.int64)
        return peers_of_pairs(
            len(annotations.compared), apart.unit, place[apart.a], place[apart.b], 1 - apart.distance, confidence
        )
    table = spans.distances
    place_of = pd.Index(annotations.compared)
    unit = table.groupby(["item", "round"], observed=True, sort=False).ngroup().to_numpy(np.int64)
    a, b = (
        place_of.get_indexer(pd.Index(table[side].astype("str"))).astype(np.int64) for side in ("reference", "other")
    )
    return peers_of_pairs(len(place_of), unit, a, b, 1 - table["distance"].to_numpy(np.float64), confidence)


def people(context: "Context") -> tuple[PersonRow, ...]:
    """Return the annotators: those the diagnosis names first, the rest by name and never by rank."""
    annotations = context.audit.annotations
    found = context.peers
    confidence = context.audit.settings.measures.confidence
    rows = []
    for at, name in enumerate(annotations.compared):
        mine = tuple(
            flag
            for flag in context.flags
            if flag.verdict in ("confirmed", "suspected")
            and (flag.subject.annotator == name or name in flag.subject.annotators)
        )
        if found is None or found.n[at] == 0:
            figure = Figure(None, unit=context.unit, reason="no items in common")
        else:
            value, low, high = (optional(part[at]) for part in (found.value, found.low, found.high))
            figure = Figure(value, low, high, int(found.n[at]), context.unit, confidence=confidence)
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
    found = context.peers
    shown = [row for row in rows if row.figure.value is not None]
    if found is None or len(shown) < FUNNEL_MIN_ANNOTATORS:
        return None
    widest = max(row.figure.n for row in shown)
    step = _step(widest)
    right = step * (int(widest * 1.05) // step + 1)
    lowest = min(*(row.figure.value or 0 for row in shown), found.mean)
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
    return 10 ** len(str(largest // 5)) if largest else 1
