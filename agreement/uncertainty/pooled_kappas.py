"""Kappas of all annotators together that depend on who gave which label: means over pairs, and Conger's.

Taking out a unit changes the tables of all pairs that share it at once, so that correlated pairs are respected.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agreement.counts import CACHED, Ints, chunks
from agreement.crowds import Block, DenseBlock
from agreement.intervals import cell_values, smoothed
from agreement.measures.conger_kappa import finish as conger_parts
from agreement.scores import Measure, Reason, Scores, scored
from agreement.uncertainty.by_unit import BOTH, ByUnit, CongerWithout, MeanWithout, Met, agreement_of, met_of_all
from agreement.uncertainty.pooling import informative, with_limits

Floats = NDArray[np.float64]


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
    """

    total: float = 0.0
    shared: int = 0
    value: float = 0.0
    observed: float = 0.0
    expected: float = 0.0
    centre: float = 0.0
    spread: float = 0.0


def mean_kappas(
    means: Sequence[Mean],
    blocks: Callable[[], Iterator[Block | DenseBlock]],
    by_unit: ByUnit,
    confidence: float = 0.95,
) -> list[Scores]:
    """Return the *means* of kappas over the pairs of *blocks*, with their intervals.

    Taking out a unit changes the kappa of every pair that shares it: *by_unit* adds that up, wherever the units are.
    For documents these changes are summed inside the document, which is exact to first order. One pseudo-unit is shared
    out among the pairs as their weights are, so that with a single pair the interval is that pair's own.
    """
    kappas = {mean.measure.name: mean.measure for mean in means}
    scored_blocks = [{name: measure.compute(block.counts) for name, measure in kappas.items()} for block in blocks()]
    not_all = [name for name in kappas if not _all_count(by_unit, [scores[name] for scores in scored_blocks])]
    found = [_Sums() for _ in means]
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
        by_unit.add(block, changes, [values[name] for name in not_all])
    place = {name: len(means) + number for number, name in enumerate(not_all)}
    asked = [
        MeanWithout(column, place.get(mean.measure.name), sums.centre, sums.total, mean.weighted)
        for column, (mean, sums) in enumerate(zip(means, found, strict=True))
    ]
    variances, met = by_unit.means(asked)
    everything = met_of_all(by_unit.patterns)
    return [
        _mean_scores(sums, variance, met.get(one.pairs, everything), confidence)
        for sums, variance, one in zip(found, variances, asked, strict=True)
    ]


def _all_count(by_unit: ByUnit, scores: list[Scores]) -> bool:
    """Return True if the *scores* are of all pairs that share a unit, and all have a value.

    Then on which units they meet is a matter of how many labels a unit has.
    """
    r = by_unit.patterns.counts.sum(axis=1)
    if int((r * (r - 1) // 2) @ by_unit.patterns.weight) != sum(int(pairs.n.sum()) for pairs in scores):
        return False
    return all((pairs.reason[pairs.n > 0] == Reason.DEFINED).all() for pairs in scores)


def _share(pairs: Scores, mean: Mean) -> Floats:
    """Return (P,) the weight of each pair, 0 without a kappa."""
    return np.where(pairs.reason == Reason.DEFINED, pairs.n if mean.weighted else 1, 0).astype(np.float64)


def _block_values(counts: Ints, whole_pseudo: Floats, pairs: Scores, mean: Mean, sums: _Sums) -> tuple[Floats, Floats]:
    """Add the pairs of *counts* (P, K, K) to *sums*; return what units of each cell change, and count for ``Met``.

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


def _mean_scores(sums: _Sums, variance: float, met: Met, confidence: float) -> Scores:
    """Return the value, standard error and limits of one mean."""
    total = sums.total
    if not total:
        reason = Reason.ONE_LABEL if sums.shared else Reason.NO_SHARED_ITEMS
        return scored(np.asarray(np.nan), np.asarray(met.units), [(np.asarray(1, bool), reason)])
    scores = scored(
        np.asarray(sums.value / total), np.asarray(met.units), [],
        observed=np.asarray(sums.observed / total), expected=np.asarray(sums.expected / total),
        n_informative=np.asarray(met.informative),
    )  # fmt: skip
    size = met.units
    if met.documents is not None:
        size = met.documents
        scores = replace(scores, clusters=np.asarray(size))
    se = np.asarray(np.sqrt(size / (size + 1) * (variance + sums.spread / total**2)))
    centre = np.asarray(sums.centre / total)
    return with_limits(scores, centre, se, size, (-1.0, 1.0), confidence, disagreeing=met.disagreeing)


def conger_scores(by_unit: ByUnit, confidence: float = 0.95) -> Scores:
    """Return Conger's kappa of all units with its interval."""
    found = by_unit.patterns
    two, agreement = agreement_of(found.counts)
    n, agreed = int(found.weight[two].sum()), float(found.weight @ agreement)
    observed = np.asarray(agreed / n if n else np.nan)
    value, _, expected = conger_parts(observed, by_unit.given)
    scores = scored(
        value, np.asarray(n),
        [(np.asarray(n == 0), Reason.NO_SHARED_ITEMS), (~np.isfinite(value), Reason.ONE_LABEL)],
        observed=observed, expected=np.asarray(expected),
        n_informative=np.asarray(informative(found)),
    )  # fmt: skip
    if n < 2 or not np.isfinite(value):
        return scores
    a_e = float(np.asarray(expected))
    a_o = (agreed + (1 + a_e) / 2) / (n + 1)
    centre = (a_o - a_e) / (1 - a_e)
    hits = ((n + 1) * a_o - np.array([1.0, 0.0])) / n
    pseudo = np.array([1 + a_e, 1 - a_e]) / 2 @ ((hits - a_e) / (1 - a_e) - centre) ** 2
    variance, met = by_unit.conger(CongerWithout(n, a_o, centre)), met_of_all(found)
    size = n
    if met.documents is not None:
        size = met.documents
        scores = replace(scores, clusters=np.asarray(size))
    se = np.asarray(np.sqrt(size / (size + 1) * (variance + pseudo)))
    return with_limits(scores, np.asarray(centre), se, size, (-1.0, 1.0), confidence, disagreeing=met.disagreeing)
