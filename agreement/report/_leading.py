"""Which pooled measures lead a layer of each kind, and what each tells a reader in one sentence."""

import pandas as pd

from agreement.comparison.panel import Panel
from agreement.measures import measures
from agreement.report._figures import ScoreBook, figure
from agreement.report.model import Headline
from agreement.settings import LayerKind
from agreement.wording import Figure, f1_band, kappa_band
from agreement.wording.measures import HEADLINES, SAME_SET, of_kind

# measure and its level; the first of each group that was computed is shown
Candidate = tuple[str, str]

ALPHA = "krippendorff_alpha"
F1, KAPPA, PERCENT = ("f1_macro", "item"), ("kappa_mean", "item"), ("percent_agreement", "item")

LEADING: dict[LayerKind, tuple[tuple[Candidate, ...], ...]] = {
    "category": ((F1,), (KAPPA,), (PERCENT,), ((f"{ALPHA}.nominal", "item"),)),
    "ordinal": (
        (("kappa_mean.quadratic", "item"), ("kappa_mean.linear", "item")),
        ((f"{ALPHA}.ordinal", "item"),), (F1,), (PERCENT,),
    ),
    "number": (
        ((f"{ALPHA}.interval", "item"),), (("icc.2_1", "item"),), (("icc.3_1", "item"),),
        (("mean_absolute_difference", "item"),),
    ),
    "labels": ((F1,), ((f"{ALPHA}.masi", "item"),), (("jaccard_samples", "item"),), (PERCENT,)),
    "spans": (
        (("span_f1.strict", "span"),), (("span_f1.exact", "span"),), (("span_f1.type", "span"),),
        (("span_f1.overlap", "span"),), (("span_label_given_boundary", "span"),),
        (("token_f1", "token"),), (("token_kappa_mean", "token"),),
    ),
    "answer": ((("squad_f1", "item"),), (("squad_exact_match", "item"),)),
}  # fmt: skip
FEW = 10  # under it a value has no word
COEFFICIENTS = ("kappa", "alpha", "gwet", "scott", "brennan", "randolph", "bennett")


def band(measure: str, shown: Figure, f1_bands: tuple[float, ...]) -> str:
    """Return the band of a printed value, empty for measures without one and for a handful of units."""
    if shown.value is None or shown.n < FEW:
        return ""
    if any(part in measure for part in COEFFICIENTS):
        return kappa_band(shown.value)
    return f1_band(shown.value, f1_bands) if "f1" in measure else ""


def leading(book: ScoreBook, kind: LayerKind, unit: str, f1_bands: tuple[float, ...]) -> tuple[Headline, ...]:
    """Return the leading measures of a layer, each with value, interval, n, band and meaning."""
    found = []
    for group in LEADING[kind]:
        for measure, level in group:
            shown = book.pooled(measure, level, _counted(kind, measure, unit) if level == "item" else level)
            if shown is not None:
                title, meaning = SAME_SET if (kind, measure) == ("labels", PERCENT[0]) else HEADLINES[measure]
                word = band(measure, shown, f1_bands)
                found.append(Headline(title, shown, word, meaning, "difference" not in measure))
                break
    return tuple(found)


def _counted(kind: LayerKind, measure: str, unit: str) -> str:
    """Return what the n of a pooled measure counts: label sets are counted label by label, or pair by pair."""
    if kind != "labels" or "alpha" in measure:
        return unit
    return "label" if "f1" in measure else "comparison"


def all_scores(book: ScoreBook, f1_bands: tuple[float, ...]) -> tuple[Headline, ...]:
    """Return every pooled value of a layer, in the order of the scores."""
    return _lines(book.overall.drop_duplicates(["measure", "level", "params"]), book, f1_bands)


def side_by_side(panel: Panel | None, book: ScoreBook, f1_bands: tuple[float, ...]) -> tuple[Headline, ...]:
    """Return the coefficients that a panel compares; none where the layer has no panel."""
    return () if panel is None else _lines(panel.rows, book, f1_bands)


def _lines(rows_of: pd.DataFrame, book: ScoreBook, f1_bands: tuple[float, ...]) -> tuple[Headline, ...]:
    """Return a line per row of scores."""
    known = measures()
    rows = []
    for row in rows_of.itertuples():
        name, level = str(row.measure), str(row.level)
        definition = known.get(name) or known.get(name.partition(".")[0])
        title = definition.title if definition else name
        shown = figure(row, book.confidence, level)
        meaning = definition.summary if definition else ""
        said = of_kind(title, name, level, str(row.params or ""))
        rows.append(Headline(said, shown, band(name, shown, f1_bands), meaning))
    return tuple(rows)
