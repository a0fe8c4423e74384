"""Stamps and towers: the numbers behind the pictures, and that the pictures say them."""

import pytest
import torch

from genlab.display import paint_explorer, paint_plane, plot_planes, plot_tower


def test_a_plane_is_painted_as_ones_paint_it():
    for kernel, stride in ((3, 2), (4, 2), (5, 3), (2, 4)):
        stamp = torch.ones(1, 1, kernel, kernel)
        ones = torch.nn.functional.conv_transpose2d(torch.ones(1, 1, 4, 4), stamp, stride=stride)
        assert torch.equal(paint_plane(4, kernel, stride), ones[0, 0].long())


def test_the_explorer_begins_where_it_is_told_and_has_a_still_picture():
    made = paint_explorer(4, kernel=5, stride=2, step=7)
    assert (made.widget.size, made.widget.kernel, made.widget.stride, made.widget.step) == (4, 5, 2, 7)
    for words in ("kernel 5, stride 2: painted 1 to 9", "kernel 4, stride 2: painted 1 to 4"):
        assert words in made.figure.alt


@pytest.mark.parametrize("numbers", [True, False])
def test_planes_stand_side_by_side(numbers):
    figure = plot_planes({"a": torch.zeros(3, 3), "b": torch.arange(9.0).view(3, 3)}, numbers=numbers, title="two")
    assert len(figure.axes) == 2 and figure.alt == "a: painted 0 to 0; b: painted 0 to 8"
    assert len(figure.axes[1].texts) == (9 if numbers else 0)


def test_a_tower_names_its_maps():
    figure = plot_tower({"small": [(100, 1), (8, 4), (1, 8)]})
    assert "small: 100 × 1 × 1, 8 × 4 × 4, 1 × 8 × 8" in figure.alt
    assert [text.get_text() for text in figure.axes[0].texts] == ["100 × 1 × 1", "8 × 4 × 4", "1 × 8 × 8"]
