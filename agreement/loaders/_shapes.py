"""How a grid is laid out: which cells are labels, and what their row and column say about them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from agreement.errors import InputError, Problem
from agreement.loaders._cells import (
    cell_lists,
    is_binary,
    is_counter,
    is_free_text,
    is_label_like,
    joins,
    pairs_unique_share,
    same_question,
    set_cells,
    ticked,
)
from agreement.loaders._grids import Grid, is_number
from agreement.loaders._roles import Roles, find_column
from agreement.loaders._vocabulary import is_called, names_a_person, words
from agreement.settings import Columns, Settings

DEFAULT_LAYER = "label"
SHORT = 20


@dataclass(frozen=True, slots=True)
class Shape:
    """What the columns of a grid mean; positions of columns throughout.

    Parameters
    ----------
    layout
        ``long``, ``wide``, ``transposed``, ``one-hot``, ``list``, or ``single``: labels of one annotator whom only
        the name of the sheet, file or folder gives away.
    item
        Columns that together name the item; none if the row does.
    annotator, layer, round, time, status, model
        Columns that say so, or None.
    labels
        Label column to layer, for ``long``, ``list`` and ``single``.
    cells
        Label column to (annotator, layer, label), for ``wide``, ``transposed`` and ``one-hot``; label is empty
        unless the column stands for one label.
    about
        What is known about the item: ``text``, ``section``, ``cluster`` or a name of its own to its column.
    gold
        Columns with gold labels.
    """

    layout: str
    item: tuple[int, ...] = ()
    annotator: int | None = None
    layer: int | None = None
    round: int | None = None
    time: int | None = None
    status: int | None = None
    model: int | None = None
    labels: dict[int, str] = field(default_factory=dict)
    cells: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    about: dict[str, int] = field(default_factory=dict)
    gold: tuple[int, ...] = ()


def shape_of(grid: Grid, roles: Roles, settings: Settings, *, alone: bool) -> Shape | None:
    """Return the shape of *grid*, None if it holds no labels; *alone* if no other grid may name annotators.

    Raises
    ------
    InputError
        If it can be read in more than one way; says which, and the option that decides.
    """
    columns = settings.columns
    if "start" in roles.single and "end" in roles.single:
        raise InputError([_spans(grid)])
    _demote(grid, roles, columns)
    _find_text(grid, roles)
    base = Shape(
        "",
        item=roles.item,
        **{name: roles.get(name) for name in ("annotator", "layer", "round", "time", "status", "model")},
        about=_about(roles),
        gold=tuple(roles.gold),
    )
    match columns.layout:
        case "long":
            return _long(grid, roles, base, settings)
        case "wide":
            return _wide(grid, roles, base, settings, insist=True)
        case "transposed":
            return _transposed(grid, roles, base)
        case "one-hot":
            return _one_hot(grid, roles, base, insist=True)
        case "per-file" | "per-sheet":
            return _single(grid, roles, base, settings)
        case _:
            return _detected(grid, roles, base, settings, alone=alone)


def _detected(grid: Grid, roles: Roles, base: Shape, settings: Settings, *, alone: bool) -> Shape | None:
    """Return the shape that names and content agree on."""
    if any(find_column(grid, name) is not None for name in settings.columns.annotators):
        return _wide(grid, roles, base, settings, insist=True)
    if listed := _lists(grid, roles, base):
        return listed
    if base.annotator is not None:
        if _is_transposed(grid, roles, base):
            return _transposed(grid, roles, base)
        return _one_hot(grid, roles, base, insist=False) or _long(grid, roles, base, settings)
    if not grid.has_header and (found := _headerless_long(grid, roles, base)):
        return found
    if found := _one_hot_wide(grid, roles, base):
        return found
    if found := _sideways(grid, roles, base):
        return found
    if base.model is not None and roles.label and roles.item:
        return _long(grid, roles, replace(base, annotator=base.model), settings)
    if alone or len(roles.label) != 1 or roles.free:
        found = _wide(grid, roles, base, settings, insist=False)
        if found:
            return found
    found = _single(grid, roles, base, settings)
    if found and alone and len(found.labels) > 1 and "label" not in roles.asked:
        raise InputError([_people_or_questions(grid, list(found.labels))])
    return found


def _find_text(grid: Grid, roles: Roles) -> None:
    """Give the role of the item's text to the one column of running text, if none has it and rows are items."""
    if "text" in roles.single or ("annotator" in roles.single and not roles.item):
        return
    free = [one for one in (*roles.free, *roles.note) if is_free_text(grid, one)]
    if "annotator" in roles.single:
        free = [one for one in free if _belongs_to_item(grid, roles.item, one)]
    if len(free) == 1:
        roles.single["text"] = free[0]
        roles.free = [one for one in roles.free if one not in free]
        roles.note = [one for one in roles.note if one not in free]


def _about(roles: Roles) -> dict[str, int]:
    """Return what is known about items and where."""
    about = {"text": "text", "section": "section", "document": "cluster"}
    return {name: roles.single[role] for role, name in about.items() if role in roles.single}


def _spans(grid: Grid) -> Problem:
    """Return what to say about a table of spans."""
    return Problem(
        grid.source,
        "has columns for start and end: it is a table of spans, not of labels per item.",
        "Read it with --read-as span-table, which needs the columns item, annotator, start, end and label.",
    )


def _demote(grid: Grid, roles: Roles, columns: Columns) -> None:
    """Free columns that are called annotator or model but hold labels: the columns of two annotators so named."""
    for role in ("annotator", "model"):
        position = roles.get(role)
        if position is None or role in roles.asked:
            continue
        rivals = [one for one in roles.free if is_label_like(grid, one)]
        named = [one for one in rivals if names_a_person(grid.names[one]) or not roles.label]
        if any(same_question(grid, position, one) and same_question(grid, one, position) for one in named):
            del roles.single[role]
            roles.free = sorted([*roles.free, position])
    if columns.layout == "wide" and "annotator" in roles.single and "annotator" not in roles.asked:
        roles.free = sorted([*roles.free, roles.single.pop("annotator")])


def _long(grid: Grid, roles: Roles, base: Shape, settings: Settings) -> Shape:
    """Return the shape of a table with a row per annotation."""
    if base.annotator is None:
        raise InputError([_need(grid, "annotator")])
    item = base.item or _find_item(grid, roles, base.annotator)
    if not item:
        raise InputError([_need(grid, "item")])
    free = [position for position in roles.free if position not in item]
    labels = {position: _layer_name(grid, position, roles.label) for position in roles.label}
    if not labels:
        found = [position for position in free if is_label_like(grid, position) and grid.distinct(position)]
        varying = [position for position in found if not _belongs_to_item(grid, item, position)]
        chosen = varying or found
        if not chosen:
            texts = [position for position in free if grid.distinct(position)]
            raise InputError([_need(grid, "label") if not texts else _text_not_label(grid, texts[0])])
        labels = {position: _layer_name(grid, position, chosen) for position in chosen}
    _refuse_free_text(grid, labels, settings)
    rest = [position for position in free if position not in labels]
    about = dict(base.about)
    about |= {grid.names[one]: one for one in rest if grid.has_header and _belongs_to_item(grid, item, one)}
    return replace(base, layout="long", item=_compound(grid, item, base, base.annotator), labels=labels, about=about)


def _compound(grid: Grid, item: tuple[int, ...], base: Shape, annotator: int | None) -> tuple[int, ...]:
    """Return the item's columns: the document joins them when numbers start again in each document."""
    document = base.about.get("cluster")
    if len(item) != 1 or document is None or document in item:
        return item
    beside = [position for position in (annotator, base.round, base.layer) if position is not None]
    alone = pairs_unique_share(grid, [*item, *beside])
    if alone < 1 and pairs_unique_share(grid, [document, *item, *beside]) == 1:
        return (document, *item)
    return item


def _layer_name(grid: Grid, position: int, among: Sequence[int]) -> str:
    """Return the layer of a label column: its own name if it stands beside others or says more than ``label``."""
    name = grid.names[position]
    return name if len(among) > 1 and grid.has_header else DEFAULT_LAYER


def _find_item(grid: Grid, roles: Roles, annotator: int) -> tuple[int, ...]:
    """Return the column that names items by content: together with the annotator it never recurs."""
    candidates = [
        position
        for position in roles.free
        if grid.distinct(position) > 1 and pairs_unique_share(grid, [position, annotator]) > 0.9
    ]
    recurring = [position for position in candidates if pairs_unique_share(grid, [position]) < 1]
    if "text" in roles.single and not recurring:
        return (roles.single["text"],)
    if len(recurring) == 1:
        return (recurring[0],)
    if len(recurring) > 1:
        names = [grid.names[position] for position in recurring]
        raise InputError(
            [
                Problem(
                    grid.source,
                    f"more than one column may name the item: {', '.join(map(repr, names))}.",
                    "Choose with " + " or ".join(f"--item {name!r}" for name in names) + ".",
                )
            ]
        )
    return ()


def _belongs_to_item(grid: Grid, item: tuple[int, ...], position: int) -> bool:
    """Return whether a column always says the same about one item."""
    alone = pairs_unique_share(grid, list(item))
    return alone < 1 and pairs_unique_share(grid, [*item, position]) == alone


def _need(grid: Grid, role: str) -> Problem:
    """Return what to say about a column that is missing."""
    names = ", ".join(map(repr, grid.names[:20]))
    return Problem(grid.source, f"no column names the {role} (found: {names}).", f"Name it with --{role}.")


def _text_not_label(grid: Grid, position: int) -> Problem:
    """Return what to say about free text taken for labels."""
    return Problem(
        f'{grid.source}, column "{grid.names[position]}"',
        f"nearly every cell is different ({grid.distinct(position)} in {len(grid)} rows) and long: it looks like "
        "text, not like labels.",
        "Name the column that holds labels with --label; if these are free answers, declare the layer of kind answer.",
    )


def _refuse_free_text(grid: Grid, labels: dict[int, str], settings: Settings) -> None:
    """Refuse label columns that hold running text."""
    problems = [
        _text_not_label(grid, position)
        for position, layer in labels.items()
        if is_free_text(grid, position)
        and not (layer in settings.layers and settings.layers[layer].kind in ("answer", "number"))
    ]
    if problems:
        raise InputError(problems)


def _single(grid: Grid, roles: Roles, base: Shape, settings: Settings) -> Shape | None:
    """Return the shape of the labels of one annotator, None if nothing looks like a label."""
    labels = list(roles.label)
    free = list(roles.free)
    item = base.item
    if not item and not labels and len(free) == 2 and is_label_like(grid, free[1]):
        item, free = (free[0],), free[1:]
    if not item and free and pairs_unique_share(grid, [free[0]]) == 1 and len(free) + len(labels) > 1 and len(grid) > 1:
        item, free = (free[0],), free[1:]
    if not item and "text" in roles.single:
        item = (roles.single["text"],)
    if not labels:
        labels = [position for position in free if is_label_like(grid, position) and grid.distinct(position)]
    if not labels:
        return None
    named = {position: _layer_name(grid, position, labels) for position in labels}
    _refuse_free_text(grid, named, settings)
    about = dict(base.about)
    about |= {grid.names[one]: one for one in free if one not in labels and grid.has_header}
    return replace(base, layout="single", item=_compound(grid, item, base, None), labels=named, about=about)


def _headerless_long(grid: Grid, roles: Roles, base: Shape) -> Shape | None:
    """Return the shape of item, annotator and label in any order without names, judged by what recurs with what."""
    free = [position for position in roles.free if grid.distinct(position)]
    if len(free) != 3 or roles.item or roles.label:
        return None
    distinct = {position: grid.distinct(position) for position in free}
    if any(same_question(grid, a, b) and is_label_like(grid, a) and is_label_like(grid, b) and not is_counter(grid, a)
           and not is_counter(grid, b) for a in free for b in free if a != b):  # fmt: skip
        return None
    if max(distinct.values()) == len(grid):
        return None
    readings = []
    for label in free:
        first, second = sorted((one for one in free if one != label), key=lambda one: distinct[one])
        together = pairs_unique_share(grid, [first, second])
        apart = max(pairs_unique_share(grid, [first, label]), pairs_unique_share(grid, [second, label]))
        if together > apart and together > 0.7 and distinct[label] <= max(distinct[second] // 2, 2):
            readings.append((together, label, first, second))
    if not readings:
        return None
    readings.sort(reverse=True)
    _, label, annotator, item = readings[0]
    persons = [one for one in (annotator, item) if _looks_like_people(grid, one)]
    if persons == [item]:
        annotator, item = item, annotator
    elif not persons and distinct[item] < 1.5 * distinct[annotator]:
        raise InputError(
            [
                Problem(
                    grid.source,
                    f"two readings are possible: {item_word(grid, item)} names the items and "
                    f"{item_word(grid, annotator)} the annotators, or the other way round "
                    f"({distinct[item]} and {distinct[annotator]} different values).",
                    f"Choose with --item {item + 1} --annotator {annotator + 1} or "
                    f"--item {annotator + 1} --annotator {item + 1}.",
                )
            ]
        )
    return replace(base, layout="long", item=(item,), annotator=annotator, labels={label: DEFAULT_LAYER})


def item_word(grid: Grid, position: int) -> str:
    """Return what to call a column in a message, with an example of what it holds."""
    name = f"column {grid.names[position]!r}" if grid.has_header else f"column {position + 1}"
    return f"{name} ({', '.join(grid.used(position)[:2])} …)"


def _looks_like_people(grid: Grid, position: int) -> bool:
    """Return whether the cells of a column are names or ids of persons, as far as their pattern tells."""
    cells = grid.used(position)[:50]
    pattern = re.compile(r"A[0-9A-Z]{10,14}|[^@\s]+@[^@\s]+\.\w+")
    return bool(cells) and all(pattern.fullmatch(cell.strip()) or names_a_person(cell) for cell in cells)


def _is_transposed(grid: Grid, roles: Roles, base: Shape) -> bool:
    """Return whether rows are annotators and columns items."""
    columns = [position for position in range(len(grid.names)) if position != base.annotator]
    if roles.label and len(columns) < 3:
        return False
    if base.annotator is None or pairs_unique_share(grid, [base.annotator]) < 1 or base.item or len(columns) < 2:
        return False
    return len(columns) >= 3 or sum(same_question(grid, columns[0], one) for one in columns[1:]) == len(columns) - 1


def _transposed(grid: Grid, roles: Roles, base: Shape) -> Shape:
    """Return the shape of a table with annotators as rows and items as columns."""
    if base.annotator is None:
        annotator = base.item[0] if len(base.item) == 1 else 0
    else:
        annotator = base.annotator
    known = {annotator, *roles.note, *(one for one in (base.time, base.round) if one is not None)}
    cells = {one: ("", DEFAULT_LAYER, "") for one in range(len(grid.names)) if one not in known}
    return replace(base, layout="transposed", item=(), annotator=annotator, cells=cells, about={}, gold=())


ITEM_LIKE = re.compile(
    r"(items?|texts?|sentences?|sent|q|question|t|i|s|doc|document|example|case|unit|ticket|image|img)?_?\d+"
)


def _sideways(grid: Grid, roles: Roles, base: Shape) -> Shape | None:
    """Return the shape of annotators as rows whose corner cell is blank or tells nothing, if the columns are items."""
    free = [position for position in roles.free if grid.distinct(position)]
    if not grid.has_header or roles.item or roles.label or len(free) < 3:
        return None
    first, rest = free[0], free[1:]
    rows = [cell for cell in grid.used(first) if not is_number(cell)]
    if pairs_unique_share(grid, [first]) < 1 or (is_label_like(grid, first) and same_question(grid, first, rest[0])):
        return None
    are_items = all(ITEM_LIKE.fullmatch(words(grid.names[one])) for one in rest)
    are_people = all(names_a_person(grid.names[one]) for one in rest)
    rows_are_people = bool(rows) and all(names_a_person(cell) for cell in rows)
    rows_are_items = all(ITEM_LIKE.fullmatch(words(cell)) for cell in grid.used(first))
    if rows_are_items or (are_people and not rows_are_people):
        return None
    if not (are_items or rows_are_people or len(rest) > len(grid)):
        return None
    if (are_items or rows_are_people) and len(rest) >= len(grid):
        return _transposed(grid, roles, replace(base, annotator=first))
    raise InputError(
        [
            Problem(
                grid.source,
                f"two readings are possible: rows are annotators ({', '.join(grid.used(first)[:3])} …) and columns are "
                f"items, or rows are items and columns annotators ({', '.join(grid.names[one] for one in rest[:3])} …).",
                "Choose with --layout transposed or --layout wide.",
            )
        ]
    )


def _lists(grid: Grid, roles: Roles, base: Shape) -> Shape | None:
    """Return the shape of one row per item with the lists of its annotators and labels, joined by their order."""
    labels = [one for one in roles.label if set_cells(grid, one)]
    annotator = base.annotator
    if annotator is not None and set_cells(grid, annotator):
        names = cell_lists(grid, annotator)
        fitting = [
            one
            for one in (labels or [free for free in roles.free if set_cells(grid, free)])
            if _same_lengths(names, cell_lists(grid, one))
        ]
        if fitting:
            return replace(base, layout="list", labels={one: _layer_name(grid, one, fitting) for one in fitting})
        if labels and words(grid.names[annotator]).endswith("s"):
            raise InputError(
                [
                    Problem(
                        grid.source,
                        f"the lists in {item_word(grid, annotator)} and {item_word(grid, labels[0])} differ in length.",
                        "Give each item as many labels as annotators, in one order.",
                    )
                ]
            )
    if annotator is None and labels and len(labels) == len(roles.label) and labels[0] not in roles.item:
        lengths = {len(cells) for cells in cell_lists(grid, labels[0])}
        if min(lengths) >= 2 and not any(names_a_person(grid.names[one]) for one in roles.free):
            raise InputError(
                [
                    Problem(
                        f'{grid.source}, column "{grid.names[labels[0]]}"',
                        "lists labels without saying who gave them, so no two annotators can be compared.",
                        "Add a column that lists the annotators in the same order, or give each annotator a column.",
                    )
                ]
            )
    return None


def _same_lengths(first: Sequence[Sequence[str]], second: Sequence[Sequence[str]]) -> bool:
    """Return whether the lists of nearly all rows are equally long."""
    same = sum(len(a) == len(b) for a, b in zip(first, second, strict=True))
    return same == len(first)


def _one_hot(grid: Grid, roles: Roles, base: Shape, *, insist: bool) -> Shape | None:
    """Return the shape of a row per annotation with a column per label, if exactly one of them is ticked."""
    candidates = [one for one in [*roles.free, *roles.label, *roles.note] if is_binary(grid, one)]
    if insist and base.annotator is None:
        return _one_hot_wide(grid, roles, base) or _refuse_one_hot(grid)
    if len(candidates) < 2 or (not insist and roles.label):
        return _refuse_one_hot(grid) if insist else None
    times = np.sum([ticked(grid, one) for one in candidates], axis=0)
    if not insist and (times != 1).any():
        names = ", ".join(repr(grid.names[one]) for one in candidates)
        flags = " ".join(f"--label {grid.names[one]!r}" for one in candidates)
        raise InputError(
            [
                Problem(
                    grid.source,
                    f"two readings are possible: the columns {names} tick the labels of one question, or each is a "
                    "question of its own.",
                    f"Choose with --layout one-hot, or with --layout long {flags}.",
                )
            ]
        )
    cells = {one: ("", DEFAULT_LAYER, grid.names[one]) for one in candidates}
    return replace(base, layout="one-hot", cells=cells, item=base.item or _find_item(grid, roles, base.annotator or 0))


def _refuse_one_hot(grid: Grid) -> None:
    """Refuse a one-hot reading that the columns do not bear out."""
    raise InputError(
        [
            Problem(
                grid.source,
                "has no two columns that are ticked or not, so --layout one-hot does not fit.",
                "A column per label holds 1 or 0, x or nothing, TRUE or FALSE.",
            )
        ]
    )


SPLIT = re.compile(r"(?<=[^\W_])[_.:/\-\s|]+(?=[^\W_])")


def _product(names: Sequence[str]) -> tuple[list[str], list[str], list[tuple[str, str]]] | None:
    """Return the two parts that all *names* are made of, if every combination of them occurs once."""
    splits = [[(name[: cut.start()], name[cut.end() :]) for cut in SPLIT.finditer(name)] for name in names]
    if len(names) < 4 or not all(splits):
        return None
    for pick in range(max(map(len, splits))):
        for side in (1, -1):
            pairs = [one[min(pick, len(one) - 1) * 1] if side == 1 else one[-1 - min(pick, len(one) - 1)]
                     for one in splits]  # fmt: skip
            first, second = list(dict.fromkeys(a for a, _ in pairs)), list(dict.fromkeys(b for _, b in pairs))
            if len(first) > 1 and len(second) > 1 and len(first) * len(second) == len(names) == len(set(pairs)):
                return first, second, pairs
    return None


def _one_hot_wide(grid: Grid, roles: Roles, base: Shape) -> Shape | None:
    """Return the shape of a column per annotator and label: ``Ana_spam``, ``Ana_ham``, ``Ben_spam`` …, all ticks."""
    candidates = [one for one in [*roles.free, *roles.label] if is_binary(grid, one)]
    found = _product([grid.names[one] for one in candidates])
    if not found or not grid.has_header:
        return None
    first, second, pairs = found
    ticks = {one: ticked(grid, one) for one in candidates}

    def exclusive(side: int) -> bool:
        names = first if side == 0 else second
        mine = [[one for one, pair in zip(candidates, pairs, strict=True) if pair[side] == name] for name in names]
        return all((np.sum([ticks[one] for one in group], axis=0) == 1).all() for group in mine)

    by_first, by_second = exclusive(0), exclusive(1)
    if by_first == by_second:
        return None
    chosen = pairs if by_first else [(b, a) for a, b in pairs]
    cells = {one: (who, DEFAULT_LAYER, label) for one, (who, label) in zip(candidates, chosen, strict=True)}
    return replace(base, layout="one-hot", cells=cells)


def _wide(grid: Grid, roles: Roles, base: Shape, settings: Settings, *, insist: bool) -> Shape | None:
    """Return the shape of a table with a column per annotator, or per annotator and layer."""
    columns = settings.columns
    asked = [found for name in columns.annotators if (found := find_column(grid, name)) is not None]
    if asked:
        item = base.item or _leading_id(grid, [one for one in roles.free if one not in asked])
        about = dict(base.about)
        cells = {one: (grid.names[one], DEFAULT_LAYER, "") for one in asked}
        return replace(base, layout="wide", item=item, cells=cells, about=about)
    free = [one for one in sorted([*roles.free, *(() if "label" in roles.asked else roles.label)]) if grid.distinct(one)]
    item = base.item or _leading_id(grid, free)
    free = [one for one in free if one not in item]
    groups = _groups(grid, free, roles)
    if not groups and len(free) > 1 and (insist or _small_but_related(grid, item, free)):
        groups = [free]
    if not groups:
        return None
    cells = _annotator_cells(grid, groups, columns, insist=insist)
    if not cells:
        return None
    _refuse_free_text(grid, {one: layer for one, (_, layer, _) in cells.items()}, settings)
    rest = [one for one in free if one not in cells]
    about = dict(base.about) | {grid.names[one]: one for one in rest if grid.has_header}
    label = [one for one in roles.label if one not in cells]
    about |= {grid.names[one]: one for one in label}
    return replace(base, layout="wide", item=_compound(grid, item, base, None), cells=cells, about=about)


def _small_but_related(grid: Grid, item: tuple[int, ...], free: Sequence[int]) -> bool:
    """Return whether a table is too short to show what its columns share, yet all share some label with another."""
    if len(grid) >= SHORT or not item or not grid.has_header:
        return False
    cells = [{cell.strip() for cell in grid.used(one)} for one in free]
    return all(any(mine & others for others in cells if others is not mine) for mine in cells)


def _leading_id(grid: Grid, free: Sequence[int]) -> tuple[int, ...]:
    """Return the first column if it names rows: nothing recurs in it, and the others hold something else."""
    if len(free) < 3 or len(grid) < 2:
        return ()
    first, rest = free[0], free[1:]
    unique = pairs_unique_share(grid, [first]) == 1 and not grid.blank(first).any()
    blank_name = words(grid.names[first]) in ("", "unnamed_0") or grid.names[first].startswith("column ")
    if not unique:
        return ()
    if is_counter(grid, first) or not any(same_question(grid, first, one) for one in rest):
        return (first,)
    return (first,) if blank_name and grid.has_header else ()


def _groups(grid: Grid, free: Sequence[int], roles: Roles) -> list[list[int]]:
    """Return the groups of two and more columns that answer one question: they share their values, or are people."""
    people = [one for one in free if grid.has_header and names_a_person(grid.names[one])]
    candidates = [one for one in free if is_label_like(grid, one) or one in people]
    candidates.sort(key=lambda one: (one not in people, int(grid.blank(one).sum()), one))
    groups: list[list[int]] = []
    for one in candidates:
        home = next(
            (
                group
                for group in groups
                if joins(grid, one, group)
                or (one in people and all(other in people for other in group) and len(people) == len(candidates))
            ),
            None,
        )
        if home is None:
            groups.append([one])
        else:
            home.append(one)
    return [sorted(group) for group in groups if len(group) > 1]


def _annotator_cells(
    grid: Grid, groups: list[list[int]], columns: Columns, *, insist: bool
) -> dict[int, tuple[str, str, str]]:
    """Return who and which layer each label column stands for."""
    names = {one: grid.names[one] for group in groups for one in group}
    everything = sorted(names)
    found = _product([names[one] for one in everything]) if grid.has_header and not insist else None
    if found:
        first, second, pairs = found
        where = dict(zip(everything, pairs, strict=True))
        side = _annotator_side(groups, where, first, second)
        for number, part in enumerate((first, second)):
            if columns.annotators and set(columns.annotators) <= set(part):
                side = number
        if side is None and len(groups) == 1 and not _all_people(names.values()):
            raise InputError([_two_products(grid, first, second)])
        if side is not None:
            return {one: (pair[side], pair[1 - side], "") for one, pair in where.items()}
    if len(groups) == 1:
        group = groups[0]
        _refuse_questions(grid, group, insist=insist)
        return {one: (who, DEFAULT_LAYER, "") for one, who in zip(group, _person_names(grid, group), strict=True)}
    people = [group for group in groups if _all_people(names[one] for one in group)]
    if len(people) == 1:
        return {one: (names[one], DEFAULT_LAYER, "") for one in people[0]}
    shown = " or ".join(", ".join(repr(names[one]) for one in group[:6]) for group in groups)
    flags = " or ".join(_flags([names[one] for one in group]) for group in groups)
    raise InputError(
        [
            Problem(
                grid.source,
                f"more than one group of columns may be the annotators: {shown}.",
                f"Name the columns of the annotators: {flags}.",
            )
        ]
    )


def _all_people(names: "Sequence[str] | object") -> bool:
    """Return whether all *names* are words for annotators."""
    return all(names_a_person(name) for name in names)  # type: ignore[attr-defined]


def _annotator_side(
    groups: list[list[int]], where: dict[int, tuple[str, str]], first: Sequence[str], second: Sequence[str]
) -> int | None:
    """Return which part of the names is the annotator: the groups tell the layer, else words and numbers do."""
    for side in (0, 1):
        if len(groups) > 1 and all(len({where[one][1 - side] for one in group}) == 1 for group in groups):
            return side
    for side, mine, others in ((0, first, second), (1, second, first)):
        if _all_people(mine) and not _all_people(others) and not all(map(str.isdecimal, others)):
            return side
        if all(_is_question(name) for name in others) and not all(_is_question(name) for name in mine):
            return side
    return None


def _is_question(name: str) -> bool:
    """Return whether a name is one people give to a label column."""
    return is_called(name, "label") or words(name) in (
        "sentiment", "topic", "tone", "intent", "stance", "emotion", "toxicity", "relevance", "quality", "fluency",
        "urgency", "severity", "polarity", "subjectivity", "adequacy", "coherence", "factuality", "helpfulness",
    )  # fmt: skip


def _flags(names: Sequence[str]) -> str:
    """Return the option that says these are the annotators."""
    return "--annotators " + ",".join(names)


def _two_products(grid: Grid, first: Sequence[str], second: Sequence[str]) -> Problem:
    """Return what to say when names combine two parts and nothing tells which one is the annotator."""
    return Problem(
        grid.source,
        f"the column names combine {', '.join(first[:4])} with {', '.join(second[:4])}: either may be the annotators, "
        "or each column is one annotator.",
        f"Name them with {_flags(first)} or {_flags(second)}, or pass --layout wide for one annotator a column.",
    )


def _refuse_questions(grid: Grid, group: list[int], *, insist: bool) -> None:
    """Refuse columns whose names are questions, not people: one annotator may have answered them all."""
    names = [grid.names[one] for one in group]
    asking = [name for name in names if re.match(r"(is|has|contains|mentions)_", words(name)) or _is_question(name)]
    if grid.has_header and not insist and len(asking) == len(names):
        raise InputError([_people_or_questions(grid, group)])


def _people_or_questions(grid: Grid, group: Sequence[int]) -> Problem:
    """Return what to say about columns that may be annotators, or questions that one annotator answered."""
    names = [grid.names[one] for one in group]
    shown = ", ".join(map(repr, names[:10]))
    return Problem(
        grid.source,
        f"two readings are possible: the columns {shown} are annotators, or they are questions that one annotator "
        "answered.",
        f"For annotators pass {_flags(names)}; for questions name the annotator's column with --annotator, or give "
        "each annotator a file.",
    )


def _person_names(grid: Grid, group: Sequence[int]) -> list[str]:
    """Return the annotators' names: column names without the word for label that all of them carry."""
    names = [grid.names[one] for one in group]
    if not grid.has_header:
        return [f"annotator {number}" for number in range(1, len(group) + 1)]
    for pattern in (re.compile(r"^(?P<word>[A-Za-z]+)[_.:\-\s]+(?P<rest>.+)$"), re.compile(r"^(?P<rest>.+)[_.:\-\s]+(?P<word>[A-Za-z]+)$")):
        found = [pattern.match(name) for name in names]
        words_found = {match["word"].casefold() for match in found if match}
        rests = [match["rest"] for match in found if match]
        if len(rests) == len(names) and len(words_found) == 1 and len(set(rests)) == len(rests):
            word = next(iter(words_found))
            if _is_question(word) and not all(map(is_number, rests)):
                return rests
    return names
