"""Test-retest agreement: how often an annotator who met an item again gave the same label."""

from dataclasses import dataclass

import numpy as np

from agreement.annotations import Annotations
from agreement.intervals import wilson


@dataclass(frozen=True, slots=True)
class Retest:
    """One annotator's agreement with themselves on one layer.

    Parameters
    ----------
    annotator
        Who.
    n, same
        Items answered more than once, and those on which all answers were equal.
    value, low, high
        The share of them, with its Wilson interval.
    """

    annotator: str
    n: int
    same: int
    value: float
    low: float
    high: float


def retests(annotations: Annotations, layer: str, confidence: float = 0.95) -> tuple[Retest, ...]:
    """Return the test-retest agreement of every annotator with repeats in *layer*, by name; empty without any.

    An answer is all labels that one take gave, so that in a multi-label layer sets are compared.
    """
    repeats = annotations.repeats
    mine = repeats.loc[repeats["layer"].eq(layer)] if len(repeats) else repeats
    if mine.empty:
        return ()
    key = ["annotator", "item", "round", "take"]
    answers = mine.assign(label=mine["label"].astype("str")).sort_values([*key, "label"])
    whole = answers.groupby(key, observed=True)["label"].agg("\0".join).reset_index()
    distinct = whole.groupby(["annotator", "item", "round"], observed=True)["label"].agg(["nunique", "size"])
    distinct = distinct.loc[distinct["size"] > 1]
    found = []
    for annotator, group in distinct.groupby("annotator", observed=True):
        n, same = len(group), int((group["nunique"] == 1).sum())
        low, high = wilson(np.array([same]), np.array([n]), confidence)
        found.append(Retest(str(annotator), n, same, same / n, float(low[0]), float(high[0])))
    return tuple(sorted(found, key=lambda one: one.annotator))
