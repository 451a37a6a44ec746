"""Totals: how much there is in all, for those who count where the annotations hold only the items that are listed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agreement.annotations import Annotations


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is in all, of annotations that may hold only the items to list.

    Parameters
    ----------
    items
        Different items.
    annotations
        Rows of the table of annotations, those of gold and curators too.
    answered
        Annotator to how many items, in each round anew, were answered; who answered none may be missing.
    given
        Layer to label to how often the compared annotators gave it, and on how many items; who gave none may be
        missing.
    """

    items: int
    annotations: int
    answered: Mapping[str, int]
    given: Mapping[str, Mapping[str, tuple[int, int]]]


def totals_of(annotations: "Annotations") -> Totals:
    """Return the totals that came with the *annotations*, else those counted from their frames.

    Examples
    --------
    >>> import pandas as pd
    >>> from agreement.loaders import load_frame
    >>> frame = pd.DataFrame({"item": ["i1", "i1", "i2"], "annotator": ["ana", "bo", "ana"], "label": ["a", "b", "a"]})
    >>> found = totals_of(load_frame(frame))
    >>> found.items, found.annotations, dict(found.answered), dict(found.given["label"])
    (2, 3, {'ana': 2, 'bo': 1}, {'a': (2, 2), 'b': (1, 1)})
    """
    if annotations.totals is not None:
        return annotations.totals
    given = {layer: given_in(annotations, layer) for layer in annotations.layers}
    return Totals(len(annotations.items), len(annotations.table), answered_by(annotations), given)


def answered_by(annotations: "Annotations") -> Mapping[str, int]:
    """Return annotator to how many items, in each round anew, were answered."""
    if annotations.totals is not None:
        return annotations.totals.answered
    asked = annotations.assignments
    answered = asked.loc[asked["status"].isin(("done", "empty"))].drop_duplicates(["item", "round", "annotator"])
    return {str(name): int(n) for name, n in answered["annotator"].value_counts().items() if n}


def given_in(annotations: "Annotations", layer: str) -> Mapping[str, tuple[int, int]]:
    """Return label to how often the compared annotators gave it in a *layer*, and on how many items."""
    if annotations.totals is not None:
        return annotations.totals.given[layer]
    table = annotations.table
    mine = table.loc[table["layer"].eq(layer) & table["annotator"].isin(annotations.compared)]
    items = mine.drop_duplicates(["item", "label"])["label"].value_counts().to_dict()
    return {str(label): (int(n), items[label]) for label, n in mine["label"].value_counts().items() if n}
