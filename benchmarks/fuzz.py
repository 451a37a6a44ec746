"""Fuzz every loader and every setting: whatever is thrown at them, they read it rightly or refuse it in words.

    python benchmarks/fuzz.py --seconds 60                 structure (hypothesis), then bytes (atheris)
    python benchmarks/fuzz.py --seconds 3600 --found DIR   keep every input that broke something
    python benchmarks/fuzz.py --examples 60                the corpus and so many made-up inputs, the same each time

Structure: tables, projects, JSON and settings of any shape, and the inputs of ``tests/hostile/corpus`` with other
values in them. Bytes: mutations of those inputs, guided by coverage where atheris is installed (``pip install
atheris``), else at random. What can be read is audited, and now and then written as page, JSON, CSV and workbook.

A failure is any exception that is no AgreementError, an account that does not add up, a number without bounds or
reason, a numeric warning, a temporary file left, a connection tried, or an input that takes too long. The exit code is
1 if there was any, or if a loader read nothing.
"""

import argparse
import collections
import contextlib
import hashlib
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from hypothesis import HealthCheck, Phase, given
from hypothesis import seed as seeded
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

try:
    import atheris
except ImportError:
    atheris = None

if atheris is not None and "structure" not in sys.argv:
    with atheris.instrument_imports(include=["agreement"]):
        from agreement.detect import describe, suggested_config
        from agreement.errors import AgreementError
        from agreement.loaders import load, loaders
        from agreement.pipeline import Audit, audit
        from agreement.report.page import write_page
        from agreement.report.tables import write_csv, write_json
        from agreement.report.workbook import write_workbook
        from agreement.settings import Settings
else:
    from agreement.detect import describe, suggested_config
    from agreement.errors import AgreementError
    from agreement.loaders import load, loaders
    from agreement.pipeline import Audit, audit
    from agreement.report.page import write_page
    from agreement.report.tables import write_csv, write_json
    from agreement.report.workbook import write_workbook
    from agreement.settings import Settings

from fuzz_inputs import BESIDE, BY_KEY, SETTINGS, Files, chosen, corpus, made_up, mutated, parts_of, reshaped, with_part

SLOW, ENDLESS = 20, 120  # seconds of this process: other work on the machine is not the input's fault
AUDITED_OF_CORPUS = 8  # in a brief run
AUDITED = 4  # of the mutated bytes that can be read, one in so many is also audited
WRITTEN = 8  # one audit in so many is also written


class Findings:
    """What broke, each place in the program once, and how often each loader and each setting was in it."""

    def __init__(self, keep: Path | None) -> None:
        self.keep = keep
        self.began = time.monotonic(), time.process_time()
        self.places: collections.Counter[str] = collections.Counter()
        self.counts: collections.Counter[str] = collections.Counter()
        self.formats: collections.Counter[str] = collections.Counter()
        self.keys: collections.Counter[str] = collections.Counter()

    def report(self) -> int:
        """Print what was tried and what broke; return the exit code."""
        names = {loader.title: name for name, loader in loaders().items()}
        reached = {names.get(title, title): count for title, count in self.formats.items()}
        silent = sorted(set(names.values()) - set(reached))
        elapsed, used = time.monotonic() - self.began[0], time.process_time() - self.began[1]
        print(", ".join(f"{count:,} {word}" for word, count in self.counts.items()) + f" in {elapsed:,.0f} s "
              f"({used:,.0f} s of processor).")  # fmt: skip
        print("Read: " + ", ".join(f"{name} {count:,}" for name, count in sorted(reached.items())) + ".")
        if self.keys:
            print(f"Settings: {len(self.keys)} of {len(BY_KEY)} keys tried.")
        if silent:
            print(f"Loaders that read nothing: {', '.join(silent)}.")
        print(f"{len(self.places)} kinds of failure.")
        for place, times in self.places.most_common():
            print(f"  {times:6,} {place}")
        sys.stdout.flush()
        return 1 if self.places or silent else 0

    def note(self, place: str, details: str, files: Files, options: dict[str, Any]) -> None:
        """Count a failure; show and keep the first of its kind."""
        self.places[place] += 1
        if self.places[place] > 1:
            return
        print(f"\nFAILURE {place}\n{details}\nsettings: {options!r}", file=sys.stderr, flush=True)
        if self.keep:
            folder = self.keep / hashlib.sha256(place.encode()).hexdigest()[:10]
            for name, content in {
                **files,
                "failure.txt": f"{details}\n{options!r}\n".encode("utf-8", "replace"),
            }.items():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)


class Connected(Exception):  # noqa: N818 - what happened
    """Something tried to reach the network."""


class Endless(BaseException):
    """An input took longer than anything may."""


def _no_network(*_: object, **__: object) -> NoReturn:
    raise Connected


def _too_long(*_: object) -> NoReturn:
    raise Endless


@contextlib.contextmanager
def working_folder() -> Iterator[Path]:
    """Work in a folder of its own, which holds what settings may name; temporary files go beside the inputs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for beside, content in BESIDE.items():
            (folder / "work" / beside).parent.mkdir(parents=True, exist_ok=True)
            (folder / "work" / beside).write_bytes(content)
        (folder / "temporary").mkdir()
        os.chdir(folder / "work")
        tempfile.tempdir = str(folder / "temporary")
        socket.socket.connect = _no_network  # type: ignore[method-assign]
        yield folder
        tempfile.tempdir = None
        os.chdir("/")


class Harness:
    """Loads, audits and writes one input after the other."""

    def __init__(self, folder: Path, findings: Findings) -> None:
        self.folder = folder
        self.findings = findings
        self.audit_one_in = 1
        signal.signal(signal.SIGPROF, _too_long)

    def attempt(self, files: Files, options: dict[str, Any]) -> None:
        """Do with *files* what the command line does, and note what should not happen."""
        inputs = self.folder / "work" / "inputs"
        for name, content in files.items():
            (inputs / name).parent.mkdir(parents=True, exist_ok=True)
            (inputs / name).write_bytes(content)
        self.findings.counts["inputs"] += 1
        self.findings.keys.update(
            f"{section}.{key}" if f"{section}.{key}" in BY_KEY else section
            for section, values in options.items()
            for key in (values if isinstance(values, dict) else ())
        )
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, ENDLESS)
        try:
            self._run(sorted({name.split("/")[0] for name in files} - {SETTINGS}), inputs, files, options)
        except AgreementError as error:
            if not str(error).strip():
                self.findings.note("empty message", repr(error), files, options)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - panics of native libraries are no Exception
            ours = [
                step for step in traceback.extract_tb(error.__traceback__) if "agreement" in Path(step.filename).parts
            ]
            last = (ours or traceback.extract_tb(error.__traceback__))[-1]
            place = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
            self.findings.note(place, "".join(traceback.format_exception(error)[-8:]), files, options)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            shutil.rmtree(inputs, ignore_errors=True)
        left = sorted((self.folder / "temporary").iterdir())
        for path in left:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if left:
            self.findings.note(f"left {left[0].name[:4]}", str(left), files, options)
        if time.process_time() - began > SLOW:
            self.findings.note(f"slow {min(files)[-8:]}", f"{time.process_time() - began:.0f} s", files, options)

    def _run(self, names: list[str], inputs: Path, files: Files, options: dict[str, Any]) -> None:
        settings = Settings.from_mapping(options)
        if SETTINGS in files:
            settings = Settings.from_file(inputs / SETTINGS, options if _mappings(options) else {})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = load([str(inputs / name) for name in names], settings)
        reading = found.reading
        describe(found)
        suggested_config(found, settings)
        self.findings.counts["read"] += 1
        self.findings.formats[reading.format] += 1
        if reading.rows_read != reading.rows_used + sum(reading.set_aside.values()) or reading.rows_used < 0:
            account = f"{reading.rows_read} read, {reading.rows_used} used, aside {reading.set_aside}"
            self.findings.note(f"account of {reading.format}", account, files, options)
        if self.findings.counts["read"] % self.audit_one_in:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)  # a person would see it on the terminal
            result = audit(found, settings)
        self.findings.counts["audited"] += 1
        for complaint in nonsense(result):
            self.findings.note(f"numbers: {complaint.split(':')[0]}", complaint, files, options)
        if self.findings.counts["audited"] % WRITTEN == 0:
            self._write(result)

    def _write(self, result: Audit) -> None:
        outputs = self.folder / "work" / "outputs"
        outputs.mkdir()
        try:
            write_page(result, outputs / "page.html")
            write_json(result, outputs / "audit.json")
            write_csv(result, outputs / "tables", all_pairs=True, inputs=())
            write_workbook(result, outputs / "audit.xlsx")
            self.findings.counts["written"] += 1
        finally:
            shutil.rmtree(outputs)


def _mappings(options: dict[str, Any]) -> bool:
    """Return whether *options* hold sections only, as those of the command line do."""
    return all(isinstance(values, dict) for values in options.values())


def nonsense(result: Audit) -> Iterator[str]:
    """Yield what no score may be: infinite, without a reason where undefined, outside its own interval."""
    for comparison in result.comparisons:
        scores = comparison.scores
        value, low, high = (scores[name].astype(float) for name in ("value", "low", "high"))
        for words, wrong in {
            "infinite": value.isin([float("inf"), float("-inf")]),
            "undefined without a reason": value.isna() & (scores["undefined"].fillna("") == ""),
            "outside its interval": (value < low - 1e-9) | (value > high + 1e-9),
            "negative n": scores["n"] < 0,
        }.items():
            if wrong.any():
                yield f"{words}: {scores.loc[wrong].head(3).to_dict('records')}"


def run_structure(seconds: float, harness: Harness, seed: int) -> None:
    """Try what hypothesis makes up."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        run_examples(200, harness, seed, ends)
        seed += 1


def run_examples(count: int, harness: Harness, seed: int, ends: float = float("inf")) -> None:
    """Try *count* inputs, the same for the same *seed*, as long as time is left."""

    @seeded(seed)
    @hypothesis_settings(
        max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )  # fmt: skip
    @given(st.one_of(made_up(), reshaped(list(corpus()))), chosen())
    def attempt(files: Files, options: dict[str, Any]) -> None:
        if time.monotonic() < ends:
            harness.attempt(files, options)

    attempt()


def run_bytes(seconds: float, harness: Harness, seed: int) -> None:
    """Try mutations of the corpus, guided by coverage if atheris is there."""
    ends = time.monotonic() + seconds
    harness.audit_one_in = AUDITED
    parts = parts_of(list(corpus()))
    if atheris is None:
        chance = random.Random(seed)
        while time.monotonic() < ends:
            part = chance.choice(parts)
            harness.attempt(with_part(part, mutated(part[3], chance)), {})
        return

    def attempt(data: bytes) -> None:
        if time.monotonic() > ends:  # libFuzzer would leave without a word
            code = harness.findings.report()
            shutil.rmtree(harness.folder, ignore_errors=True)
            os._exit(code)
        if len(data) > 1:
            harness.attempt(with_part(parts[int.from_bytes(data[:2], "big") % len(parts)], data[2:]), {})

    mine = harness.folder / "corpus"
    mine.mkdir()
    for number, part in enumerate(parts):
        (mine / str(number)).write_bytes(number.to_bytes(2, "big") + part[3])

    def custom(data: bytes, size: int, number: int) -> bytes:
        chance = random.Random(number)
        if chance.random() < 0.5:
            return atheris.Mutate(data, size)
        return (data[:2] + mutated(data[2:], chance))[:size] if data else b"\0\0"

    atheris.Setup(
        ["fuzz", f"-max_total_time={int(seconds) + 60}", "-max_len=8192", "-rss_limit_mb=4096",
         f"-seed={seed}", f"-artifact_prefix={harness.folder}/", "-verbosity=0", "-print_final_stats=0", str(mine)],
        attempt, custom_mutator=custom, internal_libfuzzer=True,
    )  # fmt: skip
    atheris.Fuzz()


def main() -> int:
    """Run what was asked for and say what broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="how long, in all")
    parser.add_argument("--examples", type=int, help="so many made-up inputs instead, the same each time")
    parser.add_argument("--engine", choices=["structure", "bytes", "both"], default="both")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--found", type=Path, help="folder for the inputs that broke something")
    given = parser.parse_args()
    findings = Findings(given.found.absolute() if given.found else None)
    parts: list[Callable[[float, Harness, int], None]] = []
    parts += [run_structure] if given.engine != "bytes" else []
    parts += [run_bytes] if given.engine != "structure" else []
    with working_folder() as folder:
        harness = Harness(folder, findings)
        harness.audit_one_in = AUDITED_OF_CORPUS if given.examples else 1
        for _, files in corpus():
            harness.attempt(files, {})
        if given.examples:
            harness.audit_one_in = 1
            run_examples(given.examples, harness, given.seed)
            return findings.report()
        for part in parts:
            part(given.seconds / len(parts), harness, given.seed)
    return findings.report()


if __name__ == "__main__":
    sys.exit(main())
