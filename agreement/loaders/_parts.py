"""What sheets and files stand for: an annotator each, a layer, a round, or just more items."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from agreement.annotations import Reading
from agreement.errors import InputError, Problem
from agreement.loaders._grids import Grid
from agreement.loaders._roles import PLACES, Roles
from agreement.loaders._shape import Shape
from agreement.loaders._vocabulary import ROLES, words
from agreement.settings import Settings
from agreement.wording import reading as said

GOLD = "gold"
SPLITS = frozenset({"train", "training", "test", "testing", "dev", "valid", "val", "validation", "eval", "heldout"})


@dataclass(slots=True)
class Part:
    """One grid with its roles and shape, and what its name says."""

    grid: Grid
    roles: Roles
    shape: Shape
    annotator: str = ""
    layer: str = ""
    round: str = ""


def stem(grid: Grid) -> str:
    """Return the file's name without folder and suffix."""
    return PurePosixPath(grid.file).stem


def is_gold_name(name: str) -> bool:
    """Return whether people call gold labels so."""
    return words(name) in ROLES["gold"] or words(name).startswith("gold_")


def name_singles(parts: list[Part], reading: Reading, settings: Settings) -> list[Part]:
    """Name the annotators (and layers) of grids that hold one annotator's labels each, by sheet, file or folder."""
    asked = settings.columns.annotator if settings.columns.annotator in PLACES else None
    for part in parts:
        if part.shape.layout == "single" and _is_gold_grid(part, settings):
            part.annotator = GOLD
    nameless = [part for part in _unnamed(parts) if not part.shape.item]
    if len(nameless) < len(_unnamed(parts)):
        parts = _without(parts, nameless, said.NAMES_NO_ITEMS, reading)
    parts = _without(parts, _lists_of_labels(parts), said.LISTS_LABELS, reading)
    singles = _unnamed(parts)
    if any(part.shape.layout != "single" for part in parts) and asked is None:
        return _without(parts, singles, said.WHOSE_LABELS, reading)
    if not singles:
        return parts
    asked = asked or _who(singles)
    names = [_place(part.grid, asked) for part in singles]
    reading.annotator_from = asked + said.NAMES
    _refuse_splits(singles, names)
    short = _shortened(names) if asked != "sheet" else dict(zip(names, names, strict=True))
    for part, name in zip(singles, names, strict=True):
        part.annotator = short[name]
    if settings.columns.annotators:
        others = [part for part in singles if part.annotator not in settings.columns.annotators]
        parts = _without(parts, others, said.NOT_ASKED_FOR, reading)
    _name_rest([part for part in parts if part.annotator != GOLD], "sheet" if asked == "file" else "file", settings)
    return parts


def _refuse_splits(singles: Sequence[Part], names: Sequence[str]) -> None:
    """Refuse files called ``train`` and ``test`` that share no item: parts of one data set, not annotators."""
    if sum(bool(SPLITS & set(words(name).split("_"))) for name in names) < 2 or not _apart(singles):
        return
    raise InputError(
        [
            Problem(
                ", ".join(part.grid.source for part in singles[:6]),
                "are called like the parts of one data set and share no item, so they are no annotators, and nothing "
                "says who gave the labels.",
                "Name the column of the annotator with --annotator, or give each annotator a file.",
            )
        ]
    )


def _apart(parts: Sequence[Part]) -> bool:
    """Return whether no item occurs in two grids."""
    items = [name for part in parts if part.shape.item for name in part.grid.used(part.shape.item[0])]
    return len(set(items)) == len(items)


def _unnamed(parts: Sequence[Part]) -> list[Part]:
    """Return the grids of one annotator whom nothing has named yet."""
    return [part for part in parts if part.shape.layout == "single" and not part.annotator]


def _without(parts: Sequence[Part], out: Sequence[Part], why: str, reading: Reading) -> list[Part]:
    """Return *parts* without those left *out*, which are named and whose rows are counted."""
    for part in out:
        reading.warnings.append(said.not_used(part.grid.source, why, len(part.grid)))
        reading.aside(said.UNUSED_ROW, len(part.grid))
    return [part for part in parts if not any(part is one for one in out)]


def _name_rest(singles: Sequence[Part], place: str, settings: Settings) -> None:
    """Say what several grids of one annotator are: batches of items, layers, or rounds if so asked."""
    chosen = settings.columns
    if chosen.layer in PLACES or chosen.round in PLACES or _disjoint_items(singles):
        return
    mine: dict[str, list[Part]] = {}
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


def _lists_of_labels(parts: Sequence[Part]) -> list[Part]:
    """Return the grids that only list labels, such as a summary: each label once, and no item that others know."""
    singles = _unnamed(parts)
    items = [set(part.grid.used(part.shape.item[0])) if part.shape.item else set() for part in singles]
    times = Counter(name for mine in items for name in mine)
    apart = [part for part, mine in zip(singles, items, strict=True) if all(times[name] == 1 for name in mine)]
    if len(singles) - len(apart) < 2:
        return []
    return [
        part
        for part in apart
        if all(part.grid.distinct(position) == part.grid.filled(position) for position in part.shape.labels)
    ]


def _place(grid: Grid, place: str) -> str:
    """Return the name of the sheet, file or folder of *grid*."""
    return {"sheet": grid.sheet, "file": stem(grid), "folder": grid.folder}[place]


def _is_gold_grid(part: Part, settings: Settings) -> bool:
    """Return whether the sheet or file of a grid is called gold, or the settings call it so."""
    names = (part.grid.sheet, stem(part.grid), part.grid.file.rpartition("/")[2], part.grid.file)
    return settings.columns.gold in names if settings.columns.gold else any(map(is_gold_name, filter(None, names[:2])))


def _who(singles: Sequence[Part]) -> str:
    """Return whether sheets, files or folders name the annotators: that of which each holds the same others."""
    sheets, stems = [part.grid.sheet for part in singles], [stem(part.grid) for part in singles]
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
    front = _shared_start(unique)
    front = front[: max((front.rfind(cut) + 1 for cut in "_-. "), default=0)]
    back = _shared_start([name[len(front) :][::-1] for name in unique])
    back = back[: max((back.rfind(cut) + 1 for cut in "_-. "), default=0)]
    short = {name: name[len(front) : len(name) - len(back)] for name in unique}
    if all(re.search(r"[^\W\d_]{2}", one) for one in short.values()):
        return short
    return {name: name for name in unique}


def _shared_start(names: Sequence[str]) -> str:
    """Return the letters that all *names* begin with."""
    first, last = min(names), max(names)
    return first[: next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]


def _disjoint_items(parts: Sequence[Part]) -> bool:
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


def tell_apart(parts: Sequence[Part], settings: Settings) -> None:
    """Say what grids with the same annotators are: batches of items, or layers or rounds named by sheet or file."""
    chosen = settings.columns
    for part in parts:
        if chosen.layer in PLACES:
            part.layer = _place(part.grid, str(chosen.layer))
        if chosen.round in PLACES and part.annotator != GOLD:
            part.round = _place(part.grid, str(chosen.round))
    if chosen.layer in PLACES or chosen.round in PLACES:
        return
    several = [part for part in parts if part.shape.layout != "single"]
    if len({part.shape.layout for part in several}) > 1:
        raise InputError([_mixed(part) for part in several])
    if len(several) > 1 and not any(part.shape.round is not None or part.shape.layer is not None for part in several):
        _name_layers(several)


def _name_layers(several: Sequence[Part]) -> None:
    """Name the layers of grids in which the same annotators labelled the same items with other labels."""
    first = several[0]
    again = [part for part in several[1:] if _shared_cells(first, part)]
    place = "sheet" if len({part.grid.file for part in several}) == 1 else "file"
    for part in again:
        if _label_overlap(first, part) >= 0.5:
            raise InputError([_rounds_or_layers(first, part, place)])
    if again:
        for part in several:
            part.layer = _place(part.grid, place)


def _mixed(part: Part) -> Problem:
    """Return what to say about one of several grids of different layouts: their annotators may be the same people."""
    return Problem(
        part.grid.source,
        f"is laid out {part.shape.layout}; tables of different layouts are not read together, since one may repeat "
        "the other.",
        "Name only those that belong together (files, or sheets with --sheet).",
    )


def _rounds_or_layers(first: Part, other: Part, place: str) -> Problem:
    """Return what to say when the same annotators used the same labels on the same items twice."""
    return Problem(
        f"{first.grid.source}, {other.grid.source}",
        "the same annotators labelled the same items with the same labels in both: they may be two rounds or two "
        "questions.",
        f"Choose with --round {place} or --layer {place}, or name one of them only.",
    )


def people_of(part: Part) -> set[str]:
    """Return the annotators of a wide or long grid."""
    if part.shape.annotator is not None:
        return {name.strip() for name in part.grid.used(part.shape.annotator)}
    return {who for who, _, _ in part.shape.cells.values()}


def _shared_cells(first: Part, other: Part) -> bool:
    """Return whether two grids hold labels of one annotator for one item."""
    if not first.shape.item or not other.shape.item or not people_of(first) & people_of(other):
        return bool(people_of(first) & people_of(other))
    if first.shape.layout == other.shape.layout == "wide":
        return bool(set(first.grid.used(first.shape.item[0])) & set(other.grid.used(other.shape.item[0])))
    if first.shape.annotator is None or other.shape.annotator is None:
        return False
    pairs = [
        set(zip(part.grid.texts(part.shape.item[0]), part.grid.texts(part.shape.annotator or 0), strict=True))
        for part in (first, other)
    ]
    return len(pairs[0] & pairs[1]) > 0.5 * min(map(len, pairs))


def _label_overlap(first: Part, other: Part) -> float:
    """Return the share of labels, of those in the smaller set, that both grids use."""
    sets = [
        {cell for position in (*part.shape.labels, *part.shape.cells) for cell in part.grid.used(position)}
        for part in (first, other)
    ]
    return len(sets[0] & sets[1]) / max(min(map(len, sets)), 1)
