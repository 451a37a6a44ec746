"""A sample of items with their labels: the evidence of the diagnosis where the labels themselves are too many."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from agreement.annotations import Annotations
from agreement.counts import Ints
from agreement.settings import Settings
from agreement.units import Units
from agreement.warehouse.engine import HEX, Prepared, spread_out
from agreement.warehouse.listed import annotations_of as listed
from agreement.warehouse.traffic import LOG
from agreement.wording import warehouse as said

if TYPE_CHECKING:
    pass

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
    return listed(rows, *spread_out(rows["pattern"]), found, settings, None)


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
