"""Values that rounds are compared by: functions of a snapshot and the units that count, each with its deviations."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from agreement.rounds.snapshots import Kappa, Snapshot
from agreement.uncertainty.distributions import t_quantile
from agreement.uncertainty.influence import Couples, Floats, Influence, alpha, kappa_mean, ratio, weighted_sum

Value: TypeAlias = Callable[[Snapshot], Influence]
NOTHING = 1e-14


def _nothing(taken: Snapshot) -> Influence:
    """Return the value of something that cannot be measured on this snapshot."""
    return Influence(None, 0.0, np.zeros(taken.n_units), 0)


def agreement_value(taken: Snapshot) -> Influence:
    """Return percent agreement (spans: pooled F1 over all labels)."""
    return ratio(taken.agreeing.sum(axis=1), taken.possible.sum(axis=1), times=taken.times)


def f1_value(label: int, pseudo: float = 1.0) -> Value:
    """Return the function that gives the pooled F1 of a *label*."""
    return lambda taken: ratio(taken.agreeing[:, label], taken.possible[:, label], pseudo, taken.times)


def mixed_value(weights: Floats) -> Value:
    """Return the function that gives the mean F1 of labels with fixed *weights* (K,)."""

    def of(taken: Snapshot) -> Influence:
        parts = [f1_value(label, weight)(taken) for label, weight in enumerate(weights.tolist())]
        return weighted_sum(parts, weights, taken.times)

    return of


def _summed_up(taken: Snapshot, kappas: Mapping[tuple[str, str], Kappa], label: str = "") -> Influence:
    """Return the mean of pair kappas that an engine has worked out, of all labels or one *label*."""
    found = kappas.get((taken.within, label))
    if found is None:
        return _nothing(taken)
    sums = found.by_document if taken.by_document else found.by_item
    return Influence(found.value, found.centre, np.zeros(taken.n_units), found.n, sums)


def kappa_value(taken: Snapshot) -> Influence:
    """Return the mean of pair kappas."""
    if taken.kappas is not None:
        return _summed_up(taken, taken.kappas)
    if taken.found is None or taken.distances is None or not taken.has_pairs:
        return _nothing(taken)
    return kappa_mean(taken.found, taken.n_units, taken.distances, taken.times)


def label_kappa(label: int) -> Value:
    """Return the function that gives the mean of pair kappas of one *label* against the rest."""

    def of(taken: Snapshot) -> Influence:
        if taken.kappas is not None:
            return _summed_up(taken, taken.kappas, taken.labels[label])
        if taken.found is None or not taken.has_pairs:
            return _nothing(taken)
        found = taken.found
        first, second = (found.first != label).astype(np.int64), (found.second != label).astype(np.int64)
        of_label = Couples(found.unit, found.pair, first, second, found.pairs)
        return kappa_mean(of_label, taken.n_units, 1 - np.eye(2), taken.times)

    return of


def alpha_value(taken: Snapshot) -> Influence:
    """Return Krippendorff's alpha with the metric of the layer's kind."""
    if taken.counts is None or taken.distances is None:
        return _nothing(taken)
    counts, distances = taken.counts, taken.distances
    if taken.kind == "ordinal":
        given = taken.total(np.where(counts.sum(axis=1) >= 2, 1, 0)[:, None] * counts)
        middle = np.cumsum(given) - given / 2
        distances = (middle[:, None] - middle[None, :]) ** 2
    return alpha(counts, distances, taken.times)


def standard_mix(sides: tuple[Snapshot, Snapshot]) -> Floats:
    """Return (K,) the label mix both rounds are judged by: their mean, over labels that are in both."""
    totals = [taken.total(taken.possible) for taken in sides]
    before, after = (total / max(float(total.sum()), 1e-12) for total in totals)
    mix = np.where((before > 0) & (after > 0), (before + after) / 2, 0.0)
    return np.asarray(mix / max(float(mix.sum()), 1e-12))


def confusion_value(c: int, d: int) -> Value:
    """Return the function that gives, of two labels of which at least one is *c* or *d*, the share that is both."""

    def of(taken: Snapshot) -> Influence:
        if taken.found is None:
            return _nothing(taken)
        found = taken.found
        one, other = ((side == c) | (side == d) for side in (found.first, found.second))
        both = one & other & (found.first != found.second)
        hits, of_all = (np.bincount(found.unit[rows], minlength=taken.n_units) for rows in (both, one | other))
        return ratio(hits.astype(np.float64), of_all.astype(np.float64), times=taken.times)

    return of


def label_table(taken: Snapshot) -> Floats:
    """Return (K, K) couples by their two labels, in either order; couples of one label once."""
    k = len(taken.labels)
    if taken.found is None:
        return np.zeros((k, k))
    low, high = np.minimum(taken.found.first, taken.found.second), np.maximum(taken.found.first, taken.found.second)
    each = None if taken.times is None else taken.times[taken.found.unit]
    table = np.bincount(low * k + high, each, minlength=k * k).reshape(k, k).astype(np.float64)
    return table + np.triu(table, 1).T


def own_interval(taken: Snapshot, found: Influence, confidence: float) -> tuple[float, float]:
    """Return the interval of one value of one round, within -1 and 1."""
    half = float(t_quantile((1 + confidence) / 2, max(found.n - 1, 1))) * standard_error(taken, found)
    value = found.centre if found.value is None else found.value
    return max(min(found.centre - half, value), -1.0), min(max(found.centre + half, value), 1.0)


def standard_error(taken: Snapshot, found: Influence) -> float:
    """Return the standard error of a value, by document where there are enough."""
    if found.sums is not None:
        return scale(taken, found.sums.moving) * float(np.sqrt(found.sums.squares))
    total, alike = taken.by_group(found.deviation)
    return scale(taken, float(alike[moving(total)].sum())) * float(np.sqrt((alike * np.square(total)).sum()))


def scale(taken: Snapshot, size: float) -> float:
    """Return the factor of deviations that are summed within *size* groups: that of a variance, and inflation."""
    size = max(size, 2.0)
    return float(np.sqrt(size / (size - 1) * taken.inflation))


def moving(total: Floats) -> NDArray[np.bool_]:
    """Return (G,) which groups move a value at all; what two sums differ by in their last digits is no movement."""
    return np.abs(total) > NOTHING
