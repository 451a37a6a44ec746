"""One disputed item as a card: identical annotations merged, spans as marked segments instead of offsets."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from agreement.annotations import Annotations, filled, rows_holding
from agreement.wording import between, plural, shortened
from agreement.wording.page import in_slice

TEXT_LIMIT = 1200
MARGIN = 90
NOTHING = "nothing marked"
NO_LABEL = "no label"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text, marked with *label* or plain (None); an offset would shift with the first emoji.

    *undisputed*: every annotator marked just this with just this label.
    """

    text: str
    label: str | None = None
    undisputed: bool = False


Span = tuple[int, int, str, tuple[tuple[int, int], ...]]
Mark = tuple[int, int, str, bool]


@dataclass(frozen=True, slots=True)
class Version:
    """What one or more annotators said about an item.

    Parameters
    ----------
    label
        The label, set, number or answer; for spans how many there are.
    annotators
        Who said so, sorted.
    lines
        For spans: the text with marks, one line for each level of overlap.
    final
        What a decision for this version writes: text, list of labels, or list of ``[start, end, label]``.
    """

    label: str
    annotators: tuple[str, ...]
    lines: tuple[tuple[Segment, ...], ...] = ()
    final: Any = None


@dataclass(frozen=True, slots=True)
class Card:
    """One disputed item.

    Parameters
    ----------
    item, layer, round, section
        Which one it is.
    text, cut
        Its text and how many characters were left out of it; empty without texts.
    versions, gold
        What the annotators said, most of them first; and the gold set.
    pairs, labels
        The label pairs and the labels that the dispute is about.
    gold_contradicted
        No annotator gave the gold label.
    slices
        Its values in the columns to slice by, each after the name of its column.
    """

    item: str
    layer: str
    round: str
    section: str
    text: str
    cut: int
    versions: tuple[Version, ...]
    gold: Version | None
    pairs: tuple[tuple[str, str], ...]
    labels: tuple[str, ...]
    gold_contradicted: bool
    slices: tuple[str, ...] = ()

    def to_dict(self, labels: Mapping[str, int]) -> dict[str, Any]:
        """Return the card for the page's script: short keys, and numbers for *labels*, because there are hundreds."""
        card: dict[str, Any] = {"id": self.item, "y": self.layer, "v": [_version(v, labels) for v in self.versions]}
        optional = {
            "r": self.round,
            "s": self.section,
            "t": self.text,
            "c": self.cut,
            "g": _version(self.gold, labels) if self.gold else None,
            "p": [list(pair) for pair in self.pairs],
            "k": list(self.labels),
            "x": int(self.gold_contradicted),
            "z": list(self.slices),
        }
        return card | {key: value for key, value in optional.items() if value}


def _version(version: Version, labels: Mapping[str, int]) -> dict[str, Any]:
    """Return one version for the page's script."""
    if isinstance(version.final, str) and version.final in labels:
        return {"l": labels[version.final], "a": list(version.annotators)}
    short: dict[str, Any] = {"l": version.label, "a": list(version.annotators)}
    if version.lines:
        short["m"] = [[_segment(segment) for segment in line] for line in version.lines]
    if version.final != version.label:
        short["f"] = version.final
    return short


def _segment(segment: Segment) -> str | dict[str, Any]:
    """Return one segment for the page's script."""
    if segment.label is None:
        return segment.text
    marked: dict[str, Any] = {"m": segment.text, "l": segment.label}
    return marked | {"e": 1} if segment.undisputed else marked


def cards(
    annotations: Annotations,
    layer: str,
    wanted: list[tuple[str, str]],
    causes: Mapping[tuple[str, str], tuple[tuple[tuple[str, str], ...], tuple[str, ...], bool]],
    *,
    with_text: bool,
    slices: Mapping[str, str],
) -> list[Card]:
    """Return the cards of the *wanted* (item, round) of one *layer*, in that order.

    *causes* gives label pairs, labels and whether gold is contradicted, by item and round; *slices* the columns of the
    items to slice by, under the names that they were asked for.
    """
    shown = shortened(annotations.layers[layer].labels)
    kind = annotations.layers[layer].kind
    items = {item for item, _ in wanted}
    table, asked = (
        frame.iloc[rows_holding(frame["item"], items)] for frame in (annotations.table, annotations.assignments)
    )
    table, asked = (frame.loc[frame["layer"].eq(layer)] for frame in (table, asked))
    asked = asked.loc[asked["status"].isin(("done", "empty"))]
    answers = _answers(table, asked)
    gold_names = set(annotations.of_kind("gold"))
    compared = set(annotations.compared)
    texts = filled(annotations.items["text"]) if with_text else pd.Series(dtype="str")
    sections = filled(annotations.items["section"])
    cut_by = {name: annotations.items[column] for name, column in slices.items()}
    found = []
    for item, round_ in wanted:
        mine = {who: rows for who, rows in answers.get((item, round_), {}).items() if who in compared}
        gold = {who: rows for who, rows in answers.get((item, round_), {}).items() if who in gold_names}
        gold = gold or {who: rows for who, rows in answers.get((item, ""), {}).items() if who in gold_names}
        text = str(texts.get(item, ""))
        keep = _windows(text, [*mine.values(), *gold.values()]) if kind == "spans" else [(0, TEXT_LIMIT)]
        cut = max(len(text) - sum(min(end, len(text)) - start for start, end in keep), 0) if text else 0
        pairs, labels, contradicted = causes.get((item, round_), ((), (), False))
        agreed = _agreed([set(spans) for spans in mine.values()])
        golden = _versions(kind, gold, text, keep, agreed, shown)
        found.append(
            Card(
                item,
                layer,
                round_,
                str(sections.get(item, "")),
                "" if kind == "spans" else text[:TEXT_LIMIT],
                cut,
                _versions(kind, mine, text, keep, agreed, shown),
                golden[0] if golden else None,
                tuple((shown[first], shown[second]) for first, second in pairs),
                tuple(shown[label] for label in labels),
                contradicted,
                tuple(
                    in_slice(name, str(given.get(item, ""))) for name, given in cut_by.items() if given.get(item, "")
                ),
            )
        )
    return found


def _answers(table: pd.DataFrame, asked: pd.DataFrame) -> dict[tuple[str, str], dict[str, list[Span]]]:
    """Return by (item, round) and annotator what was said, sorted; an empty list for an empty answer."""
    answers: dict[tuple[str, str], dict[str, list[Span]]] = {}
    for item, round_, annotator in _texts(asked, "item", "round", "annotator"):
        answers.setdefault((item, round_), {})[annotator] = []
    edges = zip(table["start"].tolist(), table["end"].tolist(), strict=True)
    for (start, end), (item, round_, annotator, label, pieces) in zip(
        edges, _texts(table, "item", "round", "annotator", "label", "fragments"), strict=True
    ):
        bounds = (piece.split("-") for piece in pieces.split(";") if piece)
        span = (int(start), int(end), label, tuple((int(first), int(last)) for first, last in bounds))
        answers.setdefault((item, round_), {}).setdefault(annotator, []).append(span)
    return answers


def _texts(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows of some text *columns*."""
    return zip(*(frame[column].astype("str").tolist() for column in columns), strict=True)


def _versions(
    kind: str, said: Mapping[str, list[Span]], text: str, keep: list[tuple[int, int]], agreed: set[Span],
    shown: Mapping[str, str],
) -> tuple[Version, ...]:  # fmt: skip
    """Return the distinct versions, those of most annotators first."""
    merged: dict[tuple[Span, ...], list[str]] = {}
    for annotator in sorted(said):
        merged.setdefault(tuple(sorted(said[annotator])), []).append(annotator)
    versions = []
    for spans, by in merged.items():
        who = tuple(by)
        names = [span[2] for span in spans]
        words = [shown.get(name, name) for name in names]
        if kind == "spans":
            label = plural(len(spans), "span") if spans else NOTHING
            lines = _lines(text, spans, keep, agreed) if text else _offsets(spans, agreed)
            lines = tuple(tuple(_relabelled(segment, shown) for segment in line) for line in lines)
            versions.append(Version(label, who, lines, [[s, e, name] for s, e, name, _ in spans]))
        elif kind == "labels":
            versions.append(Version(", ".join(words) or NO_LABEL, who, (), names))
        else:
            final = names[0] if names else ""
            versions.append(Version(shown.get(final, final) or NO_LABEL, who, (), final))
    return tuple(sorted(versions, key=lambda v: (-len(v.annotators), v.label, v.annotators)))


def _relabelled(segment: Segment, shown: Mapping[str, str]) -> Segment:
    """Return the segment with its label as it is shown."""
    return segment if segment.label is None else replace(segment, label=shown.get(segment.label, segment.label))


def _agreed(answers: list[set[Span]]) -> set[Span]:
    """Return the spans that are in all *answers*."""
    return set.intersection(*answers) if answers else set()


def _windows(text: str, said: Iterable[list[Span]]) -> list[tuple[int, int]]:
    """Return the stretches of a long text around the spans that not everybody marked; all of a short text."""
    if len(text) <= TEXT_LIMIT:
        return [(0, len(text))]
    answers = [set(spans) for spans in said]
    everything: set[Span] = set().union(*answers)
    disputed = sorted(everything.difference(_agreed(answers)))
    merged: list[tuple[int, int]] = []
    for start, end, _, _ in disputed:
        low, high = max(start - MARGIN, 0), min(max(end, start) + MARGIN, len(text))
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        elif sum(e - s for s, e in merged) < TEXT_LIMIT:
            merged.append((low, high))
    return merged or [(0, TEXT_LIMIT)]


def _lines(
    text: str, spans: Iterable[Span], keep: list[tuple[int, int]], agreed: set[Span]
) -> tuple[tuple[Segment, ...], ...]:
    """Return the text once for each level of overlap, so that crossing spans never hide each other."""
    levels: list[list[Mark]] = []
    for span in spans:
        start, end, label, fragments = span
        parts = [(s, e, label, span in agreed) for s, e in fragments or ((start, end),)]
        level = next((one for one in levels if one[-1][1] <= parts[0][0]), None)
        if level is None:
            levels.append(parts)
        else:
            level.extend(parts)
    return tuple(_segments(text, level, keep) for level in levels or [[]])


def _segments(text: str, marks: list[Mark], keep: list[tuple[int, int]]) -> tuple[Segment, ...]:
    """Return one line: the kept stretches of *text*, cut at the marks."""
    segments: list[Segment] = []
    for low, high in keep:
        if low > 0:
            segments.append(Segment("… "))
        position = low
        for first, last, label, undisputed in marks:
            start, end = max(first, position), min(last, high)
            if end <= start:
                continue
            if start > position:
                segments.append(Segment(text[position:start]))
            segments.append(Segment(text[start:end], label, undisputed))
            position = end
        if position < high:
            segments.append(Segment(text[position:high]))
    if keep and keep[-1][1] < len(text):
        segments.append(Segment(" …"))
    return tuple(segments)


def _offsets(spans: Iterable[Span], agreed: set[Span]) -> tuple[tuple[Segment, ...], ...]:
    """Return what can be shown of spans without a text: where they are."""
    return tuple(
        (Segment(f"characters {between(str(span[0]), str(span[1]))}", span[2], span in agreed),) for span in spans
    )
