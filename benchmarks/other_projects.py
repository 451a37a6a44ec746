"""A second, independent generator of labelling projects with known causes, written from the descriptions only.

Labels arise in steps: what an item is; what each annotator takes it for (unsettled rules, vague labels, readings of a
section); then slips; then copying. Random numbers are drawn once per project and cause, so the labels without one cause
are exact counterfactuals, and the effect of each cause is measured on what really happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAST = {"annotator": 0.10, "annotator_section": 0.15, "drift": 0.15, "copy": 0.0, "camps": 0.03}
ITEM_SIZES = (100, 200, 500, 1000, 2000, 5000)
NAMES = ("Ana", "Ben", "Cem", "Dia", "Eli", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim", "Lea", "Max", "Nia", "Olu", "Pia",
         "Quy", "Rob", "Sue", "Tom")  # fmt: skip
LABELS = ("billing", "bug", "praise", "question", "refund", "shipping", "spam", "upgrade")


@dataclass(frozen=True, slots=True)
class Planted:
    """A cause: its kind, its subject, how large it came out, and whether it counts (decisions.md 13)."""

    kind: str
    subject: tuple[str, ...]
    effect: float = 0.0
    z: float = 0.0
    n: int = 0
    nature: str = ""

    @property
    def counts(self) -> bool:
        """Whether a diagnosis must find it: effect, z and number of items are large enough."""
        return bool(self.effect >= LEAST.get(self.kind, 0.08) and self.z >= 4 and self.n >= 20)


@dataclass(frozen=True, slots=True)
class World:
    """What is fixed before any cause: A annotators, I items, K labels, S sections.

    ``truth``, ``section``, ``document``, ``time`` are (I,); ``given`` (A, I) says who labels what; ``slip`` (A, I) is
    the chance of a slip, ``uniform`` (A, I) and ``preference`` (A, I, K) decide whether and where to.
    """

    truth: Ints
    section: Ints
    document: Ints
    time: Floats
    given: Bools
    slip: Floats
    uniform: Floats
    preference: Floats
    k: int
    sections: int


@dataclass(slots=True)
class Draft:
    """What the causes may change on the way from truth to labels, all (A, I)."""

    seen: Ints
    slip: Floats
    copies: list[tuple[int, int, Bools]] = field(default_factory=list)


Change = Callable[[World, Draft, np.random.Generator], None]


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause before it is measured: *target* holds the codes of its subject."""

    kind: str
    target: tuple[int, ...]
    change: Change
    nature: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """A generated project: the table as a user would have it, and the causes in it."""

    frame: pd.DataFrame
    planted: tuple[Planted, ...]
    about: str


def other(rng: np.random.Generator, true: int, k: int) -> int:
    """Return a label that is not *true*."""
    return int((true + rng.integers(1, k)) % k)


def careless(rng: np.random.Generator, _: World, a: int) -> Cause:
    """Plant an annotator who slips more, everywhere."""
    extra = rng.uniform(0.12, 0.32)

    def change(_: World, draft: Draft, __: np.random.Generator) -> None:
        draft.slip[a] += extra

    return Cause("annotator", (a,), change, "careless")


def biased(rng: np.random.Generator, world: World, a: int) -> Cause:
    """Plant an annotator who uses one label too much."""
    label, share = int(rng.integers(world.k)), rng.uniform(0.15, 0.35)

    def change(w: World, draft: Draft, own: np.random.Generator) -> None:
        hit = own.random(len(w.truth)) < share
        draft.seen[a, hit] = label

    return Cause("annotator", (a,), change, "biased")


def misreads(rng: np.random.Generator, world: World, a: int, s: int) -> Cause:
    """Plant an annotator who reads one section by another rule, or just badly."""
    share, rule = rng.uniform(0.25, 0.6), rng.random() < 0.5
    shift = int(rng.integers(1, world.k))

    def change(w: World, draft: Draft, own: np.random.Generator) -> None:
        hit = (w.section == s) & (own.random(len(w.truth)) < share)
        if rule:
            draft.seen[a, hit] = (w.truth[hit] + shift) % w.k
        else:
            draft.slip[a, w.section == s] += share

    return Cause("annotator_section", (a, s), change)


def unreliable(rng: np.random.Generator, world: World, s: int) -> Cause:
    """Plant a section in which everybody errs more: anywhere, or by taking each label for its neighbour."""
    extra, neighbours = rng.uniform(0.10, 0.35), rng.random() < 0.4
    shift = int(rng.integers(1, world.k))

    def change(w: World, draft: Draft, own: np.random.Generator) -> None:
        inside = w.section == s
        hit = inside & (own.random(draft.seen.shape) < extra)
        if neighbours:
            draft.seen[hit] = ((w.truth + shift) % w.k)[np.nonzero(hit)[1]]
        else:
            draft.slip[:, inside] += extra

    return Cause("section", (s,), change, "everybody")


def two_readings(rng: np.random.Generator, world: World, s: int) -> Cause:
    """Plant a section that part of the people reads by one rule, the others by another."""
    n = len(world.given)
    size = max(2 if n > 3 else 1, round(n * rng.uniform(0.35, 0.5)))
    camp = rng.permutation(n)[:size]
    share, shift = rng.uniform(0.3, 0.8), int(rng.integers(1, world.k))

    def change(w: World, draft: Draft, own: np.random.Generator) -> None:
        hit = (w.section == s) & (own.random(len(w.truth)) < share)
        draft.seen[np.ix_(camp, hit)] = (w.truth[hit] + shift) % w.k

    return Cause("section", (s,), change, "two readings")


def confused(rng: np.random.Generator, _: World, c: int, d: int) -> Cause:
    """Plant two labels that everybody takes for each other, both ways or one way."""
    share, both = rng.uniform(0.10, 0.30), rng.random() < 0.6

    def change(w: World, draft: Draft, own: np.random.Generator) -> None:
        hit = own.random(draft.seen.shape) < (share if both else 1.5 * share)
        draft.seen[hit & (w.truth == c)] = d
        if both:
            draft.seen[hit & (w.truth == d)] = c

    return Cause("label_pair", (c, d), change, "two-way" if both else "one-way")


def own_rules(rng: np.random.Generator, world: World, c: int, d: int) -> Cause:
    """Plant two annotators of whom one calls part of c by the name d."""
    share, who = rng.uniform(0.2, 0.6), int(rng.integers(len(world.given)))

    def change(w: World, draft: Draft, own: np.random.Generator) -> None:
        draft.seen[who, (w.truth == c) & (own.random(len(w.truth)) < share)] = d

    return Cause("label_pair", (c, d), change, "different rules")


def vague(rng: np.random.Generator, _: World, c: int) -> Cause:
    """Plant a label that scatters over all others."""
    share = rng.uniform(0.2, 0.5)

    def change(w: World, draft: Draft, own: np.random.Generator) -> None:
        hit = (w.truth == c) & (own.random(draft.seen.shape) < share)
        draft.seen[hit] = (c + own.integers(1, w.k, draft.seen.shape))[hit] % w.k

    return Cause("label", (c,), change)


def copying(rng: np.random.Generator, _: World, a: int, b: int) -> Cause:
    """Plant an annotator who takes over most labels of another."""
    share = rng.uniform(0.6, 0.95)

    def change(w: World, draft: Draft, own: np.random.Generator) -> None:
        draft.copies.append((a, b, own.random(len(w.truth)) < share))

    return Cause("copy", (a, b), change)


def drifting(rng: np.random.Generator, _: World, a: int) -> Cause:
    """Plant an annotator who gets worse with time, steadily or from some day on."""
    end, step = rng.uniform(0.25, 0.5), rng.random() < 0.4

    def change(w: World, draft: Draft, _: np.random.Generator) -> None:
        draft.slip[a] += end * ((w.time > 0.5) if step else w.time)

    return Cause("drift", (a,), change)


def split_camps(rng: np.random.Generator, world: World, c: int, d: int) -> Cause:
    """Plant two camps that call part of c by different names, in all sections."""
    n = len(world.given)
    camp, share = rng.permutation(n)[: max(2, n // 2)], rng.uniform(0.4, 0.8)

    def change(w: World, draft: Draft, own: np.random.Generator) -> None:
        hit = (w.truth == c) & (own.random(len(w.truth)) < share)
        draft.seen[np.ix_(camp, hit)] = d

    return Cause("camps", (c, d), change)


def labels_of(world: World, causes: list[Cause], seeds: list[int]) -> Ints:
    """Return (A, I) the labels under *causes*, each with a random stream of its own."""
    shape = world.given.shape
    draft = Draft(np.tile(world.truth, (shape[0], 1)), world.slip.copy())
    for cause, seed in zip(causes, seeds, strict=True):
        cause.change(world, draft, np.random.default_rng(seed))
    wrong = world.preference.copy()
    np.put_along_axis(wrong, draft.seen[:, :, None], -np.inf, axis=2)
    label = np.where(world.uniform < np.clip(draft.slip, 0, 0.75), wrong.argmax(axis=2), draft.seen)
    for a, b, hit in draft.copies:
        label[b, hit & world.given[a]] = label[a, hit & world.given[a]]
    return label


def disagreement(label: Ints, given: Bools, k: int) -> tuple[Floats, Floats]:
    """Return (I,) share of unequal label pairs of each item, NaN below two labels, and (I, K) counts."""
    counts = np.stack([((label == c) & given).sum(axis=0) for c in range(k)], axis=1).astype(float)
    r = counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(r >= 2, 1 - (counts * (counts - 1)).sum(axis=1) / (r * (r - 1)), np.nan), counts


def _gap(after: Floats, before: Floats) -> tuple[float, float, int]:
    """Return mean difference, its z against independent samples of the same size, and n."""
    n = len(after)
    if n < 2:
        return 0.0, 0.0, n
    effect = float(after.mean() - before.mean())
    se = float(np.sqrt((after.var(ddof=1) + before.var(ddof=1)) / n))
    return effect, effect / se if se > 0 else 0.0, n


def measured(world: World, cause: Cause, after: Ints, before: Ints) -> tuple[float, float, int]:
    """Return effect, z and n of a cause: labels as they are, *after*, against those without it, *before*."""
    given, truth = world.given, world.truth
    compared = given.sum(axis=0) >= 2
    if cause.kind in ("annotator", "annotator_section", "drift"):
        a = cause.target[0]
        rows = given[a] & compared
        if cause.kind == "annotator_section":
            rows &= world.section == cause.target[1]
        wrong, would = (after[a] != truth).astype(float), (before[a] != truth).astype(float)
        if cause.kind == "drift":
            late, early = rows & (world.time > 0.75), rows & (world.time <= 0.25)
            effect, z, _ = _gap(wrong[late], wrong[early][: late.sum()]) if early.sum() >= late.sum() else (0.0, 0.0, 0)
            return effect, z, int(rows.sum()) if rows.sum() >= 100 else 0
        return _gap(wrong[rows], would[rows])
    d_after, counts = disagreement(after, given, world.k)
    d_before, counts_before = disagreement(before, given, world.k)
    if cause.kind in ("section", "camps"):
        rows = compared if cause.kind == "camps" else compared & (world.section == cause.target[0])
        return _gap(d_after[rows], d_before[rows])
    if cause.kind == "copy":
        a, b = cause.target
        both = given[a] & given[b] & (given.sum(axis=0) >= 3)
        together = (after[a] == after[b]) & (after[a] != truth) & both
        chance = (before[a] == before[b]) & (before[a] != truth) & both
        extra = float(together.sum() - chance.sum())
        return extra / max(int(both.sum()), 1), extra / np.sqrt(max(chance.sum(), 1)), int(together.sum())
    share = np.bincount(truth, minlength=world.k) / len(truth)
    rarer = min(share[list(cause.target)])

    def confusion(c: Floats) -> Floats:
        r = c.sum(axis=1)
        if cause.kind == "label":
            pairs = c[:, cause.target[0]] * (r - c[:, cause.target[0]])
        else:
            pairs = c[:, cause.target[0]] * c[:, cause.target[1]]
        return np.asarray((pairs / np.maximum(r * (r - 1), 1))[compared])

    effect, z, _ = _gap(confusion(counts), confusion(counts_before))
    touched = int((np.isin(truth, cause.target) & compared).sum())
    return effect / max(rarer, 1e-9), z, min(touched, int((truth == cause.target[0]).sum()))


def prevalence(rng: np.random.Generator, k: int) -> Floats:
    """Return (K,) shares of the labels: even, Zipf, or a majority of 50 % or 80 %."""
    kind = rng.integers(4)
    if kind == 0:
        return np.full(k, 1 / k)
    if kind == 1:
        zipf = 1 / np.arange(1, k + 1)
        return np.asarray(rng.permutation(zipf / zipf.sum()))
    majority = (0.5, 0.8)[kind - 2]
    shares = np.full(k, (1 - majority) / (k - 1))
    shares[rng.integers(k)] = majority
    return shares


def who_labels(rng: np.random.Generator, design: str, people: int, items: int, section: Ints) -> Bools:
    """Return (A, I) who labels which item under a *design*."""
    given = np.zeros((people, items), bool)
    if design == "complete" or people <= 2:
        given[:] = True
    elif design == "teams":
        team = np.arange(people) % (2 if people < 9 else 3)
        home = rng.integers(0, team.max() + 1, section.max() + 1)
        mine = np.where(rng.random(items) < 0.75, home[section], rng.integers(0, team.max() + 1, items))
        order = np.argsort(rng.random((people, items)) + 9 * (team[:, None] != mine), axis=0)
        np.put_along_axis(given, order[:3], values=True, axis=0)
    else:
        order = np.argsort(rng.random((people, items)), axis=0)
        np.put_along_axis(given, order[: 2 if design == "rotating" else 3], values=True, axis=0)
    return given


def world_of(rng: np.random.Generator, suite: str) -> tuple[World, str]:
    """Return people, items and benign variation of a project of *suite*, and a line that describes them."""
    items = int(rng.choice(ITEM_SIZES))
    k = 2 if suite == "binary" else int(rng.integers(3, 9))
    people = 2 if suite.startswith("two") else int(rng.choice((3, 4, 5, 8, 12, 20)))
    design = "complete" if people < 5 or rng.random() < 0.6 else "three"
    if suite == "rotating":
        people, items, design = int(rng.choice((4, 5, 6, 8))), max(items, 500), "rotating"
    if suite == "confounded":
        people, items, design = int(rng.choice((6, 8, 9, 12))), max(items, 500), "teams"
    if suite in ("copy", "camps"):
        people, items, design = int(rng.choice((4, 5, 8))), max(items, 200), "complete"
    if suite == "drift":
        people, items = int(rng.choice((3, 4, 5, 8))), max(items, 500)
        design = "complete"
    sections = int(rng.integers(4, 11)) if items > 200 else int(rng.integers(3, 6))
    p = prevalence(rng, k)
    weight = rng.dirichlet(np.full(sections, 6.0))
    n_documents = max(items // int(rng.integers(5, 16)), 1)
    document = np.sort(rng.integers(0, n_documents, items)) if rng.random() < 0.6 else np.arange(items)
    home = rng.choice(sections, document.max() + 1, p=weight)
    section = home[document] if rng.random() < 0.5 else rng.choice(sections, items, p=weight)
    section = np.unique(section, return_inverse=True)[1]
    sections = int(section.max()) + 1
    strength = 4.0 if suite == "confounded" else 60.0
    mix = rng.dirichlet(p * strength * k / 2 + 1e-3, sections)
    truth = (rng.random(items)[:, None] > mix[section].cumsum(axis=1)).sum(axis=1).clip(0, k - 1)
    low, high = (0.03, 0.08) if rng.random() < 0.5 else (0.10, 0.18)
    own = np.clip(rng.uniform(low, high) + rng.normal(0, 0.013, people), 0.01, 0.3)
    by_section = rng.normal(0, 0.012, sections)
    hard = rng.gamma(1 / 0.4, 0.4, items) * rng.gamma(1 / 0.05, 0.05, document.max() + 1)[document]
    slip = np.clip((own[:, None] + by_section[section]) * hard, 0, 0.7)
    gumbel = rng.gumbel(size=(people, items, k))
    if rng.random() < 0.5:
        gumbel = gumbel + np.log(p + 1e-9)
    given = who_labels(rng, design, people, items, section)
    about = f"A {people} items {items} K {k} S {sections} {design} slips {low} top {p.max():.2f}"
    world = World(
        truth, section, document, rng.permutation(items) / items, given, slip, rng.random((people, items)), gumbel, k,
        sections,
    )  # fmt: skip
    return world, about


def causes_for(  # noqa: C901 - a list of cases, one after the other
    rng: np.random.Generator, world: World, suite: str
) -> list[Cause]:
    """Return none to three causes that a project of *suite* may have, each about another subject."""
    people, k = len(world.given), world.k
    if "null" in suite:
        return []
    if suite in ("copy", "camps", "drift"):
        a, b = (int(x) for x in rng.permutation(people)[:2])
        c = int(rng.choice(k, p=np.bincount(world.truth, minlength=k) / len(world.truth)))
        one = {"copy": copying(rng, world, a, b), "drift": drifting(rng, world, a),
               "camps": split_camps(rng, world, c, other(rng, c, k))}[suite]  # fmt: skip
        return [one]
    kinds = ["section", "section", "pair", "pair", "annotator", "annotator", "cell", "readings", "vague"]
    if people == 2:
        kinds = ["section", "section", "pair", "pair", "rules", "vague"]
    if suite in ("rotating", "confounded"):
        kinds = ["annotator", "annotator", "section", "section", "pair"]
    wanted = [str(kind) for kind in rng.choice(kinds, int(rng.integers(0, 4)))]
    limit = max(1, (people - 1) // 3)
    names = [int(a) for a in rng.permutation(people)[:limit]]
    sections = [int(s) for s in rng.permutation(world.sections)[: max(1, world.sections // 3)]]
    labels = [int(c) for c in rng.permutation(k)]
    result: list[Cause] = []
    for kind in wanted:
        if kind in ("annotator", "cell") and names and (kind == "annotator" or sections):
            a = names.pop()
            if kind == "cell":
                result.append(misreads(rng, world, a, sections.pop()))
            else:
                result.append((careless if rng.random() < 0.6 else biased)(rng, world, a))
        elif kind in ("section", "readings") and sections:
            s = sections.pop()
            result.append((unreliable if kind == "section" or people < 4 else two_readings)(rng, world, s))
        elif kind in ("pair", "rules") and len(labels) >= 2 and k >= 3:
            c, d = labels.pop(), labels.pop()
            result.append((confused if kind == "pair" else own_rules)(rng, world, c, d))
        elif kind == "vague" and labels and k >= 4:
            result.append(vague(rng, world, labels.pop()))
    return result


def subject_of(cause: Cause, people: list[str]) -> tuple[str, ...]:
    """Return the names of a cause's subject, sorted where order says nothing."""
    if cause.kind == "annotator_section":
        return people[cause.target[0]], f"G{cause.target[1] + 1}"
    if cause.kind == "section":
        return (f"G{cause.target[0] + 1}",)
    if cause.kind in ("label", "label_pair", "camps"):
        return tuple(sorted(LABELS[c] for c in cause.target))
    return tuple(sorted(people[a] for a in cause.target))


def item_project(seed: int, suite: str) -> Project:
    """Return project *seed* of *suite*, with labels of items."""
    rng = np.random.default_rng([seed, *suite.encode()])
    world, about = world_of(rng, suite)
    causes = causes_for(rng, world, suite)
    seeds = [int(x) for x in rng.integers(0, 2**31, len(causes))]
    label = labels_of(world, causes, seeds)
    people = [NAMES[i] for i in rng.permutation(len(NAMES))[: len(world.given)]]
    planted = []
    for number, cause in enumerate(causes):
        left = [x for i, x in enumerate(causes) if i != number], [x for i, x in enumerate(seeds) if i != number]
        effect, z, n = measured(world, cause, label, labels_of(world, *left))
        planted.append(Planted(cause.kind, subject_of(cause, people), effect, z, n, cause.nature))
    a, i = np.nonzero(world.given)
    frame = pd.DataFrame(
        {
            "item": np.char.add("i", i.astype(str)),
            "annotator": np.array(people)[a],
            "label": np.array(LABELS)[label[a, i]],
            "section": np.char.add("G", (world.section[i] + 1).astype(str)),
        }
    )
    if world.document.max() + 1 < len(world.truth):
        frame["document"] = np.char.add("d", world.document[i].astype(str))
    if suite == "drift":
        frame["time"] = (world.time[i] * 10_000).round().astype(int)
    return Project(frame.sample(frac=1, random_state=int(seed)), tuple(planted), about)
