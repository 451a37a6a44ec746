"""Files to Annotations: find the loader by content, read, assemble."""

import sys
from collections.abc import Iterable
from os import PathLike

import pandas as pd

from agreement._discover import discover
from agreement.annotations import Annotations, Reading
from agreement.errors import InputError, Problem
from agreement.loaders._base import Loader as Loader
from agreement.loaders._base import Source as Source
from agreement.loaders._base import sources
from agreement.records import Records, assemble
from agreement.settings import Settings

GENERIC = "table"


def loaders() -> dict[str, Loader]:
    """Return all loaders by name."""
    return discover(sys.modules[__name__], "LOADER", Loader)


def load(paths: str | PathLike[str] | Iterable[str | PathLike[str]], settings: Settings | None = None) -> Annotations:
    """Return the annotations in *paths*: files, folders, globs, zip archives.

    Raises
    ------
    InputError
        Listing every problem of every file; also if two readings are possible, with the option that decides.
    """
    settings = settings or Settings()
    files = sources(paths)
    loader, mine = _choose(files, settings)
    records = loader.read(mine, settings)
    for file in files:
        if file not in mine:
            records.reading.warnings.append(f"{file.name} was not read: it is no {loader.title}.")
    records.reading.format = records.reading.format or loader.title
    records.reading.files = records.reading.files or [file.name for file in mine]
    return assemble(records, settings)


def _choose(files: list[Source], settings: Settings) -> tuple[Loader, list[Source]]:
    """Return the loader for *files* and those it accepts: the one asked for, else a platform's, else the generic one."""
    known = loaders()
    if settings.reading.format:
        if settings.reading.format not in known:
            raise InputError(
                [Problem("--format", f"{settings.reading.format!r} is unknown.", f"Known: {', '.join(known)}.")]
            )
        return known[settings.reading.format], files
    claims = {name: loader.accepts(files) for name, loader in known.items() if name != GENERIC}
    claims = {name: mine for name, mine in claims.items() if mine}
    if len(claims) > 1:
        raise InputError(
            [
                Problem(
                    ", ".join(file.name for file in files[:3]),
                    f"can be read as {' or as '.join(known[name].title for name in claims)}.",
                    f"Choose with --format {' or --format '.join(claims)}.",
                )
            ]
        )
    for name, mine in claims.items():
        return known[name], mine
    return known[GENERIC], files


def load_frame(frame: pd.DataFrame, settings: Settings | None = None) -> Annotations:
    """Return the annotations in a long *frame* with columns item, annotator, label."""
    return assemble(Records(frame, Reading(format="DataFrame", rows_read=len(frame))), settings or Settings())
