"""What the rules note: items to decide, gold to look at again, labels that look like one, numbers that mislead."""

# ruff: noqa: RUF001, RUF002 - the typographic apostrophe and the en dash are what a page prints

from collections.abc import Mapping, Sequence
from typing import Any

from agreement.wording.numbers import Figure, between, count, decimal, listed, percent, plural
from agreement.wording.rules import Told, amount, within

# cause of a contradicted gold label: what to do
DECIDE_GOLD = {
    "slip in the gold": "Have a second person decide this item without seeing the gold label, then correct the gold.",
    "section that confuses everybody": "Rewrite the section first; then decide this item again by the new text.",
    "labels that people confuse": "Write the decision rule for these two labels first; then decide this item again.",
}
MOST_GROUPS = 3
TOO_LITTLE, LITTLE = "too little to say anything", "little: numbers may still move a lot"


def gold_item(item: str, gold: str, rival: str, *, against: Figure, rivals: int, cause: str) -> Told:
    """Return message and advice about a gold label that a share of the annotators contradict, *rivals* of them alike.

    Examples
    --------
    >>> against = Figure(0.8, 0.376, 0.964, 5, "annotator", hits=4)
    >>> gold_item("t1", "A", "B", against=against, rivals=3, cause="slip in the gold").message[:93]
    'The gold label of t1 is A; 4 of 5 annotators say otherwise (80%, 95% CI 38–96%), 3 of them B.'
    """
    hits = against.hits or 0
    limits = between(percent(against.low or 0.0), percent(against.high or 0.0))
    interval = f"({percent(against.value or 0.0)}%, {percent(against.confidence)}% CI {limits}%)"
    other = rival if rivals == hits else "otherwise"
    told = f"{count(hits)} of {plural(against.n, against.unit)} say {other} {interval}"
    told += "" if rivals == hits else f", {count(rivals)} of them {rival}"
    return Told(f"The gold label of {item} is {gold}; {told}. Likely cause: {cause}.", DECIDE_GOLD[cause])


def pairs_disagree(disagreeing: int, pairs: int) -> str:
    """Return how many pairs of an item's annotators disagree.

    Examples
    --------
    >>> pairs_disagree(2, 3), pairs_disagree(3, 3), pairs_disagree(1, 1)
    ('2 of its 3 pairs of annotators disagree', 'all its 3 pairs of annotators disagree', 'its two annotators disagree')
    """
    if pairs == 1:
        return f"its two annotators {'disagree' if disagreeing else 'agree'}"
    share = "all" if disagreeing == pairs else f"{count(disagreeing)} of"
    return f"{share} its {plural(pairs, 'pair')} of annotators {'disagrees' if disagreeing == 1 else 'disagree'}"


def apart(annotators: int, distance: float) -> str:
    """Return how far apart an item's annotators are, where answers agree in part."""
    return (
        f"its {count(annotators)} annotators are {percent(distance)}% apart, where 0% is all the same and 100% nothing "
        "in common"
    )


def item(name: str, told: str, annotators: int, expected: float) -> Told:
    """Return message and advice about an item to adjudicate; *told* is how it disagrees, *expected* how many are hard.

    Examples
    --------
    >>> item("t1", pairs_disagree(2, 3), 3, 0.44).message[:79]
    'Item t1: 2 of its 3 pairs of annotators disagree (no interval: 3 annotators say'
    """
    return Told(
        f"Item {name}: {told} (no interval: {count(annotators)} annotators say little about one item). Of items this "
        f"high on the list, about {percent(expected)}% are hard; the rest are slips.",
        "Adjudicate it; if more than one label is valid, keep them all; if nobody can tell, leave it out of the gold.",
    )


def alias(
    spelling: tuple[str, int],
    meant: tuple[str, int],
    reason: str,
    kappa: Mapping[str, Any],
    n: int,
    confidence: float,
) -> Told:
    """Return message and advice about two labels that look like one, each with how often it was given.

    *kappa* has ``before``, ``after``, ``change``, ``low`` and ``high``, None where undefined, and ``undefined``, why.
    """
    return Told(
        f"{spelling[0]!r} ({plural(spelling[1], 'time')}) looks like {meant[0]!r} ({plural(meant[1], 'time')}); they "
        f"differ in {reason}. Read as one label, {_read_as_one(kappa, n, confidence)}.",
        f'If they are one label, add "{spelling[0]}" = "{meant[0]}" under [labels.aliases].',
    )


def _read_as_one(kappa: Mapping[str, Any], n: int, confidence: float) -> str:
    """Return what becomes of kappa.

    Examples
    --------
    >>> _read_as_one({"before": 0.05, "change": None, "undefined": "only one label was used"}, 200, 0.95)
    'κ, 0.05 now, has no value (only one label was used; n 200 items)'
    """
    if kappa["change"] is None:
        now = "" if kappa["before"] is None else f", {decimal(kappa['before'])} now,"
        return f"κ{now} has no value ({kappa['undefined']}; n {plural(n, 'item')})"
    change = f"change {decimal(kappa['change'])}, no interval: all items belong together"
    if kappa["low"] is not None:
        interval = between(decimal(kappa["low"]), decimal(kappa["high"]))
        change = f"change {decimal(kappa['change'])}, {percent(confidence)}% CI {interval}"
    return f"κ goes from {decimal(kappa['before'])} to {decimal(kappa['after'])} ({change}, n {plural(n, 'item')})"


def no_answer(label: str, times: int, before: float, after: float, n: int) -> Told:
    """Return message and advice about a label that may mean no answer."""
    return Told(
        f"{label!r} ({plural(times, 'time')}) may mean no answer. Counted as missing, κ goes from {decimal(before)} to "
        f"{decimal(after)} (n {plural(n, 'item')} left; no interval, the two are not of the same items).",
        f'If it is no answer, add "{label}" to values under [missing].',
    )


def majority(label: str, share: float, n: int, own: Figure, rare: str, worst: Figure) -> Told:
    """Return message and advice where one label holds most of the labels; F1 of it and of the worst *rare* one."""
    return Told(
        f"{label} holds {percent(share)}% of the labels (n {plural(n, 'item')}), which pulls κ down and flatters every "
        f"average. F1, the agreement on one class, is {_f1(own)} for {label} but {_f1(worst)} for {rare}.",
        f"Judge the classes one by one, and {rare} first; collect more items of the rare classes.",
    )


def _f1(figure: Figure) -> str:
    """Return an F1 with interval and n."""
    return f"{figure.text} ({percent(figure.confidence)}% CI {figure.interval}, n {plural(figure.n, figure.unit)})"


def two_labels(labels: Sequence[str], each: Mapping[str, Figure], leaning: str, *, opposed: bool) -> Told:
    """Return message and advice about a layer with two labels: *each* F1, who leans most; *opposed* if to both."""
    f1 = listed([f"{_f1(figure)} for {label}" for label, figure in each.items()])
    return Told(
        f"With two labels every disagreement is between {listed(labels)}, so there is no pair to find; F1, the "
        f"agreement on one label, is {f1}.{leaning}",
        f"Ask the people who lean to different sides what {labels[0]} and {labels[1]} mean to them."
        if opposed
        else f"Say in the guideline where {labels[0]} ends and {labels[1]} begins, with five items on which people "
        "differ.",
    )


def leans(name: str, label: str, size: Figure) -> str:
    """Return that one annotator gives a label more often than colleagues, to follow another sentence."""
    return f" On the same items {name} gives {label} {amount(size)} more often than colleagues do {within(size)}."


def more_of(towards: Mapping[str, str]) -> str:
    """Return who gives more of which label.

    Examples
    --------
    >>> more_of({"Ana": "yes", "Ben": "no"})
    'Ana: more yes; Ben: more no'
    """
    return "; ".join(f"{name}: more {label}" for name, label in towards.items())


def rates(more: str, less: str, label: str, size: Figure) -> Told:
    """Return message and advice about a label that one of two annotators gives more often than the other."""
    return Told(
        f"On the same items {more} gives {label} {amount(size)} more often than {less} does "
        f"{within(size)}. Who is right is open.",
        f"Ask both what {label} means to them, with five items where only one of the two gave it.",
    )


def few_informative(informative: int, n: int, *, none: bool) -> Told:
    """Return message and advice where little but the most frequent answer is in play; *none* if too little by far."""
    return Told(
        f"On {count(n - informative)} of {plural(n, 'compared item')} everybody gave the most frequent answer; what is "
        f"left, {plural(informative, 'item')} (no interval: a count), is {TOO_LITTLE if none else LITTLE}.",
        "Label more items, of the rarer classes first.",
    )


def only_two(names: Sequence[str], n: int) -> Told:
    """Return message and advice where two annotators are all there are."""
    return Told(
        f"With two annotators ({listed(names)}, n {plural(n, 'item')}) only the sum of their differences is seen: "
        "where and on which labels they differ can be known; which of the two is nearer to the guideline can’t.",
        "Have 10 to 20% of the items labelled by a third person, or add gold labels.",
    )


def few_shared(names: Sequence[str], fewest: int, n: int) -> Told:
    """Return message and advice about people who share fewer than *fewest* items with any one colleague.

    Examples
    --------
    >>> few_shared(["Ana"], 30, 90).message[-65:]
    'n 90 items in all): no score of a pair with this person is shown.'
    """
    alone = len(names) == 1
    return Told(
        f"{listed(names, most=6)} {'shares' if alone else 'share'} fewer than {plural(fewest, 'item')} with any one "
        f"colleague (no interval: a count; n {plural(n, 'item')} in all): no score of a pair "
        f"with {'this person' if alone else 'them'} is shown.",
        "Give them items that others have labelled.",
    )


def without_link(groups: Sequence[Sequence[str]], n: int) -> Told:
    """Return message and advice about groups of annotators without a common item."""
    named = "; ".join(listed(sorted(one), most=3) for one in groups[:MOST_GROUPS])
    named += f"; and {count(len(groups) - MOST_GROUPS)} more" if len(groups) > MOST_GROUPS else ""
    return Told(
        f"The annotators fall into {count(len(groups))} groups without a common item (no interval: a count; n "
        f"{plural(n, 'item')}): {named}. They can’t be compared with each other.",
        "Give each group some items of the others.",
    )


def never_rotates(n: int) -> Told:
    """Return message and advice where who works with whom never changes enough."""
    return Told(
        f"Who works with whom never changes enough (n {plural(n, 'item')}, no interval: a design): the data can’t tell "
        "whose differences they are.",
        "Rotate the pairs at random: the same number of labels then tells people apart.",
    )
