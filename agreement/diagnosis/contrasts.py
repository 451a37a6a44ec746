"""Contrasts with cluster-robust standard errors, as sums that add, and the false discovery rate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from agreement.diagnosis.evidence import DENSE, Evidence, tally
from agreement.diagnosis.times import Times
from agreement.uncertainty.distributions import t_quantile, t_tail

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


MOST_DF = 1e9
BORROWED = 8  # so many others is the spread worth that is expected beforehand
FEWEST_TO_SPREAD = 3
TO_DEVIATION = 1.4826  # from the median distance of normal values to their standard deviation


@dataclass(frozen=True, slots=True)
class Estimate:
    """A contrast with its standard error and degrees of freedom; arrays of any one shape."""

    value: Floats
    se: Floats
    df: Floats
    n: Floats

    def p_above(self, null: float = 0.0) -> Floats:
        """Return the one-sided p value of "at most *null*"; 1 where there is nothing to test."""
        with np.errstate(invalid="ignore", divide="ignore"):
            t = np.where(self.se > 0, (self.value - null) / self.se, np.where(self.value > null, np.inf, -np.inf))
        testable = (self.df >= 1) & np.isfinite(self.value)
        return np.where(testable, t_tail(np.where(testable, t, 0), np.maximum(self.df, 1)), 1.0)

    def p_among(self, spread: float | Floats) -> Floats:
        """Return the one-sided p value of "as the others are", whose true values have the standard deviation *spread*.

        People and sections are never exactly equal, so chance is not all that makes them differ. The spread is taken
        for known: the degrees of freedom grow with its part (Satterthwaite 1946, Biometrics Bulletin 2).

        Examples
        --------
        >>> import numpy as np
        >>> off = Estimate(np.array([0.1]), np.array([0.03]), np.array([1e9]), np.array([50.0]))
        >>> off.p_among(0.04).round(4), off.p_above().round(4)  # z = .1 / .05 and .1 / .03
        (array([0.0228]), array([0.0004]))
        """
        wider = self.se**2 + np.square(spread)
        with np.errstate(invalid="ignore", divide="ignore"):
            df = self.df * np.where(self.se > 0, wider / self.se**2, 1.0) ** 2
        return Estimate(self.value, np.sqrt(wider), np.minimum(df, MOST_DF), self.n).p_above()

    def at(self, index: Ints | Bools) -> "Estimate":
        """Return the entries at *index*."""
        return Estimate(self.value[index], self.se[index], self.df[index], self.n[index])

    def interval(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the two-sided interval at *confidence*."""
        half = t_quantile((1 + confidence) / 2, np.maximum(self.df, 1)) * self.se
        return self.value - half, self.value + half


@dataclass(frozen=True, slots=True)
class Sums:
    """What a mean and its cluster-robust standard error are made of, by group; sums of groups add.

    With y the sum and m the number of values in a cluster: ``n`` = sum of m, ``y`` = sum of y, ``yy``, ``ym``, ``mm`` =
    sums of y*y, y*m, m*m, ``clusters`` = number of clusters.
    """

    n: Floats
    y: Floats
    yy: Floats
    ym: Floats
    mm: Floats
    clusters: Floats

    def parts(self) -> tuple[Floats, ...]:
        """Return the six sums in order."""
        return self.n, self.y, self.yy, self.ym, self.mm, self.clusters

    def sum(self, axis: int) -> "Sums":
        """Return the sums over *axis*."""
        return Sums(*(part.sum(axis) for part in self.parts()))

    def minus(self, other: "Sums") -> "Sums":
        """Return the sums of the groups that are in these and not in *other*, by broadcasting."""
        return Sums(*(mine - theirs for mine, theirs in zip(self.parts(), other.parts(), strict=True)))

    def times(self, factor: float) -> "Sums":
        """Return the sums of values *factor* times as large."""
        return Sums(self.n, self.y * factor, self.yy * factor**2, self.ym * factor, self.mm, self.clusters)

    def expand(self, axis: int) -> "Sums":
        """Return the sums with a new *axis*."""
        return Sums(*(np.expand_dims(part, axis) for part in self.parts()))

    def mean(self) -> Estimate:
        """Return the mean with its cluster-robust standard error, ``sum((y - mean m)^2) G / (G - 1) / n^2``.

        Examples
        --------
        >>> import numpy as np
        >>> sums = sums_by(np.array([0, 0, 0, 0]), 1, np.array([0, 1, 2, 3]), np.array([0.0, 1.0, 0.0, 1.0]))
        >>> estimate = sums.mean()
        >>> estimate.value, estimate.se.round(4)  # sd / sqrt(n) = 0.5774 / 2
        (array([0.5]), array([0.2887]))
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = self.y / self.n
            squares = np.maximum(self.yy - 2 * mean * self.ym + mean**2 * self.mm, 0)
            se = np.sqrt(squares * self.clusters / (self.clusters - 1)) / self.n
        return Estimate(mean, np.where(self.clusters > 1, se, np.nan), self.clusters - 1, self.n)


def sums_by(group: Ints, n_groups: int, cluster: Ints, value: Floats, times: Times | None = None) -> Sums:
    """Return the sums of *value* by *group*; entries with a NaN value or a negative group are left out.

    *times* says how many equal entries each one stands for.
    """
    use = ~np.isnan(value) & (group >= 0)
    if not use.all():
        group, cluster, value = group[use], cluster[use], value[use]
        times = None if times is None else times.at(use)
    key = cluster * n_groups
    key += group
    if times is not None:
        return _sums_of_many(key, n_groups, value, times)
    if (key[1:] > key[:-1]).all():  # a crowd's labels come sorted, and each is alone: nothing to add up first
        n, y = np.bincount(group, minlength=n_groups).astype(np.float64), tally(group, value, n_groups)
        return Sums(n, y, tally(group, value * value, n_groups), y, n, n)
    if len(key) and int(key.max()) <= min(DENSE, 20 * len(key)):
        given = tally(key, np.ones(len(key)), 1)
        filled = np.flatnonzero(given)
        y, m, owner = tally(key, value, 1)[filled], given[filled], filled.astype(np.int64) % n_groups
    else:
        unique, inverse = np.unique(key, return_inverse=True)
        y = tally(inverse, value, len(unique))
        m = tally(inverse, np.ones(len(value)), len(unique))
        owner = unique % n_groups

    def total(per_cluster: Floats) -> Floats:
        return tally(owner, per_cluster, n_groups)

    return Sums(total(m), total(y), total(y * y), total(y * m), total(m * m), total(np.ones(len(y))))


def _sums_of_many(key: Ints, n_groups: int, value: Floats, times: Times) -> Sums:
    """Return the sums by group of entries that stand for several each; *key* is cluster * groups + group."""
    unique, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    y, m = (tally(inverse, part, len(unique)) for part in (value * times.within, times.within))
    owner, alike = unique % n_groups, times.alike[first]

    def total(per_cluster: Floats) -> Floats:
        return tally(owner, per_cluster * alike, n_groups)

    return Sums(total(m), total(y), total(y * y), total(y * m), total(m * m), total(np.ones(len(y))))


def difference(inside: Estimate, outside: Estimate) -> Estimate:
    """Return inside - outside for independent groups, with Welch's degrees of freedom."""
    a, b = inside.se**2, outside.se**2
    with np.errstate(invalid="ignore", divide="ignore"):
        df = (a + b) ** 2 / (a**2 / inside.df + b**2 / outside.df)
    return Estimate(inside.value - outside.value, np.sqrt(a + b), np.nan_to_num(df, nan=0.0), inside.n)


def benign_spread(others: Estimate, expected: float) -> float:
    """Return the standard deviation of the true values of *others* (M,): what is usual in this project.

    From the middle half of them, so that a few who stand out do not count, less what chance adds. The fewer they are
    and the less sure their values, the more it borrows from the spread *expected* beforehand.

    Examples
    --------
    >>> import numpy as np
    >>> nobody = np.zeros(0)
    >>> benign_spread(Estimate(nobody, nobody, nobody, nobody), 0.02)
    0.02
    """
    known = np.isfinite(others.value) & np.isfinite(others.se)
    value, m = others.value[known], int(known.sum())
    if m < FEWEST_TO_SPREAD:
        return expected
    between = (TO_DEVIATION * float(np.median(np.abs(value - np.median(value))))) ** 2 * m / (m - 1)
    chance = float(np.median(others.se[known] ** 2))
    worth = (m - 1) * (expected**2 / max(expected**2 + chance, 1e-12)) ** 2
    return float(np.sqrt((BORROWED * expected**2 + worth * max(between - chance, 0.0)) / (BORROWED + worth)))


def linear(influence: Floats, evidence: Evidence, value: float, n: float) -> Estimate:
    """Return the estimate *value* whose standard error is that of the summed *influence* (U,) by cluster."""
    summed, alike = by_cluster(influence, evidence)
    touched = np.bincount(evidence.cluster, influence != 0) > 0
    clusters = int(np.count_nonzero(touched) if alike is None else alike[touched].sum())
    squares = float((summed**2).sum() if alike is None else summed**2 @ alike)
    se = float(np.sqrt(squares * clusters / (clusters - 1))) if clusters > 1 else np.nan
    return Estimate(np.array(value), np.array(se), np.array(clusters - 1.0), np.array(float(n)))


def by_cluster(value: Floats, evidence: Evidence) -> tuple[Floats, Ints | None]:
    """Return (G,) the sums of *value* (U,) in each cluster, and how many equal clusters each is; None if one."""
    if evidence.times is None:
        return tally(evidence.cluster, value, 0), None
    summed = tally(evidence.cluster, value * evidence.times.within, 0)
    return summed, evidence.times.of_clusters(evidence.cluster)


@dataclass(frozen=True, slots=True)
class Additive:
    """The least-squares fit d = mean of (x_a + x_b) over the unit's pairs + section.

    Parameters
    ----------
    annotators
        (M,) codes of the annotators in the fit.
    own
        (M,) x_a, each annotator's share of the disagreement, up to a constant.
    covariance
        (M, M) cluster-robust covariance of *own*.
    mix
        (U,) what the unit's annotators add to its disagreement, centred; NaN where nothing is compared.
    residual
        (U,) disagreement less the fit; 0 where nothing is compared.
    identified
        True if differences between annotators are determined by the data.
    clusters
        Number of clusters.
    varies, left
        Where only sums tell who labelled what: (U,) how much *mix* varies among equal units, and the (A, S + 1) sums of
        the residuals by annotator and section.
    """

    annotators: Ints
    own: Floats
    covariance: Floats
    mix: Floats
    residual: Floats
    identified: bool
    clusters: int
    varies: Floats | None = None
    left: Sums | None = None

    def against_others(self) -> Estimate:
        """Return (M,) how much larger each annotator's share is than the mean of the others'."""
        m = len(self.own)
        centre = np.eye(m) - (1 - np.eye(m)) / max(m - 1, 1)
        variance = np.einsum("ij,jk,ik->i", centre, self.covariance, centre)
        df = np.full(m, self.clusters - 1.0)
        return Estimate(centre @ self.own, np.sqrt(np.maximum(variance, 0)), df, df + 1)


def additive(evidence: Evidence, min_labels: int = 1) -> Additive:
    """Return the additive fit of the evidence; annotators with fewer than *min_labels* labels stay at zero."""
    if evidence.people is not None:
        people = evidence.people
        return evidence.once("additive", lambda: people.additive(evidence, min_labels))
    use = evidence.kept & evidence.compared[evidence.unit]
    n_annotators, n_sections, n_units = len(evidence.annotators), len(evidence.sections), len(evidence.section)
    given = evidence.count(evidence.annotator[use], evidence.unit[use], n_annotators)
    who = np.flatnonzero(given >= min_labels)
    column = np.full(n_annotators, -1)
    column[who] = np.arange(len(who))
    rows, columns = evidence.unit[use], column[evidence.annotator[use]]
    weight = 2.0 / evidence.size[rows]
    fitted = columns >= 0
    units = np.flatnonzero(evidence.compared)
    m = len(who)
    design = sparse.csr_matrix(
        (
            np.concatenate([weight[fitted], np.ones(len(units))]),
            (
                np.concatenate([rows[fitted], units]),
                np.concatenate(
                    [columns[fitted], m + np.where(evidence.section[units] < 0, n_sections, evidence.section[units])]
                ),
            ),
        ),
        shape=(n_units, m + n_sections + 1),
    )
    d = np.where(evidence.compared, evidence.disagreement, 0.0)
    weighted = design if evidence.times is None else design.multiply(evidence.times.each[:, None]).tocsr()
    live, inverse, loose = inverted((weighted.T @ design).toarray())
    design = design[:, live]
    solution = inverse @ (weighted[:, live].T @ d)
    residual = np.where(evidence.compared, d - design @ solution, 0.0)
    clusters = np.unique(evidence.cluster[units], return_inverse=True)[1]
    listed = n_clusters = int(clusters.max(initial=-1)) + 1
    left, times = residual[units], evidence.times_at(units)
    left = left if times is None else left * times.within
    scores = (sparse.csr_matrix((left, (clusters, units)), shape=(listed, n_units)) @ design).toarray()
    every = scores
    if times is not None:
        alike = times.of_clusters(clusters)
        n_clusters, every = int(alike.sum()), scores * alike[:, None]
    bread = inverse @ (scores.T @ every) @ inverse * n_clusters / max(n_clusters - 1, 1)
    own = solution[:m] - np.median(solution[:m]) if m else solution[:m]
    mix = np.full(n_units, np.nan)
    mix[units] = np.bincount(rows[fitted], weight[fitted] * own[columns[fitted]], minlength=n_units)[units]
    # one direction is never determined: a constant moved from all annotators to all sections
    return Additive(who, own, bread[:m, :m], mix, residual, loose == 1 and m >= 3, n_clusters)


def inverted(gram: Floats) -> tuple[Ints, Floats, int]:
    """Return which rows of *gram* (M, M) hold anything, its inverse there, and in how many directions it has none.

    Examples
    --------
    >>> live, inverse, loose = inverted(np.array([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 4.0]]))
    >>> live.tolist(), inverse.tolist(), loose
    ([0, 2], [[0.5, 0.0], [0.0, 0.25]], 0)
    """
    live = np.flatnonzero(np.diag(gram) > 0)
    values, vectors = np.linalg.eigh(gram[np.ix_(live, live)])
    solid = values > values.max(initial=0) * 1e-9
    return live, (vectors[:, solid] / values[solid]) @ vectors[:, solid].T, int((~solid).sum())
