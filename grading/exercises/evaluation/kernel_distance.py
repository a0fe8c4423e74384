"""evaluation-kernel-distance: the squared maximum mean discrepancy with a cubic kernel, without bias.

    MMD² = mean_{i≠j} k(x_i, x_j) + mean_{i≠j} k(y_i, y_j) - 2 mean_{i,j} k(x_i, y_j),   k(a, b) = (a·b / d + 1)³

(Gretton et al. 2012; Bińkowski et al. 2018, arXiv:1801.01401). Fixed: the unbiased estimate, which leaves the pairs
of a point with itself out and may be negative.
"""

import torch

from genlab.random import randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """n ≠ m ≠ d; one pair far apart, one from the same distribution, whose estimate lies about 0 on either side."""
    double = torch.zeros((), dtype=torch.float64)

    def draw(*shape):
        return randn(shape, like=double, rng=rng)

    shift = 0.5 + 0.3 * draw(4)
    near = draw(2, 9, 4)
    while _mmd(*near[:, :8]) > -0.05:  # a pair whose estimate is clearly negative
        near = draw(2, 9, 4)
    return {"x": draw(9, 4) + shift, "y": 1.5 * draw(7, 4) - 0.2, "near": near[0, :8], "same": near[1, :8],
            "wide_x": draw(5, 6), "wide_y": draw(3, 6) + 0.4, "away": float(10 + 5 * torch.rand((), generator=rng))}


def probe(kernel_distance, x, y, near, same, wide_x, wide_y, away):
    """Sets that differ, both ways round; that hardly differ or are one; of two points; far off; large; of dimension 1."""
    given = [probing.watch(label, []) for label in ("x", "y")]

    def run(a, b):
        for handed, features in zip(given, (a, b), strict=True):
            handed.append(features.clone())
        return probing.tensor(kernel_distance(given[0][-1], given[1][-1]), "`kernel_distance`")

    pairs = torch.stack([run(x[i:i + 2], y[j:j + 2]) for i in (0, 2, 4) for j in (0, 2, 4)])
    return dict(value=run(x, y), swapped=run(y, x), wide=run(wide_x, wide_y), near=run(near, same), pairs=pairs,
                square=run(x[:4], y[:4]), thin=run(x[:, :1], y[:, :1]), twins=run(x, x[[1, 1, 2, 3]]),
                itself=run(x, x), far=run(x + away, y + away) / away**2, large=run(100 * x, 100 * y) / 1e12)


def _kernel(a, b):
    return (a @ b.T / a.shape[1] + 1) ** 3


def _off_diagonal(k):
    return (k.sum() - k.trace()) / (len(k) * (len(k) - 1))


def _mmd(x, y):
    return _off_diagonal(_kernel(x, x)) + _off_diagonal(_kernel(y, y)) - 2 * _kernel(x, y).mean()


def reference(x, y):
    """Three means of kernel matrices, two of them without their diagonal."""
    return _mmd(x, y)


def truth(x, y):
    """Pair by pair."""
    def k(a, b):
        return (float(a @ b) / len(a) + 1) ** 3

    def within(rows):
        pairs = [k(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j]
        return sum(pairs) / len(pairs)

    across = [k(a, b) for a in x for b in y]
    return torch.tensor(within(x) + within(y) - 2 * sum(across) / len(across), dtype=torch.float64)


exercise = Exercise(
    id="evaluation-kernel-distance", defines="kernel_distance(x, y)", core=False, points=2, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.metrics.kernel_distance.kernel_distance",
               "genlab.metrics.kernel_distance.digit_kernel_distance"],
    comparisons=[
        Compare("value", "swapped", "wide", "square", "pairs", "thin", shape="()", points=1, what="`kernel_distance`",
                says="The unbiased estimate of MMD² with the kernel (a·b / d + 1)³."),
        Compare("near", "itself", shape="()", points=0.5, what="`kernel_distance` of sets of one distribution",
                says="Between sets of one distribution the estimate may come out negative, and is returned so."),
        Compare("twins", "far", "large", shape="()", points=0.5, what="`kernel_distance`",
                says="A point that occurs twice counts twice; features far from 0 or large are used as they are."),
    ],
    hints=[
        "Three kernel matrices: x with x, y with y, x with y. Each contributes the mean over its pairs.",
        "k(x, y) = (x @ y.T / d + 1) ** 3. For x with x: (k.sum() - k.trace()) / (n (n - 1)).",
        "within(k) = (k.sum() - k.trace()) / (len(k) * (len(k) - 1)); return within(k(x, x)) + within(k(y, y)) - "
        "2 * k(x, y).mean()",
    ],
)
