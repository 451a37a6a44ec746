"""The engine against published formulas in other people's code, and against its own second form."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa
from statsmodels.stats.multitest import multipletests

from agreement._arrays import couples_in_runs
from agreement.diagnosis.contrasts import Additive, additive, sums_by
from agreement.diagnosis.evidence import from_pairs, from_units, independent
from agreement.diagnosis.merging import merge_table
from agreement.rules._sections import Strata, section_effect
from agreement.scores import Reason
from agreement.uncertainty.distributions import fdr
from agreement.units import units_from_matrix

LABELS = st.sampled_from(["a", "b", "c", None])
TABLES = st.lists(st.lists(LABELS, min_size=4, max_size=4), min_size=1, max_size=12).filter(
    lambda rows: any(label is not None for row in rows for label in row)
)


def as_pairs(units):
    first, second = couples_in_runs(units.unit)
    return from_pairs(
        units.annotators, units.sections, units.section, independent(units.item, units.cluster, 0), units.unit[first],
        units.annotator[first], units.annotator[second], (units.label[first] != units.label[second]).astype(float),
    )  # fmt: skip


@given(TABLES)
def test_counts_and_pairs_give_the_same_disagreement(rows):
    units = units_from_matrix(rows)
    by_counts, by_pairs = from_units(units), as_pairs(units)
    np.testing.assert_allclose(by_counts.disagreement, by_pairs.disagreement)
    # a label without a partner is in no pair, so only the compared rows are in both
    rows_compared = by_counts.size[by_counts.unit] >= 2
    np.testing.assert_allclose(by_counts.total[rows_compared], by_pairs.total)
    np.testing.assert_allclose(by_counts.contrast()[rows_compared], by_pairs.contrast())


@given(TABLES)
def test_contrasts_of_one_unit_cancel(rows):
    evidence = from_units(units_from_matrix(rows))
    w = np.nan_to_num(evidence.contrast())
    np.testing.assert_allclose(np.bincount(evidence.unit, w, minlength=len(rows)), 0, atol=1e-9)


def test_weights_of_a_nominal_layer_change_nothing():
    units = units_from_matrix([["a", "b", "c"], ["a", "a", "c"], ["b", "b", None]])
    np.testing.assert_allclose(from_units(units, 1 - np.eye(3)).disagreement, from_units(units).disagreement)


def test_statsmodels_cluster_robust_mean():
    rng = np.random.default_rng(1)
    cluster, y = rng.integers(0, 12, 80), rng.normal(size=80)
    ours = sums_by(np.zeros(80, np.int64), 1, cluster, y).mean()
    theirs = sm.OLS(y, np.ones(80)).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    assert ours.value[0] == pytest.approx(theirs.params[0])
    assert ours.se[0] == pytest.approx(theirs.bse[0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_statsmodels_benjamini_hochberg(p):
    np.testing.assert_allclose(fdr(np.array(p)), multipletests(p, method="fdr_bh")[1], atol=1e-300)


def pairs_of_two(pairs, n, error, seed):
    """Items labelled by two people each; person a errs with probability error[a]."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        row = [None] * len(error)
        for who in pairs[rng.integers(len(pairs))]:
            row[who] = str(rng.integers(1, 5)) if rng.random() < error[who] else "0"
        rows.append(row)
    return from_units(units_from_matrix(rows))


def test_a_share_is_held_against_the_mean_of_the_others_and_so_is_its_error():
    none = np.zeros(0)
    fit = Additive(np.arange(4), np.array([0.0, 0.1, 0.2, 0.5]), np.diag([0.01, 0.01, 0.01, 0.04]), none, none,
                   identified=True, clusters=50)  # fmt: skip
    against = fit.against_others()
    assert against.value[3] == pytest.approx(0.5 - (0.0 + 0.1 + 0.2) / 3)
    assert against.se[3] == pytest.approx((0.04 + 3 * 0.01 / 9) ** 0.5)


def test_a_reference_without_a_dispute_is_not_known_for_sure():
    """Of 20 items inside half are disputed, of 5 outside none; each item is a cluster, all deserve the same label."""
    inside, outside = 20, 5
    hits = inside / 2
    weight, squares = np.array([[inside], [outside], [0.0]]), sparse.csr_matrix(np.diag([hits, 0.0, 0.0]))
    size = sparse.csr_matrix(np.diag([inside, outside, 0.0]))
    present = sparse.csr_matrix(np.eye(3)[np.repeat([0, 1], [inside, outside])])
    strata = Strata(
        weight, np.array([[hits], [0.0], [0.0]]), squares, squares, size, size, present, np.array([inside, outside, 0])
    )
    found = section_effect(strata, 0, np.zeros(2, bool))
    assert found.value == pytest.approx(0.5)
    own = hits * 0.5 / (inside - 1) / inside  # variance of the mean: .25 of each item, 20 / 19 of it
    both = own * inside * inside / (inside + outside)  # of one item, pooled
    other = 8 * both / outside / (outside - 1 + 8)  # nothing of its own, and what eight clusters are worth
    own = ((inside - 1) * own + 8 * other * outside / inside) / (inside - 1 + 8)
    assert found.se == pytest.approx((own + other) ** 0.5)


def test_rotating_pairs_tell_people_apart_and_fixed_pairs_do_not():
    error = [0.05, 0.05, 0.05, 0.35]
    rotating = additive(pairs_of_two([(0, 1), (1, 2), (2, 3), (0, 3), (0, 2), (1, 3)], 4000, error, 3))
    assert rotating.identified
    # with errors e and f two people disagree in e + f - 1.25 e f: .378 with the fourth, .097 without
    assert rotating.against_others().value[3] == pytest.approx(0.378 - 0.097, abs=0.05)
    assert not additive(pairs_of_two([(0, 1), (2, 3)], 900, error, 3)).identified
    assert not additive(pairs_of_two([(0, 1), (1, 2), (2, 3), (0, 3)], 900, error, 3)).identified  # bipartite


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_statsmodels_fleiss_before_and_after_merging(seed):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 4, 60)
    codes = np.where(rng.random((60, 3)) < 0.3, rng.integers(0, 4, (60, 3)), true[:, None])
    units = units_from_matrix([[str(label) for label in row] for row in codes], labels=("0", "1", "2", "3"))
    kappa = merge_table(from_units(units), 1, 2, 0.95)["kappa"]
    before = fleiss_kappa(aggregate_raters(codes)[0])
    after = fleiss_kappa(aggregate_raters(np.where(codes == 2, 1, codes))[0])
    assert (kappa["before"], kappa["after"]) == pytest.approx((before, after))
    assert kappa["low"] <= kappa["change"] <= kappa["high"]
    assert kappa["before_low"] <= kappa["before"] <= kappa["before_high"] <= 1
    assert kappa["after_low"] <= kappa["after"] <= kappa["after_high"] <= 1


@pytest.mark.parametrize("items", [40, 6_000])
def test_agreement_beyond_chance_has_no_value_where_merging_leaves_one_label(items):
    """With one label the agreement expected by chance is 1 and kappa 0 / 0; the F1 of that label is 1."""
    units = units_from_matrix([["a", "b", "a"], ["a", "a", "a"]] * (items // 2))
    table = merge_table(from_units(units), 0, 1, 0.95)
    for name in ("kappa", "alpha"):
        row = table[name]
        assert row["before"] is not None
        assert (row["after"], row["change"], row["low"], row["high"]) == (None, None, None, None)
        assert row["undefined"] == Reason.ONE_LABEL
    assert (table["f1_macro"]["after"], table["f1_macro"]["undefined"]) == (1.0, "")


def test_one_item_gives_no_interval_of_merging():
    table = merge_table(from_units(units_from_matrix([["a", "b", "c"]])), 0, 1, 0.95)
    assert table["kappa"]["change"] is not None
    assert (table["kappa"]["low"], table["kappa"]["high"]) == (None, None)


def test_an_item_without_which_there_is_no_value_moves_nothing():
    """Fleiss: 2/3 agree, 26/36 expected, so -.2; without one of the first two items 1/2 and 10/16, so -1/3.

    Without the last one label is left, and -.2 stands: deviations of 2/45, 2/45 and 4/45 from the mean -13/45.
    """
    kappa = merge_table(from_units(units_from_matrix([["a", "a"], ["a", "a"], ["a", "c"]])), 0, 1, 0.95)["kappa"]
    half = 4.302653 * (2 / 3 * (2 * (2 / 45) ** 2 + (4 / 45) ** 2)) ** 0.5  # t of 2 degrees of freedom
    found = kappa["before"], kappa["before_low"], kappa["before_high"]
    assert found == pytest.approx((-0.2, -0.2 - half, -0.2 + half), rel=1e-6)
