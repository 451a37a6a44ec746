"""Commands that audit labels: audit, detect, demo, check."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agreement.cli._main import CANT_TELL, CHECK_FAILED, DEFAULT_PAGE, OK, cli, run, say
from agreement.cli._options import (
    FILE,
    REPORT_OPTIONS,
    load_annotations,
    reading_options,
    report_options,
    run_audit,
    table_options,
)
from agreement.cli._progress import memory_line, stage

if TYPE_CHECKING:
    from agreement.pipeline import Audit


@cli.command()
@reading_options
@table_options
@report_options
@click.option("-o", "--output", type=FILE, default=DEFAULT_PAGE, show_default=True, help="The page.")
@click.option("--zip", "zipped", is_flag=True, help="Also zip the page, for mail: gateways strip pages.")
@click.option("--json", "json_path", type=FILE, help="The same numbers as JSON.")
@click.option("--csv", "csv_folder", type=FILE, help="Folder for the same numbers as CSV.")
@click.option("--excel", type=FILE, help="The same numbers as a workbook.")
@click.option("--format", "summary", type=click.Choice(["terminal", "markdown"]), default="terminal", show_default=True)
@click.option("--fail-on", type=click.Choice(["fail", "cant-tell"]), help="Leave with 1 or 3 by the release checks.")
@click.option("--counts-only", is_flag=True, help="Leave the labels of single items out of the JSON.")
@click.option("--all-pairs", is_flag=True, help="Write every pair to the CSV, those under the minimum too.")
def audit(**given: Any) -> int:  # noqa: ANN401 - click hands over options of many types
    """Audit the labels in PATH... and write the report."""
    result = run_audit(given)
    return _write(result, given)


def _write(result: Audit, given: dict[str, Any]) -> int:
    """Write the outputs asked for, print the summary and return the exit code."""
    from agreement import _files
    from agreement.report import markdown, page, tables, terminal
    from agreement.wording import terminal as stages

    inputs = [Path(path) for path in given.get("paths", ())]
    written: dict[str, Path] = {}
    with stage(stages.WRITING, quiet=given["quiet"]) as told:
        told.labels = result.annotations.reading.rows_used
        output = _files.checked(given["output"], inputs)
        zipped = _files.checked(output.with_name(output.name + ".zip"), inputs) if given["zipped"] else None
        written["report"] = page.write_page(result, output)
        if zipped:
            written["zipped"] = _files.write_zipped(output)
        if given["json_path"]:
            written["JSON"] = tables.write_json(
                result, _files.checked(given["json_path"], inputs), counts_only=given["counts_only"]
            )
        if given["csv_folder"]:
            written["CSV"] = tables.write_csv(result, given["csv_folder"], all_pairs=given["all_pairs"], inputs=inputs)
        if given["excel"]:
            from agreement.report.workbook import write_workbook

            written["workbook"] = write_workbook(result, _files.checked(given["excel"], inputs))
    if not given["quiet"] and sys.stderr.isatty() and (memory := memory_line(inputs)):
        click.echo(memory, err=True)
    if not given["quiet"]:
        # the summary for a terminal has colours, and takes care of names itself
        if given["summary"] == "markdown":
            say(markdown.summary(result))
        else:
            click.echo(terminal.summary(result, written))
    return _exit_code(result, given["fail_on"])


def _exit_code(result: Audit, fail_on: str | None) -> int:
    """Return 1 or 3 when the release checks ask for it and the caller wants to know."""
    from agreement.checks.release import verdict

    outcome = verdict(result.checks).result
    if fail_on and outcome == "fail":
        return CHECK_FAILED
    if fail_on == "cant-tell" and outcome != "pass":
        return CANT_TELL
    return OK


@cli.command()
@reading_options
@click.option("--write-config", type=FILE, help="Write the reading as agreement.toml to this path.")
def detect(**given: Any) -> int:  # noqa: ANN401 - click hands over options of many types
    """Say how PATH... would be read, and compute nothing."""
    from agreement import _files
    from agreement.detect import describe, suggested_config
    from agreement.wording import terminal as stages

    annotations, settings = load_annotations(given)
    say(describe(annotations))
    if given["write_config"]:
        _files.write_text(given["write_config"], suggested_config(annotations, settings))
        say(stages.reading_written(given["write_config"]))
    return OK


STORIES = {
    "tickets": ("tickets/tickets.xlsx",),
    "sentiment": ("sentiment/sentiment.csv",),
    "entities": ("entities/entities.jsonl",),
}


@cli.command()
@click.argument("story", type=click.Choice(sorted(STORIES)), default="tickets")
@click.option("-o", "--output", type=FILE, default=DEFAULT_PAGE, show_default=True, help="The page.")
def demo(story: str, output: Path) -> int:
    """Audit one of the sample projects: support tickets, sentiment or named entities."""
    from agreement._resources import shipped

    folder = shipped("sample_data")
    arguments = ["audit", *(str(folder / name) for name in STORIES[story]), "-o", str(output)]
    config = folder / story / "agreement.toml"
    return run([*arguments, "--config", str(config)] if config.is_file() else arguments)


@cli.command()
@reading_options
@table_options
@report_options
@click.option("--json", "json_path", type=FILE, help="Checks as JSON.")
@click.option("--junit", type=FILE, help="Checks as JUnit XML, for a CI job.")
@click.option("--markdown", "markdown_path", type=FILE, help="Checks as Markdown.")
def check(**given: Any) -> int:  # noqa: ANN401 - click hands over options of many types
    """Run the release checks on PATH...: exit 0 pass, 1 fail, 3 can't tell yet."""
    from agreement import _files
    from agreement.checks.release import verdict
    from agreement.report import junit, markdown, tables
    from agreement.wording import terminal as stages

    result = run_audit(given)
    for path, text in (
        (given["json_path"], tables.checks_json),
        (given["junit"], junit.checks_junit),
        (given["markdown_path"], markdown.checks_markdown),
    ):
        if path:
            _files.write_text(path, text(result))
    if not given["quiet"]:
        of_the_page = [one for one in REPORT_OPTIONS if one.key != "report.title"]
        if idle := [one.flag for one in of_the_page if one.value(given[one.parameter]) is not None]:
            say(stages.not_in_checks(idle), err=True)
        say(markdown.checks_lines(result))
    return {"pass": OK, "fail": CHECK_FAILED}.get(verdict(result.checks).result, CANT_TELL)
