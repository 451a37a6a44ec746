"""Progress: on a terminal which stage runs, how long and how fast; nothing in a pipe and nothing when quiet."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

WORTH_A_LINE = 2.0  # seconds from which a stage that is over leaves a line
LARGE = 10_000_000  # bytes from which memory is compared with the input: below, it is the interpreter's


class Stage:
    """A stage that runs: what it is called, and how many labels it works through."""

    def __init__(self, words: str = "", console: Console | None = None) -> None:
        self.labels = 0
        self.show: Callable[[str], None] = lambda _: None
        self._words, self._console, self._began = words, console, time.monotonic()

    def now(self, words: str) -> None:
        """Say what is done now; what was done before is over."""
        self.over()
        self._words = words
        self.show(words)

    def over(self) -> None:
        """Say how long what was done last took and how fast it was, if it took long."""
        seconds = time.monotonic() - self._began
        if self._console is not None and seconds >= WORTH_A_LINE:
            from agreement.wording.terminal import took

            self._console.print(took(self._words, seconds, self.labels), markup=False)
        self._began = time.monotonic()


@contextmanager
def stage(words: str, *, quiet: bool) -> Iterator[Stage]:
    """Show *words* and the time while the context lasts, on a terminal only; then how fast it was, if it took long."""
    if quiet or not sys.stderr.isatty():
        yield Stage()
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    told = Stage(words, console := Console(stderr=True, highlight=False))
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(words, total=None)
        told.show = lambda now: progress.reset(task, description=now)
        yield told
    told.over()


def memory_line(paths: Iterable[Path]) -> str:
    """Return what was needed of memory at most, as a multiple of the input where that is large; empty on Windows."""
    from agreement.wording.terminal import memory

    peak = peak_memory()
    if peak is None:
        return ""
    size = sum(_size(path) for path in paths)
    return memory(peak, size if size >= LARGE else 0)


def peak_memory() -> int | None:
    """Return the bytes of memory that this program needed at most; None on Windows.

    On Linux ``ru_maxrss`` begins with what the process held that became this program, such as a large shell or
    notebook that started it; the kernel's own account of the program does not.
    """
    with suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        if found := re.search(r"^VmHWM:\s*([0-9]+) kB$", status, re.MULTILINE):
            return int(found[1]) * 1024
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder; 0 for what is neither."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size if path.is_file() else 0
