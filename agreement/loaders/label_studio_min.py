"""Label Studio JSON_MIN, CSV and TSV: one record per annotation, data and answers side by side."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from agreement.annotations import Layer
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission, class_kind, single_or_several
from agreement.loaders._columns import header, table
from agreement.loaders._json import collector_paused, json_records, note_repeated_keys
from agreement.loaders._label_studio_results import rating_layer
from agreement.loaders._vocabulary import is_called
from agreement.records import Records
from agreement.settings import LayerKind, Settings
from agreement.wording import formats as said
from agreement.wording.reading import same_for_all

MARK = {"annotator", "annotation_id", "lead_time"}
OWN = {*MARK, "id", "created_at", "updated_at", "agreement"}
RENAMED = "_data_"
KINDS: dict[str, LayerKind | None] = {
    "regions": "spans", "choices": None, "taxonomy": "labels", "rating": "ordinal", "number": "number",
    "text": "answer", "selected": "category", "datetime": "category",
}  # fmt: skip
REGIONAL = {"choices", "taxonomy", "rating", "number"}
DRAWN = {"x", "points", "rle"}
"""What Label Studio's objects hold beside the answer: regions of texts, and of pictures."""


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the files whose records are single annotations of Label Studio."""
    return [file for file in files if (file.keys or set(header(file))) >= MARK]


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records. Cancelled annotations and ground-truth marks are not in this export."""
    into = Collector(settings, unit="UTF-16 units", latest=True)
    into.reading.layout = said.RECORD_PER_ANNOTATION
    into.reading.annotator_from = "annotator"
    into.reading.warnings.append(said.MIN_HAS_LESS)
    with collector_paused():
        records = [
            (file, number, record)
            for file in files
            for number, record in _records(file, into)
            if isinstance(record, dict)
        ]
        kinds = _controls([record for _, _, record in records], into)
        for name, kind in kinds.items():
            given = (label for _, _, record in records for label in _labels(record.get(name)))
            into.layers[name] = rating_layer(name, given) if kind == "ordinal" else Layer(name, kind)
        text_key = _text_key([record for _, _, record in records], kinds, settings)
        for file, number, record in records:
            if "annotator" not in record:
                into.refuse(f"{file.name}!{number}", "names no annotator.", "Export the file again.")
                continue
            item = str(record.get("id", number))
            text = record.get(text_key or "")
            data = {key: value for key, value in record.items() if key not in OWN | {*kinds, text_key}}
            into.item(item, text if isinstance(text, str) else None, f"{file.name}!{number}", data)
            time = str(record.get("updated_at") or record.get("created_at") or "")
            for layer, kind in kinds.items():
                place = Submission(item, str(record["annotator"]), layer, file.name, number, time=time)
                with into.record(f"{file.name}!{number}"):
                    _add(place, record.get(layer), kind, into)
        return into.records()


def _records(file: Source, into: Collector) -> list[tuple[int, Any]]:
    """Return the records of JSON_MIN, or the rows of CSV with cells of JSON parsed."""
    if file.keys:
        return json_records(file, into.problems)
    cells = table(file, into.settings, into.problems)
    rows = zip(*cells.columns.values(), strict=True)
    return [
        (
            number,
            {name: _parsed(cell, f"{file.name}!{number}", into) for name, cell in zip(cells.columns, row, strict=True)},
        )
        for number, row in zip(cells.rows, rows, strict=True)
    ]


def _parsed(cell: str, where: str, into: Collector) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return a cell that holds a list or an object parsed, any other as it is."""
    if cell[:1] not in ("[", "{"):
        return cell
    try:
        value = orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell
    note_repeated_keys(cell.encode(), value, where, into.problems)
    return value


def _objects(value: object) -> list[dict[str, Any]]:
    """Return the objects in a cell: several in a list, or one by itself."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _is_region(one: Mapping[str, Any]) -> bool:
    """Return whether an object is a stretch of a text."""
    return "start" in one or "globalOffsets" in one


def _region_labels(one: Mapping[str, Any]) -> list[str]:
    """Return the labels of a region; those of hypertext have a key of their own."""
    given = next((one[key] for key in one if key.endswith("labels") and isinstance(one[key], list)), None)
    return [str(label) for label in given or ("(no label)",)]


def _structure(values: Iterable[object]) -> str:
    """Return what the objects in a column are answers to, empty if they are none."""
    for value in values:
        for one in _objects(value):
            if _is_region(one):
                return "single regions" if set(one) & REGIONAL else "regions"
            if len(one) == 1 and (kind := next(iter(one))) in KINDS:
                return kind
            if set(one) & DRAWN:
                return "pictures"
    return ""


def _controls(records: Sequence[Mapping[str, Any]], into: Collector) -> dict[str, LayerKind]:
    """Return the layers by kind.

    Objects that Label Studio writes are answers, and so is what is named with ``--label`` and what a field of the data
    had to be renamed for. Of the other plain values those are which differ within a task. One that never does may be
    data or an answer all agree on: it is read if it is the only one with the place or the name of an answer.
    """
    names = [name for name in dict.fromkeys(name for record in records for name in record) if name not in OWN]
    certain = {*into.settings.columns.label, *(name for name in names if f"{RENAMED}{name}" in names)}
    kinds: dict[str, LayerKind] = {}
    constant = []
    for name in names:
        values = [record.get(name) for record in records]
        structure = _structure(values)
        if structure in ("single regions", "pictures"):
            into.reading.warnings.append(said.about_regions(name, structure))
        elif structure:
            kinds[name] = KINDS[structure] or single_or_several(len(_labels(value)) for value in values)
        elif not any(map(_objects, values)):
            seen: dict[str, Any] = {}
            if name in certain or any(
                seen.setdefault(str(r.get("id")), one) != one for r, one in zip(records, values, strict=True)
            ):
                kinds[name] = class_kind([_labels(value) for value in values])
            elif 1 < len(set(map(str, values))) <= max(2, len(seen) // 2):
                constant.append(name)
    likely = [name for name in constant if name in _behind_the_id(records) or is_called(name, "label")]
    if not kinds and len(likely) == 1:
        constant.remove(likely[0])
        kinds[likely[0]] = class_kind([_labels(record.get(likely[0])) for record in records])
    if not kinds:
        into.refuse(
            "Label Studio",
            f"no column tells annotators apart; answers may be in {', '.join(constant or names)}.",
            "Name the column of the answer with --label.",
        )
    elif constant:
        into.reading.warnings.append(same_for_all(constant))
    return kinds


def _behind_the_id(records: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the keys between ``id`` and ``annotator``: Label Studio writes data, id, answers, in this order."""
    found: set[str] = set()
    for record in records:
        keys = list(record)
        if not {"id", "annotator"} <= set(keys) or keys[0] == "id" or keys[-1] not in OWN:
            return set()
        found.update(keys[keys.index("id") + 1 : keys.index("annotator")])
    return found


def _labels(value: object) -> list[str]:
    """Return the labels in a cell: one as plain text, several in an object, paths of a taxonomy joined by ``>``."""
    objects = _objects(value)
    if not objects:
        given = value if isinstance(value, list) else [value]
        return [str(one) for one in given if one not in (None, "")]
    labels = []
    for one in objects:
        for kind, given in one.items():
            parts = given if isinstance(given, list) else [given]
            found = [" > ".join(map(str, part)) if isinstance(part, list) else str(part) for part in parts]
            labels += ["\n".join(found)] if kind == "text" else found
    return labels


def _text_key(records: Sequence[Mapping[str, Any]], kinds: Mapping[str, str], settings: Settings) -> str | None:
    """Return the column with the text: the one asked for, else ``text``, else the one with the longest cells."""
    if settings.columns.text:
        return settings.columns.text
    lengths: dict[str, int] = {}
    for record in records[:200]:
        for name, value in record.items():
            if isinstance(value, str) and name not in OWN | set(kinds):
                lengths[name] = lengths.get(name, 0) + len(value)
    return "text" if "text" in lengths else max(lengths, key=lambda name: lengths[name], default=None)


def _add(place: Submission, value: object, kind: str, into: Collector) -> None:
    """Note the answer of one annotator in one layer."""
    if kind != "spans":
        blank = [""] if kind != "labels" else []
        into.add(place, _labels(value) or blank)
        return
    spans = [(one, label) for one in _objects(value) for label in _region_labels(one)]
    bounds = [one.get("globalOffsets") or one for one, _ in spans]
    into.add(
        place,
        [label for _, label in spans],
        [bound.get("start") for bound in bounds],
        [bound.get("end") for bound in bounds],
        [one["text"] if isinstance(one.get("text"), str) else None for one, _ in spans],
    )


LOADER = Loader(*said.called("label_studio_min"), accepts, read, takes=frozenset({"label", "text"}))
