import pytest

from agreement.errors import InputError

TEXT = "Acme opened in Oslo"


def record(annotator, *spans, text=TEXT, item="d1"):
    keys = ("start", "end", "label")
    marked = [dict(zip(keys, span, strict=True)) for span in spans]
    return {"id": item, "annotator": annotator, "text": text, "spans": marked}


def test_one_record_per_submission(read, lines, spans, statuses):
    found = read({"a.jsonl": lines([record("ana", (0, 4, "ORG"), (15, 19, "LOC")), record("ben")])})
    assert spans(found) == [("d1", "ana", "LOC", 15, 19), ("d1", "ana", "ORG", 0, 4)]
    assert statuses(found) == {("d1", "ana"): "done", ("d1", "ben"): "empty"}
    assert found.items.loc["d1", "text"] == TEXT
    assert found.layers["spans"].kind == "spans"


def test_null_is_not_annotated_and_a_list_without_spans_is_empty(read, lines, statuses):
    found = read({
        "a.jsonl": lines([
            {"id": "d1", "text": TEXT, "annotations": {"ana": [[0, 4, "ORG"]], "ben": [], "cleo": None}},
        ])
    })  # fmt: skip
    assert statuses(found) == {("d1", "ana"): "done", ("d1", "ben"): "empty"}


def test_a_list_of_annotators_with_their_lists(read, lines, spans):
    annotations = [
        {"annotator": "ana", "spans": [{"start": 0, "end": 4, "label": "ORG"}]},
        {"annotator": "ben", "spans": [{"start": 15, "end": 19, "label": "LOC"}]},
    ]
    found = read({"a.jsonl": lines([{"id": "d1", "text": TEXT, "annotations": annotations}])})
    assert spans(found) == [("d1", "ana", "ORG", 0, 4), ("d1", "ben", "LOC", 15, 19)]


def test_blanks_at_the_edges_are_trimmed_and_counted(read, lines, spans):
    found = read({"a.jsonl": lines([record("ana", (0, 5, "ORG")), record("ben", (14, 19, "LOC"))])})
    assert spans(found) == [("d1", "ana", "ORG", 0, 4), ("d1", "ben", "LOC", 15, 19)]
    assert found.reading.repairs == {"span trimmed of blanks at its edges": 2}


def test_trimming_can_be_switched_off(read, lines, spans):
    found = read({"a.jsonl": lines([record("ana", (0, 5, "ORG")), record("ben")])}, reading={"trim_spans": False})
    assert spans(found) == [("d1", "ana", "ORG", 0, 5)]


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [(0, 20, "outside the text"), (4, 4, "covers nothing"), (6, 2, "ends before"), (-3, 4, "ends before")],
)
def test_a_span_that_cannot_be_is_refused_with_file_line_and_item(read, lines, start, end, said):
    with pytest.raises(InputError) as raised:
        read({"a.jsonl": lines([record("ben", (0, 4, "ORG")), record("ana", (start, end, "ORG"))])})
    (problem,) = raised.value.problems
    assert problem.where == "a.jsonl!2, item d1"
    assert said in problem.what


@pytest.mark.parametrize("offset", ["four", None, 2.5, 10**30])
def test_an_offset_that_is_no_whole_number_is_refused(read, lines, offset):
    with pytest.raises(InputError, match=r"a\.jsonl!1, item d1: end of a span is .*whole number"):
        read({"a.jsonl": lines([record("ana", (0, offset, "ORG")), record("ben", (0, 4, "ORG"))])})


def test_texts_that_differ_are_refused(read, lines):
    with pytest.raises(
        InputError, match=r"a\.jsonl!2, item d1: the text differs from the one in a\.jsonl!1, from char"
    ):
        read({"a.jsonl": lines([record("ana", (0, 4, "ORG")), record("ben", (0, 4, "ORG"), text="Acme opens")])})


def test_all_broken_lines_are_named_at_once(read, lines):
    whole = lines([record("ana", (0, 4, "ORG")), record("ben", (0, 4, "ORG"))])
    with pytest.raises(InputError) as raised:
        read({"a.jsonl": whole + '{"id": "d2", "spans": [{"sta\n' + whole + "nonsense\n"})
    assert [problem.where for problem in raised.value.problems] == ["a.jsonl!3", "a.jsonl!6"]


def test_a_million_brackets_are_one_message(read, lines):
    bomb = lines([record("ana", (0, 4, "ORG"))]) + "[" * 1_000_000 + "\n"
    with pytest.raises(InputError, match=r"^a\.jsonl!2: is nested more than 1024 levels deep"):
        read({"a.jsonl": bomb})


def test_offsets_in_another_unit_are_found_out_by_the_covered_text(read, lines, spans):
    text = "😀 Acme in Oslo"
    utf16 = [{"start": 3, "end": 7, "label": "ORG", "text": "Acme"}]
    found = read({
        "a.jsonl": lines([{"id": "d1", "annotator": name, "text": text, "spans": utf16} for name in ("ana", "ben")])
    })  # fmt: skip
    assert spans(found) == [("d1", "ana", "ORG", 2, 6), ("d1", "ben", "ORG", 2, 6)]
    assert "offsets read as UTF-16 units, not code points, because the covered text says so" in found.reading.repairs


def test_inclusive_ends_are_found_out_by_the_covered_text(read, lines, spans):
    inclusive = [{"start": 0, "end": 3, "label": "ORG", "text": "Acme"}]
    found = read({
        "a.jsonl": lines([{"id": "d1", "annotator": name, "text": TEXT, "spans": inclusive} for name in ("ana", "ben")])
    })  # fmt: skip
    assert spans(found) == [("d1", "ana", "ORG", 0, 4), ("d1", "ben", "ORG", 0, 4)]


def test_one_annotator_twice_and_differently_is_refused(read, lines):
    with pytest.raises(InputError, match="ana labelled item d1 2 times and differently"):
        read({"a.jsonl": lines([record("ana", (0, 4, "ORG")), record("ana", (0, 4, "LOC"))])})


def test_addresses_of_annotators_are_not_shown(read, lines):
    found = read({"a.jsonl": lines([record("ana@x.example", (0, 4, "ORG")), record("ben@x.example", (0, 4, "ORG"))])})
    assert found.compared == ("ana", "ben")


def test_every_row_is_accounted_for(read, lines):
    found = read({"a.jsonl": lines([record("ana", (0, 4, "A"), (0, 4, "A"), (5, 11, "B")), record("ben")])})
    reading = found.reading
    assert reading.rows_read == 4  # three spans and one empty submission
    assert reading.set_aside == {"same annotation twice in one submission": 1}
    assert reading.rows_used == 3


def test_a_flat_record_without_a_span_says_that_nothing_was_marked(read, lines, statuses):
    def record(item, who, start, end, label):
        return {"item": item, "annotator": who, "start": start, "end": end, "label": label}

    rows = [record("d1", "ana", 0, 4, "X"), record("d1", "ben", None, None, None), record("d2", "ben", 0, 1, "X")]
    assert statuses(read({"a.jsonl": lines(rows)}))["d1", "ben"] == "empty"


SPAN = {"start": 0, "end": 4, "label": "ORG"}


def test_a_file_per_annotator(read, lines, spans, statuses):
    rows = [{"id": "d1", "text": "Acme won", "spans": [SPAN]}, {"id": "d2", "text": "Bob", "spans": []}]
    found = read({"ana.jsonl": lines(rows), "ben.jsonl": lines(rows)})
    assert spans(found) == [("d1", "ana", "ORG", 0, 4), ("d1", "ben", "ORG", 0, 4)]
    assert statuses(found)["d2", "ben"] == "empty"
    assert found.reading.annotator_from == "file name"


def test_spans_of_nobody_are_refused(read, lines):
    with pytest.raises(InputError, match=r"a\.jsonl!1, item d1: .* names no annotator"):
        read({"a.jsonl": lines([{"id": "d1", "text": "Acme won", "spans": [SPAN]}])})


def marked(who, text, **span):
    return {"id": "d1", "annotator": who, "text": text, "spans": [SPAN | span]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_offsets_written_as_text_and_any_unicode_encoding(read, lines, spans, encoding):
    rows = lines([marked("ana", "Acme won", start="0", end="4"), marked("ben", "Acme won")])
    assert len(spans(read({"a.jsonl": rows.encode(encoding)}))) == 2


def test_offsets_in_utf16_units_that_the_export_does_not_tell_of(read, lines, spans):
    text = "\U0001f600\U0001f600\U0001f600 Acme opened in Oslo"
    found = read({"a.jsonl": lines([marked(who, text, start=7, end=11) for who in ("ana", "ben")])})
    assert [span[3:] for span in spans(found)] == [(4, 8), (4, 8)]
    (said,) = found.reading.warnings
    assert said.startswith("offsets were read as UTF-16 units, not code points, which the export does not say")


def test_spans_in_records_of_another_shape_are_never_read_as_labels(read, lines):
    rows = [{"id": 1, "rater_1": [SPAN], "rater_2": [SPAN]}, {"id": 2, "rater_1": [SPAN], "rater_2": []}]
    with pytest.raises(InputError, match="'rater_1' holds spans, but the records can't be read as spans"):
        read({"a.jsonl": lines(rows)})


def test_section_of_records_that_name_their_annotator(read):
    span = '"spans": [[0, 4, "ORG"]]'
    lines = [f'{{"id": "d1", "annotator": "{who}", "section": "2.1", "text": "Acme opened", {span}}}' for who in "ab"]
    flat = [f'{{"id": "d1", "annotator": "{who}", "section": 3, "start": 0, "end": 4, "label": "X"}}' for who in "ab"]
    assert read({"a.jsonl": "\n".join(lines)}).items.loc["d1", "section"] == "2.1"
    assert read({"a.jsonl": "\n".join(flat)}).items.loc["d1", "section"] == "3"
