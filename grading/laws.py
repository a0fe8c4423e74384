"""Is this noise standard normal? Limits that a right answer exceeds with probability at most p.

None of them is an approximation for large n, so that a bound on refusing a right answer can be stated.
All are for independent N(0, 1) numbers; for m tests at once give each p / m.
"""

import math

import torch
from torch import Tensor


def mean_limit(n: int, p: float) -> float:
    """|mean of n| exceeds this with probability ≤ p: √n · mean is N(0, 1), P(|Z| > s) ≤ exp(-s²/2)."""
    return math.sqrt(2 * math.log(1 / p) / n)


def square_limit(n: int, p: float) -> float:
    """|mean of n squares - 1| exceeds this with probability ≤ p (Laurent and Massart 2000, lemma 1).

    P(χ²/n - 1 > 2√(u/n) + 2u/n) ≤ exp(-u), and the lower tail is lighter; u = ln(2/p).
    """
    u = math.log(2 / p) / n
    return 2 * math.sqrt(u) + 2 * u


def correlation_limit(n: int, p: float) -> float:
    """|r| of n pairs, centred, exceeds this with probability ≤ p.

    r is a coordinate of a random direction in n - 1 dimensions: P(|r| > ρ) ≤ 2 exp(-(n - 1) ρ²/2)
    (Ball 1997, An elementary introduction to modern convex geometry, lemma 2.2).
    """
    return math.sqrt(2 * math.log(2 / p) / (n - 1))


def correlation(x: Tensor, y: Tensor) -> float:
    """Centred correlation of two columns; 0 where one of them is constant."""
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x.norm() * y.norm()).clamp_min(1e-12)).item()


def distance_limit(n: int, p: float) -> float:
    """The distance from the normal law exceeds this with probability ≤ p: P(√n D > λ) ≤ 2 exp(-2λ²).

    Massart (1990); it holds for every n, which no simple bound on a sample's kurtosis does.
    """
    return math.sqrt(math.log(2 / p) / (2 * n))


def distance_from_normal(values: Tensor) -> float:
    """Largest gap between the empirical distribution function and the normal one (Kolmogorov, Smirnov)."""
    ordered = values.double().flatten().sort().values
    below = torch.arange(len(ordered), dtype=torch.float64) / len(ordered)
    cdf = torch.special.ndtr(ordered)
    return torch.maximum((cdf - below).max(), (below + 1 / len(ordered) - cdf).max()).item()
