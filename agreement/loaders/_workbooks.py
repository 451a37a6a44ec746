"""Excel workbooks into grids: every sheet as text, and what a spreadsheet program hides from a table."""

import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import python_calamine

from agreement.annotations import Reading
from agreement.errors import InputError, Problem
from agreement.loaders._base import Source
from agreement.loaders._grids import Grid, column_of, letter
from agreement.loaders._headers import find_header
from agreement.loaders._sheet_facts import SheetFacts, sheet_facts
from agreement.loaders._workbook_limits import damaged, refuse_oversized, refuse_what_aborts
from agreement.settings import Settings
from agreement.wording import reading as said

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
SAMPLE_ROWS = 300
MOST_MERGED = 1_000_000
MERGED = "has merged cells that overlap again and again: it is damaged, or made to take for ever."
LISTED = 10
DATES = (dt.date, dt.time, dt.timedelta)


def is_workbook(source: Source) -> bool:
    """Return whether *source* is a spreadsheet file, by content or by name."""
    return source.suffix in SUFFIXES or source.head.startswith((OLE, b"PK\x03\x04"))


def read_workbook(source: Source, reading: Reading, settings: Settings) -> list[Grid]:
    """Return a grid for each sheet that is read; hidden sheets and rows are counted and named.

    Raises
    ------
    InputError
        If the file is protected by a password, damaged, or no workbook at all.
    """
    data = source.read()
    book = _opened(source, data)
    grids: list[Grid] = []
    hidden: list[str] = []
    facts = sheet_facts(data) if data[:2] == b"PK" else {}
    if not facts:
        reading.warnings.append(said.unchecked(source.name))
    for sheet in book.sheets_metadata:
        if sheet.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        grid = _sheet(source, book, sheet.name, facts.get(sheet.name, SheetFacts()), reading, settings)
        if sheet.visible != python_calamine.SheetVisibleEnum.Visible and not settings.reading.hidden:
            hidden.append(f"{sheet.name} ({len(grid) if grid else 0} rows)")
        elif grid:
            grids.append(grid)
        elif grid is not None:
            reading.warnings.append(said.no_row(grid.source))
    if hidden:
        reading.warnings.append(said.hidden_sheets(source.name, hidden))
    return grids


def first_sheet(source: Source) -> tuple[str, list[list[Any]]]:
    """Return the name and the cells of the first sheet of a workbook.

    Raises
    ------
    InputError
        If the file is protected by a password, damaged, or no workbook at all.
    """
    book = _opened(source, source.read())
    with _refusing_damage(source):
        return book.sheet_names[0], book.get_sheet_by_index(0).to_python(skip_empty_area=False)


def _opened(source: Source, data: bytes) -> python_calamine.CalamineWorkbook:
    """Return the workbook in *data*."""
    if not data:
        raise InputError([Problem(source.name, "is empty.", "Export it again.")])
    if data.startswith(b"PK"):
        refuse_oversized(source, data)
    if data.startswith(OLE) and (_utf16("EncryptedPackage") in data or _utf16("EncryptionInfo") in data):
        raise InputError([_locked(source)])
    refuse_what_aborts(source, data)
    with _refusing_damage(source):
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))


@contextmanager
def _refusing_damage(source: Source, sheet: str = "") -> Iterator[None]:
    """Refuse a workbook in which the reader of cells stumbles."""
    where = f"sheet {sheet!r}: " if sheet else ""
    try:
        yield
    except python_calamine.PasswordError:
        raise InputError([_locked(source)]) from None
    except (python_calamine.CalamineError, OSError, IndexError) as error:
        raise InputError([damaged(source, f"{where}{error}")]) from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of the reader's Rust; it has no other base
            raise InputError([damaged(source, f"{where}{error}")]) from None
        raise


def _utf16(text: str) -> bytes:
    """Return *text* as the directory of an OLE file spells it."""
    return text.encode("utf-16-le")


def _locked(source: Source) -> Problem:
    """Return what to say about a workbook with a password."""
    return Problem(source.name, "is protected by a password.", "Save it without a password (File, Info, Protect).")


def _sheet(
    source: Source,
    book: python_calamine.CalamineWorkbook,
    sheet: str,
    facts: SheetFacts,
    reading: Reading,
    settings: Settings,
) -> Grid | None:
    """Return the grid of one sheet, None if the sheet is blank."""
    with _refusing_damage(source, sheet):
        table = book.get_sheet_by_name(sheet)
        raw: list[list[Any]] = table.to_python(skip_empty_area=False)
        merged = table.merged_cell_ranges or ()
    while raw and not any(_filled(cell) for cell in raw[-1]):
        raw.pop()
    if not raw:
        return None
    name = f"{source.name}[{sheet}]"
    head = [[_text(cell) for cell in row] for row in raw[:SAMPLE_ROWS]]
    first, has_header = find_header(head)
    if settings.columns.header is not None:
        first, has_header = max(settings.columns.header - 1, 0), settings.columns.header > 0
        if first >= len(raw):
            return None
    if any(cell.strip() for row in head[:first] for cell in row):
        reading.warnings.append(said.starts_in_row(name, first + 1))
    start = first + 1 if has_header else first
    _fill_merged(raw, merged, start, name, reading)
    body = raw[start:]
    header = head[first] if has_header else [""] * len(raw[first])
    cells = list(zip(*body, strict=True))
    kinds = [set(map(type, column)) for column in cells]
    columns = [
        column_of(column if kind == {str} else [_text(cell) for cell in column])
        for column, kind in zip(cells, kinds, strict=True)
    ]
    grid = Grid(
        source.name,
        [cell.strip() or f"column {letter(position)}" for position, cell in enumerate(header)],
        columns or [column_of([]) for _ in header],
        np.arange(start + 1, len(raw) + 1, dtype=np.int64),
        sheet=sheet,
        folder=source.folder,
        has_header=has_header,
        header_row=first + 1 if has_header else 0,
    )
    grid.dates = {
        letter(position): _cells_that(body, position, _is_date, start)
        for position, kind in enumerate(kinds)
        if any(issubclass(one, DATES) for one in kind)
    }
    grid.formats, grid.uncached = facts.formats, facts.uncached
    if facts.hidden_columns:
        reading.warnings.append(said.hidden_columns(name, facts.hidden_columns))
    hidden_rows = np.isin(grid.rows, np.array(sorted(facts.hidden_rows), dtype=np.int64))
    if hidden_rows.any() and not settings.reading.hidden:
        reading.warnings.append(said.hidden_rows(name, int(hidden_rows.sum()), some(grid.rows[hidden_rows].tolist())))
        grid.hidden_rows = int(hidden_rows.sum())
        grid.keep(~hidden_rows)
    return grid


def some(values: Sequence[Any]) -> str:
    """Return the first *values* in words and how many more there are.

    Examples
    --------
    >>> some([3, 4]), some(list(range(12)))
    ('3, 4', '0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more')
    """
    return said.first_of([str(value) for value in values[:LISTED]], len(values) - LISTED)


def _filled(cell: object) -> bool:
    """Return whether a cell holds anything."""
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _text(cell: object) -> str:
    """Return a cell as text: integral numbers without ``.0``, others at the shortest, TRUE and FALSE, ISO dates.

    Examples
    --------
    >>> [_text(cell) for cell in (3.0, 0.1, True, "007", dt.date(2024, 5, 1))]
    ['3', '0.1', 'TRUE', '007', '2024-05-01']
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, (dt.date, dt.time)):
        text = cell.isoformat()
        return text.removesuffix("T00:00:00")
    return "" if cell is None else str(cell)


def _is_date(cell: object) -> bool:
    """Return whether the spreadsheet holds a date or a time here."""
    return isinstance(cell, DATES)


def _cells_that(body: Sequence[Sequence[Any]], position: int, test: Callable[[object], bool], start: int) -> list[str]:
    """Return the addresses of the cells of one column that pass *test*."""
    return [f"{letter(position)}{start + number}" for number, row in enumerate(body, 1) if test(row[position])]


def _fill_merged(
    raw: list[list[Any]], ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]], start: int, name: str,
    reading: Reading,
) -> None:  # fmt: skip
    """Write the value of each merged range below the header into all its cells, and count them."""
    filled, looked_at = 0, 0
    for (top, left), (bottom, right) in ranges:
        if top < start or top >= len(raw) or left >= len(raw[top]) or not _filled(raw[top][left]):
            continue
        looked_at += (min(bottom + 1, len(raw)) - top) * (min(right + 1, len(raw[top])) - left)
        if looked_at > MOST_MERGED + len(raw) * len(raw[0]):  # ranges of one sheet don't overlap
            raise InputError([Problem(name, MERGED, "Unmerge the cells, or save the sheet as CSV.")])
        for row in raw[top : bottom + 1]:
            for position in range(left, min(right + 1, len(row))):
                if not _filled(row[position]):
                    row[position] = raw[top][left]
                    filled += 1
    reading.repaired(said.merged(name), filled)
