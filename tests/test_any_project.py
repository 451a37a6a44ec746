"""Any small project, however sparse, gives every output without a warning, and values that lie in their intervals."""

import random

import pandas as pd
import pytest

import agreement
from agreement.report import markdown, page, tables, terminal


def project(seed):
    """Return a random frame: 2 to 9 annotators, 1 to 9 labels, missing cells, perhaps sections, rounds, times."""
    r = random.Random(seed)
    annotators, items, labels = r.choice([2, 2, 3, 4, 6, 9]), r.choice([2, 5, 12, 40]), r.choice([1, 2, 3, 5, 9])
    rows = []
    for item in range(items):
        truth = r.randrange(labels)
        for annotator in range(annotators):
            if r.random() >= r.choice([0, 0, 0.3, 0.7]):
                label = truth if r.random() < r.choice([1, 0.9, 0.6]) else r.randrange(labels)
                rows.append(
                    (
                        f"i{item}",
                        f"w{annotator}",
                        f"L{label}",
                        f"s{item % 3}",
                        f"d{item // 3}",
                        f"r{item % 3}",
                        f"2024-01-{1 + item % 28:02d}",
                    )
                )
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label", "section", "document", "round", "time"])
    unused = {"section": seed % 3, "document": seed % 3, "round": seed % 4 == 0, "time": seed % 5 == 0}
    options = {"order": [f"L{label}" for label in range(labels)]} if seed % 6 == 0 else {}
    if seed % 7 == 0:
        options["model"] = ["w0"]
    return frame.drop(columns=[name for name, kept in unused.items() if not kept]), options


@pytest.mark.parametrize("seed", [*range(40), 1004, 1020, 1036])  # the last three once divided by nothing
def test_every_output_of_any_project(seed):
    frame, options = project(seed)
    per_item = frame.groupby(["item", "round"] if "round" in frame else "item")["annotator"].nunique()
    if per_item.max() < 2:
        with pytest.raises(agreement.InputError):
            agreement.audit(frame, **options)
        return
    audit = agreement.audit(frame, **options)
    assert tables.audit_to_dict(audit)["schema"] == "agreement-audit/1"
    assert page.render_page(audit).startswith("<!doctype html>")
    assert terminal.summary(audit)
    assert markdown.summary(audit)
    scores = audit.scores_table()
    valued = scores["value"].notna()
    assert scores.loc[valued, "undefined"].fillna("").eq("").all()
    assert scores.loc[~valued, "undefined"].str.len().gt(0).all()
    bounded = valued & scores["low"].notna()
    assert (scores.loc[bounded, "low"] <= scores.loc[bounded, "value"] + 1e-9).all()
    assert (scores.loc[bounded, "high"] >= scores.loc[bounded, "value"] - 1e-9).all()
