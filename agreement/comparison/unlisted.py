"""The pairs that a large project's table of scores leaves out: those that share few items, some at a time."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from agreement.comparison._columns import Rows
from agreement.comparison._own import own_measures
from agreement.comparison._pairs import Source, add_pairs, choose
from agreement.comparison._result import Comparison
from agreement.counts import Contingency, pairs_that_meet
from agreement.crowds import crowded, shared_units
from agreement.settings import Settings
from agreement.uncertainty.pooling import documents


def unlisted_pairs(comparison: Comparison, settings: Settings) -> Iterator[pd.DataFrame]:
    """Yield the scores, with the main measures, of the pairs that share a unit and are not in ``comparison.scores``.

    Nothing is left where every pair is listed, and nothing can be told where the units don't say who gave which label.
    """
    units, tables = comparison.units, comparison.contingency
    ordered = comparison.layer.kind == "ordinal"
    if units is None or tables is None or not (ordered or comparison.layer.kind == "category"):
        return
    if comparison.details.get("anonymous") or not comparison.details.get("left_out"):
        return
    if not crowded(units) and len(pairs_that_meet(units)[0]) <= int((tables.n > 0).sum()):
        return
    a = len(units.annotators)
    shared = shared_units(units)
    keep = ~np.isin(shared.pairs @ np.array([a, 1]), tables.pairs @ np.array([a, 1]))
    choice = choose(units, settings, ordered=ordered, own=own_measures(comparison.layer, settings)).basic()
    cluster = documents(units)
    for block in shared.blocks(keep):
        found = Contingency(units.labels, units.annotators, block.pairs, block.counts)
        rows = Rows(comparison.layer.name, "item")
        add_pairs(rows, Source(units.weight, found, cluster, lambda block=block: iter([block])), choice, settings)  # type: ignore[misc]
        yield rows.frame()
