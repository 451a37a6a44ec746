"""Rounds, repeats, ceilings and marginal tests recomputed with plain loops and exact fractions."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from agreement import Settings
from agreement.comparison.marginals import stuart_maxwell
from agreement.comparison.retest import retests
from agreement.loaders import load_frame
from agreement.models.alternative import ceiling
from agreement.rounds.comparing import compare_rounds
from agreement.scores import Reason
from agreement.units import units_from_matrix

WHO = ("Ana", "Ben", "Cem")


def close(found, expected):
    return found is None if expected is None else found is not None and abs(found - float(expected)) < 1e-9


def random_round(rng, labels, n, name):
    """Return rows of labels, None where somebody gave none, and the table of them."""
    truth = rng.choice(labels, n)
    rows = [
        [None if rng.random() < 0.15 else str(rng.choice(labels)) if rng.random() < 0.4 else str(x) for _ in WHO]
        for x in truth
    ]
    given = [(f"{name}{i:03}", who, x) for i, row in enumerate(rows) for who, x in zip(WHO, row, strict=True) if x]
    return rows, pd.DataFrame(given, columns=["item", "annotator", "label"])


def values_of(rows, labels, slow):
    """Return every value of one round by measure and labels."""
    couples = [couple for row in rows for couple in combinations([x for x in row if x is not None], 2)]
    units = [[x for x in row if x is not None] for row in rows]
    units = [unit for unit in units if len(unit) > 1]

    def kappa(of):
        pairs = [slow.shared(of, a, b) for a, b in combinations(range(3), 2)]
        used = sorted({x for row in of for x in row if x is not None})
        found = [(slow.pair_values(pair, used)[0]["cohen_kappa"], len(pair)) for pair in pairs if pair]
        found = [(value, n) for value, n in found if value is not None]
        return slow.ratio(sum(value * n for value, n in found), sum(n for _, n in found))

    def against_rest(label):
        return kappa([[None if x is None else "it" if x == label else "rest" for x in row] for row in rows])

    values = {
        ("kappa_mean", ()): kappa(rows),
        ("krippendorff_alpha.nominal", ()): slow.slow_alpha(units, lambda x, y: int(x != y)),
        ("percent_agreement", ()): slow.mean([Fraction(x == y) for x, y in couples]),
    }
    for label in labels:
        sides = sum((x == label) + (y == label) for x, y in couples)
        values["f1", (label,)] = slow.ratio(2 * sum(couple == (label, label) for couple in couples), sides)
        values["kappa_mean", (label,)] = against_rest(label)
    for c, d in combinations(sorted(labels), 2):
        either = [couple for couple in couples if {c, d} & set(couple)]
        values["pair_confusion", (c, d)] = slow.mean([Fraction(set(couple) == {c, d}) for couple in either])
    return values, couples


@pytest.mark.parametrize("seed", range(6))
def test_rounds(seed, slow):
    rng = np.random.default_rng(seed)
    labels = tuple("xyz"[: 2 + seed % 2])
    settings = Settings.from_mapping({"measures": {"min_pair_items": 1}})
    sides = [random_round(rng, labels, int(rng.choice([25, 120])), name) for name in "pq"]
    (change,) = compare_rounds(*(load_frame(frame, settings) for _, frame in sides), settings)
    (before, pairs_before), (after, pairs_after) = (values_of(rows, labels, slow) for rows, _ in sides)
    found = [*change.overall, *change.by_label, *change.by_pair]
    assert {one.measure for one in found} >= {"kappa_mean", "percent_agreement"}
    uses = [[sum(couple.count(x) for couple in pairs) for x in labels] for pairs in (pairs_before, pairs_after)]
    mix = [slow.mean([Fraction(use[at], sum(use)) for use in uses]) for at in range(len(labels))]
    of_labels = [[values["f1", (x,)] for x in labels] for values in (before, after)]
    for one in found:
        which = (one.measure, (one.label,) if one.label else one.labels)
        if one.measure == "percent_agreement.standardised":
            first, second = (sum(w * f1 for w, f1 in zip(mix, f1s, strict=True)) for f1s in of_labels)
        elif one.measure == "f1_macro":
            given = [[sum(row.count(x) for row in rows) for x in labels] for rows, _ in sides]
            if not all(times >= 30 for use in given for times in use):
                continue
            first, second = map(slow.mean, of_labels)
        else:
            first, second = before[which], after[which]
        assert close(one.before, first), which
        assert close(one.after, second), which
        assert one.undefined or close(one.difference, second - first), which
        assert one.undefined or one.low <= one.difference <= one.high


def solved(matrix, right):
    """Return the solution of linear equations in fractions."""
    rows = [[*map(Fraction, row), Fraction(value)] for row, value in zip(matrix, right, strict=True)]
    for at in range(len(rows)):
        pivot = next(i for i in range(at, len(rows)) if rows[i][at])
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for i in range(len(rows)):
            if i != at:
                rows[i] = [a - rows[i][at] * b for a, b in zip(rows[i], rows[at], strict=True)]
    return [row[-1] for row in rows]


def test_stuart_maxwell_and_bhapkar():
    """Of the labels but one, d' V^-1 d, V[i, i] = uses less twice the agreement, V[i, j] = -(n_ij + n_ji)."""
    rng = np.random.default_rng(5)
    tried = 0
    for _ in range(1200):
        k = int(rng.integers(2, 5))
        table = rng.integers(0, 6, (k, k))
        found = stuart_maxwell(table)
        if isinstance(found, Reason):
            continue
        cells = table.tolist()
        off = [sum(cells[i]) + sum(row[i] for row in cells) - 2 * cells[i][i] for i in range(k)]
        used = [i for i in range(k) if off[i]]
        n = sum(cells[i][j] for i in used for j in used)
        free = used[:-1]
        d = [sum(cells[i]) - sum(row[i] for row in cells) for i in free]
        covariance = [[off[i] if i == j else -(cells[i][j] + cells[j][i]) for j in free] for i in free]
        maxwell = sum(a * b for a, b in zip(d, solved(covariance, d), strict=True))
        assert found[0] == pytest.approx(float(maxwell), abs=1e-9)
        assert found[1] == pytest.approx(float(maxwell / (1 - maxwell / n)), rel=1e-9, abs=1e-9)
        assert found[2] == len(free)
        tried += 1
    assert tried > 700


def test_repeats(slow):
    """Whoever answered an item several times agrees with themselves if all answers are one."""
    rng = np.random.default_rng(6)
    for _ in range(15):
        rows = [
            (f"i{item}", who, str(rng.choice(list("xy"))))
            for item in range(6)
            for who in WHO[:2]
            for _ in range(rng.integers(1, 4))
        ]
        settings = Settings.from_mapping({"reading": {"duplicates": "first"}})
        annotations = load_frame(pd.DataFrame(rows, columns=["item", "annotator", "label"]), settings)
        found = {one.annotator: one for one in retests(annotations, "label")}
        for who in WHO[:2]:
            answers = [[x for i, name, x in rows if (i, name) == (f"i{item}", who)] for item in range(6)]
            met = [answer for answer in answers if len(answer) > 1]
            if met:
                same = sum(len(set(answer)) == 1 for answer in met)
                assert (found[who].n, found[who].same) == (len(met), same)
                assert close(found[who].value, slow.ratio(same, len(met)))
                assert found[who].low <= found[who].value <= found[who].high
            else:
                assert who not in found


@pytest.mark.parametrize("seed", range(3))
def test_ceilings(seed, slow):
    """People and the model against the others left over when that human is left out."""
    rng = np.random.default_rng(seed)
    for _ in range(40):
        n, people = int(rng.integers(3, 25)), int(rng.integers(2, 5))
        rows = [[None if rng.random() < 0.2 else "xyz"[rng.integers(3)] for _ in range(people + 1)] for _ in range(n)]
        units = units_from_matrix(rows)
        found = ceiling(units, str(people + 1), tuple(map(str, range(1, people + 1))))
        human, model = [], []
        for j in range(people):
            near = []
            for row in rows:
                others = [x for i, x in enumerate(row[:-1]) if i != j and x is not None]
                if row[j] is not None and row[-1] is not None and others:
                    near.append([Fraction(others.count(x), len(others)) for x in (row[j], row[-1])])
            if near:
                human.append(slow.mean([one for one, _ in near]))
                model.append(slow.mean([one for _, one in near]))
        if found is not None:
            assert close(found.human, slow.mean(human))
            assert close(found.model, slow.mean(model))
            assert close(found.difference, slow.mean(model) - slow.mean(human))
            assert found.low <= found.difference <= found.high
