"""Generated span projects with known causes: edges of one label, two labels taken for each other, one annotator off."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.other_projects import NAMES, Planted, Project

LABELS = ("DATE", "LOC", "MONEY", "ORG", "PER", "PRODUCT")
WORDS = 120
WIDTH = 6  # characters of a word with its blank


def span_project(seed: int) -> Project:  # noqa: PLR0915 - one draw after the other
    """Return project *seed*: documents in which two to six people mark spans of three to six labels."""
    rng = np.random.default_rng([seed, 7])
    people, k = int(rng.choice((2, 3, 4, 6))), int(rng.integers(3, 7))
    documents = int(rng.choice((60, 100, 200, 400)))
    share = rng.dirichlet(np.full(k, 5.0))
    document = np.repeat(np.arange(documents), rng.poisson(6, documents).clip(1, 12))
    n = len(document)
    slot = np.concatenate([rng.permutation(20)[:size] for size in np.bincount(document, minlength=documents)])
    start, length = slot * 6 + 1, rng.integers(1, 4, n)
    label = rng.choice(k, n, p=share)
    slips = {kind: rng.uniform(0.02, 0.07) for kind in ("missing", "edge", "label")}
    kinds = [str(kind) for kind in rng.permutation(["edge", "pair", "person"])[: int(rng.integers(0, 3))]]
    if people == 2 and "person" in kinds:
        kinds.remove("person")
    edge, pair, person = int(rng.integers(k)), rng.permutation(k)[:2], int(rng.integers(people))
    strength = {"edge": rng.uniform(0.15, 0.45), "pair": rng.uniform(0.12, 0.3), "person": rng.uniform(0.15, 0.4)}
    marked: NDArray[np.bool_] = rng.random((people, n)) >= slips["missing"] * rng.uniform(0.6, 1.4, (people, 1))
    shifted = rng.random((people, n)) < slips["edge"]
    switched = rng.random((people, n)) < slips["label"]
    planted: list[Planted] = []
    given = np.tile(label, (people, 1))
    given[switched] = rng.integers(0, k, int(switched.sum()))
    if "edge" in kinds:
        shifted |= (label == edge) & (rng.random((people, n)) < strength["edge"])
        spans = int((label == edge).sum())
        effect = 2 * strength["edge"] * (1 - strength["edge"])
        z = effect / np.sqrt(0.2 / max(spans, 1))
        planted.append(Planted("span_boundary", (LABELS[edge],), effect if effect >= 0.12 else 0.0, z, spans))
    if "pair" in kinds:
        hit = rng.random((people, n)) < strength["pair"]
        c, d = pair
        given[hit & (label == c)], given[hit & (label == d)] = d, c
        spans = int(min((label == c).sum(), (label == d).sum()))
        effect = 2 * strength["pair"] * (1 - strength["pair"])
        names = tuple(sorted((LABELS[c], LABELS[d])))
        planted.append(Planted("span_label_pair", names, effect, effect / np.sqrt(0.2 / max(spans, 1)), spans))
    if "person" in kinds:
        off = rng.random(n) < strength["person"]
        how = rng.random(n) < 0.5
        marked[person] &= ~(off & how)
        shifted[person] |= off & ~how
        planted.append(Planted("span_annotator", (NAMES[person],), strength["person"] * 0.75, 9.0, documents))
    first = start[None, :] - (shifted & (rng.random((people, n)) < 0.5))
    last = start[None, :] + length[None, :] + (shifted & (first == start[None, :]))
    who, which = np.nonzero(marked)
    extra = rng.poisson(0.15, (people, documents))
    more_who, more_document = np.nonzero(extra)
    more_start = rng.integers(0, 20, len(more_who)) * 6 + 4
    words = np.concatenate([first[who, which], more_start]), np.concatenate([last[who, which], more_start + 1])
    frame = pd.DataFrame(
        {
            "item": [f"d{i:04d}" for i in np.concatenate([document[which], more_document])],
            "annotator": np.array(NAMES)[np.concatenate([who, more_who])],
            "start": words[0] * WIDTH,
            "end": words[1] * WIDTH - 1,
            "label": np.array(LABELS)[np.concatenate([given[who, which], rng.integers(0, k, len(more_who))])],
        }
    )
    about = f"A {people} documents {documents} K {k} spans {n}"
    return Project(frame.drop_duplicates(), tuple(planted), about)
