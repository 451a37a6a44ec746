"""One WebAnno TSV 3 file: its text, its tokens and the spans of each layer."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from agreement.loaders._offsets import Corpus, Integers

FORMAT = b"#FORMAT=WebAnno TSV 3"
TOKEN = re.compile(r"(\d+-\d+(?:\.\d+)?)\t(\d+)-(\d+)\t")
STACKED = re.compile(r"(?<!\\)\|")
VALUE = re.compile(r"(.*?)(?:(?<!\\)\[(\d+)\])?", re.DOTALL)
ESCAPED = re.compile(r"\\(.)")
NO_VALUE = "*"
Span: TypeAlias = tuple[int, int, str, int]


@dataclass(slots=True)
class Column:
    """A feature of a layer, and the spans that have a value for it: start, end, label, line."""

    layer: str
    feature: str
    spans: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """What one file holds: text and offsets in UTF-16 units, as the format counts."""

    text: str = ""
    length: int = 0
    tokens: list[tuple[int, int]] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def parse(content: str) -> Document:
    """Return the document in *content*, the whole text of a TSV file."""
    document = Document()
    read: list[tuple[int, Column]] = []
    width = 3
    lines = content.split("\n")
    for line in lines:
        if line.startswith(("#T_SP=", "#T_CH=", "#T_RL=")):
            name, *features = line.rstrip("\r")[6:].split("|")
            short = name.rpartition(".")[2]
            for at, feature in enumerate(features or [""]):
                if line.startswith("#T_SP=") and not feature.startswith("ROLE_"):
                    read.append((width + at, Column(short, feature)))
            kinds = {"#T_CH=": "chains", "#T_RL=": "relations"}
            if line[:6] in kinds:
                read.append((width, Column("", kinds[line[:6]])))
            width += max(len(features), 1)
        elif TOKEN.match(line):
            break
    _read_lines(lines, read, document)
    document.columns = [column for _, column in read if column.layer]
    return document


def _read_lines(lines: Sequence[str], read: Sequence[tuple[int, Column]], document: Document) -> None:
    """Read texts and tokens; a span that has a number goes on as long as its number comes back."""
    numbered: dict[tuple[int, str, str], Span] = {}
    pending: list[str] = []
    for number, line in enumerate(lines, 1):
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
            cells = line.rstrip("\r").split("\t")
            for at, _ in read:
                for value, reference in _values(cells[at] if at < len(cells) else "_"):
                    first = numbered.get((at, value, reference), (start, end, value, number))
                    numbered[at, value, reference or f"line {number}"] = (first[0], end, value, first[3])
    columns = dict(read)
    for (at, _, _), span in numbered.items():
        if columns[at].layer:
            columns[at].spans.append(span)
        else:
            document.skipped[columns[at].feature] += 1


def _extend(document: Document, sentence: str, start: int) -> None:
    """Append *sentence* to the text so that its first token is at *start* in UTF-16 units."""
    lead = len(sentence) - len(sentence.lstrip())
    added = "\n" * max(start - lead - document.length, 0) + sentence
    document.text += added
    document.length += len(added.encode("utf-16-le", errors="surrogatepass")) // 2


def _values(cell: str) -> Iterator[tuple[str, str]]:
    """Yield the stacked values of a cell with the number of their span."""
    if cell in ("_", ""):
        return
    for part in STACKED.split(cell):
        match = VALUE.fullmatch(part)
        if match:
            yield _unescaped(match[1]), match[2] or ""


def _unescaped(text: str) -> str:
    """Return *text* without the backslashes that hide special signs."""
    return ESCAPED.sub(lambda match: {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1]), text)


def token_offsets(document: Document) -> tuple[tuple[int, int], ...]:
    """Return the tokens of *document* in code points."""
    bounds: Integers = np.array(document.tokens, np.int64).reshape(-1, 2)
    corpus = Corpus.of([document.text])
    where = np.zeros(bounds.size, np.int64)
    points: list[int] = corpus.code_points(where, bounds.ravel(), "UTF-16 units").tolist()
    return tuple((start, end) for start, end in zip(points[::2], points[1::2], strict=True) if min(start, end) >= 0)
