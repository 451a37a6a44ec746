"""Rounds: found changes, false alarms, coverage, pairing, JSON instead of data, and trends."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement.annotations import Reading
from agreement.errors import InputError
from agreement.guidelines import Guidelines, Section
from agreement.pipeline import audit
from agreement.records import Records, assemble
from agreement.report.rounds_text import changes_text
from agreement.report.tables import audit_to_dict
from agreement.rounds.changes import Change
from agreement.rounds.comparing import compare_rounds, rounds_within
from agreement.rounds.snapshots import hashed
from agreement.rounds.trends import course_of, trends
from agreement.settings import Settings
from agreement.uncertainty.influence import alpha, couples, kappa_mean, ratio
from agreement.units import units_from_matrix


def project(rng, n=300, *, slip=0.08, hard=0.25, sections=3, k=4, shares=None, annotators=3, start=0):
    """Return a frame of labels in which section s0 has *hard* more slips."""
    truth = rng.choice(k, n, p=shares)
    section = np.arange(n) % sections
    rows = []
    for who in range(annotators):
        miss = rng.random(n) < slip + hard * (section == 0)
        label = np.where(miss, (truth + rng.integers(1, k, n)) % k, truth)
        rows.append(
            pd.DataFrame(
                {
                    "item": [f"i{start + i}" for i in range(n)],
                    "annotator": f"A{who}",
                    "label": [f"L{x}" for x in label],
                    "section": [f"s{s}" for s in section],
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def annotations(frame):
    items = frame.drop_duplicates("item").set_index("item")
    columns = [name for name in ("item", "annotator", "label", "round") if name in frame]
    records = Records(
        frame[columns], Reading(rows_read=len(frame)), items=items[["section"]].assign(text="", cluster="")
    )
    return assemble(records, Settings())


def section_changes(comparison):
    return {c.section: c for c in comparison.by_section if c.measure == "percent_agreement.standardised"}


def test_kappa_mean_and_alpha_leave_out_each_unit_exactly():
    rng = np.random.default_rng(3)
    rows = [[str(x) for x in rng.integers(0, 3, 4)] for _ in range(12)]
    units = units_from_matrix(rows)
    distances = 1 - np.eye(3)
    whole = kappa_mean(couples(units), 12, distances)
    # the plain definition, pair by pair
    matrix = units.matrix()
    kappas = []
    for a in range(4):
        for b in range(a + 1, 4):
            table = np.histogram2d(matrix[:, a], matrix[:, b], bins=3, range=[[0, 3], [0, 3]])[0] / 12
            expected = table.sum(axis=1) @ table.sum(axis=0)
            kappas.append((np.trace(table) - expected) / (1 - expected))
    assert whole.value == pytest.approx(np.mean(kappas), abs=1e-12)
    found = alpha(units.item_counts(), distances)
    counts = units.item_counts()
    without = [alpha(np.delete(counts, u, axis=0), distances).value for u in range(12)]
    # the pseudo-unit moves the deviations a little; their order and size stay
    plain = found.value - np.array(without)
    assert np.corrcoef(plain, found.deviation)[0, 1] > 0.999
    assert found.deviation == pytest.approx(plain, abs=0.02)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=30))
def test_ratio_deviations_are_what_leaving_out_does(rows):
    of = np.array([max(a, b) for a, b in rows], dtype=float)
    hits = np.array([min(a, b) for a, b in rows], dtype=float)
    share = ratio(hits, of)
    if of.sum() == 0:
        assert share.value is None
        return
    assert share.value == pytest.approx(hits.sum() / of.sum())
    size = of.sum() / (of > 0).sum()
    left = (hits.sum() + size - hits) / (of.sum() + 2 * size - of)
    assert share.deviation == pytest.approx(share.centre - left)


def test_helpful_and_useless_revisions():
    """60 of 60 in the full simulation; here twelve seeds of each."""
    found = false = tested = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        before = project(rng)
        helped = compare_rounds(annotations(before), annotations(project(rng, hard=0.0, start=150)))[0]
        useless = compare_rounds(annotations(before), annotations(project(rng, start=150)))[0]
        found += section_changes(helped)["s0"].word == "better"
        others = [c for name, c in section_changes(helped).items() if name != "s0"]
        alarms = [*others, *section_changes(useless).values()]
        false += sum(c.word != "no clear change" for c in alarms)
        tested += len(alarms)
    assert found == 12
    assert false <= 0.05 * tested


def test_flags_name_the_revised_section_and_hardly_another():
    """Useless and helpful revisions, other items and the same again: see docs/gold-and-rounds.md for more of both."""
    found = false = 0
    for seed in range(6):
        for start in (0, 300):
            for hard in (0.25, 0.0):
                rng = np.random.default_rng([seed, start])
                frame = pd.concat(
                    [project(rng).assign(round="1"), project(rng, hard=hard, start=start).assign(round="2")]
                )
                flags = [f for f in audit(annotations(frame)).diagnosis.flags if f.rule == "round_change"]
                sure = {(f.subject.section, f.direction) for f in flags if f.verdict == "confirmed"}
                planted = {("s0", "better")} if hard == 0.0 else set()
                found, false = found + len(sure & planted), false + len(sure - planted)
    assert found >= 11
    assert false <= 1


def test_interval_of_the_difference_covers():
    covered, alarms, runs = 0, 0, 60
    for seed in range(runs):
        rng = np.random.default_rng(1000 + seed)
        before, after = (annotations(project(rng, n=150, hard=0.0, start=start)) for start in (0, 0))
        kappa = compare_rounds(before, after)[0].overall[0]
        covered += kappa.low <= 0 <= kappa.high
        alarms += kappa.word != "no clear change"
    assert covered / runs >= 0.90
    assert alarms / runs <= 0.10


def test_a_changed_label_mix_is_no_change_of_the_guideline():
    """An easy label that becomes frequent lifts percent agreement; at one label mix nothing changed."""

    def easy(rng, share, start):
        frame = project(rng, n=600, slip=0.0, hard=0.0, shares=[share, 1 - share, 0, 0], sections=1, start=start)
        wrong = (frame["label"].eq("L1")) & (rng.random(len(frame)) < 0.3)
        return annotations(frame.assign(label=frame["label"].where(~wrong, "L2")))

    rng = np.random.default_rng(5)
    changes = {c.measure: c for c in compare_rounds(easy(rng, 0.2, 0), easy(rng, 0.8, 600))[0].overall}
    assert changes["percent_agreement"].word == "better"
    assert changes["percent_agreement.standardised"].word == "no clear change"


def test_pairing_is_named_and_narrows_the_interval():
    rng = np.random.default_rng(2)
    frame = project(rng, n=200)
    again = frame.copy()
    flip = rng.random(len(again)) < 0.05
    again["label"] = again["label"].where(~flip, "L0")
    paired = compare_rounds(annotations(frame), annotations(again))[0]
    moved = again.assign(item="x" + again["item"])
    unpaired = compare_rounds(annotations(frame), annotations(moved))[0]
    partly = compare_rounds(annotations(frame), annotations(again.loc[again["item"].ne("i0")]))[0]
    assert [c.pairing for c in (paired, unpaired, partly)] == ["paired", "unpaired", "partly paired"]
    width = [c.overall[0].high - c.overall[0].low for c in (paired, unpaired)]
    assert width[0] < width[1]
    assert paired.n_both == 200


def test_documents_widen_the_interval():
    rng = np.random.default_rng(7)
    frame = project(rng, n=200, hard=0.0)
    whole = frame["item"].str[1:].astype(int) // 10
    # every second document is hard as a whole
    wrong = (whole % 2 == 0) & (rng.random(len(frame)) < 0.4)
    frame["label"] = frame["label"].where(~wrong, "L" + rng.integers(0, 4, len(frame)).astype(str).astype(object))
    items = frame.drop_duplicates("item").set_index("item")[["section"]]
    documents = ["d" + str(int(name[1:]) // 10) for name in items.index]
    after = annotations(project(rng, n=200, hard=0.0, start=900))
    results = []
    for clusters in ([""] * len(items), documents):
        table = items.assign(text="", cluster=clusters)
        records = Records(frame[["item", "annotator", "label"]], Reading(rows_read=len(frame)), items=table)
        results.append(compare_rounds(assemble(records, Settings()), after)[0])
    assert [r.clusters for r in results] == [0, 20]
    widths = [r.overall[0].high - r.overall[0].low for r in results]
    assert widths[1] > 1.2 * widths[0]


def test_other_annotators_are_left_out_and_named():
    rng = np.random.default_rng(1)
    before, after = project(rng, annotators=3), project(rng, annotators=4, start=400)
    comparison = compare_rounds(annotations(before), annotations(after))[0]
    assert comparison.annotators_used == ("A0", "A1", "A2")
    assert any("A3" in note for note in comparison.notes)


def test_json_without_the_data_gives_the_same_changes():
    rng = np.random.default_rng(9)
    before, after = annotations(project(rng)), annotations(project(rng, hard=0, start=100))
    kept = [json.loads(json.dumps(audit(part).to_dict(), default=str)) for part in (before, after)]
    direct, read = compare_rounds(before, after), compare_rounds(*kept)
    assert [c.to_dict() for c in direct] == [c.to_dict() for c in read]
    counts = [audit_to_dict(audit(part), counts_only=True) for part in (before, after)]
    bare = compare_rounds(*counts)[0]
    assert bare.pairing == "unpaired"
    assert bare.overall[0].difference == pytest.approx(direct[0].overall[0].difference)
    assert bare.overall[0].high - bare.overall[0].low > direct[0].overall[0].high - direct[0].overall[0].low
    assert any("pair counts" in note for note in bare.notes)


def test_hashes_are_those_that_audits_keep():
    profile = audit(annotations(project(np.random.default_rng(0)))).to_dict()["profiles"][0]
    assert hashed("i0") in profile["items"]


def test_broken_profiles_are_refused():
    with pytest.raises(InputError, match="profiles can't be read"):
        compare_rounds({"profiles": [{"kind": "category", "layer": "x"}]}, {"profiles": []})


def test_round_column_and_flag():
    rng = np.random.default_rng(4)
    frame = pd.concat(
        [project(rng).assign(round="round 2"), project(rng, hard=0.0, start=200).assign(round="round 10")]
    )
    both = annotations(frame)
    step = rounds_within(both)[0]
    assert (step.before, step.after) == ("round 2", "round 10")
    flags = [f for f in audit(both).diagnosis.flags if f.rule == "round_change"]
    assert [(f.subject.section, f.direction, f.verdict) for f in flags] == [("s0", "better", "confirmed")]
    assert flags[0].low > 0
    assert "s0" in changes_text(rounds_within(both), trends(both))


def test_word_and_interval_agree():
    rng = np.random.default_rng(12)
    comparison = compare_rounds(annotations(project(rng)), annotations(project(rng, hard=0.05, start=250)))[0]
    for change in (*comparison.overall, *comparison.by_label, *comparison.by_section, *comparison.by_pair):
        assert isinstance(change, Change)
        if change.difference is None:
            assert change.undefined
            continue
        assert change.low <= change.difference <= change.high
        assert (change.word == "no clear change") == (change.low <= 0 <= change.high)


def test_nothing_to_compare():
    one = annotations(project(np.random.default_rng(0)))
    other = annotations(project(np.random.default_rng(0)).assign(layer="x"))
    assert compare_rounds(one, {"profiles": []}) == ()
    assert rounds_within(other) == ()
    assert trends(one) == ()
    assert "Nothing to compare" in changes_text(())


def test_perfect_rounds_have_an_interval():
    rng = np.random.default_rng(0)
    perfect = [annotations(project(rng, n=60, slip=0, hard=0, start=start)) for start in (0, 60)]
    kappa = compare_rounds(*perfect)[0].overall[0]
    assert kappa.difference == 0
    assert kappa.low < 0 < kappa.high


def test_courses():
    """Six rounds, error .03: flat stays flat, a saw is unstable, +.02 a round mostly shows (diagnosis.md 6)."""
    rng = np.random.default_rng(0)
    error = np.full(6, 0.03)
    noise = rng.normal(0, 0.03, (400, 6))
    flat = [course_of(0.7 + e, error)[0] for e in noise]
    rising = [course_of(0.7 + 0.02 * np.arange(6) + e, error)[0] for e in noise]
    saw = [course_of(0.7 + 0.06 * (-1) ** np.arange(6) + e, error)[0] for e in noise]
    assert flat.count("flat") / 400 >= 0.90
    assert rising.count("improving") / 400 >= 0.70
    assert saw.count("unstable") / 400 >= 0.85


def test_trend_needs_four_rounds():
    rng = np.random.default_rng(6)
    frames = [
        project(rng, slip=s, hard=0, start=300 * r).assign(round=f"r{r}") for r, s in enumerate((0.3, 0.2, 0.12, 0.05))
    ]
    four, three = annotations(pd.concat(frames)), annotations(pd.concat(frames[:3]))
    assert {t.course for t in trends(four) if t.section is None} == {"improving"}
    assert {t.course for t in trends(three)} == {""}
    assert len(trends(four)[0].points) == 4


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_swapping_rounds_turns_signs(seed):
    rng = np.random.default_rng(seed)
    a, b = (annotations(project(rng, n=60, start=start)) for start in (0, 30))
    there, back = compare_rounds(a, b)[0], compare_rounds(b, a)[0]
    for one, other in zip(there.overall, back.overall, strict=True):
        if one.difference is not None:
            assert one.difference == pytest.approx(-other.difference)
            assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_revision_dates_part_the_rounds():
    rng = np.random.default_rng(8)
    frame = pd.concat([project(rng), project(rng, hard=0.0, start=300)], ignore_index=True)
    number = frame["item"].str[1:].astype(int)
    frame["time"] = ["2026-03-10T10:00:00" if n < 300 else "2026-04-02T09:00:00" for n in number]
    items = frame.drop_duplicates("item").set_index("item")[["section"]].assign(text="", cluster="")
    guide = Guidelines({"s0": Section("s0", "First", revised="2026-03-30")})
    records = Records(
        frame[["item", "annotator", "label", "time"]], Reading(rows_read=len(frame)), items=items, guidelines=guide
    )
    step = rounds_within(assemble(records, Settings()))[0]
    assert (step.before, step.after) == ("before 2026-03-30", "from 2026-03-30")
    assert section_changes(step)["s0"].word == "better"
    assert (step.n_before, step.n_after) == (300, 300)


def test_a_change_shows_the_items_behind_it():
    rng = np.random.default_rng(4)
    frame = pd.concat([project(rng).assign(round="1"), project(rng, hard=0.0, start=300).assign(round="2")])
    (flag,) = [f for f in audit(annotations(frame)).diagnosis.flags if f.rule == "round_change"]
    numbers = [int(example.item[1:]) for example in flag.examples]
    assert numbers
    assert all(number < 300 and number % 3 == 0 for number in numbers)  # disputes of s0 in the round before
    assert all(len(set(example.labels.values())) > 1 for example in flag.examples)


def test_rounds_without_a_common_label_are_refused():
    rng = np.random.default_rng(4)
    other = project(rng).assign(label=lambda frame: "M" + frame["label"])
    with pytest.raises(InputError, match="no label is in both"):
        compare_rounds(annotations(project(rng)), annotations(other))


def test_labels_are_one_family_whatever_measures_them():
    """With a family for each measure a label would have two chances of a false alarm."""
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        step = compare_rounds(annotations(project(rng, hard=0)), annotations(project(rng, hard=0, start=300)))[0]
        alarms += any(change.word in ("better", "worse") for change in step.by_label)
        assert len({change.confidence for change in step.by_label if change.p is not None}) == 1
    assert alarms <= 3


def test_one_unit_alone_has_no_change():
    # with a label on one item only and nothing shared with other labels, leaving it out leaves nothing: no value
    found = ratio(np.array([2.0, 0.0]), np.array([4.0, 0.0]), pseudo=0.0)
    assert (found.value, found.n) == (None, 0)
    assert ratio(np.array([2.0, 1.0]), np.array([4.0, 1.0]), pseudo=0.0).value == 3 / 5
