"""Krippendorff's alpha: any number of annotators, missing labels, any distance between labels."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.scores import Measure, Parts, Reason, Scores, UnitSums, scored
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def nominal(k: int) -> Floats:
    """Return (K, K): 1 between different labels."""
    return 1 - np.eye(k)


def interval(values: Floats) -> Floats:
    """Return (K, K): squared differences of the *values* (K,) that the labels stand for."""
    return np.asarray((values[:, None] - values) ** 2)


def ratio(values: Floats) -> Floats:
    """Return (K, K): squared differences over sums of the *values* (K,); 0 between 0 and 0."""
    total = values[:, None] + values
    return np.asarray(((values[:, None] - values) / np.where(total == 0, 1, total)) ** 2)


def ordinal(pairable: Floats) -> Floats:
    """Return (…, K, K): squared numbers of values between two ranks, each end counted half.

    *pairable* (…, K) are the totals N_k of the pairable values; d_ck = (sum of N_g for g from c to k - (N_c + N_k)/2)².
    """
    middle = np.cumsum(pairable, axis=-1) - pairable / 2
    return np.asarray((middle[..., :, None] - middle[..., None, :]) ** 2)


def masi(members: NDArray[np.bool_]) -> Floats:
    """Return (K, K) MASI distances of label sets (K, M): 1 - J·M (Passonneau 2006).

    J is the Jaccard similarity, M is 1 for equal sets, 2/3 for a subset, 1/3 for an overlap, 0 for disjoint ones; two
    empty sets are equal.

    Examples
    --------
    >>> import numpy as np
    >>> sets = np.array([[True, True], [True, False]])
    >>> round(float(masi(sets)[0, 1]), 6)  # 1 - 1/2 · 2/3
    0.666667
    """
    shared, either, size = _overlap(members)
    subset = shared == np.minimum(size[:, None], size)
    kind = np.where(shared == either, 1.0, np.where(shared == 0, 0.0, np.where(subset, 2 / 3, 1 / 3)))
    return 1 - kind * np.where(either == 0, 1.0, shared / np.maximum(either, 1))


def jaccard(members: NDArray[np.bool_]) -> Floats:
    """Return (K, K) Jaccard distances of label sets (K, M); two empty sets are equal."""
    shared, either, _ = _overlap(members)
    return 1 - np.where(either == 0, 1.0, shared / np.maximum(either, 1))


def _overlap(members: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Return sizes of intersections and unions (K, K) and of the sets (K,)."""
    one = members.astype(np.float64)
    shared, size = one @ one.T, one.sum(axis=1)
    return shared, size[:, None] + size - shared, size


def alpha_sums(distance: Callable[[int], Floats]) -> UnitSums:
    """Return alpha for a *distance* (K, K) that does not depend on the data, as a function of sums over units."""

    def terms(counts: Floats) -> Floats:
        r = counts.sum(axis=1)
        apart = (counts * (counts @ distance(counts.shape[1]))).sum(axis=1) / np.maximum(r - 1, 1)
        return np.column_stack([np.where(r >= 2, apart, 0.0), counts * (r >= 2)[:, None]])

    def finish(sums: Floats) -> Parts:
        pairable = sums[..., 1:]
        apart = (pairable * (pairable @ distance(pairable.shape[-1]))).sum(axis=-1)
        return _alpha(sums[..., 0], apart, pairable.sum(axis=-1))

    return UnitSums(terms, finish)


def _alpha(coincident: Floats, expected: Floats, total: Floats) -> Parts:
    """Return alpha with 1 - D_o and 1 - D_e from summed distances of coincidences and of all pairable values."""
    with np.errstate(divide="ignore", invalid="ignore"):
        d_o = coincident / total
        d_e = expected / (total * (total - 1))
        value = np.where(expected == 0, np.nan, 1 - d_o / d_e)
    return value, 1 - d_o, 1 - d_e


def _ordinal_terms(counts: Floats) -> Floats:
    """Return the coincidences of a unit and its pairable values: (U, K) → (U, K·K + K)."""
    k, r = counts.shape[1], counts.sum(axis=1)
    both = counts[:, :, None] * counts[:, None, :]
    both[:, np.arange(k), np.arange(k)] -= counts
    scale = np.where(r >= 2, 1 / np.maximum(r - 1, 1), 0.0)
    return np.concatenate([(both * scale[:, None, None]).reshape(len(counts), -1), counts * (r >= 2)[:, None]], axis=1)


def _ordinal_total(counts: Floats, times: Floats) -> Floats:
    """Return the summed terms (K·K + K) of item x label counts (U, K), each *times* (U,) as often."""
    r = counts.sum(axis=1)
    times = np.where(r >= 2, times, 0.0)
    pairable = times @ counts
    shared = times / np.maximum(r - 1, 1)
    return np.concatenate([(counts.T @ (counts * shared[:, None]) - np.diag(shared @ counts)).ravel(), pairable])


def _ordinal_without(sums: Floats, counts: Floats, times: Floats, group: NDArray[np.int64]) -> Floats:
    """Return ordinal alpha (G,) without each *group* of units, which hold *counts* (U, K), *times* (U,) as often.

    Two labels are as far apart as the middles of their ranks, so that ordinal alpha is interval alpha of these: sums of
    squares about their mean, which ranks have in the middle. Without some units all ranks move, by as many.
    """
    k, groups = counts.shape[1], int(group.max(initial=-1)) + 1
    r = counts.sum(axis=1)
    times = np.where(r >= 2, times, 0.0)
    fewer = np.repeat(sums[None, k * k :], groups, axis=0)
    np.subtract.at(fewer, group, counts * times[:, None])
    n = fewer.sum(axis=1)
    middle = np.cumsum(fewer, axis=1) - fewer / 2 - n[:, None] / 2
    squares = (fewer * middle**2).sum(axis=1)
    own = middle[group]
    within = times / np.maximum(r - 1, 1) * ((counts * own).sum(axis=1) ** 2 - (counts * own**2).sum(axis=1))
    together = ((middle @ sums[: k * k].reshape(k, k)) * middle).sum(axis=1)
    coincident = 2 * (squares - together + np.bincount(group, within, minlength=groups))
    return _alpha(coincident, 2 * n * squares, n)[0]


def _ordinal_finish(sums: Floats) -> Parts:
    """Return ordinal alpha: the distances come from the pairable values themselves."""
    k = round((np.sqrt(1 + 4 * sums.shape[-1]) - 1) / 2)
    coincidences, pairable = sums[..., : k * k].reshape(*sums.shape[:-1], k, k), sums[..., k * k :]
    apart = ordinal(pairable)
    return _alpha(
        (coincidences * apart).sum(axis=(-2, -1)),
        (pairable[..., :, None] * pairable[..., None, :] * apart).sum(axis=(-2, -1)),
        pairable.sum(axis=-1),
    )


NOMINAL = alpha_sums(nominal)
ORDINAL = UnitSums(_ordinal_terms, _ordinal_finish, total=_ordinal_total, without=_ordinal_without)


def krippendorff_alpha(
    counts: NDArray[np.int64] | Floats, distance: Floats | None = None, weight: NDArray[np.int64] | None = None
) -> Scores:
    """Return Krippendorff's alpha of item x label counts (U, K) for a *distance* (K, K), nominal by default.

    alpha = 1 - D_o / D_e over units with r >= 2 labels: D_o = sum_u sum_ck n_c n_k d_ck / (r - 1) / N,
    D_e = sum_ck N_c N_k d_ck / (N (N - 1)), N_c the labels c given to such units, N their sum (Krippendorff 2004,
    ch. 11; 2011). 1 is full agreement, 0 what chance gives; below 0 is worse than chance. ``observed`` and
    ``expected`` are 1 - D_o and 1 - D_e, agreements where no distance exceeds 1. Undefined if no unit has two labels
    or all pairable values are equal. *weight* (U,) says how many units each row stands for. Distances are
    :func:`nominal`, :func:`interval`, :func:`ratio`, :func:`masi`, :func:`jaccard`, or any symmetric matrix with a zero
    diagonal; the ordinal metric depends on the data, see :func:`ordinal_alpha`.

    Examples
    --------
    >>> import numpy as np
    >>> scores = krippendorff_alpha(np.array([[2, 0], [1, 1], [0, 2]]))  # D_o = 2/6, D_e = 18/30
    >>> round(float(scores.value), 6)
    0.444444
    """
    sums = NOMINAL if distance is None else alpha_sums(lambda _: distance)
    return sums.score(counts, weight)


def ordinal_alpha(counts: NDArray[np.int64] | Floats, weight: NDArray[np.int64] | None = None) -> Scores:
    """Return alpha with Krippendorff's ordinal metric of item x label counts (U, K), labels in their order.

    Examples
    --------
    >>> import numpy as np
    >>> float(ordinal_alpha(np.array([[2, 0, 0], [0, 2, 0], [0, 0, 2]])).value)
    1.0
    """
    return ORDINAL.score(counts, weight)


def interval_alpha(unit: NDArray[np.int64], value: Floats, units: int) -> Scores:
    """Return interval alpha of numbers: *value* (N,) given to the *unit* (N,), of *units* in all.

    The same number as ``krippendorff_alpha(counts, interval(values))`` without a K x K matrix: squared differences
    come from sums and sums of squares.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(interval_alpha(np.array([0, 0, 1, 1]), np.array([1.0, 2.0, 3.0, 3.0]), 2).value), 6)
    0.727273
    """
    n, terms = interval_terms(unit, value, units)
    alpha, observed, expected = interval_finish(terms.sum(axis=0))
    return scored(
        np.asarray(alpha),
        np.asarray(n),
        [(np.asarray(n == 0), Reason.NO_SHARED_ITEMS), (~np.isfinite(np.asarray(alpha)), Reason.NO_VARIATION)],
        observed=observed,
        expected=expected,
    )


def interval_terms(unit: NDArray[np.int64], value: Floats, units: int) -> tuple[np.int64, Floats]:
    """Return how many units have two values, and the additive terms (U, 4) of interval alpha."""
    centred = value - (value.mean() if len(value) else 0.0)
    r = np.bincount(unit, minlength=units).astype(np.float64)
    first = np.bincount(unit, centred, minlength=units)
    second = np.bincount(unit, centred**2, minlength=units)
    two = r >= 2
    apart = 2 * (r * second - first**2) / np.maximum(r - 1, 1)
    return np.int64(two.sum()), np.column_stack([apart, r, first, second]) * two[:, None]


def interval_finish(sums: Floats) -> Parts:
    """Return interval alpha with 1 - D_o and 1 - D_e from summed terms (…, 4)."""
    apart, r, first, second = np.moveaxis(sums, -1, 0)
    return _alpha(apart, 2 * (r * second - first**2), r)


MEASURE = (
    Measure(
        *called("krippendorff_alpha.nominal"),
        takes="item_counts",
        compute=krippendorff_alpha,
        range=(-1.0, 1.0),
        symmetric=True,
        citation="Krippendorff 2004, Content Analysis, 2nd ed., ch. 11",
        pooled=NOMINAL,
    ),
    Measure(
        *called("krippendorff_alpha.ordinal"),
        takes="item_counts",
        compute=ordinal_alpha,
        range=(-1.0, 1.0),
        symmetric=True,
        needs_order=True,
        citation="Krippendorff 2004, Content Analysis, 2nd ed., ch. 11",
        pooled=ORDINAL,
    ),
    *(
        Measure(
            *called(f"krippendorff_alpha.{name}"),
            takes="values",
            compute=partial(krippendorff_alpha),
            range=(-1.0, 1.0),
            symmetric=True,
            needs_order=True,
            citation="Krippendorff 2004, Content Analysis, 2nd ed., ch. 11",
        )
        for name in ("interval", "ratio")
    ),
    *(
        Measure(
            *called(f"krippendorff_alpha.{name}"),
            takes="item_counts",
            compute=partial(krippendorff_alpha),
            range=(-1.0, 1.0),
            symmetric=True,
            citation="Passonneau 2006, LREC",
        )
        for name in ("masi", "jaccard")
    ),
)
