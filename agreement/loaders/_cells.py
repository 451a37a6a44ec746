"""What the cells of a column look like: labels, ids, lists, ticks, running text."""

import ast
import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import orjson

from agreement.loaders._grids import Grid, is_number

MAX_LABELS = 30
JOINED_BY = 8  # columns of a group that another one is compared with
LISTING = 0.1
WHOLE = re.compile(r"\s*-?[0-9]{1,9}\s*")
LONGEST_PART = 60
TICKS = (
    frozenset({"0", "1"}), frozenset({"x", ""}), frozenset({"true", "false"}), frozenset({"1", ""}),
    frozenset({"true", ""}), frozenset({"yes", ""}),
)  # fmt: skip


def is_label_like(grid: Grid, position: int) -> bool:
    """Return whether a column may hold labels: short texts that recur."""
    distinct = grid.distinct(position)
    if not distinct or distinct > max(MAX_LABELS, grid.filled(position) // 5):
        return not distinct
    return _typical_length(grid.used(position)) <= 60


def is_free_text(grid: Grid, position: int) -> bool:
    """Return whether a column holds running text: long cells, nearly all different."""
    filled = grid.filled(position)
    if filled < 10 or grid.distinct(position) < 0.5 * filled:
        return False
    cells = grid.used(position)
    return _typical_length(cells) > 25 and sum(" " in cell.strip() for cell in cells) > len(cells) / 2


def _typical_length(cells: Sequence[str]) -> int:
    """Return the median length of *cells*."""
    return sorted(map(len, cells))[len(cells) // 2]


def is_counter(grid: Grid, position: int) -> bool:
    """Return whether a column just counts its rows."""
    if grid.distinct(position) < 3 or grid.distinct(position) != len(grid):
        return False
    cells = [cell.strip() for cell in grid.used(position)]
    if not all(map(str.isdecimal, cells)):
        return False
    numbers = sorted(map(int, cells))
    return numbers[-1] - numbers[0] == len(numbers) - 1


def is_binary(grid: Grid, position: int) -> bool:
    """Return whether a column holds ticks: one of two cells, both of which occur."""
    if grid.distinct(position) > 4:
        return False
    cells = {name.strip().casefold() for name in grid.used(position)}
    if grid.blank(position).any():
        cells.add("")
    return cells in TICKS


def ticked(grid: Grid, position: int) -> npt.NDArray[np.bool_]:
    """Return (R,) where a column of ticks is ticked."""
    cells = grid.columns[position]
    yes = np.array([str(name).strip().casefold() in ("1", "x", "true", "yes", "y") for name in cells.categories])
    return yes.take(cells.codes)


def whole_numbers(grid: Grid, position: int) -> npt.NDArray[np.int64] | None:
    """Return (R,) the whole numbers in a column, None if any cell is something else."""
    if grid.blank(position).any() or not all(WHOLE.fullmatch(cell) for cell in grid.used(position)):
        return None
    cells = grid.columns[position]
    values = np.array([int(name.strip()) if WHOLE.fullmatch(name) else 0 for name in cells.categories], dtype=np.int64)
    return values.take(cells.codes)


def same_question(grid: Grid, one: int, other: int) -> bool:
    """Return whether at least half of the filled cells of column *one* hold a value that column *other* knows."""
    known = {cell.strip() for cell in grid.used(other)}
    counts = grid.counts(one)
    present = np.flatnonzero(counts[1:]) + 1
    names = grid.columns[one].categories.take(present)
    shared = np.array([name.strip() in known for name in names], dtype=bool)
    return len(present) > 0 and int(counts[present][shared].sum()) >= 0.5 * int(counts[1:].sum())


def joins(grid: Grid, one: int, group: Sequence[int]) -> bool:
    """Return whether column *one* answers the question that the columns of *group* answer, by the values they share.

    Numbers say little: years and ratings may share some by chance, so there the values must be shared both ways.
    """
    for other in group[:JOINED_BY]:
        there, back = same_question(grid, one, other), same_question(grid, other, one)
        if there and back:
            return True
        if (there or back) and not all(map(is_number, [*grid.used(one), *grid.used(other)])):
            return True
    return False


def pairs_unique_share(grid: Grid, positions: Sequence[int]) -> float:
    """Return how many different combinations the columns hold, as a share of the rows."""
    if not len(grid):
        return 1.0
    key = np.zeros(len(grid), dtype=np.int64)
    for position in positions:
        cells = grid.columns[position]
        key = key * (len(cells.categories) + 1) + cells.codes
        if len(positions) > 2:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
    return len(np.unique(key)) / len(grid)


LISTED = re.compile(r"\s*\[.*\]\s*", re.DOTALL)


def split_cell(text: str) -> list[str]:
    """Return the elements of a cell that lists several: JSON or Python notation, else parted by ``,`` ``;`` or ``|``.

    Examples
    --------
    >>> split_cell("['a', 'b']"), split_cell("0,0,1"), split_cell("a|b"), split_cell("a")
    (['a', 'b'], ['0', '0', '1'], ['a', 'b'], ['a'])
    """
    if not text.strip():
        return []
    if LISTED.fullmatch(text):
        for parse in (orjson.loads, ast.literal_eval):
            try:
                found = parse(text)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
            if isinstance(found, list) and not any(isinstance(one, (list, dict)) for one in found):
                return [plain(one) for one in found]
    delimiter = next((one for one in ("|", ";", ",") if one in text), None)
    return [part.strip() for part in text.split(delimiter)] if delimiter else [text.strip()]


def set_mark(cells: Mapping[str, int]) -> str | None:
    """Return what parts the labels that *cells* (to how often) list: ``[`` for written lists, a mark, None for none.

    A ``;`` or ``|`` parts labels if the parts recur. A comma may belong to a label, so that each part must also
    stand alone.

    Examples
    --------
    >>> set_mark({"a;b": 3, "a": 5, "b": 2}), set_mark({"Yes, fully": 4, "Yes, partly": 2, "No": 3})
    (';', None)
    >>> set_mark({"a, b": 3, "a": 5, "b": 2}), set_mark({"['a']": 2, "['a', 'b']": 1}), set_mark({"1,5": 2, "1": 1})
    (',', '[', None)
    """
    names = [name.strip() for name in cells if name.strip()]
    total = sum(times for name, times in cells.items() if name.strip())
    if names and all(name[0] == "[" and name[-1] == "]" for name in names[:200]):
        return "["
    for mark in "|;,":
        listing = [name for name in names if mark in name]
        if not listing or sum(times for name, times in cells.items() if mark in name) < LISTING * total:
            continue
        split = [[part.strip() for part in name.split(mark)] for name in names]
        parts = dict.fromkeys(part for one in split for part in one)
        short = all(0 < len(part) <= LONGEST_PART for part in parts) and len(parts) <= len(names)
        alone = {one[0] for one in split if len(one) == 1}
        if short and (mark != "," or (set(parts) <= alone and not all(map(is_number, parts)))):
            return mark
    return None


def counted_cells(grid: Grid, position: int, rows: npt.NDArray[np.bool_] | None = None) -> dict[str, int]:
    """Return the different cells of a column that are not blank with how often they occur in *rows*."""
    cells = grid.columns[position]
    counts = grid.counts(position) if rows is None else np.bincount(cells.codes[rows], minlength=len(cells.categories))
    counts[0] = 0
    present = np.flatnonzero(counts)
    return dict(zip(cells.categories.take(present), counts[present].tolist(), strict=True))


def plain(value: object) -> str:
    """Return a JSON scalar as text: strings as they are, whole numbers without ``.0``, null as blank."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)


def cell_lists(grid: Grid, position: int, mark: str | None = None) -> list[list[str]]:
    """Return the elements of each cell of a column, parted by *mark* if it is known."""
    cells = grid.columns[position]
    if mark is None or mark == "[":
        split = [split_cell(text) for text in cells.categories]
    else:
        split = [list(filter(None, map(str.strip, text.split(mark)))) for text in cells.categories]
    return [split[code] for code in cells.codes]


def set_cells(grid: Grid, position: int) -> bool:
    """Return whether most cells of a column list several values each, or are written as lists."""
    if grid.names[position] in grid.lists:
        return True
    counts = grid.counts(position)
    counts[0] = 0
    order = np.argsort(-counts, kind="stable")[:200]
    listed = np.array([_is_listed(name) for name in grid.columns[position].categories.take(order)], dtype=bool)
    total = int(counts[order].sum())
    return total > 0 and int(counts[order][listed].sum()) > 0.5 * total


def _is_listed(cell: str) -> bool:
    """Return whether one cell is a list, in brackets or by its delimiters, and no running text."""
    if LISTED.fullmatch(cell):
        return True
    return len(cell) < 2000 and ". " not in cell and len(split_cell(cell)) > 1
