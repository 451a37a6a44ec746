"""Which label each item most likely deserves, where its section's own mix of labels is known."""

import numpy as np

from agreement.diagnosis.evidence import Evidence, Floats, Ints, tally

STEPS = 15
SETTLED = 1e-3
BORROWED = 5.0  # items of the whole project that each section's mix of labels borrows
LEAST = 1e-9
RIGHT, GIVEN = 2.0, 3.0  # two labels of three are right before anything is seen


def likely_labels(evidence: Evidence) -> tuple[Ints, Ints, Floats]:
    """Return unit, label and probability of every label that a unit with two or more labels was given, sorted.

    One-coin model: a label is right with the same chance everywhere; else it falls where slips fall, half of them as
    frequent labels do, half anywhere. Each section has a mix of labels of its own. What the labels of a unit say about
    it is counted so, and not by the labels themselves, because slips put an item under labels that are rare, and rare
    labels under items of the majority: sections that differ in their mix would then seem to differ in their quality,
    and a section full of slips would be excused by the rare labels that the slips left there. Expectation and
    maximisation (Dawid & Skene 1979, Appl. Statist. 28, with one coin), at most 15 steps.

    Examples
    --------
    >>> from agreement.diagnosis.evidence import from_units
    >>> from agreement.units import units_from_matrix
    >>> unit, label, chance = likely_labels(from_units(units_from_matrix([["x", "x"]] * 8 + [["x", "y"]])))
    >>> chance.round(2)  # the last item has most likely the label that is frequent
    array([1., 1., 1., 1., 1., 1., 1., 1., 1., 0.])
    """
    return evidence.once("likely labels", lambda: _likely(evidence))


def _likely(evidence: Evidence) -> tuple[Ints, Ints, Floats]:
    """Return what ``likely_labels`` does."""
    unit, label, count = evidence.label_counts()
    k, places = len(evidence.labels), len(evidence.sections) + 1
    size = evidence.size[unit].astype(np.float64)
    chance = count / size
    open_ = np.flatnonzero(count < size)
    cell = evidence.section[unit] % places * k + label
    given = float(count.sum())
    usual = 0.5 * tally(label, count, k) / max(given, 1.0) + 0.5 / k  # where slips fall
    agreed = count == size
    mix_agreed = tally(cell[agreed], chance[agreed], places * k)
    right_agreed = float(count[agreed].sum())
    at, times, others = cell[open_], count[open_], (size - count)[open_]
    own, rest = np.log(usual)[label[open_]], np.log1p(LEAST - usual)[label[open_]]
    starts = np.flatnonzero(np.diff(unit[open_], prepend=-1))
    unit_of = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(open_)))
    now = chance[open_]
    for _ in range(STEPS if len(open_) else 0):
        mix = (mix_agreed + tally(at, now, places * k)).reshape(places, k)
        mix += BORROWED * mix.sum(axis=0) / max(mix.sum(), 1.0) + LEAST
        right = (right_agreed + float(now @ times) + RIGHT) / (given + GIVEN)
        log_mix = np.log(mix / mix.sum(axis=1, keepdims=True)).ravel()
        score = log_mix[at] + times * (np.log(right) - own) + others * (np.log1p(-right) - rest)
        score = np.exp(score - np.maximum.reduceat(score, starts)[unit_of])
        before, now = now, score / np.add.reduceat(score, starts)[unit_of]
        if np.abs(now - before).max() < SETTLED:
            break
    chance[open_] = now
    return unit, label, chance
