"""How files were read, in words: what was repaired, left out and assumed, whatever format they have."""

from collections.abc import Sequence

MOST_SECTIONS, MOST_MODELS = 10, 3

# how a table is laid out
LAYOUTS = {
    "long": "long (a row per annotation)",
    "wide": "wide (a column per annotator)",
    "transposed": "transposed (annotators as rows)",
    "one-hot": "one-hot (a column per label)",
    "list": "lists (annotators and labels of an item in one row)",
}
# where names stand: "file" and "sheet" are followed by the word for their names
FILE, NAMES = "file", " names"
COLUMN_NAMES, BY_POSITION, ROW_NUMBER, CELLS = "column names", "columns, by position", "row number", "cells"

# what a spreadsheet program calls its number formats
DATE, TIME, DATE_AND_TIME = "date", "time", "date and time"

# what is set aside, repaired or doubted
HIDDEN_ROW = "hidden row"
ADDRESS_SHORTENED = "e-mail address of an annotator shortened"
NO_ITEM = "no item named in the row"
NO_ANNOTATOR = "no annotator named in the row"
BLANK_CELL = "blank cell"
NAMES_NO_ITEMS = "unlike the others it names no items"
LISTS_LABELS = "it lists labels, and no item of the others"
WHOSE_LABELS = "it does not say whose labels it holds"
NOT_ASKED_FOR = "it is not among --annotators"
UNUSED_ROW = "row of a sheet or file that was not used"
TRIMMED = "span trimmed of blanks at its edges"
CUTS_FEWER = "so the spans cut fewer words"
CUTS_NO_FEWER = "the other way they cut no fewer words"
CONSENSUS_TIE = "unresolved tie in the consensus file"
CONSENSUS_NO_LABEL = "no label in the consensus file"
BESIDE_TIE = "beside an unresolved tie in the consensus file"
ENCODING = "encoding of a letter"
NEAR_SPELLING = "near spelling"
BLANKS = "blanks"
PUNCTUATION = "punctuation"
CASE = "case"
TWICE = "same annotation twice in one submission"
IGNORED = "annotator ignored by [annotators] ignore"
REPEAT_IDENTICAL = "repeat by the same annotator, identical"


def not_of_format(file: str, format_title: str) -> str:
    """Return that a file is of another format than the rest."""
    return f"{file} was not read: it is no {format_title}."


def no_table(file: str) -> str:
    """Return that a file beside tables is none."""
    return f"{file} was not read: it is no table."


def guidelines_differ(files: str, quoted: str) -> str:
    """Return that several guidelines differ, and which one is quoted."""
    return f"The guidelines {files} differ; {quoted} is quoted."


def dates(source: str, cells: str) -> str:
    """Return that cells hold dates where labels or items stand."""
    return (
        f"{source}: {cells} hold dates where labels or items stand; a label such as 1-2 may have been turned into "
        "a date. Format the column as text and enter them again."
    )


def number_format(source: str, cells: str, code: str) -> str:
    """Return that cells have a number format, so what a person sees may be another text."""
    return (
        f"{source}: {cells} have the number format {code!r}; the stored value was read, which may look different "
        "in the spreadsheet."
    )


def no_computed_value(source: str, cells: str) -> str:
    """Return that formulas have no value in the file, and how to get them in."""
    return (
        f"{source}: formulas without a computed value count as blank: {cells}. Open the workbook in a spreadsheet "
        "program and save it."
    )


def same_for_all(columns: Sequence[str]) -> str:
    """Return which columns were taken as data, since no two annotators of an item differ in them."""
    return (
        f"read as data because all annotators of an item have the same: {', '.join(columns)}; if it is an answer, "
        "name it with --label."
    )


def remarks(columns: Sequence[str]) -> str:
    """Return which columns are remarks, on which nobody is expected to agree."""
    return f"remarks are not audited: {', '.join(columns)}."


def absent_is_empty(times: int) -> str:
    """Return how often no row was read as nothing marked."""
    return f"{times} times no row for an item was read as seen and nothing marked."


def absent_is_unassigned(times: int) -> str:
    """Return how often no row was read as not assigned, and what to do if that is wrong."""
    return (
        f"{times} times an annotator has no row for an item, which was read as not assigned. If they saw it and "
        'marked nothing, add a row with a blank label, or set [reading] unmarked = "empty".'
    )


def private_metadata(columns: Sequence[str]) -> str:
    """Return which columns of metadata are not kept."""
    return f"metadata left out because it holds addresses: {', '.join(columns)}."


def no_labels(source: str, rows: int) -> str:
    """Return that a sheet or file holds no labels."""
    return f"{source} was not read: it holds no labels ({rows} rows)."


def guessed_encoding(file: str, encoding: str) -> str:
    """Return which encoding was tried for a file that is not UTF-8."""
    return f"{file} is not valid UTF-8 and was read as {encoding}; if letters look wrong, pass --encoding."


def contradicting(items: int, column: str, examples: str) -> str:
    """Return that items have several values of what can be one only; a cluster is called document, as by its option.

    Examples
    --------
    >>> contradicting(2, "cluster", "T1, T7")
    '2 items have more than one document: T1, T7. The first one read counts.'
    """
    what = "document" if column == "cluster" else column
    count = "1 item has" if items == 1 else f"{items:,} items have"
    return f"{count} more than one {what}: {examples}. The first one read counts."


def not_used(source: str, why: str, rows: int) -> str:
    """Return that a sheet or file was not used, and why."""
    return f"{source} was not used: {why} ({rows} rows)."


def read_as_sets(source: str, column: str, example: str, mark: str, layer: str) -> str:
    """Return that cells with a mark between labels were read as sets, and how to keep them whole."""
    return (
        f"{source}, {column}: cells such as {example!r} are read as sets of labels, parted by {mark!r}; declare "
        f'[layers.{layer}] kind = "category" to keep them whole.'
    )


def no_text(spans: int, which: str) -> str:
    """Return how many spans have no text to be checked against; *which* names the first."""
    return f"{spans} spans have no text{which}: their offsets were neither checked nor trimmed."


def other_unit(used: str, stated: str) -> str:
    """Return that offsets count in another unit than the format states."""
    return f"offsets read as {used}, not {stated}, because the covered text says so"


def converted(unit: str) -> str:
    """Return that an offset was converted."""
    return f"offset in {unit} converted to code points"


def unit_by_words(chosen: str, other: str, why: str) -> str:
    """Return in which unit offsets were read where the export leaves it open."""
    return f"offsets were read as {chosen}, not {other}, which the export does not say: {why}."


def other_text(spans: int, label: str, start: int, end: int, annotator: str, item: str, source: str, row: int) -> str:
    """Return that spans cover other text than the export says, and the first of them."""
    return (
        f"{spans} spans cover other text than the export says, first {label} {start}-{end} by {annotator} in item "
        f"{item} ({source}!{row}); their offsets were used."
    )


def beyond_the_last(source: str) -> str:
    """Return that blank cells beyond the last column were left out."""
    return f"{source}: blank cells beyond the last column left out of a row"


def starts_in_row(source: str, row: int) -> str:
    """Return in which row a table starts, and that what stands above was not read."""
    return f"{source}: the table starts in row {row}; what stands above was not read."


def no_label_in_common(columns: Sequence[str]) -> str:
    """Return that columns of tags were read as questions, and how to say that they are annotators."""
    return (
        f"{', '.join(columns)} have no label in common, so each was read as a question of its own; if they are "
        "annotators, name them with --annotators."
    )


def unchecked(source: str) -> str:
    """Return that a workbook of an old kind was not checked."""
    return f"{source}: formats, formulas and hidden rows were not checked, only xlsx and xlsm files tell of them."


def no_row(source: str) -> str:
    """Return that a sheet has a header and nothing below it."""
    return f"{source} was not used: it holds no row below its first."


def hidden_columns(source: str, columns: Sequence[str]) -> str:
    """Return which hidden columns were read."""
    return f"{source}: hidden columns {', '.join(columns)} were read like the others."


def hidden_rows(source: str, rows: int, which: str) -> str:
    """Return how many hidden rows were not used, and which."""
    return f"{source}: {rows} hidden rows not used (rows {which}). Pass --hidden to read them."


def merged(source: str) -> str:
    """Return that cells of merged ranges were filled."""
    return f"{source}: cells of merged ranges filled with the value of the range"


def consensus_file(file: str, labels: int, aside: int) -> str:
    """Return that a file of gold was read as one that this program wrote."""
    return f"{file} was read as a consensus file of this program: {labels} labels are gold, {aside} rows are not."


def spelt_in_two_ways(items: int, example: str) -> str:
    """Return that names of items differ by annotator in ways that programs cause."""
    return (
        f"{items} items are spelt in two ways, such as {example}, by different annotators, and count as different "
        "items. Give them one spelling if they are the same."
    )


def status(status: str) -> str:
    """Return that an annotation has a status that does not count."""
    return f"status {status}"


def counts_as_missing(label: str) -> str:
    """Return that a label is no answer, as the settings say."""
    return f"label {label!r} counts as missing"


def read_as(found: str, meant: str) -> str:
    """Return that one spelling of a label stands for another."""
    return f"label {found!r} read as {meant!r}"


def hidden_sheets(source: str, sheets: Sequence[str]) -> str:
    """Return which hidden sheets were not used."""
    return (
        f"{source}: {len(sheets)} hidden sheet{'s' if len(sheets) > 1 else ''} not used: {', '.join(sheets)}. "
        "Pass --hidden to read them."
    )


def unlisted_sections(guideline: str, sections: Sequence[str]) -> str:
    """Return which sections items name and the guideline lacks.

    Examples
    --------
    >>> unlisted_sections("guide.md", ["C9"])  # doctest: +ELLIPSIS
    '1 of the sections that items name is not in the guideline guide.md: C9. Nothing of it can be quoted; ...'
    """
    many = len(sections) > 1
    return (
        f"{len(sections)} of the sections that items name {'are' if many else 'is'} not in the guideline {guideline}: "
        f"{', '.join(sections[:MOST_SECTIONS])}{' …' if len(sections) > MOST_SECTIONS else ''}. Nothing of "
        f"{'them' if many else 'it'} can be quoted; correct the names on one side."
    )


def repeat_different(policy: str) -> str:
    """Return that an annotator answered an item several times, differently, and what the settings say to do."""
    return f"repeat by the same annotator, different (--duplicates {policy})"


def unasked_models(annotators: Sequence[str]) -> str:
    """Return the question whether people who are called like models are people.

    Examples
    --------
    >>> unasked_models(["gpt-4"])  # doctest: +ELLIPSIS
    "'gpt-4' looks like a model by name and is compared as a person: is that so? If not, pass --model gpt-4, or ..."
    """
    first, left = annotators[:MOST_MODELS], len(annotators) - MOST_MODELS
    shown = ", ".join(map(repr, first)) + (f" and {left} more" if left > 0 else "")
    flags = " ".join(f"--model {name!r}" if " " in name else f"--model {name}" for name in first)
    many = len(annotators) > 1
    what = "look like models by name and are" if many else "looks like a model by name and is"
    more = " …" if left > 0 else ""
    remedy = f"If not, pass {flags}{more}, or list {'them' if many else 'it'} under [annotators] model."
    return f"{shown} {what} compared as {'people' if many else 'a person'}: is that so? {remedy}"


def one_each(place: str) -> str:
    """Return the layout of a sheet or file for each annotator."""
    return f"one {place} per annotator"


def column_names(names: str) -> str:
    """Return that columns are annotators."""
    return f"{COLUMN_NAMES} ({names})"


def cells(number: int, addresses: str) -> str:
    """Return how many cells, and the first of them.

    Examples
    --------
    >>> cells(2, "B2, B7")
    '2 cells (B2, B7)'
    """
    return f"{number} cell{'s' if number > 1 else ''} ({addresses})"


def first_of(shown: Sequence[str], left: int) -> str:
    """Return the values *shown* and how many are *left*.

    Examples
    --------
    >>> first_of(["3", "4"], 5)
    '3, 4 and 5 more'
    """
    return ", ".join(shown) + (f" and {left} more" if left > 0 else "")


def first_item(item: str, source: str, row: str) -> str:
    """Return the first item of several, and where it stands."""
    return f", first item {item} ({source}!{row})"


def did_you_mean(names: Sequence[str]) -> str:
    """Return a question that offers names.

    Examples
    --------
    >>> did_you_mean(["label", "labels"])
    "Did you mean 'label' or 'labels'?"
    """
    return f"Did you mean {' or '.join(map(repr, names))}?"


def there_are(names: Sequence[str], left: int) -> str:
    """Return which names there are, and how many more."""
    return f"There are: {first_of([repr(name) for name in names], left)}."


def too_many_sections(count: int, most: int) -> str:
    """Return that a column names too many sections to be those of a guideline."""
    return (
        f"{count:,} different sections are more than a guideline has (at most {most:,}), so they were not used. "
        "Name the column of the section with --section."
    )


def strangers(key: str, names: Sequence[str]) -> str:
    """Return that a setting names annotators whom nobody knows.

    Examples
    --------
    >>> strangers("[annotators] model", ["gpt4"])
    "[annotators] model names 'gpt4': there is no such annotator, so it changes nothing."
    """
    return f"{key} names {', '.join(map(repr, names))}: there is no such annotator, so it changes nothing."
