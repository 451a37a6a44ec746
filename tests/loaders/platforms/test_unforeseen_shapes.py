import json
from copy import deepcopy

import pytest

from agreement.errors import InputError

RESULT = {"id": "r", "type": "labels", "from_name": "ner", "value": {"start": 0, "end": 4, "labels": ["ORG"]}}
EXPORTS = {
    "label_studio.json": [{
        "id": 1, "data": {"text": "Acme"}, "predictions": [], "drafts": [{"user": 8}],
        "annotations": [{"completed_by": 5, "result": [RESULT]}, {"completed_by": 6, "result": []}],
    }],
    "prodigy.jsonl": [{
        "text": "Acme", "_input_hash": 1, "_task_hash": 2, "answer": "accept", "_annotator_id": "ana",
        "spans": [{"start": 0, "end": 4, "label": "ORG"}], "options": [{"id": "A"}], "accept": ["A"], "config": {},
    }],
    "doccano.jsonl": [{
        "id": 1, "text": "Acme", "Comments": [], "relations": [{"id": 1}],
        "entities": [{"label": "ORG", "start_offset": 0, "end_offset": 4}],
    }],
    "records.jsonl": [{"id": 1, "text": "Acme", "annotations": {"ana": [[0, 4, "ORG"]], "ben": []}}],
    "labelbox.ndjson": [{
        "data_row": {"id": "d", "row_data": "Acme"},
        "projects": {"p": {"labels": [{
            "label_details": {"created_by": "ana"}, "performance_details": {"skipped": False},
            "annotations": {
                "objects": [{"name": "ORG", "location": {"start": 0, "end": 3}}],
                "classifications": [{"name": "t", "radio_answer": {"name": "g"}}],
            },
        }]}},
    }],
}  # fmt: skip
STRANGE = (1.5, [1])


def places(value, path=()):
    if path:
        yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


@pytest.mark.parametrize("name", EXPORTS)
def test_a_record_of_any_other_shape_is_read_or_refused_but_never_crashes(read, name):
    messages = []
    for path in list(places(EXPORTS[name]))[1:]:
        for strange in STRANGE:
            export = deepcopy(EXPORTS[name])
            inner = export
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = strange
            text = json.dumps(export) if name.endswith(".json") else "\n".join(map(json.dumps, export))
            try:
                read({name: text})
            except InputError as error:
                messages.append(str(error))
    assert messages
    assert all(name in message or message.startswith("input") for message in messages)
