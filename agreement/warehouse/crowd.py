"""The audit of a crowd: what the engine counts of all labels, pair by pair and item by label, and sums by annotator."""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from agreement.annotations import Annotations
from agreement.checks.release import release_checks
from agreement.comparison.items import compare_counted
from agreement.comparison.spread import spread
from agreement.counted import Counted
from agreement.diagnosis.case import open_case
from agreement.diagnosis.diagnosing import Diagnosis
from agreement.pipeline import Audit
from agreement.settings import Settings
from agreement.totals import Totals
from agreement.uncertainty.pooling import documents
from agreement.units import Units
from agreement.warehouse.crowd_items import Items, TooManyError, items_of
from agreement.warehouse.crowd_people import diagnosed_crowd
from agreement.warehouse.crowd_sums import EngineUnits
from agreement.warehouse.crowd_units import (
    FIRST,
    codes_of,
    first_shown,
    given_by,
    items_named,
    leans_in,
    most_disputed,
    patterns_of_mixes,
    peers_in,
    shown_mixes,
    totals_of_crowd,
    units_of_mixes,
)
from agreement.warehouse.engine import LAYER, Prepared, kind_of
from agreement.warehouse.listed import annotations_of, hash_of_units
from agreement.warehouse.pairs import PairCells, pair_cells
from agreement.warehouse.rounds import round_details
from agreement.wording import warehouse as said


def audit_crowd(found: Prepared, settings: Settings, otherwise: Callable[[], Audit | None]) -> Audit | None:
    """Return the audit from what the engine sums up of all labels; only the most disputed items come back.

    Where sums don't tell enough for the diagnosis it is what *otherwise* gives, if that gives anything; else the
    account says that flags were not looked for. Sections are told apart where there are not too many kinds of items
    then. None if not even scores can be told.
    """
    try:
        items = items_of(found)
    except TooManyError:
        return otherwise() or _of_one_section(found, settings, otherwise)
    return _released(found, items, settings, otherwise)


def _of_one_section(found: Prepared, settings: Settings, otherwise: Callable[[], Audit | None]) -> Audit | None:
    """Return the audit without sections; None if there are too many kinds of items even so."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    together = replace(found, shown=found.shown.mutate(section=ibis.literal("")))
    try:
        items = items_of(together)
    except TooManyError:
        return None
    found.reading.warnings.append(said.SECTIONS_NOT_TOLD_APART)
    return _released(together, items, settings, otherwise)


def _released(found: Prepared, items: Items, settings: Settings, otherwise: Callable[[], Audit | None]) -> Audit:
    """Return the audit of the *items*, after which nothing more is asked of the engine."""
    try:
        return _audit(found, items, settings, otherwise)
    finally:
        items.release()
        found.release()


def _audit(found: Prepared, items: Items, settings: Settings, otherwise: Callable[[], Audit | None]) -> Audit:
    """Return what :func:`audit_crowd` does."""
    rows, given = shown_mixes(items), given_by(items)
    every = patterns_of_mixes(items, rows)
    disputed = most_disputed(found, items, rows, kind_of(settings))
    known = {*disputed["item"].astype(str).head(FIRST), *first_shown(found, items, rows, kind_of(settings))}
    named = items_named(found, items, known)
    units, totals = units_of_mixes(found, items, rows, named), totals_of_crowd(found, items, given, every)
    with tempfile.TemporaryDirectory(prefix="agreement-") as folder:
        pairs = pair_cells(found, items, settings.measures.min_pair_items, Path(folder))
        found.reading.source_sha256 = _hash(units, pairs, given.tobytes())
        annotations = _listed(found, named, settings, totals)
        counted = Counted(
            units, documents(units), every, pairs, partial(EngineUnits, items, every, given), pairs.by_document
        )
        comparison = compare_counted(counted, annotations, LAYER, settings)
    known_of_units = {**round_details(found, items, settings), **_by_annotator(items, settings)}
    comparison = replace(comparison, details={**comparison.details, **known_of_units})
    diagnosis = diagnosed_crowd(open_case(annotations, comparison, settings), items, pairs, disputed)
    if diagnosis is None:
        result = otherwise()
        if result is not None:
            return result
        found.reading.warnings.append(said.FLAGS_NOT_LOOKED_FOR)
        comparison, diagnosis = replace(comparison, details={**comparison.details, "not_looked_for": True}), Diagnosis()
    shown = known | {one.item for flag in diagnosis.flags for one in flag.examples}
    if shown > known:
        named = items_named(found, items, shown)
        units, annotations = units_of_mixes(found, items, rows, named), _listed(found, named, settings, totals)
        comparison = replace(comparison, units=units, details={**comparison.details, "spread": spread(units)})
    if items.documents and items.documents < found.documents:
        found.reading.warnings.append(said.in_groups(found.documents, items.documents))
    checks = release_checks((comparison,), diagnosis, settings, annotations)
    return Audit(annotations, settings, (comparison,), diagnosis, checks)


def _listed(found: Prepared, named: pd.DataFrame, settings: Settings, totals: Totals) -> Annotations:
    """Return the *named* items as annotations, which know how much there is in all."""
    return annotations_of(named, *codes_of(named), found, settings, totals)


def _by_annotator(items: Items, settings: Settings) -> dict[str, Any]:
    """Return what the units don't tell: everybody's agreement with the others, and which of two labels each prefers."""
    told: dict[str, Any] = {"peers": peers_in(items, settings.measures.confidence)}
    return {**told, "leans": leans_in(items)} if items.labels == 2 else told


def _hash(units: Units, pairs: PairCells, given: bytes) -> str:
    """Return the SHA-256 of what the engine counted: equal labels, equal hash."""
    digest = hashlib.sha256(hash_of_units(units).encode() + given)
    digest.update(pairs.pairs.tobytes() + pairs.sizes.tobytes())
    return digest.hexdigest()
