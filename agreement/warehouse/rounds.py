"""The rounds of a crowd in the engine: which labels items have in each round, and how many items have the same.

Rounds are compared by the labels of their items, whoever gave them: shares of couples that agree, label by label, in
sections, and alpha. An item is one row with its labels of all rounds, so that it is known which rounds share items.
Of pairs of annotators only those count that share enough items, as in memory; whose labels they are does not come back,
and kappas are worked out in :mod:`agreement.warehouse.round_kappas`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from agreement.diagnosis.evidence import MIN_DOCUMENTS
from agreement.rounds.snapshots import NUMBERED, Names, Snapshot, anonymous, hashed
from agreement.settings import Settings
from agreement.units import Units, natural
from agreement.warehouse.crowd_items import ALONE, MOST_ROWS, OWN, Items, TooManyError
from agreement.warehouse.engine import LAYER, SLICE_ROWS, Prepared, keys, kind_of
from agreement.warehouse.pairs import SLICE_COUPLES, couples
from agreement.warehouse.round_kappas import kappas_of
from agreement.warehouse.traffic import known
from agreement.wording import warehouse as said

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.expr.types.relations import CachedTable

MOST_ROUNDS = 1_000


@dataclass(frozen=True, slots=True)
class Joint:
    """How many items have the same labels in all rounds.

    Parameters
    ----------
    rows
        Row per kind of item: ``place`` (section code, S without one), ``document``, ``n`` items, and ``key``, its
        codes: round * (K + K * K), plus
        a label, or K and two labels, ``low * K + high``, that count as a couple.
    names
        (R,) rounds.
    matched
        Whether a row is an item in all its rounds, or, of too many, in one of them.
    listed
        Rounds whose couples are listed; in the others all couples of labels of an item count.
    """

    rows: pd.DataFrame
    names: tuple[str, ...]
    listed: frozenset[int]
    matched: bool = True


def round_details(found: Prepared, items: Items, settings: Settings) -> dict[str, Any]:
    """Return what the comparison of a crowd knows of its rounds, as ``details``; what can't be told is in the account.

    ``rounds`` holds a snapshot of each named round; ``snapshot`` one of all, if limits of sections are asked for.
    """
    try:
        details: dict[str, Any] = {"rounds": rounds_of(found, items, settings)}
    except TooManyError:
        details = {"rounds": ()}
        found.reading.warnings.append(said.rounds_not_told(MOST_ROWS))
    if settings.gate.sections:
        try:
            details["snapshot"] = all_rounds_of(found, items, settings)
        except TooManyError:
            nothing = pd.DataFrame({"place": [], "document": [], "key": [], "n": []})
            details["snapshot"] = _snapshot(Joint(nothing, ("",), frozenset()), [0], found, items, settings)
            found.reading.warnings.append(said.sections_not_told(MOST_ROWS))
    return details


def rounds_of(found: Prepared, items: Items, settings: Settings) -> tuple[Snapshot, ...]:
    """Return a snapshot of each named round of a crowd, in the order of their names; none if there are fewer than two.

    Raises
    ------
    TooManyError
        If there are more rounds, or more mixes of labels, than can come back.
    """
    names = tuple(sorted(filter(None, items.rounds), key=natural))
    if len(names) < 2:
        return ()
    items, least = _independent(found, items), settings.measures.min_pair_items
    numbered = _numbered(items, names)
    sizes = _sizes(numbered, by_round=True)
    try:
        joint = _joint(found, numbered, names, sizes, least, by_round=True)
    except TooManyError:
        joint = _joint(found, numbered, names, sizes, least, by_round=True, matched=False)
        found.reading.warnings.append(said.ITEMS_NOT_MATCHED)
    enough = [
        sizes.filter((sizes.number == number) & (sizes.shared >= least)) if number in joint.listed else None
        for number in range(len(names))
    ]
    kappas = kappas_of(items, names, found.labels, kind_of(settings), enough)
    sizes.release()
    return tuple(
        replace(_snapshot(joint, [number], found, items, settings), kappas=of_round)
        for number, of_round in enumerate(kappas)
    )


def all_rounds_of(found: Prepared, items: Items, settings: Settings) -> Snapshot:
    """Return all rounds of a crowd as one snapshot.

    Raises
    ------
    TooManyError
        If there are more rounds, or more mixes of labels, than can come back.
    """
    numbered = _numbered(_independent(found, items), items.rounds)
    sizes = _sizes(numbered, by_round=False)
    joint = _joint(found, numbered, items.rounds, sizes, settings.measures.min_pair_items, by_round=False)
    sizes.release()
    return _snapshot(joint, range(len(items.rounds)), found, items, settings)


def _independent(found: Prepared, items: Items) -> Items:
    """Return the items with what is independent as ``taken``: documents, or their groups, and each item without one.

    An item stays the same in all rounds, which share what they share.
    """
    import ibis  # noqa: PLC0415 - the warehouse extra

    if not items.documents:
        return items
    table = items.table
    alone = table.taken.startswith(OWN)
    if items.documents != found.documents >= MIN_DOCUMENTS:  # in groups, of which the clusters are without the others
        alone = (table.cluster == ALONE) | table.cluster.startswith(OWN)
    own = ibis.literal(OWN) + table.item
    return replace(items, table=table.mutate(taken=ibis.ifelse(alone, own, table.taken)))


def _numbered(items: Items, names: tuple[str, ...]) -> Items:
    """Return the items of the rounds *names* with the ``number`` of their round, and their ``document`` if that counts.

    Documents that are few don't; many are those groups in which they are taken out of the jackknife.
    """
    import ibis  # noqa: PLC0415 - the warehouse extra

    if len(names) > MOST_ROUNDS:
        raise TooManyError
    numbers = ibis.memtable(pd.DataFrame({"round": names, "number": np.arange(len(names))}))
    known(items.table, numbers)
    joined = items.table.join(numbers, "round")
    return replace(items, table=joined.select(
        "item", "place", "pattern", number=joined.number.cast("int64"),
        document=ibis.ifelse(joined.taken.startswith(OWN), ibis.literal(""), joined.taken),
    ))  # fmt: skip


def _joint(
    found: Prepared, items: Items, names: tuple[str, ...], sizes: "ir.Table", least: int, *, by_round: bool,
    matched: bool = True,
) -> Joint:  # fmt: skip
    """Return how many items have the same labels; pairs share *least* items, in a round or in all, as *sizes* say.

    Some items are looked at at a time, and what they came to is added up.
    """
    listed = _listed(items, sizes, least, range(len(names)), by_round=by_round)
    slices = max(1, -(-found.n_labels // SLICE_ROWS), -(-found.pair_rows // SLICE_COUPLES) if listed else 1)
    whole, parts = items.table, list[pd.DataFrame]()
    for number in range(slices):
        mine = whole.filter((whole.item.hash() % slices + slices) % slices == number) if slices > 1 else whole
        part = replace(items, table=mine)
        coded = mine.select("item", "number", "place", "document", codes=_of_round(mine, items.labels))
        if listed:
            coded = coded.union(_coupled(part, sizes.filter(sizes.shared >= least), sorted(listed)))
        each = coded.group_by(["item"] if matched else ["item", "number"]).agg(
            place=coded.place.max(), document=coded.document.max(), codes=coded.codes.collect().flatten().sort()
        )
        by = each.group_by("codes", "place", "document").agg(n=each.count())
        rows = items.traffic.fetch(by.limit(MOST_ROWS + 1), patterns=True)
        parts.append(rows.assign(key=keys(rows["codes"])).drop(columns="codes"))
        parts = [pd.concat(parts).groupby(["place", "document", "key"], sort=True)["n"].sum().reset_index()]
        if len(parts[0]) > MOST_ROWS:
            raise TooManyError
    return Joint(parts[0], names, listed, matched)


def _of_round(table: "ir.Table", k: int) -> "ir.ArrayValue":
    """Return the labels of the items of a *table* as codes that say the round too."""
    return table.pattern.map(lambda code: code % k + table.number * (k + k * k))


def _couples(items: Items, *about: str) -> "ir.Table":
    """Return every two labels of one item in a round: ``pair`` and ``cell``, the lower label first."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    k = items.labels
    both = couples(items, 0, items.annotators, *about)
    cell = (both.key % (k * k)).cast("int64")
    both = both.select(*about, "key", cell=cell, one=cell % k, other=(cell - cell % k) / k)
    pair = ((both.key - both.cell) / (k * k)).cast("int64")
    other = both.other.cast("int64")
    return both.select(*about, pair=pair, cell=ibis.least(both.one, other) * k + ibis.greatest(both.one, other))


def _sizes(items: Items, *, by_round: bool) -> "CachedTable":
    """Return how many items each pair shares, ``shared``, in each round or in all; kept in the engine."""
    by = ["number", "pair"] if by_round else ["pair"]
    coupled = _couples(items, "number")
    return coupled.group_by(by).agg(shared=coupled.count()).cache()


def _listed(items: Items, sizes: "ir.Table", least: int, numbers: Iterable[int], *, by_round: bool) -> frozenset[int]:
    """Return the rounds in which some pairs share enough items and some don't: else all couples count."""
    told = sizes.group_by("number") if by_round else sizes
    rows = items.traffic.fetch(told.aggregate(pairs=sizes.count(), enough=(sizes.shared >= least).sum()))
    rows = rows.loc[rows["enough"].gt(0) & rows["enough"].lt(rows["pairs"])]
    return frozenset(rows["number"].astype(int).tolist() if by_round else numbers if len(rows) else ())


def _coupled(items: Items, enough: "ir.Table", listed: list[int]) -> "ir.Table":
    """Return the couples of pairs with *enough* items in the rounds *listed*, as codes of their items."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    k = items.labels
    some = replace(items, table=items.table.filter(items.table.number.isin(listed)))
    coupled = _couples(some, "item", "number")
    mine = coupled.semi_join(enough, [name for name in ("number", "pair") if name in enough.columns])
    mine = mine.select("item", "number", code=mine.number * (k + k * k) + k + mine.cell)
    grouped = mine.group_by("item", "number").agg(codes=mine.code.collect())
    nowhere = ibis.literal(-1).cast("int64")
    return grouped.select("item", "number", place=nowhere, document=ibis.literal(""), codes=grouped.codes)


def _snapshot(joint: Joint, numbers: Sequence[int], found: Prepared, items: Items, settings: Settings) -> Snapshot:
    """Return the rounds *numbers* as one snapshot, a unit for each of them that a kind of item is in."""
    rows, k = joint.rows, len(found.labels)
    owner = np.repeat(np.arange(len(rows)), np.array([len(key) for key in rows["key"]], dtype=np.int64))
    code = np.array([code for key in rows["key"] for code in key], dtype=np.int64)
    number, rest = np.divmod(code, k + k * k)
    mine = np.isin(number, numbers)
    key = owner * len(joint.names) + number
    given, listed = mine & (rest < k), mine & (rest >= k)
    units, unit = np.unique(key[given], return_inverse=True)
    row, round_ = np.divmod(units, len(joint.names))
    place = rows["place"].to_numpy(dtype=np.int64)[row]
    hashes = {document: hashed(document) if document else "" for document in set(rows["document"])}
    apart = "" if joint.matched else numbers[0]
    named: tuple[Names, Names] = (
        np.array([f"{apart}{NUMBERED}{one}" for one in row.tolist()], dtype=object),
        np.array([hashes[document] for document in rows["document"].to_numpy()[row]], dtype=object),
    )
    none = np.full(len(units), -1, np.int64)
    made = Units(
        LAYER, "item", found.labels, found.annotators, unit, np.full(len(unit), -1), rest[given],
        rows["n"].to_numpy(dtype=np.int64)[row], none, none, np.where(place < len(items.sections), place, -1),
        round_, sections=items.sections, rounds=joint.names,
    )  # fmt: skip
    kind, name = kind_of(settings), joint.names[numbers[0]] if len(numbers) == 1 else ""
    first, second = np.divmod(rest[listed] - k, k)
    couples = (np.searchsorted(units, key[listed]), first, second)
    return anonymous(made, kind, name, named, couples if joint.listed & set(numbers) else None)
