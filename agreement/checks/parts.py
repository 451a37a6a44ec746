"""Release checks of single labels and sections, where ``[gate.labels]`` and ``[gate.sections]`` set limits for them."""

from collections.abc import Iterator

from agreement.annotations import Annotations
from agreement.checks.criteria import Check, Criterion, Found
from agreement.comparison import Comparison
from agreement.rounds.snapshots import Snapshot, of_units, snapshot
from agreement.rounds.values import agreement_value, own_interval
from agreement.settings import Settings
from agreement.wording import checks as words
from agreement.wording import optional
from agreement.wording.numbers import NOT_COMPUTED

MIN_UNITS = 2


def part_checks(
    comparisons: tuple[Comparison, ...], settings: Settings, annotations: Annotations | None = None
) -> Iterator[Check]:
    """Yield a check for each configured label and section on every layer that has it.

    What no layer has can't be told: a limit that nothing was held against has not been met.
    """
    yield from _labels(comparisons, settings)
    yield from _sections(comparisons, settings, annotations)


def _labels(comparisons: tuple[Comparison, ...], settings: Settings) -> Iterator[Check]:
    """Yield the check of each configured label's F1."""
    for label, limit in settings.gate.labels.items():
        mine = [comparison for comparison in comparisons if label in comparison.layer.labels]
        for comparison in mine or comparisons[:1]:
            found = _of_label(comparison, label) if mine else Found(reason=words.NO_LABEL, subject=label)
            yield Criterion(
                "labels", words.ONE_CLASS, comparison.layer.name, limit, words.CONFIGURED_SOURCE.format("class"),
                unit=words.CLASS_UNITS["span" if comparison.layer.kind == "spans" else "item"],
            ).judge(found)  # fmt: skip


def _of_label(comparison: Comparison, label: str) -> Found:
    """Return the pooled F1 of one label and the units that carry it."""
    spans = comparison.layer.kind == "spans"
    measure, level = ("span_f1.strict", "span") if spans else ("f1", "item")
    scores = comparison.scores
    rows = scores.loc[scores["reference"].isna() & scores["label"].eq(label)]
    for row in rows.loc[rows["measure"].eq(measure) & rows["level"].eq(level)].to_dict("records"):
        informative = optional(row["n_informative"])
        n = optional(row["n"]) if spans or informative is None else informative
        reason = row["undefined"] if isinstance(row["undefined"], str) and row["undefined"] else NOT_COMPUTED
        value, low, high = (optional(row[name]) for name in ("value", "low", "high"))
        return Found(value, low, high, int(n or 0), reason, label)
    return Found(subject=label)


def _sections(
    comparisons: tuple[Comparison, ...], settings: Settings, annotations: Annotations | None
) -> Iterator[Check]:
    """Yield the check of each configured section's agreement, on every layer whose items are in it."""
    if not settings.gate.sections:
        return
    taken = {} if annotations is None else _snapshots(comparisons, settings, annotations)
    for wanted, limit in settings.gate.sections.items():
        known = wanted if annotations is None else _identifier(annotations, taken, wanted)
        mine = [comparison for comparison in comparisons if known in _sections_of(taken, comparison)]
        for comparison in mine or comparisons[:1]:
            reason = words.NO_SECTION if annotations is not None else words.ONLY_COUNTS
            found = Found(reason=reason, subject=wanted)
            if mine:
                found = _of_section(taken[comparison.layer.name], known, wanted, settings.measures.confidence)
            spans = comparison.layer.kind == "spans"
            yield Criterion(
                "sections", words.ONE_SECTION_OF_SPANS if spans else words.ONE_SECTION, comparison.layer.name, limit,
                words.CONFIGURED_SOURCE.format("section"), unit=words.SECTION_UNITS["span" if spans else "item"],
            ).judge(found)  # fmt: skip


def _snapshots(
    comparisons: tuple[Comparison, ...], settings: Settings, annotations: Annotations
) -> dict[str, Snapshot]:
    """Return a snapshot of every layer that has labels."""
    made = {}
    for comparison in comparisons:
        layer, units, least = comparison.layer, comparison.units, settings.measures.min_pair_items
        taken: Snapshot | None = comparison.details.get("snapshot")
        if taken is None:
            taken = snapshot(annotations, layer.name, least) if units is None else of_units(units, layer.kind, least)
        if taken is not None and taken.kind != "number":
            made[comparison.layer.name] = taken
    return made


def _sections_of(taken: dict[str, Snapshot], comparison: Comparison) -> tuple[str, ...]:
    """Return the sections of one layer's items."""
    mine = taken.get(comparison.layer.name)
    return () if mine is None else mine.sections


def _identifier(annotations: Annotations, taken: dict[str, Snapshot], wanted: str) -> str:
    """Return the id of the section that is called *wanted*, by id or by title."""
    ids = sorted({section for one in taken.values() for section in one.sections})
    named = (section for section in ids if annotations.guidelines.name(section) == wanted)
    return wanted if wanted in ids else next(named, wanted)


def _of_section(taken: Snapshot, section: str, subject: str, confidence: float) -> Found:
    """Return the agreement of two annotators inside one section."""
    inside = taken.inside(section)
    found = agreement_value(inside)
    if found.value is None or found.n < MIN_UNITS:
        return Found(n=found.n, reason=words.FEW_IN_SECTION, subject=subject)
    low, high = own_interval(inside, found, confidence)
    return Found(found.value, max(low, 0.0), high, found.n, subject=subject)
