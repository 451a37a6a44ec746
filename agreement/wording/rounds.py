"""What is said about rounds: what changed from one to the next, and what a step rests on."""

# ruff: noqa: RUF001, RUF002 - true minus and en dash are what a page prints

from collections.abc import Sequence

from agreement.wording.measures import MACRO_F1
from agreement.wording.numbers import Figure, count, decimal, percent, plural

NOTHING_COMPARED = "Nothing to compare: no layer is in both rounds."
WORDS = {"better": "Better", "worse": "Worse"}
NO_CHANGE, NOTHING = "No clear change", "nothing to compare"
NOT_MEASURED = "nothing to measure"
EVERYTHING = "all items"

# what a step rests on
ONLY_COUNTS = "Only pair counts were kept: n counts pairs of labels, items can’t be matched, intervals are wide."
ITEMS_KEPT_ONCE = (
    "Of equal items only their number was kept: items can’t be matched, and are compared as if all were different."
)
NO_KAPPAS = "Kappas are left out: of a crowd that an engine summed up, JSON keeps which labels there are, not whose."
ONLY_LISTED = "only the items to list are at hand, of more that an engine summed up."
COMPARE_JSON = "Compare the JSON of the audits instead: agreement compare BEFORE.json AFTER.json."
TOO_FEW_ITEMS = "too few items"
ONE_MIX = "Agreement, at one label mix"
# what the course over several rounds means
COURSES = {
    "improving": "People and guideline come together; go on, and stop when the gain of a round is not worth its cost.",
    "flat": "More rounds of the same kind will not help: change the guideline, the classes or the training.",
    "falling": "Usually new people, harder items or a guideline that has grown contradictory; compare the last rounds.",
    "unstable": "It swings more than its intervals explain: rounds differ in items, people or rules. Keep a fixed set "
    "of items in every round to tell which.",
    "": "With fewer than four rounds only differences are judged.",
}


def at_one_mix(title: str) -> str:
    """Return the title of a measure that is taken at one label mix."""
    return f"{title}, at one label mix"


def macro_f1(taken: int, used: int) -> str:
    """Return the title of macro F1 of the classes *taken* out of those *used*: rare ones make no trend.

    Examples
    --------
    >>> macro_f1(10, 10), macro_f1(12, 19)
    ('Macro F1', 'Macro F1 of 12 of 19 classes')
    """
    return MACRO_F1 if taken == used else f"{MACRO_F1} of {taken} of {used} classes"


def nothing_in(rounds: Sequence[str]) -> str:
    """Return in which rounds there is nothing to measure."""
    return f"nothing to measure in {' and '.join(rounds)}"


def left_out(annotators: Sequence[str]) -> str:
    """Return who is not in both rounds, and so not compared."""
    return f"Only annotators of both rounds are compared; left out: {', '.join(annotators)}."


def other_annotators(annotators: Sequence[str]) -> str:
    """Return that the annotators changed."""
    return f"The annotators changed ({', '.join(annotators)}), so a change may be theirs and not the guideline’s."


def only_in(name: str, labels: Sequence[str]) -> str:
    """Return which labels only one round declares.

    Examples
    --------
    >>> only_in("r1", ["Refund"])
    'Only in r1: Refund.'
    """
    return f"Only in {name}: {', '.join(labels)}."


def not_comparable(before: str, after: str) -> str:
    """Return that two rounds can't be compared."""
    return f"Nothing could be compared between {before} and {after}."


def last_step(before: str, after: str, word: str, title: str, change: str) -> str:
    """Return what the last step did overall.

    Examples
    --------
    >>> last_step("r1", "r2", "better", "Macro F1", "0.60 before, 0.70 after")
    'From r1 to r2: better overall. Macro F1: 0.60 before, 0.70 after.'
    """
    return f"From {before} to {after}: {word} overall. {title}: {change}."


def section_became(section: str, word: str, change: str) -> str:
    """Return what became of one section."""
    return f"Section {section} became {word}: agreement {change}."


def change_in_words(before: float, after: float, difference: Figure, n: tuple[int, int]) -> str:
    """Return before, after and the difference with its interval; *n* before and after.

    Examples
    --------
    >>> change_in_words(0.6, 0.7, Figure(0.1, 0.02, 0.18), (300, 1400))
    '0.60 before, 0.70 after, change 0.10 (95% CI 0.02–0.18, n 300 and 1,400)'
    """
    return (
        f"{decimal(before)} before, {decimal(after)} after, change {difference.text} "
        f"({percent(difference.confidence)}% CI {difference.interval}, n {count(n[0])} and {count(n[1])})"
    )


def basis(n: tuple[int, int, int], pairing: str, clear: int, tested: int) -> str:
    """Return what a step rests on: items before, after, in both; how they were paired; clear changes of all tested."""
    return (
        f"{plural(n[0], 'item')} before and {count(n[1])} after, {count(n[2])} of them in both ({pairing}); "
        f"{plural(clear, 'clear change')} among {tested} tested, adjusted for their number"
    )


# in a terminal
def line_of_basis(n: tuple[int, int, int], pairing: str, clusters: int) -> str:
    """Return what a step rests on: items before, after, in both, and independent documents."""
    documents = f"; {clusters} documents taken as independent" if clusters else ""
    return f"  {plural(n[0], 'item')} before, {n[1]} after, {n[2]} in both ({pairing}){documents}"


def line_of_family(title: str, clear: int, tested: int) -> str:
    """Return how many changes of one family are clear."""
    return f"  {title}: {clear} of {tested} changes are clear (adjusted for their number)"


def signed(value: float) -> str:
    """Return a difference with its sign.

    Examples
    --------
    >>> signed(0.05), signed(-0.05)
    ('+0.05', '−0.05')
    """
    return f"+{decimal(value)}" if value > 0 else decimal(value)


def line_of_change(values: tuple[float, float], difference: Figure, n: tuple[int, int], word: str) -> str:
    """Return before, after, the difference with interval and *n* before and after, and the word for it."""
    interval = f"{signed(difference.low or 0.0)} to {signed(difference.high or 0.0)}"
    return (
        f"{decimal(values[0])} to {decimal(values[1])}, change {signed(difference.value or 0.0)} "
        f"({percent(difference.confidence)}% CI {interval}, n {n[0]} and {n[1]}): {word}"
    )


SECTIONS, CLASSES, PAIRS = "Sections", "Classes", "Pairs"


def line_of_layer(layer: str, before: str, after: str, word: str) -> str:
    """Return which rounds of a layer are compared, and how the second does."""
    return f"Layer {layer}, {before} to {after}: {word}"


def line_of_note(note: str) -> str:
    """Return a note on a comparison."""
    return f"  Note: {note}"
