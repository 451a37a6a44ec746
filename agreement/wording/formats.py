"""The formats of platforms, in words: what they are called, how to export them, and what was found in them."""

# ruff: noqa: RUF001 - the typographic apostrophe is what a page prints

from collections.abc import Sequence

_SPAN_RECORD = '{"id": …, "annotator": …, "text": …, "spans": [{"start": 0, "end": 4, "label": …}]}'
_NOTHING_MARKED = "a row with a blank label for an item in which nothing was marked"

# format: what a person calls it, and how to export it so that nothing is lost
FORMATS = {
    "argilla": ("Argilla records", "dataset.records.to_json(path) of Argilla 2."),
    "brat": ("brat standoff", "One folder per annotator, each with all .txt and .ann files."),
    "conll": ("CoNLL columns", "One token per line, tags in the last columns; no annotator is lost."),
    "crowdflower": ("CrowdFlower or Appen full report", "Download the full report, not the aggregated one."),
    "crowdflower_json": ("CrowdFlower or Appen job", "Download the job as JSON, not the aggregated report."),
    "doccano": ("doccano export", 'One JSONL file per member: "Share annotations" off.'),
    "label_studio": ("Label Studio JSON", "Export > JSON (not CoNLL2003: it loses the annotator)."),
    "label_studio_min": ("Label Studio JSON_MIN or CSV", "Export > JSON keeps more."),
    "labelbox": ("Labelbox export", "Export NDJSON with label_details and performance_details."),
    "mturk": ("Mechanical Turk batch results", "Download the batch results as CSV."),
    "potato": ("Potato user states", "The folder annotation_output."),
    "prodigy": ("Prodigy JSON lines", "prodigy db-out DATASET > dataset.jsonl"),
    "sagemaker": ("SageMaker Ground Truth worker responses", "The folder annotations/worker-response of the job."),
    "span_records": (
        "JSON records with spans",
        f"One record per submission: {_SPAN_RECORD}.",
    ),
    "span_table": (
        "table of spans",
        f"One row per span with the columns item, annotator, start, end, label; {_NOTHING_MARKED}.",
    ),
    "table": (
        "Table (CSV, TSV, Excel, JSON)",
        "Any table that says item, annotator and label: a row per label, or a column, sheet or file per annotator.",
    ),
    "toloka": ("Toloka assignments", "Download the assignments of a pool as TSV."),
    "webanno": ("WebAnno or INCEpTION export", "Export the project with a secondary format: CAS JSON, XMI or TSV."),
}

# layouts, where annotators are named, what is set aside or repaired
RECORDS_OF_RESPONSES = "one record per line with all responses"
USER_OF_RESPONSE = "user_id of each response"
STANDOFF = "standoff, one folder per annotator"
FOLDER_NAME = "folder name"
LOOSE_RELATIONS = "relations of which an end is no span"
LOOSE_CHAINS = "chains of which a mention is no span"
JOINED_LINE = "line that continues the text of a span joined to it"
COLUMNS_OF_TOKENS = "token columns"
FILE_OR_FOLDER = "file or folder name"
FILE_NAME = "file name"
SHEET_NAME = "sheet name"
BY_POSITION = "token spelled differently by another file, aligned by position"
SENTENCE_WITH_GAPS = "sentence in which the annotator left tokens out (?)"
TEST_QUESTION_ASIDE = "test question (golden), which does not count"
WORKER_OF_JUDGMENT = "worker id of each judgment"
JUDGMENTS = "one judgment per worker and unit"
WORKER_ID_OF_JUDGMENT = "worker_id of each judgment"
FILE_PER_MEMBER = "one file per member"
MATCHED_BY_TEXT = "ids differ between the members’ files: examples were matched by their text."
DOCCANO_NOT_DONE = "doccano: nothing marked from here to the end of the file, so not done"
COMPLETED_BY = "completed_by of each annotation"
TASKS = "tasks with annotations"
PREDICTIONS = "predictions (--predictions reads them as a model’s)"
OTHER_DRAFTS = "drafts beside a submitted annotation"
REGION_CHOICES = "choices of single regions"
UNTYPED_RESULTS = "results without a type"
RECORD_PER_ANNOTATION = "one record per annotation"
MIN_HAS_LESS = "this export has no skipped annotations and no ground-truth marks; JSON has both."
DATA_ROW_PER_LINE = "one data row per line"
CREATED_BY = "label_details.created_by of each label"
PICTURE_OBJECTS = "pictures’ objects"
ASSIGNMENT_PER_ROW = "one assignment per row"
FILE_PER_ANNOTATOR = "one file per annotator"
USER_OF_FILE = "user_id of each file"
LINE_PER_SESSION = "one line per task and session"
ANNOTATOR_OF_LINE = "_annotator_id of each line"
FILE_PER_ITEM = "one file per item with the answers of all workers"
SPAN_LISTS = "records with lists of spans"
KEY_OF_RECORD = "key of each record"
KEYS_IN_RECORD = "keys inside each record"
ROW_PER_SPAN = "one row per span"
TASK_PER_WORKER = "one task per worker"
CONTROL_TASK = "control task (GOLDEN filled), which does not count"
FILE_PER_DOCUMENT = "one file per document and annotator"
ODD_FEATURES = "features that are no plain value"


def called(name: str) -> tuple[str, str, str]:
    """Return name, title and advice on exporting of a format, the first three fields of its loader.

    Examples
    --------
    >>> called("potato")
    ('potato', 'Potato user states', 'The folder annotation_output.')
    """
    return (name, *FORMATS[name])


def suggestions(number: int) -> str:
    """Return how many suggestions were not read, and how to read them."""
    return f"suggestions not read: {number} (--predictions reads them as a model’s)."


def unmatched_tag(scheme: str) -> str:
    """Return that a span lacks a tag of its scheme and was left out."""
    return f"{scheme} span that does not begin or end with the tag for it"


def continues_nothing(scheme: str) -> str:
    """Return that a tag that continues no span begins one."""
    return f"{scheme} tag that continues no span read as its beginning"


def unclosed(scheme: str) -> str:
    """Return that a span without its closing tag ends with its label."""
    return f"{scheme} span without its closing tag ended where its label ends"


def not_begun(annotator: str, examples: int) -> str:
    """Return that a member marked nothing at all."""
    return f"{annotator} marked nothing in {examples} examples: read as not begun."


def not_audited(kind: str, times: int) -> str:
    """Return how often a platform has what is not audited."""
    return f"{kind} not audited: {times}."


def no_bounds(layer: str) -> str:
    """Return that regions without offsets were compared as labels."""
    return f"the regions of {layer} have no start and end: which labels an item has was compared, not where."


def about_regions(column: str, what: str) -> str:
    """Return that a column holds answers about parts of an item."""
    return f"{column} not audited: it holds answers about {what}."


def items_per_assignment(items: int) -> str:
    """Return how many items an assignment has."""
    return f"{items} items per assignment, by numbered columns"


def potato_spans(file: str) -> str:
    """Return that spans are not in the states of users, and what exports them."""
    return f"spans in {file} not audited: export them with potato’s exporter."


def several_interfaces(interfaces: Sequence[str]) -> str:
    """Return which interfaces were used."""
    return f"several interfaces were used: {', '.join(interfaces)}."


def timed_sessions(sessions: int, first: str) -> str:
    """Return that sessions do not say who annotated."""
    return (
        f"{sessions} sessions are named by their time only, first {first}: one person may count as several annotators."
    )


def neither_spans_nor_texts(source: str) -> str:
    """Return that a sheet holds neither spans nor texts."""
    return f"{source} was not read: it holds neither spans nor texts of items."
