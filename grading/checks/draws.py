"""Hidden inputs that visit the ends: for `inputs`, on the judge's side.

A shortcut is right at moderate numbers and wrong at the ends: a clamp, a probability that rounds to 1, a
division by n - 1, an order of ties. Each helper always holds the ends, at places that the draw decides, and
moderate values beside them, in float64.
"""

import torch
from torch import Generator, Tensor


def normal(shape: tuple[int, ...], *, rng: Generator) -> Tensor:
    """Independent N(0, 1) numbers in float64."""
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def placed(x: Tensor, ends: tuple[float, ...], *, rng: Generator) -> Tensor:
    """`x` with each of the ends (as many as fit beside one moderate value) at a random place of its own."""
    flat = x.clone().flatten()
    count = min(len(ends), max(len(flat) - 1, 0))
    places = torch.randperm(len(flat), generator=rng)[:count]
    flat[places] = torch.tensor(ends[:count], dtype=x.dtype)
    return flat.reshape(x.shape)


def log_variances(shape: tuple[int, ...], *, rng: Generator, end: float = 12.0) -> Tensor:
    """log σ²: moderate (N(-0.5, 0.7²)), and near -end and +end, which a clamp to [-10, 10] would change.

    The ends are themselves drawn from [end - 0.5, end], so that they cannot be known.
    """
    low, high = (end - 0.5 * torch.rand(2, generator=rng, dtype=torch.float64)).tolist()
    return placed(0.7 * normal(shape, rng=rng) - 0.5, (-low, high), rng=rng)


def logits(shape: tuple[int, ...], *, rng: Generator, ends: tuple[float, ...] = (30.0, 150.0)) -> Tensor:
    """Logits: moderate (N(0, 2²)), and saturated ones of both signs, near ±30 and ±150."""
    shift = torch.rand(1, generator=rng, dtype=torch.float64).item()
    both = tuple(sign * (end + shift) for end in ends for sign in (-1.0, 1.0))
    return placed(2 * normal(shape, rng=rng), both, rng=rng)


def sizes(count: int, low: int, high: int, *, rng: Generator) -> list[int]:
    """`count` ≥ 3 sizes of [low, high] in random order, among them `low` itself and one size twice."""
    if count < 3 or high < low:
        raise ValueError(f"sizes need count >= 3 and low <= high, got {count}, {low}, {high}")
    free = torch.randint(low, high + 1, (count - 2,), generator=rng).tolist()
    values = [low, free[0], *free]
    return [values[i] for i in torch.randperm(count, generator=rng).tolist()]


def ties(shape: tuple[int, ...], *, rng: Generator, levels: int = 3) -> Tensor:
    """Numbers with exact ties: whole and half ones, of a few levels each."""
    return torch.randint(0, levels, shape, generator=rng).double() / 2


def singular(size: int, *, rng: Generator, rank: int | None = None) -> Tensor:
    """A covariance (size, size), symmetric and positive semi-definite, of lower rank (default size - 1)."""
    rank = size - 1 if rank is None else rank
    factor = normal((size, rank), rng=rng)
    return factor @ factor.T


def whole_numbers(shape: tuple[int, ...], low: int, high: int, *, rng: Generator,
                  dtype: torch.dtype = torch.int64) -> Tensor:
    """Whole numbers of [low, high) in a dtype of whole numbers."""
    return torch.randint(low, high, shape, generator=rng).to(dtype)
