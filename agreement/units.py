"""Annotations to Units: Krippendorff's reliability data as integer codes, one unit per item and round."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement._arrays import starts_of_runs
from agreement.annotations import Annotations, is_one_of

Codes = NDArray[np.int64]
T = TypeVar("T")
CACHED = 1 << 17  # rows looked at together, so that their temporary arrays stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Units:
    """Who gave which unit which label, as integer codes, and what is known about the units.

    Letters: N annotations, U units, A annotators, K labels.

    Parameters
    ----------
    layer, level
        Which layer, and ``item`` or ``token``.
    labels, annotators
        (K,) and (A,) names.
    unit, annotator, label
        (N,) codes, sorted by unit, then annotator; at most one row per unit and annotator.
    weight
        (U,) how many units of the data each unit stands for: 1 in Units as made, more in profiles.
    item, cluster, section, round
        (U,) codes; -1 = none.
    items, clusters, sections, rounds
        Their names.
    members
        (K, M) which of the M simple labels belong to label k, in a ``labels`` layer, where a "label" is a set.
    simple
        (M,) names of the simple labels of a ``labels`` layer.
    values
        (K,) the number that label k stands for, in a ``number`` layer.
    half
        (U,) in which half of what is independent a unit is, every other one of documents or items, by name: 0 or 1;
        where units stand for several.
    """

    layer: str
    level: str
    labels: tuple[str, ...]
    annotators: tuple[str, ...]
    unit: Codes
    annotator: Codes
    label: Codes
    weight: Codes
    item: Codes
    cluster: Codes
    section: Codes
    round: Codes
    items: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    rounds: tuple[str, ...] = ()
    members: NDArray[np.bool_] | None = None
    simple: tuple[str, ...] = ()
    values: NDArray[np.float64] | None = field(default=None)
    half: Codes | None = None
    known: dict[str, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def once(self, name: str, made: Callable[[], T]) -> T:
        """Return what *made* gives, made once: much is asked of the same units."""
        if name not in self.known:
            self.known[name] = made()
        found: T = self.known[name]
        return found

    @property
    def n_units(self) -> int:
        """U, the number of rows of the per-unit arrays."""
        return len(self.weight)

    def matrix(self) -> Codes:
        """Return the reliability data (U, A): label codes, -1 where the annotator gave none.

        Examples
        --------
        >>> units_from_matrix([["a", "b"], ["a", None]]).matrix()
        array([[ 0,  1],
               [ 0, -1]])
        """
        dense = np.full((self.n_units, len(self.annotators)), -1, dtype=np.int64)
        dense[self.unit, self.annotator] = self.label
        return dense

    def item_counts(self) -> Codes:
        """Return (U, K): how many annotators gave each unit each label.

        Examples
        --------
        >>> units_from_matrix([["a", "b"], ["a", None]]).item_counts()
        array([[1, 1],
               [1, 0]])
        """
        k = len(self.labels)
        return np.bincount(self.unit * k + self.label, minlength=self.n_units * k).reshape(self.n_units, k)

    def stretches(self, width: int = 1) -> Iterator[tuple[slice, slice]]:
        """Yield rows, and the units they belong to, so few that *width* cells of each stay in the processor's cache.

        Examples
        --------
        >>> [(rows.stop, units.stop) for rows, units in units_from_matrix([["a", "b"], ["a", None]]).stretches(CACHED)]
        [(2, 1), (3, 2)]
        """
        start = before = 0
        step = max(CACHED // max(width, 1), 1)
        while before < self.n_units:
            stop = len(self.unit)
            if start + step < stop:
                stop = int(np.searchsorted(self.unit, self.unit[start + step - 1], side="right"))
            after = self.n_units if stop == len(self.unit) else int(self.unit[stop])
            yield slice(start, stop), slice(before, after)
            start, before = stop, after

    def item_counts_in_parts(self) -> "Iterator[tuple[slice, Codes]]":
        """Yield some units at a time, and their :meth:`item_counts`."""
        k = len(self.labels)
        for rows, units in self.stretches(k):
            cell = (self.unit[rows] - units.start) * k
            cell += self.label[rows]
            size = units.stop - units.start
            yield units, np.bincount(cell, minlength=size * k).reshape(size, k)

    def where(self, keep: NDArray[np.bool_]) -> "Units":
        """Return the units for which *keep* (U,) holds, renumbered; label set and annotators stay."""
        renumbered = np.cumsum(keep) - 1
        rows = keep[self.unit]
        return Units(
            self.layer, self.level, self.labels, self.annotators,
            renumbered[self.unit[rows]], self.annotator[rows], self.label[rows],
            self.weight[keep], self.item[keep], self.cluster[keep], self.section[keep], self.round[keep],
            self.items, self.clusters, self.sections, self.rounds, self.members, self.simple, self.values,
            None if self.half is None else self.half[keep],
        )  # fmt: skip

    def rounds_now_and_before(self) -> "tuple[Units, Units, str] | None":
        """Return the units of the last round, those of the rounds before it, and its name; None with one round.

        Rounds go by their names, numbers in them as numbers; a round in which nothing is compared is no round.

        Examples
        --------
        >>> from dataclasses import replace
        >>> units = units_from_matrix([["a", "b"], ["a", "a"], ["b", "b"]])
        >>> units = replace(units, round=np.array([1, 0, 1]), rounds=("round 10", "round 9"))
        >>> [part.n_units for part in units.rounds_now_and_before()[:2]], units.rounds_now_and_before()[2]
        ([1, 2], 'round 10')
        """
        compared = np.bincount(self.unit, minlength=self.n_units) >= 2
        used = [code for code in np.unique(self.round[compared]).tolist() if code >= 0 and self.rounds[code]]
        if len(used) < 2:
            return None
        last = max(used, key=lambda code: natural(self.rounds[code]))
        earlier = np.isin(self.round, [code for code in used if code != last])
        return self.where(self.round == last), self.where(earlier), self.rounds[last]

    def without(self, annotators: NDArray[np.bool_]) -> "Units":
        """Return the units without the labels of the *annotators* (A,) marked; names and units stay."""
        keep = ~annotators[self.annotator]
        return Units(
            self.layer, self.level, self.labels, self.annotators,
            self.unit[keep], self.annotator[keep], self.label[keep],
            self.weight, self.item, self.cluster, self.section, self.round,
            self.items, self.clusters, self.sections, self.rounds, self.members, self.simple, self.values, self.half,
        )  # fmt: skip


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return the key that sorts *name* with its numbers as numbers.

    Examples
    --------
    >>> sorted(["round 10", "round 9", "pilot"], key=natural)
    ['pilot', 'round 9', 'round 10']
    """
    parts: list[tuple[int, int, str]] = []
    word = ""
    for letter in [*name.casefold(), ""]:
        if word and (not letter or letter.isdecimal() != word[-1].isdecimal()):
            parts.append((0, int(word), "") if word[-1].isdecimal() else (1, 0, word))
            word = ""
        word += letter
    return tuple(parts)


def units_from_matrix(data: list[list[str | None]], labels: tuple[str, ...] = (), layer: str = "label") -> Units:
    """Return Units from rows of labels, items by annotators, None for missing; annotators are named from 1.

    Examples
    --------
    >>> units_from_matrix([["a", "b"], ["a", None]]).annotators
    ('1', '2')
    """
    width = max((len(row) for row in data), default=0)
    names = labels or tuple(sorted({label for row in data for label in row if label is not None}))
    code = {name: number for number, name in enumerate(names)}
    triples = [(u, a, code[x]) for u, row in enumerate(data) for a, x in enumerate(row) if x is not None]
    unit, annotator, label = np.array(triples, dtype=np.int64).reshape(-1, 3).T
    none = np.full(len(data), -1, dtype=np.int64)
    return Units(
        layer, "item", names, tuple(str(a + 1) for a in range(width)), unit, annotator, label,
        np.ones(len(data), np.int64), np.arange(len(data)), none, none, none,
        items=tuple(str(u + 1) for u in range(len(data))),
    )  # fmt: skip


def item_units(annotations: Annotations, layer: str, annotators: tuple[str, ...] | None = None) -> Units:
    """Return the item-level Units of one *layer*: a unit per item and round, only ``done`` and ``empty`` counted.

    In a ``labels`` layer a label is the whole set an annotator gave (the empty set is a real answer); in a
    ``number`` layer it is the number; *annotators* default to humans and models.
    """
    kind = annotations.layers[layer].kind
    who = annotations.compared if annotators is None else annotators
    rows = annotations.table
    mine = is_one_of(rows["layer"], (layer,)) & is_one_of(rows["annotator"], who)
    if not mine.all():
        rows = rows.loc[mine]
    if kind == "labels":
        rows, names, members = _label_sets(annotations, layer, who, rows)
    else:
        names, members = _names(annotations, layer, rows), None
    label = pd.Index(names).get_indexer(rows["label"].cat.categories)[rows["label"].cat.codes.to_numpy()]
    annotator_of = pd.Index(who).get_indexer(rows["annotator"].cat.categories)[rows["annotator"].cat.codes.to_numpy()]
    n_rounds = len(rows["round"].cat.categories)
    key = rows["item"].cat.codes.to_numpy()
    if n_rounds > 1:
        key = key.astype(np.int64) * n_rounds
        key += rows["round"].cat.codes.to_numpy()
    keys, unit = _numbered(key)
    order: Codes | slice = slice(None)
    if (unit[1:] < unit[:-1]).any() or ((annotator_of[1:] < annotator_of[:-1]) & (unit[1:] == unit[:-1])).any():
        order = np.argsort(unit * max(len(who), 1) + annotator_of, kind="stable")
    items = rows["item"].cat.categories
    item, round_ = keys // n_rounds, keys % n_rounds
    info = annotations.items if items.equals(annotations.items.index) else annotations.items.reindex(items)
    info = info[["section", "cluster"]].reset_index(drop=True).take(item)
    section, sections = _coded(info["section"])
    cluster, clusters = _coded(info["cluster"])
    rounds = tuple(map(str, rows["round"].cat.categories))
    return Units(
        layer, "item", names, tuple(who),
        _long(unit[order]), _long(annotator_of[order]), _long(label[order]),
        np.ones(len(keys), np.int64), item, cluster, section,
        np.full(len(keys), -1, np.int64) if rounds == ("",) else round_,
        tuple(items.to_numpy(dtype=object).tolist()), clusters, sections, () if rounds == ("",) else rounds,
        members, annotations.layers[layer].labels if kind == "labels" else (),
        np.array([float(name) for name in names]) if kind == "number" else None,
    )  # fmt: skip


def _long(codes: NDArray[np.integer[Any]]) -> Codes:
    """Return *codes* as 64-bit numbers, themselves if they are."""
    return codes.astype(np.int64, copy=False)


def _numbered(key: NDArray[np.integer[Any]]) -> tuple[Codes, Codes]:
    """Return the distinct keys, sorted, and the number of each key (R,) among them; sorted keys need no sorting."""
    if not (key[1:] >= key[:-1]).all():
        keys, number = np.unique(key, return_inverse=True)
        return _long(keys), number
    new = starts_of_runs(key)
    number = np.cumsum(new)
    number -= 1
    return _long(key[new]), number


def _names(annotations: Annotations, layer: str, rows: pd.DataFrame) -> tuple[str, ...]:
    """Return the label set in force: the layer's own, or the observed values of an open layer."""
    own = annotations.layers[layer]
    if own.kind in ("number", "answer"):
        observed = rows["label"].cat.categories[np.unique(rows["label"].cat.codes)]
        return tuple(sorted(observed, key=float) if own.kind == "number" else observed)
    return own.labels


def _label_sets(
    annotations: Annotations, layer: str, who: tuple[str, ...], rows: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[str, ...], NDArray[np.bool_]]:
    """Return one row per answer of a multi-label layer, labelled by its set; the sets' names and members (K, M)."""
    simple = annotations.layers[layer].labels
    asked = annotations.assignments
    answers = asked.loc[
        asked["layer"].eq(layer) & asked["annotator"].isin(who) & asked["status"].isin(("done", "empty"))
    ].reset_index(drop=True)
    key = ["item", "round", "annotator"]
    position = rows[key].merge(answers[key].assign(position=answers.index), on=key, how="left")["position"].to_numpy()
    given = np.zeros((len(answers), len(simple)), dtype=bool)
    given[position, pd.Index(simple).get_indexer(pd.Index(rows["label"].astype("str")))] = True
    members, code = np.unique(given, axis=0, return_inverse=True)
    names = tuple("{" + ", ".join(np.array(simple)[row]) + "}" for row in members)
    answers["label"] = pd.Categorical.from_codes(code.ravel(), categories=pd.Index(names, dtype="str"))
    return answers, names, members


def _coded(values: "pd.Series[Any]") -> tuple[Codes, tuple[str, ...]]:
    """Return codes of text *values*, -1 for empty ones, and their sorted names."""
    codes, names = pd.factorize(values, sort=True)
    blank = [number for number, name in enumerate(names) if name == ""]
    if blank:
        codes = np.where(codes == blank[0], -1, codes - (codes > blank[0]))
    return codes.astype(np.int64), tuple(str(name) for name in names if name != "")
