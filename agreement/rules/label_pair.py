"""Two labels that are taken for each other beyond what slips explain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import Estimate
from agreement.diagnosis.evidence import Bools, Evidence
from agreement.diagnosis.merging import merge_table
from agreement.diagnosis.people import sums_by_annotator
from agreement.flags import Flag, Rule, Subject, Verdict
from agreement.intervals import wilson
from agreement.rules._confusions import Excess, confusions
from agreement.rules._mistaken import mistaken
from agreement.rules._parts import (
    TEST,
    disputes,
    examples,
    guideline_on,
    mass,
    most,
    rounded,
    scalar,
    verdict_of,
)
from agreement.rules._readings import within_readings
from agreement.rules._two_labels import nearly_even_splits
from agreement.uncertainty.distributions import fdr, sign_test
from agreement.wording import Figure, causes
from agreement.wording import rules as words

MIN_LEANING = 10
LEANING = 0.25


@dataclass(frozen=True, slots=True)
class Nature:
    """Whether a confusion is the same for everybody: its name, which label whom leans to, and the camps if any."""

    name: str
    direction: str
    camps: tuple[tuple[str, ...], ...]


def nature_of(evidence: Evidence, first: int, second: int, alpha: float) -> Nature:
    """Return the nature of the confusion of two labels.

    A shared ambiguity, even a one-way one, leaves nobody leaning: ``symmetric``. If people lean to different labels on
    the very same items, they apply ``different rules``. Too few to tell: ``open``.
    """
    both = units_with(evidence, first, second)
    label = np.zeros(0, np.int64) if evidence.label is None else evidence.label
    rows = np.flatnonzero(evidence.kept & both[evidence.unit] & np.isin(label, (first, second)))
    says_first = (label[rows] == first).astype(np.float64)
    unit = evidence.unit[rows]
    n, n_first = np.bincount(unit), np.bincount(unit, says_first)
    lean = np.full(len(evidence.unit), np.nan)
    lean[rows] = says_first - (n_first[unit] - says_first) / np.maximum(n[unit] - 1, 1)
    names = evidence.labels[first], evidence.labels[second]
    present = evidence.present
    if len(present) == 2:
        who = evidence.annotator[rows]
        hits = int(evidence.repeated(says_first, unit)[who == present[0]].sum())
        n_units = int(evidence.count(who, unit, len(evidence.annotators))[present[0]])
        return _between_two(
            hits, n_units, (evidence.annotators[present[0]], evidence.annotators[present[1]]), names, alpha
        )
    means = sums_by_annotator(evidence, lean).mean()
    tested = np.flatnonzero(means.n >= MIN_LEANING)
    if len(tested) < 2:
        return Nature("open", "", ())
    p = np.minimum(2 * Estimate(np.abs(means.value), means.se, means.df, means.n).p_above()[tested], 1.0)
    leaning = tested[(fdr(p) < alpha) & (np.abs(means.value[tested]) >= LEANING)]
    sides = tuple(
        tuple(evidence.annotators[a] for a in leaning if (means.value[a] > 0) == to_first) for to_first in (True, False)
    )
    if all(sides):
        return Nature("different rules", causes.own_rules(list(zip(sides, names, strict=True))), sides)
    return Nature("open" if len(leaning) else "symmetric", "", ())


def _between_two(hits: int, n: int, who: tuple[str, str], names: tuple[str, str], alpha: float) -> Nature:
    """Return the nature for two annotators, from which of them gave which of the two labels."""
    if not n:
        return Nature("open", "", ())
    larger = max(hits, n - hits)
    one_way = sign_test(hits, n) < alpha and larger / n >= 0.75
    if one_way:
        to = names if hits == larger else names[::-1]
        sides = (who[0],), (who[1],)
        return Nature("different rules", causes.own_rules(list(zip(sides, to, strict=True))), sides)
    upper = float(wilson(np.array(larger), np.array(n))[1])
    return Nature("symmetric" if upper < 0.80 else "open", "", ())


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the label pairs confused beyond slips, outside flagged sections."""
    evidence = within_readings(case)
    if evidence.label is None or len(evidence.labels) < 2 or evidence.weights is not None:
        return
    if len(evidence.labels) == 2:
        yield from _hard_to_tell(case, case.rest, thresholds)
        return
    for one, q in mistaken(evidence, thresholds):
        verdict = verdict_of(q, thresholds)
        if verdict is None:
            continue
        yield pair_flag(case, RULE.name, evidence, one, q, verdict, units_with(case.whole, one.first, one.second))


def _hard_to_tell(case: Case, evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield a suspicion if items of a layer with two labels split more evenly than slips explain; never a verdict."""
    found = nearly_even_splits(evidence) if evidence.compared.any() else None
    if found is None or found.p >= thresholds["q_suspected"]:
        return
    usual = found.expected / found.n
    value = found.hits / found.n - usual
    if value < thresholds["min_effect"]:
        return
    low, high = (float(limit) - usual for limit in wilson(np.array(found.hits), np.array(found.n), case.confidence))
    effect = Figure(value, low, high, found.n, confidence=case.confidence)
    disagreement = float(evidence.repeated(np.nan_to_num(evidence.disagreement))[found.units].sum())
    share = disagreement * value * found.n / found.hits / mass(case)
    yield Flag(
        RULE.name, "suspected", Subject(RULE.name, case.layer, labels=tuple(sorted(evidence.labels))),
        *causes.hard_to_tell(evidence.labels, found.hits / found.n, effect),
        "guideline owner", nature="open", effect=value, low=low, high=high, n=found.n, q=found.p,
        **disputes(case, found.units), share_of_disagreement=rounded(share),
        evidence={"observed": found.hits / found.n, "expected_from_slips": usual, "share_exact": min(share, 1.0)},
        examples=examples(case, most(case.whole.disagreement, found.units)),
    )  # fmt: skip


def pair_flag(case: Case, rule: str, evidence: Evidence, one: Excess, q: float, verdict: Verdict, units: Bools,
    total: float = 0.0,
) -> Flag:  # fmt: skip
    """Return the flag of one label pair.

    *units* (U,) of the whole case show it; *total* is what the share is a share of, the whole disagreement if 0.
    """
    names = evidence.labels[one.first], evidence.labels[one.second]
    value, low, high, n = scalar(one.estimate, (), case.confidence)
    share = 2 * value * one.rarer * evidence.number(evidence.compared) / (total or mass(case))
    codes = np.zeros(0, np.int64) if evidence.label is None else evidence.label
    margin = evidence.count(codes, evidence.unit[: len(codes)], len(evidence.labels))
    rarer = names[0] if margin[one.first] <= margin[one.second] else names[1]
    nature = nature_of(evidence, one.first, one.second, 0.01)
    noun = "item" if rule == "label_pair" else "shared span"
    effect = Figure(value, low, high, n, noun, confidence=case.confidence)
    return Flag(
        rule, verdict, Subject(rule, case.layer, labels=tuple(sorted(names))),
        *causes.label_pair(names, rarer, effect, nature.name, nature.direction),
        "guideline owner", nature=nature.name, camps=nature.camps, direction=nature.direction,
        effect=value, low=low, high=high, n=n, q=q,
        **disputes(case, units), share_of_disagreement=rounded(share),
        evidence={
            "observed": one.observed, "expected_from_slips": one.expected,
            "distinguishability": distinguishability(evidence, one.first, one.second),
            "merge": merge_table(evidence, one.first, one.second, case.confidence),
            "guideline_text": guideline_on(case, *names), "share_exact": min(share, 1.0),
        },
        examples=examples(case, most(case.whole.disagreement, units)),
    )  # fmt: skip


def distinguishability(evidence: Evidence, first: int, second: int) -> float:
    """Return 1 - J_cd^2 / (J_cc J_dd), half an item added to each cell: 1 = never confused, below .90 hard to tell.

    Darroch & McCloud 1986, Austral. J. Statist. 28.
    """
    found = confusions(evidence)
    table = found.table + 0.5 / max(found.n, 1)
    return float(1 - table[first, second] ** 2 / (table[first, first] * table[second, second]))


def units_with(evidence: Evidence, first: int, second: int) -> Bools:
    """Return (U,) the units that were given both labels."""
    label, n_units = evidence.label, len(evidence.section)
    if label is None:
        return np.zeros(n_units, bool)
    has = [
        np.bincount(evidence.unit[evidence.kept & (label == code)], minlength=n_units) > 0 for code in (first, second)
    ]
    return np.asarray(has[0] & has[1])


RULE = Rule(
    "label_pair",
    *words.LABEL_PAIR,
    {**TEST, "min_effect": 0.08, "min_ratio": 1.5, "min_mutual": 0.45, "min_items": 20},
    60,
    _check,
)
