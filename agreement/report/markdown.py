"""Markdown for a pull request or a job summary: verdict, checks, figures, what to do next."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from agreement.checks.release import verdict
from agreement.report._headlines import actions, check_figure, headlines
from agreement.report.terminal import SHAPES, shown
from agreement.wording import RESULT_WORDS
from agreement.wording import outputs as words

if TYPE_CHECKING:
    from agreement.pipeline import Audit

MOST_ACTIONS = 7
SPECIAL = re.compile(r"([\\`*_\[\]{}()#|~!])")


def summary(audit: "Audit") -> str:
    """Return the audit in short, as Markdown."""
    parts = [checks_markdown(audit).rstrip("\n")]
    figures = [(escaped(name), f"{figure.text} {figure.detail}") for name, figure in headlines(audit)]
    if figures:
        parts.append(_table(words.FIGURES, figures))
    steps = actions(audit)
    if steps:
        listed = [f"{number}. {escaped(step)}" for number, step in enumerate(steps[:MOST_ACTIONS], start=1)]
        if len(steps) > MOST_ACTIONS:
            listed.append("\n" + words.more_in_report(len(steps) - MOST_ACTIONS))
        parts.append(f"### {words.NEXT}\n\n" + "\n".join(listed))
    parts.append(f"<sub>{escaped(audit.settings.signature())}</sub>")
    return "\n\n".join(parts) + "\n"


def checks_markdown(audit: "Audit") -> str:
    """Return verdict and release checks as Markdown."""
    heading = f"## {SHAPES[verdict(audit.checks).result]} {escaped(verdict(audit.checks).headline)}"
    if not audit.checks:
        return f"{heading}\n\n{words.NOTHING_MEASURED}\n"
    confidence = audit.settings.measures.confidence
    rows = [
        (
            f"{SHAPES[check.result]} {RESULT_WORDS[check.result]}",
            escaped(" ".join(part for part in (check.title, f"({check.subject})" if check.subject else "") if part)),
            escaped(check.layer),
            escaped(check_figure(check, confidence)),
            escaped(check.settle or check.meaning),
        )
        for check in audit.checks
    ]
    return heading + "\n\n" + _table(words.CHECKS, rows) + "\n"


def checks_lines(audit: "Audit") -> str:
    """Return verdict and release checks as plain lines for a log."""
    confidence = audit.settings.measures.confidence
    lines = [verdict(audit.checks).headline]
    for check in audit.checks:
        subject = f" ({check.subject})" if check.subject else ""
        settle = words.settled_by(check.settle) if check.settle and check.value is not None else ""
        figure = check_figure(check, confidence)
        lines.append(shown(f"{RESULT_WORDS[check.result]}: {check.layer}: {check.title}{subject}: {figure}.{settle}"))
    return "\n".join(lines)


def escaped(text: str) -> str:
    r"""Return *text* as Markdown that shows it and does nothing else: no markup, link, mention or table cell.

    Examples
    --------
    >>> escaped("a|b @everyone <img> http://x")
    'a\\|b &#64;everyone &lt;img&gt; http:&#47;&#47;x'
    """
    harmless = SPECIAL.sub(r"\\\1", shown(text)).replace("<", "&lt;").replace(">", "&gt;")
    return harmless.replace("@", "&#64;").replace("://", ":&#47;&#47;").replace("www.", "www&#46;")


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
