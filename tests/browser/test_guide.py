"""Guidance in the plane, in a browser without a kernel: moved, and compared with Python."""

import json

import pytest
import torch

from genlab.display import guidance_explorer
from genlab.display.clouds import cosine_signal, kernel_denoiser
from tests.browser.lab import PICTURES
from tests.browser.pages import show
from tests.display.test_guides import HEAPS, LABELS

MOVED = ["heaps", "labels", "names", "spread", "weight", "label"]


@pytest.fixture
def guide(page):
    show(page, "guide.js", guidance_explorer(HEAPS, LABELS, names=["blue", "orange", "green"]).widget, MOVED)
    return page


def state(page):
    return json.loads(page.locator(".genlab-guide").get_attribute("data-guide"))


@pytest.mark.parametrize("u", [0.1, 0.5, 0.9])
def test_its_numbers_are_those_of_python(guide, u):
    signal = cosine_signal(u)
    assert guide.evaluate("u => module.signal(u)", u) == pytest.approx(signal, rel=1e-9)
    x = torch.tensor([[0.4, -0.9], [2.5, 1.0]], dtype=torch.float64)
    heaps = HEAPS.double()
    without = kernel_denoiser(heaps, 0.28, signal, x)
    ours = without + 3 * (kernel_denoiser(heaps[2:4], 0.28, signal, x) - without)
    theirs = [guide.evaluate("([h, l, s, a, x, y]) => module.guided(h, l, s, 1, 3, a, x, y)",
                             [heaps.flatten().tolist(), LABELS, 0.28, signal, *row]) for row in x.tolist()]
    torch.testing.assert_close(torch.tensor(theirs).double(), ours, rtol=1e-6, atol=1e-6)


def test_the_weight_empties_the_inner_heap(guide):
    outer, inner = state(guide)["own"]
    assert 0.35 < outer < 0.65 and 0.35 < inner < 0.65
    weight = guide.get_by_role("slider", name="weight")
    weight.focus()
    for _ in range(6):
        guide.keyboard.press("ArrowRight")
    assert guide.evaluate("model.get('weight')") == 4
    outer, inner = state(guide)["own"]
    assert outer > 0.9 and inner < 0.05
    guide.screenshot(path=str(PICTURES / "guide.png"))
    assert "weight 4.0, blue" in guide.get_by_role("status").inner_text()


def test_the_label_turns_the_walk_and_the_time_takes_it_back(guide):
    guide.get_by_role("radio", name="green").check()
    assert state(guide)["label"] == 2 and sum(state(guide)["own"]) > 0.9
    time = guide.get_by_role("slider", name="from noise to data")
    time.focus()
    guide.keyboard.press("Home")
    assert state(guide)["step"] == 0 and state(guide)["rest"] > 0.5
