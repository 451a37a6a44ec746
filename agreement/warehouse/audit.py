"""Audit labels where they live: what comes back are counts, and the items that are listed."""

import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agreement import crowds
from agreement.anonymise import anonymise, anonymise_settings
from agreement.errors import AgreementError, InputError, Problem
from agreement.loaders import load_frame
from agreement.loaders._unused import refuse_of_frame
from agreement.pipeline import Audit
from agreement.pipeline import audit as audit_in_memory
from agreement.rules._parts import excerpt
from agreement.rules._readings import MAX_CELLS
from agreement.settings import Settings
from agreement.uncertainty.pooling import MIN_CLUSTERS
from agreement.warehouse.asked import Asked, holds_gold, needs_the_labels, prepared, told_by_lists
from agreement.warehouse.columns import as_text, roles
from agreement.warehouse.crowd import audit_crowd
from agreement.warehouse.distinct import Most, groups_for
from agreement.warehouse.engine import Prepared
from agreement.warehouse.few import audit_patterns
from agreement.warehouse.listed import texts
from agreement.warehouse.source import failed, open_table
from agreement.warehouse.traffic import LOG, Traffic
from agreement.wording import warehouse as said

if TYPE_CHECKING:
    import ibis.expr.types as ir

AT_ONCE = 1_000_000
"""Rows up to which a table that needs the labels themselves is read like a file."""
MOST_PATTERNS = 500_000  # distinct patterns of labels that come back
MOST_LABELS = 10_000_000  # labels in these
MOST_COUPLES = 25_000_000  # of labels of one item, which are listed pair by pair where the annotators are a crowd
MOST_CELLS = 50_000_000  # couples of sets of labels x labels, which take about 7 GiB
OURS = ("agreement", "numpy", "pandas", "scipy")  # where an error is a fault of this program, not of an engine


def audit_warehouse(
    address: str,
    columns: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    *,
    key: bytes | None = None,
    at_once: int = AT_ONCE,
) -> Audit:
    """Return the audit of the table at *address*: a URL, a Parquet file, or a folder or glob of Parquet files.

    Parameters
    ----------
    address
        ``duckdb:///labels.duckdb?table=labels`` (options ``memory_limit=4GB`` and ``threads=2``), a path of Parquet
        files, or any URL that ``ibis.connect`` opens, with ``table=NAME`` added.
    columns
        Role to column; roles are item, annotator, label, section, document, round and text.
    settings
        Every choice that can change a number.
    key
        The key of the pseudonyms, needed where the settings ask for them.
    at_once
        Rows up to which a table is read like a file where the engine can't do what the settings ask for.

    Raises
    ------
    InputError
        If the table can't be reached or holds what can't be compared; no secret of the address is ever shown.
    """
    with tempfile.TemporaryDirectory(prefix="agreement-spill-") as spill:

        def attempt() -> Audit:
            opened = open_table(address, Path(spill))
            found = audit_table(
                opened.table, columns, settings, name=opened.name, engine=opened.engine, key=key, at_once=at_once
            )  # fmt: skip
            opened.table.get_backend().disconnect()
            return found

        result = _outcome(address, attempt)
    if isinstance(result, InputError):
        raise result
    return result


def audit_table(
    table: "ir.Table",
    columns: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    *,
    name: str = "table",
    engine: str = "ibis",
    key: bytes | None = None,
    at_once: int = AT_ONCE,
) -> Audit:
    """Return the audit of an Ibis *table* of any engine, e.g. of a Spark session; see :func:`audit_warehouse`."""
    refuse_of_frame(settings or Settings())
    asked = told_by_lists(Asked(table, dict(columns or {}), settings or Settings(), name, engine, key))
    traffic = Traffic()
    rows = int(traffic.fetch(table.count().name("rows"))["rows"].iloc[0])
    if not rows:
        raise InputError([Problem(name, "the table is empty.", "Name the table that holds the labels.")])
    beyond = needs_the_labels(asked)
    if beyond and rows > at_once:
        raise InputError(
            [Problem(name, f"{what} can't be audited inside an engine.", remedy) for what, remedy in beyond.items()]
        )
    whole = bool(beyond) or (rows <= at_once and (not asked.long or holds_gold(asked, traffic)))
    result = _read_whole(asked, traffic) if whole else _from_sums(asked, traffic)
    LOG.info("%s: %s of %s rows came back from %s", name, f"{traffic.rows:,}", f"{rows:,}", engine)
    return result


def _read_whole(asked: Asked, traffic: Traffic) -> Audit:
    """Return the audit of a table that is small enough to be read like a file, of any shape."""
    table, own = asked.table, asked.settings.columns
    settings_read = asked.settings
    if asked.long:
        found = roles(tuple(table.columns), asked.columns, asked.settings, asked.name)
        others = [name for name in table.columns if name not in found.values() and name not in found]
        table = as_text(table, found, asked.name, others)
        named = own.model_copy(
            update={
                "layout": "long", "item": ("item",), "label": ("label",), "annotator": "annotator",
                **{role: role if role in found else None for role in ("section", "document", "round", "text")},
            }
        )  # fmt: skip
        settings_read = settings_read.model_copy(update={"columns": named})
        table = table.order_by([role for role in ("item", "round", "annotator", "label") if role in found])
    annotations = load_frame(traffic.fetch(table), settings_read)
    if not asked.long and len(annotations.compared) < 2:  # no column per annotator either: ask for the columns
        roles(tuple(table.columns), asked.columns, asked.settings, asked.name)
    annotations.reading.files = [asked.name]
    annotations.reading.format = f"warehouse ({asked.engine})"
    settings = asked.settings
    if asked.key is not None:
        annotations, mapping = anonymise(annotations, asked.key, settings)
        settings = anonymise_settings(settings, mapping)
    return audit_in_memory(annotations, settings)


def _from_sums(asked: Asked, traffic: Traffic) -> Audit:
    """Return the audit from what the engine counts: distinct patterns, or pairs and sums where those are too many."""
    found, settings, text = prepared(asked, traffic)
    most = Most(MOST_PATTERNS, MOST_LABELS, _couples(found))
    many = replace(most, patterns=found.units)
    result = audit_patterns(found, settings, most)
    if result is None and (_may_have_camps(found) or found.members is not None):
        result = audit_patterns(found, settings, many)
        if result is None and found.documents >= MIN_CLUSTERS:
            result = audit_patterns(found, settings, many, groups_for(found, MOST_PATTERNS))
    if result is None and found.members is None:
        result = audit_crowd(found, settings, lambda: audit_patterns(found, settings, many))
    if result is None:
        raise InputError([Problem(asked.name, said.too_many_patterns(MOST_LABELS, MOST_PATTERNS), said.A_PART)])
    return _with_texts(result, text, found)


def _may_have_camps(found: Prepared) -> bool:
    """Return whether annotators are so few that camps among them would be looked for, which takes all patterns."""
    a = len(found.annotators)
    return MOST_PATTERNS * (a * (a - 1) // 2) <= MAX_CELLS


def _couples(found: Prepared) -> int:
    """Return how many couples of labels of one item fit in memory, where they have to be listed."""
    if found.members is not None:
        return MOST_CELLS // max(len(found.simple), 1)
    crowd = min(found.units, MOST_PATTERNS) * len(found.annotators) > crowds.MOST_CODES
    return MOST_COUPLES if crowd else sys.maxsize  # nobody lists them


def _with_texts(result: Audit, text: "ir.Table", found: Prepared) -> Audit:
    """Return the audit with the texts of the items that are listed."""
    known = texts(text, sorted(map(str, result.annotations.items.index)), found)
    if not known:
        return result
    items = result.annotations.items
    items = items.assign(text=[known.get(item, "") for item in items.index.astype(str)])
    flags = tuple(
        replace(
            flag,
            examples=tuple(replace(example, text=excerpt(known.get(example.item, ""))) for example in flag.examples),
        )
        for flag in result.diagnosis.flags
    )
    return replace(
        result,
        annotations=replace(result.annotations, items=items),
        diagnosis=replace(result.diagnosis, flags=flags),
    )


def _outcome(address: str, attempt: Callable[[], Audit]) -> Audit | InputError:
    """Return what *attempt* returns, or our error for what an engine raised.

    The error is returned, so that the caller raises it where none is being handled: an engine's error, chained to it,
    may hold the secrets of the *address*.
    """
    try:
        return attempt()
    except InputError as error:
        error.__context__ = None
        return error
    except AgreementError:
        raise
    except Exception as error:
        raised = traceback.walk_tb(error.__traceback__)
        innermost = str([frame.f_globals.get("__name__", "") for frame, _ in raised][-1])
        if innermost.split(".", maxsplit=1)[0] in OURS:
            raise
        return InputError([failed(address, error)])
