"""The modules of image to image in a browser without a kernel: moved, and compared with PyTorch."""

import json

import pytest
import torch

from genlab.data import outline_pairs
from genlab.display import drawn, outline_painter, patch_explorer
from genlab.models import PatchGAN, Pix2PixGenerator, receptive_field
from tests.browser.lab import PICTURES
from tests.browser.pages import show


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    generator = Pix2PixGenerator(1, 1, image_size=32, width=16, max_width=48, norm="instance")
    with torch.no_grad():
        for p in generator.parameters():
            p.copy_((p * (4 if p.ndim > 1 else 1)).half())
    return generator


@pytest.fixture
def outlines():
    return outline_pairs("test")[0][:5]


@pytest.fixture
def painter(page, generator, outlines):
    made = outline_painter(generator, outlines)
    show(page, "outline.js", made.widget, ["weights", "blocks", "size", "examples", "drawing"])
    return page


def shown(page, kind):
    page.wait_for_timeout(150)
    name = "data-made" if kind == "outline" else "data-patch"
    return json.loads(page.locator(f".genlab-{kind}").first.get_attribute(name))


def same_as_torch(page, generator):
    values = torch.tensor(shown(page, "outline"))
    page_ = torch.tensor(page.evaluate("model.get('drawing')")).float().view(1, 1, 32, 32)
    expected = 2 * drawn(generator, page_).flatten() - 1
    assert (values - expected).abs().max() < 2 / 255 and expected.std() > 0.05


def test_the_network_of_the_page_is_that_of_torch(painter, generator):
    same_as_torch(painter, generator)
    painter.screenshot(path=str(PICTURES / "outline.png"))
    painter.get_by_role("button", name="Another").click()
    painter.get_by_role("button", name="Another").click()
    same_as_torch(painter, generator)


def test_pointer_and_keys_draw_and_erase(painter, generator):
    painter.get_by_role("button", name="Clear").click()
    before = shown(painter, "outline")
    assert sum(painter.evaluate("model.get('drawing')")) == 0
    box = painter.locator("canvas").first.bounding_box()
    painter.mouse.move(box["x"] + 40, box["y"] + 40)
    painter.mouse.down()
    painter.mouse.move(box["x"] + 200, box["y"] + 40, steps=5)
    painter.mouse.move(box["x"] + 200, box["y"] + 200, steps=5)
    painter.mouse.up()
    drawn_pixels = sum(painter.evaluate("model.get('drawing')"))
    assert 38 <= drawn_pixels <= 44 and shown(painter, "outline") != before
    same_as_torch(painter, generator)
    painter.mouse.move(box["x"] + 40, box["y"] + 40)
    painter.mouse.down()
    painter.mouse.move(box["x"] + 120, box["y"] + 40, steps=5)
    painter.mouse.up()
    painter.wait_for_timeout(150)
    assert sum(painter.evaluate("model.get('drawing')")) < drawn_pixels - 5
    painter.get_by_role("button", name="Clear").click()
    painter.get_by_role("application").focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft", "Space"):
        painter.keyboard.press(key)
    painter.wait_for_timeout(150)
    assert painter.evaluate("model.get('drawing').indexOf(1)") == 14 * 32 + 15
    painter.keyboard.press("Space")
    painter.wait_for_timeout(150)
    assert sum(painter.evaluate("model.get('drawing')")) == 0


@pytest.fixture
def patches(page):
    x, y, _ = outline_pairs("test")
    made = patch_explorer({"x": x[0], "y": y[0]})
    show(page, "patches.js", made.widget, ["images", "size", "most", "layers", "logit"])
    return page


def test_patches_are_those_of_the_network(patches):
    for layers in range(4):
        patches.evaluate("n => model.set('layers', n)", layers)
        patches.get_by_role("slider").fill(str(layers))
        found = shown(patches, "patches")
        judge = PatchGAN(1, 1, width=1, layers=layers, norm="none")
        x = torch.zeros(1, 1, 32, 32)
        assert found["count"] == judge(x, x).shape[-1] and found["step"] == 2**layers
        assert found["field"] == receptive_field(judge.kernels, judge.strides)


def test_a_patch_follows_pointer_and_keys(patches):
    patches.get_by_role("slider").fill("1")
    before = shown(patches, "patches")
    patches.screenshot(path=str(PICTURES / "patches.png"))
    map_ = patches.get_by_role("application")
    box = map_.bounding_box()
    patches.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.1)
    moved = shown(patches, "patches")
    assert moved["left"] > before["left"] and moved["top"] < before["top"]
    map_.focus()
    patches.keyboard.press("ArrowLeft")
    patches.keyboard.press("ArrowDown")
    keyed = shown(patches, "patches")
    assert keyed["left"] == moved["left"] - 2 and keyed["top"] == moved["top"] + 2
