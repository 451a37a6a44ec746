"""Two readings: whether annotators fall into two camps that agree within and disagree between."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import sums_by
from agreement.diagnosis.evidence import Bools, Evidence, Floats, Ints
from agreement.diagnosis.times import Times
from agreement.uncertainty.distributions import t_quantile, t_tail

MIN_ANNOTATORS = 4
MIN_UNITS = 20
TOGETHER = 8  # units that two people have in common in a half: of fewer nothing is concluded
BORROWED = 8
BENIGN = 0.01  # people who were trained together are a little alike
SAME_SIDES = 0.6  # both halves of the units must suggest nearly the same split
LEAST_AGREEMENT = 0.05  # of which a logarithm is taken
STILL = 0.5  # of the effect has to be left without the closest pair
MAX_CELLS = 2e7  # units x pairs; larger crowds have no common readings to look for


@dataclass(frozen=True, slots=True)
class Camps:
    """A split of the annotators and how sure it is.

    Parameters
    ----------
    side
        (A,) +1, -1, or 0 for those who are not in it.
    effect, low, high, p
        Disagreement between the camps less disagreement within, beyond what careful and careless people explain.
    n
        Units compared.
    of_one_pair
        True if it goes by half without the two of a camp that agree most: they are alike, and no camp with them.
    balance
        How much more the larger camp agrees within than with the other camp, over the same for the smaller camp: 1 for
        two readings, 0 for two people who only agree with each other.
    """

    side: Floats
    effect: float
    low: float
    high: float
    p: float
    n: int
    of_one_pair: bool
    balance: float


@dataclass(frozen=True, slots=True)
class _ByPair:
    """Distances (V, P) of V units by pair of M present annotators, NaN where not both labelled; fold, cluster.

    *each* (V,) is how many equal units a unit stands for, *times* the same by document; None where all are listed.
    """

    distance: Floats
    first: Ints
    second: Ints
    fold: Ints
    cluster: Ints
    members: int
    each: Ints
    times: Times | None


def camps(evidence: Evidence, units: Bools, confidence: float) -> Camps | None:
    """Return the camps on *units* (U,): found on one half of the clusters, tested on the other, and the reverse.

    Because a split is never tested on the units that suggested it, no permutation is needed. What single people add is
    taken out on the scale of log agreement: two who slip a lot coincide, so they disagree less than the sum of their
    slips, without reading anything alike. None with fewer than four annotators or too few common units.
    """
    data = _by_pair(evidence, units)
    if data is None:
        return None
    effect = 0.0
    influence, unknown = np.zeros(len(data.distance)), 0.0
    halves = [_split(_mean(data.distance[data.fold == fold], data.each[data.fold == fold])[0], data) for fold in (0, 1)]
    if abs(halves[0] @ halves[1]) < SAME_SIDES * data.members:
        return None
    for fold in (0, 1):
        here = data.distance[data.fold == fold]
        known = np.isfinite(here)
        mean, n = _mean(here, data.each[data.fold == fold])
        weights = _projected(halves[1 - fold], data)
        needed = np.abs(weights) > 1e-12
        if not needed.any() or not np.isfinite(mean[needed]).all():
            return None
        mean = np.where(needed, mean, 0.0)
        agreement = np.clip(1 - mean, LEAST_AGREEMENT, None)
        usual = float(agreement[needed].mean())
        effect -= float(weights @ np.where(needed, np.log(agreement), 0.0)) * usual / 2
        centred = np.where(known & needed, here - mean, 0.0)
        lever = weights * usual / agreement / np.maximum(n, 1) / 2
        influence[data.fold == fold] = centred @ lever
        unknown += float(lever**2 @ _untold(data.each[data.fold == fold] @ centred**2, n))
    nobody = np.zeros(len(influence), np.int64)
    sums = sums_by(nobody, 1, np.unique(data.cluster, return_inverse=True)[1], influence, data.times)
    g = int(sums.clusters[0])
    se = float(np.sqrt(sums.yy[0] * g / max(g - 1, 1) + unknown))
    if se <= 0:
        return None
    half = float(t_quantile((1 + confidence) / 2, g - 1)) * se
    side = np.zeros(len(evidence.annotators))
    mean = _mean(data.distance, data.each)[0]
    split = _split(mean, data)
    side[evidence.present] = split
    p = float(t_tail((effect - BENIGN) / se, g - 1))
    one = _of_one_pair(mean, split, data)
    return Camps(side, effect, effect - half, effect + half, p, int(data.each.sum()), one, _balance(mean, split, data))


def _of_one_pair(mean: Floats, split: Floats, data: _ByPair) -> bool:
    """Return True if the closest pair of a camp makes most of the split (M,); in a camp of two nothing tells."""
    within = split[data.first] == split[data.second]
    if not np.isfinite(mean).all() or min((split > 0).sum(), (split < 0).sum()) <= 2:
        return False
    closest = int(np.argmin(np.where(within, mean, np.inf)))
    agreement = np.log(np.clip(1 - mean, LEAST_AGREEMENT, None))
    left = [float(_projected(split, data, pair) @ agreement) for pair in (None, closest)]
    return left[1] > STILL * left[0]  # both are negative: less agreement between than within


def _untold(squares: Floats, n: Ints) -> Floats:
    """Return (P,) by how much the squared deviations of a pair's *n* (P,) units look too small: *squares* (P,).

    Two who share a few units on which they happen to agree show no variance at all: few units give a poor one, so it
    borrows from all pairs (Smyth 2004).
    """
    df = np.maximum(n - 1, 0)
    pooled = float(squares.sum()) / max(int(df.sum()), 1)
    moderated = n * (squares + BORROWED * pooled) / (df + BORROWED)
    return np.asarray(np.maximum(moderated - squares, 0.0))


def _balance(mean: Floats, split: Floats, data: _ByPair) -> float:
    """Return the gap between camps less within the larger camp, over the same for the smaller one; 1 if none is known.

    The *mean* (P,) distance by pair, the *split* (M,) as +1 and -1. What careless people add to all their pairs is
    taken out: it is seen between the camps, against the most careful person of the same camp.
    """
    far = -np.log(np.clip(1 - mean, LEAST_AGREEMENT, None))
    first, second = split[data.first], split[data.second]
    across = np.isfinite(far) & (first != second)
    members = _members(data)[across]
    with np.errstate(invalid="ignore", divide="ignore"):
        own = members.T @ far[across] / members.sum(axis=0)
    larger = 1.0 if (split > 0).sum() >= (split < 0).sum() else -1.0
    sides = [np.isfinite(far) & (first == side) & (second == side) for side in (larger, -larger)]
    if not across.any() or not all(side.any() for side in sides) or not np.isfinite(own).all():
        return 1.0
    added = [float(np.mean(own[split == side]) - np.min(own[split == side])) for side in (larger, -larger)]
    more = added[0] - added[1]
    gaps = [float(far[across].mean()) - float(far[sides[at]].mean()) + (more, -more)[at] for at in (0, 1)]
    low, high = sorted(gaps) if (split == larger).sum() == (split == -larger).sum() else gaps
    return low / high if high > 0 else 1.0


def names_of(evidence: Evidence, found: Camps) -> tuple[tuple[str, ...], ...]:
    """Return the two camps by name, in order of their first member."""
    sides = (tuple(evidence.annotators[a] for a in np.flatnonzero(found.side == side)) for side in (1, -1))
    return tuple(sorted(sides))


def two_readings(evidence: Evidence, units: Bools, alpha: float, minimum: float) -> tuple[tuple[str, ...], ...]:
    """Return the two camps by name if *units* (U,) are read in two ways, else nothing."""
    found = camps(evidence, units, 0.95)
    if found is None or found.p >= alpha or found.effect < minimum:
        return ()
    sides = names_of(evidence, found)
    return sides if min(map(len, sides)) >= 2 else ()


def within_readings(case: Case) -> Evidence:
    """Return what is left, with annotators compared only inside their camp where there are camps."""
    side = np.zeros(len(case.rest.annotators))
    for flag in case.confirmed("camps"):
        side[[case.rest.annotators.index(name) for name in flag.camps[0]]] = 1
        side[[case.rest.annotators.index(name) for name in flag.camps[1]]] = -1
    return case.rest.split(side) if side.any() else case.rest


def _by_pair(evidence: Evidence, units: Bools) -> _ByPair | None:
    """Return the distances by pair; None with too few annotators or units, or too many cells."""
    if evidence.people is not None:
        return None
    who = evidence.present
    m = len(who)
    use = units & evidence.compared
    n_units = int(use.sum())
    each = evidence.repeated(np.ones(len(use), np.int64))[use].astype(np.int64)
    first, second = (side.astype(np.int64) for side in np.triu_indices(m, 1))
    if m < MIN_ANNOTATORS or each.sum() < MIN_UNITS or n_units * len(first) > MAX_CELLS:
        return None
    position = np.full(len(evidence.annotators), -1)
    position[who] = np.arange(m)
    row = np.cumsum(use) - 1
    if evidence.pairs is not None:
        far = np.full((n_units, m, m), np.nan)
        a, b = evidence.pairs.a, evidence.pairs.b
        keep = evidence.kept[a] & evidence.kept[b] & use[evidence.unit[a]]
        at, i, j = (
            row[evidence.unit[a[keep]]],
            position[evidence.annotator[a[keep]]],
            position[evidence.annotator[b[keep]]],
        )
        far[at, np.minimum(i, j), np.maximum(i, j)] = evidence.pairs.distance[keep]
        distance = far[:, first, second]
    else:
        keep = evidence.kept & use[evidence.unit]
        codes = np.full((n_units, m), -1)
        label: NDArray[np.int64] = np.zeros(0, np.int64) if evidence.label is None else evidence.label
        codes[row[evidence.unit[keep]], position[evidence.annotator[keep]]] = label[keep]
        a, b = codes[:, first], codes[:, second]
        apart = (a != b).astype(float) if evidence.weights is None else evidence.weights[a, b]
        distance = np.where((a >= 0) & (b >= 0), apart, np.nan)
    # an item that is hard for everybody says nothing about camps, whoever happened to label it
    mean, pairs = np.nanmean(distance, axis=1), np.isfinite(distance).sum(axis=1) * each
    distance = distance - mean[:, None] + float(mean @ pairs) / float(pairs.sum())
    times = evidence.times_at(use)
    return _ByPair(distance, first, second, evidence.half[use], evidence.cluster[use], m, each, times)


def _mean(distance: Floats, each: Ints) -> tuple[Floats, Ints]:
    """Return (P,) mean over units that stand for *each* (V,) units, NaN for pairs that share too few, and how many."""
    known: Ints = each @ np.isfinite(distance).astype(np.int64)
    return np.where(known >= TOGETHER, each @ np.nan_to_num(distance) / np.maximum(known, 1), np.nan), known


def _members(data: _ByPair) -> Floats:
    """Return (P, M) which two annotators a pair is."""
    design = np.zeros((len(data.first), data.members))
    rows = np.arange(len(data.first))
    design[rows, data.first] = design[rows, data.second] = 1
    return design


def _additive(design: Floats, values: Floats) -> Floats:
    """Return (M,) the least-squares shares of people in the *values* (P,) of pairs, the shortest of several.

    By the normal equations: a crowd has far more pairs than people.
    """
    return np.asarray(np.linalg.pinv(design.T @ design, rcond=1e-9, hermitian=True) @ (design.T @ values))


def _split(mean: Floats, data: _ByPair) -> Floats:
    """Return (M,) +1 and -1 by the top eigenvector of the agreement left after an additive fit of -log agreement."""
    known, design = np.isfinite(mean), _members(data)
    agreement = np.clip(1 - np.where(known, mean, 0.5), 0.02, 1)
    own = _additive(design[known], -np.log(agreement[known]))
    left = np.zeros((data.members, data.members))
    left[data.first, data.second] = np.where(known, agreement - np.exp(-(design @ own)), 0.0)
    vector = np.linalg.eigh(left + left.T)[1][:, -1]
    side = np.where(vector >= 0, 1.0, -1.0)
    return np.asarray(side * side[0])


def _projected(side: Floats, data: _ByPair, left_out: int | None = None) -> Floats:
    """Return (P,) weights of pairs but one: between less within, orthogonal to whatever single annotators add."""
    between = side[data.first] != side[data.second]
    design, raw = _members(data), np.where(between, 1.0, -1.0)
    if left_out is not None:
        design[left_out] = raw[left_out] = 0.0
    left: Floats = raw - design @ _additive(design, raw)
    scale = float((left * between).sum())  # so that one point more between the camps counts as one point
    return np.asarray(left / scale if scale > 1e-9 else np.zeros(len(raw)))
