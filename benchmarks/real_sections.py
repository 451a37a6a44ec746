"""False and true section and annotator flags on real exports: sections are drawn at random, so every flag on one lies.

Run as ``python benchmarks/real_sections.py FOLDER [runs] [words of a name]``; FOLDER holds the exports of ``EXPORTS``,
all of which are looked at if none is named. In some of
the runs something is planted among the real labels: a section in which 35 % of the labels are replaced, or a busy
annotator half of whose labels are. Spans are dropped instead. People and items differ of their own, so what was planted
does not always show: how often it is large enough to ask for (decisions.md 13) is counted beside.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.diagnosis.case import open_case
from agreement.diagnosis.diagnosing import diagnose
from agreement.diagnosis.evidence import Evidence
from agreement.flags import Flag
from agreement.loaders import load
from agreement.settings import Settings
from agreement.units import item_units

SECTIONS = 6
IN_SECTION, BY_ANNOTATOR = 0.35, 0.50
PERSON = ("annotator", "span_annotator", "drift")
PLANTED = 12  # runs with something planted
MIN_UNITS = 20
BUSY = 3  # planted among the busiest annotators who are not flagged as it is


@dataclass(frozen=True, slots=True)
class Export:
    """A real export: its files, the layer to look at, and what has to be said to read it."""

    name: str
    files: tuple[str, ...]
    layer: str
    settings: tuple[tuple[str, dict[str, str]], ...] = ()


EXPORTS = (
    Export("three experts, Prodigy", ("prodigy-presto/presto_distortion.jsonl",), "choice"),
    Export("crowd, ten birds, SageMaker", ("sagemaker-birds/worker-response",), "crowd-image-classifier"),
    Export(
        "crowd, three labels", ("tsv-long-gal/CopyrightInfringement_labels.txt",), "label",
        (("reading", {"duplicates": "first"}),),
    ),
    Export("crowd, yes or no", ("tsv-long-gal/BarzanMozafari_labels.txt",), "label"),
    Export("spans, Label Studio, team 1", ("labelstudio-leoka/LEOKA_team_1.json",), "label"),
    Export("spans, Label Studio, team 6", ("labelstudio-leoka/LEOKA_team_6.json",), "label"),
    Export("spans, Label Studio, team 10", ("labelstudio-leoka/LEOKA_team_10.json",), "label"),
)  # fmt: skip


def diagnosed(annotations: Annotations, layer: str, settings: Settings) -> list[Flag]:
    """Return the confirmed flags of one layer."""
    spans = annotations.layers[layer].kind == "spans"
    units = None if spans else item_units(annotations, layer)
    comparison = Comparison(annotations.layers[layer], pd.DataFrame(), units)
    return [flag for flag in diagnose(annotations, [comparison], settings).flags if flag.verdict == "confirmed"]


def evidence_of(annotations: Annotations, layer: str, settings: Settings) -> Evidence:
    """Return who disagrees with whom on one layer."""
    units = None if annotations.layers[layer].kind == "spans" else item_units(annotations, layer)
    return open_case(annotations, Comparison(annotations.layers[layer], pd.DataFrame(), units), settings).whole


def shows(inside: NDArray[np.float64], outside: NDArray[np.float64], least: float) -> bool:
    """Return whether a difference of means is one to ask for: *least*, four standard errors, twenty units."""
    if min(len(inside), len(outside)) < MIN_UNITS:
        return False
    effect = inside.mean() - outside.mean()
    return bool(effect >= least and effect >= 4 * np.sqrt(inside.var() / len(inside) + outside.var() / len(outside)))


def section_shows(evidence: Evidence, name: str) -> bool:
    """Return whether people really disagree more in section *name*."""
    inside = evidence.section == evidence.sections.index(name)
    d = evidence.disagreement
    return shows(d[inside & evidence.compared], d[~inside & evidence.compared], 0.08)


def annotator_shows(evidence: Evidence, name: str) -> bool:
    """Return whether *name* really stands out, on items with three labels; else whether pairs with *name* do."""
    mine = evidence.annotator == evidence.annotators.index(name)
    contrast = evidence.contrast() * evidence.size[evidence.unit] / np.maximum(evidence.size[evidence.unit] - 1, 1)
    own = contrast[mine & np.isfinite(contrast)]
    if len(own) >= MIN_UNITS:
        return shows(own, np.zeros(len(own)), 0.10)
    with_name = np.isin(np.arange(len(evidence.section)), evidence.unit[mine])
    d = evidence.disagreement
    return shows(d[with_name & evidence.compared], d[~with_name & evidence.compared], 0.10)


def with_sections(annotations: Annotations, rng: np.random.Generator) -> Annotations:
    """Return the annotations with a section drawn for every item."""
    names = np.char.add("S", rng.integers(1, SECTIONS + 1, len(annotations.items)).astype(str))
    return replace(annotations, items=annotations.items.assign(section=names))


def spoiled(annotations: Annotations, layer: str, hit: NDArray[np.bool_], rng: np.random.Generator) -> Annotations:
    """Return the annotations with the labels of rows *hit* replaced by others; spans are dropped."""
    table = annotations.table
    if annotations.layers[layer].kind == "spans":
        return replace(annotations, table=table.loc[~hit].reset_index(drop=True))
    labels = np.array(annotations.layers[layer].labels)
    code = {label: number for number, label in enumerate(labels)}
    now = np.array([code.get(str(label), 0) for label in table["label"]])
    other = labels[(now + rng.integers(1, len(labels), len(now))) % len(labels)]
    given = table["label"].astype(object).where(~hit, other)
    return replace(annotations, table=table.assign(label=pd.Categorical(given, table["label"].cat.categories)))


def busy(annotations: Annotations, layer: str, flags: list[Flag]) -> list[str]:
    """Return the annotators with the most labels who are not flagged as it is."""
    named = {flag.subject.annotator for flag in flags} | {who for flag in flags for who in flag.subject.annotators}
    given = annotations.table.loc[annotations.table["layer"].eq(layer), "annotator"].astype(str).value_counts()
    return [str(who) for who in given.index if who not in named][:BUSY]


def runs(export: Export, folder: Path, count: int) -> Iterator[tuple[str, int]]:
    """Yield what was seen in every run, with how often it might have been."""
    settings = Settings.from_mapping(dict(export.settings))
    annotations = load([str(folder / file) for file in export.files], settings)
    of_layer = annotations.table["layer"].eq(export.layer).to_numpy()
    who = annotations.table["annotator"].astype(str).to_numpy()
    candidates: list[str] = []
    how = export.layer, settings
    for seed in range(count):
        rng = np.random.default_rng([seed, 5])
        drawn = with_sections(annotations, rng)
        flags = diagnosed(drawn, export.layer, settings)
        yield "sections", SECTIONS
        yield "false section", sum(flag.rule == "section" for flag in flags)
        yield "false cell", sum(flag.rule == "annotator_section" for flag in flags)
        if seed >= PLANTED:
            continue
        section = drawn.items["section"].reindex(drawn.table["item"].astype(str)).to_numpy()
        inside = of_layer & (section == "S1") & (rng.random(len(of_layer)) < IN_SECTION)
        worse = spoiled(drawn, export.layer, inside, rng)
        found = any(flag.rule == "section" and flag.subject.section == "S1" for flag in diagnosed(worse, *how))
        counts = section_shows(evidence_of(worse, *how), "S1")
        yield from (("planted", 1), ("section found", found), ("section shows", counts))
        yield "section shows and found", counts and found
        candidates = candidates or busy(annotations, export.layer, flags)
        name = candidates[seed % len(candidates)]
        off = of_layer & (who == name) & (rng.random(len(of_layer)) < BY_ANNOTATOR)
        worse = spoiled(drawn, export.layer, off, rng)
        found = any(flag.rule in PERSON and flag.subject.annotator == name for flag in diagnosed(worse, *how))
        counts = annotator_shows(evidence_of(worse, *how), name)
        yield from (("annotator found", found), ("annotator shows", counts))
        yield "annotator shows and found", counts and found


if __name__ == "__main__":
    where, wanted = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100
    asked = " ".join(sys.argv[3:])
    for one in (export for export in EXPORTS if asked in export.name):
        seen: Counter[str] = Counter()
        for what, times in runs(one, where, wanted):
            seen[what] += times
        told = [
            f"{what} {seen[f'{what} found']} of {seen['planted']}, {seen[f'{what} shows and found']} of "
            f"{seen[f'{what} shows']} that show"
            for what in ("section", "annotator")
        ]
        print(
            f"{one.name:28} {wanted} assignments, {seen['sections']} sections: {seen['false section']} flagged "
            f"({100 * seen['false section'] / seen['sections']:.1f} %), {seen['false cell']} cells; planted "
            f"{'; '.join(told)}",
            flush=True,
        )
