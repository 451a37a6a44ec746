"""Relations and coreference of every two annotators, each in turn the reference, on the documents both saw."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.annotations import Annotations
from agreement.settings import Settings
from agreement.structures.coreference import MEASURES, coreference_parts, scored
from agreement.structures.relations import Argument, Relation, relation_counts
from agreement.uncertainty.distributions import t_quantile
from agreement.uncertainty.ratios import ratios
from agreement.wording.structures import NO_LINKS, NOTHING

Floats = NDArray[np.float64]
Kind = Literal["relations", "coreference"]
FEWEST_DOCUMENTS = 2
SMALLEST = 1e-12
CONLL = "conll_mean"


@dataclass(frozen=True, slots=True)
class LinkScore:
    """One measure of two annotators.

    Parameters
    ----------
    measure
        ``relation_f1`` (same arguments), ``relation_f1.matched`` (arguments matched as spans are), ``muc``,
        ``b_cubed``, ``ceaf_e``, ``lea``, or ``conll_mean``, the mean of MUC, B-cubed and CEAF-e.
    label
        Of one kind of relation; None for all together.
    reference, other
        Who is taken as right, and who is compared; None for all pairs together.
    value, low, high
        F1 with its interval; None where *undefined* says why.
    precision, recall
        Of the other against the reference; None for all pairs together, and for the mean.
    n, documents
        Relations (or mentions) that either gave, and documents that both saw.
    """

    kind: Kind
    measure: str
    label: str | None
    reference: str | None
    other: str | None
    value: float | None
    low: float | None
    high: float | None
    precision: float | None
    recall: float | None
    n: int
    documents: int
    undefined: str = ""


@dataclass(frozen=True, slots=True)
class Structures:
    """What joins spans, compared; empty where nothing does.

    Parameters
    ----------
    scores
        A row per measure, label and pair in both directions, then of all pairs together.
    counts
        Kind to annotator to how many relations (or mentions) they gave.
    """

    scores: tuple[LinkScore, ...] = ()
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-able values."""
        return asdict(self)


def compare_structures(annotations: Annotations, settings: Settings) -> Structures:
    """Return how annotators agree on relations and coreference; nothing where nobody joined spans."""
    found: list[LinkScore] = []
    counts: dict[str, dict[str, int]] = {}
    for kind, frame, compare in (
        ("relations", annotations.relations, _relations),
        ("coreference", annotations.mentions, _coreference),
    ):
        mine = frame.loc[frame["annotator"].isin(annotations.compared)] if len(frame) else frame
        if mine.empty:
            continue
        seen = _seen(annotations, mine)
        counts[kind] = {name: int(mine["annotator"].eq(name).sum()) for name in seen}
        found += compare(mine, seen, settings)
    return Structures(tuple(found), counts)


def _seen(annotations: Annotations, links: pd.DataFrame) -> dict[str, frozenset[tuple[str, str]]]:
    """Return the documents that each annotator saw in the layers of the spans that anybody joined."""
    asked = annotations.assignments
    asked = asked.loc[asked["layer"].isin(links["layer"].unique()) & asked["status"].isin(("done", "empty"))]
    asked = asked.loc[asked["annotator"].isin(annotations.compared), ["annotator", "item", "round"]].astype(str)
    return {
        str(name): frozenset(zip(rows["item"], rows["round"], strict=True))
        for name, rows in asked.groupby("annotator", sort=True)
    }


def _pairs(seen: Mapping[str, frozenset[tuple[str, str]]]) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Yield every two annotators with the documents that both saw, if there are any."""
    for first, second in combinations(sorted(seen), 2):
        if both := sorted(seen[first] & seen[second]):
            yield first, second, both


def _relations(
    links: pd.DataFrame, seen: Mapping[str, frozenset[tuple[str, str]]], settings: Settings
) -> Iterator[LinkScore]:
    """Yield the scores of relations: all labels together and each by itself, exact arguments and matched ones."""
    given = _by_document(links, (
        Relation(row[0], Argument(row[1], row[2], row[3]), Argument(row[4], row[5], row[6]))
        for row in links[["label", "head_label", "head_start", "head_end", "tail_label", "tail_start", "tail_end"]]
        .itertuples(index=False, name=None)
    ))  # fmt: skip
    labels = sorted(set(links["label"]))
    for measure, least in (("relation_f1", None), ("relation_f1.matched", settings.measures.iou)):
        for label in (None, *(labels if len(labels) > 1 else ())):
            stacked: list[tuple[str, str, NDArray[np.int64]]] = []
            names: list[tuple[str, str]] = []
            for first, second, documents in _pairs(seen):
                sides = [
                    [
                        [one for one in given.get(who, {}).get(name, ()) if label in (None, one.label)]
                        for name in documents
                    ]
                    for who in (first, second)
                ]
                counts = relation_counts(sides[0], sides[1], least_overlap=least)
                stacked.append((first, second, counts))
                names += documents
            yield from _relation_scores(stacked, names, (measure, label), settings)


def _relation_scores(
    stacked: Sequence[tuple[str, str, NDArray[np.int64]]], names: Sequence[tuple[str, str]],
    what: tuple[str, str | None], settings: Settings,
) -> Iterator[LinkScore]:  # fmt: skip
    """Yield the scores of every pair both ways round, and of all pairs together, from counts by document."""
    if not stacked:
        return
    measure, label = what
    counts = np.concatenate([rows for _, _, rows in stacked])
    pair = np.repeat(np.arange(len(stacked)), [len(rows) for _, _, rows in stacked])
    code = {name: number for number, name in enumerate(dict.fromkeys(names))}
    document = np.array([code[name] for name in names], dtype=np.int64)
    top, bottom = (2 * counts[:, 0]).astype(np.float64), counts[:, 1:].sum(axis=1).astype(np.float64)
    confidence = settings.measures.confidence
    alone = ratios(top, bottom, pair, document, len(stacked), confidence, is_f1=True)
    together = ratios(top, bottom, np.zeros_like(pair), document, 1, confidence, is_f1=True)
    for number, (first, second, rows) in enumerate(stacked):
        hits, mine, theirs = rows.sum(axis=0).tolist()
        for reference, other, of_reference, of_other in ((first, second, mine, theirs), (second, first, theirs, mine)):
            yield LinkScore(
                "relations", measure, label, reference, other, *_values(alone, number),
                hits / of_other if of_other else None, hits / of_reference if of_reference else None,
                mine + theirs - hits, len(rows), "" if mine + theirs else NOTHING,
            )  # fmt: skip
    either = int(counts[:, 1:].sum() - counts[:, 0].sum())
    yield LinkScore(
        "relations", measure, label, None, None, *_values(together, 0), None, None, either, len(code),
        "" if either else NOTHING,
    )  # fmt: skip


def _values(found: Any, at: int) -> tuple[float | None, float | None, float | None]:  # noqa: ANN401 - a Ratio
    """Return value and interval of one of several ratios, None where there is none."""
    value, low, high = (float(part[at]) for part in (found.value, found.low, found.high))
    return (None, None, None) if np.isnan(value) else (value, low, high)


def _coreference(
    links: pd.DataFrame, seen: Mapping[str, frozenset[tuple[str, str]]], settings: Settings
) -> Iterator[LinkScore]:
    """Yield the scores of coreference of every pair both ways round, and the means of all pairs."""
    mentions = _by_document(links, links[["chain", "start", "end"]].itertuples(index=False, name=None))
    confidence = settings.measures.confidence
    stacked: list[Floats] = []
    named: list[list[tuple[str, str]]] = []
    total = 0
    for first, second, documents in _pairs(seen):
        sides = [[_entities(mentions.get(who, {}).get(name, ())) for name in documents] for who in (first, second)]
        couples = list(zip(*sides, strict=True))
        stacked.append(np.stack([coreference_parts(mine, theirs) for mine, theirs in couples]))
        named.append(documents)
        n = sum(len(set().union(*mine, *theirs)) for mine, theirs in couples)
        total += n
        values, low, high = _jackknifed([stacked[-1]], [documents], confidence)
        sums = scored(stacked[-1].sum(axis=0), 0, 0)
        for at, name in enumerate((*MEASURES, CONLL)):
            one = None if name == CONLL else getattr(sums, name)
            precision, recall = (one.precision, one.recall) if one else (None, None)
            figures = _known(values[at], low[at], high[at])
            why = "" if figures[0] is not None else NO_LINKS if n else NOTHING
            seen_by_both = len(documents)
            yield LinkScore("coreference", name, None, first, second, *figures, precision, recall, n, seen_by_both, why)
            yield LinkScore("coreference", name, None, second, first, *figures, recall, precision, n, seen_by_both, why)
    if stacked:
        values, low, high = _jackknifed(stacked, named, confidence)
        documents = sorted(set().union(*named))
        for at, name in enumerate((*MEASURES, CONLL)):
            figures = _known(values[at], low[at], high[at])
            why = "" if figures[0] is not None else NO_LINKS if total else NOTHING
            yield LinkScore("coreference", name, None, None, None, *figures, None, None, total, len(documents), why)


def _f1s(parts: Floats) -> Floats:
    """Return (…, 5) F1 of the four measures and the mean of the first three from their summed parts (…, 4, 4)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        precision, recall = (np.nan_to_num(parts[..., at] / parts[..., at + 1], posinf=0.0) for at in (0, 2))
        f1 = np.where(precision + recall > 0, 2 * precision * recall / (precision + recall), 0.0)
    f1 = np.where((parts[..., 1] == 0) & (parts[..., 3] == 0), np.nan, f1)
    return np.concatenate([f1, f1[..., :3].mean(axis=-1, keepdims=True)], axis=-1)


def _jackknifed(
    stacked: Sequence[Floats], named: Sequence[Sequence[tuple[str, str]]], confidence: float
) -> tuple[Floats, Floats, Floats]:
    """Return the mean over pairs of F1 (5,) and its jackknife interval over documents, NaN where there is none.

    Parts are (D, 4, 4) per pair, and each pair names its documents. With one document there is no interval; where no
    document moves the value, it is that of a value never seen to move in D documents (Clopper-Pearson).
    """
    sums = np.stack([parts.sum(axis=0) for parts in stacked])
    known = ~np.isnan(_f1s(sums))
    pairs = known.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(pairs > 0, np.nansum(_f1s(sums), axis=0) / pairs, np.nan)
    documents = sorted(set().union(*named))
    place = {name: at for at, name in enumerate(documents)}
    left = np.broadcast_to(np.nansum(_f1s(sums), axis=0), (len(documents), len(value))).copy()
    for parts, names, own in zip(stacked, named, sums, strict=True):
        rows = [place[name] for name in names]
        left[rows] += np.nan_to_num(_f1s(own - parts)) - np.nan_to_num(_f1s(own))
    d = len(documents)
    if d < FEWEST_DOCUMENTS:
        return value, np.full_like(value, np.nan), np.full_like(value, np.nan)
    left = left / np.maximum(pairs, 1)
    error = np.sqrt((d - 1) / d * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
    half = float(t_quantile((1 + confidence) / 2, d - 1)) * error
    half = np.where(half < SMALLEST, 1 - ((1 - confidence) / 2) ** (1 / d), half)
    return value, np.maximum(value - half, 0.0), np.minimum(value + half, 1.0)


def _known(value: float, low: float, high: float) -> tuple[float | None, float | None, float | None]:
    """Return a value and its limits with None in the place of NaN."""
    known = [None if np.isnan(one) else float(one) for one in (value, low, high)]
    return known[0], known[1], known[2]


def _entities(mentions: Sequence[tuple[int, int, int]]) -> list[set[tuple[int, int]]]:
    """Return the entities of one document as sets of (start, end); a mention in two chains joins them.

    Examples
    --------
    >>> [sorted(entity) for entity in _entities([(0, 1, 2), (0, 5, 6), (1, 5, 6), (1, 8, 9), (2, 3, 4)])]
    [[(1, 2), (5, 6), (8, 9)], [(3, 4)]]
    """
    entity: dict[int | tuple[int, int], set[tuple[int, int]]] = {}
    for chain, *mention in mentions:
        start, end = mention
        mine = entity.setdefault(chain, set())
        mine.add((start, end))
        known = entity.setdefault((start, end), mine)
        if known is not mine:
            known |= mine
            entity |= {key: known for key, one in entity.items() if one is mine}
    return list({id(one): one for one in entity.values()}.values())


def _by_document(links: pd.DataFrame, content: Iterable[Any]) -> dict[str, dict[tuple[str, str], list[Any]]]:
    """Return what each row stands for by annotator and document."""
    found: dict[str, dict[tuple[str, str], list[Any]]] = {}
    keys = links[["annotator", "item", "round"]].itertuples(index=False, name=None)
    for (who, item, batch), one in zip(keys, content, strict=True):
        found.setdefault(who, {}).setdefault((item, batch), []).append(one)
    return found
