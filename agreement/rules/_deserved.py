"""What items that deserve a label are given: one table for everybody, found from all labels of each item at once."""

from dataclasses import dataclass, field

import numpy as np

from agreement.diagnosis.contrasts import Estimate, linear
from agreement.diagnosis.evidence import Bools, Evidence, Floats, Ints, tally
from agreement.rules._parts import regular

STEPS = 60
SETTLED = 2e-3
BORROWED_ITEMS = 5.0  # items of the whole project that each section's mix of labels borrows
BORROWED_LABELS = 30.0  # labels that what is the same for all items is worth, for each label
RIGHT, GIVEN = 2.0, 3.0  # two labels of three are right before anything is seen
LEAST = 1e-9
WIDEST = 62.0  # bits of a code
MOST_CELLS = 20_000_000  # patterns times labels: beyond, only a model of slips is fitted


@dataclass(frozen=True, slots=True)
class Deserved:
    """Which label every unit likely deserves, and what it was given, by pattern of section and labels.

    Letters: V units compared, P patterns, K labels.

    Parameters
    ----------
    evidence
        Where the labels are from.
    unit, pattern
        (V,) units compared and their patterns.
    counts
        (P, K) labels given.
    chance
        (P, K) how likely each label is the one deserved.
    section
        (P,) place of the pattern: a section, or the number of sections where there is none.
    times
        (P,) units that show it.
    right
        Share of all labels that are the deserved ones.
    size
        (P,) labels on a unit.
    seen
        (K, K) labels given, by the label that their unit deserves: rows deserve, columns are given.
    items
        (K,) units that deserve each label.
    given, share
        (K,) units that were given each label, in part where they were given others too; the same as shares.
    keeps
        (K,) how much of what is given on units that deserve a label is that label; of few it borrows from all.
    """

    evidence: Evidence
    unit: Ints
    pattern: Ints
    counts: Floats
    chance: Floats
    section: Ints
    times: Floats
    right: float
    size: Floats = field(init=False)
    seen: Floats = field(init=False)
    items: Floats = field(init=False)
    given: Floats = field(init=False)
    share: Floats = field(init=False)
    keeps: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Fill in what all rules ask for."""
        size = self.counts.sum(axis=1)
        seen = (self.chance * self.times[:, None]).T @ self.counts
        given = self.times @ (self.counts / size[:, None])
        labels = seen.sum(axis=1)
        keeps = (np.diag(seen) + BORROWED_LABELS * self.right) / (labels + BORROWED_LABELS)
        parts = size, seen, self.times @ self.chance, given, given / max(float(given.sum()), LEAST), keeps
        for name, part in zip(("size", "seen", "items", "given", "share", "keeps"), parts, strict=True):
            object.__setattr__(self, name, part)

    @property
    def table(self) -> Floats:
        """(K, K) shares of the labels given, by the label deserved: rows sum to 1."""
        return np.asarray(self.seen / np.maximum(self.seen.sum(axis=1), LEAST)[:, None])

    @property
    def used(self) -> Bools:
        """(K,) labels that somebody gave."""
        return np.asarray(self.given > 0)

    @property
    def cells(self) -> Bools:
        """(K, K) the cells off the diagonal of labels in use."""
        return np.asarray(self.used & self.used[:, None] & ~np.eye(len(self.used), dtype=bool))

    def marked(self, *labels: int) -> int:
        """Return on how many units somebody gave one of the *labels*."""
        return int(self.times[(self.counts[:, list(labels)] > 0).any(axis=1)].sum())

    def estimate(self, influence: Floats, value: float, n: float) -> Estimate:
        """Return the estimate *value* whose standard error is that of the *influence* (P,) of each unit, by cluster."""
        by_unit = np.zeros(len(self.evidence.section))
        by_unit[self.unit] = influence[self.pattern]
        return linear(by_unit, self.evidence, value, n)


def deserved(evidence: Evidence) -> Deserved | None:
    """Return what units likely deserve; None where too few of them have three labels, which is what tells, or too many.

    Every label that a unit was given counts towards what it deserves, by a table of how often units that deserve one
    label are given each other one, the same table for everybody: people who have one of their own are set apart before
    (Dawid & Skene 1979, Appl. Statist. 28, with one table). Labels that are seldom deserved borrow from what is the
    same for all. Each section has a mix of labels of its own.

    Examples
    --------
    >>> from agreement.diagnosis.evidence import from_units
    >>> from agreement.units import units_from_matrix
    >>> rows = [["x"] * 3] * 30 + [["y"] * 3] * 20 + [["x", "x", "y"]] * 10
    >>> found = deserved(from_units(units_from_matrix(rows)))
    >>> found.items.round(1), found.seen.round(0)  # ten units that deserve x were given y once
    (array([40., 20.]), array([[110.,  10.],
           [  0.,  60.]]))
    """
    return evidence.once("deserved", lambda: _deserved(evidence))


def _deserved(evidence: Evidence) -> Deserved | None:
    """Return what ``deserved`` does."""
    if evidence.label is None or not regular(evidence) or not evidence.compared.any():
        return None
    patterns = _patterns(evidence)
    if patterns is None:
        return None
    unit, pattern, counts, section = patterns
    times = evidence.tally(pattern, unit, np.ones(len(unit)), len(counts))
    chance, right = _fitted(counts, section, times, len(evidence.sections) + 1, counts / counts.sum(axis=1)[:, None])
    return Deserved(evidence, unit, pattern, counts, chance, section, times, right)


def without_each_section(found: Deserved) -> list[Deserved]:
    """Return what units deserve as the others tell without each section in turn; none that would leave nothing."""
    result = []
    places = len(found.evidence.sections) + 1
    for place in range(places - 1):
        left = found.section != place
        if not left.any() or left.all():
            continue
        number = np.cumsum(left) - 1
        units = left[found.pattern]
        counts, section, times = found.counts[left], found.section[left], found.times[left]
        chance, right = _fitted(counts, section, times, places, found.chance[left])
        result.append(
            Deserved(
                found.evidence, found.unit[units], number[found.pattern[units]], counts, chance, section, times, right
            )
        )
    return result


def _fitted(counts: Floats, section: Ints, times: Floats, places: int, start: Floats) -> tuple[Floats, float]:
    """Return (P, K) how likely each label is the one deserved, beginning at *start*, and the share of labels right."""
    k, given = counts.shape[1], times @ counts
    used = given > 0
    usual = 0.5 * given / given.sum() + 0.5 * used / used.sum()  # where slips fall
    elsewhere = np.tile(usual, (k, 1))
    np.fill_diagonal(elsewhere, 0.0)
    elsewhere /= np.maximum(elsewhere.sum(axis=1, keepdims=True), LEAST)
    chance, right = start, 0.0
    for _ in range(STEPS):
        weighted = chance * times[:, None]
        mix = np.stack([tally(section, weighted[:, c], places) for c in range(k)], axis=1)
        mix += BORROWED_ITEMS * mix.sum(axis=0) / mix.sum() + LEAST
        seen = weighted.T @ counts
        right = float((np.trace(seen) + RIGHT) / (seen.sum() + GIVEN))
        same = (1 - right) * elsewhere + right * np.eye(k)
        table = (seen + BORROWED_LABELS * same) / (seen.sum(axis=1, keepdims=True) + BORROWED_LABELS)
        score = np.log(mix / mix.sum(axis=1, keepdims=True))[section] + counts @ np.log(np.maximum(table, LEAST)).T
        score = np.where(counts > 0, score, -np.inf)  # a label that nobody gave is not deserved
        score = np.exp(score - score.max(axis=1, keepdims=True))
        before, chance = chance, score / score.sum(axis=1, keepdims=True)
        if np.abs(chance - before).max() < SETTLED:
            break
    return chance, right


def _patterns(evidence: Evidence) -> tuple[Ints, Ints, Floats, Ints] | None:
    """Return units compared and their patterns (V,), and of each pattern the labels (P, K) and the section (P,).

    None if there are too many patterns of too many labels.
    """
    entry, label, count = evidence.label_counts()
    k, places = len(evidence.labels), len(evidence.sections) + 1
    starts = np.flatnonzero(np.diff(entry, prepend=-1))
    unit, row = entry[starts], np.repeat(np.arange(len(starts)), np.diff(starts, append=len(entry)))
    place = evidence.section[unit] % places
    base = int(count.max(initial=1)) + 1
    if k * np.log2(base) + np.log2(places) < WIDEST:  # one number says all there is
        code = np.zeros(len(starts), np.int64)
        np.add.at(code, row, count.astype(np.int64) * base ** label.astype(np.int64))
        code = code * places + place
    else:  # units of one mind are alike where as many said so, each other one is its own pattern
        size = count[starts].astype(np.int64)
        alike = (label[starts] * base + size) * places + place
        code = np.where(size == evidence.size[unit], alike, k * base * places + np.arange(len(starts)))
    first, pattern = np.unique(code, return_index=True, return_inverse=True)[1:]
    if len(first) * k > MOST_CELLS:
        return None
    counts = np.zeros((len(first), k))
    position = np.full(len(starts), -1)
    position[first] = np.arange(len(first))
    shown = position[row] >= 0
    counts[position[row[shown]], label[shown]] = count[shown]
    return unit, pattern.ravel(), counts, place[first]
