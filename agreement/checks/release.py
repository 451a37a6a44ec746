"""Release checks: which criteria a layer must meet, and what was measured for each."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from agreement.annotations import Annotations
from agreement.checks.criteria import RESULTS, Check, Criterion, Found, Result, Verdict, verdict
from agreement.checks.parts import part_checks
from agreement.comparison import Comparison
from agreement.counts import Ints
from agreement.diagnosis.diagnosing import Diagnosis
from agreement.flags import Flag
from agreement.gold.suspects import MIN_LABELS
from agreement.intervals import wilson
from agreement.settings import Settings
from agreement.units import Units
from agreement.wording import checks as words
from agreement.wording import optional
from agreement.wording.numbers import NOT_COMPUTED

__all__ = ["Check", "Verdict", "release_checks", "verdict"]

# below it the interval of a coefficient is not to be believed (simulated: coverage .70 at 2, .92 at 5)
MIN_INFORMATIVE = 4
ANNOTATOR_ITEMS = 50  # items from which "nobody differs" is a finding and not a lack of data
# the headline coefficient by kind of layer, the first with a value; a layer of numbers has no kappa, and no pair of a
# crowd may share enough items for one
KAPPAS: Mapping[str, tuple[str, ...]] = {
    "category": ("kappa_mean", "krippendorff_alpha.nominal"),
    "ordinal": ("kappa_mean.quadratic", "kappa_mean.linear", "krippendorff_alpha.ordinal"),
    "labels": ("krippendorff_alpha.masi", "kappa_mean"),
    "number": ("krippendorff_alpha.interval",),
}


def release_checks(
    comparisons: tuple[Comparison, ...],
    diagnosis: Diagnosis,
    settings: Settings,
    annotations: Annotations | None = None,
) -> tuple[Check, ...]:
    """Return the release checks of every layer, failed ones first, then those that can't tell.

    A limit of None switches its check off. Layers of numbers have no labels, so their alpha stands for kappa and no
    F1 is judged; where nothing can be measured the check says so and never passes. The check of gold needs the
    *annotations*, which hold the gold.
    """
    checks = [
        check for comparison in comparisons for check in _layer_checks(comparison, diagnosis, settings, annotations)
    ]
    checks += part_checks(comparisons, settings, annotations)
    return tuple(sorted(checks, key=lambda check: RESULTS.index(check.result)))


def _layer_checks(
    comparison: Comparison, diagnosis: Diagnosis, settings: Settings, annotations: Annotations | None
) -> Iterator[Check]:
    """Yield the checks that apply to one layer, in the order in which people ask."""
    kind = comparison.layer.kind
    if kind in KAPPAS:
        yield from _kappa(comparison, settings)
    if kind in ("category", "ordinal", "labels"):
        yield from _f1_item(comparison, settings)
    if kind == "answer":
        yield from _f1_answer(comparison, settings)
    if kind == "spans":
        yield from _f1_span(comparison, settings)
    if kind in ("category", "ordinal", "labels", "spans"):
        yield from _class_f1(comparison, settings)
    if kind in ("category", "ordinal"):
        yield from _pair_confusion(comparison, settings)
    yield from _annotator(comparison, diagnosis, settings)
    yield from _gold(comparison, diagnosis, settings, annotations)


def _kappa(comparison: Comparison, settings: Settings) -> Iterator[Check]:
    """Yield the check of the headline coefficient."""
    limit = settings.gate.kappa
    if limit is None:
        return
    layer = comparison.layer
    measure, found = _first(comparison.scores, KAPPAS[layer.kind], "item")
    beyond = "alpha" if "alpha" in measure else "kappa"
    said = words.KAPPA._replace(title=words.KAPPA.title.format(words.beyond_chance(layer.kind, beyond)))
    if found.informative is not None and found.informative < MIN_INFORMATIVE:
        found = Found(n=found.n, reason=words.THIN.format(found.informative))
    yield Criterion("kappa", said, layer.name, limit, words.KAPPA_SOURCE).judge(found)


def _f1_item(comparison: Comparison, settings: Settings) -> Iterator[Check]:
    """Yield the check of macro F1 over the classes with enough labels."""
    limit = settings.gate.f1_item
    if limit is None:
        return
    _, found = _first(comparison.scores, ("f1_macro",), "item")
    yield Criterion("f1_item", words.F1_ITEM, comparison.layer.name, limit, words.F1_SOURCE).judge(found)


def _f1_answer(comparison: Comparison, settings: Settings) -> Iterator[Check]:
    """Yield the check of the words that two answers share."""
    limit = settings.gate.f1_item
    if limit is None:
        return
    _, found = _first(comparison.scores, ("squad_f1",), "item")
    yield Criterion("f1_item", words.F1_ANSWER, comparison.layer.name, limit, words.F1_SOURCE).judge(found)


def _f1_span(comparison: Comparison, settings: Settings) -> Iterator[Check]:
    """Yield the checks of exact spans and of tokens."""
    gate, layer = settings.gate, comparison.layer.name
    if gate.f1_span is not None:
        _, found = _first(comparison.scores, ("span_f1.strict",), "span")
        yield Criterion("f1_span", words.F1_SPAN, layer, gate.f1_span, words.F1_SOURCE, unit="spans").judge(found)
    if gate.f1_token is not None:
        _, found = _first(comparison.scores, ("token_f1",), "token")
        yield Criterion("f1_token", words.F1_TOKEN, layer, gate.f1_token, words.F1_SOURCE, unit="tokens").judge(found)


def _class_f1(comparison: Comparison, settings: Settings) -> Iterator[Check]:
    """Yield the check of the worst class among those with enough labels."""
    gate = settings.gate
    if gate.class_f1 is None:
        return
    spans = comparison.layer.kind == "spans"
    measure, level = ("span_f1.strict", "span") if spans else ("f1", "item")
    scores = comparison.scores
    rows = scores.loc[scores["reference"].isna() & scores["label"].notna()]
    rows = rows.loc[rows["measure"].eq(measure) & rows["level"].eq(level) & ~rows["label"].isin(list(gate.labels))]
    # at the item level n counts every item compared; what a class rests on are the items that carry it
    rows = rows if spans else rows.assign(n=rows["n_informative"].fillna(rows["n"]))
    rows = rows.loc[rows["n"].fillna(0) >= gate.class_items]
    yield Criterion(
        "class_f1", words.CLASS_F1, comparison.layer.name, gate.class_f1, words.CLASS_SOURCE,
        unit=words.CLASS_UNITS["span" if spans else "item"], many="classes",
    ).worst(
        [_found(row, str(row["label"])) for row in rows.to_dict("records")], words.NO_CLASS.format(gate.class_items)
    )  # fmt: skip


def _pair_confusion(comparison: Comparison, settings: Settings) -> Iterator[Check]:
    """Yield the check of the most confused pair of labels."""
    gate = settings.gate
    # of two labels every disagreement is between the two: that says nothing about the pair
    if gate.pair_confusion is None or len(comparison.layer.labels) <= 2:
        return
    yield Criterion(
        "pair_confusion", words.PAIR_CONFUSION, comparison.layer.name, gate.pair_confusion, words.HOUSE_RULE,
        at_least=False, unit=words.PAIR_UNITS, many="label pairs",
    ).worst(_confusions(comparison, gate.pair_items), words.NO_PAIR.format(gate.pair_items))  # fmt: skip


def _confusions(comparison: Comparison, least: int) -> list[Found]:
    """Return the share of confusion of each label pair that is on enough items."""
    table: pd.DataFrame | None = comparison.details.get("pair_confusion")
    if table is None:
        return []
    return [
        _found(row, f"{row['first']} / {row['second']}") for row in table.loc[table["n"] >= least].to_dict("records")
    ]


def _annotator(comparison: Comparison, diagnosis: Diagnosis, settings: Settings) -> Iterator[Check]:
    """Yield the check that no annotator differs from all others; point only, the flag holds the uncertainty."""
    if not settings.gate.annotator:
        return
    layer = comparison.layer.name
    mine = [flag for flag in diagnosis.flags if flag.subject.layer == layer and flag.rule == "annotator"]
    confirmed = [flag for flag in mine if flag.verdict == "confirmed"]
    suspected = [flag for flag in mine if flag.verdict == "suspected"]
    worst = next(iter(confirmed or suspected), None)
    n = (worst.n or 0) if worst else _items(comparison)
    result: Result = "pass"
    meaning, settle = words.ANNOTATOR.passed, ""
    if confirmed:
        result, meaning = "fail", _differs(confirmed)
    elif comparison.details.get("not_looked_for"):
        result, meaning, settle = "can't tell yet", words.NOT_LOOKED_FOR, words.A_PART
    elif unidentified := _unidentified(comparison):
        result, meaning, settle = "can't tell yet", words.UNIDENTIFIED, unidentified
    elif suspected:
        result, meaning = "can't tell yet", _differs(suspected)
        settle = words.MORE_FOR_SUSPECT
    elif n < ANNOTATOR_ITEMS:
        result, meaning, settle = "can't tell yet", words.TOO_FEW, words.more_units(ANNOTATOR_ITEMS - n)
    yield Check(
        "annotator", words.ANNOTATOR.title, layer,
        worst.subject.annotator or "" if worst else "", result,
        worst.effect if worst else None, worst.low if worst else None, worst.high if worst else None,
        n, None, at_least=False, source=words.ANNOTATOR_SOURCE, meaning=meaning, settle=settle,
    )  # fmt: skip


def _differs(flags: list[Flag]) -> str:
    """Return who differs."""
    return words.differ([flag.subject.annotator or "?" for flag in flags])


def _unidentified(comparison: Comparison) -> str:
    """Return what it takes to tell who differs, empty if these labels can.

    With two labels an item only sums of two annotators' errors are seen. They give each annotator's own if the pairs
    form an odd circle (three people in turns will do) in every group of people who meet: then one gets from everybody
    back to the same person in an odd number of steps, here from a person's first copy to the second.
    """
    if comparison.details.get("anonymous"):  # a crowd of which the engine sums up whatever tells people apart
        return ""
    units = comparison.units
    people, a, b, among_three = _met_in_pairs(comparison.scores) if units is None else _met_in_units(units)
    if people < 3:
        return words.THIRD_ANNOTATOR
    size = int(max(a.max(), b.max())) + 1
    steps = coo_array(
        (np.ones(2 * len(a) + len(among_three)),
         (np.r_[a, b, among_three], np.r_[b + size, a + size, among_three + size])),
        shape=(2 * size, 2 * size),
    )  # fmt: skip
    reached = connected_components(steps, directed=False)[1]
    met = np.union1d(a, b)
    return words.ROTATE if (reached[met] != reached[met + size]).any() else ""


def _met_in_pairs(scores: pd.DataFrame) -> tuple[int, Ints, Ints, Ints]:
    """Return how many people are in pairs that share something, and who (N,) meets whom (N,), by number."""
    met = scores.loc[
        scores["reference"].notna() & (scores["n"].fillna(0) > 0), ["reference", "other"]
    ].drop_duplicates()
    people, codes = np.unique(met.astype(str).to_numpy(), return_inverse=True)
    a, b = codes.reshape(-1, 2).T
    return len(people), a, b, np.empty(0, np.int64)


def _met_in_units(units: Units) -> tuple[int, Ints, Ints, Ints]:
    """Return how many people share a unit, links (N,) and (N,) that join all who do, and who shares one with two.

    Of a large crowd not every pair is listed, but a circle of three is in every unit with three labels.
    """
    order = np.argsort(units.unit, kind="stable")
    unit, who = units.unit[order], units.annotator[order]
    size = np.bincount(unit, minlength=units.n_units)
    linked = np.flatnonzero(unit[1:] == unit[:-1])
    links = np.unique(who[linked] * len(units.annotators) + who[linked + 1])
    a, b = np.divmod(links, len(units.annotators))
    return len(np.unique(who[size[unit] >= 2])), a, b, np.unique(who[size[unit] >= 3])


def _items(comparison: Comparison) -> int:
    """Return how many items (documents, for spans) at least two annotators answered."""
    units = comparison.units
    if units is not None:
        answers = np.bincount(units.unit, minlength=units.n_units)
        return int(units.weight[answers >= 2].sum())
    spans = comparison.details.get("spans")
    if spans is not None:
        return len(spans.distances[["item", "round"]].drop_duplicates())
    scores = comparison.scores
    shared = scores.loc[scores["reference"].notna(), "n"].dropna()
    return int(shared.max()) if len(shared) else 0


def _gold(
    comparison: Comparison, diagnosis: Diagnosis, settings: Settings, annotations: Annotations | None
) -> Iterator[Check]:
    """Yield the check of the share of gold labels that were flagged, of those with labels enough to be judged."""
    limit, layer = settings.gate.gold, comparison.layer
    if limit is None or annotations is None or layer.kind not in ("category", "ordinal", "labels"):
        return
    table = annotations.table
    mine = table.loc[table["layer"].eq(layer.name) & table["annotator"].isin(annotations.of_kind("gold"))]
    if mine.empty:
        return
    criterion = Criterion(
        "gold", words.GOLD, layer.name, limit, words.HOUSE_RULE, at_least=False, unit=words.GOLD_UNITS
    )
    answers = annotations.assignments
    answered = answers.loc[
        answers["layer"].eq(layer.name)
        & answers["item"].isin(mine["item"])
        & answers["annotator"].isin(annotations.compared)
        & answers["status"].isin(("done", "empty"))
    ]
    given = answered.groupby("item", observed=True)["annotator"].nunique()
    judged = set(given.index[given >= MIN_LABELS])
    if not judged:
        yield criterion.judge(Found(reason=words.TOO_FEW_FOR_GOLD))
        return
    flagged = {
        flag.subject.item for flag in diagnosis.flags if flag.rule == "gold_item" and _is_cause(flag, layer.name)
    }
    hits, n = len(flagged & judged), len(judged)
    low, high = wilson(np.array([hits]), np.array([n]), settings.measures.confidence)
    yield criterion.judge(Found(hits / n, float(low[0]), float(high[0]), n))


def _is_cause(flag: Flag, layer: str) -> bool:
    """Return whether *flag* is about *layer* and more than a note."""
    return flag.subject.layer == layer and flag.verdict in ("confirmed", "suspected")


def _first(scores: pd.DataFrame, measures: tuple[str, ...], level: str) -> tuple[str, Found]:
    """Return the first of *measures* that has a pooled value, and that value; if none has, why the first has not."""
    pooled = scores.loc[scores["reference"].isna() & scores["label"].isna() & scores["level"].eq(level)]
    rows = [(one, row) for one in measures for row in pooled.loc[pooled["measure"].eq(one)].to_dict("records")]
    found = [(measure, _found(row)) for measure, row in rows] or [(measures[0], Found())]
    return next((one for one in found if one[1].value is not None), found[0])


def _found(row: Mapping[Any, Any], subject: str = "") -> Found:
    """Return what one row of scores says."""
    n, informative = optional(row["n"]), optional(row.get("n_informative"))
    reason = row.get("undefined")
    return Found(
        optional(row["value"]), optional(row["low"]), optional(row["high"]), 0 if n is None else int(n),
        str(reason) if isinstance(reason, str) and reason else NOT_COMPUTED, subject,
        None if informative is None else int(informative),
    )  # fmt: skip
