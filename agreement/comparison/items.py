"""Item level: one label per item, from a closed set, ordered or not."""

import numpy as np

from agreement.annotations import Annotations
from agreement.comparison._columns import Rows
from agreement.comparison._pairs import ALWAYS_BY_LABEL, Choice, add_labels, add_pairs, choose
from agreement.comparison._pools import add_pools
from agreement.comparison._result import Comparison
from agreement.counts import Contingency, contingency
from agreement.pooling import documents
from agreement.settings import Settings
from agreement.units import item_units

ALL_LABEL_ROWS = 20_000  # pairs x labels up to which every pair has its rows by label
SOME_LABEL_ROWS = 100_000  # pairs x labels up to which they go beyond precision, recall and F1


def compare_items(annotations: Annotations, layer: str, settings: Settings) -> Comparison:
    """Return the comparison of one category or ordinal *layer*."""
    units = item_units(annotations, layer)
    ordered = annotations.layers[layer].kind == "ordinal"
    cluster = documents(units)
    tables = contingency(units)
    rows = Rows(layer, "item")
    choice = choose(units, settings, ordered=ordered)
    add_pairs(rows, units, tables, cluster, choice, settings)
    left_out = []
    by_label, labelled = choice, tables
    k = len(units.labels)
    if len(tables.pairs) * k > ALL_LABEL_ROWS:
        keep = tables.n >= settings.measures.min_pair_items
        labelled = Contingency(tables.labels, tables.annotators, tables.pairs[keep], tables.counts[keep])
        left_out.append(
            f"rows by label of {int((~keep).sum())} pairs with fewer than {settings.measures.min_pair_items} shared items"
        )
        if len(labelled.pairs) * k > SOME_LABEL_ROWS:
            by_label = Choice((), tuple(m for m in choice.by_label if m.name in ALWAYS_BY_LABEL))
            left_out.append("rows by label of other measures than F1, precision and recall")
    add_labels(rows, units, labelled, cluster, by_label, settings)
    add_pools(rows, units, tables, cluster, settings, ordered=ordered, only={})
    details = {"left_out": tuple(left_out), "clusters": None if cluster is None else len(np.unique(cluster))}
    return Comparison(annotations.layers[layer], rows.frame(), units, tables, details)
