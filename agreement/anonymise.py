"""Keyed pseudonyms: every name of an annotator is replaced before anything is computed or written."""

import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from agreement import _files
from agreement.annotations import Annotations, Reading
from agreement.errors import InputError, OutputError, Problem
from agreement.guidelines import Guidelines
from agreement.records import categorical, content_hash
from agreement.settings import Settings
from agreement.wording import anonymising as said

KEY_FILE = Path("agreement.key")
KEY_BYTES = 32
MOST_BYTES = 1 << 16
PRIVATE = 0o600
SOMEBODY = "another annotator"
# names of fewer letters (A, B1, 7) name nobody, and would be found in every sentence
MIN_LETTERS = 2
DOMAIN = r"(?:@[\w-]+(?:\.[\w-]+)+)?"


def key_from(path: Path | None = None) -> bytes:
    """Return the key in the file *path*, made with rights 600 where there is none; ``agreement.key`` by default.

    Raises
    ------
    InputError
        If the file is there but can't be read, or holds too little to be a key.
    OutputError
        If it can't be made.
    """
    path = KEY_FILE if path is None else Path(path)
    if not _files.is_there(path):
        return _made(path)
    try:
        key = bytes.fromhex(_files.read_regular(path, str(path), MOST_BYTES).decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        remedy = "Name the key file that was made before, or a file that does not exist yet."
        raise InputError([Problem(str(path), f"is no key: {2 * KEY_BYTES} hexadecimal digits are expected.", remedy)])
    return key


def _made(path: Path) -> bytes:
    """Write a new key to *path* and return it."""
    if not path.parent.is_dir():
        raise OutputError(f"{path}: the folder {path.parent} does not exist. Create it, or keep the key elsewhere.")
    key = secrets.token_bytes(KEY_BYTES)
    _files.write_bytes(path, key.hex().encode() + b"\n", PRIVATE)
    return key


def pseudonyms(names: Iterable[str], key: bytes) -> dict[str, str]:
    """Return *names* with their pseudonyms, numbered in the order of their keyed hashes.

    Without the key the order tells nothing; with it equal names get equal pseudonyms in the same set of names.

    Examples
    --------
    >>> pseudonyms(["Ana", "Ben"], b"key" * 11)
    {'Ana': 'Annotator 01', 'Ben': 'Annotator 02'}
    """
    ordered = sorted(
        set(names), key=lambda name: (hmac.digest(key, name.encode(errors="surrogatepass"), "sha256"), name)
    )
    width = max(len(str(len(ordered))), 2)
    return {name: f"Annotator {number:0{width}}" for number, name in enumerate(ordered, start=1)}


def anonymise(
    annotations: Annotations, key: bytes, settings: Settings | None = None
) -> tuple[Annotations, dict[str, str]]:
    """Return *annotations* without the names of annotators, and the mapping from name to pseudonym.

    Replaced are the annotators themselves, and their names as words in file and sheet names, column names, warnings,
    metadata and the guideline. Texts and ids of items and labels stay as they are; how many of them hold a name is
    said in a warning, because they can't be rewritten without breaking the data. The source hash is that of the
    annotations before. Names that only the *settings* know have no pseudonym: warnings call each "another annotator".
    """
    names = [str(name) for name in annotations.annotators.index]
    beside = annotations.probabilities
    scorers = beside["annotator"].unique() if len(beside) else ()
    mapping = pseudonyms([*names, *scorers, *annotations.repeats["annotator"].astype(str)], key)
    hide, hide_parts = hider(mapping), file_hider(mapping)
    reading = _reading(annotations, mapping, hide, hide_parts)
    reading.warnings = [_without(text, _only_in(settings, mapping)) for text in reading.warnings]
    table = _renamed(annotations.table, mapping).assign(source=_mapped(annotations.table["source"], hide_parts))
    order = ["item", "round", "annotator", "layer", "start", "end", "label"]
    assignments = _renamed(annotations.assignments, mapping)
    people = annotations.annotators.rename(index=mapping).sort_index()
    people = people.assign(group=[hide(group) for group in people["group"]])
    people.index.name = "annotator"
    return (
        replace(
            annotations,
            table=table.sort_values(order, kind="stable", ignore_index=True),
            assignments=assignments.sort_values(order[:4], kind="stable", ignore_index=True),
            items=_items(annotations.items, hide),
            annotators=people,
            guidelines=_guidelines(annotations.guidelines, hide),
            reading=reading,
            repeats=_renamed(annotations.repeats, mapping),
            probabilities=_beside(annotations.probabilities, mapping, hide_parts),
            relations=_beside(annotations.relations, mapping, hide_parts),
            mentions=_beside(annotations.mentions, mapping, hide_parts),
        ),
        mapping,
    )


def anonymise_settings(settings: Settings, mapping: Mapping[str, str]) -> Settings:
    """Return *settings* without names, for their signature is printed on every output.

    Names of annotators that were left out have no pseudonym; each becomes "another annotator".
    """
    hide = hider(mapping)
    people = settings.annotators
    listed = {
        role: tuple(mapping.get(name, SOMEBODY) for name in getattr(people, role))
        for role in ("model", "gold", "ignore")
    }
    groups = {mapping.get(name, SOMEBODY): hide(group) for name, group in people.groups.items()}
    columns = _hidden(settings.columns.model_dump(), hide)
    columns["annotators"] = tuple(mapping.get(name, hide(name)) for name in settings.columns.annotators)
    columns["sheets"] = tuple(mapping.get(name, hide(name)) for name in settings.columns.sheets)
    report = settings.report.model_copy(update=_hidden({"title": settings.report.title}, hide) | {"anonymise": True})
    sections = settings.sections.model_copy(update=_hidden({"file": settings.sections.file}, hide))
    return settings.model_copy(
        update={
            "annotators": people.model_copy(update=listed | {"groups": groups}),
            "columns": settings.columns.model_copy(update=columns),
            "report": report,
            "sections": sections,
        }
    )


def _only_in(settings: Settings | None, mapping: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names that the settings give to people who have no pseudonym, as warnings quote them."""
    if settings is None:
        return ()
    people = settings.annotators
    return tuple(repr(name) for name in (*people.model, *people.ignore, *people.groups) if name not in mapping)


def _without(text: str, quoted: Sequence[str]) -> str:
    """Return *text* with every name in it that is *quoted* replaced."""
    for name in quoted:
        text = text.replace(name, SOMEBODY)
    return text


def write_mapping(mapping: Mapping[str, str], key_file: Path) -> Path:
    """Write who is who beside the key as CSV with rights 600, and return its path; only on request."""
    path = Path(key_file).with_suffix(".names.csv")
    frame = pd.DataFrame(
        sorted((pseudonym, name) for name, pseudonym in mapping.items()), columns=["pseudonym", "name"]
    )
    return _files.write_bytes(path, frame.to_csv(index=False, lineterminator="\n").encode(), PRIVATE)


def hider(mapping: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that replaces every name of *mapping* in a text, however it is written there.

    A name is found as a word, in any case, with any separators between its parts, and with an e-mail domain behind
    it. Names with fewer than two letters are replaced only where they are the whole text.

    Examples
    --------
    >>> hide = hider({"Ana Diaz": "Annotator 02", "B": "Annotator 01"})
    >>> hide("labels/ana_diaz.csv[ANA.DIAZ@example.org]!3"), hide("plan B"), hide("B"), hide("Anadiazepam")
    ('labels/Annotator 02.csv[Annotator 02]!3', 'plan B', 'Annotator 01', 'Anadiazepam')
    """
    # longest first: "Ana Diaz" before "Ana"
    telling = sorted((name for name in mapping if _tells(name)), key=lambda name: (-len(name), name))
    if not telling:
        return lambda text: mapping.get(text, text)
    groups = [f"({_spelled(name)})" for name in telling]
    pattern = re.compile(rf"(?<![^\W_])(?:{'|'.join(groups)}){DOMAIN}(?![^\W_])", re.IGNORECASE)

    def hide(text: str) -> str:
        if text in mapping:
            return mapping[text]
        return pattern.sub(lambda match: mapping[telling[(match.lastindex or 1) - 1]], text)

    return hide


def file_hider(mapping: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function like `hider` for names of files, sheets and columns, where a part of a name tells enough.

    Examples
    --------
    >>> file_hider({"Ana Diaz": "Annotator 01"})("round2_diaz.csv")
    'round2_Annotator 01.csv'
    """
    return hider({**mapping, **_parts(mapping)})


def hidden_document(value: Any, mapping: Mapping[str, str]) -> Any:  # noqa: ANN401 - anything JSON holds
    """Return *value*, made of JSON types, with every name replaced; lists of names in the order of the pseudonyms.

    Examples
    --------
    >>> hidden_document({"who": ["Ana", "Ben"], "n": 3}, {"Ana": "Annotator 02", "Ben": "Annotator 01"})
    {'who': ['Annotator 01', 'Annotator 02'], 'n': 3}
    """
    hide = hider(mapping)

    def hidden(part: Any) -> Any:  # noqa: ANN401 - anything JSON holds
        if isinstance(part, str):
            return hide(part)
        if isinstance(part, Mapping):
            return {hidden(key): hidden(entry) for key, entry in part.items()}
        if isinstance(part, list | tuple):
            entries = [hidden(entry) for entry in part]
            # the order of the real names would tell something about them
            return sorted(entries) if part and all(str(entry) in mapping for entry in part) else entries
        return part

    return hidden(value)


def _parts(mapping: Mapping[str, str]) -> dict[str, str]:
    """Return the words that only one name has, with its pseudonym: a file called ``ana.csv`` names Ana Diaz.

    Words of fewer than three letters are left alone; in running text such words would mostly mean something else.
    """
    owners: dict[str, set[str]] = {}
    for name in mapping:
        for word in re.split(r"[\W\d_]+", name.partition("@")[0]):
            if len(word) > MIN_LETTERS:
                owners.setdefault(word.casefold(), set()).add(name)
    taken = {name.casefold() for name in mapping}
    return {
        word: mapping[next(iter(names))]
        for word, names in sorted(owners.items())
        if len(names) == 1 and word not in taken
    }


def _tells(name: str) -> bool:
    """Return whether *name* can name a person: it has at least two letters."""
    return sum(c.isalpha() for c in name) >= MIN_LETTERS


def _spelled(name: str) -> str:
    """Return the pattern of *name* with anything between its parts."""
    parts = [re.escape(part) for part in re.split(r"[\W_]+", name) if part]
    return r"[\W_]{0,3}".join(parts) or re.escape(name)


def _renamed(frame: pd.DataFrame, mapping: Mapping[str, str]) -> pd.DataFrame:
    """Return *frame* with its annotators renamed."""
    return frame.assign(annotator=_mapped(frame["annotator"], lambda name: mapping[name]))


def _beside(frame: pd.DataFrame, mapping: Mapping[str, str], hide: Callable[[str], str]) -> pd.DataFrame:
    """Return a table beside the annotations with its annotators renamed and its sources hidden; an empty one as is."""
    if frame.empty:
        return frame
    return frame.assign(annotator=frame["annotator"].map(mapping), source=frame["source"].map(hide))


def _mapped(column: "pd.Series[Any]", change: Callable[[str], str]) -> "pd.Series[Any]":
    """Return a column of text with every distinct value changed once."""
    text = categorical(column)
    changed = pd.Index([change(str(name)) for name in text.cat.categories], dtype="str")
    unique = changed.unique()
    codes = unique.get_indexer(changed)[text.cat.codes.to_numpy()] if len(unique) else text.cat.codes.to_numpy()
    return categorical(pd.Series(pd.Categorical.from_codes(codes, categories=unique), index=column.index))


def _reading(
    annotations: Annotations,
    mapping: Mapping[str, str],
    hide: Callable[[str], str],
    hide_parts: Callable[[str], str],
) -> Reading:
    """Return the account of the reading without names, with the original hash and what still holds a name.

    Where files and columns are named, parts of a name are hidden too.
    """
    old = annotations.reading
    warnings = [hide(text) for text in old.warnings]
    items = annotations.items
    labels = pd.Series(annotations.table["label"].cat.categories, dtype=object)
    for what, values, remedy in (
        (said.TEXTS, items["text"], said.LEAVE_OUT),
        (said.ITEM_IDS, items.index.to_series(), said.RENAME),
        (said.LABELS, labels, said.RENAME),
    ):
        holding = sum(hide(str(value)) != str(value) for value in values)
        if holding:
            warnings.append(said.names_left(what, holding, remedy))
    if any(not _tells(name) for name in mapping):
        warnings.append(said.SHORT_NAMES)
    return replace(
        old,
        files=[hide_parts(name) for name in old.files],
        annotator_from=hide_parts(old.annotator_from),
        columns={hide(role): hide_parts(name) for role, name in old.columns.items()},
        set_aside={hide(reason): rows for reason, rows in old.set_aside.items()},
        repairs={hide(what): times for what, times in old.repairs.items()},
        warnings=warnings,
        gold_candidates=[hide_parts(name) for name in old.gold_candidates],
        source_sha256=old.source_sha256 or content_hash(annotations),
    )


def _items(items: pd.DataFrame, hide: Callable[[str], str]) -> pd.DataFrame:
    """Return the items with names hidden in their metadata: all columns but text, section and cluster."""
    kept = ("text", "section", "cluster")
    hidden = {hide(str(name)): items[name].map(lambda value: hide(str(value))) for name in items if name not in kept}
    return pd.DataFrame({**{name: items[name] for name in kept}, **hidden}, index=items.index)


def _guidelines(guidelines: Guidelines, hide: Callable[[str], str]) -> Guidelines:
    """Return the guideline without names in its words and its source; section ids stay, items refer to them."""
    sections = {
        name: replace(section, title=hide(section.title), text=hide(section.text))
        for name, section in guidelines.sections.items()
    }
    return Guidelines(sections, hide(guidelines.source))


def _hidden(values: Mapping[str, Any], hide: Callable[[str], str]) -> dict[str, Any]:
    """Return *values* with names hidden in texts and tuples of texts."""
    hidden: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, str):
            hidden[key] = hide(value)
        elif isinstance(value, tuple):
            hidden[key] = tuple(hide(str(part)) for part in value)
        else:
            hidden[key] = value
    return hidden
