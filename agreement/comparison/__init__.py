"""Every pair of annotators, each in turn the reference, on every layer and level: from counts to scores."""

from agreement.annotations import Annotations
from agreement.comparison._result import SCORE_COLUMNS as SCORE_COLUMNS
from agreement.comparison._result import Comparison as Comparison
from agreement.comparison.items import compare_items
from agreement.comparison.spans import compare_spans
from agreement.settings import Settings


def compare(annotations: Annotations, settings: Settings) -> tuple[Comparison, ...]:
    """Return one comparison per layer, in the order of the layers' names."""
    by_kind = {"category": compare_items, "ordinal": compare_items, "spans": compare_spans}
    return tuple(
        by_kind[annotations.layers[name].kind](annotations, name, settings) for name in sorted(annotations.layers)
    )
