import json


def test_argilla_2(read, spans, labels, statuses):
    span = [{"start": 0, "end": 4, "label": "ORG"}]
    record = {
        "id": "7", "fields": {"text": "Acme in Oslo"}, "metadata": {"source": "web"},
        "responses": {
            "tone": [{"value": "pos", "user_id": "u1"}, {"value": "neg", "user_id": "u2", "status": "draft"}],
            "topics": [{"value": ["a", "b"], "user_id": "u1"}, {"value": [], "user_id": "u2"}],
            "names": [{"value": span, "user_id": "u1"}, {"value": [], "user_id": "u2"}],
        },
        "suggestions": {"tone": {"value": "pos", "agent": "model-x", "score": 0.7}},
    }  # fmt: skip
    found = read({"a.json": json.dumps([record])})
    assert labels(found, "tone") == {("7", "u1"): ["pos"]}
    assert statuses(found, "tone")["7", "u2"] == "draft"
    assert statuses(found, "topics") == {("7", "u1"): "done", ("7", "u2"): "empty"}
    assert spans(found, "names") == [("7", "u1", "ORG", 0, 4)]
    assert any(note.startswith("suggestions not read: 1") for note in found.reading.warnings)
    asked = read({"a.json": json.dumps([record])}, reading={"predictions": True})
    assert asked.of_kind("model") == ("model-x",)


def test_argilla_1(read, labels, statuses):
    responses = [
        {"user_id": "u1", "values": {"tone": {"value": "pos"}}, "status": "submitted"},
        {"user_id": "u2", "values": {"tone": {"value": "neg"}}, "status": "discarded"},
    ]
    found = read({"a.jsonl": json.dumps({"fields": {"text": "Acme"}, "responses": responses}) + "\n"})
    assert labels(found, "tone") == {("1", "u1"): ["pos"]}
    assert statuses(found, "tone")["1", "u2"] == "skipped"


def state(who, values):
    return json.dumps({"user_id": who, "instance_id_to_label_to_value": values})


def test_potato_pairs_and_nested_objects(read, labels):
    pairs = {"r1": [[{"schema": "mood", "name": "good"}, "true"], [{"schema": "topics", "name": "a"}, "1"]]}
    nested = {"r1": {"mood": {"bad": "true", "good": "false"}, "topics": {"a": "true", "b": "b"}}}
    found = read({"out/ana/user_state.json": state("ana", pairs), "out/ben/user_state.json": state("ben", nested)})
    assert labels(found, "mood") == {("r1", "ana"): ["good"], ("r1", "ben"): ["bad"]}
    assert labels(found, "topics") == {("r1", "ana"): ["a"], ("r1", "ben"): ["a", "b"]}
