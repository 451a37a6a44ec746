"""decisions.md 15, read literally: what another program finds in the flags of every rule."""

import importlib
import json
import math
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agreement._resources import shipped
from agreement.diagnosis.diagnosing import CAUSES
from agreement.loaders import load, load_frame
from agreement.pipeline import audit
from agreement.rules import rules
from agreement.settings import Settings

TEXT, NUMBER, WHOLE = str, (int, float), int
FIELDS = {
    "rule": TEXT, "verdict": TEXT, "subject": dict, "nature": TEXT, "camps": list, "direction": TEXT, "effect": NUMBER,
    "low": NUMBER, "high": NUMBER, "n": WHOLE, "q": NUMBER, "disputes": WHOLE, "share_of_disputes": NUMBER,
    "share_of_disagreement": NUMBER, "message": TEXT, "advice": TEXT, "owner": TEXT, "evidence": dict, "examples": list,
}  # fmt: skip
ALWAYS = {"rule", "verdict", "subject", "nature", "camps", "direction", "message", "advice", "owner", "evidence",
          "examples"}  # fmt: skip
SUBJECTS = {
    "annotator": [{"annotator"}], "annotator_section": [{"annotator", "section"}], "section": [{"section"}],
    "label_pair": [{"labels"}], "label": [{"label"}], "copy": [{"annotators"}], "drift": [{"annotator"}],
    "camps": [{"annotators"}], "gold_item": [{"item"}], "round_change": [{"section"}, set()],
    "span_boundary": [{"label"}], "span_label_pair": [{"labels"}], "span_annotator": [{"annotator"}],
    "item": [{"item"}], "prevalence": [{"label"}, {"labels"}], "thin": [set(), {"annotators"}],
    "aliases": [{"labels"}, {"label"}],
}  # fmt: skip
NATURES = {
    "section": {"everybody", "two readings"},
    "camps": {"two readings"},
    "label_pair": {"symmetric", "different rules", "open"},
    "span_label_pair": {"symmetric", "different rules", "open"},
    "gold_item": {"slip in the gold", "section that confuses everybody", "labels that people confuse"},
}
DIRECTIONS = {"drift": {"better", "worse"}, "round_change": {"better", "worse"}}


@pytest.fixture(scope="module")
def other():
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    try:
        yield importlib.import_module("benchmarks.other_quality")
    finally:
        sys.path.pop(0)


def two_labels():
    """Two labels that everybody confuses on a fifth of the items, and one of ten people who prefers one of them."""
    rng = np.random.default_rng(5)
    chance = np.where(rng.random(400) < 0.2, 0.5, np.where(rng.random(400) < 0.5, 0.97, 0.03))
    yes = rng.random((400, 10)) < chance[:, None]
    yes[:, 0] |= rng.random(400) < 0.25
    rows = [(f"i{i}", "ABCDEFGHIJ"[a], "yes" if yes[i, a] else "no") for i in range(400) for a in range(10)]
    return pd.DataFrame(rows, columns=["item", "annotator", "label"])


def spellings():
    rows = [(f"i{i}", who, label) for i in range(60) for who, label in zip("AB", ("Bug", "bug"), strict=True)]
    rows += [(f"j{i}", who, "Praise" if i % 3 else "?") for i in range(60) for who in "AB"]
    return pd.DataFrame(rows, columns=["item", "annotator", "label"])


@pytest.fixture(scope="module")
def flags(projects, other):
    """The flags of projects that together call every rule, as another program reads them."""
    plain = {"a": 5, "n": 1000, "k": 5, "shape": "even", "high": False}
    kinds = ["annotator", "annotator_section", "section", "two readings", "label_pair", "label"]
    made = [projects.project(12, kinds=(kind,), **plain).annotations() for kind in kinds]
    made += [projects.two_reader_project(5, kind).annotations() for kind in ("drift", "copy", "camps")]
    made += [load_frame(frame(), Settings()) for frame in (two_labels, spellings)]
    made += [other.read(other.span_project(seed).frame, Settings()) for seed in (11, 15)]
    folder = shipped("sample_data") / "tickets"
    settings = Settings.from_mapping({"columns": {"round": "file"}})
    names = ("tickets.xlsx", "tickets_round2.xlsx", "gold.csv")
    found = []
    for annotations in made:
        comparisons = list(other.compare(annotations, Settings()))
        found += [flag.to_dict() for flag in other.diagnose(annotations, comparisons, Settings()).flags]
    found += audit(load([str(folder / name) for name in names], settings), settings).to_dict()["flags"]
    return json.loads(json.dumps(found, allow_nan=False))


def test_every_rule_is_here(flags):
    assert {flag["rule"] for flag in flags} == set(rules()) == set(SUBJECTS)


def test_fields_and_their_types(flags):
    for flag in flags:
        assert set(flag) == set(FIELDS)
        for key, value in flag.items():
            if value is None:
                assert key not in ALWAYS, (flag["rule"], key)
            else:
                assert isinstance(value, FIELDS[key]), (flag["rule"], key)
                assert not isinstance(value, bool)
                assert not isinstance(value, float) or math.isfinite(value)


def test_subjects_by_kind(flags):
    for flag in flags:
        subject = flag["subject"]
        assert subject["kind"] == flag["rule"]
        assert subject["layer"]
        about = set(subject) - {"kind", "layer"}
        assert about in SUBJECTS[flag["rule"]], subject
        for several in about & {"labels", "annotators"}:
            assert subject[several] == sorted(subject[several])
            if flag["rule"] != "thin":
                assert len(subject[several]) == 2 or flag["rule"] == "camps"


def test_verdicts(flags):
    for flag in flags:
        if flag["rule"] in CAUSES:
            assert flag["verdict"] in {"confirmed", "suspected"}
            assert flag["q"] < (0.01 if flag["verdict"] == "confirmed" else 0.05)
            assert flag["n"] > 0
            assert flag["effect"] is not None
        else:
            assert flag["verdict"] == "note"
            assert flag["q"] is None
        if flag["low"] is not None:
            assert -1 <= flag["low"] <= flag["effect"] <= flag["high"] <= 1


def test_natures_camps_and_directions(flags):
    for flag in flags:
        assert flag["nature"] in NATURES.get(flag["rule"], {""}), flag["rule"]
        camps = flag["camps"]
        assert (len(camps) == 2) == (flag["nature"] in {"two readings", "different rules"})
        assert not camps or not set(camps[0]) & set(camps[1])
        if flag["rule"] in DIRECTIONS:
            assert flag["direction"] in DIRECTIONS[flag["rule"]]


def test_shares_are_shares_and_the_budget_is_rounded(flags):
    for flag in flags:
        assert flag["disputes"] is None or flag["disputes"] >= 0
        assert flag["share_of_disputes"] is None or 0 <= flag["share_of_disputes"] <= 1
        if flag["share_of_disagreement"] is not None:
            assert flag["share_of_disagreement"] * 20 == pytest.approx(round(flag["share_of_disagreement"] * 20))


def test_examples_can_be_found_again(flags):
    for flag in flags:
        for example in flag["examples"]:
            assert set(example) == {"item", "text", "labels", "origin"}
            assert example["item"]
            assert example["labels"]
        if flag["rule"] in CAUSES:
            assert 1 <= len(flag["examples"]) <= 3, flag["rule"]


def test_messages_can_be_read_aloud(flags):
    for flag in flags:
        message = flag["message"]
        assert 1 <= len(re.findall(r"[A-Za-z0-9)%]\.(?= [A-Z]|$)", message)) <= 2, message
        assert not re.search(
            r"\bnan\b|\bNone\b|significan|\bbad\b|\bwrong\b|careless|\b1 (items|points|people)\b", message
        )
        assert flag["advice"].endswith(".")
        assert flag["owner"] in {"guideline owner", "annotator lead", "project manager", "ML engineer", "gold owner"}


def test_two_labels_have_no_pair_verdict_but_all_that_can_be_said(flags):
    told = [flag for flag in flags if flag["subject"].get("labels") == ["no", "yes"]]
    assert [(flag["rule"], flag["verdict"]) for flag in told] == [("label_pair", "suspected"), ("prevalence", "note")]
    assert told[1]["direction"] == "A: more yes"
    assert set(told[1]["evidence"]["f1"]) == {"no", "yes"}
    assert set(told[1]["evidence"]["leanings"]) == set("ABCDEFGHIJ")


def test_slips_alone_do_not_split_two_labels_evenly(other):
    rng = np.random.default_rng(4)
    yes = (rng.random((500, 1)) < 0.3) ^ (rng.random((500, 6)) < 0.12)
    rows = [(f"i{i}", "ABCDEF"[a], "yes" if yes[i, a] else "no") for i in range(500) for a in range(6)]
    annotations = load_frame(pd.DataFrame(rows, columns=["item", "annotator", "label"]), Settings())
    found = other.diagnose(annotations, list(other.compare(annotations, Settings())), Settings()).flags
    assert not [flag for flag in found if flag.rule == "label_pair"]
