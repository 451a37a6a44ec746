"""Merging two labels: kappa, alpha and F1 before and after, with the interval of the difference and a warning."""

from typing import Any

import numpy as np

from agreement.diagnosis.evidence import Evidence, Floats, Ints, tally
from agreement.scores import Reason
from agreement.uncertainty.distributions import t_quantile
from agreement.wording.rules import MERGING

NEARLY_NOTHING = 1e-9


def merge_table(evidence: Evidence, first: int, second: int, confidence: float) -> dict[str, Any]:
    """Return what merging two labels would change: before, after and change of each measure, n and the warning.

    Each measure has ``before``, ``after`` and ``change`` with ``low`` and ``high`` of the change, and the intervals of
    the first two as ``before_low`` … ``after_high``. None where there is no value, and ``undefined`` says why: where a
    single label is left, agreement beyond chance has none. None for the limits, too, of a single cluster.

    Fleiss' kappa (units weigh the same), Krippendorff's alpha (labels weigh the same) and macro F1 (mean over labels
    of specific agreement). Intervals: jackknife over clusters, t.
    """
    unit, label, count = evidence.label_counts()
    merged = np.arange(len(evidence.labels))
    merged[second] = first
    cluster = np.zeros(len(evidence.section), np.int64)
    cluster[evidence.compared] = np.unique(evidence.cluster[evidence.compared], return_inverse=True)[1]
    clusters = int(cluster.max(initial=0)) + 1
    times = evidence.times_at(evidence.compared)
    alike = np.ones(clusters, np.int64) if times is None else times.of_clusters(cluster[evidence.compared])
    before = _scores(evidence, unit, label, count, cluster, clusters)
    after = _scores(evidence, *_recoded(unit, merged[label], count, len(evidence.labels)), cluster, clusters)
    t = float(t_quantile((1 + confidence) / 2, max(int(alike.sum()) - 1, 1)))
    rows: dict[str, Any] = {}
    for number, name in enumerate(("kappa", "alpha", "f1_macro")):
        values = before[:, number], after[:, number], after[:, number] - before[:, number]
        (old, old_low, old_high), (new, new_low, new_high), (change, low, high) = (
            _jackknife(value, alike, t, most) for value, most in zip(values, (1.0, 1.0, np.inf), strict=True)
        )
        rows[name] = {
            "before": old, "after": new, "change": change, "low": low, "high": high,
            "before_low": old_low, "before_high": old_high, "after_low": new_low, "after_high": new_high,
            "undefined": str(Reason.DEFINED if change is not None else Reason.ONE_LABEL),
        }  # fmt: skip
    names = [evidence.labels[first], evidence.labels[second]]
    return {**rows, "n": evidence.number(evidence.compared), "merged": names, "warning": MERGING}


def _jackknife(values: Floats, alike: Ints, t: float, most: float) -> tuple[float | None, float | None, float | None]:
    """Return the first of *values* (1 + G,) with its limits, the upper one *most* at most; None where there is none.

    The other values are without one of *alike* (G,) groups each; those without which there is no value move nothing.
    """
    value, groups = float(values[0]), int(alike.sum())
    if not np.isfinite(value):
        return None, None, None
    if groups < 2:
        return value, None, None
    left_out = np.where(np.isfinite(values[1:]), values[1:], value)
    mean = float(left_out @ alike) / groups
    half = t * float(np.sqrt((groups - 1) / groups * float((left_out - mean) ** 2 @ alike)))
    return value, value - half, min(value + half, most)


def beyond_chance(observed: Floats, chance: Floats) -> Floats:
    """Return the agreement beyond *chance*; NaN where chance leaves nothing but rounding."""
    room = 1 - chance
    found: Floats = np.divide(observed - chance, room, out=np.full(room.shape, np.nan), where=room > NEARLY_NOTHING)
    return found


def _recoded(unit: Ints, label: Ints, count: Floats, k: int) -> tuple[Ints, Ints, Floats]:
    """Return unit, label and count with equal labels of one unit added up."""
    key, inverse = np.unique(unit * k + label, return_inverse=True)
    return key // k, key % k, tally(inverse, count, len(key))


def _scores(evidence: Evidence, unit: Ints, label: Ints, count: Floats, cluster: Ints, n_clusters: int) -> Floats:
    """Return (1 + G, 3) kappa, alpha and macro F1: of everything, then without each cluster; NaN where undefined.

    From what each cluster adds to the sums by label, for a table of clusters by labels would be too large.
    """
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
    return np.column_stack([kappa, alpha, f1])


def kappa_without(evidence: Evidence, label: int) -> tuple[float | None, float | None, int]:
    """Return Fleiss' kappa with and without one label counted as an answer, and the units left; None = undefined."""
    rows = np.zeros(len(evidence.unit), bool) if evidence.label is None else evidence.label == label
    left = evidence.without(rows)
    values = []
    for one in (evidence, left):
        unit, code, count = one.label_counts()
        share = one.tally(code, unit, count / one.size[unit], len(one.labels)) / max(one.number(one.compared), 1)
        chance = float(share @ share)
        room = 1 - chance if one.compared.any() else 0.0
        values.append((room - one.mean) / room if room > NEARLY_NOTHING else None)
    return values[0], values[1], left.number(left.compared)
