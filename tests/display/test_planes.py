"""Tiles show points and densities where they are, and sliders show the picture that they name."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from genlab.data import plane
from genlab.display import choose, density_tile, point_tile, show_grid


def test_a_point_darkens_its_own_place_and_no_other():
    tile = point_tile(torch.tensor([[1.5, -2.0]]), side=60)
    assert tile.shape == (3, 60, 60) and 0 <= tile.min() and tile.max() <= 1
    row, column = divmod(tile.sum(0).argmin().item(), 60)
    assert (row, column) == (60 - 1 - 10, 45)  # y = -2 is a sixth from below, x = 1.5 three quarters along
    assert (tile[:, 2:30, 2:30] == 1).all()


def test_points_outside_or_not_finite_are_left_out():
    outside = torch.tensor([[9.0, 0.0], [0.0, -3.5], [float("nan"), 0.0], [float("inf"), 1.0]])
    assert torch.equal(point_tile(outside), point_tile(torch.empty(0, 2)))


def test_many_points_are_darker_than_one():
    one, ten = (point_tile(torch.zeros(n, 2)) for n in (1, 10))
    assert ten.min() < one.min()


def test_a_density_is_brightest_where_it_is_highest():
    points, _ = plane.grid(50)
    log_density = -(points - torch.tensor([1.5, -1.5])).square().sum(1)
    tile = density_tile(log_density, side=50)
    row, column = divmod(tile.sum(0).argmax().item(), 50)
    assert row == pytest.approx(37, abs=1) and column == pytest.approx(37, abs=1)


def test_tiles_compare_only_with_a_common_top():
    low = torch.full((100,), -5.0)
    assert torch.equal(density_tile(low, side=10), density_tile(low + 1, side=10))
    high = density_tile(low + 1, side=10, top=1.0)
    assert (density_tile(low, side=10, top=1.0) != high).any()


def test_a_density_of_zero_and_a_broken_one_are_dark():
    values = torch.zeros(100)
    values[:50], values[50] = -torch.inf, torch.nan
    assert density_tile(values, side=10).isfinite().all()


@pytest.mark.parametrize("wrong", [lambda: point_tile(torch.zeros(3)), lambda: density_tile(torch.zeros(7))])
def test_wrong_shapes_say_what_is_wanted(wrong):
    with pytest.raises(ValueError, match=r"shape|wants"):
        wrong()


def brightness(image):
    return np.asarray(Image.open(io.BytesIO(image.value)).convert("L")).mean()


def test_a_slider_shows_what_it_names():
    grey = {(a, b): torch.full((2, 3, 8, 8), 0.2 * i + 0.1 * j)
            for i, a in enumerate(("one", "two")) for j, b in enumerate(("x", "y"))}
    page = choose(grey, ["number", "letter"], figure=show_grid(torch.zeros(1, 3, 8, 8)),
                  captions={("two", "y"): "the last"})
    number, letter = page.sliders
    assert number.options == ("one", "two")
    assert [slider.description for slider in page.sliders] == ["number", "letter"]
    before = brightness(page.image)
    number.value = "two"
    middle = brightness(page.image)
    letter.value = "y"
    assert before < middle < brightness(page.image)
    assert page.widget.children[0].children[-1].value == "the last"
