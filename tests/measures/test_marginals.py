"""Marginal homogeneity: by formula, against statsmodels, and what the outputs say of it."""

import numpy as np
import pandas as pd
import pytest

from agreement import audit
from agreement.comparison.marginals import mcnemar, stuart_maxwell
from agreement.scores import Reason


@pytest.mark.parametrize("k", [2, 3, 5])
def test_stuart_maxwell_and_bhapkar_by_their_formulas(k):
    """d' V⁻¹ d, V = diag(rows + columns) - N - N' (Maxwell 1970); Bhapkar's is W / (1 - W / n) (Bhapkar 1966)."""
    rng = np.random.default_rng(k)
    for table in rng.integers(5, 20, (60, k, k)):
        maxwell, bhapkar, freedom = stuart_maxwell(table)
        rows, columns = table.sum(axis=1), table.sum(axis=0)
        covariance = (np.diag(rows + columns) - table - table.T)[:-1, :-1]
        difference = (rows - columns)[:-1]
        expected = difference @ np.linalg.inv(covariance) @ difference
        assert maxwell == pytest.approx(expected)
        assert bhapkar == pytest.approx(expected / (1 - expected / table.sum()))
        assert freedom == k - 1


def test_exact_mcnemar_against_statsmodels():
    from statsmodels.stats.contingency_tables import mcnemar as theirs  # noqa: PLC0415 - slow to import

    tables = np.random.default_rng(0).integers(0, 12, (60, 2, 2))
    discordant, p = mcnemar(tables)
    for at, table in enumerate(tables):
        if discordant[at]:
            assert p[at] == pytest.approx(theirs(table, exact=True).pvalue)
        else:
            assert np.isnan(p[at])


@pytest.mark.parametrize(
    "table",
    [
        [[50, 4], [5, 50]],  # nine discordant units
        [[50, 0], [0, 50]],  # none
        [[9, 9, 0, 0], [9, 9, 0, 0], [0, 0, 9, 9], [0, 0, 9, 9]],  # two groups of labels that never meet
    ],
)
def test_no_test_where_its_conditions_do_not_hold(table):
    assert stuart_maxwell(np.array(table)) is Reason.CONDITIONS_NOT_MET


def test_the_json_lists_the_tests_of_every_pair():
    labels = [("ok", "ok")] * 40 + [("ok", "bad")] * 15 + [("bad", "ok")] * 5 + [("bad", "bad")] * 20
    rows = [(f"i{n}", who, label) for n, both in enumerate(labels) for who, label in zip("xy", both, strict=True)]
    layer = audit(pd.DataFrame(rows, columns=["item", "annotator", "label"])).to_dict()["layers"][0]
    tests = {(row["test"], row["label"]): row for row in layer["marginal_homogeneity"]}
    assert set(tests) == {("stuart_maxwell", None), ("bhapkar", None), ("mcnemar", "ok"), ("mcnemar", "bad")}
    assert tests["stuart_maxwell", None]["statistic"] == pytest.approx(10**2 / 20)
    assert tests["mcnemar", "ok"]["n"] == 20
    assert tests["mcnemar", "ok"]["p"] == pytest.approx(2 * sum([1, 20, 190, 1140, 4845, 15504]) / 2**20)
