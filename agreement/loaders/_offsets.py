"""Offsets of any unit to code points, checked against the text and trimmed, for all spans of all texts at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from agreement.loaders._graphemes import goes_on

Unit: TypeAlias = Literal[
    "code points", "UTF-16 units", "UTF-8 bytes", "characters with CRLF as one", "graphemes",
    "code points with the end included",
]  # fmt: skip
Integers: TypeAlias = NDArray[np.int64]

LAST_OF_ONE_UNIT = 0xFFFF
LAST_WITHOUT_MARKS = 0x2FF
UNITS: tuple[Unit, ...] = get_args(Unit)
BLANKS = np.array([ord(c) for c in map(chr, range(0x3001)) if c.isspace()] + [0xFEFF, 0x200B], np.uint32)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts laid end to end as code points, so that all spans are looked at in one pass.

    Parameters
    ----------
    points
        (C,) code points of all texts.
    base
        (T + 1,) where each text begins, and where the last one ends.
    """

    points: NDArray[np.uint32]
    base: Integers

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Corpus":
        """Return the corpus of *texts*, which keep their positions."""
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        joined = "".join(texts).encode("utf-32-le", errors="surrogatepass")
        return cls(np.frombuffer(joined, np.uint32), np.concatenate([[0], np.cumsum(lengths)]))

    @property
    def lengths(self) -> Integers:
        """(T,) lengths in code points."""
        lengths: Integers = np.diff(self.base)
        return lengths

    def code_points(self, text: Integers, offsets: Integers, unit: Unit) -> Integers:
        """Return (N,) *offsets* of *unit* in texts (N,) *text* as code points; -1 where none is at that offset.

        Examples
        --------
        >>> corpus = Corpus.of(["a😀b"])
        >>> corpus.code_points(np.zeros(4, int), np.array([0, 1, 3, 4]), "UTF-16 units").tolist()
        [0, 1, 2, 3]
        >>> corpus.code_points(np.zeros(2, int), np.array([2, 9]), "UTF-16 units").tolist()
        [-1, -1]
        """
        if unit.startswith("code points"):
            return np.where((offsets >= 0) & (offsets <= self.lengths[text]), offsets, -1)
        ends = np.concatenate([[0], np.cumsum(self._widths(unit))])
        aim = ends[self.base[text]] + offsets
        found = np.searchsorted(ends, aim)
        inside = (offsets >= 0) & (aim <= ends[self.base[text + 1]])
        exact = inside & (ends[np.minimum(found, len(ends) - 1)] == aim)
        return np.where(exact, np.maximum(found, self.base[text]) - self.base[text], -1)

    def _widths(self, unit: Unit) -> Integers:
        """Return (C,) how many of *unit* each code point takes."""
        points = self.points
        if unit == "UTF-16 units":
            return 1 + (points > LAST_OF_ONE_UNIT).astype(np.int64)
        if unit == "UTF-8 bytes":
            return 1 + sum(((points > limit).astype(np.int64) for limit in (0x7F, 0x7FF)), (points > 0xFFFF) * 1)
        widths = np.ones(len(points), np.int64)
        if unit == "graphemes":
            widths[:-1][goes_on(points)[1:]] = 0
            widths[self.base[1:][self.lengths > 0] - 1] = 1  # no sign reaches into the next text
            return widths
        if unit == "characters with CRLF as one":
            widths[:-1][(points[:-1] == 0x0D) & (points[1:] == 0x0A)] = 0
            widths[self.base[1:][self.lengths > 0] - 1] = 1  # the break does not reach into the next text
        return widths

    def covers(self, text: Integers, start: Integers, end: Integers, covered: Sequence[str]) -> NDArray[np.bool_]:
        """Return (N,) whether each span covers what the export says it covers; False where a span is invalid.

        One blank is as good as another: exports write a space for a line break.
        """
        claim = Corpus.of(covered)
        lengths = claim.lengths
        valid = (start >= 0) & (end - start == lengths) & (end <= self.lengths[text])
        begin = np.where(valid, self.base[text] + start, 0)
        index = np.repeat(begin - claim.base[:-1], lengths) + np.arange(len(claim.points))
        found = np.append(self.points, np.uint32(0))[np.clip(index, 0, len(self.points))]
        differs = found != claim.points
        apart = np.flatnonzero(differs)
        differs[apart] = ~(np.isin(found[apart], BLANKS) & np.isin(claim.points[apart], BLANKS))
        wrong = np.concatenate([[0], np.cumsum(differs)])
        same: NDArray[np.bool_] = valid & (wrong[claim.base[1:]] == wrong[claim.base[:-1]])
        return same

    def trimmed(self, text: Integers, start: Integers, end: Integers) -> tuple[Integers, Integers]:
        """Return (N,) starts and ends without blanks at the edges; spans of blanks only stay as they are.

        Examples
        --------
        >>> start, end = Corpus.of([" Oslo "]).trimmed(np.array([0]), np.array([0]), np.array([6]))
        >>> int(start[0]), int(end[0])
        (1, 5)
        """
        if not len(self.points):
            return start, end
        begin, stop = self.base[text] + start, self.base[text] + end
        if not any(np.isin(self.points.take(edge, mode="clip"), BLANKS).any() for edge in (begin, stop - 1)):
            return start, end
        filled = np.flatnonzero(~np.isin(self.points, BLANKS))
        first = np.append(filled, len(self.points))[np.searchsorted(filled, begin)]
        last = np.append(-1, filled)[np.searchsorted(filled, stop)] + 1
        some = first < last
        return np.where(some, first - self.base[text], start), np.where(some, last - self.base[text], end)


def cut_words(corpus: Corpus, text: Integers, start: Integers, end: Integers) -> int:
    """Return how many edges of spans lie inside a word or a sign; -1 in place of an offset counts as one.

    Examples
    --------
    >>> cut_words(Corpus.of(["go Oslo"]), np.array([0, 0]), np.array([3, 2]), np.array([7, 6]))
    1
    """
    points, place = np.unique(corpus.points, return_inverse=True)
    word = np.array([chr(point).isalnum() for point in points.tolist()], bool)[place]
    inner = np.zeros(len(word) + 1, dtype=bool)
    inner[1:-1] = (word[1:] & word[:-1]) | goes_on(corpus.points)[1:]
    inner[corpus.base] = False
    found = sum((offsets < 0) | inner[corpus.base[text] + np.maximum(offsets, 0)] for offsets in (start, end))
    return int(np.sum(found))


def unit_by_words(
    corpus: Corpus, text: Integers, spans: tuple[Integers, Integers], unit: Unit, rival: Unit
) -> tuple[Unit, bool]:
    """Return the one of two units in which fewer edges of *spans* cut words, and whether the texts can tell them apart.

    For formats whose projects choose the unit and whose exports say neither which it was nor what a span covers.
    """
    if corpus.points.max(initial=0) <= (LAST_OF_ONE_UNIT if rival == "UTF-16 units" else LAST_WITHOUT_MARKS):
        return unit, False
    one, two = ([corpus.code_points(text, offsets, name) for offsets in spans] for name in (unit, rival))
    if all(np.array_equal(first, second) for first, second in zip(one, two, strict=True)):
        return unit, False
    return (rival if cut_words(corpus, text, *two) < cut_words(corpus, text, *one) else unit), True


def in_code_points(
    corpus: Corpus, text: Integers, spans: tuple[Integers, Integers], covered: Sequence[str | None], unit: Unit
) -> tuple[Integers, Integers, Unit, NDArray[np.bool_]]:
    """Return starts and ends in code points, the unit they were in, and (N,) where the covered text contradicts them.

    The unit is the one stated by the format unless the covered text fits another one better.
    """
    claims = np.array([claim is not None for claim in covered], bool)
    if not claims.any():
        begin, stop = (
            corpus.code_points(text, offsets, unit) for offsets in (spans[0], spans[1] + unit.endswith("included"))
        )
        return begin, stop, unit, claims
    words = [claim or "" for claim in covered]
    best: Any = None
    for candidate in (unit, *(other for other in UNITS if other != unit)):
        start, end = spans[0], spans[1] + candidate.endswith("included")
        start, end = (corpus.code_points(text, offsets, candidate) for offsets in (start, end))
        fits = corpus.covers(text, start, end, words)
        wrong = claims & ~fits
        if best is None or wrong.sum() < best[3].sum():
            best = (start, end, candidate, wrong)
        if not best[3].any():
            break
    return best  # type: ignore[no-any-return] # the loop runs at least once
