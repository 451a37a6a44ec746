"""Where the labels are: a URL, a Parquet file or a folder of them becomes an Ibis table; secrets never leave here."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from agreement._addresses import is_address, safe_name
from agreement._files import is_file, is_folder, is_there
from agreement.errors import InputError, Problem

if TYPE_CHECKING:
    import ibis.expr.types as ir

EXTRA = "pip install 'agreement-audit[warehouse]'"
OURS = ("table", "memory_limit", "threads")


@dataclass(frozen=True, slots=True)
class Opened:
    """A table in an engine.

    Parameters
    ----------
    table
        The Ibis table.
    name
        What messages and reports call it: no user, no password, no option.
    engine
        Name of the engine, e.g. ``duckdb``.
    """

    table: "ir.Table"
    name: str
    engine: str


def is_warehouse(path: str) -> bool:
    """Return whether *path* is for this package: a URL, a Parquet file, or a folder or glob of Parquet files.

    Examples
    --------
    >>> is_warehouse("duckdb:///labels.duckdb?table=labels"), is_warehouse("labels.parquet"), is_warehouse("a.csv")
    (True, True, False)
    """
    if is_address(path):
        return True
    if path.lower().endswith(".parquet"):
        return True
    place = Path(path)
    return is_folder(place) and any(place.rglob("*.parquet")) and not any(place.glob("*.csv"))


def open_table(url: str, spill: Path) -> Opened:
    """Return the table at *url*; what does not fit into the memory of an embedded engine goes to the folder *spill*.

    Raises
    ------
    InputError
        If the extra is not installed, or the file or table does not exist (naming those that do). What an engine
        raises is left as it is.
    """
    if importlib.util.find_spec("ibis") is None:
        raise InputError([Problem(safe_name(url), "needs the warehouse extra.", f"Install it: {EXTRA}")])
    try:
        parts = urlsplit(url) if is_address(url) else SplitResult("", "", url, "", "")
    except ValueError:
        parts = None
    if parts is None:
        raise InputError([Problem(safe_name(url), "is no address.", "Write engine://host/database?table=NAME.")])
    options = dict(parse_qsl(parts.query))
    if parts.scheme in ("", "duckdb"):
        return _duckdb(url, parts, options, spill)
    return _elsewhere(url, parts, options)


def failed(url: str, error: Exception) -> Problem:
    """Return the problem that an engine's *error* is, its secrets struck out."""
    what = " ".join(str(error).split())
    for secret in _secrets(url):
        what = what.replace(secret, "***")
    cut = what if len(what) <= 400 else what[:400] + " …"
    if isinstance(error, ImportError) and is_address(url):
        scheme = url.split(":", maxsplit=1)[0]
        return Problem(safe_name(url), f"{scheme} needs its own driver.", f"pip install 'ibis-framework[{scheme}]'")
    remedy = "Check the address, the table and your rights; then run it again: nothing was changed there."
    return Problem(safe_name(url), f"the engine says {type(error).__name__}: {cut.rstrip('.')}.", remedy)


def _secrets(url: str) -> list[str]:
    """Return what must not be printed of *url*, longest first: the whole of it, user and password, options."""
    if not is_address(url):
        return []
    parts = urlsplit(url)
    found = {url, parts.netloc} if "@" in parts.netloc or parts.query else set()
    user = parts.netloc.rpartition("@")[0]
    found |= {piece for raw in user.split(":") for piece in (raw, unquote(raw))}
    options = [(key, value) for key, value in parse_qsl(parts.query) if key not in OURS]
    found |= {value for _, value in options} | {user, parts.query}
    return sorted((piece for piece in found if len(piece) > 2), key=lambda piece: (-len(piece), piece))


def _duckdb(url: str, parts: SplitResult, options: dict[str, str], spill: Path) -> Opened:
    """Return a table of a DuckDB database, or Parquet files read by DuckDB."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    limits: dict[str, Any] = {key: value for key, value in options.items() if key in ("memory_limit", "threads")}
    limits |= {"temp_directory": str(spill)}
    path = unquote(parts.netloc + parts.path)
    place = Path(path)
    if not is_there(place) and parts.scheme and not parts.netloc:
        place = Path(path.lstrip("/"))
    pattern = any(letter in path for letter in "*?[")
    if is_folder(place) or pattern or place.suffix.lower() == ".parquet":
        files = sorted(place.parent.glob(place.name)) if pattern else [place]
        files = sorted(place.rglob("*.parquet")) if is_folder(place) else files
        missing = [file for file in files if not is_file(file)] or (not files and [place])
        if missing:
            raise InputError([Problem(safe_name(url), "there is no such Parquet file.", "Correct the path.")])
        connection = ibis.duckdb.connect(**limits)
        return Opened(connection.read_parquet([str(file) for file in files]), safe_name(url), "duckdb")
    if not is_file(place):
        remedy = "duckdb:///labels.duckdb is a file here, duckdb:////data/labels.duckdb one at the root."
        raise InputError([Problem(safe_name(url), "there is no such database file.", remedy)])
    connection = ibis.duckdb.connect(str(place), read_only=True, **limits)
    return Opened(_table(connection, options, url), safe_name(url), "duckdb")


def _elsewhere(url: str, parts: SplitResult, options: dict[str, str]) -> Opened:
    """Return a table of any other engine that Ibis opens."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    theirs = urlencode([(key, value) for key, value in options.items() if key not in OURS])
    connection = ibis.connect(urlunsplit((parts.scheme, parts.netloc, parts.path, theirs, "")))
    return Opened(_table(connection, options, url), safe_name(url), parts.scheme)


def _table(connection: Any, options: dict[str, str], url: str) -> "ir.Table":  # noqa: ANN401 - a class per engine
    """Return the table that the *options* name."""
    names = sorted(connection.list_tables())
    wanted = options.get("table", names[0] if len(names) == 1 else "")
    if wanted not in names:
        what = f"there is no table {wanted!r}." if wanted else "the address names no table."
        there = ", ".join(names[:30]) or "none"
        raise InputError([Problem(safe_name(url), what, f"Add ?table=NAME; tables there: {there}.")])
    table: ir.Table = connection.table(wanted)
    return table
