"""The few figures and actions that the short outputs share: terminal, Markdown, JUnit and the workbook's summary."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from agreement.checks.release import Check
from agreement.flags import Flag
from agreement.report._figures import score_book
from agreement.report._leading import leading
from agreement.wording import Figure, between, count, decimal, digits_for, outputs, percent
from agreement.wording.outputs import SHORT_TITLES
from agreement.wording.page import READ_GOLD, reread

if TYPE_CHECKING:
    from agreement.pipeline import Audit

SHARES = ("pair_confusion", "gold")
VERDICTS = ("confirmed", "suspected")
DECIDES = {
    "annotator": ("annotator", "span_annotator"),
    "pair_confusion": ("label_pair",),
    "class_f1": ("label", "label_pair", "span_boundary", "span_label_pair"),
    "gold": ("gold_item",),
}


def headlines(audit: "Audit") -> Iterator[tuple[str, Figure]]:
    """Yield title and figure of what people quote, layer by layer."""
    for comparison in audit.comparisons:
        book = score_book(comparison, audit.settings.measures.confidence)
        unit = "document" if comparison.layer.kind == "spans" else "item"
        prefix = f"{comparison.layer.name}: " if len(audit.comparisons) > 1 else ""
        for headline in leading(book, comparison.layer.kind, unit, audit.settings.gate.f1_bands):
            yield prefix + headline.title, headline.figure


def check_figure(check: Check, confidence: float) -> str:
    r"""Return value, interval, n and limit of a check as one phrase, or why there is none.

    Examples
    --------
    >>> measured = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 90, "limit": 0.667}
    >>> words = {"title": "Kappa", "layer": "label", "subject": "", "source": "", "meaning": ""}
    >>> check_figure(Check("kappa", result="fail", at_least=True, **measured, **words), 0.95).replace("\u2013", "-")
    '0.500 0.400-0.600 · n 90 · limit ≥ 0.667'
    """
    if check.name == "annotator":
        return _difference(check)
    if check.value is None:
        return check.settle or check.meaning
    share = check.name in SHARES
    figure = Figure(
        check.value, check.low, check.high, check.n, share=share, confidence=confidence,
        hits=round(check.value * check.n) if check.name == "gold" else None,
        digits=digits_for(check.limit, (check.value, check.low, check.high)),
    )  # fmt: skip
    return f"{figure.text} {figure.detail}{limit_text(check)}"


def _difference(check: Check) -> str:
    """Return how much more pairs with the annotator disagree, in points; or that nobody stands apart."""
    if check.value is None:
        apart = outputs.NOBODY_APART if check.result == "pass" else check.settle
        return f"{apart} · n {count(check.n)}"
    bounds = [percent(bound) for bound in (check.low, check.high) if bound is not None]
    return outputs.points(percent(check.value), between(*bounds) if len(bounds) == 2 else "", count(check.n))


def short_title(check: Check) -> str:
    """Return what a check is about in a few words, its subject included."""
    title = SHORT_TITLES.get(check.name, check.title)
    if check.name == "kappa" and "alpha" in check.title:
        title = "Alpha"
    elif check.name == "f1_item" and "Token" in check.title:
        title = "Token F1"
    return f"{title} {check.subject}" if check.subject else title


def limit_text(check: Check) -> str:
    """Return the limit of a check with its side, empty where it has none."""
    if check.limit is None:
        return ""
    shown = f"{percent(check.limit)}%" if check.name in SHARES else decimal(check.limit, digits_for(check.limit, ()))
    return f" · limit {'≥' if check.at_least else '≤'} {shown}"


def actions(audit: "Audit") -> list[str]:
    """Return what to do next, confirmed causes before suspected ones, each with its owner; gold labels as one."""
    found = causes(audit)
    gold = [flag for flag in found if flag.rule == "gold_item"]
    said = []
    for flag in found:
        if len(gold) > 1 and flag is gold[0]:
            said.append(f"{reread(len(gold))}. {READ_GOLD} ({flag.owner})")
        elif len(gold) < 2 or flag.rule != "gold_item":
            said.append(f"{flag.advice} ({flag.owner}) {flag.message}")
    return said


def causes(audit: "Audit") -> list[Flag]:
    """Return the flags that ask for something to be done in the order of `urgency`."""
    return sorted((flag for flag in audit.diagnosis.flags if flag.verdict in VERDICTS), key=urgency(audit.checks))


def urgency(checks: Iterable[Check]) -> Callable[[Flag], tuple[bool, bool, float, float]]:
    """Return the order of things to do: confirmed before suspected, what fails a check first, then by effect."""
    failing = [check for check in checks if check.result == "fail"]

    def key(flag: Flag) -> tuple[bool, bool, float, float]:
        fails = any(is_about(check, flag) for check in failing)
        return flag.verdict != "confirmed", not fails, -(flag.share_of_disputes or 0.0), -(flag.effect or 0.0)

    return key


def is_about(check: Check, flag: Flag) -> bool:
    """Return whether what *flag* found is what decides *check*.

    Examples
    --------
    >>> from agreement.flags import Subject
    >>> words = {"title": "", "source": "", "meaning": ""}
    >>> numbers = {"value": 0.3, "low": 0.25, "high": 0.35, "n": 90, "limit": 0.2, "at_least": False}
    >>> check = Check("pair_confusion", layer="label", subject="Billing / Refund", result="fail", **words, **numbers)
    >>> pair = Subject("label_pair", "label", labels=("Billing", "Refund"))
    >>> is_about(check, Flag("label_pair", "confirmed", pair, "", "", ""))
    True
    """
    about = flag.subject
    if check.layer != about.layer or flag.rule not in DECIDES.get(check.name, ()):
        return False
    names = (about.annotator, about.label, *about.labels, about.section, " / ".join(sorted(about.labels)))
    return check.name == "gold" or check.subject in filter(None, names)
