"""Release checks: the interval decides, nothing measurable is not a pass, and the exit code follows."""

import itertools
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import audit
from agreement.annotations import Layer
from agreement.checks.criteria import decide, settling
from agreement.checks.release import Check, release_checks, verdict
from agreement.comparison import SCORE_COLUMNS, Comparison
from agreement.diagnosis.diagnosing import Diagnosis
from agreement.flags import Flag, Subject
from agreement.loaders import load_frame
from agreement.settings import Settings
from agreement.units import units_from_matrix
from agreement.wording.checks import ROTATE, THIRD_ANNOTATOR

UNTOLD = (THIRD_ANNOTATOR, ROTATE)


def score(measure, value, low, high, n, *, level="item", label=None, reference=None, other=None, undefined=""):
    row = dict.fromkeys(SCORE_COLUMNS)
    row |= {"layer": "tone", "level": level, "measure": measure, "params": "", "label": label, "n_informative": n}
    row |= {"reference": reference, "other": other, "value": value, "low": low, "high": high, "n": n}
    return row | {"undefined": undefined}


PEOPLE = [("a", "b"), ("a", "c"), ("b", "c")]


def comparison(rows, kind="category", pairs=PEOPLE, **details):
    met = [score("cohen_kappa", 0.7, 0.6, 0.8, 60, reference=one, other=two) for one, two in pairs]
    frame = pd.DataFrame([*rows, *met], columns=list(SCORE_COLUMNS))
    return Comparison(Layer("tone", kind, ("x", "y", "z")), frame, details=details)


def checks_of(rows, kind="category", settings=None, flags=(), pairs=PEOPLE, **details):
    found = release_checks((comparison(rows, kind, pairs, **details),), Diagnosis(tuple(flags)), settings or Settings())
    return {check.name: check for check in found}


def flag(verdict_, annotator="b"):
    return Flag(
        "annotator", verdict_, Subject("annotator", "tone", annotator=annotator), "", "", "", effect=0.2, low=0.1,
        high=0.3, n=80,
    )  # fmt: skip


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_a_check_passes_or_fails_only_with_its_whole_interval(one, two, limit, at_least):
    low, high = sorted((one, two))
    result = decide(low, high, limit, at_least=at_least)
    right = low >= limit if at_least else high <= limit
    wrong = high < limit if at_least else low > limit
    assert result == ("pass" if right else "fail" if wrong else "can't tell yet")


@pytest.mark.parametrize(
    ("low", "high", "result"), [(0.70, 0.80, "pass"), (0.60, 0.69, "fail"), (0.60, 0.75, "can't tell yet")]
)
def test_kappa_is_judged_against_its_limit(low, high, result):
    settings = Settings.from_mapping({"gate": {"kappa": 0.7}})
    check = checks_of([score("kappa_mean", (low + high) / 2, low, high, 100)], settings=settings)["kappa"]
    assert (check.result, check.limit, check.n) == (result, 0.7, 100)


def test_items_needed_follow_the_square_of_half_width_over_distance():
    # half 0.08, distance 0.04: (0.08 / 0.04)^2 = 4 times the items, 300 more
    assert settling(0.74, (0.66, 0.82), 100, 0.70) == "about 300 more items"


def test_a_value_on_the_limit_is_settled_by_a_rule():
    assert settling(0.70, (0.62, 0.78), 100, 0.70).startswith("a rule will, more items won\u2019t")


def test_without_a_pooled_value_a_check_can_not_tell():
    check = checks_of([])["kappa"]
    assert (check.result, check.value) == ("can't tell yet", None)
    assert "nothing could be measured" in check.settle


def test_an_undefined_value_gives_its_reason():
    check = checks_of([score("kappa_mean", None, None, None, 60, undefined="only one label was used")])["kappa"]
    assert check.result == "can't tell yet"
    assert "only one label was used" in check.settle


def test_a_value_without_interval_can_not_tell():
    check = checks_of([score("kappa_mean", 0.9, None, None, 5)])["kappa"]
    assert (check.result, check.settle) == ("can't tell yet", "more items: there is no interval yet")


def test_a_limit_of_none_switches_the_check_off():
    off = {"gate": {"kappa": "off", "f1_item": None, "class_f1": "off", "pair_confusion": "off", "annotator": False}}
    assert checks_of([score("kappa_mean", 0.1, 0.0, 0.2, 100)], settings=Settings.from_mapping(off)) == {}


def test_the_worst_class_with_enough_labels_decides():
    rows = [
        score("f1", 0.2, 0.1, 0.3, 29, label="x"),  # under 30 labels: not judged
        score("f1", 0.45, 0.4, 0.49, 30, label="y"),
        score("f1", 0.9, 0.8, 0.95, 200, label="z"),
    ]
    check = checks_of(rows)["class_f1"]
    assert (check.subject, check.result, check.n) == ("y", "fail", 30)


def test_one_failing_class_beats_many_undecided_ones():
    rows = [
        score("f1", 0.45, 0.30, 0.60, 40, label="x"),
        score("f1", 0.48, 0.46, 0.49, 90, label="y"),
        score("f1", 0.45, 0.30, 0.60, 40, label="z"),
    ]
    assert checks_of(rows)["class_f1"].subject == "y"


def test_several_failing_classes_are_counted():
    rows = [score("f1", 0.3, 0.2, 0.4, 40, label=label) for label in "xyz"]
    assert "3 of 3 classes fail" in checks_of(rows)["class_f1"].meaning


def test_no_class_with_enough_labels_can_not_tell():
    check = checks_of([score("f1", 0.9, 0.8, 1.0, 10, label="x")])["class_f1"]
    assert (check.result, check.value) == ("can't tell yet", None)


def test_a_label_pair_must_stay_under_its_limit():
    table = pd.DataFrame(
        [("x", "y", 0.25, 0.21, 0.3, 90), ("x", "z", 0.5, 0.4, 0.6, 19)],
        columns=["first", "second", "value", "low", "high", "n"],
    )
    check = checks_of([], pair_confusion=table)["pair_confusion"]
    assert (check.subject, check.result, check.at_least, check.n) == ("x / y", "fail", False, 90)


def test_span_layers_are_judged_by_exact_spans_and_tokens():
    rows = [
        score("span_f1.strict", 0.6, 0.55, 0.65, 300, level="span"),
        score("token_f1", 0.9, 0.85, 0.95, 900, level="token"),
    ]
    found = checks_of(rows, kind="spans")
    assert {name: found[name].result for name in ("f1_span", "f1_token")} == {"f1_span": "fail", "f1_token": "pass"}
    assert "kappa" not in found


def test_ordered_labels_are_judged_by_weighted_kappa():
    rows = [score("kappa_mean", 0.3, 0.2, 0.4, 90), score("kappa_mean.quadratic", 0.8, 0.75, 0.85, 90)]
    check = checks_of(rows, kind="ordinal")["kappa"]
    assert (check.value, check.result) == (0.8, "pass")


def test_numbers_are_judged_by_alpha_and_by_no_f1():
    found = checks_of([score("krippendorff_alpha.interval", 0.8, 0.7, 0.9, 90)], kind="number")
    assert found["kappa"].result == "pass"
    assert "alpha" in found["kappa"].title
    assert not {"f1_item", "class_f1", "pair_confusion"} & set(found)


@pytest.mark.parametrize(
    ("flags", "result"),
    [((), "pass"), ((flag("confirmed"),), "fail"), ((flag("suspected"),), "can't tell yet"), ((flag("note"),), "pass")],
)
def test_only_a_confirmed_annotator_fails(flags, result):
    check = checks_of([], flags=flags)["annotator"]
    assert check.result == result
    assert check.subject == ("b" if result != "pass" else "")


def test_two_annotators_can_not_be_told_apart():
    check = checks_of([], pairs=[("a", "b")])["annotator"]
    assert (check.result, check.settle) == ("can't tell yet", "a third annotator on the same items, or gold labels")


def test_pairs_without_an_odd_circle_can_not_be_told_apart():
    square = [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")]
    assert checks_of([], pairs=square)["annotator"].result == "can't tell yet"
    assert checks_of([], pairs=[*square, ("a", "c")])["annotator"].result == "pass"


def test_few_items_can_not_clear_anybody():
    few = [score("cohen_kappa", 0.7, 0.6, 0.8, 5, reference=one, other=two) for one, two in PEOPLE]
    check = checks_of(few, pairs=[])["annotator"]
    assert (check.result, check.n, check.settle) == ("can't tell yet", 5, "about 45 more items")


def test_failed_checks_come_first():
    rows = [
        score("kappa_mean", 0.9, 0.85, 0.95, 100),
        score("f1_macro", 0.6, 0.55, 0.65, 100),
        score("f1", 0.5, 0.4, 0.6, 100, label="x"),
    ]
    found = release_checks((comparison(rows),), Diagnosis(), Settings())
    results = [check.result for check in found]
    assert results == sorted(results, key=["fail", "can't tell yet", "pass"].index)


def a_check(result):
    return Check("kappa", "Kappa", "tone", "", result, 0.5, 0.4, 0.6, 90, 0.667, at_least=True, source="", meaning="")


@pytest.mark.parametrize(
    ("results", "code"),
    [
        (["pass", "pass"], 0),
        (["pass", "fail", "can't tell yet"], 1),
        (["pass", "can't tell yet"], 3),
        ([], 3),
    ],
)
def test_the_verdict_names_the_exit_code(results, code):
    assert verdict([a_check(result) for result in results]).exit_code == code


def test_the_headline_counts_the_failed():
    outcome = verdict([a_check("fail"), a_check("fail"), a_check("pass")])
    assert outcome.headline == "Not ready to ship: 2 of 3 checks fail"
    assert replace(outcome, result="pass").exit_code == 0


def gold_annotations():
    rows = [(f"i{n}", who, "x") for n in range(40) for who in ("a", "b", "c", "g")]
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label"])
    settings = Settings.from_mapping({"annotators": {"gold": ["g"]}})
    return load_frame(frame.assign(layer="tone"), settings)


@pytest.mark.parametrize(("slips", "result"), [(0, "can't tell yet"), (12, "fail")])
def test_flagged_gold_is_a_share_of_the_gold_items(slips, result):
    flags = tuple(
        Flag("gold_item", "confirmed", Subject("gold_item", "tone", item=f"i{n}"), "", "", "") for n in range(slips)
    )
    found = release_checks((comparison([]),), Diagnosis(flags), Settings(), gold_annotations())
    check = next(check for check in found if check.name == "gold")
    # Wilson: 0 of 40 reaches up to 8.8 %, above the limit of 5 %
    assert (check.value, check.n, check.result) == (slips / 40, 40, result)


def test_without_gold_there_is_no_check_of_it():
    assert "gold" not in checks_of([])


def test_a_coefficient_on_hardly_any_variation_is_not_believed():
    thin = score("kappa_mean", 1.0, 0.9, 1.0, 200) | {"n_informative": 3}
    check = checks_of([thin])["kappa"]
    assert (check.result, check.value, check.n) == ("can't tell yet", None, 200)
    assert "too few to say" in check.settle


def test_a_few_items_more_are_worth_naming():
    # (0.32 / 0.03)^2 = 114 times 3 items, within reach though many times the present number
    assert settling(0.67, (0.07, 0.99), 3, 0.70, "items").startswith("about")


def test_answers_are_judged_by_the_words_they_share():
    found = checks_of([score("squad_f1", 0.5, 0.4, 0.6, 90)], kind="answer")
    assert found["f1_item"].result == "fail"
    assert "kappa" not in found


def test_sets_are_judged_by_alpha():
    rows = [score("kappa_mean", 0.3, 0.2, 0.4, 90), score("krippendorff_alpha.masi", 0.8, 0.7, 0.9, 90)]
    assert checks_of(rows, kind="labels")["kappa"].result == "pass"


def test_gold_that_two_annotators_labelled_is_not_judged_and_does_not_pass():
    rows = [(f"i{n}", who, "xy"[n % 2]) for n in range(60) for who in ("ana", "ben", "key")]
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label"])
    settings = Settings.from_mapping({"columns": {"gold": "key"}})
    found = {check.name: check for check in audit(frame, settings).checks}
    assert found["gold"].result == "can't tell yet"
    assert found["gold"].value is None


def test_gold_is_counted_where_three_annotators_labelled_its_item():
    rows = [(f"i{n}", who, "xy"[n % 2]) for n in range(60) for who in ("ana", "ben", "key")]
    rows += [(f"i{n}", "cid", "xy"[n % 2]) for n in range(45)]
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label"])
    settings = Settings.from_mapping({"columns": {"gold": "key"}})
    found = {check.name: check for check in audit(frame, settings).checks}
    assert (found["gold"].value, found["gold"].n) == (0, 45)


def listed_pairs(units):
    """Return the check as it would be from the list of all pairs that share a unit."""
    given_by: dict[int, set[str]] = {}
    for unit, who in zip(units.unit.tolist(), units.annotator.tolist(), strict=True):
        given_by.setdefault(unit, set()).add(units.annotators[who])
    pairs = sorted({pair for who in given_by.values() for pair in itertools.combinations(sorted(who), 2)})
    return checks_of([], pairs=pairs)["annotator"]


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(["x", "y", None, None, None]), min_size=6, max_size=6), min_size=1, max_size=6)
)
def test_who_meets_whom_is_read_off_units_as_off_all_pairs(rows):
    units = units_from_matrix(rows, labels=("x", "y"))
    found = release_checks((replace(comparison([], pairs=[]), units=units),), Diagnosis(), Settings())
    here, listed = next(check for check in found if check.name == "annotator"), listed_pairs(units)
    assert (here.settle in UNTOLD) == (listed.settle in UNTOLD)
    assert here.settle == listed.settle or here.settle not in UNTOLD


def test_people_of_a_crowd_are_told_apart_though_no_pair_shares_enough_to_be_listed():
    rows = [["x" if who in (item, item + 1, item + 2) else None for who in range(62)] for item in range(60)]
    crowd = replace(comparison([], pairs=[]), units=units_from_matrix(rows))
    check = next(check for check in release_checks((crowd,), Diagnosis(), Settings()) if check.name == "annotator")
    assert (check.result, check.n) == ("pass", 60)


def test_nobody_passes_where_nobody_was_looked_at():
    check = checks_of([], not_looked_for=True)["annotator"]
    assert (check.result, check.settle) == ("can't tell yet", "an audit of a part of the table, e.g. of one section")


def test_where_no_pair_shares_enough_items_alpha_is_judged():
    none = score("kappa_mean", None, None, None, 0, undefined="too few items") | {"n_informative": None}
    alpha = score("krippendorff_alpha.nominal", 0.62, 0.61, 0.63, 600)
    check = checks_of([none, alpha])["kappa"]
    assert (check.result, check.value, check.n, check.title) == ("fail", 0.62, 600, "Agreement beyond chance (alpha)")
    assert checks_of([score("kappa_mean", 0.7, 0.68, 0.72, 600), alpha])["kappa"].value == 0.7
    assert checks_of([none])["kappa"].meaning == "No statement is possible: too few items."
