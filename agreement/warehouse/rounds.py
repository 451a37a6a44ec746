"""The rounds of a crowd in the engine: which labels items have in each round, and how many items have the same.

Rounds are compared by the labels of their items, whoever gave them: shares of couples that agree, label by label, in
sections, and alpha. An item is one row with its labels of all rounds, so that it is known which rounds share items.
Of pairs of annotators only those count that share enough items, as in memory; whose labels they are does not come back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from agreement.rounds.snapshots import MIN_DOCUMENTS, NUMBERED, Names, Snapshot, anonymous, hashed, item_level
from agreement.settings import Settings
from agreement.units import Units, natural
from agreement.warehouse.crowd_items import MOST_ROWS, TooManyError
from agreement.warehouse.engine import LAYER, SLICE_ROWS, Prepared, keys, kind_of
from agreement.warehouse.traffic import known
from agreement.wording import warehouse as said

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.expr.types.relations import CachedTable

MOST_ROUNDS = 1_000
SLICE_COUPLES = 25_000_000  # couples of labels listed at a time, so that the engine's memory need not hold all


@dataclass(frozen=True, slots=True)
class Joint:
    """How many items have the same labels in all rounds.

    Parameters
    ----------
    rows
        Row per kind of item: ``section``, ``document``, ``n`` items, and ``key``, its codes: round * (K + K * K), plus
        a label, or K and two labels, ``low * K + high``, that count as a couple.
    names
        (R,) rounds.
    listed
        Rounds whose couples are listed; in the others all couples of labels of an item count.
    """

    rows: pd.DataFrame
    names: tuple[str, ...]
    listed: frozenset[int]


def round_details(found: Prepared, settings: Settings) -> dict[str, Any]:
    """Return what the comparison of a crowd knows of its rounds, as ``details``; what can't be told is in the account.

    ``rounds`` holds a snapshot of each named round; ``snapshot`` one of all, if limits of sections are asked for.
    """
    try:
        details: dict[str, Any] = {"rounds": rounds_of(found, settings)}
    except TooManyError:
        details = {"rounds": ()}
        found.reading.warnings.append(said.rounds_not_told(MOST_ROWS))
    if settings.gate.sections:
        try:
            details["snapshot"] = all_rounds_of(found, settings)
        except TooManyError:
            nothing = pd.DataFrame({"section": [], "document": [], "key": [], "n": []})
            details["snapshot"] = _snapshot(Joint(nothing, ("",), frozenset()), [0], found, settings)
            found.reading.warnings.append(said.sections_not_told(MOST_ROWS))
    return details


def rounds_of(found: Prepared, settings: Settings) -> tuple[Snapshot, ...]:
    """Return a snapshot of each named round of a crowd, in the order of their names; none if there are fewer than two.

    Raises
    ------
    TooManyError
        If there are more rounds, or more mixes of labels, than can come back.
    """
    names = sorted(filter(None, _names(found)), key=natural)
    if len(names) < 2:
        return ()
    joint = _joint(found, names, settings.measures.min_pair_items, by_round=True)
    made = [_snapshot(joint, [number], found, settings) for number in range(len(names))]
    return tuple(made)


def all_rounds_of(found: Prepared, settings: Settings) -> Snapshot:
    """Return all rounds of a crowd as one snapshot.

    Raises
    ------
    TooManyError
        If there are more rounds, or more mixes of labels, than can come back.
    """
    names = _names(found)
    joint = _joint(found, names, settings.measures.min_pair_items, by_round=False)
    return _snapshot(joint, range(len(names)), found, settings)


def _names(found: Prepared) -> list[str]:
    """Return the names of the rounds, one of which may be blank."""
    rows = found.traffic.fetch(found.shown.select("round").distinct().limit(MOST_ROUNDS + 1))
    if len(rows) > MOST_ROUNDS:
        raise TooManyError
    return sorted(map(str, rows["round"]))


def _joint(found: Prepared, names: list[str], least: int, *, by_round: bool) -> Joint:
    """Return how many items have the same labels; pairs share *least* items, in a round or in all.

    Some items are looked at at a time, and what they came to is added up.
    """
    shown, k = _numbered(found, names), len(found.labels)
    sizes = _sizes(found, shown, by_round=by_round)
    listed = _listed(found, sizes, least, range(len(names)), by_round=by_round)
    slices = max(1, -(-found.n_labels // SLICE_ROWS), -(-found.pair_rows // SLICE_COUPLES) if listed else 1)
    parts: list[pd.DataFrame] = []
    for number in range(slices):
        part = shown.filter((shown.item.hash() % slices + slices) % slices == number) if slices > 1 else shown
        coded = part.select("item", "section", "document", codes=_of_round(part, part.pattern, k))
        if listed:
            coded = coded.union(_coupled(found, part, sizes.filter(sizes.shared >= least), sorted(listed)))
        items = coded.group_by("item").agg(
            section=coded.section.max(), document=coded.document.max(), codes=coded.codes.collect().flatten().sort()
        )
        by = items.group_by("codes", "section", "document").agg(n=items.count())
        rows = found.traffic.fetch(by.limit(MOST_ROWS + 1), patterns=True)
        parts.append(rows.assign(key=keys(rows["codes"])).drop(columns="codes"))
        parts = [pd.concat(parts).groupby(["section", "document", "key"], sort=True)["n"].sum().reset_index()]
        if len(parts[0]) > MOST_ROWS:
            raise TooManyError
    sizes.release()
    return Joint(parts[0], tuple(names), listed)


def _numbered(found: Prepared, names: list[str]) -> "ir.Table":
    """Return the items with the ``number`` of their round among *names*, and no document where there are few."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    shown = found.shown
    if found.documents < MIN_DOCUMENTS:
        shown = shown.mutate(document=ibis.literal(""))
    numbers = ibis.memtable(pd.DataFrame({"round": names, "number": np.arange(len(names))}))
    known(shown, numbers)
    joined = shown.join(numbers, "round")
    return joined.select("item", "section", "document", "pattern", number=joined.number.cast("int64"))


def _of_round(table: "ir.Table", pattern: "ir.ArrayValue", k: int) -> "ir.ArrayValue":
    """Return the labels of a *pattern* as codes that say the round too."""
    return pattern.map(lambda code: code % k + table.number * (k + k * k))


def _couples(shown: "ir.Table", found: Prepared, *about: str) -> "ir.Table":
    """Return every two labels of one item in a round: ``pair`` and ``cell``, the lower label first."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    k = len(found.labels)
    left = shown.filter(shown.pattern.length() >= 2).select(*about, "pattern", x=shown.pattern.unnest())
    both = left.select(*about, "x", y=left.pattern.unnest())
    both = both.filter(both.y > both.x)
    both = both.select(*about, "x", "y", first=both.x % k, second=both.y % k)
    who = [((code - label) / k).cast("int64") for code, label in ((both.x, both.first), (both.y, both.second))]
    cell = ibis.least(both.first, both.second) * k + ibis.greatest(both.first, both.second)
    return both.select(*about, pair=who[0] * len(found.annotators) + who[1], cell=cell)


def _sizes(found: Prepared, shown: "ir.Table", *, by_round: bool) -> "CachedTable":
    """Return how many items each pair shares, ``shared``, in each round or in all; kept in the engine."""
    by = ["number", "pair"] if by_round else ["pair"]
    coupled = _couples(shown, found, "number")
    return coupled.group_by(by).agg(shared=coupled.count()).cache()


def _listed(
    found: Prepared, sizes: "ir.Table", least: int, numbers: Iterable[int], *, by_round: bool
) -> frozenset[int]:
    """Return the rounds in which some pairs share enough items and some don't: else all couples count, or none."""
    by = ["number"] if by_round else []
    told = sizes.group_by(by) if by else sizes
    rows = found.traffic.fetch(told.aggregate(pairs=sizes.count(), enough=(sizes.shared >= least).sum()))
    rows = rows.loc[rows["enough"].gt(0) & rows["enough"].lt(rows["pairs"])]
    return frozenset(rows["number"].astype(int).tolist() if by_round else numbers if len(rows) else ())


def _coupled(found: Prepared, part: "ir.Table", enough: "ir.Table", listed: list[int]) -> "ir.Table":
    """Return the couples of pairs with *enough* items in the rounds *listed*, as codes of their items."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    k = len(found.labels)
    coupled = _couples(part.filter(part.number.isin(listed)), found, "item", "number")
    mine = coupled.semi_join(enough, [name for name in ("number", "pair") if name in enough.columns])
    mine = mine.select("item", code=mine.number * (k + k * k) + k + mine.cell)
    grouped = mine.group_by("item").agg(codes=mine.code.collect())
    return grouped.select("item", section=ibis.literal(""), document=ibis.literal(""), codes=grouped.codes)


def _snapshot(joint: Joint, numbers: Sequence[int], found: Prepared, settings: Settings) -> Snapshot:
    """Return the rounds *numbers* as one snapshot, a unit for each of them that a kind of item is in."""
    rows, k = joint.rows, len(found.labels)
    owner = np.repeat(np.arange(len(rows)), np.array([len(key) for key in rows["key"]], dtype=np.int64))
    code = np.array([code for key in rows["key"] for code in key], dtype=np.int64)
    number, rest = np.divmod(code, k + k * k)
    mine = np.isin(number, numbers)
    place = owner * len(joint.names) + number
    given, listed = mine & (rest < k), mine & (rest >= k)
    units, unit = np.unique(place[given], return_inverse=True)
    row, round_ = np.divmod(units, len(joint.names))
    sections = sorted({section for section in rows["section"] if section})
    section = pd.Index(sections, dtype=object).get_indexer(rows["section"].to_numpy(dtype=object))
    hashes = {document: hashed(document) if document else "" for document in set(rows["document"])}
    named: tuple[Names, Names] = (
        np.array([f"{NUMBERED}{one}" for one in row.tolist()], dtype=object),
        np.array([hashes[document] for document in rows["document"].to_numpy()[row]], dtype=object),
    )
    none = np.full(len(units), -1, np.int64)
    made = Units(
        LAYER, "item", found.labels, found.annotators, unit, np.full(len(unit), -1), rest[given],
        rows["n"].to_numpy(dtype=np.int64)[row], none, none, section[row].astype(np.int64), round_,
        sections=tuple(sections), rounds=joint.names, members=found.members, simple=found.simple,
    )  # fmt: skip
    kind, name = kind_of(settings), joint.names[numbers[0]] if len(numbers) == 1 else ""
    if found.members is not None:
        return item_level(made, kind, settings.measures.min_pair_items, name, named)
    first, second = np.divmod(rest[listed] - k, k)
    couples = (np.searchsorted(units, place[listed]), first, second)
    return anonymous(made, kind, name, named, couples if joint.listed & set(numbers) else None)
