"""Times as people write them, in one order for a whole column: never a guess between day and month."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

DAY_AND_MONTH = re.compile(r"\b(\d{1,2})([./-])(\d{1,2})\2\d{2,4}\b")
CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d([.,]\d+)?)?\s*([+-]\d\d:?\d\d)?")
YEAR = re.compile(r"\d{4}")


def instants(times: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return (T,) *times* as numbers that sort as they passed, NaN where one can't be read for certain.

    Dates are microseconds since 1970, numbers are taken as they are. In ``3.4.2024`` the day comes first; in
    ``3/4/2024`` it does if some other time has no twelfth month in second place, and if nothing tells, none of these
    is read. Nor is a time without a year.

    Examples
    --------
    >>> instants(["2024-01-02", "2024-01-01"]).argsort().tolist()
    [1, 0]
    >>> instants(["02.01.2024", "01.02.2024"]).argsort().tolist()
    [0, 1]
    >>> instants(["2/1/2024", "1/2/2024"]).tolist(), instants(["9", "10"]).tolist(), instants(["now", "12:30"]).tolist()
    ([nan, nan], [9.0, 10.0], [nan, nan])
    """
    found = np.full(len(times), np.nan)
    written = pd.Series(list(times), dtype="str")
    numbers = pd.to_numeric(written, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    matches = [DAY_AND_MONTH.search(text) for text in written]
    slashed = [(int(match[1]), int(match[3])) for match in matches if match and match[2] != "."]
    day_first, month_first = any(a > 12 for a, _ in slashed), any(b > 12 for _, b in slashed)
    dotted = np.array([match is not None and match[2] == "." for match in matches], dtype=bool)
    either = np.array([match is not None and match[2] != "." for match in matches], dtype=bool)
    # without a year a parser takes today's: "12:30" and "now" would be other times tomorrow
    dated = np.array([match or YEAR.search(CLOCK.sub("", text)) for match, text in zip(matches, written, strict=True)])
    certain = np.isnan(numbers) & dated.astype(bool) & (~either if day_first == month_first else True)
    starts_with_day = dotted | (either & day_first)
    for mine, first in ((certain & starts_with_day, True), (certain & ~starts_with_day, False)):
        if mine.any():
            read = pd.to_datetime(written[mine], errors="coerce", utc=True, format="mixed", dayfirst=first)
            # microseconds reach from year 1 to 9999, nanoseconds only from 1677 to 2262
            values = read.dt.as_unit("us").astype("int64").to_numpy(dtype=np.float64)
            found[mine] = np.where(read.isna(), np.nan, values)
    return np.where(np.isfinite(numbers), numbers, found)
