"""Commands for what follows an audit: gold, compare, plan, consensus, apply-decisions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agreement.cli._main import OK, cli, say
from agreement.cli._options import FILE, load_annotations, privacy_options, reading_options, settings_from
from agreement.cli._progress import stage
from agreement.errors import InputError, Problem

if TYPE_CHECKING:
    from agreement.settings import Settings

AUDIT_SCHEMA = "agreement-audit/1"


def _write_json(path: Path | None, document: Mapping[str, Any]) -> None:
    """Write *document* to *path*, if there is one."""
    from agreement import _files
    from agreement.report._plain import dumped

    if path:
        _files.write_bytes(path, dumped(document))


@cli.command()
@reading_options
@privacy_options
@click.option("--json", "json_path", type=FILE, help="The same as JSON.")
def gold(**given: Any) -> int:  # noqa: ANN401 - click hands over options of many types
    """Say how far the gold labels in PATH... can be trusted; name them with --gold."""
    from agreement.gold.validation import gold_reports
    from agreement.report.gold_text import gold_text
    from agreement.wording import listed

    annotations, settings = load_annotations(given)
    reports = gold_reports(annotations, settings)
    if not reports:
        marked = annotations.reading.gold_candidates
        offered = f"; this export marks {listed(marked)}" if marked else ""
        remedy = f"Name them with --gold: a column, an annotator, a sheet or a file{offered}."
        raise InputError([Problem(", ".join(given["paths"]), "no gold labels were named.", remedy)])
    if not any(report.n_shared for report in reports):
        found = "; ".join(note for report in reports for note in report.notes[:1])
        raise InputError([Problem(", ".join(given["paths"]), f"the gold shares no item with the labels: {found}")])
    _write_json(given["json_path"], {"schema": "agreement-gold/1", "gold": [report.to_dict() for report in reports]})
    say(gold_text(reports))
    return OK


@cli.command()
@click.argument("before", type=FILE)
@click.argument("after", type=FILE, required=False)
@click.option("--config", type=FILE, help="Settings file; default: agreement.toml here, if there is one.")
@click.option("--round", "set_columns__round", help="Column with the round, to compare rounds within one file.")
@privacy_options
@click.option("--json", "json_path", type=FILE, help="The same as JSON.")
def compare(before: Path, after: Path | None, json_path: Path | None, **given: Any) -> int:  # noqa: ANN401
    """Say what changed from BEFORE to AFTER: label files, or the JSON of earlier audits.

    With BEFORE alone the rounds inside it are compared, each with the one before.
    """
    from agreement.anonymise import file_hider, hidden_document, key_from, pseudonyms
    from agreement.report.rounds_text import changes_text
    from agreement.rounds.comparing import compare_rounds, rounds_within
    from agreement.rounds.trends import Trend, trends
    from agreement.wording.terminal import LEAVE_OUT, ROUNDS_OF_JSON

    settings = settings_from(given)
    first, second = _source(before, settings), _source(after, settings) if after else None
    if given["set_columns__round"] and all(_is_json(one) for one in (first, second) if one is not None):
        raise InputError([Problem("--round", ROUNDS_OF_JSON, LEAVE_OUT)])
    # names are replaced in what was found: replaced in each round by itself, nobody would be met again
    names = [*_names(first), *_names(second)] if settings.report.anonymise else []
    mapping = pseudonyms(names, key_from(given["key"])) if names else {}
    courses: tuple[Trend, ...] = ()
    if after is not None and second is not None:
        hide = file_hider(mapping)
        with _as_an_audit_writes_them(*(path for path, one in ((before, first), (after, second)) if _is_json(one))):
            changes = compare_rounds(first, second, settings, (hide(before.name), hide(after.name)))
        if not changes:
            found = f"has the layers {_layers(second)}; {before} has {_layers(first)}."
            raise InputError([Problem(str(after), found, "Name the layers alike, or choose one with --config.")])
    elif isinstance(first, Mapping):
        raise InputError([Problem(str(before), "is one audit; two are needed.", "Name the later one too.")])
    else:
        changes, courses = rounds_within(first, settings), trends(first, settings)
        if not changes:
            raise InputError(
                [Problem(str(before), "holds one round only.", "Name the later file, or the column with --round.")]
            )
    document = {
        "schema": "agreement-compare/1",
        "changes": [change.to_dict() for change in changes],
        "trends": [course.to_dict() for course in courses],
    }
    _write_json(json_path, hidden_document(document, mapping))
    sections = {**_section_names(first), **(_section_names(second) if second is not None else {})}
    say(hidden_document(changes_text(changes, courses, sections), mapping))
    return OK


def _is_json(source: Any) -> bool:  # noqa: ANN401 - Annotations, or the JSON of an audit
    """Return whether a round was read from the JSON of an audit."""
    return isinstance(source, Mapping)


@contextmanager
def _as_an_audit_writes_them(*paths: Path) -> Iterator[None]:
    """Refuse the JSON in *paths*, if there is any, when its profiles don't fit together: somebody changed them."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        if not paths:
            raise
        told = f"its profiles don't fit together ({type(error).__name__})."
        remedy = "Write the JSON again with this version: agreement audit PATH... --json FILE."
        raise InputError([Problem(" or ".join(map(str, paths)), told, remedy)]) from None


def _names(source: Any) -> list[str]:  # noqa: ANN401 - Annotations, or the JSON of an audit, or nothing
    """Return the annotators of a round."""
    if source is None:
        return []
    if isinstance(source, Mapping):
        return [str(annotator["name"]) for annotator in source.get("annotators", [])]
    return [*map(str, source.annotators.index)]


def _source(path: Path, settings: Settings) -> Any:  # noqa: ANN401 - Annotations, or the JSON of an audit
    """Return the annotations in *path*, or the audit that an earlier run wrote there as JSON."""
    from agreement._files import is_file
    from agreement.loaders import load

    if path.suffix.lower() == ".json" and is_file(path):
        with path.open("rb") as file:
            schema = re.search(rb'"schema"\s*:\s*"(agreement-[^"]{1,40})"', file.read(4096))
        if schema:
            return _audit_of(path, schema[1].decode("utf-8", errors="replace"))
    return load([str(path)], settings)


def _audit_of(path: Path, schema: str) -> Mapping[str, Any]:
    """Return the audit in the JSON file *path*, if it can be compared."""
    if schema != AUDIT_SCHEMA:
        raise InputError(
            [
                Problem(
                    str(path),
                    f"has the schema {schema}; this version compares {AUDIT_SCHEMA}.",
                    "Write the JSON again with this version: agreement audit PATH... --json FILE.",
                )
            ]
        )
    from agreement.loaders._json import note_repeated_keys

    try:
        content = path.read_bytes()
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError([Problem(str(path), f"is not whole: {error}.", "Write the audit again.")]) from None
    problems: list[Problem] = []
    note_repeated_keys(content, document, str(path), problems)
    if problems:
        raise InputError(problems)
    if not isinstance(document, Mapping) or not document.get("profiles"):
        raise InputError([Problem(str(path), "holds no profiles to compare.", "Write the audit again with --json.")])
    return document


def _layers(source: Any) -> str:  # noqa: ANN401 - Annotations, or the JSON of an audit
    """Return the names of a round's layers."""
    if isinstance(source, Mapping):
        return ", ".join(sorted(str(profile.get("layer")) for profile in source["profiles"]))
    return ", ".join(sorted(source.layers))


def _section_names(source: Any) -> dict[str, str]:  # noqa: ANN401 - Annotations, or the JSON of an audit
    """Return the titles of sections by id; the JSON of an audit has ids alone."""
    if isinstance(source, Mapping):
        return {}
    return {section: source.guidelines.name(section) for section in source.guidelines.sections}


@cli.command()
@reading_options
@privacy_options
@click.option("--half-width", type=click.FloatRange(0.005, 0.5), default=0.05, show_default=True, help="Of intervals.")
@click.option("--change", type=click.FloatRange(0.01, 0.9), default=0.1, show_default=True, help="That should show.")
@click.option("--power", type=click.FloatRange(0.5, 0.99), default=0.8, show_default=True, help="How surely.")
@click.option("--json", "json_path", type=FILE, help="The same as JSON.")
def plan(half_width: float, change: float, power: float, **given: Any) -> int:  # noqa: ANN401
    """Say how many items to label twice, which ones next, and who was never compared, from the pilot in PATH..."""
    from agreement.planning.plan import plan as make
    from agreement.report.planning_text import plan_text

    annotations, settings = load_annotations(given)
    plans = make(annotations, settings, half_width=half_width, change=change, power=power)
    _write_json(given["json_path"], {"schema": "agreement-plan/1", "plans": [one.to_dict() for one in plans]})
    say(plan_text(plans))
    return OK


@cli.command()
@reading_options
@privacy_options
@click.option("-o", "--output", type=FILE, required=True, help="Consensus labels: .csv, .tsv, .xlsx or .jsonl.")
@click.option(
    "--method",
    type=click.Choice(["majority", "one-coin", "dawid-skene"]),
    help="Default: what the labels suffice for, and says why.",
)
@click.option(
    "--smoothing",
    type=click.FloatRange(0, 100),
    default=0.5,
    show_default=True,
    help="Votes added to each item's soft label, spread as the labels are; 0: plain shares.",
)
@click.option("--json", "json_path", type=FILE, help="What the consensus rests on: method, annotators, error matrices.")
def consensus(output: Path, method: Any, smoothing: float, json_path: Path | None, **given: Any) -> int:  # noqa: ANN401
    """Write the labels that annotators agree on, ties shown, with what each annotator is worth."""
    from agreement import _files
    from agreement.report.consensus import consensus_text, consensus_to_dict, write_consensus
    from agreement.wording.terminal import LEAVE_OUT, NO_VOTES

    annotations, settings = load_annotations(given)
    level = settings.measures.confidence
    inputs = [*map(Path, given["paths"])]
    kinds = {layer.kind for layer in annotations.layers.values()}
    if method and not kinds & {"category", "ordinal", "labels"}:
        raise InputError([Problem("--method", NO_VOTES, LEAVE_OUT)])
    found = write_consensus(annotations, _files.checked(output, inputs), method, smoothing, level)
    _write_json(_files.checked(json_path, inputs) if json_path else None, consensus_to_dict(found))
    say(consensus_text(found, output, level))
    return OK


@cli.command("apply-decisions")
@reading_options
@privacy_options
@click.option(
    "--decisions",
    "files",
    type=FILE,
    multiple=True,
    required=True,
    help="From the page or the workbook; repeat.",
)
@click.option("-o", "--output", type=FILE, required=True, help="New gold: .csv, .tsv, .xlsx or .jsonl.")
@click.option("--guideline-changes", type=FILE, help="Guideline changes by section: .md or .csv.")
@click.option("--conflicts", type=FILE, help="Items that deciders decided differently, as CSV.")
@click.option("--force", is_flag=True, help="Apply decisions that were made for other data.")
def apply_decisions(
    files: tuple[Path, ...],
    output: Path,
    guideline_changes: Path | None,
    conflicts: Path | None,
    *,
    force: bool,
    **given: Any,  # noqa: ANN401 - click hands over options of many types
) -> int:
    """Turn decisions about the labels in PATH... into new gold and a list of guideline changes."""
    from agreement import _files
    from agreement.adjudication.applying import apply_decisions as apply
    from agreement.report import adjudicated
    from agreement.wording.terminal import APPLYING

    annotations, settings = load_annotations(given)
    with stage(APPLYING, quiet=False):
        result = apply(files, annotations, force=force, settings=settings)
    inputs = [*map(Path, given["paths"]), *files]
    adjudicated.write_gold(result, _files.checked(output, inputs))
    if guideline_changes:
        adjudicated.write_guideline(result, _files.checked(guideline_changes, inputs))
    if conflicts:
        adjudicated.write_conflicts(result, _files.checked(conflicts, inputs))
    say(adjudicated.summary(result))
    return OK
