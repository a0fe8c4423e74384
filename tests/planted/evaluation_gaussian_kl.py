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


def _kl(mu, logvar, m, log_s2):
    excess = logvar - log_s2
    return 0.5 * (excess.exp() + (mu - m) ** 2 * (-log_s2).exp() - 1 - excess).sum(-1)


def cut_at_30(mu, logvar, m, log_s2):
    return _kl(mu, logvar.clamp(-24, 24), m, log_s2.clamp(-24, 24))


def excess_cut(mu, logvar, m, log_s2):
    excess = (logvar - log_s2).clamp(-20, 20)
    return 0.5 * (excess.exp() + (mu - m) ** 2 / log_s2.exp() - 1 - excess).sum(1)


def a_trifle_below(mu, logvar, m, log_s2):
    excess = logvar - log_s2
    return 0.5 * ((logvar.exp() + (mu - m) ** 2) / (log_s2.exp() + 1e-12) - 1 - excess).sum(1)


def a_trifle_in_the_logarithm(mu, logvar, m, log_s2):
    ratio = logvar.exp() / log_s2.exp()
    return 0.5 * (ratio + (mu - m) ** 2 / log_s2.exp() - 1 - (ratio + 1e-12).log()).sum(1)


def slope_cut(mu, logvar, m, log_s2):
    logvar = torch.where(logvar.abs() > 15, logvar.detach(), logvar)
    return _kl(mu, logvar, m, log_s2)


def second_as_constant(mu, logvar, m, log_s2):
    return _kl(mu, logvar, m.detach(), log_s2.detach())


def second_of_the_batch(mu, logvar, m, log_s2):
    return _kl(mu, logvar, mu.mean(0), log_s2)


def symmetric(mu, logvar, m, log_s2):
    return (_kl(mu, logvar, m, log_s2) + _kl(m.expand_as(mu), log_s2.expand_as(mu), mu, logvar)) / 2


def largest_component(mu, logvar, m, log_s2):
    excess = logvar - log_s2
    return 0.5 * (excess.exp() + (mu - m) ** 2 / log_s2.exp() - 1 - excess).amax(1)


def capped(mu, logvar, m, log_s2):
    return _kl(mu, logvar, m, log_s2).clamp(max=1e6)


def centred_in_place(mu, logvar, m, log_s2):
    value = _kl(mu, logvar, m, log_s2)
    with torch.no_grad():
        mu -= m
    return value


def with_a_seed(mu, logvar, m, log_s2):
    torch.manual_seed(1)
    return _kl(mu, logvar, m, log_s2)


def from_the_prior(mu, logvar, m, log_s2):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1) - 0.5 * (m**2 + log_s2.exp() - 1 - log_s2).sum()


def with_expm1(mu, logvar, m, log_s2):
    excess = logvar - log_s2
    return 0.5 * torch.sum(torch.expm1(excess) - excess + ((mu - m) / torch.exp(log_s2 / 2)) ** 2, dim=1)


def row_by_row(mu, logvar, m, log_s2):
    return torch.stack([_kl(a, b, m, log_s2) for a, b in zip(mu, logvar, strict=True)])


def by_normals(mu, logvar, m, log_s2):
    q = torch.distributions.Normal(mu, logvar.mul(0.5).exp())
    return torch.distributions.kl_divergence(q, torch.distributions.Normal(m, log_s2.mul(0.5).exp())).sum(-1)


def by_entropies(mu, logvar, m, log_s2):
    cross = 0.5 * (log_s2 + (logvar - log_s2).exp() + (mu - m).square() / log_s2.exp())
    return cross.sum(1) - 0.5 * (1 + logvar).sum(1)


SAYS_1 = ("Log-variances between -30 and 26, with their gradients: nothing is cut off or added.")
SAYS_2 = ("The divergence of each row in nats, 0 where the two Gaussians are the same.")
SAYS_3 = ("`gaussian_kl` changes its argument `mu` in place: work on a copy.")
SAYS_4 = ("`gaussian_kl` changes a setting of PyTorch for everything that runs afterwards: no "
          "`torch.manual_seed`, `set_grad_enabled` or `set_default_dtype` in it.")

wrong += [
    (cut_at_30, SAYS_1), (excess_cut, SAYS_1), (a_trifle_below, SAYS_1), (a_trifle_in_the_logarithm, SAYS_1),
    (slope_cut, SAYS_1), (second_as_constant, "second_without_gradient"), (second_of_the_batch, SAYS_2), (symmetric,
    "symmetric"), (largest_component, SAYS_2), (capped, SAYS_1), (centred_in_place, SAYS_3), (with_a_seed, SAYS_4),
    (from_the_prior, SAYS_2),
]
right += [with_expm1, row_by_row, by_normals, by_entropies]
