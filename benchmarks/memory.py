"""Measure how memory grows with the input: bytes of peak memory for each byte of input, format by format.

    python benchmarks/memory.py                          4 and 16 MB of each format
    python benchmarks/memory.py --megabytes 10 --megabytes 40 --command audit

Each file is read by a process of its own; the factor is the slope between the two sizes, so that what the interpreter
and its libraries take does not count.
"""

import argparse
import io
import json
import os
import random
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl

PEOPLE = ("ana", "ben", "cem")
TEXT = "The kettle arrived on Monday, and nobody at the counter knew what to do with it any more. "


def records(items: int) -> Iterator[tuple[str, str, str]]:
    """Yield item, annotator and label."""
    chance = random.Random(1)
    for item in range(items):
        for who in PEOPLE:
            yield f"ticket-{item:07}", who, chance.choice(("Refund", "Billing", "Delivery"))


def long_csv(items: int) -> bytes:
    """Return a row per annotation."""
    return "\n".join(["item,annotator,label", *map(",".join, records(items))]).encode()


def wide_csv(items: int) -> bytes:
    """Return a column per annotator."""
    cells = [label for _, _, label in records(items)]
    rows = (f"ticket-{item:07}," + ",".join(cells[3 * item : 3 * item + 3]) for item in range(items))
    return "\n".join(["item,ana,ben,cem", *rows]).encode()


def objects(items: int) -> list[dict[str, str]]:
    """Return a record per annotation."""
    return [dict(zip(("item", "annotator", "label"), one, strict=True)) for one in records(items)]


def json_list(items: int) -> bytes:
    """Return one list of records."""
    return json.dumps(objects(items)).encode()


def json_lines(items: int) -> bytes:
    """Return a record a line."""
    return "\n".join(map(json.dumps, objects(items))).encode()


def workbook(items: int) -> bytes:
    """Return a sheet with a row per annotation."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["item", "annotator", "label"])
    for one in records(items):
        sheet.append(one)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def spans(item: int) -> list[dict[str, object]]:
    """Return the spans of a text."""
    return [{"start": 4 + 90 * at, "end": 10 + 90 * at, "label": ("THING", "WAY")[(item + at) % 2]} for at in range(3)]


def span_lines(items: int) -> bytes:
    """Return a record a line: text and spans of one annotator."""
    lines = ({"id": item, "annotator": who, "text": TEXT * 3, "spans": spans(item)}
             for item in range(items) for who in PEOPLE)  # fmt: skip
    return "\n".join(map(json.dumps, lines)).encode()


def label_studio(items: int) -> bytes:
    """Return tasks with three annotations of three spans each."""
    tasks = []
    for item in range(items):
        given = [
            {"id": item * 9 + number, "completed_by": number, "was_cancelled": False, "result": [
                {"id": f"r{at}", "from_name": "ner", "to_name": "text", "type": "labels",
                 "value": {"start": one["start"], "end": one["end"], "text": "kettle", "labels": [one["label"]]}}
                for at, one in enumerate(spans(item))
            ]}
            for number in (1, 2, 3)
        ]  # fmt: skip
        tasks.append({"id": item, "data": {"text": TEXT * 3}, "annotations": given})
    return json.dumps(tasks).encode()


def conll(items: int) -> bytes:
    """Return tokens with a column of tags for each annotator."""
    chance = random.Random(1)
    sentence = TEXT.split()
    lines = []
    for _ in range(items):
        lines += [" ".join([token, *(chance.choice(("O", "O", "B-X")) for _ in PEOPLE)]) for token in sentence]
        lines.append("")
    return "\n".join(lines).encode()


def webanno(items: int) -> bytes:
    """Return a project with a document per ten sentences, and a file of each annotator in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("exportedproject1.json", '{"name": "p"}')
        for document in range(max(items // 10, 1)):
            lines, at = ["#FORMAT=WebAnno TSV 3.3", "#T_SP=custom.Span|label", "", ""], 0
            for sentence in range(1, 11):
                lines.append(f"#Text={TEXT.strip()}")
                for number, token in enumerate(TEXT.split(), 1):
                    mark = f"X[{sentence}]" if number == 2 else "_"
                    lines.append(f"{sentence}-{number}\t{at}-{at + len(token)}\t{token}\t{mark}")
                    at += len(token) + 1
                lines.append("")
            for who in PEOPLE:
                archive.writestr(f"annotation/d{document}.txt/{who}.tsv", "\n".join(lines))
    return buffer.getvalue()


FORMATS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "CSV, long": ("a.csv", long_csv),
    "CSV, wide": ("a.csv", wide_csv),
    "JSON lines": ("a.jsonl", json_lines),
    "JSON": ("a.json", json_list),
    "xlsx, long (a quarter of the size)": ("a.xlsx", workbook),
    "JSON lines, spans": ("a.jsonl", span_lines),
    "Label Studio": ("a.json", label_studio),
    "CoNLL": ("a.conll", conll),
    "WebAnno TSV, zip": ("a.zip", webanno),
}


def peak(command: str, path: Path) -> int:
    """Return the bytes of memory that *command* on *path* needs at most."""
    extra = ["-o", str(path.with_name("page.html"))] if command == "audit" else []
    words = [sys.executable, "-c", "from agreement.cli import main; main()", command, str(path), *extra]
    reader = os.fork()
    if not reader:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.execv(sys.executable, words)
    _, status, used = os.wait4(reader, 0)
    if status:
        raise SystemExit(f"{' '.join(words)} ended with {status >> 8}")
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, action="append", help="give two")
    parser.add_argument("--format", choices=sorted(FORMATS), action="append", help="only these")
    parser.add_argument("--command", choices=["detect", "audit"], default="detect")
    given = parser.parse_args()
    sizes = given.megabytes or [4, 16]
    print("| format | " + " | ".join(f"{size:g} MB" for size in sizes) + " | bytes of memory for each byte |")
    print("|---|" + "---|" * (len(sizes) + 1))
    with tempfile.TemporaryDirectory() as folder:
        for title in given.format or FORMATS:
            name, make = FORMATS[title]
            an_item = len(make(2000)) / 2000
            found = []
            for size in sizes:
                path = Path(folder) / name
                # what is packed holds more: a quarter of the size keeps a sheet within the rows that it may have
                path.write_bytes(make(int(size * 1e6 / an_item / (4 if name.endswith("xlsx") else 1))))
                found.append((path.stat().st_size, peak(given.command, path)))
            (small, less), (large, more) = found[0], found[-1]
            cells = " | ".join(f"{memory / 1e6:,.0f} MB" for _, memory in found)
            print(f"| {title} | {cells} | {(more - less) / (large - small):.1f} |", flush=True)


if __name__ == "__main__":
    main()
