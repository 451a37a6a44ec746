"""WebAnno and INCEpTION: TSV 3, XMI and JSON CAS, as single files or in a project archive."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from agreement.annotations import Layer
from agreement.errors import InputError
from agreement.loaders._base import HEAD_BYTES, Loader, Source, inner_members
from agreement.loaders._cas import is_type_system, parse_json, parse_xmi
from agreement.loaders._collector import Collector, Submission
from agreement.loaders._json import json_records
from agreement.loaders._links import ends_of
from agreement.loaders._webanno_documents import NO_VALUE, Document, Mark, Span, token_offsets
from agreement.loaders._webanno_tsv import FORMAT, parse
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

PROJECT = re.compile(r"(.*/)?exportedproject[^/]*\.json")
CURATORS = frozenset({"curation_user", "curator"})
NOBODY = "INITIAL_CAS"
STATES = {"FINISHED": "done", "IN_PROGRESS": "draft", "IGNORE": "skipped", "LOCKED": "skipped"}
ADVICE = 'Export the project again with the secondary format "UIMA CAS JSON", "UIMA CAS XMI" or "WebAnno TSV v3.x".'
PARSERS = {".xmi": parse_xmi, ".json": parse_json}


@dataclass(frozen=True, slots=True)
class _File:
    """One user's version of one document; the archive inside a project's folder holds it for XMI."""

    path: str
    document: Document
    user: str = ""
    name: str = ""


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return files of WebAnno's formats by their content, and every file of a project archive."""
    project = next((file for file in files if PROJECT.fullmatch(file.name)), None)
    if project is not None:
        root = str(PurePosixPath(project.name).parent)
        return [file for file in files if root == "." or file.name.startswith(f"{root}/")]
    annotated = [file for file in files if _is_annotated(file)]
    if any(file.suffix == ".xmi" for file in annotated):
        annotated += [file for file in files if is_type_system(file.name, file.head)]
    return annotated


def _is_annotated(file: Source) -> bool:
    """Return whether *file* is a TSV 3 file, an XMI file or a JSON CAS."""
    return (
        (file.suffix == ".tsv" and file.head.lstrip(b"\xef\xbb\xbf").startswith(FORMAT))
        or (file.suffix == ".xmi" and b"http://www.omg.org/XMI" in file.head)
        or not file.keys.isdisjoint(("%TYPES", "%FEATURE_STRUCTURES"))
    )


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records: each feature of a span layer is a layer; curators are told apart from annotators."""
    into = Collector(settings, unit="UTF-16 units")
    into.reading.layout = said.FILE_PER_DOCUMENT
    into.reading.annotator_from = said.FILE_NAME
    types = {
        str(PurePosixPath(file.name).parent): file.read() for file in files if is_type_system(file.name, file.head)
    }
    documents = [file for source in files for file in _documents(source, types, into)]
    if not any(PurePosixPath(file.path).stem.casefold() not in CURATORS for file in documents):
        _refuse_unreadable(files, into)
    parsed = _named(documents)
    states = _states(files, into)
    layers = _layer_names(parsed)
    into.layers = {name: Layer(name, "spans") for name in sorted(set(layers.values()))}
    skipped: Counter[str] = Counter()
    for file in parsed:
        skipped.update(file.document.skipped)
        skipped.update(_read_file(file, layers, states, into))
    for kind, times in sorted((+skipped).items()):
        into.reading.warnings.append(said.not_audited(kind, times))
    into.reading.files = [file.path for file in parsed]
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


def _documents(source: Source, types: Mapping[str, bytes], into: Collector) -> Iterator[_File]:
    """Yield the documents in *source*: one, several in an inner archive, or none; *types*: type systems by folder."""
    in_project = any(part in ("annotation", "curation") for part in PurePosixPath(source.name).parts)
    if source.suffix == ".zip" and in_project:
        try:
            members = dict(inner_members(source))
        except InputError as error:
            into.problems += error.problems
            return
        system = next((content for name, content in members.items() if is_type_system(name, content[:HEAD_BYTES])), b"")
        for name, content in members.items():
            yield from _parsed(f"{PurePosixPath(source.name).parent}/{PurePosixPath(name).name}", content, system, into)
    elif _is_annotated(source):
        folders = map(str, PurePosixPath(source.name).parents)
        system = next((types[folder] for folder in folders if folder in types), b"")
        yield from _parsed(source.name, source.read(), system, into)


def _parsed(path: str, content: bytes, types: bytes, into: Collector) -> Iterator[_File]:
    """Yield the document in *content* if its name says that it is one; ``INITIAL_CAS`` is nobody's."""
    suffix, stem = PurePosixPath(path).suffix.lower(), PurePosixPath(path).stem
    if stem == NOBODY:
        return
    if suffix in PARSERS:
        yield _File(path, PARSERS[suffix](content, path, into.problems, types))
    elif suffix == ".tsv":
        try:
            document = parse(content.decode("utf-8-sig"))
            if document.strange:
                what = f"is no line of WebAnno TSV, nor are {len(document.strange) - 1:,} others."
                into.refuse(f"{path}!{document.strange[0]}", what, ADVICE)
            yield _File(path, document)
        except UnicodeDecodeError as error:
            into.refuse(path, f"is not UTF-8 at byte {error.start}.", ADVICE)


def _named(files: Sequence[_File]) -> list[_File]:
    """Return *files* with user and document: the file is the user and the folder the document, or the reverse.

    Files of one document hold one text, which tells the two layouts apart.
    """
    folders: dict[str, set[str]] = defaultdict(set)
    stems: dict[str, set[str]] = defaultdict(set)
    for file in files:
        folders[str(PurePosixPath(file.path).parent)].add(file.document.text)
        stems[PurePosixPath(file.path).stem].add(file.document.text)
    by_folder = all(len(texts) == 1 for texts in folders.values())
    reverse = not by_folder and len(folders) > 1 and all(len(texts) == 1 for texts in stems.values())
    named = []
    for file in files:
        path = PurePosixPath(file.path)
        names = (path.stem, path.parent.name or "document")
        named.append(replace(file, user=names[reverse], name=names[not reverse]))
    return named


def _states(files: Sequence[Source], into: Collector) -> dict[tuple[str, str], str]:
    """Return how far each user got with each document, as the project says."""
    states = {}
    for file in files:
        if PROJECT.fullmatch(file.name):
            for _, project in json_records(file, into.problems):
                listed = project.get("annotation_documents") if isinstance(project, dict) else None
                for entry in listed if isinstance(listed, list) else ():
                    if isinstance(entry, dict):
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
            feature = column.feature or min(features, default="")
            if feature in features or not features:
                several = len(features) > 1
                names[column.layer, column.feature] = f"{column.layer}.{feature}" if several else column.layer
    return names


def _read_file(
    file: _File, layers: dict[tuple[str, str], str], states: dict[tuple[str, str], str], into: Collector
) -> Counter[str]:
    """Note what one user marked in one document, and return what is not audited.

    A layer that the file does not name was left empty.
    """
    is_curator = file.user.casefold() in CURATORS
    state = states.get((file.user, file.name), "FINISHED")
    if state == "NEW" and not is_curator:
        return Counter()
    if is_curator:
        into.kinds[file.user] = "gold" if into.settings.columns.gold == file.user else "curator"
        if file.user not in into.reading.gold_candidates:
            into.reading.gold_candidates.append(file.user)
    into.item(file.name, file.document.text, file.path)
    into.tokens.setdefault(file.name, token_offsets(file.document))
    by_layer: dict[str, list[Span]] = {name: [] for name in into.layers}
    for column in file.document.columns:
        name = layers.get((column.layer, column.feature))
        if name is not None:
            by_layer[name] += column.spans
    into.statuses.add(state)
    status = "done" if is_curator else into.settings.reading.status.get(state, STATES.get(state, "done"))
    places: dict[Mark, int] = {}
    for name, spans in by_layer.items():
        begin = into.add(
            Submission(file.name, file.user, name, file.path, 1, status),
            [span[2] for span in spans],
            [span[0] for span in spans],
            [span[1] for span in spans],
            rows=[span[3] for span in spans],
        )
        if begin is not None:
            places = {span[4]: begin + at for at, span in enumerate(spans)} | places
    return _join(file.document, places, into)


def _join(document: Document, places: Mapping[Mark, int], into: Collector) -> Counter[str]:
    """Note relations and chains between the spans at *places*, and return how many have an end that is none."""
    skipped: Counter[str] = Counter()
    for label, head, tail, line in document.relations:
        ends = ends_of(places, head, tail)
        if ends is None:
            skipped[said.LOOSE_RELATIONS] += 1
        else:
            into.links.relate(label, ends[0], ends[1], line)
    for chain in document.chains:
        mentions = ends_of(places, *chain)
        if mentions is None:
            skipped[said.LOOSE_CHAINS] += 1
        else:
            into.links.chain(mentions)
    return skipped


LOADER = Loader(*said.called("webanno"), accepts, read)
