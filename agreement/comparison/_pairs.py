"""Scores of every pair of annotators, overall and by label, each in turn the reference."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.comparison._columns import Rows
from agreement.counts import (
    CHUNK,
    Contingency,
    Ints,
    Margins,
    chunks,
    codes_by_annotator,
    joint_codes,
)
from agreement.intervals import Clustered, pair_scores
from agreement.measures import measures
from agreement.scores import Measure, Scores
from agreement.settings import Settings
from agreement.units import Units

POOLED_ONLY = ("kappa_mean", "light_kappa")
ALWAYS_BY_LABEL = ("f1", "precision", "recall")


@dataclass(frozen=True, slots=True)
class Choice:
    """The measures of a pair of one layer.

    Parameters
    ----------
    overall, by_label
        Measures of the whole table, and of the tables of each label against the rest.
    """

    overall: tuple[Measure, ...]
    by_label: tuple[Measure, ...]


def choose(units: Units, settings: Settings, *, ordered: bool, own: tuple[Measure, ...] = ()) -> Choice:
    """Return the measures for the *units*; those that need an order only if the layer is *ordered*."""
    usable = [
        measure
        for measure in (*measures().values(), *own)
        if measure.takes == "contingency"
        and not measure.name.startswith(POOLED_ONLY)
        and (ordered or not measure.needs_order)
    ]
    two = len(units.labels) == 2
    overall = [
        measure
        for measure in usable
        if (two and measure.name in ("prevalence_index", "bias_index"))
        or (not measure.binary and (two or measure.name != "pabak"))
    ]
    by_label = [
        _with_beta(measure, settings.measures.beta)
        for measure in usable
        if (measure.binary or measure.name == "cohen_kappa")
        and (measure.name != "fbeta" or settings.measures.beta != 1)
    ]
    return Choice(tuple(overall), tuple(by_label))


def _with_beta(measure: Measure, beta: float) -> Measure:
    """Return Fbeta with its beta; any other measure as it is."""
    if measure.name != "fbeta":
        return measure
    return Measure(
        measure.name, measure.title, measure.summary, measure.takes, partial(measure.compute, beta=beta),
        measure.range, measure.symmetric, measure.citation, binary=True,
    )  # fmt: skip


def add_pairs(
    rows: Rows, units: Units, tables: Contingency, cluster: Ints | None, choice: Choice, settings: Settings
) -> None:
    """Add the rows of every pair of *tables*; *cluster* (U,) are the documents, None if units count as independent."""
    names = np.array(tables.annotators, dtype=object)
    by_annotator, k = codes_by_annotator(units), len(units.labels)
    full = any(measure.sums is None for measure in choice.overall)
    groups = 0 if cluster is None else int(cluster.max(initial=-1)) + 1
    blocks: dict[tuple[str, bool], list[Scores]] = {}
    cells = max(1, groups * k * (k if full else 3), units.n_units if groups else 1)
    for chunk in chunks(len(tables.pairs), cells):
        part = tables.counts[chunk]
        joint = joint_codes(by_annotator, tables.pairs[chunk], k) if cluster is not None else None
        documents = None if joint is None or cluster is None else by_document(joint, cluster, k, units.weight)
        n_clusters = None if documents is None else np.bincount(documents.table, minlength=len(part))
        for measure in choice.overall:
            for turned in (False,) if measure.symmetric else (False, True):
                scores = pair_scores(
                    measure,
                    part.swapaxes(-1, -2) if turned else part,
                    settings.measures.confidence,
                    turn(documents) if turned else documents,
                    n_clusters,
                )
                blocks.setdefault((measure.name, turned), []).append(scores)
    for (name, turned), parts in blocks.items():
        scores = joined(parts)
        reference, other = names[tables.pairs[:, int(turned)]], names[tables.pairs[:, int(not turned)]]
        rows.add(name, scores, reference=reference, other=other)


def add_labels(
    rows: Rows, units: Units, tables: Contingency, cluster: Ints | None, choice: Choice, settings: Settings
) -> None:
    """Add the rows of every pair and label of *tables*."""
    names, labels = np.array(tables.annotators, dtype=object), np.array(tables.labels, dtype=object)
    by_annotator, k = codes_by_annotator(units), len(units.labels)
    groups = 0 if cluster is None else int(cluster.max(initial=-1)) + 1
    blocks: dict[tuple[str, bool], list[Scores]] = {}
    for chunk in chunks(len(tables.pairs), max(1, groups * k * 8, 8 * k, units.n_units if groups else 1)):
        part = Contingency(tables.labels, tables.annotators, tables.pairs[chunk], tables.counts[chunk])
        binary = part.collapse().reshape(-1, 2, 2)
        documents = None
        n_clusters = None
        if cluster is not None:
            joint = joint_codes(by_annotator, part.pairs, k)
            whole = by_document(joint, cluster, k, units.weight)
            documents = whole.collapse()
            n_clusters = np.bincount(whole.table, minlength=len(part.pairs)).repeat(k)
        for measure in choice.by_label:
            for turned in (False,) if measure.symmetric else (False, True):
                scores = pair_scores(
                    measure,
                    binary.swapaxes(-1, -2) if turned else binary,
                    settings.measures.confidence,
                    turn(documents) if turned else documents,
                    n_clusters,
                )
                blocks.setdefault((measure.name, turned), []).append(scores)
    params = {"fbeta": f"beta={settings.measures.beta:g}"}
    for (name, turned), parts in blocks.items():
        reference, other = names[tables.pairs[:, int(turned)]], names[tables.pairs[:, int(not turned)]]
        rows.add(
            name,
            joined(parts),
            label=np.tile(labels, len(tables.pairs)),
            reference=reference.repeat(k),
            other=other.repeat(k),
            params=params.get(name, ""),
        )


def by_document(joint: Ints, cluster: Ints, k: int, weight: Ints) -> Clustered:
    """Return the counts of each document for pairs whose units fall in cells *joint* (P, U) of (K+1) x (K+1) tables."""
    pair, unit = np.nonzero((joint < k * (k + 1)) & (joint % (k + 1) < k))
    cell = joint[pair, unit]
    reference, other = np.divmod(cell, k + 1)
    groups = int(cluster.max(initial=0)) + 1
    keys, where = np.unique(pair * groups + cluster[unit], return_inverse=True)
    times = weight[unit].astype(np.float64)
    size = len(keys)

    def counted(code: Ints, width: int, keep: NDArray[np.bool_] | slice = slice(None)) -> Ints:
        found = np.bincount(where[keep] * width + code[keep], times[keep], minlength=size * width)
        return found.reshape(size, width).astype(np.int64)

    margins = Margins(counted(reference, k, reference == other), counted(reference, k), counted(other, k))
    full = counted(reference * k + other, k * k).reshape(size, k, k) if size * k * k <= 8 * CHUNK else None
    return Clustered(keys // groups, margins, full)


def turn(documents: Clustered | None) -> Clustered | None:
    """Return the documents' counts with the other annotator as the reference."""
    if documents is None:
        return None
    own = documents.margins
    tables = None if documents.tables is None else documents.tables.swapaxes(-1, -2)
    return Clustered(documents.table, Margins(own.both, own.other, own.reference), tables)


def joined(parts: list[Scores]) -> Scores:
    """Return the scores of consecutive chunks as one."""
    if len(parts) == 1:
        return parts[0]

    def field(name: str) -> NDArray[np.float64] | None:
        values = [getattr(part, name) for part in parts]
        return None if values[0] is None else np.concatenate(values)

    counts = {
        name: None if (column := field(name)) is None else column.astype(np.int64)
        for name in ("n_informative", "clusters")
    }
    return Scores(
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.reason for part in parts]),
        np.concatenate([part.n for part in parts]),
        field("observed"), field("expected"), field("low"), field("high"), field("se"),
        counts["n_informative"], counts["clusters"],
    )  # fmt: skip
