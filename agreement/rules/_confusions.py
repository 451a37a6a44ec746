"""Which labels meet on one unit, and how often beyond what slips explain."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agreement.diagnosis.contrasts import Estimate, linear
from agreement.diagnosis.evidence import Bools, Evidence, Floats, Ints, tally
from agreement.uncertainty.distributions import binomial_at_least, fdr

FITTED_CELLS = 6
FEW_UNITS = 10
OWN_PAIR, SCATTERED = 0.60, 0.05
MAJORITY = 0.30
RARE, FLOODED = 0.15, 1.45  # of the other label; how much more beyond slips is asked for then
FREQUENT_FROM, FREQUENT = 0.20, 0.90
LEAST_REST = 0.05  # of all labels, beside a majority
BENIGN = 0.02  # classes are never equally alike; so much beyond slips is usual


@dataclass(frozen=True, slots=True)
class Confusions:
    """Which labels meet on one unit.

    Letters: U units, K labels, E unequal label pairs on units.

    Parameters
    ----------
    unit, first, second, share
        (E,) share of the unit's label pairs that are {first, second}, first < second.
    table
        (K, K) mean share over units, symmetric, all ordered pairs: sums to 1 with the diagonal.
    by_chance
        (K, K) products of label shares, section by section: where slips that follow prevalence would fall.
    top
        (U,) the most frequent label of each unit, the first one of several; -1 where nothing is compared.
    n
        Number of units.
    """

    unit: Ints
    first: Ints
    second: Ints
    share: Floats
    table: Floats
    by_chance: Floats
    top: Ints
    n: int

    @property
    def margin(self) -> Floats:
        """(K,) share of each label."""
        margin: Floats = self.table.sum(axis=0)
        return margin


def confusions(evidence: Evidence) -> Confusions:
    """Return the label confusions of the evidence."""
    return evidence.once("confusions", lambda: _confusions(evidence))


def _confusions(evidence: Evidence) -> Confusions:
    """Return what ``confusions`` does."""
    k = len(evidence.labels)
    unit, label, count = evidence.label_counts()
    r = evidence.size[unit].astype(np.float64)
    n = evidence.number(evidence.compared)
    table = np.zeros((k, k))
    np.fill_diagonal(table, evidence.tally(label, unit, count * (count - 1) / (r * (r - 1)), k))
    parts: list[tuple[Ints, Ints, Ints, Floats]] = []
    for shift in range(1, k):
        same = np.flatnonzero(unit[shift:] == unit[:-shift]) if shift < len(unit) else np.zeros(0, np.int64)
        if not len(same):
            break
        share = 2 * count[same] * count[same + shift] / (r[same] * (r[same] - 1))
        parts.append((unit[same], label[same], label[same + shift], share))
    if parts:
        where, first, second, share = (np.concatenate(column) for column in zip(*parts, strict=True))
    else:
        where = first = second = np.zeros(0, np.int64)
        share = np.zeros(0)
    half = evidence.tally(first * k + second, where, share / 2, k * k).reshape(k, k)
    table += half + half.T
    places = len(evidence.sections) + 1
    by_section = evidence.tally(evidence.section[unit] % places * k + label, unit, count / r, places * k)
    by_section = by_section.reshape(places, k)
    chance = _by_chance(by_section, n)
    return Confusions(where, first, second, share, table / max(n, 1), chance, _top(evidence, unit, label, count), n)


def _by_chance(by_section: Floats, n: int) -> Floats:
    """Return (K, K) products of label shares, section by section, from the sums of shares (S, K) over *n* units.

    Sections of a few units count as one: their own shares would say that whatever met there was to be expected.
    """
    few = by_section.sum(axis=1) < FEW_UNITS
    by_section = np.vstack([by_section[~few], by_section[few].sum(axis=0)])
    size = by_section.sum(axis=1, keepdims=True)
    return np.asarray((by_section / np.maximum(size, 1)).T @ by_section / max(n, 1))


def without_each_section(evidence: Evidence, found: Confusions) -> list[Confusions]:
    """Return *found*, the confusions of the evidence, without each section in turn."""
    k, places = len(evidence.labels), len(evidence.sections) + 1
    unit, label, count = evidence.label_counts()
    r = evidence.size[unit].astype(np.float64)
    cell = evidence.section[unit] % places * k + label
    by_section = evidence.tally(cell, unit, count / r, places * k).reshape(places, k)
    same = evidence.tally(cell, unit, count * (count - 1) / (r * (r - 1)), places * k).reshape(places, k)
    place = evidence.section[found.unit] % places
    where = (place * k + found.first) * k + found.second
    half = evidence.tally(where, found.unit, found.share / 2, places * k * k).reshape(places, k, k)
    table = half + half.transpose(0, 2, 1)
    table[:, np.arange(k), np.arange(k)] += same
    units = evidence.count(evidence.section[evidence.compared] % places, evidence.compared, places)
    result = []
    for section in range(places - 1):
        left, n = place != section, int(found.n - units[section])
        others = np.arange(places) != section
        result.append(
            Confusions(
                found.unit[left], found.first[left], found.second[left], found.share[left],
                table[others].sum(axis=0) / max(n, 1), _by_chance(by_section[others], n), found.top, n,
            )
        )  # fmt: skip
    return result


def _top(evidence: Evidence, unit: Ints, label: Ints, count: Floats) -> Ints:
    """Return (U,) the most frequent label of each unit."""
    top = np.full(len(evidence.section), -1)
    k = len(evidence.labels)
    starts = np.flatnonzero(np.diff(unit, prepend=-1))
    if len(starts):  # of labels equally frequent the first one
        highest = np.maximum.reduceat(count.astype(np.int64) * k + (k - 1 - label), starts)
        top[unit[starts]] = k - 1 - highest % k
    return top


@dataclass(frozen=True, slots=True)
class Excess:
    """Confusions of one pair beyond slips, per label of the rarer class."""

    first: int
    second: int
    estimate: Estimate
    p: float
    observed: float
    expected: float
    rarer: float


def _slips(found: Confusions, p: Floats, mine: Bools, others: Bools) -> Floats:
    """Return (K, K) with what weight each cell of *others* counts towards the slips expected in the cells *mine*.

    Slips follow prevalence (p_c p_d), or are uniform (p_c + p_d), or both: with six reference cells or more their
    mix is fitted to the reference (weighted least squares, no negative part). With fewer, or for a class far more
    frequent than the reference, the worse of the two counts.
    """
    models = np.stack([found.by_chance, np.add.outer(p, p) * (p > 0) * (p > 0)[:, None]])
    if np.count_nonzero(mine) > 1:  # all of a label: it slips as often however frequent it is, and never to itself
        often = 1 / np.maximum(1 - p, LEAST_REST)
        models[0] *= np.add.outer(often, often)
    wanted = models[:, mine].sum(axis=1)
    reference = models[:, others]
    weights = np.zeros(found.table.shape)
    total = reference.sum(axis=1)
    ratios = np.where(total > 0, wanted / np.maximum(total, 1e-12), 0.0)
    beyond = found.by_chance[mine].max() > 1.5 * found.by_chance[others].max()  # a majority class: no extrapolation
    if others.sum() < FITTED_CELLS or beyond:
        weights[others] = ratios.max()
        return weights
    scaled = reference / np.maximum(total, 1e-12)[:, None]
    trust = 1 / np.maximum(scaled.mean(axis=0), 1e-6)
    observed = found.table[others]
    gram = (scaled * trust) @ scaled.T
    coefficients = np.linalg.lstsq(gram, (scaled * trust) @ observed, rcond=None)[0]
    if (coefficients < 0).any():
        weights[others] = ratios[int(np.argmax(coefficients))]
        return weights
    hat = np.linalg.lstsq(gram, scaled * trust, rcond=None)[0]
    weights[others] = (wanted / np.maximum(total, 1e-12)) @ hat
    return weights


@dataclass(frozen=True, slots=True)
class _Beyond:
    """Observed and expected confusions of some cells, per unit, and the weights of the reference cells."""

    mine: Bools
    others: Bools
    slips: Floats
    observed: float
    expected: float
    rarer: float

    @property
    def value(self) -> float:
        """Confusions beyond slips per label of the rarer class; the table of ordered pairs holds each one twice."""
        return (self.observed - self.expected) / (2 * max(self.rarer, 1e-12))


def _beyond(found: Confusions, cells: list[tuple[int, int]], reference: Bools, subject: tuple[int, ...]) -> _Beyond:
    """Return the confusions of *cells* against those expected from the cells of *reference* (K, K upper triangle)."""
    mine = np.zeros(reference.shape, bool)
    mine[tuple(np.array(cells).T)] = True
    others = reference & ~mine
    slips = _slips(found, found.margin, mine, others)
    return _Beyond(
        mine, others, slips, 2 * float(found.table[mine].sum()), 2 * float((slips * found.table)[others].sum()),
        float(min(found.margin[list(subject)])),
    )  # fmt: skip


def excess_of(
    evidence: Evidence, found: Confusions, cells: list[tuple[int, int]], reference: Bools, subject: tuple[int, ...]
) -> Excess:
    """Return the test of the confusions of *cells* beyond slips, scaled on the other cells of *reference*."""
    part = _beyond(found, cells, reference, subject)
    in_mine, in_others = part.mine[found.first, found.second], part.others[found.first, found.second]
    # two people who leave a vague label for two others did not slip; around a majority class they may well have
    if len(subject) == 1 and part.rarer < MAJORITY:
        in_others &= found.top[found.unit] != subject[0]
    n_units = len(evidence.section)

    def summed(rows: Bools, values: Floats) -> Floats:
        return tally(found.unit[rows], values[rows], n_units)

    own = summed(in_mine, found.share)
    rest = summed(in_others, found.share * part.slips[found.first, found.second])
    expected = float(evidence.repeated(rest).sum()) / max(found.n, 1)
    influence = np.where(evidence.compared, own - rest - (part.observed - expected), 0.0)
    scale = 2 * max(part.rarer, 1e-12)
    n = _marked(evidence, subject)
    estimate = linear(influence / (found.n * scale), evidence, (part.observed - expected) / scale, n)
    # few disputes: the exact test of how many of them fall on these cells is the honest one
    elsewhere = summed(in_others, found.share)
    both = own + elsewhere
    chance = expected / max(expected + float(evidence.repeated(elsewhere).sum()) / max(found.n, 1), 1e-12)
    # units that are disputed in part count in part: as many whole disputes as tell as much (Kish 1965)
    counted = evidence.repeated(both)
    worth = float(counted.sum()) / max(float(both @ counted), 1e-12)
    hits = evidence.repeated(own).sum() * worth
    exact = float(binomial_at_least(hits, counted.sum() * worth, min(chance, 1.0))) if own.any() else 1.0
    p = max(float(estimate.p_above(BENIGN)), exact)
    return Excess(subject[0], subject[-1], estimate, p, part.observed, expected, part.rarer)


def _marked(evidence: Evidence, subject: tuple[int, ...]) -> int:
    """Return on how many units somebody gave a label of *subject*, one or two."""
    if evidence.label is None:
        return 0
    mine = evidence.kept & ((evidence.label == subject[0]) | (evidence.label == subject[-1]))
    units = evidence.unit[mine]
    if evidence.times is not None:
        return int(evidence.times.each[np.unique(units)].sum())
    if (units[1:] >= units[:-1]).all():
        return int(np.count_nonzero(np.diff(units, prepend=-1)))
    return int(np.count_nonzero(np.bincount(units, minlength=1)))


def all_cells(found: Confusions) -> Bools:
    """Return (K, K) the cells above the diagonal of labels in use."""
    used = found.margin > 0
    return np.asarray(np.triu(np.ones(found.table.shape, bool), 1) & used & used[:, None])


def partners(found: Confusions, reference: Bools, label: int) -> list[tuple[int, float]]:
    """Return the label's partners in *reference* with their shares of its confusions beyond slips, largest first."""
    cells = cells_of(reference, label)
    others = reference.copy()
    others[label, :] = others[:, label] = False
    if not others.any():
        others = reference
    each = [(c + d - label, _beyond(found, [(c, d)], others, (label,)).value) for c, d in cells]
    total = sum(max(value, 0.0) for _, value in each)
    if total <= 0:
        return []
    shares = ((code, max(value, 0.0) / total) for code, value in each)
    return sorted(shares, key=lambda entry: (-entry[1], entry[0]))


def cells_of(reference: Bools, label: int) -> list[tuple[int, int]]:
    """Return the cells of *label* in *reference*."""
    return [(int(c), int(d)) for c, d in np.argwhere(reference) if label in (c, d)]


def mutual(found: Confusions, cells: Bools, one: Excess) -> float:
    """Return the smaller of the shares that each of the two has in the other's confusions beyond slips.

    Slips are learned from *cells* (K, K), to which the pair is added.
    """
    cells = cells.copy()
    cells[one.first, one.second] = True
    return min(
        dict(partners(found, cells, a)).get(b, 0.0) for a, b in ((one.first, one.second), (one.second, one.first))
    )


def scatters(evidence: Evidence, found: Confusions, reference: Bools, one: Excess) -> bool:
    """Return True if one of the two is confused with other labels too, so that the pair is only its largest part."""
    shares = {
        a: dict(partners(found, all_cells(found), a)).get(b, 0.0)
        for a, b in ((one.first, one.second), (one.second, one.first))
    }
    rest = reference.copy()
    rest[one.first, one.second] = False
    for label, share in shares.items():
        cells = cells_of(rest, label)
        if share < OWN_PAIR and len(cells) >= 2 and rest.sum() > len(cells):
            others = excess_of(evidence, found, cells, rest, (label,))
            if others.p < 0.01 and float(others.estimate.value) >= SCATTERED:
                return True
    return False


def confused(
    evidence: Evidence, found: Confusions, reference: Bools, thresholds: Mapping[str, float]
) -> list[tuple[Excess, float]]:
    """Return the pairs of *reference* (K, K) confused beyond slips with their q, strongest first."""
    reference = reference.copy()
    result: list[tuple[Excess, float]] = []
    passed_over: list[tuple[Excess, float]] = []

    def own(one: Excess, cells: Bools) -> bool:
        """Return True if the two are each other's trouble, not one of several partners of a label that scatters."""
        if len(evidence.labels) < 4:
            return True
        if mutual(found, cells, one) < thresholds["min_mutual"]:
            return False
        return not scatters(evidence, found, reference, one)

    while True:
        pairs = [(int(c), int(d)) for c, d in np.argwhere(reference)]
        if len(pairs) < 2:
            break
        # the rest can't reach the minimum; a p value of 1 for them only makes the others' q larger
        worth = [
            pair
            for pair in pairs
            if found.table[pair] * found.n >= 1 and _beyond(found, [pair], reference, pair).value >= BENIGN
        ]
        tested = [excess_of(evidence, found, [pair], reference, pair) for pair in worth]
        p = np.ones(len(pairs))
        p[: len(tested)] = [one.p for one in tested]
        q = fdr(p)[: len(tested)]
        large = np.array(
            [
                float(one.estimate.value) >= thresholds["min_effect"]
                and one.observed >= _asked(found, one) * thresholds["min_ratio"] * one.expected
                and one.estimate.n >= thresholds["min_items"]
                for one in tested
            ],
            dtype=bool,
        )
        confirmed = large & (q < thresholds["q_confirmed"])
        if not confirmed.any():
            suspected = np.flatnonzero(large & (q < thresholds["q_suspected"]))
            result += [(tested[i], float(q[i])) for i in suspected]
            break
        strongest = int(np.argmax(np.where(confirmed, [float(one.estimate.value) for one in tested], -np.inf)))
        one = tested[strongest]
        (result if own(one, all_cells(found)) else passed_over).append((one, float(q[strongest])))
        reference[one.first, one.second] = False
    # a pair may have seemed to be one of several only because other pairs were taken for slips
    result += [(one, q) for one, q in passed_over if result and own(one, reference)]
    return sorted(result, key=lambda entry: -float(entry[0].estimate.value))


def _asked(found: Confusions, one: Excess) -> float:
    """Return how much more, or less, than the usual ratio to slips is asked for.

    If one label is rare beside the other, most of its confusions are slips of that one, and what is benign in how alike
    two labels are is as large as what the rarer has of its own. Of two frequent labels slips are known best.
    """
    if one.rarer < RARE * float(max(found.margin[one.first], found.margin[one.second])):
        return FLOODED
    return FREQUENT if one.rarer >= FREQUENT_FROM else 1.0
