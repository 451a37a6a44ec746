"""Answer columns of crowd platforms' tables: which they are, and what their cells hold."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from agreement.annotations import Layer
from agreement.loaders._collector import Collector, Submission, single_or_several
from agreement.loaders._vocabulary import is_called
from agreement.settings import LayerKind
from agreement.wording import reading as said

FREE_TEXT_FROM = 20


@dataclass(frozen=True, slots=True)
class Judgments:
    """R rows of a crowd platform's table, each one annotator's answers about one item."""

    source: str
    items: Sequence[str]
    annotators: Sequence[str]
    statuses: Sequence[str]
    times: Sequence[str]
    rows: Sequence[int]

    def add(self, layer: str, cells: Sequence[str], into: Collector) -> None:
        """Note one column of answers as a layer; a blank cell is no answer."""
        kind, answers = parsed_answers(cells)
        into.layers[layer] = Layer(layer, kind)
        into.reading.columns[f"layer {layer}"] = layer
        for at, labels in enumerate(answers):
            into.add(
                Submission(
                    self.items[at], self.annotators[at], layer, self.source, self.rows[at], self.statuses[at],
                    self.times[at],
                ),
                labels or [""],
            )  # fmt: skip


def parsed_answers(cells: Sequence[str]) -> tuple[LayerKind, list[list[str]]]:
    r"""Return the kind of a column and the labels in each cell: one, a JSON list, or several parted by line breaks.

    Blanks part labels only where most of the parts also stand alone somewhere, so ``strongly agree`` stays whole.

    Examples
    --------
    >>> parsed_answers(["a\nb", "b", '["a", "c"]'])
    ('labels', [['a', 'b'], ['b'], ['a', 'c']])
    >>> parsed_answers(["strongly agree", "agree"])
    ('category', [['strongly agree'], ['agree']])
    """
    lists = [_in_cell(cell) for cell in cells]
    alone = {labels[0] for labels in lists if len(labels) == 1 and not re.search(r"\s", labels[0])}
    parts = {part for labels in lists for label in labels if re.search(r"\s", label) for part in label.split()}
    if parts and len(parts & alone) > len(parts) / 2:
        lists = [[part for label in labels for part in label.split()] for labels in lists]
    lists = [list(dict.fromkeys(labels)) for labels in lists]
    given = [label for labels in lists for label in labels]
    several = single_or_several(map(len, lists))
    is_text = several == "category" and len(set(given)) > max(FREE_TEXT_FROM, len(given) // 2)
    return "answer" if is_text else several, lists


def _in_cell(cell: str) -> list[str]:
    """Return the labels in one cell, none if it is blank."""
    cell = cell.strip()
    if cell.startswith("[") and cell.endswith("]"):
        try:
            found = orjson.loads(cell)
        except orjson.JSONDecodeError:
            found = None
        if isinstance(found, list):
            return [str(label) for label in found]
    return [part.strip() for part in cell.split("\n") if part.strip()]


def answer_columns(
    columns: Mapping[str, Sequence[str]], items: Sequence[str], asked: Sequence[str], into: Collector
) -> list[str]:
    """Return the columns in which annotators of one item differ; the rest is what they were shown.

    A column that never differs within an item may be an answer all agree on: it is one only if it was *asked* for,
    and named in the warnings if it looks like one.
    """
    if asked:
        return [name for name in columns if name in asked]
    answers, constant = [], []
    for name, cells in columns.items():
        seen: dict[str, str] = {}
        if any(seen.setdefault(item, cell) != cell for item, cell in zip(items, cells, strict=True)):
            answers.append(name)
        elif 1 < len(set(seen.values())) <= len(seen) // 2:
            constant.append(name)
    if constant:
        into.reading.warnings.append(said.same_for_all(constant))
    return answers


def answers_only(names: Sequence[str], into: Collector) -> list[str]:
    """Return *names* without remarks, unless they were asked for; nobody is expected to agree on those."""
    asked = into.settings.columns.label
    notes = [name for name in names if name not in asked and is_called(name, "note")]
    if notes:
        into.reading.warnings.append(said.remarks(notes))
    return [name for name in names if name not in notes]


def longest_column(columns: Mapping[str, Sequence[str]]) -> str | None:
    """Return the column with the longest cells: the text that annotators were shown."""
    totals = Counter({name: sum(map(len, cells)) for name, cells in columns.items()})
    return totals.most_common(1)[0][0] if totals and max(totals.values()) > 0 else None


def without_shared_start(names: Sequence[str], sign: str = ".") -> list[str]:
    """Return *names* without the beginning, up to a *sign*, that all share."""
    if not names:
        return []
    cuts = [at + 1 for at, letter in enumerate(names[0]) if letter == sign]
    cut = max((cut for cut in cuts if all(name.startswith(names[0][:cut]) for name in names)), default=0)
    return [name[cut:] for name in names]
