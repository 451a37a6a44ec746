"""A sample of items with their labels: the evidence of the diagnosis where the labels themselves are too many."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from agreement.annotations import Annotations, Reading
from agreement.counts import Ints
from agreement.loaders._suspects import note_suspects
from agreement.records import Records, assemble
from agreement.settings import Settings
from agreement.units import Units
from agreement.warehouse.engine import HEX, Prepared, spread_out
from agreement.warehouse.traffic import LOG
from agreement.wording import warehouse as said

if TYPE_CHECKING:
    import ibis.expr.types as ir

FEWEST = 500  # items that are drawn at least


def draw(found: Prepared, most: int) -> pd.DataFrame:
    """Return item, round, section, document and pattern of items with about *most* labels.

    Whole documents (items without one) are drawn by the hash of their names, so that the same data give the same
    sample whichever engine holds them.
    """
    limit = 16**HEX
    share = min(1.0, max(most / max(found.n_labels, 1), FEWEST / max(found.units, 1)))
    shown = found.shown if share >= 1 else found.shown.filter(found.shown.drawn < f"{round(share * limit):0{HEX}x}")
    rows = found.traffic.fetch(shown.select("item", "round", "section", "document", "pattern"), patterns=True)
    return rows.sort_values(["item", "round"], ignore_index=True)


def annotations_of(rows: pd.DataFrame, found: Prepared, settings: Settings) -> Annotations:
    """Return the labels behind *rows*, patterns of items, as annotations."""
    unit, code = spread_out(rows["pattern"])
    who, what = np.divmod(code, len(found.labels))
    names, nothing = found.labels, np.zeros(len(unit), np.int64)
    if found.members is not None:  # a row per label of each set, and one with a blank for the empty set
        none = ~found.members.any(axis=1)
        members = np.column_stack([found.members, none])
        times = members.sum(axis=1)[what]
        unit, who, what = unit.repeat(times), who.repeat(times), np.nonzero(members[what])[1]
        names, nothing = (*found.simple, ""), (what == len(found.simple)).astype(np.int64)
    frame = pd.DataFrame(
        {
            "item": _repeated(rows["item"], unit),
            "round": _repeated(rows["round"], unit),
            "annotator": pd.Categorical.from_codes(who, categories=pd.Index(found.annotators, dtype="str")),
            "label": pd.Categorical.from_codes(what, categories=pd.Index(names, dtype="str")),
            "source": found.reading.files[0],
            "status": pd.Categorical.from_codes(nothing, categories=pd.Index(["done", "empty"], dtype="str")),
        }
    )
    once = rows.drop_duplicates("item").set_index("item")
    items = pd.DataFrame({"text": "", "section": once["section"], "cluster": once["document"]}, index=once.index)
    settled = settings.model_copy(update={"labels": settings.labels.model_copy(update={"aliases": {}})})
    reading = replace(found.reading)
    records = Records(frame, reading, items, groups=dict(settings.annotators.groups))
    annotations = note_suspects(assemble(records, settled))
    _with_all_counts(reading, found)
    return _with_all_names(annotations, found)


def drawn_items(found: Prepared, settings: Settings, most: int) -> tuple[pd.DataFrame, Annotations]:
    """Return items with about *most* labels, as patterns and as annotations."""
    drawn = draw(found, most)
    annotations = annotations_of(drawn, found, settings)
    if len(drawn) < found.units:
        annotations.reading.drawn_of = {"items": found.units, "annotations": sum(found.given.values())}
    return drawn, annotations


def resting(annotations: Annotations, found: Prepared, *, exact: bool, crowd: bool = False) -> str:
    """Return what was summed up and what was drawn."""
    drawn = annotations.assignments["item"].nunique()
    flags = said.flags_of_a_crowd_rest_on_all if crowd else said.flags_rest_on_all
    sums = flags if exact else said.scores_rest_on_all
    return (said.rests_on_sample if found.members is not None else sums)(drawn, found.n_labels, found.units)


def tell(name: str, annotations: Annotations, what: str) -> None:
    """Put *what* rests on a sample of the table called *name* into the account and the log."""
    annotations.reading.warnings.append(what)
    LOG.info("%s: %s", name, what)


def standing_for(units: Units, found: Prepared) -> Ints:
    """Return (U,) whole weights under which the units compared in a sample are as many as in the table."""
    weight = units.weight.copy()
    two = np.flatnonzero(np.bincount(units.unit, minlength=units.n_units) >= 2)
    each, over = divmod(found.compared, max(len(two), 1))
    weight[two] = each
    weight[two[:over]] += 1
    return weight


def _repeated(names: "pd.Series[str]", unit: Ints) -> pd.Categorical:
    """Return the name of each *unit* (N,), none written down twice."""
    codes, categories = pd.factorize(names)
    return pd.Categorical.from_codes(codes[unit], categories=categories)


def _with_all_counts(reading: Reading, found: Prepared) -> None:
    """Put into the account of a sample the rows used of all, and how often suspected labels were given in all."""
    given = found.given
    reading.rows_used = found.reading.rows_used
    reading.aliases = [
        replace(alias, n_spelling=given.get(alias.spelling, 0), n_meant=given.get(alias.meant, 0))
        for alias in reading.aliases
    ]
    reading.missing_suspects = {label: given.get(label, 0) for label in reading.missing_suspects}


def _with_all_names(annotations: Annotations, found: Prepared) -> Annotations:
    """Return the annotations with the labels and annotators that the sample happens to lack."""
    layers = {
        name: replace(layer, labels=layer.labels if layer.declared else found.simple or found.labels)
        for name, layer in annotations.layers.items()
    }
    people = annotations.annotators.reindex(pd.Index(sorted(found.annotators), name="annotator"))
    people = people.fillna({"kind": "human", "group": ""})
    return replace(annotations, layers=layers, annotators=people)


def texts(table: "ir.Table", items: list[str], found: Prepared) -> dict[str, str]:
    """Return the texts of *items*."""
    if "text" not in table.columns or not items:
        return {}
    named = table.mutate(item=table.item.cast("string"))
    mine = named.filter(named.item.isin(items))
    rows = found.traffic.fetch(mine.group_by("item").agg(text=mine.text.min())).fillna({"text": ""})
    return {str(item): str(text) for item, text in zip(rows["item"], rows["text"], strict=True)}
