"""Maps of labels: which are mixed up by anybody, and by which pair of annotators."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.disputes import pair_counts
from agreement.report._context import Context
from agreement.report.model import Cell, Heat
from agreement.wording import DASH, count, percent
from agreement.wording.page import mixed_up

CONFUSION_STEPS = (0.02, 0.05, 0.10, 0.20, 0.30)
CLASSES_MOST = 16
TABLES_MOST_PAIRS = 10
TABLES_MOST_LABELS = 12


def confusion_heat(context: Context) -> Heat | None:
    """Return the lower triangle of label pairs, each with its share of confusion, confused ones side by side."""
    units, table = context.current, context.comparison.details.get("pair_confusion")
    if units is None or table is None or context.kind not in ("category", "ordinal") or len(units.labels) < 3:
        return None
    both, either = pair_counts(units, context.mixed)
    if not both.any():
        return None
    share = _shares(table, units.labels)
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
            confused = float(share[first, second])
            title = mixed_up(said, percent(confused), n, of, context.unit)
            strength = 1 + int(np.searchsorted(CONFUSION_STEPS, confused, side="right"))
            link = context.pair_link(*names, round=context.current_round)
            cells.append(Cell(percent(confused), strength, title, link))
        rows.append((context.word(units.labels[int(order[r])]), (*cells, *[None] * (len(order) - 1 - r))))
    return Heat(
        tuple(context.word(units.labels[int(c)]) for c in order[:-1]), tuple(rows), len(units.labels) - len(order)
    )


def _shares(table: pd.DataFrame, labels: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the share of confusion (K, K) of the pairs in *table*, 0 where two labels share no unit with any."""
    first, second = (pd.Index(labels, dtype=object).get_indexer(pd.Index(table[name])) for name in ("first", "second"))
    share = np.zeros((len(labels), len(labels)))
    share[first, second] = share[second, first] = table["value"].fillna(0.0)
    return share


def _side_by_side(share: NDArray[np.float64], both: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels so that confused ones are neighbours: from the most confused, always the nearest next."""
    highest = share.max(axis=1)
    now = int(np.argmax(highest + both.max(axis=1) * 1e-9))
    order, left = [now], np.delete(np.arange(len(share)), now)
    while len(left):
        nearest = np.flatnonzero(share[now, left] == share[now, left].max())
        place = nearest[np.argmax(highest[left[nearest]])]  # of several the first label
        now = int(left[place])
        order.append(now)
        left = np.delete(left, place)
    return np.array(order, dtype=np.int64)


def pair_tables(context: Context) -> tuple[tuple[str, str, Heat, str], ...]:
    """Return the confusion table of each pair of annotators, rows the reference, while they are few and small.

    With it goes the query of the items on which the two differ.
    """
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
        names = tables.annotators[reference], tables.annotators[other]
        for r, label in enumerate(labels):
            # the script makes links of them: written out, they would be half of the page
            cells = [
                Cell(count(int(n)) if n else DASH, 0 if r == c or not n else 1 + min(5, int(5 * n / worst)))
                for c, n in enumerate(counts[r])
            ]
            rows.append((label, tuple(cells)))
        found.append((*names, Heat(labels, tuple(rows)), context.duo_link(*names).query))
    return tuple(found)
