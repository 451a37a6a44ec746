"""Scores from sums that DuckDB made are those made in memory; bad tables are named, and secrets never."""

import logging

import numpy as np
import pandas as pd
import pytest

from agreement import InputError, Settings, audit, load
from agreement._addresses import safe_name
from agreement.loaders import load_frame
from agreement.warehouse import audit_warehouse, engine, is_warehouse, pairs, parse_columns, profiles

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


@pytest.mark.parametrize("drawn", [250, 10**6], ids=["a sample", "every item"])
def test_the_ticket_story_is_the_same_from_sums(tickets, drawn):
    annotations, path = tickets
    expected, found = audit(annotations), audit_warehouse(path, drawn=drawn)
    assert_same_scores(found, expected)
    assert causes(found) == causes(expected)
    assert [(check.result, check.n) for check in found.checks] == [(check.result, check.n) for check in expected.checks]
    assert all(example.labels for flag in found.diagnosis.flags for example in flag.examples)


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
@pytest.mark.parametrize("everybody", [True, False], ids=["patterns", "crowd"])
def test_random_labels_have_the_scores_they_have_in_memory(tmp_path, monkeypatch, documents, everybody):
    frame = crowd(documents)
    if not everybody:  # as if patterns, slices and pairs were too many to come back at once
        monkeypatch.setattr(profiles, "MOST_PATTERNS", -1)
        monkeypatch.setattr(engine, "SLICE_ROWS", 1000)
        monkeypatch.setattr(pairs, "SLICE_COUPLES", 500)
        monkeypatch.setattr("agreement.crowds.MOST_CODES", 0)
        monkeypatch.setattr("agreement.warehouse.audit.MOST_COUPLES", 0)
    frame.to_parquet(tmp_path / "labels.parquet")
    settings = Settings.from_mapping(
        {"columns": {"section": "section", **({"document": "document"} if documents else {})}}
    )
    drawn = 1500 if everybody else 10**6  # fewer than there are: the rest comes back as patterns
    found = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings, drawn=drawn)
    expected = audit(load_frame(frame, settings), settings)
    assert_same_scores(found, expected)
    assert causes(found) == causes(expected)
    np.testing.assert_array_equal(found.comparisons[0].contingency.counts, expected.comparisons[0].contingency.counts)
    pd.testing.assert_frame_equal(
        found.comparisons[0].details["pair_confusion"], expected.comparisons[0].details["pair_confusion"], rtol=1e-9
    )


def test_a_crowd_is_read_whole_while_its_couples_fit_and_sampled_beyond(tmp_path, monkeypatch):
    frame = crowd(items=900)
    monkeypatch.setattr("agreement.crowds.MOST_CODES", 0)
    monkeypatch.setattr(profiles, "MOST_PATTERNS", -1)
    monkeypatch.setattr("agreement.warehouse.audit.DRAWN", 1500)
    frame.to_parquet(tmp_path / "labels.parquet")
    whole, expected = audit_warehouse(str(tmp_path / "labels.parquet")), audit(load_frame(frame))
    assert_same_scores(whole, expected)
    assert causes(whole) == causes(expected)
    assert not whole.annotations.reading.warnings
    monkeypatch.setattr("agreement.warehouse.audit.MOST_COUPLES", 3 * 900 - 1)
    (told,) = audit_warehouse(str(tmp_path / "labels.parquet")).annotations.reading.warnings
    assert "of 900 items" in told


@pytest.mark.parametrize("documents", [0, 300])
def test_a_sample_changes_no_score_of_a_crowd_but_the_interval_of_means(tmp_path, monkeypatch, documents):
    frame = crowd(documents, items=6000)
    monkeypatch.setattr(profiles, "MOST_PATTERNS", -1)
    monkeypatch.setattr("agreement.crowds.MOST_CODES", 0)
    frame.to_parquet(tmp_path / "labels.parquet")
    settings = Settings.from_mapping(
        {"columns": {"section": "section", **({"document": "document"} if documents else {})}}
    )
    found = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings, drawn=9000)
    expected = audit(load_frame(frame, settings), settings)
    assert any("random sample" in warning for warning in found.annotations.reading.warnings)
    assert found.annotations.reading.rows_read == len(frame)
    one, other = (part.scores_table().set_index(KEY).sort_index() for part in (found, expected))
    pd.testing.assert_series_equal(one["value"], other["value"], rtol=1e-9)
    pd.testing.assert_series_equal(one["n"], other["n"])
    estimated = one.index.get_level_values("measure").isin(["kappa_mean", "light_kappa", "conger_kappa"])
    np.testing.assert_allclose(one.loc[estimated, "se"], other.loc[estimated, "se"], rtol=0.1)
    # of a sample, the intervals of single pairs count items as independent, and the account says so
    pooled = ~estimated & (one.index.get_level_values("reference").isna() if documents else True)
    pd.testing.assert_series_equal(one.loc[pooled, "low"], other.loc[pooled, "low"], rtol=1e-9)


def test_only_aggregates_come_back_and_a_log_line_says_how_many(tickets, caplog):
    _, path = tickets
    with caplog.at_level(logging.INFO, "agreement.warehouse"):
        audit_warehouse(path)
    (line,) = [record.getMessage() for record in caplog.records]
    assert "of 2,979 rows came back from duckdb" in line
    assert int(line.split(": ")[1].split(" ")[0].replace(",", "")) < 1500


def test_what_rests_on_a_sample_is_told_in_log_account_and_page(tickets, tmp_path, caplog):
    _, path = tickets
    with caplog.at_level(logging.INFO, "agreement.warehouse"):
        found = audit_warehouse(path, drawn=250)
    told = "label pairs and flags rest on all 2,979 labels of 600 items"
    assert told in caplog.records[0].getMessage()
    assert any(told in warning for warning in found.annotations.reading.warnings)
    drawn = len(found.annotations.items)
    assert found.annotations.reading.drawn_of == {"items": 600, "annotations": 2979}
    assert f"{drawn}, a sample of 600" in found.to_html(tmp_path / "page.html").read_text(encoding="utf-8")


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
