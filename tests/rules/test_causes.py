"""Planted causes are found, by kind and subject; projects without one stay clean."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from agreement.diagnosis.diagnosing import CAUSES
from agreement.diagnosis.evidence import from_units
from agreement.errors import SettingsError
from agreement.rules._sections import Apart, set_apart
from agreement.settings import Settings
from agreement.units import units_from_matrix

PLAIN = {"a": 5, "n": 1000, "k": 5, "shape": "even", "high": False}
KEYS = {
    "rule", "verdict", "subject", "nature", "camps", "direction", "effect", "low", "high", "n", "q", "disputes",
    "share_of_disputes", "share_of_disagreement", "message", "advice", "owner", "evidence", "examples",
}  # fmt: skip
OWNERS = {"guideline owner", "annotator lead", "project manager", "ML engineer"}


def causes(diagnosis, verdict="confirmed"):
    found = set()
    for flag in diagnosis.flags:
        if flag.verdict == verdict and flag.rule in CAUSES:
            subject = flag.subject
            parts = (subject.annotator, subject.section, subject.label, *subject.labels, *subject.annotators)
            found.add((flag.rule, tuple(sorted(part for part in parts if part))))
    return found


def planted(one):
    return {(cause.kind, cause.subject) for cause in one.causes}


@pytest.mark.parametrize(
    "kinds",
    [
        ("annotator",), ("annotator_section",), ("section",), ("two readings",), ("label_pair",), ("label",),
        ("section", "label_pair", "annotator"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", [12, 14])
def test_planted_causes_are_confirmed_and_nothing_else(projects, diagnosed, kinds, seed):
    one = projects.project(seed, kinds=kinds, **PLAIN)
    asked_for = {(cause.kind, cause.subject) for cause in one.causes if cause.counts}
    found = causes(diagnosed(one.annotations()))
    assert asked_for <= found <= planted(one)


@pytest.mark.parametrize("kind", ["drift", "copy"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_drift_and_copying_are_found(projects, diagnosed, kind, seed):
    one = projects.two_reader_project(seed, kind)
    assert {key for key in planted(one) if one.causes[0].counts} <= causes(diagnosed(one.annotations()))


def test_camps_are_named(projects, diagnosed):
    one = projects.two_reader_project(5, "camps")
    flag = next(flag for flag in diagnosed(one.annotations()).flags if flag.rule == "camps")
    assert flag.verdict == "confirmed"
    assert set(flag.camps[0]).isdisjoint(flag.camps[1])
    assert set(flag.camps[0]) | set(flag.camps[1]) == set(flag.subject.annotators)


@pytest.mark.parametrize("design", ["free", "two", "rotating", "confounded"])
@pytest.mark.parametrize("seed", [21, 22, 23])
def test_slips_alone_confirm_nothing(projects, diagnosed, design, seed):
    one = projects.project(seed, design, causes=0, high=False, shape="zipf")
    assert causes(diagnosed(one.annotations())) == set()


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_with_two_annotators_nobody_is_blamed(projects, diagnosed, seed):
    one = projects.project(seed, "two", kinds=("section", "label_pair"), n=1000, k=5, shape="even", high=False)
    diagnosis = diagnosed(one.annotations())
    blaming = {"annotator", "annotator_section", "copy", "drift", "camps"}
    assert not blaming & {flag.rule for flag in diagnosis.flags}
    assert {(cause.kind, cause.subject) for cause in one.causes if cause.counts} <= causes(diagnosis)
    assert any(flag.rule == "thin" and "With two annotators" in flag.message for flag in diagnosis.flags)


@pytest.mark.parametrize("seed", [41, 42])
def test_rotating_pairs_find_the_careless_annotator(projects, diagnosed, seed):
    one = projects.project(seed, "rotating", kinds=("annotator",), a=6, n=2000, k=5, shape="even", high=False)
    assert causes(diagnosed(one.annotations())) == planted(one)


def frame(labels, people="ABC"):
    """Rows of a matrix of labels, items by annotators."""
    return pd.DataFrame(
        [(f"i{i:04d}", people[a], label) for i, row in enumerate(labels) for a, label in enumerate(row) if label],
        columns=["item", "annotator", "label"],
    )


def test_two_labels_give_no_pair_verdict(annotations_of, diagnosed):
    rng = np.random.default_rng(0)
    labels = rng.choice(["yes", "no"], (300, 3))
    rules = {flag.rule for flag in diagnosed(annotations_of(frame(labels))).flags}
    assert not rules & {"label_pair", "label"}


@pytest.mark.parametrize(("both_ways", "nature"), [(True, "symmetric"), (False, "different rules")])
def test_two_annotators_nature_of_a_pair(annotations_of, diagnosed, both_ways, nature):
    rng = np.random.default_rng(2)
    true = rng.choice(["a", "b", "c", "d", "e"], 1500)
    labels = np.stack([true, true], axis=1)
    for who in (0, 1):
        taken = (true == "a") & (rng.random(1500) < 0.3) & (both_ways or who == 1)
        labels[taken, who] = "b"
    labels = np.where(rng.random(labels.shape) < 0.04, rng.choice(["a", "b", "c", "d", "e"], labels.shape), labels)
    flag = next(f for f in diagnosed(annotations_of(frame(labels, "XY"))).flags if f.rule == "label_pair")
    assert (flag.subject.labels, flag.nature, flag.verdict) == (("a", "b"), nature, "confirmed")
    assert (flag.direction == "X: a; Y: b") == (not both_ways)


def test_order_of_rows_and_names_of_people_do_not_matter(projects, annotations_of, diagnosed):
    one = projects.project(12, kinds=("annotator", "section"), **PLAIN)
    renamed = one.rows.assign(annotator=one.rows["annotator"].astype(str).map(lambda name: "Z" + name[::-1]))
    shuffled = annotations_of(renamed.sample(frac=1, random_state=3), one.items)
    back = {
        (kind, tuple(part[1:][::-1] if part[0] == "Z" else part for part in subject))
        for kind, subject in causes(diagnosed(shuffled))
    }
    assert back == causes(diagnosed(one.annotations()))


def test_every_flag_keeps_the_contract_and_is_fit_to_be_read_aloud(projects, diagnosed):
    one = projects.project(13, kinds=("annotator", "section", "label_pair"), **PLAIN)
    for flag in diagnosed(one.annotations()).flags:
        values = json.loads(json.dumps(flag.to_dict(), allow_nan=False))
        assert set(values) == KEYS
        assert values["subject"]["kind"] == flag.rule
        assert flag.owner in OWNERS
        assert not re.search(r"significan|\bbad\b|\bwrong\b|\bnan\b| -\d|\d-\d", flag.message), flag.message
        assert "n " in flag.message
        assert "CI" in flag.message or "no interval" in flag.message, flag.message
        if flag.verdict != "note":
            assert flag.low <= flag.effect <= flag.high
            assert flag.q < (0.01 if flag.verdict == "confirmed" else 0.05)
            assert 0 < len(flag.examples) <= 3
            assert all(len(set(example.labels.values())) > 1 for example in flag.examples)
            assert flag.share_of_disagreement * 20 == pytest.approx(round(flag.share_of_disagreement * 20))


def test_budget_adds_up_to_all_of_the_disagreement(projects, diagnosed):
    one = projects.project(13, kinds=("annotator", "section", "label_pair"), **PLAIN)
    budget = diagnosed(one.annotations()).budget
    assert sum(row["share"] for row in budget) == pytest.approx(1)
    assert budget[-1]["rule"] == "rest"
    assert all(row["text"].startswith(("about", "under")) for row in budget)


def test_budget_is_told_in_steps_that_add_up_and_the_flags_say_the_same(projects, diagnosed):
    for seed in (12, 14, 15):
        kinds = ("annotator", "section", "label_pair")
        found = diagnosed(projects.project(seed, kinds=kinds, **PLAIN).annotations())
        told = [int(re.sub(r"\D", "", row["text"])) * row["text"].startswith("about") for row in found.budget]
        assert sum(told) == 100
        shares = [flag.share_of_disagreement for flag in found.flags if flag.evidence.get("share_exact", 0) > 0]
        assert shares == [share / 100 for share in told[:-1]]


def test_sections_that_share_hardly_a_label_are_compared_as_they_are(annotations_of, diagnosed):
    rng = np.random.default_rng(11)
    section = np.arange(160) % 2
    right = section + 2 * (np.arange(160) // 2 % 2)  # labels 0 and 2 in one section, 1 and 3 in the other
    slips = rng.random((160, 4)) < np.where(section == 1, 0.3, 0.06)[:, None]
    labels = np.where(slips, rng.integers(0, 4, (160, 4)), right[:, None])
    items = pd.DataFrame({"section": section.astype(str)}, index=[f"i{i:04d}" for i in range(160)])
    flags = diagnosed(annotations_of(frame(labels.astype(str), "ABCD"), items)).flags
    flag = next(flag for flag in flags if flag.rule == "section")
    apart = np.array([np.mean([a != b for n, a in enumerate(row) for b in row[n + 1 :]]) for row in labels])
    assert flag.effect == pytest.approx(apart[section == 1].mean() - apart[section == 0].mean())


def test_disagreement_without_a_cause_is_called_diffuse(annotations_of, diagnosed):
    rng = np.random.default_rng(5)
    true = rng.integers(0, 5, 600)
    labels = np.where(rng.random((600, 4)) < 0.25, rng.integers(0, 5, (600, 4)), true[:, None]).astype(str)
    assert [row["rule"] for row in diagnosed(annotations_of(frame(labels, "ABCD"))).budget] == ["diffuse"]


def test_full_agreement_is_silent(annotations_of, diagnosed):
    diagnosis = diagnosed(annotations_of(frame([["a", "a", "a"]] * 50 + [["b", "b", "b"]] * 50)))
    assert causes(diagnosis) == causes(diagnosis, "suspected") == set()
    assert diagnosis.budget == ()


def test_unknown_rule_and_threshold_are_refused_together(projects, diagnosed):
    settings = Settings.from_mapping({"rules": {"anotator": {"min_effect": 0.2}, "section": {"min_efect": 0.1}}})
    with pytest.raises(SettingsError) as error:
        diagnosed(projects.project(1, **PLAIN).annotations(), settings)
    assert [problem.where for problem in error.value.problems] == ["rules.anotator", "rules.section.min_efect"]


def test_a_rule_can_be_switched_off_and_its_thresholds_changed(projects, diagnosed):
    annotations = projects.project(11, kinds=("annotator",), **PLAIN).annotations()
    off = Settings.from_mapping({"rules": {"annotator": {"enabled": False}}})
    strict = Settings.from_mapping({"rules": {"annotator": {"min_effect": 0.9}}})
    for settings in (off, strict):
        assert "annotator" not in {flag.rule for flag in diagnosed(annotations, settings).flags}


def test_a_section_in_which_everybody_always_disagrees_is_found(annotations_of, diagnosed):
    labels = [["a", "a", "a"], ["b", "b", "b"]] * 60 + [["a", "b", "c"]] * 60
    rows = frame(labels)
    section = ["S1", "S2"] * 60 + ["S3"] * 60
    items = pd.DataFrame({"section": section}, index=pd.Index([f"i{i:04d}" for i in range(180)], name="item"))
    assert ("section", ("S3",)) in causes(diagnosed(annotations_of(rows, items)))


def test_a_vague_label_with_one_large_partner_is_told_from_the_pair(projects, diagnosed):
    one = projects.project(11, kinds=("label",), **PLAIN)
    assert one.causes[0].counts
    assert causes(diagnosed(one.annotations())) == planted(one)


def test_labels_that_are_all_confused_with_each_other_are_not_all_counted_as_one():
    evidence = from_units(units_from_matrix([["x", "y"], ["y", "z"], ["x", "z"], ["x", "x"]]))
    assert set_apart(evidence, Apart([(0, 1), (1, 2)], [])).disagreement.tolist() == [0, 1, 1, 0]


def test_who_is_off_late_only_is_not_called_off_throughout(projects, diagnosed):
    """A person who slides too little for a drift is suspected at most: the first half of the work was sound."""
    one = projects.two_reader_project(94013, "drift")
    (cause,) = one.causes
    assert not cause.counts
    flags = [flag for flag in diagnosed(one.annotations()).flags if flag.subject.annotator == cause.subject[0]]
    assert [(flag.rule, flag.verdict) for flag in flags] == [("annotator", "suspected")]
