"""A run by itself: it asks nobody over a network, leaves nothing behind, and depends on nothing but its input."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "sample_data"
STORIES = {"tickets": "tickets.xlsx", "sentiment": "sentiment.csv", "entities": "entities.jsonl"}
OUTPUTS = ("page.html", "audit.json", "audit.xlsx")
WITHOUT_NETWORK = """
import socket, sys

def refuse(*_, **__):
    raise SystemExit("a socket was opened")

for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname"):
    setattr(socket, name, refuse)
from agreement.cli import run
sys.exit(run(sys.argv[1:]))
"""


def audited(story: str, folder: Path, **environment: str) -> dict[Path, bytes]:
    """Return every output of the audit of a *story*, made in a process of its own without a network."""
    temporary = folder / "temporary"
    temporary.mkdir(parents=True)
    (folder / "out").mkdir()
    outputs = [str(folder / "out" / name) for name in OUTPUTS]
    named = ["-o", outputs[0], "--json", outputs[1], "--excel", outputs[2]]
    asked = ["audit", STORIES[story], *named, "--csv", str(folder / "out" / "tables"), "--quiet"]
    subprocess.run(
        [sys.executable, "-c", WITHOUT_NETWORK, *asked], check=True, cwd=SAMPLES / story,
        env={**os.environ, "TMPDIR": str(temporary), **environment},
    )  # fmt: skip
    assert list(temporary.iterdir()) == []
    return {path.relative_to(folder): path.read_bytes() for path in sorted((folder / "out").rglob("*"))
            if path.is_file()}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_a_run_asks_nobody_leaves_nothing_and_depends_on_its_input_alone(story: str, tmp_path: Path) -> None:
    one = audited(story, tmp_path / "one", PYTHONHASHSEED="1", TZ="Asia/Tokyo", LC_ALL="C")
    other = audited(story, tmp_path / "other", PYTHONHASHSEED="2", TZ="America/New_York", LC_ALL="C.UTF-8")
    assert len(one) > len(OUTPUTS)
    assert one == other
