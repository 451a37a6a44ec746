"""What is said about gold labels: slips, how far a score on them can be trusted, what gold is missing, what to do."""

# ruff: noqa: RUF001 - the typographic apostrophe is what a page prints

from collections.abc import Sequence

from agreement.wording.numbers import Figure, count, listed, plural

VERDICTS = {"confirmed": "looks like a slip", "suspected": "may be a slip", "review": "to look through"}
# cause of a contradicted gold label: what to do
ADVICE = {
    "slip in the gold": "Have a second person decide {} without seeing the gold label, then correct the gold.",
    "section that confuses everybody": "Rewrite the section first; then decide {} again by the new text.",
    "labels that people confuse": "Write the decision rule for these labels first; then decide {} again.",
}
OFF, AS_COLLEAGUES = "Differs from the gold more often than colleagues.", "As colleagues."
ONE_TEXT = "Decide each of the texts that occur with different gold once, for all its items."
AT_RANDOM = "Add gold for items drawn at random, undisputed ones too."
NO_GOLD_ITEM, NOBODY_LABELLED = "no gold item", "nobody labelled its gold items"
MOST_NAMES, MOST_ALONE = 6, 5

# why gold of some kinds of layer is only compared
NOT_JUDGED = {
    "spans": "Places where all annotators contradict the gold are listed to look through; no verdict is possible.",
    "answer": "Free text is compared with every annotator, but not judged item by item.",
    "number": "Numbers are compared with every annotator, but not judged item by item.",
}
TOO_MANY = "With so many labels and annotators, gold is not judged item by item."
TOO_FEW = "No gold item has three labels beside it, so no gold label is judged."


def one_label(label: str) -> str:
    """Return that the gold holds one label only."""
    return f"Every gold label is {label}: how well annotators find the others can’t be said."


def items_alone(items: Sequence[str]) -> str:
    """Return which gold items nobody labelled.

    Examples
    --------
    >>> items_alone(["a7"])
    '1 gold item labelled by no annotator: a7. Are the names of the items written alike?'
    """
    return (
        f"{plural(len(items), 'gold item')} labelled by no annotator: {listed(items, most=MOST_ALONE)}. Are the names "
        "of the items written alike?"
    )


def labels_alone(labels: Sequence[str]) -> str:
    """Return which labels only the gold uses."""
    return f"{plural(len(labels), 'label')} used by the gold alone: {listed(labels, most=MOST_ALONE)}."


def how_many(n_gold: int, n_items: int) -> str:
    """Return how many items have gold.

    Examples
    --------
    >>> how_many(90, 1200)
    '90 items of 1,200 have gold.'
    """
    return f"{plural(n_gold, 'item')} of {count(n_items)} {'has' if n_gold == 1 else 'have'} gold."


def not_judged(has: str, review: int, unit: str) -> str:
    """Return that no gold label could be judged, after how many there are; *review* of them can be looked through."""
    if not review:
        return f"{has} No gold label could be judged: that takes three annotators of its item."
    return f"{has} {plural(review, unit)} to look through: everybody who labelled the item contradicts the gold alike."


def slips(confirmed: int, suspected: int, judged: int, share: Figure, ceiling: Figure) -> str:
    """Return how many gold labels look like slips, and what a perfect model would score on this gold."""
    some = f"{plural(confirmed, 'gold label')} of {count(judged)} judged {'looks' if confirmed == 1 else 'look'} like "
    what = some + ("a slip" if confirmed == 1 else "slips")
    return (
        f"{what if confirmed else f'No gold label of {count(judged)} judged looks like a slip'} ({share.sentence})"
        + (f", {count(suspected)} more may be." if suspected else ".")
        + f" A perfect model would score about {ceiling.text} on this gold ({ceiling.interval})"
        + (": differences between models smaller than what is missing to 100% mean nothing." if confirmed else ".")
    )


def without_gold(kinds: Sequence[tuple[Sequence[str], int, str]]) -> str:
    """Return which labels, sections and rounds have no gold: names, of how many, and what they are.

    Examples
    --------
    >>> without_gold([(["Refund"], 7, "classes"), ([], 4, "sections")])
    'Without any gold: 1 of 7 classes (Refund). Nothing can be said about them.'
    """
    parts = [
        f"{len(none)} of {total} {nouns} ({listed(none, most=MOST_NAMES)})" for none, total, nouns in kinds if none
    ]
    return f"Without any gold: {listed(parts)}. Nothing can be said about them." if parts else ""


def from_disputes(gold: str, rest: str) -> str:
    """Return that the gold was made from disputes: how many of its items are disputed, how many of the rest."""
    return (
        f"The gold was made from disputes: of its items {gold} are disputed, of the rest {rest}. "
        "Everybody looks worse on it than on the data as a whole, people and models."
    )


def signal(kind: str, baseline: float, n_baseline: int, *, expected: bool) -> str:
    """Return what a batch of gold items tells about change over time.

    Examples
    --------
    >>> signal("above", 0.05, 60, expected=True), signal("", 0.05, 60, expected=True)
    ('more missed than expected (5% missed in the first 60)', 'as expected')
    """
    usual = f"({baseline:.0%} missed in the first {count(n_baseline)})"
    if kind == "above":
        return f"more missed than expected {usual}"
    if kind == "rising":
        return f"misses more for some time now {usual}"
    if kind == "below":
        return f"fewer missed than expected {usual}"
    return "as expected" if expected else "sets what is expected"


def decide_again(cause: str, items: int) -> str:
    """Return what to do about *items* whose gold is contradicted for this *cause*.

    Examples
    --------
    >>> decide_again("labels that people confuse", 1)
    'Write the decision rule for these labels first; then decide this item again.'
    """
    return ADVICE[cause].format("this item" if items == 1 else f"these {count(items)} items")


def look_through(items: int) -> str:
    """Return what to do about gold labels that can only be looked through."""
    return f"Read {plural(items, 'item')} and decide who is right."


def add_gold(labels: Sequence[str]) -> str:
    """Return what to do about *labels* of which there is too little gold."""
    return f"Add gold items, drawn at random, for {listed(labels, most=MOST_NAMES)}."


def ask(annotator: str) -> str:
    """Return what to do about an *annotator* whose accuracy changed over time."""
    return f"Ask {annotator} what changed, and read the latest items together."


# in a terminal, beside the lines that only hold figures
NONE_FOUND = "No gold labels were found. Name them with --gold: a column, an annotator, a sheet or a file."
ENOUGH = "  Every label has enough gold items."
BELOW = " - below colleagues"


def line_of_gold(gold: str, layer: str, n_gold: int, n_items: int) -> str:
    """Return the first line about one gold."""
    return f"Gold {gold!r}, layer {layer}: {plural(n_gold, 'gold label')} on {plural(n_items, 'item')}"


def line_of_finder(annotator: str, found: Figure, *, off: bool) -> str:
    """Return the line of one annotator against the gold."""
    return (
        f"  {annotator}: finds {found.text} of the gold labels ({found.interval}, {found.basis}){BELOW if off else ''}"
    )


def line_of_slips(confirmed: int, suspected: int, judged: int) -> str:
    """Return how many gold labels look wrong."""
    more = f", {suspected} more may" if suspected else ""
    return f"  {plural(confirmed, 'gold label')} of {judged} judged look like slips{more}"


def line_of_suspect(item: str, gold: str, against: tuple[int, int], rival: str, cause: str, origin: str) -> str:
    """Return the line of one gold label that looks wrong; *against* are the annotators that say otherwise, and all."""
    return (
        f"    {item}: gold {gold}, {against[0]} of {against[1]} annotators otherwise, likely {rival} ({cause}) {origin}"
    )


def line_of_review(items: int) -> str:
    """Return the line above what can only be looked through."""
    return f"  To look through (annotators contradict it alike, which allows no verdict): {items}"


def line_of_ceiling(ceiling: Figure) -> str:
    """Return what a perfect model would score."""
    return f"  Ceiling: a perfect model would score about {ceiling.text} on this gold ({ceiling.interval})"


def line_of_size(label: str, n: int, word: str, needed: int | None) -> str:
    """Return how much gold a label has, and how much would bring its recall to ±10 points."""
    more = f"; {needed} would bring its recall to ±10 points" if needed and needed > n else ""
    return f"  {label}: {plural(n, 'gold item')}, {word}{more}"


def line_of_bias(gold: tuple[int, int], rest: tuple[int, int]) -> str:
    """Return that the gold was made from disputes: disputed and all of its items, and of the rest."""
    return (
        f"  Biased: {gold[0]} of {gold[1]} gold items are disputed, of the rest {rest[0]} of {rest[1]}. "
        "Gold made from disputes makes everybody look worse than they are."
    )


def line_of_drift(annotator: str, batch: int, errors: tuple[int, int], baseline: Figure) -> str:
    """Return since which batch an annotator misses more gold; *errors* of how many in it, and how many at first."""
    return (
        f"  Drift: {annotator} misses more gold from batch {batch} on "
        f"({errors[0]} of {errors[1]}; {baseline.text} of {baseline.n} in the beginning)"
    )


def line_of_one_text(items: Sequence[str]) -> str:
    """Return items with one text and different gold."""
    return f"  One text, different gold: {', '.join(items)}"


def line_without_gold(kind: str, name: str, items: int) -> str:
    """Return which section or round has no gold."""
    return f"  No gold in {kind} {name} ({plural(items, 'item')})"
