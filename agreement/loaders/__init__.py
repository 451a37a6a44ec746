"""Files to Annotations: find the loader by content, read, assemble."""

import sys
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from agreement._discover import discover
from agreement._files import is_file
from agreement.annotations import Annotations
from agreement.errors import InputError, Problem
from agreement.loaders._base import Loader as Loader
from agreement.loaders._base import Source as Source
from agreement.loaders._base import sources
from agreement.loaders._consensus_file import consensus_records
from agreement.loaders._frames import frame_records
from agreement.loaders._gold_file import with_gold
from agreement.loaders._suspects import note_suspects
from agreement.loaders._unused import note_unused, refuse_missing_places, refuse_of_frame, refuse_unused
from agreement.records import Records, assemble
from agreement.settings import Columns, Settings, with_options
from agreement.wording import reading as said

GENERIC = "table"


def loaders() -> dict[str, Loader]:
    """Return all loaders by name."""
    return discover(sys.modules[__name__], "LOADER", Loader)


def load(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    settings: Settings | None = None,
    **options: Any,  # noqa: ANN401 - each option has a type of its own
) -> Annotations:
    """Return the annotations in *paths*: files, folders, globs, zip archives.

    *options* are those of the command line by name, e.g. ``item="ticket"``; they win over *settings*.

    Raises
    ------
    InputError
        Listing every problem of every file; also if two readings are possible, with the option that decides.
    SettingsError
        If an option is unknown or not allowed.
    """
    settings = with_options(settings, options)
    files = sources(paths)
    loader, mine = _choose(files, settings)
    refuse_unused(mine, loader, settings)
    records = loader.read(mine, settings)
    accepted = set(mine)
    for file in files:
        if file not in accepted:
            records.reading.warnings.append(said.not_of_format(file.name, loader.title))
    records.reading.format = records.reading.format or loader.title
    records.reading.files = records.reading.files or [file.name for file in mine]
    gold = settings.columns.gold
    if gold and is_file(gold):
        consensus = consensus_records(Path(gold), records)
        records = with_gold(records, consensus or _read_gold(gold, settings), Path(gold).name)
    elif gold and gold in set(records.rows["annotator"]):
        records.kinds[gold] = "gold"
    annotations = note_suspects(assemble(records, settings))
    refuse_missing_places(annotations, loader, settings)
    note_unused(annotations, settings, mine, loader)
    if gold and not (annotations.of_kind("gold") and _is_found(gold, annotations)):
        raise InputError(
            [Problem("--gold", f"there is no column, annotator, sheet or file {gold!r}.", _people(annotations))]
        )
    return annotations


def _is_found(gold: str, annotations: Annotations) -> bool:
    """Return whether what was named as *gold* is what is gold, not another column that is called so."""
    place = annotations.reading.columns.get("gold", "")
    return is_file(gold) or not place or gold in place or gold in annotations.annotators.index


def _people(annotations: Annotations) -> str:
    """Return a sentence that names the first annotators."""
    names = annotations.of_kind("human", "model", "curator")
    return f"Annotators: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}."


def _read_gold(path: str, settings: Settings) -> Records:
    """Return the records of the gold file at *path*; its columns are found by themselves."""
    plain = settings.model_copy(
        update={"columns": Columns(), "reading": settings.reading.model_copy(update={"format": None})}
    )
    loader, files = _choose(sources(path), plain)
    return loader.read(files, plain)


def _choose(files: list[Source], settings: Settings) -> tuple[Loader, list[Source]]:
    """Return the loader for *files* and those it accepts: the one asked for, a platform's, or else the generic one."""
    known = loaders()
    if settings.reading.format:
        if settings.reading.format not in known:
            raise InputError(
                [Problem("--read-as", f"{settings.reading.format!r} is unknown.", f"Known: {', '.join(known)}.")]
            )
        return known[settings.reading.format], files
    claims = {name: loader.accepts(files) for name, loader in known.items() if name != GENERIC}
    claims = {name: mine for name, mine in claims.items() if mine}
    if len(claims) > 1:
        raise InputError(_rival_claims(claims, known))
    for name, mine in claims.items():
        return known[name], mine
    return known[GENERIC], files


def _rival_claims(claims: Mapping[str, list[Source]], known: Mapping[str, Loader]) -> list[Problem]:
    """Return what to say when files can be read in several formats: each file so, or some files so and others so."""
    everything = [file for mine in claims.values() for file in mine]
    if len(set(everything)) < len(everything):
        return [
            Problem(
                _named(everything),
                f"can be read as {' or as '.join(known[name].title for name in claims)}.",
                f"Choose with --read-as {' or --read-as '.join(claims)}.",
            )
        ]
    return [
        Problem(
            _named(mine),
            f"{'are' if len(mine) > 1 else 'is'} {known[name].title}, others here are not.",
            f"Name only the files that hold the same labels once, for these with --read-as {name}; the others may be "
            "results or another export of the same project.",
        )
        for name, mine in claims.items()
    ]


def _named(files: Iterable[Source]) -> str:
    """Return the names of the first *files*."""
    names = list(dict.fromkeys(file.name for file in files))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def load_frame(frame: pd.DataFrame, settings: Settings | None = None) -> Annotations:
    """Return the annotations in a *frame* of any shape that a table file may have.

    Columns are recognised by name and content as in a file; numbers become text as a spreadsheet's do (``1.0`` is
    ``1``), missing values are blank, and the index is left out unless it has a name.

    Raises
    ------
    InputError
        Listing every problem; also if two readings are possible, with the setting that decides.

    Examples
    --------
    >>> frame = pd.DataFrame({"item": [1, 1, 2, 2], "annotator": ["Ana", "Ben"] * 2, "label": ["x", "x", "x", "y"]})
    >>> load_frame(frame).compared
    ('Ana', 'Ben')
    """
    settings = settings or Settings()
    refuse_of_frame(settings)
    annotations = note_suspects(assemble(frame_records(frame, settings), settings))
    note_unused(annotations, settings)
    return annotations
