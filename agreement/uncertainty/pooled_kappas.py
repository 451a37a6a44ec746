"""Kappas of all annotators together that depend on who gave which label: means over pairs, and Conger's.

Taking out a unit changes the tables of all pairs that share it at once, so that correlated pairs are respected.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from agreement.counts import CACHED, Ints, chunks
from agreement.crowds import Block, DenseBlock
from agreement.intervals import cell_values, moved, smoothed
from agreement.measures.conger_kappa import finish as conger_parts
from agreement.scores import Measure, Reason, Scores, scored
from agreement.uncertainty.pooling import Patterns, informative, informative_units, shown, with_limits
from agreement.units import Units

Floats = NDArray[np.float64]


ROUNDING = 1e-12  # what sums of shares may miss 1 by; a single other label among billions is more
BOTH = 2.0**32  # holds two whole numbers in one: a sum of pairs, and times this a second one


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of the kappas of the pairs: which kappa, and whether pairs weigh as much as the units they share."""

    measure: Measure
    weighted: bool = True


@dataclass(slots=True)
class _Sums:
    """What is added up over the pairs for one mean.

    Parameters
    ----------
    total, shared
        Weight of the pairs that have a kappa, and units of all pairs.
    value, observed, expected, centre
        Weighted sums of the pairs' values, and of their values with the pseudo-unit.
    spread
        Weighted sum of the squared changes by the pseudo-unit.
    change, pairs
        (U,) by how much the sum of the pairs changes without a unit; how many pairs with a kappa share the unit, and
        times ``BOTH`` in how many of them it is a disagreement.
    """

    total: float
    shared: int
    value: float
    observed: float
    expected: float
    centre: float
    spread: float
    change: Floats
    pairs: Floats


def mean_kappas(
    means: Sequence[Mean],
    units: Units,
    blocks: Callable[[], Iterator[Block | DenseBlock]],
    cluster: Ints | None,
    confidence: float = 0.95,
    *,
    times: Floats | None = None,
) -> list[Scores]:
    """Return the *means* of kappas over the pairs of *blocks*, with their intervals.

    Taking out a unit changes the kappa of every pair that shares it. For documents these changes are summed inside the
    document, which is exact to first order. One pseudo-unit is shared out among the pairs as their weights are, so that
    with a single pair the interval is that pair's own. Where *units* are a sample, *times* (U,) says how many units of
    the data each stands for; the tables of the *blocks* hold all of them, so that only the interval is estimated.
    """
    counted = units.weight.astype(np.float64) if times is None else times
    kappas = {mean.measure.name: mean.measure for mean in means}
    scored_blocks = [{name: measure.compute(block.counts) for name, measure in kappas.items()} for block in blocks()]
    looked_at = {name: _if_all_count(units, [scores[name] for scores in scored_blocks]) for name in kappas}
    not_all = [name for name, pairs in looked_at.items() if pairs is None]
    pairs_of = {name: np.zeros(units.n_units) if pairs is None else pairs for name, pairs in looked_at.items()}
    found = [
        _Sums(0.0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, np.zeros(units.n_units), pairs_of[mean.measure.name]) for mean in means
    ]
    for scores in scored_blocks:
        for mean, sums in zip(means, found, strict=True):
            pairs = scores[mean.measure.name]
            sums.total += float(_share(pairs, mean).sum())
            sums.shared += int(pairs.n.sum())
    for block, scores in zip(blocks(), scored_blocks, strict=True):
        whole_pseudo = smoothed(block.counts)[1]
        values: dict[str, Floats] = {}
        changes = []
        for mean, sums in zip(means, found, strict=True):
            name = mean.measure.name
            change, values[name] = _block_values(block.counts, whole_pseudo, scores[name], mean, sums)
            changes.append(change)
        block.add_per_unit(
            [*changes, *(values[name] for name in not_all)],
            [*(sums.change for sums in found), *(pairs_of[name] for name in not_all)],
        )
    meetings = {name: _meetings(units, pairs, counted) for name, pairs in pairs_of.items()}
    return [
        _mean_scores(mean, sums, cluster, meetings[mean.measure.name], confidence, sampled=times is not None)
        for mean, sums in zip(means, found, strict=True)
    ]


def _if_all_count(units: Units, scores: list[Scores]) -> Floats | None:
    """Return (U,) ``_Sums.pairs`` where the *scores* are of all pairs that share a unit, and all have a value.

    Then it is a matter of how many labels a unit has. None if it has to be counted pair by pair.
    """
    found = shown(units)
    if found is None or not all((pairs.reason[pairs.n > 0] == Reason.DEFINED).all() for pairs in scores):
        return None
    r = found.counts.sum(axis=1)
    of_unit = r * (r - 1) // 2
    if int(of_unit[found.number] @ units.weight) != sum(int(pairs.n.sum()) for pairs in scores):
        return None
    alike = (found.counts * (found.counts - 1)).sum(axis=1) // 2
    pairs_and_differing: Floats = of_unit + BOTH * (of_unit - alike)
    return pairs_and_differing[found.number]


def _share(pairs: Scores, mean: Mean) -> Floats:
    """Return (P,) the weight of each pair, 0 without a kappa."""
    return np.where(pairs.reason == Reason.DEFINED, pairs.n if mean.weighted else 1, 0).astype(np.float64)


def _block_values(counts: Ints, whole_pseudo: Floats, pairs: Scores, mean: Mean, sums: _Sums) -> tuple[Floats, Floats]:
    """Add the pairs of *counts* (P, K, K) to *sums*; return what units of each cell add to ``change`` and ``pairs``.

    *whole_pseudo* (P, K, K) is a pseudo-unit for each pair, of which each gets its share.
    """
    k = counts.shape[-1]
    share = _share(pairs, mean)
    defined = share > 0
    fewer = np.maximum(share - (1 if mean.weighted else 0), 0)
    centre, spread, change = np.zeros(len(counts)), np.zeros(len(counts)), np.empty(counts.shape)
    for part in chunks(len(counts), k * k, CACHED):
        pseudo = whole_pseudo[part] * (share[part] / max(sums.total, 1))[:, None, None]
        without, whole = cell_values(mean.measure, counts[part] + pseudo)
        centre[part] = np.where(defined[part], whole, 0.0)
        whole = centre[part, None, None]
        usable = np.isfinite(without) & defined[part, None, None]
        if not usable.all():
            without = np.where(usable, without, whole)
        np.multiply(fewer[part, None, None], without, out=change[part])
        change[part] -= share[part, None, None] * whole
        without -= whole
        spread[part] = np.einsum("pij,pij,pij->p", pseudo, without, without)
    sums.value += float(share @ np.nan_to_num(pairs.value))
    sums.observed += float(share @ np.nan_to_num(np.asarray(pairs.observed)))
    sums.expected += float(share @ np.nan_to_num(np.asarray(pairs.expected)))
    sums.centre += float(share @ centre)
    sums.spread += float(share**2 @ spread)
    compared = defined if sums.total else pairs.n > 0  # without any kappa, n says what was looked at
    return change, compared[:, None, None] * (1 + BOTH * (1 - np.eye(k)))


def _of_documents(
    change: Floats, cluster: Ints, compared: NDArray[np.bool_], counted: Floats, *, sampled: bool
) -> tuple[float, int]:
    """Return the variance of the sum of *change* (U,) over documents, and their number.

    Whole documents are drawn: one in a sample stands for as many as its units do, each with the same change.
    """
    documents = len(np.unique(cluster[compared]))
    if not sampled:
        return float((np.bincount(cluster, counted * change) ** 2).sum()), documents
    stands_for = float(counted[compared].mean())
    return stands_for * float((np.bincount(cluster, change) ** 2).sum()), round(stands_for * documents)


@dataclass(frozen=True, slots=True)
class _Meetings:
    """On which units the pairs of a mean meet.

    Parameters
    ----------
    counted
        (U,) how many units of the data each stands for.
    pairs
        (U,) how many pairs with a kappa share the unit.
    compared
        (U,) whether any does.
    units, disagreeing, informative
        How many units of the data these are, those on which some disagree, and those outside the largest group of
        unanimous ones.
    """

    counted: Floats
    pairs: Floats
    compared: NDArray[np.bool_]
    units: int
    disagreeing: int
    informative: int


def _meetings(units: Units, pairs_and_differing: Floats, counted: Floats) -> _Meetings:
    """Return the meetings from what ``_Sums.pairs`` holds."""
    differing = np.floor(pairs_and_differing / BOTH)
    pairs = pairs_and_differing - differing * BOTH
    compared = pairs > 0
    n = round(float(counted[compared].sum()))
    outside = informative_units(units, compared)
    return _Meetings(
        counted, pairs, compared, n, round(float(counted[compared & (differing > 0)].sum())),
        round(outside * n / max(int(units.weight[compared].sum()), 1)),
    )  # fmt: skip


def _mean_scores(
    mean: Mean, sums: _Sums, cluster: Ints | None, met: _Meetings, confidence: float, *, sampled: bool
) -> Scores:
    """Return the value, standard error and limits of one mean."""
    total, counted = sums.total, met.counted
    if not total:
        reason = Reason.ONE_LABEL if sums.shared else Reason.NO_SHARED_ITEMS
        return scored(np.asarray(np.nan), np.asarray(met.units), [(np.asarray(1, bool), reason)])
    scores = scored(
        np.asarray(sums.value / total), np.asarray(met.units), [],
        observed=np.asarray(sums.observed / total), expected=np.asarray(sums.expected / total),
        n_informative=np.asarray(met.informative),
    )  # fmt: skip
    centre = sums.centre / total
    remaining = total - met.pairs if mean.weighted else np.array([total])
    change = (sums.centre + sums.change) / np.where(remaining > 0, remaining, 1)
    change -= centre
    if not (remaining > 0).all():
        change = np.where(remaining > 0, change, 0.0)
    if cluster is None:
        variance, size = float(counted @ change**2), met.units
    else:
        variance, size = _of_documents(change, cluster, met.compared, counted, sampled=sampled)
        scores = replace(scores, clusters=np.asarray(size))
    se = np.asarray(np.sqrt(size / (size + 1) * (variance + sums.spread / total**2)))
    return with_limits(scores, np.asarray(centre), se, size, (-1.0, 1.0), confidence, disagreeing=met.disagreeing)


@dataclass(frozen=True, slots=True)
class Whole:
    """What units are a sample of.

    Parameters
    ----------
    patterns
        The item x label counts of all units.
    totals
        (A, K) how often each annotator gave each label.
    times
        (U,) how many units of the data each unit of the sample stands for.
    """

    patterns: Patterns
    totals: Ints
    times: Floats


def conger_scores(
    units: Units, cluster: Ints | None, confidence: float = 0.95, *, whole: Whole | None = None
) -> Scores:
    """Return Conger's kappa of the *units* with its interval; where they are a sample, only that is estimated."""
    weight = units.weight.astype(np.float64)
    two, agreement = _agreement_by_unit(units)
    if whole is None:
        outside, of_all, weight_of_all = informative_units(units, two), (two, agreement), weight
        totals = _given(units)
    else:
        outside, of_all = informative(whole.patterns), _agreement(whole.patterns.counts)
        weight, weight_of_all = whole.times, whole.patterns.weight.astype(np.float64)
        totals = whole.totals.astype(np.float64)
    n, agreed = round(float(weight_of_all[of_all[0]].sum())), float(weight_of_all @ of_all[1])
    observed = np.asarray(agreed / n if n else np.nan)
    value, _, expected = conger_parts(observed, totals)
    chance = np.asarray(expected)
    scores = scored(
        value, np.asarray(n),
        [(np.asarray(n == 0), Reason.NO_SHARED_ITEMS), (~np.isfinite(value), Reason.ONE_LABEL)],
        observed=observed, expected=chance,
        n_informative=np.asarray(outside),
    )  # fmt: skip
    if n < 2 or not np.isfinite(value):
        return scores
    a_e = float(chance)
    a_o = (agreed + (1 + a_e) / 2) / (n + 1)
    centre = (a_o - a_e) / (1 - a_e)
    without_e = _conger_chance_without(units, totals)
    without_o = ((n + 1) * a_o - agreement) / np.where(two, n, n + 1)
    without_o = np.where(two, without_o, a_o)
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = np.where(1 - without_e > ROUNDING, 1 - without_e, 0.0)  # one label remains: there is no value
        change = moved((without_o - without_e) / beyond, np.asarray(centre), (-1.0, 1.0))
    hits = ((n + 1) * a_o - np.array([1.0, 0.0])) / n
    pseudo = np.array([1 + a_e, 1 - a_e]) / 2 @ ((hits - a_e) / (1 - a_e) - centre) ** 2
    if cluster is None:
        variance, size = float(weight @ change**2), n
    else:
        variance, size = _of_documents(change, cluster, two, weight, sampled=whole is not None)
        scores = replace(scores, clusters=np.asarray(size))
    se = np.asarray(np.sqrt(size / (size + 1) * (variance + pseudo)))
    disagreeing = round(float(weight_of_all[of_all[0] & (of_all[1] < 1)].sum()))
    return with_limits(scores, np.asarray(centre), se, size, (-1.0, 1.0), confidence, disagreeing=disagreeing)


def _agreement_by_unit(units: Units) -> tuple[NDArray[np.bool_], Floats]:
    """Return (U,) what :func:`_agreement` gives for the *units*."""
    found = shown(units)
    if found is not None:
        two, agreement = _agreement(found.counts)
        return two[found.number], agreement[found.number]
    two, agreement = np.zeros(units.n_units, dtype=np.bool_), np.zeros(units.n_units)
    for part, counts in units.item_counts_in_parts():
        two[part], agreement[part] = _agreement(counts)
    return two, agreement


def _agreement(counts: Ints) -> tuple[NDArray[np.bool_], Floats]:
    """Return which units have two labels, and (U,) the share of their pairs of labels that agree, else 0."""
    given = counts.astype(np.float64)
    r = given.sum(axis=1)
    two = r >= 2
    return two, np.where(two, (np.einsum("uk,uk->u", given, given) - r) / np.maximum(r * (r - 1), 1), 0.0)


def _given(units: Units) -> Floats:
    """Return (A, K) how often each annotator gave each label."""
    a, k = len(units.annotators), len(units.labels)
    weight = None if (units.weight == 1).all() else units.weight.astype(np.float64)
    total = np.zeros(a * k)
    for rows, _ in units.stretches():
        cell = units.annotator[rows] * k + units.label[rows]
        total += np.bincount(cell, None if weight is None else weight[units.unit[rows]], minlength=len(total))
    return total.reshape(a, k)


def _conger_chance_without(units: Units, totals: Floats) -> Floats:
    """Return (U,) the expected agreement without each unit: each of its annotators loses one label."""
    given = totals.sum(axis=1)
    active = given > 0
    shares = totals / np.where(active, given, 1)[:, None]
    summed, squares = shares.sum(axis=0), (shares**2).sum(axis=1)
    less = given - 1
    scale_of = np.where(less > 0, 1 / np.maximum(less, 1), 0.0)
    chance = np.empty(units.n_units)
    k = totals.shape[1]
    for rows, part in units.stretches(max(k // 4, 1)):
        unit, annotator, label = units.unit[rows] - part.start, units.annotator[rows], units.label[rows]
        size = part.stop - part.start
        scale, square, own = scale_of[annotator], squares[annotator], shares[annotator, label]
        own_change = 2 * (square - own) * scale
        own_change += (square - 2 * own + 1) * scale**2
        within = squares.sum() + np.bincount(unit, own_change, minlength=size)
        starts = np.searchsorted(unit, np.arange(size + 1))
        lost = csr_array((scale, annotator, starts), shape=(size, len(totals))) @ shares
        lost -= np.bincount(unit * k + label, scale, minlength=size * k).reshape(size, k)
        lost += summed
        chance[part] = np.einsum("uk,uk->u", lost, lost) - within
    number = int(active.sum())
    return chance / (number * (number - 1))
