"""Widgets of image to image: what they carry, what they refuse, and the still pictures below them."""

import pytest
import torch

from genlab.data import outline_pairs
from genlab.display import drawn, input_gradients, outline_painter, patch_explorer, plot_patches
from genlab.models import PatchGAN, Pix2PixGenerator


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    return Pix2PixGenerator(1, 1, image_size=32, width=4, norm="instance")


def test_the_page_carries_every_weight_in_half_precision(generator):
    made = outline_painter(generator, outline_pairs("test")[0][:12])
    assert len(made.widget.weights) == 2 * sum(p.numel() for p in generator.parameters())
    assert len(made.widget.blocks) == 10 and [b["up"] for b in made.widget.blocks] == [False] * 5 + [True] * 5
    assert len(made.widget.examples) == 12 and sum(made.widget.drawing) == outline_pairs("test")[0][0].sum()
    assert "Outlines of digits" in made.figure.alt


def test_what_is_drawn_is_the_generators_own_image_without_noise(generator):
    x = outline_pairs("test")[0][:3]
    generator.noisy = False
    expected = (generator(2 * x - 1) + 1) / 2
    generator.noisy = True
    torch.testing.assert_close(drawn(generator, x), expected.detach())
    assert torch.equal(drawn(generator, x), drawn(generator, x))


def test_generators_that_do_not_fit_are_refused():
    x = outline_pairs("test")[0][:1]
    with pytest.raises(ValueError, match="instance"):
        outline_painter(Pix2PixGenerator(1, 1, image_size=32, width=4), x)
    with pytest.raises(ValueError, match="smaller width"):
        outline_painter(Pix2PixGenerator(1, 1, image_size=32, width=32, norm="instance"), x)
    with pytest.raises(ValueError, match="channels 3 and 1"):
        outline_painter(Pix2PixGenerator(3, 1, image_size=32, width=4, norm="instance"), x)


def test_patches_are_drawn_and_explored():
    x, y, _ = outline_pairs("test")
    made = patch_explorer({"x": x[0], "y": y[0]}, layers=2)
    assert made.widget.size == 32 and made.widget.layers == 2 and len(made.widget.images[1][1]) == 1024
    assert "they grow" in plot_patches(y[0], (0, 1, 2)).alt
    with pytest.raises(ValueError, match="one size"):
        patch_explorer({"x": x[0], "y": y[0, :, :28, :28]})


def test_gradients_stay_inside_the_patch():
    gradient = input_gradients(PatchGAN(1, 1, width=2, layers=1, norm="none"), 40, logit=(8, 9))
    rows, columns = (gradient > 0).any(1).nonzero().flatten(), (gradient > 0).any(0).nonzero().flatten()
    assert rows.tolist() == list(range(11, 27)) and columns.tolist() == list(range(13, 29))
