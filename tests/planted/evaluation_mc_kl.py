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


def _ratio(draw, log_q, log_p, n):
    x = draw(n)
    return log_q(x) - log_p(x)


def _answer(r, n):
    return r.mean(), r.std() / math.sqrt(n)


def outliers_left_out(draw, log_q, log_p, n):
    r = _ratio(draw, log_q, log_p, n)
    return _answer(r[(r - r.mean()).abs() < 3 * r.std()], n)


def trimmed(draw, log_q, log_p, n):
    r = _ratio(draw, log_q, log_p, n).sort().values
    return r[1:-1].mean(), r.std() / math.sqrt(n)


def median(draw, log_q, log_p, n):
    r = _ratio(draw, log_q, log_p, n)
    return r.median(), r.std() / math.sqrt(n)


def cut_at_1000(draw, log_q, log_p, n):
    return _answer(_ratio(draw, log_q, log_p, n).clamp(-1000, 1000), n)


def densities_cut(draw, log_q, log_p, n):
    x = draw(n)
    return _answer(log_q(x).clamp(min=-700) - log_p(x).clamp(min=-700), n)


def by_variance(draw, log_q, log_p, n):
    r = _ratio(draw, log_q, log_p, n)
    return r.mean(), r.var() / math.sqrt(n)


def of_n_minus_one(draw, log_q, log_p, n):
    r = _ratio(draw, log_q, log_p, n)
    return r.mean(), r.std() / math.sqrt(n - 1)


def mean_deviation(draw, log_q, log_p, n):
    r = _ratio(draw, log_q, log_p, n)
    return r.mean(), (r - r.mean()).abs().mean() / math.sqrt(n)


def bootstrapped(draw, log_q, log_p, n):
    r = _ratio(draw, log_q, log_p, n)
    means = torch.stack([r[torch.randint(0, n, (n,))].mean() for _ in range(100)])
    return r.mean(), means.std()


def nonnegative_estimator(draw, log_q, log_p, n):
    r = _ratio(draw, log_q, log_p, n)
    r = torch.expm1(-r) + r
    return _answer(r, n)


def half_width(draw, log_q, log_p, n):
    r = _ratio(draw, log_q, log_p, n)
    return r.mean(), 1.96 * r.std() / math.sqrt(n)


def draws_changed(draw, log_q, log_p, n):
    x = draw(n)
    x = x + 1e-3 * torch.randn_like(x)
    return _answer(log_q(x) - log_p(x), n)


def at_the_mean(draw, log_q, log_p, n):
    x = draw(n).mean(0, keepdim=True)
    return (log_q(x) - log_p(x))[0], _ratio(draw, log_q, log_p, n).std() / math.sqrt(n)


def twice_as_many(draw, log_q, log_p, n):
    return _answer(_ratio(draw, log_q, log_p, 2 * n), 2 * n)


def one_by_one(draw, log_q, log_p, n):
    r = torch.cat([_ratio(draw, log_q, log_p, 1) for _ in range(n)])
    return _answer(r, n)


def by_welford(draw, log_q, log_p, n):
    mean = square = 0.0
    for i, r in enumerate(_ratio(draw, log_q, log_p, n).tolist(), start=1):
        gap = r - mean
        mean += gap / i
        square += gap * (r - mean)
    return mean, math.sqrt(square / (n - 1) / n)


def with_var_mean(draw, log_q, log_p, n):
    variance, mean = torch.var_mean(_ratio(draw, log_q, log_p, n), correction=0)
    return [mean, (variance / n).sqrt()]


def from_pairs(draw, log_q, log_p, n):
    r = _ratio(draw, log_q, log_p, n)
    gaps = (r[:, None] - r).square().sum() / (2 * n * (n - 1))
    return r.sum() / n, (gaps / n) ** 0.5


SAYS_1 = ("The mean of log q(x) - log p(x) over n draws from q.")
SAYS_2 = ("Its standard error: the standard deviation of the log-ratio, divided by √n.")

wrong += [
    (outliers_left_out, SAYS_1), (trimmed, SAYS_1), (median, SAYS_1), (cut_at_1000, SAYS_2), (densities_cut, SAYS_2),
    (by_variance, SAYS_2), (of_n_minus_one, SAYS_2), (mean_deviation, SAYS_2), (bootstrapped, SAYS_2),
    (nonnegative_estimator, SAYS_1), (half_width, "two_standard_errors"), (draws_changed, SAYS_1), (at_the_mean,
    SAYS_1), (twice_as_many, SAYS_1),
]
right += [one_by_one, by_welford, with_var_mean, from_pairs]
