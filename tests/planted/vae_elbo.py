"""Planted answers to vae-elbo, by another author than the check's."""

import math

import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence


def _log_p(x, logits):
    return (x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum(-1)


def _divergence(mu, logvar):
    return -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(-1)


def loss_not_bound(x, logits, mu, logvar):
    return _divergence(mu, logvar) - _log_p(x, logits)


def adds_the_kl(x, logits, mu, logvar):
    return _log_p(x, logits) + _divergence(mu, logvar)


def cross_entropy_less_kl(x, logits, mu, logvar):
    """The sign of the cross-entropy forgotten."""
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return bce.sum(1) - _divergence(mu, logvar)


def mean_over_batch(x, logits, mu, logvar):
    return (_log_p(x, logits) - _divergence(mu, logvar)).mean()


def sum_over_batch(x, logits, mu, logvar):
    return (_log_p(x, logits) - _divergence(mu, logvar)).sum()


def pixels_averaged(x, logits, mu, logvar):
    return _log_p(x, logits) / x.size(1) - _divergence(mu, logvar)


def latents_averaged(x, logits, mu, logvar):
    return _log_p(x, logits) - _divergence(mu, logvar) / mu.size(1)


def both_averaged(x, logits, mu, logvar):
    return _log_p(x, logits) / x.size(1) - _divergence(mu, logvar) / mu.size(1)


def kl_per_pixel(x, logits, mu, logvar):
    return _log_p(x, logits) - _divergence(mu, logvar) / x.size(1)


def default_reduction(x, logits, mu, logvar):
    """binary_cross_entropy_with_logits averages over pixels and images."""
    return -F.binary_cross_entropy_with_logits(logits, x) - _divergence(mu, logvar)


def whole_batch_reconstruction(x, logits, mu, logvar):
    """reduction="sum" over the images too."""
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="sum") - _divergence(mu, logvar)


def whole_batch_kl(x, logits, mu, logvar):
    return _log_p(x, logits) - _divergence(mu, logvar).sum()


def logits_as_targets(x, logits, mu, logvar):
    """input and target exchanged."""
    likelihood = -F.binary_cross_entropy_with_logits(x, logits, reduction="none").sum(1)
    return likelihood - _divergence(mu, logvar)


def sigmoid_and_with_logits(x, logits, mu, logvar):
    return _log_p(x, 1 / (1 + torch.exp(-logits))) - _divergence(mu, logvar)


def only_white_pixels(x, logits, mu, logvar):
    """The term of the zeros is missing."""
    return (x * F.logsigmoid(logits)).sum(1) - _divergence(mu, logvar)


def squared_error(x, logits, mu, logvar):
    return -(x - torch.sigmoid(logits)).pow(2).sum(1) - _divergence(mu, logvar)


def gaussian_likelihood(x, logits, mu, logvar):
    likelihood = Normal(torch.sigmoid(logits), 1.0).log_prob(x).sum(1)
    return likelihood - _divergence(mu, logvar)


def linear_term(x, logits, mu, logvar):
    """log p of a Bernoulli without its normaliser: x · logit."""
    return (x * logits).sum(1) - _divergence(mu, logvar)


def softmax_over_pixels(x, logits, mu, logvar):
    return (x * torch.log_softmax(logits, 1)).sum(1) - _divergence(mu, logvar)


def no_half(x, logits, mu, logvar):
    return _log_p(x, logits) - 2 * _divergence(mu, logvar)


def no_kl(x, logits, mu, logvar):
    return _log_p(x, logits)


def only_kl(x, logits, mu, logvar):
    return -_divergence(mu, logvar)


def log_sigma_taken(x, logits, mu, logvar):
    return _log_p(x, logits) - kl_divergence(Normal(mu, logvar.exp()), Normal(0.0, 1.0)).sum(1)


def sigma_taken(x, logits, mu, logvar):
    return _log_p(x, logits) - 0.5 * (mu**2 + logvar**2 - 1 - (logvar**2).log()).sum(1)


def variance_is_sigma(x, logits, mu, logvar):
    """σ = exp(log σ² / 2) in the place of σ²."""
    sigma = torch.exp(0.5 * logvar)
    return _log_p(x, logits) - 0.5 * (mu**2 + sigma - 1 - logvar).sum(1)


def reversed_kl(x, logits, mu, logvar):
    q, p = Normal(mu, torch.exp(0.5 * logvar)), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return _log_p(x, logits) - kl_divergence(p, q).sum(1)


def lost_one(x, logits, mu, logvar):
    return _log_p(x, logits) - 0.5 * (mu**2 + logvar.exp() - logvar).sum(1)


def mu_not_squared(x, logits, mu, logvar):
    return _log_p(x, logits) - 0.5 * (mu + logvar.exp() - 1 - logvar).sum(1)


def sign_of_logvar(x, logits, mu, logvar):
    return _log_p(x, logits) - 0.5 * (mu**2 + logvar.exp() - 1 + logvar).sum(1)


def in_bits(x, logits, mu, logvar):
    return (_log_p(x, logits) - _divergence(mu, logvar)) / math.log(2)


def sampled_kl(x, logits, mu, logvar):
    """One draw in place of the closed form: right on average only."""
    q = Normal(mu, torch.exp(0.5 * logvar))
    z = q.rsample()
    return _log_p(x, logits) - (q.log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(1)


def detached_kl(x, logits, mu, logvar):
    return _log_p(x, logits) - _divergence(mu.detach(), logvar.detach())


def clamped_kl(x, logits, mu, logvar):
    """No dimension may cost less than 1 nat."""
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
    return _log_p(x, logits) - kl.clamp(min=1.0).sum(1)


def kept_dimension(x, logits, mu, logvar):
    return (_log_p(x, logits) - _divergence(mu, logvar))[:, None]


def distributions(x, logits, mu, logvar):
    likelihood = Independent(Bernoulli(logits=logits), 1).log_prob(x)
    q, p = Normal(mu, logvar.exp() ** 0.5), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return likelihood - kl_divergence(q, p).sum(dim=-1)


def by_loss_class(x, logits, mu, logvar):
    bce = torch.nn.BCEWithLogitsLoss(reduction="none")(logits, x)
    return -(bce.sum(1) + 0.5 * torch.einsum("bk->b", mu * mu + torch.expm1(logvar) - logvar))


def image_by_image(x, logits, mu, logvar):
    bounds = []
    for xi, li, m, v in zip(x, logits, mu, logvar, strict=True):
        nll = F.binary_cross_entropy_with_logits(li, xi, reduction="sum")
        bounds.append(-nll - 0.5 * torch.sum(m**2 + v.exp() - 1 - v))
    return torch.stack(bounds)


def by_probabilities(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    return torch.log(torch.where(x > 0.5, p, 1 - p)).sum(1) - _divergence(mu, logvar)


def flattened(x, logits, mu, logvar):
    B = x.shape[0]
    nll = F.binary_cross_entropy_with_logits(logits.reshape(-1), x.reshape(-1), reduction="none").view(B, -1)
    return -nll.sum(1) - _divergence(mu, logvar)


def in_float32(x, logits, mu, logvar):
    x, logits, mu, logvar = x.float(), logits.float(), mu.float(), logvar.float()
    return _log_p(x, logits) - _divergence(mu, logvar)


wrong = [
    (by_probabilities, "logs_of_probabilities"),
    (loss_not_bound, "loss_instead_of_bound"),
    (adds_the_kl, "kl_added"),
    (cross_entropy_less_kl, "likelihood_negated"),
    (mean_over_batch, "batch_mean"),
    (sum_over_batch, "batch_sum"),
    (pixels_averaged, "pixel_mean"),
    (latents_averaged, "kl_latent_mean"),
    (both_averaged, "everything_mean"),
    (kl_per_pixel, "kl_pixel_mean"),
    (default_reduction, "default_reduction"),
    (whole_batch_reconstruction, "likelihood_over_batch"),
    (whole_batch_kl, "kl_over_batch"),
    (logits_as_targets, "image_as_logits"),
    (sigmoid_and_with_logits, "sigmoid_twice"),
    (only_white_pixels, "only_ones_counted"),
    (squared_error, "squared_error"),
    (gaussian_likelihood, "gaussian_likelihood"),
    (linear_term, "normaliser_missing"),
    (softmax_over_pixels, "softmax_over_pixels"),
    (no_half, "kl_without_half"),
    (no_kl, "no_kl"),
    (only_kl, "no_likelihood"),
    (log_sigma_taken, "logvar_as_log_std"),
    (sigma_taken, "logvar_as_std"),
    (variance_is_sigma, "std_for_variance"),
    (reversed_kl, "kl_reversed"),
    (lost_one, "kl_without_one"),
    (mu_not_squared, "mu_not_squared"),
    (sign_of_logvar, "logvar_sign"),
    (in_bits, "in_bits"),
    (sampled_kl, "The KL has a closed form: no draw is needed, and the bound is the same at every call."),
    (detached_kl, "kl_detached"),
    (clamped_kl, "The KL of a dimension counts as it is: no floor and no free bits here."),
    (kept_dimension, "`value` should have shape (B,) = (5,), not (5, 1). The bound of each image, in nats."),
]
right = [distributions, by_loss_class, image_by_image, flattened, in_float32]
