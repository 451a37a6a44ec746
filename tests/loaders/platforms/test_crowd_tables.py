MTURK = "HITId,AssignmentId,WorkerId,AssignmentStatus,SubmitTime,Reject,"


def test_mturk_one_item_per_hit_with_check_boxes(read, labels, statuses):
    head = MTURK + "Input.text,Answer.mood,Answer.topic.sport,Answer.topic.work\n"
    rows = "h1,a1,W1,Approved,t,,Some text,good,true,false\nh1,a2,W2,Rejected,t,spam,Some text,bad,true,true\n"
    found = read({"batch.csv": head + rows})
    assert labels(found, "topic") == {("h1", "W1"): ["sport"]}
    assert found.layers["topic"].kind == "labels"
    assert statuses(found, "mood") == {("h1", "W1"): "done", ("h1", "W2"): "rejected"}
    assert found.items.loc["h1", "text"] == "Some text"


def test_mturk_many_items_per_hit_by_number(read, labels):
    head = MTURK + "Input.pair_id_0,Input.pair_id_1,Input.kind,Answer.rating0,Answer.rating1,Answer.feedback\n"
    rows = "h1,a1,W1,Approved,t,,p5,p6,x,3,4,fine\nh2,a2,W2,Approved,t,,p6,p5,x,1,2,\n"
    found = read({"batch.csv": head + rows})
    assert labels(found, "rating") == {
        ("p5", "W1"): ["3"], ("p6", "W1"): ["4"], ("p6", "W2"): ["1"], ("p5", "W2"): ["2"],
    }  # fmt: skip
    assert found.reading.layout == "2 items per assignment, by numbered columns"


def test_mturk_forms(read, labels):
    form = '"[{""mood"":{""good"":true,""bad"":false},""why"":""so""}]"'
    rows = f"h1,a1,W1,Approved,t,,{form}\nh1,a2,W2,Approved,t,,{form}\n"
    found = read({"batch.csv": MTURK + "Answer.taskAnswers\n" + rows})
    assert labels(found, "mood")["h1", "W1"] == ["good"]


def test_toloka_control_tasks_and_statuses(read, labels, statuses):
    head = "INPUT:id\tINPUT:text\tOUTPUT:mood\tGOLDEN:mood\tASSIGNMENT:worker_id\tASSIGNMENT:status\n"
    rows = (
        "1\tSome text\tgood\t\tw1\tAPPROVED\n1\tSome text\tbad\t\tw2\tREJECTED\n2\tMore text\tbad\tbad\tw1\tAPPROVED\n"
        "3\tLast text\t\t\tw1\tEXPIRED\n3\tLast text\tgood\t\tw2\tSUBMITTED\n"
    )
    found = read({"pool.tsv": head + rows})
    assert labels(found, "mood") == {("1", "w1"): ["good"], ("3", "w2"): ["good"]}
    assert statuses(found, "mood") == {
        ("1", "w1"): "done", ("1", "w2"): "rejected", ("3", "w1"): "skipped", ("3", "w2"): "done",
    }  # fmt: skip
    assert found.reading.set_aside["control task (GOLDEN filled), which does not count"] == 1
