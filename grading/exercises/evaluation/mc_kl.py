"""evaluation-mc-kl: a divergence estimated from draws, with its standard error.

    KL(q ‖ p) = E_q [log q(x) - log p(x)]  ≈  the mean over n draws from q

Fixed: the plain mean of the log-ratio (no other estimator of the same number), n draws, the standard error s / √n.
Free: whether s has n - 1 or n in it; nothing between or beyond passes, such as s / √(n - 1) with n - 1 in s as well,
which five draws tell apart. The draws come from the judge: `draw` hands out the rows of a hidden table in order, so
that draws for log q and others for log p show. In one call both log-densities are shifted, as by another unit of
length, and p lies far off: densities vanish there while their logarithms do not.
"""

import math

import torch

from genlab.random import randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Correlated Gaussians q and p, so near that log-ratios of both signs occur; the table holds draws from q.

    The first n // 2 of them are such that the estimate is negative, as happens by chance.
    """
    D = 3
    double = torch.zeros((), dtype=torch.float64)

    def draw(*shape):
        return randn(shape, like=double, rng=rng)

    n, eye, center = 163, torch.eye(D, dtype=torch.float64), draw(D)
    root, turn, white = 0.4 * draw(D, D) + eye, 1.2 * eye + 0.1 * draw(D, D), draw(900, D)
    shift = torch.nn.functional.normalize(draw(D), dim=0) * 0.4
    ratio = (torch.linalg.solve(turn, (white - shift).T).square().sum(0) - white.square().sum(1)) / 2
    low = ratio.argsort()[: 2 * n].sort().values[: n // 2]  # the 2n lowest of 900, in the order of the table
    rest = torch.ones(900, dtype=torch.bool).index_fill(0, low, False)
    table = center + torch.cat([white[low], white[rest]]) @ root.T
    return {"table": table, "q_mean": center, "q_root": root, "p_mean": center + root @ shift,
            "p_root": root @ turn, "n": n, "unit": float(900 + 100 * torch.rand((), generator=rng))}


def probe(mc_kl, table, q_mean, q_root, p_mean, p_root, n, unit):
    """The estimate and its error, for n draws, for fewer and for five; and for a p far off, in another unit."""
    def log_density(x, mean, root):
        flat = torch.linalg.solve(root, (x - mean).T)
        constant = torch.linalg.slogdet(root)[1] + len(mean) * math.log(2 * math.pi) / 2
        return -0.5 * flat.square().sum(0) - constant

    def play(count, away=0.0, by=0.0):
        place = [0]

        def draw(n):
            rows = (torch.arange(n) + place[0]) % len(table)
            place[0] += n
            return table[rows]

        return probing.tensors(mc_kl(draw, lambda x: log_density(x, q_mean, q_root) - by,
                                     lambda x: log_density(x, p_mean + away, p_root) - by, count), 2, "`mc_kl`")

    (value, error), (fewer, wider), (five, widest) = play(n), play(n // 2), play(5)
    far, far_error = play(31, 40.0, unit)
    return dict(estimate=value, error=error, fewer=fewer, wider=wider, five=five, widest=widest, far=far,
                far_error=far_error)


COUNTS = {"error": 163, "wider": 81, "widest": 5, "far_error": 31}


def either_deviation(inputs, got, expected, n):
    """Each error with n - 1 in s, or with n: relative to the expected one, because errors are small numbers."""
    for name, count in COUNTS.items():
        ratio = got[name].double() / expected[name]
        if not min(abs(ratio - 1), abs(ratio - math.sqrt(1 - 1 / count))) <= 1e-4:
            return False, got[name], expected[name]
    return True, got["error"], expected["error"]


def reference(draw, log_q, log_p, n):
    """Mean and standard error of the log-ratio."""
    x = draw(n)
    ratio = log_q(x) - log_p(x)
    return ratio.mean(), ratio.std() / math.sqrt(n)


exercise = Exercise(
    id="evaluation-mc-kl", defines="mc_kl(draw, log_q, log_p, n)", core=True, points=2, level=1, minutes=5,
    inputs=inputs, probe=probe, reference=reference,
    withholds=["genlab.metrics.divergence.monte_carlo_kl", "genlab.metrics.estimate"],
    comparisons=[
        Compare("estimate", "fewer", "five", shape="()", points=0.75, what="the estimate, first of the two,",
                says="The mean of log q(x) - log p(x) over n draws from q."),
        Compare("error", "wider", "widest", "far_error", shape="()", points=1, test=either_deviation, resolution=1e-4,
                what="the standard error, second of the two,",
                says="Its standard error: the standard deviation of the log-ratio, divided by √n."),
        Compare("far", shape="()", points=0.25, what="the estimate for distant densities",
                says="Where both densities are too small for a number, and far apart, log q(x) - log p(x) is still "
                     "a difference of two logarithms: nothing is exponentiated or cut off."),
    ],
    hints=[
        "KL(q ‖ p) is an expectation under q. An expectation is estimated by the mean over draws.",
        "r_i = log q(x_i) - log p(x_i) for x_1 … x_n from draw(n); the mean of r, and the standard deviation of r "
        "divided by √n.",
        "x = draw(n); r = log_q(x) - log_p(x); return r.mean(), r.std() / math.sqrt(n)",
    ],
)
