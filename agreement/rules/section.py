"""A guideline section in which labels disagree more than elsewhere: for everybody, or because it is read in two ways."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from agreement.case import Case
from agreement.contrasts import Estimate, additive, fdr
from agreement.evidence import Bools, Evidence, Floats, Ints
from agreement.flags import Flag, Rule, Subject
from agreement.rules._cells import Cell, cells_off, crowd, split_sections
from agreement.rules._parts import (
    TEST,
    disputed,
    disputes,
    examples,
    interval_words,
    most,
    points,
    regular,
    rounded,
    scalar,
    verdict_of,
)
from agreement.rules._readings import two_readings
from agreement.rules._standing import KAPPA_FLOOR, standing
from agreement.rules.annotator_section import RULE as CELLS
from agreement.rules.label import RULE as LABELS
from agreement.rules.label import vague
from agreement.rules.label_pair import RULE as PAIRS
from agreement.rules.label_pair import Confusions, all_cells, confused, confusions, excess_of
from agreement.wording import listed

BORROWED = 8


@dataclass(frozen=True, slots=True)
class Strata:
    """The disagreement of units, spread over the labels they were given.

    Parameters
    ----------
    unit, stratum, weight
        (E,) a unit counts in the strata of its labels in proportion; one stratum where labels are not categories.
    value
        (U,) the unit's disagreement, less what its annotators bring where they are not the same everywhere.
    n_strata
        How many strata.
    """

    unit: Ints
    stratum: Ints
    weight: Floats
    value: Floats
    n_strata: int


def strata_of(evidence: Evidence) -> Strata:
    """Return the disagreement of the evidence by label stratum."""
    value = evidence.disagreement
    if len(evidence.present) > 2 and (evidence.size[evidence.compared] < len(evidence.present)).mean() > 0.2:
        value = value - _mix(evidence)
    if evidence.label is None:
        units = np.flatnonzero(evidence.compared)
        return Strata(units, np.zeros(len(units), np.int64), np.ones(len(units)), value, 1)
    unit, label, count = evidence.label_counts()
    return Strata(unit, label, count / evidence.size[unit], value, len(evidence.labels))


def _mix(evidence: Evidence) -> Floats:
    """Return (U,) what the annotators of a unit add to its disagreement, where not everybody labels everything.

    From comparisons within items if there are any: they are not touched by who works in which section.
    """
    if not regular(evidence):
        return additive(evidence).mix
    stands = standing(evidence)
    if stands is None:
        return np.zeros(len(evidence.section))
    own = np.nan_to_num(stands.excess.value) * np.sqrt(max(evidence.kappa, KAPPA_FLOOR))
    use = evidence.kept & evidence.compared[evidence.unit]
    added = np.bincount(evidence.unit[use], own[evidence.annotator[use]], minlength=len(evidence.section))
    return 2 * added / np.maximum(evidence.size, 1)


def section_effect(evidence: Evidence, strata: Strata, section: int, excluded: Bools) -> Estimate:
    """Return how much more labels disagree in *section* than in the others that are not *excluded* (S,).

    Mantel-Haenszel weights over strata: with A and B items of a stratum inside and outside, A B / (A + B).
    """
    place = evidence.section[strata.unit]
    inside = place == section
    outside = ~inside & ~np.append(excluded, False)[place]  # noqa: RUF100 - place -1, no section, is the last entry
    value, weight, k = strata.value[strata.unit], strata.weight, strata.n_strata

    def by_stratum(rows: Bools, values: Floats) -> Floats:
        return np.bincount(strata.stratum[rows], values[rows], minlength=k)

    a, b = by_stratum(inside, weight), by_stratum(outside, weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        h = np.where((a > 0) & (b > 0), a * b / (a + b), 0.0)
        here = np.where(h > 0, by_stratum(inside, weight * value) / a, 0.0)
        there = np.where(h > 0, by_stratum(outside, weight * value) / b, 0.0)
        ha, hb = np.where(h > 0, h / a, 0.0), np.where(h > 0, h / b, 0.0)
    total = h.sum()
    if total <= 0:
        return Estimate(np.float64(np.nan), np.float64(np.nan), np.float64(0), np.float64(0))
    s = strata.stratum
    lever_in, lever_out = np.where(inside, ha[s] * weight, 0.0), np.where(outside, hb[s] * weight, 0.0)
    n_units = len(evidence.section)

    def variance(lever: Floats, centre: Floats, rows: Bools) -> tuple[float, float, float]:
        """Return the variance of one side, what it would be at unit variance of an item, and its clusters."""
        influence = np.bincount(strata.unit, lever * (value - centre[s]), minlength=n_units) / total
        plain = np.bincount(strata.unit, lever, minlength=n_units) / total
        clusters = len(np.unique(evidence.cluster[strata.unit[rows]]))
        summed = np.bincount(evidence.cluster, influence)
        return float(summed @ summed) * clusters / max(clusters - 1, 1), float(plain @ plain), clusters

    own, lever, clusters = variance(lever_in, here, inside)
    other, lever_other, clusters_other = variance(lever_out, there, outside)
    # few clusters give a poor variance: it borrows from the other sections (moderated t, Smyth 2004)
    borrowed = other / lever_other * lever if lever_other > 0 else own
    own = ((clusters - 1) * own + BORROWED * borrowed) / (clusters - 1 + BORROWED)
    n = len(np.unique(strata.unit[inside]))
    df = (own + other) ** 2 / (own**2 / (clusters - 1 + BORROWED) + other**2 / max(clusters_other - 1, 1))
    effect = float(h @ (here - there)) / total
    return Estimate(np.float64(effect), np.float64(np.sqrt(own + other)), np.float64(df), np.float64(n))


def stands_alone(evidence: Evidence, section: int, excluded: Bools, effect: float, keep: float) -> tuple[bool, float]:
    """Return whether the effect keeps the share *keep* whoever is left out, and the smallest one that remains."""
    if len(evidence.present) < 3:
        return True, effect
    inside = evidence.kept & (evidence.section[evidence.unit] == section)
    given = np.bincount(evidence.annotator[inside], minlength=len(evidence.annotators))
    smallest = effect
    for who in np.flatnonzero(given >= 0.05 * given.sum()):
        left = evidence.without(evidence.annotator == who)
        remaining = float(section_effect(left, strata_of(left), section, excluded).value)
        if np.isfinite(remaining):
            smallest = min(smallest, remaining)
    return smallest >= keep * effect, smallest


@dataclass(frozen=True, slots=True)
class _Finding:
    """A section that stands out, and its smallest effect when one annotator is left out."""

    section: int
    q: float
    effect: Estimate
    smallest: float


def unreliable(
    evidence: Evidence, everyone: Evidence, excluded: Bools, thresholds: Mapping[str, float]
) -> list[_Finding]:
    """Return the sections that stand out from those that look sound, largest effect first."""
    strata = strata_of(evidence)
    tested = np.flatnonzero(~excluded)
    if len(tested) < 2:
        return []
    apart = _apart(evidence, strata, excluded, thresholds)
    estimates = []
    for section in tested:
        others = apart.copy()
        others[section] = False
        estimates.append(section_effect(evidence, strata, int(section), others))
    p = np.array([float(e.p_above(thresholds["benign"])) if e.n >= thresholds["min_items"] else 1.0 for e in estimates])
    effect = np.array([float(e.value) if np.isfinite(e.value) else -1.0 for e in estimates])
    q = fdr(p)
    sound = ~apart[tested]
    spread = _benign_spread(effect[sound], np.array([float(e.se) for e in estimates])[sound])
    large = effect >= max(thresholds["min_effect"], thresholds["spreads"] * spread)
    found = []
    for number in np.flatnonzero(large & (q < thresholds["q_suspected"])):
        section = int(tested[number])
        others = apart.copy()
        others[section] = False
        stands, smallest = stands_alone(
            everyone, section, others, float(effect[number]), thresholds["keep_without_anyone"]
        )
        if stands:
            found.append(_Finding(section, float(q[number]), estimates[number], smallest))
    return sorted(found, key=lambda one: -float(one.effect.value))


def _apart(evidence: Evidence, strata: Strata, excluded: Bools, thresholds: Mapping[str, float]) -> Bools:
    """Return (S,) the sections that no other is to be compared with: those that stand out, as long as enough is left."""
    apart = excluded.copy()
    size = np.bincount(evidence.section[evidence.compared & (evidence.section >= 0)], minlength=len(apart))
    while (~apart).sum() >= 2:
        open_ = np.flatnonzero(~apart)
        estimates = [section_effect(evidence, strata, int(s), apart) for s in open_]
        q = fdr(np.array([float(e.p_above()) if e.n >= thresholds["min_items"] else 1.0 for e in estimates]))
        effect = np.array([float(e.value) if np.isfinite(e.value) else -1.0 for e in estimates])
        effect[q >= thresholds["q_suspected"]] = -1.0
        worst = int(np.argmax(effect))
        left = size[~apart].sum() - size[open_[worst]]
        if effect[worst] < thresholds["min_effect"] or left < thresholds["min_sound"] * size.sum():
            break
        apart[open_[worst]] = True
    return apart


def _benign_spread(effect: Floats, se: Floats) -> float:
    """Return the spread of the true effects of the sections that look sound: what is usual in this project."""
    known = np.isfinite(se) & (effect > -1)
    if known.sum() < 3:
        return 0.0
    return float(np.sqrt(max(np.var(effect[known], ddof=1) - float(np.mean(se[known] ** 2)), 0.0)))


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield sections read in two ways, then those unreliable for everybody."""
    evidence = case.rest
    n_sections = len(evidence.sections)
    if n_sections < 2:
        return
    excluded = np.zeros(n_sections, bool)
    split: dict[int, list[Cell]] = {}
    if len(evidence.present) >= 3:
        settings = case.thresholds(CELLS)
        split = split_sections(cells_off(crowd(case), settings, case.confidence), evidence, settings)
    strata = strata_of(evidence)
    excluded[list(split)] = True
    for section, cells in sorted(split.items()):
        others = excluded.copy()
        others[section] = False
        effect = section_effect(evidence, strata, section, others)
        camp = tuple(sorted(evidence.annotators[cell.annotator] for cell in cells))
        yield _flag(case, section, max(cell.q for cell in cells), effect, effect.value.item(), "confirmed", camp)
    apart, everyone = labels_apart(case, evidence), crowd(case)
    for finding in unreliable(_set_apart(evidence, apart), _set_apart(everyone, apart), excluded, thresholds):
        verdict = verdict_of(finding.q, thresholds)
        if verdict is not None:
            yield _flag(case, finding.section, finding.q, finding.effect, finding.smallest, verdict, ())


@dataclass(frozen=True, slots=True)
class _Apart:
    """Label pairs and labels that are trouble in all sections: a section is not blamed for them."""

    pairs: list[tuple[int, int]]
    vague: list[int]


def labels_apart(case: Case, evidence: Evidence) -> _Apart:
    """Return the labels that are confused whichever section is left out."""
    if evidence.label is None or evidence.weights is not None or len(evidence.labels) < 3:
        return _Apart([], [])
    pair_thresholds, label_thresholds = case.thresholds(PAIRS), case.thresholds(LABELS)
    found = confusions(evidence)
    cells = all_cells(found)
    pairs = [
        (one.first, one.second)
        for one, q in confused(evidence, found, cells, pair_thresholds)
        if q < pair_thresholds["q_confirmed"]
    ]
    for pair in pairs:
        cells[pair] = False
    vague_: list[int] = []
    if len(evidence.labels) >= 4:
        tested = vague(evidence, found, cells, label_thresholds)
        vague_ = [one.first for one, q, _ in tested if q < label_thresholds["q_confirmed"]]
    if not pairs and not vague_:
        return _Apart([], [])
    lefts = [evidence] + [evidence.without_units(evidence.section == s) for s in range(len(evidence.sections))]
    parts = [(left, confusions(left)) for left in lefts]
    labels = range(len(evidence.labels))
    return _Apart(
        [pair for pair in pairs if _everywhere(parts, [pair], pair)],
        [c for c in vague_ if _everywhere(parts, [(min(c, d), max(c, d)) for d in labels if d != c], (c,))],
    )


def _everywhere(
    parts: list[tuple[Evidence, Confusions]], cells: list[tuple[int, int]], subject: tuple[int, ...]
) -> bool:
    """Return True if the confusions of *cells* keep half of their excess whichever section is left out."""
    values = []
    for left, found in parts:
        used = all_cells(found)
        mine = [cell for cell in cells if used[cell]]
        enough = mine and used.sum() > len(mine)
        values.append(float(excess_of(left, found, mine, used, subject).estimate.value) if enough else 0.0)
    return min(values[1:]) >= 0.5 * values[0]


def _set_apart(evidence: Evidence, apart: _Apart) -> Evidence:
    """Return the evidence without units of vague labels, and with confused labels counted as one."""
    if apart.vague and evidence.label is not None:
        touched = np.isin(evidence.label, apart.vague) & evidence.kept
        units = np.bincount(evidence.unit[touched], minlength=len(evidence.section)) > 0
        evidence = evidence.without_units(units)
    return evidence.merged(apart.pairs) if apart.pairs else evidence


def _flag(
    case: Case, section: int, q: float, effect: Estimate, smallest: float, verdict: str, camp: tuple[str, ...]
) -> Flag:
    """Return the flag of one section."""
    evidence = case.rest
    name = evidence.sections[section]
    title = case.annotations.guidelines.name(name)
    value, low, high, n = scalar(effect, (), case.confidence)
    inside = evidence.section == section
    here = sorted(
        {evidence.annotators[a] for a in np.unique(evidence.annotator[evidence.kept & inside[evidence.unit]])}
    )
    camps: tuple[tuple[str, ...], ...] = (camp, tuple(who for who in here if who not in camp)) if camp else ()
    if not camps and len(here) >= 4:
        camps = two_readings(evidence, inside, 0.01, 0.10)
    nature = "two readings" if camps else "everybody"
    d = np.nan_to_num(evidence.disagreement)
    share = max(value, 0.0) * int((inside & evidence.compared).sum()) / max(d.sum(), 1e-12)
    told = interval_words(low, high, n, case.confidence)
    if camps:
        message = (
            f"Section {title} is read in two ways: {listed(camps[0])} against {listed(camps[1])}. Labels disagree "
            f"{points(value)} more there than in the other sections {told}."
        )
        advice = f"Adjudicate five items of the split, write the rule into section {title}, and tell both camps."
    else:
        whoever = f"; it stays at least {points(smallest)} whoever is left out" if len(here) >= 3 else ""
        message = (
            f"In section {title}, {'all pairs' if len(here) >= 3 else 'the two annotators'} disagree {points(value)} "
            f"more than in the other sections {told}{whoever}."
        )
        advice = f"Rewrite section {title}, starting from its disputed items; nobody reads it reliably as it stands."
    quoted = case.annotations.guidelines.sections.get(name)
    return Flag(
        RULE.name, "confirmed" if verdict == "confirmed" else "suspected",
        Subject(RULE.name, case.layer, section=name), message, advice, "guideline owner",
        nature=nature, camps=camps, effect=value, low=low, high=high, n=n, q=q,
        **disputes(case, inside), share_of_disagreement=rounded(share),
        evidence={
            "disagreement_inside": float(evidence.disagreement[inside & evidence.compared].mean()),
            "disagreement_elsewhere": float(evidence.disagreement[~inside & evidence.compared].mean()),
            "smallest_effect_without_anyone": smallest,
            "guideline_text": quoted.text if quoted else "",
            "share_exact": float(np.clip(share, 0, 1)),
        },
        examples=examples(case, most(evidence.disagreement, inside & disputed(evidence))),
    )  # fmt: skip


RULE = Rule(
    "section",
    "Unreliable guideline section",
    "Labels disagree more in this section than in the others: for everybody, or because it is read in two ways.",
    {
        **TEST,
        "min_effect": 0.08,
        "benign": 0.03,
        "keep_without_anyone": 0.50,
        "spreads": 2.0,
        "min_sound": 0.33,
        "min_items": 15,
    },
    40,
    _check,
)
