"""Diagnosis: the rules in their order over one layer's case, what later findings explain away, and the budget."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.diagnosis.case import Case, open_case
from agreement.diagnosis.people import Gone, around, without
from agreement.flags import Flag
from agreement.rules import rules as known_rules
from agreement.rules import rules_in_force
from agreement.rules._standing import Standing, crowded, own_in_crowd, standing, standing_in_crowd, steepness
from agreement.settings import Settings
from agreement.wording import rules as words

CAUSES = (
    "copy", "drift", "annotator", "span_annotator", "annotator_section", "section", "camps", "label_pair", "label",
    "gold_item", "round_change", "span_boundary", "span_label_pair",
)  # fmt: skip
PEOPLE = ("annotator", "span_annotator")
OF_ROUNDS_OR_GOLD = ("gold_item", "round_change")  # of what people compare with, not of how they label
SURE = 1e-4  # a cell inside a flagged section needs more than the usual doubt
LEFT_OF_EFFECT = 0.75
ALONE = 2.0  # times as sure has the only cause in a layer to be: each rule adjusts for its own tests only
DIFFUSE = 0.20


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the rules found.

    Parameters
    ----------
    flags
        All flags, layers in order, causes before notes, largest share of the disagreement first.
    budget
        Per layer, largest first: ``layer``, ``rule``, ``subject``, ``share`` of the disagreement that goes when the
        cause is repaired, ``text`` ("about 30%", in steps of 5 points that add up to 100); last the rest, ``rule``
        ``rest`` or, when nothing was found although people disagree a lot, ``diffuse``.
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
    return diagnose_cases((open_case(annotations, comparison, settings) for comparison in comparisons), settings)


def diagnose_cases(cases: Iterable[Case], settings: Settings) -> Diagnosis:
    """Return what the rules find in each of *cases*; see :func:`diagnose`."""
    rules = rules_in_force(settings)
    flags: list[Flag] = []
    budget: list[dict[str, Any]] = []
    for opened in cases:
        case = opened
        for rule in rules:
            case = case.after(list(rule.check(case, case.thresholds(rule))))
        found, rows = disagreement_budget(case, sorted(explained(case), key=_order))
        flags += found
        budget += rows
    return Diagnosis(tuple(flags), tuple(budget))


def explained(case: Case) -> list[Flag]:
    """Return the flags that still stand once all are known.

    A cell inside a confirmed section is the section's, unless it is beyond doubt and the section is bad for everybody;
    a suspected cell there always is. An annotator must still be off where no confirmed section is. What then is the
    only cause found has to stand the doubt of all rules, not only of its own.
    """
    natures = {flag.subject.section: flag.nature for flag in case.confirmed("section")}
    off = [flag for flag in case.found if flag.rule in PEOPLE]
    still = _still_off(case, off) if natures and off else {}
    return _doubted(
        case,
        [
            flag
            for flag in case.found
            if not (flag.rule == "annotator_section" and _sections_own(flag, natures))
            and (flag.rule not in PEOPLE or still.get(flag.subject.annotator, True))
        ],
    )


def _doubted(case: Case, flags: list[Flag]) -> list[Flag]:
    """Return *flags*, the q of a confirmed cause larger if it is the only one.

    Rules adjust for the tests of their own, so one of several finds something in a project without a cause more often
    than each does: the fewer rules find anything, the more each finding has to be doubted (Benjamini & Bogomolov 2014,
    J. R. Statist. Soc. B 76). By how much is measured: docs/diagnosis.md.
    """
    causes = [at for at, flag in enumerate(flags) if flag.verdict == "confirmed" and flag.rule not in OF_ROUNDS_OR_GOLD]
    if len(causes) != 1:
        return flags
    alone = flags[causes[0]]
    if alone.q is None:
        return flags
    q = min(ALONE * alone.q, 1.0)
    limit = case.thresholds(known_rules()[alone.rule])["q_confirmed"]
    doubted = replace(alone, q=q, verdict="confirmed" if q < limit else "suspected")
    return [doubted if flag is alone else flag for flag in flags]


def _sections_own(flag: Flag, natures: dict[str | None, str]) -> bool:
    """Return True if the cell *flag* is explained by its section."""
    nature = natures.get(flag.subject.section)
    return nature is not None and (nature == "two readings" or flag.q is None or flag.q > SURE)


def _still_off(case: Case, flags: Sequence[Flag]) -> dict[str | None, bool]:
    """Return by annotator of *flags* whether each is off in the sections that are sound."""
    whole, names = case.whole, {flag.subject.annotator for flag in flags}
    elsewhere = without(whole, Gone(sections=case.explained_by(*case.confirmed("section")).sections))
    causes = case.confirmed("copy", "annotator", "span_annotator", "annotator_section")
    apart = sorted(case.explained_by(*(flag for flag in causes if flag.rule in PEOPLE)).annotators)
    rest = without(elsewhere, case.explained_by(*(flag for flag in causes if flag.subject.annotator not in names)))
    sound = without(rest, Gone(annotators=frozenset(apart)))
    usual = standing(sound) if crowded(sound) else None
    found = {}
    codes = [whole.annotators.index(str(flag.subject.annotator)) for flag in flags]
    near = None if usual is None else around(rest, codes, apart, own_in_crowd(usual))
    for flag, code in zip(flags, codes, strict=True):
        if near is not None and usual is not None:
            stands: Standing | None = standing_in_crowd(near(code), code, usual, steepness(sound))
        else:
            others = (one for one in causes if one.subject.annotator != flag.subject.annotator)
            stands = standing(without(elsewhere, case.explained_by(*others)))
            if stands is not None and not np.isfinite(stands.excess.value[code]):  # only those who are off are left
                stands = standing(elsewhere)
        left = 1.0 if stands is None else float(np.nan_to_num(stands.excess.value[code]))
        found[flag.subject.annotator] = left >= LEFT_OF_EFFECT * float(flag.evidence["excess_minimum"])
    return found


def subject_name(flag: Flag) -> str:
    """Return what a flag is about in the words of a list.

    Examples
    --------
    >>> from agreement.flags import Subject
    >>> subject_name(Flag("label_pair", "note", Subject("label_pair", "x", labels=("b", "a")), "", "", ""))
    'a / b'
    """
    subject = flag.subject
    if subject.annotator is not None and subject.section is not None:
        return f"{subject.annotator} in section {subject.section}"
    if subject.section is not None:
        return f"section {subject.section}"
    parts = subject.labels or subject.annotators
    return " / ".join(sorted(parts)) or subject.annotator or subject.label or subject.item or ""


def disagreement_budget(case: Case, flags: Sequence[Flag]) -> tuple[list[Flag], list[dict[str, Any]]]:
    """Return the *flags* with the shares of the budget, and the budget: what each confirmed cause explains, the rest.

    Causes overlap, so each has its share of what those before it leave.
    """
    if not case.whole.compared.any() or case.whole.mean <= 0:
        return list(flags), []
    counted: list[int] = []
    shares: list[float] = []
    left = 1.0
    for number, flag in enumerate(flags):
        exact = float(flag.evidence.get("share_exact", 0.0)) if flag.verdict == "confirmed" else 0.0
        share = float(np.clip(exact, 0.0, left))
        if share > 0:
            counted.append(number)
            shares.append(share)
            left -= share
    shown = apportioned([*shares, left])
    told = list(flags)
    for number, share in zip(counted, shown, strict=False):
        told[number] = replace(flags[number], share_of_disagreement=share)
    diffuse = not counted and case.whole.mean >= DIFFUSE
    rest = ("diffuse", words.DIFFUSE) if diffuse else ("rest", words.SLIPS)
    named = [*((flags[number].rule, subject_name(flags[number])) for number in counted), rest]
    return told, [
        {"layer": case.layer, "rule": rule, "subject": subject, "share": share, "text": words.about(printed)}
        for (rule, subject), share, printed in zip(named, [*shares, left], shown, strict=True)
    ]


def apportioned(shares: Sequence[float]) -> list[float]:
    """Return *shares* of one whole in steps of 5 points that add up to it again: the largest remainders go up.

    Examples
    --------
    >>> apportioned([0.33, 0.33, 0.28, 0.06])  # each to the nearest step would be 1.05
    [0.35, 0.35, 0.25, 0.05]
    """
    steps = np.array(shares) * 20
    whole = np.floor(steps + 1e-9)
    order = np.argsort(whole - steps, kind="stable")
    whole[order[: round(float(steps.sum() - whole.sum()))]] += 1
    return [round(step / 20, 2) for step in whole.tolist()]


def _order(flag: Flag) -> tuple[int, float]:
    """Return the key that puts causes before notes, confirmed before suspected, the larger share first."""
    share = float(flag.evidence.get("share_exact", flag.share_of_disagreement or 0.0))
    return ("confirmed", "suspected", "note").index(flag.verdict), -share
