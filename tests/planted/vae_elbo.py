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
    (sampled_kl, "kl_from_a_draw"),
    (detached_kl, "kl_detached"),
    (clamped_kl, "kl_with_a_floor"),
    (kept_dimension, "`elbo` should have shape (B,) = (5,), not (5, 1): an axis of length 1 too many; leave "
                     "out `keepdim=True` or `squeeze` it. The bound of each image, in nats."),
]
right = [distributions, by_loss_class, image_by_image, flattened, in_float32]


# The second round: ends, approximations, arguments


def logits_cut_at_2000(x, logits, mu, logvar):
    return _log_p(x, logits.clamp(-2000, 2000)) - _divergence(mu, logvar)


def logvar_cut_at_20(x, logits, mu, logvar):
    return _log_p(x, logits) - _divergence(mu, logvar.clamp(-20, 20))


def logvar_cut_from_above(x, logits, mu, logvar):
    return _log_p(x, logits) - _divergence(mu, logvar.clamp(max=20))


def logvar_by_tanh(x, logits, mu, logvar):
    return _log_p(x, logits) - _divergence(mu, 30 * torch.tanh(logvar / 30))


def rough_softplus(x, logits, mu, logvar):
    cross_entropy = F.softplus(logits, threshold=5) - x * logits
    return -cross_entropy.sum(1) - _divergence(mu, logvar)


def variance_and_a_trifle(x, logits, mu, logvar):
    variance = logvar.exp() + 1e-10
    return _log_p(x, logits) - 0.5 * (mu**2 + variance - 1 - variance.log()).sum(1)


def image_made_signs(x, logits, mu, logvar):
    x.mul_(2).sub_(1)
    return F.logsigmoid(x * logits).sum(1) - _divergence(mu, logvar)


def smoothed_labels(x, logits, mu, logvar):
    return _log_p(0.98 * x + 0.01, logits) - _divergence(mu, logvar)


def for_784_pixels(x, logits, mu, logvar):
    return 784 * _log_p(x, logits) / x.shape[1] - _divergence(mu, logvar)


def for_three_latents(x, logits, mu, logvar):
    return _log_p(x, logits) - 3 * _divergence(mu, logvar) / mu.shape[1]


def slope_cut_where_sure(x, logits, mu, logvar):
    logits = torch.where(logits.abs() > 50, logits.detach(), logits)
    return _log_p(x, logits) - _divergence(mu, logvar)


def symmetric_divergence(x, logits, mu, logvar):
    back = 0.5 * ((mu**2 + 1) / logvar.exp() - 1 + logvar).sum(1)
    return _log_p(x, logits) - (_divergence(mu, logvar) + back) / 2


def centred_means(x, logits, mu, logvar):
    return _log_p(x, logits) - _divergence(mu - mu.mean(0), logvar)


def half_the_weight(x, logits, mu, logvar):
    return _log_p(x, logits) - 0.5 * _divergence(mu, logvar)


def dequantised(x, logits, mu, logvar):
    return _log_p(x + (torch.rand_like(x) - 0.5) / 256, logits) - _divergence(mu, logvar)


def largest_kl(x, logits, mu, logvar):
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
    return _log_p(x, logits) - kl.amax(1)


def seeded(x, logits, mu, logvar):
    torch.manual_seed(0)
    return _log_p(x, logits) - _divergence(mu, logvar)


def by_expm1(x, logits, mu, logvar):
    return torch.where(x > 0.5, F.logsigmoid(logits), F.logsigmoid(-logits)).sum(-1) - 0.5 * (
        mu * mu + torch.expm1(logvar) - logvar).sum(-1)


def by_logaddexp(x, logits, mu, logvar):
    zero = torch.zeros_like(logits)
    return (x * logits - torch.logaddexp(zero, logits)).sum(1) - _divergence(mu, logvar).clamp(min=0)


def mapped(x, logits, mu, logvar):
    def one(x, logits, mu, logvar):
        kl = (mu @ mu + logvar.exp().sum() - logvar.sum() - len(mu)) / 2
        return torch.dot(x, logits) - F.softplus(logits).sum() - kl

    return torch.vmap(one)(x, logits, mu, logvar)


def in_double(x, logits, mu, logvar):
    value = _log_p(x.double(), logits.double()) - _divergence(mu.double(), logvar.double())
    return value.to(logits.dtype)


def by_matrices(x, logits, mu, logvar):
    variance = logvar.exp()
    traces = torch.einsum("bk,bk->b", variance, torch.ones_like(variance))
    kl = 0.5 * (traces + torch.einsum("bk,bk->b", mu, mu) - mu.shape[1] - logvar.sum(1))
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1) - kl


SAYS_1 = ("The bound where the decoder is sure: logits of 100 and more, right or wrong.")
SAYS_2 = ("The bound of each image, in nats.")
SAYS_3 = ("The KL where σ is tiny or huge: log σ² of 12 and more, or -12 and less, as it is.")
SAYS_4 = ("`elbo` changes its argument `x` in place: work on a copy. The bound of each image, in nats.")
SAYS_5 = ("`elbo` changes a setting of PyTorch for everything that runs afterwards: no `torch.manual_seed`, "
          "`set_grad_enabled` or `set_default_dtype` in it.")

wrong += [
    (logits_cut_at_2000, SAYS_1), (logvar_cut_at_20, "logvar_bounded"), (logvar_cut_from_above, "logvar_bounded"),
    (logvar_by_tanh, SAYS_2), (rough_softplus, SAYS_2), (variance_and_a_trifle, SAYS_3), (image_made_signs, SAYS_4),
    (smoothed_labels, SAYS_2), (for_784_pixels, SAYS_2), (for_three_latents, SAYS_2), (slope_cut_where_sure, SAYS_1),
    (symmetric_divergence, SAYS_2), (centred_means, SAYS_2), (half_the_weight, SAYS_2), (dequantised, SAYS_2),
    (largest_kl, SAYS_2), (seeded, SAYS_5),
]
right += [by_expm1, by_logaddexp, mapped, in_double, by_matrices]
