"""An annotator who marks other spans than colleagues do in the very same documents."""

from collections.abc import Iterator, Mapping

from agreement.diagnosis.case import Case
from agreement.flags import Flag, Rule
from agreement.rules._parts import TEST
from agreement.rules.annotator import annotator_flags
from agreement.wording import causes
from agreement.wording import rules as words


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the annotators off the pack in a spans layer; the distance is 1 - span F1 of the document."""
    if case.matches is not None:
        yield from annotator_flags(case, thresholds, RULE.name, causes.span_annotator, causes.span_annotator_of_team)


RULE = Rule(
    "span_annotator",
    *words.SPAN_ANNOTATOR,
    {
        **TEST,
        "min_effect": 0.08,
        "min_of_usual": 0.15,
        "benign": 0.02,
        "benign_of_usual": 0.0,
        "one_section": 0.60,
        "min_elsewhere": 0.06,
        "min_items": 15,
    },
    21,
    _check,
)
