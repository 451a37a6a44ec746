"""Causes that look alike are told apart: people from sections and readings, rare labels from slips, camps from copies.

Every project is one that an earlier version of the rules got wrong.
"""

import numpy as np
import pandas as pd
import pytest

from agreement.diagnosis.diagnosing import CAUSES
from agreement.diagnosis.evidence import from_units
from agreement.rules._cells import COMPANY, _odds_of_company
from agreement.rules._plurality import deviations
from agreement.rules._readings import camps
from agreement.rules._sections import Apart, set_apart
from agreement.rules._standing import likely_shares, steepness
from agreement.units import units_from_matrix

CONFOUNDED = {
    "a section read alike by one person and by one who is careless everywhere": 985215,
    "a section read in two ways by people of both teams": 986109,
    "a small section that hardly shows without one of those who label it": 987033,
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
    "a section read in two ways by two of a team, of whom one is too little off to be told alone": 989074,
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


def test_the_only_cause_has_to_stand_the_doubt_of_all_rules(projects, diagnosed):
    """The section's own test gives q .005 to .01, enough beside another cause, not alone."""
    flags = [
        flag for flag in diagnosed(projects.project(985443, "confounded").annotations()).flags if flag.q is not None
    ]
    (section,) = [flag for flag in flags if flag.rule == "section"]
    assert section.subject.section == "S05"
    assert section.verdict == "suspected"
    assert 0.01 <= section.q < 0.02
    assert not [flag for flag in flags if flag.verdict == "confirmed"]


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


def told_in_time(annotations_of, rate, sections=4, n=160, people=4):
    """Return a project whose sections were labelled one after the other; *rate* (people, sections) of slips."""
    draw = np.random.default_rng(5)
    item, who = np.repeat(np.arange(n), people), np.tile(np.arange(people), n)
    true, place = draw.integers(0, 3, n)[item], item * sections // n
    slips = draw.random(n * people) < np.asarray(rate)[who, place]
    label = np.where(slips, (true + draw.integers(1, 3, n * people)) % 3, true)
    names = np.array([f"i{number:03}" for number in range(n)])
    rows = {"item": names[item], "annotator": np.array(list("abcd"))[who], "label": np.array(list("xyz"))[label]}
    places = pd.DataFrame(
        {"section": [f"s{number * sections // n}" for number in range(n)]}, index=pd.Index(names, name="item")
    )
    return annotations_of(pd.DataFrame({**rows, "time": (item * 60).astype(str)}), places)


def test_who_changes_is_told_where_sections_follow_each_other(annotations_of, diagnosed):
    rate = np.full((4, 4), 0.05)
    rate[0] = [0.05, 0.2, 0.4, 0.6]  # a gets worse: no section is to blame, nor is a from the start
    found = confirmed(diagnosed(told_in_time(annotations_of, rate, n=400)).flags)
    assert found == {("drift", ("a", None, None, ()))}


def test_who_is_off_in_the_last_section_has_not_changed(annotations_of, diagnosed):
    rate = np.full((4, 4), 0.05)
    rate[0, 3] = 0.6
    found = confirmed(diagnosed(told_in_time(annotations_of, rate, n=400)).flags)
    assert found == {("annotator_section", ("a", "s3", None, ()))}


def labels_of(n, people, seed, slips, *, camp=(), disputed=0.0, copies=()):
    """Return (n, people) labels: *slips* by person, a *camp* that reads a share of the items differently, a copy."""
    draw = np.random.default_rng(seed)
    true = draw.integers(0, 4, (n, 1))
    meant = np.where((draw.random((n, 1)) < disputed) & np.isin(np.arange(people), camp), (true + 1) % 4, true)
    label = np.where(draw.random((n, people)) < slips, (meant + draw.integers(1, 4, (n, people))) % 4, meant)
    if copies:
        label[:, copies[1]] = np.where(draw.random(n) < 0.8, label[:, copies[0]], label[:, copies[1]])
    return [["wxyz"[code] for code in row] for row in label.tolist()]


def test_camps_are_told_from_a_copy_though_one_of_four_is_careless(annotations_of, diagnosed):
    rows = labels_of(500, 4, 3, [0.04, 0.04, 0.04, 0.3], camp=(2, 3), disputed=0.2)
    names = [f"i{number:03}" for number in range(500)]
    people, given = list("abcd") * 500, [label for row in rows for label in row]
    frame = pd.DataFrame({"item": np.repeat(names, 4), "annotator": people, "label": given})
    flags = diagnosed(annotations_of(frame)).flags
    (camps_,) = (flag for flag in flags if flag.rule == "camps")
    assert camps_.camps == (("a", "b"), ("c", "d"))
    assert {(rule, subject[0]) for rule, subject in confirmed(flags)} == {("camps", None), ("annotator", "d")}


def test_a_copying_pair_makes_no_camp_with_a_third():
    slips = np.full(8, 0.15)
    copied = camps(*everywhere(labels_of(800, 8, 1, slips, copies=(0, 1))), 0.95)
    assert copied.side[0] == copied.side[1]
    assert copied.of_one_pair or min((copied.side > 0).sum(), (copied.side < 0).sum()) == 2
    read = camps(*everywhere(labels_of(800, 8, 1, slips, camp=(0, 1, 2), disputed=0.2)), 0.95)
    assert not read.of_one_pair
    assert np.flatnonzero(read.side == read.side[0]).tolist() == [0, 1, 2]


def everywhere(rows):
    """Return the evidence of *rows* and all of its units."""
    evidence = from_units(units_from_matrix(rows))
    return evidence, np.ones(len(rows), bool)


@pytest.mark.parametrize("careless", [0.0, 0.3])
def test_camps_of_two_agree_alike_within_whoever_is_careless(careless):
    slips = [0.04, 0.04, 0.04, 0.04 + careless]
    read = camps(*everywhere(labels_of(1000, 4, 2, slips, camp=(2, 3), disputed=0.2)), 0.95)
    copied = camps(*everywhere(labels_of(1000, 4, 2, np.array(slips) + 0.1, copies=(0, 1))), 0.95)
    assert read.balance == pytest.approx(1.0, abs=0.35)
    assert copied.balance == pytest.approx(0.0, abs=0.35)


def test_who_joins_as_often_as_anywhere_shares_no_reading():
    # joined 3 of 3 and never alone; 4 of 10, and alone on 8 of 20 other items; 1 of 10 and never alone
    against, joined = np.array([3.0, 10, 10]), np.array([3.0, 4, 1])
    others, alone = np.array([20.0, 20, 20]), np.array([0.0, 8, 0])
    odds = _odds_of_company(against, joined, others, alone)
    assert odds[0] > COMPANY
    assert (odds[1:] <= 0).all()


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
