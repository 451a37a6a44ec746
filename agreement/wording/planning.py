"""What a plan says in a terminal: what each value needs, and what to label next."""

# ruff: noqa: RUF001 - the typographic apostrophe is what a page prints

from collections.abc import Sequence

from agreement.wording.numbers import decimal, listed, percent, plural

NOTHING = "Nothing to plan: no layer has labels or spans."
SECOND_TIME = "  Label a second time next:"
LEAST_ITEMS = "ten"

# why an item is next
FEW_COMPARISONS, OFTEN_DISPUTED = "few comparisons of its label so far", "items like it are often disputed"
JOINS = "joins annotators never compared"
# what to do next
JOIN_GROUPS = "Give the groups items in common first: without them no number says how the groups agree."
ROTATE = "Let pairs rotate, so that it shows who differs; with fixed pairs it can’t be known."
ADD_A_THIRD = "Have some items labelled by a third person: with two it can’t be known who errs."
EVERY_PAIR = "Every pair of annotators shares items, so pooled numbers describe all of them."


def groups_apart(groups: int) -> str:
    """Return what groups without a common item do to pooled numbers."""
    return (
        f"The annotators fall into {groups} groups that share no item. Pooled numbers describe agreement inside "
        "the groups only; nothing is known about agreement between them."
    )


def pairs_apart(never: int, pairs: int) -> str:
    """Return what pairs without a common item do to pooled numbers."""
    return (
        f"{never} of {pairs} pairs share no item. Pooled numbers are means over the pairs that do, and say nothing "
        "about the others directly."
    )


def more_items(title: str, more: int, half_width: float) -> str:
    """Return how many more items bring a value to the width that is asked for.

    Examples
    --------
    >>> more_items("Macro F1", 40, 0.05)
    'Macro F1: 40 more items bring the interval to ±0.05.'
    """
    return f"{title}: {plural(more, 'more item')} bring the interval to ±{half_width:g}."


def labels_short(labels: int) -> str:
    """Return how many labels have too few items."""
    return f"{plural(labels, 'label')} short of items for that width; the rare ones need most."


def keep_random(share: float) -> str:
    """Return why some second labels go to items drawn at random."""
    return (
        f"Keep {share:.0%} of the second labels on items drawn at random, and take agreement from these: "
        "items chosen because disputes are likely make agreement look worse than it is."
    )


def line_of_layer(layer: str, n_items: int, n_single: int) -> str:
    """Return the first line about one layer.

    Examples
    --------
    >>> line_of_layer("label", 200, 40)
    'Layer label: 200 items, 40 of them labelled once only'
    """
    single = f", {n_single} of them labelled once only" if n_single else ""
    return f"Layer {layer}: {plural(n_items, 'item')}{single}"


def line_of_aim(half_width: float, change: float) -> str:
    """Return what is planned for."""
    return f"  For ±{half_width:g} at this mix of items, and for a change of {change:g} to show:"


def line_of_item(item: str, label: str, by: Sequence[str], why: str, chance: float | None) -> str:
    """Return what to label a second time, by whom, why, and how likely it is to be disputed."""
    who = f" by {listed(by, last='or', most=3)}" if by else ""
    likely = f", about {percent(chance)}% likely to be disputed" if chance is not None else ""
    return f"    {item} ({label}){who}: {why}{likely}"


def too_few(name: str, n: int) -> str:
    """Return that a value can't be planned."""
    return f"{name}: too few items to plan from (n {n}, {LEAST_ITEMS} are needed)"


def needed(name: str, value: float, half_width: float, n: int, more: int, to_see_change: int) -> str:
    """Return what one value has, and what it needs.

    Examples
    --------
    >>> needed("Macro F1", 0.7, 0.08, 100, 160, 800)
    'Macro F1: 0.70 ±0.08 now (n 100); 160 more items for the width, 800 a round for the change'
    """
    items = plural(more, "more item") if more else "enough items"
    return (
        f"{name}: {decimal(value)} ±{decimal(half_width)} now (n {n}); {items} for the width, "
        f"{to_see_change} a round for the change"
    )


def line_of_group(annotators: Sequence[str]) -> str:
    """Return who shares items with one another."""
    return f"    group: {listed(annotators, most=8)}"


def line_of_never(pairs: Sequence[tuple[str, str]]) -> str:
    """Return which pairs share no item.

    Examples
    --------
    >>> line_of_never([("Ana", "Ben"), ("Ana", "Cem")]).strip()
    'never compared: Ana and Ben; Ana and Cem'
    """
    return f"    never compared: {'; '.join(f'{a} and {b}' for a, b in pairs)}"
