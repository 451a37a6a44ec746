"""Delimited text without quotes, whose rows are lines and all have as many cells: read as numbers, not cell by cell.

A cell of up to eight bytes is one whole number, a longer one several; equal numbers are equal text. Ten million rows
then take seconds, and text exists only once per different cell.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Words: TypeAlias = npt.NDArray[np.uint64]
Codes: TypeAlias = npt.NDArray[np.int64]
Bytes: TypeAlias = npt.NDArray[np.uint8]

PIECE = 1 << 20  # bytes looked at together, so that their temporary arrays stay in the processor's cache
LONGEST = 64
MANY = 10_000  # different cells from which nobody asks in which order they came, and sorted ones are quicker to handle
WIDTH = 8
NEWLINE, RETURN = 10, 13
# bytes of a number that belong to a cell of 0 to 8 bytes
KEPT = np.array([(1 << 8 * size) - 1 for size in range(WIDTH + 1)], dtype=np.uint64)


class _Column:
    """The cells of one column, piece by piece: the different ones as numbers, and which of them stands in each row."""

    def __init__(self) -> None:
        self.different: list[Words] = []
        self.codes: list[npt.NDArray[np.int32]] = []

    def add(self, numbers: Words) -> None:
        """Append the (W, R) *numbers* of the cells of the next piece."""
        codes, different = _told_apart(numbers)
        self.different.append(different)
        self.codes.append(codes.astype(np.int32))

    def finish(self) -> tuple[list[str], npt.NDArray[np.int32]]:
        """Return a blank and the different cells, in order of appearance, many of them sorted; which each row holds."""
        width = max(len(numbers) for numbers in self.different)
        padded = [np.pad(numbers, ((0, width - len(numbers)), (0, 0))) for numbers in self.different]
        everything = np.concatenate(padded, axis=1)
        order, new = _sorted(everything)
        first = np.minimum.reduceat(order, np.flatnonzero(new))
        blanks = int(not everything[:, first[0]].any())  # a blank cell is the lowest number: the first one, if any
        shown = first[blanks:]
        places = np.argsort(shown) if len(first) <= MANY else np.arange(len(shown))
        rank = np.zeros(len(first), dtype=np.int32)
        rank[places + blanks] = np.arange(1, len(shown) + 1)
        codes = np.empty(len(order), dtype=np.int32)
        codes[order] = rank[np.cumsum(new) - 1]
        rows = np.empty(sum(map(len, self.codes)), dtype=np.int32)
        start = filled = 0
        for numbers, piece in zip(self.different, self.codes, strict=True):
            end, stop = start + numbers.shape[1], filled + len(piece)
            rows[filled:stop] = codes[start:end][piece]
            start, filled = end, stop
        return ["", *_texts(everything[:, shown[places]])], rows


def plain_cells(data: bytes, delimiter: str, skipped: int) -> list[tuple[list[str], npt.NDArray[np.int32]]] | None:
    r"""Return per column a blank and its other different cells, and which of them each row below *skipped* lines holds.

    None if *data* is not as plain as that: quotes, rows of different lengths, cells of more than ``LONGEST`` bytes.
    *data* is UTF-8 without NUL bytes.

    Examples
    --------
    >>> plain_cells(b"item,label\n1,x\n2,y\n3,x\n", ",", 1)
    [(['', '1', '2', '3'], array([1, 2, 3], dtype=int32)), (['', 'x', 'y'], array([1, 2, 1], dtype=int32))]
    >>> plain_cells(b'1,"x, y"\n', ",", 0) is None
    True
    """
    if b'"' in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
        return None
    at = 0
    for _ in range(skipped):
        at = data.find(b"\n", at) + 1
        if not at:
            return None
    end = len(data)
    while end > at and data[end - 1] in (NEWLINE, RETURN):
        end -= 1
    line_end = data.find(b"\n", at, end)
    width = data.count(delimiter.encode(), at, line_end if line_end >= 0 else end) + 1
    columns = [_Column() for _ in range(width)]
    while at < end:
        stop = min(at + PIECE, end)
        stop = stop if stop == end else data.rfind(b"\n", at, stop)
        if stop <= at:
            return None
        if not _add_piece(_padded(data, at, stop), stop - at + 1, ord(delimiter), columns):
            return None
        at = stop + 1
    return [column.finish() for column in columns] if width > 1 and columns[0].codes else None


def _padded(data: bytes, at: int, stop: int) -> Bytes:
    """Return the lines from *at* to *stop* with their last line end, and bytes enough to read any cell as a number."""
    if stop + LONGEST + WIDTH < len(data):
        return np.frombuffer(data, dtype=np.uint8, count=stop + 1 + LONGEST + WIDTH - at, offset=at)
    return np.frombuffer(data[at:stop] + b"\n" + bytes(LONGEST + WIDTH), dtype=np.uint8)


def _add_piece(text: Bytes, size: int, delimiter: int, columns: list[_Column]) -> bool:
    """Add the rows in the first *size* bytes of *text*, whole lines, to *columns*; False if they do not fit."""
    is_newline = text[:size] == NEWLINE
    marks = np.flatnonzero(is_newline | (text[:size] == delimiter))
    width = len(columns)
    if len(marks) % width:
        return False
    row_ends = marks[width - 1 :: width]
    if np.count_nonzero(is_newline) != len(row_ends) or not is_newline[row_ends].all():
        return False
    starts = np.zeros_like(marks)
    np.add(marks[:-1], 1, out=starts[1:])
    row_ends -= text[row_ends - 1] == RETURN
    sizes = marks - starts
    if sizes.max() > LONGEST:
        return False
    numbers: npt.NDArray[Any] = np.ndarray((len(text) - WIDTH + 1,), "<u8", buffer=text, strides=(1,))
    for position, column in enumerate(columns):
        start, length = starts[position::width], sizes[position::width]
        words = [numbers[start] & KEPT[np.minimum(length, WIDTH)]]
        words += [
            numbers[start + before] & KEPT[np.clip(length - before, 0, WIDTH)]
            for before in range(WIDTH, int(length.max()), WIDTH)
        ]
        column.add(np.stack(words))
    return True


def _told_apart(numbers: Words) -> tuple[Codes, Words]:
    """Return which of the different columns of (W, R) *numbers* each column is, and those in order of appearance."""
    new = np.ones(numbers.shape[1], dtype=np.bool_)
    np.any(numbers[:, 1:] != numbers[:, :-1], axis=0, out=new[1:])
    starts = np.flatnonzero(new)
    if len(starts) < len(new) / 2:  # rows of one item often stand together
        codes, different = _told_apart_each(numbers[:, starts])
        return codes[np.cumsum(new) - 1], different
    return _told_apart_each(numbers)


def _told_apart_each(numbers: Words) -> tuple[Codes, Words]:
    """Return what :func:`_told_apart` does, looking at every column."""
    codes, different = pd.factorize(numbers[0])
    if len(numbers) == 1:
        return codes, different[np.newaxis]
    for other in numbers[1:]:
        more, others = pd.factorize(other)
        codes, different = pd.factorize(codes * len(others) + more)
    first = np.empty(len(different), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return codes, numbers[:, first]


def _sorted(numbers: Words) -> tuple[Codes, npt.NDArray[np.bool_]]:
    """Return the order of the columns of (W, R) *numbers* by their text, and where another text begins in it."""
    as_text = numbers.astype("<u8").view(">u8").astype(np.uint64)
    order = np.argsort(as_text[0]) if len(numbers) == 1 else np.lexsort(as_text[::-1])
    ordered = as_text[:, order]
    new = np.ones(numbers.shape[1], dtype=np.bool_)
    np.any(ordered[:, 1:] != ordered[:, :-1], axis=0, out=new[1:])
    return order, new


def _texts(numbers: Words) -> list[str]:
    """Return the text of each column of (W, R) *numbers*."""
    if not numbers.shape[1]:
        return []
    letters = np.full((numbers.shape[1], WIDTH * len(numbers) + 1), NEWLINE, dtype=np.uint8)
    letters[:, :-1] = np.ascontiguousarray(numbers.T.astype("<u8")).view(np.uint8)
    text: str = letters[letters != 0].tobytes()[:-1].decode("utf-8")
    return text.split("\n")
