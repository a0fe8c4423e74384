"""wgan-distance: the Wasserstein-1 distance of two samples on a line.

    W₁ = ∫ |F(s) - G(s)| ds,     F(s) = the share of x at or below s,  G the same for y

(Vallender 1974; Villani 2003, theorem 2.18 and remark 2.19). Fixed: every point weighs the same within its sample, so that samples
of different sizes may be compared; gradients reach the points where all are different. Free: the integral, sorted points, a
common refinement of both samples, a linear programme.
"""

import math

import torch

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Samples of equal sizes, of others (with and without a common divisor), single points, ties, and ones far apart."""
    N = 5 + randint(0, 3, (1,), rng=rng).item()
    far = 200 + 50 * torch.rand(1, generator=rng).item()
    wide = 2.5 * draws.normal((2 * N,), rng=rng)
    return {"x": draws.normal((N,), rng=rng), "y": 0.6 + 1.7 * draws.normal((N,), rng=rng),
            "other": 0.3 + 0.5 * draws.normal((N + 2,), rng=rng), "wide": wide,
            "tied_x": draws.ties((N + 1,), rng=rng, levels=4), "tied_y": draws.ties((N + 4,), rng=rng, levels=4),
            "far": far + draws.normal((N + 3,), rng=rng)}


def probe(wasserstein_1d, x, y, other, wide, tied_x, tied_y, far):
    """Equal and unequal sizes, each way round; ends; gradients where all points differ."""
    def ask(first, second):
        return probing.tensor(wasserstein_1d(first.clone(), second.clone()), "`wasserstein_1d`").detach()

    def slopes(first, second):
        leaves = [probing.leaf(first), probing.leaf(second)]
        return probing.vjp(probing.tensor(wasserstein_1d(*leaves), "`wasserstein_1d`"), leaves)

    def attempt(*given):
        return probing.attempt(ask, *given)

    found = dict(equal=ask(x, y), back=attempt(y, x), unequal=attempt(x, other), fewer=attempt(other, x), twice=attempt(x, wide),
                 tied=attempt(tied_x, tied_y), one=attempt(x[:1], other), last=attempt(wide, y[:1]), single=attempt(x[:1], y[:1]),
                 apart=attempt(x, far), away=attempt(far, far[:4] - 1), same=attempt(tied_x, tied_x.flip(0)))
    of_equal, of_unequal = probing.attempt(slopes, x, y), probing.attempt(slopes, other, wide)
    of_equal, of_unequal = ([s] * 2 if isinstance(s, str) else s for s in (of_equal, of_unequal))
    probing.attempt(wasserstein_1d, x, y)  # themselves, and last: they are looked at afterwards
    return found | dict(of_x=of_equal[0], of_y=of_equal[1], of_other=of_unequal[0], of_wide=of_unequal[1])


def reference(x, y):
    """The area between the two staircases, gap by gap."""
    points = torch.cat([x, y]).sort().values
    left = points[:-1]
    below_x = torch.searchsorted(x.sort().values.detach(), left.detach(), right=True) / len(x)
    below_y = torch.searchsorted(y.sort().values.detach(), left.detach(), right=True) / len(y)
    return ((below_x - below_y).abs() * points.diff()).sum()


def truth(x, y):
    """Each point in as many equal crumbs as make both samples equally many; sorted crumbs are paired."""
    size = math.lcm(len(x), len(y))
    first, second = (v.repeat_interleave(size // len(v)).sort().values for v in (x, y))
    return (first - second).abs().sum() / size


exercise = Exercise(
    id="wgan-distance", defines="wasserstein_1d(x, y)", core=True, points=3, level=3, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth, withholds=["genlab.models.wasserstein_1d", "genlab.models.wgan.wasserstein_1d"],
    comparisons=[
        Compare("equal", "back", shape="()", points=0.75, what="`wasserstein_1d` of as many x as y", tolerance=1e-4,
                says="As many points in x as in y: the mean way of a point, when the whole is moved with the least work."),
        Compare("unequal", "fewer", "twice", shape="()", points=1, what="`wasserstein_1d` of samples of different sizes",
                tolerance=1e-4, says="Different sizes: a point of the smaller sample weighs more, and may have to be split."),
        Compare("tied", "one", "last", "single", "apart", "away", "same", shape="()", points=0.75, tolerance=5e-5,
                what={"tied": "`wasserstein_1d` of samples with equal numbers", "one": "`wasserstein_1d` of one x and many y",
                      "last": "`wasserstein_1d` of many x and one y", "single": "`wasserstein_1d` of one x and one y",
                      "apart": "`wasserstein_1d` of samples far apart", "away": "`wasserstein_1d` of samples far from 0",
                      "same": "`wasserstein_1d` of a sample and itself in another order"},
                says="Equal numbers, single points, samples far apart or far from 0, and a sample against itself in another order."),
        Compare("of_x", "of_y", "of_other", "of_wide", points=0.5, tolerance=1e-3, what="the gradient of `wasserstein_1d`",
                says="The gradient in every point: it pulls with the share that the point has, towards where its share goes."),
    ],
    hints=[
        "Sand lies in heaps on a line, and you stand at s. How much of it must be carried past you? Walk along the line with that "
        "question.",
        "Between two neighbouring points of x and y together nothing changes: there |F - G| of the sand is carried across the gap. F is "
        "the share of x to the left, G the share of y. Add up share times width.",
        "points = torch.cat([x, y]).sort().values; F = (x[:, None] <= points[:-1]).double().mean(0), G likewise; "
        "((F - G).abs() * points.diff()).sum()",
    ],
    afterwards="With as many points on both sides this is the mean of |x - y| over sorted pairs: on a line, nobody has to overtake.",
)
