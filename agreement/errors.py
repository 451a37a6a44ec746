"""What can go wrong that a user can mend: every problem at once, each with its place and its remedy."""

from collections.abc import Iterable
from dataclasses import dataclass


class AgreementError(Exception):
    """The base of every error this package raises on purpose; the command line prints it and exits 2."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input.

    Parameters
    ----------
    where
        File, sheet, row and column as far as they are known, e.g. ``labels.xlsx[Ana]!17, column "label"``.
    what
        What was found, and what is allowed.
    remedy
        What to do about it: the cell to correct or the option to pass.

    Examples
    --------
    >>> str(Problem("a.csv!3", "4 cells where the header has 3.", "Quote the label that holds a comma."))
    'a.csv!3: 4 cells where the header has 3. Quote the label that holds a comma.'
    """

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return the one line that a person reads."""
        return " ".join(part for part in (f"{self.where}:", self.what, self.remedy) if part)


class InputError(AgreementError):
    """The input can't be read, or can be read in more than one way; carries every problem found.

    Examples
    --------
    >>> error = InputError([Problem("a.csv", "is empty.", "Export it again.")])
    >>> print(error)
    a.csv: is empty. Export it again.
    >>> len(error.problems)
    1
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class SettingsError(InputError):
    """An option or a key of ``agreement.toml`` is unknown or out of range; carries every problem."""


class OutputError(AgreementError):
    """An output can't be written; what was there before is untouched."""
