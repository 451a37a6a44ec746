"""The Chromium of the machine, driven by Playwright; without either the tests skip, unless they are required."""

import os
import shutil

import pytest

from agreement.report.page import write_page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def unavailable(why: str):
    if os.environ.get("CI") or os.environ.get("AGREEMENT_REQUIRE_BROWSER") == "1":
        pytest.fail(f"browser tests are required here, but {why}")
    pytest.skip(f"browser tests skipped: {why}")


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a test dependency that may be missing
    except ImportError:
        unavailable("Playwright is not installed")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        unavailable("no Chromium was found")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory, tickets, entities, sentiment, hostile, every_kind):
    """Return the addresses of the written pages by name."""
    folder = tmp_path_factory.mktemp("pages")
    audits = {"tickets": tickets, "entities": entities, "sentiment": sentiment, "hostile": hostile, "kinds": every_kind}
    return {name: write_page(audit, folder / f"{name}.html").as_uri() for name, audit in audits.items()}


@pytest.fixture
def open_page(browser, files):
    """Open a page by name; at the end no page may have complained or asked anything of the network."""
    contexts, complaints = [], []

    def opened(name: str, *, hash: str = "", width: int = 1280, scheme: str = "light", **options):  # noqa: A002 - its name in the browser
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on(
            "request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else complaints.append(r.url)
        )
        page.goto(files[name] + hash)
        return page

    opened.complaints = complaints
    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
