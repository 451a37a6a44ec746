"""Free-text answers in the reading of SQuAD: token F1 and exact match after a named normalisation."""

import numpy as np
from numpy.typing import NDArray

from agreement.scores import Measure, Reason, Scores, scored
from agreement.text.answers import Normalisation, token_bags, token_f1
from agreement.wording.definitions import called

SQUAD = "Rajpurkar, Zhang, Lopyrev & Liang 2016, EMNLP, pp. 2383-2392"


def squad_f1(references: list[list[str]], answers: list[str], normalisation: Normalisation = "squad") -> Scores:
    """Return the token F1 of answers (N,), the best over each one's references.

    2 c / (a + b) with a and b tokens and c in common as multisets; 1 where both have no token left after normalisation,
    0 where one has. Undefined where the answer and a reference are both the empty text.

    Examples
    --------
    >>> squad_f1([["the cat sat", "a dog"]], ["cat"]).value.round(4).tolist()
    [0.6667]
    """
    return _best(references, answers, normalisation, exact=False)


def squad_exact_match(
    references: list[list[str]], answers: list[str], normalisation: Normalisation = "squad"
) -> Scores:
    """Return 1 for answers (N,) that equal one of their references after normalisation, else 0.

    Examples
    --------
    >>> squad_exact_match([["the cat!"], ["dog"]], ["Cat", "dogs"]).value.tolist()
    [1.0, 0.0]
    """
    return _best(references, answers, normalisation, exact=True)


def _best(references: list[list[str]], answers: list[str], normalisation: Normalisation, *, exact: bool) -> Scores:
    """Return the best value of each answer over its references."""
    flat = [reference for several in references for reference in several]
    which = np.repeat(np.arange(len(answers)), [len(several) for several in references])
    bags = token_bags([*answers, *flat], normalisation)
    other = len(answers) + np.arange(len(flat))
    sizes = bags.sizes
    one: NDArray[np.float64] = (
        bags.equal(which, other).astype(np.float64)
        if exact
        else token_f1(bags.common(which, other), sizes[which], sizes[other])
    )
    value = np.zeros(len(answers))
    np.maximum.at(value, which, one)
    empty = np.zeros(len(answers), dtype=bool)
    empty[which] |= [not (answers[at] or flat[to]) for to, at in enumerate(which)]
    return scored(value, np.ones(len(answers), dtype=np.int64), [(empty, Reason.BOTH_EMPTY)])


MEASURE = tuple(
    Measure(
        *called(name),
        takes="values",
        compute=squad_exact_match if "exact" in name else squad_f1,
        range=(0.0, 1.0),
        symmetric=symmetric,
        citation=SQUAD,
    )
    for name, symmetric in (
        ("squad_f1", True),
        ("squad_f1_micro", True),
        ("squad_precision", False),
        ("squad_recall", False),
        ("squad_exact_match", True),
        ("squad_f1_references", False),
        ("squad_exact_match_references", False),
    )
)
