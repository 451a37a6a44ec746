"""What the tests of the warehouse share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sample_folder():
    """The folder of the sample stories."""
    return Path(__file__).parents[2] / "sample_data"


@pytest.fixture
def flags():
    """What gives the findings of an audit, with their numbers to nine digits."""

    def told(found):
        return [
            (
                flag.rule, flag.verdict, flag.subject, flag.nature, flag.camps, flag.n, flag.disputes,
                *(None if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)
                  for value in (flag.effect, flag.low, flag.high, flag.q, flag.share_of_disputes)),
            )
            for flag in sorted(found.diagnosis.flags, key=lambda flag: (flag.rule, str(flag.subject)))
        ]  # fmt: skip

    return told
