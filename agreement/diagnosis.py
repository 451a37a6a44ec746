"""Diagnosis: the rules in their order over one layer's case, and the disagreement budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agreement.annotations import Annotations
from agreement.case import Case as Case
from agreement.case import open_case
from agreement.comparison import Comparison
from agreement.flags import Flag
from agreement.rules import rules_in_force
from agreement.settings import Settings


CAUSES = (
    "copy", "drift", "annotator", "span_annotator", "annotator_section", "section", "camps", "label_pair", "label",
    "gold_item", "round_change", "span_boundary", "span_label_pair",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the rules found.

    Parameters
    ----------
    flags
        All flags, layers in order, causes before notes, largest effect first.
    budget
        Per layer, in order of the steps: cause and about how much of the disagreement it explains.
    """

    flags: tuple[Flag, ...] = ()
    budget: tuple[dict[str, Any], ...] = ()


def diagnose(annotations: Annotations, comparisons: Sequence[Comparison], settings: Settings) -> Diagnosis:
    """Return what the rules find on every layer.

    Raises
    ------
    SettingsError
        If ``[rules]`` names a rule or a threshold that does not exist.
    """
    rules = rules_in_force(settings)
    flags: list[Flag] = []
    for comparison in comparisons:
        case = open_case(annotations, comparison, settings)
        for rule, thresholds in rules:
            case = case.after(list(rule.check(case, thresholds)))
        flags += sorted(case.found, key=_order)
    return Diagnosis(tuple(flags), ())


def _order(flag: Flag) -> tuple[int, float]:
    """Return the key that puts causes before notes, confirmed before suspected, the larger share first."""
    return ("confirmed", "suspected", "note").index(flag.verdict), -(flag.share_of_disagreement or 0.0)
