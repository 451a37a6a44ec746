"""What ``agreement detect`` prints: how the input was read, and what looks odd."""

from collections.abc import Iterable

from agreement.wording.numbers import count, plural

LISTED = 12
# titles of lines
FORMAT, FILES, ANNOTATOR, COLUMNS, ROWS, ITEMS = "Format", "Files", "Annotator", "Columns", "Rows", "Items"
ANNOTATORS, OVERLAP, LAYER, GUIDELINE = "Annotators", "Overlap", "Layer", "Guideline"
SUSPECTED, WARNINGS = "Suspected", "Warnings"

KNOWN_BY_FORMAT, NOBODY = "as the format says", "none"
KINDS = {
    "human": "annotators", "model": "models", "gold": "gold (not compared)", "curator": "curators (not compared)",
}  # fmt: skip
DOCUMENT = "document"
NOTHING_TO_COMPARE = "one annotator: nothing can be compared."
NEARLY_ALL_DIFFERENT = "nearly every answer is different: are these labels? Name them with --label."


def first_names(names: Iterable[str]) -> str:
    """Return the first names and how many more there are.

    Examples
    --------
    >>> first_names(map(str, range(14)))
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more'
    """
    everything = list(names)
    more = f" and {count(len(everything) - LISTED)} more" if len(everything) > LISTED else ""
    return ", ".join(everything[:LISTED]) + more


def found_in(place: str) -> str:
    """Return where the annotators were found."""
    return f"found in {place}" if place else KNOWN_BY_FORMAT


def rows(read: int, used: int) -> str:
    """Return how many rows were read and used."""
    return f"{count(read)} read, {count(used)} used"


def set_aside(times: int, reason: str) -> str:
    """Return how many rows were set aside."""
    return f"set aside: {count(times)} {reason}"


def repaired(times: int, what: str) -> str:
    """Return how often something was repaired."""
    return f"repaired: {count(times)} times {what}"


def items(number: int, known: Iterable[str]) -> str:
    """Return how many items there are and what is known about them.

    Examples
    --------
    >>> items(1200, ["text", "section"])
    '1,200, with text, section'
    """
    told = first_names(known)
    return count(number) + (f", with {told}" if told else "")


def people(kind: str, names: Iterable[str]) -> str:
    """Return how many annotators of a kind there are, and who."""
    named = list(names)
    return f"{count(len(named))} {KINDS[kind]}: {first_names(named)}"


def pair(first: str, second: str, shared: int) -> str:
    """Return how many items a pair shares."""
    return f"{first} and {second}: {plural(shared, 'shared item')}"


def pairs(number: int, least: int, most: int, median: int, *, none: int, few: int) -> str:
    """Return how many items many pairs share; *none* share none, *few* fewer than 30."""
    return (
        f"{count(number)} pairs share {count(least)} to {count(most)} items (median {count(median)}); {count(none)} "
        f"pairs share none, {count(few)} fewer than 30."
    )


def layer(name: str, kind: str, labels: int, *, declared: bool) -> str:
    """Return name and kind of a layer, and how many labels it has."""
    return f"{name}, {kind}, {plural(labels, 'label')} ({'declared' if declared else 'as found'})"


def label(name: str, times: int) -> str:
    """Return a label and how often it was given."""
    return f"{name} ({count(times)})"


def never_used(labels: Iterable[str]) -> str:
    """Return which declared labels nobody used."""
    return f"declared but never used: {first_names(labels)}"


def looks_ordered(order: Iterable[str]) -> str:
    """Return that labels look ordered, and how to say that they are."""
    return f"these look ordered; if they are, pass --order {','.join(order)!r}"


def guideline(sections: int, source: str, unknown: Iterable[str]) -> str:
    """Return how many sections the guideline has, and which sections items name that it lacks."""
    lacking = first_names(unknown)
    return f"{plural(sections, 'section')} from {source}" + (
        f"; items name sections it lacks: {lacking}" if lacking else ""
    )


def alias(spelling: str, times: int, meant: str, meant_times: int, reason: str) -> str:
    """Return that a label looks like another spelling of one more frequent."""
    return (
        f"label {spelling!r} ({count(times)}) looks like {meant!r} ({count(meant_times)}): {reason}; merged only by "
        "[labels.aliases]"
    )


def more_spellings(number: int) -> str:
    """Return how many more such labels there are."""
    return f"and {count(number)} more spellings"


def no_answer(label: str, times: int) -> str:
    """Return that a label looks like no answer."""
    return f"label {label!r} ({count(times)}) looks like no answer; it counts as a label unless --missing lists it"


def gold_candidate(name: str) -> str:
    """Return that something in the input may be gold.

    Examples
    --------
    >>> gold_candidate("ground truth")
    "'ground truth' looks like gold; it counts as gold only if --gold names it"
    """
    return f"{name!r} looks like gold; it counts as gold only if --gold names it"


def if_ordered(layer: str) -> str:
    """Return when a suggested order holds."""
    return f"if {layer} is ordered"


def written_by(files: str) -> str:
    """Return the first line of a suggested configuration."""
    return f"How {files} is read; written by agreement detect."
