"""CrowdFlower, Figure Eight, Appen: the full report as CSV."""

from collections.abc import Sequence

from agreement.loaders._answers import Judgments, answer_columns, answers_only, longest_column
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector
from agreement.loaders._columns import header, lacks, table
from agreement.loaders._vocabulary import is_called
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

MARK = {"_unit_id", "_worker_id", "_trust"}
TEST_QUESTION = said.TEST_QUESTION_ASIDE


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the full reports among *files*."""
    return [file for file in files if set(header(file)) >= MARK]


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records; test questions are set aside, tainted judgments keep the status rejected."""
    into = Collector(settings)
    into.reading.annotator_from = said.WORKER_OF_JUDGMENT
    into.reading.layout = said.JUDGMENTS
    for file in files:
        _read_file(file, into)
    return into.records()


def _read_file(file: Source, into: Collector) -> None:
    """Read a full report."""
    cells = table(file, into.settings, into.problems)
    if lacks(cells, ("_unit_id", "_worker_id"), into.problems):
        return
    golden = [flag.strip().lower() == "true" for flag in cells.column("_golden")]
    keep = [at for at, is_golden in enumerate(golden) if not is_golden]
    into.reading.rows_read += len(golden) - len(keep)
    into.reading.aside(TEST_QUESTION, len(golden) - len(keep))
    columns = {name: [values[at] for at in keep] for name, values in cells.columns.items()}
    units = columns["_unit_id"]
    gold_of = {name.removesuffix("_gold") for name in columns if name.endswith("_gold")}
    open_columns = {
        name: values for name, values in columns.items() if not name.startswith("_") and not name.endswith("_gold")
    }
    questions = [name for name in open_columns if name in gold_of]
    asked = into.settings.columns.label
    found = questions if questions and not asked else answer_columns(open_columns, units, asked, into)
    names = answers_only(found, into)
    if not names:
        into.refuse(
            file.name, f"has no column in which workers differ ({', '.join(open_columns)}).",
            "Name the answer with --label.",
        )  # fmt: skip
        return
    shown = {name: values for name, values in open_columns.items() if name not in names}
    text = into.settings.columns.text or next((n for n in shown if is_called(n, "text")), longest_column(shown))
    for at, unit in enumerate(units):
        metadata = {name: values[at] for name, values in shown.items() if name != text}
        into.item(unit, shown[text][at] if text in shown else None, f"{file.name}!{cells.rows[keep[at]]}", metadata)
    tainted = columns.get("_tainted", [""] * len(units))
    judgments = Judgments(
        file.name, units, columns["_worker_id"],
        ["rejected" if flag.strip().lower() == "true" else "done" for flag in tainted],
        columns.get("_created_at", [""] * len(units)), [cells.rows[at] for at in keep],
    )  # fmt: skip
    for name in names:
        judgments.add(name, columns[name], into)


LOADER = Loader(*said.called("crowdflower"), accepts, read, takes=frozenset({"label", "text"}))
