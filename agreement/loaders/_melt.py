"""Grids into records: every layout becomes a row per annotation, with codes for text from the start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from agreement.annotations import STATUSES, Layer
from agreement.loaders._cells import cell_lists, same_question, ticked
from agreement.loaders._grids import Grid, categorical_of
from agreement.loaders._shape import DEFAULT_LAYER, Shape
from agreement.settings import Settings
from agreement.wording import reading as said

JOINED = " / "
NO_ITEM = said.NO_ITEM
NO_ANNOTATOR = said.NO_ANNOTATOR
BLANK = said.BLANK_CELL
EMPTY = STATUSES.index("empty")
Codes: TypeAlias = npt.NDArray[np.signedinteger[Any]]
Cells: TypeAlias = Codes | int  # a code for each row of the grid, or one that holds for all


@dataclass(slots=True)
class Melted:
    """The annotations of one grid, and what it says about items, gold and models.

    ``clashes`` names the items that rows give several texts, sections or documents; the first filled cell counts.
    """

    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    items: pd.DataFrame = field(default_factory=pd.DataFrame)
    kinds: dict[str, str] = field(default_factory=dict)
    layers: dict[str, Layer] = field(default_factory=dict)
    aside: dict[str, int] = field(default_factory=dict)
    clashes: dict[str, list[str]] = field(default_factory=dict)

    def set_aside(self, reason: str, times: int) -> None:
        """Count annotations that are not used."""
        if times:
            self.aside[reason] = self.aside.get(reason, 0) + times


class _Names:
    """Text of several columns under one numbering."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._column: pd.Index | None = None  # names of the one column there is: there may be millions

    @property
    def known(self) -> dict[str, int]:
        """Code by name."""
        if self._column is not None:
            self._known = dict(zip(self._column, range(len(self._column)), strict=True))
            self._column = None
        return self._known

    def one(self, text: str) -> int:
        """Return the code of *text*."""
        return self.known.setdefault(text, len(self.known))

    def some(self, texts: list[str]) -> Codes:
        """Return the codes of *texts*."""
        return np.array([self.one(text) for text in texts], dtype=np.int32)

    def column(self, cells: "pd.Categorical[Any]", *, strip: bool = False) -> Codes:
        """Return the codes of all *cells*."""
        given: list[str] = cells.categories.tolist()
        names = list(map(str.strip, given)) if strip else given
        if self._column is None and not self._known:
            if names == given:
                self._column = cells.categories
                return np.asarray(cells.codes, dtype=np.int32)
            self._known = dict(zip(names, range(len(names)), strict=True))
            if len(self._known) == len(names):
                return np.asarray(cells.codes, dtype=np.int32)
            self._known = {}
        return self.some(names).take(cells.codes)

    def blank(self) -> int:
        """Return the code of the blank name, -1 if there is none; in a column it is the first."""
        if self._column is not None and len(self._column) and not self._column[0]:
            return 0
        return self.known.get("", -1)

    def categorical(self, codes: npt.NDArray[Any]) -> "pd.Categorical[Any]":
        """Return *codes* as text."""
        if self._column is None:
            return text_column(codes, list(self.known) or [""])
        blanks = int(self.blank() == 0 and bool(codes.all()))  # a blank name that is unused: the others may be in order
        return text_column(codes - codes.dtype.type(blanks), self._column[blanks:])


def text_column(codes: npt.NDArray[Any], names: "list[str] | pd.Index") -> "pd.Categorical[Any]":
    """Return *codes* of *names* as a categorical."""
    return categorical_of(codes, pd.Index(names, dtype="str"))


def melt(
    grid: Grid,
    shape: Shape,
    settings: Settings,
    marks: Mapping[str, str],
    *,
    annotator: str = "",
    layer: str = "",
    round_: str = "",
) -> Melted:
    """Return the annotations in *grid*; *annotator*, *layer* and *round_* say what only its file or sheet names.

    *marks* say for each layer of sets of labels what parts the labels in a cell.
    """
    melting = _Melting(grid, shape, settings, marks, layer)
    match shape.layout:
        case "long":
            melting.add_columns(melting.signed)
        case "single":
            melting.add_columns(melting.annotators.one(annotator))
        case "wide":
            for position, (who, name, _) in shape.cells.items():
                melting.add_column(position, melting.annotators.one(who), name)
        case "transposed":
            for position in shape.cells:
                item = melting.items.one(grid.names[position].strip())
                melting.add_column(position, melting.signed, DEFAULT_LAYER, item)
        case "one-hot":
            melting.add_ticks()
        case _:
            melting.add_lists()
    melting.add_gold()
    return melting.finish(round_)


class _Melting:
    """The work of melting one grid: parts of the long table, as codes, until they are joined."""

    def __init__(self, grid: Grid, shape: Shape, settings: Settings, marks: Mapping[str, str], layer: str) -> None:
        self.grid, self.shape, self.settings, self.marks, self.layer = grid, shape, settings, marks, layer
        self.items, self.annotators, self.labels, self.layers = _Names(), _Names(), _Names(), _Names()
        self.result = Melted()
        self.parts: list[dict[str, npt.NDArray[Any]]] = []
        self.rows = np.arange(len(grid))
        self.item: Cells = 0 if shape.layout == "transposed" else self._item_column()
        self.signed: Cells = (
            self.annotators.column(grid.columns[shape.annotator], strip=True) if shape.annotator is not None else 0
        )
        self.asked = self.layers.column(grid.columns[shape.layer], strip=True) if shape.layer is not None else None
        self.status = self._statuses()

    def add(
        self, take: npt.NDArray[Any], item: Cells, who: Cells, layer: Cells, label: Cells, status: Cells = 0
    ) -> None:
        """Append annotations from the rows *take*; each code is one for all or one for each of them."""
        values = {"item": item, "annotator": who, "layer": layer, "label": label, "status": status}
        self.parts.append({"take": take} | {name: np.broadcast_to(code, len(take)) for name, code in values.items()})

    def add_columns(self, who: Cells) -> None:
        """Append every label column, a layer each."""
        for position, name in self.shape.labels.items():
            self.add_column(position, who, name)

    def add_column(
        self,
        position: int,
        who: Cells,
        name: str,
        item: Cells | None = None,
        without: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Append one label column, an annotation per cell that is not blank, or per label of a set.

        Rows in *without* are left out and not counted: gold repeats itself in the row of each annotator.
        """
        grid = self.grid
        status = self.status if without is None else np.zeros_like(self.status)
        item = self.item if item is None else item
        layer: Cells = self.asked if self.asked is not None else self.layers.one(self.layer or name)
        wanted = np.ones(len(grid), dtype=np.bool_) if without is None else ~without
        single = wanted.copy()
        for known, mark in self.marks.items():
            code = self.layers.known.get(known, -1)
            mine = wanted & (np.asarray(layer) == code)
            if mine.any():
                self._add_sets(position, (item, who, code), mine, status, mark)
                single &= ~mine
        if not single.any():
            return
        blank = grid.blank(position) & (status == 0) & single
        used = single & ~blank
        codes = self.labels.column(grid.columns[position])
        self.result.set_aside(BLANK, int(blank.sum()))
        if used.all():
            self.add(self.rows, item, who, layer, codes, status)
            return
        take = self.rows[used]
        self.add(take, _at(item, take), _at(who, take), _at(layer, take), codes[take], status[take])

    def _add_sets(
        self,
        position: int,
        where: tuple[Cells, Cells, int],
        rows: npt.NDArray[np.bool_],
        status: npt.NDArray[np.int8],
        mark: str,
    ) -> None:
        """Append a row per label of each set in *rows*; an empty list is an answer, a blank cell is none."""
        item, who, layer = where
        name = next(known for known, code in self.layers.known.items() if code == layer)
        self.result.layers[name] = Layer(name, "labels")
        filled = ~self.grid.blank(position) & rows
        lists = [one or [""] for one in cell_lists(self.grid, position, mark or None)]
        take = np.repeat(self.rows, np.where(filled, [len(one) for one in lists], 0))
        given = [label for one, full in zip(lists, filled, strict=True) if full for label in one]
        label = self.labels.some(given)
        nothing = label == self.labels.known.get("", -1)
        given_status = np.where(nothing & (status[take] == 0), EMPTY, status[take])
        self.result.set_aside(BLANK, int((rows & ~filled).sum()))
        self.add(take, _at(item, take), _at(who, take), layer, label, given_status)

    def add_ticks(self) -> None:
        """Append the labels that are ticked; where several or none may be ticked, the layer holds sets of labels."""
        grid = self.grid
        groups: dict[tuple[str, str], list[int]] = {}
        for position, (who, name, _) in self.shape.cells.items():
            groups.setdefault((who, self.layer or name), []).append(position)
        for (who, name), positions in groups.items():
            ticks = np.stack([ticked(grid, position) for position in positions])
            answered = ~np.logical_and.reduce([grid.blank(position) for position in positions])
            person: Cells = self.signed if self.shape.annotator is not None else self.annotators.one(who)
            layer = self.layers.one(name)
            if (ticks.sum(axis=0)[answered] != 1).any():
                self.result.layers[name] = Layer(name, "labels")
                none = self.rows[answered & ~ticks.any(axis=0)]
                self.add(none, _at(self.item, none), _at(person, none), layer, self.labels.one(""), EMPTY)
            for position, mine in zip(positions, ticks, strict=True):
                take = self.rows[mine]
                label = self.labels.one(self.shape.cells[position][2])
                self.add(take, _at(self.item, take), _at(person, take), layer, label)
            self.result.set_aside(BLANK, int((~answered).sum()))

    def add_lists(self) -> None:
        """Append the elements of lists of annotators and labels that stand in one order."""
        names = cell_lists(self.grid, self.shape.annotator or 0)
        people = [name.strip() for row in names for name in row]
        self.annotators = _Names()
        who = self.annotators.some(people)
        take = np.repeat(self.rows, [len(row) for row in names])
        for position, name in self.shape.labels.items():
            given = [label for row in cell_lists(self.grid, position) for label in row]
            filled = np.array([bool(label.strip()) for label in given], dtype=bool)
            label, mine = self.labels.some(given)[filled], take[filled]
            self.result.set_aside(BLANK, int((~filled).sum()))
            self.add(mine, _at(self.item, mine), who[filled], self.layers.one(self.layer or name), label)

    def add_gold(self) -> None:
        """Append the gold labels, once for each item, as annotators of kind gold."""
        shape, grid = self.shape, self.grid
        answers = {**shape.labels, **{one: name for one, (_, name, _) in shape.cells.items()}}
        for position in shape.gold:
            name = "gold" if len(shape.gold) == 1 else grid.names[position]
            fitting = [one for one in answers if same_question(grid, position, one)]
            layer = self.layer or next((answers[one] for one in [*fitting, *answers]), DEFAULT_LAYER)
            self.result.kinds[name] = "gold"
            layers: Cells = self.asked if self.asked is not None else self.layers.one(layer)
            cells = grid.columns[position].codes
            known = np.flatnonzero(~grid.blank(position))
            once = ~pd.DataFrame(
                {"item": _at(self.item, known), "layer": _at(layers, known), "cell": cells[known]}
            ).duplicated()
            repeated = np.ones(len(grid), dtype=np.bool_)
            repeated[known[once.to_numpy()]] = False
            self.add_column(position, self.annotators.one(name), layer, without=repeated)

    def finish(self, round_: str) -> Melted:
        """Return the parts as one table, without annotations that name no item or no annotator."""
        grid, shape, result = self.grid, self.shape, self.result
        if not self.parts:
            return result
        joined = {
            name: self.parts[0][name] if len(self.parts) == 1 else np.concatenate([part[name] for part in self.parts])
            for name in self.parts[0]
        }
        self.parts = []
        nameless = joined["item"] == self.items.blank()
        unsigned = (joined["annotator"] == self.annotators.blank()) & ~nameless
        result.set_aside(NO_ITEM, int(nameless.sum()))
        result.set_aside(NO_ANNOTATOR, int(unsigned.sum()))
        if result.aside.get(NO_ITEM) or result.aside.get(NO_ANNOTATOR):
            joined = {name: values[~(nameless | unsigned)] for name, values in joined.items()}
        take = joined["take"]
        names = {"item": self.items, "annotator": self.annotators, "label": self.labels, "layer": self.layers}
        columns: dict[str, Any] = {name: known.categorical(joined[name]) for name, known in names.items()}
        columns["source"] = text_column(np.zeros(len(take), np.int8), [grid.source])
        columns["row"] = (grid.rows if take is self.rows else grid.rows[take]).astype(np.int32)
        if joined["status"].any():
            columns["status"] = text_column(joined["status"], list(STATUSES))
        if shape.round is not None:
            rounds = _Names()
            columns["round"] = rounds.categorical(rounds.column(grid.columns[shape.round], strip=True)[take])
        elif round_:
            columns["round"] = text_column(np.zeros(len(take), np.int8), [round_])
        if shape.time is not None:
            columns["time"] = grid.texts(shape.time)[take]
        if result.layers:
            sets = np.isin(joined["layer"], [self.layers.known[name] for name in result.layers])
            columns["take"] = np.where(sets, take, -1)
        result.rows = pd.DataFrame(columns, copy=False)
        if shape.about and shape.layout != "transposed":
            result.items = self._about()
        if shape.model is not None and shape.annotator is not None and shape.layout == "long":
            models = grid.columns[shape.annotator][~grid.blank(shape.model)]
            result.kinds |= {str(name).strip(): "model" for name in models.categories.take(np.unique(models.codes))}
        return result

    def _item_column(self) -> Codes:
        """Return the code of each row's item: its columns joined, else its row number."""
        grid, columns = self.grid, self.shape.item
        if len(columns) == 1:
            return self.items.column(grid.columns[columns[0]], strip=True)
        if not columns:
            return self.items.some([f"row {row}" for row in grid.rows])
        key = [grid.texts(position) for position in columns]
        blank = np.logical_or.reduce([grid.blank(position) for position in columns])
        names = [JOINED.join(part.strip() for part in row) for row in zip(*key, strict=True)]
        return self.items.some(["" if gone else name for name, gone in zip(names, blank, strict=True)])

    def _statuses(self) -> npt.NDArray[np.int8]:
        """Return the position in STATUSES of each row's status; 0 (done) where a word is not one of them."""
        if self.shape.status is None:
            return np.zeros(len(self.grid), dtype=np.int8)
        cells = self.grid.columns[self.shape.status]
        meant = self.settings.reading.status
        names = [meant.get(name.strip(), name.strip().casefold()) for name in cells.categories]
        known = np.array([STATUSES.index(name) if name in STATUSES else 0 for name in names], dtype=np.int8)
        return known.take(cells.codes)

    def _about(self) -> pd.DataFrame:
        """Return what the grid says about its items, the first filled cell of each item."""
        names = pd.Index(list(self.items.known), dtype="str", name="item")
        item = np.asarray(self.item)
        columns: dict[str, Any] = {}
        for name, position in self.shape.about.items():
            filled = np.flatnonzero(~self.grid.blank(position))
            known, first = np.unique(item[filled], return_index=True)
            values = np.full(len(names), "", dtype=object)
            values[known] = self.grid.texts(position)[filled[first]]
            columns[name] = values
            if name in ("text", "section", "cluster") and (items := self._clashing(position, filled, known, first)):
                self.result.clashes[name] = items
        return pd.DataFrame(columns, index=names)

    def _clashing(
        self, position: int, filled: npt.NDArray[np.intp], known: npt.NDArray[Any], first: npt.NDArray[np.intp]
    ) -> list[str]:
        """Return the items that *filled* rows of a column give other words than their *first* one, sorted."""
        cells, item = self.grid.columns[position], np.asarray(self.item)[filled]
        expected = np.zeros(int(known.max(initial=0)) + 1, dtype=np.intp)
        expected[known] = filled[first]
        first_row = expected[item]
        other = cells.codes[first_row] != cells.codes[filled]
        if not other.any():
            return []
        rows, words = np.stack([filled[other], first_row[other]]), cells.categories.to_numpy(dtype=object)
        mine, its = ([str(word).strip() for word in words[codes]] for codes in cells.codes[rows])
        clashing = set(item[other][np.array(mine, object) != np.array(its, object)].tolist()) - {self.items.blank()}
        names = list(self.items.known) if clashing else []
        return sorted(names[code] for code in clashing)


def _at(values: Cells, take: npt.NDArray[Any]) -> Cells:
    """Return the codes of the rows *take*, or the one code that holds for all."""
    return values[take] if isinstance(values, np.ndarray) else values
