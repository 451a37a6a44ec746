"""Argilla records as JSON: responses by question (version 2) or by annotator (version 1)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agreement.annotations import Layer
from agreement.loaders._argilla_columns import is_flat, nested
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission, single_or_several
from agreement.loaders._json import collector_paused, json_records
from agreement.records import Records
from agreement.settings import LayerKind, Settings
from agreement.wording import formats as said

STATUS = {"submitted": "done", "draft": "draft", "discarded": "skipped"}
FREE_TEXT_FROM = 20


@dataclass(frozen=True, slots=True)
class _Response:
    """One annotator's answer to one question of one record."""

    item: str
    question: str
    annotator: str
    value: Any
    status: str
    file: str
    number: int


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the files whose records have fields and responses, or a column per question and annotator."""
    return [file for file in files if {"fields", "responses"} <= file.keys or is_flat(file.keys)]


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records; each question is a layer, drafts and discarded ones keep their status."""
    into = Collector(settings)
    into.reading.layout = said.RECORDS_OF_RESPONSES
    into.reading.annotator_from = said.USER_OF_RESPONSE
    responses: list[_Response] = []
    n_suggestions = 0
    with collector_paused():
        for file in files:
            for number, record in json_records(file, into.problems):
                with into.record(f"{file.name}!{number}"):
                    if is_flat(frozenset(record)):
                        record = nested(record)  # noqa: PLW2901 - the same record, as version 2 has it
                    responses += _read_record(record, file.name, number, into)
                    suggestions = list(_suggestions(record, file.name, number))
                    n_suggestions += len(suggestions)
                    if settings.reading.predictions:
                        into.kinds |= dict.fromkeys((one.annotator for one in suggestions), "model")
                        responses += suggestions
        if n_suggestions and not settings.reading.predictions:
            into.reading.warnings.append(said.suggestions(n_suggestions))
        for question in dict.fromkeys(one.question for one in responses):
            mine = [one for one in responses if one.question == question]
            into.layers[question] = Layer(question, _kind([one.value for one in mine]))
            for one in mine:
                _add(one, into)
        return into.records()


def _read_record(record: Mapping[str, Any], file: str, number: int, into: Collector) -> Iterator[_Response]:
    """Note the text of a record and yield its responses."""
    item = str(number if record.get("id") is None else record["id"])
    fields = record.get("fields")
    texts = {key: value for key, value in fields.items() if isinstance(value, str)} if isinstance(fields, dict) else {}
    key = into.settings.columns.text or ("text" if "text" in texts else next(iter(texts), ""))
    into.item(item, texts.get(key), f"{file}!{number}", record.get("metadata") or {})
    responses = record.get("responses")
    if isinstance(responses, dict):
        for question, given in responses.items():
            for one in given or ():
                status = str(one.get("status") or "submitted")
                yield _Response(item, question, str(one.get("user_id")), one.get("value"), status, file, number)
    else:
        for one in responses or ():
            status, who = str(one.get("status") or "submitted"), str(one.get("user_id"))
            for question, answer in (one.get("values") or {}).items():
                value = answer.get("value") if isinstance(answer, dict) else answer
                yield _Response(item, question, who, value, status, file, number)


def _suggestions(record: Mapping[str, Any], file: str, number: int) -> Iterator[_Response]:
    """Yield the suggestions of models, of either version."""
    item, found = str(number if record.get("id") is None else record["id"]), record.get("suggestions")
    named = found.items() if isinstance(found, dict) else ((one.get("question_name"), one) for one in found or ())
    for question, one in named:
        if isinstance(one, dict) and one.get("value") is not None:
            agent = str(one.get("agent") or "suggestion")
            yield _Response(item, str(question), agent, one["value"], "submitted", file, number)


def _is_spans(value: object) -> bool:
    """Return whether *value* is a list of spans."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict) and "start" in value[0]


def _kind(values: Sequence[Any]) -> LayerKind:
    """Return what a question asks for: spans, labels, free text, or one label."""
    if any(map(_is_spans, values)):
        return "spans"
    if any(isinstance(value, list) for value in values):
        return "labels"
    given = [str(value) for value in values if value is not None]
    is_text = len(set(given)) > max(FREE_TEXT_FROM, len(given) // 2)
    return "answer" if is_text else single_or_several([1])


def _add(one: _Response, into: Collector) -> None:
    """Note one response; in a ranking the values are in order, which is not audited."""
    place = Submission(one.item, one.annotator, one.question, one.file, one.number, STATUS.get(one.status, one.status))
    kind = into.layers[one.question].kind
    if kind == "spans":
        spans = one.value if _is_spans(one.value) else []
        into.add(
            place, [str(span.get("label")) for span in spans], [span.get("start") for span in spans],
            [span.get("end") for span in spans],
        )  # fmt: skip
    elif isinstance(one.value, list):
        into.add(place, [str(value.get("value") if isinstance(value, dict) else value) for value in one.value])
    else:
        into.add(place, ["" if one.value is None else str(one.value)])


LOADER = Loader(*said.called("argilla"), accepts, read, takes=frozenset({"text", "predictions"}))
