"""The compare command on what is not two rounds of one thing: a reason and exit code 2, never an empty answer."""

import json

import pytest

from agreement.cli import run as command


def table(path, labels, start=0):
    rows = ["item,Ana,Ben", *(f"i{start + i},{labels[i % 2]},{labels[i % 2]}" for i in range(40))]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def run(tmp_path, capsys):
    """Return a function that runs compare on two files and gives exit code and everything printed."""
    table(tmp_path / "before.csv", "ab")
    table(tmp_path / "after.csv", "ab", start=40)
    before, page, document = (str(tmp_path / name) for name in ("before.csv", "r.html", "before.json"))
    assert command(["audit", before, "-o", page, "--json", document, "--quiet"]) == 0
    capsys.readouterr()

    def invoke(before, after):
        code = command(["compare", str(tmp_path / before), str(tmp_path / after)])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return invoke


def test_json_beside_data_is_compared(run):
    code, output = run("before.json", "after.csv")
    assert code == 0
    assert "40 items before, 40 after" in output


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema": "agreement-audit/2"}, "has the schema agreement-audit/2"),
        ({"schema": "agreement-checks/1"}, "has the schema agreement-checks/1"),
        ({"profiles": []}, "holds no profiles"),
    ],
)
def test_json_that_can_not_be_compared_says_why(run, tmp_path, change, reason):
    document = json.loads((tmp_path / "before.json").read_text(encoding="utf-8")) | change
    (tmp_path / "other.json").write_text(json.dumps(document), encoding="utf-8")
    code, output = run("other.json", "after.csv")
    assert code == 2
    assert reason in output


def test_other_labels_are_another_question(run, tmp_path):
    table(tmp_path / "other.csv", "xy")
    code, output = run("before.csv", "other.csv")
    assert code == 2
    assert "no label is in both" in output
