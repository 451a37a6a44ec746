"""Names of files that are text only by luck: read and written under them, shown written out, never a traceback."""

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from agreement import cli

ROWS = [(f"i{item}", who, "xyz"[(item * (3 if who == "c" else 1)) % 3]) for item in range(40) for who in "abc"]
LABELS = "item,annotator,label\n" + "\n".join(map(",".join, ROWS))
NAMES = {
    "line break": "a\nb", "return": "a\rb", "dash": "-x", "option": "--help", "byte": "na\udcffme", "long": "x" * 250,
    "percent": "%s%d%(x)s", "dot": "dot.", "blank": "blank ", "emoji": "😀", "reversed": "\u202eabc",
    "escape": "\x1b[31mred", "quotes": "a'b\"c", "tag": "<b>&amp;", "formula": "=cmd()", "tab": "a\tb",
    "brackets": "x[1]", "star": "*", "template": "{{ 7*7 }}", "control": "a\x9bb",
}  # fmt: skip
RAW = ("Cc", "Cs")
BIDIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def harmless(text: str) -> bool:
    """Return whether *text* can be printed: no control characters, no halves, nothing that turns the direction."""
    return not any(
        (unicodedata.category(c) in RAW and c not in "\n\t") or unicodedata.bidirectional(c) in BIDIRECTIONAL
        for c in text
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where commands run; failures of the program leave their account there."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_inputs_of_any_name(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    path = f"./{NAMES[name]}.csv"
    Path(path).write_text(LABELS)
    assert cli.run(["audit", path, "--json", "o.json", "-o", "page.html"]) == cli._main.OK
    assert cli.run(["detect", path]) == cli._main.OK
    assert cli.run(["gold", path, "--gold", path]) == cli._main.WRONG_INPUT  # three people are no gold
    said = capsys.readouterr()
    assert harmless(said.out + said.err)
    (folder / "page.html").read_bytes().decode()
    assert list((folder / "temporary").iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_outputs_of_any_name(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (folder / "labels.csv").write_text(LABELS)
    path = f"./{NAMES[name]}"
    (folder / "out").mkdir()
    os.chdir("out")
    assert cli.run(["consensus", "../labels.csv", "-o", f"{path}.csv"]) == cli._main.OK
    assert cli.run(["detect", "../labels.csv", "--write-config", f"{path}.toml"]) == cli._main.OK
    assert len(list(Path().iterdir())) == 2
    said = capsys.readouterr()
    assert harmless(said.out + said.err)


@pytest.mark.parametrize("name", ["byte", "line break", "reversed"])
def test_all_outputs_of_an_audit_under_an_odd_name(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (folder / "labels.csv").write_text(LABELS)
    path = f"./{NAMES[name]}"
    words = ["--json", f"{path}.json", "--csv", f"{path}-tables", "--excel", f"{path}.xlsx", "--zip"]
    assert cli.run(["audit", "labels.csv", "-o", f"{path}.html", *words]) == cli._main.OK
    assert {Path(path + end).stat().st_size > 0 for end in (".html", ".html.zip", ".json", ".xlsx")} == {True}
    said = capsys.readouterr()
    assert harmless(said.out + said.err)


@pytest.mark.parametrize(
    "words",
    [
        ("audit", "{}"), ("detect", "{}"), ("audit", "labels.csv", "-o", "{}"), ("audit", "labels.csv", "--json", "{}"),
        ("audit", "labels.csv", "--csv", "{}"), ("audit", "labels.csv", "--excel", "{}"),
        ("audit", "labels.csv", "--config", "{}"), ("audit", "labels.csv", "--templates", "{}"),
        ("audit", "labels.csv", "--guideline", "{}"), ("audit", "labels.csv", "--relevant", "x", "--ranking", "{}"),
        ("audit", "labels.csv", "--anonymise", "--key", "{}"), ("gold", "labels.csv", "--gold", "{}"),
        ("compare", "labels.csv", "{}.json"), ("apply-decisions", "labels.csv", "--decisions", "{}", "-o", "x.csv"),
        ("consensus", "labels.csv", "-o", "{}.csv"), ("audit", "duckdb:///{}"),
    ],
    ids=" ".join,
)  # fmt: skip
@pytest.mark.parametrize("stem", ["", "[d]"])
def test_names_too_long_for_any_system_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], stem: str
) -> None:
    (folder / "labels.csv").write_text(LABELS)
    assert cli.run([word.format(stem + "x" * 300) for word in words]) == cli._main.WRONG_INPUT
    assert "xxx" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir() if path.name != "agreement-report.html") == [
        "labels.csv", "temporary",
    ]  # fmt: skip


def test_a_terminal_that_knows_few_signs_gets_the_others_written_out(folder: Path) -> None:
    (folder / "😀.csv").write_text(LABELS)
    command = [sys.executable, "-c", "from agreement.cli import main; main()", "detect", "😀.csv"]
    done = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "latin-1:strict"}
    )
    assert done.returncode == 0, done.stderr
    assert b"\\U0001f600.csv" in done.stdout
