"""Write outputs so that a reader sees the old file or the whole new one, and never an input overwritten."""

import io
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from glob import glob, has_magic
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from agreement.errors import InputError, OutputError, Problem

NEVER_READ = (".html", ".htm", ".md", ".xml")


def checked(path: Path, inputs: Iterable[Path]) -> Path:
    """Return *path* if it can be written without harm; *inputs* are the files, folders and globs that were read.

    Raises
    ------
    OutputError
        If *path* is a folder, lies in a folder that does not exist, is one of the inputs, or exists in a folder
        that was read (it would be taken for an input the next time).
    """
    path = Path(path)
    try:
        path.exists()
    except (OSError, ValueError) as error:  # a name that is too long, or holds a NUL
        why = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"{path}: can't be written: {why}. Choose another name.") from None
    if path.is_dir():
        raise OutputError(f"{path}: is a folder. Name the file to write, e.g. {path / 'agreement-report.html'}.")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: the folder {path.parent} does not exist. Create it, or write elsewhere.")
    for given in _expanded(inputs):
        if not is_there(given) or not path.exists():
            continue
        if given.is_file() and path.samefile(given):
            raise OutputError(f"{path}: is an input and is never overwritten. Choose another name for the output.")
        inside = given.is_dir() and path.resolve().is_relative_to(given.resolve())
        if inside and path.suffix.lower() not in NEVER_READ:
            raise OutputError(
                f"{path}: exists in {given}, which was read as input, and may be an input itself. "
                "Write the output to another folder."
            )
    return path


def is_there(path: str | PathLike[str]) -> bool:
    """Return whether *path* exists; where a name is too long for the system Path.exists raises."""
    return os.path.exists(path)  # noqa: PTH110 - says why


def is_file(path: str | PathLike[str]) -> bool:
    """Return whether *path* is a regular file; where a name is too long for the system Path.is_file raises."""
    return os.path.isfile(path)  # noqa: PTH113 - says why


def is_folder(path: str | PathLike[str]) -> bool:
    """Return whether *path* is a folder; where a name is too long for the system Path.is_dir raises."""
    return os.path.isdir(path)  # noqa: PTH112 - says why


def _expanded(inputs: Iterable[Path]) -> Iterator[Path]:
    """Yield the paths that *inputs* stand for, globs resolved."""
    for given in inputs:
        text = str(given)
        if has_magic(text) and not is_there(given):
            # not Path.glob: it refuses absolute patterns
            yield from map(Path, sorted(glob(text, recursive=True)))  # noqa: PTH207
        else:
            yield Path(given)


@contextmanager
def replacing(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Open a file that takes the place of *path* when the block ends well, and vanishes when it does not.

    The new content is written beside *path*, flushed to the disk and moved over it in one step. Links are followed.
    A file that exists keeps its rights, a new one gets *mode* as far as the process's mask allows. Devices such as
    ``/dev/stdout`` are written directly.

    Raises
    ------
    OutputError
        If it can't be written; what was there before is untouched.
    """
    target = Path(path)
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("wb") as device:
                yield device
            return
        target = target.resolve()
        if target.exists() and not os.access(target, os.W_OK):
            raise OutputError(f"{path}: is write-protected. Change its rights, or write elsewhere.")
        draft, file = _draft(target.parent, mode)
        try:
            with file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                draft.chmod(stat.S_IMODE(target.stat().st_mode))
            draft.replace(target)
        except BaseException:
            # not when all went well: another thread may have a draft of that name by now
            draft.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputError(
            f"{path}: can't be written: {why}. What was there before is untouched; free the place or write elsewhere."
        ) from error


def _draft(folder: Path, mode: int) -> tuple[Path, BinaryIO]:
    """Return a new file in *folder* and its handle; no random name, and no file of another process is touched."""
    for number in range(1000):
        draft = folder / f".agreement-{os.getpid()}-{number}.tmp"
        with suppress(FileExistsError):
            # os.open applies the process's mask, which tempfile's 600 would ignore
            handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
            return draft, os.fdopen(handle, "wb")
    raise OutputError(f"{folder}: holds a thousand drafts of earlier runs (.agreement-*.tmp). Remove them.")


def _sync_folder(folder: Path) -> None:
    """Ask the disk to remember the move; file systems that can't open folders do without."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_regular(path: Path, where: str, most: int) -> bytes:
    """Return the content of *path*, which messages call *where*: never a pipe, a device, or more than *most* bytes.

    Raises
    ------
    InputError
        If it can't be read, or is none of a file that a person made.
    """
    try:
        if path.exists() and not (path.is_file() and path.stat().st_size <= most):
            raise InputError([Problem(where, f"is no regular file of at most {most:,} bytes.")])
        return path.read_bytes()
    except (OSError, ValueError) as error:  # a path with a NUL is a ValueError
        told = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(where, f"can't be read: {told}.", "Check the path and its rights.")]) from None


def write_bytes(path: Path, content: bytes, mode: int = 0o666) -> Path:
    """Write *content* to *path* as :func:`replacing` does, and return the path."""
    with replacing(path, mode) as file:
        file.write(content)
    return Path(path)


def write_text(path: Path, content: str) -> Path:
    """Write *content* as UTF-8 with the line ends it has, and return the path."""
    # a lone surrogate from a hostile input must not stop the output
    return write_bytes(path, content.encode("utf-8", errors="replace"))


def write_zipped(path: Path) -> Path:
    """Write the file *path* into a zip of the same name beside it and return the path of the zip.

    Mail gateways strip pages but let archives pass. The same page gives the same bytes: no clock in the archive.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        name = path.name.encode("utf-8", errors="replace").decode("utf-8")  # a byte that is no text has no place in it
        entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o644 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, path.read_bytes())
    return write_bytes(path.with_name(path.name + ".zip"), content.getvalue())


def made_folder(path: Path) -> Path:
    """Return the folder *path*, made if missing.

    Raises
    ------
    OutputError
        If it can't be made, or is a file.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: can't be used as a folder: {error.strerror}. Name another folder.") from error
    return Path(path)
