"""Case: what the rules of one layer may look at, and what earlier rules found."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.diagnosis.evidence import Bools, Evidence, Floats, from_pairs, from_units, independent
from agreement.distances import Distances, pair_distances
from agreement.flags import Flag, Rule
from agreement.settings import Settings
from agreement.text.matching import Matches, align
from agreement.text.spans import document_spans
from agreement.units import Units

_EMPTY = np.zeros(0, np.int64)
_NOTHING = Evidence((), (), (), _EMPTY, _EMPTY, _EMPTY, _EMPTY, _EMPTY, np.zeros(0, bool))


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules of one layer may look at, and what earlier rules found.

    Parameters
    ----------
    annotations, comparison, settings
        What was audited and compared, and how.
    found
        Flags of earlier rules.
    whole
        The evidence of the layer, everything counted.
    rest
        The evidence without the labels that earlier confirmed flags explain.
    items, rounds
        (U,) names of the item and the round of every unit of the evidence.
    matches
        The aligned spans of a spans layer.
    """

    annotations: Annotations
    comparison: Comparison
    settings: Settings
    found: tuple[Flag, ...] = ()
    whole: Evidence = field(default_factory=lambda: _NOTHING)
    rest: Evidence = field(default_factory=lambda: _NOTHING)
    items: tuple[str, ...] = ()
    rounds: tuple[str, ...] = ()
    matches: Matches | None = None

    @property
    def layer(self) -> str:
        """Name of the layer."""
        return self.comparison.layer.name

    @property
    def noun(self) -> str:
        """What a unit of the layer is called: spans are compared by document."""
        return "document" if self.comparison.layer.kind == "spans" else "item"

    @property
    def confidence(self) -> float:
        """Level of the intervals."""
        return self.settings.measures.confidence

    def confirmed(self, *rules: str) -> list[Flag]:
        """Return the confirmed flags of these *rules*."""
        return [flag for flag in self.found if flag.rule in rules and flag.verdict == "confirmed"]

    def thresholds(self, rule: Rule) -> dict[str, float]:
        """Return the thresholds of *rule* in force; a document of spans tells more than an item, so fewer will do."""
        found = {**rule.defaults, **self.settings.rules.get(rule.name, {})}
        if self.matches is not None and "min_documents" in found:
            found["min_items"] = found["min_documents"]
        return {key: float(value) for key, value in found.items()}

    def after(self, flags: Sequence[Flag]) -> "Case":
        """Return the case with *flags* found and the labels they explain no longer counted."""
        explained = np.zeros(len(self.whole.unit), bool)
        for flag in flags:
            if flag.verdict == "confirmed":
                explained |= self.explained_by(flag)
        return replace(self, found=(*self.found, *flags), rest=self.rest.without(explained))

    def explained_by(self, flag: Flag) -> Bools:
        """Return (N,) the labels that *flag* explains; label pairs and classes stay, their rules set them apart."""
        evidence, subject = self.whole, flag.subject
        names, sections = evidence.annotators, evidence.sections
        of = np.zeros(len(evidence.unit), bool)
        if flag.rule == "copy":
            return np.asarray(evidence.annotator == names.index(max(subject.annotators)))
        if subject.annotator is not None:
            of = np.asarray(evidence.annotator == names.index(subject.annotator))
            if subject.section is not None:
                of &= evidence.section[evidence.unit] == sections.index(subject.section)
            return np.asarray(of & (flag.rule != "drift"))
        if flag.rule == "section" and subject.section is not None:
            return np.asarray(evidence.section[evidence.unit] == sections.index(subject.section))
        return of


def open_case(annotations: Annotations, comparison: Comparison, settings: Settings) -> Case:
    """Return the case of one layer before any rule has looked at it."""
    units = comparison.units
    layer = comparison.layer
    if units is not None and layer.kind in ("category", "ordinal"):
        evidence = from_units(units, _steps(units) if layer.kind == "ordinal" else None)
        items, rounds = _unit_names(units)
    else:
        matches = align(document_spans(annotations, layer.name)) if layer.kind == "spans" else None
        distances = pair_distances(annotations, layer.name, settings)
        evidence = from_pairs(
            distances.annotators, distances.sections, distances.section,
            independent(distances.item, distances.cluster, len(distances.clusters)),
            distances.unit, distances.a, distances.b, distances.distance,
        )  # fmt: skip
        items, rounds = _unit_names(distances)
        return Case(annotations, comparison, settings, (), evidence, evidence, items, rounds, matches)
    return Case(annotations, comparison, settings, (), evidence, evidence, items, rounds)


def _unit_names(units: Units | Distances) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return item and round of every unit."""
    rounds = ("",) * len(units.round)
    if units.rounds:
        rounds = tuple(units.rounds[code] if code >= 0 else "" for code in units.round.tolist())
    if len(units.item) == len(units.items) and bool((units.item == np.arange(len(units.item))).all()):
        return tuple(units.items), rounds
    return tuple(units.items[code] for code in units.item.tolist()), rounds


def _steps(units: Units) -> Floats:
    """Return (K, K) distances of ordered labels: steps apart over the most possible."""
    position = np.arange(len(units.labels), dtype=np.float64)
    return np.abs(position[:, None] - position[None, :]) / max(len(units.labels) - 1, 1)
