"""How the labels of a crowd run over its rounds: sums by annotator, section and round that the engine makes."""

from dataclasses import replace

import numpy as np
import pandas as pd

from agreement.counts import Ints
from agreement.diagnosis.contrasts import Sums
from agreement.diagnosis.courses import Course
from agreement.diagnosis.evidence import Floats, tally
from agreement.warehouse.crowd_items import Items

WHERE = ["who", "place", "round"]


def given_in_rounds(items: Items) -> Floats:
    """Return (A, R) how many labels each annotator gave in each round."""
    given = items.given("round")
    rows = items.traffic.fetch(given.group_by("who", "round").agg(n=given.count()))
    found = np.zeros((items.annotators, len(items.rounds)))
    found[rows["who"].to_numpy(np.int64), _codes(items, rows["round"])] = rows["n"]
    return found


def course_of(items: Items, values: pd.DataFrame, position: Floats) -> Course:
    """Return the course of *values* over the *position* (A, R) of each annotator's rounds.

    *values* has by ``key``, mix * K + label, the ``value`` of a label and its ``shrunk``, (r - 1) / r.
    """
    given = items.given("cluster", "mix", "place", "round")
    named = given.mutate(key=given.mix * items.labels + given.what).join(items.ours(values), "key")
    rows = items.traffic.fetch(
        named.group_by(*WHERE).agg(n=named.count(), y=named.value.sum(), shrunk=named.shrunk.sum())
    ).sort_values(WHERE, ignore_index=True)
    who, place = (rows[name].to_numpy(np.int64) for name in ("who", "place"))
    n, y, shrunk = (rows[name].to_numpy(np.float64) for name in ("n", "y", "shrunk"))

    def sums(constant: Floats, factor: Floats) -> Sums:
        known = items.ours(rows[WHERE].assign(constant=constant, factor=factor).dropna())
        scored = named.join(known, WHERE)
        scored = scored.mutate(value=scored.constant + scored.factor * scored.value)
        parts = np.zeros((6, items.annotators))
        found = items.summed(scored, ["who"])
        for part, name in zip(parts, ("n", "y", "yy", "ym", "mm", "clusters"), strict=True):
            np.add.at(part, found["who"].to_numpy(np.int64), found[name].to_numpy(np.float64))
        return Sums(*parts)

    return Course(
        who, who * items.places + place, position[who, _codes(items, rows["round"])], n, y,
        tally(who, shrunk, items.annotators), sums,
    )  # fmt: skip


def in_rounds(items: Items, rounds: Ints) -> Items:
    """Return the items of these *rounds*."""
    names = [items.rounds[code] for code in rounds.tolist()]
    return replace(items, table=items.table.filter(items.table["round"].isin(names)))


def _codes(items: Items, rounds: "pd.Series[str]") -> Ints:
    """Return the codes of *rounds*."""
    return np.asarray(pd.Index(items.rounds, dtype=object).get_indexer(pd.Index(rounds, dtype=object)), np.int64)
