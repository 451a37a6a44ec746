"""Span tables of any origin: one row per span with item, annotator, start, end, label."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from agreement.annotations import Layer, Reading
from agreement.errors import InputError
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission
from agreement.loaders._columns import SHEETS, Table, first_rows, header, table
from agreement.loaders._grids import Grid
from agreement.loaders._item_sheets import merged_items
from agreement.loaders._roles import nearest
from agreement.loaders._sheet_facts import short_texts
from agreement.loaders._vocabulary import is_called, item_rank
from agreement.loaders._workbooks import read_workbook
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

LAYER = "spans"
SAMPLE = 50
WHOLE_NUMBER = re.compile(r"\s*([-+]?\d{1,18})(?:\.0+)?\s*")
FRAGMENTS = ("fragments", "pieces", "segments")
PIECES = re.compile(r"\d+-\d+(;\d+-\d+)*")
COVERED = ("covered", "covered_text", "span_text", "quote", "mention", "surface", "snippet", "span", "text")


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the span tables among *files*, and the tables of items and texts beside them."""
    spans = [file for file in files if _holds_spans(file)]
    items = [file for file in files if spans and file not in set(spans) and _is_item_table(header(file))]
    return spans + items


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records of span tables: CSV, TSV, the sheets of a workbook."""
    into = Collector(settings, rival="UTF-16 units")
    into.reading.layout = said.ROW_PER_SPAN
    tables = [(file, cells) for file in files for cells in _tables(file, into)]
    _refuse_unknown([name for _, cells in tables for name in cells.columns], into)
    several = Counter(file for file, cells in tables if _is_span_table(list(cells.columns)))
    for file, cells in tables:
        name = cells.sheet if several[file] > 1 else file.stem if len(files) > 1 else ""
        _read_table(cells, name, into)
    into.layers = {name: Layer(name, "spans") for name in into.layer_names()} or {LAYER: Layer(LAYER, "spans")}
    into.settle_unmarked()
    return into.records()


def _refuse_unknown(names: Sequence[str], into: Collector) -> None:
    """Refuse names of columns that no table has, and second names where a table of spans has one column."""
    for role in ("start", "end", "annotator", "time", "layer", "round", "label", "item", "text", "section", "document"):
        asked = getattr(into.settings.columns, role) or ()
        asked = (asked,) if isinstance(asked, str) else asked
        if len(asked) > 1:
            into.refuse(f"--{role}", "names several columns; a table of spans has one.", "Name one of them.")
        for name in asked:
            if name not in names:
                into.refuse(f"--{role}", f"there is no column {name!r}.", nearest(name, dict.fromkeys(names)))
    into.stop_if_refused()


def _tables(file: Source, into: Collector) -> list[Table]:
    """Return the table in *file*, or those of the sheets that hold spans or the texts of items."""
    if file.suffix not in SHEETS:
        return [table(file, into.settings, into.problems)]
    asked = into.settings.columns.sheets
    grids = read_workbook(file, into.reading, into.settings)
    for name in asked:
        if name not in {grid.sheet for grid in grids}:
            there = f"There are: {', '.join(repr(grid.sheet) for grid in grids)}."
            into.refuse("--sheet", f"{file.name} has no sheet {name!r}.", there)
    grids = [grid for grid in grids if not asked or grid.sheet in asked]
    found = []
    for grid in grids:
        if _is_span_table(grid.names) or _is_item_table(grid.names):
            columns = {name: grid.texts(at).tolist() for at, name in enumerate(grid.names)}
            found.append(Table(grid.source, columns, grid.rows.tolist(), grid.sheet))
        else:
            into.reading.warnings.append(said.neither_spans_nor_texts(grid.source))
    return found


def _is_span_table(names: Sequence[str]) -> bool:
    """Return whether a header has a start, an end and a label."""
    return all(any(is_called(name, role) for name in names) for role in ("start", "end", "label"))


def _is_item_table(names: Sequence[str]) -> bool:
    """Return whether a header has an item and its text, and no annotator."""
    return (
        any(item_rank(name) is not None for name in names)
        and any(is_called(name, "text") for name in names)
        and not any(is_called(name, "annotator") for name in names)
    )


def _holds_spans(file: Source) -> bool:
    """Return whether *file* has the columns of spans, and numbers in them: ``from`` and ``to`` may name people."""
    if file.suffix not in SHEETS:
        return _are_spans(first_rows(file, SAMPLE))
    names = short_texts(file)
    if names is not None and not _is_span_table(names):
        return False
    try:
        grids = read_workbook(file, Reading(), Settings())
    except InputError:
        return False  # the table loader explains what is wrong with the workbook
    return any(map(_are_spans, map(_sample, grids)))


def _sample(grid: Grid) -> list[list[str]]:
    """Return the header and the first rows of a sheet."""
    columns = [grid.texts(at)[:SAMPLE].tolist() for at in range(len(grid.names))]
    return [grid.names, *map(list, zip(*columns, strict=True))]


def _are_spans(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether *rows* begin with a header of spans and hold numbers where the offsets are."""
    if not rows or not _is_span_table(rows[0]):
        return False
    at = [next(at for at, name in enumerate(rows[0]) if is_called(name, role)) for role in ("start", "end")]
    marked = [
        [row[place] for place in at] for row in rows[1:] if len(row) > max(at) and any(row[place] for place in at)
    ]
    numbers = sum(all(map(WHOLE_NUMBER.fullmatch, cells)) for cells in marked)
    return 2 * numbers > len(marked)


def _pick(names: Sequence[str], asked: str | None, test: Callable[[str], bool]) -> str | None:
    """Return the name asked for if it is there, else the first that passes *test*."""
    return asked if asked in names else next((name for name in names if test(name)), None)


def _roles(names: Sequence[str], settings: Settings) -> dict[str, str | None]:
    """Return which of *names* plays which role."""
    columns = settings.columns
    found: dict[str, str | None] = {}
    free = list(names)
    for role, asked in (
        ("start", columns.start), ("end", columns.end), ("annotator", columns.annotator), ("time", columns.time),
        ("layer", columns.layer), ("round", columns.round), ("status", None),
        ("label", columns.label[0] if columns.label else None),
    ):  # fmt: skip
        found[role] = _pick(free, asked, partial(is_called, role=role))
        free = [name for name in free if name != found[role]]
    ranked = sorted((rank, name) for name in free if (rank := item_rank(name)) is not None)
    found["item"] = columns.item[0] if columns.item else ranked[0][1] if ranked else None
    free = [name for name in free if name != found["item"]]
    for role, asked in (("text", columns.text), ("section", columns.section), ("document", columns.document)):
        found[role] = _pick(free, asked, partial(is_called, role=role))
        free = [name for name in free if name != found[role]]
    return found


def _read_table(cells: Table, annotator: str, into: Collector) -> None:
    """Read one row per span; a row without start, end and label says that the item was seen and nothing marked.

    *annotator* is who a table without a column for them is by, empty if that is not known.
    """
    names = list(cells.columns)
    role = _roles(names, into.settings)
    if not _is_span_table(names) and role["start"] is None:
        _read_items(cells, role, into)
        return
    if role["item"] is None or (role["annotator"] is None and not annotator):
        lacking = "item" if role["item"] is None else "annotator"
        into.refuse(
            cells.source, f"has no column that names the {lacking} ({', '.join(names)}).",
            f"Name it with --{lacking}.",
        )  # fmt: skip
        return
    into.reading.columns |= {key: name for key, name in role.items() if name}
    place = said.SHEET_NAME if annotator == cells.sheet else said.FILE_NAME
    into.reading.annotator_from = f"column {role['annotator']}" if role["annotator"] else place
    frame = pd.DataFrame({key: cells.column(name) for key, name in role.items()}, dtype=object)
    if role["annotator"] is None:
        frame["annotator"] = annotator
    frame["layer"] = frame["layer"].where(frame["layer"] != "", LAYER)
    frame["row"] = cells.rows
    _read_texts(frame, cells, into)
    _read_about(frame, cells, into)
    frame["start"], frame["end"] = (_integers(frame[name]) for name in ("start", "end"))
    frame["fragments"] = cells.column(_pick(names, None, lambda name: name.casefold() in FRAGMENTS))
    key = ["item", "annotator", "layer", "round"]
    frame = frame.sort_values(key, kind="stable", ignore_index=True)
    first = np.flatnonzero(~frame.duplicated(key).to_numpy())
    lists = {str(name): frame[name].tolist() for name in frame}
    for begin, stop in zip(first.tolist(), [*first[1:].tolist(), len(frame)], strict=True):
        _add_rows(lists, begin, stop, cells.source, into)


def _add_rows(lists: Mapping[str, list[Any]], begin: int, stop: int, source: str, into: Collector) -> None:
    """Note the rows from *begin* to *stop*, which are one submission."""
    marked = [
        at for at in range(begin, stop)
        if lists["label"][at].strip() or lists["start"][at] != "" or lists["end"][at] != ""
    ]  # fmt: skip
    submission = Submission(
        lists["item"][begin], lists["annotator"][begin], lists["layer"][begin], source, lists["row"][begin],
        status=lists["status"][begin] or "done", time=max(lists["time"][begin:stop]), take=0,
        batch=lists["round"][begin],
    )  # fmt: skip
    into.add(
        submission,
        [lists["label"][at].strip() or "(no label)" for at in marked],
        [lists["start"][at] for at in marked],
        [lists["end"][at] for at in marked],
        [lists["covered"][at] for at in marked],
        {
            number: whole
            for number, at in enumerate(marked)
            if PIECES.fullmatch(whole := "".join(lists["fragments"][at].split())) and ";" in whole
        },
        rows=[lists["row"][at] for at in marked],
    )


def _read_texts(frame: pd.DataFrame, cells: Table, into: Collector) -> None:
    """Note what the text column holds: the text of the item, or the text that the span covers."""
    frame["covered"] = None
    texts: pd.Series[Any] | None = frame["text"]
    covering = _pick(list(cells.columns), None, lambda name: name.casefold() in COVERED)
    if covering is not None:
        column = pd.Series(cells.column(covering), dtype=object)
        lengths = _integers(frame["end"]).map(_number) - _integers(frame["start"]).map(_number)
        spanned = lengths > 0
        if ((column.str.len() - lengths).abs().le(1) & spanned).sum() > spanned.sum() / 2:
            frame["covered"] = column.where(spanned, None)
            texts = None if into.reading.columns.get("text") == covering else texts
    if texts is not None:
        unique = pd.DataFrame({"item": frame["item"], "text": texts, "row": frame["row"]})
        unique = unique.loc[unique["text"] != ""].drop_duplicates(["item", "text"])
        for item, text, row in unique.itertuples(index=False):
            into.item(item, text, f"{cells.source}!{row}")


def _read_about(frame: pd.DataFrame, cells: Table, into: Collector) -> None:
    """Note the section and the document of the items."""
    columns = {name: frame[name].to_numpy(object) for name in ("section", "document")}
    about = pd.DataFrame({name: told for name, told in columns.items() if (told != "").any()}, index=frame["item"])
    about = merged_items([about], into.reading)
    for item, metadata in about.iterrows():
        into.item(str(item), None, cells.source, {str(name): told for name, told in metadata.items()})


def _read_items(cells: Table, role: Mapping[str, str | None], into: Collector) -> None:
    """Read a table of items with their texts and metadata."""
    others = [name for name in cells.columns if name not in (role["item"], role["text"])]
    for at, (item, text) in enumerate(zip(cells.column(role["item"]), cells.column(role["text"]), strict=True)):
        metadata = {name: cells.columns[name][at] for name in others}
        into.item(item, text, f"{cells.source}!{cells.rows[at]}", metadata)


def _integers(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return cells as integers where they are whole numbers, else as they are."""
    return values.map(lambda cell: int(found[1]) if (found := WHOLE_NUMBER.fullmatch(cell)) else cell)


def _number(value: object) -> float:
    """Return a whole number as it is, anything else as NaN."""
    return value if isinstance(value, int) else np.nan


LOADER = Loader(
    *said.called("span_table"), accepts, read,
    takes=frozenset({
        "annotator", "end", "header", "item", "label", "layer", "round", "sheets", "start", "text", "time", "unmarked"
    }),
)  # fmt: skip
