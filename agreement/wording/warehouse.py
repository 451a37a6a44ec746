"""What is said of an audit of a table in an engine: what its numbers rest on, and what it can't do there."""

from agreement.wording.numbers import count

NO_ITEM, NO_ANNOTATOR = "row without an item", "row without an annotator"
GOLD_ASIDE, CURATOR_ASIDE = "gold, not compared", "curator, not compared"

# what sums of a long table can't do, and what to do instead
A_PART = "Audit a part of the table, in a view of up to a million rows."
ONE_COLUMN = "Audit one label column at a time: --columns label=NAME."
ONE_LABEL = "Keep one label per annotator and item in a view, e.g. the latest."
SEVERAL_LAYERS, MODELS, GOLD = "several layers", "models beside people", "gold labels"
BY_COLUMN, TIMES = "figures by an item column (--by)", "times and repeats that differ"
SECTIONS_NOT_TOLD_APART = (
    "Sections were not told apart: items show more than a million kinds of labels by section, or there are more than "
    "2,000 of them. Everything else rests on all labels. For sections, audit one at a time."
)
FLAGS_NOT_LOOKED_FOR = (
    "Flags were not looked for: they take more than an engine's sums tell where more than a million items come again "
    "in later rounds, where one annotator's items differ in more than a million ways, or where more than 3,000 "
    "annotators have mostly items with fewer than three labels. Scores rest on all labels. For flags, audit a part of "
    "the table in a view of up to ten million labels, e.g. one section."
)
SCORES, SPANS = "probabilities of labels (--score)", "spans (columns.start, columns.end)"


def layers_of_kind(kind: str) -> str:
    """Return which layers need the labels themselves."""
    return f"layers of kind {kind}"


def warehouse(engine: str) -> str:
    """Return the format of a table in an engine."""
    return f"warehouse ({engine})"


def in_groups(documents: int, groups: int) -> str:
    """Return that documents were taken out in groups for the intervals."""
    return f"For the intervals, {count(documents)} documents were taken out in {count(groups)} groups at random."


def taken_together(documents: int, groups: int) -> str:
    """Return that documents count in groups, wherever documents are what is independent."""
    return f"For intervals and flags, {count(documents)} documents are taken together in {count(groups)} random groups."


def too_many_patterns(labels: int, patterns: int) -> str:
    """Return that labels differ too much to be counted together.

    Examples
    --------
    >>> too_many_patterns(9, 5)
    'holds too many different patterns of labels: more than 5, with more than 9 labels in them.'
    """
    return (
        f"holds too many different patterns of labels: more than {count(patterns)}, with more than {count(labels)} "
        "labels in them."
    )


ITEMS_NOT_MATCHED = (
    "Items are too many to be matched from round to round: changes are judged as if the rounds had different items, "
    "with intervals that are as a rule wider; those of kappas match them."
)


def rounds_not_told(most: int) -> str:
    """Return that the rounds of a crowd are not compared."""
    return f"Rounds are not compared: the labels of items by section and document are more than {count(most)} kinds."


def sections_not_told(most: int) -> str:
    """Return that limits of sections are not checked."""
    return (
        "Limits of sections are not checked: the labels of items by section and document are more than "
        f"{count(most)} kinds."
    )
