"""The command line: arguments in, exit code out; heavy imports wait inside commands."""

import signal
import sys
from pathlib import Path

import click

from agreement.cli._memory import keep_freed_memory
from agreement.errors import AgreementError

OK, CHECK_FAILED, WRONG_INPUT, CANT_TELL, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 70, 130
DEFAULT_PAGE = "agreement-report.html"


def main() -> None:
    """Run the command line and leave with its exit code; asked to end, clean up as for Ctrl-C."""
    keep_freed_memory()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Return the exit code of ``agreement`` called with *arguments*; no traceback for anything a user can cause."""
    try:
        code = cli.main(arguments, prog_name="agreement", standalone_mode=False)
    except AgreementError as error:
        click.echo(str(error), err=True)
        count = len(getattr(error, "problems", ()))
        if count > 1:
            from agreement.wording import terminal

            click.echo(terminal.problems(count), err=True)
        return WRONG_INPUT
    except click.ClickException as error:
        error.show()
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
    with suppress(FileExistsError), os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(told)
    return path


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="agreement-audit", prog_name="agreement")
def cli() -> None:
    """Tell a team whether it can trust its labels.

    Start with `agreement demo`, then `agreement detect FILE…` and `agreement audit FILE…`.
    """
