"""Multi-label items: label by label, and set by set; the empty set is an answer like any other."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.annotations import Annotations, Layer
from agreement.comparison._judge import Judge
from agreement.comparison._result import Comparison
from agreement.counts import Margins, contingency
from agreement.distances import set_distances
from agreement.measures.cohen_kappa import MEASURE as KAPPAS
from agreement.measures.krippendorff_alpha import NOMINAL, alpha_sums, jaccard, masi
from agreement.meetings import Meetings, meetings_of_units
from agreement.scores import Reason
from agreement.settings import Settings
from agreement.uncertainty.pooling import documents, patterns, unit_scores
from agreement.units import Units, item_units
from agreement.wording import comparison as said

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOST_CELLS = 4_000_000  # pairs x sets x sets up to which whole sets are tabulated
COHEN_KAPPA = next(measure for measure in KAPPAS if measure.name == "cohen_kappa")


def compare_sets(annotations: Annotations, layer: str, settings: Settings) -> Comparison:
    """Return the comparison of one multi-label *layer*.

    ``units`` and ``contingency`` of the result are those of whole sets.
    """
    return compare_set_units(item_units(annotations, layer), annotations.layers[layer], settings)


def compare_set_units(units: Units, layer: Layer, settings: Settings) -> Comparison:
    """Return the comparison of the *units* of one multi-label *layer*, each of which may stand for several."""
    met = meetings_of_units(units)
    known = documents(units) is not None
    judge = Judge(layer.name, met, units.simple, settings.measures, items_are_units=not known)
    left, right = units.label[met.reference], units.label[met.other]
    members = np.zeros((0, len(units.simple)), dtype=bool) if units.members is None else units.members
    first, second = members[left], members[right]
    _by_label(judge, met, first, second, units.simple)
    _by_set(judge, units, left, right, first, second)
    sets = len(units.labels)
    tables = None if len(met.pairs) * sets**2 > MOST_CELLS else contingency(units, met.pairs)
    if tables is not None:
        one = np.eye(sets, dtype=np.int64)
        same = one[left] * (left == right)[:, None]
        judge.kappa("cohen_kappa", "item", COHEN_KAPPA, tables.counts, Margins(same, one[left], one[right]))
    _pooled(judge, units, members, settings)
    details: dict[str, Any] = {"prevalence": label_prevalence(units), "left_out": judge.left_out}
    if tables is None:
        details["left_out"] |= {said.TOO_MANY_SETS: sets}
    return Comparison(layer, judge.frame(), units, tables, details)


def _by_label(judge: Judge, met: Meetings, first: Bools, second: Bools, labels: tuple[str, ...]) -> None:
    """Add F1, precision, recall and kappa of each label, and their micro and macro F1."""
    hits, reference, other = ((part).astype(np.float64) for part in (first & second, first, second))
    judge.f1("f1", "item", hits, hits, reference, other)
    total = [part.sum(axis=1) for part in (hits, reference, other)]
    judge.f1("f1_micro", "item", total[0], total[0], total[1], total[2])
    judge.macro_f1("f1_macro", "item", hits, reference, other)
    judge.directed_means("item", hits, reference, other)
    for code, label in enumerate(labels):
        mine, theirs = first[:, code], second[:, code]
        cell = 3 - 2 * mine.astype(np.int64) - theirs
        tables = met.count(met.pair * 4 + cell, len(met.pairs) * 4).reshape(-1, 2, 2)
        margins = Margins(
            *(
                np.column_stack([part, ~part if number else ~(mine | theirs)]).astype(np.int64)
                for number, part in enumerate((mine & theirs, mine, theirs))
            )
        )
        judge.kappa("cohen_kappa", "item", COHEN_KAPPA, tables, margins, label)


def _by_set(judge: Judge, units: Units, left: Ints, right: Ints, first: Bools, second: Bools) -> None:
    """Add exact-set agreement, example-based F1, Jaccard and MASI, means over items."""
    ones = np.ones(len(left))
    sizes, shared = (first.sum(axis=1), second.sum(axis=1)), (first & second).sum(axis=1)
    whole = sizes[0] + sizes[1]
    # Two empty sets are equal: the same in every one of these means.
    samples = np.where(whole > 0, 2 * shared / np.maximum(whole, 1), 1.0)
    judge.share("percent_agreement", "item", ((left == right).astype(np.float64), ones, ones))
    judge.share("f1_samples", "item", (samples, ones, ones))
    of_first, of_second = (
        np.where(size > 0, shared / np.maximum(size, 1), (whole == 0).astype(np.float64)) for size in sizes
    )
    for name, shares in (("precision_samples", (of_second, of_first)), ("recall_samples", (of_first, of_second))):
        judge.directed(name, "item", ((shares[0], ones, ones), (shares[1], ones, ones)), Reason.NO_SHARED_ITEMS)
    near = 1 - set_distances(units, left, right)
    judge.share("jaccard_samples", "item", (near, ones, ones))
    judge.share("jaccard_distance", "item", (1 - near, ones, ones))
    judge.share("masi_distance", "item", (set_distances(units, left, right, masi=True), ones, ones))


def _pooled(judge: Judge, units: Units, members: Bools, settings: Settings) -> None:
    """Add alpha of all annotators together, with sets equal or not, and with Jaccard and MASI distances."""
    found = patterns(units, documents(units))
    for name, sums in (
        ("nominal_sets", NOMINAL),
        ("jaccard", alpha_sums(partial(_fixed, jaccard(members)))),
        ("masi", alpha_sums(partial(_fixed, masi(members)))),
    ):
        scores = unit_scores(sums, found, (-1.0, 1.0), settings.measures.confidence)
        judge.pooled(f"krippendorff_alpha.{name}", "item", scores)


def _fixed(distance: Floats, k: int) -> Floats:
    """Return the *distance*, whatever K is."""
    del k
    return distance


def label_prevalence(units: Units) -> pd.DataFrame:
    """Return a row per annotator and simple label: ``annotator``, ``label``, ``items`` given it, and ``n`` answered."""
    members = np.zeros((0, len(units.simple)), dtype=bool) if units.members is None else units.members
    a, m = len(units.annotators), len(units.simple)
    given = np.zeros((a, m), dtype=np.int64)
    weight = units.weight[units.unit]
    np.add.at(given, units.annotator, members[units.label] * weight[:, None])
    return pd.DataFrame({
        "annotator": np.repeat(np.array(units.annotators, dtype=object), m),
        "label": np.tile(np.array(units.simple, dtype=object), a),
        "items": given.ravel(),
        "n": np.repeat(np.bincount(units.annotator, weight, minlength=a).astype(np.int64), m),
    })  # fmt: skip
