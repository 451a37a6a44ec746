"""The bare way from a long CSV to every pair's kappa and F1, and alpha: pandas and NumPy, and nothing around it.

    python benchmarks/bare_way.py crowd.csv

No check of what is read, no interval, no diagnosis, no page: the least that a script of one's own would do, written as
fast as is known. ``benchmarks/crowd.py`` holds the whole command against it; the tests hold its numbers against ours.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """What the bare way finds.

    Letters: P pairs of annotators who share an item, K labels.

    Parameters
    ----------
    annotators, labels
        Names.
    pairs
        (P, 2) codes of annotators.
    n, kappa
        (P,) items that the two share, and Cohen's kappa on them.
    f1
        (P, K) F1 of each label, NaN where neither used it.
    alpha
        Krippendorff's alpha of nominal labels, of all annotators.
    """

    annotators: list[str]
    labels: list[str]
    pairs: Ints
    n: Ints
    kappa: Floats
    f1: Floats
    alpha: float


def scores(path: Path) -> Scores:
    """Return the scores of a CSV with the columns item, annotator and label, one label per annotator and item."""
    frame = pd.read_csv(path, dtype="str", engine="pyarrow")
    item, items = pd.factorize(frame["item"])
    who, annotators = pd.factorize(frame["annotator"])
    label, labels = pd.factorize(frame["label"])
    a, k = len(annotators), len(labels)
    who_bits, label_bits = (a - 1).bit_length(), (k - 1).bit_length()

    # whole numbers hold all of a row, for sorting these is far faster than finding an order and following it
    row = (((item << who_bits) | who) << label_bits) | label
    row.sort()
    item, label = row >> (who_bits + label_bits), row & ((1 << label_bits) - 1)
    who = (row >> label_bits) & ((1 << who_bits) - 1)

    # two rows of one item: pair of annotators, then pair of labels
    earlier = (who << (who_bits + 2 * label_bits)) | (label << label_bits)
    later = (who << 2 * label_bits) | label
    meetings = []
    for step in range(1, len(item)):
        same = item[step:] == item[:-step]
        if not same.any():
            break
        meetings.append(earlier[:-step][same] | later[step:][same])
    key = np.concatenate(meetings)
    key.sort()
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    cell, times = key[starts], np.diff(starts, append=len(key))

    first, second = (cell >> label_bits) & ((1 << label_bits) - 1), cell & ((1 << label_bits) - 1)
    pair = cell >> 2 * label_bits
    begins = np.diff(pair, prepend=-1) != 0
    number, pair = np.cumsum(begins) - 1, pair[begins]

    def by_label(code: Ints, weight: Ints) -> Floats:
        return np.bincount(number * k + code, weight, minlength=len(pair) * k).astype(np.float64).reshape(-1, k)

    both = by_label(first, times * (first == second))
    reference, other = by_label(first, times), by_label(second, times)
    n = reference.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        f1 = 2 * both / (reference + other)
        by_chance = (reference * other).sum(axis=1) / n**2
        kappa = (both.sum(axis=1) / n - by_chance) / (1 - by_chance)

    counts = np.bincount(item * k + label, minlength=len(items) * k).reshape(-1, k).astype(np.float64)
    r = counts.sum(axis=1)
    counts, r = counts[r >= 2], r[r >= 2]
    differing = ((r**2 - (counts**2).sum(axis=1)) / (r - 1)).sum()
    used = counts.sum(axis=0)
    alpha = 1 - (used.sum() - 1) * differing / (used.sum() ** 2 - (used**2).sum())
    pairs = np.stack([pair >> who_bits, pair & ((1 << who_bits) - 1)], axis=1)
    return Scores(list(annotators), list(labels), pairs, n.astype(np.int64), kappa, f1, float(alpha))


if __name__ == "__main__":
    found = scores(Path(sys.argv[1]))
    print(f"{len(found.pairs):,} pairs, mean kappa {np.nanmean(found.kappa):.6f}, alpha {found.alpha:.6f}")
