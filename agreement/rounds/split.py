"""Annotations into rounds: by the round that the data name, else by the dates of the guideline's revisions."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from agreement._times import instants
from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.rounds.snapshots import Snapshot, of_units, snapshot
from agreement.settings import LayerKind
from agreement.units import Units, natural


def by_round(
    annotations: Annotations, layer: str, min_pair_items: int, comparison: Comparison | None = None
) -> list[Snapshot]:
    """Return a snapshot for each round of *layer*, in the order of the rounds' names; empty with fewer than two.

    Where the data name no rounds, the revision dates of the guideline part them, if times are known. Rounds that come
    with the *comparison* of the layer are taken as they are, and else those of its units.
    """
    if comparison is not None and "rounds" in comparison.details:
        told: Sequence[Snapshot] = comparison.details["rounds"]
        return list(told) if len(told) >= 2 else []
    if comparison is not None and comparison.units is not None and any(comparison.units.rounds):
        return _of_units(comparison.units, annotations.layers[layer].kind, min_pair_items)
    annotations = by_revision(annotations)
    rounds = [str(name) for name in annotations.table["round"].cat.categories if str(name)]
    if len(rounds) < 2:
        return []
    found = []
    for name in sorted(rounds, key=natural):
        inside = replace(
            annotations,
            table=annotations.table.loc[annotations.table["round"].eq(name)],
            assignments=annotations.assignments.loc[annotations.assignments["round"].eq(name)],
        )
        made = snapshot(inside, layer, min_pair_items, name)
        if made is not None and made.n_units:
            found.append(made)
    return found if len(found) >= 2 else []


def _of_units(units: Units, kind: LayerKind, min_pair_items: int) -> list[Snapshot]:
    """Return a snapshot for each named round of *units* of a layer of *kind*; empty with fewer than two."""
    found = []
    for name in sorted(filter(None, units.rounds), key=natural):
        inside = units.where(units.round == units.rounds.index(name))
        if inside.n_units:
            found.append(of_units(inside, kind, min_pair_items, name))
    return found if len(found) >= 2 else []


def by_revision(annotations: Annotations) -> Annotations:
    """Return the annotations with rounds ``before 2026-03-30``, ``from 2026-03-30`` … by the guideline's revisions.

    Unchanged if the data name rounds, if no time or revision date can be read, or if all labels fall on one side.
    Each label goes by its own time, so only labels of the same side are compared with each other.
    """
    asked = annotations.assignments
    revised = sorted({section.revised for section in annotations.guidelines.sections.values() if section.revised})
    if not revised or any(str(name) for name in asked["round"].cat.categories) or not asked["time"].astype(str).any():
        return annotations
    times, dated = instants(asked["time"].astype(str).tolist()), instants(revised)
    if np.isnan(times).any() or pd.to_numeric(asked["time"].astype(str), errors="coerce").notna().any():
        return annotations
    cuts = np.sort(dated[(dated > times.min()) & (dated <= times.max())])
    if not len(cuts):
        return annotations
    dates = [pd.Timestamp(int(cut), unit="us").date().isoformat() for cut in cuts]
    names = np.array([f"before {dates[0]}", *(f"from {date}" for date in dates)], dtype=object)
    side = names[np.searchsorted(cuts, times, side="right")]
    asked = asked.assign(round=pd.Categorical(side, categories=sorted(names)))
    key = ["item", "annotator", "layer"]
    table = annotations.table.drop(columns="round").astype(dict.fromkeys(key, "str"))
    joined = table.merge(asked[[*key, "round"]].astype(dict.fromkeys(key, "str")), on=key, how="left")
    joined = joined.astype(dict.fromkeys(key, "category"))[list(annotations.table.columns)]
    return replace(annotations, table=joined, assignments=asked)
