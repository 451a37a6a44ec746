"""The items of a table that are listed, with their labels: all that comes back of it item by item."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from agreement.annotations import Annotations
from agreement.counts import Ints
from agreement.records import Records, assemble
from agreement.settings import Settings
from agreement.totals import Totals, given_in
from agreement.units import Units
from agreement.warehouse.account import note_labels
from agreement.warehouse.engine import LAYER, Prepared

if TYPE_CHECKING:
    import ibis.expr.types as ir


def annotations_of(
    rows: pd.DataFrame, unit: Ints, code: Ints, found: Prepared, settings: Settings, totals: Totals | None
) -> Annotations:
    """Return some items of a table as annotations, which say how much there is in all; the account is that of all.

    Parameters
    ----------
    rows
        A row per item and round: ``item``, ``round``, ``section``, ``document``.
    unit, code
        The labels of these rows: number of the row, and ``annotator * K + label``.
    found, settings
        The labels in the engine, and what was asked of them.
    totals
        How much there is in all; None if *rows* are all that there is.
    """
    who, what = np.divmod(code, len(found.labels))
    names, nothing = found.labels, np.zeros(len(unit), np.int64)
    if found.members is not None:  # a row per label of each set, and one with a blank for the empty set
        none = ~found.members.any(axis=1)
        members = np.column_stack([found.members, none])
        times = members.sum(axis=1)[what]
        unit, who, what = unit.repeat(times), who.repeat(times), np.nonzero(members[what])[1]
        names, nothing = (*found.simple, ""), (what == len(found.simple)).astype(np.int64)
    frame = pd.DataFrame(
        {
            "item": _repeated(rows["item"], unit),
            "round": _repeated(rows["round"], unit),
            "annotator": pd.Categorical.from_codes(who, categories=pd.Index(found.annotators, dtype="str")),
            "label": pd.Categorical.from_codes(what, categories=pd.Index(names, dtype="str")),
            "source": found.reading.files[0],
            "status": pd.Categorical.from_codes(nothing, categories=pd.Index(["done", "empty"], dtype="str")),
        }
    )
    once = rows.drop_duplicates("item").set_index("item")
    items = pd.DataFrame({"text": "", "section": once["section"], "cluster": once["document"]}, index=once.index)
    settled = settings.model_copy(update={"labels": settings.labels.model_copy(update={"aliases": {}})})
    records = Records(frame, replace(found.reading, warnings=[]), items, groups=dict(settings.annotators.groups))
    annotations = replace(_with_all_names(assemble(records, settled), found), reading=found.reading, totals=totals)
    note_labels(annotations.layers[LAYER], given_in(annotations, LAYER), found.reading)
    return annotations


def _repeated(names: "pd.Series[str]", unit: Ints) -> pd.Categorical:
    """Return the name of each *unit* (N,), none written down twice."""
    codes, categories = pd.factorize(names)
    return pd.Categorical.from_codes(codes[unit], categories=categories)


def _with_all_names(annotations: Annotations, found: Prepared) -> Annotations:
    """Return the annotations with the labels and annotators that the items listed happen to lack."""
    layers = {
        name: replace(layer, labels=layer.labels if layer.declared else found.simple or found.labels)
        for name, layer in annotations.layers.items()
    }
    people = annotations.annotators.reindex(pd.Index(sorted(found.annotators), name="annotator"))
    people = people.fillna({"kind": "human", "group": ""})
    return replace(annotations, layers=layers, annotators=people)


def listed_in(
    units: Units, names: Iterable[str], found: Prepared, settings: Settings, totals: Totals | None
) -> Annotations:
    """Return the items *names* as annotations, from the *units* that bear them."""
    wanted = set(names)
    mine = units.where(np.array([units.items[code] in wanted for code in units.item.tolist()], dtype=bool))

    def named(codes: Ints, of: tuple[str, ...]) -> list[str]:
        return [of[code] if code >= 0 else "" for code in codes.tolist()]

    rows = pd.DataFrame({
        "item": named(mine.item, units.items), "round": named(mine.round, units.rounds),
        "section": named(mine.section, units.sections), "document": named(mine.cluster, units.clusters),
    })  # fmt: skip
    return annotations_of(rows, mine.unit, mine.annotator * len(units.labels) + mine.label, found, settings, totals)


def totals_of_units(units: Units) -> Totals:
    """Return how much there is in all of *units* that stand for the items of a table, each ``item`` for as many.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from agreement.units import units_from_matrix
    >>> found = totals_of_units(replace(units_from_matrix([["x", "y"], ["x", "x"]]), weight=np.array([3, 1])))
    >>> found.items, found.annotations, dict(found.answered), dict(found.given["label"])
    (4, 8, {'1': 4, '2': 4}, {'x': (5, 4), 'y': (3, 3)})
    """
    _, first, row = np.unique(units.item, return_index=True, return_inverse=True)
    times = units.weight[first]
    unit, label, names = units.unit, units.label, units.labels
    if units.members is not None:
        held = units.members[label]
        unit, label, names = unit.repeat(held.sum(axis=1)), np.nonzero(held)[1], units.simple
    answered = np.bincount(units.annotator, units.weight[units.unit], minlength=len(units.annotators))
    given = np.bincount(label, units.weight[unit], minlength=len(names)).astype(np.int64)
    on = np.unique(row[unit] * len(names) + label)
    items = np.bincount(on % len(names), times[on // len(names)], minlength=len(names)).astype(np.int64)
    return Totals(
        int(times.sum()), int(given.sum()),
        {name: int(n) for name, n in zip(units.annotators, answered, strict=True) if n},
        {units.layer: {name: (int(n), int(on)) for name, n, on in zip(names, given, items, strict=True) if n}},
    )  # fmt: skip


def hash_of_units(units: Units) -> str:
    """Return the SHA-256 of units that stand for all items of a table: equal labels, equal hash, whatever the engine.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> one, other = (units_from_matrix([["x", label]]) for label in "xy")
    >>> hash_of_units(one) == hash_of_units(one), hash_of_units(one) == hash_of_units(other)
    (True, False)
    """
    digest = hashlib.sha256()
    for names in (
        units.labels, units.annotators, units.items, units.clusters, units.sections, units.rounds, units.simple,
    ):  # fmt: skip
        digest.update("\x1f".join(names).encode(errors="surrogatepass") + b"\x1e")
    for codes in (
        units.unit, units.annotator, units.label, units.weight, units.item, units.cluster, units.section, units.round,
    ):  # fmt: skip
        digest.update(np.ascontiguousarray(codes, dtype="<i8").data)
    return digest.hexdigest()


def texts(table: "ir.Table", items: list[str], found: Prepared) -> dict[str, str]:
    """Return the texts of *items*."""
    if "text" not in table.columns or not items:
        return {}
    named = table.mutate(item=table.item.cast("string"))
    mine = named.filter(named.item.isin(items))
    rows = found.traffic.fetch(mine.group_by("item").agg(text=mine.text.min())).fillna({"text": ""})
    return {str(item): str(text) for item, text in zip(rows["item"], rows["text"], strict=True)}
