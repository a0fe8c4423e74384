"""Distance to the nearest training image: does the model generate or recite?

A model that stores its training set gets the best Fréchet distance of all, and a distance of 0 here.
A small distance alone is no verdict: held-out real images lie near training images too, so measure
`nearest_training_distance(test, training)` beside it. Samples much nearer than held-out data are copies.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Neighbours(NamedTuple):
    """Of each of n samples: distance to the nearest training image, (n,), and which one it is, (n,) int64."""

    distance: Tensor
    index: Tensor


@torch.no_grad()
def nearest_training_distance(samples: Tensor, training: Tensor, *, batch: int = 500) -> Neighbours:
    """Euclidean distance in pixels, √Σ (a - b)², from each sample to its nearest training image.

    Args:
        samples: (n, …), any shape with as many values per image as the training images.
        training: (m, …), in the same range.
        batch: samples at a time.

    Raises:
        ValueError: an empty set, different sizes of images, or values that are not finite.
    """
    a, b = (_flat(images, what) for images, what in ((samples, "samples"), (training, "training images")))
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"an image has {a.shape[1]} values among the samples, {b.shape[1]} in training")
    index = torch.cat([_nearest(part, b) for part in a.split(batch)])
    # The search used ‖a‖² - 2 a·b + ‖b‖², which rounds a copy's distance to 1e-7; the difference gives 0.
    return Neighbours((a - b[index]).norm(dim=1), index)


def _nearest(a: Tensor, b: Tensor) -> Tensor:
    """Index of the row of b nearest to each row of a; ‖a‖² does not change which."""
    return torch.addmm(b.square().sum(1), a, b.T, alpha=-2).argmin(1)


def _flat(images: Tensor, what: str) -> Tensor:
    if images.ndim < 2 or not len(images):
        raise ValueError(f"{what} must be (n, …) with n ≥ 1, got shape {tuple(images.shape)}")
    flat = images.detach().flatten(1).cpu().double()
    if not flat.isfinite().all():
        raise ValueError(f"{what} must be finite")
    return flat
