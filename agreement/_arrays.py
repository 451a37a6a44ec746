"""Sorting and joining of integer arrays: what pairs, spans and tokens have in common, without a loop over rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_LARGEST_KEY = 2**62
CACHED = 1_000_000  # numbers that stay in the processor's cache; memory that is used again needs no fresh pages


def packed(*columns: tuple[Ints, int]) -> Ints:
    """Return one integer per row that orders and identifies it by the *columns*, each with its number of codes.

    Where the product of the sizes would not fit, the columns so far are replaced by the ranks of their combinations.

    Examples
    --------
    >>> packed((np.array([0, 1, 1]), 2), (np.array([4, 0, 3]), 5))
    array([4, 5, 8])
    """
    key, size = columns[0]
    for column, width in columns[1:]:
        if width == 1:  # nothing to tell apart
            continue
        if size * width > _LARGEST_KEY:
            distinct, key = np.unique(key, return_inverse=True)
            size = len(distinct)
        key, size = key * width, size * width
        key += column
    return key


def in_order(key: Ints) -> tuple[Ints, Ints]:
    """Return the stable order of *key*, numbers from 0 on, and the key in that order.

    Examples
    --------
    >>> in_order(np.array([7, 2, 7]))
    (array([1, 0, 2]), array([2, 7, 7]))
    """
    bits = len(key).bit_length()
    if int(key.max(initial=0)) >= _LARGEST_KEY >> bits:
        order: Ints = np.argsort(key, kind="stable")
        return order, key[order]
    # Sorting numbers is twice as fast as finding their order, so each carries its place in its lowest bits.
    both = key << bits
    for start in range(0, len(key), CACHED):
        both[start : start + CACHED] |= np.arange(start, min(start + CACHED, len(key)))
    both.sort()
    places: Ints = both & ((1 << bits) - 1)
    both >>= bits
    return places, both


def unit_blocks(unit: Ints, n_units: int, k: int) -> Iterator[tuple[slice, int]]:
    """Yield the rows of a few units at a time, and the first of these, so that a table of them by *k* codes is small.

    *unit* (N,) is sorted.

    Examples
    --------
    >>> list(unit_blocks(np.array([0, 0, 2]), 3, 5))
    [(slice(0, 3, None), 0)]
    """
    firsts = np.arange(0, n_units, max(CACHED // max(k, 1), CACHED // 100))
    bounds = np.searchsorted(unit, np.append(firsts, n_units)).tolist()
    for first, start, stop in zip(firsts.tolist(), bounds[:-1], bounds[1:], strict=True):
        yield slice(start, stop), first


def equal_entries(key: Ints) -> Ints:
    """Return how many entries of *key* equal each entry.

    Examples
    --------
    >>> equal_entries(np.array([4, 1, 4])).tolist()
    [2, 1, 2]
    """
    if few_cells(key):
        return np.bincount(key)[key]
    _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    return counts[inverse].astype(np.int64)


def distinct_entries(key: Ints) -> tuple[Ints, Ints]:
    """Return the distinct entries of *key*, sorted, and how many of each there are.

    Examples
    --------
    >>> [part.tolist() for part in distinct_entries(np.array([4, 1, 4]))]
    [[1, 4], [1, 2]]
    """
    if few_cells(key):
        given = np.bincount(key)
        cells = np.flatnonzero(given)
        return cells, given[cells]
    return np.unique(key, return_counts=True)


def few_cells(key: Ints) -> bool:
    """Return True if the cells numbered by *key* are so few that counting in a full table is faster than sorting."""
    return int(key.max(initial=0)) <= max(CACHED, 8 * len(key))


def used_codes(codes: NDArray[np.integer[Any]], size: int) -> NDArray[np.bool_]:
    """Return (size,) which of the numbers from 0 on occur among *codes*, of which -1 stands for none.

    Examples
    --------
    >>> used_codes(np.array([2, 0, -1, 2]), 4).tolist()
    [True, False, True, False]
    """
    used = np.zeros(size + 1, dtype=np.bool_)  # the last one is that of -1
    for start in range(0, len(codes), CACHED):
        used[codes[start : start + CACHED]] = True
        if used[:-1].all():  # a few labels or people have all been met soon
            break
    return used[:-1]


def starts_of_runs(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return (N,) where a run of equal *values* begins.

    Examples
    --------
    >>> starts_of_runs(np.array([3, 3, 5, 5, 5]))
    array([ True, False,  True, False, False])
    """
    begins = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    return begins


def ranks_in_runs(values: NDArray[np.generic]) -> Ints:
    """Return (N,) the position of each row inside its run of equal *values*.

    Examples
    --------
    >>> ranks_in_runs(np.array([3, 3, 5, 5, 5]))
    array([0, 1, 0, 1, 2])
    """
    begins = np.flatnonzero(starts_of_runs(values))
    sizes = np.diff(begins, append=len(values))
    ranks: Ints = np.arange(len(values)) - np.repeat(begins, sizes)
    return ranks


def stretches(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Return for all rows together the numbers ``first[i] … last[i] - 1``, and the row i that each came from.

    Examples
    --------
    >>> stretches(np.array([5, 0]), np.array([7, 1]))
    (array([0, 0, 1]), array([5, 6, 0]))
    """
    sizes = np.maximum(last - first, 0)
    row = np.repeat(np.arange(len(first)), sizes)
    before = np.cumsum(sizes) - sizes
    return row, np.arange(len(row)) + np.repeat(first - before, sizes)


def couples_in_runs(values: NDArray[np.generic]) -> tuple[Ints, Ints]:
    """Return every two rows (earlier, later) of one run of equal *values*, neighbours first.

    Examples
    --------
    >>> couples_in_runs(np.array([3, 3, 5, 5, 5]))
    (array([0, 2, 3, 2]), array([1, 3, 4, 4]))
    """
    # A pass over all rows per distance inside a run; rows that have no later row so far away need not be looked at.
    same = values[1:] == values[:-1]
    earlier = np.flatnonzero(same)
    found = [(earlier, earlier + 1)]
    distance = 2
    while len(earlier):
        earlier = earlier[: np.searchsorted(earlier, len(values) - distance)]
        earlier = earlier[same[earlier + (distance - 1)]]
        found.append((earlier, earlier + distance))
        distance += 1
    first, second = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return first, second
