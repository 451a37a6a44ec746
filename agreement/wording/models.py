"""What is said about models beside people: how they compare, whether one may take a place, what to do."""

# ruff: noqa: RUF001, RUF002 - typographic apostrophes are what a page prints

from collections.abc import Mapping, Sequence

from agreement.wording.numbers import Figure, count, decimal, listed, percent, plural

MOST_LABELS = 3
TITLES = {
    "cohen_kappa": "Cohen’s κ", "cohen_kappa.linear": "Weighted κ", "f1_macro": "Macro F1",
    "mean_absolute_difference": "Mean difference", "span_f1.strict": "Exact span F1", "squad_f1": "Token F1",
}  # fmt: skip
PEOPLE, WITH_MODEL = "people", "with the model"
NOTHING_SHARED = "no item shared with two people"

# what limits a comparison
NO_BAR = "No item that the model answered was answered by two people, so people set no bar for it."
RISKS_LIMITED = "What a worse model’s chances are is computed for single labels and up to 200 people only."
FLAGGED_STAY = "People whom the diagnosis flags stay in: without them nobody could be compared."
NEEDS_THREE = "needs three people who labelled items together with the model"
# what was scored where a model gave the score of its own label only
RIGHT = "the label it gave"
# why a value of scores is missing
NEEDS_BOTH, NEEDS_LABEL = "needs items with and without the label", "no item has this label"
NO_INTERVAL = "too few items for an interval"


def no_test(reason: str) -> str:
    """Return why there is no test.

    Examples
    --------
    >>> no_test(NEEDS_THREE)
    'No test: it needs three people who labelled items together with the model.'
    """
    return f"No test: it {reason}."


def few_shared(few: int, people: int, fewest: int) -> str:
    """Return how many people share too few items with the model."""
    return f"{few} of {people} people share fewer than {fewest} items with the model."


def beside_people(model: str, people: Figure, machine: Figure, difference: Figure) -> str:
    """Return how a model compares with people on the same panels."""
    if difference.value is None:
        return f"{model} shares no item with two people, so nothing can be said about it."
    side = "no clear difference"
    if difference.low is not None and difference.low > 0:
        side = "the model agrees more"
    elif difference.high is not None and difference.high < 0:
        side = "people agree more"
    return (
        f"{model} agrees with people {machine.text} ({machine.interval}), people with each other {people.text} "
        f"({people.interval}) on the same panels: {side} ({difference.sentence})."
    )


def place(passed: bool | None) -> str:  # noqa: FBT001 - three outcomes of one test
    """Return the outcome of the test in a few words.

    Examples
    --------
    >>> place(True), place(False), place(None)
    ('may take a place', 'not shown', 'can’t tell')
    """
    return "can’t tell" if passed is None else "may take a place" if passed else "not shown"


def not_worse(epsilon: float, won: int, played: int) -> str:
    """Return how many people a model is not worse than.

    Examples
    --------
    >>> not_worse(0.1, 2, 3)
    'not worse by 0.10 than 2 of 3 people'
    """
    return f"not worse by {decimal(epsilon)} than {count(won)} of {plural(played, 'person', 'people')}"


def risks(epsilon: float, items: int, passes: Sequence[tuple[float, float]]) -> str:
    """Return what else the test would let pass: how much worse a model is, and with which probability it passes."""
    parts = [
        f"{f'one {percent(worse)} points worse' if worse else 'a model as good as people passes'} with "
        f"probability {_probability(probability)}"
        for worse, probability in passes
    ]
    return f"At ε {decimal(epsilon)} and up to {plural(items, 'item')} a person {listed(parts)}." if parts else ""


def _probability(value: float) -> str:
    """Return a simulated probability, which is never known to be 0 or 1."""
    return f"{percent(min(max(value, 0.001), 0.999))}%"


def unanswered(answered: int, items: int, by_status: Mapping[str, int]) -> str:
    """Return how much of what people answered the model did not."""
    parts = [f"{count(times)} {status}" for status, times in by_status.items()]
    return f"Answered {count(answered)} of {plural(items, 'item')} that people answered: {listed(parts)}."


def outside(labels: Mapping[str, int]) -> str:
    """Return which *labels* no person uses, by how often the model gave them."""
    names = listed([f"“{label[:60]}”" for label in labels], most=MOST_LABELS)
    return (
        f"{plural(sum(labels.values()), 'answer')} with a label that no person uses ({names}), refusals perhaps: "
        "counted as labels that nobody shares."
    )


def set_aside(people: Sequence[str]) -> str:
    """Return who was left out of the comparison."""
    return f"Left out of the comparison, for the diagnosis confirms that they differ: {listed(people)}."


def needs_a_third(model: str) -> str:
    """Return what to do where the test can't be run."""
    return f"Have a third person label the items of {model}; then the test can be run."


def may_take(model: str, epsilon: float) -> str:
    """Return what to do with a model that passed."""
    return (
        f"{model} may take one person’s place where ε {decimal(epsilon)} is what you can afford: weigh the "
        "probabilities above, and keep two people on a sample of every batch."
    )


def may_not_take(model: str) -> str:
    """Return what to do with a model that did not pass."""
    return f"Do not let {model} take a person’s place: it is not shown to be good enough at any ε."


def runs_alike(model: str, runs: int, figure: Figure) -> str:
    """Return how alike the runs of one model are."""
    return f"{model}: its {runs} runs agree with each other {figure.sentence}."
