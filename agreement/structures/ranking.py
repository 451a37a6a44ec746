"""Ranked lists against those who judged the relevance of their items: P@K, R@K, F1@K, each assessor in turn."""

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from agreement._files import is_there
from agreement.annotations import Annotations, Layer
from agreement.errors import InputError, Problem
from agreement.loaders._ranking_file import COLUMNS, read_ranking
from agreement.settings import Settings
from agreement.structures.relevance import AtK, at_k

JOINED = " / "
YES = frozenset(
    {"relevant", "yes", "true", "highly relevant", "partially relevant", "very relevant", "somewhat relevant"}
)
NO = frozenset({"irrelevant", "not relevant", "non relevant", "nonrelevant", "no", "false", "off topic"})
MOST_PLACES = 20


@dataclass(frozen=True, slots=True)
class RankedList:
    """One ranked list against the assessors of one layer.

    Parameters
    ----------
    layer, system
        Which judgements, which list.
    relevant
        Labels that were taken as relevant.
    queries, judged
        Queries of the list, and those of them that anybody judged.
    items, unknown
        Items of the list, and those of them that are in no judgement.
    scores
        A row per assessor and K, the largest K last.
    """

    layer: str
    system: str
    relevant: tuple[str, ...]
    queries: int
    judged: int
    items: int
    unknown: int
    scores: tuple[AtK, ...]


@dataclass(frozen=True, slots=True)
class Rankings:
    """All ranked lists; empty where none was given."""

    lists: tuple[RankedList, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-able values."""
        return asdict(self)


def rankings(annotations: Annotations, settings: Settings) -> Rankings:
    """Return the scores of the ranked lists that ``ranking.source`` names; nothing without it.

    Raises
    ------
    InputError
        If the source is neither a file nor a column, ranks are wrong or tied (by row), no layer says what is relevant,
        or no item of the list was judged.
    """
    source = settings.ranking.source
    if source is None:
        return Rankings()
    layer = _layer(annotations, settings)
    relevant = _relevant(layer, settings)
    queries = _queries(annotations)
    ranked = _from_column(annotations, source, queries) if source in annotations.items else _from_file(source, settings)
    _refuse_ties(ranked, source)
    ranked = ranked.assign(item=_matched(ranked, set(map(str, annotations.items.index))))
    judgements = _judgements(annotations, layer.name, queries, relevant)
    known = {name for judged in judgements.values() for documents in judged.values() for name in documents}
    if not ranked["item"].isin(known).any():
        items = ", ".join(map(repr, ranked["item"].head(3)))
        what = f"no item of the list ({items} …) was judged; judged are {', '.join(map(repr, sorted(known)[:3]))} …."
        raise InputError(
            [Problem(source, what, "Name items alike in both: query and item, with --item query,document.")]
        )
    judged_queries = {query for judged in judgements.values() for query in judged}
    found = []
    for system, mine in ranked.sort_values(["system", "query", "rank"]).groupby("system", sort=True):
        lists = {str(query): list(rows["item"]) for query, rows in mine.groupby("query", sort=True)}
        scores = [
            one for k in settings.ranking.cutoffs for one in at_k(lists, judgements, k, settings.measures.confidence)
        ]
        scores.sort(key=lambda one: one.assessor)
        found.append(
            RankedList(
                layer.name, str(system), relevant, len(lists), len(judged_queries & set(lists)), len(mine),
                int((~mine["item"].isin(known)).sum()), tuple(scores),
            )
        )  # fmt: skip
    return Rankings(tuple(found))


def _layer(annotations: Annotations, settings: Settings) -> Layer:
    """Return the layer whose labels are judgements of relevance."""
    asked = set(settings.ranking.relevant)
    single = [layer for layer in annotations.layers.values() if layer.kind in ("category", "ordinal", "number")]
    fitting = (
        [layer for layer in single if asked & set(layer.labels)] if asked else [one for one in single if _says(one)]
    )
    if fitting:
        return fitting[0]
    labels = {label for layer in single for label in layer.labels}
    what = f"no layer has the labels {', '.join(sorted(asked))}." if asked else "no layer says what is relevant."
    shown = ", ".join(map(repr, sorted(labels)[:10])) or "none"
    raise InputError(
        [Problem("--relevant", f"{what} Labels: {shown}.", "Name those that mean relevant: --relevant A,B.")]
    )


def _says(layer: Layer) -> bool:
    """Return whether every label of a layer is known to mean relevant or not."""
    return layer.kind == "number" or (bool(layer.labels) and all(_means(label) is not None for label in layer.labels))


def _means(label: str) -> bool | None:
    """Return whether a label means relevant, None if its words don't say."""
    text = " ".join(label.casefold().replace("-", " ").replace("_", " ").split())
    try:
        return float(text) > 0
    except ValueError:
        return True if text in YES else False if text in NO else None


def _relevant(layer: Layer, settings: Settings) -> tuple[str, ...]:
    """Return the labels that mean relevant; of a layer of numbers none are listed, those above 0 do."""
    asked = settings.ranking.relevant
    return tuple(label for label in layer.labels if (label in asked if asked else _means(label)))


def _queries(annotations: Annotations) -> dict[str, str]:
    """Return the query of each item: its document, else what stands before the first joint of its name."""
    cluster = annotations.items["cluster"]
    return {
        str(item): str(document) or str(item).partition(JOINED)[0]
        for item, document in zip(cluster.index, cluster, strict=True)
    }


def _judgements(
    annotations: Annotations, layer: str, queries: dict[str, str], relevant: tuple[str, ...]
) -> dict[str, dict[str, dict[str, bool]]]:
    """Return what each assessor found relevant, by query and item; gold is an assessor too."""
    rows = annotations.table
    who = (*annotations.compared, *annotations.of_kind("gold"))
    rows = rows.loc[rows["layer"].eq(layer) & rows["annotator"].isin(who), ["annotator", "item", "label"]].astype(str)
    number = annotations.layers[layer].kind == "number"
    found: dict[str, dict[str, dict[str, bool]]] = {}
    for name, item, label in rows.itertuples(index=False, name=None):
        says = float(label) > 0 if number else label in relevant
        found.setdefault(name, {}).setdefault(queries[item], {})[item] = says
    return found


def _from_column(annotations: Annotations, column: str, queries: dict[str, str]) -> pd.DataFrame:
    """Return the list that a column of the items gives: each item's rank within its query."""
    text = annotations.items[column].astype(str).str.strip()
    text = text.loc[text.ne("")]
    rank = pd.to_numeric(text, errors="coerce")
    wrong = text.loc[rank.isna() | (rank % 1 != 0)]
    if len(wrong):
        shown = "; ".join(f"item {item}: {cell!r}" for item, cell in wrong.head(MOST_PLACES).items())
        raise InputError(
            [Problem(f"column {column}", f"holds ranks that are no whole numbers: {shown}.", "Correct them.")]
        )
    return pd.DataFrame(
        {
            "query": [queries[str(item)] for item in text.index],
            "item": text.index.astype(str),
            "rank": rank.to_numpy(),
            "system": column,
            "row": 0,
        }
    )[list(COLUMNS)]


def _from_file(source: str, settings: Settings) -> pd.DataFrame:
    """Return the lists in a file."""
    if not is_there(source):
        what = f"there is no file and no item column {source!r}."
        raise InputError(
            [Problem("--ranking", what, "Name a file with query, item and rank, or a column with the rank.")]
        )
    return read_ranking(source, settings)


def _refuse_ties(ranked: pd.DataFrame, source: str) -> None:
    """Refuse two items of one list with one rank: which comes first would be chance."""
    tied = ranked.loc[ranked.duplicated(["system", "query", "rank"], keep=False)]
    if tied.empty:
        return
    shown = "; ".join(
        f"{f'row {row}, ' if row else ''}query {query}, rank {rank}"
        for row, query, rank in tied[["row", "query", "rank"]].head(MOST_PLACES).itertuples(index=False, name=None)
    )
    raise InputError(
        [Problem(source, f"{len(tied):,} items share their rank with another: {shown}.", "Rank them apart.")]
    )


def _matched(ranked: pd.DataFrame, items: set[str]) -> list[str]:
    """Return the items of the list under the names of the judgements: by query and item, or by item alone."""
    joined = [f"{query}{JOINED}{item}" for query, item in zip(ranked["query"], ranked["item"], strict=True)]
    return [both if both in items else str(alone) for both, alone in zip(joined, ranked["item"], strict=True)]
