"""The people of one layer: agreement with the others, and what the diagnosis sees about each."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from agreement.flags import Flag
from agreement.report._context import CAUSES, Context, share_of
from agreement.report.model import PersonRow
from agreement.units import Units
from agreement.wording import Figure, optional
from agreement.wording.findings import seen
from agreement.wording.page import NO_ITEMS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FUNNEL_MIN_ITEMS = 50
MANY = 200
# what the answer above the table says in full
SAID_ABOVE = 3
PEOPLE_RULES = ("annotator", "annotator_section", "copy", "camps", "drift", "span_annotator")
# findings about one person alone; a reading that a whole group shares marks nobody
ALONE = ("annotator", "annotator_section", "drift", "span_annotator")


def people(context: Context) -> tuple[tuple[PersonRow, ...], int]:
    """Return the annotators, and how many they are: those the diagnosis names first, then those outside the funnel.

    The rest come by name, and of a crowd only the first are rows.
    """
    annotations = context.audit.annotations
    found, names = context.peers, annotations.compared
    mine = _flags_by_person(context.flags)
    outside = (found.n >= max(FUNNEL_MIN_ITEMS, 1)) & ~np.isnan(found.value)
    lower, upper = found.limits(found.n.astype(np.float64))
    outside[outside] = ~((lower <= found.value) & (found.value <= upper))[outside]

    def place(at: int) -> tuple[bool, str, bool, str]:
        # among the many of a crowd only the first are embedded; else the funnel says nothing that names don't
        flags = mine.get(names[at], ())
        return not flags, flags[0].verdict if flags else "", len(names) > MANY and not outside[at], names[at]

    first = sorted(range(len(names)), key=place)[:MANY]
    above, leaning = people_flags(context.flags)[:SAID_ABOVE], leans(context)
    rows = {
        at: _person(context, (at, names[at]), mine.get(names[at], ()), above, leaning, outside=bool(outside[at]))
        for at in sorted(first)
    }
    return tuple(rows[at] for at in first), len(names)


def _person(
    context: Context, who: tuple[int, str], mine: tuple[Flag, ...], above: Sequence[Flag],
    leaning: Mapping[str, Figure], *, outside: bool,
) -> PersonRow:  # fmt: skip
    """Return the row of one annotator, by number and name."""
    annotations, settings, found = context.audit.annotations, context.audit.settings.measures, context.peers
    at, name = who
    if found.n[at] == 0:
        figure = Figure(None, unit=context.unit, reason=NO_ITEMS)
    else:
        value, low, high = (optional(part[at]) for part in (found.value, found.low, found.high))
        figure = Figure(value, low, high, int(found.n[at]), context.unit, confidence=settings.confidence)
    kind, group = (str(annotations.annotators.loc[name, column]) for column in ("kind", "group"))
    return PersonRow(
        context.slugs("annotator", name), name, kind, group, figure, None, outside,
        figure.n >= settings.min_pair_items, context.link(annotator=name), mine,
        tuple(_seen(context, flag, name) if flag in above else flag.message for flag in mine),
        any(flag.rule in ALONE for flag in mine), leaning.get(name),
    )  # fmt: skip


def _flags_by_person(flags: Sequence[Flag]) -> dict[str, tuple[Flag, ...]]:
    """Return the causes among *flags* by the annotators that they are about."""
    found: dict[str, list[Flag]] = {}
    for flag in flags:
        if flag.verdict in CAUSES:
            for name in dict.fromkeys((*filter(None, [flag.subject.annotator]), *flag.subject.annotators)):
                found.setdefault(name, []).append(flag)
    return {name: tuple(mine) for name, mine in found.items()}


def leans(context: Context) -> dict[str, Figure]:
    """Return by annotator how often they gave the second of two labels to the items in dispute; else nothing.

    With two labels nothing tells the two apart but the side that each annotator takes where people differ.
    """
    units = context.comparison.units
    if units is None or context.kind not in ("category", "ordinal") or len(context.comparison.layer.labels) != 2:
        return {}
    hits, n = context.comparison.details.get("leans") or _leans(units, context.comparison.layer.labels[1])
    confidence = context.audit.settings.measures.confidence
    return {
        name: share_of(int(hits[at]), int(n[at]), context.unit, confidence) for at, name in enumerate(units.annotators)
    }


def _leans(units: Units, label: str) -> tuple[Floats, Floats]:
    """Return (A,) how often each annotator gave the *label* to an item in dispute, and how many of these they had."""
    second = units.label == units.labels.index(label)
    answers = np.bincount(units.unit, minlength=units.n_units)
    given = np.bincount(units.unit, second, minlength=units.n_units)
    disputed = ((given > 0) & (given < answers))[units.unit]
    size, weight = len(units.annotators), units.weight[units.unit]

    def by_annotator(rows: Flags) -> Floats:
        return np.bincount(units.annotator[rows], weight[rows], minlength=size).astype(np.float64)

    return by_annotator(disputed & second), by_annotator(disputed)


def people_flags(flags: Sequence[Flag]) -> tuple[Flag, ...]:
    """Return the findings about people that ask for something to be done."""
    return tuple(flag for flag in flags if flag.rule in PEOPLE_RULES and flag.verdict in CAUSES)


def _seen(context: Context, flag: Flag, name: str) -> str:
    """Return a finding in short, for the row of one of its annotators."""
    subject = flag.subject
    section = context.audit.annotations.guidelines.name(subject.section) if subject.section else ""
    effect = Figure(
        flag.effect, flag.low, flag.high, flag.n or 0, context.unit, points=True,
        confidence=context.audit.settings.measures.confidence,
    )  # fmt: skip
    return seen(flag.rule, name=name, effect=effect, section=section, annotators=subject.annotators, camps=flag.camps)
