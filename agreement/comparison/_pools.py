"""Scores of all annotators together: pooled rows, which name neither reference nor other."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.comparison._columns import Rows
from agreement.counts import Contingency, Ints
from agreement.measures import measures
from agreement.measures.krippendorff_alpha import alpha_sums, interval, ratio
from agreement.pooling import Patterns, conger_scores, mean_kappas, patterns, unit_scores
from agreement.scores import Measure, Parts, Reason, Scores, UnitSums
from agreement.settings import Settings
from agreement.units import Units

Floats = NDArray[np.float64]
LABEL_UNITS = 30


def specific_agreement(labels: Ints) -> UnitSums:
    """Return the pooled F1 of *labels* (L,): matches over uses, summed over the pairs of annotators of every unit."""
    return UnitSums(_specific_terms(labels), _specific, Reason.LABEL_UNUSED)


def macro_specific_agreement(labels: Ints) -> UnitSums:
    """Return the mean of the pooled F1 of *labels* (L,)."""

    def finish(sums: Floats) -> Parts:
        values = _specific(sums)[0]
        defined = np.isfinite(values)
        number = defined.sum(axis=-1)
        return np.where(defined, values, 0.0).sum(axis=-1) / np.where(number == 0, np.nan, number), None, None

    return UnitSums(_specific_terms(labels), finish, Reason.LABEL_UNUSED)


def _specific_terms(labels: Ints) -> Callable[[Floats], Floats]:
    """Return the terms (U, 2L): ordered pairs that match on each label, and ordered pairs that hold it first."""

    def terms(counts: Floats) -> Floats:
        own = counts[:, labels]
        others = np.maximum(counts.sum(axis=1, keepdims=True) - 1, 0)
        return np.concatenate([own * (own - 1), own * others], axis=1)

    return terms


def _specific(sums: Floats) -> Parts:
    """Return matches over uses of each label; NaN for a label that nobody used."""
    size = sums.shape[-1] // 2
    uses = sums[..., size:]
    return np.where(uses > 0, sums[..., :size] / np.where(uses > 0, uses, 1), np.nan), None, None


def add_pools(
    rows: Rows,
    units: Units,
    tables: Contingency,
    cluster: Ints | None,
    settings: Settings,
    *,
    ordered: bool,
    only: dict[str, Scores],
) -> None:
    """Add the pooled rows; *only* holds the scores of the pair if there is just one, so that its interval stands."""
    confidence = settings.measures.confidence
    found = patterns(units, cluster)
    _add_means(rows, units, tables, cluster, settings, ordered=ordered)
    for measure in measures().values():
        if measure.pooled is None or (measure.needs_order and not ordered):
            continue
        if measure.name == "pabak" and len(units.labels) != 2:
            continue
        scores = only.get(measure.name) or unit_scores(measure.pooled, found, measure.range, confidence)
        rows.add(measure.name, scores)
    rows.add("conger_kappa", conger_scores(units, cluster, confidence))
    if ordered:
        _add_alphas_by_value(rows, units, found, confidence)
    _add_labels(rows, units, found, only, confidence)


def _add_means(
    rows: Rows, units: Units, tables: Contingency, cluster: Ints | None, settings: Settings, *, ordered: bool
) -> None:
    """Add the means of the pairs' kappas, over the pairs with enough shared items, or over all if none has."""
    least = settings.measures.min_pair_items
    enough = tables.n >= least
    params = f"min_pair_items={least}" if enough.any() else f"min_pair_items=0 (no pair shares {least} items)"
    keep = enough if enough.any() else np.ones(len(enough), dtype=bool)
    kept = Contingency(tables.labels, tables.annotators, tables.pairs[keep], tables.counts[keep])
    for name, weighted in (("kappa_mean", True), ("light_kappa", False)):
        rows.add(
            name, mean_kappas(units, kept, cluster, settings.measures.confidence, weighted=weighted), params=params
        )


def _add_alphas_by_value(rows: Rows, units: Units, found: Patterns, confidence: float) -> None:
    """Add interval and ratio alpha if every label is a number."""
    try:
        values = np.array([float(label) for label in units.labels])
    except ValueError:
        return
    if not np.isfinite(values).all():
        return
    for name, distance in (("interval", interval(values)), ("ratio", ratio(values))):
        sums = alpha_sums(partial(_fixed, distance))
        rows.add(f"krippendorff_alpha.{name}", unit_scores(sums, found, (-1.0, 1.0), confidence))


def _fixed(distance: Floats, k: int) -> Floats:
    """Return the *distance*, whatever K is."""
    del k
    return distance


def _add_labels(rows: Rows, units: Units, found: Patterns, only: dict[str, Scores], confidence: float) -> None:
    """Add pooled F1 by label, their mean over labels that are common enough, and Fleiss and alpha by label."""
    k = len(units.labels)
    everything = np.arange(k)
    by_label = only.get("f1 by label") or unit_scores(specific_agreement(everything), found, (0.0, 1.0), confidence)
    two = found.counts.sum(axis=1) >= 2
    used = (found.weight[two, None] * (found.counts[two] > 0)).sum(axis=0)
    by_label = replace(by_label, n_informative=used)
    common = np.flatnonzero(used >= LABEL_UNITS)
    chosen = common if len(common) else np.flatnonzero(used)
    rows.add(
        "f1_macro",
        unit_scores(macro_specific_agreement(chosen), found, (0.0, 1.0), confidence),
        params=f"label_items={LABEL_UNITS if len(common) else 1}, labels={len(chosen)} of {k}",
    )
    labels = list(units.labels)
    rows.add("f1", by_label, label=labels)
    rows.add("positive_specific_agreement", by_label, label=labels)
    for name in ("fleiss_kappa", "krippendorff_alpha.nominal"):
        measure: Measure = measures()[name]
        if measure.pooled is None:
            continue
        for code, label in enumerate(labels):
            scores = unit_scores(measure.pooled, found.collapse(code), measure.range, confidence)
            rows.add(name, replace(scores, n_informative=np.asarray(used[code])), label=[label])
