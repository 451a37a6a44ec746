"""One WebAnno TSV 3 file: its text, its tokens, the spans of each layer, relations and chains."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from agreement.loaders._webanno_documents import (
    NO_VALUE,
    REFERENCE_TYPE,
    Column,
    Document,
    Mark,
    Span,
    mention_layer,
    relation_label,
)

FORMAT = b"#FORMAT=WebAnno TSV 3"
TOKEN = re.compile(r"(\d{1,9}-\d{1,9}(?:\.\d{1,9})?)\t(\d{1,15})-(\d{1,15})\t")
STACKED = re.compile(r"(?<!\\)\|")
SLOTS = re.compile(r"(?<!\\);")
VALUE = re.compile(r"(.*?)(?:(?<!\\)\[(\d+)\])?", re.DOTALL)
ENDS = re.compile(r"(\d+-\d+(?:\.\d+)?)(?:\[(\d+)_(\d+)\])?")
LINK = re.compile(r"(.*)->(\d+)-(\d+)", re.DOTALL)
ESCAPED = re.compile(r"\\(.)")


class _Line(NamedTuple):
    """A token or a part of one, with its cells."""

    number: int
    start: int
    end: int
    cells: Sequence[str]

    def stack(self, at: int) -> list[str]:
        """Return the stacked parts of the cell in column *at*, none where it is blank."""
        cell = self.cells[at] if at < len(self.cells) else "_"
        return [] if cell in ("_", "") else STACKED.split(cell)


@dataclass(frozen=True, slots=True)
class _Relations:
    """A layer of relations: its features with their columns, the layer it joins, and the column of the heads."""

    layer: str
    features: tuple[tuple[str, int], ...]
    joins: str
    heads: int


@dataclass(frozen=True, slots=True)
class _Header:
    """What the header declares, by the positions of the columns."""

    spans: dict[int, Column]
    slots: frozenset[int]
    relations: tuple[_Relations, ...]
    chains: tuple[tuple[Column, int, int], ...]


def parse(content: str) -> Document:
    """Return the document in *content*, the whole text of a TSV file."""
    source = content.split("\n")
    header = _header(source)
    document = Document()
    units: dict[str, int] = {}
    lines: list[_Line] = []
    pending: list[str] = []
    for number, line in enumerate(source, 1):
        match = TOKEN.match(line)
        if line.startswith("#Text="):
            pending.append(_unescaped(line.rstrip("\r")[6:]))
        elif match is not None:
            start, end = int(match[2]), int(match[3])
            if pending:
                _extend(document, "\n".join(pending), start)
                pending = []
            if "." not in match[1]:
                document.tokens.append((start, end))
            units[match[1]] = number
            lines.append(_Line(number, start, end, line.rstrip("\r").split("\t")))
        elif line.strip() and not line.startswith("#"):
            document.strange.append(number)
    for at, column in header.spans.items():
        column.spans += _spans(lines, at, column.layer, valued=at not in header.slots)
    hosts = [part for line in lines for at in header.slots for part in line.stack(at)]
    document.skipped["slots"] += sum(len(SLOTS.split(part)) for part in hosts if not part.startswith(NO_VALUE))
    for declared in header.relations:
        document.relations += _relations(lines, declared, units)
    for column, types, links in header.chains:
        column.spans, chains = _mentions(lines, column.layer, types, links)
        document.chains += chains
    document.columns = [*header.spans.values(), *(column for column, _, _ in header.chains)]
    return document


def _header(lines: Sequence[str]) -> _Header:
    """Return what the header declares; a slot has two columns, its roles and the tokens of its targets."""
    spans: dict[int, Column] = {}
    slots: set[int] = set()
    relations: list[_Relations] = []
    chains: list[tuple[Column, int, int]] = []
    width = 3
    for line in takewhile(lambda line: not TOKEN.match(line), lines):
        if not line.startswith(("#T_SP=", "#T_CH=", "#T_RL=")):
            continue
        name, *features = line.rstrip("\r")[6:].split("|")
        short = name.rpartition(".")[2]
        places = [(feature, width + at) for at, feature in enumerate(features or [""])]
        width += len(places)
        if line.startswith("#T_RL="):
            joins, heads = places[-1]
            relations.append(_Relations(short, tuple(places[:-1]), joins.rpartition(".")[2], heads))
        elif line.startswith("#T_CH="):
            at = dict(places)
            columns = at.get(REFERENCE_TYPE, places[0][1]), at.get("referenceRelation", places[-1][1])
            chains.append((Column(mention_layer(short), REFERENCE_TYPE), *columns))
        else:
            roles = [at for feature, at in places if feature.startswith("ROLE_")]
            slots.update(roles)
            plain = [(feature, at) for feature, at in places if at not in roles and at - 1 not in roles]
            spans |= {at: Column(short, feature) for feature, at in plain or [("", at) for at in roles[:1]]}
    return _Header(spans, frozenset(slots), tuple(relations), tuple(chains))


def _spans(lines: Sequence[_Line], at: int, layer: str, *, valued: bool) -> list[Span]:
    """Return the spans of one column: a span that has a number goes on as long as its number comes back."""
    found: dict[tuple[str, str], Span] = {}
    for line in lines:
        for given, reference in map(_value, line.stack(at)):
            value = given if valued else NO_VALUE
            name = reference or f"line {line.number}"
            first = found.get((value, name), (line.start, line.end, value, line.number))
            found[value, name] = (first[0], line.end, value, first[3], (layer, name))
    return list(found.values())


def _relations(
    lines: Sequence[_Line], declared: _Relations, units: dict[str, int]
) -> Iterator[tuple[str, Mark, Mark, int]]:
    """Yield the relations of one layer: each stands on the first line of its tail and names the token of its head.

    Ends that are stacked, or longer than a token, are told by their numbers: ``1-1[head_tail]``, 0 for none.
    """
    for line in lines:
        values = [line.stack(at) for _, at in declared.features]
        for place, cell in enumerate(line.stack(declared.heads)):
            ends = ENDS.fullmatch(cell)
            if ends is None:
                continue
            given = [
                (name, _unescaped(stack[place]) if place < len(stack) else NO_VALUE)
                for (name, _), stack in zip(declared.features, values, strict=True)
            ]
            head, tail = (
                (declared.joins, number if number not in (None, "0") else f"line {where}")
                for number, where in ((ends[2], units.get(ends[1])), (ends[3], line.number))
            )
            yield relation_label(declared.layer, given), head, tail, line.number


def _mentions(lines: Sequence[_Line], layer: str, types: int, links: int) -> tuple[list[Span], list[list[Mark]]]:
    """Return the mentions of one layer of chains, and the chains; a mention goes on while its link comes back."""
    found: dict[Mark, Span] = {}
    chains: dict[str, list[Mark]] = defaultdict(list)
    for line in lines:
        for kind, link in zip(line.stack(types), line.stack(links), strict=False):
            match = LINK.fullmatch(link)
            if match is None:
                continue
            mark = (layer, f"chain {match[2]}-{match[3]}")
            if mark not in found:
                chains[match[2]].append(mark)
            first = found.get(mark, (line.start, line.end, _value(kind)[0], line.number))
            found[mark] = (first[0], line.end, first[2], first[3], mark)
    return list(found.values()), list(chains.values())


def _extend(document: Document, sentence: str, start: int) -> None:
    """Append *sentence* to the text so that its first token is at *start* in UTF-16 units."""
    lead = len(sentence) - len(sentence.lstrip())
    added = "\n" * max(start - lead - document.length, 0) + sentence
    document.text += added
    document.length += len(added.encode("utf-16-le", errors="surrogatepass")) // 2


def _value(part: str) -> tuple[str, str]:
    """Return one of the stacked values of a cell, and the number of its span."""
    match = VALUE.fullmatch(part)
    return (_unescaped(match[1]), match[2] or "") if match else (_unescaped(part), "")


def _unescaped(text: str) -> str:
    """Return *text* without the backslashes that hide special signs."""
    return ESCAPED.sub(lambda match: {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1]), text)
