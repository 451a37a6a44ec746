"""Several grids into one set of records: what sheets and files stand for, and what each of them adds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from agreement.annotations import Layer, Reading
from agreement.errors import InputError, Problem
from agreement.loaders._account import count_hidden_rows, describe_reading, dubious_cells
from agreement.loaders._grids import Grid
from agreement.loaders._item_sheets import is_items_sheet, items_of, merged_items, tells_of_items
from agreement.loaders._melt import Melted, melt
from agreement.loaders._names import short_names
from agreement.loaders._parts import Part, is_gold_name, name_singles, people_of, tell_apart
from agreement.loaders._roles import Roles, roles_of, unknown_columns, where
from agreement.loaders._scores import scores_of, take_scores, unknown_score_column
from agreement.loaders._sets import set_layers
from agreement.loaders._shapes import shape_of
from agreement.loaders._vocabulary import words
from agreement.loaders._workbooks import some
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import reading as said
from agreement.wording.unused import no_status

LONGEST = 10_000


CURATORS = ("curator", "curation", "curation_user", "curated")


def combine(grids: Sequence[Grid], reading: Reading, settings: Settings) -> Records:
    """Return the records of all *grids*.

    Raises
    ------
    InputError
        Listing every problem of every grid; also if two readings are possible, with the option that decides.
    """
    problems = unknown_columns(grids, settings.columns) + unknown_score_column(grids, settings)
    if problems:
        raise InputError(problems)
    scores = {id(grid): take_scores(grid, settings) for grid in grids}
    parts: list[Part] = []
    others: list[tuple[Grid, Roles]] = []
    filled = [grid for grid in grids if len(grid)]
    for grid in filled:
        roles = roles_of(grid, settings.columns)
        if len(filled) > 1 and is_items_sheet(grid, roles):
            others.append((grid, roles))
            continue
        try:
            shape = shape_of(grid, roles, settings, alone=len(filled) == 1)
        except InputError as error:
            problems += error.problems
            continue
        if shape is None:
            others.append((grid, roles))
        else:
            parts.append(Part(grid, roles, shape))
    if problems:
        raise InputError(problems)
    if not parts:
        raise InputError([_no_labels(grid) for grid, _ in others] or [Problem("input", "holds no table with labels.")])
    problems = [problem for part in parts for problem in _endless_cells(part, settings)]
    if problems:
        raise InputError(problems)
    _warn_of_statuses(parts, reading, settings)
    parts = name_singles(parts, reading, settings)
    tell_apart(parts, settings)
    marks = set_layers(parts, reading, settings)
    melted = [
        melt(part.grid, part.shape, settings, marks, annotator=part.annotator, layer=part.layer, round_=part.round)
        for part in parts
    ]
    records = _records(parts, melted, others, reading, settings)
    models = [name for name, kind in records.kinds.items() if kind == "model"] + list(settings.annotators.model)
    scored = [scores_of(part, scores[id(part.grid)], models) for part in parts if scores[id(part.grid)]]
    if scored:
        _add_scores(records, pd.concat(scored, ignore_index=True), parts)
    return records


def _warn_of_statuses(parts: Sequence[Part], reading: Reading, settings: Settings) -> None:
    """Warn of statuses that the settings read in a way of their own and no table has."""
    columns = [part.grid.columns[part.shape.status] for part in parts if part.shape.status is not None]
    found = {str(name).strip() for column in columns for name in column.categories}
    if strange := sorted(settings.reading.status.keys() - found):
        reading.warnings.append(no_status(strange, sorted(found)))


def _add_scores(records: Records, scores: pd.DataFrame, parts: Sequence[Part]) -> None:
    """Add *scores* to the records, under the short names of their annotators."""
    names = {name for part in parts for name in people_of(part)} | set(scores["annotator"])
    records.probabilities = scores.assign(annotator=scores["annotator"].map(short_names(names)))
    columns = sorted(set(scores["column"]))
    records.reading.columns["score"] = f'column "{columns[0]}"' + (
        f" and {len(columns) - 1} more" if columns[1:] else ""
    )


def _endless_cells(part: Part, settings: Settings) -> list[Problem]:
    """Return a problem for each cell of an item, an annotator or a label that is too long to be one."""
    grid, shape = part.grid, part.shape
    answers = {name for name, layer in settings.layers.items() if layer.kind == "answer"}
    names = [*shape.item, *(one for one in (shape.annotator, shape.layer, shape.round) if one is not None)]
    names += [one for one, layer in shape.labels.items() if layer not in answers]
    names += [one for one, (_, layer, _) in shape.cells.items() if layer not in answers]
    if grid.names and shape.item and shape.item[0] == part.roles.get("text"):
        names = [one for one in names if one not in shape.item]
    problems = []
    for position in names:
        if max(map(len, grid.columns[position].categories.to_numpy()), default=0) <= LONGEST:
            continue
        for code, cell in enumerate(grid.columns[position].categories):
            if len(cell) > LONGEST:
                row = int(grid.rows[int(np.argmax(grid.columns[position].codes == code))])
                problems.append(
                    Problem(
                        f"{grid.source}!{row}, {where(grid, position)}",
                        f"a cell of {len(cell):,} characters (it begins {cell[:40]!r}); items, annotators and labels "
                        f"have at most {LONGEST:,}.",
                        "Correct the cell, or name the right column with --label, --item or --annotator.",
                    )
                )
    return problems


def _no_labels(grid: Grid) -> Problem:
    """Return what to say about a grid without labels."""
    names = ", ".join(map(repr, grid.names[:20]))
    return Problem(
        grid.source,
        f"no column looks like labels (found: {names}).",
        "Name the columns with --item, --annotator and --label, or a column per annotator with --annotators; "
        'labels that are numbers need [layers.NAME] kind = "number" in agreement.toml.',
    )


def _records(
    parts: Sequence[Part], melted: Sequence[Melted], others: Sequence[tuple[Grid, Roles]], reading: Reading,
    settings: Settings,
) -> Records:  # fmt: skip
    """Return the records of all parts, with the account of how they were read."""
    frames = [one.rows for one in melted if len(one.rows)]
    rows = frames[0] if len(frames) == 1 else _stacked(frames)
    kinds: dict[str, str] = {}
    layers: dict[str, Layer] = {}
    for one in melted:
        kinds |= one.kinds
        layers |= one.layers
        for reason, times in one.aside.items():
            reading.aside(reason, times)
        for name, clashing in one.clashes.items():
            reading.warnings.append(said.contradicting(len(clashing), name, some(clashing)))
    if rows.empty:
        raise InputError(
            [Problem(", ".join(reading.files), "holds no label: every cell is blank.", "Export it again.")]
        )
    reading.rows_read = len(rows) + sum(reading.set_aside.values())
    count_hidden_rows(parts, reading)
    items = [one.items for one in melted] + [items_of(grid, roles) for grid, roles in others if tells_of_items(roles)]
    for grid, roles in others:
        if not tells_of_items(roles):
            reading.warnings.append(said.no_labels(grid.source, len(grid)))
    kinds = _kinds(_shorten(rows, kinds, reading), rows, settings)
    reading.gold_candidates = sorted(name for name, kind in kinds.items() if kind == "gold")
    describe_reading(parts, reading)
    dubious_cells(parts, reading)
    return Records(rows, reading, items=merged_items(items, reading), kinds=kinds, layers=layers)


def _shorten(rows: pd.DataFrame, kinds: dict[str, str], reading: Reading) -> dict[str, str]:
    """Write short names in place of e-mail addresses, and return the kinds under them."""
    names = list(rows["annotator"].cat.categories)
    short = short_names(names)
    changed = sum(short[name] != name for name in names)
    if changed:
        rows["annotator"] = rows["annotator"].cat.rename_categories(short)
        reading.repaired(said.ADDRESS_SHORTENED, changed)
    return {short.get(name, name): kind for name, kind in kinds.items()}


def _kinds(kinds: dict[str, str], rows: pd.DataFrame, settings: Settings) -> dict[str, str]:
    """Return the kinds of annotators with those that their names give away."""
    named = {}
    for name in rows["annotator"].cat.categories:
        if is_gold_name(name) or name == settings.columns.gold:
            named[name] = "gold"
        elif words(name) in CURATORS:
            named[name] = "curator"
    return kinds | named


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return *frames* below each other, text still as codes."""
    columns = list(dict.fromkeys(str(name) for frame in frames for name in frame))
    defaults: dict[str, Any] = {"take": -1, "status": "done"}
    stacked: dict[str, Any] = {}
    for name in columns:
        default = defaults.get(name, "")
        pieces = [frame[name] if name in frame else pd.Series([default] * len(frame)) for frame in frames]
        if name in ("take", "time", "row"):
            stacked[name] = pd.concat(pieces, ignore_index=True)
        else:
            text = [piece.astype("category") for piece in pieces]
            names = [piece.cat.categories.astype("str") for piece in text]
            known = [piece.cat.rename_categories(mine.tolist()) for piece, mine in zip(text, names, strict=True)]
            stacked[name] = pd.api.types.union_categoricals(known)
    return pd.DataFrame(stacked)
