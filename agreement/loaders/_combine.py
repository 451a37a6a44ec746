"""Several grids into one set of records: what sheets and files stand for, and what each of them adds."""

import os.path
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from agreement.annotations import Reading
from agreement.errors import InputError, Problem
from agreement.loaders._grids import Grid
from agreement.loaders._melt import Melted, melt
from agreement.loaders._names import short_names
from agreement.loaders._roles import PLACES, Roles, roles_of, unknown_columns, where
from agreement.loaders._shape import Shape
from agreement.loaders._shapes import shape_of
from agreement.loaders._vocabulary import ITEMS_SHEET, MODEL, ROLES, names_a_person, words
from agreement.loaders._workbooks import some
from agreement.records import Records
from agreement.settings import Settings

GOLD = "gold"
LONGEST = 10_000
CURATORS = ("curator", "curation", "curation_user", "curated")


@dataclass(slots=True)
class _Part:
    """One grid with its roles and shape, and what its name says."""

    grid: Grid
    roles: Roles
    shape: Shape
    annotator: str = ""
    layer: str = ""
    round: str = ""


def combine(grids: Sequence[Grid], reading: Reading, settings: Settings) -> Records:
    """Return the records of all *grids*.

    Raises
    ------
    InputError
        Listing every problem of every grid; also if two readings are possible, with the option that decides.
    """
    problems = unknown_columns(grids, settings.columns)
    if problems:
        raise InputError(problems)
    parts: list[_Part] = []
    others: list[tuple[Grid, Roles]] = []
    filled = [grid for grid in grids if len(grid)]
    for grid in filled:
        roles = roles_of(grid, settings.columns)
        if len(filled) > 1 and _is_items_sheet(grid, roles):
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
            parts.append(_Part(grid, roles, shape))
    if problems:
        raise InputError(problems)
    if not parts:
        raise InputError([_no_labels(grid) for grid, _ in others] or [Problem("input", "holds no table with labels.")])
    problems = [problem for part in parts for problem in _endless_cells(part, settings)]
    if problems:
        raise InputError(problems)
    parts = _name_singles(parts, reading, settings)
    _tell_apart(parts, settings)
    melted = [
        melt(part.grid, part.shape, settings, reading, annotator=part.annotator, layer=part.layer, round_=part.round)
        for part in parts
    ]
    return _records(parts, melted, others, reading, settings)


def _endless_cells(part: _Part, settings: Settings) -> list[Problem]:
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
        "Name the columns with --item, --annotator and --label.",
    )


def _is_items_sheet(grid: Grid, roles: Roles) -> bool:
    """Return whether a grid only tells about items: called so, no annotator, no label."""
    name = words(grid.sheet or _stem(grid))
    named = ITEMS_SHEET.fullmatch(name) is not None
    tells = {"text", "section", "document"} & set(roles.single)
    no_labels = "annotator" not in roles.single and not roles.label and not roles.gold
    people = any(names_a_person(grid.names[position]) for position in roles.free)
    return bool(roles.item) and no_labels and not people and (named or (bool(tells) and not roles.free))


def _stem(grid: Grid) -> str:
    """Return the file's name without folder and suffix."""
    return os.path.splitext(grid.file.rpartition("/")[2])[0]  # noqa: PTH122 - a name in a message, not a path on disk


def _is_gold_name(name: str) -> bool:
    """Return whether people call gold labels so."""
    return words(name) in ROLES["gold"] or words(name).startswith("gold_")


def _name_singles(parts: list[_Part], reading: Reading, settings: Settings) -> list[_Part]:
    """Name the annotators (and layers) of grids that hold one annotator's labels each, by sheet, file or folder."""
    singles = [part for part in parts if part.shape.layout == "single"]
    asked = settings.columns.annotator if settings.columns.annotator in PLACES else None
    gold = [part for part in singles if _is_gold_grid(part, settings)]
    for part in gold:
        part.annotator = GOLD
    singles = [part for part in singles if part.annotator != GOLD]
    if not singles:
        return parts
    if len(singles) + len(gold) < len(parts) and asked is None:
        for part in singles:
            reading.warnings.append(
                f"{part.grid.source} was not read: it does not say whose labels it holds ({len(part.grid)} rows)."
            )
        return [part for part in parts if part not in singles]
    asked = asked or _who(singles)
    names = [_place(part.grid, asked) for part in singles]
    reading.annotator_from = f"{asked} names"
    short = _shortened(names) if asked != "sheet" else dict(zip(names, names, strict=True))
    for part, name in zip(singles, names, strict=True):
        part.annotator = short[name]
    wanted = settings.columns.annotators
    if wanted:
        for part in singles:
            if part.annotator not in wanted:
                reading.warnings.append(f"{part.grid.source} was not read: it is not among --annotators.")
        singles = [part for part in singles if part.annotator in wanted]
        parts = [part for part in parts if part in singles or part.annotator == GOLD]
    _name_rest(singles, "file" if asked in ("sheet", "folder") else "sheet", settings)
    return parts


def _name_rest(singles: Sequence[_Part], place: str, settings: Settings) -> None:
    """Say what several grids of one annotator are: batches of items, layers, or rounds if so asked."""
    chosen = settings.columns
    if chosen.layer in PLACES or chosen.round in PLACES or _disjoint_items(singles):
        return
    mine: dict[str, list[_Part]] = {}
    for part in singles:
        mine.setdefault(part.annotator, []).append(part)
    for several in mine.values():
        for other in several[1:]:
            if _label_overlap(several[0], other) >= 0.5:
                raise InputError([_rounds_or_layers(several[0], other, place)])
    if any(len(several) > 1 for several in mine.values()):
        names = _shortened([_place(part.grid, place) for part in singles])
        for part in singles:
            part.layer = names[_place(part.grid, place)]


def _place(grid: Grid, place: str) -> str:
    """Return the name of the sheet, file or folder of *grid*."""
    return {"sheet": grid.sheet, "file": _stem(grid), "folder": grid.folder}[place]


def _is_gold_grid(part: _Part, settings: Settings) -> bool:
    """Return whether the sheet or file of a grid is called gold, or the settings call it so."""
    names = (part.grid.sheet, _stem(part.grid), part.grid.file.rpartition("/")[2], part.grid.file)
    return settings.columns.gold in names if settings.columns.gold else any(map(_is_gold_name, filter(None, names[:2])))


def _who(singles: Sequence[_Part]) -> str:
    """Return whether sheets, files or folders name the annotators: that of which each holds the same others."""
    sheets, stems = [part.grid.sheet for part in singles], [_stem(part.grid) for part in singles]
    folders = [part.grid.folder for part in singles]
    if len({part.grid.file for part in singles}) == 1:
        return "sheet" if any(sheets) else "file"
    if all(sheets) and len(set(sheets)) > 1 and len(set(sheets)) < len(sheets):
        return "sheet"
    return "folder" if len(set(folders)) > 1 and len(set(stems)) < len(stems) else "file"


def _shortened(names: Sequence[str]) -> dict[str, str]:
    """Return each file's name without what all of them begin and end with, as far as a name remains.

    Examples
    --------
    >>> _shortened(["annotations_qwen", "annotations_gemma"])
    {'annotations_qwen': 'qwen', 'annotations_gemma': 'gemma'}
    >>> _shortened(["Expert 1", "Expert 2"])
    {'Expert 1': 'Expert 1', 'Expert 2': 'Expert 2'}
    """
    unique = list(dict.fromkeys(names))
    if len(unique) < 2:
        return {name: name for name in unique}
    front = os.path.commonprefix(unique)
    front = front[: max((front.rfind(cut) + 1 for cut in "_-. "), default=0)]
    back = os.path.commonprefix([name[len(front) :][::-1] for name in unique])
    back = back[: max((back.rfind(cut) + 1 for cut in "_-. "), default=0)]
    short = {name: name[len(front) : len(name) - len(back)] for name in unique}
    if all(re.search(r"[^\W\d_]{2}", one) for one in short.values()):
        return short
    return {name: name for name in unique}


def _disjoint_items(parts: Sequence[_Part]) -> bool:
    """Return whether no annotator has an item in two grids: then these are batches, not layers."""
    seen: dict[str, set[str]] = {}
    for part in parts:
        if not part.shape.item:
            return len({one.annotator for one in parts}) == len(parts)
        mine = set(part.grid.used(part.shape.item[0]))
        if seen.setdefault(part.annotator, set()) & mine:
            return False
        seen[part.annotator] |= mine
    return True


def _tell_apart(parts: Sequence[_Part], settings: Settings) -> None:
    """Say what grids with the same annotators are: batches of items, or layers or rounds named by sheet or file."""
    chosen = settings.columns
    for part in parts:
        if chosen.layer in PLACES:
            part.layer = _place(part.grid, str(chosen.layer))
        if chosen.round in PLACES and part.annotator != GOLD:
            part.round = _place(part.grid, str(chosen.round))
    several = [part for part in parts if part.shape.layout != "single"]
    if len(several) < 2 or chosen.layer in PLACES or chosen.round in PLACES:
        return
    if any(part.shape.round is not None or part.shape.layer is not None for part in several):
        return
    first = several[0]
    again = [part for part in several[1:] if _shared_cells(first, part)]
    place = "sheet" if len({part.grid.file for part in several}) == 1 else "file"
    for part in again:
        if _label_overlap(first, part) >= 0.5:
            raise InputError([_rounds_or_layers(first, part, place)])
    if again:
        for part in several:
            part.layer = _place(part.grid, place)


def _rounds_or_layers(first: _Part, other: _Part, place: str) -> Problem:
    """Return what to say when the same annotators used the same labels on the same items twice."""
    return Problem(
        f"{first.grid.source}, {other.grid.source}",
        "the same annotators labelled the same items with the same labels in both: they may be two rounds or two "
        "questions.",
        f"Choose with --round {place} or --layer {place}, or name one of them only.",
    )


def _people(part: _Part) -> set[str]:
    """Return the annotators of a wide or long grid."""
    if part.shape.annotator is not None:
        return {name.strip() for name in part.grid.used(part.shape.annotator)}
    return {who for who, _, _ in part.shape.cells.values()}


def _shared_cells(first: _Part, other: _Part) -> bool:
    """Return whether two grids hold labels of one annotator for one item."""
    if not first.shape.item or not other.shape.item or not _people(first) & _people(other):
        return bool(_people(first) & _people(other))
    if first.shape.layout == other.shape.layout == "wide":
        return bool(set(first.grid.used(first.shape.item[0])) & set(other.grid.used(other.shape.item[0])))
    if first.shape.annotator is None or other.shape.annotator is None:
        return False
    pairs = [
        set(zip(part.grid.texts(part.shape.item[0]), part.grid.texts(part.shape.annotator or 0), strict=True))
        for part in (first, other)
    ]
    return len(pairs[0] & pairs[1]) > 0.5 * min(map(len, pairs))


def _label_overlap(first: _Part, other: _Part) -> float:
    """Return the share of labels, of those in the smaller set, that both grids use."""
    sets = [
        {cell for position in (*part.shape.labels, *part.shape.cells) for cell in part.grid.used(position)}
        for part in (first, other)
    ]
    return len(sets[0] & sets[1]) / max(min(map(len, sets)), 1)


def _records(
    parts: Sequence[_Part], melted: Sequence[Melted], others: Sequence[tuple[Grid, Roles]], reading: Reading,
    settings: Settings,
) -> Records:  # fmt: skip
    """Return the records of all parts, with the account of how they were read."""
    frames = [one.rows for one in melted if len(one.rows)]
    rows = frames[0] if len(frames) == 1 else _stacked(frames)
    kinds: dict[str, str] = {}
    layers = {}
    for one in melted:
        kinds |= one.kinds
        layers |= one.layers
        for reason, times in one.aside.items():
            reading.aside(reason, times)
    if rows.empty:
        raise InputError(
            [Problem(", ".join(reading.files), "holds no label: every cell is blank.", "Export it again.")]
        )
    reading.rows_read = len(rows) + sum(reading.set_aside.values())
    _hidden(parts, reading)
    items = [one.items for one in melted] + [_items_of(grid, roles) for grid, roles in others if _tells(grid, roles)]
    for grid, roles in others:
        if not _tells(grid, roles):
            reading.warnings.append(f"{grid.source} was not read: it holds no labels ({len(grid)} rows).")
    names = list(rows["annotator"].cat.categories)
    short = short_names(names)
    if any(short[name] != name for name in names):
        rows["annotator"] = rows["annotator"].cat.rename_categories(short)
        reading.repaired("e-mail address of an annotator shortened", sum(short[name] != name for name in names))
        kinds = {short.get(name, name): kind for name, kind in kinds.items()}
    for name in rows["annotator"].cat.categories:
        if _is_gold_name(name) or name == settings.columns.gold:
            kinds[name] = "gold"
        elif words(name) in CURATORS:
            kinds[name] = "curator"
        elif MODEL.fullmatch(words(name)):
            kinds[name] = "model"
    reading.gold_candidates = sorted(name for name, kind in kinds.items() if kind == "gold")
    _describe(parts, reading)
    _dubious_cells(parts, reading)
    return Records(rows, reading, items=_merged_items(items, reading), kinds=kinds, layers=layers)


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return *frames* below each other, text still as codes."""
    columns = list(dict.fromkeys(name for frame in frames for name in frame))
    stacked = {}
    for name in columns:
        pieces = []
        for frame in frames:
            if name in frame:
                pieces.append(frame[name])
            else:
                default: object = {"take": -1, "status": "done"}.get(name, "")
                pieces.append(pd.Series([default] * len(frame), dtype="category" if name != "take" else "int64"))
        if isinstance(pieces[0].dtype, pd.CategoricalDtype):
            text = [piece.astype(pd.CategoricalDtype(piece.cat.categories.astype("str"))) for piece in pieces]
            stacked[name] = pd.Series(pd.api.types.union_categoricals(text))
        else:
            stacked[name] = pd.concat(pieces, ignore_index=True)
    return pd.DataFrame(stacked)


def _hidden(parts: Sequence[_Part], reading: Reading) -> None:
    """Count hidden rows as read but not used."""
    hidden = sum(part.grid.hidden_rows for part in parts)
    reading.rows_read += hidden
    reading.aside("hidden row", hidden)


def _tells(grid: Grid, roles: Roles) -> bool:
    """Return whether a grid without labels tells something about items."""
    return bool(roles.item) and bool({"text", "section", "document"} & set(roles.single))


def _items_of(grid: Grid, roles: Roles) -> pd.DataFrame:
    """Return what a sheet of items says about them."""
    names = {"text": "text", "section": "section", "document": "cluster", "round": "batch"}
    columns = {names[role]: position for role, position in roles.single.items() if role in names}
    columns |= {grid.names[position]: position for position in roles.free}
    index = pd.Index([str(name).strip() for name in grid.texts(roles.item[0])], name="item", dtype="str")
    return pd.DataFrame({name: grid.texts(position) for name, position in columns.items()}, index=index)


def _merged_items(frames: Sequence[pd.DataFrame], reading: Reading) -> pd.DataFrame:
    """Return what all grids say about items; the first filled cell counts, contradictions are reported."""
    told = [frame for frame in frames if frame.columns.size]
    if not told:
        return pd.DataFrame(index=pd.Index([], name="item"))
    everything = pd.concat(told)
    if len(told) > 1 or everything.index.has_duplicates:
        blank = everything.eq("") | everything.isna()
        grouped = everything.mask(blank).groupby(level=0, sort=False)
        for name in ("section", "cluster"):
            if name in everything:
                clashes = grouped[name].nunique() > 1
                if clashes.any():
                    shown = some([str(item) for item in clashes.index[clashes]])
                    reading.warnings.append(
                        f"{int(clashes.sum())} items have more than one {name}: {shown}. The first counts."
                    )
        everything = grouped.first()
    everything.index.name = "item"
    return everything.fillna("").astype("str")


def _describe(parts: Sequence[_Part], reading: Reading) -> None:
    """Fill in where the reading found what."""
    layouts = list(dict.fromkeys(part.shape.layout for part in parts))
    titles = {
        "long": "long (a row per annotation)", "wide": "wide (a column per annotator)",
        "transposed": "transposed (annotators as rows)", "one-hot": "one-hot (a column per label)",
        "list": "lists (annotators and labels of an item in one row)",
    }  # fmt: skip
    reading.layout = ", ".join(
        titles.get(layout, f"one {reading.annotator_from.removesuffix(' names') or 'file'} per annotator")
        for layout in layouts
    )
    people = [part for part in parts if part.annotator != GOLD] or list(parts)
    if not reading.annotator_from:
        grid, shape = people[0].grid, people[0].shape
        if shape.annotator is not None:
            reading.annotator_from = where(grid, shape.annotator)
        elif shape.layout == "single":
            reading.annotator_from = "file names"
        else:
            names = [grid.names[position] for position in shape.cells]
            reading.annotator_from = f"column names ({some(names)})" if grid.has_header else "columns, by position"
    told: dict[str, str] = {"item": "", "annotator": reading.annotator_from, "label": ""}
    for part in (*people, *parts):
        for role, place in _columns_told(part).items():
            told[role] = told.get(role) or place
    reading.columns = {role: place for role, place in told.items() if place}


def _columns_told(part: _Part) -> dict[str, str]:
    """Return where one grid keeps what."""
    grid, shape = part.grid, part.shape
    told = {
        "item": " + ".join(where(grid, position) for position in shape.item)
        or ("column names" if shape.layout == "transposed" else "row number"),
        "label": ", ".join(where(grid, position) for position in shape.labels)
        or ("cells" if shape.layout != "one-hot" else "column names"),
        "gold": ", ".join(where(grid, position) for position in shape.gold),
    }
    if part.annotator == GOLD:
        told = {"gold": grid.source}
    singles = {"layer": shape.layer, "round": shape.round, "time": shape.time, "status": shape.status,
               "model": shape.model} | {{"cluster": "document"}.get(name, name): at for name, at in shape.about.items()}  # fmt: skip
    return told | {role: where(grid, position) for role, position in singles.items() if position is not None}


def _cells(addresses: Sequence[str]) -> str:
    """Return how many cells and the first of them."""
    return f"{len(addresses)} cell{'s' if len(addresses) > 1 else ''} ({some(addresses)})"


def _dubious_cells(parts: Sequence[_Part], reading: Reading) -> None:
    """Report cells of item and label columns whose text the spreadsheet program made: dates, formats, formulas."""
    for part in parts:
        grid, shape = part.grid, part.shape
        mine = {grid.letters[position] for position in (*shape.item, *shape.labels, *shape.cells, *shape.gold)}
        for column, cells in grid.dates.items():
            if column in mine:
                reading.warnings.append(
                    f"{grid.source}: {_cells(cells)} hold dates where labels or items stand; a label "
                    "such as 1-2 may have been turned into a date. Format the column as text and enter them again."
                )
        for column, formats in grid.formats.items():
            for code, cells in formats.items() if column in mine and column not in grid.dates else ():
                reading.warnings.append(
                    f"{grid.source}: {_cells(cells)} have the number format {code!r}; the "
                    "stored value was read, which may look different in the spreadsheet."
                )
        uncached = [cell for cell in grid.uncached if cell.rstrip("0123456789") in mine]
        if uncached:
            reading.warnings.append(
                f"{grid.source}: formulas without a computed value count as blank: {_cells(uncached)}. "
                "Open the workbook in a spreadsheet program and save it."
            )
