"""Every pair of annotators, each in turn the reference, on every layer and level: from counts to scores."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from agreement.annotations import Annotations
from agreement.comparison._result import SCORE_COLUMNS as SCORE_COLUMNS
from agreement.comparison._result import Comparison as Comparison
from agreement.comparison.answers import compare_answers
from agreement.comparison.items import compare_items
from agreement.comparison.numbers import compare_numbers
from agreement.comparison.sets import compare_sets
from agreement.comparison.spans import compare_spans
from agreement.settings import LayerKind, Settings

POOLS_APART = ("category", "ordinal")  # whose comparison keeps people and models apart itself
PEOPLE = "annotators=human"


def compare(annotations: Annotations, settings: Settings) -> tuple[Comparison, ...]:
    """Return one comparison per layer, in the order of the layers' names."""
    by_kind: dict[LayerKind, Callable[[Annotations, str, Settings], Comparison]] = {
        "category": compare_items, "ordinal": compare_items, "number": compare_numbers, "labels": compare_sets,
        "spans": compare_spans, "answer": compare_answers,
    }  # fmt: skip
    made = {
        name: by_kind[annotations.layers[name].kind](annotations, name, settings) for name in sorted(annotations.layers)
    }
    people = annotations.of_kind("human")
    if len(people) >= 2 and annotations.of_kind("model"):
        alone = annotations.comparing(people)
        for name, comparison in made.items():
            kind = comparison.layer.kind
            if kind not in POOLS_APART:
                made[name] = _with_people_pooled(comparison, by_kind[kind](alone, name, settings))
    return tuple(made.values())


def _with_people_pooled(everybody: Comparison, people: Comparison) -> Comparison:
    """Return the comparison with pooled rows of *people* only: models are no part of the agreement of people."""
    of_all, of_people = (one.scores["reference"].isna() & one.scores["other"].isna() for one in (everybody, people))
    pooled = people.scores.loc[of_people]
    params = [", ".join(filter(None, (PEOPLE, text))) for text in pooled["params"]]
    rows = [everybody.scores.loc[~of_all], pooled.assign(params=pd.Series(params, pooled.index, dtype="str"))]
    return replace(everybody, scores=pd.concat(rows, ignore_index=True))
