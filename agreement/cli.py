"""The command line: arguments in, exit code out; heavy imports wait inside commands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from agreement.errors import AgreementError

if TYPE_CHECKING:
    from agreement.annotations import Annotations
    from agreement.pipeline import Audit
    from agreement.settings import Settings

OK, CHECK_FAILED, WRONG_INPUT, CANT_TELL, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 70, 130
DEFAULT_PAGE = "agreement-report.html"
DUPLICATES = ("refuse", "latest", "first", "drop")
LAYOUTS = ("long", "wide", "per-file", "per-sheet", "transposed", "one-hot", "nested")

Command = TypeVar("Command", bound=Callable[..., Any])


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Return the exit code of ``agreement`` called with *arguments*; no traceback for anything a user can cause."""
    try:
        code = cli.main(arguments, prog_name="agreement", standalone_mode=False)
    except AgreementError as error:
        click.echo(str(error), err=True)
        return WRONG_INPUT
    except click.ClickException as error:
        error.show()
        return WRONG_INPUT
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted; outputs are as they were.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except Exception as error:  # noqa: BLE001 - the last resort: a person gets a sentence, not a traceback
        return _internal_error(error)
    return int(code or OK)


def _internal_error(error: Exception) -> int:
    """Say that this is our fault and how to report it; the traceback goes to a file that can be attached."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="agreement-error-", suffix=".txt", delete=False) as file:
        file.write("".join(traceback.format_exception(error)))
    click.echo(
        f"agreement: internal error ({type(error).__name__}). This is a fault of the program, not of your data.\n"
        f"Details, which may quote your data, are in {file.name}. Please report them.",
        err=True,
    )
    return INTERNAL


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


def report_options(command: Command) -> Command:
    """Return *command* with the options of everything that is written."""
    for option in reversed(REPORT_OPTIONS):
        command = option.decorate(command)
    for decorate in (
        click.option("--quiet", is_flag=True, help="Print nothing but problems."),
        click.option("--key", type=click.Path(path_type=Path), help="Key file of the pseudonyms; made if missing."),
        click.option("--anonymise", is_flag=True, help="Replace annotators' names by keyed pseudonyms everywhere."),
    ):
        command = decorate(command)
    return command


def settings_from(given: dict[str, Any]) -> Settings:
    """Return the settings: the configuration file, overridden by the flags in *given*."""
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
    if path is None and Path("agreement.toml").is_file():
        path = Path("agreement.toml")
    return Settings.from_file(path, overrides) if path else Settings.from_mapping(overrides)


def _stage(words: str, *, quiet: bool) -> AbstractContextManager[Any]:
    """Return a context that shows *words* while it lasts, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(words)


def _load(given: dict[str, Any]) -> tuple[Annotations, Settings]:
    """Return the annotations and settings that a command was called with, names replaced where asked."""
    from agreement.loaders import load

    settings = settings_from(given)
    with _stage("Reading the labels", quiet=given.get("quiet", False)):
        annotations = load(given["paths"], settings)
        if settings.report.anonymise:
            from agreement.anonymise import anonymise, key_from

            annotations, _ = anonymise(annotations, key_from(given.get("key")))
    return annotations, settings


def _audit(given: dict[str, Any]) -> Audit:
    """Return the audit that a command was called for."""
    from agreement.pipeline import audit

    annotations, settings = _load(given)
    with _stage("Comparing the annotators", quiet=given.get("quiet", False)):
        return audit(annotations, settings)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="agreement-audit", prog_name="agreement")
def cli() -> None:
    """Tell a team whether it can trust its labels.

    Start with `agreement demo`, then `agreement detect FILE…` and `agreement audit FILE…`.
    """


@cli.command()
@reading_options
@report_options
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=DEFAULT_PAGE, show_default=True, help="The page."
)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="The same numbers as JSON.")
@click.option("--csv", "csv_folder", type=click.Path(path_type=Path), help="Folder for the same numbers as CSV.")
@click.option("--excel", type=click.Path(path_type=Path), help="The same numbers as a workbook.")
@click.option("--format", "summary", type=click.Choice(["terminal", "markdown"]), default="terminal", show_default=True)
@click.option("--fail-on", type=click.Choice(["fail", "cant-tell"]), help="Leave with 1 or 3 by the release checks.")
@click.option("--counts-only", is_flag=True, help="Leave the labels of single items out of the JSON.")
@click.option("--all-pairs", is_flag=True, help="Write every pair to the CSV, those under the minimum too.")
def audit(**given: Any) -> int:  # noqa: ANN401 - click hands over options of many types
    """Audit the labels in PATH... and write the report."""
    result = _audit(given)
    return _write(result, given)


def _write(result: Audit, given: dict[str, Any]) -> int:
    """Write the outputs asked for, print the summary and return the exit code."""
    from agreement import _files
    from agreement.report import markdown, page, tables, terminal, workbook

    inputs = [Path(path) for path in given.get("paths", ())]
    written: dict[str, Path] = {}
    with _stage("Writing the report", quiet=given["quiet"]):
        output = _files.checked(given["output"], inputs)
        written["report"] = page.write_page(result, output)
        if given["json_path"]:
            written["JSON"] = tables.write_json(
                result, _files.checked(given["json_path"], inputs), counts_only=given["counts_only"]
            )
        if given["csv_folder"]:
            written["CSV"] = tables.write_csv(result, given["csv_folder"], all_pairs=given["all_pairs"])
        if given["excel"]:
            written["workbook"] = workbook.write_workbook(result, _files.checked(given["excel"], inputs))
    if not given["quiet"]:
        click.echo(markdown.summary(result) if given["summary"] == "markdown" else terminal.summary(result, written))
    return _exit_code(result, given["fail_on"])


def _exit_code(result: Audit, fail_on: str | None) -> int:
    """Return 1 or 3 when the release checks ask for it and the caller wants to know."""
    from agreement.checks import verdict

    outcome = verdict(result.checks).result
    if fail_on and outcome == "fail":
        return CHECK_FAILED
    if fail_on == "cant-tell" and outcome != "pass":
        return CANT_TELL
    return OK


@cli.command()
@reading_options
@click.option(
    "--write-config", type=click.Path(path_type=Path), help="Write the reading as agreement.toml to this path."
)
def detect(**given: Any) -> int:  # noqa: ANN401 - click hands over options of many types
    """Say how PATH... would be read, and compute nothing."""
    from agreement import _files
    from agreement.detect import describe, suggested_config

    annotations, settings = _load(given)
    click.echo(describe(annotations))
    if given["write_config"]:
        _files.write_text(given["write_config"], suggested_config(annotations, settings))
        click.echo(f"Reading written to {given['write_config']}.")
    return OK


STORIES = {
    "tickets": ("tickets/tickets.xlsx",),
    "sentiment": ("sentiment/sentiment.csv",),
    "entities": ("entities/entities.jsonl",),
}


@cli.command()
@click.argument("story", type=click.Choice(sorted(STORIES)), default="tickets")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=DEFAULT_PAGE, show_default=True, help="The page."
)
def demo(story: str, output: Path) -> int:
    """Audit one of the sample projects: support tickets, sentiment or named entities."""
    from agreement._resources import shipped

    folder = shipped("sample_data")
    arguments = ["audit", *(str(folder / name) for name in STORIES[story]), "-o", str(output)]
    config = folder / story / "agreement.toml"
    return run([*arguments, "--config", str(config)] if config.is_file() else arguments)


@cli.command()
@reading_options
@report_options
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Checks as JSON.")
@click.option("--junit", type=click.Path(path_type=Path), help="Checks as JUnit XML, for a CI job.")
@click.option("--markdown", "markdown_path", type=click.Path(path_type=Path), help="Checks as Markdown.")
def check(**given: Any) -> int:  # noqa: ANN401 - click hands over options of many types
    """Run the release checks on PATH...: exit 0 pass, 1 fail, 3 can't tell yet."""
    from agreement import _files
    from agreement.checks import verdict
    from agreement.report import junit, markdown, tables

    result = _audit(given)
    for path, text in (
        (given["json_path"], tables.checks_json),
        (given["junit"], junit.checks_junit),
        (given["markdown_path"], markdown.checks_markdown),
    ):
        if path:
            _files.write_text(path, text(result))
    if not given["quiet"]:
        click.echo(markdown.checks_lines(result))
    return {"pass": OK, "fail": CHECK_FAILED}.get(verdict(result.checks).result, CANT_TELL)


@cli.command()
def measures() -> int:
    """List the measures with their meaning, range and source."""
    from agreement.measures import measures as known

    for measure in known().values():
        low, high = measure.range
        click.echo(f"{measure.name}: {measure.title}. {measure.summary} Range {low:g} to {high:g}. {measure.citation}.")
    return OK


@cli.command()
def formats() -> int:
    """List the input formats and how to export them so that nothing is lost."""
    from agreement.loaders import loaders

    for loader in loaders().values():
        click.echo(f"{loader.name}: {loader.title}. {loader.export}")
    return OK


@cli.command()
def rules() -> int:
    """List the rules of the diagnosis with their thresholds."""
    from agreement.rules import rules as known

    for rule in known().values():
        thresholds = ", ".join(f"{name} {value:g}" for name, value in rule.defaults.items())
        click.echo(f"{rule.name}: {rule.title}. {rule.explanation}" + (f" ({thresholds})" if thresholds else ""))
    return OK
