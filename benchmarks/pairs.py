"""Every pair's kappa and F1 against scikit-learn, statsmodels and the counting limit, side by side in one run.

Run ``python benchmarks/pairs.py [quick]``. Only ratios of times taken in the same run mean anything.
"""

import importlib.metadata
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agreement.counts import all_pairs, collapse, contingency, margins
from agreement.intervals import pair_scores
from agreement.measures import measures
from agreement.units import Units

Codes = NDArray[np.int64]


def dense(items: int, annotators: int, labels: int, seed: int = 0) -> tuple[Codes, Units]:
    """Return reliability data (items, annotators) without gaps, as a matrix and as Units."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, labels, items)
    slip = rng.random((items, annotators)) < 0.2
    codes = np.where(slip, rng.integers(0, labels, (items, annotators)), truth[:, None])
    unit, annotator = (index.ravel() for index in np.indices(codes.shape))
    none = np.full(items, -1)
    names = tuple(f"a{number:03d}" for number in range(annotators))
    made = Units(
        "label", "item", tuple(f"L{number}" for number in range(labels)), names, unit, annotator, codes.ravel(),
        np.ones(items, np.int64), np.arange(items), none, none, none,
    )  # fmt: skip
    return codes, made


def clock(work: Callable[[], Any], times: int = 9) -> float:
    """Return the best time of *work* in seconds: what else the machine does can only add to it."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def sklearn_pairs(codes: Codes, pairs: Codes) -> None:
    from sklearn.metrics import cohen_kappa_score, f1_score  # noqa: PLC0415 - a peer, needed here only

    for a, b in pairs:
        cohen_kappa_score(codes[:, a], codes[:, b])
        f1_score(codes[:, a], codes[:, b], average=None)


def statsmodels_pairs(codes: Codes, pairs: Codes, labels: int) -> None:
    from statsmodels.stats.inter_rater import cohens_kappa  # noqa: PLC0415 - a peer, needed here only

    for a, b in pairs:
        cohens_kappa(np.bincount(codes[:, a] * labels + codes[:, b], minlength=labels**2).reshape(labels, labels))


def bincounts(codes: Codes, pairs: Codes, labels: int) -> None:
    """Count every pair table in the plainest way there is: the limit."""
    premultiplied = np.ascontiguousarray(codes.T) * labels
    columns = np.ascontiguousarray(codes.T)
    for a, b in pairs:
        np.bincount(premultiplied[a] + columns[b], minlength=labels**2)


def counts_and_scores(units: Units) -> None:
    """Count every pair and score its kappa and the F1 of every label."""
    found = margins(units)
    measures()["cohen_kappa"].sums.score_margins(found.both, found.reference, found.other)  # type: ignore[union-attr]
    measures()["f1"].compute(found.collapse())


def tables_and_scores(units: Units) -> None:
    """Do the same with the whole table of every pair."""
    tables = contingency(units)
    measures()["cohen_kappa"].compute(tables.counts)
    measures()["f1"].compute(tables.collapse())


def main(*, quick: bool) -> None:
    for peer in ("numpy", "scikit-learn", "statsmodels"):
        print(peer, importlib.metadata.version(peer))
    compare("W1", 100_000, 5, 10)
    compare("W5", 2_000, 60 if quick else 200, 10)
    resample()


def compare(name: str, items: int, annotators: int, labels: int) -> None:
    """Print the times of one workload, peers on every hundredth pair where there are many."""
    codes, units = dense(items, annotators, labels)
    pairs = all_pairs(annotators)
    print(f"\n{name}: {items} items, {annotators} annotators, {len(pairs)} pairs, {labels} labels")
    some = pairs[:: max(1, len(pairs) // 200)]
    sklearn_pairs(codes[:50], pairs[:1])  # imports are not what is measured
    statsmodels_pairs(codes[:50], pairs[:1], labels)
    ours = clock(lambda: counts_and_scores(units))
    limit = clock(lambda: bincounts(codes, pairs, labels))
    sklearn = clock(lambda: sklearn_pairs(codes, some), 1) * len(pairs) / len(some)
    stats = clock(lambda: statsmodels_pairs(codes, some, labels), 1) * len(pairs) / len(some)
    full = clock(lambda: tables_and_scores(units))
    print(f"  counts and scores            {ours * 1e3:9.1f} ms")
    print(f"  with all cells               {full * 1e3:9.1f} ms")
    print(f"  bincount limit               {limit * 1e3:9.1f} ms   ours / limit {ours / limit:.2f}")
    print(f"  scikit-learn on ints (scaled){sklearn * 1e3:9.1f} ms   {sklearn / ours:.0f} x")
    print(f"  statsmodels, kappa (scaled)  {stats * 1e3:9.1f} ms   {stats / ours:.0f} x")


def resample() -> None:
    """Print the times of intervals for all pairs, against 2,000 resamples with scikit-learn (scaled from one)."""
    codes, units = dense(100_000, 5, 10)
    pairs = all_pairs(5)
    tables = contingency(units)

    def intervals() -> None:
        pair_scores(measures()["cohen_kappa"], tables.counts)
        pair_scores(measures()["f1"], tables.collapse().reshape(-1, 2, 2))

    def resampled() -> None:
        rng = np.random.default_rng(0)
        for table in tables.counts:
            n = int(table.sum())
            drawn = rng.multinomial(n, table.ravel() / n, 2000).reshape(2000, 10, 10)
            measures()["cohen_kappa"].compute(drawn)
            measures()["f1"].compute(collapse(drawn))

    loop = clock(lambda: sklearn_pairs(codes, pairs[:2]), 1) * 5 * 2000
    ours, drawn = clock(intervals), clock(resampled, 1)
    print("\nW7: 2,000 resamples of every pair's kappa and F1 on W1")
    print(f"  jackknife intervals          {ours * 1e3:9.1f} ms   {loop / ours:.0f} x a scikit-learn loop (scaled)")
    print(f"  2,000 multinomial resamples  {drawn * 1e3:9.1f} ms   {loop / drawn:.0f} x")


if __name__ == "__main__":
    main(quick="quick" in sys.argv[1:])
