import json

import pytest

from agreement.errors import InputError

HEAD = "_unit_id,_created_at,_id,_golden,_tainted,_trust,_worker_id,_ip,_city,sentence,source,relation,comment"
HEAD += ",relation_gold\n"


def row(unit, worker, answer, golden="false", tainted="false", gold=""):
    shown = f'{unit},3/24/2016 17:57:02,9,{golden},{tainted},.9,{worker},10.0.0.1,Oslo,"A long sentence, {unit}",web'
    return f'{shown},"{answer}",hm,{gold}\n'


def test_answers_test_questions_and_tainted_judgments(read, labels, statuses):
    rows = [
        row(1, 7, "a"), row(1, 8, "b"), row(2, 7, "a\nb"), row(2, 8, "a", tainted="true"),
        row(3, 7, "a", golden="true", gold="a"),
    ]  # fmt: skip
    found = read({"full.csv": HEAD + "".join(rows)})
    assert found.layers["relation"].kind == "labels"
    assert labels(found, "relation")["2", "7"] == ["a", "b"]
    assert statuses(found, "relation")["2", "8"] == "rejected"
    assert found.reading.set_aside["test question (golden), which does not count"] == 1
    assert "remarks are not audited: comment." not in found.reading.warnings  # the gold column names the question
    assert found.items.loc["1", "text"] == "A long sentence, 1"


def test_no_address_and_no_place_is_kept(read):
    found = read({"full.csv": HEAD + row(1, 7, "a") + row(1, 8, "b")})
    assert "10.0.0.1" not in found.items.to_csv()
    assert "_city" not in found.items


def test_without_gold_columns_the_answer_is_what_differs(read, labels):
    head = HEAD.replace(",relation_gold", "")
    rows = [row(1, 7, "a").rstrip(",\n") + "\n", row(1, 8, "b").rstrip(",\n") + "\n"]
    assert labels(read({"full.csv": head + "".join(rows)}), "relation") == {("1", "7"): ["a"], ("1", "8"): ["b"]}


def test_nothing_that_differs_is_asked_about(read):
    head = HEAD.replace(",relation_gold", "")
    rows = [row(1, worker, "a").rstrip(",\n") + "\n" for worker in (7, 8)]
    with pytest.raises(InputError, match="Name the answer with --label"):
        read({"full.csv": head + "".join(rows)})


def unit(number, *judgments):
    return {
        "id": number, "data": {"tokens": ["Acme", "Corp", "in", "Oslo"]}, "judgments_count": 3, "state": "finalized",
        "results": {"judgments": [
            {"worker_id": who, "golden": False, "tainted": False, "created_at": "2014-10-20", "data": data, **more}
            for who, data, more in judgments
        ]},
    }  # fmt: skip


def test_numbers_of_tokens_become_spans_and_no_entities_is_empty(read, spans, statuses):
    job = unit(
        5, (1, {"answer": ["0", "1", "3"]}, {}), (2, {"noentities": "1"}, {}), (3, {"answer": ["3"]}, {"golden": True})
    )
    found = read({"job.json": json.dumps(job) + "\n"})
    assert spans(found, "answer") == [("5", "1", "answer", 0, 9), ("5", "1", "answer", 13, 17)]
    assert statuses(found, "answer") == {("5", "1"): "done", ("5", "2"): "empty"}
    assert found.reading.set_aside == {"test question (golden), which does not count": 1}


def test_plain_answers_in_a_job(read, labels):
    job = unit(5, (1, {"mood": "good"}, {}), (2, {"mood": "bad"}, {}))
    assert labels(read({"job.json": json.dumps(job) + "\n"}), "mood") == {("5", "1"): ["good"], ("5", "2"): ["bad"]}
