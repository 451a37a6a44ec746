"""How much more labels disagree in one section than in the sound ones, at equal labels and people."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from agreement._arrays import stretches
from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import Estimate, additive, benign_spread
from agreement.diagnosis.evidence import Bools, Evidence, Floats, Ints, tally
from agreement.diagnosis.people import Gone, company, given, without
from agreement.rules import _confusions
from agreement.rules._confusions import Confusions, all_cells, confusions, excess_of
from agreement.rules._deserved import deserved, without_each_section
from agreement.rules._likely import likely_labels
from agreement.rules._mistaken import effect_of_pair, mistaken
from agreement.rules._parts import TEST, regular
from agreement.rules._scattered import effect_of_label
from agreement.rules._standing import crowded, likely_shares
from agreement.rules.label import RULE as LABELS
from agreement.rules.label import vague
from agreement.rules.label_pair import RULE as PAIRS
from agreement.uncertainty.distributions import fdr

BORROWED = 8
STILL_ALPHA = 0.15
DEFAULTS: Mapping[str, float] = {
    **TEST,
    "min_effect": 0.08,
    "benign": 0.02,
    "benign_of_usual": 0.08,
    "keep_without_anyone": 0.40,
    "spreads": 2.25,
    "min_sound": 0.33,
    "min_items": 20,
    "min_documents": 10,
}
LIKELY = 0.5
MOST_OF_IT = 0.6  # of the trouble that labels are, which stays whichever section is left out
SHARED = 0.3  # of the items that could be compared at equal labels: below, sections have labels of their own


@dataclass(frozen=True, slots=True)
class Strata:
    """Sums of the disagreement of units by section and label stratum; every contrast of sections is made of them.

    Letters: S sections and one more for units without, K strata (one where labels are not categories), G clusters. A
    unit counts in the strata of its labels as likely as each of them is to be right.

    Parameters
    ----------
    weight, total
        (S + 1, K) sum of weights, and of weight times disagreement, less what a unit's annotators bring where they are
        not the same everywhere.
    yy, ym, mm
        ((S + 1) K, (S + 1) K) products of the clusters' sums: of totals, of totals with weights, of weights.
    plain
        The same for the weights of single units.
    present
        (G, S + 1) which clusters have a unit in which section.
    units
        (S + 1,) number of units compared.
    alike
        (G,) how many equal clusters each one stands for; None if one.
    """

    weight: Floats
    total: Floats
    yy: sparse.csr_matrix
    ym: sparse.csr_matrix
    mm: sparse.csr_matrix
    plain: sparse.csr_matrix
    present: sparse.csr_matrix
    units: Ints
    alike: Ints | None = None

    def clusters(self, sections: Bools) -> int:
        """Return the number of clusters with a unit in the *sections* (S + 1,)."""
        touched = self.present @ sections.astype(np.float64) > 0
        return int(np.count_nonzero(touched) if self.alike is None else self.alike[touched].sum())


def strata_of(evidence: Evidence, every: Evidence | None = None, of_every: Ints | None = None) -> Strata:
    """Return the disagreement of the evidence by section and label stratum.

    What items deserve is known best from *every* label they were given, if the evidence leaves some out. Its units are
    those of the evidence, or *of_every* (U,) says which one each unit of the evidence was.
    """
    if every is None:
        return evidence.once("strata", lambda: _strata_of(evidence, None, None))
    return _strata_of(evidence, every, of_every)


def _strata_of(evidence: Evidence, every: Evidence | None, of_every: Ints | None) -> Strata:
    """Return what ``strata_of`` does."""
    value, varies = evidence.disagreement, np.zeros(len(evidence.section))
    if len(evidence.present) > 2 and _in_part(evidence) > 0.2:
        mix, varies = _mix(evidence)
        value = value - mix
    if evidence.label is None:
        unit, k = np.flatnonzero(evidence.compared), 1
        stratum, weight = np.zeros(len(unit), np.int64), np.ones(len(unit))
    else:
        unit, stratum, weight = likely_labels(every or evidence)
        if of_every is not None:
            starts = np.searchsorted(unit, np.arange(int(of_every.max(initial=-1)) + 2))
            unit, at = stretches(starts[of_every], starts[of_every + 1])
            stratum, weight = stratum[at], weight[at]
        if every is not None:
            still = evidence.compared[unit]
            unit, stratum, weight = unit[still], stratum[still], weight[still]
        k = len(evidence.labels)
    n_sections = len(evidence.sections) + 1
    cell = evidence.section[unit] % n_sections * k + stratum
    cells = n_sections * k
    n_units, cluster = len(evidence.section), evidence.cluster[unit]
    n_clusters = int(cluster.max(initial=-1)) + 1
    times = evidence.times_at(unit)
    within = weight if times is None else weight * times.within
    y = sparse.csr_matrix((within * value[unit], (cluster, cell)), shape=(n_clusters, cells))
    m = sparse.csr_matrix((within, (cluster, cell)), shape=(n_clusters, cells))
    w = sparse.csr_matrix((weight, (unit, cell)), shape=(n_units, cells))
    alike, each_y, each_m, each_w = None, y, m, w
    if evidence.times is not None and times is not None:
        alike = times.of_clusters(cluster)
        each_y, each_m = (part.multiply(alike[:, None]).tocsr() for part in (y, m))
        each_w = w.multiply(evidence.times.each[:, None]).tocsr()
    yy = y.T @ each_y
    if evidence.times is not None and varies.any():  # among equal units that are independent of each other
        alone = np.where(evidence.times.within == 1, varies * evidence.times.alike, 0.0)
        yy = yy + w.T @ w.multiply(alone[:, None])
    where = np.flatnonzero(evidence.compared)
    place = evidence.section[where] % n_sections
    return Strata(
        evidence.tally(cell, unit, weight, cells).reshape(n_sections, k),
        evidence.tally(cell, unit, weight * value[unit], cells).reshape(n_sections, k),
        yy.tocsr(), (y.T @ each_m).tocsr(), (m.T @ each_m).tocsr(), (w.T @ each_w).tocsr(),
        sparse.csr_matrix((np.ones(len(where)), (evidence.cluster[where], place)), shape=(n_clusters, n_sections)),
        evidence.count(place, where, n_sections), alike,
    )  # fmt: skip


def _in_part(evidence: Evidence) -> float:
    """Return the share of the units compared that not everybody labelled."""
    some = evidence.compared & (evidence.size < len(evidence.present))
    return evidence.number(some) / max(evidence.number(evidence.compared), 1)


def _mix(evidence: Evidence) -> tuple[Floats, Floats]:
    """Return (U,) what the annotators of a unit add to its disagreement, and how much that varies among equal units.

    Where not everybody labels everything. From comparisons within items if there are any: they are not touched by who
    works in which section.
    """
    nothing = np.zeros(len(evidence.section))
    if not regular(evidence):
        fit = additive(evidence)
        return fit.mix, nothing if fit.varies is None else fit.varies
    mean, varies = company(evidence, likely_shares(evidence))
    return 2 * mean, 4 * varies


def section_effect(strata: Strata, section: int, excluded: Bools) -> Estimate:
    """Return how much more labels disagree in *section* than in the others that are not *excluded* (S,).

    Mantel-Haenszel weights over strata: with A and B items of a stratum inside and outside, A B / (A + B). Sections
    that hardly share labels are compared as they are: what little they share are the items that slips put there.
    """
    outside = ~np.append(excluded, [False])  # the last entry is of the items without a section
    outside[section] = False
    inside = np.zeros(len(outside), bool)
    inside[section] = True
    a, b = strata.weight[section], strata.weight[outside].sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        h = np.where((a > 0) & (b > 0), a * b / (a + b), 0.0)
        here = np.where(h > 0, strata.total[section] / a, 0.0)
        there = np.where(h > 0, strata.total[outside].sum(axis=0) / b, 0.0)
        ha, hb = np.where(h > 0, h / a, 0.0), np.where(h > 0, h / b, 0.0)
    size, others = float(a.sum()), float(b.sum())
    if size <= 0 or others <= 0:
        return Estimate(np.array(np.nan), np.array(np.nan), np.array(0.0), np.array(0.0))
    total = float(h.sum())
    effect = float(h @ (here - there)) / max(total, 1e-12)
    if total < SHARED * size * others / (size + others):
        here, there = (
            np.full(len(a), strata.total[side].sum() / n) for side, n in ((section, size), (outside, others))
        )
        ha, hb, total = np.full(len(a), 1 / size), np.full(len(a), 1 / others), 1.0
        effect = float(here[0] - there[0])

    def variance(sections: Bools, lever: Floats, centre: Floats) -> tuple[float, float, int]:
        """Return the variance of one side, what it would be at unit variance of an item, and its clusters."""
        pull = (sections[:, None] * lever[None, :]).ravel() / total
        at_centre = (sections[:, None] * (lever * centre)[None, :]).ravel() / total
        raw = float(pull @ (strata.yy @ pull))
        squares = raw - 2 * float(pull @ (strata.ym @ at_centre)) + float(at_centre @ (strata.mm @ at_centre))
        squares = squares if squares > 1e-12 * raw else 0.0  # what is left of nothing after rounding
        clusters = strata.clusters(sections)
        return squares * clusters / max(clusters - 1, 1), float(pull @ (strata.plain @ pull)), clusters

    own, lever, clusters = variance(inside, ha, here)
    other, lever_other, clusters_other = variance(outside, hb, there)
    # few clusters give a poor variance: it borrows (moderated t, Smyth 2004), a small reference from both sides
    if lever > 0 and lever_other > 0:
        pooled = (clusters * own / lever + clusters_other * other / lever_other) / (clusters + clusters_other)
        other = ((clusters_other - 1) * other + BORROWED * pooled * lever_other) / (clusters_other - 1 + BORROWED)
    borrowed = other / lever_other * lever if lever_other > 0 else own
    own = ((clusters - 1) * own + BORROWED * borrowed) / (clusters - 1 + BORROWED)
    n = float(strata.units[section])
    spread = own**2 / (clusters - 1 + BORROWED) + other**2 / max(clusters_other - 1, 1)
    df = (own + other) ** 2 / spread if spread > 0 else clusters - 1.0 + BORROWED
    return Estimate(np.array(effect), np.array(np.sqrt(own + other)), np.array(df), np.array(n))


def stands_alone(judged: "Judged", section: int, excluded: Bools, effect: float, keep: float) -> tuple[bool, float]:
    """Return whether the effect keeps the share *keep* whoever is left out, and the smallest one that remains."""
    evidence = judged.evidence
    if len(evidence.present) < 3:
        return True, effect
    here = given(evidence)[:, section]
    smallest, sure = effect, True
    for who in np.flatnonzero(here >= 0.05 * here.sum()):
        left = section_effect(judged.strata_without(int(who)), section, excluded)
        if np.isfinite(left.value):
            smallest = min(smallest, float(left.value))
            sure &= float(left.p_above()) < STILL_ALPHA
    return smallest >= keep * effect and sure, smallest


@dataclass(frozen=True, slots=True)
class Finding:
    """A section that stands out, and its smallest effect when one annotator is left out."""

    section: int
    q: float
    effect: Estimate
    smallest: float


def unreliable(judged: "Judged", excluded: Bools, thresholds: Mapping[str, float]) -> list[Finding]:
    """Return the sections that stand out from those that look sound, largest effect first."""
    evidence = judged.evidence
    strata = strata_of(evidence)
    tested = np.flatnonzero(~excluded)
    if len(tested) < 2:
        return []
    apart = unsound(evidence, strata, excluded, thresholds)
    estimates = []
    for section in tested:
        others = apart.copy()
        others[section] = False
        estimates.append(section_effect(strata, int(section), others))
    each = Estimate(*(np.array([float(getattr(e, part)) for e in estimates]) for part in ("value", "se", "df", "n")))
    expected = _benign(evidence, apart, thresholds)
    p = np.where(each.n >= thresholds["min_items"], each.p_among(expected), 1.0)
    q = fdr(p)
    effect = np.where(np.isfinite(each.value), each.value, -1.0)
    sound, every = ~apart[tested], np.arange(len(tested))
    spread = np.array([benign_spread(each.at(sound & (every != one)), expected) for one in every])
    large = effect >= np.maximum(thresholds["min_effect"], thresholds["spreads"] * spread)
    found = []
    for number in np.flatnonzero(large & (q < thresholds["q_suspected"])):
        suspect = int(tested[number])
        others = apart.copy()
        others[suspect] = False
        stands, smallest = stands_alone(
            judged, suspect, others, float(effect[number]), thresholds["keep_without_anyone"]
        )
        if stands:
            found.append(Finding(suspect, float(q[number]), estimates[number], smallest))
    return sorted(found, key=lambda one: -float(one.effect.value))


def unsound(evidence: Evidence, strata: Strata, excluded: Bools, thresholds: Mapping[str, float]) -> Bools:
    """Return (S,) the sections that no other is to be compared with: those that stand out, while enough is left."""
    apart = excluded.copy()
    named = evidence.compared & (evidence.section >= 0)
    size = evidence.count(evidence.section[named], named, len(apart))
    while (~apart).sum() >= 2:
        open_ = np.flatnonzero(~apart)
        estimates = [section_effect(strata, int(s), apart) for s in open_]
        benign = _benign(evidence, apart, thresholds)
        q = fdr(np.array([float(e.p_among(benign)) if e.n >= thresholds["min_items"] else 1.0 for e in estimates]))
        effect = np.array([float(e.value) if np.isfinite(e.value) else -1.0 for e in estimates])
        effect[q >= thresholds["q_suspected"]] = -1.0
        worst = int(np.argmax(effect))
        left = size[~apart].sum() - size[open_[worst]]
        if effect[worst] < thresholds["min_effect"] or left < thresholds["min_sound"] * size.sum():
            break
        apart[open_[worst]] = True
    return apart


def _benign(evidence: Evidence, apart: Bools, thresholds: Mapping[str, float]) -> float:
    """Return how unequal sections are expected to be, given the disagreement in those that are not *apart* (S,)."""
    usual = evidence.compared & (evidence.section >= 0) & ~apart[evidence.section]
    d = evidence.mean_of(usual) if usual.any() else 0.0
    return max(thresholds["benign"], thresholds["benign_of_usual"] * min(d, 1 - d))


@dataclass(frozen=True, slots=True)
class Apart:
    """Label pairs and labels that are trouble in all sections: a section is not blamed for them."""

    pairs: list[tuple[int, int]]
    vague: list[int]


def labels_apart(case: Case, evidence: Evidence) -> Apart:
    """Return the labels that are confused whichever section is left out."""
    if evidence.label is None or evidence.weights is not None or len(evidence.labels) < 3:
        return Apart([], [])
    pair_thresholds, label_thresholds = case.thresholds(PAIRS), case.thresholds(LABELS)
    pairs = [
        (one.first, one.second) for one, q in mistaken(evidence, pair_thresholds) if q < pair_thresholds["q_confirmed"]
    ]
    vague_: list[int] = []
    if len(evidence.labels) >= 4:
        tested = vague(evidence, pairs, label_thresholds)
        vague_ = [one.first for one, q, _ in tested if q < label_thresholds["q_confirmed"]]
    if not pairs and not vague_:
        return Apart([], [])
    every = deserved(evidence)
    if every is not None:
        parts = [every, *without_each_section(every)]
        return Apart(
            [pair for pair in pairs if _stays([effect_of_pair(part, pair, pairs) for part in parts])],
            [label for label in vague_ if _stays([effect_of_label(part, label, pairs) for part in parts])],
        )
    found = confusions(evidence)
    counts = [found, *_confusions.without_each_section(evidence, found)]
    labels = range(len(evidence.labels))

    def everywhere(cells: list[tuple[int, int]], subject: tuple[int, ...]) -> bool:
        return _everywhere(evidence, counts, cells, subject, pairs)

    return Apart(
        [pair for pair in pairs if everywhere([pair], pair)],
        [c for c in vague_ if everywhere([(min(c, d), max(c, d)) for d in labels if d != c], (c,))],
    )


def _stays(values: list[float]) -> bool:
    """Return True if most of the first of the *values* is in all others, each without one section."""
    return min(values[1:], default=values[0]) >= MOST_OF_IT * values[0]


def _everywhere(
    evidence: Evidence,
    parts: list[Confusions],
    cells: list[tuple[int, int]],
    subject: tuple[int, ...],
    pairs: list[tuple[int, int]],
) -> bool:
    """Return True if the confusions of *cells* keep most of their excess whichever section is left out.

    Other confused *pairs* are no reference for slips.
    """
    values = []
    for found in parts:
        used = all_cells(found)
        for pair in pairs:
            used[pair] &= pair == cells[0] and len(cells) == 1
        mine = [cell for cell in cells if used[cell]]
        enough = mine and used.sum() > len(mine)
        values.append(float(excess_of(evidence, found, mine, used, subject).estimate.value) if enough else 0.0)
    return _stays(values)


def set_apart(evidence: Evidence, apart: Apart) -> Evidence:
    """Return the evidence without units that likely deserve a vague label, and with confused labels counted as one."""
    if apart.vague and evidence.label is not None:
        found = deserved(evidence)
        if found is None:
            unit, label, chance = likely_labels(evidence)
            vague_ = np.isin(label, apart.vague)
            likely = tally(unit[vague_], chance[vague_], len(evidence.section))
        else:
            likely = tally(found.unit, found.chance[found.pattern][:, apart.vague].sum(axis=1), len(evidence.section))
        evidence = evidence.without_units(likely > LIKELY)
    return merged_of(evidence, apart)


def merged_of(evidence: Evidence, apart: Apart) -> Evidence:
    """Return the evidence with confused labels counted as one."""
    pairs = apart.pairs[: max(len(evidence.labels) - 2, 0)]  # strongest first; two labels at least have to be left
    return evidence.merged(pairs) if pairs else evidence


class Judged:
    """The evidence by which sections are judged, labels that are trouble everywhere set apart, and parts of it."""

    def __init__(self, every: Evidence, apart: Apart) -> None:
        """Set *apart* what is trouble everywhere from *every* label."""
        self._every, self._apart = every, apart
        self.evidence = set_apart(every, apart)

    def strata_without(self, who: int) -> Strata:
        """Return the strata without one annotator.

        What items deserve is known best from all labels. Of a crowd nobody's labels are needed for that.
        """
        gone = Gone(annotators=frozenset({who}))
        if crowded(self._every):
            return strata_of(set_apart(without(self._every, gone), self._apart))
        if self.evidence.people is None:
            return strata_of(without(self.evidence, gone), self.evidence)
        left, before = self.evidence.people.parted(gone)
        kept = np.bincount(self.evidence.unit[self.evidence.kept], minlength=len(self.evidence.section)) > 0
        left = merged_of(left.without_units(~kept[before]), self._apart)
        return strata_of(left, self.evidence, before)
