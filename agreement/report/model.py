"""What the page shows, as frozen data: figures and names; the words around them are the templates'."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from agreement.annotations import Reading
from agreement.checks.criteria import Check, Verdict
from agreement.flags import Flag
from agreement.report._cards import Card
from agreement.report._hierarchy import PathView
from agreement.report._models import ModelLayer
from agreement.report._ranking import RankingView
from agreement.report._scored import ScoredView
from agreement.report._slices import SliceTable
from agreement.report._structures import LinkView
from agreement.settings import Settings
from agreement.wording import Figure

if TYPE_CHECKING:
    from agreement.report._gold import GoldView
    from agreement.report._trend import TrendView


@dataclass(frozen=True, slots=True)
class Link:
    """An address on this page: an anchor, and the filters of the item queue if it opens items."""

    href: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A release check with its figure and the place of its evidence."""

    check: Check
    subject: str
    figure: Figure
    limit: str
    failure: str
    link: str


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do, who does it, and up to how much it would settle."""

    title: str
    body: str
    advice: str
    owner: str
    suspected: bool
    link: Link
    effect: Figure | None
    layer: str
    of_a_failing_check: bool


@dataclass(frozen=True, slots=True)
class Headline:
    """One measure of a whole layer: what it is called, its value, its band, what it tells, and if it ends at 1."""

    title: str
    figure: Figure
    band: str
    meaning: str
    bounded: bool = True


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One label: its F1 and the label it is most confused with."""

    id: str
    name: str
    figure: Figure
    band: str
    partner: str
    partner_items: int
    link: Link
    items: Link
    flags: tuple[Flag, ...]
    guidance: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PairChange:
    """What the last step from round to round did: Better, Worse or No clear change, and the difference."""

    word: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class MergeTable:
    """What counting two confused labels as one would change: each measure before, after, and by how much."""

    first: str
    second: str
    rows: tuple[tuple[str, Figure, Figure, Figure], ...]
    warning: str


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two labels: units that carry both over units that carry either, and the share the release check judges."""

    id: str
    first: str
    second: str
    both: int
    either: int
    figure: Figure
    failing: str
    section: str
    link: Link
    flags: tuple[Flag, ...]
    before: Figure | None
    change: PairChange | None


@dataclass(frozen=True, slots=True)
class SectionRow:
    """One guideline section: its disputes, and its share of all disputes."""

    id: str
    name: str
    text: str
    revised: str
    figure: Figure
    of_all: Figure
    mostly: str
    link: Link
    mostly_link: Link
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One annotator: mean agreement with the others, and what the diagnosis sees."""

    id: str
    name: str
    kind: str
    group: str
    figure: Figure
    gold: Figure | None
    outside: bool
    enough: bool
    link: Link
    flags: tuple[Flag, ...]
    seen: tuple[str, ...]
    alone: bool
    leans: Figure | None


@dataclass(frozen=True, slots=True)
class DuoRow:
    """Two annotators in one direction: the first is the reference."""

    id: str
    reference: str
    other: str
    figures: tuple[Figure, ...]
    link: Link


@dataclass(frozen=True, slots=True)
class DuoLabels:
    """F1, precision and recall of two annotators by label: the first is the reference."""

    reference: str
    other: str
    rows: tuple[tuple[str, Link, tuple[Figure, ...]], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a map: what it prints, how strong its colour is (0-6), its words, and where it leads."""

    text: str
    strength: int = 0
    title: str = ""
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Heat:
    """A map as a table: names of columns, and rows of cells; None where the triangle is empty."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """A map of too many cells for a table: a palette PNG, and its values for the read-out."""

    png: str
    names: tuple[str, ...]
    cells: str
    share_shown: Figure


@dataclass(frozen=True, slots=True)
class FunnelPoint:
    """One annotator in the funnel, in percent positions; the name's edge, middle and anchor, where it is shown."""

    x: float
    y: float
    person: "PersonRow"
    name: tuple[float, float, str] | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """Agreement with colleagues against the number of items, in percent positions of the plot."""

    points: tuple[FunnelPoint, ...]
    lower: tuple[tuple[float, float], ...]
    upper: tuple[tuple[float, float], ...]
    mean: float
    mean_text: str
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class SpanPanel:
    """Kinds of differences of a span layer, by label.

    Parameters
    ----------
    kinds
        The kinds that occur, in words.
    rows
        Label, its items, and its share of each kind in the order of *kinds*, as counts of spans of both annotators,
        each with the ways in which it differs, where there are several.
    split
        Spans that lie over several of the other annotator's, in one sentence; empty without any.
    tokenizer, without_text
        What the token level takes as a token, and documents that have no text for it.
    sentence
        What differs, in one sentence.
    """

    kinds: tuple[str, ...]
    rows: tuple[tuple[str, Link, tuple[tuple[Figure, tuple[str, ...]], ...]], ...]
    split: str
    tokenizer: str
    without_text: int
    sentence: str


@dataclass(frozen=True, slots=True)
class LayerView:
    """Everything the page shows about one layer."""

    name: str
    kind: str
    unit: str
    n_units: int
    looked_for: bool
    disputes: Figure
    headlines: tuple[Headline, ...]
    all_scores: tuple[Headline, ...]
    panel: tuple[Headline, ...]
    why: tuple[str, ...]
    labels: tuple[str, ...]
    classes: tuple[ClassRow, ...]
    unused: tuple[str, ...]
    skew: Figure | None
    two_labels: Figure | None
    current_round: str
    step_from: str
    heat: Heat | None
    pairs: tuple[PairRow, ...]
    merges: tuple[MergeTable, ...]
    sections: tuple[SectionRow, ...]
    people: tuple[PersonRow, ...]
    people_total: int
    funnel: Funnel | None
    matrix: Heat | None
    picture: Picture | None
    duo_names: tuple[str, ...]
    duos: tuple[DuoRow, ...]
    duos_total: int
    duo_labels: tuple[DuoLabels, ...]
    tables: tuple[tuple[str, str, Heat, str], ...]
    retest: Figure | None
    gold: tuple[Card, ...]
    gold_items: int
    gold_contradicted: Figure
    spans: SpanPanel | None
    flags: tuple[Flag, ...]
    budget: str
    first: bool

    @property
    def notes(self) -> tuple[Flag, ...]:
        """Findings that are no causes."""
        return tuple(flag for flag in self.flags if flag.verdict == "note")

    def causes(self, *rules: str) -> tuple[Flag, ...]:
        """Return confirmed and suspected findings of these *rules*."""
        return tuple(flag for flag in self.flags if flag.rule in rules and flag.verdict != "note")

    @property
    def section_flags(self) -> tuple[Flag, ...]:
        """Findings for the guideline owner: sections and label pairs."""
        return self.causes("section", "label_pair", "span_label_pair", "span_boundary", "round_change")

    @property
    def pair_flags(self) -> tuple[Flag, ...]:
        """Findings about label pairs."""
        return self.causes("label_pair", "span_label_pair")

    @property
    def class_flags(self) -> tuple[Flag, ...]:
        """Findings about single classes."""
        return self.causes("label")

    @property
    def people_flags(self) -> tuple[Flag, ...]:
        """Findings about people."""
        return self.causes("annotator", "annotator_section", "copy", "camps", "drift", "span_annotator")

    @property
    def gold_flags(self) -> tuple[Flag, ...]:
        """Findings about gold labels."""
        return self.causes("gold_item")


@dataclass(frozen=True, slots=True)
class ReportModel:
    """The whole page."""

    title: str
    date: str
    logo: str
    report_id: str
    source: str
    signature: str
    version: str
    verdict: Verdict
    reason: str
    facts: tuple[tuple[str, str], ...]
    checks: tuple[CheckRow, ...]
    actions: tuple[Action, ...]
    actions_left: int
    layers: tuple[LayerView, ...]
    cards: tuple[Card, ...]
    disputes: int
    to_discuss: int
    to_list: int
    reading: Reading
    settings: Settings
    with_text: bool
    anonymised: bool
    guideline: str
    section_names: Mapping[str, str]
    rounds: tuple[str, ...]
    label_sets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    trends: "tuple[TrendView, ...]" = ()
    golds: "tuple[GoldView, ...]" = ()
    models: tuple[ModelLayer, ...] = ()
    slices: tuple[SliceTable, ...] = ()
    scored: tuple[ScoredView, ...] = ()
    links: tuple[LinkView, ...] = ()
    paths: tuple[PathView, ...] = ()
    rankings: tuple[RankingView, ...] = ()

    def item_link(self, card: Card) -> Link:
        """Return the link that opens one card of the queue."""
        return Link("#items", urlencode({"item": card.item, "layer": card.layer if len(self.layers) > 1 else ""}))
