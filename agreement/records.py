"""Records: what a loader hands over, and ``assemble``, which validates it into Annotations."""

import hashlib
import math
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from agreement._arrays import in_order, used_codes
from agreement.annotations import ASSIGNMENTS, TABLE, Annotations, Layer, Reading, is_one_of
from agreement.errors import InputError
from agreement.guidelines import Guidelines
from agreement.implausible import implausible
from agreement.links import no_mentions, no_relations, of_used
from agreement.probabilities import no_scores, settle
from agreement.repeats import KEY, REPEATS, resolve_repeats
from agreement.settings import LayerKind, Settings
from agreement.wording import reading as said
from agreement.wording.unused import not_found

TEXT_COLUMNS = ["item", "round", "annotator", "layer", "label", "fragments", "source", "status"]
MOST_SECTIONS = 1_000  # each is compared with all others
PART = 1 << 17  # cells of a column that is made of equal parts
MULTIPLE: tuple[LayerKind, ...] = ("labels", "spans")


@dataclass(slots=True)
class Records:
    """What a loader read, before anything is decided about it.

    Parameters
    ----------
    rows
        Row per annotation. ``item``, ``annotator``, ``label`` are needed, text or categorical; ``layer`` (default
        ``label``), ``round``, ``start``/``end`` (-1 for none), ``fragments``, ``status`` (default ``done``),
        ``time`` (text), ``source``, ``row`` and ``take`` (which submission of this annotator, default 0 for
        ``labels`` and ``spans``, one per row for the rest) are optional. A submission without any label (empty,
        skipped, …) is one row with its status and the label ``""``.
    items
        Index item; ``text``, ``section``, ``cluster`` and metadata, as far as known.
    kinds
        Annotator to kind, for those who are not human.
    groups
        Annotator to team.
    layers
        What the loader knows about layers.
    latest_is_default
        True if the platform has an update time, so that repeats resolve to the latest.
    probabilities
        Scores of labels as cells, with the columns of ``probabilities.RAW``.
    relations, mentions
        What joins spans, with the columns of ``links.RELATIONS`` and ``links.MENTIONS``.
    """

    rows: pd.DataFrame
    reading: Reading
    items: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(index=pd.Index([], name="item")))
    kinds: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    layers: dict[str, Layer] = field(default_factory=dict)
    guidelines: Guidelines = field(default_factory=Guidelines)
    tokens: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    latest_is_default: bool = False
    probabilities: pd.DataFrame = field(default_factory=no_scores)
    relations: pd.DataFrame = field(default_factory=no_relations)
    mentions: pd.DataFrame = field(default_factory=no_mentions)


def assemble(records: Records, settings: Settings) -> Annotations:
    """Return validated Annotations: missing values, aliases, statuses and repeats settled and counted.

    Raises
    ------
    InputError
        Listing every conflicting repeat (unless a policy was chosen) and every label outside a declared set.
    """
    reading = records.reading
    rows = with_all_columns(records.rows)
    rows = _set_aside_missing(rows, reading, settings)
    rows = _apply_aliases(rows, reading, settings)
    warn_of_strangers(rows["annotator"].cat.categories, reading, settings)
    rows = _ignore(rows, reading, settings)
    layers = _layers(rows, records.layers, settings)
    problems = implausible(rows, layers, settings)
    probabilities = no_scores()
    if len(records.probabilities):
        probabilities, wrong = settle(records.probabilities, rows, layers)
        problems += wrong
    order = _order_if_single(rows)
    if order is None:
        rows["take"] = _takes(rows, layers)
        rows, repeats, conflicts = resolve_repeats(rows, reading, settings, latest=records.latest_is_default)
        problems += conflicts
    if problems:
        raise InputError(problems)
    if order is None:
        rows = rows.sort_values([*KEY, "start", "end", "label"], kind="stable", ignore_index=True)
        assignments = rows.drop_duplicates(KEY)[list(ASSIGNMENTS)].reset_index(drop=True)
    else:
        rows, repeats = _reordered(rows, order), pd.DataFrame(columns=REPEATS)
        assignments = rows[list(ASSIGNMENTS)]
    counted = is_one_of(rows["status"], ("done",)) & ~is_one_of(rows["label"], ("",))
    table = rows[list(TABLE)] if counted.all() else rows.loc[counted, list(TABLE)]
    if order is None:
        duplicated = table.duplicated(["item", "round", "annotator", "layer", "label", "start", "end", "fragments"])
        reading.aside(said.TWICE, int(duplicated.sum()))
        table = table.loc[~duplicated]
    table = table.reset_index(drop=True)
    for status in ("skipped", "rejected", "draft"):
        reading.aside(said.status(status), int(rows["status"].eq(status).sum()))
    reading.rows_used = reading.rows_read - sum(reading.set_aside.values())
    layers = _with_label_sets(table, layers)
    items = _items(assignments, records.items)
    if items["section"].nunique() > MOST_SECTIONS:
        reading.warnings.append(said.too_many_sections(items["section"].nunique(), MOST_SECTIONS))
        items["section"] = ""
    _warn_of_unlisted_sections(items, records.guidelines, reading)
    return Annotations(
        table=table,
        assignments=assignments,
        items=items,
        annotators=_annotators(assignments, records, settings),
        layers=layers,
        guidelines=records.guidelines.with_labels(settings.sections.labels),
        reading=reading,
        repeats=repeats,
        tokens=records.tokens,
        probabilities=probabilities,
        relations=of_used(records.relations, rows, settings.labels.aliases),
        mentions=of_used(records.mentions, rows, settings.labels.aliases),
    )


def _warn_of_unlisted_sections(items: pd.DataFrame, guidelines: Guidelines, reading: Reading) -> None:
    """Warn of sections that items name and the guideline doesn't have: nothing can be quoted of them."""
    if not guidelines.sections or "section" not in items:
        return
    named = sorted({str(section) for section in items["section"].dropna()} - {"", *guidelines.sections})
    if named:
        reading.warnings.append(said.unlisted_sections(guidelines.source, named))


def _as_text(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return *values* as text; halves of surrogate pairs, which an Arrow column can't hold, become question marks."""
    try:
        return values.astype("str")
    except UnicodeEncodeError:
        return values.map(lambda value: str(value).encode("utf-8", "replace").decode("utf-8")).astype("str")


def categorical(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return *values* as a categorical of sorted, used text categories; nothing after load touches text per row."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, given = values.cat.codes.to_numpy(), values.cat.categories
        names = given.astype(str)
        if len(names) == 1 and len(codes) and not codes.any() and names.dtype == given.dtype:
            return values
    else:
        codes, names = pd.factorize(_as_text(values))
    seen = used_codes(codes, len(names))
    if seen.all() and names.is_monotonic_increasing:
        as_given = pd.Categorical.from_codes(codes.astype(np.int32, copy=False), categories=names, validate=False)
        return pd.Series(as_given, index=values.index, name=values.name, copy=False)
    used = np.flatnonzero(seen)
    texts = names.to_numpy(dtype=object)[used].tolist()
    order = np.array(
        sorted(range(len(texts)), key=texts.__getitem__), dtype=np.intp
    )  # half the time of numpy's argsort
    ordered = names.take(used[order])
    ordered.is_monotonic_increasing  # noqa: B018 - then pandas knows them to differ without a table of hashes
    remap = np.full(len(names) + 1, -1, dtype=np.int32)
    remap[used[order]] = np.arange(len(used))
    recoded = pd.Categorical.from_codes(remap[codes], categories=ordered, validate=False)
    return pd.Series(recoded, index=values.index, name=values.name)


def with_all_columns(rows: pd.DataFrame) -> pd.DataFrame:
    """Return *rows* with every column of a record, text as categoricals."""
    defaults: Mapping[str, Any] = {
        "layer": "label", "round": "", "start": -1, "end": -1, "fragments": "", "status": "done",
        "time": "", "source": "", "row": 0, "take": -1,
    }  # fmt: skip
    rows = rows.reset_index(drop=True)
    columns: dict[str, Any] = {}
    for name in ["item", "annotator", "label", *defaults]:
        if name in rows:
            columns[name] = rows[name]
        elif name in TEXT_COLUMNS:
            columns[name] = pd.Series(
                pd.Categorical.from_codes(
                    np.zeros(len(rows), np.int8), categories=pd.Index([defaults[name]], dtype="str")
                )
            )
        elif name == "time":
            columns[name] = _repeated(defaults[name], len(rows))
        else:
            same = np.broadcast_to(np.int64(defaults[name]), len(rows))  # one number in memory
            columns[name] = pd.Series(same, index=rows.index, copy=False)
    full = pd.DataFrame(columns, copy=False)
    for name in TEXT_COLUMNS:
        full[name] = categorical(full[name])
    return full


def _repeated(text: str, times: int) -> "pd.Series[Any]":
    """Return a column of one *text*, whose parts share the memory of one part where pandas keeps text with Arrow."""
    part = pd.Series(text, index=range(min(times, PART)), dtype="str")
    return pd.concat([*[part] * (times // PART), part.iloc[: times % PART]], ignore_index=True)


def _set_aside_missing(rows: pd.DataFrame, reading: Reading, settings: Settings) -> pd.DataFrame:
    """Return *rows* without blank labels and without the labels that the settings call missing."""
    labels = rows["label"].cat.categories
    missing = {value.strip().casefold() for value in settings.missing.values}
    is_missing = labels.map(lambda label: label.strip().casefold() in missing).to_numpy(dtype=bool)
    is_blank = labels.map(lambda label: not label.strip()).to_numpy(dtype=bool)
    if missing and not is_missing.any():
        reading.warnings.append(not_found("missing.values", settings.missing.values))
    if not (is_missing.any() or is_blank.any()):
        return rows
    codes = rows["label"].cat.codes.to_numpy()
    done = rows["status"].eq("done").to_numpy()
    missing_rows, blank_rows = is_missing[codes] & done, is_blank[codes] & done
    for code, count in zip(*np.unique(codes[missing_rows], return_counts=True), strict=True):
        reading.aside(said.counts_as_missing(labels[code]), int(count))
    reading.aside(said.BLANK_CELL, int((blank_rows & ~missing_rows).sum()))
    if not (missing_rows.any() or blank_rows.any()):
        return rows
    return rows.loc[~(missing_rows | blank_rows)].reset_index(drop=True)


def _apply_aliases(rows: pd.DataFrame, reading: Reading, settings: Settings) -> pd.DataFrame:
    """Return *rows* with the declared aliases replaced, each replacement counted."""
    labels = rows["label"].cat.categories
    meant = [settings.labels.aliases.get(label, label) for label in labels]
    if strange := sorted(settings.labels.aliases.keys() - set(labels)):
        reading.warnings.append(not_found("labels.aliases", strange))
    if list(labels) == meant:
        return rows
    codes = rows["label"].cat.codes.to_numpy()
    changed = np.array([a != b for a, b in zip(labels, meant, strict=True)])
    for code, count in zip(*np.unique(codes[changed[codes]], return_counts=True), strict=True):
        reading.repaired(said.read_as(labels[code], meant[code]), int(count))
    names = pd.Index(meant, dtype="str")
    unique = names.unique()
    recoded = pd.Categorical.from_codes(unique.get_indexer(names)[codes], categories=unique)
    return rows.assign(label=categorical(pd.Series(recoded, index=rows.index, name="label")))


def warn_of_strangers(present: Collection[str], reading: Reading, settings: Settings) -> None:
    """Warn of annotators that the settings name and the data do not: a slip there would change who is compared."""
    own = settings.annotators
    for key, names in (("model", own.model), ("gold", own.gold), ("ignore", own.ignore), ("groups", tuple(own.groups))):
        if strangers := sorted(set(names) - set(present)):
            reading.warnings.append(said.strangers(f"[annotators] {key}", strangers))


def _ignore(rows: pd.DataFrame, reading: Reading, settings: Settings) -> pd.DataFrame:
    """Return *rows* without the annotators that the settings ignore, and without what only they labelled."""
    if not settings.annotators.ignore:
        return rows
    ignored = rows["annotator"].isin(settings.annotators.ignore)
    reading.aside(said.IGNORED, int(ignored.sum()))
    left = rows.loc[~ignored].reset_index(drop=True)
    return left.assign(**{name: categorical(left[name]) for name in ("item", "round", "annotator", "label")})


def _layers(rows: pd.DataFrame, known: Mapping[str, Layer], settings: Settings) -> dict[str, Layer]:
    """Return the layers with their kinds: from the settings, else from the loader, else one category per item."""
    layers = {}
    for name in rows["layer"].cat.categories:
        chosen = settings.layers.get(name)
        base = known.get(name, Layer(name, "category"))
        order = (chosen.order if chosen else ()) or settings.labels.order
        declared = order or (chosen.labels if chosen else ()) or settings.labels.declared
        kind = (chosen.kind if chosen else None) or ("ordinal" if order and base.kind == "category" else base.kind)
        closed = base.labels if base.declared else ()
        layers[str(name)] = Layer(str(name), kind, tuple(declared) or closed, declared=bool(declared or closed))
    return layers


def _takes(rows: pd.DataFrame, layers: Mapping[str, Layer]) -> "pd.Series[Any]":
    """Return which submission each row belongs to: the loader's, else one per row for single answers."""
    multiple = rows["layer"].isin([layer.name for layer in layers.values() if layer.kind in MULTIPLE])
    own = pd.Series(np.arange(len(rows)), index=rows.index)
    if multiple.any():
        own = own.where(~multiple, 0)
    given = rows["take"] >= 0
    return rows["take"].where(given, own) if given.any() else own


def _order_if_single(rows: pd.DataFrame) -> npt.NDArray[np.int64] | None:
    """Return the order of *rows* by submission if each has one row; None if some has several, which need a closer look.

    Categories are sorted, so the codes of a submission make one number that sorts as their names do.
    """
    columns = [(rows[name].cat.codes.to_numpy(), max(len(rows[name].cat.categories), 1)) for name in KEY]
    if math.prod(size for _, size in columns) > np.iinfo(np.int64).max:
        return None
    keys = np.zeros(len(rows), dtype=np.int64)
    for codes, size in columns:
        if size > 1:
            keys *= size
            keys += codes
    order, ordered = in_order(keys)
    return order if bool((ordered[1:] > ordered[:-1]).all()) else None


def _reordered(rows: pd.DataFrame, order: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return *rows* in *order*; columns that hold one value throughout, most of them, stay as they are."""
    columns: dict[str, Any] = {}
    for name in rows:
        column = rows[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            constant = len(column.cat.categories) == 1 and bool((column.cat.codes == 0).all())
            codes = column.cat.codes.to_numpy()
            columns[str(name)] = (
                column if constant else pd.Categorical.from_codes(codes[order], dtype=column.dtype, validate=False)
            )
        else:
            values = column.array
            constant = len(column) > 0 and bool((column == column.iloc[0]).all())
            columns[str(name)] = column if constant else values.take(order)
    return pd.DataFrame(columns, index=rows.index, copy=False)


def _with_label_sets(table: pd.DataFrame, layers: Mapping[str, Layer]) -> dict[str, Layer]:
    """Return the layers with their label sets: declared labels first, in their order, then observed ones."""
    complete = {}
    for layer in layers.values():
        if layer.kind in ("number", "answer"):
            complete[layer.name] = layer
            continue
        mine = is_one_of(table["layer"], (layer.name,))
        codes = table["label"].cat.codes.to_numpy()
        names = table["label"].cat.categories
        observed = names[used_codes(codes if mine.all() else codes[mine], len(names))]
        extra = [label for label in observed if label not in layer.labels]
        complete[layer.name] = Layer(layer.name, layer.kind, (*layer.labels, *extra), declared=layer.declared)
    return complete


def _items(assignments: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return the items' frame: every assigned item, sorted, with text, section, cluster and metadata as text."""
    names = assignments["item"].cat.categories.rename("item")
    items = known.loc[~known.index.duplicated()].reindex(names) if len(known.columns) else pd.DataFrame(index=names)
    items.index = names
    for column in ("text", "section", "cluster"):
        if column not in items:
            items[column] = _repeated("", len(names)).set_axis(names)
    lead = ["text", "section", "cluster"]
    return items[[*lead, *(column for column in items if column not in lead)]].fillna("")


def _annotators(assignments: pd.DataFrame, records: Records, settings: Settings) -> pd.DataFrame:
    """Return the annotators' frame with kind and group; the settings win over the loader."""
    kinds = dict(records.kinds)
    kinds |= dict.fromkeys(settings.annotators.model, "model") | dict.fromkeys(settings.annotators.gold, "gold")
    groups = records.groups | settings.annotators.groups
    names = assignments["annotator"].cat.categories
    return pd.DataFrame(
        {"kind": [kinds.get(name, "human") for name in names], "group": [groups.get(name, "") for name in names]},
        index=pd.Index(names, name="annotator"),
    )


def content_hash(annotations: Annotations) -> str:
    """Return the SHA-256 of the sorted annotations and assignments: equal data, equal hash, whatever the file."""
    digest = hashlib.sha256()
    columns = [name for name in TABLE if name not in ("source", "row")]
    written: list[tuple[pd.Index, bytes]] = []  # the two frames have most of their categories in common
    for frame in (annotations.table[columns], annotations.assignments[list(ASSIGNMENTS[:-1])]):
        for name in frame:
            column = frame[name]
            if isinstance(column.dtype, pd.CategoricalDtype):
                names = column.cat.categories
                known = next((text for other, text in written if other is names), None)
                if known is None:
                    known = "\x1f".join(names.to_numpy(dtype=object)).encode(errors="surrogatepass")
                    written.append((names, known))
                digest.update(known)
                digest.update(np.ascontiguousarray(column.cat.codes.to_numpy(np.int32)).data)
            else:
                digest.update(np.ascontiguousarray(column.to_numpy(np.int64)).data)
    return digest.hexdigest()


def folded(label: str) -> str:
    r"""Return *label* without the differences of case, blanks, accents' encoding and punctuation that aliases show.

    Examples
    --------
    >>> folded("Complaint\n\n") == folded("complaint ") == "complaint"
    True
    """
    text = unicodedata.normalize("NFKC", label).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())
