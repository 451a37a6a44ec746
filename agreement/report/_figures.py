"""Rows of a comparison's scores as figures: lookup only, no number is made here."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.comparison import Comparison
from agreement.wording import Figure, optional
from agreement.wording.page import too_few

# decisions 5: units outside the largest group of equal answers from which a value is shown
TOO_FEW = 4


def figure(row: Any, confidence: float, unit: str = "item") -> Figure:  # noqa: ANN401 - a row of a frame
    """Return the figure of one row of scores."""
    n, informative = optional(row.n), optional(row.n_informative)
    if informative is not None and informative < TOO_FEW and optional(row.value) is not None:
        reason = too_few(int(informative), int(n or 0), unit)
        return Figure(None, n=int(n or 0), unit=unit, reason=reason, confidence=confidence)
    return Figure(
        optional(row.value),
        optional(row.low),
        optional(row.high),
        0 if n is None else int(n),
        unit=unit,
        reason=str(row.undefined or ""),
        confidence=confidence,
    )


def shown_values(rows: pd.DataFrame, least: int) -> NDArray[np.float64]:
    """Return the values of *rows* (R,), NaN where their figure has none, and for pairs of fewer than *least* items."""
    value, n, informative = (
        rows[name].to_numpy(np.float64, na_value=np.nan) for name in ("value", "n", "n_informative")
    )
    return np.where((informative < TOO_FEW) | (np.nan_to_num(n) < least), np.nan, value)


@dataclass(frozen=True, slots=True)
class ScoreBook:
    """The scores of one layer, cut into the three kinds of rows a page shows.

    Parameters
    ----------
    overall
        Pooled values without label.
    labels
        Pooled values of one label.
    pairs
        Values of one pair, reference and other, without label.
    pair_labels
        Values of one pair and label.
    confidence
        Level of the intervals.
    """

    overall: pd.DataFrame
    labels: pd.DataFrame
    pairs: pd.DataFrame
    pair_labels: pd.DataFrame
    confidence: float

    def pooled(self, measure: str, level: str | None = None, unit: str = "item") -> Figure | None:
        """Return the pooled value of *measure*, None when it was not computed."""
        rows = self.overall.loc[self.overall["measure"].eq(measure)]
        if level is not None:
            rows = rows.loc[rows["level"].eq(level)]
        for row in rows.itertuples():
            return figure(row, self.confidence, unit)
        return None

    def by_label(self, measure: str, level: str | None = None, unit: str = "label") -> dict[str, Figure]:
        """Return the pooled values of *measure* by label."""
        rows = self.labels.loc[self.labels["measure"].eq(measure)]
        if level is not None:
            rows = rows.loc[rows["level"].eq(level)]
        rows = rows.assign(n=rows["n_informative"].fillna(rows["n"])) if level == "item" else rows
        return {str(row.label): figure(row, self.confidence, unit) for row in rows.itertuples()}

    def of_pairs(self, measure: str, level: str | None = None) -> pd.DataFrame:
        """Return the rows of *measure* of pairs."""
        rows = self.pairs.loc[self.pairs["measure"].eq(measure)]
        return rows if level is None else rows.loc[rows["level"].eq(level)]

    def by_pair(self, measure: str, level: str | None = None, unit: str = "item") -> dict[tuple[str, str], Figure]:
        """Return the values of *measure* by (reference, other); a symmetric one is there in both directions."""
        rows = self.of_pairs(measure, level)
        found = {(str(r.reference), str(r.other)): figure(r, self.confidence, unit) for r in rows.itertuples()}
        return {(other, reference): value for (reference, other), value in found.items()} | found


def score_book(comparison: Comparison, confidence: float) -> ScoreBook:
    """Return the scores of *comparison*, cut for the page."""
    scores = comparison.scores
    paired, labelled = scores["reference"].notna(), scores["label"].notna()
    return ScoreBook(
        scores.loc[~paired & ~labelled],
        scores.loc[~paired & labelled],
        scores.loc[paired & ~labelled],
        scores.loc[paired & labelled],
        confidence,
    )
