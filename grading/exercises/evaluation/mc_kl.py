"""evaluation-mc-kl: a divergence estimated from draws, with its standard error.

    KL(q ‖ p) = E_q [log q(x) - log p(x)]  ≈  the mean over n draws from q

Fixed: the plain mean of the log-ratio (no other estimator of the same number), n draws, the standard error
s / √n (s with n - 1 or with n, which differ by less than the tolerance). The draws come from the judge: `draw`
hands out the rows of a hidden table in order, so that draws for log q and others for log p show.
"""

import math

import torch

from genlab.random import randn
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


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
            "p_root": root @ turn, "n": n}


def probe(mc_kl, table, q_mean, q_root, p_mean, p_root, n):
    """The estimate and its error, for n draws and for fewer."""
    def log_density(x, mean, root):
        flat = torch.linalg.solve(root, (x - mean).T)
        constant = torch.linalg.slogdet(root)[1] + len(mean) * math.log(2 * math.pi) / 2
        return -0.5 * flat.square().sum(0) - constant

    def play(count):
        place = [0]

        def draw(n):
            rows = (torch.arange(n) + place[0]) % len(table)
            place[0] += n
            return table[rows]

        return probing.tensors(mc_kl(draw, lambda x: log_density(x, q_mean, q_root),
                                     lambda x: log_density(x, p_mean, p_root), count), 2, "`mc_kl`")

    value, error = play(n)
    fewer, wider = play(n // 2)
    # errors times n, so that the tolerance is small beside them
    return dict(estimate=value, error=error * n, fewer=fewer, wider=wider * (n // 2))


def within_a_percent(inputs, got, expected, n):
    """Both errors, relative to the expected ones: they are small numbers."""
    for name in ("error", "wider"):
        if not abs(got[name].double() - expected[name]) <= 0.01 * expected[name]:
            return False, got[name], expected[name]
    return True, got["error"], expected["error"]


def reference(draw, log_q, log_p, n):
    """Mean and standard error of the log-ratio."""
    x = draw(n)
    ratio = log_q(x) - log_p(x)
    return ratio.mean(), ratio.std() / math.sqrt(n)


# Known mistakes


def _ratio(draw, log_q, log_p, n):
    x = draw(n)
    return log_q(x) - log_p(x)


def _summary(values):
    return values.mean(), values.std() / math.sqrt(len(values))


def sign_reversed(draw, log_q, log_p, n):
    return _summary(-_ratio(draw, log_q, log_p, n))


def absolute(draw, log_q, log_p, n):
    return _summary(_ratio(draw, log_q, log_p, n).abs())


def other_draws_for_p(draw, log_q, log_p, n):
    return _summary(log_q(draw(n)) - log_p(draw(n)))


def exponentiated(draw, log_q, log_p, n):
    return _summary(_ratio(draw, log_q, log_p, n).exp())


def log_of_the_mean(draw, log_q, log_p, n):
    ratio = _ratio(draw, log_q, log_p, n)
    return ratio.exp().mean().log(), ratio.std() / math.sqrt(n)


def weighted(draw, log_q, log_p, n):
    x = draw(n)
    return _summary(log_q(x).exp() * (log_q(x) - log_p(x)))


def for_the_other_direction(draw, log_q, log_p, n):
    ratio = _ratio(draw, log_q, log_p, n)
    return _summary(-(-ratio).exp() * ratio)


def logarithms_divided(draw, log_q, log_p, n):
    x = draw(n)
    return _summary(log_q(x) / log_p(x))


def error_first(draw, log_q, log_p, n):
    value, error = _summary(_ratio(draw, log_q, log_p, n))
    return error, value


def summed(draw, log_q, log_p, n):
    ratio = _ratio(draw, log_q, log_p, n)
    return ratio.sum(), ratio.std() / math.sqrt(n)


def entropy_only(draw, log_q, log_p, n):
    return _summary(log_q(draw(n)))


def cross_entropy_only(draw, log_q, log_p, n):
    return _summary(-log_p(draw(n)))


def one_draw(draw, log_q, log_p, n):
    return _ratio(draw, log_q, log_p, 1).mean(), torch.zeros((), dtype=torch.float64)


def scatter_for_error(draw, log_q, log_p, n):
    ratio = _ratio(draw, log_q, log_p, n)
    return ratio.mean(), ratio.std()


def variance_of_one(draw, log_q, log_p, n):
    ratio = _ratio(draw, log_q, log_p, n)
    return ratio.mean(), ratio.var()


def coordinates_counted(draw, log_q, log_p, n):
    x = draw(n)
    ratio = log_q(x) - log_p(x)
    return ratio.mean(), ratio.std() / math.sqrt(x.numel())


def variance_for_error(draw, log_q, log_p, n):
    ratio = _ratio(draw, log_q, log_p, n)
    return ratio.mean(), ratio.var() / n


def divided_by_n(draw, log_q, log_p, n):
    ratio = _ratio(draw, log_q, log_p, n)
    return ratio.mean(), ratio.std() / n


def difference_of_errors(draw, log_q, log_p, n):
    x = draw(n)
    a, b = log_q(x), log_p(x)
    return (a - b).mean(), (a.var() + b.var()).sqrt() / math.sqrt(n)


def two_standard_errors(draw, log_q, log_p, n):
    value, error = reference(draw, log_q, log_p, n)
    return value, 1.96 * error


def never_negative(draw, log_q, log_p, n):
    value, error = _summary(_ratio(draw, log_q, log_p, n).clamp(min=0))
    return value, error


def cut_at_zero(draw, log_q, log_p, n):
    value, error = reference(draw, log_q, log_p, n)
    return value.clamp(min=0), error


def absolute_mean(draw, log_q, log_p, n):
    value, error = reference(draw, log_q, log_p, n)
    return value.abs(), error


# Also right


def draw_by_draw(draw, log_q, log_p, n):
    ratios = [float(log_q(x) - log_p(x)) for x in (draw(1) for _ in range(n))]
    mean = sum(ratios) / n
    return mean, math.sqrt(sum((r - mean) ** 2 for r in ratios) / (n - 1) / n)


def entropies(draw, log_q, log_p, n):
    x = draw(n)
    q, p = log_q(x), log_p(x)
    spread = torch.std(q - p, correction=0) / n**0.5
    return [(q.sum() - p.sum()) / n, spread]


def by_moments(draw, log_q, log_p, n):
    x = draw(n)
    r = log_q(x).sub(log_p(x)).double()
    return float(r.mean()), float(((r**2).mean() - r.mean() ** 2).sqrt() / math.sqrt(n - 1))


UNBIASED = ("The divergence is never negative, but its unbiased estimate is now and then: neither cut it off at 0 nor take its "
            "absolute value, which would make it too large on average.")

exercise = Exercise(
    id="evaluation-mc-kl", defines="mc_kl(draw, log_q, log_p, n)", core=True, points=2, level=1, minutes=5,
    inputs=inputs, probe=probe, reference=reference,
    withholds=["genlab.metrics.divergence.monte_carlo_kl", "genlab.metrics.estimate"],
    comparisons=[
        Compare("estimate", "fewer", shape="()", points=1,
                says="The mean of log q(x) - log p(x) over n draws from q."),
        Compare("error", "wider", shape="()", points=1, test=within_a_percent, resolution=1e-4,
                says="Its standard error: the standard deviation of the log-ratio, divided by √n."),
    ],
    mistakes=[
        Mistake(sign_reversed, "The log-ratio has the wrong sign: log q(x) - log p(x), for draws from q."),
        Mistake(absolute, "The log-ratio of a single draw may be negative; only its mean may not. An absolute value "
                "makes the estimate too large."),
        Mistake(other_draws_for_p, "You draw twice: log q and log p are to be evaluated at the same points."),
        Mistake(exponentiated, "You average the ratio of the densities; average its logarithm."),
        Mistake(log_of_the_mean, "You take the logarithm of the mean ratio; the divergence is the mean of the "
                "logarithm."),
        Mistake(weighted, "You multiply by the density q(x) as well: the draws already come as often as q says."),
        Mistake(for_the_other_direction, "You reweigh to the other direction, KL(p ‖ q); the draws are from q and so "
                "is the divergence: the plain mean."),
        Mistake(logarithms_divided, "You divide log q(x) by log p(x): the logarithm of a ratio is a difference, "
                "log q(x) - log p(x)."),
        Mistake(error_first, "The mean and its error have changed places: the mean comes first."),
        Mistake(summed, "You add up the draws: take their mean."),
        Mistake(entropy_only, "log p(x) is missing: this is minus the entropy of q."),
        Mistake(cross_entropy_only, "log q(x) is missing: this is the cross-entropy, not the divergence."),
        Mistake(one_draw, "You draw a single point: draw n."),
        Mistake(scatter_for_error, "This is the standard deviation of one draw; the mean of n draws is more precise by "
                "√n."),
        Mistake(variance_of_one, "This is the variance of a single log-ratio. Take its square root, and divide by √n: "
                "the mean of n draws is more precise than one."),
        Mistake(coordinates_counted, "Each draw is one number log q(x) - log p(x), whatever its dimension: divide by the "
                "root of the number of draws, n."),
        Mistake(variance_for_error, "This is the variance of the mean; its square root is the standard error."),
        Mistake(divided_by_n, "Divide the standard deviation by √n, not by n."),
        Mistake(difference_of_errors, "log q and log p are evaluated at the same points, so their errors do not add "
                "up: take the standard deviation of the difference."),
        Mistake(two_standard_errors, "Asked for is one standard error, not the half-width of a 95 % interval."),
        Mistake(never_negative, "You cut negative log-ratios off: then the estimate is too large on average."),
        Mistake(cut_at_zero, UNBIASED),
        Mistake(absolute_mean, UNBIASED),
    ],
    also_right=[draw_by_draw, entropies, by_moments],
    hints=[
        "KL(q ‖ p) is an expectation under q. An expectation is estimated by the mean over draws.",
        "r_i = log q(x_i) - log p(x_i) for x_1 … x_n from draw(n); the mean of r, and the standard deviation of r "
        "divided by √n.",
        "x = draw(n); r = log_q(x) - log_p(x); return r.mean(), r.std() / math.sqrt(n)",
    ],
)
