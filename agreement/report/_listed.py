"""Which pairs JSON, CSV and workbook list: all of them, or in a large project those with enough shared items."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.comparison import Comparison
from agreement.settings import Settings

# as many as 45 annotators have; up to here a pair without shared items is listed with its reason
LIST_ALL_PAIRS = 1_000


def listed_scores(comparison: Comparison, settings: Settings) -> pd.DataFrame:
    """Return the scores that are listed: pooled ones, and those of the pairs shown."""
    scores = comparison.scores
    keep, _ = _kept(scores, settings)
    return scores if keep is None else scores.loc[keep].reset_index(drop=True)


def left_out_of(comparison: Comparison, settings: Settings) -> dict[str, int]:
    """Return what is not listed and how many pairs that concerns; empty where everything is."""
    known: Mapping[str, int] = comparison.details.get("left_out", {})
    keep, pairs = _kept(comparison.scores, settings)
    if keep is None:
        return dict(known)
    least = settings.measures.min_pair_items
    return dict(known) | {f"pairs with fewer than {least} shared items (pairs; --csv --all-pairs lists them)": pairs}


def _kept(scores: pd.DataFrame, settings: Settings) -> tuple[NDArray[np.bool_] | None, int]:
    """Return which rows are listed and how many pairs are not; None where all rows are.

    A pair is judged by the units that it shares at the finest count it has, so that all its rows stay or go together.
    """
    paired = scores["reference"].notna().to_numpy()
    mine = scores.loc[paired & scores["label"].isna().to_numpy(), ["reference", "other", "n"]]
    names = np.sort(mine[["reference", "other"]].astype(str).to_numpy(dtype=str), axis=1)
    shared = pd.Series(mine["n"].fillna(0).to_numpy(np.int64)).groupby([names[:, 0], names[:, 1]]).max()
    enough = shared.index[shared.to_numpy() >= settings.measures.min_pair_items]
    if len(shared) <= LIST_ALL_PAIRS or len(enough) == len(shared):
        return None, 0
    rows = np.sort(scores.loc[paired, ["reference", "other"]].astype(str).to_numpy(dtype=str), axis=1)
    keep = ~paired
    keep[paired] = pd.MultiIndex.from_arrays([rows[:, 0], rows[:, 1]]).isin(enough)
    return keep, len(shared) - len(enough)
