"""A crowd in an engine as evidence: the rules read how many items show which labels, and ask for sums by annotator."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.counts import Ints
from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import Additive, Sums
from agreement.diagnosis.courses import Course
from agreement.diagnosis.diagnosing import Diagnosis, diagnose_cases
from agreement.diagnosis.evidence import AnonymousError, Evidence, Floats
from agreement.diagnosis.people import Gone, Near
from agreement.diagnosis.times import Times
from agreement.warehouse.crowd_company import joined_by, met_in, products_in, shared_by
from agreement.warehouse.crowd_courses import course_of, given_in_rounds, in_rounds
from agreement.warehouse.crowd_examples import labels_of, with_labels
from agreement.warehouse.crowd_items import ALONE, Items, TooManyError, names_apart
from agreement.warehouse.crowd_rotation import additive_in
from agreement.warehouse.engine import spread_out
from agreement.warehouse.pairs import PairCells

AT_ONCE = 500_000  # labels of annotators whose items come back, counted, at a time


@dataclass(frozen=True, slots=True)
class Crowd:
    """What is the same whoever's labels count: names, distances, the items in the engine, and who shares how many.

    Letters: A annotators, K labels, P pairs.

    Parameters
    ----------
    annotators, labels
        (A,) and (K,) names.
    weights, expected
        Of the evidence of all labels.
    items
        All items in the engine.
    pairs
        Who shares how many items.
    known
        The evidences made, by what is gone.
    """

    annotators: tuple[str, ...]
    labels: tuple[str, ...]
    weights: Floats | None
    expected: float
    items: Items
    pairs: PairCells
    known: "dict[Gone, Evidence]" = field(default_factory=dict)

    def whole(self, named: pd.DataFrame) -> Evidence:
        """Return the evidence of all labels; the *named* items, by cluster and mix, are units of their own."""
        counts = self.items.counts()
        plain = State(self, Gone(), self.items, np.zeros((0, 0))).evidence(counts)
        people = _state(plain)
        census = people.sums(plain, np.ones(len(plain.unit)), by_section=True).n
        self.known[Gone()] = State(self, Gone(), self.items, census).evidence(_singled(counts, named))
        return self.known[Gone()]

    def state(self, gone: Gone) -> Evidence:
        """Return the evidence without the labels that are *gone*; that of all labels has been made before."""
        if gone not in self.known:
            self.known[gone] = self._without_sections(gone) if gone.sections else self._without_labels(gone)
        return self.known[gone]

    def _without_sections(self, gone: Gone) -> Evidence:
        """Return the evidence of the other sections, for which nothing need be asked."""
        base = self.state(Gone(gone.annotators, gone.cells))
        people = _state(base)
        left = base.without_units(np.isin(base.section, sorted(gone.sections)))
        return replace(left, people=replace(people, gone=gone, census=_left(people.census, gone)))

    def _without_labels(self, gone: Gone) -> Evidence:
        """Return the evidence without labels of some people."""
        items = self.items.without(gone)
        census = _left(_state(self.known[Gone()]).census, gone)
        return State(self, gone, items, census).evidence(items.counts())


@dataclass(frozen=True, slots=True)
class State:
    """Who gave which label, as far as the engine's sums tell, without the labels that are *gone*.

    Parameters
    ----------
    crowd, gone, labelled
        What is the same for all states, what is gone in this one, and the items in the engine without it.
    census
        (A, S + 1) labels that count.
    mix, cluster
        (U,) mix of each unit, and its cluster by name.
    items
        (U,) an item that each unit stands for.
    as_given
        (N,) the labels as they were given, whatever an evidence counts as one.
    """

    crowd: Crowd
    gone: Gone
    labelled: Items
    census: Floats
    mix: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    cluster: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    as_given: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def present(self) -> Ints:
        """Annotators with at least one label that counts."""
        return np.flatnonzero(self.census.sum(axis=1))

    def evidence(self, rows: pd.DataFrame) -> Evidence:
        """Return the evidence of the units *rows*, items that show one mix in one cluster."""
        rows = rows.sort_values(["item", "mix", "cluster"], ignore_index=True)
        mix, mixes = rows["mix"].to_numpy(dtype=np.int64), self.labelled.mixes
        labels = [mixes.labels[number] for number in mix.tolist()]
        place = np.array([mixes.place[number] for number in mix.tolist()], dtype=np.int64)
        cluster = tuple(rows["cluster"].astype(str))
        own = np.zeros(0, np.int64) if not labels else np.concatenate(labels)
        known = replace(self, mix=mix, cluster=cluster, items=tuple(rows["item"].astype(str)), as_given=own)
        unit = np.repeat(np.arange(len(mix)), [len(one) for one in labels])
        return self._evidence(unit, np.full(len(unit), -1), own, place, cluster, rows["n"].to_numpy(np.int64), known)

    def _evidence(
        self, unit: Ints, annotator: Ints, label: Ints, place: Ints, cluster: Sequence[str], n: Ints,
        people: "State | None",
    ) -> Evidence:  # fmt: skip
        """Return evidence of units that stand for *n* (U,) items each."""
        crowd, sections = self.crowd, self.labelled.sections
        named = np.array([one != ALONE for one in cluster], dtype=bool)
        code = np.arange(len(n))
        code[named] = len(n) + pd.factorize(np.array(cluster, dtype=object)[named])[0]
        one = np.ones(len(n), np.int64)
        times = Times(np.where(named, n, one), np.where(named, one, n), np.zeros(len(n), np.int64))
        return Evidence(
            crowd.annotators, sections, crowd.labels, unit, annotator, label,
            np.where(place == len(sections), -1, place), np.unique(code, return_inverse=True)[1].astype(np.int64),
            np.ones(len(unit), bool), crowd.weights, None, crowd.expected, times, people,
        )  # fmt: skip

    def without(self, gone: Gone) -> Evidence:
        """Return the evidence in which *gone* counts no longer either."""
        return self.crowd.state(self.gone | gone)

    def sums(self, evidence: Evidence, value: Floats, *, by_section: bool) -> Sums:
        """Return (A,) or (A, S + 1) sums of *value* (N,) of the *evidence*, which is of these items."""
        values = self._by_key(evidence, value)
        shape = (len(self.crowd.annotators), self.labelled.places)[: 2 if by_section else 1]
        parts = np.zeros((6, *shape))
        if len(values):
            rows = self.labelled.sums(values, by_section=by_section)
            where = tuple(
                rows[name].to_numpy(dtype=np.int64) for name in (("who", "place") if by_section else ("who",))
            )
            for part, name in zip(parts, ("n", "y", "yy", "ym", "mm", "clusters"), strict=True):
                np.add.at(part, where, rows[name].to_numpy(dtype=np.float64))
        return Sums(*parts)

    def given(self, evidence: Evidence) -> Floats:
        """Return (A, S + 1) how many labels of the *evidence* count."""
        if evidence is self.crowd.known.get(self.gone):
            return self.census
        return self.sums(evidence, np.where(evidence.kept, 1.0, np.nan), by_section=True).n

    def company(self, evidence: Evidence, own: Floats) -> tuple[Floats, Floats]:
        """Return (U,) the mean of *own* (A,) over the labels of a unit, and how it varies among equal units."""
        del evidence  # whose labels count as one changes nothing here
        rows = self.labelled.company(np.nan_to_num(own))
        n, y, yy = (rows[name].to_numpy(dtype=np.float64) for name in ("n", "y", "yy"))
        mean = y / n
        found = pd.DataFrame({"mean": mean, "varies": np.maximum(yy / n - mean**2, 0.0)})
        found.index = pd.MultiIndex.from_arrays([rows["mix"].to_numpy(np.int64), rows["cluster"].astype(str)])
        found = found.reindex(pd.MultiIndex.from_arrays([self.mix, list(self.cluster)])).fillna(0.0)
        return found["mean"].to_numpy(np.float64), found["varies"].to_numpy(np.float64)

    def company_sums(self, evidence: Evidence, own: Floats) -> tuple[Floats, Floats]:
        """Return (A, S + 1) how many contrasts there are, and their company's mean of *own* (A,) summed up."""
        rows = self.labelled.company_sums(own, 3)
        rows = rows.loc[~rows["place"].isin(sorted(self.gone.sections))]
        del evidence
        where = tuple(rows[name].to_numpy(dtype=np.int64) for name in ("who", "place"))
        n, y = np.zeros(self.census.shape), np.zeros(self.census.shape)
        n[where], y[where] = rows["n"], rows["y"]
        return n, y

    def around(self, codes: Sequence[int], apart: Sequence[int], own: Floats | None) -> Callable[[int], Near]:
        """Return what gives the units of each annotator of *codes*, without the labels of all others set *apart*.

        The engine is asked of as many annotators at a time as their labels allow, and only when they are.
        """
        people = sorted({int(code) for code in codes})
        chunk = np.floor_divide(np.cumsum(self.census.sum(axis=1)[people]), AT_ONCE).astype(np.int64).tolist()
        loaded: dict[int, pd.DataFrame] = {}

        def near(code: int) -> Near:
            number = chunk[people.index(code)]
            if number not in loaded:
                some = [one for one, its in zip(people, chunk, strict=True) if its == number]
                loaded.clear()
                rows = self.labelled.around(some, [int(one) for one in apart], own)
                loaded[number] = rows.loc[~rows["place"].isin(sorted(self.gone.sections))]
            rows = loaded[number]
            return self._near(rows.loc[rows["who"].eq(code)], code)

        return near

    def _near(self, rows: pd.DataFrame, code: int) -> Near:
        """Return the units of one annotator: *rows* of own label and colleagues' labels."""
        rows = names_apart(rows).sort_values(["item", "place", "cluster", "what", "text"], ignore_index=True)
        others = [[int(one) for one in text.split(",") if one] for text in rows["text"].astype(str)]
        listed = [[own, *labels] for own, labels in zip(rows["what"].astype(int), others, strict=True)]
        unit = np.repeat(np.arange(len(rows)), [len(labels) for labels in listed])
        label = np.array([one for labels in listed for one in labels], dtype=np.int64)
        mine = np.diff(unit, prepend=-1) > 0
        n = rows["n"].to_numpy(dtype=np.int64)
        evidence = self._evidence(
            unit, np.where(mine, code, -1), label, rows["place"].to_numpy(dtype=np.int64),
            list(rows["cluster"].astype(str)), n, None,
        )  # fmt: skip
        return Near(evidence, rows["added"].to_numpy(dtype=np.float64) / n, None, tuple(rows["item"].astype(str)))

    def additive(self, evidence: Evidence, min_labels: int) -> Additive:
        """Return what :func:`~agreement.diagnosis.contrasts.additive` does."""
        use = evidence.kept & evidence.compared[evidence.unit]
        return additive_in(self.showing(evidence, use, 2), self, self.mix, evidence, min_labels)

    def parted(self, gone: Gone) -> tuple[Evidence, Ints]:
        """Return what :func:`without` does, told apart by what units were before, and (U,) such a unit of before."""
        items = self.labelled.without(gone, apart=True)
        state = State(self.crowd, self.gone | gone, items, _left(self.census, gone))
        evidence = state.evidence(items.counts())
        mixes, first = np.unique(self.mix, return_index=True)
        before = np.array([items.mixes.before[mix] for mix in _state(evidence).mix.tolist()], dtype=np.int64)
        return evidence, first[np.searchsorted(mixes, before)]

    def met(self, evidence: Evidence, contrast: Floats) -> Floats:
        """Return (A, A) the sums over the units with a *contrast* (N,) that two share of one over the labels."""
        people = len(self.crowd.annotators)
        rows = met_in(self.showing(evidence, np.isfinite(contrast), 3))
        table = np.zeros((people, people))
        table[rows["who"].to_numpy(np.int64), rows["other"].to_numpy(np.int64)] = rows["share"]
        return table

    def products(self, evidence: Evidence, contrast: Floats, own: Floats) -> tuple[Floats, int]:
        """Return (A, A) the sums over clusters of products of what is left of *contrast* (N,), and how many there are.

        What is left is without everybody's *own* share (A,), against the mean share on the unit.
        """
        rows, clusters = products_in(self.sound(), self._by_key(evidence, contrast), np.nan_to_num(own))
        people = len(self.crowd.annotators)
        table = np.zeros((people, people))
        who, other = (rows[name].to_numpy(np.int64) for name in ("who", "other"))
        table[who, other] = table[other, who] = rows["product"]
        return table, clusters

    def showing(self, evidence: Evidence, use: NDArray[np.bool_], fewest: int) -> Items:
        """Return the items of whose labels (N,) some are in *use*; all others have fewer than *fewest* labels."""
        units = len(evidence.section)
        used = np.bincount(evidence.unit[use], minlength=units) > 0
        other = ~used & (np.bincount(evidence.unit, minlength=units) >= fewest)
        return self.sound().of_mixes(np.unique(self.mix[used])) if other.any() else self.sound()

    def sound(self) -> Items:
        """Return the items outside the sections that are gone."""
        return self.labelled.outside(sorted(self.gone.sections))

    def _by_key(self, evidence: Evidence, value: Floats) -> pd.DataFrame:
        """Return the *value* (N,) of each label of each mix, by ``key``; labels without one are left out."""
        use = np.isfinite(value)
        key = self.mix[evidence.unit[use]] * len(self.crowd.labels) + self.as_given[use]
        key, first = np.unique(key, return_index=True)
        return pd.DataFrame({"key": key, "value": value[use][first]})

    def course(self, evidence: Evidence, value: Floats, position: Floats) -> Course:
        """Return the course of *value* (N,) over the *position* (A, R) of the annotators' rounds."""
        r = evidence.size[evidence.unit]
        shrunk = self._by_key(evidence, np.where(np.isfinite(value), (r - 1) / np.maximum(r, 1), np.nan))["value"]
        return course_of(self.labelled, self._by_key(evidence, value).assign(shrunk=shrunk), position)

    def given_in_rounds(self) -> Floats:
        """Return (A, R) how many labels each annotator gave in each round."""
        return given_in_rounds(self.labelled)

    def in_rounds(self, code: int, rounds: Ints) -> Near:
        """Return the units of these *rounds* that one annotator labelled."""
        return replace(self, labelled=in_rounds(self.labelled, rounds)).around([code], [], None)(code)

    def meetings(self) -> tuple[Ints, Floats, Floats]:
        """Return (P, 2) the pairs who share a unit, in order, and (P,) on how many they meet, and agree."""
        if self.gone:
            raise AnonymousError
        pairs = self.crowd.pairs
        return pairs.pairs, pairs.sizes.astype(np.float64), pairs.agreed.astype(np.float64)

    def between(self, first: int, second: int) -> Near:
        """Return the units that two annotators labelled, with all labels, and who gave the third of three."""
        k, people = len(self.crowd.labels), len(self.crowd.annotators)
        rows = names_apart(shared_by(self.sound(), first, second)).sort_values("item", ignore_index=True)
        unit, code = spread_out(rows["pattern"])
        n = rows["n"].to_numpy(dtype=np.int64)
        evidence = self._evidence(
            unit, np.where(code // k < people, code // k, -1), code % k, rows["place"].to_numpy(dtype=np.int64),
            list(rows["cluster"].astype(str)), n,
            None,
        )  # fmt: skip
        return Near(evidence, np.zeros(len(n)), None, tuple(rows["item"].astype(str)))

    def joining(self, people: Sequence[int]) -> Callable[[int], tuple[Floats, Floats]]:
        """Return what gives for each of *people* (A,) on how many units they deviate beside others, and these join."""
        rows = joined_by(self.sound(), sorted(people))

        def joining(code: int) -> tuple[Floats, Floats]:
            mine, found = rows.loc[rows["who"].eq(code)], np.zeros((2, len(self.crowd.annotators)))
            found[:, mine["other"].to_numpy(np.int64)] = mine[["n", "joined"]].to_numpy(np.float64).T
            return found[0], found[1]

        return joining

    def disputed_in(self, evidence: Evidence, round_: str, section: str, most: int) -> dict[str, dict[str, str]]:
        """Return up to *most* items of a round, and *section* if any, whose labels differ most, with their labels."""
        scores = pd.DataFrame({"mix": self.mix, "score": np.nan_to_num(evidence.disagreement)})
        scores = scores.loc[scores["score"] > 0].drop_duplicates("mix")
        table = self.labelled.table
        table = table.filter(table["round"] == round_)
        if section:
            table = table.filter(table.place == self.labelled.sections.index(section))
        items = replace(self.labelled, table=table)
        names = items.named(scores, most)["item"].astype(str).tolist() if len(scores) else []
        labels = labels_of(items, names, self.crowd.annotators, self.crowd.labels)
        return {name: dict(sorted(labels[name][0].items())) for name in names}


def _state(evidence: Evidence) -> State:
    """Return what knows the people of an *evidence* made here."""
    if not isinstance(evidence.people, State):
        raise AnonymousError
    return evidence.people


def _left(census: Floats, gone: Gone) -> Floats:
    """Return the *census* (A, S + 1) without what is *gone*."""
    left = census.copy()
    left[sorted(gone.annotators)] = 0
    left[:, sorted(gone.sections)] = 0
    for who, place in gone.cells:
        left[who, place] = 0
    return left


def _singled(counts: pd.DataFrame, named: pd.DataFrame) -> pd.DataFrame:
    """Return the *named* items, one each, then *counts* with how many more items there are, by the last one's name."""
    taken = named.groupby(["cluster", "mix"]).size().rename("taken")
    rows = counts.merge(taken.reset_index(), on=["cluster", "mix"], how="left").fillna({"taken": 0})
    left = rows["n"] - rows["taken"].astype(np.int64)
    rest = rows.assign(n=left, item=rows["item"].mask(rows["taken"] > 0, rows["last"])).loc[left > 0]
    return pd.concat([named.assign(n=1), rest[["cluster", "mix", "item", "n"]]], ignore_index=True)


def diagnosed_crowd(opened: Case, items: Items, pairs: PairCells, named: pd.DataFrame) -> Diagnosis | None:
    """Return the diagnosis of all labels of a crowd in the engine; None if its sums do not tell enough.

    *opened* is the case without evidence; the *named* items are those that are disputed most.
    """
    try:
        crowd = Crowd(opened.whole.annotators, opened.whole.labels, opened.whole.weights, 1.0, items, pairs)
        whole = _expecting(crowd.whole(named))
        people = _state(whole)
        nowhere = ("",) * len(people.items)
        case = replace(opened, whole=whole, rest=whole, items=people.items, rounds=nowhere)
        found = diagnose_cases([case], opened.settings)
        return with_labels(found, people.labelled, crowd.annotators, crowd.labels, crowd.weights)
    except (AnonymousError, TooManyError):
        return None


def _expecting(whole: Evidence) -> Evidence:
    """Return the evidence of all labels with the disagreement that chance would bring, which all its parts share."""
    codes = np.zeros(0, np.int64) if whole.label is None else whole.label
    given = whole.count(codes, whole.unit[: len(codes)], len(whole.labels))
    share = given / max(given.sum(), 1)
    expected = 1 - float(share @ share) if whole.weights is None else float(share @ whole.weights @ share)
    people = _state(whole)
    crowd = replace(people.crowd, expected=expected, known={})
    crowd.known[Gone()] = replace(whole, expected=expected, people=replace(people, crowd=crowd))
    return crowd.known[Gone()]
