"""The adjudication queue: which disputed items a page embeds, in the order in which to discuss them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.disputes import Mixtures, cases, discussion_order
from agreement.report._cards import Card, cards
from agreement.units import Units

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_NO_CAUSE: tuple[tuple[str, ...], ...] = ((),)


@dataclass(frozen=True, slots=True)
class Disputed:
    """The disputed units of one layer and what each is a case of.

    Letters: U units, R rows.

    Parameters
    ----------
    items, rounds
        (U,) names.
    n_labels
        (U,) how many different labels, or how far apart they are: higher comes first.
    gold_contradicted
        (U,) nobody gave the gold label.
    unit, cause
        (R,) unit and number of the cause.
    causes
        Label pairs (two labels) or single labels, by number.
    weight
        (U,) how many units of the data each stands for.
    listed
        (U,) it is one of the items that are at hand, all of them where the data are.
    gold_units
        Units with a gold label.
    compared
        (U,) at least two answers.
    n_distinct
        (U,) different answers; for spans, spans that not everybody marked.
    mixed
        Which labels occur together on which unit, where that is what makes a dispute.
    """

    items: tuple[str, ...]
    rounds: tuple[str, ...]
    n_labels: Ints
    gold_contradicted: Flags
    unit: Ints
    cause: Ints
    causes: tuple[tuple[str, ...], ...]
    weight: Ints
    listed: Flags
    gold_units: int
    compared: Flags
    n_distinct: Ints
    mixed: Mixtures | None = None

    @property
    def is_disputed(self) -> Flags:
        """(U,) at least two different answers."""
        disputed: Flags = self.compared & (self.n_distinct > 1)
        return disputed

    @property
    def total(self) -> int:
        """Units of the data with at least two different answers."""
        return int(self.weight[self.is_disputed].sum())

    @property
    def units(self) -> int:
        """Units of the data with at least two answers."""
        return int(self.weight[self.compared].sum())

    @property
    def to_discuss(self) -> int:
        """Units in dispute, and those whose annotators agree with each other and contradict the gold."""
        return int(self.weight[self._has_a_cause].sum())

    @property
    def to_list(self) -> int:
        """How many of those to discuss are at hand."""
        return int(np.count_nonzero(self.listed & self._has_a_cause))

    @property
    def listed_disputes(self) -> int:
        """How many of those in dispute are at hand."""
        return int(np.count_nonzero(self.listed & self.is_disputed))

    @property
    def _has_a_cause(self) -> Flags:
        """(U,) it is a case of something to discuss."""
        return np.bincount(self.unit, minlength=len(self.weight)) > 0

    def order(self, annotations: Annotations, most: int) -> Ints:
        """Return at most *most* of the units at hand, in the order in which to discuss them."""
        return discussion_order(
            self.n_labels, (self.unit, self.cause), self.gold_contradicted, self._repeated(annotations), most,
            self.weight, self.listed,
        )  # fmt: skip

    def _repeated(self, annotations: Annotations) -> Flags:
        """Return (U,) whether the text of each unit at hand was there before."""
        repeated = np.zeros(len(self.items), dtype=bool)
        if annotations.items["text"].ne("").any():
            mine = list(self.items) if self.listed.all() else [self.items[at] for at in np.flatnonzero(self.listed)]
            texts = annotations.items["text"].reindex(mine).reset_index(drop=True)
            repeated[self.listed] = (texts.duplicated() & texts.ne("")).to_numpy()
        return repeated


def disputed(annotations: Annotations, comparison: Comparison) -> Disputed:
    """Return the disputed units of one layer."""
    units = comparison.units
    if units is None:
        return _without_units(annotations, comparison.layer.name)
    answers, found = np.bincount(units.unit, minlength=units.n_units), cases(units, comparison.layer.kind)
    has_gold, gold = _gold_contradicted(annotations, units)
    extra = np.flatnonzero(gold & (found.n_labels < 2))
    return Disputed(
        *_names(units), found.importance, gold,
        np.append(found.unit, extra), np.append(found.cause, np.full(len(extra), len(found.causes))),
        (*found.causes, ()),
        units.weight, _at_hand(annotations, units), int(units.weight[has_gold].sum()), answers > 1,
        found.n_labels, found.mixed,
    )  # fmt: skip


def _at_hand(annotations: Annotations, units: Units) -> Flags:
    """Return (U,) whether the item of each unit is one of those that the annotations hold."""
    if annotations.totals is None:
        return np.ones(units.n_units, dtype=bool)
    known = pd.Index(units.items, dtype=object).isin(annotations.items.index.astype(object))
    return np.append(known, [False])[units.item]  # the last one is code -1, a unit that names no item


def _names(units: Units) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return item and round of every unit."""
    items = units.items
    if len(units.item) != len(items) or not (units.item == np.arange(len(items))).all():
        items = tuple(units.items[code] if code >= 0 else "" for code in units.item.tolist())
    if not units.rounds:
        return items, ("",) * len(items)
    return items, tuple(units.rounds[code] if code >= 0 else "" for code in units.round.tolist())


def _gold_contradicted(annotations: Annotations, units: Units) -> tuple[Flags, Flags]:
    """Return (U,) whether there is a gold label, and whether no annotator of the unit gave it."""
    table, who = annotations.table, annotations.of_kind("gold")
    if not who or units.members is not None:
        return np.zeros(units.n_units, dtype=bool), np.zeros(units.n_units, dtype=bool)
    gold = table.loc[table["annotator"].isin(who) & table["layer"].eq(units.layer)]
    if gold.empty:
        return np.zeros(units.n_units, dtype=bool), np.zeros(units.n_units, dtype=bool)
    code = {name: number for number, name in enumerate(units.labels)}
    by_item = {str(r.item): code.get(str(r.label), -2) for r in gold[::-1].itertuples()}
    golden = np.array([by_item.get(item, -1) for item in units.items], dtype=np.int64)[units.item]
    matched = np.zeros(units.n_units, dtype=bool)
    matched[units.unit[units.label == golden[units.unit]]] = True
    return golden != -1, (golden != -1) & ~matched


def _without_units(annotations: Annotations, layer: str) -> Disputed:
    """Return the disputed documents of a span or answer layer: those whose annotators did not all say the same."""
    table, asked = annotations.table, annotations.assignments
    table = table.loc[table["layer"].eq(layer) & table["annotator"].isin(annotations.compared)]
    asked = asked.loc[
        asked["layer"].eq(layer)
        & asked["annotator"].isin(annotations.compared)
        & asked["status"].isin(("done", "empty"))
    ]
    key = ["item", "round"]
    answers = asked.groupby(key, observed=True).size()
    answers = answers[answers > 1]
    said = table.groupby([*key, "label", "start", "end", "fragments"], observed=True)["annotator"].nunique()
    marks = said.reset_index(name="n")
    position = answers.index.get_indexer(pd.MultiIndex.from_frame(marks[key]))
    marks = marks.assign(unit=position).loc[position >= 0]
    odd = marks.loc[marks["n"].to_numpy() < answers.to_numpy()[marks["unit"].to_numpy()]]
    unit = odd["unit"].to_numpy(np.int64)
    is_answer = annotations.layers[layer].kind == "answer"
    cause, causes = np.zeros(len(odd), np.int64), _NO_CAUSE
    if not is_answer:
        names, cause = np.unique(odd["label"].astype("str").to_numpy(object), return_inverse=True)
        causes = tuple((str(name),) for name in names)
    rows = np.unique(np.stack([unit, cause], axis=1), axis=0) if len(unit) else np.empty((0, 2), np.int64)
    items, rounds = (tuple(map(str, answers.index.get_level_values(name))) for name in key)
    return Disputed(
        items, rounds, np.bincount(unit, minlength=len(answers)), np.zeros(len(answers), dtype=bool),
        rows[:, 0], rows[:, 1], causes, np.ones(len(answers), np.int64), np.ones(len(answers), dtype=bool), 0,
        np.ones(len(answers), dtype=bool), np.bincount(unit, minlength=len(answers)) + 1,
    )  # fmt: skip


def queue(
    annotations: Annotations,
    comparison: Comparison,
    found: Disputed,
    most: int,
    *,
    with_text: bool,
    slices: Mapping[str, str],
) -> list[Card]:
    """Return the cards of the at most *most* units to discuss, in order."""
    order = found.order(annotations, most)
    chosen = np.zeros(len(found.items), dtype=bool)
    chosen[order] = True
    rows = np.flatnonzero(chosen[found.unit])
    mine: dict[int, list[tuple[str, ...]]] = {}
    for unit, cause in zip(found.unit[rows].tolist(), found.cause[rows].tolist(), strict=True):
        mine.setdefault(unit, []).append(found.causes[cause])
    causes = {}
    for unit in order.tolist():
        pairs = tuple((min(c), max(c)) for c in mine[unit] if len(c) == 2)
        labels = tuple(dict.fromkeys(label for c in mine[unit] for label in c))
        causes[found.items[unit], found.rounds[unit]] = (pairs, labels, bool(found.gold_contradicted[unit]))
    return cards(annotations, comparison.layer.name, list(causes), causes, with_text=with_text, slices=slices)
