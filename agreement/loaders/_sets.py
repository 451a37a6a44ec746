"""Which layers hold sets of labels, and what parts the labels in a cell."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from agreement.annotations import Reading
from agreement.loaders._cells import counted_cells, set_mark
from agreement.loaders._parts import Part
from agreement.loaders._roles import where
from agreement.settings import Settings
from agreement.wording import reading as said


def set_layers(parts: Sequence[Part], reading: Reading, settings: Settings) -> dict[str, str]:
    """Return what parts the labels in a cell of each layer whose answers are sets of labels; empty if that varies.

    A layer is one if the settings say so, or if the cells of any of its columns are written as lists of labels.
    """
    marks: dict[str, str] = {}
    for part in parts:
        for position, layer, cells in _columns(part):
            chosen = settings.layers[layer].kind if layer in settings.layers else None
            if chosen is not None and chosen != "labels":
                continue
            mark = "[" if _all_lists(part, position) else set_mark(cells)
            if chosen == "labels":
                marks.setdefault(layer, mark or "")
            if mark is None:
                continue
            if mark != "[" and layer not in marks:
                example = next(cell for cell in cells if mark in cell)
                reading.warnings.append(
                    said.read_as_sets(part.grid.source, where(part.grid, position), example[:60], mark, layer)
                )
            marks[layer] = mark if marks.get(layer, mark) in (mark, "") else ""
    return marks


def _all_lists(part: Part, position: int) -> bool:
    """Return whether a column held lists in JSON, and for one layer only."""
    return part.shape.layer is None and part.grid.names[position] in part.grid.lists


def _columns(part: Part) -> Iterator[tuple[int, str, Mapping[str, int]]]:
    """Yield each label column with a layer it holds, and the cells of that layer in it."""
    grid, shape = part.grid, part.shape
    if shape.layout in ("one-hot", "list"):
        return
    columns = shape.labels or {position: layer for position, (_, layer, _) in shape.cells.items()}
    for position, name in columns.items():
        if shape.layer is None:
            yield position, part.layer or name, counted_cells(grid, position)
            continue
        cells = grid.columns[shape.layer]
        names = np.array([str(layer).strip() for layer in cells.categories], dtype=object)
        for layer in dict.fromkeys(names[np.unique(cells.codes)]):
            yield position, layer, counted_cells(grid, position, (names == layer)[cells.codes])
