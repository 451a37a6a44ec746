"""A column per annotator, or per annotator and layer: which columns belong together, and who they are."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from agreement.errors import InputError, Problem
from agreement.loaders._cells import (
    JOINED_BY,
    is_counter,
    is_label_like,
    joins,
    pairs_unique_share,
    same_question,
    whole_numbers,
)
from agreement.loaders._grids import Grid, is_number
from agreement.loaders._roles import Roles, find_column
from agreement.loaders._shape import DEFAULT_LAYER, Shape, compound, flags, refuse_free_text
from agreement.loaders._vocabulary import LONGEST_NAME, is_called, names_a_person, words
from agreement.settings import Columns, Settings

SHORT = 20
FEW, MANY = 10, 40


NOBODY = frozenset({
    "resolved", "resolution", "decision", "decided", "agreed", "agreement", "outcome", "output", "source", "origin",
    "split", "original", "previous", "suggestion", "suggested", "target", "default", "auto", "automatic", "machine",
    "baseline", "heuristic", "aggregate", "aggregated", "mode", "median", "mean", "mv", "entscheidung", "ergebnis",
    "domain", "language", "lang", "platform", "type",
})  # fmt: skip
SPLIT = re.compile(r"(?<=[^\W_])[_.:/\-\s|]+(?=[^\W_])")


def product_of_names(names: Sequence[str]) -> tuple[list[str], list[str], list[tuple[str, str]]] | None:
    """Return the two parts that all *names* are made of, if every combination of them occurs once."""
    if len(names) < 4 or max(map(len, names)) > LONGEST_NAME:
        return None
    splits = [[(name[: cut.start()], name[cut.end() :]) for cut in SPLIT.finditer(name)] for name in names]
    if not all(splits):
        return None
    for pick in range(max(map(len, splits))):
        for side in (1, -1):
            pairs = [one[min(pick, len(one) - 1) * 1] if side == 1 else one[-1 - min(pick, len(one) - 1)]
                     for one in splits]  # fmt: skip
            first, second = list(dict.fromkeys(a for a, _ in pairs)), list(dict.fromkeys(b for _, b in pairs))
            if len(first) > 1 and len(second) > 1 and len(first) * len(second) == len(names) == len(set(pairs)):
                return first, second, pairs
    return None


def wide_shape(grid: Grid, roles: Roles, base: Shape, settings: Settings, *, insist: bool) -> Shape | None:
    """Return the shape of a table with a column per annotator, or per annotator and layer."""
    columns = settings.columns
    asked = [found for name in columns.annotators if (found := find_column(grid, name)) is not None]
    if asked:
        item = base.item or _leading_id(grid, [one for one in roles.free if one not in asked])
        about = dict(base.about)
        cells = {one: (grid.names[one], DEFAULT_LAYER, "") for one in asked}
        return replace(base, layout="wide", item=item, cells=cells, about=about)
    free = [
        one for one in sorted([*roles.free, *(() if "label" in roles.asked else roles.label)]) if grid.distinct(one)
    ]
    item = base.item or _leading_id(grid, free)
    free = [one for one in free if one not in item]
    groups = _groups(grid, free)
    if not groups and len(free) > 1 and (insist or _small_but_related(grid, item, free)):
        groups = [free]
    if not groups:
        return None
    if not insist:
        _refuse_counts(grid, sorted({*free, *roles.note, *(one for group in groups for one in group)}))
    cells = _annotator_cells(grid, groups, columns, insist=insist)
    if not cells:
        return None
    refuse_free_text(grid, {one: layer for one, (_, layer, _) in cells.items()}, settings)
    rest = [one for one in free if one not in cells]
    about = dict(base.about) | {grid.names[one]: one for one in rest if grid.has_header}
    label = [one for one in roles.label if one not in cells]
    about |= {grid.names[one]: one for one in label}
    return replace(base, layout="wide", item=compound(grid, item, base, None), cells=cells, about=about)


def _refuse_counts(grid: Grid, columns: Sequence[int]) -> None:
    """Refuse columns that count the votes for each label: all but at most one sum up to a number or a column."""
    numbers = {one: found for one in columns if (found := whole_numbers(grid, one)) is not None}
    if len(grid) < FEW or not 2 <= len(numbers) <= MANY:
        return
    total = np.sum(list(numbers.values()), axis=0)
    for left_out in (None, *numbers):
        rest = total - (numbers[left_out] if left_out is not None else 0)
        votes = [one for one in numbers if one != left_out]
        for of in (None, *votes):
            parts = [one for one in votes if one != of]
            target = rest[0] if of is None else numbers[of]
            summed = rest if of is None else rest - numbers[of]
            if len(parts) > 1 and summed.max() > 1 and (summed == target).all() and _are_counts(parts, numbers):
                raise InputError([_votes(grid, parts)])


def _are_counts(parts: Sequence[int], numbers: Mapping[int, npt.NDArray[np.int64]]) -> bool:
    """Return whether the numbers of *parts* may be counts: none negative, some above one."""
    return min(int(numbers[one].min()) for one in parts) >= 0 and max(int(numbers[one].max()) for one in parts) > 1


def _votes(grid: Grid, parts: Sequence[int]) -> Problem:
    """Return what to say about columns that count votes."""
    names = ", ".join(repr(grid.names[one]) for one in parts[:10])
    return Problem(
        grid.source,
        f"the columns {names} add up to the same number in every row: they seem to count how many annotators chose "
        "each label, which does not say who chose what, so no two annotators can be compared.",
        "Export a row or a column for each annotator. If these columns are annotators, name them with "
        f"{flags([grid.names[one] for one in parts])}.",
    )


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


def _groups(grid: Grid, free: Sequence[int]) -> list[list[int]]:
    """Return the groups of two and more columns that answer one question: they share their values, or are people."""
    people = [one for one in free if grid.has_header and names_a_person(grid.names[one])]
    candidates = [one for one in free if is_label_like(grid, one) or one in people]
    candidates.sort(key=lambda one: (one not in people, int(grid.blank(one).sum()), one))
    if len(people) == len(candidates) > 1:
        return [sorted(candidates)]
    groups: list[list[int]] = []
    holders: dict[str, set[int]] = {}  # by cell: only groups that hold one of its cells can take a column
    for one in candidates:
        cells = {cell.strip() for cell in grid.used(one)}
        near = sorted(set().union(*(holders.get(cell, ()) for cell in cells)))
        home = next((number for number in near if joins(grid, one, groups[number])), len(groups))
        if home == len(groups):
            groups.append([])
        groups[home].append(one)
        if len(groups[home]) <= JOINED_BY:
            for cell in cells:
                holders.setdefault(cell, set()).add(home)
    return [sorted(group) for group in groups if len(group) > 1]


def _annotator_cells(
    grid: Grid, groups: list[list[int]], columns: Columns, *, insist: bool
) -> dict[int, tuple[str, str, str]]:
    """Return who and which layer each label column stands for."""
    names = {one: grid.names[one] for group in groups for one in group}
    everything = sorted(names)
    found = product_of_names([names[one] for one in everything]) if grid.has_header and not insist else None
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
        _refuse_strangers(grid, group, insist=insist)
        return {one: (who, DEFAULT_LAYER, "") for one, who in zip(group, _person_names(grid, group), strict=True)}
    people = [group for group in groups if _all_people(names[one] for one in group)]
    if len(people) == 1:
        return {one: (names[one], DEFAULT_LAYER, "") for one in people[0]}
    shown = " or ".join(", ".join(repr(names[one]) for one in group[:6]) for group in groups)
    options = " or ".join(flags([names[one] for one in group]) for group in groups)
    raise InputError(
        [
            Problem(
                grid.source,
                f"more than one group of columns may be the annotators: {shown}.",
                f"Name the columns of the annotators: {options}.",
            )
        ]
    )


def _all_people(names: Iterable[str]) -> bool:
    """Return whether all *names* are words for annotators."""
    return all(names_a_person(name) for name in names)


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


def _two_products(grid: Grid, first: Sequence[str], second: Sequence[str]) -> Problem:
    """Return what to say when names combine two parts and nothing tells which one is the annotator."""
    return Problem(
        grid.source,
        f"the column names combine {', '.join(first[:4])} with {', '.join(second[:4])}: either may be the annotators, "
        "or each column is one annotator.",
        f"Name them with {flags(first)} or {flags(second)}, or pass --layout wide for one annotator a column.",
    )


def _refuse_questions(grid: Grid, group: list[int], *, insist: bool) -> None:
    """Refuse columns whose names are questions, not people: one annotator may have answered them all."""
    names = [grid.names[one] for one in group]
    asking = [name for name in names if re.match(r"(is|has|contains|mentions)_", words(name)) or _is_question(name)]
    if grid.has_header and not insist and len(asking) == len(names):
        raise InputError([people_or_questions(grid, group)])


def _refuse_strangers(grid: Grid, group: list[int], *, insist: bool) -> None:
    """Refuse a column that holds the annotators' labels but is called like a decision, a prediction or a source."""
    names = [grid.names[one] for one in group]
    people = [name for name in names if not NOBODY & set(words(name).split("_"))]
    others = [name for name in names if name not in people]
    if not insist and grid.has_header and people and others:
        raise InputError(
            [
                Problem(
                    grid.source,
                    f"two readings are possible: {', '.join(map(repr, others[:6]))} are annotators like "
                    f"{', '.join(people[:6])}, or something else, such as a decision or a prediction.",
                    f"Choose with {flags(names)} or {flags(people)}"
                    + (f", or name the true labels with --gold {others[0]!r}." if len(others) == 1 else "."),
                )
            ]
        )


def people_or_questions(grid: Grid, group: Sequence[int]) -> Problem:
    """Return what to say about columns that may be annotators, or questions that one annotator answered."""
    names = [grid.names[one] for one in group]
    shown = ", ".join(map(repr, names[:10]))
    return Problem(
        grid.source,
        f"two readings are possible: the columns {shown} are annotators, or they are questions that one annotator "
        "answered.",
        f"For annotators pass {flags(names)}; for questions name the annotator's column with --annotator, or give "
        "each annotator a file.",
    )


def _person_names(grid: Grid, group: Sequence[int]) -> list[str]:
    """Return the annotators' names: column names without the word for label that all of them carry."""
    names = [grid.names[one] for one in group]
    if not grid.has_header:
        return [f"annotator {number}" for number in range(1, len(group) + 1)]
    for pattern in (
        re.compile(r"^(?P<word>[A-Za-z]+)[_.:\-\s]+(?P<rest>.+)$"),
        re.compile(r"^(?P<rest>.+)[_.:\-\s]+(?P<word>[A-Za-z]+)$"),
    ):
        found = [pattern.match(name) for name in names]
        words_found = {match["word"].casefold() for match in found if match}
        rests = [match["rest"] for match in found if match]
        if len(rests) == len(names) and len(words_found) == 1 and len(set(rests)) == len(rests):
            word = next(iter(words_found))
            if _is_question(word) and not all(map(is_number, rests)):
                return rests
    return names
