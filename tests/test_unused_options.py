"""No option is ignored in silence: it is refused where it names what is not there, else the account tells of it."""

import json

import pandas as pd
import pytest

import agreement
from agreement.cli import run
from agreement.settings import Settings

LONG = "item,annotator,label\n" + "".join(
    f"i{item},{who},{'xy'[(item + add) % 2]}\n" for item in range(12) for add, who in enumerate(("Ana", "Ben"))
)
CONLL = "EU B-ORG\nrejects O\n\nBonn B-LOC\nis O\n"
PRODIGY = "".join(
    json.dumps(
        {
            "text": f"text {item}", "_input_hash": item, "_task_hash": item, "answer": "accept", "_timestamp": item,
            "_annotator_id": who, "_session_id": who, "_view_id": "choice", "accept": ["a"],
            "options": [{"id": "a", "text": "a"}, {"id": "b", "text": "b"}],
        }
    ) + "\n"
    for item in range(3) for who in ("Ana", "Ben")
)  # fmt: skip
LABEL_STUDIO = json.dumps(
    [
        {
            "id": item, "data": {"text": f"text {item}", "source": "mail"},
            "annotations": [
                {
                    "id": 10 * item + who, "completed_by": who,
                    "result": [
                        {"from_name": "tone", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}
                    ],
                }
                for who in (1, 2)
            ],
        }
        for item in range(3)
    ]
)  # fmt: skip
SPANS = "item,start,end,label,annotator\na,0,3,X,Ana\na,0,3,X,Ben\nb,0,3,X,Ana\nb,0,2,Y,Ben\n"
RECORDS = "".join(
    json.dumps(
        {
            "id": "a", "text": "Bonn is on the Rhine", "annotator": who,
            "spans": [{"start": 0, "end": 4, "label": "LOC"}],
        }
    ) + "\n"
    for who in ("Ana", "Ben")
)  # fmt: skip


@pytest.fixture
def written(tmp_path):
    """Write a folder of files, and return it, or its only file."""

    def write(**files):
        for name, content in files.items():
            (tmp_path / name.replace("_", ".")).write_text(content)
        return tmp_path / next(iter(files)).replace("_", ".") if len(files) == 1 else tmp_path

    return write


def refused(files, **options):
    """Return the problems that reading *files* with *options* raises."""
    with pytest.raises(agreement.InputError) as caught:
        agreement.load(files, **options)
    return str(caught.value)


def told(files, values):
    """Return the warnings that *values* of the settings add to the account of *files*."""
    before = agreement.load(files).reading.warnings
    return [one for one in agreement.load(files, Settings.from_mapping(values)).reading.warnings if one not in before]


def test_a_sheet_of_a_file_without_sheets(written):
    message = refused(written(labels_csv=LONG), sheet="Ana")
    assert message == "--sheet: labels.csv has no sheets. Leave it out, or name a workbook."


def test_a_sheet_is_taken_from_the_workbooks_among_files(tmp_path):
    frame = pd.DataFrame({"item": list("abcd"), "label": list("xyxy")})
    with pd.ExcelWriter(tmp_path / "Ana.xlsx") as book:
        frame.to_excel(book, sheet_name="second", index=False)
        frame.assign(label="z").to_excel(book, sheet_name="first", index=False)
    frame.to_csv(tmp_path / "Ben.csv", index=False)
    annotations = agreement.load(tmp_path, sheet="second")
    assert annotations.compared == ("Ana", "Ben")
    assert annotations.layers["label"].labels == ("x", "y")


def test_a_header_in_json(written):
    rows = [{"item": f"i{item}", "annotator": who, "label": "x"} for item in range(3) for who in ("Ana", "Ben")]
    assert "--header: labels.json has no row of a header." in refused(written(labels_json=json.dumps(rows)), header=1)


def test_sheets_and_headers_of_a_frame():
    frame = pd.DataFrame({"item": ["a", "a"], "annotator": ["Ana", "Ben"], "label": ["x", "x"]})
    with pytest.raises(agreement.InputError, match="--sheet: means nothing for a frame"):
        agreement.audit(frame, sheet="Ana")


@pytest.mark.parametrize("option", ["annotator", "label", "layer", "section", "document", "round", "time", "score"])
@pytest.mark.parametrize("name", ["conll", "jsonl", "json"])
def test_columns_that_a_platform_does_not_have(written, option, name):
    content = {"conll": CONLL * 3, "jsonl": PRODIGY, "json": LABEL_STUDIO}[name]
    names = ("Ana", "Ben") if name == "conll" else ("export",)
    files = written(**{f"{stem}_{name}": content for stem in names})
    assert f"--{option}: " in refused(files, **{option: "zzz"})


@pytest.mark.parametrize("option", ["item", "text", "annotators"])
def test_keys_that_no_record_of_a_platform_has(written, option):
    assert f"--{option}" in refused(written(export_json=LABEL_STUDIO), **{option: "zzz"})


def test_a_key_that_every_task_has_names_the_items(written):
    named = agreement.load(written(export_json=LABEL_STUDIO), item="text")
    assert named.items.index.tolist() == ["text 0", "text 1", "text 2"]


@pytest.mark.parametrize("option", ["annotator", "time", "layer", "round", "text", "section", "document", "item"])
@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_columns_that_a_file_of_spans_does_not_have(written, option, name):
    files = written(**{f"spans_{name}": {"csv": SPANS, "jsonl": RECORDS}[name]})
    message = refused(files, **{option: "zzz"})
    assert f"--{option}" in message or "names no annotator" in message


def test_two_columns_of_items_in_a_table_of_spans(written):
    assert "--item: names several columns" in refused(written(spans_csv=SPANS), item=["item", "label"])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"reading": {"hidden": True}}, "reading.hidden (--hidden) changes nothing"),
        ({"reading": {"predictions": True}}, "reading.predictions (--predictions) changes nothing"),
        ({"reading": {"invalid_tags": "drop"}}, "reading.invalid_tags changes nothing"),
        ({"reading": {"unmarked": "empty"}}, "reading.unmarked changes nothing"),
        ({"reading": {"trim_spans": False}}, "reading.trim_spans changes nothing: it is for layers of kind spans"),
        ({"reading": {"tokenizer": "words"}}, "reading.tokenizer changes nothing"),
        ({"reading": {"status": {"reject": "empty"}}}, "names 'reject', which nothing has: there are no statuses"),
        ({"measures": {"iou": 0.4}}, "measures.iou changes nothing"),
        ({"measures": {"similarity": "embedding"}}, "measures.similarity changes nothing"),
        ({"missing": {"values": ["?"]}}, "missing.values names '?': no label is written so"),
        ({"labels": {"aliases": {"X": "x"}}}, "labels.aliases names 'X': no label is written so"),
        ({"annotators": {"groups": {"Cleo": "north"}}}, "[annotators] groups names 'Cleo'"),
        ({"layers": {"tone": {"kind": "ordinal"}}}, "[layers.tone] changes nothing: there is no such layer, only"),
        ({"layers": {"label": {"normalisation": "squad"}}}, "[layers.label] normalisation changes nothing"),
        ({"layers": {"label": {"kind": "labels", "separator": ">"}}}, "[layers.label] separator changes nothing"),
        ({"layers": {"label": {"kind": "labels", "order": ["x", "y"]}}}, "[layers.label] order changes nothing"),
    ],
)
def test_settings_that_change_nothing_are_told(written, values, words):
    (warning,) = told(written(labels_csv=LONG), values)
    assert words in warning


@pytest.mark.parametrize(
    "values",
    [
        {"missing": {"values": ["x", "?"]}},
        {"labels": {"aliases": {"y": "x"}, "order": ["x", "z"]}},
        {"layers": {"label": {"separator": "/"}}},
        {"reading": {"encoding": "utf-8"}},
        {"measures": {"beta": 2}},
    ],
)
def test_settings_that_change_something_are_not_told(written, values):
    assert told(written(labels_csv=LONG), values) == []


def test_an_encoding_of_json(written):
    (warning,) = told(written(export_json=LABEL_STUDIO), {"reading": {"encoding": "cp1252"}})
    assert "reading.encoding (--encoding) changes nothing" in warning


def test_a_status_that_no_answer_has(written):
    (warning,) = told(written(export_jsonl=PRODIGY), {"reading": {"status": {"approve": "done"}}})
    assert "the statuses are 'accept', 'done'" in warning
    assert told(written(export_jsonl=PRODIGY), {"reading": {"status": {"accept": "done"}}}) == []


@pytest.mark.parametrize("options", [{"relevant": ["x"]}, {"cutoffs": [3]}])
def test_how_to_score_a_ranked_list_that_nobody_named(options):
    frame = pd.DataFrame({"item": ["a", "a"], "annotator": ["Ana", "Ben"], "label": ["x", "x"]})
    with pytest.raises(agreement.InputError, match="Name it with --ranking"):
        agreement.audit(frame, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--key", "names.key"], "--key: names the key of pseudonyms, and none were asked for. Pass --anonymise too."),
        (["--counts-only"], "--counts-only: is about the JSON, and none was asked for. Pass --json FILE."),
        (["--all-pairs"], "--all-pairs: is about the CSV, and none was asked for. Pass --csv FOLDER."),
        (["--sheet", "Ana"], "--sheet: labels.csv has no sheets."),
        (["--relevant", "x"], "--relevant: is about a ranked list, and none is named. Name it with --ranking"),
    ],
)
def test_options_about_what_was_not_asked_for(written, capsys, options, words):
    labels = written(labels_csv=LONG)
    assert run(["audit", str(labels), "-o", str(labels.with_suffix(".html")), *options]) == 2
    assert words in capsys.readouterr().err


def test_a_column_of_rounds_in_the_json_of_audits(written, capsys, tmp_path):
    labels, document = written(labels_csv=LONG), tmp_path / "audit.json"
    assert run(["audit", str(labels), "-o", str(tmp_path / "page.html"), "--json", str(document), "--quiet"]) == 0
    assert run(["compare", str(document), str(document), "--round", "week"]) == 2
    assert "--round: names a column, and the JSON of an audit has its rounds already." in capsys.readouterr().err


def test_a_method_of_votes_for_spans(written, capsys, tmp_path):
    command = ["consensus", str(written(spans_jsonl=RECORDS)), "-o", str(tmp_path / "gold.jsonl")]
    assert run([*command, "--method", "majority"]) == 2
    assert "--method: is for labels of items" in capsys.readouterr().err


def test_options_about_the_page_given_to_check(written, capsys):
    command = ["check", str(written(labels_csv=LONG)), "--no-text", "--date", "2026-01-01", "--title", "Tone"]
    run(command)
    assert capsys.readouterr().err == (
        "--date, --no-text: nothing of this is in the release checks; `agreement audit` writes it.\n"
    )
    run([*command, "--quiet"])
    assert capsys.readouterr().err == ""
