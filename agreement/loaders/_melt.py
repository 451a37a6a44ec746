"""Grids into records: every layout becomes a row per annotation, with codes for text from the start."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from agreement.annotations import STATUSES, Layer, Reading
from agreement.loaders._cells import cell_lists, same_question, ticked
from agreement.loaders._grids import Grid
from agreement.loaders._shape import Shape
from agreement.settings import Settings

JOINED = " / "
NO_ITEM = "no item named in the row"
NO_ANNOTATOR = "no annotator named in the row"
BLANK = "blank cell"


@dataclass(slots=True)
class Melted:
    """The annotations of one grid, and what it says about items, gold and models."""

    rows: pd.DataFrame
    items: pd.DataFrame
    kinds: dict[str, str] = field(default_factory=dict)
    layers: dict[str, Layer] = field(default_factory=dict)
    aside: dict[str, int] = field(default_factory=dict)


class _Codes:
    """Text of several columns under one numbering."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def one(self, text: str) -> int:
        """Return the code of *text*."""
        return self.known.setdefault(text, len(self.known))

    def column(self, cells: "pd.Categorical", *, strip: bool = False) -> npt.NDArray[np.int32]:
        """Return the codes of all *cells*."""
        names: list[str] = list(cells.categories)
        if strip:
            names = list(map(str.strip, names))
        if not self.known:
            self.known = dict(zip(names, range(len(names)), strict=True))
            if len(self.known) == len(names):
                return np.asarray(cells.codes, dtype=np.int32)
            self.known = {}
        mine = np.array([self.one(name) for name in names], dtype=np.int32)
        return mine[cells.codes]

    def categorical(self, codes: "npt.NDArray[np.integer[Any]]") -> "pd.Categorical":
        """Return *codes* as text."""
        names = list(self.known) or [""]
        return pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype="str"), validate=False)


def melt(
    grid: Grid, shape: Shape, settings: Settings, reading: Reading, *, annotator: str = "", layer: str = "",
    round_: str = "",
) -> Melted:  # fmt: skip
    """Return the annotations in *grid*; *annotator*, *layer* and *round_* say what only its file or sheet names."""
    items, annotators, labels, layers = _Codes(), _Codes(), _Codes(), _Codes()
    item_column = _items(grid, shape, items)
    result = Melted(pd.DataFrame(), pd.DataFrame())
    parts: list[dict[str, npt.NDArray[Any]]] = []
    rows = np.arange(len(grid))

    def add(take: npt.NDArray[Any], item: Any, who: Any, which: Any, label: Any, status: Any = 0) -> None:
        parts.append(
            {
                "take": take,
                "item": np.broadcast_to(item, len(take)),
                "annotator": np.broadcast_to(who, len(take)),
                "layer": np.broadcast_to(which, len(take)),
                "label": np.broadcast_to(label, len(take)),
                "status": np.broadcast_to(status, len(take)),
            }
        )

    status = _statuses(grid, shape, settings)
    layer_column = layers.column(grid.columns[shape.layer], strip=True) if shape.layer is not None else None

    def add_column(position: int, who: Any, name: str, item: Any = None) -> None:
        item = item_column if item is None else item
        which = layer_column if layer_column is not None and name == "label" else layers.one(layer or name)
        codes = labels.column(grid.columns[position])
        kind = settings.layers[layer or name].kind if (layer or name) in settings.layers else None
        if kind == "labels" or (kind is None and (grid.names[position] in grid.lists or _bracketed(grid, position))):
            result.layers[layer or name] = Layer(layer or name, "labels")
            lists = cell_lists(grid, position)
            filled = ~grid.blank(position)
            lengths = np.array([len(one) for one in lists])
            take = np.repeat(rows, np.where(filled, np.maximum(lengths, 1), 0))
            label = np.array(
                [labels.one(text) for one, full in zip(lists, filled, strict=True) if full for text in (one or [""])],
                dtype=np.int32,
            )
            empty = (lengths == 0)[take]
            add(take, _pick(item, take), _pick(who, take), _pick(which, take), label, np.where(empty, 1, status[take]))
            _aside(result, BLANK, int((~filled).sum()))
            return
        blank = grid.blank(position) & (status == 0)
        take = rows[~blank] if blank.any() else rows
        _aside(result, BLANK, int(blank.sum()))
        add(take, _pick(item, take), _pick(who, take), _pick(which, take), codes[take], status[take])

    by_row = annotators.column(grid.columns[shape.annotator], strip=True) if shape.annotator is not None else None
    if shape.layout == "long" and by_row is not None:
        for position, name in shape.labels.items():
            add_column(position, by_row, name)
    elif shape.layout == "single":
        for position, name in shape.labels.items():
            add_column(position, annotators.one(annotator), name)
    elif shape.layout == "wide":
        for position, (who, name, _) in shape.cells.items():
            add_column(position, annotators.one(who), name)
    elif shape.layout == "transposed" and by_row is not None:
        for position in shape.cells:
            add_column(position, by_row, "label", items.one(grid.names[position].strip()))
    elif shape.layout == "one-hot":
        _one_hot(grid, shape, result, add, (item_column, by_row, annotators, labels, layers, layer))
    elif shape.layout == "list" and shape.annotator is not None:
        who_lists = cell_lists(grid, shape.annotator)
        for position, name in shape.labels.items():
            lists = cell_lists(grid, position)
            take = np.repeat(rows, [len(one) for one in lists])
            who = np.array([annotators.one(one.strip()) for names in who_lists for one in names], dtype=np.int32)
            label = np.array([labels.one(one) for names in lists for one in names], dtype=np.int32)
            filled = np.array([bool(one.strip()) for names in lists for one in names], dtype=bool)
            _aside(result, BLANK, int((~filled).sum()))
            add(take[filled], item_column[take[filled]], who[filled], layers.one(layer or name), label[filled])
    _gold(grid, shape, settings, result, add, (item_column, annotators, labels, layers, layer))
    return _finish(grid, shape, result, parts, (items, annotators, labels, layers), round_)


def _pick(values: Any, take: npt.NDArray[Any]) -> Any:
    """Return the values at *take*, or the one value that holds for all."""
    return values[take] if isinstance(values, np.ndarray) and values.ndim else values


def _aside(result: Melted, reason: str, times: int) -> None:
    """Count annotations that are not used."""
    if times:
        result.aside[reason] = result.aside.get(reason, 0) + times


def _bracketed(grid: Grid, position: int) -> bool:
    """Return whether the cells of a column are lists in JSON or Python notation."""
    cells = grid.used(position)[:200]
    return bool(cells) and all(cell.strip().startswith("[") and cell.strip().endswith("]") for cell in cells)


def _items(grid: Grid, shape: Shape, items: _Codes) -> npt.NDArray[np.int32]:
    """Return the code of each row's item: its columns joined, else its row number."""
    if shape.layout == "transposed":
        return np.zeros(len(grid), dtype=np.int32)
    if len(shape.item) == 1:
        return items.column(grid.columns[shape.item[0]], strip=True)
    if shape.item:
        key = [grid.texts(position) for position in shape.item]
        joined = [JOINED.join(str(part).strip() for part in row) for row in zip(*key, strict=True)]
        blank = np.logical_or.reduce([grid.blank(position) for position in shape.item])
        return np.array([items.one("" if no else name) for name, no in zip(joined, blank, strict=True)], dtype=np.int32)
    return np.array([items.one(f"row {row}") for row in grid.rows], dtype=np.int32)


def _statuses(grid: Grid, shape: Shape, settings: Settings) -> npt.NDArray[np.int8]:
    """Return the position in STATUSES of each row's status; 0 (done) where a word is not one of them."""
    if shape.status is None:
        return np.zeros(len(grid), dtype=np.int8)
    cells = grid.columns[shape.status]
    names = [settings.reading.status.get(name.strip(), name.strip().casefold()) for name in cells.categories]
    known = np.array([STATUSES.index(name) if name in STATUSES else 0 for name in names] or [0], dtype=np.int8)
    return known[cells.codes]


def _one_hot(grid: Grid, shape: Shape, result: Melted, add: Any, parts: tuple[Any, ...]) -> None:
    """Add the labels that are ticked; where several or none may be ticked, the layer holds sets of labels."""
    item_column, by_row, annotators, labels, layers, layer = parts
    rows = np.arange(len(grid))
    groups: dict[tuple[str, str], list[int]] = {}
    for position, (who, name, _) in shape.cells.items():
        groups.setdefault((who, layer or name), []).append(position)
    for (who, name), positions in groups.items():
        ticks = np.stack([ticked(grid, position) for position in positions])
        answered = ~np.logical_and.reduce([grid.blank(position) for position in positions])
        person = by_row if by_row is not None else annotators.one(who)
        if (ticks.sum(axis=0)[answered] != 1).any():
            result.layers[name] = Layer(name, "labels")
            none = rows[answered & ~ticks.any(axis=0)]
            add(none, item_column[none], _pick(person, none), layers.one(name), labels.one(""), 1)
        for position, mine in zip(positions, ticks, strict=True):
            take = rows[mine]
            label = labels.one(shape.cells[position][2])
            add(take, item_column[take], _pick(person, take), layers.one(name), label)
        _aside(result, BLANK, int((~answered).sum()))


def _gold(grid: Grid, shape: Shape, settings: Settings, result: Melted, add: Any, parts: tuple[Any, ...]) -> None:
    """Add the gold labels, once for each item, as annotators of kind gold."""
    item_column, annotators, labels, layers, layer = parts
    answers = {**shape.labels, **{one: name for one, (_, name, _) in shape.cells.items()}}
    for position in shape.gold:
        name = "gold" if len(shape.gold) == 1 else grid.names[position]
        if len(set(answers.values())) > 1:
            fitting = [one for one in answers if same_question(grid, position, one)]
            which = answers[fitting[0]] if fitting else next(iter(answers.values()))
        else:
            which = next(iter(answers.values()), "label")
        result.kinds[name] = "gold"
        codes = labels.column(grid.columns[position])
        known = np.flatnonzero(~grid.blank(position))
        once = ~pd.DataFrame({"item": item_column[known], "label": codes[known]}).duplicated().to_numpy()
        take = known[once]
        add(take, item_column[take], annotators.one(name), layers.one(layer or which), codes[take])


def _finish(
    grid: Grid, shape: Shape, result: Melted, parts: list[dict[str, npt.NDArray[Any]]], codes: tuple[_Codes, ...],
    round_: str,
) -> Melted:  # fmt: skip
    """Return *result* with its rows and items."""
    items, annotators, labels, layers = codes
    joined = {
        name: parts[0][name] if len(parts) == 1 else np.concatenate([part[name] for part in parts])
        for name in (parts[0] if parts else ())
    }
    if not joined:
        return result
    take = joined.pop("take")
    blank_item, blank_annotator = items.known.get("", -1), annotators.known.get("", -1)
    nameless = joined["item"] == blank_item
    unsigned = (joined["annotator"] == blank_annotator) & ~nameless
    _aside(result, NO_ITEM, int(nameless.sum()))
    _aside(result, NO_ANNOTATOR, int(unsigned.sum()))
    if result.aside.get(NO_ITEM) or result.aside.get(NO_ANNOTATOR):
        stay = ~(nameless | unsigned)
        take, joined = take[stay], {name: values[stay] for name, values in joined.items()}
    columns: dict[str, Any] = {
        "item": items.categorical(joined["item"]),
        "annotator": annotators.categorical(joined["annotator"]),
        "label": labels.categorical(joined["label"]),
        "layer": layers.categorical(joined["layer"]),
    }
    if joined["status"].any():
        columns["status"] = pd.Categorical.from_codes(joined["status"], categories=list(STATUSES))
    if shape.round is not None:
        columns["round"] = _text(grid.columns[shape.round], take)
    elif round_:
        columns["round"] = pd.Categorical.from_codes(np.zeros(len(take), np.int8), categories=[round_])
    if shape.time is not None:
        columns["time"] = grid.texts(shape.time)[take]
    columns["source"] = pd.Categorical.from_codes(np.zeros(len(take), np.int8), categories=[grid.source])
    columns["row"] = grid.rows[take].astype(np.int32)
    if any(layer.kind == "labels" for layer in result.layers.values()):
        multiple = np.isin(joined["layer"], [layers.known[name] for name in result.layers])
        columns["take"] = np.where(multiple, take, -1)
    result.rows = pd.DataFrame(columns)
    if shape.about:
        result.items = _about(grid, shape, _items(grid, shape, items), items)
    if shape.model is not None and shape.annotator is not None and shape.layout == "long":
        models = grid.columns[shape.annotator][~grid.blank(shape.model)]
        result.kinds |= {str(name).strip(): "model" for name in models.categories[np.unique(models.codes)]}
    return result


def _text(cells: "pd.Categorical", take: npt.NDArray[Any]) -> "pd.Categorical":
    """Return the cells at *take* without blanks at their edges."""
    codes = _Codes()
    return codes.categorical(codes.column(cells, strip=True)[take])


def _about(grid: Grid, shape: Shape, item: npt.NDArray[np.int32], items: _Codes) -> pd.DataFrame:
    """Return what the grid says about its items, the first filled cell of each item."""
    names = pd.Index(list(items.known), dtype="str", name="item")
    columns: dict[str, Any] = {}
    for name, position in shape.about.items() if shape.layout != "transposed" else ():
        filled = np.flatnonzero(~grid.blank(position))
        known, first = np.unique(item[filled], return_index=True)
        values = np.full(len(names), "", dtype=object)
        values[known] = grid.texts(position)[filled[first]]
        columns[name] = values
    return pd.DataFrame(columns, index=names)
