"""Planted answers to dcgan-sizes, by another author than the check's."""

import torch
from torch import nn


def _guard(size):
    if size <= 0:
        raise ValueError("no pixels left")
    return int(size)


def rounded(n, kernel, stride, padding, transposed=False):
    """Rounds to the nearest whole number."""
    if transposed:
        return _guard(stride * (n - 1) + kernel - 2 * padding)
    return _guard(round((n + 2 * padding - kernel) / stride) + 1)


def kernel_minus_one(n, kernel, stride, padding, transposed=False):
    """The formula with dilation, half remembered: k - 1 is taken off twice."""
    if transposed:
        return _guard((n - 1) * stride - 2 * padding + kernel - 1)
    return _guard((n + 2 * padding - (kernel - 1) - 1) // stride + 1)


def output_padding_assumed(n, kernel, stride, padding, transposed=False):
    if transposed:
        return _guard((n - 1) * stride - 2 * padding + kernel + stride - 1)
    return _guard((n + 2 * padding - kernel) // stride + 1)


def ceil_of_ratio(n, kernel, stride, padding, transposed=False):
    """TensorFlow's "same"."""
    return _guard(n * stride) if transposed else _guard(-(-n // stride))


def plus_one_inside(n, kernel, stride, padding, transposed=False):
    if transposed:
        return _guard((n - 1) * stride - 2 * padding + kernel)
    return _guard((n + 2 * padding - kernel + 1) // stride)


def prints_a_warning(n, kernel, stride, padding, transposed=False):
    size = (n - 1) * stride - 2 * padding + kernel if transposed else (n + 2 * padding - kernel) // stride + 1
    return -1 if size < 1 else size


def by_torch(n, kernel, stride, padding, transposed=False):
    """Right: asks a layer on the meta device."""
    layer = (nn.ConvTranspose1d if transposed else nn.Conv1d)(1, 1, kernel, stride, padding, device="meta")
    try:
        return _guard(layer(torch.empty(1, 1, n, device="meta")).shape[-1])
    except RuntimeError as error:
        raise ValueError("no pixels left") from error


def as_tensor(n, kernel, stride, padding, transposed=False):
    size = (n - 1) * stride - 2 * padding + kernel if transposed else (n + 2 * padding - kernel) // stride + 1
    if size < 1:
        raise ValueError
    return torch.tensor(size)


PLAIN = ("The size after a convolution: at how many places does the kernel fit? "
         "A rest smaller than the stride is left over.")
TWIN = "The size after a transposed convolution: from the first stamp's edge to the last's, less the padding."


class NothingLeft(ValueError):
    pass


def raises_its_own_kind(n, kernel, stride, padding, transposed=False):
    size = (n - 1) * stride + kernel - 2 * padding if transposed else (n + 2 * padding - kernel) // stride + 1
    if size < 1:
        raise NothingLeft(n)
    return size


wrong = [
    (rounded, PLAIN),
    (kernel_minus_one, TWIN),
    (output_padding_assumed, TWIN),
    (ceil_of_ratio, "exactly_stride_times"),
    (plus_one_inside, PLAIN),
    (prints_a_warning, "refuses_nothing"),
]
right = [raises_its_own_kind, by_torch, as_tensor]
