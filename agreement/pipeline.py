"""The pipe itself: annotations to comparisons to diagnosis to checks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from agreement._arrays import used_codes
from agreement.annotations import Annotations, is_one_of
from agreement.checks.release import Check, release_checks
from agreement.comparison import Comparison, compare
from agreement.diagnosis.diagnosing import Diagnosis, diagnose
from agreement.errors import InputError, Problem, SettingsError
from agreement.loaders import load, load_frame
from agreement.models.comparing import Models, model_reports
from agreement.settings import Settings, with_options
from agreement.slices import Slices, slices
from agreement.structures.comparing import Structures, compare_structures
from agreement.structures.ranking import Rankings, rankings
from agreement.wording import terminal as stages

SOME = 10_000  # rows in which two annotators nearly always meet


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that was found out about a set of annotations.

    Parameters
    ----------
    annotations, settings
        What was audited, and every choice that can change a number.
    comparisons
        One per layer: all scores, and the counts they came from.
    diagnosis
        Flags and the disagreement budget.
    checks
        Release checks.
    models
        Models beside people, where an annotator is one.
    slices
        The headline figures by value of the item columns in ``report.by``.
    structures
        Relations and coreference of every two annotators, where spans are joined.
    rankings
        Ranked lists against those who judged relevance, where ``ranking.source`` names one.
    """

    annotations: Annotations
    settings: Settings
    comparisons: tuple[Comparison, ...]
    diagnosis: Diagnosis
    checks: tuple[Check, ...]
    models: Models = field(default_factory=Models)
    slices: Slices = field(default_factory=Slices)
    structures: Structures = field(default_factory=Structures)
    rankings: Rankings = field(default_factory=Rankings)

    def scores_table(self) -> pd.DataFrame:
        """Return all scores as a tidy frame, a row per score, with the columns of ``SCORE_COLUMNS``."""
        return pd.concat([comparison.scores for comparison in self.comparisons], ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as JSON-able values, schema ``agreement-audit/1``."""
        from agreement.report.tables import audit_to_dict

        return audit_to_dict(self)

    def to_html(self, path: str | PathLike[str]) -> Path:
        """Write the report to *path*, replacing it only once the page is complete, and return the path."""
        from agreement.report.page import write_page

        return write_page(self, Path(path))

    def to_excel(self, path: str | PathLike[str]) -> Path:
        """Write the workbook to *path* and return the path."""
        from agreement.report.workbook import write_workbook

        return write_workbook(self, Path(path))

    def _repr_html_(self) -> str:
        """Return the report for a notebook."""
        from agreement.report.page import notebook_frame

        return notebook_frame(self)


def audit(
    source: Annotations | pd.DataFrame | str | PathLike[str] | Iterable[str | PathLike[str]],
    settings: Settings | None = None,
    *,
    on_stage: Callable[[str], None] | None = None,
    **options: Any,  # noqa: ANN401 - each option has a type of its own
) -> Audit:
    """Return the audit of *source*.

    Parameters
    ----------
    source
        Annotations, a frame (a row per label, or a column per annotator), or paths to load.
    settings
        Every choice that can change a number; ``Settings.from_file`` reads them from ``agreement.toml``.
    on_stage
        Called with what happens next, for a display of progress.
    options
        The options of the command line by name, e.g. ``order=["low", "high"]``; they win over *settings*. How to read
        can't be said of annotations that were read already.

    Raises
    ------
    InputError
        If the input can't be read, or leaves nothing to compare; lists every problem.
    SettingsError
        If an option is unknown or not allowed.
    """
    if isinstance(source, Annotations) and options:
        raise SettingsError([Problem(", ".join(options), "say how to read.", "Pass them to load instead.")])
    settings = with_options(settings, options)
    if isinstance(source, Annotations):
        annotations = source
    elif isinstance(source, pd.DataFrame):
        annotations = load_frame(source, settings)
    else:
        annotations = load(source, settings)
    require_comparable(annotations)
    told = on_stage or (lambda _: None)
    told(stages.COMPARING)
    comparisons = compare(annotations, settings)
    told(stages.DIAGNOSING)
    diagnosis = diagnose(annotations, comparisons, settings)
    told(stages.CHECKING)
    return Audit(
        annotations,
        settings,
        comparisons,
        diagnosis,
        release_checks(comparisons, diagnosis, settings, annotations),
        model_reports(annotations, comparisons, diagnosis.flags, settings),
        slices(annotations, settings),
        compare_structures(annotations, settings),
        rankings(annotations, settings),
    )


def require_comparable(annotations: Annotations) -> None:
    """Refuse annotations in which no two annotators share an item.

    Raises
    ------
    InputError
        Saying how many annotators and items there are, and what to do.
    """
    answered = annotations.assignments
    counts = is_one_of(answered["status"], ("done", "empty")) & is_one_of(answered["annotator"], annotations.compared)
    if not counts.all():
        answered = answered.loc[counts]
    where = ", ".join(annotations.reading.files) or "the input"
    given = answered["annotator"].cat
    who = sorted(map(str, given.categories[used_codes(given.codes.to_numpy(), len(given.categories))]))
    if len(who) < 2:
        found = f"only one annotator, {who[0]!r}" if who else "no annotator with a label"
        raise InputError(
            [
                Problem(
                    where,
                    f"holds {found}; agreement needs two.",
                    "Add the other annotators' files, or name the column with --annotator.",
                )
            ]
        )
    if any(int(_per_item(part).max()) > 1 for part in (answered.head(SOME), answered)):  # most often the first few do
        return
    per_item = _per_item(answered)
    raise InputError(
        [
            Problem(
                where,
                f"no item was labelled by two annotators ({len(per_item)} items, {len(who)} annotators).",
                "Check that all files name items in the same way (--item), and that --annotator names people.",
            )
        ]
    )


def _per_item(answered: pd.DataFrame) -> "pd.Series[int]":
    """Return how many annotators answered each item, by round and layer."""
    key = ["item", "round", "layer"]
    codes = pd.DataFrame({name: answered[name].cat.codes for name in (*key, "annotator")})  # names may be millions
    return codes.groupby(key)["annotator"].nunique()
