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
    "no_interval",
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
        (reference < other), the rest twice. ``value`` is missing exactly where ``undefined`` gives the reason, and
        its interval where ``no_interval`` does.
        ``params`` is text such as ``min_pair_items=30``. ``n`` are the units compared (of a pooled F1 of a label: those
        that anybody gave the label), ``n_informative`` those outside the largest group of equal answers, ``clusters``
        the documents that the interval rests on, missing where units count as independent. For alpha ``observed`` and
        ``expected`` are 1 - D_o and 1 - D_e, so that value = (observed - expected) / (1 - expected) throughout.
    units
        The item-level units; None for spans and answers.
    contingency
        Pair tables of ``units``; None where there are none.
    details
        What only the page of this kind of layer shows (matches, error kinds, tokenizer …), by name. Of items:

        ``pair_confusion``
            Row per label pair, the most confused first: :class:`~agreement.comparison.confusion.Confusion`. Of the
            last round where there are several; ``pair_confusion_before`` then has the rounds before it, and
            ``current_round`` its name.
        ``retest``
            :class:`~agreement.comparison.retest.Retest` of each annotator with repeats.
        ``marginals``
            Tests of marginal homogeneity of the pairs: :func:`~agreement.comparison.marginals.marginals`.
        ``spread``
            How much the labels of each unit differ: :class:`~agreement.comparison.spread.Spread`.
        ``panel``
            The pooled coefficients side by side, and why they differ: :class:`~agreement.comparison.panel.Panel`.
        ``left_out``
            What the rows leave out, and of how many pairs.
        ``clusters``
            How many documents the intervals rest on; None if units count as independent.
    """

    layer: Layer
    scores: pd.DataFrame
    units: Units | None = None
    contingency: Contingency | None = None
    details: dict[str, Any] = field(default_factory=dict)
