"""Token level: what each annotator called each token, ``O`` included, as tables of pairs and as Units."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement._arrays import couples_in_runs, packed, ranks_in_runs, starts_of_runs
from agreement.annotations import Annotations
from agreement.counts import Margins
from agreement.settings import Settings
from agreement.text.spans import Spans, document_spans
from agreement.text.tokens import DocumentTokens, TokenMarks, document_tokens, token_marks
from agreement.units import Units
from agreement.wording.definitions import outside_too

Ints = NDArray[np.int64]

OUTSIDE = "O"


@dataclass(frozen=True, slots=True)
class TokenTables:
    """Contingency tables of tokens, by pair, and their margins by meeting.

    Letters: P pairs, M meetings, C categories.

    Parameters
    ----------
    labels
        (C,) names. A token in spans of several labels has a category of its own, ``A + B``.
    tables
        (P, C, C) rows the reference, columns the other.
    margins
        (M, C) matches and totals of each meeting.
    """

    labels: tuple[str, ...]
    tables: Ints
    margins: Margins


def categories(spans: Spans, marks: TokenMarks) -> tuple[tuple[str, ...], TokenMarks]:
    """Return category names, ``O`` last, and one mark per token and annotator with its category as the label."""
    a = max(len(spans.meetings.annotators), 1)
    key = marks.token * a + marks.annotator
    order = np.argsort(key, kind="stable")
    key, label = key[order], marks.label[order]
    begins = starts_of_runs(key)
    category = label[begins]
    names = list(spans.labels)
    turn = ranks_in_runs(key)
    if turn.any():
        answer = np.cumsum(begins) - 1
        several = np.unique(answer[turn > 0])
        sets = np.full((len(several), int(turn.max()) + 1), -1, dtype=np.int64)
        mine = np.flatnonzero(np.isin(answer, several))
        sets[np.searchsorted(several, answer[mine]), turn[mine]] = label[mine]
        distinct, which = np.unique(sets, axis=0, return_inverse=True)
        category[several] = len(names) + which.ravel()
        names += [" + ".join(spans.labels[code] for code in row if code >= 0) for row in distinct]
    rows = order[begins]
    outside = OUTSIDE if OUTSIDE not in names else outside_too(OUTSIDE)
    found = TokenMarks(marks.token[rows], category, marks.annotator[rows], marks.document[rows])
    return (*names, outside), found


def token_tables(spans: Spans, tokens: DocumentTokens, marks: TokenMarks) -> tuple[TokenTables, TokenTables]:
    """Return the tables over all tokens, and those over the tokens that both of a pair marked, without ``O``.

    *marks* are those of :func:`~agreement.text.tokens.token_marks`. Documents without text have no tokens and count
    nothing.
    """
    names, marks = categories(spans, marks)
    met, c = spans.meetings, len(names) - 1
    left, right = couples_in_runs(marks.token)
    meeting = met.find(marks.annotator[left], marks.annotator[right], marks.document[left])
    first, second = marks.label[left], marks.label[right]
    m, p = len(met.pair), len(met.pairs)
    tables = np.bincount((met.pair[meeting] * c + first) * c + second, minlength=p * c * c).reshape(p, c, c)
    same = first == second
    both = np.bincount(meeting[same] * c + first[same], minlength=m * c).reshape(m, c)
    rows = np.bincount(meeting * c + first, minlength=m * c).reshape(m, c)
    columns = np.bincount(meeting * c + second, minlength=m * c).reshape(m, c)
    answers = len(met.answer_document)
    answer = met.answers_of(marks.document, marks.annotator)
    marked = np.bincount(answer * c + marks.label, minlength=answers * c).reshape(answers, c)
    reference, other = marked[met.reference], marked[met.other]
    n = tokens.tokens.per_text[met.document]
    neither = n - reference.sum(1) - other.sum(1) + rows.sum(1)
    margins = Margins(
        np.column_stack([both, neither]),
        np.column_stack([reference, n - reference.sum(1)]),
        np.column_stack([other, n - other.sum(1)]),
    )
    full = np.zeros((p, c + 1, c + 1), dtype=np.int64)
    full[:, :c, :c] = tables
    for number, place in enumerate((full[:, :c, c], full[:, c, :c])):
        totals, matched = ((reference, rows), (other, columns))[number]
        np.add.at(place, met.pair, totals - matched)
    np.add.at(full[:, c, c], met.pair, neither)
    return (
        TokenTables(names, full, margins),
        TokenTables(names[:-1], tables, Margins(both, rows, columns)),
    )


def presence(tables: TokenTables) -> TokenTables:
    """Return the tables of marked against ``O``."""
    full, inner = tables.tables, tables.margins
    marked = full[:, :-1, :-1].sum(axis=(1, 2))
    two = np.empty((len(full), 2, 2), dtype=np.int64)
    two[:, 0, 0], two[:, 0, 1] = marked, full[:, :-1, -1].sum(axis=1)
    two[:, 1, 0], two[:, 1, 1] = full[:, -1, :-1].sum(axis=1), full[:, -1, -1]
    outside = inner.both[:, -1]
    reference, other = (np.stack([part[:, :-1].sum(1), part[:, -1]], -1) for part in (inner.reference, inner.other))
    both = reference[:, 0] - (other[:, 1] - outside)
    return TokenTables(("marked", OUTSIDE), two, Margins(np.stack([both, outside], -1), reference, other))


def token_units(annotations: Annotations, layer: str, settings: Settings) -> Units:
    """Return the token-level Units of one spans *layer*: ``O`` is a label, and a token not assigned is missing.

    Tokens of one document that all annotators called alike are one unit, and ``weight`` says how many they are.
    """
    spans = document_spans(annotations, layer)
    cut = document_tokens(annotations, spans, settings)
    names, marks = categories(spans, token_marks(spans, cut.tokens))
    met = spans.meetings
    a, outside = len(met.annotators), len(names) - 1
    blank = np.full((met.n_documents, a), -1, dtype=np.int64)
    blank[met.answer_document, met.answer_annotator] = outside
    begins = starts_of_runs(marks.token)
    row = np.cumsum(begins) - 1
    document = marks.document[begins]
    pattern = blank[document]
    pattern[row, marks.annotator] = marks.label
    per_document = np.bincount(document, minlength=met.n_documents)
    unmarked = cut.tokens.per_text - per_document
    empty = np.flatnonzero(unmarked > 0)
    document = np.concatenate([document, empty])
    pattern = np.concatenate([pattern, blank[empty]])
    weight = np.concatenate([np.ones(int(begins.sum()), dtype=np.int64), unmarked[empty]])
    key = packed((document, max(met.n_documents, 1)), *((column + 1, outside + 2) for column in pattern.T))
    _, one, unit = np.unique(key, return_index=True, return_inverse=True)
    weight = np.bincount(unit, weight, minlength=len(one)).astype(np.int64)
    document, pattern = document[one], pattern[one]
    where, who = np.nonzero(pattern >= 0)
    rounds = () if met.rounds == ("",) else met.rounds
    return Units(
        layer, "token", names, met.annotators, where, who, pattern[where, who], weight, met.item[document],
        np.where(met.cluster < len(met.clusters), met.cluster, -1)[document], met.section[document],
        met.round[document] if rounds else np.full(len(one), -1, dtype=np.int64),
        met.items, met.clusters, met.sections, rounds,
    )  # fmt: skip
