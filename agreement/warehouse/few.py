"""The audit of few annotators: distinct patterns of labels, with how many items show each, are all that is needed."""

from collections.abc import Iterator

from agreement.checks.release import release_checks
from agreement.comparison.items import compare_counted
from agreement.comparison.sets import compare_set_units
from agreement.counted import in_memory
from agreement.diagnosis.diagnosing import diagnose
from agreement.flags import Flag
from agreement.pipeline import Audit
from agreement.settings import Settings
from agreement.structures.comparing import compare_structures
from agreement.warehouse.distinct import Most, everything
from agreement.warehouse.engine import LAYER, Prepared, kind_of
from agreement.warehouse.listed import hash_of_units, listed_in, totals_of_units
from agreement.wording import warehouse as said


def audit_patterns(found: Prepared, settings: Settings, most: Most, groups: int = 0) -> Audit | None:
    """Return the audit from the distinct patterns; None if there are more than *most*.

    Only the items to discuss and the examples of flags are listed, all others are counted. With *groups* documents are
    taken together in so many of them, and the account says so.
    """
    kind = kind_of(settings)
    every = everything(found, kind, most, groups)
    if every is None:
        return None
    found.release()  # what the engine holds and what comes now would not fit in memory side by side
    units, named = every
    if groups:
        found.reading.warnings.append(said.taken_together(found.documents, groups))
    totals = None if len(named) == len(units.items) else totals_of_units(units)
    if totals is not None:
        found.reading.source_sha256 = hash_of_units(units)
    annotations = listed_in(units, named, found, settings, totals)
    if kind == "labels":
        comparison = compare_set_units(units, annotations.layers[LAYER], settings)
    else:
        comparison = compare_counted(in_memory(units), annotations, LAYER, settings)
    diagnosis = diagnose(annotations, [comparison], settings)
    if totals is not None:
        annotations = listed_in(units, {*named, *_examples(diagnosis.flags)}, found, settings, totals)
    checks = release_checks((comparison,), diagnosis, settings, annotations)
    structures = compare_structures(annotations, settings)
    return Audit(annotations, settings, (comparison,), diagnosis, checks, structures=structures)


def _examples(flags: tuple[Flag, ...]) -> Iterator[str]:
    """Yield the items that *flags* show."""
    for flag in flags:
        for example in flag.examples:
            yield example.item
