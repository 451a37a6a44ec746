"""Decision files: what people decided about disputed items, from the page (JSON, CSV) or from the workbook."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from agreement._files import read_regular
from agreement.adjudication.decisions import CHOICES, Decision, Final
from agreement.annotations import Annotations, Layer
from agreement.errors import InputError, Problem
from agreement.loaders._base import Source
from agreement.loaders._json import note_repeated_keys
from agreement.loaders._workbook_limits import refuse_oversized

MOST_BYTES, LONGEST_CELL = 1 << 28, 2**31 - 1
LONGEST_LABEL = 10_000  # as in the labels themselves
SCHEMA = "label-decisions/1"
WORKBOOKS = (".xlsx", ".xlsm")
# what a spreadsheet would run, and therefore has an apostrophe in front
ESCAPED = re.compile(r"'(?=[=+\-@\t\r])")
# control characters, which no workbook holds; --excel writes this character for each
CONTROL, REPLACED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]"), "\ufffd"
NEEDED = ("layer", "item", "decision", "note", "guideline section")


def read_decisions(
    paths: Iterable[Path], annotations: Annotations, source_sha256: str, *, force: bool = False
) -> list[Decision]:
    """Return the decisions in *paths*, a file per decider; the last one counts where a file decides twice.

    Raises
    ------
    InputError
        Listing every problem of every file: another schema, decisions about other data (unless *force*), items,
        layers or labels that are not there.
    """
    problems: list[Problem] = []
    found: list[Decision] = []
    deciders = _named([Path(path) for path in paths])
    if not deciders:
        problems.append(Problem("decisions", "no file was given.", "Name the files that the page or Excel saved."))
    for name, path in deciders.items():
        wrong: list[Problem] = []
        reader = _Reader(name, path.name, annotations, wrong)
        suffix = path.suffix.lower()
        read = reader.workbook if suffix in WORKBOOKS else reader.csv_file if suffix == ".csv" else reader.json_file
        try:
            sha, mine = read(path)
        except InputError as error:
            problems += error.problems
            continue
        if sha is not None and sha != source_sha256 and not force:
            # whatever else is wrong with the file follows from that
            wrong = [
                Problem(
                    path.name,
                    f"was made for other labels (source_sha256 {sha[:12] or 'missing'}…, here {source_sha256[:12]}…).",
                    "Apply it to the data that were audited, or pass --force if you know that the items are the same.",
                )
            ]
        problems += wrong
        found += {(d.layer, d.item, d.round): d for d in mine}.values()
    if problems:
        raise InputError(problems)
    return found


def _named(paths: list[Path]) -> dict[str, Path]:
    """Return the files by the name of their decider: the file's name, numbered where two are called alike."""
    named: dict[str, Path] = {}
    for path in paths:
        name, number = path.stem, 1
        while name in named:
            number += 1
            name = f"{path.stem} ({number})"
        named[name] = path
    return named


class _Reader:
    """Reads the decisions of one file and collects what is wrong with it."""

    def __init__(self, decider: str, file: str, annotations: Annotations, problems: list[Problem]) -> None:
        self.decider, self.file, self.annotations, self.problems = decider, file, annotations, problems
        self.items = set(annotations.items.index)
        self.written_as = {CONTROL.sub(REPLACED, item): item for item in map(str, self.items) if CONTROL.search(item)}

    def wrong(self, where: str, what: str, remedy: str = "") -> None:
        """Note a problem at *where* in the file."""
        self.problems.append(Problem(f"{self.file}{where}", what, remedy))

    def json_file(self, path: Path) -> tuple[str | None, list[Decision]]:
        """Return source hash and decisions of a JSON file; None for the hash if the file is no decision file."""
        try:
            text = read_regular(path, self.file, MOST_BYTES).decode("utf-8-sig")
            document = json.loads(text)
        except (ValueError, RecursionError):
            self.wrong("", "is neither JSON nor an Excel workbook.", "Download the decisions from the page again.")
            return None, []
        note_repeated_keys(text.encode(), document, self.file, self.problems)
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            schema = document.get("schema") if isinstance(document, dict) else None
            self.wrong("", f"has the schema {schema!r}, not {SCHEMA!r}.", "Use “Download decisions” of the page.")
            return None, []
        decisions = document.get("decisions")
        if not isinstance(decisions, list):
            self.wrong(", decisions", "is not a list.", "Download the decisions from the page again.")
            return None, []
        found = [self.record(f", decision {n}", record) for n, record in enumerate(decisions, start=1)]
        return str(document.get("source_sha256") or ""), [one for one in found if one is not None]

    def csv_file(self, path: Path) -> tuple[str | None, list[Decision]]:
        """Return source hash and decisions of the CSV of the page, also after a spreadsheet saved it."""
        try:
            text = read_regular(path, self.file, MOST_BYTES).decode("utf-8-sig")
        except UnicodeDecodeError:
            self.wrong("", "is not UTF-8.", "Save it as “CSV UTF-8”.")
            return None, []
        csv.field_size_limit(LONGEST_CELL)
        head = text.partition("\n")[0]
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
        missing = [name for name in ("item_id", "layer", "decision", "final") if name not in (rows.fieldnames or ())]
        if missing:
            self.wrong("", f"lacks the column {', '.join(missing)}.", "Use the CSV of the page, header row included.")
            return None, []
        hashes, found = set(), []
        for number, row in enumerate(rows, start=2):
            cells = {name: ESCAPED.sub("", value or "", count=1) for name, value in row.items() if name}
            hashes.add(cells.get("source_sha256", ""))
            found.append(self.record(f"!{number}", self._of_csv(f"!{number}", cells, row)))
        sha = hashes.pop() if len(hashes) == 1 else ""
        return sha, [one for one in found if one is not None]

    def _of_csv(self, where: str, cells: Mapping[str, str], row: Mapping[str, str]) -> dict[str, Any]:
        """Return a row of a CSV file as the record that JSON would hold; lists stand in it as JSON."""
        layer = self.annotations.layers.get(cells["layer"])
        final: Any = cells["final"] or None
        if final is not None and layer is not None and layer.kind in ("labels", "spans"):
            try:
                final = json.loads(final)
                note_repeated_keys(cells["final"].encode(), final, f"{self.file}{where}", self.problems)
            except (ValueError, RecursionError):
                final = cells["final"]
        # an id that itself begins with an apostrophe is taken as it is
        item = row["item_id"] if row["item_id"] in self.items else cells["item_id"]
        return {**cells, "item_id": item, "final": final}

    def record(self, where: str, record: object) -> Decision | None:
        """Return one decision of a JSON file."""
        if not isinstance(record, dict):
            self.wrong(where, f"is {type(record).__name__}, not an object.")
            return None
        item, choice = record.get("item_id"), record.get("decision")
        layer = self.layer(where, record.get("layer"))
        if choice not in ("label", *CHOICES.values()):
            self.wrong(where, f"decision {choice!r} is unknown; allowed: label, multi, unclear, drop.")
            return None
        if layer is None or not self.known(where, item):
            return None
        given = record["final"] if record.get("final") is not None else record.get("final_label")
        final = self.final(where, layer, choice, given)
        if choice == "label" and final is None:
            return None
        texts = (str(record.get(key) or "") for key in ("round", "guideline_section", "note"))
        round_, section, note = texts
        return Decision(
            self.decider, layer.name, str(item), round_, choice, final, section, note, f"{self.file}{where}"
        )

    def workbook(self, path: Path) -> tuple[str | None, list[Decision]]:
        """Return source hash and decisions of a workbook that was written by ``--excel`` and filled in."""
        data = read_regular(path, self.file, MOST_BYTES)
        if data.startswith(b"PK"):
            refuse_oversized(Source(path, path.name), data)
        try:
            return self._of_workbook(data)
        except Exception as error:  # noqa: BLE001 - openpyxl raises whatever a damaged part makes it stumble over
            found = f"is not a workbook that can be read ({type(error).__name__})."
            self.wrong("", found, "Save it as .xlsx without a password.")
            return None, []

    def _of_workbook(self, data: bytes) -> tuple[str | None, list[Decision]]:
        """Return source hash and decisions of the workbook in *data*."""
        from openpyxl import load_workbook  # noqa: PLC0415 - only workbooks need it

        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            if not {"Summary", "Disputes"} <= set(book.sheetnames):
                self.wrong("", "has no sheets Summary and Disputes.", "Use the workbook that --excel wrote.")
                return None, []
            summary = {str(row[0]): row[1] for row in book["Summary"].iter_rows(values_only=True) if len(row) > 1}
            rows = book["Disputes"].iter_rows(values_only=True)
            header = [str(name) if name is not None else "" for name in next(rows, ())]
            missing = [name for name in NEEDED if name not in header]
            if missing:
                self.wrong("[Disputes]", f"lacks the column {', '.join(missing)}.", "Put the header row back.")
                return None, []
            found = [
                self.row(f"[Disputes]!{number}", dict(zip(header, map(_cell, row), strict=False)))
                for number, row in enumerate(rows, start=2)
            ]
        finally:
            book.close()
        return str(summary.get("source_sha256") or ""), [one for one in found if one is not None]

    def row(self, where: str, row: Mapping[str, str]) -> Decision | None:
        """Return the decision in one row of the workbook, None where nothing was decided."""
        written, note, section = row["decision"].strip(), row["note"].strip(), row["guideline section"].strip()
        if not written:
            if note or section:
                self.wrong(where, "has a note or a section but no decision.", "Choose a decision, or clear the row.")
            return None
        row = {**row, "item": self.written_as.get(row["item"], row["item"])}
        layer = self.layer(where, row["layer"])
        if layer is None or not self.known(where, row["item"]):
            return None
        choice = CHOICES.get(written, "label")
        final = self.written(where, layer, written, row) if choice == "label" else None
        if choice == "label" and final is None:
            return None
        return Decision(
            self.decider, layer.name, row["item"], row.get("round", ""), choice, final, section, note,
            f"{self.file}{where}",
        )  # fmt: skip

    def written(self, where: str, layer: Layer, written: str, row: Mapping[str, str]) -> Final:
        """Return what a decision cell stands for: a label, labels joined by ``;``, or ``as <annotator>``."""
        if layer.kind not in ("spans", "answer", "number") or not written.startswith("as "):
            given: Any = [_meant(part.strip(), layer) for part in written.split(";") if part.strip()]
            return self.final(where, layer, "label", given if layer.kind == "labels" else _meant(written, layer))
        who = written.removeprefix("as ")
        if who not in self.annotations.annotators.index:
            self.wrong(
                where, f"decision {written!r}: there is no annotator {who!r}.",
                "Choose from the list; with pseudonyms pass --anonymise and the same --key.",
            )  # fmt: skip
            return None
        said = self.annotations.table
        said = said.loc[
            said["layer"].eq(layer.name) & said["item"].eq(row["item"]) & said["round"].eq(row.get("round", ""))
            & said["annotator"].eq(who)
        ]  # fmt: skip
        if layer.kind == "spans":
            return tuple(zip(said["start"].tolist(), said["end"].tolist(), said["label"].astype(str), strict=True))
        return str(said["label"].iloc[0]) if len(said) else None

    def layer(self, where: str, name: object) -> Layer | None:
        """Return the layer called *name*; the only one there is when no name is given."""
        layers = self.annotations.layers
        if name in (None, "") and len(layers) == 1:
            return next(iter(layers.values()))
        found = layers.get(str(name))
        if found is None:
            self.wrong(where, f"layer {name!r} is not in the data ({', '.join(sorted(layers))}).")
        return found

    def known(self, where: str, item: object) -> bool:
        """Return whether *item* is in the data."""
        if item is not None and str(item) in self.items:
            return True
        self.wrong(where, f"item {item!r} is not in the data.", "Apply the decisions to the data that were audited.")
        return False

    def final(self, where: str, layer: Layer, choice: str, given: object) -> Final:
        """Return what was decided for, as the kind of the layer wants it."""
        if given is None:
            if choice == "label":
                self.wrong(where, "decides for a label but names none.", "Choose the label again.")
            return None
        if layer.kind == "spans" and choice == "label":
            return self.spans(where, layer, given)
        names = [str(name) for name in given] if isinstance(given, list) else [str(given)]
        several = layer.kind == "labels" or choice == "multi"
        unknown = [name for name in names if layer.declared and name not in layer.labels]
        if max(map(len, names), default=0) > LONGEST_LABEL:
            told = (
                f"a label of more than {LONGEST_LABEL:,} characters is none.",
                "Choose a label, or write a short one.",
            )
        elif unknown:
            found = f"label {', '.join(map(repr, unknown))} is not in the declared set ({', '.join(layer.labels)})."
            told = found, "Choose one of them, or add the label to the set."
        elif len(names) != 1 and not several:
            told = f"decides for {len(names)} labels where the layer takes one.", "Choose one label."
        else:
            return tuple(sorted(set(names))) if several else names[0]
        self.wrong(where, *told)
        return None

    def spans(self, where: str, layer: Layer, given: object) -> Final:
        """Return spans from ``[start, end, label]`` or ``{"start", "end", "label"}``."""
        found = []
        for one in given if isinstance(given, list) else [given]:
            parts = [one.get(key) for key in ("start", "end", "label")] if isinstance(one, dict) else one
            if (
                not isinstance(parts, list) or len(parts) != 3
                or not all(isinstance(n, int) and not isinstance(n, bool) for n in parts[:2])
                or not 0 <= parts[0] < parts[1]
            ):  # fmt: skip
                self.wrong(where, f"span {one!r} is not [start, end, label] with 0 <= start < end.")
                return None
            if layer.declared and str(parts[2]) not in layer.labels:
                self.wrong(where, f"label {parts[2]!r} is not in the declared set ({', '.join(layer.labels)}).")
                return None
            found.append((parts[0], parts[1], str(parts[2])))
        return tuple(sorted(found))


def _cell(value: object) -> str:
    """Return a cell as text; whole numbers without ``.0``, which Excel makes of a typed label 3."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _meant(written: str, layer: Layer) -> str:
    """Return the label that *written* stands for: itself, or the one label that Excel may have made it of.

    Excel turns a chosen label ``007`` into the number 7, ``1.0`` into 1 and ``true`` into TRUE.
    """
    if written in layer.labels:
        return written
    value = _number(written)
    alike = [
        label
        for label in layer.labels
        if label.casefold() == written.casefold() or (value is not None and _number(label) == value)
    ]
    return alike[0] if len(alike) == 1 else written


def _number(text: str) -> float | None:
    """Return the number that *text* is, None if it is none."""
    try:
        return float(text)
    except ValueError:
        return None
