"""Toloka assignments: TSV with INPUT, OUTPUT, GOLDEN and ASSIGNMENT columns."""

from collections.abc import Sequence

from agreement.loaders._answers import Judgments, answers_only, longest_column
from agreement.loaders._base import Loader, Source
from agreement.loaders._collector import Collector
from agreement.loaders._columns import header, lacks, table
from agreement.loaders._vocabulary import is_called, item_rank
from agreement.records import Records
from agreement.settings import Settings
from agreement.wording import formats as said

STATUS = {"APPROVED": "done", "ACCEPTED": "done", "SUBMITTED": "done", "": "done", "REJECTED": "rejected"}
CONTROL = said.CONTROL_TASK


def accepts(files: Sequence[Source]) -> list[Source]:
    """Return the files with an assignment's worker and an output."""
    return [file for file in files if _is_toloka(header(file))]


def _is_toloka(names: Sequence[str]) -> bool:
    """Return whether the header is that of Toloka's assignments."""
    return "ASSIGNMENT:worker_id" in names and any(name.startswith("OUTPUT:") for name in names)


def read(files: Sequence[Source], settings: Settings) -> Records:
    """Return the records; each output is a layer, control tasks are set aside."""
    into = Collector(settings)
    into.reading.annotator_from = "ASSIGNMENT:worker_id"
    into.reading.layout = said.TASK_PER_WORKER
    for file in files:
        _read_file(file, into)
    return into.records()


def _read_file(file: Source, into: Collector) -> None:
    """Read one file of assignments."""
    cells = table(file, into.settings, into.problems)
    if lacks(cells, ("INPUT:", "ASSIGNMENT:worker_id"), into.problems):
        return
    control = [
        any(cells.columns[name][at].strip() for name in cells.columns if name.startswith("GOLDEN:"))
        for at in range(len(cells.rows))
    ]
    keep = [at for at, is_control in enumerate(control) if not is_control]
    into.reading.rows_read += sum(control)
    into.reading.aside(CONTROL, sum(control))
    columns = {name: [values[at] for at in keep] for name, values in cells.columns.items()}
    inputs = {name.removeprefix("INPUT:"): values for name, values in columns.items() if name.startswith("INPUT:")}
    ranked = sorted((rank, name) for name in inputs if (rank := item_rank(name)) is not None)
    asked = [name.removeprefix("INPUT:") for name in into.settings.columns.item] or [name for _, name in ranked[:1]]
    unknown = [name for name in asked if name not in inputs]
    if unknown:
        into.refuse(file.name, f"has no input {unknown[0]!r} ({', '.join(inputs)}).", "Name another with --item.")
        return
    keys = [inputs[name] for name in asked or inputs]
    items = [" / ".join(parts) for parts in zip(*keys, strict=True)]
    texts = {name: values for name, values in inputs.items() if name not in asked}
    text = next((name for name in texts if is_called(name, "text")), longest_column(texts))
    for at, item in enumerate(items):
        metadata = {name: values[at] for name, values in texts.items() if name != text}
        into.item(item, texts[text][at] if text else None, f"{file.name}!{cells.rows[keep[at]]}", metadata)
    blank = [""] * len(keep)
    judgments = Judgments(
        file.name, items, columns["ASSIGNMENT:worker_id"],
        [STATUS.get(status.strip(), "skipped") for status in columns.get("ASSIGNMENT:status", blank)],
        columns.get("ASSIGNMENT:submitted", blank), [cells.rows[at] for at in keep],
    )  # fmt: skip
    outputs = {name.removeprefix("OUTPUT:"): values for name, values in columns.items() if name.startswith("OUTPUT:")}
    for name in answers_only(list(outputs), into):
        judgments.add(name, outputs[name], into)


LOADER = Loader(*said.called("toloka"), accepts, read, takes=frozenset({"item"}))
