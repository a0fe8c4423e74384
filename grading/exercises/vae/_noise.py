"""Noise with the right moments that is not independent: mirrored, used twice, centred or too even.

All of it is seen in ε alone, in whatever order it was drawn. A right answer is taken for such noise with
probability < 3.5e-5 in one draw (the first test of `centred`; the others are below 1e-8).
"""

import math

import torch
from torch import Tensor

from grading.checks import laws


def dependence(eps: Tensor) -> str:
    """Why these numbers (n, K), n ≥ 500, are not n·K independent draws from N(0, 1), in words; "" if they may be."""
    return tails(eps) or twins(eps) or centred(eps) or too_even(eps)


def tails(eps: Tensor) -> str:
    """Are there too few or too many numbers beyond 3, 3.5 or 4? With p = 3e-7 for each side of each.

    The count is binomial; beyond its mean its tails are lighter than Poisson's (Anderson and Samuels 1967).
    """
    for limit in (3.0, 3.5, 4.0):
        mean = torch.tensor(eps.numel() * math.erfc(limit / math.sqrt(2)), dtype=torch.float64)
        count = (eps.abs() > limit).sum().double()
        if count < mean - 1 and torch.special.gammaincc(count + 1, mean) < 3e-7:
            return "noise without the normal law's tails"
        if count > mean + 1 and torch.special.gammainc(count, mean) < 3e-7:
            return "noise with heavier tails than the normal law's"
    return ""


def waves(eps: Tensor) -> str:
    """E cos(tε) = exp(-t²/2): another law of the same variance shows where t = 2, a sum of 12 uniforms too.

    By Bernstein's inequality: P(|mean - E| > s) ≤ 2 exp(-n s²/(2V + 4s/3)), V = (1 - exp(-t²))²/2, here with 1e-6.
    """
    n, u = eps.numel(), math.log(2e6)
    variance = (1 - math.exp(-4)) ** 2 / 2
    limit = 2 * u / (3 * n) + math.sqrt((2 * u / (3 * n)) ** 2 + 2 * u * variance / n)
    return "noise of another law" if ((2 * eps).cos().mean() - math.exp(-2)).abs() > limit else ""


def twins(eps: Tensor) -> str:
    """Does every twentieth number return in its column, with either sign, wherever it stands?

    Among n independent numbers, n·1e-6/√π·n neighbours are as near as 1e-6 by chance: 0.7 % at n = 12000.
    """
    sizes, order = eps.abs().sort(0)
    near = sizes.diff(dim=0) < 1e-6 * (1 + sizes[1:])
    share = near.double().mean(0)
    k = int(share.argmax())
    if share[k] < 0.05:
        return ""
    signs = eps[:, k].sign()[order[:, k]]
    mirrored = (signs[1:] != signs[:-1])[near[:, k]].double().mean()
    return "mirrored noise: half of it is minus the other half" if mirrored > 0.25 else "noise that is used twice"


def centred(eps: Tensor) -> str:
    """Was a mean taken out, or a spread divided by? Then it is 0, or 1, to rounding and not to 1/√n.

    For all numbers at once a statistic of standard deviation 1 comes within 1e-5 of its mean with probability
    8e-6, which is asked of four; for K ≥ 3 columns all within 1e-2 with (8e-3)^K each, or 5e-7.
    """
    for name, table, bound in (("all", eps.reshape(-1, 1), 1e-5), ("columns", eps, 1e-2)):
        n = len(table)
        if name == "columns" and table.shape[1] < 3:
            continue
        mean, var = table.mean(0), table.var(0)
        if (mean.abs() * math.sqrt(n) < bound).all():
            return "noise whose mean was taken out"
        for spread in (var, var * (n - 1) / n, table.square().mean(0)):
            if ((spread - 1).abs() * math.sqrt(n / 2) < bound).all():
                return "noise that was divided by its own spread"
    return ""


def too_even(eps: Tensor) -> str:
    """Is it nearer to the normal law than chance allows, as stratified noise is?

    P(√n D < x) → √(2π)/x exp(-π²/(8x²)): 3e-4 at 0.35 for a column, to the power K; 3e-8 at 0.25 for all.
    """
    columns = [laws.distance_from_normal(column) * math.sqrt(len(eps)) for column in eps.T]
    everything = laws.distance_from_normal(eps) * math.sqrt(eps.numel())
    return "noise that is spread too evenly" if everything < 0.25 or (len(columns) > 2 and max(columns) < 0.35) else ""


def related(eps: Tensor) -> str:
    """Are neighbouring rows, the halves, or two columns correlated? With 1e-6 in all; sees |r| of 0.02 at n = 60000."""
    n, K = eps.shape
    pairs = [("related noise of two dimensions", eps[:, i], eps[:, j]) for i in range(K) for j in range(i)]
    for column in eps.T:
        pairs += [("related noise of neighbouring images", column[:n - 1:2], column[1::2]),
                  ("related noise of neighbouring images", column[1:n - 1:2], column[2::2]),
                  ("related noise of two halves", column[:n // 2], column[n - n // 2:])]
    return next((word for word, a, b in pairs
                 if abs(laws.correlation(a, b[:len(a)])) > laws.correlation_limit(len(a), 1e-6 / len(pairs))), "")
