"""Prodigy JSON lines as ``db-out`` writes them: one line per task and session."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from agreement.annotations import Layer
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission, single_or_several
from agreement.loaders._json import collector_paused, json_records
from agreement.loaders._links import ends_of
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

Json: TypeAlias = dict[str, Any]

STATUS = {"accept": "done", "reject": "rejected", "ignore": "skipped"}
CHOICE, SPANS, INPUT, ANSWER = "choice", "spans", "user_input", "answer"
TIMED = re.compile(r"\d{4}-\d{2}-\d{2}[_T ]\d{2}[-:]\d{2}[-:]\d{2}$")


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the files whose records carry Prodigy's hashes."""
    return [file for file in files if "_input_hash" in file.keys and file.keys & {"answer", "_task_hash"}]


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records: choices, spans, free text and yes-or-no answers are a layer each."""
    into = Collector(settings, latest=True)
    into.reading.layout = said.LINE_PER_SESSION
    with collector_paused():
        records = [
            (file, number, record)
            for file in files
            for number, record in json_records(file, into.problems)
            if isinstance(record, dict)
        ]
        for file, number, record in records:
            with into.record(f"{file.name}!{number}"):
                _check(record)
        into.stop_if_refused()
        records = _with_spans(records)
        _declare_layers([record for _, _, record in records], into)
        names = _names(records, into)
        items = _items([record for _, _, record in records])
        skipped: Counter[str] = Counter()
        for (file, number, record), annotator in zip(records, names, strict=True):
            item = items.get(record.get("_input_hash"), "")
            into.statuses.add(str(record.get("answer", "accept")))
            place = Submission(
                item, annotator, "", file.name, number, _status(record, settings), str(record.get("_timestamp") or ""),
            )  # fmt: skip
            with into.record(f"{file.name}!{number}"):
                skipped["relations"] += _read_record(record, place, into)
        _read_further_annotators(records, items, into)
        views = sorted({str(record.get("_view_id")) for _, _, record in records})
        if len(views) > 1:
            into.reading.warnings.append(said.several_interfaces(views))
        for kind, times in skipped.items():
            if times:
                into.reading.warnings.append(said.not_audited(kind, times))
        return into.records()


def _check(record: Json) -> None:
    """Raise if *record* can't be told apart from others or holds what no interface writes."""
    hash(record["_input_hash"])
    hash(record.get("id"))
    hash((record.get("config") or {}).get("choice_style"))
    len(record.get("accept") or ())


def _status(record: Json, settings: Settings) -> str:
    """Return how the task ended; a rejection is an answer only where yes or no was the question."""
    answer = str(record.get("answer", "accept"))
    return settings.reading.status.get(answer, STATUS.get(answer, answer))


def _is_yes_or_no(record: Json) -> bool:
    """Return whether the question was to accept or reject what is shown."""
    return not any(key in record for key in ("options", "accept", "spans", INPUT))


def _with_spans(records: Sequence[tuple[Source, int, Json]]) -> list[tuple[Source, int, Json]]:
    """Return *records*; one without spans, shown where others were given spans, is one in which nothing was marked."""
    views = {str(record.get("_view_id")) for _, _, record in records if "spans" in record}
    return [
        (file, number, {**record, "spans": []})
        if "spans" not in record
        and str(record.get("_view_id")) in views
        and ("tokens" in record or _is_yes_or_no(record))
        else (file, number, record)
        for file, number, record in records
    ]


def _declare_layers(records: Iterable[Json], into: Collector) -> None:
    """Note the layers that any record has."""
    styles, sizes = set(), []
    for record in records:
        if "options" in record or "accept" in record:
            styles.add((record.get("config") or {}).get("choice_style"))
            sizes.append(len(_accepted(record)))
            into.layers[CHOICE] = Layer(CHOICE, "category")
        if "spans" in record:
            into.layers[SPANS] = Layer(SPANS, "spans")
        if INPUT in record:
            into.layers[INPUT] = Layer(INPUT, "answer")
        if _is_yes_or_no(record):
            name = str(record.get("label") or ANSWER)
            into.layers[name] = Layer(name, "category", ("accept", "reject"), declared=True)
    if CHOICE in into.layers:
        kind = "labels" if "multiple" in styles else single_or_several(sizes)
        into.layers[CHOICE] = Layer(CHOICE, kind)


def _accepted(record: Json) -> list[str]:
    """Return the options chosen."""
    chosen = record.get("accept") or []
    return [str(option) for option in (chosen if isinstance(chosen, list) else [chosen])]


def _names(records: Sequence[tuple[Source, int, Json]], into: Collector) -> list[str]:
    """Return the annotator of each record, without the name of the dataset that sessions begin with."""
    keys = ("_annotator_id", "_session_id")
    full = [next((str(record[key]) for key in keys if record.get(key)), file.stem) for file, _, record in records]
    by_key = any(record.get(key) for _, _, record in records[:1] for key in keys)
    into.reading.annotator_from = said.ANNOTATOR_OF_LINE if by_key else said.FILE_NAME
    unique = sorted(set(full))
    timed = [name for name in unique if TIMED.search(name)]
    if timed:
        into.reading.warnings.append(said.timed_sessions(len(timed), timed[0]))
    cut = _shared_prefix([TIMED.sub("", name) for name in unique]) if len(unique) > 1 and by_key else 0
    return [name[cut:] for name in full]


def _shared_prefix(names: Sequence[str]) -> int:
    """Return the length of the longest beginning, up to a dash, that all *names* share."""
    cuts = [at + 1 for at, sign in enumerate(names[0]) if sign == "-"]
    return max((cut for cut in cuts if all(name.startswith(names[0][:cut]) for name in names)), default=0)


def _items(records: Iterable[Json]) -> dict[Any, str]:
    """Return the name of each input: its own id where that tells inputs apart as the hashes do, else the hash."""
    pairs = {(record.get("_input_hash"), record.get("id")) for record in records}
    hashes, names = {value for value, _ in pairs}, {str(name) for _, name in pairs if name is not None}
    unambiguous = len(pairs) == len(hashes) == len(names)
    return {value: str(name) if unambiguous else str(value) for value, name in sorted(pairs, key=str)}


def _read_record(record: Json, place: Submission, into: Collector) -> int:
    """Note what one annotator did with one input in each layer; return how many relations could not be read."""
    text = record.get("text")
    known = {"text", "answer", "label", "accept"}
    metadata = {key: value for key, value in record.items() if key not in known and not key.startswith("_")}
    into.item(place.item, text if isinstance(text, str) else None, f"{place.source}!{place.row}", metadata)
    tokens = record.get("tokens")
    if isinstance(tokens, list) and all(isinstance(token, dict) for token in tokens):
        into.tokens[place.item] = tuple((token["start"], token["end"]) for token in tokens if "start" in token)
    if _is_yes_or_no(record):
        status = "done" if place.status == "rejected" else place.status
        label = "reject" if place.status == "rejected" else "accept"
        into.add(replace(place, layer=str(record.get("label") or ANSWER), status=status), [label])
        return len(record.get("relations") or ())
    if CHOICE in into.layers and ("options" in record or "accept" in record):
        blank = [""] if into.layers[CHOICE].kind == "category" and place.status == "done" else []
        into.add(replace(place, layer=CHOICE), _accepted(record) or blank)
    left = len(record.get("relations") or ())
    if "spans" in record:
        spans = [_with_offsets(span, tokens) for span in record["spans"] or () if isinstance(span, dict)]
        begin = into.add(
            replace(place, layer=SPANS),
            [str(span.get("label")) for span in spans],
            [span.get("start") for span in spans],
            [span.get("end") for span in spans],
            [span["text"] if isinstance(span.get("text"), str) else None for span in spans],
        )
        if begin is not None:
            left -= _relate(record.get("relations") or (), spans, (begin, place.row), into)
    if INPUT in record:
        into.add(replace(place, layer=INPUT), [str(record[INPUT] or "")])
    return left


def _relate(relations: Iterable[Any], spans: Sequence[Json], where: tuple[int, int], into: Collector) -> int:
    """Note the relations from head to child whose ends are among the *spans*, and return how many those are."""
    begin, row = where
    names = {f"{span.get('start')}-{span.get('end')}": begin + at for at, span in enumerate(spans)}
    read = 0
    for relation in relations:
        ends = [relation.get(f"{end}_span") or {} for end in ("head", "child")] if isinstance(relation, dict) else []
        found = ends_of(names, *(f"{end.get('start')}-{end.get('end')}" for end in ends)) if ends else None
        if found is not None:
            into.links.relate(str(relation.get("label")), found[0], found[1], row)
            read += 1
    return read


def _with_offsets(span: Json, tokens: object) -> Json:
    """Return *span* with offsets; one that only names its tokens, the last included, gets those of its tokens."""
    if "start" in span or "token_start" not in span or not isinstance(tokens, list):
        return span
    return {
        **span, "start": tokens[span["token_start"]]["start"], "end": tokens[span["token_end"]]["end"]
    }  # fmt: skip


def _read_further_annotators(
    records: Iterable[tuple[Source, int, Json]], items: dict[Any, str], into: Collector
) -> None:
    """Read keys with a third party's labels, if the settings name them as annotators; ``pre.label`` looks inside."""
    layer = CHOICE if CHOICE in into.layers else next(iter(into.layers), CHOICE)
    asked = into.settings.columns.annotators
    done: set[tuple[str, str]] = set()
    for file, number, record in records:
        item = items.get(record.get("_input_hash"), "")
        for path in asked:
            value: Any = record
            for key in path.split("."):
                value = value.get(key) if isinstance(value, dict) else None
            if value is not None and (item, path) not in done:
                done.add((item, path))
                into.kinds[path] = "model"
                labels = [str(label) for label in value] if isinstance(value, list) else [str(value)]
                into.add(Submission(item, path, layer, file.name, number), labels)


LOADER = Loader(*said.called("prodigy"), accepts, read, takes=frozenset({"annotators"}))
