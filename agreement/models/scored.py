"""A model that gives scores: how well they rank, where to cut, and whether they mean what they say."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement.consensus.labels import wilson
from agreement.intervals import wilson_f1
from agreement.uncertainty.distributions import t_quantile
from agreement.wording import models as words

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BINS = 10
MOST_POINTS = 200


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval; ``reason`` says why there is none."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Bin:
    """Items whose scores are alike: their mean score, and the share of them that has the label, with its interval."""

    score: float
    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What the scores of one label are worth against reference labels.

    Parameters
    ----------
    label, n, n_positive
        The label, the items, and those whose reference label it is.
    roc_auc
        Chance that an item of the label gets a higher score than another; ties count half. 0.5 is guessing.
    average_precision
        Mean precision over the items of the label, as the threshold falls.
    threshold, f1
        The cut with the highest F1 ("score at least"), and that F1, which is optimistic: it was chosen on these items.
        Its interval (Wilson, items independent) is that of the F1 at this cut.
    calibration_error
        Mean distance between the score and the share of the label, over ten bins of equal width, weighed by items.
    curve
        Points (threshold, precision, recall), thresholds falling; of more than 200 those that are evenly spaced.
    bins
        Per bin with items: mean score, share of the label with its Wilson interval, items.
    """

    label: str
    n: int
    n_positive: int
    roc_auc: Estimate
    average_precision: Estimate
    threshold: float | None
    f1: Estimate
    calibration_error: float | None
    curve: tuple[tuple[float, float, float], ...]
    bins: tuple[Bin, ...]


def roc_auc(positive: Bools, score: Floats) -> float:
    """Return the area under the ROC curve; both kinds of item must occur.

    Examples
    --------
    >>> roc_auc(np.array([True, False, True]), np.array([0.9, 0.5, 0.5]))  # pairs: 0.9 > 0.5 counts 1, the tie 1/2
    0.75
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - half a second, for models that give scores

    n_positive = int(positive.sum())
    ranks = rankdata(score)
    wins = ranks[positive].sum() - n_positive * (n_positive + 1) / 2
    return float(wins / (n_positive * (len(positive) - n_positive)))


def precision_recall(positive: Bools, score: Floats) -> tuple[Floats, Floats, Floats]:
    """Return thresholds falling, and precision and recall of "score at least the threshold"; a positive must occur.

    Examples
    --------
    >>> precision_recall(np.array([True, False, True]), np.array([0.9, 0.5, 0.1]))[1].round(2).tolist()
    [1.0, 0.5, 0.67]
    """
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    found = np.cumsum(positive[order])[last]
    return score[order][last], found / (last + 1), found / positive.sum()


def average_precision(positive: Bools, score: Floats) -> float:
    """Return the sum of precision times the step in recall, as the threshold falls; a positive must occur.

    Examples
    --------
    >>> round(average_precision(np.array([True, False, True]), np.array([0.9, 0.5, 0.1])), 4)  # 1 * 1/2 + 2/3 * 1/2
    0.8333
    """
    _, precision, recall = precision_recall(positive, score)
    return float((precision * np.diff(recall, prepend=0.0)).sum())


def score_report(
    label: str, positive: Bools, score: Floats, cluster: NDArray[np.int64] | None = None, confidence: float = 0.95
) -> ScoreReport:
    """Return what *score* (n,) is worth for items that are *label* where *positive* (n,) holds.

    Intervals are jackknife over *cluster* (documents), else over items. Undefined values carry their reason: without
    an item of the label nothing can be said, without another item there is no ROC curve.
    """
    n, n_positive = len(positive), int(positive.sum())
    group = np.arange(n) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    why_area = "" if 0 < n_positive < n else words.NEEDS_BOTH
    why_precision = "" if n_positive else words.NEEDS_LABEL
    curve: tuple[tuple[float, float, float], ...] = ()
    threshold, f1 = None, Estimate(None, None, None, n, why_precision)
    if n_positive:
        cuts, precision, recall = precision_recall(positive, score)
        total = precision + recall
        f_scores = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
        best = int(f_scores.argmax())
        threshold = float(cuts[best])
        chosen = score >= threshold
        hits, either = int((positive & chosen).sum()), int((positive | chosen).sum())
        low, high = wilson_f1(np.array([hits]), np.array([either]), confidence)
        f1 = Estimate(float(f_scores[best]), float(low[0]), float(high[0]), n)
        shown = np.unique(np.linspace(0, len(cuts) - 1, min(len(cuts), MOST_POINTS)).astype(np.int64))
        curve = tuple(zip(*(part[shown].tolist() for part in (cuts, precision, recall)), strict=True))
    bins = _bins(positive, score, confidence)
    error = sum(abs(one.score - one.share) * one.n for one in bins) / n if n else None
    return ScoreReport(
        label, n, n_positive,
        _jackknife(roc_auc, positive, score, group, why_area, confidence),
        _jackknife(average_precision, positive, score, group, why_precision, confidence),
        threshold, f1, error, curve, bins,
    )  # fmt: skip


def _bins(positive: Bools, score: Floats, confidence: float) -> tuple[Bin, ...]:
    """Return each bin that has items."""
    number = np.minimum((score * BINS).astype(np.int64), BINS - 1)
    items = np.bincount(number, minlength=BINS)
    used = np.flatnonzero(items)
    means = np.bincount(number, score, minlength=BINS)[used] / items[used]
    hits = np.bincount(number, positive, minlength=BINS)[used].astype(np.float64)
    columns = [part.tolist() for part in (means, *wilson(hits, items[used], confidence), items[used])]
    return tuple(Bin(*row) for row in zip(*columns, strict=True))


MOST_LEFT_OUT = 200  # groups of the delete-a-group jackknife: more make the interval no better, only slower


def _jackknife(
    statistic: Callable[[Bools, Floats], float], positive: Bools, score: Floats, group: NDArray[np.int64], why: str,
    confidence: float,
) -> Estimate:  # fmt: skip
    """Return *statistic* with a delete-a-group jackknife interval on the logit scale, which stays within 0 to 1."""
    n = len(positive)
    if why:
        return Estimate(None, None, None, n, why)
    value = statistic(positive, score)
    parts = group % MOST_LEFT_OUT
    left_out = []
    for part in np.unique(parts):
        keep = parts != part
        if not 0 < positive[keep].sum() < keep.sum():
            return Estimate(value, None, None, n, words.NO_INTERVAL)
        left_out.append(statistic(positive[keep], score[keep]))
    g = len(left_out)
    if g < 2:
        return Estimate(value, None, None, n, words.NO_INTERVAL)
    pseudo = (np.array([value, *left_out]) * n + 0.5) / (n + 1)  # keeps a perfect value off the end of the scale
    logits = np.log(pseudo / (1 - pseudo))
    error = np.sqrt((g - 1) / g * ((logits[1:] - logits[1:].mean()) ** 2).sum())
    half = float(t_quantile((1 + confidence) / 2, g - 1)) * error
    low, high = (1 / (1 + np.exp(-(logits[0] + side * half))) for side in (-1, 1))
    # a perfect ranking moves with no item, yet the smaller side has shown it so many times only (Clopper-Pearson); one
    # slip more never raises the limit
    perfect = ((1 - confidence) / 2) ** (1 / int(min(positive.sum(), (~positive).sum())))
    low = min(low, perfect)
    return Estimate(value, float(min(low, value)), float(max(high, value)), n)
