"""Parts that two or more models use: evaluation mode, checks of what comes in, layers."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

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


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """What is computed inside sends no gradient to the module's parameters, but through it to its input."""
    wanted = [(parameter, parameter.requires_grad) for parameter in module.parameters()]
    module.requires_grad_(False)
    try:
        yield
    finally:
        for parameter, before in wanted:
            parameter.requires_grad_(before)


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


def mlp(*sizes: int, activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """Linear layers of these sizes with an activation between them."""
    layers = [layer for pair in pairwise(sizes) for layer in (nn.Linear(*pair), activation())]
    return nn.Sequential(*layers[:-1])


def time_embedding(t: Tensor, dim: int, *, max_period: float = 10_000.0) -> Tensor:
    """[sin(ω_i t), cos(ω_i t)] with ω_i = max_period^(-i / (dim/2 - 1)): (B,) -> (B, dim) (DDPM's code).

    A network cannot tell 17 from 18 in one number between 0 and 999; in these it can.
    """
    if dim < 4 or dim % 2:
        raise ValueError(f"dim must be even and at least 4, got {dim}: half are sines, half cosines")
    t = t if t.is_floating_point() else t.float()
    half = dim // 2
    rate = (-math.log(max_period) * torch.arange(half, device=t.device, dtype=t.dtype) / (half - 1)).exp()
    angle = t[:, None] * rate
    return torch.cat([angle.sin(), angle.cos()], 1)


class FourierFeatures(nn.Module):
    """[x, sin(x W), cos(x W)] with fixed W ~ N(0, scale²): (B, dim) -> (B, dim + 2 · count).

    A small network of x alone learns broad shapes first and fine ones very late; of these features it learns
    both. `scale` is the typical angular frequency, per unit of x. Tancik et al. (2020), arXiv:2006.10739.
    """

    weight: Tensor

    def __init__(self, dim: int, count: int = 32, *, scale: float = 1.0, rng: torch.Generator | None = None):
        super().__init__()
        self.out_dim = dim + 2 * count
        self.register_buffer("weight", scale * torch.randn(dim, count, generator=rng))

    def forward(self, x: Tensor) -> Tensor:
        angle = x @ self.weight
        return torch.cat([x, angle.sin(), angle.cos()], 1)


class TimeMLP(nn.Module):
    """A network of x and a time, for data without neighbourhoods: (B, dim), (B,) -> (B, dim).

    Args:
        hidden_dim: width of the `depth` hidden layers.
        time_dim: size of the embedding of the time, which the first layer sees beside x.
        features: what else the first layer sees of x, such as `FourierFeatures`; x alone by default.
    """

    def __init__(self, dim: int = 2, hidden_dim: int = 128, *, depth: int = 3, time_dim: int = 32,
                 features: nn.Module | None = None):
        super().__init__()
        self.time_dim, self.features = time_dim, features or nn.Identity()
        seen = getattr(features, "out_dim", dim)
        self.net = mlp(seen + time_dim, *[hidden_dim] * depth, dim, activation=nn.SiLU)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        return self.net(torch.cat([self.features(x), time_embedding(t, self.time_dim).to(x)], 1))
