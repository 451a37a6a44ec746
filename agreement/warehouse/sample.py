"""A sample of items with their labels: the evidence of the diagnosis where the labels themselves are too many."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from agreement.annotations import Annotations
from agreement.loaders._suspects import note_suspects
from agreement.records import Records, assemble
from agreement.settings import Settings
from agreement.warehouse.engine import HEX, Prepared, spread_out

if TYPE_CHECKING:
    import ibis.expr.types as ir

FEWEST = 500  # items that are drawn at least


def sample(found: Prepared, settings: Settings, most: int) -> tuple[Annotations, float]:
    """Return about *most* labels as annotations, and the share of the items that they are.

    Whole documents (items without one) are drawn by the hash of their names, so that the same data give the same
    sample whichever engine holds them.
    """
    limit = 16**HEX
    share = min(1.0, max(most / max(found.n_labels, 1), FEWEST / max(found.units, 1)))
    drawn = found.shown if share >= 1 else found.shown.filter(found.shown.drawn < f"{round(share * limit):0{HEX}x}")
    rows = found.traffic.fetch(drawn.select("item", "round", "section", "document", "pattern"))
    rows = rows.sort_values(["item", "round"], ignore_index=True)
    unit, code = spread_out(rows["pattern"])
    k = len(found.labels)
    frame = pd.DataFrame(
        {
            "item": rows["item"].to_numpy()[unit],
            "round": rows["round"].to_numpy()[unit],
            "annotator": pd.Categorical.from_codes(code // k, categories=pd.Index(found.annotators, dtype="str")),
            "label": pd.Categorical.from_codes(code % k, categories=pd.Index(found.labels, dtype="str")),
            "source": found.reading.files[0],
        }
    )
    once = rows.drop_duplicates("item").set_index("item")
    items = pd.DataFrame({"text": "", "section": once["section"], "cluster": once["document"]}, index=once.index)
    settled = settings.model_copy(update={"labels": settings.labels.model_copy(update={"aliases": {}})})
    reading = replace(found.reading)
    kinds = dict.fromkeys(settings.annotators.model, "model")
    annotations = note_suspects(
        assemble(Records(frame, reading, items, kinds=kinds, groups=dict(settings.annotators.groups)), settled)
    )
    share_drawn = len(rows) / max(found.units, 1)
    return _with_all_names(annotations, found), share_drawn


def _with_all_names(annotations: Annotations, found: Prepared) -> Annotations:
    """Return the annotations with the labels and annotators that the sample happens to lack."""
    layers = {
        name: replace(layer, labels=layer.labels if layer.declared else found.labels)
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
