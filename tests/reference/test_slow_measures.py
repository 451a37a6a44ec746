"""An independent implementation of every measure, with loops and exact fractions, against ours on random data.

Data sets have two to four annotators, two to four labels and up to 60 % of labels missing; each is scored pair by pair,
label by label and all together. The last test fails for a measure that is in none of them.
"""

import math
from collections import Counter
from fractions import Fraction
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from agreement.comparison._pools import macro_specific_agreement, specific_agreement
from agreement.counts import contingency
from agreement.measures import krippendorff_alpha as alpha
from agreement.measures import measures
from agreement.measures.conger_kappa import conger_kappa
from agreement.measures.f1 import fbeta
from agreement.units import units_from_matrix

DATA_SETS = 150  # of each seed
ELSEWHERE = {  # measures of spans, tokens and texts, and where their slow implementation is
    "span_": "tests/reference/test_slow_spans.py",
    "token_": "tests/reference/test_slow_spans.py",
    "character_": "tests/reference/test_slow_spans.py",
    "squad_": "tests/reference/test_slow_spans.py",
    "chrf": "tests/reference/test_slow_spans.py",
}


@pytest.fixture(scope="module", params=range(8))
def random_data(request, slow):
    """Data sets with their units; those in which nobody answered anything are no data."""
    rng = np.random.default_rng(request.param)
    made = [slow.random_rows(rng) for _ in range(DATA_SETS)]
    both = [(rows, labels, units_from_matrix(rows, labels)) for rows, labels in made]
    return [(rows, labels, units) for rows, labels, units in both if len(units.unit)]


def test_pairs(random_data, slow):
    """Tables of one size are scored as one stack, as the package does it."""
    stacks = {}
    for rows, labels, units in random_data:
        tables = contingency(units)
        stack = stacks.setdefault(labels, ([], []))
        stack[0].extend(tables.counts)
        stack[1].extend(slow.pair_values(slow.shared(rows, a, b), labels)[0] for a, b in tables.pairs)
    for tables, expected in stacks.values():
        for name in expected[0]:
            scores = measures()[name].compute(np.array(tables))
            for at, values in enumerate(expected):
                assert slow.close(scores, values[name], at), (name, tables[at])


def test_labels(random_data, slow):
    tables, expected = [], []
    for rows, labels, units in random_data:
        found = contingency(units)
        tables.extend(found.collapse().reshape(-1, 2, 2))
        expected.extend(slow.label_values(slow.shared(rows, a, b), label) for a, b in found.pairs for label in labels)
    for name in expected[0]:
        compute = partial(fbeta, beta=2.0) if name == "fbeta" else measures()[name].compute
        scores = compute(np.array(tables))
        for at, values in enumerate(expected):
            assert slow.close(scores, values[name], at), (name, tables[at])


def test_means_of_pairs(random_data, slow):
    for rows, labels, units in random_data:
        tables = contingency(units)
        pairs = [slow.pair_values(slow.shared(rows, a, b), labels)[::2] for a, b in tables.pairs]
        for name in MEANS:
            kappa = "cohen_kappa" + name.removeprefix("kappa_mean") if name != "light_kappa" else "cohen_kappa"
            defined = [
                (values[kappa], 1 if name == "light_kappa" else n) for values, n in pairs if values[kappa] is not None
            ]
            expected = slow.ratio(sum(value * n for value, n in defined), sum(n for _, n in defined))
            assert slow.close(measures()[name].compute(tables.counts), expected), (name, rows)


def test_all_annotators_together(random_data, slow):
    for rows, labels, units in random_data:
        counts, numbers = units.item_counts(), np.arange(float(len(labels)))
        found = {
            "krippendorff_alpha.nominal": alpha.krippendorff_alpha(counts),
            "krippendorff_alpha.ordinal": alpha.ordinal_alpha(counts),
            "krippendorff_alpha.interval": alpha.krippendorff_alpha(counts, alpha.interval(numbers)),
            "krippendorff_alpha.ratio": alpha.krippendorff_alpha(counts, alpha.ratio(numbers)),
            "conger_kappa": conger_kappa(units.matrix(), len(labels)),
        }
        for name, expected in slow.pooled_values(rows, labels).items():
            scores = found.get(name) or measures()[name].pooled.score(counts)
            assert slow.close(scores, expected), (name, rows)


def test_entropy_of_items(random_data, slow):
    for rows, labels, units in random_data:
        scores = measures()["entropy"].compute(units.item_counts())
        for at, row in enumerate(rows):
            given = [x for x in row if x is not None]
            shares = [given.count(x) / len(given) for x in set(given)]
            expected = -sum(p * math.log2(p) for p in shares) if len(given) > 1 else None
            assert slow.close(scores, expected, at), (labels, row)


@pytest.mark.parametrize("seed", range(4))
def test_sets_of_labels(seed, slow):
    rng = np.random.default_rng(seed)
    for _ in range(DATA_SETS):
        n, a = int(rng.integers(1, 10)), int(rng.integers(2, 5))
        data = rng.random((n, a, 3)) < rng.choice([0.2, 0.5])
        first, second = data[:, 0], data[:, 1]
        as_sets = [[frozenset(np.flatnonzero(one).tolist()) for one in row] for row in data]
        for name, of in slow.SETS.items():
            scores = measures()[name].compute(first, second)
            assert all(slow.close(scores, of(row[0], row[1]), at) for at, row in enumerate(as_sets)), (name, as_sets)
        missing = rng.random((n, a)) < rng.choice([0.0, 0.4])
        rows = [[x for x, gone in zip(*row, strict=True) if not gone] for row in zip(as_sets, missing, strict=True)]
        names = sorted({x for row in rows for x in row}, key=sorted)
        counts = np.array([[row.count(x) for x in names] for row in rows], dtype=np.int64).reshape(n, len(names))
        members = np.array([[at in x for at in range(3)] for x in names], dtype=bool).reshape(-1, 3)
        for name, distance in slow.SET_ALPHAS.items():
            kind = name.rpartition(".")[2]
            weights = () if kind == "nominal_sets" else (getattr(alpha, kind)(members),)
            expected = slow.slow_alpha([row for row in rows if len(row) > 1], distance)
            assert slow.close(alpha.krippendorff_alpha(counts, *weights), expected), (name, rows)


NUMBERS = ("mean_difference", "mean_absolute_difference", "limits_of_agreement", "icc.2_1", "icc.3_1")


@pytest.mark.parametrize("seed", range(4))
def test_numbers(seed, slow):
    rng = np.random.default_rng(seed)
    for _ in range(DATA_SETS):
        n, k = int(rng.integers(2, 10)), int(rng.integers(2, 5))
        rows = (rng.integers(0, 9, (n, 1)) + rng.integers(0, int(rng.integers(1, 6)), (n, k))).tolist()
        items, people, rest = slow.squares(rows)
        expected = {
            "icc.2_1": slow.ratio(items - rest, items + (k - 1) * rest + Fraction(k) * (people - rest) / n),
            "icc.3_1": slow.ratio(items - rest, items + (k - 1) * rest),
        }
        for name, value in expected.items():
            assert slow.close(measures()[name].compute(np.array(rows)), value), (name, rows)
        apart = [row[1] - row[0] for row in rows]
        middle = Fraction(sum(apart), n)
        spread = 1.959963984540054 * math.sqrt(sum((d - middle) ** 2 for d in apart) / (n - 1))
        columns = np.array(rows, dtype=float).T[:2]
        assert slow.close(measures()["mean_difference"].compute(*columns), middle)
        assert slow.close(measures()["mean_absolute_difference"].compute(*columns), Fraction(sum(map(abs, apart)), n))
        limits = measures()["limits_of_agreement"].compute(*columns)
        assert limits.value.ravel() == pytest.approx([float(middle) - spread, float(middle) + spread])


MEANS = ("kappa_mean", "kappa_mean.linear", "kappa_mean.quadratic", "light_kappa")


def test_no_measure_is_left_out(slow):
    """Every measure is in a slow implementation above, or is of spans, tokens or texts and held by other tests."""
    ours = {
        *slow.pair_values([("a", "b")], slow.LABELS)[0],
        *slow.label_values([("a", "b")], "a"),
        *slow.pooled_values([["a", "b"]], slow.LABELS),
    }
    ours |= {*MEANS, *slow.SETS, *slow.SET_ALPHAS, *NUMBERS, "entropy"}
    left = [name for name in measures() if name not in ours and not name.startswith(tuple(ELSEWHERE))]
    assert left == []
    assert ours - set(measures()) == set()
    root = Path(__file__).parents[2]
    assert all((root / file).is_file() for file in ELSEWHERE.values())


EXTREME = {
    "one label": ([("a", "a")] * 3, "a"),
    "one label of three": ([("a", "a")] * 3, "abc"),
    "no unit": ([], "ab"),
    "one unit": ([("a", "b")], "ab"),
    "one agreement": ([("a", "a")], "ab"),
    "two units": ([("a", "b"), ("b", "b")], "abc"),
    "one in a billion": ({("a", "a"): 10**9, ("a", "b"): 1}, "ab"),
    "two in a billion": ({("a", "a"): 10**9, ("a", "b"): 1, ("b", "a"): 1, ("b", "b"): 1}, "ab"),
    "billions": ({(x, y): 10**9 + 7 * at for at, (x, y) in enumerate(product("abc", "abc"))}, "abc"),
    "all but one differ": ({("a", "b"): 10**9, ("b", "a"): 10**9, ("a", "a"): 1}, "ab"),
    "rare beside frequent": ({("a", "a"): 10**9, ("b", "b"): 1}, "ab"),
}


@pytest.mark.parametrize("case", EXTREME)
def test_extreme_tables(case, slow):
    """From no unit to billions; near a chance agreement of 1 digits are lost, as in any difference of doubles."""
    cells, labels = EXTREME[case][0], tuple(EXTREME[case][1])
    table = table_of(cells, labels)
    lost = 2e-15 * max(table.sum(), 1) / max(table.sum() - table.trace(), 1) if table.trace() else 0
    for name, value in slow.pair_values(cells, labels)[0].items():
        assert slow.close(measures()[name].compute(table[None]), value, within=1e-9 + lost), name
    for at, label in enumerate(labels):
        one = np.array([[table[at, at], table[at].sum() - table[at, at]], [table[:, at].sum() - table[at, at], 0]])
        one[1, 1] = table.sum() - one.sum()
        for name, value in slow.label_values(cells, label).items():
            compute = partial(fbeta, beta=2.0) if name == "fbeta" else measures()[name].compute
            assert slow.close(compute(one[None]), value), (name, label)


def table_of(cells, labels):
    table = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for (x, y), times in Counter(cells).items():
        table[labels.index(x), labels.index(y)] = times
    return table


def test_a_thousand_labels(slow):
    """Most of them unused, those at either end among the used."""
    rng = np.random.default_rng(4)
    labels = tuple(f"label {number:03}" for number in range(1_000))
    used = np.r_[0, 999, rng.integers(0, 1_000, 8)]
    rows = [[labels[x] for x in rng.choice(used, 3)] for _ in range(25)]
    units = units_from_matrix(rows, labels)
    tables = contingency(units)
    for at, (a, b) in enumerate(tables.pairs):
        for name, value in slow.pair_values(slow.shared(rows, a, b), labels)[0].items():
            assert slow.close(measures()[name].compute(tables.counts[at : at + 1]), value), name
    for name, expected in slow.pooled_values(rows, labels).items():
        if measures()[name].pooled is not None:
            assert slow.close(measures()[name].pooled.score(units.item_counts()), expected), name


@pytest.mark.parametrize("times", [1, 10**9])
def test_units_that_stand_for_many(times, slow):
    """What is pooled of a row with a weight is what is pooled of so many rows."""
    rng = np.random.default_rng(times % 97)
    for _ in range(40):
        rows, labels = slow.random_rows(rng)
        units = units_from_matrix(rows, labels)
        if not len(units.unit):
            continue
        counts = units.item_counts()
        weights = np.full(len(counts), times)
        expected = slow.pooled_values(rows, labels)
        for name in expected.keys() & {name for name, measure in measures().items() if measure.pooled}:
            if times == 1 or not name.startswith("krippendorff"):  # of which n is a part
                assert slow.close(measures()[name].pooled.score(counts, weights), expected[name]), (name, rows)


def test_pooled_f1_is_f1_of_summed_pair_tables(slow):
    """Whichever way the pairs are turned, matches over uses summed over all pairs."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        rows, labels = slow.random_rows(rng)
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
        assert slow.close(macro, np.mean(defined) if defined else None)


def test_interval_alpha_from_sums_of_squares():
    rng = np.random.default_rng(2)
    unit, value = np.arange(12).repeat(3), rng.integers(0, 9, 36).astype(float)
    names, code = np.unique(value, return_inverse=True)
    counts = np.bincount(unit * len(names) + code, minlength=12 * len(names)).reshape(12, -1)
    fast = alpha.interval_alpha(unit, value, 12)
    assert fast.value == pytest.approx(alpha.krippendorff_alpha(counts, alpha.interval(names)).value)
    assert fast.observed == pytest.approx(alpha.krippendorff_alpha(counts, alpha.interval(names)).observed)
