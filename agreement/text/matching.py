"""Two annotators' spans, aligned one to one: who marked the same, almost the same, or nothing there."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import couples_in_runs, in_order, packed, ranks_in_runs, starts_of_runs, stretches
from agreement.text.assignment import best_assignment
from agreement.text.spans import Spans, two_annotators
from agreement.wording.definitions import MATCHES

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_BLOCK = 16_000
"""Spans looked at together when equal ones are sought."""

_FIRST = 1024.0
"""What a pair of equal spans weighs more than any others it could be exchanged for; a power of two rounds least."""


@dataclass(frozen=True, slots=True)
class Matches:
    """The alignment of every pair's spans, by document: counts that add.

    Letters: P pairs, M meetings (a pair and a document that both answered), K labels, E aligned spans.

    Parameters
    ----------
    labels, annotators
        (K,) and (A,) names.
    pairs
        (P, 2) annotator codes, reference < other.
    pair, document, cluster
        (M,) codes, sorted by pair, then document.
    reference, other
        (M, K) spans of each label that either marked.
    meeting
        (E,) where two spans were aligned; each span at most once.
    reference_label, other_label
        (E,) their labels.
    overlap
        (E,) characters in both, divided by characters in either; 1 for equal spans.
    longer, shorter
        (E,) the other's span holds all of the reference's and more; the reference's holds all of the other's and more.
    split, merged
        (M, K) spans of the reference that two or more of the other's overlap, and of the other that two or more of the
        reference's overlap, among those without an equal partner; by the label of the one span.

    Examples
    --------
    Ana marks PER 0-3 and ORG 6-9, Ben PER 0-3 and PER 5-9:

    >>> matches = align_two([("PER", 0, 3), ("ORG", 6, 9)], [("PER", 0, 3), ("PER", 5, 9)])
    >>> matches.overlap.tolist(), matches.longer.tolist()
    ([1.0, 0.75], [False, True])
    >>> strict(matches).tolist(), partial(matches).tolist()
    ([1.0, 0.0], [1.0, 0.5])
    """

    labels: tuple[str, ...]
    annotators: tuple[str, ...]
    pairs: Ints
    pair: Ints
    document: Ints
    cluster: Ints
    reference: Ints
    other: Ints
    meeting: Ints
    reference_label: Ints
    other_label: Ints
    overlap: Floats
    longer: Bools
    shorter: Bools
    split: Ints
    merged: Ints

    @property
    def same_label(self) -> Bools:
        """(E,) aligned spans with one label."""
        same: Bools = self.reference_label == self.other_label
        return same

    @property
    def same_boundary(self) -> Bools:
        """(E,) aligned spans with equal offsets (and equal fragments)."""
        same: Bools = self.overlap == 1
        return same

    def hits(self, credit: Floats) -> Floats:
        """Return (M,): the *credit* (E,) that a policy gives, summed by meeting."""
        summed: Floats = np.bincount(self.meeting, credit, minlength=len(self.pair)).astype(np.float64)
        return summed

    def hits_by_label(self, credit: Floats) -> Floats:
        """Return (M, K): the *credit* (E,) of aligned spans of one label, summed by meeting and label."""
        k, same = len(self.labels), self.same_label
        cells = self.meeting[same] * k + self.reference_label[same]
        summed: Floats = np.bincount(cells, credit[same], minlength=len(self.pair) * k).astype(np.float64)
        return summed.reshape(len(self.pair), k)

    def hits_of(self, label: Ints, credit: Floats) -> Floats:
        """Return (M, K): the *credit* (E,) of all aligned spans, summed by meeting and the *label* (E,) of one side."""
        k = len(self.labels)
        summed: Floats = np.bincount(self.meeting * k + label, credit, minlength=len(self.pair) * k).astype(np.float64)
        return summed.reshape(len(self.pair), k)

    def __add__(self, more: "Matches") -> "Matches":
        """Return the alignments of both; labels, annotators and pairs must be the same, the documents different."""
        if (self.labels, self.annotators) != (more.labels, more.annotators) or not np.array_equal(
            self.pairs, more.pairs
        ):
            raise ValueError("only matches of the same labels, annotators and pairs can be added")
        documents, clusters = self.document.max(initial=-1) + 1, self.cluster.max(initial=-1) + 1
        pair = np.concatenate([self.pair, more.pair])
        document = np.concatenate([self.document, more.document + documents])
        order = np.lexsort((document, pair))
        place = np.argsort(order)
        both = {
            name: np.concatenate([getattr(self, name), getattr(more, name)])
            for name in ("reference", "other", "split", "merged")
        }
        return Matches(
            self.labels, self.annotators, self.pairs, pair[order], document[order],
            np.concatenate([self.cluster, more.cluster + clusters])[order],
            both["reference"][order], both["other"][order],
            place[np.concatenate([self.meeting, more.meeting + len(self.pair)])],
            np.concatenate([self.reference_label, more.reference_label]),
            np.concatenate([self.other_label, more.other_label]),
            np.concatenate([self.overlap, more.overlap]),
            np.concatenate([self.longer, more.longer]), np.concatenate([self.shorter, more.shorter]),
            both["split"][order], both["merged"][order],
        )  # fmt: skip

    def transpose(self) -> "Matches":
        """Return the alignments with the other annotator as the reference."""
        return Matches(
            self.labels, self.annotators, self.pairs[:, ::-1], self.pair, self.document, self.cluster,
            self.other, self.reference, self.meeting, self.other_label, self.reference_label, self.overlap,
            self.shorter, self.longer, self.merged, self.split,
        )  # fmt: skip


def strict(matches: Matches) -> Floats:
    """Credit equal offsets with an equal label (SemEval-2013 task 9.1 "strict"): the exact span F1."""
    return (matches.same_boundary & matches.same_label).astype(np.float64)


def exact(matches: Matches) -> Floats:
    """Credit equal offsets, whatever the labels (SemEval-2013 "exact"): boundary only."""
    return matches.same_boundary.astype(np.float64)


def partial(matches: Matches) -> Floats:
    """Credit equal offsets with 1 and any overlap with 1/2, whatever the labels (SemEval-2013 "partial")."""
    return np.where(matches.same_boundary, 1.0, 0.5)


def of_type(matches: Matches) -> Floats:
    """Credit any overlap with an equal label (SemEval-2013 "type")."""
    return matches.same_label.astype(np.float64)


def overlapping(matches: Matches) -> Floats:
    """Credit any overlap, whatever the labels."""
    return np.ones(len(matches.meeting))


def iou_at_least(matches: Matches, least: float) -> Floats:
    """Credit an equal label where the overlap is at least *least* of what either marked."""
    return (matches.same_label & (matches.overlap >= least)).astype(np.float64)


POLICIES: dict[str, tuple[Callable[[Matches], Floats], str]] = {
    "strict": (strict, MATCHES["strict"][1]),
    "exact": (exact, MATCHES["exact"][1]),
    "partial": (partial, MATCHES["partial"][1]),
    "type": (of_type, MATCHES["type"][1]),
    "overlap": (overlapping, MATCHES["overlap"][1]),
}
"""Policies without a parameter, by the names of SemEval-2013 task 9.1, with what they ask for."""


def align(spans: Spans) -> Matches:
    """Return the one-to-one alignment of the spans of every pair in every document that both answered.

    Equal spans with equal labels are aligned first, then as many equal spans with different labels as can be, then the
    rest by the largest sum of overlap / union + ¼ for an equal label. Of several labels on the same characters the ones
    left over are those that serve the rest best. Putting equal spans first loses nothing: 1 - overlap/union is a
    distance, so no exchange of partners makes up for a broken pair of equal spans. Nothing depends on the order of the
    input.
    """
    met = spans.meetings
    k = len(spans.labels)
    meeting, left, right = equal_spans(spans)
    rest = _Rest(spans, meeting, left, right)
    found = [(meeting, left, right, np.ones(len(meeting)))]
    matched = rest.match_equal_offsets()
    found.append((*matched, np.ones(len(matched[0]))))
    row, column, shared = rest.overlaps()
    x, y = rest.left[row], rest.right[column]
    lengths = spans.lengths
    share = shared / (lengths[x] + lengths[y] - shared)
    equal = share == 1
    chosen = best_assignment(row, column, share + 0.25 * (spans.label[x] == spans.label[y]) + _FIRST * equal)
    placed = chosen & equal
    unequal = ~(np.isin(row, row[placed]) | np.isin(column, column[placed]))
    split = _of_two_or_more(row[unequal], rest.left_meeting, spans.label[rest.left], len(met.pair), k)
    merged = _of_two_or_more(column[unequal], rest.right_meeting, spans.label[rest.right], len(met.pair), k)
    found.append((rest.left_meeting[row[chosen]], x[chosen], y[chosen], share[chosen]))
    meeting, left, right, overlap = (np.concatenate(parts) for parts in zip(*found, strict=True))
    inside = np.concatenate([np.zeros(len(meeting) - int(chosen.sum()), np.int64), shared[chosen]])
    unequal = overlap < 1
    counts = spans.per_answer()
    return Matches(
        spans.labels, met.annotators, met.pairs, met.pair, met.document, met.cluster[met.document],
        counts[met.reference], counts[met.other],
        meeting, spans.label[left], spans.label[right], overlap,
        unequal & (inside == lengths[left]), unequal & (inside == lengths[right]), split, merged,
    )  # fmt: skip


def equal_spans(spans: Spans) -> tuple[Ints, Ints, Ints]:
    """Return meeting, reference's span and other's span where offsets, fragments and label are equal."""
    # Documents in blocks that fit into the processor's cache: everything below goes over its rows a dozen times.
    begins = np.flatnonzero(starts_of_runs(spans.document))
    cuts = begins[starts_of_runs(begins // _BLOCK)].tolist()
    meeting_of = spans.meetings.finder()
    found = [(np.zeros(0, dtype=np.int64),) * 3]
    for begin, end in pairwise([*cuts, len(spans.document)]):
        order, earlier, later, who = _alike(spans, slice(begin, end))
        document = spans.document[begin:end]
        meeting = meeting_of(who[earlier], who[later], document[earlier])
        order += begin
        found.append((meeting, order[earlier], order[later]))
    meeting, left, right = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return meeting, left, right


def _alike(spans: Spans, block: slice) -> tuple[Ints, Ints, Ints, Ints]:
    """Return an order of a *block* of spans, the places in it of every two alike, and the annotator at each place."""
    document = spans.document[block]
    # Spans come by document, then annotator: a stable order leaves those that are alike in the annotators' order, and
    # the documents of the rows as they were.
    order, key = in_order(packed(
        _sized(document - document[0]), _sized(spans.start[block]), _sized(spans.end[block] - spans.start[block]),
        _sized(spans.shape[block]), (spans.label[block], len(spans.labels)),
    ))  # fmt: skip
    who = spans.annotator[block][order]
    if (~starts_of_runs(key) & ~starts_of_runs(who)).any():  # marked twice alike: the first meets the first
        rank = ranks_in_runs(packed(_sized(key), _sized(who)))
        again, key = in_order(packed(_sized(key), _sized(rank)))
        order, who = order[again], who[again]
    return order, *couples_in_runs(key), who


class _Rest:
    """The spans of every meeting that have no partner yet: ``left`` of the reference, ``right`` of the other."""

    def __init__(self, spans: Spans, meeting: Ints, left: Ints, right: Ints) -> None:
        self.spans = spans
        met = spans.meetings
        self.left_meeting, self.left = self._without(met.reference, meeting, left)
        self.right_meeting, self.right = self._without(met.other, meeting, right)

    def _without(self, answer: Ints, meeting: Ints, matched: Ints) -> tuple[Ints, Ints]:
        """Return meeting and span of one side's spans without those *matched*."""
        begin = self.spans.first[answer]
        sizes = self.spans.first[answer + 1] - begin
        offset = np.cumsum(sizes) - sizes
        free = np.ones(int(sizes.sum()), dtype=bool)
        free[offset[meeting] + matched - begin[meeting]] = False
        place = np.flatnonzero(free)
        where = np.repeat(np.arange(len(answer)), sizes)[place]
        return where, place - offset[where] + begin[where]

    def match_equal_offsets(self) -> tuple[Ints, Ints, Ints]:
        """Return meeting, left and right span of equal offsets and fragments, and take them out of the rest.

        Where one side has more of them than the other they stay: who is left over is a question for the assignment.
        """
        spans = self.spans
        side = np.repeat([0, 1], [len(self.left), len(self.right)])
        meeting = np.concatenate([self.left_meeting, self.right_meeting])
        span = np.concatenate([self.left, self.right])
        where = packed(
            (meeting, len(spans.meetings.pair)), _sized(spans.start[span]),
            _sized(spans.end[span] - spans.start[span]), _sized(spans.shape[span]),
        )  # fmt: skip
        order = np.argsort(where, kind="stable")
        # Within one set of characters the first label of one side meets the first of the other.
        turn = ranks_in_runs(packed(_sized(where[order]), (side[order], 2)))
        key = packed(_sized(where[order]), _sized(turn))
        by_turn = np.argsort(key, kind="stable")
        both = np.flatnonzero(~starts_of_runs(key[by_turn]))
        group = np.cumsum(starts_of_runs(where[order])) - 1
        excess = np.bincount(group, 1 - 2 * side[order])[group]
        both = both[excess[by_turn[both]] == 0]
        first, second = order[by_turn[both - 1]], order[by_turn[both]]
        left, right = np.minimum(first, second), np.maximum(first, second) - len(self.left)
        found = (self.left_meeting[left], self.left[left], self.right[right])
        self.left_meeting, self.left = np.delete(self.left_meeting, left), np.delete(self.left, left)
        self.right_meeting, self.right = np.delete(self.right_meeting, right), np.delete(self.right, right)
        return found

    def overlaps(self) -> tuple[Ints, Ints, Ints]:
        """Return (row of left, row of right, shared characters) of every two spans that overlap in a document."""
        x, x_start, x_end = self._on_a_line(self.left_meeting, self.left)
        y, y_start, y_end = self._on_a_line(self.right_meeting, self.right)
        # Two stretches overlap if one begins inside the other: either x inside y, or y inside x after x begins.
        right_1, left_1 = stretches(np.searchsorted(x_start, y_start), np.searchsorted(x_start, y_end))
        left_2, right_2 = stretches(np.searchsorted(y_start, x_start, "right"), np.searchsorted(y_start, x_end))
        left, right = np.concatenate([left_1, left_2]), np.concatenate([right_1, right_2])
        shared = np.minimum(x_end[left], y_end[right]) - np.maximum(x_start[left], y_start[right])
        left, right, shared = x[left][shared > 0], y[right][shared > 0], shared[shared > 0]
        cell = left * max(len(self.right), 1) + right
        cells, where = np.unique(cell, return_inverse=True)
        total = np.bincount(where, shared, minlength=len(cells)).astype(np.int64)
        return cells // max(len(self.right), 1), cells % max(len(self.right), 1), total

    def _on_a_line(self, meeting: Ints, span: Ints) -> tuple[Ints, Ints, Ints]:
        """Return row, start and end of the pieces of *span*, meetings one after another on one line, by start."""
        spans = self.spans
        width = int(spans.end.max(initial=0)) + 1
        begin = np.searchsorted(spans.segment_span, span)
        row, segment = stretches(begin, np.searchsorted(spans.segment_span, span, "right"))
        offset = meeting[row] * width
        start, end = spans.segment_start[segment] + offset, spans.segment_end[segment] + offset
        order = np.argsort(start, kind="stable")
        return row[order], start[order], end[order]


def _of_two_or_more(row: Ints, meeting: Ints, label: Ints, meetings: int, k: int) -> Ints:
    """Return (M, K) how many of the spans named by *row* overlap two or more of the other side."""
    several = np.flatnonzero(np.bincount(row, minlength=len(meeting)) > 1)
    return np.bincount(meeting[several] * k + label[several], minlength=meetings * k).reshape(meetings, k)


def _sized(column: Ints) -> tuple[Ints, int]:
    """Return a *column* of numbers from 0 on with how many different ones it may hold."""
    return column, int(column.max(initial=0)) + 1


def align_two(
    reference: list[tuple[str, int, int]], other: list[tuple[str, int, int]], labels: tuple[str, ...] = ()
) -> Matches:
    """Return the alignment of two lists of (label, start, end) in one document; equal entries count one by one."""
    return align_documents([reference], [other], labels)


def align_documents(
    reference: list[list[tuple[str, int, int]]],
    other: list[list[tuple[str, int, int]]],
    labels: tuple[str, ...] = (),
) -> Matches:
    """Return the alignment of two annotators' (label, start, end), both listed document by document."""
    return align(two_annotators(reference, other, labels, unique=False))
