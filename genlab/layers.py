"""Parts that two or more models use: evaluation mode, checks of what comes in, layers."""

import functools
import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise

import torch
from torch import Tensor, nn


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """No graph and eval mode inside; afterwards every submodule is in the mode it was in before."""
    modes = [(part, part.training) for part in module.modules()]
    if any(training for _, training in modes):
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


_looking = ContextVar("_looking", default=True)


@contextmanager
def unchecked() -> Iterator[None]:
    """Inside, `check_range` and `check_form` look at no values: for loops that have looked before moving a batch.

    To look at a tensor on an accelerator is to wait for it, and breaks a compiled graph.
    """
    token = _looking.set(False)
    try:
        yield
    finally:
        _looking.reset(token)


def _without_values(x: Tensor) -> bool:
    """On an accelerator a look would wait for the device at every step: `fit` looks at the first batches."""
    return x.device.type != "cpu" or x.numel() == 0 or torch.compiler.is_compiling() or not _looking.get()


def check_range(x: Tensor, low: float, high: float, remedy: str = "", *, what: str = "x") -> None:
    """Do nothing if all values lie in [low, high]; else say what they are and what helps.

    Floats may overshoot by 1e-5 of the range, as interpolated images do. Tensors without values (meta,
    empty, while compiling) pass.

    Args:
        remedy: what helps; by default what the values themselves suggest.

    Raises:
        ValueError: a value lies outside, or is not a number.
    """
    if _without_values(x):
        return
    least, most = (value.item() for value in torch.aminmax(x.detach()))
    slack = 1e-5 * (high - low) if x.is_floating_point() else 0
    if low - slack <= least and most <= high + slack and abs(least) != math.inf and abs(most) != math.inf:
        return
    fact = f"{what} must lie in [{low:g}, {high:g}]"
    if least != least:  # NaN, which aminmax passes on
        raise ValueError(f"{fact}, got NaN: look for a division by zero or a logarithm of zero where it was "
                         "computed")
    raise ValueError(f"{fact}, got {least:g} … {most:g}: {remedy or _remedy(x, (low, high), least, most)}")


def _remedy(x: Tensor, wanted: tuple[float, float], least: float, most: float) -> str:
    functions = {(0, 1): "genlab.data.to_unit", (-1, 1): "genlab.data.to_signed"}
    if wanted not in functions:
        return "rescale it first" if x.is_floating_point() else "pass the right number of levels"
    if 0 <= least and 1 < most <= 255:  # bytes, perhaps stored as floats
        return f"use {functions[wanted]}" + ("(x.long())" if x.is_floating_point() else "")
    if wanted == (0, 1) and -1 <= least and most <= 1:
        return "use genlab.data.to_unit"
    return "rescale or clamp it first"


def check_binary(x: Tensor, remedy: str, *, what: str = "x") -> None:
    """Do nothing if every value is 0 or 1; else count the others. Interpolation's 1e-5 is no grey.

    Raises:
        ValueError: a value is neither 0 nor 1.
    """
    if _without_values(x):
        return
    if torch.addcmul(x, x, x, value=-1).abs_().amax().item() <= 1e-5:  # x - x² is 0 at 0 and 1 only
        return
    grey = ((x - x.round()).abs() > 1e-5).double().mean().item()
    raise ValueError(f"{what} must hold only 0 and 1, but {grey:.0%} of its values lie between: {remedy}")


def as_shape(x: Tensor, shape: Sequence[int], *, what: str = "x") -> Tensor:
    """View x as (B, *shape), where it may come flat, or as images with as many values.

    Images are (B, C, H, W). Channels last, (B, H, W, C), hold as many values, but a view would tear them apart.
    """
    if not x.is_floating_point():
        raise ValueError(f"{what} must be floating point, got {x.dtype}: use .float() and the model's range")
    size = math.prod(shape)
    if x.ndim < 2 or math.prod(x.shape[1:]) != size:
        raise ValueError(f"{what} must be (B, {', '.join(map(str, shape))}) or hold {size} values per row, "
                         f"got {tuple(x.shape)}: reshape it, with the batch first, or build the model for it")
    if _channels_last(tuple(x.shape[1:]), tuple(shape)):
        raise ValueError(f"{what} must be images (B, C, H, W), got {tuple(x.shape)}, whose channels are last: "
                         f"use {what}.permute(0, 3, 1, 2)")
    return x.reshape(len(x), *shape)


def _channels_last(got: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Is `got` (H, W, C)? Said by the wanted (C, H, W), or, for flat models, by 1 to 4 channels at the end."""
    if len(got) != 3 or got == wanted:
        return False
    if len(wanted) == 3:
        return got == (*wanted[1:], wanted[0])
    return got[2] <= 4 < got[0] and got[1] > 4


class _ClampThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, low, high):
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None, None


def clamp_through(x: Tensor, low: float, high: float) -> Tensor:
    """min(max(x, low), high), with the gradient of x itself (a straight-through estimator).

    The derivative of a clamp is 0 outside, so that what has once left the range would never come back.
    Bengio, Léonard and Courville (2013), arXiv:1308.3432.
    """
    return _ClampThrough.apply(x, low, high)


def configurable(cls: type) -> type:
    """Class decorator: an object remembers the arguments of its constructor, for `genlab.save`.

    All classes that `genlab.models` lists have it; a network of your own is decorated with it.
    """
    make = cls.__init__
    if "__init__" not in vars(cls) or hasattr(make, "records_arguments"):
        return cls

    @functools.wraps(make)
    def remember(self, *args, **kwargs):
        make(self, *args, **kwargs)
        bound = inspect.signature(make).bind(self, *args, **kwargs)
        bound.apply_defaults()
        named = dict(list(bound.arguments.items())[1:])
        object.__setattr__(self, "_arguments", (remember, named))  # outermost constructor last

    remember.records_arguments = True
    cls.__init__ = remember
    return cls


def one_hot(labels: Tensor, classes: int, *, like: Tensor) -> Tensor:
    """Labels (B,) as rows (B, classes), with device and dtype of `like`; rows (B, classes) pass through."""
    if not isinstance(labels, Tensor):
        labels = torch.as_tensor(labels, device=like.device)
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


class SideBySide(nn.Module):
    """`count` perceptrons that know nothing of one another, computed at once: (count · B, in) -> (count · B, out).

    The first B rows belong to the first of them, and so on. They begin as torch's own layers do. Under the mean of
    their losses and Adam each trains as if alone, so ten seeds cost little more than one.
    """

    def __init__(self, count: int, *sizes: int, leak: float = 0.2):
        super().__init__()
        self.count, self.leak = count, leak
        bounds = [1 / math.sqrt(inside) for inside in sizes[:-1]]
        self.weights = nn.ParameterList(nn.Parameter(torch.empty(count, *pair).uniform_(-bound, bound))
                                        for pair, bound in zip(pairwise(sizes), bounds, strict=True))
        self.biases = nn.ParameterList(nn.Parameter(torch.empty(count, 1, out).uniform_(-bound, bound))
                                       for out, bound in zip(sizes[1:], bounds, strict=True))

    def forward(self, x: Tensor) -> Tensor:
        if len(x) % self.count:
            raise ValueError(f"{len(x)} rows cannot be shared out among {self.count} networks")
        x = x.view(self.count, -1, x.shape[1])
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, nn.functional.leaky_relu(x, self.leak) if k else x, weight)
        return x.flatten(0, 1)


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


@configurable
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


@configurable
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
