"""What --anonymise hides and --no-text leaves out, through the command line, in every output of every command."""

import io
import json
import random
import stat
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from agreement.cli import run

PEOPLE = ("Xanthe Quill", "bzork@quux.org", "Çelik", "Ömer Vantongeren")
# every part of a name that would tell who it is
TELLING = ("Xanthe", "Quill", "bzork", "quux", "Çelik", "celik", "Ömer", "Vantongeren")
TEXT = "zephyrine words of item"
LABELS = ("Refund", "Billing", "Other")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with a file per round, a gold file, a guideline and a configuration, names in each of them."""
    folder = tmp_path_factory.mktemp("project")
    draw = random.Random(5)
    for number in (1, 2):
        rows = []
        for item in range(80):
            right = draw.choice(LABELS)
            given = {who: right if draw.random() < 0.75 else draw.choice(LABELS) for who in PEOPLE}
            about = {
                "text": f"{TEXT} {item}",
                "section": "3.1" if item % 2 else "3.2",
                "handed out by": PEOPLE[item % 4],
            }
            rows.append({"item": f"i{item:02}", **about, "gold": right, **given})
        pd.DataFrame(rows).to_excel(folder / f"round{number}.xlsx", index=False)
    (folder / "guide.md").write_text("## 3.1 Refunds\nAsk Çelik when in doubt.\n\n## 3.2 Rest\nAs before.\n", "utf-8")
    columns = ", ".join(f'"{who}"' for who in PEOPLE)
    (folder / "agreement.toml").write_text(
        f'[columns]\nitem = ["item"]\ntext = "text"\nsection = "section"\ngold = "gold"\nannotators = [{columns}]\n'
        '[annotators]\nmodel = ["Çelik"]\n[report]\ntitle = "Audit for Xanthe Quill"\n',
        "utf-8",
    )
    return folder


def texts_of(path: Path):
    """Yield every text in a file, members of archives unpacked, and its name."""
    yield path.name
    content = path.read_bytes()
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name
                yield archive.read(name).decode("utf-8", "replace")
    else:
        yield content.decode("utf-8", "replace")


def everything(project: Path, out: Path, capsys, *options: str) -> dict[str, str]:
    """Run every command that reads labels; return what it wrote and printed, by name."""
    source = [str(project / "round1.xlsx"), "--config", str(project / "agreement.toml"), *options]
    guide = ["--guideline", str(project / "guide.md")]
    private = [*source, "--key", str(out.parent / "key")] if "--anonymise" in options else source
    written = {name: str(out / name) for name in ("p.html", "a.json", "csv", "a.xlsx")}
    commands = {
        "audit": ["audit", *private, *guide, "-o", written["p.html"], "--zip", "--json", written["a.json"],
                  "--csv", written["csv"], "--excel", written["a.xlsx"]],
        "markdown": ["audit", *private, "-o", str(out / "q.html"), "--format", "markdown"],
        "check": ["check", *private, "--json", str(out / "c.json"), "--junit", str(out / "c.xml"),
                  "--markdown", str(out / "c.md")],
    }  # fmt: skip
    if "--anonymise" in options:
        commands |= {
            "gold": ["gold", *private, "--json", str(out / "g.json")],
            "plan": ["plan", *private, "--json", str(out / "l.json")],
            "consensus": ["consensus", *private, "-o", str(out / "n.xlsx")],
            "consensus csv": ["consensus", *private, "-o", str(out / "n.csv")],
        }
    shown = {}
    for name, arguments in commands.items():
        assert run(arguments) in (0, 1, 3), capsys.readouterr().err
        said = capsys.readouterr()
        shown[f"printed by {name}"] = said.out + said.err
    shown |= {path.name: "\n".join(texts_of(path)) for path in sorted(out.rglob("*")) if path.is_file()}
    return shown


def test_no_output_of_any_command_names_anybody(project, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    shown = everything(project, tmp_path / "out", capsys, "--anonymise")
    assert len(shown) >= 20
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert "Annotator 01" in shown["a.json"]
    assert "Annotator 01" in shown["p.html"]
    found = [(where, name) for where, text in shown.items() for name in TELLING if name.casefold() in text.casefold()]
    assert found == []


def test_without_anonymise_names_are_there_so_that_the_search_can_find_them(project, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    shown = everything(project, tmp_path / "out", capsys)
    for where in ("p.html", "p.html.zip", "a.json", "a.xlsx", "scores.csv"):
        assert "Vantongeren" in shown[where], where
        assert TEXT in shown[where] or where == "scores.csv"


def test_no_text_leaves_the_texts_out_of_every_output(project, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    shown = everything(project, tmp_path / "out", capsys, "--no-text")
    assert [where for where, text in shown.items() if "zephyrine" in text.casefold()] == []
    assert "without item texts" in shown["p.html"]


def test_a_comparison_of_rounds_names_nobody_and_meets_the_same_people(project, tmp_path, capsys):
    for number, who in ((1, "Xanthe"), (2, "Vantongeren")):
        (tmp_path / f"{number} {who}.xlsx").write_bytes((project / f"round{number}.xlsx").read_bytes())
    files = [*map(str, sorted(tmp_path.glob("*.xlsx"))), "--config", str(project / "agreement.toml")]
    plain, private = tmp_path / "plain.json", tmp_path / "private.json"
    assert run(["compare", *files, "--json", str(plain)]) == 0
    capsys.readouterr()
    assert run(["compare", *files, "--json", str(private), "--anonymise", "--key", str(tmp_path / "key")]) == 0
    shown = capsys.readouterr().out + private.read_text("utf-8")
    assert [name for name in TELLING if name.casefold() in shown.casefold()] == []
    before, after = (json.loads(path.read_text("utf-8"))["changes"] for path in (plain, private))
    for one, other in zip(before, after, strict=True):
        assert one["overall"] == other["overall"]
        assert len(other["annotators_used"]) == len(one["annotators_used"])
        assert other["annotators_before"] == other["annotators_after"] == sorted(other["annotators_before"])


def test_the_zipped_page_is_the_page_and_always_the_same_bytes(project, tmp_path):
    source = ["audit", str(project / "round1.xlsx"), "--config", str(project / "agreement.toml"), "--quiet", "--zip"]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert run([*source, "-o", str(tmp_path / name / "p.html")]) == 0
    archives = [tmp_path / name / "p.html.zip" for name in ("one", "two")]
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with zipfile.ZipFile(archives[0]) as archive:
        assert archive.namelist() == ["p.html"]
        assert archive.read("p.html") == (tmp_path / "one" / "p.html").read_bytes()
    assert archives[0].stat().st_size < (tmp_path / "one" / "p.html").stat().st_size / 2
