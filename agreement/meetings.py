"""Who answered which document, and which two annotators met there: the rows on which pairs are compared."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement._arrays import couples_in_runs
from agreement.annotations import Annotations
from agreement.units import Units

Ints = NDArray[np.int64]

ALL_PAIRS_UP_TO = 50
"""Annotators up to which pairs that share nothing are listed too, as undefined."""


@dataclass(frozen=True, slots=True)
class Meetings:
    """The documents that each annotator answered, and those that two annotators answered both.

    A document is an item in a round. Letters: D documents, A annotators, R answers, P pairs, M meetings.

    Parameters
    ----------
    annotators, items, rounds
        Names.
    item, round, cluster, section
        (D,) codes; an item without a named cluster is a cluster of its own, numbered after ``clusters``; section -1 =
        none.
    clusters, sections
        Their names.
    answer_document, answer_annotator
        (R,) one row per answer (status done or empty), sorted by document, then annotator.
    pairs
        (P, 2) annotator codes, reference < other.
    pair, document
        (M,) one row per pair and document that both answered, sorted by pair, then document.
    reference, other
        (M,) the answers (rows of ``answer_document``) of the two.
    within, alike
        (D,) how many equal documents of its cluster a document stands for, and how many equal clusters its cluster
        does; None where each stands for itself.
    """

    annotators: tuple[str, ...]
    items: tuple[str, ...]
    rounds: tuple[str, ...]
    clusters: tuple[str, ...]
    sections: tuple[str, ...]
    item: Ints
    round: Ints
    cluster: Ints
    section: Ints
    answer_document: Ints
    answer_annotator: Ints
    pairs: Ints
    pair: Ints
    document: Ints
    reference: Ints
    other: Ints
    within: Ints | None = None
    alike: Ints | None = None

    @property
    def n_documents(self) -> int:
        """D."""
        return len(self.item)

    @property
    def shared(self) -> Ints:
        """(P,) documents that both of a pair answered."""
        return self.count(self.pair, len(self.pairs))

    def count(self, index: Ints, minlength: int) -> Ints:
        """Return how often each *index* (M,) occurs, each meeting in as many documents as it stands for."""
        if self.within is None or self.alike is None:
            return np.bincount(index, minlength=minlength)
        each = (self.within * self.alike)[self.document]
        return np.bincount(index, each, minlength=minlength).astype(np.int64)

    def answered(self) -> Ints:
        """Return (A,) the documents that each annotator answered."""
        return np.bincount(self.answer_annotator, minlength=len(self.annotators))

    def documents_of(self, item: "pd.Series[str]", round_: "pd.Series[str]") -> Ints:
        """Return the document of each row of categorical *item* and *round_*; all must have been answered."""
        rounds = len(self.rounds)
        items = pd.Index(self.items).get_indexer(item.cat.categories)[item.cat.codes.to_numpy()]
        turn = pd.Index(self.rounds).get_indexer(round_.cat.categories)[round_.cat.codes.to_numpy()]
        found: Ints = np.searchsorted(self.item * rounds + self.round, items * rounds + turn)
        return found

    def answers_of(self, document: Ints, annotator: Ints) -> Ints:
        """Return the answer of each *annotator* to each *document*; all must have answered."""
        width = max(len(self.annotators), 1)
        found: Ints = np.searchsorted(
            self.answer_document * width + self.answer_annotator, document * width + annotator
        )
        return found

    def find(self, reference: Ints, other: Ints, document: Ints) -> Ints:
        """Return the meeting of each two annotators in a document; all must have met there."""
        return self.finder()(reference, other, document)

    def finder(self) -> Callable[[Ints, Ints, Ints], Ints]:
        """Return what :meth:`find` does as a function, for callers who come with one block after another."""
        width, depth = len(self.annotators), self.n_documents
        mine = (self.pairs[self.pair, 0] * width + self.pairs[self.pair, 1]) * depth + self.document
        size = width * width * depth
        place = np.zeros(0, dtype=np.int64)
        if size <= max(8 * len(mine), 1_000_000):
            place = np.zeros(size, dtype=np.int64)
            place[mine] = np.arange(len(mine))

        def found(reference: Ints, other: Ints, document: Ints) -> Ints:
            key = reference * width
            key += other  # in place: these are as long as all matches together
            key *= depth
            key += document
            meeting: Ints = place[key] if len(place) else np.searchsorted(mine, key)
            return meeting

        return found


def meetings(annotations: Annotations, layer: str, annotators: tuple[str, ...] | None = None) -> Meetings:
    """Return the meetings of one *layer*; *annotators* default to humans and models.

    Only answers with status ``done`` or ``empty`` count: a document that one of two annotators skipped, left as a
    draft or never saw is not compared.
    """
    who = annotations.compared if annotators is None else annotators
    asked = annotations.assignments
    rows = asked.loc[asked["layer"].eq(layer) & asked["annotator"].isin(who) & asked["status"].isin(("done", "empty"))]
    annotator = codes_of(rows["annotator"], who)
    item = rows["item"].cat.codes.to_numpy().astype(np.int64)
    n_rounds = len(asked["round"].cat.categories)
    key = item * n_rounds + rows["round"].cat.codes.to_numpy()
    documents, document = np.unique(key, return_inverse=True)
    order = np.argsort(document * max(len(who), 1) + annotator, kind="stable")
    document, annotator = document[order].astype(np.int64), annotator[order]
    pairs, pair, reference, other = _of_pairs(document, annotator, len(who))
    names = asked["item"].cat.categories
    info = annotations.items.reindex(names)
    cluster, clusters = _named(info["cluster"])
    section, sections = _named(info["section"])
    item_of = documents // n_rounds
    cluster_of = np.where(cluster < 0, len(clusters) + np.arange(len(names)), cluster)[item_of]
    return Meetings(
        tuple(who), tuple(map(str, names)), tuple(map(str, asked["round"].cat.categories)), clusters, sections,
        item_of, documents % n_rounds, cluster_of, section[item_of],
        document, annotator, pairs, pair, document[reference], reference, other,
    )  # fmt: skip


def meetings_of_units(units: Units) -> Meetings:
    """Return the meetings of item-level *units*, each of which may stand for several of its document, or alone.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from agreement.units import units_from_matrix
    >>> units = replace(units_from_matrix([["x", "y", None], ["x", "x", "y"]]), weight=np.array([3, 1]))
    >>> meetings_of_units(units).shared.tolist()
    [4, 1, 1]
    """
    pairs, pair, reference, other = _of_pairs(units.unit, units.annotator, len(units.annotators))
    known, one = units.cluster >= 0, np.ones(units.n_units, np.int64)
    return Meetings(
        units.annotators, units.items, units.rounds or ("",), units.clusters, units.sections,
        units.item, np.maximum(units.round, 0), np.where(known, units.cluster, len(units.clusters) + units.item),
        units.section, units.unit, units.annotator, pairs, pair, units.unit[reference], reference, other,
        *((None, None) if (units.weight == 1).all() else (np.where(known, units.weight, one),
                                                          np.where(known, one, units.weight))),
    )  # fmt: skip


def _of_pairs(document: Ints, annotator: Ints, people: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the pairs (P, 2), and pair and the two answers of each meeting; answers are sorted by document."""
    reference, other = couples_in_runs(document)
    size = max(people, 1)
    pair_key = annotator[reference] * size + annotator[other]
    kept = np.unique(pair_key)
    if people <= ALL_PAIRS_UP_TO:
        first, second = np.triu_indices(people, 1)
        kept = first * size + second
    pair = np.searchsorted(kept, pair_key)
    by_pair = np.lexsort((document[reference], pair))
    pairs = np.stack([kept // size, kept % size], axis=1).astype(np.int64)
    return pairs, pair[by_pair], reference[by_pair], other[by_pair]


def codes_of(values: "pd.Series[str]", names: tuple[str, ...]) -> Ints:
    """Return the position of each of the categorical *values* in *names*, -1 where it is not among them."""
    recode = pd.Index(names).get_indexer(values.cat.categories)
    code: Ints = recode[values.cat.codes.to_numpy()].astype(np.int64)
    return code


def _named(values: "pd.Series[str]") -> tuple[Ints, tuple[str, ...]]:
    """Return codes, -1 for what has no name, and the sorted names."""
    codes, names = pd.factorize(values, sort=True)
    blank = codes == (list(names).index("") if "" in names else -2)
    codes = np.where(blank, -1, codes - ("" in names))
    return codes.astype(np.int64), tuple(str(name) for name in names if name != "")
