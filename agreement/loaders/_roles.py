"""What each column of a grid is for: by the option that names it, else by its own name."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agreement.errors import Problem
from agreement.loaders._grids import Grid
from agreement.loaders._vocabulary import ROLES, is_called, is_known, item_rank, names_a_person, words
from agreement.settings import Columns

SINGLE = ("annotator", "layer", "text", "section", "document", "round", "time", "model", "start", "end", "status")
PLACES = ("file", "sheet", "folder")


@dataclass(slots=True)
class Roles:
    """Positions of the columns of one grid by role; ``free`` are those that nothing names."""

    item: tuple[int, ...] = ()
    label: list[int] = field(default_factory=list)
    gold: list[int] = field(default_factory=list)
    note: list[int] = field(default_factory=list)
    free: list[int] = field(default_factory=list)
    single: dict[str, int] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def get(self, role: str) -> int | None:
        """Return the position of the column of a role that at most one column has."""
        return self.single.get(role)


def roles_of(grid: Grid, columns: Columns) -> Roles:
    """Return the roles of the columns of *grid*."""
    roles = Roles()
    taken: set[int] = set()
    _asked_for(grid, columns, roles, taken)
    if grid.has_header:
        _named(grid, roles, taken)
    roles.free = [position for position in range(len(grid.names)) if position not in taken]
    return roles


def find_column(grid: Grid, name: str) -> int | None:
    """Return the position of the column that an option calls *name*: its name, else its letter or number from 1."""
    for same in (str, str.strip, words):
        found = [position for position, mine in enumerate(grid.names) if same(mine) == same(name)]
        if found:
            return found[0]
    if name.isdecimal() and 1 <= int(name) <= len(grid.names):
        return int(name) - 1
    nameless = [f"column {place}" == mine for place, mine in zip(grid.letters, grid.names, strict=True)]
    letters = [position for position, mine in enumerate(grid.letters) if mine == name and nameless[position]]
    return letters[0] if letters else None


def unknown_columns(grids: Sequence[Grid], columns: Columns) -> list[Problem]:
    """Return a problem for each column that an option names and no grid has, with the nearest names."""
    asked: list[tuple[str, str]] = [("--item", name) for name in columns.item]
    asked += [("--label", name) for name in columns.label]
    asked += [
        (f"--{role}", name)
        for role in SINGLE
        if (name := getattr(columns, role, None)) and not (name in PLACES and role in ("annotator", "layer", "round"))
    ]
    asked += [
        ("--annotators", name)
        for name in columns.annotators
        if not any(name in known for grid in grids for known in (*grid.names, grid.sheet, grid.file))
    ]
    problems = []
    for option, name in asked:
        if any(find_column(grid, name) is not None for grid in grids):
            continue
        known = list(dict.fromkeys(known for grid in grids for known in grid.names))
        problems.append(Problem(option, f"there is no column {name!r}.", nearest(name, known)))
    return problems


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a sentence that names the *known* names, those closest to *name* first."""
    names = list(known)
    close = difflib.get_close_matches(words(name), [words(one) for one in names], n=3, cutoff=0.6)
    meant = [one for one in names if words(one) in close]
    if meant:
        return f"Did you mean {' or '.join(map(repr, meant))}?"
    shown = ", ".join(map(repr, names[:20])) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return f"There are: {shown}."


def _asked_for(grid: Grid, columns: Columns, roles: Roles, taken: set[int]) -> None:
    """Give roles to the columns that options name."""
    items = [found for name in columns.item if (found := find_column(grid, name)) is not None]
    if items and len(items) == len(columns.item):
        roles.item = tuple(items)
        roles.asked.add("item")
    roles.label = [found for name in columns.label if (found := find_column(grid, name)) is not None]
    if roles.label:
        roles.asked.add("label")
    taken.update(roles.item, roles.label)
    for role in SINGLE:
        name = getattr(columns, role, None)
        found = find_column(grid, name) if name else None
        if found is not None:
            roles.single[role] = found
            roles.asked.add(role)
            taken.add(found)
    gold = find_column(grid, columns.gold) if columns.gold else None
    if gold is not None:
        roles.gold = [gold]
        roles.asked.add("gold")
        taken.add(gold)
    taken.update(found for name in columns.annotators if (found := find_column(grid, name)) is not None)
    roles.free = []


def _named(grid: Grid, roles: Roles, taken: set[int]) -> None:
    """Give roles to the other columns by their names, the surest name first."""

    def open_positions() -> list[int]:
        return [position for position in range(len(grid.names)) if position not in taken]

    for role in ("annotator", "model", "time", "round", "start", "end", "status"):
        if role in roles.single:
            continue
        found = [position for position in open_positions() if is_called(grid.names[position], role)]
        if found:
            best = min(found, key=lambda position: ROLES[role].index(words(grid.names[position])))
            roles.single[role] = best
            taken.add(best)
    if not roles.item:
        ranked = [
            (rank, position) for position in open_positions() if (rank := item_rank(grid.names[position])) is not None
        ]
        ranked = ranked or [
            (0, position)
            for position in open_positions()
            if words(grid.names[position]).endswith("_id") and not is_known(grid.names[position])
        ]
        if ranked:
            roles.item = (min(ranked)[1],)
            taken.update(roles.item)
    for role in ("document", "section", "layer", "text"):
        found = [position for position in open_positions() if is_called(grid.names[position], role)]
        if found and role not in roles.single:
            best = min(found, key=lambda position: ROLES[role].index(words(grid.names[position])))
            roles.single[role] = best
            taken.add(best)
    for position in open_positions():
        name = grid.names[position]
        if is_called(name, "gold") and "gold" not in roles.asked:
            roles.gold.append(position)
            taken.add(position)
        elif is_called(name, "note") or (item_rank(name) is not None and not names_a_person(name)):
            roles.note.append(position)
            taken.add(position)
        elif is_called(name, "label") and "label" not in roles.asked:
            roles.label.append(position)
            taken.add(position)


def where(grid: Grid, position: int) -> str:
    """Return what to call a column in the reading."""
    name = grid.names[position]
    return name if name == f"column {grid.letters[position]}" else f'column "{name}"'
