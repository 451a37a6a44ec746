"""Disputes: units with at least two different labels, which labels they mix, and in what order to discuss them."""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import few_cells, in_order, packed, starts_of_runs
from agreement.settings import LayerKind
from agreement.uncertainty.pooling import label_cells
from agreement.units import Units

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
CELLS_PER_LABEL = 50


@dataclass(frozen=True, slots=True)
class Mixtures:
    """Which two labels occur together on which unit: a row per unit and pair of different labels.

    Letters: R rows, K labels.

    Parameters
    ----------
    unit
        (R,) unit.
    first, second
        (R,) label codes, first < second.
    carrying
        (K,) units that carry each label; weights count.
    """

    unit: Ints
    first: Ints
    second: Ints
    carrying: Ints


def label_use(units: Units) -> tuple[Ints, Ints]:
    """Return the distinct (unit, label) pairs, sorted: which labels each unit was given by anybody.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> [part.tolist() for part in label_use(units_from_matrix([["a", "a"], ["a", "b"]]))]
    [[0, 1, 1], [0, 0, 1]]
    """
    cells = label_cells(units)
    if cells is not None:
        return cells[0], cells[1]
    k = max(len(units.labels), 1)
    keys = units.unit * k + units.label
    if units.n_units * k <= CELLS_PER_LABEL * len(keys):  # marking cells takes a tenth of the time of sorting keys
        seen = np.zeros(units.n_units * k, dtype=bool)
        seen[keys] = True
        unit, label = np.divmod(np.flatnonzero(seen), k)
    else:
        unit, label = np.divmod(np.unique(keys), k)
    return unit, label


def mixtures(units: Units, use: tuple[Ints, Ints] | None = None) -> Mixtures:
    """Return every pair of different labels on one unit; *use* is the ``label_use`` of the units, if it is known.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> mixed = mixtures(units_from_matrix([["a", "b", "c"], ["a", "a", "a"]]))
    >>> list(zip(mixed.unit.tolist(), mixed.first.tolist(), mixed.second.tolist()))
    [(0, 0, 1), (0, 1, 2), (0, 0, 2)]
    """
    unit, label = label_use(units) if use is None else use
    carrying = np.bincount(label, units.weight[unit], minlength=len(units.labels)).astype(np.int64)
    rows: list[tuple[Ints, Ints, Ints]] = []
    for step in range(1, len(unit)):  # at most as often as one unit has labels
        same = unit[step:] == unit[:-step]
        if not same.any():
            break
        rows.append((unit[:-step][same], label[:-step][same], label[step:][same]))
    if not rows:
        none = np.empty(0, dtype=np.int64)
        return Mixtures(none, none, none, carrying)
    where, first, second = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return Mixtures(where, first, second, carrying)


def pair_counts(units: Units, mixed: Mixtures) -> tuple[Ints, Ints]:
    """Return (K, K) units that carry both labels, and (K, K) units that carry either; weights count.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> units = units_from_matrix([["a", "b"], ["a", "a"], ["b", "b"]])
    >>> both, either = pair_counts(units, mixtures(units))
    >>> int(both[0, 1]), int(either[0, 1])
    (1, 3)
    """
    k = len(units.labels)
    both = np.zeros((k, k), dtype=np.int64)
    np.add.at(both, (mixed.first, mixed.second), units.weight[mixed.unit])
    both += both.T
    return both, mixed.carrying[:, None] + mixed.carrying[None, :] - both


@dataclass(frozen=True, slots=True)
class Cases:
    """What each unit in dispute is a case of.

    Letters: U units, R rows.

    Parameters
    ----------
    unit, cause
        (R,) unit and number of the cause.
    causes
        Label pairs (two labels) or single labels, by number; one without a label where nothing tells disputes apart.
    n_labels
        (U,) different labels.
    importance
        (U,) how many different labels, or how far apart they are: higher comes first.
    mixed
        Which labels occur together on which unit, where that is what makes a dispute.
    """

    unit: Ints
    cause: Ints
    causes: tuple[tuple[str, ...], ...]
    n_labels: Ints
    importance: Ints
    mixed: Mixtures | None = None


def cases(units: Units, kind: LayerKind) -> Cases:
    """Return what each of the *units* in dispute, of a layer of this *kind*, is a case of.

    Examples
    --------
    >>> from agreement.units import units_from_matrix
    >>> found = cases(units_from_matrix([["a", "b"], ["a", "a"], ["b", "c"]]), "category")
    >>> found.unit.tolist(), [found.causes[code] for code in found.cause], found.n_labels.tolist()
    ([0, 2], [('a', 'b'), ('b', 'c')], [2, 1, 2])
    """
    use, k, mixed = label_use(units), len(units.labels), None
    n_labels = np.bincount(use[0], minlength=units.n_units).astype(np.int64)
    if units.members is not None:
        rows, cause, causes = _set_causes(units, units.members)
    elif kind == "number":
        rows, causes = np.flatnonzero(n_labels > 1), ((),)
        cause = np.zeros(len(rows), np.int64)
    else:
        mixed = mixtures(units, use)
        key, cause = _numbered(mixed.first * k + mixed.second)
        rows, causes = mixed.unit, tuple((units.labels[code // k], units.labels[code % k]) for code in key)
    importance = n_labels
    if kind in ("ordinal", "number"):
        importance = _apart(units, k) * (k + 1) + n_labels
    return Cases(rows, cause, causes, n_labels, importance, mixed)


def _numbered(key: Ints) -> tuple[Ints, Ints]:
    """Return the distinct keys, sorted, and the number of each key among them."""
    if not few_cells(key):
        return np.unique(key, return_inverse=True)
    used = np.bincount(key, minlength=1) > 0
    return np.flatnonzero(used), (np.cumsum(used) - 1)[key]


def _apart(units: Units, k: int) -> Ints:
    """Return (U,) how far apart the lowest and the highest label of a unit are, in places of the order."""
    lowest = np.full(units.n_units, k, dtype=np.int64)
    highest = np.zeros(units.n_units, dtype=np.int64)
    np.minimum.at(lowest, units.unit, units.label)
    np.maximum.at(highest, units.unit, units.label)
    apart: Ints = np.maximum(highest - lowest, 0)
    return apart


def _set_causes(units: Units, members: Flags) -> tuple[Ints, Ints, tuple[tuple[str, ...], ...]]:
    """Return for a multi-label layer the simple labels that some annotators of a unit gave and others did not."""
    given = np.zeros((units.n_units, members.shape[1]), dtype=np.int64)
    np.add.at(given, units.unit, members[units.label].astype(np.int64))
    answers = np.bincount(units.unit, minlength=units.n_units)[:, None]
    rows, cause = np.nonzero((given > 0) & (given < answers))
    return rows.astype(np.int64), cause.astype(np.int64), tuple((name,) for name in units.simple)


def discussion_order(
    n_labels: Ints, causes: tuple[Ints, Ints], gold_conflict: Flags, repeated: Flags, most: int,
    weight: Ints | None = None, listed: Flags | None = None,
) -> Ints:  # fmt: skip
    """Return the disputed units to discuss, at most *most*, so that every cause has its fair share of the places.

    Places go to causes by Sainte-Laguë (size / (2 used + 1)); a plain sort by any score puts forty copies of one
    problem first. Within a cause: texts not seen before, more different labels, gold contradicted, unit number.

    Parameters
    ----------
    n_labels
        (U,) different labels on each unit.
    causes
        (R,) units and (R,) the number of the cause (label pair, label of a span …) each is a case of.
    gold_conflict, repeated
        (U,) gold is contradicted; the text was there before.
    most
        How many are wanted.
    weight
        (U,) how many units of the data each stands for in the size of its causes; None: itself.
    listed
        (U,) which of them can be chosen; None: all.

    Examples
    --------
    >>> import numpy as np
    >>> units, cause = np.array([0, 1, 2, 3]), np.array([7, 7, 7, 9])
    >>> no = np.zeros(4, dtype=bool)
    >>> discussion_order(np.array([2, 2, 2, 2]), (units, cause), no, no, 3).tolist()
    [0, 1, 3]
    >>> discussion_order(np.array([2, 2, 2, 2]), (units, cause), no, no, 3, np.array([1, 1, 1, 9])).tolist()
    [3, 0, 1]
    """
    unit, cause = causes
    size_of = np.bincount(cause, None if weight is None else weight[unit], minlength=1)
    if listed is not None and not listed.all():
        unit, cause = (part[listed[causes[0]]] for part in causes)
    n_units, fewer = len(n_labels), n_labels.max(initial=0) - n_labels
    urgency = packed(
        (repeated.astype(np.int64), 2), (fewer, int(fewer.max(initial=0)) + 1), ((~gold_conflict).astype(np.int64), 2)
    )
    order, _ = in_order(urgency)
    place = np.empty(n_units, dtype=np.int64)
    place[order] = np.arange(n_units)
    key = cause * n_units
    key += place[unit]
    key.sort()
    cause, unit = np.divmod(key, max(n_units, 1))
    unit = order[unit]
    starts = np.flatnonzero(starts_of_runs(cause))
    sizes = np.diff(starts, append=len(cause))
    of_all = size_of[cause[starts]]
    heap = [(-float(size), number, 0) for number, size in enumerate(of_all)]
    heapq.heapify(heap)
    position = np.zeros(len(starts), dtype=np.int64)
    chosen: dict[int, None] = {}
    while heap and len(chosen) < most:
        _, number, used = heapq.heappop(heap)
        while position[number] < sizes[number] and int(unit[starts[number] + position[number]]) in chosen:
            position[number] += 1
        if position[number] == sizes[number]:
            continue
        chosen[int(unit[starts[number] + position[number]])] = None
        heapq.heappush(heap, (-float(of_all[number]) / (2 * used + 3), number, used + 1))
    return np.array(list(chosen), dtype=np.int64)


def places(causes: tuple[Ints, Ints], importance: Ints, weight: Ints, most: int) -> Ints:
    """Return (G,) how many units of each group are among the *most* that :func:`discussion_order` has first.

    Parameters
    ----------
    causes
        (R,) groups and (R,) the number of the cause that all units of the group are a case of.
    importance, weight
        (G,) of the units of each group; and how many they are.
    most
        How many are wanted.

    Examples
    --------
    >>> import numpy as np
    >>> group, cause = np.array([0, 1, 2]), np.array([0, 0, 1])
    >>> places((group, cause), np.array([2, 3, 2]), np.array([90, 2, 10]), 12).tolist()
    [9, 2, 1]
    """
    group, cause = causes
    order = np.lexsort((group, -importance[group], cause))
    group, cause = group[order], cause[order]
    starts = np.flatnonzero(starts_of_runs(cause))
    ends = np.append(starts[1:], len(cause))
    of_all = np.bincount(cause, weight[group], minlength=1)[cause[starts]]
    heap = [(-float(size), number, 0) for number, size in enumerate(of_all)]
    heapq.heapify(heap)
    position, found, left = starts.copy(), np.zeros(len(weight), dtype=np.int64), most
    while heap and left:
        _, number, used = heapq.heappop(heap)
        while position[number] < ends[number] and found[group[position[number]]] == weight[group[position[number]]]:
            position[number] += 1
        if position[number] == ends[number]:
            continue
        found[group[position[number]]] += 1
        left -= 1
        heapq.heappush(heap, (-float(of_all[number]) / (2 * used + 3), number, used + 1))
    return found
