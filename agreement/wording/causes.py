"""What the rules say about causes of disagreement: one message with n and interval, and what to do about it."""

# ruff: noqa: RUF001, RUF002 - the en dash and the typographic apostrophe are what a page prints

from collections.abc import Sequence
from dataclasses import replace

from agreement.wording.numbers import Figure, count, listed, percent, plural
from agreement.wording.rules import Told, amount, points, within


def annotator(name: str, effect: Figure, *, same_items: bool, sections: bool) -> Told:
    """Return message and advice about an annotator off the pack; *sections* if there are several to leave out.

    Examples
    --------
    >>> annotator("Ana", Figure(0.18, 0.14, 0.22, 900), same_items=True, sections=False).message
    'On the very same items, pairs with Ana disagree 18 points more than pairs without Ana (95% CI 14–22, n 900 items).'
    """
    noun = effect.unit
    pairs = f"On the very same {noun}s, pairs" if same_items else "Pairs"
    where = " It holds whichever section is left out." if sections else ""
    return Told(
        f"{pairs} with {name} disagree {amount(effect)} more than pairs without {name} {within(effect)}.{where}",
        _talk_first(name, noun),
    )


def span_annotator(name: str, effect: Figure, *, same_items: bool, sections: bool) -> Told:
    """Return message and advice about an annotator whose spans fewer colleagues mark alike.

    Examples
    --------
    >>> span_annotator("Ana", Figure(0.18, 0.14, 0.22, 90, "document"), same_items=False, sections=False).message
    'Pairs with Ana have an exact span F1 18 points lower than pairs without Ana (95% CI 14–22, n 90 documents).'
    """
    pairs = f"On the very same {effect.unit}s, pairs" if same_items else "Pairs"
    where = " It holds whichever section is left out." if sections else ""
    return Told(
        f"{pairs} with {name} have an exact span F1 {amount(effect)} lower than pairs without {name} "
        f"{within(effect)}.{where}",
        _talk_first(name, effect.unit),
    )


def annotator_of_team(name: str, effect: Figure) -> Told:
    """Return message and advice about one of a team whose larger part is off.

    Examples
    --------
    >>> annotator_of_team("Ana", Figure(0.18, 0.14, 0.22, 900)).message.partition(". ")[0]
    'Pairs with Ana disagree 18 points more than if a sound colleague stood in for Ana (95% CI 14–22, n 900 items)'
    """
    return Told(
        f"Pairs with {name} disagree {amount(effect)} more than if a sound colleague stood in for {name} "
        f"{within(effect)}. {_most_of_team(name, effect.unit)}",
        _talk_first(name, effect.unit),
    )


def span_annotator_of_team(name: str, effect: Figure) -> Told:
    """Return message and advice about one of a team whose larger part marks other spans."""
    return Told(
        f"Pairs with {name} have an exact span F1 {amount(effect)} lower than if a sound colleague stood in for "
        f"{name} {within(effect)}. {_most_of_team(name, effect.unit)}",
        _talk_first(name, effect.unit),
    )


def _most_of_team(name: str, noun: str) -> str:
    """Return how a team whose larger part is off is known."""
    return (
        f"Hardly anybody else labels the {noun}s of {name}’s team, and in sections that other teams label too this "
        f"team disagrees more: so the colleague who differs from {name} is not the one who is off."
    )


def _talk_first(name: str, noun: str) -> str:
    """Return what to do about an annotator off the pack."""
    return (
        f"Go through the examples with {name} first: a difference is a reason to talk, not a grade. If it stays, "
        f"repeat the training or have {name}’s {noun}s labelled again, the labels with the lowest agreement first."
    )


def annotator_section(name: str, section: str, effect: Figure) -> Told:
    """Return message and advice about an annotator off in one section."""
    return Told(
        f"In section {section}, {name} differs from colleagues on the same {effect.unit}s {amount(effect)} more "
        f"than elsewhere {within(effect)}; elsewhere {name} is like the others.",
        f"Talk with {name} about section {section} over the examples, and ask before telling: it may be another "
        f"reading of the section. Then have {name} label those {effect.unit}s again.",
    )


def camps(sides: Sequence[Sequence[str]], effect: Figure) -> Told:
    """Return message and advice about two camps of annotators."""
    return Told(
        f"There are two readings: {listed(sides[0], most=6)} agree with each other, and so do "
        f"{listed(sides[1], most=6)}, but across the two groups they disagree {amount(effect)} more than "
        f"within them {within(effect)}.",
        "Bring one person of each group together over the examples and decide which reading the project wants; if both "
        "are wanted, keep both labels.",
    )


def copy(names: Sequence[str], hits: int, rate: Figure) -> Told:
    """Return message and advice about two annotators who are who deviate together on *hits* of the rate's n items."""
    first, second = names
    return Told(
        f"{first} and {second} deviate from everybody else together: in {count(hits)} of the "
        f"{plural(rate.n, rate.unit)} where one of them stands against the others, the other gives the same label, "
        f"{percent(rate.value or 0.0)}% {within(rate)}.",
        f"Find out whether {first} and {second} worked together or share a rule that nobody else has; the logs may "
        "tell. Until it is clear, count the two as one annotator, as this diagnosis does from here on.",
    )


def drift(name: str, size: Figure, *, worse: bool) -> Told:
    """Return message and advice about an annotator who changes against colleagues, by *size* whatever its direction."""
    return Told(
        f"{name} {'moves away from' if worse else 'comes closer to'} the others over time: from the first to the last "
        f"{size.unit}, disagreement with colleagues on the same {size.unit}s {'rises' if worse else 'falls'} by "
        f"{amount(size)} {within(size)}.",
        f"Ask {name} what changed; have a sample of the {'later' if worse else 'earlier'} {size.unit}s labelled again.",
    )


def drift_on_gold(name: str, since: str, before: Figure, after: Figure, change: Figure) -> Told:
    """Return message and advice about an annotator who misses more gold since some time."""
    return Told(
        f"{name} misses more gold since {since}: {percent(after.value or 0.0)}% of {after.n} gold items, "
        f"{percent(before.value or 0.0)}% of {before.n} before, {amount(change)} more {within(change)}.",
        f"Ask {name} what changed; have a sample of the later items labelled again.",
    )


def round_change(section: str, rounds: Sequence[str], before: float, after: float, change: Figure) -> Told:
    """Return message and advice about agreement that changed between two *rounds*, in a *section* or overall if empty.

    Examples
    --------
    >>> round_change("", ("r1", "r2"), 0.8, 0.7, Figure(-0.1, -0.14, -0.06, 400)).message[:63]
    'Overall, agreement fell by 10 points (95% CI 6–14, n 400 items)'
    >>> round_change("", ("r1", "r2"), 0.7, 0.8, Figure(0.1, 0.06, 0.14, 400)).message[64:]
    'from r1 to r2: 70.0% before, 80.0% after, as if the labels were equally frequent in both.'
    """
    difference = change.value or 0.0
    better = difference > 0
    nearest, farthest = sorted((abs(change.low or 0.0), abs(change.high or 0.0)))
    size = replace(change, low=nearest, high=farthest)
    return Told(
        f"{f'In section {section}' if section else 'Overall'}, agreement {'rose' if better else 'fell'} by "
        f"{points(difference)} {within(size)} from {rounds[0]} to {rounds[1]}: {100 * before:.1f}% before, "
        f"{100 * after:.1f}% after, as if the labels were equally frequent in both.",
        "Keep what was changed before this round, and have items of earlier rounds in it labelled again."
        if better
        else "Look at what was changed before this round, and go through the disputes it brought before labelling "
        "more.",
    )


def section_in_two_ways(section: str, sides: Sequence[Sequence[str]], effect: Figure) -> Told:
    """Return message and advice about a section that two camps read differently."""
    return Told(
        f"Section {section} is read in two ways: {listed(sides[0], most=8)} against {listed(sides[1], most=8)}. Labels "
        f"disagree {amount(effect)} more there than in the other sections {within(effect)}.",
        f"Together, settle five {effect.unit}s of the split, write the rule into section {section}, tell both groups.",
    )


def section_unreliable(section: str, effect: Figure, smallest: float, *, several: bool) -> Told:
    """Return message and advice about a section that nobody reads reliably; *smallest* effect without one of *several*.

    Examples
    --------
    >>> section_unreliable("C3", Figure(0.2, 0.1, 0.3, 90), 0.18, several=False).message
    'In section C3, the two annotators disagree 20 points more than in the other sections (95% CI 10–30, n 90 items).'
    """
    whoever = f"; it stays at least {points(smallest)} whoever is left out" if several else ""
    return Told(
        f"In section {section}, {'people' if several else 'the two annotators'} disagree {amount(effect)} "
        f"more than in the other sections {within(effect)}{whoever}.",
        f"Rewrite section {section}, starting from its disputed {effect.unit}s: as it stands, it doesn’t settle them.",
    )


def label_left(label: str, observed: float, usual: float, partners: Sequence[str], effect: Figure) -> Told:
    """Return message and advice about a label whose items are given others more often than is usual."""
    told = (
        f"{label} is vague: on items that most likely are {label}, {percent(observed)}% of labels are others, against "
        f"{percent(usual)}% usually; {percent(effect.value or 0.0)}% of the labels {label} get another label from a "
        "colleague beyond that"
    )
    return _scatters(told, label, partners, effect)


def label_beyond_slips(label: str, partners: Sequence[str], effect: Figure) -> Told:
    """Return message and advice about a label that gets others beyond what a model of slips explains."""
    told = (
        f"{label} is vague: {percent(effect.value or 0.0)}% of the labels {label} get another label from a colleague "
        "beyond what slips (single mistakes) explain"
    )
    return _scatters(told, label, partners, effect)


def _scatters(told: str, label: str, partners: Sequence[str], effect: Figure) -> Told:
    """Return message and advice about a vague label, after how vague it is."""
    return Told(
        f"{told} {within(effect)}; it scatters over {listed(partners, most=4)}.",
        f"Say in the guideline what {label} is and what it is not, with examples from its disputed items.",
    )


def own_rules(sides: Sequence[tuple[Sequence[str], str]]) -> str:
    """Return who gives which label where two are taken for each other.

    Examples
    --------
    >>> own_rules([(["Ana", "Ben"], "Refund"), (["Cy"], "Billing")])
    'Ana and Ben: Refund; Cy: Billing'
    """
    return "; ".join(f"{listed(who, most=4)}: {label}" for who, label in sides)


def label_pair(labels: Sequence[str], rarer: str, effect: Figure, nature: str, direction: str) -> Told:
    """Return message and advice about two labels that are taken for each other, by the *nature* of their confusion.

    Examples
    --------
    >>> label_pair(("Billing", "Refund"), "Refund", Figure(0.2, 0.1, 0.3, 90), "open", "").message[:38]
    'Billing and Refund are taken for each '
    """
    first, second = labels
    other = second if rarer == first else first
    told = {
        "symmetric": "Nobody leans to either label, so it is the definition, not the people.",
        "different rules": f"People apply different rules ({direction}); who is right is open.",
        "open": "Whether people lean to different labels can’t be told yet.",
    }[nature]
    decide = f"Write a decision rule {first} / {second} with two examples each"
    return Told(
        f"{first} and {second} are taken for each other: beyond what slips (single mistakes) explain, "
        f"{percent(effect.value or 0.0)}% of the labels {rarer} get {other} from a colleague {within(effect)}. {told}",
        f"Together, settle five {'items' if effect.unit == 'item' else 'spans'} where the two meet. {decide}."
        if nature == "different rules"
        else f"{decide}; merge the two only if nobody needs the difference.",
    )


def hard_to_tell(labels: Sequence[str], observed: float, effect: Figure) -> Told:
    """Return message and advice about the two labels of a layer whose items split more evenly than slips explain."""
    first, second = labels
    return Told(
        f"{percent(observed)}% of the items get {first} from about as many people as {second}, "
        f"{amount(effect)} more than slips (single mistakes) explain {within(effect)}. They may be hard "
        "to tell apart for everybody.",
        f"Look at the items that split evenly: write a decision rule {first} / {second}, or settle them one by one.",
    )


def span_boundary(label: str, other_edges: float, effect: Figure) -> Told:
    """Return message and advice about a span label whose edges people draw differently."""
    return Told(
        f"People who mark the same {label} draw its edges differently in {percent(other_edges)}% of cases, "
        f"{amount(effect)} more than for the other labels {within(effect)}.",
        f"Say in the guideline where a span of {label} begins and ends: articles, titles, punctuation, with three "
        "examples.",
    )
