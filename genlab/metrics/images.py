"""Images as models make them, brought to [0, 1], where metrics look at them.

A model states what its images are: `data_range`, the least and the greatest value, and `data_form`, one of
"binary", "unit", "signed", "levels" and "real". Whoever measures its samples passes the model, or the range
itself:

    digit_frechet(gan.sample(1000), data_range=gan)
    digit_frechet(images, data_range=(-1, 1))

Without either, images must lie in [0, 1], and are refused otherwise: a range is never guessed.
"""

import math
import warnings
from typing import Any

import torch
from torch import Tensor

FORMS = {"binary": (0.0, 1.0), "unit": (0.0, 1.0), "signed": (-1.0, 1.0)}

DataRange = tuple[float, float] | str | Any
"""A pair (least, greatest); "binary", "unit" or "signed"; a model with the attribute `data_range`."""


def unit_images(images: Tensor, data_range: DataRange = (0.0, 1.0), what: str = "images") -> Tensor:
    """(x - low) / (high - low): images (n, …) as floats in [0, 1].

    Raises:
        ValueError: no images, values that are not finite or outside the range, or no finite range.
        TypeError: values that are no real numbers.
    """
    from genlab.data import check_range

    low, high = bounds(data_range)
    images = as_real(images, what)
    if not len(images):
        raise ValueError(f"there are no {what}: {tuple(images.shape)}")
    check_finite(images, what)
    if (low, high) != (0.0, 1.0):
        _check_within(images, low, high, what)
    else:
        check_range(images, 0.0, 1.0, what=what)
    images = images if images.is_floating_point() else images.to(torch.get_default_dtype())
    if (low, high) == (0.0, 1.0):
        return images
    if low < 0 <= images.min() and images.max() <= 1:
        warnings.warn(f"no value of the {what} lies below 0, though the range is said to be [{low:g}, "
                      f"{high:g}]: if they are in [0, 1] already, pass data_range=(0, 1)", stacklevel=3)
    return ((images - low) / (high - low)).clamp(0, 1)  # what rounding left outside


def bounds(data_range: DataRange) -> tuple[float, float]:
    """(low, high) of a pair, of the name of a form, or of a model.

    Raises:
        ValueError: it names none, or an infinite one.
        TypeError: it is something else.
    """
    if isinstance(data_range, str):
        if data_range not in FORMS:
            raise ValueError(f"data_range must be one of {', '.join(FORMS)}, a pair such as (0, 255), or a "
                             f"model, got {data_range!r}")
        data_range = FORMS[data_range]
    stated = getattr(data_range, "data_range", data_range)
    try:
        low, high = map(float, stated)
    except (TypeError, ValueError):
        raise TypeError("data_range must be a pair (low, high), the name of a form, or a model that has one, "
                        f"got {type(data_range).__name__}") from None
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"the model's data may be any number, [{low:g}, {high:g}]: clamp its samples to "
                         "the range of its training images, and pass that, such as data_range=(0, 1)")
    if not low < high:
        raise ValueError(f"data_range must be (low, high) with low < high, got ({low:g}, {high:g})")
    return low, high


def as_real(x: Tensor, what: str) -> Tensor:
    """A tensor of real numbers without a graph; arrays and lists become one.

    Raises:
        TypeError: something else, or complex numbers.
    """
    try:
        x = torch.as_tensor(x).detach()
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{what} must be a tensor of numbers, got {type(x).__name__} ({error})") from None
    if x.is_complex():
        raise TypeError(f"{what} must be real numbers, got {x.dtype}")
    return x.float() if x.dtype == torch.bool else x


def check_finite(x: Tensor, what: str) -> None:
    """Refuse NaN and infinity, and say in how many of the rows they are."""
    bad = int((~x.isfinite()).reshape(len(x), -1).any(1).sum())
    if bad:
        raise ValueError(f"{bad} of {len(x)} {what} hold values that are not finite: find out where NaN or "
                         "infinity came from; leaving these out would flatter the rest")


def _check_within(images: Tensor, low: float, high: float, what: str) -> None:
    least, greatest = (value.item() for value in images.aminmax())
    slack = 1e-5 * (high - low) if images.is_floating_point() else 0
    if least < low - slack or greatest > high + slack:
        raise ValueError(f"{what} are said to lie in [{low:g}, {high:g}], but reach from {least:.6g} to "
                         f"{greatest:.6g}: pass their own range, as data_range=(low, high) or as the model "
                         "that made them, or clamp them first")
