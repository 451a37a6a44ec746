"""Ranked lists: a table with query, item and rank, or a run as TREC writes it."""

import re

import pandas as pd

from agreement.annotations import Reading
from agreement.errors import InputError, Problem
from agreement.loaders._base import Source, sources
from agreement.loaders._grids import Grid
from agreement.loaders._vocabulary import item_rank, words
from agreement.loaders.table import grids_of
from agreement.settings import Settings

COLUMNS = ("query", "item", "rank", "system", "row")
QUERIES = ("query", "query_id", "qid", "topic", "topic_id", "question_id")
ITEMS = ("item", "document", "doc", "docid", "doc_id", "document_id", "docno", "passage_id", "pid")
RANKS = ("rank", "position", "pos")
SYSTEMS = ("system", "run", "run_id", "tag", "model", "system_id")
TREC = re.compile(r"(\S+)[ \t]+Q0[ \t]+(\S+)[ \t]+(\d{1,9})[ \t]+(\S+)(?:[ \t]+(\S+))?[ \t]*")


def read_ranking(path: str, settings: Settings) -> pd.DataFrame:
    """Return the ranked lists in the file *path*: columns ``COLUMNS``, text but for rank and row.

    Raises
    ------
    InputError
        If columns are missing, or naming every rank that is no whole number.
    """
    (source, *more) = sources([path])
    if more:
        raise InputError([Problem(path, "is several files; a ranked list is one.", "Name the file.")])
    first = source.head.decode("utf-8", "replace").split("\n", 1)[0].rstrip("\r")
    if TREC.fullmatch(first):
        return _trec(source)
    plain = settings.model_copy(update={"columns": type(settings.columns)()})
    grids = grids_of(source, Reading(), plain)
    if len(grids) != 1:
        what = "holds several tables; a ranked list is one." if grids else "holds no table."
        raise InputError([Problem(path, what, "Name a file with one table.")])
    return _table(grids[0])


def _trec(source: Source) -> pd.DataFrame:
    """Return the lists of a TREC run: query, Q0, document, rank, score, tag."""
    rows, problems = [], []
    for number, line in enumerate(source.read().decode("utf-8-sig", "replace").splitlines(), 1):
        match = TREC.fullmatch(line)
        if match:
            rows.append((match[1], match[2], int(match[3]), match[5] or source.stem, number))
        elif line.strip():
            what = f"is no line of a TREC run: {line[:60]!r}."
            problems.append(Problem(f"{source.name}!{number}", what, "Write query, Q0, document, rank, score and tag."))
    if problems:
        raise InputError(problems[:20])
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _table(grid: Grid) -> pd.DataFrame:
    """Return the lists of a table whose columns say what they are."""
    found = {
        role: next((at for at, name in enumerate(grid.names) if words(name) in names), None)
        for role, names in (("query", QUERIES), ("item", ITEMS), ("rank", RANKS), ("system", SYSTEMS))
    }
    if found["item"] is None:
        ranked = [(rank, at) for at, name in enumerate(grid.names) if (rank := item_rank(name)) is not None]
        ranked = [(rank, at) for rank, at in ranked if at != found["query"]]
        found["item"] = min(ranked)[1] if ranked else None
    missing = [role for role in ("query", "item", "rank") if found[role] is None]
    if missing:
        names = ", ".join(map(repr, grid.names[:20]))
        what = f"a ranked list needs the columns query, item and rank; missing: {', '.join(missing)} (found: {names})."
        raise InputError([Problem(grid.source, what, "Rename the columns.")])
    columns = {role: [cell.strip() for cell in grid.texts(at)] for role, at in found.items() if at is not None}
    frame = pd.DataFrame(columns).assign(row=grid.rows)
    ranks = pd.to_numeric(frame["rank"], errors="coerce")
    wrong = ranks.isna() | (ranks % 1 != 0) | frame["query"].eq("") | frame["item"].eq("")
    if wrong.any():
        raise InputError(
            [
                Problem(
                    f"{grid.source}!{row}",
                    f"query {query!r}, item {item!r}, rank {text!r}: each is needed, and a rank is a whole number.",
                    "Correct the row.",
                )
                for row, query, item, text in frame.loc[wrong, ["row", "query", "item", "rank"]].head(20).to_numpy()
            ]
        )
    frame = frame.assign(rank=ranks.astype("int64"))
    return frame.assign(system=frame.get("system", "ranking"))[list(COLUMNS)]
