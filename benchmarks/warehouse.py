"""Time and memory of an audit inside DuckDB, and of DuckDB's own bare self-join, on generated Parquet.

Run: ``python benchmarks/warehouse.py --labels 100_000_000 --memory 3GB``; each part is a process of its own. With
``--annotators 6 --kinds 4`` few people label everything with few labels, so that few patterns stand for all items.
"""

import argparse
import logging
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

PER_ITEM = 5

GENERATE = """COPY (
 WITH items AS (SELECT i AS item, hash(i * 7 + 1) AS h FROM range({items}) r(i)),
 given AS (SELECT item, (h % {annotators} + j * (1 + (h // {annotators}) % {step})) % {annotators} AS who,
   hash(item * 31 + j) AS g, (h // 1000000) % {labels} AS truth, (h // 50000000) % 10 AS section
   FROM items, range({per_item}) q(j))
 SELECT item, 'annotator ' || lpad(who::VARCHAR, 4, '0') AS annotator,
   'label ' || lpad((CASE WHEN g % 100 < CASE WHEN section = 3 THEN 60 ELSE 80 END THEN truth
     WHEN g % 100 < 90 THEN (truth // 2) * 2 + (1 - truth % 2) ELSE (g // 100) % {labels} END)::VARCHAR, 2, '0')
     AS label,
   'section ' || section::VARCHAR AS section
 FROM given) TO '{path}' (FORMAT parquet)"""

SELF_JOIN = """CREATE TYPE who AS ENUM (SELECT DISTINCT annotator FROM '{path}');
CREATE TYPE what AS ENUM (SELECT DISTINCT label FROM '{path}');
CREATE VIEW given AS SELECT item, annotator::who AS a, label::what AS l FROM '{path}';
SELECT count(*), sum(n) FROM (
 SELECT x.a, y.a, x.l, y.l, count(*) AS n FROM given x JOIN given y ON x.item = y.item AND x.a < y.a GROUP BY ALL)"""


def generate(path: Path, labels: int, memory: str, annotators: int, kinds: int) -> None:
    """Write the labels of *annotators* people, of so many *kinds*."""
    import duckdb  # noqa: PLC0415 - not in the process that measures

    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{memory}'; SET preserve_insertion_order = false")
    connection.execute(
        GENERATE.format(
            items=labels // PER_ITEM,
            annotators=annotators,
            labels=kinds,
            per_item=PER_ITEM,
            path=path,
            step=max(annotators // PER_ITEM - 1, 1),
        )
    )


def self_join(path: Path, memory: str) -> None:
    """Count the pair tables with one query of DuckDB and nothing else."""
    import duckdb  # noqa: PLC0415 - not in the process that measures

    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{memory}'; SET preserve_insertion_order = false")
    connection.execute(f"SET temp_directory = '{path.parent / 'spilled'}'")
    print("cells and couples:", connection.execute(SELF_JOIN.format(path=path)).fetchall())


def audited(path: Path, memory: str) -> None:
    """Audit, all scores, flags and checks."""
    from agreement.warehouse import audit_warehouse  # noqa: PLC0415 - not in the process that measures

    logging.basicConfig(format="%(message)s", level=logging.INFO)
    result = audit_warehouse(f"duckdb:///{path}?memory_limit={memory}")
    scores = result.scores_table()
    pooled = scores.loc[scores["reference"].isna() & scores["label"].isna(), ["measure", "value", "low", "high", "n"]]
    print(pooled.to_string(index=False))
    print(*result.annotations.reading.warnings, sep="\n")


def measured(name: str, work: object, *arguments: object) -> None:
    """Run *work* in a process of its own and print its time, its processor time and its largest memory."""

    def run() -> None:
        start = time.perf_counter()
        try:
            work(*arguments)
        finally:
            used = resource.getrusage(resource.RUSAGE_SELF)
            print(
                f"{name}: {time.perf_counter() - start:.0f} s, of processors {used.ru_utime + used.ru_stime:.0f} s, "
                f"at most {used.ru_maxrss / 2**20:.2f} GiB",
                flush=True,
            )

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join()


def main() -> None:
    """Generate, join and audit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=1_000_000)
    parser.add_argument("--annotators", type=int, default=2000)
    parser.add_argument("--kinds", type=int, default=20, help="different labels")
    parser.add_argument("--memory", default="2GB", help="memory limit of DuckDB; Python needs up to 2 GiB beside it")
    parser.add_argument("--file", type=Path, help="labels generated before, or where to keep them")
    parser.add_argument("--only", choices=["generate", "join", "audit"], help="one part of the three")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.file or Path(folder) / "labels.parquet"
        if not path.exists():
            measured("generate", generate, path, given.labels, given.memory, given.annotators, given.kinds)
        if given.only in (None, "join"):
            measured("bare self-join", self_join, path, given.memory)
        if given.only in (None, "audit"):
            measured("audit", audited, path, given.memory)


if __name__ == "__main__":
    main()
