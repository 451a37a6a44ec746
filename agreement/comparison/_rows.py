"""Rows of scores, gathered as columns and joined once."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.comparison._result import SCORE_COLUMNS
from agreement.ratios import Ratio
from agreement.scores import Reason, Scores

Ints = NDArray[np.int64]


class ScoreRows:
    """Score rows of one layer in the making.

    Parameters
    ----------
    layer
        Its name.
    annotators
        (A,) names.
    pairs
        (P, 2) annotator codes, reference < other.
    """

    def __init__(self, layer: str, annotators: tuple[str, ...], pairs: Ints) -> None:
        self._layer = layer
        self._names = np.array([*annotators, None], dtype=object)
        self._pairs = pairs
        self._blocks: list[dict[str, Any]] = []

    def add(
        self,
        measure: str,
        level: str,
        scores: Scores,
        *,
        params: str = "",
        labels: tuple[str, ...] | None = None,
        swapped: bool = False,
        pooled: bool = False,
        keep: NDArray[np.bool_] | None = None,
    ) -> None:
        """Add the *scores* of one measure, of shape (P,) or (P, K) with *labels*; (1,) or (1, K) if *pooled*.

        ``swapped`` takes the other annotator as the reference; *keep* (…) says which cells become rows.
        """
        shape = scores.value.shape
        pairs = np.full((1, 2), -1) if pooled else self._pairs[:, ::-1] if swapped else self._pairs
        keep = np.ones(shape, dtype=bool) if keep is None else keep
        where = np.nonzero(keep)
        label = None if labels is None else np.array(labels, dtype=object)[where[1]]
        block: dict[str, Any] = {
            "measure": measure,
            "level": level,
            "params": params,
            "label": label if label is not None else np.full(len(where[0]), None, dtype=object),
            "reference": self._names[pairs[where[0], 0]],
            "other": self._names[pairs[where[0], 1]],
            "undefined": np.array([str(reason) for reason in Reason], dtype=object)[
                np.array([_NUMBER[reason] for reason in scores.reason[keep]], dtype=np.int64)
            ],
        }
        for name in ("value", "low", "high", "se", "observed", "expected"):
            found = getattr(scores, name)
            block[name] = np.full(len(where[0]), np.nan) if found is None else np.broadcast_to(found, shape)[keep]
        for name in ("n", "n_informative", "clusters"):
            found = getattr(scores, name)
            block[name] = np.full(len(where[0]), -1) if found is None else np.broadcast_to(found, shape)[keep]
        self._blocks.append(block)

    def frame(self) -> pd.DataFrame:
        """Return all rows with ``SCORE_COLUMNS``."""
        sizes = [len(block["value"]) for block in self._blocks]
        columns: dict[str, Any] = {"layer": self._layer}
        for name in SCORE_COLUMNS[1:]:
            parts = [block[name] for block in self._blocks]
            if name in ("measure", "level", "params"):
                columns[name] = pd.Series(np.repeat(np.array(parts, dtype=object), sizes), dtype="str")
            elif name in ("n_informative", "clusters"):
                found = np.concatenate(parts)
                columns[name] = pd.array(np.where(found < 0, 0, found), dtype="Int64")
                columns[name][found < 0] = pd.NA
            elif name in ("label", "reference", "other"):
                columns[name] = pd.Series(np.concatenate(parts), dtype=object)
            else:
                columns[name] = np.concatenate(parts)
        return pd.DataFrame(columns, index=range(sum(sizes)), columns=list(SCORE_COLUMNS))


_NUMBER = {reason: number for number, reason in enumerate(Reason)}


def of_ratio(ratio: Ratio, n: Ints, empty: Reason, reasons: list[tuple[NDArray[np.bool_], Reason]]) -> Scores:
    """Return a ratio as Scores: undefined by the first of *reasons* that holds, else by *empty* if it is 0 / 0."""
    value = ratio.value.copy()
    reason = np.full(value.shape, Reason.DEFINED, dtype=object)
    for mask, why in [*reasons, (ratio.denominator == 0, empty)][::-1]:
        reason[np.broadcast_to(mask, value.shape)] = why
    missing = reason != Reason.DEFINED
    return Scores(
        np.where(missing, np.nan, value), reason, np.broadcast_to(n, value.shape).astype(np.int64),
        low=np.where(missing, np.nan, ratio.low), high=np.where(missing, np.nan, ratio.high),
        se=np.where(missing, np.nan, ratio.se), clusters=ratio.clusters,
    )  # fmt: skip
