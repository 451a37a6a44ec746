"""Company: who shares items with whom, and what is left of people's contrasts once everybody's own share is known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from agreement.diagnosis.evidence import Evidence, Floats, Ints
from agreement.diagnosis.people import contrast_sums


@dataclass(frozen=True, slots=True)
class Company:
    """The company that people keep, from the labels that have a contrast.

    Letters: A annotators, M of them present.

    Parameters
    ----------
    present
        (M,) codes of those with a contrast.
    company
        (M, M) sums over the units that two people share of one over the unit's labels.
    labels, summed
        (M,) contrasts of each, and their sum.
    products
        What gives, from everybody's own share (A,), the (M, M) sums over clusters of the products of what is left of
        the contrasts of two people, and the number of clusters.
    """

    present: Ints
    company: Floats
    labels: Ints
    summed: Floats
    products: Callable[[Floats], tuple[Floats, int]]


def company_kept(evidence: Evidence, contrast: Floats) -> Company:
    """Return the company kept in the units on which labels have a *contrast* (N,).

    Examples
    --------
    >>> from agreement.diagnosis.evidence import from_units
    >>> from agreement.units import units_from_matrix
    >>> evidence = from_units(units_from_matrix([["x", "y", "y"], ["x", "x", None]]))
    >>> found = company_kept(evidence, evidence.contrast())
    >>> found.labels.tolist(), found.company.round(2).tolist()[0]
    ([1, 1, 1], [0.33, 0.33, 0.33])
    """
    if evidence.people is not None:
        return _of_people(evidence, contrast)
    known = np.isfinite(contrast)
    rows = slice(None) if known.all() else np.flatnonzero(known)
    who, unit, w = evidence.annotator[rows], evidence.unit[rows], contrast[rows]
    n_units = len(evidence.section)
    met = np.bincount(who, minlength=len(evidence.annotators)) > 0
    present = np.flatnonzero(met)
    m, column = len(present), (np.cumsum(met) - 1)[who]
    size = np.maximum(np.bincount(unit, minlength=n_units), 1)
    given = sparse.csr_matrix((1 / np.sqrt(size[unit]), (unit, column)), shape=(n_units, m))
    many = given if evidence.times is None else given.multiply(evidence.times.each[:, None]).tocsr()

    def products(own: Floats) -> tuple[Floats, int]:
        left = _residual(w, own[who], unit)
        cluster = np.unique(evidence.cluster[unit], return_inverse=True)[1]
        listed = clusters = int(cluster.max()) + 1
        times = evidence.times_at(unit)
        left = left if times is None else left * times.within
        every = scores = sparse.csr_matrix((left, (cluster, column)), shape=(listed, m))
        if times is not None:
            alike = times.of_clusters(cluster)
            clusters, every = int(alike.sum()), scores.multiply(alike[:, None]).tocsr()
        return (scores.T @ every).toarray(), clusters

    labels = evidence.count(column, unit, m)
    return Company(present, (given.T @ many).toarray(), labels, evidence.tally(column, unit, w, m), products)


def _residual(contrast: Floats, own: Floats, unit: Ints) -> Floats:
    """Return (N,) what is left of each *contrast* when all people's *own* shares on its unit are taken out."""
    size = np.maximum(np.bincount(unit), 1)
    left = contrast - own
    left += (np.bincount(unit, own) / size)[unit]
    return left


def _of_people(evidence: Evidence, contrast: Floats) -> Company:
    """Return the company kept where only sums tell who gave which label."""
    people = evidence.people
    if people is None:
        raise ValueError("this evidence lists who gave which label")
    sums = contrast_sums(evidence, contrast)
    present = np.flatnonzero(sums.n)

    def products(own: Floats) -> tuple[Floats, int]:
        found, clusters = people.products(evidence, contrast, own)
        return found[np.ix_(present, present)], clusters

    company = people.met(evidence, contrast)[np.ix_(present, present)]
    return Company(present, company, sums.n[present].astype(np.int64), sums.y[present], products)
