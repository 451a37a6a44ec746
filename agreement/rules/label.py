"""A vague label: it scatters over many others beyond what slips explain."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from agreement.diagnosis.case import Case
from agreement.diagnosis.evidence import Bools, Evidence
from agreement.flags import Flag, Rule, Subject
from agreement.rules._confusions import Confusions, Excess, all_cells, cells_of, confusions, excess_of, partners
from agreement.rules._parts import (
    TEST,
    disputed,
    disputes,
    examples,
    guideline_on,
    mass,
    most,
    regular,
    rounded,
    scalar,
    verdict_of,
)
from agreement.rules._plurality import Leaving, leaving
from agreement.rules._readings import within_readings
from agreement.uncertainty.distributions import fdr
from agreement.wording import Figure, causes
from agreement.wording import rules as words

MIN_LABELS = 4
MORE_THAN_THEIR_PART = 0.20
RAREST = 5.0


def vague(
    evidence: Evidence, found: Confusions, reference: Bools, thresholds: Mapping[str, float]
) -> list[tuple[Excess, float, list[tuple[int, float]]]]:
    """Return the labels that scatter, strongest first, with q and their partners' shares of the excess.

    Where items have three labels or more, the most frequent one says which label was left; else a model of slips does.
    """
    if regular(evidence):
        pairs = [(int(c), int(d)) for c, d in np.argwhere(all_cells(found) & ~reference)]
        left = leaving(evidence.merged(pairs))
        if left is not None:
            return _left_for_many(left, found, pairs, thresholds)
    reference = reference.copy()
    result: list[tuple[Excess, float, list[tuple[int, float]]]] = []
    done: set[int] = set()
    while True:
        live = [int(c) for c in np.flatnonzero(found.margin > 0) if int(c) not in done]
        tested = [(c, _excess(evidence, found, reference, c)) for c in live]
        known = [(c, one) for c, one in tested if one is not None]
        if len(known) < 3:
            return result
        q = _q([one.p for _, one in known])
        large = np.array(
            [
                float(one.estimate.value) >= thresholds["min_effect"]
                and one.observed >= thresholds["min_ratio"] * one.expected
                and one.estimate.n >= thresholds["min_items"]
                for _, one in known
            ]
        )
        value = np.array([float(one.estimate.value) for _, one in known])
        order = np.argsort(-np.where(q < thresholds["q_confirmed"], value, value - 9), kind="stable")
        for number in order[(large & (q < thresholds["q_suspected"]))[order]]:
            label, one = known[number]
            others = partners(found, reference, label)
            done.add(label)
            if others and others[0][1] < thresholds["max_partner"]:
                result.append((one, float(q[number]), others))
                if q[number] < thresholds["q_confirmed"]:
                    reference[label, :] = reference[:, label] = False
                break
        else:
            return result


def _left_for_many(
    left: Leaving, found: Confusions, pairs: list[tuple[int, int]], thresholds: Mapping[str, float]
) -> list[tuple[Excess, float, list[tuple[int, float]]]]:
    """Return the labels that colleagues leave more often than the other labels, and for many; not those of *pairs*."""
    paired = {label for pair in pairs for label in pair}
    result: list[tuple[Excess, float, list[tuple[int, float]]]] = []
    sound, usual = np.flatnonzero(left.n > 0), left.sums.mean().value
    while len(sound) >= MIN_LABELS - 1:
        tested = [int(c) for c in sound if int(c) not in paired and left.n[c] >= thresholds["min_items"]]
        off = [left.against(c, sound[sound != c]) for c in tested]
        p = [left.p_against(c, sound[sound != c]) for c in tested]
        candidates = [
            (Excess(c, c, one, p_, float(usual[c]), float(usual[c] - one.value), float(found.margin[c])), float(q), to)
            for c, one, p_, q in zip(tested, off, p, _q(p), strict=True)
            if float(one.value) >= thresholds["min_effect"]
            and q < thresholds["q_suspected"]
            and (to := _apart(left.partners(c, sound[sound != c]), found, pairs, c))
            and to[0][1] < thresholds["max_partner"]
        ]
        if not candidates:
            return result
        result.append(
            max(candidates, key=lambda one: (one[1] < thresholds["q_confirmed"], float(one[0].estimate.value)))
        )
        sound = sound[sound != result[-1][0].first]
    return result


def _q(p: list[float]) -> NDArray[np.float64]:
    """Return the adjusted *p* values, five times as large: of all causes a vague label is the rarest."""
    adjusted: NDArray[np.float64] = np.minimum(RAREST * fdr(np.array(p)), 1.0)
    return adjusted


def _apart(
    partners_: list[tuple[int, float]], found: Confusions, pairs: list[tuple[int, int]], label: int
) -> list[tuple[int, float]]:
    """Return the partners of *label* with the labels of each of the *pairs* apart again, which count as one in them.

    Two of three partners are where most of what scatters goes, and no reason to doubt that it scatters; labels that
    have much more than their part stay together.
    """
    many = int(np.count_nonzero(found.margin > 0)) - 1
    together: dict[int, set[int]] = {}
    for pair in pairs:
        mine = set(pair).union(*(together.get(code, set()) for code in pair))
        together.update(dict.fromkeys(mine, mine))
    result = []
    for code, share in partners_:
        members = sorted(together.get(code, {code}))
        if share >= len(members) / many + MORE_THAN_THEIR_PART:
            members = [code]
        times = found.table[label, members]
        parts = times / times.sum() if times.sum() > 0 else np.ones(len(members)) / len(members)
        result += [(member, share * float(part)) for member, part in zip(members, parts, strict=True)]
    return sorted(result, key=lambda entry: (-entry[1], entry[0]))


def _excess(evidence: Evidence, found: Confusions, reference: Bools, label: int) -> Excess | None:
    """Return the label's confusions beyond slips, over all partners; None if nothing is left to compare with."""
    cells = cells_of(reference, label)
    if len(cells) < 2 or reference.sum() - len(cells) < 1:
        return None
    return excess_of(evidence, found, cells, reference, (label,))


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the vague labels, outside flagged sections and beyond flagged pairs."""
    evidence = within_readings(case)
    if evidence.label is None or len(evidence.labels) < MIN_LABELS or evidence.weights is not None:
        return
    found = confusions(evidence)
    reference = all_cells(found)
    for flag in case.confirmed("label_pair"):
        first, second = sorted(evidence.labels.index(name) for name in flag.subject.labels)
        reference[first, second] = False
    for one, q, others in vague(evidence, found, reference, thresholds):
        verdict = verdict_of(q, thresholds)
        if verdict is None:
            continue
        name = evidence.labels[one.first]
        value, low, high, n = scalar(one.estimate, (), case.confidence)
        units = disputed(case.whole) & (
            np.bincount(case.whole.unit, case.whole.label == one.first, minlength=len(case.whole.section)) > 0
        )
        share = 2 * value * one.rarer * evidence.number(evidence.compared) / mass(case)
        top = [evidence.labels[code] for code, part in others if part >= 0.1]
        effect = Figure(value, low, high, n, confidence=case.confidence)
        told = (
            causes.label_left(name, one.observed, top, effect)
            if regular(evidence)
            else causes.label_beyond_slips(name, top, effect)
        )
        yield Flag(
            RULE.name, verdict, Subject(RULE.name, case.layer, label=name),
            *told,
            "guideline owner", effect=value, low=low, high=high, n=n, q=q,
            **disputes(case, units), share_of_disagreement=rounded(float(share)),
            evidence={
                "observed": one.observed, "expected_from_slips": one.expected, "share_exact": float(share),
                "guideline_text": guideline_on(case, name),
                "partners": {evidence.labels[code]: part for code, part in others},
            },
            examples=examples(case, most(case.whole.disagreement, units)),
        )  # fmt: skip


RULE = Rule(
    "label",
    *words.LABEL,
    {**TEST, "min_effect": 0.12, "min_ratio": 1.75, "max_partner": 0.60, "min_items": 20},
    70,
    _check,
)
