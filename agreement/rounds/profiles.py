"""Profiles: snapshots from the JSON of earlier audits, which holds hashed items and label codes but no raw data."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from agreement.errors import InputError, Problem
from agreement.rounds.snapshots import NUMBERED, Snapshot, anonymous, distances_of, item_level, span_counts
from agreement.settings import LayerKind
from agreement.uncertainty.influence import Couples
from agreement.units import Units

ITEM_KINDS = ("category", "ordinal")


TEXTS = ("annotators", "labels", "simple", "sections", "rounds", "items")


def from_profile(profile: Mapping[str, Any], min_pair_items: int, name: str) -> Snapshot | None:
    """Return the snapshot kept in the JSON of an earlier audit; None for free text.

    Raises
    ------
    InputError
        If the profile lacks what its kind needs.
    """
    try:
        kind: LayerKind = profile["kind"]
        _require_text([profile["layer"], kind, *(name for key in TEXTS for name in profile.get(key) or ())])
        if profile.get("counts_only"):
            return _from_tables(profile, kind, name)
        if kind == "answer":
            return None
        if kind == "spans":
            return _from_marks(profile, name)
        item = np.array(profile["items"], dtype=object)
        cluster = np.array([value or "" for value in profile["cluster"]], dtype=object)
        units = _units(profile, kind)
        if profile.get("anonymous"):
            return anonymous(units, kind, name, (item, cluster))
        return item_level(units, kind, min_pair_items, name, (item, cluster))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            [Problem(name, f"its profiles can't be read ({error!r}).", "Write the JSON again with `agreement audit`.")]
        ) from None


def _require_text(names: Sequence[Any]) -> None:
    """Refuse *names* that are not all text."""
    if not all(isinstance(name, str) for name in names):
        raise TypeError("a name is no text")


def _units(profile: Mapping[str, Any], kind: str) -> Units:
    """Return the Units of a profile of items; of a crowd nobody knows the annotators of the labels."""
    ints = {key: np.array(profile[key], dtype=np.int64) for key in ("unit", "label", "section", "round")}
    unknown = [-1] * len(ints["unit"])
    annotator = np.array(unknown if profile.get("anonymous") else profile["annotator"], dtype=np.int64)
    n = len(profile["items"])
    weight = np.array(profile.get("weight", [1] * n), dtype=np.int64)
    if len(weight) != n or (weight < 1).any():
        raise ValueError("an item is there less than once")
    labels, simple = tuple(profile["labels"]), tuple(profile.get("simple", ()))
    members = np.zeros((len(labels), len(simple)), dtype=bool)
    for row, columns in enumerate(profile.get("members", ())):
        members[row, columns] = True
    return Units(
        profile["layer"], "item", labels, tuple(profile["annotators"]),
        ints["unit"], annotator, ints["label"], weight, np.arange(n), np.full(n, -1),
        ints["section"], ints["round"], (), (), tuple(profile["sections"]), tuple(profile["rounds"]),
        members if "members" in profile else None, simple,
        np.array([float(label) for label in labels]) if kind == "number" else None,
    )  # fmt: skip


def _from_marks(profile: Mapping[str, Any], name: str) -> Snapshot:
    """Return the snapshot of a profile of spans, whose rows are answers and marks."""
    documents: dict[tuple[str, str], int] = {}
    first: list[int] = []
    unit_of = []
    for row, key in enumerate(zip(profile["items"], profile["round"], strict=True)):
        if key not in documents:
            documents[key] = len(documents)
            first.append(row)
        unit_of.append(documents[key])
    answer_unit = np.array(unit_of, dtype=np.int64)
    sections = tuple(sorted({value for value in profile["section"] if value}))
    fragments = np.unique(np.array(profile["fragments"], dtype=object).astype(str), return_inverse=True)[1]
    labels = tuple(profile["labels"])
    marks = [np.array(profile[key], dtype=np.int64) for key in ("label", "start", "end")]
    span = np.column_stack([*marks, fragments.astype(np.int64)])
    unit = answer_unit[np.array(profile["answer"], dtype=np.int64)]
    agreeing, possible = span_counts(unit, np.bincount(answer_unit, minlength=len(first)), span, len(labels))
    return Snapshot(
        profile["layer"], "spans", name, labels, tuple(profile["annotators"]), sections,
        np.array([profile["items"][row] for row in first], dtype=object),
        np.array([profile["cluster"][row] or "" for row in first], dtype=object),
        np.array([sections.index(s) if (s := profile["section"][row]) else -1 for row in first], dtype=np.int64),
        agreeing, possible,
    )  # fmt: skip


def _from_tables(profile: Mapping[str, Any], kind: LayerKind, name: str) -> Snapshot | None:
    """Return the snapshot of pair tables alone: every couple stands as a unit of its own, and the variance is raised.

    Couples of one item can't be told apart any more, and may all be right or wrong together. So the variance is
    multiplied by the couples an item has at most, the couples of all pairs over those of the largest pair.
    """
    labels, pairs = tuple(profile["labels"]), profile["pairs"]
    rows = [(number, *cell) for number, pair in enumerate(pairs) for cell in pair["cells"]]
    if not rows or kind not in ITEM_KINDS:
        return None
    pair, first, second, times = np.array(rows, dtype=np.int64).T
    annotators = np.array([[entry["reference"], entry["other"]] for entry in pairs], dtype=np.int64)
    pair, first, second = (np.repeat(part, times) for part in (pair, first, second))
    found = Couples(np.arange(len(pair)), pair, first, second, annotators)
    n, k = len(found.unit), len(labels)
    agreeing = np.zeros((n, k))
    agreeing[found.unit, found.first] = 2.0 * (found.first == found.second)
    possible = np.zeros((n, k))
    np.add.at(possible, (found.unit, found.first), 1.0)
    np.add.at(possible, (found.unit, found.second), 1.0)
    none = np.array([""] * n, dtype=object)
    return Snapshot(
        profile["layer"], kind, name, labels, tuple(profile["annotators"]), (),
        np.array([f"{NUMBERED}{number}" for number in range(n)], dtype=object), none, np.full(n, -1),
        agreeing, possible, None, found, distances_of(k, kind),
        inflation=n / int(np.bincount(found.pair).max()),
    )  # fmt: skip
