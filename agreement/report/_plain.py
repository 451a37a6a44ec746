"""Values as JSON can hold them: no NaN, no numpy, no surprises."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np
import orjson
import pandas as pd
from numpy.typing import NDArray


def plain(value: Any) -> Any:  # noqa: ANN401 - any value in, JSON-able out
    """Return *value* with numpy types converted, NaN and infinities as None, tuples as lists, keys as text.

    Examples
    --------
    >>> plain({"a": np.float64("nan"), 2: (np.int64(1), 0.5)})
    {'a': None, '2': [1, 0.5]}
    """
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return _plain_container(value)


def _plain_container(value: Any) -> Any:  # noqa: ANN401 - any container in, JSON-able out
    """Return a mapping, frame, record or sequence as dict or list; anything else as its text."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, pd.DataFrame):
        return records(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=str)
    return [plain(inner) for inner in value] if isinstance(value, Iterable) else str(value)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of *frame* as JSON-able dicts; whole numbers are integers, whatever pandas made of them."""
    return list(each_record(frame))


def each_record(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows of *frame* as JSON-able dicts, of which never many are there at once."""
    for start in range(0, len(frame), AT_ONCE):
        block = frame.iloc[start : start + AT_ONCE]
        columns = {str(name): _column(block[name]) for name in block}
        for row in zip(*columns.values(), strict=True):
            yield dict(zip(columns, row, strict=True))


def blocks(values: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield *values* (N,) a block at a time, for :func:`pieces`."""
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]


def listed(value: Any) -> Any:  # noqa: ANN401 - what a document may hold
    """Return *value* with what is made while it is written, see :func:`pieces`, as lists."""
    if not isinstance(value, Iterator):
        return value
    return [{key: _joined(part) for key, part in row.items()} for row in value]


def _joined(value: Any) -> Any:  # noqa: ANN401 - what a record may hold
    """Return the blocks of a long list as one list."""
    if not isinstance(value, Iterator):
        return value
    return [one for block in value for one in (block.tolist() if isinstance(block, np.ndarray) else block)]


COUNTS = ("n", "n_informative", "clusters")
AT_ONCE = 50_000  # rows of a long list that are made and written at a time


def _column(column: "pd.Series[Any]") -> list[Any]:
    """Return one column as a list of JSON-able values."""
    if column.dtype.kind == "f":
        values = column.to_numpy()
        whole = column.name in COUNTS
        listed: list[Any] = values.astype(object).tolist()
        for position in np.flatnonzero(~np.isfinite(values)):
            listed[position] = None
        return [v if v is None else int(v) for v in listed] if whole else listed
    if column.dtype.kind in "iub" and not column.hasnans:  # with a missing one, integers would become floats
        return list(column.to_numpy().tolist())
    cells = column.astype(object).tolist()
    # most cells are text: half a million rows feel every call
    return [v if type(v) is str else None if v is None or v is pd.NA or v != v else plain(v) for v in cells]  # noqa: PLR0124 - exactly text; NaN


def dumped(document: Mapping[str, Any]) -> bytes:
    """Return *document* as JSON: a line per key, and in lists of records a line per record.

    An indent per level would make long lists of numbers five times as large; one line in all can't be read or
    compared by eye.

    Examples
    --------
    >>> print(dumped({"schema": "x/1", "rows": [{"a": 1}, {"a": 2}], "none": []}).decode(), end="")
    {
    "schema": "x/1",
    "rows": [
    {"a":1},
    {"a":2}
    ],
    "none": []
    }
    """
    return b"".join(pieces(document))


def pieces(document: Mapping[str, Any]) -> Iterator[bytes]:
    r"""Yield the JSON of *document* piece by piece, the same bytes as :func:`dumped`.

    A list of records may be an iterator, and so may a long list inside a record, by blocks: of a crowd's millions of
    rows only those being written need to be there.

    Examples
    --------
    >>> rows = ({"a": iter([[1, 2], [3]])} for _ in range(1))
    >>> b"".join(pieces({"rows": rows}))
    b'{\n"rows": [\n{"a":[1,2,3]}\n]\n}\n'
    """
    yield b"{\n"
    for number, (key, value) in enumerate(document.items()):
        yield (b",\n" if number else b"") + _dump(key) + b": "
        yield from _listed_pieces(value)
    yield b"\n}\n"


def _listed_pieces(value: Any) -> Iterator[bytes]:  # noqa: ANN401 - what a document may hold
    """Yield a list of records with a line for each, anything else on one line."""
    rows = iter(value) if isinstance(value, list | Iterator) else iter(())
    first = next(rows, None)
    if not isinstance(first, dict):
        yield _dump([] if isinstance(value, Iterator) else value)
        return
    yield b"[\n"
    yield from _record_pieces(first)
    for row in rows:
        yield b",\n"
        yield from _record_pieces(row)
    yield b"\n]"


def _record_pieces(row: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield one record, its long lists by blocks."""
    if not any(isinstance(value, Iterator) for value in row.values()):
        yield _dump(row)
        return
    for number, (key, value) in enumerate(row.items()):
        yield (b"," if number else b"{") + _dump(key) + b":"
        if not isinstance(value, Iterator):
            yield _dump(value)
            continue
        begins = b"["
        for block in value:
            yield begins + _dump(block)[1:-1]
            begins = b","
        yield b"[]" if begins == b"[" else b"]"
    yield b"}"


def _dump(value: Any) -> bytes:  # noqa: ANN401 - any JSON-able value
    """Return one value as compact JSON."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:
        # half of a surrogate pair in somebody's label: orjson refuses it, an escape keeps it
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode("ascii")
