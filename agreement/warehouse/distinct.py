"""All items of a table as distinct patterns of labels, with how many items show each.

Scores and rules contrast labels of one item, and sum over items; which item it was makes no difference to the sums. So
the patterns by section, rounds and document are all they need, and what they find is what all labels show.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.counts import Ints
from agreement.diagnosis.case import evidence_of
from agreement.diagnosis.evidence import MIN_DOCUMENTS
from agreement.diagnosis.times import alternating
from agreement.rules._readings import MIN_ANNOTATORS
from agreement.settings import LayerKind
from agreement.uncertainty.pooling import MIN_CLUSTERS
from agreement.units import Units
from agreement.warehouse.discussed import first_discussed
from agreement.warehouse.engine import LAYER, Prepared, keys, spread_out
from agreement.warehouse.traffic import known

if TYPE_CHECKING:
    import ibis.expr.types as ir

Floats = NDArray[np.float64]
DIGITS = 3  # of the hash by which documents are put in groups
FEWEST_GROUPS, MOST_GROUPS = 30, 1_000
UNASKED = 500_000  # patterns that are fetched without asking first how many there are
MOST_NAMED = 2_000  # items that are known by name because a meeting would discuss them first
MOST_DISPUTED = 100  # and because their labels differ most
MORE_LABELS = 1e-6  # of two items disputed alike, the one with more labels comes first
ALONE = "\x1f"  # begins the document of an item without one, which is independent of all others
ABOUT = ["section", "document", "half", "key"]


@dataclass(frozen=True, slots=True)
class Most:
    """How many patterns come back at most, and how many labels and couples of labels are in them."""

    patterns: int
    labels: int
    couples: int

    def holds(self, size: Ints, n: Ints) -> bool:
        """Return whether *n* (S,) patterns of *size* (S,) labels are as many at most.

        Examples
        --------
        >>> [Most(2, 9, 9).holds(np.array([3]), np.array([n])) for n in (2, 3)]
        [True, False]
        """
        found = n.sum(), (n * size).sum(), (n * size * (size - 1)).sum() // 2
        return all(one <= most for one, most in zip(found, (self.patterns, self.labels, self.couples), strict=True))


def everything(found: Prepared, kind: LayerKind, most: Most, groups: int = 0) -> tuple[Units, tuple[str, ...]] | None:
    """Return the distinct patterns of the table as units, with how many items show each; None if they are too many.

    The items that are disputed most, and those that have their turn when each cause of disputes has its fair share of
    places, are units of their own; every other unit bears the name of the first item that shows it, or of the last one
    if others of them are known by name. Units are in the order of these names.

    Parameters
    ----------
    found
        The labels in the engine.
    kind
        Of their layer.
    most
        What comes back at most.
    groups
        How many groups of documents, and of items without one, at random take the place of documents; 0 for none.

    Returns
    -------
    tuple
        The units, and the items that are known by name.
    """
    if _surely_more(found, most.patterns):
        return None
    rounds = sorted(found.traffic.fetch(found.shown.select("round").distinct())["round"])
    items = _by_item(found, rounds)
    if groups:
        items = _in_groups(items, groups)
    items = _apart(_in_halves(items, found), found)
    by = items.group_by("pattern", "section", "document", "half")
    counted = by.agg(n=items.count(), item=items.item.min(), last=items.item.max())
    if most.patterns > UNASKED and not _fit(counted, found, most):
        return None
    rows = found.traffic.fetch(counted.limit(most.patterns + 1), patterns=True)
    size = rows["pattern"].list.len().to_numpy(dtype=np.int64)
    if not most.holds(size, np.ones_like(size)):
        return None
    rows = rows.assign(key=keys(rows["pattern"])).sort_values("item", ignore_index=True)
    distinct, row = _units(rows, found, rounds)
    size = np.bincount(distinct.unit, minlength=distinct.n_units)
    score = np.zeros(len(rows))
    disagreement = evidence_of(distinct, kind).disagreement
    np.maximum.at(score, row, np.nan_to_num(disagreement) + MORE_LABELS * size)
    every = int(rows["n"].sum()) <= MOST_NAMED
    named = _most_disputed(found, items, rows.assign(score=score), MOST_NAMED if every else MOST_DISPUTED)
    if not every:
        first = first_discussed(found, items, rows, distinct, row, kind, MOST_NAMED)
        named = pd.concat([named, first], ignore_index=True).drop_duplicates("item")
    return _units(_singled(rows, named), found, rounds)[0], tuple(sorted(named["item"]))


def _fit(counted: "ir.Table", found: Prepared, most: Most) -> bool:
    """Return whether the patterns that were *counted* fit in memory."""
    r = counted.pattern.length()
    sizes = found.traffic.fetch(counted.group_by(size=r).agg(n=counted.count()))
    return most.holds(sizes["size"].to_numpy(dtype=np.int64), sizes["n"].to_numpy(dtype=np.int64))


def _surely_more(found: Prepared, most: int) -> bool:
    """Return whether a sixteenth of the items already shows more patterns than *most*."""
    if found.units <= most:
        return False
    part = found.shown.filter(found.shown.digest < "10")
    return int(part.select("pattern").distinct().count().to_pyarrow().as_py()) > most


def _by_item(found: Prepared, rounds: list[str]) -> "ir.Table":
    """Return a row per item; the codes of its pattern say the round too: (round * A + annotator) * K + label."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    shown = found.shown
    if len(rounds) == 1:
        return shown.select("item", "section", "document", "digest", "pattern")
    width = len(found.annotators) * len(found.labels)
    first = ibis.memtable(pd.DataFrame({"round": rounds, "first": np.arange(len(rounds)) * width}))
    known(shown, first)
    joined = shown.join(first, "round")
    coded = joined.select(
        "item",
        "section",
        "document",
        "digest",
        pattern=joined.pattern.map(lambda code: code + joined["first"].cast("int64")),
    )
    times = coded.group_by("item").agg(n=coded.count())
    if not int(times.filter(times.n > 1).count().to_pyarrow().as_py()):
        return coded
    by = coded.group_by("item", "section", "document", "digest")
    return by.agg(pattern=coded.pattern.collect().flatten().sort())


def _in_groups(items: "ir.Table", groups: int) -> "ir.Table":
    """Return the items with one of *groups* groups, by the hash of document or item, as their document."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    numbers = range(16**DIGITS)
    told = ibis.memtable(
        pd.DataFrame({
            "hash": [f"{number:0{DIGITS}x}" for number in numbers],
            "group": [f"group {number * groups // len(numbers):04d} of {groups}" for number in numbers],
        })
    )  # fmt: skip
    known(items, told)
    joined = items.mutate(hash=items.digest.left(DIGITS)).join(told, "hash")
    return joined.select("item", "section", "digest", "pattern", document=joined.group)


def groups_for(found: Prepared, patterns: int) -> int:
    """Return in how many groups documents fit where not more than so many *patterns* of them can come back."""
    apart = found.shown.select("pattern", "section").distinct()
    number = int(found.traffic.fetch(apart.aggregate(n=apart.count()))["n"].iloc[0])
    return int(np.clip(patterns // (2 * number), FEWEST_GROUPS, MOST_GROUPS))  # twice: each has two halves


def _in_halves(items: "ir.Table", found: Prepared) -> "ir.Table":
    """Return the items with ``half``: every other one of its section by name, 0 or 1; 0 in documents.

    Only camps are looked for in halves, which needs some annotators.
    """
    import ibis  # noqa: PLC0415 - the warehouse extra

    nothing = ibis.literal(0).cast("int64")
    if len(found.annotators) < MIN_ANNOTATORS:
        return items.mutate(half=nothing)
    alone = (items.document == "") | (found.documents < MIN_DOCUMENTS)
    place = ibis.row_number().over(ibis.window(group_by=[items.section, alone], order_by=items.item))
    return items.mutate(half=ibis.ifelse(alone, (place % 2).cast("int64"), nothing))


def _apart(items: "ir.Table", found: Prepared) -> "ir.Table":
    """Return the items with a document of its own for each item without one, where documents are independent."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    if found.documents < MIN_CLUSTERS:
        return items
    return items.mutate(document=ibis.ifelse(items.document == "", ibis.literal(ALONE) + items.item, items.document))


def _units(rows: pd.DataFrame, found: Prepared, rounds: list[str]) -> tuple[Units, Ints]:
    """Return a unit for each round of each of *rows*, with how many items show it, and which row it is of."""
    k, width = len(found.labels), len(found.annotators) * len(found.labels)
    owner, code = spread_out(rows["pattern"])
    key = owner * len(rounds) + code // width
    new = np.diff(key, prepend=-1) > 0
    row, round_ = np.divmod(key[new], len(rounds))
    document = rows["document"]
    cluster, clusters = _coded(document.mask(document.str.startswith(ALONE), ""))
    section, sections = _coded(rows["section"])
    half = rows["half"].to_numpy(dtype=np.int64)
    if len(clusters) >= MIN_DOCUMENTS:
        half = _halves(half, section, cluster)
    named = rounds != [""]
    return Units(
        LAYER, "item", found.labels, found.annotators, np.cumsum(new) - 1, code % width // k, code % k,
        rows["n"].to_numpy(dtype=np.int64)[row], row, cluster[row], section[row],
        round_ if named else np.full(len(row), -1), tuple(rows["item"].astype(str)), clusters, sections,
        tuple(rounds) if named else (), found.members, found.simple, half=half[row],
    ), row  # fmt: skip


def _halves(half: Ints, section: Ints, cluster: Ints) -> Ints:
    """Return (R,) the halves of rows: documents alternate, and in each section items without one go on from there."""
    found, mine = half.copy(), cluster >= 0
    found[mine] = alternating(section[mine], cluster[mine])
    home = np.full(int(cluster.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(home, cluster[mine], section[mine])
    before = np.bincount(home + 1, minlength=int(section.max(initial=-1)) + 2)
    found[~mine] = (found[~mine] + before[section[~mine] + 1]) % 2
    return found


def _most_disputed(found: Prepared, items: "ir.Table", rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return the *most* items with the highest ``score`` of their pattern in *rows*, ties by name."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    scores = rows.groupby("key", sort=True).agg(score=("score", "first"), n=("n", "sum"))
    scores = scores.sort_values("score", ascending=False, kind="stable")
    enough = scores["n"].cumsum().shift(fill_value=0) < most
    kept = scores.loc[scores["score"].ge(scores.loc[enough, "score"].min())]
    texts = [",".join(map(str, key)) for key in kept.index]  # lists of ours are not known to every engine
    wanted = ibis.memtable(pd.DataFrame({"text": texts, "score": kept["score"].to_numpy(np.float64)}))
    known(items, wanted)
    named = items.mutate(text=items.pattern.map(lambda code: code.cast("string")).join(","))
    mine = named.join(wanted, "text").order_by([ibis.desc("score"), "item"])
    shown = mine.select("item", "section", "document", "half", "pattern").limit(most)
    return found.traffic.fetch(shown, patterns=True)


def _singled(rows: pd.DataFrame, named: pd.DataFrame) -> pd.DataFrame:
    """Return the *named* items, and *rows* with how many more items show each, by their names."""
    mine = named.assign(key=keys(named["pattern"]), n=1)
    taken = mine.groupby(ABOUT, sort=False)["n"].sum().reindex(pd.MultiIndex.from_frame(rows[ABOUT])).fillna(0)
    left = rows["n"] - taken.to_numpy(dtype=np.int64)
    rest = rows.assign(n=left, item=rows["item"].mask(taken.to_numpy() > 0, rows["last"])).loc[left > 0]
    every: pd.DataFrame = pd.concat([mine, rest], ignore_index=True).sort_values("item", ignore_index=True)
    return every


def _coded(values: "pd.Series[str]") -> tuple[Ints, tuple[str, ...]]:
    """Return the codes of names, -1 for a blank, and the sorted names."""
    names = sorted({str(value) for value in values if value})
    code = {name: number for number, name in enumerate(names)}
    return np.array([code.get(str(value), -1) for value in values], dtype=np.int64), tuple(names)
