"""Values as JSON can hold them: no NaN, no numpy, no surprises."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np
import orjson
import pandas as pd


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
    columns = {str(name): _column(frame[name]) for name in frame}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


COUNTS = ("n", "n_informative", "clusters")


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
    parts = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            body = b"[\n" + b",\n".join(map(_dump, value)) + b"\n]"
        else:
            body = _dump(value)
        parts.append(_dump(key) + b": " + body)
    return b"{\n" + b",\n".join(parts) + b"\n}\n"


def _dump(value: Any) -> bytes:  # noqa: ANN401 - any JSON-able value
    """Return one value as compact JSON."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # half of a surrogate pair in somebody's label: orjson refuses it, an escape keeps it
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode("ascii")
