"""Executed copies in a real browser: a hostile notebook's page runs nothing and loads nothing."""

import base64
import json
from pathlib import Path

import pytest

from grading.ingest.notebook import parse
from grading.report.copies import Output, as_page
from tests.browser.lab import PICTURES
from tests.browser.test_feedback import CHROMIUM, visit
from tests.grading import mini
from tests.grading.handing_out.records import HOSTILE
from tests.grading.handing_out.test_png import drawn

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")


def written(text: str, path: Path) -> None:
    """A copy with this text in every place: text cells, code, what was printed, errors, and the names."""
    data = mini.notebook(text, setup=())
    data["cells"].append(mini.cell(text, "markdown"))
    notebook = parse(json.dumps(data).encode())
    outputs = {2: [Output("stream", text), Output("error", text), Output("display", text, drawn())]}
    about = dict.fromkeys(("title", "student", "file", "about"), text)
    path.write_text(as_page(notebook, outputs, **about), encoding="utf-8")


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_runs_and_nothing_is_loaded(watched, tmp_path, name):
    page, asked, said = watched
    path = tmp_path / "copy.html"
    written(HOSTILE[name], path)
    visit(page, path)
    assert {url for url in asked if not url.startswith("data:image/png")} == {path.as_uri()}
    assert page.url == path.as_uri() and said == [] and page.title() != "ran"
    assert page.locator("script, iframe, form, link, base, object, svg").count() == 0
    assert page.locator("img").count() == 1 and page.evaluate("document.images[0].naturalWidth") == 7
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"copy-{name}.png")
    assert base64.b64encode(drawn()[:8]).decode()[:8] in path.read_text(encoding="utf-8")
