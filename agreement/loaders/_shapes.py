"""How a grid is laid out, by its names and its content; two possible readings are an error that spells out both."""

from dataclasses import replace

from agreement.errors import InputError, Problem
from agreement.loaders._cells import is_binary, is_free_text, is_label_like, same_question
from agreement.loaders._grids import Grid
from agreement.loaders._long_shapes import headerless_shape, long_shape, single_shape, unnamed_annotator
from agreement.loaders._other_shapes import (
    is_transposed,
    list_shape,
    one_hot_shape,
    one_hot_wide_shape,
    sideways_shape,
    transposed_shape,
)
from agreement.loaders._roles import Roles, find_column
from agreement.loaders._shape import Shape, belongs_to_item
from agreement.loaders._vocabulary import names_a_person
from agreement.loaders._wide_shapes import people_or_questions, wide_shape
from agreement.settings import Columns, Settings


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
        annotator=roles.get("annotator"),
        layer=roles.get("layer"),
        round=roles.get("round"),
        time=roles.get("time"),
        status=roles.get("status"),
        model=roles.get("model"),
        about=_about(roles),
        gold=tuple(roles.gold),
    )
    match columns.layout:
        case "long":
            return long_shape(grid, roles, base, settings)
        case "wide":
            return wide_shape(grid, roles, base, settings, insist=True)
        case "transposed" if not (base.item and base.annotator is not None):  # else a nested map, unfolded by now
            return transposed_shape(grid, roles, base)
        case "one-hot":
            return one_hot_shape(grid, roles, base, insist=True)
        case "per-file" | "per-sheet":
            return single_shape(grid, roles, base, settings)
        case _:
            return _detected(grid, roles, base, settings, alone=alone)


def _detected(grid: Grid, roles: Roles, base: Shape, settings: Settings, *, alone: bool) -> Shape | None:
    """Return the shape that names and content agree on."""
    if any(find_column(grid, name) is not None for name in settings.columns.annotators):
        return wide_shape(grid, roles, base, settings, insist=True)
    found = list_shape(grid, roles, base)
    if found is None and base.annotator is not None:
        return _signed(grid, roles, base, settings)
    if found is None and not grid.has_header:
        found = headerless_shape(grid, roles, base)
    found = found or one_hot_wide_shape(grid, roles, base) or sideways_shape(grid, roles, base)
    if found is None and base.model is not None and roles.label and roles.item:
        return long_shape(grid, roles, replace(base, annotator=base.model), settings)
    if found is None and (signed := unnamed_annotator(grid, roles, base)) is not None:
        roles.free = [one for one in roles.free if one != signed]
        return long_shape(grid, roles, replace(base, annotator=signed), settings)
    if found is None and (alone or len(roles.label) != 1 or roles.free):
        found = wide_shape(grid, roles, base, settings, insist=False)
    return found or _unsigned(grid, roles, base, settings, alone=alone)


def _signed(grid: Grid, roles: Roles, base: Shape, settings: Settings) -> Shape:
    """Return the shape of a grid whose rows name their annotators."""
    if is_transposed(grid, roles, base):
        return transposed_shape(grid, roles, base)
    return one_hot_shape(grid, roles, base, insist=False) or long_shape(grid, roles, base, settings)


def _unsigned(grid: Grid, roles: Roles, base: Shape, settings: Settings, *, alone: bool) -> Shape | None:
    """Return the shape of one annotator's labels, whom the name of the sheet or file gives away."""
    found = single_shape(grid, roles, base, settings)
    if found and alone and len(found.labels) > 1 and "label" not in roles.asked:
        raise InputError([people_or_questions(grid, list(found.labels))])
    return found


def _find_text(grid: Grid, roles: Roles) -> None:
    """Give the role of the item's text to the one column of running text, if none has it and rows are items."""
    if "text" in roles.single or ("annotator" in roles.single and not roles.item):
        return
    free = [one for one in (*roles.free, *roles.note) if is_free_text(grid, one)]
    if "annotator" in roles.single:
        free = [one for one in free if belongs_to_item(grid, roles.item, one)]
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
    _free_ticks(grid, roles)
    if columns.layout == "wide" and "annotator" in roles.single and "annotator" not in roles.asked:
        roles.free = sorted([*roles.free, roles.single.pop("annotator")])


def _free_ticks(grid: Grid, roles: Roles) -> None:
    """Free columns of ticks that stand among others: a label may be called ``Question`` or ``Text``, like a role."""
    ticks = [
        role
        for role, position in roles.single.items()
        if role not in ("annotator", "model") and role not in roles.asked and is_binary(grid, position)
    ]
    if ticks and any(is_binary(grid, one) for one in (*roles.free, *roles.label)):
        roles.free = sorted([*roles.free, *(roles.single.pop(role) for role in ticks)])
