"""Courses: how the labels of each annotator run over time, from the labels themselves or from an engine's sums."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agreement.diagnosis.contrasts import Sums, sums_by
from agreement.diagnosis.evidence import Evidence, Floats, Ints


@dataclass(frozen=True, slots=True)
class Course:
    """The values of labels by annotator, section and place in the annotator's own order.

    Letters: C labels, or equal places of one annotator and section; A annotators.

    Parameters
    ----------
    who, cell
        (C,) annotator; annotator and section.
    x, n, y
        (C,) place in the annotator's own order, 0 to 1; how many labels stand there, and the sum of their values.
    shrunk
        (A,) sum of (r - 1) / r over an annotator's labels, r labels on the item.
    sums
        What gives the sums by annotator of a constant (C,) plus a factor (C,) times the value of each label.
    """

    who: Ints
    cell: Ints
    x: Floats
    n: Floats
    y: Floats
    shrunk: Floats
    sums: Callable[[Floats, Floats], Sums]


def course(evidence: Evidence, value: Floats, position: Floats) -> Course:
    """Return the course of *value* (N,) over the *position* (N,) of each label, by round (A, R) where an engine sums.

    Labels without a value or a position are left out.

    Examples
    --------
    >>> from agreement.diagnosis.evidence import from_units
    >>> from agreement.units import units_from_matrix
    >>> evidence = from_units(units_from_matrix([["x", "y", "y"], ["x", "x", "x"]]))
    >>> found = course(evidence, np.array([1.0, 0, 0, 0.5, 0, 0]), np.array([0.25, 0.25, 0.25, 0.75, 0.75, 0.75]))
    >>> found.who.tolist(), found.x.tolist(), found.shrunk.round(2).tolist()  # 2/3 an item
    ([0, 1, 2, 0, 1, 2], [0.25, 0.25, 0.25, 0.75, 0.75, 0.75], [1.33, 1.33, 1.33])
    >>> found.sums(np.zeros(6), np.full(6, 2.0)).y.tolist()
    [3.0, 0.0, 0.0]
    """
    if evidence.people is not None:
        return evidence.people.course(evidence, value, position)
    people, places = len(evidence.annotators), len(evidence.sections) + 1
    use = np.isfinite(value) & np.isfinite(position)
    who, unit, y = evidence.annotator[use], evidence.unit[use], value[use]
    cluster = np.unique(evidence.cluster[unit], return_inverse=True)[1]
    n, r = evidence.repeated(np.ones(len(y)), unit), evidence.size[unit]
    with np.errstate(invalid="ignore", divide="ignore"):
        shrunk = evidence.tally(who, unit, (r - 1) / r, people)
    return Course(
        who, who * places + evidence.section[unit] % places, position[use],
        n.astype(np.float64), evidence.repeated(y, unit).astype(np.float64), shrunk,
        lambda constant, factor: sums_by(who, people, cluster, constant + factor * y, evidence.times_at(unit)),
    )  # fmt: skip
