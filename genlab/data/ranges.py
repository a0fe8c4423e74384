"""Ranges of images, and the ways between them. Every model says in `data_range` which one it takes.

    unit      [0, 1]             what genlab.data returns
    signed    [-1, 1]            GANs and diffusion
    levels    0 … levels - 1     whole numbers (int64): autoregressive models, exact likelihoods
    binary    {0, 1} as floats   the Bernoulli likelihood of a VAE

Floats count as unit or signed, whole numbers as levels.
"""

import torch
from torch import Tensor

TOLERANCE = 1e-5  # interpolation overshoots by a rounding error


def check_range(x: Tensor, low: float, high: float, what: str = "x") -> None:
    """Do nothing if all values lie in [low, high]; else say what they are and what helps.

    Raises:
        ValueError: a value lies outside, or is not a number.
    """
    if x.numel() == 0 or x.is_meta:  # no values to look at
        return
    least, greatest = (value.item() for value in x.aminmax())
    slack = TOLERANCE * (high - low) if x.is_floating_point() else 0
    if low - slack <= least and greatest <= high + slack:
        return
    if least != least:  # NaN, which aminmax passes on
        raise ValueError(f"{what} must lie in [{low:g}, {high:g}], got NaN: look for a division by zero or a "
                         "logarithm of zero where it was computed")
    raise ValueError(f"{what} must lie in [{low:g}, {high:g}], got {least} … {greatest}: "
                     + _remedy(x, (low, high), least, greatest))


def to_unit(x: Tensor, levels: int = 256) -> Tensor:
    """From [-1, 1], or from whole numbers 0 … levels - 1, to floats in [0, 1]."""
    if x.is_floating_point():
        check_range(x, -1, 1)
        return (x + 1) / 2
    check_range(x, 0, levels - 1)
    return x / (levels - 1)


def to_signed(x: Tensor, levels: int = 256) -> Tensor:
    """From [0, 1], or from whole numbers 0 … levels - 1, to floats in [-1, 1]."""
    if not x.is_floating_point():
        x = to_unit(x, levels)
    check_range(x, 0, 1)
    return 2 * x - 1


def to_levels(x: Tensor, levels: int = 256) -> Tensor:
    """From [0, 1] to the nearest of the whole numbers 0 … levels - 1 (int64); `to_unit` goes back."""
    _check_floats(x)
    check_range(x, 0, 1)
    return (x * (levels - 1)).round().long().clamp(0, levels - 1)


def binarize(x: Tensor, *, threshold: float = 0.5) -> Tensor:
    """1 where x in [0, 1] is above the threshold, else 0; same dtype.

    For pixels drawn with probability x, anew for each batch, use genlab.random.bernoulli.
    """
    _check_floats(x)
    check_range(x, 0, 1)
    return (x > threshold).to(x.dtype)


def _check_floats(x: Tensor) -> None:
    if not x.is_floating_point():
        raise TypeError(f"x must hold floats in [0, 1], got {x.dtype}: use genlab.data.to_unit")


def _remedy(x: Tensor, wanted: tuple[float, float], least: float, greatest: float) -> str:
    functions = {(0, 1): "genlab.data.to_unit", (-1, 1): "genlab.data.to_signed"}
    if wanted not in functions:
        return "rescale it first" if torch.is_floating_point(x) else "pass the right number of levels"
    if 0 <= least and 1 < greatest <= 255:  # bytes, perhaps stored as floats
        return f"use {functions[wanted]}" + ("(x.long())" if x.is_floating_point() else "")
    if wanted == (0, 1) and -1 <= least and greatest <= 1:
        return "use genlab.data.to_unit"
    return "rescale or clamp it first"
