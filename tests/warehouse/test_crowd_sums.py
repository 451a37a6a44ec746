"""Everything about a crowd rests on sums over all labels that the engine makes, and is what it is in memory."""

import numpy as np
import pandas as pd
import pytest

from agreement import InputError, Settings, audit
from agreement.loaders import load_frame
from agreement.peers import peers
from agreement.totals import totals_of
from agreement.warehouse import audit as warehouse
from agreement.warehouse import audit_warehouse, crowd_items, crowd_rotation, crowd_sums, pairs
from agreement.wording import warehouse as said

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
    monkeypatch.setattr(warehouse, "MOST_PATTERNS", 100)
    monkeypatch.setattr(warehouse, "MOST_LABELS", 0)


def project(items=6000, labels=8, seed=1, people=PEOPLE, each=EACH):
    """Return labels of a crowd with all that the rules look for.

    Eight people are careless, two are off in one section, one section is bad, and two labels are taken for each other.
    """
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(items), each)
    who = np.array([rng.choice(np.arange(2, people), each, replace=False) for _ in range(items)])
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


def with_a_copy():
    """Return labels of which one person copied those of another on the items that both had, slips and all."""
    frame = project(seed=7)
    number, place = frame["item"].str[1:].astype(int), frame.groupby("item").cumcount()
    own, other = (number % 13 == 0) & (place == 0), (number % 13 == 0) & (place == 1)
    frame.loc[own, "annotator"], frame.loc[other, "annotator"] = "a400", "a401"
    rng = np.random.default_rng(8)
    frame.loc[own, "label"] = np.where(
        rng.random(own.sum()) < 0.3, [f"l{code}" for code in rng.integers(8, size=own.sum())], frame.loc[own, "label"]
    )
    frame.loc[other, "label"] = frame.loc[own, "label"].to_numpy()
    return frame


def teams(items=2000):
    """Return labels of twelve people, too few for their company to average out: they are solved for together."""
    rng = np.random.default_rng(9)
    item = np.repeat(np.arange(items), 4)
    who = np.array([rng.choice(12, 4, replace=False) for _ in range(items)]).ravel()
    truth, section = rng.integers(5, size=items)[item], item % 4
    wrong = np.select([who == 1, (who == 2) & (section == 0), who == 5], [0.5, 0.8, 0.3], 0.06)
    given = np.where(rng.random(len(item)) < wrong, rng.integers(5, size=len(item)), truth)
    given = np.where((given == 1) & (rng.random(len(item)) < 0.35), 2, given)
    return pd.DataFrame({
        "item": [f"i{code:05d}" for code in item], "annotator": [f"a{code:02d}" for code in who],
        "label": [f"l{code}" for code in given], "section": [f"s{code}" for code in section],
    })  # fmt: skip


def teams_with_documents():
    """Return the same with a document for two thirds of the items, some of which come again in a second round."""
    frame = teams()
    number = frame["item"].str[1:].astype(int)
    frame = frame.assign(document=("d" + (number // 20).astype(str)).where(number % 3 > 0, ""))
    return pd.concat([frame.assign(round="r1"), frame.loc[number % 9 == 0].assign(round="r2")], ignore_index=True)


def teams_of_their_own(items=3000):
    """Return labels of four teams of three who share no item, in sections that all label; two of one are careless."""
    rng = np.random.default_rng(11)
    item = np.repeat(np.arange(items), 3)
    who = item % 4 * 3 + np.tile(np.arange(3), items)
    truth, section = rng.integers(5, size=items)[item], item // 4 % 5
    wrong = np.where(who < 2, 0.35, 0.06)
    given = np.where(rng.random(len(item)) < wrong, rng.integers(5, size=len(item)), truth)
    return pd.DataFrame({
        "item": [f"i{code:05d}" for code in item], "annotator": [f"a{code:02d}" for code in who],
        "label": [f"l{code}" for code in given], "section": [f"s{code}" for code in section],
    })  # fmt: skip


def in_pairs():
    """Return two labels of each item of the same people, who are told apart across items, as pairs of them rotate."""
    frame = teams(items=3000)
    return frame.loc[frame.groupby("item").cumcount() < 2]


def with_a_bad_section():
    """Return labels of few people with a section that is bad for everybody."""
    frame, rng = teams(items=1600), np.random.default_rng(10)
    slips = frame["section"].eq("s3") & (rng.random(len(frame)) < 0.35)
    other = pd.Series([f"l{code}" for code in rng.integers(5, size=len(frame))], index=frame.index)
    return frame.assign(label=frame["label"].mask(slips, other))


def read(frame, folder, settings):
    """Return the audit of a *frame* of labels from Parquet, and in memory."""
    frame.to_parquet(folder / "labels.parquet")
    columns = {name: name for name in ("section", "document", "round") if name in frame}
    settings = Settings.from_mapping({"columns": columns, **settings})
    found = audit_warehouse(str(folder / "labels.parquet"), settings=settings)
    return found, audit(load_frame(frame, settings), settings)


@pytest.mark.parametrize(
    ("made", "settings", "rules"),
    [
        (project, {}, {"annotator", "annotator_section", "section", "label_pair", "label", "item"}),
        (with_documents, {}, {"annotator", "section", "label_pair"}),
        (in_rounds_again, {}, {"annotator", "label_pair", "round_change"}),
        (lambda: project(items=5100, labels=4, seed=3), {"layers": {"label": {"kind": "ordinal"}}}, {"annotator"}),
        (lambda: project(items=5100, labels=2, seed=5).drop(columns="section"), {}, {"annotator", "prevalence"}),
        (with_a_copy, {"rules": {"copy": {"min_items": 4}}}, {"copy"}),
        (teams, {}, {"annotator", "annotator_section", "label_pair"}),
        (teams_with_documents, {}, {"annotator", "annotator_section", "label_pair"}),
        (teams_of_their_own, {}, {"annotator"}),
        (in_pairs, {}, {"annotator", "label_pair"}),
        (with_a_bad_section, {}, {"section", "label_pair"}),
    ],
    ids=[
        "sections", "documents", "rounds", "ordered", "two labels", "copy", "teams", "teams with documents",
        "teams of their own", "pairs", "a bad section",
    ],
)  # fmt: skip
def test_everything_is_as_in_memory(tmp_path, monkeypatch, flags, made, settings, rules):
    monkeypatch.setattr(pairs, "SLICE_COUPLES", 20_000)
    monkeypatch.setattr(crowd_sums, "SLICE_COUPLES", 20_000)
    monkeypatch.setattr(crowd_sums, "LABELS_AT_ONCE", 3)
    found, expected = read(made(), tmp_path, {"measures": {"min_pair_items": 8}, **settings})
    assert found.comparisons[0].details["anonymous"]
    same_scores(found, expected)
    assert rules <= {flag[0] for flag in flags(expected)}
    assert flags(found) == flags(expected)
    shares = [[row["share"] for row in part.diagnosis.budget] for part in (found, expected)]
    assert shares[0] == pytest.approx(shares[1])
    shown = [one for flag in found.diagnosis.flags for one in flag.examples]
    assert shown
    assert all(one.labels and one.item in found.annotations.items.index for one in shown)
    assert found.annotations.reading.warnings == []
    assert totals_of(found.annotations) == totals_of(expected.annotations)
    same_by_annotator(found.comparisons[0], expected.comparisons[0])


def same_scores(found, expected):
    """Compare every row of the scores, with counts and intervals."""
    columns = ["value", "se", "low", "high", "n", "n_informative", "clusters"]
    names = ["layer", "measure", "reference", "other", "label", "params"]
    one, other = (part.scores_table() for part in (found, expected))
    other = other.loc[other["n"].gt(0) | other["reference"].isna()]  # a crowd's pairs are not listed if they never meet
    one, other = (part.reset_index(drop=True) for part in (one, other))
    pd.testing.assert_frame_equal(one[names], other[names])
    mine = [name for name in columns if name in other]
    pd.testing.assert_frame_equal(
        one[mine].astype(float), other[mine].astype(float), check_exact=False, rtol=1e-9, atol=1e-12
    )


def same_by_annotator(found, expected):
    """Compare how everybody agrees with the others, and which of two labels each prefers."""
    one, other = found.details["peers"], peers(expected.units)
    for name in ("value", "low", "high", "n", "mean", "dispersion"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-12)
    if len(expected.units.labels) == 2:
        units = expected.units
        differ = np.isin(np.arange(units.n_units), np.flatnonzero((units.item_counts() > 0).all(axis=1)))[units.unit]
        n = np.bincount(units.annotator[differ], minlength=len(units.annotators))
        hits = np.bincount(units.annotator[differ & (units.label == 1)], minlength=len(units.annotators))
        assert [part.tolist() for part in found.details["leans"]] == [hits.tolist(), n.tolist()]


def test_sections_are_not_told_apart_where_they_make_too_many_kinds_of_items(tmp_path, monkeypatch, flags):
    frame, settings = project(items=5000, labels=2, seed=6), Settings.from_mapping({"measures": {"min_pair_items": 8}})
    expected = audit(load_frame(frame.drop(columns="section"), settings), settings)
    monkeypatch.setattr(crowd_items, "MOST_SECTIONS", 5)
    frame.to_parquet(tmp_path / "labels.parquet")
    found = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings)
    same_scores(found, expected)
    assert flags(found) == flags(expected)
    assert found.annotations.reading.warnings == [said.SECTIONS_NOT_TOLD_APART]


def test_too_many_kinds_of_items_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(crowd_items, "MOST_ROWS", 100)
    project(items=500, seed=6).to_parquet(tmp_path / "labels.parquet")
    with pytest.raises(InputError, match="patterns"):
        audit_warehouse(str(tmp_path / "labels.parquet"))


def test_flags_that_sums_do_not_tell_are_said_not_guessed(tmp_path, monkeypatch):
    monkeypatch.setattr(crowd_rotation, "MOST_ROTATING", 10)
    frame = teams()
    two = frame.loc[frame.groupby("item").cumcount() < 2]
    found, expected = read(two, tmp_path, {"measures": {"min_pair_items": 8}})
    same_scores(found, expected)
    assert not found.diagnosis.flags
    assert found.annotations.reading.warnings == [said.FLAGS_NOT_LOOKED_FOR]
