"""Files made to break the reader: each is refused in words, or read rightly; docs/hostile-input.md lists them."""

import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from agreement.checks.criteria import settling
from agreement.errors import InputError
from agreement.loaders import load
from agreement.pipeline import audit
from agreement.settings import Settings

LABELS = b"item,annotator,label\n1,Ana,x\n1,Ben,y\n2,Ana,x\n2,Ben,x\n"
SHEET = "xl/worksheets/sheet1.xml"


def refusal(path: Path, **options: dict[str, object]) -> str:
    """Return what the loader says about *path*."""
    with pytest.raises(InputError) as caught:
        load(path, Settings.from_mapping(options))
    return str(caught.value)


def workbook(change: Callable[[str, bytes], bytes]) -> bytes:
    """Return a small workbook whose parts went through *change*."""
    book = openpyxl.Workbook()
    for row in (
        ["item", "annotator", "label"],
        ["1", "Ana", "x"],
        ["1", "Ben", "y"],
        ["2", "Ana", "x"],
        ["2", "Ben", "x"],
    ):
        book.active.append(row)
    plain, changed = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
    return changed.getvalue()


def archive(**members: bytes) -> bytes:
    """Return a zip archive of *members*."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def test_two_cells_at_opposite_ends_of_a_sheet_do_not_exhaust_memory(tmp_path: Path) -> None:
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    path = tmp_path / "far.xlsx"
    path.write_bytes(workbook(lambda name, part: part.replace(b"</sheetData>", far) if name == SHEET else part))
    assert "holds cells so far apart" in refusal(path)


def test_repeated_rows_and_columns_of_an_ods_sheet_do_not_exhaust_memory(tmp_path: Path) -> None:
    cell = b'<table:table-cell office:value-type="string" table:number-columns-repeated="16384"/>'
    path = tmp_path / "repeated.ods"
    path.write_bytes(
        archive(
            mimetype=b"application/vnd.oasis.opendocument.spreadsheet",
            **{"content.xml": b'<table:table-row table:number-rows-repeated="1048576">' + cell + b"</table:table-row>"},
        )
    )
    assert "holds cells so far apart" in refusal(path)


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agreement.loaders._workbook_limits.MOST_BYTES", 1 << 20)
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(workbook(lambda name, part: part + b" " * (1 << 24) if name == SHEET else part))
    assert "unpacks to more than" in refusal(path)


def test_entities_in_a_workbook_are_not_expanded(tmp_path: Path) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    path = tmp_path / "entities.xlsx"
    path.write_bytes(workbook(lambda name, part: bomb + part.split(b"?>")[-1] if name == "xl/workbook.xml" else part))
    found = load(path)
    assert set(found.table["label"]) == {"x", "y"}
    assert any("were not checked" in warning for warning in found.reading.warnings)


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "..\\evil.csv", "C:/evil.csv"])
def test_paths_out_of_an_archive_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "labels.zip"
    path.write_bytes(archive(**{name: LABELS}))
    assert "a path outside the archive" in refusal(path)


def test_an_archive_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    content = LABELS * 10_000
    lying = archive(**{"labels.csv": content}).replace(struct.pack("<I", len(content)), struct.pack("<I", 100))
    path = tmp_path / "lying.zip"
    path.write_bytes(lying)
    assert "can't be unpacked" in refusal(path)


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(archive(**{"labels.csv": b"0" * (250 << 20)}))
    assert "Unpack it and name the folder" in refusal(path)


def test_links_out_of_a_folder_are_refused_and_loops_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "labels.csv").write_bytes(LABELS)
    (folder / "loop").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    os.mkfifo(folder / "pipe.csv")
    assert len(load(folder).table) == 4
    (tmp_path / "secret.csv").write_bytes(LABELS)
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    assert (
        refusal(folder)
        == f"{folder}/link.csv: is a link that leads out of the folder. Name the file itself, or remove it."
    )


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_pipes_and_devices_are_neither_labels_nor_settings(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "pipe" if kind == "pipe" else Path("/dev/zero")
    if kind == "pipe":
        os.mkfifo(path)
    assert "is not a regular file" in refusal(path)
    with pytest.raises(InputError, match="is no regular file"):
        Settings.from_file(path)


def test_the_same_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(LABELS)
    assert load([path, tmp_path / "." / "labels.csv"]).reading.rows_read == 4


@pytest.mark.parametrize("content", [b"[" * 1_000_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000])
def test_json_nested_without_end_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "deep.json"
    path.write_bytes(content)
    assert "nested more than 1024 levels deep" in refusal(path)


def test_a_value_nested_too_deep_for_a_cell_is_refused(tmp_path: Path) -> None:
    deep = "[" * 1000 + "]" * 1000
    path = tmp_path / "deep.jsonl"
    path.write_text(
        "\n".join(f'{{"item": {row}, "annotator": "{who}", "label": {deep}}}' for row in (1, 2) for who in "ab")
    )
    assert "is nested too deep" in refusal(path)


REPEATED = {
    "labels.json": '{"i1": {"Ana": "x", "Ben": "y", "Ana": "z"}, "i2": {"Ana": "x"}}',
    "outer.json": '{"i1": {"Ana": "x"}, "i1": {"Ana": "y"}}',
    "hidden.json": '{"i1": {"Ana": "x", "Ben": "a \\u0022:", "\\u0041na": "z"}, "i2": {"Ana": "x"}}',
    "lines.jsonl": '{"item": 1, "annotator": "a", "label": "x"}\n'
    '{"item": 1, "annotator": "b", "label": "x", "label": "y"}',
    "studio.json": '[{"id": 1, "data": {"text": "Oslo"}, "annotations": [{"completed_by": 1, "completed_by": 2, '
    '"result": [{"type": "choices", "from_name": "tone", "to_name": "text", "value": {"choices": ["pos"]}}]}]}]',
    "prodigy.jsonl": '{"text": "a", "_input_hash": 1, "_task_hash": 1, "answer": "accept", "answer": "reject", '
    '"label": "X", "_session_id": "d-ana"}',
    "doccano.jsonl": '{"id": 1, "text": "spam", "label": ["spam"], "label": ["ham"], "Comments": []}',
}


@pytest.mark.parametrize("name", REPEATED)
def test_a_key_that_occurs_twice_is_no_choice_of_the_parser(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(REPEATED[name])
    assert "occurs twice in one object" in refusal(path)


def test_a_key_that_occurs_twice_with_one_value_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text('{"i1": {"Ana": "x", "Ben": "y", "Ana": "x"}, "i2": {"Ana": "x", "Ben": "x"}}')
    assert load(path).reading.rows_used == 4


def test_halves_of_surrogate_pairs_become_replacement_characters(tmp_path: Path) -> None:
    records = [{"item": row, "annotator": who, "label": "x\ud83d"} for row in (1, 2) for who in ("Ana", "Ben")]
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(records))
    assert set(load(path).table["label"]) == {"x\ufffd"}


def test_a_workbook_under_another_name_is_still_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(workbook(lambda _, part: part))
    assert len(load(path).table) == 4


@pytest.mark.parametrize("format_", ["toloka", "crowdflower", "mturk"])
def test_a_format_asked_for_that_lacks_its_columns_is_refused(tmp_path: Path, format_: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(LABELS)
    assert "which this format always has" in refusal(path, reading={"format": format_})


def test_lines_of_a_platform_file_may_end_in_carriage_returns(tmp_path: Path) -> None:
    rows = ["_unit_id,_worker_id,_trust,label", *(f"{unit},{who},1,{label}" for unit, who, label in JUDGMENTS)]
    path = tmp_path / "labels.csv"
    path.write_text("\r".join(rows))
    assert len(load(path, Settings.from_mapping({"columns": {"label": ["label"]}})).table) == len(JUDGMENTS)


JUDGMENTS = [(unit, who, "xy"[(unit * who) % 2]) for unit in range(1, 9) for who in (1, 2)]


def test_other_tokens_in_the_second_file_are_refused(tmp_path: Path) -> None:
    for name, rows in {"ana": "Anna B-NP B-PER\nsaw B-VP O\n", "ben": "Anna B-NP O\nsaw B-VP O\nP O\n"}.items():
        (tmp_path / f"{name}.conll").write_text(rows)
    assert "has 3 tokens where" in refusal(tmp_path)


def test_a_limit_next_to_a_value_of_zero_settles_nothing() -> None:
    assert "the value lies on the limit" in settling(0.0, (0.0, 0.2), 100, 2.7e-283)


def test_inner_archives_are_refused_like_outer_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = {"exportedproject1.json": b'{"name": "p"}', "annotation/doc.txt/webanno1.zip": b"no archive"}
    (tmp_path / "damaged.zip").write_bytes(archive(**project))
    assert "webanno1.zip: can't be unpacked" in refusal(tmp_path / "damaged.zip")
    monkeypatch.setattr("agreement.loaders._base.MAX_INFLATED", 1 << 16)
    bomb = archive(**{"ana.xmi": b" " * (1 << 17)})
    (tmp_path / "bomb.zip").write_bytes(archive(**project | {"annotation/doc.txt/webanno1.zip": bomb}))
    assert "holds 1 files of 131,072 bytes" in refusal(tmp_path / "bomb.zip")


def test_a_nul_at_the_end_of_an_item_is_part_of_its_name(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.jsonl").write_text(
            "\n".join(json.dumps({"item": f"{item}\0", "label": label}) for item, label in zip("12", "xy", strict=True))
        )
    assert len(load(tmp_path).items) == 2


def test_a_damaged_directory_of_an_archive_is_refused(tmp_path: Path) -> None:
    whole = archive(**{"a.csv": LABELS})
    (tmp_path / "damaged.zip").write_bytes(whole.replace(b"PK\x01\x02", b"PK\x01\x03"))
    assert "is a damaged archive" in refusal(tmp_path / "damaged.zip")


def test_a_path_with_a_nul_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(LABELS)
    assert "is no path" in refusal(tmp_path / "labels.csv", sections={"file": "\0"})


def test_a_project_that_lists_its_documents_as_text_says_nothing_of_their_state(tmp_path: Path) -> None:
    sheet = b"#FORMAT=WebAnno TSV 3.3\n#T_SP=c.S|l\n\n\n#Text=Ana\n1-1\t0-3\tAna\tP[1]\n"
    for listed in ([1, "x"], {"user": "ana"}, 5):
        project = {"exportedproject1.json": json.dumps({"annotation_documents": listed}).encode()}
        names = [f"annotation/d.txt/{who}.tsv" for who in ("ana", "ben")]
        (tmp_path / "project.zip").write_bytes(archive(**project, **dict.fromkeys(names, sheet)))
        assert load(tmp_path / "project.zip").compared == ("ana", "ben")


def test_what_is_no_number_is_refused_in_a_layer_of_numbers(tmp_path: Path) -> None:
    rows = "item,annotator,label\n1,Ana,1\n1,Ben,nan\n2,Ana,1e999\n2,Ben,x\n3,Ana,2\n3,Ben,-2.5e3\n"
    (tmp_path / "labels.csv").write_text(rows)
    found = refusal(tmp_path / "labels.csv", layers={"label": {"kind": "number"}})
    assert [line.split(" ")[3] for line in found.splitlines()] == ["'nan'", "'1e999'", "'x'"]


def test_a_view_of_prodigy_that_is_no_name_is_read_as_text(tmp_path: Path) -> None:
    records = [
        {
            "text": "Ana",
            "_input_hash": 1,
            "_task_hash": 1,
            "_session_id": f"d-{who}",
            "_view_id": ["ner"],
            "answer": "accept",
        }
        for who in ("ana", "ben")
    ]
    records[0]["spans"] = [{"start": 0, "end": 3, "label": "PER"}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, records)))
    assert load(tmp_path / "a.jsonl").compared == ("ana", "ben")


def test_relations_of_one_annotator_alone_are_compared_with_none(tmp_path: Path) -> None:
    for who, lines in {
        "ana": "T1\tPER 0 3\tAna\nT2\tV 4 8\truns\n",
        "ben": "T1\tPER 0 3\tAna\nT2\tV 4 8\truns\nR1\tDoes Arg1:T1 Arg2:T2\n",
    }.items():
        (tmp_path / who).mkdir()
        (tmp_path / who / "1.txt").write_text("Ana runs")
        (tmp_path / who / "1.ann").write_text(lines)
    assert audit(tmp_path).structures.counts == {"relations": {"ana": 0, "ben": 1}}


def test_an_offset_that_is_no_number_is_refused(tmp_path: Path) -> None:
    spans = '<c:Span xmi:id="2" sofa="1" begin="0" end="+" label="PER"/>'
    whole = (
        '<?xml version="1.0"?><xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" '
        f'xmlns:c="http:///webanno/custom.ecore"><cas:Sofa xmi:id="1" sofaString="Ana runs"/>{spans}</xmi:XMI>'
    )
    (tmp_path / "doc").mkdir()
    for who in ("ana", "ben"):
        (tmp_path / "doc" / f"{who}.xmi").write_text(whole)
    assert "ana.xmi: is " in refusal(tmp_path / "doc")  # no valid XMI, or not read without dkpro-cassis


def test_sets_that_are_all_empty_agree_on_no_label(tmp_path: Path) -> None:
    rows = [{"item": item, "annotator": who, "label": []} for item in range(3) for who in ("ana", "ben")]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    audit(load(tmp_path / "a.json", Settings.from_mapping({"layers": {"label": {"kind": "labels"}}})))


def test_a_layer_in_which_nobody_submitted_a_label_has_no_scores(tmp_path: Path) -> None:
    tone = [{"value": "pos", "user_id": "u1", "status": "draft"}, {"value": "neg", "user_id": "u2", "status": "draft"}]
    topics = [{"value": ["a"], "user_id": "u1"}, {"value": [], "user_id": "u2"}]
    record = {"id": "7", "fields": {"text": "Acme"}, "responses": {"tone": tone, "topics": topics}}
    (tmp_path / "a.json").write_text(json.dumps([record]))
    scores = audit(tmp_path).scores_table()
    assert scores.loc[scores["layer"].eq("tone"), "value"].isna().all()


FORMATS = {
    "a.csv": LABELS,
    "ana.conll": b"Ana B-PER\nruns O\n",
    "a/1.ann": b"T1\tPER 0 3\tAna\n",
    "b.csv": b"HITId,AssignmentId,WorkerId,Answer.label\nh1,a1,A1,x\nh1,a2,A2,x\n",
}


@pytest.mark.parametrize("encoding", ["nope", "hex", "utf\0"])
@pytest.mark.parametrize("name", FORMATS)
def test_an_encoding_that_nobody_knows_is_refused(tmp_path: Path, name: str, encoding: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(FORMATS[name])
    if name == "a/1.ann":
        (tmp_path / "a/1.txt").write_text("Ana runs")
    assert "encoding" in refusal(tmp_path, reading={"encoding": encoding})


def test_a_member_that_an_archive_holds_twice_is_refused(tmp_path: Path) -> None:
    whole = archive(**{"a.csv": LABELS, "b.csv": LABELS})
    (tmp_path / "twice.zip").write_bytes(whole.replace(b"b.csv", b"a.csv"))
    assert "holds 'a.csv' twice" in refusal(tmp_path / "twice.zip")


def test_the_directory_of_an_archive_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {f"w{number}.csv": b"item,label\n1,x\n2,y\n" for number in range(60)}
    (tmp_path / "many.zip").write_bytes(archive(**rows))
    opened, real = [], zipfile.ZipFile._RealGetContents
    monkeypatch.setattr("zipfile.ZipFile._RealGetContents", lambda self: (opened.append(1), real(self))[1])
    assert len(load(tmp_path / "many.zip").compared) == 60
    assert len(opened) <= 2


def test_offsets_of_thousands_of_digits_are_refused(tmp_path: Path) -> None:
    """Python reads no number of more than 4,300 digits."""
    digits = "9" * 5000
    sheet = f"#FORMAT=WebAnno TSV 3.3\n#T_SP=c.S|l\n\n\n#Text=Ana\n1-1\t0-{digits}\tAna\tP[1]\n"
    (tmp_path / "a.tsv").write_text(sheet)
    assert "a.tsv!6: is no line of WebAnno TSV" in refusal(tmp_path / "a.tsv")
    for who in ("ana", "ben"):
        (tmp_path / "brat" / who).mkdir(parents=True)
        (tmp_path / "brat" / who / "1.txt").write_text("Ana runs")
        (tmp_path / "brat" / who / "1.ann").write_text(f"T1\tPER 0 {digits}\tAna\n")
    refusal(tmp_path / "brat")
