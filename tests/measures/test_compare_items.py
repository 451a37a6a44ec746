"""The comparison of one layer of items: which rows it holds, and what they say."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from agreement.comparison._result import SCORE_COLUMNS
from agreement.comparison.items import compare_items
from agreement.errors import SettingsError
from agreement.loaders import load_frame
from agreement.settings import Settings

OWN = """
from agreement.scores import Measure, Reason, scored

def maximum(counts):
    n = counts.sum(axis=(-2, -1))
    return scored(counts.max(axis=(-2, -1)) / n.clip(1), n, [(n == 0, Reason.NO_SHARED_ITEMS)])

MEASURE = Measure("largest_cell", "Largest cell", "The share of the most frequent pair of labels.", "contingency",
                  maximum, (0.0, 1.0), True, "this test")
"""


def labelled(data, **columns):
    """One row per label: *data* maps annotators to texts of one-letter labels, blank for none."""
    rows = [
        {"item": f"i{number:03d}", "annotator": who, "label": label, **{k: v[number] for k, v in columns.items()}}
        for who, labels in data.items()
        for number, label in enumerate(labels)
        if label != " "
    ]
    return load_frame(pd.DataFrame(rows), Settings())


def compared(data, values=None, **columns):
    return compare_items(labelled(data, **columns), "label", Settings.from_mapping(values or {}))


def one(comparison, **wanted):
    """The single row with these values; label, reference and other are None unless given."""
    rows = comparison.scores
    for name, value in {"label": None, "reference": None, "other": None, **wanted}.items():
        rows = rows.loc[rows[name].isna() if value is None else rows[name].eq(value)]
    assert len(rows) == 1, rows
    return rows.iloc[0]


@pytest.fixture(scope="module")
def random():
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 4, 80)
    return {
        who: "".join("abcd"[x] if rng.random() < 0.9 else " " for x in np.where(rng.random(80) < 0.7, truth, 3))
        for who in ("Ana", "Ben", "Cleo")
    }


def test_columns_and_reasons(random):
    scores = compared(random).scores
    assert tuple(scores.columns) == SCORE_COLUMNS
    assert (scores["value"].isna() == scores["undefined"].ne("")).all()
    assert not scores.duplicated(["measure", "params", "label", "reference", "other"]).any()


def test_against_scikit_learn_whoever_is_the_reference(random):
    comparison = compared(random)
    for reference in random:
        for other in random:
            if reference == other:
                continue
            both = [(x, y) for x, y in zip(random[reference], random[other], strict=True) if " " not in (x, y)]
            truth, answer = zip(*both, strict=True)
            for name, average in (("macro", "macro"), ("weighted", "weighted")):
                expected = metrics.precision_recall_fscore_support(truth, answer, average=average, zero_division=0)
                for kind, value in zip(("precision", "recall", "f1"), expected, strict=False):
                    if kind == "f1" and name == "macro" and reference > other:
                        continue
                    row = one(comparison, measure=f"{kind}_{name}", reference=reference, other=other)
                    assert row["value"] == pytest.approx(value)
                    assert row["n"] == len(both)
            for label in "abcd":
                expected = metrics.precision_score(truth, answer, labels=[label], average="macro", zero_division=np.nan)
                row = one(comparison, measure="precision", label=label, reference=reference, other=other)
                assert row["value"] == pytest.approx(expected, nan_ok=True)
            if reference < other:
                row = one(comparison, measure="cohen_kappa", reference=reference, other=other)
                assert row["value"] == pytest.approx(metrics.cohen_kappa_score(truth, answer))
                row = one(comparison, measure="matthews_correlation", reference=reference, other=other)
                assert row["value"] == pytest.approx(metrics.matthews_corrcoef(truth, answer))


def test_symmetric_measures_stand_once_and_the_rest_twice(random):
    scores = compared(random).scores
    pairs = scores.loc[scores["reference"].notna() & scores["label"].isna()]
    sizes = pairs.groupby("measure").size()
    assert sizes["cohen_kappa"] == 3
    assert sizes["precision_macro"] == 6
    assert (
        pairs.loc[pairs["measure"].eq("cohen_kappa"), "reference"]
        < pairs.loc[pairs["measure"].eq("cohen_kappa"), "other"]
    ).all()


def test_one_pair_has_one_interval_for_one_number():
    comparison = compared({"Ana": "abcabcabcaab" * 4, "Ben": "abcabbabcaba" * 4})
    for name in ("percent_agreement", "f1_micro"):
        pair, pooled = one(comparison, measure=name, reference="Ana", other="Ben"), one(comparison, measure=name)
        assert pair[["value", "low", "high"]].tolist() == pooled[["value", "low", "high"]].tolist()
    pair = one(comparison, measure="cohen_kappa", reference="Ana", other="Ben")
    for name in ("kappa_mean", "light_kappa"):
        assert one(comparison, measure=name)[["value", "low", "high"]].tolist() == pytest.approx(
            pair[["value", "low", "high"]].tolist()
        )
    pair = one(comparison, measure="f1", label="a", reference="Ana", other="Ben")
    assert one(comparison, measure="f1", label="a")[["value", "low", "high"]].tolist() == pytest.approx(
        pair[["value", "low", "high"]].tolist()
    )


def test_headline_weights_pairs_by_shared_items_and_leaves_small_ones_out():
    data = {"Ana": "ab" * 40, "Ben": "ab" * 20 + "ba" * 5 + " " * 30, "Cleo": "ba" * 5 + " " * 70}
    comparison = compared(data)
    row = one(comparison, measure="kappa_mean")
    assert row["params"] == "min_pair_items=30"
    assert row["value"] == pytest.approx(one(comparison, measure="cohen_kappa", reference="Ana", other="Ben")["value"])
    assert row["n"] == 50
    few = one(compared({"Ana": "abab", "Ben": "abba"}), measure="kappa_mean")
    assert few["params"] == "min_pair_items=0 (no pair shares 30 items)"
    assert few["value"] == 0


def test_pair_without_shared_items_is_undefined_with_a_reason():
    comparison = compared({"Ana": "abab  ", "Ben": "  abab", "Cleo": "ab    "})
    row = one(comparison, measure="cohen_kappa", reference="Ben", other="Cleo")
    assert np.isnan(row["value"])
    assert (row["undefined"], row["n"]) == ("no items in common", 0)


def test_one_label_is_agreement_without_kappa():
    comparison = compared({"Ana": "aaaa", "Ben": "aaaa"})
    assert one(comparison, measure="percent_agreement", reference="Ana", other="Ben")["value"] == 1
    for row in (one(comparison, measure="kappa_mean"), one(comparison, measure="fleiss_kappa")):
        assert np.isnan(row["value"])
        assert row["undefined"] == "no variation: only one label was used"


def test_order_brings_weighted_coefficients_and_nothing_else_does():
    data = {"Ana": "1233212331", "Ben": "1323212231"}
    plain = compare_items(labelled(data), "label", Settings())
    assert not plain.scores["measure"].str.contains("linear|quadratic|ordinal|interval").any()
    settings = Settings.from_mapping({"labels": {"order": ["1", "2", "3"]}})
    rows = [
        {"item": f"i{n}", "annotator": who, "label": x} for who, labels in data.items() for n, x in enumerate(labels)
    ]
    ordered = compare_items(load_frame(pd.DataFrame(rows), settings), "label", settings)
    truth, answer = list(data["Ana"]), list(data["Ben"])
    for kind in ("linear", "quadratic"):
        row = one(ordered, measure=f"cohen_kappa.{kind}", reference="Ana", other="Ben")
        assert row["value"] == pytest.approx(metrics.cohen_kappa_score(truth, answer, weights=kind))
        assert one(ordered, measure=f"kappa_mean.{kind}")["value"] == pytest.approx(row["value"])
    for kind in ("ordinal", "interval", "ratio"):
        assert one(ordered, measure=f"krippendorff_alpha.{kind}")["undefined"] == ""


def test_models_are_not_pooled_with_humans():
    data = {"Ana": "abab" * 10, "Ben": "abab" * 10, "gpt": "bbab" * 10}
    settings = Settings.from_mapping({"annotators": {"model": ["gpt"]}})
    rows = [
        {"item": f"i{n}", "annotator": who, "label": x} for who, labels in data.items() for n, x in enumerate(labels)
    ]
    comparison = compare_items(load_frame(pd.DataFrame(rows), settings), "label", settings)
    assert one(comparison, measure="fleiss_kappa")["params"] == "annotators=human"
    means = comparison.scores.loc[comparison.scores["measure"].eq("kappa_mean"), ["params", "value"]]
    assert means["params"].tolist() == ["annotators=human, min_pair_items=30", "pairs=human-model, min_pair_items=30"]
    assert means["value"].tolist() == pytest.approx([1.0, 0.5])  # A_o = .75, A_e = .5 · .25 + .5 · .75


def test_fbeta_only_when_asked_for(random):
    assert "fbeta" not in set(compared(random).scores["measure"])
    rows = compared(random, {"measures": {"beta": 2}}).scores
    fbeta = rows.loc[rows["measure"].eq("fbeta")]
    assert set(fbeta["params"]) == {"beta=2"}
    assert len(fbeta) == 6 * 4


def test_ten_documents_become_the_clusters(random):
    comparison = compared(random, document=[f"d{n // 8}" for n in range(80)])
    clustered = one(comparison, measure="kappa_mean")
    if comparison.details["clusters"] is None:
        pytest.fail("the documents were not used")
    assert clustered["clusters"] == 10
    assert one(comparison, measure="f1", label="a", reference="Ana", other="Ben")["clusters"] == 10
    few = compared(random, document=[f"d{n // 10}" for n in range(80)])
    assert pd.isna(one(few, measure="kappa_mean")["clusters"])


def test_measure_from_a_file_of_ones_own(tmp_path, random):
    file = tmp_path / "largest.py"
    file.write_text(OWN, encoding="utf-8")
    comparison = compared(random, {"measures": {"files": [str(file)]}})
    row = one(comparison, measure="largest_cell", reference="Ana", other="Ben")
    assert row["low"] <= row["value"] <= row["high"]


def test_bad_files_and_weights_are_all_named(tmp_path, random):
    (tmp_path / "broken.py").write_text("1 / 0", encoding="utf-8")
    (tmp_path / "empty.py").write_text("", encoding="utf-8")
    files = [str(tmp_path / name) for name in ("broken.py", "empty.py", "none.py")]
    with pytest.raises(SettingsError) as caught:
        compared(random, {"measures": {"files": files}})
    assert [problem.where for problem in caught.value.problems] == files
    with pytest.raises(SettingsError, match="is not 4 x 4"):
        compared(random, {"layers": {"label": {"weights": [[1, 0], [0, 1]]}}})


def test_custom_weights_of_a_layer(random):
    identity = np.eye(4).tolist()
    comparison = compared(random, {"layers": {"label": {"weights": identity}}})
    for name in ("cohen_kappa", "gwet_ac2"):
        plain = {"gwet_ac2": "gwet_ac1"}.get(name, name)
        assert one(comparison, measure=f"{name}.custom", reference="Ana", other="Ben")["value"] == pytest.approx(
            one(comparison, measure=plain, reference="Ana", other="Ben")["value"]
        )
    assert one(comparison, measure="krippendorff_alpha.custom")["value"] == pytest.approx(
        one(comparison, measure="krippendorff_alpha.nominal")["value"]
    )


def test_confused_labels_are_ranked_with_both_counts():
    table = compared({"Ana": "aabbccc" * 6, "Ben": "abbaccc" * 6, "Cleo": "aabbccb" * 6}).details["pair_confusion"]
    first = table.iloc[0]
    assert (first["first"], first["second"]) == ("a", "b")
    # items: aaa, aba, bbb, bab, ccc, ccc, ccb, each 6 times; a or b or both on 5 of 7, a and b on 2 of 7
    assert (first["both"], first["either"]) == (12, 30)
    # pairs of labels with a or b: 3 + 3 + 3 + 3 + 2 in each seven items; a with b: 2 + 2
    assert first["value"] == pytest.approx(4 / 14)
    assert first["low"] < first["value"] < first["high"]


def test_repeats_become_test_retest_agreement():
    rows = [
        ("i1", "Ana", "a"),
        ("i1", "Ana", "a"),
        ("i2", "Ana", "a"),
        ("i2", "Ana", "b"),
        ("i1", "Ben", "a"),
        ("i2", "Ben", "b"),
    ]
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label"])
    settings = Settings.from_mapping({"reading": {"duplicates": "first"}})
    (found,) = compare_items(load_frame(frame, settings), "label", settings).details["retest"]
    assert (found.annotator, found.n, found.same, found.value) == ("Ana", 2, 1, 0.5)


def test_marginals_name_who_uses_a_label_more():
    marginals = compared({"Ana": "a" * 30 + "b" * 30, "Ben": "a" * 15 + "b" * 45}).details["marginals"]
    overall = marginals.loc[marginals["label"].isna()].iloc[0]
    assert overall["statistic"] == pytest.approx(15)  # (15 - 0)² / 15
    assert marginals.loc[marginals["label"].eq("a"), "p"].item() == pytest.approx(2 / 2**15)


def test_crowds_give_the_same_numbers_without_a_matrix(monkeypatch):
    """The path for thousands of annotators, forced on data that both can do."""
    rng = np.random.default_rng(9)
    truth = rng.integers(0, 3, 300)
    data = {
        f"a{number:02d}": "".join(
            "abc"[x] if rng.random() < 0.4 else " " for x in np.where(rng.random(300) < 0.7, truth, 1)
        )
        for number in range(8)
    }
    for columns in ({}, {"document": [f"d{n // 12:02d}" for n in range(300)]}):
        dense = compared(data, **columns).scores
        with monkeypatch.context() as patched:
            patched.setattr("agreement.crowds.MOST_CODES", 0)
            crowd = compared(data, **columns)
        key = ["measure", "params", "label", "reference", "other"]
        both = dense.merge(crowd.scores, on=key, how="outer", suffixes=("", "_crowd"), indicator=True)
        listed = both.loc[both["_merge"].ne("left_only")]
        assert (listed["_merge"] == "both").all()
        assert (
            len(crowd.contingency.pairs) + crowd.details["left_out"].get("pairs with fewer than 30 shared items", 0)
            == 28
        )
        for name in ("value", "low", "high", "n"):
            assert listed[name].to_numpy(float) == pytest.approx(listed[f"{name}_crowd"].to_numpy(float), nan_ok=True)


def test_many_pairs_are_listed_with_the_main_measures_only(monkeypatch, random):
    monkeypatch.setattr("agreement.comparison.items.EVERYTHING_PAIRS", 2)
    monkeypatch.setattr("agreement.comparison.items.MOST_LABEL_ROWS", 2)
    comparison = compared({**random, "Dora": "abcd" + " " * 76})
    assert comparison.details["left_out"] == {
        "pairs with fewer than 30 shared items": 3,
        "pairs listed with the main measures only": 3,
        "pairs not listed by label": 3,
    }
    pairs = comparison.scores.loc[comparison.scores["reference"].notna()]
    assert pairs["label"].isna().all()
    assert "scott_pi" not in set(pairs["measure"])
    everything = compared(random)
    assert one(comparison, measure="kappa_mean")["value"] == pytest.approx(
        one(everything, measure="kappa_mean")["value"]
    )
