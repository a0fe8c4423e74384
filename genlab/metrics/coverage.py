"""Precision and recall, density and coverage: fidelity and diversity, told apart by nearest neighbours.

Around each point of a set lies a ball that reaches to its k-th nearest neighbour in the same set; all
balls together stand for where the set lives. With real points r_i and their balls B(r_i), fakes f_j:

    precision   share of fakes inside any real ball              are samples like the data?
    recall      share of real points inside any fake ball        can the model make everything?
    density     (1/k) mean over fakes of the number of real balls that hold it
    coverage    share of real balls that hold a fake

One outlier among the real points has a huge ball, and fakes in it count as precise; density counts each
ball a little, and coverage leaves the fakes' balls, and their outliers, out. None of the four is 1 when
both sets follow one law: density is 1 on average, coverage is `expected_coverage`, precision and recall
are whatever real data get against real data. So give that beside them, at equal n and equal k.

Kynkäänniemi et al. (2019), Improved precision and recall metric, arXiv:1904.06991 (balls with their rim).
Naeem et al. (2020), Reliable fidelity and diversity metrics, arXiv:2002.09797 (balls without their rim).
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from genlab.metrics.features import as_features, as_pair

BLOCK = 2**22  # distances held at a time, 32 MB


class PrecisionRecall(NamedTuple):
    """Two shares in [0, 1]."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """Density, from 0 to beyond 1, and coverage in [0, 1]."""

    density: float
    coverage: float


def precision_recall(real: Tensor, fake: Tensor, *, k: int = 3) -> PrecisionRecall:
    """Improved precision and recall of fakes (m, d) against real samples (n, d), in any features.

    Args:
        k: the neighbour to which a ball reaches, itself not counted.

    Raises:
        ValueError: k neighbours do not exist, different dimensions, or values that are not finite.
    """
    real, fake = as_pair(real, fake)
    precision = balls_around(fake, real, k=k) > 0
    recall = balls_around(real, fake, k=k) > 0
    return PrecisionRecall(precision.double().mean().item(), recall.double().mean().item())


def density_coverage(real: Tensor, fake: Tensor, *, k: int = 5) -> DensityCoverage:
    """Density and coverage of fakes (m, d) against real samples (n, d); arguments as `precision_recall`."""
    real, fake = as_pair(real, fake)
    radii = neighbour_radii(real, k=k)
    nearest, held = [], real.new_zeros(())
    for rows, distances in _distances(real, fake):
        held += (distances < radii[rows, None]).sum()
        nearest.append(distances.min(1).values)
    density = held.item() / (k * len(fake))
    return DensityCoverage(density, (torch.cat(nearest) < radii).double().mean().item())


def expected_coverage(n: int, m: int, *, k: int = 5) -> float:
    """Coverage of n real points by m fakes from the very same law: 1 - Π_{i<k} (n-1-i) / (n+m-1-i).

    A ball is missed when the k nearest of the n + m - 1 other points are all real. For n = m about
    1 - 2^-k. Naeem et al. (2020), proposition 1.
    """
    if not (1 <= k < n and m >= 1):
        raise ValueError(f"needs 1 ≤ k < n and m ≥ 1, got k = {k}, n = {n} and m = {m}")
    return 1 - math.prod((n - 1 - i) / (n + m - 1 - i) for i in range(k))


def neighbour_radii(features: Tensor, *, k: int) -> Tensor:
    """Distance of each point to its k-th nearest neighbour in the same set, itself not counted: (n,)."""
    features = as_features(features)
    if not 1 <= k < len(features):
        raise ValueError(f"k must lie between 1 and {len(features) - 1}, the number of other points, got {k}")
    parts = []
    for rows, distances in _distances(features, features):
        distances[torch.arange(len(distances)), rows] = math.inf
        parts.append(distances.kthvalue(k, dim=1).values)
    return torch.cat(parts)


def balls_around(queries: Tensor, features: Tensor, *, k: int) -> Tensor:
    """How many balls of `features` hold each query, rim included: (queries,) int64."""
    queries, features = as_pair(queries, features)
    radii = neighbour_radii(features, k=k)
    return torch.cat([(distances <= radii).sum(1) for _, distances in _distances(queries, features)])


def _distances(a: Tensor, b: Tensor):
    """Row numbers and their Euclidean distances to all of b, a few rows at a time.

    By differences, not by ‖a‖² - 2 a·b + ‖b‖²: a copy must lie at 0 exactly, and a rim be met exactly.
    """
    for rows in torch.arange(len(a)).split(max(1, BLOCK // len(b))):
        yield rows, torch.cdist(a[rows], b, compute_mode="donot_use_mm_for_euclid_dist")
