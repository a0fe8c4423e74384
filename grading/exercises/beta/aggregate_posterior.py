"""beta-aggregate-posterior: the KL term split into what z tells of x, and how far q(z) is from the prior.

    E_x KL(q(z|x) ‖ p(z)) = I_q(x; z) + KL(q(z) ‖ p(z)),   q(z) = (1/N) Σ_j q(z | x_j)

Hoffman and Johnson (2016), ELBO surgery.
"""

import math

import torch
from torch.distributions import Independent, MixtureSameFamily, Normal

from genlab.random import randn
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


def inputs(rng, n=1):
    """Posteriors that overlap in part: the information lies well between 0 and log N."""
    N, K = 7, 3
    one = torch.ones(1, dtype=torch.float64)
    mu = 1.2 * randn((N, K), like=one, rng=rng) + 0.4
    logvar = 0.6 * randn((N, K), like=one, rng=rng) - 1
    return {"z": mu + (logvar / 2).exp() * randn((N, K), like=one, rng=rng), "mu": mu, "logvar": logvar}


def probe(kl_decomposition, z, mu, logvar):
    """Both parts for all images, for the images in another order, and for some of them."""
    information, marginal = probing.tensors(kl_decomposition(z, mu, logvar), 2, "`kl_decomposition`")
    some = probing.tensors(kl_decomposition(z[2:], mu[2:], logvar[2:]), 2, "`kl_decomposition`")
    return dict(total=information + marginal, information=information, marginal=marginal,
                some_information=some[0], some_marginal=some[1])


def _log_density(z, mu, logvar):
    """log q(z_i | x_j) in row i and column j: (N, N)."""
    gap = (z[:, None] - mu[None]) ** 2 / logvar.exp()[None]
    return -0.5 * (gap + logvar[None] + math.log(2 * math.pi)).sum(-1)


def _log_prior(z):
    return -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)


def reference(z, mu, logvar):
    """The two means over images, with the mixture in log space."""
    table = _log_density(z, mu, logvar)
    aggregate = table.logsumexp(1) - math.log(len(z))
    return (table.diagonal() - aggregate).mean(), (aggregate - _log_prior(z)).mean()


def truth(z, mu, logvar):
    """By torch.distributions' mixture."""
    parts = Independent(Normal(mu, (logvar / 2).exp()), 1)
    weights = torch.distributions.Categorical(logits=torch.zeros(len(z), dtype=z.dtype))
    aggregate = MixtureSameFamily(weights, parts).log_prob(z)
    prior = Normal(torch.zeros_like(z), torch.ones_like(z)).log_prob(z).sum(1)
    return (parts.log_prob(z) - aggregate).mean(), (aggregate - prior).mean()


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
        aggregate = logs.exp().mean().log()
        information = information + (logs[i] - aggregate) / len(z)
        marginal = marginal + (aggregate + 0.5 * (z[i] ** 2 + math.log(2 * math.pi)).sum()) / len(z)
    return information, marginal


def total_minus_information(z, mu, logvar):
    constant = math.log(2 * math.pi)
    table = torch.stack([-0.5 * ((z - m) ** 2 * torch.exp(-v) + v + constant).sum(1) for m, v in zip(mu, logvar, strict=True)], 1)
    total = (table.diag() + 0.5 * (z * z + constant).sum(1)).mean()
    information = -(torch.log_softmax(table, 1).diag() * -1 - math.log(len(z))).mean()
    return information, total - information


exercise = Exercise(
    id="beta-aggregate-posterior", defines="kl_decomposition(z, mu, logvar)", core=False, points=3, level=4, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.metrics.posterior.kl_decomposition"],
    comparisons=[
        Compare("total", points=1, shape="()", says="Together the two parts are the KL of the bound: "
                "the mean of log q(z|x) - log p(z)."),
        Compare("information", "some_information", points=1, shape="()",
                says="What z tells of x: the mean of log q(z_i|x_i) - log q(z_i)."),
        Compare("marginal", "some_marginal", points=1, shape="()",
                says="How far the aggregate posterior is from the prior: the mean of log q(z_i) - log p(z_i)."),
    ],
    mistakes=[
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
        Mistake(in_bits, "Your answer is in bits; the lesson counts in nats (natural logarithm)."),
    ],
    equivalent_mutants={
        "prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1): 1 → -1": "the last axis of a matrix is its axis 1",
        "aggregate = torch.logsumexp(table, 1) - math.log(len(z)): 1 → -1": "the last axis of a matrix is its axis 1",
        "aggregate = torch.logsumexp(table, 1) - math.log(len(z)): z → mu": "both have one row for each image",
    },
    also_right=[with_distributions, with_loops, total_minus_information],
    hints=[
        "Write the KL as a mean of log q(z|x) - log p(z), then add and subtract log q(z).",
        "log q(z_i) = logsumexp over j of log q(z_i|x_j), minus log N. You need the N × N table of log q(z_i|x_j).",
        "table = -0.5 * ((z[:, None] - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1); its diagonal is log q(z_i|x_i).",
    ],
)
