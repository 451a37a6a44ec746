"""JSON and CSV: every key there, no NaN, no formula, the same bytes each time."""

import csv
import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.annotations import Layer, Reading
from agreement.comparison import SCORE_COLUMNS, Comparison, compare
from agreement.loaders import load_frame
from agreement.pipeline import audit
from agreement.records import Records, assemble, content_hash
from agreement.report import tables
from agreement.report._disputes import disagreement, disputes
from agreement.report._frames import defused, frames
from agreement.report._listed import left_out_of, listed_scores
from agreement.report._plain import dumped, plain, records
from agreement.report.page import render_page
from agreement.settings import Settings

KEYS = [
    "schema", "signature", "version", "source_sha256", "report_id", "title", "verdict", "reading", "layers",
    "annotators", "scores", "flags", "checks", "budget", "models", "slices", "structures", "rankings",
    "items", "profiles",
]  # fmt: skip


def reject(constant):
    raise AssertionError(constant)


def test_json_has_every_key_in_order_and_no_nan(make_audit, tmp_path):
    path = tables.write_json(make_audit(), tmp_path / "audit.json")
    document = json.loads(path.read_text(), parse_constant=reject)
    assert list(document) == KEYS
    assert document["schema"] == "agreement-audit/1"
    assert list(document["scores"][0]) == list(SCORE_COLUMNS)


def test_a_score_has_a_value_or_a_reason(make_audit):
    for row in make_audit().to_dict()["scores"]:
        assert (row["value"] is None) == bool(row["undefined"])
        assert row["n"] is None or isinstance(row["n"], int)


def test_pooled_rows_name_nobody(make_audit):
    by_measure = {row["measure"]: row for row in make_audit().to_dict()["scores"]}
    assert (by_measure["kappa_mean"]["reference"], by_measure["kappa_mean"]["other"]) == (None, None)
    assert (by_measure["cohen_kappa"]["reference"], by_measure["cohen_kappa"]["value"]) == ("Anna", 1 / 3)


def test_the_same_audit_gives_the_same_bytes(make_audit, tmp_path):
    one, two = (tables.write_json(make_audit(), tmp_path / name).read_bytes() for name in ("a", "b"))
    assert one == two


def test_items_are_the_disputes_with_everybodys_labels(make_audit):
    items = make_audit().to_dict()["items"]
    assert [item["item"] for item in items] == ["i3", "i1"]
    assert items[1] == {
        "item": "i1", "round": "", "layer": "label", "section": "3.1", "text": "Where is my money?",
        "labels": {"Anna": "Refund", "Ben": "Refund", "Cleo": "Billing"}, "gold": None, "distinct": 2,
        "disagreement": 1 - 1 / 3, "origin": "labels.xlsx[Anna]!2",
    }  # fmt: skip


def test_without_texts_none_is_written(make_audit):
    document = make_audit(Settings.from_mapping({"report": {"text": False}})).to_dict()
    assert "Where is my money?" not in json.dumps(document)
    assert {item["text"] for item in document["items"]} == {""}


def test_profiles_hash_items_and_keep_codes(make_audit):
    profile = make_audit().to_dict()["profiles"][0]
    names = profile["labels"]
    said = [[names[code] for code in profile["label"][start : start + 3]] for start in range(0, 12, 3)]
    assert said[0] == ["Refund", "Refund", "Billing"]
    assert all(len(item) == 16 for item in profile["items"])
    assert profile["section"] == [0, 0, 1, -1]


def test_counts_only_keeps_pair_tables_and_no_item(make_audit):
    document = tables.audit_to_dict(make_audit(), counts_only=True)
    assert document["items"] == []
    assert [flag["examples"] for flag in document["flags"]] == [[]]
    profile = document["profiles"][0]
    # Anna and Ben: i1 and i4 both Refund, i2 both Billing, i3 Refund and Billing
    assert profile["pairs"][0] == {"reference": 0, "other": 1, "cells": [[1, 1, 1], [2, 1, 1], [2, 2, 2]]}
    assert "items" not in profile


def test_the_hash_is_that_of_the_annotations(make_audit, annotations):
    assert make_audit().to_dict()["source_sha256"] == content_hash(annotations)


def test_the_report_id_changes_with_input_title_and_settings(make_audit):
    ids = {
        tables.report_id(make_audit()),
        tables.report_id(make_audit(Settings.from_mapping({"report": {"title": "Run 2"}}))),
        tables.report_id(make_audit(Settings.from_mapping({"measures": {"iou": 0.4}}))),
    }
    assert len(ids) == 3
    assert any(one.startswith("run-2-") for one in ids)


def test_csv_tables_hold_what_json_holds(make_audit, tmp_path):
    folder = tables.write_csv(make_audit(), tmp_path / "new" / "csv")
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "annotators.csv", "checks.csv", "disputes.csv", "flags.csv", "labels.csv", "reading.csv", "scores.csv",
    ]  # fmt: skip
    content = (folder / "scores.csv").read_bytes()
    assert content.startswith(b"layer,level,measure")
    assert b"\r" not in content
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [float(row["value"]) if row["value"] else None for row in rows] == [0.42, 0.5, 0.75, None, 1 / 3]
    assert [row["n"] for row in rows] == ["12", "12", "16", "0", "4"]


def test_no_csv_cell_starts_a_formula(make_audit, tmp_path):
    folder = tables.write_csv(make_audit(), tmp_path)
    hostile = 0
    for path in folder.glob("*.csv"):
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")):
            for cell in row:
                assert not cell.startswith(("=", "@", "\t", "\r"))
                hostile += cell.startswith("'=")
    assert hostile >= 3


@given(st.text(max_size=20))
def test_defusing_adds_one_apostrophe_at_most(text):
    shown = defused(text)
    assert shown in (text, "'" + text)
    assert not shown.startswith(("=", "@", "\t", "\r"))


@pytest.mark.parametrize("number", ["-1", "+1", "-0.5", "+1,5", "3"])
def test_numbers_stay_numbers(number):
    assert defused(number) == number


def test_an_input_is_not_overwritten(make_audit, tmp_path):
    (tmp_path / "scores.csv").write_text("my labels")
    with pytest.raises(Exception, match="is an input"):
        tables.write_csv(make_audit(), tmp_path, inputs=[tmp_path / "scores.csv"])
    assert (tmp_path / "scores.csv").read_text() == "my labels"


def test_checks_alone_are_json_too(make_audit):
    document = json.loads(tables.checks_json(make_audit()))
    assert document["schema"] == "agreement-checks/1"
    assert document["verdict"]["result"] == "fail"
    assert [check["result"] for check in document["checks"]] == ["fail", "can't tell yet"]


def test_disagreement_of_single_labels_is_the_share_of_differing_pairs():
    answers = [((-1, -1, name, ""),) for name in "aabc"]
    # pairs: aa alike; ab ab ac ac bc differ: 5 of 6
    assert disagreement(answers) == pytest.approx(5 / 6)


def test_disagreement_of_sets_is_one_minus_pooled_f1():
    one, two = ((-1, -1, "a", ""), (-1, -1, "b", "")), ((-1, -1, "a", ""),)
    # one shared of 2 + 1: F1 = 2 x 1 / 3
    assert disagreement([one, two]) == pytest.approx(1 - 2 / 3)
    assert disagreement([(), ()]) == 0.0


def span_audit(labels_kind="spans"):
    rows = pd.DataFrame(
        [("d1", "x", "PER", 0, 3, ""), ("d1", "y", "PER", 0, 7, ""), ("d2", "x", "LOC", 4, 9, "4-5;8-9"),
         ("d2", "y", "LOC", 4, 9, "4-5;8-9")],
        columns=["item", "annotator", "label", "start", "end", "fragments"],
    )  # fmt: skip
    layers = {"label": Layer("label", labels_kind)}
    return audit(assemble(Records(rows, Reading(rows_read=4), layers=layers), Settings()))


def test_spans_are_written_with_offsets():
    result = span_audit()
    found = disputes(result)
    assert [one.item for one in found] == ["d1"]
    assert found[0].answers == {
        "x": [{"start": 0, "end": 3, "label": "PER"}],
        "y": [{"start": 0, "end": 7, "label": "PER"}],
    }
    profile = result.to_dict()["profiles"][0]
    assert (profile["start"], profile["end"]) == ([0, 0, 4, 4], [3, 7, 9, 9])
    assert profile["answer"] == [0, 1, 2, 3]


def test_half_a_surrogate_pair_stays_an_escape():
    assert json.loads(dumped({"label": "\ud800"})) == {"label": "\ud800"}


def test_nothing_but_json_leaves():
    found = plain({"a": np.array([1.0, math.nan]), "b": (np.int64(3),), "c": {"z", "y"}, 4: np.int8(1), "d": math.inf})
    assert found == {"a": [1.0, None], "b": [3], "c": ["y", "z"], "4": 1, "d": None}


def test_pairs_under_the_minimum_are_listed_in_a_small_project():
    frame = pd.DataFrame(
        [(f"i{n}", who, "ab"[(n * place) % 2]) for n in range(8) for place, who in enumerate("xyz", start=1)],
        columns=["item", "annotator", "label"],
    )
    rows = records(compare(load_frame(frame), Settings())[0].scores)
    pairs = {(row["reference"], row["other"]) for row in rows if row["measure"] == "cohen_kappa" and not row["label"]}
    assert pairs == {("x", "y"), ("x", "z"), ("y", "z")}


def test_the_account_of_the_reading_is_complete(make_audit):
    audited = make_audit()
    reading = audited.annotations.reading
    account = audited.to_dict()["reading"]
    assert set(account) == {
        "format", "layout", "files", "annotator_from", "columns", "rows_read", "rows_used", "set_aside", "repairs",
        "warnings", "aliases", "missing_suspects", "gold_candidates", "left_out",
    }  # fmt: skip
    assert account["rows_read"] == account["rows_used"] + sum(account["set_aside"].values())
    assert account["left_out"] == {"label": {"rows by label (pairs)": 2}}
    assert reading.rows_read == 12


def test_layers_and_annotators_are_described(make_audit, annotations):
    document = make_audit().to_dict()
    assert document["annotators"][0] == {"name": "Anna", "kind": "human", "group": "", "n": 4}
    assert document["layers"][0]["kind"] == "category"
    skipped = annotations.assignments.assign(status=pd.Categorical(["skipped", *["done"] * 11]))
    less = make_audit(annotations=replace(annotations, assignments=skipped)).to_dict()
    assert less["annotators"][0]["n"] == 3


def many_pairs(shared):
    """Return a comparison of 46 annotators, so 1,035 pairs, the first of which shares *shared* items."""
    names = [f"a{number:02}" for number in range(46)]
    pairs = [(one, two) for place, one in enumerate(names) for two in names[place + 1 :]]
    rows = [dict.fromkeys(SCORE_COLUMNS) | {"measure": "kappa_mean", "value": 0.5, "n": 99, "undefined": ""}]
    rows += [
        dict.fromkeys(SCORE_COLUMNS)
        | {"measure": measure, "value": 0.5, "reference": one, "other": two, "n": 10 if place else shared}
        | {"undefined": ""}
        for measure in ("cohen_kappa", "f1_macro")
        for place, (one, two) in enumerate(pairs)
    ]
    return Comparison(Layer("label", "category"), pd.DataFrame(rows, columns=list(SCORE_COLUMNS)))


@pytest.mark.parametrize(("shared", "listed"), [(30, 1), (29, 0)])
def test_a_large_project_lists_pairs_with_enough_shared_items(shared, listed):
    comparison = many_pairs(shared)
    scores = listed_scores(comparison, Settings())
    assert len(scores) == 1 + 2 * listed
    assert list(left_out_of(comparison, Settings()).values()) == [1035 - listed]


def test_every_key_is_documented(make_audit):
    manual = (Path(__file__).parents[2] / "docs" / "outputs.md").read_text(encoding="utf-8")
    document = make_audit().to_dict()
    keys = set(document)
    for part in ("scores", "flags", "checks", "items", "layers", "annotators", "profiles"):
        keys |= set(document[part][0])
    keys |= set(document["reading"]) | set(document["flags"][0]["examples"][0])
    keys |= set(tables.audit_to_dict(make_audit(), counts_only=True)["profiles"][0]["pairs"][0])
    for frame in frames(make_audit()).values():
        keys |= {name for name in frame if not name.startswith("label: ")}
    assert sorted(key for key in keys if f"`{key}`" not in manual) == []


def test_page_and_json_are_known_by_one_id(make_audit):
    audited = make_audit()
    assert f'"{tables.report_id(audited)}"' in render_page(audited)


def test_rows_by_label_of_small_pairs_go_when_they_are_too_many():
    labels = [f"l{number:05}" for number in range(10_001)]
    rows = [dict.fromkeys(SCORE_COLUMNS) | {"measure": "f1", "reference": "a", "other": "b", "n": 40}]
    rows += [dict.fromkeys(SCORE_COLUMNS) | {"measure": "f1", "reference": "a", "other": "c", "n": 4}]
    rows += [row | {"label": label} for row in rows for label in labels]
    comparison = Comparison(Layer("label", "category"), pd.DataFrame(rows, columns=list(SCORE_COLUMNS)))
    scores = listed_scores(comparison, Settings())
    assert (scores["other"] == "c").sum() == 1
    assert (scores["other"] == "b").sum() == 1 + len(labels)
    assert list(left_out_of(comparison, Settings()).values()) == [1]
