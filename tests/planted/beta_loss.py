"""Planted answers to beta-loss, by another author than the check's."""

import math

import torch
import torch.nn.functional as F

from grading.exercises.beta.loss import reference


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
    """By way of the sigmoid: right at moderate logits alone."""
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
    (probabilities, "saturated"),
]
right = [distributions, loops, hinge_plus_constant, in_float32]


def _bce(x, logits):
    return _nll(x, logits).mean()


_kl = _table


def price_at_least_one(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + max(beta, 1.0) * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum()


def no_price_is_one(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + (beta or 1.0) * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum()


def price_at_most_ten(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + min(beta, 10.0) * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum()


def logvar_cut_at_20(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * _kl(mu, logvar.clamp(-20, 20)).mean(0).clamp(min=free_bits).sum()


def variance_and_a_trifle(x, logits, mu, logvar, beta, free_bits=0.0):
    variance = logvar.exp() + 1e-6
    return _bce(x, logits) + beta * (0.5 * (mu**2 + variance - 1 - variance.log())).mean(0).clamp(min=free_bits).sum()


def smooth_floor(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _kl(mu, logvar).mean(0)
    return _bce(x, logits) + beta * (free_bits + F.softplus(50 * (kl - free_bits)) / 50).sum()


def floor_lets_gradients_pass(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _kl(mu, logvar).mean(0)
    return _bce(x, logits) + beta * (kl + (kl.clamp(min=free_bits) - kl).detach()).sum()


def floor_of_the_median(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _kl(mu, logvar)
    low = kl.median(0).values < free_bits
    return _bce(x, logits) + beta * torch.where(low, torch.full_like(kl[0], free_bits), kl.mean(0)).sum()


def price_without_gradient(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum().detach()


def plain_number(x, logits, mu, logvar, beta, free_bits=0.0):
    return reference(x, logits, mu, logvar, beta, free_bits).item()


def kl_over_dimensions_first(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * _kl(mu, logvar).mean(1).clamp(min=free_bits).sum()


def floor_on_images(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * _kl(mu, logvar).sum(1).clamp(min=free_bits).mean()


def floor_at_most_one(x, logits, mu, logvar, beta, free_bits=0.0):
    return reference(x, logits, mu, logvar, beta, min(free_bits, 1.0))


def slope_cut_where_sure(x, logits, mu, logvar, beta, free_bits=0.0):
    return reference(x, logits.clamp(-500, 500), mu, logvar, beta, free_bits)


def squeezed(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _kl(mu, logvar).squeeze().mean(0).clamp(min=free_bits).sum()
    return _bce(x, logits) + beta * kl


def reversed_kl(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = 0.5 * ((mu**2 + 1) * torch.exp(-logvar) - 1 + logvar)
    return _bce(x, logits) + beta * kl.mean(0).clamp(min=free_bits).sum()


def by_loops(x, logits, mu, logvar, beta, free_bits=0.0):
    loss = 0.0
    for image, row in zip(x, logits, strict=True):
        for pixel, logit in zip(image, row, strict=True):
            loss = loss + F.softplus(-logit if pixel > 0.5 else logit) / len(x)
    for k in range(mu.shape[1]):
        kl = sum((m * m + v.exp() - v - 1) / 2 for m, v in zip(mu[:, k], logvar[:, k], strict=True)) / len(mu)
        loss = loss + beta * (kl if kl > free_bits else free_bits)
    return loss


def by_expm1(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = torch.einsum("bk->k", mu * mu + torch.expm1(logvar) - logvar) / (2 * len(mu))
    log_p = torch.where(x == 1, F.logsigmoid(logits), F.logsigmoid(-logits))
    return beta * F.threshold(kl, free_bits, free_bits).sum() - log_p.sum() / len(x)


def by_excess(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _kl(mu, logvar).mean(0)
    missing = F.relu(free_bits - kl)
    return (torch.logaddexp(torch.zeros_like(logits), logits) - x * logits).sum(1).mean() + beta * (kl + missing).sum()


def in_double(x, logits, mu, logvar, beta, free_bits=0.0):
    value = reference(x.double(), logits.double(), mu.double(), logvar.double(), beta, free_bits)
    return value.to(logits.dtype)


def means_cut_at_5(x, logits, mu, logvar, beta, free_bits=0.0):
    return reference(x, logits, mu.clamp(-5, 5), logvar, beta, free_bits)


def floor_at_least_a_twentieth(x, logits, mu, logvar, beta, free_bits=0.0):
    return reference(x, logits, mu, logvar, beta, max(free_bits, 0.05) if free_bits else 0.0)


TOLD_1 = ("β weighs the KL and nothing else: look at the value and its gradients away from β = 1.")
TOLD_2 = ("The loss at logits of 1000 and at log σ² of ±12 and more: as it stands, with its gradient.")
TOLD_3 = ("At β = 1 the loss is minus the ELBO, averaged over the images.")
TOLD_4 = ("With free bits the KL of each dimension, averaged over the images, counts at least that many "
          "nats, and no gradient pushes it below.")

wrong += [
    (price_at_least_one, "price_at_least_one"),
    (no_price_is_one, "no_price_is_one"),
    (price_at_most_ten, TOLD_1),
    (logvar_cut_at_20, "logvar_bounded"),
    (variance_and_a_trifle, TOLD_2),
    (smooth_floor, TOLD_3),
    (floor_lets_gradients_pass, TOLD_4),
    (means_cut_at_5, TOLD_4),
    (floor_at_least_a_twentieth, TOLD_4),
    (floor_of_the_median, TOLD_4),
    (price_without_gradient, TOLD_1),
    (plain_number, TOLD_1),
    (kl_over_dimensions_first, TOLD_3),
    (floor_on_images, TOLD_4),
    (floor_at_most_one, TOLD_4),
    (slope_cut_where_sure, "saturated"),
    (squeezed, TOLD_4),
    (reversed_kl, TOLD_3),
]
right += [by_loops, by_expm1, by_excess, in_double]
