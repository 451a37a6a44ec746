"""Progress on a terminal and nowhere else; Ctrl-C and termination end cleanly and leave the old file."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agreement.cli import _progress

pty = pytest.importorskip("pty", reason="terminals of this kind are Unix")
COMMAND = [sys.executable, "-c", "from agreement.cli import main; main()"]
SLEEP = """
import time, agreement.diagnosis.diagnosing, agreement.pipeline as pipeline
pipeline.diagnose = lambda *_: time.sleep(60)
from agreement.cli import main
main()
"""
SLOW = [sys.executable, "-c", SLEEP]


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text("item,annotator,label\n1,Ana,x\n1,Ben,y\n2,Ana,x\n2,Ben,x\n")
    (tmp_path / "page.html").write_text("old")
    return path


def shown(process: subprocess.Popen[bytes], terminal: int, until: str = "\0", seconds: float = 60) -> str:
    """Return what *process* prints on *terminal*, up to *until* or its end."""
    text, ends = b"", time.monotonic() + seconds
    while time.monotonic() < ends and until.encode() not in text:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                text += os.read(terminal, 65_536)
            except OSError:  # the other side was closed
                break
        elif process.poll() is not None:
            break
    return text.decode("utf-8", "replace")


@pytest.fixture
def heard() -> Iterator[None]:
    """Hand down a SIGINT that is not ignored: a shell ignores it for what runs in its background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_audit_leaves_the_old_page(labels: Path, number: signal.Signals) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*SLOW, "audit", str(labels), "-o", str(labels.parent / "page.html")], stderr=theirs
    ) as process:
        os.close(theirs)
        text = shown(process, ours, "Asking whose problem")
        assert "Asking whose problem" in text
        process.send_signal(number)
        text = shown(process, ours)
        assert process.wait(30) == 130
    os.close(ours)
    assert "Interrupted; every output is as it was, or complete." in text
    assert "Traceback" not in text
    assert (labels.parent / "page.html").read_text() == "old"
    assert sorted(path.name for path in labels.parent.iterdir()) == ["labels.csv", "page.html"]


def test_a_terminal_shows_stages_and_memory_and_a_pipe_nothing(labels: Path) -> None:
    arguments = ["audit", str(labels), "-o", str(labels.parent / "page.html")]
    ours, theirs = pty.openpty()
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        text = shown(process, ours)
        assert process.wait(30) == 0
    os.close(ours)
    assert "Reading the labels" in text
    assert re.search(r"Peak memory \d", text)  # of a child it is at least what the tests themselves had taken
    quiet = subprocess.run([*COMMAND, *arguments], capture_output=True, check=True)
    assert quiet.stderr == b""


def test_a_stage_that_took_long_says_how_fast_it_was(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(_progress.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(_progress, "WORTH_A_LINE", 0.0)
    monkeypatch.setattr(_progress.time, "monotonic", iter([0.0, *[10.0] * 1000]).__next__)
    with _progress.stage("Reading [the] labels", quiet=False) as told:
        told.labels = 1_000_000
    assert "Reading [the] labels: 10 s, 100,000 labels a second" in capsys.readouterr().err


def test_each_part_of_a_stage_has_its_own_line(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(_progress.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(_progress, "WORTH_A_LINE", 0.0)
    with _progress.stage("Comparing", quiet=False) as told:
        told.labels = 1_000_000
        told.now("Asking")
    text = capsys.readouterr().err
    assert 0 <= text.find("Comparing: ") < text.find("Asking: ")


def test_memory_is_compared_with_a_large_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "labels.csv").write_bytes(bytes(1000))
    assert "times" not in _progress.memory_line([tmp_path])
    monkeypatch.setattr(_progress, "LARGE", 1000)
    assert "times the input of 0.00 GB." in _progress.memory_line([tmp_path])


@pytest.mark.skipif(sys.platform != "linux", reason="what a program inherits is told by /proc")
def test_the_memory_of_whoever_starts_the_command_is_not_its_own():
    asked = [sys.executable, "-c", "from agreement.cli._progress import peak_memory; print(peak_memory())"]
    starter = (
        "import os, sys\n"
        "held = bytearray(300_000_000)\n"  # a shell or notebook that holds this much becomes the command
        "os.execv(sys.argv[1], sys.argv[1:])\n"
    )
    told = subprocess.run([sys.executable, "-c", starter, *asked], capture_output=True, text=True, check=True).stdout
    assert 1_000_000 < int(told) < 200_000_000
