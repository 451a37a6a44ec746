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
FLAGS_NOT_LOOKED_FOR = (
    "Flags were not looked for: the engine's sums don't tell enough of these annotators. That needs more than 300 "
    "annotators, of whom most share an item with two others, and no more than a million kinds of items. Audit a part "
    "of the table, e.g. one section, in a view of up to ten million labels."
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


def rounds_not_told(most: int) -> str:
    """Return that the rounds of a crowd are not compared."""
    return f"Rounds are not compared: the labels of items by section and document are more than {count(most)} kinds."


def sections_not_told(most: int) -> str:
    """Return that limits of sections are not checked."""
    return (
        "Limits of sections are not checked: the labels of items by section and document are more than "
        f"{count(most)} kinds."
    )


def _all(labels: int, items: int) -> str:
    """Return what the engine summed up."""
    return f"all {count(labels)} labels of {count(items)} items"


def _sample(drawn: int) -> str:
    """Return what was drawn."""
    return f"a random sample of {count(drawn)} items, drawn by the hash of item or document."


def rests_on_sample(drawn: int, labels: int, items: int) -> str:
    """Return that every number rests on a sample.

    Examples
    --------
    >>> rests_on_sample(100, 900, 300)  # doctest: +ELLIPSIS
    'Every number rests on a random sample of 100 items, drawn by ... The table holds all 900 labels of 300 items.'
    """
    return f"Every number rests on {_sample(drawn)} The table holds {_all(labels, items)}."


def flags_rest_on_all(drawn: int, labels: int, items: int) -> str:
    """Return that scores and flags rest on every label, the rest on a sample."""
    return (
        f"Scores, pair tables, label pairs and flags rest on {_all(labels, items)}. Counts of items and annotations, "
        f"disputes, work by annotator and what changed between rounds rest on {_sample(drawn)}"
    )


def flags_of_a_crowd_rest_on_all(drawn: int, labels: int, items: int) -> str:
    """Return that the scores of a crowd, and the flags whose contrasts are sums, rest on every label."""
    return (
        f"Scores, pair tables, label pairs and flags rest on {_all(labels, items)}. Copies, changes over time, "
        "intervals of mean kappas, counts of items and annotations, disputes, work by annotator and what changed "
        f"between rounds rest on {_sample(drawn)}"
    )


def scores_rest_on_all(drawn: int, labels: int, items: int) -> str:
    """Return that scores rest on every label, flags and the rest on a sample."""
    return (
        f"Scores, pair tables and label pairs rest on {_all(labels, items)}. Counts of items and annotations, flags, "
        f"disputes, work by annotator and examples rest on {_sample(drawn)}"
    )
