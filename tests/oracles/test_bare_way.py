"""The bare way that the benchmark of crowds holds the command against computes the same numbers."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agreement import audit

BARE_WAY = Path(__file__).parents[2] / "benchmarks" / "bare_way.py"


@pytest.fixture
def bare_way(monkeypatch):
    spec = importlib.util.spec_from_file_location("bare_way", BARE_WAY)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bare_way", module)
    spec.loader.exec_module(module)
    return module


def test_bare_way_gives_the_same_kappas_f1_and_alpha(bare_way, tmp_path):
    chance = np.random.default_rng(3)
    rows = [
        (f"i{item}", f"w{who}", f"label{item % 4 if chance.random() < 0.7 else chance.integers(4)}")
        for item in range(400)
        for who in chance.choice(9, chance.integers(1, 5), replace=False)
    ]
    path = tmp_path / "crowd.csv"
    pd.DataFrame(rows, columns=["item", "annotator", "label"]).to_csv(path, index=False)
    bare = bare_way.scores(path)

    scores = audit([path]).comparisons[0].scores
    of_pairs = scores.loc[scores["reference"].notna() & scores["value"].notna()]
    assert len(of_pairs.loc[of_pairs["measure"].eq("cohen_kappa") & of_pairs["label"].isna()]) == 36  # 9 * 8 / 2
    by_pair = of_pairs.set_index(["measure", "reference", "other", "label"])
    for (first, second), n, kappa, f1 in zip(bare.pairs, bare.n, bare.kappa, bare.f1, strict=True):
        who = sorted((bare.annotators[first], bare.annotators[second]))
        row = by_pair.loc[("cohen_kappa", *who, np.nan)]
        assert row["n"] == n
        assert row["value"] == pytest.approx(kappa, abs=1e-12)
        for label, value in zip(bare.labels, f1, strict=True):
            assert by_pair.loc[("f1", *who, label), "value"] == pytest.approx(value, abs=1e-12)
    pooled = scores.loc[scores["measure"].eq("krippendorff_alpha.nominal") & scores["label"].isna(), "value"]
    assert pooled.item() == pytest.approx(bare.alpha, abs=1e-12)
