"""May a model take an annotator's place? The alternative annotator test, and the ceiling that people set.

Calderon, Reichart & Dror 2025, "The Alternative Annotator Test for LLM-as-a-Judge", ACL.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t, ttest_1samp, wilcoxon
from statsmodels.stats.multitest import multipletests

from agreement.units import Units

Floats = NDArray[np.float64]

FEWEST_ITEMS_FOR_T = 30
SMALLEST_PANEL = 3


@dataclass(frozen=True, slots=True)
class Contest:
    """The model against one human, on the items that human labelled together with another human and the model.

    Parameters
    ----------
    human
        The annotator whose place the model would take.
    n
        Items of the contest.
    model_share, human_share
        How often the model (the human) is at least as close to the other humans; ties count for both.
    p, rejected
        One-sided p value of "the model is worse by epsilon or more", and whether it is rejected at a false discovery
        rate of .05 (Benjamini-Yekutieli). None and False with fewer than two items.
    """

    human: str
    n: int
    model_share: float
    human_share: float
    p: float | None
    rejected: bool


@dataclass(frozen=True, slots=True)
class AlternativeTest:
    """The outcome of the alternative annotator test for one model.

    Parameters
    ----------
    model, epsilon
        Who was tested, and how much worse it may be: a licence for worse labels, to be printed with the outcome.
    contests
        One per human.
    winning_rate
        Share of the humans whose contest was rejected in the model's favour; None without a contest.
    advantage
        Mean over humans of ``model_share``; compares models with each other.
    passed
        True if the winning rate is at least one half; None if the test does not apply (fewer than three humans).
    reason
        Why it does not apply; empty otherwise.
    """

    model: str
    epsilon: float
    contests: tuple[Contest, ...]
    winning_rate: float | None
    advantage: float | None
    passed: bool | None
    reason: str = ""


def alternative_test(
    units: Units, model: str, humans: tuple[str, ...], epsilon: float, distances: Floats | None = None
) -> AlternativeTest:
    """Return whether *model* may stand in for the *humans* at *epsilon* (.2 experts, .15 skilled, .1 crowd).

    For each human j, over the items j labelled together with at least one other human and the model: S(x) is the
    mean closeness of x's label to the labels of the other humans (equal or not; with *distances* (K, K) minus the root
    mean square distance). W_f = [S(model) >= S(j)], W_h = [S(j) >= S(model)], d = W_h - W_f; the hypothesis
    mean(d) >= epsilon is tested one-sided by the t test, below 30 items by Wilcoxon's.
    """
    codes = units.matrix()
    column = {name: number for number, name in enumerate(units.annotators)}
    given = codes[:, [column[name] for name in humans]]
    of_model = codes[:, column[model]]
    contests, tested = [], []
    for j, human in enumerate(humans):
        mine = given[:, j]
        others = np.delete(given, j, axis=1)
        used = (mine >= 0) & (of_model >= 0) & (others >= 0).any(axis=1)
        close_model, close_mine = (_closeness(x[used], others[used], distances) for x in (of_model, mine))
        model_wins, human_wins = close_model >= close_mine, close_mine >= close_model
        p = _worse_by(human_wins.astype(float) - model_wins.astype(float), epsilon)
        n = int(used.sum())
        contests.append(
            Contest(
                human,
                n,
                float(model_wins.mean()) if n else 0.0,
                float(human_wins.mean()) if n else 0.0,
                p,
                rejected=False,
            )
        )
        if p is not None:
            tested.append(len(contests) - 1)
    if tested:
        rejected = multipletests([contests[i].p for i in tested], alpha=0.05, method="fdr_by")[0]
        for i, won in zip(tested, rejected, strict=True):
            c = contests[i]
            contests[i] = Contest(c.human, c.n, c.model_share, c.human_share, c.p, rejected=bool(won))
    played = [c for c in contests if c.n]
    rate = float(np.mean([c.rejected for c in played])) if played else None
    reason = "" if len(played) >= SMALLEST_PANEL else "needs three people who labelled items together with the model"
    return AlternativeTest(
        model,
        epsilon,
        tuple(contests),
        rate,
        float(np.mean([c.model_share for c in played])) if played else None,
        None if reason or rate is None else rate >= 0.5,
        reason,
    )


def _closeness(label: NDArray[np.int64], others: NDArray[np.int64], distances: Floats | None) -> Floats:
    """Return (n,) how close *label* (n,) is to the labels of the others (n, J), -1 for missing."""
    there = others >= 0
    if distances is None:
        share: Floats = np.divide(((others == label[:, None]) & there).sum(axis=1), there.sum(axis=1), dtype=np.float64)
        return share
    squared = np.where(there, distances[label[:, None], np.maximum(others, 0)] ** 2, 0.0)
    root: Floats = -np.sqrt(squared.sum(axis=1) / there.sum(axis=1))
    return root


def _worse_by(difference: Floats, epsilon: float) -> float | None:
    """Return the one-sided p value of mean(difference) >= epsilon; None with fewer than two items."""
    if len(difference) < 2:
        return None
    if np.ptp(difference) == 0:
        return 0.0 if difference[0] < epsilon else 1.0
    if len(difference) < FEWEST_ITEMS_FOR_T:
        return float(wilcoxon(difference - epsilon, alternative="less").pvalue)
    return float(ttest_1samp(difference, epsilon, alternative="less").pvalue)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Agreement of people with people, and of the model with the same panels.

    Parameters
    ----------
    human, model, difference
        Mean over humans of the agreement with the others left over when that human is left out; the model is compared
        with the same leave-one-out panels, never with a panel that is one person larger.
    low, high
        95 % interval of the difference (model minus human), jackknife over clusters (documents, else items).
    n
        Items that enter.
    """

    human: float
    model: float
    difference: float
    low: float
    high: float
    n: int


def ceiling(units: Units, model: str, humans: tuple[str, ...]) -> Ceiling | None:
    """Return what people reach against people and *model* on the same panels; None without shared items."""
    codes = units.matrix()
    column = {name: number for number, name in enumerate(units.annotators)}
    given, of_model = codes[:, [column[name] for name in humans]], codes[:, column[model]]
    sums = np.zeros((units.n_units, len(humans), 3))
    for j in range(len(humans)):
        others = np.delete(given, j, axis=1)
        used = (given[:, j] >= 0) & (of_model >= 0) & (others >= 0).any(axis=1)
        sums[used, j, 0] = _closeness(given[used, j], others[used], None)
        sums[used, j, 1] = _closeness(of_model[used], others[used], None)
        sums[used, j, 2] = 1
    entered = sums[..., 2].any(axis=1)
    cluster = np.where(units.cluster >= 0, units.cluster, len(units.clusters) + np.arange(units.n_units))
    groups = np.unique(cluster[entered], return_inverse=True)[1]
    if len(groups) < 2 or groups.max() < 1:
        return None
    stacked = np.zeros((groups.max() + 1, *sums.shape[1:]))
    np.add.at(stacked, groups, sums[entered])
    human, machine = _means(stacked.sum(axis=0))
    left_out = np.array([np.subtract(*_means(stacked.sum(axis=0) - part)[::-1]) for part in stacked])
    g = len(left_out)
    error = float(np.sqrt((g - 1) / g * ((left_out - left_out.mean()) ** 2).sum()))
    half = float(t.ppf(0.975, g - 1)) * error
    gap = machine - human
    return Ceiling(human, machine, gap, gap - half, gap + half, int(entered.sum()))


def _means(sums: Floats) -> tuple[float, float]:
    """Return the means over humans of human and model agreement from sums (J, 3)."""
    played = sums[:, 2] > 0
    shares = sums[played, :2] / sums[played, 2:]
    return float(shares[:, 0].mean()), float(shares[:, 1].mean())
