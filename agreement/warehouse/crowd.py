"""The audit of a crowd: what the engine counts of all labels, pair by pair and item by label, and sums by annotator."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from agreement import crowds
from agreement.checks.release import release_checks
from agreement.comparison.items import compare_counted
from agreement.comparison.spread import spread
from agreement.counted import Counted
from agreement.diagnosis.case import open_case
from agreement.diagnosis.diagnosing import diagnose
from agreement.pipeline import Audit
from agreement.settings import Settings
from agreement.uncertainty.pooled_kappas import Whole
from agreement.uncertainty.pooling import documents
from agreement.units import item_units
from agreement.warehouse import profiles
from agreement.warehouse.asked import Asked
from agreement.warehouse.crowd_people import diagnosed_crowd
from agreement.warehouse.engine import LAYER, Prepared
from agreement.warehouse.pairs import pair_cells
from agreement.warehouse.profiles import GROUPS, MOST_DOCUMENTS, histograms
from agreement.warehouse.sample import drawn_items, resting, standing_for, tell
from agreement.wording import warehouse as said


def audit_crowd(asked: Asked, found: Prepared, settings: Settings, most: int) -> Audit:
    """Return the audit from what the engine counts, and from a sample of items with about *most* labels."""
    with tempfile.TemporaryDirectory(prefix="agreement-") as folder:
        # the engine counts first: what it needs for that and the sample would not fit in memory side by side
        every, totals = histograms(found), profiles.given(found)
        tables = pair_cells(found, settings.measures.min_pair_items, Path(folder))
        drawn, annotations = drawn_items(found, settings, most)
        share, units = len(drawn) / max(found.units, 1), item_units(annotations, LAYER)
        two = np.bincount(units.unit, minlength=units.n_units) >= 2
        times = np.where(two, found.compared / max(int(two.sum()), 1), 1.0)
        whole = Whole(every, totals, times) if units.n_units < found.units else None
        counted = Counted(units, documents(units), every, tables(crowds.shared_units(units)), whole)
        comparison = compare_counted(counted, annotations, LAYER, settings)
    comparison = replace(comparison, units=units, details={**comparison.details, "spread": spread(units)})
    diagnosis = None
    if share < 1 and counted.shared is not None:
        diagnosis = diagnosed_crowd(open_case(annotations, comparison, settings), found, counted.shared)
    exact = share >= 1 or diagnosis is not None
    found.release()
    if diagnosis is None:
        diagnosis = diagnose(annotations, [comparison], settings)
    if share < 1:
        tell(asked.name, annotations, resting(annotations, found, exact=exact, crowd=True))
    if share < 1 and found.documents > MOST_DOCUMENTS:
        annotations.reading.warnings.append(said.in_groups(found.documents, GROUPS))
    counted_items = replace(comparison, units=replace(units, weight=standing_for(units, found)))
    checks = release_checks((counted_items,), diagnosis, settings, annotations)
    return Audit(annotations, settings, (comparison,), diagnosis, checks)
