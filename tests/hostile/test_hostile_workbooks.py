"""Workbooks made to break their reader, of every kind and wherever a workbook is read."""

from pathlib import Path
from typing import NoReturn

import openpyxl
import pytest

from agreement.errors import InputError
from agreement.loaders import load
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
