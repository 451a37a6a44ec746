"""The few figures and actions that the short outputs share: terminal, Markdown, JUnit and the workbook's summary."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from agreement.checks import Check
from agreement.flags import Flag
from agreement.report._figures import score_book
from agreement.wording import Figure, decimal, digits_for, percent

if TYPE_CHECKING:
    from agreement.pipeline import Audit

SHARES = ("pair_confusion", "gold")
# measure, level, what people call it, what is counted; the first of each group that was computed is shown
HEADLINES: tuple[tuple[tuple[str, str, str, str], ...], ...] = (
    (("f1_macro", "item", "macro F1", "item"), ("span_f1.strict", "span", "exact span F1", "document"),
     ("f1", "span", "exact span F1", "document")),
    (("kappa_mean.quadratic", "item", "weighted kappa, mean of pairs", "item"),
     ("kappa_mean", "item", "kappa, mean of pairs", "item"),
     ("token_f1", "token", "token F1", "token"), ("f1_micro", "token", "token F1", "token")),
    (("krippendorff_alpha.interval", "item", "alpha, numbers", "item"),
     ("krippendorff_alpha.ordinal", "item", "alpha, ordinal", "item"),
     ("krippendorff_alpha", "item", "Krippendorff's alpha", "item")),
    (("percent_agreement", "item", "percent agreement", "item"),),
)  # fmt: skip
VERDICTS = ("confirmed", "suspected")
SHORT_TITLES = {
    "kappa": "Kappa", "f1_item": "Macro F1", "class_f1": "F1 of class", "pair_confusion": "Confusion",
    "annotator": "Annotators", "f1_span": "Exact span F1", "f1_token": "Token F1", "gold": "Suspicious gold",
}  # fmt: skip


def headlines(audit: "Audit") -> Iterator[tuple[str, Figure]]:
    """Yield name and figure of what people quote, layer by layer."""
    for comparison in audit.comparisons:
        book = score_book(comparison, audit.settings.measures.confidence)
        prefix = f"{comparison.layer.name}: " if len(audit.comparisons) > 1 else ""
        for group in HEADLINES:
            figures = ((name, book.pooled(measure, level, unit)) for measure, level, name, unit in group)
            yield from next(([(prefix + name, figure)] for name, figure in figures if figure is not None), [])


def check_figure(check: Check, confidence: float) -> str:
    r"""Return value, interval, n and limit of a check as one phrase, or why there is none.

    Examples
    --------
    >>> measured = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 90, "limit": 0.667}
    >>> words = {"title": "Kappa", "layer": "label", "subject": "", "source": "", "meaning": ""}
    >>> check_figure(Check("kappa", result="fail", at_least=True, **measured, **words), 0.95).replace("\u2013", "-")
    '0.500 0.400-0.600 · n 90 · limit ≥ 0.667'
    """
    if check.value is None:
        return check.settle or check.meaning
    share = check.name in SHARES
    figure = Figure(
        check.value, check.low, check.high, check.n, share=share, confidence=confidence,
        digits=digits_for(check.limit, (check.value, check.low, check.high)),
    )  # fmt: skip
    return f"{figure.text} {figure.detail}{limit_text(check)}"


def short_title(check: Check) -> str:
    """Return what a check is about in a few words, its subject included."""
    title = SHORT_TITLES.get(check.name, check.title)
    if check.name == "kappa" and "alpha" in check.title:
        title = "Alpha"
    return f"{title} {check.subject}" if check.subject else title


def limit_text(check: Check) -> str:
    """Return the limit of a check with its side, empty where it has none."""
    if check.limit is None:
        return ""
    shown = f"{percent(check.limit)}%" if check.name in SHARES else decimal(check.limit, digits_for(check.limit, ()))
    return f" · limit {'≥' if check.at_least else '≤'} {shown}"


def actions(audit: "Audit") -> list[str]:
    """Return what to do next, confirmed causes before suspected ones, each with its owner."""
    return [f"{flag.advice} ({flag.owner}) {flag.message}" for flag in causes(audit)]


def causes(audit: "Audit") -> list[Flag]:
    """Return the flags that ask for something to be done, confirmed ones first, else in the diagnosis' order."""
    return [flag for verdict in VERDICTS for flag in audit.diagnosis.flags if flag.verdict == verdict]
