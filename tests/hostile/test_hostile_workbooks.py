"""Workbooks made to break their reader, of every kind and wherever a workbook is read."""

import gzip
import time
import zipfile
from pathlib import Path
from typing import NoReturn

import openpyxl
import pytest

from agreement.errors import InputError
from agreement.loaders import _sheet_facts, _workbook_limits, load
from agreement.loaders._guidelines import guidelines_from_markdown
from agreement.settings import Settings

ROWS = [["item", "annotator", "label"], *([str(item), who, "xy"[item % 2]] for item in range(4) for who in "ab")]


def refusal(path: Path, **options: dict[str, object]) -> str:
    """Return what the loader says about *path*."""
    with pytest.raises(InputError) as caught:
        load(path, Settings.from_mapping(options))
    return str(caught.value)


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A workbook that can be read."""
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.save(tmp_path / "labels.xlsx")
    return tmp_path / "labels.xlsx"


@pytest.mark.parametrize("format_", [None, "toloka", "mturk", "crowdflower"])
def test_what_is_no_workbook_is_refused_by_every_format(tmp_path: Path, format_: str | None) -> None:
    (tmp_path / "labels.xlsx").write_bytes(b"item,label")
    assert "is no workbook, or a damaged one" in refusal(tmp_path / "labels.xlsx", reading={"format": format_})


def test_a_workbook_packed_in_another_way_is_refused(workbook: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(workbook) as plain, zipfile.ZipFile(other, "w", zipfile.ZIP_BZIP2) as packed:
        for name in plain.namelist():
            packed.writestr(name, plain.read(name))
    assert "packed in an unusual way" in refusal(other)


class PanicException(BaseException):
    """What a failed assertion in Rust becomes."""


@pytest.mark.parametrize("format_", [None, "toloka"])
def test_a_panic_of_the_reader_is_a_refusal(
    workbook: Path, monkeypatch: pytest.MonkeyPatch, format_: str | None
) -> None:
    def panic(_: object) -> NoReturn:
        raise PanicException("index out of bounds")

    monkeypatch.setattr("python_calamine.CalamineWorkbook.from_filelike", panic)
    assert "damaged one (index out of bounds)" in refusal(workbook, reading={"format": format_})


SHEET = "xl/worksheets/sheet1.xml"


def changed(path: Path, before: bytes, after: bytes, texts: bytes = b"") -> Path:
    """Write *after* for *before* in the sheet of a workbook, and add *texts* that its cells may share."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents[SHEET] = contents[SHEET].replace(before, after)
    contents["xl/sharedStrings.xml"] = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    contents["xl/sharedStrings.xml"] += texts + b"</sst>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("times", [1, 500])
def test_a_long_text_in_many_cells_is_refused(workbook: Path, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    monkeypatch.setattr("agreement.loaders._workbook_limits.MOST_TEXT", 1 << 20)
    rows = b"".join(b'<row r="%d"><c r="D%d" t="s"><v>1</v></c></row>' % (at, at) for at in range(20, 20 + times))
    rows += b"".join(b'<row r="%d"><c r="D%d" t="s"><v>0</v></c></row>' % (at, at) for at in range(600, 800))
    texts = b"<si><t>x</t></si><si><t>" + b"A" * 10_000 + b"</t></si>"
    path = changed(workbook, b"</sheetData>", rows + b"</sheetData>", texts)
    if times == 1:
        assert load(path).reading.rows_read > 8
    else:
        assert "unpacks to more than 1 MB" in refusal(path)


def test_merged_ranges_that_overlap_without_end_are_refused(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agreement.loaders._workbooks.MOST_MERGED", 1000)
    ranges = b"<mergeCells>" + b'<mergeCell ref="A2:C9"/>' * 1000 + b"</mergeCells>"
    path = changed(workbook, b"</sheetData>", b"</sheetData>" + ranges)
    assert "merged cells that overlap again and again" in refusal(path)


def test_cells_far_apart_in_an_xls_do_not_end_the_process(tmp_path: Path) -> None:
    """The cell in its last row was moved to the last column that the format has a number for."""
    packed = (Path(__file__).parent / "far_apart.xls.gz").read_bytes()
    (tmp_path / "far.xls").write_bytes(gzip.decompress(packed))
    assert "made to exhaust memory" in refusal(tmp_path / "far.xls")


CALLS = {
    "cell": (b"<f>" + b'<c r="A1">', _sheet_facts._facts, {}),
    "cells": (b"<f><c <c ", _sheet_facts._facts, {}),
    "row": (b" hidden= <row ", _sheet_facts._facts, {}),
    "column": (b" hidden= <col ", _sheet_facts._facts, {}),
}


@pytest.mark.parametrize("name", CALLS)
def test_tags_without_an_end_are_not_searched_again_and_again(name: str) -> None:
    text, search, formats = CALLS[name]
    began = time.process_time()
    search(text * 50_000 + b"sheetData", formats)
    _sheet_facts.SHORT_TEXT.findall(b"<t " * 50_000)
    _workbook_limits._ods_cells(b"<table:table-row>" * 50_000)
    assert time.process_time() - began < 5  # minutes, if each tag is searched to the end


@pytest.mark.parametrize("line", ["# " + " " * 20_000 + "a", "# a" + " #" * 20_000 + "b", "label" + "*" * 20_000 + " "])
def test_a_line_of_a_guideline_takes_time_that_grows_with_it(line: str) -> None:
    began = time.process_time()
    guidelines_from_markdown(f"{line}\nb", "guide.md")
    assert time.process_time() - began < 5
