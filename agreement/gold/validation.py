"""Gold: every annotator against it, and it against all annotators: slips, ceiling, size, coverage, bias, drift."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from agreement.annotations import Annotations
from agreement.comparison import compare
from agreement.gold.control_charts import Chart
from agreement.gold.over_time import charts
from agreement.gold.posterior import can_be_judged, posterior
from agreement.gold.size import Adequacy, Bias, Covered, adequacy, bias_of, coverage, coverage_of_items, same_text
from agreement.gold.spans import contradicted_spans
from agreement.gold.suspects import MIN_LABELS, GoldUnits, Suspect, find_suspects, gold_units, latest
from agreement.intervals import wilson
from agreement.settings import Settings
from agreement.uncertainty.distributions import binomial_at_most, fdr
from agreement.wording import gold as words

OFF = 0.10  # less accurate than the median of the others


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often one annotator gives the gold label.

    Parameters
    ----------
    annotator, right, n, value, low, high
        Share with its Wilson interval.
    others
        Median accuracy of the others; None without others.
    q
        Adjusted p value of "no worse than the others"; None without others.
    off
        True if worse by 10 points or more with q < .01.
    """

    annotator: str
    right: int
    n: int
    value: float
    low: float
    high: float
    others: float | None = None
    q: float | None = None
    off: bool = False


@dataclass(frozen=True, slots=True)
class GoldReport:
    """Everything about one set of gold labels on one layer.

    Parameters
    ----------
    layer, gold, n_gold, n_items
        Which layer, what the gold is called, and how many of the items have it.
    scores
        Every annotator against the gold and the gold against every annotator, a row per score with the columns of
        ``SCORE_COLUMNS``, on every level the layer has.
    accuracies
        Share of gold labels found, worst first; empty for spans.
    suspects, review
        Gold labels that annotators contradict, likeliest first: with a verdict, and only to look through.
    n_shared
        Items with gold that an annotator labelled too.
    n_judged
        Gold labels with at least three labels beside them.
    ceiling, ceiling_low, ceiling_high
        The most a perfect model could score on this gold: 1 less the share that looks wrong; None if none is judged.
    adequacy, coverage, bias, same_text, charts
        Whether it is enough, what it covers, whether it was made from disputes, identical texts with different gold
        (items and labels), and accuracy over time.
    notes
        What could not be said, and why.
    """

    layer: str
    gold: str
    n_gold: int
    n_items: int
    scores: pd.DataFrame = field(repr=False)
    accuracies: tuple[Accuracy, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    review: tuple[Suspect, ...] = ()
    n_judged: int = 0
    ceiling: float | None = None
    ceiling_low: float | None = None
    ceiling_high: float | None = None
    adequacy: tuple[Adequacy, ...] = ()
    coverage: tuple[Covered, ...] = ()
    bias: Bias | None = None
    same_text: tuple[tuple[tuple[str, str], ...], ...] = ()
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()
    n_shared: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-able values; the scores as a list of rows, with the keys of an audit's."""
        given = self.scores.astype(object)
        known = given.where(given.notna(), None).to_dict("records")
        rows = [row | {name: row[name] or None for name in ("undefined", "no_interval")} for row in known]
        plain = {name: getattr(self, name) for name in _PLAIN}
        for name in ("accuracies", "suspects", "review", "adequacy", "coverage"):
            plain[name] = [asdict(entry) for entry in getattr(self, name)]
        return plain | {
            "scores": rows,
            "bias": asdict(self.bias) if self.bias else None,
            "same_text": [[list(pair) for pair in group] for group in self.same_text],
            "charts": [drawn.to_dict() for drawn in self.charts],
            "notes": list(self.notes),
        }


_PLAIN = ("layer", "gold", "n_gold", "n_shared", "n_items", "n_judged", "ceiling", "ceiling_low", "ceiling_high")


def gold_reports(annotations: Annotations, settings: Settings | None = None) -> tuple[GoldReport, ...]:
    """Return a report for each layer and each gold annotator; empty without gold."""
    settings = settings or Settings()
    found: list[GoldReport] = []
    for name in annotations.of_kind("gold"):
        spread = _in_every_round(_with_gold_only(annotations, name), name)
        scores = _scores(spread, name, settings)
        layers = sorted(set(annotations.table.loc[annotations.table["annotator"].eq(name), "layer"].astype(str)))
        found += [
            _report(annotations, spread, layer, name, scores.loc[scores["layer"].eq(layer)], settings)
            for layer in layers
        ]
    return tuple(found)


def _scores(annotations: Annotations, name: str, settings: Settings) -> pd.DataFrame:
    """Return every score between the gold and an annotator, in both directions."""
    kind = annotations.annotators["kind"].astype(object).copy()
    kind[name] = "human"
    seen = replace(annotations, annotators=annotations.annotators.assign(kind=kind))
    frames = [comparison.scores for comparison in compare(seen, settings)]
    scores = pd.concat(frames, ignore_index=True)
    return scores.loc[scores["reference"].eq(name) | scores["other"].eq(name)].reset_index(drop=True)


def _with_gold_only(annotations: Annotations, name: str) -> Annotations:
    """Return the annotations of the items that have gold."""
    asked = annotations.assignments
    items = asked.loc[asked["annotator"].eq(name), "item"].unique()
    return replace(
        annotations, table=annotations.table.loc[annotations.table["item"].isin(items)],
        assignments=asked.loc[asked["item"].isin(items)],
    )  # fmt: skip


def _in_every_round(annotations: Annotations, name: str) -> Annotations:
    """Return the annotations with gold that names no round repeated in every round of its items."""
    asked = annotations.assignments
    others = asked.loc[~asked["annotator"].eq(name), ["item", "round"]].drop_duplicates()
    if set(others["round"].astype(str)) <= {""}:
        return annotations
    others = others.rename(columns={"round": "in_round"})

    def spread(frame: pd.DataFrame) -> pd.DataFrame:
        mine = frame["annotator"].eq(name) & frame["round"].eq("")
        more = frame.loc[mine].merge(others, on="item").drop(columns="round").rename(columns={"in_round": "round"})
        joined = pd.concat([frame.loc[~mine], more[list(frame.columns)]], ignore_index=True)
        return joined.astype({column: "category" for column in frame.columns if frame[column].dtype == "category"})

    return replace(annotations, table=spread(annotations.table), assignments=spread(asked))


def _report(
    annotations: Annotations, spread: Annotations, layer: str, name: str, scores: pd.DataFrame, settings: Settings
) -> GoldReport:
    """Return the report of one layer and one gold; *spread* has the gold in every round of its items."""
    asked = annotations.assignments.loc[annotations.assignments["layer"].eq(layer)]
    n_gold = int(asked.loc[asked["annotator"].eq(name), "item"].nunique())
    alone = _alone(asked, annotations.compared, name)
    notes = list(_not_shared(annotations, layer, name, alone))
    blank = GoldReport(
        layer, name, n_gold, int(asked["item"].nunique()), scores, notes=tuple(notes), n_shared=n_gold - len(alone)
    )
    kind = annotations.layers[layer].kind
    if kind in words.NOT_JUDGED:
        return replace(
            blank, coverage=tuple(coverage_of_items(annotations, layer, name)),
            review=tuple(contradicted_spans(spread, layer, name)) if kind == "spans" else (),
            notes=(*notes, words.NOT_JUDGED[kind]),
        )  # fmt: skip
    known = gold_units(annotations, layer, name)
    confidence = settings.measures.confidence
    if not can_be_judged(known.units):
        return replace(blank, notes=(*notes, words.TOO_MANY))
    once = latest(known)
    found = posterior(once.units, once.gold)
    suspects = find_suspects(annotations, once, found)
    judged = int(((once.gold >= 0) & (found.n_labels >= MIN_LABELS)).sum())
    wrong = sum(suspect.verdict == "confirmed" for suspect in suspects)
    low, high = wilson(np.array([wrong]), np.array([judged]), confidence)
    if not judged:
        notes.append(words.TOO_FEW)
    used = sorted({known.units.labels[code] for code in known.gold[known.gold >= 0].tolist()})
    if len(used) == 1 and len(known.units.labels) > 1:
        notes.append(words.one_label(used[0]))
    return replace(
        blank, accuracies=tuple(_accuracies(known, confidence)), n_judged=judged, notes=tuple(notes),
        suspects=tuple(s for s in suspects if s.verdict != "review"),
        review=tuple(s for s in suspects if s.verdict == "review"),
        ceiling=1 - wrong / judged if judged else None, ceiling_low=float(1 - high[0]) if judged else None,
        ceiling_high=float(1 - low[0]) if judged else None,
        adequacy=tuple(adequacy(known, confidence)), coverage=tuple(coverage(annotations, known)),
        bias=bias_of(known), same_text=tuple(same_text(annotations, known)),
        charts=tuple(charts(annotations, known)),
    )  # fmt: skip


def _alone(asked: pd.DataFrame, people: tuple[str, ...], name: str) -> list[str]:
    """Return the items that the gold *name* has and none of the *people*."""
    mine, theirs = asked["annotator"].eq(name), asked["annotator"].isin(people)
    return sorted(set(asked.loc[mine, "item"].astype(str)) - set(asked.loc[theirs, "item"].astype(str)))


def _not_shared(annotations: Annotations, layer: str, name: str, alone: list[str]) -> Iterator[str]:
    """Yield which gold items and which gold labels no annotator has: a slip of the pen, or another list of them."""
    if alone:
        yield words.items_alone(alone)
    table = annotations.table
    rows = table.loc[table["layer"].eq(layer)]
    mine, theirs = rows["annotator"].eq(name), rows["annotator"].isin(annotations.compared)
    used, given = (set(rows.loc[part, "label"].astype(str)) for part in (mine, theirs))
    only = sorted(used - given) if annotations.layers[layer].kind not in ("number", "answer") else []
    if only:
        yield words.labels_alone(only)


def _accuracies(known: GoldUnits, confidence: float) -> Iterator[Accuracy]:
    """Yield each annotator's accuracy, worst first, tested against the median of the others."""
    units = known.units
    has = known.gold[units.unit] >= 0
    n = np.bincount(units.annotator[has], minlength=len(units.annotators))
    right = np.bincount(units.annotator[has], units.label[has] == known.gold[units.unit[has]], minlength=len(n))
    right = right.astype(np.int64)
    who = np.flatnonzero(n > 0)
    if not len(who):
        return
    value = right[who] / n[who]
    low, high = wilson(right[who], n[who], confidence)
    others = np.array([np.median(np.delete(value, place)) for place in range(len(who))]) if len(who) > 1 else None
    q = None
    if others is not None:
        # one error more than the others' rate allows is no evidence: a perfect colleague leaves room for slips
        rate = np.minimum(others, 1 - 1 / (n[who] + 1))
        q = fdr(binomial_at_most(right[who], n[who], rate))
    for place in np.argsort(value, kind="stable").tolist():
        code = who[place]
        worse = others is not None and q is not None and others[place] - value[place] >= OFF and q[place] < 0.01
        yield Accuracy(
            units.annotators[code], int(right[code]), int(n[code]), float(value[place]), float(low[place]),
            float(high[place]), None if others is None else float(others[place]),
            None if q is None else float(q[place]), bool(worse),
        )  # fmt: skip
