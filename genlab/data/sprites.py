"""Sprites: small shapes of which every factor is known, so that one can ask what a latent code has found.

    image = shape (square, disc, triangle) × size (3) × x (8) × y (8), each combination once

After dSprites: Matthey, Higgins, Hassabis and Lerchner (2017), with which Higgins et al. (2017) judge the
β-VAE; smaller, so that a lesson can train on all of it.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 16  # pixels
SHAPES = ("square", "disc", "triangle")
RADII = (2.25, 3.0, 3.75)  # half the width of a shape, in pixels
MARGIN = 4.0  # from the frame to the outermost centres: no shape is cut, in any size
POSITIONS = 8
SUPERSAMPLING = 8  # subpixels along each side of a pixel


class Sprites(NamedTuple):
    """Images, and what there is to see in them.

    images: (576, 1, 16, 16) in [0, 1], the shape bright.
    factors: (576, 4) int64, the values of shape, size, x and y, each counted from 0.
    names: of the factors.
    counts: how many values each factor has.
    """

    images: Tensor
    factors: Tensor
    names: tuple[str, ...]
    counts: tuple[int, ...]


@functools.cache
def sprites() -> Sprites:
    """All 576 sprites, the last factor changing fastest; x grows to the right, y downwards.

    Later calls return the same tensors: `clone()` them before changing them in place.
    """
    counts = (len(SHAPES), len(RADII), POSITIONS, POSITIONS)
    factors = torch.cartesian_prod(*[torch.arange(count) for count in counts])  # (576, 4)
    images = torch.cat([_draw(inside, radius) for inside in (_square, _disc, _triangle) for radius in RADII])
    return Sprites(images, factors, ("shape", "size", "x", "y"), counts)


def _draw(inside: Callable[[Tensor, Tensor], Tensor], radius: float) -> Tensor:
    """One shape in one size at every place, x first: (64, 1, 16, 16)."""
    centres = torch.linspace(MARGIN, SIDE - MARGIN, POSITIONS, dtype=torch.float64)
    points = (torch.arange(SIDE * SUPERSAMPLING, dtype=torch.float64) + 0.5) / SUPERSAMPLING
    offset = (points - centres[:, None]) / radius  # (8, 128), the shape reaching from -1 to 1
    x, y = offset[:, None, None, :], offset[None, :, :, None]
    covered = inside(x, y).float().flatten(0, 1).unsqueeze(1)  # (64, 1, 128, 128)
    return F.avg_pool2d(covered, SUPERSAMPLING)  # the share of a pixel that the shape covers


def _square(x: Tensor, y: Tensor) -> Tensor:
    return (x.abs() <= 1) & (y.abs() <= 1)


def _disc(x: Tensor, y: Tensor) -> Tensor:
    return x**2 + y**2 <= 1


def _triangle(x: Tensor, y: Tensor) -> Tensor:
    """Point up; as high as wide."""
    return (y.abs() <= 1) & (2 * x.abs() <= 1 + y)
