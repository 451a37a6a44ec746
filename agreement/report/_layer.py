"""One layer of an audit as the page shows it: classes, sections, people, pairs; lookups and sorting only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from agreement.comparison import Comparison
from agreement.disputes import mixtures, pair_counts
from agreement.flags import Flag
from agreement.report._cards import Card
from agreement.report._figures import ScoreBook, score_book
from agreement.report._leading import all_scores, leading
from agreement.report._maps import confusion_heat, duo_matrix, duo_picture, pair_tables
from agreement.report._people import funnel, people, with_others
from agreement.report._queue import Disputed
from agreement.report._slugs import Slugs
from agreement.report._spans import span_panel
from agreement.report.model import ClassRow, DuoRow, LayerView, Link, PairRow, SectionRow
from agreement.wording import Figure, f1_band, optional

if TYPE_CHECKING:
    from agreement.pipeline import Audit

MATRIX_UP_TO = 40
DUOS_MOST = 400
PAIRS_MOST = 60
MOSTLY_ONE_LABEL = 0.80
CAUSES = ("confirmed", "suspected")


@dataclass(frozen=True, slots=True)
class Context:
    """What every part of a layer's view is made from."""

    audit: "Audit"
    comparison: Comparison
    book: ScoreBook
    disputed: Disputed
    flags: tuple[Flag, ...]
    slugs: Slugs
    unit: str

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self.comparison.layer.name

    @property
    def kind(self) -> str:
        """Kind of the layer."""
        return self.comparison.layer.kind

    def link(self, **filters: str) -> Link:
        """Return a link to this layer's items under *filters*."""
        return items_link(self.name if len(self.audit.comparisons) > 1 else "", **filters)


def items_link(layer: str = "", **filters: str) -> Link:
    """Return a link to the items under *filters*, as the query that the page's script understands."""
    from urllib.parse import urlencode  # noqa: PLC0415 - used here only

    given = {"layer": layer, **filters}
    return Link("#items", urlencode({key: value for key, value in given.items() if value}))


def layer_view(audit: "Audit", comparison: Comparison, found: Disputed, cards: Sequence[Card], slugs: Slugs) -> LayerView:
    """Return what the page shows about one layer."""
    settings, layer = audit.settings, comparison.layer
    unit = "document" if layer.kind == "spans" else "item"
    flags = tuple(flag for flag in audit.diagnosis.flags if flag.subject.layer == layer.name)
    book = score_book(comparison, settings.measures.confidence)
    context = Context(audit, comparison, book, found, flags, slugs, unit)
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
        unused=tuple(label for label in layer.labels if label not in set(used_labels(context))),
        skew=skew(context),
        heat=confusion_heat(context),
        pairs=pairs,
        sections=sections(context),
        people=persons,
        mean_agreement=with_others(context)[1],
        funnel=funnel(context, persons),
        matrix=None if many else duo_matrix(context),
        picture=duo_picture(context) if many else None,
        duos=duos[:DUOS_MOST],
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
        budget=tuple(line for line in audit.diagnosis.budget if line.get("layer", layer.name) == layer.name),
        first=comparison is audit.comparisons[0],
    )


def share_of(hits: int, n: int, unit: str, confidence: float) -> Figure:
    """Return a share with its Wilson interval."""
    if n == 0:
        return Figure(None, n=0, unit=unit, share=True, hits=hits, reason="nothing to count")
    interval = binomtest(hits, n).proportion_ci(confidence, method="wilson")
    return Figure(hits / n, interval.low, interval.high, n, unit, share=True, hits=hits, confidence=confidence)


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


def by_subject(flags: Sequence[Flag], *, label: str = "", labels: tuple[str, ...] = (), section: str = "") -> tuple[Flag, ...]:
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
    if units is None or kind not in ("category", "ordinal"):
        return ()
    mixed = mixtures(units)
    both, either = pair_counts(units, mixed)
    judged = _judged(context)
    where = _where(context, mixed.unit, mixed.first, mixed.second)
    gate = context.audit.settings.gate
    rows = []
    for first, second in zip(*np.nonzero(np.triu(both, 1)), strict=True):
        names = units.labels[first], units.labels[second]
        figure = judged.get(frozenset(names)) or share_of(
            int(both[first, second]), int(either[first, second]), "item", context.audit.settings.measures.confidence
        )
        low, high, limit = figure.low, figure.high, gate.pair_confusion
        side = ""
        if limit is not None and low is not None and high is not None and figure.n >= gate.pair_items:
            side = "bad" if low > limit else "" if high <= limit else "unk"
        rows.append(
            PairRow(
                context.slugs("pair", context.name, *names) if len(context.audit.comparisons) > 1
                else context.slugs("pair", *names),
                *names, int(both[first, second]), int(either[first, second]), figure, side,
                where.get((int(first), int(second)), ""), context.link(pair="~".join(names)),
                by_subject(context.flags, labels=names),
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (-(row.figure.value or 0), -row.both, row.first, row.second))
    enough = [row for row in rows if row.either >= gate.pair_items or row.flags]
    return tuple((enough or rows)[:PAIRS_MOST])


def _judged(context: Context) -> dict[frozenset[str], Figure]:
    """Return the shares that the release check judges, by label pair."""
    table: pd.DataFrame | None = context.comparison.details.get("pair_confusion")
    if table is None:
        return {}
    return {
        frozenset((str(row.first), str(row.second))): Figure(
            optional(row.value), optional(row.low), optional(row.high), int(row.n), share=True,  # type: ignore[call-overload]
            confidence=context.audit.settings.measures.confidence,
        )
        for row in table.itertuples()
    }  # fmt: skip


def _where(
    context: Context, unit: np.ndarray, first: np.ndarray, second: np.ndarray
) -> dict[tuple[int, int], str]:
    """Return the section in which most of a label pair's mixtures lie, if at least half do."""
    units = context.comparison.units
    if units is None or not units.sections or not len(unit):
        return {}
    k, s = len(units.labels), len(units.sections) + 1
    key, n = np.unique((first * k + second) * s + units.section[unit] + 1, return_counts=True)
    total = np.bincount(first * k + second, minlength=k * k)
    found = {}
    for one, count in zip(key.tolist(), n.tolist(), strict=True):
        pair, section = divmod(one, s)
        if section and 2 * count >= total[pair]:
            found[divmod(pair, k)] = units.sections[section - 1]
    return found


def classes(context: Context, pairs: Sequence[PairRow]) -> tuple[ClassRow, ...]:
    """Return the labels by F1, the worst first, those without a value last."""
    kind = context.kind
    if kind in ("number", "answer"):
        return ()
    gate, guidelines = context.audit.settings.gate, context.audit.annotations.guidelines
    level = "span" if kind == "spans" else "item"
    figures = context.book.by_label("span_f1.strict", level) or context.book.by_label("f1", level)
    partners: dict[str, tuple[str, int]] = {}
    for row in pairs:
        for name, partner in ((row.first, row.second), (row.second, row.first)):
            if row.both > partners.get(name, ("", 0))[1]:
                partners[name] = (partner, row.both)
    rows = []
    for name, figure in figures.items():
        partner, items = partners.get(name, ("", 0))
        filters = {"pair": "~".join(sorted((name, partner)))} if partner else {"label": name}
        rows.append(
            ClassRow(
                context.slugs("class", name), name, figure,
                "" if figure.value is None else f1_band(figure.value, gate.f1_bands), partner, items,
                context.link(**filters), by_subject(context.flags, label=name),
                tuple(guidelines.name(section.id) for section in guidelines.governing(name)),
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.figure.value is None, row.figure.value or 0, row.name)))


def sections(context: Context) -> tuple[SectionRow, ...]:
    """Return the guideline sections by their share of all disputes, the largest first."""
    units, guidelines = context.comparison.units, context.audit.annotations.guidelines
    if units is None or not units.sections:
        return ()
    confidence = context.audit.settings.measures.confidence
    answers = np.bincount(units.unit, minlength=units.n_units)
    disputed = np.zeros(units.n_units, dtype=bool)
    mixed = mixtures(units)
    disputed[mixed.unit] = True
    in_section = units.section[mixed.unit]
    rows = []
    for code, section in enumerate(units.sections):
        here = (units.section == code) & (answers > 1)
        mine = in_section == code
        pair, n = np.unique(np.stack([mixed.first[mine], mixed.second[mine]]), axis=1, return_counts=True)
        mostly, link = "", context.link(section=section)
        if len(n):
            first, second = pair[:, int(np.argmax(n))]
            names = sorted((units.labels[first], units.labels[second]))
            mostly = f"{names[0]} vs. {names[1]} ({int(n.max())})"
            link = context.link(section=section, pair="~".join(names))
        known = guidelines.sections.get(section)
        rows.append(
            SectionRow(
                context.slugs("section", section), guidelines.name(section), known.text if known else "",
                known.revised if known else "",
                share_of(int((here & disputed).sum()), int(here.sum()), context.unit, confidence),
                share_of(int((here & disputed).sum()), int(disputed.sum()), "dispute", confidence),
                mostly, context.link(section=section), link, by_subject(context.flags, section=section),
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-(row.of_all.value or 0), row.name)))


def duo_rows(context: Context) -> list[DuoRow]:
    """Return every pair of annotators in both directions, the lowest kappa (F1 where there is none) first."""
    book, least = context.book, context.audit.settings.measures.min_pair_items
    level, names = ("span", ("span_f1.strict", "span_precision.strict", "span_recall.strict", "")) if (
        context.kind == "spans"
    ) else ("item", ("f1_macro", "precision_macro", "recall_macro", "cohen_kappa"))
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
    """Return how often an annotator who met an item again gave the same label; None without repeats."""
    repeats = context.audit.annotations.repeats
    if repeats.empty:
        return None
    mine = repeats.loc[repeats["layer"].eq(context.name)]
    if mine.empty:
        return None
    labels = mine.groupby(["item", "round", "annotator"], observed=True)["label"].nunique()
    return share_of(int((labels == 1).sum()), len(labels), "repeat", context.audit.settings.measures.confidence)
