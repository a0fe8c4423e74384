"""Planted answers to beta-loss, by another author than the check's."""

import math

import torch
import torch.nn.functional as F


def _nll(x, logits):
    """-log p(x|z) of each image, in nats."""
    return (F.softplus(logits) - x * logits).sum(-1)


def _table(mu, logvar):
    """KL of each image and dimension."""
    return -0.5 * (1 + logvar - mu.pow(2) - logvar.exp())


def _floor(kl, free_bits):
    """Σ_k max(free_bits, mean over images)."""
    return torch.where(kl.mean(0) > free_bits, kl.mean(0), torch.full_like(kl[0], free_bits)).sum()


def weighs_reconstruction(x, logits, mu, logvar, beta, free_bits=0.0):
    return beta * _nll(x, logits).mean() + _floor(_table(mu, logvar), free_bits)


def weighs_everything(x, logits, mu, logvar, beta, free_bits=0.0):
    return beta * (_nll(x, logits).mean() + _floor(_table(mu, logvar), free_bits))


def mean_over_pixels(x, logits, mu, logvar, beta, free_bits=0.0):
    return F.binary_cross_entropy_with_logits(logits, x) + beta * _floor(_table(mu, logvar), free_bits)


def mean_over_dimensions(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _table(mu, logvar).mean(0).clamp_min(free_bits)
    return _nll(x, logits).mean() + beta * kl.mean()


def mean_of_all(x, logits, mu, logvar, beta, free_bits=0.0):
    """Both terms averaged over everything."""
    kl = _table(mu, logvar).mean(0).clamp_min(free_bits)
    return F.binary_cross_entropy_with_logits(logits, x) + beta * kl.mean()


def sum_over_batch(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _table(mu, logvar).mean(0).clamp_min(free_bits)
    return _nll(x, logits).sum() + beta * len(x) * kl.sum()


def only_reconstruction_summed(x, logits, mu, logvar, beta, free_bits=0.0):
    """reduction="sum" for the reconstruction, a mean over images for the KL."""
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return bce + beta * _floor(_table(mu, logvar), free_bits)


def subtracts_kl(x, logits, mu, logvar, beta, free_bits=0.0):
    return _nll(x, logits).mean() - beta * _floor(_table(mu, logvar), free_bits)


def kl_upside_down(x, logits, mu, logvar, beta, free_bits=0.0):
    """The sign lost in 0.5 * (1 + logvar - …)."""
    kl = (0.5 * (1 + logvar - mu**2 - logvar.exp())).mean(0)
    return _nll(x, logits).mean() + beta * kl.clamp(min=free_bits).sum()


def inverse_beta(x, logits, mu, logvar, beta, free_bits=0.0):
    return _nll(x, logits).mean() + _floor(_table(mu, logvar), free_bits) / beta


def one_plus_beta(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _floor(_table(mu, logvar), free_bits)
    return _nll(x, logits).mean() + kl + beta * kl


def convex_combination(x, logits, mu, logvar, beta, free_bits=0.0):
    """(1 - β) reconstruction + β KL."""
    return (1 - beta) * _nll(x, logits).mean() + beta * _floor(_table(mu, logvar), free_bits)


def ceiling(x, logits, mu, logvar, beta, free_bits=0.0):
    """min in place of max."""
    kl = _table(mu, logvar).mean(0)
    kl = torch.minimum(kl, torch.full_like(kl, free_bits)) if free_bits else kl
    return _nll(x, logits).mean() + beta * kl.sum()


def floor_of_the_sum(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _table(mu, logvar).sum(1).mean()
    return _nll(x, logits).mean() + beta * torch.clamp(kl, min=free_bits)


def floor_of_each_images_sum(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _table(mu, logvar).sum(1).clamp_min(free_bits)
    return (_nll(x, logits) + beta * kl).mean()


def floor_of_each_entry(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = F.relu(_table(mu, logvar) - free_bits) + free_bits
    return (_nll(x, logits) + beta * kl.sum(1)).mean()


def hinge(x, logits, mu, logvar, beta, free_bits=0.0):
    """max(0, KL - free bits): the gradient is right, the value is not."""
    kl = F.relu(_table(mu, logvar).mean(0) - free_bits)
    return _nll(x, logits).mean() + beta * kl.sum()


def adds_free_bits(x, logits, mu, logvar, beta, free_bits=0.0):
    return _nll(x, logits).mean() + beta * (_table(mu, logvar).mean(0) + free_bits).sum()


def floor_after_beta(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = beta * _table(mu, logvar).mean(0)
    return _nll(x, logits).mean() + kl.clamp(min=free_bits).sum()


def forgets_free_bits(x, logits, mu, logvar, beta, free_bits=0.0):
    return (_nll(x, logits) + beta * _table(mu, logvar).sum(1)).mean()


def free_bits_in_bits(x, logits, mu, logvar, beta, free_bits=0.0):
    return _nll(x, logits).mean() + beta * _floor(_table(mu, logvar), free_bits * math.log(2))


def floor_as_a_switch(x, logits, mu, logvar, beta, free_bits=0.0):
    """A dimension below the free bits counts nothing."""
    kl = _table(mu, logvar).mean(0)
    return _nll(x, logits).mean() + beta * (kl * (kl > free_bits)).sum()


def per_image(x, logits, mu, logvar, beta, free_bits=0.0):
    return _nll(x, logits) + beta * _floor(_table(mu, logvar), free_bits)


def logvar_is_log_sigma(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = 0.5 * (mu**2 + (2 * logvar).exp() - 1 - 2 * logvar).mean(0)
    return _nll(x, logits).mean() + beta * kl.clamp(min=free_bits).sum()


def logvar_is_sigma(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = 0.5 * (mu**2 + logvar**2 - 1 - (logvar**2).log()).mean(0)
    return _nll(x, logits).mean() + beta * kl.clamp(min=free_bits).sum()


def no_half(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = 2 * _table(mu, logvar).mean(0)
    return _nll(x, logits).mean() + beta * kl.clamp(min=free_bits).sum()


def squared_error(x, logits, mu, logvar, beta, free_bits=0.0):
    error = ((torch.sigmoid(logits) - x) ** 2).sum(1).mean()
    return error + beta * _floor(_table(mu, logvar), free_bits)


def sigmoid_twice(x, logits, mu, logvar, beta, free_bits=0.0):
    return _nll(x, logits.sigmoid()).mean() + beta * _floor(_table(mu, logvar), free_bits)


def normalised_beta(x, logits, mu, logvar, beta, free_bits=0.0):
    """β K / D, as in Higgins' table of hyperparameters."""
    scale = mu.shape[1] / x.shape[1]
    return _nll(x, logits).mean() + beta * scale * _floor(_table(mu, logvar), free_bits)


def distributions(x, logits, mu, logvar, beta, free_bits=0.0):
    posterior = torch.distributions.Normal(mu, torch.sqrt(torch.exp(logvar)))
    prior = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    per_dimension = torch.distributions.kl_divergence(posterior, prior).mean(dim=0)
    nll = -torch.distributions.Bernoulli(logits=logits).log_prob(x).sum(dim=1).mean()
    return nll + beta * torch.maximum(per_dimension, torch.full_like(per_dimension, free_bits)).sum()


def loops(x, logits, mu, logvar, beta, free_bits=0.0):
    total = 0.0
    for i in range(len(x)):
        for j in range(x.shape[1]):
            p = F.logsigmoid(logits[i, j]) if x[i, j] == 1 else F.logsigmoid(-logits[i, j])
            total = total - p / len(x)
    for k in range(mu.shape[1]):
        pairs = zip(mu[:, k], logvar[:, k], strict=True)
        kl = sum(0.5 * (m * m + v.exp() - v - 1) for m, v in pairs) / len(mu)
        total = total + (beta * kl if kl > free_bits else beta * free_bits)
    return total


def hinge_plus_constant(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = torch.einsum("bk->k", 0.5 * (mu.square() + torch.expm1(logvar) - logvar)) / mu.size(0)
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / x.size(0)
    return bce + beta * (F.relu(kl - free_bits) + free_bits).sum()


def in_float32(x, logits, mu, logvar, beta, free_bits=0.0):
    x, logits, mu, logvar = (t.float() for t in (x, logits, mu, logvar))
    return _nll(x, logits).mean() + beta * _floor(_table(mu, logvar), free_bits)


def probabilities(x, logits, mu, logvar, beta, free_bits=0.0):
    """By way of the sigmoid: less stable, and right at moderate logits."""
    bce = F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none").sum(1).mean(0)
    return bce + beta * torch.clamp(_table(mu, logvar).mean(0), free_bits).sum()


wrong = [
    (weighs_reconstruction, "beta_on_reconstruction"),
    (weighs_everything, "beta_on_both"),
    (mean_over_pixels, "pixel_mean"),
    (mean_over_dimensions, "latent_mean"),
    (mean_of_all, "means_everywhere"),
    (sum_over_batch, "batch_sum"),
    (only_reconstruction_summed, "reconstruction_batch_sum"),
    (subtracts_kl, "kl_subtracted"),
    (kl_upside_down, "kl_negative"),
    (inverse_beta, "beta_divides"),
    (one_plus_beta, "beta_beside_one"),
    (convex_combination, "one_minus_beta"),
    (ceiling, "free_bits_as_ceiling"),
    (floor_of_the_sum, "free_bits_once_on_the_total"),
    (floor_of_each_images_sum, "free_bits_once_on_the_total"),
    (floor_of_each_entry, "free_bits_per_image"),
    (hinge, "free_bits_subtracted"),
    (adds_free_bits, "free_bits_added"),
    (floor_after_beta, "free_bits_after_beta"),
    (forgets_free_bits, "free_bits_ignored"),
    (free_bits_in_bits, "free_bits_in_bits"),
    (floor_as_a_switch, "free_bits_as_switch"),
    (per_image, "per_image_after_the_floor"),
    (logvar_is_log_sigma, "logvar_as_log_std"),
    (logvar_is_sigma, "logvar_as_std"),
    (no_half, "kl_without_half"),
    (squared_error, "squared_error"),
    (sigmoid_twice, "sigmoid_twice"),
    (normalised_beta, "beta_normalised"),
]
right = [distributions, loops, hinge_plus_constant, in_float32, probabilities]
