"""Relations of two annotators: F1 of relations whose label and both arguments are the same, exactly or matched."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agreement.intervals import wilson_f1


@dataclass(frozen=True, slots=True)
class Argument:
    """A span that a relation joins: label and character offsets, half-open, in one document."""

    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Relation:
    """A labelled relation from *head* to *tail*; the other way round is another relation."""

    label: str
    head: Argument
    tail: Argument


@dataclass(frozen=True, slots=True)
class RelationF1:
    """F1 of relations, with precision and recall.

    Parameters
    ----------
    hits, n_reference, n_other
        Relations in common, of the reference, and of the other.
    precision, recall, f1
        None where there is nothing to divide by.
    low, high
        Interval of F1 (Wilson on hits over what either gave), relations taken as independent.
    """

    hits: int
    n_reference: int
    n_other: int
    precision: float | None
    recall: float | None
    f1: float | None
    low: float | None
    high: float | None


Ints = NDArray[np.int64]
Documents = Sequence[Sequence[Relation]]


def relation_f1(
    reference: Documents, other: Documents, *, least_overlap: float | None = None, confidence: float = 0.95
) -> RelationF1:
    """Return F1 of the relations of two annotators, listed document by document.

    A relation is found if the other has one of the same label between the same arguments: same label, start and end.
    With *least_overlap* arguments are first matched one to one as spans are: same label, and intersection over union of
    at least that much, in the best assignment; then relations between matched arguments are compared. Relations that
    one annotator gave twice count once.

    Examples
    --------
    >>> ana, acme, acme_ = Argument("PER", 0, 3), Argument("ORG", 10, 14), Argument("ORG", 10, 20)
    >>> first, second = [[Relation("works", ana, acme)]], [[Relation("works", ana, acme_)]]
    >>> relation_f1(first, second).f1, relation_f1(first, second, least_overlap=0.4).f1
    (0.0, 1.0)
    """
    hits, known, given = relation_counts(reference, other, least_overlap=least_overlap).sum(axis=0).tolist()
    return _scored(hits, known, given, confidence)


def relation_counts(reference: Documents, other: Documents, *, least_overlap: float | None = None) -> Ints:
    """Return (D, 3) by document the relations in common, those of the reference, and those of the other."""
    rows = []
    for mine, theirs in zip(reference, other, strict=True):
        known, given = set(mine), set(theirs)
        if least_overlap is not None:
            same = _matched(_arguments(given), _arguments(known), least_overlap)
            given = {
                replace(one, head=same.get(one.head, one.head), tail=same.get(one.tail, one.tail)) for one in given
            }
        rows.append((len(known & given), len(known), len(given)))
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _arguments(relations: set[Relation]) -> list[Argument]:
    """Return the arguments of *relations*, each once, in the order of the text."""
    found = {argument for one in relations for argument in (one.head, one.tail)}
    return sorted(found, key=lambda argument: (argument.start, argument.end, argument.label))


def _matched(given: list[Argument], known: list[Argument], least: float) -> dict[Argument, Argument]:
    """Return for each argument *given* the one *known* that it is matched with; equal ones are matched first."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - slow to load, for relations only

    if not given or not known:
        return {}
    (starts, ends), (from_, to) = (
        np.array([(argument.start, argument.end) for argument in side], dtype=np.float64).T for side in (given, known)
    )
    inside = np.minimum(ends[:, None], to) - np.maximum(starts[:, None], from_)
    either = np.maximum(ends[:, None], to) - np.minimum(starts[:, None], from_)
    overlap = np.where(inside > 0, inside / np.maximum(either, 1), 0.0)
    labels = np.array([[one.label == other.label for other in known] for one in given])
    allowed = labels & (overlap >= least) & (overlap > 0)
    worth = np.where(allowed, overlap + np.where(overlap == 1, len(given) + len(known), 0), 0.0)
    rows, columns = linear_sum_assignment(-worth)
    return {given[row]: known[column] for row, column in zip(rows, columns, strict=True) if allowed[row, column]}


def _scored(hits: int, n_reference: int, n_other: int, confidence: float) -> RelationF1:
    """Return the score of counts."""
    precision = hits / n_other if n_other else None
    recall = hits / n_reference if n_reference else None
    if not n_reference + n_other:
        return RelationF1(hits, 0, 0, None, None, None, None, None)
    low, high = wilson_f1(np.array([hits]), np.array([n_reference + n_other - hits]), confidence)
    f1 = 2 * hits / (n_reference + n_other)
    return RelationF1(hits, n_reference, n_other, precision, recall, f1, float(low[0]), float(high[0]))
