"""Annotators inside one section against the same annotators outside it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln

from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import Estimate, Sums, additive, difference
from agreement.diagnosis.evidence import Bools, Evidence, Floats, Ints
from agreement.diagnosis.people import Gone, contrast_sums, given, sums_by_annotator, without
from agreement.rules._parts import regular, scalar
from agreement.rules._plurality import deviations
from agreement.rules._readings import MAX_CELLS, camps, names_of, two_readings
from agreement.rules._sections import DEFAULTS, Strata, section_effect, strata_of, unsound
from agreement.rules._standing import crowded, in_teams
from agreement.uncertainty.distributions import fdr

BORROWED = 8
KAPPA_FLOOR = 0.25
CAMP_ALPHA = 0.01
CAMP_EFFECT = 0.08
MIN_BALANCE = 0.25  # two people who only agree with each other are no camp
STAFF = 0.25
ENOUGH_LEFT = 0.5  # of the items on which three can be compared
MORE_ALPHA = 0.05
MORE_THERE = 0.05  # a section read in two ways has more disagreement than the others
SHARED = 0.33  # a reading is shared only if it explains this much of the one who stands out
IN_COMPANY = 0.25  # how likely a colleague shares the reading of somebody who stands out, before anything is seen
MOSTLY = 4.0, 2.0  # beta distribution of how often such a colleague joins
JOINED = 0.40  # more seldom nobody shares a reading
COMPANY = 3.0  # log odds that anybody does
OTHERS_TOO = 0.50  # of what the one who stands out shows


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
    scale = np.sqrt(max(evidence.kappa, KAPPA_FLOOR))
    if regular(evidence):
        sums = contrast_sums(evidence, evidence.contrast(), by_section=True)
    else:
        fit = additive(evidence)
        if not fit.identified:
            return None
        use = evidence.kept & evidence.compared[evidence.unit]
        sums = fit.left or sums_by_annotator(
            evidence, np.where(use, fit.residual[evidence.unit], np.nan), by_section=True
        )
    cells = Sums(*(part[:, :-1] for part in sums.times(1 / scale).parts()))
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
        order = np.argsort(np.where(confirmed, -off.value, np.inf), axis=None, kind="stable")
        # in a crowd others in a cell only make somebody look better: all at once
        worst = [cell(int(flat)) for flat in order[: int(confirmed.sum()) if crowded(rest) else 1]]
        found += worst
        rest = without(rest, cells_gone(worst))
    return found


def cells_gone(cells: list[Cell]) -> Gone:
    """Return the labels of *cells*."""
    return Gone(cells=frozenset((cell.annotator, cell.section) for cell in cells))


def crowd(case: Case) -> Evidence:
    """Return the evidence in which three people can be compared.

    Whoever is set apart already comes back when fewer than three are left, or too few items with three labels: what
    such a person adds is the same inside a section and outside, so the contrast of the two is not touched; only its
    noise grows.
    """
    left = case.rest.number(case.rest.size >= 3)
    if len(case.rest.present) >= 3 and left >= ENOUGH_LEFT * case.whole.number(case.whole.size >= 3):
        return case.rest
    return without(case.whole, case.explained_by(*case.confirmed("copy", "annotator_section")))


def sound(case: Case) -> Evidence:
    """Return the evidence by which sections are judged: in teams that share no items without those set apart.

    There, what such a person adds is not the same inside a section and outside: it is where the team labels. Two sound
    people tell how unreliable a section is as well.
    """
    left, compared = case.rest.number(case.rest.compared), case.whole.number(case.whole.compared)
    if len(case.rest.present) >= 3 and left >= ENOUGH_LEFT * compared and in_teams(case.whole):
        return case.rest
    return crowd(case)


def everybody(case: Case) -> Evidence:
    """Return the evidence of all who think for themselves, set apart or not: a careless person may share a reading."""
    return without(case.whole, case.explained_by(*case.confirmed("copy")))


def camps_of(cells: list[Cell], evidence: Evidence, every: Evidence) -> tuple[tuple[str, ...], ...]:
    """Return the camps of a section: those off against the others, or, when only one stands out, who reads alike.

    *every* is the evidence of everybody, those included who were set apart from *evidence*.
    """
    inside = evidence.section == cells[0].section
    if len(cells) == 1:
        found = two_readings(evidence, inside, CAMP_ALPHA, max(CAMP_EFFECT, SHARED * cells[0].value))
        return found or _with_company(cells[0], every)
    camp = tuple(sorted(evidence.annotators[cell.annotator] for cell in cells))
    here = np.flatnonzero(given(evidence)[:, cells[0].section])
    return camp, tuple(evidence.annotators[a] for a in here if evidence.annotators[a] not in camp)


def _with_company(cell: Cell, every: Evidence) -> tuple[tuple[str, ...], ...]:
    """Return those who read the section as the annotator of *cell* does, and the others; nothing if nobody does.

    Who reads it the same way stands with the annotator where that one stands against the plurality of the others, far
    more often than against it where the annotator does not: whoever is careless does both alike. What several
    colleagues with a few items each show adds up.
    """
    if every.label is None or every.weights is not None:
        return ()
    if every.people is not None or len(every.unit) * len(every.present) > MAX_CELLS:
        return ()
    units = (every.section == cell.section) & (every.size >= 3)
    units &= np.bincount(every.unit[every.kept & (every.annotator == cell.annotator)], minlength=len(units)) > 0
    row = np.where(units, np.cumsum(units) - 1, -1)
    unit, label, count = every.label_counts()
    use = units[unit]
    counts = np.zeros((int(units.sum()), len(every.labels)))
    counts[row[unit[use]], label[use]] = count[use]
    rows = np.flatnonzero(every.kept & units[every.unit])
    place, who, code = row[every.unit[rows]], every.annotator[rows], every.label[rows]

    def labels_of(one: int) -> Ints:
        given = np.full(len(counts), -1)
        given[place[who == one]] = code[who == one]
        return given

    def number(some: Bools) -> int:
        shown = units.copy()
        shown[units] = some
        return every.number(shown)

    own = labels_of(cell.annotator)
    staff = np.unique(who)
    colleagues = staff[staff != cell.annotator]
    seen = np.zeros((len(colleagues), 4))  # deviations of the annotator, joined ones; other items, deviations there
    for at, colleague in enumerate(colleagues.tolist()):
        other = labels_of(colleague)
        against, joined, plurality = deviations(counts, own, other)
        alone = deviations(counts, other, own)[0] & (own == plurality)
        both = (own == plurality) & (other == plurality)
        seen[at] = number(against), number(joined), number(alone | both), number(alone)
    odds = _odds_of_company(*seen.T)
    if float(np.logaddexp(np.log1p(-IN_COMPANY), np.log(IN_COMPANY) + odds).sum()) < COMPANY:
        return ()
    with_it = odds > 0
    sides = [cell.annotator, *colleagues[with_it].tolist()], colleagues[~with_it].tolist()
    return tuple(tuple(every.annotators[a] for a in sorted(side)) for side in sides if side)


def _odds_of_company(against: Floats, joined: Floats, others: Floats, alone: Floats) -> Floats:
    """Return (C,) log odds that a colleague shares a reading, from *joined* of *against* and *alone* of *others*.

    Whoever does not joins as often as on other items, a share that borrows from all colleagues; whoever does, mostly.
    """
    usual = (alone.sum() + 1) / (others.sum() + 4)
    hits, misses = alone + BORROWED * usual, others - alone + BORROWED * (1 - usual)
    apart = betaln(hits + joined, misses + against - joined) - betaln(hits, misses)
    together = betaln(MOSTLY[0] + joined, MOSTLY[1] + against - joined) - betaln(*MOSTLY)
    often = joined > np.maximum(JOINED, (alone + 1) / (others + 2)) * against
    return np.asarray(np.where(often, together - apart, np.minimum(together - apart, 0.0)))


def _others_too(cell: Cell, rest: Strata) -> bool:
    """Return True if the others, of whom *rest* is, disagree more in the section too."""
    found = section_effect(rest, cell.section, np.zeros(len(rest.units) - 1, bool))
    return float(found.value) >= OTHERS_TOO * cell.value and float(found.p_above()) < CAMP_ALPHA


@dataclass(frozen=True, slots=True)
class Split:
    """A section that is read in two ways: how sure that is, and the camps by name."""

    q: float
    camps: tuple[tuple[str, ...], ...]


def split_sections(case: Case, cells: list[Cell], thresholds: Mapping[str, float]) -> dict[int, Split]:
    """Return the sections in which so many are off that it is the section: two readings, not people.

    At least two people, and a quarter of those who work in the section (a quarter of the busiest one's labels or more),
    of whom one may be too little off to be told alone: two in the same section are seldom chance; or one, when others
    read the section the same way; or nobody, when half reads it one way and half the other. In the
    evidence of ``crowd``, from which the *cells* are, the section must have more disagreement than the sound ones.
    """
    judged, evidence, every = crowd(case), case.rest, everybody(case)
    changing = {flag.subject.annotator for flag in case.confirmed("drift")}  # off in whatever section came last
    cells = [cell for cell in cells if evidence.annotators[cell.annotator] not in changing]
    by_section: dict[int, list[Cell]] = {}
    for cell in cells:
        by_section.setdefault(cell.section, []).append(cell)
    result, sound = {}, without(judged, cells_gone(cells))
    second = _second(without(every, cells_gone(cells)), thresholds, case.confidence) if cells else {}
    for section, found in by_section.items():
        staff, mine = _staff(evidence, section), found
        if len(found) == 1 and section in second and _staff(every, section)[second[section].annotator]:
            mine = [*found, second[section]]
        many = len(mine) >= 2 and len(mine) >= STAFF * int(staff.sum())
        mine = mine if many else found
        q = min(cell.q for cell in mine) * (max(cell.q for cell in mine) if many else 1.0)
        if q >= thresholds["q_confirmed"]:
            continue
        named = camps_of(mine, evidence, every)
        if many or named or (len(mine) == 1 and _others_too(mine[0], strata_of(sound))):
            result[section] = Split(q, named)
    coinciding = len(every.labels) == 2  # whoever is careless agrees with whoever else is
    result = {**read_in_two_ways(evidence if coinciding else every), **result}
    if not result:
        return result
    strata, split = strata_of(judged), np.isin(np.arange(len(judged.sections)), list(result))
    bad = unsound(judged, strata, split, case.chosen("section", DEFAULTS))
    return {
        section: found
        for section, found in result.items()
        if float(section_effect(strata, section, bad).p_above()) < MORE_ALPHA
    }


def _second(sound: Evidence, thresholds: Mapping[str, float], confidence: float) -> dict[int, Cell]:
    """Return by section who is most off there among the *sound*, cells left out: one person is tested in each section.

    Their q counts the people of the section only.
    """
    estimates = _estimates(sound)
    if estimates is None:
        return {}
    off, inside = estimates
    p = off.p_among(thresholds["benign"])
    large = (np.nan_to_num(off.value, nan=-1) >= thresholds["min_effect"]) & (
        np.nan_to_num(inside.value, nan=-1) >= thresholds["min_inside"]
    )
    p = np.where(large & (off.n >= thresholds["min_items"]), p, 1.0)
    result = {}
    for section, annotator in enumerate(p.argmin(axis=0).tolist()):
        index = annotator, section
        if p[index] < CAMP_ALPHA:
            value, low, high, n = scalar(off, index, confidence)
            q = min(float(p[index]) * int((off.n[:, section] > 0).sum()), 1.0)
            result[section] = Cell(annotator, section, q, value, low, high, n, float(inside.value[index]))
    return result


def read_in_two_ways(evidence: Evidence) -> dict[int, Split]:
    """Return the sections whose staff falls into two camps that are not at odds elsewhere."""
    result: dict[int, Split] = {}
    if evidence.people is not None:  # in crowds of that size nobody can look for camps
        return result
    compared = evidence.compared
    for section in range(len(evidence.sections)):
        inside = evidence.section == section
        here, there = inside & compared, ~inside & compared
        if not here.any() or not there.any() or evidence.mean_of(here) - evidence.mean_of(there) < MORE_THERE:
            continue
        staff = evidence.without(~_staff(evidence, section)[evidence.annotator])
        found = camps(staff, inside, 0.95)
        if found is None or found.p * len(evidence.sections) >= CAMP_ALPHA or found.effect < CAMP_EFFECT:
            continue
        sides = names_of(staff, found)
        if min(map(len, sides)) < 2 or found.balance < MIN_BALANCE:
            continue
        elsewhere = camps(staff, ~inside, 0.95)
        least = min(0.5 * found.effect, found.low)
        everywhere = elsewhere is not None and elsewhere.p < CAMP_ALPHA and elsewhere.effect >= least
        if not everywhere:
            result[section] = Split(found.p * len(evidence.sections), sides)
    return result


def _staff(evidence: Evidence, section: int) -> Bools:
    """Return (A,) who works in a *section*: those with a quarter of the busiest one's labels or more."""
    here = given(evidence)[:, section]
    return np.asarray((here > 0) & (here >= STAFF * here.max(initial=0)))
