import json

import pytest

from agreement.errors import InputError


def label(who, *objects, classifications=(), skipped=False, kind="Default"):
    return {
        "label_kind": kind, "label_details": {"created_by": who, "created_at": "2024-01-01T00:00:00Z"},
        "performance_details": {"skipped": skipped},
        "annotations": {"objects": list(objects), "classifications": list(classifications), "relationships": []},
    }  # fmt: skip


def entity(start, end, token):
    return {"name": "ORG", "location": {"start": start, "end": end, "token": token}}


def row(*labels):
    return {
        "data_row": {"id": "d1", "global_key": "k1", "row_data": "Acme in Oslo"},
        "projects": {"p": {"labels": list(labels)}},
    }


def test_ends_are_inclusive(read, lines, spans, statuses):
    found = read({"a.ndjson": lines([row(label("ana@x.example", entity(0, 3, "Acme")), label("ben@x.example"))])})
    assert spans(found, "entities") == [("k1", "ana", "ORG", 0, 4)]
    assert statuses(found, "entities")["k1", "ben"] == "empty"


def test_exclusive_ends_are_found_out_by_the_token(read, lines, spans):
    found = read({"a.ndjson": lines([row(label("ana", entity(0, 4, "Acme")), label("ben", entity(8, 12, "Oslo")))])})
    assert [span[3:] for span in spans(found, "entities")] == [(0, 4), (8, 12)]


def test_classifications_skips_and_benchmarks(read, lines, labels, statuses):
    radio = {"name": "tone", "radio_answer": {"name": "good"}}
    several = {"name": "topics", "checklist_answers": [{"name": "a"}, {"name": "b"}]}
    export = lines([row(
        label("ana", classifications=[radio, several]), label("ben", skipped=True),
        label("cleo", classifications=[radio], kind="Benchmark"),
    )])  # fmt: skip
    found = read({"a.ndjson": export})
    assert labels(found, "topics") == {("k1", "ana"): ["a", "b"]}
    assert statuses(found, "tone") == {("k1", "ana"): "done", ("k1", "ben"): "skipped", ("k1", "cleo"): "done"}
    assert found.reading.gold_candidates == ["benchmark"]
    assert read({"a.ndjson": export}, columns={"gold": "benchmark"}).of_kind("gold") == ("benchmark",)


def test_an_export_without_details_is_refused(read, lines):
    bare = {**label("ana", entity(0, 3, "Acme"))}
    del bare["label_details"]
    with pytest.raises(InputError, match=r"does not say who made each label.*label_details"):
        read({"a.ndjson": lines([row(bare)])})


def test_a_file_cut_off_names_the_line(read, lines):
    whole = lines([row(label("ana", entity(0, 3, "Acme")))])
    with pytest.raises(InputError, match=r"^a\.ndjson!2: is not valid JSON"):
        read({"a.ndjson": whole + json.dumps(row())[:40]})
