"""Answers to vae-elbo: wrong ones with the sentence that names each, and right ones."""

import math

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _likelihood(x, logits):
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)


def _kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)


# Known mistakes


def kl_added(x, logits, mu, logvar):
    return _likelihood(x, logits) + _kl(mu, logvar)


def likelihood_negated(x, logits, mu, logvar):
    return -_likelihood(x, logits) - _kl(mu, logvar)


def loss_instead_of_bound(x, logits, mu, logvar):
    return _kl(mu, logvar) - _likelihood(x, logits)


def pixel_mean(x, logits, mu, logvar):
    return _likelihood(x, logits) / x.shape[1] - _kl(mu, logvar)


def kl_latent_mean(x, logits, mu, logvar):
    return _likelihood(x, logits) - _kl(mu, logvar) / mu.shape[1]


def kl_pixel_mean(x, logits, mu, logvar):
    return _likelihood(x, logits) - _kl(mu, logvar) / x.shape[1]


def everything_mean(x, logits, mu, logvar):
    return _likelihood(x, logits) / x.shape[1] - _kl(mu, logvar) / mu.shape[1]


def logvar_as_variance(x, logits, mu, logvar):
    return _likelihood(x, logits) - 0.5 * (mu**2 + logvar - 1 - logvar.abs().log()).sum(1)


def logvar_as_log_std(x, logits, mu, logvar):
    return _likelihood(x, logits) - 0.5 * (mu**2 + (2 * logvar).exp() - 1 - 2 * logvar).sum(1)


def std_for_variance(x, logits, mu, logvar):
    return _likelihood(x, logits) - 0.5 * (mu**2 + (logvar / 2).exp() - 1 - logvar).sum(1)


def kl_without_half(x, logits, mu, logvar):
    return _likelihood(x, logits) - 2 * _kl(mu, logvar)


def mu_not_squared(x, logits, mu, logvar):
    return _likelihood(x, logits) - 0.5 * (mu + logvar.exp() - 1 - logvar).sum(1)


def kl_without_one(x, logits, mu, logvar):
    return _likelihood(x, logits) - 0.5 * (mu**2 + logvar.exp() - logvar).sum(1)


def sigmoid_twice(x, logits, mu, logvar):
    return _likelihood(x, logits.sigmoid()) - _kl(mu, logvar)


def squared_error(x, logits, mu, logvar):
    return -((x - logits.sigmoid()) ** 2).sum(1) - _kl(mu, logvar)


def only_ones_counted(x, logits, mu, logvar):
    return (x * F.logsigmoid(logits)).sum(1) - _kl(mu, logvar)


def batch_mean(x, logits, mu, logvar):
    return (_likelihood(x, logits) - _kl(mu, logvar)).mean()


def batch_sum(x, logits, mu, logvar):
    return (_likelihood(x, logits) - _kl(mu, logvar)).sum()


def no_kl(x, logits, mu, logvar):
    return _likelihood(x, logits)


def reconstructs_logits(x, logits, mu, logvar):
    return _likelihood(logits.sigmoid(), 8 * x - 4) - _kl(mu, logvar)


def kl_reversed(x, logits, mu, logvar):
    return _likelihood(x, logits) - 0.5 * ((mu**2 + 1) / logvar.exp() - 1 + logvar).sum(1)


def default_reduction(x, logits, mu, logvar):
    return -F.binary_cross_entropy_with_logits(logits, x) - _kl(mu, logvar)


def likelihood_over_batch(x, logits, mu, logvar):
    return _likelihood(x, logits).sum() - _kl(mu, logvar)


def kl_over_batch(x, logits, mu, logvar):
    return _likelihood(x, logits) - _kl(mu, logvar).sum()


def image_as_logits(x, logits, mu, logvar):
    return _likelihood(logits, x) - _kl(mu, logvar)


def gaussian_likelihood(x, logits, mu, logvar):
    return Normal(logits.sigmoid(), 1.0).log_prob(x).sum(1) - _kl(mu, logvar)


def normaliser_missing(x, logits, mu, logvar):
    return (x * logits).sum(1) - _kl(mu, logvar)


def softmax_over_pixels(x, logits, mu, logvar):
    return (x * logits.log_softmax(1)).sum(1) - _kl(mu, logvar)


def no_likelihood(x, logits, mu, logvar):
    return -_kl(mu, logvar) + 0 * logits.sum(1)


def logvar_as_std(x, logits, mu, logvar):
    return _likelihood(x, logits) - _kl(mu, logvar.square().log())


def logvar_sign(x, logits, mu, logvar):
    return _likelihood(x, logits) - 0.5 * (mu**2 + logvar.exp() - 1 + logvar).sum(1)


def in_bits(x, logits, mu, logvar):
    return (_likelihood(x, logits) - _kl(mu, logvar)) / math.log(2)


def kl_detached(x, logits, mu, logvar):
    return _likelihood(x, logits) - _kl(mu, logvar).detach()


def likelihood_detached(x, logits, mu, logvar):
    return _likelihood(x, logits).detach() - _kl(mu, logvar)


def logs_of_probabilities(x, logits, mu, logvar):
    p = logits.sigmoid()
    return (x * p.log() + (1 - x) * (1 - p).log()).sum(1) - _kl(mu, logvar)


def cross_entropy_of_probabilities(x, logits, mu, logvar):
    return -F.binary_cross_entropy(logits.sigmoid(), x, reduction="none").sum(1) - _kl(mu, logvar)


def probabilities_clamped(x, logits, mu, logvar):
    p = logits.sigmoid().clamp(1e-7, 1 - 1e-7)
    return (x * p.log() + (1 - x) * (1 - p).log()).sum(1) - _kl(mu, logvar)


# Also right


def with_torch_distributions(x, logits, mu, logvar):
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    kl = kl_divergence(Normal(mu, logvar.exp().sqrt()), prior)
    return Bernoulli(logits=logits).log_prob(x).sum(-1) - kl.sum(-1)


def softplus_form(x, logits, mu, logvar):
    likelihood = (x * logits - F.softplus(logits)).flatten(1).sum(1)
    return likelihood + 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)


def pixel_loop(x, logits, mu, logvar):
    total = 0
    for i in range(x.shape[1]):
        total = total + torch.where(x[:, i] == 1, F.logsigmoid(logits[:, i]), F.logsigmoid(-logits[:, i]))
    for k in range(mu.shape[1]):
        variance = logvar[:, k].exp()
        total = total - (variance + mu[:, k].square() - 1 - variance.log()) / 2
    return total


def logvar_bounded(x, logits, mu, logvar):
    return _likelihood(x, logits) - _kl(mu, logvar.clamp(-10, 10))


def kl_from_a_draw(x, logits, mu, logvar):
    q = Normal(mu, torch.exp(logvar / 2))
    z = q.rsample()
    return _likelihood(x, logits) - (q.log_prob(z) - Normal(0 * mu, 1 + 0 * mu).log_prob(z)).sum(1)


def kl_with_a_floor(x, logits, mu, logvar):
    return _likelihood(x, logits) - (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).clamp(min=1).sum(1)


mistakes = [
    Mistake(logvar_bounded, "You bound log σ². The KL is asked for as it is: with a bound its value is wrong outside, and its "
            "gradient is 0, so that a σ that got there never comes back."),
    Mistake(kl_from_a_draw, "Your KL comes from a draw of z, and is another at each call: it has a closed form, ½ Σ (μ² + σ² "
            "- 1 - log σ²)."),
    Mistake(kl_with_a_floor, "The KL of a dimension counts as it is: no floor and no free bits here."),
    Mistake(logs_of_probabilities, "Right at moderate logits. At large ones the sigmoid rounds to 0 or 1 and its logarithm is "
            "infinite: start from the logits, with F.logsigmoid or F.binary_cross_entropy_with_logits."),
    Mistake(cross_entropy_of_probabilities, "Right at moderate logits. F.binary_cross_entropy stops at 100 nats for a pixel, "
            "where the sigmoid has rounded to 0 or 1: use F.binary_cross_entropy_with_logits."),
    Mistake(probabilities_clamped, "Right at moderate logits. A clamped probability caps what a wrong pixel costs: start from the "
            "logits, with F.logsigmoid or F.binary_cross_entropy_with_logits."),
    Mistake(kl_added, "You add the KL; the bound subtracts it."),
    Mistake(loss_instead_of_bound, "This is the loss, minus the bound. The bound itself is asked for: "
            "log-likelihood minus KL."),
    Mistake(likelihood_negated, "The likelihood term has the wrong sign: binary cross-entropy is "
            "minus the log-likelihood."),
    Mistake(pixel_mean, "You average over pixels: log p(x|z) of an image is a sum over its pixels."),
    Mistake(kl_latent_mean, "Your KL is divided by the number of latent dimensions: sum over them, "
            "do not average."),
    Mistake(kl_pixel_mean, "Your KL is divided by the number of pixels. Both terms are sums: dividing "
            "one of them makes another objective."),
    Mistake(everything_mean, "Both terms are averaged over their dimensions. In nats per image both are sums."),
    Mistake(logvar_as_variance, "You use log σ² where σ² belongs: take its exponential."),
    Mistake(logvar_as_log_std, "You treat `logvar` as log σ; it is log σ²."),
    Mistake(std_for_variance, "You use σ where σ² belongs: the variance is exp(logvar), not exp(logvar / 2)."),
    Mistake(kl_without_half, "Your KL is twice too large: the factor ½ is missing."),
    Mistake(mu_not_squared, "μ enters the KL squared."),
    Mistake(kl_without_one, "Your KL is not zero for a standard normal: the -1 for each dimension is missing."),
    Mistake(sigmoid_twice, "You pass probabilities to a function that expects logits: a sigmoid is "
            "applied twice."),
    Mistake(squared_error, "A squared error is the likelihood of a Gaussian. The pixels here are binary: "
            "use the Bernoulli likelihood."),
    Mistake(only_ones_counted, "You count only the pixels that are on. A pixel that is off has "
            "probability 1 - p, and counts too."),
    Mistake(batch_mean, "You average over the batch: one number for each image is asked for."),
    Mistake(batch_sum, "You sum over the batch: one number for each image is asked for."),
    Mistake(no_kl, "The KL term is missing."),
    Mistake(reconstructs_logits, "Image and logits have changed places."),
    Mistake(kl_reversed, "This is KL(p ‖ q). The bound holds KL(q ‖ p): the posterior comes first."),
    Mistake(default_reduction, "The default reduction averages over pixels and images: use reduction=\"none\", "
            "then sum over the pixels of each image."),
    Mistake(likelihood_over_batch, "Your likelihood is summed over the batch as well: sum over the pixels of each image alone."),
    Mistake(kl_over_batch, "Your KL is summed over the batch as well: sum over the latent dimensions of each image alone."),
    Mistake(image_as_logits, "Image and logits have changed places."),
    Mistake(gaussian_likelihood, "This is the likelihood of a Gaussian. The pixels here are binary: use the Bernoulli likelihood."),
    Mistake(normaliser_missing, "x · logit lacks the normaliser: log p(x|z) = x · logit - log(1 + exp(logit))."),
    Mistake(softmax_over_pixels, "A softmax makes the pixels compete for one 1. Each pixel is a Bernoulli of its own: a sigmoid."),
    Mistake(no_likelihood, "The likelihood term is missing."),
    Mistake(logvar_as_std, "You treat `logvar` as σ; it is log σ²."),
    Mistake(logvar_sign, "In your KL log σ² has the wrong sign: it is subtracted."),
    Mistake(in_bits, "Your bound is in bits; nats are asked for (natural logarithm)."),
    Mistake(kl_detached, "No gradient comes back through your KL: leave out `detach` and `no_grad`."),
    Mistake(likelihood_detached, "No gradient comes back through your likelihood: leave out `detach` and `no_grad`."),
]

also_right = [with_torch_distributions, softplus_form, pixel_loop]

equivalent_mutants = {edit: "the same dimension, counted from the end" for edit in (
    "log_likelihood = (x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum(1): 1 → -1",
    "kl = (mu**2 + logvar.exp() - 1 - logvar).sum(1) / 2: 1 → -1")}
