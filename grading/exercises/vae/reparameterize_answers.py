"""Answers to vae-reparameterize: wrong ones with the sentence that names each, and right ones."""

import math

import torch
from torch.distributions import Normal

from grading.checks.exercise import Mistake

# Known mistakes


def _sigma(logvar):
    return torch.exp(logvar / 2)


def no_noise(mu, logvar):
    return mu


def variance_times_noise(mu, logvar):
    return mu + torch.exp(logvar) * torch.randn_like(mu)


def logvar_times_noise(mu, logvar):
    return mu + logvar * torch.randn_like(mu)


def no_sigma(mu, logvar):
    return mu + torch.randn_like(mu)


def log_sigma_times_noise(mu, logvar):
    return mu + logvar / 2 * torch.randn_like(mu)


def root_of_sigma(mu, logvar):
    return mu + torch.sqrt(_sigma(logvar)) * torch.randn_like(mu)


def root_of_logvar(mu, logvar):
    return mu + torch.sqrt(logvar) * torch.randn_like(mu)


def root_of_abs_logvar(mu, logvar):
    return mu + torch.sqrt(logvar.abs()) * torch.randn_like(mu)


def exponent_doubled(mu, logvar):
    return mu + torch.exp(2 * logvar) * torch.randn_like(mu)


def noise_doubled(mu, logvar):
    return mu + _sigma(logvar) * (torch.randn_like(mu) + torch.randn_like(mu))


def noise_clipped(mu, logvar):
    return mu + _sigma(logvar) * torch.randn_like(mu).clamp(-1, 1)


def prior_draw(mu, logvar):
    return torch.randn_like(mu)


def arguments_swapped(mu, logvar):
    return logvar + torch.exp(mu / 2) * torch.randn_like(mu)


def inverse_sigma(mu, logvar):
    return mu + torch.exp(-logvar / 2) * torch.randn_like(mu)


def no_mu(mu, logvar):
    return _sigma(logvar) * torch.randn_like(mu)


def sigma_times_all(mu, logvar):
    return _sigma(logvar) * (mu + torch.randn_like(mu))


def sigma_without_noise(mu, logvar):
    return mu + _sigma(logvar)


def mu_times_noise(mu, logvar):
    return mu * torch.randn_like(mu) + _sigma(logvar)


def noise_in_training_only(mu, logvar):
    return mu + _sigma(logvar) * torch.randn_like(mu) if mu.requires_grad else mu


def uniform_noise(mu, logvar):
    return mu + _sigma(logvar) * torch.rand_like(mu)


def uniform_symmetric(mu, logvar):
    return mu + _sigma(logvar) * (2 * torch.rand_like(mu) - 1)


def uniform_of_width_one(mu, logvar):
    return mu + _sigma(logvar) * (torch.rand_like(mu) - 0.5)


def uniform_of_unit_variance(mu, logvar):
    return mu + _sigma(logvar) * math.sqrt(12) * (torch.rand_like(mu) - 0.5)


def positive_noise(mu, logvar):
    return mu + _sigma(logvar) * torch.randn_like(mu).abs()


def one_draw_for_the_batch(mu, logvar):
    return mu + _sigma(logvar) * torch.randn_like(mu[0])


def one_draw_per_image(mu, logvar):
    return mu + _sigma(logvar) * torch.randn_like(mu[:, :1])


def one_number(mu, logvar):
    return mu + _sigma(logvar) * torch.randn(())


def fixed_seed(mu, logvar):
    torch.manual_seed(0)
    return mu + _sigma(logvar) * torch.randn_like(mu)


def drawn_without_gradient(mu, logvar):
    return Normal(mu, _sigma(logvar)).sample()


def sigma_detached(mu, logvar):
    return mu + _sigma(logvar).detach() * torch.randn_like(mu)


def mu_detached(mu, logvar):
    return mu.detach() + _sigma(logvar) * torch.randn_like(mu)


def in_place(mu, logvar):
    mu += _sigma(logvar) * torch.randn_like(mu)
    return mu


def returns_noise_too(mu, logvar):
    eps = torch.randn_like(mu)
    return mu + _sigma(logvar) * eps, eps


# Also right


def by_torch_distributions(mu, logvar):
    return Normal(mu, logvar.exp().sqrt()).rsample()


def noise_subtracted(mu, logvar):
    std = torch.sqrt(torch.exp(logvar))
    return torch.addcmul(mu, -torch.randn(mu.shape), std)


def column_by_column(mu, logvar):
    columns = []
    for k in range(mu.shape[1]):
        eps = torch.empty(len(mu), dtype=mu.dtype).normal_()
        columns.append(mu[:, k] + (0.5 * logvar[:, k]).exp() * eps)
    return torch.stack(columns, dim=1)


def box_and_muller(mu, logvar):
    radius = torch.sqrt(-2 * torch.log(1 - torch.rand_like(mu)))
    eps = radius * torch.cos(2 * math.pi * torch.rand_like(mu))
    return torch.einsum("bk,bk->bk", eps, (logvar / 2).exp()) + mu


mistakes = [
    Mistake(no_noise, "You return μ itself: add σ times noise."),
    Mistake(noise_in_training_only, "Your function draws noise only where a gradient is asked for. A draw is a draw "
            "at every call."),
    Mistake(variance_times_noise, "Your noise is multiplied by σ² = exp(log σ²); the standard deviation is "
            "exp(log σ² / 2)."),
    Mistake(logvar_times_noise, "Your noise is multiplied by log σ²: take exp(log σ² / 2) first."),
    Mistake(log_sigma_times_noise, "Your noise is multiplied by log σ: the exponential is missing."),
    Mistake(no_sigma, "Your noise has standard deviation 1 for every image: multiply it by σ."),
    Mistake(root_of_sigma, "Your noise is multiplied by √σ: exp(log σ² / 2) is σ already."),
    Mistake(root_of_logvar, "A logarithm can be negative, and its square root is then nan: take "
            "exp(log σ² / 2)."),
    Mistake(root_of_abs_logvar, "σ is not the root of |log σ²|: take exp(log σ² / 2)."),
    Mistake(exponent_doubled, "Your noise is multiplied by σ⁴: halve log σ² in the exponent, do not double it."),
    Mistake(prior_draw, "You return a draw from N(0, 1), which knows nothing of the image: stretch it by σ and "
            "add μ."),
    Mistake(arguments_swapped, "μ and log σ² have changed places."),
    Mistake(noise_doubled, "You add two draws of noise, whose variances add up: one is enough."),
    Mistake(noise_clipped, "You cut the noise off: normal noise has no bounds, and clipping makes its spread too "
            "small."),
    Mistake(inverse_sigma, "Your noise is divided by σ: the sign of the exponent is wrong."),
    Mistake(no_mu, "μ is missing: z = μ + σ ε."),
    Mistake(sigma_times_all, "σ multiplies the noise only, not μ."),
    Mistake(sigma_without_noise, "You add σ without noise: z is then the same at every call."),
    Mistake(mu_times_noise, "μ and σ have changed places: σ multiplies the noise, μ is added."),
    Mistake(uniform_noise, "torch.rand is uniform on [0, 1): its mean is not 0. Use torch.randn."),
    *(Mistake(kind, "Your noise is uniform, and not of variance 1: use normal noise, torch.randn.")
      for kind in (uniform_symmetric, uniform_of_width_one)),
    Mistake(uniform_of_unit_variance, "Mean and variance of your noise are right, but it is uniform: q is a "
            "normal distribution, so the noise is normal."),
    Mistake(positive_noise, "Your noise is never negative: leave out the absolute value."),
    Mistake(one_draw_for_the_batch, "All images share one draw of noise: draw as many rows as there are images."),
    Mistake(one_draw_per_image, "The dimensions of an image share one number: draw noise of μ's whole shape."),
    Mistake(one_number, "You draw a single number for everything: draw noise of μ's whole shape."),
    Mistake(fixed_seed, "Every call draws the same noise: do not set a seed inside the function."),
    Mistake(drawn_without_gradient, "No gradient comes back through z: write the draw as μ + σ ε (or use rsample), "
            "so that only ε is drawn."),
    Mistake(sigma_detached, "No gradient reaches log σ²: σ must stay in the graph."),
    Mistake(mu_detached, "No gradient reaches μ: it must stay in the graph."),
    Mistake(in_place, "You change `mu` in place, which autograd forbids: write mu + ..., not mu += ...."),
    Mistake(returns_noise_too, "Return z alone, not z and the noise."),
]

also_right = [by_torch_distributions, noise_subtracted, column_by_column, box_and_muller]

equivalent_mutants = {
    "return mu + sigma * torch.randn_like(sigma): mu + sigma * torch.randn_like(sigma) → "
    "mu - sigma * torch.randn_like(sigma)": "the normal law is symmetric",
}
