"""Bad input: one clear message for each problem, all problems at once, and never a traceback."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agreement.errors import InputError
from agreement.loaders import load
from agreement.settings import Settings

Refuse = Callable[..., str]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.fixture
def refuse(tmp_path: Path) -> Refuse:
    def write_and_load(content: bytes | str, name: str = "labels.csv", **options: dict[str, object]) -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(InputError) as caught:
            load(path, Settings.from_mapping(options))
        return str(caught.value)

    return write_and_load


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "a.csv", "a.csv: is empty."),
        (b" \n\n", "a.csv", "a.csv: is empty."),
        (b"", "a.xlsx", "a.xlsx: is empty."),
        (b"", "a.json", "a.json: is empty."),
        (b"id,annotator,label\n", "a.csv", "a.csv: has a header but no rows."),
        (b"id,annotator,label\n1,a,\n1,b,\n", "a.csv", "holds no label: every cell is blank."),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "a.csv", "holds NUL bytes"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "a.png", "holds no table"),
        (bytes(range(128, 160)) * 9 + bytes(range(1, 32)) * 9, "a.csv", "is no text and no spreadsheet."),
        (b"id,annotator,label\n1,a,x\n2,a\0,y\n", "a.csv", "a.csv, line 3: holds NUL bytes"),
        (b"PK\x03\x04 garbage", "a.xlsx", "a.xlsx: is no workbook, or a damaged one"),
        (b"id,Ana,Ben\n1,x,y\n", "a.xlsx", "a.xlsx: is no workbook, or a damaged one"),
        (OLE + b"\0" * 600, "a.xls", "a.xls: is no workbook, or a damaged one"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "a.xlsx: is protected by a password."),
        (b'{"a": [1, 2', "a.json", "a.json: is not valid JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "a.json", "nested more than 1024 levels deep"),
        (b"42", "a.json", "which is no table"),
        (b"[1, 2]", "a.json", "holds a list of int, which is no table."),
        (b"[]", "a.json", "holds no records."),
        (b"{}", "a.json", "holds an empty object."),
        (b'[{"id": 1}, [2], 3]', "a.json", "holds a list of dict and int and list, which is no table."),
        (
            b'{"id":1,"annotator":"a","label":"x"}\n{"id":1,"annotator":"b","label":"x"}\n{"id":\n',
            "a.jsonl",
            "a.jsonl!3:",
        ),
        (b"id,annotator\n1,a\n2,b\n", "a.csv", "no column names the label (found: 'id', 'annotator')."),
        (b'id,annotator,label\n1,a,"x\n2,a,y\n3,b,x\n', "a.csv", "a.csv!2: opens a quote that is never closed."),
        (b"\xff\xfei\0d\0,\0a", "a.csv", "can't be read as utf-16"),
    ],
)
def test_content_that_is_no_table(refuse: Refuse, content: bytes, name: str, message: str) -> None:
    assert message in refuse(content, name)


def test_columns_of_one_name_are_listed_with_their_letters(refuse: Refuse) -> None:
    message = refuse("id,Ana,Ben,Ana,Ben\n1,x,y,x,y\n2,y,y,x,x\n")
    assert message.splitlines() == [
        "labels.csv!1: 2 columns are called 'Ana' (B, D). Give every column a name of its own.",
        "labels.csv!1: 2 columns are called 'Ben' (C, E). Give every column a name of its own.",
    ]


def test_ragged_rows_are_listed_and_the_rest_counted(refuse: Refuse) -> None:
    good = "".join(f"{row},a,x\n" for row in range(100))
    message = refuse("id,annotator,label\n" + good + "1,a\n1,a,x,y\n" + "2,b\n" * 30).splitlines()
    assert message[0] == "labels.csv!102: 2 cells where the header has 3. Add the missing cells."
    assert message[1] == "labels.csv!103: 4 cells where the header has 3. Quote the cell that holds the delimiter."
    assert len(message) == 21
    assert message[-1] == "labels.csv: and 12 more rows like these."


def test_blank_cells_beyond_the_table_are_no_ragged_rows(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("id,Ana,Ben\n1,x,y,,\n2,y,y\n\n3,x,x\n,,\n", encoding="utf-8")
    found = load(path)
    assert len(found.table) == 6
    assert sum(found.reading.repairs.values()) == 1


def test_prose_is_no_table(refuse: Refuse) -> None:
    prose = "".join(f"Dear {'all, ' * (row % 5)}this is a letter.\n" for row in range(60))
    assert "is no table: its rows have 1 to 5 cells" in refuse(prose, "letter.csv")


def test_ten_megabytes_in_one_label(refuse: Refuse) -> None:
    message = refuse("id,annotator,label\n1,a,x\n1,b," + "z" * 10_000_000 + "\n")
    assert 'labels.csv!3, column "label": a cell of 10,000,000 characters' in message
    assert len(message) < 400


def test_ten_megabytes_of_text_are_text(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("id,text,Ana,Ben\n1," + "z " * 5_000_000 + ",x,x\n2,short,x,y\n3,s,y,y\n", encoding="utf-8")
    assert load(path).compared == ("Ana", "Ben")


def test_every_file_reports_its_problem(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("", encoding="utf-8")
    (tmp_path / "b.json").write_text("{", encoding="utf-8")
    (tmp_path / "c.xlsx").write_text("no", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    assert [problem.where.rpartition("/")[2] for problem in caught.value.problems] == ["a.csv", "b.json", "c.xlsx"]


def test_folders_without_tables(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no readable file"):
        load(tmp_path)
    (tmp_path / "about.md").write_text("# About", encoding="utf-8")
    with pytest.raises(InputError, match=r"about.md: holds no table"):
        load(tmp_path)


def test_unknown_encodings_sheets_and_header_rows(refuse: Refuse) -> None:
    assert "Pass the right --encoding" in refuse("id,Ana,Ben\n1,x,y\n", reading={"encoding": "no-such"})
    assert "has no row 9" in refuse("id,Ana,Ben\n1,x,y\n", columns={"header": 9})


def test_a_workbook_whose_parts_lie(refuse: Refuse) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook><sheets><sheet name='a'")
    assert "is no workbook, or a damaged one" in refuse(made.getvalue(), "a.xlsx")


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.tsv", "a.json", "a.jsonl", "a.xlsx", "a.txt"]))
@example(b"\xef\xbb\xbf", "a.csv")
@example(b'a,b\n"', "a.csv")
@example(b"[{}]", "a.json")
@example(b"[[]]", "a.json")
@example(b'{"a":{}}', "a.json")
@example(b'{"a":{"b":{"c":{}}}}', "a.json")
@example(b"\n\n,\n", "a.csv")
@settings(max_examples=50, deadline=None)
def test_no_bytes_cause_a_traceback(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    path = tmp_path_factory.mktemp("fuzz") / name
    path.write_bytes(content)
    with suppress(InputError):
        load(path)


CELL = st.sampled_from(
    ["", "a", "b", "1", "2", "x,y", "id", "annotator", "label", '"', "[1,2]", "{}", "start", "end", "gold"]
)


@given(st.lists(st.lists(CELL, min_size=1, max_size=5), min_size=1, max_size=8), st.sampled_from(",;\t"))
@settings(max_examples=60, deadline=None)
def test_no_small_table_causes_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "a.csv"
    path.write_text("\n".join(delimiter.join(row) for row in rows), encoding="utf-8")
    with suppress(InputError):
        found = load(path)
        assert found.reading.rows_read == found.reading.rows_used + sum(found.reading.set_aside.values())
