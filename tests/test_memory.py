"""The command keeps the memory it freed: another large array then costs no pages of the system."""

import ctypes
import subprocess
import sys

import pytest

FAULTS = """
import resource
{keep}

def passes(times):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        bytearray(192 << 20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

passes(1)
print(passes(3))
"""
KEEP = "from agreement.cli._memory import keep_freed_memory; keep_freed_memory()"


def faults(keep: str) -> int:
    """Return how many pages three more arrays of 192 MiB cost."""
    code = FAULTS.replace("{keep}", keep)
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "mallopt"), reason="glibc alone has it"
)
def test_large_arrays_reuse_freed_memory():
    assert faults(KEEP) < 1000 < faults("")
