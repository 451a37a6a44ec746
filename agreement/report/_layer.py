"""One layer of an audit as the page shows it: classes, sections, people, pairs; lookups and sorting only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.comparison import Comparison
from agreement.disputes import Mixtures, mixtures
from agreement.flags import Flag
from agreement.intervals import wilson
from agreement.peers import Peers
from agreement.report._cards import Card
from agreement.report._figures import ScoreBook, score_book
from agreement.report._leading import all_scores, leading
from agreement.report._maps import confusion_heat, duo_matrix, duo_picture, pair_tables
from agreement.report._people import funnel, people, with_others
from agreement.report._queue import Disputed
from agreement.report._slugs import Slugs
from agreement.report._spans import span_panel
from agreement.report.model import ClassRow, DuoRow, LayerView, Link, PairRow, SectionRow
from agreement.units import Units
from agreement.wording import Figure, budget, count, f1_band, listed, optional, shortened

if TYPE_CHECKING:
    from agreement.pipeline import Audit

Flags = NDArray[np.bool_]

MATRIX_UP_TO = 40
DUOS_MOST = 400
PAIRS_MOST = 60
MOSTLY_ONE_LABEL = 0.80
CAUSES = ("confirmed", "suspected")


@dataclass(frozen=True)
class Context:
    """What every part of a layer's view is made from."""

    audit: "Audit"
    comparison: Comparison
    book: ScoreBook
    disputed: Disputed
    flags: tuple[Flag, ...]
    slugs: Slugs
    unit: str
    shown: Mapping[str, str]

    @cached_property
    def peers(self) -> Peers | None:
        """Everybody's mean agreement with the others."""
        return with_others(self)

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self.comparison.layer.name

    @property
    def kind(self) -> str:
        """Kind of the layer."""
        return self.comparison.layer.kind

    def word(self, label: str) -> str:
        """Return *label* as it is shown."""
        return self.shown.get(label, label)

    def pair_link(self, first: str, second: str, **more: str) -> Link:
        """Return a link to the items on which these two labels meet."""
        return self.link(pair="~".join(self.word(label) for label in sorted((first, second))), **more)

    def link(self, **filters: str) -> Link:
        """Return a link to this layer's items under *filters*."""
        return items_link(self.name if len(self.audit.comparisons) > 1 else "", **filters)


def items_link(layer: str = "", **filters: str) -> Link:
    """Return a link to the items under *filters*, as the query that the page's script understands."""
    from urllib.parse import urlencode  # noqa: PLC0415 - used here only

    given = {"layer": layer, **filters}
    return Link("#items", urlencode({key: value for key, value in given.items() if value}))


def layer_view(
    audit: "Audit", comparison: Comparison, found: Disputed, cards: Sequence[Card], slugs: Slugs
) -> LayerView:
    """Return what the page shows about one layer."""
    settings, layer = audit.settings, comparison.layer
    unit = "document" if layer.kind == "spans" else "item"
    shown = shortened(layer.labels)
    flags = tuple(readable(flag, shown) for flag in audit.diagnosis.flags if flag.subject.layer == layer.name)
    book = score_book(comparison, settings.measures.confidence)
    context = Context(audit, comparison, book, found, flags, slugs, unit, shown)
    pairs = label_pairs(context)
    duos = duo_rows(context)
    persons = people(context)
    many = len(audit.annotations.compared) > MATRIX_UP_TO
    spans = span_panel(context) if layer.kind == "spans" else None
    gold = audit.annotations.of_kind("gold")
    table = audit.annotations.table
    return LayerView(
        name=layer.name,
        kind=layer.kind,
        unit=unit,
        n_units=found.units,
        disputes=share_of(found.total, found.units, unit, settings.measures.confidence),
        headlines=leading(book, layer.kind, unit, settings.gate.f1_bands),
        all_scores=all_scores(book, settings.gate.f1_bands),
        classes=classes(context, pairs),
        unused=tuple(shown[label] for label in layer.labels if label not in set(used_labels(context))),
        skew=skew(context),
        heat=confusion_heat(context),
        pairs=pairs,
        sections=sections(context),
        people=persons,
        funnel=funnel(context, persons),
        matrix=None if many else duo_matrix(context),
        picture=duo_picture(context) if many else None,
        duos=tuple(duos[:DUOS_MOST]),
        duos_total=len(duos),
        tables=pair_tables(context),
        retest=retest(context),
        gold=tuple(card for card in cards if card.layer == layer.name and card.gold_contradicted)[:25],
        gold_items=int(table.loc[table["layer"].eq(layer.name) & table["annotator"].isin(gold), "item"].nunique()),
        spans=spans,
        gold_contradicted=share_of(
            int(found.gold_contradicted.sum()), found.gold_units, "gold label", settings.measures.confidence
        ),
        flags=flags,
        budget=budget(_budget(audit, flags)),
        first=comparison is audit.comparisons[0],
    )


def readable(flag: Flag, shown: Mapping[str, str]) -> Flag:
    """Return the finding with very long labels cut in its sentences."""
    message, advice = flag.message, flag.advice
    for label, short in shown.items():
        if label != short:
            message, advice = message.replace(label, short), advice.replace(label, short)
    return replace(flag, message=message, advice=advice)


def _budget(audit: "Audit", flags: Sequence[Flag]) -> list[tuple[str, float]]:
    """Return the confirmed causes and about how much of the disagreement each explains, in the diagnosis' order."""
    name = audit.annotations.guidelines.name
    found = []
    for flag in flags:
        if flag.verdict == "confirmed" and flag.share_of_disagreement:
            who = flag.subject
            parts = [
                who.annotator or listed(who.annotators),
                f"section {name(who.section)}" if who.section else "",
                " vs. ".join(sorted(who.labels)) or who.label or "",
            ]
            found.append((" in ".join(filter(None, parts)) or flag.rule.replace("_", " "), flag.share_of_disagreement))
    return found


def share_of(hits: int, n: int, unit: str, confidence: float) -> Figure:
    """Return a share with its Wilson interval."""
    if n == 0:
        return Figure(None, n=0, unit=unit, share=True, hits=hits, reason="nothing to count")
    low, high = wilson(np.array([hits]), np.array([n]), confidence)
    return Figure(hits / n, float(low[0]), float(high[0]), n, unit, share=True, hits=hits, confidence=confidence)


def used_labels(context: Context) -> tuple[str, ...]:
    """Return the labels that compared annotators used."""
    table = context.audit.annotations.table
    rows = table.loc[table["layer"].eq(context.name) & table["annotator"].isin(context.audit.annotations.compared)]
    return tuple(rows["label"].cat.categories[np.unique(rows["label"].cat.codes)])


def skew(context: Context) -> Figure | None:
    """Return the share of the most frequent label where it is above 80 %: it pulls kappa down."""
    units = context.comparison.units
    if units is None or context.kind not in ("category", "ordinal") or not len(units.label):
        return None
    counts = np.bincount(units.label, minlength=len(units.labels))
    if counts.max() <= MOSTLY_ONE_LABEL * counts.sum():
        return None
    return share_of(int(counts.max()), int(counts.sum()), "label", context.audit.settings.measures.confidence)


def by_subject(
    flags: Sequence[Flag], *, label: str = "", labels: tuple[str, ...] = (), section: str = ""
) -> tuple[Flag, ...]:
    """Return the causes among *flags* that are about this label, label pair or section."""
    return tuple(
        flag
        for flag in flags
        if flag.verdict in CAUSES
        and (
            (label and flag.subject.label == label)
            or (labels and tuple(sorted(flag.subject.labels)) == tuple(sorted(labels)))
            or (section and flag.subject.section == section)
        )
    )


def label_pairs(context: Context) -> tuple[PairRow, ...]:
    """Return the confused label pairs, the most confused first."""
    units, kind = context.comparison.units, context.kind
    table: pd.DataFrame | None = context.comparison.details.get("pair_confusion")
    if units is None or table is None or kind not in ("category", "ordinal"):
        return ()
    where = _where(units, mixtures(units))
    code = {name: number for number, name in enumerate(units.labels)}
    gate = context.audit.settings.gate
    prefix = [context.name] if len(context.audit.comparisons) > 1 else []
    rows = []
    for row in table.loc[table["both"] > 0].to_dict("records"):
        names = str(row["first"]), str(row["second"])
        words = context.word(names[0]), context.word(names[1])
        figure = Figure(
            optional(row["value"]), optional(row["low"]), optional(row["high"]), int(row["n"]), share=True,
            confidence=context.audit.settings.measures.confidence,
        )  # fmt: skip
        flags = by_subject(context.flags, labels=names)
        if int(row["either"]) < gate.pair_items and not flags:
            continue
        rows.append(
            PairRow(
                context.slugs("pair", *prefix, *names), *words, int(row["both"]), int(row["either"]), figure,
                _tone(figure, gate.pair_confusion), where.get((code[names[0]], code[names[1]]), ""),
                context.pair_link(*names), flags,
            )
        )  # fmt: skip
    return tuple(sorted(rows[:PAIRS_MOST], key=lambda row: not row.flags))


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
    key, n = np.unique(pair * s + units.section[mixed.unit] + 1, return_counts=True)
    total = np.bincount(pair, minlength=k * k)
    found = {}
    for one, times in zip(key.tolist(), n.tolist(), strict=True):
        number, section = divmod(one, s)
        if section and 2 * times >= total[number]:
            found[divmod(number, k)] = units.sections[section - 1]
    return found


def classes(context: Context, pairs: Sequence[PairRow]) -> tuple[ClassRow, ...]:
    """Return the labels by F1, the worst first, those without a value last."""
    kind = context.kind
    if kind in ("number", "answer"):
        return ()
    gate, guidelines = context.audit.settings.gate, context.audit.annotations.guidelines
    level = "span" if kind == "spans" else "item"
    measure, counted = ("span_f1.strict", "span") if kind == "spans" else ("f1", "label")
    figures = context.book.by_label(measure, level, counted)
    full = {short: label for label, short in context.shown.items()}
    partners: dict[str, tuple[str, int]] = {}
    for row in pairs:
        for name, partner in ((row.first, row.second), (row.second, row.first)):
            if row.both > partners.get(name, ("", 0))[1]:
                partners[name] = (partner, row.both)
    rows = []
    for name, figure in figures.items():
        partner, items = partners.get(context.word(name), ("", 0))
        shown = context.word(name)
        link = context.pair_link(name, full[partner]) if partner else context.link(label=shown)
        rows.append(
            ClassRow(
                context.slugs("class", name), shown, figure,
                "" if figure.value is None else f1_band(figure.value, gate.f1_bands), partner, items,
                link, by_subject(context.flags, label=name),
                tuple(guidelines.name(section.id) for section in guidelines.governing(name)),
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.figure.value is None, row.figure.value or 0, row.name)))


def sections(context: Context) -> tuple[SectionRow, ...]:
    """Return the guideline sections by their share of all disputes, the largest first."""
    annotations, found = context.audit.annotations, context.disputed
    codes, names = pd.factorize(
        annotations.items["section"].reindex(list(found.items)).fillna("").to_numpy(), sort=True
    )
    if not any(names):
        return ()
    guidelines, confidence = annotations.guidelines, context.audit.settings.measures.confidence
    is_disputed = np.zeros(len(codes), dtype=bool)
    is_disputed[found.unit] = True
    is_disputed &= found.compared & (found.n_distinct > 1)
    rows = []
    for code, section in enumerate(map(str, names)):
        if not section:
            continue
        here = codes == code
        hits = int((here & is_disputed).sum())
        mostly, link = _mostly(context, here, section)
        known = guidelines.sections.get(section)
        rows.append(
            SectionRow(
                context.slugs("section", section), guidelines.name(section), known.text if known else "",
                known.revised if known else "",
                share_of(hits, int((here & found.compared).sum()), context.unit, confidence),
                share_of(hits, int(is_disputed.sum()), "dispute", confidence),
                mostly, context.link(section=section), link,
                by_subject(context.flags, section=section),
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-(row.of_all.value or 0), row.name)))


def _mostly(context: Context, here: Flags, section: str) -> tuple[str, Link]:
    """Return what the disputes of the units *here*, in *section*, are mostly about, in words and as a link."""
    found = context.disputed
    mine = found.cause[here[found.unit]]
    counts = np.bincount(mine, minlength=len(found.causes))
    cause = found.causes[int(np.argmax(counts))]
    if not counts.any() or not cause:
        return "", context.link(section=section)
    words = f"{' vs. '.join(context.word(label) for label in cause)} ({count(int(counts.max()))})"
    if len(cause) == 2:
        return words, context.pair_link(*cause, section=section)
    return words, context.link(section=section, label=context.word(cause[0]))


def duo_rows(context: Context) -> list[DuoRow]:
    """Return every pair of annotators in both directions, the lowest kappa (F1 where there is none) first."""
    book, least = context.book, context.audit.settings.measures.min_pair_items
    level, names = (
        ("span", ("span_f1.strict", "span_precision.strict", "span_recall.strict", ""))
        if (context.kind == "spans")
        else ("item", ("f1_macro", "precision_macro", "recall_macro", "cohen_kappa"))
    )
    f1, precision, recall, kappa = (book.by_pair(name, level, context.unit) if name else {} for name in names)
    if context.kind == "ordinal":
        kappa = book.by_pair("cohen_kappa.quadratic", level) or book.by_pair("cohen_kappa.linear", level) or kappa
    if context.kind == "number":
        kappa = book.by_pair("krippendorff_alpha.interval", level)
    none = Figure(None, reason="not defined for this kind of layer" if context.kind in ("spans", "number") else "")
    keys = list(dict.fromkeys([*f1, *kappa]))
    rows = []
    for key in keys:
        shown = f1.get(key) or kappa.get(key) or none
        if 0 < shown.n < least and len(keys) > 2 * least:
            continue
        few = Figure(None, n=shown.n, reason="no items in common") if not shown.n else None
        rows.append(
            DuoRow(
                context.slugs("duo", context.name, *key), *key,
                few or f1.get(key, none), few or precision.get(key, none), few or recall.get(key, none),
                few or kappa.get(key, none),
            )
        )  # fmt: skip

    def value(row: DuoRow) -> float:
        first = row.kappa.value if row.kappa.value is not None else row.f1.value
        return 2.0 if first is None else first

    return sorted(rows, key=lambda row: (value(row), *sorted((row.reference, row.other)), row.reference))


def retest(context: Context) -> Figure | None:
    """Return how often an annotator who met an item again gave the same answer; None without repeats."""
    found = context.comparison.details.get("retest") or ()
    if not found:
        return None
    n, same = sum(one.n for one in found), sum(one.same for one in found)
    return share_of(same, n, "repeat", context.audit.settings.measures.confidence)
