"""An annotator who differs from colleagues on the very same items, in all sections."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement.diagnosis.case import Case
from agreement.diagnosis.evidence import Bools, Evidence, Ints, tally
from agreement.flags import Flag, Rule, Subject
from agreement.rules._cells import CAMP_ALPHA, cells_off, read_in_two_ways, rows_of
from agreement.rules._parts import (
    TEST,
    disputed,
    examples,
    mass,
    most,
    regular,
    rounded,
    scalar,
    share_left_out,
    verdict_of,
)
from agreement.rules._readings import camps
from agreement.rules._standing import Standing, crowded, outliers, standing, standing_in_crowd, steepness
from agreement.rules.annotator_section import RULE as CELLS
from agreement.rules.camps import RULE as CAMPS
from agreement.rules.drift import at_one_end_only
from agreement.wording import Figure, causes
from agreement.wording import rules as words

IN_MANY = 1 / 3  # of the labels given, in two sections or more


def annotator_flags(
    case: Case, thresholds: Mapping[str, float], kind: str, told: Callable[..., words.Told]
) -> Iterator[Flag]:
    """Yield a flag of *kind* for each annotator off the pack, with what is *told* of it."""
    evidence = _without_cells(case)
    found = outliers(evidence, thresholds)
    confirmed = [code for code, _, verdict in found if verdict == "confirmed"]
    if _are_a_camp(case, evidence, confirmed):
        return
    if not found:
        return
    everybody_else = evidence.without(np.isin(evidence.annotator, confirmed))
    usual = standing(everybody_else) if crowded(everybody_else) else None
    for code, q, _ in found:
        verdict, name = verdict_of(q, thresholds), evidence.annotators[code]
        if verdict is None or _only_for_a_while(case, name, thresholds):
            continue
        others = [other for other in confirmed if other != code]
        if usual is None:
            seen = _seen(case, evidence, code, others)
        else:
            seen = _seen_in_crowd(case, evidence, (code, others), usual, steepness(everybody_else))
        if seen is None:
            continue
        if verdict == "confirmed" and at_one_end_only(case, code):
            verdict = "suspected"
        stands = seen.stands
        value, low, high, n = scalar(stands.raw, code, case.confidence)
        share = _share(case, seen.reference, code, float(stands.excess.value[code]))
        effect = Figure(value, low, high, n, case.noun, confidence=case.confidence)
        within = regular(evidence)
        yield Flag(
            kind, verdict, Subject(kind, case.layer, annotator=name),
            *told(name, effect, same_items=within, sections=len(evidence.sections) > 1),
            "annotator lead", effect=value, low=low, high=high, n=n, q=q, direction="",
            disputes=seen.disputes,
            share_of_disputes=seen.disputes / max(case.whole.number(disputed(case.whole)), 1),
            share_of_disagreement=rounded(share),
            evidence={
                "excess": float(stands.excess.value[code]),
                "excess_minimum": thresholds["min_effect"],
                "design": "same items" if within else "rotating pairs",
                "annotators": len(evidence.present),
                "smallest_excess_without_a_section": _smallest(stands.without_section[code]),
                "share_exact": share,
            },
            examples=examples(case, seen.most),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Seen:
    """An annotator against everybody who is not off: evidence, standing, disputes settled, and units that show it."""

    reference: Evidence
    stands: Standing
    disputes: int
    most: Ints


def _seen(case: Case, evidence: Evidence, code: int, others: list[int]) -> _Seen | None:
    """Return what is seen of one annotator without the *others* who are off; None if the design tells nothing."""
    reference = evidence.without(np.isin(evidence.annotator, others))
    stands = standing(reference)
    if stands is None:
        return None
    total = tally(evidence.unit, np.where(evidence.annotator == code, evidence.total, 0), len(evidence.section))
    settled = _settled(case.whole, code, others)
    return _Seen(reference, stands, case.whole.number(settled), most(total, total > 0))


def _seen_in_crowd(case: Case, evidence: Evidence, who: tuple[int, list[int]], usual: Standing, scale: float) -> _Seen:
    """Return the same for one of a crowd, of whom nothing but the annotator's own units tells."""
    code, others = who
    near, whole = evidence.around(code), case.whole.around(code)
    reference = near.without(np.isin(near.annotator, others))
    units = np.unique(evidence.unit[evidence.annotator == code])
    total = tally(near.unit, np.where(near.annotator == code, near.total, 0), len(near.section))
    settled = _settled(whole, code, others)
    return _Seen(
        reference,
        standing_in_crowd(reference, code, usual, scale),
        whole.number(settled),
        units[most(total, total > 0)],
    )


def _settled(whole: Evidence, code: int, others: list[int]) -> Bools:
    """Return (U,) the disputes that end with the annotator *code*, once the *others* who are off don't count either.

    Where several are off on the same items, leaving out one of them alone would end hardly a dispute.
    """
    left = whole.without(np.isin(whole.annotator, others))
    return disputed(left) & ~disputed(left.without(left.annotator == code))


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
    off = np.isin(evidence.section, list(read_in_two_ways(evidence)))[evidence.unit]
    evidence = evidence.without(off)
    cells = [c for c in cells_off(evidence, thresholds, case.confidence) if c.q < thresholds["q_confirmed"]]
    given = evidence.count(evidence.annotator[evidence.kept], evidence.unit[evidence.kept], len(evidence.annotators))
    for cell in cells:  # who is off in many sections is off: then it is the person, not the sections
        mine = [one.n for one in cells if one.annotator == cell.annotator]
        if len(mine) == 1 or sum(mine) < IN_MANY * int(given[cell.annotator]):
            off |= rows_of(evidence, cell.annotator, cell.section)
    return evidence.without(off)


def _share(case: Case, evidence: Evidence, code: int, excess: float) -> float:
    """Return the share of the disagreement that goes when the annotator is as the others."""
    if regular(evidence):
        return share_left_out(case, evidence, evidence.annotator == code)
    mine = np.zeros(len(evidence.section), bool)
    mine[evidence.unit[evidence.annotator == code]] = True
    units = evidence.number(mine & evidence.compared)
    attenuated = excess * steepness(evidence)
    return float(np.clip(attenuated * units / mass(case), 0, 1))


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the annotators off the pack; span layers have a rule of their own."""
    if case.comparison.layer.kind != "spans":
        yield from annotator_flags(case, thresholds, RULE.name, causes.annotator)


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
        "min_elsewhere": 0.06,
        "min_items": 20,
    },
    20,
    _check,
)
