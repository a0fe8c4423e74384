"""A blind study answered in a real JupyterLab by keys, by buttons, and by Tab and Enter."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.browser.lab import PICTURES, Lab

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("secret-real", "secret-fake")

CELLS = ["""
import torch
from genlab.display import study_widget
from genlab.metrics import Study
from genlab.data import digits

images, _ = digits("test")
sets = {"secret-real": images[:30], "secret-fake": (images[:30] + images[30:60]) / 2}
study = Study(sets, "answers.jsonl", trials=10, rng=torch.Generator().manual_seed(0))
""", """
study_widget(study)
""", "'the cell after it'"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = tmp_path_factory.mktemp("notebook") / "study.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=[new_code_cell(c.strip()) for c in CELLS], metadata=kernel), path)
    with Lab(path) as lab:
        lab.run_all()
        assert lab.errors() == []
        lab.page.locator(".genlab-study").wait_for()
        lab.page.get_by_text("Keys, after a click here").wait_for()
        yield lab


def records(lab, kind="answer"):
    path = lab.folder / "work" / "answers.jsonl"
    return [r for r in map(json.loads, path.read_text().splitlines()) if r["kind"] == kind]


def shows(lab, text):
    """Wait for the line below the pictures, then until an answer counts."""
    lab.page.locator(".genlab-study [role=status]", has_text=text).wait_for()
    lab.page.wait_for_timeout(400)


def names_on_page(lab):
    """Attributes and titles included."""
    return [name for name in NAMES if name in lab.page.locator(".genlab-study").evaluate("e => e.outerHTML")]


def test_it_runs_and_names_nobody(lab):
    shows(lab, "Trial 1 of 10")
    lab.screenshot(PICTURES / "study.png")
    assert names_on_page(lab) == []
    alts = lab.page.locator(".genlab-study img").evaluate_all("all => all.map(i => i.alt)")
    assert alts == ["Picture on the left", "Picture on the right"]


def test_buttons_answer(lab):
    lab.page.get_by_role("button", name="Left").click()
    shows(lab, "Trial 2 of 10")
    assert [r["choice"] for r in records(lab)] == ["left"]


def test_keys_answer_after_a_click_on_a_picture_and_spare_the_notebook(lab):
    """In command mode 1 would make the cell a heading, x would cut it."""
    before = lab.page.locator(".jp-Cell").count()
    lab.page.locator(".genlab-study img").first.click()
    for number, key in enumerate(["ArrowRight", "ArrowLeft", "1", "2"], start=3):
        lab.page.keyboard.press(key)
        shows(lab, f"Trial {number} of 10")
    assert [r["choice"] for r in records(lab)] == ["left", "right", "left", "left", "right"]
    lab.page.keyboard.press("x")
    lab.page.keyboard.press("x")
    assert lab.page.locator(".jp-Cell").count() == before
    assert lab.page.locator(".jp-MarkdownCell").count() == 0


def test_undo_by_key(lab):
    lab.page.keyboard.press("u")
    shows(lab, "Trial 5 of 10")
    assert len(records(lab, "undo")) == 1


def test_tab_and_enter_reach_every_button(lab):
    lab.page.get_by_role("button", name="Left").focus()
    lab.page.keyboard.press("Tab")
    assert lab.page.evaluate("document.activeElement.textContent") == "Undo"
    lab.page.keyboard.press("Tab")
    lab.page.keyboard.press("Enter")
    shows(lab, "Trial 6 of 10")
    assert records(lab)[-1]["choice"] == "right"


def test_a_key_held_down_answers_once(lab):
    lab.page.keyboard.down("ArrowLeft")
    for _ in range(5):
        lab.page.keyboard.down("ArrowLeft")  # repeats, as a held key does
    lab.page.keyboard.up("ArrowLeft")
    shows(lab, "Trial 7 of 10")
    assert len(records(lab)) == 7  # one of them was taken back


def test_the_cell_run_again_goes_on(lab):
    lab.run_all()
    shows(lab, "Trial 7 of 10")


def test_results_come_at_the_end_when_asked_for(lab):
    lab.page.locator(".genlab-study img").first.click()
    for number in range(8, 11):
        lab.page.keyboard.press("ArrowLeft")
        shows(lab, f"Trial {number} of 10")
    lab.page.keyboard.press("ArrowLeft")
    shows(lab, "All trials are answered")
    assert names_on_page(lab) == []
    lab.page.get_by_role("button", name="Show the results").click()
    lab.page.locator(".genlab-study pre").wait_for()
    lab.screenshot(PICTURES / "study_results.png")
    assert "secret-fake over secret-real" in lab.page.locator(".genlab-study pre").inner_text()
    assert lab.page.locator(".genlab-study button:visible:enabled").count() == 0
