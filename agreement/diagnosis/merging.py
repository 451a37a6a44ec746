"""Merging two labels: kappa, alpha and F1 before and after, with the interval of the difference and a warning."""

from collections.abc import Callable
from typing import Any

import numpy as np

from agreement.diagnosis.evidence import Evidence, Floats, Ints, tally
from agreement.uncertainty.distributions import t_quantile
from agreement.wording.rules import MERGING

GROUPS = 500
LISTED = 5_000  # clusters beyond which each is left out by itself, from what it adds to the sums
NEARLY_NOTHING = 1e-9


def merge_table(evidence: Evidence, first: int, second: int, confidence: float) -> dict[str, Any]:
    """Return what merging two labels would change: before, after and change of each measure, n and the warning.

    Each measure has ``before``, ``after`` and ``change`` with ``low`` and ``high`` of the change, and the intervals of
    the first two as ``before_low`` … ``after_high``.

    Fleiss' kappa (units weigh the same), Krippendorff's alpha (labels weigh the same) and macro F1 (mean over labels
    of specific agreement). Intervals: jackknife over clusters, up to 5,000 of them in up to 500 groups, t.
    """
    unit, label, count = evidence.label_counts()
    merged = np.arange(len(evidence.labels))
    merged[second] = first
    cluster = np.zeros(len(evidence.section), np.int64)
    cluster[evidence.compared] = np.unique(evidence.cluster[evidence.compared], return_inverse=True)[1]
    clusters = int(cluster.max(initial=0)) + 1
    times = evidence.times_at(evidence.compared)
    alike = np.ones(clusters, np.int64) if times is None else times.of_clusters(cluster[evidence.compared])
    scores: Callable[[Evidence, Ints, Ints, Floats, Ints, int], Floats] = _scores_without_each
    if times is None and clusters <= LISTED:
        n_groups, scores = min(clusters, GROUPS), _scores
        cluster, alike = cluster * n_groups // clusters, np.ones(n_groups, np.int64)
    before = scores(evidence, unit, label, count, cluster, len(alike))
    after = scores(evidence, *_recoded(unit, merged[label], count, len(evidence.labels)), cluster, len(alike))
    t = float(t_quantile((1 + confidence) / 2, max(int(alike.sum()) - 1, 1)))
    rows: dict[str, Any] = {}
    for number, name in enumerate(("kappa", "alpha", "f1_macro")):
        values = before[:, number], after[:, number], after[:, number] - before[:, number]
        low, high = zip(*(_jackknife(value, alike, t) for value in values), strict=True)
        rows[name] = {
            "before": float(values[0][0]), "after": float(values[1][0]), "change": float(values[2][0]),
            "low": low[2], "high": high[2], "before_low": low[0], "before_high": min(high[0], 1.0),
            "after_low": low[1], "after_high": min(high[1], 1.0),
        }  # fmt: skip
    names = [evidence.labels[first], evidence.labels[second]]
    return {**rows, "n": evidence.number(evidence.compared), "merged": names, "warning": MERGING}


def _jackknife(values: Floats, alike: Ints, t: float) -> tuple[float, float]:
    """Return the interval of the first of *values* (1 + G,), the others being without one of *alike* (G,) groups."""
    left_out, groups = values[1:], int(alike.sum())
    mean = float(left_out @ alike) / groups
    half = t * float(np.sqrt((groups - 1) / groups * float((left_out - mean) ** 2 @ alike)))
    return float(values[0]) - half, float(values[0]) + half


def beyond_chance(observed: Floats, chance: Floats) -> Floats:
    """Return the agreement beyond *chance*; NaN where chance leaves nothing but rounding."""
    room = 1 - chance
    found: Floats = np.divide(observed - chance, room, out=np.full(room.shape, np.nan), where=room > NEARLY_NOTHING)
    return found


def _recoded(unit: Ints, label: Ints, count: Floats, k: int) -> tuple[Ints, Ints, Floats]:
    """Return unit, label and count with equal labels of one unit added up."""
    key, inverse = np.unique(unit * k + label, return_inverse=True)
    return key // k, key % k, tally(inverse, count, len(key))


def _scores(evidence: Evidence, unit: Ints, label: Ints, count: Floats, group_of: Ints, n_groups: int) -> Floats:
    """Return (1 + G, 3) kappa, alpha and macro F1: of everything, then without each group."""
    k, r = len(evidence.labels), evidence.size[unit].astype(np.float64)
    group = group_of[unit]

    def summed(values: Floats) -> Floats:
        by_group = np.bincount(group * k + label, values, minlength=n_groups * k).reshape(n_groups, k)
        total = by_group.sum(axis=0)
        return np.vstack([total, total - by_group])

    units = np.bincount(group_of[evidence.compared], minlength=n_groups).astype(np.float64)
    n = np.concatenate([[units.sum()], units.sum() - units])
    agree, share = summed(count * (count - 1) / (r * (r - 1))), summed(count / r)
    o_agree, o_share = summed(count * (count - 1) / (r - 1)), summed(count)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = ((share / n[:, None]) ** 2).sum(axis=1)
        kappa = beyond_chance(agree.sum(axis=1) / n, expected)
        labels = o_share.sum(axis=1)
        chance = (o_share * (o_share - 1)).sum(axis=1) / (labels * (labels - 1))
        alpha = beyond_chance(o_agree.sum(axis=1) / labels, chance)
        specific = np.where(share > 0, agree / share, np.nan)
    used = (share > 0).sum(axis=1)
    f1 = np.nansum(specific, axis=1) / np.maximum(used, 1)
    scores: Floats = np.nan_to_num(np.column_stack([kappa, alpha, f1]), nan=1.0)
    return scores


def _scores_without_each(
    evidence: Evidence, unit: Ints, label: Ints, count: Floats, cluster: Ints, n_clusters: int
) -> Floats:
    """Return (1 + G, 3) what ``_scores`` does, where clusters are too many for a table of them by labels."""
    k, r = len(evidence.labels), evidence.size[unit].astype(np.float64)
    times = evidence.times_at(unit)
    key = cluster[unit] * k + label
    if (key[1:] > key[:-1]).all():
        place, cells = np.arange(len(key)), key
    else:
        cells, place = np.unique(key, return_inverse=True)
    owner, code = cells // k, cells % k
    alike = np.ones(n_clusters, np.int64) if times is None else times.of_clusters(cluster[unit])
    within = 1.0 if times is None else times.within

    def removed(values: Floats) -> tuple[Floats, Floats]:
        """Return what each cell takes away, and (K,) the sums over all clusters."""
        mine = tally(place, values * within, len(cells))
        return mine, tally(code, mine * alike[owner], k)

    def left(total: Floats, gone: Floats) -> Floats:
        """Return (1 + G,) a sum over all labels: of everything, then without one cluster each."""
        every = float(total.sum())
        return np.append(every, every - tally(owner, gone, n_clusters))

    (agree, agree_sum), (share, share_sum), (o_agree, o_agree_sum), (o_share, o_share_sum) = (
        removed(values)
        for values in (count * (count - 1) / (r * (r - 1)), count / r, count * (count - 1) / (r - 1), count)
    )
    compared = evidence.compared
    size = np.bincount(
        cluster[compared], None if evidence.times is None else evidence.times.within[compared], n_clusters
    )
    n = float(size @ alike) - np.append(0.0, size)
    rest = share_sum[code] - share
    gone = rest <= NEARLY_NOTHING * share_sum[code]
    used = left((share_sum > 0).astype(np.float64), gone.astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = left(share_sum**2, share_sum[code] ** 2 - rest**2) / n**2
        kappa = beyond_chance(left(agree_sum, agree) / n, expected)
        labels, others = left(o_share_sum, o_share), o_share_sum[code] - o_share
        met = left(o_share_sum * (o_share_sum - 1), o_share_sum[code] * (o_share_sum[code] - 1) - others * (others - 1))
        chance = met / (labels * (labels - 1))
        alpha = beyond_chance(left(o_agree_sum, o_agree) / labels, chance)
        specific = np.where(share_sum > 0, agree_sum / share_sum, 0.0)
        now = np.where(gone, 0.0, (agree_sum[code] - agree) / rest)
    f1 = left(specific, specific[code] - now) / np.maximum(used, 1)
    scores: Floats = np.nan_to_num(np.column_stack([kappa, alpha, f1]), nan=1.0)
    return scores


def kappa_without(evidence: Evidence, label: int) -> tuple[float | None, float | None, int]:
    """Return Fleiss' kappa with and without one label counted as an answer, and the units left; None = undefined."""
    rows = np.zeros(len(evidence.unit), bool) if evidence.label is None else evidence.label == label
    left = evidence.without(rows)
    values = []
    for one in (evidence, left):
        unit, code, count = one.label_counts()
        share = one.tally(code, unit, count / one.size[unit], len(one.labels)) / max(one.number(one.compared), 1)
        chance = float(share @ share)
        values.append((1 - one.mean - chance) / (1 - chance) if one.compared.any() and chance < 1 else None)
    return values[0], values[1], left.number(left.compared)
