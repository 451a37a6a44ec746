"""The wording rules of the report, over every rendered page."""

# ruff: noqa: RUF001 - the words of the page are typographic

import re

import pandas as pd
import pytest

from agreement import audit
from agreement.report.page import render_page

BANDS = {"excellent": (0.9, 1), "strong": (0.7, 0.9), "moderate": (0.5, 0.7), "weak": (0.3, 0.5), "poor": (-1, 0.3)}


def main_of(tree):
    return tree.find("main")[0]


def test_1_no_value_without_interval_and_n(tree):
    shown = main_of(tree).find("span", cls="v")
    assert shown
    for node in main_of(tree).find("td"):
        values = node.find("span", cls="v")
        if not values:
            continue
        detail = node.find("span", cls="ci")[0].text
        if values[0].text == "—":
            assert detail, "a dash needs its reason"
        else:
            assert re.search(r"(\bn [\d,]+|[\d,]+ of [\d,]+)$", detail), detail
            assert re.match(r"[−<>\d.%]+( to |–)|no interval|[\d,]+ of [\d,]+$", detail), detail


def test_1_no_number_is_undefined_machine_talk(tree):
    assert not re.search(
        r"\b(nan|NaN|None|inf|undefined|null|True|False)\b", main_of(tree).text.replace("None of the", "")
    )


def test_3_every_section_ends_in_an_action_with_an_owner_or_nothing_to_do(tree):
    for section in main_of(tree).find("section"):
        assert re.search(r"Owner: |Nothing to do", section.text), section.attributes["id"]


def test_4_result_words(tree):
    words = {node.text for node in tree.find("span", cls="st")}
    assert words <= {"Pass", "Fail", "Can’t tell yet"}


def test_5_bands_follow_the_printed_value(tree):
    classes = [node for node in main_of(tree).find("section") if node.attributes["id"] == "classes"]
    for section in classes:
        for row in section.find("tr"):
            values, words = row.find("span", cls="v"), [cell.text for cell in row.find("td") if cell.text in BANDS]
            if words and values[0].text != "—":
                low, high = BANDS[words[0]]
                assert low <= float(values[0].text.replace("−", "-")) <= high
                assert float(values[0].text.replace("−", "-")) < high or high == 1


def test_6_effects_are_up_to_and_overlap(tree):
    effects = [node.text for node in main_of(tree).find("div", cls="eff") if node.text]
    assert all(re.match(r"up to .*% of disputes \([\d,]+ of [\d,]+\)", text) for text in effects)
    if effects:
        assert "They overlap" in main_of(tree).text


def test_1_every_answer_with_a_number_has_n_and_interval(tree):
    """An answer that quotes a measure or a share gives its interval and what it rests on."""
    for section in main_of(tree).find("section"):
        for answer in section.find("p", cls="answer"):
            if re.search(r"\b[01]\.\d\d|\d%|\d points?\b", answer.text):
                # what it rests on ("12 of 30", "n 30", "30 items"), then the interval
                assert re.search(r"\bn [\d,]+|[\d,]+ of (the )?[\d,]+|[\d,]+ \w+", answer.text), answer.text
                assert re.search(r"\d%?( to |–)−?[<>\d]|no interval", answer.text), answer.text


def test_2_no_naked_kappa(tree):
    """Wherever kappa or alpha is a row, it has interval and n; with one frequent class the page says what that does."""
    for row in main_of(tree).find("tr"):
        head = row.find("th")
        values = row.find("span", cls="v")
        if head and values and re.search(r"[κα]|kappa|alpha", head[0].text) and values[0].text != "—":
            assert re.search(r"n [\d,]+$", row.find("span", cls="ci")[0].text), row.text


def test_2_one_frequent_class_is_said_to_pull_kappa_down(parse):
    rows = [
        {"item": f"i{item:03}", "annotator": who, "label": "b" if (item + place) % 11 == 0 else "a"}
        for item in range(120)
        for place, who in enumerate(("Ana", "Ben", "Cleo"))
    ]
    page = parse(render_page(audit(pd.DataFrame(rows))))
    assert "κ is pulled down by one frequent class; see F1 per class" in page.text
    assert page.find("a", href="#classes")


def test_3_every_question_names_its_reader_and_every_action_its_owner(tree):
    for section in main_of(tree).find("section"):
        assert section.find("p", cls="who")[0].text.startswith("For the "), section.attributes["id"]
        assert section.find("h2")
        assert section.find("p", cls="answer"), section.attributes["id"]
        for box in section.find("div", cls="do"):
            for line in box.find("p"):
                assert "Owner: " in line.text or line.text.startswith("Nothing to do") or "more finding" in line.text


def test_4_cannot_tell_says_what_would_settle_it(tree):
    for table in main_of(tree).find("table", cls="gates"):
        for row in table.find("tbody")[0].find("tr"):
            if row.find("span", cls="unk"):
                said = row.find("td")[-1].text
                assert re.search(
                    r"What would settle it|[Mm]ore |a third annotator|gold labels|No statement|rotate", said
                ), said


def test_9_one_word_for_one_thing(tree):
    """The page keeps to its words: no rater, no task, no span called entity outside of users' own text."""
    for section in main_of(tree).find("section"):
        if section.attributes["id"] != "items":
            assert not re.search(r"\b(raters?|coders?|datapoints?)\b", section.text.lower()), section.attributes["id"]


@pytest.mark.parametrize("name", ["tickets", "entities", "sentiment", "small", "every_kind", "full"])
def test_7_8_10_words_that_are_never_said(pages, parse, name):
    tree = parse(pages[name])
    sections = {node.attributes["id"]: node for node in main_of(tree).find("section")}
    words = " ".join(node.text for key, node in sections.items() if key != "items").lower()
    assert not re.search(r"\bsignificant(ly)?\b|\bworst annotator", words)
    assert not re.search(r"\bbad\b|\brank(ed|ing)?\b", sections["people"].text.lower())
    if "gold" in sections:
        assert "wrong" not in sections["gold"].text


def test_9_true_minus_and_en_dash(tree):
    for node in main_of(tree).find("span", cls="ci"):
        assert not re.search(r"-\d|\d-\d", node.text), node.text


def test_10_a_change_has_one_of_few_words(tree):
    allowed = {"Better", "Worse", "Lower", "Higher", "No clear change", "No clear difference", "Can’t tell yet"}
    for section in main_of(tree).find("section"):
        for table in section.find("table") if section.attributes["id"] in ("trend", "slices") else ():
            heads = [head.text for head in table.find("thead")[0].find("th")]
            if heads[-1] == "Result":
                assert {row.find("td")[-1].text for row in table.find("tbody")[0].find("tr")} <= allowed


def test_11_no_empty_cell(tree):
    for table in main_of(tree).find("table", cls="stack"):
        heads = [head.text for head in table.find("thead")[0].find("th")] if table.find("thead") else []
        for row in table.find("tbody")[0].find("tr"):
            for position, cell in enumerate(row.find("td"), start=1):
                decorated = cell.find("span", cls="iv") or cell.find("span", cls="bar")
                optional = position < len(heads) and heads[position] in ("Word", "Meaning")
                bar = position < len(heads) and ("Interval" in heads[position] or "Distance" in heads[position])
                assert cell.text or decorated or optional or bar, row.text


def test_nobody_is_said_to_be_as_expected_on_few_items():
    rows = [
        {"item": f"i{item}", "annotator": name, "label": "ab"[(item + place) % 2]}
        for item in range(8)
        for place, name in enumerate(("Ana", "Ben", "Cleo"))
    ]
    rows.append({"item": "alone", "annotator": "Dov", "label": "a"})
    page = render_page(audit(pd.DataFrame(rows)))
    people = page[page.index('<section id="people"') : page.index('<section id="items"')]
    assert "Too few items to say: no annotator shares 30 items with colleagues." in people
    assert "As expected." not in people
    assert "Nobody stands out" not in people


@pytest.mark.parametrize("name", ["tickets", "sentiment", "full"])
def test_one_kind_of_apostrophe(pages, parse, name):
    sections = [one for one in main_of(parse(pages[name])).find("section") if one.attributes["id"] != "items"]
    assert sections
    for section in sections:
        assert not re.search(r"[a-zβ]'(s|t|re|ve|ll)\b|[a-z]s' [a-zκ]", section.text), section.attributes["id"]


def test_no_line_ends_between_n_and_its_number(pages):
    assert re.search(r"\bn\N{NO-BREAK SPACE}[\d,]+</span>", pages["tickets"])
    assert not re.search(r'class="ci">[^<]*\bn \d', pages["tickets"])
    assert not re.search(r'class="ci">[^<]*\d of ', pages["tickets"])


# a rule, and a page that breaks it: each of these tests must be able to fail
VALUE = r'<td[^>]*><span class="v">0\.\d\d</span> <span class="ci">'
NO_SECTION = r'<td class="w2"><span class="small">no single section</span>'
BROKEN = (
    (test_1_no_value_without_interval_and_n, rf"({VALUE})[^<]+", r"\1"),
    (test_1_every_answer_with_a_number_has_n_and_interval, r'(<p class="answer">)[^<]+', r"\1F1 is 0.71."),
    (test_1_no_number_is_undefined_machine_talk, r'(<span class="v">)0\.\d\d', r"\1nan"),
    (test_2_no_naked_kappa, rf"(κ[^<]*</th>{VALUE})[^<]+", r"\1substantial"),
    (test_3_every_section_ends_in_an_action_with_an_owner_or_nothing_to_do, r"Owner: |Nothing to do", "Perhaps "),
    (test_3_every_question_names_its_reader_and_every_action_its_owner, r"For the ", "By the "),
    (test_4_result_words, r"</svg>\s*(Pass|Fail)", r"</svg>OK"),
    (test_4_cannot_tell_says_what_would_settle_it, r"What would settle it[^<]*", ""),
    (test_5_bands_follow_the_printed_value, r"<td>(strong|moderate)</td>", "<td>excellent</td>"),
    (test_6_effects_are_up_to_and_overlap, r"up to (\d+%)", r"\1"),
    (test_9_true_minus_and_en_dash, r'(class="ci">0\.\d\d)–', r"\1-"),
    (test_9_one_word_for_one_thing, r"Annotators", "Raters"),
    (test_11_no_empty_cell, NO_SECTION, '<td class="w2">'),
)  # fmt: skip


def test_a_page_with_another_word_for_a_change_is_noticed(pages, parse):
    broken, times = re.subn(r"<td>(<b>)?(Better|Worse|No clear change)", r"<td>\1Improved", pages["full"])
    assert times
    with pytest.raises(AssertionError):
        test_10_a_change_has_one_of_few_words(parse(broken))


@pytest.mark.parametrize(("rule", "found", "instead"), BROKEN, ids=lambda given: getattr(given, "__name__", ""))
def test_a_page_that_breaks_a_rule_is_noticed(pages, parse, rule, found, instead):
    broken, times = re.subn(found, instead, pages["tickets"])
    assert times
    with pytest.raises((AssertionError, IndexError)):
        rule(parse(broken))


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("classes", "A significant gap."),
        ("people", "Daniel is bad."),
        ("people", "The ranking."),
        ("gold", "It is wrong."),
    ],
)
def test_a_page_that_says_what_is_never_said_is_noticed(pages, parse, section, said):
    place = f'<section id="{section}"'
    assert place in pages["full"]
    before, after = pages["full"].split(place, 1)
    broken = {"full": f"{before}{place}{after.replace('</h2>', f'</h2><p>{said}</p>', 1)}"}
    with pytest.raises(AssertionError):
        test_7_8_10_words_that_are_never_said(broken, parse, "full")
