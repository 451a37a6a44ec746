"""The items of a table that a meeting would discuss first: every cause of disputes has its fair share of the places."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from agreement.counts import Ints
from agreement.disputes import Cases, cases, places
from agreement.settings import LayerKind
from agreement.units import Units
from agreement.warehouse.engine import Prepared
from agreement.warehouse.traffic import known

if TYPE_CHECKING:
    import ibis.expr.types as ir


def first_discussed(
    found: Prepared, items: "ir.Table", rows: pd.DataFrame, units: Units, row: Ints, kind: LayerKind, most: int
) -> pd.DataFrame:  # fmt: skip
    """Return at most *most* of the *items* in dispute, in the engine, so that every cause has its fair share of them.

    Of items that are cases of the same causes the first by name are taken.

    Parameters
    ----------
    found, items
        The labels in the engine, and a row per item with its ``pattern``.
    rows
        The distinct patterns: ``key`` of the pattern, ``n`` items that show it, and ``item``, the first of them by
        name.
    units, row
        These patterns as units of a layer of this *kind*, a unit for each round, and (U,) the row of each unit.
    """
    import ibis  # noqa: PLC0415 - the warehouse extra

    wanted = first_places(rows, units, row, kind, most).drop_duplicates("key")
    if wanted.empty:
        return pd.DataFrame(columns=["item", "section", "document", "half", "pattern"])
    texts = [",".join(map(str, key)) for key in wanted["key"]]  # lists of ours are not known to every engine
    numbers = {name: wanted[name].to_numpy(np.int64) for name in ("group", "places")}
    told = ibis.memtable(pd.DataFrame({"text": texts, **numbers}))
    known(items, told)
    named = items.mutate(text=items.pattern.map(lambda code: code.cast("string")).join(","))
    mine = named.join(told, "text")
    place = ibis.row_number().over(ibis.window(group_by=mine.group, order_by=mine.item))
    mine = mine.mutate(place=place)
    shown = mine.filter(mine.place < mine.places).select("item", "section", "document", "half", "pattern")
    return found.traffic.fetch(shown, patterns=True)


def first_places(rows: pd.DataFrame, units: Units, row: Ints, kind: LayerKind, most: int) -> pd.DataFrame:
    """Return the *rows* whose items are discussed first, with their ``group`` and how many ``places`` it has.

    *rows* and the others are those of :func:`first_discussed`. The items wanted are the first by name of each group:
    among them are only items of those rows whose own first items are the first of the group.
    """
    group, causes, importance = _groups(cases(units, kind), row, len(rows))
    in_group = group >= 0
    n = np.bincount(group[in_group], rows["n"].to_numpy()[in_group], minlength=len(importance)).astype(np.int64)
    taken = places(causes, importance, n, most)
    wanted = rows.assign(group=group, places=np.append(taken, 0)[group]).loc[lambda part: part["places"] > 0]
    wanted = wanted.sort_values("item", kind="stable")
    return wanted.loc[wanted.groupby("group").cumcount() < wanted["places"]]


def _groups(case: Cases, row: Ints, n_rows: int) -> tuple[Ints, tuple[Ints, Ints], Ints]:
    """Return rows of the same causes and importance as groups.

    These are the (R,) group of each row, -1 for none in dispute; group and cause of each cause of a group; and the (G,)
    importance of the groups.
    """
    size = max(len(case.causes), 1)
    owner, cause = np.divmod(np.unique(row[case.unit] * size + case.cause), size)
    # causes are told apart by numbers whose sums, for all that is likely, no two sets of them share
    mark = np.random.default_rng(0).integers(1 << 62, size=size, dtype=np.uint64)
    together = np.zeros(n_rows, dtype=np.uint64)
    np.add.at(together, owner, mark[cause])
    importance = np.zeros(n_rows, dtype=np.int64)
    np.maximum.at(importance, row, case.importance)
    disputed = np.flatnonzero(together)
    key = pd.MultiIndex.from_arrays([together[disputed], importance[disputed]])
    code, distinct = pd.factorize(key)
    group = np.full(n_rows, -1, dtype=np.int64)
    group[disputed] = code
    first = np.zeros(n_rows, dtype=bool)
    first[disputed[np.unique(code, return_index=True)[1]]] = True
    of_first = first[owner]
    return group, (group[owner[of_first]], cause[of_first]), distinct.get_level_values(1).to_numpy(np.int64)
