"""Every pair of annotators, each in turn the reference, on every layer and level: from counts to scores."""

from collections.abc import Callable

from agreement.annotations import Annotations
from agreement.comparison._result import SCORE_COLUMNS as SCORE_COLUMNS
from agreement.comparison._result import Comparison as Comparison
from agreement.comparison.answers import compare_answers
from agreement.comparison.items import compare_items
from agreement.comparison.numbers import compare_numbers
from agreement.comparison.sets import compare_sets
from agreement.comparison.spans import compare_spans
from agreement.settings import LayerKind, Settings


def compare(annotations: Annotations, settings: Settings) -> tuple[Comparison, ...]:
    """Return one comparison per layer, in the order of the layers' names."""
    by_kind: dict[LayerKind, Callable[[Annotations, str, Settings], Comparison]] = {
        "category": compare_items, "ordinal": compare_items, "number": compare_numbers, "labels": compare_sets,
        "spans": compare_spans, "answer": compare_answers,
    }  # fmt: skip
    return tuple(
        by_kind[annotations.layers[name].kind](annotations, name, settings) for name in sorted(annotations.layers)
    )
