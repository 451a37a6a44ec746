"""Ranked lists against people who judged relevance: precision, recall and F1 at K, each assessor in turn the reference.

Assessors' agreement on relevance itself is that of any category layer, and is audited as one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agreement.uncertainty.distributions import t_quantile


@dataclass(frozen=True, slots=True)
class AtK:
    """Precision, recall and F1 of the first K of a ranked list, means over queries.

    Parameters
    ----------
    assessor, k
        Whose judgements are the reference, and where lists are cut.
    queries, without_relevant
        Queries the assessor judged and that have a list; how many of these have nothing relevant, so that recall and F1
        have no value and leave them out.
    unjudged
        Documents among the first K that the assessor did not judge; they count as not relevant.
    precision, recall, f1
        (value, low, high): mean over queries with its t interval; None without a query, limits None with one.
    """

    assessor: str
    k: int
    queries: int
    without_relevant: int
    unjudged: int
    precision: tuple[float, float | None, float | None] | None
    recall: tuple[float, float | None, float | None] | None
    f1: tuple[float, float | None, float | None] | None


Judgements = Mapping[str, Mapping[str, bool]]
"""Query to document to whether it is relevant."""


def at_k(
    ranked: Mapping[str, Sequence[str]], assessors: Mapping[str, Judgements], k: int, confidence: float = 0.95
) -> tuple[AtK, ...]:
    """Return P@K, R@K and F1@K of the *ranked* lists (query to documents, best first) by assessor.

    P@K = relevant among the first K / K, also where the list is shorter; R@K = relevant among the first K / all that
    this assessor finds relevant; F1@K = 2 relevant among the first K / (K + all relevant) (Manning, Raghavan & Schütze
    2008, Introduction to Information Retrieval, ch. 8). A document that is listed twice counts where it comes first.

    Examples
    --------
    >>> found, = at_k({"q": ["a", "b", "c"]}, {"Ana": {"q": {"a": True, "b": False, "d": True}}}, 2)
    >>> found.precision[0], found.recall[0], found.f1[0]
    (0.5, 0.5, 0.5)

    Raises
    ------
    ValueError
        If K is below 1.
    """
    if k < 1:
        raise ValueError("K is at least 1")
    first = {query: list(dict.fromkeys(documents))[:k] for query, documents in ranked.items()}
    return tuple(_of_assessor(name, assessors[name], first, k, confidence) for name in sorted(assessors))


def _of_assessor(name: str, judged: Judgements, first: Mapping[str, Sequence[str]], k: int, confidence: float) -> AtK:
    """Return the scores against one assessor."""
    queries = [query for query in sorted(first) if query in judged]
    hits = np.array([sum(judged[query].get(one, False) for one in first[query]) for query in queries], dtype=np.float64)
    relevant = np.array([sum(judged[query].values()) for query in queries], dtype=np.float64)
    unjudged = sum(one not in judged[query] for query in queries for one in first[query])
    some = relevant > 0
    return AtK(
        name, k, len(queries), int((~some).sum()), unjudged,
        _mean(hits / k, confidence),
        _mean(hits[some] / relevant[some], confidence),
        _mean(2 * hits[some] / (k + relevant[some]), confidence),
    )  # fmt: skip


def _mean(
    values: "np.ndarray[tuple[int], np.dtype[np.float64]]", confidence: float
) -> tuple[float, float | None, float | None] | None:
    """Return the mean with its t interval, within 0 and 1; queries are what is independent."""
    n = len(values)
    if n == 0:
        return None
    mean = float(values.mean())
    if n == 1:
        return mean, None, None
    half = float(t_quantile((1 + confidence) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n))
    if half == 0:  # equal values show no spread; one more query could still differ by as much as this
        half = 1 - ((1 - confidence) / 2) ** (1 / n)
    return mean, max(mean - half, 0.0), min(mean + half, 1.0)
