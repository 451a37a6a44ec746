"""All that JSON says of random tables of few annotators is what it says of the same labels in memory."""

import numpy as np
import pandas as pd
import pytest

from agreement import Settings, audit
from agreement.loaders import load_frame
from agreement.warehouse import audit_warehouse, distinct

pytest.importorskip("ibis")
pytest.importorskip("duckdb")

pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
]

# where labels came from; what is listed; and what finding lists in a column says of the settings
OF_THE_INPUT = {
    "origin", "files", "format", "left_out", "report_id", "source_sha256", "profiles", "settings", "signature",
}  # fmt: skip


def table(rng, kind):
    """Return labels of a random project with sections, documents, rounds and texts, or without, and its settings."""
    items, people, labels = (int(rng.integers(*limits)) for limits in ((60, 300), (2, 8), (2, 6)))
    each = int(rng.integers(2, people + 1))
    item = np.repeat(np.arange(items), each)
    who = np.argsort(rng.random((items, people)), axis=1)[:, :each].ravel()
    there = rng.random(len(item)) > rng.choice([0.0, 0.2])
    item, who = item[there], who[there]
    truth, slips = rng.integers(labels, size=items)[item], rng.random(len(item)) < (rng.random(people) * 0.5)[who]
    given = np.where(slips, rng.integers(labels, size=len(item)), truth)
    frame = pd.DataFrame({
        "item": pd.Series(item).astype(str), "annotator": [f"a{one}" for one in who],
        "label": [f"l{one}" for one in given],
    })  # fmt: skip
    chosen = {"annotators": {"ignore": ["a0"] if people > 3 and rng.random() < 0.3 else []}}
    if rng.random() < 0.6:
        frame["section"] = np.where(item % 5 > 0, [f"s{one // 3 % 4}" for one in item], "")
    if rng.random() < 0.6:
        many = int(rng.choice([5, 12, 25, 60]))
        frame["document"] = np.where(item % 4 > 0, [f"d{one % many} of {one // 3 % 4}" for one in item], "")
    if rng.random() < 0.6:
        frame["round"] = [f"r{one * 3 // items}" for one in item]
        again = frame.loc[(item % 4 == 0)].assign(round="r9")
        frame = pd.concat([frame, again.assign(label=again["label"].where(rng.random(len(again)) > 0.2, "l0"))])
    if rng.random() < 0.5:
        frame["text"] = "text of " + frame["item"]
    if kind == "ordinal":
        chosen["labels"] = {"order": [f"l{one}" for one in range(labels)]}
    if kind == "labels":
        frame["label"] = [[] if rng.random() < 0.05 else sorted({one, "l0"}) for one in frame["label"]]
    columns = {name: name for name in ("section", "document", "round", "text") if name in frame}
    return frame.reset_index(drop=True), Settings.from_mapping({**chosen, "columns": columns})


def told(value, number=float):
    """Return *value* of JSON without what differs between a file and a table, and what *number* makes of numbers."""
    if isinstance(value, dict):
        return {name: told(part, number) for name, part in value.items() if name not in OF_THE_INPUT}
    if isinstance(value, list | tuple):
        return [told(part, number) for part in value]
    return number(value) if isinstance(value, float) else value


def nearly(value):
    """Return what equals a number to nine digits."""
    return pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("kind", ["category", "ordinal", "labels"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_tables_are_told_as_in_memory(tmp_path, monkeypatch, kind, seed):
    frame, settings = table(np.random.default_rng(seed), kind)
    frame.to_parquet(tmp_path / "labels.parquet")
    expected = told(audit(load_frame(frame, settings), settings).to_dict(), nearly)
    assert expected == told(audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings).to_dict())
    monkeypatch.setattr(distinct, "MOST_NAMED", 20)  # and most items are counted only
    found = audit_warehouse(str(tmp_path / "labels.parquet"), settings=settings)
    document = told(found.to_dict())
    assert found.annotations.totals is not None
    for part in (expected, document):
        del part["items"]  # are cut
        for flag in part["flags"]:
            del flag["examples"][1:]  # of equal items the first ones are known
    assert expected == document
