"""Distance to the nearest training image: does the model generate or recite?

A model that stores its training set gets the best Fréchet distance of all, and a distance of 0 here.
A small distance alone is no verdict: held-out real images lie near training images too, so measure
`nearest_training_distance(test, training)` beside it. Samples much nearer than held-out data are copies.
"""

import torch
from torch import Tensor

from genlab.metrics.distances import Nearest as Neighbours
from genlab.metrics.distances import nearest, points
from genlab.metrics.images import DataRange, as_real, check_finite, unit_images

__all__ = ["Neighbours", "nearest_training_distance"]


@torch.no_grad()
def nearest_training_distance(samples: Tensor, training: Tensor, *,
                              data_range: DataRange | None = None) -> Neighbours:
    """Euclidean distance in pixels, √Σ (a - b)², from each sample to its nearest training image.

    A copy is at 0 exactly; of several images at one distance the first counts.

    Args:
        samples: (n, …), any shape with as many values per image as the training images.
        training: (m, …), in the same range.
        data_range: of the samples, a pair or the model that made them, where the training images are in
            [0, 1] and the samples are not: they are brought there first.

    Raises:
        ValueError: an empty set, different sizes of images, values that are not finite, or samples that
            plainly have another range than training images in [0, 1].
    """
    if data_range is not None:
        samples, training = unit_images(samples, data_range, "samples"), unit_images(training)
    a, b = (_flat(images, what) for images, what in ((samples, "samples"), (training, "training images")))
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"an image has {a.shape[1]} values among the samples, {b.shape[1]} in training")
    if training.ndim > 2:
        _check_ranges(a, b)
    return nearest(*points(a, b))


def _flat(images: Tensor, what: str) -> Tensor:
    images = as_real(images, what)
    if images.ndim < 2 or not len(images):
        raise ValueError(f"{what} must be (n, …) with n ≥ 1, got shape {tuple(images.shape)}")
    check_finite(images, what)
    return images.flatten(1).cpu().double()


def _check_ranges(samples: Tensor, training: Tensor) -> None:
    """Samples in [-1, 1] or 0 … 255 beside training images in [0, 1] would all look far away, and new."""
    low, high = (value.item() for value in samples.aminmax())
    if training.min() >= 0 and training.max() <= 1 and (low < -0.5 or high > 1.5):
        raise ValueError(f"samples reach from {low:.3g} to {high:.3g}, training images lie in [0, 1]: pass "
                         "the samples' range, as data_range=(low, high) or the model that made them, or "
                         "clamp them")
