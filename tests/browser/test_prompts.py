"""A prompt typed in a real JupyterLab, sliders moved by keys, and pictures that the kernel draws."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.browser.lab import PICTURES, Lab

ROOT = Path(__file__).resolve().parents[2]

CELLS = ["""
import torch
from genlab.data.shapes import WORDS
from genlab.display import prompt_box
from genlab.models import CaptionEncoder, KLAutoencoder, LatentDiffusion, TextUNet

torch.manual_seed(0)
model = LatentDiffusion(KLAutoencoder(width=8), TextUNet(8, 16, width=16, coarse=16), CaptionEncoder(WORDS, 16))


def draw(prompt, steps, guidance, number):
    start = model.start(4, rng=torch.Generator().manual_seed(number))
    return model.text_to_image(prompt, steps, guidance=guidance, latents=start)
""", """
prompt_box(draw, prompt="a red circle", steps=3, most=20, still=["a red circle"])
"""]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = tmp_path_factory.mktemp("notebook") / "prompt.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=[new_code_cell(c.strip()) for c in CELLS], metadata=kernel), path)
    with Lab(path) as lab:
        lab.run_all()
        assert lab.errors() == []
        lab.page.locator(".genlab-prompt").wait_for()
        yield lab


def says(lab, text):
    lab.page.locator(".genlab-prompt [role=status]", has_text=text).wait_for()


def picture(lab):
    return lab.page.locator(".genlab-prompt img").get_attribute("src")


def changed(lab, before):
    """Wait for other pictures."""
    lab.page.wait_for_function("before => document.querySelector('.genlab-prompt img').src !== before", arg=before)


def test_a_prompt_is_typed_and_drawn(lab):
    says(lab, "“a red circle”, 3 steps")
    box = lab.page.locator(".genlab-prompt input[type=text]").first
    box.fill("a blue square")
    box.press("Enter")
    says(lab, "“a blue square”, 3 steps")
    lab.page.locator(".genlab-prompt").screenshot(path=str(PICTURES / "prompt.png"))


def test_an_unknown_word_is_answered_in_words(lab):
    box = lab.page.locator(".genlab-prompt input[type=text]").first
    before = picture(lab)
    box.fill("a pink square")
    box.press("Enter")
    says(lab, "'pink' is not among the words")
    assert picture(lab) == before
    box.fill("a small square")
    box.press("Enter")
    says(lab, "“a small square”")


def test_the_sliders_listen_to_keys_and_the_button_to_a_click(lab):
    steps = lab.page.locator(".genlab-prompt [role=slider]").nth(0)
    steps.focus()
    steps.press("ArrowRight")
    says(lab, "4 steps")
    guidance = lab.page.locator(".genlab-prompt [role=slider]").nth(1)
    guidance.focus()
    guidance.press("ArrowRight")
    says(lab, "guidance 3.5")
    before = picture(lab)
    lab.page.get_by_role("button", name="Other noise").click()
    changed(lab, before)
