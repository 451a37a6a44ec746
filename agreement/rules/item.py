"""Items to adjudicate first: ranked, never convicted from a few labels."""

from collections.abc import Iterator, Mapping

import numpy as np

from agreement.diagnosis.case import Case
from agreement.flags import Flag, Rule, Subject
from agreement.rules._parts import disputed, examples, most
from agreement.wording import notes
from agreement.wording import rules as words

# share of top-ranked items that are hard, by labels an item; 15 % hard items, diagnosis.md 9
HIT_RATES = ((2, 0.39), (3, 0.44), (5, 0.64), (10, 0.76))


def hit_rate(labels: int) -> float:
    """Return the expected share of hard items among those ranked first, by *labels* an item.

    Examples
    --------
    >>> hit_rate(4), hit_rate(20)
    (0.54, 0.76)
    """
    sizes, rates = zip(*HIT_RATES, strict=True)
    return round(float(np.interp(labels, sizes, rates)), 2)


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the items whose labels disagree most; ties by more labels, then in order."""
    evidence = case.whole
    units = disputed(evidence)
    score = np.nan_to_num(evidence.disagreement) + evidence.size * 1e-6
    first = most(score, units, int(thresholds["most"]))
    shown = examples(case, first)
    for rank, (unit, example) in enumerate(zip(first, shown, strict=True), start=1):
        r, share = int(evidence.size[unit]), float(evidence.disagreement[unit])
        pairs = r * (r - 1) // 2
        expected = hit_rate(r)
        # labels agree or not; sets and spans also agree in part
        told = (
            notes.pairs_disagree(round(share * pairs), pairs)
            if evidence.label is not None and evidence.weights is None
            else notes.apart(r, share)
        )
        yield Flag(
            RULE.name, "note", Subject(RULE.name, case.layer, item=case.items[unit]),
            *notes.item(case.items[unit], told, r, expected),
            "guideline owner", effect=share, n=r, disputes=1, share_of_disputes=1 / evidence.number(units),
            evidence={"rank": rank, "expected_hit_rate": expected, "labels": r},
            examples=(example,),
        )  # fmt: skip


RULE = Rule(
    "item",
    *words.ITEM,
    {"most": 10},
    90,
    _check,
)
