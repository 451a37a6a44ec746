"""Labels that are paths: agreement at each depth, where paths part, and alpha by path distance."""

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.comparison import compare
from agreement.hierarchy import common_depths, hierarchy_measures, path_distances, paths
from agreement.intervals import cell_values
from agreement.loaders import load_frame
from agreement.settings import Settings

LABELS = ("A", "A > B", "A > B > C", "A > B > D", "A > E", "F > B")
PATHS = st.lists(
    st.lists(st.sampled_from("AB"), min_size=1, max_size=4).map(tuple), min_size=1, max_size=8, unique=True
).map(tuple)


def scores(answers, **more):
    rows = [(f"i{i}", f"p{j}", label) for i, row in enumerate(answers) for j, label in enumerate(row) if label]
    settings = Settings.from_mapping(more)
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label"])
    found = compare(load_frame(frame, settings), settings)[0].scores
    return found.loc[found["label"].isna() & found["reference"].isna()].set_index("measure")


@given(PATHS)
def test_common_depth_and_distance_follow_their_definition(labels):
    shared, distance = common_depths(labels), path_distances(labels)
    for (i, one), (j, other) in combinations(enumerate(labels), 2):
        depth = next((d for d, (x, y) in enumerate(zip(one, other, strict=False)) if x != y), min(len(one), len(other)))
        assert shared[i, j] == shared[j, i] == depth
        assert distance[i, j] == pytest.approx(1 - 2 * depth / (len(one) + len(other)))
    assert (np.diagonal(distance) == 0).all()


def test_each_depth_by_hand():
    # A > B > C against A > B > D (same to level 2), F > B (differs at 1), A > E (differs at 2), itself
    found = scores([("A > B > C", other) for other in ("A > B > D", "F > B", "A > E", "A > B > C")] * 10)["value"]
    assert found["agreement.depth1"] == pytest.approx(3 / 4)
    assert found["agreement.depth2"] == pytest.approx(2 / 4)
    assert found["agreement.depth3"] == pytest.approx(1 / 4) == found["percent_agreement"]
    assert [found[f"divergence.depth{depth}"] for depth in (1, 2, 3)] == pytest.approx([1 / 3] * 3)


def test_a_parent_and_its_child_part_below_the_parent():
    found = scores([("A > B", "A > B > C")] * 40)["value"]
    assert (found["agreement.depth2"], found["agreement.depth3"], found["divergence.depth3"]) == (1, 0, 1)


def test_divergences_sum_to_one_and_explain_what_depth_loses():
    generator = np.random.default_rng(4)
    found = scores([[LABELS[x] for x in generator.integers(0, 6, 3)] for _ in range(60)])
    parts = [found.loc[f"divergence.depth{depth}", "value"] for depth in (1, 2, 3)]
    assert sum(parts) == pytest.approx(1)
    lost = 1 - found.loc["percent_agreement", "value"]
    levels = [1, *(found.loc[f"agreement.depth{depth}", "value"] for depth in (1, 2, 3))]
    assert [above - below for above, below in pairwise(levels)] == pytest.approx([part * lost for part in parts])
    for name in ("agreement.depth1", "divergence.depth2", "krippendorff_alpha.path"):
        assert found.loc[name, "low"] < found.loc[name, "value"] < found.loc[name, "high"]


def test_alpha_by_path_equals_its_definition():
    generator = np.random.default_rng(5)
    rows = [[LABELS[x] for x in generator.integers(0, 6, 2)] for _ in range(50)]
    cut = paths(LABELS)
    code = {label: number for number, label in enumerate(LABELS)}
    distance = path_distances(cut)
    observed = np.mean([distance[code[a], code[b]] for a, b in rows])
    values = [code[label] for row in rows for label in row]
    expected = np.mean([distance[a, b] for a, b in combinations(values, 2)])
    assert scores(rows).loc["krippendorff_alpha.path", "value"] == pytest.approx(1 - observed / expected)


def test_labels_without_the_separator_have_no_levels():
    assert hierarchy_measures(("a>b", "c")) == ()
    assert "agreement.depth1" not in scores([("x", "y"), ("x", "x")]).index
    assert "agreement.depth2" in scores([("x/a", "x/b"), ("x/a", "x/a")], layers={"label": {"separator": "/"}}).index


def test_nobody_differs_says_so():
    found = scores([("A > B", "A > B"), ("C", "C")] * 10)
    assert found.loc["divergence.depth1", "undefined"] == "nobody differs"


def test_of_two_annotators_the_pair_and_everybody_are_the_same():
    generator = np.random.default_rng(9)
    rows = [(f"i{i}", f"p{j}", LABELS[x]) for i in range(50) for j, x in enumerate(generator.integers(0, 6, 2))]
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label"])
    found = compare(load_frame(frame, Settings()), Settings())[0].scores
    mine = found.loc[found["label"].isna() & found["measure"].str.contains("depth|path")]
    pair = mine.loc[mine["reference"].notna()].set_index("measure")
    everybody = mine.loc[mine["reference"].isna()].set_index("measure")
    assert len(pair) == len(everybody) == 7
    assert pair["value"].to_numpy() == pytest.approx(everybody.loc[pair.index, "value"].to_numpy())
    assert ((pair["low"] <= pair["value"]) & (pair["value"] <= pair["high"])).all()


def test_values_without_a_unit_are_those_of_the_tables_without_it():
    """Found by a formula: a table of its own for each of 160,000 cells took minutes for 400 labels."""
    generator = np.random.default_rng(2)
    full = generator.random((3, 6, 6)) * 3
    for measure in hierarchy_measures(LABELS):
        fast, _ = cell_values(measure, full)
        slow, _ = cell_values(replace(measure, without=None), full)
        assert fast == pytest.approx(slow, abs=1e-12)
