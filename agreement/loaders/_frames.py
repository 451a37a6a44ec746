"""A pandas frame as if it had been read from a file."""

from typing import Any

import numpy as np
import orjson
import pandas as pd

from agreement.annotations import Reading
from agreement.errors import InputError, Problem
from agreement.loaders._cells import plain
from agreement.loaders._combine import combine
from agreement.loaders._grids import Grid, column_of
from agreement.records import Records
from agreement.settings import Settings

NAME = "DataFrame"


def frame_records(frame: pd.DataFrame, settings: Settings) -> Records:
    """Return the records in *frame*, a table of any supported shape.

    Raises
    ------
    InputError
        Listing every problem; also if two readings are possible, with the setting that decides.
    """
    if frame.index.name is not None or frame.index.nlevels > 1:
        frame = frame.reset_index()
    names = [str(name) for name in frame.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(
            [Problem(NAME, f"more than one column is called {name!r}.", "Rename them.") for name in repeated]
        )
    if frame.empty:
        raise InputError([Problem(NAME, "has no rows.", "Give a row per label, with item, annotator and label.")])
    lists: set[str] = set()
    columns = []
    for position, name in enumerate(names):
        cells, listed = _text(frame.iloc[:, position])
        columns.append(cells)
        if listed:
            lists.add(name)
    rows = np.arange(1, len(frame) + 1, dtype=np.int64)
    reading = Reading(format=NAME, files=[NAME])
    return combine([Grid(NAME, names, columns, rows, lists=lists)], reading, settings)


def _text(column: "pd.Series[Any]") -> "tuple[pd.Categorical, bool]":
    """Return the cells of a column as text, and whether any of them is a list."""
    missing = column.isna()
    if isinstance(column.dtype, pd.CategoricalDtype):
        names = [plain(name) for name in column.cat.categories.tolist()]
        codes = column.cat.codes.to_numpy()
        blank = len(names)
        unique = pd.Index(dict.fromkeys(["", *names]), dtype="object")
        mine = unique.get_indexer(pd.Index(["" if name.isspace() else name for name in [*names, ""]], dtype="object"))
        return pd.Categorical.from_codes(mine[np.where(codes < 0, blank, codes)], categories=unique), False
    values = column.astype("object").where(~missing, None).tolist()
    listed = any(isinstance(value, (list, tuple, set, np.ndarray)) for value in values)
    if listed:
        texts = [
            orjson.dumps([plain(one) for one in value]).decode()
            if isinstance(value, (list, tuple, np.ndarray))
            else orjson.dumps(sorted(map(plain, value))).decode()
            if isinstance(value, set)
            else plain(value)
            for value in values
        ]
        return column_of(texts), True
    return column_of([plain(value) for value in values]), False
