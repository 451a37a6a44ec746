"""What the columns of a grid mean, and what several layouts need to find that out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agreement.errors import InputError, Problem
from agreement.loaders._cells import is_free_text, pairs_unique_share
from agreement.loaders._grids import Grid
from agreement.settings import Settings

DEFAULT_LAYER = "label"


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


def compound(grid: Grid, item: tuple[int, ...], base: Shape, annotator: int | None) -> tuple[int, ...]:
    """Return the item's columns: the document joins them when numbers start again in each document."""
    document = base.about.get("cluster")
    if len(item) != 1 or document is None or document in item:
        return item
    beside = [position for position in (annotator, base.round, base.layer) if position is not None]
    alone = pairs_unique_share(grid, [*item, *beside])
    if alone < 1 and pairs_unique_share(grid, [document, *item, *beside]) == 1:
        return (document, *item)
    return item


def layer_name(grid: Grid, position: int, among: Sequence[int]) -> str:
    """Return the layer of a label column: its own name if it stands beside others or says more than ``label``."""
    name = grid.names[position]
    return name if len(among) > 1 and grid.has_header else DEFAULT_LAYER


def belongs_to_item(grid: Grid, item: tuple[int, ...], position: int) -> bool:
    """Return whether a column always says the same about one item."""
    alone = pairs_unique_share(grid, list(item))
    return alone < 1 and pairs_unique_share(grid, [*item, position]) == alone


def need(grid: Grid, role: str) -> Problem:
    """Return what to say about a column that is missing."""
    names = ", ".join(map(repr, grid.names[:20]))
    return Problem(grid.source, f"no column names the {role} (found: {names}).", f"Name it with --{role}.")


def text_not_label(grid: Grid, position: int) -> Problem:
    """Return what to say about free text taken for labels."""
    return Problem(
        f'{grid.source}, column "{grid.names[position]}"',
        f"nearly every cell is different ({grid.distinct(position)} in {len(grid)} rows) and long: it looks like "
        "text, not like labels.",
        "Name the column that holds labels with --label; if these are free answers, declare the layer of kind answer.",
    )


def refuse_free_text(grid: Grid, labels: dict[int, str], settings: Settings) -> None:
    """Refuse label columns that hold running text."""
    problems = [
        text_not_label(grid, position)
        for position, layer in labels.items()
        if is_free_text(grid, position)
        and not (layer in settings.layers and settings.layers[layer].kind in ("answer", "number"))
    ]
    if problems:
        raise InputError(problems)


def item_word(grid: Grid, position: int) -> str:
    """Return what to call a column in a message, with an example of what it holds."""
    name = f"column {grid.names[position]!r}" if grid.has_header else f"column {position + 1}"
    return f"{name} ({', '.join(grid.used(position)[:2])} …)"


def flags(names: Sequence[str]) -> str:
    """Return the option that says these are the annotators."""
    return "--annotators " + ",".join(names)
