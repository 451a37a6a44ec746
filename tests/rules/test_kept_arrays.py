"""What rules keep for each other is not changed by one of them."""

import numpy as np
import pandas as pd
import pytest

from agreement import Settings, audit
from agreement.diagnosis.case import open_case
from agreement.loaders import load_frame
from agreement.rules._parts import disputed

SETTINGS = Settings.from_mapping({"columns": {"section": "section", "round": "round"}})


def two_sections_get_worse(items=1500, seed=1):
    """Return labels of four people in two rounds; in the second they slip far more in two of three sections."""
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(items), 4)
    truth, section, later = rng.integers(4, size=items)[item], item % 3, item >= items // 2
    slips = rng.random(len(item)) < np.where(later & (section < 2), 0.4, 0.08)
    given = np.where(slips, rng.integers(4, size=len(item)), truth)
    return load_frame(pd.DataFrame({
        "item": [f"i{code:04d}" for code in item], "annotator": np.tile(list("abcd"), items),
        "label": [f"l{code}" for code in given], "section": [f"s{code}" for code in section],
        "round": np.where(later, "r2", "r1"),
    }), SETTINGS)  # fmt: skip


def test_every_section_that_changed_shows_its_own_items():
    annotations = two_sections_get_worse()
    flags = [flag for flag in audit(annotations, SETTINGS).diagnosis.flags if flag.rule == "round_change"]
    assert {flag.subject.section for flag in flags} == {"s0", "s1"}
    section = annotations.items["section"]
    for flag in flags:
        assert len(flag.examples) == 3
        assert {section[example.item] for example in flag.examples} == {flag.subject.section}


def test_what_is_disputed_can_not_be_changed_in_place():
    annotations = two_sections_get_worse(items=60)
    comparison = audit(annotations, SETTINGS).comparisons[0]
    shown = disputed(open_case(annotations, comparison, SETTINGS).whole)
    with pytest.raises(ValueError, match="read-only"):
        shown &= False
