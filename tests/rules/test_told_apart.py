"""Causes that look alike are told apart: people from sections and readings, rare labels from slips, camps from copies.

Every project is one that an earlier version of the rules got wrong.
"""

import numpy as np
import pandas as pd
import pytest

from agreement.diagnosis.diagnosing import CAUSES
from agreement.diagnosis.evidence import from_units
from agreement.rules._plurality import deviations
from agreement.rules._sections import Apart, set_apart
from agreement.rules._standing import likely_shares, steepness
from agreement.units import units_from_matrix

CONFOUNDED = {
    "a section read alike by one person and by one who is careless everywhere": 985215,
    "a section read alike by two people of whom one stands out": 985443,
    "a section whose rest is off too, beside the one who stands out": 985171,
    "a person who is off in most sections while another section is bad for everybody": 985499,
    "a label that scatters over two labels that are confused with each other": 985203,
    "two frequent labels that are confused where people slip a lot": 985570,
    "a section of one team beside one of the other team, which shares few items with it": 986087,
    "a section read alike by some of a team, where another team shares few items with it": 988113,
    "one person off in a section whose two teams hardly meet": 988073,
    "one person off in a section, whose slips there are those of one who is careless everywhere": 986033,
    "a section read in two ways by two people of a team, beside one that is bad for everybody": 988075,
    "a section read in two ways by two of four people, which one of them carries more than the other": 986017,
}
CLEAN = {
    "a rare label beside a majority of four fifths": 985361,
    "two labels that are left often as all rare labels are": 983087,
    "people who slip a lot on a majority of four fifths": 985334,
}


def confirmed(flags):
    """Return kind and subject of the confirmed causes; camps are known by their kind."""
    return {
        (flag.rule, (flag.subject.annotator, flag.subject.section, flag.subject.label, flag.subject.labels))
        for flag in flags
        if flag.verdict == "confirmed" and flag.rule in CAUSES
    }


def due(causes):
    """Return the planted *causes* that count in the form of ``confirmed``, and those that need not be found."""
    named = {}
    for cause in causes:
        names = {name[0]: name for name in cause.subject}
        labels = cause.subject if cause.kind == "label_pair" else ()
        label = names.get("L") if cause.kind == "label" else None
        named[cause.kind, (names.get("A"), names.get("S"), label, labels)] = cause.counts
    return {key for key, counts in named.items() if counts}, set(named)


@pytest.mark.parametrize("name", CONFOUNDED)
def test_what_was_planted_in_teams_is_found_and_nothing_else(projects, diagnosed, name):
    project = projects.project(CONFOUNDED[name], "confounded")
    wanted, allowed = due(project.causes)
    found = confirmed(diagnosed(project.annotations()).flags)
    assert wanted
    assert wanted <= found <= allowed


@pytest.mark.parametrize("name", CLEAN)
def test_what_is_benign_is_not_blamed(projects, diagnosed, name):
    project = projects.project(CLEAN[name], ("free", "rotating", "confounded")[CLEAN[name] % 3], causes=0)
    assert confirmed(diagnosed(project.annotations()).flags) == set()


def test_two_camps_are_no_copy(projects, diagnosed):
    flags = diagnosed(projects.two_reader_project(985087, "camps").annotations()).flags
    assert {rule for rule, _ in confirmed(flags)} == {"camps"}


def test_a_section_without_more_disagreement_is_not_read_in_two_ways(projects, diagnosed):
    project = projects.project(985466, "confounded")
    assert {rule for rule, _ in confirmed(diagnosed(project.annotations()).flags)} == {"label_pair"}


def test_deviations_are_held_against_the_plurality_of_the_others():
    # the others of each unit: x x, x x, x y (no plurality), y y
    counts = np.array([[2.0, 2, 0], [3, 1, 0], [1, 3, 0], [1, 3, 0]])
    own, other = np.array([1, 0, 1, 1]), np.array([1, 1, 1, 0])
    against, joined, plurality = deviations(counts, own, other)
    assert against.tolist() == [True, False, False, False]
    assert joined.tolist() == [True, False, False, False]
    assert plurality[[0, 1, 3]].tolist() == [0, 0, 1]


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.9, 0.1]])
def test_steepness_does_not_depend_on_how_frequent_labels_are(shares):
    # two people, two labels, a tenth of the items in dispute: S = 1 - .1 * 2 / 1 = .8
    n = 200
    rows = (
        [["x", "x"]] * int(0.9 * n * shares[0]) + [["y", "y"]] * round(0.9 * n * shares[1]) + [["x", "y"]] * (n // 10)
    )
    assert steepness(from_units(units_from_matrix(rows))) == pytest.approx(np.sqrt(0.8))


def test_who_is_careless_is_not_taken_for_one_who_changes_where_sections_follow_each_other(annotations_of, diagnosed):
    # eight sections of 20 items, labelled one after the other: time hardly varies inside one, slopes are not known
    draw = np.random.default_rng(7)
    item, who = np.repeat(np.arange(160), 4), np.tile(np.arange(4), 160)
    true = draw.integers(0, 3, 160)[item]
    slips = draw.random(640) < np.where(who == 0, 0.3, 0.05)
    label = np.where(slips, (true + draw.integers(1, 3, 640)) % 3, true)
    names = np.array([f"i{number:03}" for number in range(160)])
    rows = {"item": names[item], "annotator": np.array(list("abcd"))[who], "label": np.array(list("xyz"))[label]}
    sections = pd.DataFrame(
        {"section": [f"s{number // 20}" for number in range(160)]}, index=pd.Index(names, name="item")
    )
    flags = diagnosed(annotations_of(pd.DataFrame({**rows, "time": (item * 60).astype(str)}), sections)).flags
    assert confirmed(flags) == {("annotator", ("a", None, None, ()))}


@pytest.mark.parametrize(("times", "believed"), [(1, (0.2, 0.5)), (10, (0.8, 1.0))])
def test_what_a_few_items_tell_of_two_teams_is_hardly_believed(times, believed):
    # whoever of the second team meets the first is off in a quarter: .25 between the teams, .125 from the middle
    both = ["xx.x..", "x.x.x.", ".xx..x"] * 6 + ["xx.y..", "x.x.y.", ".xx..y"] * 2
    own = ["xxx...", "...xxx"] * 40 + ["yxx...", "xyx...", "xxy...", "...yxx", "...xyx", "...xxy"] * 5
    rows = [[None if label == "." else label for label in row] for row in (both + own) * times]
    shares = likely_shares(from_units(units_from_matrix(rows)))
    assert shares[:3].tolist() == pytest.approx((-shares[3:]).tolist())
    assert believed[0] < shares[3] / 0.125 < believed[1]


def test_only_what_deserves_a_vague_label_is_set_apart_with_it():
    # x is vague; what two of three call y is of y, though a third calls it x
    rows = [["x", "x", "x"], ["x", "x", "y"], *[["y", "y", "x"]] * 2, *[["y", "y", "y"]] * 20]
    evidence = set_apart(from_units(units_from_matrix(rows)), Apart([], [0]))
    assert np.flatnonzero(~evidence.compared).tolist() == [0, 1]
