"""What all tests share: golden files, and audits of whole projects."""

import math
import random
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

import pandas as pd
import pytest

from agreement.annotations import Layer, Reading
from agreement.loaders import load
from agreement.pipeline import Audit, audit
from agreement.records import Records, assemble
from agreement.settings import Settings

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = Path(__file__).parent.parent / "sample_data"

HOSTILE_LABELS = (
    "</script><script>alert(1)</script>",
    '<img src=x onerror="alert(2)">',
    "__proto__",
    "=cmd|' /C calc'!A0",
    "\u202egnol\u202c",
    "😀 ok",
    "a~b & c",
    "L" * 10_000,
    "constructor",
    # what a spreadsheet would run, or take for something else
    "=1+1", "+1", "-2", "@SUM(A1)", "\ttab", "#N/A", "TRUE", "1.0", "2024-01-02", "007",
    # what real files hold (formats.md 4.3): spelling variants, words for no answer, ends of lines
    "Refund", "refund ", "?", "i dont know", "line\r\nends", "last\n",
)  # fmt: skip
HOSTILE_TEXTS = (
    "</script><script>alert(3)</script>",
    "😀 the 👩‍👩‍👧 kettle {{ 7*7 }} {% raw %}",
    "שלום עולם مرحبا",
    "https://evil.example/?q=<b>",
    "\u2028line\u2029separators\u0000and nul",
    "x" * 10_000,
)


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files; look at the diff")


@pytest.fixture(scope="session", autouse=True)
def temporary_folder(tmp_path_factory):
    """Keep temporary files of the tests and of the commands they start together; none of ours may be left."""
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr("tempfile.tempdir", None)
        yield folder
    assert not sorted(path.name for path in folder.glob("agreement*"))


@pytest.fixture
def golden(request):
    """Compare a text with the golden file of that name, or write it with --update-golden."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path.name} is missing: run pytest --update-golden and look at it"
        assert text == path.read_text(encoding="utf-8"), (
            f"{path.name} differs: run pytest --update-golden, look at the diff"
        )

    return compare


@pytest.fixture(scope="session")
def differences():
    """Where two views of one project differ, parts *without* these names: figures by more than a billionth."""

    def told(one, other, without=(), place="page"):
        if is_dataclass(other) and type(one) is type(other):
            one, other = ({name.name: getattr(part, name.name) for name in fields(other)} for part in (one, other))
        if isinstance(other, Mapping) and isinstance(one, Mapping) and one.keys() == other.keys():
            pairs = [(name, one[name], value) for name, value in other.items() if name not in without]
        elif isinstance(other, list | tuple) and isinstance(one, list | tuple) and len(one) == len(other):
            pairs = [(number, *both) for number, both in enumerate(zip(one, other, strict=True))]
        else:
            figures = isinstance(one, float) and isinstance(other, float)
            close = figures and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
            return [] if close or one == other else [f"{place}: {one!r} for {other!r}"]
        return [line for name, *both in pairs for line in told(*both, without, f"{place}.{name}")]

    return told


@pytest.fixture(scope="session")
def tickets() -> Audit:
    """The ticket story: sections, three planted causes, gold none."""
    return audit([str(SAMPLES / "tickets" / "tickets.xlsx")])


@pytest.fixture(scope="session")
def entities() -> Audit:
    """The story with spans."""
    return audit([str(SAMPLES / "entities" / "entities.jsonl")])


@pytest.fixture(scope="session")
def sentiment() -> Audit:
    """The ordinal story, with gold."""
    settings = Settings.from_file(SAMPLES / "sentiment" / "agreement.toml")
    return audit(load(str(SAMPLES / "sentiment" / "sentiment.csv"), settings), settings)


@pytest.fixture(scope="session")
def small() -> Audit:
    """Twelve items, three annotators, two sections: the smallest data that shows a section with text."""
    answers = ["aaa", "aab", "abb", "bbb", "bbc", "ccc", "cca", "aaa", "bab", "ccb", "aac", "bbb"]
    names = {"a": "Refund", "b": "Billing", "c": "Delivery"}
    rows = pd.DataFrame(
        [
            {"item": f"T{number:02}", "annotator": who, "label": names[code]}
            for number, codes in enumerate(answers, start=1)
            for who, code in zip(("Ana", "Ben", "Cleo"), codes, strict=True)
        ]
    )
    items = pd.DataFrame(
        {
            "text": [f"Message number {number}" for number in range(1, 13)],
            "section": ["3.1" if number % 2 else "3.2" for number in range(1, 13)],
        },
        index=pd.Index([f"T{number:02}" for number in range(1, 13)], name="item"),
    )
    reading = Reading(format="table", files=["small.csv"], rows_read=36)
    return audit(assemble(Records(rows, reading, items=items), Settings()), Settings())


@pytest.fixture(scope="session")
def hostile() -> Audit:
    """Labels, texts, items, annotators and sections that attack the page."""
    draw = random.Random(7)
    who = ('Ana "A"', "Ben<script>", "__proto__", "=cmd|x", "ana@example.org", "\u202eeve")
    rows, texts = [], {}
    for number in range(60):
        item = f"I{number}<i>" if number else "__proto__"
        texts[item] = HOSTILE_TEXTS[number % len(HOSTILE_TEXTS)]
        right = draw.choice(HOSTILE_LABELS)
        rows += [
            {"item": item, "annotator": name, "label": right if draw.random() < 0.6 else draw.choice(HOSTILE_LABELS)}
            for name in who
        ]
    items = pd.DataFrame({"text": texts, "section": dict.fromkeys(texts, "3.1<u>")})
    items.index.name = "item"
    reading = Reading(format="table", files=["<b>.csv"], warnings=["<script>alert(4)</script>"], rows_read=len(rows))
    settings = Settings.from_mapping({"report": {"title": "<script>T</script>"}})
    return audit(assemble(Records(pd.DataFrame(rows), reading, items=items), settings), settings)


@pytest.fixture(scope="session")
def every_kind() -> Audit:
    """Six layers, one of each kind, with emoji and right-to-left text before and inside overlapping spans."""
    draw = random.Random(3)
    text = "😀😀 The kettle broke יום רביעי and nobody came."
    rows = []
    for number in range(40):
        for who in ("Ana", "Ben", "Cleo"):
            key = {"item": f"D{number:02}", "annotator": who}
            rows += [
                {**key, "layer": "topic", "label": draw.choice("aaab") if number % 2 else "b"},
                {**key, "layer": "mood", "label": draw.choice(("low", "mid")) if number % 3 else "high"},
                {**key, "layer": "score", "label": str(number % 10 + draw.choice((0, 0, 1)))},
                {**key, "layer": "answer", "label": draw.choice(("the red kettle", "a red kettle", "kettle"))},
                {**key, "layer": "tags", "label": "x"},
                {**key, "layer": "span", "label": "THING", "start": 3, "end": 13 if draw.random() < 0.7 else 7},
            ]
            if draw.random() < 0.4:
                rows.append({**key, "layer": "tags", "label": "y"})
            if draw.random() < 0.4:
                rows.append({**key, "layer": "span", "label": "EVENT", "start": 7, "end": 19})
    frame = pd.DataFrame(rows)
    frame[["start", "end"]] = frame[["start", "end"]].fillna(-1).astype(int)
    layers = {
        "topic": Layer("topic", "category"), "mood": Layer("mood", "ordinal", ("low", "mid", "high"), declared=True),
        "score": Layer("score", "number"), "answer": Layer("answer", "answer"), "tags": Layer("tags", "labels"),
        "span": Layer("span", "spans"),
    }  # fmt: skip
    names = sorted(set(frame["item"]))
    items = pd.DataFrame({"text": [text] * len(names)}, index=pd.Index(names, name="item"))
    reading = Reading(format="table", rows_read=len(frame))
    return audit(assemble(Records(frame, reading, items=items, layers=layers), Settings()), Settings())


@pytest.fixture(scope="session")
def full() -> Audit:
    """Two rounds, gold with slips, a model and a source column: every section that needs more than labels.

    Section 3.2 was hard in the first round and rewritten before the second; one gold label in twenty is a slip.
    """
    draw = random.Random(11)
    labels = ("Billing", "Refund", "Delivery", "Return")
    rows = []
    for number in range(1, 81):
        section, source = ("3.1", "3.2")[number % 2], ("mail", "chat")[number // 2 % 2]
        right, slip = labels[number % 4], labels[(number + 1) % 4]
        key = {"item": f"T{number:03}", "section": section, "source": source, "text": f"Message number {number}"}
        for round_, hard in (("2026-01", 0.5 if section == "3.2" else 0.1), ("2026-02", 0.1)):
            for who, more in (("Ana", 0.0), ("Ben", 0.0), ("Cleo", 0.05), ("bot", 0.25)):
                label = draw.choice(labels) if draw.random() < hard + more else right
                rows.append({**key, "round": round_, "annotator": who, "label": label})
        rows.append({**key, "round": "2026-01", "annotator": "gold", "label": slip if number % 20 == 7 else right})
    settings = {"annotators": {"model": ["bot"], "gold": ["gold"]}, "report": {"by": ["source"]}}
    return audit(pd.DataFrame(rows), Settings.from_mapping(settings))
