"""The additive fit of a crowd in an engine: who adds how much to the disagreement, where pairs of people rotate."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.counts import Ints
from agreement.diagnosis.contrasts import Additive, Sums, inverted
from agreement.diagnosis.evidence import AnonymousError, Evidence
from agreement.diagnosis.people import People
from agreement.warehouse.crowd_company import met_in, products_of
from agreement.warehouse.crowd_items import Items

Floats = NDArray[np.float64]
MOST_ROTATING = 3_000  # people who are solved for together
PARTS = ("n", "y", "yy", "ym", "mm", "clusters")


def additive_in(items: Items, people: People, mix: Ints, evidence: Evidence, min_labels: int) -> Additive:
    """Return the additive fit of an *evidence* of *items*, each unit of which is of a *mix* (U,).

    See :func:`~agreement.diagnosis.contrasts.additive`; letters: A annotators, S sections, M annotators in the fit.

    Raises
    ------
    AnonymousError
        If there are too many people to solve for.
    """
    a, places, two = items.annotators, items.places, evidence.compared
    use, weight = evidence.kept & two[evidence.unit], 2.0 / np.maximum(evidence.size, 1)
    d = np.where(two, evidence.disagreement, 0.0)
    here = people.sums(evidence, np.where(use, weight[evidence.unit], np.nan), by_section=True)
    moment = people.sums(evidence, np.where(use, (weight * d)[evidence.unit], np.nan), by_section=False).y
    who = np.flatnonzero(here.n.sum(axis=1) >= max(min_labels, 1))
    m, place = len(who), evidence.section % places
    if m > MOST_ROTATING:
        raise AnonymousError
    gram = np.zeros((m + places, m + places))
    gram[:m, :m], gram[:m, m:], gram[m:, :m] = _met(items)[np.ix_(who, who)], here.y[who], here.y[who].T
    gram[m:, m:] = np.diag(evidence.count(place[two], two, places))
    live, inverse, loose = inverted(gram)
    of_places = evidence.tally(place[two], two, d[two], places)
    solution = np.zeros(m + places)
    solution[live] = inverse @ np.concatenate([moment[who], of_places])[live]
    own = _full(a, who, solution[:m])
    told = pd.DataFrame({"mix": mix, "disagreement": d}).loc[two].drop_duplicates("mix")
    products, clusters, left = _residuals(items, told, own, solution[m:])
    kept = np.concatenate([who, a + np.arange(places)])[live]
    bread = inverse @ products[np.ix_(kept, kept)] @ inverse * clusters / max(clusters - 1, 1)
    centred = _full(a, who, solution[:m] - (np.median(solution[:m]) if m else 0.0))
    mean, varies = people.company(evidence, centred)
    return Additive(
        who, centred[who], bread[:m, :m], np.where(two, 2 * mean, np.nan), np.zeros(len(two)),
        loose == 1 and m >= 3, clusters, 4 * varies, left,
    )  # fmt: skip


def _full(people: int, who: Ints, values: Floats) -> Floats:
    """Return (A,) the *values* (M,) of annotators *who*, 0 of all others."""
    full = np.zeros(people)
    full[who] = values
    return full


def _met(items: Items) -> Floats:
    """Return (A, A) the sums over the items that two share of the product of their weights, two over the labels."""
    rows, table = met_in(items, fewest=2, power=2), np.zeros((items.annotators, items.annotators))
    table[rows["who"].to_numpy(np.int64), rows["other"].to_numpy(np.int64)] = 4 * rows["share"]
    return table


def _residuals(items: Items, disagreement: pd.DataFrame, own: Floats, of_place: Floats) -> tuple[Floats, int, Sums]:
    """Return products of the fit's scores, the number of clusters, and (A, S + 1) sums of the fit's residuals.

    A residual is the ``disagreement`` by ``mix`` less the mean of *own* (A,) over couples, and what the section adds,
    *of_place* (S + 1,). In the products the sections follow the annotators.
    """
    import ibis  # noqa: PLC0415 - the warehouse extra

    two = replace(items, table=items.table.filter(items.table.pattern.length() >= 2))
    added = two.added(own, "cluster", "mix", "place")
    places = items.ours(pd.DataFrame({"place": np.arange(len(of_place)), "level": of_place}))
    joined = added.join(items.ours(disagreement), "mix").join(places, "place")
    weight = 2.0 / joined.r.cast("float64")
    residual = joined.disagreement - weight * joined.added - joined.level
    units = joined.select("item", "round", "cluster", "place", weight=weight, residual=residual).cache()
    given = two.given("item", "round").select("item", "round", "who")
    labels = given.join(units, ["item", "round"])
    scores = labels.select("item", "cluster", "who", left=labels.weight * labels.residual)
    whole = units.select(
        "item", "cluster", who=units.place + ibis.literal(items.annotators).cast("int64"), left=units.residual
    )
    found, clusters = products_of(items, scores.union(whole))
    sums = items.summed(labels.select("who", "place", "cluster", value=labels.residual), ["who", "place"])
    units.release()
    size = items.annotators + items.places
    products, left = np.zeros((size, size)), np.zeros((len(PARTS), items.annotators, items.places))
    one, other = (found[name].to_numpy(np.int64) for name in ("who", "other"))
    products[one, other] = products[other, one] = found["product"]
    where = tuple(sums[name].to_numpy(np.int64) for name in ("who", "place"))
    for part, name in zip(left, PARTS, strict=True):
        np.add.at(part, where, sums[name].to_numpy(np.float64))
    return products, clusters, Sums(*left)
