"""What items most likely deserve: sections are told apart by their quality, not by their mix of labels."""

from dataclasses import replace

import numpy as np
import pytest

from agreement.diagnosis.evidence import from_units
from agreement.rules._likely import likely_labels
from agreement.rules._sections import section_effect, strata_of
from agreement.units import units_from_matrix


def labelled(true, error, people, seed, k):
    """Labels (items, people): each is wrong with the chance *error* of the item, then any other label."""
    rng = np.random.default_rng(seed)
    slip = rng.random((len(true), people)) < np.broadcast_to(error, (len(true),))[:, None]
    other = (true[:, None] + rng.integers(1, k, slip.shape)) % k
    return [[f"L{code}" for code in row] for row in np.where(slip, other, true[:, None])]


def evidence_of(rows, section):
    names = tuple(f"S{code}" for code in range(section.max() + 1))
    return from_units(replace(units_from_matrix(rows), section=section, sections=names))


@pytest.mark.parametrize("people", [2, 3, 5])
def test_chances_sum_to_one_and_are_close_to_the_truth(people):
    rng = np.random.default_rng(1)
    true = rng.choice(4, 2000, p=[0.7, 0.1, 0.1, 0.1])
    evidence = evidence_of(labelled(true, 0.12, people, 2, 4), np.zeros(2000, int))
    unit, label, chance = likely_labels(evidence)
    assert np.bincount(unit, chance) == pytest.approx(1)
    says_truth = label == true[unit]
    sure = chance > 0.8
    assert says_truth[sure].mean() > 0.95
    assert chance[says_truth].sum() > 0.9 * 2000


@pytest.mark.parametrize("people", [2, 4])
def test_slips_that_leave_rare_labels_do_not_excuse_their_section(people):
    """80 % majority, slips anywhere: by the labels given the section would be compared with rare labels elsewhere."""
    rng = np.random.default_rng(3)
    true = rng.choice(5, 6000, p=[0.8, 0.05, 0.05, 0.05, 0.05])
    section = rng.integers(0, 4, 6000)
    rows = labelled(true, np.where(section == 0, 0.25, 0.05), people, 4, 5)
    effect = section_effect(strata_of(evidence_of(rows, section)), 0, np.zeros(4, bool))
    apart = [1 - (1 - e) ** 2 - e**2 / 4 for e in (0.25, 0.05)]  # two labels differ unless both right or wrong alike
    # by the labels given it would be .26 at two labels an item
    assert float(effect.value) == pytest.approx(apart[0] - apart[1], abs=0.045)


def test_another_mix_of_labels_is_not_another_quality():
    """Labels of the second half are hard everywhere; only section 0 consists of them."""
    rng = np.random.default_rng(5)
    section = rng.integers(0, 4, 6000)
    true = np.where(
        rng.random(6000) < np.where(section == 0, 0.8, 0.2), rng.integers(2, 4, 6000), rng.integers(0, 2, 6000)
    )
    rows = labelled(true, np.where(true >= 2, 0.2, 0.03), 4, 6, 4)
    evidence = evidence_of(rows, section)
    effect = section_effect(strata_of(evidence), 0, np.zeros(4, bool))
    plain = evidence.disagreement[section == 0].mean() - evidence.disagreement[section != 0].mean()
    assert plain > 0.15
    assert abs(float(effect.value)) < 0.03
