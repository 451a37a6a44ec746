"""Everybody's mean agreement with the others, for every kind of layer."""

import numpy as np
import pandas as pd

from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.distances import pair_distances
from agreement.peers import Peers, peers, peers_of_pairs
from agreement.settings import Settings


def with_others(annotations: Annotations, comparison: Comparison, settings: Settings) -> Peers:
    """Return everybody's mean agreement with the others: labels that are equal, or how close answers and spans are."""
    units, layer, confidence = comparison.units, comparison.layer, settings.measures.confidence
    if units is not None and layer.kind in ("category", "ordinal"):
        return peers(units, confidence)
    spans = comparison.details.get("spans")
    if spans is None:
        apart = pair_distances(annotations, layer.name, settings)
        place = np.array([annotations.compared.index(name) for name in apart.annotators], dtype=np.int64)
        return peers_of_pairs(
            len(annotations.compared), apart.unit, place[apart.a], place[apart.b], 1 - apart.distance, confidence
        )
    table = spans.distances
    place_of = pd.Index(annotations.compared)
    unit = table.groupby(["item", "round"], observed=True, sort=False).ngroup().to_numpy(np.int64)
    a, b = (
        place_of.get_indexer(pd.Index(table[side].astype("str"))).astype(np.int64) for side in ("reference", "other")
    )
    return peers_of_pairs(len(place_of), unit, a, b, 1 - table["distance"].to_numpy(np.float64), confidence)
