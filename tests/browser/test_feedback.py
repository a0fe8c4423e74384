"""Feedback pages in a real browser: whatever a student writes, nothing runs and nothing is loaded."""

import contextlib
import shutil
import socket
from pathlib import Path

import pytest
from playwright.sync_api import Page

from grading.report.feedback import render
from tests.browser.lab import BROWSERS, PICTURES
from tests.grading.handing_out.records import HOSTILE, KINDS, hostile

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")


def visit(page: Page, path: Path) -> None:
    """Opens the page, unfolds it, and moves over and clicks on everything."""
    page.goto(path.as_uri())
    for summary in page.locator("summary").all():
        summary.click()
    for place in page.locator("h1, .who, section p, li").all()[:30]:
        place.hover(force=True)
        place.click(force=True)
    page.wait_for_timeout(150)


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_runs_and_nothing_is_loaded(watched, tmp_path, name):
    page, asked, said = watched
    path = tmp_path / "page.html"
    path.write_text(render(hostile(HOSTILE[name])), encoding="utf-8")
    visit(page, path)
    assert asked == [path.as_uri()] and page.url == path.as_uri() and said == []
    assert page.title() != "ran" and page.locator("script, img, iframe, form, a, link, base").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def received(server: socket.socket) -> bytes:
    """What callers sent: a browser may connect ahead of a request that its page then forbids."""
    data = b""
    with contextlib.suppress(TimeoutError):
        while True:
            caller, _ = server.accept()
            with caller, contextlib.suppress(TimeoutError):
                caller.settimeout(0.3)
                data += caller.recv(1000)
    return data


def test_the_policy_stops_what_escaping_would_have_missed(watched, tmp_path):
    """The second wall by itself: mark-up that is put into the page by force."""
    page, _, said = watched
    path = tmp_path / "page.html"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        away = f"http://127.0.0.1:{server.getsockname()[1]}/"
        evil = (f"<script>document.title='ran'</script><img src='{away}' onerror=\"document.title='ran'\">"
                f"<style>h1 {{ display: none }}</style><iframe src='{away}'></iframe>")
        path.write_text(render(KINDS["graded"]).replace("<main>", "<main>" + evil), encoding="utf-8")
        visit(page, path)
        assert received(server) == b""
    assert page.title() != "ran" and page.locator("h1").is_visible()
    assert len([line for line in said if "Content Security Policy" in line]) >= 4


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_can_be_read_everywhere(browser, tmp_path, kind):
    """On a desk, on a phone, in the dark, on paper; the pictures are for people to look at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = tmp_path / "page.html"
    path.write_text(render(KINDS[kind]), encoding="utf-8")
    desk, phone = {"width": 900, "height": 700}, {"width": 360, "height": 640}
    for name, options in {"desk": {"viewport": desk}, "phone": {"viewport": phone},
                          "dark": {"viewport": desk, "color_scheme": "dark"}}.items():
        page = browser.new_page(**options)
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert _contrast(page) >= 4.5
        page.screenshot(path=PICTURES / f"feedback-{kind.replace(' ', '-')}-{name}.png", full_page=True)
        page.close()
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.pdf(format="A4")[:4] == b"%PDF"
    page.close()


def _contrast(page: Page) -> float:
    """The least contrast of text against its background, as WCAG defines it."""
    return page.evaluate("""() => {
      const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(v => v / 255)
          .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
          return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
          if (!/, 0\\)$/.test(c)) return c; } return 'rgb(255, 255, 255)'; };
      const texts = [...document.querySelectorAll('body *')].filter(e => e.offsetWidth > 1 &&
          [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()));
      return Math.min(...texts.map(e => { const a = light(getComputedStyle(e).color), b = light(ground(e));
          return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); }));
    }""")
