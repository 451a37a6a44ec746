"""Measures, one file each: every module declares ``MEASURE``, a pure function of a stack of counts."""

import sys
from functools import cache

from agreement._discover import discover
from agreement.scores import Measure


@cache
def measures() -> dict[str, Measure]:
    """Return every measure by its name; a new file in this folder is all that a new measure needs.

    Examples
    --------
    >>> measures()["cohen_kappa"].citation
    'Cohen 1960, Educational and Psychological Measurement 20(1), pp. 37-46'
    """
    return discover(sys.modules[__name__], "MEASURE", Measure)
