"""Snapshots: one round of one layer, as much of it as a comparison of rounds needs; from annotations or from JSON."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement._arrays import couples_in_runs
from agreement.annotations import Annotations
from agreement.errors import InputError, Problem
from agreement.settings import LayerKind
from agreement.uncertainty.influence import Couples, Sums, couples
from agreement.units import Units, item_units
from agreement.wording import rounds as words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Names = NDArray[np.object_]
NUMBERED = "#"  # before the number of an item whose name is not known outside its own audit
MIN_DOCUMENTS = 10  # documents from which they, not items, are what is independent


@dataclass(frozen=True, slots=True)
class Kappa:
    """A mean of pair kappas that an engine has worked out with its error.

    Parameters
    ----------
    value, centre, n
        As in :class:`~agreement.uncertainty.influence.Influence`.
    by_item, by_document
        What the deviations come to where items are independent, and where documents are.
    """

    value: float
    centre: float
    n: int
    by_item: Sums
    by_document: Sums


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One round of one layer.

    Letters: U units, K labels, S sections, A annotators.

    Parameters
    ----------
    layer, kind, name
        Which layer, of which kind, and what the round is called.
    labels, annotators, sections
        Names; in a ``labels`` layer the single labels.
    item, cluster
        (U,) hashed names of items and documents; the cluster is empty where there is none.
    section
        (U,) codes, -1 for none.
    agreeing, possible
        (U, K) how often two annotators agree on a label, counted from either side, and how often they could: their
        summed ratio is the pooled F1 of the label (specific agreement).
    counts
        (U, K') labels given, for alpha; None for spans and for pair tables.
    found
        Couples of labels, for kappa and confusions; None for spans and label sets. Of a crowd in an engine they name
        no pairs of annotators.
    distances
        (K', K') between labels: 0 or 1, steps of an order, or numbers; None for spans and label sets.
    inflation
        Factor of the variance: above 1 where only pair tables are left, in which items can't be told apart.
    units
        The Units it was made of, to be narrowed to some annotators; None where there are none.
    times
        (U,) how many equal units each stands for; None if each stands for itself.
    group
        (U,) codes of what is independent: documents if there are at least ten, else items.
    alike
        (U,) how many equal groups the group of each unit stands for: of documents one, of items as many as there are;
        None if each stands for itself.
    by_document
        Whether documents are what is independent.
    kappas
        Those of a crowd in an engine, by section and label: all labels and sections where these are blank.
    within
        The section that the snapshot was narrowed to; blank if to none.
    """

    layer: str
    kind: LayerKind
    name: str
    labels: tuple[str, ...]
    annotators: tuple[str, ...]
    sections: tuple[str, ...]
    item: Names
    cluster: Names
    section: Ints
    agreeing: Floats
    possible: Floats
    counts: Ints | None = None
    found: Couples | None = None
    distances: Floats | None = None
    inflation: float = 1.0
    units: Units | None = field(default=None, repr=False)
    times: Ints | None = None
    group: Ints = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)
    alike: Ints | None = field(default=None, repr=False)
    by_document: bool = False
    kappas: Mapping[tuple[str, str], Kappa] | None = None
    within: str = ""

    def __post_init__(self) -> None:
        """Give numbers to what is independent, unless it comes numbered."""
        if len(self.group) != len(self.item):
            by_document = len(set(self.cluster) - {""}) >= MIN_DOCUMENTS
            names = independent_names(self, by_document=by_document)
            object.__setattr__(self, "group", pd.factorize(names)[0].astype(np.int64))
            object.__setattr__(self, "alike", equal_groups(self, by_document=by_document))
            object.__setattr__(self, "by_document", by_document)

    def where(self, keep: Bools) -> "Snapshot":
        """Return the units for which *keep* (U,) holds; labels given are kept with them, raw units are not."""
        found = self.found
        if found is not None:
            mine = found.where(keep[found.unit])
            found = replace(mine, unit=(np.cumsum(keep) - 1)[mine.unit])
        return replace(
            self, item=self.item[keep], cluster=self.cluster[keep], section=self.section[keep],
            agreeing=self.agreeing[keep], possible=self.possible[keep], found=found, units=None,
            counts=None if self.counts is None else self.counts[keep], group=self.group[keep],
            times=None if self.times is None else self.times[keep], kappas=None,
            alike=None if self.alike is None else self.alike[keep],
        )  # fmt: skip

    def inside(self, section: str) -> "Snapshot":
        """Return the units of one section."""
        mine = self.where(self.section == (self.sections.index(section) if section in self.sections else -2))
        return replace(mine, kappas=self.kappas, within=section)

    @property
    def n_units(self) -> int:
        """U, the number of rows of the per-unit arrays."""
        return len(self.item)

    @property
    def has_pairs(self) -> bool:
        """Whether pairs of annotators have kappas: whether it is known, here or in an engine, whose the labels are."""
        if self.found is None:
            return False
        return self.kappas is not None or len(self.found.pairs) > 0 or not len(self.found.unit)

    @property
    def size(self) -> int:
        """How many units there are in the data."""
        return self.n_units if self.times is None else int(self.times.sum())

    def count(self, these: Bools) -> Ints:
        """Return how many units *these* (U,) or (U, K) stand for, of (U, K) by column."""
        return np.asarray(these.sum(axis=0) if self.times is None else self.times @ these)

    def total(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return (K,) the sums of *values* (U, K) over the units of the data."""
        return np.asarray(values.sum(axis=0) if self.times is None else self.times @ values)

    def by_group(self, deviation: Floats, groups: int = 0) -> tuple[Floats, Floats]:
        """Return (G,) the summed *deviation* (U,) of each group, and how many equal groups it stands for."""
        groups = max(groups, int(self.group.max(initial=-1)) + 1)
        alike = np.ones(groups)
        if self.times is None or self.alike is None:
            return np.bincount(self.group, deviation, minlength=groups).astype(np.float64), alike
        alike[self.group] = self.alike
        within = self.times // self.alike
        return np.bincount(self.group, deviation * within, minlength=groups).astype(np.float64), alike


def independent_names(taken: Snapshot, *, by_document: bool) -> Names:
    """Return (U,) the name of what each unit belongs to that is independent: its document, or the item itself."""
    return np.where((taken.cluster != "") & by_document, taken.cluster, taken.item)


def equal_groups(taken: Snapshot, *, by_document: bool) -> Ints | None:
    """Return (U,) how many equal groups the group of each unit stands for: items do for others, documents don't."""
    if taken.times is None:
        return None
    return np.where((taken.cluster != "") & by_document, 1, taken.times)


def hashed(name: str) -> str:
    """Return 16 hex digits of the SHA-256 of *name*, as audits keep it in JSON.

    Examples
    --------
    >>> hashed("T-0001")
    'c6d8b0b26586d0a3'
    """
    return hashlib.sha256(name.encode("utf-8", errors="surrogatepass")).hexdigest()[:16]


def snapshot(annotations: Annotations, layer: str, min_pair_items: int, name: str = "") -> Snapshot | None:
    """Return all rounds of a *layer* as one snapshot; None for free text, which has no labels to compare.

    Raises
    ------
    InputError
        If the annotations hold only a few listed items of a table in an engine.
    """
    kind = annotations.layers[layer].kind
    if kind == "answer":
        return None
    if annotations.totals is not None and annotations.totals.items > len(annotations.items):
        raise InputError([Problem(f"layer {layer}", words.ONLY_LISTED, words.COMPARE_JSON)])
    if kind == "spans":
        return _of_spans(annotations, layer, name)
    return of_units(item_units(annotations, layer), kind, min_pair_items, name)


def of_units(units: Units, kind: LayerKind, min_pair_items: int, name: str = "") -> Snapshot:
    """Return the snapshot of item-level *units* of a layer of *kind*."""
    item = np.array([hashed(units.items[code]) for code in units.item], dtype=object)
    cluster = np.array([hashed(units.clusters[code]) if code >= 0 else "" for code in units.cluster], dtype=object)
    return item_level(units, kind, min_pair_items, name, (item, cluster))


def item_level(units: Units, kind: LayerKind, min_pair_items: int, name: str, names: tuple[Names, Names]) -> Snapshot:
    """Return the snapshot of *units* whose items and clusters are called *names*."""
    counts = units.item_counts()
    if units.members is not None:
        with_label = counts @ units.members.astype(np.int64)
        size = counts.sum(axis=1, keepdims=True)
        agreeing, possible = (with_label * (other - 1) * 1.0 for other in (with_label, size))
        return Snapshot(
            units.layer, kind, name, units.simple, units.annotators, units.sections, *names, units.section,
            agreeing, possible, units=units, times=_times(units),
        )  # fmt: skip
    k = len(units.labels)
    found = couples(units, min_pair_items)
    agreeing, possible = _matches(found, units.n_units, k)
    return Snapshot(
        units.layer, kind, name, units.labels, units.annotators, units.sections, *names, units.section,
        agreeing, possible, counts, found, distances_of(k, kind, units.values), units=units, times=_times(units),
    )  # fmt: skip


def anonymous(
    units: Units, kind: LayerKind, name: str, names: tuple[Names, Names], coupled: tuple[Ints, Ints, Ints] | None = None
) -> Snapshot:
    """Return the snapshot of *units* whose labels are known, but not whose they are: their annotators mean nothing.

    Items and clusters are called *names*. *coupled* has (C,) unit and both labels of each couple of labels that counts;
    by default all couples of labels of one unit do.
    """
    k, counts = len(units.labels), units.item_counts()
    if coupled is None:
        earlier, later = couples_in_runs(units.unit)
        coupled = units.unit[earlier], units.label[earlier], units.label[later]
    unit, first, second = coupled
    found = Couples(unit, np.zeros(len(unit), np.int64), first, second, np.zeros((0, 2), np.int64))
    return Snapshot(
        units.layer, kind, name, units.labels, units.annotators, units.sections, *names, units.section,
        *_matches(found, units.n_units, k), counts, found, distances_of(k, kind), times=_times(units),
    )  # fmt: skip


def _times(units: Units) -> Ints | None:
    """Return (U,) how many equal units each stands for; None if each stands for itself."""
    return None if (units.weight == 1).all() else units.weight


def _matches(found: Couples, n_units: int, k: int) -> tuple[Floats, Floats]:
    """Return (U, K) agreeing and possible matches of the couples of single labels."""
    same = found.first == found.second
    both = np.bincount(found.unit[same] * k + found.first[same], minlength=n_units * k)
    sides = np.concatenate([found.unit * k + found.first, found.unit * k + found.second])
    possible = np.bincount(sides, minlength=n_units * k)
    return 2 * both.reshape(-1, k).astype(np.float64), possible.reshape(-1, k).astype(np.float64)


def distances_of(k: int, kind: LayerKind, values: Floats | None = None) -> Floats:
    """Return (K, K) distances: 0 or 1, squared steps of an order over the most possible, or squared differences."""
    if kind == "number" and values is not None:
        return np.asarray((values[:, None] - values[None, :]) ** 2)
    if kind == "ordinal":
        rank = np.arange(k, dtype=np.float64)
        return np.asarray(((rank[:, None] - rank[None, :]) / max(k - 1, 1)) ** 2)
    return np.asarray(1 - np.eye(k))


def _of_spans(annotations: Annotations, layer: str, name: str) -> Snapshot:
    """Return the snapshot of a span layer: two annotators agree on a span if start, end and label are the same."""
    who = annotations.compared
    asked = annotations.assignments
    asked = asked.loc[asked["layer"].eq(layer) & asked["annotator"].isin(who) & asked["status"].isin(("done", "empty"))]
    table = annotations.table
    table = table.loc[table["layer"].eq(layer) & table["annotator"].isin(who)]
    documents = asked.drop_duplicates(["item", "round"])[["item", "round"]].astype(object).reset_index(drop=True)
    key = ["item", "round"]
    unit = table[key].astype(object).merge(documents.assign(unit=documents.index), on=key, how="left")["unit"]
    answered = asked[key].astype(object).merge(documents.assign(unit=documents.index), on=key, how="left")["unit"]
    labels = annotations.layers[layer].labels
    code = {label: number for number, label in enumerate(labels)}
    label = np.array([code[value] for value in table["label"].astype(object)], dtype=np.int64)
    offsets = [table[column].to_numpy(np.int64) for column in ("start", "end")]
    span = np.column_stack([label, *offsets, table["fragments"].cat.codes.to_numpy(np.int64)])
    info = annotations.items.reindex(documents["item"])
    sections = tuple(sorted({str(value) for value in info["section"] if value}))
    answers = np.bincount(answered.to_numpy(np.int64), minlength=len(documents))
    agreeing, possible = span_counts(unit.to_numpy(np.int64), answers, span, len(labels))
    return Snapshot(
        layer, "spans", name, labels, who, sections,
        np.array([hashed(str(value)) for value in documents["item"]], dtype=object),
        np.array([hashed(str(value)) if value else "" for value in info["cluster"]], dtype=object),
        np.array([sections.index(value) if value else -1 for value in info["section"]], dtype=np.int64),
        agreeing, possible,
    )  # fmt: skip


def span_counts(unit: Ints, answered: Ints, span: Ints, k: int) -> tuple[Floats, Floats]:
    """Return (U, K) agreeing and possible matches: of a span marked by n of r annotators n (n - 1) and n (r - 1).

    *unit* (N,) and *span* (N, 4) say where each mark is: label, start, end, fragments.
    """
    distinct, n = np.unique(np.column_stack([unit, span]), axis=0, return_counts=True)
    cell = distinct[:, 0] * k + distinct[:, 1]
    both = [n * (n - 1.0), n * (answered[distinct[:, 0]] - 1.0)]
    agreeing, possible = (np.bincount(cell, part, minlength=len(answered) * k) for part in both)
    return agreeing.reshape(-1, k).astype(np.float64), possible.reshape(-1, k).astype(np.float64)


def of_annotators(taken: Snapshot, who: frozenset[str], min_pair_items: int) -> Snapshot:
    """Return the snapshot of the annotators *who* alone; only item-level snapshots can be narrowed."""
    if taken.units is None:
        return taken
    others = np.array([name not in who for name in taken.annotators])
    return item_level(taken.units.without(others), taken.kind, min_pair_items, taken.name, (taken.item, taken.cluster))


def with_labels(taken: Snapshot, names: tuple[str, ...]) -> Snapshot:
    """Return the snapshot with its labels numbered as in *names*."""
    if taken.kind == "number":
        return taken
    code = np.array([names.index(label) for label in taken.labels], dtype=np.int64)
    agreeing, possible = (np.zeros((taken.n_units, len(names))) for _ in range(2))
    agreeing[:, code], possible[:, code] = taken.agreeing, taken.possible
    if taken.found is None or taken.distances is None:
        return replace(taken, labels=names, agreeing=agreeing, possible=possible)
    found = replace(taken.found, first=code[taken.found.first], second=code[taken.found.second])
    distances = 1 - np.eye(len(names))
    distances[np.ix_(code, code)] = taken.distances
    counts = None
    if taken.counts is not None:
        counts = np.zeros((taken.n_units, len(names)), dtype=np.int64)
        counts[:, code] = taken.counts
    return replace(
        taken, labels=names, agreeing=agreeing, possible=possible, counts=counts, found=found, distances=distances
    )
