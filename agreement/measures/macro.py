"""Macro and weighted averages over labels, and balanced accuracy."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agreement.scores import LabelSums, Measure, Parts, Reason, Scores
from agreement.wording.definitions import called

Floats = NDArray[np.float64]
Kind = Literal["f1", "precision", "recall"]
ONE_USE = 1 - 1e-9


def _rate(kind: Kind, both: Floats, reference: Floats, other: Floats) -> Floats:
    """Return F1, precision or recall of each label; 0 where its denominator is 0."""
    if kind == "f1":
        part, whole = 2 * both, reference + other
    else:
        part, whole = both, other if kind == "precision" else reference
    return np.where(whole == 0, 0.0, part / np.where(whole == 0, 1.0, whole))


def _macro(kind: Kind) -> LabelSums:
    """Return the mean over the labels that occur on either side.

    A label without a whole use where precision or recall is counted gives 0, also in the tables with a pseudo-unit
    from which intervals are made: its share of the diagonal alone would be a recall of 1.
    """

    def terms(both: Floats, reference: Floats, other: Floats) -> Floats:
        used = reference + other > 0
        counted = used if kind == "f1" else (other if kind == "precision" else reference) >= ONE_USE
        return np.stack([np.where(counted, _rate(kind, both, reference, other), 0.0), used.astype(np.float64)], axis=-1)

    return LabelSums(terms, _ratio, Reason.NO_SHARED_ITEMS)


def _ratio(sums: Floats, n: Floats) -> Parts:
    """Return the mean over the labels counted."""
    del n
    return sums[..., 0] / sums[..., 1], None, None


def _weighted(kind: Kind) -> LabelSums:
    """Return the mean over labels, each weighted by the reference's uses."""

    def terms(both: Floats, reference: Floats, other: Floats) -> Floats:
        return np.asarray((reference * _rate(kind, both, reference, other))[..., None])

    def finish(sums: Floats, n: Floats) -> Parts:
        return sums[..., 0] / n, None, None

    return LabelSums(terms, finish, Reason.NO_SHARED_ITEMS)


def _balanced_terms(both: Floats, reference: Floats, other: Floats) -> Floats:
    """Return recall of the labels that the reference used, not just a pseudo-unit, and which those are."""
    used = reference >= ONE_USE
    return np.stack([np.where(used, _rate("recall", both, reference, other), 0.0), used.astype(np.float64)], axis=-1)


SUMS = {f"{kind}_macro": _macro(kind) for kind in ("f1", "precision", "recall")} | {
    f"{kind}_weighted": _weighted(kind) for kind in ("f1", "precision", "recall")
}
BALANCED = LabelSums(_balanced_terms, _ratio, Reason.NO_SHARED_ITEMS)


def f1_macro(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return macro F1 of contingency tables (…, K, K): the mean F1 of the labels that occur on either side.

    0 to 1; every label counts alike, however rare (Sokolova & Lapalme 2009). A label that neither used is left
    out, not 0. Precision and recall of a label that one of the two never used count as 0 in their macro means.
    Undefined without shared units.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(f1_macro(np.array([[20, 5, 0], [10, 15, 0], [0, 0, 0]])).value), 6)  # (40/55 + 30/45) / 2
    0.69697
    """
    return SUMS["f1_macro"].score(counts)


def f1_weighted(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return F1 of the labels averaged with the reference's uses as weights; it changes with the reference.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(f1_weighted(np.array([[20, 5], [10, 15]])).value), 6)  # (25·40/55 + 25·30/45) / 50
    0.69697
    """
    return SUMS["f1_weighted"].score(counts)


def balanced_accuracy(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return the mean recall over the labels that the reference used (Brodersen et al. 2010, pp. 3121-3124).

    1 is perfect, 1/K what answers give that do not depend on the reference, K the labels it used. Undefined without
    shared units.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(balanced_accuracy(np.array([[20, 5], [10, 15]])).value), 12)  # (.8 + .6) / 2
    0.7
    """
    return BALANCED.score(counts)


def _measure(name: str, compute: Callable[..., Scores], sums: LabelSums, *, symmetric: bool) -> Measure:
    """Return the measure of one average."""
    return Measure(
        *called(name),
        takes="contingency",
        compute=compute,
        range=(0.0, 1.0),
        symmetric=symmetric,
        citation="Sokolova & Lapalme 2009, Information Processing & Management 45(4), pp. 427-437",
        sums=sums,
    )


MEASURE = (
    _measure("f1_macro", f1_macro, SUMS["f1_macro"], symmetric=True),
    _measure("precision_macro", SUMS["precision_macro"].score, SUMS["precision_macro"], symmetric=False),
    _measure("recall_macro", SUMS["recall_macro"].score, SUMS["recall_macro"], symmetric=False),
    _measure("f1_weighted", f1_weighted, SUMS["f1_weighted"], symmetric=False),
    _measure("precision_weighted", SUMS["precision_weighted"].score, SUMS["precision_weighted"], symmetric=False),
    _measure("recall_weighted", SUMS["recall_weighted"].score, SUMS["recall_weighted"], symmetric=False),
    Measure(
        *called("balanced_accuracy"),
        takes="contingency",
        compute=balanced_accuracy,
        range=(0.0, 1.0),
        symmetric=False,
        citation="Brodersen, Ong, Stephan & Buhmann 2010, ICPR, pp. 3121-3124",
        sums=BALANCED,
    ),
)
