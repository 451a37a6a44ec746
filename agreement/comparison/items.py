"""Item level: one label per item, from a closed set, ordered or not."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agreement.annotations import Annotations
from agreement.comparison._columns import Rows
from agreement.comparison._own import own_measures
from agreement.comparison._pairs import Choice, Source, add_labels, add_pairs, choose
from agreement.comparison._pools import Pool, add_means, add_pools
from agreement.comparison._result import Comparison
from agreement.comparison.confusion import confusions
from agreement.comparison.marginals import marginals
from agreement.comparison.panel import panel
from agreement.comparison.retest import retests
from agreement.comparison.spread import spread
from agreement.counted import Counted, SharedPairs, in_memory
from agreement.counts import Contingency, Ints, contingency, pairs_that_meet
from agreement.crowds import dense_blocks, shared_units
from agreement.hierarchy import hierarchy_measures
from agreement.settings import LayerSettings, Settings
from agreement.uncertainty.pooling import documents, patterns
from agreement.units import Units, item_units
from agreement.wording import comparison as said

EVERYTHING_PAIRS = 2_000  # pairs up to which each is listed, with all measures
LABEL_ROWS = 20_000  # pairs x labels up to which each pair is listed by label, with all measures
MOST_PAIRS = 20_000  # pairs of a crowd beyond which only those that share the most items are listed
MOST_LABEL_ROWS = 100_000  # pairs x labels beyond which no pair is listed by label
MOST_CELLS = 2_000_000  # cells of all tables up to which pairs are listed with all measures


def compare_items(annotations: Annotations, layer: str, settings: Settings) -> Comparison:
    """Return the comparison of one category or ordinal *layer*, counted in memory."""
    return compare_counted(in_memory(item_units(annotations, layer)), annotations, layer, settings)


def compare_counted(counted: Counted, annotations: Annotations, layer: str, settings: Settings) -> Comparison:
    """Return the comparison of one category or ordinal *layer* from what was *counted*, in memory or elsewhere.

    All pairs are listed while there are at most ``EVERYTHING_PAIRS``; beyond that those with enough shared items, with
    fewer measures, and ``details["left_out"]`` says what is not listed. Pooled values rest on all pairs they name.
    """
    units, shared = counted.units, counted.shared
    ordered = annotations.layers[layer].kind == "ordinal"
    own = own_measures(annotations.layers[layer], settings)
    if not ordered:
        separator = settings.layers.get(layer, LayerSettings()).separator
        own = (*own, *hierarchy_measures(units.labels, separator))
    left_out: dict[str, int] = {}
    tables = _listed(units, shared, settings.measures.min_pair_items, left_out)
    source = _source(counted, tables, settings.measures.min_pair_items, left_out)
    rows = Rows(layer, "item")
    _add_listed(rows, source, choose(units, settings, ordered=ordered, own=own), settings, left_out)
    everybody = tables if shared is not None else _averaged(units, tables, annotations.of_kind("model"))
    _add_pools(rows, Pool(counted, everybody, ordered, own), annotations, settings, left_out)
    confidence = settings.measures.confidence
    scores = rows.frame()
    details = {
        "left_out": left_out,
        "clusters": counted.documents,
        "anonymous": counted.anonymous,
        **_confusion(counted, confidence),
        "retest": retests(annotations, layer, confidence),
        "marginals": marginals(tables, settings.measures.min_pair_items),
        "spread": spread(units),
        "panel": panel(scores, units.labels, units.annotators, counted.patterns, counted.by_unit().given),
    }
    return Comparison(annotations.layers[layer], scores, units, tables, details)


def _source(counted: Counted, tables: Contingency, least: int, left_out: dict[str, int]) -> Source:
    """Return the *tables* to score, with what is behind them where documents are."""
    units, shared = counted.units, counted.shared
    if shared is None:
        return Source(units.weight, tables, counted.cluster, partial(dense_blocks, units, tables))
    keep = _shown(shared.n, least)
    if counted.cluster is None or counted.by_document is None:
        return Source(units.weight, tables, counted.cluster, partial(shared.blocks, keep))
    parts = counted.by_document(keep)
    if parts is None:
        _count(left_out, said.ITEMS_AS_INDEPENDENT, len(tables.pairs))
        return Source(units.weight, tables, None, partial(shared.blocks, keep))
    return Source(parts.weight, tables, parts.cluster, parts.blocks)


def _confusion(counted: Counted, confidence: float) -> dict[str, Any]:
    """Return the confused label pairs under the current guideline: of the last round, those before it apart.

    Pooled over rounds, a pair that the last revision repaired would still look confused.
    """
    parted = counted.units.rounds_now_and_before()
    if parted is None:
        return {"pair_confusion": confusions(counted.patterns, confidence).table(counted.units.labels)}
    now, before, name = parted
    tables = [confusions(patterns(part, documents(part)), confidence).table(part.labels) for part in (now, before)]
    return {"pair_confusion": tables[0], "pair_confusion_before": tables[1], "current_round": name}


def _listed(units: Units, shared: SharedPairs | None, least: int, left_out: dict[str, int]) -> Contingency:
    """Return the tables of the pairs to list; what is left out is counted."""
    if shared is not None:
        enough, keep = shared.n >= least, _shown(shared.n, least)
        _count(left_out, said.fewer_shared(least), int((~enough).sum()))
        _count(left_out, said.beyond_most(MOST_PAIRS), int((enough & ~keep).sum()))
        a = len(units.annotators)
        _count(left_out, said.NOTHING_SHARED, a * (a - 1) // 2 - len(keep))
        return shared.tables(keep)
    number = len(units.annotators) * (len(units.annotators) - 1) // 2
    if number <= EVERYTHING_PAIRS:
        return contingency(units)
    met, n = pairs_that_meet(units)
    listed = met[n >= least]
    _count(left_out, said.fewer_shared(least), number - len(listed))
    return contingency(units, listed)


def _averaged(units: Units, listed: Contingency, models: tuple[str, ...]) -> Contingency:
    """Return the tables of the pairs to average over: the *listed* ones, or all where these may not be enough.

    That is where no pair is listed, and where pairs of people and of models are averaged apart.
    """
    number = len(units.annotators) * (len(units.annotators) - 1) // 2
    if len(listed.pairs) == number or (len(listed.pairs) and not models):
        return listed
    return contingency(units, pairs_that_meet(units)[0])


def _shown(n: Ints, least: int) -> NDArray[np.bool_]:
    """Return which pairs of a crowd are listed: those that share enough items, the ``MOST_PAIRS`` with the most."""
    shown = n >= least
    if int(shown.sum()) > MOST_PAIRS:
        beyond = np.argsort(-n, kind="stable")[MOST_PAIRS:]
        shown[beyond] = False
    return shown


def _count(left_out: dict[str, int], what: str, number: int) -> None:
    """Add *number* under *what* it is, if there is any."""
    if number:
        left_out[what] = number


def _add_listed(rows: Rows, source: Source, choice: Choice, settings: Settings, left_out: dict[str, int]) -> None:
    """Add the rows of the pairs to list, overall and by label."""
    pairs, k = len(source.tables.pairs), len(source.tables.labels)
    by_label = pairs * k
    overall = choice if pairs <= EVERYTHING_PAIRS and by_label * k <= MOST_CELLS else choice.basic()
    add_pairs(rows, source, overall, settings)
    labelled = choice if by_label <= LABEL_ROWS else choice.basic()
    if len(overall.overall) < len(choice.overall):
        left_out[said.MAIN_MEASURES_ONLY] = pairs
    if by_label > MOST_LABEL_ROWS:
        left_out[said.NOT_BY_LABEL] = pairs
        return
    if len(labelled.by_label) < len(choice.by_label):
        left_out[said.FEW_MEASURES_BY_LABEL] = pairs
    add_labels(rows, source, labelled, settings)


def _add_pools(
    rows: Rows, everybody: Pool, annotations: Annotations, settings: Settings, left_out: dict[str, int]
) -> None:
    """Add the pooled rows: of the humans where models were compared too, whose pairs with humans then stand apart."""
    units, tables, counted = everybody.units, everybody.tables, everybody.counted
    model = np.isin(units.annotators, annotations.of_kind("model"))
    if not model.any() or (~model).sum() < 2:
        add_pools(rows, everybody, settings)
        return
    models = model[tables.pairs].sum(axis=1)

    def part(number: int) -> Contingency:
        keep = models == number
        return Contingency(tables.labels, tables.annotators, tables.pairs[keep], tables.counts[keep])

    human = units.without(model)
    shared = None if counted.shared is None else shared_units(human)
    alone = Counted(human, counted.cluster, patterns(human, counted.cluster), shared)
    add_pools(rows, replace(everybody, counted=alone, tables=part(0), params="annotators=human"), settings)
    if shared is None:
        add_means(rows, replace(everybody, tables=part(1), params="pairs=human-model"), settings)
    else:
        _count(left_out, said.MEAN_OF_PEOPLE_AND_MODELS, int((models == 1).sum()))
