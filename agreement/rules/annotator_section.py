"""An annotator who differs from colleagues in one section only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from agreement.case import Case
from agreement.contrasts import Estimate, Sums, additive, difference, fdr, sums_by
from agreement.evidence import Bools, Evidence
from agreement.flags import Flag, Rule, Subject
from agreement.rules._parts import (
    TEST,
    disputes,
    examples,
    interval_words,
    most,
    points,
    regular,
    rounded,
    scalar,
    settled_by_leaving_out,
    share_left_out,
    verdict_of,
)
from agreement.rules.annotator import KAPPA_FLOOR


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
    inside = cells.mean()
    return difference(inside, cells.sum(1).expand(1).minus(cells).mean()), inside


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
        p = np.where(off.n >= thresholds["min_items"], off.p_above(), 1.0)
        q = np.ones(p.shape)
        testable = off.n >= thresholds["min_items"]
        q[testable] = fdr(p[testable])
        large = (np.nan_to_num(off.value, nan=-1) >= thresholds["min_effect"]) & (
            np.nan_to_num(inside.value, nan=-1) >= thresholds["min_inside"]
        )
        confirmed = large & (q < thresholds["q_confirmed"])

        def cell(flat: int, off: Estimate = off, inside: Estimate = inside, q: np.ndarray = q) -> Cell:
            index = np.unravel_index(flat, q.shape)
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


def rows_of(evidence: Evidence, annotator: int, section: int) -> Bools:
    """Return (N,) the labels of one annotator in one section."""
    return np.asarray((evidence.annotator == annotator) & (evidence.section[evidence.unit] == section))


def split_sections(cells: list[Cell], evidence: Evidence, thresholds: Mapping[str, float]) -> dict[int, list[Cell]]:
    """Return the sections in which so many are off that it is the section: two readings, not people."""
    by_section: dict[int, list[Cell]] = {}
    for cell in cells:
        if cell.q < thresholds["q_confirmed"]:
            by_section.setdefault(cell.section, []).append(cell)
    return {
        section: mine
        for section, mine in by_section.items()
        if len(mine) >= 2
        and len(mine) >= 0.3 * len(np.unique(evidence.annotator[evidence.kept & (evidence.section[evidence.unit] == section)]))
    }


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the cells off the pack, except where so many are off that it is the section."""
    evidence = case.rest
    if len(evidence.sections) < 2 or len(evidence.present) < 3:
        return
    cells = cells_off(evidence, thresholds, case.confidence)
    split = split_sections(cells, evidence, thresholds)
    within = regular(evidence)
    for cell in cells:
        verdict = verdict_of(cell.q, thresholds)
        if cell.section in split or verdict is None:
            continue
        name, section = evidence.annotators[cell.annotator], evidence.sections[cell.section]
        title = case.annotations.guidelines.name(section)
        rows = rows_of(case.whole, cell.annotator, cell.section)
        share = share_left_out(case.whole, rows)
        total = np.bincount(case.whole.unit, np.where(rows, case.whole.total, 0), minlength=len(case.whole.section))
        yield Flag(
            RULE.name, verdict if within else "suspected",
            Subject(RULE.name, case.layer, annotator=name, section=section),
            f"In section {title}, {name} differs from colleagues on the same items {points(cell.value)} more than "
            f"elsewhere {interval_words(cell.low, cell.high, cell.n, case.confidence)}; elsewhere {name} is like the others.",
            f"One conversation with {name} about section {title}, with the examples; then label those items again. "
            "It may be another reading of the section, so ask before telling.",
            "annotator lead", effect=cell.value, low=cell.low, high=cell.high, n=cell.n, q=cell.q,
            **disputes(case, settled_by_leaving_out(case, rows)), share_of_disagreement=rounded(share),
            evidence={
                "inside": cell.inside,
                "design": "same items" if within else "rotating pairs",
                "share_exact": share,
            },
            examples=examples(case, most(total, total > 0)),
        )  # fmt: skip


RULE = Rule(
    "annotator_section",
    "Annotator off in one section",
    "This person differs from colleagues in one section and is like the others elsewhere.",
    {**TEST, "min_effect": 0.15, "min_inside": 0.09, "min_items": 10},
    30,
    _check,
)
