"""JSON and JSON lines into grids: record lists, nested maps of item, annotator and label, columns, lists of rows."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from agreement.errors import InputError, Problem
from agreement.loaders._base import Source
from agreement.loaders._cells import plain
from agreement.loaders._grids import Grid, column_of, letter, refuse_width
from agreement.loaders._headers import find_header
from agreement.loaders._json import collector_paused, json_records
from agreement.loaders._vocabulary import ROLES, is_known, is_numbered, item_rank, names_a_person, words
from agreement.settings import Settings

Row = tuple[int, Mapping[str, Any]]

SPAN_KEYS = {"start", "end"}


def read_json_tables(source: Source, settings: Settings) -> list[Grid]:
    """Return the grids in a JSON file; an object of several lists gives one for each, as sheets of a workbook.

    Raises
    ------
    InputError
        If the file is no JSON, holds no table, or a nested map can be read in two ways.
    """
    problems: list[Problem] = []
    if not source.read().strip():
        raise InputError([Problem(source.name, "is empty.", "Export it again.")])
    with collector_paused():
        records = json_records(source, problems)
    if problems:
        raise InputError(problems)
    try:
        return _tables(records, source, settings)
    except _TooDeepError:
        raise InputError([Problem(source.name, "is nested too deep.", "This is no annotation export.")]) from None


class _TooDeepError(ValueError):
    """A value is nested too deep to be written out."""


def _tables(records: Sequence[tuple[int, Any]], source: Source, settings: Settings) -> list[Grid]:
    """Return the grids of parsed *records*."""
    if len(records) == 1 and isinstance(records[0][1], dict):
        return _of_object(records[0][1], source, settings, "")
    return [_of_list(records, source, settings, "")]


def _refuse(source: Source, what: str) -> InputError:
    """Return the error about JSON that holds no table."""
    return InputError(
        [
            Problem(
                source.name,
                what,
                "Give a list of records with item, annotator and label, or a map {item: {annotator: label}}.",
            )
        ]
    )


def _of_list(records: Sequence[tuple[int, Any]], source: Source, settings: Settings, sheet: str) -> Grid:
    """Return the grid of a list of records or of rows."""
    if not records:
        raise _refuse(source, "holds no records.")
    if all(isinstance(record, dict) for _, record in records):
        return _of_records(records, source, settings, sheet)
    if all(isinstance(record, list) for _, record in records):
        rows = [[_cell(value) for value in record] for _, record in records]
        width = max(map(len, rows))
        ragged = [number for (number, _), row in zip(records, rows, strict=True) if len(row) != width]
        if ragged:
            shown = ", ".join(map(str, ragged[:20])) + (f" and {len(ragged) - 20} more" if len(ragged) > 20 else "")
            raise InputError([Problem(source.name, f"lists of less than {width} cells: records {shown}.")])
        first, has_header = find_header(rows)
        start = first + has_header
        names = rows[first] if has_header else [f"column {letter(position)}" for position in range(width)]
        numbers = np.array([number for number, _ in records[start:]], dtype=np.int64)
        columns = [column_of([row[position] for row in rows[start:]]) for position in range(width)]
        return Grid(source.name, names, columns, numbers, sheet=sheet, folder=source.folder, has_header=has_header)
    kinds = sorted({type(record).__name__ for _, record in records})
    raise _refuse(source, f"holds a list of {' and '.join(kinds)}, which is no table.")


def _of_object(value: dict[str, Any], source: Source, settings: Settings, sheet: str) -> list[Grid]:
    """Return the grids of one JSON object."""
    inner = list(value.values())
    if not inner:
        raise _refuse(source, "holds an empty object.")
    lists = {key: one for key, one in value.items() if isinstance(one, list) and one}
    tables = {key: one for key, one in lists.items() if all(isinstance(record, (dict, list)) for record in one)}
    if tables and not any(isinstance(one, dict) for one in inner):
        alone = len(tables) == 1
        return [
            _of_list(list(enumerate(one, 1)), source, settings, sheet if alone else key) for key, one in tables.items()
        ]
    if len(lists) == len(inner) > 1 and len({len(one) for one in lists.values()}) == 1:
        rows = [(number, dict(zip(lists, row, strict=True))) for number, row in
                enumerate(zip(*lists.values(), strict=True), 1)]  # fmt: skip
        return [_of_records(rows, source, settings, sheet)]
    if all(isinstance(one, dict) for one in inner):
        if len(inner) == 1 and any(isinstance(one, (dict, list)) for one in inner[0].values()):
            return _of_object(inner[0], source, settings, sheet)
        return [_of_map(value, source, settings, sheet)]
    if all(not isinstance(one, (dict, list)) for one in inner) and not sum(map(is_known, value)) >= 2:
        rows = [(number, {"item": key, "label": one}) for number, (key, one) in enumerate(value.items(), 1)]
        return [_of_records(rows, source, settings, sheet)]
    return [_of_records([(1, value)], source, settings, sheet)]


def _of_map(value: Mapping[str, Mapping[str, Any]], source: Source, settings: Settings, sheet: str) -> Grid:
    """Return the grid of {item: record} or of the nested map {item: {annotator: label}}, whichever way round."""
    inner_keys = list(dict.fromkeys(key for one in value.values() for key in one))
    if sum(map(is_known, value)) >= 2 and is_index(inner_keys) and not all(map(names_a_person, value)):
        return _of_records(
            [
                (number, {name: one[key] for name, one in value.items() if key in one})
                for number, key in enumerate(inner_keys, 1)
            ],
            source, settings, sheet,
        )  # fmt: skip
    if sum(map(is_known, inner_keys)) >= max(1, len(inner_keys) / 3) and not all(map(names_a_person, inner_keys)):
        own = any(item_rank(key) is not None and item_rank(key) <= 2 for key in inner_keys)  # type: ignore[operator]
        name = "key" if own else "item_id"
        return _of_records(
            [(number, {name: key, **one}) for number, (key, one) in enumerate(value.items(), 1)],
            source, settings, sheet,
        )  # fmt: skip
    outer_is_item = _outer_is_item(list(value), inner_keys, source, settings)
    outer, inside = ("item_id", "annotator") if outer_is_item else ("annotator", "item_id")
    rows: list[Row] = []
    for number, (key, one) in enumerate(value.items(), 1):
        for who, answer in one.items():
            base = {outer: key, inside: who}
            if isinstance(answer, dict):
                rows.append((number, base | {str(name): part for name, part in answer.items()}))
            else:
                rows.append((number, base | {"label": answer}))
    return _of_records(rows, source, settings, sheet)


def is_index(keys: Sequence[str]) -> bool:
    """Return whether *keys* number the rows of a table, as in the columns of a data frame written as JSON."""
    return len(keys) > 1 and set(keys) == set(map(str, range(len(keys))))


def _outer_is_item(outer: Sequence[str], inner: Sequence[str], source: Source, settings: Settings) -> bool:
    """Return whether the outer keys of a nested map are the items."""
    if settings.columns.layout in ("nested", "transposed"):
        return settings.columns.layout == "nested"
    people = (all(map(names_a_person, outer)), all(map(names_a_person, inner)))
    if people[0] != people[1]:
        return people[1]
    numbered = (is_numbered(outer), is_numbered(inner))
    if numbered[0] != numbered[1]:
        return numbered[0]
    if len(outer) >= 2 * len(inner):
        return True
    if len(inner) >= 2 * len(outer):
        return False
    raise InputError(
        [
            Problem(
                source.name,
                f"two readings are possible: outer keys ({', '.join(outer[:3])} …) are items and inner keys "
                f"({', '.join(inner[:3])} …) annotators, or the other way round.",
                "Choose with --layout nested (items outside) or --layout transposed (annotators outside).",
            )
        ]
    )


def _of_records(records: Sequence[Row], source: Source, settings: Settings, sheet: str) -> Grid:
    """Return the grid of *records*: nested annotations get a row each, lists of scalars become list cells."""
    rows = _unfolded(records, settings)
    for number, record in rows:
        for key, value in record.items():
            if isinstance(value, list) and any(isinstance(one, dict) and set(one) >= SPAN_KEYS for one in value):
                raise InputError(
                    [
                        Problem(
                            f"{source.name}!{number}",
                            f"{key!r} holds spans, but the records can't be read as spans.",
                            'Give each record item, annotator and spans as {"start": 0, "end": 4, "label": "ORG"}.',
                        )
                    ]
                )
    names = list(dict.fromkeys(str(key) for _, record in rows for key in record))
    refuse_width(source.name, len(names))
    lists = {str(key) for _, record in rows for key, value in record.items() if isinstance(value, list)}
    columns = [column_of([_cell(record.get(name)) for _, record in rows]) for name in names]
    numbers = np.array([number for number, _ in rows], dtype=np.int64)
    return Grid(source.name, names, columns, numbers, sheet=sheet, folder=source.folder, lists=lists)


def _unfolded(records: Sequence[Row], settings: Settings) -> list[Row]:
    """Return *records* with one list of annotation objects, or one map of annotator to label, unfolded into rows."""
    keys = dict.fromkeys(key for _, record in records for key in record)
    for key in keys:
        values = [record[key] for _, record in records if record.get(key) is not None]
        if values and all(isinstance(one, list) for one in values):
            parts = [part for one in values for part in one]
            if parts and all(isinstance(part, dict) for part in parts) and _tells_who(parts):
                return [
                    (number, _without(record, key) | part)
                    for number, record in records
                    for part in record.get(key) or ()
                ]
        if values and all(map(_is_side_by_side, values)):
            return [
                (number, _without(record, key) | dict(zip(record[key], row, strict=True)))
                for number, record in records
                if record.get(key)
                for row in zip(*record[key].values(), strict=True)
            ]
        if values and all(isinstance(one, dict) for one in values) and _is_answer_map(key, values, settings):
            return [
                (number, _without(record, key) | {"annotator": who} | _answer(answer))
                for number, record in records
                for who, answer in (record.get(key) or {}).items()
            ]
    return [(number, _flat(record)) for number, record in records]


def _without(record: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return *record* without *key*, and without what its annotations will say themselves."""
    return {name: value for name, value in _flat(record).items() if name != key and not name.startswith(f"{key}.")}


def _answer(answer: object) -> dict[str, Any]:
    """Return one annotator's answer as columns."""
    return {str(key): value for key, value in answer.items()} if isinstance(answer, dict) else {"label": answer}


def _is_side_by_side(value: object) -> bool:
    """Return whether *value* holds lists of one length by name, of which one names annotators."""
    return (
        isinstance(value, dict)
        and len(value) > 1
        and all(isinstance(one, list) for one in value.values())
        and len({len(one) for one in value.values()}) == 1
        and _tells_who([value])
    )


def _tells_who(parts: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether annotation objects name their annotator."""
    return any(words(str(key)) in ROLES["annotator"] for key in parts[0])


def _is_answer_map(key: str, values: Sequence[Mapping[str, Any]], settings: Settings) -> bool:
    """Return whether the maps under *key* are annotator to label."""
    named = words(key) in (*ROLES["label"], *ROLES["annotator"]) or key in settings.columns.label
    inner = dict.fromkeys(str(name) for one in values for name in one)
    return named or (len(inner) > 1 and all(map(names_a_person, inner)))


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return *record* with nested objects as dotted names."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{name}": one for name, one in value.items()}
        else:
            flat[str(key)] = value
    return flat


def _cell(value: object) -> str:
    """Return a JSON value as the text of a cell."""
    if isinstance(value, (list, dict)):
        try:
            return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
        except TypeError:
            pass
        try:
            return json.dumps(value)  # numbers of more than 64 bits
        except RecursionError:
            raise _TooDeepError from None
    return plain(value)
