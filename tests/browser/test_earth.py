"""Heaps of earth in a browser without a kernel: pushed by pointer, keys and slider, compared with PyTorch."""

import json

import pytest

from genlab.display import earth_explorer, earth_terms
from tests.browser.lab import PICTURES
from tests.browser.pages import show

TWO = [[0.4, -2.5, 0.4], [0.6, 1.5, 0.7]]


@pytest.fixture
def earth(page):
    show(page, "earth.js", earth_explorer(TWO, mean=0.5, width=0.5).widget, ["data", "mean", "width", "critic"])
    return page


def shown(page):
    return json.loads(page.locator(".genlab-earth").get_attribute("data-earth"))


@pytest.mark.parametrize("made", [(0.5, 0.5), (-5.4, 0.1), (5.0, 2.0), (-2.5, 0.4)])
def test_distances_and_the_critic_are_pythons(earth, made):
    earth.evaluate("([mean, width]) => { model.set('mean', mean); model.set('width', width); }", list(made))
    found, wanted = shown(earth), earth_terms(TWO, [(1.0, *made)])
    assert found["wasserstein"] == pytest.approx(wanted.wasserstein, abs=1e-6)
    assert found["divergence"] == pytest.approx(wanted.divergence, abs=1e-6)
    assert found["critic"] == pytest.approx(wanted.critic[::100].tolist(), abs=1e-6)


def test_the_heap_is_pushed_by_pointer_and_keys(earth):
    before, plan = shown(earth), earth.locator(".plan").inner_html()
    box = earth.locator("svg").bounding_box()
    earth.mouse.move(box["x"] + 340, box["y"] + 100)
    earth.mouse.down()
    earth.mouse.move(box["x"] + 540, box["y"] + 100, steps=3)
    earth.mouse.up()
    after = shown(earth)
    assert after["mean"] == pytest.approx(4, abs=0.05) and after["wasserstein"] > before["wasserstein"]
    assert earth.locator(".plan").inner_html() != plan
    earth.get_by_role("slider", name="Middle of the heap").focus()
    earth.keyboard.press("ArrowLeft")
    assert shown(earth)["mean"] == pytest.approx(3.9, abs=0.05)


def test_width_critic_and_start_again(earth):
    earth.get_by_label("Width of the heap").focus()
    earth.keyboard.press("End")
    assert shown(earth)["width"] == 2
    assert earth.locator(".critic").get_attribute("points") == ""
    earth.get_by_role("checkbox").check()
    assert len(earth.locator(".critic").get_attribute("points")) > 1000
    earth.screenshot(path=str(PICTURES / "earth.png"))
    earth.get_by_role("button", name="Start again").click()
    assert (shown(earth)["mean"], shown(earth)["width"]) == (0.5, 0.5)
    assert not earth.get_by_role("checkbox").is_checked()
