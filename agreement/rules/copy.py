"""Two annotators who are wrong together: one may have copied from the other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import betaincinv

from agreement.diagnosis.case import Case
from agreement.diagnosis.evidence import Bools, Evidence, Floats, Ints
from agreement.diagnosis.people import Near
from agreement.flags import Example, Flag, Rule, Subject
from agreement.intervals import wilson
from agreement.rules._parts import TEST, disputed, examples, most, rounded, verdict_of
from agreement.rules._plurality import deviations
from agreement.rules._readings import camps
from agreement.uncertainty.distributions import binomial_at_least, binomial_at_most, fdr
from agreement.wording import Figure, causes
from agreement.wording import rules as words

LEAST_USUAL = 0.20
ONE_WITNESS = 0.60
ELSEWHERE = 0.50
BY_RULE, ENOUGH_WAYS = 0.90, 8
WORTH = 10  # deviations that the least usual joining is worth, beside somebody with whom there are few
CAMP_ALPHA, CAMP_EFFECT, CAMP_BALANCE = 0.01, 0.08, 0.55  # of two people against two
MOST_CELLS = 2e7  # units x labels up to which who is alone with whom fits in memory


Joining = Callable[[int], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True)
class _Copied:
    """A pair that agrees where it stands alone: hits of n deviations shared, and how often others would.

    Parameters
    ----------
    units, near
        Which units of what is near the two these hits are; and that.
    """

    first: int
    second: int
    hits: int
    n: int
    usual: float
    p: float
    units: Ints
    near: Near


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The pairs of annotators who share units, and on how many of these they agree; never all pairs of a crowd.

    Letters: P pairs.

    Parameters
    ----------
    first, second
        (P,) annotator codes, first < second, in order.
    shared, agree
        (P,) units both labelled, and those both gave the same label.
    """

    first: Ints
    second: Ints
    shared: Floats
    agree: Floats

    def enough(self, least: float) -> "_Pairs":
        """Return the pairs that share at least *least* units."""
        keep = self.shared >= least
        return _Pairs(self.first[keep], self.second[keep], self.shared[keep], self.agree[keep])

    def of(self, first: int, second: int) -> tuple[float, float]:
        """Return on how many units the two annotators meet, and on how many they agree."""
        at = np.flatnonzero((self.first == min(first, second)) & (self.second == max(first, second)))
        return float(self.shared[at[0]]), float(self.agree[at[0]])


def _agreement(evidence: Evidence) -> _Pairs:
    """Return shared units and agreements of all pairs that share any."""
    if evidence.people is not None:
        pairs, shared, same = evidence.people.meetings()
        return _Pairs(pairs[:, 0], pairs[:, 1], shared, same)
    n_annotators, n_units = len(evidence.annotators), len(evidence.section)
    keep = evidence.kept
    label = np.zeros(len(keep), np.int64) if evidence.label is None else evidence.label
    who, unit = evidence.annotator[keep], evidence.unit[keep]
    k, times = len(evidence.labels), evidence.repeated(np.ones(len(who)), unit)

    def together(column: Ints, columns: int) -> sparse.coo_matrix:
        """Return how many units two people have a column in common."""
        once, each = (
            sparse.csr_matrix((values, (who, column)), shape=(n_annotators, columns))
            for values in (np.ones(len(who)), times)
        )
        return sparse.triu(once @ each.T, 1, format="coo")

    met, same = together(unit, n_units), together(unit * k + label[keep], n_units * k)
    key, key_of_same = (each.row.astype(np.int64) * n_annotators + each.col for each in (met, same))
    order = np.argsort(key)
    agree = np.zeros(len(key))
    agree[np.searchsorted(key[order], key_of_same)] = same.data
    first, second = np.divmod(key[order], n_annotators)
    return _Pairs(first, second, met.data[order], agree)


def _candidates(pairs: _Pairs, annotators: int, thresholds: Mapping[str, float]) -> list[tuple[int, int]]:
    """Return the pairs that disagree much less than other pairs do, beyond chance, most suspicious first."""
    first, second, shared = pairs.first, pairs.second, pairs.shared
    known, d = len(first), 1 - pairs.agree / shared
    if known < 3:
        return []
    found = []
    order = np.argsort(d, kind="stable")
    ascending, rank = d[order], np.empty(known, dtype=np.int64)
    rank[order] = np.arange(known)
    # leaving out the pairs of two people moves the median by that many places at most
    highest = np.append(ascending, np.inf)[min((known + 2 * annotators) // 2, known)]
    total = float(shared.sum())
    by_person = _by_person(pairs, annotators)
    for at in np.flatnonzero(d <= thresholds["max_of_usual"] * highest):
        a, b, own = int(first[at]), int(second[at]), float(d[at])
        theirs = np.unique(np.concatenate([by_person(a), by_person(b)]))
        hits = shared[at] - pairs.agree[at]
        if len(theirs) < known:
            usual, n = _median_without(ascending, rank[theirs]), total - float(shared[theirs].sum())
            chance = binomial_at_most(hits, np.ceil(hits + usual * n), shared[at] / (shared[at] + n))
            if own <= thresholds["max_of_usual"] * usual and chance * known < thresholds["q_suspected"]:
                found.append((own / max(usual, 1e-9), a, b))
        elif betaincinv(hits + 1, max(pairs.agree[at], 1), 0.99) < thresholds["alone"]:
            found.append((own, a, b))  # three people: only near identity gives it away
    return [(a, b) for _, a, b in sorted(found)[:20]]


def _by_person(pairs: _Pairs, annotators: int) -> Callable[[int], Ints]:
    """Return what gives the pairs of one person."""
    order = np.argsort(pairs.second, kind="stable")
    as_first, as_second = (
        np.searchsorted(codes, np.arange(annotators + 1)) for codes in (pairs.first, pairs.second[order])
    )

    def of(who: int) -> Ints:
        return np.concatenate([np.arange(as_first[who], as_first[who + 1]), order[as_second[who] : as_second[who + 1]]])

    return of


def _median_without(ascending: Floats, left_out: Ints) -> float:
    """Return the median of sorted numbers without those at the places *left_out*, and without sorting again.

    Examples
    --------
    >>> import numpy as np
    >>> _median_without(np.array([1.0, 2.0, 3.0, 5.0, 8.0]), np.array([1, 0]))  # of 3, 5, 8
    5.0
    """
    left = len(ascending) - len(left_out)
    before = np.sort(left_out) - np.arange(len(left_out))  # how many that stay come before each that does not
    middle = [place + int(np.searchsorted(before, place, side="right")) for place in ((left - 1) // 2, left // 2)]
    return float(ascending[middle].mean())


def _labels(evidence: Evidence, who: int) -> Ints:
    """Return (U,) the labels of one annotator on disputed units, -1 elsewhere and where there is none."""
    label = np.full(len(evidence.section), -1)
    mine = evidence.kept & (evidence.annotator == who) & disputed(evidence)[evidence.unit]
    if evidence.label is not None:
        label[evidence.unit[mine]] = evidence.label[mine]
    return label


def _tested(near: Near, a: int, b: int, joining: Joining, *, few: bool) -> _Copied:
    """Return how often the two deviate together, against how often either does with somebody else.

    What is *near* are all units that both labelled; *joining* says how often others join each of the two, and *few*
    whether there is hardly anybody else.
    """
    evidence, counts = near.evidence, _counts(near.evidence)
    own, other = _labels(evidence, a), _labels(evidence, b)
    against_a, with_a, plurality = deviations(counts, own, other)
    against_b, _, _ = deviations(counts, other, own)
    either = evidence.number(against_a | against_b)
    usual = LEAST_USUAL
    for against, joined in (joining(a), joining(b)):
        joins = (joined + WORTH * LEAST_USUAL) / (against + WORTH)
        joins[[a, b]] = 0.0
        usual = max(usual, float(joins.max(initial=0.0)))
    hits = evidence.number(with_a)
    p = float(binomial_at_least(hits, either, min(usual, 0.95))) if either else 1.0
    if not few and (
        _one_witness(evidence, with_a, a, b)
        or _one_rule(evidence, with_a, (against_a, against_b), plurality, (own, other))
        or _one_section(evidence, with_a, against_a | against_b)
    ):
        p = 1.0
    return _Copied(a, b, hits, either, usual, p, np.flatnonzero(with_a), near)


def _counts(evidence: Evidence) -> Floats:
    """Return (U, K) how often each label was given to each unit with two labels or more."""

    def made() -> Floats:
        counts = np.zeros((len(evidence.section), len(evidence.labels)))
        unit, label, given = evidence.label_counts()
        counts[unit, label] = given
        return counts

    return evidence.once("counts", made)


def _joining(evidence: Evidence, people: Sequence[int]) -> Joining:
    """Return what gives for each of *people* (A,) on how many units they deviate beside others, and these with them."""
    if evidence.people is not None:
        return evidence.people.joining(people)
    counts = _counts(evidence)

    def joining(code: int) -> tuple[Floats, Floats]:
        own = _labels(evidence, code)
        found = np.zeros((2, len(evidence.annotators)))
        # in a crowd most people never meet
        for third in np.unique(evidence.annotator[evidence.kept & (own >= 0)[evidence.unit]]).tolist():
            if third != code:
                against, joined, _ = deviations(counts, own, _labels(evidence, third))
                found[:, third] = evidence.number(against), evidence.number(joined)
        return found[0], found[1]

    return cache(joining)


def _near(case: Case, a: int, b: int) -> Near:
    """Return all units that two annotators labelled, with all their labels, and maybe others."""
    evidence = case.rest
    if evidence.people is not None:
        return evidence.people.between(a, b)
    every = np.arange(len(evidence.section))
    return Near(evidence, np.zeros(len(every)), every)


def _one_witness(evidence: Evidence, hits: Bools, a: int, b: int) -> bool:
    """Return True if it is always the same third person whom the two stand against: then that person may be off."""
    rows = evidence.kept & hits[evidence.unit] & (evidence.annotator != a) & (evidence.annotator != b)
    rows &= evidence.size[evidence.unit] == 3
    alone = evidence.count(evidence.annotator[rows], evidence.unit[rows])
    return bool(alone.max(initial=0) > ONE_WITNESS * evidence.number(hits))


def _one_rule(
    evidence: Evidence, hits: Bools, against: tuple[Bools, Bools], plurality: Ints, labels: tuple[Ints, Ints]
) -> bool:
    """Return True if the two deviate together by a rule: in one way only, c for d, or from each c to one d only."""
    if not hits.any():
        return False
    k = len(evidence.labels)
    way, theirs = plurality * k + labels[0], plurality * k + labels[1]
    ways = evidence.count(way[hits], hits, k * k).reshape(k, k)
    told = int(ways.sum()) - np.count_nonzero(ways.any(axis=1))  # where a label deviates once, it does in one way
    if k > 2 and told >= ENOUGH_WAYS and int(ways.max(axis=1).sum()) >= BY_RULE * int(ways.sum()):
        return True
    one = int(ways.argmax())
    either = (against[0] & (way != one)) | (against[1] & (theirs != one))
    return _seldom(evidence, hits, against[0] | against[1], hits & (way != one), either)


def _one_section(evidence: Evidence, hits: Bools, either: Bools) -> bool:
    """Return True if the two deviate together in one section only: two who read it alike, not a copy."""
    section = evidence.section
    if not hits.any() or section[hits].max() < 0:
        return False
    named = hits & (section >= 0)
    elsewhere = section != int(evidence.count(section[named], named).argmax())
    return _seldom(evidence, hits, either, hits & elsewhere, either & elsewhere)


def _seldom(evidence: Evidence, hits: Bools, either: Bools, hits_elsewhere: Bools, either_elsewhere: Bools) -> bool:
    """Return True if *hits* of *either* are far fewer elsewhere; all are (U,) units."""
    rate = evidence.number(hits_elsewhere) / max(evidence.number(either_elsewhere), 1)
    return rate < ELSEWHERE * evidence.number(hits) / max(evidence.number(either), 1)


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the pairs that deviate together; one person is in at most one such pair."""
    evidence = case.rest
    if evidence.label is None or evidence.weights is not None or len(evidence.present) < 3:
        return
    if evidence.people is None and len(evidence.section) * len(evidence.labels) > MOST_CELLS:
        return
    pairs = _agreement(evidence).enough(thresholds["min_items"])
    candidates = _candidates(pairs, len(evidence.annotators), thresholds)
    if not candidates:
        return
    joining = _joining(evidence, sorted({code for pair in candidates for code in pair}))
    tested = [_tested(_near(case, a, b), a, b, joining, few=len(evidence.present) <= 3) for a, b in candidates]
    p = np.ones(len(pairs.first))
    p[: len(tested)] = [one.p for one in tested]
    camps_ = _camps(case)
    taken: set[int] = set()
    for one, q in sorted(zip(tested, fdr(p), strict=False), key=lambda entry: (entry[1], -entry[0].hits)):
        verdict = verdict_of(float(q), thresholds)
        rate = one.hits / one.n if one.n else 0.0
        pair = {one.first, one.second}
        if verdict is None or rate < thresholds["min_effect"] or pair & taken or pair in camps_:
            continue
        taken |= pair
        names = tuple(sorted((evidence.annotators[one.first], evidence.annotators[one.second])))
        low, high = (float(limit) for limit in wilson(np.array(one.hits), np.array(one.n), case.confidence))
        shared, agree = pairs.of(one.first, one.second)
        yield Flag(
            RULE.name, verdict, Subject(RULE.name, case.layer, annotators=names),
            *causes.copy(names, one.hits, Figure(rate, low, high, one.n, confidence=case.confidence)),
            "project manager", effect=rate, low=low, high=high, n=one.n, q=float(q),
            **_disputes(case, one), share_of_disagreement=rounded(0.0),
            evidence={
                "share_with_the_next_closest_colleague": one.usual,
                "disagreement_of_the_two": 1 - agree / shared,
                "shared_items": int(shared),
                "share_exact": 0.0,
            },
            examples=_examples(case, one),
        )  # fmt: skip


def _camps(case: Case) -> list[set[int]]:
    """Return the two camps into which a project of four people falls, if it does: who agrees there has copied nothing.

    Two who did not copy disagree as much with each other as with the two who did; of another camp they agree, too.
    """
    found = camps(case.rest, np.ones(len(case.rest.section), bool), case.confidence)
    if found is None or found.p >= CAMP_ALPHA or np.count_nonzero(found.side) != 4:
        return []
    if found.effect < CAMP_EFFECT or found.balance < CAMP_BALANCE:
        return []
    return [set(np.flatnonzero(found.side == side).tolist()) for side in (1, -1)]


def _hits(one: _Copied) -> Bools:
    """Return which of the units near the two are hits in dispute."""
    units = np.zeros(len(one.near.evidence.section), bool)
    units[one.units] = True
    return np.asarray(units & disputed(one.near.evidence))


def _disputes(case: Case, one: _Copied) -> dict[str, Any]:
    """Return how many units in dispute are hits, and which share of all units in dispute."""
    hits, total = one.near.evidence.number(_hits(one)), case.whole.number(disputed(case.whole))
    return {"disputes": hits, "share_of_disputes": hits / total if total else 0.0}


def _examples(case: Case, one: _Copied) -> tuple[Example, ...]:
    """Return the hits on which people differ most."""
    shown = most(one.near.evidence.disagreement, _hits(one))
    return examples(case, shown, one.near.items) if one.near.units is None else examples(case, one.near.units[shown])


RULE = Rule(
    "copy",
    *words.COPY,
    {**TEST, "min_effect": 0.35, "max_of_usual": 0.60, "alone": 0.03, "min_items": 30},
    0,
    _check,
)
