"""Answers against the official SQuAD scripts; ``published_spans.json`` names the source of every case.

Where answer and reference are both the empty text, SQuAD v2.0 says 1 and v1.1 says 0; here there is no value, because
nothing was compared.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from agreement.measures.squad import squad_exact_match, squad_f1
from agreement.scores import Reason

CASES = json.loads((Path(__file__).parent / "published_spans.json").read_text(encoding="utf-8"))
TEXTS = [case for case in CASES if case["shape"] == "texts"]
BOTH_EMPTY = "text_squad_both_empty"


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: case["id"])
def test_squad(case):
    several = case["data"] if isinstance(case["data"], list) else [case["data"]]
    references, answers = [one["references"] for one in several], [one["answer"] for one in several]
    for name, measure in (("squad_f1", squad_f1), ("squad_exact_match", squad_exact_match)):
        scores = measure(references, answers)
        if case["id"] == BOTH_EMPTY:
            assert scores.reason.tolist() == [Reason.BOTH_EMPTY]
            continue
        for suffix in ("", ".mean"):
            if name + suffix in case["expected"]:
                assert scores.value.mean() == pytest.approx(case["expected"][name + suffix], abs=1e-9)


def test_every_case_was_compared():
    assert len(TEXTS) > 15
    assert all({"squad_f1", "squad_f1.mean"} & set(case["expected"]) for case in TEXTS)


def test_a_batch_equals_its_answers_one_by_one():
    singles = [case["data"] for case in TEXTS if isinstance(case["data"], dict) and case["id"] != BOTH_EMPTY]
    references, answers = [one["references"] for one in singles], [one["answer"] for one in singles]
    together = squad_f1(references, answers).value
    alone = [squad_f1([several], [answer]).value[0] for several, answer in zip(references, answers, strict=True)]
    assert np.array_equal(together, alone)
