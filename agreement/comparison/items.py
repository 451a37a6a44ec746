"""Item level: one label per item, from a closed set, ordered or not."""

import numpy as np
import pandas as pd

from agreement.annotations import Annotations
from agreement.comparison._result import SCORE_COLUMNS, Comparison
from agreement.counts import contingency
from agreement.measures.cohen_kappa import MEASURE as COHEN_KAPPA
from agreement.settings import Settings
from agreement.units import item_units


def compare_items(annotations: Annotations, layer: str, settings: Settings) -> Comparison:
    """Return the comparison of one category or ordinal *layer*."""
    del settings
    units = item_units(annotations, layer)
    tables = contingency(units)
    scores = COHEN_KAPPA.compute(tables.counts)
    frame = pd.DataFrame(
        {
            "layer": layer,
            "level": "item",
            "measure": COHEN_KAPPA.name,
            "params": "",
            "label": None,
            "reference": np.array(units.annotators)[tables.pairs[:, 0]],
            "other": np.array(units.annotators)[tables.pairs[:, 1]],
            "value": scores.value,
            "n": scores.n,
            "observed": scores.observed,
            "expected": scores.expected,
            "undefined": [str(reason) for reason in scores.reason],
        }
    ).reindex(columns=list(SCORE_COLUMNS))
    return Comparison(annotations.layers[layer], frame, units, tables)
