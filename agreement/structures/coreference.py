"""Coreference of two annotators: MUC, B-cubed, CEAF-e, their mean, and LEA, each annotator in turn the reference.

An entity is a set of mentions; mentions are compared by what they are called (document, start and end, say). Nobody's
mentions are changed: a mention of one only costs the other recall or precision (Pradhan et al. 2014, ACL, P14-2006).
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Entities: TypeAlias = Sequence[Iterable[Hashable]]
Part: TypeAlias = tuple[float, float]
"""Numerator and denominator."""


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 of one measure.

    Precision is None where the other, recall where the reference has nothing; F1 only where both have nothing.
    """

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Coreference:
    """How well the other annotator's entities match the reference's.

    Parameters
    ----------
    muc, b_cubed, ceaf_e, lea
        Vilain et al. 1995 (links), Bagga & Baldwin 1998 (mentions), Luo 2005 with entity similarity phi 4 (aligned
        entities), Moosavi & Strube 2016 (links of entities, weighted by size). MUC has no singletons: it is undefined
        where there are no links.
    mean_f1
        Mean F1 of the first three (CoNLL 2012); None where one of them is undefined.
    n_reference, n_other
        Entities of the two.
    """

    muc: Score
    b_cubed: Score
    ceaf_e: Score
    lea: Score
    mean_f1: float | None
    n_reference: int
    n_other: int


def coreference(reference: Entities, other: Entities) -> Coreference:
    """Return how well *other*'s entities match *reference*'s; swapping the two swaps precision and recall.

    Repeated mentions of an entity, and empty entities, count for nothing.

    Examples
    --------
    >>> found = coreference(["a", "bc", "def"], ["a", "de"])  # a case of the CoNLL scorer
    >>> found.muc.recall, round(found.ceaf_e.recall, 2), round(found.lea.recall, 2)
    (0.3333333333333333, 0.6, 0.33)

    Raises
    ------
    ValueError
        If a mention is in two entities of one annotator.
    """
    return scored(coreference_parts(reference, other), len(_numbered(reference)), len(_numbered(other)))


MEASURES = ("muc", "b_cubed", "ceaf_e", "lea")


def coreference_parts(reference: Entities, other: Entities) -> Floats:
    """Return (4, 4) what the four measures are made of: numerator and denominator of precision, then of recall.

    Parts of documents add up, so that every statistic over documents is one over sums.
    """
    first, second = (_numbered(entities) for entities in (reference, other))
    shared, sizes = _shared(first, second)
    turned = shared.T.tocsr()
    similar = _aligned(shared, sizes)
    parts = {
        name: (*of(turned, sizes[1], sizes[0]), *of(shared, sizes[0], sizes[1]))
        for name, of in (("muc", _muc), ("b_cubed", _b_cubed), ("lea", _lea))
    }
    parts["ceaf_e"] = (similar, float(len(second)), similar, float(len(first)))
    return np.array([parts[name] for name in MEASURES])


def scored(parts: Floats, n_reference: int, n_other: int) -> Coreference:
    """Return the scores of summed *parts* (4, 4)."""
    scores = {
        name: _score((row[0], row[1]), (row[2], row[3])) for name, row in zip(MEASURES, parts.tolist(), strict=True)
    }
    known = [value for name in MEASURES[:3] if (value := scores[name].f1) is not None]
    mean = sum(known) / 3 if len(known) == 3 else None
    return Coreference(scores["muc"], scores["b_cubed"], scores["ceaf_e"], scores["lea"], mean, n_reference, n_other)


def _numbered(entities: Entities) -> list[frozenset[Hashable]]:
    """Return the entities that have mentions, each mention once."""
    sets = [one for one in map(frozenset, entities) if one]
    if sum(map(len, sets)) > len(frozenset().union(*sets)):
        raise ValueError("a mention can be in one entity of an annotator only")
    return sets


def _shared(
    first: list[frozenset[Hashable]], second: list[frozenset[Hashable]]
) -> tuple[csr_array, tuple[Floats, Floats]]:
    """Return (E, F) mentions that two entities share, and the sizes (E,) and (F,) of the entities."""
    place = {mention: number for number, entity in enumerate(second) for mention in entity}
    cells = [(row, place[mention]) for row, entity in enumerate(first) for mention in entity if mention in place]
    rows, columns = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    shared = csr_array((np.ones(len(cells)), (rows, columns)), shape=(len(first), len(second)))
    shared.sum_duplicates()
    sizes = np.array([len(one) for one in first], float), np.array([len(one) for one in second], float)
    return shared, sizes


def _muc(shared: csr_array, size: Floats, of_other: Floats) -> Part:
    """Return the links of entities that are left when the other's entities cut them, and all their links."""
    del of_other
    whole = np.diff(shared.indptr)
    alone = size - shared.sum(axis=1)
    return float((size - whole - alone).sum()), float((size - 1).sum())


def _b_cubed(shared: csr_array, size: Floats, of_other: Floats) -> Part:
    """Return the summed share of each mention's entity that the other has with it, and the mentions."""
    del of_other
    return float((shared.multiply(shared).sum(axis=1) / size).sum()) if len(size) else 0.0, float(size.sum())


def _lea(shared: csr_array, size: Floats, of_other: Floats) -> Part:
    """Return the share of links of each entity that the other resolves, weighted by size, and the summed sizes.

    A singleton has one link, to itself; it is resolved if it is a singleton of the other too.
    """
    links = size * (size - 1) / 2
    resolved = (shared.multiply(shared) - shared).sum(axis=1) / 2
    rows = np.repeat(np.arange(len(size)), np.diff(shared.indptr))
    both_single = np.bincount(rows, (of_other[shared.indices] == 1) * 1.0, minlength=len(size))
    share = np.where(size > 1, resolved / np.maximum(links, 1), both_single)
    return float((size * share).sum()), float(size.sum())


def _aligned(shared: csr_array, sizes: tuple[Floats, Floats]) -> float:
    """Return the summed similarity of the best one-to-one alignment: 2 shared / (size of one + size of the other)."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - slow to load, for coreference only

    if not shared.nnz:
        return 0.0
    dense = shared.toarray()
    similar = 2 * dense / (sizes[0][:, None] + sizes[1][None, :])
    return float(similar[linear_sum_assignment(-similar)].sum())


def _score(precision: Part, recall: Part) -> Score:
    """Return a score from its parts."""
    p, r = (above / below if below > 0 else None for above, below in (precision, recall))
    if p is None and r is None:
        return Score(None, None, None)
    p_or_0, r_or_0 = p or 0.0, r or 0.0  # one of the two has something, the other nothing: nothing is found
    return Score(p, r, 2 * p_or_0 * r_or_0 / (p_or_0 + r_or_0) if p_or_0 + r_or_0 > 0 else 0.0)
