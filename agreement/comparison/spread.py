"""How much the labels of each item differ."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement.counts import chunks
from agreement.measures.entropy import entropy
from agreement.uncertainty.pooling import shown
from agreement.units import Units

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spread:
    """The disagreement on every unit.

    Letters: U units.

    Parameters
    ----------
    n
        (U,) labels it has.
    distinct
        (U,) different labels it has; from 2 on it is a dispute.
    disagreement
        (U,) share of its pairs of labels that differ; NaN below two labels.
    entropy
        (U,) entropy of its labels in bits; NaN below two labels.
    """

    n: NDArray[np.int64]
    distinct: NDArray[np.int64]
    disagreement: Floats
    entropy: Floats


def spread(units: Units) -> Spread:
    """Return how much the labels of each unit differ.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> found = spread(units_from_matrix([["a", "b", "b"], ["a", None, None]]))
    >>> found.distinct.tolist(), found.disagreement.round(3).tolist()
    ([2, 1], [0.667, nan])
    """
    found = shown(units)
    counts = units.item_counts() if found is None else found.counts
    r = counts.sum(axis=1)
    pairs = r * (r - 1)
    differing = pairs - (np.einsum("uk,uk->u", counts, counts) - r)
    bits = np.concatenate([entropy(counts[part]).value for part in chunks(len(counts), 16 * counts.shape[1])] or [r])
    disagreement = differing / np.where(pairs > 0, pairs, np.nan)
    each = slice(None) if found is None else found.number
    return Spread(r[each], np.count_nonzero(counts, axis=1)[each], disagreement[each], bits.astype(np.float64)[each])
