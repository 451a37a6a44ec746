"""Maps: which labels are mixed up, which annotators agree; tables while they can be read, else one picture."""

import base64
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agreement.disputes import mixtures, pair_counts
from agreement.report._png import palette_png
from agreement.report.model import Cell, Heat, Link, Picture
from agreement.wording import DASH, Figure, count, decimal, percent

if TYPE_CHECKING:
    from agreement.report._layer import Context

CONFUSION_STEPS = (0.02, 0.05, 0.10, 0.20, 0.30)
AGREEMENT_STEPS = (0.90, 0.80, 0.70, 0.60, 0.50)
CLASSES_MOST = 16
TABLES_MOST_PAIRS = 10
TABLES_MOST_LABELS = 12
NO_ITEMS = 255


def confusion_heat(context: "Context") -> Heat | None:
    """Return the lower triangle of label pairs: units with both over units with either, confused ones side by side."""
    units = context.comparison.units
    if units is None or context.kind not in ("category", "ordinal") or len(units.labels) < 3:
        return None
    both, either = pair_counts(units, mixtures(units))
    if not both.any():
        return None
    share = both / np.maximum(either, 1)
    order = _side_by_side(share, both) if context.kind == "category" else np.arange(len(units.labels))
    order = order[np.diagonal(either)[order] >= 0][:CLASSES_MOST]
    rows: list[tuple[str, tuple[Cell | None, ...]]] = []
    for r in range(1, len(order)):
        cells: list[Cell | None] = []
        for c in range(r):
            first, second = int(order[c]), int(order[r])
            n, of = int(both[first, second]), int(either[first, second])
            if not n:
                cells.append(Cell(DASH, 0))
                continue
            names = units.labels[first], units.labels[second]
            said = " and ".join(context.word(name) for name in names)
            title = f"{said}: {percent(n / of)}%, {count(n)} of {count(of)} {context.unit}s"
            strength = 1 + int(np.searchsorted(CONFUSION_STEPS, n / of, side="right"))
            cells.append(Cell(percent(n / of), strength, title, context.pair_link(*names)))
        rows.append((context.word(units.labels[int(order[r])]), (*cells, *[None] * (len(order) - 1 - r))))
    return Heat(
        tuple(context.word(units.labels[int(c)]) for c in order[:-1]), tuple(rows), len(units.labels) - len(order)
    )


def _side_by_side(share: NDArray[np.float64], both: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels so that confused ones are neighbours: from the most confused, always the nearest next."""
    left = set(range(len(share)))
    now = int(np.argmax(share.max(axis=1) + both.max(axis=1) * 1e-9))
    order = [now]
    left.remove(now)
    while left:
        now = min(left, key=lambda label: (-share[now, label], -share[label].max(), label))
        order.append(now)
        left.remove(now)
    return np.array(order, dtype=np.int64)


def duo_matrix(context: "Context") -> Heat | None:
    """Return the annotators' map: F1 above the diagonal, kappa below; spans have F1 only."""
    f1, kappa = _duo_values(context)
    names = [name for name in context.audit.annotations.compared if any(name in key for key in (*f1, *kappa))]
    if len(names) < 3:
        return None
    least = context.audit.settings.measures.min_pair_items
    rows = []
    for r, row in enumerate(names):
        cells: list[Cell | None] = []
        for c, column in enumerate(names):
            if r == c:
                cells.append(Cell("·", 0, f"{row} with itself"))
                continue
            what, figure = ("F1", f1.get((row, column))) if c > r else ("κ", kappa.get((row, column)))
            cells.append(_duo_cell(context, row, column, what, figure, least))
        rows.append((row, tuple(cells)))
    return Heat(tuple(names), tuple(rows))


def _duo_values(
    context: "Context",
) -> tuple[dict[tuple[str, str], Figure], dict[tuple[str, str], Figure]]:
    """Return F1 and kappa by pair of annotators."""
    book = context.book
    if context.kind == "spans":
        return book.by_pair("span_f1.strict", "span"), {}
    kappa = book.by_pair("cohen_kappa", "item")
    if context.kind == "ordinal":
        kappa = book.by_pair("cohen_kappa.quadratic", "item") or kappa
    return book.by_pair("f1_macro", "item"), kappa


def _duo_cell(context: "Context", row: str, column: str, what: str, figure: Figure | None, least: int) -> Cell | None:
    """Return one cell of the annotators' map."""
    if figure is None:
        return None
    if figure.value is None:
        return Cell("—", 0, f"{row} with {column}: {figure.reason}")
    link = Link("#" + context.slugs("duo", context.name, row, column))
    few = figure.n < least
    title = f"{row} with {column}: {what} {figure.sentence}" + (f", under {least} shared items" if few else "")
    strength = 1 + sum(figure.value < step for step in AGREEMENT_STEPS)
    return Cell(decimal(figure.value), 0 if few else strength, title, link, few)


def duo_picture(context: "Context") -> Picture | None:
    """Return the map of many annotators as a picture, with its values for the keyboard read-out."""
    f1, kappa = _duo_values(context)
    values = f1 or kappa
    names = context.audit.annotations.compared
    place = {name: number for number, name in enumerate(names)}
    cells = np.full((len(names), len(names)), NO_ITEMS, dtype=np.uint8)
    colours = np.zeros_like(cells)
    least = context.audit.settings.measures.min_pair_items
    shown = 0
    for (row, column), figure in values.items():
        if figure.value is None or figure.n < least or row not in place or column not in place:
            continue
        shown += 1
        cells[place[row], place[column]] = round(max(figure.value, 0) * 250)
        colours[place[row], place[column]] = 1 + sum(figure.value < step for step in AGREEMENT_STEPS)
    total = len(names) * (len(names) - 1)
    share = Figure(shown / total if total else None, n=total // 2, unit="pair", share=True, hits=shown // 2)
    palette = ((240, 237, 230), (232, 240, 248), (201, 222, 241), (157, 196, 230), (106, 163, 214), (47, 119, 182),
               (11, 61, 110))  # fmt: skip
    png = palette_png(colours, palette) if share.value and share.value >= 0.05 else ""
    return Picture(png, tuple(names), base64.b64encode(cells.tobytes()).decode("ascii") if png else "", share)


def pair_tables(context: "Context") -> tuple[tuple[str, str, Heat], ...]:
    """Return the confusion table of each pair of annotators, rows the reference, while they are few and small."""
    tables = context.comparison.contingency
    if tables is None or len(tables.pairs) > TABLES_MOST_PAIRS or len(tables.labels) > TABLES_MOST_LABELS:
        return ()
    found = []
    labels = tuple(context.word(label) for label in tables.labels)
    for (reference, other), counts in zip(tables.pairs.tolist(), tables.counts, strict=True):
        if not counts.sum():
            continue
        off = counts - np.diag(np.diagonal(counts))
        worst = max(int(off.max()), 1)
        rows = []
        for r, label in enumerate(labels):
            cells = [
                Cell(count(int(n)) if n else DASH, 0 if r == c or not n else 1 + min(5, int(5 * n / worst)))
                for c, n in enumerate(counts[r])
            ]
            rows.append((label, tuple(cells)))
        found.append((tables.annotators[reference], tables.annotators[other], Heat(labels, tuple(rows))))
    return tuple(found)
