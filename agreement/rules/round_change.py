"""A section in which agreement changed from one round to the next."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from agreement.diagnosis.case import Case
from agreement.flags import Example, Flag, Rule, Subject
from agreement.rounds.changes import Change
from agreement.rounds.comparing import LayerChange, rounds_within
from agreement.rules._parts import N_EXAMPLES, TEST, disputed, examples, most, verdict_of
from agreement.uncertainty.distributions import fdr
from agreement.wording import Figure, causes
from agreement.wording import rules as words


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the sections that changed between consecutive rounds; the layer as a whole where there are no sections."""
    case = case.of_labels()
    tested: list[tuple[LayerChange, Change]] = []
    mine = (case.comparison,)
    for between in rounds_within(case.annotations, case.settings, (case.layer,), brief=True, comparisons=mine):
        sections = [change for change in between.by_section if change.measure.endswith(".standardised")]
        whole = [change for change in between.overall if change.measure.endswith(".standardised")]
        tested += [(between, change) for change in sections or whole if change.p is not None]
    if not tested:
        return
    # one family: every section of every step
    adjusted = fdr(np.array([change.p for _, change in tested]))
    for (between, change), q in zip(tested, adjusted.tolist(), strict=True):
        verdict = verdict_of(q, thresholds)
        if verdict is None or change.difference is None or abs(change.difference) < thresholds["min_effect"]:
            continue
        yield Flag(
            RULE.name, verdict, Subject(RULE.name, case.layer, section=change.section),
            *_told(case, between, change), "guideline owner", direction="better" if change.difference > 0 else "worse",
            effect=change.difference, low=change.low, high=change.high, n=change.n_before + change.n_after, q=float(q),
            evidence={
                "before_round": between.before, "after_round": between.after, "measure": change.measure,
                "before": change.before, "after": change.after, "n_before": change.n_before,
                "n_after": change.n_after, "n_both": change.n_both, "pairing": between.pairing,
                "confidence": change.confidence,
            },
            examples=_shown(case, between, change),
        )  # fmt: skip


def _shown(case: Case, between: LayerChange, change: Change) -> tuple[Example, ...]:
    """Return the most disputed units that show a change."""
    if case.whole.people is None:
        return examples(case, most(case.whole.disagreement, _where(case, between, change)))
    found = case.whole.people.disputed_in(case.whole, _shows(between, change), change.section or "", N_EXAMPLES)
    return tuple(Example(item, "", labels, "") for item, labels in found.items())


def _shows(between: LayerChange, change: Change) -> str:
    """Return the round that shows a change: the later one if it is worse, else the earlier one."""
    return between.before if (change.difference or 0.0) > 0 else between.after


def _where(case: Case, between: LayerChange, change: Change) -> NDArray[np.bool_]:
    """Return (U,) the disputed units that show a change."""
    shown = disputed(case.whole)
    if change.section:
        shown = shown & (case.whole.section == case.whole.sections.index(change.section))  # never in place: it is kept
    round_ = _shows(between, change)
    inside = np.array([name == round_ for name in case.rounds], dtype=bool)
    # rounds that only the guideline's dates tell apart have no name in the data
    return shown & inside if inside.any() else shown


def _told(case: Case, between: LayerChange, change: Change) -> words.Told:
    """Return message and advice about one change."""
    n = change.n_before + change.n_after
    return causes.round_change(
        case.annotations.guidelines.name(change.section) if change.section else "",
        (between.before, between.after),
        change.before or 0.0,
        change.after or 0.0,
        Figure(change.difference, change.low, change.high, n, confidence=change.confidence),
    )


RULE = Rule(
    "round_change",
    *words.ROUND_CHANGE,
    {**TEST, "min_effect": 0.05},
    90,
    _check,
)
