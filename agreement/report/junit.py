"""Release checks as JUnit XML, the form in which CI systems show what failed."""

import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agreement.checks.release import Check, verdict
from agreement.report._headlines import check_figure
from agreement.wording import outputs as words

if TYPE_CHECKING:
    from agreement.pipeline import Audit

# what XML 1.0 can't hold, not even escaped
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def checks_junit(audit: "Audit") -> str:
    """Return the release checks as one JUnit test suite.

    A failed check is a ``failure``; "can't tell yet" is an ``error``, because a skipped test counts as fine in most
    CI systems and nothing undecided is a pass. Without any check there is one test case in error.
    """
    cases = list(_cases(audit)) or [
        _case("agreement", words.RELEASE_CHECKS, _told("error", verdict(()).headline, words.NOTHING_MEASURED))
    ]
    failures = sum(check.result == "fail" for check in audit.checks)
    errors = sum(check.result == "can't tell yet" for check in audit.checks) if audit.checks else 1
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="0" time="0"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites {counts}>",
        f'<testsuite name="agreement" {counts}>',
        *cases,
        "</testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _cases(audit: "Audit") -> Iterator[str]:
    """Yield a test case per check."""
    for check in audit.checks:
        name = f"{check.title} ({check.subject})" if check.subject else check.title
        figure = check_figure(check, audit.settings.measures.confidence)
        yield _case(f"agreement.{check.layer}", name, _outcome(check, figure))


def _outcome(check: Check, figure: str) -> str:
    """Return what stands inside the test case of *check*."""
    if check.result == "pass":
        return f"<system-out>{_text(figure)}</system-out>"
    if check.result == "fail":
        return _told("failure", figure, words.failed(check.meaning, check.source))
    return _told("error", figure, words.undecided(check.meaning, check.settle))


def _told(element: str, message: str, detail: str) -> str:
    """Return a failure or an error."""
    return f'<{element} message="{_text(message)}" type="{element}">{_text(detail)}</{element}>'


def _case(group: str, name: str, content: str) -> str:
    """Return one test case."""
    return f'<testcase classname="{_text(group)}" name="{_text(name)}" time="0">{content}</testcase>'


def _text(text: str) -> str:
    """Return *text* for an attribute or an element."""
    return html.escape(ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text), quote=True).replace("\n", "&#10;")
