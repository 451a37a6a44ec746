"""Two readings: whether annotators fall into two camps that agree within and disagree between."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from agreement.evidence import Bools, Evidence, Floats

MIN_ANNOTATORS = 4


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
    """

    side: Floats
    effect: float
    low: float
    high: float
    p: float
    n: int


def camps(evidence: Evidence, units: Bools, confidence: float) -> Camps | None:
    """Return the camps on *units* (U,): found on one half of the clusters, tested on the other, and the reverse.

    Because a split is never tested on the units that suggested it, no permutation is needed. None with fewer than
    four annotators or too few common units.
    """
    d, fold, cluster = _by_pair(evidence, units)
    if d is None or len(d) < 20:
        return None
    who = evidence.present
    m = len(who)
    halves = [np.nanmean(d[fold == side], axis=0) for side in (0, 1)]
    contrasts, weights = [], []
    for side in (0, 1):
        s = _split(halves[1 - side], m)
        contrasts.append(_projected(s, m))
    values = np.where(fold == 0, _apply(d, contrasts[0]), _apply(d, contrasts[1]))
    good = np.isfinite(values)
    if good.sum() < 20:
        return None
    del weights
    code = np.unique(cluster[good], return_inverse=True)[1]
    y, size = np.bincount(code, values[good]), np.bincount(code).astype(float)
    mean = y.sum() / size.sum()
    g = len(y)
    se = float(np.sqrt((((y - mean * size) ** 2).sum()) * g / max(g - 1, 1)) / size.sum())
    if se <= 0:
        return None
    half = float(stats.t.ppf((1 + confidence) / 2, g - 1) * se)
    side_of = np.zeros(len(evidence.annotators))
    side_of[who] = _split(np.nanmean(d, axis=0), m)
    return Camps(side_of, float(mean), mean - half, mean + half, float(stats.t.sf(mean / se, g - 1)), int(good.sum()))


def two_readings(evidence: Evidence, units: Bools, alpha: float = 0.01, minimum: float = 0.10) -> tuple[tuple[str, ...], ...]:
    """Return the two camps by name if *units* (U,) are read in two ways, else nothing."""
    found = camps(evidence, units, 0.95)
    if found is None or found.p >= alpha or found.effect < minimum:
        return ()
    sides = [tuple(evidence.annotators[a] for a in np.flatnonzero(found.side == side)) for side in (1, -1)]
    return tuple(sorted(sides)) if min(map(len, sides)) >= 2 else ()


def _by_pair(evidence: Evidence, units: Bools) -> tuple[Floats | None, np.ndarray, np.ndarray]:
    """Return (V, P) distance by unit and pair of present annotators, with fold and cluster of the units."""
    who = evidence.present
    nothing = np.zeros(0, np.int64)
    use = units & evidence.compared
    if len(who) < MIN_ANNOTATORS or evidence.label is None or use.sum() * len(who) ** 2 > 2e7:
        return None, nothing, nothing
    position = np.full(len(evidence.annotators), -1)
    position[who] = np.arange(len(who))
    row = np.cumsum(use) - 1
    keep = evidence.kept & use[evidence.unit]
    codes = np.full((int(use.sum()), len(who)), -1)
    codes[row[evidence.unit[keep]], position[evidence.annotator[keep]]] = evidence.label[keep]
    a, b = np.triu_indices(len(who), 1)
    both = (codes[:, a] >= 0) & (codes[:, b] >= 0)
    if evidence.weights is None:
        far = (codes[:, a] != codes[:, b]).astype(float)
    else:
        far = evidence.weights[codes[:, a], codes[:, b]]
    cluster = evidence.cluster[use]
    order = np.unique(cluster, return_inverse=True)[1]
    return np.where(both, far, np.nan), order % 2, cluster


def _residual(mean: Floats, m: int) -> Floats:
    """Return (M, M) the pair agreement left after the additive fit of -log agreement."""
    a, b = np.triu_indices(m, 1)
    known = np.isfinite(mean)
    design = np.zeros((len(a), m))
    design[np.arange(len(a)), a] = design[np.arange(len(a)), b] = 1
    agreement = np.clip(1 - np.where(known, mean, 0.5), 0.02, 1)
    x = np.linalg.lstsq(design[known], -np.log(agreement[known]), rcond=None)[0]
    left = np.where(known, agreement - np.exp(-(design @ x)), 0.0)
    matrix = np.zeros((m, m))
    matrix[a, b] = matrix[b, a] = left
    return matrix


def _split(mean: Floats, m: int) -> Floats:
    """Return (M,) +1 and -1 by the top eigenvector of the residual agreement; the first annotator is +1."""
    vector = np.linalg.eigh(_residual(mean, m))[1][:, -1]
    side = np.where(vector >= 0, 1.0, -1.0)
    return side * side[0]


def _projected(side: Floats, m: int) -> Floats:
    """Return (P,) weights of pairs: between less within, orthogonal to whatever single annotators add."""
    a, b = np.triu_indices(m, 1)
    between = side[a] != side[b]
    if not between.any() or between.all():
        return np.zeros(len(a))
    design = np.zeros((len(a), m))
    design[np.arange(len(a)), a] = design[np.arange(len(a)), b] = 1
    raw = np.where(between, 1.0, -1.0)
    left = raw - design @ np.linalg.lstsq(design, raw, rcond=None)[0]
    scale = (left * between).sum()  # so that one point more between the camps counts as one point
    return left / scale if scale > 1e-9 else np.zeros(len(a))


def _apply(d: Floats, weights: Floats) -> Floats:
    """Return (V,) the contrast of every unit; NaN where a pair is missing that it needs."""
    missing = (~np.isfinite(d)) & (np.abs(weights) > 1e-12)
    return np.where(missing.any(axis=1) | ~weights.any(), np.nan, np.nan_to_num(d) @ weights)
