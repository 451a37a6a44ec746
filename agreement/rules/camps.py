"""Two camps: annotators who agree among themselves and differ from another group, throughout the project."""

from collections.abc import Iterator, Mapping

import numpy as np

from agreement.diagnosis.case import Case
from agreement.diagnosis.evidence import Bools, Evidence
from agreement.diagnosis.people import without
from agreement.flags import Flag, Rule, Subject
from agreement.rules._parts import (
    TEST,
    disputed,
    disputes,
    examples,
    mass,
    most,
    rounded,
    verdict_of,
)
from agreement.rules._readings import MIN_ANNOTATORS, Camps, camps, names_of
from agreement.wording import Figure, causes
from agreement.wording import rules as words

OFF_ALREADY = 10.0  # times as much doubt where somebody is known to be off, whose labels the camps take back


def _split_units(evidence: Evidence, found: Camps) -> Bools:
    """Return (U,) disputed units on which each camp is of one mind."""
    if evidence.label is None:
        return disputed(evidence)
    one_mind = disputed(evidence)
    for side in (1, -1):
        rows = evidence.kept & (found.side[evidence.annotator] == side)
        low = np.full(len(evidence.section), np.iinfo(np.int64).max)
        high = np.full(len(evidence.section), -1)
        np.minimum.at(low, evidence.unit[rows], evidence.label[rows])
        np.maximum.at(high, evidence.unit[rows], evidence.label[rows])
        one_mind = one_mind & (low == high)  # never in place: what is disputed is kept for others
    return np.asarray(one_mind)


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the camps on whatever earlier verdicts leave."""
    evidence, doubt = case.rest, 1.0
    if len(evidence.present) < MIN_ANNOTATORS:  # whoever is careless is so towards both camps
        doubt = OFF_ALREADY
        evidence = without(case.whole, case.explained_by(*case.confirmed("copy", "annotator_section", "section")))
    found = camps(evidence, np.ones(len(evidence.section), bool), case.confidence)
    if found is None or found.effect < thresholds["min_effect"] or found.of_one_pair:
        return
    q = min(found.p * doubt, 1.0)
    verdict = verdict_of(q, thresholds)
    sides = names_of(evidence, found)
    smaller = min(map(len, sides))
    # two people who only agree with each other have no reading in common with the rest to differ from
    if verdict is None or smaller < 2 or (smaller == 2 and found.balance < thresholds["min_balance"]):
        return
    units = _split_units(evidence, found)
    a, b = map(len, sides)
    between = 2 * a * b / ((a + b) * (a + b - 1))
    share = found.effect * between * evidence.number(evidence.compared) / mass(case)
    effect = Figure(found.effect, found.low, found.high, found.n, case.noun, confidence=case.confidence)
    yield Flag(
        RULE.name, verdict, Subject(RULE.name, case.layer, annotators=tuple(sorted(sides[0] + sides[1]))),
        *causes.camps(sides, effect),
        "guideline owner", nature="two readings", camps=sides,
        effect=found.effect, low=found.low, high=found.high, n=found.n, q=q,
        **disputes(case, units), share_of_disagreement=rounded(share),
        evidence={"items_split_between_the_groups": evidence.number(units), "share_exact": min(share, 1.0)},
        examples=examples(case, most(evidence.disagreement, units)),
    )  # fmt: skip


RULE = Rule(
    "camps",
    *words.CAMPS,
    {**TEST, "min_effect": 0.03, "min_balance": 0.40},
    50,
    _check,
)
