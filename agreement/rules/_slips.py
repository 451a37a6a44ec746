"""How often units that deserve one label are given another by slips alone, from the cells where nothing else is."""

import numpy as np

from agreement.diagnosis.evidence import Bools, Floats

MIXES = np.linspace(0.0, 1.0, 11)
BORROWED = 100.0  # labels that the rate of slips of all labels is worth, for each label
LEAST = 1e-12


def expected(seen: Floats, share: Floats, free: Bools, mixes: Floats = MIXES) -> Floats:
    """Return (K, K) which share of the labels of a row slips put in each cell, learned without that pair of cells.

    A label has a rate of slips of its own, and slips fall in part as frequent labels are (*share*, K), in part on all
    labels alike; how much of each is where the *free* cells (K, K, symmetric) of *seen* (K, K) are likeliest. All pairs
    are worked out at once: leaving two cells out of sums is a subtraction.

    Examples
    --------
    >>> seen = np.array([[80.0, 10, 10], [10, 80, 10], [5, 5, 90]])
    >>> free = ~np.eye(3, dtype=bool)
    >>> bool((expected(seen, np.full(3, 1 / 3), free) < 0.11)[free].all())  # nobody slips more than once in ten times
    True
    """
    rows, used = seen.sum(axis=1), share > 0
    targets = mixes[:, None] * share + (1 - mixes[:, None]) * used / max(int(used.sum()), 1)
    hits = np.where(free, seen, 0.0)
    logs = np.log(np.maximum(targets, LEAST))
    reach = targets @ free.T  # (mixes, K) share of slips that fall on a row's free cells
    own = hits.sum(axis=1)
    terms = _log(own, reach)
    whole = logs @ hits.sum(axis=0) - terms.sum(axis=1)
    a = np.where(free, targets[:, None, :], 0.0)  # (mixes, K, K) of the cell, 0 where it is not free
    left = np.maximum(reach[:, :, None] - a, 0.0)
    remaining = own[:, None] - hits
    without = terms[:, :, None] - _log(remaining, left)  # what a row changes when it loses the cell
    moved = hits * logs[:, None, :]
    fits = whole[:, None, None] - moved - moved.transpose(0, 2, 1) + without + without.transpose(0, 2, 1)
    best = fits.argmax(axis=0)[None]
    target = np.take_along_axis(np.broadcast_to(targets[:, None, :], a.shape), best, axis=0)[0]
    left, lost = (np.take_along_axis(part, best, axis=0)[0] for part in (left, a))
    reached = np.take_along_axis((reach @ rows)[:, None, None] + np.zeros_like(a), best, axis=0)[0]
    exposed = rows[:, None] * lost
    slips, chances = own.sum() - hits - hits.T, reached - exposed - exposed.T
    common = np.where(chances > LEAST, slips / np.maximum(chances, LEAST), 0.0)
    rate = (remaining + common * BORROWED * left) / np.maximum((rows[:, None] + BORROWED) * left, LEAST)
    return np.asarray(np.where(left > LEAST, rate, common) * target)


def _log(hits: Floats, reach: Floats) -> Floats:
    """Return hits log(reach), 0 where there are no hits."""
    return np.asarray(np.where(hits > 0, hits * np.log(np.maximum(reach, LEAST)), 0.0))


def targets_of(seen: Floats, share: Floats, free: Bools) -> Floats:
    """Return (K,) where slips fall, as in :func:`expected`, learned from all the *free* cells."""
    used = share > 0
    targets = MIXES[:, None] * share + (1 - MIXES[:, None]) * used / max(int(used.sum()), 1)
    hits = np.where(free, seen, 0.0)
    fits = np.log(np.maximum(targets, LEAST)) @ hits.sum(axis=0) - _log(hits.sum(axis=1), targets @ free.T).sum(axis=1)
    return np.asarray(targets[int(fits.argmax())])


def rates_of(seen: Floats, targets: Floats, free: Bools) -> Floats:
    """Return (K,) how much each label slips: what its *free* cells say, and by *targets* all others would have."""
    rows, hits, reach = seen.sum(axis=1), np.where(free, seen, 0.0).sum(axis=1), free @ targets
    common = hits.sum() / max(float(reach @ rows), LEAST)
    own = (hits + common * BORROWED * reach) / np.maximum((rows + BORROWED) * reach, LEAST)
    return np.asarray(np.where(reach > LEAST, own, common))
