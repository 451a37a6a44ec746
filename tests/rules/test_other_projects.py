"""Projects of the second generator, each of a kind that an earlier version of the rules got wrong."""

import importlib
import sys
from pathlib import Path

import pytest

SEEDS = {
    "a careless person among teams": ("confounded", 1098),
    "two readings, with a careless person in one camp": ("core", 5111),
    "two readings, with a biased person in one camp": ("core", 1115),
    "two of five who share a rule": ("camps", 1052),
    "an annotator who copies two labels of three": ("copy", 1006),
    "an annotator who copies among eight": ("copy", 1097),
    "a person who drifts": ("drift", 1003),
    "a careless person in a trio that never meets the others": ("confounded", 158),
    "two careless people of a trio that never meets the others, beside a bad section": ("confounded", 992220),
    "a biased person in a trio that labels some sections nearly alone": ("confounded", 994149),
    "two biased people in a team of four that never meets the others": ("confounded", 994042),
}
CLEAN = {"three labels an item from a pool, one majority label": ("null", 1056), "two people": ("two-null", 1004)}


@pytest.fixture(scope="module")
def quality():
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    try:
        yield importlib.import_module("benchmarks.other_quality")
    finally:
        sys.path.pop(0)


def judged(quality, suite, seed):
    project = quality.item_project(seed, suite)
    return quality.judged(project, quality.flags_of(project)[0]), project


@pytest.mark.parametrize("name", SEEDS)
def test_what_was_planted_is_found_and_nothing_else(quality, name):
    (counted, wrong), project = judged(quality, *SEEDS[name])
    assert any(cause.counts for cause in project.planted)
    assert wrong == []
    assert sum(times for (_, outcome), times in counted.items() if outcome == "hit") >= 1


@pytest.mark.parametrize(
    ("seed", "kinds"),
    [
        (77, {"section", "span_annotator"}),  # a section of 10 documents
        (42, {"annotator_section", "span_label_pair"}),  # a person in a section of 17
        (36, {"span_annotator", "span_boundary"}),
    ],
)
def test_what_was_planted_in_spans_is_found_in_sections_of_few_documents_too(quality, seed, kinds):
    project = quality.span_project(seed)
    flags, _ = quality.flags_of(project)
    counted, wrong = quality.judged(project, flags)
    assert wrong == []
    assert {kind for kind, _ in counted} == kinds
    assert all("document" in flag.message for flag in flags if flag.rule in ("section", "annotator_section"))


@pytest.mark.parametrize("name", CLEAN)
def test_where_nothing_was_planted_nothing_is_confirmed(quality, name):
    (counted, wrong), project = judged(quality, *CLEAN[name])
    assert project.planted == ()
    assert wrong == []
    assert not counted


def test_names_and_order_of_labels_change_nothing(quality):
    project = quality.item_project(1115, "core")
    flags, _ = quality.flags_of(project)
    names = sorted(project.frame["label"].unique())
    number = {name: len(names) - position for position, name in enumerate(names)}
    renamed = project.frame.assign(label=project.frame["label"].map(number)).sample(frac=1, random_state=5)
    again, _ = quality.flags_of(type(project)(renamed, project.planted, project.about))

    def told(found):
        return sorted((flag.rule, flag.verdict, flag.n, round(flag.effect, 9)) for flag in found if flag.effect)

    causes = [flag for flag in flags if flag.rule in quality.CAUSES]
    assert causes
    assert told(causes) == told(flag for flag in again if flag.rule in quality.CAUSES)


@pytest.mark.parametrize("section", ["only", None])
def test_without_sections_people_and_labels_are_still_judged(quality, section):
    project = quality.item_project(1115, "core")
    one = type(project)(project.frame.assign(section=section), project.planted, project.about)
    found = {quality.named(flag)[0] for flag in quality.flags_of(one)[0] if flag.verdict == "confirmed"}
    assert {"annotator", "label_pair"} <= found
    assert not {"section", "annotator_section"} & found


@pytest.mark.parametrize("items", [3, 10, 40])
def test_a_few_items_convict_nobody_and_break_nothing(quality, items):
    project = quality.item_project(0, "null")
    few = project.frame[project.frame["item"].isin(sorted(project.frame["item"].unique())[:items])]
    flags, _ = quality.flags_of(type(project)(few, (), project.about))
    assert not [flag for flag in flags if flag.verdict == "confirmed" and flag.rule in quality.CAUSES]
