"""Short free-text answers: normalised by a named rule, cut into tokens, compared as multisets of tokens."""

import re
import string
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement._arrays import ranks_in_runs, stretches
from agreement.annotations import Annotations
from agreement.meetings import Meetings, codes_of, meetings
from agreement.wording.definitions import NORMALISATIONS as _SAID

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Normalisation = Literal["squad", "unicode"]

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_ONE_BY_ONE = re.compile("([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f])")
_BETWEEN = "\n\x00\n"


def squad(text: str) -> str:
    """Return *text* in lower case, without ASCII punctuation, then without the words a, an and the.

    The normalisation of the official SQuAD scripts (Rajpurkar et al. 2016), but for the final squeezing of blanks.

    Examples
    --------
    >>> squad("The U.S.A., a country").split()
    ['usa', 'country']
    """
    return _ARTICLES.sub(" ", text.lower().translate(dict.fromkeys(map(ord, string.punctuation))))


def unicode(text: str) -> str:
    """Return *text* in NFKC, case folded, without punctuation of any script; Han and kana stand one by one.

    Examples
    --------
    >>> unicode("«Straße»: ²").split(), unicode("東京都。").split()
    (['strasse', '2'], ['東', '京', '都'])
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    marks = {ord(character) for character in set(folded) if unicodedata.category(character).startswith("P")}
    return _ONE_BY_ONE.sub(r" \1 ", folded.translate(dict.fromkeys(marks | set(map(ord, string.punctuation)))))


NORMALISATIONS: dict[str, tuple[Callable[[str], str], str]] = {
    "squad": (squad, _SAID["squad"]),
    "unicode": (unicode, _SAID["unicode"]),
}


@dataclass(frozen=True, slots=True)
class TokenBags:
    """Texts as multisets of tokens.

    Letters: T texts, W tokens in all.

    Parameters
    ----------
    first
        (T + 1,) where the tokens of each text begin.
    token
        (W,) codes in the order of the text.
    occurrence
        (W,) codes of token and how often it came before in its text, so that multisets become sets.
    """

    first: Ints
    token: Ints
    occurrence: Ints

    @property
    def sizes(self) -> Ints:
        """(T,) tokens in each text."""
        return np.diff(self.first)

    def common(self, left: Ints, right: Ints) -> Ints:
        """Return (E,) how many tokens the texts *left* and *right* (E,) have in common, as multisets."""
        common = self.sizes[left]
        differ = left != right
        keys = np.concatenate([self._keyed(left[differ]), self._keyed(right[differ])])
        keys.sort()
        twice = keys[1:][keys[1:] == keys[:-1]]
        common[differ] = np.bincount(twice // self._width, minlength=int(differ.sum()))
        return common

    def equal(self, left: Ints, right: Ints) -> NDArray[np.bool_]:
        """Return (E,) whether the texts *left* and *right* have the same tokens in the same order."""
        sizes = self.sizes
        same: NDArray[np.bool_] = sizes[left] == sizes[right]
        row, position = stretches(self.first[left], self.first[left] + np.where(same, sizes[left], 0))
        differ = self.token[position] != self.token[position + (self.first[right] - self.first[left])[row]]
        same[row[differ]] = False
        return same

    @property
    def _width(self) -> int:
        return int(self.occurrence.max(initial=0)) + 1

    def _keyed(self, text: Ints) -> Ints:
        row, position = stretches(self.first[text], self.first[text + 1])
        return row * self._width + self.occurrence[position]


def token_bags(texts: Sequence[str], normalisation: Normalisation = "squad") -> TokenBags:
    """Return *texts* as multisets of tokens: all are normalised in one pass and split at blanks."""
    normalise, _ = NORMALISATIONS[normalisation]
    # Newlines and the separator itself inside a text are blanks to every normalisation, so they can be replaced first.
    joined = _BETWEEN.join(text.replace("\x00", " ") for text in texts)
    words = normalise(joined).split()
    code, _ = pd.factorize(np.array([*words, "\x00"], dtype=object))
    code = code.astype(np.int64)
    ends = np.flatnonzero(code == code[-1])
    text = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=-1) - 1)
    token = np.delete(code, ends)
    width = int(code.max()) + 1
    order = np.argsort(text * width + token, kind="stable")
    rank = np.empty(len(token), dtype=np.int64)
    rank[order] = ranks_in_runs((text * width + token)[order])
    first = np.concatenate([[0], ends - np.arange(len(ends))])[: len(texts) + 1].astype(np.int64)
    return TokenBags(first, token, token + rank * width)


@dataclass(frozen=True, slots=True)
class AnswerPairs:
    """The answers of every two annotators to the items that both answered.

    Letters: M meetings, T texts.

    Parameters
    ----------
    meetings
        Who answered what, and who met where.
    text
        (R,) which text each answer is; 0 is the empty one.
    bags
        The T texts as tokens.
    common, reference, other
        (M,) tokens in common, of the reference's answer, and of the other's.
    equal
        (M,) answers that are equal after normalisation.
    both_empty
        (M,) neither wrote anything: not compared.
    texts
        (T,) the texts as they were written.
    """

    meetings: Meetings
    text: Ints
    bags: TokenBags
    common: Ints
    reference: Ints
    other: Ints
    equal: NDArray[np.bool_]
    both_empty: NDArray[np.bool_]
    texts: tuple[str, ...] = field(default=(), repr=False)


def answer_pairs(annotations: Annotations, layer: str, normalisation: Normalisation) -> AnswerPairs:
    """Return the compared answers of one *layer*."""
    met = meetings(annotations, layer)
    table = annotations.table
    rows = table.loc[table["layer"].eq(layer) & table["annotator"].isin(met.annotators)]
    used, text = np.unique(rows["label"].cat.codes.to_numpy(), return_inverse=True)
    texts = ["", *rows["label"].cat.categories[used]]
    bags = token_bags(texts, normalisation)
    document = met.documents_of(rows["item"], rows["round"])
    place = met.answers_of(document, codes_of(rows["annotator"], met.annotators))
    of_answer = np.zeros(len(met.answer_document), dtype=np.int64)
    of_answer[place] = text + 1
    left, right = of_answer[met.reference], of_answer[met.other]
    sizes = bags.sizes
    return AnswerPairs(
        met, of_answer, bags, bags.common(left, right), sizes[left], sizes[right], bags.equal(left, right),
        (left == 0) & (right == 0), tuple(texts),
    )  # fmt: skip


def token_f1(common: Ints, reference: Ints, other: Ints) -> Floats:
    """Return 2 common / (reference + other); 1 where both have no token left, 0 where one has none.

    Examples
    --------
    >>> token_f1(np.array([2, 0, 0]), np.array([3, 0, 2]), np.array([2, 0, 0])).tolist()
    [0.8, 1.0, 0.0]
    """
    total = reference + other
    value: Floats = np.where(total > 0, 2 * common / np.maximum(total, 1), 1.0)
    return value
