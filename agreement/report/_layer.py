"""One layer of an audit as the page shows it: classes, sections, people, pairs; lookups and sorting only."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from agreement.comparison import Comparison
from agreement.flags import Flag
from agreement.report._cards import Card
from agreement.report._context import Context, by_subject, readable, share_of
from agreement.report._duos import duo_columns, duo_labels, duo_matrix, duo_picture, duos
from agreement.report._figures import score_book
from agreement.report._funnel import funnel
from agreement.report._guideline import label_pairs, merge_tables, sections
from agreement.report._leading import FEW, all_scores, leading, side_by_side
from agreement.report._maps import confusion_heat, pair_tables
from agreement.report._people import MANY, people
from agreement.report._queue import Disputed
from agreement.report._slugs import Slugs
from agreement.report._spans import span_panel
from agreement.report.model import ClassRow, LayerView, PairRow
from agreement.rounds.comparing import LayerChange
from agreement.totals import given_in
from agreement.wording import Figure, f1_band, listed, shortened
from agreement.wording.findings import budget
from agreement.wording.page import TOO_FEW

if TYPE_CHECKING:
    from agreement.pipeline import Audit

MATRIX_UP_TO = 40
DUOS_MOST = 400

MOSTLY_ONE_LABEL = 0.80


def layer_view(
    audit: "Audit",
    comparison: Comparison,
    found: Disputed,
    cards: Sequence[Card],
    slugs: Slugs,
    step: LayerChange | None,
) -> LayerView:
    """Return what the page shows about one layer; *step* is its last one from round to round."""
    settings, layer = audit.settings, comparison.layer
    unit = "document" if layer.kind == "spans" else "item"
    shown = shortened(layer.labels)
    flags = tuple(readable(flag, shown) for flag in audit.diagnosis.flags if flag.subject.layer == layer.name)
    book = score_book(comparison, settings.measures.confidence)
    context = Context(audit, comparison, book, found, flags, slugs, unit, shown, step)
    pairs = label_pairs(context)
    persons, people_total = people(context)
    many = len(audit.annotations.compared) > MATRIX_UP_TO
    rows_most = DUOS_MOST if people_total <= MANY else DUOS_MOST // 4
    pairs_of_people = duos(context, rows_most if many else None)
    spans = span_panel(context) if layer.kind == "spans" else None
    gold = audit.annotations.of_kind("gold")
    table = audit.annotations.table
    used = set(used_labels(context))
    return LayerView(
        name=layer.name,
        kind=layer.kind,
        unit=unit,
        n_units=found.units,
        looked_for=not comparison.details.get("not_looked_for"),
        disputes=share_of(found.total, found.units, unit, settings.measures.confidence),
        headlines=leading(book, layer.kind, unit, settings.gate.f1_bands),
        all_scores=all_scores(book, settings.gate.f1_bands),
        panel=side_by_side(comparison.details.get("panel"), book, settings.gate.f1_bands),
        why=tuple(why.sentence for why in comparison.details["panel"].reasons) if "panel" in comparison.details else (),
        labels=tuple(shown[label] for label in layer.labels),
        classes=classes(context, pairs),
        unused=tuple(shown[label] for label in layer.labels if label not in used),
        skew=skew(context),
        two_labels=two_labels(context),
        current_round=context.current_round,
        step_from=step.before if step else "",
        heat=confusion_heat(context),
        pairs=pairs,
        merges=merge_tables(context),
        sections=sections(context),
        people=persons,
        people_total=people_total,
        funnel=funnel(context, persons),
        matrix=None if many else duo_matrix(context, pairs_of_people.rows),
        picture=duo_picture(context, pairs_of_people) if many else None,
        duo_names=tuple(name for name, _, _ in duo_columns(layer.kind, context.book.pairs)),
        duos=pairs_of_people.rows[:rows_most],
        duos_total=len(pairs_of_people.reference),
        duo_labels=duo_labels(context),
        tables=pair_tables(context),
        retest=retest(context),
        gold=tuple(card for card in cards if card.layer == layer.name and card.gold_contradicted)[:25],
        gold_items=int(table.loc[table["layer"].eq(layer.name) & table["annotator"].isin(gold), "item"].nunique())
        if gold
        else 0,
        spans=spans,
        gold_contradicted=share_of(
            int(found.gold_contradicted.sum()), found.gold_units, "gold label", settings.measures.confidence
        ),
        flags=flags,
        budget=budget(_budget(audit, flags)),
        first=comparison is audit.comparisons[0],
    )


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


def used_labels(context: Context) -> tuple[str, ...]:
    """Return the labels that compared annotators used."""
    if context.audit.annotations.totals is not None:
        return tuple(given_in(context.audit.annotations, context.name))
    table = context.audit.annotations.table
    mine = table["layer"].eq(context.name) & table["annotator"].isin(context.audit.annotations.compared)
    codes = table["label"].cat.codes.to_numpy()[mine.to_numpy()]
    return tuple(table["label"].cat.categories[np.flatnonzero(np.bincount(codes[codes >= 0]))])


def skew(context: Context) -> Figure | None:
    """Return the share of the most frequent label where it is above 80 %: it pulls kappa down."""
    units = context.comparison.units
    if units is None or context.kind not in ("category", "ordinal") or not len(units.label):
        return None
    counts = np.bincount(units.label, units.weight[units.unit], minlength=len(units.labels))
    if counts.max() <= MOSTLY_ONE_LABEL * counts.sum():
        return None
    return share_of(int(counts.max()), int(counts.sum()), "label", context.audit.settings.measures.confidence)


def two_labels(context: Context) -> Figure | None:
    """Return the share of items in dispute where there are but two labels: every dispute is between these."""
    found = context.disputed
    if context.kind not in ("category", "ordinal") or len(context.comparison.layer.labels) != 2:
        return None
    return share_of(found.total, found.units, context.unit, context.audit.settings.measures.confidence)


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
                _word(figure, gate.f1_bands), partner, items,
                link, context.link(label=shown), by_subject(context.flags, label=name),
                tuple(guidelines.name(section.id) for section in guidelines.governing(name)),
            )
        )  # fmt: skip
    return tuple(
        sorted(
            rows,
            key=lambda row: (row.figure.value is None, row.band == TOO_FEW, row.figure.value or 0, row.name),
        )
    )


def _word(figure: Figure, bands: Sequence[float]) -> str:
    """Return the word for the F1 of a class; none without a value, and no judgement of a handful of labels."""
    if figure.value is None:
        return ""
    return TOO_FEW if (figure.n or 0) < FEW else f1_band(figure.value, bands)


def retest(context: Context) -> Figure | None:
    """Return how often an annotator who met an item again gave the same answer; None without repeats."""
    found = context.comparison.details.get("retest") or ()
    if not found:
        return None
    n, same = sum(one.n for one in found), sum(one.same for one in found)
    return share_of(same, n, "repeat", context.audit.settings.measures.confidence)
