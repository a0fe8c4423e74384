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


def independence(noise: Tensor, p: float = 3e-4) -> tuple[bool, str, str]:
    """Are these independent N(0, 1) numbers jointly, over batch, dimensions and calls?

    For use in a `test=`; noise: (n, K), or (C, n, K) for C calls. Refuses independent numbers with
    probability ≤ p, so ≤ 1e-7 in two draws at the default. Seen are noise that repeats or mirrors other rows,
    columns or calls; that is centred, scaled or whitened over the batch or the dimensions; that is spread too
    evenly (stratified, Sobol); that is correlated in pairs; and another law of the same mean and variance.

    Returns (passed, what was seen, what a right answer has) in words.
    """
    calls = noise.detach().double().reshape(-1, *noise.shape[-2:])
    rows, columns = calls.flatten(0, 1), calls.transpose(0, 1).flatten(1)
    tests = [
        ("the same noise, or its mirror image, more than once", lambda q: not repeats(rows, q)),
        ("the same noise in two dimensions or calls", lambda q: not repeats(columns.T, q)),
        ("noise of another law than N(0, 1)", lambda q: normal(columns, q)),
        ("noise spread too evenly", lambda q: leaves_gaps(columns, q)),
        ("noise centred over the batch", lambda q: means_scatter(columns, q)),
        ("noise centred over the dimensions", lambda q: means_scatter(rows.T, q)),
        ("noise scaled to variance 1 over the batch", lambda q: variances_scatter(columns, q)),
        ("noise scaled to variance 1 over the dimensions", lambda q: variances_scatter(rows.T, q)),
        ("noise of different images that is correlated", lambda q: pairs_uncorrelated(columns, q)),
    ]
    for seen, passes in tests:
        if not passes(p / len(tests)):
            return False, seen, "independent N(0, 1) numbers"
    return True, "independent N(0, 1) numbers", "independent N(0, 1) numbers"


def repeats(rows: Tensor, p: float) -> bool:
    """Do two of N rows of K numbers agree, up to the sign, more closely than chance makes them?

    x_i ∓ x_j has density ≤ 1/(2√π) in each coordinate, so that all K stay below δ with probability
    ≤ (δ/√π)^K; over both signs of N(N - 1)/2 pairs this is ≤ p at δ = √π (p/(N(N - 1)))^(1/K).
    """
    if len(rows) < 2:
        return False
    limit = math.sqrt(math.pi) * (p / (len(rows) * (len(rows) - 1))) ** (1 / rows.shape[1])
    for start in range(0, len(rows), 256):
        some = rows[start:start + 256]
        for other in (rows, -rows):
            gaps = torch.cdist(some, other, p=math.inf)
            own = torch.arange(len(some))
            gaps[own, start + own] = math.inf
            if (gaps <= min(limit, 0.3)).any():
                return True
    return False


def means_scatter(columns: Tensor, p: float) -> bool:
    """√n · mean of each of K columns is N(0, 1), so the sum of their squares is χ² with K degrees of freedom.

    The exact law: neither centred noise (0) nor biased noise passes.
    """
    n, K = columns.shape
    return n < 2 or _within_chi_square(n * columns.mean(0).square().sum(), K, p)


def variances_scatter(columns: Tensor, p: float) -> bool:
    """Σ (x - mean)² of a column is χ² with n - 1, Σ x² with n degrees of freedom: by their distribution
    functions both become N(0, 1), whose K squares are again χ². Scaled or whitened noise gives nearly 0.

    In few columns only the exact value tells: all K within δ of n - 1, or of n, have probability
    ≤ (δ/√(π(d - 2)))^K, as the density of χ² with d degrees of freedom is ≤ 1/(2√(π(d - 2))) (Stirling).
    """
    n, K = columns.shape
    if n < 5:
        return True
    for total, d in ((columns - columns.mean(0)).square().sum(0), n - 1), (columns.square().sum(0), n):
        if not _within_chi_square(_score(total, d).square().sum(), K, p / 4):
            return False
        near = math.sqrt(math.pi * (d - 2)) * (p / 8) ** (1 / K)
        if any(((total - exact).abs() <= near).all() for exact in (n - 1, n)):
            return False
    return True


def leaves_gaps(columns: Tensor, p: float) -> bool:
    """Of n cells of equal probability, n independent numbers leave n (1 - 1/n)^n empty on average.

    One number changes the count by at most 1, so over K columns P(|empty - mean| > t) ≤ 2 exp(-2t²/(nK))
    (McDiarmid 1989). Stratified and low-discrepancy noise leaves hardly any cell empty.
    """
    n, K = columns.shape
    cells = (torch.special.ndtr(columns) * n).long().clamp(0, n - 1) + n * torch.arange(K)
    empty = n * K - len(cells.unique())
    return abs(empty - K * n * (1 - 1 / n) ** n) <= math.sqrt(n * K * math.log(2 / p) / 2)


def pairs_uncorrelated(columns: Tensor, p: float) -> bool:
    """Neighbours, halves and mirrored rows: three pairings of the rows, each by `correlation_limit`."""
    h = len(columns) // 2
    first, second = columns[:h], columns[h:2 * h]
    pairings = (columns[0:2 * h:2], columns[1:2 * h:2]), (first, second), (first, second.flip(0))
    count = first.numel()
    return count < 3 or all(abs(correlation(a.flatten(), b.flatten())) <= correlation_limit(count, p / 3)
                            for a, b in pairings)


def normal(columns: Tensor, p: float) -> bool:
    """The distance of all numbers from the normal law is within `distance_limit`."""
    return distance_from_normal(columns) <= distance_limit(columns.numel(), p)


def _within_chi_square(total: Tensor, freedom: int, p: float) -> bool:
    half = torch.tensor(freedom / 2, dtype=torch.float64)
    below, above = torch.special.gammainc(half, total / 2), torch.special.gammaincc(half, total / 2)
    return bool(below >= p / 2) and bool(above >= p / 2)


def _score(total: Tensor, freedom: int) -> Tensor:
    """A χ² number as the standard normal one of the same probability."""
    half = torch.full_like(total, freedom / 2)
    return torch.special.ndtri(torch.special.gammainc(half, total / 2).clamp(1e-15, 1 - 1e-15))


def has_tails(values: Tensor, p: float = 1e-6) -> bool:
    """Is the largest of N independent N(0, 1) numbers, without its sign, as large as it must be?

    All stay below s with probability (1 - 2Φ(-s))^N, exactly, which is p here: noise clamped to [-2, 2] has no tails.
    """
    values = values.detach().double().flatten()
    share = torch.tensor(p, dtype=torch.float64) ** (1 / max(len(values), 1))
    return bool(values.abs().max() >= torch.special.ndtri((1 + share) / 2))
