"""Teams whose items nobody else labels: most of one may be off, which sections that others label too can tell."""

import numpy as np
import pandas as pd
import pytest

LABELS, EACH = 4, 240


def teams(wrong, seed=1):
    """Return labels of three teams of three people in four sections; *wrong* (9,) are their chances to slip."""
    rng = np.random.default_rng(seed)
    items = 3 * EACH
    team = np.arange(items) % 3
    who = team[:, None] * 3 + np.arange(3)
    truth = rng.integers(LABELS, size=items)
    slips = rng.random((items, 3)) < np.asarray(wrong)[who]
    label = np.where(slips, (truth[:, None] + rng.integers(1, LABELS, (items, 3))) % LABELS, truth[:, None])
    item = np.arange(items)
    known = pd.DataFrame(
        {"section": [f"s{one // 3 % 4}" for one in item]}, index=pd.Index(item.astype(str), name="item")
    )
    rows = pd.DataFrame({
        "item": np.repeat(item, 3).astype(str), "annotator": [f"w{one}" for one in who.ravel()],
        "label": [f"l{one}" for one in label.ravel()],
    })  # fmt: skip
    return rows, known


def off(flags):
    """Return the confirmed flags on annotators by name."""
    return {flag.subject.annotator: flag for flag in flags if flag.rule == "annotator" and flag.verdict == "confirmed"}


def test_two_careless_people_of_a_team_of_three_are_named_and_not_the_third(annotations_of, diagnosed):
    flags = diagnosed(annotations_of(*teams([0.35, 0.35, *[0.05] * 7]))).flags
    found = off(flags)
    assert set(found) == {"w0", "w1"}
    assert not [flag for flag in flags if flag.rule == "section" and flag.verdict == "confirmed"]
    one = found["w0"]
    assert one.evidence["design"] == "team"
    assert one.message.startswith("Pairs with w0 disagree ")
    # pairs of w0 and w1 disagree in 1 - (.65² + .35²/3) = .537, of w0 and w2 in 1 - (.65 x .95 + .35 x .05 / 3) = .377
    assert one.effect == pytest.approx(0.537 - 0.377, abs=0.05)
    assert one.low < one.effect < one.high
    # it is in two of three pairs on a third of the items; .537, .377 and .377 of the pairs disagree there, .430 on
    # average, and 1 - (.95² + .05² / 3) = .097 elsewhere
    share = 0.16 * (2 / 3) * (1 / 3) / ((0.430 + 2 * 0.097) / 3)
    assert one.evidence["share_exact"] == pytest.approx(share, abs=0.05)


def test_nobody_is_named_in_a_team_that_disagrees_more_as_a_whole(annotations_of, diagnosed):
    assert not off(diagnosed(annotations_of(*teams([0.25, 0.25, 0.25, *[0.05] * 6]))).flags)


def test_where_teams_share_no_section_the_median_of_the_team_is_what_is_known(annotations_of, diagnosed):
    rows, known = teams([0.35, 0.35, *[0.05] * 7])
    known["section"] = [f"s{int(item) % 3}" for item in known.index]
    assert not off(diagnosed(annotations_of(rows, known)).flags)
