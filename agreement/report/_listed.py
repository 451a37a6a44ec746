"""Which rows JSON, CSV and workbook list: all, or in a large project those of pairs with enough shared items."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.report._queue import disputed
from agreement.settings import Settings
from agreement.wording import outputs as words

# as many as 45 annotators have; up to here a pair without shared items is listed with its reason
LIST_ALL_PAIRS = 1_000
LIST_ALL_LABEL_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class _Listed:
    """Which rows are listed, and of how many pairs none or none by label are."""

    keep: NDArray[np.bool_]
    pairs: int = 0
    pairs_by_label: int = 0


def listed_scores(comparison: Comparison, settings: Settings) -> pd.DataFrame:
    """Return the scores that are listed: pooled ones, and those of the pairs shown."""
    scores = comparison.scores
    keep = _listed(scores, settings).keep
    return scores if keep.all() else scores.loc[keep].reset_index(drop=True)


def left_out_of(comparison: Comparison, settings: Settings, annotations: Annotations | None = None) -> dict[str, int]:
    """Return what is not listed, and how many pairs or, of *annotations*, items that concerns; empty for nothing."""
    known: Mapping[str, int] = comparison.details.get("left_out", {})
    listed = _listed(comparison.scores, settings)
    least = settings.measures.min_pair_items
    few = words.few_shared(least)
    mine = {few: listed.pairs, words.by_label_of(few): listed.pairs_by_label}
    if annotations is not None and annotations.totals is not None:
        found = disputed(annotations, comparison)
        mine |= {words.beyond_listed(found.listed_disputes): found.total - found.listed_disputes}
        if comparison.units is not None and (comparison.units.weight > 1).any():
            mine |= {words.PROFILES_OF_EQUAL_ITEMS: annotations.totals.items}
    return dict(known) | {what: number for what, number in mine.items() if number}


def _listed(scores: pd.DataFrame, settings: Settings) -> _Listed:
    """Return which rows are listed.

    A pair is judged by the most units that it shares at any level, so that all its rows stay or go together.
    """
    paired, labelled = scores["reference"].notna().to_numpy(), scores["label"].notna().to_numpy()
    everything = np.ones(len(scores), dtype=bool)
    many_rows = int((paired & labelled).sum()) > LIST_ALL_LABEL_ROWS
    mine = scores.loc[paired, ["reference", "other", "n"]]
    # codes in place of names: half a million rows feel every comparison of text
    names = pd.unique(pd.concat([mine["reference"], mine["other"]]))
    codes = np.sort(np.stack([pd.Index(names).get_indexer(mine[side]) for side in ("reference", "other")], 1), axis=1)
    _, pair = np.unique(codes[:, 0] * len(names) + codes[:, 1], return_inverse=True)
    overall = ~labelled[paired]
    shared = np.zeros(int(pair.max(initial=-1)) + 1, dtype=np.int64)
    np.maximum.at(shared, pair[overall], mine["n"].fillna(0).to_numpy(np.int64)[overall])
    few = shared < settings.measures.min_pair_items
    many_pairs = len(shared) > LIST_ALL_PAIRS
    if not few.any() or not (many_pairs or many_rows):
        return _Listed(everything)
    keep = everything
    keep[paired] = ~few[pair] if many_pairs else ~few[pair] | overall
    number = int(few.sum())
    return _Listed(keep, number, 0) if many_pairs else _Listed(keep, 0, number)
