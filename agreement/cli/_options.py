"""Options that several commands share, and what they make of them: settings, annotations, an audit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from agreement.cli._progress import stage
from agreement.errors import InputError, Problem

if TYPE_CHECKING:
    from agreement.annotations import Annotations
    from agreement.pipeline import Audit
    from agreement.settings import Settings

DUPLICATES = ("refuse", "latest", "first", "drop")
LAYOUTS = ("long", "wide", "per-file", "per-sheet", "transposed", "one-hot", "nested")
CONFIG = "agreement.toml"
FILE = click.Path(path_type=Path)

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class _Option:
    """A flag and the key of the settings that it sets."""

    flag: str
    key: str
    help: str
    choices: tuple[str, ...] = ()
    multiple: bool = False
    split: str = ""
    switch: bool | None = None

    @property
    def parameter(self) -> str:
        """Name of the click parameter; apart from commands' own."""
        return "set_" + self.key.replace(".", "__")

    def decorate(self, command: Command) -> Command:
        """Return *command* with this option."""
        if self.switch is not None:
            return click.option(
                self.flag, self.parameter, flag_value=self.switch, type=bool, default=None, help=self.help
            )(command)
        kind = click.Choice(self.choices) if self.choices else None
        return click.option(self.flag, self.parameter, type=kind, multiple=self.multiple, help=self.help)(command)

    def value(self, given: Any) -> Any:  # noqa: ANN401 - whatever click parsed
        """Return the value for the settings, None if the flag was not used."""
        if given is None or given == ():
            return None
        if self.split:
            parts = given if self.multiple else [given]
            return [piece.strip() for part in parts for piece in part.split(self.split) if piece.strip()]
        if self.key == "reading.status":
            return dict(pair.split("=", 1) if "=" in pair else (pair, "") for pair in given)
        return list(given) if self.multiple else given


READING_OPTIONS = (
    _Option("--read-as", "reading.format", "Input format, when the one detected is wrong (see `agreement formats`)."),
    _Option("--layout", "columns.layout", "Shape of the table, when two readings are possible.", LAYOUTS),
    _Option("--item", "columns.item", "Column that names the item; repeat to join several.", multiple=True),
    _Option("--annotator", "columns.annotator", "Column that names the annotator."),
    _Option("--annotators", "columns.annotators", "Columns or sheets that are annotators: a,b,c.", split=","),
    _Option("--label", "columns.label", "Column with labels; repeat for several layers.", multiple=True),
    _Option("--layer", "columns.layer", "Column that names the layer."),
    _Option("--text", "columns.text", "Column with the text of the item."),
    _Option("--section", "columns.section", "Column with the guideline section of the item."),
    _Option("--document", "columns.document", "Column with the document whose items belong together."),
    _Option("--round", "columns.round", "Column with the labelling round."),
    _Option("--time", "columns.time", "Column with the time of the annotation."),
    _Option("--gold", "columns.gold", "Column, annotator, sheet or file with the gold labels."),
    _Option("--score", "columns.score", "Column with the probability of the label in the row."),
    _Option("--header", "columns.header", "Row of the header, from 1; 0 where there is none."),
    _Option("--sheet", "columns.sheets", "Sheet to read; repeat for several.", multiple=True),
    _Option("--order", "labels.order", "Labels from lowest to highest: 'low,mid,high'.", split=","),
    _Option("--labels", "labels.declared", "The closed label set: 'a,b,c'; others are errors.", split=","),
    _Option("--missing", "missing.values", "Labels that mean no answer: '?,n/a'.", split=","),
    _Option("--duplicates", "reading.duplicates", "When an annotator labelled an item twice, differently.", DUPLICATES),
    _Option("--status", "reading.status", "Reading of a status, e.g. rejected=empty.", multiple=True),
    _Option("--model", "annotators.model", "Annotator that is a model; repeat for several.", multiple=True),
    _Option("--ignore", "annotators.ignore", "Annotator to leave out; repeat for several.", multiple=True),
    _Option("--guideline", "sections.file", "Guideline: Markdown, CSV, or a sheet of the workbook."),
    _Option("--encoding", "reading.encoding", "Encoding of text files."),
    _Option("--hidden", "reading.hidden", "Read hidden sheets and rows too.", switch=True),
    _Option("--predictions", "reading.predictions", "Read a platform's predictions as model annotators.", switch=True),
    _Option("--no-trim", "reading.trim_spans", "Keep blanks at the edges of spans.", switch=False),
)
REPORT_OPTIONS = (
    _Option("--title", "report.title", "Title of the report."),
    _Option("--date", "report.date", "Date printed on the page; none by default."),
    _Option("--no-text", "report.text", "Leave the texts of items out of every output.", switch=False),
    _Option("--by", "report.by", "Item columns to compare by value: 'source,language'.", split=","),
    _Option("--similarity", "measures.similarity", "Of answers: embedding, or file.py:function of your own."),
    _Option("--ranking", "ranking.source", "Ranked list to score against relevance judgements: a file, or a column."),
    _Option("--relevant", "ranking.relevant", "Labels that mean relevant: 'relevant,partly'.", split=","),
    _Option("--cutoffs", "ranking.cutoffs", "Each K of P@K, R@K and F1@K: '5,10'.", split=","),
    _Option("--templates", "report.templates", "Folder whose templates replace ours, one by one."),
)


def reading_options(command: Command) -> Command:
    """Return *command* with the paths, the configuration file and every option that says how to read."""
    for option in reversed(READING_OPTIONS):
        command = option.decorate(command)
    command = click.option(
        "--config",
        type=click.Path(path_type=Path),
        help="Settings file; default: agreement.toml here, if there is one.",
    )(command)
    return click.argument("paths", nargs=-1, required=True, metavar="PATH...")(command)


def table_options(command: Command) -> Command:
    """Return *command* with the option that names the columns of a table in a database or in Parquet files."""
    return click.option(
        "--columns", help="Columns of a database table or Parquet files: item=id,annotator=who,label=intent."
    )(command)


def privacy_options(command: Command) -> Command:
    """Return *command* with the options that replace names."""
    for decorate in (
        click.option("--key", type=click.Path(path_type=Path), help="Key file of the pseudonyms; made if missing."),
        click.option("--anonymise", is_flag=True, help="Replace annotators' names by keyed pseudonyms everywhere."),
    ):
        command = decorate(command)
    return command


def report_options(command: Command) -> Command:
    """Return *command* with the options of everything that is written."""
    for option in reversed(REPORT_OPTIONS):
        command = option.decorate(command)
    command = click.option("--quiet", is_flag=True, help="Print nothing but problems.")(command)
    return privacy_options(command)


def settings_from(given: dict[str, Any]) -> Settings:
    """Return the settings of a command that was called with *given*.

    Raises
    ------
    InputError
        Also if an option is about an output or a pseudonym that was not asked for.
    """
    from agreement.wording.terminal import IDLE

    settings = _settings(given)
    asked = {**given, "anonymise": settings.report.anonymise}
    idle = [words for (option, needs), words in IDLE.items() if given.get(option) and not asked.get(needs)]
    if idle:
        raise InputError([Problem(*words) for words in idle])
    return settings


def _settings(given: dict[str, Any]) -> Settings:
    """Return the settings: the configuration file, overridden by the flags in *given*."""
    from agreement.errors import SettingsError
    from agreement.settings import Settings

    overrides: dict[str, dict[str, Any]] = {}
    for option in (*READING_OPTIONS, *REPORT_OPTIONS):
        value = option.value(given.get(option.parameter))
        if value is not None:
            section, key = option.key.split(".")
            overrides.setdefault(section, {})[key] = value
    if given.get("anonymise"):
        overrides.setdefault("report", {})["anonymise"] = True
    path: Path | None = given.get("config")
    if path is not None:
        return Settings.from_file(path, overrides)
    if not Path(CONFIG).is_file():
        return Settings.from_mapping(overrides)
    found = Settings.from_file(Path(CONFIG), overrides)
    similarity = (found.measures.similarity or "") if "similarity" not in overrides.get("measures", {}) else ""
    if python := [*found.measures.files, *([similarity] if ".py:" in similarity else [])]:
        # a folder of labels may come from anybody, and reading it must not run what lies in it
        what = f"names Python to run: {', '.join(python)}."
        raise SettingsError([Problem(CONFIG, what, f"If you trust it, pass --config {CONFIG}.")])
    return found


def load_annotations(given: dict[str, Any]) -> tuple[Annotations, Settings]:
    """Return the annotations and settings that a command was called with, names replaced where asked."""
    from agreement.loaders import load
    from agreement.wording import terminal as stages

    settings = settings_from(given)
    with stage(stages.READING, quiet=given.get("quiet", False)) as told:
        annotations = load(given["paths"], settings)
        told.labels = annotations.reading.rows_read
        if settings.report.anonymise:
            from agreement.anonymise import anonymise, anonymise_settings, key_from

            annotations, mapping = anonymise(annotations, key_from(given.get("key")), settings)
            settings = anonymise_settings(settings, mapping)
    return annotations, settings


def run_audit(given: dict[str, Any]) -> Audit:
    """Return the audit that a command was called for: of files, or of a table that stays where it is."""
    from agreement.pipeline import audit
    from agreement.warehouse import is_warehouse
    from agreement.wording import terminal as stages

    if any(map(is_warehouse, given["paths"])):
        return _audit_in_place(given)
    if given.get("columns"):
        raise InputError([Problem("--columns", stages.NO_TABLE, stages.COLUMNS_OF_FILES)])
    annotations, settings = load_annotations(given)
    kinds = {name: layer.kind for name, layer in annotations.layers.items()}
    if given.get("set_measures__similarity") and "answer" not in kinds.values():
        raise InputError([Problem("--similarity", stages.no_answers(kinds), stages.DECLARE_ANSWERS)])
    with stage(stages.COMPARING, quiet=given.get("quiet", False)) as told:
        told.labels = annotations.reading.rows_used
        return audit(annotations, settings, on_stage=told.now)


def _audit_in_place(given: dict[str, Any]) -> Audit:
    """Return the audit of one table in a database, a warehouse or Parquet files."""
    from agreement.warehouse import audit_warehouse, parse_columns
    from agreement.wording import terminal as stages

    if len(given["paths"]) > 1:
        raise InputError([Problem("PATH", "a table is audited alone.", "Name one table, or put the labels in one.")])
    settings = settings_from(given)
    key = None
    if settings.report.anonymise:
        from agreement.anonymise import key_from

        key = key_from(given.get("key"))
    columns = parse_columns(given.get("columns") or "")
    quiet = given.get("quiet", False)
    with stage(stages.COUNTING, quiet=quiet), _told("agreement.warehouse", quiet=quiet):
        return audit_warehouse(given["paths"][0], columns, settings, key=key)


@contextmanager
def _told(logger: str, *, quiet: bool) -> Iterator[None]:
    """Print what *logger* says on standard error while the context lasts."""
    import logging

    if quiet:
        yield
        return
    log, handler = logging.getLogger(logger), logging.StreamHandler()
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
