"""Planted answers to vae-reparameterize, by another author than the check's."""

import math

import numpy
import torch
from torch.distributions import MultivariateNormal, Normal


def _std(logvar):
    return logvar.mul(0.5).exp()


def mean_only(mu, logvar):
    """As in evaluation mode."""
    return mu


def adds_raw_noise(mu, logvar):
    return mu + torch.randn_like(mu)


def adds_sigma(mu, logvar):
    return mu + _std(logvar)


def log_variance_as_scale(mu, logvar):
    return mu + logvar * torch.randn_like(mu)


def variance_as_scale(mu, logvar):
    return mu + torch.exp(logvar) * torch.randn_like(mu)


def root_of_logvar(mu, logvar):
    """√|log σ²| for σ."""
    return mu + logvar.abs().sqrt() * torch.randn_like(mu)


def quarter(mu, logvar):
    return mu + torch.exp(0.25 * logvar) * torch.randn_like(mu)


def double_exponent(mu, logvar):
    return mu + torch.exp(2 * logvar) * torch.randn_like(mu)


def precision(mu, logvar):
    """exp(-log σ² / 2)."""
    return mu + torch.exp(-0.5 * logvar) * torch.randn_like(mu)


def shared_by_the_batch(mu, logvar):
    return mu + _std(logvar) * torch.randn(1, mu.shape[1], dtype=mu.dtype)


def shared_by_dimensions(mu, logvar):
    return mu + _std(logvar) * torch.randn(mu.shape[0], 1, dtype=mu.dtype)


def one_number(mu, logvar):
    return mu + _std(logvar) * torch.randn(())


def uniform(mu, logvar):
    return mu + _std(logvar) * torch.rand_like(mu)


def uniform_centred(mu, logvar):
    """Mean 0, but the width is 1, not the standard deviation."""
    return mu + _std(logvar) * (torch.rand_like(mu) - 0.5)


def uniform_standardised(mu, logvar):
    """Uniform with mean 0 and standard deviation 1."""
    return mu + _std(logvar) * (12**0.5) * (torch.rand_like(mu) - 0.5)


def coin(mu, logvar):
    """±1: mean 0, standard deviation 1."""
    return mu + _std(logvar) * (2 * torch.bernoulli(torch.full_like(mu, 0.5)) - 1)


def seeded(mu, logvar):
    torch.manual_seed(0)
    return mu + _std(logvar) * torch.randn_like(mu)


def own_seeded_generator(mu, logvar):
    rng = torch.Generator().manual_seed(42)
    return mu + _std(logvar) * torch.randn(mu.shape, generator=rng, dtype=mu.dtype)


def normal_sample(mu, logvar):
    """sample() in place of rsample()."""
    return Normal(mu, _std(logvar)).sample()


def torch_normal(mu, logvar):
    """torch.normal passes no gradient."""
    with torch.no_grad():
        return torch.normal(mu, _std(logvar))


def no_gradient(mu, logvar):
    with torch.no_grad():
        return mu + _std(logvar) * torch.randn_like(mu)


def sigma_without_gradient(mu, logvar):
    return mu + _std(logvar).detach() * torch.randn_like(mu)


def mean_without_gradient(mu, logvar):
    return mu.detach() + _std(logvar) * torch.randn_like(mu)


def scales_the_mean(mu, logvar):
    return mu * torch.randn_like(mu) + _std(logvar)


def scales_all(mu, logvar):
    """(μ + ε) σ."""
    return (mu + torch.randn_like(mu)) * _std(logvar)


def two_noises(mu, logvar):
    return mu + _std(logvar) * (torch.randn_like(mu) + torch.randn_like(mu))


def half_normal(mu, logvar):
    return mu + _std(logvar) * torch.randn_like(mu).abs()


def prior_draw(mu, logvar):
    return torch.randn_like(mu)


def arguments_swapped(mu, logvar):
    return logvar + torch.exp(0.5 * mu) * torch.randn_like(mu)


def noise_too(mu, logvar):
    eps = torch.randn_like(mu)
    return mu + _std(logvar) * eps, eps


def clipped(mu, logvar):
    """Noise cut off at ±1, as in truncation."""
    return mu + _std(logvar) * torch.randn_like(mu).clamp(-1, 1)


def rsample(mu, logvar):
    return Normal(mu, torch.sqrt(torch.exp(logvar))).rsample()


def minus(mu, logvar):
    return mu - torch.randn(mu.size(), dtype=mu.dtype, device=mu.device) * torch.exp(logvar / 2)


def addcmul(mu, logvar):
    return torch.addcmul(mu, logvar.exp().sqrt(), torch.empty_like(mu).normal_())


def row_by_row(mu, logvar):
    rows = [m + (0.5 * v).exp() * torch.randn(len(m), dtype=m.dtype) for m, v in zip(mu, logvar, strict=True)]
    return torch.stack(rows)


def covariances(mu, logvar):
    return MultivariateNormal(mu, scale_tril=torch.diag_embed(torch.exp(0.5 * logvar))).rsample()


def standard_normal(mu, logvar):
    eps = torch.normal(0.0, 1.0, size=mu.shape)
    return mu + torch.pow(torch.exp(logvar), 0.5) * eps.to(mu)


def in_float32(mu, logvar):
    mu, logvar = mu.float(), logvar.float()
    return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)


def inverse_cdf(mu, logvar):
    """Φ⁻¹ of a uniform number."""
    u = torch.rand_like(mu).clamp(1e-12, 1 - 1e-12)
    return mu + _std(logvar) * torch.special.ndtri(u)


wrong = [
    (mean_only, "no_noise"),
    (adds_raw_noise, "no_sigma"),
    (adds_sigma, "sigma_without_noise"),
    (log_variance_as_scale, "logvar_times_noise"),
    (variance_as_scale, "variance_times_noise"),
    (root_of_logvar, "root_of_abs_logvar"),
    (quarter, "root_of_sigma"),
    (double_exponent, "exponent_doubled"),
    (precision, "inverse_sigma"),
    (shared_by_the_batch, "one_draw_for_the_batch"),
    (shared_by_dimensions, "one_draw_per_image"),
    (one_number, "one_number"),
    (uniform, "uniform_noise"),
    (uniform_centred, "uniform_symmetric"),
    (uniform_standardised, "uniform_of_unit_variance"),
    (coin, "The noise is normal, and fresh for every call, image and dimension."),
    (seeded, "fixed_seed"),
    (own_seeded_generator, "fixed_seed"),
    (normal_sample, "drawn_without_gradient"),
    (torch_normal, "drawn_without_gradient"),
    (no_gradient, "drawn_without_gradient"),
    (sigma_without_gradient, "sigma_detached"),
    (mean_without_gradient, "mu_detached"),
    (scales_the_mean, "mu_times_noise"),
    (scales_all, "sigma_times_all"),
    (two_noises, "noise_doubled"),
    (half_normal, "positive_noise"),
    (prior_draw, "prior_draw"),
    (arguments_swapped, "arguments_swapped"),
    (noise_too, "returns_noise_too"),
    (clipped, "noise_clipped"),
]
right = [rsample, minus, addcmul, row_by_row, covariances, standard_normal, in_float32, inverse_cdf]


def _sd(logvar):
    return torch.exp(logvar / 2)


def logvar_cut_at_20(mu, logvar):
    return mu + _sd(logvar.clamp(-20, 20)) * torch.randn_like(mu)


def logvar_floored(mu, logvar):
    return mu + _sd(logvar.clamp(min=-16)) * torch.randn_like(mu)


def sigma_and_a_trifle(mu, logvar):
    return mu + (_sd(logvar) + 1e-5) * torch.randn_like(mu)


def root_with_a_trifle(mu, logvar):
    return mu + torch.sqrt(logvar.exp() + 1e-8) * torch.randn_like(mu)


def student_noise(mu, logvar):
    t = torch.distributions.StudentT(20.0).sample(mu.shape).to(mu)
    return mu + _sd(logvar) * t * (18 / 20) ** 0.5


def twelve_uniforms(mu, logvar):
    return mu + _sd(logvar) * (torch.rand(12, *mu.shape, dtype=mu.dtype).sum(0) - 6)


def truncated(mu, logvar):
    eps = torch.empty_like(mu)
    torch.nn.init.trunc_normal_(eps, a=-3.5, b=3.5)
    return mu + _sd(logvar) * eps


def logistic_noise(mu, logvar):
    u = torch.rand_like(mu).clamp(1e-9, 1 - 1e-9)
    return mu + _sd(logvar) * torch.log(u / (1 - u)) * 3**0.5 / torch.pi


def rounded_noise(mu, logvar):
    return mu + _sd(logvar) * torch.randn_like(mu).round(decimals=4)


def half_precision_noise(mu, logvar):
    return mu + _sd(logvar) * torch.randn(mu.shape, dtype=torch.float16).to(mu)


def neighbours_related(mu, logvar):
    eps = torch.randn(len(mu) + 1, mu.shape[1], dtype=mu.dtype)
    return mu + _sd(logvar) * (eps[1:] + 0.25 * eps[:-1]) / 1.0625**0.5


def dimensions_related(mu, logvar):
    eps, common = torch.randn_like(mu), torch.randn_like(mu[:, :1])
    return mu + _sd(logvar) * (0.9 * eps + 0.19**0.5 * common)


_TABLE = torch.randn(50_000, 10, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def from_a_table(mu, logvar):
    start = int(torch.randint(0, 1000, ()))
    return mu + _sd(logvar) * _TABLE[(start + torch.arange(len(mu))) % len(_TABLE), :mu.shape[1]].to(mu)


def fresh_for_gradients_only(mu, logvar):
    eps = torch.randn_like(mu) if torch.is_grad_enabled() else torch.zeros_like(mu)
    return mu + _sd(logvar) * eps


def last_dimension_still(mu, logvar):
    eps = torch.randn_like(mu)
    eps[:, -1] = 0
    return mu + _sd(logvar) * eps


def shuffled_halves(mu, logvar):
    half = torch.randn(len(mu) // 2 + 1, mu.shape[1], dtype=mu.dtype)
    eps = torch.cat([half, half[torch.randperm(len(half))]])[:len(mu)]
    return mu + _sd(logvar) * eps


def straight_through(mu, logvar):
    z = mu + _sd(logvar) * torch.randn_like(mu)
    return mu + logvar - logvar.detach() + (z - mu).detach()


def with_numpy(mu, logvar):
    eps = torch.from_numpy(numpy.random.standard_normal(tuple(mu.shape))).to(mu)
    return mu + (0.5 * logvar).exp() * eps


def with_its_own_generator(mu, logvar):
    source = torch.Generator()
    source.seed()
    return torch.exp(logvar).sqrt() * torch.randn(mu.shape, generator=source, dtype=mu.dtype) + mu


def by_independent(mu, logvar):
    return torch.distributions.Independent(torch.distributions.Normal(mu, torch.exp(0.5 * logvar)), 1).rsample()


def sum_of_two(mu, logvar):
    eps = 0.6 * torch.randn_like(mu) + 0.8 * torch.randn_like(mu)
    return torch.addcmul(mu, eps, torch.exp2(logvar / (2 * math.log(2))))


SAYS_1 = ("The spread of z around μ is σ = exp(log σ² / 2): (z - μ)/σ has standard deviation 1.")
SAYS_2 = ("The noise is normal, and fresh for every call, image and dimension.")
SAYS_3 = ("The gradient with respect to log σ²: it is ½ σ ε.")

wrong += [
    (logvar_cut_at_20, SAYS_1), (logvar_floored, SAYS_1), (sigma_and_a_trifle, SAYS_1), (root_with_a_trifle, SAYS_1),
    (student_noise, SAYS_2), (twelve_uniforms, SAYS_2), (truncated, SAYS_2), (logistic_noise, SAYS_2), (rounded_noise,
    SAYS_2), (half_precision_noise, SAYS_2), (neighbours_related, SAYS_2), (dimensions_related, SAYS_2),
    (from_a_table, SAYS_2), (fresh_for_gradients_only, "noise_in_training_only"), (last_dimension_still, SAYS_1),
    (shuffled_halves, SAYS_2), (straight_through, SAYS_3),
]
right += [with_numpy, with_its_own_generator, by_independent, sum_of_two]
