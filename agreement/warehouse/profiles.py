"""Distinct patterns of labels with how many items show them: the counts of everything but the pairs of a crowd."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from agreement.counted import Counted, in_memory
from agreement.counts import Ints
from agreement.uncertainty.pooling import MIN_CLUSTERS, Patterns
from agreement.units import Units
from agreement.warehouse.engine import LAYER, Prepared, keys, spread_out

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_PATTERNS = 500_000  # distinct patterns up to which they all come back
MOST_DOCUMENTS = 20_000  # documents beyond which they are taken out of the jackknife in groups
GROUPS = 1_000


def profiles(found: Prepared) -> Counted | None:
    """Return the counts from the distinct patterns by annotator and label; None if there are too many of them.

    Each pattern stands for the items that show it, so that every score is the score of all items, to the last digit.
    """
    shown, by_document = _with_cluster(found)
    part = shown.filter(shown.drawn < "10")  # a sixteenth
    some = part.group_by("pattern", "cluster").agg(n=part.count()).count()
    if found.compared > MOST_PATTERNS and int(some.to_pyarrow().as_py()) > MOST_PATTERNS // 8:
        return None
    distinct = shown.group_by("pattern", "cluster").agg(n=shown.count())
    rows = found.traffic.fetch(distinct.limit(MOST_PATTERNS + 1), patterns=True)
    if len(rows) > MOST_PATTERNS:
        return None
    k = len(found.labels)
    rows = rows.assign(key=keys(rows["pattern"])).sort_values(["cluster", "key"], ignore_index=True)
    unit, code = spread_out(rows["pattern"])
    cluster, clusters = _codes(rows["cluster"], by_document=by_document)
    none = np.full(len(rows), -1, dtype=np.int64)
    units = Units(
        LAYER, "item", found.labels, found.annotators, unit, code // k, code % k,
        rows["n"].to_numpy(dtype=np.int64), none, cluster, none, none, clusters=clusters,
    )  # fmt: skip
    return in_memory(units)


def histograms(found: Prepared) -> Patterns:
    """Return the distinct item x label counts of all items with how many show each, by document if there are enough."""
    shown, by_document = _with_cluster(found)
    k = len(found.labels)
    mine = shown.mutate(histogram=shown.pattern.map(lambda code: code % k).sort())
    rows = found.traffic.fetch(mine.group_by("histogram", "cluster").agg(n=mine.count()), patterns=True)
    rows = rows.assign(key=keys(rows["histogram"])).sort_values(["cluster", "key"], ignore_index=True)
    unit, label = spread_out(rows["histogram"])
    counts = np.bincount(unit * k + label, minlength=len(rows) * k).reshape(len(rows), k)
    cluster = _codes(rows["cluster"], by_document=by_document)[0] if by_document else None
    return Patterns(counts, rows["n"].to_numpy(dtype=np.int64), cluster)


def given(found: Prepared) -> Ints:
    """Return (A, K) how often each annotator gave each label."""
    cells = len(found.annotators) * len(found.labels)
    every = found.shown.select(code=found.shown.pattern.unnest())
    rows = found.traffic.fetch(every.group_by("code").agg(n=every.count()))
    code, times = (rows[name].to_numpy(dtype=np.int64) for name in ("code", "n"))
    return np.bincount(code, times, minlength=cells).astype(np.int64).reshape(-1, len(found.labels))


def _with_cluster(found: Prepared) -> "tuple[ir.Table, bool]":
    """Return the items with what is independent as ``cluster``, and whether that is a document."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    shown = found.shown
    if found.documents < MIN_CLUSTERS:
        return shown.mutate(cluster=ibis.literal("")), False
    if found.documents > MOST_DOCUMENTS:
        group = (shown.drawn.hash() % GROUPS + GROUPS) % GROUPS
        return shown.mutate(cluster=group.cast("string")), True
    alone = ibis.literal("\x1f") + shown.item
    return shown.mutate(cluster=ibis.ifelse(shown.document == "", alone, shown.document)), True


def _codes(cluster: "pd.Series[str]", *, by_document: bool) -> tuple[Ints, tuple[str, ...]]:
    """Return the codes and names of the documents; -1 everywhere if items are independent."""
    if not by_document:
        return np.full(len(cluster), -1, dtype=np.int64), ()
    codes, names = pd.factorize(cluster, sort=True)
    return codes.astype(np.int64), tuple(map(str, names))
