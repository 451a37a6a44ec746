"""The same tables, scores and flags from two Spark executors as from DuckDB."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from agreement import load
from agreement.warehouse import audit_table, audit_warehouse, pairs, profiles

pyspark = pytest.importorskip("pyspark")
pytest.importorskip("ibis")

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java"),
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


@pytest.mark.parametrize("everybody", [True, False], ids=["patterns", "crowd"])
def test_two_executors_return_what_duckdb_returns(session, sample_folder, tmp_path, monkeypatch, everybody):
    import ibis  # noqa: PLC0415 - the warehouse extra

    annotations = load(sample_folder / "tickets" / "tickets.xlsx")
    rows = annotations.table[["item", "annotator", "label"]].astype("str")
    about = annotations.items.reset_index()[["item", "section"]].astype("str")
    path = tmp_path / "tickets.parquet"
    rows.merge(about, on="item").to_parquet(path)
    if not everybody:
        monkeypatch.setattr(profiles, "MOST_PATTERNS", -1)
        monkeypatch.setattr(pairs, "SLICE_COUPLES", 2000)
    table = ibis.pyspark.connect(session).read_parquet(str(path))
    found, expected = audit_table(table, engine="pyspark", at_once=0), audit_warehouse(str(path), at_once=0)
    assert session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() == 3  # the driver and two executors
    pd.testing.assert_frame_equal(found.scores_table(), expected.scores_table(), rtol=1e-9)
    assert (found.comparisons[0].contingency.counts == expected.comparisons[0].contingency.counts).all()
    assert [flag.message for flag in found.diagnosis.flags] == [flag.message for flag in expected.diagnosis.flags]
