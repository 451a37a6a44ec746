"""An annotator who differs from colleagues on the very same items, in all sections."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import Estimate
from agreement.diagnosis.evidence import Evidence
from agreement.diagnosis.people import Gone, Near, around, given, without
from agreement.flags import Example, Flag, Rule, Subject
from agreement.rules._cells import CAMP_ALPHA, cells_gone, cells_off, read_in_two_ways
from agreement.rules._parts import (
    TEST,
    disputed,
    examples_near,
    mass,
    regular,
    rounded,
    scalar,
    share_left_out,
    verdict_of,
)
from agreement.rules._readings import camps
from agreement.rules._standing import (
    Standing,
    crowded,
    outliers,
    own_in_crowd,
    standing,
    standing_in_crowd,
    steepness,
)
from agreement.rules.annotator_section import RULE as CELLS
from agreement.rules.camps import RULE as CAMPS
from agreement.rules.drift import at_one_end_only
from agreement.wording import Figure, causes
from agreement.wording import rules as words

IN_MANY = 1 / 3  # of the labels given, in two sections or more


def annotator_flags(
    case: Case,
    thresholds: Mapping[str, float],
    kind: str,
    told: Callable[..., words.Told],
    told_of_team: Callable[[str, Figure], words.Told],
) -> Iterator[Flag]:
    """Yield a flag of *kind* for each annotator off the pack, with what is *told* of it.

    Where most of a team is off, what is *told of* one of the *team* is how much more the annotator's pairs disagree
    than those of a sound colleague would.
    """
    evidence = _without_cells(case)
    found = outliers(evidence, thresholds)
    confirmed = [code for code, _, verdict in found if verdict == "confirmed"]
    if _are_a_camp(case, evidence, confirmed):
        return
    if not found:
        return
    seeing = _seeing(case, evidence, [code for code, _, _ in found], confirmed)
    for code, q, _ in found:
        verdict, name = verdict_of(q, thresholds), evidence.annotators[code]
        if verdict is None or _only_for_a_while(case, name, thresholds):
            continue
        seen = seeing(code)
        if seen is None:
            continue
        if verdict == "confirmed" and at_one_end_only(case, code):
            verdict = "suspected"
        stands = seen.stands
        in_team = stands.in_team(code)
        value, low, high, n = scalar(_in_points(seen) if in_team else stands.raw, code, case.confidence)
        share = _share(case, seen, code)
        effect = Figure(value, low, high, n, case.noun, confidence=case.confidence)
        within = regular(evidence)
        yield Flag(
            kind, verdict, Subject(kind, case.layer, annotator=name),
            *(told_of_team if in_team else partial(told, same_items=within, sections=len(evidence.sections) > 1))(
                name, effect
            ),
            "annotator lead", effect=value, low=low, high=high, n=n, q=q, direction="",
            disputes=seen.disputes,
            share_of_disputes=seen.disputes / max(case.whole.number(disputed(case.whole)), 1),
            share_of_disagreement=rounded(share),
            evidence={
                "excess": float(stands.excess.value[code]),
                "excess_minimum": thresholds["min_effect"],
                "design": "team" if in_team else "same items" if within else "rotating pairs",
                "annotators": len(evidence.present),
                "smallest_excess_without_a_section": _smallest(stands.without_section[code]),
                "share_exact": share,
            },
            examples=seen.examples,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Seen:
    """An annotator against everybody who is not off: evidence, standing, disputes settled, and items that show it.

    With it go whether people are compared within items there, and how steep their differences are.
    """

    reference: Evidence
    stands: Standing
    disputes: int
    examples: tuple[Example, ...]
    within: bool
    scale: float


def _in_points(seen: _Seen) -> Estimate:
    """Return (A,) the excess in points of disagreement."""
    excess = seen.stands.excess
    return Estimate(excess.value * seen.scale, excess.se * seen.scale, excess.df, excess.n)


def _seeing(case: Case, evidence: Evidence, codes: list[int], confirmed: list[int]) -> Callable[[int], _Seen | None]:
    """Return what shows each annotator of *codes* without the others who are *confirmed* to be off.

    It gives None if the design tells nothing.
    """
    everybody_else = without(evidence, Gone(annotators=frozenset(confirmed)))
    whole = around(case.whole, codes, confirmed)
    if crowded(everybody_else):  # of whom nothing but the annotator's own units tells
        usual = standing(everybody_else)
        if usual is not None:
            return partial(_seen_in_crowd, case, around(evidence, codes, confirmed, own_in_crowd(usual)), whole, usual,
                           steepness(everybody_else))  # fmt: skip
    return partial(_seen, case, evidence, whole, confirmed)


def _seen(
    case: Case, evidence: Evidence, whole: Callable[[int], Near], confirmed: list[int], code: int
) -> _Seen | None:
    """Return what is seen of one annotator among all that are not *confirmed*."""
    others = frozenset(confirmed) - {code}
    reference = without(evidence, Gone(annotators=others))
    stands = standing(reference)
    if stands is None or not np.isfinite(stands.excess.value[code]):  # no colleague is left but those who are off
        reference, others = evidence, frozenset[int]()
        stands = standing(reference)
    if stands is None:
        return None
    near = around(evidence, [code], ())(code)
    within, scale = regular(reference), steepness(reference)
    if evidence.people is not None:  # nothing else tells of the annotator
        reference = around(evidence, [code], sorted(others))(code).evidence
    shown = examples_near(case, near, near.evidence.annotator == code)
    return _Seen(reference, stands, _settled(whole(code), code), shown, within, scale)


def _seen_in_crowd(
    case: Case, near: Callable[[int], Near], whole: Callable[[int], Near], usual: Standing, scale: float, code: int
) -> _Seen:
    """Return what is seen of one of a crowd."""
    mine = near(code)
    stands = standing_in_crowd(mine, code, usual, scale)
    shown = examples_near(case, mine, mine.evidence.annotator == code)
    settled = _settled(whole(code), code)
    return _Seen(mine.evidence, stands, settled, shown, regular(mine.evidence), steepness(mine.evidence))


def _settled(whole: Near, code: int) -> int:
    """Return how many disputes of the *whole* end with the annotator *code*, those who are off set apart.

    Where several are off on the same items, leaving out one of them alone would end hardly a dispute.
    """
    left = whole.evidence
    return left.number(disputed(left) & ~disputed(left.without(left.annotator == code)))


def _smallest(values: NDArray[np.float64]) -> float | None:
    """Return the smallest of the *values* that are known, None without any."""
    known = values[np.isfinite(values)]
    return float(known.min()) if known.size else None


def _are_a_camp(case: Case, evidence: Evidence, codes: list[int]) -> bool:
    """Return True if the annotators *codes* agree with each other against the rest: a reading, not carelessness."""
    if len(codes) < 2:
        return False
    found = camps(evidence, np.ones(len(evidence.section), bool), case.confidence)
    if found is None or found.p >= CAMP_ALPHA or found.effect < case.thresholds(CAMPS)["min_effect"]:
        return False
    sides = [set(np.flatnonzero(found.side == side).tolist()) for side in (1, -1)]
    return set(codes) in sides


def _only_for_a_while(case: Case, name: str, thresholds: Mapping[str, float]) -> bool:
    """Return True if the annotator was much more like the others at one end of the project: then it is the drift."""
    for flag in case.found:
        if flag.rule == "drift" and flag.subject.annotator == name:
            ends = sorted((flag.evidence["excess_at_start"], flag.evidence["excess_at_end"]))
            if ends[0] < max(thresholds["min_effect"], ends[1] * (0.5 if flag.verdict == "confirmed" else 0.33)):
                return True
    return False


def _without_cells(case: Case) -> Evidence:
    """Return the evidence without sections read in two ways and people off in one section only: later rules' cases."""
    evidence, thresholds = case.rest, case.thresholds(CELLS)
    if len(evidence.sections) < 2 or len(evidence.present) < 3 or not regular(evidence):
        return evidence
    evidence = without(evidence, Gone(sections=frozenset(read_in_two_ways(evidence))))
    cells = [c for c in cells_off(evidence, thresholds, case.confidence) if c.q < thresholds["q_confirmed"]]
    labels = given(evidence).sum(axis=1)
    alone = []
    for cell in cells:  # who is off in many sections is off: then it is the person, not the sections
        mine = [one.n for one in cells if one.annotator == cell.annotator]
        if len(mine) == 1 or sum(mine) < IN_MANY * int(labels[cell.annotator]):
            alone.append(cell)
    return without(evidence, cells_gone(alone))


def _share(case: Case, seen: _Seen, code: int) -> float:
    """Return the share of the disagreement that goes when the annotator is as the others."""
    evidence = seen.reference
    if seen.within and not seen.stands.in_team(code):  # of a team, those who stay are off too
        return share_left_out(case, evidence, evidence.annotator == code)
    mine = np.zeros(len(evidence.section), bool)
    mine[evidence.unit[evidence.annotator == code]] = True
    mine &= evidence.compared
    pairs = np.where(mine, 2 / np.maximum(evidence.size, 1), 0.0)  # the part of a unit's pairs that the annotator is in
    attenuated = float(seen.stands.excess.value[code]) * seen.scale
    return float(np.clip(attenuated * evidence.repeated(pairs).sum() / mass(case), 0, 1))


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the annotators off the pack; span layers have a rule of their own."""
    if case.comparison.layer.kind != "spans":
        yield from annotator_flags(case, thresholds, RULE.name, causes.annotator, causes.annotator_of_team)


RULE = Rule(
    "annotator",
    *words.ANNOTATOR,
    {
        **TEST,
        "min_effect": 0.095,
        "min_of_usual": 0.20,
        "benign": 0.01,
        "benign_of_usual": 0.09,
        "one_section": 0.60,
        "min_elsewhere": 0.05,
        "min_items": 20,
    },
    20,
    _check,
)
