"""brat standoff: pairs of ``.txt`` and ``.ann``, one folder per annotator."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import PurePosixPath

from agreement.annotations import Layer
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission
from agreement.loaders._folders import annotator_folders
from agreement.loaders._links import ends_of, merged_chains
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

LAYER = "spans"
SPAN = re.compile(r"(T\d+)\t(\S+) (\d{1,15} \d{1,15}(?:;\d{1,15} \d{1,15})*)(?:\t(.*))?")
RELATION = re.compile(r"R\d+\t(\S+) \S+?:(T\d+) \S+?:(T\d+)\s*")
EQUIVALENCE = re.compile(r"\*\t\S+((?: T\d+){2,})\s*")
OTHER_KINDS = {"E": "events", "A": "attributes", "M": "attributes", "N": "normalisations", "#": "notes"}
CONFIGURATION = ("annotation.conf", "visual.conf", "tools.conf", "kb_shortcuts.conf")


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the ``.ann`` files that look like standoff, the ``.txt`` beside them, and brat's configuration."""
    standoff = [file for file in files if file.suffix == ".ann" and (not file.head.strip() or _is_standoff(file.head))]
    if not standoff:
        return []
    stems = {_stem(file) for file in standoff}
    names = {PurePosixPath(file.name).name for file in standoff}
    texts = [file for file in files if file.suffix == ".txt" and (_stem(file) in stems or f"{file.stem}.ann" in names)]
    settings = [file for file in files if PurePosixPath(file.name).name in CONFIGURATION]
    return standoff + texts + settings


def _is_standoff(head: bytes) -> bool:
    """Return whether the first line begins with an id of standoff and a tab."""
    return re.match(rb"(\xef\xbb\xbf)?\s*([TREAMN]\d+|\*|#\d*)\t", head) is not None


def _stem(file: Source) -> str:
    """Return the whole name without its suffix."""
    return file.name[: -len(file.suffix)]


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records: an empty ``.ann`` says that nothing was found, a missing one that nobody looked."""
    into = Collector(settings)
    into.layers = {LAYER: Layer(LAYER, "spans")}
    into.reading.layout = said.STANDOFF
    into.reading.annotator_from = said.FOLDER_NAME
    standoff = [file for file in files if file.suffix == ".ann"]
    texts = {_stem(file): file for file in files if file.suffix == ".txt"}
    shared = {file.stem: file for file in texts.values() if f"{_stem(file)}.ann" not in {one.name for one in standoff}}
    annotators, items = annotator_folders(standoff)
    others: Counter[str] = Counter()
    for file, annotator, item in zip(standoff, annotators, items, strict=True):
        text = texts.get(_stem(file)) or shared.get(file.stem)
        if text is None:
            into.refuse(
                file.name, f"has no text: {_stem(file)}.txt is missing, so offsets of item {item} can't be checked.",
                "Add the .txt file.",
            )  # fmt: skip
            continue
        into.item(item, _decoded(text, into), text.name)
        _read_standoff(file, Submission(item, annotator, LAYER, file.name, 1), into, others)
    for kind, times in sorted(others.items()):
        into.reading.warnings.append(said.not_audited(kind, times))
    into.reading.files = [file.name for file in standoff]
    return into.records()


def _decoded(file: Source, into: Collector) -> str:
    """Return the text as it is: offsets count every line break."""
    try:
        return file.read().decode(into.settings.reading.encoding or "utf-8")
    except UnicodeDecodeError as error:
        into.refuse(file.name, f"is not UTF-8 at byte {error.start}.", "Pass --encoding.")
        return ""
    except (LookupError, ValueError):
        into.refuse(
            "--encoding", f"{into.settings.reading.encoding!r} is unknown.", "Use a name such as utf-8 or cp1252."
        )
        return ""


def _read_standoff(file: Source, place: Submission, into: Collector, others: Counter[str]) -> None:
    """Read the spans of one file, and what joins them; other lines are counted by kind."""
    labels: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    covered: list[str | None] = []
    rows: list[int] = []
    fragments: dict[int, str] = {}
    names: dict[str, int] = {}
    joins: list[tuple[int, str]] = []
    for number, line in enumerate(_decoded(file, into).split("\n"), 1):
        match = SPAN.fullmatch(line.removesuffix("\r"))
        if match:
            bounds = [tuple(map(int, part.split())) for part in match[3].split(";")]
            names[match[1]] = len(labels)
            if len(bounds) > 1:
                fragments[len(labels)] = ";".join(f"{start}-{end}" for start, end in bounds)
            labels.append(match[2])
            starts.append(min(start for start, _ in bounds))
            ends.append(max(end for _, end in bounds))
            covered.append(match[4])
            rows.append(number)
        elif line[:1] in ("R", "*") and "\t" in line:
            joins.append((number, line.removesuffix("\r")))
        elif line[:1] in OTHER_KINDS:
            others[OTHER_KINDS[line[:1]]] += 1
        elif line.startswith("T"):
            into.refuse(
                f"{file.name}!{number}, item {place.item}", f"is no span: {line[:80]!r}.",
                "Write it as T1<TAB>Label 0 4<TAB>text.",
            )  # fmt: skip
        elif line.strip():
            into.reading.repaired(said.JOINED_LINE)
            if covered:
                covered[-1] = None
    begin = into.add(place, labels, starts, ends, covered, fragments, rows)
    _read_joins(joins, {name: (begin or 0) + at for name, at in names.items()}, into, others)


def _read_joins(
    joins: Sequence[tuple[int, str]], names: Mapping[str, int], into: Collector, others: Counter[str]
) -> None:
    """Note relations, and chains of equivalent spans; those with an end that is no span are counted."""
    couples: list[tuple[str, str]] = []
    for number, line in joins:
        relation, equivalence = RELATION.fullmatch(line), EQUIVALENCE.fullmatch(line)
        spans = [relation[2], relation[3]] if relation else equivalence[1].split() if equivalence else []
        ends = ends_of(names, *spans)
        if not spans or ends is None:
            others[said.LOOSE_RELATIONS] += 1
        elif relation:
            into.links.relate(relation[1], ends[0], ends[1], number)
        else:
            couples += pairwise(spans)
    for chain in merged_chains(couples):
        into.links.chain(names[name] for name in chain)


LOADER = Loader(*said.called("brat"), accepts, read)
