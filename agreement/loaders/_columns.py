"""Delimited files and sheets of annotation tools as columns of text, each row with its line."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from agreement.errors import Problem
from agreement.loaders._base import Source
from agreement.loaders._workbooks import first_sheet
from agreement.settings import Settings

DELIMITERS = ("\t", ",", ";", "|")
SHEETS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
LONGEST_HEADER = 1 << 20
LONGEST_CELL = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text: columns by name, the line of each row, and the sheet it stands on, if any."""

    source: str
    columns: dict[str, list[str]]
    rows: list[int]
    sheet: str = ""

    def column(self, name: str | None) -> list[str]:
        """Return the cells of column *name*, blank ones if there is no such column."""
        return self.columns.get(name or "", [""] * len(self.rows))


def header(source: Source) -> list[str]:
    """Return the names in the first line of *source*, empty if it is no delimited file."""
    return next(iter(first_rows(source, 1)), [])


def first_rows(source: Source, count: int) -> list[list[str]]:
    """Return the cells of the first *count* lines of *source*, none if it is no delimited file."""
    if source.suffix in SHEETS:
        return []
    head = source.head
    if b"\x00" in head and head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return []
    text = _decoded(head, None, [], source.name)
    lines = text.lstrip().splitlines()[:count]
    if not lines or lines[0][:1] in ("{", "["):
        return []
    return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=_delimiter(lines[0]))]


def table(source: Source, settings: Settings, problems: list[Problem]) -> Table:
    """Return the table in *source*; rows with more cells than the header are added to *problems*."""
    if source.suffix in SHEETS:
        sheet, values = first_sheet(source)
        lines = [[_text(cell) for cell in row] for row in values]
        return _table(f"{source.name}[{sheet}]", lines, list(range(1, len(lines) + 1)), problems)
    text = _decoded(source.read(), settings.reading.encoding, problems, source.name)
    csv.field_size_limit(LONGEST_CELL)
    first_line = next(iter(text[:LONGEST_HEADER].lstrip().splitlines()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(first_line))
    lines, numbers, first = [], [], 1
    try:
        for cells in reader:
            lines.append(cells)
            numbers.append(first)
            first = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(f"{source.name}!{first}", f"can't be read: {error}.", "Export the table again."))
    return _table(source.name, lines, numbers, problems)


def lacks(cells: Table, names: Sequence[str], problems: list[Problem]) -> bool:
    """Return whether *cells* lack a column that their format always has, after adding a problem for it."""
    missing = [name for name in names if not any(column.startswith(name) for column in cells.columns)]
    if missing:
        problems.append(
            Problem(
                cells.source,
                f"has no column {' and no column '.join(map(repr, missing))}, which this format always has.",
                "Choose another format with --read-as, or leave it out.",
            )
        )
    return bool(missing)


def _table(source: str, lines: Sequence[list[str]], numbers: Sequence[int], problems: list[Problem]) -> Table:
    """Return the columns of *lines*, the first of which is the header."""
    filled = [(number, cells) for number, cells in zip(numbers, lines, strict=True) if any(map(str.strip, cells))]
    if not filled:
        return Table(source, {}, [])
    names = [name.strip() for name in filled[0][1]]
    for number, cells in filled[1:]:
        if len(cells) > len(names) and any(map(str.strip, cells[len(names) :])):
            problems.append(
                Problem(
                    f"{source}!{number}",
                    f"holds {len(cells)} cells where the header has {len(names)}.",
                    "Quote the cell that holds the delimiter.",
                )
            )
    padded = ([*cells, *[""] * (len(names) - len(cells))] for _, cells in filled[1:])
    columns = dict(zip(names, map(list, zip(*padded, strict=False)), strict=False))
    return Table(source, columns or {name: [] for name in names}, [number for number, _ in filled[1:]])


def _decoded(data: bytes, encoding: str | None, problems: list[Problem], name: str) -> str:
    """Return *data* as text: in the encoding asked for, by byte order mark, else UTF-8, else Windows-1252."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode(encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        if encoding:
            problems.append(Problem(name, f"is not {encoding} at byte {error.start}.", "Correct --encoding."))
        return data.decode("cp1252", errors="replace")
    except (LookupError, ValueError):
        problems.append(Problem("--encoding", f"{encoding!r} is unknown.", "Use a name such as utf-8 or cp1252."))
        return ""


def _delimiter(line: str) -> str:
    """Return the delimiter that splits the header into most cells."""
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([line], delimiter=mark), [])))


def _text(cell: object) -> str:
    """Return a cell of a sheet as text: integral numbers without a point."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else "" if cell is None else str(cell)
