"""Release checks: pass, fail or can't tell yet, decided by the interval and never by the point alone."""

from dataclasses import dataclass
from typing import Literal

from agreement.comparison import Comparison
from agreement.diagnosis import Diagnosis
from agreement.settings import Settings

Result = Literal["pass", "fail", "can't tell yet"]


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


def release_checks(comparisons: tuple[Comparison, ...], diagnosis: Diagnosis, settings: Settings) -> tuple[Check, ...]:
    """Return the release checks of every layer, failed ones first."""
    del comparisons, diagnosis, settings
    return ()
