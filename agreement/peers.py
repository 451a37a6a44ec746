"""Each annotator's mean agreement with the others on the items they share; an illustration, never a verdict."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import equal_entries, unit_blocks
from agreement.uncertainty.distributions import normal_quantile, t_quantile
from agreement.uncertainty.pooling import shown
from agreement.units import CACHED, Units

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Peers:
    """Mean agreement with the others, per annotator.

    Letters: A annotators.

    Parameters
    ----------
    value, low, high
        (A,) share of the others on the same unit who gave the same label, with its interval; NaN where ``n`` is 0.
    n
        (A,) units that the annotator shares with at least one other.
    mean, dispersion
        The mean over all annotators, and the variance of one unit's share: the funnel is
        mean ± z sqrt(dispersion / n).
    """

    value: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int64]
    mean: float
    dispersion: float

    def limits(self, n: Floats, coverage: float = 0.998) -> tuple[Floats, Floats]:
        """Return the lower and upper funnel limit at *n* units (Spiegelhalter 2005, Statistics in Medicine 24)."""
        width = normal_quantile(0.5 + coverage / 2) * np.sqrt(self.dispersion / np.maximum(n, 1))
        return np.maximum(self.mean - width, 0.0), np.minimum(self.mean + width, 1.0)


def peers_of_pairs(
    n_annotators: int, unit: Ints, a: Ints, b: Ints, agreement: Floats, confidence: float = 0.95,
    weight: Ints | None = None,
) -> Peers:  # fmt: skip
    """Return each annotator's mean *agreement* (E,) with the others, given for annotators *a* and *b* on each *unit*.

    *weight* (U,) says how many units of the data each unit stands for, itself if it is None.

    Examples
    --------
    >>> import numpy as np
    >>> unit, a, b = np.array([0, 0, 0]), np.array([0, 0, 1]), np.array([1, 2, 2])
    >>> peers_of_pairs(3, unit, a, b, np.array([1.0, 0.5, 0.5])).value.tolist()
    [0.75, 0.75, 0.5]
    """
    key, cell = np.unique(np.concatenate([unit * n_annotators + a, unit * n_annotators + b]), return_inverse=True)
    share = np.bincount(cell, np.tile(agreement, 2)) / np.bincount(cell) if len(cell) else np.empty(0)
    at, who = np.divmod(key, n_annotators)
    times = None if weight is None or (weight == 1).all() else weight[at].astype(np.float64)
    return _means(share, who.astype(np.int64), times, n_annotators, confidence)


def peers(units: Units, confidence: float = 0.95) -> Peers:
    """Return each annotator's mean agreement with the others; units are the independent cases.

    The interval is value ± t sd / sqrt(n) over the units' shares, cut at 0 and 1.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> found = peers(units_from_matrix([["a", "a", "b"], ["a", "a", "a"]]))
    >>> found.value.round(2).tolist(), found.n.tolist()
    ([0.75, 0.75, 0.5], [2, 2, 2])
    """
    k, others = len(units.labels), np.bincount(units.unit, minlength=units.n_units) - 1
    found = shown(units)
    if found is not None and found.counts.size <= len(units.unit) and others.min(initial=1) > 0:
        r = found.counts.sum(axis=1, keepdims=True)
        share = found.of_labels(units.unit, units.label, (found.counts - 1) / (r - 1))
        return _means(share, units.annotator, _weights(units), len(units.annotators), confidence)
    order = None if (units.unit[1:] >= units.unit[:-1]).all() else np.argsort(units.unit, kind="stable")
    unit = units.unit if order is None else units.unit[order]
    share = np.empty(len(unit))
    with np.errstate(invalid="ignore"):  # nobody of nobody agrees: left out below
        for some, first in unit_blocks(unit, units.n_units, k):
            rows = some if order is None else order[some]
            same = equal_entries((units.unit[rows] - first) * k + units.label[rows])
            share[rows] = (same - 1) / others[units.unit[rows]]
    who, weight = units.annotator, _weights(units)
    shared = (others > 0)[units.unit]
    if not shared.all():
        share, who, weight = share[shared], who[shared], None if weight is None else weight[shared]
    return _means(share, who, weight, len(units.annotators), confidence)


def _weights(units: Units) -> Floats | None:
    """Return (N,) how many units of the data each label is on; None if each is on one."""
    return None if (units.weight == 1).all() else units.weight[units.unit].astype(np.float64)


def _means(share: Floats, who: Ints, weight: Floats | None, a: int, confidence: float) -> Peers:
    """Return the mean *share* of each annotator with a t interval over units, and the funnel's centre and width."""

    def weighted(values: Floats) -> Floats:
        if weight is not None:
            values *= weight
        return values

    n = np.bincount(who, weight, minlength=a).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.bincount(who, share if weight is None else weight * share, minlength=a) / n
        variance = np.bincount(who, weighted(_squares(share, value, who)), minlength=a) / (n - 1)
        width = t_quantile(0.5 + confidence / 2, np.maximum(n - 1, 1)) * np.sqrt(variance / n)
    total = max(float(len(share) if weight is None else weight.sum()), 1.0)
    mean = float((share if weight is None else weight * share).sum() / total)
    return Peers(
        value,
        np.clip(value - width, 0, 1),
        np.clip(value + width, 0, 1),
        n.astype(np.int64),
        mean,
        float(weighted(_squares(share, np.array([mean]))).sum() / total),
    )


def peers_of_sums(n: Floats, y: Floats, yy: Floats, confidence: float = 0.95) -> Peers:
    """Return what :func:`peers` does from what an engine summed up: (A,) units, shares and squared shares.

    Examples
    --------
    >>> import numpy as np
    >>> found = peers_of_sums(np.array([2.0]), np.array([1.5]), np.array([1.25]))
    >>> found.value.tolist(), found.dispersion  # shares of 1 and 0.5
    ([0.75], 0.0625)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        value = y / n
        variance = np.maximum(yy - n * value**2, 0.0) / (n - 1)
        width = t_quantile(0.5 + confidence / 2, np.maximum(n - 1, 1)) * np.sqrt(variance / n)
    total = max(float(n.sum()), 1.0)
    mean = float(y.sum()) / total
    low, high = np.clip(value - width, 0, 1), np.clip(value + width, 0, 1)
    return Peers(value, low, high, n.astype(np.int64), mean, max(float(yy.sum()) / total - mean**2, 0.0))


def _squares(share: Floats, centre: Floats, who: Ints | None = None) -> Floats:
    """Return the squared distances of each *share* from the *centre*, that of its person if *who* is given."""
    found = np.empty(len(share))
    for start in range(0, len(share), CACHED):
        rows = slice(start, start + CACHED)
        apart = share[rows] - (centre if who is None else centre[who[rows]])
        np.multiply(apart, apart, out=found[rows])
    return found
