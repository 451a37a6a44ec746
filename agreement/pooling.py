"""All annotators together: coefficients from item x label counts and means over pairs, with their jackknife.

What is taken out at a time is a unit, or a document where there are enough of them: the pairs of one unit go together,
so the interval respects that they are correlated.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agreement.counts import Contingency, Ints, chunks, codes_by_annotator, joint_codes
from agreement.intervals import cell_values, smoothed, transformed, zero_limit
from agreement.measures.conger_kappa import finish as conger_parts
from agreement.scores import Measure, Parts, Reason, Scores, UnitSums, scored
from agreement.units import Units

Floats = NDArray[np.float64]
MIN_CLUSTERS = 10


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

    def collapse(self, label: int) -> "Patterns":
        """Return the patterns of one label against the rest, the label first."""
        one = self.counts[:, label]
        return patterns_of(np.column_stack([one, self.counts.sum(axis=1) - one]), self.weight, self.cluster)


def patterns(units: Units, cluster: Ints | None = None) -> Patterns:
    """Return the patterns of the *units*, those of each document apart if *cluster* (U,) is given.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> found = patterns(units_from_matrix([["a", "b"], ["b", "a"], ["a", "a"]]))
    >>> found.counts.tolist(), found.weight.tolist()
    ([[1, 1], [2, 0]], [2, 1])
    """
    return patterns_of(units.item_counts(), units.weight, cluster)


def patterns_of(counts: Ints, weight: Ints, cluster: Ints | None = None) -> Patterns:
    """Return the distinct rows of *counts* (U, K) with summed *weight* (U,), apart for each *cluster* (U,)."""
    base = int(counts.max(initial=0)) + 1
    groups = 1 if cluster is None else int(cluster.max(initial=0)) + 1
    if counts.shape[1] * np.log2(max(base, 2)) + np.log2(groups) < 62:
        key = np.zeros(len(counts), np.int64) if cluster is None else cluster.copy()
        for column in counts.T:
            key = key * base + column
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    else:
        rows = counts if cluster is None else np.column_stack([cluster, counts])
        _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    total = np.bincount(inverse.ravel(), weight, minlength=len(first)).astype(np.int64)
    return Patterns(counts[first], total, None if cluster is None else cluster[first])


def unit_scores(
    sums: UnitSums, found: Patterns, bounds: tuple[float, float] = (-1.0, 1.0), confidence: float = 0.95
) -> Scores:
    """Return the score of all annotators together with its interval; shape () or, for values by label, (K,)."""
    scores = sums.score(found.counts, found.weight)
    counts = found.counts.astype(np.float64)
    r = counts.sum(axis=1)
    two = r >= 2
    n = int(found.weight[two].sum())
    agreeing = two & (counts.max(axis=1, initial=0) == r)
    scores = replace(scores, n_informative=np.broadcast_to(_informative(found), scores.value.shape))
    if n < 2:
        return scores
    extra, extra_weight = _pseudo_patterns(counts[two], found.weight[two].astype(np.float64))
    return jackknifed(
        scores,
        sums.finish,
        sums.terms(counts),
        Jackknife(found.weight, found.cluster, two, bounds, confidence),
        (sums.terms(extra), extra_weight),
        unanimous=bool(found.weight[agreeing].sum() == n),
    )


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
    unanimous: bool = False,
) -> Scores:
    """Return *scores*, which are *finish* of the summed *terms* (U, M), with standard error and interval.

    *pseudo* are the terms (V, M) and weights (V,) of one pseudo-unit. It serves any statistic that is a function of
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
                spread = np.nan_to_num(np.asarray(finish(total - part[chunk])[0]) - centre) ** 2
                variance = variance + np.tensordot(weight[chunk], spread, axes=(0, 0))
    scale = size / (size + 1) if pseudo is not None else (size - 1) / max(size, 1)
    se = np.sqrt(scale * variance)
    return _with_limits(scores, centre, se, size, design.bounds, design.confidence, unanimous=unanimous)


def mean_kappas(
    measure: Measure,
    units: Units,
    tables: Contingency,
    cluster: Ints | None,
    confidence: float = 0.95,
    *,
    weighted: bool = True,
) -> Scores:
    """Return the mean of a kappa over the pairs of *tables*, weighted by shared units or not, with its interval.

    Taking out a unit changes the kappa of every pair that shares it. For documents these changes are summed inside the
    document, which is exact to first order.
    """
    pairs = measure.compute(tables.counts)
    kept = np.flatnonzero(pairs.reason == Reason.DEFINED)
    counts, n = tables.counts[kept], pairs.n[kept].astype(np.float64)
    share = n if weighted else np.ones(len(kept))
    by_annotator, k = codes_by_annotator(units), len(units.labels)
    top, bottom = np.zeros(units.n_units), np.zeros(units.n_units)
    observed = expected = value = centre = pseudo_sd = 0.0
    compared, agreed = np.zeros(units.n_units, bool), np.ones(units.n_units, bool)
    for chunk in chunks(len(kept), max(units.n_units, (4 if measure.sums else k * k) * k * k)):
        full, pseudo = smoothed(counts[chunk])
        without, whole = cell_values(measure, full)
        without = np.where(np.isfinite(without), without, whole[:, None, None])
        change = (share[chunk] - (1 if weighted else 0))[:, None, None] * without - (share[chunk] * whole)[
            :, None, None
        ]
        joint = joint_codes(by_annotator, tables.pairs[kept[chunk]], k)
        both = _gather(np.ones_like(change), joint)
        top += _gather(change, joint).sum(axis=0)
        bottom += both.sum(axis=0)
        compared |= both.any(axis=0)
        agreed &= ~(_gather(np.broadcast_to(1 - np.eye(k), change.shape), joint).any(axis=0))
        centre += float(share[chunk] @ whole)
        value += float(share[chunk] @ pairs.value[kept[chunk]])
        observed += float(share[chunk] @ np.asarray(pairs.observed)[kept[chunk]])
        expected += float(share[chunk] @ np.asarray(pairs.expected)[kept[chunk]])
        effect = (pseudo * (without - whole[:, None, None]) ** 2).sum(axis=(1, 2))
        pseudo_sd += float(share[chunk] @ np.sqrt(effect))
    total = float(share.sum())
    shared = np.asarray(int(pairs.n.sum()))
    if not len(kept):
        reason = Reason.ONE_LABEL if shared else Reason.NO_SHARED_ITEMS
        return scored(np.asarray(np.nan), np.asarray(0), [(np.asarray(1, bool), reason)])
    units_compared = int(units.weight[compared].sum())
    scores = scored(
        np.asarray(value / total), np.asarray(units_compared), [],
        observed=np.asarray(observed / total), expected=np.asarray(expected / total),
        n_informative=np.asarray(_informative(patterns(units.where(compared)))),
    )  # fmt: skip
    mean = centre / total
    remaining = total - (bottom if weighted else 0.0)
    moved = np.where(remaining > 0, (centre + top) / np.where(remaining > 0, remaining, 1) - mean, 0.0)
    if cluster is None:
        variance, size = float(units.weight @ moved**2), units_compared
    else:
        variance = float((np.bincount(cluster, units.weight * moved) ** 2).sum())
        size = len(np.unique(cluster[compared]))
        scores = replace(scores, clusters=np.asarray(size))
    se = np.asarray(np.sqrt(size / (size + 1) * (variance + (pseudo_sd / total) ** 2)))
    unanimous = not bool((compared & ~agreed).any())
    return _with_limits(scores, np.asarray(mean), se, size, (-1.0, 1.0), confidence, unanimous=unanimous)


def conger_scores(units: Units, cluster: Ints | None, confidence: float = 0.95) -> Scores:
    """Return Conger's kappa of the *units* with its interval."""
    k, a = len(units.labels), len(units.annotators)
    weight = units.weight.astype(np.float64)
    counts = units.item_counts().astype(np.float64)
    r = counts.sum(axis=1)
    two = r >= 2
    agreement = np.where(two, ((counts**2).sum(axis=1) - r) / np.maximum(r * (r - 1), 1), 0.0)
    n = int(units.weight[two].sum())
    totals = (
        np.bincount(units.annotator * k + units.label, weight[units.unit], minlength=a * k)
        .astype(np.float64)
        .reshape(a, k)
    )
    observed = np.asarray(weight @ agreement / n if n else np.nan)
    value, _, expected = conger_parts(observed, totals)
    chance = np.asarray(expected)
    scores = scored(
        value, np.asarray(n),
        [(np.asarray(n == 0), Reason.NO_SHARED_ITEMS), (~np.isfinite(value), Reason.ONE_LABEL)],
        observed=observed, expected=chance, n_informative=np.asarray(_informative(patterns(units))),
    )  # fmt: skip
    if n < 2 or not np.isfinite(value):
        return scores
    a_e = float(chance)
    a_o = (float(weight @ agreement) + (1 + a_e) / 2) / (n + 1)
    centre = (a_o - a_e) / (1 - a_e)
    without_e = _conger_chance_without(units, totals)
    without_o = ((n + 1) * a_o - agreement) / np.where(two, n, n + 1)
    without_o = np.where(two, without_o, a_o)
    moved = np.nan_to_num((without_o - without_e) / (1 - without_e) - centre)
    hits = ((n + 1) * a_o - np.array([1.0, 0.0])) / n
    pseudo = np.array([1 + a_e, 1 - a_e]) / 2 @ ((hits - a_e) / (1 - a_e) - centre) ** 2
    if cluster is None:
        variance, size = weight @ moved**2, n
    else:
        variance = (np.bincount(cluster, weight * moved) ** 2).sum()
        size = len(np.unique(cluster[two]))
        scores = replace(scores, clusters=np.asarray(size))
    se = np.asarray(np.sqrt(size / (size + 1) * (variance + pseudo)))
    unanimous = bool((agreement[two] == 1).all())
    return _with_limits(scores, np.asarray(centre), se, size, (-1.0, 1.0), confidence, unanimous=unanimous)


def _conger_chance_without(units: Units, totals: Floats) -> Floats:
    """Return (U,) the expected agreement without each unit: each of its annotators loses one label."""
    given = totals.sum(axis=1)
    active = given > 0
    shares = totals / np.where(active, given, 1)[:, None]
    summed, squares = shares.sum(axis=0), (shares**2).sum(axis=1)
    less = given[units.annotator] - 1
    scale = np.where(less > 0, 1 / np.maximum(less, 1), 0.0)
    own = shares[units.annotator, units.label]
    own_change = 2 * (squares[units.annotator] - own) * scale
    own_change += (squares[units.annotator] - 2 * own + 1) * scale**2
    within = squares.sum() + np.bincount(units.unit, own_change, minlength=units.n_units)
    across = np.zeros(units.n_units)
    for label in range(totals.shape[1]):
        step = (shares[units.annotator, label] - (units.label == label)) * scale
        across += (summed[label] + np.bincount(units.unit, step, minlength=units.n_units)) ** 2
    number = int(active.sum())
    return np.asarray((across - within) / (number * (number - 1)))


def _with_limits(
    scores: Scores,
    centre: Floats,
    se: Floats,
    size: int,
    bounds: tuple[float, float],
    confidence: float,
    *,
    unanimous: bool,
) -> Scores:
    """Return the scores with standard error and limits; full agreement takes its lower limit from 0 in n."""
    low, high = transformed(scores.value, centre, se, np.asarray(size - 1.0), bounds, confidence)
    if unanimous:
        chance = 0.0 if scores.expected is None else scores.expected
        u = zero_limit(scores.n, confidence)
        certain = scores.value == 1
        low = np.where(certain, np.maximum(1 - u / (1 - chance), bounds[0]), low)
        high = np.where(certain, 1.0, high)
    defined = (scores.reason == Reason.DEFINED) & (size >= 2)
    return replace(
        scores,
        se=np.where(defined, se, np.nan),
        low=np.where(defined, low, np.nan),
        high=np.where(defined, high, np.nan),
    )


def _pseudo_patterns(counts: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the patterns of one pseudo-unit with two labels, and their weights, which sum to 1.

    Half of it is two equal labels in proportion to the label shares, half two labels drawn independently.
    """
    k = counts.shape[1]
    shares = (weight[:, None] * counts / counts.sum(axis=1, keepdims=True)).sum(axis=0) / weight.sum()
    used = np.flatnonzero(shares)
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


def _gather(values: Floats, joint: Ints) -> Floats:
    """Return (P, U) the value of each unit's cell from (P, K, K); 0 where a label is missing."""
    p, k = values.shape[0], values.shape[-1]
    padded = np.zeros((p, k + 1, k + 1))
    padded[:, :k, :k] = values
    return np.take_along_axis(padded.reshape(p, -1), joint, axis=1)


def _informative(found: Patterns) -> int:
    """Return the units with two or more labels outside the largest group of unanimous ones."""
    r = found.counts.sum(axis=1)
    two = r >= 2
    unanimous = two & (found.counts.max(axis=1, initial=0) == r)
    label = found.counts.argmax(axis=1)
    largest = np.bincount(label[unanimous], found.weight[unanimous], minlength=1).max(initial=0)
    return int(found.weight[two].sum() - largest)
