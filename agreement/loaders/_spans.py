"""Span offsets settled: in code points, inside their texts, in accord with the covered text, trimmed, counted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from agreement.annotations import Reading
from agreement.errors import Problem
from agreement.loaders._offsets import Corpus, Integers, Unit, in_code_points, unit_by_words
from agreement.settings import Settings
from agreement.wording import reading as said


def settle(
    rows: pd.DataFrame,
    texts: Mapping[str, str],
    covered: Sequence[str | None],
    fragments: Mapping[int, str],
    units: tuple[Unit, ...],
    settings: Settings,
    reading: Reading,
    problems: list[Problem],
) -> pd.DataFrame:
    """Return *rows* with ``start``, ``end`` and ``fragments`` settled against *texts*.

    *units* are the one that the format states, and another one that its projects may choose. *covered* is empty if the
    export says of no span what it covers. Spans in items whose text is not known are only checked for order. A span
    outside its text becomes a problem; one whose covered text differs stays where its offsets say and is counted in
    the warnings.
    """
    rows = rows.assign(fragments=_fragment_column(len(rows), fragments))
    has_span = rows["label"].ne("").to_numpy() & ((rows["start"] != -1) | (rows["end"] != -1)).to_numpy()
    spans = np.flatnonzero(has_span)
    if not len(spans):
        return rows
    start, end = rows["start"].to_numpy(np.int64)[spans], rows["end"].to_numpy(np.int64)[spans]
    _refuse(rows, spans[(start < 0) | (end <= start)], "ends before it starts, or covers nothing", problems)
    names = rows["item"].cat.categories
    known = np.array([name in texts for name in names], bool)[rows["item"].cat.codes.to_numpy()[spans]]
    if not known.all():
        first = rows.iloc[spans[np.flatnonzero(~known)[0]]]
        which = said.first_item(first["item"], first["source"], first["row"]) if texts else ""
        reading.warnings.append(said.no_text(int((~known).sum()), which))
    checked = np.flatnonzero(known & (start >= 0) & (end > start))
    corpus = Corpus.of([texts.get(name, "") for name in names])
    text = rows["item"].cat.codes.to_numpy().astype(np.int64)[spans[checked]]
    claims: list[str | None] = [None] * len(checked)
    if covered:
        claims = [None if position in fragments else covered[position] for position in spans[checked].tolist()]
    unit = units[0]
    if not any(claims):
        unit = _unit(units, corpus, text, (start[checked], end[checked]), reading)
    begin, stop, used, contradicted = in_code_points(corpus, text, (start[checked], end[checked]), claims, unit)
    if used != unit:
        reading.repaired(said.other_unit(used, unit), len(checked))
    outside = (begin < 0) | (stop < 0)
    _refuse(rows, spans[checked[outside]], f"is outside the text (offsets in {used})", problems, corpus, text[outside])
    _warn_contradicted(rows, spans[checked[contradicted & ~outside]], reading)
    moved = int(((begin != start[checked]) | (stop != end[checked]))[~outside].sum())
    reading.repaired(said.converted(used), moved)
    good, inside = checked[~outside], text[~outside]
    begin, stop = begin[~outside], stop[~outside]
    if settings.reading.trim_spans:
        trimmed_begin, trimmed_stop = corpus.trimmed(inside, begin, stop)
        changed = int(((trimmed_begin != begin) | (trimmed_stop != stop)).sum())
        reading.repaired(said.TRIMMED, changed)
        begin, stop = trimmed_begin, trimmed_stop
    start[good], end[good] = begin, stop
    rows["start"], rows["end"] = (_scattered(rows[name], spans, new) for name, new in (("start", start), ("end", end)))
    trim = settings.reading.trim_spans
    return _with_fragments(rows, fragments, corpus, texts, used, problems, trim=trim)


def _unit(
    units: tuple[Unit, ...], corpus: Corpus, text: Integers, spans: tuple[Integers, Integers], reading: Reading
) -> Unit:
    """Return the unit of the offsets where a format leaves it open, judged by the words that the spans cut."""
    unit = units[0]
    for rival in units[1:]:
        chosen, differs = unit_by_words(corpus, text, spans, unit, rival)
        if differs:
            why = said.CUTS_FEWER if chosen != unit else said.CUTS_NO_FEWER
            reading.warnings.append(said.unit_by_words(chosen, rival if chosen == unit else unit, why))
        unit = chosen
    return unit


def _scattered(column: "pd.Series[Any]", positions: Integers, values: Integers) -> Integers:
    """Return a copy of *column* with *values* at *positions*."""
    copy = column.to_numpy(np.int64).copy()
    copy[positions] = values
    return copy


def _fragment_column(size: int, fragments: Mapping[int, str]) -> pd.Categorical:
    """Return the column of fragments, nearly always empty."""
    names = ["", *sorted(set(fragments.values()))]
    codes = np.zeros(size, np.int64)
    for position, value in fragments.items():
        codes[position] = names.index(value)
    return pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype="str"))


def _with_fragments(
    rows: pd.DataFrame,
    fragments: Mapping[int, str],
    corpus: Corpus,
    texts: Mapping[str, str],
    unit: Unit,
    problems: list[Problem],
    *,
    trim: bool,
) -> pd.DataFrame:
    """Return *rows* with the fragments of discontinuous spans in code points and trimmed too; they are few."""
    settled = {}
    for position, value in fragments.items():
        bounds = np.array([part.split("-") for part in value.split(";")], np.int64)
        code = int(rows["item"].cat.codes.to_numpy()[position])
        if rows["item"].cat.categories[code] in texts:
            where = np.full(bounds.shape, code, np.int64)
            bounds = corpus.code_points(where.ravel(), bounds.ravel(), unit).reshape(bounds.shape)
        if (bounds[:, 0] >= bounds[:, 1]).any() or (bounds < 0).any():
            _refuse(rows, np.array([position]), f"has fragments {value} that end before they start", problems)
        elif trim and rows["item"].cat.categories[code] in texts:
            bounds = np.stack(corpus.trimmed(np.full(len(bounds), code), bounds[:, 0], bounds[:, 1]), axis=1)
        settled[position] = ";".join(f"{a}-{b}" for a, b in sorted(bounds.tolist()))
    return rows.assign(fragments=_fragment_column(len(rows), settled))


def _refuse(
    rows: pd.DataFrame,
    wrong: Integers,
    what: str,
    problems: list[Problem],
    corpus: Corpus | None = None,
    text: Integers | None = None,
) -> None:
    """Add a problem for each item with *wrong* spans: the first span, its place, and how many more there are."""
    found = rows.iloc[wrong][["item", "annotator", "label", "start", "end", "source", "row"]].astype(
        dict.fromkeys(("item", "annotator", "label", "source"), "str")
    )
    if corpus is not None and text is not None:
        found = found.assign(length=corpus.lengths[text])
    for (source, item), group in found.groupby(["source", "item"], sort=False):
        first = group.iloc[0]
        more = f", and {len(group) - 1} more spans of this item" if len(group) > 1 else ""
        length = f" of {first['length']} characters" if "length" in group else ""
        problems.append(
            Problem(
                f"{source}!{first['row']}, item {item}",
                f"span {first['label']} {first['start']}-{first['end']} by {first['annotator']} {what}{length}{more}.",
                "Correct the offsets, or export again with the text they belong to.",
            )
        )


def _warn_contradicted(rows: pd.DataFrame, wrong: Integers, reading: Reading) -> None:
    """Warn of spans whose covered text in the export differs from the text at their offsets."""
    if len(wrong):
        first = rows.iloc[wrong[0]]
        reading.warnings.append(
            said.other_text(
                len(wrong),
                first["label"],
                first["start"],
                first["end"],
                first["annotator"],
                first["item"],
                first["source"],
                first["row"],
            )
        )
