"""Labels that are paths, ``A > B > C``: agreement at each depth, where two paths part, and how far apart they are."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agreement.measures._chance import unit_terms
from agreement.measures.krippendorff_alpha import alpha_sums
from agreement.measures.percent_agreement import weighted_agreement
from agreement.scores import Measure, Parts, Reason, Scores, UnitSums, scored
from agreement.wording import structures as words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SEPARATOR = " > "
MOST_LEVELS = 10


def paths(labels: tuple[str, ...], separator: str | None = None) -> tuple[tuple[str, ...], ...]:
    """Return the labels cut at *separator*, or none if no label holds it; parts lose the blanks around them.

    Without a separator of the user's own it is ``>`` between blanks.

    Examples
    --------
    >>> paths(("Animal > Cat", "Plant"))
    (('Animal', 'Cat'), ('Plant',))
    >>> paths(("x > 0",), "/")
    ()
    """
    sign = SEPARATOR if separator is None else separator
    if not any(sign in label for label in labels):
        return ()
    return tuple(tuple(part.strip() for part in label.split(sign)) for label in labels)


def common_depths(labels: tuple[tuple[str, ...], ...]) -> Ints:
    """Return (K, K) how many levels two paths share from the top.

    Examples
    --------
    >>> common_depths((("A", "B", "C"), ("A", "B"), ("D",)))
    array([[3, 2, 0],
           [2, 2, 0],
           [0, 0, 1]])
    """
    length = np.array([len(path) for path in labels])
    shared = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for level in range(1, int(length.max(initial=0)) + 1):
        reached = length >= level
        shared += _alike(labels, level) & reached[:, None] & reached[None, :]
    return shared


def _alike(labels: tuple[tuple[str, ...], ...], level: int) -> NDArray[np.bool_]:
    """Return (K, K) whether two paths are the same down to *level*, a shorter path being taken as a whole."""
    code: dict[tuple[str, ...], int] = {}
    start = np.array([code.setdefault(path[:level], len(code)) for path in labels])
    same: NDArray[np.bool_] = start[:, None] == start[None, :]
    return same


def path_distances(labels: tuple[tuple[str, ...], ...]) -> Floats:
    """Return (K, K) distances of paths: 1 - 2 (levels shared) / (levels of one + levels of the other).

    0 for equal paths, 1 for paths that part at the top (Wu & Palmer 1994, ACL, pp. 133-138: 1 less their similarity).

    Examples
    --------
    >>> path_distances((("A", "B", "C"), ("A", "B"), ("D",))).round(2).tolist()
    [[0.0, 0.2, 1.0], [0.2, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    length = np.array([len(path) for path in labels], dtype=np.float64)
    return np.asarray(1 - 2 * common_depths(labels) / (length[:, None] + length[None, :]))


def hierarchy_measures(labels: tuple[str, ...], separator: str | None = None) -> tuple[Measure, ...]:
    """Return the measures of labels that are paths; none where no label holds the separator.

    ``agreement.depthN``: the same path down to level N (a shorter path counts as a whole). ``divergence.depthN``: of
    two labels that differ, the share that part at level N. ``krippendorff_alpha.path``: alpha with path distances.
    """
    cut = paths(labels, separator)
    if not cut:
        return ()
    shared = common_depths(cut)
    differ = ~np.eye(len(cut), dtype=bool)
    found = []
    for depth in range(1, min(max(map(len, cut)), MOST_LEVELS) + 1):
        found += [_agreement(depth, _alike(cut, depth)), _divergence(depth, (shared == depth - 1) & differ, differ)]
    distance = path_distances(cut)
    alpha = alpha_sums(partial(_fixed, distance))
    return (
        *found,
        Measure(
            name="krippendorff_alpha.path",
            title=words.PATH_ALPHA,
            summary=words.PATH_ALPHA_TELLS,
            takes="contingency",
            compute=partial(pair_alpha, distance),
            range=(-1.0, 1.0),
            symmetric=True,
            citation="Krippendorff 2004, Content Analysis, 2nd ed., ch. 11; Wu & Palmer 1994, ACL, pp. 133-138",
            pooled=alpha,
            without=partial(_alpha_without, distance),
        ),
    )


def _agreement(depth: int, alike: NDArray[np.bool_]) -> Measure:
    """Return the measure of labels that are *alike* (K, K) down to a depth."""
    weight = alike.astype(np.float64)
    title, summary = words.agreement_at(depth)
    return Measure(
        name=f"agreement.depth{depth}",
        title=title,
        summary=summary,
        takes="contingency",
        compute=partial(_weighed, weight),
        range=(0.0, 1.0),
        symmetric=True,
        citation="Fleiss 1971, Psychological Bulletin 76(5), pp. 378-382",
        pooled=_shares(weight),
        without=partial(_share_without, weight, np.ones_like(weight)),
    )


def _divergence(depth: int, parting: NDArray[np.bool_], differ: NDArray[np.bool_]) -> Measure:
    """Return the measure of paths that part (K, K) first at a depth, of all that *differ*."""
    title, summary = words.divergence_at(depth)
    sums = UnitSums(
        partial(_couples, (parting.astype(np.float64), differ.astype(np.float64))), _ratio, Reason.NO_DISPUTE
    )
    return Measure(
        name=f"divergence.depth{depth}",
        title=title,
        summary=summary,
        takes="contingency",
        compute=partial(_parted, parting, differ),
        range=(0.0, 1.0),
        symmetric=True,
        citation="counted; the levels of one layer sum to 1",
        pooled=sums,
        without=partial(_share_without, parting, differ),
    )


def pair_alpha(distance: Floats, counts: NDArray[np.int64] | Floats) -> Scores:
    """Return Krippendorff's alpha of tables (…, K, K) of two annotators with *distance* (K, K).

    1 - D_o / D_e, with D_o the mean distance of the two labels of an item, and D_e that of any two of all 2 n labels.
    Undefined without shared items, and where all labels are one.

    Examples
    --------
    >>> far = 1 - np.eye(2)
    >>> round(float(pair_alpha(far, np.array([[2, 1], [0, 1]])).value), 4)  # 1 - (1/4) / (2 * 5 * 3 / (8 * 7))
    0.5333
    """
    both = np.asarray(counts, dtype=np.float64)
    n = both.sum(axis=(-2, -1))
    given = both.sum(axis=-1) + both.sum(axis=-2)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = (both * distance).sum(axis=(-2, -1)) / n
        expected = np.einsum("...i,ij,...j->...", given, distance, given) / (2 * n * (2 * n - 1))
        value = 1 - observed / expected
    reasons = [(n == 0, Reason.NO_SHARED_ITEMS), (expected == 0, Reason.ONE_LABEL)]
    return scored(value, n, reasons, observed=1 - observed, expected=1 - expected)


def _alpha_without(distance: Floats, full: Floats) -> Floats:
    """Return :func:`pair_alpha` of tables (S, K, K) without one unit of each cell, (S, K, K).

    Without a unit of cell (i, j) label i is given once less, and so is j.
    """
    n = full.sum(axis=(-2, -1))[:, None, None] - 1
    given = full.sum(axis=-1) + full.sum(axis=-2)
    near = given @ distance
    apart = np.einsum("si,si->s", near, given)[:, None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = ((full * distance).sum(axis=(-2, -1))[:, None, None] - distance) / n
        expected = (apart - 2 * (near[:, :, None] + near[:, None, :]) + 2 * distance) / (2 * n * (2 * n - 1))
        return np.asarray(1 - observed / expected)


def _share_without(part: NDArray[Any], whole: NDArray[Any], full: Floats) -> Floats:
    """Return, of tables without one unit of each cell (S, K, K), the share of *part* (K, K) in what *whole* marks."""
    above, below = ((full * marked).sum(axis=(-2, -1))[:, None, None] - marked for marked in (part, whole))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(above / below)


def _weighed(weight: Floats, counts: NDArray[np.int64] | Floats) -> Scores:
    """Return the share of tables (…, K, K) that *weight* (K, K) of zeros and ones marks."""
    return weighted_agreement(counts, weight)


def _parted(parting: NDArray[np.bool_], differ: NDArray[np.bool_], counts: NDArray[np.int64] | Floats) -> Scores:
    """Return, of the different labels in tables (…, K, K), the share that part at one level."""
    n = (counts * differ).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (counts * parting).sum(axis=(-2, -1)) / n
    return scored(value, counts.sum(axis=(-2, -1)), [(n == 0, Reason.NO_DISPUTE)])


def _shares(weight: Floats) -> UnitSums:
    """Return agreement with weights (K, K), the mean over units of the mean over two annotators."""
    return UnitSums(unit_terms(partial(_fixed, weight)), _of_units, Reason.NO_SHARED_ITEMS)


def _of_units(sums: Floats) -> Parts:
    """Return the mean agreement of the units with two or more labels."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return sums[..., 2] / sums[..., 0], None, None


def _couples(matrices: tuple[Floats, ...], counts: Floats) -> Floats:
    """Return (U, M) the share of the couples of each unit that each of the symmetric *matrices* (K, K) marks."""
    r = counts.sum(axis=1)
    pairs = np.maximum(r * (r - 1), 1)
    return np.column_stack([(counts * (counts @ matrix)).sum(axis=1) / pairs for matrix in matrices])


def _ratio(sums: Floats) -> Parts:
    """Return the first sum over the second."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan), None, None


def _fixed(matrix: Floats, k: int) -> Floats:
    """Return the *matrix*, whatever K is."""
    del k
    return matrix
