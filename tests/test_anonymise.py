"""No output of an anonymised audit holds a real name; with one key everybody keeps one pseudonym."""

import io
import stat
import zipfile

import pandas as pd
import pytest

from agreement.annotations import Reading
from agreement.anonymise import anonymise, anonymise_settings, hider, key_from, pseudonyms, write_mapping
from agreement.errors import InputError, OutputError
from agreement.guidelines import Guidelines, Section
from agreement.loaders import load
from agreement.pipeline import audit
from agreement.records import Records, assemble, content_hash
from agreement.report import junit, markdown, tables, terminal, workbook
from agreement.settings import Settings

KEY = bytes(range(32))
NAMES = ["Xanthe Quill", "bzork@quux.org", "Çelik", "Ömer"]


@pytest.fixture
def annotations():
    """Eighty items; names in files, sheets, columns, metadata, warnings, guideline and settings."""
    labels = ["Refund", "Billing", "Other"]
    rows = pd.DataFrame(
        [
            {
                "item": f"i{number:02}",
                "annotator": who,
                # slips on a fifth of the items, each time by another annotator
                "label": labels[(number + (number % 5 == 0 and place == number // 5 % 4)) % 3],
                "source": f"batch/{who.replace(' ', '_').lower()}.xlsx[{who}]",
                "row": number + 2,
            }
            for number in range(80)
            for place, who in enumerate(NAMES)
        ]
    )
    items = pd.DataFrame(
        {"text": "some words", "section": ["3.1", "3.2"] * 40, "handed out by": NAMES * 20},
        index=pd.Index([f"i{number:02}" for number in range(80)], name="item"),
    )
    reading = Reading(
        format="table", files=[f"{who}.xlsx" for who in NAMES], annotator_from=f"columns {', '.join(NAMES)}",
        columns={"annotator": "Xanthe Quill"}, warnings=["XANTHE-QUILL left 3 cells blank."], rows_read=320,
    )  # fmt: skip
    guidelines = Guidelines({"3.1": Section("3.1", "Refunds", "Ask Ömer when in doubt.")}, "guide by Çelik.md")
    return assemble(Records(rows, reading, items=items, guidelines=guidelines, kinds={"Çelik": "model"}), Settings())


SETTINGS = Settings.from_mapping(
    {
        "annotators": {"model": ["Çelik"], "ignore": ["Zoë Left-Out"], "groups": {"Ömer": "team Ömer"}},
        "columns": {"annotators": NAMES, "sheets": ["Xanthe Quill"]},
        "report": {"title": "Labels of Xanthe Quill"},
    }
)


def texts_of(path):
    """Yield every text in a file, members of a workbook unpacked."""
    content = path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield archive.read(name).decode("utf-8", "replace")
    else:
        yield content.decode("utf-8", "replace")


def test_no_output_holds_a_real_name(annotations, tmp_path):
    from agreement.report.page import write_page  # noqa: PLC0415 - the page is slow to import

    hidden, mapping = anonymise(annotations, KEY)
    result = audit(hidden, anonymise_settings(SETTINGS, mapping))
    write_page(result, tmp_path / "page.html")
    tables.write_json(result, tmp_path / "audit.json")
    tables.write_csv(result, tmp_path / "csv")
    workbook.write_workbook(result, tmp_path / "audit.xlsx")
    (tmp_path / "terminal.txt").write_text(terminal.summary(result, {}))
    (tmp_path / "summary.md").write_text(markdown.summary(result) + markdown.checks_lines(result))
    (tmp_path / "junit.xml").write_text(junit.checks_junit(result))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 13
    shown = {path: "\n".join(texts_of(path)) for path in files}
    assert "Annotator 01" in shown[tmp_path / "audit.json"]
    for path, text in shown.items():
        for name in ("Xanthe", "Quill", "bzork", "quux", "Çelik", "Ömer", "Zoë", "Left-Out"):
            assert name.casefold() not in text.casefold(), f"{name} in {path.name}"


def test_the_hash_is_that_of_the_real_annotations(annotations):
    hidden, _ = anonymise(annotations, KEY)
    assert hidden.reading.source_sha256 == content_hash(annotations)


def test_the_numbers_do_not_change(annotations):
    hidden, mapping = anonymise(annotations, KEY)
    before, after = (audit(source).scores_table() for source in (annotations, hidden))
    pooled = [frame.loc[frame["reference"].isna(), ["measure", "label", "value", "n"]] for frame in (before, after)]
    pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in pooled), rtol=1e-12)
    assert sorted(mapping.values()) == [f"Annotator 0{number}" for number in range(1, 5)]


def test_kinds_and_tables_go_with_their_people(annotations):
    hidden, mapping = anonymise(annotations, KEY)
    assert hidden.of_kind("model") == (mapping["Çelik"],)
    assert list(hidden.annotators.index) == sorted(mapping.values())
    keys = hidden.table[["item", "round", "annotator", "layer"]].astype(str)
    assert keys.equals(keys.sort_values(list(keys), ignore_index=True))
    before = annotations.table.assign(annotator=annotations.table["annotator"].astype(str).map(mapping))
    columns = ["item", "annotator", "label"]
    assert set(before[columns].astype(str).itertuples(index=False)) == set(
        hidden.table[columns].astype(str).itertuples(index=False)
    )


def test_names_left_in_texts_and_ids_are_counted(annotations):
    items = annotations.items.assign(text=["ask Xanthe Quill", *annotations.items["text"][1:]])
    from dataclasses import replace  # noqa: PLC0415 - used once

    hidden, _ = anonymise(replace(annotations, items=items), KEY)
    assert any("found in texts (1)" in warning for warning in hidden.reading.warnings)
    assert hidden.items["text"].iloc[0] == "ask Xanthe Quill"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ana_diaz.csv", "Annotator 01.csv"),
        ("AnaDiaz", "Annotator 01"),
        ("Anadiazepam", "Anadiazepam"),
        ("Anabel", "Anabel"),
        ("ana@x.org wrote", "Annotator 02 wrote"),
        ("by Ana.", "by Annotator 02."),
        ("column A", "column A"),
        ("A", "Annotator 03"),
        ("C++", "Annotator 04"),
    ],
)
def test_a_name_is_found_however_it_is_written(text, shown):
    mapping = {"Ana Diaz": "Annotator 01", "Ana": "Annotator 02", "A": "Annotator 03", "C++": "Annotator 04"}
    assert hider(mapping)(text) == shown


def test_a_file_named_by_part_of_a_name_is_renamed():
    frame = pd.DataFrame(
        [("i1", "gemma_agent", "x"), ("i1", "qwen_agent", "x")], columns=["item", "annotator", "label"]
    )
    frame["source"] = ["annotations_gemma.json", "annotations_qwen.json"]
    reading = Reading(files=["annotations_gemma.json", "agent.csv"], rows_read=2, warnings=["gemma is a stone"])
    hidden, mapping = anonymise(assemble(Records(frame, reading), Settings()), KEY)
    gemma, qwen = mapping["gemma_agent"], mapping["qwen_agent"]
    assert hidden.reading.files == [f"annotations_{gemma}.json", "agent.csv"]
    assert set(hidden.table["source"]) == {f"annotations_{gemma}.json", f"annotations_{qwen}.json"}
    assert hidden.reading.warnings == ["gemma is a stone"]


def test_the_order_comes_from_the_key():
    people = [f"person {number}" for number in range(30)]
    assert pseudonyms(people, KEY) == pseudonyms(people[::-1], KEY)
    assert pseudonyms(people, KEY) != pseudonyms(people, KEY[::-1])


def test_a_key_is_made_once_and_kept_private(tmp_path):
    path = tmp_path / "agreement.key"
    key = key_from(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key_from(path) == key


@pytest.mark.parametrize("content", ["", "no key", "00" * 8, "é"])
def test_what_is_no_key_is_refused(tmp_path, content):
    (tmp_path / "key").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="is no key"):
        key_from(tmp_path / "key")


def test_a_key_needs_a_folder(tmp_path):
    with pytest.raises(OutputError, match="does not exist"):
        key_from(tmp_path / "none" / "key")


def test_the_mapping_is_private_too(tmp_path):
    path = write_mapping({"Ana": "Annotator 02", "Ben": "Annotator 01"}, tmp_path / "my.key")
    assert path.read_text() == "pseudonym,name\nAnnotator 01,Ben\nAnnotator 02,Ana\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_names_that_only_the_settings_know_are_not_told(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("item,annotator,label\n1,ana,x\n1,ben,y\n2,ana,x\n2,ben,x\n", encoding="utf-8")
    known = {"ignore": ["Jon Doe"], "model": ["Bea Bot"], "groups": {"Cem Lost": "night"}}
    settings = Settings.from_mapping({"annotators": known})
    annotations = load(str(path), settings)
    assert any("Jon Doe" in text for text in annotations.reading.warnings)
    hidden, _ = anonymise(annotations, KEY, settings)
    assert not [text for text in hidden.reading.warnings for name in ("Jon", "Bea", "Cem") if name in text]
    assert any("names another annotator:" in text for text in hidden.reading.warnings)
