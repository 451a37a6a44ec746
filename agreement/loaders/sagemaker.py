"""Amazon SageMaker Ground Truth: worker responses; the folder's number is the item."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import orjson

from agreement.annotations import Layer
from agreement.loaders._answers import without_shared_start
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission, single_or_several
from agreement.loaders._json import collector_paused, json_records, note_repeated_keys
from agreement.records import Records
from agreement.settings import LayerKind, Settings
from agreement.wording import formats as said

Answer: TypeAlias = tuple[Submission, str, LayerKind, list[tuple[str, Any, Any]]]

CONSOLIDATED = re.compile(rb'"[^"]*-metadata"\s*:\s*\{')


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return worker responses, their variant for a consolidation step, and output manifests."""
    responses = [file for file in files if _holds_responses(file)]
    manifests = [file for file in files if file.suffix == ".manifest" and CONSOLIDATED.search(file.head)]
    return responses or manifests


def _holds_responses(file: Source) -> bool:
    """Return whether *file* holds answers with their workers."""
    return bool(
        {"answers.workerId", "annotationsFromAllWorkers"} & file.keys or "annotations.annotationData" in file.keys
    )


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records of worker responses; a manifest has consolidated labels only and is refused."""
    into = Collector(settings, latest=True)
    into.reading.layout = said.FILE_PER_ITEM
    into.reading.annotator_from = "workerId"
    into.reading.columns["item"] = "folder name"
    for file in files:
        if file.suffix == ".manifest":
            into.refuse(
                file.name, "holds consolidated labels, without who gave them.",
                "Audit the folder annotations/worker-response of the same job instead.",
            )  # fmt: skip
    skipped: Counter[str] = Counter()
    with collector_paused():
        answers: list[Answer] = []
        for file in files:
            for number, record in json_records(file, into.problems) if file.suffix != ".manifest" else ():
                with into.record(f"{file.name}!{number}"):
                    answers += _answers(record, file, number, skipped, into)
        workers = sorted({place.annotator for place, *_ in answers})
        short = dict(zip(workers, without_shared_start(workers), strict=True))
        _declare_layers(answers, into)
        for place, layer, kind, labels in answers:
            mine = replace(place, annotator=short[place.annotator], layer=layer)
            names = [label for label, _, _ in labels]
            if kind == "spans":
                into.add(mine, names, [start for _, start, _ in labels], [end for _, _, end in labels])
            else:
                into.add(mine, names or ([""] if into.layers[layer].kind == "category" else []))
        for kind_of, times in sorted(skipped.items()):
            into.reading.warnings.append(said.not_audited(kind_of, times))
        return into.records()


def _declare_layers(answers: Sequence[Answer], into: Collector) -> None:
    """Note the layers of all answers; one label each makes a category, unless a worker gave several."""
    sizes: dict[str, list[int]] = {}
    for _, layer, kind, labels in answers:
        sizes.setdefault(layer, []).append(len(labels))
        known = into.layers.get(layer)
        into.layers[layer] = Layer(layer, known.kind if known and known.kind != "category" else kind)
    for layer, known in into.layers.items():
        if known.kind == "category":
            into.layers[layer] = Layer(layer, single_or_several(sizes[layer]))


def _answers(
    record: Any,  # noqa: ANN401 - JSON can be anything
    file: Source,
    number: int,
    skipped: Counter[str],
    into: Collector,
) -> Iterator[Answer]:
    """Yield the answers in one record of either form."""
    if not isinstance(record, dict):
        return
    item = str(record.get("datasetObjectId", file.folder or file.path.absolute().parent.name))
    everybody = record.get("answers") or record.get("annotationsFromAllWorkers") or record.get("annotations") or ()
    for entry in everybody:
        if not isinstance(entry, dict):
            continue
        content = entry.get("answerContent")
        if content is None:
            content = (entry.get("annotationData") or {}).get("content", "{}")
        if isinstance(content, str):
            text, content = content, orjson.loads(content)
            note_repeated_keys(text.encode(), content, f"{file.name}!{number}", into.problems)
        when = str(entry.get("submissionTime") or "")
        place = Submission(item, str(entry.get("workerId")), "", file.name, number, time=when)
        for name, value in content.items() if isinstance(content, dict) else ():
            parsed = _parsed(value)
            if parsed is None:
                skipped[name] += 1
            else:
                yield place, name, *parsed


def _parsed(value: Any) -> tuple[LayerKind, list[tuple[str, Any, Any]]] | None:  # noqa: ANN401 - JSON can be anything
    """Return the kind of an answer and its labels with offsets, None if it is of a kind that is not audited."""
    if isinstance(value, (str, int, float)):
        return "category", [(str(value), -1, -1)]
    if isinstance(value, Mapping):
        if isinstance(value.get("entities"), list):
            entities = [one for one in value["entities"] if isinstance(one, dict)]
            return "spans", [(str(one.get("label")), one.get("startOffset"), one.get("endOffset")) for one in entities]
        if isinstance(value.get("label"), str):
            return "category", [(value["label"], -1, -1)]
        if isinstance(value.get("labels"), list):
            return "labels", [(str(label), -1, -1) for label in value["labels"]]
        if value and all(isinstance(flag, bool) for flag in value.values()):
            return "category", [(str(option), -1, -1) for option, flag in value.items() if flag]
    return None


LOADER = Loader(*said.called("sagemaker"), accepts, read)
