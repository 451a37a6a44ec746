"""What the page says beside its templates: kinds of layers, reasons for empty cells, slices."""

# ruff: noqa: RUF002 - the en dash is what a page prints

from collections.abc import Sequence

from agreement.wording.numbers import Figure, count, listed, plural

KIND_WORDS = {
    "category": "one label an item",
    "ordinal": "one label an item, in an order",
    "number": "a number an item",
    "labels": "any number of labels an item",
    "spans": "marked stretches of text",
    "answer": "free text",
}
# facts under the verdict
ITEMS, ANNOTATORS, ANNOTATIONS, LAYERS, CLASSES = "Items", "Annotators", "Annotations", "Layers", "Classes"
IN_DISPUTE, TOGETHER, GOLD_ITEMS = "In dispute", ", layers together", "Gold items"
UNTITLED = "Label audit"
FRAME_TITLE = "Agreement report"

# why a cell is empty
NO_ITEMS = "no items in common"
NEITHER_LABEL = "neither label was given"
NOTHING_TO_COUNT = "nothing to count"
NOTHING_TO_MEASURE = "nothing to measure"
TOO_FEW = "too few to say"

# how two spans differ
SAME, OTHER_EDGES, OTHER_LABEL = "same span, same label", "same label, other edges", "same edges, other label"
OTHER_BOTH, ONE_ONLY = "overlap, other edges and label", "marked by one only"


def other_edges(nested: int, shifted: int) -> tuple[str, ...]:
    """Return how edges differ, under their share; a longer span holds all of the other, a shifted one part of it.

    Examples
    --------
    >>> other_edges(20, 1_002), other_edges(20, 0)
    (('one longer 20', 'shifted 1,002'), ('one longer 20',))
    """
    ways = (("one longer", nested), ("shifted", shifted))
    return tuple(f"{way} {count(spans)}" for way, spans in ways if spans)


def split_or_merged(labels: Sequence[tuple[str, int]]) -> str:
    """Return how many spans of each label lie over two or more of the other annotator's; empty without any.

    Examples
    --------
    >>> split_or_merged([("LOC", 0), ("ORG", 3), ("PER", 9)])
    'Split or merged: 12 spans lie over two or more spans of the other annotator (PER 9 and ORG 3).'
    >>> split_or_merged([("ORG", 1)])
    'Split or merged: 1 span lies over two or more spans of the other annotator (ORG 1).'
    """
    some = sorted(((-spans, label) for label, spans in labels if spans))
    if not some:
        return ""
    total = -sum(spans for spans, _ in some)
    by_label = listed([f"{label} {count(-spans)}" for spans, label in some], most=MOST_NAMED)
    lie = "lies" if total == 1 else "lie"
    return f"Split or merged: {plural(total, 'span')} {lie} over two or more spans of the other annotator ({by_label})."


NO_MEASURE = "No measure of agreement is defined for these labels; the reasons are below."
READ_GOLD = "Have a second person decide these items without seeing the gold label; the list says the likely cause."
MOST_NAMED = 8


def too_few(informative: int, n: int, unit: str) -> str:
    """Return why a coefficient of too little variety is not shown.

    Examples
    --------
    >>> too_few(2, 90, "item")
    'too few to say: 2 of 90 items outside the most common answer'
    """
    return f"too few to say: {informative} of {n} {unit}s outside the most common answer"


def under_shared(least: int, n: int, unit: str) -> str:
    """Return why a pair has no value on the page."""
    return f"under {least} shared {unit}s ({n})"


def contradicted(share: Figure) -> str:
    """Return how many gold labels are contradicted.

    Examples
    --------
    >>> contradicted(Figure(0.05, 0.03, 0.09, 240, "gold label", share=True, hits=12))
    'The annotators of their items contradict 5%, 95% CI 3–9%, 12 of 240 gold labels.'
    """
    return f"The annotators of their items contradict {share.sentence} gold labels."


def reread(gold_labels: int) -> str:
    """Return the title of what to do about several gold labels."""
    return f"Re-read {gold_labels} gold labels"


def layers_from(layers: int, weakest: str, best: str) -> str:
    """Return the reason under the verdict where there are several layers."""
    return f"{layers} layers, from {weakest} to {best}."


def no_value_has_enough(column: str) -> str:
    """Return that no slice of a column can be compared."""
    return f"No value of {column} has enough items for a figure."


def no_slice_differs(column: str, measure: str, lowest: str) -> str:
    """Return that no slice of a column differs, and which is lowest."""
    return f"By {column}, no value differs clearly from the rest in {measure}; lowest is {lowest}."


def with_figure(name: str, figure: Figure) -> str:
    """Return a name with its figure."""
    return f"{name} ({figure.sentence})"


def slices_differ(column: str, measure: str, lower: Sequence[str], higher: Sequence[str]) -> str:
    """Return which slices of a column differ, and how.

    Examples
    --------
    >>> slices_differ("source", "Macro F1", ["forum"], ["mail"])
    'By source, Macro F1 is lower for forum and higher for mail than on the other items.'
    """
    parts = [
        f"{word} for {listed(names, most=MOST_NAMED)}"
        for word, names in (("lower", lower), ("higher", higher))
        if names
    ]
    return f"By {column}, {measure} is {listed(parts)} than on the other items."


def too_thin(least: int, slices: Sequence[str]) -> str:
    """Return which slices are too thin for figures."""
    return f"Too thin for figures, under {least} items: {listed(slices, most=MOST_NAMED)}."


def largest_only(left_out: int) -> str:
    """Return how many slices are not compared."""
    return f"Only the hundred largest values are compared; {plural(left_out, 'value')} left out."


def read_first(slices: Sequence[str]) -> str:
    """Return what to do where slices agree less."""
    return f"Read disputed items of {listed(slices, most=MOST_NAMED)} first: there people agree less than elsewhere."


def with_itself(annotator: str) -> str:
    """Return what the diagonal of a map of pairs says."""
    return f"{annotator} with itself"


def limit(shown: str, *, at_least: bool) -> str:
    """Return the limit of a check."""
    return f"at least {shown}" if at_least else f"at most {shown}"


def mixed_up(names: str, share: str, both: int, either: int, unit: str) -> str:
    """Return how often two labels are mixed up, and how many items carry both.

    Examples
    --------
    >>> mixed_up("Refund and Billing", "23", 39, 128, "item")
    'Refund and Billing: 23% confused; 39 of 128 items carry both'
    """
    return f"{names}: {share}% confused; {count(both)} of {count(either)} {unit}s carry both"


def in_slice(column: str, value: str) -> str:
    """Return what a slice is called in the filter of items.

    Examples
    --------
    >>> in_slice("source", "forum")
    'source: forum'
    """
    return f"{column}: {value}"
