"""Scores of all annotators together: pooled rows, which name neither reference nor other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agreement.comparison._columns import Rows
from agreement.counted import Counted, SharedPairs
from agreement.counts import Contingency, Ints
from agreement.crowds import Block, DenseBlock, dense_blocks
from agreement.intervals import pair_scores
from agreement.measures import measures
from agreement.measures.krippendorff_alpha import alpha_sums, interval, ratio
from agreement.scores import Measure, Parts, Reason, Scores, UnitSums, scored
from agreement.settings import Settings
from agreement.uncertainty.pooled_kappas import Mean, conger_scores, mean_kappas
from agreement.uncertainty.pooling import Patterns, unit_scores
from agreement.units import Units
from agreement.wording import comparison as said

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


@dataclass(frozen=True, slots=True)
class Pool:
    """The annotators whose values are pooled.

    Parameters
    ----------
    counted
        What was counted of them.
    tables
        The tables of their pairs; of a crowd only of those that are shown.
    ordered
        True if the labels have an order.
    own
        Measures of the user's own.
    params
        Who they are, when they are not all.
    """

    counted: Counted
    tables: Contingency
    ordered: bool
    own: tuple[Measure, ...] = ()
    params: str = ""

    @property
    def units(self) -> Units:
        """Their units."""
        return self.counted.units

    @property
    def cluster(self) -> Ints | None:
        """(U,) documents; None if units count as independent."""
        return self.counted.cluster

    @property
    def shared(self) -> SharedPairs | None:
        """Of a crowd, all pairs that share a unit."""
        return self.counted.shared

    @property
    def only_pair(self) -> Contingency | None:
        """The table of the pair if no other pair shares a unit and units count as independent."""
        if self.cluster is not None or self.shared is not None:
            return None
        units = self.units
        compared = np.bincount(units.unit, minlength=units.n_units)[units.unit] >= 2
        if len(np.unique(units.annotator[compared])) != 2:
            return None
        one = np.flatnonzero(self.tables.n)
        return Contingency(self.tables.labels, self.tables.annotators, self.tables.pairs[one], self.tables.counts[one])

    def scope(self, params: str = "") -> str:
        """Return *params* after who is pooled."""
        return ", ".join(part for part in (self.params, params) if part)


def add_pools(rows: Rows, pool: Pool, settings: Settings) -> None:
    """Add the pooled rows of all coefficients, overall and by label.

    Of one pair only, a coefficient that the pair has too keeps the pair's interval: one number, one interval.
    """
    confidence = settings.measures.confidence
    found = pool.counted.patterns
    add_means(rows, pool, settings)
    pair = _only_pair(pool, confidence)
    for measure in (*measures().values(), *pool.own):
        if measure.pooled is None or (measure.needs_order and not pool.ordered):
            continue
        scores = pair.get(measure.name) or unit_scores(measure.pooled, found, measure.range, confidence)
        rows.add(measure.name, scores, params=pool.scope())
    conger = conger_scores(pool.counted.by_unit(), confidence)
    rows.add("conger_kappa", conger, params=pool.scope())
    if pool.ordered:
        _add_alphas_by_value(rows, pool, found, confidence)
    _add_labels(rows, pool, found, confidence)


def add_means(rows: Rows, pool: Pool, settings: Settings) -> None:
    """Add the means of the pairs' kappas, over the pairs with enough shared items, or over all if none has.

    Of a crowd in which no pair has enough there is no mean.
    """
    least = settings.measures.min_pair_items
    n = pool.tables.n if pool.shared is None else pool.shared.n
    enough = n >= least
    params = f"min_pair_items={least}" if enough.any() else f"min_pair_items=0 ({said.no_pair_shares(least)})"
    keep = enough if enough.any() else np.ones(len(enough), dtype=bool)
    if pool.shared is None:
        tables = pool.tables
        kept = tables  # of many labels a copy would take gigabytes
        if not keep.all():
            kept = Contingency(tables.labels, tables.annotators, tables.pairs[keep], tables.counts[keep])
        blocks: Callable[[], Iterator[Block | DenseBlock]] = partial(dense_blocks, pool.units, kept)
    else:
        blocks = partial(pool.shared.blocks, keep)
    kappas = [("kappa_mean", "cohen_kappa", True), ("light_kappa", "cohen_kappa", False)]
    if pool.ordered:
        kappas += [(f"kappa_mean.{kind}", f"cohen_kappa.{kind}", True) for kind in ("linear", "quadratic")]
    confidence = settings.measures.confidence
    if pool.shared is not None and not enough.any():  # a mean over a million pairs of one or two items says nothing
        for name, _, _ in kappas:
            none = scored(np.asarray(np.nan), np.asarray(0), [(np.asarray(1, dtype=bool), Reason.TOO_FEW_ITEMS)])
            rows.add(name, none, params=pool.scope(f"min_pair_items={least} ({said.no_pair_shares(least)})"))
        return
    pair = pool.only_pair
    if pair is not None:
        found = [_single(pair_scores(measures()[kappa], pair.counts, confidence)) for _, kappa, _ in kappas]
    else:
        means = [Mean(measures()[kappa], weighted) for _, kappa, weighted in kappas]
        found = mean_kappas(means, blocks, pool.counted.by_unit(), confidence)
    for (name, _, _), scores in zip(kappas, found, strict=True):
        rows.add(name, scores, params=pool.scope(params))


def _only_pair(pool: Pool, confidence: float) -> dict[str, Scores]:
    """Return the scores of the pair by measure if only one pair shares units and nothing else is labelled twice."""
    table = pool.only_pair
    if table is None:
        return {}
    return {
        measure.name: _single(pair_scores(measure, table.counts, confidence))
        for measure in measures().values()
        if measure.sums is not None and measure.pooled is not None and measure.interval == "wilson"
    }


def _single(scores: Scores) -> Scores:
    """Return the scores of a stack of one without its axis."""
    taken: dict[str, Any] = {item.name: getattr(scores, item.name) for item in fields(Scores)}
    alone: dict[str, Any] = {name: None if value is None else value.reshape(()) for name, value in taken.items()}
    return Scores(**alone)


def _add_alphas_by_value(rows: Rows, pool: Pool, found: Patterns, confidence: float) -> None:
    """Add interval and ratio alpha if every label is a number."""
    try:
        values = np.array([float(label) for label in pool.units.labels])
    except ValueError:
        return
    if not np.isfinite(values).all():
        return
    for name, distance in (("interval", interval(values)), ("ratio", ratio(values))):
        sums = alpha_sums(partial(_fixed, distance))
        rows.add(f"krippendorff_alpha.{name}", unit_scores(sums, found, (-1.0, 1.0), confidence), params=pool.scope())


def _fixed(distance: Floats, k: int) -> Floats:
    """Return the *distance*, whatever K is."""
    del k
    return distance


def _add_labels(rows: Rows, pool: Pool, found: Patterns, confidence: float) -> None:
    """Add pooled F1 by label, their mean over labels that are common enough, and Fleiss and alpha by label.

    ``n`` of a label's F1 are the compared units that anybody gave the label: what the number rests on.
    """
    labels = list(pool.units.labels)
    k = len(labels)
    two = found.counts.sum(axis=1) >= 2
    used = (found.weight[two, None] * (found.counts[two] > 0)).sum(axis=0)
    common = np.flatnonzero(used >= LABEL_UNITS)
    chosen = common if len(common) else np.flatnonzero(used)
    rows.add(
        "f1_macro",
        unit_scores(macro_specific_agreement(chosen), found, (0.0, 1.0), confidence),
        params=pool.scope(f"label_items={LABEL_UNITS if len(common) else 1}, labels={len(chosen)} of {k}"),
    )
    by_label = _f1_by_label(pool, found, confidence)
    by_label = replace(by_label, n=used, n_informative=used)
    for name in ("f1", "positive_specific_agreement"):
        rows.add(name, by_label, label=labels, params=pool.scope())
    by_name = {name: measures()[name].pooled for name in ("fleiss_kappa", "krippendorff_alpha.nominal")}
    apart = list(found.collapse())
    for name, sums in by_name.items():
        for label, one, items in zip(labels, apart, used, strict=True):
            if sums is not None:
                scores = unit_scores(sums, one, (-1.0, 1.0), confidence)
                rows.add(name, replace(scores, n_informative=np.asarray(items)), label=[label], params=pool.scope())


def _f1_by_label(pool: Pool, found: Patterns, confidence: float) -> Scores:
    """Return pooled F1 (K,): of one pair in closed form, of several by the jackknife."""
    table = pool.only_pair
    if table is not None:
        return pair_scores(measures()["f1"], table.collapse()[0], confidence)
    everything = np.arange(len(pool.units.labels))
    return unit_scores(specific_agreement(everything), found, (0.0, 1.0), confidence)
