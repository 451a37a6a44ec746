"""Standard errors recomputed by taking units out one by one, and intervals at the ends of what tables can be."""

from collections import Counter
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from agreement.intervals import interval, pair_scores
from agreement.measures import measures
from agreement.scores import Reason
from agreement.uncertainty.closed_forms import clopper_pearson_high, wilson, wilson_f1
from agreement.uncertainty.pooling import patterns, unit_scores
from agreement.uncertainty.ratios import ratios
from agreement.units import units_from_matrix

TESTED = (
    "cohen_kappa", "scott_pi", "gwet_ac1", "brennan_prediger", "f1_macro", "precision_macro", "recall_macro",
    "f1_weighted", "cohen_kappa.linear", "cohen_kappa.quadratic", "scott_pi.linear", "gwet_ac2.quadratic",
    "brennan_prediger.linear", "percent_agreement.quadratic",
)  # fmt: skip


def smoothed(cells, labels):
    """Return the cells with one pseudo-unit: half of it on the diagonal by use, half spread as the margins are."""
    n = Fraction(sum(cells.values()))
    one = {x: sum(cells[x, y] for y in labels) / n for x in labels}
    other = {y: sum(cells[x, y] for x in labels) / n for y in labels}
    spread = {(x, y): one[x] * other[y] / 2 + (one[x] + other[x]) / 4 * (x == y) for x in labels for y in labels}
    return {cell: Fraction(cells[cell]) + more for cell, more in spread.items()}


def jackknifed(cells, labels, bounds, slow):
    """Return the squared standard error of each measure: every cell loses a unit, weighted by how many it holds."""
    full = {cell: held for cell, held in smoothed(cells, labels).items() if held}
    centre = slow.pair_values(Counter(full), labels)[0]
    total = dict.fromkeys(TESTED, 0.0)
    for cell, held in full.items():
        without = slow.pair_values(Counter({**full, cell: held - 1}), labels)[0]
        for name in TESTED:
            value = without[name]
            if value is None or centre[name] is None:
                continue
            kept = min(max(value, -1), 2) if bounds[name] == (0.0, 1.0) else value
            total[name] += float(held * (kept - centre[name]) ** 2)
    size = sum(cells.values()) + 1
    return {name: (size - 1) / size * variance for name, variance in total.items()}


@pytest.mark.parametrize("seed", range(2))
def test_standard_errors(seed, slow):
    """Of tables whose values all exist when any unit is taken out: two labels or more, and five units."""
    rng = np.random.default_rng(seed)
    known = measures()
    bounds = {name: known[name].range for name in TESTED}
    for _ in range(40):
        k = int(rng.integers(2, 4))
        labels = "abc"[:k]
        table = rng.integers(0, 5, (k, k)) + 3 * np.eye(k, dtype=np.int64)
        cells = Counter({(labels[i], labels[j]): int(table[i, j]) for i, j in product(range(k), repeat=2)})
        expected = jackknifed(cells, labels, bounds, slow)
        for name in TESTED:
            found = pair_scores(known[name], table[None])
            assert found.se[0] == pytest.approx(np.sqrt(expected[name]), rel=1e-7, abs=1e-9), (name, table)


EXTREME = {
    "no unit": np.zeros((2, 2)), "no unit of one label": np.zeros((1, 1)),
    "one agreement": [[1, 0], [0, 0]], "one disagreement": [[0, 1], [0, 0]],
    "two agreements": [[1, 0], [0, 1]], "two disagreements": [[0, 1], [1, 0]], "one of each": [[1, 1], [0, 0]],
    "one label": [[7]], "one label, one unit": [[1]], "one label of two": [[7, 0], [0, 0]],
    "billions": [[10**12, 3], [5, 10**12]], "one in a trillion": [[10**12, 1], [0, 0]],
    "all differ": [[0, 10**9], [10**9, 0]], "rare beside frequent": [[10**12, 0], [0, 1]],
}  # fmt: skip
LARGE = np.zeros((1000, 1000))
LARGE[[0, 0, 999, 500, 7], [0, 999, 999, 7, 7]] = [3, 1, 5, 2, 4]


def sound(found, bounds, n):
    """Assert that every value stands inside its interval, and that what is missing is missing for a reason."""
    value, defined = np.atleast_1d(found.value), np.atleast_1d(found.reason) == Reason.DEFINED
    assert np.isfinite(value[defined]).all()
    assert n or not defined.any()
    if found.low is None:  # a value without interval, or a single unit
        return
    low, high = np.atleast_1d(found.low), np.atleast_1d(found.high)
    assert np.isnan(low[~defined]).all()
    both = np.isfinite(low)
    assert (both == np.isfinite(high)).all()
    assert (low[both] <= value[both] + 1e-12).all()
    assert (value[both] <= high[both] + 1e-12).all()
    assert not np.isinf(low).any()
    assert not np.isinf(high).any()
    if bounds != (-np.inf, np.inf):
        assert (low[both] >= bounds[0] - 1e-12).all()
        assert (high[both] <= bounds[1] + 1e-12).all()


@pytest.mark.parametrize("case", [*EXTREME, "a thousand labels"])
def test_intervals_of_extreme_tables(case, slow):
    table = np.asarray(LARGE if case == "a thousand labels" else EXTREME[case], dtype=np.int64)
    names = {*slow.pair_values([("a", "b")], "ab")[0]}
    if table.shape == (2, 2):
        names |= {*slow.label_values([("a", "b")], "a")} - {"fbeta"}
    for name in sorted(names - {"pabak"} if table.shape != (2, 2) else names):
        measure = measures()[name]
        sound(pair_scores(measure, table[None]), measure.range, table.sum())


ROWS = {
    "no shared unit": ([["a", None], [None, "b"]], "ab"), "one unit": ([["a", "b"]], "ab"),
    "one agreement": ([["a", "a"]], "ab"), "two units": ([["a", "b"], ["b", "b"]], "ab"),
    "two agreements": ([["a", "a"], ["b", "b"]], "ab"), "one label": ([["a", "a"]] * 3, "a"),
    "one label of two": ([["a", "a"]] * 3, "ab"), "all differ": ([["a", "b"], ["b", "a"]] * 2, "ab"),
    "a thousand labels": ([["0", "0"], ["0", "999"], ["7", "500"], ["999", "999"]], list(map(str, range(1000)))),
}  # fmt: skip


@pytest.mark.parametrize(
    ("case", "times"), [(case, times) for case in ROWS for times in (1, 10**9) if times == 1 or "thousand" not in case]
)
def test_pooled_intervals_of_extreme_data(case, times):
    rows, labels = ROWS[case]
    units = units_from_matrix(rows, tuple(labels))
    found = patterns(units)
    many = type(found)(**{
        name: getattr(found, name) * times if name == "weight" else getattr(found, name)
        for name in found.__dataclass_fields__
    })  # fmt: skip
    tried = 0
    for measure in measures().values():
        if measure.pooled is not None:
            n = sum(x is not None and y is not None for x, y in rows)
            sound(unit_scores(measure.pooled, many, measure.range), measure.range, n)
            tried += 1
    assert tried > 8


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999999])
def test_closed_forms_at_their_ends(confidence):
    n = np.array([0, 1, 1, 2, 2, 2, 10**15, 10**15, 10**15])
    part = np.array([0, 0, 1, 0, 1, 2, 0, 1, 10**15])
    for limits in (wilson, wilson_f1):
        low, high = limits(part, n, confidence)
        some = n > 0
        assert np.isnan(low[~some]).all() or (low[~some] >= 0).all()
        value = part[some] / n[some]
        value = 2 * value / (1 + value) if limits is wilson_f1 else value
        assert (low[some] >= 0).all()
        assert (low[some] <= value + 1e-12).all()
        assert (value <= high[some] + 1e-12).all()
        assert (high[some] <= 1).all()
    top = clopper_pearson_high(part[1:], n[1:], confidence)
    assert ((top >= part[1:] / n[1:]) & (top <= 1)).all()


def test_statistics_of_ones_own_with_hardly_any_data():
    def share(counts):
        return counts[..., 0, 0] / counts.sum(axis=(-2, -1))

    for table in ([[0, 0], [0, 0]], [[1, 0], [0, 0]]):
        assert np.isnan(interval(share, np.array(table))).all()
    low, high = interval(share, np.array([[1, 1], [0, 0]]))
    assert (low, high) == (0.0, 1.0)
    low, high = interval(share, np.array([[10**12, 10**12], [0, 0]]))
    assert 0.499 < low < 0.5 < high < 0.501
    tiny = interval(lambda counts: share(counts) * 5e-324, np.array([[1, 1], [1, 1]]))
    assert all(np.isfinite(one) and 0 <= one <= 5e-324 for one in tiny)


def test_a_document_of_quadrillions_of_characters():
    """Two less a document of more than 2^53 characters was nothing, and something was divided by it."""
    huge = np.array([2.0**60])
    found = ratios(huge, 2 * huge, np.zeros(1, int), np.zeros(1, int), 1, 0.95, is_f1=False)
    assert found.low[0] <= found.value[0] == 0.5 <= found.high[0]
