"""The company that a crowd's people keep in an engine: sums over the items that two of them share.

All are of items with three labels or more, on which people can be compared.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.warehouse.crowd_items import ALONE, OWN, Items

Floats = NDArray[np.float64]
FEWEST = 3  # labels of an item that tell who differs from the others


def met_in(items: Items) -> pd.DataFrame:
    """Return by annotators ``who`` and ``other`` the sum, ``share``, of one over the labels of each item they share.

    Everybody shares all own items with themselves.
    """
    three = items.table.filter(items.table.pattern.length() >= FEWEST)
    listed = three.select("pattern", code=three.pattern.unnest(), each=1.0 / three.pattern.length().cast("float64"))
    both = listed.select("code", "each", second=listed.pattern.unnest())
    both = both.mutate(who=items.who_of(both.code), other=items.who_of(both.second))
    return items.traffic.fetch(both.group_by("who", "other").agg(share=both.each.sum()))


def products_in(items: Items, values: pd.DataFrame, own: Floats) -> tuple[pd.DataFrame, int]:
    """Return sums over clusters of the ``product`` of what is left of two people, and how many clusters there are.

    *values* has a ``value`` by ``key``, mix * K + label; what is left of each is less the *own* share (A,) of its
    annotator, plus the mean share on its item. Of two different people the smaller code is ``who``.
    """
    import ibis  # noqa: PLC0415 - the warehouse extra

    three = replace(items, table=items.table.filter(items.table.pattern.length() >= FEWEST))
    given = three.given("item", "round", "cluster", "mix")
    keyed = given.mutate(key=given.mix * items.labels + given.what)
    shares = items.ours(pd.DataFrame({"who": np.arange(len(own)), "own": own}))
    rows = keyed.join(items.ours(values), "key").join(shares, "who")
    mean = rows.own.mean().over(ibis.window(group_by=[rows.item, rows["round"]]))
    group = rows.item
    if items.clustered:
        group = ibis.ifelse(rows.cluster == ALONE, rows.item, ibis.literal(OWN) + rows.cluster)
    left = rows.select("who", group=group, left=rows.value - rows.own + mean)
    if items.clustered:
        left = left.group_by("group", "who").agg(left=left.left.sum())
    kept = left.cache()
    other = kept.select(group="group", other=kept.who, right=kept.left)
    both = kept.join(other, "group")
    both = both.filter(both.who <= both.other)
    found = both.group_by("who", "other").agg(product=(both.left * both.right).sum())
    clusters = items.traffic.fetch(kept.aggregate(n=kept.group.nunique()))
    result = items.traffic.fetch(found), int(clusters["n"].iloc[0])
    kept.release()
    return result
