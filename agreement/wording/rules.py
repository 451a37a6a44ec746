"""What the rules are called and mean, and how a contrast, its interval and a share are put into words."""

# ruff: noqa: RUF001 - the typographic apostrophe is what a page prints

from typing import NamedTuple

from agreement.wording.numbers import Figure, between, percent, plural


class Named(NamedTuple):
    """What a page calls a rule, and what it means in plain words."""

    title: str
    explanation: str


class Told(NamedTuple):
    """What a rule says about a subject, and what to do about it."""

    message: str
    advice: str


ALIASES = Named(
    "Labels that look like one",
    "Two labels differ only in spelling, or a label may mean no answer; nothing is merged unless you say so.",
)
ANNOTATOR = Named(
    "Annotator off the pack",
    "Pairs with this person disagree more than pairs without, on the very same items and in all sections.",
)
ANNOTATOR_SECTION = Named(
    "Annotator off in one section",
    "This person differs from colleagues in one section and is like the others elsewhere.",
)
CAMPS = Named(
    "Two camps of annotators",
    "One group of annotators reads the guideline differently from another, throughout the project.",
)
COPY = Named(
    "Two annotators who deviate together",
    "Two people give the same label where everybody else gives another, far more often than chance or a shared "
    "ambiguity explains.",
)
DRIFT = Named(
    "Annotator changes over time",
    "This person’s disagreement with colleagues on the same items rises or falls, or more gold labels are missed.",
)
GOLD_ITEM = Named(
    "Gold label that looks wrong",
    "Annotators contradict this gold label more strongly than their own errors on other items explain.",
)
ITEM = Named(
    "Items to adjudicate first",
    "Their labels disagree most. A ranked list, not a verdict: with few labels an item, slips look like hard items.",
)
LABEL = Named("Vague label", "This label scatters over several others, more often than slips explain.")
LABEL_PAIR = Named(
    "Two labels taken for each other",
    "Colleagues give one of these labels where others give the other, more often than slips explain.",
)
PREVALENCE = Named(
    "Numbers that mislead",
    "One label is given most of the time, or two people use a label at different rates, so that averages and kappa say "
    "something else than they seem to.",
)
ROUND_CHANGE = Named(
    "Change between rounds",
    "Agreement in a section is clearly better or worse than in the round before, the mix of labels taken out.",
)
SECTION = Named(
    "Unreliable guideline section",
    "Labels disagree more in this section than in the others: for everybody, or because it is read in two ways.",
)
SPAN_ANNOTATOR = Named(
    "Annotator who marks other spans",
    "Pairs with this person share fewer spans (exact span F1 of the document) than pairs without, on the same "
    "documents.",
)
SPAN_BOUNDARY = Named(
    "Unclear edges of a span label",
    "People mark the same thing with this label and begin or end it elsewhere, more often than for the other labels.",
)
SPAN_LABEL_PAIR = Named(
    "Two span labels taken for each other",
    "People mark the same place and call it differently, more often than slips explain.",
)
THIN = Named(
    "Too little to say",
    "Too few items with more than one answer in play, people who are never compared, or groups without a link.",
)

# what is left of the disagreement when every cause has its share, and when there is no cause
SLIPS = "slips and hard items"
DIFFUSE = "no single cause: training, difficulty or too many labels"

MERGED = {"kappa": "Fleiss’ κ", "alpha": "Krippendorff’s α", "f1_macro": "Macro F1"}
MERGING = (
    "Merging some pair of labels always raises kappa (Warrens 2010), so a higher kappa alone is no reason to merge: "
    "merge only labels that are confused beyond slips, when kappa gains 0.04 or more and nobody needs the difference."
)


def points(value: float) -> str:
    """Return a difference of shares in words, without its sign: the sentence says in which direction.

    Examples
    --------
    >>> points(0.184), points(-0.01), points(0.001)
    ('18 points', '1 point', 'less than 1 point')
    """
    return plural(round(abs(value) * 100), "point") if abs(value) >= 0.005 else "less than 1 point"


def amount(difference: Figure) -> str:
    """Return how large a difference of shares is, in words.

    Examples
    --------
    >>> amount(Figure(-0.18, -0.22, -0.14, 900))
    '18 points'
    """
    return points(difference.value or 0.0)


def within(effect: Figure) -> str:
    r"""Return interval and n of a difference of shares for a sentence.

    Examples
    --------
    >>> within(Figure(0.18, 0.141, 0.22, 1412))
    '(95% CI 14\u201322, n 1,412 items)'
    """
    low, high = effect.low or 0.0, effect.high or 0.0
    limits = between(percent(low), percent(high))
    return f"({percent(effect.confidence)}% CI {limits}, n {plural(effect.n, effect.unit)})"


def about(share: float) -> str:
    """Return a share of the disagreement in words, in steps of 5 points: it is never more exact than that.

    Examples
    --------
    >>> about(0.32), about(0.02)
    ('about 30%', 'under 5%')
    """
    return f"about {percent(min(round(share * 20) / 20, 1.0))}%" if share >= 0.025 else "under 5%"
