"""chrF: how alike two answers are in their characters, without a model."""

import numpy as np

from agreement.scores import Measure, Reason, Scores, scored
from agreement.text.similarity import chrf as of_pairs
from agreement.wording.definitions import called


def chrf(references: list[list[str]], answers: list[str]) -> Scores:
    """Return the chrF of answers (N,), the best over each one's references; 0 to 1.

    F of character n-grams of the orders 1 to 6 in which recall weighs twice
    (:func:`agreement.text.similarity.chrf`). Undefined where the answer and a reference are both the empty text.

    Examples
    --------
    >>> chrf([["ab"]], ["abc"]).value.round(4).tolist()  # P (2/3 + 1/2) / 2, R 1
    [0.875]
    """
    flat = [reference for several in references for reference in several]
    which = np.repeat(np.arange(len(answers)), [len(several) for several in references])
    value = np.zeros(len(answers))
    np.maximum.at(value, which, of_pairs([*answers, *flat], len(answers) + np.arange(len(flat)), which))
    empty = np.zeros(len(answers), dtype=bool)
    empty[which] |= [not (answers[at] or flat[to]) for to, at in enumerate(which)]
    return scored(value, np.ones(len(answers), dtype=np.int64), [(empty, Reason.BOTH_EMPTY)])


MEASURE = Measure(
    *called("chrf"),
    takes="values",
    compute=chrf,
    range=(0.0, 1.0),
    symmetric=False,
    citation="Popović 2015, Workshop on Statistical Machine Translation, pp. 392-395",
)
