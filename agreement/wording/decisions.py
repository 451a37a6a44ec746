"""What is said about decisions and the gold made from them."""

from collections.abc import Sequence

from agreement.wording.numbers import Figure, listed, plural

# the words of the workbook's drop-down for what is not a label
MORE_THAN_ONE, GUIDELINE_SILENT = "(more than one is valid)", "(the guideline doesn't say)"
LEAVE_OUT = "(leave this item out)"

GUIDELINE_CHANGES = "Guideline changes"
MEASURES = (("percent_agreement", "percent agreement"), ("kappa_mean", "kappa"))
NO_SECTION = "No section named"
NO_CHANGE = "Nobody asked for a change."
NEVER_BOTH = "Agreement of the deciders: no item was decided by two of them."


def made(decisions: int, deciders: Sequence[str], gold: int, bases: Sequence[str]) -> list[str]:
    """Return how many decisions there are, and what gold they make.

    Examples
    --------
    >>> made(12, ["Ana", "Ben"], 11, ["9 decided", "2 unanimous"])
    ['12 decisions by Ana and Ben.', 'New gold: 11 items (9 decided and 2 unanimous).']
    """
    return [
        f"{plural(decisions, 'decision')} by {listed(deciders)}.",
        f"New gold: {plural(gold, 'item')}{f' ({listed(bases)})' if bases else ''}.",
    ]


def without_gold(why: Sequence[str]) -> str:
    """Return why items got no gold."""
    return f"Without gold: {listed(why)}."


def in_conflict(items: int) -> str:
    """Return how many items were decided differently."""
    return f"Decided differently, so left as they were: {plural(items, 'item')}."


def changes_asked(changes: int) -> str:
    """Return how many changes of the guideline were asked for."""
    return f"Guideline changes asked for: {changes}."


def agreement_of_deciders(layer: str, measure: str, figure: Figure) -> str:
    """Return how well the deciders agree on one layer."""
    return f"Agreement of the deciders, {layer}, {measure}: {figure.sentence}."
