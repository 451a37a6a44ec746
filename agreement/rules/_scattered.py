"""Labels whose items are given many others: how much more often each label is left than the others are."""

from dataclasses import dataclass

import numpy as np

from agreement.diagnosis.contrasts import Estimate, benign_spread
from agreement.diagnosis.evidence import Bools, Floats, Ints, tally
from agreement.rules._deserved import Deserved
from agreement.rules._slips import targets_of

BORROWED = 10.0  # labels that the usual share of other labels is worth, for each label
BORROWED_BY_SECTION = 50.0  # labels that "sections are alike" is worth, for each section
TURNS = 25
LEAST_KNOWN = 0.25  # of what is told of a label at least
FEW = 8.0  # units that deserve a label: of fewer nothing is concluded
BENIGN, BENIGN_OF_USUAL = 0.02, 0.20  # how unequally often labels are left without a cause
BEYOND_SLIPS = 1.5  # so many times as much has to come to a label as slips bring
LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Left:
    """How much more a label is left than the others, on the units that deserve it.

    Parameters
    ----------
    label
        Its code.
    off
        Other labels given on its units, less what is usual: what other labels lose, but not to this one.
    p
        Of "it is left as often as the others", which are never left equally often.
    less
        The same against all that other labels lose: where slips go to frequent labels, all others lose to them.
    effect
        Confusions beyond the usual, what comes to the label from units of others included, per label given.
    observed, usual
        Shares of other labels.
    partners
        (K,) units on which the label is confused with each other one beyond the usual.
    """

    label: int
    off: float
    p: float
    less: float
    effect: Estimate
    observed: float
    usual: float
    partners: Floats

    @property
    def shares(self) -> list[tuple[int, float]]:
        """Partners with their shares of what is beyond the usual, largest first."""
        total = max(float(self.partners.sum()), LEAST)
        each = [(code, float(value) / total) for code, value in enumerate(self.partners) if code != self.label]
        return sorted(each, key=lambda entry: (-entry[1], entry[0]))


def all_left(found: Deserved, free: Bools, labels: Ints) -> list[Left]:
    """Return how much more each of the *labels* is left than all others in the *free* cells (K, K), if that is known.

    Cells that are not free are known to have another cause; what else a label loses stands for them.
    """
    each = _each(found, free)
    return [left for label in labels if (left := _left(found, free, each, int(label))) is not None]


def effect_of_label(found: Deserved, label: int, pairs: list[tuple[int, int]]) -> float:
    """Return how much more *label* is confused than others beyond the usual; *pairs* have their own cause."""
    free = found.cells.copy()
    for first, second in pairs:
        free[first, second] = free[second, first] = False
    left = all_left(found, free, np.array([label]))
    return float(left[0].effect.value) if left else 0.0


@dataclass(frozen=True, slots=True)
class _Each:
    """Of each label: the share of other labels that its units are given, its standard error, clusters less one."""

    value: Floats
    se: Floats
    df: Floats


def _each(found: Deserved, free: Bools) -> _Each:
    """Return how often each label is left, whatever it is left for."""
    k, targets = len(free), targets_of(found.seen, found.share, free)
    scale, shares = _scale(free, targets), _share_left(found, free, targets)
    value, se, df = np.full(k, np.nan), np.full(k, np.nan), np.zeros(k)
    labels, places = found.seen.sum(axis=1), len(found.evidence.sections) + 1
    known = np.flatnonzero((found.items > 0) & free.any(axis=1))
    by_place, given = np.zeros((places, k)), np.zeros((places, k))
    for label in known.tolist():
        value[label] = shares[label]
        rows = np.flatnonzero(found.chance[:, label])  # few of a crowd's patterns hold a label
        chance, size = found.chance[rows, label], found.size[rows]
        times, place = found.times[rows], found.section[rows]
        away = (size - found.counts[np.ix_(rows, np.flatnonzero(~free[label]))].sum(axis=1)) * scale[label]
        by_place[:, label] = tally(place, chance * times * away, places)
        given[:, label] = tally(place, chance * times * size, places)
        beyond = away - value[label] * size
        influence = np.zeros(len(found.size))
        influence[rows] = chance * beyond / max(labels[label], LEAST)
        one = found.estimate(influence, float(value[label]), float(found.items[label]))
        se[label] = float(one.se) / _known(chance, times, size, away, float(value[label]))
        df[label] = float(one.df)
    value[known] -= _brought(by_place[:, known], given[:, known], value[known])
    return _Each(value, se, df)


def _known(chance: Floats, times: Floats, size: Floats, away: Floats, value: float) -> float:
    """Return how much of what units that surely deserve a label would tell of its share *value* is told.

    Units that may deserve it or not, with *chance* (P,), tell less than if that were known (Louis 1982, J. R. Statist.
    Soc. B 44); *away* of their *size* labels are others.
    """
    missing = float((times * chance * (1 - chance)) @ (away - value * size) ** 2)
    complete = value * (1 - value) * float((times * chance) @ size)
    return max(1 - missing / max(complete, LEAST), LEAST_KNOWN)


def _brought(away: Floats, given: Floats, value: Floats) -> Floats:
    """Return (L,) by how much the sections that labels are in make them be left more often.

    From the labels given by section and label (S, L), and those of them that are other labels: a section has a share of
    its own in all its labels (least squares in turn; of few labels it borrows from none at all).
    """
    section = np.zeros(len(given))
    n = given.sum(axis=0)
    of_label = np.divide(given, n, out=np.zeros_like(given), where=n > 0)
    brought = np.zeros(len(value))
    for _ in range(TURNS):
        usual = given * (value - brought)
        section = (away - usual).sum(axis=1) / (given.sum(axis=1) + BORROWED_BY_SECTION)
        section -= float(section @ given.sum(axis=1)) / max(float(given.sum()), LEAST)
        brought = section @ of_label
    return brought


def _scale(cells: Bools, targets: Floats) -> Floats:
    """Return (K,) by how much more slips of each label fall on all others than on its *cells* (K, K)."""
    return np.asarray((targets.sum() - targets) / np.maximum(cells @ targets, LEAST))


def _share_left(found: Deserved, cells: Bools, targets: Floats) -> Floats:
    """Return (K,) how often each label is left, from its *cells* (K, K); of few labels it borrows from all."""
    away = np.where(cells, found.seen, 0.0).sum(axis=1) * _scale(cells, targets)
    return np.asarray((away + BORROWED * (1 - found.right)) / (found.seen.sum(axis=1) + BORROWED))


def _left(found: Deserved, free: Bools, each: _Each, label: int) -> Left | None:
    """Return how much more *label* is left than the others."""
    elsewhere = free.copy()
    elsewhere[label, :] = elsewhere[:, label] = False
    others = np.flatnonzero((found.items >= 1) & np.isfinite(each.value))
    others = others[others != label]
    if not elsewhere.any() or not len(others) or not np.isfinite(each.value[label]):
        return None
    seen, items, table = found.seen, found.items, found.table
    targets = targets_of(seen, found.share, elsewhere)
    arrives = np.zeros(len(free))
    arrives[others] = _arriving(found, free, elsewhere, targets, label)[others]
    usual_of = each.value - arrives
    n = items[others]
    seen_well = others[n >= FEW]

    def centre(values: Floats) -> float:
        """Return what is usual: the mean or the median of the others, whichever is more."""
        mean = float(values[others] @ n / n.sum())
        return max(mean, float(np.median(values[seen_well]))) if len(seen_well) else mean

    usual = centre(usual_of)
    off = float(each.value[label]) - usual
    spread = benign_spread(
        Estimate(usual_of[seen_well], each.se[seen_well], each.df[seen_well], items[seen_well]),
        max(BENIGN, BENIGN_OF_USUAL * usual),
    )
    se = float(np.hypot(each.se[label], np.sqrt(np.nansum((n * each.se[others]) ** 2)) / n.sum()))
    p = float(Estimate(np.array(off), np.array(se), np.array(each.df[label]), items[label]).p_among(spread))
    slips = np.where(free[label], usual * targets / max(float(targets.sum() - targets[label]), LEAST), np.inf)
    goes = np.maximum(table[label] - slips, 0.0) * found.keeps[label] * items[label]
    comes = arrives * found.keeps * items
    given = max(float(found.given[label]), LEAST)
    scale = float(found.keeps[label] * items[label]) / given
    effect = Estimate(
        np.array(off * scale + comes.sum() / given), np.array(se * scale), np.array(each.df[label]),
        np.array(float(found.marked(label))),
    )  # fmt: skip
    less = float(each.value[label]) - centre(each.value)
    return Left(label, off, p, less, effect, float(each.value[label]), usual, goes + comes)


def _arriving(found: Deserved, free: Bools, elsewhere: Bools, targets: Floats, label: int) -> Floats:
    """Return (K,) which share of the labels on units of each other label are *label*, beyond what slips bring there.

    What slips bring is learned from the cells *elsewhere* (K, K), without this label; a frequent label may draw them as
    it is frequent, however they fall elsewhere. What comes to a label is never more than it adds to how often the
    other is left.
    """
    everywhere = targets.sum() - targets
    left = _share_left(found, elsewhere, targets)
    slips = left * targets[label] / np.maximum(everywhere, LEAST)
    remaining = 1 - found.share[label] - found.share
    by_share = left * (1 - targets[label] / np.maximum(everywhere, LEAST)) * found.share[label]
    slips = np.maximum(slips, np.where(remaining > LEAST, by_share / np.maximum(remaining, LEAST), 0.0))
    beyond = np.maximum(found.table[:, label] - BEYOND_SLIPS * slips, 0.0)
    with_it = elsewhere.copy()
    with_it[:, label] = True
    added = np.maximum(_share_left(found, with_it, targets) - left, 0.0)
    return np.asarray(np.where(free[:, label] & elsewhere.any(axis=1), np.minimum(beyond, added), 0.0))
