"""How annotators stand to each other, whatever the sections, classes and items they had."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agreement.contrasts import Additive, Estimate, Sums, additive, fdr, sums_by
from agreement.evidence import Bools, Evidence, Floats
from agreement.rules._parts import regular

KAPPA_FLOOR = 0.25


@dataclass(frozen=True, slots=True)
class Standing:
    """How every annotator of the evidence stands to the others.

    Letters: A annotators, S sections (one more for items without).

    Parameters
    ----------
    raw
        (A,) how much more pairs with the annotator disagree than pairs without, with standard error.
    excess
        (A,) the same against the median annotator, freed from coinciding errors.
    without_section
        (A, S) the excess when one section is left out; NaN where nothing remains.
    """

    raw: Estimate
    excess: Estimate
    without_section: Floats


def standing(evidence: Evidence) -> Standing | None:
    """Return how annotators stand; None if the design does not tell them apart.

    Two people who err can coincide: under a one-coin model the derivative of disagreement in one person's error is
    sqrt(kappa), so differences are divided by it.
    """
    scale = np.sqrt(max(evidence.kappa, KAPPA_FLOOR))
    if regular(evidence):
        return _within_items(evidence, scale)
    fit = additive(evidence)
    return _between_items(evidence, fit, scale) if fit.identified else None


def _within_items(evidence: Evidence, scale: float) -> Standing:
    """Return the standing from items with three labels or more, where everything but the annotator cancels."""
    n_annotators, n_sections = len(evidence.annotators), len(evidence.sections) + 1
    section = evidence.section[evidence.unit] % n_sections
    group = evidence.annotator * n_sections + section
    cells = sums_by(group, n_annotators * n_sections, evidence.cluster[evidence.unit], evidence.contrast())
    cells = Sums(*(values.reshape(n_annotators, n_sections) for values in cells.parts()))
    overall = cells.sum(1)
    mean = overall.mean()
    excess = _against_median(mean, scale)
    left = overall.expand(1).minus(cells).mean().value
    without = np.full(left.shape, np.nan)
    known = np.isfinite(left).any(axis=0)
    without[:, known] = (left[:, known] - np.nanmedian(left[:, known], axis=0)) / scale
    size = evidence.size[evidence.unit]
    rows = np.isfinite(evidence.contrast())
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = overall.n / np.bincount(
            evidence.annotator[rows], (size[rows] - 1) / size[rows], minlength=n_annotators
        )
    return Standing(Estimate(mean.value * factor, mean.se * factor, mean.df, mean.n), excess, without)


def _against_median(mean: Estimate, scale: float) -> Estimate:
    """Return the means less their median over annotators, divided by *scale*."""
    known = mean.n > 0
    centre = float(np.median(mean.value[known])) if known.any() else 0.0
    return Estimate((mean.value - centre) / scale, mean.se / scale, mean.df, mean.n)


def _between_items(evidence: Evidence, fit: Additive, scale: float) -> Standing:
    """Return the standing from pairs that rotate: who adds how much to the disagreement of the items labelled."""
    n_annotators, n_sections = len(evidence.annotators), len(evidence.sections) + 1
    own = fit.against_others()
    labels = np.bincount(evidence.annotator[evidence.kept], minlength=n_annotators).astype(np.float64)

    def spread(values: Floats) -> Floats:
        full = np.full(n_annotators, np.nan)
        full[fit.annotators] = values
        return full

    raw = Estimate(spread(own.value), spread(own.se), np.nan_to_num(spread(own.df)), labels)
    section = evidence.section[evidence.unit] % n_sections
    use = evidence.kept & evidence.compared[evidence.unit]
    partial = np.where(use, fit.residual[evidence.unit] + raw.value[evidence.annotator], np.nan)
    cells = sums_by(evidence.annotator * n_sections + section, n_annotators * n_sections, evidence.unit, partial)
    cells = Sums(*(values.reshape(n_annotators, n_sections) for values in cells.parts()))
    without = cells.sum(1).expand(1).minus(cells).mean().value / scale
    return Standing(raw, Estimate(raw.value / scale, raw.se / scale, raw.df, labels), without)


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
        q[present] = fdr(stands.excess.p_above(thresholds["benign"])[present])
        candidates = _everywhere(stands, thresholds, rest.mean) & (stands.excess.n >= thresholds["min_items"])
        confirmed = candidates & (q < thresholds["q_confirmed"])
        if not confirmed.any():
            suspected = np.flatnonzero(candidates & (q < thresholds["q_suspected"]))
            worst_first = suspected[np.argsort(-stands.excess.value[suspected], kind="stable")]
            found += [(int(code), float(q[code]), "suspected") for code in worst_first[: limit - len(found)]]
            break
        worst = int(np.argmax(np.where(confirmed, stands.excess.value, -np.inf)))
        found.append((worst, float(q[worst]), "confirmed"))
        rest = rest.without(rest.annotator == worst)
    return found


def _everywhere(stands: Standing, thresholds: Mapping[str, float], usual: float) -> Bools:
    """Return (A,) who is off by the minimum, a share of the *usual* disagreement, and not in a single section only."""
    excess = np.nan_to_num(stands.excess.value, nan=-1.0)
    left = np.nan_to_num(stands.without_section, nan=np.inf).min(axis=1)
    needed = np.maximum((1 - thresholds["one_section"]) * excess, thresholds["min_elsewhere"])
    least = max(thresholds["min_effect"], thresholds["min_of_usual"] * usual)
    return np.asarray((excess >= least) & (left >= needed))
