"""JSON and JSON lines: every record with its place, and every defect as a problem that names it."""

import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from agreement.errors import Problem
from agreement.loaders._base import Source

HALF = re.compile("[\ud800-\udfff]")
CHECKED_BYTES = 1 << 26
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

    A record that can't be parsed is left out and added to *problems*.
    """
    data = source.read()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", errors="replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    with collector_paused():
        if data.lstrip()[:1] == b"[" or not _has_one_record_a_line(data):
            whole = _parsed(data, source.name, problems)
            return list(enumerate(whole, 1)) if isinstance(whole, list) else [(1, whole)] if whole is not None else []
        records = []
        for number, line in enumerate(data.split(b"\n"), 1):
            if line.strip():
                record = _parsed(line, f"{source.name}!{number}", problems)
                if record is not None:
                    records.append((number, record))
        return records


def refuse_repeated_keys(source: Source, problems: list[Problem]) -> None:
    """Add a problem for each key that occurs twice in one object: a parser keeps the last and says nothing."""
    if source.size > CHECKED_BYTES:
        return

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        one = dict(pairs)
        if len(one) < len(pairs) and len(problems) < LISTED:
            seen: set[str] = set()
            key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            values = " and ".join(str(value)[:40] for name, value in pairs if name == key)
            problems.append(
                Problem(source.name, f"the key {key!r} occurs twice in one object ({values}).", "Keep one of them.")
            )
        return one

    try:
        json.loads(source.read().decode("utf-8-sig"), object_pairs_hook=note)
    except (ValueError, RecursionError):
        return  # what can't be read was said, or is JSON lines


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
