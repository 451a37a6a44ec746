"""What each column of a grid is for: by the option that names it, else by its own name."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agreement.errors import Problem
from agreement.loaders._grids import Grid
from agreement.loaders._vocabulary import ROLES, is_aside, is_called, is_known, item_rank, names_a_person, words
from agreement.settings import Columns
from agreement.wording import reading as said

SINGLE = ("annotator", "layer", "text", "section", "document", "round", "time", "model", "start", "end", "status")
PLACES = ("file", "sheet", "folder")
LONGEST_NUMBER = 9  # digits of a column's number; Python refuses to read thousands of them


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
    if name.isdecimal() and len(name) <= LONGEST_NUMBER and 1 <= int(name) <= len(grid.names):
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
        return said.did_you_mean(meant)
    return said.there_are(names[:20], len(names) - 20)


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
    _named_once(grid, roles, taken, ("annotator", "model", "time", "round", "start", "end", "status"))
    if not roles.item:
        ranked = [(rank, at) for at in _open(grid, taken) if (rank := item_rank(grid.names[at])) is not None]
        ranked = ranked or [
            (0, at)
            for at in _open(grid, taken)
            if words(grid.names[at]).endswith("_id") and not is_known(grid.names[at])
        ]
        roles.item = (min(ranked)[1],) if ranked else ()
        taken.update(roles.item)
    _named_once(grid, roles, taken, ("document", "section", "layer", "text"))
    for at in _open(grid, taken):
        name = grid.names[at]
        home: list[int] | None = None
        if is_aside(name):
            home = roles.note
        elif is_called(name, "gold") and "gold" not in roles.asked:
            home = roles.gold
        elif is_called(name, "note") or (item_rank(name) is not None and not names_a_person(name)):
            home = roles.note
        elif is_called(name, "label") and "label" not in roles.asked:
            home = roles.label
        if home is not None:
            home.append(at)
            taken.add(at)


def _open(grid: Grid, taken: set[int]) -> list[int]:
    """Return the columns that have no role yet."""
    return [position for position in range(len(grid.names)) if position not in taken]


def _named_once(grid: Grid, roles: Roles, taken: set[int], names: Sequence[str]) -> None:
    """Give each role that one column has at most to the column whose name says it best."""
    for role in names:
        ranks = {
            at: ROLES[role].index(words(grid.names[at])) for at in _open(grid, taken) if is_called(grid.names[at], role)
        }
        if ranks and role not in roles.single:
            roles.single[role] = min(ranks, key=ranks.__getitem__)
            taken.add(roles.single[role])


def where(grid: Grid, position: int) -> str:
    """Return what to call a column in the reading."""
    name = grid.names[position]
    return name if name == f"column {grid.letters[position]}" else f'column "{name}"'
