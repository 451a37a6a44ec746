"""What a loader is, and the files it is offered."""

import io
import os
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from glob import glob, has_magic
from os import PathLike
from pathlib import Path, PurePosixPath

from agreement._addresses import is_address, safe_name
from agreement._files import is_there
from agreement.errors import InputError, Problem
from agreement.loaders._outline import outline
from agreement.records import Records
from agreement.settings import Settings

HEAD_BYTES = 65_536
# what zipfile raises for archives that are damaged, locked or packed in a way that it does not know
UNPACKABLE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError)
JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db", ".git", "__pycache__")


@dataclass(frozen=True)
class Source:
    """One file offered to the loaders: on disk, or a member of a zip archive.

    Parameters
    ----------
    path
        The file on disk; for a member of an archive, the archive.
    name
        What messages call it: relative to what the user named, with forward slashes.
    member
        Name inside the archive, None for a plain file.
    size
        In bytes, as the archive declares it.
    archive
        What the member is read from, opened once for all: its directory may list a hundred thousand files.
    """

    path: Path
    name: str
    member: str | None = None
    size: int = field(default=0, compare=False)
    archive: zipfile.ZipFile | None = field(default=None, compare=False, repr=False)

    @property
    def stem(self) -> str:
        """File name without folder and last suffix."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """Last suffix in lower case, with its dot."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def folder(self) -> str:
        """Name of the folder that holds the file, empty at the top."""
        return PurePosixPath(self.name).parent.name

    def read(self) -> bytes:
        """Return the whole content."""
        if self.archive is None:
            return self.path.read_bytes()
        return self._unpacked(self.archive, -1)

    @cached_property
    def head(self) -> bytes:
        """The first ``HEAD_BYTES`` bytes, for detection."""
        if self.archive is None:
            with self.path.open("rb") as file:
                return file.read(HEAD_BYTES)
        return self._unpacked(self.archive, HEAD_BYTES)

    def _unpacked(self, archive: zipfile.ZipFile, size: int) -> bytes:
        """Return the first *size* bytes of a member of *archive*, all of them for -1; never more than it declared."""
        try:
            with archive.open(self.member or "") as member:
                return member.read(size)
        except UNPACKABLE as error:
            raise InputError(
                [Problem(self.name, f"can't be unpacked: {error}.", "Unpack the archive and name the folder.")]
            ) from None

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of the first JSON object as dotted paths, for detection; empty if it is no JSON."""
        return outline(self.json_head)

    @property
    def json_head(self) -> bytes:
        """The first bytes as UTF-8, which JSON is when it is not UTF-16 with a byte order mark."""
        if self.head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return self.head.decode("utf-16", errors="ignore").encode(errors="replace")
        return self.head


@dataclass(frozen=True, slots=True)
class Loader:
    """How one input format is recognised and read.

    Parameters
    ----------
    name
        What ``--format`` and the reading call it.
    title, export
        What a person calls the format, and how to export it so that nothing is lost.
    accepts
        Returns the files, of those offered, that are certainly of this format, judged by content.
    read
        Returns the records of the files accepted. Raises InputError listing every problem of every file.
    takes
        Keys of ``[columns]`` and ``[reading]`` that only some formats have a use for; None: any column can be named.
    """

    name: str
    title: str
    export: str
    accepts: Callable[[Sequence[Source]], list[Source]] = field(repr=False)
    read: Callable[[Sequence[Source], Settings], Records] = field(repr=False)
    takes: frozenset[str] | None = frozenset()


def sources(paths: str | PathLike[str] | Iterable[str | PathLike[str]]) -> list[Source]:
    """Return the files that *paths* stand for: files, folders (read through), globs, members of zip archives.

    Raises
    ------
    InputError
        Listing every path that does not exist, is not a regular file or folder, or holds nothing.
    """
    found: list[Source] = []
    problems: list[Problem] = []
    for path in [paths] if isinstance(paths, (str, PathLike)) else list(paths):
        text = str(path)
        if is_address(text) or text.lower().endswith(".parquet"):
            told = "is a table, which only the commands audit and check read where it is."
            remedy = "Export the labels to a file for the others; in Python call agreement.warehouse.audit_warehouse."
            problems.append(Problem(safe_name(text), told, remedy))
            continue
        if "\0" in text:
            problems.append(Problem(repr(text), "is no path.", "Correct the name."))
            continue
        # not Path.glob: it refuses absolute patterns
        matches = sorted(glob(text, recursive=True)) if has_magic(text) and not is_there(text) else [text]  # noqa: PTH207
        if not matches:
            problems.append(Problem(text, "matches no file.", "Check the pattern."))
        for match in matches:
            try:
                found += _expand(Path(match))
            except InputError as error:
                problems += error.problems
            except OSError as error:
                problems.append(
                    Problem(match, f"can't be read: {error.strerror or error}.", "Check the path and its rights.")
                )
    if problems:
        raise InputError(problems)
    if not found:
        raise InputError([Problem("input", "no file was given.", "Name the files or folders to audit.")])
    once = {(file.path.resolve(), file.member): file for file in reversed(found)}
    return _told_apart(list(reversed(once.values())))


def _told_apart(files: list[Source]) -> list[Source]:
    """Return *files*; if two have one name, such as ``ana/1.ann`` and ``ben/1.ann`` named one by one, with folders."""
    if len({file.name for file in files}) == len(files):
        return files
    common = os.path.commonpath([file.path.absolute().parent for file in files])
    return [
        replace(file, name="/".join(filter(None, (file.path.absolute().relative_to(common).as_posix(), file.member))))
        for file in files
    ]


def _expand(path: Path) -> list[Source]:
    """Return the files of one existing path."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        inside = [
            file
            for file in sorted(path.rglob("*"))
            if file.is_file() and not any(part in JUNK or part.startswith(".") for part in file.relative_to(path).parts)
        ]
        if not inside:
            raise InputError([Problem(str(path), "holds no readable file.", "Name the folder that holds the export.")])
        outside = [file for file in inside if not _stays_inside(file, path)]
        if outside:
            raise InputError(
                [
                    Problem(str(file), "is a link that leads out of the folder.", "Name the file itself, or remove it.")
                    for file in outside
                ]
            )
        return [source for file in inside for source in _file(file, file.relative_to(path.parent).as_posix())]
    if not stat.S_ISREG(mode):
        raise InputError([Problem(str(path), "is not a regular file.", "Name a file or a folder.")])
    return _file(path, path.name)


def _stays_inside(file: Path, folder: Path) -> bool:
    """Return whether *file* is no link that leads out of *folder*, as an archive of strangers may hold."""
    return not file.is_symlink() or file.resolve().is_relative_to(folder.resolve())


def _file(path: Path, name: str) -> list[Source]:
    """Return the file itself, or the members of a plain zip archive (xlsx files are zips, but one document)."""
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # names of files are bytes on Unix
    size = path.stat().st_size
    if size == 0:
        return [Source(path, name, None, 0)]
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xlsb", ".ods") or not zipfile.is_zipfile(path):
        return [Source(path, name, None, size)]
    try:
        archive = zipfile.ZipFile(path)
        infos = archive.infolist()
    except UNPACKABLE as error:
        raise InputError([Problem(name, f"is a damaged archive: {error}.", "Export it again.")]) from None
    if not DOCUMENT_PARTS.isdisjoint(info.filename for info in infos):
        return [Source(path, name, None, size)]
    return _members(path, name, archive, [info for info in infos if not info.is_dir()])


DOCUMENT_PARTS = frozenset({"[Content_Types].xml", "mimetype"})
MAX_MEMBERS = 100_000
MAX_INFLATED = 4 * 2**30
MAX_RATIO = 200


def _members(path: Path, name: str, archive: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo]) -> list[Source]:
    """Return the members of a zip archive, refusing bombs and paths that lead outside."""
    problems = _dangers(infos, path.stat().st_size, name)
    if problems:
        raise InputError(problems)
    return [
        Source(path, f"{name}/{info.filename}", info.filename, info.file_size, archive)
        for info in sorted(infos, key=lambda info: info.filename)
        if not any(part in JUNK or part.startswith(".") for part in PurePosixPath(info.filename).parts)
    ]


def inner_members(source: Source) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each member of *source*, an archive inside an archive or a folder.

    Raises
    ------
    InputError
        If it can't be unpacked, or should not be: the limits are those of an archive that is named itself.
    """
    content = source.read()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            problems = _dangers(infos, len(content), source.name)
            if problems:
                raise InputError(problems)
            for info in infos:
                yield info.filename, archive.read(info)
    except UNPACKABLE as error:
        raise InputError([Problem(source.name, f"can't be unpacked: {error}.", "Export it again.")]) from None


def _dangers(infos: Sequence[zipfile.ZipInfo], packed: int, name: str) -> list[Problem]:
    """Return why an archive of *packed* bytes should not be unpacked: it grows beyond measure, leads out, is locked."""
    inflated = sum(info.file_size for info in infos)
    problems = []
    if len(infos) > MAX_MEMBERS or inflated > MAX_INFLATED or inflated > MAX_RATIO * max(packed, 2**20):
        problems.append(
            Problem(
                name,
                f"holds {len(infos):,} files of {inflated:,} bytes in {packed:,}.",
                "Unpack it and name the folder.",
            )
        )
    twice = [member for member, times in Counter(info.filename for info in infos).items() if times > 1]
    if twice:
        problems.append(Problem(name, f"holds {twice[0]!r} twice, of which only one can be read.", "Export it again."))
    for info in infos:
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if info.filename.startswith(("/", "\\")) or ".." in parts or (parts and ":" in parts[0]):
            problems.append(
                Problem(name, f"holds {info.filename!r}, a path outside the archive.", "Export the archive again.")
            )
        if info.flag_bits & 0x1:
            problems.append(Problem(name, f"{info.filename!r} is encrypted.", "Export it without a password."))
    return problems
