"""The whole command on a crowd beside what peers take for a part of it, in one run: time, memory and ratios.

    python benchmarks/crowd.py --with PYTHON             10 million labels; PYTHON has crowd-kit
    python benchmarks/crowd.py --with PYTHON --quick     1 million

2,000 annotators, five labels per item, 20 labels, a long CSV. Each contender is a process of its own, one after the
other; processor time counts, for other work on the machine does not change it much. Only ratios mean anything. The bare
way (``bare_way.py``) computes the same kappas, F1 and alpha with pandas and NumPy and does nothing else. Everybody's
modules are compiled before, as they are once installed.
"""

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ANNOTATORS, PER_ITEM, LABELS, TRUE = 2_000, 5, 20, 0.8
BARE_WAY = Path(__file__).with_name("bare_way.py")
PEERS = {
    "crowd-kit, alpha alone": """
import sys, pandas as pd
from crowdkit.metrics.data import alpha_krippendorff
frame = pd.read_csv(sys.argv[1]).rename(columns={"item": "task", "annotator": "worker"})
print(alpha_krippendorff(frame))
""",
    "pandas merge and group-by, agreement of pairs alone": """
import sys, pandas as pd
frame = pd.read_csv(sys.argv[1], dtype="category")
codes = pd.DataFrame({name: frame[name].cat.codes for name in frame})
both = codes.merge(codes, on="item")
both = both[both["annotator_x"] < both["annotator_y"]]
same = both["label_x"] == both["label_y"]
print(same.groupby([both["annotator_x"], both["annotator_y"]]).agg(["sum", "size"]).shape)
""",
}


def write_crowd(path: Path, labels: int, seed: int = 1) -> None:
    """Write a crowd's *labels* to *path*; who shares items with whom changes from item to item."""
    chance = np.random.default_rng(seed)
    items = labels // PER_ITEM
    item = np.repeat(np.arange(items), PER_ITEM)
    who = (chance.integers(0, ANNOTATORS, items)[:, None] + np.array([0, 7, 31, 211, 977])).ravel() % ANNOTATORS
    label = np.where(
        chance.random(labels) < TRUE, chance.integers(0, LABELS, items)[item], chance.integers(0, LABELS, labels)
    )
    pd.DataFrame(
        {
            "item": np.char.add("i", item.astype(str)),
            "annotator": np.char.add("w", who.astype(str)),
            "label": np.char.add("label", label.astype(str)),
        }
    ).to_csv(path, index=False)


def measured(command: list[str], compiled: Path) -> tuple[float, float, float]:
    """Return processor seconds, elapsed seconds and peak memory in GiB of *command*; *compiled* keeps its modules."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(compiled)
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    message = child.stderr.read() if child.stderr else b""
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{command[:3]} failed: {message.decode(errors='replace')[-2000:]}")
    scale = 1 if sys.platform == "darwin" else 1024
    return used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss * scale / 2**30


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--with", dest="peers", help="interpreter that has the peers")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data, few, page, compiled = (Path(folder, name) for name in ("crowd.csv", "few.csv", "page.html", "compiled"))
        # in a process of its own: a child's peak counts from that of the process that starts it
        maker = multiprocessing.get_context("spawn").Process(
            target=write_crowd, args=(data, 1_000_000 if given.quick else 10_000_000)
        )
        maker.start()
        maker.join()
        write_crowd(few, 1_000)
        contenders = {"the bare way: every pair's kappa and F1, and alpha": [sys.executable, str(BARE_WAY)]}
        if given.peers:
            contenders |= {name: [given.peers, "-c", code] for name, code in PEERS.items()}
        audit = [sys.executable, "-c", "from agreement.cli import main; main()", "audit", "--quiet", "-o", str(page)]
        for command in (audit, *contenders.values()):
            measured([*command, str(few)], compiled)
        ours = measured([*audit, str(data)], compiled)
        print(f"{data.stat().st_size / 1e9:.2f} GB of CSV; page {page.stat().st_size / 1e6:.2f} MB")
        print("| what | processor | elapsed | memory | ours is |\n|---|---|---|---|---|")
        times = f"{ours[2] * 2**30 / data.stat().st_size:.1f} x the file"
        print(f"| agreement audit, page included | {ours[0]:.1f} s | {ours[1]:.1f} s | {ours[2]:.2f} GiB ({times}) | |")
        for name, command in contenders.items():
            cpu, wall, memory = measured([*command, str(data)], compiled)
            ratio = f"{ours[0] / cpu:.2f} x its time, {ours[2] / memory:.2f} x its memory"
            print(f"| {name} | {cpu:.1f} s | {wall:.1f} s | {memory:.2f} GiB | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
