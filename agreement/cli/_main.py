"""The command line: arguments in, exit code out; heavy imports wait inside commands."""

import io
import re
import signal
import sys
from pathlib import Path

import click

from agreement.cli._memory import keep_freed_memory
from agreement.errors import AgreementError

OK, CHECK_FAILED, WRONG_INPUT, CANT_TELL, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 70, 130
DEFAULT_PAGE = "agreement-report.html"
# what moves the cursor, turns the reading direction, or is half a character: names of files may hold it
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def main() -> None:
    """Run the command line and leave with its exit code; asked to end, clean up as for Ctrl-C."""
    keep_freed_memory()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as standard error does: not every terminal knows every sign
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Return the exit code of ``agreement`` called with *arguments*; no traceback for anything a user can cause."""
    try:
        code = cli.main(arguments, prog_name="agreement", standalone_mode=False)
    except AgreementError as error:
        say(str(error), err=True)
        count = len(getattr(error, "problems", ()))
        if count > 1:
            from agreement.wording import terminal

            click.echo(terminal.problems(count), err=True)
        return WRONG_INPUT
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        say(told.getvalue().rstrip("\n"), err=True)
        return WRONG_INPUT
    except (click.Abort, KeyboardInterrupt):
        from agreement.wording import terminal

        click.echo(terminal.INTERRUPTED, err=True)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except Exception as error:  # noqa: BLE001 - the last resort: a person gets a sentence, not a traceback
        return _failed(error)
    return int(code or OK)


def printable(text: str) -> str:
    r"""Return *text* with what can harm a terminal written out.

    Examples
    --------
    >>> printable("labels\x1b[2J\u202e.csv")
    'labels\\x1b[2J\\u202e.csv'
    """
    return HARMFUL.sub(lambda found: ascii(found[0])[1:-1], text)


def say(text: str, *, err: bool = False) -> None:
    """Print *text*, in which names of files, people and labels may stand, on standard output or error."""
    click.echo(printable(text), err=err)


def _failed(error: Exception) -> int:
    """Say that memory ended, or that this is our fault and how to report it."""
    from agreement.wording import terminal

    if isinstance(error, MemoryError):
        click.echo(terminal.NO_MEMORY, err=True)
        return WRONG_INPUT
    click.echo(terminal.internal_error(type(error).__name__, str(_told(error))), err=True)
    return INTERNAL


def _told(error: Exception) -> Path:
    """Return the file with the traceback, which can be attached to a report; the same failure has the same file."""
    import hashlib
    import os
    import tempfile
    import traceback
    from contextlib import suppress

    told = "".join(traceback.format_exception(error)).encode("utf-8", "replace")
    path = Path(tempfile.gettempdir()) / f"agreement-error-{hashlib.sha256(told).hexdigest()[:12]}.txt"
    with suppress(OSError), os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(told)
    return path


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="agreement-audit", prog_name="agreement")
def cli() -> None:
    """Tell a team whether it can trust its labels.

    Start with `agreement demo`, then `agreement detect FILE…` and `agreement audit FILE…`.
    """
