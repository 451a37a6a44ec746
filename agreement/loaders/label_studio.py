"""Label Studio JSON: tasks with their annotations, drafts and predictions."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, TypeAlias

from agreement.annotations import Layer
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission, single_or_several
from agreement.loaders._json import collector_paused, json_records
from agreement.loaders._label_studio_results import KINDS, Result, rating_layer, relations_of, results_of
from agreement.loaders._links import ends_of
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

Json: TypeAlias = dict[str, Any]

GROUND_TRUTH = "ground_truth"


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the files whose first record is a task with annotations (``completions`` in old exports)."""
    return [file for file in files if _is_task(file.keys)]


def _is_task(keys: frozenset[str]) -> bool:
    """Return whether *keys* are those of a task."""
    for name in ("annotations", "completions"):
        if name in keys and (f"{name}.result" in keys or f"{name}.completed_by" in keys):
            return True
        if {name, "data"} <= keys and keys & {"predictions", "drafts", "file_upload", "total_annotations", "project"}:
            return True
    return False


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records of all tasks; each control of the labelling interface is a layer."""
    into = Collector(settings, unit="UTF-16 units", latest=True)
    into.reading.annotator_from = said.COMPLETED_BY
    into.reading.layout = said.TASKS
    skipped: Counter[str] = Counter()
    with collector_paused():
        for file in files:
            tasks = [(number, task) for number, task in json_records(file, into.problems) if isinstance(task, dict)]
            _Export(file.name, tasks, into, skipped).read()
        for kind, times in sorted(skipped.items()):
            into.reading.warnings.append(said.not_audited(kind, times))
        if not into.layers and not into.problems:
            held = ", ".join(sorted(skipped)) or "no result"
            into.refuse(
                files[0].name,
                f"holds {held}; audited are text spans, choices, taxonomies, ratings, numbers and texts.",
                "Export a text labelling project as JSON.",
            )
        return into.records()


@dataclass(slots=True)
class _Export:
    """One file, whose controls are known only after all its tasks were seen."""

    file: str
    tasks: list[tuple[int, Json]]
    into: Collector
    skipped: Counter[str]
    controls: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    results: dict[int, list[Result]] = field(default_factory=dict)
    text_key: str | None = None
    without_offsets: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Read all tasks into the collector."""
        sizes: dict[str, list[int]] = {}
        for number, answer in self._answers():
            results: list[Result] = []
            with self.into.record(f"{self.file}!{number}"):
                results = results_of(answer, self.skipped)
            self.results[id(answer)] = results
            if isinstance(who := answer.get("completed_by"), dict) and "id" in who:
                self.names[str(who["id"])] = str(who.get("email") or who["id"])
            for layer, kind, labels, *_ in results:
                self.controls.setdefault(layer, kind)
                if kind != "labels":
                    sizes.setdefault(layer, []).append(len(labels))
        for layer, kind in self.controls.items():
            mine = [result for result in chain.from_iterable(self.results.values()) if result.layer == layer]
            if kind == "rating":
                self.into.layers[layer] = rating_layer(layer, (label for result in mine for label in result.labels))
            elif KINDS.get(kind) == "spans" and not any(map(_bounds, mine)):
                self.into.layers[layer] = Layer(layer, "labels")
                self.into.reading.warnings.append(said.no_bounds(layer))
            else:
                self.into.layers[layer] = Layer(layer, KINDS.get(kind) or single_or_several(sizes.get(layer, ())))
        self.into.stop_if_refused()
        self.text_key = self._text_key()
        for number, task in self.tasks:
            with self.into.record(f"{self.file}!{number}"):
                self._read_task(number, task)
        if self.without_offsets:
            self.into.refuse(
                self.without_offsets[0],
                f"{len(self.without_offsets)} labelled regions lack start and end, so they can't be compared as spans.",
                "Export again from Label Studio with Export > JSON.",
            )

    def _answers(self) -> Iterator[tuple[int, Json]]:
        """Yield every annotation, and every prediction if they are asked for, with the number of its task."""
        for number, task in self.tasks:
            with self.into.record(f"{self.file}!{number}"):
                predictions = _listed(task, "predictions") if self.into.settings.reading.predictions else []
                yield from ((number, answer) for answer in _annotations(task) + predictions)

    def _text_key(self) -> str | None:
        """Return the data field that spans point into: the one asked for, else the one their texts are found in."""
        if self.into.settings.columns.text:
            return self.into.settings.columns.text
        if "hypertextlabels" in self.controls.values():
            return None
        votes: Counter[str] = Counter()
        for _, task in self.tasks[:50]:
            fields = {key: value for key, value in _data(task).items() if isinstance(value, str)}
            votes.update(key for key in fields if key == "text")
            votes.update(dict.fromkeys([max(fields, key=lambda key: len(fields[key]))] if fields else [], 1))
            for result in chain.from_iterable(self.results[id(answer)] for answer in _annotations(task)):
                claim = result.value.get("text")
                if result.kind == "labels" and isinstance(claim, str):
                    votes.update({key: 10 for key, value in fields.items() if claim in value})
        return votes.most_common(1)[0][0] if votes else None

    def _read_task(self, number: int, task: Json) -> None:
        """Read one task: its text, annotations, drafts and predictions."""
        data = _data(task)
        asked = self.into.settings.columns.item
        if unknown := [key for key in asked if key not in data]:
            has = f"has no {unknown[0]!r} in its data ({', '.join(data)})."
            self.into.refuse(f"{self.file}!{number}", has, "Name a key that every task has with --item.")
        item = " / ".join(str(data.get(key)) for key in asked) or str(task.get("id", number))
        text = data.get(self.text_key or "")
        metadata = {key: value for key, value in data.items() if key != self.text_key}
        self.into.item(item, text if isinstance(text, str) else None, f"{self.file}!{number}", metadata)
        submitted = set()
        for annotation in _annotations(task):
            annotator = self._annotator(annotation.get("completed_by"))
            submitted.add(annotator)
            if annotation.get("ground_truth"):
                if GROUND_TRUTH not in self.into.reading.gold_candidates:
                    self.into.reading.gold_candidates.append(GROUND_TRUTH)
                if self.into.settings.columns.gold == GROUND_TRUTH:
                    annotator = GROUND_TRUTH
                    self.into.kinds[GROUND_TRUTH] = "gold"
            cancelled = annotation.get("was_cancelled") or annotation.get("skipped")
            time = str(annotation.get("updated_at") or annotation.get("created_at") or "")
            status = "skipped" if cancelled else "done"
            place = Submission(item, annotator, "", self.file, number, status, time)
            self._read_answer(annotation, place)
        self._read_drafts(task, Submission(item, "", "", self.file, number, "draft"), submitted)
        for prediction in _listed(task, "predictions"):
            if not self.into.settings.reading.predictions:
                self.skipped[said.PREDICTIONS] += 1
                continue
            model = str(prediction.get("model_version") or "prediction")
            self.into.kinds[model] = "model"
            self._read_answer(prediction, Submission(item, model, "", self.file, number))

    def _annotator(self, who: object) -> str:
        """Return the name of an annotator who is given by number, by address or as an object."""
        if isinstance(who, dict):
            who = who.get("email") or who.get("id")
        return self.names.get(str(who), str(who)) if who is not None else "(unknown)"

    def _read_drafts(self, task: Json, place: Submission, submitted: set[str]) -> None:
        """Note drafts of annotators who have submitted nothing; others' drafts are counted only."""
        waiting = set()
        for draft in _listed(task, "drafts"):
            number = str(draft.get("created_username") or "").rpartition(", ")[2]
            annotator = self.names.get(number) or self._annotator(draft.get("user") or number or None)
            if annotator in submitted or draft.get("annotation"):
                self.skipped[said.OTHER_DRAFTS] += 1
            else:
                waiting.add(annotator)
        for annotator in sorted(waiting):
            for layer in self.controls:
                self.into.add(replace(place, annotator=annotator, layer=layer))

    def _read_answer(self, answer: Json, place: Submission) -> None:
        """Note what one annotation or prediction holds in each layer."""
        by_layer: dict[str, list[Result]] = {layer: [] for layer in self.controls}
        for result in self.results[id(answer)]:
            by_layer[result.layer].append(result)
        regions: dict[str, int] = {}
        for layer, results in by_layer.items():
            mine = replace(place, layer=layer)
            kind = self.into.layers[layer].kind
            if kind == "spans":
                regions |= self._add_spans(mine, results)
            else:
                labels = list(dict.fromkeys(label for result in results for label in result.labels))
                self.into.add(mine, labels or ([""] if kind != "labels" and mine.status == "done" else ()))
        for label, *joined in relations_of(answer):
            ends = ends_of(regions, *joined)
            if ends is None:
                self.skipped["relations"] += 1
            else:
                self.into.links.relate(label, ends[0], ends[1], place.row)

    def _add_spans(self, place: Submission, results: Sequence[Result]) -> dict[str, int]:
        """Note the spans of one annotation, and return the place of each region by its id."""
        values = [(label, result.value) for result in results for label in result.labels]
        bounds = [_bounds(result) for result in results for _ in result.labels]
        without = sum(not bound for bound in bounds)
        if without:
            self.without_offsets += [f"{self.file}!{place.row}, item {place.item}"] * without
            return {}
        begin = self.into.add(
            place,
            [label for label, _ in values],
            [bound["start"] for bound in bounds],
            [bound["end"] for bound in bounds],
            [text if isinstance(text := value.get("text"), str) else None for _, value in values],
        )
        names = [result.region for result in results for _ in result.labels]
        first = {name: at for at, name in reversed([*enumerate(names)]) if name}
        return {} if begin is None else {name: begin + at for name, at in first.items()}


def _bounds(result: Result) -> Json:
    """Return where the region of a text starts and ends, empty if that is not said."""
    bounds = result.value.get("globalOffsets") or result.value
    return bounds if "start" in bounds and "end" in bounds else {}


def _listed(task: Json, name: str) -> list[Json]:
    """Return the objects in the list called *name*; exports put numbers there when details are left out."""
    return [entry for entry in task.get(name) or () if isinstance(entry, dict)]


def _annotations(task: Json) -> list[Json]:
    """Return the annotations of *task* under their new or old name."""
    return _listed(task, "annotations") or _listed(task, "completions")


def _data(task: Json) -> Mapping[str, Any]:
    """Return the data of *task*."""
    data = task.get("data")
    return data if isinstance(data, dict) else {}


LOADER = Loader(*said.called("label_studio"), accepts, read, takes=frozenset({"item", "text", "predictions"}))
