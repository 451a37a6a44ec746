"""How far the gold can be trusted, as the page shows it: slips, ceiling, size by label, annotators, time."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from agreement.gold.control_charts import Chart, Point
from agreement.gold.suspects import Suspect
from agreement.gold.validation import GoldReport, gold_reports
from agreement.report._cards import Card
from agreement.report._context import items_link, share_of
from agreement.report._duos import duo_columns
from agreement.report.model import LayerView, Link
from agreement.settings import LayerKind
from agreement.wording import Figure, count, optional, shortened
from agreement.wording import gold as words
from agreement.wording.numbers import NOT_COMPUTED
from agreement.wording.page import NO_ITEMS

if TYPE_CHECKING:
    from agreement.pipeline import Audit

MOST_SUSPECTS, MOST_REVIEW, MOST_GROUPS, MOST_LINES = 50, 25, 10, 3
GOLD_OWNER = "gold owner"


@dataclass(frozen=True, slots=True)
class SuspectRow:
    """A gold label that annotators contradict; without a link if its item is not embedded in the page."""

    item: str
    link: Link | None
    gold: str
    says: str
    cause: str
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class SizeRow:
    """A label: its gold items, how often annotators find it, and what it would take to know that better."""

    label: str
    n: int
    word: str
    figure: Figure
    more: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgainstGold:
    """An annotator beside the gold: the figures of the columns, and what they tell."""

    name: str
    figures: tuple[Figure, ...]
    word: str


@dataclass(frozen=True, slots=True)
class ChartView:
    """Accuracy over time: a series per annotator, the batches, and all points as rows."""

    series: tuple[tuple[str, tuple[Figure, ...]], ...]
    ticks: tuple[str, ...]
    limits: tuple[float, float]
    rows: tuple[tuple[str, str, str, Figure, str], ...]


@dataclass(frozen=True, slots=True)
class GoldAction:
    """What to do about the gold, and who does it."""

    text: str
    owner: str
    suspected: bool = False


@dataclass(frozen=True, slots=True)
class GoldView:
    """Everything the page says about the gold of one layer.

    Parameters
    ----------
    name, kind, gold
        Layer, its kind, and what the gold is called.
    answer
        What it comes to, with n and interval.
    suspects, suspects_left, review, review_left
        Gold labels with a verdict, and those only to look through; how many the page leaves out.
    ceiling
        The most a perfect model could score; None if nothing could be judged.
    columns, annotators
        Every annotator with the gold as the reference.
    sizes
        Every label, those with the least gold first.
    uncovered, bias, same_text
        Labels, sections and rounds without gold; whether it was made from disputes; one text with different gold.
    chart
        Accuracy over time, where times are known.
    notes, actions
        What can't be said, and what to do.
    """

    name: str
    kind: LayerKind
    gold: str
    answer: str
    suspects: tuple[SuspectRow, ...]
    suspects_left: int
    review: tuple[SuspectRow, ...]
    review_left: int
    ceiling: Figure | None
    columns: tuple[str, ...]
    annotators: tuple[AgainstGold, ...]
    sizes: tuple[SizeRow, ...]
    uncovered: str
    bias: str
    same_text: tuple[str, ...]
    chart: ChartView | None
    notes: tuple[str, ...]
    actions: tuple[GoldAction, ...]


def gold_views(audit: "Audit", cards: Sequence[Card]) -> tuple[tuple[GoldView, ...], dict[tuple[str, str], Figure]]:
    """Return a view for each layer and gold, and by layer and annotator the share of gold labels found."""
    reports = gold_reports(audit.annotations, audit.settings)
    embedded = {(card.layer, card.item) for card in cards}
    confidence = audit.settings.measures.confidence
    shares = {
        (report.layer, entry.annotator): share_of(entry.right, entry.n, "gold label", confidence)
        for report in reports
        for entry in report.accuracies
    }
    return tuple(_view(audit, report, embedded) for report in reports), shares


def with_gold(layer: LayerView, shares: Mapping[tuple[str, str], Figure]) -> LayerView:
    """Return the layer with every annotator's share of gold labels found."""
    return replace(layer, people=tuple(replace(row, gold=shares.get((layer.name, row.name))) for row in layer.people))


def _view(audit: "Audit", report: GoldReport, embedded: set[tuple[str, str]]) -> GoldView:
    """Return the view of one report."""
    layer = audit.annotations.layers[report.layer]
    shown = shortened(layer.labels)
    confidence = audit.settings.measures.confidence
    several = len(audit.comparisons) > 1
    rows = [
        _row(suspect, report.layer if several else "", shown, linked=(report.layer, suspect.item) in embedded)
        for suspect in (*report.suspects, *report.review)
    ]
    suspects, review = rows[: len(report.suspects)], rows[len(report.suspects) :]
    ceiling = None
    if report.ceiling is not None:
        hits = round(report.ceiling * report.n_judged)
        ceiling = share_of(hits, report.n_judged, "gold label", confidence)
    columns = duo_columns(layer.kind)
    return GoldView(
        report.layer, layer.kind, report.gold, _answer(report, ceiling, confidence), tuple(suspects[:MOST_SUSPECTS]),
        max(len(suspects) - MOST_SUSPECTS, 0), tuple(review[:MOST_REVIEW]), max(len(review) - MOST_REVIEW, 0),
        ceiling, tuple(name for name, _, _ in columns), tuple(_annotators(report, columns, confidence)),
        tuple(_sizes(report, shown, confidence)), _uncovered(report, shown), _bias(report, confidence),
        tuple(_same_text(report, shown)), _chart(report, confidence), report.notes, tuple(_actions(report, shown)),
    )  # fmt: skip


def _answer(report: GoldReport, ceiling: Figure | None, confidence: float) -> str:
    """Return what the gold is worth in one or two sentences."""
    if ceiling is None or report.ceiling is None:
        unit = "place" if report.scores["level"].eq("span").any() else "gold label"
        return words.not_judged(words.how_many(report.n_gold, report.n_items), len(report.review), unit)
    confirmed = sum(suspect.verdict == "confirmed" for suspect in report.suspects)
    share = share_of(confirmed, report.n_judged, "gold label", confidence)
    return words.slips(confirmed, len(report.suspects) - confirmed, report.n_judged, share, ceiling)


def _row(suspect: Suspect, layer: str, shown: Mapping[str, str], *, linked: bool) -> SuspectRow:
    """Return one contradicted gold label."""
    given = Counter(suspect.labels.values()).most_common()
    says = "; ".join(f"{shown.get(label, label)}, {many}" for label, many in given)
    link = items_link(layer, item=suspect.item) if linked else None
    return SuspectRow(
        suspect.item, link, shown.get(suspect.gold, suspect.gold), says, suspect.cause, words.VERDICTS[suspect.verdict],
        suspect.text,
    )  # fmt: skip


def _annotators(
    report: GoldReport, columns: Sequence[tuple[str, str, str]], confidence: float
) -> Iterator[AgainstGold]:
    """Yield every annotator with the gold as the reference, the least agreement first."""
    scores = report.scores.loc[report.scores["label"].isna()]
    off = {entry.annotator for entry in report.accuracies if entry.off}
    names = sorted({*scores["reference"].astype(str), *scores["other"].astype(str)} - {report.gold})
    found = [
        AgainstGold(
            name, tuple(_figure(scores, report.gold, name, *column[1:], confidence) for column in columns),
            words.OFF if name in off else words.AS_COLLEAGUES,
        )
        for name in names
    ]  # fmt: skip
    yield from sorted(found, key=lambda row: (row.figures[0].value is None, row.figures[0].value or 0.0, row.name))


def _figure(scores: pd.DataFrame, gold: str, name: str, measure: str, level: str, confidence: float) -> Figure:
    """Return one score of an annotator, the gold as the reference where that matters."""
    mine = scores.loc[scores["measure"].eq(measure) & scores["level"].eq(level)]
    ahead = mine.loc[mine["reference"].eq(gold) & mine["other"].eq(name)]
    rows = ahead if len(ahead) else mine.loc[mine["reference"].eq(name)]
    if rows.empty:
        return Figure(None, reason=NO_ITEMS)
    row: dict[Any, Any] = rows.iloc[0].to_dict()
    reason = row["undefined"] if isinstance(row["undefined"], str) and row["undefined"] else NOT_COMPUTED
    value, low, high, n = (optional(row[key]) for key in ("value", "low", "high", "n"))
    return Figure(value, low, high, int(n or 0), level, reason=reason, confidence=confidence)


def _sizes(report: GoldReport, shown: Mapping[str, str], confidence: float) -> Iterator[SizeRow]:
    """Yield every label, those with the least gold first."""
    for entry in sorted(report.adequacy, key=lambda entry: (entry.n, entry.label)):
        figure = Figure(
            entry.value, entry.low, entry.high, entry.n, "gold item", share=True, confidence=confidence,
            reason=words.NOBODY_LABELLED if entry.n else words.NO_GOLD_ITEM,
        )  # fmt: skip
        more = tuple(
            count(max(entry.needed[key] - entry.n, 0)) if key in entry.needed else "unknown" for key in ("0.10", "0.05")
        )
        yield SizeRow(shown.get(entry.label, entry.label), entry.n, entry.word, figure, more)


def _uncovered(report: GoldReport, shown: Mapping[str, str]) -> str:
    """Return which labels, sections and rounds have no gold, empty if all have."""
    parts = []
    for kind, nouns in (("label", "classes"), ("section", "sections"), ("round", "rounds")):
        mine = [covered for covered in report.coverage if covered.kind == kind]
        parts.append(
            ([shown.get(covered.name, covered.name) for covered in mine if not covered.n_gold], len(mine), nouns)
        )
    return words.without_gold(parts)


def _bias(report: GoldReport, confidence: float) -> str:
    """Return that the gold was made from disputes, empty if it was not."""
    bias = report.bias
    if bias is None or not bias.biased:
        return ""
    gold, rest = (
        share_of(hits, n, "item", confidence).sentence
        for hits, n in ((bias.disputed_gold, bias.n_gold), (bias.disputed_rest, bias.n_rest))
    )
    return words.from_disputes(gold, rest)


def _same_text(report: GoldReport, shown: Mapping[str, str]) -> Iterator[str]:
    """Yield items with one text and different gold."""
    for group in report.same_text[:MOST_GROUPS]:
        yield ", ".join(f"{item}: {shown.get(label, label)}" for item, label in group)


def _chart(report: GoldReport, confidence: float) -> ChartView | None:
    """Return accuracy over time, those beyond their limits first; None without times."""
    if not report.charts:
        return None
    drawn = sorted(report.charts, key=lambda chart: (not chart.out_of_control, chart.annotator))[:MOST_LINES]
    series = tuple((chart.annotator, tuple(_right(point, confidence) for point in chart.points)) for chart in drawn)
    lows = [figure.low for _, figures in series for figure in figures if figure.low is not None]
    longest = max(len(chart.points) for chart in drawn)
    step = -(-longest // 12)
    ticks = tuple(str(number + 1) if number % step == 0 else "" for number in range(longest))
    rows = tuple(
        (chart.annotator, str(point.number), _when(point), _right(point, confidence), _signal(chart, point))
        for chart in drawn
        for point in chart.points
    )
    return ChartView(series, ticks, (max(min(lows, default=0.0) - 0.03, 0.0), 1.0), rows)


def _right(point: Point, confidence: float) -> Figure:
    """Return the share of a batch's gold labels that were found."""
    return share_of(point.n - point.errors, point.n, "gold label", confidence)


def _when(point: Point) -> str:
    """Return the time of a batch."""
    return point.first if point.first == point.last else f"{point.first} to {point.last}"


def _signal(chart: Chart, point: Point) -> str:
    """Return what a batch tells about change."""
    return words.signal(point.signal, chart.baseline, chart.n_baseline, expected=point.smoothed is not None)


def _actions(report: GoldReport, shown: Mapping[str, str]) -> Iterator[GoldAction]:
    """Yield what to do, the slips first."""
    for verdict in ("confirmed", "suspected"):
        causes = Counter(suspect.cause for suspect in report.suspects if suspect.verdict == verdict)
        for cause, many in sorted(causes.items()):
            yield GoldAction(words.decide_again(cause, many), GOLD_OWNER, suspected=verdict == "suspected")
    if report.review:
        yield GoldAction(words.look_through(len(report.review)), GOLD_OWNER)
    if report.same_text:
        yield GoldAction(words.ONE_TEXT, GOLD_OWNER)
    short = [entry for entry in report.adequacy if entry.word != "enough"]
    if short:
        yield GoldAction(words.add_gold([shown.get(entry.label, entry.label) for entry in short]), GOLD_OWNER)
    if report.bias is not None and report.bias.biased:
        yield GoldAction(words.AT_RANDOM, GOLD_OWNER)
    for chart in report.charts:
        if chart.out_of_control:
            yield GoldAction(words.ask(chart.annotator), "annotator lead")
