"""Who is against the plurality of the others on a unit."""

import numpy as np

from agreement.diagnosis.evidence import Bools, Floats, Ints


def deviations(counts: Floats, own: Ints, other: Ints) -> tuple[Bools, Bools, Ints]:
    """Return (U,) where *own* is against the plurality of all but the two, where *other* is with it, the plurality."""
    against, plurality = np.zeros(len(own), bool), np.zeros(len(own), np.int64)
    rows = np.flatnonzero((own >= 0) & (other >= 0))
    mine, theirs = own[rows], other[rows]
    rest, each = counts[rows], np.arange(len(rows))
    rest[each, mine] -= 1
    rest[each, theirs] -= 1
    plurality[rows] = rest.argmax(axis=1)
    top = rest[each, plurality[rows]]
    rest[each, plurality[rows]] = -1
    against[rows] = (top > 0) & (rest.max(axis=1) < top) & (plurality[rows] != mine)
    return against, against & (own == other), plurality
