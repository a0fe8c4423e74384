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

`neighbour_scores` gives all four from one pass over the distances; the others each want less. Distances are
Euclidean and, on the rims that decide, exact: see `genlab.metrics.distances`.

Kynkäänniemi et al. (2019), Improved precision and recall metric, arXiv:1904.06991 (balls with their rim).
Naeem et al. (2020), Reliable fidelity and diversity metrics, arXiv:2002.09797 (balls without their rim).
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from genlab.metrics.arguments import whole
from genlab.metrics.distances import Points, compare, nearest, parts, points
from genlab.metrics.features import as_features, as_pair


class PrecisionRecall(NamedTuple):
    """Two shares in [0, 1]."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """Density, from 0 to beyond 1, and coverage in [0, 1]."""

    density: float
    coverage: float


class NeighbourScores(NamedTuple):
    """All four, for one k: shares in [0, 1], and density, from 0 to beyond 1."""

    precision: float
    recall: float
    density: float
    coverage: float


def neighbour_scores(real: Tensor, fake: Tensor, *, k: int = 5) -> NeighbourScores:
    """Precision, recall, density and coverage of fakes (m, d) against real samples (n, d), in one pass.

    Args:
        real, fake: features of any network, or points; whole numbers and half precision count as float64.
        k: the neighbour to which every ball reaches, itself not counted. Precision and recall were proposed
            with 3, density and coverage with 5.

    Raises:
        ValueError: k neighbours do not exist, different dimensions, or values that are not finite.
    """
    real, fake = points(*as_pair(real, fake, names=("real", "fake")))
    around_real, around_fake = _radii(real, k, "real"), _radii(fake, k, "fake")
    precise = torch.zeros(len(fake), dtype=torch.bool)
    recalled, covered, held = [], [], 0
    for part in parts(real, fake):
        inner, within = compare(part, real, fake, around_real[part.rows, None])
        precise |= within.any(0)
        held += int(inner.sum())
        covered.append(inner.any(1))
        recalled.append(compare(part, real, fake, around_fake)[1].any(1))
    return NeighbourScores(_share(precise), _share(torch.cat(recalled)), held / (k * len(fake)),
                           _share(torch.cat(covered)))


def precision_recall(real: Tensor, fake: Tensor, *, k: int = 3) -> PrecisionRecall:
    """Improved precision and recall of fakes (m, d) against real samples (n, d), in any features.

    Arguments and errors as in `neighbour_scores`, but for the k of the paper.
    """
    scores = neighbour_scores(real, fake, k=k)
    return PrecisionRecall(scores.precision, scores.recall)


def density_coverage(real: Tensor, fake: Tensor, *, k: int = 5) -> DensityCoverage:
    """Density and coverage of fakes (m, d) against real samples (n, d); see `neighbour_scores`.

    No balls lie around fakes, so any number of them will do.
    """
    real, fake = points(*as_pair(real, fake, least=(2, 1), names=("real", "fake")))
    radii = _radii(real, k, "real")
    covered, held = [], 0
    for part in parts(real, fake):
        inner = compare(part, real, fake, radii[part.rows, None])[0]
        held += int(inner.sum())
        covered.append(inner.any(1))
    return DensityCoverage(held / (k * len(fake)), _share(torch.cat(covered)))


def expected_coverage(n: int, m: int, *, k: int = 5) -> float:
    """Coverage of n real points by m fakes from the very same law: 1 - Π_{i<k} (n-1-i) / (n+m-1-i).

    A ball is missed when the k nearest of the n + m - 1 other points are all real. For n = m about
    1 - 2^-k. Naeem et al. (2020), proposition 1.
    """
    n, m, k = whole(n, "n", 0), whole(m, "m", 0), whole(k, "k", 0)
    if not (1 <= k < n and m >= 1):
        raise ValueError(f"needs 1 ≤ k < n and m ≥ 1, got k = {k}, n = {n} and m = {m}")
    return 1 - math.prod((n - 1 - i) / (n + m - 1 - i) for i in range(k))


def neighbour_radii(features: Tensor, *, k: int) -> Tensor:
    """Distance of each point to its k-th nearest neighbour in the same set, itself not counted: (n,)."""
    return _radii(*points(as_features(features)), k)


def balls_around(queries: Tensor, features: Tensor, *, k: int) -> Tensor:
    """How many balls of `features` hold each query, rim included: (queries,) int64."""
    queries, features = points(*as_pair(queries, features, least=(1, 2), names=("queries", "features")))
    radii = _radii(features, k)
    return torch.cat([compare(part, queries, features, radii)[1].sum(1) for part in parts(queries, features)])


def _radii(x: Points, k: int, what: str = "points") -> Tensor:
    k = whole(k, "k", 1, len(x) - 1, why=f"for of {len(x)} {what} each has so many others")
    return nearest(x, x, k).distance


def _share(inside: Tensor) -> float:
    return inside.double().mean().item()
