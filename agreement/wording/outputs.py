"""What the other outputs say around the numbers: workbook, Markdown, JUnit, terminal, and what a listing leaves out."""

NOTHING_MEASURED = "Nothing measurable is not a pass."
NEXT = "What to do next"
HOW_TO_DECIDE = "Fill in the column decision of the sheet Disputes; then: agreement apply-decisions FILE"
RELEASE_CHECKS = "release checks"
NOBODY_APART = "nobody stands apart"
# headers of Markdown tables
FIGURES = ("Figure", "Value, interval, n")
CHECKS = ("Result", "Check", "Layer", "Value, interval, n", "Meaning")
# followed by the name of a sheet
CUT_IN, CHANGED_IN, LEFT_OUT_OF = "cut in ", "changed in ", "left out of "
NOT_LISTED = "Not in the list"
NOT_SEEN = "This is not one of the labels seen. Keep it only if you mean a label that nobody gave."
SHORT_TITLES = {
    "kappa": "Kappa", "f1_item": "Macro F1", "class_f1": "F1 of class", "pair_confusion": "Confusion",
    "labels": "F1 of class", "sections": "Section",
    "annotator": "Annotators", "f1_span": "Exact span F1", "f1_token": "Token F1", "gold": "Suspicious gold",
}  # fmt: skip


def how_it_was_read(used: int, read: int, warnings: int) -> str:
    """Return how many rows were used, and where the warnings on the input stand.

    Examples
    --------
    >>> how_it_was_read(1068, 1140, 1)
    '1,068 of 1,140 rows used, 1 warning: see Data, method and limits'
    """
    told = f"{used:,} of {read:,} rows used"
    if warnings:
        told += f", {warnings:,} {'warning' if warnings == 1 else 'warnings'}"
    return f"{told}: see Data, method and limits"


def cut_cells(cells: int, most: int) -> str:
    """Return how many cells of a sheet were cut.

    Examples
    --------
    >>> cut_cells(2, 32767)
    '2 cells to 32,767 characters, the most Excel holds'
    """
    return f"{cells} cells to {most:,} characters, the most Excel holds"


def cleaned_cells(cells: int, replaced: str) -> str:
    """Return how many cells of a sheet held what Excel refuses."""
    return f"{cells} cells: control characters, which Excel refuses, became {replaced}"


def rows_left(rows: int) -> str:
    """Return how many rows did not fit in a sheet."""
    return f"{rows:,} rows, too many for a sheet; they are in the CSV"


def few_shared(least: int) -> str:
    """Return which pairs a listing leaves out."""
    return f"pairs with fewer than {least} shared items (pairs; --csv --all-pairs lists them)"


PROFILES_OF_EQUAL_ITEMS = "names of items in the profiles (items; equal ones are there once, with how many)"


def beyond_listed(listed: int) -> str:
    """Return which disputes a listing leaves out.

    Examples
    --------
    >>> beyond_listed(2_000)
    'disputes beyond the 2,000 that are listed (items)'
    """
    return f"disputes beyond the {listed:,} that are listed (items)"


def by_label_of(pairs: str) -> str:
    """Return that rows by label of some pairs are left out."""
    return f"rows by label of {pairs}"


def more_in_report(number: int) -> str:
    """Return that the report holds more."""
    return f"… and {number} more in the report."


def see_report(number: int, what: str = "") -> str:
    """Return that the report holds more of *what*.

    Examples
    --------
    >>> see_report(3, "checks").removeprefix("\N{HORIZONTAL ELLIPSIS} ")
    'and 3 more checks, see the report'
    """
    return f"… and {number} more{f' {what}' if what else ''}, see the report"


def failed(meaning: str, source: str) -> str:
    """Return why a check failed, for the log of a CI job."""
    return f"{meaning} Limit from: {source}."


def undecided(meaning: str, settle: str) -> str:
    """Return why a check can't tell, for the log of a CI job."""
    return f"{meaning} What would settle it: {settle}."


def settled_by(what: str) -> str:
    """Return what would settle an undecided check, for the middle of a log line."""
    return f" Settled by: {what}."


def points(share: str, interval: str, n: str) -> str:
    """Return a difference in points with its interval and n.

    Examples
    --------
    >>> points("12", "8-16", "1,200")
    '12 points, 8-16 · n 1,200'
    """
    return f"{share} points, {interval or 'no interval'} · n {n}"


def and_more(number: int) -> str:
    """Return that a list goes on."""
    return f"… and {number} more"


def no_room_for_sheets(path: str, folder: str) -> str:
    """Return that the sheets of a workbook found no room.

    Examples
    --------
    >>> no_room_for_sheets("labels.xlsx", "/tmp").partition(". ")[0]
    "labels.xlsx: can't be written: its sheets are first written to /tmp, which is full or write-protected"
    """
    return (
        f"{path}: can't be written: its sheets are first written to {folder}, which is full or write-protected. "
        "What was there before is untouched; free the place, or name another folder with TMPDIR."
    )


def template_line(name: str, line: int | None) -> str:
    """Return a place in a template.

    Examples
    --------
    >>> template_line("sections/45-mine.html", 3)
    'sections/45-mine.html, line 3'
    """
    return f"{name}, line {line}" if line else name


def not_rendered(folder: str, what: str, place: str = "") -> str:
    """Return what is wrong with the templates in *folder*.

    Examples
    --------
    >>> not_rendered("mine", "division by zero", "page.html, line 3")
    "mine: the page can't be rendered: page.html, line 3: division by zero."
    """
    told = what.rstrip(".")
    return f"{folder}: the page can't be rendered: {f'{place}: ' if place else ''}{told}."


def too_slow(seconds: int) -> str:
    """Return that templates never end."""
    return f"its templates take more than {seconds} seconds of processor time. Look for loops in loops"


def too_large_in_memory(most: int) -> str:
    """Return that templates need too much memory."""
    return f"its templates need more than {most >> 20:,} MB of memory. Look for text that grows in a loop"


def too_large_a_page(most: int) -> str:
    """Return that templates write too much."""
    return f"its templates give a page of more than {most >> 20:,} MB. Look for output in a loop"
