"""How often the printed 95 % intervals hold the true value: the table of docs/intervals.md.

Run ``python benchmarks/coverage.py [replicates]``. Two annotators slip independently, to every other label alike. A
second table is of four annotators pooled, on independent items and on documents that differ in difficulty; it takes a
quarter of the replicates.
"""

import sys
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.comparison._pools import macro_specific_agreement
from agreement.counts import contingency
from agreement.crowds import dense_blocks
from agreement.intervals import pair_scores
from agreement.measures import measures
from agreement.scores import Scores
from agreement.uncertainty.by_unit import listed
from agreement.uncertainty.pooled_kappas import Mean, conger_scores, mean_kappas
from agreement.uncertainty.pooling import documents, patterns, unit_scores
from agreement.units import Units

NAMES = ("cohen_kappa", "gwet_ac1", "f1_macro", "f1")
DESIGNS = (
    ("2 labels, 50 %", (0.5, 0.5)),
    ("2 labels, 10 %", (0.1, 0.9)),
    ("2 labels, 3 %", (0.03, 0.97)),
    ("5 labels, even", (0.2,) * 5),
    ("5 labels, one 80 %", (0.05, 0.8, 0.05, 0.05, 0.05)),
)


def joint(shares: tuple[float, ...], slip: float) -> NDArray[np.float64]:
    """Return the joint distribution (K, K) of the labels of two annotators who slip alike."""
    k = len(shares)
    answer = np.full((k, k), slip / (k - 1))
    np.fill_diagonal(answer, 1 - slip)
    return np.asarray((answer.T * np.array(shares)) @ answer)


def covered(name: str, cells: NDArray[np.float64], tables: NDArray[np.int64]) -> float:
    """Return the share of the intervals of *tables* (B, K, K) that hold the value of the true *cells* (K, K)."""
    measure = measures()[name]
    if measure.binary:  # of the first label
        one = tables[:, 0, 0], tables[:, 0].sum(axis=1), tables[:, :, 0].sum(axis=1)
        rest = tables.sum(axis=(1, 2)) - one[1] - one[2] + one[0]
        tables = np.stack([np.stack([one[0], one[1] - one[0]], 1), np.stack([one[2] - one[0], rest], 1)], 1)
        row, column = cells[0].sum(), cells[:, 0].sum()
        cells = np.array([[cells[0, 0], row - cells[0, 0]], [column - cells[0, 0], 1 - row - column + cells[0, 0]]])
    true = measure.compute(cells * 1e9).value
    scores = pair_scores(measure, tables)
    shown = ~np.isnan(scores.low)
    return float(((scores.low <= true) & (true <= scores.high))[shown].mean())


POOLED = ("kappa_mean", "conger_kappa", "fleiss_kappa", "krippendorff_alpha.nominal", "f1_macro")
TRUTH_ITEMS = 400_000


def answers(rng: np.random.Generator, items: int, per_document: int, missing: float) -> Units:
    """Return labels of four people; documents of several items share how often people slip on them."""
    shares, people = np.array([0.6, 0.3, 0.1]), 4
    document = np.arange(items) // per_document
    slip = rng.beta(1.2, 4.8, document[-1] + 1)[document] if per_document > 1 else np.full(items, 0.2)
    truth = rng.choice(3, items, p=shares)
    slips = rng.random((items, people)) < slip[:, None]
    codes = np.where(slips, (truth[:, None] + rng.integers(1, 3, (items, people))) % 3, truth[:, None])
    given = rng.random((items, people)) >= missing
    unit, annotator = np.nonzero(given)
    none = np.full(items, -1)
    cluster, clusters = (document, tuple(map(str, range(document[-1] + 1)))) if per_document > 1 else (none, ())
    return Units(
        "label", "item", ("a", "b", "c"), tuple("wxyz"), unit, annotator, codes[given], np.ones(items, np.int64),
        np.arange(items), cluster, none, none, clusters=clusters,
    )  # fmt: skip


def pooled(units: Units) -> dict[str, Scores]:
    """Return the pooled values by measure."""
    cluster, known = documents(units), measures()
    found, blocks = patterns(units, cluster), partial(dense_blocks, units, contingency(units))
    sums = {name: known[name].pooled for name in POOLED[2:4]}
    return {
        "kappa_mean": mean_kappas([Mean(known["cohen_kappa"])], blocks, listed(units, cluster))[0],
        "conger_kappa": conger_scores(listed(units, cluster)),
        **{name: unit_scores(one, found) for name, one in sums.items() if one is not None},
        "f1_macro": unit_scores(macro_specific_agreement(np.arange(3)), found, (0.0, 1.0)),
    }


def pooled_table(replicates: int) -> None:
    """Print how often the intervals of pooled values hold the value of very many items."""
    rng = np.random.default_rng(6)
    print("\n| design | items |", " | ".join(POOLED), "|")
    print("|---|---|" + "---|" * len(POOLED))
    for title, per_document, missing in (
        ("items", 1, 0.0), ("items, 40 % of labels missing", 1, 0.4), ("documents of 5", 5, 0.0),
        ("documents of 10, 40 % missing", 10, 0.4),
    ):  # fmt: skip
        truth = {
            name: float(one.value) for name, one in pooled(answers(rng, TRUTH_ITEMS, per_document, missing)).items()
        }
        for items in (50, 100, 200, 500):
            if items < 10 * per_document:
                continue
            hits = dict.fromkeys(POOLED, 0)
            for _ in range(replicates):
                for name, one in pooled(answers(rng, items, per_document, missing)).items():
                    hits[name] += bool(one.low <= truth[name] <= one.high)
            print(f"| {title} | {items} |", " | ".join(f"{hits[name] / replicates:.3f}" for name in POOLED), "|")


def main(replicates: int) -> None:
    rng = np.random.default_rng(5)
    print("| design | slip | items | median u |", " | ".join(NAMES), "|")
    print("|---|---|---|---|" + "---|" * len(NAMES))
    for title, shares in DESIGNS:
        for slip in (0.03, 0.12):
            for n in (30, 50, 100, 500):
                cells = joint(shares, slip)
                tables = rng.multinomial(n, cells.ravel(), replicates).reshape(replicates, *cells.shape)
                u = np.median(n - np.diagonal(tables, axis1=1, axis2=2).max(axis=1))
                values = " | ".join(f"{covered(name, cells, tables):.3f}" for name in NAMES)
                print(f"| {title} | {slip:.0%} | {n} | {u:.0f} | {values} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
    pooled_table(int(sys.argv[1]) // 4 if len(sys.argv) > 1 else 500)
