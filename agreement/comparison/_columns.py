"""Rows of the score table, built column by column: 200 annotators have 19,900 pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.comparison._result import SCORE_COLUMNS
from agreement.scores import Scores
from agreement.wording.definitions import NO_ESTIMATE, TOO_FEW_TO_TAKE_OUT

Objects = NDArray[np.object_]
NUMBERS = ("value", "low", "high", "se", "observed", "expected")
SPREAD = ("low", "high", "se")
COUNTS = ("n", "n_informative", "clusters")
DESCRIPTIVE = ("prevalence_index", "bias_index", "cohen_kappa_max")


@dataclass(slots=True)
class Rows:
    """Scores of one layer and level, gathered in blocks of one measure each.

    Examples
    --------
    >>> import numpy as np
    >>> from agreement.scores import scored
    >>> rows = Rows("tone", "item")
    >>> rows.add("percent_agreement", scored(np.array([0.5]), np.array([4]), []), reference=["Ana"], other=["Ben"])
    >>> rows.frame()[["measure", "reference", "other", "value", "n"]].to_dict("records")
    [{'measure': 'percent_agreement', 'reference': 'Ana', 'other': 'Ben', 'value': 0.5, 'n': 4}]
    """

    layer: str
    level: str
    blocks: list[tuple[str, str, Objects, Objects, Objects, Scores]] = field(default_factory=list)

    def add(
        self,
        measure: str,
        scores: Scores,
        *,
        label: Sequence[str] | Objects | None = None,
        reference: Sequence[str] | Objects | None = None,
        other: Sequence[str] | Objects | None = None,
        params: str = "",
    ) -> None:
        """Add the scores of a *measure*; *label*, *reference* and *other* name each of them, None for all."""
        size = scores.value.size
        self.blocks.append((measure, params, _names(label, size), _names(reference, size), _names(other, size), scores))

    def frame(self) -> pd.DataFrame:
        """Return the table with ``SCORE_COLUMNS``, blocks in the order in which they were added."""
        sizes = [block[5].value.size for block in self.blocks]
        columns: dict[str, object] = {"layer": self.layer, "level": self.level}
        for at, name in enumerate(("measure", "params")):
            texts = np.array([block[at] for block in self.blocks], dtype=object)
            columns[name] = pd.Series(texts.repeat(sizes), dtype="str")
        descriptive = np.array([block[0] in DESCRIPTIVE for block in self.blocks], dtype=bool).repeat(sizes)
        columns["label"] = pd.Series(_joined([block[2] for block in self.blocks]), dtype=object)
        columns["reference"] = pd.Series(_joined([block[3] for block in self.blocks]), dtype=object)
        columns["other"] = pd.Series(_joined([block[4] for block in self.blocks]), dtype=object)
        for name in NUMBERS:
            columns[name] = np.concatenate([_numbers(block[5], name) for block in self.blocks] or [np.empty(0)])
        undefined = np.isnan(np.asarray(columns["value"]))
        for name in SPREAD:  # what has no value has no spread either, though its smoothed table may have one
            columns[name] = np.where(undefined, np.nan, np.asarray(columns[name]))
        for name in COUNTS:
            values = np.concatenate([_numbers(block[5], name) for block in self.blocks] or [np.empty(0)])
            columns[name] = pd.array(values, dtype="Int64") if np.isnan(values).any() else values.astype(np.int64)
        reasons = _joined([block[5].reason.ravel() for block in self.blocks])
        columns["undefined"] = pd.Series([str(reason) for reason in reasons], dtype=object)
        bare = ~undefined & np.isnan(np.asarray(columns["low"]))
        why = np.where(descriptive, NO_ESTIMATE, TOO_FEW_TO_TAKE_OUT)
        columns["no_interval"] = pd.Series(np.where(bare, why, ""), dtype=object)
        return pd.DataFrame(columns, index=pd.RangeIndex(sum(sizes))).reindex(columns=list(SCORE_COLUMNS))


def _names(names: Sequence[str] | Objects | None, size: int) -> Objects:
    """Return *names* as objects, one per score; None everywhere if there are none."""
    filled = np.empty(size, dtype=object)
    if names is not None:
        filled[:] = names
    return filled


def _joined(parts: list[Objects]) -> Objects:
    """Return the parts as one array of objects."""
    return np.concatenate(parts) if parts else np.empty(0, dtype=object)


def _numbers(scores: Scores, name: str) -> NDArray[np.float64]:
    """Return one field of the scores as flat numbers, NaN where there is none."""
    values = getattr(scores, name)
    if values is None:
        return np.full(scores.value.size, np.nan)
    return np.broadcast_to(np.asarray(values, dtype=np.float64), scores.value.shape).ravel()
