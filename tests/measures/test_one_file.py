"""Adding a measure is one file: the files that the documents show are run as they stand, and get intervals for free."""

import re
from pathlib import Path

import pandas as pd
import pytest

from agreement import audit, interval
from agreement.settings import Settings

ROOT = Path(__file__).parents[2]
NAMES = ("Ana", "Ben")
ROWS = [("ok", "ok")] * 30 + [("ok", "bad")] * 10 + [("bad", "bad")] * 20
PAIRS = [(f"i{n:02}", who, label) for n, both in enumerate(ROWS) for who, label in zip(NAMES, both, strict=True)]


def shown(document, heading):
    """Return the first Python block below a *heading* of a document."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.search(r"```python\n(.*?)```", text[text.index(heading) :], re.DOTALL)[1]


def scores_with(source, tmp_path):
    path = tmp_path / "own.py"
    path.write_text(source, encoding="utf-8")
    settings = Settings.model_validate({"measures": {"files": [str(path)]}})
    return audit(pd.DataFrame(PAIRS, columns=["item", "annotator", "label"]), settings).scores_table()


def test_the_measure_of_the_contributing_page(tmp_path):
    source = shown("CONTRIBUTING.md", "### A measure").replace('name="jaccard"', 'name="own_jaccard"')
    table = scores_with(source, tmp_path)
    row = table.loc[table["measure"].eq("own_jaccard") & table["label"].eq("bad")].iloc[0]
    assert row["value"] == pytest.approx(20 / 30)  # both said bad on 20, either on 30
    assert row["low"] < row["value"] < row["high"]


def test_the_measure_of_the_measures_page(tmp_path):
    table = scores_with(shown("docs/measures.md", "## A measure of your own"), tmp_path)
    row = table.loc[table["measure"].eq("largest_cell")].iloc[0]
    assert (row["value"], row["n"]) == (pytest.approx(30 / 60), 60)
    assert row["low"] < row["value"] < row["high"]


def test_the_interval_of_a_statistic_of_ones_own():
    table = pd.crosstab(*pd.DataFrame(ROWS).T.to_numpy()).reindex(columns=["bad", "ok"], index=["bad", "ok"]).to_numpy()
    low, high = interval(lambda counts: counts[:, 0, 1] / counts.sum(axis=(1, 2)), table)
    assert low <= 0 <= high  # Ana said bad and Ben ok on none of the items
    low, high = interval(lambda counts: counts[:, 1, 0] / counts.sum(axis=(1, 2)), table)
    assert 0.05 < low < 10 / 60 < high < 0.30
    assert interval(lambda counts: counts[:, 1, 0] / counts.sum(axis=(1, 2)), table) == (low, high)
