"""What every measure is called, and one sentence that says what it means: printed beside its values and its source."""

# ruff: noqa: RUF001 - the typographic apostrophe is what a page prints

_ORDERED = ("linear", "quadratic")
_EVENLY = "How far the agreement exceeds that of guessing evenly among the labels of the set."
_SAME_LABELS = "How far two annotators used the same labels in a document, as often, wherever the spans are."
_SETS = "; the mean over items."


def _far_apart(measure: str, kind: str) -> str:
    """Return what a coefficient with weights by rank adds to the one it comes from."""
    return f"{measure} in which labels far apart in the order count as worse ({kind} weights)."


# what a matching policy takes as a match: its short name, and the rule
MATCHES = {
    "strict": ("exact span", "same start, end and label"),
    "exact": ("boundary only", "same start and end, whatever the label"),
    "partial": ("partial", "same start and end count 1, any overlap ½, whatever the label"),
    "type": ("same label, any overlap", "any overlap with the same label"),
    "overlap": ("any overlap", "any overlap, whatever the label"),
    "iou": (
        "overlap over union",
        "the same label, and shared characters at least the given part of those that either marked",
    ),
}
# what each tokenizer takes as a token
TOKENIZERS = {
    "words": "Unicode words (letters, marks, digits, underscore) and single other signs",
    "whitespace": "stretches without white space",
    "data": "the tokens that came with the data",
}
# how answers are made comparable
NORMALISATIONS = {
    "squad": "SQuAD: lower case, no ASCII punctuation, no articles a, an, the",
    "unicode": "Unicode: NFKC, case folded, no punctuation; Han and kana one by one",
}
_HEADS = {
    "f1": ("F1", "Of the spans that either marked, how far both did"),
    "precision": ("precision", "Share of the other’s spans that the reference shares"),
    "recall": ("recall", "Share of the reference’s spans that the other finds"),
}
_THE_EXACT, _BY_LABEL = ": the exact span F1", "By label: between spans of that label."
_MARKED = {
    "f1": ("F1", "Of the {level}s that either put in a span, how far both gave them the same label."),
    "precision": ("precision", "Share of the other’s {level}s that the reference shares."),
    "recall": ("recall", "Share of the reference’s {level}s that the other finds."),
}
_TOKEN_KAPPAS = {
    "": ("all tokens", "on what every token is, O (in no span) being one of the labels"),
    ".presence": ("marked or not", "on which tokens are in a span at all"),
    ".type": ("where both marked", "on the label of the tokens that both put in a span"),
}
_OVER_PAIRS = ", mean of the pairs weighted by their tokens"

# measure: title, and what it means
_LABELS = {
    "brennan_prediger": ("Brennan-Prediger", _EVENLY),
    "bennett_s": ("Bennett’s S", _EVENLY),
    "randolph_kappa": ("Randolph’s free-marginal κ", _EVENLY),
    "cohen_kappa": (
        "Cohen’s κ", "How far two annotators agree beyond what their own label shares would give by chance.",
    ),
    "cohen_kappa_max": (
        "Largest possible κ",
        "The Cohen’s κ that two annotators would reach if they differed only in how often they use the labels.",
    ),
    "conger_kappa": (
        "Conger’s κ",
        "Fleiss’ κ with chance from each annotator’s own label shares: Cohen’s κ for any number of annotators.",
    ),
    "entropy": ("Entropy of an item", "How spread out the labels of one item are: 0 bits when all are equal."),
    "f1": ("F1", "Of the items that either annotator gave this label, how far both did."),
    "precision": ("Precision", "The share of the other annotator’s uses of this label that the reference shares."),
    "recall": ("Recall", "The share of the reference’s uses of this label that the other annotator finds."),
    "fbeta": ("Fβ", "F1 in which recall counts beta times as much as precision."),
    "fleiss_kappa": (
        "Fleiss’ κ",
        "How far any number of annotators agree beyond what their common label shares give by chance.",
    ),
    "gwet_ac1": (
        "Gwet’s AC1", "Chance-corrected agreement that stays high when one label dominates; it hides rare labels.",
    ),
    "jaccard": ("Jaccard index", "Of the items that either annotator gave this label, the share that both did."),
    "kappa_mean": (
        "Mean Cohen’s κ",
        "The Cohen’s κ of the pairs, averaged with their shared items as weights: the headline number.",
    ),
    "light_kappa": ("Light’s κ", "The plain mean of the Cohen’s κ of the pairs."),
    "krippendorff_alpha.nominal": (
        "Krippendorff’s alpha",
        "How far disagreement stays below what shuffled labels would show; missing labels are no obstacle.",
    ),
    "krippendorff_alpha.ordinal": (
        "Krippendorff’s alpha, ordinal",
        "Alpha in which labels count as further apart the more labels were given between them.",
    ),
    "f1_macro": ("Macro F1", "The mean of the F1 of the labels, rare and frequent ones alike."),
    "precision_macro": ("Macro precision", "The mean of the precision of the labels."),
    "recall_macro": ("Macro recall", "The mean of the recall of the labels."),
    "f1_weighted": ("Weighted F1", "The F1 of the labels, averaged with the reference’s uses as weights."),
    "precision_weighted": ("Weighted precision", "Precision, averaged with the reference’s uses as weights."),
    "recall_weighted": ("Weighted recall", "Recall, weighted by the reference’s uses: percent agreement."),
    "balanced_accuracy": (
        "Balanced accuracy",
        "The mean, over the labels the reference used, of the share of its uses that the other finds.",
    ),
    "matthews_correlation": (
        "Matthews correlation",
        "The correlation of the two annotators’ labels: 1 is full agreement, 0 none beyond chance.",
    ),
    "pabak": (
        "PABAK",
        "κ as it would be if both labels were equally frequent for both annotators; it hides rare labels.",
    ),
    "percent_agreement": (
        "Percent agreement",
        "The share of items on which two annotators gave the same label; part of it is chance.",
    ),
    "percent_agreement_unanimous": (
        "Unanimous items",
        "The share of items on which all who labelled them agree; it falls with every annotator more.",
    ),
    "accuracy": (
        "Accuracy",
        "The share of items on which the other gave the reference’s label: percent agreement, by another name.",
    ),
    "f1_micro": ("Micro F1", "F1 from matches summed over labels; with one label per item it is percent agreement."),
    "prevalence_index": (
        "Prevalence index",
        "How one-sided the label is: near 1 or -1 almost all items are alike and κ is low by construction.",
    ),
    "bias_index": ("Bias index", "How much more often the reference uses the label than the other annotator."),
    "scott_pi": ("Scott’s π", "Like Cohen’s κ, with chance from the label shares of both annotators together."),
    "positive_specific_agreement": (
        "Positive specific agreement", "Agreement on the items that either gave this label: F1, by another name.",
    ),
    "negative_specific_agreement": (
        "Negative specific agreement",
        "Agreement on the items that either did not give this label: the F1 of everything else.",
    ),
    "specificity": (
        "Specificity",
        "Of the items to which the reference did not give this label, the share where the other did not either.",
    ),
}  # fmt: skip
# the same with labels further apart counting as worse: title, and the measure that they start from
_BY_RANK = {
    "brennan_prediger": ("Brennan-Prediger", "Brennan-Prediger"),
    "cohen_kappa": ("Weighted κ", "Cohen’s κ"),
    "fleiss_kappa": ("Fleiss’ κ", "Fleiss’ κ"),
    "gwet_ac2": ("Gwet’s AC2", "AC1"),
    "scott_pi": ("Weighted π", "Scott’s π"),
}
_NUMBERS = {
    "mean_difference": (
        "Mean difference", "By how much the other annotator’s numbers are higher than the reference’s, on average.",
    ),
    "mean_absolute_difference": (
        "Mean absolute difference", "How far apart the two annotators’ numbers are, on average.",
    ),
    "limits_of_agreement": (
        "Limits of agreement", "Between which values about 95% of the differences of the two annotators lie.",
    ),
    "icc.2_1": (
        "ICC(2,1), absolute agreement",
        "The share of the spread of numbers that lies between items; levels that differ by annotator lower it.",
    ),
    "icc.3_1": (
        "ICC(3,1), consistency",
        "The share of the spread of numbers that lies between items, each annotator’s own level taken off.",
    ),
    **{
        f"krippendorff_alpha.{kind}": (
            f"Krippendorff’s alpha, {kind}", f"Alpha for labels that are numbers, with the {kind} distance.",
        )
        for kind in ("interval", "ratio")
    },
}  # fmt: skip
_LABEL_SETS = {
    "f1_samples": ("F1 of sets", f"Labels two sets share, as F1{_SETS}"),
    "precision_samples": (
        "Precision of sets", f"Share of the other’s labels of an item that the reference gave too{_SETS}",
    ),
    "recall_samples": ("Recall of sets", f"Share of the reference’s labels of an item that the other gave too{_SETS}"),
    "jaccard_samples": ("Jaccard index of sets", f"Labels both gave over labels either gave{_SETS}"),
    "jaccard_distance": ("Jaccard distance", f"1 - Jaccard index of two sets{_SETS}"),
    "masi_distance": ("MASI distance", f"Jaccard distance that forgives a subset more{_SETS}"),
    "krippendorff_alpha.nominal_sets": (
        "Krippendorff’s alpha, sets equal or not",
        "Alpha for sets of labels, where two sets agree only if they are equal.",
    ),
    **{
        f"krippendorff_alpha.{kind.lower()}": (
            f"Krippendorff’s alpha, {kind}",
            f"Alpha for sets of labels, with the {kind} distance between two sets.",
        )
        for kind in ("MASI", "Jaccard")
    },
}  # fmt: skip
_SPANS = {
    **{
        f"span_{head}.{policy}": (
            f"Span {title}, {short}",
            f"{meaning}; a match is {rule}{_THE_EXACT if policy == 'strict' else ''}. {_BY_LABEL}",
        )
        for head, (title, meaning) in _HEADS.items()
        for policy, (short, rule) in MATCHES.items()
    },
    "span_f1_macro.strict": (
        "Macro span F1, exact span", "The mean of the exact span F1 of the labels that either annotator used.",
    ),
    **{f"span_label_{head}": (f"Span labels, {title}", _SAME_LABELS) for head, (title, _) in _HEADS.items()},
    "span_label_given_boundary": (
        "Label, given the boundary",
        "Of the spans with equal start and end, the share with an equal label; by label, their F1.",
    ),
    "span_boundary_given_label": (
        "Boundary, given the label",
        "Of the spans that overlap with an equal label, the share with equal start and end.",
    ),
    **{
        f"{level}_{head}": (
            f"{level.capitalize()} {title}",
            f"{meaning.format(level=level)} A {level} in spans of several labels counts once for each.",
        )
        for level in ("token", "character")
        for head, (title, meaning) in _MARKED.items()
    },
    "token_f1_macro": ("Macro token F1", "The mean of the token F1 of the labels that either annotator used."),
    **{
        f"token_{stem}{suffix}": (f"{title}, {what}", f"Agreement beyond chance {about}{mean}.")
        for stem, title, mean in (("cohen_kappa", "Token κ", ""), ("kappa_mean", "Mean token κ", _OVER_PAIRS))
        for suffix, (what, about) in _TOKEN_KAPPAS.items()
    },
}  # fmt: skip
_ANSWERS = {
    "chrf": ("chrF", "How alike two answers are in their characters; recall weighs twice."),
    "squad_f1": ("Answer F1", "How many words two answers share, as F1; the mean over items."),
    "squad_f1_micro": ("Answer F1, all words", "Words two answers share, all items together."),
    "squad_precision": ("Answer precision", "Share of the other’s words the reference has."),
    "squad_recall": ("Answer recall", "Share of the reference’s words the other has."),
    "squad_exact_match": ("Exact match", "The share of items on which the two wrote the same."),
    "squad_f1_references": (
        "Answer F1, several references",
        "An annotator’s best answer F1 with any other annotator; the mean over items.",
    ),
    "squad_exact_match_references": (
        "Exact match, several references",
        "The share of an annotator’s answers that another annotator wrote too.",
    ),
}

_OWN_WEIGHTS = "Agreement beyond chance in which a confusion counts as the weights of this layer say."
_WITH_OWN_WEIGHTS = {
    f"{measure}.custom": (f"{title}, own weights", _OWN_WEIGHTS)
    for measure, title in (
        ("cohen_kappa", "Weighted κ"),
        ("gwet_ac2", "Gwet’s AC2"),
        ("fleiss_kappa", "Fleiss’ κ"),
        ("krippendorff_alpha", "Krippendorff’s alpha"),
    )
}

DEFINITIONS: dict[str, tuple[str, str]] = {
    **_LABELS,
    **{
        f"{measure}.{kind}": (f"{title}, {kind}", _far_apart(start, kind))
        for measure, (title, start) in _BY_RANK.items()
        for kind in _ORDERED
    },
    **{
        f"kappa_mean.{kind}": (
            f"Mean weighted κ, {kind}",
            f"The weighted κ ({kind}) of the pairs, averaged with their shared items as weights.",
        )
        for kind in _ORDERED
    },
    **{
        f"percent_agreement.{kind}": (
            f"Weighted agreement, {kind}",
            f"Percent agreement in which close labels count as partly agreeing ({kind} weights).",
        )
        for kind in _ORDERED
    },
    **_NUMBERS,
    **_LABEL_SETS,
    **_SPANS,
    **_ANSWERS,
    **_WITH_OWN_WEIGHTS,
}
"""Every measure of the program: its title and its meaning. A measure of one's own brings both with it."""

NO_ESTIMATE = "it describes these labels and estimates nothing"
TOO_FEW_TO_TAKE_OUT = "too few units or documents to leave one out at a time"


def called(measure: str) -> tuple[str, str, str]:
    """Return name, title and meaning of a measure, the first three fields of its definition.

    Examples
    --------
    >>> called("chrf")
    ('chrf', 'chrF', 'How alike two answers are in their characters; recall weighs twice.')
    """
    return (measure, *DEFINITIONS[measure])


def outside_too(outside: str) -> str:
    """Return what no span is called where a label has the name of it."""
    return f"{outside} (in no span)"
