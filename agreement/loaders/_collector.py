"""What every platform loader fills: submissions and texts, turned into Records with offsets settled and counted."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from agreement.annotations import Layer, Reading
from agreement.errors import InputError, Problem
from agreement.loaders._links import Links
from agreement.loaders._names import is_private, short_names
from agreement.loaders._offsets import Unit
from agreement.loaders._spans import settle
from agreement.loaders._vocabulary import is_called
from agreement.records import Records
from agreement.settings import LayerKind, Settings
from agreement.wording import reading as said
from agreement.wording.unused import no_status

BROKEN = -(2**62)


@dataclass(frozen=True, slots=True)
class Submission:
    """What one annotator handed in about one item in one layer, apart from its labels.

    Parameters
    ----------
    row
        Line or record of *source*, from 1.
    take
        Which submission of this annotator it is: -1 for one of its own, else parts of equal number are one.
    batch
        The labelling round.
    """

    item: str
    annotator: str
    layer: str
    source: str = ""
    row: int = 0
    status: str = "done"
    time: str = ""
    take: int = -1
    batch: str = ""


@dataclass(slots=True)
class Collector:
    """Collects what annotators handed in, in plain lists: one submission = one annotator, item and layer.

    Parameters
    ----------
    unit
        Unit of the offsets by the definition of the format.
    rival
        Another unit that projects of this format may have chosen without the export saying so.
    latest
        True if the platform has an update time, so that repeats resolve to the latest.
    links
        Relations and chains, by the places that :meth:`add` returns.
    statuses
        Every status met, in the words of the export and in ours.
    """

    settings: Settings
    unit: Unit = "code points"
    rival: Unit | None = None
    latest: bool = False
    reading: Reading = field(default_factory=Reading)
    problems: list[Problem] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    layers: dict[str, Layer] = field(default_factory=dict)
    tokens: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    _text_places: dict[str, str] = field(default_factory=dict)
    _metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    statuses: set[str] = field(default_factory=set)
    _heads: list[Submission] = field(default_factory=list)
    _sizes: list[int] = field(default_factory=list)
    _labels: list[str] = field(default_factory=list)
    _starts: list[Any] = field(default_factory=list)
    _ends: list[Any] = field(default_factory=list)
    _rows: "array[int]" = field(default_factory=lambda: array("q"))
    _covered: list[str | None] = field(default_factory=list)
    _fragments: dict[int, str] = field(default_factory=dict)
    links: Links = field(default_factory=Links)

    def item(self, name: str, text: str | None, place: str, metadata: Mapping[str, Any] | None = None) -> None:
        """Note the text and metadata of an item; a text that differs from the one noted before is a problem."""
        if text is not None:
            known = self.texts.setdefault(name, text)
            place_of_known = self._text_places.setdefault(name, place)
            if known != text:
                at = next((i for i, (a, b) in enumerate(zip(known, text, strict=False)) if a != b), 0)
                at = at or min(len(known), len(text))
                self.problems.append(
                    Problem(
                        f"{place}, item {name}",
                        f"the text differs from the one in {place_of_known}, from character {at} on "
                        f"({text[at : at + 20]!r}, not {known[at : at + 20]!r}).",
                        "Give every annotator the same text; audit different projects apart.",
                    )
                )
        if metadata:
            self._metadata.setdefault(name, {}).update(
                {key: str(value) for key, value in metadata.items() if isinstance(value, (str, int, float))}
            )

    def add(
        self,
        submission: Submission,
        labels: Sequence[str] = (),
        starts: Sequence[Any] = (),
        ends: Sequence[Any] = (),
        covered: Sequence[str | None] = (),
        fragments: Mapping[int, str] | None = None,
        rows: Sequence[int] = (),
    ) -> int | None:
        """Note a submission with its labels, which have offsets in a ``spans`` layer; return the place of the first.

        Without labels it is ``empty`` unless its status says otherwise. *covered* is the text that the export says
        each span covers, *fragments* the parts of discontinuous spans by position, as ``10-14;20-26``, and *rows* the
        line of each label if they have their own.
        """
        self.statuses.add(submission.status)
        status = self.settings.reading.status.get(submission.status, submission.status)
        if status == "empty" or not labels:
            labels, starts, ends, covered, fragments, rows = ("",), (), (), (), None, ()
            status = "empty" if status == "done" else status
        begin, size = len(self._labels), len(labels)
        self._heads.append(submission if status == submission.status else replace(submission, status=status))
        self._sizes.append(size)
        self._labels.extend(labels)
        self._starts.extend(starts or (-1,) * size)
        self._ends.extend(ends or (-1,) * size)
        if covered:
            self._covered.extend((None,) * (begin - len(self._covered)))
            self._covered.extend(covered)
        self._rows.extend(rows or (submission.row,) * size)
        if fragments:
            self._fragments.update({begin + position: value for position, value in fragments.items()})
        return begin if labels != ("",) else None

    def settle_unmarked(self) -> None:
        """Settle what it means that an annotator has no row for an item, where a format can't say: see the settings."""
        seen = {(head.item, head.annotator, head.layer) for head in self._heads}
        annotators = sorted({(annotator, layer) for _, annotator, layer in seen})
        items = sorted({item for item, *_ in seen} | set(self.texts))
        absent = [(item, *who) for item in items for who in annotators if (item, *who) not in seen]
        if not absent:
            return
        if self.settings.reading.unmarked == "empty":
            for item, annotator, layer in absent:
                self.add(Submission(item, annotator, layer, take=0))
            self.reading.warnings.append(said.absent_is_empty(len(absent)))
        else:
            self.reading.warnings.append(said.absent_is_unassigned(len(absent)))

    def layer_names(self) -> list[str]:
        """Return the names of the layers noted so far, sorted."""
        return sorted({head.layer for head in self._heads})

    @contextmanager
    def record(self, where: str) -> Iterator[None]:
        """Turn what breaks on a record of an unforeseen shape into a problem that names the record."""
        try:
            yield
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            self.refuse(
                where,
                f"is not built as the records of this format are ({type(error).__name__}: {error}).",
                "Export the file again; if nobody changed it, report it to us.",
            )

    def stop_if_refused(self) -> None:
        """Raise what was noted so far, before records that stand in relation to broken ones are read.

        Raises
        ------
        InputError
            Listing every problem noted.
        """
        if self.problems:
            raise InputError(self.problems)

    def refuse(self, where: str, what: str, remedy: str = "") -> None:
        """Note a problem; :meth:`records` raises all of them together."""
        self.problems.append(Problem(where, what, remedy))

    def records(self) -> Records:
        """Return everything noted, with spans in code points, names shortened and items described.

        Raises
        ------
        InputError
            Listing every problem noted, and every span that is not inside its text.
        """
        names = short_names({head.annotator for head in self._heads})
        frame = self._frame(names)
        if self._covered:
            self._covered.extend((None,) * (len(frame) - len(self._covered)))
        for noted in (self._labels, self._starts, self._ends, self._rows):
            del noted[:]  # they are in the frame now
        rows = settle(
            frame, self.texts, self._covered, self._fragments,
            (self.unit, *((self.rival,) if self.rival else ())), self.settings, self.reading, self.problems,
        )  # fmt: skip
        if (text := self.settings.columns.text) and not self.texts:
            self.refuse("--text", f"no item has {text!r}.", "Name the key or column that holds the texts.")
        self.stop_if_refused()
        self.reading.rows_read += len(rows)
        if strange := sorted(self.settings.reading.status.keys() - self.statuses):
            self.reading.warnings.append(no_status(strange, sorted(self.statuses)))
        relations, mentions = self.links.tables(rows)
        return Records(
            rows,
            self.reading,
            relations=relations,
            mentions=mentions,
            items=self._items(),
            kinds={names.get(name, name): kind for name, kind in self.kinds.items()},
            layers=self.layers,
            tokens=self.tokens,
            latest_is_default=self.latest,
        )

    def _frame(self, names: Mapping[str, str]) -> pd.DataFrame:
        """Return the rows, annotators under their short *names*, text coded once per submission, not per label."""
        sizes = np.array(self._sizes, np.int64)
        columns: dict[str, Any] = {
            name: _coded([getattr(head, name) for head in self._heads], sizes)
            for name in ("item", "layer", "source", "status")
        }
        columns["annotator"] = _coded([names[head.annotator] for head in self._heads], sizes)
        columns["round"] = _coded([head.batch for head in self._heads], sizes)
        if any(head.time for head in self._heads):
            columns["time"] = np.repeat(np.array([head.time for head in self._heads], object), sizes)
        takes = np.array([head.take for head in self._heads], np.int64)
        columns["take"] = np.repeat(np.where(takes < 0, np.arange(len(takes)) + 1, takes), sizes)
        columns["label"] = _coded(self._labels)
        starts, ends = self._whole_numbers(self._starts, "start"), self._whole_numbers(self._ends, "end")
        broken = (starts == BROKEN) | (ends == BROKEN)
        columns["start"], columns["end"] = np.where(broken, -1, starts), np.where(broken, -1, ends)
        columns["row"] = np.array(self._rows, np.int64)
        return pd.DataFrame(columns, copy=False)

    def _whole_numbers(self, values: list[Any], name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return offsets as integers; anything else is a problem and ``BROKEN``."""
        try:
            array = np.array(values)
        except ValueError:
            array = np.array([None])
        if not values or (array.dtype.kind in "iu" and array.ndim == 1):
            return array.astype(np.int64)
        numbers = np.full(len(values), BROKEN, np.int64)
        heads = np.repeat(np.arange(len(self._sizes)), self._sizes)
        for position, value in enumerate(values):
            try:
                number = int(value)
            except (TypeError, ValueError, OverflowError):
                number = None
            if number is None or (isinstance(value, float) and number != value) or abs(number) >= -BROKEN:
                head = self._heads[heads[position]]
                self.refuse(
                    f"{head.source}!{self._rows[position]}, item {head.item}",
                    f"{name} of a span is {value!r}; a whole number is needed.",
                    "Correct the offset.",
                )
            else:
                numbers[position] = number
        return numbers

    def _items(self) -> pd.DataFrame:
        """Return the items' frame: text, section, cluster and metadata, without columns of private addresses."""
        columns = self.settings.columns
        names = sorted({*self.texts, *self._metadata})
        items = pd.DataFrame([self._metadata.get(name, {}) for name in names], index=pd.Index(names, name="item"))
        items = items.fillna("")
        private = [str(key) for key in items if any(map(is_private, items[key].unique()))]
        if private:
            self.reading.warnings.append(said.private_metadata(private))
        items = items.drop(columns=private)
        section = columns.section or next((str(key) for key in items if is_called(str(key), "section")), "")
        for target, asked in (("section", section), ("cluster", columns.document or "document")):
            if asked in items:
                items[target] = items[asked]
        if section in items:
            self.reading.columns.setdefault("section", section)
        if self.texts:
            items["text"] = [self.texts.get(name, "") for name in names]
        return items


def _coded(values: Sequence[str], sizes: np.ndarray[Any, Any] | None = None) -> pd.Categorical:
    """Return *values* as a categorical, each repeated *sizes* times."""
    codes, names = pd.factorize(np.array(values, object))
    codes = codes if sizes is None else np.repeat(codes, sizes)
    return pd.Categorical.from_codes(codes, categories=pd.Index(names.astype(object), dtype="str"))


def single_or_several(sizes: Iterable[int]) -> LayerKind:
    """Return the kind of a choice layer: ``labels`` if any submission holds several labels, else ``category``."""
    return "labels" if any(size > 1 for size in sizes) else "category"


def class_kind(cells: Sequence[Sequence[str]]) -> LayerKind:
    """Return the kind of a layer of plain labels: free texts hardly ever recur, and have several words.

    Examples
    --------
    >>> class_kind([["spam"], ["ham"]]), class_kind([["it opens in Oslo"], ["Oslo opens it"], ["no idea at all"]])
    ('category', 'answer')
    """
    given = [label for labels in cells for label in labels]
    distinct = set(given)
    worded = sum(len(label.split()) > 2 for label in distinct) > len(distinct) / 2
    if len(distinct) > max(2 if worded else 20, len(given) // 2):
        return "answer"
    return single_or_several(map(len, cells))
