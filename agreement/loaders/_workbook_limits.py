"""What a workbook may unpack to: a few kilobytes can hold gigabytes of cells, and the reader aborts for lack of memory.

Sizes that an archive declares may lie, so that everything is unpacked here once, piece by piece, and thrown away. The
binary formats xls and xlsb are opened in a process of their own first, which may need a limited amount of memory.
"""

import importlib.util
import io
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from agreement.errors import InputError, Problem
from agreement.loaders._base import Source

MOST_BYTES = 1 << 28
MOST_RATIO = 200
MOST_CELLS, FEW_CELLS, CELLS_PER_BYTE = 30_000_000, 5_000_000, 20
MOST_TEXT = 1 << 30
TRIAL_BYTES, TRIAL_RATIO = 3 << 29, 60
PIECE = 1 << 20
LOCAL_HEADER = 30
FAR_CELL = re.compile(rb"""\sr\s*=\s*["'](?:[A-Za-z]{2,}\d|[A-Za-z]*\d{8})""")
PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)(\d+)["']""")
# "<" ends what a tag may hold, so that tags without an end don't make the search start over and over
ODS_ROW = re.compile(rb"<table:table-row([^<>]*[^</>])?>(.*?)</table:table-row>", re.DOTALL)
ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell([^<>]*)>")
SHARED_END = re.compile(rb"</(?:\w{1,20}:)?si>|<(?:\w{1,20}:)?si/>")
SHARED = re.compile(rb"""\st\s*=\s*["']s["'][^<>]*>\s*<(?:\w{1,20}:)?v[^<>]*>\s*(\d{1,9})\s*<""")
TRIAL = """
import io, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
from python_calamine import CalamineError, CalamineWorkbook
try:
    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python(skip_empty_area=False)
except CalamineError:
    pass  # the reader says what it is
"""
REPEATED = re.compile(rb"""repeated\s*=\s*["'](\d+)["']""")


def refuse_oversized(source: Source, data: bytes) -> None:
    """Refuse a zipped workbook that unpacks to more than memory should hold, or whose cells stand very far apart.

    Raises
    ------
    InputError
        If it does, or if the archive is damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _unpack(source, data, archive.infolist())
    except (zipfile.BadZipFile, zlib.error, struct.error, ValueError, NotImplementedError, OSError) as error:
        raise InputError([damaged(source, str(error))]) from None


def _unpack(source: Source, data: bytes, members: list[zipfile.ZipInfo]) -> None:
    """Unpack the *members* one after the other, and refuse them when they are too much."""
    limit = max(MOST_BYTES, MOST_RATIO * len(data))
    most_cells = min(MOST_CELLS, max(FEW_CELLS, CELLS_PER_BYTE * len(data)))
    unpacked, shared = 0, np.zeros(0, np.int64)
    sheets: list[tuple[int, zipfile.ZipInfo]] = []
    for info in members:
        name = info.filename.lower()
        is_sheet = name.endswith((".xml", ".bin"))
        kept = []
        for piece in _pieces(data, info):
            unpacked += len(piece)
            if unpacked > limit:
                raise InputError([_bomb(source, limit)])
            if is_sheet:
                kept.append(piece)
        content = b"".join(kept)
        if is_sheet and _cells(name, content) > most_cells:
            raise InputError([_sparse(source, info.filename, most_cells)])
        if name.endswith("sharedstrings.xml"):
            ends = np.array([found.end() for found in SHARED_END.finditer(content)], np.int64)
            shared = ends - np.append(0, ends[:-1])[: len(ends)]
        elif times := content.count(b'"s"') + content.count(b"'s'"):
            sheets.append((times, info))
    if int(shared.max(initial=0)) * sum(times for times, _ in sheets) > MOST_TEXT:
        # only now it is worth to look which texts the cells share
        shown = sum(_shared_text(b"".join(_pieces(data, info)), shared) for _, info in sheets)
        if shown > MOST_TEXT:
            raise InputError([_bomb(source, MOST_TEXT)])


def refuse_what_aborts(source: Source, data: bytes) -> None:
    """Refuse a workbook in a binary format whose reader would end this process for lack of memory.

    Raises
    ------
    InputError
        If reading takes more memory than a workbook of its size should, in a process of its own. Where a process can't
        be limited, on Windows, nothing is tried.
    """
    is_binary = data.startswith(b"\xd0\xcf\x11\xe0") or b"xl/workbook.bin" in data
    if not is_binary or not sys.executable or importlib.util.find_spec("resource") is None:
        return
    limit = TRIAL_BYTES + TRIAL_RATIO * len(data)
    trial = [sys.executable, "-I", "-c", TRIAL, str(limit)]
    outcome = subprocess.run(trial, input=data, capture_output=True, check=False)  # noqa: S603 - our own text
    if outcome.returncode < 0 or b"MemoryError" in outcome.stderr:
        raise InputError([_bomb(source, limit)])


def _shared_text(content: bytes, shared: NDArray[np.int64]) -> int:
    """Return the bytes of all shared texts that the cells of a sheet show."""
    shown = np.array(SHARED.findall(content), dtype="S9").astype(np.int64)
    return int(shared[shown[shown < len(shared)]].sum())


def damaged(source: Source, error: str) -> Problem:
    """Return what to say about a workbook, or an archive of files, that can't be opened."""
    found = " ".join(error.split())[:200].rstrip(".")
    if source.suffix == ".zip":
        return Problem(source.name, f"is no zip archive, or a damaged one ({found}).", "Zip the export again.")
    return Problem(source.name, f"is no workbook, or a damaged one ({found}).", "Open it and save it again as xlsx.")


def _pieces(data: bytes, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the content of a member of an archive in pieces, to its real end."""
    names, extra = struct.unpack("<HH", data[info.header_offset + 26 : info.header_offset + LOCAL_HEADER])
    start = info.header_offset + LOCAL_HEADER + names + extra
    packed = data[start : start + info.compress_size]
    if info.compress_type == zipfile.ZIP_STORED:
        yield packed
        return
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile(f"{info.filename} is packed in an unusual way")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while packed and not inflater.eof:
        yield inflater.decompress(packed, PIECE)
        packed = inflater.unconsumed_tail


def _cells(name: str, content: bytes) -> int:
    """Return how many cells the table from the first to the last cell of a sheet has, if it may be very many."""
    if name == "content.xml":
        return _ods_cells(content)
    if not name.startswith("xl/") or not FAR_CELL.search(content):
        return 0  # at most 26 columns
    columns, rows = 0, 0
    for letters, digits in PLACE.findall(content):
        column = 0
        for letter in letters.upper():
            column = column * 26 + letter - 64
        columns, rows = max(columns, column), max(rows, int(digits[:12]))
    return columns * rows


def _ods_cells(content: bytes) -> int:
    """Return how many cells the rows of an OpenDocument sheet have that hold anything, repeated ones included."""
    cells = 0
    for found in ODS_ROW.finditer(content, 0, content.rfind(b"</table:table-row>") + 18):
        row, body = found[1] or b"", found[2]
        if b"value" in body:
            here = sum(_times(cell) for cell in ODS_CELL.findall(body) if b"value" in cell)
            cells += here * _times(row)
    return cells


def _times(attributes: bytes) -> int:
    """Return how often a row or a cell is repeated."""
    found = REPEATED.search(attributes)
    return int(found[1][:12]) if found else 1


def _bomb(source: Source, limit: int) -> Problem:
    """Return what to say about a workbook that unpacks to too much."""
    return Problem(
        source.name,
        f"unpacks to more than {limit >> 20:,} MB: it is damaged, or made to exhaust memory.",
        "Save the sheets as CSV.",
    )


def _sparse(source: Source, member: str, most: int) -> Problem:
    """Return what to say about a sheet whose cells stand far apart."""
    return Problem(
        source.name,
        f"holds cells so far apart ({member}) that the table between them has more than {most:,} cells.",
        "Delete the stray cell far below or beside the table, or save the sheet as CSV.",
    )
