"""Grids: one table of text cells with its header, each cell findable by file, sheet and row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from agreement.errors import InputError, Problem

MOST_COLUMNS = 16_384
Rows: TypeAlias = npt.NDArray[np.int64]


@dataclass(slots=True)
class Grid:
    """One table: R rows of text cells in C named columns.

    Parameters
    ----------
    file, sheet, folder
        Where it came from; ``sheet`` is empty for a file that has none.
    names
        (C,) names of the columns; ``column A`` and so on without a header.
    columns
        (C,) categoricals of length R; category 0 is ``""``, and every blank cell holds it.
    rows
        (R,) row of the file or sheet, from 1.
    has_header
        False if the names are ours.
    lists
        Names of columns whose cells were lists in JSON.
    dates, formats, uncached
        Of a sheet: addresses of cells that hold dates by column name, of number cells by column and format other
        than General, and of formulas without a computed value.
    hidden_rows
        How many hidden rows were left out.
    letters
        (C,) what a spreadsheet calls each column.
    counted
        Column to its cells and how often each category occurs in them, once somebody asked.
    """

    file: str
    names: list[str]
    columns: "list[pd.Categorical]"
    rows: Rows
    sheet: str = ""
    folder: str = ""
    has_header: bool = True
    header_row: int = 0
    lists: set[str] = field(default_factory=set)
    dates: dict[str, list[str]] = field(default_factory=dict)
    formats: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    uncached: list[str] = field(default_factory=list)
    hidden_rows: int = 0
    letters: list[str] = field(default_factory=list)
    counted: "dict[int, tuple[pd.Categorical, Rows]]" = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Remember where each column stands, for messages."""
        self.letters = self.letters or [letter(position) for position in range(len(self.names))]

    @property
    def source(self) -> str:
        """What messages and origins call it: ``labels.xlsx[Ana]`` or ``labels.csv``."""
        return f"{self.file}[{self.sheet}]" if self.sheet else self.file

    def __len__(self) -> int:
        """Return R."""
        return len(self.rows)

    def texts(self, column: int) -> "npt.NDArray[np.object_]":
        """Return the cells of *column* as objects."""
        cells = self.columns[column]
        names: npt.NDArray[np.object_] = np.asarray(cells.categories, dtype=object)
        return names.take(cells.codes)

    def blank(self, column: int) -> npt.NDArray[np.bool_]:
        """Return (R,) True where *column* holds nothing but blanks."""
        return np.asarray(self.columns[column].codes == 0)

    def filled(self, column: int) -> int:
        """Return how many cells of *column* are not blank."""
        return int(np.count_nonzero(self.columns[column].codes))

    def counts(self, column: int) -> npt.NDArray[np.int64]:
        """Return how often each category of *column* occurs, the blank one included."""
        cells = self.columns[column]
        known = self.counted.get(column)
        if known is None or known[0] is not cells:
            known = cells, np.bincount(cells.codes, minlength=len(cells.categories)).astype(np.int64, copy=False)
            self.counted[column] = known
        return known[1].copy()

    def distinct(self, column: int) -> int:
        """Return how many different cells of *column* are not blank."""
        return int(np.count_nonzero(self.counts(column)[1:]))

    def used(self, column: int) -> list[str]:
        """Return the different cells of *column* that are not blank, in order of appearance."""
        present = np.flatnonzero(self.counts(column)[1:]) + 1
        return list(self.columns[column].categories.take(present))

    def keep(self, rows: npt.NDArray[np.bool_]) -> None:
        """Drop every row where *rows* is False."""
        self.counted = {}
        self.columns = [cells[rows] for cells in self.columns]
        self.rows = self.rows[rows]

    def drop_columns(self, positions: Sequence[int]) -> None:
        """Drop the columns at *positions*."""
        self.counted = {}
        stay = [position for position in range(len(self.names)) if position not in set(positions)]
        self.names = [self.names[position] for position in stay]
        self.columns = [self.columns[position] for position in stay]
        self.letters = [self.letters[position] for position in stay]


class Interner:
    """Codes for the text of one column that arrives in parts: equal text, equal code, in order of appearance.

    Code 0 is the blank cell.
    """

    def __init__(self) -> None:
        self.known: dict[str, int] = {"": 0}
        self.parts: list[npt.NDArray[np.int32]] = []

    def add(self, values: Any) -> None:  # noqa: ANN401 - any array of text
        """Append the cells of the next part."""
        codes, unique = pd.factorize(values)
        known = self.known
        mine = np.array([known.setdefault(text, len(known)) for text in unique], dtype=np.int32)
        self.parts.append(mine[codes] if len(mine) else np.zeros(0, np.int32))

    def finish(self) -> "pd.Categorical":
        """Return all cells as one categorical."""
        names = list(self.known)
        self.known = {}
        codes = self.parts[0] if len(self.parts) == 1 else np.concatenate([np.zeros(0, np.int32), *self.parts])
        self.parts = []
        return coded_column(names, codes)


def coded_column(names: list[str], codes: npt.NDArray[np.int32]) -> "pd.Categorical":
    """Return the cells that *codes* of different *names* stand for; the first name is the blank cell."""
    blanks = list(compress(range(len(names)), map(str.isspace, names)))
    if blanks:
        codes = np.where(np.isin(codes, blanks), np.int32(0), codes)
    return categorical_of(codes, pd.Index(names, dtype="object"))


def categorical_of(codes: npt.NDArray[Any], names: pd.Index) -> "pd.Categorical":
    """Return the text that *codes* of different *names* stand for."""
    names.is_monotonic_increasing  # noqa: B018 - of sorted names pandas then knows, without hashes, that they differ
    return pd.Categorical.from_codes(codes, categories=names, validate=False)


def column_of(values: Sequence[str]) -> "pd.Categorical":
    """Return text *values* as a categorical in order of appearance."""
    interner = Interner()
    interner.add(np.array(values, dtype=object))
    return interner.finish()


def refuse_width(name: str, columns: int) -> None:
    """Refuse a table that is wider than any spreadsheet: each column is looked at and made a column of codes.

    Raises
    ------
    InputError
        If it has more than ``MOST_COLUMNS``.
    """
    if columns > MOST_COLUMNS:
        what = f"has {columns:,} columns; at most {MOST_COLUMNS:,} are read, as in a spreadsheet."
        raise InputError([Problem(name, what, "Give a row per annotation: item, annotator, label.")])


def letter(position: int) -> str:
    """Return what a spreadsheet calls the column at *position* (from 0).

    Examples
    --------
    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'AA')
    """
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(65 + rest) + name
    return name


NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")


def is_number(text: str) -> bool:
    """Return whether *text* is written as a number.

    Examples
    --------
    >>> is_number("007"), is_number("1,5"), is_number("1a")
    (True, True, False)
    """
    return NUMBER.fullmatch(text.strip()) is not None
