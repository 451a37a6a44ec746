"""CSV, TSV and their kin into grids: encoding, delimiter, header, and every ragged row by its number."""

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from agreement.annotations import Reading
from agreement.errors import InputError, Problem
from agreement.loaders._base import Source
from agreement.loaders._decoding import text_bytes
from agreement.loaders._grids import Grid, Interner, coded_column, column_of, letter, refuse_width
from agreement.loaders._headers import find_header
from agreement.loaders._plain_text import plain_cells
from agreement.settings import Settings
from agreement.wording import reading as said

SAMPLE_ROWS = 300
CHUNK_ROWS = 1_000_000
DELIMITERS = ",\t;|"
LISTED = 20


def read_text_table(source: Source, reading: Reading, settings: Settings) -> Grid:
    """Return the table in a text file.

    Raises
    ------
    InputError
        If the file is empty, is no text, or has rows that do not fit its header; lists every such row.
    """
    data = text_bytes(source, reading, settings.reading.encoding)
    delimiter = _delimiter(sample_text=data[: 1 << 18].decode("utf-8", "ignore"))
    rows = list(_records(data[: 1 << 20].decode("utf-8", "ignore"), delimiter, SAMPLE_ROWS))
    if not any(cell.strip() for row in rows for cell in row):
        raise InputError([Problem(source.name, "is empty.", "Export it again.")])
    refuse_width(source.name, max(map(len, rows)))
    first, has_header = find_header(rows)
    if settings.columns.header is not None:
        first, has_header = max(settings.columns.header - 1, 0), settings.columns.header > 0
        if first >= len(rows):
            raise InputError(
                [Problem("[columns] header", f"{source.name} has no row {first + 1}.", "Name the header's row.")]
            )
    if any(any(cell.strip() for cell in row) for row in rows[:first]):
        reading.warnings.append(said.starts_in_row(source.name, first + 1))
    skipped = first + 1 if has_header else first
    header = rows[first] if has_header else []
    columns, numbers = _cells(data, source.name, delimiter, skipped, header, reading)
    if columns and not len(numbers):
        raise InputError([Problem(source.name, "has a header but no rows.", "Export it with its labels.")])
    names = [cell.strip() for cell in header] + [""] * (len(columns) - len(header))
    return Grid(
        source.name,
        [name or f"column {letter(position)}" for position, name in enumerate(names)],
        columns,
        numbers,
        folder=source.folder,
        has_header=has_header,
        header_row=first + 1 if has_header else 0,
    )


def _records(text: str, delimiter: str, limit: int) -> Iterator[list[str]]:
    """Yield up to *limit* records of *text*."""
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, row in enumerate(reader):
            if number >= limit:
                return
            yield row
    except csv.Error:
        return


def _delimiter(sample_text: str) -> str:
    """Return the delimiter that splits the most records into one same number of cells, at least two."""
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = [len(row) for row in _records(sample_text, delimiter, SAMPLE_ROWS) if any(map(str.strip, row))]
        if len(widths) > 2 and len(sample_text) >= 1 << 18:
            widths.pop()  # the sample may end within its last record
        width, times = Counter(widths).most_common(1)[0] if widths else (1, 0)
        if width < 2:
            continue
        score = (times / len(widths), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _cells(
    data: bytes, name: str, delimiter: str, skipped: int, header: Sequence[str], reading: Reading
) -> "tuple[list[pd.Categorical], np.ndarray[tuple[int], np.dtype[np.int64]]]":
    """Return the columns below the header and their row numbers; ragged rows are found by an exact second pass."""
    columns = _plain(data, delimiter, skipped)
    if columns is None or (header and len(columns) != len(header)):
        columns = _quoted(data, name, delimiter, skipped, header, reading)
    count = len(columns[0]) if columns else 0
    numbers = np.arange(skipped + 1, skipped + 1 + count, dtype=np.int64)
    return columns, numbers


def _plain(data: bytes, delimiter: str, skipped: int) -> "list[pd.Categorical] | None":
    """Return the columns of text without quotes whose rows are all alike, None if it is not."""
    cells = plain_cells(data, delimiter, skipped)
    if cells is None:
        return None
    return [coded_column(names, codes) for names, codes in cells]


def _quoted(
    data: bytes, name: str, delimiter: str, skipped: int, header: Sequence[str], reading: Reading
) -> "list[pd.Categorical]":
    """Return the columns of any text that is a table, and refuse what is none."""
    try:
        columns = _fast(data, delimiter, skipped)
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        columns = None
    if columns is None or (header and len(columns) != len(header)) or _may_be_short(data, columns, delimiter):
        columns = _exact(data, name, delimiter, skipped, header, reading)
    if any("\n" in column.categories[column.codes[-1]] for column in columns if len(column)):
        _refuse_open_quote(data, name, delimiter)
    return columns


def _fast(data: bytes, delimiter: str, skipped: int) -> "list[pd.Categorical]":
    """Return the columns as pandas' C parser reads them, in parts so that text becomes codes early."""
    interners: list[Interner] = []
    parts = pd.read_csv(
        io.BytesIO(data), sep=delimiter, header=None, skiprows=skipped, dtype=object, keep_default_na=False,
        na_filter=False, skip_blank_lines=False, chunksize=CHUNK_ROWS, encoding="utf-8", engine="c",
    )  # fmt: skip
    with parts:
        for part in parts:
            interners = interners or [Interner() for _ in part.columns]
            for interner, column in zip(interners, part.columns, strict=True):
                interner.add(part[column].to_numpy())
    return [interner.finish() for interner in interners]


def _may_be_short(data: bytes, columns: "Sequence[pd.Categorical]", delimiter: str) -> bool:
    """Return whether some row may have fewer cells than the others: the parser fills them up without a word."""
    if len(columns) < 2 or (columns[-1].codes != 0).all():
        return False
    blank = np.logical_and.reduce([column.codes == 0 for column in columns])
    full_rows = len(columns[0]) - int(blank.sum())
    if b'"' not in data:
        return data.count(delimiter.encode()) < full_rows * (len(columns) - 1)
    return True


def _refuse_open_quote(data: bytes, name: str, delimiter: str) -> None:
    """Refuse a quote that is never closed: it would swallow all rows to the end of the file into one cell."""
    reader = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), delimiter=delimiter, strict=True)
    rows = 0
    try:
        for _ in reader:
            rows += 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise InputError(
                [Problem(f"{name}!{rows + 1}", "opens a quote that is never closed.", "Close or remove the quote.")]
            ) from None


def _exact(
    data: bytes, name: str, delimiter: str, skipped: int, header: Sequence[str], reading: Reading
) -> "list[pd.Categorical]":
    """Return the columns as the csv module reads them, refusing every row that does not fit."""
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), delimiter=delimiter)
    try:
        rows = list(reader)[skipped:]
    except csv.Error as error:
        raise InputError(
            [Problem(f"{name}, line {reader.line_num}", f"can't be read: {error}.", "Export the table again.")]
        ) from None
    widths = Counter(len(row) for row in rows if row)
    width = len(header) or (widths.most_common(1)[0][0] if widths else 0)
    ragged = []
    padded = 0
    for position, row in enumerate(rows):
        if len(row) == width:
            continue
        extra = row[width:]
        if not row or (len(row) == 1 and not row[0].strip()):
            rows[position] = [""] * width
        elif len(row) > width and not any(cell.strip() for cell in extra):
            rows[position] = row[:width]
            padded += 1
        else:
            ragged.append((skipped + position + 1, len(row)))
    reading.repaired(said.beyond_the_last(name), padded)
    if len(ragged) > max(LISTED, len(rows) / 2):
        raise InputError([_no_table(name, rows)])
    if ragged:
        raise InputError(_ragged(name, ragged, width, has_header=bool(header)))
    return [column_of([row[position] for row in rows]) for position in range(width)]


def _no_table(name: str, rows: Sequence[Sequence[str]]) -> Problem:
    """Return what to say about text most of whose rows do not fit each other."""
    widths = [len(row) for row in rows if row]
    return Problem(
        name,
        f"is no table: its rows have {min(widths)} to {max(widths)} cells, whatever delimiter is tried (comma, tab, "
        "semicolon, |).",
        "Export it as CSV with one row per line and cells that hold the delimiter in quotes.",
    )


def _ragged(name: str, ragged: Sequence[tuple[int, int]], width: int, *, has_header: bool) -> list[Problem]:
    """Return a problem for each of the first ragged rows, and one that counts the rest."""
    expected = f"where the {'header' if has_header else 'table'} has {width}"
    problems = [
        Problem(
            f"{name}!{row}",
            f"{cells} cell{'s' if cells != 1 else ''} {expected}.",
            "Quote the cell that holds the delimiter." if cells > width else "Add the missing cells.",
        )
        for row, cells in ragged[:LISTED]
    ]
    if len(ragged) > LISTED:
        problems.append(Problem(name, f"and {len(ragged) - LISTED} more rows like these."))
    return problems
