"""No room on the disk, and two who write at once: the old file or the whole new one, one sentence, nothing left."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agreement import _files
from agreement.cli import _main

resource = pytest.importorskip("resource", reason="the limits of this kind are Unix")

ROWS = [(f"i{item}", who, "xyz"[(item * (3 if who == "c" else 1)) % 3]) for item in range(40) for who in "abc"]
LABELS = "item,annotator,label\n" + "\n".join(map(",".join, ROWS))
# a limit on the size of a file stands for a full disk: writing stops in the middle, with an error of the system
LIMITED = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))
from agreement.cli import main
main()
"""
COMMANDS = {
    "page": ("audit labels.csv -o out.html", "out.html"),
    "csv": ("audit labels.csv -o /dev/null --csv .", "scores.csv"),
    "excel": ("audit labels.csv -o /dev/null --excel out.xlsx", "out.xlsx"),
    "key": ("audit labels.csv -o /dev/null --anonymise --key out.key", "out.key"),
    "consensus sheet": ("consensus labels.csv -o out.xlsx", "out.xlsx"),
    "reading": ("detect labels.csv --write-config out.toml", "out.toml"),
}


@pytest.mark.parametrize("what", COMMANDS)
def test_a_full_disk_leaves_the_old_file_and_no_draft(tmp_path: Path, what: str) -> None:
    command, output = COMMANDS[what]
    (tmp_path / "in").mkdir()
    (tmp_path / "temporary").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "labels.csv").write_text(LABELS)
    if what != "key":
        (tmp_path / "out" / output).write_text("old")
    words = command.replace("labels.csv", "../in/labels.csv").split()
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *words], cwd=tmp_path / "out", capture_output=True, check=False,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary"), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    said = done.stderr.decode()
    assert done.returncode == _main.WRONG_INPUT, said
    assert "can't be written: " in said
    assert "What was there before is untouched" in said
    assert len(said.splitlines()) == 1, said
    left = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert left == ({} if what == "key" else {output: "old"})
    assert list((tmp_path / "temporary").iterdir()) == []


def test_two_who_write_one_file_at_once_leave_it_whole(tmp_path: Path) -> None:
    path, sizes = tmp_path / "page.html", {"a": 300_000, "b": 200_000}
    path.write_text("a" * sizes["a"])
    seen, done = set(), threading.Event()

    def write(letter: str) -> None:
        for _ in range(15):
            _files.write_text(path, letter * sizes[letter])

    def read() -> None:
        while not done.is_set():
            text = path.read_text()
            seen.add((text[:1], len(text), len(set(text))))

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(letter,)) for letter in sizes]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert seen <= {("a", 300_000, 1), ("b", 200_000, 1)}
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_two_audits_at_once_leave_whole_files(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(LABELS)
    command = [sys.executable, "-c", "from agreement.cli import main; main()", "audit", "labels.csv", "--quiet"]
    outputs = ["-o", "page.html", "--json", "audit.json", "--excel", "audit.xlsx"]
    two = [subprocess.Popen([*command, *outputs], cwd=tmp_path, stderr=subprocess.PIPE) for _ in range(2)]
    assert [(one.communicate()[1], one.returncode) for one in two] == [(b"", 0)] * 2
    at_once = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(at_once) == {"labels.csv", "page.html", "audit.json", "audit.xlsx"}
    subprocess.run([*command, *outputs], cwd=tmp_path, check=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == at_once
