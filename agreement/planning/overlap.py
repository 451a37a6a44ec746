"""Overlap: which annotators share items with which, and what that does to pooled numbers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from agreement.annotations import Annotations
from agreement.wording import planning as words

Ints = NDArray[np.int64]
MOST_PAIRS = 100


@dataclass(frozen=True, slots=True)
class Overlap:
    """Who was compared with whom.

    Parameters
    ----------
    n_annotators, n_pairs, n_compared, n_thin
        Annotators; pairs of them; pairs with shared items; those of them below the minimum.
    groups
        Annotators that are linked by shared items, the largest group first; more than one group cannot be compared.
    never, never_total
        Pairs without shared items (the first of them), and how many there are.
    identified
        True if annotators can be told apart: connected, three or more, and not two camps that only meet each other.
    meaning
        What that does to pooled numbers.
    """

    n_annotators: int
    n_pairs: int
    n_compared: int
    n_thin: int
    groups: tuple[tuple[str, ...], ...]
    never: tuple[tuple[str, str], ...]
    never_total: int
    identified: bool
    meaning: str


def overlap_of(annotations: Annotations, layer: str, min_pair_items: int) -> Overlap:
    """Return who was compared with whom on *layer*, by the items that both answered."""
    asked = annotations.assignments
    asked = asked.loc[asked["layer"].eq(layer) & asked["status"].isin(("done", "empty"))]
    asked = asked.loc[asked["annotator"].isin(annotations.compared)]
    who, names = pd.factorize(asked["annotator"].astype(str), sort=True)
    unit = np.unique(asked["item"].astype(str) + "\0" + asked["round"].astype(str), return_inverse=True)[1]
    n_units = int(unit.max(initial=-1)) + 1
    given = csr_array((np.ones(len(who)), (unit, who)), shape=(n_units, len(names)))
    shared = (given.T @ given).toarray().astype(np.int64)
    return overlap_graph(tuple(map(str, names)), shared, min_pair_items)


def overlap_graph(names: tuple[str, ...], shared: Ints, min_pair_items: int) -> Overlap:
    """Return the overlap of annotators *names* (A,) who share *shared* (A, A) items.

    Examples
    --------
    >>> shared = np.array([[9, 5, 0], [5, 9, 0], [0, 0, 4]])
    >>> graph = overlap_graph(("Ana", "Ben", "Cy"), shared, 3)
    >>> graph.groups, graph.never, graph.identified
    ((('Ana', 'Ben'), ('Cy',)), (('Ana', 'Cy'), ('Ben', 'Cy')), False)
    """
    a = len(names)
    first, second = np.triu_indices(a, 1)
    items = shared[first, second]
    links = csr_array(np.where(np.eye(a, dtype=bool), 0, shared > 0).astype(np.int64))
    n_groups, group = connected_components(links, directed=False) if a else (0, np.zeros(0, np.int64))
    groups = [tuple(names[code] for code in np.flatnonzero(group == number)) for number in range(n_groups)]
    groups.sort(key=lambda members: (-len(members), members))
    apart = np.flatnonzero(items == 0)
    never = [(names[first[place]], names[second[place]]) for place in apart[:MOST_PAIRS].tolist()]
    return Overlap(
        a, len(items), int((items > 0).sum()), int(((items > 0) & (items < min_pair_items)).sum()), tuple(groups),
        tuple(never), len(apart), a >= 3 and n_groups == 1 and not _two_sided(links),
        _meaning(n_groups, len(apart), len(items)),
    )  # fmt: skip


def _two_sided(links: csr_array) -> bool:
    """Return True if the annotators fall into two sides that never meet within: then nobody can be told apart."""
    # connected and two-sided exactly if walks of odd length never return: the double cover falls apart
    doubled, _ = connected_components(_double_cover(links), directed=False)
    return bool(doubled == 2)


def _double_cover(links: csr_array) -> csr_array:
    """Return the graph (2A, 2A) in which every link joins a person to the other's double."""
    rows, columns = links.nonzero()
    a = links.shape[0]
    return csr_array((np.ones(len(rows)), (rows, columns + a)), shape=(2 * a, 2 * a))


def _meaning(n_groups: int, never: int, pairs: int) -> str:
    """Return what the overlap does to pooled numbers."""
    if n_groups > 1:
        return words.groups_apart(n_groups)
    if never:
        return words.pairs_apart(never, pairs)
    return words.EVERY_PAIR
