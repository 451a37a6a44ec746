"""A span label whose edges people draw differently."""

from collections.abc import Iterator, Mapping

import numpy as np

from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import Estimate, difference, sums_by
from agreement.diagnosis.evidence import Ints
from agreement.flags import Flag, Rule, Subject
from agreement.rules._parts import TEST, disputes, examples, guideline_on, most, rounded, scalar, verdict_of
from agreement.rules.span_label_pair import aligned, mismatched
from agreement.uncertainty.distributions import binomial_at_least, fdr
from agreement.wording import Figure, causes
from agreement.wording import rules as words


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the labels whose aligned spans have other edges more often than those of the other labels."""
    matches = case.matches
    if matches is None or not len(matches.meeting):
        return
    _, use = aligned(case, matches)
    use &= matches.same_label
    k = len(matches.labels)
    document = matches.document[matches.meeting]
    label, other_edges = matches.reference_label[use], (~matches.same_boundary[use]).astype(np.float64)
    sums = sums_by(label, k, case.rest.cluster[document[use]], other_edges)
    flagged: list[int] = []
    while True:
        open_ = np.array([code for code in range(k) if code not in flagged], dtype=np.int64)
        if len(open_) < 2:
            return
        keep = np.isin(np.arange(k), open_)
        masked = type(sums)(*(np.where(keep, part, 0.0) for part in sums.parts()))
        inside = masked.mean()
        outside = masked.sum(0).expand(0).minus(masked).mean()
        off = difference(inside, outside)
        enough = keep & (sums.n >= thresholds["min_items"])
        # neighbouring pairs of one span repeat each other: the exact test counts what stands for one span
        per_span = max(float(case.rest.size[case.rest.compared].mean()) - 1, 1.0)
        exact = binomial_at_least(np.ceil(sums.y / per_span), np.ceil(sums.n / per_span), np.clip(outside.value, 0, 1))
        p = np.where(enough, np.maximum(off.p_above(), np.nan_to_num(exact, nan=1.0)), 1.0)
        q = np.ones(k)
        q[open_] = fdr(p[open_])
        large = enough & (np.nan_to_num(off.value, nan=-1.0) >= thresholds["min_effect"])
        hits = np.flatnonzero(large & (q < thresholds["q_suspected"]))
        if not len(hits):
            return
        code = int(hits[np.argmax(off.value[hits])])
        flagged.append(code)
        different = use & (matches.reference_label == code) & ~matches.same_boundary
        yield _flag(case, code, off, inside, float(q[code]), thresholds, document[different])


def _flag(
    case: Case, code: int, off: Estimate, inside: Estimate, q: float, thresholds: Mapping[str, float],
    documents: Ints,
) -> Flag:  # fmt: skip
    """Return the flag of one label."""
    name = () if case.matches is None else case.matches.labels
    value, low, high, n = scalar(off, code, case.confidence)
    times = np.bincount(documents, minlength=len(case.whole.section)).astype(np.float64)
    share = 2 * value * n / mismatched(case)
    effect = Figure(value, low, high, n, "shared span", confidence=case.confidence)
    return Flag(
        RULE.name, verdict_of(q, thresholds) or "suspected", Subject(RULE.name, case.layer, label=name[code]),
        *causes.span_boundary(name[code], float(inside.value[code]), effect),
        "guideline owner", effect=value, low=low, high=high, n=n, q=q,
        **disputes(case, times > 0), share_of_disagreement=rounded(min(share, 1.0)),
        evidence={
            "share_with_other_edges": float(inside.value[code]), "guideline_text": guideline_on(case, name[code]),
            "share_exact": min(share, 1.0),
        },
        examples=examples(case, most(times, times > 0)),
    )  # fmt: skip


RULE = Rule(
    "span_boundary",
    *words.SPAN_BOUNDARY,
    {**TEST, "min_effect": 0.12, "min_items": 20},
    62,
    _check,
)
