"""Which row of a table is its header, if any."""

from collections.abc import Sequence

from agreement.loaders._grids import is_number
from agreement.loaders._vocabulary import is_known

SEARCHED = 30


def find_header(rows: Sequence[Sequence[str]]) -> tuple[int, bool]:
    """Return the position of the first row of the table among *rows* (notes may stand above), and if it is a header.

    Examples
    --------
    >>> find_header([["Export of 3 May"], [], ["id", "Ana", "Ben"], ["1", "yes", "no"], ["2", "no", "no"]])
    (2, True)
    >>> find_header([["w1", "i1", "yes"], ["w1", "i2", "no"], ["w2", "i1", "yes"]])
    (0, False)
    """
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    if sum(map(bool, filled)) == 1:
        return next(position for position, cells in enumerate(filled) if cells), True
    for position, row in enumerate(rows[:SEARCHED]):
        known = {cell.strip() for cell in row if cell.strip() and is_known(cell)}
        if len(known) >= 2 and not _numbers(row) and not _recur(known, rows[position + 1 :]):
            return position, True
    usual = sorted(filled)[len(filled) // 2] if filled else 0
    for position, row in enumerate(rows[:SEARCHED]):
        if filled[position] and filled[position] >= 0.6 * usual:
            return position, _is_header(row, rows[position + 1 :])
    return 0, False


def _recur(cells: set[str], body: Sequence[Sequence[str]]) -> bool:
    """Return whether more than half of *cells* also stand in *body*."""
    everything = {cell.strip() for row in body for cell in row}
    return len(cells & everything) > len(cells) / 2


def _numbers(row: Sequence[str]) -> bool:
    """Return whether most cells of *row* but the first are numbers; a header of item numbers still is one."""
    cells = [cell for cell in row[1:] if cell.strip()]
    return bool(cells) and not is_known(row[0]) and sum(map(is_number, cells)) > len(cells) / 2


def _counts(row: Sequence[str]) -> bool:
    """Return whether a row names what its first cell says and then counts items: ``annotator, 1, 2, 3``."""
    cells = [cell.strip() for cell in row[1:] if cell.strip()]
    if len(cells) < 3 or not is_known(row[0]) or not all(cell.isdecimal() and len(cell) < 10 for cell in cells):
        return False
    numbers = list(map(int, cells))
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _is_header(row: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Return whether *row* names the columns of *body*: its cells are names that do not recur below."""
    if _counts(row):
        return True
    cells = [(position, cell.strip()) for position, cell in enumerate(row) if cell.strip()]
    below = [{line[position].strip() for line in body if position < len(line)} for position, _ in cells]
    if any(is_known(cell) for _, cell in cells[:2]):
        return not any(cell in values for (_, cell), values in zip(cells, below, strict=True) if len(values) > 1)
    if not body or any(cell in values for (_, cell), values in zip(cells, below, strict=True)):
        return False
    everything = set().union(*below)
    return not any(is_number(cell) or cell in everything for _, cell in cells)
