"""Planted answers to evaluation-mc-kl, by another author than the check's."""

import math

import torch


def p_before_q(draw, log_q, log_p, n):
    samples = draw(n)
    values = log_p(samples) - log_q(samples)
    return torch.mean(values), torch.std(values) / math.sqrt(n)


def fresh_points_for_each(draw, log_q, log_p, n):
    first, second = draw(n), draw(n)
    values = log_q(first) - log_p(second)
    return values.mean(), values.std() / n**0.5


def positive_part(draw, log_q, log_p, n):
    samples = draw(n)
    values = torch.relu(log_q(samples) - log_p(samples))
    return values.mean(), values.std() / n**0.5


def kept_positive(draw, log_q, log_p, n):
    samples = draw(n)
    values = torch.abs(log_q(samples) - log_p(samples))
    return values.mean(), values.std() / n**0.5


def ratio_of_densities(draw, log_q, log_p, n):
    samples = draw(n)
    values = log_q(samples).exp() / log_p(samples).exp()
    return values.mean(), values.std() / n**0.5


def spread_not_error(draw, log_q, log_p, n):
    samples = draw(n)
    values = log_q(samples) - log_p(samples)
    return values.mean(), values.std()


def squared_error(draw, log_q, log_p, n):
    samples = draw(n)
    values = log_q(samples) - log_p(samples)
    return values.mean(), values.var() / n


def over_n(draw, log_q, log_p, n):
    samples = draw(n)
    values = log_q(samples) - log_p(samples)
    return values.mean(), values.std() / n


def confidence_interval(draw, log_q, log_p, n):
    samples = draw(n)
    values = log_q(samples) - log_p(samples)
    return values.mean(), 1.96 * values.std() / n**0.5


def errors_added(draw, log_q, log_p, n):
    samples = draw(n)
    a, b = log_q(samples), log_p(samples)
    return a.mean() - b.mean(), torch.hypot(a.std(), b.std()) / n**0.5


def density_times_log(draw, log_q, log_p, n):
    samples = draw(n)
    values = torch.exp(log_q(samples)) * (log_q(samples) - log_p(samples))
    return values.mean(), values.std() / n**0.5


def only_p(draw, log_q, log_p, n):
    values = -log_p(draw(n))
    return values.mean(), values.std() / n**0.5


def not_averaged(draw, log_q, log_p, n):
    samples = draw(n)
    values = log_q(samples) - log_p(samples)
    return values.sum(), values.std() / n**0.5


def in_two_halves(draw, log_q, log_p, n):
    parts = [draw(n // 2), draw(n - n // 2)]
    values = torch.cat([log_q(part) - log_p(part) for part in parts])
    return values.mean(), values.std() / math.sqrt(n)


def with_statistics(draw, log_q, log_p, n):
    import statistics

    samples = draw(n)
    values = [a - b for a, b in zip(log_q(samples).tolist(), log_p(samples).tolist(), strict=True)]
    return statistics.fmean(values), statistics.stdev(values) / math.sqrt(n)


def at_least_zero(draw, log_q, log_p, n):
    samples = draw(n)
    values = log_q(samples) - log_p(samples)
    return max(0.0, values.mean().item()), values.std().item() / math.sqrt(n)


wrong = [
    (at_least_zero, "cut_at_zero"),
    (p_before_q, "sign_reversed"), (fresh_points_for_each, "other_draws_for_p"),
    (positive_part, "never_negative"), (kept_positive, "absolute"), (ratio_of_densities, "exponentiated"),
    (spread_not_error, "scatter_for_error"), (squared_error, "variance_for_error"),
    (over_n, "divided_by_n"), (confidence_interval, "two_standard_errors"),
    (errors_added, "difference_of_errors"), (density_times_log, "weighted"), (only_p, "cross_entropy_only"),
    (not_averaged, "summed"),
]
right = [in_two_halves, with_statistics]
