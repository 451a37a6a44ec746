"""The page as a file: the same bytes every time, escaped, self-contained, with every link leading somewhere."""

# ruff: noqa: RUF001 - the words of the page are typographic

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pandas as pd
import pytest

from agreement._resources import shipped
from agreement.errors import InputError, OutputError
from agreement.loaders import load_frame
from agreement.pipeline import audit
from agreement.report._build import build
from agreement.report.page import make_environment, notebook_frame, render_page, write_page
from agreement.settings import Settings
from agreement.wording import percent

TEMPLATES = shipped("templates")


def with_report(audit, **report):
    merged = audit.settings.report.model_dump() | report
    return replace(audit, settings=Settings.from_mapping({**audit.settings.model_dump(), "report": merged}))


def data_of(html: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)[1])


def test_same_audit_same_bytes(tickets, pages):
    assert render_page(tickets) == pages["tickets"]


def test_there_is_one_heading_and_it_is_the_verdict(tree):
    headings = tree.find("h1")
    assert len(headings) == 1
    assert re.match(r"(Not ready to ship|Ready to ship|Can’t tell yet|No release check)", headings[0].text)


def test_nothing_is_fetched_and_nothing_leads_outside(html, tree):
    assert not re.search(r"@import|url\(", html.split("</style>")[0])
    for node in tree.walk():
        for name in ("src", "href", "action", "srcset", "data", "poster"):
            value = node.attributes.get(name, "#")
            assert value.startswith(("#", "data:image/")), f"<{node.tag} {name}={value[:40]}>"
        assert node.tag not in ("link", "iframe", "object", "embed", "base")
        assert not [name for name in node.attributes if name.startswith("on")], f"<{node.tag}> has a handler"


def test_the_policy_allows_only_the_script_of_the_page(tree):
    policy = next(n.attributes["content"] for n in tree.find("meta") if "http-equiv" in n.attributes)
    scripts = [node for node in tree.find("script") if node.attributes.get("type") != "application/json"]
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256("".join(scripts[0].parts).encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-inline'; script-src" in policy  # styles only


def test_every_link_has_its_target_and_every_id_is_there_once(tree):
    ids = [node.attributes["id"] for node in tree.walk() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    for node in tree.find("a"):
        assert node.attributes["href"][1:] in ids, node.attributes["href"]
    for node in tree.walk():
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert set(node.attributes.get(name, "").split()) <= {*ids, "d-section", "d-note"}


def test_every_filter_link_names_something_embedded(html, tree):
    data = data_of(html)
    annotators = {name for item in data["items"] for version in item["v"] for name in version["a"]}
    for node in tree.find("a"):
        wanted = parse_qs(node.attributes.get("data-f", ""))
        for name in wanted.get("annotator", []):
            assert name in annotators


def test_user_text_is_escaped(pages, parse):
    html = pages["hostile"]
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "{{" not in html.replace("{{ 7*7 }}", "")  # the text itself, never evaluated
    tree = parse(html)
    assert "<script>T</script>" in tree.find("title")[0].text
    data = data_of(html)
    labels = data["layers"][0][2]
    assert "__proto__" in labels
    assert "</script><script>alert(1)</script>" in labels
    assert max(map(len, labels)) == 10_000
    assert len(html.encode("utf-8", errors="replace")) < 400_000  # a label of 10,000 characters is there once


def test_spans_are_segments_that_spell_the_text(pages):
    text = "😀😀 The kettle broke יום רביעי and nobody came."
    spans = [item for item in data_of(pages["every_kind"])["items"] if item["y"] == "span"]
    assert spans
    marks = set()
    for item in spans:
        for version in item["v"]:
            for line in version["m"]:
                assert "".join(part if isinstance(part, str) else part["m"] for part in line) == text
                marks |= {(part["m"], part["l"]) for part in line if not isinstance(part, str)}
            for start, end, label in version.get("f", []):
                assert (text[start:end], label) in marks
    assert ("The kettle", "THING") in marks
    assert ("kettle broke", "EVENT") in marks


def test_crossing_spans_get_a_line_each(pages):
    items = [item for item in data_of(pages["every_kind"])["items"] if item["y"] == "span"]
    crossing = [
        v for item in items for v in item["v"] if {tuple(s) for s in v["f"]} >= {(3, 13, "THING"), (7, 19, "EVENT")}
    ]
    assert crossing
    assert all(len(version["m"]) == 2 for version in crossing)


def test_every_kind_of_layer_is_on_the_page(pages, parse):
    tree = parse(pages["every_kind"])
    assert {node.text.split()[0] for node in tree.find("h3", cls="layer")} == {
        "answer", "mood", "score", "span", "tags", "topic"
    }  # fmt: skip
    assert {item["y"] for item in data_of(pages["every_kind"])["items"]} >= {"mood", "score", "span", "tags", "topic"}


def test_without_text_no_text_is_in_the_page(entities):
    html = render_page(with_report(entities, text=False))
    texts = [text for text in entities.annotations.items["text"] if text]
    assert texts
    assert not [text for text in texts if text[:25] in html]
    assert "without item texts" in html


def test_the_cap_takes_items_and_the_page_says_so(tickets):
    html = render_page(with_report(tickets, max_bytes=310_000))
    embedded = len(data_of(html)["items"])
    assert len(html.encode()) <= 310_000
    assert 0 < embedded < 282
    assert f"The {embedded} most useful are in this file" in html


def test_readable_without_script(tree, html):
    total = len(data_of(html)["items"])
    static = tree.find("ol", cls="static")
    assert len(static[0].find("li") if static else []) == min(total, 10)
    assert tree.find("table", cls="gates")
    for node in tree.find("table"):
        assert node.find("caption")
        for head in node.find("th"):
            assert head.attributes.get("scope") in ("col", "row")


def test_a_template_of_ones_own_replaces_ours(small, tmp_path):
    folder = tmp_path / "mine" / "sections"
    folder.mkdir(parents=True)
    (folder / "45-mine.html").write_text(
        '{% set id = "mine" %}{% set title = "Mine?" %}<p>{{ page.disputes }} of mine</p>'
    )
    (folder / "60-people.html").write_text('{% set id = "people" %}{% set title = "People" %}')
    html = render_page(with_report(small, templates=str(tmp_path / "mine")))
    assert 'href="#mine"' in html
    assert "of mine" in html
    assert 'id="people"' not in html


@pytest.mark.parametrize("body", ["{{ missing }}", "{% if %}", "{{ page.__class__.__mro__ }}", "{{ 1 / 0 }}"])
def test_a_faulty_template_is_a_clear_error(small, tmp_path, body):
    folder = tmp_path / "sections"
    folder.mkdir()
    (folder / "45-mine.html").write_text(f'{{% set id = "mine" %}}{{% set title = "Mine" %}}{body}')
    with pytest.raises(OutputError, match="can't be rendered"):
        render_page(with_report(small, templates=str(tmp_path)))


def test_a_missing_templates_folder_or_logo_is_a_clear_error(small, tmp_path):
    with pytest.raises(OutputError, match="not a folder"):
        render_page(with_report(small, templates=str(tmp_path / "none")))
    with pytest.raises(OutputError, match="not one of"):
        render_page(with_report(small, logo=str(tmp_path / "logo.exe")))
    with pytest.raises(InputError, match="can't be read"):
        render_page(with_report(small, logo=str(tmp_path / "logo.png")))


def test_title_date_and_logo_come_from_the_settings(small, tmp_path):
    logo = tmp_path / "logo.svg"
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    html = render_page(with_report(small, title="Intents, spring", date="2026-03-01", logo=str(logo)))
    assert "Intents, spring · 2026-03-01" in html
    assert 'src="data:image/svg+xml;base64,' in html
    assert data_of(html)["report_id"].startswith("intents-spring-")


def test_report_id_depends_on_the_data_and_the_choices(small, tickets):
    other = replace(small, settings=Settings.from_mapping({"measures": {"confidence": 0.9}}))
    ids = {data_of(render_page(audit))["report_id"] for audit in (small, tickets, other)}
    assert len(ids) == 3


def test_no_clock_unless_asked(small, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert "1970-01-01" in render_page(small)


def test_write_page_replaces_and_returns(small, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    assert write_page(small, path) == path
    assert path.read_text(encoding="utf-8") == render_page(small)


def test_notebook_frame_is_one_element(small, parse):
    frame = parse(notebook_frame(small)).find("iframe")
    assert frame[0].attributes["srcdoc"] == render_page(small)


def test_every_css_variable_used_is_defined():
    css = "".join((TEMPLATES / "assets" / name).read_text() for name in ("tokens.css", "page.css"))
    set_in_templates = {"--v", "--lo", "--hi", "--longest"}
    assert set(re.findall(r"var\((--[\w-]+)\)", css)) <= set(re.findall(r"(--[\w-]+):", css)) | set_in_templates


def test_every_colour_is_a_token():
    css = (TEMPLATES / "assets" / "page.css").read_text()
    print_margin_box = "#555"  # variables do not reach @page
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", re.sub(r"#(main|next)\b", "", css))) <= {print_margin_box}


def test_the_script_builds_no_markup_from_text():
    script = (TEMPLATES / "assets" / "page.js").read_text()
    assert not re.search(
        r"\.innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|fetch\(|XMLHttp", script
    )


def test_sections_are_files_and_only_files():
    names = {path.name for path in Path(TEMPLATES, "sections").iterdir()} - {"__pycache__"}
    assert all(re.fullmatch(r"\d\d-[\w-]+\.html", name) for name in names)


# the smallest data that shows a section; all others show on twelve items of three annotators
NEEDS = {
    "30-guideline": "full", "40-trend": "full", "55-slices": "full", "60-people": "full", "65-models": "full",
    "70-gold": "full",
    "57-paths": "beside", "58-structures": "beside", "66-scores": "beside", "67-ranking": "beside",
}  # fmt: skip
SECTIONS = sorted(path.stem for path in Path(TEMPLATES, "sections").glob("*.html"))


@pytest.mark.parametrize("name", SECTIONS)
def test_each_section_looks_as_it_did(request, golden, name):
    shown = request.getfixturevalue(NEEDS.get(name, "small"))
    context = {"page": build(shown, 12), "audit": shown, "static_items": 3, "absent": ["A question nobody asked."]}
    body = str(make_environment().get_template(f"sections/{name}.html").make_module(context)).strip()
    assert body, f"{name} needs data that shows it: name its fixture in NEEDS"
    golden(f"page/{name}.html", "\n".join(line.rstrip() for line in body.splitlines() if line.strip()) + "\n")


def test_the_rounds_before_stand_beside_each_pair(full):
    context = {"page": build(full, 12), "audit": full}
    body = str(make_environment().get_template("sections/30-guideline.html").make_module(context))
    assert "Before, and change from 2026-01" in body
    assert re.search(r"(Better|Worse|No clear change) <span class=\"v\">−?[\d.]+ points?</span>", body)


def test_many_annotators_are_a_picture_with_its_values(parse):
    names = [f"A{number:02}" for number in range(41)]
    rows = [
        {"item": f"i{item}", "annotator": name, "label": "ab"[(item + (item * place) % 11 // 10) % 2]}
        for item in range(30)
        for place, name in enumerate(names)
    ]
    html = render_page(audit(pd.DataFrame(rows)))
    figure = parse(html).find("figure", cls="mx")
    assert len(figure) == 1
    assert figure[0].find("img")[0].attributes["src"].startswith("data:image/png;base64,")
    (layer, shown, cells), *_ = data_of(html)["maps"]
    assert (layer, shown) == ("label", names)
    values = base64.b64decode(cells)
    assert len(values) == 41 * 41
    assert {values[place * 42] for place in range(41)} == {255}  # nobody is compared with themselves
    assert parse(html).find("table", cls="heat") == []  # two labels, many people: no map is a table


def test_pairs_say_what_precision_and_differences_are_of_in_their_kind_of_layer(pages, parse):
    tables = parse(pages["every_kind"]).find("table")
    captions = {t.find("caption")[0].text: [h.text for h in t.find("th", scope="col")] for t in tables}
    pairs = {text: heads for text, heads in captions.items() if text.startswith("Every pair in both directions")}
    assert any("of the other’s spans" in text and "Means over classes" not in text for text in pairs)
    (numbers,) = [heads for text, heads in pairs.items() if "limits of agreement" in text]
    assert numbers[-2:] == ["Lower limit", "Upper limit"]
    assert not [head for head in numbers if head in ("F1", "Precision", "Recall", "κ")]


def test_a_map_without_a_single_value_is_left_out(parse):
    rows = [{"item": f"i{n}", "annotator": who, "label": "ab"[n % 2]} for n in range(40) for who in "XYZ"]
    few = pd.DataFrame(rows[: 3 * 12])
    for frame, shown in ((few, False), (pd.DataFrame(rows), True)):
        titles = [one.text for one in parse(render_page(audit(frame))).find("summary")]
        assert ("Map of all pairs of annotators" in titles) is shown


@pytest.mark.parametrize("story", ["tickets", "sentiment", "full"])
def test_the_map_of_labels_and_the_table_of_pairs_show_one_share(story, request):
    for layer in build(request.getfixturevalue(story), 10).layers:
        if layer.heat is None:
            continue
        cells = {
            frozenset((row, column)): cell.text
            for row, mine in layer.heat.rows
            for column, cell in zip(layer.heat.columns, mine, strict=True)
            if cell is not None
        }
        told = {frozenset((pair.first, pair.second)): percent(pair.figure.value) for pair in layer.pairs}
        assert told
        assert {pair: cells[pair] for pair in told} == told


def test_a_name_that_turns_the_reading_direction_turns_nothing_else():
    r"""A label with U+202E shows what follows it backwards, "24%" as "%42", up to the end of the paragraph."""
    labels = ("x\u202ey", "y\u2069\u202b", "z")
    rows = [
        (f"i{item}", who, labels[(item * (2 if who == "Cem" else 1)) % 3])
        for item in range(60)
        for who in ("Ana", "Be\u2067n", "Cem")
    ]
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label"])
    html = render_page(audit(load_frame(frame)))
    shown = re.sub(r"<script.*?</script>|<style.*?</style>", "", html, flags=re.DOTALL)
    parts = [
        part for part in re.findall(r">([^<]*)|\"([^\"]*)\"", shown) if re.search("[\u202a-\u202e]", "".join(part))
    ]
    assert len(parts) > 20
    for text in map("".join, parts):
        depth = 0
        for sign in text:
            depth += (sign in "\u2066\u2067\u2068") - (sign == "\u2069")
            assert depth >= 0, text
            assert depth or sign not in "\u202a\u202b\u202c\u202d\u202e", text
        assert depth == 0, text
    assert set(labels) <= {label for layer in data_of(html)["layers"] for label in layer[2]}
