"""What one file of WebAnno or INCEpTION holds, whatever its format: text, tokens, spans, relations and chains."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from agreement.loaders._offsets import Corpus, Integers

NO_VALUE = "*"
REFERENCE_TYPE = "referenceType"
FLAVOR = "flavor"
Mark: TypeAlias = tuple[str, str]
Span: TypeAlias = tuple[int, int, str, int, Mark]


@dataclass(slots=True)
class Column:
    """A feature of a layer, and its spans: start, end, value, line, and the mark of the annotation in its document."""

    layer: str
    feature: str
    spans: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """What one file holds: text and offsets in UTF-16 units, as the formats count.

    Parameters
    ----------
    relations
        Label, marks of head and tail, line.
    chains
        Marks of the mentions of each entity.
    skipped
        What is there and is not audited, with how often.
    strange
        Lines that are none of the format.
    """

    text: str = ""
    length: int = 0
    tokens: list[tuple[int, int]] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    relations: list[tuple[str, Mark, Mark, int]] = field(default_factory=list)
    chains: list[list[Mark]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    strange: list[int] = field(default_factory=list)


def relation_label(layer: str, features: Iterable[tuple[str, str]]) -> str:
    """Return the values of a relation's *features* as one label, the name of its layer where there are none.

    The flavour of a dependency says which kind of graph a parser wrote, not what an annotator chose.

    Examples
    --------
    >>> relation_label("Dependency", [("DependencyType", "subj"), ("flavor", "basic")])
    'subj'
    >>> relation_label("Refers", [("kind", "*")])
    'Refers'
    """
    return "|".join(value for name, value in features if name != FLAVOR and value != NO_VALUE) or layer


def mention_layer(link: str) -> str:
    """Return the layer of the mentions of a chain from the short name of the type of its links.

    Examples
    --------
    >>> mention_layer("CoreferenceLink")
    'Coreference'
    """
    return link.removesuffix("Link") or link


def token_offsets(document: Document) -> tuple[tuple[int, int], ...]:
    """Return the tokens of *document* in code points."""
    bounds: Integers = np.array(document.tokens, np.int64).reshape(-1, 2)
    corpus = Corpus.of([document.text])
    where = np.zeros(bounds.size, np.int64)
    points: list[int] = corpus.code_points(where, bounds.ravel(), "UTF-16 units").tolist()
    return tuple((start, end) for start, end in zip(points[::2], points[1::2], strict=True) if min(start, end) >= 0)
