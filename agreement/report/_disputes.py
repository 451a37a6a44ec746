"""Every disputed item with what each annotator said, in the order in which the page discusses them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement._arrays import stretches
from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.report._queue import disputed

if TYPE_CHECKING:
    from agreement.pipeline import Audit

MOST_WORDS = 80
AT_ONCE = 10_000  # disputes that are there at once
Answer = tuple[tuple[int, int, str, str], ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """One item that at least two annotators answered differently.

    Parameters
    ----------
    layer, item, round, section, text
        Which one it is; *text* is empty when texts are left out.
    answers, gold
        What each annotator said, sorted by name: a label, a list of labels, or a list of spans
        ``{"start", "end", "label"}`` (with ``"fragments"`` when in pieces); and what gold says, None without gold.
    distinct
        How many different answers there are.
    disagreement
        1 - (sum of c (c - 1)) / ((m - 1) (sum of c)), c of m annotators having given a label or span: for single
        labels the share of pairs of annotators who differ, for sets and spans 1 - the pooled F1 of the pairs.
    origin
        Where the first of the answers came from.
    """

    layer: str
    item: str
    round: str
    section: str
    text: str
    answers: Mapping[str, Any]
    gold: Any
    distinct: int
    disagreement: float
    origin: str

    def to_dict(self) -> dict[str, Any]:
        """Return the dispute as JSON-able values."""
        return {
            "item": self.item,
            "round": self.round,
            "layer": self.layer,
            "section": self.section,
            "text": self.text,
            "labels": dict(self.answers),
            "gold": self.gold,
            "distinct": self.distinct,
            "disagreement": self.disagreement,
            "origin": self.origin,
        }


def disputes(audit: "Audit") -> list[Dispute]:
    """Return all disputes that are at hand, layers in order, each layer in the order of discussion."""
    return list(each_dispute(audit))


def each_dispute(audit: "Audit") -> Iterator[Dispute]:
    """Yield all disputes that are at hand in order, of which never many are there at once."""
    for comparison in audit.comparisons:
        yield from _of_layer(audit.annotations, comparison, with_text=audit.settings.report.text)


def _of_layer(annotations: Annotations, comparison: Comparison, *, with_text: bool) -> Iterator[Dispute]:
    """Yield the disputes of one layer."""
    layer, kind = comparison.layer.name, comparison.layer.kind
    found = disputed(annotations, comparison)
    order = found.order(annotations, len(found.items))
    gold_names, compared = set(annotations.of_kind("gold")), set(annotations.compared)
    rows_of = _RowsByItem(annotations.table["item"]), _RowsByItem(annotations.assignments["item"])
    for start in range(0, len(order), AT_ONCE):
        wanted = [(found.items[unit], found.rounds[unit]) for unit in order[start : start + AT_ONCE].tolist()]
        items = list(dict.fromkeys(item for item, _ in wanted))
        table = annotations.table.iloc[rows_of[0].of(items)]
        said, origins = _said(annotations.assignments.iloc[rows_of[1].of(items)], table, layer)
        info = annotations.items.reindex(items)
        sections = dict(zip(items, info["section"].fillna(""), strict=True))
        text_of = dict(zip(items, info["text"].fillna(""), strict=True)) if with_text else {}
        for item, round_ in wanted:
            everybody = said.get((item, round_), {})
            answers = {who: everybody[who] for who in sorted(everybody) if who in compared}
            if len(set(answers.values())) < 2:
                continue  # gold is contradicted by everybody: a finding about gold, not a dispute
            gold = next((answer for who, answer in sorted(everybody.items()) if who in gold_names), None)
            yield Dispute(
                layer=layer,
                item=item,
                round=round_,
                section=str(sections.get(item, "")),
                text=str(text_of.get(item, "")),
                answers={who: _shown(answer, kind) for who, answer in answers.items()},
                gold=None if gold is None else _shown(gold, kind),
                distinct=len(set(answers.values())),
                disagreement=disagreement(list(answers.values())),
                origin=origins.get((item, round_), ""),
            )


class _RowsByItem:
    """Finds the rows of some items of a categorical column without looking at all rows each time."""

    def __init__(self, column: "pd.Series[Any]") -> None:
        codes = column.cat.codes.to_numpy()
        self._names = column.cat.categories
        self._order = None if (codes[1:] >= codes[:-1]).all() else np.argsort(codes, kind="stable")
        in_order = codes if self._order is None else codes[self._order]
        self._starts = np.searchsorted(in_order, np.arange(len(self._names) + 1))

    def of(self, items: list[str]) -> NDArray[np.int64]:
        """Return the rows of *items*, ascending."""
        code = self._names.get_indexer(pd.Index(items, dtype=self._names.dtype))
        code = code[code >= 0]
        _, place = stretches(self._starts[code], self._starts[code + 1])
        rows = place if self._order is None else self._order[place]
        return np.sort(rows)


def disagreement(answers: list[Answer]) -> float:
    """Return how far *answers*, one set of labels or spans per annotator, are from one another: 0 to 1.

    Examples
    --------
    >>> label = lambda name: ((-1, -1, name, ""),)
    >>> round(disagreement([label("a"), label("a"), label("b")]), 4)  # 2 of 3 pairs differ
    0.6667
    """
    given = Counter(mark for answer in answers for mark in answer)
    total, others = given.total(), len(answers) - 1
    if not total or not others:
        return 0.0
    return 1 - sum(c * (c - 1) for c in given.values()) / (others * total)


def _said(
    asked: pd.DataFrame, table: pd.DataFrame, layer: str
) -> tuple[dict[tuple[str, str], dict[str, Answer]], dict[tuple[str, str], str]]:
    """Return by (item, round) what each annotator said, an empty answer included, and where the first came from."""
    asked = asked.loc[asked["layer"].eq(layer) & asked["status"].isin(("done", "empty"))]
    table = table.loc[table["layer"].eq(layer)]
    marks: dict[tuple[str, str], dict[str, list[tuple[int, int, str, str]]]] = {}
    origins: dict[tuple[str, str], str] = {}
    for item, round_, who in zip(*(_texts(asked[name]) for name in ("item", "round", "annotator")), strict=True):
        marks.setdefault((item, round_), {})[who] = []
    columns = [_texts(table[name]) for name in ("item", "round", "annotator", "label", "fragments", "source")]
    numbers = [table[name].tolist() for name in ("start", "end", "row")]
    for item, round_, who, label, fragments, source, start, end, row in zip(*columns, *numbers, strict=True):
        marks.setdefault((item, round_), {}).setdefault(who, []).append((start, end, label, fragments))
        origins.setdefault((item, round_), f"{source}!{row}" if row > 0 else source)
    return {key: {who: tuple(sorted(a)) for who, a in of.items()} for key, of in marks.items()}, origins


def _texts(column: "pd.Series[Any]") -> list[str]:
    """Return a categorical column as a list of texts."""
    return column.astype(object).tolist()


def _shown(answer: Answer, kind: str) -> Any:  # noqa: ANN401 - a label, labels or spans, by the kind of the layer
    """Return one answer as JSON-able values."""
    if kind == "spans":
        return [
            {"start": start, "end": end, "label": label} | ({"fragments": fragments} if fragments else {})
            for start, end, label, fragments in answer
        ]
    if kind == "labels":
        return [label for _, _, label, _ in answer]
    return answer[0][2] if answer else None


def as_text(answer: Any, text: str = "") -> str:  # noqa: ANN401 - what _shown returns
    """Return one answer as a cell for people: a label, ``a; b``, or spans with the words of the *text* they cover.

    Examples
    --------
    >>> as_text(["a", "b"]), as_text([{"start": 0, "end": 3, "label": "PER"}], "Ana ran"), as_text(None)
    ('a; b', '0-3 PER "Ana"', '')
    """
    if answer is None:
        return ""
    if isinstance(answer, str):
        return answer
    return "; ".join(part if isinstance(part, str) else _span_text(part, text) for part in answer)


def _span_text(span: Mapping[str, Any], text: str) -> str:
    """Return one span: where it is, its label, and its words as far as they are known."""
    place = str(span.get("fragments") or f"{span['start']}-{span['end']}")
    pieces = [part.split("-") for part in place.split(";")]
    words = " … ".join(text[int(start) : int(end)] for start, end in pieces)
    if len(words) > MOST_WORDS:
        words = words[: MOST_WORDS - 1] + "…"
    return f"{place} {span['label']}" + (f' "{words}"' if words.strip(" …") else "")
