"""All annotators together: coefficients from item x label counts and means over pairs, with their jackknife.

What is taken out at a time is a unit, or a document where there are enough of them: the pairs of one unit go together,
so the interval respects that they are correlated.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import in_order, starts_of_runs, stretches
from agreement.counts import Ints, chunks
from agreement.intervals import moved, transformed
from agreement.scores import Parts, Reason, Scores, UnitSums
from agreement.uncertainty.edges import nearly_unanimous
from agreement.units import CACHED, Units

Floats = NDArray[np.float64]
MIN_CLUSTERS = 10
PSEUDO_LABELS = 64


def documents(units: Units) -> Ints | None:
    """Return (U,) the document of each unit, each unit without one being its own; None below ten documents.

    Fewer documents say too little about how much documents differ; then units count as independent.
    """
    if len(np.unique(units.cluster[units.cluster >= 0])) < MIN_CLUSTERS:
        return None
    own = len(units.clusters) + np.arange(units.n_units)
    _, code = np.unique(np.where(units.cluster >= 0, units.cluster, own), return_inverse=True)
    return code.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Patterns:
    """Distinct rows of item x label counts, with how many units show each: all a pooled coefficient can depend on.

    Letters: U patterns, K labels.

    Parameters
    ----------
    counts
        (U, K) labels given by label.
    weight
        (U,) units that show the pattern.
    cluster
        (U,) the document these units come from; None if units count as independent.
    """

    counts: Ints
    weight: Ints
    cluster: Ints | None = None

    def collapse(self) -> "Iterator[Patterns]":
        """Yield the patterns of each label against the rest, the label first."""
        size = self.counts.sum(axis=1)
        for one in np.ascontiguousarray(self.counts.T):
            yield patterns_of(np.column_stack([one, size - one]), self.weight, self.cluster)


def patterns(units: Units, cluster: Ints | None = None) -> Patterns:
    """Return the patterns of the *units*, those of each document apart if *cluster* (U,) is given.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> found = patterns(units_from_matrix([["a", "b"], ["b", "a"], ["a", "a"]]))
    >>> found.counts.tolist(), found.weight.tolist()
    ([[1, 1], [2, 0]], [2, 1])
    """
    found = shown(units, cluster)
    if found is None:
        return patterns_of(units.item_counts(), units.weight, cluster)
    total = np.bincount(found.number, units.weight, minlength=len(found.counts)).astype(np.int64)
    return Patterns(found.counts, total, found.cluster)


@dataclass(frozen=True, slots=True)
class Shown:
    """The distinct item x label counts of units, and which of them each unit shows.

    Letters: P patterns, K labels, U units.

    Parameters
    ----------
    counts
        (P, K) labels given by label, in lexicographic order, after that of clusters.
    number
        (U,) the pattern of each unit.
    cluster
        (P,) the document of these units; None if units count as independent.
    """

    counts: Ints
    number: Ints
    cluster: Ints | None

    def of_labels(self, unit: Ints, label: Ints, values: Floats) -> Floats:
        """Return (N,) for the *label* (N,) of each *unit* (N,) the value (P, K) that it has in the unit's pattern."""
        found, k, flat = np.empty(len(unit)), values.shape[1], values.ravel()
        for start in range(0, len(found), CACHED):
            rows = slice(start, start + CACHED)
            cell = self.number[unit[rows]]
            cell *= k
            cell += label[rows]
            np.take(flat, cell, out=found[rows])
        return found


def label_cells(units: Units) -> tuple[Ints, Ints, Ints] | None:
    """Return unit, label and count of every label that a unit was given, sorted; None if :func:`shown` is None.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> [part.tolist() for part in label_cells(units_from_matrix([["a", "b"], ["a", "a"]]))]
    [[0, 0, 1], [0, 1, 0], [1, 1, 2]]
    """
    found = shown(units)
    return None if found is None else units.once("label cells", lambda: cells_of(found))


def cells_of(found: Shown) -> tuple[Ints, Ints, Ints]:
    """Return unit, label and count of every label that a unit shows, sorted."""
    pattern, label = np.nonzero(found.counts)
    ends = np.cumsum(np.bincount(pattern, minlength=len(found.counts)))
    starts = np.append(0, ends[:-1])
    unit, cell = stretches(starts[found.number], ends[found.number])
    return unit, label[cell], found.counts[pattern, label][cell]


def shown(units: Units, cluster: Ints | None = None) -> Shown | None:
    """Return the patterns of the *units*, those of each *cluster* (U,) apart; None if no number could hold a pattern.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> found = shown(units_from_matrix([["a", "b"], ["a", "a"], ["b", "a"]]))
    >>> found.counts.tolist(), found.number.tolist()
    ([[1, 1], [2, 0]], [0, 1, 0])
    """
    if cluster is None:
        return units.once("shown", lambda: _shown(units, None))
    return _shown(units, cluster)


def _shown(units: Units, cluster: Ints | None) -> Shown | None:
    """Return what :func:`shown` does."""
    k = len(units.labels)
    base = int(np.bincount(units.unit, minlength=1).max(initial=0)) + 1
    groups = 1 if cluster is None else int(cluster.max(initial=0)) + 1
    if k * np.log2(max(base, 2)) + np.log2(groups) >= 62 or not units.n_units:
        return None
    places = base ** np.arange(k)[::-1]
    key = np.empty(units.n_units, dtype=np.int64)
    for part, counts in units.item_counts_in_parts():
        np.matmul(counts, places, out=key[part])
    if cluster is not None:
        key += cluster * base**k
    order, key = in_order(key)
    begins = starts_of_runs(key)
    number = np.empty(len(key), dtype=np.int64)
    number[order] = np.cumsum(begins) - 1
    distinct = key[begins]
    of_cluster = None if cluster is None else distinct // base**k
    return Shown(distinct[:, None] // places % base, number, of_cluster)


def patterns_of(counts: Ints, weight: Ints, cluster: Ints | None = None) -> Patterns:
    """Return the distinct rows of *counts* (U, K) with summed *weight* (U,), apart for each *cluster* (U,)."""
    base, k = int(counts.max(initial=0)) + 1, counts.shape[1]
    groups = 1 if cluster is None else int(cluster.max(initial=0)) + 1
    if k * np.log2(max(base, 2)) + np.log2(groups) < 62:
        key = counts @ base ** np.arange(k)[::-1]
        if cluster is not None:
            key += cluster * base**k
        order, key = in_order(key)
        begins = np.flatnonzero(starts_of_runs(key))
    else:
        rows = counts if cluster is None else np.column_stack([cluster, counts])
        order = np.lexsort(rows.T[::-1])
        rows = rows[order]
        begins = np.flatnonzero(np.r_[True, (rows[1:] != rows[:-1]).any(axis=1)][: len(rows)])
    first = order[begins]
    total = np.add.reduceat(weight[order], begins) if len(begins) else weight[:0]
    return Patterns(counts[first], total, None if cluster is None else cluster[first])


def unit_scores(
    sums: UnitSums, found: Patterns, bounds: tuple[float, float] = (-1.0, 1.0), confidence: float = 0.95
) -> Scores:
    """Return the score of all annotators together with its interval; shape () or, for values by label, (K,)."""
    counts = found.counts.astype(np.float64)
    terms = sums.terms(counts) if sums.without is None else None
    scores = sums.score(found.counts, found.weight, terms)
    r = counts.sum(axis=1)
    two = r >= 2
    n = int(found.weight[two].sum())
    agreeing = two & (counts.max(axis=1, initial=0) == r)
    scores = replace(scores, n_informative=np.broadcast_to(informative(found), scores.value.shape))
    if n < 2:
        return scores
    extra, extra_weight = _pseudo_patterns(counts[two], found.weight[two].astype(np.float64))
    design = Jackknife(found.weight, found.cluster, two, bounds, confidence)
    disagreeing = n - int(found.weight[agreeing].sum())
    if terms is None:
        return _jackknifed_by_formula(scores, sums, counts, design, (extra, extra_weight), disagreeing)
    return jackknifed(
        scores, sums.finish, terms, design, (sums.terms(extra), extra_weight), disagreeing=disagreeing
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Jackknife:
    """What is taken out at a time, and how the result becomes an interval.

    Parameters
    ----------
    weight
        (U,) units behind each row.
    cluster
        (U,) their documents; None if units count as independent.
    compared
        (U,) whether the unit can be compared at all.
    bounds, confidence
        The range of the measure, and the level of the interval.
    """

    weight: Ints
    cluster: Ints | None
    compared: NDArray[np.bool_]
    bounds: tuple[float, float] = (-1.0, 1.0)
    confidence: float = 0.95


def jackknifed(
    scores: Scores,
    finish: Callable[[Floats], Parts],
    terms: Floats,
    design: Jackknife,
    pseudo: tuple[Floats, Floats] | None = None,
    *,
    disagreeing: int | None = None,
) -> Scores:
    """Return *scores*, which are *finish* of the summed *terms* (U, M), with standard error and interval.

    *pseudo* are the terms (V, M) and weights (V,) of one pseudo-unit; *disagreeing* units not all of whose labels are
    equal, where that means something. It serves any statistic that is a function of
    sums over units, such as an intraclass correlation.
    """
    size = int(design.weight[design.compared].sum())
    removed, times = terms[design.compared], design.weight[design.compared].astype(np.float64)
    total = design.weight @ terms
    if design.cluster is not None:
        removed = by_group(design.cluster, terms * design.weight[:, None])
        times = np.ones(len(removed))
        size = len(np.unique(design.cluster[design.compared]))
        scores = replace(scores, clusters=np.full(scores.value.shape, size))
    parts = [(removed, times)]
    if pseudo is not None:
        parts.append(pseudo)
        total = total + pseudo[1] @ pseudo[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.asarray(finish(total)[0])
        variance = np.zeros(scores.value.shape)
        for part, weight in parts:
            for chunk in chunks(len(part), 4 * part.shape[1]):
                spread = moved(np.asarray(finish(total - part[chunk])[0]), centre, design.bounds) ** 2
                variance = variance + np.tensordot(weight[chunk], spread, axes=(0, 0))
    scale = size / (size + 1) if pseudo is not None else (size - 1) / max(size, 1)
    se = np.sqrt(scale * variance)
    return with_limits(scores, centre, se, size, design.bounds, design.confidence, disagreeing=disagreeing)


def _jackknifed_by_formula(
    scores: Scores, sums: UnitSums, counts: Floats, design: Jackknife, pseudo: tuple[Floats, Floats], disagreeing: int
) -> Scores:
    """Return what :func:`jackknifed` does of *counts* (U, K) and *pseudo* ones (V, K), without terms of each unit."""
    if sums.total is None or sums.without is None:
        raise ValueError("there is no formula for values without units")
    weight, some = design.weight.astype(np.float64), design.compared
    total = sums.total(counts, weight) + sums.total(*pseudo)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.asarray(sums.finish(total)[0])
        if design.cluster is None:
            size = int(design.weight[some].sum())
            variance = _spread(sums.without, total, counts[some], weight[some], centre, design.bounds)
        else:
            documents, group = np.unique(design.cluster[some], return_inverse=True)
            size = len(documents)
            scores = replace(scores, clusters=np.full(scores.value.shape, size))
            without = sums.without(total, counts[some], weight[some], group)
            variance = float((moved(without, centre, design.bounds) ** 2).sum())
        variance += _spread(sums.without, total, *pseudo, centre, design.bounds)
    se = np.asarray(np.sqrt(size / (size + 1) * variance))
    return with_limits(scores, centre, se, size, design.bounds, design.confidence, disagreeing=disagreeing)


def _spread(
    without: Callable[[Floats, Floats, Floats, Ints], Floats],
    total: Floats,
    counts: Floats,
    weight: Floats,
    centre: Floats,
    bounds: tuple[float, float],
) -> float:
    """Return the sum of squared changes by one unit of each of the *counts* (U, K), *weight* (U,) times each."""
    spread = 0.0
    for chunk in chunks(len(counts), 4 * counts.shape[1]):
        rows = counts[chunk]
        change = moved(without(total, rows, np.ones(len(rows)), np.arange(len(rows))), centre, bounds)
        spread += float(weight[chunk] @ change**2)
    return spread


def with_limits(
    scores: Scores,
    centre: Floats,
    se: Floats,
    size: int,
    bounds: tuple[float, float],
    confidence: float,
    *,
    disagreeing: int | None,
) -> Scores:
    """Return the scores with standard error and limits."""
    low, high = transformed(scores.value, centre, se, np.asarray(size - 1.0), bounds, confidence)
    if disagreeing is not None:
        low, high = nearly_unanimous(low, high, scores, np.asarray(disagreeing), bounds, confidence)
    defined = (scores.reason == Reason.DEFINED) & (size >= 2)
    return replace(
        scores,
        se=np.where(defined, se, np.nan),
        low=np.where(defined, low, np.nan),
        high=np.where(defined, high, np.nan),
    )


def _pseudo_patterns(counts: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the patterns of one pseudo-unit with two labels, and their weights, which sum to 1.

    Half of it is two equal labels in proportion to the label shares, half two labels drawn independently; both from the
    ``PSEUDO_LABELS`` most frequent labels, for there are as many patterns as pairs of labels.
    """
    k = counts.shape[1]
    shares = weight @ (counts / counts.sum(axis=1, keepdims=True)) / weight.sum()
    used = np.sort(np.argsort(-shares, kind="stable")[: min(PSEUDO_LABELS, int((shares > 0).sum()))])
    shares = shares / shares[used].sum()
    first, second = (used[index] for index in np.triu_indices(len(used)))
    pattern = np.zeros((len(first), k))
    np.add.at(pattern, (np.arange(len(first)), first), 1)
    np.add.at(pattern, (np.arange(len(first)), second), 1)
    same = first == second
    product = shares[first] * shares[second]
    return pattern, np.where(same, product / 2 + shares[first] / 2, product)


def by_group(group: Ints, terms: Floats) -> Floats:
    """Return the sums of *terms* (U, M) by *group* (U,), groups in order."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0])
    return np.add.reduceat(terms[order], starts, axis=0)


def informative_units(units: Units, compared: NDArray[np.bool_]) -> int:
    """Return the units *compared* (U,) outside the largest group of unanimous ones, from the labels themselves.

    Examples
    --------
    >>> import numpy as np
    >>> from agreement.units import units_from_matrix
    >>> units = units_from_matrix([["a", "a"], ["a", "a"], ["a", "b"], ["b", "b"]])
    >>> informative_units(units, np.ones(4, dtype=bool))  # all but the two a a
    2
    """
    weight = units.weight if compared.all() else np.where(compared, units.weight, 0)
    found = shown(units)
    if found is not None:
        times = np.bincount(found.number, weight, minlength=len(found.counts))
        unanimous = np.count_nonzero(found.counts, axis=1) == 1
        label, times_of_each = found.counts[unanimous].argmax(axis=1), times[unanimous]
    else:
        label = np.full(units.n_units, -1)
        differs = np.zeros(units.n_units, dtype=bool)
        for rows, _ in units.stretches():
            unit, given = units.unit[rows], units.label[rows]
            label[unit] = given
            differs[unit[given != label[unit]]] = True
        unanimous = compared & ~differs
        label, times_of_each = label[unanimous], weight[unanimous]
    largest = np.bincount(label, times_of_each, minlength=1).max(initial=0)
    return int(weight.sum() - largest)


def informative(found: Patterns) -> int:
    """Return the units with two or more labels outside the largest group of unanimous ones."""
    if not found.counts.shape[1]:  # a layer in which nobody submitted a label
        return 0
    r = found.counts.sum(axis=1)
    two = r >= 2
    unanimous = two & (found.counts.max(axis=1, initial=0) == r)
    label = found.counts.argmax(axis=1)
    largest = np.bincount(label[unanimous], found.weight[unanimous], minlength=1).max(initial=0)
    return int(found.weight[two].sum() - largest)
