"""Slow implementations of the measures, with loops and exact fractions; the tests of this folder share them."""

import math
from collections import Counter
from fractions import Fraction
from itertools import combinations, permutations
from types import SimpleNamespace

import numpy as np
import pytest

from agreement.scores import Reason

LABELS = ("a", "b", "c", "d")


def ratio(part, whole):
    return None if whole == 0 else Fraction(part) / Fraction(whole)


def beyond_chance(observed, expected):
    return None if observed is None or expected in (None, 1) else (observed - expected) / (1 - expected)


def mean(values):
    return ratio(sum(values, Fraction(0)), len(values))


def shared(rows, a, b):
    return [(row[a], row[b]) for row in rows if row[a] is not None and row[b] is not None]


def pair_values(pairs, labels):
    """Return values overall, rates by label, and n of couples of labels, a list or {couple: times}."""
    cells, k = Counter(pairs), len(labels)
    n, (one, other) = cells.total(), uses_of(cells)
    same = Counter({x: times for (x, y), times in cells.items() if x == y})
    observed = ratio(same.total(), n)
    both = {x: Fraction(one[x] + other[x], 2 * n) for x in one | other}
    used = [x for x in labels if one[x] + other[x]]
    rates = {
        "f1": {x: ratio(2 * same[x], one[x] + other[x]) for x in labels},
        "precision": {x: ratio(same[x], other[x]) for x in labels},
        "recall": {x: ratio(same[x], one[x]) for x in labels},
    }
    at_random = ratio(sum(one[x] * other[x] for x in used), n * n)
    values = {
        "percent_agreement": observed,
        "cohen_kappa": beyond_chance(observed, at_random),
        "scott_pi": beyond_chance(observed, sum(p * p for p in both.values()) if n else None),
        "brennan_prediger": beyond_chance(observed, Fraction(1, k)),
        "gwet_ac1": beyond_chance(observed, ratio(sum(p * (1 - p) for p in both.values()), k - 1) if n else None),
        "cohen_kappa_max": beyond_chance(ratio(sum(min(one[x], other[x]) for x in used), n), at_random),
        "balanced_accuracy": mean([rates["recall"][x] for x in used if one[x]]),
    }
    values |= dict.fromkeys(("accuracy", "f1_micro"), observed)
    values |= dict.fromkeys(("bennett_s", "randolph_kappa"), values["brennan_prediger"])
    values["pabak"] = values["brennan_prediger"] if k == 2 else None
    values["matthews_correlation"] = matthews(n, one, other, same.total())
    for name, rate in rates.items():
        values[f"{name}_macro"] = mean([rate[x] or Fraction(0) for x in used])
        values[f"{name}_weighted"] = ratio(sum((rate[x] or 0) * one[x] for x in used), n)
    rank = {x: i for i, x in enumerate(labels)}
    for kind, power in (("linear", 1), ("quadratic", 2)):
        weight, total = weights_of(rank, power)
        weighted = ratio(sum(weight(*pair) * times for pair, times in cells.items()), n)
        chance = {
            "cohen_kappa": ratio(sum(weight(x, y) * one[x] * other[y] for x in one for y in other), n * n),
            "scott_pi": sum(weight(x, y) * both[x] * both[y] for x in both for y in both) if n else None,
            "gwet_ac2": ratio(total * sum(p * (1 - p) for p in both.values()), k * (k - 1)) if n else None,
            "brennan_prediger": total / (k * k),
        }
        for name, expected in chance.items():
            values[f"{name}.{kind}"] = beyond_chance(weighted, expected)
        values[f"percent_agreement.{kind}"] = weighted
    return values, rates, n


def uses_of(cells):
    """Return how often each of the two used each label."""
    one, other = Counter(), Counter()
    for (x, y), times in cells.items():
        one[x] += times
        other[y] += times
    return one, other


def weights_of(rank, power):
    """Return the agreement weight of two labels by rank, and the sum of all K x K weights; power 0 is equality."""
    k = len(rank)

    def at(steps):
        return 1 - Fraction(steps, k - 1) ** power if power and k > 1 else Fraction(steps == 0)

    total = sum((k if not steps else 2 * (k - steps)) * at(steps) for steps in range(k))
    return lambda x, y: at(abs(rank[x] - rank[y])), total


def weighted_pair(pairs, labels, w):
    """Return Cohen's kappa and Gwet's AC2 of a pair with agreement weights {(label, label): weight}."""
    n, k = len(pairs), len(labels)
    one, other = Counter(x for x, _ in pairs), Counter(y for _, y in pairs)
    observed = ratio(sum(w[pair] for pair in pairs), n)
    cohen = ratio(sum(w[x, y] * one[x] * other[y] for x in labels for y in labels), n * n)
    both = [Fraction(one[x] + other[x], 2 * n) for x in labels] if n else []
    gwet = sum(w.values()) * sum(p * (1 - p) for p in both) / (k * (k - 1)) if n else None
    return {"cohen_kappa": beyond_chance(observed, cohen), "gwet_ac2": beyond_chance(observed, gwet)}


def weighted_pool(rows, labels, w):
    """Return Fleiss' kappa, Gwet's AC2 and alpha of all annotators with agreement weights."""
    units = [[x for x in row if x is not None] for row in rows]
    two, some, k = [u for u in units if len(u) > 1], [u for u in units if u], len(labels)
    share = {x: mean([Fraction(u.count(x), len(u)) for u in some]) for x in labels}
    observed = mean([mean([w[pair] for pair in permutations(u, 2)]) for u in two])
    fleiss = sum(w[x, y] * share[x] * share[y] for x in labels for y in labels) if some else None
    gwet = sum(w.values()) * sum(p * (1 - p) for p in share.values()) / (k * (k - 1)) if some else None
    return {
        "fleiss_kappa": beyond_chance(observed, fleiss),
        "gwet_ac2": beyond_chance(observed, gwet),
        "krippendorff_alpha": slow_alpha(two, lambda x, y: 1 - w[x, y]),
    }


def matthews(n, one, other, same):
    spread = [n * n - sum(times * times for times in uses.values()) for uses in (one, other)]
    if not all(spread):
        return None
    return (n * same - sum(one[x] * other[x] for x in one)) / math.sqrt(spread[0] * spread[1])


def label_values(pairs, label, beta=2):
    cells = Counter(pairs)
    n = cells.total()
    tp = sum(times for (x, y), times in cells.items() if x == label == y)
    fn = sum(times for (x, y), times in cells.items() if x == label != y)
    fp = sum(times for (x, y), times in cells.items() if y == label != x)
    tn = n - tp - fn - fp
    return {
        "f1": ratio(2 * tp, 2 * tp + fp + fn),
        "precision": ratio(tp, tp + fp),
        "recall": ratio(tp, tp + fn),
        "positive_specific_agreement": ratio(2 * tp, 2 * tp + fp + fn),
        "fbeta": ratio((1 + beta**2) * tp, (1 + beta**2) * tp + beta**2 * fn + fp),
        "jaccard": ratio(tp, tp + fp + fn),
        "specificity": ratio(tn, tn + fp),
        "negative_specific_agreement": ratio(2 * tn, 2 * tn + fp + fn),
        "prevalence_index": ratio(tp - tn, n),
        "bias_index": ratio(fn - fp, n),
    }


def pooled_values(rows, labels):
    units = [[x for x in row if x is not None] for row in rows]
    two, some, k = [u for u in units if len(u) > 1], [u for u in units if u], len(labels)
    share = {x: mean([Fraction(u.count(x), len(u)) for u in some]) for x in {x for u in some for x in u}}
    rank = {x: i for i, x in enumerate(labels)}
    values = {}
    for kind, power in (("", 0), (".linear", 1), (".quadratic", 2)):
        weight, total = weights_of(rank, power)
        observed = mean([mean([weight(x, y) for x, y in permutations(u, 2)]) for u in two])
        fleiss = sum(weight(x, y) * share[x] * share[y] for x in share for y in share) if some else None
        gwet = ratio(total * sum(p * (1 - p) for p in share.values()), k * (k - 1)) if some else None
        even = beyond_chance(observed, total / (k * k))
        values |= {
            f"percent_agreement{kind}": observed,
            f"fleiss_kappa{kind}": beyond_chance(observed, fleiss),
            f"gwet_ac2{kind}" if kind else "gwet_ac1": beyond_chance(observed, gwet),
            f"brennan_prediger{kind}": even,
        }
        if not kind:
            values["percent_agreement_unanimous"] = mean([Fraction(len(set(u)) == 1) for u in two])
            values |= {"f1_micro": observed, "randolph_kappa": even}
            per = [Counter(row[a] for row in rows if row[a] is not None) for a in range(len(rows[0]))]
            per = [{x: Fraction(times, c.total()) for x, times in c.items()} for c in per if c]
            chance = mean([sum(p[x] * q[x] for x in p if x in q) for p, q in combinations(per, 2)])
            values["conger_kappa"] = beyond_chance(observed, chance)
    of = Counter(x for u in two for x in u)

    def ordinal(x, y):
        low, high = sorted((rank[x], rank[y]))
        return (sum(of[labels[g]] for g in range(low, high + 1)) - Fraction(of[x] + of[y], 2)) ** 2

    distances = {
        "nominal": lambda x, y: int(x != y),
        "ordinal": ordinal,
        "interval": lambda x, y: (rank[x] - rank[y]) ** 2,
        "ratio": lambda x, y: ratio((rank[x] - rank[y]) ** 2, (rank[x] + rank[y]) ** 2) or 0,
    }
    return values | {f"krippendorff_alpha.{name}": slow_alpha(two, distance) for name, distance in distances.items()}


def slow_alpha(units, distance):
    of = Counter(x for u in units for x in u)
    n = of.total()
    within = sum((Fraction(sum(distance(x, y) for x in u for y in u)) / (len(u) - 1) for u in units), Fraction(0))
    across = sum(of[x] * of[y] * distance(x, y) for x in of for y in of)
    d_o, d_e = ratio(within, n), ratio(across, n * (n - 1)) if n else None
    return None if not d_e else 1 - d_o / d_e


def random_rows(rng, most=12):
    n, a, k = int(rng.integers(1, most)), int(rng.integers(2, 5)), int(rng.integers(2, 5))
    labels = LABELS[:k]
    shares = rng.dirichlet(np.full(k, rng.choice([0.2, 1.0])))
    truth, missing = rng.choice(k, n, p=shares), rng.choice([0.0, 0.3, 0.6])
    data = np.where(rng.random((n, a)) < rng.choice([0.3, 0.8, 1.0]), truth[:, None], rng.integers(0, k, (n, a)))
    rows = [[None if rng.random() < missing else labels[x] for x in row] for row in data]
    return rows, labels


def close(scores, expected, at=0, within=1e-9):
    reason, value = scores.reason.ravel()[at], scores.value.ravel()[at]
    if expected is None:
        return reason != Reason.DEFINED
    return reason == Reason.DEFINED and abs(float(value) - float(expected)) < within


SETS = {  # of two sets, either of which may be empty; two empty ones are equal
    "f1_samples": lambda a, b: Fraction(2 * len(a & b), len(a) + len(b)) if a or b else 1,
    "precision_samples": lambda a, b: Fraction(len(a & b), len(b)) if b else int(not a),
    "recall_samples": lambda a, b: Fraction(len(a & b), len(a)) if a else int(not b),
    "jaccard_samples": lambda a, b: Fraction(len(a & b), len(a | b)) if a or b else 1,
    "jaccard_distance": lambda a, b: 1 - Fraction(len(a & b), len(a | b)) if a or b else 0,
    "masi_distance": lambda a, b: 1 - Fraction(len(a & b), len(a | b)) * overlap(a, b) if a or b else 0,
}
SET_ALPHAS = {
    "krippendorff_alpha.nominal_sets": lambda a, b: int(a != b),
    "krippendorff_alpha.jaccard": SETS["jaccard_distance"],
    "krippendorff_alpha.masi": SETS["masi_distance"],
}


def overlap(a, b):
    if a == b:
        return 1
    return Fraction(2, 3) if a <= b or b <= a else Fraction(1, 3) if a & b else 0


def squares(rows):
    n, k = len(rows), len(rows[0])
    middle = Fraction(sum(map(sum, rows)), n * k)
    items = [Fraction(sum(row), k) for row in rows]
    people = [Fraction(sum(row[a] for row in rows), n) for a in range(k)]
    rest = sum((rows[i][a] - items[i] - people[a] + middle) ** 2 for i in range(n) for a in range(k))
    return (
        k * sum((x - middle) ** 2 for x in items) / (n - 1),
        n * sum((x - middle) ** 2 for x in people) / (k - 1),
        rest / ((n - 1) * (k - 1)),
    )


@pytest.fixture(scope="session")
def slow():
    """Return everything above by name: tests can't import each other."""
    return SimpleNamespace(**{name: value for name, value in globals().items() if name.isidentifier()})
