"""A summary that fits one screen: verdict, checks, what to do next, headline figures, where the outputs are."""

import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from agreement.checks.release import Check, verdict
from agreement.report._headlines import actions, check_figure, headlines, short_title
from agreement.wording import RESULT_WORDS
from agreement.wording import outputs as words

if TYPE_CHECKING:
    from agreement.pipeline import Audit

WIDTH, HEIGHT = 80, 24
SHAPES = {"pass": "●", "fail": "▲", "can't tell yet": "◆"}
STYLES = {"pass": "bold blue", "fail": "bold orange3", "can't tell yet": "bold"}
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def summary(audit: "Audit", written: Mapping[str, Path] | None = None, *, colour: bool | None = None) -> str:
    """Return the summary, at most 24 lines of 80 columns; *written* names the outputs and their paths.

    Paths, and the signature of all choices that can change a number, are never cut. Colours are used on a terminal only
    (*colour* forces either); in a pipe the same words come plain.
    """
    outputs = [Text(""), *_reading(audit), *_outputs(written or {}), _named("signature", audit.settings.signature())]
    figures = _cut(list(_figures(audit)), 5, "figures")
    steps = list(_actions(audit))
    rows_below = len(outputs) + (len(outputs[-1]) - 1) // WIDTH  # the signature takes more than one
    fixed = 2 + len(figures) + 1 + rows_below + (2 if steps else 0)
    room = HEIGHT - fixed
    checks = _cut(list(_checks(audit)), max(room - min(len(steps), 3), 3), "checks")
    lines = [_headline(audit), Text(""), *checks, Text(""), *figures]
    if steps:
        lines += [Text(""), Text(words.NEXT, style="bold"), *_wrapped(steps, room - len(checks))]
    stream = StringIO()
    coloured = sys.stdout.isatty() if colour is None else colour
    console = Console(
        file=stream, width=WIDTH, force_terminal=coloured, no_color=not coloured, highlight=False,
        color_system="256" if coloured else None, legacy_windows=False,
    )  # fmt: skip
    for line in lines:
        line.truncate(WIDTH, overflow="ellipsis")
        console.print(line, no_wrap=True, crop=True)
    for line in outputs:
        console.print(line, no_wrap=True, crop=False, overflow="ignore")
    return "\n".join(row.rstrip() for row in stream.getvalue().rstrip("\n").split("\n"))


def _wrapped(steps: list[str], room: int) -> list[Text]:
    """Return the steps in at most *room* lines: two each if three of them fit so, else one; and how many more."""
    console = Console(width=WIDTH, legacy_windows=False)
    each = 2 if room >= 2 * min(len(steps), 3) + (len(steps) > 3) else 1
    lines: list[Text] = []
    for number, step in enumerate(steps, start=1):
        first, *rest = Text(step).wrap(console, WIDTH - 3)
        parts = [first, Text(" ".join(part.plain for part in rest))] if rest else [first]
        if rest and each == 1:
            parts = [Text(step)]
        if len(lines) + len(parts) + (number < len(steps)) > room:
            lines.append(Text("   " + words.see_report(len(steps) - number + 1), style="dim"))
            break
        for part in parts:
            part.truncate(WIDTH - 3, overflow="ellipsis")
        lines.append(Text(f"{number}. ").append_text(parts[0]))
        lines += [Text("   ").append_text(part) for part in parts[1:]]
    return lines


def shown(text: str) -> str:
    r"""Return *text* without anything that moves the cursor, colours the screen or turns the reading direction.

    Examples
    --------
    >>> shown("a\x1b[31mb\u202ec")
    'a [31mbc'
    """
    return "".join(c for c in CONTROL.sub(" ", text) if unicodedata.category(c) not in ("Cf", "Cs"))


def _cut(lines: list[Text], most: int, what: str) -> list[Text]:
    """Return at most *most* lines, the last one saying how many more there are."""
    if len(lines) <= most:
        return lines
    kept = max(most - 1, 0)
    return [*lines[:kept], Text("  " + words.see_report(len(lines) - kept, what), style="dim")]


def _headline(audit: "Audit") -> Text:
    """Return the verdict."""
    outcome = verdict(audit.checks)
    return Text.assemble((f"{SHAPES[outcome.result]} ", STYLES[outcome.result]), (outcome.headline, "bold"))


def _checks(audit: "Audit") -> Iterator[Text]:
    """Yield a line per check: result, what, value with interval and n, limit."""
    several = len({check.layer for check in audit.checks}) > 1
    for check in audit.checks:
        yield _check(check, audit.settings.measures.confidence, several=several)


def _check(check: Check, confidence: float, *, several: bool) -> Text:
    """Return the line of one check."""
    name = f"{check.layer}: {short_title(check)}" if several else short_title(check)
    word, figure = RESULT_WORDS[check.result], check_figure(check, confidence).replace(" · limit", " ·")
    width = max(WIDTH - 18 - cell_len(figure), 14)
    return Text.assemble(
        (f"{SHAPES[check.result]} {word:<14} ", STYLES[check.result]),
        set_cell_size(_clipped(shown(name), width), width),
        " ",
        figure,
    )


def _clipped(text: str, width: int) -> str:
    """Return *text* in at most *width* columns, an ellipsis where it was cut."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def _figures(audit: "Audit") -> Iterator[Text]:
    """Yield the headline figures, layer by layer."""
    for name, figure in headlines(audit):
        yield Text(f"  {set_cell_size(_clipped(shown(name), 38), 38)} {figure.text} {figure.detail}")


def _actions(audit: "Audit") -> Iterator[str]:
    """Yield what to do next, the largest effect first."""
    yield from map(shown, actions(audit))


def _reading(audit: "Audit") -> Iterator[Text]:
    """Yield how much of the input was used, where that is not all of it or where there is a warning."""
    reading = audit.annotations.reading
    if reading.warnings or reading.rows_used != reading.rows_read:
        told = words.how_it_was_read(reading.rows_used, reading.rows_read, len(reading.warnings))
        yield _named("input", told)


def _outputs(written: Mapping[str, Path]) -> Iterator[Text]:
    """Yield where the outputs are; a path is never cut, or it could not be opened."""
    for name, path in written.items():
        yield _named(name, str(path))


def _named(name: str, what: str) -> Text:
    """Return *what* something is, after its name."""
    return Text(f"{name + ':':<10} {shown(what)}")
