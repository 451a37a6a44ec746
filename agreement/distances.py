"""How far apart two annotators are on one unit, for the layers whose labels are more than equal or different."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import couples_in_runs
from agreement.annotations import Annotations
from agreement.meetings import Meetings
from agreement.settings import LayerKind, LayerSettings, Settings
from agreement.text.answers import answer_pairs, token_f1
from agreement.text.matching import Matches, align, strict
from agreement.text.spans import document_spans
from agreement.units import Units, item_units

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Distances:
    """Distances between 0 and 1 of every two annotators on every unit that both answered.

    Letters: E pairs of answers, U units, A annotators.

    Parameters
    ----------
    layer, annotators
        Names.
    unit, a, b, distance
        (E,) unit, the two annotators (codes, a < b) and how far apart their answers are.
    item, cluster, section, round
        (U,) codes; -1 = none.
    items, clusters, sections, rounds
        Their names.
    """

    layer: str
    annotators: tuple[str, ...]
    unit: Ints
    a: Ints
    b: Ints
    distance: Floats
    item: Ints
    cluster: Ints
    section: Ints
    round: Ints
    items: tuple[str, ...]
    clusters: tuple[str, ...]
    sections: tuple[str, ...]
    rounds: tuple[str, ...]


def pair_distances(annotations: Annotations, layer: str, settings: Settings) -> Distances:
    """Return the distances of one *layer*.

    Spans: 1 - exact span F1 of the document (0 where both left it empty). Answers: 1 - token F1 (0 where both are
    empty). Label sets: Jaccard distance (0 for two empty sets). Numbers: |x - y| / range of all numbers given. Ordinal:
    |i - j| / (K - 1) by rank. Categories: 0 or 1.
    """
    kind = annotations.layers[layer].kind
    if kind == "spans":
        spans = document_spans(annotations, layer)
        return _of_meetings(layer, spans.meetings, document_distances(align(spans)))
    if kind == "answer":
        chosen = settings.layers.get(layer, LayerSettings()).normalisation or "squad"
        pairs = answer_pairs(annotations, layer, chosen)
        near = token_f1(pairs.common, pairs.reference, pairs.other)
        return _of_meetings(layer, pairs.meetings, np.where(pairs.both_empty, 0.0, 1 - near))
    return distances_of_units(item_units(annotations, layer), kind)


def distances_of_units(units: Units, kind: LayerKind) -> Distances:
    """Return the distances on the *units* of a layer of this *kind*, whose labels are items' own."""
    left, right = couples_in_runs(units.unit)
    first, second = units.label[left], units.label[right]
    if kind == "labels":
        distance = set_distances(units, first, second)
    elif kind == "number":
        values = np.zeros(0) if units.values is None else units.values
        distance = np.abs(values[first] - values[second]) / (np.ptp(values) or 1.0 if len(values) else 1.0)
    elif kind == "ordinal":
        distance = np.abs(first - second) / max(len(units.labels) - 1, 1)
    else:
        distance = (first != second).astype(np.float64)
    return Distances(
        units.layer, units.annotators, units.unit[left], units.annotator[left], units.annotator[right], distance,
        units.item, units.cluster, units.section, units.round,
        units.items, units.clusters, units.sections, units.rounds,
    )  # fmt: skip


def document_distances(matches: Matches) -> Floats:
    """Return (M,) 1 - exact span F1 of each pair in each document, 0 where both left it empty."""
    hits = matches.hits(strict(matches))
    total = matches.reference.sum(axis=1) + matches.other.sum(axis=1)
    distance: Floats = np.where(total > 0, 1 - 2 * hits / np.maximum(total, 1), 0.0)
    return distance


def set_distances(units: Units, first: Ints, second: Ints, *, masi: bool = False) -> Floats:
    """Return the Jaccard distances of the label sets *first* and *second* (E,), or their MASI distances.

    MASI is 1 - J·M, J the Jaccard similarity, M = 1, 2/3, 1/3, 0 for equal sets, a subset, an overlap, disjoint sets
    (Passonneau 2006). Two empty sets are equal: distance 0.
    """
    members = np.zeros((0, 0), dtype=bool) if units.members is None else units.members
    k = max(len(members), 1)
    pairs, where = np.unique(first * k + second, return_inverse=True)
    left, right = members[pairs // k], members[pairs % k]
    shared, either = (left & right).sum(axis=1), (left | right).sum(axis=1)
    near = np.where(either > 0, shared / np.maximum(either, 1), 1.0)
    if masi:
        subset = shared == np.minimum(left.sum(axis=1), right.sum(axis=1))
        near *= np.where(shared == either, 1.0, np.where(subset, 2 / 3, 1 / 3))
    distance: Floats = (1 - near)[where]
    return distance


def _of_meetings(layer: str, met: Meetings, distance: Floats) -> Distances:
    """Return the distances of the pairs' meetings, with one unit per document."""
    rounds = () if met.rounds == ("",) else met.rounds
    known = met.cluster < len(met.clusters)
    return Distances(
        layer, met.annotators, met.document, met.pairs[met.pair, 0], met.pairs[met.pair, 1], distance,
        met.item, np.where(known, met.cluster, -1), met.section,
        met.round if rounds else np.full(met.n_documents, -1, dtype=np.int64),
        met.items, met.clusters, met.sections, rounds,
    )  # fmt: skip
