"""Which pooled measures lead a layer of each kind, and what each tells a reader in one sentence."""

# ruff: noqa: RUF001 - Greek letters and the typographic apostrophe are what a page prints

import pandas as pd

from agreement.comparison.panel import Panel
from agreement.measures import measures
from agreement.report._figures import ScoreBook, figure
from agreement.report.model import Headline
from agreement.settings import LayerKind
from agreement.wording import Figure, f1_band, kappa_band

# measure, level, title, what it tells; the first of each group that was computed is shown
Candidate = tuple[str, str, str, str]

F1 = ("f1_macro", "item", "Macro F1", "Taking one annotator as the reference, how well another finds each class.")
KAPPA = ("kappa_mean", "item", "Cohen’s κ, mean of pairs", "Agreement beyond what the label shares give by chance.")
PERCENT = ("percent_agreement", "item", "Percent agreement", "How often two annotators give the same answer.")
WEIGHTED = "Agreement beyond chance; near misses count less than far ones."
WORDS = "Word by word, leaving out words that nobody marked."

LEADING: dict[LayerKind, tuple[tuple[Candidate, ...], ...]] = {
    "category": (
        (F1,),
        (KAPPA,),
        (PERCENT,),
        (("krippendorff_alpha.nominal", "item", "Krippendorff’s α", "The same idea over all annotators at once."),),
    ),
    "ordinal": (
        (
            ("kappa_mean.quadratic", "item", "Weighted κ (quadratic), mean of pairs", WEIGHTED),
            ("kappa_mean.linear", "item", "Weighted κ (linear), mean of pairs", WEIGHTED),
        ),
        (("krippendorff_alpha.ordinal", "item", "Krippendorff’s α, ordinal", WEIGHTED),),
        (F1,),
        (PERCENT,),
    ),
    "number": (
        (("krippendorff_alpha.interval", "item", "Krippendorff’s α, interval", "Agreement on numbers beyond chance."),),
        (("icc.2_1", "item", "ICC(2,1)", "Share of the variance that lies between items, not annotators."),),
        (("icc.3_1", "item", "ICC(3,1)", "The same, leaving out that some annotators score higher throughout."),),
        (("mean_absolute_difference", "item", "Mean absolute difference", "How far apart two annotators are."),),
    ),
    "labels": (
        (F1,),
        (("krippendorff_alpha.masi", "item", "Krippendorff’s α, MASI", "Agreement on sets; overlap counts in part."),),
        (("jaccard_samples", "item", "Jaccard overlap", "Shared labels over all labels given, mean over items."),),
        (("percent_agreement", "item", "Same set", "How often two annotators give exactly the same set."),),
    ),
    "spans": (
        (("span_f1.strict", "span", "Exact span F1", "Start, end and label all agree."),),
        (("span_f1.exact", "span", "Same edges F1", "Start and end agree, whatever the label."),),
        (("span_f1.type", "span", "Overlap F1, same label", "The spans touch and the label agrees."),),
        (("span_f1.overlap", "span", "Overlap F1, any label", "The spans touch: both saw something here."),),
        (
            (
                "span_label_given_boundary",
                "span",
                "Label, given the same edges",
                "Of spans with equal edges, how many have the same label.",
            ),
        ),
        (("token_f1", "token", "Token F1", WORDS),),
        (
            (
                "token_kappa_mean",
                "token",
                "Token κ, mean of pairs",
                "Word by word beyond chance, unmarked words too.",
            ),
        ),
    ),
    "answer": (
        (("squad_f1", "item", "Token F1 of answers", "Shared words of two answers, mean over items."),),
        (("squad_exact_match", "item", "Same answer", "How often two answers are the same after normalisation."),),
    ),
}
COEFFICIENTS = ("kappa", "alpha", "gwet", "scott", "brennan", "randolph", "bennett")


def band(measure: str, shown: Figure, f1_bands: tuple[float, ...]) -> str:
    """Return the band of a printed value, empty for measures without one."""
    if shown.value is None:
        return ""
    if any(part in measure for part in COEFFICIENTS):
        return kappa_band(shown.value)
    return f1_band(shown.value, f1_bands) if "f1" in measure else ""


def leading(book: ScoreBook, kind: LayerKind, unit: str, f1_bands: tuple[float, ...]) -> tuple[Headline, ...]:
    """Return the leading measures of a layer, each with value, interval, n, band and meaning."""
    found = []
    for group in LEADING[kind]:
        for measure, level, title, meaning in group:
            shown = book.pooled(measure, level, _counted(kind, measure, unit) if level == "item" else level)
            if shown is not None:
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
        scope = f", {row.params!s}" if row.params else ""
        meaning = definition.summary if definition else ""
        rows.append(Headline(f"{title} ({name}, {level} level{scope})", shown, band(name, shown, f1_bands), meaning))
    return tuple(rows)
