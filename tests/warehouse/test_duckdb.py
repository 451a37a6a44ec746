"""Scores from sums that DuckDB made are those made in memory; bad tables are named, and secrets never."""

import logging

import numpy as np
import pandas as pd
import pytest

from agreement import InputError, Settings, audit, load
from agreement._addresses import safe_name
from agreement.loaders import load_frame
from agreement.warehouse import audit_warehouse, distinct, engine, is_warehouse, pairs, parse_columns

pytest.importorskip("ibis")
duckdb = pytest.importorskip("duckdb")

# pyarrow asks pandas, and Ibis asks DuckDB, for what their newest versions no longer want to be asked for
pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
]

KEY = ["measure", "params", "label", "reference", "other"]
COUNTS = ["n", "n_informative", "clusters"]
VALUES = ["value", "low", "high", "se", "observed", "expected"]


def long(annotations):
    """Return annotations as the table a warehouse would hold."""
    rows = annotations.table[["item", "annotator", "label"]].astype("str")
    about = annotations.items.reset_index()[["item", "text", "section"]].astype("str")
    return rows.merge(about, on="item")


def crowd(documents=0, items=1200, annotators=14, each=3, labels=5, seed=3):
    """Return random labels, three quarters of them right."""
    draw = np.random.default_rng(seed)
    item = np.repeat(np.arange(items), each)
    who = np.argsort(draw.random((items, annotators)), axis=1)[:, :each].ravel()
    truth = draw.integers(labels, size=items)[item]
    given = np.where(draw.random(len(item)) < 0.75, truth, draw.integers(labels, size=len(item)))
    frame = pd.DataFrame({
        "item": [f"i{code:04d}" for code in item], "annotator": [f"a{code:02d}" for code in who],
        "label": [f"l{code}" for code in given], "section": [f"s{code % 4}" for code in item],
    })  # fmt: skip
    if documents:
        frame["document"] = [f"d{code % documents:02d}" for code in item]
    return frame


def assert_same_scores(found, expected):
    """Compare all rows: counts exactly, numbers to 1e-9."""
    one, other = (part.scores_table().fillna(dict.fromkeys(KEY, "")) for part in (found, expected))
    one, other = (part.sort_values(KEY, ignore_index=True) for part in (one, other))
    pd.testing.assert_frame_equal(one[KEY], other[KEY])
    assert one["undefined"].tolist() == other["undefined"].tolist()
    for name in COUNTS:
        np.testing.assert_array_equal(one[name].to_numpy(float), other[name].to_numpy(float), err_msg=name)
    for name in VALUES:
        np.testing.assert_allclose(
            one[name].to_numpy(float), other[name].to_numpy(float), rtol=1e-9, atol=1e-12, err_msg=name
        )


def causes(found):
    """Return what the diagnosis found, with its numbers to nine digits."""
    flags = sorted(found.diagnosis.flags, key=lambda flag: (flag.rule, str(flag.subject)))
    return [
        (
            flag.rule, flag.verdict, flag.subject, flag.nature, flag.camps, flag.n, flag.disputes,
            *(None if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)
              for value in (flag.effect, flag.low, flag.high, flag.q, flag.share_of_disputes)),
        )
        for flag in flags
    ]  # fmt: skip


@pytest.fixture
def tickets(sample_folder, tmp_path):
    """The ticket story in memory, and as Parquet."""
    annotations = load(sample_folder / "tickets" / "tickets.xlsx")
    path = tmp_path / "tickets.parquet"
    long(annotations).to_parquet(path)
    return annotations, str(path)


@pytest.mark.parametrize("named", [40, 10**6], ids=["some are listed", "all are listed"])
def test_the_ticket_story_is_the_same_from_sums(tickets, monkeypatch, named):
    monkeypatch.setattr(distinct, "MOST_NAMED", named)
    annotations, path = tickets
    expected, found = audit(annotations), audit_warehouse(path)
    assert_same_scores(found, expected)
    assert causes(found) == causes(expected)
    assert [(check.result, check.n) for check in found.checks] == [(check.result, check.n) for check in expected.checks]
    told, known = ([example.item for flag in one.diagnosis.flags for example in flag.examples]
                   for one in (found, expected))  # fmt: skip
    assert told == known
    assert all(example.labels for flag in found.diagnosis.flags for example in flag.examples)
    about = found.annotations
    assert (about.totals is None) == (named > 600)
    assert about.items["text"].ne("").all()
    if about.totals is not None:
        assert len(about.items) < 40 + distinct.MOST_DISPUTED + len(told)
        assert (about.totals.items, about.totals.annotations) == (600, 2979)


def test_the_sentiment_story_is_the_same_with_ordered_labels(sample_folder, tmp_path):
    settings = Settings.from_file(sample_folder / "sentiment" / "agreement.toml")
    annotations = load(sample_folder / "sentiment" / "sentiment.csv", settings)
    people = annotations.table["annotator"].isin(annotations.compared)
    rows = annotations.table.loc[people, ["item", "annotator", "label"]].astype("str")
    rows.to_parquet(tmp_path / "sentiment.parquet")
    ordered = Settings.from_mapping({"labels": {"order": list(settings.labels.order)}})
    found = audit_warehouse(str(tmp_path), settings=ordered)
    assert_same_scores(found, audit(load_frame(rows, ordered), ordered))
    assert "krippendorff_alpha.ordinal" in set(found.scores_table()["measure"])


@pytest.mark.parametrize("documents", [0, 30])
def test_random_labels_have_the_scores_they_have_in_memory(tmp_path, monkeypatch, documents):
    monkeypatch.setattr(engine, "SLICE_ROWS", 1000)
    frame, settings = crowd(documents), about(documents)
    frame.to_parquet(tmp_path / "labels.parquet")
    found, expected = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings), in_memory(frame, settings)
    assert_same_scores(found, expected)
    assert causes(found) == causes(expected)
    np.testing.assert_array_equal(found.comparisons[0].contingency.counts, expected.comparisons[0].contingency.counts)
    pd.testing.assert_frame_equal(
        found.comparisons[0].details["pair_confusion"], expected.comparisons[0].details["pair_confusion"], rtol=1e-9
    )


def about(documents):
    """Return settings that name the columns of a crowd."""
    return Settings.from_mapping({
        "columns": {"section": "section", **({"document": "document"} if documents else {})}
    })  # fmt: skip


def in_memory(frame, settings):
    """Return the audit of a frame."""
    return audit(load_frame(frame, settings), settings)


@pytest.mark.parametrize("documents", [0, 30])
def test_more_patterns_come_back_where_sums_do_not_tell_enough(tmp_path, monkeypatch, documents):
    monkeypatch.setattr("agreement.warehouse.audit.MOST_PATTERNS", 100)
    frame, settings = crowd(documents), about(documents)
    frame.to_parquet(tmp_path / "labels.parquet")
    found, expected = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings), in_memory(frame, settings)
    assert_same_scores(found, expected)
    assert causes(found) == causes(expected)
    assert not found.annotations.reading.warnings


def test_documents_are_taken_together_where_they_make_too_many_patterns(tmp_path, monkeypatch):
    frame, settings = crowd(400, items=4000, annotators=3, labels=2), about(400)
    monkeypatch.setattr("agreement.warehouse.audit.MOST_PATTERNS", 100)
    monkeypatch.setattr("agreement.warehouse.audit.MOST_LABELS", 4000)  # of 12,000
    frame.to_parquet(tmp_path / "labels.parquet")
    found, expected = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings), in_memory(frame, settings)
    assert "For intervals and flags, 400 documents are taken together in 30" in found.annotations.reading.warnings[0]
    one, other = (part.scores_table().set_index(KEY).sort_index() for part in (found, expected))
    pd.testing.assert_series_equal(one["value"], other["value"], rtol=1e-9)
    pd.testing.assert_series_equal(one["n"], other["n"])
    assert set(one["clusters"].dropna()) == {30}
    np.testing.assert_allclose(one["se"].median(), other["se"].median(), rtol=0.2)


@pytest.mark.parametrize("documents", [0, 300])
def test_pair_by_pair_scores_are_those_in_memory_whoever_the_annotators_are(tmp_path, monkeypatch, documents):
    frame, settings = crowd(documents, items=3000), about(documents)
    monkeypatch.setattr("agreement.warehouse.audit.MOST_PATTERNS", -1)  # as if patterns and pairs were too many
    monkeypatch.setattr("agreement.warehouse.audit.MOST_LABELS", -1)
    monkeypatch.setattr("agreement.crowds.MOST_CODES", 0)
    monkeypatch.setattr(engine, "SLICE_ROWS", 5000)
    monkeypatch.setattr(pairs, "SLICE_COUPLES", 500)
    frame.to_parquet(tmp_path / "labels.parquet")
    found, expected = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings), in_memory(frame, settings)
    one, other = (part.scores_table().set_index(KEY).sort_index() for part in (found, expected))
    for name in ("value", "n", "n_informative"):
        pd.testing.assert_series_equal(one[name], other[name], rtol=1e-9)
    # the intervals of single pairs count items as independent, and the outputs say so
    pooled = one.index.get_level_values("reference").isna() if documents else np.ones(len(one), bool)
    for name in ("low", "high"):
        pd.testing.assert_series_equal(one.loc[pooled, name], other.loc[pooled, name], rtol=1e-9)


def test_only_aggregates_come_back_and_a_log_line_says_how_many(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(distinct, "MOST_NAMED", 50)
    crowd(items=4000, annotators=3, labels=2).to_parquet(tmp_path / "labels.parquet")
    with caplog.at_level(logging.INFO, "agreement.warehouse"):
        found = audit_warehouse(str(tmp_path / "labels.parquet"))
    (line,) = [record.getMessage() for record in caplog.records]
    assert "of 12,000 rows came back from duckdb" in line
    assert int(line.split(": ")[1].split(" ")[0].replace(",", "")) < 500
    assert len(found.annotations.items) < 200


def test_a_database_file_is_read_by_table_and_other_column_names(tmp_path):
    frame = crowd()
    names = {"item": "id", "annotator": "who", "label": "answer"}
    with duckdb.connect(str(tmp_path / "labels.duckdb")) as connection:
        renamed = frame.rename(columns=names)
        connection.register("given", renamed)
        connection.execute("create table votes as select * from given")
    url = f"duckdb://{tmp_path}/labels.duckdb?table=votes&memory_limit=500MB"
    found = audit_warehouse(url, parse_columns("item=id,annotator=who,label=answer"))
    assert_same_scores(found, audit(load_frame(frame)))
    assert found.annotations.reading.files == [f"duckdb://{tmp_path}/labels.duckdb?table=votes"]


def test_numbers_as_labels_and_items_are_text_as_in_a_sheet(tmp_path):
    frame = pd.DataFrame({"item": [1, 1, 2, 2, 3, 3], "annotator": list("abababa")[:6], "label": [1.0, 1, 2, 1, 2, 2]})
    frame.to_parquet(tmp_path / "numbers.parquet")
    found = audit_warehouse(str(tmp_path / "numbers.parquet"))
    assert found.comparisons[0].units.labels == ("1", "2")
    assert_same_scores(found, audit(load_frame(frame)))


def test_blanks_repeats_and_missing_values_are_counted_under_a_reason(tmp_path):
    frame = crowd(items=100)
    extra = pd.DataFrame({
        "item": [None, "i0001", "i0001", "i0002", "i0003"], "annotator": ["a01", None, "a20", "a21", "a22"],
        "label": ["l1", "l1", "  ", "?", None], "section": ["s0", "s1", "s1", "s2", "s3"],
    })  # fmt: skip
    pd.concat([frame, frame.iloc[:7], extra]).to_parquet(tmp_path / "labels.parquet")
    settings = Settings.from_mapping({"missing": {"values": ["?"]}, "annotators": {"ignore": ["a00"]}})
    reading = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings).annotations.reading
    ignored = int(pd.concat([frame, frame.iloc[:7]])["annotator"].eq("a00").sum())
    repeated = int(frame.iloc[:7]["annotator"].ne("a00").sum())
    assert reading.set_aside == {
        "row without an item": 1, "row without an annotator": 1, "blank cell": 2,
        "label '?' counts as missing": 1, "annotator ignored by [annotators] ignore": ignored,
        "repeat by the same annotator, identical": repeated,
    }  # fmt: skip
    assert reading.rows_used == reading.rows_read - sum(reading.set_aside.values())
    assert reading.rows_used == int(frame["annotator"].ne("a00").sum())


def test_two_different_labels_by_one_annotator_are_refused_with_the_item(tmp_path):
    frame = crowd(items=60)
    other = frame.iloc[:1].assign(label="l9")
    pd.concat([frame, other, frame.iloc[3:4].assign(section="elsewhere")]).to_parquet(tmp_path / "labels.parquet")
    with pytest.raises(InputError) as caught:
        audit_warehouse(str(tmp_path / "labels.parquet"))
    text = str(caught.value)
    assert "1 items have two different labels by one annotator, e.g. i0000" in text
    assert "1 items have two sections, e.g. i0001" in text


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("duckdb://{}/none.duckdb?table=votes", "no such database file"),
        ("{}/none.parquet", "no such Parquet file"),
        ("duckdb://{}/labels.duckdb?table=vote", "tables there: other, votes"),
        ("duckdb://{}/labels.duckdb", "names no table"),
        ("duckdb://{}/labels.duckdb?table=other", "which column holds the annotator?"),
    ],
)
def test_what_is_not_there_is_named_beside_what_is(tmp_path, url, told):
    with duckdb.connect(str(tmp_path / "labels.duckdb")) as connection:
        connection.execute("create table votes as select 'x' as item, 'a' as annotator, 'l' as label")
        connection.execute("create table other as select 'x' as item, [1] as label")
    with pytest.raises(InputError, match=told.replace("?", r"\?")):
        audit_warehouse(url.format(tmp_path))


def test_a_column_of_the_wrong_type_or_with_a_wrong_name_is_named(tmp_path):
    crowd(items=50).assign(label=[{"is": "x"}] * 150).to_parquet(tmp_path / "labels.parquet")
    with pytest.raises(InputError, match=r"holds struct"):
        audit_warehouse(str(tmp_path / "labels.parquet"))
    with pytest.raises(InputError, match="Columns there: item, annotator, label, section"):
        audit_warehouse(str(tmp_path / "labels.parquet"), {"item": "id"})
    with pytest.raises(InputError, match="roles: item"):
        parse_columns("items=id")


def test_secrets_of_an_address_are_never_shown(caplog):
    url = "nosuchengine://ana:topsecret@db.example/labels?table=votes&token=hushhush"
    assert safe_name(url) == "nosuchengine://db.example/labels?table=votes"
    with pytest.raises(InputError) as caught, caplog.at_level(logging.DEBUG):
        audit_warehouse(url)
    told = f"{caught.value} {caught.value.__cause__} {caplog.text}"
    assert "db.example" in told
    for secret in ("topsecret", "hushhush", "ana:"):
        assert secret not in told


def test_what_is_a_warehouse(tmp_path):
    (tmp_path / "part.parquet").touch()
    assert is_warehouse(str(tmp_path))
    assert is_warehouse("postgres://db/labels?table=votes")
    assert not is_warehouse("labels.xlsx")
    assert not is_warehouse("C:/labels/labels.csv")
