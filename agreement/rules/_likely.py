"""Which label each item most likely deserves, where its section's own mix of labels is known."""

from dataclasses import dataclass

import numpy as np

from agreement.diagnosis.evidence import Evidence, Floats, Ints, tally

STEPS = 10
SETTLED = 1e-2
BORROWED = 5.0  # items of the whole project that each section's mix of labels borrows
LEAST = 1e-9
RIGHT, GIVEN = 2.0, 3.0  # two labels of three are right before anything is seen
SEEN = 0.6  # how much of where slips fall is taken from what is seen of each label, the rest is the same for all
BEFOREHAND = 20.0  # labels that what is the same for all is worth


def likely_labels(evidence: Evidence) -> tuple[Ints, Ints, Floats]:
    """Return unit, label and probability of every label that a unit with two or more labels was given, sorted.

    A label is right with one chance everywhere; else it falls where slips do, half of them as frequent labels, half
    anywhere, and in part where labels of its kind are seen to fall. Each section has a mix of labels of its own. What
    the labels of a unit say about it is counted so, and not by the labels themselves, because slips put an item under
    labels that are rare, and rare labels under items of the majority: sections that differ in their mix would then seem
    to differ in their quality, and a section full of slips would be excused by the rare labels that slips left there.
    Expectation and maximisation between one coin and full tables (Dawid & Skene 1979, Appl. Statist. 28): full tables
    alone take bad sections for hard labels.

    Examples
    --------
    >>> from agreement.diagnosis.evidence import from_units
    >>> from agreement.units import units_from_matrix
    >>> unit, label, chance = likely_labels(from_units(units_from_matrix([["x", "x"]] * 8 + [["x", "y"]])))
    >>> chance.round(2)  # the last item has most likely the label that is frequent
    array([1., 1., 1., 1., 1., 1., 1., 1., 1., 0.])
    """
    return evidence.once("likely labels", lambda: _likely(evidence))


@dataclass(frozen=True, slots=True)
class _Open:
    """Labels of units that were given more than one: E entries (unit, label), P ordered pairs of entries of one unit.

    ``label``, ``times`` given, ``each``: how many equal units theirs stands for, ``cell`` of section and label,
    ``starts`` of units and ``unit`` by number are of entries; ``own`` and ``other`` say which entries are a pair.
    """

    label: Ints
    times: Floats
    each: Ints | None
    cell: Ints
    starts: Ints
    unit: Ints
    own: Ints
    other: Ints


def _open(evidence: Evidence, unit: Ints, label: Ints, count: Floats, cell: Ints) -> _Open:
    """Return the entries of units that are not of one mind."""
    entries = np.flatnonzero(count < evidence.size[unit])
    where = unit[entries]
    starts = np.flatnonzero(np.diff(where, prepend=-1))
    number = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(entries)))
    firsts: list[Ints] = []
    seconds: list[Ints] = []
    for shift in range(1, len(entries)):
        same = np.flatnonzero(number[shift:] == number[:-shift])
        if not len(same):
            break
        firsts.append(same)
        seconds.append(same + shift)
    each = None if evidence.times is None else evidence.times.each[where]
    first = np.concatenate(firsts) if firsts else np.zeros(0, np.int64)
    second = np.concatenate(seconds) if seconds else first
    return _Open(
        label[entries], count[entries], each, cell[entries], starts, number,
        np.concatenate([first, second]), np.concatenate([second, first]),
    )  # fmt: skip


def _likely(evidence: Evidence) -> tuple[Ints, Ints, Floats]:
    """Return what ``likely_labels`` does."""
    unit, label, count = evidence.label_counts()
    k, places = len(evidence.labels), len(evidence.sections) + 1
    size = evidence.size[unit].astype(np.float64)
    chance, agreed = count / size, count == size
    cell = evidence.section[unit] % places * k + label
    part = _open(evidence, unit, label, count, cell)
    if not len(part.label):
        return unit, label, chance
    counts = evidence.repeated(count, unit)
    given = float(counts.sum())
    usual = 0.5 * tally(label, counts, k) / max(given, 1.0) + 0.5 / k  # where slips fall
    mix_agreed = tally(cell[agreed], evidence.repeated(chance, unit)[agreed], places * k)
    right_agreed = tally(label[agreed], counts[agreed], k)
    now = chance[~agreed]
    for _ in range(STEPS):
        counted = now if part.each is None else now * part.each
        mix = (mix_agreed + tally(part.cell, counted, places * k)).reshape(places, k)
        mix += BORROWED * mix.sum(axis=0) / max(mix.sum(), 1.0) + LEAST
        right = (right_agreed.sum() + float(counted @ part.times) + RIGHT) / (given + GIVEN)
        table = _table(part, counted, right_agreed, right, usual)
        score = np.log(mix / mix.sum(axis=1, keepdims=True)).ravel()[part.cell]
        score += part.times * np.log(np.diag(table))[part.label]
        paired = part.times[part.other] * np.log(table)[part.label[part.own], part.label[part.other]]
        score += tally(part.own, paired, len(score))
        score = np.exp(score - np.maximum.reduceat(score, part.starts)[part.unit])
        before, now = now, score / np.add.reduceat(score, part.starts)[part.unit]
        if np.abs(now - before).max() < SETTLED:
            break
    chance[~agreed] = now
    return unit, label, chance


def _table(part: _Open, counted: Floats, right_agreed: Floats, right: float, usual: Floats) -> Floats:
    """Return (K, K) how often an item that deserves one label gets another, rows sum to 1."""
    k = len(usual)
    same = (1 - right) * usual / np.maximum(1 - usual, LEAST)[:, None]
    np.fill_diagonal(same, right)
    seen = tally(part.label[part.own] * k + part.label[part.other], counted[part.own] * part.times[part.other], k * k)
    seen = seen.reshape(k, k) + np.diag(right_agreed + tally(part.label, counted * part.times, k))
    n = seen.sum(axis=1, keepdims=True)
    table: Floats = (1 - SEEN) * same + SEEN * (seen + BEFOREHAND * same) / (n + BEFOREHAND)
    return np.maximum(table, LEAST)
