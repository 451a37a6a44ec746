"""Numbers that mislead because one class holds most of the labels, or because two people use a class unequally."""

from collections.abc import Iterator, Mapping

import numpy as np

from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import Estimate, sums_by
from agreement.diagnosis.evidence import Evidence, Floats
from agreement.flags import Flag, Rule, Subject
from agreement.rules._confusions import confusions
from agreement.rules._parts import scalar
from agreement.rules._two_labels import leanings
from agreement.uncertainty.distributions import t_quantile
from agreement.wording import Figure, notes
from agreement.wording import rules as words


def _specific(evidence: Evidence) -> tuple[Floats, Floats, Floats]:
    """Return (K,) F1 of every label (specific agreement), its standard error by cluster, and the units it is on."""
    unit, label, count = evidence.label_counts()
    k, r = len(evidence.labels), evidence.size[unit].astype(np.float64)
    agree, share = count * (count - 1) / (r * (r - 1)), count / r
    total = evidence.tally(label, unit, share, k)
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = evidence.tally(label, unit, agree, k) / total
    score = agree - np.nan_to_num(f1)[label] * share
    squares = sums_by(label, k, evidence.cluster[unit], score, evidence.times_at(unit)).yy
    return f1, np.sqrt(squares) / np.maximum(total, 1e-12), evidence.count(label, unit, k).astype(np.float64)


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield a note where one class dominates, and one where two annotators use a class at different rates."""
    evidence = case.whole
    if evidence.label is None or len(evidence.labels) < 2 or not evidence.compared.any():
        return
    margin = confusions(evidence).margin
    top = int(np.argmax(margin))
    agreement = 1 - evidence.mean
    f1, se, n = _specific(evidence)
    known = np.flatnonzero((n >= thresholds["min_items"]) & np.isfinite(f1))
    rare = [int(code) for code in known if code != top]

    def figure(code: int) -> Figure:
        """Return the F1 of a label."""
        low, high = _limits(f1, se, code, case.confidence)
        return Figure(float(f1[code]), low, high, int(n[code]), confidence=case.confidence)

    misleads = margin[top] >= thresholds["majority"] or (agreement >= 0.9 and evidence.kappa < thresholds["low_kappa"])
    if misleads and rare and evidence.weights is None:
        worst = min(rare, key=lambda code: (f1[code], code))
        low, high = _limits(f1, se, worst, case.confidence)
        yield Flag(
            RULE.name, "note", Subject(RULE.name, case.layer, label=evidence.labels[top]),
            *notes.majority(
                evidence.labels[top], float(margin[top]), evidence.number(evidence.compared), figure(top),
                evidence.labels[worst], figure(worst),
            ),
            "ML engineer", effect=float(f1[worst]), low=low, high=high, n=int(n[worst]),
            evidence={
                "majority_share": float(margin[top]), "agreement": agreement, "kappa": evidence.kappa,
                "f1": {evidence.labels[code]: float(f1[code]) for code in known},
            },
        )  # fmt: skip
    if len(evidence.labels) == 2 and evidence.weights is None:
        each = {evidence.labels[code]: figure(code) for code in (0, 1) if np.isfinite(f1[code])}
        yield _between_the_two(case, each)
    yield from _rates(case, thresholds)


def _between_the_two(case: Case, each: Mapping[str, Figure]) -> Flag:
    """Return the note of a layer with two labels: what is all there is to say about them; *each* is their F1."""
    evidence = case.whole
    lean, sure = leanings(evidence, 0.01)
    towards = {
        evidence.annotators[a]: evidence.labels[1 if lean.value[a] > 0 else 0] for a in sorted(int(a) for a in sure)
    }
    told = ""
    if len(sure) and len(evidence.present) > 2:
        value, low, high, labels = scalar(lean, int(sure[0]), case.confidence)
        nearest, farthest = sorted((abs(low), abs(high)))
        name = evidence.annotators[sure[0]]
        told = notes.leans(name, towards[name], Figure(value, nearest, farthest, labels, confidence=case.confidence))
    return Flag(
        RULE.name, "note", Subject(RULE.name, case.layer, labels=tuple(sorted(evidence.labels))),
        *notes.two_labels(evidence.labels, each, told, opposed=len(set(towards.values())) > 1),
        "guideline owner", direction=notes.more_of(towards),
        n=evidence.number(evidence.compared),
        evidence={
            "f1": {label: figure.value for label, figure in each.items()},
            "leanings": {
                evidence.annotators[a]: {"towards": evidence.labels[1], "value": value, "low": low, "high": high,
                                         "n": labels}
                for a in evidence.present
                for value, low, high, labels in [scalar(lean, int(a), case.confidence)]
                if np.isfinite([value, low, high]).all()
            },
        },
    )  # fmt: skip


def _limits(f1: Floats, se: Floats, code: int, confidence: float) -> tuple[float, float]:
    """Return the interval of one label's F1, within 0 and 1."""
    half = float(t_quantile((1 + confidence) / 2, np.inf)) * float(se[code])
    return max(float(f1[code]) - half, 0.0), min(float(f1[code]) + half, 1.0)


def _rates(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield a note for the label that two annotators use at the most different rates."""
    evidence = case.whole
    present = evidence.present
    if len(present) != 2 or evidence.label is None:
        return
    use = evidence.kept & evidence.compared[evidence.unit]
    sign = np.where(evidence.annotator == present[0], 1.0, -1.0)
    best: tuple[float, int, Estimate] | None = None
    for code in range(len(evidence.labels)):
        per_unit = np.bincount(
            evidence.unit[use], sign[use] * (evidence.label[use] == code), minlength=len(evidence.section)
        )
        value = np.where(evidence.compared, per_unit, np.nan)
        mean = sums_by(np.zeros(len(value), np.int64), 1, evidence.cluster, value, evidence.times).mean()
        size = abs(float(mean.value[0]))
        p = 2 * float(Estimate(np.abs(mean.value), mean.se, mean.df, mean.n).p_above()[0])
        if size > thresholds["bias"] and p < 0.01 and (best is None or size > best[0]):
            best = (size, code, mean)
    if best is None:
        return
    value_, low, high, n = scalar(best[2], 0, case.confidence)
    names = [evidence.annotators[a] for a in present]
    more, less = names if value_ > 0 else names[::-1]
    low, high = sorted((abs(low), abs(high)))
    label = evidence.labels[best[1]]
    more_often = Figure(value_, low, high, n, confidence=case.confidence)
    yield Flag(
        RULE.name, "note", Subject(RULE.name, case.layer, label=label),
        *notes.rates(more, less, label, more_often),
        "guideline owner", direction=notes.more_of({more: label}), effect=abs(value_), low=low, high=high, n=n,
        evidence={"annotators": sorted(names), "bias_index": value_},
    )  # fmt: skip


RULE = Rule(
    "prevalence",
    *words.PREVALENCE,
    {"majority": 0.80, "low_kappa": 0.667, "bias": 0.10, "min_items": 10},
    91,
    _check,
)
