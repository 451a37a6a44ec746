"""The labels of the items that flags of a crowd show: the engine is asked for them once all flags are known."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.diagnosis.diagnosing import Diagnosis
from agreement.flags import Subject
from agreement.warehouse.crowd_items import Items
from agreement.warehouse.engine import spread_out

Floats = NDArray[np.float64]
Given = dict[str, str]


def labels_of(
    items: Items, names: list[str], annotators: tuple[str, ...], labels: tuple[str, ...]
) -> dict[str, list[Given]]:
    """Return for each item of *names* which label each annotator gave it, in each round, by the rounds' names."""
    rows = items.patterns(names).sort_values(["item", "round"], ignore_index=True)
    found: dict[str, list[Given]] = {}
    given: list[Given] = [{} for _ in range(len(rows))]
    for item, one in zip(rows["item"].astype(str), given, strict=True):
        found.setdefault(item, []).append(one)
    row, code = spread_out(rows["pattern"])
    for number, one in zip(row.tolist(), code.tolist(), strict=True):
        who, what = divmod(one, len(labels))
        given[number][annotators[who]] = labels[what]
    return found


def with_labels(
    diagnosis: Diagnosis, items: Items, annotators: tuple[str, ...], labels: tuple[str, ...], weights: Floats | None
) -> Diagnosis:
    """Return the diagnosis with the labels of the items that its examples show.

    Of an item that was labelled in several rounds these are the labels of the round that shows the finding, and differ
    most by *weights* (K, K), from each other or from that of the annotator it is about; of the next such round where
    the item is shown again.
    """
    bare = {one.item for flag in diagnosis.flags for one in flag.examples if not one.labels}
    apart = 1 - np.eye(len(labels)) if weights is None else weights
    place = {label: number for number, label in enumerate(labels)}

    def differing(given: Given, annotator: str | None) -> float:
        codes = np.array([place[label] for label in given.values()], dtype=np.int64)
        if annotator is not None:
            return float(apart[place[given[annotator]], codes].sum())
        return float(apart[np.ix_(codes, codes)].sum()) / max(len(codes) * (len(codes) - 1), 1)

    known = labels_of(items, sorted(bare), annotators, labels)
    shown: Counter[tuple[object, str]] = Counter()
    flags = []
    for number, flag in enumerate(diagnosis.flags):
        examples = []
        for one in flag.examples:
            rounds = [given for given in known.get(one.item, []) if _shows(flag.subject, given)]
            rounds.sort(key=partial(differing, annotator=flag.subject.annotator), reverse=True)
            rounds = rounds or known.get(one.item, [])
            turn = (flag.rule if flag.rule == "item" else number, one.item)
            mine: Mapping[str, str] = one.labels or (rounds[shown[turn] % len(rounds)] if rounds else {})
            shown[turn] += 1
            examples.append(replace(one, labels=dict(sorted(mine.items()))))
        flags.append(replace(flag, examples=tuple(examples)))
    return replace(diagnosis, flags=tuple(flags))


def _shows(subject: Subject, given: Given) -> bool:
    """Return whether the labels *given* to an item in a round can show what a flag is about."""
    people = {*subject.annotators, *([subject.annotator] if subject.annotator is not None else [])}
    named = {*subject.labels, *([subject.label] if subject.label is not None else [])}
    return people <= given.keys() and named <= set(given.values())
