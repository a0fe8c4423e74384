"""Widgets live in JupyterLab. Run by name, `pytest tests/browser`: it takes a browser and half a minute."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.browser.lab import PICTURES, Lab

ROOT = Path(__file__).resolve().parents[2]

CELLS = ["""
import torch
from genlab.display import LivePicture, choose, interpolation, show_grid, traversal

basis = torch.linspace(0, 1, 28 * 28).view(1, -1) * torch.tensor([[0.3], [0.2]])
decode = lambda z: (0.5 + z @ basis / 3).clamp(0, 1)
""", """
traversal(decode, 2, title="Two directions")
""", """
interpolation(decode, torch.linspace(-3, 3, 12).repeat(2, 1).T, title="A way through")
""", """
show_grid(torch.rand(8, 1, 28, 28), title="Noise", alt="eight squares of <noise>")
""", """
watch = LivePicture(lambda model: torch.rand(9, 28, 28), seconds=0)
losses = {"loss": []}
for step in range(5):
    losses["loss"].append(1 / (1 + step))
    watch(None, losses)
"done"
""", """
grey = {(a, b): torch.full((2, 3, 40, 40), 0.3 * i + 0.2 * j)
        for i, a in enumerate("xy") for j, b in enumerate("uvw")}
words = {key: "".join(key) for key in grey}
choose(grey, ["first", "second"], figure=show_grid(torch.zeros(1, 3, 40, 40)), captions=words)
"""]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = tmp_path_factory.mktemp("notebook") / "tiny.ipynb"
    cells = [new_code_cell(source.strip()) for source in CELLS]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), path)
    with Lab(path) as lab:
        lab.run_all()
        lab.screenshot(PICTURES / "tiny.png")
        yield lab


def test_no_cell_fails(lab):
    assert lab.errors() == []
    assert all(cell["count"] for cell in lab.cells())


def test_sliders_are_labelled_and_move_the_image_by_key(lab):
    assert lab.sliders().count() == 5
    labels = lab.page.locator(".jp-OutputArea .widget-label").all_inner_texts()
    assert {"z 0", "z 1", "frame"} <= set(labels)
    assert lab.press(0, "ArrowRight") and lab.press(1, "ArrowLeft")


def test_a_film_turns_by_key(lab):
    assert lab.press(2, "ArrowRight", image=1)
    lab.screenshot(PICTURES / "moved.png")


def test_words_are_chosen_by_key(lab):
    assert lab.press(3, "ArrowRight", image=2) and lab.press(4, "ArrowRight", image=2)
    assert lab.page.locator(".jp-OutputArea .widget-label", has_text="yv").count() == 1
    lab.screenshot(PICTURES / "chosen.png")


def test_reset_puts_the_image_back(lab):
    reset = lab.page.get_by_role("button", name="Reset")
    reset.click()
    lab.page.wait_for_timeout(500)
    before = lab.widget_image()
    assert lab.press(0, "ArrowRight")
    reset.click()
    lab._wait(lambda: lab.widget_image() == before, "the reset")


def test_every_widget_has_a_still_picture_and_every_picture_its_description(lab):
    for cell in lab.cells()[1:4]:
        kinds = [set(output["data"]) for output in cell["outputs"]]
        assert {"image/png", "text/plain"} in kinds
    words = lab.page.locator(".jp-OutputArea p", has_text="Picture: eight squares of <noise>")
    assert words.count() == 1 and words.bounding_box()["height"] <= 2


def test_a_live_picture_is_one_output(lab):
    outputs = lab.cells()[4]["outputs"]
    assert [sorted(output["data"])[0] for output in outputs] == ["image/png", "text/html", "text/plain"]
    assert outputs[-1]["data"]["text/plain"] == "'done'"
