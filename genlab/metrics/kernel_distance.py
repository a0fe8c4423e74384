"""Kernel distance: the squared maximum mean discrepancy between two clouds of features, without bias.

    MMD² = E k(a, a') + E k(b, b') - 2 E k(a, b),   k(x, y) = (γ x·y + 1)³, γ = 1/d

estimated over all pairs of different samples (a U-statistic), so that its expectation is the true value
at every n. The Fréchet distance has no such estimator. The price: it can come out negative, and does
about half of the time when both sets follow one law; read it with its error, never cut it at 0.

In the features of the Inception network it is the KID (Bińkowski et al., 2018, arXiv:1801.01401). In
others, such as `digit_features`, it is not, and numbers compare only with one another. The kernel is a
polynomial of third degree: it sees differences in the first three moments and no others.

Gretton et al. (2012), A kernel two-sample test, Journal of Machine Learning Research 13 (the estimator).
"""

import math

import torch
from torch import Tensor

from genlab.metrics.arguments import whole
from genlab.metrics.estimate import Estimate
from genlab.metrics.features import as_pair, image_features, reference_features
from genlab.metrics.images import DataRange
from genlab.random import permutation

ROWS = 2**22  # kernel values held at a time, 32 MB


def kernel_distance(features_a: Tensor, features_b: Tensor, *, subsets: int | None = None, size: int = 1000,
                    degree: int = 3, gamma: float | None = None, coef0: float = 1.0,
                    rng: torch.Generator | None = None) -> Estimate:
    """MMD² between two sets of features, (n, d) and (m, d), in float64; n in the result is the smaller.

    By default over all pairs, which uses the samples best. The error is then the standard error, by the
    jackknife (leaving out one sample after the other): the scatter from one draw of samples to the next.

    Args:
        subsets: the published recipe instead: the mean over so many random subsets of `size` from each
            set. The error is then the standard deviation between subsets, which shrinks to nothing
            where they hold nearly all samples, and n in the result is `size`.
        degree, gamma, coef0: of the kernel (γ x·y + coef0)^degree; γ = 1/d by default.
        rng: draws the subsets; without one they are always the same.

    Raises:
        ValueError: fewer than three samples, different dimensions, values that are not finite, or
            subsets larger than a set.
    """
    a, b = as_pair(features_a, features_b, least=3)
    kernel = _Polynomial(degree, 1 / a.shape[1] if gamma is None else gamma, coef0)
    if subsets is None:
        return _all_pairs(a, b, kernel)
    subsets = whole(subsets, "subsets", 2, why="to show a scatter")
    size = whole(size, "size", 2, min(len(a), len(b)), why="the size of the smaller set")
    rng = torch.Generator().manual_seed(0) if rng is None else rng
    values = []
    for _ in range(subsets):
        parts = [x[permutation(len(x), rng=rng)[:size].cpu()] for x in (a, b)]
        values.append(_Sums(*parts, kernel).distance())
    values = torch.stack(values)
    return Estimate(values.mean().item(), values.std().item(), size)


def digit_kernel_distance(samples: Tensor, *, reference: Tensor | str = "grey",
                          data_range: DataRange = (0.0, 1.0)) -> Estimate:
    """`kernel_distance` of sampled digits to real ones in `digit_features`; see `digit_frechet`.

    Args:
        samples: images, (n, 1, 28, 28) or (n, 784).
        reference: "grey", the 4000 training digits; "binarised", the same cut at 0.5; or images.
        data_range: of the samples, when it is not [0, 1]: a pair, or the model that made them.
    """
    return kernel_distance(image_features(samples, data_range=data_range), reference_features(reference))


class _Polynomial:
    def __init__(self, degree: int, gamma: float, coef0: float):
        if degree < 1 or gamma <= 0 or coef0 < 0:
            raise ValueError("a polynomial kernel needs degree ≥ 1, gamma > 0 and coef0 ≥ 0, "
                             f"got {degree}, {gamma} and {coef0}")
        self.degree, self.gamma, self.coef0 = degree, gamma, coef0

    def __call__(self, inner: Tensor) -> Tensor:
        return (self.gamma * inner + self.coef0) ** self.degree

    def row_sums(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Σ_j k(x_i, y_j), (n,), and Σ_i k(x_i, y_j), (m,), a few rows at a time."""
        rows, columns = [], y.new_zeros(len(y))
        for part in x.split(max(1, ROWS // len(y))):
            values = self(part @ y.T)
            rows.append(values.sum(1))
            columns += values.sum(0)
        return torch.cat(rows), columns


class _Sums:
    """Sums of kernel values by sample, from which the estimate follows with or without any one of them."""

    def __init__(self, a: Tensor, b: Tensor, kernel: _Polynomial):
        self.n, self.m = len(a), len(b)
        self.aa, self.bb = (kernel.row_sums(x, x)[0] - kernel(x.square().sum(1)) for x in (a, b))
        self.ab, self.ba = kernel.row_sums(a, b)

    def distance(self) -> Tensor:
        return self._value(self.aa.sum(), self.bb.sum(), self.ab.sum(), self.n, self.m)

    def without_each(self) -> tuple[Tensor, Tensor]:
        """The estimate without sample i of a, (n,), and without sample j of b, (m,)."""
        aa, bb, ab = self.aa.sum(), self.bb.sum(), self.ab.sum()
        return (self._value(aa - 2 * self.aa, bb, ab - self.ab, self.n - 1, self.m),
                self._value(aa, bb - 2 * self.bb, ab - self.ba, self.n, self.m - 1))

    @staticmethod
    def _value(aa: Tensor, bb: Tensor, ab: Tensor, n: int, m: int) -> Tensor:
        return aa / (n * (n - 1)) + bb / (m * (m - 1)) - 2 * ab / (n * m)


def _all_pairs(a: Tensor, b: Tensor, kernel: _Polynomial) -> Estimate:
    sums = _Sums(a, b, kernel)
    variance = sum((len(values) - 1) * values.var(correction=0).item() for values in sums.without_each())
    return Estimate(sums.distance().item(), math.sqrt(variance), min(len(a), len(b)))
