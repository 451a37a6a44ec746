"""Every console example of the README gives what it shows; `...` stands for anything."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from agreement.cli import run
from agreement.cli._main import cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)
EXAMPLES = [
    example
    for block in BLOCKS
    for example in re.findall(r"^\$ (.*?)\n(.*?)(?=^\$ |\Z)", block, re.DOTALL | re.MULTILINE)
]


def test_there_are_examples():
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize(("command", "expected"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_console_example(command, expected, capsys, monkeypatch, tmp_path):
    # outputs go to a folder of their own; inputs are named as in a checkout
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    code = run(shlex.split(command)[1:])
    shown = capsys.readouterr().out + (f"[exit code {code}]\n" if "[exit code" in expected else "")
    checker = doctest.OutputChecker()
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert checker.check_output(expected, shown, flags), f"expected:\n{expected}\nshown:\n{shown}"


def test_every_command_is_in_the_readme():
    assert [name for name in cli.commands if f"`agreement {name}" not in README and f"`{name}`" not in README] == []


@pytest.mark.parametrize("link", re.findall(r"\]\(((?!http)[^)]+)\)", README))
def test_links_lead_somewhere(link):
    assert (ROOT / link).is_file()
