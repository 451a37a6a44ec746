"""Item level: one label per item, from a closed set, ordered or not."""

from dataclasses import replace

import numpy as np

from agreement.annotations import Annotations
from agreement.comparison._columns import Rows
from agreement.comparison._own import own_measures
from agreement.comparison._pairs import ALWAYS_BY_LABEL, Choice, add_labels, add_pairs, choose
from agreement.comparison._pools import Pool, add_means, add_pools
from agreement.comparison._result import Comparison
from agreement.comparison.confusion import confusions
from agreement.comparison.marginals import marginals
from agreement.comparison.retest import retests
from agreement.comparison.spread import spread
from agreement.counts import Contingency, contingency
from agreement.pooling import documents, patterns
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
    own = own_measures(annotations.layers[layer], settings)
    choice = choose(units, settings, ordered=ordered, own=own)
    add_pairs(rows, units, tables, cluster, choice, settings)
    left_out: dict[str, int] = {}
    by_label, labelled = choice, tables
    k = len(units.labels)
    if len(tables.pairs) * k > ALL_LABEL_ROWS:
        keep = tables.n >= settings.measures.min_pair_items
        labelled = Contingency(tables.labels, tables.annotators, tables.pairs[keep], tables.counts[keep])
        least = settings.measures.min_pair_items
        left_out[f"rows by label of pairs with fewer than {least} shared items (pairs)"] = int((~keep).sum())
        if len(labelled.pairs) * k > SOME_LABEL_ROWS:
            by_label = Choice((), tuple(m for m in choice.by_label if m.name in ALWAYS_BY_LABEL))
            left_out["rows by label of measures other than F1, precision and recall (pairs)"] = len(labelled.pairs)
    add_labels(rows, units, labelled, cluster, by_label, settings)
    _add_pools(rows, Pool(units, tables, cluster, ordered, own), annotations, settings)
    confidence = settings.measures.confidence
    found = patterns(units, cluster)
    details = {
        "left_out": {what: pairs for what, pairs in left_out.items() if pairs},
        "clusters": None if cluster is None else len(np.unique(cluster)),
        "pair_confusion": confusions(found, confidence).table(units.labels),
        "retest": retests(annotations, layer, confidence),
        "marginals": marginals(tables, settings.measures.min_pair_items),
        "spread": spread(units),
    }
    return Comparison(annotations.layers[layer], rows.frame(), units, tables, details)


def _add_pools(rows: Rows, everybody: Pool, annotations: Annotations, settings: Settings) -> None:
    """Add the pooled rows: of the humans where models were compared too, whose pairs with humans then stand apart."""
    units, tables = everybody.units, everybody.tables
    model = np.isin(units.annotators, annotations.of_kind("model"))
    if not model.any() or (~model).sum() < 2:
        add_pools(rows, everybody, settings)
        return
    models = model[tables.pairs].sum(axis=1)

    def part(number: int) -> Contingency:
        keep = models == number
        return Contingency(tables.labels, tables.annotators, tables.pairs[keep], tables.counts[keep])

    humans = replace(everybody, units=units.without(model), tables=part(0), params="annotators=human")
    add_pools(rows, humans, settings)
    add_means(rows, replace(everybody, tables=part(1), params="pairs=human-model"), settings)
