"""CrowdFlower, Figure Eight, Appen: the job as JSON lines, a unit with its judgments in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from agreement.annotations import Layer
from agreement.loaders._answers import answers_only, parsed_answers
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission
from agreement.loaders._json import collector_paused, json_records
from agreement.loaders._vocabulary import is_called
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

TEST_QUESTION = said.TEST_QUESTION_ASIDE
LONGEST_OFFSET = 9  # digits
NOTHING = ("noentities", "no_entities", "none", "nothing")


@dataclass(frozen=True, slots=True)
class _Judgment:
    """One worker's answers about one unit."""

    item: str
    file: str
    number: int
    record: Mapping[str, Any]

    @property
    def answers(self) -> Mapping[str, Any]:
        """The answers by question."""
        data = self.record.get("data")
        return data if isinstance(data, dict) else {}

    def about(self, layer: str) -> Submission:
        """Return what the judgment says about itself."""
        record = self.record
        status = "rejected" if record.get("tainted") or record.get("rejected") else "done"
        who, when = str(record.get("worker_id")), str(record.get("created_at") or "")
        return Submission(self.item, who, layer, self.file, self.number, status, when)


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the jobs among *files*."""
    return [file for file in files if "results.judgments" in file.keys]


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records; answers that point at tokens become spans, test questions are set aside."""
    into = Collector(settings)
    into.reading.annotator_from = said.WORKER_ID_OF_JUDGMENT
    into.reading.layout = said.JUDGMENTS
    with collector_paused():
        judgments: list[_Judgment] = []
        for file in files:
            for number, unit in json_records(file, into.problems):
                with into.record(f"{file.name}!{number}"):
                    judgments += _judgments(unit, number, file.name, into)
        into.stop_if_refused()
        questions = list(dict.fromkeys(chain.from_iterable(judgment.answers for judgment in judgments)))
        spans = [name for name in questions if _points_at_tokens(name, judgments, into)]
        for name in spans:
            _add_spans(name, judgments, into)
        others = [name for name in questions if name not in spans and not (spans and name in NOTHING)]
        for name in answers_only(others, into):
            kind, labels = parsed_answers([_as_cell(judgment.answers.get(name)) for judgment in judgments])
            into.layers[name] = Layer(name, kind)
            for judgment, given in zip(judgments, labels, strict=True):
                into.add(judgment.about(name), given or [""])
        return into.records()


def _judgments(unit: Mapping[str, Any], number: int, file: str, into: Collector) -> list[_Judgment]:
    """Note a unit and return its judgments without those of test questions."""
    data: dict[str, Any] = unit["data"] if isinstance(unit.get("data"), dict) else {}
    tokens, item = data.get("tokens"), str(unit.get("id", number))
    text = next((value for key, value in data.items() if is_called(key, "text")), None)
    if isinstance(tokens, list):
        text = " ".join(map(str, tokens))
        into.tokens[item] = _token_offsets([str(token) for token in tokens])
    into.item(item, text, f"{file}!{number}", {key: value for key, value in data.items() if value is not text})
    judgments = [
        _Judgment(item, file, number, record)
        for record in (unit.get("results") or {}).get("judgments") or ()
        if isinstance(record, dict)
    ]
    counted = [judgment for judgment in judgments if not judgment.record.get("golden")]
    into.reading.rows_read += len(judgments) - len(counted)
    into.reading.aside(TEST_QUESTION, len(judgments) - len(counted))
    return counted


def _add_spans(name: str, judgments: Sequence[_Judgment], into: Collector) -> None:
    """Note the marked tokens of every worker; adjacent ones are one span."""
    into.layers[name] = Layer(name, "spans")
    for judgment in judgments:
        answer = judgment.answers.get(name)
        if answer is not None or any(judgment.answers.get(word) for word in NOTHING):
            starts, ends = _runs({int(token) for token in answer or ()}, into.tokens[judgment.item])
            into.add(judgment.about(name), [name] * len(starts), starts, ends)


def _points_at_tokens(name: str, judgments: Sequence[_Judgment], into: Collector) -> bool:
    """Return whether all answers to a question are lists of numbers of tokens."""
    given = [(judgment.answers[name], judgment.item) for judgment in judgments if name in judgment.answers]
    return bool(given) and all(
        isinstance(answer, list)
        and all(
            str(token).isdecimal() and len(str(token)) <= LONGEST_OFFSET and int(token) < len(into.tokens.get(item, ()))
            for token in answer
        )
        for answer, item in given
    )


def _as_cell(answer: object) -> str:
    """Return an answer as the cell that the CSV report would hold."""
    return "\n".join(map(str, answer)) if isinstance(answer, list) else "" if answer is None else str(answer)


def _token_offsets(tokens: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return the offsets of *tokens* in the text that joins them by blanks."""
    offsets, at = [], 0
    for token in tokens:
        offsets.append((at, at + len(token)))
        at += len(token) + 1
    return tuple(offsets)


def _runs(marked: set[int], tokens: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Return starts and ends of the runs of adjacent tokens that were marked."""
    first = sorted(token for token in marked if token - 1 not in marked)
    last = sorted(token for token in marked if token + 1 not in marked)
    return [tokens[token][0] for token in first], [tokens[token][1] for token in last]


LOADER = Loader(*said.called("crowdflower_json"), accepts, read)
