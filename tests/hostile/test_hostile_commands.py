"""Every command with what a stranger may hand it: exit code 2 and a sentence, or a right result; nothing is left."""

import json
import os
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from jinja2.sandbox import SecurityError

import agreement
from agreement import cli
from agreement.errors import OutputError
from agreement.report.page import make_environment

ROWS = [(f"i{item}", who, "xyz"[(item * (3 if who == "c" else 1)) % 3]) for item in range(40) for who in "abc"]
LABELS = "item,annotator,label\n" + "\n".join(map(",".join, ROWS))
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with labels that can be read, where commands run and temporary files go."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.csv").write_text(LABELS)
    return tmp_path


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> agreement.Audit:
    """An audit of the same labels, whose page has not been rendered."""
    path = tmp_path_factory.mktemp("audited") / "labels.csv"
    path.write_text(LABELS)
    return agreement.audit(agreement.load(path))


@pytest.fixture
def refused(folder: Path, capsys: pytest.CaptureFixture[str]):
    """Return what a command says that must be refused and leave nothing behind."""

    def call(*arguments: str) -> str:
        before = sorted(folder.rglob("*"))
        assert cli.run([*arguments]) == cli._main.WRONG_INPUT
        assert sorted(folder.rglob("*")) == before
        said = capsys.readouterr().err
        assert said.strip()
        assert "Traceback" not in said
        return said

    return call


HOSTILE = {
    "deep.json": DEEP.encode(),
    "deep.jsonl": DEEP.encode(),
    "deep.csv": f'item_id,layer,decision,final\ni0,label,label,"{DEEP}"'.encode(),
    "wide.csv": b"item_id,layer,decision,final\ni0,label,label," + b"x" * 200_000,
    "binary.json": bytes(range(256)),
    "surrogate.json": b'{"schema": "label-decisions/1", "decisions": ["\\ud800"]}',
    "numbers.json": b'{"schema": "label-decisions/1", "decisions": [NaN, 1e999, ' + b"9" * 5000 + b"]}",
    "other.json": b'{"schema": "label-decisions/1", "decisions": [{"item_id": {}, "layer": [], "decision": {}}]}',
    "damaged.xlsx": b"PK\x03\x04" + b"\0" * 100,
    "none.xlsx": b"item,label",
    "empty.json": b"",
    "votes.csv": b'item,label,status,probability,entropy_bits,votes\ni0,"x,settled',
    "spans.csv": b"item,label,start,end,status,share,boundary_votes,votes\ni0,x,a,1e999,settled,1,1,1\n",
    "votes.jsonl": b'{"item": "i0", "votes_by_label": 3}\n{"a":',
    "spans.jsonl": b'{"item": "i0", "votes": [3], "status": {}}\n{"a"',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_decisions_are_refused(folder: Path, refused, name: str) -> None:
    (folder / name).write_bytes(HOSTILE[name])
    refused("apply-decisions", "labels.csv", "--decisions", name, "--force", "-o", "gold.csv")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_gold_is_refused(folder: Path, refused, name: str) -> None:
    (folder / name).write_bytes(HOSTILE[name])
    refused("gold", "labels.csv", "--gold", name)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_rounds_are_refused(folder: Path, refused, name: str) -> None:
    (folder / name).write_bytes(HOSTILE[name])
    refused("compare", "labels.csv", name)
    refused("compare", name, "labels.csv")


@pytest.mark.parametrize(
    "arguments",
    [
        ("apply-decisions", "labels.csv", "--decisions", "{}", "-o", "gold.csv"),
        ("gold", "labels.csv", "--gold", "{}"),
        ("compare", "labels.csv", "{}"),
        ("audit", "labels.csv", "--config", "{}"),
        ("audit", "labels.csv", "--guideline", "{}"),
        ("audit", "labels.csv", "--ranking", "{}"),
        ("audit", "labels.csv", "--templates", "{}"),
        ("audit", "labels.csv", "--anonymise", "--key", "{}"),
        ("audit", "labels.csv", "--config", "logo.toml"),
        ("audit", "{}"),
        ("detect", "{}"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_pipes_and_devices_are_refused_wherever_a_file_is_named(
    folder: Path, refused, arguments: tuple[str, ...], kind: str
) -> None:
    name = "pipe.png" if kind == "pipe" else "zero.png"
    if kind == "pipe":
        os.mkfifo(folder / name)
    else:
        (folder / name).symlink_to("/dev/zero")
    (folder / "logo.toml").write_text(f'[report]\nlogo = "{name}"')
    refused(*(argument.format(name) for argument in arguments))


TEMPLATES = {
    "range": "{% for i in range(10**12) %}x{% endfor %}",
    "class": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals": "{{ model.__init__.__globals__ }}",
    "format": "{{ '{0.__class__.__init__.__globals__}'.format(model) }}",
    "outside": "{% include '../labels.csv' %}",
    "absolute": "{% include '/etc/passwd' %}",
    "undefined": "{{ nowhere.at.all }}",
    "syntax": "{% for %}",
    "division": "{{ 1 / 0 }}",
    "recursion": "{% include 'page.html' %}",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_of_strangers_stay_in_their_box(folder: Path, refused, name: str) -> None:
    (folder / "theirs").mkdir()
    (folder / "theirs" / "page.html").write_text(TEMPLATES[name])
    assert "can't be rendered" in refused("audit", "labels.csv", "--templates", "theirs", "-o", "page.html")


SLOW, LARGE, PAGE = "1 seconds of processor time", "300 MB of memory", "a page of more than 10 MB"
ENDLESS = {
    "loops": ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", SLOW),
    "macros": ("{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}", SLOW),
    "power": ("{{ 9 ** (9 ** 9) % 7 }}", SLOW),
    "nested lists": (
        "{% set n = namespace(a=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}{% endfor %}{{ n.a|string }}",
        "",
    ),
    "times": ("{{ 'x' * 10 ** 10 }}", LARGE),
    "concatenated": (
        "{% set n = namespace(a='xyz') %}{% for i in range(60) %}{% set n.a = n.a ~ n.a %}{% endfor %}{{ n.a }}",
        LARGE,
    ),
    "printed with": ("{{ '%1000000000d'|format(1) }}", LARGE),
    "formatted with": ("{{ '{:1000000000}'.format(1) }}", LARGE),
    "centred": ("{{ 'x'|center(10 ** 9) }}", LARGE),
    "indented": ("{{ 'x'|indent(10 ** 9, true) }}", LARGE),
    "long": ("{{ 'x' * 2 * 10 ** 7 }}", PAGE),
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there the system sets no limits")
@pytest.mark.parametrize("name", ENDLESS)
def test_templates_have_limited_time_and_memory(
    folder: Path, audited: agreement.Audit, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for limit, value in {"MOST_SECONDS": 1, "MOST_MEMORY": 300 << 20, "MOST_PAGE": 10 << 20}.items():
        monkeypatch.setattr(f"agreement.report._bounded.{limit}", value)
    body, said = ENDLESS[name]
    (folder / "theirs" / "sections").mkdir(parents=True)
    own = folder / "theirs" / "sections" / "45-mine.html"
    own.write_text('{% set id = "mine" %}{% set title = "Mine" %}\n' + body)
    settings = agreement.Settings.from_mapping({"report": {"templates": "theirs"}})
    (folder / "page.html").write_text("old")
    with pytest.raises(OutputError, match=f"theirs: the page can't be rendered: .*{said}") as refusal:
        replace(audited, settings=settings).to_html("page.html")
    assert (folder / "page.html").read_text() == "old"
    if name in ("loops", "times"):
        assert "sections/45-mine.html, line 2: " in str(refusal.value)


REACHING = {
    "workbook": "{{ audit.to_excel('stolen') }}",
    "page": "{{ audit.to_html('stolen') }}",
    "table": "{{ audit.annotations.table.to_csv('stolen') }}",
    "by key": "{{ audit.annotations.table['to_csv']('stolen') }}",
    "by filter": "{{ (audit.annotations.table|attr('to_csv'))('stolen') }}",
    "settings": "{{ audit.settings.parse_file('labels.csv') }}",
    "array": "{{ audit.comparisons[0].scores['value'].to_numpy().tofile('stolen') }}",
    "question": "{{ audit.annotations.table.query('@pd') }}",
    "changed": "{{ audit.annotations.layers.clear() }}",
}


@pytest.mark.parametrize("name", REACHING)
def test_templates_read_values_and_call_nothing_that_writes(folder: Path, audited: agreement.Audit, name: str) -> None:
    template = make_environment().from_string(REACHING[name])
    with pytest.raises(SecurityError, match="unsafe"):
        template.render(audit=audited)
    assert not (folder / "stolen").exists()


def test_a_template_that_reaches_out_is_named_with_its_line(folder: Path, refused) -> None:
    (folder / "theirs").mkdir()
    (folder / "theirs" / "page.html").write_text("<p>\n" + REACHING["workbook"])
    told = refused("audit", "labels.csv", "--templates", "theirs", "-o", "page.html")
    assert told.startswith("theirs: the page can't be rendered: page.html, line 2: access to attribute 'to_excel'")


def test_templates_may_read_the_tables_of_the_audit(folder: Path) -> None:
    (folder / "theirs").mkdir()
    (folder / "theirs" / "page.html").write_text(
        "{% for row in audit.scores_table().head(2).itertuples() %}<p>{{ row.measure }} {{ row.n }}</p>{% endfor %}"
    )
    assert cli.run(["audit", "labels.csv", "--quiet", "--templates", "theirs", "-o", "page.html"]) == cli._main.OK
    assert (folder / "page.html").read_text().count("<p>") == 2


def test_python_named_by_a_folder_of_labels_is_not_run_unasked(folder: Path, refused) -> None:
    (folder / "own.py").write_text("from pathlib import Path\nPath('ran').write_text('')\n")
    for text in ('files = ["own.py"]', 'similarity = "own.py:same"'):
        (folder / "agreement.toml").write_text(f"[measures]\n{text}\n")
        assert "pass --config agreement.toml" in refused("audit", "labels.csv")
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("output", ["labels.csv", "temporary", "nowhere/page.html", "/dev/full", "/proc/page.html"])
def test_outputs_that_can_not_or_must_not_be_written(folder: Path, refused, output: str) -> None:
    refused("audit", "labels.csv", "-o", output)
    assert (folder / "labels.csv").read_text() == LABELS


def test_an_output_behind_a_link_is_not_an_input(folder: Path, refused) -> None:
    (folder / "page.html").symlink_to("labels.csv")
    refused("audit", "labels.csv", "-o", "page.html")
    assert (folder / "labels.csv").read_text() == LABELS


def test_a_folder_called_like_a_file_is_a_folder(folder: Path, refused) -> None:
    (folder / "x.csv").mkdir()
    assert "holds no readable file" in refused("detect", "x.csv")


def test_lack_of_memory_is_no_fault_of_the_program(refused, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("agreement.pipeline.compare", full)
    assert "not enough memory" in refused("audit", "labels.csv")


def test_a_failure_of_the_program_has_one_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("agreement.pipeline.compare", broken)
    for _ in range(3):
        assert cli.run(["audit", "labels.csv"]) == cli._main.INTERNAL
    (told,) = (folder / "temporary").iterdir()
    assert told.stat().st_mode & 0o777 == 0o600
    assert "RuntimeError: broken" in told.read_text()


def test_hostile_workbooks_of_decisions_are_refused(folder: Path, refused) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Summary"
    book.create_sheet("Disputes").append(["layer", "item", "decision", "note", "guideline section"])
    book["Disputes"].append(["label", "=1+1", "x", "", ""])
    book["Disputes"].append(["../x", "i0", "as nobody", "", ""])
    book.save(folder / "made.xlsx")
    said = refused("apply-decisions", "labels.csv", "--decisions", "made.xlsx", "--force", "-o", "gold.csv")
    assert "[Disputes]!2" in said
    assert "[Disputes]!3" in said


def test_profiles_of_an_audit_may_be_anything(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["audit", "labels.csv", "-o", "page.html", "--json", "audit.json"]) == cli._main.OK
    whole = json.loads((folder / "audit.json").read_text())
    for broken in ([], [3], [{}], [{"layer": "label"}], {"label": 1}, "x", [[]]):
        (folder / "broken.json").write_text(json.dumps({**whole, "profiles": broken}))
        assert cli.run(["compare", "audit.json", "broken.json"]) == cli._main.WRONG_INPUT, broken
    for key in whole["profiles"][0]:
        for value in (None, [], {}, "x", -1, [[[]]], [None]):
            profile = {**whole["profiles"][0], key: value}
            (folder / "broken.json").write_text(json.dumps({**whole, "profiles": [profile]}))
            found = cli.run(["compare", "audit.json", "broken.json"])
            assert found in (cli._main.OK, cli._main.WRONG_INPUT), (key, value, capsys.readouterr().err)
