"""chrF among the scores of answers: in both directions, as sacrebleu has it, means over items."""

import pandas as pd
import pytest

from agreement.comparison import compare
from agreement.loaders import load_frame
from agreement.settings import Settings

sacrebleu = pytest.importorskip("sacrebleu", reason="oracle from the dev extra")

ANSWERS = {
    "Ana": ["the red kettle", "in Paris, France", "no", "yes, on Monday"],
    "Ben": ["a red kettle was on", "Paris", "no", "Tuesday"],
}


def test_chrf_stands_twice_per_pair_and_equals_sacrebleu():
    rows = [(f"i{i}", name, text) for name, texts in ANSWERS.items() for i, text in enumerate(texts)]
    settings = Settings.from_mapping({"layers": {"label": {"kind": "answer"}}})
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label"])
    scores = compare(load_frame(frame, settings), settings)[0].scores
    found = scores.loc[scores["measure"].eq("chrf")].set_index("reference")
    assert sorted(found.index) == ["Ana", "Ben"]
    for reference, other in (("Ana", "Ben"), ("Ben", "Ana")):
        pairs = zip(ANSWERS[other], ANSWERS[reference], strict=True)
        mean = sum(sacrebleu.sentence_chrf(mine, [theirs]).score / 100 for mine, theirs in pairs) / 4
        assert found.loc[reference, "other"] == other
        assert found.loc[reference, "value"] == pytest.approx(mean)
        assert found.loc[reference, "low"] < mean < found.loc[reference, "high"]
