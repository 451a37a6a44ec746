"""Amazon Mechanical Turk batch results: one row per assignment, often many items per row by numbered columns."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from agreement.loaders._answers import Judgments, answers_only
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector
from agreement.loaders._columns import Table, header, lacks, table
from agreement.loaders._json import note_repeated_keys
from agreement.loaders._vocabulary import is_called, item_rank
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

MARK = {"HITId", "AssignmentId", "WorkerId"}
NUMBERED = re.compile(r"(.*?)_?(\d+)")
FORM = "taskAnswers"


SINGLE_BOX = "on"
WRAPPERS = frozenset({"label", "labels", "value"})


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the batch results among *files*."""
    return [file for file in files if set(header(file)) >= MARK]


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records; each answer is a layer, rejected assignments keep their status."""
    into = Collector(settings)
    into.reading.annotator_from = "WorkerId"
    into.reading.layout = said.ASSIGNMENT_PER_ROW
    for file in files:
        cells = table(file, settings, into.problems)
        if lacks(cells, ("HITId", "WorkerId"), into.problems):
            continue
        inputs = {
            name.removeprefix("Input."): values for name, values in cells.columns.items() if name.startswith("Input.")
        }
        answers = _answers(cells, into)
        numbers = _numbers(answers, inputs)
        if numbers:
            into.reading.layout = said.items_per_assignment(len(numbers))
        for number in numbers or [""]:
            _read_block(cells, _block(inputs, number, numbers), _block(answers, number, numbers), number, into)
    return into.records()


def _answers(cells: Table, into: Collector) -> dict[str, list[str]]:
    """Return the answers by name, check boxes (``Answer.q.option`` = true or false) gathered, forms unpacked."""
    plain: dict[str, list[str]] = {}
    boxes: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for column, values in cells.columns.items():
        name = column.removeprefix("Answer.")
        if name == column:
            continue
        question, dot, option = name.rpartition(".")
        if name == FORM:
            plain |= _unpacked(values, cells, into)
        elif dot and {value.strip().lower() for value in values} <= {"true", "false", ""}:
            boxes[question][option] = values
        else:
            plain[name] = values
    for question, options in boxes.items():
        if set(options) == {SINGLE_BOX}:  # one box is a question of yes or no, not a set of one label
            plain[question] = [value.strip().lower() for value in options[SINGLE_BOX]]
            continue
        plain[question] = [
            orjson.dumps([option for option in options if options[option][at].strip().lower() == "true"]).decode()
            for at in range(len(cells.rows))
        ]
    return plain


def _unpacked(values: Sequence[str], cells: Table, into: Collector) -> dict[str, list[str]]:
    """Return the answers in a column of JSON forms, by question."""
    answers: dict[str, list[str]] = defaultdict(lambda: [""] * len(values))
    for at, value in enumerate(values):
        try:
            forms = orjson.loads(value or "[]")
        except orjson.JSONDecodeError:
            into.refuse(f"{cells.source}!{cells.rows[at]}", "holds taskAnswers that are no JSON.", "Download it again.")
            continue
        note_repeated_keys(value.encode(), forms, f"{cells.source}!{cells.rows[at]}", into.problems)
        for form in forms if isinstance(forms, list) else [forms]:
            for question, answer in form.items() if isinstance(form, dict) else ():
                answers[question][at] = _as_cell(answer)
    return dict(answers)


def _as_cell(answer: Any) -> str:  # noqa: ANN401 - JSON can be anything
    """Return an answer of a form as a cell: options that are true as a list, a single one as itself.

    Crowd elements wrap what was chosen: ``{"label": "Positive"}``, ``{"labels": ["a", "b"]}``, ``{"on": true}``.
    """
    if isinstance(answer, dict) and len(answer) == 1:
        (name, inner), *_ = answer.items()
        if name in WRAPPERS or (name == SINGLE_BOX and isinstance(inner, bool)):
            return _as_cell(inner)
    if isinstance(answer, bool):
        return str(answer).lower()
    if isinstance(answer, dict) and all(isinstance(flag, bool) for flag in answer.values()):
        return orjson.dumps([option for option, flag in answer.items() if flag]).decode()
    return answer if isinstance(answer, str) else orjson.dumps(answer).decode()


def _numbers(answers: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    """Return the numbers that end both answers and inputs, in order; none if rows hold one item each."""
    ends = [{match[2] for name in names if (match := NUMBERED.fullmatch(name))} for names in (answers, inputs)]
    shared = ends[0] & ends[1]
    return sorted(shared, key=int) if len(shared) > 1 else []


def _block(columns: Mapping[str, list[str]], number: str, numbers: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns of one item, their number cut off, and those without a number."""
    block = {}
    for name, values in columns.items():
        match = NUMBERED.fullmatch(name)
        if match is None or match[2] not in numbers:
            block[name] = values
        elif match[2] == number:
            block[match[1].rstrip("_") or name] = values
    return block


def _read_block(
    cells: Table, inputs: Mapping[str, list[str]], answers: Mapping[str, list[str]], number: str, into: Collector
) -> None:
    """Read one item of every row."""
    hits, columns = cells.columns["HITId"], into.settings.columns
    asked = [name.removeprefix("Input.") for name in columns.item]
    ranked = sorted((rank, name) for name in inputs if (rank := item_rank(name)) is not None)
    if unknown := [name for name in asked if name not in inputs]:
        into.refuse(cells.source, f"has no input {unknown[0]!r} ({', '.join(inputs)}).", "Name another with --item.")
    key = next((name for name in asked if name in inputs), ranked[0][1] if ranked and number else None)
    items = inputs[key] if key else [f"{hit} / {number}" if number else hit for hit in hits]
    text = columns.text or next((name for name in inputs if is_called(name, "text")), None)
    for at, item in enumerate(items):
        metadata = {name: values[at] for name, values in inputs.items() if name not in (key, text)}
        into.item(
            item, inputs[text][at] if text and text in inputs else None, f"{cells.source}!{cells.rows[at]}", metadata
        )
    rejections = cells.column("Reject")
    status = [
        "rejected" if state.strip().lower() == "rejected" or reason.strip() else "done"
        for state, reason in zip(cells.column("AssignmentStatus"), rejections, strict=True)
    ]
    times = cells.column("SubmitTime")
    judgments = Judgments(cells.source, items, cells.columns["WorkerId"], status, times, cells.rows)
    chosen = [name for name in answers if not columns.label or {name, f"Answer.{name}"} & set(columns.label)]
    for name in answers_only(chosen, into):
        judgments.add(name, answers[name], into)


LOADER = Loader(*said.called("mturk"), accepts, read, takes=frozenset({"item", "text"}))
