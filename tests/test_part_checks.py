"""Limits for single labels and sections: judged by the interval, and never passed without something to judge."""

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from agreement.errors import SettingsError
from agreement.loaders import load_frame
from agreement.pipeline import audit
from agreement.settings import Settings


def frame(hard=30, n=90):
    """Return labels of two people: section s1 is disputed on *hard* of its *n* items, s2 never."""
    rows = []
    for i in range(2 * n):
        section, label = ("s1", "s2")[i >= n], ("a", "b", "c")[i % 3]
        other = {"a": "b", "b": "a", "c": "c"}[label] if i < hard else label
        rows += [(f"i{i}", "Ana", label, section), (f"i{i}", "Ben", other, section)]
    return pd.DataFrame(rows, columns=["item", "annotator", "label", "section"])


def checks(gate, **more):
    settings = Settings.from_mapping({"gate": gate, "columns": {"section": "section"}})
    return [c for c in audit(load_frame(frame(**more), settings), settings).checks if c.name in ("labels", "sections")]


@pytest.mark.parametrize(("limit", "result"), [(0.5, "pass"), (0.8, "can't tell yet"), (0.95, "fail")])
def test_a_section_is_judged_by_its_own_interval(limit, result):
    # 20 of 90 items differ: a and b swapped on the first 30, of which 10 are c
    (check,) = checks({"sections": {"s1": limit}})
    assert (check.subject, check.result, check.n, check.limit) == ("s1", result, 90, limit)
    assert check.value == pytest.approx(70 / 90)
    assert check.low < check.value < check.high


def test_a_label_is_judged_by_its_own_limit_and_leaves_the_check_of_all_classes():
    settings = Settings.from_mapping({"gate": {"labels": {"a": 0.99, "b": 0.5}}})
    found = audit(load_frame(frame(), settings), settings).checks
    mine = {check.subject: check for check in found if check.name == "labels"}
    # tp 50, fp + fn 20 of a: F1 = 2 * 50 / (2 * 50 + 20)
    assert mine["a"].value == pytest.approx(100 / 120)
    assert (mine["a"].result, mine["b"].result) == ("fail", "pass")
    assert next(check for check in found if check.name == "class_f1").subject == "c"


@pytest.mark.parametrize("gate", [{"labels": {"z": 0.1}}, {"sections": {"s9": 0.1}}])
def test_what_is_not_there_is_never_a_pass(gate):
    (check,) = checks(gate)
    assert (check.result, check.value) == ("can't tell yet", None)
    assert "nothing could be measured" in check.settle


def test_perfect_agreement_has_a_lower_limit_below_one():
    (check,) = checks({"sections": {"s2": 0.9}})
    assert (check.value, check.result) == (1.0, "pass")
    assert check.low < 1


def test_limits_are_shares():
    with pytest.raises(SettingsError, match=r"gate\.sections\.s1"):
        Settings.from_mapping({"gate": {"sections": {"s1": 1.2}}})


def test_the_documented_test_runs(monkeypatch):
    root = Path(__file__).resolve().parents[1]
    monkeypatch.chdir(root)
    text = (root / "docs" / "gate.md").read_text(encoding="utf-8")
    Settings.from_mapping(tomllib.loads(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0]))
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names = {}
    exec(code, names)
    names["test_labels_are_fit_for_release"]()
