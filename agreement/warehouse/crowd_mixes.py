"""Mixes: a section with the labels of an item, whoever gave them, by number."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from agreement.counts import Ints

BEFORE = "|"  # before the number of the mix that another one was before


@dataclass(slots=True)
class Mixes:
    """Every mix of labels seen, numbered in the order in which it was first seen.

    Parameters
    ----------
    number
        Section code and labels, as text, to number.
    place, labels
        By number: section code, and the sorted label codes.
    before
        By number: the mix that the items showed before somebody's labels went, if it is kept in mind; else the number.
    """

    number: dict[tuple[int, str], int] = field(default_factory=dict)
    place: list[int] = field(default_factory=list)
    labels: list[Ints] = field(default_factory=list)
    before: list[int] = field(default_factory=list)

    def numbered(self, rows: pd.DataFrame) -> Ints:
        """Return the number of the mix of each row with ``place`` and ``text``, new ones numbered in sorted order.

        With ``before``, mixes are told apart by what they were before, too.
        """
        texts = rows["text"].astype(str)
        if "before" in rows:
            texts = texts + BEFORE + rows["before"].astype(str)
        seen = list(zip(rows["place"].astype(int).tolist(), texts.tolist(), strict=True))
        for place, text in sorted(set(seen) - self.number.keys()):
            bare, _, before = text.partition(BEFORE)
            self.number[place, text] = len(self.place)
            self.before.append(int(before or len(self.place)))
            self.place.append(place)
            self.labels.append(np.array([int(code) for code in bare.split(",") if code], dtype=np.int64))
        return np.array([self.number[one] for one in seen], dtype=np.int64)
