"""What the tests of the warehouse share."""

from pathlib import Path

import pytest


def pytest_configure(config):
    """Register the marker of the test that starts a Spark cluster."""
    config.addinivalue_line("markers", "spark: starts a Spark cluster of two executors; needs Java and pyspark")


@pytest.fixture(scope="session")
def sample_folder():
    """The folder of the sample stories."""
    return Path(__file__).parents[2] / "sample_data"
