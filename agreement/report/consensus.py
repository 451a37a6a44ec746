"""Consensus labels as a file in the shape of the input, and what they rest on as text and as JSON."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

from agreement import _files
from agreement.annotations import Annotations
from agreement.consensus.labels import SMOOTHING, Method
from agreement.consensus.layers import LayerConsensus, layer_consensus
from agreement.errors import InputError, OutputError, Problem
from agreement.report._consensus_shape import records, shaped
from agreement.report._frames import safe
from agreement.report._plain import plain
from agreement.report.adjudicated import GOLD_SUFFIXES, write_sheet
from agreement.report.terminal import shown
from agreement.wording import Figure, listed
from agreement.wording import consensus as words

MOST_SHEET_ROWS = 1_048_575
MOST_PRINTED = 12


def write_consensus(
    annotations: Annotations,
    path: Path,
    method: Method | None = None,
    smoothing: float = SMOOTHING,
    confidence: float = 0.95,
) -> tuple[LayerConsensus, ...]:
    """Write the consensus of every layer to *path* in the form of its suffix, and return it.

    *confidence* is the level of the intervals of what each annotator is worth.

    Raises
    ------
    OutputError
        If the suffix is unknown, a sheet can't hold it, or the file can't be written.
    InputError
        If no layer has labels to vote on.
    """
    suffix = path.suffix.lower()
    if suffix not in GOLD_SUFFIXES:
        raise OutputError(f"{path}: consensus can be written as {listed(GOLD_SUFFIXES, 'or')}. Choose one of these.")
    layers = layer_consensus(annotations, method, smoothing, confidence)
    if not layers:
        raise InputError(
            [Problem(", ".join(annotations.reading.files), "holds no layer with labels or spans to vote on.")]
        )
    if suffix == ".jsonl":
        lines = (orjson.dumps(record) + b"\n" for record in records(annotations, layers))
        _files.write_bytes(path, b"".join(lines))
        return layers
    table = shaped(annotations, layers)
    if suffix == ".xlsx":
        if len(table) > MOST_SHEET_ROWS:
            raise OutputError(f"{path}: {len(table):,} rows; a sheet holds {MOST_SHEET_ROWS:,}. Write .csv or .jsonl.")
        write_sheet(table, path, "Consensus", {"Annotators": worth_of(layers)})
    else:
        separator = "\t" if suffix == ".tsv" else ","
        _files.write_text(path, safe(table).to_csv(index=False, sep=separator, lineterminator="\n"))
    return layers


def worth_of(layers: Sequence[LayerConsensus]) -> pd.DataFrame:
    """Return how often each annotator gives the consensus, a row per layer and annotator."""
    parts = [one.worth.assign(layer=one.layer.name, method=one.method) for one in layers]
    frame = pd.concat(parts, ignore_index=True)
    return frame[["layer", "annotator", "value", "low", "high", "n", "method"]]


def consensus_to_dict(layers: Sequence[LayerConsensus]) -> dict[str, Any]:
    """Return what the consensus rests on as JSON-able values, schema ``agreement-consensus/1``."""
    return {"schema": "agreement-consensus/1", "layers": [plain(_layer(one)) for one in layers]}


def _layer(one: LayerConsensus) -> dict[str, Any]:
    """Return what the consensus of one layer rests on."""
    labels = one.layer.labels
    errors: Any = None
    if one.errors is not None:
        errors = {
            name: {true: dict(zip(labels, row, strict=True)) for true, row in zip(labels, matrix.tolist(), strict=True)}
            for name, matrix in zip(one.voters, one.errors, strict=True)
        }
    return {
        "layer": one.layer.name,
        "kind": one.layer.kind,
        "method": one.method,
        "why": one.why,
        "identified": one.identified,
        "status": one.table["status"].value_counts().sort_index().to_dict(),
        "annotators": one.worth.to_dict("records"),
        "prior": None if one.prior is None else dict(zip(labels, one.prior.tolist(), strict=True)),
        "errors": errors,
        "log_likelihood": one.log_likelihood,
        "iterations": one.iterations,
    }


def consensus_text(layers: Sequence[LayerConsensus], path: Path, confidence: float = 0.95) -> str:
    """Return what was written, by which method, and how often each annotator gives the consensus."""
    return "\n".join(
        [*(line for layer in layers for line in _lines(layer, confidence)), words.written(shown(str(path)))]
    )


def _lines(one: LayerConsensus, confidence: float) -> Iterator[str]:
    """Yield the lines of one layer."""
    counts = {str(status): int(n) for status, n in one.table["status"].value_counts().items()}
    name = shown(one.layer.name)
    if one.layer.kind == "spans":
        yield words.spans(name, int(one.table["label"].ne("").sum()), counts)
    else:
        yield words.items(name, len(one.table), one.method, one.why, one.open)
        yield from words.remarks(counts, identified=bool(one.identified))
    for row in one.worth.head(MOST_PRINTED).to_dict("records"):
        figure = Figure(row["value"], row["low"], row["high"], int(row["n"]), share=True, confidence=confidence)
        yield words.worth(shown(str(row["annotator"])), figure, marks=one.layer.kind == "spans")
    if len(one.worth) > MOST_PRINTED:
        yield words.more(len(one.worth) - MOST_PRINTED)
