"""A key that occurs twice is no choice of the parser, in a cell, in text inside JSON, and in files of ours neither."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agreement import cli
from agreement.errors import InputError
from agreement.loaders import load

ROWS = [(f"i{item}", who, "xyz"[(item * (3 if who == "c" else 1)) % 3]) for item in range(40) for who in "abc"]
LABELS = "item,annotator,label\n" + "\n".join(map(",".join, ROWS))
TWICE = "occurs twice in one object"

STUDIO = """text,id,source,ner,tone,annotator,annotation_id,updated_at,lead_time
Acme opened in Oslo,1,web,"[{""start"": 0, ""end"": 4, ""end"": 9, ""labels"": [""ORG""]}]",good,ana,1,2024-01-01,1.5
Acme opened in Oslo,1,web,"[{""start"": 0, ""end"": 4, ""labels"": [""ORG""]}]",bad,ben,2,2024-01-01,1.5
"""
TURK = """HITId,AssignmentId,WorkerId,AssignmentStatus,SubmitTime,Reject,Answer.taskAnswers
h1,a1,W1,Approved,t,,"[{""mood"":{""good"":true,""bad"":false},""mood"":{""good"":false,""bad"":true}}]"
h1,a2,W2,Approved,t,,"[{""mood"":{""good"":true,""bad"":false}}]"
"""
MAKER = json.dumps({
    "answers": [
        {
            "workerId": who, "submissionTime": "2019-04-18T16:10:44Z",
            "answerContent": '{"tone": {"label": "good", "label": "bad"}}',
        }
        for who in ("public.us-east-1.AB", "public.us-east-1.CD")
    ]
})  # fmt: skip
CAS = (
    '{"%TYPES": {}, "%FEATURE_STRUCTURES": [{"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaID": "_InitialView", '
    '"sofaString": "Acme"}, {"%ID": 2, "%TYPE": "a.NamedEntity", "@sofa": 1, "begin": 0, "end": 4, "value": "LOC", '
    '"value": "ORG"}], "%VIEWS": {"_InitialView": {"%SOFA": 1, "%MEMBERS": [2]}}}'
)
CELLS = {
    "min.csv": (STUDIO, "min.csv!2: the key 'end'"),
    "batch.csv": (TURK, "batch.csv!2: the key 'mood'"),
    "worker-response/iteration-1/0/x.json": (MAKER, "x.json!1: the key 'label'"),
    "export/doc/ana.json": (CAS, "the key 'value'"),
}


@pytest.mark.parametrize("name", CELLS)
def test_keys_inside_cells_and_texts(tmp_path: Path, name: str) -> None:
    content, said = CELLS[name]
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    assert said in str(caught.value)
    assert TWICE in str(caught.value)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with labels, where commands run."""
    monkeypatch.chdir(tmp_path)
    Path("labels.csv").write_text(LABELS)
    return tmp_path


@pytest.fixture
def refused(folder: Path, capsys: pytest.CaptureFixture[str]):  # noqa: ARG001 - commands run there
    """Return what a command says that is refused."""

    def call(*arguments: str) -> str:
        assert cli.run([*arguments]) == cli._main.WRONG_INPUT
        return capsys.readouterr().err

    return call


def test_keys_of_decisions(refused) -> None:
    one = '{"item_id": "i1", "layer": "label", "decision": "label", "final": "x", "final": "y"}'
    Path("one.json").write_text(f'{{"schema": "label-decisions/1", "source_sha256": "", "decisions": [{one}]}}')
    said = refused("apply-decisions", "labels.csv", "--decisions", "one.json", "--force", "-o", "gold.csv")
    assert f"one.json: the key 'final' {TWICE} (x and y)" in said


def test_keys_of_an_earlier_audit(refused) -> None:
    Path("old.json").write_text('{"schema": "agreement-audit/1", "profiles": [{"layer": "a", "layer": "b"}]}')
    assert f"old.json: the key 'layer' {TWICE}" in refused("compare", "old.json", "labels.csv")


def _with_two_statuses(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace("{", '{"status":"tie",', 1), *lines[2:]]


def _with_another_label(lines: list[str]) -> list[str]:
    return [*lines, lines[1].replace("i0,x,", "i0,z,", 1)]


def _with_two_columns(lines: list[str]) -> list[str]:
    return [f"{lines[0]},label", *(f"{line},z" for line in lines[1:])]


CONSENSUS: dict[str, tuple[str, Callable[[list[str]], list[str]], str]] = {
    "key": ("c.jsonl", _with_two_statuses, f"c.jsonl!2: the key 'status' {TWICE}"),
    "item": ("c.csv", _with_another_label, "c.csv!42: item 'i0' again, as 'z' (settled)"),
    "column": ("c.csv", _with_two_columns, "c.csv!1: 2 columns are called 'label'"),
}


@pytest.mark.parametrize("name", CONSENSUS)
def test_a_consensus_file_that_says_two_things(refused, name: str) -> None:
    file, change, said = CONSENSUS[name]
    cli.run(["consensus", "labels.csv", "-o", file])
    Path(file).write_text("\n".join(change(Path(file).read_text().splitlines())) + "\n")
    assert said in refused("gold", "labels.csv", "--gold", file)


def test_a_consensus_row_that_stands_twice_counts_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["consensus", "labels.csv", "-o", "c.csv"])
    lines = (folder / "c.csv").read_text().splitlines()
    (folder / "c.csv").write_text("\n".join([*lines, lines[1]]) + "\n")
    capsys.readouterr()
    assert cli.run(["gold", "labels.csv", "--gold", "c.csv"]) == cli._main.OK
    assert "40 gold labels on 40 items" in capsys.readouterr().out
