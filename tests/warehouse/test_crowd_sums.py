"""The flags of a crowd rest on sums over all labels that the engine makes, and are those in memory."""

import logging

import numpy as np
import pandas as pd
import pytest

from agreement import Settings, audit
from agreement.loaders import load_frame
from agreement.warehouse import audit_warehouse, crowd_items, distinct, profiles

pytest.importorskip("ibis")
pytest.importorskip("duckdb")

# pyarrow asks pandas, and Ibis asks DuckDB, for what their newest versions no longer want to be asked for
pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
]

PEOPLE, EACH = 350, 5


@pytest.fixture(autouse=True)
def _too_many_patterns(monkeypatch):
    """Patterns by annotator don't come back: what a crowd's are in a table that is large enough."""
    monkeypatch.setattr(profiles, "MOST_PATTERNS", 100)
    monkeypatch.setattr(distinct, "MOST_PATTERNS", 100)


def project(items=6000, labels=8, seed=1):
    """Return labels of a crowd with all that the rules look for.

    Eight people are careless, two are off in one section, one section is bad, and two labels are taken for each other.
    """
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(items), EACH)
    who = np.array([rng.choice(np.arange(2, PEOPLE), EACH, replace=False) for _ in range(items)])
    who[::9, 0], who[4::15, 1] = 0, 1  # two with labels enough to be judged by section
    who = who.ravel()
    truth, section = rng.integers(labels, size=items)[item], item % 6
    wrong = np.where(
        (who > 1) & (who < 10), 0.6, np.where((who == 0) & (section == 0) | (who == 1) & (section == 1), 0.9, 0.05)
    )
    wrong = np.where(section == 4, np.maximum(wrong, 0.3), wrong)
    given = np.where(rng.random(len(item)) < wrong, rng.integers(labels, size=len(item)), truth)
    given = np.where((given == 1) & (rng.random(len(item)) < 0.4), 2, given)
    given = np.where((truth == 3) & (rng.random(len(item)) < 0.35), rng.integers(labels, size=len(item)), given)
    given %= labels
    return pd.DataFrame({
        "item": [f"i{code:05d}" for code in item], "annotator": [f"a{code:03d}" for code in who],
        "label": [f"l{code}" for code in given], "section": [f"s{code}" for code in section],
    })  # fmt: skip


def with_documents():
    """Return labels with a document for two thirds of the items."""
    frame = project(seed=2)
    number = frame["item"].str[1:].astype(int)
    return frame.assign(document=("d" + (number // 12).astype(str)).where(number % 3 > 0, ""))


def in_rounds_again():
    """Return labels of which a seventh is asked for again in a second round, without sections."""
    frame = project(items=5500, seed=4).drop(columns="section")
    again = frame["item"].str[1:].astype(int) % 7 == 0
    return pd.concat([frame.assign(round="r1"), frame.loc[again].assign(round="r2")], ignore_index=True)


@pytest.mark.parametrize(
    ("made", "settings", "rules"),
    [
        (project, {}, {"annotator", "annotator_section", "section", "label_pair", "label", "item"}),
        (with_documents, {}, {"annotator", "section", "label_pair"}),
        (in_rounds_again, {}, {"annotator", "label_pair"}),
        (lambda: project(items=5100, labels=4, seed=3), {"layers": {"label": {"kind": "ordinal"}}}, {"annotator"}),
        (lambda: project(items=5100, labels=2, seed=5).drop(columns="section"), {}, {"annotator", "prevalence"}),
    ],
    ids=["sections", "documents", "rounds", "ordered", "two labels"],
)  # fmt: skip
def test_flags_are_those_in_memory(tmp_path, flags, caplog, made, settings, rules):
    frame = made()
    frame.to_parquet(tmp_path / "labels.parquet")
    columns = {name: name for name in ("section", "document", "round") if name in frame}
    settings = Settings.from_mapping({"columns": columns, **settings})
    expected = audit(load_frame(frame, settings), settings)
    with caplog.at_level(logging.INFO, "agreement.warehouse"):
        found = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings, drawn=4000)
    one, other = ([flag for flag in flags(part) if flag[0] != "round_change"] for part in (found, expected))
    assert rules <= {flag[0] for flag in other}
    assert one == other
    shares = [[row["share"] for row in part.diagnosis.budget] for part in (found, expected)]
    assert shares[0] == pytest.approx(shares[1])
    assert all(example.labels for flag in found.diagnosis.flags for example in flag.examples)
    assert any("and flags rest on all" in line for line in found.annotations.reading.warnings)


@pytest.mark.parametrize("what", ["rows", "people"])
def test_sums_that_do_not_tell_enough_leave_the_flags_on_a_sample(tmp_path, monkeypatch, what):
    if what == "rows":
        monkeypatch.setattr(crowd_items, "MOST_ROWS", 100)
    frame = project(items=2500, seed=6)
    if what == "people":  # of whom so many are off that the others are solved for together
        frame = frame.loc[frame["annotator"].str[1:].astype(int) < 310]
        off = frame["annotator"].str[1:].astype(int) % 20 == 0
        frame = frame.assign(label=frame["label"].mask(off, "l0"))
    frame.to_parquet(tmp_path / "labels.parquet")
    (told,) = audit_warehouse(str(tmp_path / "labels.parquet"), drawn=6000).annotations.reading.warnings
    assert "flags, disputes" in told
