"""The consensus of every layer of a set of annotations: labels, sets of labels and spans, and whose votes they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from agreement.annotations import Annotations, Layer
from agreement.consensus.labels import (
    SMOOTHING,
    Codes,
    Consensus,
    Floats,
    Method,
    Votes,
    consensus,
    soft_labels,
    wilson,
)
from agreement.consensus.spans import span_consensus
from agreement.units import Units, item_units
from agreement.wording.consensus import EACH_LABEL, OF_SPANS

PEOPLE_ENOUGH = 2
NO_LABEL = "no label"
SET_SEPARATOR = "; "


@dataclass(frozen=True, slots=True)
class LayerConsensus:
    """The consensus of one layer.

    Parameters
    ----------
    layer
        Which layer.
    voters
        Annotators whose votes count: people where there are two, else models too.
    table
        Row per item and round, or per span, with ``item``, ``round``, ``label`` and ``status``. Items: ``settled``,
        ``votes tie`` (settled by what annotators are worth), ``tie`` (left open), ``no label``.
    method, why
        How, and why so; spans by ``majority of matched spans``.
    identified
        Whether labels can tell who errs; None for spans.
    worth
        Row per voter: ``annotator``, ``value``, ``low``, ``high`` (how often the consensus is theirs), ``n``.
    errors
        (A, K, K) rows the consensus, columns the given label; None unless Dawid-Skene.
    prior
        (K,) share of each label; None for spans.
    log_likelihood, iterations
        Of the last iteration of EM.
    """

    layer: Layer
    voters: tuple[str, ...]
    table: pd.DataFrame
    method: str
    why: str
    identified: bool | None
    worth: pd.DataFrame
    prior: Floats | None = None
    errors: Floats | None = None
    log_likelihood: float | None = None
    iterations: int = 0

    @property
    def open(self) -> int:
        """How many items, or spans, are ties."""
        return int(self.table["status"].eq("tie").sum())


def layer_consensus(
    annotations: Annotations, method: Method | None = None, smoothing: float = SMOOTHING, confidence: float = 0.95
) -> tuple[LayerConsensus, ...]:
    """Return the consensus of every layer that can be voted on: free text and numbers can't.

    *confidence* is the level of the intervals of what each annotator is worth.
    """
    made = []
    for name in sorted(annotations.layers):
        layer = annotations.layers[name]
        if layer.kind == "spans":
            made.append(_of_spans(annotations, layer, confidence))
        elif layer.kind == "labels":
            made.append(_of_sets(annotations, layer, method, smoothing, confidence))
        elif layer.kind in ("category", "ordinal"):
            made.append(_of_labels(annotations, layer, method, smoothing, confidence))
    return tuple(made)


def voters_of(annotations: Annotations) -> tuple[str, ...]:
    """Return the annotators whose votes count: people, and models only where fewer than two people are there."""
    people = annotations.of_kind("human")
    return people if len(people) >= PEOPLE_ENOUGH else annotations.compared


def _of_labels(
    annotations: Annotations, layer: Layer, method: Method | None, smoothing: float, confidence: float
) -> LayerConsensus:
    """Return the consensus of a layer with one label per item."""
    units = item_units(annotations, layer.name, voters_of(annotations))
    votes = Votes.of(units)
    found = consensus(votes, method)
    names = np.array([*units.labels, ""], dtype=object)
    counts = votes.counts()
    head = _head(units, names[found.label], _status(found.label, counts), found.posterior.max(axis=1, initial=0.0))
    soft = soft_labels(votes, found.prior, smoothing)
    table = _with_labels(head, units.labels, found.entropy, (counts, found.posterior, soft))
    worth = _worth(units.annotators, np.nan_to_num(found.accuracy) * found.n, found.n, confidence)
    return LayerConsensus(
        layer, _present(units), _with_unlabelled(table, annotations, layer.name), found.method, found.why,
        found.identified, worth, found.prior, found.errors, found.log_likelihood, found.iterations,
    )  # fmt: skip


def _of_sets(
    annotations: Annotations, layer: Layer, method: Method | None, smoothing: float, confidence: float
) -> LayerConsensus:
    """Return the consensus of a layer of label sets: each label is a question of its own, yes or no."""
    units = item_units(annotations, layer.name, voters_of(annotations))
    members = units.members if units.members is not None else np.zeros((len(units.labels), 0), bool)
    shape = (units.n_units, len(units.annotators), 2)
    questions = [Votes(units.unit, units.annotator, mine[units.label].astype(np.int64), shape) for mine in members.T]
    found = [consensus(votes, method) for votes in questions]
    yes, posterior, soft = (
        np.stack(parts, axis=1) if parts else np.zeros((units.n_units, 0))
        for parts in (
            [votes.counts()[:, 1] for votes in questions],
            [one.posterior[:, 1] for one in found],
            [soft_labels(votes, one.prior, smoothing)[:, 1] for votes, one in zip(questions, found, strict=True)],
        )
    )
    label = np.stack([one.label for one in found], axis=1) if found else np.zeros((units.n_units, 0), np.int64)
    tied = np.any(label < 0, axis=1)
    asked = np.bincount(units.unit, minlength=units.n_units)
    narrow = (2 * yes == asked[:, None]).any(axis=1)
    simple = np.array(units.simple, dtype=object)
    names = np.array([SET_SEPARATOR.join(simple[row == 1]) for row in label], dtype=object)
    status = np.select([tied, narrow], ["tie", "votes tie"], "settled")
    sure = np.maximum(posterior, 1 - posterior).min(axis=1, initial=1.0)
    head = _head(units, np.where(tied, "", names), status, sure)
    head["votes"] = asked
    entropy = sum((one.entropy for one in found), np.zeros(units.n_units))
    table = _with_labels(head, units.simple, entropy, (yes, posterior, soft))
    same = np.all(members[units.label] == (label[units.unit] == 1), axis=1)
    counted = ~tied[units.unit]
    n = np.bincount(units.annotator[counted], minlength=len(units.annotators))
    right = np.bincount(units.annotator[counted], same[counted], minlength=len(units.annotators)).astype(np.float64)
    prior = np.array([one.prior[1] for one in found])
    methods = sorted({one.method for one in found})
    return LayerConsensus(
        layer, _present(units), _with_unlabelled(table, annotations, layer.name), " and ".join(methods),
        EACH_LABEL, all(one.identified for one in found),
        _worth(units.annotators, right, n, confidence), prior,
    )  # fmt: skip


def _of_spans(annotations: Annotations, layer: Layer, confidence: float) -> LayerConsensus:
    """Return the consensus of a layer of spans, documents in which nothing was marked too."""
    voters = voters_of(annotations)
    mine = annotations.comparing(voters)
    table = span_consensus(mine, layer.name)
    asked = _asked(mine, layer.name, ("done", "empty"))
    asked = asked.loc[asked["annotator"].isin(voters)]
    people = asked.groupby(["item", "round"])["annotator"].nunique().rename("asked").reset_index()
    marked = table[["item", "round"]].astype(str).drop_duplicates().assign(marked=True)
    nothing = people.merge(marked, on=["item", "round"], how="left")
    nothing = nothing.loc[nothing["marked"].isna(), ["item", "round", "asked"]]
    nothing = nothing.assign(start=-1, end=-1, label="", votes=0, boundary_votes=0, status="nothing marked")
    parts = [part for part in (table.astype({"item": str, "round": str, "label": str}), nothing) if len(part)]
    if parts:
        table = pd.concat(parts, ignore_index=True)[list(table.columns)]
        table = table.sort_values(["item", "round", "start", "end", "label"], kind="stable", ignore_index=True)
    table["share"] = (table["votes"] / table["asked"]).round(6)
    worth = _worth(*_span_hits(mine, table, layer), confidence)
    return LayerConsensus(layer, voters, _without_rounds(table), OF_SPANS, "", None, worth)


def _span_hits(annotations: Annotations, table: pd.DataFrame, layer: Layer) -> tuple[tuple[str, ...], Floats, Codes]:
    """Return the annotators, how many of the settled spans each marked, and how many are in documents that they saw."""
    settled = table.loc[table["status"].eq("settled")]
    rows = annotations.table
    rows = rows.loc[rows["layer"].eq(layer.name), ["item", "round", "annotator", "label", "start", "end"]]
    rows = rows.astype(dict.fromkeys(("item", "round", "annotator", "label"), str))
    asked = _asked(annotations, layer.name, ("done", "empty"))
    place = ["item", "round"]
    goal = settled.assign(number=np.arange(len(settled)))[[*place, "label", "start", "end", "number"]]
    n = goal.merge(asked, on=place)["annotator"].value_counts()
    met = goal.merge(rows, on=[*place, "label"], suffixes=("", "_given"))
    met = met.loc[(met["start_given"] < met["end"]) & (met["end_given"] > met["start"])]
    right = met.drop_duplicates(["number", "annotator"])["annotator"].value_counts()
    names = annotations.compared
    counts = np.array([int(n.get(name, 0)) for name in names])
    hits = np.array([float(right.get(name, 0)) for name in names])
    return names, hits, counts


def _head(units: Units, label: Any, status: Any, probability: Floats) -> pd.DataFrame:  # noqa: ANN401 - arrays of text
    """Return a row per unit: item, round, consensus, how it was settled and how sure it is."""
    table = pd.DataFrame(
        {
            "item": np.array(units.items, dtype=object)[units.item],
            "label": label,
            "status": status,
            "probability": probability.round(6),
        }
    )
    if units.rounds:
        table.insert(1, "round", np.array(units.rounds, dtype=object)[units.round])
    return table


def _status(label: Codes, counts: Floats) -> Any:  # noqa: ANN401 - an array of text
    """Return how each unit was settled: by votes, by what annotators are worth, or not at all."""
    top = np.sort(counts, axis=1)[:, ::-1]
    open_votes = (top[:, 0] == top[:, 1]) & (top[:, 0] > 0) if counts.shape[1] > 1 else np.zeros(len(counts), bool)
    return np.select([label < 0, open_votes], ["tie", "votes tie"], "settled")


def _with_labels(
    table: pd.DataFrame, labels: tuple[str, ...], entropy: Floats, parts: tuple[Floats, Floats, Floats]
) -> pd.DataFrame:
    """Return *table* with entropy, votes, and for each label its votes, its probability and its soft label."""
    counts, posterior, soft = parts
    columns: dict[str, Any] = {"entropy_bits": entropy.round(6)}
    if "votes" not in table:
        columns["votes"] = counts.sum(axis=1).astype(np.int64)
    for title, values in (("votes", counts.astype(np.int64)), ("p", posterior.round(6)), ("soft", soft.round(6))):
        columns |= {f"{title}: {label}": values[:, number] for number, label in enumerate(labels)}
    return table.assign(**columns)


def _with_unlabelled(table: pd.DataFrame, annotations: Annotations, layer: str) -> pd.DataFrame:
    """Return *table* with a row for each item that was handed out and got no label of a voter."""
    asked = _asked(annotations, layer, None)
    known = table[["item"]].astype(str)
    known = known.assign(round=table["round"].astype(str) if "round" in table else "")
    both = asked[["item", "round"]].drop_duplicates().merge(known.assign(known=True), on=["item", "round"], how="left")
    missing = both.loc[both["known"].isna(), ["item", "round"]]
    if missing.empty:
        return table
    rows = missing.assign(label="", status=NO_LABEL, votes=0)
    joined = pd.concat([table, rows if "round" in table else rows.drop(columns="round")], ignore_index=True)
    return joined.sort_values([name for name in ("item", "round") if name in joined], kind="stable", ignore_index=True)


def _without_rounds(table: pd.DataFrame) -> pd.DataFrame:
    """Return *table* without the round where there is none."""
    return table.drop(columns="round") if table["round"].eq("").all() else table


def _asked(annotations: Annotations, layer: str, status: tuple[str, ...] | None) -> pd.DataFrame:
    """Return item, round and annotator of what was handed out, in one of these states; None for any."""
    asked = annotations.assignments
    asked = asked.loc[asked["layer"].eq(layer) & (asked["status"].isin(status) if status else True)]
    asked = asked.loc[asked["annotator"].isin(annotations.compared)]
    return asked[["item", "round", "annotator"]].astype(str)


def _present(units: Units) -> tuple[str, ...]:
    """Return the annotators that gave a label."""
    given = np.bincount(units.annotator, minlength=len(units.annotators)) > 0
    return tuple(name for name, any_given in zip(units.annotators, given, strict=True) if any_given)


def _worth(names: tuple[str, ...], right: Floats, n: Codes, confidence: float) -> pd.DataFrame:
    """Return a row per annotator who was counted: the share *right* of n with its interval."""
    value, low, high = wilson(right, n, confidence)
    frame = pd.DataFrame({"annotator": names, "value": value, "low": low, "high": high, "n": n})
    return frame.loc[frame["n"] > 0].reset_index(drop=True)


def consensus_of(annotations: Annotations, layer: str) -> tuple[Units, Consensus]:
    """Return the units of a layer with one label per item, and their consensus by the default method."""
    units = item_units(annotations, layer, voters_of(annotations))
    return units, consensus(Votes.of(units))
