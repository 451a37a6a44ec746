"""Everybody's mean agreement with the others, for every kind of layer."""

import numpy as np
import pandas as pd

from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.distances import distances_of_units, pair_distances
from agreement.peers import Peers, peers, peers_of_pairs
from agreement.settings import Settings


def with_others(annotations: Annotations, comparison: Comparison, settings: Settings) -> Peers:
    """Return everybody's mean agreement with the others: labels that are equal, or how close answers and spans are."""
    units, layer, confidence = comparison.units, comparison.layer, settings.measures.confidence
    known: Peers | None = comparison.details.get("peers")
    if known is not None:
        return known
    if units is not None and layer.kind in ("category", "ordinal"):
        return peers(units, confidence)
    spans, place_of = comparison.details.get("spans"), pd.Index(annotations.compared)
    if spans is None:
        apart = (
            pair_distances(annotations, layer.name, settings)
            if units is None
            else distances_of_units(units, layer.kind)
        )
        place = place_of.get_indexer(pd.Index(apart.annotators)).astype(np.int64)
        return peers_of_pairs(
            len(place_of), apart.unit, place[apart.a], place[apart.b], 1 - apart.distance, confidence,
            None if units is None else units.weight,
        )  # fmt: skip
    table = spans.distances
    unit = table.groupby(["item", "round"], observed=True, sort=False).ngroup().to_numpy(np.int64)
    a, b = (
        place_of.get_indexer(pd.Index(table[side].astype("str"))).astype(np.int64) for side in ("reference", "other")
    )
    return peers_of_pairs(len(place_of), unit, a, b, 1 - table["distance"].to_numpy(np.float64), confidence)
