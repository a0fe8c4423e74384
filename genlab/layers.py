"""Parts that two or more models use: evaluation mode, checks of what comes in, layers."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """No graph and eval mode inside; afterwards every submodule is in the mode it was in before."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for part, mode in modes:
            part.training = mode


def check_range(x: Tensor, low: float, high: float, remedy: str, *, what: str = "x") -> None:
    """Raise ValueError unless all values lie in [low, high]; tensors without values (meta) pass."""
    if x.is_meta or x.numel() == 0:
        return
    least, most = (value.item() for value in torch.aminmax(x.detach()))
    slack = 1e-5 * (high - low) if x.is_floating_point() else 0  # interpolated images overshoot a little
    if not (low - slack <= least and most <= high + slack):  # written so that NaN fails as well
        raise ValueError(f"{what} must lie in [{low:g}, {high:g}], got {least:g} … {most:g}: {remedy}")


def as_shape(x: Tensor, shape: Sequence[int], *, what: str = "x") -> Tensor:
    """View x as (B, *shape), where it may come flat, or as images with as many values."""
    if not x.is_floating_point():
        raise ValueError(f"{what} must be floating point, got {x.dtype}: use .float() and the model's range")
    size = math.prod(shape)
    if x.ndim < 2 or math.prod(x.shape[1:]) != size:
        raise ValueError(f"{what} must be (B, {', '.join(map(str, shape))}) or hold {size} values per row, "
                         f"got {tuple(x.shape)}: reshape it, with the batch first, or build the model for it")
    return x.reshape(-1, *shape)


def one_hot(labels: Tensor, classes: int, *, like: Tensor) -> Tensor:
    """Labels (B,) as rows (B, classes), with device and dtype of `like`; rows (B, classes) pass through."""
    if labels.is_floating_point() or labels.ndim == 2:
        if labels.ndim != 2 or labels.shape[1] != classes:
            raise ValueError(f"one-hot labels must be (B, {classes}), got {tuple(labels.shape)} "
                             f"of {labels.dtype}: pass whole-number labels (B,) or rows of that length")
        return labels.to(like)
    if labels.ndim != 1:
        raise ValueError(f"labels must be (B,), got {tuple(labels.shape)}: one label for each image")
    check_range(labels, 0, classes - 1, "count from 0, or build the model with more classes", what="labels")
    rows = torch.arange(classes, device=labels.device)
    return (labels[:, None] == rows).to(like)
