import json

import pytest

from agreement.errors import InputError


def answer(worker, content, time="2019-04-18T16:10:44Z"):
    return {"answerContent": content, "submissionTime": time, "workerId": f"public.us-east-1.{worker}"}


def picture(label):
    return {"crowd-image-classifier": {"label": label}}


def test_the_folder_is_the_item_and_the_worker_is_shortened(read, labels):
    found = read({
        "worker-response/iteration-1/36/2019-04-18_16:13:03.json": json.dumps(
            {"answers": [answer("AB", picture("Duck")), answer("CD", picture("Owl"))]}
        ),
        "worker-response/iteration-2/7/x.json": json.dumps({"answers": [answer("AB", picture("Owl"))]}),
    })  # fmt: skip
    assert labels(found, "crowd-image-classifier") == {
        ("36", "AB"): ["Duck"],
        ("36", "CD"): ["Owl"],
        ("7", "AB"): ["Owl"],
    }


def test_entities_labels_and_boxes(read, spans, labels):
    entities = {"crowd-entity-annotation": {"entities": [{"startOffset": 0, "endOffset": 4, "label": "ORG"}]}}
    several = {"topics": {"labels": ["a", "b"]}, "box": {"boundingBoxes": [{}]}}
    record = {
        "answers": [answer("AB", entities | several), answer("CD", {"crowd-entity-annotation": {"entities": []}})]
    }
    found = read({"w/iteration-1/3/x.json": json.dumps(record)})
    assert spans(found, "crowd-entity-annotation") == [("3", "AB", "ORG", 0, 4)]
    assert labels(found, "topics") == {("3", "AB"): ["a", "b"]}
    assert "box not audited: 1." in found.reading.warnings


def test_the_variant_for_a_consolidation_step(read, labels):
    record = [{
        "datasetObjectId": "12", "dataObject": {"content": "text"},
        "annotations": [
            {"workerId": f"w{who}", "annotationData": {"content": json.dumps({"mood": {"label": mood}})}}
            for who, mood in ((1, "good"), (2, "bad"))
        ],
    }]  # fmt: skip
    assert labels(read({"a.json": json.dumps(record)}), "mood") == {("12", "w1"): ["good"], ("12", "w2"): ["bad"]}


def test_a_manifest_is_refused_with_what_to_audit_instead(read):
    line = {"source-ref": "s3://x", "birds": 9, "birds-metadata": {"confidence": 0.95, "class-name": "Canary"}}
    with pytest.raises(InputError, match=r"consolidated labels.*worker-response"):
        read({"output.manifest": json.dumps(line) + "\n"})
