"""Slices: figures by value of a column are those of its items alone; differences are tested as one family."""

import re

import numpy as np
import pandas as pd
import pytest

from agreement import audit
from agreement.comparison import compare
from agreement.errors import InputError
from agreement.loaders import load_frame
from agreement.report.page import render_page
from agreement.settings import Settings
from agreement.slices import slices

BY = {"report": {"by": ["source"]}}


def labelled(seed, shares, n=400, labels="abcd"):
    """Items of sources (name: share, accuracy) labelled by three people."""
    generator = np.random.default_rng(seed)
    names = list(shares)
    source = generator.choice(names, n, p=[shares[name][0] for name in names])
    accuracy = np.array([shares[name][1] for name in source])
    truth = generator.integers(0, len(labels), n)
    rows = []
    for annotator in ("Ana", "Ben", "Cy"):
        given = np.where(generator.random(n) < accuracy, truth, generator.integers(0, len(labels), n))
        rows += [(f"i{i:04}", annotator, labels[label], source[i]) for i, label in enumerate(given)]
    return pd.DataFrame(rows, columns=["item", "annotator", "label", "source"])


def sliced(frame, **more):
    settings = Settings.from_mapping({**BY, **more})
    return slices(load_frame(frame, settings), settings)


@pytest.fixture(scope="module")
def uneven():
    return labelled(1, {"web": (0.4, 0.9), "app": (0.3, 0.9), "mail": (0.27, 0.6), "fax": (0.03, 0.9)})


@pytest.mark.parametrize("kind", ["category", "ordinal"])
@pytest.mark.parametrize("source", ["web", "mail"])
def test_the_figures_are_those_of_an_audit_of_these_items_alone(uneven, source, kind):
    more = {"layers": {"label": {"kind": kind} | ({"order": list("abcd")} if kind == "ordinal" else {})}}
    rows = {row.measure: row for row in sliced(uneven, **more).rows if row.name == source}
    settings = Settings.from_mapping(more)
    scores = compare(load_frame(uneven.loc[uneven["source"].eq(source)], settings), settings)[0].scores
    pooled = scores.loc[scores["reference"].isna() & scores["label"].isna()].set_index("measure")
    assert len(rows) == 4
    for measure, row in rows.items():
        assert row.value == pytest.approx(pooled.loc[measure, "value"])
        assert row.low == pytest.approx(pooled.loc[measure, "low"], abs=0.02)
        assert row.high == pytest.approx(pooled.loc[measure, "high"], abs=0.02)


def test_the_worst_comes_first_and_thin_values_are_named(uneven):
    found = sliced(uneven)
    assert found.rows[0].name == "mail"
    headline = [row.value for row in found.rows if row.measure == "kappa_mean"]
    assert headline == sorted(headline)
    n = int(uneven.loc[uneven["source"].eq("fax"), "item"].nunique())
    assert [(one.name, one.items) for one in found.thin] == [("fax", n)]
    assert all(row.items + row.rest_items == 400 for row in found.rows)


def test_words_and_intervals_agree(uneven):
    for row in sliced(uneven).rows:
        assert row.low <= row.value <= row.high
        assert row.difference == pytest.approx(row.value - row.rest)
        if row.word == "lower":
            assert row.difference_high < 0
        if row.word == "higher":
            assert row.difference_low > 0
    assert {row.word for row in sliced(uneven).rows if row.name == "mail"} == {"lower"}


def test_of_equal_slices_hardly_any_stands_out():
    shares = {f"s{number}": (0.125, 0.8) for number in range(8)}
    alarms = [any(row.word in ("lower", "higher") for row in sliced(labelled(seed, shares, 480)).rows if
                  row.measure == "percent_agreement") for seed in range(25)]  # fmt: skip
    assert np.mean(alarms) <= 0.2  # one family in twenty is expected


def test_a_single_value_has_a_figure_but_no_difference():
    frame = labelled(3, {"web": (1.0, 0.8)}, 60)
    for row in sliced(frame).rows:
        assert row.value is not None
        assert row.low is not None
        assert (row.difference, row.word) == (None, "can't tell yet")
        assert row.undefined


def test_an_unknown_column_is_refused_with_those_there_are(uneven):
    with pytest.raises(InputError, match=r"no item column 'sorce'.*There are: source"):
        sliced(uneven, report={"by": ["sorce"]})


def test_the_document_is_called_so_where_a_column_is_unknown(uneven):
    frame = uneven.assign(document=uneven["item"])
    with pytest.raises(InputError, match=r"There are: (source, document|document, source)\.$"):
        sliced(frame, report={"by": ["docment"]})


@pytest.mark.parametrize(("kind", "measures"), [
    ("number", {"krippendorff_alpha.interval"}), ("answer", {"squad_f1"}), ("labels", {"f1_macro", "jaccard_samples"}),
])  # fmt: skip
def test_every_kind_has_its_headline(kind, measures):
    frame = labelled(4, {"web": (0.5, 0.9), "app": (0.5, 0.5)}, 150, labels="1234")
    found = sliced(frame, layers={"label": {"kind": kind}})
    assert {row.measure for row in found.rows} == measures
    assert {row.name: row.word for row in found.rows if row.measure == min(measures)} == {
        "app": "lower", "web": "higher",
    }  # fmt: skip


def test_models_are_not_counted_among_people(uneven):
    bot = uneven.loc[uneven["annotator"].eq("Ana")].assign(annotator="bot", label="a")
    with_bot = sliced(pd.concat([uneven, bot]), annotators={"model": ["bot"]})
    assert with_bot.rows == sliced(uneven).rows


def test_without_a_column_there_is_nothing(uneven):
    assert sliced(uneven, report={"by": []}).to_dict() == {"rows": (), "thin": (), "left_out": []}


def test_the_page_shows_every_figure_with_its_interval(uneven):
    page = render_page(audit(uneven, Settings.from_mapping(BY)))
    section = page[page.index('id="slices"') :]
    section = section[: section.index("</section>")]
    assert len(re.findall(r'class="ci">[^<]+ · n\s\d+</span>', section)) == 3 * 4 * 3  # values, measures, columns
    assert "Read disputed items of mail first" in section
    assert "Too thin for figures, under 30 items: fax" in section
