"""What came of adjudication as files: new gold, guideline changes by section, conflicts, and a summary."""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import orjson
import pandas as pd
from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

from agreement import _files
from agreement.adjudication.applying import KEY, Adjudicated
from agreement.errors import OutputError
from agreement.report._cells import Cells, SteadyZip, room_for_sheets
from agreement.report._frames import safe
from agreement.report.markdown import escaped
from agreement.report.workbook import EPOCH, WIDTHS
from agreement.wording import Figure, listed, optional
from agreement.wording import decisions as words

GOLD_SUFFIXES = (".csv", ".tsv", ".jsonl", ".xlsx")
NAMED_COLUMN = re.compile(r'column "(.*)"')


def write_gold(result: Adjudicated, path: Path) -> Path:
    """Write the new gold to *path* in the form of its suffix: ``.csv``, ``.tsv``, ``.xlsx`` or ``.jsonl``.

    Columns are called as in the input, so that the file can be passed as ``--gold``. Tables hold a row per label or
    span; JSON lines hold an item a line, with its spans as ``[start, end, label]``.

    Raises
    ------
    OutputError
        If the suffix is another one, or the file can't be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in GOLD_SUFFIXES:
        raise OutputError(
            f"{path}: gold can be written as {listed(GOLD_SUFFIXES, 'or')}. Choose one of these suffixes."
        )
    frame = _gold_table(result)
    if suffix == ".jsonl":
        return _files.write_bytes(path, b"".join(orjson.dumps(record) + b"\n" for record in _gold_records(result)))
    if suffix == ".xlsx":
        return write_sheet(frame, path)
    separator = "\t" if suffix == ".tsv" else ","
    return _files.write_text(path, safe(frame).to_csv(index=False, sep=separator, lineterminator="\n"))


def write_guideline(result: Adjudicated, path: Path) -> Path:
    """Write the guideline changes to *path*: a table for ``.csv``, else Markdown with a heading per section."""
    if Path(path).suffix.lower() == ".csv":
        return _files.write_text(path, safe(result.guideline).to_csv(index=False, lineterminator="\n"))
    return _files.write_text(path, guideline_markdown(result))


def write_conflicts(result: Adjudicated, path: Path) -> Path:
    """Write the items that were decided differently to *path* as CSV."""
    return _files.write_text(path, safe(result.conflicts).to_csv(index=False, lineterminator="\n"))


def guideline_markdown(result: Adjudicated) -> str:
    """Return the guideline changes as Markdown, a heading per section."""
    lines = [f"# {words.GUIDELINE_CHANGES}", ""]
    if result.guideline.empty:
        return "\n".join([*lines, words.NO_CHANGE, ""])
    for section, rows in groupby(result.guideline.to_dict("records"), key=lambda row: str(row["section"])):
        name = result.annotations.guidelines.name(section) if section else words.NO_SECTION
        lines += [f"## {escaped(name)}", ""]
        for row in rows:
            note = f" {escaped(str(row['note']))}" if row["note"] else ""
            decided = escaped(str(row["decision"]))
            lines.append(f"-{note} — item {escaped(str(row['item']))}: {decided} \\({escaped(str(row['decider']))}\\)")
        lines.append("")
    return "\n".join(lines)


def summary(result: Adjudicated) -> str:
    """Return what came of the decisions in a few lines: gold by basis, what has none, agreement of the deciders."""
    items = result.gold.drop_duplicates([*KEY])
    bases = [f"{number} {basis}" for basis, number in items["basis"].value_counts(sort=False).sort_index().items()]
    lines = words.made(len(result.decisions), result.deciders, len(items), bases)
    if len(result.left_out):
        why = [f"{number} {reason}" for reason, number in result.left_out["why"].value_counts().sort_index().items()]
        lines.append(words.without_gold(why))
    if len(result.conflicts):
        lines.append(words.in_conflict(len(result.conflicts)))
    if len(result.guideline):
        lines.append(words.changes_asked(len(result.guideline)))
    return "\n".join([*lines, *_agreement(result)])


def _agreement(result: Adjudicated) -> Iterator[str]:
    """Yield the deciders' agreement with n and interval, layer by layer, or why there is none."""
    scores = result.agreement
    if scores.empty:
        yield words.NEVER_BOTH
        return
    pooled = scores.loc[scores["reference"].isna() & scores["label"].isna()]
    for layer, rows in pooled.groupby("layer", sort=True):
        for measure, name in words.MEASURES:
            for row in rows.loc[rows["measure"].eq(measure)].to_dict("records"):
                n = optional(row["n"])
                figure = Figure(
                    optional(row["value"]), optional(row["low"]), optional(row["high"]), 0 if n is None else int(n),
                    reason=str(row["undefined"] or ""),
                )  # fmt: skip
                yield words.agreement_of_deciders(str(layer), name, figure)


def _gold_table(result: Adjudicated) -> pd.DataFrame:
    """Return the gold as a table with the input's names, without the columns that say nothing."""
    gold = result.gold
    layers = result.annotations.layers
    drop = [name for name in ("round", "fragments") if gold[name].eq("").all()]
    if len(layers) == 1:
        drop.append("layer")
    if all(layer.kind != "spans" for layer in layers.values()):
        drop += ["start", "end"]
    frame = gold.drop(columns=drop)
    for name in {"start", "end"} & set(frame):
        frame[name] = pd.array([None if value < 0 else value for value in frame[name]], dtype="Int64")
    return frame.rename(columns=_names(result))


def _names(result: Adjudicated) -> dict[str, str]:
    """Return our column names with those of the input, where it had columns for them."""
    matches = {role: NAMED_COLUMN.fullmatch(told) for role, told in result.annotations.reading.columns.items()}
    roles = ("item", "label", "layer", "round", "start", "end")
    return {role: match.group(1) for role, match in matches.items() if match and role in roles}


def _gold_records(result: Adjudicated) -> Iterator[dict[str, Any]]:
    """Yield an item of the gold as a record."""
    layers, names = result.annotations.layers, _names(result)
    item_name, label_name = names.get("item", "item"), names.get("label", "label")
    texts = result.annotations.items["text"]
    for (layer, item, round_), rows in groupby(
        result.gold.to_dict("records"), key=lambda row: tuple(str(row[name]) for name in KEY)
    ):
        marks = list(rows)
        record: dict[str, Any] = {item_name: item}
        if len(layers) > 1:
            record["layer"] = layer
        if round_:
            record[names.get("round", "round")] = round_
        given = [row for row in marks if row["label"]]
        kind = layers[layer].kind
        if kind == "spans":
            record["text"] = str(texts.get(item, ""))
            record[label_name] = [[row["start"], row["end"], row["label"]] for row in given]
        elif kind == "labels":
            record[label_name] = [row["label"] for row in given]
        else:
            record[label_name] = given[0]["label"] if given else None
        yield record | {"basis": marks[0]["basis"]}


def write_sheet(
    frame: pd.DataFrame, path: Path, sheet: str = "Gold", others: Mapping[str, pd.DataFrame] | None = None
) -> Path:
    """Write *frame* as a workbook with one *sheet*, and the *others* behind it; equal frames give equal bytes."""
    book = Workbook(write_only=True)
    book.properties.creator = "agreement"
    book.properties.created = book.properties.modified = EPOCH
    with room_for_sheets(book, path):
        cells = Cells(book)
        for name, content in {sheet: frame, **(others or {})}.items():
            cells.write(name, content, WIDTHS)
        with _files.replacing(path) as file, SteadyZip(file, "w", ZIP_DEFLATED, allowZip64=True) as archive:
            ExcelWriter(book, archive).save()
    return path
