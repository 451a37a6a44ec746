"""Case: what the rules of one layer may look at, and what earlier rules found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.diagnosis.evidence import MIN_DOCUMENTS, Evidence, Floats, from_pairs, from_units, independent
from agreement.diagnosis.people import Gone, without
from agreement.diagnosis.times import Times, times_of
from agreement.distances import Distances, distances_of_units, pair_distances
from agreement.flags import Flag, Rule
from agreement.settings import LayerKind, Settings
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
    listed
        The case of a sample of the items, where an engine has only summed up who gave which label.
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
    listed: "Case | None" = None

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
        """Return the thresholds of *rule* in force."""
        return self.chosen(rule.name, rule.defaults)

    def chosen(self, rule: str, defaults: Mapping[str, float]) -> dict[str, float]:
        """Return *defaults* with what is set for *rule*; a document of spans tells more than an item: fewer will do."""
        found = {**defaults, **self.settings.rules.get(rule, {})}
        if self.matches is not None and "min_documents" in found:
            found["min_items"] = found["min_documents"]
        return {key: float(value) for key, value in found.items()}

    def after(self, flags: Sequence[Flag]) -> "Case":
        """Return the case with *flags* found and the labels they explain no longer counted."""
        confirmed = [flag for flag in flags if flag.verdict == "confirmed"]
        listed = None if self.listed is None else self.listed.after(flags)
        rest = without(self.rest, self.explained_by(*confirmed))
        return replace(self, found=(*self.found, *flags), rest=rest, listed=listed)

    def explained_by(self, *flags: Flag) -> Gone:
        """Return the labels that *flags* explain; label pairs and classes stay, their rules set them apart."""
        names, sections = self.whole.annotators, self.whole.sections
        gone = Gone()
        for flag in flags:
            subject = flag.subject
            if flag.rule == "copy":
                gone |= Gone(annotators=frozenset({names.index(max(subject.annotators))}))
            elif subject.annotator is not None and subject.section is not None:
                gone |= Gone(cells=frozenset({(names.index(subject.annotator), sections.index(subject.section))}))
            elif subject.annotator is not None and flag.rule != "drift":
                gone |= Gone(annotators=frozenset({names.index(subject.annotator)}))
            elif flag.rule == "section" and subject.section is not None:
                gone |= Gone(sections=frozenset({sections.index(subject.section)}))
        return gone

    def of_labels(self) -> "Case":
        """Return the case whose evidence lists who gave which label: this one, or that of a sample of it."""
        return self.listed or self


def open_case(annotations: Annotations, comparison: Comparison, settings: Settings) -> Case:
    """Return the case of one layer before any rule has looked at it."""
    units, layer = comparison.units, comparison.layer
    if units is not None and layer.kind in ("category", "ordinal", "labels"):
        evidence = evidence_of(units, layer.kind)
        items, rounds = _unit_names(units)
        return Case(annotations, comparison, settings, (), evidence, evidence, items, rounds)
    matches = align(document_spans(annotations, layer.name)) if layer.kind == "spans" else None
    distances = pair_distances(annotations, layer.name, settings)
    evidence = _of_distances(distances)
    items, rounds = _unit_names(distances)
    return Case(annotations, comparison, settings, (), evidence, evidence, items, rounds, matches)


def evidence_of(units: Units, kind: LayerKind) -> Evidence:
    """Return the evidence of the item-level *units* of a layer of categories, ordered or not, or of label sets.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> evidence_of(units_from_matrix([["1", "3"], ["1", "2"]]), "ordinal").disagreement
    array([1. , 0.5])
    """
    if kind == "labels":
        distances = distances_of_units(units, kind)
        return _of_distances(distances, times_of(units, documents=len(units.clusters) >= MIN_DOCUMENTS))
    return from_units(units, _steps(units) if kind == "ordinal" else None)


def _of_distances(distances: Distances, times: Times | None = None) -> Evidence:
    """Return the evidence of labels that are more than equal or different."""
    evidence = from_pairs(
        distances.annotators, distances.sections, distances.section,
        independent(distances.item, distances.cluster, len(distances.clusters)),
        distances.unit, distances.a, distances.b, distances.distance,
    )  # fmt: skip
    return evidence if times is None else replace(evidence, times=times)


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
