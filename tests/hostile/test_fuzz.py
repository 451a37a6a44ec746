"""The fuzzer for a few seconds, on the same inputs each time; CONTRIBUTING says how to run it for hours."""

import subprocess
import sys
from pathlib import Path

FUZZ = Path(__file__).parent.parent.parent / "benchmarks" / "fuzz.py"


def test_nothing_breaks_on_the_corpus_and_on_what_hypothesis_makes_up() -> None:
    command = [sys.executable, str(FUZZ), "--engine", "structure", "--examples", "100", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "0 kinds of failure" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0
