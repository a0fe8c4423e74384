"""Planted answers to evaluation-gaussian-kl, by another author than the check's."""

import math

import torch


def _pieces(mu, logvar, m, log_s2):
    return logvar.exp(), log_s2.exp(), (mu - m).pow(2)


def averaged(mu, logvar, m, log_s2):
    var, s2, gap = _pieces(mu, logvar, m, log_s2)
    return 0.5 * torch.mean(log_s2 - logvar + (var + gap) / s2 - 1, dim=-1)


def doubled(mu, logvar, m, log_s2):
    var, s2, gap = _pieces(mu, logvar, m, log_s2)
    return torch.sum(log_s2 - logvar + (var + gap) / s2 - 1, dim=-1)


def the_other_way(mu, logvar, m, log_s2):
    var, s2, gap = _pieces(mu, logvar, m, log_s2)
    return 0.5 * torch.sum(logvar - log_s2 + (s2 + gap) / var - 1, dim=-1)


def from_the_vae_lesson(mu, logvar, m, log_s2):
    """Copied from where the prior is N(0, I)."""
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)


def jeffreys(mu, logvar, m, log_s2):
    var, s2, gap = _pieces(mu, logvar, m, log_s2)
    return 0.25 * torch.sum((var + gap) / s2 + (s2 + gap) / var - 2, dim=-1)


def sigma_instead(mu, logvar, m, log_s2):
    """Takes exp(logvar / 2) for the variance, and so for the second."""
    var, s2 = torch.exp(0.5 * logvar), torch.exp(0.5 * log_s2)
    return 0.5 * torch.sum(torch.log(s2 / var) + (var + (mu - m) ** 2) / s2 - 1, dim=-1)


def squares_the_variance(mu, logvar, m, log_s2):
    var, s2 = logvar.exp() ** 2, log_s2.exp() ** 2
    return 0.5 * torch.sum(torch.log(s2 / var) + (var + (mu - m) ** 2) / s2 - 1, dim=-1)


def forgets_one(mu, logvar, m, log_s2):
    var, s2, gap = _pieces(mu, logvar, m, log_s2)
    return 0.5 * torch.sum(log_s2 - logvar + (var + gap) / s2, dim=-1)


def log_flipped(mu, logvar, m, log_s2):
    var, s2, gap = _pieces(mu, logvar, m, log_s2)
    return 0.5 * torch.sum(logvar - log_s2 + (var + gap) / s2 - 1, dim=-1)


def bracket_misplaced(mu, logvar, m, log_s2):
    var, s2, gap = _pieces(mu, logvar, m, log_s2)
    return 0.5 * torch.sum(log_s2 - logvar + var / s2 + gap - 1, dim=-1)


def means_left_out(mu, logvar, m, log_s2):
    var, s2, _ = _pieces(mu, logvar, m, log_s2)
    return 0.5 * torch.sum(log_s2 - logvar + var / s2 - 1, dim=-1)


def bits(mu, logvar, m, log_s2):
    var, s2, gap = _pieces(mu, logvar, m, log_s2)
    return 0.5 * torch.sum(log_s2 - logvar + (var + gap) / s2 - 1, dim=-1) / math.log(2)


def everything_summed(mu, logvar, m, log_s2):
    var, s2, gap = _pieces(mu, logvar, m, log_s2)
    return 0.5 * torch.sum(log_s2 - logvar + (var + gap) / s2 - 1)


def no_grad(mu, logvar, m, log_s2):
    with torch.no_grad():
        var, s2, gap = _pieces(mu, logvar, m, log_s2)
        return 0.5 * torch.sum(log_s2 - logvar + (var + gap) / s2 - 1, dim=-1)


def right_in_products(mu, logvar, m, log_s2):
    precision = torch.exp(-log_s2)
    quadratic = (logvar.exp() @ precision) + ((mu - m) ** 2) @ precision
    return (quadratic - mu.shape[1] - logvar.sum(1) + log_s2.sum()) / 2


def right_by_multivariate(mu, logvar, m, log_s2):
    from torch.distributions import MultivariateNormal, kl_divergence

    q = MultivariateNormal(mu, torch.diag_embed(logvar.exp()))
    return kl_divergence(q, MultivariateNormal(m, torch.diag(log_s2.exp())))


def target_frozen(mu, logvar, m, log_s2):
    return right_by_multivariate(mu, logvar, m.detach(), log_s2.detach())


wrong = [
    (target_frozen, "second_without_gradient"),
    (averaged, "mean_over_dims"), (doubled, "no_half"), (the_other_way, "reversed_kl"),
    (from_the_vae_lesson, "standard_normal_only"), (jeffreys, "symmetric"),
    (sigma_instead, "deviation_for_variance"), (squares_the_variance, "variance_squared"),
    (forgets_one, "no_minus_one"), (log_flipped, "log_ratio_upside_down"),
    (bracket_misplaced, "mean_not_scaled"), (means_left_out, "mean_forgotten"), (bits, "in_bits"),
    (everything_summed, "one_number"), (no_grad, "without_gradient"),
]
right = [right_in_products, right_by_multivariate]
