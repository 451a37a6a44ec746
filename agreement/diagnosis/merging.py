"""Merging two labels: kappa, alpha and F1 before and after, with the interval of the difference and a warning."""

from typing import Any

import numpy as np

from agreement.diagnosis.evidence import Evidence, Floats, Ints, tally
from agreement.uncertainty.distributions import t_quantile
from agreement.wording.rules import MERGING

GROUPS = 500


def merge_table(evidence: Evidence, first: int, second: int, confidence: float) -> dict[str, Any]:
    """Return what merging two labels would change: before, after and change of each measure, n and the warning.

    Each measure has ``before``, ``after`` and ``change`` with ``low`` and ``high`` of the change, and the intervals of
    the first two as ``before_low`` … ``after_high``.

    Fleiss' kappa (units weigh the same), Krippendorff's alpha (labels weigh the same) and macro F1 (mean over labels
    of specific agreement). Intervals: jackknife over up to 500 groups of clusters, t.
    """
    unit, label, count = evidence.label_counts()
    merged = np.arange(len(evidence.labels))
    merged[second] = first
    cluster = np.unique(evidence.cluster[evidence.compared], return_inverse=True)[1]
    group_of = np.zeros(len(evidence.section), np.int64)
    n_groups = min(int(cluster.max(initial=0)) + 1, GROUPS)
    group_of[evidence.compared] = cluster * n_groups // (int(cluster.max(initial=0)) + 1)
    before = _scores(evidence, unit, label, count, group_of, n_groups)
    unit_m, label_m, count_m = _recoded(unit, merged[label], count, len(evidence.labels))
    after = _scores(evidence, unit_m, label_m, count_m, group_of, n_groups)
    t = float(t_quantile((1 + confidence) / 2, max(n_groups - 1, 1)))
    rows: dict[str, Any] = {}
    for number, name in enumerate(("kappa", "alpha", "f1_macro")):
        values = before[:, number], after[:, number], after[:, number] - before[:, number]
        low, high = zip(*(_jackknife(value, t) for value in values), strict=True)
        rows[name] = {
            "before": float(values[0][0]), "after": float(values[1][0]), "change": float(values[2][0]),
            "low": low[2], "high": high[2], "before_low": low[0], "before_high": min(high[0], 1.0),
            "after_low": low[1], "after_high": min(high[1], 1.0),
        }  # fmt: skip
    return {**rows, "n": int(evidence.compared.sum()), "merged": [evidence.labels[first], evidence.labels[second]],
            "warning": MERGING}  # fmt: skip


def _jackknife(values: Floats, t: float) -> tuple[float, float]:
    """Return the interval of the first of *values* (1 + G,), the others being without one group each."""
    left_out = values[1:]
    groups = len(left_out)
    half = t * float(np.sqrt((groups - 1) / groups * ((left_out - left_out.mean()) ** 2).sum()))
    return float(values[0]) - half, float(values[0]) + half


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
        kappa = (agree.sum(axis=1) / n - expected) / (1 - expected)
        labels = o_share.sum(axis=1)
        chance = (o_share * (o_share - 1)).sum(axis=1) / (labels * (labels - 1))
        alpha = (o_agree.sum(axis=1) / labels - chance) / (1 - chance)
        specific = np.where(share > 0, agree / share, np.nan)
    used = (share > 0).sum(axis=1)
    f1 = np.nansum(specific, axis=1) / np.maximum(used, 1)
    scores: Floats = np.nan_to_num(np.column_stack([kappa, alpha, f1]), nan=1.0)
    return scores


def kappa_without(evidence: Evidence, label: int) -> tuple[float | None, float | None, int]:
    """Return Fleiss' kappa with and without one label counted as an answer, and the units left; None = undefined."""
    rows = np.zeros(len(evidence.unit), bool) if evidence.label is None else evidence.label == label
    left = evidence.without(rows)
    values = []
    for one in (evidence, left):
        unit, code, count = one.label_counts()
        share = np.bincount(code, count / one.size[unit], minlength=len(one.labels)) / max(int(one.compared.sum()), 1)
        chance = float(share @ share)
        values.append((1 - one.mean - chance) / (1 - chance) if one.compared.any() and chance < 1 else None)
    return values[0], values[1], int(left.compared.sum())
