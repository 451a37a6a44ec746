"""Diagnosis: the rules in their order over one layer's case, and the disagreement budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.flags import Flag
from agreement.settings import Settings


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules of one layer may look at, and what earlier rules found."""

    annotations: Annotations
    comparison: Comparison
    settings: Settings
    found: tuple[Flag, ...] = ()


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
    """Return what the rules find on every layer."""
    del annotations, comparisons, settings
    return Diagnosis()
