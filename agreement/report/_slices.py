"""What the page says about slices: every headline figure by value of a column, the lowest first."""

# ruff: noqa: RUF001 - Greek letters and typographic apostrophes are what a page prints

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agreement.slices import Slice
from agreement.wording import Figure, listed, plural

if TYPE_CHECKING:
    from agreement.pipeline import Audit

MOST_NAMED = 8
MOST_ROWS = 200
TITLES = {
    "kappa_mean": "Cohen’s κ, mean of pairs", "kappa_mean.quadratic": "Weighted κ, mean of pairs",
    "krippendorff_alpha.nominal": "Krippendorff’s α", "krippendorff_alpha.ordinal": "Krippendorff’s α, ordinal",
    "krippendorff_alpha.interval": "Krippendorff’s α, interval", "f1_macro": "Macro F1",
    "percent_agreement": "Percent agreement", "jaccard_samples": "Jaccard overlap", "squad_f1": "Token F1",
    "span_f1.strict": "Exact span F1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One value of a column and one measure: the slice, the other items, the difference and its word."""

    name: str
    measure: str
    figure: Figure
    rest: Figure
    difference: Figure
    word: str


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


def slice_tables(audit: "Audit") -> tuple[SliceTable, ...]:
    """Return a table for every layer and column; nothing where no column was asked for."""
    found = audit.slices
    keys = dict.fromkeys(
        [*((row.layer, row.column) for row in found.rows), *((thin.layer, thin.column) for thin in found.thin)]
    )
    return tuple(_table(audit, layer, column) for layer, column in keys)


def _table(audit: "Audit", layer: str, column: str) -> SliceTable:
    """Return the table of one column."""
    settings = audit.settings.measures
    rows = [row for row in audit.slices.rows if (row.layer, row.column) == (layer, column)]
    thin = [one for one in audit.slices.thin if (one.layer, one.column) == (layer, column)]
    left_out = sum(n for name, by, n in audit.slices.left_out if (name, by) == (layer, column))
    notes = []
    if thin:
        names = listed([f"{one.name} ({one.items})" for one in thin], most=MOST_NAMED)
        notes.append(f"Too thin for figures, under {settings.min_pair_items} items: {names}.")
    if left_out:
        notes.append(f"Only the hundred largest values are compared; {plural(left_out, 'value')} left out.")
    headline = [row for row in rows if row.measure == rows[0].measure]
    lower = [row.name for row in headline if row.word == "lower"]
    advice = ""
    if lower:
        advice = (
            f"Read disputed items of {listed(lower, most=MOST_NAMED)} first: there people agree less than elsewhere."
        )
    return SliceTable(
        layer, column, _answer(headline, column), tuple(_row(row, settings.confidence) for row in rows[:MOST_ROWS]),
        max(len(rows) - MOST_ROWS, 0), tuple(notes), advice,
    )  # fmt: skip


def _answer(headline: list[Slice], column: str) -> str:
    """Return what the headline measure says about the column, in a sentence."""
    if not headline:
        return f"No value of {column} has enough items for a figure."
    parts = []
    for word in ("lower", "higher"):
        names = [row.name for row in headline if row.word == word]
        if names:
            parts.append(f"{word} for {listed(names, most=MOST_NAMED)}")
    title = TITLES[headline[0].measure]
    if not parts:
        return f"By {column}: no value differs clearly from the rest: {title}."
    return f"By {column}, {title} is {listed(parts)} than on the other items."


def _row(row: Slice, confidence: float) -> SliceRow:
    """Return one row."""
    reason = row.undefined or "nothing to measure"
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
    )  # fmt: skip
