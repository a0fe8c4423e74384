"""Answers to evaluation-mc-kl: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake
from grading.exercises.evaluation.mc_kl import reference

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


mistakes = [
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
]

also_right = [draw_by_draw, entropies, by_moments]
