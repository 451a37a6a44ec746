"""Fuzz the loaders and the configuration: whatever is thrown at them, they read it rightly or refuse it in words.

    python benchmarks/fuzz.py --seconds 60                 structure (hypothesis), then bytes (atheris)
    python benchmarks/fuzz.py --seconds 3600 --found DIR   keep every input that broke something

Structure: tables, JSON and settings of any shape. Bytes: mutations of one small file of each format, guided by
coverage where atheris is installed (``pip install atheris``), else at random. A failure is any exception that is no
AgreementError, an account that does not add up, or an input that takes too long. The exit code is 1 if there was any.
"""

import argparse
import collections
import hashlib
import io
import json
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
from hypothesis import HealthCheck, Phase, given
from hypothesis import seed as seeded
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl.utils.exceptions import IllegalCharacterError

try:
    import atheris
except ImportError:
    atheris = None

if atheris is not None and "structure" not in sys.argv:
    with atheris.instrument_imports(include=["agreement"]):
        from agreement.detect import describe, suggested_config
        from agreement.errors import AgreementError
        from agreement.loaders import load, loaders
        from agreement.settings import Settings
else:
    from agreement.detect import describe, suggested_config
    from agreement.errors import AgreementError
    from agreement.loaders import load, loaders
    from agreement.settings import Settings

# ruff: noqa: E501 - the seeds are files as they are
SLOW = 20.0
SEEDS: dict[str, list[bytes]] = {
    ".csv": [
        b"item,annotator,label\n1,Ana,x\n1,Ben,y\n2,Ana,x\n2,Ben,x\n",
        b"id;Ana;Ben\n1;x;y\n2;y;y\n3;x;x\n",
        b"annotator,1,2,3\nAna,x,y,x\nBen,y,y,x\n",
        b"item,annotator,spam,ham\n1,Ana,1,0\n1,Ben,0,1\n2,Ana,1,0\n2,Ben,1,0\n",
        b"item,annotator,start,end,label,text\n1,Ana,0,3,PER,Ana runs\n1,Ben,0,3,PER,Ana runs\n",
        b'HITId,WorkerId,Input.text,Answer.label\nh1,A1,"a, b",x\nh1,A2,"a, b",y\n',
        b"_unit_id,_worker_id,_trust,label,label_gold\n1,2,0.9,x,\n1,3,0.8,y,\n",
        b"INPUT:text\tOUTPUT:label\tASSIGNMENT:worker_id\tASSIGNMENT:status\na\tx\tw1\tAPPROVED\na\ty\tw2\tAPPROVED\n",
        b"id,text,label,annotator,annotation_id,created_at,lead_time\n1,a b,x,1,1,2024-01-01,3\n1,a b,y,2,2,2024-01-01,3\n",
    ],
    ".json": [
        b'{"i1": {"Ana": "x", "Ben": "y"}, "i2": {"Ana": "x", "Ben": "x"}}',
        b'[{"item": 1, "annotator": "Ana", "label": ["x"]}, {"item": 1, "annotator": "Ben", "label": []}]',
        (
            b'[{"id": 1, "data": {"text": "Ana runs"}, "annotations": [{"completed_by": 1, "result": [{"type": "labels", '
            b'"from_name": "l", "to_name": "t", "value": {"start": 0, "end": 3, "text": "Ana", "labels": ["P"]}}]}]}]'
        ),
        b'[{"id": 1, "text": "Ana runs", "annotator": 1, "annotation_id": 2, "lead_time": 1.0, "sentiment": "x"}]',
        b'{"1": {"text": "a", "annotators": "Ana,Ben", "annotations": "1,0", "number of annotations": 2}}',
    ],
    ".jsonl": [
        (
            b'{"item": 1, "annotator": "Ana", "text": "Ana runs", "spans": [{"start": 0, "end": 3, "label": "PER"}]}\n'
            b'{"item": 1, "annotator": "Ben", "text": "Ana runs", "spans": []}\n'
        ),
        b'{"text": "Ana", "_input_hash": 1, "_task_hash": 2, "_session_id": "d-ana", "answer": "accept", "accept": ["x"]}\n',
        b'{"id": 1, "text": "Ana runs", "label": [[0, 3, "PER"]], "Comments": []}\n',
        b'{"id": "1", "displayed_text": "a", "label_annotations": {"q": {"x": "1"}}, "span_annotations": {}}\n',
        b'{"source": "a", "labels": {"annotationsFromAllWorkers": [{"workerId": "w", "annotationData": {"content": "{}"}}]}}\n',
        b'{"id": 1, "results": {"judgments": [{"worker_id": 1, "data": {"label": "x"}}]}, "data": {"text": "a"}}\n',
        b'{"data_row": {"id": "1", "row_data": "a"}, "projects": {"p": {"labels": []}}}\n',
        b'{"fields": {"text": "a"}, "responses": [{"user_id": "u", "values": {"l": {"value": "x"}}, "status": "submitted"}]}\n',
    ],
    ".conll": [b"Ana B-PER B-PER\nruns O O\n\nBen B-PER O\n", b"-DOCSTART- O\n\nAna\tB-PER\truns\nx\tI-PER\tO\n"],
    ".tsv": [
        b"#FORMAT=WebAnno TSV 3.3\n#T_SP=custom.Span|label\n\n\n#Text=Ana runs\n1-1\t0-3\tAna\tPER[1]\n1-2\t4-8\truns\t_\n",
        b"item\tannotator\tlabel\n1\tAna\tx\n1\tBen\ty\n",
    ],
    ".ann": [b"T1\tPER 0 3\tAna\nT2\tORG 4 6;7 8\tru s\nR1\tRel Arg1:T1 Arg2:T2\nA1\tNeg T1\n"],
    ".xmi": [
        (
            b'<?xml version="1.0"?><xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" '
            b'xmlns:c="http:///webanno/custom.ecore" xmi:version="2.0"><cas:Sofa xmi:id="1" sofaNum="1" '
            b'sofaString="Ana runs"/><c:Span xmi:id="2" sofa="1" begin="0" end="3" label="PER"/></xmi:XMI>'
        )
    ],
    ".toml": [
        (
            b'[columns]\nitem = ["id"]\nannotator = "who"\nlayout = "long"\n[labels]\norder = ["a", "b"]\n[missing]\n'
            b'values = ["?"]\n[layers.label]\nkind = "ordinal"\nweights = [[1.0]]\n[gate]\n[report]\ntitle = "x"\n'
        )
    ],
    ".sheet": [
        (
            b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" '
            b't="inlineStr"><is><t>item</t></is></c><c r="B1" t="inlineStr"><is><t>Ana</t></is></c><c r="C1" t="inlineStr">'
            b'<is><t>Ben</t></is></c></row><row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2.5</v></c><c r="C2" t="b"><v>1</v>'
            b'</c></row></sheetData><mergeCells><mergeCell ref="A2:A3"/></mergeCells></worksheet>'
        )
    ],
    ".zip": [],
}
KINDS = tuple(SEEDS)
WORKBOOK = {
    "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
    'officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/'
    '2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/workbook.xml": '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" '
    'r:id="r1"/></sheets></workbook>',
}


class Findings:
    """What broke, each place in the program once."""

    def __init__(self, keep: Path | None) -> None:
        self.keep = keep
        self.places: collections.Counter[str] = collections.Counter()
        self.runs = 0
        self.read = 0

    def report(self) -> None:
        """Print what was tried and what broke."""
        print(f"{self.runs:,} inputs, {self.read:,} of them read; {len(self.places)} kinds of failure.")
        for place, times in self.places.most_common():
            print(f"  {times:6,} {place}")

    def note(self, place: str, details: str, files: dict[str, bytes]) -> None:
        """Count a failure; show and keep the first of its kind."""
        self.places[place] += 1
        if self.places[place] > 1:
            return
        print(f"\nFAILURE {place}\n{details}", file=sys.stderr)
        if self.keep:
            folder = self.keep / hashlib.sha256(place.encode()).hexdigest()[:10]
            for name, content in files.items():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)


def try_files(files: dict[str, bytes], options: dict[str, dict[str, object]], findings: Findings, folder: Path) -> None:
    """Load *files* with *options* as the command line does, and note what should not happen."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    findings.runs += 1
    began = time.monotonic()
    try:
        settings = Settings.from_mapping(options)
        if "agreement.toml" in files:
            settings = Settings.from_file(folder / "agreement.toml", options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = load([str(folder / name) for name in files], settings)
        reading = found.reading
        describe(found)
        suggested_config(found, settings)
        findings.read += 1
        if reading.rows_read != reading.rows_used + sum(reading.set_aside.values()) or reading.rows_used < 0:
            account = f"{reading.rows_read} read, {reading.rows_used} used, aside {reading.set_aside}"
            findings.note(f"account of {reading.format}", account, files)
    except AgreementError as error:
        if not str(error).strip():
            findings.note("empty message", repr(error), files)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - panics of native libraries are no Exception
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
        findings.note(place, "".join(traceback.format_exception(error)[-6:]), files)
    finally:
        for name in files:
            (folder / name).unlink(missing_ok=True)
    if time.monotonic() - began > SLOW:
        findings.note(f"slow {min(files)[-8:]}", f"{time.monotonic() - began:.0f} s", files)


def workbook(sheet: bytes) -> bytes:
    """Return an xlsx file whose one sheet is the XML *sheet*."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in WORKBOOK.items():
            archive.writestr(name, content)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return buffer.getvalue()


def files_of(kind: str, content: bytes) -> dict[str, bytes]:
    """Return the files that one fuzzed *content* makes."""
    if kind == ".sheet":
        return {"labels.xlsx": workbook(content)}
    if kind == ".ann":
        return {"ana/1.ann": content, "ana/1.txt": b"Ana runs", "ben/1.ann": SEEDS[".ann"][0], "ben/1.txt": b"Ana runs"}
    if kind == ".xmi":
        return {"doc/ana.xmi": content, "doc/ben.xmi": SEEDS[".xmi"][0]}
    if kind == ".toml":
        return {"labels.csv": SEEDS[".csv"][0], "agreement.toml": content}
    return {f"labels{kind}": content}


# what hypothesis makes up
NAMES = st.sampled_from(
    ["item", "id", "annotator", "label", "Ana", "Ben", "worker_1", "worker_2", "text", "gold", "time", "round", "",
     "section", "layer", "status", "start", "end", "model", "Ana_x", "Ana_y", "Ben_x", "Ben_y", "question", "1", "2"]
)  # fmt: skip
CELLS = st.one_of(
    st.sampled_from(["", "x", "y", "1", "0", "1.0", "a;b", "['a']", "[]", " ", "?", "2024-01-01", "1/2/2024", "TRUE"]),
    st.text(max_size=6),
)
TABLE = st.integers(1, 7).flatmap(
    lambda width: st.tuples(
        st.lists(st.one_of(NAMES, CELLS), min_size=width, max_size=width),
        st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=12),
    )
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), CELLS)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(NAMES, CELLS), inner, max_size=5)),
    max_leaves=25,
)
OPTIONS = {
    "columns": st.fixed_dictionaries(
        {},
        optional={
            "layout": st.sampled_from(["long", "wide", "per-file", "per-sheet", "transposed", "one-hot", "nested"]),
            "item": st.lists(NAMES, max_size=2), "label": st.lists(NAMES, max_size=2),
            "annotators": st.lists(NAMES, max_size=3), "header": st.integers(0, 4),
            **dict.fromkeys(("annotator", "layer", "text", "section", "document", "round", "time", "gold", "start", "end"), NAMES),
        },
    ),
    "reading": st.fixed_dictionaries(
        {},
        optional={
            "format": st.sampled_from(sorted(loaders())),
            "duplicates": st.sampled_from(["refuse", "latest", "first", "drop"]),
            "encoding": st.sampled_from(["utf-8", "utf-16", "latin-1", "cp1252", "nope", "utf-7"]),
            "unmarked": st.sampled_from(["missing", "empty"]), "hidden": st.booleans(),
            "trim_spans": st.booleans(), "predictions": st.booleans(),
        },
    ),
    "missing": st.fixed_dictionaries({}, optional={"values": st.lists(CELLS, max_size=2)}),
    "labels": st.fixed_dictionaries(
        {},
        optional={
            "declared": st.lists(CELLS, max_size=3), "order": st.lists(CELLS, max_size=3),
            "aliases": st.dictionaries(CELLS, CELLS, max_size=2),
        },
    ),
    "layers": st.dictionaries(
        st.sampled_from(["label", "x", "q"]),
        st.fixed_dictionaries(
            {"kind": st.sampled_from(["category", "ordinal", "number", "labels", "spans", "answer"])}
        ),
        max_size=2,
    ),
    "annotators": st.fixed_dictionaries({}, optional={key: st.lists(NAMES, max_size=2) for key in
                                                      ("model", "gold", "ignore")}),
}  # fmt: skip
CHOSEN = st.one_of(st.just({}), st.fixed_dictionaries({}, optional=OPTIONS))
KINDS_MADE = st.sampled_from([".csv", ".tsv", ".xlsx", ".json", ".jsonl"])


def text_file(kind: str, made: tuple[list[str], list[list[str]]], document: object) -> bytes:
    """Return the content of a file of *kind*: the table, or as JSON the document."""
    header, rows = made
    if kind == ".json":
        return json.dumps(document).encode("utf-8", "surrogatepass")
    if kind == ".jsonl":
        return b"\n".join(json.dumps(dict(zip(header, row, strict=True))).encode() for row in rows)
    mark = "\t" if kind == ".tsv" else ","
    text = "\n".join(mark.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [header, *rows])
    return text.encode("utf-8", "surrogatepass")


def spreadsheet(made: tuple[list[str], list[list[str]]]) -> bytes:
    """Return an xlsx file that holds the table, without rows that openpyxl can't write."""
    book = openpyxl.Workbook()
    for row in [made[0], *made[1]]:
        try:
            book.active.append(row)
        except IllegalCharacterError:
            continue
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def run_structure(seconds: float, findings: Findings, folder: Path, seed: int) -> None:
    """Try tables, JSON and settings that hypothesis makes up."""
    ends = time.monotonic() + seconds
    for number in range(10**9):
        if time.monotonic() > ends:
            return

        @seeded(seed + number)
        @hypothesis_settings(
            max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )  # fmt: skip
        @given(st.lists(st.tuples(KINDS_MADE, TABLE, DOCUMENTS), min_size=1, max_size=3), CHOSEN)
        def attempt(
            parts: list[tuple[str, tuple[list[str], list[list[str]]], object]], picked: dict[str, object]
        ) -> None:
            if time.monotonic() < ends:
                files = {
                    f"{'abc'[at]}{kind}": spreadsheet(made) if kind == ".xlsx" else text_file(kind, made, document)
                    for at, (kind, made, document) in enumerate(parts)
                }
                try_files(files, picked, findings, folder)  # type: ignore[arg-type]

        attempt()


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield one small file of each format and flavour."""
    for kind, contents in SEEDS.items():
        for content in contents:
            yield kind, content


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return *content* with a few of its parts removed, repeated, replaced or moved."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        size = chance.choice([1, 1, 2, 4, 16])
        pick = chance.randrange(5)
        if pick == 0:
            del data[at : at + size]
        elif pick == 1:
            data[at:at] = data[at : at + size] * chance.choice([1, 2, 50])
        elif pick == 2:
            data[at : at + size] = chance.randbytes(size)
        elif pick == 3:
            data[at:at] = chance.choice([b"\0", b'"', b"[", b"{", b"\n", b",", b"-1", b"1e999", b"\xff", b"&#0;", b"null",
                                         b"99999999999999999999", b"\xed\xa0\x80", b"\r", b"<", b"NaN", b"true"])  # fmt: skip
        else:
            other = chance.randrange(len(data) + 1)
            data[at : at + size] = data[other : other + chance.choice([4, 16, 64])]
    return bytes(data)


def run_bytes(seconds: float, findings: Findings, folder: Path, seed: int) -> None:
    """Try mutations of real files, guided by coverage if atheris is there."""
    ends = time.monotonic() + seconds
    known = list(seeds())
    if atheris is None:
        chance = random.Random(seed)
        while time.monotonic() < ends:
            kind, content = chance.choice(known)
            try_files(files_of(kind, mutated(content, chance)), {}, findings, folder)
        return

    def attempt(data: bytes) -> None:
        if time.monotonic() > ends:  # libFuzzer would leave without a word
            shutil.rmtree(folder, ignore_errors=True)
            findings.report()
            sys.stdout.flush()
            os._exit(1 if findings.places else 0)
        if data:
            kind = KINDS[data[0] % len(KINDS)]
            try_files(files_of(kind, data[1:]), {}, findings, folder)

    corpus = folder / "corpus"
    corpus.mkdir()
    for number, (kind, content) in enumerate(known):
        (corpus / str(number)).write_bytes(bytes([KINDS.index(kind)]) + content)

    def custom(data: bytes, size: int, number: int) -> bytes:
        chance = random.Random(number)
        if chance.random() < 0.5:
            return atheris.Mutate(data, size)
        return (data[:1] + mutated(data[1:], chance))[:size] if data else b"\0"

    atheris.Setup(
        ["fuzz", f"-max_total_time={int(seconds) + 60}", "-max_len=8192", "-rss_limit_mb=4096", f"-seed={seed}",
         f"-artifact_prefix={folder}/", "-verbosity=0", "-print_final_stats=0", str(corpus)],
        attempt, custom_mutator=custom, internal_libfuzzer=True,
    )  # fmt: skip
    atheris.Fuzz()


def main() -> int:
    """Run what was asked for and say what broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="how long, in all")
    parser.add_argument("--engine", choices=["structure", "bytes", "both"], default="both")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--found", type=Path, help="folder for the inputs that broke something")
    given = parser.parse_args()
    findings = Findings(given.found)
    parts: list[Callable[[float, Findings, Path, int], None]] = []
    parts += [run_structure] if given.engine != "bytes" else []
    parts += [run_bytes] if given.engine != "structure" else []

    with tempfile.TemporaryDirectory() as name:
        for part in parts:
            part(given.seconds / len(parts), findings, Path(name), given.seed)
    findings.report()
    return 1 if findings.places else 0


if __name__ == "__main__":
    sys.exit(main())
