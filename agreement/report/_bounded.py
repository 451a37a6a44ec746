"""Templates that may come from a stranger: what they can reach, and how much time and memory they may take."""

import os
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from agreement.errors import OutputError
from agreement.wording import outputs

if sys.platform != "win32":
    import resource

MOST_SECONDS = 20
MOST_MEMORY = 1 << 30
MOST_PAGE = 1 << 26
PLAIN: tuple[type, ...] = (
    str, bytes, int, float, list, tuple, dict, set, frozenset, type({}.keys()), type({}.items()), type({}.values()),
)  # fmt: skip
# what templates may call of all that is no plain value: nothing that opens, writes or changes anything
CALLED = frozenset({
    "of_kind", "scores_table", "to_dict", "head", "tail", "items", "itertuples", "iterrows", "tolist", "item",
    "sum", "mean", "min", "max", "unique", "nunique",
})  # fmt: skip


class Sandbox(ImmutableSandboxedEnvironment):
    """Templates that read what they are given: values, and the few methods in ``CALLED``.

    Jinja's own box lets every method through whose name has no underscore in front. Here that would be `to_excel` of
    the audit, `to_csv` of its tables, and what reads files into settings.
    """

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401 - Jinja's signature
        """Return whether a template may read the attribute *attr* of *obj*."""
        if not super().is_safe_attribute(obj, attr, value) or isinstance(obj, type):
            return False
        if isinstance(obj, PLAIN) or type(obj).__module__.startswith("jinja2."):
            return True
        return not callable(value) or attr in CALLED


def rendered(render: Callable[[], str], folder: str) -> str:
    """Return what *render* returns, from a process of its own that may take limited time and memory.

    No list of dangerous filters is complete: text grows by `~`, `*`, `join`, `center`, `replace` and nested lists, and
    loops stand in loops. So the system does the counting. Where a process can't be forked, on Windows, the templates in
    *folder* run without these bounds.

    Raises
    ------
    OutputError
        If a template is faulty, or takes more than ``MOST_SECONDS`` of processor time, ``MOST_MEMORY`` on top of what
        the audit holds, or gives a page larger than ``MOST_PAGE``.
    """
    if not hasattr(os, "fork"):
        try:
            return render()
        except Exception as error:
            raise OutputError(refusal(error, folder)) from error
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # the child only renders, in its one thread; it needs no lock that another thread may hold
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(reading)
        _child(render, folder, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            answer = pipe.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, _, used = os.wait4(child, 0)
    kind, told = answer[:1], answer[1:].decode("utf-8", "surrogatepass")
    if kind == b"+":
        return told
    if kind == b"-":
        raise OutputError(told)
    is_slow = used.ru_utime + used.ru_stime >= MOST_SECONDS
    what = outputs.too_slow(MOST_SECONDS) if is_slow else outputs.too_large_in_memory(MOST_MEMORY)
    raise OutputError(outputs.not_rendered(folder, what))


def refusal(error: Exception, folder: str) -> str:
    """Return what to say about *error* in a template of the *folder*: file, line, and what is wrong."""
    place = _place(error, folder)
    what = str(getattr(error, "message", "") or error) or type(error).__name__
    if isinstance(error, MemoryError):
        what = outputs.too_large_in_memory(MOST_MEMORY)
    return outputs.not_rendered(folder, what, place)


class _TooSlow(Exception):  # noqa: N818 - named for what happened
    """The processor time of the templates is used up."""


def _child(render: Callable[[], str], folder: str, writing: int) -> NoReturn:
    """Render in this process, write the page or what is wrong, and end without a trace in the other one."""
    try:
        _limit()
        try:
            page = render().encode("utf-8", "surrogatepass")
            answer = b"+" + page if len(page) <= MOST_PAGE else b""
            told = outputs.not_rendered(folder, outputs.too_large_a_page(MOST_PAGE))
        except Exception as error:  # noqa: BLE001 - whatever a template of the user's own does wrong is theirs to mend
            answer, told = b"", refusal(error, folder)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer or b"-" + told.encode("utf-8", "surrogatepass"))
    finally:
        os._exit(0)


def _limit() -> None:
    """Give this process its time and memory, as far as the system keeps to them."""

    def stop(*_: object) -> NoReturn:
        raise _TooSlow(outputs.too_slow(MOST_SECONDS))

    signal.signal(signal.SIGXCPU, stop)
    # inside one long operation no handler is heard: a second later the system ends the process
    _lower(resource.RLIMIT_CPU, MOST_SECONDS, MOST_SECONDS + 1)
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + MOST_MEMORY
        _lower(resource.RLIMIT_AS, most, most)


def _lower(what: int, soft: int, hard: int) -> None:
    """Set a limit of the system, never above the one that holds already."""
    most = resource.getrlimit(what)[1]
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(what, (soft, hard))


def _place(error: Exception, folder: str) -> str:
    """Return the template and the line in which *error* came up, as far as known."""
    place, trace = "", error.__traceback__
    while trace is not None:
        known = trace.tb_frame.f_globals
        if "__jinja_exception__" in known:  # Jinja has put the template's own lines in
            place = outputs.template_line(_short(trace.tb_frame.f_code.co_filename, folder), trace.tb_lineno)
        elif template := known.get("__jinja_template__"):
            place = outputs.template_line(template.name, template.get_corresponding_lineno(trace.tb_lineno))
        trace = trace.tb_next
    if isinstance(error, TemplateError) and not place:
        name, line = getattr(error, "name", None), getattr(error, "lineno", None)
        place = outputs.template_line(name, line) if name else ""
    return place


def _short(path: str, folder: str) -> str:
    """Return the name of a template inside the *folder*; one of ours is called by its file's name."""
    inside = Path(path).is_relative_to(folder)
    return Path(path).relative_to(folder).as_posix() if inside else Path(path).name
