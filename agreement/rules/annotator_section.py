"""An annotator who differs from colleagues in one section only."""

from collections.abc import Iterator, Mapping

from agreement.diagnosis.case import Case
from agreement.diagnosis.people import around
from agreement.flags import Flag, Rule, Subject
from agreement.rules._cells import cells_off, crowd, split_sections
from agreement.rules._parts import (
    TEST,
    disputed,
    examples_near,
    regular,
    rounded,
    share_left_out,
    verdict_of,
)
from agreement.wording import Figure, causes
from agreement.wording import rules as words


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the cells off the pack, except where so many are off that it is the section."""
    evidence = crowd(case)
    if len(evidence.sections) < 2 or len(evidence.present) < 3:
        return
    cells = cells_off(evidence, thresholds, case.confidence)
    if not cells:
        return
    split = split_sections(case, cells, thresholds)
    within = regular(evidence)
    apart = {flag.subject.annotator for flag in case.confirmed("annotator", "span_annotator", "drift")}
    near = around(case.whole, [cell.annotator for cell in cells], ())
    every = max(case.whole.number(disputed(case.whole)), 1)
    for cell in cells:
        verdict = verdict_of(cell.q, thresholds)
        if cell.section in split or verdict is None or evidence.annotators[cell.annotator] in apart:
            continue
        name, section = evidence.annotators[cell.annotator], evidence.sections[cell.section]
        title = case.annotations.guidelines.name(section)
        mine = near(cell.annotator)
        labels = mine.evidence
        rows = (labels.annotator == cell.annotator) & (labels.section[labels.unit] == cell.section)
        share = share_left_out(case, labels, rows)
        settled = labels.number(disputed(labels) & ~disputed(labels.without(rows)))
        effect = Figure(cell.value, cell.low, cell.high, cell.n, case.noun, confidence=case.confidence)
        yield Flag(
            RULE.name, verdict if within else "suspected",
            Subject(RULE.name, case.layer, annotator=name, section=section),
            *causes.annotator_section(name, title, effect),
            "annotator lead", effect=cell.value, low=cell.low, high=cell.high, n=cell.n, q=cell.q,
            disputes=settled, share_of_disputes=settled / every, share_of_disagreement=rounded(share),
            evidence={
                "inside": cell.inside,
                "design": "same items" if within else "rotating pairs",
                "share_exact": share,
            },
            examples=examples_near(case, mine, rows),
        )  # fmt: skip


RULE = Rule(
    "annotator_section",
    *words.ANNOTATOR_SECTION,
    {**TEST, "min_effect": 0.12, "benign": 0.02, "min_inside": 0.09, "min_items": 15, "min_documents": 10},
    30,
    _check,
)
