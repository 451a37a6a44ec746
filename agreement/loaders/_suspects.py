"""Labels that look like another spelling of a label, and labels that look like no answer: reported, never merged."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from agreement.annotations import AliasSuspect, Annotations, Reading
from agreement.loaders._vocabulary import MODEL, words
from agreement.records import folded
from agreement.wording import reading as said

MAX_LABELS = 500
MIN_LETTERS = 5
MAX_ITEMS = 200_000
SURE = 2  # tags that make a set of labels one of parts of speech
NUMBERED = re.compile(r"0*([0-9]+?)(?:\.0+)?")
NO_ANSWER = frozenset({
    "", "na", "n a", "nan", "null", "nil", "skip", "skipped", "i dont know", "i don t know", "dont know", "don t know",
    "do not know", "idk", "dk", "unknown", "unsure", "not sure", "unclear", "cannot tell", "can t tell", "cant tell",
    "cannot decide", "can t decide", "no answer", "no label", "not applicable", "not annotated", "not labeled",
    "not labelled", "missing", "tbd", "todo", "to do", "undecided", "no idea", "no opinion", "pass", "empty", "blank",
    "unlabeled", "unlabelled", "ambiguous", "weiß nicht", "keine angabe", "k a",
})  # fmt: skip
DIFFERENT_TAGS = (said.NEAR_SPELLING, said.PUNCTUATION)  # VAFIN is not VVFIN, and PRP$ is not PRP
# the tags of punctuation in the Penn Treebank, STTS and their kin, and tags of words that only such sets have
PUNCTUATION_TAGS = frozenset({
    "$,", "$.", "$(", "$", "#", ",", ".", ":", ";", "!", "(", ")", "``", "''", '"', "'", "--"
})  # fmt: skip
WORD_TAGS = frozenset({
    "ADJA", "ADJD", "ADJ", "ADP", "APPR", "ART", "AUX", "CCONJ", "DET", "DT", "JJ", "NE", "NN", "NNP", "NNS", "NOUN",
    "PPER", "PRON", "PROPN", "PRP", "PUNCT", "VAFIN", "VB", "VBD", "VBZ", "VERB", "VVFIN",
})  # fmt: skip


def note_suspects(annotations: Annotations) -> Annotations:
    """Fill in the suspected aliases and the suspected non-answers of the reading, and return *annotations*."""
    reading = annotations.reading
    reading.aliases.clear()
    reading.missing_suspects.clear()
    reading.warnings += split_items(annotations)
    reading.warnings += unasked_models(annotations.of_kind("human"))
    table = annotations.table
    names = table["label"].cat.categories
    layer_codes, label_codes = table["layer"].cat.codes.to_numpy(), table["label"].cat.codes.to_numpy()
    counts = np.bincount(
        layer_codes.astype(np.int64) * len(names) + label_codes,
        minlength=len(table["layer"].cat.categories) * len(names),
    ).reshape(len(table["layer"].cat.categories), len(names))
    for name, mine in zip(table["layer"].cat.categories, counts, strict=True):
        layer = annotations.layers[str(name)]
        if layer.kind in ("number", "answer") or layer.declared:
            continue
        used = {str(names[code]): int(mine[code]) for code in np.flatnonzero(mine).tolist()}
        suspect_labels(layer.name, used, reading)
    return annotations


def suspect_labels(layer: str, used: Mapping[str, int], reading: Reading) -> None:
    """Add to *reading* the suspects among the labels of *used* (label to times) of one *layer*."""
    tags = are_word_classes(used)
    reading.aliases += [one for one in alias_suspects(layer, used) if not tags or one.reason not in DIFFERENT_TAGS]
    for label, times in used.items():
        if is_no_answer(label) and not (tags and label in PUNCTUATION_TAGS):
            reading.missing_suspects[label] = reading.missing_suspects.get(label, 0) + times


def unasked_models(people: Iterable[str]) -> list[str]:
    """Return a question if *people* are called like models: they stay people until somebody says what they are."""
    named = [name for name in people if MODEL.fullmatch(words(name))]
    if not named:
        return []
    return [said.unasked_models(named)]


def split_items(annotations: Annotations) -> list[str]:
    """Return a warning if items are spelt in two ways, each by other annotators: ``1`` and ``1.0``, ``T7`` and ``t7``.

    Then they count as different items, and annotators seem to share fewer than they do.
    """
    given = annotations.assignments
    if len(given["item"].cat.categories) > MAX_ITEMS:
        return []
    return split_names(given["item"], given["annotator"])


def split_names(item: "pd.Series[str]", annotator: "pd.Series[str]") -> list[str]:
    """Return what :func:`split_items` does of the items, as categories, and annotators of some rows."""
    names = item.cat.categories.to_numpy(dtype=object).tolist()
    keys = _item_keys(names)
    if len(set(keys)) == len(keys):
        return []
    spellings: dict[str, list[int]] = {}
    for code, key in enumerate(keys):
        spellings.setdefault(key, []).append(code)
    doubtful = {code: key for key, codes in spellings.items() if len(codes) > 1 for code in codes}
    mine = item.cat.codes.isin(doubtful)
    seen: dict[str, list[str]] = {}
    for code, who in zip(item.cat.codes[mine], annotator[mine], strict=True):
        seen.setdefault(doubtful[int(code)], []).append(str(who))
    split = [spellings[key] for key, people in seen.items() if len(set(people)) == len(people)]
    if not split:
        return []
    shown = " and ".join(repr(names[code]) for code in split[0])
    return [(said.spelt_in_two_ways(len(split), shown))]


def _item_keys(names: Sequence[str]) -> list[str]:
    r"""Return the names of items without what programs change: case, blanks, encoding, ``.0``, leading zeros.

    Examples
    --------
    >>> _item_keys(["T7", "t7 ", "007", "7.0", "\u2460"])
    ['t7', 't7', '7', '7', '1']
    """
    together = "\n".join(names)
    if together.isascii():  # nearly always; then encodings are no matter, and all names are folded as one text
        keys = together.casefold().split("\n")
    if not together.isascii() or len(keys) != len(names):
        keys = [unicodedata.normalize("NFKC", name).casefold() for name in names]
    keys = list(map(str.strip, keys))
    return [found[1] if (found := NUMBERED.fullmatch(key)) else key for key in keys]


def is_no_answer(label: str) -> bool:
    """Return whether *label* looks like no answer rather than a class.

    Examples
    --------
    >>> [is_no_answer(label) for label in ("?", "N/A", "i dont know", "None of these", "Refund")]
    [True, True, True, False, False]
    """
    return folded(label) in NO_ANSWER


def are_word_classes(labels: Iterable[str]) -> bool:
    """Return whether *labels* are a set of part-of-speech tags, in which punctuation has tags of its own.

    Examples
    --------
    >>> are_word_classes(["NN", "ART", "$."]), are_word_classes([",", ".", "X"]), are_word_classes(["spam", "ham", "."])
    (True, True, False)
    """
    used = set(labels)
    return len(used & PUNCTUATION_TAGS - {"--"}) >= SURE or len(used & WORD_TAGS) >= SURE


def alias_suspects(layer: str, used: Mapping[str, int]) -> list[AliasSuspect]:
    """Return the labels of *used* (label to times) that look like another spelling of a more frequent one.

    Examples
    --------
    >>> for suspect in alias_suspects("label", {"Complaint": 90, "complaint ": 4, "Complant": 1, "Refund": 50}):
    ...     print(repr(suspect.spelling), suspect.meant, suspect.reason)
    'Complant' Complaint near spelling
    'complaint ' Complaint case, blanks
    """
    labels = sorted(used, key=lambda label: (-used[label], label))
    if len(labels) > MAX_LABELS:
        labels = labels[:MAX_LABELS]
    found = []
    meant: list[str] = []
    keys = {label: folded(label) for label in labels}
    first: dict[str, str] = {}
    for label in labels:
        key = keys[label]
        same = first.get(key) if key else None
        near = None if same else _nearest(label, key, meant, keys, used)
        if same or near:
            other = same or near or ""
            reason = _difference(label, other) if same else said.NEAR_SPELLING
            found.append(AliasSuspect(layer, label, other, used[label], used[other], reason))
        else:
            meant.append(label)
            first.setdefault(key, label)
    return sorted(found, key=lambda suspect: suspect.spelling)


def _nearest(
    label: str, key: str, meant: Sequence[str], keys: Mapping[str, str], used: Mapping[str, int]
) -> str | None:
    """Return the more frequent label that *label* is one slip away from, if both are long and it is rare."""
    if len(key) < MIN_LETTERS or any(letter.isdigit() for letter in key):
        return None
    for other in meant:
        # once or twice is a slip beside anything more frequent; more often only beside a label five times as frequent
        rare = used[label] * 5 <= used[other] or used[label] <= 2 < used[other]
        if rare and len(keys[other]) >= MIN_LETTERS and _one_slip(key, keys[other]) and not _opposite(key, keys[other]):
            return other
    return None


def _opposite(one: str, other: str) -> bool:
    """Return whether two labels differ by a prefix that turns the meaning round."""
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer in (f"a{shorter}", f"un{shorter}", f"in{shorter}") or bool(re.match(r"[0-9]", longer))


def _one_slip(one: str, other: str) -> bool:
    """Return whether one letter is missing, extra, wrong, or swapped with its neighbour.

    Examples
    --------
    >>> _one_slip("complant", "complaint"), _one_slip("compliant", "complaint"), _one_slip("refund", "return")
    (True, True, False)
    """
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) != len(other):
        longer, shorter = (one, other) if len(one) > len(other) else (other, one)
        return longer[start + 1 :] == shorter[start:]
    if one[start + 1 :] == other[start + 1 :]:
        return True
    return one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]


def _difference(label: str, other: str) -> str:
    """Return in words how two spellings of one folded label differ."""
    kinds = []
    if label.casefold() != label and other.casefold() != label and label.casefold() == other.casefold():
        return said.CASE
    plain = [unicodedata.normalize("NFKC", text) for text in (label, other)]
    if plain[0] == plain[1]:
        return said.ENCODING
    letters = ["".join(filter(str.isalnum, text)) for text in plain]
    if letters[0] != letters[1]:
        kinds.append(said.CASE)
    if re.sub(r"\S", "", plain[0]) != re.sub(r"\S", "", plain[1]):
        kinds.append(said.BLANKS)
    marks = [re.sub(r"[\w\s]|_", "", text) + "_" * text.count("_") for text in plain]
    if marks[0] != marks[1]:
        kinds.append(said.PUNCTUATION)
    return ", ".join(kinds) or said.CASE


def observed_labels(table: pd.DataFrame, layer: str) -> dict[str, int]:
    """Return how often each label of *layer* was given, the most frequent first."""
    counts = table.loc[table["layer"].eq(layer), "label"].astype("str").value_counts()
    return {str(label): int(times) for label, times in counts.items()}
