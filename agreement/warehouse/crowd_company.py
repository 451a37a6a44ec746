"""The company that a crowd's people keep in an engine: sums over the items that two of them share."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.counts import chunks
from agreement.rules._plurality import deviations
from agreement.warehouse.crowd_items import ALONE, OWN, Items, few, with_names
from agreement.warehouse.traffic import forget

if TYPE_CHECKING:
    import ibis.expr.types as ir

Floats = NDArray[np.float64]
FEWEST = 3  # labels of an item that tell who differs from the others


def met_in(items: Items, fewest: int = FEWEST, power: int = 1) -> pd.DataFrame:
    """Return by annotators ``who`` and ``other`` the sum, ``share``, of one over the labels of each item they share.

    That is of items with *fewest* labels or more, and to a *power*. Everybody shares all own items with themselves.
    """
    mine = items.table.filter(items.table.pattern.length() >= fewest)
    r = mine.pattern.length().cast("float64")
    listed = mine.select("pattern", code=mine.pattern.unnest(), each=1.0 / (r if power == 1 else r * r))
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
    ours = items.ours(values)
    rows = keyed.join(ours, "key").join(shares, "who")
    mean = rows.own.mean().over(ibis.window(group_by=[rows.item, rows["round"]]))
    result = products_of(items, rows.select("item", "cluster", "who", left=rows.value - rows.own + mean))
    forget(items.table, ours)
    return result


def products_of(items: Items, rows: "ir.Table") -> tuple[pd.DataFrame, int]:
    """Return sums over clusters of the ``product`` of what is ``left`` by ``who``, and how many clusters there are."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    group = rows.item
    if items.clustered:
        group = ibis.ifelse(rows.cluster == ALONE, rows.item, ibis.literal(OWN) + rows.cluster)
    left = rows.select("who", "left", group=group)
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


def shared_by(items: Items, first: int, second: int) -> pd.DataFrame:
    """Return how many items ``n`` that both of two people labelled have which ``pattern``, with names of some.

    A pattern begins with the codes of the two; of all others it says who they are only where there is just one.
    """
    import ibis  # noqa: PLC0415 - the warehouse extra

    k, nobody = items.labels, items.annotators * items.labels
    table, held = items.table, items.held_by([first, second], [])
    two = table.mutate(two=table.pattern.filter(lambda code: held(code, table)))
    two = two.filter(two.two.length() == 2)
    rest = two.pattern.filter(lambda code: ~held(code, two))
    labels = rest.map(lambda code: code % k + nobody).sort()
    told = two.mutate(pattern=two.two.concat(ibis.ifelse(rest.length() == 1, rest, labels)))
    return few(items.traffic, with_names(told, ["place", "cluster", "pattern"]), patterns=True)


def joined_by(items: Items, people: list[int]) -> pd.DataFrame:
    """Return by ``who`` of *people* and ``other`` how many items ``n`` one deviates on, and the other has ``joined``.

    To deviate is to leave the only most frequent label of everybody else; joined is who gave the same label.
    """
    table, held = items.table, items.held_by(people, [])
    mine = table.mutate(mine=table.pattern.filter(lambda code: held(code, table)))
    mine = mine.filter((mine.mine.length() > 0) & (mine.pattern.length() >= FEWEST))
    each = mine.select("mix", "pattern", own=mine.mine.unnest())
    both = each.select("mix", "own", code=each.pattern.unnest())
    both = both.filter(both.code != both.own)
    k = items.labels
    both = both.mutate(key=(both.mix * k + both.own % k) * k + both.code % k)
    wanted = pd.concat([pd.DataFrame({"key": [], "same": []}, dtype=np.int64), *_deviating(items)])
    rows = both.join(items.ours(wanted), "key")
    rows = rows.mutate(who=items.who_of(rows.own), other=items.who_of(rows.code))
    return items.traffic.fetch(rows.group_by("who", "other").agg(n=rows.count(), joined=rows.same.sum()))


def _deviating(items: Items) -> Iterator[pd.DataFrame]:
    """Yield the mixes with two of their labels where the first deviates: ``key``, and whether they are the ``same``."""
    k, mixes = items.labels, items.mixes.labels
    for part in chunks(len(mixes), 8 * k):
        some = mixes[part]
        sizes = [len(labels) for labels in some]
        counts = np.zeros((len(some), k))
        np.add.at(counts, (np.repeat(np.arange(len(some)), sizes), np.concatenate(some)), 1)
        disputed = np.flatnonzero((counts > 0).sum(axis=1) >= 2)
        row, own = np.nonzero(counts[disputed])
        there, other = np.nonzero(counts[disputed[row]])
        row, own = disputed[row[there]], own[there]
        feasible = (own != other) | (counts[row, own] > 1)
        row, own, other = row[feasible], own[feasible], other[feasible]
        against, joined, _ = deviations(counts[row], own, other)
        key = ((row + part.start) * k + own) * k + other
        yield pd.DataFrame({"key": key[against], "same": joined[against].astype(np.int64)})
