"""Span records of any origin: JSON lines or a JSON list whose records hold lists of spans per annotator."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from agreement.annotations import Layer
from agreement.errors import Problem
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission
from agreement.loaders._json import collector_paused, json_records
from agreement.loaders._vocabulary import ROLES, is_called, item_rank
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

LAYER = "spans"
LISTS = ("spans", "entities", "annotations", "labels", "label")
START = ROLES["start"]
END = ROLES["end"]
LABEL = ("label", "type", "tag", "class", "category", "entity", "name", "value")
COVERED = ("covered_text", "text", "quote", "surface", "token")
SPAN_HEAD = re.compile(
    rb'"(%s)"\s*:\s*"?\d[^{}]*"(%s)"\s*:\s*"?\d|"(%s)"\s*:\s*"?\d[^{}]*"(%s)"\s*:\s*"?\d|\[\s*\d+\s*,\s*\d+\s*,\s*"'
    % tuple("|".join(names).encode() for names in (START, END, END, START))
)
DOCCANO = ("cats", "entities.start_offset", "label", "labels")
PLATFORMS = (
    "_input_hash", "Comments", "data_row", "responses", "annotation_sets", "annotatable", "completions",
    "annotations.completed_by", "annotations.result", "instance_id_to_label_to_value", "results.judgments", "lead_time",
    "%TYPES", "%FEATURE_STRUCTURES",
)  # fmt: skip


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the files whose first records hold spans, and none of a platform's keys; and their files of texts.

    Files that name no annotator are by the annotator they are named after.
    """
    spans = [file for file in files if _holds_spans(file)]
    spans = spans or [file for file in files if _holds_spans(file, named=False)]
    items = [
        file for file in files
        if spans and file not in spans and "text" in file.keys and not any(key in file.keys for key in PLATFORMS)
    ]  # fmt: skip
    return spans + items


def _holds_spans(file: Source, *, named: bool = True) -> bool:
    """Return whether the first records hold spans, of annotators who are *named* or of whoever the file is by."""
    if not file.keys or any(key in file.keys for key in PLATFORMS):
        return False
    names = {key.split(".")[-1] for key in file.keys}
    has_list = any(name in file.keys for name in LISTS) or (names & set(START) and names & set(END))
    has_annotator = any(is_called(name, "annotator") for name in names) or "annotations" in file.keys
    if not named:
        has_annotator = any(name in file.keys for name in LISTS[:2]) and file.keys.isdisjoint(DOCCANO)
    return bool(has_list and has_annotator and SPAN_HEAD.search(file.json_head))


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records of every file; each record is one submission, one span, or one item with all its spans."""
    into = Collector(settings, rival="UTF-16 units")
    into.reading.layout = said.SPAN_LISTS
    flat = False
    by_file = sum(not any(is_called(key, "annotator") for key in file.keys) for file in files if _lists_spans(file)) > 1
    with collector_paused():
        for file in files:
            for number, record in json_records(file, into.problems):
                if isinstance(record, dict):
                    flat = _read_record(record, file, number, into, by_file=by_file) or flat
                else:
                    into.refuse(f"{file.name}!{number}", f"is no JSON object but {type(record).__name__}.")
        into.layers = {name: Layer(name, "spans") for name in into.layer_names()} or {LAYER: Layer(LAYER, "spans")}
        if flat:
            into.settle_unmarked()
        return into.records()


def _first(record: Mapping[str, Any], asked: str | None, role: str) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return the value of the key asked for, else of the first key people use for *role*."""
    if asked is not None:
        return record.get(asked)
    key = _key(tuple(record), role)
    return None if key is None else record[key]


@lru_cache(maxsize=1024)
def _key(names: tuple[str, ...], role: str) -> str | None:
    """Return the first of *names* that people use for *role*; records hardly ever differ in their keys."""
    return next((name for name in names if is_called(name, role)), None)


@lru_cache(maxsize=1024)
def _item_key(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the one of *names* that most surely names the item, if any does."""
    ranked = sorted((rank, name) for name in names if (rank := item_rank(name)) is not None)
    return tuple(name for _, name in ranked[:1])


def _lists_spans(file: Source) -> bool:
    """Return whether the records of *file* have a key for lists of spans."""
    return any(name in file.keys for name in LISTS)


def _read_record(record: dict[str, Any], file: Source, number: int, into: Collector, *, by_file: bool) -> bool:
    """Read one record; return True if it says nothing about who saw the item and marked nothing.

    *by_file* says that who a record is by may stand in the file's name only.
    """
    columns = into.settings.columns
    where = f"{file.name}!{number}"
    item = _item(record, columns.item)
    if item is None:
        into.refuse(where, f"has no key that names the item ({', '.join(record)}).", "Name it with --item.")
        return False
    text = record.get(columns.text or "text")
    lists = next((key for key in LISTS if isinstance(record.get(key), (list, dict))), None)
    annotator = _first(record, columns.annotator, "annotator")
    known = {lists, columns.text or "text", "id"}
    about = (columns.section or "section", columns.document or "document")
    metadata = {
        key: value for key, value in record.items() if (key in about if annotator is not None else key not in known)
    }
    if isinstance(text, str) and (lists is not None or annotator is None):
        into.item(item, text, where, metadata)
    elif metadata:
        into.item(item, None, where, metadata)
    place = Submission(
        item, str(annotator), str(_first(record, columns.layer, "layer") or LAYER), file.name, number,
        status=str(record.get("status") or "done"), time=str(_first(record, columns.time, "time") or ""),
        batch=str(_first(record, columns.round, "round") or ""),
    )  # fmt: skip
    spans = record.get(lists or "")
    if annotator is None and by_file and isinstance(spans, list) and not _name_annotators(spans, into):
        into.reading.annotator_from = said.FILE_NAME
        _add(replace(place, annotator=file.stem), spans, into)
        return False
    if annotator is not None:
        into.reading.annotator_from = said.KEY_OF_RECORD
        if lists is None:
            nothing = all(record.get(key) in (None, "") for names in (START, END, LABEL) for key in names)
            _add(replace(place, take=0), [] if nothing else [record], into)
        else:
            _add(place, spans, into)
        return lists is None
    return _read_by_annotator(place, spans, into)


def _name_annotators(spans: list[Any], into: Collector) -> bool:
    """Return whether the entries of a list say whose they are."""
    asked = into.settings.columns.annotator
    return any(isinstance(entry, dict) and _first(entry, asked, "annotator") is not None for entry in spans)


def _read_by_annotator(place: Submission, spans: Any, into: Collector) -> bool:  # noqa: ANN401 - JSON
    """Read an item's spans of all annotators: by name, in one object each, or each span with its annotator."""
    into.reading.annotator_from = said.KEYS_IN_RECORD
    if isinstance(spans, dict):
        for name, own in spans.items():
            _add(replace(place, annotator=name), own, into)
        return False
    flat = False
    by_name: dict[str, list[Any]] = {}
    for entry in spans or ():
        name = _first(entry, into.settings.columns.annotator, "annotator") if isinstance(entry, dict) else None
        if name is None:
            into.refuse(
                f"{place.source}!{place.row}, item {place.item}", f"{str(entry)[:60]!r} names no annotator.",
                "Give each list of spans an annotator.",
            )  # fmt: skip
            return False
        own = next((entry[key] for key in LISTS if isinstance(entry.get(key), list)), None)
        flat = flat or own is None
        by_name.setdefault(str(name), []).extend([entry] if own is None else own)
    for name, own in by_name.items():
        _add(replace(place, annotator=name), own, into)
    return flat


def _item(record: Mapping[str, Any], asked: Sequence[str]) -> str | None:
    """Return the item's name: of the keys asked for, else of the key that most surely names it."""
    names = asked or _item_key(tuple(record))
    values = [str(record[name]) for name in names if record.get(name) is not None]
    return " / ".join(values) if values else None


def _add(place: Submission, spans: Any, into: Collector) -> None:  # noqa: ANN401 - JSON can be anything
    """Note one submission; ``null`` in place of a list says that the item was not annotated."""
    if spans is None:
        return
    try:
        first = spans[0] if spans else {}
        if isinstance(first, dict):
            start, end, label, text = (
                next((key for key in names if key in first), names[0]) for names in (START, END, LABEL, COVERED)
            )
            labels = [span[label] for span in spans]
            starts, ends = [span[start] for span in spans], [span[end] for span in spans]
            covered = [span.get(text) for span in spans] if text in first else ()
        else:
            starts, ends, labels = (list(column) for column in zip(*spans, strict=True))
            covered = ()
        if not all(isinstance(value, str) for value in labels):
            labels = ["(no label)" if value is None else str(value) for value in labels]
    except (KeyError, TypeError, ValueError, IndexError):
        into.problems.append(
            Problem(
                f"{place.source}!{place.row}, item {place.item}",
                f"spans lack start, end or label: {str(spans)[:80]!r}.",
                'Write each span as {"start": 0, "end": 4, "label": "ORG"} or [0, 4, "ORG"].',
            )
        )
        return
    whole = covered if all(isinstance(claim, str) for claim in covered) else ()
    into.add(place, labels, starts, ends, whole)


LOADER = Loader(
    *said.called("span_records"), accepts, read,
    takes=frozenset({"annotator", "item", "layer", "round", "text", "time", "unmarked"}),
)  # fmt: skip
