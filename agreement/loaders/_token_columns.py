"""Which columns of a token per line hold the tags, the tokens and the annotator, and who the tags are by."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from agreement.loaders._collector import Collector
from agreement.loaders._tags import UNSEEN, is_tag
from agreement.wording import reading as said

LAYER = "spans"
OUTSIDE_TAG = "O"
BARE_LABELS = 50


@dataclass(slots=True)
class Sentence:
    """One sentence of one file: its cells by token, and where it stands."""

    name: str
    document: str
    line: int
    cells: list[list[str]]
    named: bool = False


def is_prefixed(cell: str) -> bool:
    """Return whether a cell is a tag with a prefix, on any level."""
    return cell not in UNSEEN and is_tag(cell) and "-" in cell and len(cell) > 1


def is_bare(cells: Sequence[str]) -> bool:
    """Return whether *cells* are few labels that recur, and ``O``."""
    unique = set(cells)
    return OUTSIDE_TAG in unique and len(unique) <= min(BARE_LABELS, len(cells) // 2 + 1)


def taken_header(sentences: Sequence[Sentence]) -> list[str]:
    """Return the header, taken out of the first sentence: a first line without a tag whose words never come again."""
    if not sentences:
        return []
    first = sentences[0]
    header, *below = first.cells
    rest = chain(below, *(sentence.cells for sentence in sentences[1:]))
    if len(header) < 2 or any(map(is_tag, header[1:])):
        return []
    if any(at and cell in header[at : at + 1] for row in rest for at, cell in enumerate(row)):
        return []
    first.cells, first.line = below, first.line + 1
    return header


def tag_columns(sentences: Sequence[Sentence]) -> list[int]:
    """Return the columns that hold tags; one of nothing but ``O`` is an annotator who marked nothing."""
    rows = [cells for sentence in sentences for cells in sentence.cells]
    width = Counter(map(len, rows)).most_common(1)[0][0]
    columns, bare = [], []
    for column in range(width):
        cells = [row[column] for row in rows if len(row) > column]
        unique = set(cells)
        if unique and all(map(is_tag, unique)) and (any(map(is_prefixed, unique)) or OUTSIDE_TAG in unique):
            columns.append(column)
        elif column and is_bare(cells):
            bare.append(column)
    if any(is_prefixed(cell) for row in rows for column in columns for cell in row[column : column + 1]):
        return columns
    return sorted(columns + bare) or [width - 1]


def token_column(sentences: Sequence[Sentence], tags: Sequence[int]) -> int | None:
    """Return the column of tokens: the first that holds no tags and is no running number; None if there is none."""
    for column in range(min(tags)):
        if not all(sentence.cells[0][column].isdecimal() for sentence in sentences if sentence.cells):
            return column
    return None


def by_annotator(sentences: Sequence[Sentence], tags: Sequence[int], token: int | None) -> dict[str, list[Sentence]]:
    """Return the sentences by the annotator that a column behind the tags names; by "" if there is no such column.

    Such a column holds one word per sentence, and the same sentence comes with several of them.
    """
    width = min(len(cells) for sentence in sentences for cells in sentence.cells)
    for column in range(max(tags) + 1, width):
        found: dict[str, list[Sentence]] = {}
        texts: dict[tuple[str, ...], set[str]] = {}
        for sentence in sentences:
            words = {cells[column] for cells in sentence.cells}
            if len(words) > 1 or any(word.isdecimal() for word in words):
                break
            text = tuple(cells[token] if token is not None else "" for cells in sentence.cells)
            texts.setdefault(text, set()).update(words)
            mine = found.setdefault(words.pop(), [])
            mine.append(
                sentence if sentence.named else replace(sentence, name=f"sentence {len(mine) + 1}")
            )  # fmt: skip
        else:
            if any(len(words) > 1 for words in texts.values()):
                return found
    return {"": list(sentences)}


def columns_read(
    sentences: Sequence[Sentence], tags: Sequence[int], header: Sequence[str], annotator: str, *, several: bool,
    into: Collector,
) -> list[tuple[int, str, str]]:  # fmt: skip
    """Return the columns to read with their annotator and layer.

    Tag columns with labels in common are annotators, and so are those named in the settings; columns whose labels never
    coincide are questions of their own, such as the chunks and the names of CoNLL-2003.
    """
    titles = {column: header[column] if column < len(header) else f"column {column + 1}" for column in tags}
    asked = [column for column in tags if titles[column] in into.settings.columns.annotators]
    if asked:
        return [(column, titles[column], LAYER) for column in asked]
    if len(tags) == 1:
        return [(tags[0], annotator, LAYER)]
    sets = [
        {
            tag.split("-", 1)[-1]
            for s in sentences
            for cells in s.cells
            for tag in cells[column : column + 1]
            if tag != OUTSIDE_TAG and tag not in UNSEEN
        }
        for column in tags
    ]
    apart = all(sets) and all(not one & other for at, one in enumerate(sets) for other in sets[:at])
    if apart and not several:
        into.reading.warnings.append(said.no_label_in_common(list(titles.values())))
    if apart or several:
        return [(column, annotator, titles[column]) for column in tags]
    return [(column, titles[column], LAYER) for column in tags]
