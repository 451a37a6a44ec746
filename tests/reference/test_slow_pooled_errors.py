"""Standard errors of all annotators together: units taken out one by one, with loops and exact fractions."""

from collections import Counter
from fractions import Fraction
from functools import partial
from itertools import combinations, combinations_with_replacement, permutations

import numpy as np
import pytest

from agreement.counts import contingency
from agreement.crowds import dense_blocks
from agreement.measures import measures
from agreement.uncertainty.by_unit import listed
from agreement.uncertainty.pooled_kappas import Mean, conger_scores, mean_kappas
from agreement.uncertainty.pooling import patterns, unit_scores
from agreement.units import units_from_matrix

POOLED = (
    "percent_agreement", "percent_agreement.quadratic", "fleiss_kappa", "fleiss_kappa.linear", "gwet_ac1",
    "gwet_ac2.linear", "brennan_prediger", "brennan_prediger.quadratic", "krippendorff_alpha.nominal",
    "krippendorff_alpha.ordinal",
)  # fmt: skip
POWERS = {"linear": 1, "quadratic": 2}


def beyond(observed, expected):
    return None if observed is None or expected in (None, 1) else (observed - expected) / (1 - expected)


def value_of(name, units, labels):
    """Return a coefficient of [(labels of the unit, how often it counts)], or None."""
    family, _, kind = name.partition(".")
    rank, k = {x: i for i, x in enumerate(labels)}, len(labels)
    two = [(unit, times) for unit, times in units if len(unit) > 1]
    if family == "krippendorff_alpha":
        of = {x: sum(times * unit.count(x) for unit, times in two) for x in labels}

        def apart(x, y):
            low, high = sorted((rank[x], rank[y]))
            steps = sum(of[labels[g]] for g in range(low, high + 1)) - Fraction(of[x] + of[y]) / 2
            return steps**2 if kind == "ordinal" else int(x != y)

        n = sum(of.values())
        within = sum(times * Fraction(sum(apart(*c) for c in permutations(u, 2))) / (len(u) - 1) for u, times in two)
        across = sum(of[x] * of[y] * apart(x, y) for x in labels for y in labels)
        return None if not across else 1 - within * (n - 1) / across

    def alike(x, y):
        return 1 - Fraction(abs(rank[x] - rank[y]), max(k - 1, 1)) ** POWERS[kind] if kind else Fraction(x == y)

    n = sum(times for _, times in two)
    agreed = sum(times * sum(alike(*c) for c in permutations(u, 2)) / (len(u) * (len(u) - 1)) for u, times in two)
    observed = agreed / n if n else None
    if family == "percent_agreement" or observed is None:
        return observed
    everything = sum(times for unit, times in units if unit)
    share = {x: sum(t * Fraction(u.count(x), len(u)) for u, t in units if u) / everything for x in labels}
    total = sum(alike(x, y) for x in labels for y in labels)
    if family == "fleiss_kappa":
        return beyond(observed, sum(alike(x, y) * share[x] * share[y] for x in labels for y in labels))
    if family == "brennan_prediger":
        return beyond(observed, total / k**2)
    return beyond(observed, total * sum(p * (1 - p) for p in share.values()) / (k * (k - 1)))


def pooled_error(name, rows, labels):
    """Return the squared standard error: each unit with two labels is taken out, and each part of a pseudo-unit."""
    units = [(tuple(x for x in row if x is not None), Fraction(1)) for row in rows]
    two = [unit for unit, _ in units if len(unit) > 1]
    share = {x: sum(Fraction(unit.count(x), len(unit)) for unit in two) / len(two) for x in labels}
    pseudo = [
        ((x, y), share[x] * share[y] if x != y else (share[x] ** 2 + share[x]) / 2)
        for x, y in combinations_with_replacement(labels, 2)
    ]
    pseudo = [(unit, times) for unit, times in pseudo if times]
    centre = value_of(name, units + pseudo, labels)
    total = Fraction(0)
    taken = Counter(tuple(sorted(unit)) for unit in two)
    for unit, times in [*taken.items(), *pseudo]:
        value = value_of(name, [*units, *pseudo, (unit, Fraction(-1))], labels)
        if value is not None and centre is not None:
            kept = min(max(value, -1), 2) if name.startswith("percent") else value
            total += times * (kept - centre) ** 2
    return total * Fraction(len(two), len(two) + 1)


def kappa_of(cells, labels):
    n = sum(cells.values())
    if not n:
        return None
    one = {x: sum(cells.get((x, y), 0) for y in labels) for x in labels}
    other = {y: sum(cells.get((x, y), 0) for x in labels) for y in labels}
    observed = Fraction(sum(cells.get((x, x), 0) for x in labels)) / n
    return beyond(observed, Fraction(sum(one[x] * other[x] for x in labels)) / n**2)


def mean_error(rows, labels, *, weighted):
    """Return the squared standard error of the mean of the pairs' kappas; None if there is none."""
    shared = {}
    for a, b in combinations(range(len(rows[0])), 2):
        cells = Counter((row[a], row[b]) for row in rows if row[a] is not None and row[b] is not None)
        if kappa_of(cells, labels) is not None:
            shared[a, b] = cells
    weight = {pair: cells.total() if weighted else 1 for pair, cells in shared.items()}
    total = sum(weight.values())
    if not total:
        return None
    full, pseudo = {}, {}
    for pair, cells in shared.items():
        n = Fraction(cells.total())
        one = {x: sum(cells[x, y] for y in labels) / n for x in labels}
        other = {y: sum(cells[x, y] for x in labels) / n for y in labels}
        pseudo[pair] = {
            (x, y): (one[x] * other[y] / 2 + (x == y) * (one[x] + other[x]) / 4) * weight[pair] / total
            for x in labels
            for y in labels
        }
        full[pair] = {cell: cells[cell] + more for cell, more in pseudo[pair].items()}
    whole = {pair: kappa_of(cells, labels) for pair, cells in full.items()}
    centre = sum(weight[pair] * whole[pair] for pair in full) / total

    def without(pair, cell):
        fewer = kappa_of({**full[pair], cell: full[pair][cell] - 1}, labels)
        return whole[pair] if fewer is None else fewer

    variance, units = Fraction(0), 0
    for row in rows:
        met = [(a, b) for a, b in full if row[a] is not None and row[b] is not None]
        units += bool(met)
        left = total - (len(met) if weighted else 0)
        if not met or not left:
            continue
        kept = sum(weight[pair] * whole[pair] for pair in full if pair not in met)
        kept += sum((weight[a, b] - weighted) * without((a, b), (row[a], row[b])) for a, b in met)
        variance += (kept / left - centre) ** 2
    for pair in full:
        spread = sum(held * (without(pair, cell) - whole[pair]) ** 2 for cell, held in pseudo[pair].items() if held)
        variance += spread * Fraction(weight[pair], total) ** 2
    return variance * Fraction(units, units + 1)


def conger_error(rows, labels):
    """Return the squared standard error of Conger's kappa, whose pseudo-unit agrees as far as chance and no rule."""

    def chance(table):
        people = list(zip(*table, strict=True))
        of = [Counter(x for x in row if x is not None) for row in people]
        shares = [{x: Fraction(c[x], c.total()) for x in labels} for c in of if c]
        pairs = [sum(p[x] * q[x] for x in labels) for p, q in combinations(shares, 2)]
        return sum(pairs) / Fraction(len(pairs))

    def agreement(row):
        given = [x for x in row if x is not None]
        couples = list(permutations(given, 2))
        return Fraction(sum(x == y for x, y in couples), len(couples)) if couples else None

    agreed = [agreement(row) for row in rows]
    n, a_e = sum(one is not None for one in agreed), chance(rows)
    a_o = (sum(one for one in agreed if one is not None) + (1 + a_e) / 2) / (n + 1)
    centre = (a_o - a_e) / (1 - a_e)
    total = Fraction(0)
    for at, one in enumerate(agreed):
        observed = a_o if one is None else ((n + 1) * a_o - one) / n
        value = beyond(observed, chance(rows[:at] + rows[at + 1 :]))
        total += 0 if value is None else (value - centre) ** 2
    for held, hit in (((1 + a_e) / 2, 1), ((1 - a_e) / 2, 0)):
        total += held * ((((n + 1) * a_o - hit) / n - a_e) / (1 - a_e) - centre) ** 2
    return total * Fraction(n, n + 1)


def drawn(rng, slow):
    """Return rows of two labels or more in which every annotator has two labels at least."""
    while True:
        rows, labels = slow.random_rows(rng, 9)
        given = [sum(x is not None for x in column) for column in zip(*rows, strict=True)]
        two = [row for row in rows if sum(x is not None for x in row) > 1]
        if min(given) > 1 and len(two) > 1 and len({x for row in two for x in row if x is not None}) > 1:
            return rows, labels


@pytest.mark.parametrize("seed", range(2))
def test_pooled_errors(seed, slow):
    rng = np.random.default_rng(seed)
    known = measures()
    for _ in range(30):
        rows, labels = drawn(rng, slow)
        found = patterns(units_from_matrix(rows, tuple(labels)))
        for name in POOLED:
            scores = unit_scores(known[name].pooled, found, known[name].range)
            expected = pooled_error(name, rows, labels)
            if np.isfinite(scores.value):
                assert scores.se == pytest.approx(float(expected) ** 0.5, rel=1e-7, abs=1e-9), (name, rows)


@pytest.mark.parametrize("seed", range(2))
def test_errors_of_mean_kappas_and_of_congers(seed, slow):
    rng = np.random.default_rng(10 + seed)
    means, tried = (Mean(measures()["cohen_kappa"]), Mean(measures()["cohen_kappa"], weighted=False)), 0
    for _ in range(100):
        rows, labels = drawn(rng, slow)
        units = units_from_matrix(rows, tuple(labels))
        blocks = partial(dense_blocks, units, contingency(units))
        for mean, scores in zip(means, mean_kappas(means, blocks, listed(units)), strict=True):
            expected = mean_error(rows, labels, weighted=mean.weighted)
            if expected is not None and np.isfinite(scores.se):
                tried += 1
                assert scores.se == pytest.approx(float(expected) ** 0.5, rel=1e-7, abs=1e-9), (mean, rows)
        conger = conger_scores(listed(units))
        if np.isfinite(conger.se):
            assert conger.se == pytest.approx(float(conger_error(rows, labels)) ** 0.5, rel=1e-7, abs=1e-9), rows
    assert tried > 120


def test_conger_without_the_only_unit_of_a_label():
    """The chance of one label is 1 but for rounding, and what was divided by the difference made an error of 10^14."""
    rows = [["d", "d"], [None, "c"], ["c", None], ["c", None], ["c", "c"]]
    found = conger_scores(listed(units_from_matrix(rows, ("c", "d"))))
    assert found.se == pytest.approx(float(conger_error(rows, ("c", "d"))) ** 0.5)
    assert found.se < 1
