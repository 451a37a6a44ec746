"""Item level: one label per item, from a closed set, ordered or not."""

from dataclasses import replace
from functools import partial

import numpy as np

from agreement.annotations import Annotations
from agreement.comparison._columns import Rows
from agreement.comparison._own import own_measures
from agreement.comparison._pairs import Choice, Source, add_labels, add_pairs, choose
from agreement.comparison._pools import Pool, add_means, add_pools
from agreement.comparison._result import Comparison
from agreement.comparison.confusion import confusions
from agreement.comparison.marginals import marginals
from agreement.comparison.retest import retests
from agreement.comparison.spread import spread
from agreement.counts import Contingency, contingency
from agreement.crowds import Shared, crowded, dense_blocks, shared_units
from agreement.pooling import documents, patterns
from agreement.settings import Settings
from agreement.units import Units, item_units

EVERYTHING_PAIRS = 2_000  # pairs up to which each is listed, with all measures
LABEL_ROWS = 20_000  # pairs x labels up to which each pair is listed by label, with all measures
MOST_LABEL_ROWS = 100_000  # pairs x labels beyond which no pair is listed by label


def compare_items(annotations: Annotations, layer: str, settings: Settings) -> Comparison:
    """Return the comparison of one category or ordinal *layer*.

    All pairs are listed while there are at most ``EVERYTHING_PAIRS``; beyond that those with enough shared items, with
    fewer measures, and ``details["left_out"]`` says what is not listed. Pooled values rest on all pairs they name.
    """
    units = item_units(annotations, layer)
    ordered = annotations.layers[layer].kind == "ordinal"
    cluster = documents(units)
    own = own_measures(annotations.layers[layer], settings)
    shared = shared_units(units) if crowded(units) else None
    left_out: dict[str, int] = {}
    tables = _listed(units, shared, settings.measures.min_pair_items, left_out)
    keep = None if shared is None else shared.n >= settings.measures.min_pair_items
    blocks = partial(dense_blocks, units, tables) if shared is None else partial(shared.blocks, keep)
    source = Source(units, tables, cluster, blocks)
    rows = Rows(layer, "item")
    _add_listed(rows, source, choose(units, settings, ordered=ordered, own=own), settings, left_out)
    everybody = tables if shared is not None else contingency(units) if left_out else tables
    _add_pools(rows, Pool(units, everybody, cluster, ordered, own, shared=shared), annotations, settings)
    confidence = settings.measures.confidence
    details = {
        "left_out": left_out,
        "clusters": None if cluster is None else len(np.unique(cluster)),
        "pair_confusion": confusions(patterns(units, cluster), confidence).table(units.labels),
        "retest": retests(annotations, layer, confidence),
        "marginals": marginals(tables, settings.measures.min_pair_items),
        "spread": spread(units),
    }
    return Comparison(annotations.layers[layer], rows.frame(), units, tables, details)


def _listed(units: Units, shared: Shared | None, least: int, left_out: dict[str, int]) -> Contingency:
    """Return the tables of the pairs to list; what is left out is counted."""
    if shared is not None:
        keep = shared.n >= least
        _count(left_out, f"pairs with fewer than {least} shared items", int((~keep).sum()))
        a = len(units.annotators)
        _count(left_out, "pairs without a shared item", a * (a - 1) // 2 - len(keep))
        return shared.tables(keep)
    tables = contingency(units)
    if len(tables.pairs) <= EVERYTHING_PAIRS:
        return tables
    keep = tables.n >= least
    _count(left_out, f"pairs with fewer than {least} shared items", int((~keep).sum()))
    return Contingency(tables.labels, tables.annotators, tables.pairs[keep], tables.counts[keep])


def _count(left_out: dict[str, int], what: str, number: int) -> None:
    """Add *number* under *what* it is, if there is any."""
    if number:
        left_out[what] = number


def _add_listed(rows: Rows, source: Source, choice: Choice, settings: Settings, left_out: dict[str, int]) -> None:
    """Add the rows of the pairs to list, overall and by label."""
    pairs = len(source.tables.pairs)
    cells = pairs * len(source.tables.labels)
    overall = choice if pairs <= EVERYTHING_PAIRS else choice.basic()
    add_pairs(rows, source, overall, settings)
    by_label = choice if cells <= LABEL_ROWS else choice.basic()
    if len(overall.overall) < len(choice.overall):
        left_out["pairs listed with the main measures only"] = pairs
    if cells > MOST_LABEL_ROWS:
        left_out["pairs not listed by label"] = pairs
        return
    if len(by_label.by_label) < len(choice.by_label):
        left_out["pairs listed by label with F1, precision and recall only"] = pairs
    add_labels(rows, source, by_label, settings)


def _add_pools(rows: Rows, everybody: Pool, annotations: Annotations, settings: Settings) -> None:
    """Add the pooled rows: of the humans where models were compared too, whose pairs with humans then stand apart."""
    units, tables = everybody.units, everybody.tables
    model = np.isin(units.annotators, annotations.of_kind("model"))
    if not model.any() or (~model).sum() < 2:
        add_pools(rows, everybody, settings)
        return
    models = model[tables.pairs].sum(axis=1)

    def part(number: int) -> Contingency:
        keep = models == number
        return Contingency(tables.labels, tables.annotators, tables.pairs[keep], tables.counts[keep])

    human = units.without(model)
    shared = None if everybody.shared is None else shared_units(human)
    add_pools(rows, replace(everybody, units=human, tables=part(0), shared=shared, params="annotators=human"), settings)
    if shared is None:
        add_means(rows, replace(everybody, tables=part(1), params="pairs=human-model"), settings)
