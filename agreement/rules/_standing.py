"""How annotators stand to each other, whatever the sections, classes and items they had."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from agreement.diagnosis.company import company_kept
from agreement.diagnosis.contrasts import Additive, Estimate, Sums, additive, benign_spread, sums_by
from agreement.diagnosis.evidence import Bools, Evidence, Floats, Ints
from agreement.diagnosis.people import Gone, Near, company_sums, contrast_sums, counted, given, without
from agreement.rules._parts import regular
from agreement.uncertainty.distributions import fdr

LEAST_LEFT = 0.25
SELDOM = 0.25
MOST_JOINTLY = 300  # annotators for whom one system of equations is solved
BENIGN = 0.02  # how unequal people's shares are before anything is seen
BORROWED = 8  # people that this is worth
TEAM_ALPHA = 0.01  # of "this team disagrees no more than the others"


@dataclass(frozen=True, slots=True)
class Standing:
    """How every annotator of the evidence stands to the others.

    Letters: A annotators, S sections (one more for items without).

    Parameters
    ----------
    raw
        (A,) how much more pairs with the annotator disagree than pairs without, with standard error.
    excess
        (A,) the same against the median annotator (rotating pairs: the others' mean), freed from coinciding errors.
    team
        (A,) of which team annotators are whose items nobody else labels, and on which people disagree more than
        elsewhere in the same sections; -1 of others. None if there is no such team.
    """

    raw: Estimate
    excess: Estimate
    _left: Callable[[], Floats] = field(repr=False)
    team: Ints | None = None

    def in_team(self, code: int) -> bool:
        """Return True if annotator *code* is of a team that most likely is off for the larger part."""
        return self.team is not None and bool(self.team[code] >= 0)

    @property
    def without_section(self) -> Floats:
        """(A, S) the excess when one section is left out, worked out when asked; NaN where nothing remains."""
        return self._left()


def steepness(evidence: Evidence) -> float:
    """Return by how much two people disagree more often when one of them errs one point more often.

    Less than a point, because two who err can coincide: under a one-coin model with slips anywhere it is the root of
    S = 1 - D K / (K - 1) (Bennett, Alpert & Goldstein 1954), however frequent the K labels in use are.
    """
    return evidence.once("steepness", lambda: _steepness(evidence))


def _steepness(evidence: Evidence) -> float:
    """Return what ``steepness`` does."""
    left = evidence.kappa
    if evidence.label is not None and evidence.weights is None:
        k = int(np.count_nonzero(np.bincount(evidence.label[evidence.kept], minlength=2)))
        left = 1 - evidence.mean * k / max(k - 1, 1)
    return float(np.sqrt(max(left, LEAST_LEFT)))


def standing(evidence: Evidence) -> Standing | None:
    """Return how annotators stand, in points of error; None if the design does not tell them apart."""
    scale = steepness(evidence)
    if regular(evidence):
        return _within_items(evidence, scale)
    fit = additive(evidence)
    return _between_items(evidence, fit, scale) if fit.identified else None


def _within_items(evidence: Evidence, scale: float) -> Standing:
    """Return the standing from items with three labels or more, where everything but the annotator cancels."""
    n_annotators, contrast = len(evidence.annotators), evidence.contrast()
    raw = _raw(evidence, contrast)
    if _many(raw):
        own, se, group = raw.value, raw.se, np.where(raw.n > 0, 0, -1)
    else:
        shares = _freed(evidence, contrast)
        own, se, group = shares.own, shares.se, shares.group
    teams = _teams(evidence, own, group) if group.max(initial=-1) > 0 else None
    centre = _centre(own[:, None], group)[:, 0]
    if teams is not None:
        centre, se = np.where(teams.team >= 0, teams.centre, centre), np.hypot(se, teams.se)
    excess = Estimate((own - centre) / scale, se / scale, raw.df, raw.n)

    def left() -> Floats:
        if not evidence.sections:  # nothing remains without the only place there is
            return np.full((n_annotators, 1), np.nan)
        n, added = company_sums(evidence, np.nan_to_num(own))
        y = contrast_sums(evidence, contrast, by_section=True).y + added
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (y.sum(axis=1, keepdims=True) - y) / (n.sum(axis=1, keepdims=True) - n)
        middle = _centre(mean, group)
        if teams is not None:
            middle = np.where((teams.team >= 0)[:, None], teams.centre[:, None], middle)
        return np.asarray((mean - middle) / scale)

    return Standing(raw, excess, left, None if teams is None else teams.team)


@dataclass(frozen=True, slots=True)
class _Teams:
    """Teams of which most are off: whose each annotator is (-1 of others), the share of a sound one, its error."""

    team: Ints
    centre: Floats
    se: Floats


def _teams(evidence: Evidence, own: Floats, group: Ints) -> _Teams | None:
    """Return the teams that disagree more than others in the same sections, if there are any.

    Who labels the same items as nobody else is told apart only inside the team; if most of it is off, the median of the
    team is. How much a team disagrees on the sections that others label too says so: people who are sound are as much
    below the team's mean as the team is above the others, yet nobody is sounder than the best of the team.
    """
    fit, groups = additive(evidence), np.unique(group[group >= 0])
    column = np.full(len(own), -1)
    column[fit.annotators] = np.arange(len(fit.annotators))
    labels = given(evidence)
    places = np.stack([labels[group == one].sum(axis=0) > 0 for one in groups]).astype(np.float64)
    joined = sparse.csgraph.connected_components(sparse.csr_matrix(places @ places.T))[1]
    team, centre, se = np.full(len(own), -1), np.zeros(len(own)), np.zeros(len(own))
    for number, one in enumerate(groups):
        mates = np.flatnonzero((group == one) & (column >= 0))
        rest = np.flatnonzero(np.isin(group, groups[joined == joined[number]]) & (group != one) & (column >= 0))
        if not len(mates) or not len(rest):
            continue
        lever = np.zeros(len(fit.own))
        lever[column[mates]], lever[column[rest]] = 1 / len(mates), -1 / len(rest)
        level = Estimate(
            np.array(lever @ fit.own), np.sqrt(np.maximum(lever @ fit.covariance @ lever, 0.0)),
            np.array(fit.clusters - 1.0), np.array(float(fit.clusters)),
        )  # fmt: skip
        if float(level.p_among(BENIGN)) < TEAM_ALPHA / len(groups):
            team[mates], se[mates] = one, float(level.se)
            centre[mates] = max(float(own[mates].min()), float(own[mates].mean() - level.value))
    return _Teams(team, centre, se) if (team >= 0).any() else None


def _raw(evidence: Evidence, contrast: Floats) -> Estimate:
    """Return (A,) how much more pairs with the annotator disagree than pairs without, whatever the company."""
    return _scaled(contrast_sums(evidence, contrast).mean(), counted(evidence, _apart(evidence)))


def _many(raw: Estimate) -> bool:
    """Return True if annotators are too many to be solved for together: company averages out."""
    return int(np.count_nonzero(raw.n)) > MOST_JOINTLY


def _apart(evidence: Evidence) -> Floats:
    """Return (N,) how far a label is from the mean of all, where it is one from the others; NaN without a contrast."""
    size = evidence.size.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.where(size >= 3, (size - 1) / size, np.nan)[evidence.unit]
    return np.where(evidence.kept, apart, np.nan)


def _scaled(mean: Estimate, apart: Floats) -> Estimate:
    """Return the mean contrast against the others, from that against all; *apart* (A,) sums up what that takes."""
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = mean.n / apart
    return Estimate(mean.value * factor, mean.se * factor, mean.df, mean.n)


def _centre(values: Floats, group: Ints) -> Floats:
    """Return (A, C) the median of each column of *values* (A, C) over the annotators of the same *group* (A,)."""
    centre = np.full(values.shape, np.nan)
    for one in np.unique(group[group >= 0]):
        mine = np.flatnonzero(group == one)
        known = np.isfinite(values[mine]).any(axis=0)
        centre[np.ix_(mine, known)] = np.nanmedian(values[mine][:, known], axis=0)
    return centre


@dataclass(frozen=True, slots=True)
class _Shares:
    """What everybody adds to the disagreement, freed from the company kept.

    Parameters
    ----------
    own
        (A,) shares, known up to a constant in each group: there they sum to zero. NaN if nothing is known.
    group
        (A,) groups of people who meet; -1 says nothing.
    covariance
        (M, M) of the shares of the M annotators who are in a group; NaN where one cluster is all there is.
    """

    own: Floats
    group: Ints
    covariance: Floats

    @property
    def se(self) -> Floats:
        """(A,) standard errors."""
        se = np.full(len(self.own), np.nan)
        se[self.group >= 0] = np.sqrt(np.maximum(np.diag(self.covariance), 0))
        return se


def _freed(evidence: Evidence, contrast: Floats) -> _Shares:
    """Return everybody's share, freed from the company kept.

    The *contrast* (N,) of a label is its annotator's share less the mean share of the item's annotators. Where
    everybody labels everything, its mean is the answer; in pools and teams, colleagues of a careless person look good
    and the careless person half as bad, so all shares are solved for together. Teams that share hardly an item are
    groups of their own: only inside one are people told apart.
    """
    kept = company_kept(evidence, contrast)
    m, n_annotators = len(kept.present), len(evidence.annotators)
    own, group = np.full(n_annotators, np.nan), np.full(n_annotators, -1)
    if not m:
        return _Shares(own, group, np.zeros((0, 0)))
    system = np.diag(kept.labels.astype(np.float64)) - kept.company
    linked = _linked(kept.company, kept.labels)
    group[kept.present] = linked
    inverse = np.linalg.inv(system + kept.labels.sum() / m * (linked[:, None] == linked[None, :]))
    own[kept.present] = inverse @ kept.summed
    products, clusters = kept.products(own)
    if clusters < 2:  # nothing tells how sure the shares are
        return _Shares(own, group, np.full((m, m), np.nan))
    return _Shares(own, group, inverse @ products @ inverse * clusters / (clusters - 1))


def in_teams(evidence: Evidence) -> bool:
    """Return True if annotators are few enough to be solved for together, and some of them hardly meet the others."""
    contrast = evidence.contrast()
    if not regular(evidence) or _many(_raw(evidence, contrast)):
        return False
    kept = company_kept(evidence, contrast)
    return len(kept.present) > 0 and int(_linked(kept.company, kept.labels).max()) > 0


def likely_shares(evidence: Evidence) -> Floats:
    """Return (A,) what everybody most likely adds to the disagreement of items with three labels or more.

    The best linear prediction T (T + V)^-1 own (Robinson 1991, Statistical Science 6(1)) of shares with covariance V
    among people who differ by T: what a handful of items that link two teams tell of the teams is hardly believed. In a
    crowd every share is known by itself.
    """
    contrast = evidence.contrast()
    raw = _raw(evidence, contrast)
    if _many(raw):
        return np.nan_to_num(raw.value - np.nanmedian(raw.value))
    shares = _freed(evidence, contrast)
    here = np.flatnonzero(shares.group >= 0)
    own, free = shares.own[here], len(here) - len(np.unique(shares.group[here]))
    likely = np.zeros(len(shares.own))
    if free and np.isfinite(shares.covariance).all():
        seen = max(float(own @ own - np.trace(shares.covariance)), 0.0)
        differ = (BORROWED * BENIGN**2 + seen) / (BORROWED + free)
        likely[here] = differ * np.linalg.solve(differ * np.eye(len(here)) + shares.covariance, own)
    return likely


def _linked(company: Floats, given: Ints) -> Ints:
    """Return (M,) groups of annotators who meet, by *company* (M, M), not far less often than chance would have it."""
    meetings = company - np.diag(np.diag(company))
    usual = np.outer(given, given) * meetings.sum() / max(float(given.sum()) ** 2, 1.0)
    groups: Ints = sparse.csgraph.connected_components(sparse.csr_matrix(meetings > SELDOM * usual))[1]
    return groups.astype(np.int64)


def _between_items(evidence: Evidence, fit: Additive, scale: float) -> Standing:
    """Return the standing from pairs that rotate: who adds how much to the disagreement of the items labelled."""
    n_annotators, n_sections = len(evidence.annotators), len(evidence.sections) + 1
    own = fit.against_others()
    labels = given(evidence).sum(axis=1)

    def spread(values: Floats) -> Floats:
        full = np.full(n_annotators, np.nan)
        full[fit.annotators] = values
        return full

    raw = Estimate(spread(own.value), spread(own.se), np.nan_to_num(spread(own.df)), labels)
    cells = fit.left
    if cells is None:
        section = evidence.section[evidence.unit] % n_sections
        use = evidence.kept & evidence.compared[evidence.unit]
        partial = np.where(use, fit.residual[evidence.unit] + raw.value[evidence.annotator], np.nan)
        place = evidence.annotator * n_sections + section
        cells = sums_by(place, n_annotators * n_sections, evidence.unit, partial, evidence.times_at(evidence.unit))
        cells = Sums(*(values.reshape(n_annotators, n_sections) for values in cells.parts()))
    else:  # of which only the means are asked
        cells = replace(cells, y=cells.y + raw.value[:, None] * cells.n)
    left = cells.sum(1).expand(1).minus(cells).mean().value / scale
    return Standing(raw, Estimate(raw.value / scale, raw.se / scale, raw.df, labels), lambda: left)


def outliers(evidence: Evidence, thresholds: Mapping[str, float]) -> list[tuple[int, float, str]]:
    """Return code, q and verdict of the annotators off the pack: worst first, each out of the next one's reference."""
    found: list[tuple[int, float, str]] = []
    rest = evidence
    limit = (len(evidence.present) - 1) // 2
    while len(found) < limit:
        stands = standing(rest)
        if stands is None:
            break
        present = rest.present
        q = np.ones(len(evidence.annotators))
        q[present] = fdr(stands.excess.at(present).p_among(_benign(rest, stands, thresholds)))
        candidates = _everywhere(stands, thresholds, rest.mean) & (stands.excess.n >= thresholds["min_items"])
        confirmed = candidates & (q < thresholds["q_confirmed"])
        if not confirmed.any():
            suspected = np.flatnonzero(candidates & (q < thresholds["q_suspected"]))
            worst_first = suspected[np.argsort(-stands.excess.value[suspected], kind="stable")]
            found += [(int(code), float(q[code]), "suspected") for code in worst_first[: limit - len(found)]]
            break
        codes = np.flatnonzero(confirmed)
        codes = codes[np.argsort(-stands.excess.value[codes], kind="stable")]
        # in a crowd company averages out, and careless colleagues only make somebody look better: all at once
        worst = (codes if crowded(rest) else _together(codes, stands.team))[: limit - len(found)]
        found += [(int(code), float(q[code]), "confirmed") for code in worst]
        rest = without(rest, Gone(annotators=frozenset(worst.tolist())))
    return found


def _together(codes: Ints, team: Ints | None) -> Ints:
    """Return the first of *codes*, with all others of its team: without one, the others have no colleagues left."""
    if team is None or team[codes[0]] < 0:
        return codes[:1]
    return np.asarray(codes[team[codes] == team[codes[0]]])


def _benign(evidence: Evidence, stands: Standing, thresholds: Mapping[str, float]) -> Floats:
    """Return (M,) how unequal the other annotators who are present are without a cause.

    Pairs that rotate leave so much noise that benign differences are lost in it.
    """
    present = evidence.present
    if not regular(evidence):
        return np.zeros(len(present))
    usual = min(evidence.mean, 1 - evidence.mean)  # where most disagree already, there is little room for more
    expected = max(thresholds["benign"], thresholds["benign_of_usual"] * usual)
    here = stands.excess.at(present)
    if len(present) > MOST_JOINTLY:  # one of so many changes nothing
        return np.full(len(present), benign_spread(here, expected))
    return np.array([benign_spread(here.at(present != who), expected) for who in present])


def crowded(evidence: Evidence) -> bool:
    """Return True if people are compared within items, and are too many to be solved for together."""
    return evidence.label is not None and len(evidence.present) > MOST_JOINTLY and regular(evidence)


def standing_in_crowd(near: Near, code: int, usual: Standing, scale: float) -> Standing:
    """Return how one annotator of a crowd stands, from what is *near*: the annotator's units alone.

    Nothing else tells of the annotator; what is *usual*, and the steepness *scale*, are those of the crowd without
    anybody confirmed. Only the entries of *code* mean anything.
    """
    evidence = near.evidence
    n_sections = len(evidence.sections) + 1
    contrast, n_annotators = evidence.contrast(), len(evidence.annotators)
    mine = np.flatnonzero((evidence.annotator == code) & np.isfinite(contrast))
    unit, who = evidence.unit[mine], evidence.annotator[mine]
    times = evidence.times_at(unit)
    mean = sums_by(who, n_annotators, evidence.cluster[unit], contrast[mine], times).mean()
    raw = _scaled(mean, evidence.tally(who, unit, _apart(evidence)[mine], n_annotators))
    centre = typical(usual)
    company = (near.added[unit] + raw.value[code]) / evidence.size[unit]
    section = evidence.section[unit] % n_sections
    given = evidence.count(section, unit, n_sections)
    total = evidence.tally(section, unit, contrast[mine] + company, n_sections)
    left = np.full((n_annotators, n_sections), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        left[code] = ((total.sum() - total) / (given.sum() - given) - centre) / scale
    return Standing(raw, Estimate((raw.value - centre) / scale, raw.se / scale, raw.df, raw.n), lambda: left)


def typical(usual: Standing) -> float:
    """Return the share of the median annotator of a crowd."""
    return float(np.nanmedian(usual.raw.value))


def own_in_crowd(usual: Standing) -> Floats:
    """Return (A,) every annotator's share in what is *usual*; of those of whom nothing is known, the median's."""
    return np.nan_to_num(usual.raw.value, nan=typical(usual))


def _everywhere(stands: Standing, thresholds: Mapping[str, float], usual: float) -> Bools:
    """Return (A,) who is off by the minimum, a share of the *usual* disagreement, and not in a single section only."""
    excess = np.nan_to_num(stands.excess.value, nan=-1.0)
    # where most disagree already, there is little room for more
    large = excess >= max(thresholds["min_effect"], thresholds["min_of_usual"] * min(usual, 1 - usual))
    if not large.any():
        return large
    left = np.nan_to_num(stands.without_section, nan=np.inf).min(axis=1)
    needed = np.maximum((1 - thresholds["one_section"]) * excess, thresholds["min_elsewhere"])
    return np.asarray(large & (left >= needed))
