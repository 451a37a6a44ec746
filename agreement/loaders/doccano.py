"""doccano exports: one JSON lines or CSV file per member, in a zip archive or a folder."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agreement.annotations import Layer
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission, class_kind
from agreement.loaders._columns import header, table
from agreement.loaders._json import collector_paused, json_records
from agreement.loaders._vocabulary import is_called
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

SPANS, CLASSES = "spans", "label"
LABEL_LIST = re.compile(rb'"labels?"\s*:\s*\[\s*["\[\]]')  # names, spans or nothing; never bare numbers
FASTTEXT = re.compile(rb"^__label__[^\s,;]+ ", re.MULTILINE)
SHARED = "all"
KNOWN = frozenset({"id", "text", "data", "label", "labels", "entities", "relations", "cats", "Comments", "comments"})


@dataclass(frozen=True, slots=True)
class _Example:
    """One example of one member: what was marked in each layer; None where the layer is not in the record."""

    file: Source
    number: int
    name: str
    text: str
    spans: list[tuple[Any, Any, str]] | None
    classes: list[str] | None
    metadata: dict[str, Any]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was marked at all."""
        return not self.spans and not self.classes


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the files whose records have doccano's keys and no annotator: that is the file's name."""
    return [file for file in files if _is_doccano(file) or _is_fasttext(file)]


def _is_fasttext(file: Source) -> bool:
    """Return whether a line begins with a label of fastText: a format without ids, in which line breaks are lost."""
    return not file.keys and FASTTEXT.search(file.head) is not None


def _is_doccano(file: Source) -> bool:
    """Return whether the first record is an example of doccano, new or old."""
    keys = file.keys
    if not keys:
        return {"Comments", "label"} <= set(header(file))
    if not keys & {"text", "data"} or any(is_called(key, "annotator") for key in keys if "." not in key):
        return False
    if keys & {"_input_hash", "annotations", "completions", "tokens"}:
        return False
    return bool(
        ({"Comments"} & keys and keys & {"label", "entities", "cats"})
        or "entities.start_offset" in keys
        or {"entities", "cats"} <= keys
        or LABEL_LIST.search(file.json_head)
    )


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records of all members; trailing examples without any label count as not done by default."""
    into = Collector(settings, rival="graphemes")
    into.reading.layout = said.FILE_PER_MEMBER
    files, plain = [file for file in files if not _is_fasttext(file)], [file for file in files if _is_fasttext(file)]
    for file in plain:
        into.refuse(
            file.name,
            "is a fastText export: its lines have no ids, and a label that holds a blank can't be told from the text.",
            "Export the project as JSONL, which gives one file per member.",
        )
    for file in files:
        if file.stem == SHARED:
            into.refuse(
                file.name,
                "holds the labels that all members share, without who gave them.",
                'Export a project in which "Share annotations across all users" is off: it gives one file per member.',
            )
    skipped: Counter[str] = Counter()
    with collector_paused():
        members = [_examples(file, into, skipped) for file in files if file.stem != SHARED]
        annotators = _annotators([file for file in files if file.stem != SHARED], into)
        items = _items(members, into)
        flat = [example for examples in members for example in examples]
        if any(example.spans is not None for example in flat):
            into.layers[SPANS] = Layer(SPANS, "spans")
        classes = [example.classes for example in flat if example.classes is not None]
        if classes:
            into.layers[CLASSES] = Layer(CLASSES, class_kind(classes))
        for annotator, examples, names in zip(annotators, members, items, strict=True):
            _read_member(annotator, examples, names, into)
        for kind, times in sorted(skipped.items()):
            into.reading.warnings.append(said.not_audited(kind, times))
        return into.records()


def _examples(file: Source, into: Collector, skipped: Counter[str]) -> list[_Example]:
    """Return the examples of one member's file."""
    if not file.keys:
        cells = table(file, into.settings, into.problems)
        texts = cells.column("text" if "text" in cells.columns else "data")
        names = cells.column("id")
        return [
            _Example(file, row, name, text, None, [part for part in label.split("#") if part], {})
            for row, name, text, label in zip(cells.rows, names, texts, cells.column("label"), strict=True)
        ]
    examples = []
    for number, record in json_records(file, into.problems):
        if not isinstance(record, dict):
            into.refuse(f"{file.name}!{number}", f"is no JSON object but {type(record).__name__}.")
            continue
        place = f"{file.name}!{number}"
        with into.record(place):
            skipped.update({"relations": len(record["relations"])} if record.get("relations") else {})
        text = record.get("text", record.get("data"))
        name = str(record.get("id", number))
        metadata = {key: value for key, value in record.items() if key not in KNOWN}
        spans, classes = None, None
        with into.record(place):
            spans, classes = _marked(record, f"{place}, item {name}", into)
        examples.append(_Example(file, number, name, str(text or ""), spans, classes, metadata))
    return examples


def _marked(
    record: dict[str, Any], where: str, into: Collector
) -> tuple[list[tuple[Any, Any, str]] | None, list[str] | None]:
    """Return the spans and the classes of one record, None for what its project does not have."""
    spans: list[tuple[Any, Any, str]] | None = None
    classes: list[str] | None = None
    if isinstance(record.get("entities"), list):
        spans = [_entity(one) for one in record["entities"]]
    if "cats" in record:
        classes = [str(label) for label in record["cats"] or ()]
    label = record.get("label", record.get("labels"))
    if isinstance(label, str):
        classes = [label]
    elif isinstance(label, list) and label and all(isinstance(one, list) for one in label):
        if all(len(one) == 3 for one in label):
            spans = [(start, end, str(name)) for start, end, name in label]
        else:
            into.refuse(where, f"holds labels that are no spans: {str(label)[:80]}.", "Export the project as JSONL.")
    elif isinstance(label, list) and label:
        classes = [str(one) for one in label]
    return spans, classes


def _entity(one: Any) -> tuple[Any, Any, str]:  # noqa: ANN401 - JSON
    """Return an entity, an object in projects with relations and a list in projects with intents."""
    if isinstance(one, dict):
        return one.get("start_offset"), one.get("end_offset"), str(one.get("label"))
    start, end, label = one
    return start, end, str(label)


def _annotators(files: Sequence[Source], into: Collector) -> list[str]:
    """Return the member of each file: its name, or its folder's where every member had a project of their own."""
    stems = [file.stem for file in files]
    folders = [file.folder for file in files]
    if len(set(stems)) < len(files) and len(set(folders)) == len(files):
        into.reading.annotator_from = said.FOLDER_NAME
        return folders
    into.reading.annotator_from = said.FILE_NAME
    return stems


def _items(members: Sequence[list[_Example]], into: Collector) -> list[list[str]]:
    """Return the item of every example: its id, or its text's first id where members' projects number differently."""
    texts: dict[str, str] = {}
    same = all(texts.setdefault(one.name, one.text) == one.text for examples in members for one in examples)
    unique = all(len({one.text for one in examples}) == len(examples) for examples in members)
    if not unique or (same and _recurring(members, "name") >= _recurring(members, "text")):
        return [[one.name for one in examples] for examples in members]
    into.reading.warnings.append(said.MATCHED_BY_TEXT)
    names: dict[str, str] = {}
    taken: set[str] = set()
    for examples in members:
        for one in examples:
            if one.text not in names:
                names[one.text] = one.name if one.name not in taken else f"{one.file.stem}/{one.name}"
                taken.add(names[one.text])
    return [[names[one.text] for one in examples] for examples in members]


def _recurring(members: Sequence[list[_Example]], key: str) -> int:
    """Return how many values of *key* occur in the files of two members or more."""
    times = Counter(value for examples in members for value in {getattr(one, key) for one in examples})
    return sum(count > 1 for count in times.values())


def _read_member(annotator: str, examples: Sequence[_Example], items: Sequence[str], into: Collector) -> None:
    """Note what one member marked; the trailing run of empty examples was not reached."""
    reached = max((at for at, one in enumerate(examples, 1) if not one.is_empty), default=0)
    if examples and not reached:
        into.reading.warnings.append(said.not_begun(annotator, len(examples)))
    if into.settings.reading.unmarked == "empty":
        reached = len(examples)
    into.reading.rows_read += len(examples) - reached
    into.reading.aside(said.DOCCANO_NOT_DONE, len(examples) - reached)
    for one, item in zip(examples[:reached], items, strict=False):
        into.item(item, one.text, f"{one.file.name}!{one.number}", one.metadata)
        place = Submission(item, annotator, "", one.file.name, one.number)
        if SPANS in into.layers:
            spans = one.spans or []
            starts, ends, labels = ([span[part] for span in spans] for part in range(3))
            into.add(replace(place, layer=SPANS), labels, starts, ends)
        if CLASSES in into.layers:
            blank = () if into.layers[CLASSES].kind == "labels" else ("",)
            into.add(replace(place, layer=CLASSES), one.classes or blank)


LOADER = Loader(*said.called("doccano"), accepts, read, takes=frozenset({"unmarked"}))
