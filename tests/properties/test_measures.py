"""What every measure must do with any table: roles, names and unused labels change nothing that they should not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agreement.counts import collapse, contingency, margins
from agreement.measures import measures
from agreement.scores import Reason
from agreement.units import units_from_matrix

tables = st.integers(2, 5).flatmap(lambda k: arrays(np.int64, (k, k), elements=st.integers(0, 12)))
nominal = [
    m
    for m in measures().values()
    if m.takes == "contingency"
    and not m.needs_order
    and not m.binary
    and not m.name.startswith(("kappa_mean", "light"))
]
SETS = ("brennan_prediger", "bennett_s", "randolph_kappa", "gwet_ac1", "pabak")  # these count labels that nobody used


def same(one, other):
    assert [str(reason) for reason in np.atleast_1d(one.reason)] == [
        str(reason) for reason in np.atleast_1d(other.reason)
    ]
    assert one.value == pytest.approx(other.value, nan_ok=True)


@settings(max_examples=60)
@given(tables)
def test_roles_names_and_unused_labels(table):
    k = len(table)
    order = np.arange(k)[::-1]
    wider = np.zeros((k + 1, k + 1), dtype=np.int64)
    wider[:k, :k] = table
    for measure in nominal:
        scores = measure.compute(table)
        if measure.symmetric:
            same(measure.compute(table.T), scores)
        same(measure.compute(table[order][:, order]), scores)
        if measure.name not in SETS:
            same(measure.compute(wider), scores)
        if scores.reason.item() == Reason.DEFINED:
            assert measure.range[0] - 1e-9 <= scores.value <= measure.range[1] + 1e-9
            if scores.observed is not None and scores.expected is not None:
                assert scores.value == pytest.approx((scores.observed - scores.expected) / (1 - scores.expected))


@settings(max_examples=60)
@given(tables)
def test_roles_exchange_precision_and_recall_and_leave_f1(table):
    here, there = collapse(table), collapse(table.T)
    assert measures()["precision"].compute(here).value == pytest.approx(
        measures()["recall"].compute(there).value, nan_ok=True
    )
    same(measures()["f1"].compute(here), measures()["f1"].compute(there))
    same(measures()["precision_macro"].compute(table), measures()["recall_macro"].compute(table.T))


@settings(max_examples=60)
@given(tables, st.integers(2, 5))
def test_stacks_give_what_single_tables_give_and_copies_change_nothing(table, times):
    for measure in nominal:
        stacked = measure.compute(np.stack([table, table.T]))
        assert stacked.value[0] == pytest.approx(measure.compute(table).value, nan_ok=True)
        assert measure.compute(table * times).value == pytest.approx(measure.compute(table).value, nan_ok=True)


@settings(max_examples=60)
@given(tables)
def test_kappa_never_exceeds_its_maximum(table):
    kappa, most = (measures()[name].compute(table) for name in ("cohen_kappa", "cohen_kappa_max"))
    if kappa.reason.item() == Reason.DEFINED:
        assert kappa.value <= most.value + 1e-9


@settings(max_examples=40)
@given(st.lists(st.lists(st.sampled_from([None, "a", "b", "c"]), min_size=12, max_size=12), min_size=1, max_size=12))
def test_margins_of_many_pairs_are_those_of_their_tables(rows):
    units = units_from_matrix(rows, ("a",) if not any(any(row) for row in rows) else ("a", "b", "c"))
    fast, slow = margins(units), contingency(units).margins()
    for name in ("both", "reference", "other"):
        assert (getattr(fast, name) == getattr(slow, name)).all()
