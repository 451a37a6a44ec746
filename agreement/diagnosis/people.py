"""People: what rules ask of annotators one by one, answered from their labels, or by an engine that sums over them.

Where labels are too many to be at hand, the evidence of a crowd is which labels each item has and how many items have
them; who gave which label only an engine knows. The functions here are the only way in which rules ask for it, so that
no rule has to know which of the two it reads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from agreement.diagnosis.contrasts import Additive, Sums, sums_by
from agreement.diagnosis.courses import Course
from agreement.diagnosis.evidence import Bools, Evidence, Floats, Ints, tally


@dataclass(frozen=True, slots=True)
class Gone:
    """Labels that no longer count: by codes of annotators, of (annotator, section) and of sections.

    Examples
    --------
    >>> Gone(annotators=frozenset({3})) | Gone(sections=frozenset({0}))
    Gone(annotators=frozenset({3}), cells=frozenset(), sections=frozenset({0}))
    """

    annotators: frozenset[int] = frozenset()
    cells: frozenset[tuple[int, int]] = frozenset()
    sections: frozenset[int] = frozenset()

    def __or__(self, other: "Gone") -> "Gone":
        """Return what either takes away."""
        return Gone(self.annotators | other.annotators, self.cells | other.cells, self.sections | other.sections)

    def __bool__(self) -> bool:
        """Return True if anything is gone."""
        return bool(self.annotators or self.cells or self.sections)


@dataclass(frozen=True, slots=True)
class Near:
    """The units that one annotator labelled.

    Parameters
    ----------
    evidence
        The labels of these units, without those of people set apart.
    added
        (U,) what the own shares of the annotator's colleagues add up to, the mean of equal units.
    units
        (U,) which units of the whole they are; None where their items are named.
    items
        (U,) names of their items, if named.
    """

    evidence: Evidence
    added: Floats
    units: Ints | None = None
    items: tuple[str, ...] = ()


class People(Protocol):
    """What knows who gave which label, where the labels themselves are not at hand."""

    @property
    def present(self) -> Ints:
        """Annotators with at least one label that counts."""

    @property
    def items(self) -> tuple[str, ...]:
        """(U,) names of an item that each unit stands for."""

    def without(self, gone: Gone) -> Evidence:
        """Return what :func:`without` does."""

    def sums(self, evidence: Evidence, value: Floats, *, by_section: bool) -> Sums:
        """Return what :func:`sums_by_annotator` does, *evidence* being this crowd's."""

    def given(self, evidence: Evidence) -> Floats:
        """Return what :func:`given` does."""

    def company(self, evidence: Evidence, own: Floats) -> tuple[Floats, Floats]:
        """Return what :func:`company` does."""

    def company_sums(self, evidence: Evidence, own: Floats) -> tuple[Floats, Floats]:
        """Return what :func:`company_sums` does."""

    def around(self, codes: Sequence[int], apart: Sequence[int], own: Floats | None) -> Callable[[int], Near]:
        """Return what :func:`around` does."""

    def additive(self, evidence: Evidence, min_labels: int) -> Additive:
        """Return what :func:`~agreement.diagnosis.contrasts.additive` does."""

    def parted(self, gone: Gone) -> tuple[Evidence, Ints]:
        """Return what :func:`without` does, told apart by what units were before, and (U,) such a unit of before."""

    def met(self, evidence: Evidence, contrast: Floats) -> Floats:
        """Return (A, A) the sums over the units with a *contrast* (N,) that two share of one over the labels."""

    def products(self, evidence: Evidence, contrast: Floats, own: Floats) -> tuple[Floats, int]:
        """Return (A, A) the sums over clusters of products of what is left of *contrast* (N,), and how many there are.

        What is left is without everybody's *own* share (A,), against the mean share on the unit.
        """

    def course(self, evidence: Evidence, value: Floats, position: Floats) -> Course:
        """Return what :func:`~agreement.diagnosis.courses.course` does, *position* (A, R) being that of rounds."""

    def given_in_rounds(self) -> Floats:
        """Return (A, R) how many labels that count each annotator gave in each round, by name."""

    def in_rounds(self, code: int, rounds: Ints) -> Near:
        """Return the units of these *rounds* that one annotator labelled."""

    def meetings(self) -> tuple[Ints, Floats, Floats]:
        """Return (P, 2) the pairs who share a unit, in order, and (P,) on how many they meet, and agree."""

    def between(self, first: int, second: int) -> Near:
        """Return the units that two annotators labelled, with all labels, and who gave the third of three."""

    def joining(self, people: Sequence[int]) -> Callable[[int], tuple[Floats, Floats]]:
        """Return what gives for each of *people* (A,) on how many units they deviate beside others, and these join.

        To deviate is to leave the only most frequent label among the labels of everybody else.
        """

    def disputed_in(self, evidence: Evidence, round_: str, section: str, most: int) -> dict[str, dict[str, str]]:
        """Return up to *most* items of a round, and *section* if any, whose labels differ most, with their labels."""


def rows_gone(evidence: Evidence, gone: Gone) -> Bools:
    """Return (N,) the labels that are *gone*, of an evidence that lists who gave them."""
    section = evidence.section[evidence.unit]
    rows = np.isin(evidence.annotator, sorted(gone.annotators))
    if gone.sections:
        rows |= np.isin(section, sorted(gone.sections))
    if gone.cells:
        width = len(evidence.sections) + 1
        cells = [annotator * width + place for annotator, place in sorted(gone.cells)]
        rows |= np.isin(evidence.annotator * width + section % width, cells)
    return np.asarray(rows)


def without(evidence: Evidence, gone: Gone) -> Evidence:
    """Return the evidence in which the labels that are *gone* no longer count."""
    if not gone:
        return evidence
    if evidence.people is not None:
        return evidence.people.without(gone)
    return evidence.without(rows_gone(evidence, gone))


def sums_by_annotator(evidence: Evidence, value: Floats, *, by_section: bool = False) -> Sums:
    """Return (A,) or (A, S + 1) sums of *value* (N,) by annotator, and by section; the last is of units without one.

    Labels with NaN are left out. Equal labels of one unit have equal values.
    """
    people, places = len(evidence.annotators), len(evidence.sections) + 1
    if evidence.people is not None:
        return evidence.people.sums(evidence, value, by_section=by_section)
    cluster, each = evidence.cluster[evidence.unit], evidence.times_at(evidence.unit)
    if not by_section:
        return sums_by(evidence.annotator, people, cluster, value, each)
    cell = evidence.annotator * places + evidence.section[evidence.unit] % places
    cells = sums_by(cell, people * places, cluster, value, each)
    return Sums(*(part.reshape(people, places) for part in cells.parts()))


def contrast_sums(evidence: Evidence, contrast: Floats, *, by_section: bool = False) -> Sums:
    """Return (A,) or (A, S + 1) sums of the evidence's *contrast* (N,) by annotator, and by section."""
    name = "contrasts_by_section" if by_section else "contrasts"
    return evidence.once(name, lambda: sums_by_annotator(evidence, contrast, by_section=by_section))


def counted(evidence: Evidence, value: Floats) -> Floats:
    """Return (A,) the plain sums of *value* (N,) by annotator; labels with NaN are left out."""
    if evidence.people is not None:
        return evidence.people.sums(evidence, value, by_section=False).y
    rows = np.isfinite(value)
    unit = evidence.unit[rows]
    return evidence.tally(evidence.annotator[rows], unit, value[rows], len(evidence.annotators))


def given(evidence: Evidence) -> Floats:
    """Return (A, S + 1) how many labels that count each annotator gave in each section, and outside sections."""
    people, places = len(evidence.annotators), len(evidence.sections) + 1
    if evidence.people is not None:
        return evidence.people.given(evidence)
    unit = evidence.unit[evidence.kept]
    cell = evidence.annotator[evidence.kept] * places + evidence.section[unit] % places
    return evidence.count(cell, unit, people * places).reshape(people, places).astype(np.float64)


def company(evidence: Evidence, own: Floats) -> tuple[Floats, Floats]:
    """Return (U,) the mean of *own* (A,) over the labels of a unit, and how much it varies among equal units.

    Of units where fewer than two labels count, nothing is asked.
    """
    if evidence.people is not None:
        return evidence.people.company(evidence, own)
    use = evidence.kept & evidence.compared[evidence.unit]
    added = tally(evidence.unit[use], own[evidence.annotator[use]], len(evidence.section))
    return added / np.maximum(evidence.size, 1), np.zeros(len(added))


def company_sums(evidence: Evidence, own: Floats) -> tuple[Floats, Floats]:
    """Return (A, S + 1) how many contrasts there are, and their company's mean of *own* (A,) summed up."""
    if evidence.people is not None:
        return evidence.people.company_sums(evidence, own)
    people, places = len(evidence.annotators), len(evidence.sections) + 1
    rows = np.flatnonzero(evidence.kept & (evidence.size >= 3)[evidence.unit])
    who, unit = evidence.annotator[rows], evidence.unit[rows]
    mean = np.bincount(unit, own[who], minlength=len(evidence.section)) / np.maximum(evidence.size, 1)
    cell = who * places + evidence.section[unit] % places
    n, summed = evidence.count(cell, unit, people * places), evidence.tally(cell, unit, mean[unit], people * places)
    return n.reshape(people, places).astype(np.float64), summed.reshape(people, places)


def around(
    evidence: Evidence, codes: Sequence[int], apart: Sequence[int], own: Floats | None = None
) -> Callable[[int], Near]:
    """Return what gives the units of each annotator of *codes*, without the labels of all the others set *apart*.

    With *own* (A,), also what the colleagues' own shares add up to.
    """
    if evidence.people is not None:
        return evidence.people.around(codes, apart, own)
    return partial(_near, evidence, apart, own)


def _near(evidence: Evidence, apart: Sequence[int], own: Floats | None, code: int) -> Near:
    """Return the units of one annotator, from the labels themselves."""
    mine = np.arange(len(evidence.section))
    near = evidence
    if evidence.label is not None:
        mine, near = np.unique(evidence.unit[evidence.annotator == code]), evidence.around(code)
    near = near.without(np.isin(near.annotator, [other for other in apart if other != code]))
    added = np.zeros(len(mine))
    if own is not None:
        rows = near.kept & (near.annotator != code)
        added = tally(near.unit[rows], own[near.annotator[rows]], len(mine))
    return Near(near, added, mine)
