"""What the page says about slices: every headline figure by value of a column, the lowest first."""

# ruff: noqa: RUF001 - Greek letters and typographic apostrophes are what a page prints

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from agreement.slices import Slice
from agreement.wording import Figure
from agreement.wording import page as words
from agreement.wording.measures import HEADLINES

if TYPE_CHECKING:
    from agreement.pipeline import Audit
    from agreement.report._cards import Card

MOST_ROWS = 200
TITLES = {measure: title for measure, (title, _) in HEADLINES.items()}


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One value of a column and one measure: the slice, the other items, the difference, its word, a query of items."""

    name: str
    measure: str
    figure: Figure
    rest: Figure
    difference: Figure
    word: str
    items: str


@dataclass(frozen=True, slots=True)
class SliceTable:
    """One column of one layer."""

    layer: str
    column: str
    answer: str
    rows: tuple[SliceRow, ...]
    rows_left: int
    notes: tuple[str, ...]
    advice: str


def slice_tables(audit: "Audit", cards: "Sequence[Card]") -> tuple[SliceTable, ...]:
    """Return a table for every layer and column; a slice of which *cards* are embedded opens them."""
    found = audit.slices
    embedded = frozenset((card.layer, told) for card in cards for told in card.slices)
    keys = dict.fromkeys(
        [*((row.layer, row.column) for row in found.rows), *((thin.layer, thin.column) for thin in found.thin)]
    )
    return tuple(_table(audit, layer, column, embedded) for layer, column in keys)


def _table(audit: "Audit", layer: str, column: str, embedded: frozenset[tuple[str, str]]) -> SliceTable:
    """Return the table of one column."""
    settings = audit.settings.measures
    rows = [row for row in audit.slices.rows if (row.layer, row.column) == (layer, column)]
    thin = [one for one in audit.slices.thin if (one.layer, one.column) == (layer, column)]
    left_out = sum(n for name, by, n in audit.slices.left_out if (name, by) == (layer, column))
    notes = []
    if thin:
        notes.append(words.too_thin(settings.min_pair_items, [f"{one.name} ({one.items})" for one in thin]))
    if left_out:
        notes.append(words.largest_only(left_out))
    headline = [row for row in rows if row.measure == rows[0].measure]
    lower = [row.name for row in headline if row.word == "lower"]
    advice = words.read_first(lower) if lower else ""
    return SliceTable(
        layer, column, _answer(headline, column, settings.confidence),
        tuple(_row(row, settings.confidence, embedded, several=len(audit.comparisons) > 1) for row in rows[:MOST_ROWS]),
        max(len(rows) - MOST_ROWS, 0), tuple(notes), advice,
    )  # fmt: skip


def _answer(headline: list[Slice], column: str, confidence: float) -> str:
    """Return what the headline measure says about the column, in a sentence."""
    if not headline:
        return words.no_value_has_enough(column)
    lower, higher = ([_named(row, confidence) for row in headline if row.word == word] for word in ("lower", "higher"))
    title = TITLES[headline[0].measure]
    if not lower and not higher:
        return words.no_slice_differs(column, title, _named(headline[0], confidence))
    return words.slices_differ(column, title, lower, higher)


def _named(row: Slice, confidence: float) -> str:
    """Return the slice with its figure."""
    figure = Figure(row.value, row.low, row.high, row.items, confidence=confidence, reason=row.undefined)
    return words.with_figure(row.name, figure)


def _row(row: Slice, confidence: float, embedded: frozenset[tuple[str, str]], *, several: bool) -> SliceRow:
    """Return one row."""
    reason = row.undefined or words.NOTHING_TO_MEASURE
    told = words.in_slice(row.column, row.name)
    query = urlencode(({"layer": row.layer} if several else {}) | {"slice": told})
    n = row.items
    return SliceRow(
        row.name, TITLES[row.measure],
        Figure(row.value, row.low, row.high, n, confidence=confidence, reason=reason),
        Figure(row.rest, row.rest_low, row.rest_high, row.rest_items, confidence=confidence, reason=reason),
        Figure(
            row.difference, row.difference_low, row.difference_high, n + row.rest_items, confidence=confidence,
            reason=reason,
        ),
        row.word[0].upper() + row.word[1:].replace("'", "’"),
        query if (row.layer, told) in embedded else "",
    )  # fmt: skip
