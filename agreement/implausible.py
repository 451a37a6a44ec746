"""Labels that can't be what they are taken for: outside the declared set, free text, no numbers, a person per row."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from agreement._arrays import used_codes
from agreement.annotations import Layer, is_one_of
from agreement.errors import Problem
from agreement.settings import Settings

MANY_LABELS = 50
MANY_ANNOTATORS = 100
LARGEST = 1e300  # differences of larger numbers have no place in a double
MOST_ANNOTATORS = 5_000  # memory grows with the square
MOST_LABELS = 2_000  # of a layer; memory grows with the square
MOST_LAYERS = 500
MOST_ROUNDS = 1_000
SHOWN = 20


def implausible(rows: pd.DataFrame, layers: Mapping[str, Layer], settings: Settings) -> list[Problem]:
    """Return a problem for everything in *rows*, a row per label with text as categoricals, that can't be meant so."""
    return [
        *_outside_declared(rows, layers),
        *_no_numbers(rows, layers),
        *_not_labels(rows, layers, settings),
        *_too_many(rows, settings),
        *_too_many_parts(rows, layers),
    ]


def _outside_declared(rows: pd.DataFrame, layers: Mapping[str, Layer]) -> list[Problem]:
    """Return a problem for each label outside its layer's declared set, with the first place and the count."""
    problems = []
    for layer in layers.values():
        if not layer.declared or layer.kind in ("number", "answer"):
            continue
        mine = rows.loc[rows["layer"].eq(layer.name) & rows["label"].ne("") & ~rows["label"].isin(layer.labels)]
        for label, found in mine.groupby("label", observed=True, sort=True):
            first = found.iloc[0]
            problems.append(
                Problem(
                    f"{_place(first)}, layer {layer.name}",
                    f"label {label!r} ({len(found)} times) is not in the declared set ({', '.join(layer.labels)}).",
                    "Correct the cells, add the label to the set, or declare it an alias under [labels.aliases].",
                )
            )
    return problems


def _not_labels(rows: pd.DataFrame, layers: Mapping[str, Layer], settings: Settings) -> list[Problem]:
    """Return a problem for each layer whose answers are nearly all different: free text or measurements, no labels."""
    problems = []
    for layer in layers.values():
        chosen = settings.layers.get(layer.name)
        if layer.kind != "category" or layer.declared or (chosen and chosen.kind):
            continue
        mine = is_one_of(rows["layer"], (layer.name,))
        codes = rows["label"].cat.codes.to_numpy()
        codes = codes if mine.all() else codes[mine]
        distinct = np.count_nonzero(used_codes(codes, len(rows["label"].cat.categories)))
        if distinct > MANY_LABELS and distinct > len(codes) / 2:
            example = rows["label"].cat.categories[codes[0]]
            problems.append(
                Problem(
                    f"layer {layer.name}",
                    f"{distinct:,} different labels in {len(codes):,} answers (such as {str(example)[:40]!r}): this "
                    "looks like text or measurements, not like labels.",
                    f"Name the column that holds labels with --label, or declare [layers.{layer.name}] kind = "
                    '"answer", "number" or "category" in agreement.toml.',
                )
            )
    return problems


def _too_many(rows: pd.DataFrame, settings: Settings) -> list[Problem]:
    """Return a problem if nearly each row has an annotator of its own, or there are more than can be compared."""
    count = len(rows["annotator"].cat.categories)
    if count <= MANY_ANNOTATORS:
        return []
    names = ", ".join(map(repr, rows["annotator"].cat.categories[:3]))
    if count > 0.9 * len(rows) and not settings.columns.annotator:
        what = f"as many annotators as rows ({count:,} in {len(rows):,}: {names} …): ids of answers, not of people?"
        return [Problem("annotators", what, "Name the column of the annotator with --annotator.")]
    if count > MOST_ANNOTATORS:
        what = f"{count:,} annotators ({names} …); at most {MOST_ANNOTATORS:,} can be compared, all with all."
        return [Problem("annotators", what, "Name the column of the annotator with --annotator, or audit batches.")]
    return []


def _too_many_parts(rows: pd.DataFrame, layers: Mapping[str, Layer]) -> list[Problem]:
    """Return a problem if there are more layers, rounds, or labels of a layer than can be compared."""
    problems = []
    for title, column, most, option in (
        ("layers", "layer", MOST_LAYERS, "Name the column of the layer with --layer, or those of labels with --label."),
        ("rounds", "round", MOST_ROUNDS, "Name the column of the round with --round."),
    ):
        names = rows[column].cat.categories
        if len(names) > most:
            first = ", ".join(map(repr, names[:3]))
            problems.append(
                Problem(title, f"{len(names):,} {title} ({first} …); at most {most:,} are compared.", option)
            )
    if problems or len(rows["label"].cat.categories) <= MOST_LABELS:
        return problems
    for layer in layers.values():
        if layer.kind in ("number", "answer"):
            continue
        distinct = rows.loc[rows["layer"].eq(layer.name) & rows["label"].ne(""), "label"].nunique()
        if distinct > MOST_LABELS:
            problems.append(
                Problem(
                    f"layer {layer.name}",
                    f"{distinct:,} different labels; at most {MOST_LABELS:,} are compared, all with all.",
                    "Name the column that holds labels with --label, join rare ones under [labels.aliases], or declare "
                    f'[layers.{layer.name}] kind = "answer" in agreement.toml.',
                )
            )
    return problems


def _no_numbers(rows: pd.DataFrame, layers: Mapping[str, Layer]) -> list[Problem]:
    """Return a problem for each label of a layer of numbers that is none, up to ``SHOWN`` of them."""
    measured = [layer for layer in layers.values() if layer.kind == "number"]
    if not measured:
        return []
    problems = []
    numeric = np.array([_is_finite(label) for label in rows["label"].cat.categories], dtype=bool)
    for layer in measured:
        wrong = rows.loc[rows["layer"].eq(layer.name) & rows["label"].ne("") & ~numeric[rows["label"].cat.codes]]
        found = wrong.drop_duplicates("label")
        for _, first in found.head(SHOWN).iterrows():
            times = int(wrong["label"].eq(first["label"]).sum())
            problems.append(
                Problem(
                    f"{_place(first)}, layer {layer.name}",
                    f"{str(first['label'])[:40]!r} ({times} times) is no number up to 1e300.",
                    "Correct the cells, list what means no answer under [missing] values, or declare another kind.",
                )
            )
        if len(found) > SHOWN:
            problems.append(Problem(f"layer {layer.name}", f"and {len(found) - SHOWN} more labels like these."))
    return problems


def _is_finite(text: str) -> bool:
    """Return whether *text* is a number that can be reckoned with; Python alone would read ``1_0`` as 10."""
    try:
        return abs(float(text)) <= LARGEST and "_" not in text  # False of NaN
    except ValueError:
        return False


def _place(row: "pd.Series[Any]") -> str:
    """Return where *row* was read."""
    return f"{row['source']}!{row['row']}" if row["row"] else str(row["source"])
