"""Compiled templates, kept as Python keeps compiled modules: beside the source, and used while that is unchanged."""

import hashlib
import marshal
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, BytecodeCache


class CompiledBeside(BytecodeCache):
    """Keeps what shipped templates compile to in ``__pycache__`` beside them: compiling takes longer than rendering.

    It is for the package's own folder only: who could write there could as well write modules. Where it can't be
    written to, as in an installation of the system's, and where Python is told to write no compiled modules, templates
    are compiled anew each time.

    Parameters
    ----------
    makers
        The modules' files that say what a template compiles to.
    """

    def __init__(self, makers: Iterable[Path]) -> None:
        found = hashlib.sha256(MAGIC_NUMBER + jinja2.__version__.encode())
        for maker in makers:
            found.update(maker.read_bytes())
        self._made_by = found.hexdigest()

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Return the path of the file that holds the compiled template."""
        return cache_from_source(filename or name, optimization="jinja")

    def get_source_checksum(self, source: str) -> str:
        """Return what tells a template, and all that decides what it compiles to, from others."""
        return hashlib.sha256(self._made_by.encode() + source.encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the *bucket* if its file holds the compiled form of just this source."""
        with suppress(OSError, ValueError, EOFError, TypeError):
            head, kept = bucket.checksum.encode(), Path(bucket.key).read_bytes()
            if kept.startswith(head):
                bucket.code = marshal.loads(kept[len(head) :])  # noqa: S302 - as Python loads its own modules

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the *bucket*; a reader sees the old file or the whole new one."""
        if sys.dont_write_bytecode or bucket.code is None:
            return
        path = Path(bucket.key)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                draft.write_bytes(bucket.checksum.encode() + marshal.dumps(bucket.code))
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
