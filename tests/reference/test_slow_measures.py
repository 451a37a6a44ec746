"""An independent implementation of the measures, with loops and exact fractions, against ours on random tables."""

from collections import Counter
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from agreement.comparison._pools import macro_specific_agreement, specific_agreement
from agreement.counts import contingency
from agreement.measures import krippendorff_alpha as alpha
from agreement.measures import measures
from agreement.measures.conger_kappa import conger_kappa
from agreement.measures.kappa_mean import kappa_mean, light_kappa
from agreement.scores import Reason
from agreement.units import units_from_matrix

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
    n, k = len(pairs), len(labels)
    one, other = Counter(x for x, _ in pairs), Counter(y for _, y in pairs)
    same = Counter(x for x, y in pairs if x == y)
    observed = ratio(sum(same.values()), n)
    both = {x: Fraction(one[x] + other[x], 2 * n) if n else 0 for x in labels}
    used = [x for x in labels if one[x] + other[x]]
    rates = {
        "f1": {x: ratio(2 * same[x], one[x] + other[x]) for x in labels},
        "precision": {x: ratio(same[x], other[x]) for x in labels},
        "recall": {x: ratio(same[x], one[x]) for x in labels},
    }
    agreement = None if not n else observed
    values = {
        "percent_agreement": agreement,
        "cohen_kappa": beyond_chance(agreement, ratio(sum(one[x] * other[x] for x in labels), n * n)),
        "scott_pi": beyond_chance(agreement, sum(p * p for p in both.values()) if n else None),
        "brennan_prediger": beyond_chance(agreement, Fraction(1, k)),
        "gwet_ac1": beyond_chance(agreement, sum(p * (1 - p) for p in both.values()) / (k - 1) if n else None),
        "cohen_kappa_max": beyond_chance(
            ratio(sum(min(one[x], other[x]) for x in labels), n),
            ratio(sum(one[x] * other[x] for x in labels), n * n),
        ),
        "balanced_accuracy": mean([rates["recall"][x] for x in labels if one[x]]),
    }
    for name, rate in rates.items():
        values[f"{name}_macro"] = mean([rate[x] or Fraction(0) for x in used])
        values[f"{name}_weighted"] = ratio(sum((rate[x] or 0) * one[x] for x in labels), n)
    for kind, power in (("linear", 1), ("quadratic", 2)):
        w = {
            (x, y): 1 - Fraction(abs(i - j), k - 1) ** power for i, x in enumerate(labels) for j, y in enumerate(labels)
        }
        weighted = ratio(sum(w[pair] for pair in pairs), n)
        chance = {
            "cohen_kappa": ratio(sum(w[x, y] * one[x] * other[y] for x in labels for y in labels), n * n),
            "scott_pi": sum(w[x, y] * both[x] * both[y] for x in labels for y in labels) if n else None,
            "gwet_ac2": sum(w.values()) * sum(p * (1 - p) for p in both.values()) / (k * (k - 1)) if n else None,
            "brennan_prediger": Fraction(sum(w.values()), k * k),
        }
        for name, expected in chance.items():
            values[f"{name}.{kind}"] = beyond_chance(weighted, expected)
        values[f"percent_agreement.{kind}"] = weighted
    return values, rates, n


def label_values(pairs, label):
    tp = sum(x == label == y for x, y in pairs)
    fn = sum(x == label != y for x, y in pairs)
    fp = sum(y == label != x for x, y in pairs)
    tn = len(pairs) - tp - fn - fp
    return {
        "f1": ratio(2 * tp, 2 * tp + fp + fn),
        "precision": ratio(tp, tp + fp),
        "recall": ratio(tp, tp + fn),
        "jaccard": ratio(tp, tp + fp + fn),
        "specificity": ratio(tn, tn + fp),
        "negative_specific_agreement": ratio(2 * tn, 2 * tn + fp + fn),
        "prevalence_index": ratio(tp - tn, len(pairs)),
        "bias_index": ratio(fn - fp, len(pairs)),
    }


def pooled_values(rows, labels):
    units = [[x for x in row if x is not None] for row in rows]
    two, some, k = [u for u in units if len(u) > 1], [u for u in units if u], len(labels)
    observed = mean([Fraction(sum(u[i] == u[j] for i in range(len(u)) for j in range(len(u)) if i != j),
                              len(u) * (len(u) - 1)) for u in two])  # fmt: skip
    share = {x: mean([Fraction(u.count(x), len(u)) for u in some]) for x in labels}
    values = {"percent_agreement": observed}
    if two:
        values["fleiss_kappa"] = beyond_chance(observed, sum(p * p for p in share.values()))
        values["gwet_ac1"] = beyond_chance(observed, sum(p * (1 - p) for p in share.values()) / (k - 1))
        values["brennan_prediger"] = beyond_chance(observed, Fraction(1, k))
        per = [Counter(row[a] for row in rows if row[a] is not None) for a in range(len(rows[0]))]
        per = [{x: Fraction(c[x], c.total()) for x in labels} for c in per if c]
        chance = mean([sum(p[x] * q[x] for x in labels) for p, q in combinations(per, 2)])
        values["conger_kappa"] = beyond_chance(observed, chance)
    total = [x for u in two for x in u]
    rank = {x: i for i, x in enumerate(labels)}
    of = Counter(total)

    def ordinal(x, y):
        low, high = sorted((rank[x], rank[y]))
        return (sum(of[labels[g]] for g in range(low, high + 1)) - Fraction(of[x] + of[y], 2)) ** 2

    distances = {
        "nominal": lambda x, y: int(x != y),
        "ordinal": ordinal,
        "interval": lambda x, y: (rank[x] - rank[y]) ** 2,
        "ratio": lambda x, y: ratio((rank[x] - rank[y]) ** 2, (rank[x] + rank[y]) ** 2) or 0,
    }
    for name, distance in distances.items():
        within = sum((Fraction(sum(distance(x, y) for x in u for y in u)) / (len(u) - 1) for u in two), Fraction(0))
        across = sum(of[x] * of[y] * distance(x, y) for x in labels for y in labels)
        d_o, d_e = ratio(within, len(total)), ratio(across, len(total) * (len(total) - 1)) if total else None
        values[f"alpha.{name}"] = None if not d_e else 1 - d_o / d_e
    return values


def close(scores, expected):
    reason = scores.reason.item()
    if expected is None:
        return reason != Reason.DEFINED
    return reason == Reason.DEFINED and abs(float(scores.value.item()) - float(expected)) < 1e-9


def random_rows(rng):
    n, a, k = int(rng.integers(1, 12)), int(rng.integers(2, 5)), int(rng.integers(2, 5))
    labels = LABELS[:k]
    shares = rng.dirichlet(np.full(k, rng.choice([0.2, 1.0])))
    truth, missing = rng.choice(k, n, p=shares), rng.choice([0.0, 0.3, 0.6])
    data = np.where(rng.random((n, a)) < rng.choice([0.3, 0.8, 1.0]), truth[:, None], rng.integers(0, k, (n, a)))
    rows = [[None if rng.random() < missing else labels[x] for x in row] for row in data]
    return rows, labels


@pytest.mark.parametrize("seed", range(8))
def test_pairs_and_pools_on_random_tables(seed):
    rng = np.random.default_rng(seed)
    for _ in range(30):  # with their pairs and labels about 3,000 tables in all
        rows, labels = random_rows(rng)
        units = units_from_matrix(rows, labels)
        if not len(units.unit):
            continue
        tables = contingency(units)
        kappas = []
        for number, (a, b) in enumerate(tables.pairs):
            pairs = shared(rows, a, b)
            values, _, n = pair_values(pairs, labels)
            kappas.append((values["cohen_kappa"], n))
            for name, expected in values.items():
                scores = measures()[name].compute(tables.counts[number])
                assert close(scores, expected), (name, rows)
            binary = tables.collapse()[number]
            for code, label in enumerate(labels):
                for name, expected in label_values(pairs, label).items():
                    assert close(measures()[name].compute(binary[code]), expected), (name, label, rows)
        defined = [(value, n) for value, n in kappas if value is not None]
        assert close(kappa_mean(tables.counts), ratio(sum(v * n for v, n in defined), sum(n for _, n in defined)))
        assert close(light_kappa(tables.counts), mean([value for value, _ in defined]))
        pooled = pooled_values(rows, labels)
        counts, numbers = units.item_counts(), np.arange(float(len(labels)))
        found = {
            "alpha.nominal": alpha.krippendorff_alpha(counts),
            "alpha.ordinal": alpha.ordinal_alpha(counts),
            "alpha.interval": alpha.krippendorff_alpha(counts, alpha.interval(numbers)),
            "alpha.ratio": alpha.krippendorff_alpha(counts, alpha.ratio(numbers)),
            "conger_kappa": conger_kappa(units.matrix(), len(labels)),
        }
        for name, expected in pooled.items():
            scores = found.get(name) or measures()[name].pooled.score(counts)
            assert close(scores, expected), (name, rows)


def test_pooled_f1_is_f1_of_summed_pair_tables():
    """Whichever way the pairs are turned, matches over uses summed over all pairs."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        rows, labels = random_rows(rng)
        units = units_from_matrix(rows, labels)
        if not len(units.unit):
            continue
        table = contingency(units).pool()
        uses = table.sum(axis=0) + table.sum(axis=1)
        everything = np.arange(len(labels))
        pooled = specific_agreement(everything).score(units.item_counts())
        expected = [2 * table[x, x] / uses[x] if uses[x] else np.nan for x in everything]
        assert pooled.value == pytest.approx(np.array(expected), nan_ok=True)
        macro = macro_specific_agreement(everything).score(units.item_counts())
        defined = [value for value in expected if not np.isnan(value)]
        assert close(macro, np.mean(defined) if defined else None)


def test_interval_alpha_from_sums_of_squares():
    rng = np.random.default_rng(2)
    unit, value = np.arange(12).repeat(3), rng.integers(0, 9, 36).astype(float)
    names, code = np.unique(value, return_inverse=True)
    counts = np.bincount(unit * len(names) + code, minlength=12 * len(names)).reshape(12, -1)
    fast = alpha.interval_alpha(unit, value, 12)
    assert fast.value == pytest.approx(alpha.krippendorff_alpha(counts, alpha.interval(names)).value)
    assert fast.observed == pytest.approx(alpha.krippendorff_alpha(counts, alpha.interval(names)).observed)
