"""Decisions: what people said about disputed items, as data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from agreement.wording import decisions as said

Choice = Literal["label", "multi", "unclear", "drop"]
Span: TypeAlias = tuple[int, int, str]
Final: TypeAlias = str | tuple[str, ...] | tuple[Span, ...] | None
# the words of the workbook's drop-down for what is not a label
CHOICES: Mapping[str, Choice] = {
    said.MORE_THAN_ONE: "multi",
    said.GUIDELINE_SILENT: "unclear",
    said.LEAVE_OUT: "drop",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What one person decided about one item.

    Parameters
    ----------
    decider
        Who decided: the name of the file.
    layer, item, round
        What was decided.
    choice
        ``label``, or ``multi`` (more than one is valid), ``unclear`` (the guideline doesn't say), ``drop``.
    final
        The label, the labels, the spans ``(start, end, label)`` or the text decided for; None without.
    section, note
        The guideline section to change, and what it should say.
    where
        Where the decision stands.
    """

    decider: str
    layer: str
    item: str
    round: str
    choice: Choice
    final: Final
    section: str
    note: str
    where: str


def decided_text(decision: Decision) -> str:
    """Return what was decided as one text, equal for equal decisions.

    Examples
    --------
    >>> decided_text(Decision("a", "l", "i", "", "label", ((0, 4, "PER"),), "", "", ""))
    '0-4 PER'
    >>> decided_text(Decision("a", "l", "i", "", "drop", None, "", "", ""))
    '(leave this item out)'
    """
    if decision.choice != "label":
        return next(words for words, choice in CHOICES.items() if choice == decision.choice)
    return "; ".join(_parts(decision.final)) or "(nothing)"


def _parts(final: Final) -> Iterator[str]:
    """Yield the labels or spans of what was decided."""
    for part in (final,) if isinstance(final, str) else final or ():
        yield part if isinstance(part, str) else f"{part[0]}-{part[1]} {part[2]}"
