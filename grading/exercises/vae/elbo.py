"""vae-elbo: the evidence lower bound of each image, in nats."""

import math

import torch
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence
from torch.nn import functional as F

from genlab.models import vae
from genlab.random import randint, randn
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


def inputs(rng, n=1):
    """Sizes all different, nothing at a special point; the cotangent weighs the images unequally."""
    B, D, K = 5, 7, 3
    double = randn((1,), rng=rng).double()
    return {
        "x": randint(0, 2, (B, D), rng=rng).double(),
        "logits": 2 * randn((B, D), like=double, rng=rng),
        "mu": 1 + randn((B, K), like=double, rng=rng),
        "logvar": 0.7 * randn((B, K), like=double, rng=rng) - 0.5,
        "weight": 1 + 0.5 * randn((B,), like=double, rng=rng),
        "steep": 150 * randn((B, D), like=double, rng=rng),
    }


def probe(elbo, x, logits, mu, logvar, weight, steep):
    """The bound, its gradients, the bound once more with the same inputs, and at large logits."""
    leaves = [probing.leaf(t) for t in (logits, mu, logvar)]
    value = probing.tensor(elbo(x, *leaves), "`elbo`")
    d_logits, d_mu, d_logvar = probing.vjp(value, leaves, weight)
    again = probing.tensor(elbo(x, logits, mu, logvar), "`elbo`")
    sure = probing.tensor(elbo(x, steep, mu, logvar), "`elbo`")
    return dict(value=value, again=again, sure=sure, d_logits=d_logits, d_mu=d_mu, d_logvar=d_logvar)


def reference(x, logits, mu, logvar):
    """genlab's own, in the exercise's signature."""
    return vae.elbo(x, logits, mu, logvar)


def truth(x, logits, mu, logvar):
    """By torch.distributions: independent of the formulas that the student derives."""
    likelihood = Independent(Bernoulli(logits=logits), 1).log_prob(x)
    kl = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0 * mu, 1 + 0 * mu))
    return likelihood - kl.sum(1)


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


exercise = Exercise(
    id="vae-elbo", defines="elbo(x, logits, mu, logvar)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.vae.elbo", "genlab.models.vae.gaussian_kl",
               "genlab.models.vae.bernoulli_log_likelihood", "genlab.models.vae.VAE.elbo",
               "genlab.models.vae.VAE.loss_function", "genlab.models.vae.VAE.loss"],
    comparisons=[
        Compare("value", "again", shape="(B,)", points=1, says="The bound of each image, in nats."),
        Compare("d_logits", points=1, tolerance=1e-4, says="The likelihood term: how the bound moves with a logit."),
        Compare("d_mu", "d_logvar", points=1, tolerance=1e-4, says="The KL term: how the bound moves with μ and log σ²."),
        Compare("sure", points=1, says="The bound where the decoder is sure: logits of 100 and more, right or wrong."),
    ],
    mistakes=[
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
    ],
    equivalent_mutants={edit: "the same dimension, counted from the end" for edit in (
        "log_likelihood = (x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum(1): 1 → -1",
        "kl = (mu**2 + logvar.exp() - 1 - logvar).sum(1) / 2: 1 → -1")},
    also_right=[with_torch_distributions, softplus_form, pixel_loop],
    hints=[
        "The bound has two parts: how well z explains the image, and what it costs to let z depend on the image.",
        "log p(x|z) - KL(q(z|x) ‖ p(z)). The first is a sum over pixels of x log p + (1 - x) log(1 - p) with "
        "p = sigmoid(logit); the second is ½ Σ (μ² + σ² - 1 - log σ²) over the latent dimensions.",
        "-F.binary_cross_entropy_with_logits(logits, x, reduction=\"none\").sum(1) is the first part; subtract "
        "0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).",
    ],
)
