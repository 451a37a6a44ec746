"""Label Studio JSON_MIN, CSV and TSV: one record per annotation, data and answers side by side."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from agreement.annotations import Layer
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission, single_or_several
from agreement.loaders._columns import header, table
from agreement.loaders._json import collector_paused, json_records
from agreement.records import Records
from agreement.settings import LayerKind, Settings

MARK = {"annotator", "annotation_id", "lead_time"}
OWN = {*MARK, "id", "created_at", "updated_at", "agreement"}


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the files whose records are single annotations of Label Studio."""
    return [file for file in files if (file.keys or set(header(file))) >= MARK]


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records. Cancelled annotations and ground-truth marks are not in this export."""
    into = Collector(settings, unit="UTF-16 units", latest=True)
    into.reading.layout = "one record per annotation"
    into.reading.annotator_from = "annotator"
    into.reading.warnings.append("this export has no skipped annotations and no ground-truth marks; JSON has both.")
    with collector_paused():
        records = [
            (file, number, record)
            for file in files
            for number, record in _records(file, into)
            if isinstance(record, dict)
        ]
        kinds = _controls([record for _, _, record in records], into)
        into.layers = {name: Layer(name, kind) for name, kind in kinds.items()}
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
        (number, {name: _parsed(cell) for name, cell in zip(cells.columns, row, strict=True)})
        for number, row in zip(cells.rows, rows, strict=True)
    ]


def _parsed(cell: str) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return a cell that holds a list or an object parsed, any other as it is."""
    if cell[:1] not in ("[", "{"):
        return cell
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell


def _is_spans(value: object) -> bool:
    """Return whether *value* is a list of regions of a text."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "start" in one for one in value)


def _controls(records: Sequence[Mapping[str, Any]], into: Collector) -> dict[str, LayerKind]:
    """Return the layers by kind.

    Regions and ``{"choices": …}`` are answers; of the plain values those are which differ within a task. One that
    never does may be data or an answer all agree on: only ``--label`` can tell.
    """
    names = [name for name in dict.fromkeys(name for record in records for name in record) if name not in OWN]
    kinds: dict[str, LayerKind] = {}
    constant = []
    for name in names:
        values = [record.get(name) for record in records]
        if name in into.settings.columns.label or any(isinstance(one, dict) and "choices" in one for one in values):
            kinds[name] = (
                "spans" if any(map(_is_spans, values)) else single_or_several(len(_choices(v)) for v in values)
            )
        elif any(map(_is_spans, values)):
            kinds[name] = "spans"
        elif all(isinstance(one, (str, int, float)) or one is None for one in values):
            seen: dict[str, Any] = {}
            if any(seen.setdefault(str(r.get("id")), one) != one for r, one in zip(records, values, strict=True)):
                kinds[name] = _plain_kind(values)
            elif 1 < len(set(map(str, values))) <= max(2, len(seen) // 2):
                constant.append(name)
    if not kinds:
        into.refuse(
            "Label Studio",
            f"no column tells annotators apart; answers may be in {', '.join(constant or names)}.",
            "Name the column of the answer with --label.",
        )
    elif constant:
        into.reading.warnings.append(
            f"read as data because all annotators of an item have the same: {', '.join(constant)}; "
            "if it is an answer, name it with --label."
        )
    return kinds


def _plain_kind(values: Iterable[Any]) -> LayerKind:
    """Return whether plain values are classes or free texts, which hardly ever recur."""
    given = [value for value in values if value not in (None, "")]
    return "answer" if len(set(given)) > max(20, len(given) // 2) else "category"


def _choices(value: object) -> list[str]:
    """Return the choices in a cell: one as plain text, several in an object."""
    if isinstance(value, dict):
        value = value.get("choices") or value.get("taxonomy")
    if isinstance(value, list):
        return [" > ".join(map(str, one)) if isinstance(one, list) else str(one) for one in value]
    return [] if value in (None, "") else [str(value)]


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
        into.add(place, _choices(value) or blank)
        return
    regions = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    spans = [(one, label) for one in regions for label in one.get("labels") or one.get("choices") or ("(no label)",)]
    into.add(
        place,
        [str(label) for _, label in spans],
        [one.get("start") for one, _ in spans],
        [one.get("end") for one, _ in spans],
        [one["text"] if isinstance(one.get("text"), str) else None for one, _ in spans],
    )


LOADER = Loader("label_studio_min", "Label Studio JSON_MIN or CSV", "Export > JSON keeps more.", accepts, read)
