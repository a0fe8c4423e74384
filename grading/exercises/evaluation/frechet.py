"""evaluation-frechet: the Fréchet distance between Gaussians fitted to two sets of features.

    d² = ‖μ_x - μ_y‖² + tr(Σ_x + Σ_y - 2 (Σ_x Σ_y)^½)

(Dowson and Landau 1982; Heusel et al. 2017, arXiv:1706.08500). Fixed: unbiased covariances (n - 1), the squared
distance. Free: how the trace of the root is found. The hidden sets are made so that their moments are exact: a
shift and nothing else, a change of size and nothing else, covariances that do not commute, and sets with fewer
rows than dimensions, whose covariances are singular, turned in several ways, since where rounding puts a zero
eigenvalue is chance; features a thousandth as large, where a number added to the diagonal weighs more.
"""

import math

import torch

from genlab.metrics import frechet
from genlab.random import rand, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """All in float64 with n ≠ m ≠ d; means away from zero. `away` is where float32 has few digits left."""
    d = 4
    double = torch.zeros((), dtype=torch.float64)

    def draw(*shape):
        return randn(shape, like=double, rng=rng)

    def white(rows):  # mean 0 and covariance I, exactly
        return math.sqrt(rows - 1) * torch.linalg.qr(torch.cat([torch.ones(rows, 1), draw(rows, d)], 1)).Q[:, 1:]

    mix, mean = draw(d, d) + torch.eye(d), 2 + draw(d)
    size = 1.5 + rand((), like=double, rng=rng)
    return {
        "x": white(11) @ mix + mean, "moved": white(9) @ mix + mean + 0.5 + 0.4 * draw(d).abs(),
        "grown": size * white(9) @ mix + mean, "y": white(13) @ (draw(d, d) - 0.5 * torch.eye(d)) + draw(d),
        "turn": torch.linalg.qr(draw(d, d)).Q, "few": draw(3, d) + mean, "fewer": 2 * draw(2, d),
        "ball": size * white(11) + mean, "away": 2.0**20,
    }


def probe(frechet_distance, x, moved, grown, y, turn, few, fewer, ball, away):
    """The distance in each setting; swapped and turned, where it must not change; of sets with few rows."""
    given = [probing.watch(label, []) for label in ("x", "y")]

    def run(a, b):
        for handed, features in zip(given, (a, b), strict=True):
            handed.append(features.clone())
        return probing.tensor(frechet_distance(given[0][-1], given[1][-1]), "`frechet_distance`")

    thin = torch.tensor([1.0, 1.0, 0.03, 1.0], dtype=x.dtype)  # one eigenvalue far below the others
    turns = [torch.linalg.matrix_power(turn, i) for i in range(1, 9)]
    spun = torch.stack([run(few @ one, ball @ one) for one in turns] + [run(fewer @ one, few @ one) for one in turns])
    return dict(shift=run(x, moved), size=run(x, grown), value=run(x, y), swapped=run(y, x),
                turned=run(x @ turn, y @ turn), single=run((x + away).float(), (y + away).float()),
                near=run((x + away).float(), (moved + away).float()), singular=run(few, fewer),
                mixed=run(x, few), narrow=run(x * thin, y * thin), round=run(few, ball), spun=spun, same=run(x, x.flip(0)),
                small=run(few / 1000, ball / 1000) * 1e6, flat=run(fewer / 1000, ball / 1000) * 1e6)


def reference(x, y):
    """genlab's own."""
    return frechet.frechet_distance(x, y)


def truth(x, y):
    """Without any covariance: tr (Σ_x Σ_y)^½ is the nuclear norm of X Yᵀ, rows centred and scaled."""
    x, y = x.double(), y.double()
    a, b = (x - x.mean(0)) / math.sqrt(len(x) - 1), (y - y.mean(0)) / math.sqrt(len(y) - 1)
    overlap = torch.linalg.matrix_norm(a @ b.T, ord="nuc")
    return (x.mean(0) - y.mean(0)).square().sum() + a.square().sum() + b.square().sum() - 2 * overlap


exercise = Exercise(
    id="evaluation-frechet", defines="frechet_distance(x, y)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.metrics.frechet.frechet_distance", "genlab.metrics.frechet.frechet_from_moments",
               "genlab.metrics.frechet.moments", "genlab.metrics.frechet.digit_frechet"],
    comparisons=[
        Compare("shift", shape="()", points=1, what="`frechet_distance`",
                says="Equal covariances, moved apart: the squared distance of the means."),
        Compare("size", shape="()", points=1, what="`frechet_distance`",
                says="Equal means and shapes, one cloud larger: the covariances' part."),
        Compare("value", "swapped", "turned", shape="()", points=1, what="`frechet_distance`",
                says="The distance of two clouds of different shapes; it does not change when they are swapped or "
                     "turned together."),
        Compare("singular", "mixed", "narrow", "round", "spun", "same", "small", "flat", shape="()", points=0.5,
                what="`frechet_distance` of fewer rows than dimensions",
                says="Fewer rows than dimensions: the covariances are singular. Cut eigenvalues that rounding leaves below "
                     "zero, and add nothing to the others: the distance is finite, real and exact, also of small "
                     "features."),
        Compare("single", "near", shape="()", points=0.5, what="`frechet_distance` of float32 features",
                says="Features in single precision and far from 0: convert them with .double() before anything else."),
    ],
    hints=[
        "Means and covariances first: x.mean(0) and torch.cov(x.T). Then the trace of the root needs no root of a "
        "matrix: it is the sum of the roots of the eigenvalues of Σ_x Σ_y.",
        "Σ_x Σ_y has the same eigenvalues as the symmetric Σ_x^½ Σ_y Σ_x^½. With eigh, Σ_x = V diag(λ) Vᵀ and "
        "Σ_x^½ = V diag(√λ) Vᵀ; cut eigenvalues at zero before the root.",
        "root = v * lam.clamp(min=0).sqrt() @ v.T; overlap = torch.linalg.eigvalsh(root @ cov_y @ root).clamp(min=0)"
        ".sqrt().sum(); return (mu_x - mu_y).square().sum() + cov_x.trace() + cov_y.trace() - 2 * overlap",
    ],
)
