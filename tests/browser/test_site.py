"""The site, built and looked at in a browser: on a desk and on a phone, without any other host."""

import functools
import http.server
import subprocess
import sys
import threading
import time

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.lab import ROOT
from tests.chosen import sampled

LESSONS = sorted(path.stem for path in (ROOT / "solutions").glob("*.ipynb"))
FOUND = """async () => {
  await MathJax.startup.promise;
  const images = [...document.images];
  return {
    sideways: document.documentElement.scrollWidth - window.innerWidth,
    broken: images.filter(i => i.loading !== 'lazy' && !i.naturalWidth).map(i => i.src),
    nameless: images.filter(i => !i.alt.trim()).map(i => i.src),
    wrong: document.querySelectorAll('mjx-merror, [data-mjx-error]').length,
    formulas: document.querySelectorAll('mjx-container').length,
    levels: [...document.querySelectorAll('.bd-article :is(h1, h2, h3, h4)')].map(h => +h.tagName[1]),
    stubs: [...document.querySelectorAll('.bd-article pre')].filter(
      p => p.innerText.includes('raise NotImplementedError')).length,
    solutions: [...document.querySelectorAll('details')].filter(d => d.innerText.includes('Show the solution')).length,
    open: [...document.querySelectorAll('details[open]')].length,
  };
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "docs.site", "-o", str(out)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr and "ERROR" not in done.stderr
    print(f"site built in {time.monotonic() - began:.0f} s")
    return out / "html"


@pytest.fixture(scope="module")
def pages(html, browser):
    """`open(name, width)` gives a page; `asked` is what was asked for, and `failed` what was not there."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/"
    page = browser.new_page()
    page.asked, page.failed = [], []
    page.on("request", lambda r: page.asked.append(r.url))
    page.on("response", lambda r: page.failed.append(r.url) if r.status >= 400 else None)
    page.on("pageerror", lambda e: page.failed.append(str(e)))

    def show(name: str, width: int):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(base + name)
        return page

    show.base = base
    yield show
    page.close()
    server.shutdown()


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_whole_on_a_phone(pages, name):
    page = pages(f"{name}.html", 390)
    found = page.evaluate(FOUND)
    assert found["sideways"] <= 0 and not found["broken"] and not found["nameless"]
    assert found["formulas"] > 5 and not found["wrong"]
    assert found["levels"].count(1) == 1
    steps = zip(found["levels"], found["levels"][1:], strict=False)
    assert all(b - a <= 1 for a, b in steps), "a heading's level is skipped"
    assert found["solutions"] >= found["stubs"] > 0 and not found["open"]
    assert not page.failed
    assert not [url for url in page.asked if not url.startswith((pages.base, "data:"))]


@pytest.mark.parametrize("name", ["index", "results", "quality", "instructors", "trust", "api/genlab.models",
                                  "api/grading"])
def test_a_page_is_whole_on_a_phone_and_on_a_desk(pages, name):
    for width in (390, 1280):
        page = pages(f"{name}.html", width)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        assert not page.failed


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", [*sampled(), "index", "trust", "api/grading"])
def test_axe_finds_nothing_serious(pages, name, theme):
    """WCAG by axe-core, but for the theme's own search button, whose label leaves out its keys."""
    page = pages(f"{name}.html", 1280)
    page.emulate_media(color_scheme=theme)
    page.goto(page.url)
    page.evaluate("async () => { await window.MathJax?.startup?.promise; }")
    found = Axe().run(page, context={"exclude": [[".search-button-field"]]}).response["violations"]
    page.emulate_media(color_scheme="light")
    bad = [(one["id"], node["target"], node["failureSummary"])
           for one in found if one["impact"] in ("serious", "critical") for node in one["nodes"]]
    assert not bad, bad[:3]


def test_axe_would_find_pale_letters(pages):
    page = pages("index.html", 1280)
    page.evaluate("document.querySelector('.bd-article p').style.color = '#ddd'")
    assert "color-contrast" in {one["id"] for one in Axe().run(page).response["violations"]}


def test_what_is_searched_is_found(pages):
    page = pages("search.html?q=posterior", 1280)
    page.wait_for_selector("#search-results li a")
    assert any("vae" in a.get_attribute("href") for a in page.query_selector_all("#search-results li a"))


def test_all_pictures_are_there_and_loaded_when_they_come_into_view(pages):
    page = pages("10_vae.html", 1280)
    page.evaluate("[...document.images].forEach(i => i.loading = 'eager')")
    page.wait_for_function("[...document.images].every(i => i.complete && i.naturalWidth)")
