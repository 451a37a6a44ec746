"""CoNLL columns: one token per line, tags of many annotators in columns, or a file per annotator."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from agreement.annotations import Layer
from agreement.loaders._base import HEAD_BYTES, Loader, Source
from agreement.loaders._collector import Collector, Submission
from agreement.loaders._folders import annotators_and_documents
from agreement.loaders._json import collector_paused
from agreement.loaders._tags import UNSEEN, Tagged, is_tag, levels_of, spans_of
from agreement.loaders._token_columns import (
    Sentence,
    by_annotator,
    columns_read,
    is_bare,
    is_prefixed,
    tag_columns,
    taken_header,
    token_column,
)
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

OWN_SUFFIXES = (".conll", ".iob", ".iob2", ".bio", ".io", ".conllu")
SUFFIXES = (*OWN_SUFFIXES, ".tsv", ".txt", ".col", "")
DOCUMENT_MARK = "-DOCSTART-"
SENTENCE_NAME = re.compile(r"#\s*sent_id\s*=\s*(\S+)")
SHARE_OF_TAGS = 0.9
BLOCK = re.compile(r"(?:[^\S\n]*\S[^\n]*(?:\n|\Z))+")
LOOSE_TAB = re.compile(r" *\t *")
REMEMBERED = 1 << 16  # lines, cells and places of tokens: nearly all of them come again


@dataclass(frozen=True, slots=True)
class _Column:
    """The tags that one annotator gave to the sentences of one file that they annotated, for one question."""

    place: Submission
    sentences: list[tuple[str, int]]  # name and first line
    tags: list[str]
    begins: NDArray[np.bool_]

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each sentence begins, and where the last one ends."""
        return np.append(np.flatnonzero(self.begins), len(self.tags))


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the files with a column in which nearly every cell is a tag, and some tag has a prefix.

    Files whose suffix is CoNLL's own may do without prefixes: plain labels, and ``O`` outside.
    """
    known = {file for file in files if file.suffix in SUFFIXES and _is_conll(file)}
    suffixes = {file.suffix for file in known}
    return [file for file in files if file in known or (file.suffix in suffixes and _is_conll(file, with_prefix=False))]


def _is_conll(file: Source, *, with_prefix: bool = True) -> bool:
    """Return whether *file* begins with columns of tokens and tags, of which some has a prefix."""
    text = file.head.decode("utf-8-sig", errors="replace")
    if text[:1] in ("{", "[") or text.startswith("#FORMAT=WebAnno") or "\x00" in text:
        return False
    lines = text.splitlines()[: -1 if len(file.head) >= HEAD_BYTES else None]
    rows = [line.split() for line in lines[:2000] if line.strip() and not _is_comment(line)]
    rows = [row for row in rows if row[0] != DOCUMENT_MARK]
    if rows and not any(map(is_tag, rows[0][1:])):
        rows = rows[1:]
    if len(rows) < 2:
        return False
    bare = file.suffix in OWN_SUFFIXES
    columns = [[cell for cell in column if cell is not None] for column in zip_longest(*rows)][1:]
    return any(
        (sum(map(is_tag, cells)) >= SHARE_OF_TAGS * len(rows) and (not with_prefix or any(map(is_prefixed, cells))))
        or (bare and len(cells) == len(rows) and is_bare(cells))
        for cells in columns
    )


def _is_comment(line: str) -> bool:
    """Return whether a line is a comment: it begins with ``#`` and does not end in a tag, as the token ``#`` does."""
    return line.startswith("#") and not is_tag(line.rsplit(maxsplit=1)[-1])


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records: an item is a sentence, its document the cluster, its text the tokens joined by blanks."""
    into = Collector(settings)
    into.reading.layout = said.COLUMNS_OF_TOKENS
    annotators, documents = annotators_and_documents(files)
    known: dict[str, tuple[list[str], str]] = {}
    columns: list[_Column] = []
    by_cell = False
    for file, annotator, document in zip(files, annotators, documents, strict=True):
        with collector_paused():
            mine, names_people = _columns(file, annotator, document, known, into, several=len(files) > 1)
        columns += mine
        by_cell = by_cell or names_people
    del known
    if by_cell:
        into.reading.annotator_from = "column"
    elif len(files) == 1:
        into.reading.annotator_from = "column" if len({one.place.annotator for one in columns}) > 1 else said.FILE_NAME
    else:
        into.reading.annotator_from = said.FILE_OR_FOLDER
    _read_columns([column for column in columns if column.tags], into)
    del columns
    return into.records()


def _columns(
    file: Source,
    annotator: str,
    document: str,
    known: dict[str, tuple[list[str], str]],
    into: Collector,
    *,
    several: bool,
) -> tuple[list[_Column], bool]:
    """Return the columns of tags in *file*, its cells forgotten, and whether another column names who gave them."""
    header, sentences = _sentences(file, document, into)
    sentences = [sentence for sentence in sentences if sentence.cells]
    if not sentences:
        return [], False
    if _is_label_studio(sentences):
        into.refuse(
            file.name, "is Label Studio's CoNLL2003 export with texts repeated: it does not say who annotated.",
            "Export the project as JSON.",
        )  # fmt: skip
        return [], False
    tags = tag_columns(sentences)
    tokens = token_column(sentences, tags)
    found, by_cell = [], False
    places: dict[tuple[int, int], tuple[int, int]] = {}
    for name, mine in by_annotator(sentences, tags, tokens).items():
        by_cell = by_cell or bool(name)
        own = [sentence for sentence in mine if _note_tokens(sentence, tokens, file, known, places, into)]
        for column, who, layer in columns_read(own, tags, header, name or annotator, several=several, into=into):
            into.layers[layer] = Layer(layer, "spans")
            found.append(_column(own, column, Submission("", who, layer, file.name), into))
    return found, by_cell


def _sentences(file: Source, document: str, into: Collector) -> tuple[list[str], list[Sentence]]:
    """Return the header, empty if there is none, and the sentences of *file*."""
    try:
        text = file.read().decode(into.settings.reading.encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        into.refuse(file.name, f"is not UTF-8 at byte {error.start}.", "Pass --encoding.")
        return [], []
    except (LookupError, ValueError):
        into.refuse(
            "--encoding", f"{into.settings.reading.encoding!r} is unknown.", "Use a name such as utf-8 or cp1252."
        )
        return [], []
    text = LOOSE_TAB.sub("\t", text.replace("\r\n", "\n"))
    separator = "\t" if "\t" in text[:10_000] else None
    cells_of = _splitter(separator)
    sentences: list[Sentence] = []
    part, number, at, name = 0, 1, 0, ""
    for block in BLOCK.finditer(text):
        number += text.count("\n", at, block.start())
        at = block.start()
        lines = block[0].rstrip().split("\n")
        skip = 0
        for line in lines:
            if line.startswith(DOCUMENT_MARK):
                part += 1
            elif _is_comment(line):
                name = found[1] if (found := SENTENCE_NAME.match(line)) else name
            else:
                break
            skip += 1
        cells = list(map(cells_of, lines[skip:]))
        if cells:
            place = "/".join(filter(None, (document, f"document {part}" if part else "")))
            default = f"{place}/sentence {len(sentences) + 1}" if place else f"sentence {len(sentences) + 1}"
            sentences.append(Sentence(name or default, place, number + skip, cells, bool(name)))
            name = ""
    return taken_header(sentences), sentences


def _splitter(separator: str | None) -> Callable[[str], list[str]]:
    """Return what splits a line into cells; equal lines share their cells, and equal cells their text."""
    rows: dict[str, list[str]] = {}
    known: dict[str, str] = {}

    def cells_of(line: str) -> list[str]:
        row = rows.get(line)
        if row is None:
            share = known.setdefault if len(known) < REMEMBERED else known.get
            row = [share(cell, cell) for cell in line.rstrip().split(separator)]
            if len(rows) < REMEMBERED:
                rows[line] = row
        return row

    return cells_of


def _is_label_studio(sentences: Sequence[Sentence]) -> bool:
    """Return whether Label Studio wrote this (``-X-`` in the second column) and most texts come more than once."""
    if not all(len(cells) > 2 and cells[1] == "-X-" for sentence in sentences for cells in sentence.cells):
        return False
    texts = Counter(tuple(cells[0] for cells in sentence.cells) for sentence in sentences)
    return sum(times for times in texts.values() if times > 1) > len(sentences) / 2


def _note_tokens(
    sentence: Sentence,
    column: int | None,
    file: Source,
    known: dict[str, tuple[list[str], str]],
    places: dict[tuple[int, int], tuple[int, int]],
    into: Collector,
) -> bool:
    """Note the tokens of a sentence; those of another file may be spelled differently, but not more or fewer.

    Returns whether its tags can be read with them. Tokens at equal *places* of their sentences share them.
    """
    tokens = [cells[column] if column is not None else str(at) for at, cells in enumerate(sentence.cells, 1)]
    place = f"{file.name}!{sentence.line}"
    before, where = known.setdefault(sentence.name, (tokens, place))
    if len(before) != len(tokens):
        into.refuse(
            f"{place}, item {sentence.name}", f"has {len(tokens)} tokens where {where} has {len(before)}.",
            "Give every annotator the same tokens.",
        )  # fmt: skip
        return False
    if before is tokens:
        ends = np.cumsum([len(token) + 1 for token in tokens]) - 1
        starts = ends - [len(token) for token in tokens]
        pairs = zip(starts.tolist(), ends.tolist(), strict=True)
        share = places.setdefault if len(places) < REMEMBERED else places.get
        into.tokens[sentence.name] = tuple(share(pair, pair) for pair in pairs)
        into.item(
            sentence.name, " ".join(tokens), place, {"document": sentence.document} if sentence.document else None
        )
    else:
        differing = sum(one != other for one, other in zip(before, tokens, strict=True))
        into.reading.repaired(said.BY_POSITION, differing)
    return True


def _column(sentences: Sequence[Sentence], column: int, place: Submission, into: Collector) -> _Column:
    """Return the tags of one annotator; a sentence with tokens not annotated was not annotated as a whole."""
    seen: list[tuple[str, int]] = []
    tags: list[str] = []
    sizes = []
    for sentence in sentences:
        mine = [cells[column] if column < len(cells) else "?" for cells in sentence.cells]
        unseen = sum(tag in UNSEEN for tag in mine)
        if not unseen:
            seen.append((sentence.name, sentence.line))
            tags += mine
            sizes.append(len(mine))
        elif unseen < len(mine):
            into.reading.rows_read += 1
            into.reading.aside(said.SENTENCE_WITH_GAPS)
    begins = np.zeros(len(tags), bool)
    begins[np.cumsum([0, *sizes])[:-1]] = True
    return _Column(place, seen, tags, begins)


def _read_columns(columns: Sequence[_Column], into: Collector) -> None:
    """Note the spans of all columns; one of nothing but ``I`` follows IOB2 where another of its layer does."""
    found = [[spans_of(tags, column.begins) for tags in levels_of(column.tags)] for column in columns]
    begun = {column.place.layer for column, levels in zip(columns, found, strict=True) if levels[0].scheme == "IOB2"}
    schemes = set()
    for column, levels in zip(columns, found, strict=True):
        for at, tags in enumerate(levels_of(column.tags)):
            if levels[at].scheme == "IO" and column.place.layer in begun:
                levels[at] = spans_of(tags, column.begins, "IOB2")
            levels[at] = _settled(levels[at], into)
            schemes.add(levels[at].scheme)
        _note_spans(column, levels, into)
    if schemes:
        into.reading.layout += f" ({', '.join(sorted(schemes))})"


def _settled(tagged: Tagged, into: Collector) -> Tagged:
    """Return the spans with invalid sequences repaired or left out, as the settings say, and counted."""
    name, reading = tagged.scheme, into.reading
    if into.settings.reading.invalid_tags == "drop":
        left_out = tagged.begun | tagged.unclosed
        reading.rows_read += int(left_out.sum())
        reading.aside(said.unmatched_tag(name), int(left_out.sum()))
        return tagged.without(left_out)
    reading.repaired(said.continues_nothing(name), int(tagged.begun.sum()))
    reading.repaired(said.unclosed(name), int(tagged.unclosed.sum()))
    return tagged


def _note_spans(column: _Column, levels: Sequence[Tagged], into: Collector) -> None:
    """Note the spans of one annotator, those of all levels together."""
    first, last = (np.concatenate([getattr(one, side) for one in levels]) for side in ("first", "last"))
    labels = [label for one in levels for label in one.labels]
    order = np.argsort(first, kind="stable")
    offsets = column.offsets
    bounds = np.searchsorted(first[order], offsets).tolist()
    for at, (name, line) in enumerate(column.sentences):
        mine = order[bounds[at] : bounds[at + 1]]
        begins, ends = ((side[mine] - offsets[at]).tolist() for side in (first, last))
        tokens = into.tokens[name]
        place = replace(column.place, item=name, row=line)
        into.add(
            place,
            [labels[span] for span in mine.tolist()],
            [tokens[token][0] for token in begins],
            [tokens[token][1] for token in ends],
            rows=[line + token for token in begins],
        )


LOADER = Loader(*said.called("conll"), accepts, read, takes=frozenset({"annotators", "invalid_tags"}))
