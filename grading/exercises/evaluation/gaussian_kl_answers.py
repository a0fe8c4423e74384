"""Answers to evaluation-gaussian-kl: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.distributions import Normal, kl_divergence

from grading.checks.exercise import Mistake
from grading.exercises.evaluation.gaussian_kl import reference


def _terms(mu, var, m, s2):
    return (var + (mu - m) ** 2) / s2 - 1 - (var / s2).log()


# Known mistakes


def mean_over_dims(mu, logvar, m, log_s2):
    return _terms(mu, logvar.exp(), m, log_s2.exp()).mean(1) / 2


def no_half(mu, logvar, m, log_s2):
    return _terms(mu, logvar.exp(), m, log_s2.exp()).sum(1)


def half_too_early(mu, logvar, m, log_s2):
    excess = logvar - log_s2
    return (0.5 * (excess.exp() + (mu - m) ** 2 / log_s2.exp()) - 1 - excess).sum(1)


def variance_not_scaled(mu, logvar, m, log_s2):
    return 0.5 * (logvar.exp() + (mu - m) ** 2 / log_s2.exp() - 1 - (logvar - log_s2)).sum(1)


def mean_scaled_by_deviation(mu, logvar, m, log_s2):
    excess = logvar - log_s2
    return 0.5 * (excess.exp() + (mu - m) ** 2 / (log_s2 / 2).exp() - 1 - excess).sum(1)


def no_log_ratio(mu, logvar, m, log_s2):
    return 0.5 * ((logvar - log_s2).exp() + (mu - m) ** 2 / log_s2.exp() - 1).sum(1)


def logvar_as_sigma(mu, logvar, m, log_s2):
    return _terms(mu, logvar**2, m, log_s2**2).sum(1) / 2


def logvar_as_variance(mu, logvar, m, log_s2):
    return ((logvar + (mu - m) ** 2) / log_s2 - 1 - (logvar / log_s2).abs().log()).sum(1) / 2


def variance_squared(mu, logvar, m, log_s2):
    return _terms(mu, (2 * logvar).exp(), m, (2 * log_s2).exp()).sum(1) / 2


def deviation_for_variance(mu, logvar, m, log_s2):
    return _terms(mu, (logvar / 2).exp(), m, (log_s2 / 2).exp()).sum(1) / 2


def reversed_kl(mu, logvar, m, log_s2):
    return _terms(m, log_s2.exp(), mu, logvar.exp()).sum(1) / 2


def symmetric(mu, logvar, m, log_s2):
    return (reference(mu, logvar, m, log_s2) + reversed_kl(mu, logvar, m, log_s2)) / 2


def absolute_terms(mu, logvar, m, log_s2):
    return (logvar - log_s2).abs().sum(1) / 2 + ((mu - m) ** 2 / log_s2.exp()).sum(1) / 2


def absolute_difference(mu, logvar, m, log_s2):
    var, s2 = logvar.exp(), log_s2.exp()
    return ((var + (mu - m).abs()) / s2 - 1 - (var / s2).log()).sum(1) / 2


def standard_normal_only(mu, logvar, m, log_s2):
    return (mu**2 + logvar.exp() - 1 - logvar).sum(1) / 2


def mean_not_scaled(mu, logvar, m, log_s2):
    var, s2 = logvar.exp(), log_s2.exp()
    return (var / s2 + (mu - m) ** 2 - 1 - (var / s2).log()).sum(1) / 2


def mean_forgotten(mu, logvar, m, log_s2):
    var, s2 = logvar.exp(), log_s2.exp()
    return (var / s2 - 1 - (var / s2).log()).sum(1) / 2


def no_minus_one(mu, logvar, m, log_s2):
    return (_terms(mu, logvar.exp(), m, log_s2.exp()) + 1).sum(1) / 2


def log_ratio_upside_down(mu, logvar, m, log_s2):
    var, s2 = logvar.exp(), log_s2.exp()
    return ((var + (mu - m) ** 2) / s2 - 1 + (var / s2).log()).sum(1) / 2


def negative(mu, logvar, m, log_s2):
    return -reference(mu, logvar, m, log_s2)


def in_bits(mu, logvar, m, log_s2):
    return reference(mu, logvar, m, log_s2) / torch.log(torch.tensor(2.0, dtype=mu.dtype))


def over_the_batch(mu, logvar, m, log_s2):
    return _terms(mu, logvar.exp(), m, log_s2.exp()).sum(0) / 2


def one_number(mu, logvar, m, log_s2):
    return reference(mu, logvar, m, log_s2).sum()


def batch_mean(mu, logvar, m, log_s2):
    return reference(mu, logvar, m, log_s2).mean()


def not_summed(mu, logvar, m, log_s2):
    return _terms(mu, logvar.exp(), m, log_s2.exp()) / 2


def without_gradient(mu, logvar, m, log_s2):
    return reference(mu, logvar, m, log_s2).detach()


def second_without_gradient(mu, logvar, m, log_s2):
    return reference(mu, logvar, m.detach(), log_s2.detach())


def first_without_gradient(mu, logvar, m, log_s2):
    return reference(mu.detach(), logvar.detach(), m, log_s2)


# Also right


def by_distributions(mu, logvar, m, log_s2):
    one_each = kl_divergence(Normal(mu, torch.exp(0.5 * logvar)), Normal(m, torch.exp(0.5 * log_s2)))
    return one_each.sum(-1)


def cross_entropy_minus_entropy(mu, logvar, m, log_s2):
    cross = 0.5 * (log_s2 + (logvar.exp() + (mu - m).square()) * torch.exp(-log_s2))
    entropy = 0.5 * (1 + logvar)
    return torch.einsum("bk->b", cross - entropy)


def row_by_row(mu, logvar, m, log_s2):
    rows = []
    for mean, log_variance in zip(mu, logvar, strict=True):
        total = 0.0
        for a, v, b, s in zip(mean, log_variance, m, log_s2, strict=True):
            total = total + (torch.exp(v - s) + (a - b) ** 2 / torch.exp(s) - 1 + s - v) / 2
        rows.append(total)
    return torch.stack(rows)


mistakes = [
    Mistake(mean_over_dims, "You average over the dimensions: the components are independent, so their "
            "divergences add up."),
    Mistake(no_half, "The factor ½ is missing."),
    Mistake(half_too_early, "The factor ½ stands before the whole bracket, the -1 and the logarithm included."),
    Mistake(variance_not_scaled, "σ² is divided by s², just as the squared difference of the means is."),
    Mistake(mean_scaled_by_deviation, "The squared difference of the means is divided by the variance s², which is "
            "exp(log_s2), not by the standard deviation s."),
    Mistake(no_log_ratio, "The logarithm of the ratio is missing: - log(σ²/s²) belongs in the bracket."),
    Mistake(logvar_as_sigma, "You take the logarithm of the variance for a standard deviation: the variance is "
            "exp(logvar)."),
    Mistake(logvar_as_variance, "You use log σ² where σ² belongs: take its exponential."),
    Mistake(variance_squared, "exp(logvar) is the variance already; you square it."),
    Mistake(deviation_for_variance, "exp(logvar / 2) is the standard deviation; the formula has variances."),
    Mistake(reversed_kl, "This is the divergence the other way round, KL(p ‖ q): it is not symmetric."),
    Mistake(symmetric, "This is the mean of both directions; asked for is KL(q ‖ p) alone."),
    Mistake(absolute_terms, "An absolute value does not make a KL divergence: σ²/s² - 1 - log(σ²/s²) is never "
            "negative by itself."),
    Mistake(absolute_difference, "The difference of the means is squared, not taken by its absolute value."),
    Mistake(standard_normal_only, "This is the divergence from N(0, 1): the second Gaussian has a mean and a "
            "variance of its own."),
    Mistake(mean_not_scaled, "The squared difference of the means is divided by the second variance, too: "
            "how far apart two means are is counted in standard deviations of p."),
    Mistake(mean_forgotten, "The means are missing: (μ - m)² / s² belongs in the sum."),
    Mistake(no_minus_one, "The term -1 is missing: without it the divergence of equal Gaussians is not 0."),
    Mistake(log_ratio_upside_down, "The logarithm has the wrong sign: it is - log(σ²/s²)."),
    Mistake(negative, "The sign is wrong: a KL divergence is never negative."),
    Mistake(in_bits, "This is in bits: use the natural logarithm."),
    Mistake(over_the_batch, "You sum over the batch: sum over the dimensions of each row."),
    Mistake(one_number, "You sum over the batch as well: one number for each row is asked for."),
    Mistake(batch_mean, "You average over the batch: one number for each row is asked for."),
    Mistake(not_summed, "One number for each row is asked for: sum over the dimensions."),
    Mistake(without_gradient, "No gradient comes back: stay within tensor operations, without detach or item."),
    Mistake(second_without_gradient, "The values are right. But no gradient reaches m and log_s2: do not detach them."),
    Mistake(first_without_gradient, "The values are right. But no gradient reaches mu and logvar: do not detach them."),
]

also_right = [by_distributions, cross_entropy_minus_entropy, row_by_row]

equivalent_mutants = {
    "return 0.5 * (log_ratio.exp() + (mu - m) ** 2 / log_s2.exp() - 1 - log_ratio).sum(1): 1 → -1":
        "the last axis of a matrix is its axis 1",
    "return 0.5 * (log_ratio.exp() + (mu - m) ** 2 / log_s2.exp() - 1 - log_ratio).sum(1): mu - m → m - mu":
        "the difference is squared",
}
