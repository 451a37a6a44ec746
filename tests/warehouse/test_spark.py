"""The same tables, scores and flags from two Spark executors as in memory."""

import importlib
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agreement import Settings, audit, load
from agreement.loaders import load_frame
from agreement.warehouse import audit_table, audit_warehouse, distinct, pairs

REQUIRED = bool(os.environ.get("AGREEMENT_REQUIRE_SPARK"))  # then what is missing fails instead of being skipped
pyspark = importlib.import_module("pyspark") if REQUIRED else pytest.importorskip("pyspark")
pytest.importorskip("ibis")

KEY = ["measure", "params", "label", "reference", "other"]

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(not REQUIRED and shutil.which("java") is None, reason="Spark needs Java"),
    pytest.mark.filterwarnings("ignore"),  # Spark's own, of which there are many
]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A standalone cluster with two executor processes on this machine."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - installed for this test only

    os.environ["SPARK_HOME"] = str(Path(pyspark.__file__).parent)  # where local-cluster finds its executors
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["SPARK_WORKER_DIR"] = str(tmp_path_factory.mktemp("spark"))
    options = {
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",  # both executors take part from the first query on
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "120s",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("tables")),
    }
    builder = SparkSession.builder.master("local-cluster[2,1,1024]")
    for name, value in options.items():
        builder = builder.config(name, value)
    started = builder.getOrCreate()
    started.sparkContext.setLogLevel("ERROR")
    yield started
    started.stop()


def random_votes(items=400, annotators=6, each=3, seed=5):
    """Return random labels of three of six people an item, with documents."""
    draw = np.random.default_rng(seed)
    item = np.repeat(np.arange(items), each)
    who = np.argsort(draw.random((items, annotators)), axis=1)[:, :each].ravel()
    label = np.where(draw.random(len(item)) < 0.7, item % 3, draw.integers(3, size=len(item)))
    return pd.DataFrame({
        "item": [f"i{code:04d}" for code in item], "annotator": [f"a{code}" for code in who],
        "label": [f"l{code}" for code in label], "document": [f"d{code % 25:02d}" for code in item],
    })  # fmt: skip


def crowd(items=900, annotators=305, each=4, seed=7):
    """Return labels of a crowd of whom two people slip a lot, in sections of which one is bad, with documents."""
    draw = np.random.default_rng(seed)
    item = np.repeat(np.arange(items), each)
    who = np.array([draw.choice(np.arange(2, annotators), each, replace=False) for _ in range(items)])
    who[::9, 0], who[1::9, 0] = 0, 1
    section = item % 3
    slips = draw.random(len(item)) < np.where(who.ravel() < 2, 0.6, np.where(section == 1, 0.3, 0.05))
    label = np.where(slips, draw.integers(4, size=len(item)), draw.integers(4, size=items)[item])
    return pd.DataFrame({
        "item": [f"i{code:04d}" for code in item], "annotator": [f"a{code:03d}" for code in who.ravel()],
        "label": [f"l{code}" for code in label], "section": [f"s{code}" for code in section],
        "document": [f"d{code % 60:02d}" if code % 2 else "" for code in item],
    })  # fmt: skip


def tickets(sample_folder):
    """Return the ticket story as the table a warehouse would hold."""
    annotations = load(sample_folder / "tickets" / "tickets.xlsx")
    rows = annotations.table[["item", "annotator", "label"]].astype("str")
    return rows.merge(annotations.items.reset_index()[["item", "section"]].astype("str"), on="item")


def columns_of(frame):
    """Return settings that name every column of the frame, so that memory reads what the engine reads."""
    return Settings.from_mapping({"columns": {name: name for name in ("section", "document") if name in frame}})


@pytest.mark.parametrize(("story", "few"), [("tickets", True), ("random", False)], ids=["patterns", "crowd"])
def test_two_executors_count_and_score_as_memory_does(session, sample_folder, tmp_path, monkeypatch, few, story):
    import ibis  # noqa: PLC0415 - the warehouse extra

    frame = tickets(sample_folder) if story == "tickets" else random_votes()
    path = tmp_path / "labels.parquet"
    frame.to_parquet(path)
    settings = columns_of(frame)
    monkeypatch.setattr(distinct, "MOST_NAMED", 60)
    if not few:  # as if patterns were too many to come back, and pairs too many to come back at once
        monkeypatch.setattr("agreement.warehouse.audit.MOST_PATTERNS", -1)
        monkeypatch.setattr("agreement.warehouse.audit.MOST_LABELS", -1)
        monkeypatch.setattr(pairs, "SLICE_COUPLES", 2000)
        monkeypatch.setattr("agreement.crowds.MOST_CODES", 0)
        monkeypatch.setattr("agreement.warehouse.crowd.diagnosed_crowd", lambda *_: None)  # flags have their own test
    table = ibis.pyspark.connect(session).read_parquet(str(path))
    found = audit_table(table, settings=settings, engine="pyspark")
    assert session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() == 3  # the driver and two executors
    expected = audit(load_frame(frame, settings), settings)
    one, other = (part.scores_table().sort_values(KEY, ignore_index=True) for part in (found, expected))
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)
    assert (found.comparisons[0].contingency.counts == expected.comparisons[0].contingency.counts).all()
    if few:
        messages = [sorted(flag.message for flag in part.diagnosis.flags) for part in (found, expected)]
        assert messages[0] == messages[1]
        assert len(found.annotations.items) < 200
        assert found.annotations.reading.rows_used == expected.annotations.reading.rows_used


def test_two_executors_sum_up_what_the_flags_of_a_crowd_rest_on(session, tmp_path, monkeypatch):
    import ibis  # noqa: PLC0415 - the warehouse extra

    frame = crowd()
    frame.to_parquet(tmp_path / "labels.parquet")
    monkeypatch.setattr("agreement.warehouse.audit.MOST_PATTERNS", -1)
    monkeypatch.setattr("agreement.warehouse.audit.MOST_LABELS", -1)
    settings = columns_of(frame)
    table = ibis.pyspark.connect(session).read_parquet(str(tmp_path / "labels.parquet"))
    found = audit_table(table, settings=settings, engine="pyspark")
    expected = audit(load_frame(frame, settings), settings)
    told = [
        [
            (flag.rule, flag.verdict, flag.subject, flag.n, flag.disputes,
             *(None if value is None else pytest.approx(value, rel=1e-9)
               for value in (flag.effect, flag.low, flag.high, flag.q)))
            for flag in sorted(part.diagnosis.flags, key=lambda flag: (flag.rule, str(flag.subject)))
        ]
        for part in (found, expected)
    ]  # fmt: skip
    assert {"annotator", "section"} <= {one[0] for one in told[1]}
    assert told[0] == told[1]


def test_two_executors_put_sets_of_labels_together(session, tmp_path):
    import ibis  # noqa: PLC0415 - the warehouse extra

    frame = random_votes(items=60)
    frame = frame.assign(label=[[label, "l9"] if row % 2 else [label] for row, label in enumerate(frame["label"])])
    frame.iloc[0, 2] = []
    frame.to_parquet(tmp_path / "labels.parquet")
    table = ibis.pyspark.connect(session).read_parquet(str(tmp_path / "labels.parquet"))
    found = audit_table(table, engine="pyspark")
    expected = audit_warehouse(str(tmp_path / "labels.parquet"))
    pd.testing.assert_frame_equal(found.scores_table(), expected.scores_table(), rtol=1e-9)
    assert found.annotations.assignments["status"].eq("empty").sum() == 1
