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
        codes, first = _same(numbers)
        self.different.append(numbers[:, first])
        self.codes.append(codes.astype(np.int32))

    def finish(self) -> tuple[list[str], npt.NDArray[np.int32]]:
        """Return the different cells, and which of them each row holds: in order of appearance, many of them sorted."""
        width = max(len(numbers) for numbers in self.different)
        padded = [np.pad(numbers, ((0, width - len(numbers)), (0, 0))) for numbers in self.different]
        everything = np.concatenate(padded, axis=1)
        codes, first = _same(everything)
        if len(first) > MANY:
            codes, first = _sorted(everything, codes, first)
        codes = codes.astype(np.int32)
        rows = np.empty(sum(map(len, self.codes)), dtype=np.int32)
        start = filled = 0
        for numbers, piece in zip(self.different, self.codes, strict=True):
            end, stop = start + numbers.shape[1], filled + len(piece)
            rows[filled:stop] = codes[start:end][piece]
            start, filled = end, stop
        cells: list[bytes] = np.ascontiguousarray(everything[:, first].T).view(f"S{WIDTH * width}").ravel().tolist()
        return b"\n".join(cells).decode("utf-8").split("\n"), rows


def plain_cells(data: bytes, delimiter: str, skipped: int) -> list[tuple[list[str], npt.NDArray[np.int32]]] | None:
    r"""Return per column its different cells and which of them each row holds, below the first *skipped* lines.

    None if *data* is not as plain as that: quotes, rows of different lengths, cells of more than ``LONGEST`` bytes.
    *data* is UTF-8 without NUL bytes.

    Examples
    --------
    >>> plain_cells(b"item,label\n1,x\n2,y\n3,x\n", ",", 1)
    [(['1', '2', '3'], array([0, 1, 2], dtype=int32)), (['x', 'y'], array([0, 1, 0], dtype=int32))]
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
    width = data.count(delimiter.encode(), at, data.find(b"\n", at, end) if b"\n" in data[at:end] else end) + 1
    columns = [_Column() for _ in range(width)]
    while at < end:
        stop = min(at + PIECE, end)
        stop = stop if stop == end else data.rfind(b"\n", at, stop)
        if stop <= at:
            return None
        if not _add_piece(data[at:stop], ord(delimiter), columns):
            return None
        at = stop + 1
    return [column.finish() for column in columns] if width > 1 and columns[0].codes else None


def _add_piece(piece: bytes, delimiter: int, columns: list[_Column]) -> bool:
    """Add the rows of *piece*, lines without the last line end, to *columns*; False if they do not fit."""
    text = np.frombuffer(piece + b"\n" + bytes(LONGEST + WIDTH), dtype=np.uint8)
    size = len(piece) + 1
    marks = np.flatnonzero((text[:size] == delimiter) | (text[:size] == NEWLINE))
    width = len(columns)
    if len(marks) % width:
        return False
    ends = marks.reshape(-1, width)
    is_end = text[ends] == NEWLINE
    if not is_end[:, -1].all() or is_end[:, :-1].any():
        return False
    starts = np.empty_like(ends)
    starts[:, 1:] = ends[:, :-1] + 1
    starts[0, 0] = 0
    starts[1:, 0] = ends[:-1, -1] + 1
    ends[:, -1] -= text[ends[:, -1] - 1] == RETURN
    sizes = ends - starts
    if sizes.max() > LONGEST:
        return False
    numbers: npt.NDArray[Any] = np.ndarray((len(text) - WIDTH + 1,), "<u8", buffer=text, strides=(1,))
    for position, column in enumerate(columns):
        start, length = starts[:, position], sizes[:, position]
        words = max(-(-int(length.max()) // WIDTH), 1)
        column.add(
            np.stack(
                [
                    numbers[start + WIDTH * word] & KEPT[np.clip(length - WIDTH * word, 0, WIDTH)]
                    for word in range(words)
                ]
            )
        )
    return True


def _sorted(numbers: Words, codes: Codes, first: Codes) -> tuple[Codes, Codes]:
    """Return what :func:`_same` found with the different columns in the order of their text, that of its bytes."""
    order = np.lexsort(numbers[::-1, first].astype("<u8").view(">u8"))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], first[order]


def _same(numbers: Words) -> tuple[Codes, Codes]:
    """Return which of the different columns of (W, R) *numbers* each column is, and where each of those comes first."""
    codes, unique = pd.factorize(numbers[0])
    for other in numbers[1:]:
        more, others = pd.factorize(other)
        codes, unique = pd.factorize(codes * len(others) + more)
    first = np.empty(len(unique), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return codes, first
