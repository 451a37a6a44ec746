"""The section about models: every number with its interval and n, the risk beside the verdict, an action."""

# ruff: noqa: RUF001 - the words of the page are typographic

import re

import numpy as np
import pandas as pd
import pytest

from agreement import audit
from agreement.report.page import render_page
from agreement.settings import Settings


@pytest.fixture(scope="module")
def html():
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 3, 90)
    rows = []
    for name in ("Ana", "Ben", "Cy", "bot#1", "bot#2"):
        given = np.where(generator.random(90) < 0.85, truth, generator.integers(0, 3, 90))
        rows += [(f"i{item:02}", name, "abc"[label]) for item, label in enumerate(given)]
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label"])
    frame.loc[frame["annotator"].eq("bot#1") & frame["item"].eq("i03"), "label"] = "<b>I cannot</b>"
    return render_page(audit(frame, Settings.from_mapping({"annotators": {"model": ["bot#1", "bot#2"]}})))


@pytest.fixture(scope="module")
def section(html, parse):
    return next(node for node in parse(html).find("section") if node.attributes["id"] == "models")


def test_every_number_has_interval_and_n(section):
    cells = [cell for cell in section.find("td") if cell.find("span", cls="v")]
    assert len(cells) == 2 * 3 + 2 * (3 + 3)  # three figures a model, and its pairs: of people, with people
    for cell in cells:
        assert re.search(r"\d(–| to )−?\d.* · n 90$", cell.find("span", cls="ci")[0].text), cell.text


def test_the_risk_stands_beside_each_outcome(section):
    assert len(re.findall(r"At ε 0\.\d\d and up to 90 items a person", section.text)) == 2 * 3
    assert "one 10 points worse with probability" in section.text


def test_refusals_runs_and_an_owner(section, html):
    assert "1 answer with a label that no person uses" in section.text
    assert "bot: its 2 runs agree with each other" in section.text
    assert section.text.count("Owner: ML engineer") == 2
    assert "<b>I cannot" not in html


def test_without_models_the_section_says_why_it_is_absent(small, parse):
    tree = parse(render_page(small))
    assert not [node for node in tree.find("section") if node.attributes["id"] == "models"]
    assert "no annotator is a model" in tree.text
