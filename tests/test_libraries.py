"""What a well-kept library does is asked of it and not written again, however much faster that would be."""

import numpy as np
import pytest
from statsmodels.stats import contingency_tables, multitest

from agreement.comparison.marginals import stuart_maxwell
from agreement.uncertainty.distributions import fdr


class AskedError(Exception):
    """Raised by the library's function in place of an answer."""


def asked(*_: object, **__: object) -> None:
    raise AskedError


def test_statsmodels_adjusts_p_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multitest, "multipletests", asked)
    with pytest.raises(AskedError):
        fdr(np.array([0.01, 0.04]))


def test_statsmodels_tests_margins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contingency_tables.SquareTable, "homogeneity", asked)
    with pytest.raises(AskedError):
        stuart_maxwell(np.array([[20, 15], [5, 20]]))
