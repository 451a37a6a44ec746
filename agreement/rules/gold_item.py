"""A gold label that the annotators contradict."""

from collections.abc import Iterator, Mapping

import numpy as np

from agreement.diagnosis.case import Case
from agreement.flags import Example, Flag, Rule, Subject
from agreement.gold.posterior import can_be_judged, posterior
from agreement.gold.suspects import ODDS, Suspect, find_suspects, gold_units, latest
from agreement.intervals import wilson
from agreement.rules._parts import excerpt
from agreement.wording import Figure, notes
from agreement.wording import rules as words


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the gold labels of one layer that look wrong, likeliest first; layers of one label an item only."""
    layer = case.comparison.layer
    if layer.kind not in ("category", "ordinal", "labels"):
        return
    table = case.annotations.table
    for name in case.annotations.of_kind("gold"):
        if not (table["annotator"].eq(name) & table["layer"].eq(layer.name)).any():
            continue
        known = latest(gold_units(case.annotations, layer.name, name))
        if not can_be_judged(known.units):
            continue
        found = posterior(known.units, known.gold)
        for suspect in find_suspects(case.annotations, known, found, odds=thresholds["odds"]):
            if suspect.verdict != "review":
                yield _flag(case, name, suspect)


def _flag(case: Case, name: str, suspect: Suspect) -> Flag:
    """Return the flag of one gold label."""
    against, n = np.array([suspect.against]), np.array([suspect.n_labels])
    low, high = wilson(against, n, case.confidence)
    same = sum(label == suspect.rival for label in suspect.labels.values())
    share = float(suspect.against / suspect.n_labels)
    return Flag(
        RULE.name, "confirmed" if suspect.verdict == "confirmed" else "suspected",
        Subject(RULE.name, case.layer, item=suspect.item),
        *notes.gold_item(
            suspect.item, suspect.gold, suspect.rival, rivals=same, cause=suspect.cause,
            against=Figure(
                share, float(low[0]), float(high[0]), suspect.n_labels, "annotator", hits=suspect.against,
                confidence=case.confidence,
            ),
        ),
        "gold owner", nature=suspect.cause, effect=share, low=float(low[0]),
        high=float(high[0]), n=suspect.n_labels, q=suspect.q, disputes=int(len(set(suspect.labels.values())) > 1),
        evidence={
            "gold_set": name, "gold": suspect.gold, "likely": suspect.rival, "odds": min(suspect.odds or 0.0, 1e6),
            "against": suspect.against, "labels": suspect.n_labels, "section": suspect.section,
        },
        examples=(
            Example(suspect.item, excerpt(suspect.text), {**suspect.labels, name: suspect.gold}, suspect.origin),
        ),
    )  # fmt: skip


RULE = Rule(
    "gold_item",
    *words.GOLD_ITEM,
    {"odds": ODDS},
    80,
    _check,
)
