"""Generated span projects with known causes: edges of a label, two labels taken for each other, people, sections.

Random numbers are drawn once per project, so the spans without one cause are exact counterfactuals, and the effect of
each cause is measured on what really happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.other_projects import NAMES, Planted, Project

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LABELS = ("DATE", "LOC", "MONEY", "ORG", "PER", "PRODUCT")
SLOTS = 20  # places of a document in which there may be a span
WIDTH = 6  # characters of a word with its blank
EDGES_LEAST = 0.12


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause before it is measured: *target* holds the codes of its subject, *strength* how often it strikes."""

    kind: str
    target: tuple[int, ...]
    strength: float


@dataclass(frozen=True, slots=True)
class World:
    """What is fixed before any cause: A people, n true spans, D documents.

    ``document``, ``start``, ``length``, ``label`` are (n,), ``section`` (D,); ``slip`` (3, A, n) is the chance of a
    span missed, with other edges, with another label; ``uniform`` (4, A, n) decides what strikes, ``side`` (A, n) how;
    ``extra`` holds person, document, slot and label of spans that nobody should have marked.
    """

    document: Ints
    start: Ints
    length: Ints
    label: Ints
    section: Ints
    slip: Floats
    uniform: Floats
    side: Floats
    wrong: Ints
    extra: tuple[Ints, Ints, Ints, Ints]


@dataclass(frozen=True, slots=True)
class Marked:
    """What was marked, all (A, n): whether the span was, its first and last word, its label."""

    seen: NDArray[np.bool_]
    first: Ints
    last: Ints
    label: Ints


def world_of(rng: np.random.Generator) -> World:
    """Return people, documents and benign variation of a project."""
    people, k, documents = int(rng.choice((2, 3, 4, 6))), int(rng.integers(3, 7)), int(rng.choice((60, 100, 200, 400)))
    document = np.repeat(np.arange(documents), rng.poisson(6, documents).clip(1, 12))
    n = len(document)
    slot = np.concatenate([rng.permutation(SLOTS)[:size] for size in np.bincount(document, minlength=documents)])
    label = rng.choice(k, n, p=rng.dirichlet(np.full(k, 5.0)))
    sections = int(rng.integers(4, 9)) if rng.random() < 0.75 else 1
    section = rng.choice(sections, documents, p=rng.dirichlet(np.full(sections, 10.0)))
    hard = rng.gamma(5.0, 0.2, documents)[document] * rng.uniform(0.8, 1.2, sections)[section][document]
    slip = rng.uniform(0.02, 0.07, (3, 1, 1)) * rng.uniform(0.6, 1.4, (3, people, 1)) * hard
    more = rng.poisson(0.15, (people, documents))
    who, where = (np.repeat(part, more[more > 0]) for part in np.nonzero(more))
    extra = who, where, rng.integers(0, SLOTS, len(who)), rng.integers(0, k, len(who))
    return World(
        document, slot * 6 + 1, rng.integers(1, 4, n), label, section, slip, rng.random((4, people, n)),
        rng.random((people, n)), rng.integers(0, k, (people, n)), extra,
    )  # fmt: skip


def causes_for(rng: np.random.Generator, world: World) -> list[Cause]:
    """Return none to three causes, each of another kind; two people name no person."""
    people, k, sections = world.slip.shape[1], int(world.label.max()) + 1, int(world.section.max()) + 1
    kinds = ["span_boundary", "span_label_pair"]
    kinds += ["span_annotator"] if people > 2 else []
    kinds += ["section"] if sections > 1 else []
    kinds += ["annotator_section"] if min(people - 1, sections) > 1 else []
    wanted = [str(kind) for kind in rng.permutation(kinds)[: int(rng.integers(0, min(len(kinds), 3) + 1))]]
    c, d = (int(label) for label in rng.permutation(k)[:2])
    person, other = (int(who) for who in rng.permutation(people)[:2])
    here, there = (int(s) for s in rng.permutation(max(sections, 2))[:2])
    made = {
        "span_boundary": Cause("span_boundary", (int(rng.integers(k)),), rng.uniform(0.15, 0.45)),
        "span_label_pair": Cause("span_label_pair", (c, d), rng.uniform(0.12, 0.3)),
        "span_annotator": Cause("span_annotator", (person,), rng.uniform(0.15, 0.4)),
        "section": Cause("section", (here,), rng.uniform(0.12, 0.35)),
        "annotator_section": Cause("annotator_section", (other, there), rng.uniform(0.25, 0.6)),
    }
    return [made[kind] for kind in wanted]


def marks(world: World, causes: Sequence[Cause]) -> Marked:
    """Return what everybody marks when these *causes* are at work."""
    struck, section = world.uniform[3], world.section[world.document]
    label = np.tile(world.label, (len(struck), 1))
    off = np.zeros(struck.shape)
    edges = world.slip[1].copy()
    for cause in causes:
        if cause.kind == "span_boundary":
            edges[:, world.label == cause.target[0]] += cause.strength
        elif cause.kind == "span_label_pair":
            swapped = struck < cause.strength
            for one, other in (cause.target, cause.target[::-1]):
                label[swapped & (world.label == one)] = other
        elif cause.kind == "span_annotator":
            off[cause.target[0]] += cause.strength
        elif cause.kind == "section":
            off[:, section == cause.target[0]] += cause.strength
        else:
            off[cause.target[0], section == cause.target[1]] += cause.strength
    seen = world.uniform[0] >= world.slip[0] + off / 2
    shifted = world.uniform[1] < edges + off / 2
    switched = world.uniform[2] < world.slip[2]
    longer = shifted & (world.side < 0.5)
    return Marked(
        seen, world.start - longer, world.start + world.length + (shifted & ~longer),
        np.where(switched, world.wrong, label),
    )  # fmt: skip


def distances(world: World, made: Marked) -> Floats:
    """Return (A, A, D) one minus the exact span F1 of every two people in every document."""
    people, documents = len(made.seen), len(world.section)
    key = (made.first * 200 + made.last) * len(LABELS) + made.label
    extra = np.array([np.bincount(world.extra[1][world.extra[0] == a], minlength=documents) for a in range(people)])
    size = np.array([np.bincount(world.document[seen], minlength=documents) for seen in made.seen]) + extra
    apart = np.zeros((people, people, documents))
    for a, b in combinations(range(people), 2):
        same = made.seen[a] & made.seen[b] & (key[a] == key[b])
        shared = 2 * np.bincount(world.document[same], minlength=documents)
        apart[a, b] = apart[b, a] = 1 - (shared + (size[a] + size[b] == 0)) / np.maximum(size[a] + size[b], 1)
    return apart


def measured(world: World, cause: Cause, after: Marked, before: Marked) -> tuple[float, float, int]:
    """Return effect, z and n of a cause: spans as they are, *after*, against those without it, *before*."""
    if cause.kind in ("span_boundary", "span_label_pair"):
        mine = np.isin(world.label, cause.target)
        values = [_differ(made, cause, mine) for made in (after, before)]
        least = min(int((world.label == label).sum()) for label in cause.target)
        effect, z = _gap(*values)
        return (effect if cause.kind != "span_boundary" or effect >= EDGES_LEAST else 0.0), z, least
    apart, would = distances(world, after), distances(world, before)
    rows = np.ones(len(world.section), bool) if cause.kind == "span_annotator" else world.section == cause.target[-1]
    return *_gap(_contrast(apart, cause)[rows], _contrast(would, cause)[rows]), int(rows.sum())


def _contrast(apart: Floats, cause: Cause) -> Floats:
    """Return (D,) the mean distance of all pairs, or of pairs with a person less that of pairs without."""
    people = len(apart)
    whole = apart.sum(axis=(0, 1)) / (people * (people - 1))
    if cause.kind == "section":
        return np.asarray(whole)
    own = apart[cause.target[0]].sum(axis=0)
    without = (people * (people - 1) * whole - 2 * own) / max((people - 1) * (people - 2), 1)
    return np.asarray(own / (people - 1) - without)


def _differ(made: Marked, cause: Cause, mine: NDArray[np.bool_]) -> Floats:
    """Return how often two people who mark the same span draw other edges, or take one label for the other."""
    differ, pairs = np.zeros(int(mine.sum())), np.zeros(int(mine.sum()))
    for a, b in combinations(range(len(made.seen)), 2):
        both = (made.seen[a] & made.seen[b])[mine]
        first, second = made.label[a][mine], made.label[b][mine]
        if cause.kind == "span_boundary":
            other = (made.first[a] != made.first[b]) | (made.last[a] != made.last[b])
            both, other = both & (first == second), other[mine]
        else:
            other = (first != second) & np.isin(first, cause.target) & np.isin(second, cause.target)
        differ, pairs = differ + (both & other), pairs + both
    return np.asarray((differ / np.maximum(pairs, 1))[pairs > 0])


def _gap(after: Floats, before: Floats) -> tuple[float, float]:
    """Return the difference of the means and its z against independent samples of the same size."""
    if min(len(after), len(before)) < 2:
        return 0.0, 0.0
    effect = float(after.mean() - before.mean())
    se = float(np.sqrt(after.var(ddof=1) / len(after) + before.var(ddof=1) / len(before)))
    return effect, effect / se if se > 0 else 0.0


def _subject(cause: Cause) -> tuple[str, ...]:
    """Return the names of a cause's subject."""
    if cause.kind == "annotator_section":
        return NAMES[cause.target[0]], f"G{cause.target[1] + 1}"
    names = {"section": [f"G{code + 1}" for code in cause.target], "span_annotator": [NAMES[a] for a in cause.target]}
    return tuple(sorted(names.get(cause.kind) or [LABELS[code] for code in cause.target]))


def span_project(seed: int) -> Project:
    """Return project *seed*: documents in which two to six people mark spans of three to six labels."""
    rng = np.random.default_rng([seed, 7])
    world = world_of(rng)
    causes = causes_for(rng, world)
    made = marks(world, causes)
    planted = []
    for number, cause in enumerate(causes):
        without = marks(world, [*causes[:number], *causes[number + 1 :]])
        planted.append(Planted(cause.kind, _subject(cause), *measured(world, cause, made, without)))
    who, which = np.nonzero(made.seen)
    more_who, more_document, slot, more_label = world.extra
    document = np.concatenate([world.document[which], more_document])
    frame = pd.DataFrame(
        {
            "item": np.char.add("d", np.char.zfill(document.astype(str), 4)),
            "annotator": np.array(NAMES)[np.concatenate([who, more_who])],
            "start": np.concatenate([made.first[who, which], slot * 6 + 4]) * WIDTH,
            "end": np.concatenate([made.last[who, which], slot * 6 + 5]) * WIDTH - 1,
            "label": np.array(LABELS)[np.concatenate([made.label[who, which], more_label])],
        }
    )
    if world.section.max() > 0:
        frame["section"] = np.char.add("G", (world.section[document] + 1).astype(str))
    people, sections = len(made.seen), int(world.section.max()) + 1
    about = f"A {people} documents {len(world.section)} K {world.label.max() + 1} S {sections} spans {len(world.label)}"
    return Project(frame.drop_duplicates(), tuple(planted), about)
