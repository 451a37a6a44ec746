"""Marginal homogeneity: whether two annotators use the labels equally often."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.special import bdtr, chdtrc

from agreement.counts import Contingency, Ints
from agreement.scores import Reason

COLUMNS = ("reference", "other", "label", "test", "statistic", "freedom", "p", "n", "undefined")
LEAST_DISCORDANT = 10


def mcnemar(tables: Ints) -> tuple[Ints, NDArray[np.float64]]:
    """Return discordant units and the exact p of tables label against rest (…, 2, 2) (McNemar 1947, pp. 153-157).

    Two-sided binomial test of b against c at 1/2: whether one of the two gives the label more often. With no discordant
    unit there is nothing to test and p is NaN.

    Examples
    --------
    >>> import numpy as np
    >>> discordant, p = mcnemar(np.array([[20, 8], [2, 15]]))  # 2 (1 + 10 + 45) / 2^10
    >>> int(discordant), round(float(p), 6)
    (10, 0.109375)
    """
    b, c = tables[..., 0, 1], tables[..., 1, 0]
    n = b + c
    p = np.minimum(2 * bdtr(np.minimum(b, c).astype(np.float64), n, 0.5), 1.0)
    return n, np.where(n > 0, p, np.nan)


def stuart_maxwell(table: Ints) -> tuple[float, float, int] | Reason:
    """Return the statistics of Stuart and Maxwell and of Bhapkar for one table (K, K), with their degrees of freedom.

    They test that both annotators use every label equally often, on the labels that are ever confused: d' V⁻¹ d with d
    the differences of the totals and V their covariance if they were equal (Stuart 1955; Maxwell 1970), and W / (1 - W
    / n) of it, which has the covariance as it is (Bhapkar 1966). Both are chi-squared with one degree of freedom less
    than labels. Undefined with fewer than two such labels, fewer than ten discordant units, or a singular covariance,
    as when some labels are never confused with the others. Computed by statsmodels.

    Examples
    --------
    >>> import numpy as np
    >>> maxwell, bhapkar, freedom = stuart_maxwell(np.array([[20, 15], [5, 20]]))  # (15 - 5)² / (15 + 5)
    >>> round(maxwell, 6), round(bhapkar, 6), freedom  # 5 / (1 - 5/60)
    (5.0, 5.454545, 1)
    """
    from statsmodels.stats.contingency_tables import SquareTable  # noqa: PLC0415 - 0.4 s, for those who test

    off = table - np.diag(np.diagonal(table))
    used = np.flatnonzero(off.sum(axis=0) + off.sum(axis=1))
    if len(used) < 2 or off.sum() < LEAST_DISCORDANT:
        return Reason.CONDITIONS_NOT_MET
    part = table[np.ix_(used, used)]
    # The covariance is the Laplacian of the graph of confusions: singular unless they connect all labels.
    if connected_components(off[np.ix_(used, used)], directed=False, return_labels=False) > 1:
        return Reason.CONDITIONS_NOT_MET
    square = SquareTable(part, shift_zeros=False)
    maxwell = square.homogeneity(method="stuart_maxwell")
    if maxwell.statistic >= part.sum():  # everybody's every label differs one way: Bhapkar's covariance is singular
        return float(maxwell.statistic), float("inf"), int(maxwell.df)
    return float(maxwell.statistic), float(square.homogeneity(method="bhapkar").statistic), int(maxwell.df)


def marginals(tables: Contingency, least: int, most: int = 45) -> pd.DataFrame:
    """Return the tests of the pairs with at least *least* shared units, of *most* pairs at most, largest first.

    A row per pair for Stuart-Maxwell and for Bhapkar with label None, and one per label in use for McNemar;
    ``undefined`` says why there is no p.
    """
    n = tables.n
    shown = np.flatnonzero(n >= least)
    shown = np.sort(shown[np.argsort(-n[shown], kind="stable")][:most])
    binary = Contingency(tables.labels, tables.annotators, tables.pairs[shown], tables.counts[shown]).collapse()
    names, labels = np.array(tables.annotators, dtype=object), np.array(tables.labels, dtype=object)
    rows: list[tuple[object, ...]] = []
    for at, pair in enumerate(shown):
        who = tuple(names[tables.pairs[pair]])
        found = stuart_maxwell(tables.counts[pair])
        for place, test in enumerate(("stuart_maxwell", "bhapkar")):
            if isinstance(found, Reason):
                rows.append((*who, None, test, np.nan, 0, np.nan, int(n[pair]), str(found)))
            else:
                statistic, freedom = float(found[place]), int(found[2])
                p = float(chdtrc(freedom, statistic))
                rows.append((*who, None, test, statistic, freedom, p, int(n[pair]), ""))
        discordant, exact = mcnemar(binary[at])
        for code in np.flatnonzero(tables.counts[pair].sum(axis=0) + tables.counts[pair].sum(axis=1)):
            reason = "" if discordant[code] else str(Reason.CONDITIONS_NOT_MET)
            rows.append((*who, labels[code], "mcnemar", np.nan, 1, exact[code], int(discordant[code]), reason))
    return pd.DataFrame(rows, columns=list(COLUMNS))
