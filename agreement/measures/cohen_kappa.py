"""Cohen's kappa: agreement of two annotators beyond what their own label shares would give by chance."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.measures._chance import corrected, weighted
from agreement.measures._chance import weighted_without as chance_corrected_without
from agreement.measures._weights import Weights, weights
from agreement.scores import LabelSums, Measure, Parts, Scores
from agreement.wording.definitions import called

Floats = NDArray[np.float64]


def _terms(both: Floats, reference: Floats, other: Floats) -> Floats:
    """Return matches and products of the two totals of each label."""
    return np.stack([both, reference * other], axis=-1)


def _finish(sums: Floats, n: Floats) -> Parts:
    """Return kappa with A_o and A_e."""
    return corrected(sums[..., 0] / n, sums[..., 1] / n**2)


SUMS = LabelSums(_terms, _finish)


def cohen_kappa(counts: NDArray[np.int64] | Floats) -> Scores:
    """Return Cohen's kappa of contingency tables (…, K, K), rows the reference, columns the other.

    kappa = (A_o - A_e) / (1 - A_e), with A_o the share on the diagonal and A_e = sum of p1_j p2_j over the labels j
    (Cohen 1960, pp. 37-46). 1 is full agreement, 0 what the two label shares give by chance, the minimum -1. Undefined
    without shared units, and when both use one and the same label only (A_e = 1).

    Examples
    --------
    >>> import numpy as np
    >>> scores = cohen_kappa(np.array([[20, 5], [10, 15]]))
    >>> float(scores.observed), float(scores.expected), round(float(scores.value), 12)
    (0.7, 0.5, 0.4)
    """
    return SUMS.score(counts)


def weighted_kappa(counts: NDArray[np.int64] | Floats, weight: Floats) -> Scores:
    """Return weighted kappa of contingency tables (…, K, K) with agreement weights (K, K), 1 on the diagonal.

    kappa_w = (A_o - A_e) / (1 - A_e), with A_o = sum w_ij p_ij and A_e = sum w_ij p1_i p2_j (Cohen 1968, pp. 213-220).
    Linear and quadratic weights go by rank of the label in its declared order, never by the alphabet. Range and
    undefined cases as :func:`cohen_kappa`.

    Examples
    --------
    >>> import numpy as np
    >>> table = np.array([[2, 1], [0, 1]])
    >>> half = np.array([[1, 0.5], [0.5, 1]])  # A_o = (3 + 1/2) / 4, A_e = (3·2 + 1·2 + (3·2 + 1·2) / 2) / 16
    >>> round(float(weighted_kappa(table, half).value), 12)
    0.5
    """
    return weighted(counts, weight, lambda reference, other: np.einsum("...i,ij,...j->...", reference, weight, other))


def weighted_without(full: Floats, weight: Floats) -> Floats:
    """Return weighted kappa of tables (S, K, K) without one unit of each cell, (S, K, K), for symmetric weights.

    Without a unit of cell (i, j), sum d_kl n1_k n2_l loses what label j is apart from all of the one annotator, and
    label i from all of the other, but not twice what they are apart from each other.

    Examples
    --------
    >>> import numpy as np
    >>> table, half = np.array([[2.0, 1.0], [0.0, 1.0]]), np.array([[1, 0.5], [0.5, 1]])
    >>> weighted_without(table[None], half)[0, 0].round(6).tolist()  # of [[1, 1], [0, 1]] and of [[2, 0], [0, 1]]
    [0.4, 1.0]
    """

    def apart(distance: Floats, reference: Floats, other: Floats, n: Floats) -> Floats:
        of_row, of_column = other @ distance, reference @ distance
        all_of_it = np.einsum("sk,sk->s", reference, of_row)[:, None, None]
        return np.asarray((all_of_it - of_row[:, :, None] - of_column[:, None, :] + distance) / n**2)

    return chance_corrected_without(full, weight, apart)


def _without_by_rank(kind: Weights, full: Floats) -> Floats:
    """Return :func:`weighted_without` with weights by rank."""
    return weighted_without(full, weights(kind, full.shape[-1]))


def _by_rank(kind: Weights, counts: NDArray[np.int64] | Floats) -> Scores:
    """Return weighted kappa with weights by rank."""
    return weighted_kappa(counts, weights(kind, counts.shape[-1]))


KINDS: tuple[Weights, ...] = ("linear", "quadratic")

MEASURE = (
    Measure(
        *called("cohen_kappa"),
        takes="contingency",
        compute=cohen_kappa,
        range=(-1.0, 1.0),
        symmetric=True,
        citation="Cohen 1960, Educational and Psychological Measurement 20(1), pp. 37-46",
        sums=SUMS,
    ),
    *(
        Measure(
            *called(f"cohen_kappa.{kind}"),
            takes="contingency",
            compute=partial(_by_rank, kind),
            range=(-1.0, 1.0),
            symmetric=True,
            needs_order=True,
            citation="Cohen 1968, Psychological Bulletin 70(4), pp. 213-220",
            without=partial(_without_by_rank, kind),
        )
        for kind in KINDS
    ),
)
