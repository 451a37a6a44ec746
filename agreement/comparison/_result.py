"""What a comparison of one layer holds."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from agreement.annotations import Layer
from agreement.counts import Contingency
from agreement.units import Units

SCORE_COLUMNS = (
    "layer", "level", "measure", "params", "label", "reference", "other", "value", "low", "high", "n",
    "n_informative", "clusters", "se", "observed", "expected", "undefined",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """All scores of one layer, and the counts they came from.

    Parameters
    ----------
    layer
        The layer compared.
    scores
        Row per score with ``SCORE_COLUMNS``. ``label``, ``reference`` and ``other`` are None where they do not
        apply: pooled values have no annotators, overall values no label. Symmetric measures appear once per pair
        (reference < other), the rest twice. ``value`` is None exactly where ``undefined`` gives the reason.
        ``params`` is text such as ``min_pair_items=30``.
    units
        The item-level units; None for spans and answers.
    contingency
        Pair tables of ``units``; None where there are none.
    details
        What only the page of this kind of layer shows (matches, error kinds, tokenizer …), by name.
    """

    layer: Layer
    scores: pd.DataFrame
    units: Units | None = None
    contingency: Contingency | None = None
    details: dict[str, Any] = field(default_factory=dict)
