"""Cells that hold what they were given: text is never run, never crashes the writer, never vanishes unnoticed."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

from agreement.errors import OutputError
from agreement.wording import outputs as words

EXCEL_ROWS = 1_048_576
EXCEL_COLUMNS = 16_384
EXCEL_CHARACTERS = 32_767
RUNNABLE = ("=", "+", "-", "@", "\t", "\r")
PLAIN_WIDTH, WIDEST_WRAP = 14, 40
LINE_HEIGHT, MOST_LINES = 14.5, 12  # points a line; a longer text is cut by the cell, not by the file
DECIMALS, WHOLE = "0.000", "#,##0"
REPLACED = "\N{REPLACEMENT CHARACTER}"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class SteadyZip(ZipFile):
    """A zip archive whose members all carry one fixed time, so that equal content gives equal bytes."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401 - as ZipFile
        """Add a member with *data*."""
        name = zinfo_or_arcname.filename if isinstance(zinfo_or_arcname, ZipInfo) else zinfo_or_arcname
        super().writestr(_member(name), data)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:  # noqa: ANN401 - as ZipFile
        """Add the file *filename* under *arcname*."""
        with Path(filename).open("rb") as source, self.open(_member(str(arcname or filename)), "w") as target:
            shutil.copyfileobj(source, target)


@contextmanager
def room_for_sheets(book: Workbook, path: Path) -> Iterator[None]:
    """Say where room is lacking for *book* at *path*: each sheet is first written to the folder for temporary files.

    Raises
    ------
    OutputError
        If a sheet can't be written there.
    """
    try:
        yield
    except Exception as error:
        for sheet in book.worksheets:
            if writer := getattr(sheet, "_writer", None):
                with suppress(Exception):
                    writer.xf.close()
                with suppress(OSError):
                    writer.cleanup()
        # of lxml, which writes the sheets where it is installed
        if isinstance(error, OSError) or type(error).__name__ == "SerialisationError":
            raise OutputError(words.no_room_for_sheets(str(path), gettempdir())) from error
        raise


def _member(name: str) -> ZipInfo:
    """Return what the archive says about a member."""
    info = ZipInfo(name, ZIP_TIME)
    info.compress_type = ZIP_DEFLATED
    return info


def _lines(value: object, width: int) -> int:
    """Return about how many lines *value* takes in a column of *width* characters."""
    if not isinstance(value, str):
        return 1
    return sum(max(-(-len(line) // width), 1) for line in value[: width * MOST_LINES].split("\n"))


class Cells:
    """Writes frames to the sheets of a write-only workbook and counts what Excel can't hold.

    Parameters
    ----------
    book
        The workbook.
    """

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.cut: dict[str, int] = {}
        self.cleaned: dict[str, int] = {}
        self.rows_left: dict[str, int] = {}

    def remarks(self) -> Iterator[tuple[str, str]]:
        """Yield what had to be changed or left out, per sheet."""
        for sheet, cells in self.cut.items():
            yield words.CUT_IN + sheet, words.cut_cells(cells, EXCEL_CHARACTERS)
        for sheet, cells in self.cleaned.items():
            yield words.CHANGED_IN + sheet, words.cleaned_cells(cells, REPLACED)
        for sheet, rows in self.rows_left.items():
            yield words.LEFT_OUT_OF + sheet, words.rows_left(rows)

    def write(
        self, name: str, frame: pd.DataFrame, widths: Mapping[str, int], validations: Sequence[DataValidation] = ()
    ) -> None:
        """Add the sheet *name* with the content of *frame*."""
        sheet = self.book.create_sheet(name)
        for validation in validations:
            sheet.data_validations.append(validation)
        self.fill(sheet, frame, widths)

    def fill(self, sheet: WriteOnlyWorksheet, frame: pd.DataFrame, widths: Mapping[str, int]) -> None:
        """Write *frame* to *sheet*: header frozen and bold, columns as wide as their content needs."""
        frame = frame.iloc[:, :EXCEL_COLUMNS]
        names = [str(name) for name in frame]
        sheet.freeze_panes = "A2"
        # on paper: across, as wide as the sheet, with the header on every page
        sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_title_rows = "1:1"
        for number, name in enumerate(names, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = widths.get(name, PLAIN_WIDTH)
        sheet.append([self._header(sheet, name) for name in names])
        wraps = [widths.get(name, PLAIN_WIDTH) >= WIDEST_WRAP for name in names]
        if len(frame) > EXCEL_ROWS - 1:
            self.rows_left[sheet.title] = len(frame) - EXCEL_ROWS + 1
        wrapped = [(at, widths[name]) for at, (name, wrap) in enumerate(zip(names, wraps, strict=True)) if wrap]
        for number, row in enumerate(islice(frame.itertuples(index=False, name=None), EXCEL_ROWS - 1), start=2):
            lines = max((_lines(row[at], width) for at, width in wrapped), default=1)
            if lines > 1:  # not every program finds the height of wrapped text by itself
                sheet.row_dimensions[number].height = LINE_HEIGHT * min(lines, MOST_LINES)
            cells = [self._cell(sheet, value, wrap=wrap) for value, wrap in zip(row, wraps, strict=True)]
            if lines > 1:
                for cell in filter(None, cells):
                    cell.alignment = Alignment(vertical="top", wrap_text=cell.alignment.wrap_text)
            sheet.append(cells)

    def _header(self, sheet: WriteOnlyWorksheet, name: str) -> Cell:
        """Return a cell of the header."""
        cell = self._text(sheet, name)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        return cell

    def _cell(self, sheet: WriteOnlyWorksheet, value: object, *, wrap: bool) -> Cell | None:
        """Return one cell: text as text, numbers as numbers, nothing for nothing."""
        if isinstance(value, str):
            if not value:
                return None
            cell = self._text(sheet, value)
            if wrap:
                cell.alignment = Alignment(vertical="top", wrap_text=True)
            return cell
        if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN
            return None
        cell = WriteOnlyCell(sheet, value=value)
        if not isinstance(value, bool):
            cell.number_format = DECIMALS if isinstance(value, float) else WHOLE
        return cell

    def _text(self, sheet: WriteOnlyWorksheet, text: str) -> Cell:
        """Return a cell that holds *text* and nothing but text, even if it looks like a formula or an error."""
        clean = ILLEGAL_CHARACTERS_RE.sub(REPLACED, text)
        clean = clean.encode("utf-8", errors="replace").decode()
        if clean != text:
            self.cleaned[sheet.title] = self.cleaned.get(sheet.title, 0) + 1
        if len(clean) > EXCEL_CHARACTERS:
            self.cut[sheet.title] = self.cut.get(sheet.title, 0) + 1
            clean = clean[: EXCEL_CHARACTERS - 1] + "…"
        cell = WriteOnlyCell(sheet, value=clean)
        cell.data_type = "s"  # openpyxl takes "=1" for a formula and "#N/A" for an error
        if clean.startswith(RUNNABLE):
            cell.quotePrefix = True
        return cell
