"""The panel: coefficients side by side, and the reason why they differ for data made to differ in one way."""

# ruff: noqa: RUF001 - the words of the page are typographic

import numpy as np
import pandas as pd
import pytest

from agreement import audit
from agreement.comparison.panel import BESIDE
from agreement.settings import Settings


def panel_of(rows, settings=None):
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label"])
    return audit(frame, settings or Settings()).comparisons[0].details["panel"]


def codes(found):
    return [why.code for why in found.reasons]


def drawn(shares, slip, items=600, annotators=2, seed=3):
    """Return labels of annotators who answer with the true label except where they slip."""
    rng = np.random.default_rng(seed)
    names = np.array(list("abcdef")[: len(shares)])
    truth = rng.choice(len(shares), items, p=shares)
    for a in range(annotators):
        given = np.where(rng.random(items) < slip, rng.choice(len(shares), items, p=shares), truth)
        yield from ((f"i{n:04}", f"P{a}", names[label]) for n, label in enumerate(given))


def test_even_labels_give_one_answer():
    found = panel_of(drawn((0.25,) * 4, 0.2))
    assert codes(found) == ["chance", "same"]
    assert list(found.rows["measure"])[:2] == ["percent_agreement", "kappa_mean"]


def test_one_frequent_label_sets_kappa_apart_from_ac1():
    found = panel_of(drawn((0.94, 0.06), 0.3))
    assert "prevalence" in codes(found)
    value = found.rows.set_index("measure")["value"]
    assert value["gwet_ac1"] - value["fleiss_kappa"] > 0.05
    sentence = next(why.sentence for why in found.reasons if why.code == "prevalence")
    assert sentence.startswith("“a” is 9")
    assert "of 1,200)" in sentence  # two labels on each of 600 items


def test_different_shares_set_conger_apart_from_fleiss():
    ana, ben = "a" * 70 + "b" * 20 + "c" * 10, "a" * 40 + "b" * 35 + "c" * 25
    rows = [(f"i{n:03}", who, label) for who, labels in (("Ana", ana), ("Ben", ben)) for n, label in enumerate(labels)]
    found = panel_of(rows)
    sentence = next(why.sentence for why in found.reasons if why.code == "bias")
    assert "“a” is given 40% by Ben (40 of 100) to 70% by Ana (70 of 100)" in sentence


def test_missing_labels_set_alpha_apart_from_fleiss():
    rows = list(drawn((0.6, 0.4), 0.4, items=90, annotators=5))
    kept = [row for row in rows if row[1] in ("P0", "P1") or (int(row[0][1:]) < 30 and row[2] == "a")]
    found = panel_of(kept)
    sentence = next(why.sentence for why in found.reasons if why.code == "missing")
    assert sentence.startswith("Items have 2–5 labels")


def test_an_order_sets_weighted_kappa_apart():
    rows = list(drawn((0.2,) * 5, 0.0, items=200))
    near = [(item, who, chr(min(ord(label) + (who == "P1" and int(item[1:]) % 2), 101))) for item, who, label in rows]
    settings = Settings.model_validate({"layers": {"label": {"kind": "ordinal", "order": list("abcde")}}})
    assert "order" in codes(panel_of(near, settings))


def test_nobody_in_common_beyond_one_label_gives_no_reason():
    rows = [(f"i{n}", who, "a") for n in range(5) for who in ("Ana", "Ben")]
    assert codes(panel_of(rows)) == []


@pytest.mark.parametrize("slip", [0.05, 0.5])
def test_every_reason_names_measures_of_the_panel_or_of_the_scores(slip):
    found = panel_of(drawn((0.8, 0.1, 0.1), slip, annotators=3))
    assert found.reasons
    assert all(set(why.measures) & set(found.rows["measure"]) and why.sentence.endswith(".") for why in found.reasons)


def test_every_coefficient_of_the_panel_can_be_in_it():
    """PABAK is a pair's: of all annotators it would be the coefficient of Brennan and Prediger once more."""
    rows = [(f"i{item}", who, "xy"[(item + item // 7 * at) % 2]) for item in range(40) for at, who in enumerate("ABC")]
    found = panel_of(rows, Settings.from_mapping({"labels": {"order": ["x", "y"]}}))
    assert found.rows["measure"].tolist() == list(BESIDE)
