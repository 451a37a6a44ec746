"""Every kind of layer but categories: values that can be checked by hand, and by other code."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from agreement.annotations import Layer, Reading
from agreement.comparison import SCORE_COLUMNS, compare
from agreement.distances import pair_distances
from agreement.measures.icc import icc
from agreement.records import Records, assemble
from agreement.settings import Settings


def annotations(rows, kind, **settings):
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label", *(["start", "end"] if kind == "spans" else [])])
    frame["status"] = np.where(frame["label"].eq(""), "empty", "done")
    records = Records(rows=frame, reading=Reading(rows_read=len(frame)), layers={"label": Layer("label", kind)})
    return assemble(records, Settings.from_mapping(settings))


def compared(rows, kind, **settings):
    return compare(annotations(rows, kind, **settings), Settings.from_mapping(settings))[0]


def value(comparison, measure, reference=None, other=None, label=None):
    found = comparison.scores.loc[comparison.scores["measure"].eq(measure)]
    for name, wanted in (("reference", reference), ("other", other), ("label", label)):
        found = found.loc[found[name].isna() if wanted is None else found[name].eq(wanted)]
    assert len(found) == 1
    return found.iloc[0]


# scikit-learn's test_precision_recall_f1_score_multilabel_1: x the reference, y the prediction.
SETS = [("1", "x", "0"), ("1", "y", "1"), ("2", "x", "1"), ("2", "y", "1"),
        ("3", "x", "2"), ("3", "x", "3"), ("3", "y", "0"), ("3", "y", "2")]  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("f1_micro", 0.5), ("precision_micro", 0.5), ("recall_micro", 0.5), ("f1_macro", 5 / 12),
        ("precision_macro", 0.375), ("recall_macro", 0.5), ("f1_weighted", 5 / 12), ("f1_samples", 0.5),
        ("precision_samples", 0.5), ("recall_samples", 0.5), ("jaccard_samples", 4 / 9),
    ],
)  # fmt: skip
def test_sets_as_scikit_learn_scores_them(measure, expected):
    assert value(compared(SETS, "labels"), measure, "x", "y")["value"] == pytest.approx(expected)


def test_labels_of_sets():
    found = compared(SETS, "labels")
    assert [value(found, "f1", "x", "y", label)["value"] for label in "0123"] == pytest.approx([0, 2 / 3, 1, 0])
    # Label 0: x on item 1, y on item 3: A_o 1/3, A_e 1/3·1/3 + 2/3·2/3 = 5/9.
    assert value(found, "cohen_kappa", "x", "y", "0")["value"] == pytest.approx((1 / 3 - 5 / 9) / (1 - 5 / 9))


def test_an_empty_set_is_an_answer():
    rows = [("1", "x", ""), ("1", "y", ""), ("2", "x", "A"), ("2", "y", ""), ("3", "x", "A"), ("3", "y", "A")]
    found = compared(rows, "labels")
    assert value(found, "percent_agreement", "x", "y")["value"] == pytest.approx(2 / 3)
    assert value(found, "f1_samples", "x", "y")["value"] == pytest.approx(2 / 3)  # 1, 0, 1
    assert value(found, "f1", "x", "y", "A")["value"] == pytest.approx(2 / 3)  # 2·1 / (2 + 1)


def test_alpha_of_sets_of_the_published_example():
    """DKPro SetAnnotationsTest without its two items that hold an empty set; values by NLTK 3.10.4 and DKPro."""
    data = [("A", "A"), ("A", "B"), ("AB", "A"), ("AB", "AC"), ("ABC", "ABC"), ("C", "AC"), ("C", "AC")]
    rows = [
        (str(item), who, label)
        for item, pair in enumerate(data)
        for who, s in zip("xy", pair, strict=True)
        for label in s
    ]
    found = compared(rows, "labels")
    assert value(found, "krippendorff_alpha.nominal_sets")["value"] == pytest.approx(0.177215189873417)
    assert value(found, "krippendorff_alpha.jaccard")["value"] == pytest.approx(0.20322580645161292)
    assert value(found, "krippendorff_alpha.masi")["value"] == pytest.approx(0.1772151898734179)
    assert value(found, "percent_agreement", "x", "y")["value"] == pytest.approx(2 / 7)


def test_micro_f1_of_sets_against_scikit_learn():
    generator = np.random.default_rng(3)
    given = {who: generator.random((60, 4)) < 0.3 for who in "xy"}
    rows = [
        (f"{item:02}", who, label)
        for who, sets in given.items()
        for item, row in enumerate(sets)
        for label in (np.array(list("ABCD"))[row] if row.any() else [""])
    ]
    found = compared(rows, "labels")
    for average in ("micro", "macro", "weighted"):
        expected = f1_score(given["x"], given["y"], average=average)
        assert value(found, f"f1_{average}", "x", "y")["value"] == pytest.approx(expected), average


RATINGS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def ratings():
    return [(str(item), who, str(x)) for item, row in enumerate(RATINGS) for who, x in zip("abcd", row, strict=True)]


def test_icc_of_shrout_and_fleiss():
    """Shrout & Fleiss 1979, p. 423: ICC(2,1) .29, ICC(3,1) .71."""
    found = compared(ratings(), "number")
    assert round(value(found, "icc.2_1")["value"], 2) == 0.29
    assert round(value(found, "icc.3_1")["value"], 2) == 0.71
    assert value(found, "icc.3_1", "a", "b")["value"] == pytest.approx(
        float(icc(np.array(RATINGS, dtype=float)[:, :2], agreement=False).value)
    )


def test_differences_of_numbers():
    found = compared([("1", "a", "1"), ("1", "b", "3"), ("2", "a", "5"), ("2", "b", "5")], "number")
    assert value(found, "mean_absolute_difference", "a", "b")["value"] == 1
    assert value(found, "mean_difference", "a", "b")["value"] == 1  # the other minus the reference
    assert value(found, "mean_difference", "b", "a")["value"] == -1
    # Differences 2 and 0: mean 1, standard deviation √2.
    assert value(found, "limits_of_agreement.upper", "a", "b")["value"] == pytest.approx(1 + 1.959964 * 2**0.5)
    assert not found.scores["measure"].str.contains("kappa").any()


def test_numbers_without_spread_have_a_reason():
    found = compared([("1", "a", "2"), ("1", "b", "2"), ("2", "a", "2"), ("2", "b", "2")], "number")
    for measure in ("icc.2_1", "icc.3_1", "krippendorff_alpha.interval"):
        assert value(found, measure, "a", "b")["undefined"] == "no variation"
    assert value(found, "mean_absolute_difference", "a", "b")["value"] == 0


ANSWERS = [("1", "x", "The cat sat"), ("1", "y", "a cat"), ("2", "x", "dog"), ("2", "y", "Dog."), ("2", "z", "big dog")]


def test_answers_pair_by_pair():
    found = compared(ANSWERS, "answer")
    # Item 1: {cat, sat} and {cat}: 2·1/3. Item 2: equal.
    assert value(found, "squad_f1", "x", "y")["value"] == pytest.approx((2 / 3 + 1) / 2)
    assert value(found, "squad_exact_match", "x", "y")["value"] == 0.5
    assert value(found, "squad_precision", "x", "y")["value"] == 1
    assert value(found, "squad_recall", "x", "y")["value"] == 0.75
    assert value(found, "squad_recall", "y", "x")["value"] == 1
    assert value(found, "squad_f1_micro", "x", "y")["value"] == pytest.approx(2 * 2 / 5)
    assert value(found, "squad_f1")["n"] == 4


def test_answers_against_several_references():
    found = compared(ANSWERS, "answer")
    assert value(found, "squad_f1_references", None, "z")["value"] == pytest.approx(2 / 3)
    assert value(found, "squad_f1_references", None, "x")["value"] == pytest.approx((2 / 3 + 1) / 2)


def test_two_empty_answers_are_not_compared_and_one_is_nothing():
    rows = [("1", "x", ""), ("1", "y", ""), ("2", "x", ""), ("2", "y", "dog"), ("3", "x", "cat"), ("3", "y", "cat")]
    found = compared(rows, "answer")
    row = value(found, "squad_f1", "x", "y")
    assert (row["value"], row["n"]) == (0.5, 2)
    assert found.details["answers"].both_empty.tolist() == [1]
    nothing = compared([("1", "x", ""), ("1", "y", "")], "answer")
    assert value(nothing, "squad_f1", "x", "y")["undefined"] == "both answers are empty"


def test_the_normalisation_can_be_switched():
    rows = [("1", "x", "die Straße"), ("1", "y", "DIE STRASSE")]
    assert value(compared(rows, "answer"), "squad_exact_match", "x", "y")["value"] == 0
    unicode = compared(rows, "answer", layers={"label": {"normalisation": "unicode"}})
    assert value(unicode, "squad_exact_match", "x", "y")["value"] == 1
    assert unicode.details["answers"].normalisation == "unicode"


@pytest.mark.parametrize(
    ("kind", "rows", "expected"),
    [
        ("labels", [("1", "x", "A"), ("1", "x", "B"), ("1", "y", "A"), ("2", "x", ""), ("2", "y", "")], [0.5, 0]),
        ("number", [("1", "x", "1"), ("1", "y", "3"), ("2", "x", "5"), ("2", "y", "5")], [0.5, 0]),
        ("ordinal", [("1", "x", "1"), ("1", "y", "3"), ("2", "x", "2"), ("2", "y", "3")], [1, 0.5]),
        ("answer", [("1", "x", "cat"), ("1", "y", "cat sat"), ("2", "x", ""), ("2", "y", "")], [1 / 3, 0]),
        ("spans", [("1", "x", "A", 0, 2), ("1", "y", "A", 0, 2), ("1", "y", "B", 4, 5), ("2", "x", "", -1, -1),
                   ("2", "y", "", -1, -1)], [1 / 3, 0]),
        ("category", [("1", "x", "A"), ("1", "y", "B"), ("2", "x", "A"), ("2", "y", "A")], [1, 0]),
    ],
)  # fmt: skip
def test_distances(kind, rows, expected):
    found = pair_distances(annotations(rows, kind), "label", Settings())
    assert found.distance.tolist() == pytest.approx(expected)
    assert found.unit.tolist() == [0, 1]
    assert {len(found.item), len(found.section), len(found.cluster), len(found.round)} == {2}


@pytest.mark.parametrize("kind", ["labels", "number", "answer"])
def test_annotators_who_share_nothing_have_a_reason_everywhere(kind):
    found = compared([("1", "x", "1"), ("2", "y", "2")], kind)
    assert list(found.scores.columns) == list(SCORE_COLUMNS)
    pairs = found.scores.loc[found.scores["reference"].notna()]
    assert len(pairs)
    assert pairs["undefined"].ne("").all()
    assert pairs["value"].isna().all()
