"""Fréchet distance: how far apart are two clouds of features, as if both were Gaussian?

    d² = ‖μ_a - μ_b‖² + tr(Σ_a + Σ_b - 2 (Σ_a Σ_b)^½)

the squared 2-Wasserstein distance between N(μ_a, Σ_a) and N(μ_b, Σ_b). In the features of the Inception
network it is the FID (Heusel et al., 2017, arXiv:1706.08500). Here, on digits, the features are those of
genlab's own small classifier, so it is not an FID and its numbers compare only with one another.

A distance means little alone. It is biased upward, by about (d² + 5d) / (2n) for n white features of
dimension d, so compare only at equal n, next to `real_floor(n)`: what held-out real digits get. And a
copy of the training set scores best of all: give the nearest training distance beside it.

Dowson and Landau (1982), The Fréchet distance between multivariate normal distributions.
Chong and Forsyth (2020), Effectively unbiased FID and inception score, arXiv:1911.07023 (the bias).
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from genlab.metrics.arguments import whole
from genlab.metrics.estimate import Estimate
from genlab.metrics.features import as_features, as_pair, image_features, reference_features
from genlab.metrics.images import DataRange, as_real
from genlab.random import permutation


def frechet_distance(features_a: Tensor, features_b: Tensor) -> float:
    """d² between the Gaussians fitted to two sets of features, (n, d) and (m, d), in float64.

    Covariances are the unbiased ones (n - 1), as in the authors' and the usual implementations. With fewer
    samples than dimensions they are singular; the distance is then taken from the samples themselves, whose
    cross products hold all that the covariances do, exactly.

    Raises:
        ValueError: fewer than two rows, different dimensions, or values that are not finite.
    """
    a, b = as_pair(features_a, features_b)
    (mu_a, factor_a), (mu_b, factor_b) = _mean_and_factor(a), _mean_and_factor(b)
    return _distance(mu_a, factor_a, mu_b, factor_b)


def frechet_from_moments(mu_a: Tensor, cov_a: Tensor, mu_b: Tensor, cov_b: Tensor) -> float:
    """d² from means (d,) and covariances (d, d), which may be singular.

    With any factors Σ_a = A'A and Σ_b = B'B, tr (Σ_a Σ_b)^½ is the sum of the singular values of AB'. So
    Cholesky factors will do, symmetric roots where there are none; no matrix root turns complex, and, where
    covariances are singular, rounding stays rounding instead of entering under a root.

    Raises:
        ValueError: shapes that do not fit, values that are not finite, or no covariance at all.
    """
    mu_a, cov_a, mu_b, cov_b = (_double(tensor) for tensor in (mu_a, cov_a, mu_b, cov_b))
    for mu, cov in ((mu_a, cov_a), (mu_b, cov_b)):
        _check_moments(mu, cov)
    if mu_a.shape != mu_b.shape:
        raise ValueError(f"both sets need features of one dimension, got {len(mu_a)} and {len(mu_b)}")
    return _distance(mu_a, _factor(cov_a), mu_b, _factor(cov_b))


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (d,) and unbiased covariance (d, d) of features (n, d), in float64."""
    features = as_features(features)
    mean = features.mean(0)
    centred = features - mean
    return mean, centred.T @ centred / (len(features) - 1)


def digit_frechet(samples: Tensor, *, reference: Tensor | str = "grey",
                  data_range: DataRange = (0.0, 1.0)) -> float:
    """Fréchet distance of sampled digits to real ones in `digit_features`, 64 dimensions.

    Say which of two comparisons you make. Grey samples, or the means of a Bernoulli decoder (its
    probabilities, smooth where pixels would be random), belong beside the grey reference; pixels drawn
    from a Bernoulli decoder, or any 0/1 images, beside the binarised one.

    Args:
        samples: images, (n, 1, 28, 28) or (n, 784), n ≥ 2; below a few hundred the bias rules.
        reference: "grey", the 4000 training digits; "binarised", the same cut at 0.5 (both measured once
            a process); or images of your own, (m, 1, 28, 28) or (m, 784) in [0, 1].
        data_range: of the samples, when it is not [0, 1]: a pair, or the model that made them.
    """
    features = image_features(samples, data_range=data_range)
    return frechet_from_moments(*moments(features), *_reference_moments(reference))


def real_floor(n: int, *, repeats: int = 10, reference: str = "grey",
               rng: torch.Generator | None = None) -> Estimate:
    """What n held-out real digits get from `digit_frechet`: the best that n honest samples can hope for.

    The mean over random subsets of the 1000 test digits, in the same form (grey or binarised) as the
    reference. The error is the standard deviation between subsets, the scatter of one measurement
    rather than that of the mean; it shrinks near n = 1000, where subsets share most of their images,
    and is NaN for all 1000, of which there is one set. Without an rng the subsets are always the same.
    """
    rng = torch.Generator().manual_seed(0) if rng is None else rng
    return floor(reference_features(reference, "test"), _reference_moments(reference), n, repeats, rng)


def floor(features: Tensor, target: tuple[Tensor, Tensor], n: int, repeats: int,
          rng: torch.Generator) -> Estimate:
    """`real_floor` for features (m, d) of real images and the moments of a reference."""
    n = whole(n, "n", 2, len(features), why="the number of held-out digits")
    repeats = whole(repeats, "repeats", 2, why="to show a scatter")
    sets = repeats if n < len(features) else 1
    subsets = [permutation(len(features), rng=rng)[:n].cpu() for _ in range(sets)]
    values = torch.tensor([frechet_from_moments(*moments(features[subset]), *target) for subset in subsets],
                          dtype=torch.float64)
    error = values.std().item() if len(values) > 1 else float("nan")
    return Estimate(values.mean().item(), error, n)


def _double(tensor: Tensor) -> Tensor:
    return as_real(tensor, "moments").cpu().double()


def _check_moments(mu: Tensor, cov: Tensor) -> None:
    if mu.ndim != 1 or cov.shape != (len(mu), len(mu)):
        raise ValueError(f"moments must be (d,) and (d, d), got {tuple(mu.shape)} and {tuple(cov.shape)}")
    if not (mu.isfinite().all() and cov.isfinite().all()):
        raise ValueError("means and covariances must be finite")
    if not torch.allclose(cov, cov.T, rtol=1e-6, atol=1e-6 * cov.abs().max().item()):
        raise ValueError("a covariance must be symmetric")


def _mean_and_factor(x: Tensor) -> tuple[Tensor, Tensor]:
    """The mean and A with A'A = Σ: of few samples the centred samples themselves, (n, d)."""
    if len(x) > x.shape[1]:
        mean, cov = moments(x)
        return mean, _factor(cov)
    mean = x.mean(0)
    return mean, (x - mean) / math.sqrt(len(x) - 1)


def _factor(cov: Tensor) -> Tensor:
    """A with A'A = Σ: Cholesky's; of a singular Σ the root along its axes, those of no variance left out."""
    lower, info = torch.linalg.cholesky_ex(cov)
    tiny = len(cov) * torch.finfo(cov.dtype).eps * cov.diagonal().max()
    if info == 0 and lower.diagonal().square().min() > tiny:
        return lower.T
    values, vectors = torch.linalg.eigh((cov + cov.T) / 2)
    if values[0] < -1e-6 * values.abs().max():
        raise ValueError(f"a covariance has no negative eigenvalue, got {values[0].item():.3g}")
    real = values > len(cov) * torch.finfo(cov.dtype).eps * values[-1]  # the rest is rounding
    return values[real].sqrt()[:, None] * vectors[:, real].T


def _distance(mu_a: Tensor, a: Tensor, mu_b: Tensor, b: Tensor) -> float:
    """‖μ_a - μ_b‖² + ‖A‖² + ‖B‖² - 2 Σ singular values of AB'."""
    distance = (mu_a - mu_b).square().sum() + a.square().sum() + b.square().sum() - 2 * _nuclear(a @ b.T)
    return max(distance.item(), 0.0)  # rounding may leave -1e-14 for equal sets


def _nuclear(x: Tensor) -> Tensor:
    """Σ singular values: the roots of the eigenvalues of XX', three times faster, where that loses nothing.

    Eigenvalues s² are off by up to ε s_max² each, so roots by that over 2s, which is much for small s.
    """
    if min(x.shape) == 0:
        return x.new_zeros(())
    squares = torch.linalg.eigvalsh(x @ x.T if x.shape[0] <= x.shape[1] else x.T @ x)
    error = len(squares) ** 0.5 * torch.finfo(x.dtype).eps * squares[-1]
    if squares[0] > 4 * error and (error / squares.sqrt()).sum() < 1e-11 * squares.sqrt().sum():
        return squares.sqrt().sum()
    return torch.linalg.svdvals(x).sum()


def _reference_moments(reference: Tensor | str) -> tuple[Tensor, Tensor]:
    return _real_moments(reference) if isinstance(reference, str) else moments(image_features(reference))


@lru_cache
def _real_moments(form: str) -> tuple[Tensor, Tensor]:
    return moments(reference_features(form))
