"""The coefficients of one layer side by side on the same items, and in words why they differ."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.uncertainty.pooling import Patterns
from agreement.wording import coefficients as words

BESIDE = (
    "percent_agreement", "kappa_mean", "light_kappa", "conger_kappa", "fleiss_kappa", "krippendorff_alpha.nominal",
    "gwet_ac1", "brennan_prediger", "kappa_mean.linear", "kappa_mean.quadratic", "krippendorff_alpha.ordinal",
)  # fmt: skip
BY_CHANCE = BESIDE[1:8]
APART = 0.05  # two coefficients that tell a reader different things
VISIBLE = 0.005  # two coefficients that print differently


@dataclass(frozen=True, slots=True)
class Why:
    """One reason why coefficients differ.

    Parameters
    ----------
    code
        ``chance``, ``prevalence``, ``bias``, ``unequal_pairs``, ``missing``, ``few_labels``, ``order`` or ``same``.
    measures
        The measures it sets apart, ids as in the scores.
    sentence
        It in words.
    """

    code: str
    measures: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The pooled coefficients side by side.

    Parameters
    ----------
    rows
        The rows of the scores, one per measure, in the order of ``BESIDE``.
    reasons
        Why they differ, or that they do not.
    """

    rows: pd.DataFrame
    reasons: tuple[Why, ...]


Floats = NDArray[np.float64]
Names = tuple[str, ...]


def panel(scores: pd.DataFrame, labels: Names, annotators: Names, patterns: Patterns, given: Floats) -> Panel:
    """Return the pooled rows of *scores* side by side with the reasons why they differ.

    The *patterns* say how the labels are shared out and how many an item has, *given* (A, K) who uses which label.

    Examples
    --------
    >>> from agreement import audit
    >>> import pandas as pd
    >>> first, second = ["ok"] * 46 + ["bad"] * 4, ["ok"] * 44 + ["bad"] * 2 + ["ok"] * 2 + ["bad"] * 2
    >>> rows = [(f"i{n:02}", who, label) for who, labels in (("Ana", first), ("Ben", second))
    ...         for n, label in enumerate(labels)]
    >>> found = audit(pd.DataFrame(rows, columns=["item", "annotator", "label"])).comparisons[0].details["panel"]
    >>> found.rows.set_index("measure")["value"].round(2)[["percent_agreement", "kappa_mean", "gwet_ac1"]].tolist()
    [0.92, 0.46, 0.91]
    >>> [why.code for why in found.reasons]
    ['chance', 'prevalence', 'few_labels']
    """
    pooled = scores.loc[
        scores["reference"].isna() & scores["other"].isna() & scores["label"].isna() & scores["level"].eq("item")
    ].drop_duplicates("measure")
    pooled = pooled.set_index("measure", drop=False)
    rows = pooled.loc[[name for name in BESIDE if name in pooled.index]].reset_index(drop=True)
    known = rows["value"].notna()
    value = dict(zip(rows.loc[known, "measure"], rows.loc[known, "value"].astype(float), strict=True))
    return Panel(rows, tuple(_reasons(value, labels, annotators, patterns, given)))


def _reasons(
    value: dict[str, float], labels: Names, annotators: Names, patterns: Patterns, given: Floats
) -> Iterator[Why]:
    """Yield the reasons, those that matter most to a reader first."""
    compared = patterns.counts.sum(axis=1) >= 2
    counts, weight = patterns.counts[compared], patterns.weight[compared]
    beyond = [value[name] for name in BY_CHANCE if name in value]
    if not beyond or not len(counts):
        return
    uses = weight @ counts
    if _gap(value, "percent_agreement", "kappa_mean") >= APART:
        yield Why("chance", ("percent_agreement", "kappa_mean"), words.CHANCE)
    if _gap(value, "gwet_ac1", "fleiss_kappa") >= APART:
        yield _prevalence(uses, labels)
    if max(beyond) - min(beyond) < APART:
        yield Why("same", tuple(name for name in BY_CHANCE if name in value), words.all_alike(APART))
    if abs(_gap(value, "conger_kappa", "fleiss_kappa")) >= VISIBLE:
        yield _bias(given, labels, annotators)
    if abs(_gap(value, "kappa_mean", "light_kappa")) >= VISIBLE:
        yield Why("unequal_pairs", ("kappa_mean", "light_kappa"), words.UNEQUAL_PAIRS)
    if abs(_gap(value, "krippendorff_alpha.nominal", "fleiss_kappa")) >= VISIBLE:
        yield _missing(counts.sum(axis=1), weight)
    if abs(_gap(value, "kappa_mean.quadratic", "kappa_mean")) >= APART:
        yield Why("order", ("kappa_mean", "kappa_mean.linear", "kappa_mean.quadratic"), words.ORDER)


def _gap(value: dict[str, float], first: str, second: str) -> float:
    """Return how much the *first* lies above the *second*; 0 if either is undefined."""
    return value[first] - value[second] if first in value and second in value else 0.0


def _prevalence(uses: np.ndarray[tuple[int], np.dtype[np.int64]], labels: tuple[str, ...]) -> Why:
    """Return how one frequent label pulls kappa and its relatives down and leaves AC1 up."""
    top, total = int(uses.argmax()), int(uses.sum())
    shares = uses / total
    chance = float(shares @ shares)
    gwet = float(shares @ (1 - shares)) / max(len(labels) - 1, 1)
    measures = ("gwet_ac1", "brennan_prediger", "fleiss_kappa", "kappa_mean")
    said = words.one_frequent(labels[top], int(uses[top]), total, chance, gwet, 1 / len(labels))
    return Why("prevalence", measures, said)


def _bias(uses: Floats, labels: Names, annotators: Names) -> Why:
    """Return that annotators use a label in different amounts, with the label and the two furthest apart."""
    given = uses.sum(axis=1)
    shares = np.where(given[:, None] > 0, uses / np.maximum(given, 1)[:, None], np.nan)
    label = int(np.nanargmax(np.nanmax(shares, axis=0) - np.nanmin(shares, axis=0)))
    least, most = int(np.nanargmin(shares[:, label])), int(np.nanargmax(shares[:, label]))
    told = (
        words.used_by(float(shares[who, label]), annotators[who], round(uses[who, label]), round(given[who]))
        for who in (least, most)
    )
    return Why("bias", ("conger_kappa", "kappa_mean", "fleiss_kappa"), words.unequal_use(labels[label], *told))


def _missing(
    size: np.ndarray[tuple[int], np.dtype[np.int64]], weight: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Why:
    """Return that items have different numbers of labels, or that there are few of them."""
    measures = ("krippendorff_alpha.nominal", "fleiss_kappa")
    if size.min() < size.max():
        return Why("missing", measures, words.unequal_items(int(size.min()), int(size.max())))
    return Why("few_labels", measures, words.few_items(int(weight.sum())))
