"""Too many of anything: each ends in one sentence, or in memory that does not grow with the square."""

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from agreement import detect, implausible
from agreement.errors import InputError
from agreement.intervals import cell_values
from agreement.loaders import _cells, load, load_frame
from agreement.measures import measures
from agreement.settings import Settings
from agreement.slices import slices


def frame(items: int, **columns: str) -> pd.DataFrame:
    """Return three annotators' labels of *items*; each of *columns* is a format of the item's number."""
    rows = [
        {"item": f"i{item}", "annotator": who, "label": "xyz"[item % 3]}
        | {name: text.format(item) for name, text in columns.items()}
        for item in range(items)
        for who in "abc"
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("what", "most"), [("layer", 500), ("round", 1000)])
def test_too_many_layers_and_rounds_are_refused(what: str, most: int) -> None:
    with pytest.raises(InputError, match=rf"{what}s: {most + 1:,} {what}s \('q0', .* at most {most:,} are compared"):
        load_frame(frame(most + 1, **{what: "q{}"}))


def test_too_many_labels_are_refused_and_text_may_be_declared() -> None:
    many = frame(2001, label="L{}")
    with pytest.raises(InputError, match="layer label: 2,001 different labels; at most 2,000 are compared"):
        load_frame(many)
    answers = Settings.from_mapping({"layers": {"label": {"kind": "answer"}}})
    assert load_frame(many, answers).layers["label"].kind == "answer"


def test_a_section_for_each_item_is_none() -> None:
    found = load_frame(frame(1001, section="s{}"))
    assert set(found.items["section"]) == {""}
    assert any("1,001 different sections" in warning for warning in found.reading.warnings)
    assert load_frame(frame(1000, section="s{}")).items["section"].nunique() == 1000


def test_too_many_annotators_are_refused() -> None:
    rows = [(f"i{item}", f"w{who}", "x") for item in range(2) for who in range(implausible.MOST_ANNOTATORS + 1)]
    with pytest.raises(InputError, match=r"5,001 annotators .* at most 5,000 can be compared"):
        load_frame(pd.DataFrame(rows, columns=["item", "annotator", "label"]))


def test_pairs_are_counted_a_few_annotators_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    given = np.random.default_rng(1).random((60, 23)) < 0.3
    shared = (given.T.astype(int) @ given.astype(int))[np.triu_indices(23, 1)]
    for most in (1, 70, 1 << 22):
        monkeypatch.setattr(detect, "MOST_CELLS", most)
        times = detect._pairs_by_shared_items(sparse.csr_matrix(given.astype(np.int32)))
        assert times.tolist() == np.bincount(shared, minlength=61).tolist()
        assert detect._median(times) == int(np.median(shared))


def test_detect_needs_no_table_of_all_pairs() -> None:
    rows = [(f"i{(who + step) % 2500}", f"w{who}", "xy"[step]) for who in range(5000) for step in (0, 1)]
    found = load_frame(pd.DataFrame(rows, columns=["item", "annotator", "label"]))
    tracemalloc.start()
    assert "12,497,500 pairs share 0 to 2 items" in detect.describe(found)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6  # a table of all pairs takes 200 MB


@pytest.mark.parametrize("name", ["wide.csv", "wide.json"])
def test_more_columns_than_a_spreadsheet_has_are_refused(tmp_path: Path, name: str) -> None:
    cells = {f"c{number}": "x" for number in range(16_385)}
    text = json.dumps([cells, cells]) if name.endswith("json") else ",".join(cells) + "\n" + ",".join(cells.values())
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match="has 16,385 columns; at most 16,384 are read, as in a spreadsheet"):
        load(tmp_path / name)


def test_columns_that_share_nothing_are_not_compared_all_with_all(tmp_path: Path) -> None:
    names = [f"q{number}" for number in range(300)]
    rows = [",".join(["item", *names])]
    rows += [",".join([str(row), *(f"{name}{row % 3}" for name in names)]) for row in range(9)]
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    with patch.object(_cells, "same_question", wraps=_cells.same_question) as asked, pytest.raises(InputError):
        load(tmp_path / "labels.csv")
    assert asked.call_count < 10 * len(names)


def test_units_are_taken_out_of_cells_that_hold_any() -> None:
    """Twelve people and 52 labels with paths took 25 s, for a table of its own for each of 2,704 cells of 66 pairs."""
    weighted, tables = measures()["cohen_kappa.linear"], []

    def counted(stack):
        tables.append(len(stack))
        return weighted.compute(stack)

    full = np.zeros((2, 50, 50))
    full[0, [3, 4, 5], [3, 4, 6]], full[1, 7, [7, 8]] = 2.5, 1.5
    without, centre = cell_values(replace(weighted, compute=counted, without=None), full)
    assert sum(tables) == 2 + 5
    assert np.array_equal(without[:, 0, 0], centre)
    fewer = full[0].copy()
    fewer[5, 6] -= 1
    assert without[0, 5, 6] == weighted.compute(fewer[None]).value[0]


def test_tokens_of_conll_take_few_bytes_for_each_byte(tmp_path: Path) -> None:
    """A text of its own for each cell, and a pair of numbers for each token, took 66."""
    lines = [
        f"{('on', 'the', 'way', 'to', f'word{at}')[at % 5]} {'O' if at % 7 else 'B-X'} O O" + "\n" * (at % 20 == 0)
        for at in range(30_000)
    ]
    path = tmp_path / "a.conll"
    path.write_text("\n".join(lines))
    load(path)  # what is loaded with the loader does not count
    tracemalloc.start()
    load(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * path.stat().st_size


def test_slices_are_judged_one_after_the_other() -> None:
    """Each slice holds a copy of all items that are not in it; a hundred of them at once were 2 GB."""
    settings = Settings.from_mapping({"report": {"by": ["source"]}, "measures": {"min_pair_items": 1}})
    few, many = (
        load_frame(frame(1_000).assign(source=lambda rows, n=n: rows["item"].str[1:].astype(int).mod(n)), settings)
        for n in (2, 100)
    )

    def peak(annotations) -> int:
        tracemalloc.start()
        slices(annotations, settings)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(few)  # what is loaded on the way does not count
    assert peak(many) < 1.5 * peak(few) + 2e6
