"""Labelbox NDJSON: a data row per line, with the labels of several annotators; ends of entities are inclusive."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, TypeAlias

from agreement.annotations import Layer
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission, single_or_several
from agreement.loaders._json import collector_paused, json_records
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

Json: TypeAlias = Mapping[str, Any]

ENTITIES = "entities"


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the files whose first line is a data row with projects."""
    return [file for file in files if {"data_row", "projects"} <= file.keys]


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records; entities are a spans layer, each classification a layer of its own."""
    into = Collector(settings, unit="code points with the end included", latest=True)
    into.reading.layout = said.DATA_ROW_PER_LINE
    into.reading.annotator_from = said.CREATED_BY
    skipped: Counter[str] = Counter()
    with collector_paused():
        rows = [
            (file, number, row)
            for file in files
            for number, row in json_records(file, into.problems)
            if isinstance(row, dict) and isinstance(row.get("data_row"), dict)
        ]
        labels = []
        for file, number, row in rows:
            with into.record(f"{file.name}!{number}"):
                labels += [(file, number, row, _checked(label)) for label in _labels(row)]
        into.stop_if_refused()
        if labels and not any((label.get("label_details") or {}).get("created_by") for *_, label in labels):
            into.refuse(
                files[0].name, "does not say who made each label.",
                "Export again with the parameter label_details (and performance_details).",
            )  # fmt: skip
        _declare_layers([label for *_, label in labels], into)
        for file, number, row in rows:
            data = row["data_row"].get("row_data")
            is_text = isinstance(data, str) and not data.startswith(("http://", "https://"))
            into.item(_item(row, number), data if is_text else None, f"{file.name}!{number}")
        for file, number, row, label in labels:
            with into.record(f"{file.name}!{number}"):
                _read_label(label, Submission(_item(row, number), "", "", file.name, number), into, skipped)
        for kind, times in sorted(skipped.items()):
            into.reading.warnings.append(said.not_audited(kind, times))
        return into.records()


def _item(row: Json, number: int) -> str:
    """Return the name of a data row: the user's own key if there is one."""
    return str(row["data_row"].get("global_key") or row["data_row"].get("id") or number)


def _labels(row: Json) -> Iterator[Json]:
    """Yield the labels of a data row in all its projects."""
    projects = row.get("projects")
    for project in projects.values() if isinstance(projects, dict) else ():
        yield from (label for label in project.get("labels") or () if isinstance(label, dict))


def _checked(label: Json) -> Json:
    """Return *label*, or raise if it can't be read."""
    list(_answers(label))
    _entities(label)
    (label.get("label_details") or {}).get("created_by")
    return label


def _answers(label: Json) -> Iterator[tuple[str, list[str], bool]]:
    """Yield the classifications of a label: question, answers, and whether they are free text."""
    for one in (label.get("annotations") or {}).get("classifications") or ():
        name = str(one.get("name"))
        if isinstance(one.get("radio_answer"), dict):
            yield name, [str(one["radio_answer"].get("name"))], False
        elif isinstance(one.get("checklist_answers"), list):
            yield name, [str(answer.get("name")) for answer in one["checklist_answers"]], False
        elif isinstance(one.get("text_answer"), dict):
            yield name, [str(one["text_answer"].get("content"))], True


def _entities(label: Json) -> list[Json]:
    """Return the text entities of a label."""
    objects = (label.get("annotations") or {}).get("objects") or ()
    return [one for one in objects if isinstance(one.get("location"), dict) and "start" in one["location"]]


def _declare_layers(labels: Sequence[Json], into: Collector) -> None:
    """Note the layers that any label has."""
    answers = list(chain.from_iterable(map(_answers, labels)))
    if any(map(_entities, labels)):
        into.layers[ENTITIES] = Layer(ENTITIES, "spans")
    for name in dict.fromkeys(name for name, _, _ in answers):
        given = [(len(labels), is_text) for other, labels, is_text in answers if other == name]
        is_text = all(flag for _, flag in given)
        into.layers[name] = Layer(name, "answer" if is_text else single_or_several(size for size, _ in given))


def _read_label(label: Json, place: Submission, into: Collector, skipped: Counter[str]) -> None:
    """Note what one annotator did with one data row."""
    details = label.get("label_details") or {}
    is_skipped = bool((label.get("performance_details") or {}).get("skipped"))
    benchmark = label.get("label_kind") == "Benchmark" or details.get("is_benchmark_reference")
    if benchmark and "benchmark" not in into.reading.gold_candidates:
        into.reading.gold_candidates.append("benchmark")
    as_gold = benchmark and into.settings.columns.gold == "benchmark"
    if as_gold:
        into.kinds["benchmark"] = "gold"
    mine = replace(
        place,
        annotator="benchmark" if as_gold else str(details.get("created_by") or "(unknown)"),
        status="skipped" if is_skipped else "done",
        time=str(details.get("updated_at") or details.get("created_at") or ""),
    )
    entities = _entities(label)
    annotations = label.get("annotations") or {}
    skipped[said.PICTURE_OBJECTS] += len(annotations.get("objects") or ()) - len(entities)
    skipped["relationships"] += len(annotations.get("relationships") or ())
    for kind in [kind for kind, times in skipped.items() if not times]:
        del skipped[kind]
    answers = {name: labels for name, labels, _ in _answers(label)}
    for name, layer in into.layers.items():
        if layer.kind == "spans":
            places = [one["location"] for one in entities]
            tokens = [place.get("token") if isinstance(place.get("token"), str) else None for place in places]
            into.add(
                replace(mine, layer=name), [str(one.get("name")) for one in entities],
                [place.get("start") for place in places], [place.get("end") for place in places], tokens,
            )  # fmt: skip
        else:
            blank = [""] if layer.kind != "labels" and not is_skipped else []
            into.add(replace(mine, layer=name), answers.get(name) or blank)


LOADER = Loader(*said.called("labelbox"), accepts, read)
