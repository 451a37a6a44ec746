"""One flag of every rule as programs get it, for docs/diagnosis.md: ``python benchmarks/flag_examples.py``."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from agreement._resources import shipped
from agreement.annotations import Annotations
from agreement.loaders import load, load_frame
from agreement.pipeline import audit
from agreement.rules import rules
from agreement.settings import Settings
from benchmarks.other_projects import item_project
from benchmarks.other_quality import read
from benchmarks.other_spans import span_project
from benchmarks.projects import project, two_reader_project

PLANTED = ("annotator", "annotator_section", "section", "label_pair", "label")
SEED = 12
SPANS = (2, 9)
DIGITS = 3
WIDTH = 116


def two_spellings() -> pd.DataFrame:
    """Return labels of which one has two spellings, mixed by everybody."""
    draw = np.random.default_rng(1).random((200, 3))
    label = np.where(np.arange(200)[:, None] % 3 == 0, np.where(draw < 0.5, "Bug", "bug"), "praise")
    rows = [(f"i{item:03}", who, label[item, a]) for item in range(200) for a, who in enumerate(("Ana", "Ben", "Cy"))]
    return pd.DataFrame(rows, columns=["item", "annotator", "label"])


def audited() -> Iterator[tuple[Annotations, Settings]]:
    """Yield projects whose flags together are of every rule."""
    usual = Settings()
    folder, by_file = shipped("sample_data") / "tickets", Settings.from_mapping({"columns": {"round": "file"}})
    names = ("tickets.xlsx", "tickets_round2.xlsx", "gold.csv")
    yield load([str(folder / name) for name in names], by_file), by_file
    for kind in PLANTED:
        yield project(SEED, kinds=(kind,), a=5, n=1000, k=5, shape="even", high=False).annotations(), usual
    yield load_frame(item_project(7, "binary").frame, usual), usual
    for kind in ("drift", "copy", "camps"):
        yield two_reader_project(5, kind).annotations(), usual
    for seed in SPANS:
        yield read(span_project(seed).frame, usual), usual
    yield load_frame(two_spellings(), usual), usual
    yield project(SEED, "two", causes=0).annotations(), usual


def short(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return *value* with numbers of three digits, long texts cut and one example only."""
    if isinstance(value, float):
        return round(value, DIGITS - 1 - math.floor(math.log10(abs(value)))) if value else 0.0
    if isinstance(value, dict):
        return {key: short(part[:1] if key == "examples" else part) for key, part in value.items()}
    if isinstance(value, list):
        return [short(part) for part in value]
    return f"{value[:60]} …" if isinstance(value, str) and len(value) > 60 and " " not in value[:60] else value


def shown(flag: dict[str, Any]) -> str:
    """Return *flag* as JSON, as many fields in a line as fit."""
    fields = [f"{json.dumps(key)}: {json.dumps(short(part), ensure_ascii=False)}" for key, part in short(flag).items()]
    lines: list[str] = []
    for number, field in enumerate(fields):
        text = field + ("," if number + 1 < len(fields) else "")
        if lines and len(lines[-1]) + len(text) < WIDTH:
            lines[-1] += f" {text}"
        else:
            lines.append(f" {text}")
    return "\n".join(["{", *lines, "}"])


def main() -> None:
    """Print one flag of every rule, confirmed if any is, as Markdown."""
    found: dict[str, dict[str, Any]] = {}
    for labelled, settings in audited():
        for flag in audit(labelled, settings).to_dict()["flags"]:
            if flag["verdict"] != "suspected":
                found.setdefault(flag["rule"], flag)
    for name in rules():
        print(f"### `{name}`\n\n```json\n{shown(found[name])}\n```\n")


if __name__ == "__main__":
    main()
