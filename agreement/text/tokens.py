"""Tokens: texts cut by a named tokenizer, spans laid over them, and what two annotators marked of them."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import couples_in_runs, packed, starts_of_runs, stretches
from agreement.annotations import Annotations
from agreement.settings import Settings
from agreement.text.spans import Spans

Ints = NDArray[np.int64]

_BLANK, _SIGN, _WORD = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of texts, one text after another.

    Letters: D texts, T tokens.

    Parameters
    ----------
    first
        (D + 1,) where the tokens of each text begin.
    start, end
        (T,) half-open character offsets inside the text.
    """

    first: Ints
    start: Ints
    end: Ints

    @property
    def per_text(self) -> Ints:
        """(D,) tokens in each text."""
        return np.diff(self.first)


def tokenize(texts: Sequence[str], tokenizer: str = "words") -> Tokens:
    """Return the tokens of *texts*, all cut at once.

    ``words``: a run of letters, combining marks, digits and connecting punctuation is a token, and so is every other
    sign that is not white space. ``whitespace``: a run of anything but white space is a token.

    Examples
    --------
    >>> text = "Ana's 3.5 €"
    >>> found = tokenize([text])
    >>> [text[start:end] for start, end in zip(found.start, found.end)]
    ['Ana', "'", 's', '3', '.', '5', '€']
    >>> found = tokenize([text], "whitespace")
    >>> [text[start:end] for start, end in zip(found.start, found.end)]
    ["Ana's", '3.5', '€']
    """
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    begins = np.cumsum(lengths + 1) - lengths - 1
    points = np.frombuffer(("\n".join(texts) + "\n").encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = _kinds(points)
    if tokenizer == "whitespace":
        kinds = np.minimum(kinds, 1) * _WORD
    goes_on = (kinds[1:] == kinds[:-1]) & (kinds[1:] == _WORD)
    start = np.flatnonzero(np.concatenate([[True], ~goes_on]) & (kinds > _BLANK))
    end = np.flatnonzero(np.concatenate([~goes_on, [True]]) & (kinds > _BLANK)) + 1
    first = np.searchsorted(start, np.append(begins, len(points)))
    offset = np.repeat(begins, np.diff(first))
    return Tokens(first, start - offset, end - offset)


def _kinds(points: NDArray[np.uint32]) -> NDArray[np.int8]:
    """Return for each code point whether it is white space, a sign of its own, or part of a word."""
    table = np.zeros(int(points.max(initial=0)) + 1, dtype=np.int8)
    used = np.flatnonzero(np.bincount(points, minlength=len(table)) if len(points) else table)
    table[used] = [_kind(int(point)) for point in used]
    return table[points]


@cache
def _kind(point: int) -> int:
    """Return the kind of one code point; format characters such as joiners belong to the word they stand in."""
    character = chr(point)
    if character.isspace() or unicodedata.category(character) in ("Cc", "Zl", "Zp", "Zs"):
        return _BLANK
    major = unicodedata.category(character)
    return _WORD if major[0] in "LMN" or major in ("Pc", "Cf") else _SIGN


def given_tokens(items: Sequence[str], tokens: Mapping[str, tuple[tuple[int, int], ...]]) -> Tokens:
    """Return the *tokens* that came with the data for *items*; none for an item without."""
    found = [tokens.get(item, ()) for item in items]
    first = np.concatenate([[0], np.cumsum([len(offsets) for offsets in found])]).astype(np.int64)
    flat = np.array([offset for offsets in found for offset in offsets], dtype=np.int64).reshape(-1, 2)
    return Tokens(first, flat[:, 0], flat[:, 1])


@dataclass(frozen=True, slots=True)
class DocumentTokens:
    """The tokens of the documents of a layer.

    Parameters
    ----------
    tokens
        (D documents) their tokens.
    tokenizer
        Which tokenizer cut them: a key of :data:`agreement.wording.definitions.TOKENIZERS`.
    known
        (D,) documents that have tokens or text; the others are not compared by token.
    """

    tokens: Tokens
    tokenizer: str
    known: NDArray[np.bool_]


def document_tokens(annotations: Annotations, spans: Spans, settings: Settings) -> DocumentTokens:
    """Return the tokens of the documents of *spans*: the data's own if there are any, else words, or as set."""
    met = spans.meetings
    tokenizer = settings.reading.tokenizer or ("data" if annotations.tokens else "words")
    if tokenizer == "data":
        found = given_tokens(met.items, annotations.tokens)
        known = np.array([item in annotations.tokens for item in met.items], dtype=bool)
    else:
        texts = [str(text) for text in annotations.items["text"].reindex(met.items).fillna("")]
        found = tokenize(texts, tokenizer)
        known = np.array([bool(text) for text in texts], dtype=bool)
    # Rounds of one item share its text.
    row, position = stretches(found.first[met.item], found.first[met.item + 1])
    first = np.searchsorted(row, np.arange(met.n_documents + 1))
    return DocumentTokens(Tokens(first, found.start[position], found.end[position]), tokenizer, known[met.item])


@dataclass(frozen=True, slots=True)
class Marks:
    """What two annotators marked of small places (tokens, stretches of characters), by meeting and label.

    Letters: M meetings, R answers, K labels.

    Parameters
    ----------
    hits
        (M, K) weight of places that both marked with the label.
    by_answer
        (R, K) weight of places that each answer marked with the label.
    """

    hits: NDArray[np.float64]
    by_answer: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TokenMarks:
    """Which annotator marked which token with which label.

    Letters: W marks, each once, sorted by token, label, annotator.

    Parameters
    ----------
    token, label, annotator, document
        (W,) codes.
    """

    token: Ints
    label: Ints
    annotator: Ints
    document: Ints


def token_marks(spans: Spans, tokens: Tokens) -> TokenMarks:
    """Return the marks of *spans* on *tokens*: a token is marked if a span covers any character of it."""
    document = spans.document[spans.segment_span]
    width = int(max(spans.end.max(initial=0), tokens.end.max(initial=0))) + 1
    line = np.repeat(np.arange(len(tokens.first) - 1), tokens.per_text) * width
    from_ = np.searchsorted(line + tokens.end, document * width + spans.segment_start, "right")
    to = np.searchsorted(line + tokens.start, document * width + spans.segment_end, "left")
    to = np.where(spans.segment_end > spans.segment_start, to, from_)
    segment, token = stretches(from_, to)
    span = spans.segment_span[segment]
    k, a = max(len(spans.labels), 1), max(len(spans.meetings.annotators), 1)
    key = np.sort((token * k + spans.label[span]) * a + spans.annotator[span])
    key = key[starts_of_runs(key)]
    token = key // (k * a)
    return TokenMarks(token, key // a % k, key % a, np.searchsorted(tokens.first, token, "right") - 1)


def marks_of_tokens(spans: Spans, marks: TokenMarks) -> Marks:
    """Return how many tokens of each label either and both marked; a token may have several labels."""
    weight = np.ones(len(marks.token))
    run = packed((marks.token, int(marks.token.max(initial=0)) + 1), (marks.label, max(len(spans.labels), 1)))
    return _marks(spans, run, marks, weight)


def marks_of_characters(spans: Spans) -> Marks:
    """Return how many characters of each label either and both marked, without listing the characters."""
    k, a = max(len(spans.labels), 1), max(len(spans.meetings.annotators), 1)
    width = int(spans.end.max(initial=0)) + 1
    span = spans.segment_span
    line = (spans.document[span] * k + spans.label[span]) * width
    start, end = line + spans.segment_start, line + spans.segment_end
    # Between two neighbouring edges everybody marks all characters or none.
    edges = np.unique(np.concatenate([start, end]))
    segment, piece = stretches(np.searchsorted(edges, start), np.searchsorted(edges, end))
    key = np.sort(piece * a + spans.annotator[span[segment]])
    key = key[starts_of_runs(key)]
    piece, annotator = key // a, key % a
    where = edges[piece] // width
    weight = np.append(np.diff(edges), 0)[piece].astype(np.float64)
    return _marks(spans, piece, TokenMarks(piece, where % k, annotator, where // k), weight)


def _marks(spans: Spans, run: Ints, marks: TokenMarks, weight: NDArray[np.float64]) -> Marks:
    """Return hits and totals of marks of which equal *run* means the same place and label."""
    met, k = spans.meetings, len(spans.labels)
    left, right = couples_in_runs(run)
    meeting = met.find(marks.annotator[left], marks.annotator[right], marks.document[left])
    hits = np.bincount(meeting * k + marks.label[left], weight[left], minlength=len(met.pair) * k)
    answers = len(met.answer_document)
    by_answer = np.bincount(
        met.answers_of(marks.document, marks.annotator) * k + marks.label, weight, minlength=answers * k
    )
    return Marks(hits.reshape(len(met.pair), k).astype(np.float64), by_answer.reshape(answers, k).astype(np.float64))
