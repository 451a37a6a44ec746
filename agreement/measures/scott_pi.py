"""Scott's pi: chance from the label shares of both annotators together."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.measures._chance import corrected, weighted, weighted_without
from agreement.measures._weights import Weights, weights
from agreement.scores import LabelSums, Measure, Parts, Scores
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def _terms(both: Floats, reference: Floats, other: Floats) -> Floats:
    """Return matches and squares of the summed totals of each label."""
    return np.stack([both, (reference + other) ** 2], axis=-1)


def _finish(sums: Floats, n: Floats) -> Parts:
    """Return pi with A_o and A_e."""
    return corrected(sums[..., 0] / n, sums[..., 1] / (4 * n**2))


SUMS = LabelSums(_terms, _finish)


def scott_pi(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return Scott's pi of contingency tables (…, K, K).

    pi = (A_o - A_e) / (1 - A_e) with A_e = sum_j ((p1_j + p2_j) / 2)² (Scott 1955). 1 is full agreement, 0
    what the common label shares give by chance, the minimum -1. Undefined without shared units and when only one
    label occurs. Fleiss' kappa is the same for any number of annotators.

    Examples
    --------
    >>> import numpy as np
    >>> scores = scott_pi(np.array([[20, 5], [10, 15]]))  # A_e = .55² + .45² = .505
    >>> round(float(scores.expected), 12), round(float(scores.value), 6)
    (0.505, 0.393939)
    """
    return SUMS.score(counts)


def weighted_pi(counts: NDArray[np.int64] | Floats, weight: Floats) -> Scores:
    """Return Scott's pi with agreement weights (K, K) of tables (…, K, K): A_e = sum_jk w_jk pi_j pi_k.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(weighted_pi(np.array([[20, 5], [10, 15]]), np.eye(2)).value), 6)
    0.393939
    """

    def chance(reference: Floats, other: Floats) -> Floats:
        shares = (reference + other) / 2
        return np.asarray((shares * (shares @ weight)).sum(axis=-1))

    return weighted(counts, weight, chance)


def _without(kind: Weights, full: Floats) -> Floats:
    """Return weighted pi of tables (S, K, K) without one unit of each cell, (S, K, K).

    A label in the middle of the two is worth half a unit of each: what is lost is half of what each of the two labels
    is apart from all labels given, but not a quarter of what each is apart from the other.
    """

    def apart(distance: Floats, reference: Floats, other: Floats, n: Floats) -> Floats:
        given = (reference + other) / 2
        lost = given @ distance
        all_of_it = np.einsum("sk,sk->s", given, lost)[:, None, None]
        return np.asarray((all_of_it - lost[:, :, None] - lost[:, None, :] + distance / 2) / n**2)

    return weighted_without(full, weights(kind, full.shape[-1]), apart)


def _by_rank(kind: Weights, counts: NDArray[np.int64] | Floats) -> Scores:
    """Return weighted pi with weights by rank."""
    return weighted_pi(counts, weights(kind, counts.shape[-1]))


KINDS: tuple[Weights, ...] = ("linear", "quadratic")

MEASURE = (
    Measure(
        *called("scott_pi"),
        takes="contingency",
        compute=scott_pi,
        range=(-1.0, 1.0),
        symmetric=True,
        citation="Scott 1955, Public Opinion Quarterly 19(3), pp. 321-325",
        sums=SUMS,
    ),
    *(
        Measure(
            *called(f"scott_pi.{kind}"),
            takes="contingency",
            compute=partial(_by_rank, kind),
            range=(-1.0, 1.0),
            symmetric=True,
            needs_order=True,
            citation="Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed., ch. 3",
            without=partial(_without, kind),
        )
        for kind in KINDS
    ),
)
