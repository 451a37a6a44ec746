"""The page in a real browser: deep links, keys, filters, decisions, policy, accessibility, print, hostile text."""

import csv
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from agreement import audit
from agreement.report.page import write_page

pytestmark = pytest.mark.browser


def eventually(page, expression: str) -> None:
    """Wait until *expression* is true: Playwright's own waiting evaluates text inside the page, against the policy."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {expression}")


SIZES = [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")]


@pytest.mark.parametrize(("width", "scheme"), SIZES)
@pytest.mark.parametrize("name", ["tickets", "entities", "sentiment", "kinds", "full"])
def test_axe_finds_nothing(axe, open_page, name, width, scheme):
    page = open_page(name, width=width, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [
        (v["id"], v["nodes"][0]["html"][:200], v["nodes"][0]["failureSummary"][:300]) for v in found["violations"]
    ] == []


@pytest.mark.parametrize("width", [320, 400, 768, 1024, 1280])
@pytest.mark.parametrize("name", ["tickets", "entities", "sentiment", "hostile", "kinds", "full"])
def test_nothing_overflows(open_page, name, width):
    page = open_page(name, width=width)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


BROKEN = r"""() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) for (const match of walker.currentNode.data.matchAll(/\d+% CI \S+|\bn \d[\d,]*/g)) {
    const range = document.createRange();
    range.setStart(walker.currentNode, match.index);
    range.setEnd(walker.currentNode, match.index + match[0].length);
    const lines = new Set([...range.getClientRects()].filter((box) => box.width > 1).map((box) => Math.round(box.top)));
    if (lines.size > 1) found.push(match[0]);
  }
  return found;
}"""


@pytest.mark.parametrize("name", ["tickets", "entities", "sentiment"])
def test_no_line_ends_inside_an_interval_or_an_n(open_page, name):
    page = open_page(name)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    for width in (400, 680, 768, 900, 1024, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(BROKEN) == []


def test_a_deep_link_to_an_item_selects_it_and_focuses_the_card(open_page):
    page = open_page("tickets", hash="#items?pair=Billing~Refund&section=C3&order=id")
    assert page.input_value("#f-pair") == "Billing~Refund"
    assert page.input_value("#f-section") == "C3"
    assert re.match(r"\d+ of 282 embedded items", page.text_content("#count"))
    ids = page.eval_on_selector_all("#list b", "found => found.map((b) => b.textContent)")
    assert ids == sorted(ids)
    page.click("#list li:nth-child(3) a")
    address = page.evaluate("location.hash")
    assert f"item={ids[2]}" in address
    again = open_page("tickets", hash=address)
    assert again.text_content("#card-h").startswith(ids[2])
    assert again.evaluate("document.activeElement.id") == "card"


def test_anchors_into_folded_places_open_them(open_page):
    page = open_page("tickets")
    target = page.eval_on_selector("details table tr[id]", "row => row.id")
    page.evaluate(f"location.hash = '#{target}'")
    eventually(page, "document.querySelector('details:has(tr:target)')?.open")
    assert page.is_visible(f"#{target}")


def test_map_cells_and_rows_lead_to_their_items(open_page):
    page = open_page("tickets")
    page.click("table.heat a[data-f]")
    eventually(page, "location.hash.startsWith('#items?pair=')")
    shown = int(page.text_content("#count").split()[0])
    assert 0 < shown < 282
    pair = page.input_value("#f-pair").split("~")
    chips = page.eval_on_selector_all("#card .ver .chip", "found => found.map((chip) => chip.textContent)")
    assert set(pair) <= set(chips)


OPEN_EVERY_LINK = """async () => {
    const found = [];
    for (const a of document.querySelectorAll("main a[data-f]")) {
        location.hash = "#items?" + a.dataset.f;
        await new Promise((done) => setTimeout(done));
        await new Promise((done) => setTimeout(done));
        // a map cell says in its title what it counts, "Billing vs. Refund (14)" in its text, a section in its row
        // (with gold a section also opens what contradicts it, so its row counts less)
        const counts = !document.querySelector("#gold") && a.matches("#guideline tr[id^='section-'] th a");
        const row = counts ? a.closest("tr").querySelector(".ci").textContent : "";
        const said = a.title || a.textContent.match(/\\((\\d+)\\)$/)?.[0] || row.split(" · ")[1] || "";
        found.push([a.dataset.f, said, parseInt(document.querySelector("#count").textContent.replaceAll(",", ""))]);
    }
    return found;
}"""


@pytest.mark.parametrize("name", ["tickets", "sentiment", "entities", "full"])
def test_every_number_opens_just_the_items_it_counts(open_page, name):
    page = open_page(name)
    opened = page.evaluate(OPEN_EVERY_LINK)
    assert len(opened) > 40
    assert [query for query, _, shown in opened if shown == 0] == []
    # the cell of two annotators says how many items they share, not on how many they differ
    opened = [found for found in opened if "with=" not in found[0] or "gave=" in found[0]]
    said_so = re.compile(r"([\d,]+)(?:\sof\s[\d,]+)?(?:\sitems?)?\)?$")
    counted = [(query, said_so.search(title), shown) for query, title, shown in opened]
    wrong = [(query, said[0], n) for query, said, n in counted if said and int(said[1].replace(",", "")) != n]
    assert wrong == []
    assert name == "entities" or sum(said is not None for _, said, _ in counted) > 10


def test_every_kind_of_thing_leads_to_its_items(open_page):
    page = open_page("full")
    links = page.eval_on_selector_all("main a[data-f]", "found => found.map((a) => a.dataset.f)")
    keys = {frozenset(part.split("=")[0] for part in link.split("&")) for link in links}
    for wanted in (
        {"section"}, {"label"}, {"annotator"}, {"pair", "round"}, {"annotator", "with"}, {"pair", "section"},
        {"annotator", "with", "label"}, {"annotator", "with", "gave"}, {"item"}, {"slice"},
    ):  # fmt: skip
        assert frozenset(wanted) in keys, wanted


def test_a_round_filters_and_is_kept_in_the_address(open_page):
    page = open_page("full", hash="#items?round=2026-02&order=id")
    assert page.input_value("#f-round") == "2026-02"
    shown = int(page.text_content("#count").split()[0])
    assert 0 < shown < int(page.text_content("#count").split()[2])
    assert "round 2026-02" in page.text_content("#card")
    address = page.evaluate("location.hash")
    assert "round=2026-02" in address
    assert "at=2026-02" in address


def test_a_large_map_is_read_out_and_opens_its_pair(browser, tmp_path):
    names = [f"A{number:02}" for number in range(41)]
    rows = [
        {"item": f"i{item}", "annotator": name, "label": "abc"[(item + (item * place) % 11 // 9) % 3]}
        for item in range(30)
        for place, name in enumerate(names)
    ]
    path = write_page(audit(pd.DataFrame(rows)), tmp_path / "crowd.html")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    page.focus("figure.mx .frame")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    said = page.text_content("figure.mx output")
    assert re.fullmatch(r"A01 with A02: F1 [01]\.\d\d", said), said
    page.keyboard.press("Enter")
    eventually(page, "document.querySelector('#f-with').value !== ''")
    assert (page.input_value("#f-annotator"), page.input_value("#f-with")) == ("A01", "A02")
    page.close()


def test_names_that_turn_the_reading_direction_turn_nothing_else(browser, tmp_path):
    r"""In what the script draws too: after "x\u202e" the card's "(2)" and the map's "F1 0.50" read backwards."""
    names = [f"A{number:02}" for number in range(41)]
    names[1], names[2] = "A01\u202e", "A02\u2069\u202e"
    rows = [
        {
            "item": f"i{item}\u202e",
            "annotator": name,
            "label": ("a\u202e", "b", "c")[(item + (item * place) % 11 // 9) % 3],
        }
        for item in range(30)
        for place, name in enumerate(names)
    ]
    path = write_page(audit(pd.DataFrame(rows)), tmp_path / "turned.html")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    page.focus("figure.mx .frame")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    said = page.text_content("figure.mx output")
    assert re.fullmatch("\u2068A01\u202e\u2069 with \u2068A02\u202e\u2069: F1 [01]\\.\\d\\d", said), said
    page.keyboard.press("Enter")
    eventually(page, "document.querySelector('#f-with').value !== ''")
    assert page.input_value("#f-annotator") == names[1]
    assert page.text_content("#card .by")
    page.fill("#d-note", names[1])
    page.check("#card input[name=d] >> nth=0")
    page.click("#card .pri")
    decisions = page.evaluate(
        "JSON.parse(Object.entries(localStorage).find(([key]) => key.startsWith('iaa:') && !key.endsWith(':open'))[1])"
    )
    assert (decisions[0]["item_id"][-1], decisions[0]["note"]) == ("\u202e", names[1])  # recorded as they were read
    texts = page.evaluate("""() => {
      const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) found.push(walker.currentNode);
      return found.filter((node) => !node.parentElement.closest("script, style")).map((node) => node.data);
    }""")
    turning = [text for text in texts if re.search("[\u202a-\u202e]", text)]
    assert len(turning) > 60
    for text in turning:
        depth = 0
        for sign in text:
            depth += (sign in "\u2066\u2067\u2068") - (sign == "\u2069")
            assert depth >= 0, text
            assert depth or sign not in "\u202a\u202b\u202c\u202d\u202e", text
        assert depth == 0, text
    page.close()


def test_arrows_move_inside_a_map_with_one_tab_stop(open_page):
    page = open_page("tickets")
    stops = page.eval_on_selector_all(
        "table.heat[data-rove] a", "found => found.filter((a) => a.tabIndex === 0).length"
    )
    maps = page.eval_on_selector_all(
        "table.heat[data-rove]", "found => found.filter((t) => t.querySelector('a')).length"
    )
    assert stops == maps
    page.focus("table.heat a")
    before = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") != before


def test_keys_decide_and_typing_is_left_alone(open_page):
    page = open_page("tickets")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "f-q"
    page.focus("#card")
    first = page.text_content("#card-h")
    page.keyboard.press("j")
    assert page.text_content("#card-h") != first
    page.keyboard.press("k")
    assert page.text_content("#card-h") == first
    page.keyboard.press("n")
    page.keyboard.type("jk1 u ?/")
    assert page.input_value("#d-note") == "jk1 u ?/"
    assert page.text_content("#card-h") == first
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    assert "saved" in page.text_content("#said")
    assert page.text_content("#card-h") != first
    assert page.text_content("#progress").startswith("1 decided")
    page.keyboard.press("k")
    assert page.input_value("#d-note") == "jk1 u ?/"
    page.keyboard.press("u")
    assert page.text_content("#progress").startswith("0 decided")
    page.keyboard.press("?")
    assert page.is_visible("#keys")
    page.uncheck("#keys-on")
    page.keyboard.press("Escape")
    page.focus("#card")
    shown = page.text_content("#card-h")
    page.keyboard.press("j")
    assert page.text_content("#card-h") == shown


def test_filters_count_and_say_when_nothing_fits(open_page):
    page = open_page("tickets")
    page.fill("#f-q", "no such text anywhere")
    assert page.text_content("#count").startswith("0 of 282")
    assert "No item matches" in page.text_content("#card")
    page.click("[data-act=reset]")
    assert page.text_content("#count").startswith("282 of 282")
    page.select_option("#f-annotator", "Daniel")
    assert page.text_content("#count").startswith("282") or "of 282" in page.text_content("#count")


def test_tables_sort_with_aria_sort_and_values_missing_last(open_page):
    page = open_page("tickets")
    head = page.locator("#classes table thead th", has_text="F1")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    values = page.eval_on_selector_all(
        "#classes tbody td:nth-child(2)", "found => found.map((td) => Number(td.dataset.v))"
    )
    assert values == sorted(values, reverse=True)


def test_long_tables_are_cut_filtered_and_shown_whole(open_page):
    page = open_page("tickets")
    table = page.locator("table[data-filter='pairs of labels']")
    total = table.locator("tbody tr").count()
    assert total > 12
    assert table.locator("tbody tr:visible").count() == 12
    page.fill("input[aria-label='Filter pairs of labels']", "refund")
    assert 0 < table.locator("tbody tr:visible").count() < total
    page.fill("input[aria-label='Filter pairs of labels']", "")
    page.get_by_role("button", name=f"Show all {total}").first.click()
    assert table.locator("tbody tr:visible").count() == total


def decide(page, number: int, note: str = "") -> str:
    item = page.text_content("#card-h").split()[0]
    page.locator("#card input[name=d]").nth(number).check()
    page.fill("#d-note", note)
    page.get_by_role("button", name="Save and next").click()
    return item


def downloaded(page, act: str) -> str:
    with page.expect_download() as info:
        page.click(f"[data-act={act}]")
    return Path(info.value.path()).read_text(encoding="utf-8-sig")


def test_decisions_are_downloaded_reloaded_and_merged(open_page, tmp_path):
    page = open_page("tickets")
    first = decide(page, 0, "=HYPERLINK(1)")
    decide(page, 1, 'say "no", then\nstop')
    file = json.loads(downloaded(page, "json"))
    assert file["schema"] == "label-decisions/1"
    assert re.fullmatch(r"label-audit-[0-9a-f]{8}", file["report_id"])
    assert re.fullmatch(r"[0-9a-f]{64}", file["source_sha256"])
    one = next(d for d in file["decisions"] if d["item_id"] == first)
    assert (one["decision"], one["layer"], one["note"]) == ("label", "label", "=HYPERLINK(1)")
    assert one["final"] in one["labels"].values()
    assert len(one["labels"]) >= 2
    rows = list(csv.DictReader(downloaded(page, "csv").splitlines(keepends=True)))
    assert next(row for row in rows if row["item_id"] == first)["note"] == "'=HYPERLINK(1)"
    assert 'say "no", then\nstop' in {row["note"] for row in rows}

    page.reload()
    assert page.text_content("#progress").startswith("2 decided")

    theirs = {**file, "decisions": [{**one, "decision": "unclear", "final": None, "at": "2999-01-01T00:00:00Z"}]}
    theirs["decisions"].append({**one, "item_id": "no such item"})
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(theirs), encoding="utf-8")
    page.set_input_files("#load", str(path))
    eventually(page, "document.querySelector('#kept').textContent.startsWith('Loaded')")
    said = page.text_content("#kept")
    assert "Loaded 1 decision from" in said
    assert "1 differed" in said
    assert "1 are about items that are not on this page" in said
    merged = json.loads(downloaded(page, "json"))["decisions"]
    assert next(d for d in merged if d["item_id"] == first)["decision"] == "unclear"

    path.write_text("[1, 2", encoding="utf-8")
    page.set_input_files("#load", str(path))
    eventually(page, "document.querySelector('#kept').textContent.includes('is not a decisions file')")


def test_two_reports_do_not_share_decisions(browser, files):
    context = browser.new_context()
    page = context.new_page()
    page.goto(files["tickets"])
    decide(page, 0)
    page.goto(files["sentiment"])
    assert page.text_content("#progress").startswith("0 decided")
    context.close()


def test_spans_are_decided_as_spans(open_page):
    page = open_page("kinds", hash="#items?layer=span")
    item = page.text_content("#card-h").split()[0]
    assert page.locator("#card mark").count() > 0
    decide(page, 0)
    one = next(d for d in json.loads(downloaded(page, "json"))["decisions"] if d["item_id"] == item)
    assert one["layer"] == "span"
    assert all(len(span) == 3 and isinstance(span[0], int) for span in one["final"])


def test_several_labels_numbers_and_answers_can_be_decided_freely(open_page):
    page = open_page("kinds", hash="#items?layer=tags")
    page.select_option("#d-other", label=["x", "y"])
    page.get_by_role("button", name="Save and next").click()
    page.goto(page.url.split("#")[0] + "#items?layer=score")
    eventually(page, "document.querySelector('#f-layer').value === 'score'")
    page.fill("#d-other", "42")
    page.get_by_role("button", name="Save and next").click()
    finals = {d["layer"]: d["final"] for d in json.loads(downloaded(page, "json"))["decisions"]}
    assert finals == {"tags": ["x", "y"], "score": "42"}


def test_copy_for_notes_is_plain_text(browser, files):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(files["tickets"])
    page.get_by_role("button", name="Copy for notes").click()
    eventually(page, "document.querySelector('#said').textContent === 'Copied.'")
    text = page.evaluate("navigator.clipboard.readText()")
    assert page.text_content("#card-h").split()[0] in text
    assert "- " in text
    context.close()


def test_the_policy_refuses_an_injected_script_and_a_fetch(open_page):
    page = open_page("tickets")
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.broken = 1';
            document.body.append(script);
        }"""
    )
    assert page.evaluate("window.broken") is None
    assert page.evaluate("fetch('https://example.com').then(() => 'sent', () => 'refused')") == "refused"
    # both refusals are reported on the console, and nothing else is
    assert all("Content Security Policy" in said or "example.com" in said for said in open_page.complaints)
    open_page.complaints.clear()


def test_without_script_verdict_tables_and_ten_items_are_there(open_page):
    page = open_page("tickets", java_script_enabled=False)
    assert "Not ready to ship" in page.locator("h1").inner_text()
    assert page.locator("table.gates tbody tr").count() >= 4
    assert page.locator("ol.static > li:visible").count() == 10
    assert not page.locator(".filters").is_visible()


def test_hostile_text_does_nothing_but_appear(open_page):
    page = open_page("hostile")
    seen = page.evaluate("document.body.textContent")
    assert "<script>alert(3)</script>" in seen
    page.fill("#f-q", "__proto__")
    assert page.text_content("#card-h").startswith(("__proto__", "I"))
    page.goto(page.url.split("#")[0] + "#items?item=__proto__")
    eventually(page, "document.querySelector('#card-h').textContent.startsWith('__proto__')")
    item = decide(page, 0)
    assert item == "__proto__"
    one = json.loads(downloaded(page, "json"))["decisions"][0]
    assert set(one["labels"]) == {
        'Ana "A"', "Ben<script>", "__proto__", "=cmd|x", "ana@example.org", "\u202eeve",
    }  # fmt: skip
    page.reload()
    assert page.text_content("#progress").startswith("1 decided")
    assert page.evaluate("({}).item_id") is None


def test_theme_is_chosen_and_kept(open_page):
    page = open_page("tickets")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("input[name=theme][value=dark]").check(force=True)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("name", ["tickets", "entities", "sentiment"])
def test_print_is_tagged_complete_and_starts_with_the_verdict_alone(pypdf, open_page, name, paper, tmp_path):
    page = open_page(name, scheme="dark")
    path = tmp_path / "page.pdf"
    page.pdf(path=str(path), format=paper, tagged=True)
    pdf = pypdf.PdfReader(path)
    texts = [" ".join(sheet.extract_text().split()) for sheet in pdf.pages]
    assert "/StructTreeRoot" in pdf.trailer["/Root"]
    assert "Can we ship these labels?" in texts[0]
    # the whole verdict with its action stands on page 1, and page 2 begins with the next question
    assert "Owner: project manager" in texts[0]
    assert "What should we do next?" not in texts[0]
    assert "What should we do next?" in texts[1][:60]
    whole = " ".join(texts)
    assert "Data, method and limits" in whole
    assert "Words used here" in whole
    assert "items to start with" in whole
    assert "Download decisions" not in whole
    assert len(texts) <= 13
    # the signature has the words before it beside it, or it would stand alone on a sheet
    signed = next(text for text in texts if "content hash" in text)
    assert "Words used here" in signed
    assert signed is texts[-1]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_print_of_several_layers_starts_with_the_verdict_alone(pypdf, open_page, paper, tmp_path):
    page = open_page("kinds")
    path = tmp_path / "page.pdf"
    page.pdf(path=str(path), format=paper, tagged=True)
    texts = [" ".join(sheet.extract_text().split()) for sheet in pypdf.PdfReader(path).pages]
    # six checks and what to do: every check after them and every measure by layer begins the next page
    assert "Owner: project manager" in texts[0]
    assert not re.search("How well two annotators agree|Further release checks|What should we do next", texts[0])
    assert "Further release checks" in texts[1][:40]
    following = [text.find("What should we do next?") for text in texts]
    assert [0 <= at < 60 for at in following if at >= 0] == [True]
