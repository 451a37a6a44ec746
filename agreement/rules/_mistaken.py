"""Two labels that are given for each other on units that deserve one of them, beyond what slips explain."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.special import gammainc

from agreement.diagnosis.evidence import Bools, Evidence, Floats
from agreement.rules._confusions import Excess, all_cells, confused, confusions
from agreement.rules._deserved import Deserved, deserved
from agreement.rules._scattered import all_left
from agreement.rules._slips import MIXES, expected, rates_of, targets_of
from agreement.uncertainty.distributions import fdr

BENIGN, BENIGN_OF_SLIPS = 0.02, 0.25  # labels are never equally alike: so much beyond slips is usual
SCATTERED, OWN_PAIR = 0.08, 0.60  # a label left so much more, and less of it for the other, scatters
LEAST = 1e-12


def mistaken(evidence: Evidence, thresholds: Mapping[str, float]) -> list[tuple[Excess, float]]:
    """Return the pairs of labels taken for each other beyond slips with their q, strongest first.

    Where units have three labels or more, the table of what units that deserve a label are given says so: there a
    majority or a vague label does not make others seem alike. Else the labels that meet on a unit do.
    """
    found = deserved(evidence)
    if found is None:
        counts = confusions(evidence)
        return confused(evidence, counts, all_cells(counts), thresholds)
    return evidence.once(f"mistaken {sorted(thresholds.items())}", lambda: _mistaken(found, thresholds))


def _mistaken(found: Deserved, thresholds: Mapping[str, float]) -> list[tuple[Excess, float]]:
    """Return what ``mistaken`` does, from what units deserve."""
    every = found.cells
    free, in_use = every.copy(), int(found.used.sum())
    result: list[tuple[Excess, float]] = []
    while True:
        pairs = np.argwhere(np.triu(free))
        if len(pairs) < (3 if in_use == 3 else 2):  # one pair held against one other says nothing
            break
        tested = _tested(found, free)
        p = np.ones(len(pairs))
        p[: len(tested)] = [one.p for one in tested]
        q = fdr(p)[: len(tested)]
        large = [
            (one, float(q_))
            for one, q_ in zip(tested, q, strict=True)
            if float(one.estimate.value) >= thresholds["min_effect"]
            and one.observed >= thresholds["min_ratio"] * one.expected
            and one.estimate.n >= thresholds["min_items"]
        ]
        confirmed = [entry for entry in large if entry[1] < thresholds["q_confirmed"]]
        if not confirmed:
            suspected = [entry for entry in large if entry[1] < thresholds["q_suspected"]]
            result += [entry for entry in suspected if _own(found, every, entry[0], thresholds)]
            break
        strongest = max(confirmed, key=lambda entry: float(entry[0].estimate.value))
        one = strongest[0]
        if _own(found, every, one, thresholds):
            result.append(strongest)
        free[one.first, one.second] = free[one.second, one.first] = False
    return sorted(result, key=lambda entry: -float(entry[0].estimate.value))


def beyond_slips(found: Deserved, free: Bools) -> tuple[Floats, Floats]:
    """Return (K, K) confusions of each pair of *free* cells (K, K), and those by slips, per label of the rarer one."""
    return _of_pairs(found, found.table), _of_pairs(found, expected(found.seen, found.share, free))


def _of_pairs(found: Deserved, table: Floats) -> Floats:
    """Return (K, K) how often one label of a pair meets the other by the *table* (K, K), per label of the rarer one."""
    times = (found.keeps * found.items)[:, None] * table
    return np.asarray((times + times.T) / np.maximum(np.minimum.outer(found.given, found.given), LEAST))


def _unsure(found: Deserved, free: Bools, by_slips: Floats) -> Floats:
    """Return (K, K) the standard deviation of what is expected of slips.

    Labels are unequally alike, and few cells can't tell whether slips fall as labels are frequent or on all alike: the
    worse of the two is taken to be four deviations away.
    """
    models = (_of_pairs(found, expected(found.seen, found.share, free, MIXES[[end]])) for end in (0, -1))
    worse = np.maximum(np.maximum(*models), by_slips)
    return np.hypot(BENIGN_OF_SLIPS * by_slips, (worse - by_slips) / 4)


def _tested(found: Deserved, free: Bools) -> list[Excess]:
    """Return the test against slips of each pair of *free* cells (K, K) that is at all beyond them."""
    observed, by_slips = beyond_slips(found, free)
    slips = expected(found.seen, found.share, free) * found.seen.sum(axis=1)[:, None]
    unsure, number, result = _unsure(found, free, by_slips), max(float(found.times.sum()), 1.0), []
    for c, d in np.argwhere(np.triu(free) & (observed - by_slips >= BENIGN)).tolist():
        rarer = float(min(found.given[c], found.given[d]))
        influence = np.zeros(len(found.size))
        for mine, other in ((c, d), (d, c)):
            beyond = found.counts[:, other] / found.size - found.table[mine, other]
            influence += found.keeps[mine] * found.chance[:, mine] * beyond / rarer
        value = float(observed[c, d] - by_slips[c, d])
        estimate = found.estimate(influence, value, found.marked(c, d))
        less = replace(estimate, value=estimate.value - BENIGN)
        p = max(float(less.p_among(unsure[c, d])), _by_count(found, c, d, float(slips[c, d] + slips[d, c])))
        twice = 2 * rarer / number  # in the table of ordered pairs each confusion is held twice
        both = float(observed[c, d]) * twice, float(by_slips[c, d]) * twice
        result.append(Excess(c, d, estimate, p, *both, rarer / number))
    return result


def effect_of_pair(found: Deserved, pair: tuple[int, int], pairs: list[tuple[int, int]]) -> float:
    """Return the confusions of one of the *pairs* beyond slips; the others are no reference."""
    free = found.cells.copy()
    for first, second in pairs:
        free[first, second] = free[second, first] = (first, second) == pair
    observed, by_slips = beyond_slips(found, free)
    return float(observed[pair] - by_slips[pair])


def _by_count(found: Deserved, first: int, second: int, slips: float) -> float:
    """Return the chance of as many labels given for the other where *slips* are expected (Poisson).

    Labels of one unit count as many times as they tell something each (Kish 1965).
    """
    each = found.chance[:, first] * found.counts[:, second] + found.chance[:, second] * found.counts[:, first]
    hits = float(each @ found.times)
    worth = min(hits / max(float(each**2 @ found.times), LEAST), 1.0)
    return float(gammainc(max(hits * worth, LEAST), max(slips * worth, LEAST)))


def _own(found: Deserved, every: Bools, one: Excess, thresholds: Mapping[str, float]) -> bool:
    """Return True if the two are each other's trouble, not one of several partners of a label that scatters."""
    if int(found.used.sum()) < 4:
        return True
    pair = (one.first, one.second)
    beyond = {label: _beyond(found, every, label) for label in pair}
    part = {a: float(beyond[a][b] / max(beyond[a].sum(), LEAST)) for a, b in (pair, pair[::-1])}
    if min(part.values()) < thresholds["min_mutual"]:
        return False
    rest = every.copy()
    rest[pair] = rest[pair[::-1]] = False
    left = all_left(found, rest, np.array([a for a in pair if part[a] < OWN_PAIR], dtype=np.int64))
    return not any(label.p < 0.01 and label.off >= SCATTERED for label in left)


def _beyond(found: Deserved, every: Bools, label: int) -> Floats:
    """Return (K,) units on which *label* is confused with each other one beyond slips."""
    rest = every.copy()
    rest[label, :] = rest[:, label] = False
    rest = rest if rest.any() else every
    seen = found.seen
    targets = targets_of(seen, found.share, rest)
    rates = rates_of(seen, targets, rest)
    usual = float(np.median(rates[found.used]))
    table, weight = found.table, found.keeps * found.items
    goes = weight[label] * (table[label] - min(float(rates[label]), usual) * targets)
    comes = weight * (table[:, label] - rates * targets[label])
    return np.asarray(np.where(every[label], np.maximum(goes + comes, 0.0), 0.0))
