"""A vague label: it scatters over many others beyond what slips explain."""

from collections.abc import Iterator, Mapping

import numpy as np

from agreement.diagnosis.case import Case
from agreement.diagnosis.evidence import Bools, Evidence
from agreement.flags import Flag, Rule, Subject
from agreement.rules._confusions import Confusions, Excess, all_cells, cells_of, confusions, excess_of, partners
from agreement.rules._deserved import Deserved, deserved
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
from agreement.rules._readings import within_readings
from agreement.rules._scattered import Left, all_left
from agreement.uncertainty.distributions import fdr
from agreement.wording import Figure, causes
from agreement.wording import rules as words

MIN_LABELS = 4
MIN_OFF, OF_ALL_THEY_LOSE = 0.06, 2.0  # left so much more than others, half of it whatever others are left for
LEAST_DESERVED = 15.0  # units
RAREST = 5.0  # q counts so many times where only a model of slips tells


def vague(
    evidence: Evidence, pairs: list[tuple[int, int]], thresholds: Mapping[str, float]
) -> list[tuple[Excess, float, list[tuple[int, float]]]]:
    """Return the labels that scatter, strongest first, with q and their partners' shares of the excess.

    Where units have three labels or more, what units that deserve a label are given says how often it is left; else a
    model of slips does. The *pairs* of labels taken for each other have their cause.
    """
    found = deserved(evidence)
    if found is not None:
        return _scattering(found, pairs, thresholds)
    counts = confusions(evidence)
    reference = all_cells(counts)
    for pair in pairs:
        reference[pair] = False
    return _beyond_slips(evidence, counts, reference, thresholds)


def _scattering(
    found: Deserved, pairs: list[tuple[int, int]], thresholds: Mapping[str, float]
) -> list[tuple[Excess, float, list[tuple[int, float]]]]:
    """Return the labels that colleagues leave for many, more than the other labels are left; none of the *pairs*."""
    free = found.cells.copy()
    for first, second in pairs:
        free[first, second] = free[second, first] = False
    paired = {label for pair in pairs for label in pair}
    sound = np.flatnonzero(found.used)
    result: list[tuple[Excess, float, list[tuple[int, float]]]] = []
    while len(sound) >= MIN_LABELS - 1:
        tested = [
            left
            for left in all_left(found, free, sound[~np.isin(sound, list(paired))])
            if left.effect.n >= thresholds["min_items"] and found.items[left.label] >= LEAST_DESERVED
        ]
        candidates = [
            (_excess_of(left, found), float(q), left.shares)
            for left, q in zip(tested, fdr(np.array([left.p for left in tested])), strict=True)
            if float(left.effect.value) >= thresholds["min_effect"]
            and min(left.off, OF_ALL_THEY_LOSE * left.less) >= MIN_OFF
            and q < thresholds["q_suspected"]
            and left.shares[0][1] < thresholds["max_partner"]
        ]
        if not candidates:
            return result
        result.append(
            max(candidates, key=lambda one: (one[1] < thresholds["q_confirmed"], float(one[0].estimate.value)))
        )
        label = result[-1][0].first
        sound = sound[sound != label]
        free[label, :] = free[:, label] = False
    return result


def _excess_of(left: Left, found: Deserved) -> Excess:
    """Return how much a label is left as an excess over what is usual."""
    label = left.label
    return Excess(label, label, left.effect, left.p, left.observed, left.usual, float(found.share[label]))


def _beyond_slips(
    evidence: Evidence, found: Confusions, reference: Bools, thresholds: Mapping[str, float]
) -> list[tuple[Excess, float, list[tuple[int, float]]]]:
    """Return the labels whose confusions with all others together are beyond what slips explain."""
    result: list[tuple[Excess, float, list[tuple[int, float]]]] = []
    done: set[int] = set()
    while True:
        live = [int(c) for c in np.flatnonzero(found.margin > 0) if int(c) not in done]
        tested = [(c, _excess(evidence, found, reference, c)) for c in live]
        known = [(c, one) for c, one in tested if one is not None]
        if len(known) < 3:
            return result
        q = np.minimum(RAREST * fdr(np.array([one.p for _, one in known])), 1.0)
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
    codes = {name: code for code, name in enumerate(evidence.labels)}
    pairs = [
        (min(pair), max(pair))
        for pair in ([codes[name] for name in flag.subject.labels] for flag in case.confirmed("label_pair"))
    ]
    for one, q, others in vague(evidence, pairs, thresholds):
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
            causes.label_left(name, one.observed, one.expected, top, effect)
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
    {**TEST, "min_effect": 0.10, "min_ratio": 1.75, "max_partner": 0.60, "min_items": 20},
    70,
    _check,
)
