"""The consensus command: ties stay open, the file has the input's shape, and what it rests on is said."""

import json

import numpy as np
import pandas as pd
import pytest

from agreement.cli import run
from agreement.consensus.labels import Votes, consensus, identified, one_coin, soft_labels
from agreement.consensus.layers import layer_consensus
from agreement.loaders import load, load_frame
from agreement.report.consensus import consensus_text, write_consensus
from agreement.settings import Settings


def votes(rows, k):
    triples = [(u, a, x) for u, row in enumerate(rows) for a, x in enumerate(row) if x is not None]
    unit, annotator, label = np.array(triples).T
    return Votes(unit, annotator, label, (len(rows), len(rows[0]), k))


def project(seed, matrices, n):
    """Return votes of annotators with these error matrices on *n* items with even truth, and the truth."""
    generator = np.random.default_rng(seed)
    k = len(matrices[0])
    truth = generator.integers(0, k, n)
    rows = [[int(generator.choice(k, p=matrix[true])) for matrix in matrices] for true in truth]
    return votes(rows, k), truth


def written(tmp_path, content, name, *options, suffix="csv"):
    source, output = tmp_path / name, tmp_path / f"out.{suffix}"
    source.write_text(content, "utf-8")
    assert run(["consensus", str(source), "-o", str(output), "--json", str(tmp_path / "out.json"), *options]) == 0
    return output, json.loads((tmp_path / "out.json").read_text("utf-8"))["layers"]


WIDE = "ticket,Ana,Ben,Cem\n" + "".join(
    f"t{n},{a},{b},{c}\n"
    for n, (a, b, c) in enumerate([("x", "x", "x"), ("x", "y", "z"), ("y", "y", ""), ("z", "z", "y"), ("x", "x", "x")])
)


def test_majority_leaves_ties_open_in_the_columns_of_the_input(tmp_path):
    output, (layer,) = written(tmp_path, WIDE, "labels.csv", "--method", "majority")
    frame = pd.read_csv(output, keep_default_na=False)
    assert frame.columns[:6].tolist() == ["ticket", "Ana", "Ben", "Cem", "consensus", "status"]
    assert frame["consensus"].tolist() == ["x", "", "y", "z", "x"]
    assert frame["status"].tolist() == ["settled", "tie", "settled", "settled", "settled"]
    assert frame[["votes: x", "votes: y", "votes: z"]].iloc[1].tolist() == [1, 1, 1]
    assert frame["entropy_bits"].iloc[1] == pytest.approx(np.log2(3), abs=1e-6)
    assert layer["status"] == {"settled": 4, "tie": 1}
    # Ana gives the majority in t0, t2, t3, t4; t1 has none
    assert layer["annotators"][0]["n"] == 4
    assert layer["annotators"][0]["value"] == 1.0


def test_two_annotators_are_not_weighed(tmp_path):
    text = "id,Ana,Ben\n" + "".join(f"{n},x,{'y' if n % 3 == 0 else 'x'}\n" for n in range(30))
    output, (layer,) = written(tmp_path, text, "two.csv")
    assert (layer["method"], layer["identified"]) == ("majority", False)
    assert layer["status"] == {"settled": 20, "tie": 10}
    assert pd.read_csv(output, keep_default_na=False)["consensus"].value_counts().to_dict() == {"x": 20, "": 10}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[0, 0, None], [None, 0, 0], [0, None, 0]], True),  # a triangle of pairs
        ([[0, 0, None, None], [None, 0, 0, None], [None, None, 0, 0], [0, None, None, 0]], False),  # a square
        ([[0, 0, 0, None], [None, None, None, 0]], True),  # somebody who met nobody changes nothing
        ([[0, None], [None, 0]], False),
    ],
)
def test_circles_of_odd_length_tell_who_errs(rows, expected):
    assert identified(votes(rows, 1)) is expected


def test_dawid_skene_is_chosen_where_errors_are_one_sided_and_labels_many():
    biased = [[0.98, 0.02], [0.45, 0.55]]
    given, truth = project(2, [biased, biased, [[0.9, 0.1], [0.1, 0.9]], [[0.55, 0.45], [0.02, 0.98]], biased], 500)
    found = consensus(given)
    assert found.method == "dawid-skene"
    assert "BIC" in found.why
    assert (found.label == truth).mean() > (one_coin(given).label == truth).mean()


def test_one_accuracy_each_is_chosen_where_errors_are_even_or_labels_few():
    even = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]
    assert "BIC" in consensus(project(3, [even] * 4, 600)[0]).why
    few = consensus(project(3, [even] * 4, 40)[0])
    assert few.method == "one-coin"
    assert "too few" in few.why


def test_soft_labels_are_shares_that_sum_to_one():
    given = votes([[0, 0, 1], [1, 1, 1]], 3)
    plain = soft_labels(given, np.full(3, 1 / 3), 0.0)
    assert plain.tolist() == [[pytest.approx(2 / 3), pytest.approx(1 / 3), 0.0], [0.0, 1.0, 0.0]]
    assert soft_labels(given, np.full(3, 1 / 3), 0.5).sum(axis=1) == pytest.approx([1, 1])


def test_a_long_table_keeps_the_names_of_its_columns_and_items_without_a_label(tmp_path):
    rows = [("q7", "a1", "yes"), ("q7", "a2", "yes"), ("q7", "a3", "no"), ("q9", "a1", ""), ("q9", "a2", "")]
    rows += [(f"q{n}", f"a{a}", "no") for n in range(20, 30) for a in (1, 2, 3)]
    text = "question_id,coder,code,status\n" + "".join(
        f"{i},{a},{x},{'skipped' if not x else 'done'}\n" for i, a, x in rows
    )
    output, _ = written(tmp_path, text, "long.csv")
    frame = pd.read_csv(output, keep_default_na=False)
    assert frame.columns[:3].tolist() == ["question_id", "code", "status"]
    assert frame.set_index("question_id").loc["q9", ["code", "status", "votes"]].tolist() == ["", "no label", 0]


def test_a_column_per_question_stays_a_column_per_question(tmp_path):
    text = "item,annotator,tone,topic\n" + "".join(
        f"i{n},{who},{'calm' if n % 2 else 'angry'},{'bill' if n % 3 else 'trip'}\n"
        for n in range(12)
        for who in ("Ana", "Ben", "Cem")
    )
    output, layers = written(tmp_path, text, "two.csv")
    frame = pd.read_csv(output)
    assert frame.columns[:3].tolist() == ["item", "tone", "topic"]
    assert frame.set_index("item").loc["i3", ["tone", "topic", "tone: status"]].tolist() == ["calm", "trip", "settled"]
    assert [layer["layer"] for layer in layers] == ["tone", "topic"]


def test_each_label_of_a_set_is_voted_on_by_itself():
    frame = pd.DataFrame(
        {
            "item": ["i1"] * 3 + ["i2"] * 3,
            "annotator": ["a", "b", "c"] * 2,
            "label": [["x", "y"], ["x"], ["y", "x"], [], ["z"], ["z"]],
        }
    )
    (found,) = layer_consensus(load_frame(frame, Settings()), "majority")
    assert found.layer.kind == "labels"
    assert found.table["label"].tolist() == ["x; y", "z"]
    assert found.table[["votes: x", "votes: y", "votes: z"]].to_numpy().tolist() == [[3, 2, 0], [0, 0, 2]]
    # i1: a and c gave the whole set, i2: b and c
    assert found.worth.set_index("annotator")["value"].to_dict() == {"a": 0.5, "b": 0.5, "c": 1.0}


def test_models_have_no_vote_where_two_people_are(tmp_path):
    source = tmp_path / "m.csv"
    source.write_text("id,Ana,Ben,gpt\n" + "".join(f"{n},x,x,y\n" for n in range(9)), "utf-8")
    (found,) = layer_consensus(load([str(source)], model=["gpt"]))
    assert found.voters == ("Ana", "Ben")
    assert set(found.table["label"]) == {"x"}


def test_spans_as_json_lines_keep_settled_spans_apart_from_open_ones(tmp_path):
    rows = [
        {"text": "Acme opened in Oslo", "annotator": who, "id": "d1", "spans": spans}
        for who, spans in (
            ("ana", [{"start": 0, "end": 4, "label": "ORG"}, {"start": 15, "end": 19, "label": "LOC"}]),
            ("ben", [{"start": 0, "end": 4, "label": "ORG"}]),
            ("cem", [{"start": 0, "end": 11, "label": "ORG"}]),
        )
    ]
    rows += [{"text": "Nothing", "annotator": who, "id": "d2", "spans": []} for who in ("ana", "ben", "cem")]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    output, (layer,) = written(tmp_path, text, "spans.jsonl", suffix="jsonl")
    first, second = (json.loads(line) for line in output.read_text("utf-8").splitlines())
    assert first["label"] == [[0, 4, "ORG"]]
    assert [(mark["label"], mark["votes"], mark["asked"], mark["status"]) for mark in first["votes"]] == [
        ("ORG", 3, 3, "settled"),
        ("LOC", 1, 3, "minority"),
    ]
    assert (second["label"], second["votes"]) == ([], [])
    assert [one["value"] for one in layer["annotators"]] == [1.0, 1.0, 1.0]
    assert layer["status"] == {"minority": 1, "nothing marked": 1, "settled": 1}


def test_a_workbook_says_what_each_annotator_is_worth(tmp_path):
    output, (layer,) = written(tmp_path, WIDE, "labels.csv", suffix="xlsx")
    sheets = pd.read_excel(output, sheet_name=None, engine="openpyxl")
    assert list(sheets) == ["Consensus", "Annotators"]
    assert sheets["Annotators"]["low"].tolist() == [pytest.approx(one["low"]) for one in layer["annotators"]]


def test_an_annotator_is_no_formula_in_the_file(tmp_path):
    text = "id,=1+1,Ben,Cem\n" + "".join(f"{n},@x,@x,@x\n" for n in range(5))
    output, _ = written(tmp_path, text, "labels.csv", "--annotators", "=1+1,Ben,Cem")
    assert ",'=1+1," in output.read_text("utf-8").splitlines()[0]
    assert ",'@x," in output.read_text("utf-8")


def test_intervals_have_the_level_that_was_set(tmp_path):
    """At 80 % narrower than at 95 %, and the line says which."""
    rows = pd.DataFrame(
        [{"item": f"i{n:02}", "annotator": who, "label": "ab"[n % 3 == at]}
         for n in range(40) for at, who in enumerate(("Ana", "Ben", "Cem"))]
    )  # fmt: skip
    annotations = load_frame(rows, Settings())
    wide, narrow = (layer_consensus(annotations, "majority", confidence=level)[0].worth for level in (0.95, 0.8))
    assert (wide["high"] - wide["low"] > narrow["high"] - narrow["low"]).all()
    assert (wide["value"] == narrow["value"]).all()
    layers = write_consensus(annotations, tmp_path / "gold.csv", "majority", confidence=0.8)
    assert "(80% CI " in consensus_text(layers, tmp_path / "gold.csv", 0.8)
