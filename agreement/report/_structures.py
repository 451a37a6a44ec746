"""What the page says about relations and coreference: all pairs together, by label, and every pair each way round."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agreement.structures.comparing import LinkScore
from agreement.wording import Figure
from agreement.wording import structures as words

if TYPE_CHECKING:
    from agreement.pipeline import Audit

MOST_PAIRS = 60
LEADING = {"relations": "relation_f1", "coreference": "conll_mean"}
MATCHED = "relation_f1.matched"


@dataclass(frozen=True, slots=True)
class LinkView:
    """Relations, or coreference.

    Parameters
    ----------
    title, answer, explained, given, advice
        The words.
    together
        Title of the measure or label, and its figure, all pairs together.
    columns, pairs
        Titles of measures; reference, other and a figure each, with precision and recall of the leading one as text.
    pairs_left
        Pairs that are in the JSON only.
    """

    title: str
    answer: str
    explained: str
    given: str
    together: tuple[tuple[str, Figure], ...]
    columns: tuple[str, ...]
    pairs: tuple[tuple[str, str, tuple[Figure, ...]], ...]
    pairs_left: int
    advice: str


def link_views(audit: "Audit") -> tuple[LinkView, ...]:
    """Return what there is to say about each kind of what joins spans."""
    kinds = dict.fromkeys(score.kind for score in audit.structures.scores)
    confidence = audit.settings.measures.confidence
    return tuple(_view(audit, kind, confidence) for kind in kinds)


def _view(audit: "Audit", kind: str, confidence: float) -> LinkView:
    """Return what there is to say about one kind."""
    scores = [score for score in audit.structures.scores if score.kind == kind]
    pooled = [score for score in scores if score.reference is None]
    whole = {score.measure: _figure(score, confidence) for score in pooled if score.label is None}
    by_label = [score for score in pooled if score.label is not None and score.measure == LEADING[kind]]
    known = [score for score in by_label if score.value is not None]
    weakest = min(known, key=lambda score: score.value or 0.0, default=None)
    measures = list(dict.fromkeys(score.measure for score in scores))
    exact, matched = whole[LEADING[kind]], whole.get(MATCHED)
    table: dict[tuple[str, str], dict[str, Figure]] = {}
    for score in scores:
        if score.reference is not None and score.other is not None and score.label is None:
            table.setdefault((score.reference, score.other), {})[score.measure] = _figure(score, confidence)
    pairs = [(*pair, tuple(figures[name] for name in measures)) for pair, figures in table.items()]
    return LinkView(
        words.HEADINGS[kind],
        words.answer(kind, exact, matched),
        words.EXPLAINED[kind],
        words.given(audit.structures.counts.get(kind, {}), kind),
        (
            *((words.TITLES[name], whole[name]) for name in measures),
            *((words.same_arguments(score.label or ""), _figure(score, confidence)) for score in by_label),
        ),
        tuple(words.TITLES[name] for name in measures),
        tuple(pairs[:MOST_PAIRS]),
        max(len(pairs) - MOST_PAIRS, 0),
        words.advice(kind, exact, matched, weakest.label or "" if weakest else ""),
    )


def _figure(score: LinkScore, confidence: float) -> Figure:
    """Return one score as the page prints it."""
    return Figure(
        score.value, score.low, score.high, score.n, words.UNITS[score.kind], reason=score.undefined,
        confidence=confidence,
    )  # fmt: skip
