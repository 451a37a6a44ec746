"""What was asked of a table, and what of it an engine can't do with sums."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agreement.annotations import Reading
from agreement.anonymise import anonymise_settings, file_hider, pseudonyms
from agreement.settings import LayerSettings, Settings
from agreement.warehouse.columns import NEEDED, as_text, roles
from agreement.warehouse.engine import LAYER, MOST_ANNOTATORS, Prepared, kind_of, not_compared, prepare
from agreement.warehouse.traffic import Traffic
from agreement.wording import warehouse as said
from agreement.wording.reading import LAYOUTS

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True, slots=True)
class Asked:
    """A table and what is wanted of it.

    Parameters
    ----------
    table
        The Ibis table.
    columns
        Role to column.
    settings
        Every choice that can change a number.
    name, engine
        What messages call the table and its engine.
    key
        The key of the pseudonyms; None if names stay.
    """

    table: "ir.Table"
    columns: dict[str, str]
    settings: Settings
    name: str
    engine: str
    key: bytes | None

    @property
    def long(self) -> bool:
        """Whether the table has a row per label, as far as can be told from what was asked and its columns."""
        own = self.settings.columns
        there = {name.casefold() for name in self.table.columns} >= set(NEEDED)
        return (bool(self.columns) or bool(own.annotator) or there) and not own.annotators


def told_by_lists(asked: Asked) -> Asked:
    """Return the same with a layer of several labels an item where the column of the label holds lists."""
    if not asked.long or LAYER in asked.settings.layers:
        return asked
    column = roles(tuple(asked.table.columns), asked.columns, asked.settings, asked.name)["label"]
    if not asked.table.schema()[column].is_array():
        return asked
    layers = {**asked.settings.layers, LAYER: LayerSettings(kind="labels")}
    return replace(asked, settings=asked.settings.model_copy(update={"layers": layers}))


def holds_gold(asked: Asked, traffic: Traffic) -> bool:
    """Return whether an annotator's name says that it is gold or a curator, who are compared in their own way."""
    found = roles(tuple(asked.table.columns), asked.columns, asked.settings, asked.name)
    names = as_text(asked.table, {"annotator": found["annotator"]}, asked.name).distinct().limit(MOST_ANNOTATORS)
    ignored = asked.settings.annotators.ignore
    return any(not_compared(str(name)) for name in traffic.fetch(names)["annotator"].dropna() if name not in ignored)


def needs_the_labels(asked: Asked) -> dict[str, str]:
    """Return what the engine can't do with sums of a long table, each with what to do instead."""
    settings, kind = asked.settings, kind_of(asked.settings)
    own, found = settings.columns, {}
    if kind not in ("category", "ordinal", "labels"):
        found[said.layers_of_kind(kind)] = said.A_PART
    if own.layer or len(own.label) > 1 or len(settings.layers.keys() - {LAYER}):
        found[said.SEVERAL_LAYERS] = said.ONE_COLUMN
    if settings.annotators.model:
        found[said.MODELS] = said.A_PART
    if own.gold or settings.annotators.gold:
        found[said.GOLD] = said.A_PART
    if settings.report.by:
        found[said.BY_COLUMN] = said.A_PART
    if own.score:
        found[said.SCORES] = said.A_PART
    if own.start or own.end:
        found[said.SPANS] = said.A_PART
    if own.time or settings.reading.duplicates not in (None, "refuse"):
        found[said.TIMES] = said.ONE_LABEL
    return found


def prepared(asked: Asked, traffic: Traffic) -> "tuple[Prepared, Settings, ir.Table]":
    """Return the labels as codes in the engine, the settings in force and the table of text columns by role."""
    found = roles(tuple(asked.table.columns), asked.columns, asked.settings, asked.name)
    text = as_text(asked.table, found, asked.name)
    reading = Reading(
        format=said.warehouse(asked.engine), layout=LAYOUTS["long"], files=[asked.name],
        annotator_from=f'column "{found["annotator"]}"',
        columns={role: f'column "{name}"' for role, name in found.items()},
    )  # fmt: skip
    if asked.key is None:
        return prepare(text, asked.settings, reading, traffic), asked.settings, text
    key, mapping = asked.key, {}

    def renamed(names: list[str]) -> Mapping[str, str]:
        mapping.update(pseudonyms(names, key))
        return mapping

    ready = prepare(text, asked.settings, reading, traffic, renamed)
    hide = file_hider(mapping)
    reading.files = [hide(name) for name in reading.files]
    reading.set_aside = {hide(reason): rows for reason, rows in reading.set_aside.items()}
    reading.warnings = [hide(warning) for warning in reading.warnings]
    reading.columns = {role: hide(name) for role, name in reading.columns.items()}
    reading.annotator_from = hide(reading.annotator_from)
    return ready, anonymise_settings(asked.settings, mapping), text
