"""Planted answers to beta-aggregate-posterior, by another author than the check's."""

import math

import numpy as np
import torch
from torch.distributions import Independent, Normal

LOG_TAU = math.log(2 * math.pi)


def _q(z, mu, logvar):
    """Entry (i, j) is log q(z_i | x_j)."""
    return Normal(mu, (logvar / 2).exp()).log_prob(z[:, None, :]).sum(-1)


def _prior(z):
    return -0.5 * (z**2 + LOG_TAU).sum(-1)


def _aggregate(z, mu, logvar):
    return torch.logsumexp(_q(z, mu, logvar), dim=1) - math.log(z.shape[0])


def _own(z, mu, logvar):
    return Normal(mu, (logvar / 2).exp()).log_prob(z).sum(-1)


def _two(own, aggregate, prior):
    return (own - aggregate).mean(), (aggregate - prior).mean()


def forgets_log_n(z, mu, logvar):
    return _two(_own(z, mu, logvar), _q(z, mu, logvar).logsumexp(1), _prior(z))


def adds_log_n(z, mu, logvar):
    return _two(_own(z, mu, logvar), _q(z, mu, logvar).logsumexp(1) + math.log(len(z)), _prior(z))


def mean_of_logs(z, mu, logvar):
    return _two(_own(z, mu, logvar), _q(z, mu, logvar).mean(1), _prior(z))


def wrong_axis(z, mu, logvar):
    """Over the draws of one posterior, not over the posteriors of one draw."""
    return _two(_own(z, mu, logvar), _q(z, mu, logvar).logsumexp(0) - math.log(len(z)), _prior(z))


def closed_form_total(z, mu, logvar):
    """The KL in closed form, less the information."""
    information = (_own(z, mu, logvar) - _aggregate(z, mu, logvar)).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return information, kl - information


def leaves_itself_out(z, mu, logvar):
    table = _q(z, mu, logvar).clone()
    table.fill_diagonal_(-math.inf)
    return _two(_own(z, mu, logvar), table.logsumexp(1) - math.log(len(z) - 1), _prior(z))


def negative_information(z, mu, logvar):
    a, b = _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))
    return -a, b


def negative_marginal(z, mu, logvar):
    a, b = _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))
    return a, -b


def swapped(z, mu, logvar):
    return _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))[::-1]


def kl_and_marginal(z, mu, logvar):
    """The whole KL in place of the information."""
    own, aggregate = _own(z, mu, logvar), _aggregate(z, mu, logvar)
    return (own - _prior(z)).mean(), (aggregate - _prior(z)).mean()


def sums_over_images(z, mu, logvar):
    a, b = _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))
    return a * len(z), b * len(z)


def one_dimension_at_a_time(z, mu, logvar):
    """log q(z) as a sum over dimensions: the mixture does not factorise."""
    table = Normal(mu, (logvar / 2).exp()).log_prob(z[:, None, :])
    aggregate = (table.logsumexp(1) - math.log(len(z))).sum(-1)
    return _two(_own(z, mu, logvar), aggregate, _prior(z))


def no_prior(z, mu, logvar):
    return _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), torch.zeros(len(z)))


def prior_without_constant(z, mu, logvar):
    return _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), -0.5 * (z**2).sum(-1))


def q_without_constant(z, mu, logvar):
    k = z.shape[1]
    return _two(_own(z, mu, logvar) + k / 2 * LOG_TAU, _aggregate(z, mu, logvar) + k / 2 * LOG_TAU, _prior(z))


def q_without_determinant(z, mu, logvar):
    """-½ log σ² is left out of log q."""
    def log_q(z, mu, logvar):
        return -0.5 * ((z - mu) ** 2 / logvar.exp() + LOG_TAU).sum(-1)

    aggregate = log_q(z[:, None], mu, logvar).logsumexp(1) - math.log(len(z))
    return _two(log_q(z, mu, logvar), aggregate, _prior(z))


def logvar_is_log_sigma(z, mu, logvar):
    return _two(_own(z, mu, 2 * logvar), _aggregate(z, mu, 2 * logvar), _prior(z))


def variance_for_deviation(z, mu, logvar):
    """Normal(mu, logvar.exp()): the scale of Normal is σ. The same numbers as the one above."""
    def log_q(z):
        return Normal(mu, torch.exp(logvar)).log_prob(z).sum(-1)

    table = torch.stack([log_q(row) for row in z])
    return _two(log_q(z), table.logsumexp(1) - math.log(len(z)), _prior(z))


def one_gaussian(z, mu, logvar):
    """q(z) as one Gaussian with the mixture's moments."""
    variance = logvar.exp().mean(0) + mu.var(0, correction=0)
    aggregate = Normal(mu.mean(0), variance.sqrt()).log_prob(z).sum(-1)
    return _two(_own(z, mu, logvar), aggregate, _prior(z))


def at_the_means(z, mu, logvar):
    return _two(_own(mu, mu, logvar), _aggregate(mu, mu, logvar), _prior(mu))


def mean_over_dimensions(z, mu, logvar):
    own = Normal(mu, (logvar / 2).exp()).log_prob(z).mean(-1)
    table = Normal(mu, (logvar / 2).exp()).log_prob(z[:, None]).mean(-1)
    return _two(own, table.logsumexp(1) - math.log(len(z)), -0.5 * (z**2 + LOG_TAU).mean(-1))


def each_image(z, mu, logvar):
    own, aggregate = _own(z, mu, logvar), _aggregate(z, mu, logvar)
    return own - aggregate, aggregate - _prior(z)


def bits(z, mu, logvar):
    a, b = _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))
    return a / math.log(2), b / math.log(2)


def three_parts(z, mu, logvar):
    a, b = _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))
    return a, b, a + b


def average_density(z, mu, logvar):
    """Mean of densities, then the logarithm."""
    aggregate = _q(z, mu, logvar).exp().mean(dim=1).log()
    return _two(torch.diag(_q(z, mu, logvar)), aggregate, _prior(z))


def two_loops(z, mu, logvar):
    n, information, marginal = len(z), 0.0, 0.0
    for i in range(n):
        parts = torch.stack([Independent(Normal(mu[j], (0.5 * logvar[j]).exp()), 1).log_prob(z[i])
                             for j in range(n)])
        log_q = torch.logsumexp(parts, 0) - math.log(n)
        prior = Independent(Normal(torch.zeros_like(z[i]), torch.ones_like(z[i])), 1).log_prob(z[i])
        information, marginal = information + (parts[i] - log_q) / n, marginal + (log_q - prior) / n
    return information, marginal


def no_shared_constant(z, mu, logvar):
    """Without ½ log 2π anywhere: it cancels in both differences."""
    table = -0.5 * torch.einsum("ijk->ij", (z[:, None] - mu) ** 2 * torch.exp(-logvar) + logvar)
    log_q = torch.log_softmax(table, dim=1).diagonal()  # the share of x_i in the mixture at z_i
    information = math.log(len(z)) + log_q.mean()
    return [information, (table.diagonal() + 0.5 * z.square().sum(1)).mean() - information]


def in_float32(z, mu, logvar):
    z, mu, logvar = z.float(), mu.float(), logvar.float()
    return _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))


def plain_numbers(z, mu, logvar):
    a, b = _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))
    return a.item(), b.item()


wrong = [
    (forgets_log_n, "without_log_n"),
    (adds_log_n, "log_n_added"),
    (mean_of_logs, "mean_of_logs"),
    (wrong_axis, "wrong_axis"),
    (closed_form_total, "closed_form_total"),
    (leaves_itself_out, "itself_left_out"),
    (negative_information, "information_negated"),
    (negative_marginal, "marginal_negated"),
    (swapped, "swapped"),
    (kl_and_marginal, "total_for_information"),
    (sums_over_images, "summed_over_images"),
    (one_dimension_at_a_time, "factorised"),
    (no_prior, "prior_left_out"),
    (prior_without_constant, "prior_without_constant"),
    (q_without_constant, "q_without_constant"),
    (q_without_determinant, "log_variance_dropped"),
    (logvar_is_log_sigma, "logvar_as_log_std"),
    (variance_for_deviation, "logvar_as_log_std"),
    (one_gaussian, "gaussian_aggregate"),
    (at_the_means, "at_the_means"),
    (mean_over_dimensions, "mean_over_dimensions"),
    (each_image, "per_image"),
    (bits, "in_bits"),
    (average_density, "densities_averaged"),
    (three_parts, "`kl_decomposition` should return 2 tensors, not 3 values. The signature is "
                  "`kl_decomposition(z, mu, logvar)`."),
]
right = [two_loops, no_shared_constant, in_float32, plain_numbers]


def densities_and_a_trifle(z, mu, logvar):
    aggregate = (_q(z, mu, logvar).exp().mean(1) + 1e-8).log()
    return _two(_own(z, mu, logvar), aggregate, _prior(z))


def logvar_cut(z, mu, logvar):
    logvar = logvar.clamp(-10, 10)
    return _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))


def one_image_less(z, mu, logvar):
    aggregate = _q(z, mu, logvar).logsumexp(1) - math.log(max(len(z) - 1, 1))
    return _two(_own(z, mu, logvar), aggregate, _prior(z))


def log_of_dimensions(z, mu, logvar):
    aggregate = _q(z, mu, logvar).logsumexp(1) - math.log(z.shape[1])
    return _two(_own(z, mu, logvar), aggregate, _prior(z))


def entropy_in_closed_form(z, mu, logvar):
    own = -0.5 * (1 + logvar + math.log(2 * math.pi)).sum(1)
    return _two(own, _aggregate(z, mu, logvar), _prior(z))


def drawn_anew(z, mu, logvar):
    z = mu + (logvar / 2).exp() * torch.randn_like(mu)
    return _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))


def likeliest_image(z, mu, logvar):
    return _two(_own(z, mu, logvar), _q(z, mu, logvar).amax(1) - math.log(len(z)), _prior(z))


def prior_of_the_codes(z, mu, logvar):
    prior = torch.distributions.Normal(z.mean(0), z.std(0)).log_prob(z).sum(1)
    return _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), prior)


def prior_per_dimension(z, mu, logvar):
    return _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z) / z.shape[1])


def information_at_least_zero(z, mu, logvar):
    information, marginal = _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))
    return information.clamp(min=0), marginal.clamp(min=0)


def information_at_most_log_n(z, mu, logvar):
    information, marginal = _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))
    return information.clamp(max=1.0), marginal


def codes_changed(z, mu, logvar):
    found = _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))
    z -= mu
    return found


def medians(z, mu, logvar):
    own, aggregate, prior = _own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z)
    return (own - aggregate).median(), (aggregate - prior).median()


def prior_of_half_variance(z, mu, logvar):
    return _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), -(z**2).sum(1) - z.shape[1] * 0.5 * math.log(math.pi))


def total_and_information(z, mu, logvar):
    information, marginal = _two(_own(z, mu, logvar), _aggregate(z, mu, logvar), _prior(z))
    return information, information + marginal


def by_softmax(z, mu, logvar):
    table = _q(z, mu, logvar)
    information = table.log_softmax(1).diagonal().mean() + math.log(len(z))
    return information, (table.diagonal() - _prior(z)).mean() - information


def by_einsum(z, mu, logvar):
    weight = torch.exp(-logvar)
    gap = (torch.einsum("ik,jk->ij", z.double() ** 2, weight.double())
           - 2 * torch.einsum("ik,jk->ij", z.double(), (mu * weight).double()) + (mu**2 * weight).double().sum(1))
    table = -0.5 * (gap + logvar.double().sum(1))  # without 2π, in all three
    aggregate = torch.logsumexp(table, dim=1) - math.log(len(z))
    return [float((table.diag() - aggregate).mean()), float((aggregate + 0.5 * (z.double() ** 2).sum(1)).mean())]


def by_mixture(z, mu, logvar):
    parts = torch.distributions.Independent(torch.distributions.Normal(mu, (0.5 * logvar).exp()), 1)
    which = torch.distributions.Categorical(torch.ones(len(mu), dtype=mu.dtype))
    aggregate = torch.distributions.MixtureSameFamily(which, parts).log_prob(z)
    prior = torch.distributions.MultivariateNormal(torch.zeros_like(z[0]), torch.eye(z.shape[1], dtype=z.dtype))
    return torch.stack([(parts.log_prob(z) - aggregate).mean(), (aggregate - prior.log_prob(z)).mean()]).unbind()


def by_numpy(z, mu, logvar):
    z, mu, logvar = (t.double().numpy() for t in (z, mu, logvar))
    information = marginal = 0.0
    for i in range(len(z)):
        logs = -0.5 * ((z[i] - mu) ** 2 / np.exp(logvar) + logvar + np.log(2 * np.pi)).sum(1)
        aggregate = np.logaddexp.reduce(logs) - np.log(len(z))
        information += (logs[i] - aggregate) / len(z)
        marginal += (aggregate + 0.5 * (z[i] ** 2 + np.log(2 * np.pi)).sum()) / len(z)
    return information, marginal


def one_maximum_for_all(z, mu, logvar):
    table = _q(z, mu, logvar)
    aggregate = (table - table.max()).exp().mean(1).log() + table.max()
    return _two(table.diagonal(), aggregate, _prior(z))


TOLD_1 = ("Codes of hundreds of dimensions, with any σ, of one image or of as many as dimensions: in "
          "logarithms, as they are. An estimate may be negative.")
TOLD_2 = ("What z tells of x: the mean of log q(z_i|x_i) - log q(z_i).")
TOLD_3 = ("Together the two parts are the KL of the bound: the mean of log q(z|x) - log p(z).")
TOLD_4 = ("`kl_decomposition` changes its argument `z` in place: work on a copy. What z tells of x: the "
          "mean of log q(z_i|x_i) - log q(z_i).")

wrong += [
    (one_maximum_for_all, "densities_averaged"),
    (densities_and_a_trifle, TOLD_1),
    (logvar_cut, TOLD_1),
    (one_image_less, TOLD_2),
    (log_of_dimensions, TOLD_2),
    (entropy_in_closed_form, TOLD_3),
    (drawn_anew, TOLD_3),
    (likeliest_image, TOLD_2),
    (prior_of_the_codes, TOLD_3),
    (prior_per_dimension, TOLD_3),
    (information_at_least_zero, TOLD_1),
    (information_at_most_log_n, TOLD_3),
    (codes_changed, TOLD_4),
    (medians, TOLD_3),
    (prior_of_half_variance, TOLD_3),
    (total_and_information, TOLD_3),
]
right += [by_softmax, by_einsum, by_mixture, by_numpy]
