"""UIMA CAS as XMI or JSON: the text, the spans, relations and chains of INCEpTION's layers, read by dkpro-cassis.

The library is loaded only for such files. XML reaches it after defusedxml has refused entities. What it can't tell
is settled here: a file without its type system gets one from the names that INCEpTION gives to features, offsets
between the halves of a sign or behind the text (which it keeps in the wrong unit) are refused, and a text is limited,
because it maps every place in it (170 bytes a character).
"""

import io
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import orjson
from defusedxml import ElementTree  # type: ignore[import-untyped] # no stubs among our dependencies

from agreement.errors import Problem
from agreement.loaders._json import note_repeated_keys
from agreement.loaders._offsets import LAST_OF_ONE_UNIT
from agreement.loaders._webanno_documents import (
    NO_VALUE,
    REFERENCE_TYPE,
    Column,
    Document,
    Mark,
    mention_layer,
    relation_label,
)
from agreement.wording import formats as said

XMI_ID = "{http://www.omg.org/XMI}id"
ANNOTATION, LOOSE, TOP, STRING = "uima.tcas.Annotation", "uima.cas.AnnotationBase", "uima.cas.TOP", "uima.cas.String"
PLAIN = frozenset(
    f"uima.cas.{name}" for name in ("String", "Integer", "Float", "Boolean", "Byte", "Short", "Long", "Double")
)
ENDS = (("Governor", "Dependent"), ("source", "target"))
REFERENCES = frozenset({"Governor", "Dependent", "source", "target", "next", "first"})
OWN = frozenset({XMI_ID, "sofa", "begin", "end"})
TEXT_TYPES = frozenset(
    {"Sentence", "Paragraph", "Div", "Heading", "DocumentMetaData", "DocumentAnnotation", "TagsetDescription"}
)
LONGEST = 5_000_000
ADVICE = "Export the project again."
NEEDED = "Install it: pip install dkpro-cassis; or export the project as WebAnno TSV v3.x."
Cas: TypeAlias = Any
Structure: TypeAlias = Any


def is_type_system(name: str, head: bytes) -> bool:
    """Return whether a file is the type system that stands beside XMI files."""
    return name.lower().endswith(".xml") and b"<typeSystemDescription" in head


def parse_xmi(content: bytes, where: str, problems: list[Problem], types: bytes = b"") -> Document:
    """Return the document in *content*, an XMI file, whose type system is *types*."""

    def load(cassis: Any) -> Cas:  # noqa: ANN401 - a module without types
        root = ElementTree.fromstring(content)
        if types:
            ElementTree.fromstring(types)
        system = cassis.load_typesystem(io.BytesIO(types)) if types else cassis.TypeSystem()
        _need_index(any(child.tag.endswith("}View") for child in root))
        _limit(child.get("sofaString") for child in root)
        _complete(system, (
            (
                child.tag.removeprefix("{http:///").replace(".ecore}", "/").replace("/", "."),
                {name: name in REFERENCES for name in (*child.attrib, *(part.tag for part in child))},
            )
            for child in root
        ))  # fmt: skip
        return cassis.load_cas_from_xmi(io.BytesIO(content), typesystem=system, trusted=True)

    return _parsed(load, where, problems, "XMI")


def parse_json(content: bytes, where: str, problems: list[Problem], _types: bytes = b"") -> Document:
    """Return the document in *content*, a JSON CAS 0.4 file, which holds its type system."""

    def load(cassis: Any) -> Cas:  # noqa: ANN401 - a module without types
        raw = orjson.loads(content)
        note_repeated_keys(content, raw, where, problems)
        held = raw["%FEATURE_STRUCTURES"]
        structures = list(held.values() if isinstance(held, dict) else held)
        declared = raw.setdefault("%TYPES", {})
        _need_index(bool(raw.get("%VIEWS")))
        _limit(one.get("sofaString") for one in structures)
        system = cassis.TypeSystem()
        _complete(system, (
            (one["%TYPE"], {name.lstrip("@#^"): name[0] == "@" for name in one if name[0] != "%"})
            for one in structures
            if one["%TYPE"] not in declared
        ))  # fmt: skip
        return cassis.load_cas_from_json(orjson.dumps(raw).decode(), typesystem=system)

    return _parsed(load, where, problems, "JSON CAS")


def _need_index(has_one: bool) -> None:  # noqa: FBT001 - what it is about is in its name
    """Refuse a file that does not say which annotations are there: all would count as deleted."""
    if not has_one:
        raise ValueError("it has no view, which says what of it is not deleted")


def _limit(texts: Iterable[str | None]) -> None:
    """Refuse a text that takes gigabytes to map."""
    longest = max((len(text) for text in texts if text), default=0)
    if longest > LONGEST:
        raise ValueError(f"its text has {longest:,} characters, and at most {LONGEST:,} are read")


def _complete(system: Any, structures: Iterable[tuple[str, Mapping[str, bool]]]) -> None:  # noqa: ANN401 - cassis has no types
    """Add the types that a type system lacks, from the *structures*: type, and features with whether they refer."""
    seen: dict[str, dict[str, bool]] = defaultdict(dict)
    for name, features in structures:
        if not name.startswith("uima.") and not name.endswith("[]"):
            seen[name] |= features
    for name, features in seen.items():
        if not system.contains_type(name):
            new = system.create_type(name, ANNOTATION if "begin" in features else LOOSE)
            for feature in sorted(features.keys() - OWN):
                system.create_feature(new, feature, TOP if features[feature] else STRING)


def _parsed(load: Callable[[Any], Cas], where: str, problems: list[Problem], kind: str) -> Document:
    """Return the document that *load* gives; whatever the library stumbles over becomes a problem."""
    try:
        import cassis  # noqa: PLC0415 - 50 ms that only these files need
    except ModuleNotFoundError:
        problems.append(Problem(where, f"is {kind}, which needs the package dkpro-cassis.", NEEDED))
        return Document()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            document = _document(load(cassis))
        except Exception as error:  # noqa: BLE001 - cassis, lxml and defusedxml raise from KeyError to RuntimeError
            why = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            problems.append(Problem(where, f"is not valid {kind}: {why}.", ADVICE))
            return Document()
    messages = dict.fromkeys(str(one.message) for one in told if "offset" in str(one.message))
    problems += [Problem(where, f"{message}.", ADVICE) for message in messages]
    return document


def _document(cas: Cas) -> Document:
    """Return what INCEpTION's layers hold in the view that has a text."""
    named = next((sofa.sofaID for sofa in cas.sofas if sofa.sofaString), None)
    view = cas if named is None else cas.get_view(named)
    text = view.sofa_string or ""
    document = Document(text, skipped=Counter())
    place = _utf16(text)
    kinds: dict[str, _Kind] = {}
    columns: dict[tuple[str, str], Column] = {}
    relations: list[Structure] = []
    links: list[Structure] = []
    at_tokens: dict[tuple[int, int], Mark] = {}
    for one in view.select_all_annotations():
        if one.type.name not in kinds:
            kinds[one.type.name] = _Kind.of(one.type)
        kind = kinds[one.type.name]
        if kind.layer in TEXT_TYPES:
            continue
        start, end = place(one.begin), place(one.end)
        if kind.layer == "Token":
            document.tokens.append((start, end))
        elif kind.ends:
            relations.append(one)
        else:
            if kind.is_link:
                links.append(one)
            mark = _mark(one)
            if kind.layer == "POS":
                at_tokens[one.begin, one.end] = mark
            document.skipped[said.ODD_FEATURES] += sum(bool(one[name]) for name in kind.others)
            for feature in kind.features or ("",):
                column = columns.setdefault((kind.layer, feature), Column(kind.layer, feature))
                column.spans.append((start, end, _value(one, feature), 0, mark))
    document.columns = list(columns.values())
    for one in relations:
        kind = kinds[one.type.name]
        head, tail = (_end(one[name], at_tokens) for name in kind.ends)
        given = [(name, _value(one, name)) for name in kind.features]
        document.relations.append((relation_label(kind.layer, given), head, tail, 0))
    document.chains = list(_chains(links))
    return document


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a type is in INCEpTION: its layer, its features of plain values and others, and what it joins."""

    layer: str
    features: tuple[str, ...]
    others: tuple[str, ...]
    ends: tuple[str, ...]
    is_link: bool

    @classmethod
    def of(cls, type_: Any) -> "_Kind":  # noqa: ANN401 - cassis has no types
        """Return what *type_* is; a subtype, as DKPro has for parts of speech, belongs to the layer of its origin."""
        origin = type_
        while origin.supertype is not None and ANNOTATION not in (origin.supertype.name, origin.name):
            origin = origin.supertype
        short = origin.name.rpartition(".")[2]
        ranges = {one.name: one.rangeType.name for one in type_.all_features if one.name not in OWN}
        ends = next((ends for ends in ENDS if ranges.keys() >= set(ends) and not PLAIN & {ranges[e] for e in ends}), ())
        is_link = "next" in ranges and ranges["next"] not in PLAIN
        plain = tuple(sorted(name for name, range_ in ranges.items() if range_ in PLAIN))
        others = tuple(sorted(ranges.keys() - set(plain) - set(ends) - {"next"}))
        if is_link:
            named = (REFERENCE_TYPE,) if REFERENCE_TYPE in plain else ()
            return cls(mention_layer(short), named, others, (), is_link=True)
        return cls(short, plain, others, ends, is_link=False)


def _utf16(text: str) -> Callable[[int], int]:
    """Return what turns a place in *text* in code points into one in UTF-16 units, behind the text too."""
    widths = 1 + (np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32) > LAST_OF_ONE_UNIT)
    units = [0, *np.cumsum(widths).tolist()]
    return lambda point: units[point] if 0 <= point < len(units) else point


def _mark(structure: Structure) -> Mark:
    """Return what names an annotation in its document."""
    return "", str(structure.xmiID)


def _value(structure: Structure, feature: str) -> str:
    """Return the value of a feature as INCEpTION writes it in its tables."""
    value = structure[feature] if feature else None
    return NO_VALUE if value is None or value == "" else str(value).lower() if isinstance(value, bool) else str(value)


def _end(target: Structure, at_tokens: Mapping[tuple[int, int], Mark]) -> Mark:
    """Return the mark of an end of a relation: for a token that of its part of speech, since tokens are not audited."""
    if target is None:
        return "", "none"
    is_token = target.type.name.rpartition(".")[2] == "Token"
    return at_tokens.get((target.begin, target.end), _mark(target)) if is_token else _mark(target)


def _chains(links: Iterable[Structure]) -> Iterator[list[Mark]]:
    """Yield the chains that *links* make, each from the link that follows no other; a ring begins where it is met."""
    follows = {one.xmiID: one["next"] for one in links}
    followed = {one.xmiID for one in follows.values() if one is not None}
    seen: set[int] = set()
    for first in sorted(follows, key=lambda name: name in followed):
        chain: list[Mark] = []
        name: int | None = first
        while name is not None and name not in seen:
            seen.add(name)
            chain.append(("", str(name)))
            following = follows.get(name)
            name = None if following is None else following.xmiID
        if chain:
            yield chain
