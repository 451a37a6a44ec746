"""Tables in any shape: CSV, TSV, Excel, JSON and JSON lines; one file or many, one sheet or many."""

import re
from collections.abc import Sequence

from agreement.annotations import Reading
from agreement.errors import InputError, Problem
from agreement.guidelines import Guidelines
from agreement.loaders._base import Loader, Source, sources
from agreement.loaders._combine import combine
from agreement.loaders._decoding import text_bytes
from agreement.loaders._grids import Grid
from agreement.loaders._guidelines import guidelines_from_grid, guidelines_from_markdown, is_guideline
from agreement.loaders._json_tables import read_json_tables
from agreement.loaders._text_tables import read_text_table
from agreement.loaders._workbooks import is_workbook, read_workbook
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said
from agreement.wording.reading import guidelines_differ, no_table

JSON_SUFFIXES = (".json", ".jsonl", ".ndjson", ".jsonlines", ".geojson")
PROSE = (".txt", ".dat")
OTHER_SUFFIXES = (
    ".md", ".markdown", ".toml", ".yaml", ".yml", ".py", ".r", ".ipynb", ".html", ".htm", ".xml", ".pdf", ".docx",
    ".doc", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".log", ".ann", ".conf", ".rtf",
)  # fmt: skip


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records of tables.

    Raises
    ------
    InputError
        Listing every problem of every file; also if two readings are possible, with the option that decides.
    """
    reading = Reading(format="table")
    grids = _all_grids(files, reading, settings)
    prose = {grid.file for grid in grids if _is_prose(grid)} if len(grids) > 1 else set()
    grids = [grid for grid in grids if grid.file not in prose]
    problems = [problem for grid in grids for problem in _tidy(grid)]
    if problems:
        raise InputError(problems)
    read_from = {grid.file for grid in grids}
    reading.files = [file.name for file in files if file.name in read_from]
    reading.warnings += [no_table(file.name) for file in files if file.name not in read_from]
    guidelines, grids = _guidelines(grids, reading, settings)
    records = combine(grids, reading, settings)
    records.guidelines = guidelines
    return records


def _all_grids(files: Sequence[Source], reading: Reading, settings: Settings) -> list[Grid]:
    """Return the grids in all *files* that may hold tables, or raise every problem with them."""
    problems: list[Problem] = []
    prose: list[Problem] = []  # notes beside tables are no tables, and nobody claims they are
    grids: list[Grid] = []
    for file in files:
        if _is_other(file):
            continue
        try:
            grids += grids_of(file, reading, settings)
        except InputError as error:
            (prose if file.suffix in PROSE else problems).extend(error.problems)
    if not grids:
        problems += prose
    if not grids and not problems:
        names = ", ".join(file.name for file in files[:10])
        problems.append(Problem(names, "holds no table.", "Name CSV, TSV, xlsx, JSON or JSON lines files."))
    if problems:
        raise InputError(problems)
    return grids


def _is_other(file: Source) -> bool:
    """Return whether *file* is certainly no table, by its name."""
    return file.suffix in OTHER_SUFFIXES


def grids_of(file: Source, reading: Reading, settings: Settings) -> list[Grid]:
    """Return the grids in one file, judged by its content before its name."""
    head = file.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if is_workbook(file):
        found = read_workbook(file, reading, settings)
        wanted = settings.columns.sheets
        if wanted:
            missing = [name for name in wanted if name not in {grid.sheet for grid in found}]
            if missing:
                names = ", ".join(repr(grid.sheet) for grid in found)
                raise InputError(
                    [
                        Problem("--sheet", f"{file.name} has no sheet {name!r}.", f"There are: {names}.")
                        for name in missing
                    ]
                )
            found = [grid for grid in found if grid.sheet in wanted]
        if not found:
            raise InputError([Problem(file.name, "holds no visible sheet with cells.", "Unhide it, or pass --hidden.")])
        return found
    if file.suffix in JSON_SUFFIXES or (head[:1] in (b"{", b"[") and file.suffix not in (".csv", ".tsv")):
        return read_json_tables(file, settings)
    return [read_text_table(file, reading, settings)]


def _is_prose(grid: Grid) -> bool:
    """Return whether a text file is running text: one column of lines."""
    return (
        not grid.sheet
        and (len(grid.names) == 1 or (not grid.has_header and len(grid) < 3))
        and (grid.file.lower().endswith(PROSE))
    )


def _tidy(grid: Grid) -> list[Problem]:
    """Drop blank columns and rows of *grid*; return a problem for each column name that occurs twice."""
    blank = [position for position in range(len(grid.names)) if grid.blank(position).all()]
    nameless = [position for position in blank if not grid.has_header or _ours(grid.names[position])]
    grid.drop_columns(nameless)
    if grid.columns:
        filled = ~grid.blank(0)
        for position in range(1, len(grid.columns)):
            if filled.all():
                break
            filled |= ~grid.blank(position)
        if not filled.all():
            grid.keep(filled)
    if grid.sheet and not len(grid):
        return []
    if not len(grid):
        return [Problem(grid.source, "has a header but no rows.", "Export it with its labels.")]
    places: dict[str, list[str]] = {}
    for name, place in zip(grid.names, grid.letters, strict=True):
        places.setdefault(name, []).append(place)
    return [
        Problem(
            f"{grid.source}!{grid.header_row or 1}",
            f"{len(found)} columns are called {name!r} ({', '.join(found)}).",
            "Give every column a name of its own.",
        )
        for name, found in places.items()
        if len(found) > 1
    ]


def _ours(name: str) -> bool:
    """Return whether a column's name was made up here, because its header cell is blank."""
    return re.fullmatch(r"column [A-Z]+", name) is not None


def _guidelines(grids: list[Grid], reading: Reading, settings: Settings) -> tuple[Guidelines, list[Grid]]:
    """Return the guideline, from the file or sheet that the settings name or that looks like one, and other grids."""
    named = settings.sections.file
    if named and not any(grid.sheet == named for grid in grids):
        return read_guidelines(named, reading, settings), [grid for grid in grids if not is_guideline(grid)]
    mine = [grid for grid in grids if (grid.sheet == named if named else is_guideline(grid))]
    if not mine:
        return Guidelines(), grids
    found = [guidelines_from_grid(grid) for grid in mine]
    if any(other.sections != found[-1].sections for other in found):
        names = ", ".join(other.source for other in found)
        reading.warnings.append(guidelines_differ(names, found[-1].source))
    return found[-1], [grid for grid in grids if not any(grid is one for one in mine)]


def read_guidelines(path: str, reading: Reading, settings: Settings) -> Guidelines:
    """Return the guideline in the file *path*: Markdown, CSV or a workbook.

    Raises
    ------
    InputError
        If the file can't be read or holds no section.
    """
    source = sources([path])[0]
    if source.suffix in (".md", ".markdown", ".txt"):
        found = guidelines_from_markdown(text_bytes(source, reading, None).decode("utf-8", "replace"), source.name)
    else:
        grids = grids_of(source, Reading(), settings.model_copy(update={"columns": type(settings.columns)()}))
        fitting = [grid for grid in grids if is_guideline(grid)] or grids
        found = guidelines_from_grid(fitting[0]) if fitting else Guidelines()
    if not found.sections:
        raise InputError(
            [
                Problem(
                    path,
                    "holds no guideline section.",
                    "Give Markdown with a heading for each section, or a table with the columns section, title, text.",
                )
            ]
        )
    return found


LOADER = Loader(
    *said.called("table"), accepts=lambda files: [file for file in files if not _is_other(file)], read=read, takes=None
)
