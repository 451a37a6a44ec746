"""What stands beside the scores in the JSON of an audit, of gold and of a consensus, recomputed with plain loops."""

from collections import Counter
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest

from agreement import Settings, audit
from agreement.consensus.layers import layer_consensus
from agreement.gold.validation import gold_reports
from agreement.loaders import load_frame

NAMES = ("Ana", "Ben", "Cem", "Dia")


def frame_of(rows, names=NAMES):
    """Return the long table of rows of labels, None where an annotator gave none."""
    cells = ((at, a, label) for at, row in enumerate(rows) for a, label in enumerate(row) if label is not None)
    given = [(f"i{at:02}", names[a], label) for at, a, label in cells]
    return pd.DataFrame(given, columns=["item", "annotator", "label"])


def random_rows(slow, rng, most=12):
    """Return rows that can be audited: some item has two labels."""
    while True:
        rows, labels = slow.random_rows(rng, most)
        if any(sum(x is not None for x in row) > 1 for row in rows):
            return rows, [x for x in labels if any(x in row for row in rows)]


def close(found, expected):
    return found is None if expected is None else found is not None and abs(found - float(expected)) < 1e-9


@pytest.mark.parametrize("seed", range(2))
def test_confused_label_pairs_and_disputes(seed, slow):
    rng = np.random.default_rng(seed)
    for _ in range(6):
        rows, _ = random_rows(slow, rng)
        document = audit(frame_of(rows)).to_dict()
        items = [[x for x in row if x is not None] for row in rows]
        couples = [couple for item in items for couple in combinations(item, 2)]
        for pair in document["layers"][0]["label_pairs"]:
            two = {pair["first"], pair["second"]}
            compared = [item for item in items if len(item) > 1]
            both, either = sum(two <= set(item) for item in compared), sum(bool(two & set(item)) for item in compared)
            assert (pair["both"], pair["either"], pair["n"]) == (both, either, either)
            of_two = [couple for couple in couples if two & set(couple)]
            assert pair["n_pairs"] == len(of_two)
            assert close(pair["value"], slow.ratio(sum(set(couple) == two for couple in of_two), len(of_two)))
            ordered = Counter(couples) + Counter((y, x) for x, y in couples)
            met = {(x, y): ordered[x, y] for x in two for y in two}
            own = met[pair["first"], pair["first"]] * met[pair["second"], pair["second"]]
            apart = slow.ratio(met[pair["first"], pair["second"]] ** 2, own)
            assert close(pair["distinguishability"], None if apart is None else 1 - apart), (pair, rows)
        disputes = {f"i{at:02}": item for at, item in enumerate(items) if len(set(item)) > 1}
        assert {found["item"] for found in document["items"]} == set(disputes)
        for found in document["items"]:
            item = disputes[found["item"]]
            differ = slow.mean([Fraction(x != y) for x, y in combinations(item, 2)])
            assert (found["distinct"], sorted(found["labels"].values())) == (len(set(item)), sorted(item))
            assert close(found["disagreement"], differ)


def test_exact_mcnemar():
    """Two-sided binomial of the units that one of the two alone gave the label."""
    rng, seen = np.random.default_rng(6), 0
    for _ in range(6):
        rows = [list(rng.choice(["a", "b", "c"], 2, p=[0.6, 0.3, 0.1])) for _ in range(40)]
        document = audit(frame_of(rows)).to_dict()
        for test in document["layers"][0]["marginal_homogeneity"]:
            if test["test"] == "mcnemar":
                one = sum((x == test["label"]) > (y == test["label"]) for x, y in rows)
                other = sum((x == test["label"]) < (y == test["label"]) for x, y in rows)
                n = one + other
                tail = Fraction(sum(comb(n, k) for k in range(min(one, other) + 1)), 2**n)
                assert test["n"] == n
                assert close(test["p"], min(2 * tail, Fraction(1)) if n else None), (test, one, other)
                seen += 1
    assert seen > 6


@pytest.mark.parametrize("seed", range(2))
def test_scores_against_gold(seed, slow):
    rng = np.random.default_rng(seed)
    settings = Settings.from_mapping({"annotators": {"gold": ["gold"]}})
    done = 0
    while done < 5:
        rows, labels = random_rows(slow, rng, 20)
        if len(rows[0]) < 3 or not any(x is not None and y is not None for *_, x, y in rows):
            continue
        done += 1
        width = len(rows[0])
        annotations = load_frame(frame_of(rows, (*NAMES[: width - 1], "gold")), settings)
        (report,) = gold_reports(annotations, settings)
        found = report.to_dict()
        for entry in found["accuracies"]:
            shared = slow.shared(rows, NAMES.index(entry["annotator"]), width - 1)
            assert (entry["right"], entry["n"]) == (sum(x == y for x, y in shared), len(shared))
            assert close(entry["value"], slow.ratio(entry["right"], entry["n"]))
        place = {**{name: at for at, name in enumerate(NAMES[: width - 1])}, "gold": width - 1}
        checked = 0
        for row in found["scores"]:
            pairs = slow.shared(rows, place[row["reference"]], place[row["other"]])
            if row["label"] is None:
                value = slow.pair_values(pairs, labels)[0].get(row["measure"])
                known = row["measure"] in slow.pair_values(pairs, labels)[0]
            else:
                of_one = slow.label_values(pairs, row["label"])
                value, known = of_one.get(row["measure"]), row["measure"] in of_one
            if known:
                assert close(row["value"], value), (row, rows)
                assert row["n"] == len(pairs)
                assert (row["undefined"] is None) == (value is not None)
                checked += 1
        assert checked > 20


@pytest.mark.parametrize("seed", range(2))
def test_majority_and_what_annotators_are_worth(seed, slow):
    rng = np.random.default_rng(seed)
    for _ in range(15):
        rows, _ = random_rows(slow, rng)
        (found,) = layer_consensus(load_frame(frame_of(rows)), "majority")
        table = found.table.set_index("item")
        votes = {f"i{at:02}": Counter(x for x in row if x is not None) for at, row in enumerate(rows)}
        winners = {}
        for item, counts in votes.items():
            if counts:
                best = [label for label, times in counts.items() if times == max(counts.values())]
                winners[item] = best[0] if len(best) == 1 else None
                assert table.loc[item, "label"] == (winners[item] or ""), (item, counts)
                assert table.loc[item, "status"] == ("settled" if winners[item] else "tie")
        for entry in found.worth.to_dict("records"):
            own = [row[NAMES.index(entry["annotator"])] for row in rows]
            settled = [(x, winners[f"i{at:02}"]) for at, x in enumerate(own) if x and winners[f"i{at:02}"]]
            assert entry["n"] == len(settled)
            assert close(entry["value"], slow.ratio(sum(x == y for x, y in settled), len(settled)))
