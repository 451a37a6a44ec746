"""Any table, written in any supported shape and format, is read back as the same annotations."""

import csv
import io
import json
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreement.loaders import load
from agreement.settings import Settings

Cells = dict[tuple[str, str], str]  # (item, annotator): label
Rows = list[list[str]]

NAMES = ("Ana", "Ben", "Chloé", "Dee", "worker_0", "worker_1", "Expert 1", "jürgen")
LABELS = ("yes", "no", "NA", "None", "null", "007", "1.0", "Complaint", "is, quoted", 'say "so"', "two\nlines", "ü")
ITEMS = ("t{:03d}", "{}", "doc/{}", "https://example.invalid/{}")


@st.composite
def tables(draw: st.DrawFn) -> Cells:
    """Labels of 2 to 5 annotators for 8 to 24 items; some cells missing, every label used by two annotators."""
    annotators = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
    labels = draw(st.lists(st.sampled_from(LABELS), min_size=2, max_size=4, unique=True))
    pattern = draw(st.sampled_from(ITEMS))
    items = [pattern.format(number) for number in range(101, 101 + draw(st.integers(8, 24)))]
    chance = random.Random(draw(st.integers(0, 10_000)))
    full = {(item, who): chance.choice(labels) for item in items for who in annotators}
    for item, label in zip(items, labels, strict=False):
        full |= {(item, who): label for who in annotators}
    optional = [key for key in full if key[0] not in items[: len(labels)]]
    gone = chance.sample(optional, k=draw(st.integers(0, len(optional) // 5)))
    return {key: label for key, label in full.items() if key not in gone}


def items_of(cells: Cells) -> list[str]:
    return list(dict.fromkeys(item for item, _ in cells))


def annotators_of(cells: Cells) -> list[str]:
    return list(dict.fromkeys(who for _, who in cells))


def long(
    cells: Cells, columns: tuple[int, ...] = (0, 1, 2), header: tuple[str, ...] | None = ("id", "who", "label")
) -> Rows:
    rows = [[item, who, label] for (item, who), label in cells.items()]
    body = [[row[position] for position in columns] for row in rows]
    return ([[header[position] for position in columns]] if header else []) + body


def wide(cells: Cells) -> Rows:
    people = annotators_of(cells)
    return [
        ["item_id", *people],
        *([item, *(cells.get((item, who), "") for who in people)] for item in items_of(cells)),
    ]


def transposed(cells: Cells) -> Rows:
    return [["annotator", *items_of(cells)]] + [
        [who, *(cells.get((item, who), "") for item in items_of(cells))] for who in annotators_of(cells)
    ]


def one_hot(cells: Cells) -> Rows:
    labels = sorted(set(cells.values()))
    return [["item", "annotator", *(f"is {label}" for label in labels)]] + [
        [item, who, *(str(int(label == mine)) for label in labels)] for (item, who), mine in cells.items()
    ]


def write_text(path: Path, rows: Rows, delimiter: str, encoding: str = "utf-8") -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


def write_book(path: Path, sheets: dict[str, Rows]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([cell or None for cell in row])
    book.save(path)


def csv_file(rows: Callable[[Cells], Rows], delimiter: str = ",", encoding: str = "utf-8", name: str = "t.csv"):
    def write(folder: Path, cells: Cells) -> None:
        write_text(folder / name, rows(cells), delimiter, encoding)

    return write


def book_file(rows: Callable[[Cells], Rows]):
    def write(folder: Path, cells: Cells) -> None:
        write_book(folder / "t.xlsx", {"Sheet1": rows(cells)})

    return write


def sheet_each(folder: Path, cells: Cells) -> None:
    write_book(
        folder / "t.xlsx",
        {
            who: [["item", "label"], *([item, label] for (item, mine), label in cells.items() if mine == who)]
            for who in annotators_of(cells)
        },
    )


def file_each(folder: Path, cells: Cells) -> None:
    for who in annotators_of(cells):
        rows = [["item", "label"], *([item, label] for (item, mine), label in cells.items() if mine == who)]
        write_text(folder / f"{who}.csv", rows, ";")


def folder_each(folder: Path, cells: Cells) -> None:
    for who in annotators_of(cells):
        (folder / who).mkdir()
        rows = [["item", "label"], *([item, label] for (item, mine), label in cells.items() if mine == who)]
        write_text(folder / who / "labels.tsv", rows, "\t")


def json_nested(folder: Path, cells: Cells) -> None:
    nested: dict[str, dict[str, str]] = {}
    for (item, who), label in cells.items():
        nested.setdefault(item, {})[who] = label
    (folder / "t.json").write_text(json.dumps(nested), encoding="utf-8")


def json_records(folder: Path, cells: Cells) -> None:
    records = [{"item": item, "annotator": who, "label": label} for (item, who), label in cells.items()]
    (folder / "t.json").write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")


def json_lines(folder: Path, cells: Cells) -> None:
    lines = [json.dumps({"label": label, "rater": who, "uid": item}) for (item, who), label in cells.items()]
    (folder / "t.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def json_lists(folder: Path, cells: Cells) -> None:
    records = [
        {
            "id": item,
            "text": f"about {item}",
            "annotations": [{"annotator": who, "label": label} for (mine, who), label in cells.items() if mine == item],
        }
        for item in items_of(cells)
    ]
    (folder / "t.json").write_text(json.dumps(records), encoding="utf-8")


def json_columns(folder: Path, cells: Cells) -> None:
    columns = {
        "item": [item for item, _ in cells],
        "annotator": [who for _, who in cells],
        "label": list(cells.values()),
    }
    (folder / "t.json").write_text(json.dumps(columns), encoding="utf-8")


def lists(cells: Cells) -> Rows:
    rows = [["id", "annotators", "annotations"]]
    for item in items_of(cells):
        mine = {who: label for (other, who), label in cells.items() if other == item}
        rows.append([item, json.dumps(list(mine)), json.dumps(list(mine.values()))])
    return rows


def notes_above(cells: Cells) -> Rows:
    return [["Export of May", "", "", ""], ["", "", "", ""], *([*row, ""] for row in long(cells))]


SHAPES: dict[str, Callable[[Path, Cells], None]] = {
    "long csv": csv_file(long),
    "long tsv, other order": csv_file(lambda cells: long(cells, (2, 0, 1)), "\t", name="t.tsv"),
    "long semicolon utf-16": csv_file(lambda cells: long(cells, (1, 2, 0)), ";", "utf-16"),
    "long bom": csv_file(long, encoding="utf-8-sig"),
    "long pipe": csv_file(long, "|", name="t.txt"),
    "long xlsx": book_file(long),
    "long below notes": csv_file(notes_above),
    "long below notes xlsx": book_file(notes_above),
    "wide csv": csv_file(wide),
    "wide xlsx": book_file(wide),
    "transposed csv": csv_file(transposed),
    "transposed xlsx": book_file(transposed),
    "sheet per annotator": sheet_each,
    "file per annotator": file_each,
    "folder per annotator": folder_each,
    "nested json": json_nested,
    "json records": json_records,
    "json lines": json_lines,
    "json annotation lists": json_lists,
    "json columns": json_columns,
    "lists csv": csv_file(lists),
    "lists xlsx": book_file(lists),
}


def read_back(cells: Cells, write: Callable[[Path, Cells], None], **options: dict[str, object]):
    folder = Path(tempfile.mkdtemp())
    try:
        write(folder, cells)
        return load(folder, Settings.from_mapping(options))
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("shape", SHAPES)
@given(cells=tables())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_shape_reads_back(shape: str, cells: Cells) -> None:
    found = read_back(cells, SHAPES[shape])
    table = found.table
    assert {(i, a): v for i, a, v in zip(table["item"], table["annotator"], table["label"], strict=True)} == cells
    assert len(table) == len(cells)
    assigned = found.assignments
    assert set(zip(assigned["item"], assigned["annotator"], strict=True)) == set(cells)
    assert set(assigned["status"]) == {"done"}
    assert set(found.layers) == {"label"}
    reading = found.reading
    assert reading.rows_read == reading.rows_used + sum(reading.set_aside.values())
    assert reading.rows_used == len(cells)


@given(cells=tables())
@settings(max_examples=8, deadline=None)
def test_one_hot_reads_back(cells: Cells) -> None:
    found = read_back(cells, csv_file(one_hot)).table
    assert {
        (i, a): v.removeprefix("is ") for i, a, v in zip(found["item"], found["annotator"], found["label"], strict=True)
    } == cells


@given(cells=tables(), order=st.permutations((0, 1, 2)))
@settings(max_examples=10, deadline=None)
def test_long_without_header_reads_back_or_asks(cells: Cells, order: list[int]) -> None:
    write = csv_file(lambda mine: long(mine, tuple(order), None))
    item, annotator, label = (str(order.index(role) + 1) for role in (0, 1, 2))
    found = read_back(
        cells, write, columns={"item": [item], "annotator": annotator, "label": [label], "header": 0}
    ).table
    assert {(i, a): v for i, a, v in zip(found["item"], found["annotator"], found["label"], strict=True)} == cells


@given(cells=tables())
@settings(max_examples=8, deadline=None)
def test_wide_without_header_names_annotators_by_position(cells: Cells) -> None:
    found = read_back(cells, csv_file(lambda mine: wide(mine)[1:]), columns={"header": 0}).table
    people = {who: f"annotator {number}" for number, who in enumerate(annotators_of(cells), 1)}
    expected = {(item, people[who]): label for (item, who), label in cells.items()}
    assert {(i, a): v for i, a, v in zip(found["item"], found["annotator"], found["label"], strict=True)} == expected
