"""Answers to beta-aggregate-posterior: wrong ones with the sentence that names each, and right ones."""

import math

import torch
from torch.distributions import Normal

from grading.checks.exercise import Mistake
from grading.exercises.beta.aggregate_posterior import _log_density, _log_prior, reference

# Known mistakes


def without_log_n(z, mu, logvar):
    table = _log_density(z, mu, logvar)
    aggregate = table.logsumexp(1)
    return (table.diagonal() - aggregate).mean(), (aggregate - _log_prior(z)).mean()


def mean_of_logs(z, mu, logvar):
    table = _log_density(z, mu, logvar)
    aggregate = table.mean(1)
    return (table.diagonal() - aggregate).mean(), (aggregate - _log_prior(z)).mean()


def wrong_axis(z, mu, logvar):
    table = _log_density(z, mu, logvar)
    aggregate = table.logsumexp(0) - math.log(len(z))
    return (table.diagonal() - aggregate).mean(), (aggregate - _log_prior(z)).mean()


def itself_left_out(z, mu, logvar):
    table = _log_density(z, mu, logvar)
    others = table.masked_fill(torch.eye(len(z), dtype=torch.bool), -math.inf)
    aggregate = others.logsumexp(1) - math.log(len(z) - 1)
    return (table.diagonal() - aggregate).mean(), (aggregate - _log_prior(z)).mean()


def swapped(z, mu, logvar):
    information, marginal = reference(z, mu, logvar)
    return marginal, information


def negated(z, mu, logvar):
    information, marginal = reference(z, mu, logvar)
    return -information, -marginal


def total_for_information(z, mu, logvar):
    information, marginal = reference(z, mu, logvar)
    return information + marginal, marginal


def factorised(z, mu, logvar):
    gap = (z[:, None] - mu[None]) ** 2 / logvar.exp()[None]
    table = -0.5 * (gap + logvar[None] + math.log(2 * math.pi))
    aggregate = (table.logsumexp(1) - math.log(len(z))).sum(-1)
    return (_log_density(z, mu, logvar).diagonal() - aggregate).mean(), (aggregate - _log_prior(z)).mean()


def summed_over_images(z, mu, logvar):
    information, marginal = reference(z, mu, logvar)
    return len(z) * information, len(z) * marginal


def logvar_as_log_std(z, mu, logvar):
    return reference(z, mu, 2 * logvar)


def log_variance_dropped(z, mu, logvar):
    gap = (z[:, None] - mu[None]) ** 2 / logvar.exp()[None]
    table = -0.5 * (gap + math.log(2 * math.pi)).sum(-1)
    aggregate = table.logsumexp(1) - math.log(len(z))
    return (table.diagonal() - aggregate).mean(), (aggregate - _log_prior(z)).mean()


def prior_without_constant(z, mu, logvar):
    information, marginal = reference(z, mu, logvar)
    return information, marginal - 0.5 * z.shape[1] * math.log(2 * math.pi)


def gaussian_aggregate(z, mu, logvar):
    mean, variance = mu.mean(0), logvar.exp().mean(0) + mu.var(0, unbiased=False)
    aggregate = -0.5 * ((z - mean) ** 2 / variance + variance.log() + math.log(2 * math.pi)).sum(-1)
    return (_log_density(z, mu, logvar).diagonal() - aggregate).mean(), (aggregate - _log_prior(z)).mean()


def log_n_added(z, mu, logvar):
    information, marginal = reference(z, mu, logvar)
    return information - 2 * math.log(len(z)), marginal + 2 * math.log(len(z))


def closed_form_total(z, mu, logvar):
    information, _ = reference(z, mu, logvar)
    return information, 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean() - information


def information_negated(z, mu, logvar):
    information, marginal = reference(z, mu, logvar)
    return -information, marginal


def marginal_negated(z, mu, logvar):
    information, marginal = reference(z, mu, logvar)
    return information, -marginal


def prior_left_out(z, mu, logvar):
    information, marginal = reference(z, mu, logvar)
    return information, marginal + _log_prior(z).mean()


def q_without_constant(z, mu, logvar):
    information, marginal = reference(z, mu, logvar)
    return information, marginal + 0.5 * z.shape[1] * math.log(2 * math.pi)


def at_the_means(z, mu, logvar):
    return reference(mu, mu, logvar)


def mean_over_dimensions(z, mu, logvar):
    gap = (z[:, None] - mu[None]) ** 2 / logvar.exp()[None]
    table = -0.5 * (gap + logvar[None] + math.log(2 * math.pi)).mean(-1)
    aggregate = table.logsumexp(1) - math.log(len(z))
    return (table.diagonal() - aggregate).mean(), (aggregate - _log_prior(z) / z.shape[1]).mean()


def per_image(z, mu, logvar):
    table = _log_density(z, mu, logvar)
    aggregate = table.logsumexp(1) - math.log(len(z))
    return table.diagonal() - aggregate, aggregate - _log_prior(z)


def in_bits(z, mu, logvar):
    information, marginal = reference(z, mu, logvar)
    return information / math.log(2), marginal / math.log(2)


def densities_averaged(z, mu, logvar):
    table = _log_density(z, mu, logvar)
    aggregate = table.exp().mean(1).log()
    return (table.diagonal() - aggregate).mean(), (aggregate - _log_prior(z)).mean()


# Also right


def with_distributions(z, mu, logvar):
    q = Normal(mu.unsqueeze(0), logvar.exp().sqrt().unsqueeze(0))
    table = q.log_prob(z.unsqueeze(1)).sum(2)
    aggregate = torch.logsumexp(table - math.log(z.size(0)), dim=1)
    own = Normal(mu, logvar.exp().sqrt()).log_prob(z).sum(1)
    return [torch.mean(own - aggregate), torch.mean(aggregate) - Normal(0.0, 1.0).log_prob(z).sum(1).mean()]


def with_loops(z, mu, logvar):
    information = marginal = 0.0
    for i in range(len(z)):
        logs = torch.stack([Normal(mu[j], (0.5 * logvar[j]).exp()).log_prob(z[i]).sum() for j in range(len(z))])
        aggregate = torch.logsumexp(logs, 0) - math.log(len(z))
        information = information + (logs[i] - aggregate) / len(z)
        marginal = marginal + (aggregate + 0.5 * (z[i] ** 2 + math.log(2 * math.pi)).sum()) / len(z)
    return information, marginal


def total_minus_information(z, mu, logvar):
    constant = math.log(2 * math.pi)
    table = torch.stack([-0.5 * ((z - m) ** 2 * torch.exp(-v) + v + constant).sum(1) for m, v in zip(mu, logvar, strict=True)], 1)
    total = (table.diag() + 0.5 * (z * z + constant).sum(1)).mean()
    information = -(torch.log_softmax(table, 1).diag() * -1 - math.log(len(z))).mean()
    return information, total - information


mistakes = [
    Mistake(without_log_n, "The aggregate posterior is a mean over the N images, not a sum: subtract log N."),
    Mistake(mean_of_logs, "You average the logarithms. The mixture averages the densities: logsumexp over the images, minus log N."),
    Mistake(wrong_axis, "You sum over the draws z instead of over the images x_j: q(z_i) needs every image's density at the same z_i."),
    Mistake(itself_left_out, "The aggregate posterior holds every image, the one that z_i came from included."),
    Mistake(swapped, "The two parts have changed places: mutual information first."),
    Mistake(negated, "Both signs are the wrong way round."),
    Mistake(total_for_information, "Your first value is the whole KL. The mutual information is what remains of it without the marginal part."),
    Mistake(factorised, "You mix each dimension on its own and multiply. The mixture is over images: sum over the dimensions first."),
    Mistake(summed_over_images, "You sum over the images; both parts are means."),
    Mistake(logvar_as_log_std, "You treat `logvar` as log σ; it is log σ²."),
    Mistake(log_variance_dropped, "The density of q needs its -½ log σ²: it differs from image to image and does not cancel."),
    Mistake(prior_without_constant, "You drop ½ log 2π in one density but not in the other."),
    Mistake(gaussian_aggregate, "You replace the mixture by one Gaussian with its moments. q(z) is the mixture itself."),
    Mistake(log_n_added, "The aggregate posterior divides by the number of images N: log N is subtracted, not added."),
    Mistake(closed_form_total, "You take the KL in closed form. Here it is the mean of log q(z|x) - log p(z) at the given z, so that the "
            "two parts sum to it exactly."),
    Mistake(information_negated, "The sign of the mutual information is the wrong way round: log q(z_i|x_i) - log q(z_i)."),
    Mistake(marginal_negated, "The sign of the marginal part is the wrong way round: log q(z_i) - log p(z_i)."),
    Mistake(prior_left_out, "The prior is missing: the marginal part is log q(z_i) - log p(z_i)."),
    Mistake(q_without_constant, "You drop ½ log 2π in one density but not in the other."),
    Mistake(at_the_means, "You evaluate the densities at μ. They are asked for at the draws z."),
    Mistake(mean_over_dimensions, "You average the log densities over the latent dimensions. A joint log density is their sum."),
    Mistake(per_image, "You return one number for each image; both parts are means over the images."),
    Mistake(densities_averaged, "In hundreds of dimensions densities leave the range of floats, also with one maximum taken out for "
            "all z_i, and the logarithm of 0 is minus infinity: torch.logsumexp takes out each row's own."),
    Mistake(in_bits, "Your answer is in bits; the lesson counts in nats (natural logarithm)."),
]

also_right = [with_distributions, with_loops, total_minus_information]

equivalent_mutants = {
    "prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1): 1 → -1": "the last axis of a matrix is its axis 1",
    "aggregate = torch.logsumexp(table, 1) - math.log(len(z)): 1 → -1": "the last axis of a matrix is its axis 1",
    "aggregate = torch.logsumexp(table, 1) - math.log(len(z)): z → mu": "both have one row for each image",
}
