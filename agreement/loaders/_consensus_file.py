"""A file that ``agreement consensus`` wrote, read as gold: what is settled counts, what is open does not."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import python_calamine

from agreement.annotations import Reading
from agreement.errors import InputError, Problem
from agreement.loaders._base import Source
from agreement.loaders._json import note_repeated_keys
from agreement.loaders._workbook_limits import refuse_oversized
from agreement.records import Records
from agreement.wording import reading as said

NAMED_COLUMN = re.compile(r'column "([^"]*)"')
JOINED = " / "  # what the loaders put between the columns of an item's name
SETS = "; "
DEFUSED = r"^'(?=[ \n]*[=+\-@\t\r|%])"  # the apostrophe that keeps a spreadsheet from running a cell
SHEET = "Consensus"
LONGEST_HEADER = 1 << 20
LISTED = 20
ONE_ROW = "Keep one row for each item."
LABELS = frozenset({"status", "probability", "entropy_bits", "votes"})
SPANS = frozenset({"status", "share", "boundary_votes", "votes"})
TIE, NO_LABEL = "tie", "no label"
SETTLED = ("settled", "votes tie")
OPEN = {TIE: said.CONSENSUS_TIE, NO_LABEL: said.CONSENSUS_NO_LABEL}


def consensus_records(path: Path, labelled: Records) -> Records | None:
    """Return the gold in a consensus file of the items in *labelled*; None if its columns tell that it is none.

    The file keeps the names that items, labels, layers and rounds have in the labels, and the labels tell a set of
    them from one that holds a semicolon.
    """
    columns = {role: NAMED_COLUMN.findall(told) for role, told in labelled.reading.columns.items()}
    known = frozenset(map(str, labelled.rows["label"].unique()))
    table = _table(path, (*columns.get("label", ()), "label"))
    if table is None:
        return None
    reading = Reading(rows_read=len(table))
    questions = [str(name).removesuffix(": status") for name in table if str(name).endswith(": status")]
    items = [name for name in columns.get("item", ()) if name in table] or [table.columns[0]]
    frame = pd.DataFrame({"item": table[items].agg(JOINED.join, axis=1), "source": path.name})
    frame["row"] = range(2, len(frame) + 2)
    for role in ("round", "layer", "start", "end"):
        name = next((one for one in (*columns.get(role, ()), role) if one in table), None)
        frame[role] = "" if name is None else table[name]
    label = next((one for one in ("consensus", *columns.get("label", ()), "label") if one in table), "")
    parts = [
        frame.assign(label=table[name or label], status=table[f"{name}: status" if name else "status"]).assign(
            **({"layer": name} if name else {})
        )
        for name in questions or [""]
    ]
    spans = bool(frame["start"].ne("").any())
    rows = _settled(_once(pd.concat(parts, ignore_index=True), reading, spans=spans), reading, spans=spans)
    given = rows["label"].map(lambda text: _members(text, known))
    rows = rows.assign(label=given).explode("label", ignore_index=True)
    rows["label"] = rows["label"].fillna("")
    for name in ("start", "end"):
        numbers = pd.to_numeric(rows[name].replace("", "-1"), errors="coerce")
        if not numbers.between(-1, 2**53).all() or (numbers % 1 > 0).any():
            what = f"the column {name!r} holds what is no whole number."
            raise InputError([Problem(path.name, what, "Write the consensus again.")])
        rows[name] = numbers.astype("int64")
    reading.warnings.append(said.consensus_file(path.name, len(rows), sum(reading.set_aside.values())))
    return Records(rows.assign(annotator="gold", take=0), reading)


def _once(rows: pd.DataFrame, reading: Reading, *, spans: bool) -> pd.DataFrame:
    """Return the rows without repeated ones, which are counted; those that contradict each other are refused."""
    place = ["item", "round", "layer"] + (["start", "end", "label"] if spans else [])
    same = rows.duplicated([*place, "label", "status"])
    rows = rows.loc[~same]
    twice = rows.loc[rows.duplicated(place, keep=False)].sort_values([*place, "row"], kind="stable")
    if len(twice):
        told = [
            Problem(f"{one.source}!{one.row}", f"item {one.item!r} again, as {one.label!r} ({one.status}).", ONE_ROW)
            for one in twice.head(LISTED).itertuples()
        ]
        raise InputError(told)
    reading.aside(said.REPEAT_IDENTICAL, int(same.sum()))
    return rows


def _settled(rows: pd.DataFrame, reading: Reading, *, spans: bool) -> pd.DataFrame:
    """Return the rows that are settled; a document with a span that is a tie is open as a whole."""
    for status, reason in OPEN.items():
        reading.aside(reason, int(rows["status"].eq(status).sum()))
    place = ["item", "round", "layer"]
    if not spans:
        return rows.loc[rows["status"].isin(SETTLED)].assign(status="done")
    open_ones = rows.loc[rows["status"].eq(TIE), place].drop_duplicates().assign(open=True)
    rows = rows.merge(open_ones, on=place, how="left")
    beside = rows["open"].notna() & rows["status"].ne(TIE)
    reading.aside(said.BESIDE_TIE, int(beside.sum()))
    closed = rows.loc[rows["open"].isna()]
    found = closed["status"].isin(SETTLED)
    nothing = closed.loc[~found].merge(closed.loc[found, place].drop_duplicates(), on=place, how="left", indicator=True)
    nothing = nothing.loc[nothing["_merge"].eq("left_only")].drop_duplicates(place).drop(columns="_merge")
    nothing = nothing.assign(label="", start="", end="", status="empty")
    return pd.concat([closed.loc[found].assign(status="done"), nothing], ignore_index=True).drop(columns="open")


def _members(text: str, known: frozenset[str]) -> list[str]:
    """Return the labels in *text*: several if it is none, and all that semicolons part are.

    Examples
    --------
    >>> _members("a; b", frozenset({"a", "b"})), _members("a; b", frozenset({"a; b"}))
    (['a', 'b'], ['a; b'])
    """
    parts = text.split(SETS)
    return [text] if text in known or not known.issuperset(parts) else parts


def _table(path: Path, labels: Sequence[str]) -> pd.DataFrame | None:
    """Return the table of a consensus file as text, None if the file is none."""
    try:
        return _read(path, labels)
    except (ValueError, TypeError, AttributeError, csv.Error, python_calamine.CalamineError):
        return None  # what it is instead, or why it can't be read, the loaders say


def _read(path: Path, labels: Sequence[str]) -> pd.DataFrame | None:
    """Return what :func:`_table` does; a damaged file raises whatever its reader stumbles over."""
    suffix = path.suffix.lower()
    if suffix == ".jsonl":
        table = _unfolded(path, labels)
    elif suffix in (".csv", ".tsv"):
        separator = "\t" if suffix == ".tsv" else ","
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            header = file.readline(LONGEST_HEADER)
        if not any(name in header for name in ("entropy_bits", "boundary_votes")):
            return None
        cells = pd.read_csv(path, sep=separator, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        table = _headed(path, cells)
    elif suffix == ".xlsx":
        refuse_oversized(Source(path, path.name), path.read_bytes())
        sheets: dict[str, pd.DataFrame] = pd.read_excel(
            path, None, header=None, dtype=str, keep_default_na=False, engine="calamine"
        )
        table = _headed(path, sheets[SHEET]) if SHEET in sheets else None
    else:
        return None
    if table is None or table.empty:
        return None
    names = {str(name).rpartition(": ")[2] for name in table}
    if not (names >= LABELS or names >= SPANS):
        return None
    text = table.fillna("").astype(str)
    return text.replace(DEFUSED, "", regex=True) if suffix in (".csv", ".tsv") else text


def _headed(path: Path, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the *cells* under the names in their first row; pandas itself would give a repeated name a number."""
    if cells.empty:
        return cells
    names = cells.iloc[0].astype(str)
    table = cells.iloc[1:].set_axis(names.tolist(), axis=1).reset_index(drop=True)
    twice = names[names.duplicated() & names.ne("")].unique()
    if len(twice) and any(name in table for name in ("entropy_bits", "boundary_votes")):
        told = [Problem(f"{path.name}!1", f"2 columns are called {name!r}.", "Keep one of them.") for name in twice]
        raise InputError(told)
    return table


def _unfolded(path: Path, labels: Sequence[str]) -> pd.DataFrame | None:
    """Return JSON lines as the table that holds the same: a set of labels as text, a row per span."""
    with path.open("rb") as file:
        try:
            first: Any = orjson.loads(file.readline(LONGEST_HEADER))
        except orjson.JSONDecodeError:
            return None
        if not isinstance(first, dict) or not ("votes_by_label" in first or isinstance(first.get("votes"), list)):
            return None
        file.seek(0)
        lines = [(number, line) for number, line in enumerate(file, 1) if line.strip()]
        records = [orjson.loads(line) for _, line in lines]
    problems: list[Problem] = []
    for (number, line), record in zip(lines, records, strict=True):
        note_repeated_keys(line, record, f"{path.name}!{number}", problems)
    if problems:
        raise InputError(problems)
    label = next((name for name in labels if name in first), "label")
    if "votes_by_label" in first:
        given = [one.get(label) for one in records]
        named = [SETS.join(map(str, one)) if isinstance(one, list) else one for one in given]
        return pd.DataFrame(records).assign(**{label: named})
    nothing = {"start": "", "end": "", "label": "", "votes": 0, "boundary_votes": 0, "status": "nothing marked"}
    return pd.DataFrame([
        {name: one[name] for name in one if name not in (label, "votes")} | span | {"share": ""}
        for one in records
        for span in one.get("votes") or [nothing]
    ])  # fmt: skip
