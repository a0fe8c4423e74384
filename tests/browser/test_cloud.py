"""The cloud in the plane, in a browser without a kernel: moved, drawn on, and compared with Python."""

import json

import pytest
import torch

from genlab.display import diffusion_explorer
from genlab.display.clouds import cosine_signal, kernel_denoiser, kernel_score
from tests.browser.lab import PICTURES
from tests.browser.pages import show

POINTS = torch.tensor([[-1.0, 0.5], [0.3, 1.2], [2.0, -0.7]], dtype=torch.float64)
MOVED = ["points", "spread", "time", "way", "arrows"]


@pytest.fixture
def cloud(page):
    show(page, "cloud.js", diffusion_explorer(POINTS.repeat(10, 1), arrows=True, time=0.5).widget, MOVED)
    return page


def state(page):
    return json.loads(page.locator(".genlab-cloud").get_attribute("data-cloud"))


@pytest.mark.parametrize("u", [0.1, 0.5, 0.9])
def test_its_numbers_are_those_of_python(cloud, u):
    x = torch.tensor([[0.4, -0.9], [2.5, 1.0]], dtype=torch.float64)
    signal = cloud.evaluate("u => module.signal(u)", u)
    assert signal == pytest.approx(cosine_signal(u), rel=1e-9)
    for name, ours in (("denoise", kernel_denoiser), ("score", kernel_score)):
        theirs = [cloud.evaluate(f"([p, s, a, x, y]) => module.{name}(p, s, a, x, y)",
                                 [POINTS.flatten().tolist(), 0.12, signal, *row]) for row in x.tolist()]
        torch.testing.assert_close(torch.tensor(theirs).double(), ours(POINTS, 0.12, signal, x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("eta", [0, 1])
def test_noise_walks_to_the_data(cloud, eta):
    ends = cloud.evaluate("([p, eta]) => Array.from(module.walk(p, 0.05, eta, 150, 3).at(-1))",
                          [POINTS.flatten().tolist(), eta])
    gaps = torch.cdist(torch.tensor(ends).double().view(-1, 2), POINTS)
    assert gaps.min(1).values.quantile(0.9) < 0.2
    assert (torch.bincount(gaps.argmin(1), minlength=3) > 15).all()  # 150 walkers, three points


def test_the_slider_moves_the_cloud_and_the_choice_its_way(cloud):
    before = state(cloud)
    slider = cloud.get_by_role("slider", name="time")
    slider.focus()
    cloud.keyboard.press("Home")
    assert state(cloud)["signal"] == pytest.approx(1) and state(cloud)["mean"] != before["mean"]
    assert cloud.evaluate("model.get('time')") == 0
    cloud.screenshot(path=str(PICTURES / "cloud.png"))
    cloud.get_by_role("radio", name="back, without chance").check()
    assert state(cloud)["way"] == "path" and state(cloud)["count"] == 150


def test_data_are_drawn_by_hand_and_by_keys(cloud):
    cloud.get_by_role("button", name="Draw my own data").click()
    assert state(cloud)["count"] == 0
    box = cloud.get_by_role("application").bounding_box()
    cloud.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
    cloud.mouse.down()
    cloud.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.25, steps=5)
    cloud.mouse.up()
    drawn = state(cloud)
    assert drawn["count"] >= 4 and drawn["mean"][0] > 1.2 and drawn["mean"][1] > 1.2
    cloud.get_by_role("application").focus()
    for key in ("ArrowLeft", "ArrowLeft", " "):
        cloud.keyboard.press(key)
    assert state(cloud)["count"] == drawn["count"] + 2
