"""The command line: exit codes, one screen of help in time, nothing half-written."""

import subprocess
import sys

import pytest

from agreement.cli import run

LONG = "item,annotator,label\n" + "\n".join(
    f"{item},{annotator},{'a' if (item + shift) % 3 else 'b'}"
    for item in range(60)
    for shift, annotator in enumerate(["ana", "ben"])
)


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(LONG, encoding="utf-8")
    return path


def test_help_imports_neither_pandas_nor_statsmodels():
    code = (
        "import sys; from agreement.cli import run; run(['--help']);"
        "assert not {'pandas', 'numpy', 'statsmodels', 'jinja2', 'pydantic', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_audit_writes_the_page_and_leaves_with_0(labels, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert run(["audit", str(labels), "-o", str(page)]) == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert str(page) in capsys.readouterr().out.replace("\n", "")


def test_all_outputs_are_written(labels, tmp_path, capsys):
    arguments = ["audit", str(labels), "-o", str(tmp_path / "p.html"), "--json", str(tmp_path / "a.json")]
    assert run([*arguments, "--csv", str(tmp_path / "tables"), "--excel", str(tmp_path / "a.xlsx"), "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert {path.name for path in tmp_path.iterdir()} == {"labels.csv", "p.html", "a.json", "tables", "a.xlsx"}


def test_the_same_input_gives_the_same_bytes(labels, tmp_path):
    def outputs(name):
        folder = tmp_path / name
        folder.mkdir()
        arguments = ["audit", str(labels), "-o", str(folder / "p.html"), "--json", str(folder / "a.json"), "--quiet"]
        assert run([*arguments, "--excel", str(folder / "a.xlsx"), "--csv", str(folder / "tables")]) == 0
        return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

    assert outputs("one") == outputs("two")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["audit", "no-such-file.csv"], "no-such-file.csv"),
        (["audit"], "PATH"),
        (["audit", "x.csv", "--layout", "sideways"], "sideways"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_use_leaves_with_2_and_says_why(arguments, words, capsys):
    assert run(arguments) == 2
    assert words in capsys.readouterr().err


def test_a_wrong_key_in_the_config_names_what_is_allowed(labels, tmp_path, capsys):
    config = tmp_path / "agreement.toml"
    config.write_text("[gate]\nkapa = 0.7\n", encoding="utf-8")
    assert run(["audit", str(labels), "--config", str(config), "-o", str(tmp_path / "p.html")]) == 2
    assert "gate.kapa" in (text := capsys.readouterr().err)
    assert "class_f1" in text
    assert not (tmp_path / "p.html").exists()


def test_an_input_is_never_overwritten(labels, capsys):
    assert run(["audit", str(labels), "-o", str(labels)]) == 2
    assert labels.read_text(encoding="utf-8") == LONG
    assert "input" in capsys.readouterr().err


def test_an_output_in_a_missing_folder_is_one_sentence(labels, tmp_path, capsys):
    assert run(["audit", str(labels), "-o", str(tmp_path / "no" / "page.html")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_fail_on_turns_the_verdict_into_an_exit_code(labels, tmp_path):
    arguments = ["audit", str(labels), "-o", str(tmp_path / "p.html"), "--quiet"]
    assert run(arguments) == 0
    assert run([*arguments, "--fail-on", "fail"]) == 1


def test_check_fails_on_labels_that_disagree(labels, capsys):
    assert run(["check", str(labels)]) == 1
    assert "ail" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["measures", "formats", "rules"])
def test_lists_have_a_line_each(command, capsys):
    assert run([command]) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 5


@pytest.mark.parametrize("story", ["tickets", "sentiment", "entities"])
def test_demo_stories_run(story, tmp_path, capsys, monkeypatch):
    """Whatever settings there are for the labels of the folder where somebody stands."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agreement.toml").write_text('[columns]\nitem = "ticket"\n', encoding="utf-8")
    assert run(["demo", story, "-o", str(tmp_path / "p.html")]) == 0
    assert (tmp_path / "p.html").stat().st_size > 10_000
    assert len(capsys.readouterr().out.splitlines()) <= 40


def test_detect_computes_nothing_and_writes_a_config(labels, tmp_path, capsys):
    config = tmp_path / "agreement.toml"
    assert run(["detect", str(labels), "--write-config", str(config)]) == 0
    assert "annotator" in capsys.readouterr().out
    assert run(["audit", str(labels), "--config", str(config), "-o", str(tmp_path / "p.html"), "--quiet"]) == 0


@pytest.mark.parametrize(("option", "value"), [("--columns", "item=x"), ("--similarity", "own.py:same")])
def test_an_option_that_would_do_nothing_is_refused(labels, tmp_path, capsys, option, value):
    assert run(["audit", str(labels), option, value, "-o", str(tmp_path / "p.html")]) == 2
    assert option in capsys.readouterr().err
    assert not (tmp_path / "p.html").exists()
