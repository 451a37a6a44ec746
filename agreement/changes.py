"""Changes: one value in two rounds, the interval of the difference, and the word that follows from it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
from scipy import stats

from agreement.influence import Bools, Couples, Floats, Influence, Ints, alpha, kappa_mean, ratio, weighted_sum
from agreement.snapshots import Snapshot

Word = Literal["better", "worse", "no clear change", "can't tell yet"]
Value = Callable[[Snapshot, Bools], Influence]
MIN_DOCUMENTS = 10  # documents from which they, not items, are what is independent
FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after.

    Parameters
    ----------
    measure, title
        Its id in JSON and what a page calls it.
    label, labels, section
        What it is about; overall when all are empty.
    before, after, difference
        The two values and after - before; None where *undefined* says why.
    low, high, confidence
        Interval of the difference and its level: above the chosen one inside a family of tests.
    p, q
        Two-sided p value, and the same adjusted inside its family (None outside one).
    n_before, n_after, n_both
        Units each value rests on, and units that are in both.
    word
        ``better``, ``worse``, ``no clear change``; ``can't tell yet`` where there is no difference to judge.
    undefined
        Why there is no difference; empty if there is one.
    """

    measure: str
    title: str
    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    n_before: int
    n_after: int
    n_both: int
    word: Word
    confidence: float
    label: str | None = None
    labels: tuple[str, ...] = ()
    section: str | None = None
    q: float | None = None
    undefined: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the change as JSON-able values."""
        return {**asdict(self), "labels": list(self.labels)}


@dataclass(frozen=True, slots=True)
class Judged:
    """A change with what its interval is made of."""

    change: Change
    se: float = 0.0
    df: float = 1.0
    centre: float = 0.0
    higher_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges differences between two rounds.

    Parameters
    ----------
    before, after
        The rounds.
    groups
        (U,) and (U',) codes of what is independent, shared by both rounds.
    confidence
        Level of the intervals.
    """

    before: Snapshot
    after: Snapshot
    groups: tuple[Ints, Ints]
    confidence: float
    sides: tuple[Snapshot, Snapshot] = field(init=False)

    def __post_init__(self) -> None:
        """Keep both rounds as a pair to go through."""
        object.__setattr__(self, "sides", (self.before, self.after))

    def change(
        self, measure: str, title: str, of: Value, *, section: str | None = None,
        higher_is_better: bool = True, label: str | None = None, labels: tuple[str, ...] = (),
    ) -> "Judged":  # fmt: skip
        """Return the change of a value that *of* gives for a round and the units (U,) that count."""
        keep = [units_in(taken, section) for taken in self.sides]
        found = [of(taken, mask) for taken, mask in zip(self.sides, keep, strict=True)]
        (x, y), names = found, [set(t.item[mask]) for t, mask in zip(self.sides, keep, strict=True)]
        blank = Change(
            measure, title, x.value, y.value, None, None, None, None, x.n, y.n, len(names[0] & names[1]),
            "can't tell yet", self.confidence, label, labels, section,
        )  # fmt: skip
        missing = [taken.name for taken, part in zip(self.sides, found, strict=True) if part.value is None]
        if x.value is None or y.value is None:
            return Judged(replace(blank, undefined=f"nothing to measure in {' and '.join(missing)}"))
        if min(x.n, y.n) < 2:
            return Judged(replace(blank, undefined="too few items"))
        se, df = self._error(x, y)
        difference, centre = y.value - x.value, y.centre - x.centre
        half = float(stats.t.ppf((1 + self.confidence) / 2, df)) * se
        p = float(2 * stats.t.sf(abs(centre) / se, df)) if se > 0 else 1.0
        done = replace(
            blank, difference=difference, p=p, low=min(centre - half, difference), high=max(centre + half, difference),
            word=_word(centre, clear=p < 1 - self.confidence, higher_is_better=higher_is_better),
        )  # fmt: skip
        return Judged(done, se, df, centre, higher_is_better=higher_is_better)

    def _error(self, x: Influence, y: Influence) -> tuple[float, float]:
        """Return standard error of the difference, and its degrees of freedom."""
        ngroups_of = int(max(part.max(initial=-1) for part in self.groups)) + 1
        total = np.zeros(ngroups_of)
        for part, group, taken, sign in zip((x, y), self.groups, self.sides, (-1, 1), strict=True):
            inside = np.unique(group[part.deviation != 0])
            size = max(len(inside), 2)
            factor = np.sqrt(size / (size - 1) * taken.inflation)
            total += sign * factor * np.bincount(group, part.deviation, minlength=ngroups_of)
        informative = int((total != 0).sum())
        return float(np.sqrt(total @ total)), float(max(min(x.n + y.n, ngroups_of) - 1, 1)) if informative else 1.0


def groups_of(before: Snapshot, after: Snapshot) -> tuple[tuple[Ints, Ints], int]:
    """Return what is independent in each round, as codes that both share, and the number of documents (0: items)."""
    documents = sorted((set(before.cluster) | set(after.cluster)) - {""})
    by_document = len(documents) >= MIN_DOCUMENTS

    def names(taken: Snapshot) -> list[str]:
        pairs = zip(taken.cluster, taken.item, strict=True)
        return [f"d{document}" if document and by_document else f"i{item}" for document, item in pairs]

    parts = names(before), names(after)
    code = {name: number for number, name in enumerate(dict.fromkeys([*parts[0], *parts[1]]))}
    codes = tuple(np.array([code[name] for name in part], dtype=np.int64) for part in parts)
    return (codes[0], codes[1]), len(documents) if by_document else 0


def _word(difference: float, *, clear: bool, higher_is_better: bool) -> Word:
    """Return the word for a difference that is clear of 0, or not."""
    if not clear or difference == 0:
        return "no clear change"
    return "better" if (difference > 0) == higher_is_better else "worse"


def adjusted_family(family: Sequence[Judged]) -> tuple[Change, ...]:
    """Return the changes of one *family* with adjusted p values, and intervals widened to match them."""
    tested = [judged for judged in family if judged.change.p is not None]
    if not tested:
        return tuple(judged.change for judged in family)
    p = np.array([judged.change.p for judged in tested])
    q = stats.false_discovery_control(p, method="bh")
    confidence = 1 - FALSE_DISCOVERIES * max(int((q < FALSE_DISCOVERIES).sum()), 1) / len(tested)
    done: dict[int, Change] = {}
    for judged, adjusted in zip(tested, q, strict=True):
        change, half = judged.change, float(stats.t.ppf((1 + confidence) / 2, judged.df)) * judged.se
        difference = change.difference or 0.0
        done[id(judged)] = replace(
            change, q=float(adjusted), confidence=confidence,
            low=min(judged.centre - half, difference), high=max(judged.centre + half, difference),
            word=_word(
                judged.centre, clear=bool(adjusted < FALSE_DISCOVERIES), higher_is_better=judged.higher_is_better
            ),
        )  # fmt: skip
    return tuple(done.get(id(judged), judged.change) for judged in family)


def _nothing(taken: Snapshot) -> Influence:
    """Return the value of something that cannot be measured on this snapshot."""
    return Influence(None, 0.0, np.zeros(taken.n_units), 0)


def units_in(taken: Snapshot, section: str | None) -> Bools:
    """Return (U,) the units of one section; all without one."""
    if section is None:
        return np.ones(taken.n_units, dtype=bool)
    code = taken.sections.index(section) if section in taken.sections else -2
    return np.asarray(taken.section == code)


def agreement_value(taken: Snapshot, keep: Bools) -> Influence:
    """Return percent agreement (spans: pooled F1 over all labels)."""
    return ratio(taken.agreeing.sum(axis=1) * keep, taken.possible.sum(axis=1) * keep)


def f1_value(label: int, pseudo: float = 1.0) -> Value:
    """Return the function that gives the pooled F1 of a *label*."""
    return lambda taken, keep: ratio(taken.agreeing[:, label] * keep, taken.possible[:, label] * keep, pseudo)


def mixed_value(weights: Floats) -> Value:
    """Return the function that gives the mean F1 of labels with fixed *weights* (K,)."""

    def of(taken: Snapshot, keep: Bools) -> Influence:
        return weighted_sum(
            [f1_value(label, weight)(taken, keep) for label, weight in enumerate(weights.tolist())], weights
        )

    return of


def kappa_value(taken: Snapshot, keep: Bools) -> Influence:
    """Return the mean of pair kappas."""
    if taken.found is None or taken.distances is None:
        return _nothing(taken)
    return kappa_mean(taken.found.where(keep[taken.found.unit]), taken.n_units, taken.distances)


def label_kappa(label: int) -> Value:
    """Return the function that gives the mean of pair kappas of one *label* against the rest."""

    def of(taken: Snapshot, keep: Bools) -> Influence:
        if taken.found is None:
            return _nothing(taken)
        found = taken.found.where(keep[taken.found.unit])
        first, second = (found.first != label).astype(np.int64), (found.second != label).astype(np.int64)
        return kappa_mean(Couples(found.unit, found.pair, first, second, found.pairs), taken.n_units, 1 - np.eye(2))

    return of


def alpha_value(taken: Snapshot, keep: Bools) -> Influence:
    """Return Krippendorff's alpha with the metric of the layer's kind."""
    if taken.counts is None or taken.distances is None:
        return _nothing(taken)
    counts = taken.counts * keep[:, None]
    distances = taken.distances
    if taken.kind == "ordinal":
        given = np.where(counts.sum(axis=1) >= 2, 1, 0) @ counts
        middle = np.cumsum(given) - given / 2
        distances = (middle[:, None] - middle[None, :]) ** 2
    return alpha(counts, distances)


def label_shares(judge: Judge, section: str | None = None) -> tuple[Floats, Floats]:
    """Return (K,) and (K,) the share of comparisons that each label takes part in, before and after."""
    shares = []
    for taken in judge.sides:
        possible = (taken.possible * units_in(taken, section)[:, None]).sum(axis=0)
        shares.append(possible / max(float(possible.sum()), 1e-12))
    return shares[0], shares[1]


def standard_mix(judge: Judge, section: str | None = None) -> Floats:
    """Return (K,) the label mix both rounds are judged by: their mean, over labels that are in both."""
    before, after = label_shares(judge, section)
    mix = np.where((before > 0) & (after > 0), (before + after) / 2, 0.0)
    return mix / max(float(mix.sum()), 1e-12)


def confusion_value(c: int, d: int) -> Value:
    """Return the function that gives, of two labels of which at least one is *c* or *d*, the share that is both."""

    def of(taken: Snapshot, keep: Bools) -> Influence:
        if taken.found is None:
            return _nothing(taken)
        found = taken.found.where(keep[taken.found.unit])
        one, other = np.isin(found.first, (c, d)), np.isin(found.second, (c, d))
        both = one & other & (found.first != found.second)
        hits, of_all = (np.bincount(found.unit[rows], minlength=taken.n_units) for rows in (both, one | other))
        return ratio(hits.astype(np.float64), of_all.astype(np.float64))

    return of


def label_table(taken: Snapshot) -> Floats:
    """Return (K, K) couples by their two labels, in either order; couples of one label once."""
    k = len(taken.labels)
    if taken.found is None:
        return np.zeros((k, k))
    low, high = np.minimum(taken.found.first, taken.found.second), np.maximum(taken.found.first, taken.found.second)
    table = np.bincount(low * k + high, minlength=k * k).reshape(k, k).astype(np.float64)
    return table + np.triu(table, 1).T


def standard_error(taken: Snapshot, found: Influence) -> float:
    """Return the standard error of a value, by document where there are enough."""
    documents = len(set(taken.cluster) - {""})
    names = np.where(taken.cluster == "", taken.item, taken.cluster) if documents >= MIN_DOCUMENTS else taken.item
    groups = np.unique(names.astype(str), return_inverse=True)[1]
    total = np.bincount(groups, found.deviation)
    size = max(int((total != 0).sum()), 2)
    return float(np.sqrt(taken.inflation * size / (size - 1) * (total @ total)))
