"""Changes: one value in two rounds, the interval of the difference, and the word that follows from it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
from scipy import stats

from agreement.influence import Influence, Ints
from agreement.round_values import MIN_DOCUMENTS, Value, own_interval, units_in
from agreement.snapshots import Snapshot

Word = Literal["better", "worse", "no clear change", "can't tell yet"]
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
    before_interval, after_interval
        Intervals of the two values themselves. Whether they overlap decides nothing.
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
    before_interval: tuple[float, float] | None = None
    after_interval: tuple[float, float] | None = None

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
            before_interval=own_interval(self.before, x, self.confidence),
            after_interval=own_interval(self.after, y, self.confidence),
        )  # fmt: skip
        return Judged(done, se, df, centre, higher_is_better=higher_is_better)

    def _error(self, x: Influence, y: Influence) -> tuple[float, float]:
        """Return standard error of the difference, and its degrees of freedom."""
        n_groups = int(max(part.max(initial=-1) for part in self.groups)) + 1
        total = np.zeros(n_groups)
        for part, group, taken, sign in zip((x, y), self.groups, self.sides, (-1, 1), strict=True):
            inside = np.unique(group[part.deviation != 0])
            size = max(len(inside), 2)
            factor = np.sqrt(size / (size - 1) * taken.inflation)
            total += sign * factor * np.bincount(group, part.deviation, minlength=n_groups)
        informative = int((total != 0).sum())
        return float(np.sqrt(total @ total)), float(max(min(x.n + y.n, n_groups) - 1, 1)) if informative else 1.0


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
