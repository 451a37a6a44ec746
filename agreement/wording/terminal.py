"""What the program says while it works: its stages, what they took, and what it does when something ends it."""

from collections.abc import Mapping, Sequence

READING = "Reading the labels"
COUNTING = "Counting where the labels are"
COMPARING = "Comparing the annotators"
DIAGNOSING = "Asking whose problem the disagreement is"
CHECKING = "Checking models, slices and limits"
WRITING = "Writing the report"
APPLYING = "Applying the decisions"

NO_MEMORY = (
    "agreement: there is not enough memory for these labels. Audit fewer files, layers or annotators at a time; "
    "docs/hostile-input.md says how much memory each format takes."
)
NO_TABLE = "is for tables in databases and Parquet files; this is neither."
COLUMNS_OF_FILES = "Name the columns of a file with --item, --annotator and --label."
DECLARE_ANSWERS = 'Leave the option out, or declare [layers.NAME] kind = "answer" in agreement.toml.'
# option and what it needs, by the names of the command's parameters: option, why it can do nothing, what to do
IDLE = {
    ("key", "anonymise"): ("--key", "names the key of pseudonyms, and none were asked for.", "Pass --anonymise too."),
    ("counts_only", "json_path"): ("--counts-only", "is about the JSON, and none was asked for.", "Pass --json FILE."),
    ("all_pairs", "csv_folder"): ("--all-pairs", "is about the CSV, and none was asked for.", "Pass --csv FOLDER."),
}
ROUNDS_OF_JSON = "names a column, and the JSON of an audit has its rounds already."
NO_VOTES = "is for labels of items; spans have one method, the majority of matched spans."
LEAVE_OUT = "Leave it out."
INTERRUPTED = "Interrupted; every output is as it was, or complete."


def no_answers(kinds: Mapping[str, str]) -> str:
    """Return that no layer holds free-text answers.

    Examples
    --------
    >>> no_answers({"label": "category"})
    'compares answers, and no layer holds any (label: category).'
    """
    return f"compares answers, and no layer holds any ({', '.join(f'{name}: {kind}' for name, kind in kinds.items())})."


def not_in_checks(flags: Sequence[str]) -> str:
    """Return that options are about the page, which `agreement check` doesn't write.

    Examples
    --------
    >>> not_in_checks(["--by", "--date"])
    '--by, --date: nothing of this is in the release checks; `agreement audit` writes it.'
    """
    return f"{', '.join(flags)}: nothing of this is in the release checks; `agreement audit` writes it."


def problems(number: int) -> str:
    """Return how many problems stopped a run.

    Examples
    --------
    >>> problems(1200)
    '1,200 problems. Nothing was written.'
    """
    return f"{number:,} problems. Nothing was written."


def internal_error(kind: str, file: str) -> str:
    """Return that the program is at fault, and how to report it."""
    return (
        f"agreement: internal error ({kind}). This is a fault of the program, not of your data.\n"
        f"Details, which may quote your data, are in {file}. Please report them."
    )


def took(stage: str, seconds: float, labels: int) -> str:
    """Return how long a stage took, and how many labels a second that was.

    Examples
    --------
    >>> took("Reading the labels", 12.4, 124000)
    'Reading the labels: 12 s, 10,000 labels a second'
    """
    return f"{stage}: {seconds:,.0f} s" + (f", {labels / seconds:,.0f} labels a second" if labels else "")


def memory(peak: int, size: int = 0) -> str:
    """Return what was needed of memory at most, in bytes, as a multiple of the *size* of a large input.

    Examples
    --------
    >>> memory(1_500_000_000), memory(1_500_000_000, 500_000_000)
    ('Peak memory 1.50 GB.', 'Peak memory 1.50 GB, 3.0 times the input of 0.50 GB.')
    """
    times = f", {peak / size:,.1f} times the input of {size / 1e9:,.2f} GB" if size else ""
    return f"Peak memory {peak / 1e9:,.2f} GB{times}."


def reading_written(path: str) -> str:
    """Return where the settings of a reading are."""
    return f"Reading written to {path}."


def measure(name: str, title: str, summary: str, limits: tuple[float, float], citation: str) -> str:
    """Return the line that lists one measure."""
    return f"{name}: {title}. {summary} Range {limits[0]:g} to {limits[1]:g}. {citation}."
