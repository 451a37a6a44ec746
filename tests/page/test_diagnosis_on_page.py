"""What the page says of findings: merging two labels before and after, and nobody named of two annotators."""

import numpy as np
import pandas as pd
import pytest

from agreement import audit
from agreement.report.page import render_page
from agreement.settings import Settings


def test_merging_is_shown_before_and_after_with_intervals_and_the_warning(tickets, parse):
    flag = next(flag for flag in tickets.diagnosis.flags if flag.rule == "label_pair")
    first, second = flag.subject.labels
    found = parse(render_page(tickets)).find("details")
    table = next(part.text for part in found if part.text.startswith(f"What merging {first} and {second} would"))
    assert "always raises kappa" in table
    for name in ("kappa", "alpha", "f1_macro"):
        scores = flag.evidence["merge"][name]
        for end, low, high in (("before", "before_low", "before_high"), ("change", "low", "high")):
            assert f"{scores[end]:.2f} {scores[low]:.2f}\u2013{scores[high]:.2f} · n" in table


@pytest.mark.parametrize("people", [2, 3])
def test_of_two_annotators_nobody_is_found_sound_or_named(parse, people):
    draw = np.random.default_rng(2)
    right = draw.integers(0, 4, 300)
    rows = [
        (f"i{item}", name, str(draw.integers(0, 4) if draw.random() < 0.2 else label))
        for name in "ABC"[:people]
        for item, label in enumerate(right)
    ]
    data = pd.DataFrame(rows, columns=["item", "annotator", "label"])
    section = parse(render_page(audit(data, Settings()))).find("section", id="people")[0].text
    assert ("nobody is named" in section) == ("third annotator" in section) == (people == 2)
    assert ("As expected" in section) == ("nobody needs a session" in section) == (people == 3)
