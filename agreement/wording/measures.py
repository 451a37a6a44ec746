"""What headline measures are called on the page, and what each tells a reader in one sentence."""

# ruff: noqa: RUF001 - Greek letters and the typographic apostrophe are what a page prints

_NEAR_MISSES = "Agreement beyond chance; near misses count less than far ones."

# measure: title, and what it tells
HEADLINES: dict[str, tuple[str, str]] = {
    "f1_macro": ("Macro F1", "Taking one annotator as the reference, how well another finds each class."),
    "kappa_mean": ("Cohen’s κ, mean of pairs", "Agreement beyond what the label shares give by chance."),
    "kappa_mean.quadratic": ("Weighted κ (quadratic), mean of pairs", _NEAR_MISSES),
    "kappa_mean.linear": ("Weighted κ (linear), mean of pairs", _NEAR_MISSES),
    "percent_agreement": ("Percent agreement", "How often two annotators give the same answer."),
    "krippendorff_alpha.nominal": ("Krippendorff’s α", "The same idea over all annotators at once."),
    "krippendorff_alpha.ordinal": ("Krippendorff’s α, ordinal", _NEAR_MISSES),
    "krippendorff_alpha.interval": ("Krippendorff’s α, interval", "Agreement on numbers beyond chance."),
    "krippendorff_alpha.masi": ("Krippendorff’s α, MASI", "Agreement on sets; overlap counts in part."),
    "icc.2_1": ("ICC(2,1)", "Share of the variance that lies between items, not annotators."),
    "icc.3_1": ("ICC(3,1)", "The same, leaving out that some annotators score higher throughout."),
    "mean_absolute_difference": ("Mean absolute difference", "How far apart two annotators are."),
    "jaccard_samples": ("Jaccard overlap", "Shared labels over all labels given, mean over items."),
    "span_f1.strict": ("Exact span F1", "Start, end and label all agree."),
    "span_f1.exact": ("Same edges F1", "Start and end agree, whatever the label."),
    "span_f1.type": ("Overlap F1, same label", "The spans touch and the label agrees."),
    "span_f1.overlap": ("Overlap F1, any label", "The spans touch: both saw something here."),
    "span_label_given_boundary": (
        "Label, given the same edges", "Of spans with equal edges, how many have the same label.",
    ),
    "token_f1": ("Token F1", "Word by word, leaving out words that nobody marked."),
    "token_kappa_mean": ("Token κ, mean of pairs", "Word by word beyond chance, unmarked words too."),
    "squad_f1": ("Token F1 of answers", "Shared words of two answers, mean over items."),
    "squad_exact_match": ("Same answer", "How often two answers are the same after normalisation."),
}  # fmt: skip
# of sets, agreement of all labels at once
SAME_SET = ("Same set", "How often two annotators give exactly the same set.")

# the same in plain letters, where several values are told apart in a table
COHEN, WEIGHTED = "Cohen’s kappa, mean of pairs", "Weighted kappa, mean of pairs"
ALPHA, ALPHA_ORDINAL = "Krippendorff’s alpha", "Krippendorff’s alpha, ordinal"
ALPHA_INTERVAL = "Krippendorff’s alpha, interval"
MACRO_F1, F1, ALL_F1 = "Macro F1", "F1", "F1 over all labels"
PRECISION, RECALL, EXACT, TOKEN, WEIGHTED_KAPPA = "Precision", "Recall", "Exact F1", "Token F1", "Weighted κ"
SETS_ALIKE, ANSWERS_ALIKE, OWN_SIMILARITY = "Same set", "Same answer", "Own similarity"
DIFFERENCE, ABSOLUTE_DIFFERENCE = "Mean difference", "Mean absolute difference"
LOWER, UPPER = "Lower limit", "Upper limit"
OVERLAP_OF_SETS = "Jaccard overlap"
KAPPA_OF_LABEL = "Kappa against the rest"
AGREEMENT, SPAN_F1 = "Percent agreement", "Same span, same label (F1)"


def of_kind(title: str, measure: str, level: str, params: str = "") -> str:
    """Return the title of a row that lists every measure: which it is, at which level, with which parameters.

    Examples
    --------
    >>> of_kind("Cohen's kappa", "cohen_kappa", "item")
    "Cohen's kappa (cohen_kappa, item level)"
    """
    return f"{title} ({measure}, {level} level{f', {params}' if params else ''})"
