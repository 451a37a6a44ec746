"""Spans: exact, overlapping, of the same type, by token and by character, every pair in both directions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.annotations import Annotations
from agreement.comparison._judge import Judge
from agreement.comparison._result import Comparison
from agreement.distances import document_distances
from agreement.measures.cohen_kappa import MEASURE as KAPPAS
from agreement.scores import Reason
from agreement.settings import Settings
from agreement.text.matching import POLICIES, Matches, align, iou_at_least, strict
from agreement.text.span_errors import (
    DocumentCounts,
    ErrorKinds,
    SpanDifference,
    document_counts,
    error_kinds,
    span_difference,
)
from agreement.text.spans import Spans, document_spans
from agreement.text.token_units import presence, token_tables
from agreement.text.tokens import (
    DocumentTokens,
    document_tokens,
    marks_of_characters,
    marks_of_tokens,
    token_marks,
)
from agreement.wording.definitions import TOKENIZERS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COHEN_KAPPA = next(measure for measure in KAPPAS if measure.name == "cohen_kappa")


@dataclass(frozen=True, slots=True)
class SpanDetails:
    """What the page of a spans layer shows beside the scores; ``Comparison.details["spans"]``.

    Parameters
    ----------
    errors
        Error kinds of every pair by label, and which label met which.
    documents
        Documents both, one or none of a pair marked anything in, and those one of them never saw.
    difference
        Same, other edges, other label, no partner: what the one sentence of the page is about.
    tokenizer, tokenizer_summary
        Which tokenizer cut the texts, and what it takes as a token.
    without_text
        Documents without text or tokens: they count in spans and characters, not in tokens.
    duplicates
        Spans that one annotator marked twice alike, counted once.
    distances
        Row per pair and document that both answered: ``item``, ``round``, ``reference``, ``other``, and ``distance``,
        1 - exact span F1 of the document, 0 where both left it empty.
    """

    errors: ErrorKinds
    documents: DocumentCounts
    difference: SpanDifference
    tokenizer: str
    tokenizer_summary: str
    without_text: int
    duplicates: int
    distances: pd.DataFrame


def compare_spans(annotations: Annotations, layer: str, settings: Settings) -> Comparison:
    """Return the comparison of one spans *layer*."""
    spans = document_spans(annotations, layer)
    matches = align(spans)
    tokens = document_tokens(annotations, spans, settings)
    judge = Judge(layer, spans.meetings, spans.labels, settings.measures)
    _span_level(judge, matches, settings)
    _token_level(judge, spans, tokens)
    _character_level(judge, spans)
    errors = error_kinds(matches)
    details = SpanDetails(
        errors,
        document_counts(spans, matches),
        span_difference(errors),
        tokens.tokenizer,
        TOKENIZERS[tokens.tokenizer],
        int((~tokens.known).sum()),
        spans.duplicates,
        _distances(spans, matches),
    )
    return Comparison(annotations.layers[layer], judge.frame(), details={"spans": details, "left_out": judge.left_out})


def _span_level(judge: Judge, matches: Matches, settings: Settings) -> None:
    """Add the scores of every matching policy, and what holds given the boundary, the label or neither."""
    least = settings.measures.iou
    policies = {name: policy(matches) for name, (policy, _) in POLICIES.items()} | {"iou": iou_at_least(matches, least)}
    reference, other = matches.reference.astype(np.float64), matches.other.astype(np.float64)
    for name, credit in policies.items():
        params = f"iou={least:g}" if name == "iou" else ""
        both = (credit > 0).astype(np.float64)
        for count, mine, theirs in (
            (matches.hits, reference.sum(axis=1), other.sum(axis=1)),
            (matches.hits_by_label, reference, other),
        ):
            judge.f1(f"span_f1.{name}", "span", count(credit), count(both), mine, theirs, params)
    judge.macro_f1("span_f1_macro.strict", "span", matches.hits_by_label(strict(matches)), reference, other)
    shared = np.minimum(reference, other)
    judge.f1("span_label_f1", "span", shared.sum(axis=1), shared.sum(axis=1), reference.sum(axis=1), other.sum(axis=1))
    judge.f1("span_label_f1", "span", shared, shared, reference, other)
    boundary, label = (part.astype(np.float64) for part in (matches.same_boundary, matches.same_label))
    equal = boundary * label
    given_boundary, given_label = matches.hits(boundary), matches.hits(label)
    same = matches.hits(equal)
    judge.share("span_label_given_boundary", "span", (same, given_boundary, given_boundary), Reason.NO_EQUAL_BOUNDARY)
    judge.share("span_boundary_given_label", "span", (same, given_label, given_label), Reason.NO_EQUAL_LABEL)
    same, given_label = matches.hits_by_label(equal), matches.hits_by_label(label)
    either = matches.hits_of(matches.reference_label, boundary) + matches.hits_of(matches.other_label, boundary)
    sums = (2 * same, either, either - same)
    judge.share("span_label_given_boundary", "span", sums, Reason.NO_EQUAL_BOUNDARY, f1=True)
    judge.share("span_boundary_given_label", "span", (same, given_label, given_label), Reason.NO_EQUAL_LABEL)


def _token_level(judge: Judge, spans: Spans, tokens: DocumentTokens) -> None:
    """Add token F1 without ``O``, and kappa over all tokens, of presence, and of type where both marked."""
    cells = token_marks(spans, tokens.tokens)
    marks = marks_of_tokens(spans, cells)
    reference, other = marks.by_answer[spans.meetings.reference], marks.by_answer[spans.meetings.other]
    total, hits = (reference.sum(axis=1), other.sum(axis=1)), marks.hits.sum(axis=1)
    if not tokens.known.any():
        judge.without_text("token_f1", "token_cohen_kappa", "token_cohen_kappa.presence", "token_cohen_kappa.type")
        return
    judge.f1("token_f1", "token", hits, hits, *total)
    judge.f1("token_f1", "token", marks.hits, marks.hits, reference, other)
    judge.macro_f1("token_f1_macro", "token", marks.hits, reference, other)
    everything, of_both = token_tables(spans, tokens, cells)
    for name, tables in (
        ("token_cohen_kappa", everything),
        ("token_cohen_kappa.presence", presence(everything)),
        ("token_cohen_kappa.type", of_both),
    ):
        judge.kappa(name, "token", COHEN_KAPPA, tables.tables, tables.margins)


def _character_level(judge: Judge, spans: Spans) -> None:
    """Add character F1, overall and by label."""
    marks = marks_of_characters(spans)
    reference, other = marks.by_answer[spans.meetings.reference], marks.by_answer[spans.meetings.other]
    hits = marks.hits.sum(axis=1)
    judge.f1("character_f1", "character", hits, hits, reference.sum(axis=1), other.sum(axis=1))
    judge.f1("character_f1", "character", marks.hits, marks.hits, reference, other)


def _distances(spans: Spans, matches: Matches) -> pd.DataFrame:
    """Return the long table of document distances."""
    met = spans.meetings
    who = pd.Index(met.annotators, dtype="str")
    return pd.DataFrame({
        "item": pd.Index(met.items, dtype="str").take(met.item[met.document]),
        "round": pd.Index(met.rounds, dtype="str").take(met.round[met.document]),
        "reference": who.take(met.pairs[met.pair, 0]),
        "other": who.take(met.pairs[met.pair, 1]),
        "distance": document_distances(matches),
    })  # fmt: skip
