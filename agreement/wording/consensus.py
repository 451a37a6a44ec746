"""What is printed about a consensus: how it was found, what stays open, what each annotator is worth."""

# ruff: noqa: RUF001, RUF002 - intervals have dashes, in print too

from collections.abc import Iterator, Mapping

from agreement.wording.numbers import Figure, count, percent, plural

TITLES = {
    "majority": "majority vote",
    "one-coin": "one accuracy per annotator (EM)",
    "dawid-skene": "an error matrix per annotator (Dawid-Skene)",
}
UNIDENTIFIED = (
    "Labels alone can’t tell who errs here (two annotators, or two sides that only meet each other): read these shares "
    "as agreement, not as accuracy."
)

# why a method was chosen
WHO_ERRS = "the labels can’t tell who errs, so nobody’s vote weighs more"
MATRICES_FIT = "the labels suffice for an error matrix each, and fit it better (BIC)"
MATRICES_DO_NOT = "an error matrix each fits the labels no better than one accuracy each (BIC)"
EACH_LABEL = "each label is a question of its own"
OF_SPANS = "majority of matched spans"


def few_per_class(per_class: float) -> str:
    """Return that there are too few labels for error matrices.

    Examples
    --------
    >>> few_per_class(12.5)
    'annotators gave 12.5 labels per class (median), too few for an error matrix each'
    """
    return f"annotators gave {per_class:g} labels per class (median), too few for an error matrix each"


def items(layer: str, number: int, method: str, why: str, ties: int) -> str:
    """Return how the labels of a layer were found.

    Examples
    --------
    >>> items("tone", 9, "majority", "", 1)
    'Layer tone: 9 items by majority vote; 1 tie left open.'
    """
    because = f" ({why})" if why else ""
    how = TITLES.get(method, method)
    return f"Layer {layer}: {plural(number, 'item')} by {how}{because}; {plural(ties, 'tie')} left open."


def spans(layer: str, number: int, counts: Mapping[str, int]) -> str:
    """Return how the spans of a layer were found.

    Examples
    --------
    >>> spans("ner", 4, {"settled": 3, "tie": 1})
    'Layer ner: 4 spans by majority of matched spans: 3 settled, 1 tie, 0 minority.'
    """
    told = ", ".join(f"{count(counts.get(status, 0))} {status}" for status in ("settled", "tie", "minority"))
    return f"Layer {layer}: {plural(number, 'span')} by {OF_SPANS}: {told}."


def remarks(counts: Mapping[str, int], *, identified: bool) -> Iterator[str]:
    """Yield what else has to be known about the labels of a layer."""
    if nobody := counts.get("no label", 0):
        yield f"  {plural(nobody, 'item')} without any label."
    if broken := counts.get("votes tie", 0):
        yield f"  {plural(broken, 'tied vote')} settled by what annotators are worth; status: votes tie."
    if not identified:
        yield f"  {UNIDENTIFIED}"


def worth(annotator: str, figure: Figure, *, marks: bool) -> str:
    """Return how often an annotator gives the consensus, or marks its spans.

    Examples
    --------
    >>> worth("Ana", Figure(0.9, 0.8, 0.95, 40, share=True), marks=False)
    '  Ana gives the consensus in 90% (95% CI 80–95%, n 40)'
    """
    what = "marks" if marks else "gives"
    interval = f"{percent(figure.confidence)}% CI {figure.interval}"
    return f"  {annotator} {what} the consensus in {figure.text} ({interval}, {figure.basis})"


def more(annotators: int) -> str:
    """Return where the other annotators are."""
    return f"  and {plural(annotators, 'more annotator')}: --json FILE lists all."


def written(path: str) -> str:
    """Return where the labels were written."""
    return f"Written to {path}."
