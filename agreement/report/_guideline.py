"""What the guideline owner reads: label pairs that are mixed up, and sections by their disputes."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.disputes import Mixtures
from agreement.flags import Flag
from agreement.report._context import Context, by_subject, share_of
from agreement.report.model import Link, MergeTable, PairChange, PairRow, SectionRow
from agreement.rounds.changes import Change
from agreement.units import Units
from agreement.wording import Figure, count, optional
from agreement.wording.page import NEITHER_LABEL
from agreement.wording.rounds import NO_CHANGE, NOT_MEASURED, WORDS
from agreement.wording.rules import MERGED

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

PAIRS_MOST = 60
MERGES_MOST = 5


def label_pairs(context: Context) -> tuple[PairRow, ...]:
    """Return the confused label pairs, the most confused first."""
    units, kind = context.current, context.kind
    table: pd.DataFrame | None = context.comparison.details.get("pair_confusion")
    if units is None or table is None or kind not in ("category", "ordinal"):
        return ()
    where = _where(units, context.mixed)
    code = {name: number for number, name in enumerate(units.labels)}
    gate = context.audit.settings.gate
    prefix = [context.name] if len(context.audit.comparisons) > 1 else []
    earlier = _before(context)
    steps = {change.labels: _change(change) for change in context.step.by_pair} if context.step else {}
    rows = []
    for row in table.loc[table["both"] > 0].to_dict("records"):
        names = str(row["first"]), str(row["second"])
        words = context.word(names[0]), context.word(names[1])
        figure = _confused(context, row)
        flags = by_subject(context.flags, labels=names)
        if int(row["either"]) < gate.pair_items and not flags:
            continue
        rows.append(
            PairRow(
                context.slugs("pair", *prefix, *names), *words, int(row["both"]), int(row["either"]), figure,
                _tone(figure, gate.pair_confusion), where.get((code[names[0]], code[names[1]]), ""),
                context.pair_link(*names, round=context.current_round), flags, earlier.get(names), steps.get(names),
            )
        )  # fmt: skip
    return tuple(sorted(rows[:PAIRS_MOST], key=lambda row: not row.flags))


def merge_tables(context: Context) -> tuple[MergeTable, ...]:
    """Return what merging would change for the label pairs that the diagnosis found, the first of them."""
    return tuple(_merge_table(context, flag) for flag in context.flags if "merge" in flag.evidence)[:MERGES_MOST]


def _merge_table(context: Context, flag: Flag) -> MergeTable:
    """Return the merge table of one label pair."""
    merge, unit = flag.evidence["merge"], "shared span" if context.kind == "spans" else context.unit
    confidence = context.audit.settings.measures.confidence

    def figure(scores: Mapping[str, Any], name: str, low: str, high: str) -> Figure:
        why = scores["undefined"] if scores[name] is None else ""
        return Figure(scores[name], scores[low], scores[high], merge["n"], unit, confidence=confidence, reason=why)

    first, second = (context.word(name) for name in flag.subject.labels)
    rows = tuple(
        (
            title,
            figure(merge[name], "before", "before_low", "before_high"),
            figure(merge[name], "after", "after_low", "after_high"),
            figure(merge[name], "change", "low", "high"),
        )
        for name, title in MERGED.items()
    )
    return MergeTable(first, second, rows, merge["warning"])


def _confused(context: Context, row: Mapping[Hashable, Any]) -> Figure:
    """Return the share of confusion in a row of the comparison."""
    return Figure(
        optional(row["value"]), optional(row["low"]), optional(row["high"]), int(row["n"]), share=True,
        confidence=context.audit.settings.measures.confidence, reason=NEITHER_LABEL,
    )  # fmt: skip


def _before(context: Context) -> dict[tuple[str, str], Figure]:
    """Return the share of confusion of each label pair in the rounds before the current one, if there are any."""
    table: pd.DataFrame | None = context.comparison.details.get("pair_confusion_before")
    if table is None:
        return {}
    return {(str(row["first"]), str(row["second"])): _confused(context, row) for row in table.to_dict("records")}


def _change(change: Change) -> PairChange:
    """Return what the last step from round to round did to the share of confusion."""
    figure = Figure(
        change.difference, change.low, change.high, change.n_before + change.n_after, points=True,
        confidence=change.confidence, reason=change.undefined or NOT_MEASURED,
    )  # fmt: skip
    word = WORDS.get(change.word, NO_CHANGE) if change.difference is not None else ""
    return PairChange(word, figure)


def _tone(figure: Figure, limit: float | None) -> str:
    """Return how the bar of a share that must stay below *limit* looks."""
    if limit is None or figure.low is None or figure.high is None:
        return ""
    return "bad" if figure.low > limit else "" if figure.high <= limit else "unk"


def _where(units: Units, mixed: Mixtures) -> dict[tuple[int, int], str]:
    """Return the section in which most of a label pair's mixtures lie, if at least half do."""
    if not units.sections or not len(mixed.unit):
        return {}
    k, s = len(units.labels), len(units.sections) + 1
    pair = mixed.first * k + mixed.second
    key, place = np.unique(pair * s + units.section[mixed.unit] + 1, return_inverse=True)
    times_each = units.weight[mixed.unit]
    n, total = np.bincount(place, times_each), np.bincount(pair, times_each, minlength=k * k)
    found = {}
    for one, times in zip(key.tolist(), n.tolist(), strict=True):
        number, section = divmod(one, s)
        if section and 2 * times >= total[number]:
            found[divmod(number, k)] = units.sections[section - 1]
    return found


def sections(context: Context) -> tuple[SectionRow, ...]:
    """Return the guideline sections by their share of all disputes, the largest first."""
    found = context.disputed
    codes, names = _sections_of(context)
    guidelines, confidence = context.audit.annotations.guidelines, context.audit.settings.measures.confidence
    rows = []
    for code, section in enumerate(names):
        here = codes == code
        if not here.any():
            continue
        hits = int(found.weight[here & found.is_disputed].sum())
        mostly, link = _mostly(context, here, section)
        known = guidelines.sections.get(section)
        rows.append(
            SectionRow(
                context.slugs("section", section), guidelines.name(section), known.text if known else "",
                known.revised if known else "",
                share_of(hits, int(found.weight[here & found.compared].sum()), context.unit, confidence),
                share_of(hits, found.total, "dispute", confidence),
                mostly, context.link(section=section), link,
                by_subject(context.flags, section=section),
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-(row.of_all.value or 0), row.name)))


def _sections_of(context: Context) -> tuple[Ints, tuple[str, ...]]:
    """Return (U,) the code of the section of each unit, -1 for none, and the names of the sections, sorted."""
    units, sections = context.comparison.units, context.audit.annotations.items["section"]
    if units is not None:
        return units.section, units.sections
    names = tuple(sorted({str(name) for name in sections if name}))
    mine = sections.reindex(list(context.disputed.items))
    return pd.Index(names, dtype=object).get_indexer(pd.Index(mine, dtype=object)).astype(np.int64), names


def _mostly(context: Context, here: Flags, section: str) -> tuple[str, Link]:
    """Return what the disputes of the units *here*, in *section*, are mostly about, in words and as a link."""
    found = context.disputed
    mine = here[found.unit]
    counts = np.bincount(found.cause[mine], found.weight[found.unit[mine]], minlength=len(found.causes))
    cause = found.causes[int(np.argmax(counts))]
    if not counts.any() or not cause:
        return "", context.link(section=section)
    words = f"{' vs. '.join(context.word(label) for label in cause)} ({count(int(counts.max()))})"
    if len(cause) == 2:
        return words, context.pair_link(*cause, section=section)
    return words, context.link(section=section, label=context.word(cause[0]))
