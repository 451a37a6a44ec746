"""The items of a crowd in the engine, and the sums over them: which labels an item has, and what annotators add.

Letters: A annotators, K labels, S sections. A *mix* is a section with the labels of an item, whoever gave them: all
items of one mix say the same about labels and sections, and each of their labels has the same contrast.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.counts import Ints
from agreement.diagnosis.evidence import MIN_DOCUMENTS
from agreement.diagnosis.people import Gone
from agreement.uncertainty.pooling import MIN_CLUSTERS
from agreement.warehouse.crowd_mixes import Mixes
from agreement.warehouse.engine import Prepared
from agreement.warehouse.traffic import Traffic, forget, known

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.expr.types.relations import CachedTable

Floats = NDArray[np.float64]
MOST_ROWS = 1_000_000  # mixes by document that come back at most
MOST_SECTIONS = 2_000
NAMED = ("item", "second", "third")  # the items of a kind that are known by name: as many as a flag shows
MOST_DOCUMENTS = 20_000  # documents beyond which they are taken out of the jackknife in groups
GROUPS = (1_000, 100, 20)  # into how many groups, the first of which leaves few enough rows
ALONE = ""  # the cluster of items that are independent of all others
OWN = "\x1f"  # before the name of an item that is its own cluster because it comes in several rounds


class TooManyError(Exception):
    """There are more sections, or more mixes of labels, than can come back."""


@dataclass(frozen=True, slots=True)
class Items:
    """Items in the engine, without the labels that are gone.

    Parameters
    ----------
    table
        Ibis table, a row per item and round: ``item``, ``round``, ``cluster`` (``ALONE`` if independent of all others),
        ``place`` (section code, S without one), ``pattern`` (codes annotator * K + label), ``mix``, and ``taken``, with
        whom the item is taken out of the jackknife.
    annotators, labels
        How many there are.
    sections, rounds
        (S,) names, and names of the rounds.
    clustered
        Whether any item is not independent of all others.
    documents
        How many documents there are for intervals, or groups of them; 0 if items count as independent there.
    mixes, traffic
        The mixes by number, and what came back.
    kept
        The tables in the engine that these and other states of the items are made of.
    """

    table: "ir.Table"
    annotators: int
    labels: int
    sections: tuple[str, ...]
    rounds: tuple[str, ...]
    clustered: bool
    documents: int
    mixes: Mixes
    traffic: Traffic
    kept: "list[CachedTable]"

    def release(self) -> None:
        """Give the engine its memory back: nothing more is asked of these items, in whatever state."""
        for part in self.kept:
            part.release()

    @property
    def places(self) -> int:
        """S + 1."""
        return len(self.sections) + 1

    def counts(self) -> pd.DataFrame:
        """Return cluster, mix, ``n`` items that show it, and the first and last ``item`` of them by name."""
        by = self.table.group_by("cluster", "mix")
        counted = by.agg(n=self.table.count(), item=self.table.item.min(), last=self.table.item.max())
        return few(self.traffic, counted)

    def without(self, gone: Gone, *, apart: bool = False) -> "Items":
        """Return the items without the labels that are *gone*; sections stay, for others to leave out.

        With *apart*, mixes say what they were before.
        """
        table = self.table
        taken = self.held_by(sorted(gone.annotators), sorted(gone.cells))
        touched = table.pattern.filter(lambda code: taken(code, table)).length() > 0
        left = table.filter(touched)
        left = left.mutate(pattern=left.pattern.filter(lambda code: ~taken(code, left)))
        left = left.rename(before="mix") if apart else left.drop("mix")
        changed = numbered(left, self.labels, self.mixes, self.traffic)
        self.kept.append(changed)
        same = table.filter(~touched)
        return Items(
            same.union(changed.select(*same.columns)), self.annotators, self.labels, self.sections, self.rounds,
            self.clustered, self.documents, self.mixes, self.traffic, self.kept,
        )  # fmt: skip

    def with_unanimous(self) -> "Items":
        """Return the items with ``alike``: the label that everybody gave, -1 where they differ."""
        import ibis  # noqa: PLC0415 - the warehouse extra

        only = [int(codes[0]) if len(set(codes.tolist())) == 1 else -1 for codes in self.mixes.labels]
        ours = ibis.memtable(pd.DataFrame({"mix": np.arange(len(only)), "alike": only}))
        known(self.table, ours)
        return replace(self, table=self.table.join(ours, "mix"))

    def sums(self, values: pd.DataFrame, *, by_section: bool) -> pd.DataFrame:
        """Return sums over labels by ``who`` (and ``place``): ``n``, ``y``, ``yy``, ``ym``, ``mm``, ``clusters``.

        *values* has a ``value`` by ``key``, mix * K + label; labels without one are left out.
        """
        given = self.given("cluster", "mix", "place")
        keyed = given.mutate(key=given.mix * self.labels + given.what)
        ours = self.ours(values)
        found = self.summed(keyed.join(ours, "key"), ["who", "place"] if by_section else ["who"])
        forget(self.table, ours)
        return found

    def summed(self, named: "ir.Table", group: list[str]) -> pd.DataFrame:
        """Return the sums of :meth:`sums` over the labels *named*, with ``value`` and ``cluster``, by *group*."""
        alone = named.filter(named.cluster == ALONE) if self.clustered else named
        one = alone.group_by(*group).agg(
            n=alone.count(), y=alone.value.sum(), yy=(alone.value * alone.value).sum(), ym=alone.value.sum(),
            mm=alone.count(), clusters=alone.count(),
        )  # fmt: skip
        found = [self.traffic.fetch(one)]
        if self.clustered:
            rest = named.filter(named.cluster != ALONE)
            cells = rest.group_by("cluster", *group).agg(y=rest.value.sum(), m=rest.count())
            several = cells.group_by(*group).agg(
                n=cells.m.sum(), y=cells.y.sum(), yy=(cells.y * cells.y).sum(), ym=(cells.y * cells.m).sum(),
                mm=(cells.m * cells.m).sum(), clusters=cells.count(),
            )  # fmt: skip
            found.append(self.traffic.fetch(several))
        return pd.concat(found, ignore_index=True)

    def of_mixes(self, numbers: Ints) -> "Items":
        """Return the items that show one of the mixes *numbers*."""
        return replace(self, table=self.table.semi_join(self.ours(pd.DataFrame({"mix": numbers})), "mix"))

    def outside(self, places: list[int]) -> "Items":
        """Return the items that are in none of the sections *places*."""
        return replace(self, table=self.table.filter(~self.table.place.isin(places))) if places else self

    def company(self, own: Floats) -> pd.DataFrame:
        """Return by cluster and mix the items ``n``, and the sums of the mean *own* (A,) of a unit, ``y``, ``yy``."""
        added = self.added(own, "cluster", "mix")
        units = added.mutate(share=added.added / added.r)
        by = units.group_by("cluster", "mix")
        return few(self.traffic, by.agg(n=units.count(), y=units.share.sum(), yy=(units.share * units.share).sum()))

    def company_sums(self, own: Floats, least: int) -> pd.DataFrame:
        """Return by ``who`` and ``place`` the labels ``n`` of items with *least* labels, and ``y``, their company."""
        added = self.added(own)
        units = added.filter(added.r >= least)
        units = units.select("item", "round", share=units.added / units.r)
        joined = self.given("item", "round", "place").join(units, ["item", "round"])
        return self.traffic.fetch(joined.group_by("who", "place").agg(n=joined.count(), y=joined.share.sum()))

    def around(self, codes: Sequence[int], apart: Sequence[int], own: Floats | None) -> pd.DataFrame:
        """Return how many items ``n`` there are by annotator of *codes*, section, cluster, own and others' labels.

        These are ``who``, ``place``, ``cluster``, ``what`` and ``text``; with the first three items by name, ``NAMED``,
        and what *own* (A,) of the others adds up to, ``added``. The others are those who are not set *apart*.
        """
        import ibis  # noqa: PLC0415 - the warehouse extra

        table, codes, apart = self.table, sorted(codes), sorted(apart)
        taken = self.held_by(codes, [])
        mine = table.mutate(mine=table.pattern.filter(lambda code: taken(code, table)))
        mine = mine.filter(mine.mine.length() > 0)
        if apart:
            off = self.held_by(apart, [])
            mine = mine.mutate(pattern=mine.pattern.filter(lambda code: ~off(code, mine)))
        each = mine.select("item", "round", "cluster", "place", "pattern", code=mine.mine.unnest())
        group = ["who", "place", "cluster", "what", "text"]
        others = each.pattern.filter(lambda code: code != each.code)
        each = each.mutate(
            who=self.who_of(each.code), what=each.code % self.labels,
            text=_text(others.map(lambda code: code % self.labels)),
        )  # fmt: skip
        if own is None:
            return few(self.traffic, with_names(each, group)).assign(added=0.0)
        # with the annotator's own label, which adds nothing, no item is without any
        listed = each.select(
            "item", "round", *group, code=each.pattern.concat(ibis.array([each.code])).unique().unnest()
        )
        ours = self.ours(pd.DataFrame({"other": np.arange(len(own)), "own": own}))
        joined = listed.mutate(other=self.who_of(listed.code)).join(ours, "other")
        shares = ibis.ifelse(joined.other == joined.who, 0.0, joined.own)
        units = joined.mutate(share=shares).group_by("item", "round", *group).agg(added=lambda rows: rows.share.sum())
        return few(self.traffic, with_names(units, group, sums="added"))

    def named(self, scores: pd.DataFrame, most: int) -> pd.DataFrame:
        """Return cluster, mix and ``item`` of the *most* items with the highest ``score`` by ``mix``, ties by name."""
        import ibis  # noqa: PLC0415 - the warehouse extra

        joined = self.table.join(self.ours(scores), "mix")
        return self.traffic.fetch(
            joined.order_by([ibis.desc("score"), "item"]).limit(most).select("cluster", "mix", "item")
        )

    def first(self, wanted: pd.DataFrame) -> set[str]:
        """Return the first items by name of each ``group`` of mixes, as many as it has ``places``."""
        import ibis  # noqa: PLC0415 - the warehouse extra

        mine = self.table.join(self.ours(wanted), "mix")
        place = ibis.row_number().over(ibis.window(group_by=mine.group, order_by=mine.item))
        mine = mine.mutate(number=place)
        return set(self.traffic.fetch(mine.filter(mine.number < mine.places).select("item"))["item"].astype(str))

    def patterns(self, items: list[str]) -> pd.DataFrame:
        """Return ``item``, ``round`` and pattern of *items*."""
        mine = self.table.filter(self.table.item.isin(items))
        return self.traffic.fetch(mine.select("item", "round", "pattern"), patterns=True)

    def held_by(
        self, people: list[int], cells: list[tuple[int, int]]
    ) -> "Callable[[ir.IntegerValue, ir.Table], ir.BooleanValue]":
        """Return what says whether a code in the pattern of a table is a label of *people* or of *cells*."""
        import ibis  # noqa: PLC0415 - the warehouse extra

        numbers = [place * self.annotators + who for who, place in cells]

        def held(code: "ir.IntegerValue", table: "ir.Table") -> "ir.BooleanValue":
            who = self.who_of(code)
            there = who.isin(people) if people else ibis.literal(value=False)
            return there | (table.place * self.annotators + who).isin(numbers) if numbers else there

        return held

    def who_of(self, code: "ir.IntegerValue") -> "ir.IntegerValue":
        """Return the annotator of a *code*."""
        return ((code - code % self.labels) / self.labels).cast("int64")

    def given(self, *about: str) -> "ir.Table":
        """Return a row per label: ``who`` gave ``what``, ``code``, and what the columns *about* say of its item."""
        listed = self.table.select(*about, code=self.table.pattern.unnest())
        return listed.mutate(who=self.who_of(listed.code), what=listed.code % self.labels)

    def added(self, own: Floats, *about: str) -> "ir.Table":
        """Return a row per item with what *own* (A,) of its annotators adds up to, ``added``, and labels, ``r``."""
        ours = self.ours(pd.DataFrame({"who": np.arange(len(own)), "own": own}))
        joined = self.given("item", "round", *about).join(ours, "who")
        return joined.group_by("item", "round", *about).agg(added=joined.own.sum(), r=joined.count())

    def ours(self, rows: pd.DataFrame) -> "ir.Table":
        """Return *rows* of ours as a table that the engine knows."""
        import ibis  # noqa: PLC0415 - the warehouse extra

        ours = ibis.memtable(rows)
        known(self.table, ours)
        return ours


def with_names(units: "ir.Table", group: list[str], sums: str = "") -> "ir.Table":
    """Return by *group* how many *units* there are, ``n``, the names of the first three, ``NAMED``, and the *sums*."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    window = ibis.window(group_by=[units[name] for name in group], order_by=[units.item, units.round])
    ranked = units.mutate(nth=ibis.row_number().over(window))
    names = {name: ranked.item.min(where=ranked.nth == place) for place, name in enumerate(NAMED)}
    added = {sums: ranked[sums].sum()} if sums else {}
    return ranked.group_by(*group).agg(n=ranked.count(), **names, **added)


def names_apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Return *rows* of ``n`` equal items with those that have a ``NAMED`` name apart, the last one for the others too.

    Examples
    --------
    >>> rows = pd.DataFrame({"n": [5], "item": ["i1"], "second": ["i2"], "third": ["i3"], "added": [2.5]})
    >>> names_apart(rows)[["item", "n", "added"]].to_numpy().tolist()
    [['i1', 1, 0.5], ['i2', 1, 0.5], ['i3', 3, 1.5]]
    """
    parts = []
    for place, name in enumerate(NAMED):
        mine = rows.loc[rows["n"] > place]
        n = mine["n"] - place if name == NAMED[-1] else 1
        added = {"added": mine["added"] / mine["n"] * n} if "added" in rows else {}
        parts.append(mine.assign(item=mine[name], **added).assign(n=n))
    return pd.concat(parts, ignore_index=True)


def few(traffic: Traffic, counted: "ir.Table", *, patterns: bool = False) -> pd.DataFrame:
    """Return the rows of *counted*, unless they are too many to be called sums; *patterns* as for the traffic."""
    rows = traffic.fetch(counted.limit(MOST_ROWS + 1), patterns=patterns)
    if len(rows) > MOST_ROWS:
        raise TooManyError
    return rows


def numbered(table: "ir.Table", labels: int, mixes: Mixes, traffic: Traffic) -> "CachedTable":
    """Return the *table* of items with the number of their mix, kept in the engine."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    named = table.mutate(text=_text(table.pattern.map(lambda code: code % labels)))
    by = ["place", "text", *(["before"] if "before" in table.columns else [])]
    distinct = few(traffic, named.select(*by).distinct())
    ours = ibis.memtable(distinct.assign(mix=mixes.numbered(distinct)))
    known(table, ours)
    return named.join(ours, by).drop("text").cache()


def _text(labels: "ir.ArrayValue") -> "ir.StringValue":
    """Return an item's *labels* as text, in order, which every engine can group by and join on."""
    return labels.sort().map(lambda code: code.cast("string")).join(",").fill_null("")


def items_of(found: Prepared) -> Items:
    """Return the items of a table, with the numbers of their mixes.

    Documents too many to come back with their mixes are put into groups, by the hash of their names.

    Raises
    ------
    TooManyError
        If sections or mixes are too many to come back.
    """
    import ibis  # noqa: PLC0415 - the warehouse extra

    shown, traffic = found.shown, found.traffic
    sections = traffic.fetch(shown.select("section").distinct().limit(MOST_SECTIONS + 2))["section"]
    names = tuple(sorted(str(name) for name in sections if name))
    if len(names) > MOST_SECTIONS:
        raise TooManyError
    places = ibis.memtable(pd.DataFrame({"section": [*names, ""], "place": np.arange(len(names) + 1)}))
    known(shown, places)
    rounds = tuple(sorted(str(name) for name in traffic.fetch(shown.select("round").distinct())["round"]))
    rows = shown
    if len(rounds) > 1:
        rows = shown.mutate(times=shown.count().over(ibis.window(group_by="item")))
    joined = rows.join(places, "section").mutate(place=lambda table: table.place.cast("int64"))
    mixes = Mixes()
    about = ["item", "round", "place", "pattern", "document", *(["times"] if len(rounds) > 1 else [])]
    first = numbered(joined.select(*about), len(found.labels), mixes, traffic)
    groups = _groups(first, found.documents, traffic)
    table, documents = _taken(first, found.documents, groups)
    return Items(
        table, len(found.annotators), len(found.labels), names, rounds,
        len(rounds) > 1 or found.documents >= MIN_DOCUMENTS, documents, mixes, traffic, [first],
    )  # fmt: skip


def _groups(table: "ir.Table", documents: int, traffic: Traffic) -> int:
    """Return into how many groups *documents* are put so that few enough rows come back; 0 if into none."""
    if documents < MIN_CLUSTERS:
        return 0
    for groups in (0, *GROUPS):
        if not groups and documents > MOST_DOCUMENTS:
            continue
        by = _named(table, groups).select("mix", "taken").distinct()
        if int(traffic.fetch(by.aggregate(n=by.count()))["n"].iloc[0]) <= MOST_ROWS:
            return groups
    raise TooManyError


def _named(table: "ir.Table", groups: int) -> "ir.Table":
    """Return the *table* with what is taken out of the jackknife together: a document, a unit without, or a group."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    alone = ibis.literal(OWN) + table.item + ibis.literal(OWN) + table["round"]
    each = ibis.ifelse(table.document == "", alone, table.document)
    group = ((each.hash() % groups + groups) % groups).cast("string") + f" of {groups}" if groups else each
    return table.mutate(taken=group)


def _taken(table: "ir.Table", documents: int, groups: int) -> "tuple[ir.Table, int]":
    """Return the *table* with ``taken`` and ``cluster``, and how many documents, or groups, are taken out."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    named = table.mutate(taken=ibis.literal("")) if documents < MIN_CLUSTERS else _named(table, groups)
    cluster = ibis.literal(ALONE)
    if "times" in table.columns:
        cluster = ibis.ifelse(named.times > 1, ibis.literal(OWN) + named.item, cluster)
    if documents >= MIN_DOCUMENTS:
        cluster = ibis.ifelse(named.document == "", cluster, named.taken if groups else named.document)
    kept = named.mutate(cluster=cluster).select("item", "round", "cluster", "place", "pattern", "mix", "taken")
    return kept, 0 if documents < MIN_CLUSTERS else groups or documents
