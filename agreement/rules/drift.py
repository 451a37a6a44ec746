"""An annotator who changes over time: against colleagues on the same items, or on gold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from agreement._times import instants
from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import Estimate
from agreement.diagnosis.courses import Course, course
from agreement.diagnosis.evidence import Bools, Evidence, Floats, tally
from agreement.diagnosis.people import Gone, Near, without
from agreement.flags import Flag, Rule, Subject, Verdict
from agreement.gold.over_time import Drift, drifts
from agreement.gold.suspects import GoldUnits, gold_units
from agreement.rules._parts import (
    N_EXAMPLES,
    TEST,
    disputed,
    disputes,
    examples,
    examples_near,
    regular,
    scalar,
    verdict_of,
)
from agreement.rules._standing import steepness
from agreement.uncertainty.distributions import fdr
from agreement.wording import Figure, causes
from agreement.wording import rules as words

FIELDS = ["item", "round", "annotator"]
MIN_FOR_MEDIAN = 20
AT_ONE_END = 0.05
SMALL_PART = 1 / 3
LEAST_LEFT, STILL_SHOWS = 0.4, 2.0  # of a change, and standard errors, whichever section is left out
KNOWN = 0.2  # standard error of a slope beyond which it tells nothing of the ends


def positions(case: Case) -> Floats | None:
    """Return (N,) where each label stands in its annotator's own order, 0 to 1; None if the order is not known.

    Of a crowd in an engine, (A, R) where the labels of each round stand.
    """
    return case.whole.once("positions", lambda: _positions(case))


def _positions(case: Case) -> Floats | None:
    """Return what ``positions`` does."""
    evidence, asked = case.whole, case.annotations.assignments
    if evidence.people is not None:
        here = evidence.people.given_in_rounds()
        with np.errstate(invalid="ignore"):
            share: Floats = (np.cumsum(here, axis=1) - here / 2) / here.sum(axis=1, keepdims=True)
        return share if np.count_nonzero(here.sum(axis=0)) >= 3 else None
    mine = asked["layer"].eq(case.layer).to_numpy()
    asked = asked if mine.all() else asked.loc[mine]  # ten million rows are not copied for nothing
    rounds = sorted(set(case.rounds))
    timed = any(str(value).strip() for value in asked["time"].unique())
    when = instants(asked["time"].astype(str).tolist()) if timed else None
    if when is not None and np.isfinite(when).mean() > 0.9:
        names = pd.DataFrame(
            {
                "item": np.array(case.items, dtype=object)[evidence.unit],
                "round": np.array(case.rounds, dtype=object)[evidence.unit],
                "annotator": np.array(evidence.annotators, dtype=object)[evidence.annotator],
            }
        )
        known = asked[FIELDS].astype(object).assign(when=when)
        order = names.merge(known.drop_duplicates(FIELDS), on=FIELDS, how="left")["when"]
    elif len(rounds) >= 3:
        order = pd.Series(np.searchsorted(rounds, np.array(case.rounds))[evidence.unit].astype(float))
    else:
        return None
    return _shares(evidence, order.to_numpy(np.float64)) if order.nunique() >= 3 else None


def _shares(evidence: Evidence, order: Floats) -> Floats:
    """Return (N,) which share of its annotator's labels lies before each, half of those at the same place counted."""
    known = np.flatnonzero(np.isfinite(order))
    who = evidence.annotator[known]
    places, place = np.unique(order[known], return_inverse=True)
    cells, cell = np.unique(who * len(places) + place, return_inverse=True)
    here = evidence.count(cell, evidence.unit[known], len(cells))
    owner, until = cells // max(len(places), 1), np.cumsum(here)
    every = np.bincount(owner, here, minlength=len(evidence.annotators))
    before = until - here - (np.cumsum(every) - every)[owner]
    share = np.full(len(order), np.nan)
    share[known] = ((before + here / 2) / every[owner])[cell]
    return share


@dataclass(frozen=True, slots=True)
class _Slope:
    """Change of every annotator from first to last label, and where each starts.

    Parameters
    ----------
    change, start
        (A,) change, and the value at the start.
    everywhere
        (A,) whether it still shows, and by much, whichever section is left out.
    """

    change: Estimate
    start: Floats
    everywhere: Bools


def _slopes(evidence: Evidence, position: Floats) -> _Slope:
    """Return the slopes of the contrast on the position.

    Sections are not taken out: where one is labelled after the other, hardly anything would be left. Who is off in one
    section only, which came late, is told from who changes by leaving out one section after the other.
    """
    size = len(evidence.annotators)
    labels = course(evidence, evidence.contrast() / steepness(evidence), position)

    def by_annotator(values: Floats) -> Floats:
        return tally(labels.who, values, size)

    n = by_annotator(labels.n)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_y, mean_x = by_annotator(labels.y) / n, by_annotator(labels.n * labels.x) / n
        x_in, mean = labels.x - mean_x[labels.who], mean_y[labels.who]
        xx = by_annotator(labels.n * x_in * x_in)
        slope = by_annotator(x_in * (labels.y - labels.n * mean)) / xx
    sums = labels.sums(-x_in * (mean + slope[labels.who] * x_in), x_in)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(sums.yy) / xx
        se = se * n / labels.shrunk  # of the difference from colleagues, not from a mean with oneself in it
    known = np.isfinite(slope) & (n >= MIN_FOR_MEDIAN)
    usual = 0.0
    if known.any():  # colleagues of a person who gets worse seem to get better: the median annotator stands still
        usual = float(np.median(slope[known]))
        mean_y = mean_y - np.median(mean_y[known])
    change = Estimate(slope - usual, se, sums.clusters - 2, n)
    return _Slope(change, mean_y - change.value * mean_x, _everywhere(evidence, labels, change, known))


def _everywhere(evidence: Evidence, labels: Course, change: Estimate, known: Bools) -> Bools:
    """Return (A,) whether the *change* against the median of the *known* still shows whichever section is left out."""
    people, places = len(evidence.annotators), len(evidence.sections) + 1
    parts = np.stack(
        [
            tally(labels.cell, values, people * places).reshape(people, places)
            for values in (labels.n, labels.n * labels.x, labels.y, labels.n * labels.x**2, labels.x * labels.y)
        ]
    )
    every = parts.sum(axis=2, keepdims=True)
    n, x, y, xx, xy = every - parts
    with np.errstate(invalid="ignore", divide="ignore"):
        spread, of_all = xx - x * x / n, every[3] - every[1] ** 2 / every[0]
        slope = (xy - x * y / n) / spread
        told = known[:, None] & np.isfinite(slope)
        usual, some = np.zeros(places), told.any(axis=0)
        usual[some] = np.nanmedian(np.where(told, slope, np.nan)[:, some], axis=0)
        left = np.sign(change.value)[:, None] * (slope - usual)
        se = change.se[:, None] * np.sqrt(of_all / spread)
        shows = (left >= LEAST_LEFT * np.abs(change.value)[:, None]) & (left >= STILL_SHOWS * se)
    tells = (parts[0] > 0) & (n >= MIN_FOR_MEDIAN)
    return np.asarray((shows | ~tells).all(axis=1))


def at_one_end_only(case: Case, code: int) -> bool:
    """Return True if an annotator seems to be off in one half of the work only: a change too small to be sure of.

    Of few labels the slope is hardly known.
    """
    case = case.of_labels()
    position = positions(case) if regular(case.rest) else None
    if position is None:
        return False
    slopes = _slopes(case.rest, position)
    change, start = slopes.change, float(slopes.start[code])
    nearer, farther = sorted((start, start + float(change.value[code])))
    p = float(Estimate(np.abs(change.value), change.se, change.df, change.n).p_above()[code])
    return 2 * p < AT_ONE_END and float(change.se[code]) < KNOWN and nearer < SMALL_PART * farther


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the annotators who change, one flag each: that of the firmer verdict, the colleagues' where both are."""
    case = case.of_labels()
    flags = [*_against_colleagues(case, thresholds), *_on_gold(case, thresholds)]
    named = dict.fromkeys(flag.subject.annotator for flag in flags)
    for name in named:
        mine = [flag for flag in flags if flag.subject.annotator == name]
        yield next((flag for flag in mine if flag.verdict == "confirmed"), mine[0])


def _on_gold(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the annotators who miss more gold since some time, beyond what the others do from then on."""
    if case.comparison.layer.kind not in ("category", "ordinal", "labels"):
        return
    table = case.annotations.table
    for gold in case.annotations.of_kind("gold"):
        if not (table["annotator"].eq(gold) & table["layer"].eq(case.layer)).any():
            continue
        known = gold_units(case.annotations, case.layer, gold)
        for drift in drifts(case.annotations, known, case.confidence):
            change, verdict = drift.shift.change, verdict_of(drift.q, thresholds)
            if verdict and change - max(drift.others or 0.0, 0.0) >= thresholds["min_effect_gold"]:
                yield _flag_on_gold(case, known, drift, verdict)


def _flag_on_gold(case: Case, known: GoldUnits, drift: Drift, verdict: Verdict) -> Flag:
    """Return the flag of one annotator whose error rate on gold rose."""
    name, shift, units = drift.annotator, drift.shift, known.units
    n = shift.n_before + shift.n_after
    before, after = shift.errors_before / shift.n_before, shift.errors_after / shift.n_after
    missing = Figure(before, n=shift.n_before), Figure(after, n=shift.n_after)
    risen = Figure(shift.change, drift.low, drift.high, n, "gold item", confidence=case.confidence)
    known_units = {place: unit for unit, place in enumerate(zip(case.items, case.rounds, strict=True))}
    named = [
        (units.items[units.item[unit]], units.rounds[units.round[unit]] if units.round[unit] >= 0 else "")
        for unit in drift.missed.tolist()
    ]
    shown = np.array([known_units[place] for place in named if place in known_units], dtype=np.int64)
    missed = np.zeros(len(case.items), dtype=bool)
    missed[shown] = True
    return Flag(
        RULE.name, verdict, Subject(RULE.name, case.layer, annotator=name),
        *causes.drift_on_gold(name, drift.since, *missing, risen),
        "annotator lead", direction="worse", effect=shift.change, low=drift.low, high=drift.high, n=n, q=drift.q,
        **disputes(case, missed), share_of_disagreement=0.0,
        evidence={
            "excess_at_start": before, "excess_at_end": after, "share_exact": 0.0, "gold_set": known.name,
            "since": drift.since, "missed_before": shift.errors_before, "n_before": shift.n_before,
            "missed_after": shift.errors_after, "n_after": shift.n_after, "change_of_others": drift.others,
        },
        examples=examples(case, shown[:N_EXAMPLES]),
    )  # fmt: skip


def _against_colleagues(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the annotators who change, strongest first, each out of the next one's reference."""
    if not regular(case.rest) or len(case.rest.present) < 3:
        return
    position = positions(case)
    if position is None:
        return
    evidence, done = case.rest, 0
    limit = max((len(evidence.present) - 1) // 2, 1)
    while done < limit and len(evidence.present) >= 3:
        slopes = _slopes(evidence, position)
        change = slopes.change
        tested = np.flatnonzero(change.n >= thresholds["min_items"])
        if not len(tested):
            return
        both = Estimate(np.abs(change.value), change.se, change.df, change.n)
        q = np.ones(len(change.value))
        q[tested] = fdr(np.minimum(2 * both.p_above(thresholds["benign"])[tested], 1.0))
        large = (both.value >= thresholds["min_effect"]) & (q < thresholds["q_suspected"])
        large &= slopes.everywhere
        if not large.any():
            return
        code = int(np.argmax(np.where(large, both.value / both.se, -np.inf)))
        yield _flag(case, evidence, slopes, code, float(q[code]), thresholds, position)
        evidence, done = without(evidence, Gone(annotators=frozenset({code}))), done + 1


def _flag(
    case: Case,
    evidence: Evidence,
    slopes: _Slope,
    code: int,
    q: float,
    thresholds: Mapping[str, float],
    position: Floats,
) -> Flag:
    """Return the flag of one annotator."""
    name = evidence.annotators[code]
    value, low, high, n = scalar(slopes.change, code, case.confidence)
    worse = value > 0
    near, late = _late(evidence, code, position, worse=worse)
    apart = tally(near.evidence.unit, np.where(late, near.evidence.total, 0.0), len(near.evidence.section)) > 0
    hits, every = near.evidence.number(apart), case.whole.number(disputed(case.whole))
    nearest, farthest = sorted((abs(low), abs(high)))
    size = Figure(value, nearest, farthest, n, case.noun, confidence=case.confidence)
    return Flag(
        RULE.name, verdict_of(q, thresholds) or "suspected", Subject(RULE.name, case.layer, annotator=name),
        *causes.drift(name, size, worse=worse),
        "annotator lead", direction="worse" if worse else "better",
        effect=value, low=low, high=high, n=n, q=q, disputes=hits,
        share_of_disputes=hits / every if every else 0.0, share_of_disagreement=0.0,
        evidence={
            "excess_at_start": float(slopes.start[code]),
            "excess_at_end": float(slopes.start[code] + value),
            "share_exact": 0.0,
        },
        examples=examples_near(case, near, late),
    )  # fmt: skip


def _late(evidence: Evidence, code: int, position: Floats, *, worse: bool) -> tuple[Near, Bools]:
    """Return the units near an annotator, and (N,) the own labels on them at the end that is *worse*, or was."""
    there = position > 0.5 if worse else position <= 0.5
    if evidence.people is not None:
        near = evidence.people.in_rounds(code, np.flatnonzero(there[code]))
        return near, near.evidence.annotator == code
    units = np.arange(len(evidence.section))
    return Near(evidence, np.zeros(len(units)), units), (evidence.annotator == code) & evidence.kept & there


RULE = Rule(
    "drift",
    *words.DRIFT,
    {**TEST, "min_effect": 0.15, "benign": 0.05, "min_items": 100, "min_effect_gold": 0.10},
    10,
    _check,
)
