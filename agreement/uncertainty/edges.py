"""Limits where a jackknife has no spread: where all agree, and where a label never matched."""

import numpy as np
from numpy.typing import NDArray

from agreement.counts import Ints, Margins, chunks
from agreement.scores import Measure, Scores
from agreement.uncertainty.closed_forms import clopper_pearson_high

Floats = NDArray[np.float64]


def nearly_unanimous(
    low: Floats,
    high: Floats,
    scores: Scores,
    disagreeing: NDArray[np.integer],
    bounds: tuple[float, float],
    confidence: float,
    least: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Return limits that stay honest where at most one unit is *disagreeing*, for which a jackknife has no spread.

    The lower limit is the value at the exact upper limit of the share of disagreement, (1 - u - A_e) / (1 - A_e) or
    *least* where that is known; with no disagreement it replaces the jackknife's, with one it is a ceiling, so that one
    disagreement more never raises the limit.
    """
    if least is None:
        chance = 0.0 if scores.expected is None else scores.expected
        n, disagreeing = np.broadcast_arrays(np.maximum(scores.n, 1), disagreeing)
        limit, few = np.full(n.shape, np.nan), disagreeing <= 1
        limit[few] = clopper_pearson_high(disagreeing[few], n[few], confidence)
        with np.errstate(divide="ignore", invalid="ignore"):
            least = 1 - limit / (1 - chance)
    least = np.maximum(least, bounds[0])
    full = (disagreeing == 0) & (scores.value == 1)
    low = np.where(full, least, np.where(disagreeing == 1, np.minimum(low, least), low))
    return low, np.where(full, 1.0, high)


def at_most_disagreement(measure: Measure, tables: Ints, disagreeing: Ints, confidence: float) -> Floats:
    """Return (S,) the value at the exact upper limit of the share of disagreement where at most one unit disagrees.

    The disagreements fall on the labels as the product of their shares says, so that a rare label meets with more of
    them than it has matches. For a coefficient with A_e it is 1 - u / (1 - A_e). NaN elsewhere.
    """
    found = np.full(len(tables), np.nan)
    n = tables.sum(axis=(-2, -1))
    few = np.flatnonzero((disagreeing <= 1) & (n > 0))
    diagonal = np.arange(tables.shape[-1])
    for chunk in chunks(len(few), 4 * tables.shape[-1] ** 2):
        some = few[chunk]
        share = (tables[some].sum(axis=-1) + tables[some].sum(axis=-2)) / (2 * n[some, None])
        limit = clopper_pearson_high(disagreeing[some], n[some], confidence)
        apart = share[:, :, None] * share[:, None, :]
        apart[:, diagonal, diagonal] = 0
        whole = apart.sum(axis=(-2, -1))
        apart *= (np.where(whole > 0, limit, 0) / np.where(whole > 0, whole, 1))[:, None, None]
        apart[:, diagonal, diagonal] = share - apart.sum(axis=-1)
        found[some] = np.where(whole > 0, measure.compute(apart * n[some, None, None]).value, 1 - limit)
    return found


def unmet(measure: Measure, tables: Ints, margins: Margins, confidence: float) -> Floats:
    """Return (S,) the least that an upper limit must be where a label was used and never matched; -inf elsewhere.

    A jackknife can't know that such a label could match: its matches are the same 0 whatever is taken out. The most
    used of these labels is put at the mid-P limit of 0 matches in its m units, 1 - (1 - confidence)^(1/m), its
    disagreements shrinking as much. Precision and recall count a label that one of the two never used as 0, and it
    is not raised: all its uses on that side would be matches.
    """
    found = np.full(len(tables), -np.inf)
    both, reference, other = margins.both, margins.reference, margins.other
    could = (both == 0) & (measure.symmetric | ((reference > 0) & (other > 0)))
    either = np.where(could, reference + other, 0)
    some = np.flatnonzero(either.any(axis=-1))
    for chunk in chunks(len(some), 4 * tables.shape[-1] ** 2):
        at, row = some[chunk], np.arange(chunk.stop - chunk.start)
        label = either[at].argmax(axis=-1)
        units = either[at, label]
        kept = (1 - confidence) ** (1 / units)
        raised = tables[at].astype(np.float64)
        raised[row, label] *= kept[:, None]
        raised[row, :, label] *= kept[:, None]
        raised[row, label, label] = (1 - kept) * units
        value = measure.compute(raised).value
        found[at] = np.where(np.isfinite(value), np.minimum(value, measure.range[1]), -np.inf)
    return found
