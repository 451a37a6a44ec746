"""Properties of span agreement that hold for any annotations."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement.annotations import Layer, Reading
from agreement.comparison.spans import compare_spans
from agreement.records import Records, assemble
from agreement.settings import Settings
from agreement.text.matching import POLICIES, align, align_documents, strict
from agreement.text.spans import document_spans

TEXT = "Ana and Ben went to Oslo on Monday, didn't they?"
LABELS = ("LOC", "PER", "TIME")
ANNOTATORS = ("Ana", "Ben", "Cem")

span = st.tuples(st.sampled_from(LABELS), st.integers(0, 40), st.integers(1, 8)).map(
    lambda s: (s[0], s[1], s[1] + s[2])
)
documents = st.lists(st.tuples(st.lists(span, max_size=5), st.lists(span, max_size=5)), min_size=1, max_size=4)
corpus = st.dictionaries(
    st.tuples(st.sampled_from(["d1", "d2", "d3"]), st.sampled_from(ANNOTATORS)),
    st.lists(span, max_size=4, unique=True),
    min_size=4,
)


def annotations(answers, order=None):
    """Return Annotations of {(document, annotator): spans}, rows in the given order."""
    rows = [
        {"item": item, "annotator": who, "label": label, "start": start, "end": end, "status": "done"}
        for (item, who), spans in answers.items()
        for label, start, end in spans
    ] + [
        {"item": item, "annotator": who, "label": "", "start": -1, "end": -1, "status": "empty"}
        for (item, who), spans in answers.items()
        if not spans
    ]
    frame = pd.DataFrame(rows)
    if order is not None:
        frame = frame.iloc[np.random.default_rng(order).permutation(len(frame))]
    items = pd.DataFrame({"text": TEXT}, index=pd.Index(["d1", "d2", "d3"], name="item"))
    return assemble(
        Records(
            rows=frame,
            reading=Reading(rows_read=len(frame)),
            items=items,
            layers={"label": Layer("label", "spans", LABELS, declared=True)},
        ),
        Settings(),
    )


def table(answers, order=None):
    return compare_spans(annotations(answers, order), "label", Settings()).scores


def column(scores, *keys):
    return scores.set_index(list(keys))["value"]


def credited(matches):
    return {name: policy(matches).sum() for name, (policy, _) in POLICIES.items()}


@settings(deadline=None)  # the first of them loads scipy.optimize
@given(documents)
def test_stricter_policies_never_credit_more(pairs):
    found = credited(align_documents([a for a, _ in pairs], [b for _, b in pairs], LABELS))
    assert found["strict"] <= found["exact"] <= found["partial"] <= found["overlap"]
    assert found["strict"] <= found["type"] <= found["overlap"]


@given(documents)
def test_swapping_the_annotators_swaps_the_alignment(pairs):
    one = align_documents([a for a, _ in pairs], [b for _, b in pairs], LABELS)
    other = align_documents([b for _, b in pairs], [a for a, _ in pairs], LABELS)
    turned = other.transpose()
    assert np.array_equal(one.reference, turned.reference)
    assert np.array_equal(one.split, turned.split)
    assert credited(one) == credited(other)
    assert one.longer.sum() == turned.longer.sum()


@given(documents)
def test_exact_hits_are_those_of_sets_of_tuples(pairs):
    matches = align_documents([sorted(set(a)) for a, _ in pairs], [sorted(set(b)) for _, b in pairs], LABELS)
    assert strict(matches).sum() == sum(len(set(a) & set(b)) for a, b in pairs)


@given(documents, documents)
def test_counts_of_two_corpora_add_up_to_those_of_both(first, second):
    parts = [align_documents([a for a, _ in part], [b for _, b in part], LABELS) for part in (first, second)]
    whole = align_documents([a for a, _ in first + second], [b for _, b in first + second], LABELS)
    added = parts[0] + parts[1]
    for name, (policy, _) in POLICIES.items():
        assert np.array_equal(added.hits_by_label(policy(added)), whole.hits_by_label(policy(whole))), name
    assert np.array_equal(added.reference, whole.reference)
    assert np.array_equal(added.merged, whole.merged)


@given(corpus, st.integers(0, 9))
@settings(max_examples=12, deadline=None)
def test_the_order_of_rows_changes_nothing(answers, order):
    pd.testing.assert_frame_equal(table(answers), table(answers, order))


@given(corpus)
@settings(max_examples=12, deadline=None)
def test_swapping_the_reference_exchanges_precision_and_recall(answers):
    scores = table(answers)
    keys = ("measure", "params", "level", "label", "reference", "other")
    pairs = scores.loc[scores["reference"].notna()]
    values = {tuple(row[:-1]): row[-1] for row in pairs[[*keys, "value"]].astype(object).to_numpy()}
    for (measure, params, level, label, reference, other), value in values.items():
        if "precision" in measure:
            swapped = values[measure.replace("precision", "recall"), params, level, label, other, reference]
            assert value == swapped or (np.isnan(value) and np.isnan(swapped))


@given(st.lists(span, min_size=1, max_size=6, unique=True))
@settings(max_examples=12, deadline=None)
def test_identical_annotations_agree_on_every_level(spans):
    scores = table({("d1", "Ana"): spans, ("d1", "Ben"): spans})
    whole = scores.loc[scores["label"].isna() & scores["reference"].eq("Ana")].set_index("measure")
    for name in ("span_f1.strict", "span_f1.partial", "token_f1", "character_f1"):
        assert whole.loc[name, "value"] == 1 or whole.loc[name, "undefined"]
    assert whole.loc["span_f1.strict", "high"] == 1
    assert whole.loc["span_f1.strict", "low"] < 1


@given(corpus)
@settings(max_examples=12, deadline=None)
def test_every_value_lies_in_its_interval_and_has_a_reason_or_a_value(answers):
    scores = table(answers)
    assert (scores["value"].isna() == scores["undefined"].ne("")).all()
    inside = scores.loc[scores["low"].notna()]
    assert ((inside["low"] <= inside["value"]) & (inside["value"] <= inside["high"])).all()
    assert (inside["low"].ge(-1) & inside["high"].le(1)).all()


@given(corpus)
@settings(max_examples=12, deadline=None)
def test_pairs_are_matched_alike_whoever_else_is_there(answers):
    two = {key: spans for key, spans in answers.items() if key[1] != "Cem"}
    if len({who for _, who in two}) < 2:
        return
    with_all, alone = (align(document_spans(annotations(these), "label")) for these in (answers, two))
    pair = np.flatnonzero((with_all.pairs == [0, 1]).all(axis=1)) if "Ana" in with_all.annotators else []
    if len(pair) and with_all.annotators[:2] == alone.annotators:
        mine = with_all.pair[with_all.meeting] == pair[0]
        assert strict(with_all)[mine].sum() == strict(alone).sum()
        assert mine.sum() == len(alone.meeting)
