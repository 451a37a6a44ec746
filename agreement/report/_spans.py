"""What a page shows of a span layer beyond its scores: the kinds of differences, by label."""

from typing import TYPE_CHECKING

from agreement.report.model import SpanPanel
from agreement.wording import Figure, spans_differ

if TYPE_CHECKING:
    from agreement.report._layer import Context


def span_panel(context: "Context") -> SpanPanel:
    """Return the kinds of differences of a span layer and the sentence that says what differs."""
    details = context.comparison.details

    def value(measure: str, level: str = "span") -> float | None:
        figure: Figure | None = context.book.pooled(measure, level)
        return figure.value if figure else None

    sentence = spans_differ(value("span_f1.strict"), value("span_f1.exact"), value("span_f1.overlap"), value("span_f1.type"))
    return SpanPanel((), (), str(details.get("tokenizer", "")), sentence)
