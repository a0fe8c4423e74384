"""What the browser tests share."""

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.lab import FLAGS, PICTURES, find_browser
from tests.browser.pages import HOST


@pytest.fixture(scope="module")
def page():
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        page = browser.new_page(viewport={"width": 760, "height": 600})
        page.set_content("<body style='margin:8px'></body>")
        page.add_script_tag(content=HOST)
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert complaints == []


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)


@pytest.fixture
def watched(browser):
    """A page, what it asked for, and what it said: dialogs, console, errors."""
    page = browser.new_page(viewport={"width": 820, "height": 900})
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page, asked, said
    page.close()
