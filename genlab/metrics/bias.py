"""How a score moves with the number of samples, and what it would be with infinitely many.

Most scores are nonlinear in means over samples, so their expectation depends on n, to first order like

    E score(n) = score(∞) + slope / n

The Fréchet distance starts too high and falls, the inception score starts too low and rises, the kernel
distance stays. The slope differs from model to model, so that two models may change places between
n = 1000 and n = 50 000. A straight line through the scores against 1/n, read at 1/n = 0, removes the
first order of the bias. It removes no bias that comes from the reference, whose size is fixed.

Chong and Forsyth (2020), Effectively unbiased FID and inception score, arXiv:1911.07023.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from genlab.metrics.arguments import whole
from genlab.metrics.estimate import Estimate
from genlab.metrics.images import as_real
from genlab.random import permutation


class BiasCurve(NamedTuple):
    """A score at several numbers of samples: sizes (S,), mean scores (S,) and how many each averages (S,)."""

    sizes: Tensor
    values: Tensor
    repeats: Tensor

    def fit(self) -> tuple[float, float]:
        """Intercept and slope of the line through the values against 1/n, by least squares.

        Each value weighs as many as it averages, times n: the variance of a score falls like 1/n.
        """
        weight = (self.repeats * self.sizes).double().sqrt()[:, None]
        design = torch.stack([torch.ones(len(self.sizes)), 1 / self.sizes], 1).double()
        solution = torch.linalg.lstsq(weight * design, weight * self.values[:, None]).solution
        return solution[0].item(), solution[1].item()


def bias_curve(score: Callable[[Tensor], float], samples: Tensor, sizes: Sequence[int], *, repeats: int = 10,
               rng: torch.Generator | None = None) -> BiasCurve:
    """The score at several n, each a mean over disjoint random subsets of the samples.

    Args:
        score: maps n samples to a number: `lambda part: frechet_distance(part, reference)`.
        samples: (N, …): features or probabilities, taken once.
        sizes: at least two different numbers of samples, from 2 to N.
        repeats: subsets of each size at most; fewer where only so many fit into N.
        rng: shuffles the samples; without one always in the same way.
    """
    samples = as_real(samples, "samples")
    sizes = sorted({whole(n, "each of sizes", 0) for n in sizes})
    if len(sizes) < 2 or not 2 <= sizes[0] <= sizes[-1] <= len(samples):
        raise ValueError(f"sizes must be two or more different numbers from 2 to {len(samples)}, the number "
                         f"of samples, got {sizes}")
    repeats = whole(repeats, "repeats", 1)
    rng = torch.Generator().manual_seed(0) if rng is None else rng
    values, counts = [], []
    for n in sizes:
        order = permutation(len(samples), rng=rng).to(samples.device)
        parts = [order[i * n:(i + 1) * n] for i in range(min(repeats, len(samples) // n))]
        values.append(sum(_number(score(samples[part]), n) for part in parts) / len(parts))
        counts.append(len(parts))
    return BiasCurve(torch.tensor(sizes), torch.tensor(values, dtype=torch.float64), torch.tensor(counts))


def extrapolate(score: Callable[[Tensor], float], samples: Tensor, *, sizes: Sequence[int] | None = None,
                repeats: int = 10, groups: int = 10, rng: torch.Generator | None = None) -> Estimate:
    """The score at 1/n = 0, with a standard error that knows the samples are finite in number.

    Values at different n come from the same samples, so the scatter around the line is too small an
    error. This one is the jackknife's over groups: extrapolate again without one tenth of the samples,
    for each tenth.

    Args:
        sizes: numbers of samples; by default eight whose 1/n are evenly spread between N/8 and N.
        groups: how many groups the jackknife leaves out; costs groups + 1 curves.
    """
    samples = as_real(samples, "samples")
    n, groups = len(samples), whole(groups, "groups", 0)
    if groups < 2 or n < 16 * groups:
        raise ValueError(f"needs groups ≥ 2 and at least 16 samples a group, got {groups} and {n} samples")
    rng = torch.Generator().manual_seed(0) if rng is None else rng
    share = torch.tensor(_evenly_in_inverse(n) if sizes is None else list(sizes)).double() / n
    order = permutation(n, rng=rng).to(samples.device)

    def intercept(part: Tensor) -> float:
        scaled = (share * len(part)).round().long().tolist()
        return bias_curve(score, samples[part], scaled, repeats=repeats, rng=rng).fit()[0]

    without = torch.tensor([intercept(torch.cat([order[:i.min()], order[i.max() + 1:]]))
                            for i in torch.arange(n).tensor_split(groups)], dtype=torch.float64)
    error = ((groups - 1) * without.var(correction=0)).sqrt().item()
    return Estimate(intercept(order), error, n)


def _number(value: float | Tensor, n: int) -> float:
    """The score as a float; one NaN would go through the whole line."""
    if not isinstance(value, (int, float)) and getattr(value, "numel", lambda: 1)() != 1:
        raise ValueError(f"score must give one number for {n} samples, got shape {tuple(value.shape)}")
    if not math.isfinite(float(value)):
        raise ValueError(f"score gave {float(value)} for {n} samples: no line can be drawn")
    return float(value)


def _evenly_in_inverse(n: int) -> list[int]:
    return [round(n / inverse) for inverse in torch.linspace(8, 1, 8).tolist()]
