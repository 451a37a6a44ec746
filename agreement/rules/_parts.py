"""What the rules share: verdicts, examples, and shares of the disagreement."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from agreement.annotations import filled, rows_holding
from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import Estimate
from agreement.diagnosis.evidence import Bools, Evidence, Floats, Ints, tally
from agreement.diagnosis.people import Near
from agreement.flags import Example, Verdict

TEST: Mapping[str, float] = {"q_confirmed": 0.01, "q_suspected": 0.05}
EXCERPT = 160
N_EXAMPLES = 3


def verdict_of(q: float, thresholds: Mapping[str, float]) -> Verdict | None:
    """Return the verdict that an adjusted p value allows; None if it allows none."""
    if q < thresholds["q_confirmed"]:
        return "confirmed"
    return "suspected" if q < thresholds["q_suspected"] else None


def rounded(share: float) -> float:
    """Return *share* rounded to 5 points, in 0 to 1: shares of the disagreement are never more exact than that."""
    return float(np.clip(round(share * 20) / 20, 0, 1))


def scalar(estimate: Estimate, index: tuple[int, ...] | int, confidence: float) -> tuple[float, float, float, int]:
    """Return value, low, high and n of one entry of *estimate*, low and high within -1 and 1."""
    low, high = estimate.interval(confidence)
    value, n = float(estimate.value[index]), int(np.broadcast_to(estimate.n, estimate.value.shape)[index])
    return value, max(float(low[index]), -1.0), min(float(high[index]), 1.0), n


def mass(case: Case) -> float:
    """Return the disagreement of the whole layer, summed over units: what every share is a share of."""
    return case.whole.once(
        "mass", lambda: max(float(case.whole.repeated(np.nan_to_num(case.whole.disagreement)).sum()), 1e-12)
    )


def share_left_out(case: Case, evidence: Evidence, rows: Bools) -> float:
    """Return the share of all disagreement that goes when the labels *rows* (N,) of *evidence* are not counted."""
    left = evidence.without(rows)
    before, after = np.nan_to_num(evidence.disagreement), np.nan_to_num(left.disagreement)
    gone = evidence.repeated(before - after)[left.compared].sum()
    return float(np.clip(gone / mass(case), 0, 1))


def guideline_on(case: Case, *labels: str) -> str:
    """Return the words of the guideline's sections that govern the *labels*, each after its name; empty without any.

    Sections that are only known by their labels are quoted, never judged.
    """
    guidelines = case.annotations.guidelines
    told = {one.id: one.text for name in labels for one in guidelines.governing(name) if one.text}
    return "\n".join(f"{guidelines.name(section)}: {text}" for section, text in told.items())


def disputed(evidence: Evidence) -> Bools:
    """Return (U,) the units with at least two different labels; kept, so nobody can change it."""
    return evidence.once("disputed", lambda: _fixed(np.nan_to_num(evidence.disagreement) > 0))


def _fixed(values: Bools) -> Bools:
    """Return *values* as an array that can't be changed in place."""
    values.flags.writeable = False
    return values


def disputes(case: Case, units: Bools) -> dict[str, Any]:
    """Return how many disputed units are among *units* (U,), and which share of all disputed ones they are."""
    every = disputed(case.whole)
    hits, total = case.whole.number(every & units), case.whole.number(every)
    return {"disputes": hits, "share_of_disputes": hits / total if total else 0.0}


def most(score: Floats, units: Bools, count_: int = N_EXAMPLES) -> Ints:
    """Return up to *count_* of the *units* (U,) with the highest *score* (U,), ties in order."""
    chosen = np.flatnonzero(units)
    return chosen[np.argsort(-np.nan_to_num(score[chosen]), kind="stable")[:count_]]


def examples_near(case: Case, near: Near, rows: Bools) -> tuple[Example, ...]:
    """Return the units *near* an annotator on which the labels *rows* (N,) differ most from the others."""
    evidence = near.evidence
    total = tally(evidence.unit, np.where(rows, evidence.total, 0.0), len(evidence.section))
    shown = most(total, total > 0)
    return examples(case, shown, near.items) if near.units is None else examples(case, near.units[shown])


def examples(case: Case, units: Ints, items: Sequence[str] = ()) -> tuple[Example, ...]:
    """Return the units as examples: excerpt, label by annotator, and the place of the first label in the input.

    Units are those of the whole case, or of an evidence of which *items* (U,) names an item for each.
    """
    table = case.annotations.table
    if not len(units):
        return ()
    named = [(items[unit], "") if items else (case.items[unit], case.rounds[unit]) for unit in units]
    wanted = {name: number for number, name in enumerate(named)}
    rows = table.iloc[rows_holding(table["item"], [item for item, _ in wanted])]
    rows = rows.loc[rows["layer"].eq(case.layer)]
    names = set(case.whole.annotators)
    labels: list[dict[str, list[str]]] = [{} for _ in units]
    origin = [""] * len(units)
    for position, item, round_, annotator, label in zip(
        rows.index, rows["item"], rows["round"], rows["annotator"], rows["label"], strict=True
    ):
        number = wanted.get((item, round_))
        if number is None or annotator not in names:
            continue
        labels[number].setdefault(str(annotator), []).append(str(label))
        origin[number] = origin[number] or case.annotations.origin(position)
    for number, unit in enumerate(units):
        labels[number] = labels[number] or ({} if items else _labels_of(case, int(unit)))
    texts = filled(case.annotations.items["text"])
    return tuple(
        Example(
            item, excerpt(str(texts.get(item, ""))),
            {who: ", ".join(given) for who, given in sorted(labels[number].items())}, origin[number],
        )
        for number, (item, _) in enumerate(named)
    )  # fmt: skip


def _labels_of(case: Case, unit: int) -> dict[str, list[str]]:
    """Return the label by annotator of a unit of which the input itself is not at hand, only what an engine counted."""
    units = case.comparison.units
    if units is None or case.whole.people is not None:
        return {}
    rows = np.flatnonzero(units.unit == unit)
    names = np.array(units.annotators, dtype=object)[units.annotator[rows]]
    if units.members is None:
        return {who: [units.labels[label]] for who, label in zip(names, units.label[rows], strict=True)}
    simple = np.array(units.simple, dtype=object)
    given = {who: sorted(simple[held]) for who, held in zip(names, units.members[units.label[rows]], strict=True)}
    return {who: labels for who, labels in given.items() if labels}


def excerpt(text: str) -> str:
    """Return the beginning of *text*, cut at a word when it is long.

    Examples
    --------
    >>> excerpt("short")
    'short'
    """
    flat = " ".join(text.split())
    return flat if len(flat) <= EXCERPT else flat[:EXCERPT].rsplit(" ", 1)[0] + " …"


def regular(evidence: Evidence) -> bool:
    """Return True if enough labels are on units with three or more, so that annotators compare within the item."""
    return evidence.once("regular", lambda: _regular(evidence))


def _regular(evidence: Evidence) -> bool:
    """Return what ``regular`` does."""
    kept = int(evidence.repeated(evidence.size).sum())
    with_three = int(evidence.repeated(evidence.size)[evidence.size >= 3].sum())  # of labels that count
    return kept > 0 and with_three >= 0.3 * kept
