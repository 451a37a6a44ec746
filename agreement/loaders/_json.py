"""JSON and JSON lines: every record with its place, and every defect as a problem that names it."""

import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson

from agreement.errors import Problem
from agreement.loaders._base import Source

HALF = re.compile("[\ud800-\udfff]")
QUOTE, QUOTE_AS_NUMBER = b'"', b"\\u0022"
LISTED = 20
CUT_OFF = "Export the file again: it may have been cut off."


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector: it walks every parsed object again and again, and finds nothing to free."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def json_records(source: Source, problems: list[Problem]) -> list[tuple[int, Any]]:
    """Return the records of *source* with their numbers: lines of JSON lines, positions in a list, both from 1.

    A record that can't be parsed is left out and added to *problems*, and so is each key that occurs twice.
    """
    data = source.read()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", errors="replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    with collector_paused():
        if data.lstrip()[:1] == b"[" or not _has_one_record_a_line(data):
            whole = _parsed(data, source.name, problems)
            if whole is not None:
                note_repeated_keys(data, whole, source.name, problems)
            return list(enumerate(whole, 1)) if isinstance(whole, list) else [(1, whole)] if whole is not None else []
        records = []
        for number, line in enumerate(data.split(b"\n"), 1):
            if line.strip():
                record = _parsed(line, f"{source.name}!{number}", problems)
                if record is not None:
                    note_repeated_keys(line, record, f"{source.name}!{number}", problems)
                    records.append((number, record))
        return records


def note_repeated_keys(text: bytes, value: Any, where: str, problems: list[Problem]) -> None:  # noqa: ANN401 - any JSON
    """Add a problem for each key that occurs twice in one object of *text*: a parser keeps the last without a word.

    What was left out took its quotes along, so that *value* written out has fewer of them; only such a text is parsed
    slowly. A quote may also be written as a number, in which case nothing can be told by counting.
    """
    try:
        written = sum(orjson.dumps(one).count(QUOTE) for one in (value if isinstance(value, list) else [value]))
    except TypeError:  # numbers of more than 64 bits
        written = -1
    if text.count(QUOTE) == written and QUOTE_AS_NUMBER not in text:
        return

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        one = dict(pairs)
        if len(one) == len(pairs):
            return one
        given: dict[str, list[Any]] = {}
        for key, inner in pairs:
            given.setdefault(key, []).append(inner)
        for key, values in given.items():
            if any(other != values[0] for other in values) and len(problems) < LISTED:
                shown = " and ".join(str(inner)[:40] for inner in values[:3])
                told = f"the key {key!r} occurs twice in one object ({shown})."
                problems.append(Problem(where, told, "Keep one of them."))
        return one

    with suppress(ValueError, RecursionError):  # what can't be read was said
        json.loads(text.decode("utf-8"), object_pairs_hook=note)


def _has_one_record_a_line(data: bytes) -> bool:
    """Return whether the first line, or else the second, is a whole JSON value."""
    lines = [line for line in data.lstrip().split(b"\n", 2)[:2] if line.strip()]
    return any(_parsed(line, "", []) is not None for line in lines)


def _whole(value: Any) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return *value* with U+FFFD for each half of a surrogate pair: no text can be written with one in it."""
    if isinstance(value, str):
        return HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(one) for key, one in value.items()}
    return value


def _parsed(text: bytes, where: str, problems: list[Problem]) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return the parsed JSON, or None after adding a problem."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "depth limit" in str(error):
            problems.append(Problem(where, "is nested more than 1024 levels deep.", "This is no annotation export."))
            return None
    try:
        # NaN, numbers of more than 64 bits and halves of surrogate pairs are no JSON, yet exports hold them
        return _whole(json.loads(text.decode("utf-8")))
    except UnicodeDecodeError as error:
        problems.append(Problem(where, f"is not UTF-8 at byte {error.start}.", "Save the file as UTF-8."))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        problems.append(Problem(where, f"is not valid JSON at {place}: {error.msg}.", CUT_OFF))
    except (RecursionError, ValueError):
        problems.append(Problem(where, "holds JSON that can't be read.", CUT_OFF))
    return None
