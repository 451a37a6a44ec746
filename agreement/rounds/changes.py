"""Changes: one value in two rounds, the interval of the difference, and the word that follows from it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from agreement.rounds.snapshots import MIN_DOCUMENTS, Snapshot, equal_groups, independent_names
from agreement.rounds.values import Value, moving, own_interval, scale
from agreement.uncertainty.distributions import fdr, t_quantile, t_tail
from agreement.uncertainty.influence import Influence, Ints
from agreement.wording import rounds as words

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
    confidence
        Level of the intervals.
    items
        (U,) and (U',) codes of the items, shared by both rounds.
    section
        Section that the rounds were narrowed to, if any.
    """

    before: Snapshot
    after: Snapshot
    confidence: float
    items: tuple[Ints, Ints]
    section: str | None = None
    n_both: int = field(init=False)

    def __post_init__(self) -> None:
        """Count the items that are in both rounds, once for all values."""
        (before, after), times = self.items, self.before.times
        which, first, _ = np.intersect1d(before, after, return_indices=True)
        object.__setattr__(self, "n_both", len(which) if times is None else int(times[first].sum()))

    @property
    def sides(self) -> tuple[Snapshot, Snapshot]:
        """Both rounds."""
        return self.before, self.after

    def inside(self, section: str) -> "Judge":
        """Return the judge of one section."""
        keep = [taken.section == taken.sections.index(section) for taken in self.sides]
        items = self.items[0][keep[0]], self.items[1][keep[1]]
        return Judge(self.before.inside(section), self.after.inside(section), self.confidence, items, section)

    def change(
        self, measure: str, title: str, of: Value, *, higher_is_better: bool = True, label: str | None = None,
        labels: tuple[str, ...] = (),
    ) -> "Judged":  # fmt: skip
        """Return the change of a value that *of* gives for a round."""
        x, y = of(self.before), of(self.after)
        blank = Change(
            measure, title, x.value, y.value, None, None, None, None, x.n, y.n, self.n_both,
            "can't tell yet", self.confidence, label, labels, self.section,
        )  # fmt: skip
        missing = [taken.name for taken, part in zip(self.sides, (x, y), strict=True) if part.value is None]
        if x.value is None or y.value is None:
            return Judged(replace(blank, undefined=words.nothing_in(missing)))
        if min(x.n, y.n) < 2:
            return Judged(replace(blank, undefined=words.TOO_FEW_ITEMS))
        se, df = self._error(x, y)
        difference, centre = y.value - x.value, y.centre - x.centre
        half = float(t_quantile((1 + self.confidence) / 2, df)) * se
        p = float(2 * t_tail(abs(centre) / se, df)) if se > 0 else 1.0
        done = replace(
            blank, difference=difference, p=p, low=min(centre - half, difference), high=max(centre + half, difference),
            word=_word(centre, clear=p < 1 - self.confidence, higher_is_better=higher_is_better),
            before_interval=own_interval(self.before, x, self.confidence),
            after_interval=own_interval(self.after, y, self.confidence),
        )  # fmt: skip
        return Judged(done, se, df, centre, higher_is_better=higher_is_better)

    def _error(self, x: Influence, y: Influence) -> tuple[float, float]:
        """Return standard error of the difference, and its degrees of freedom."""
        n_groups = int(max(taken.group.max(initial=-1) for taken in self.sides)) + 1
        total, seen, each = np.zeros(n_groups), np.zeros(n_groups, dtype=bool), np.ones(n_groups)
        for part, taken, sign in zip((x, y), self.sides, (-1, 1), strict=True):
            moved, alike = taken.by_group(part.deviation, n_groups)
            total += sign * scale(taken, float(alike[moving(moved)].sum())) * moved
            seen[taken.group] = True
            each = np.maximum(each, alike)
        df = float(max(min(x.n + y.n, int(each[seen].sum())) - 1, 1))
        if x.sums is None or y.sums is None:
            return float(np.sqrt((each * np.square(total)).sum())), df
        one, other = scale(self.before, x.sums.moving), scale(self.after, y.sums.moving)
        apart = one**2 * x.sums.squares + other**2 * y.sums.squares - 2 * one * other * y.sums.products
        return float(np.sqrt(max(apart, 0.0))), df


def judge_of(before: Snapshot, after: Snapshot, confidence: float) -> tuple[Judge, int]:
    """Return the judge of two rounds, numbered alike, and the documents taken as independent (0: items)."""
    documents = len((set(before.cluster) | set(after.cluster)) - {""})
    by_document = documents >= MIN_DOCUMENTS
    split = before.n_units
    names = [independent_names(taken, by_document=by_document) for taken in (before, after)]
    group, items = (
        pd.factorize(np.concatenate(parts))[0].astype(np.int64) for parts in (names, [before.item, after.item])
    )
    before, after = (
        replace(
            taken,
            group=numbers,
            alike=equal_groups(taken, by_document=by_document),
            by_document=by_document,
        )
        for taken, numbers in ((before, group[:split]), (after, group[split:]))
    )
    return Judge(before, after, confidence, (items[:split], items[split:])), documents if by_document else 0


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
    q = fdr(p)
    confidence = 1 - FALSE_DISCOVERIES * max(int((q < FALSE_DISCOVERIES).sum()), 1) / len(tested)
    done: dict[int, Change] = {}
    for judged, adjusted in zip(tested, q, strict=True):
        change, half = judged.change, float(t_quantile((1 + confidence) / 2, judged.df)) * judged.se
        difference = change.difference or 0.0
        done[id(judged)] = replace(
            change, q=float(adjusted), confidence=confidence,
            low=min(judged.centre - half, difference), high=max(judged.centre + half, difference),
            word=_word(
                judged.centre, clear=bool(adjusted < FALSE_DISCOVERIES), higher_is_better=judged.higher_is_better
            ),
        )  # fmt: skip
    return tuple(done.get(id(judged), judged.change) for judged in family)
