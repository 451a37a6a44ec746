import json

import pytest

from agreement.errors import InputError

TEXT = "Acme opened in Oslo"


def region(start, end, label, text=None, **more):
    value = {"start": start, "end": end, "labels": [label]} | ({} if text is None else {"text": text})
    return {"id": f"r{start}-{end}", "type": "labels", "from_name": "ner", "to_name": "text", "value": value, **more}


def answer(kind, name, value):
    return {"id": f"c-{name}", "type": kind, "from_name": name, "to_name": "text", "value": {kind: value}}


def annotation(who, *results, **more):
    return {
        "completed_by": who, "result": list(results), "was_cancelled": False, "ground_truth": False,
        "updated_at": "2024-05-02T09:00:00Z", **more,
    }  # fmt: skip


def task(*annotations, number=1, text=TEXT, **more):
    return {"id": number, "data": {"text": text}, "annotations": list(annotations), "predictions": [], **more}


def test_each_control_is_a_layer_of_its_kind(read, spans, labels):
    mine = (
        region(0, 4, "ORG", "Acme"), answer("choices", "tone", ["neutral"]), answer("choices", "topics", ["a", "b"]),
        answer("taxonomy", "field", [["A", "B"], ["C"]]), answer("rating", "stars", 4), answer("number", "size", 2.5),
        {"type": "textarea", "from_name": "why", "value": {"text": ["because"]}},
    )  # fmt: skip
    found = read({"a.json": json.dumps([task(annotation(5, *mine), annotation(6, *mine))])})
    assert {name: layer.kind for name, layer in found.layers.items()} == {
        "ner": "spans", "tone": "category", "topics": "labels", "field": "labels", "stars": "ordinal",
        "size": "number", "why": "answer",
    }  # fmt: skip
    assert spans(found, "ner") == [("1", "5", "ORG", 0, 4), ("1", "6", "ORG", 0, 4)]
    assert labels(found, "field")["1", "5"] == ["A > B", "C"]
    assert found.layers["stars"].labels == ("1", "2", "3", "4")


def test_utf16_offsets_become_code_points(read, spans):
    text = "😀😀 Acme in Oslo 😀"
    found = read({"a.json": json.dumps([task(annotation(5, region(5, 9, "ORG", "Acme")), annotation(6), text=text)])})
    assert spans(found, "ner") == [("1", "5", "ORG", 3, 7)]
    assert found.reading.repairs == {"offset in UTF-16 units converted to code points": 1}


def test_code_points_in_a_utf16_format_are_found_out(read, spans):
    found = read({
        "a.json": json.dumps([task(annotation(5, region(2, 6, "ORG", "Acme")), annotation(6), text="😀 Acme")])
    })  # fmt: skip
    assert spans(found, "ner") == [("1", "5", "ORG", 2, 6)]


def test_a_covered_text_that_differs_is_counted_and_the_offsets_hold(read, spans):
    found = read({
        "a.json": json.dumps([task(annotation(5, region(0, 4, "ORG", "Acne")), annotation(6))])
    })  # fmt: skip
    assert spans(found, "ner")[0] == ("1", "5", "ORG", 0, 4)
    assert any(note.startswith("1 spans cover other text than the export says") for note in found.reading.warnings)


def test_cancelled_empty_and_draft_are_three_things(read, statuses):
    export = [
        task(
            annotation(5, region(0, 4, "ORG")), annotation(6), annotation(7, was_cancelled=True),
            drafts=[{"user": 8, "result": []}, {"user": 5, "result": []}],
        )
    ]  # fmt: skip
    found = read({"a.json": json.dumps(export)})
    assert statuses(found, "ner") == {
        ("1", "5"): "done", ("1", "6"): "empty", ("1", "7"): "skipped", ("1", "8"): "draft"
    }  # fmt: skip
    assert "drafts beside a submitted annotation not audited: 1." in found.reading.warnings


def test_ground_truth_stays_the_annotators_unless_asked_for(read):
    export = json.dumps(
        [task(annotation(5, region(0, 4, "ORG"), ground_truth=True), annotation(6, region(0, 4, "ORG")))]
    )
    found, asked = read({"a.json": export}), read({"a.json": export}, columns={"gold": "ground_truth"})
    assert found.reading.gold_candidates == ["ground_truth"]
    assert found.compared == ("5", "6")
    assert asked.compared == ("6",)
    assert asked.of_kind("gold") == ("ground_truth",)


def test_predictions_are_counted_and_read_only_on_request(read):
    export = json.dumps([
        task(
            annotation(5, region(0, 4, "ORG")), annotation(6),
            predictions=[{"model_version": "m1", "result": [region(0, 4, "ORG")]}],
        )
    ])  # fmt: skip
    assert read({"a.json": export}).compared == ("5", "6")
    asked = read({"a.json": export}, reading={"predictions": True})
    assert asked.of_kind("model") == ("m1",)


def test_numbers_and_objects_name_one_annotator_without_the_address(read):
    ana = {"id": 5, "email": "ana@x.example", "first_name": "", "last_name": ""}
    export = [
        task(annotation(ana, region(0, 4, "ORG")), annotation(6), number=1),
        task(annotation(5, region(0, 4, "ORG")), annotation(6), number=2),
    ]
    found = read({"a.json": json.dumps(export)})
    assert found.compared == ("6", "ana")
    assert "@" not in " ".join(found.reading.warnings)


def test_the_latest_of_two_annotations_by_one_annotator_counts(read, spans):
    twice = task(
        annotation(5, region(0, 4, "NEW"), updated_at="2024-05-03T09:00:00Z"), annotation(5, region(0, 4, "OLD")),
        annotation(6),
    )  # fmt: skip
    found = read({"a.json": json.dumps([twice])})
    assert spans(found, "ner") == [("1", "5", "NEW", 0, 4)]
    assert sum(found.reading.set_aside.values()) == 1
    assert len(found.repeats) == 2


def test_the_first_of_two_annotations_is_the_earlier_one_wherever_it_stands(read, spans):
    late = annotation(5, region(0, 4, "LATE"), updated_at="2024-05-03T09:00:00Z")
    early = annotation(5, region(0, 4, "EARLY"), updated_at="2024-05-02T09:00:00Z")
    export = json.dumps([task(late, early, annotation(6))])
    assert spans(read({"a.json": export}, reading={"duplicates": "first"}), "ner") == [("1", "5", "EARLY", 0, 4)]
    assert spans(read({"a.json": export}), "ner") == [("1", "5", "LATE", 0, 4)]


def test_what_is_not_audited_is_counted_by_name(read):
    relation = {"type": "relation", "from_id": "a", "to_id": "b"}
    box = {"type": "rectanglelabels", "id": "x", "value": {"x": 1, "rectanglelabels": ["Car"]}}
    regional = {"id": "r0-4", "type": "choices", "from_name": "sure", "value": {"choices": ["yes"]}}
    found = read({
        "a.json": json.dumps([task(annotation(5, region(0, 4, "ORG"), relation, box, regional), annotation(6))])
    })  # fmt: skip
    assert {
        "relations not audited: 1.",
        "rectanglelabels not audited: 1.",
        "choices of single regions not audited: 1.",
    } <= set(found.reading.warnings)


def test_old_key_names(read, spans):
    old = {"id": 1, "data": {"text": TEXT}, "completions": [{"completed_by": 1, "result": [region(0, 4, "ORG")]}]}
    assert spans(read({"a.json": json.dumps([old])}), "ner") == [("1", "1", "ORG", 0, 4)]


def test_regions_without_offsets_are_compared_as_label_sets(read, labels):
    bare = {"type": "labels", "from_name": "ner", "value": {"text": "achoo", "labels": ["A", "B"]}}
    found = read({"a.json": json.dumps([task(annotation(5, bare, bare), annotation(6))])})
    assert found.layers["ner"].kind == "labels"
    assert labels(found, "ner") == {("1", "5"): ["A", "B"]}
    assert any("which labels an item has was compared, not where" in note for note in found.reading.warnings)


def test_some_regions_without_offsets_and_pictures_are_refused_with_reason(read):
    bare = {"type": "labels", "from_name": "ner", "value": {"labels": ["A"]}}
    with pytest.raises(InputError, match="2 labelled regions lack start and end"):
        read({"a.json": json.dumps([task(annotation(5, bare, region(0, 4, "A")), annotation(6, bare))])})
    box = {"type": "rectanglelabels", "id": "x", "value": {"x": 1, "rectanglelabels": ["Car"]}}
    with pytest.raises(InputError, match="holds rectanglelabels; audited are text spans"):
        read({"b.json": json.dumps([task(annotation(5, box), annotation(6, box))])})


def test_a_file_cut_off_is_refused(read):
    with pytest.raises(InputError, match=r"a\.json: is not valid JSON .* cut off"):
        read({"a.json": json.dumps([task(annotation(5, region(0, 4, "ORG")))])[:-30]})


def test_a_surrogate_half_does_not_stop_the_rest(read, spans):
    whole = json.dumps([task(annotation(5, region(0, 4, "ORG")), annotation(6), text="Acme \ud83d")])
    assert spans(read({"a.json": whole}), "ner") == [("1", "5", "ORG", 0, 4)]


def short(item, annotator, ner, tone, number):
    return {
        "text": TEXT, "id": item, "source": "web", "ner": ner, "tone": tone, "annotator": annotator,
        "annotation_id": number, "updated_at": "2024-01-01T00:00:00Z", "lead_time": 1.5,
    }  # fmt: skip


SHORT = [
    short(1, "ana@x.example", [{"start": 0, "end": 4, "text": "Acme", "labels": ["ORG"]}], "good", 1),
    short(1, "ben@x.example", "", "bad", 2),
    short(
        2,
        "ana@x.example",
        [{"start": 15, "end": 19, "text": "Oslo", "labels": ["LOC"]}],
        {"choices": ["good", "bad"]},
        3,
    ),
]


def test_json_min_keeps_the_annotator(read, spans, labels, statuses):
    found = read({"a.json": json.dumps(SHORT)})
    assert spans(found, "ner") == [("1", "ana", "ORG", 0, 4), ("2", "ana", "LOC", 15, 19)]
    assert statuses(found, "ner")["1", "ben"] == "empty"
    assert labels(found, "tone") == {("1", "ana"): ["good"], ("1", "ben"): ["bad"], ("2", "ana"): ["bad", "good"]}
    assert found.items["text"].tolist() == [TEXT, TEXT]


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_csv_and_tsv(read, spans, labels, delimiter):
    def cell(value):
        text = value if isinstance(value, str) else json.dumps(value)
        return '"' + text.replace('"', '""') + '"'

    rows = [delimiter.join(SHORT[0])] + [delimiter.join(map(cell, record.values())) for record in SHORT]
    found = read({"a.csv": "\n".join(rows) + "\n"})
    assert spans(found, "ner") == [("1", "ana", "ORG", 0, 4), ("2", "ana", "LOC", 15, 19)]
    assert labels(found, "tone")["1", "ben"] == ["bad"]


def test_json_min_asks_which_column_is_the_answer_when_all_agree(read, labels):
    plain = [
        {"id": item, **short(item, who, "", "good" if item < 3 else "bad", 1), "ner": "x"}
        for item in (1, 2, 3, 4)
        for who in "ab"
    ]
    with pytest.raises(InputError, match="Name the column of the answer with --label"):
        read({"a.json": json.dumps(plain)})
    assert labels(read({"a.json": json.dumps(plain)}, columns={"label": ["tone"]}), "tone")["4", "b"] == ["bad"]


@pytest.mark.parametrize("renamed", [{}, {"_data_tone": "loud"}])
def test_an_answer_all_agree_on_is_known_by_its_place_or_by_the_data_renamed_for_it(read, renamed):
    plain = [
        renamed | short(item, who, "", "good" if item < 3 else "bad", 1) | {"ner": "x"}
        for item in (1, 2, 3, 4)
        for who in "ab"
    ]
    assert list(read({"a.json": json.dumps(plain)}).layers) == ["tone"]


def test_json_min_objects_of_every_control(read, labels):
    def record(item, who, **answers):
        return {"text": f"text {item}", "id": item, **answers, "annotator": who, "annotation_id": 1, "lead_time": 1.0}

    rows = [
        record(
            item, who, field=[{"taxonomy": [["A"], ["A", "B"]]}], stars=[{"rating": 2}], size=[{"number": item}],
            why={"text": ["one", "two"]}, better=[{"selected": "left"}], box=[{"x": 1, "rectanglelabels": ["Car"]}],
        )
        for item in (1, 2)
        for who in ("ana", "ben")
    ]  # fmt: skip
    found = read({"a.json": json.dumps(rows)})
    assert {name: layer.kind for name, layer in found.layers.items()} == {
        "field": "labels", "stars": "ordinal", "size": "number", "why": "answer", "better": "category",
    }  # fmt: skip
    assert found.layers["stars"].labels == ("1", "2")
    assert labels(found, "field")["1", "ana"] == ["A", "A > B"]
    assert labels(found, "why")["2", "ben"] == ["one\ntwo"]
    assert "box not audited: it holds answers about pictures." in found.reading.warnings


def test_a_key_section_of_the_data_is_the_section_of_the_item(read):
    given = task(annotation(1, region(0, 4, "ORG")), annotation(2, region(0, 4, "ORG")))
    found = read({"export.json": json.dumps([{**given, "data": {**given["data"], "section": "2.1"}}])})
    assert found.items["section"].tolist() == ["2.1"]
    assert found.reading.columns["section"] == "section"
