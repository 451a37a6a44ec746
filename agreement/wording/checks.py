"""What release checks are called, what their results mean, what would settle them, and the verdict over all."""

# ruff: noqa: RUF001 - the typographic apostrophe is what a page prints

from collections.abc import Sequence
from typing import NamedTuple

from agreement.wording.numbers import count, listed, plural

RESULT_WORDS: dict[str, str] = {"pass": "Pass", "fail": "Fail", "can't tell yet": "Can’t tell yet"}


class Said(NamedTuple):
    """The words of one kind of check: its title, and what it means when it passes and when it does not."""

    title: str
    passed: str
    otherwise: str


KAPPA = Said(
    "Agreement beyond chance ({})",
    "Annotators agree well beyond what their label shares would give by chance.",
    "Chance could explain too much of the agreement; the labels bear tentative conclusions at most.",
)
F1_ITEM = Said(
    "Macro F1 of two annotators",
    "Taking any annotator as the reference, the others find the same classes.",
    "On average over the classes two annotators give different labels too often.",
)
F1_ANSWER = Said(
    "Token F1 of two answers",
    "Two annotators mostly give the same answer, word for word.",
    "Two annotators too often give answers that share few words.",
)
F1_SPAN = Said(
    "Exact span F1",
    "Two annotators mostly mark the same stretches with the same label.",
    "Two annotators too often mark other stretches, or label them differently.",
)
F1_TOKEN = Said(
    "Token F1",
    "Two annotators mostly mark the same words with the same label.",
    "Even word by word two annotators differ too often: it is not only about boundaries.",
)
CLASS_F1 = Said(
    "F1 of every class",
    "Every class with enough labels is found by the others too.",
    "This class means different things to different annotators.",
)
PAIR_CONFUSION = Said(
    "Confusion of every label pair",
    "No two labels are mixed up often.",
    "These two labels are mixed up; the guideline does not tell them apart well enough.",
)
ANNOTATOR = Said(
    "No annotator apart from all others",
    "Nobody differs from all colleagues by more than chance explains.",
    "{} from colleagues on the same items.",
)
GOLD = Said(
    "Suspicious gold labels",
    "Few gold labels look like slips.",
    "Too many gold labels are contradicted by the annotators; decide them before anything is scored on them.",
)
ONE_CLASS = Said(
    "F1 of one class",
    "The others find this class too, as often as was asked for.",
    "Annotators do not find this class as often as each other as was asked for.",
)
ONE_SECTION = Said(
    "Agreement in one section",
    "In this section two annotators agree as often as was asked for.",
    "In this section two annotators do not agree as often as was asked for.",
)
ONE_SECTION_OF_SPANS = ONE_SECTION._replace(title="Exact span F1 in one section")

# where a limit comes from
HOUSE_RULE = "house rule"
KAPPA_SOURCE = "Krippendorff 2004, ch. 11, made for alpha: .80 to rely on, .667 for tentative conclusions"
F1_SOURCE = "house rule: lower edge of strong"
CLASS_SOURCE = "house rule: lower edge of moderate"
ANNOTATOR_SOURCE = "the diagnosis: q < .01 and a minimum effect"
CONFIGURED_SOURCE = "limit set for this {} in the configuration"

# what the n of a check counts
CLASS_UNITS = {"item": "items of this class", "span": "spans of this class"}
SECTION_UNITS = {"item": "items of this section", "span": "documents of this section"}
PAIR_UNITS, GOLD_UNITS = "items with either label", "gold items"
TOO_FEW_FOR_GOLD = "a gold label is judged where three annotators labelled its item, and none is"

# what an interval that holds the limit means
MOST_LIKELY_MET = "Most likely met, but not proven: the interval holds the limit."
MOST_LIKELY_NOT_MET = "Most likely not met, but not proven: the interval holds the limit."

# why nothing could be measured
NOT_COMPUTED = "not computed for this layer"
THIN = "only {} of the items are anything but agreement on the most frequent label, too few to say"
NO_CLASS = "no class has {} labels"
NO_PAIR = "no label pair is on {} items"
NO_LABEL = "no layer has this label"
NO_SECTION = "no item is in this section"
ONLY_COUNTS = "only counts were given"
FEW_IN_SECTION = "fewer than two items of it were labelled twice"

# who differs, where that can't be told
UNIDENTIFIED = "Who of them differs can’t be told from their labels."
NOT_LOOKED_FOR = "Whether anybody differs from all others was not looked for: the account says why."
A_PART = "an audit of a part of the table, e.g. of one section"
TOO_FEW = "Too few items to see a difference between annotators."
MORE_FOR_SUSPECT = "more items labelled by this annotator and two others"
THIRD_ANNOTATOR = "a third annotator on the same items, or gold labels"
ROTATE = "pairs that rotate: let some items be labelled by a third annotator, or by people who never met so far"


def more_units(number: int, unit: str = "items") -> str:
    """Return how many more units would settle a check.

    Examples
    --------
    >>> more_units(1200)
    'about 1,200 more items'
    """
    return f"about {count(number)} more {unit}"


def on_the_limit(unit: str) -> str:
    """Return what settles a check whose value lies on its limit."""
    return f"a rule will, more {unit} won’t: the value lies on the limit"


def no_interval_yet(unit: str) -> str:
    """Return what settles a check whose value has no interval."""
    return f"more {unit}: there is no interval yet"


def nothing_measured(reason: str) -> tuple[str, str]:
    """Return meaning and remedy of a check for which there is no value.

    Examples
    --------
    >>> nothing_measured("no pair")
    ('No statement is possible: no pair.', 'nothing could be measured: no pair')
    """
    return f"No statement is possible: {reason}.", f"nothing could be measured: {reason}"


def alike(meaning: str, number: int, total: int, many: str, *, failed: bool) -> str:
    """Return the meaning of the decisive check with how many others stand like it.

    Examples
    --------
    >>> alike("Mixed up.", 3, 9, "label pairs", failed=True)
    'Mixed up. 3 of 9 label pairs fail; this is the worst.'
    """
    verb = "fail" if failed else "can’t be told yet"
    return f"{meaning} {number} of {total} {many} {verb}; this is the worst."


def differ(names: Sequence[str]) -> str:
    """Return who differs, without judging.

    Examples
    --------
    >>> differ(["Ana"]), differ(["Ana", "Ben"])
    ('Ana differs from colleagues on the same items.', 'Ana and Ben differ from colleagues on the same items.')
    """
    return ANNOTATOR.otherwise.format(f"{listed(names)} differ{'s' if len(names) == 1 else ''}")


def verdict(results: Sequence[str]) -> tuple[str, str]:
    """Return the verdict over all release checks as a heading and as one answer sentence.

    Examples
    --------
    >>> verdict(["fail", "pass", "can't tell yet"])[0]
    'Not ready to ship: 1 of 3 checks fails'
    >>> verdict(["pass", "pass"])[0]
    'Ready to ship: all 2 checks pass'
    """
    fails, unsure, passes = (results.count(word) for word in ("fail", "can't tell yet", "pass"))
    total = len(results)
    rest = [f"{passes} {'passes' if passes == 1 else 'pass'}"] if passes else []
    open_ = [f"{unsure} can’t be decided with the data at hand"] if unsure else []
    if not total:
        return "No release check applies to these labels", "There is nothing to pass or fail; the numbers follow."
    if fails:
        failing = f"{fails} of {plural(total, 'check')} {'fails' if fails == 1 else 'fail'}"
        return f"Not ready to ship: {failing}", f"Not yet: {listed([failing, *open_, *rest])}."
    if unsure:
        return (
            f"Can’t tell yet: {unsure} of {plural(total, 'check')} need{'s' if unsure == 1 else ''} more evidence",
            f"Can’t tell yet: no check fails, {listed([*open_, *rest])}.",
        )
    every = "the one check passes" if total == 1 else f"all {total} checks pass"
    return f"Ready to ship: {every}", f"Yes: {every}."


def beyond_chance(kind: str, coefficient: str) -> str:
    """Return what the coefficient of a kind of layer is called.

    Examples
    --------
    >>> beyond_chance("ordinal", "kappa"), beyond_chance("category", "kappa")
    ('kappa for ordered labels', 'kappa')
    """
    named = {
        "ordinal": f"{coefficient} for ordered labels",
        "number": "alpha for numbers",
        "labels": f"{coefficient} for sets",
    }
    return named.get(kind, coefficient)
