"""The film of samplers in a browser without a kernel: other steps, other samplers, played, and equal to Python's."""

import json

import pytest
import torch

from genlab.display import denoising_explorer
from genlab.models.samplers import State
from tests.browser.lab import PICTURES
from tests.browser.pages import show

NUMBERS = ["frames", "names", "counts", "images", "side", "signals", "film", "step"]


def states(steps, seed):
    rng = torch.Generator().manual_seed(seed)
    images = [torch.rand(2, 1, 28, 28, generator=rng) * 2 - 1 for _ in range(2 * steps + 1)]
    return [State(images[2 * k], 0.01 + 0.99 * k / steps, images[2 * k - 1] if k else None) for k in range(steps + 1)]


FILMS = {"DDIM": states(3, 0), "DDPM": states(5, 1)}


@pytest.fixture
def film(page):
    show(page, "denoise.js", denoising_explorer(FILMS).widget, NUMBERS)
    return page


def seen(page):
    return json.loads(page.locator(".genlab-denoise").get_attribute("data-denoise"))


def tile(page, column, row):
    grey = page.locator("canvas").evaluate(
        "(c, [x, y]) => { const d = c.getContext('2d').getImageData(x, y, 84, 84).data;"
        " return Array.from({length: 84 * 84}, (_, i) => d[4 * i]); }", [column * 90, row * 90])
    return torch.tensor(grey).view(84, 84)[1::3, 1::3]


def test_it_shows_x_and_the_guess_of_every_step(film):
    for k in range(4):
        film.evaluate("k => model.set('step', k)", k)
        guess = FILMS["DDIM"][k + 1].clean if k < 3 else FILMS["DDIM"][3].x
        for row, images in enumerate((FILMS["DDIM"][k].x, guess)):
            for column in range(2):
                assert (tile(film, column, row) - 127.5 * (images[column, 0] + 1)).abs().max() <= 1
    film.screenshot(path=str(PICTURES / "denoise.png"))


def test_slider_and_sampler_are_moved_by_keys(film):
    before = seen(film)
    film.get_by_role("slider", name="step").focus()
    film.keyboard.press("ArrowRight")
    assert seen(film)["step"] == 1 and seen(film)["mean"] != before["mean"]
    film.get_by_role("radio", name="DDPM").check()
    assert seen(film)["film"] == 1 and seen(film)["last"] == 5
    film.keyboard.press("ArrowUp")  # of the radio buttons
    assert seen(film)["film"] == 0


def test_a_shorter_film_ends_earlier(film):
    film.evaluate("() => { model.set('film', 1); model.set('step', 5); model.set('film', 0); }")
    assert seen(film)["step"] == 3


def test_it_plays_to_the_end(film):
    film.get_by_role("button", name="Play").click()
    film.wait_for_function("() => model.get('step') === 3", timeout=8000)
    film.get_by_role("button", name="Play").wait_for(timeout=3000)
    assert "the sample" in film.get_by_role("status").inner_text()
