"""What a later comparison needs, without texts and ids: hashed items with their label codes, or pair counts."""

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agreement.comparison import Comparison
from agreement.report._plain import blocks
from agreement.rounds.snapshots import NUMBERED
from agreement.units import Units

if TYPE_CHECKING:
    from agreement.annotations import Annotations
    from agreement.pipeline import Audit


def profiles(audit: "Audit", *, counts_only: bool) -> Iterator[dict[str, Any]]:
    """Yield one profile per layer: who gave which item which label, or with *counts_only* the pair tables.

    Equal items that were only counted are one unit with their number as ``weight``, named by a number. Of a crowd that
    an engine summed up nobody is named as an ``annotator``.

    Lists as long as the input come by blocks.
    """
    for comparison in audit.comparisons:
        yield _counts(comparison) if counts_only else _profile(audit.annotations, comparison)


def hashed(name: str) -> str:
    """Return 16 hex digits of the SHA-256 of an item's or document's *name*: equal names meet, ids stay at home."""
    return hashlib.sha256(name.encode("utf-8", errors="surrogatepass")).hexdigest()[:16]


def _profile(annotations: "Annotations", comparison: Comparison) -> dict[str, Any]:
    """Return the profile of one layer: of its units, or of its spans and answers."""
    if comparison.units is None:
        return _marks(annotations, comparison.layer.name, comparison.layer.kind)
    units: Units = comparison.units
    named = annotations.totals is None or bool((units.weight == 1).all())  # else a unit bears one name of several
    profile: dict[str, Any] = {
        "layer": units.layer,
        "kind": comparison.layer.kind,
        "labels": list(units.labels),
        "annotators": list(units.annotators),
        "sections": list(units.sections),
        "rounds": list(units.rounds),
        "items": _hashes(units.items, units.item) if named else _numbers(units.item),
        "cluster": _hashes(units.clusters, units.cluster),
        "section": blocks(units.section),
        "round": blocks(units.round),
        "unit": blocks(units.unit),
    }
    if comparison.details.get("anonymous"):
        profile["anonymous"] = True
    else:
        profile["annotator"] = blocks(units.annotator)
    profile["label"] = blocks(units.label)
    if not named:
        profile["weight"] = blocks(units.weight)
    if units.members is not None:
        profile["simple"] = list(units.simple)
        profile["members"] = [np.flatnonzero(row).tolist() for row in units.members]
    return profile


def _hashes(names: tuple[str, ...], codes: NDArray[np.int64]) -> Iterator[list[str | None]]:
    """Yield the hashed names of *codes* by blocks, None for -1."""
    for block in blocks(codes):
        yield [hashed(names[code]) if code >= 0 else None for code in block.tolist()]


def _numbers(codes: NDArray[np.int64]) -> Iterator[list[str]]:
    """Yield numbers in place of names by blocks: items that nobody else can know; those without a code are alone."""
    alone = int(codes.max(initial=-1)) + 1 + np.arange(len(codes), dtype=np.int64)
    for block in blocks(np.where(codes >= 0, codes, alone)):
        numbers: list[int] = block.tolist()
        yield [f"{NUMBERED}{number}" for number in numbers]


def _marks(annotations: "Annotations", layer: str, kind: str) -> dict[str, Any]:
    """Return the profile of a layer of spans or answers: who answered which item, and what was marked where."""
    asked, table = annotations.assignments, annotations.table
    who = list(annotations.compared)
    asked = asked.loc[
        asked["layer"].eq(layer) & asked["annotator"].isin(who) & asked["status"].isin(("done", "empty"))
    ].reset_index(drop=True)
    table = table.loc[table["layer"].eq(layer) & table["annotator"].isin(who)]
    key = ["item", "round", "annotator"]
    position = table[key].merge(asked[key].assign(answer=asked.index), on=key, how="left")["answer"]
    names = sorted(set(table["label"].astype(str)))
    code = {name: number for number, name in enumerate(names)}
    info = annotations.items.reindex(asked["item"].astype(object))
    return {
        "layer": layer,
        "kind": kind,
        "labels": names if kind == "spans" else [hashed(name) for name in names],
        "annotators": who,
        "items": [hashed(item) for item in asked["item"].astype(object)],
        "cluster": [hashed(name) if name else None for name in info["cluster"]],
        "section": [str(name) for name in info["section"]],
        "round": [str(name) for name in asked["round"].astype(object)],
        "annotator": [who.index(name) for name in asked["annotator"].astype(object)],
        "answer": position.astype(int).tolist(),
        "label": [code[name] for name in table["label"].astype(object)],
        "start": table["start"].tolist(),
        "end": table["end"].tolist(),
        "fragments": [str(name) for name in table["fragments"].astype(object)],
    }


def _counts(comparison: Comparison) -> dict[str, Any]:
    """Return the pair tables of one layer: per pair with shared items the non-empty cells."""
    profile: dict[str, Any] = {"layer": comparison.layer.name, "kind": comparison.layer.kind, "counts_only": True}
    tables = comparison.contingency
    if tables is None:
        return profile | {"labels": list(comparison.layer.labels), "annotators": [], "pairs": []}
    pairs = []
    for (reference, other), counts in zip(tables.pairs.tolist(), tables.counts, strict=True):
        rows, columns = np.nonzero(counts)
        if len(rows):
            cells = np.stack([rows, columns, counts[rows, columns]], axis=1).tolist()
            pairs.append({"reference": reference, "other": other, "cells": cells})
    return profile | {"labels": list(tables.labels), "annotators": list(tables.annotators), "pairs": pairs}
