"""Criteria: what a release check is, how an interval decides it, and what all checks say together."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agreement.wording import checks as words

Result = Literal["pass", "fail", "can't tell yet"]

RESULTS: tuple[Result, ...] = ("fail", "can't tell yet", "pass")
EXIT_CODES: dict[Result, int] = {"pass": 0, "fail": 1, "can't tell yet": 3}
# an interval that needs more than this many times the present items, and more than anybody labels to settle one
# check, sits on the limit
MOST_TIMES, MOST_MORE = 20, 2_000


@dataclass(frozen=True, slots=True)
class Check:
    """One release criterion and how the labels stand to it.

    Parameters
    ----------
    name
        Its key under ``[gate]``.
    title, layer, subject
        What a page calls it; the layer; the class, pair or annotator that decided it, if any.
    result
        ``pass`` if the whole interval is on the right side of the limit, ``fail`` if it is on the wrong side.
    value, low, high, n
        What was measured; None where nothing could be.
    limit, at_least, source
        The limit, whether values must be at least or at most it, and where it comes from.
    meaning, settle
        What it means, and for ``can't tell yet`` what would settle it.
    """

    name: str
    title: str
    layer: str
    subject: str
    result: Result
    value: float | None
    low: float | None
    high: float | None
    n: int
    limit: float | None
    at_least: bool
    source: str
    meaning: str
    settle: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks say together.

    Parameters
    ----------
    headline, answer
        One line for a heading, e.g. ``Not ready to ship: 2 of 7 checks fail``, and one sentence.
    result
        ``fail`` if any check fails, else ``can't tell yet`` if any can't tell or there is none, else ``pass``.
    """

    headline: str
    answer: str
    result: Result

    @property
    def exit_code(self) -> int:
        """0 pass, 1 a check failed, 3 none failed but at least one can't tell."""
        return EXIT_CODES[self.result]


def verdict(checks: Sequence[Check]) -> Verdict:
    """Return what *checks* say together; nothing measurable is not a pass.

    Examples
    --------
    >>> verdict([]).result, verdict([]).exit_code
    ("can't tell yet", 3)
    """
    headline, answer = words.verdict([check.result for check in checks])
    found = [result for result in RESULTS if any(check.result == result for check in checks)]
    return Verdict(headline, answer, found[0] if found else "can't tell yet")


def decide(low: float | None, high: float | None, limit: float, *, at_least: bool) -> Result:
    """Return on which side of *limit* the whole interval lies; a bound on the limit is on the right side.

    Examples
    --------
    >>> decide(0.71, 0.75, 0.7, at_least=True), decide(0.6, 0.69, 0.7, at_least=True)
    ('pass', 'fail')
    >>> decide(0.6, 0.75, 0.7, at_least=True), decide(None, None, 0.7, at_least=True)
    ("can't tell yet", "can't tell yet")
    >>> decide(0.1, 0.2, 0.2, at_least=False)
    'pass'
    """
    if low is None or high is None:
        return "can't tell yet"
    if low >= limit if at_least else high <= limit:
        return "pass"
    return "fail" if (high < limit if at_least else low > limit) else "can't tell yet"


def settling(value: float, interval: tuple[float, float], n: int, limit: float, unit: str = "items") -> str:
    """Return what would settle a check whose *interval* holds the *limit*: about how many more units, or a rule.

    The interval shrinks with the square root of n: it clears the limit at about n (half width / distance)^2.

    Examples
    --------
    >>> settling(0.74, (0.66, 0.82), 100, 0.70)
    'about 300 more items'
    >>> settling(0.701, (0.66, 0.74), 100, 0.70)[-27:]
    'the value lies on the limit'
    """
    low, high = interval
    distance = abs(value - limit)
    # the half that points at the limit: intervals near 0 and 1 are lopsided
    half = value - low if value >= limit else high - value
    more = n * ((half / distance) ** 2 - 1) if distance > 1e-9 * half else math.inf  # a tiny one overflows
    if more > max(MOST_TIMES * n, MOST_MORE):
        return words.on_the_limit(unit)
    return words.more_units(_rounded_up(more), unit)


def _rounded_up(number: float) -> int:
    """Return *number* rounded up to two leading digits, at least 1: nobody plans 1,237 items."""
    whole = max(math.ceil(round(number, 6)), 1)
    step: int = 10 ** max(len(str(whole)) - 2, 0)
    steps: int = math.ceil(whole / step)
    return steps * step


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured for one criterion: one score with its interval, or the *reason* why there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    reason: str = words.NOT_COMPUTED
    subject: str = ""
    informative: int | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """One limit on one layer, in words.

    Parameters
    ----------
    name, layer, limit, source, at_least
        As in :class:`Check`.
    said
        Its title, and what its results mean.
    unit, many
        What more of would settle it, and what several of its subjects are called.
    """

    name: str
    said: words.Said
    layer: str
    limit: float
    source: str
    at_least: bool = True
    unit: str = "items"
    many: str = ""

    def judge(self, found: Found) -> Check:
        """Return the check for what was *found*."""
        result = decide(found.low, found.high, self.limit, at_least=self.at_least)
        settle = ""
        meaning = self.said.passed if result == "pass" else self.said.otherwise
        if found.value is None:
            meaning, settle = words.nothing_measured(found.reason)
        elif found.low is None or found.high is None:
            settle = words.no_interval_yet(self.unit)
        elif result == "can't tell yet":
            meets = found.value >= self.limit if self.at_least else found.value <= self.limit
            meaning = words.MOST_LIKELY_MET if meets else words.MOST_LIKELY_NOT_MET
            settle = settling(found.value, (found.low, found.high), found.n, self.limit, self.unit)
        return Check(
            self.name, self.said.title, self.layer, found.subject, result, found.value, found.low, found.high, found.n,
            self.limit, self.at_least, self.source, meaning, settle,
        )  # fmt: skip

    def worst(self, measured: Iterable[Found], none: str) -> Check:
        """Return the check of the one that decides: the worst result, and in it the value farthest from the limit.

        All must meet the limit, so one that fails is enough to fail; *none* says why nothing could be judged.
        """
        checks = [self.judge(found) for found in measured]
        if not checks:
            return self.judge(Found(reason=none))
        sign = 1 if self.at_least else -1

        def severity(check: Check) -> tuple[int, float, str]:
            bound = check.low if self.at_least else check.high
            return RESULTS.index(check.result), math.inf if bound is None else sign * bound, check.subject

        decisive = min(checks, key=severity)
        alike = sum(check.result == decisive.result for check in checks)
        if decisive.result == "pass" or alike < 2:
            return decisive
        failed = decisive.result == "fail"
        return replace(decisive, meaning=words.alike(decisive.meaning, alike, len(checks), self.many, failed=failed))
