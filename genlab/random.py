"""Random tensors from an explicit generator: one CPU seed serves every device.

`torch.randn(..., generator=rng)` demands that generator and tensor live on the same device, so a
seed would mean other numbers on another machine. Here the numbers are always drawn where the
generator lives and then moved. Without a generator torch's global one is used.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def randn(shape: Sequence[int], *, like: Tensor | None = None, rng: torch.Generator | None = None) -> Tensor:
    """Standard normal numbers, with the device and dtype of `like`."""
    return _draw(torch.randn, shape, like, rng)


def rand(shape: Sequence[int], *, like: Tensor | None = None, rng: torch.Generator | None = None) -> Tensor:
    """Uniform numbers in [0, 1), with the device and dtype of `like`."""
    return _draw(torch.rand, shape, like, rng)


def randint(low: int, high: int, shape: Sequence[int], *, like: Tensor | None = None,
            rng: torch.Generator | None = None) -> Tensor:
    """Whole numbers low … high - 1 (int64), on the device of `like`."""
    numbers = torch.randint(low, high, tuple(shape), generator=rng, device=_home(like, rng))
    return numbers if like is None else numbers.to(like.device)


def permutation(n: int, *, rng: torch.Generator | None = None) -> Tensor:
    """The numbers 0 … n - 1 in random order (int64)."""
    return torch.randperm(n, generator=rng, device=_home(None, rng))


def bernoulli(probabilities: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
    """Zeros and ones, one with the given probability; same shape, device and dtype."""
    return (rand(probabilities.shape, like=probabilities, rng=rng) < probabilities).to(probabilities.dtype)


def _draw(function, shape: Sequence[int], like: Tensor | None, rng: torch.Generator | None) -> Tensor:
    dtype = like.dtype if like is not None and like.is_floating_point() else None
    numbers = function(tuple(shape), generator=rng, dtype=dtype, device=_home(like, rng))
    return numbers if like is None else numbers.to(like.device)


def _home(like: Tensor | None, rng: torch.Generator | None) -> torch.device:
    """Where to draw: at the generator; without one, on the CPU, as a seed does."""
    return rng.device if rng is not None else torch.device("cpu")
