"""How often the printed 95 % intervals hold the true value: the table of docs/intervals.md.

Run ``python benchmarks/coverage.py [replicates]``. Two annotators slip independently, to every other label alike.
"""

import sys

import numpy as np
from numpy.typing import NDArray

from agreement.intervals import pair_scores
from agreement.measures import measures

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
