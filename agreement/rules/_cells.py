"""Annotators inside one section against the same annotators outside it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import Estimate, Sums, additive, difference, sums_by
from agreement.diagnosis.evidence import Bools, Evidence
from agreement.rules._parts import regular, scalar
from agreement.rules._readings import camps, names_of, two_readings
from agreement.rules._standing import KAPPA_FLOOR
from agreement.uncertainty.distributions import fdr

BORROWED = 8
CAMP_ALPHA = 0.01
CAMP_EFFECT = 0.08
MIN_BALANCE = 0.25  # two people who only agree with each other are no camp
STAFF = 0.25
ENOUGH_LEFT = 0.5  # of the items on which three can be compared
MORE_THERE = 0.05  # a section read in two ways has more disagreement than the others
SHARED = 0.33  # a reading is shared only if it explains this much of the one who stands out
WITNESSED = 0.5  # and this much where who shares it was set apart


@dataclass(frozen=True, slots=True)
class Cell:
    """One annotator in one section: inside against outside."""

    annotator: int
    section: int
    q: float
    value: float
    low: float
    high: float
    n: int
    inside: float


def _estimates(evidence: Evidence) -> tuple[Estimate, Estimate] | None:
    """Return (A, S) the difference inside - outside and the inside value; None if the design tells nothing."""
    n_annotators, n_sections = len(evidence.annotators), len(evidence.sections)
    scale = np.sqrt(max(evidence.kappa, KAPPA_FLOOR))
    if regular(evidence):
        value = evidence.contrast()
    else:
        fit = additive(evidence)
        if not fit.identified:
            return None
        use = evidence.kept & evidence.compared[evidence.unit]
        value = np.where(use, fit.residual[evidence.unit], np.nan)
    section = evidence.section[evidence.unit]
    group = np.where(section < 0, n_annotators * n_sections, evidence.annotator * n_sections + section)
    every = sums_by(group, n_annotators * n_sections + 1, evidence.cluster[evidence.unit], value / scale)
    cells = Sums(*(values[:-1].reshape(n_annotators, n_sections) for values in every.parts()))
    inside = _moderated(cells)
    return difference(inside, cells.sum(1).expand(1).minus(cells).mean()), inside


def _moderated(cells: Sums) -> Estimate:
    """Return the means of the cells; few clusters give a poor variance, so it borrows from all cells (Smyth 2004)."""
    mean = cells.mean()
    per_label = mean.se**2 * mean.n
    known = np.isfinite(per_label) & (mean.df > 0)
    if not known.any():
        return mean
    pooled = float((per_label[known] * mean.df[known]).sum() / mean.df[known].sum())
    own_df = np.maximum(mean.df, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        moderated = (own_df * np.nan_to_num(per_label) + BORROWED * pooled) / (own_df + BORROWED)
        se = np.sqrt(moderated / mean.n)
    return Estimate(mean.value, se, own_df + BORROWED, mean.n)


def cells_off(evidence: Evidence, thresholds: Mapping[str, float], confidence: float) -> list[Cell]:
    """Return the cells off the pack, worst first, each out of the next one's reference."""
    found: list[Cell] = []
    rest = evidence
    n_cells = len(evidence.present) * len(evidence.sections)
    while len(found) < n_cells:
        estimates = _estimates(rest)
        if estimates is None:
            break
        off, inside = estimates
        p = np.where(off.n >= thresholds["min_items"], off.p_among(thresholds["benign"]), 1.0)
        q = np.ones(p.shape)
        testable = off.n >= thresholds["min_items"]
        q[testable] = fdr(p[testable])
        large = (np.nan_to_num(off.value, nan=-1) >= thresholds["min_effect"]) & (
            np.nan_to_num(inside.value, nan=-1) >= thresholds["min_inside"]
        )
        confirmed = large & (q < thresholds["q_confirmed"])

        def cell(flat: int, off: Estimate = off, inside: Estimate = inside, q: np.ndarray = q) -> Cell:
            index = divmod(flat, q.shape[1])
            value, low, high, n = scalar(off, index, confidence)
            return Cell(int(index[0]), int(index[1]), float(q[index]), value, low, high, n, float(inside.value[index]))

        if not confirmed.any():
            suspected = np.flatnonzero(large & (q < thresholds["q_suspected"]))
            found += [cell(int(flat)) for flat in suspected]
            break
        worst = int(np.argmax(np.where(confirmed, off.value, -np.inf)))
        found.append(cell(worst))
        rest = rest.without(rows_of(rest, found[-1].annotator, found[-1].section))
    return found


def crowd(case: Case) -> Evidence:
    """Return the evidence in which three people can be compared.

    Whoever is set apart already comes back when fewer than three are left, or too few items with three labels: what
    such a person adds is the same inside a section and outside, so the contrast of the two is not touched; only its
    noise grows.
    """
    left = int((case.rest.size >= 3).sum())
    if len(case.rest.present) >= 3 and left >= ENOUGH_LEFT * int((case.whole.size >= 3).sum()):
        return case.rest
    apart = np.zeros(len(case.whole.unit), bool)
    for flag in case.confirmed("copy", "annotator_section"):
        apart |= case.explained_by(flag)
    return case.whole.without(apart)


def everybody(case: Case) -> Evidence:
    """Return the evidence of all who think for themselves, set apart or not: a careless person may share a reading."""
    copied = np.zeros(len(case.whole.unit), bool)
    for flag in case.confirmed("copy"):
        copied |= case.explained_by(flag)
    return case.whole.without(copied)


def rows_of(evidence: Evidence, annotator: int, section: int) -> Bools:
    """Return (N,) the labels of one annotator in one section."""
    return np.asarray((evidence.annotator == annotator) & (evidence.section[evidence.unit] == section))


def camps_of(cells: list[Cell], evidence: Evidence, every: Evidence) -> tuple[tuple[str, ...], ...]:
    """Return the camps of a section: those off against the others, or, when only one stands out, who reads alike.

    *every* is the evidence of everybody, those included who were set apart from *evidence*.
    """
    inside = evidence.section == cells[0].section
    if len(cells) == 1:
        found = two_readings(evidence, inside, CAMP_ALPHA, max(CAMP_EFFECT, SHARED * cells[0].value))
        return found or two_readings(every, inside, CAMP_ALPHA, max(CAMP_EFFECT, WITNESSED * cells[0].value))
    camp = tuple(sorted(evidence.annotators[cell.annotator] for cell in cells))
    here = np.unique(evidence.annotator[evidence.kept & inside[evidence.unit]])
    return camp, tuple(evidence.annotators[a] for a in here if evidence.annotators[a] not in camp)


@dataclass(frozen=True, slots=True)
class Split:
    """A section that is read in two ways: how sure that is, and the camps by name."""

    q: float
    camps: tuple[tuple[str, ...], ...]


def split_sections(
    cells: list[Cell], evidence: Evidence, every: Evidence, thresholds: Mapping[str, float]
) -> dict[int, Split]:
    """Return the sections in which so many are off that it is the section: two readings, not people.

    At least two people, and a quarter of those who work in the section (a quarter of the busiest one's labels or more);
    or one, when others read the section the same way; or nobody, when half reads it one way and half the other.
    """
    by_section: dict[int, list[Cell]] = {}
    for cell in cells:
        by_section.setdefault(cell.section, []).append(cell)
    result = {}
    for section, mine in by_section.items():
        staff = int(_staff(evidence, evidence.section == section).sum())
        sure = any(cell.q < thresholds["q_confirmed"] for cell in mine)
        many = len(mine) >= 2 and len(mine) >= STAFF * staff
        named = camps_of(mine, evidence, every)
        if sure and (many or named):
            result[section] = Split(min(cell.q for cell in mine), named)
    return {**read_in_two_ways(every), **result}


def read_in_two_ways(evidence: Evidence) -> dict[int, Split]:
    """Return the sections whose staff falls into two camps that are not at odds elsewhere."""
    result = {}
    compared = evidence.compared
    for section in range(len(evidence.sections)):
        inside = evidence.section == section
        here, there = evidence.disagreement[inside & compared], evidence.disagreement[~inside & compared]
        if not len(here) or not len(there) or here.mean() - there.mean() < MORE_THERE:
            continue
        staff = evidence.without(~_staff(evidence, inside)[evidence.annotator])
        found = camps(staff, inside, 0.95)
        if found is None or found.p * len(evidence.sections) >= CAMP_ALPHA or found.effect < CAMP_EFFECT:
            continue
        sides = names_of(staff, found)
        if min(map(len, sides)) < 2 or found.balance < MIN_BALANCE:
            continue
        elsewhere = camps(staff, ~inside, 0.95)
        everywhere = elsewhere is not None and elsewhere.p < CAMP_ALPHA and elsewhere.effect >= 0.5 * found.effect
        if not everywhere:
            result[section] = Split(found.p * len(evidence.sections), sides)
    return result


def _staff(evidence: Evidence, units: Bools) -> Bools:
    """Return (A,) who works on *units* (U,): those with a quarter of the busiest one's labels or more."""
    here = evidence.kept & units[evidence.unit]
    given = np.bincount(evidence.annotator[here], minlength=len(evidence.annotators))
    return np.asarray((given > 0) & (given >= STAFF * given.max(initial=0)))
