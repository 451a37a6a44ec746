"""Potato: a ``user_state.json`` per annotator."""

from collections.abc import Iterator, Sequence
from typing import Any

from agreement.annotations import Layer
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission, single_or_several
from agreement.loaders._json import collector_paused, json_records
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

KEY = "instance_id_to_label_to_value"


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the states of annotators among *files*."""
    return [file for file in files if KEY in file.keys or any(key.endswith(f".{KEY}") for key in file.keys)]


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records; each schema is a layer. Texts are in the project's data files, not here."""
    into = Collector(settings)
    into.reading.layout = said.FILE_PER_ANNOTATOR
    into.reading.annotator_from = said.USER_OF_FILE
    answers: list[tuple[Submission, str, list[str]]] = []
    with collector_paused():
        for file in files:
            for number, state in json_records(file, into.problems):
                with into.record(f"{file.name}!{number}"):
                    who = str(state.get("user_id") or file.folder or file.stem)
                    for item, values in (state.get(KEY) or {}).items():
                        place = Submission(str(item), who, "", file.name, number)
                        answers += [(place, schema, labels) for schema, labels in _answers(values)]
                    if any((state.get("instance_id_to_span_to_value") or {}).values()):
                        into.reading.warnings.append(said.potato_spans(file.name))
        for schema in dict.fromkeys(schema for _, schema, _ in answers):
            sizes = [len(labels) for _, name, labels in answers if name == schema]
            into.layers[schema] = Layer(schema, single_or_several(sizes))
        for place, schema, labels in answers:
            into.add(
                Submission(place.item, place.annotator, schema, place.source, place.row), labels or [""],
            )  # fmt: skip
        return into.records()


def _answers(values: Any) -> Iterator[tuple[str, list[str]]]:  # noqa: ANN401 - JSON can be anything
    """Yield schema and labels of one instance, from pairs of ``{schema, name}`` and value, or from nested objects."""
    found: dict[str, list[str]] = {}
    if isinstance(values, dict):
        entries = [(schema, name, value) for schema, own in values.items() for name, value in _named(own)]
    else:
        entries = [
            (str(key.get("schema")), str(key.get("name")), value)
            for key, value in values or ()
            if isinstance(key, dict)
        ]
    for schema, name, value in entries:
        text = str(value).strip()
        # a choice's value may be "true", its own name or its number; a text box holds what was typed
        label = text if name.casefold() in ("text_box", "textbox") else name
        if text.casefold() not in ("", "false", "none"):
            found.setdefault(schema, []).append(label)
    yield from found.items()


def _named(own: Any) -> Sequence[tuple[str, Any]]:  # noqa: ANN401 - JSON can be anything
    """Return names and values of one schema; a bare value is its own name."""
    return [(str(name), value) for name, value in own.items()] if isinstance(own, dict) else [(str(own), "true")]


LOADER = Loader(*said.called("potato"), accepts, read)
