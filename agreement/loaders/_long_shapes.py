"""A row per annotation, or a row per item of one annotator: which column is item, annotator and label."""

import re
from dataclasses import replace

from agreement.errors import InputError, Problem
from agreement.loaders._cells import is_counter, is_label_like, pairs_unique_share, same_question
from agreement.loaders._grids import Grid
from agreement.loaders._roles import Roles
from agreement.loaders._shape import (
    DEFAULT_LAYER,
    Shape,
    belongs_to_item,
    compound,
    item_word,
    layer_name,
    need,
    refuse_free_text,
    text_not_label,
)
from agreement.loaders._vocabulary import names_a_person
from agreement.settings import Settings

RECURRING = 0.7
NEARLY_ALL = 0.97


def long_shape(grid: Grid, roles: Roles, base: Shape, settings: Settings) -> Shape:
    """Return the shape of a table with a row per annotation."""
    if base.annotator is None:
        raise InputError([need(grid, "annotator")])
    item = base.item or find_item(grid, roles, base.annotator)
    if not item:
        raise InputError([need(grid, "item")])
    free = [position for position in roles.free if position not in item]
    labels = {position: layer_name(grid, position, roles.label) for position in roles.label}
    if not labels:
        found = [position for position in free if is_label_like(grid, position) and grid.distinct(position)]
        varying = [position for position in found if not belongs_to_item(grid, item, position)]
        chosen = varying or found
        if not chosen:
            texts = [position for position in free if grid.distinct(position)]
            raise InputError([need(grid, "label") if not texts else text_not_label(grid, texts[0])])
        labels = {position: layer_name(grid, position, chosen) for position in chosen}
    refuse_free_text(grid, labels, settings)
    rest = [position for position in free if position not in labels]
    about = dict(base.about)
    about |= {grid.names[one]: one for one in rest if grid.has_header and belongs_to_item(grid, item, one)}
    return replace(base, layout="long", item=compound(grid, item, base, base.annotator), labels=labels, about=about)


def find_item(grid: Grid, roles: Roles, annotator: int) -> tuple[int, ...]:
    """Return the column that names items by content: together with the annotator it never recurs."""
    candidates = [
        position
        for position in (*roles.free, *roles.note)
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


def unnamed_annotator(grid: Grid, roles: Roles, base: Shape) -> int | None:
    """Return the column that names annotators by content: items recur, yet never twice beside one of its values."""
    if not grid.has_header or len(base.item) != 1 or pairs_unique_share(grid, base.item) > RECURRING:
        return None
    found = []
    for one in roles.free:
        others = [label for label in (roles.label or roles.free) if label != one and is_label_like(grid, label)]
        apart = [pairs_unique_share(grid, [*base.item, label]) for label in others]
        fits = 1 < grid.distinct(one) < len(grid) and not grid.blank(one).any()
        if fits and apart and max(apart) < NEARLY_ALL and pairs_unique_share(grid, [*base.item, one]) == 1:
            found.append(one)
    return found[0] if len(found) == 1 else None


def single_shape(grid: Grid, roles: Roles, base: Shape, settings: Settings) -> Shape | None:
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
    named = {position: layer_name(grid, position, labels) for position in labels}
    refuse_free_text(grid, named, settings)
    about = dict(base.about)
    about |= {grid.names[one]: one for one in free if one not in labels and grid.has_header}
    return replace(base, layout="single", item=compound(grid, item, base, None), labels=named, about=about)


def headerless_shape(grid: Grid, roles: Roles, base: Shape) -> Shape | None:
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


def _looks_like_people(grid: Grid, position: int) -> bool:
    """Return whether the cells of a column are names or ids of persons, as far as their pattern tells."""
    cells = grid.used(position)[:50]
    pattern = re.compile(r"A[0-9A-Z]{10,14}|[^@\s]+@[^@\s]+\.\w+")
    return bool(cells) and all(pattern.fullmatch(cell.strip()) or names_a_person(cell) for cell in cells)
