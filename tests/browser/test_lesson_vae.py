"""Lesson 10 in a real JupyterLab: its bell is dragged, a digit is drawn and lands, sliders move the image."""

import json
from pathlib import Path

import pytest

from tests.browser.lab import PICTURES, Lab

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def lab():
    PICTURES.mkdir(parents=True, exist_ok=True)
    with Lab(ROOT / "solutions/10_vae.ipynb", environment={"GENLAB_PROFILE": "smoke"}, seconds=420) as lab:
        lab.run_all()
        yield lab


def test_every_cell_runs_and_the_set_up_is_folded(lab):
    assert lab.errors() == []
    folded = lab.page.locator(".jp-CodeCell .jp-InputPlaceholder")
    assert folded.count() >= 2


def test_the_bell_moves_by_pointer_and_key(lab):
    toy = lab.page.locator(".genlab-bound").first
    toy.scroll_into_view_if_needed()
    before = json.loads(toy.get_attribute("data-terms"))
    box = toy.locator("svg").nth(1).bounding_box()
    lab.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 120)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + 120, steps=3)
    lab.page.mouse.up()
    moved = json.loads(toy.get_attribute("data-terms"))
    assert moved["elbo"] != before["elbo"] and moved["logp"] == before["logp"]
    lab.page.keyboard.press("ArrowRight")
    assert json.loads(toy.get_attribute("data-terms"))["elbo"] != moved["elbo"]
    toy.screenshot(path=str(PICTURES / "lesson_bound.png"))
    assert box["height"] + 320 < 600


def test_a_drawn_digit_lands_in_the_plane(lab):
    plane = lab.page.locator(".genlab-codes").first
    plane.scroll_into_view_if_needed()
    before = plane.get_attribute("data-codes")
    pad = plane.locator("canvas").first.bounding_box()
    lab.page.mouse.move(pad["x"] + 85, pad["y"] + 25)
    lab.page.mouse.down()
    lab.page.mouse.move(pad["x"] + 85, pad["y"] + 145, steps=6)
    lab.page.mouse.up()
    found = json.loads(plane.get_attribute("data-codes"))
    assert plane.get_attribute("data-codes") != before and found["z"] == found["mu"]
    plane.screenshot(path=str(PICTURES / "lesson_codes.png"))
    assert plane.bounding_box()["height"] <= 600


def test_the_sliders_move_the_decoded_digit(lab):
    assert lab.sliders().count() == 6 and lab.press(0, "ArrowRight")
