"""Slices: the headline figures for each value of a metadata column, and whether they differ from the rest.

The difference decides, never the overlap of two intervals. The slices of one column are a family per measure: p values
are adjusted (Benjamini & Hochberg 1995) and the intervals of the differences widened to match
(:func:`agreement.rounds.changes.adjusted_family`), so that word and interval agree.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from agreement.annotations import Annotations
from agreement.distances import pair_distances
from agreement.errors import InputError, Problem
from agreement.rounds.changes import Change, Judge, Judged, adjusted_family, judge_of
from agreement.rounds.snapshots import Snapshot, hashed, snapshot
from agreement.rounds.values import Value, agreement_value, alpha_value, kappa_value, mixed_value, own_interval
from agreement.settings import LayerKind, Settings
from agreement.uncertainty.influence import Bools, Influence, ratio
from agreement.wording import measures as titles

MIN_LABELS = 30  # units with a label, in the slice and in the rest, from which it enters macro F1
MOST_VALUES = 100  # values of a column that are compared, the largest first
COLUMNS = {"document": "cluster"}
RESERVED = ("text",)
NO_VALUE = ""
Word = Literal["higher", "lower", "no clear difference", "can't tell yet"]
WORDS: dict[str, Word] = {"better": "higher", "worse": "lower", "no clear change": "no clear difference"}
CHANCE: dict[LayerKind, tuple[tuple[str, str, Value], ...]] = {
    "category": (
        ("kappa_mean", titles.COHEN, kappa_value),
        ("krippendorff_alpha.nominal", titles.ALPHA, alpha_value),
    ),
    "ordinal": (
        ("kappa_mean.quadratic", titles.WEIGHTED, kappa_value),
        ("krippendorff_alpha.ordinal", titles.ALPHA_ORDINAL, alpha_value),
    ),
    "number": (("krippendorff_alpha.interval", titles.ALPHA_INTERVAL, alpha_value),),
}
CLOSENESS: dict[LayerKind, tuple[str, str]] = {
    "category": ("percent_agreement", titles.AGREEMENT), "ordinal": ("percent_agreement", titles.AGREEMENT),
    "labels": ("jaccard_samples", titles.OVERLAP_OF_SETS), "answer": ("squad_f1", titles.TOKEN),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slice:
    """One measure on the items with one value of a column, and on all other items.

    Parameters
    ----------
    layer, column, name
        Which slice; *name* is the value of the column.
    items, rest_items
        Items of the slice, and all others, that at least two people answered.
    measure, title
        Which figure.
    value, low, high
        The figure of the slice; None where *undefined* says why.
    rest, rest_low, rest_high
        The same on all other items.
    difference, difference_low, difference_high, q
        Slice less rest, with an interval widened for the number of slices, and its adjusted p value.
    word
        ``higher`` or ``lower`` than the rest if q < .05, ``no clear difference``, ``can't tell yet`` without a test.
    undefined
        Why there is no value or no difference; empty if there is one.
    """

    layer: str
    column: str
    name: str
    items: int
    rest_items: int
    measure: str
    title: str
    value: float | None
    low: float | None
    high: float | None
    rest: float | None
    rest_low: float | None
    rest_high: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    q: float | None
    word: Word
    undefined: str = ""


@dataclass(frozen=True, slots=True)
class Thin:
    """A value of a column with too few items for any figure."""

    layer: str
    column: str
    name: str
    items: int


@dataclass(frozen=True, slots=True)
class Slices:
    """All slices, the worst of each layer and column first, and the values that are too thin.

    Parameters
    ----------
    rows
        A row per layer, column, value and measure; values by their first measure, the lowest first.
    thin
        Values with fewer items than a pair needs to be shown.
    left_out
        Layer and column to values beyond the hundred largest, which are not compared.
    """

    rows: tuple[Slice, ...] = ()
    thin: tuple[Thin, ...] = ()
    left_out: tuple[tuple[str, str, int], ...] = ()

    def and_more(self, other: "Slices") -> "Slices":
        """Return these and the *other* slices."""
        return Slices(self.rows + other.rows, self.thin + other.thin, self.left_out + other.left_out)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-able values."""
        left_out = [{"layer": layer, "column": column, "values": n} for layer, column, n in self.left_out]
        return asdict(self) | {"left_out": left_out}


def slices(annotations: Annotations, settings: Settings) -> Slices:
    """Return the headline figures for each value of the columns in ``report.by``, of people where there are two.

    Raises
    ------
    InputError
        If the items have no such column, naming those they have.
    """
    columns = slice_columns(annotations, settings.report.by)
    if not columns:
        return Slices()
    people = annotations.of_kind("human")
    if len(people) >= 2 and annotations.of_kind("model"):
        annotations = annotations.comparing(people)
    found = Slices()
    for layer in sorted(annotations.layers):
        parts = _parts(annotations, layer, settings)
        for name, column in columns.items():
            found = found.and_more(_cut(annotations, parts, (layer, name, column), settings))
    return found


def slice_columns(annotations: Annotations, wanted: tuple[str, ...]) -> dict[str, str]:
    """Return the columns to slice by, as they were asked for and as the items name them."""
    known = [str(name) for name in annotations.items if name not in RESERVED]
    found = {name: name if name in known else COLUMNS.get(name, name) for name in wanted}
    known = [name for name in known if annotations.items[name].astype(str).ne(NO_VALUE).any()]
    absent = [name for name, column in found.items() if column not in known]
    if absent:
        where = ", ".join(annotations.reading.files) or "the input"
        said = {column: name for name, column in COLUMNS.items()}
        names = ", ".join(said.get(name, name) for name in known)
        there = f"There are: {names}." if known else "The items have no column with values."
        raise InputError([Problem(where, f"has no item column {name!r} to slice by.", there) for name in absent])
    return found


Figures = tuple[tuple[str, str, Value | None], ...]
"""Measure, title, and the function that gives it; None for macro F1, whose labels depend on the slice."""


def _parts(annotations: Annotations, layer: str, settings: Settings) -> list[tuple[Snapshot, Figures]]:
    """Return the figures of a layer with what each is computed from, the headline first."""
    kind = annotations.layers[layer].kind
    near = CLOSENESS.get(kind)
    parts: list[tuple[Snapshot, Figures]] = []
    taken = snapshot(annotations, layer, settings.measures.min_pair_items, layer)
    if taken is not None:
        figures: list[tuple[str, str, Value | None]] = list(CHANCE.get(kind, ()))
        if kind == "spans":
            figures.append(("span_f1.strict", "Exact span F1", agreement_value))
        elif kind != "number":
            figures.append(("f1_macro", titles.MACRO_F1, None))
        if near and kind in ("category", "ordinal"):
            figures.append((*near, _percent_agreement))
        parts.append((taken, tuple(figures)))
    if near and kind in ("answer", "labels"):
        parts.append((_closeness(annotations, layer, settings), ((*near, agreement_value),)))
    return [(part, figures) for part, figures in parts if part.n_units]


def _percent_agreement(taken: Snapshot) -> Influence:
    """Return the mean over units of the share of pairs that agree."""
    possible = taken.possible.sum(axis=1)
    there = possible > 0
    share = np.divide(taken.agreeing.sum(axis=1), possible, out=np.zeros(len(possible)), where=there)
    return ratio(share, there.astype(np.float64))


def _closeness(annotations: Annotations, layer: str, settings: Settings) -> Snapshot:
    """Return a snapshot with a single label whose agreement is the mean closeness of two answers."""
    found = pair_distances(annotations, layer, settings)
    units = len(found.item)
    near = np.bincount(found.unit, 1 - found.distance, minlength=units).astype(np.float64)
    pairs = np.bincount(found.unit, minlength=units).astype(np.float64)
    item = np.array([hashed(found.items[code]) for code in found.item], dtype=object)
    cluster = np.array([hashed(found.clusters[code]) if code >= 0 else "" for code in found.cluster], dtype=object)
    return Snapshot(
        layer, annotations.layers[layer].kind, layer, ("",), found.annotators, found.sections, item, cluster,
        found.section, near[:, None], pairs[:, None],
    )  # fmt: skip


def _cut(
    annotations: Annotations, parts: list[tuple[Snapshot, Figures]], which: tuple[str, str, str], settings: Settings
) -> Slices:
    """Return the slices of one layer (*which*: its name, the column as asked for and as the items name it)."""
    layer, name, column = which
    sizes, everything = _sizes(annotations, layer, column)
    enough = sizes.loc[sizes >= settings.measures.min_pair_items]
    thin = tuple(Thin(layer, name, str(value), int(n)) for value, n in sizes.items() if value not in enough.index)
    kept = enough.iloc[:MOST_VALUES]
    others = {str(value): int(everything - kept[value]) for value in kept.index}
    value_of = {hashed(str(item)): str(value) for item, value in annotations.items[column].items()}
    rows: list[Slice] = []
    for taken, figures in parts:
        of_unit = np.array([value_of[item] for item in taken.item], dtype=object)
        # one slice after the other: each holds a copy of everything that is not in it
        judged = [_judged(_judge(taken, of_unit == value, settings), figures) for value in kept.index]
        for family in zip(*judged, strict=True):
            rows += [
                _row(which, str(value), (int(kept[value]), others[value]), change)
                for value, change in zip(kept.index, adjusted_family(family), strict=True)
            ]
    headline = {row.name: row.value for row in rows if row.measure == rows[0].measure}
    order = {row.measure: place for place, row in reversed(list(enumerate(rows)))}
    rows.sort(key=lambda row: (_last_if_none(headline[row.name]), row.name, order[row.measure]))
    left_out = ((layer, name, len(enough) - len(kept)),) if len(enough) > len(kept) else ()
    return Slices(tuple(rows), thin, left_out)


def _judged(judge: Judge, figures: Figures) -> list[Judged]:
    """Return what each of the *figures* says about one slice and the rest."""
    found = []
    for measure, title, value_function in figures:
        value = value_function or _macro_f1(judge)
        judged = judge.change(measure, title, value)
        found.append(replace(judged, change=_with_interval(judged.change, judge, value)))
    return found


def _with_interval(change: Change, judge: Judge, value: Value) -> Change:
    """Return a change whose slice has its interval also where there is no rest to compare it with."""
    if change.after is None or change.after_interval is not None:
        return change
    return replace(change, after_interval=own_interval(judge.after, value(judge.after), judge.confidence))


def _sizes(annotations: Annotations, layer: str, column: str) -> tuple["pd.Series[int]", int]:
    """Return how many items (in every round) of each value two people answered, the largest first; and in all."""
    asked = annotations.assignments
    asked = asked.loc[
        asked["layer"].eq(layer)
        & asked["annotator"].isin(annotations.compared)
        & asked["status"].isin(("done", "empty"))
    ]
    times = asked.groupby(["item", "round"], observed=True)["annotator"].nunique()
    items = times.index[times >= 2].get_level_values("item").astype(str)
    values = annotations.items[column].astype(str).reindex(items)
    sizes = values.loc[values.ne(NO_VALUE)].value_counts()
    order = sorted(sizes.index, key=lambda value: (-sizes[value], value))
    return sizes.reindex(order), len(items)


def _judge(taken: Snapshot, inside: Bools, settings: Settings) -> Judge:
    """Return the judge that sets a slice against the rest."""
    rest, mine = taken.where(~inside), taken.where(inside)
    return judge_of(replace(rest, name="the rest"), replace(mine, name="the slice"), settings.measures.confidence)[0]


def _macro_f1(judge: Judge) -> Value:
    """Return macro F1 over the labels that are common enough on both sides, or, if none is, that both sides use."""
    given = np.array([(side.possible > 0).sum(axis=0) for side in judge.sides if side.n_units])
    chosen = (given >= MIN_LABELS).all(axis=0)
    if not chosen.any():
        chosen = (given > 0).all(axis=0)
    return mixed_value(np.asarray(chosen / max(int(chosen.sum()), 1)))


def _row(which: tuple[str, str, str], name: str, items: tuple[int, int], change: Change) -> Slice:
    """Return the row of one slice and measure."""
    low, high = change.after_interval or (None, None)
    rest_low, rest_high = change.before_interval or (None, None)
    return Slice(
        which[0], which[1], name, *items, change.measure, change.title, change.after, low, high,
        change.before, rest_low, rest_high, change.difference, change.low, change.high, change.q,
        WORDS.get(change.word, "can't tell yet"), change.undefined,
    )  # fmt: skip


def _last_if_none(value: float | None) -> tuple[bool, float]:
    """Return a key that sorts numbers from low to high and puts None behind them."""
    return value is None, value or 0.0
