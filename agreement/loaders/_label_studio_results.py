"""What one annotation or prediction of Label Studio holds: results by control, and what is not audited."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from agreement.annotations import Layer
from agreement.settings import LayerKind
from agreement.wording import formats as said

Json: TypeAlias = dict[str, Any]

AUDITED = ("labels", "choices", "taxonomy", "rating", "number", "textarea", "pairwise", "datetime", "hypertextlabels")
RELATION = "relation"
KINDS: dict[str, LayerKind] = {
    "labels": "spans", "hypertextlabels": "spans", "taxonomy": "labels", "number": "number", "textarea": "answer",
}  # fmt: skip
STATEMENT = {"pairwise": "selected", "textarea": "text"}
REGIONAL = ("choices", "taxonomy", "textarea", "rating", "number")


class Result(NamedTuple):
    """One audited result: the control that made it, of which type, its labels, its raw value, its region's id."""

    layer: str
    kind: str
    labels: list[str]
    value: Json
    region: str = ""


def results_of(answer: Json, skipped: Counter[str]) -> list[Result]:
    """Return the results of *answer* that are compared; others are counted in *skipped* under their names.

    Compared are spans, and answers about the whole item; an answer that shares the id of a region is about that
    region only.
    """
    raw = [result for result in answer.get("result") or () if isinstance(result, dict)]
    kinds = [_kind(result) for result in raw]
    regions = {result.get("id") for result, kind in zip(raw, kinds, strict=True) if kind.endswith("labels")} - {None}
    audited = []
    for result, kind in zip(raw, kinds, strict=True):
        value = result.get("value")
        if kind == RELATION:
            continue  # see relations_of
        if kind not in AUDITED or not isinstance(value, dict):
            skipped[kind] += 1
        elif kind in REGIONAL and result.get("id") in regions:
            skipped[said.REGION_CHOICES] += 1
        else:
            region = str(result.get("id") or "")
            audited.append(Result(str(result.get("from_name") or kind), kind, _labels(kind, value), value, region))
    return audited


def relations_of(answer: Json) -> list[tuple[str, str, str]]:
    """Return the relations in *answer*: label (several joined), and the ids of the regions from which to which.

    One that points left runs from the second to the first.
    """
    found = []
    for result in answer.get("result") or ():
        if isinstance(result, dict) and _kind(result) == RELATION:
            first, second = str(result.get("from_id")), str(result.get("to_id"))
            if result.get("direction") == "left":
                first, second = second, first
            found.append(("; ".join(sorted(map(str, result.get("labels") or ()))), first, second))
    return found


def _kind(result: Json) -> str:
    """Return the type of *result*; tools that write Label Studio JSON leave it out."""
    kind, value = result.get("type"), result.get("value")
    if kind:
        return str(kind)
    guess = next((name for name in AUDITED if name in value), None) if isinstance(value, dict) else None
    return guess or said.UNTYPED_RESULTS


def _labels(kind: str, value: Json) -> list[str]:
    """Return the labels in *value*: paths of a taxonomy joined by ``>``."""
    found = value.get(STATEMENT.get(kind, kind))
    if found is None:
        return []
    if kind == "taxonomy":
        return [" > ".join(map(str, path)) if isinstance(path, list) else str(path) for path in found]
    if not isinstance(found, list):
        return [str(found)]
    labels = [label if isinstance(label, str) else str(label) for label in found]
    return ["\n".join(labels)] if kind == "textarea" else labels


def rating_layer(name: str, given: Iterable[str]) -> Layer:
    """Return an ordinal layer with every star from the first to the highest that was *given*."""
    stars = list(given)
    if not all(label.isdecimal() for label in stars):
        return Layer(name, "number")
    return Layer(name, "ordinal", tuple(map(str, range(1, max(map(int, stars), default=0) + 1))), declared=True)
