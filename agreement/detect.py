"""What ``agreement detect`` prints: how the input was read. It computes no agreement."""

import json
import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from agreement._arrays import Ints
from agreement.annotations import Annotations, Layer
from agreement.settings import Settings
from agreement.wording import detection as said
from agreement.wording.reading import LAYOUTS, one_each

PAIRS_LISTED = 15
MOST_CELLS = 1 << 22
SCALES = (
    ("very negative", "negative", "neutral", "positive", "very positive"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("strongly disagree", "disagree", "neither agree nor disagree", "agree", "strongly agree"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("none", "mild", "moderate", "severe"),
    ("none", "low", "medium", "high"),
    ("very low", "low", "medium", "high", "very high"),
    ("very bad", "bad", "okay", "good", "very good"),
    ("poor", "fair", "good", "very good", "excellent"),
    ("small", "medium", "large"),
)


def describe(annotations: Annotations) -> str:
    """Return how *annotations* were read, for a person at a terminal.

    Examples
    --------
    >>> import pandas as pd
    >>> from agreement.loaders import load_frame
    >>> frame = pd.DataFrame({"item": [1, 1, 2], "annotator": ["Ana", "Ben", "Ana"], "label": ["x", "y", "x"]})
    >>> print(describe(load_frame(frame)).splitlines()[0])
    Format      DataFrame, long (a row per annotation)
    """
    reading = annotations.reading
    lines = [
        _line(said.FORMAT, ", ".join(filter(None, (reading.format, reading.layout)))),
        _line(said.FILES, said.first_names(reading.files)),
        _line(said.ANNOTATOR, said.found_in(reading.annotator_from)),
        *(_line("" if number else said.COLUMNS, f"{role}: {place}") for number, (role, place) in
          enumerate(reading.columns.items())),
        _line(said.ROWS, said.rows(reading.rows_read, reading.rows_used)),
        *(_line("", said.set_aside(times, reason)) for reason, times in sorted(reading.set_aside.items())),
        *(_line("", said.repaired(times, what)) for what, times in sorted(reading.repairs.items())),
        _line(said.ITEMS, _items(annotations)),
        *_people(annotations),
        *_overlap(annotations),
    ]  # fmt: skip
    for layer in annotations.layers.values():
        lines += _layer(annotations, layer)
    lines += [_line(said.GUIDELINE, _guideline(annotations))] if annotations.guidelines.sections else []
    lines += _suspects(annotations)
    lines += [_line("" if number else said.WARNINGS, warning) for number, warning in enumerate(reading.warnings)]
    return "\n".join(lines)


def shown(text: str) -> str:
    r"""Return *text* on one line without control characters, which a terminal would obey.

    Examples
    --------
    >>> shown("a\x1b[31m\nb")
    'a\\x1b[31m\\nb'
    """
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _line(title: str, text: str) -> str:
    """Return one line with its title in a column of its own."""
    return f"{title:<12}{shown(text)}".rstrip()


def _items(annotations: Annotations) -> str:
    """Return how many items there are and what is known about them."""
    items = annotations.items
    known = [name for name in items.columns if items[name].ne("").any()]
    names = {"cluster": said.DOCUMENT}
    return said.items(len(items), (names.get(name, str(name)) for name in known))


def _people(annotations: Annotations) -> list[str]:
    """Return a line for each kind of annotator."""
    lines: list[str] = []
    for kind in said.KINDS:
        names = annotations.of_kind(kind)
        if names:
            lines.append(_line("" if lines else said.ANNOTATORS, said.people(kind, names)))
    return lines or [_line(said.ANNOTATORS, said.NOBODY)]


def _overlap(annotations: Annotations) -> list[str]:
    """Return how many items each pair shares."""
    who = annotations.compared
    if len(who) < 2:
        return [_line(said.OVERLAP, said.NOTHING_TO_COMPARE)]
    given = _given(annotations, who)
    pairs = len(who) * (len(who) - 1) // 2
    if pairs <= PAIRS_LISTED:
        shared = (given.T @ given).toarray()
        return [
            _line("" if at else said.OVERLAP, said.pair(who[a], who[b], int(shared[a, b])))
            for at, (a, b) in enumerate(zip(*np.triu_indices(len(who), 1), strict=True))
        ]
    times = _pairs_by_shared_items(given)
    sizes = np.flatnonzero(times)
    spread = (int(sizes[0]), int(sizes[-1]), _median(times))
    return [_line(said.OVERLAP, said.pairs(pairs, *spread, none=int(times[0]), few=int(times[:30].sum())))]


def _given(annotations: Annotations, who: Sequence[str]) -> sparse.csr_matrix:
    """Return (U, A) 1 where an annotator answered an item, in a round, in any layer."""
    answered = annotations.assignments
    answered = answered.loc[answered["status"].isin(("done", "empty")) & answered["annotator"].isin(who)]
    codes = pd.Index(who).get_indexer(answered["annotator"].cat.categories.astype("str"))[
        answered["annotator"].cat.codes
    ]
    rounds = len(answered["round"].cat.categories)
    items = answered["item"].cat.codes.to_numpy().astype(np.int64) * rounds + answered["round"].cat.codes.to_numpy()
    unique, position = np.unique(items, return_inverse=True)
    ones = np.ones(len(position), dtype=np.int32)
    given = sparse.csr_matrix((ones, (position, codes)), shape=(len(unique), len(who)))
    given.data[:] = 1
    return given


def _pairs_by_shared_items(given: sparse.csr_matrix) -> Ints:
    """Return how many pairs of annotators share 0, 1, 2 … items, a few annotators at a time: crowds are large."""
    by_annotator = given.T.tocsr()
    a = by_annotator.shape[0]
    times = np.zeros(given.shape[0] + 1, dtype=np.int64)
    step = max(1, MOST_CELLS // a)
    for start in range(0, a, step):
        shared = sparse.triu(by_annotator[start : start + step] @ given, start + 1)
        times += np.bincount(shared.data, minlength=len(times))
    times[0] = a * (a - 1) // 2 - times[1:].sum()
    return times


def _median(times: Ints) -> int:
    """Return the median of 0, 1, 2 …, each of which occurs so many *times*, half ones rounded down.

    Examples
    --------
    >>> _median(np.array([1, 0, 2])), _median(np.array([1, 0, 1]))
    (2, 1)
    """
    above, total = np.cumsum(times), int(times.sum())
    low, high = np.searchsorted(above, [(total - 1) // 2, total // 2], side="right")
    return int(low + high) // 2


def _labels(annotations: Annotations, layer: str) -> dict[str, int]:
    """Return how often each label of *layer* was given by those compared, the most frequent first."""
    table = annotations.table
    mine = table.loc[table["layer"].eq(layer) & table["annotator"].isin(annotations.compared), "label"]
    counts = np.bincount(mine.cat.codes, minlength=len(mine.cat.categories))
    order = np.argsort(-counts, kind="stable")
    return {str(mine.cat.categories[code]): int(counts[code]) for code in order if counts[code]}


def _layer(annotations: Annotations, layer: Layer) -> list[str]:
    """Return what is known about one layer."""
    used = _labels(annotations, layer.name)
    lines = [_line(said.LAYER, said.layer(layer.name, layer.kind, len(used), declared=layer.declared))]
    if layer.kind not in ("answer", "number"):
        lines.append(_line("", said.first_names(said.label(label, times) for label, times in used.items())))
        unused = [label for label in layer.labels if label not in used]
        if unused:
            lines.append(_line("", said.never_used(unused)))
    order = likely_order(list(used)) if layer.kind == "category" and not layer.declared else None
    if order:
        lines.append(_line("", said.looks_ordered(order)))
    if layer.kind == "category" and len(used) > 50 and len(used) > 0.3 * sum(used.values()):
        lines.append(_line("", said.NEARLY_ALL_DIFFERENT))
    return lines


def likely_order(labels: Sequence[str]) -> tuple[str, ...] | None:
    """Return *labels* from lowest to highest if they look ordered: whole numbers, or words of a known scale.

    Examples
    --------
    >>> likely_order(["3", "1", "2"]), likely_order(["high", "low", "medium"]), likely_order(["0", "1"])
    (('1', '2', '3'), ('low', 'medium', 'high'), None)
    """
    if not 3 <= len(labels) <= 11:
        return None
    if all(re.fullmatch(r"-?\d{1,3}", label.strip()) for label in labels):
        return tuple(sorted(labels, key=int))
    folded = {" ".join(label.casefold().replace("_", " ").replace("-", " ").split()): label for label in labels}
    for scale in SCALES:
        if len(folded) == len(labels) and set(folded) <= set(scale):
            return tuple(folded[word] for word in scale if word in folded)
    return None


def _guideline(annotations: Annotations) -> str:
    """Return which guideline was read, and the sections that items name and it lacks."""
    guidelines = annotations.guidelines
    named = dict.fromkeys(annotations.items["section"]) if "section" in annotations.items else {}
    unknown = [str(name) for name in named if name and name not in guidelines.sections]
    return said.guideline(len(guidelines.sections), guidelines.source, unknown)


def _suspects(annotations: Annotations) -> list[str]:
    """Return what was suspected and left alone."""
    reading = annotations.reading
    lines = [
        said.alias(one.spelling, one.n_spelling, one.meant, one.n_meant, one.reason)
        for one in reading.aliases[: said.LISTED]
    ]
    if len(reading.aliases) > said.LISTED:
        lines.append(said.more_spellings(len(reading.aliases) - said.LISTED))
    lines += [said.no_answer(label, times) for label, times in sorted(reading.missing_suspects.items())]
    known = annotations.of_kind("gold")
    lines += [said.gold_candidate(name) for name in reading.gold_candidates if name not in known]
    return [_line("" if number else said.SUSPECTED, line) for number, line in enumerate(lines)]


def suggested_config(annotations: Annotations, settings: Settings) -> str:
    """Return ``agreement.toml`` that reads the same input in the same way, with suggestions as comments."""
    reading = annotations.reading
    chosen = settings.model_dump(mode="json", exclude_defaults=True)
    columns = _found_columns(annotations) | chosen.pop("columns", {})
    suggestions: dict[str, list[str]] = {
        "missing": [f"# values = {_toml(sorted(reading.missing_suspects))}"] if reading.missing_suspects else [],
        "labels.aliases": [f"# {_key(one.spelling)} = {_toml(one.meant)}  # {one.reason}" for one in reading.aliases],
        "labels": [
            f"# order = {_toml(list(order))}  # {said.if_ordered(shown(layer.name))}"
            for layer in annotations.layers.values()
            if layer.kind == "category" and not layer.declared
            and (order := likely_order(list(_labels(annotations, layer.name))))
        ],
    }  # fmt: skip
    people = {kind: list(annotations.of_kind(kind)) for kind in ("model", "gold")}
    if people["model"]:
        chosen.setdefault("annotators", {}).setdefault("model", people["model"])
    lines = [f"# {said.written_by(shown(said.first_names(reading.files)))}", ""]
    flat = _tables({"columns": columns, **chosen})
    for name in sorted({*flat, *(key for key, found in suggestions.items() if found)}, key=_rank):
        lines += [f"[{name}]", *flat.get(name, []), *suggestions.get(name, []), ""]
    return "\n".join(lines)


def _rank(name: str) -> tuple[int, str]:
    """Return where a table of the configuration stands: reading first."""
    order = ("columns", "reading", "missing", "labels", "labels.aliases", "layers", "sections", "annotators")
    return (order.index(name) if name in order else len(order), name)


COLUMN = re.compile(r'column "(.*?)"(?= \+ column|, column|$)|column ([A-Z]+)(?= \+ column|, column|$)')


def _found_columns(annotations: Annotations) -> dict[str, object]:
    """Return the columns that the table loader found, by the keys of the settings."""
    reading = annotations.reading
    if reading.format != "table":
        return {}
    layout = next(
        (key for key, start in TOLD.items() if reading.layout.startswith(start) and ", " not in reading.layout), None
    )
    found: dict[str, object] = {"layout": layout} if layout else {}
    if layout == "wide" and len(annotations.layers) > 1:
        found = {"annotators": list(annotations.compared)}
    for role in ("item", "annotator", "label", "layer", "text", "section", "document", "round", "time", "gold"):
        names = [a or b for a, b in COLUMN.findall(reading.columns.get(role, ""))]
        if not names:
            continue
        if role in ("item", "label"):
            found[role] = names
        elif len(names) == 1:
            found[role] = names[0]
    return found


TOLD = {name: LAYOUTS[name] for name in ("long", "wide", "transposed", "one-hot")} | {
    f"per-{place}": one_each(place) for place in ("sheet", "file")
}


def _tables(values: Mapping[str, object], prefix: str = "") -> dict[str, list[str]]:
    """Return nested *values* as the lines of each table of a TOML file."""
    tables: dict[str, list[str]] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            name = f"{prefix}{_key(key)}"
            inner = _tables(value, f"{name}.")
            tables |= {table: lines for table, lines in inner.items() if table}
            if inner.get(""):
                tables[name] = inner[""]
        else:
            tables.setdefault("", []).append(f"{_key(key)} = {_toml(value)}")
    return tables


def _key(name: str) -> str:
    """Return a TOML key."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)


def _toml(value: object) -> str:
    """Return a scalar or a list in TOML, which writes them as JSON does."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
