"""Scores of every pair of annotators, overall and by label, each in turn the reference."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agreement.comparison._columns import Rows
from agreement.counts import Contingency, Ints, Margins, chunks, collapse
from agreement.crowds import Block, DenseBlock
from agreement.intervals import Clustered, Smoothing, margins_of, pair_scores
from agreement.measures import measures
from agreement.scores import Measure, Scores
from agreement.settings import Settings
from agreement.units import Units

POOLED_ONLY = ("kappa_mean", "light_kappa")
LABEL_BASICS = ("f1", "precision", "recall", "fbeta")
BASICS = (
    "cohen_kappa", "cohen_kappa.linear", "cohen_kappa.quadratic", "cohen_kappa.custom", "percent_agreement",
    "f1_macro", "f1_weighted", "precision_macro", "recall_macro", "gwet_ac1",
)  # fmt: skip
MIRRORED = {"precision_macro": "recall_macro", "recall_macro": "precision_macro"}
"""With the other annotator as the reference, each of these is what its mirror image is now."""


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

    def basic(self) -> "Choice":
        """Return those that stay when there are too many pairs to list everything of each."""
        return Choice(
            tuple(measure for measure in self.overall if measure.name in BASICS),
            tuple(measure for measure in self.by_label if measure.name in LABEL_BASICS),
        )


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


@dataclass(frozen=True, slots=True)
class Source:
    """The tables to score, and how to find what each document contributed.

    Parameters
    ----------
    weight
        (U,) how many units of the data each unit stands for.
    tables
        The tables of the pairs to score.
    cluster
        (U,) the documents of the units; None if units count as independent.
    blocks
        Yields the same tables in order, with the units behind them; read only if there are documents.
    """

    weight: Ints
    tables: Contingency
    cluster: Ints | None
    blocks: Callable[[], Iterator[Block | DenseBlock]]

    def parts(self, *, full: bool) -> Iterator[tuple[Ints, Clustered | None, Ints | None]]:
        """Yield tables (P, K, K), their documents' counts and how many documents each has; cells too if *full*."""
        counts, k = self.tables.counts, len(self.tables.labels)
        if self.cluster is None:
            for chunk in chunks(len(counts), 8 * k * k):
                yield counts[chunk], None, None
            return
        for block in self.blocks():
            found = by_document(
                block.rows() if isinstance(block, DenseBlock) else block, self.cluster, self.weight, full=full
            )
            yield block.counts, found, np.bincount(found.table, minlength=len(block.counts))


def add_pairs(rows: Rows, source: Source, choice: Choice, settings: Settings) -> None:
    """Add the rows of every pair of the *source*, each in turn the reference where that makes a difference."""
    full = any(measure.sums is None for measure in choice.overall)
    scored: dict[tuple[str, bool], list[Scores]] = {}
    for counts, documents, n_clusters in source.parts(full=full):
        _score(scored, choice.overall, counts, documents, n_clusters, settings.measures.confidence)
    tables = source.tables
    names = np.array(tables.annotators, dtype=object)
    for name, turned, parts in _in_order(scored, choice.overall):
        reference, other = names[tables.pairs[:, int(turned)]], names[tables.pairs[:, int(not turned)]]
        rows.add(name, joined(parts), reference=reference, other=other)


def add_labels(rows: Rows, source: Source, choice: Choice, settings: Settings) -> None:
    """Add the rows of every pair and label of the *source*."""
    scored: dict[tuple[str, bool], list[Scores]] = {}
    k = len(source.tables.labels)
    for counts, documents, n_clusters in source.parts(full=False):
        _score(
            scored,
            choice.by_label,
            collapse(counts).reshape(-1, 2, 2),
            None if documents is None else documents.collapse(),
            None if n_clusters is None else n_clusters.repeat(k),
            settings.measures.confidence,
        )
    tables = source.tables
    names = np.array(tables.annotators, dtype=object)
    labels = np.tile(np.array(tables.labels, dtype=object), len(tables.pairs))
    for name, turned, parts in _in_order(scored, choice.by_label):
        reference, other = names[tables.pairs[:, int(turned)]], names[tables.pairs[:, int(not turned)]]
        params = f"beta={settings.measures.beta:g}" if name == "fbeta" else ""
        rows.add(name, joined(parts), label=labels, reference=reference.repeat(k), other=other.repeat(k), params=params)


def _score(
    scored: dict[tuple[str, bool], list[Scores]],
    chosen: tuple[Measure, ...],
    tables: Ints,
    documents: Clustered | None,
    n_clusters: Ints | None,
    confidence: float,
) -> None:
    """Add the scores of the *tables* by measure and by whether the roles are turned."""
    names = {measure.name for measure in chosen}
    margins = margins_of(tables)
    one_way = Smoothing(tables, margins)
    other_way = Smoothing(tables.swapaxes(-1, -2), Margins(margins.both, margins.other, margins.reference))
    for measure in chosen:
        mirror = MIRRORED.get(measure.name)
        for turned in (False,) if measure.symmetric or mirror in names else (False, True):
            smooth, behind = (other_way, turn(documents)) if turned else (one_way, documents)
            scores = pair_scores(measure, smooth.tables, confidence, behind, n_clusters, smooth)
            scored.setdefault((measure.name, turned), []).append(scores)
            if mirror in names:
                scored.setdefault((str(mirror), True), []).append(scores)


def _in_order(
    scored: dict[tuple[str, bool], list[Scores]], chosen: tuple[Measure, ...]
) -> Iterator[tuple[str, bool, list[Scores]]]:
    """Yield the scores of each measure *chosen*, and after them those with the roles turned, if it has any."""
    for measure in chosen:
        for turned in (False, True):
            if (measure.name, turned) in scored:
                yield measure.name, turned, scored[measure.name, turned]


def by_document(block: Block, cluster: Ints, weight: Ints, *, full: bool = False) -> Clustered:
    """Return what each document contributed to the tables of a *block*; its cells too if *full*."""
    k = block.counts.shape[-1]
    reference, other = np.divmod(block.cell, k)
    groups = int(cluster.max(initial=0)) + 1
    keys, where = np.unique(block.pair * groups + cluster[block.unit], return_inverse=True)
    times = None if (weight == 1).all() else weight[block.unit].astype(np.float64)
    size = len(keys)

    def counted(code: Ints, width: int, keep: NDArray[np.bool_] | slice = slice(None)) -> Ints:
        weights = None if times is None else times[keep]
        found = np.bincount(where[keep] * width + code[keep], weights, minlength=size * width)
        return found.reshape(size, width).astype(np.int64, copy=False)  # cells of many labels are most of the memory

    margins = Margins(counted(reference, k, reference == other), counted(reference, k), counted(other, k))
    cells = counted(block.cell, k * k).reshape(size, k, k) if full else None
    return Clustered(keys // groups, margins, cells)


def turn(documents: Clustered | None) -> Clustered | None:
    """Return the documents' counts with the other annotator as the reference."""
    if documents is None:
        return None
    own = documents.margins
    tables = None if documents.tables is None else documents.tables.swapaxes(-1, -2)
    return Clustered(documents.table, Margins(own.both, own.other, own.reference), tables, documents.times)


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
