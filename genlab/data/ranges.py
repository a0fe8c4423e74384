"""Ranges of images, and the ways between them. Every model says in `data_range` which one it takes.

    unit      [0, 1]             what genlab.data returns
    signed    [-1, 1]            GANs and diffusion
    levels    0 … levels - 1     whole numbers (int64): autoregressive models, exact likelihoods
    binary    {0, 1} as floats   the Bernoulli likelihood of a VAE

Floats count as unit or signed, whole numbers as levels.
"""

import math

import torch
from torch import Tensor

from genlab.layers import check_range
from genlab.random import bernoulli

FORMS = ("binary", "unit", "signed", "levels", "real")


def to_form(images: Tensor, form: str, *, levels: int | None = None, dynamic: bool = False,
            rng: torch.Generator | None = None) -> Tensor:
    """A loader's images, in [0, 1], in the form that a model states as its `data_form`.

    Args:
        form: "binary" (1 above one half), "unit" (as they are), "signed" ([-1, 1]), "levels" (the nearest
            of 0 … levels - 1, int64), "real" (as they are; any finite number is one).
        levels: how many, for "levels"; 256 by default.
        dynamic: only for "binary": a pixel is 1 with its value as probability, drawn from rng.
    """
    if form not in FORMS:
        raise ValueError(f"form must be one of {', '.join(FORMS)}, got {form!r}")
    if dynamic and form != "binary":
        raise ValueError(f'dynamic draws pixels of 0 and 1, but this model takes the form "{form}": leave it out')
    if not isinstance(images, Tensor):
        raise TypeError(f"images must be a tensor, got {type(images).__name__}: use torch.as_tensor")
    if form == "real":
        if not images.is_floating_point():
            images = to_unit(images)
        check_range(images, -math.inf, math.inf, "look for a division by zero or an overflow", what="images")
        return images
    if not images.is_floating_point():
        images = to_unit(images)
    check_range(images, 0, 1, what="images")
    if form == "binary":
        return bernoulli(images, rng=rng) if dynamic else binarize(images)
    if form == "levels":
        return to_levels(images, levels or 256)
    return to_signed(images) if form == "signed" else images


def to_unit(x: Tensor, levels: int = 256) -> Tensor:
    """From [-1, 1], or from whole numbers 0 … levels - 1, to floats in [0, 1]; False and True are 0 and 1.

    Floats beyond [-1, 1] are refused: 0 … 255 stored as floats are `to_unit(x.long())`.
    """
    if x.dtype == torch.bool:
        return x.to(torch.get_default_dtype())
    if x.is_floating_point():
        bytes_ = "these look like bytes: use genlab.data.to_unit(x.long())"
        check_range(x, -1, 1, bytes_ if x.numel() and not x.is_meta and 0 <= x.min() and 1 < x.max() <= 255 else "")
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
