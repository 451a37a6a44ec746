"""What is said about relations and coreference, and about labels that are paths."""

# ruff: noqa: RUF001, RUF002 - typographic apostrophes and dashes are what a page prints

from collections.abc import Mapping

from agreement.wording.numbers import Figure, listed, plural

TITLES = {
    "relation_f1": "Relation F1, same arguments", "relation_f1.matched": "Relation F1, arguments matched",
    "muc": "MUC", "b_cubed": "B³", "ceaf_e": "CEAF-e", "lea": "LEA", "conll_mean": "Mean of MUC, B³ and CEAF-e",
}  # fmt: skip
HEADINGS = {"relations": "Relations", "coreference": "Coreference"}
UNITS = {"relations": "relation", "coreference": "mention"}
EXPLAINED = {
    "relations": "Label and both arguments the same. Arguments are spans: of the same label and offsets, or matched "
    "one to one by overlap.",
    "coreference": "F1 of links (MUC), of mentions (B³), of aligned entities (CEAF-e), and of links weighed by size "
    "(LEA).",
}

# why there is no score
NOTHING = "neither has anything here"
NO_LINKS = "no entity has two mentions, so there are no links"

NOBODY_PARTS = "Nobody disagrees, so no labels part anywhere."

PATH_ALPHA = "Krippendorff’s alpha, paths"
PATH_ALPHA_TELLS = "Alpha in which two paths differ by the share of their levels that they do not have in common."


def agreement_at(level: int) -> tuple[str, str]:
    """Return title and summary of agreement down to a level of paths."""
    return f"Percent agreement, level {level}", f"How often two annotators give the same path down to level {level}."


def divergence_at(level: int) -> tuple[str, str]:
    """Return title and summary of where paths part.

    Examples
    --------
    >>> divergence_at(2)[0]
    'First divergence, level 2'
    """
    return (
        f"First divergence, level {level}",
        f"Of two different labels, how often the paths part at level {level}, agreeing above it.",
    )


def answer(kind: str, figure: Figure, matched: Figure | None) -> str:
    """Return how well annotators agree on what joins spans.

    Examples
    --------
    >>> answer("relations", Figure(0.5, 0.3, 0.7, 12, "relation"), None)
    'Relations: F1 0.50, 95% CI 0.30–0.70, 12 relations, all pairs together.'
    """
    if figure.value is None:
        return f"{HEADINGS[kind]}: no figure ({figure.reason})."
    name = "F1" if kind == "relations" else "mean of MUC, B³ and CEAF-e"
    text = f"{HEADINGS[kind]}: {name} {figure.sentence}, all pairs together."
    if matched is not None and matched.value is not None and matched.value > figure.value:
        text += f" With arguments matched as spans are: {matched.text} ({matched.interval})."
    return text


def given(counts: Mapping[str, int], kind: str) -> str:
    """Return who gave how many.

    Examples
    --------
    >>> given({"Ana": 3, "Ben": 1}, "relations")
    'Given: Ana 3 relations and Ben 1 relation.'
    """
    parts = [f"{name} {plural(number, UNITS[kind])}" for name, number in counts.items()]
    return f"Given: {listed(parts, most=12)}."


def advice(kind: str, exact: Figure, matched: Figure | None, weakest: str) -> str:
    """Return what to do about relations or coreference; empty where nothing can be said."""
    if exact.value is None:
        return ""
    if kind == "coreference":
        return (
            "Read the documents of the weakest pair together, and write down which mentions count and what links them."
        )
    if matched is not None and matched.value is not None and matched.value - exact.value > 0.1:
        return "Settle the boundaries of the arguments first: much of the difference is theirs, not the relations’."
    named = f" of “{weakest}” first" if weakest else ""
    return f"Write down what makes a relation{named}: direction, arguments, and how plainly the text has to say it."


def parting(level: int, share: Figure) -> str:
    """Return at which level most paths part.

    Examples
    --------
    >>> parting(2, Figure(0.6, 0.4, 0.8, 30, "item"))
    'Most different labels part at level 2: 60% (40–80%, n 30).'
    """
    shown = Figure(
        share.value, share.low, share.high, share.n, share=True, reason=share.reason, confidence=share.confidence
    )
    return f"Most different labels part at level {level}: {shown.text} ({shown.interval}, {shown.basis})."


def level_advice(level: int, levels: int) -> str:
    """Return what to do about the level at which most paths part."""
    if level == 1:
        return "Settle the top level first: annotators read the item itself differently."
    if level == levels:
        return (
            "Sharpen the definitions of labels that share a parent: annotators agree on the parent and part below it."
        )
    return f"Compare the definitions at level {level}: annotators agree above it and part there."


def same_arguments(label: str) -> str:
    """Return the title of the figure of one label of relations."""
    return f"“{label}”, same arguments"
