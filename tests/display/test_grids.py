"""A grid shows every pixel where it belongs, whatever comes in, and refuses what it would misrepresent."""

import numpy as np
import pytest
import torch

from genlab.display import show_grid
from genlab.display.grids import compose, pleasing_columns, to_tiles
from genlab.display.style import SHARPNESS, Picture, pixels


def test_pixels_arrive_unblurred_and_in_order():
    """On screen each pixel is a block of whole pixels, row by row."""
    x = torch.rand(6, 1, 5, 7, generator=torch.Generator().manual_seed(0))
    figure = show_grid(x, columns=3, scale=4)
    image, side = pixels(figure)[..., 0], 4 * SHARPNESS
    gap, margin = 2 * SHARPNESS, 4 * SHARPNESS
    for index, tile in enumerate(to_tiles(x)[..., 0]):
        top = margin + index // 3 * (5 * side + gap)
        left = margin + index % 3 * (7 * side + gap)
        block = image[top:top + 5 * side, left:left + 7 * side]
        np.testing.assert_array_equal(block, tile.repeat(side, 0).repeat(side, 1))


@pytest.mark.parametrize("shape", [(4, 1, 6, 6), (4, 6, 6), (4, 36)])
def test_all_shapes_of_a_grey_image_are_the_same_picture(shape):
    x = torch.linspace(0, 1, 144)
    np.testing.assert_array_equal(to_tiles(x.view(shape)), to_tiles(x.view(4, 1, 6, 6)))


def test_ranges_map_to_black_and_white():
    x = torch.tensor([-1.0, 0.0, 1.0, -0.5]).view(1, 1, 2, 2)
    assert to_tiles(x, (-1, 1)).ravel().tolist() == [0, 128, 255, 64]
    levels = torch.tensor([0, 255, 51, 102], dtype=torch.uint8).view(1, 1, 2, 2)
    assert to_tiles(levels, (0, 255)).ravel().tolist() == [0, 255, 51, 102]
    assert to_tiles(x.to(torch.bfloat16).requires_grad_(), (-1, 1)).dtype == np.uint8


def test_colours_keep_their_channels():
    x = torch.zeros(1, 3, 2, 2)
    x[0, 2] = 1
    assert (compose(to_tiles(x), 1) == [0, 0, 255]).all()


@pytest.mark.parametrize("bad, says", [
    (torch.full((2, 1, 4, 4), 1.5), r"must lie in \[0, 1\], got 1.5 … 1.5: say value_range"),
    (torch.full((2, 1, 4, 4), -0.5), r"must lie in \[0, 1\]"),
    (torch.full((2, 1, 4, 4), float("nan")), "not finite"),
    (torch.zeros(2, 2, 4, 4), "shape"),
    (torch.zeros(2, 35), "shape"),
    (torch.zeros(0, 1, 4, 4), "shape"),
    (torch.zeros(4), r"x\[None\]"),
])
def test_what_would_mislead_is_refused(bad, says):
    with pytest.raises(ValueError, match=says):
        show_grid(bad)


def test_rounding_is_forgiven():
    show_grid(torch.tensor([1 + 1e-6, -1e-6]).view(2, 1, 1, 1).expand(2, 1, 4, 4))


def test_a_sequence_gives_one_row_each():
    x = torch.zeros(12, 1, 4, 4)
    figure = show_grid([x, x + 1], rows=["original", "reconstruction"], columns=5)
    assert "10 images in 2 rows of 5; rows: original, reconstruction" == figure.alt
    with pytest.raises(ValueError, match="same shape"):
        show_grid([x, x[:3]])


@pytest.mark.parametrize("labels", [dict(rows=["a"]), dict(titles=["a", "b", "c"]), dict(titles=["a"] * 5)])
def test_labels_that_do_not_match_are_refused(labels):
    with pytest.raises(ValueError, match="must hold"):
        show_grid(torch.zeros(4, 1, 4, 4), columns=2, **labels)


@pytest.mark.parametrize("n, columns", [(1, 1), (7, 7), (16, 4), (64, 8), (100, 10), (24, 6), (13, 5)])
def test_default_columns_make_a_block(n, columns):
    assert pleasing_columns(n) == columns


def test_missing_tiles_stay_white():
    sheet = compose(np.zeros((3, 2, 2, 1), np.uint8), 2, gap=1)
    assert sheet.shape == (5, 5, 3) and (sheet[3:, 3:] == 255).all() and (sheet[:2, :2] == 0).all()


def test_a_grid_is_one_picture_and_small():
    x = torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(0)).round()
    figure = show_grid(x, title="noise", titles=[str(i) for i in range(64)])
    assert isinstance(figure, Picture) and len(figure.axes) == 1
    assert len(figure.png()) < 100_000


def test_fewer_colours_make_a_smaller_file():
    images = torch.rand(4, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    assert len(show_grid(images, photographic=False).png()) < 0.7 * len(show_grid(images).png())
