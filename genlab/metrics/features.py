"""The features in which digits are compared: a small classifier's penultimate layer.

Three 3×3 convolutions, each followed by ReLU and 2×2 max-pooling, then 64 features, then 10 logits. The
features are taken before their ReLU, and each is scaled to unit variance over the 4000 training digits,
so that a Fréchet distance of 64 is what their whole spread would cost.

`genlab.weights.digit_features` trains it, on digits with distortion, noise and blur, so that a little
speckle does not outweigh the shape, and on images that are no digits, which it is taught to call equally
likely every digit: its confidence then says something. What it makes of real digits, of noise and of
missing classes is measured by the same command and stands in genlab/weights/digit_features.json.

Hendrycks, Mazeika and Dietterich (2019), Deep anomaly detection with outlier exposure, arXiv:1812.04606.
"""

from collections.abc import Callable
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import evaluating
from genlab.metrics.arguments import whole
from genlab.metrics.images import DataRange, as_real, check_finite, unit_images


class DigitFeatures(nn.Module):
    """Images (B, 1, 28, 28) in [0, 1] to the logits of ten digits, (B, 10). 40 114 parameters."""

    def __init__(self):
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1) for before, after in ((1, 16), (16, 32), (32, 40))
        )
        self.embedding = nn.Linear(40 * 3 * 3, 64)
        self.head = nn.Linear(64, 10)

    def features(self, x: Tensor) -> Tensor:
        """What the images are compared in, (B, 64), before the ReLU."""
        for convolution in self.convolutions:
            x = F.max_pool2d(F.relu(convolution(x)), 2)
        return self.embedding(x.flatten(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(F.relu(self.features(x)))


@lru_cache
def digit_features() -> DigitFeatures:
    """The trained network, on the CPU, in eval mode, without gradients of its own; one for all callers."""
    from genlab import weights

    network = DigitFeatures()
    network.load_state_dict(weights.load("digit_features"))
    return network.eval().requires_grad_(False)


@torch.no_grad()
def image_features(images: Tensor, *, network: DigitFeatures | None = None, batch: int = 500,
                   data_range: DataRange = (0.0, 1.0)) -> Tensor:
    """`features` of many images, batch by batch, in eval mode: (n, 64), on the CPU.

    Args:
        images: (n, 1, 28, 28) or (n, 784).
        network: another than `digit_features()`; its numbers compare with no others.
        batch: images at a time.
        data_range: of the images, when it is not [0, 1]: a pair, or the model that made them.

    Raises:
        ValueError: another shape, values out of range or not finite.
    """
    network = digit_features() if network is None else network
    return _through(network, network.features, _as_digits(images, data_range), batch)


@torch.no_grad()
def predictions(images: Tensor, *, network: DigitFeatures | None = None, batch: int = 500,
                data_range: DataRange = (0.0, 1.0)) -> Tensor:
    """Probability of each digit for many images, (n, 10), rows sum to 1; see `image_features`."""
    network = digit_features() if network is None else network
    return _through(network, lambda part: network(part).softmax(1), _as_digits(images, data_range), batch)


def reference_features(reference: Tensor | str = "grey", split: str = "train") -> Tensor:
    """Features (m, 64) of real digits, "grey" or "binarised" (cut at 0.5), or of your own images in [0, 1].

    Args:
        split: "train", the 4000 that samples are compared with, or "test", the 1000 held out, from which
            follows what real digits get. For images of your own it says nothing.
    """
    return _digit_set(reference, split) if isinstance(reference, str) else image_features(reference)


@lru_cache
def _digit_set(form: str, split: str) -> Tensor:
    from genlab.data import binarize, digits

    if form not in ("grey", "binarised"):
        raise ValueError(f'reference must be "grey", "binarised" or images, got {form!r}')
    images, _ = digits(split)
    return image_features(images if form == "grey" else binarize(images))


def as_features(features: Tensor, *, least: int = 2, what: str = "features") -> Tensor:
    """Features of any network, (n, d), checked and as float64 on the CPU: what every metric starts from.

    Half precision and whole numbers are taken as they are; float64 holds them exactly.

    Raises:
        TypeError: values that are no real numbers.
        ValueError: another shape, fewer than `least` rows, or values that are not finite.
    """
    features = as_real(features, what)
    if features.ndim != 2 or features.shape[1] == 0:
        remedy = ": for digits use image_features(images), else x.flatten(1)" if features.ndim > 2 else ""
        raise ValueError(f"{what} must be (n, d) with n ≥ {least}, got {tuple(features.shape)}{remedy}")
    if len(features) < least:
        raise ValueError(f"{what} must be (n, d) with n ≥ {least}, got {tuple(features.shape)}: "
                         "take more samples")
    check_finite(features, f"samples, {what}," if what != "features" else "samples")
    return features.cpu().double()


def as_pair(features_a: Tensor, features_b: Tensor, *, least: int | tuple[int, int] = 2,
            names: tuple[str, str] = ("features", "features")) -> tuple[Tensor, Tensor]:
    """Two sets of features of one dimension; see `as_features`."""
    leasts = (least, least) if isinstance(least, int) else least
    a, b = (as_features(x, least=n, what=name)
            for x, n, name in zip((features_a, features_b), leasts, names, strict=True))
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"both sets need features of one dimension, got {a.shape[1]} and {b.shape[1]}: "
                         "take them from the same network")
    return a, b


def _through(network: nn.Module, function: Callable[[Tensor], Tensor], images: Tensor, batch: int) -> Tensor:
    """The function of all images, batch by batch, where the network is; its modes are restored."""
    batch = whole(batch, "batch", 1)
    parameter = next(network.parameters(), images)
    with evaluating(network):
        return torch.cat([function(part.to(parameter)) for part in images.split(batch)]).cpu()


def _as_digits(images: Tensor, data_range: DataRange) -> Tensor:
    images = as_real(images, "images")
    if images.shape[1:] not in ((1, 28, 28), (784,)) or not len(images):
        raise ValueError(f"images must be (n, 1, 28, 28) or (n, 784) with n ≥ 1, got {tuple(images.shape)}"
                         + _shape_remedy(images))
    return unit_images(images, data_range).reshape(-1, 1, 28, 28)


def _shape_remedy(images: Tensor) -> str:
    if images.shape[1:] in ((28, 28), (28, 28, 1)):
        return ": use images.reshape(-1, 1, 28, 28)"
    return ": of one image make a batch with image[None]" if images.shape == (784,) else ""
