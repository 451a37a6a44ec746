"""Intervals: what they must hold whatever the table, and the values of the closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from agreement.counts import Margins
from agreement.intervals import Clustered, cell_values, interval, pair_scores, smoothed, wilson, wilson_f1
from agreement.measures import measures
from agreement.scores import Reason
from agreement.uncertainty.pooling import Patterns, patterns, unit_scores
from agreement.units import units_from_matrix

KAPPAS = ("cohen_kappa", "scott_pi", "gwet_ac1", "brennan_prediger")


def random_tables(k, size, seed, least=2, most=80):
    rng = np.random.default_rng(seed)
    tables = []
    for _ in range(size):
        n, shares = rng.integers(least, most), rng.dirichlet(np.full(k, rng.choice([0.2, 1, 5])))
        one = rng.choice(k, n, p=shares)
        other = np.where(rng.random(n) < rng.choice([0, 0.5, 0.8, 0.95, 1]), one, rng.choice(k, n, p=shares))
        tables.append(np.bincount(one * k + other, minlength=k * k).reshape(k, k))
    return np.array(tables)


def flips(tables):
    """Every table with one agreement turned into a disagreement, beside the table."""
    k = tables.shape[-1]
    before, after = [], []
    for i in range(k):
        for j in range(k):
            if i != j:
                has = tables[tables[:, i, i] > 0]
                turned = has.copy()
                turned[:, i, i] -= 1
                turned[:, i, j] += 1
                before.append(has)
                after.append(turned)
    return np.concatenate(before), np.concatenate(after)


SUMMED = [(k, m) for k in (2, 3, 5) for m in measures().values() if m.sums is not None and m.interval != "none"]


@pytest.mark.parametrize(
    ("k", "measure"), [(k, m) for k, m in SUMMED if k == 2 or m.name != "pabak"], ids=lambda x: getattr(x, "name", x)
)
def test_interval_holds_the_value(k, measure):
    scores = pair_scores(measure, random_tables(k, 300, k))
    shown = ~np.isnan(scores.low)
    assert shown.sum() > 200
    assert (scores.low <= scores.value)[shown].all()
    assert (scores.value <= scores.high)[shown].all()
    assert (scores.low >= measure.range[0])[shown].all()
    assert (scores.high <= measure.range[1])[shown].all()


@pytest.mark.parametrize("name", KAPPAS)
@pytest.mark.parametrize("k", [2, 3, 5])
def test_first_disagreement_never_raises_the_lower_limit(name, k):
    rng = np.random.default_rng(k)
    full = np.array([np.diag(rng.multinomial(n, rng.dirichlet(np.ones(k)))) for n in range(2, 60)])
    before, after = (pair_scores(measures()[name], tables) for tables in flips(full))
    both = ~np.isnan(before.low) & ~np.isnan(after.low)
    assert both.any()
    assert (after.low <= before.low + 1e-9)[both].all()


@pytest.mark.parametrize("name", KAPPAS)
def test_one_disagreement_more_never_raises_the_lower_limit(name):
    """Where every label has five agreements or more.

    With fewer, the jackknife of a rare label can shrink as its last agreement goes; such tables are below ten
    informative units and are suppressed or warned about.
    """
    tables = random_tables(3, 400, 3, least=40, most=150)
    tables = tables[np.diagonal(tables, axis1=1, axis2=2).min(axis=1) >= 5]
    before, after = (pair_scores(measures()[name], stack) for stack in flips(tables))
    assert len(before.low) > 200
    assert (after.low <= before.low + 1e-9).all()


@pytest.mark.parametrize("name", ["cohen_kappa", "f1_macro", "gwet_ac1"])
def test_full_agreement_is_not_certainty(name):
    scores = pair_scores(measures()[name], np.array([[[6, 0], [0, 6]], [[60, 0], [0, 60]]]))
    assert scores.value.tolist() == [1.0, 1.0]
    assert scores.high.tolist() == [1.0, 1.0]
    u = 1 - 0.025 ** (1 / np.array([12, 120]))  # Clopper-Pearson limit of 0 in n
    chance = 0.0 if scores.expected is None else scores.expected
    assert scores.low == pytest.approx(1 - u / (1 - chance))


def test_single_unit_has_a_value_and_no_interval():
    scores = pair_scores(measures()["cohen_kappa"], np.array([[[0, 1], [0, 0]]]))
    assert scores.value[0] == 0
    assert np.isnan(scores.low[0])
    assert np.isnan(scores.se[0])


def test_jackknife_by_the_letter():
    """The jackknife over cells against taking out every unit of the smoothed table in turn, in a loop."""
    table = np.array([[20, 5], [10, 15]])
    n = 50
    reference, other = np.array([25, 25]) / n, np.array([30, 20]) / n
    smooth = table + np.outer(reference, other) / 2 + np.diag(reference + other) / 4

    def kappa(t):
        p = t / t.sum()
        expected = (p.sum(axis=1) * p.sum(axis=0)).sum()
        return (np.trace(p) - expected) / (1 - expected)

    centre, variance = kappa(smooth), 0.0
    for i in range(2):
        for j in range(2):
            less = smooth.copy()
            less[i, j] -= 1
            variance += smooth[i, j] * (kappa(less) - centre) ** 2
    se = np.sqrt(n / (n + 1) * variance)
    half = stats.t.ppf(0.975, n - 1) * se / (1 - centre**2)
    scores = pair_scores(measures()["cohen_kappa"], table[None])
    assert scores.se[0] == pytest.approx(se)
    assert scores.low[0] == pytest.approx(np.tanh(np.arctanh(centre) - half))
    assert scores.high[0] == pytest.approx(np.tanh(np.arctanh(centre) + half))


def test_documents_of_one_unit_are_units():
    """Where every document holds one unit, taking out documents is taking out units."""
    table = np.array([[20, 5, 0], [4, 15, 2], [1, 0, 9]])
    i, j = (index.repeat(table.ravel()) for index in np.divmod(np.arange(9), 3))
    one = np.eye(3, dtype=np.int64)
    margins = Margins(one[i] * (i == j)[:, None], one[i], one[j])
    parts = one[i][:, :, None] * one[j][:, None, :]
    clustered = Clustered(np.zeros(len(i), np.int64), margins, parts)
    for name in ("cohen_kappa", "cohen_kappa.linear", "f1_macro", "matthews_correlation"):
        units = pair_scores(measures()[name], table[None])
        documents = pair_scores(measures()[name], table[None], 0.95, clustered, np.array([len(i)]))
        assert documents.se == pytest.approx(units.se)
        assert documents.low == pytest.approx(units.low)


def test_documents_widen_the_interval_when_disagreement_comes_in_documents():
    table = np.array([[40, 10], [10, 40]])
    parts = np.array([[[4, 0], [0, 4]]] * 10 + [[[0, 1], [1, 0]]] * 10)
    margins = Margins(np.diagonal(parts, axis1=1, axis2=2), parts.sum(axis=2), parts.sum(axis=1))
    scores = [
        pair_scores(measures()["percent_agreement"], table[None], 0.95, clustered, np.array([20]))
        for clustered in (None, Clustered(np.zeros(20, np.int64), margins, parts))
    ]
    assert scores[1].high[0] - scores[1].low[0] > scores[0].high[0] - scores[0].low[0]
    assert scores[1].clusters[0] == 20


def test_wilson_against_statsmodels():
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415 - slow to import

    successes, n = np.array([0, 1, 9, 10, 50]), np.array([10, 10, 10, 10, 120])
    low, high = wilson(successes, n)
    expected = proportion_confint(successes, n, method="wilson")
    assert low == pytest.approx(np.asarray(expected[0]), abs=1e-12)
    assert high == pytest.approx(np.asarray(expected[1]), abs=1e-12)


def test_wilson_f1_is_wilson_mapped():
    low, high = wilson(np.array([20]), np.array([35]))
    mapped = wilson_f1(np.array([20]), np.array([35]))
    assert mapped[0] == pytest.approx(2 * low / (1 + low))
    assert mapped[1] == pytest.approx(2 * high / (1 + high))


def test_pooled_interval_holds_the_value():
    rng = np.random.default_rng(0)
    for _ in range(40):
        truth = rng.integers(0, 3, 30)
        data = np.where(rng.random((30, 4)) < 0.7, truth[:, None], rng.integers(0, 3, (30, 4)))
        rows = [["abc"[x] if rng.random() < 0.8 else None for x in row] for row in data]
        found = patterns(units_from_matrix(rows, ("a", "b", "c")))
        for measure in measures().values():
            if measure.pooled is not None:
                scores = unit_scores(measure.pooled, found, measure.range)
                assert scores.reason.item() == Reason.DEFINED
                assert measure.range[0] <= scores.low <= scores.value <= scores.high <= measure.range[1]


def test_bootstrap_is_seeded_and_matches_the_jackknife():
    table = np.array([[40, 10], [10, 40]])

    def kappa(counts):
        return measures()["cohen_kappa"].compute(counts).value

    first, again = interval(kappa, table), interval(kappa, table)
    assert first == again
    jack = pair_scores(measures()["cohen_kappa"], table[None])
    assert first[0] == pytest.approx(jack.low[0], abs=0.04)
    assert first[1] == pytest.approx(jack.high[0], abs=0.04)


def test_a_label_that_never_matched_is_no_proof_that_it_cannot():
    """Label x: 6 uses each, no match, so m = 12; at the mid-P limit q = 1 - .05^(1/12) it has 12 q matches."""
    scores = pair_scores(measures()["cohen_kappa"], np.array([[[0, 6], [6, 38]]]))
    rest = 0.05 ** (1 / 12)
    raised = measures()["cohen_kappa"].compute(np.array([[12 * (1 - rest), 6 * rest], [6 * rest, 38]]))
    assert scores.high[0] == pytest.approx(float(raised.value))
    assert scores.value[0] < 0 < scores.high[0]


def test_macro_f1_of_full_agreement_expects_misses_of_rare_labels():
    """A share u disagrees, on pairs of labels as p_i p_j: label j loses u p_j (1 - p_j) / (1 - sum p²) of its p_j."""
    counts = np.diag([40, 6, 4])
    scores = pair_scores(measures()["f1_macro"], counts[None])
    share = np.array([40, 6, 4]) / 50
    u = 1 - 0.025 ** (1 / 50)
    assert scores.low[0] == pytest.approx(np.mean(1 - u * (1 - share) / (1 - (share**2).sum())))


@pytest.mark.parametrize("name", ["matthews_correlation", "f1_macro", "balanced_accuracy"])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_first_disagreement_never_raises_the_lower_limit_without_expected_agreement(name, k):
    rng = np.random.default_rng(k)
    full = np.array([np.diag(rng.multinomial(n, rng.dirichlet(np.ones(k)))) for n in range(10, 60)])
    before, after = (pair_scores(measures()[name], tables) for tables in flips(full))
    both = ~np.isnan(before.low) & ~np.isnan(after.low)
    assert both.any()
    raised = (after.low > before.low + 1e-9) & both
    assert raised.mean() == 0


def test_several_statistics_share_their_resamples():
    table = np.array([[40, 10], [10, 40]])
    names = ("cohen_kappa", "percent_agreement")

    def both(counts):
        return np.column_stack([measures()[name].compute(counts).value for name in names])

    low, high = interval(both, table)
    for at, name in enumerate(names):
        alone = interval(lambda counts, name=name: measures()[name].compute(counts).value, table)
        assert (low[at], high[at]) == pytest.approx(alone)


@pytest.mark.parametrize("table", [[[0, 0], [0, 0]], [[1, 0], [0, 0]], [[30, 0], [0, 1]]])
def test_no_interval_where_a_statistic_is_often_undefined(table):
    """Kappa of 31 units of which one holds the other label: more than a third of the resamples miss it."""
    assert np.isnan(interval(lambda counts: measures()["cohen_kappa"].compute(counts).value, np.array(table))).all()


def test_weighted_values_without_a_unit_are_those_of_the_tables_without_it():
    """Found by a formula: a table of its own for each of 10,000 cells took minutes for a scale from 0 to 100."""
    generator = np.random.default_rng(6)
    weighted = [measure for measure in measures().values() if measure.needs_order and measure.takes == "contingency"]
    weighted = [measure for measure in weighted if not measure.name.startswith("kappa_mean")]
    assert len(weighted) == 10
    for k in (2, 3, 6):
        raw = generator.integers(0, 4, (60, k, k)) * (generator.random((60, k, k)) < 0.7)
        raw[:, 0, 0] += 3
        full = smoothed(raw)[0]
        for measure in weighted:
            fast, _ = cell_values(measure, full)
            slow, _ = cell_values(replace(measure, without=None), full)
            there = (full > 0) & np.isfinite(slow)
            assert fast[there] == pytest.approx(slow[there], rel=1e-12, abs=1e-12), measure.name


def test_a_scale_of_a_thousand_grades_needs_no_table_for_each_cell():
    """Counted rather than timed: the measure looks at the tables a few times, whatever the number of cells."""
    table = np.random.default_rng(7).integers(0, 2, (1, 1000, 1000))
    for measure in measures().values():
        if measure.needs_order and measure.takes == "contingency" and not measure.name.startswith("kappa_mean"):
            calls = []

            def counting(counts, measure=measure, calls=calls):
                calls.append(counts.size)
                return measure.compute(counts)

            pair_scores(replace(measure, compute=counting), table)
            assert sum(calls) <= 3 * table.size, measure.name


@pytest.mark.parametrize("documents", [False, True])
def test_ordinal_alpha_without_units_by_formula_is_that_of_what_remains(documents):
    """Found by a formula: the coincidences of 2,000 units and pseudo-units by 10,000 cells took half a gigabyte."""
    rng = np.random.default_rng(8)
    formula = measures()["krippendorff_alpha.ordinal"].pooled
    for _ in range(100):
        units, k = rng.integers(2, 20), rng.integers(1, 6)
        counts = rng.multinomial(rng.integers(1, 6), rng.dirichlet(np.ones(k)), units)
        cluster = np.sort(rng.integers(0, 5, units)) if documents else None
        found = Patterns(counts, rng.integers(1, 4, units), cluster)
        fast, slow = (unit_scores(sums, found) for sums in (formula, replace(formula, total=None, without=None)))
        assert fast.reason == slow.reason
        for name in ("value", "se", "low", "high"):
            one, other = getattr(fast, name), getattr(slow, name)
            assert (one is None) == (other is None)
            assert one is None or one == pytest.approx(other, rel=1e-9, abs=1e-12, nan_ok=True), name
