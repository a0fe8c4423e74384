"""Sprites: geometry is the oracle. Areas and centres follow from the factors alone."""

import math

import pytest
import torch

from genlab.data import sprites

RADII = torch.tensor([2.25, 3.0, 3.75], dtype=torch.float64)
CENTRES = torch.linspace(4, 12, 8, dtype=torch.float64)


@pytest.fixture(scope="module")
def grid():
    """Images by their factors, (3, 3, 8, 8, 16, 16)."""
    return sprites().images.double().view(3, 3, 8, 8, 16, 16)


def test_shapes_types_and_range():
    images, factors, names, counts = sprites()
    assert images.shape == (576, 1, 16, 16) and images.dtype == torch.float32
    assert factors.shape == (576, 4) and factors.dtype == torch.int64
    assert names == ("shape", "size", "x", "y") and counts == (3, 3, 8, 8)
    assert images.min() == 0 and images.max() == 1


def test_every_combination_once_with_the_last_factor_fastest():
    _, factors, _, counts = sprites()
    weights = torch.tensor([math.prod(counts[place + 1 :]) for place in range(4)])
    assert torch.equal((factors * weights).sum(1), torch.arange(576))


def test_areas_are_those_of_geometry(grid):
    """Square (2r)², disc πr², triangle 2r²; the same everywhere, so nothing is cut off at the frame."""
    areas = grid.sum((-2, -1))
    for shape, area in enumerate((4 * RADII**2, math.pi * RADII**2, 2 * RADII**2)):
        torch.testing.assert_close(areas[shape], area.view(3, 1, 1).expand(3, 8, 8), rtol=0.06, atol=0)


def test_no_shape_leaves_the_frame(grid):
    """A subpixel wide frame of the picture stays empty: the outermost edge is a quarter of a pixel away."""
    border = torch.cat([grid[..., 0, :], grid[..., -1, :], grid[..., :, 0], grid[..., :, -1]], -1)
    assert border.max() <= 0.75


def test_centres_follow_x_and_y(grid):
    """Centroid = centre; that of the triangle lies a third of the radius below. x is the horizontal one."""
    pixels = torch.arange(16, dtype=torch.float64) + 0.5
    mass = grid.sum((-2, -1))
    across = (grid.sum(-2) * pixels).sum(-1) / mass  # (3, 3, 8, 8)
    down = (grid.sum(-1) * pixels).sum(-1) / mass
    lower = torch.tensor([0, 0, 1 / 3]).view(3, 1, 1, 1) * RADII.view(3, 1, 1)
    wanted_down = CENTRES.view(1, 1, 1, 8) + lower
    torch.testing.assert_close(across, CENTRES.view(1, 1, 8, 1).expand_as(across), rtol=0, atol=0.1)
    torch.testing.assert_close(down, wanted_down.expand_as(down), rtol=0, atol=0.1)


def test_edges_are_smooth(grid):
    grey = (grid > 0) & (grid < 1)
    assert grey.flatten(-2).any(-1).double().mean() > 0.9


def test_every_factor_can_be_seen():
    """Images that differ in one factor, by one step, differ by more than a bright pixel would."""
    images, factors, names, _ = sprites()
    flat = images.flatten(1)
    distance = torch.cdist(flat, flat)
    step = (factors[:, None] - factors[None]).abs()
    for place, name in enumerate(names):
        neighbours = (step.sum(-1) == 1) & (step[..., place] == 1)
        assert distance[neighbours].min() > 1, name
    assert distance.fill_diagonal_(math.inf).min() > 1


def test_made_once():
    assert sprites() is sprites()
