"""Vague labels and label pairs where units have three labels or more: judged by what units deserve."""

from dataclasses import replace

import numpy as np
import pytest

from agreement.diagnosis.evidence import from_units
from agreement.rules import _deserved
from agreement.rules._deserved import deserved
from agreement.rules._mistaken import mistaken
from agreement.rules._scattered import LEAST_KNOWN, _known
from agreement.rules._slips import expected, rates_of, targets_of
from agreement.rules.label import RULE as LABEL
from agreement.rules.label import vague
from agreement.rules.label_pair import RULE as PAIR
from agreement.units import units_from_matrix

SLIPS = 0.06
NAMES = np.array(list("abcdef"))


def thresholds(rule):
    return dict(rule.defaults)


def table(k, **rows):
    """Return the chances of each label by the one deserved: slips fall evenly, *rows* say what is different."""
    made = np.full((k, k), SLIPS / (k - 1))
    np.fill_diagonal(made, 1 - SLIPS)
    for name, row in rows.items():
        made["abcdef".index(name)] = row
    return made


def evidence_of(items, chances, people=4, seed=1):
    """Return evidence of so many *items* by label deserved, labelled by independent people with the same *chances*."""
    draw = np.random.default_rng(seed)
    true = np.repeat(np.arange(len(items)), items)
    cumulative = chances.cumsum(axis=1)[true]
    labels = [
        (draw.random(len(true))[:, None] > cumulative).sum(axis=1).clip(max=len(items) - 1) for _ in range(people)
    ]
    return from_units(units_from_matrix([[str(NAMES[code]) for code in row] for row in np.stack(labels, axis=1)]))


def pairs_found(evidence):
    return {
        evidence.labels[one.first] + evidence.labels[one.second]
        for one, q in mistaken(evidence, thresholds(PAIR))
        if q < 0.01
    }


def labels_found(evidence, pairs=()):
    return {evidence.labels[one.first] for one, q, _ in vague(evidence, list(pairs), thresholds(LABEL)) if q < 0.01}


def test_a_vague_label_that_most_items_have_is_found():
    # a is left in 40 of 100 cases; what it leaves behind lies on items that look as if others were left as often
    evidence = evidence_of([420, 60, 60, 60], table(4, a=[0.60, 0.14, 0.13, 0.13]))
    assert labels_found(evidence) == {"a"}
    assert pairs_found(evidence) == set()


def test_a_majority_that_slips_go_to_is_not_vague():
    # seven of ten slips of the others go to a, as frequent as it is; a itself slips no more often than they do
    chances = table(4)
    for row in (1, 2, 3):
        chances[row] = [0.07, 0.015, 0.015, 0.015]
        chances[row, row] = 0.90
    chances[0] = [0.90, 0.034, 0.033, 0.033]
    assert labels_found(evidence_of([420, 60, 60, 60], chances)) == set()


def test_a_label_that_takes_from_others_what_it_loses_to_them_is_vague():
    chances = table(5)
    chances[:, 0] += 0.05
    chances[[1, 2, 3, 4], [1, 2, 3, 4]] -= 0.05
    chances[0] = [0.72, 0.07, 0.07, 0.07, 0.07]
    assert labels_found(evidence_of([120] * 5, chances)) == {"a"}


def test_a_pair_is_found_beside_a_vague_label_and_neither_is_taken_for_the_other():
    chances = table(
        5, a=[0.56, 0.11, 0.11, 0.11, 0.11], d=[0.02, 0.02, 0.02, 0.69, 0.25], e=[0.02, 0.02, 0.02, 0.25, 0.69]
    )
    evidence = evidence_of([150] * 5, chances)
    assert pairs_found(evidence) == {"de"}
    assert labels_found(evidence, [(3, 4)]) == {"a"}


def test_rare_labels_beside_a_majority_are_not_confused_by_its_slips():
    assert pairs_found(evidence_of([600, 30, 30, 30, 30], table(5))) == set()
    assert labels_found(evidence_of([600, 30, 30, 30, 30], table(5))) == set()


def test_a_bad_section_does_not_make_the_label_vague_that_it_is_full_of():
    # three quarters of the items of a are in the second section, where all labels are left in three of ten cases
    sound, bad = evidence_of([50, 250, 250, 250], table(4)), [150, 50, 50, 50]
    worse = table(4)
    worse[:] = 0.1
    np.fill_diagonal(worse, 0.7)
    draw = np.random.default_rng(3)
    true = np.repeat(np.arange(4), bad)
    cumulative = worse.cumsum(axis=1)[true]
    there = np.stack([(draw.random(len(true))[:, None] > cumulative).sum(axis=1).clip(max=3) for _ in range(4)], axis=1)
    here = np.array(sound.labels)[sound.label].reshape(-1, 4)
    evidence = from_units(units_from_matrix([*here.tolist(), *NAMES[there].tolist()]))
    assert labels_found(evidence) == {"a"}  # without sections it looks so
    section = np.repeat([0, 1], [len(here), len(there)])
    assert labels_found(replace(evidence, sections=("sound", "bad"), section=section)) == set()


def test_what_slips_put_in_a_pair_is_learned_without_the_pair():
    draw = np.random.default_rng(5)
    seen = draw.integers(1, 40, (5, 5)).astype(float)
    np.fill_diagonal(seen, 400)
    share = seen.sum(axis=0) / seen.sum()
    free = ~np.eye(5, dtype=bool)
    free[0, 1] = free[1, 0] = False
    found = expected(seen, share, free)
    for c, d in np.argwhere(free):
        rest = free.copy()
        rest[c, d] = rest[d, c] = False
        targets = targets_of(seen, share, rest)
        assert found[c, d] == pytest.approx(rates_of(seen, targets, rest)[c] * targets[d])


def test_where_slips_fall_is_a_mix_of_frequent_labels_and_all_labels():
    share = np.array([0.7, 0.1, 0.1, 0.1])
    free = ~np.eye(4, dtype=bool)
    for mix in (0.0, 0.5, 1.0):
        targets = mix * share + (1 - mix) / 4
        seen = np.where(free, 1e4 * targets, 0.0) + np.diag(np.full(4, 1e5))
        assert targets_of(seen, share, free) == pytest.approx(targets)


def test_a_label_that_nobody_gave_is_not_deserved():
    found = deserved(evidence_of([100, 100, 100], table(3), people=3))
    assert (found.chance[found.counts == 0] == 0).all()
    assert found.chance.sum(axis=1) == pytest.approx(np.ones(len(found.chance)))
    assert found.items.sum() == pytest.approx(300)


def test_patterns_too_long_for_a_number_tell_the_same(monkeypatch):
    evidence = evidence_of([200, 50, 50], table(3), people=3)
    short = deserved(evidence)
    monkeypatch.setattr(_deserved, "WIDEST", 0.0)
    long = _deserved._deserved(evidence)
    assert len(long.counts) > len(short.counts)
    assert long.seen == pytest.approx(short.seen)
    assert long.times.sum() == short.times.sum() == 300


def test_units_that_may_deserve_a_label_or_not_tell_less_of_it():
    sure = deserved(evidence_of([100, 100], table(2), people=5))
    known = replace(sure, chance=np.round(sure.chance))
    away = known.counts[:, 1]
    assert _known(known.chance[:, 0], known.times, known.size, away, 0.06) == 1.0
    # every unit as likely a as b: half of w (1 - w) (away - .5 r)^2 / (.25 r) is missing, with r = 5 labels
    open_ = replace(sure, chance=np.full_like(sure.chance, 0.5))
    missing = 0.25 * (sure.times @ (away - 2.5) ** 2) / (0.25 * 0.5 * 5 * 200)
    assert _known(open_.chance[:, 0], open_.times, open_.size, away, 0.5) == pytest.approx(
        max(1 - missing, LEAST_KNOWN)
    )
