"""The engine's side of :class:`~agreement.counted.Counted`: every count is a sum that the engine makes and returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.annotations import Reading
from agreement.counts import Ints
from agreement.errors import InputError, Problem
from agreement.implausible import MOST_ROUNDS
from agreement.loaders._combine import CURATORS
from agreement.loaders._names import short_names
from agreement.loaders._parts import is_gold_name
from agreement.loaders._vocabulary import words
from agreement.records import MOST_SECTIONS
from agreement.settings import LayerKind, Settings
from agreement.warehouse.account import note_names, warn_of_settings
from agreement.warehouse.sets import EMPTY, NOTHING, as_sets
from agreement.warehouse.traffic import Traffic, known
from agreement.wording import reading as said
from agreement.wording.warehouse import CURATOR_ASIDE, GOLD_ASIDE, NO_ANNOTATOR, NO_ITEM

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.expr.types.relations import CachedTable

SLICE_ROWS = 20_000_000  # labels grouped by item at a time, so that the engine's memory need not hold all
MOST_LABELS = 500  # different labels from which a column is no label set
MOST_ANNOTATORS = 100_000
LAYER = "label"
HEX = 6  # digits of the hash that groups items and documents


@dataclass(frozen=True, slots=True)
class Prepared:
    """The labels in the engine, a row per item and round, as codes.

    Letters: A annotators, K labels (of a layer of several labels an item: sets of labels), M simple labels.

    Parameters
    ----------
    shown
        Ibis table: ``item``, ``round``, ``section``, ``document``, ``digest`` (hash of the document or item) and
        ``pattern``, the sorted codes ``annotator * K + label`` of the labels that the item was given.
    annotators, labels
        (A,) and (K,) names, sorted.
    units, n_labels, pair_rows, documents
        Rows of *shown*, labels in use, couples of labels of one item, named documents.
    reading
        The account: rows read, used and set aside by reason.
    traffic
        Rows that came back.
    members, simple
        (K, M) which simple labels a set holds, and their (M,) names; None where an item has one label.
    parts
        The tables in the engine that *shown* is made of.
    """

    shown: "ir.Table"
    annotators: tuple[str, ...]
    labels: tuple[str, ...]
    units: int
    n_labels: int
    pair_rows: int
    documents: int
    reading: Reading
    traffic: Traffic = field(default_factory=Traffic)
    members: NDArray[np.bool_] | None = None
    simple: tuple[str, ...] = ()
    parts: "tuple[CachedTable, ...]" = ()

    def release(self) -> None:
        """Give the engine its memory back: nothing more is asked of *shown*."""
        for part in self.parts:
            part.release()


def prepare(
    table: "ir.Table",
    settings: Settings,
    reading: Reading,
    traffic: Traffic,
    renamed: Callable[[list[str]], Mapping[str, str]] | None = None,
) -> Prepared:
    """Return the labels of *table*, which has a text column per role, as codes in the engine.

    *reading* names the table and is filled in; *renamed* returns the names that annotators get.

    Raises
    ------
    InputError
        If a column holds too many different values to be names or labels, an item has two sections, or an annotator
        gave one item different labels.
    """
    import ibis  # noqa: PLC0415 - the warehouse extra

    where = reading.files[0]
    usable, rows = _without_blanks(table, reading, traffic)
    meant, found = _meant(usable, settings, reading, traffic, where)
    shown_as = _shown_as(list(found["annotator"]), reading, renamed)
    people = tuple(sorted(shown_as.values()))
    reading.rows_read = rows
    simple = declared(settings) or tuple(sorted(set(meant.values())))
    coded = _coded(usable, meant, simple, {name: people.index(shown) for name, shown in shown_as.items()})
    names, members = simple, None
    if kind_of(settings) == "labels":
        coded, names, members = as_sets(coded, simple, traffic, where)
    coded = coded.mutate(code=coded.who * len(names) + coded.what)
    parts = _by_item(coded, rows)
    shown = ibis.union(*parts) if len(parts) > 1 else parts[0]
    totals, sections = _totals(shown, len(names), traffic, where, reading)
    reading.rows_used = rows - sum(reading.set_aside.values())
    shown = shown.drop("takes", "parted", "torn")
    if sections > MOST_SECTIONS:
        reading.warnings.append(said.too_many_sections(sections, MOST_SECTIONS))
        shown = shown.mutate(section=ibis.literal(""))
    note_names(shown, people, reading, traffic, k=len(names))
    simple = simple if members is not None else ()
    return Prepared(shown, people, names, *totals, reading, traffic, members, simple, parts)


def _shown_as(
    names: list[str], reading: Reading, renamed: Callable[[list[str]], Mapping[str, str]] | None
) -> dict[str, str]:
    """Return what each annotator is called: without the domain of an e-mail address, and by pseudonym if asked."""
    short = short_names(names)
    reading.repaired(said.ADDRESS_SHORTENED, sum(short[name] != name for name in names))
    if renamed is None:
        return short
    pseudonym = renamed(sorted(short.values()))
    return {name: pseudonym[shown] for name, shown in short.items()}


def kind_of(settings: Settings) -> LayerKind:
    """Return the kind of the layer that the settings ask for; a category by default, ordinal with an order."""
    layer = settings.layers.get(LAYER)
    if layer and layer.kind:
        return layer.kind
    return "ordinal" if (layer and layer.order) or settings.labels.order else "category"


def _without_blanks(table: "ir.Table", reading: Reading, traffic: Traffic) -> "tuple[ir.Table, int]":
    """Return the rows with item, annotator and label, and the number of all; the others are counted."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    def blank(role: str) -> "ir.BooleanValue":
        column = table[role]
        return (column.fill_null("").strip() == "") if column.type().is_string() else column.isnull()  # noqa: PD003 - Ibis

    reason = ibis.cases(
        (blank("item"), NO_ITEM),
        (blank("annotator"), NO_ANNOTATOR),
        (blank("label"), said.BLANK_CELL),
        else_="",
    )
    marked = table.mutate(reason=reason)
    found = traffic.fetch(marked.group_by("reason").agg(n=marked.count()))
    rows = int(found["n"].sum())
    for why, n in sorted(zip(found["reason"], found["n"], strict=True)):
        if why:
            reading.aside(str(why), int(n))
    if sum(reading.set_aside.values()) == rows:
        what = f"holds no label: all {rows:,} rows lack item, annotator or label."
        raise InputError([Problem(reading.files[0], what, "Name other columns: --columns item=NAME,label=NAME.")])
    return marked.filter(marked.reason == "").drop("reason"), rows


def _meant(
    usable: "ir.Table", settings: Settings, reading: Reading, traffic: Traffic, where: str
) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    """Return the label meant by each label found, and how often labels and annotators compared occur, by role.

    What is left out is counted.
    """
    problems = []
    found: dict[str, dict[str, int]] = {}
    for role, most in (("label", MOST_LABELS), ("annotator", MOST_ANNOTATORS)):
        counts = traffic.fetch(usable.group_by(role).agg(n=usable.count()).limit(most + 1))
        found[role] = dict(sorted((str(name), int(n)) for name, n in zip(counts[role], counts["n"], strict=True)))
        if len(counts) > most:
            what = f"the {role} column holds more than {most:,} different values."
            problems.append(Problem(where, what, f"Choose another column with --columns {role}=NAME."))
    if problems:
        raise InputError(problems)
    found["label"].pop(EMPTY, None)
    warn_of_settings(found["label"], found["annotator"], reading, settings)
    missing = {value.strip().casefold() for value in settings.missing.values}
    for label in [label for label in found["label"] if label.strip().casefold() in missing]:
        reading.aside(said.counts_as_missing(label), found["label"].pop(label))
    for label in sorted(settings.labels.aliases.keys() & found["label"].keys()):
        reading.repaired(said.read_as(label, settings.labels.aliases[label]), found["label"][label])
    _leave_out(usable, found, settings, reading, traffic)
    meant = {label: settings.labels.aliases.get(label, label) for label in found["label"]}
    closed = declared(settings)
    outside = sorted(set(meant.values()) - set(closed)) if closed else []
    if outside:
        there = ", ".join(closed)
        raise InputError(
            [Problem(where, f"label {label!r} is not in the declared set ({there}).", "Correct it or add an alias.")
             for label in outside]
        )  # fmt: skip
    if len(found["annotator"]) < 2:
        raise InputError([Problem(where, "holds labels of fewer than two annotators.", "Agreement needs two.")])
    return meant, found


def _leave_out(
    usable: "ir.Table", found: dict[str, dict[str, int]], settings: Settings, reading: Reading, traffic: Traffic
) -> None:
    """Take the annotators who are not compared, and their labels, from what was *found*; they are counted."""
    own = settings.annotators
    why = {name: not_compared(name) for name in found["annotator"] if not_compared(name)}
    why |= dict.fromkeys(own.gold, GOLD_ASIDE) | dict.fromkeys(own.ignore, said.IGNORED)
    gone = sorted(why.keys() & found["annotator"].keys())
    if not gone:
        return
    theirs = usable.filter(usable.annotator.isin(gone))
    rows = traffic.fetch(theirs.group_by("annotator", "label").agg(n=theirs.count()))
    for name, label, n in sorted(zip(rows["annotator"], rows["label"], map(int, rows["n"]), strict=True)):
        if label == EMPTY or label in found["label"]:  # labels that mean none are counted as such
            reading.aside(why[name], n)
        if label in found["label"]:
            found["label"][label] -= n
    found["label"] = {label: n for label, n in found["label"].items() if n}
    for name in gone:
        del found["annotator"][name]


def not_compared(annotator: str) -> str:
    """Return why an *annotator* of this name is none of those compared; empty for all others."""
    if is_gold_name(annotator):
        return GOLD_ASIDE
    return CURATOR_ASIDE if words(annotator) in CURATORS else ""


def declared(settings: Settings) -> tuple[str, ...]:
    """Return the label set that the settings declare, in its order; empty if it is read off the data."""
    layer = settings.layers.get(LAYER)
    own = (layer.order or layer.labels) if layer else ()
    return own or settings.labels.order or settings.labels.declared


def _coded(
    usable: "ir.Table", meant: Mapping[str, str], names: tuple[str, ...], people: Mapping[str, int]
) -> "ir.Table":
    """Return item, round, section, document and the codes of annotator, ``who``, and label, ``what``, in use."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    place = {name: code for code, name in enumerate(names)}
    codes = {**{label: place[name] for label, name in meant.items()}, EMPTY: NOTHING}
    labels = ibis.memtable(pd.DataFrame({"label": list(codes), "what": list(codes.values())}))
    who = ibis.memtable(pd.DataFrame({"annotator": list(people), "who": list(people.values())}))
    known(usable, labels)
    known(usable, who)
    joined = usable.join(labels, "label").join(who, "annotator")
    blank = ibis.literal("")

    def optional(role: str) -> "ir.StringValue":
        return joined[role].fill_null("") if role in usable.columns else blank

    return joined.select(
        item=joined["item"], round=optional("round"), section=optional("section"), document=optional("document"),
        who=joined["who"].cast("int64"), what=joined["what"].cast("int64"), extra=ibis.literal(0).cast("int64"),
    )  # fmt: skip


def _by_item(coded: "ir.Table", rows: int) -> "tuple[CachedTable, ...]":
    """Return a row per item and round with its pattern, kept in the engine, in slices that fit its memory."""
    import ibis  # noqa: PLC0415 - the warehouse extra

    slices = max(1, -(-rows // SLICE_ROWS))
    parts = []
    for number in range(slices):
        mine = coded.filter((coded.item.hash() % slices + slices) % slices == number) if slices > 1 else coded
        grouped = mine.group_by("item", "round").agg(
            taken=mine.code.collect(), extra=mine.extra.sum(),
            section=mine.section.nullif("").min(), last_section=mine.section.max(),
            document=mine.document.nullif("").min(), last_document=mine.document.max(),
        )  # fmt: skip
        item = grouped.item.cast("string")
        section, document = grouped.section.fill_null(""), grouped.document.fill_null("")
        key = ibis.ifelse(document == "", item, document)
        parts.append(
            grouped.select(
                "round", section=section, document=document, item=item, takes=grouped.taken.length() + grouped.extra,
                pattern=grouped.taken.unique().sort(), digest=key.hexdigest("md5").left(HEX),
                parted=section != grouped.last_section, torn=document != grouped.last_document,
            ).cache()
        )  # fmt: skip
    return tuple(parts)


def _totals(
    shown: "ir.Table", k: int, traffic: Traffic, where: str, reading: Reading
) -> tuple[tuple[int, int, int, int], int]:
    """Return units, labels, couples and named documents, and sections.

    What can't be compared is refused.
    """
    r = shown.pattern.length()
    people = shown.pattern.map(lambda code: (code / k).floor().cast("int64")).unique().length()
    found = traffic.fetch(
        shown.aggregate(
            units=shown.count(), compared=(r >= 2).sum(), labels=r.sum(), couples=(r * (r - 1)).sum(),
            repeats=(shown.takes - r).sum(), conflicts=(people != r).sum(), parted=shown.parted.sum(),
            torn=shown.torn.sum(), documents=shown.document.nullif("").nunique(),
            sections=shown.section.nullif("").nunique(), rounds=shown["round"].nunique(),
        )
    ).fillna(0)  # fmt: skip
    sums = {str(name): int(found[name].iloc[0]) for name in found}
    problems = []
    for count, test, what, remedy in (
        ("conflicts", people != r, "two different labels by one annotator",
         "Keep one of them in a view of the table, e.g. the latest."),
        ("parted", shown.parted, "two sections", "A section is a property of the item: correct the rows."),
        ("torn", shown.torn, "two documents", "An item lies in one document: correct the rows."),
    ):  # fmt: skip
        if sums[count]:
            items = traffic.fetch(shown.filter(test).select("item").order_by("item").limit(10))["item"]
            some = ", ".join(map(str, items))
            problems.append(Problem(where, f"{sums[count]:,} items have {what}, e.g. {some}.", remedy))
    if sums["rounds"] > MOST_ROUNDS:
        what = f"holds {sums['rounds']:,} rounds; at most {MOST_ROUNDS:,} are compared."
        problems.append(Problem(where, what, "Choose another column with --columns round=NAME."))
    if not problems and not sums["compared"]:
        what = f"no item was labelled by two annotators ({sums['units']:,} items)."
        problems.append(Problem(where, what, "Check which column names the item (--columns item=NAME)."))
    if problems:
        raise InputError(problems)
    reading.aside(said.REPEAT_IDENTICAL, sums["repeats"])
    return (sums["units"], sums["labels"], sums["couples"] // 2, sums["documents"]), sums["sections"]


def keys(patterns: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column of lists as tuples, which can be compared."""
    return pd.Series(list(map(tuple, patterns)), index=patterns.index, dtype=object)


def spread_out(patterns: "pd.Series[Any]") -> tuple[Ints, Ints]:
    """Return row and code of every entry of a column of lists."""
    sizes = patterns.list.len().to_numpy(dtype=np.int64)
    return np.repeat(np.arange(len(patterns)), sizes), patterns.list.flatten().to_numpy(dtype=np.int64)
