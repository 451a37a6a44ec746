"""Intervals: a closed form for shares and F1, a jackknife for everything else; never a bootstrap of our own.

The jackknife (Efron & Stein 1981) takes one unit, or one document, out at a time. For counts that means taking one unit
out of each cell, weighted by its count. It runs on the table plus one pseudo-unit, because a table without disagreement
has no spread at all and yet is no proof; its standard error is turned into an interval on Fisher's z scale with the t
distribution, and the interval is widened to hold the raw value.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from agreement.counts import CACHED, Ints, Margins, chunks
from agreement.scores import LabelSums, Measure, Reason, Scores
from agreement.uncertainty.closed_forms import clopper_pearson_high, wilson, wilson_f1
from agreement.uncertainty.edges import at_most_disagreement, nearly_unanimous, unmet

__all__ = [
    "Clustered", "Statistic", "cell_values", "clopper_pearson_high", "interval", "moved", "pair_scores", "smoothed",
    "transformed", "wilson", "wilson_f1", "without_one",
]  # fmt: skip

Floats = NDArray[np.float64]
Totals = tuple[Floats, Floats, Floats]
"""Of each label: units both gave it, and each of the two gave it, (…, K) each."""
MOST_KEPT = 1 << 22  # cells of tables up to which their smoothing is kept for the next measure
MOST_UNDEFINED = 0.05  # share of resamples without a value above which a bootstrap says nothing


@dataclass(frozen=True, slots=True)
class Clustered:
    """The counts of each document, for the pairs whose units are not independent.

    Letters: S tables of a stack, C (table, document) combinations that hold any unit, K labels.

    Parameters
    ----------
    table
        (C,) which table of the stack.
    margins
        (C, K) the document's part of the table's margins.
    tables
        (C, K, K) its part of the table, for measures that need all cells; None if there are none.
    times
        (C,) how many equal documents each stands for; None where each stands for itself.
    """

    table: Ints
    margins: Margins
    tables: Ints | None = None
    times: Ints | None = None

    def collapse(self) -> "Clustered":
        """Return the same for the tables of each label against the rest, stack (S, K) flattened to S·K."""
        k = self.margins.both.shape[-1]
        parts = self.margins.collapse()
        flat = parts.reshape(-1, 2, 2)
        table = (self.table[:, None] * k + np.arange(k)).ravel()
        margins = Margins(np.diagonal(flat, axis1=-2, axis2=-1), flat.sum(axis=-1), flat.sum(axis=-2))
        return Clustered(table, margins, flat, None if self.times is None else self.times.repeat(k))


def smoothed(tables: NDArray[np.number]) -> tuple[Floats, Floats]:
    """Return tables (…, K, K) plus one pseudo-unit, and the pseudo-unit.

    Half of it lies on the diagonal in proportion to the label shares of both annotators, half is spread as the product
    of their margins.
    """
    return smoothed_with(tables, margins_of(tables))[:2]


def smoothed_with(tables: NDArray[np.number], margins: Margins) -> tuple[Floats, Floats, Totals]:
    """Return what :func:`smoothed` does of tables whose *margins* are known, and the totals with the pseudo-unit."""
    n = np.maximum(margins.n, 1)[..., None]
    reference, other = margins.reference / n, margins.other / n
    pseudo = (reference / 2)[..., :, None] * other[..., None, :]
    diagonal = np.arange(tables.shape[-1])
    matched = (reference + other) / 4
    pseudo[..., diagonal, diagonal] += matched
    full: Floats = tables.astype(np.float64)
    full += pseudo
    more = (margins.reference + reference / 2 + matched, margins.other + other / 2 + matched)
    return full, pseudo, (full[..., diagonal, diagonal], *more)


def margins_of(tables: NDArray[np.number]) -> Margins:
    """Return the margins of *tables* (…, K, K)."""
    return Margins(*_totals(tables))


def _totals(tables: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the matches of each label and the totals of the two annotators, (…, K) each."""
    return np.diagonal(tables, axis1=-2, axis2=-1), tables.sum(axis=-1), tables.sum(axis=-2)


def transformed(
    value: Floats,
    centre: Floats,
    se: Floats,
    freedom: NDArray[np.number],
    bounds: tuple[float, float],
    confidence: float,
) -> tuple[Floats, Floats]:
    """Return an interval from a standard error that respects the range of the measure, widened to hold *value*.

    Between -1 and 1 it is tanh(atanh(centre) ± t SE / (1 - centre²)). Between 0 and 1 it is Wilson's interval on the
    effective size centre (1 - centre) / SE², with t for z: on a logit scale a value near 1 with a large standard error
    would get an interval from 0 to 1. Elsewhere it is centre ± t SE.
    """
    t = _quantiles(np.maximum(freedom, 1), 0.5 + confidence / 2)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if bounds == (-1.0, 1.0):
            inner = np.clip(centre, -1 + 1e-12, 1 - 1e-12)
            half = t * se / (1 - inner**2)
            low, high = (np.tanh(np.arctanh(inner) + sign * half) for sign in (-1, 1))
        elif bounds == (0.0, 1.0):
            inner = np.clip(centre, 1e-12, 1 - 1e-12)
            part = (t * se) ** 2 / (inner * (1 - inner))  # t² over the effective size
            middle = (inner + part / 2) / (1 + part)
            half = np.sqrt(part * inner * (1 - inner) + part**2 / 4) / (1 + part)
            low, high = np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
        else:
            low, high = centre - t * se, centre + t * se
    return np.minimum(low, value), np.maximum(high, value)


def _quantiles(freedom: NDArray[np.number], share: float) -> Floats:
    """Return the quantiles of t with these degrees of *freedom*, each found once: many pairs share as many units."""
    each, number = np.unique(freedom, return_inverse=True)
    quantiles: Floats = np.asarray(stdtrit(each, share))[number].reshape(np.shape(freedom))
    return quantiles


def moved(without: Floats, centre: Floats, bounds: tuple[float, float]) -> Floats:
    """Return how far the values *without* a unit lie from *centre*, 0 where there is none.

    Values of a share are cut at one range beyond its own: of a label used once or twice, taking out a pseudo-unit can
    leave next to nothing to divide by.
    """
    reach = np.clip(without, -1.0, 2.0) if bounds == (0.0, 1.0) else without
    change = np.asarray(reach - centre)
    known = np.isfinite(reach)
    if not known.all():
        change[~known] = 0.0
    return change


def pair_scores(
    measure: Measure,
    tables: Ints,
    confidence: float = 0.95,
    clustered: Clustered | None = None,
    n_clusters: Ints | None = None,
    smooth: "Smoothing | None" = None,
) -> Scores:
    """Return the scores of a stack of tables (S, K, K) with the intervals that the measure asks for.

    *clustered* makes documents the thing taken out; *n_clusters* (S,) says how many a table has. The jackknife needs
    two units or documents; with fewer there is a value and no interval. *smooth* is the smoothing of *tables*, for
    several measures of the same ones.
    """
    smooth = smooth or Smoothing(tables, margins_of(tables))
    margins = smooth.margins
    if measure.sums is not None:
        scores = measure.sums.score_margins(margins.both, margins.reference, margins.other)
    else:
        scores = measure.compute(tables)
    n = scores.n
    scores = replace(scores, n_informative=n - margins.both.max(axis=-1, initial=0))
    if clustered is not None:
        scores = replace(scores, clusters=n_clusters)
    if measure.interval == "none":
        return scores
    agree = margins.both.sum(axis=-1)
    if clustered is None and measure.interval == "wilson" and not measure.binary:
        return _limits(scores, *wilson(agree, n, confidence))
    if clustered is None and measure.interval in ("wilson", "wilson_f1"):
        part, whole = _shares(measure.name, tables)
        limits = (wilson_f1 if measure.interval == "wilson_f1" else wilson)(part, whole, confidence)
        return _limits(scores, *limits)
    se, centre = _jackknife(measure, smooth, clustered, n_clusters)
    size = n if n_clusters is None or clustered is None else n_clusters
    low, high = transformed(scores.value, centre, se, size - 1, measure.range, confidence)
    least = None if scores.expected is not None else at_most_disagreement(measure, tables, n - agree, confidence)
    low, high = nearly_unanimous(low, high, scores, n - agree, measure.range, confidence, least)
    high = np.maximum(high, unmet(measure, tables, margins, confidence))
    return _limits(replace(scores, se=np.where(size >= 2, se, np.nan)), low, high, size >= 2)


def _shares(name: str, tables: Ints) -> tuple[Ints, Ints]:
    """Return part and whole of the share behind a binary measure of tables [[tp, fn], [fp, tn]]."""
    tp, fn, fp, tn = tables[..., 0, 0], tables[..., 0, 1], tables[..., 1, 0], tables[..., 1, 1]
    wholes = {
        "precision": (tp, tp + fp),
        "recall": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "negative_specific_agreement": (tn, tn + fp + fn),
    }
    return wholes.get(name, (tp, tp + fp + fn))


def _limits(scores: Scores, low: Floats, high: Floats, enough: NDArray[np.bool_] | None = None) -> Scores:
    """Return the scores with limits where there is a value and *enough* data."""
    defined = scores.reason == Reason.DEFINED
    if enough is not None:
        defined &= enough
    return replace(scores, low=np.where(defined, low, np.nan), high=np.where(defined, high, np.nan))


@dataclass(slots=True)
class Smoothing:
    """A stack of tables with its pseudo-units, some tables at a time, made once for all measures of it.

    Parameters
    ----------
    tables, margins
        (S, K, K) and what they sum to.
    kept
        The parts that were made, if they are few enough to be kept.
    """

    tables: Ints
    margins: Margins
    kept: list[tuple[slice, Floats, Floats, Totals]] = field(default_factory=list)

    def parts(self) -> Iterator[tuple[slice, Floats, Floats, Totals]]:
        """Yield tables, so few that they stay in the processor's cache, and what ``smoothed_with`` makes of them."""
        k, margins = self.tables.shape[-1], self.margins
        if self.kept:
            yield from self.kept
            return
        for chunk in chunks(len(self.tables), 2 * k * k, CACHED):
            some = Margins(margins.both[chunk], margins.reference[chunk], margins.other[chunk])
            part = (chunk, *smoothed_with(self.tables[chunk], some))
            if self.tables.size <= MOST_KEPT:
                self.kept.append(part)
            yield part


def _jackknife(
    measure: Measure, smooth: Smoothing, clustered: Clustered | None, n_clusters: Ints | None
) -> tuple[Floats, Floats]:
    """Return the standard error (S,) and the value of the smoothed table (S,)."""
    tables = smooth.tables
    variance, centre = np.zeros(len(tables)), np.zeros(len(tables))
    for chunk, full, pseudo, more in smooth.parts():
        without, centre[chunk] = cell_values(measure, full, more)
        change = moved(without, centre[chunk, None, None], measure.range)
        variance[chunk] = np.einsum("sij,sij,sij->s", full if clustered is None else pseudo, change, change)
    if clustered is None or n_clusters is None:
        size = smooth.margins.n + 1.0
    else:
        size = n_clusters + 1.0
        without = _cluster_values(measure, tables, clustered)
        change = moved(without, centre[clustered.table], measure.range)
        squares = change**2 if clustered.times is None else clustered.times * change**2
        variance += np.bincount(clustered.table, squares, minlength=len(tables))
    return np.sqrt((size - 1) / size * variance), centre


def cell_values(measure: Measure, full: Floats, totals: Totals | None = None) -> tuple[Floats, Floats]:
    """Return the value without one unit of each cell (S, K, K), and with all (S,); *totals* of *full* if known.

    Of a cell that holds nothing, nothing can be taken: where that takes a table of its own to find out, it is left out.
    """
    if measure.sums is not None:
        return without_one(measure.sums, *(totals or _totals(full)))
    centre = np.asarray(measure.compute(full).value)
    if measure.without is not None:
        return measure.without(full), centre
    without = np.repeat(centre, full[0].size if len(full) else 0).reshape(full.shape)
    table, row, column = np.nonzero(full)
    for chunk in chunks(len(table), full.shape[-1] ** 2, CACHED):
        fewer = full[table[chunk]]
        fewer[np.arange(len(fewer)), row[chunk], column[chunk]] -= 1
        without[table[chunk], row[chunk], column[chunk]] = measure.compute(fewer).value
    return without, centre


def without_one(sums: LabelSums, both: Floats, reference: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Return the values (S, K, K) of tables without one unit of each cell, and with all units (S,), from their totals.

    Taking out a unit of cell (i, j) changes the terms of label i by one use of the reference, of label j by one use of
    the other, and on the diagonal by one match.
    """
    k = reference.shape[-1]
    n = reference.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = sums.terms(both, reference, other)
        total = terms.sum(axis=-2)
        rest = total[:, None] - terms
        rows = rest + sums.terms(both, reference - 1, other)
        columns = sums.terms(both, reference, other - 1) - terms
        matched = rest + sums.terms(both - 1, reference - 1, other - 1)
        changed = np.empty((terms.shape[-1], len(terms), k, k))  # a term after the other: each is one run of memory
        for term, row, column in zip(changed, *(np.moveaxis(part, -1, 0) for part in (rows, columns)), strict=True):
            np.add(row[:, :, None], column[:, None, :], out=term)
        diagonal = np.arange(k)
        changed[:, :, diagonal, diagonal] = np.moveaxis(matched, -1, 0)
        value = sums.finish(np.moveaxis(changed, 0, -1), (n - 1)[:, None, None])[0]
        return value, sums.finish(total, n)[0]


def _cluster_values(measure: Measure, tables: Ints, clustered: Clustered) -> Floats:
    """Return the value (C,) of each smoothed table without each of its documents."""
    full, _ = smoothed(tables)
    if measure.sums is not None:
        kept = (
            whole[clustered.table] - part
            for whole, part in (
                (np.diagonal(full, axis1=-2, axis2=-1), clustered.margins.both),
                (full.sum(axis=-1), clustered.margins.reference),
                (full.sum(axis=-2), clustered.margins.other),
            )
        )
        return measure.sums.parts(*kept)[0]
    if clustered.tables is None:
        raise ValueError(f"{measure.name} needs the tables of each document")
    value = np.empty(len(clustered.table))
    for chunk in chunks(len(value), full.shape[-1] ** 2):
        value[chunk] = measure.compute(full[clustered.table[chunk]] - clustered.tables[chunk]).value
    return value


Statistic = Callable[[Ints], Floats]


def interval(
    statistic: Statistic, table: NDArray[np.integer], resamples: int = 2000, confidence: float = 0.95, seed: int = 0
) -> tuple[Any, Any]:
    """Return a percentile bootstrap interval of a statistic of your own, or of several at once.

    Letters: B resamples, S statistics.

    Parameters
    ----------
    statistic
        Takes counts (B, …) with the shape of *table* behind the resamples B and returns (B,), or (B, S) for several
        statistics of the same resamples.
    table
        Counts of units in cells: a contingency table (K, K), how often each distinct pattern of labels occurs (U,), or
        a one for every document (D,). Resampling units, or documents, with replacement is drawing these counts anew,
        so that B resamples are one draw.
    resamples, confidence, seed
        How many, which level, and the seed: equal input gives equal limits.

    Returns
    -------
    tuple
        Lower and upper limit: two numbers, or two arrays (S,). NaN with fewer than two units, and where more than one
        resample in twenty has no finite value: the rest of them would not be the whole spread. The few others are left
        out.

    Examples
    --------
    >>> import numpy as np
    >>> table = np.array([[40, 10], [10, 40]])
    >>> low, high = interval(lambda t: t[:, 0, 0] / t[:, 0].sum(axis=1), table)
    >>> bool(0.65 < low < 0.8 < high < 0.92)
    True
    """
    n = int(table.sum())
    shares = table.ravel() / max(n, 1)
    draws = np.random.default_rng(seed).multinomial(n, shares, size=resamples) if n else np.zeros((1, table.size), int)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.asarray(statistic(draws.reshape(-1, *table.shape)), dtype=np.float64)
    undefined = ~np.isfinite(values)
    values = np.where(undefined, np.nan, values)
    enough = (undefined.mean(axis=0) <= MOST_UNDEFINED) & (n >= 2)
    sides = [0.5 - confidence / 2, 0.5 + confidence / 2]
    low, high = np.where(enough, np.nanquantile(np.where(enough, values, 0.0), sides, axis=0), np.nan)
    return (float(low), float(high)) if values.ndim == 1 else (low, high)
