"""A guideline section in which labels disagree more than elsewhere: for everybody, or read in two ways."""

from collections.abc import Iterator, Mapping

import numpy as np

from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import Estimate
from agreement.diagnosis.people import given
from agreement.flags import Flag, Rule, Subject
from agreement.rules._cells import Split, cells_off, crowd, sound, split_sections
from agreement.rules._parts import (
    disputed,
    disputes,
    examples,
    mass,
    most,
    rounded,
    scalar,
    verdict_of,
)
from agreement.rules._readings import two_readings
from agreement.rules._sections import DEFAULTS, Judged, labels_apart, section_effect, strata_of, unreliable
from agreement.rules.annotator_section import RULE as CELLS
from agreement.wording import Figure, causes
from agreement.wording import rules as words


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield sections read in two ways, then those unreliable for everybody."""
    evidence = crowd(case)
    n_sections = len(evidence.sections)
    if n_sections < 2:
        return
    excluded = np.zeros(n_sections, bool)
    split: dict[int, Split] = {}
    if len(evidence.present) >= 3:
        settings = case.thresholds(CELLS)
        cells = cells_off(evidence, settings, case.confidence)
        split = split_sections(case, cells, settings)
    evidence = sound(case)
    strata = strata_of(evidence)
    excluded[list(split)] = True
    for section, found in sorted(split.items()):
        others = excluded.copy()
        others[section] = False
        effect = section_effect(strata, section, others)
        yield _flag(case, section, found.q, effect, effect.value.item(), "confirmed", found.camps)
    for finding in unreliable(Judged(evidence, labels_apart(case, evidence)), excluded, thresholds):
        verdict = verdict_of(finding.q, thresholds)
        if verdict is not None:
            yield _flag(case, finding.section, finding.q, finding.effect, finding.smallest, verdict, ())


def _flag(
    case: Case, section: int, q: float, effect: Estimate, smallest: float, verdict: str,
    camps: tuple[tuple[str, ...], ...],
) -> Flag:  # fmt: skip
    """Return the flag of one section."""
    evidence = sound(case)
    name = evidence.sections[section]
    title = case.annotations.guidelines.name(name)
    value, low, high, n = scalar(effect, (), case.confidence)
    inside = evidence.section == section
    here = np.flatnonzero(given(evidence)[:, section])
    if not camps and len(here) >= 4:
        camps = two_readings(evidence, inside, 0.01, 0.10)
    nature = "two readings" if camps else "everybody"
    share = max(value, 0.0) * evidence.number(inside & evidence.compared) / mass(case)
    figure = Figure(value, low, high, n, case.noun, confidence=case.confidence)
    told = (
        causes.section_in_two_ways(title, camps, figure)
        if camps
        else causes.section_unreliable(title, figure, smallest, several=len(here) >= 3)
    )
    quoted = case.annotations.guidelines.sections.get(name)
    return Flag(
        RULE.name, "confirmed" if verdict == "confirmed" else "suspected",
        Subject(RULE.name, case.layer, section=name), *told, "guideline owner",
        nature=nature, camps=camps, effect=value, low=low, high=high, n=n, q=q,
        **disputes(case, case.whole.section == section), share_of_disagreement=rounded(share),
        evidence={
            "disagreement_inside": evidence.mean_of(inside & evidence.compared),
            "disagreement_elsewhere": evidence.mean_of(~inside & evidence.compared),
            "smallest_effect_without_anyone": smallest,
            "guideline_text": quoted.text if quoted else "",
            "share_exact": float(np.clip(share, 0, 1)),
        },
        examples=examples(
            case, most(evidence.disagreement, inside & disputed(evidence)),
            () if evidence.people is None else evidence.people.items,
        ),
    )  # fmt: skip


RULE = Rule(
    "section",
    *words.SECTION,
    DEFAULTS,
    40,
    _check,
)
