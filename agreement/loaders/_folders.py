"""Which level of a path names the annotator, and which the document."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from agreement.loaders._base import Source


def annotators_and_documents(files: Sequence[Source]) -> tuple[list[str], list[str]]:
    """Return the annotator and the document of each file.

    Where file names repeat in several folders, the annotator is the level of folders without which most names
    coincide, and the rest names the document. Where none repeats, the file's name is the annotator and the document
    is the same for all.

    Examples
    --------
    >>> from pathlib import Path
    >>> def named(*names): return [Source(Path(name), name) for name in names]
    >>> annotators_and_documents(named("p/ana/1.ann", "p/ana/2.ann", "p/ben/1.ann"))
    (['ana', 'ana', 'ben'], ['1', '2', '1'])
    >>> annotators_and_documents(named("ana.conll", "ben.conll"))
    (['ana', 'ben'], ['', ''])
    """
    level, parts = _folder_level(files)
    if level is None or len({path[-1] for path in parts}) == len(parts):
        return [file.stem for file in files], [""] * len(files)
    return _split(parts, level)


def annotator_folders(files: Sequence[Source]) -> tuple[list[str], list[str]]:
    """Return the annotator and the document of each file where a folder is the annotator by definition."""
    level, parts = _folder_level(files)
    if level is None:
        return ["(unnamed)"] * len(files), ["/".join(path) for path in parts]
    return _split(parts, level)


def _folder_level(files: Sequence[Source]) -> tuple[int | None, list[tuple[str, ...]]]:
    """Return the level of the folder that is the annotator, None without folders, and the paths without suffix."""
    parts = [PurePosixPath(file.name).with_suffix("").parts for file in files]
    depth = min(map(len, parts), default=1) - 1
    if depth == 0:
        return None, parts
    shared = next((level for level in range(depth) if len({path[level] for path in parts}) > 1), depth - 1)
    best = min(range(shared, depth), key=lambda level: len({_document(path, shared, level) for path in parts}))
    return best - shared, [path[shared:] for path in parts]


def _document(path: tuple[str, ...], shared: int, level: int) -> tuple[str, ...]:
    """Return what is left of *path* without the folders all share and without the one at *level*."""
    return path[shared:level] + path[level + 1 :]


def _split(parts: Sequence[tuple[str, ...]], level: int) -> tuple[list[str], list[str]]:
    """Return the folder at *level*, and the rest, of each path."""
    return [path[level] for path in parts], ["/".join(path[:level] + path[level + 1 :]) for path in parts]
