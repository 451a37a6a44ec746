"""Every item of a table for the diagnosis, rebuilt from distinct patterns with how many items show each.

The rules contrast labels of one item, and sum over items; which item it was makes no difference to the sums. So the
patterns by section, round and document are all they need, and their flags are those of all labels.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.counts import Ints
from agreement.diagnosis.diagnosing import Diagnosis
from agreement.flags import Example
from agreement.units import Units
from agreement.warehouse.engine import LAYER, Prepared, keys, spread_out
from agreement.warehouse.profiles import MOST_PATTERNS
from agreement.warehouse.traffic import known

Floats = NDArray[np.float64]
MOST_EXPANDED = 10_000_000  # labels up to which the diagnosis sees those of every item
MOST_DISPUTED = 2_000  # items that are known by name because their labels differ most
MORE_LABELS = 1e-6  # of two items disputed alike, the one with more labels comes first
ABOUT = ["section", "round", "document", "key"]


def everything(found: Prepared, drawn: pd.DataFrame, disagreement: Callable[[Units], Floats]) -> Units | None:
    """Return a unit per item of the table; None if there are too many, or too many distinct patterns.

    The most disputed items, by their *disagreement* (U,), and those *drawn* bear their names and come first; every
    other unit bears the name of an item that shows the same.
    """
    if found.n_labels > MOST_EXPANDED:
        return None
    shown = found.shown
    by = shown.group_by("pattern", "section", "round", "document")
    rows = found.traffic.fetch(by.agg(n=shown.count(), item=shown.item.min()).limit(MOST_PATTERNS + 1), patterns=True)
    if len(rows) > MOST_PATTERNS:
        return None
    rows = rows.assign(key=keys(rows["pattern"])).sort_values(ABOUT, ignore_index=True)
    distinct = _units(rows, np.arange(len(rows)), tuple(rows["item"].astype(str)), found)
    score = np.nan_to_num(disagreement(distinct)) + MORE_LABELS * np.bincount(distinct.unit, minlength=len(rows))
    disputed = _most_disputed(found, rows.assign(score=score))
    named = pd.concat([disputed, drawn]).drop_duplicates(["item", "round"]).sort_values(["item", "round"])
    place, names = _named(rows, named)
    return _units(rows, place, names, found)


def labelled(diagnosis: Diagnosis, every: Units) -> Diagnosis:
    """Return the diagnosis with the labels of those examples that are in *every* item, but not in the sample."""
    bare = {shown.item for flag in diagnosis.flags for shown in flag.examples if not shown.labels}
    labels: dict[str, dict[str, str]] = {}
    for unit in [place for place, item in enumerate(every.items) if item in bare]:
        rows = slice(*np.searchsorted(every.unit, [unit, unit + 1]))
        given = {
            every.annotators[a]: every.labels[k] for a, k in zip(every.annotator[rows], every.label[rows], strict=True)
        }
        labels.setdefault(every.items[unit], given)

    def full(shown: Example) -> Example:
        return shown if shown.labels else replace(shown, labels=labels.get(shown.item, {}))

    return replace(
        diagnosis,
        flags=tuple(replace(flag, examples=tuple(map(full, flag.examples))) for flag in diagnosis.flags),
    )


def _units(rows: pd.DataFrame, place: Ints, names: tuple[str, ...], found: Prepared) -> Units:
    """Return a unit for each row of *place* (U,), with its item's name."""
    row, code = spread_out(rows["pattern"])
    starts = np.searchsorted(row, np.arange(len(rows) + 1))
    size = np.diff(starts)[place]
    unit = np.repeat(np.arange(len(place)), size)
    offset = np.arange(len(unit)) - np.repeat(np.cumsum(size) - size, size)
    who, what = np.divmod(code[np.repeat(starts[place], size) + offset], len(found.labels))
    (cluster, clusters), (section, sections), (round_, rounds) = (
        _coded(rows[name]) for name in ("document", "section", "round")
    )
    return Units(
        LAYER, "item", found.labels, found.annotators, unit, who, what, np.ones(len(place), np.int64),
        np.arange(len(place)), cluster[place], section[place], round_[place], names, clusters, sections, rounds,
    )  # fmt: skip


def _most_disputed(found: Prepared, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the items with the highest ``score`` of their pattern in *rows*, ties by name."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    scores = rows.groupby("key", sort=True).agg(score=("score", "first"), n=("n", "sum"))
    scores = scores.sort_values("score", ascending=False, kind="stable")
    enough = scores["n"].cumsum().shift(fill_value=0) < MOST_DISPUTED
    kept = scores.loc[scores["score"].ge(scores.loc[enough, "score"].min())]
    texts = [",".join(map(str, key)) for key in kept.index]  # lists of ours are not known to every engine
    wanted = ibis.memtable(pd.DataFrame({"text": texts, "score": kept["score"].to_numpy(np.float64)}))
    known(found.shown, wanted)
    named = found.shown.mutate(text=found.shown.pattern.map(lambda code: code.cast("string")).join(","))
    mine = named.join(wanted, "text").order_by([ibis.desc("score"), "item", "round"])
    shown = mine.select("item", "round", "section", "document", "pattern").limit(MOST_DISPUTED)
    return found.traffic.fetch(shown, patterns=True)


def _named(rows: pd.DataFrame, named: pd.DataFrame) -> tuple[Ints, tuple[str, ...]]:
    """Return the row of every unit and its item: items *named* first, then one item per row, then the rest."""
    place_of = {key: number for number, key in enumerate(zip(*(rows[name] for name in ABOUT), strict=True))}
    theirs = named.assign(key=keys(named["pattern"]))
    mine = np.array([place_of[key] for key in zip(*(theirs[name] for name in ABOUT), strict=True)], dtype=np.int64)
    names = named["item"].astype(str).tolist()
    left = rows["n"].to_numpy(dtype=np.int64) - np.bincount(mine, minlength=len(rows))
    first = rows["item"].astype(str).to_numpy(dtype=object)
    lone = np.flatnonzero((left > 0) & ~pd.Index(first).isin(names))
    left[lone] -= 1
    rest = np.repeat(np.arange(len(rows)), left)
    return np.concatenate([mine, lone, rest]), (*names, *first[lone].tolist(), *first[rest].tolist())


def _coded(values: "pd.Series[str]") -> tuple[Ints, tuple[str, ...]]:
    """Return the codes of names, -1 for a blank, and the sorted names."""
    names = sorted({str(value) for value in values if value})
    code = {name: number for number, name in enumerate(names)}
    return np.array([code.get(str(value), -1) for value in values], dtype=np.int64), tuple(names)
