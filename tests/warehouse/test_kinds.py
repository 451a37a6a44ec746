"""Kinds of layers and what goes beyond sums: sets of labels in place; gold, models and wide tables read while small."""

import numpy as np
import pandas as pd
import pytest

from agreement import InputError, Settings, audit
from agreement.loaders import load_frame
from agreement.warehouse import audit_warehouse, distinct

pytest.importorskip("ibis")
pytest.importorskip("duckdb")

pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
]

SETS = Settings.from_mapping({"layers": {"label": {"kind": "labels"}}})


def sets(items=400, annotators=4, labels=5, seed=1):
    """Return random sets of one to three labels, a row per label, one row twice."""
    draw = np.random.default_rng(seed)
    rows = [
        {"item": f"i{item:03d}", "annotator": f"a{who}", "label": f"l{label}", "section": f"s{item % 3}"}
        for item in range(items)
        for who in range(annotators)
        for label in draw.permutation(labels)[: 1 + draw.integers(3)]
    ]
    return pd.DataFrame([*rows, rows[7]])


def votes(items=300, seed=2):
    """Return labels by three people and a model, with gold."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(3, size=items)
    return pd.DataFrame(
        [
            {"item": f"i{item:03d}", "annotator": who, "label": f"l{truth[item] if draw.random() < right else 0}"}
            for item in range(items)
            for who, right in (("Ana", 0.9), ("Ben", 0.8), ("Cy", 0.85), ("gpt", 0.7), ("truth", 1.0))
        ]
    )


def same(found, expected):
    """Compare all scores and flags of two audits."""
    pd.testing.assert_frame_equal(found.scores_table(), expected.scores_table(), rtol=1e-9)
    assert [flag.message for flag in found.diagnosis.flags] == [flag.message for flag in expected.diagnosis.flags]
    assert [check.result for check in found.checks] == [check.result for check in expected.checks]


def listed(frame):
    """Return the same with a row per item and annotator and a list of labels, twelve of them empty."""
    rows = frame.groupby(["item", "annotator", "section"], sort=False)["label"].agg(lambda labels: sorted(set(labels)))
    rows = rows.reset_index()
    rows.loc[:11, "label"] = pd.Series([[] for _ in range(12)])
    return rows


def test_sets_of_labels_are_put_together_by_the_engine(tmp_path):
    frame = sets()
    frame.to_parquet(tmp_path / "labels.parquet")
    found = audit_warehouse(str(tmp_path / "labels.parquet"), settings=SETS)
    lists = frame.groupby(["item", "annotator", "section"])["label"].agg(lambda labels: sorted(set(labels)))
    same(found, audit(load_frame(lists.reset_index())))
    reading = found.annotations.reading
    assert reading.rows_used == reading.rows_read - 1 == len(frame) - 1
    assert reading.set_aside == {"repeat by the same annotator, identical": 1}


def test_a_column_of_lists_is_several_labels_an_item_and_an_empty_list_an_answer(tmp_path):
    frame = listed(sets())
    frame.to_parquet(tmp_path / "labels.parquet")
    found, expected = audit_warehouse(str(tmp_path / "labels.parquet")), audit(load_frame(frame))
    same(found, expected)
    assert found.annotations.assignments["status"].eq("empty").sum() == 12


@pytest.mark.parametrize("documents", [0, 12, 50])
def test_equal_sets_are_counted_once_with_how_many_items_show_them(tmp_path, monkeypatch, documents):
    monkeypatch.setattr(distinct, "MOST_NAMED", 60)
    frame = listed(sets(items=1200, annotators=3, labels=2))
    number = frame["item"].str[1:].astype(int)
    frame = frame.assign(round="r" + (1 + number % 2).astype(str))
    if documents:
        frame = frame.assign(document=("d" + (number % documents).astype(str)).where(number % 5 > 0, ""))
    again = frame.loc[number % 6 == 0].assign(round="r3")
    frame = pd.concat([frame, again], ignore_index=True)
    frame.to_parquet(tmp_path / "labels.parquet")
    columns = {name: name for name in ("section", "document", "round") if name in frame}
    settings = Settings.from_mapping({"columns": columns})
    found = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings)
    expected = audit(load_frame(frame, settings), settings)
    assert found.annotations.totals.items == 1200
    assert len(found.annotations.items) < 200
    assert (found.comparisons[0].units.weight > 1).any()
    same(found, expected)
    told, known = (part.comparisons[0].details["prevalence"] for part in (found, expected))
    pd.testing.assert_frame_equal(told, known)


def test_too_many_different_sets_are_refused_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("agreement.warehouse.audit.MOST_CELLS", 1000)
    sets().to_parquet(tmp_path / "labels.parquet")
    with pytest.raises(InputError, match=r"too many different patterns of labels.*\n?.*Audit a part of the table"):
        audit_warehouse(str(tmp_path / "labels.parquet"), settings=SETS)


def test_more_labels_than_a_set_can_hold_are_refused(tmp_path):
    frame = sets()
    many = frame.assign(label=[f"l{number % 63}" for number in range(len(frame))])
    many.to_parquet(tmp_path / "labels.parquet")
    with pytest.raises(InputError, match="holds 63 labels; sets of up to 62 are compared"):
        audit_warehouse(str(tmp_path / "labels.parquet"), settings=SETS)


def test_models_and_gold_are_compared_as_in_memory_while_the_table_is_small(tmp_path):
    frame = votes()
    frame.to_parquet(tmp_path / "labels.parquet")
    settings = Settings.from_mapping({"annotators": {"model": ["gpt"], "gold": ["truth"]}})
    found = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings)
    expected = audit(load_frame(frame, settings), settings)
    same(found, expected)
    assert found.models.reports
    with pytest.raises(InputError) as caught:
        audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings, at_once=1000)
    assert "models beside people can't be audited inside an engine" in str(caught.value)
    assert "gold labels can't be audited inside an engine" in str(caught.value)


def test_a_table_with_a_column_per_annotator_is_read_like_a_sheet(tmp_path):
    frame = votes().pivot_table(index="item", columns="annotator", values="label", aggfunc="first").reset_index()
    frame.to_parquet(tmp_path / "labels.parquet")
    found = audit_warehouse(str(tmp_path / "labels.parquet"))
    assert found.annotations.compared == ("Ana", "Ben", "Cy", "gpt")
    same(found, audit(frame))


def test_blank_cells_beside_a_section_say_nothing_and_blanks_around_names_neither(tmp_path):
    frame = votes().assign(
        section=lambda rows: [None if code % 3 else f"s{code // 50 % 2}" for code in range(len(rows))]
    )
    frame["section"] = frame.groupby("item")["section"].transform("first")
    blank = frame.assign(
        section=frame["section"].where(frame["annotator"] != "Ben"), annotator=frame["annotator"] + " "
    )
    blank.to_parquet(tmp_path / "labels.parquet")
    same(audit_warehouse(str(tmp_path / "labels.parquet")), audit(frame))


def test_addresses_of_people_are_shortened_and_gold_by_name_is_not_compared(tmp_path):
    frame = votes().replace({"annotator": {"Ana": "ana@x.example", "truth": "gold"}})
    frame.to_parquet(tmp_path / "labels.parquet")
    in_place = audit_warehouse(str(tmp_path / "labels.parquet"), at_once=0)
    assert in_place.annotations.compared == ("Ben", "Cy", "ana", "gpt")
    assert in_place.annotations.reading.set_aside == {"gold, not compared": 300}
    assert in_place.annotations.reading.repairs == {"e-mail address of an annotator shortened": 1}
    read = audit_warehouse(str(tmp_path / "labels.parquet"))
    assert read.annotations.of_kind("gold") == ("gold",)
    same(read, audit(frame))


def test_pseudonyms_change_no_number(tmp_path):
    frame = votes()
    frame.to_parquet(tmp_path / "labels.parquet")
    settings = Settings.from_mapping({"report": {"anonymise": True}, "annotators": {"ignore": ["truth"]}})
    plain = settings.model_copy(update={"report": Settings().report})
    found = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings, key=b"k" * 32)
    expected = audit_warehouse(str(tmp_path / "labels.parquet"), settings=plain)
    assert found.annotations.compared == tuple(f"Annotator 0{number}" for number in (1, 2, 3, 4))
    pairs, others = (
        one.scores_table().query("measure == 'cohen_kappa' and label.isna()")["value"] for one in (found, expected)
    )
    np.testing.assert_allclose(np.sort(pairs), np.sort(others), rtol=1e-12)
    assert "another annotator" in str(found.settings.annotators.ignore)
