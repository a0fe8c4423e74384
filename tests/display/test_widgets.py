"""Sliders decode what they say, and what they show is also there as a still picture."""

import io

import ipywidgets
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from genlab.display import interpolation, play, traversal
from genlab.display.quiet import quietly


def grey(widget_image):
    """The middle of a widget's image, in [0, 1]."""
    image = np.asarray(Image.open(io.BytesIO(widget_image.value)).convert("L"))
    return image[image.shape[0] // 2, image.shape[1] // 2] / 255


class Decoder(nn.Module):
    """Every pixel is 0.5 + 0.1 z_0 - 0.05 z_1; knows what it was asked."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.1, -0.05, 0.0]))
        self.noise = nn.Dropout(0.5)
        self.asked, self.modes = [], []

    def decode(self, z):
        self.asked.append(z.detach().clone())
        self.modes.append((self.training, torch.is_grad_enabled()))
        return (0.5 + z @ self.weight).view(-1, 1, 1, 1).expand(-1, 1, 8, 8)


def test_a_slider_moves_its_dimension_and_no_other():
    model = Decoder()
    page = traversal(model.decode, 3, start=torch.tensor([[0.5, -1.0, 2.0]]), dims=[1, 0])
    assert [slider.description for slider in page.sliders] == ["z 1", "z 0"]
    assert [slider.value for slider in page.sliders] == [-1.0, 0.5]
    page.sliders[0].value = 2.0
    torch.testing.assert_close(model.asked[-1], torch.tensor([[0.5, 2.0, 2.0]]))
    assert grey(page.image) == pytest.approx(0.5 + 0.05 - 0.1, abs=1 / 255)


def test_reset_returns_to_the_start():
    page = traversal(Decoder().decode, 3)
    before = page.image.value
    for slider in page.sliders:
        slider.value = 1.5
    assert page.image.value != before
    buttons = [w for w in page.widget.children[0].children if isinstance(w, ipywidgets.Button)]
    buttons[0].click()
    assert page.image.value == before and [slider.value for slider in page.sliders] == [0, 0, 0]


def test_the_still_picture_has_a_row_per_dimension():
    model = Decoder()
    page = traversal(model.decode, 3, dims=[2, 0], steps=5, span=2)
    rows = [z for z in model.asked if len(z) == 5]
    torch.testing.assert_close(rows[1], torch.linspace(-2, 2, 5).view(-1, 1) * torch.tensor([1.0, 0, 0]))
    words = [t.get_text() for t in page.figure.axes[0].texts]
    assert words == ["z 2", "z 0", "-2.0", "-1.0", "0", "+1.0", "+2.0"]
    assert "dimensions 2, 0, moved from -2 to 2 in 5 steps" in page.figure.alt


def test_the_model_is_looked_at_in_evaluation_mode_and_left_as_it_was():
    model = Decoder().train()
    model.noise.eval()
    page = traversal(model.decode, 3)
    page.sliders[0].value = 1.0
    assert set(model.modes) == {(False, False)}
    assert model.training and not model.noise.training


def test_a_start_outside_the_span_is_kept():
    page = traversal(Decoder().decode, 3, start=torch.tensor([3.5, 0, 0]), span=2)
    assert page.sliders[0].value == 3.5 and page.sliders[0].max == 3.5


@pytest.mark.parametrize("arguments, says", [
    (dict(dims=[3]), "dimensions 0 … 2"), (dict(dims=[]), "dims"), (dict(start=torch.zeros(2)), "3 numbers")])
def test_what_does_not_fit_is_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        traversal(Decoder().decode, 3, **arguments)


def test_a_decoder_of_logits_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        traversal(lambda z: 5 * z[:, :1, None, None].expand(-1, 1, 4, 4), 2)


def test_a_film_shows_each_frame_and_its_word():
    frames = torch.linspace(0, 1, 12).view(-1, 1, 1, 1).expand(-1, 1, 6, 6)
    page = play(frames, titles=[f"t = {i}" for i in range(12)], strip=4)
    (slider,) = page.sliders
    for i in (3, 11):
        slider.value = i
        assert grey(page.image) == pytest.approx(i / 11, abs=1 / 255)
    assert [t.get_text() for t in page.figure.axes[0].texts] == ["t = 0", "t = 4", "t = 7", "t = 11"]
    assert page.figure.alt == "Film: 4 of 12 frames: t = 0, t = 4, t = 7, t = 11"


def test_a_frame_may_hold_several_images():
    page = play([torch.zeros(3, 1, 6, 6), torch.ones(3, 1, 6, 6)])
    width, height = Image.open(io.BytesIO(page.image.value)).size
    assert width > 2.9 * height
    with pytest.raises(ValueError, match="no frames"):
        play([])
    with pytest.raises(ValueError, match="2 frames, 1 titles"):
        play([torch.zeros(1, 1, 6, 6)] * 2, titles=["a"])


def test_an_interpolation_is_the_film_of_its_codes():
    codes = torch.linspace(0, 3, 4).view(-1, 1) * torch.tensor([1.0, 0, 0])
    page = interpolation(Decoder().decode, codes)
    page.sliders[0].value = 3
    assert grey(page.image) == pytest.approx(0.8, abs=1 / 255)


def test_looking_does_not_move_the_global_random_state():
    before = torch.get_rng_state()
    with quietly(None):
        torch.rand(5)
    assert torch.equal(torch.get_rng_state(), before)
