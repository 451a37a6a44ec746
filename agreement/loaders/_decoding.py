"""Text files in any encoding as UTF-8, and what is no text at all."""

import codecs

from agreement.annotations import Reading
from agreement.errors import InputError, Problem
from agreement.loaders._base import Source
from agreement.wording import reading as said

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
PIECE = 1 << 24


def text_bytes(source: Source, reading: Reading, asked: str | None) -> bytes:
    """Return the content of *source* as UTF-8 without a byte order mark.

    Raises
    ------
    InputError
        If the file is empty, is no text, or is not in the encoding *asked* for.
    """
    data = source.read()
    if not data or data.isspace():
        raise InputError([Problem(source.name, "is empty.", "Export it again.")])
    encoding = asked or next((name for bom, name in BOMS if data.startswith(bom)), None)
    if encoding is None and b"\0" in data[:4096]:
        encoding = _without_mark(data[:4096])
    if encoding:
        data = _recoded(data, source, encoding)
    if b"\0" in data:
        raise InputError([_nul(data, source)])
    if encoding or data.isascii() or _is_utf8(data):
        return data
    if _binary_share(data[:65_536]) > 0.05:
        raise InputError([Problem(source.name, "is no text and no spreadsheet.", "Name CSV, TSV, xlsx or JSON files.")])
    try:
        text, name = data.decode("cp1252"), "Windows-1252 (Latin-1)"
    except UnicodeDecodeError:
        text, name = data.decode("latin-1"), "Latin-1"
    reading.warnings.append(said.guessed_encoding(source.name, name))
    return text.encode()


def _recoded(data: bytes, source: Source, encoding: str) -> bytes:
    """Return *data* as UTF-8."""
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode("utf-8", "replace")
    except (LookupError, ValueError) as error:
        raise InputError(
            [Problem(source.name, f"can't be read as {encoding}: {error}.", "Pass the right --encoding.")]
        ) from None


def _nul(data: bytes, source: Source) -> Problem:
    """Return what to say about NUL bytes, with the line of the first."""
    line = data.count(b"\n", 0, data.index(b"\0")) + 1
    return Problem(
        f"{source.name}, line {line}",
        "holds NUL bytes, which no text table does: it is no spreadsheet, or a damaged one.",
        "Export it again as CSV (UTF-8) or xlsx.",
    )


def _is_utf8(data: bytes) -> bool:
    """Return whether *data* is UTF-8, decoding piece by piece so that a large file is not held twice."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), PIECE):
            decoder.decode(data[start : start + PIECE], final=start + PIECE >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _without_mark(head: bytes) -> str | None:
    """Return the UTF-16 flavour of text that lacks its byte order mark: every second byte of plain text is NUL."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.4 * len(head) / 2 and even < 0.05 * len(head):
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * len(head) / 2 and odd < 0.05 * len(head) else None


def _binary_share(head: bytes) -> float:
    """Return the share of control characters."""
    return sum(1 for byte in head if byte < 9 or 13 < byte < 32) / max(len(head), 1)
