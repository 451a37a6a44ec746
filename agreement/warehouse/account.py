"""The account of how a table was read: what loaders note of a file is noted of all rows, as the engine counts them."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from agreement.annotations import Layer, Reading
from agreement.loaders._suspects import MAX_ITEMS, split_names, suspect_labels, unasked_models
from agreement.records import warn_of_strangers
from agreement.settings import Settings
from agreement.warehouse.traffic import Traffic
from agreement.wording.unused import not_found

if TYPE_CHECKING:
    import ibis.expr.types as ir

PLAIN = r"^0*([0-9]+?)(\.0+)?$"  # a number, without what programs add to it
FOREIGN = r"[^\x00-\x7F]"


def warn_of_settings(labels: Iterable[str], annotators: Iterable[str], reading: Reading, settings: Settings) -> None:
    """Warn of aliases and annotators in the *settings* that are not among all *labels* and *annotators* found."""
    if strange := sorted(settings.labels.aliases.keys() - set(labels)):
        reading.warnings.append(not_found("labels.aliases", strange))
    warn_of_strangers(set(annotators), reading, settings)


def note_names(shown: "ir.Table", people: tuple[str, ...], reading: Reading, traffic: Traffic, *, k: int) -> None:
    """Add to *reading* what is suspicious about the names of items and annotators.

    *shown* has an item and the codes ``annotator * k + label`` of its labels in each row.
    """
    reading.warnings += _split_items(shown, people, traffic, k)
    reading.warnings += unasked_models(people)


def note_labels(layer: Layer, given: Mapping[str, tuple[int, int]], reading: Reading) -> None:
    """Put into *reading* the suspects among the labels of a *layer*, which were *given* so often, on so many items."""
    reading.aliases, reading.missing_suspects = [], {}
    if not layer.declared:
        suspect_labels(layer.name, {label: times for label, (times, _) in sorted(given.items())}, reading)


def _split_items(shown: "ir.Table", people: tuple[str, ...], traffic: Traffic, k: int) -> list[str]:
    """Return a warning if items are spelt in two ways; only those come back whose names may be.

    The engine compares names of plain letters; all others come back, as encodings are not its matter.
    """
    import ibis  # noqa: PLC0415 - the warehouse extra

    names = shown.select("item").distinct()
    if int(traffic.fetch(names.aggregate(n=names.count()))["n"].iloc[0]) > MAX_ITEMS:
        return []
    folded = names.item.strip().lower()
    keyed = names.mutate(key=ibis.ifelse(folded.re_search(PLAIN), folded.re_extract(PLAIN, 1), folded))
    times = keyed.group_by("key").agg(spellings=keyed.count())
    doubtful = keyed.join(times, "key")
    doubtful = doubtful.filter((doubtful.spellings > 1) | doubtful.item.re_search(FOREIGN)).select("item")
    mine = shown.semi_join(doubtful, "item").select("item", "pattern")
    rows = traffic.fetch(mine.select("item", code=mine.pattern.unnest()))
    if rows.empty:
        return []
    item = pd.Series(pd.Categorical(rows["item"].astype("str")))
    return split_names(item, pd.Series([people[code // k] for code in rows["code"].astype(int)]))
