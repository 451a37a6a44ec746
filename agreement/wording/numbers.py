"""Numbers into words: rounding that never lies, n and interval beside every value, bands on the printed value."""

# ruff: noqa: RUF001, RUF002 - true minus, en dash and typographic apostrophe are what a page prints

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

MINUS, DASH, NONE = "−", "–", "—"
NOT_COMPUTED = "not computed"

F1_WORDS = ("excellent", "strong", "moderate", "weak", "poor")
KAPPA_BANDS = ((0.81, "almost perfect"), (0.61, "substantial"), (0.41, "moderate"), (0.21, "fair"), (0.0, "slight"))


def decimal(value: float, digits: int = 2) -> str:
    """Return *value* rounded, with a true minus; 0.00 and 1.00 only when exact.

    Examples
    --------
    >>> decimal(0.697), decimal(0.9999), decimal(1.0), decimal(-0.104), decimal(0.001)
    ('0.70', '0.99', '1.00', '−0.10', '0.01')
    """
    step = 10.0**-digits
    size = abs(value)
    shown = round(size, digits)
    if shown == 0 and size > 0:
        shown = step
    elif shown == 1 and size < 1:
        shown = 1 - step
    return f"{MINUS if value < 0 else ''}{shown:.{digits}f}"


def percent(share: float) -> str:
    """Return *share* in whole percent without the sign; 0 and 100 only when exact.

    Examples
    --------
    >>> percent(0.344), percent(0.001), percent(0.999), percent(0.0), percent(-0.26)
    ('34', '<1', '>99', '0', '−26')
    """
    whole = round(abs(share) * 100)
    sign = MINUS if share < 0 else ""
    if whole == 0 and share != 0:
        return f"{sign}<1" if share < 0 else "<1"
    if whole == 100 and abs(share) < 1:
        return f"{sign}>99" if share < 0 else ">99"
    return f"{sign}{whole}"


def points(difference: float) -> str:
    """Return a difference of shares in percentage points; tenths where whole points would hide it.

    Examples
    --------
    >>> points(0.14), points(0.01), points(-0.004), points(0.0001)
    ('14 points', '1 point', '−0.4 points', '0.1 points')
    """
    whole = percent(difference)
    if "<" in whole:
        whole = f"{MINUS if difference < 0 else ''}{max(abs(difference) * 100, 0.1):.1f}"
    return f"{whole} {'point' if whole.removeprefix(MINUS) == '1' else 'points'}"


def between(low: str, high: str) -> str:
    """Return a range with an en dash, or with "to" where a minus would collide with it.

    Examples
    --------
    >>> between("0.71", "0.75"), between("−0.10", "0.20")
    ('0.71–0.75', '−0.10 to 0.20')
    """
    return f"{low} to {high}" if MINUS in low + high else f"{low}{DASH}{high}"


def count(number: int) -> str:
    """Return a count with thousands separated.

    Examples
    --------
    >>> count(12000)
    '12,000'
    """
    return f"{number:,}"


def plural(number: int, noun: str, nouns: str = "") -> str:
    """Return *number* with its noun.

    Examples
    --------
    >>> plural(1, "item"), plural(2, "class", "classes"), plural(0, "item")
    ('1 item', '2 classes', 'no items')
    """
    many = nouns or noun + "s"
    return f"no {many}" if number == 0 else f"{count(number)} {noun if number == 1 else many}"


def shortened(names: Sequence[str], most: int = 80) -> dict[str, str]:
    """Return each of *names* as a page prints it: cut in the middle beyond *most* characters, still all different.

    Examples
    --------
    >>> list(shortened(["Refund", "x" * 100, "x" * 101], 12).values())
    ['Refund', 'xxxxxxxx…xxx', 'xxxxxxxx…xxx (2)']
    """
    shown: dict[str, str] = {}
    taken = {name for name in names if len(name) <= most}
    for name in names:
        short = cut = name if len(name) <= most else f"{name[: most - 4]}…{name[-3:]}"
        number = 1
        while len(name) > most and short in taken:
            number += 1
            short = f"{cut} ({number})"
        taken.add(short)
        shown[name] = short
    return shown


def listed(words: Sequence[str], last: str = "and", most: int = 0) -> str:
    """Return *words* as a phrase; beyond *most* of them (0 = all) only how many more there are.

    Examples
    --------
    >>> listed(["Ana"]), listed(["Ana", "Ben", "Cy"]), listed(["a", "b", "c", "d"], most=2)
    ('Ana', 'Ana, Ben and Cy', 'a, b and 2 more')
    """
    shown = list(words)
    if most and len(shown) > most:
        shown = [*shown[:most], f"{len(shown) - most} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {last} {shown[-1]}" if shown else ""


def digits_for(limit: float | None, values: Iterable[float | None]) -> int:
    """Return 2, or 3 where two digits would hide on which side of *limit* one of *values* lies.

    Examples
    --------
    >>> digits_for(0.7, [0.73, 0.71]), digits_for(0.7, [0.73, 0.697]), digits_for(0.667, [0.9])
    (2, 3, 3)
    """
    if limit is None:
        return 2
    hidden = any(v is not None and v != limit and round(v, 2) == round(limit, 2) for v in values)
    return 3 if hidden or round(limit, 2) != limit else 2


def f1_band(value: float, bands: Sequence[float], digits: int = 2) -> str:
    """Return the word for an F1 as printed: round first, then name the band.

    Examples
    --------
    >>> f1_band(0.697, (0.9, 0.7, 0.5, 0.3)), f1_band(0.694, (0.9, 0.7, 0.5, 0.3))
    ('strong', 'moderate')
    """
    shown = float(decimal(value, digits).replace(MINUS, "-"))
    return next((word for word, low in zip(F1_WORDS, bands, strict=False) if shown >= low), F1_WORDS[-1])


def kappa_band(value: float) -> str:
    """Return the word of Landis and Koch (1977, pp. 159-174) for a kappa as printed with two digits.

    Examples
    --------
    >>> kappa_band(0.606), kappa_band(-0.2)
    ('substantial', 'poor')
    """
    shown = float(decimal(value).replace(MINUS, "-"))
    return next((word for low, word in KAPPA_BANDS if shown >= low), "poor")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number as a reader meets it: value, interval, what it rests on; or the reason why there is none.

    Parameters
    ----------
    value, low, high
        The number and its interval; None where there is none.
    n, unit
        How many of what it rests on.
    share
        Print it in percent.
    hits
        For a share: of *n*, how many.
    reason
        Why there is no value.
    digits
        Digits printed.
    confidence
        Level of the interval.
    points
        It is a difference of shares: print it in percentage points.

    Examples
    --------
    >>> Figure(0.734, 0.71, 0.75, 1200).sentence
    '0.73, 95% CI 0.71–0.75, 1,200 items'
    >>> Figure(39 / 128, 0.23, 0.39, 128, share=True, hits=39).detail
    '23–39% · 39 of 128'
    >>> Figure(0.14, 0.11, 0.18, 597, points=True).sentence
    '14 points, 95% CI 11–18, 597 items'
    >>> Figure(None, n=0, reason="no items in common").detail
    'no items in common'
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    unit: str = "item"
    share: bool = False
    hits: int | None = None
    reason: str = ""
    digits: int = 2
    confidence: float = 0.95
    points: bool = False

    @property
    def text(self) -> str:
        """The value as printed, a dash where there is none."""
        if self.value is None:
            return NONE
        if self.points:
            return points(self.value)
        return f"{percent(self.value)}%" if self.share else decimal(self.value, self.digits)

    @property
    def interval(self) -> str:
        """The interval as printed, empty where there is none."""
        if self.low is None or self.high is None:
            return ""
        if self.points:
            return between(percent(self.low), percent(self.high))
        if self.share:
            return f"{between(percent(self.low), percent(self.high))}%"
        return between(decimal(self.low, self.digits), decimal(self.high, self.digits))

    @property
    def basis(self) -> str:
        """What the value rests on: ``n 1,200`` or ``39 of 128``."""
        return f"n {count(self.n)}" if self.hits is None else f"{count(self.hits)} of {count(self.n)}"

    @property
    def detail(self) -> str:
        """Interval and basis, or the reason why there is no value."""
        if self.value is None:
            return self.reason or NOT_COMPUTED
        return f"{self.interval} · {self.basis}" if self.interval else f"no interval · {self.basis}"

    @property
    def sentence(self) -> str:
        """Value, interval and basis for the middle of a sentence."""
        if self.value is None:
            return f"not defined: {self.reason or NOT_COMPUTED}"
        basis = self.basis if self.hits is not None else plural(self.n, self.unit)
        interval = f"{percent(self.confidence)}% CI {self.interval}, " if self.interval else ""
        return f"{self.text}, {interval}{basis}"


def optional(value: object) -> float | None:
    """Return *value* as a float, None for None and NaN: nothing undefined goes on as a number.

    Examples
    --------
    >>> optional(float("nan")), optional(0.5)
    (None, 0.5)
    """
    try:
        number = float(value)  # type: ignore[arg-type]  # cells of a frame are objects
    except TypeError:  # None and pandas.NA
        return None
    return None if np.isnan(number) else number


def change(difference: Figure) -> str:
    """Return Better, Worse or No clear change by the interval of a difference where higher is better.

    Examples
    --------
    >>> change(Figure(0.1, 0.02, 0.2)), change(Figure(0.1, -0.02, 0.2))
    ('Better', 'No clear change')
    """
    if difference.low is not None and difference.low > 0:
        return "Better"
    return "Worse" if difference.high is not None and difference.high < 0 else "No clear change"


def lowered(text: str) -> str:
    """Return *text* for the middle of a sentence: its first letter small, unless the first word is a name or formula.

    Examples
    --------
    >>> lowered("Rewrite section 3"), lowered("F1 of every class")
    ('rewrite section 3', 'F1 of every class')
    """
    first = text.split(" ", 1)[0]
    return text if first != first.capitalize() or any(c.isdigit() for c in first) else text[:1].lower() + text[1:]
