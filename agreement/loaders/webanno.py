"""WebAnno and INCEpTION: TSV 3 files, single or in a project archive."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from agreement.annotations import Layer
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector, Submission
from agreement.loaders._json import json_records
from agreement.loaders._webanno_tsv import FORMAT, NO_VALUE, Document, parse, token_offsets
from agreement.records import Records
from agreement.settings import Settings

PROJECT = re.compile(r"(.*/)?exportedproject[^/]*\.json")
CURATORS = frozenset({"curation_user", "curator"})
NOBODY = "INITIAL_CAS"
STATES = {"FINISHED": "done", "IN_PROGRESS": "draft", "IGNORE": "skipped", "LOCKED": "skipped"}
ADVICE = 'Export the project again with the secondary format "WebAnno TSV v3.x".'


@dataclass(frozen=True, slots=True)
class _File:
    """One TSV file, read."""

    source: Source
    document: Document
    user: str
    name: str


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return TSV 3 files by their first line, and every file of a project archive."""
    project = next((file for file in files if PROJECT.fullmatch(file.name)), None)
    if project is not None:
        root = str(PurePosixPath(project.name).parent)
        return [file for file in files if root == "." or file.name.startswith(f"{root}/")]
    return [file for file in files if file.suffix == ".tsv" and file.head.lstrip(b"\xef\xbb\xbf").startswith(FORMAT)]


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records: each feature of a span layer is a layer; curators are told apart from annotators."""
    into = Collector(settings, unit="UTF-16 units")
    into.reading.layout = "one file per document and annotator"
    into.reading.annotator_from = "file name"
    tables = [file for file in files if file.suffix == ".tsv" and file.stem != NOBODY]
    if not any(file.stem.casefold() not in CURATORS for file in tables):
        _refuse_unreadable(files, into)
    parsed = _named([(file, parse(_decoded(file, into))) for file in tables])
    states = _states(files, into)
    layers = _layer_names(parsed)
    into.layers = {name: Layer(name, "spans") for name in sorted(set(layers.values()))}
    skipped: Counter[str] = Counter()
    for file in parsed:
        skipped.update(file.document.skipped)
        _read_file(file, layers, states, into)
    for kind, times in sorted(skipped.items()):
        into.reading.warnings.append(f"{kind} not audited: {times}.")
    into.reading.files = [file.source.name for file in parsed]
    return into.records()


def _refuse_unreadable(files: Sequence[Source], into: Collector) -> None:
    """Say why a project without TSV files of annotators can't be read."""
    serialised = [
        file for file in files if file.suffix == ".ser" and file.stem.casefold() not in {NOBODY.casefold(), *CURATORS}
    ]
    others = sorted({file.suffix for file in files if "annotation/" in f"/{file.name}" and file.suffix != ".ser"})
    where = next((file.name for file in files if PROJECT.fullmatch(file.name)), files[0].name)
    held = f"annotations as .ser files ({len(serialised)}), which only Java reads" if serialised else "no annotations"
    secondary = f", and {', '.join(others)} files without annotators' spans" if others else ""
    into.refuse(where, f"the project holds {held}{secondary}.", ADVICE)


def _decoded(file: Source, into: Collector) -> str:
    """Return the content of a TSV file, which is UTF-8 by definition."""
    try:
        return file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        into.refuse(file.name, f"is not UTF-8 at byte {error.start}.", ADVICE)
        return ""


def _named(tables: Sequence[tuple[Source, Document]]) -> list[_File]:
    """Return the files with user and document: the file is the user and the folder the document, or the reverse.

    Files of one document hold one text, which tells the two layouts apart.
    """
    folders: dict[str, set[str]] = defaultdict(set)
    for file, document in tables:
        folders[str(PurePosixPath(file.name).parent)].add(document.text)
    by_folder = all(len(texts) == 1 for texts in folders.values())
    stems: dict[str, set[str]] = defaultdict(set)
    for file, document in tables:
        stems[file.stem].add(document.text)
    reverse = not by_folder and len(folders) > 1 and all(len(texts) == 1 for texts in stems.values())
    return [
        _File(
            file, document, file.folder if reverse else file.stem, file.stem if reverse else file.folder or "document"
        )
        for file, document in tables
    ]


def _states(files: Sequence[Source], into: Collector) -> dict[tuple[str, str], str]:
    """Return how far each user got with each document, as the project says."""
    states = {}
    for file in files:
        if PROJECT.fullmatch(file.name):
            for _, project in json_records(file, into.problems):
                for entry in project.get("annotation_documents") or () if isinstance(project, dict) else ():
                    states[str(entry.get("user")), str(entry.get("name"))] = str(entry.get("state"))
    return states


def _layer_names(files: Sequence[_File]) -> dict[tuple[str, str], str]:
    """Return the layer of each feature: the type's name, with the feature's where several have values."""
    used: dict[str, set[str]] = defaultdict(set)
    for file in files:
        for column in file.document.columns:
            valued = any(span[2] != NO_VALUE for span in column.spans)
            used[column.layer] |= {column.feature} if valued else set()
    names = {}
    for file in files:
        for column in file.document.columns:
            features = used[column.layer]
            if column.feature in features or not features:
                several = len(features) > 1
                names[column.layer, column.feature] = f"{column.layer}.{column.feature}" if several else column.layer
    return names


def _read_file(
    file: _File, layers: dict[tuple[str, str], str], states: dict[tuple[str, str], str], into: Collector
) -> None:
    """Note what one user marked in one document; a layer the file does not name was left empty."""
    is_curator = file.user.casefold() in CURATORS
    state = states.get((file.user, file.name), "FINISHED")
    if state == "NEW" and not is_curator:
        return
    if is_curator:
        into.kinds[file.user] = "curator"
    into.item(file.name, file.document.text, file.source.name)
    into.tokens.setdefault(file.name, token_offsets(file.document))
    by_layer: dict[str, list[tuple[int, int, str, int]]] = {name: [] for name in into.layers}
    for column in file.document.columns:
        name = layers.get((column.layer, column.feature))
        if name is not None:
            by_layer[name] += column.spans
    status = "done" if is_curator else into.settings.reading.status.get(state, STATES.get(state, "done"))
    for name, spans in by_layer.items():
        into.add(
            Submission(file.name, file.user, name, file.source.name, 1, status),
            [label for _, _, label, _ in spans],
            [start for start, _, _, _ in spans],
            [end for _, end, _, _ in spans],
            rows=[line for _, _, _, line in spans],
        )


LOADER = Loader("webanno", "WebAnno TSV 3", "Export the project with the secondary format WebAnno TSV.", accepts, read)
