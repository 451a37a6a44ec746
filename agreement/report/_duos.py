"""Every pair of annotators, each in turn the reference: as rows, as a map, and as a picture when they are many."""

# ruff: noqa: RUF001 - Greek letters are what these measures are called

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.report._context import Context
from agreement.report._figures import figure, shown_values
from agreement.report._png import palette_png
from agreement.report.model import Cell, DuoLabels, DuoRow, Heat, Picture
from agreement.settings import LayerKind
from agreement.wording import NONE, Figure, decimal
from agreement.wording import measures as titles
from agreement.wording.numbers import NOT_COMPUTED
from agreement.wording.page import under_shared, with_itself

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIDES = ("reference", "other")
AGREEMENT_STEPS = (0.90, 0.80, 0.70, 0.60, 0.50)
NO_ITEMS = 255
PER_ONE = 250
ENOUGH = 0.05
PALETTE = (
    (240, 237, 230), (232, 240, 248), (201, 222, 241), (157, 196, 230), (106, 163, 214), (47, 119, 182), (11, 61, 110),
)  # fmt: skip

# what a column is called, its measure, its level
Column = tuple[str, str, str]
MACRO: tuple[Column, ...] = (
    ("F1", "f1_macro", "item"), (titles.PRECISION, "precision_macro", "item"), (titles.RECALL, "recall_macro", "item"),
)  # fmt: skip
BY_KAPPA = 3
COLUMNS: dict[LayerKind, tuple[Column, ...]] = {
    "category": (*MACRO, ("κ", "cohen_kappa", "item")),
    "ordinal": (*MACRO, (titles.WEIGHTED_KAPPA, "cohen_kappa.quadratic", "item")),
    "labels": (*MACRO, (titles.SETS_ALIKE, "percent_agreement", "item")),
    "number": (
        ("α", "krippendorff_alpha.interval", "item"), ("ICC(2,1)", "icc.2_1", "item"),
        (titles.DIFFERENCE, "mean_difference", "item"),
        (titles.ABSOLUTE_DIFFERENCE, "mean_absolute_difference", "item"),
        (titles.LOWER, "limits_of_agreement.lower", "item"), (titles.UPPER, "limits_of_agreement.upper", "item"),
    ),
    "spans": (
        (titles.EXACT, "span_f1.strict", "span"), (titles.PRECISION, "span_precision.strict", "span"),
        (titles.RECALL, "span_recall.strict", "span"), (titles.TOKEN, "token_f1", "token"),
    ),
    "answer": (
        ("F1", "squad_f1", "item"), (titles.PRECISION, "squad_precision", "item"),
        (titles.RECALL, "squad_recall", "item"),
        (titles.ANSWERS_ALIKE, "squad_exact_match", "item"), ("chrF", "chrf", "item"),
    ),
}  # fmt: skip


BY_LABEL: dict[LayerKind, tuple[str, str, str]] = {
    "category": ("f1", "precision", "recall"),
    "ordinal": ("f1", "precision", "recall"),
    "labels": ("f1", "precision", "recall"),
    "spans": ("span_f1.strict", "span_precision.strict", "span_recall.strict"),
}
DUO_LABELS_MOST = 120


OWN_SIMILARITY: Column = (titles.OWN_SIMILARITY, "similarity", "item")


def duo_columns(kind: LayerKind, pairs: pd.DataFrame | None = None) -> tuple[Column, ...]:
    """Return what the rows of pairs show for layers of this *kind*; an own similarity only if *pairs* have one."""
    own = pairs is not None and bool(pairs["measure"].eq(OWN_SIMILARITY[1]).any())
    return (*COLUMNS[kind], OWN_SIMILARITY) if own else COLUMNS[kind]


@dataclass(frozen=True, slots=True)
class Duos:
    """Every pair of annotators in both directions, the lowest agreement first; few of a crowd's are written out.

    Letters: D directed pairs.

    Parameters
    ----------
    names
        The annotators, sorted.
    reference, other
        (D,) places in *names*.
    value
        (D,) of the first column; NaN where there is none to show.
    rows
        The first of the directed pairs with all their figures.
    """

    names: tuple[str, ...]
    reference: Ints
    other: Ints
    value: Floats
    rows: tuple[DuoRow, ...]


def duos(context: Context, most: int | None = None) -> Duos:
    """Return the pairs of annotators, at most *most* of them as rows; too small pairs say so."""
    least = context.audit.settings.measures.min_pair_items
    columns = duo_columns(context.kind, context.book.pairs)
    frames = [context.book.of_pairs(measure, level) for _, measure, level in columns]
    names = tuple(sorted({str(name) for rows in frames for side in SIDES for name in rows[side].unique()}))
    place, size = pd.Index(names), max(len(names), 1)
    sides = [tuple(place.get_indexer(pd.Index(rows[side])).astype(np.int64) for side in SIDES) for rows in frames]
    both = [(other * size + reference, reference * size + other) for reference, other in sides]
    keys = np.unique(np.concatenate([key for column in both for key in column]))
    row_of = np.full((len(frames), len(keys)), -1)
    for row, column in zip(row_of, both, strict=True):
        for key in column:  # a symmetric measure is there in one direction, and holds for the other
            row[np.searchsorted(keys, key)] = np.arange(len(key))
    values = [np.append(shown_values(rows, least), np.nan)[row] for rows, row in zip(frames, row_of, strict=True)]
    reference, other = np.divmod(keys, size)
    decides = np.nan_to_num(values[BY_KAPPA if context.kind in ("category", "ordinal") else 0], nan=2.0)
    order = np.lexsort((reference, np.maximum(reference, other), np.minimum(reference, other), decides))
    chosen = order[:most]
    ids = {
        at: context.slugs("duo", context.name, names[reference[at]], names[other[at]])
        for at in np.sort(chosen).tolist()
    }
    units = [context.unit if level == "item" else level for _, _, level in columns]
    figures = zip(
        *(
            _figures(rows, row[chosen], context.book.confidence, unit, least)
            for rows, row, unit in zip(frames, row_of, units, strict=True)
        ),
        strict=True,
    )
    shown = tuple(
        DuoRow(ids[at], *pair, tuple(mine), context.duo_link(*pair))
        for at, mine in zip(chosen.tolist(), figures, strict=True)
        for pair in [(names[reference[at]], names[other[at]])]
    )
    return Duos(names, reference[order], other[order], values[0][order], shown)


def _figures(rows: pd.DataFrame, row: Ints, confidence: float, unit: str, least: int) -> list[Figure]:
    """Return the figures of the rows numbered *row*, -1 for none."""
    made = [figure(one, confidence, unit) for one in rows.iloc[row[row >= 0]].itertuples()]
    known = iter(_shown(one, least) for one in made)
    none = Figure(None, reason=NOT_COMPUTED)
    return [next(known) if at >= 0 else none for at in row.tolist()]


def duo_labels(context: Context) -> tuple[DuoLabels, ...]:
    """Return F1, precision and recall by label of every pair, one direction each, while they are few enough to read."""
    wanted = BY_LABEL.get(context.kind)
    if wanted is None:
        return ()
    level = "span" if context.kind == "spans" else "item"
    least = context.audit.settings.measures.min_pair_items
    rows = context.book.pair_labels
    rows = rows.loc[rows["measure"].isin(wanted) & rows["level"].eq(level) & (rows["reference"] < rows["other"])]
    # each pair and label has a row for each measure: a crowd's need no counting
    if (
        rows.empty
        or len(rows) > DUO_LABELS_MOST * len(wanted)
        or (rows.groupby(["reference", "other", "label"], observed=True).ngroups > DUO_LABELS_MOST)
    ):
        return ()
    found = []
    shared = context.book.by_pair(COLUMNS[context.kind][0][1], level, context.unit)
    for (reference, other), mine in rows.groupby(["reference", "other"], observed=True, sort=True):
        pair = str(reference), str(other)
        if level == "item" and pair in shared and shared[pair].n < least:
            continue
        figures: dict[str, dict[str, Figure]] = {}
        for row in mine.itertuples():
            shown = figure(row, context.book.confidence, "label" if level == "item" else "span")
            figures.setdefault(str(row.label), {})[str(row.measure)] = shown
        none = Figure(None, reason=NOT_COMPUTED)
        lines = tuple(
            (
                context.word(label),
                context.duo_link(*pair, label=context.word(label)),
                tuple(by.get(measure, none) for measure in wanted),
            )
            for label, by in figures.items()
        )
        found.append(DuoLabels(*pair, lines))
    return tuple(found)


def _shown(figure: Figure, least: int) -> Figure:
    """Return the figure, or why a pair that shares fewer than *least* items has none on a page."""
    if figure.value is None or figure.n >= least:
        return figure
    return Figure(None, n=figure.n, unit=figure.unit, reason=under_shared(least, figure.n, figure.unit))


def duo_matrix(context: Context, rows: Sequence[DuoRow]) -> Heat | None:
    """Return the annotators' map: the first column above the diagonal, kappa below it where there is one.

    None for two annotators, and where no pair has a value.
    """
    by_pair = {(row.reference, row.other): row.figures for row in rows}
    there = {row.reference for row in rows}
    names = [name for name in context.audit.annotations.compared if name in there]
    if len(names) < 3 or all(figure.value is None for row in rows for figure in row.figures):
        return None
    columns = duo_columns(context.kind)
    below = BY_KAPPA if context.kind in ("category", "ordinal") else 0
    found = []
    for r, row in enumerate(names):
        cells: list[Cell | None] = []
        for c, column in enumerate(names):
            at = 0 if c > r else below
            figures = by_pair.get((row, column))
            cell = _duo_cell(context, row, column, columns[at][0], figures[at] if figures else None)
            cells.append(Cell("·", 0, with_itself(row)) if r == c else cell)
        found.append((row, tuple(cells)))
    return Heat(tuple(names), tuple(found))


def _duo_cell(context: Context, row: str, column: str, what: str, figure: Figure | None) -> Cell | None:
    """Return one cell of the annotators' map."""
    if figure is None:
        return None
    if figure.value is None:
        return Cell(NONE, 0, f"{row} with {column}: {figure.reason}")
    strength = 1 + sum(figure.value < step for step in AGREEMENT_STEPS)
    return Cell(
        decimal(figure.value), strength, f"{row} with {column}: {what} {figure.sentence}", context.duo_link(row, column)
    )


def duo_picture(context: Context, found: Duos) -> Picture:
    """Return the map of many annotators as a picture, with its values for the keyboard read-out."""
    names = context.audit.annotations.compared
    place = pd.Index(names).get_indexer(pd.Index(found.names)).astype(np.int64)
    cells = np.full((len(names), len(names)), NO_ITEMS, dtype=np.uint8)
    colours = np.zeros_like(cells)
    measured = np.isfinite(found.value)
    value = found.value[measured]
    at = place[found.reference[measured]], place[found.other[measured]]
    cells[at] = np.rint(np.maximum(value, 0) * PER_ONE).astype(np.uint8)
    colours[at] = 1 + (value[:, None] < np.array(AGREEMENT_STEPS)).sum(axis=1)
    pairs = len(names) * (len(names) - 1) // 2
    share = Figure(len(value) / (2 * pairs), n=pairs, unit="pair", share=True, hits=len(value) // 2)
    png = palette_png(colours, PALETTE) if 2 * pairs * ENOUGH <= len(value) else ""
    return Picture(png, names, base64.b64encode(cells.tobytes()).decode("ascii") if png else "", share)
