"""Annotations: what the annotators did and did not do; the one table and the only place that validates it."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.guidelines import Guidelines
from agreement.settings import LayerKind
from agreement.totals import Totals

TABLE = ("item", "round", "annotator", "layer", "label", "start", "end", "fragments", "source", "row")
ASSIGNMENTS = ("item", "round", "annotator", "layer", "status", "time")
STATUSES = ("done", "empty", "skipped", "rejected", "draft")
SOME = 1000  # values that are looked up one by one: categories are sorted, or they are not found so
ANNOTATOR_KINDS = ("human", "model", "gold", "curator")


@dataclass(frozen=True, slots=True)
class Layer:
    """One question asked about each item.

    Parameters
    ----------
    name
        Its name; ``label`` when the input does not name it.
    kind
        What an answer is: one category, one of an ordered set, a number, a set of labels, spans, or free text.
    labels
        (K,) the label set, declared order first; empty for ``answer`` and ``number``.
    declared
        True if the label set was declared, False if it was read off the data.
    """

    name: str
    kind: LayerKind
    labels: tuple[str, ...] = ()
    declared: bool = False


@dataclass(frozen=True, slots=True)
class AliasSuspect:
    """A label that looks like another spelling of a more frequent one."""

    layer: str
    spelling: str
    meant: str
    n_spelling: int
    n_meant: int
    reason: str


@dataclass(slots=True)
class Reading:
    """The loader's account of how it read the input; nothing that was read is missing from it.

    ``rows_read == rows_used + sum(set_aside.values())`` always holds.
    """

    format: str = ""
    layout: str = ""
    files: list[str] = field(default_factory=list)
    annotator_from: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    rows_read: int = 0
    rows_used: int = 0
    set_aside: dict[str, int] = field(default_factory=dict)
    repairs: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    aliases: list[AliasSuspect] = field(default_factory=list)
    missing_suspects: dict[str, int] = field(default_factory=dict)
    gold_candidates: list[str] = field(default_factory=list)
    source_sha256: str = ""

    def aside(self, reason: str, rows: int = 1) -> None:
        """Count *rows* that were read but not used under *reason*."""
        if rows:
            self.set_aside[reason] = self.set_aside.get(reason, 0) + rows

    def repaired(self, what: str, times: int = 1) -> None:
        """Count *times* that *what* was repaired."""
        if times:
            self.repairs[what] = self.repairs.get(what, 0) + times


@dataclass(frozen=True, slots=True)
class Annotations:
    """What the annotators did and did not do.

    Parameters
    ----------
    table
        Row per annotation with the columns of ``TABLE``, sorted and unique. ``item``, ``round``, ``annotator``,
        ``layer``, ``label``, ``fragments`` and ``source`` are categorical; ``start`` and ``end`` are character
        offsets in Unicode code points, half-open, -1 for item labels; ``fragments`` is ``10-14;20-26`` for a
        discontinuous span, else empty; ``source`` and ``row`` say which file, sheet and row (from 1) it came from.
        In a ``labels`` layer each label of the set is a row; an empty set has none.
    assignments
        Row per item, round, annotator and layer that was assigned, with ``status`` and ``time`` (text, may be
        empty). Only ``done`` and ``empty`` (seen, nothing to mark: a real answer) enter counts. Not in the table =
        not assigned. For a ``spans`` layer a document without spans is ``empty``.
    items
        Index ``item`` (every item of the table, sorted); columns ``text``, ``section``, ``cluster`` (the document
        whose items are not independent), all text, empty when unknown; further columns are metadata.
    annotators
        Index ``annotator``; columns ``kind`` (human, model, gold, curator) and ``group``.
    layers
        Name to :class:`Layer`.
    guidelines
        The annotation guideline; empty when none was given.
    reading
        The loader's account.
    repeats
        Row per repeated annotation of one item by one annotator (all of them, the used one too): columns ``item``,
        ``round``, ``annotator``, ``layer``, ``take``, ``label``, ``time``, ``used``; evidence of test-retest agreement.
    tokens
        Item to the (start, end) offsets of its tokens, when the data came with tokens.
    probabilities
        Row per item, round, annotator, layer and label that was scored: ``score`` from 0 to 1, ``source`` and ``row``;
        ``label`` is empty where the score is that of whatever label was given.
    relations, mentions
        What joins spans, with the columns of ``links.RELATIONS`` and ``links.MENTIONS``; empty where nothing does.
    totals
        How much there is in all where the frames hold only the items to list, as of a table in a warehouse; None
        where they hold everything.
    """

    table: pd.DataFrame
    assignments: pd.DataFrame
    items: pd.DataFrame
    annotators: pd.DataFrame
    layers: Mapping[str, Layer]
    guidelines: Guidelines
    reading: Reading
    repeats: pd.DataFrame
    tokens: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    probabilities: pd.DataFrame = field(default_factory=pd.DataFrame)
    relations: pd.DataFrame = field(default_factory=pd.DataFrame)
    mentions: pd.DataFrame = field(default_factory=pd.DataFrame)
    totals: Totals | None = None

    def origin(self, position: int) -> str:
        """Return where row *position* of the table came from, e.g. ``labels.xlsx[Ana]!17``."""
        source, row = self.table["source"].iat[position], int(self.table["row"].to_numpy()[position])
        return f"{source}!{row}" if row > 0 else str(source)

    def of_kind(self, *kinds: str) -> tuple[str, ...]:
        """Return the annotators of these *kinds*, sorted."""
        return tuple(self.annotators.index[self.annotators["kind"].isin(kinds)])

    def comparing(self, annotators: tuple[str, ...]) -> "Annotations":
        """Return the annotations with only these *annotators* compared, everybody else set aside as a curator."""
        kind = self.annotators["kind"].where(self.annotators.index.isin(annotators), "curator")
        return replace(self, annotators=self.annotators.assign(kind=kind))

    @property
    def compared(self) -> tuple[str, ...]:
        """The annotators who are compared with each other: humans and models, never gold or curators."""
        return self.of_kind("human", "model")


def filled(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a *column* of texts, or none of its rows if all are empty: nothing to look up among millions of names.

    Examples
    --------
    >>> len(filled(pd.Series(["", ""], index=["i1", "i2"]))), len(filled(pd.Series(["", "x"], index=["i1", "i2"])))
    (0, 2)
    """
    return column if column.ne("").any() else column.iloc[:0]


def rows_holding(column: "pd.Series[Any]", values: Iterable[str]) -> NDArray[np.intp]:
    """Return the rows of a categorical *column* that hold one of *values*: a look at codes, not at ten million texts.

    Examples
    --------
    >>> rows_holding(pd.Series(["b", "a", "b"], dtype="category"), ["b", "z"]).tolist()
    [0, 2]
    """
    names = column.cat.categories
    wanted = list(values)
    at = [bisect_left(names, value) for value in wanted] if len(wanted) <= SOME else []
    if at and all(place < len(names) and names[place] == value for place, value in zip(at, wanted, strict=True)):
        held = np.zeros(len(names) + 1, bool)
        held[at] = True
    else:
        held = np.append(names.isin(wanted), [False])  # the last one is code -1, a blank cell
    return np.flatnonzero(held[column.cat.codes.to_numpy()])


def is_one_of(column: "pd.Series[Any]", names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return (R,) whether each cell of a categorical *column* is one of *names*.

    Examples
    --------
    >>> is_one_of(pd.Series(["b", "a", "b"], dtype="category"), ("b", "z")).tolist()
    [True, False, True]
    """
    wanted = column.cat.categories.isin(names)
    if wanted.all() or not wanted.any():
        return np.full(len(column), bool(len(wanted)) and bool(wanted[0]))
    mine: NDArray[np.bool_] = wanted[column.cat.codes.to_numpy()]
    return mine
