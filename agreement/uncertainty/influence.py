"""How much each unit moves a value: the deviations from which intervals of differences are made.

Removing unit i changes a value by its deviation d_i. The standard error of a difference of two rounds is the root of
the summed squares of ``after_i - before_i``, first summed within documents, with 0 where a unit is absent: one formula
for paired, partly paired and unpaired rounds (the jackknife of Gwet 2016, Educational and Psychological Measurement
76, and McKenzie et al. 1996, Journal of Psychiatric Research 30).

Equal units may be listed once: *times* (U,) then says how many each stands for, None that each stands for itself. What
is returned for a unit is the deviation of one of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import couples_in_runs
from agreement.units import Units

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Times = Ints | None


@dataclass(frozen=True, slots=True)
class Influence:
    """A value with what each unit contributes to its error.

    Letters: U units.

    Parameters
    ----------
    value
        The value of the data as they are; None where it is undefined.
    centre
        The value with one pseudo-unit added, around which intervals are made: without it a perfect round would have
        no error at all.
    deviation
        (U,) by how much the centre falls when the unit is left out; 0 for units it does not rest on.
    n
        Units it rests on.
    sums
        What the deviations come to where an engine has added them up, and *deviation* says nothing.
    """

    value: float | None
    centre: float
    deviation: Floats
    n: int
    sums: "Sums | None" = None


@dataclass(frozen=True, slots=True)
class Sums:
    """What deviations come to, summed within what is independent.

    Parameters
    ----------
    squares
        The sum of their squares.
    moving
        How many of these sums are not 0.
    products
        The sum of their products with those of the round before.
    """

    squares: float
    moving: float
    products: float


@dataclass(frozen=True, slots=True)
class Couples:
    """Every two labels of one unit.

    Letters: C couples, P pairs of annotators.

    Parameters
    ----------
    unit, pair, first, second
        (C,) codes: unit, pair of annotators, and the labels of the two, in the order of the annotators.
    pairs
        (P, 2) annotator codes.
    """

    unit: Ints
    pair: Ints
    first: Ints
    second: Ints
    pairs: Ints

    def where(self, keep: Bools) -> "Couples":
        """Return the couples for which *keep* (C,) holds."""
        return Couples(self.unit[keep], self.pair[keep], self.first[keep], self.second[keep], self.pairs)


def couples(units: Units, min_pair_items: int = 1) -> Couples:
    """Return the couples of *units*, of pairs with at least *min_pair_items* shared units; of all if none has so many.

    Units count as often as they stand for units of the data; their couples are listed once.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> found = couples(units_from_matrix([["a", "b"], ["a", None], ["b", "b"]]))
    >>> found.unit.tolist(), found.first.tolist(), found.second.tolist()
    ([0, 2], [0, 1], [1, 1])
    """
    earlier, later = couples_in_runs(units.unit)
    keys = units.annotator[earlier] * max(len(units.annotators), 1) + units.annotator[later]
    distinct, pair = np.unique(keys, return_inverse=True)
    shared = np.bincount(pair, units.weight[units.unit[earlier]], minlength=len(distinct))
    pairs = np.stack(np.divmod(distinct, max(len(units.annotators), 1)), axis=1)
    found = Couples(units.unit[earlier], pair, units.label[earlier], units.label[later], pairs)
    enough = shared >= min_pair_items
    return found.where(enough[pair]) if enough.any() else found


def added(values: Floats | Ints, times: Times = None) -> float:
    """Return the sum of *values* (U,), each taken as many *times* as its unit stands for.

    Examples
    --------
    >>> import numpy as np
    >>> added(np.array([1.0, 0.5])), added(np.array([1.0, 0.5]), np.array([3, 2]))
    (1.5, 4.0)
    """
    return float(values.sum() if times is None else times @ values)


def counted(these: Bools, times: Times = None) -> int:
    """Return how many units *these* (U,) stand for.

    Examples
    --------
    >>> import numpy as np
    >>> counted(np.array([True, False, True])), counted(np.array([True, False, True]), np.array([3, 2, 1]))
    (2, 4)
    """
    return int(these.sum() if times is None else times[these].sum())


def ratio(hits: Floats, of: Floats, pseudo: float = 1.0, times: Times = None) -> Influence:
    """Return sum(hits) / sum(of) of two (U,) arrays; no value if they, or all but one unit, hold nothing.

    The centre has two mean-sized units more, one a hit and one a miss, each of weight *pseudo*: in a mean of several
    ratios they share these two, or the mean would be drawn towards 1/2.

    Examples
    --------
    >>> import numpy as np
    >>> share = ratio(np.array([1.0, 0.0, 1.0, 1.0]), np.ones(4))
    >>> share.value, round(share.centre, 3), share.n  # 3 / 4; (3 + 1) / (4 + 2)
    (0.75, 0.667, 4)
    """
    n, total, held = counted(of > 0, times), added(of, times), added(hits, times)
    if total <= 0:
        return Influence(None, 0.0, np.zeros(len(of)), 0)
    size = pseudo * total / n
    if total + 2 * size <= of.max():  # one unit is all there is, and nothing is left to compare it with
        return Influence(None, 0.0, np.zeros(len(of)), 0)
    centre = (held + size) / (total + 2 * size)
    return Influence(held / total, centre, (hits - centre * of) / (total + 2 * size - of), n)


def weighted_sum(parts: list[Influence], weights: Floats, times: Times = None) -> Influence:
    """Return the sum of *parts* with fixed *weights*; undefined if a part with weight is."""
    if any(part.value is None and weight > 0 for part, weight in zip(parts, weights, strict=True)) or not weights.any():
        return Influence(None, 0.0, np.zeros(len(parts[0].deviation) if parts else 0), 0)
    used = [(part, weight) for part, weight in zip(parts, weights, strict=True) if weight > 0]
    touched = np.any([part.deviation != 0 for part, _ in used], axis=0)
    return Influence(
        float(sum((part.value or 0.0) * weight for part, weight in used)),
        float(sum(part.centre * weight for part, weight in used)),
        np.sum([part.deviation * weight for part, weight in used], axis=0),
        counted(touched, times),
    )


def kappa_mean(found: Couples, n_units: int, distances: Floats, times: Times = None) -> Influence:
    """Return the mean of pair kappas weighted by shared items; *distances* (K, K) are 0 or 1 for unordered labels.

    Each pair's kappa is 1 - S n / (r D c) with S the summed distances, r and c the margins: leaving out one unit
    changes S, r, c and n by one cell, so all deviations come in closed form.

    Examples
    --------
    >>> import numpy as np
    >>> from agreement.units import units_from_matrix
    >>> units = units_from_matrix([["a", "a"], ["a", "b"], ["b", "b"], ["b", "b"]])
    >>> kappa_mean(couples(units), 4, 1 - np.eye(2)).value  # (3/4 - 1/2) / (1 - 1/2)
    0.5
    """
    cell_of, size, pair, first, second = _cells(found, len(distances), times)
    kappas = pair_kappas(pair, first, second, size, len(found.pairs), distances)
    if not kappas.defined.any():
        return Influence(None, 0.0, np.zeros(n_units), 0)
    n = np.where(kappas.defined, kappas.n, 0.0)
    summed = float(n @ kappas.centre)
    pairs_of = np.bincount(found.unit, kappas.defined[pair][cell_of], minlength=n_units)
    rest = n.sum() - pairs_of
    with np.errstate(invalid="ignore", divide="ignore"):
        leaving = (summed + np.bincount(found.unit, kappas.change[cell_of], minlength=n_units)) / rest
    centre = summed / float(n.sum())
    deviation = np.where((pairs_of > 0) & (rest > 0), centre - leaving, 0.0)
    return Influence(float(n @ kappas.value / n.sum()), centre, deviation, counted(pairs_of > 0, times))


@dataclass(frozen=True, slots=True)
class PairKappas:
    """The kappas of pairs of annotators.

    Letters: P pairs, C cells of their tables.

    Parameters
    ----------
    n
        (P,) units that the pair shares.
    value, centre
        (P,) kappa of the data as they are, and with the pseudo-unit; 0 where it is not *defined*.
    defined
        (P,) whether the pair has a kappa.
    change
        (C,) by how much kappa times units changes if a unit of the cell is left out.
    """

    n: Floats
    value: Floats
    centre: Floats
    defined: Bools
    change: Floats


def pair_kappas(pair: Ints, first: Ints, second: Ints, size: Floats, n_pairs: int, distances: Floats) -> PairKappas:
    """Return the kappas of pairs from the cells of their tables: (C,) *pair*, labels, and *size*, the units in it.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([0, 0, 1])
    >>> pair_kappas(np.zeros(3, int), one, np.array([0, 1, 1]), np.array([1.0, 1, 2]), 1, 1 - np.eye(2)).value
    array([0.5])
    """
    k = len(distances)
    n = np.bincount(pair, size, minlength=n_pairs)
    rows = np.bincount(pair * k + first, size, minlength=n_pairs * k).reshape(n_pairs, k)
    columns = np.bincount(pair * k + second, size, minlength=n_pairs * k).reshape(n_pairs, k)
    apart = distances[first, second]
    summed = np.bincount(pair, size * apart, minlength=n_pairs)
    by_chance = np.einsum("pk,kl,pl->p", rows, distances, columns)
    defined = (n > 0) & (by_chance > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = np.where(defined, 1 - summed * n / by_chance, 0.0)
        # one pseudo-unit per pair: half of it falls by chance, half on the diagonal
        pseudo = (rows + columns) / (4 * n[:, None])
        more_rows, more_columns = rows * (1 + 0.5 / n[:, None]) + pseudo, columns * (1 + 0.5 / n[:, None]) + pseudo
        more_summed = summed + 0.5 * by_chance / n**2
    from_rows, from_columns = more_columns @ distances.T, more_rows @ distances
    expected = np.einsum("pk,pk->p", more_rows, from_rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = np.where(defined, 1 - more_summed * (n + 1) / expected, 0.0)
        own = from_rows[pair, first] + from_columns[pair, second] - apart
        without = 1 - (more_summed[pair] - apart) * n[pair] / (expected[pair] - own)
        change = np.where(defined[pair], (n[pair] - 1) * without - n[pair] * kappa[pair], 0.0)
    return PairKappas(n.astype(np.float64), raw, kappa, defined, change)


def _cells(found: Couples, k: int, times: Times) -> tuple[Ints, Floats, Ints, Ints, Ints]:
    """Return (C,) the cell of each couple; and per cell how many couples it holds, its pair and its two labels."""
    code = (found.pair * k + found.first) * k + found.second
    n_cells = len(found.pairs) * k * k
    if n_cells > max(len(code), 1):
        cells, cell_of = np.unique(code, return_inverse=True)
    else:
        cells, cell_of = np.arange(n_cells), code
    size = np.bincount(cell_of, None if times is None else times[found.unit], minlength=len(cells))
    pair, labels = np.divmod(cells, k * k)
    first, second = np.divmod(labels, k)
    return cell_of, size.astype(np.float64), pair, first, second


def alpha(counts: Ints, distances: Floats, times: Times = None) -> Influence:
    """Return Krippendorff's alpha of item x label *counts* (U, K) with squared *distances* (K, K).

    Examples
    --------
    >>> import numpy as np
    >>> # 1 - (N - 1) S / E with N = 6, S = 2 (one item of two labels, both orders), E = 2 * 4 * 2
    >>> alpha(np.array([[2, 0], [2, 0], [0, 2]]), 1 - np.eye(2)).value
    1.0
    >>> round(alpha(np.array([[2, 0], [1, 1], [0, 2]]), 1 - np.eye(2)).value, 4)  # 1 - 5 * 2 / (2 * 3 * 3)
    0.4444
    """
    size = counts.sum(axis=1)
    used = np.where(size >= 2, 1, 0)[:, None] * counts
    r = np.maximum(size, 2).astype(np.float64)
    own = np.einsum("uk,kl,ul->u", used, distances, used) / (r - 1)
    shares = (used.sum(axis=0) if times is None else times @ used).astype(np.float64)
    total, summed = shares.sum(), added(own, times)
    by_chance = float(shares @ distances @ shares)
    if by_chance <= 0:
        return Influence(None, 0.0, np.zeros(len(counts)), 0)
    value = 1 - (total - 1) * summed / by_chance
    grow = 1 + 2 / total
    shares, total = shares * grow, total + 2
    summed += by_chance / (total - 2) ** 2
    by_chance = float(shares @ distances @ shares)
    centre = 1 - (total - 1) * summed / by_chance
    labels = used.sum(axis=1)
    left = by_chance - 2 * used @ (distances @ shares) + np.einsum("uk,kl,ul->u", used, distances, used)
    with np.errstate(invalid="ignore", divide="ignore"):
        without = 1 - (total - labels - 1) * (summed - own) / left
    deviation = np.where((labels > 0) & (left > 0), centre - without, 0.0)
    return Influence(float(value), float(centre), deviation, counted(labels > 0, times))
