"""Two labels that are taken for each other beyond what slips explain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from agreement.case import Case
from agreement.contrasts import Estimate, fdr, linear, sums_by
from agreement.evidence import Bools, Evidence, Floats, Ints
from agreement.flags import Flag, Rule, Subject, Verdict
from agreement.merging import merge_table
from agreement.rules._parts import TEST, disputes, examples, interval_words, most, rounded, scalar, verdict_of
from agreement.rules._readings import within_readings
from agreement.wording import listed, percent

FITTED_CELLS = 6
MIN_LEANING = 10
LEANING = 0.25
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
    k = len(evidence.labels)
    unit, label, count = evidence.label_counts()
    r = evidence.size[unit].astype(np.float64)
    n = int(evidence.compared.sum())
    table = np.zeros((k, k))
    np.add.at(table, (label, label), count * (count - 1) / (r * (r - 1)))
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
    np.add.at(table, (first, second), share / 2)
    np.add.at(table, (second, first), share / 2)
    section = evidence.section[unit] % (len(evidence.sections) + 1)
    by_section = np.zeros((len(evidence.sections) + 1, k))
    np.add.at(by_section, (section, label), count / r)
    size = by_section.sum(axis=1, keepdims=True)
    by_chance = (by_section / np.maximum(size, 1)).T @ by_section / max(n, 1)
    return Confusions(where, first, second, share, table / max(n, 1), by_chance, _top(evidence, unit, label, count), n)


def _top(evidence: Evidence, unit: Ints, label: Ints, count: Floats) -> Ints:
    """Return (U,) the most frequent label of each unit."""
    top = np.full(len(evidence.section), -1)
    order = np.lexsort((-label, count, unit))
    top[unit[order]] = label[order]
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
    if len(subject) == 1:  # two people who leave a vague label for two others did not slip
        in_others &= found.top[found.unit] != subject[0]
    n_units = len(evidence.section)

    def summed(rows: Bools, values: Floats) -> Floats:
        return np.bincount(found.unit[rows], values[rows], minlength=n_units)

    own = summed(in_mine, found.share)
    rest = summed(in_others, found.share * part.slips[found.first, found.second])
    expected = float(rest.sum()) / max(found.n, 1)
    influence = np.where(evidence.compared, own - rest - (part.observed - expected), 0.0)
    scale = 2 * max(part.rarer, 1e-12)
    label = np.zeros(0, np.int64) if evidence.label is None else evidence.label
    marked = evidence.kept & ((label == subject[0]) | (label == subject[-1]))
    n = int(np.count_nonzero(np.bincount(evidence.unit[marked], minlength=n_units)))
    estimate = linear(influence / (found.n * scale), evidence.cluster, (part.observed - expected) / scale, n)
    # few disputes: the exact test of how many of them fall on these cells is the honest one
    elsewhere = summed(in_others, found.share)
    hits, misses = int(np.count_nonzero(own)), int(np.count_nonzero(elsewhere))
    chance = expected / max(expected + float(elsewhere.sum()) / max(found.n, 1), 1e-12)
    exact = float(stats.binom.sf(hits - 1, hits + misses, min(chance, 1.0))) if hits else 1.0
    p = max(float(estimate.p_above(BENIGN)), exact)
    return Excess(subject[0], subject[-1], estimate, p, part.observed, expected, part.rarer)


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


def mutual(found: Confusions, one: Excess) -> float:
    """Return the smaller of the shares that each of the two has in the other's confusions beyond slips."""
    cells = all_cells(found)
    return min(
        dict(partners(found, cells, a)).get(b, 0.0)
        for a, b in ((one.first, one.second), (one.second, one.first))
    )


def confused(
    evidence: Evidence, found: Confusions, reference: Bools, thresholds: Mapping[str, float]
) -> list[tuple[Excess, float]]:
    """Return the pairs of *reference* (K, K) confused beyond slips with their q, strongest first."""
    reference = reference.copy()
    result: list[tuple[Excess, float]] = []
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
                and one.observed >= thresholds["min_ratio"] * one.expected
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
        if len(evidence.labels) < 4 or mutual(found, tested[strongest]) >= thresholds["min_mutual"]:
            result.append((tested[strongest], float(q[strongest])))
        reference[tested[strongest].first, tested[strongest].second] = False
    return result


@dataclass(frozen=True, slots=True)
class Nature:
    """Whether a confusion is the same for everybody: its name, which label whom leans to, and the camps if any."""

    name: str
    direction: str
    camps: tuple[tuple[str, ...], ...]


def nature_of(evidence: Evidence, first: int, second: int, alpha: float) -> Nature:
    """Return the nature of the confusion of two labels.

    A shared ambiguity, even a one-way one, leaves nobody leaning: ``symmetric``. If people lean to different labels on
    the very same items, they apply ``different rules``. Too few to tell: ``open``.
    """
    both = units_with(evidence, first, second)
    label = np.zeros(0, np.int64) if evidence.label is None else evidence.label
    rows = np.flatnonzero(evidence.kept & both[evidence.unit] & np.isin(label, (first, second)))
    says_first = (label[rows] == first).astype(np.float64)
    unit, who = evidence.unit[rows], evidence.annotator[rows]
    n, n_first = np.bincount(unit), np.bincount(unit, says_first)
    lean = says_first - (n_first[unit] - says_first) / np.maximum(n[unit] - 1, 1)
    names = evidence.labels[first], evidence.labels[second]
    present = evidence.present
    if len(present) == 2:
        hits = int(says_first[who == present[0]].sum())
        n_units = int((who == present[0]).sum())
        return _between_two(
            hits, n_units, (evidence.annotators[present[0]], evidence.annotators[present[1]]), names, alpha
        )
    means = sums_by(who, len(evidence.annotators), evidence.cluster[unit], lean).mean()
    tested = np.flatnonzero(means.n >= MIN_LEANING)
    if len(tested) < 2:
        return Nature("open", "", ())
    p = np.minimum(2 * Estimate(np.abs(means.value), means.se, means.df, means.n).p_above()[tested], 1.0)
    leaning = tested[(fdr(p) < alpha) & (np.abs(means.value[tested]) >= LEANING)]
    sides = tuple(
        tuple(evidence.annotators[a] for a in leaning if (means.value[a] > 0) == to_first) for to_first in (True, False)
    )
    if all(sides):
        told = f"{listed(sides[0], most=4)}: {names[0]}; {listed(sides[1], most=4)}: {names[1]}"
        return Nature("different rules", told, sides)
    return Nature("open" if len(leaning) else "symmetric", "", ())


def _between_two(hits: int, n: int, who: tuple[str, str], names: tuple[str, str], alpha: float) -> Nature:
    """Return the nature for two annotators, from which of them gave which of the two labels."""
    if not n:
        return Nature("open", "", ())
    larger = max(hits, n - hits)
    one_way = float(stats.binomtest(hits, n).pvalue) < alpha and larger / n >= 0.75
    if one_way:
        to = names if hits == larger else names[::-1]
        return Nature("different rules", f"{who[0]}: {to[0]}; {who[1]}: {to[1]}", ((who[0],), (who[1],)))
    upper = float(stats.binomtest(larger, n).proportion_ci(0.95, method="wilson").high)
    return Nature("symmetric" if upper < 0.80 else "open", "", ())


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the label pairs confused beyond slips, outside flagged sections."""
    evidence = within_readings(case)
    if evidence.label is None or len(evidence.labels) < 3 or evidence.weights is not None:
        return
    found = confusions(evidence)
    for one, q in confused(evidence, found, all_cells(found), thresholds):
        verdict = verdict_of(q, thresholds)
        if verdict is None:
            continue
        yield pair_flag(case, RULE.name, evidence, one, q, verdict, units_with(case.whole, one.first, one.second))


def pair_flag(case: Case, rule: str, evidence: Evidence, one: Excess, q: float, verdict: Verdict, units: Bools) -> Flag:
    """Return the flag of one label pair; *units* (U,) of the whole case show it."""
    names = evidence.labels[one.first], evidence.labels[one.second]
    value, low, high, n = scalar(one.estimate, (), case.confidence)
    share = 2 * value * one.rarer / max(evidence.mean, 1e-12)
    margin = np.bincount(
        np.zeros(0, np.int64) if evidence.label is None else evidence.label, minlength=len(evidence.labels)
    )
    rarer = names[0] if margin[one.first] <= margin[one.second] else names[1]
    nature = nature_of(evidence, one.first, one.second, 0.01)
    noun = "item" if rule == "label_pair" else "aligned span"
    told = {
        "symmetric": "Nobody leans to either label, so it is the definition, not the people.",
        "different rules": f"People apply different rules ({nature.direction}); who is right is open.",
        "open": "Whether people lean to different labels can't be told yet.",
    }[nature.name]
    decide = f"Write a decision rule {names[0]} / {names[1]} with two examples each"
    return Flag(
        rule, verdict, Subject(rule, case.layer, labels=tuple(sorted(names))),
        f"{names[0]} and {names[1]} are taken for each other beyond slips: {percent(value)}% of the labels {rarer} get the "
        f"other label from a colleague over and above what slips explain "
        f"{interval_words(low, high, n, case.confidence, noun)}. {told}",
        f"Adjudicate five items where they meet. {decide}."
        if nature.name == "different rules"
        else f"{decide}; merge the two only if nobody needs the difference.",
        "guideline owner", nature=nature.name, camps=nature.camps, direction=nature.direction,
        effect=value, low=low, high=high, n=n, q=q,
        **disputes(case, units), share_of_disagreement=rounded(share),
        evidence={
            "observed": one.observed, "expected_from_slips": one.expected,
            "distinguishability": distinguishability(evidence, one.first, one.second),
            "merge": merge_table(evidence, one.first, one.second, case.confidence), "share_exact": min(share, 1.0),
        },
        examples=examples(case, most(case.whole.disagreement, units)),
    )  # fmt: skip


def distinguishability(evidence: Evidence, first: int, second: int) -> float:
    """Return 1 - J_cd^2 / (J_cc J_dd), half an item added to each cell: 1 = never confused, below .90 hard to tell.

    Darroch & McCloud 1986, Austral. J. Statist. 28.
    """
    found = confusions(evidence)
    table = found.table + 0.5 / max(found.n, 1)
    return float(1 - table[first, second] ** 2 / (table[first, first] * table[second, second]))


def units_with(evidence: Evidence, first: int, second: int) -> Bools:
    """Return (U,) the units that were given both labels."""
    label, n_units = evidence.label, len(evidence.section)
    if label is None:
        return np.zeros(n_units, bool)
    has = [
        np.bincount(evidence.unit[evidence.kept & (label == code)], minlength=n_units) > 0 for code in (first, second)
    ]
    return np.asarray(has[0] & has[1])


RULE = Rule(
    "label_pair",
    "Two labels taken for each other",
    "Colleagues give one of these labels where others give the other, more often than slips explain.",
    {**TEST, "min_effect": 0.08, "min_ratio": 1.5, "min_mutual": 0.40, "min_items": 20},
    60,
    _check,
)
