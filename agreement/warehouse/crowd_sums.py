"""Sums by unit of a crowd in an engine: what leaving out each item changes, added up, squared and summed there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.counts import Ints
from agreement.crowds import Block, DenseBlock
from agreement.uncertainty.by_unit import (
    BOTH,
    ROUNDING,
    Chance,
    CongerWithout,
    MeanWithout,
    Met,
    agreement_of,
    chance_of,
)  # fmt: skip
from agreement.uncertainty.pooling import Patterns
from agreement.warehouse.crowd_items import Items
from agreement.warehouse.pairs import SLICE_COUPLES, couples
from agreement.warehouse.traffic import forget, known

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.expr.types.relations import CachedTable

Floats = NDArray[np.float64]
LABELS_AT_ONCE = 16  # shares of so many labels are added up by unit at a time


@dataclass(slots=True)
class EngineUnits:
    """The units of a crowd in an engine; see :class:`~agreement.uncertainty.by_unit.ByUnit`.

    Parameters
    ----------
    items
        The items in the engine.
    patterns, given
        The item x label counts of all units, and (A, K) how often each annotator gave each label.
    waiting
        The cells of pairs that the engine has not been told of yet: annotators, keys of the cells and their values.
    couples
        How many couples of labels lie in these cells.
    parts
        What has been added up by unit in the engine, some pairs at a time.
    columns
        How many columns are added up, and from which one on they count pairs.
    """

    items: Items
    patterns: Patterns
    given: Floats
    waiting: list[tuple[Ints, Ints, list[Floats]]] = field(default_factory=list)
    couples: int = 0
    parts: "list[CachedTable]" = field(default_factory=list)
    columns: tuple[int, int] = (0, 0)

    def add(self, block: Block | DenseBlock, changes: Sequence[Floats], pairs: Sequence[Floats]) -> None:
        """Keep the cells of a *block*, whose pairs come in order, until they are worth a query."""
        k = self.items.labels
        self.columns = (len(changes) + len(pairs), len(changes))
        counts = block.counts.reshape(-1)
        used = np.flatnonzero(counts)
        row = used // (k * k)
        pair = block.pairs[:, 0] * self.items.annotators + block.pairs[:, 1]
        key = pair[row] * (k * k) + used % (k * k)
        self.waiting.append((block.pairs[:, 0], key, [np.ravel(column)[used] for column in (*changes, *pairs)]))
        self.couples += int(counts[used].sum())
        if self.couples >= SLICE_COUPLES:
            self._flush()

    def _flush(self) -> None:
        """Have the engine add up by unit what waits."""
        import ibis  # noqa: PLC0415 - the warehouse extra

        if not self.waiting:
            return
        first, keys, values = zip(*self.waiting, strict=True)
        self.waiting, self.couples = [], 0
        key = np.concatenate(keys)
        rows = {f"c{number}": np.concatenate(column) for number, column in enumerate(zip(*values, strict=True))}
        start, stop = int(first[0][0]), int(first[-1][-1]) + 1
        both = couples(self._with_unanimous(), start, stop, *self._unit())
        ours = ibis.memtable(pd.DataFrame({"key": key.astype(both.key.type().to_numpy()), **rows}))
        del first, keys, values, key, rows  # more than one copy of so many cells need not be in memory
        known(both, ours)
        joined = both.join(ours, "key")
        part = self._by_unit(joined, pairs=joined.count()).cache()
        # what is kept in the engine keeps what it was made of, so that only a copy lets go of the cells
        self.parts.append(part.select(*part.columns).cache())
        part.release()
        forget(both, ours)

    def _unit(self) -> list[str]:
        """Return what tells units apart, and what is asked about each."""
        names = ["item"]
        if len(self.items.rounds) > 1:
            names.append("round")
        if self.items.documents:
            names.append("taken")
        return [*names, "alike"] if self.columns[0] > self.columns[1] else names

    def _with_unanimous(self) -> Items:
        """Return the items with ``alike``, the label that all annotators gave, -1 if they differ; if that is asked."""
        return self.items if self.columns[0] == self.columns[1] else self.items.with_unanimous()

    def _by_unit(self, rows: "ir.Table", pairs: "ir.IntegerScalar") -> "ir.Table":
        """Return the sums of the columns of *rows* by unit."""
        named = {f"c{number}": rows[f"c{number}"].sum() for number in range(self.columns[0])}
        return rows.group_by(*self._unit()).agg(**named, pairs=pairs)

    def _summed(self) -> "CachedTable | None":
        """Return the sums by unit over all pairs."""
        import ibis  # noqa: PLC0415 - the warehouse extra

        self._flush()
        if len(self.parts) > 1:
            every = ibis.union(*self.parts)
            together = self._by_unit(every, pairs=every.pairs.sum()).cache()
            for part in self.parts:
                part.release()
            self.parts = [together]
        return self.parts[0] if self.parts else None

    def means(self, asked: Sequence[MeanWithout]) -> tuple[list[float], dict[int | None, Met]]:
        """Return the sum of squares of each mean, and by column of pairs on which units these meet."""
        summed = self._summed()
        if summed is None:
            return [0.0] * len(asked), {one.pairs: Met(0, 0, 0) for one in asked}
        changes = {f"m{number}": _mean_change(summed, one) for number, one in enumerate(asked)}
        squares = self._squares(summed.mutate(**changes), list(changes))
        met: dict[int | None, Met] = {}
        met |= {column: self._met(summed, column) for column in sorted({one.pairs for one in asked if one.pairs})}
        summed.release()
        self.parts = []
        return squares, met

    def _squares(self, rows: "ir.Table", names: list[str]) -> list[float]:
        """Return the sums of squares of some columns of *rows* of units, summed inside documents."""
        if self.items.documents:
            rows = rows.group_by("taken").agg(**{name: rows[name].sum() for name in names})
        found = self.items.traffic.fetch(rows.aggregate(**{name: (rows[name] * rows[name]).sum() for name in names}))
        return [float(found[name].fillna(0.0).iloc[0]) for name in names]

    def _met(self, summed: "ir.Table", column: int) -> Met:
        """Return on which units the pairs of a *column* meet."""
        both = summed[f"c{column}"]
        differing = (both / BOTH).floor()
        rows = summed.mutate(differing=differing, number=both - differing * BOTH)
        rows = rows.filter(rows.number > 0)
        by = rows.group_by("alike").agg(n=rows.count(), differing=(rows.differing > 0).sum())
        found = self.items.traffic.fetch(by)
        n = int(found["n"].sum())
        documents = None
        if self.items.documents:
            documents = int(self.items.traffic.fetch(rows.aggregate(n=rows.taken.nunique()))["n"].iloc[0])
        largest = int(found.loc[found["alike"] >= 0, "n"].max()) if (found["alike"] >= 0).any() else 0
        return Met(n, int(found["differing"].sum()), n - largest, documents)

    def conger(self, asked: CongerWithout) -> float:
        """Return the sum of squares for Conger's kappa."""
        import ibis  # noqa: PLC0415 - the warehouse extra

        chance = chance_of(self.given)
        units = self._chance_by_unit(chance)
        mixes = self.items.mixes
        counts = np.zeros((len(mixes.labels), self.items.labels), np.int64)
        size = [len(labels) for labels in mixes.labels]
        np.add.at(counts, (np.repeat(np.arange(len(size)), size), np.concatenate(mixes.labels)), 1)
        two, agreement = agreement_of(counts)
        observed = np.where(two, ((asked.n + 1) * asked.observed - agreement) / asked.n, asked.observed)
        ours = ibis.memtable(pd.DataFrame({"mix": np.arange(len(size)), "observed": observed}))
        known(units, ours)
        pairs = chance.number * (chance.number - 1)
        base = (float(chance.summed @ chance.summed) - chance.squares) / pairs
        rows = units.join(ours, "mix")
        rows = rows.mutate(without=base + rows.lost / pairs)
        value = (rows.observed - rows.without) / ibis.ifelse(1 - rows.without > ROUNDING, 1 - rows.without, 1.0)
        change = ibis.ifelse(1 - rows.without > ROUNDING, value - asked.centre, 0.0)
        (squares,) = self._squares(rows.mutate(change=change), ["change"])
        units.release()
        return squares

    def _chance_by_unit(self, chance: Chance) -> "CachedTable":
        """Return by unit what the sum of the products of shares loses, ``lost``, with the unit's mix.

        The sums of shares lose a vector v of a value by label: their square s·s becomes s·s + 2 s·v + v·v, of which s·v
        is a sum over labels, and v·v takes the sums of the labels' vectors, some labels at a time.
        """
        import ibis  # noqa: PLC0415 - the warehouse extra

        k = self.items.labels
        inner = (chance.shares @ chance.summed)[:, None] - chance.summed
        alone = 2 * chance.scale[:, None] * inner - chance.own
        unit = list(dict.fromkeys(["item", *(["round"] if len(self.items.rounds) > 1 else []), "mix", "taken"]))
        given = self.items.given(*unit)
        parts = []
        for start in range(0, k, LABELS_AT_ONCE):
            some = range(start, min(start + LABELS_AT_ONCE, k))
            lost = chance.scale[:, None] * chance.shares
            people = pd.DataFrame({"who": np.arange(len(lost)), "scale": chance.scale})
            people = people.assign(**{f"v{label}": lost[:, label] for label in some})
            ours = ibis.memtable(people)
            known(given, ours)
            rows = given.join(ours, "who")
            if not start:
                code = ibis.memtable(pd.DataFrame({"code": np.arange(alone.size), "alone": alone.ravel()}))
                known(given, code)
                rows = rows.join(code, "code")
            vectors = {
                f"v{label}": (rows[f"v{label}"] - ibis.ifelse(rows.what == label, rows.scale, 0.0)).sum()
                for label in some
            }
            if not start:
                vectors["alone"] = rows.alone.sum()
            by = rows.group_by(*unit).agg(**vectors)
            square = sum((by[f"v{label}"] * by[f"v{label}"] for label in some), ibis.literal(0.0))
            parts.append(by.select(*unit, lost=square if start else square + by.alone))
        if len(parts) == 1:
            return parts[0].cache()
        every = ibis.union(*parts)
        return every.group_by(*unit).agg(lost=every.lost.sum()).cache()


def _mean_change(summed: "ir.Table", asked: MeanWithout) -> "ir.FloatingValue":
    """Return by unit what leaving it out changes of a mean."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    if not asked.total:
        return ibis.literal(0.0)
    both = summed[f"c{asked.pairs}"] if asked.pairs else summed.pairs.cast("float64")
    pairs = both - (both / BOTH).floor() * BOTH if asked.pairs else both
    centre, change = asked.centre / asked.total, summed[f"c{asked.change}"]
    if not asked.weighted:
        return change / asked.total
    # (c T + s) / (T - m) - c, with less to lose by rounding
    left = asked.total - pairs
    return ibis.ifelse(left > 0, (change + centre * pairs) / ibis.ifelse(left > 0, left, 1.0), 0.0)
