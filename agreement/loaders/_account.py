"""The account of how tables were read: layout, columns, and cells that a spreadsheet program may have changed."""

from collections.abc import Sequence

from agreement.annotations import Reading
from agreement.loaders._parts import GOLD, Part
from agreement.loaders._roles import where
from agreement.loaders._workbooks import some
from agreement.wording import reading as said


def count_hidden_rows(parts: Sequence[Part], reading: Reading) -> None:
    """Count hidden rows as read but not used."""
    hidden = sum(part.grid.hidden_rows for part in parts)
    reading.rows_read += hidden
    reading.aside(said.HIDDEN_ROW, hidden)


def describe_reading(parts: Sequence[Part], reading: Reading) -> None:
    """Fill in where the reading found what."""
    layouts = list(dict.fromkeys(part.shape.layout for part in parts))
    reading.layout = ", ".join(
        said.LAYOUTS.get(layout) or said.one_each(reading.annotator_from.removesuffix(said.NAMES) or said.FILE)
        for layout in layouts
    )
    people = [part for part in parts if part.annotator != GOLD] or list(parts)
    if not reading.annotator_from:
        grid, shape = people[0].grid, people[0].shape
        if shape.annotator is not None:
            reading.annotator_from = where(grid, shape.annotator)
        elif shape.layout == "single":
            reading.annotator_from = said.FILE + said.NAMES
        else:
            names = [grid.names[position] for position in shape.cells]
            reading.annotator_from = said.column_names(some(names)) if grid.has_header else said.BY_POSITION
    told: dict[str, str] = {"item": "", "annotator": reading.annotator_from, "label": ""}
    for part in (*people, *parts):
        for role, place in _columns_told(part).items():
            told[role] = told.get(role) or place
    reading.columns = {role: place for role, place in told.items() if place}


def _columns_told(part: Part) -> dict[str, str]:
    """Return where one grid keeps what."""
    grid, shape = part.grid, part.shape
    told = {
        "item": " + ".join(where(grid, position) for position in shape.item)
        or (said.COLUMN_NAMES if shape.layout == "transposed" else said.ROW_NUMBER),
        "label": ", ".join(where(grid, position) for position in shape.labels)
        or (said.CELLS if shape.layout != "one-hot" else said.COLUMN_NAMES),
        "gold": ", ".join(where(grid, position) for position in shape.gold),
    }
    if part.annotator == GOLD:
        told = {"gold": grid.source}
    about = {("document" if name == "cluster" else name): position for name, position in shape.about.items()}
    singles = {role: getattr(shape, role) for role in ("layer", "round", "time", "status", "model")} | about
    return told | {role: where(grid, position) for role, position in singles.items() if position is not None}


def _cells(addresses: Sequence[str]) -> str:
    """Return how many cells and the first of them."""
    return said.cells(len(addresses), some(addresses))


def dubious_cells(parts: Sequence[Part], reading: Reading) -> None:
    """Report cells of item and label columns whose text the spreadsheet program made: dates, formats, formulas."""
    for part in parts:
        grid, shape = part.grid, part.shape
        mine = {grid.letters[position] for position in (*shape.item, *shape.labels, *shape.cells, *shape.gold)}
        for column, cells in grid.dates.items():
            if column in mine:
                reading.warnings.append(said.dates(grid.source, _cells(cells)))
        for column, formats in grid.formats.items():
            for code, cells in formats.items() if column in mine and column not in grid.dates else ():
                reading.warnings.append(said.number_format(grid.source, _cells(cells), code))
        uncached = [cell for cell in grid.uncached if cell.rstrip("0123456789") in mine]
        if uncached:
            reading.warnings.append(said.no_computed_value(grid.source, _cells(uncached)))
